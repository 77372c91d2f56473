/* Which roots a station keeps: mode by place by transport, and what is none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "txn/client_roots.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define NOW ((int64_t)1795341600)

static struct x509_cert root_cert(void)
{
    return (struct x509_cert){ .is_ca = true,
                               .has_key_usage = true,
                               .key_usage = KU_KEY_CERT_SIGN,
                               .not_before = NOW - 1,
                               .not_after = NOW + 1 };
}

/* The rule that is broken; "" where the root is kept. */
static const char *judge(const struct root_scene *scene,
                         const struct root_facts *root, struct fault *f)
{
    *f = (struct fault){ 0 };
    return client_root_is_welcome(scene, root, f) ? "" : f->rule;
}

/* The table of the trust modes: what comes with a signer of good status. */
static void test_modes(void **state)
{
    static const struct {
        enum trust_mode mode;
        bool has_root, is_tls;
        const char *ca_pubs, *extra_certs;
    } cases[] = {
        { TRUST_PINNED, true, false, "", "root-protected" },
        { TRUST_PINNED, true, true, "", "" },
        { TRUST_SECRET, false, false, "", "root-protected" },
        { TRUST_SECRET, false, true, "", "" },
        { TRUST_SECRET, true, false, "", "root-protected" },
        { TRUST_SECRET, true, true, "", "" },
        { TRUST_TLS, false, false, "root-protected", "root-protected" },
        { TRUST_TLS, false, true, "", "" },
        { TRUST_TLS, true, false, "root-protected", "root-protected" },
        { TRUST_TLS, true, true, "", "" },
        { TRUST_LEARN, false, false, "root-learning", "root-learning" },
        { TRUST_LEARN, false, true, "root-learning", "root-learning" },
        { TRUST_LEARN, true, false, "", "root-protected" },
        { TRUST_LEARN, true, true, "", "" },
    };
    const struct x509_cert cert = root_cert();

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        const struct root_scene scene = { .mode = cases[i].mode,
                                          .has_root = cases[i].has_root,
                                          .is_tls = cases[i].is_tls,
                                          .signer_is_good = true,
                                          .now = NOW };
        struct root_facts root = { ROOT_IN_CA_PUBS, &cert, true, true, 0 };
        struct fault f;

        assert_string_equal(judge(&scene, &root, &f), cases[i].ca_pubs);
        root.place = ROOT_IN_EXTRA_CERTS;
        assert_string_equal(judge(&scene, &root, &f), cases[i].extra_certs);
    }
}

/* RFC 9483, 3.5: caPubs ask for the status of the signer, where there is one;
 * extraCerts rest on the TLS session. */
static void test_status(void **state)
{
    static const struct {
        bool is_good, is_issuer, is_waived, is_mac;
        const char *ca_pubs;
    } cases[] = {
        { false, false, false, false, "root-signer-status" },
        { true, false, false, false, "" },
        { false, true, false, false, "" },
        { false, false, true, false, "" },
        { false, false, false, true, "" },
    };
    const struct x509_cert cert = root_cert();

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        const struct root_scene scene = { .has_root = true,
                                          .is_tls = true,
                                          .signer_is_good = cases[i].is_good,
                                          .signer_is_issuer =
                                              cases[i].is_issuer,
                                          .status_is_waived =
                                              cases[i].is_waived,
                                          .is_mac = cases[i].is_mac,
                                          .now = NOW };
        struct root_facts root = { ROOT_IN_CA_PUBS, &cert, true, true, 0 };
        struct fault f;

        assert_string_equal(judge(&scene, &root, &f), cases[i].ca_pubs);
        root.place = ROOT_IN_EXTRA_CERTS;
        assert_string_equal(judge(&scene, &root, &f), "");
    }
}

static void none(struct x509_cert *cert, struct root_facts *root)
{
    (void)cert;
    root->cert = NULL;
}

#define CHANGE(name, statement)                                       \
    static void name(struct x509_cert *cert, struct root_facts *root) \
    {                                                                 \
        (void)cert;                                                   \
        (void)root;                                                   \
        statement;                                                    \
    }
CHANGE(good, (void)0)
CHANGE(no_signature, root->is_self_signed = false)
CHANGE(end_entity, cert->is_ca = false)
CHANGE(no_usage, cert->has_key_usage = false)
CHANGE(other_usage, cert->key_usage = KU_CRL_SIGN)
CHANGE(weak, root->key_is_fit = false)
CHANGE(over, cert->not_after = NOW)
CHANGE(last_second, cert->not_after = NOW + 1)
CHANGE(early, cert->not_before = NOW + 1)
CHANGE(last_place, root->num_kept = CLIENT_MAX_ADDED - 1)
CHANGE(no_place, root->num_kept = CLIENT_MAX_ADDED)

static void test_certificates(void **state)
{
    static const struct {
        void (*change)(struct x509_cert *cert, struct root_facts *root);
        const char *rule;
    } cases[] = {
        { good, "" },
        { none, "root-readable" },
        { no_signature, "root-self-signed" },
        { end_entity, "root-ca" },
        { no_usage, "root-ca" },
        { other_usage, "root-ca" },
        { weak, "root-key" },
        { over, "root-dates" },
        { last_second, "" },
        { early, "root-dates" },
        { last_place, "" },
        { no_place, "root-number" },
    };
    const struct root_scene scene = { .has_root = true,
                                      .signer_is_good = true,
                                      .now = NOW };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        struct x509_cert cert = root_cert();
        struct root_facts root = { ROOT_IN_CA_PUBS, &cert, true, true, 0 };
        struct fault f;

        cases[i].change(&cert, &root);
        assert_string_equal(judge(&scene, &root, &f), cases[i].rule);
        if (cases[i].rule[0] != '\0')
            assert_true(f.err != ERR_OK && f.clause[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_certificates),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
