#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "inspect/message_certs.h"
#include "support/test_pki.h"

#define ARENA_LEN ((size_t)1024 * 1024)

struct scene {
    struct arena *arena;
    struct test_pki *pki;
    const struct test_cert *root, *issuing, *signer, *fresh;
};

static void scene_make(struct scene *s)
{
    s->arena = arena_new(ARENA_LEN);
    s->pki = test_pki_new();
    s->root = test_cert_make(
        s->pki, &(struct test_cert_spec){ .subject = "CN=Root", .ca = true });
    s->issuing = test_cert_make(
        s->pki, &(struct test_cert_spec){
                    .subject = "CN=Issuing", .issuer = s->root, .ca = true });
    s->signer = test_cert_make(
        s->pki,
        &(struct test_cert_spec){ .subject = "CN=RA", .issuer = s->issuing });
    s->fresh = test_cert_make(
        s->pki,
        &(struct test_cert_spec){ .subject = "CN=bs", .issuer = s->issuing });
}

static void scene_done(struct scene *s)
{
    arena_free(s->arena);
    test_pki_free(s->pki);
}

/* An ip with these; `pub` alone in caPubs. */
static void read_ip(const struct scene *s, const struct span *extra,
                    size_t num_extra, const struct test_cert *pub,
                    struct message_certs *out)
{
    const struct cert_response response = { .certificate = s->fresh->der };
    struct span ca_pubs = pub == NULL ? SPAN_NONE : pub->der;
    const struct cmp_message msg = {
        .body = { .type = CMP_IP,
                  .cert_rep = { .ca_pubs = &ca_pubs,
                                .num_ca_pubs = pub != NULL,
                                .responses = &response,
                                .num_responses = 1 } },
        .extra_certs = extra,
        .num_extra_certs = num_extra,
    };

    assert_int_equal(message_certs_read(&msg, s->arena, out), ERR_OK);
}

static const struct x509_cert *find(const struct message_certs *c,
                                    const struct test_cert *cert)
{
    return message_certs_find(c, cert->der);
}

static void test_chain(void **state)
{
    struct scene s;
    struct message_certs c;

    (void)state;
    scene_make(&s);
    {
        const struct span extra[] = { s.signer->der, SPAN_LIT("\x30\x00"),
                                      s.issuing->der, s.root->der };

        read_ip(&s, extra, 4, NULL, &c);
    }
    assert_int_equal(c.num_extra, 3); /* one cannot be read */
    assert_int_equal(c.num, 3);
    assert_true(message_certs_has_fresh(&c));
    assert_ptr_equal(message_certs_top(&c, &c.fresh[0]), find(&c, s.root));
    assert_ptr_equal(message_certs_top(&c, find(&c, s.signer)),
                     find(&c, s.root));
    assert_int_equal(message_certs_below(&c, find(&c, s.root), NULL), 1);
    assert_int_equal(message_certs_below(&c, find(&c, s.issuing), NULL), 0);
    assert_int_equal(message_certs_below(&c, find(&c, s.signer), NULL), -1);
    scene_done(&s);
}

/* What is in caPubs belongs to no chain, and is found. */
static void test_gaps(void **state)
{
    struct scene s;
    struct message_certs c;

    (void)state;
    scene_make(&s);
    read_ip(&s, &s.root->der, 1, s.issuing, &c);
    assert_int_equal(c.num_extra, 1);
    assert_int_equal(c.num, 2);
    assert_non_null(find(&c, s.issuing));
    assert_null(find(&c, s.signer));
    assert_ptr_equal(message_certs_top(&c, &c.fresh[0]), &c.fresh[0]);
    scene_done(&s);
}

/* Two CAs that certify each other lead round and round. */
static void test_ring(void **state)
{
    struct scene s;
    struct message_certs c;
    const struct test_cert *other, *back;

    (void)state;
    scene_make(&s);
    other = test_cert_make(
        s.pki, &(struct test_cert_spec){
                   .subject = "CN=Other", .issuer = s.issuing, .ca = true });
    back =
        test_cert_make(s.pki, &(struct test_cert_spec){ .subject = "CN=Issuing",
                                                        .key = s.issuing->key,
                                                        .issuer = other,
                                                        .ca = true });
    {
        const struct span extra[] = { other->der, back->der };

        read_ip(&s, extra, 2, NULL, &c);
    }
    assert_non_null(message_certs_top(&c, &c.fresh[0]));
    assert_int_equal(message_certs_below(&c, find(&c, back), NULL), 0);
    scene_done(&s);
}

static void test_other_bodies(void **state)
{
    AUTO(arena) a = arena_new(ARENA_LEN);
    const struct cmp_message msg = { .body = { .type = CMP_PKICONF } };
    struct message_certs c;

    (void)state;
    assert_int_equal(message_certs_read(&msg, a, &c), ERR_OK);
    assert_int_equal(c.num, 0);
    assert_int_equal(c.num_fresh, 0);
    assert_false(message_certs_has_fresh(&c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chain),
        cmocka_unit_test(test_gaps),
        cmocka_unit_test(test_ring),
        cmocka_unit_test(test_other_bodies),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
