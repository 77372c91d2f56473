/* The codec over messages that another implementation made. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/cmp_vectors.h"
#include "support/der_mutate.h"

#define MAX_SITES 4096
#define MAX_OPAQUE 128

static enum err copy(struct span der, struct arena *a, struct span *out)
{
    struct cmp_message msg;
    struct span head, body;

    TRY(cmp_message_read(der, a, &msg, NULL));
    TRY(cmp_header_write(&msg.header, a, &head));
    TRY(cmp_body_write(&msg.body, a, &body));
    return cmp_message_write(head, body, msg.protection.bytes, msg.extra_certs,
                             msg.num_extra_certs, a, out);
}

static void read_vector(const struct cmp_vector *v, struct arena *a,
                        struct cmp_message *out)
{
    struct fault f = { 0 };

    if (cmp_message_read(cmp_vector_load(v, a), a, out, &f) != ERR_OK)
        fail_msg("%s: %s", v->name, f.text);
}

static enum oid protection_oid(const struct cmp_message *msg)
{
    return oid_find(msg->header.protection_alg.oid);
}

static void test_fields(void **state)
{
    AUTO(arena) a = arena_new(16 * LIMIT_REQUEST_ARENA);

    (void)state;
    for (size_t i = 0; i < num_cmp_vectors; i++) {
        const struct cmp_vector *v = &cmp_vectors[i];
        struct cmp_message msg;

        arena_reset(a);
        read_vector(v, a, &msg);
        assert_int_equal(msg.body.type, v->body);
        assert_int_equal(msg.header.pvno, 2);
        assert_int_equal(msg.header.sender.type, GN_DIRECTORY);
        assert_int_equal(msg.header.recipient.type, GN_DIRECTORY);
        assert_true(msg.header.has_message_time);
        assert_int_equal(msg.header.transaction_id.len, 16);
        assert_int_equal(msg.header.sender_nonce.len, 16);
        assert_int_equal(protection_oid(&msg) == OID_ID_PASSWORD_BASED_MAC,
                         v->protection == CMP_VECTOR_MAC);
        assert_int_equal(msg.num_extra_certs > 0, v->has_extra_certs);
        assert_true(msg.protection.bytes.len > 0);
    }
}

static void test_written_again(void **state)
{
    AUTO(arena) a = arena_new(16 * LIMIT_REQUEST_ARENA);

    (void)state;
    for (size_t i = 0; i < num_cmp_vectors; i++) {
        struct span der, again;

        arena_reset(a);
        der = cmp_vector_load(&cmp_vectors[i], a);
        assert_int_equal(copy(der, a, &again), ERR_OK);
        if (!span_is_equal(der, again))
            fail_msg("%s: written otherwise", cmp_vectors[i].name);
    }
}

static void test_prefixes(void **state)
{
    AUTO(arena) a = arena_new(16 * LIMIT_REQUEST_ARENA);
    AUTO(arena) scratch = arena_new(LIMIT_REQUEST_ARENA);

    (void)state;
    for (size_t i = 0; i < num_cmp_vectors; i++) {
        struct cmp_message msg;
        struct span der;

        arena_reset(a);
        der = cmp_vector_load(&cmp_vectors[i], a);
        for (size_t len = 0; len < der.len; len++) {
            arena_reset(scratch);
            if (cmp_message_read(span_of(der.ptr, len), scratch, &msg, NULL) ==
                ERR_OK)
                fail_msg("%s: %zu bytes are enough", cmp_vectors[i].name, len);
        }
    }
}

/*
 * True when nothing but tags stands between `site` and an element kept whole: a
 * tag more or less there is that element's own affair.
 */
static bool leads_to_opaque(const struct span *opaque, size_t num,
                            const uint8_t *site, const uint8_t *end)
{
    struct der in = der_open(span_of(site, (size_t)(end - site)), NULL);

    while (!cmp_is_opaque(opaque, num, in.next)) {
        if ((der_next_tag(&in) & 0x20u) == 0 ||
            der_enter(&in, der_next_tag(&in), &in) != ERR_OK)
            return false;
    }
    return true;
}

/* One kind of mutation at every place the decoder reads. */
static size_t check_mutation(const struct cmp_vector *v, enum der_mutation how,
                             struct arena *a, struct arena *scratch)
{
    const uint8_t *sites[MAX_SITES];
    struct span opaque[MAX_OPAQUE];
    struct cmp_message msg;
    size_t num, num_opaque, tried = 0;

    arena_reset(a);
    read_vector(v, a, &msg);
    num_opaque = cmp_opaque_spans(&msg, opaque, MAX_OPAQUE);
    num = der_mutate_sites(msg.der, how, sites, MAX_SITES);
    for (size_t i = 0; i < num; i++) {
        struct span changed;
        struct cmp_message other;

        if (how == DER_MUT_EXPLICIT
                ? leads_to_opaque(opaque, num_opaque, sites[i],
                                  msg.der.ptr + msg.der.len)
                : cmp_is_opaque(opaque, num_opaque, sites[i]))
            continue;
        arena_reset(scratch);
        changed = der_mutate(msg.der, how, sites[i], scratch);
        if (cmp_message_read(changed, scratch, &other, NULL) == ERR_OK)
            fail_msg("%s: mutation %d at byte %zu not noticed", v->name, how,
                     (size_t)(sites[i] - msg.der.ptr));
        tried++;
    }
    return tried;
}

static void check_mutations(enum der_mutation first, enum der_mutation last)
{
    AUTO(arena) a = arena_new(16 * LIMIT_REQUEST_ARENA);
    AUTO(arena) scratch = arena_new(LIMIT_REQUEST_ARENA);

    for (int how = (int)first; how <= (int)last; how++) {
        size_t tried = 0;

        for (size_t i = 0; i < num_cmp_vectors; i++)
            tried += check_mutation(&cmp_vectors[i], (enum der_mutation)how, a,
                                    scratch);
        assert_true(tried > num_cmp_vectors);
    }
}

/* Bytes too many within any element of a type we read. */
static void test_bytes_left_over(void **state)
{
    (void)state;
    check_mutations(DER_MUT_APPEND_BYTE, DER_MUT_PREPEND_NULL);
}

/* EXPLICIT for IMPLICIT, IMPLICIT for EXPLICIT, primitive for constructed. */
static void test_tag_confusion(void **state)
{
    (void)state;
    check_mutations(DER_MUT_IMPLICIT, DER_MUT_FORM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fields),
        cmocka_unit_test(test_written_again),
        cmocka_unit_test(test_prefixes),
        cmocka_unit_test(test_bytes_left_over),
        cmocka_unit_test(test_tag_confusion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
