/* Protection as another implementation made it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/limits.h"
#include "inspect/protection.h"
#include "support/cmp_vectors.h"
#include "support/test_pki.h"

#define SECRET "3gpp-cmp-secret"
/* Bytes that are changed, counted from the end of the protected part. */
#define NONE 0

struct given {
    const char *vendor_of;   /* last of extraCerts of this vector */
    const char *operator_of; /* likewise */
    const char *signer_of;   /* the first, given as it is */
    const char *known_of;    /* the first, as that of an earlier message */
    const char *reference, *secret;
};

struct protection_case {
    const char *what;
    const char *vector;
    struct given given;
    size_t flip;
    bool is_bare; /* without its extraCerts, which nothing protects */
    enum protection_kind kind;
    enum verdict verifies;
    enum signer_from from;
    enum verdict path;
    enum trusted_as as;
};

static const struct protection_case cases[] = {
    { "a signature",
      "ir",
      { 0 },
      NONE,
      false,
      PROTECTION_SIGNATURE,
      VERDICT_HOLDS,
      SIGNER_FROM_EXTRA_CERTS,
      VERDICT_CANNOT_TELL,
      TRUSTED_ANY },
    { "a changed body",
      "ir",
      { 0 },
      1,
      false,
      PROTECTION_SIGNATURE,
      VERDICT_BROKEN,
      SIGNER_FROM_EXTRA_CERTS,
      VERDICT_CANNOT_TELL,
      TRUSTED_ANY },
    { "a vendor's path",
      "ir",
      { .vendor_of = "ir" },
      NONE,
      false,
      PROTECTION_SIGNATURE,
      VERDICT_HOLDS,
      SIGNER_FROM_EXTRA_CERTS,
      VERDICT_HOLDS,
      TRUSTED_VENDOR },
    { "an operator's path",
      "kup",
      { .vendor_of = "ir", .operator_of = "kup" },
      NONE,
      false,
      PROTECTION_SIGNATURE,
      VERDICT_HOLDS,
      SIGNER_FROM_EXTRA_CERTS,
      VERDICT_HOLDS,
      TRUSTED_OPERATOR },
    { "no path",
      "ir",
      { .operator_of = "kup" },
      NONE,
      false,
      PROTECTION_SIGNATURE,
      VERDICT_HOLDS,
      SIGNER_FROM_EXTRA_CERTS,
      VERDICT_BROKEN,
      TRUSTED_ANY },
    { "a signer that is believed",
      "ir",
      { .signer_of = "ir" },
      NONE,
      false,
      PROTECTION_SIGNATURE,
      VERDICT_HOLDS,
      SIGNER_FROM_EXTRA_CERTS,
      VERDICT_HOLDS,
      TRUSTED_ANY },
    { "a signer sent before",
      "pkiconf",
      { .known_of = "ip" },
      NONE,
      true,
      PROTECTION_SIGNATURE,
      VERDICT_HOLDS,
      SIGNER_FROM_BEFORE,
      VERDICT_CANNOT_TELL,
      TRUSTED_ANY },
    { "a signer that was given",
      "pkiconf",
      { .signer_of = "ip" },
      NONE,
      true,
      PROTECTION_SIGNATURE,
      VERDICT_HOLDS,
      SIGNER_FROM_TRUSTED,
      VERDICT_HOLDS,
      TRUSTED_ANY },
    { "a secret",
      "ir-mac",
      { .reference = "0123456789", .secret = SECRET },
      NONE,
      false,
      PROTECTION_MAC,
      VERDICT_HOLDS,
      SIGNER_NOT_FOUND,
      VERDICT_CANNOT_TELL,
      TRUSTED_ANY },
    { "another secret",
      "ir-mac",
      { .reference = "0123456789", .secret = "another" },
      NONE,
      false,
      PROTECTION_MAC,
      VERDICT_BROKEN,
      SIGNER_NOT_FOUND,
      VERDICT_CANNOT_TELL,
      TRUSTED_ANY },
    { "no secret",
      "ir-mac",
      { 0 },
      NONE,
      false,
      PROTECTION_MAC,
      VERDICT_CANNOT_TELL,
      SIGNER_NOT_FOUND,
      VERDICT_CANNOT_TELL,
      TRUSTED_ANY },
    { "a changed body under a secret",
      "ir-mac",
      { .reference = "0123456789", .secret = SECRET },
      1,
      false,
      PROTECTION_MAC,
      VERDICT_BROKEN,
      SIGNER_NOT_FOUND,
      VERDICT_CANNOT_TELL,
      TRUSTED_ANY },
};

static struct span load(const char *name, struct arena *a)
{
    for (size_t i = 0; i < num_cmp_vectors; i++)
        if (strcmp(cmp_vectors[i].name, name) == 0)
            return cmp_vector_load(&cmp_vectors[i], a);
    fail_msg("no vector %s", name);
    return SPAN_NONE;
}

static void read_message(struct span der, struct arena *a,
                         struct cmp_message *out)
{
    struct fault f = { 0 };

    if (cmp_message_read(der, a, out, &f) != ERR_OK)
        fail_msg("%s", f.text);
}

/* The first of a vector's extraCerts, or the last: its root. */
static struct span cert_of(const char *name, bool is_last, struct arena *a)
{
    struct cmp_message msg;

    read_message(load(name, a), a, &msg);
    assert_true(msg.num_extra_certs > 0);
    return msg.extra_certs[is_last ? msg.num_extra_certs - 1 : 0];
}

static void add_cert(struct trusted *t, enum trusted_as as, const char *name,
                     bool is_last, struct arena *a)
{
    if (name != NULL)
        assert_int_equal(
            trusted_add_certs(t, as, cert_of(name, is_last, a), NULL), ERR_OK);
}

static struct trusted *give(const struct given *g, struct arena *a)
{
    struct trusted *t = NULL;

    assert_int_equal(trusted_new(&t, NULL), ERR_OK);
    add_cert(t, TRUSTED_VENDOR, g->vendor_of, true, a);
    add_cert(t, TRUSTED_OPERATOR, g->operator_of, true, a);
    add_cert(t, TRUSTED_ANY, g->signer_of, false, a);
    if (g->secret != NULL)
        assert_int_equal(trusted_add_secret(t, span_str(g->reference),
                                            span_str(g->secret), NULL),
                         ERR_OK);
    assert_int_equal(trusted_seal(t, NULL), ERR_OK);
    return t;
}

static void run_case(const struct protection_case *c, struct arena *a)
{
    AUTO(trusted) t = give(&c->given, a);
    struct span der = load(c->vector, a), known = SPAN_NONE;
    struct cmp_message msg = { 0 };
    struct protection p;
    struct fault f = { 0 };

    read_message(der, a, &msg);
    if (c->flip != NONE)
        *(uint8_t *)(uintptr_t)(msg.body.der.ptr + msg.body.der.len -
                                c->flip) ^= 1;
    if (c->is_bare)
        msg.num_extra_certs = 0;
    if (c->given.known_of != NULL)
        known = cert_of(c->given.known_of, false, a);
    if (protection_check(
            t,
            &(struct protected){ .msg = &msg,
                                 .now = msg.header.message_time,
                                 .known = &known,
                                 .num_known = c->given.known_of != NULL },
            a, &p, &f) != ERR_OK)
        fail_msg("%s: %s", c->what, f.text);
    if (p.kind != c->kind || p.verifies != c->verifies || p.from != c->from ||
        p.path != c->path || p.path_as != c->as)
        fail_msg("%s: kind %d, verifies %d (%s), from %d, path %d (%s), as %d",
                 c->what, p.kind, p.verifies, p.why, p.from, p.path, p.path_why,
                 p.path_as);
    assert_int_equal(p.secret != NULL,
                     p.kind == PROTECTION_MAC && p.verifies == VERDICT_HOLDS);
    assert_int_equal(p.verifies == VERDICT_HOLDS, p.why[0] == '\0');
    assert_int_equal(p.path == VERDICT_BROKEN, p.path_why[0] != '\0');
}

static void test_cases(void **state)
{
    AUTO(arena) a = arena_new(16 * LIMIT_REQUEST_ARENA);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        arena_reset(a);
        run_case(&cases[i], a);
    }
}

/* Under its secret or by what it brings, every message of the vectors. */
static void test_all_verify(void **state)
{
    AUTO(arena) a = arena_new(16 * LIMIT_REQUEST_ARENA);
    AUTO(trusted)
    t = give(&(struct given){ .reference = "any", .secret = SECRET }, a);

    (void)state;
    for (size_t i = 0; i < num_cmp_vectors; i++) {
        const struct cmp_vector *v = &cmp_vectors[i];
        struct span known[2];
        struct cmp_message msg = { 0 };
        struct protection p;

        arena_reset(a);
        known[0] = cert_of("ip", false, a);
        known[1] = cert_of("kur", false, a);
        read_message(load(v->name, a), a, &msg);
        assert_int_equal(
            protection_check(t, &(struct protected){ &msg, TEST_NOW, known, 2 },
                             a, &p, NULL),
            ERR_OK);
        if (p.verifies != VERDICT_HOLDS)
            fail_msg("%s: %s", v->name, p.why);
        assert_int_equal(p.kind == PROTECTION_MAC,
                         v->protection == CMP_VECTOR_MAC);
    }
}

static void test_unprotected(void **state)
{
    AUTO(arena) a = arena_new(16 * LIMIT_REQUEST_ARENA);
    AUTO(trusted) t = give(&(struct given){ 0 }, a);
    struct cmp_message msg = { 0 };
    struct protection p;

    (void)state;
    read_message(load("ir", a), a, &msg);
    msg.protection.bytes = SPAN_NONE;
    assert_int_equal(
        protection_check(t, &(struct protected){ .msg = &msg }, a, &p, NULL),
        ERR_OK);
    assert_int_equal(p.kind, PROTECTION_UNKNOWN);
    msg.header.protection_alg = (struct alg_id){ 0 };
    assert_int_equal(
        protection_check(t, &(struct protected){ .msg = &msg }, a, &p, NULL),
        ERR_OK);
    assert_int_equal(p.kind, PROTECTION_NONE);
    assert_int_equal(p.verifies, VERDICT_CANNOT_TELL);
}

static void test_given(void **state)
{
    AUTO(trusted) t = NULL;
    AUTO(test_pki) pki = test_pki_new();
    const struct test_cert *root = test_cert_make(
        pki, &(struct test_cert_spec){ .subject = "CN=Root", .ca = true });

    (void)state;
    assert_int_equal(trusted_new(&t, NULL), ERR_OK);
    assert_int_equal(
        trusted_add_certs(t, TRUSTED_VENDOR, SPAN_LIT("nothing"), NULL),
        ERR_CONFIG);
    assert_int_equal(
        trusted_add_certs(t, TRUSTED_VENDOR, SPAN_LIT("\x30\x00"), NULL),
        ERR_CONFIG);
    assert_false(trusted_has_anchor(t, TRUSTED_VENDOR));
    assert_int_equal(
        trusted_add_certs(t, TRUSTED_VENDOR, span_str(root->pem), NULL),
        ERR_OK);
    assert_int_equal(
        trusted_add_certs(t, TRUSTED_OPERATOR, span_str(root->pem), NULL),
        ERR_CONFIG);
    assert_true(trusted_has_anchor(t, TRUSTED_VENDOR));
    assert_int_equal(trusted_add_secret(t, SPAN_LIT("a"), SPAN_LIT(""), NULL),
                     ERR_CONFIG);
    assert_int_equal(trusted_seal(t, NULL), ERR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_all_verify),
        cmocka_unit_test(test_unprotected),
        cmocka_unit_test(test_given),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
