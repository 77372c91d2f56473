#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/limits.h"
#include "base/text.h"
#include "service/roots.h"
#include "support/test_pki.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static const char good[] =
    "node: a\n"
    "store: { kind: mem, file: store.db }\n"
    "listen: [{ address: \"::1\", port: 0 }]\n"
    "keys:\n"
    "  - { name: issuing, file: issuing.key }\n"
    "  - { name: cmp, file: cmp.key }\n"
    "cas:\n"
    "  - { name: issuing, certificate: issuing.pem, chain: [root.pem],\n"
    "      key: issuing, crl: { path: /crl/issuing.crl } }\n"
    "signers:\n"
    "  - { name: cmp, certificate: cmp.pem, chain: [issuing.pem, root.pem],\n"
    "      key: cmp }\n"
    "profiles:\n"
    "  - { name: bs, type: 3gpp-bs, default: true, ca: issuing,\n"
    "      signer: cmp, subject: 'CN={serial}.{vendor}' }\n"
    "vendors:\n"
    "  - { name: acme, anchors: [acme.pem], allow: allow.txt,\n"
    "      crls: [acme.crl], serial: { from: subject.CN } }\n"
    "  - { name: beta, anchors: [beta.pem], serial: { from: subject.CN } }\n";

struct world {
    struct test_pki *pki;
    struct crypto *crypto;
    struct arena *arena;
    const struct test_cert *root, *issuing, *cmp, *acme;
};

static const struct test_cert *make(struct world *w, const char *name,
                                    struct test_cert_spec spec)
{
    const struct test_cert *cert = test_cert_make(w->pki, &spec);
    char file[64];

    snprintf(file, sizeof(file), "%s.pem", name);
    test_pki_save(w->pki, file, cert->pem, 0644);
    snprintf(file, sizeof(file), "%s.key", name);
    test_pki_save(w->pki, file, test_key_pem(cert->key), 0600);
    return cert;
}

static void make_good(struct world *w)
{
    const struct test_crl *crl;

    w->root = make(w, "root",
                   (struct test_cert_spec){ .subject = "CN=Root", .ca = true });
    w->issuing =
        make(w, "issuing",
             (struct test_cert_spec){
                 .subject = "CN=Issuing", .issuer = w->root, .ca = true });
    w->cmp = make(w, "cmp",
                  (struct test_cert_spec){ .subject = "CN=CMP",
                                           .issuer = w->issuing,
                                           .eku = "1.3.6.1.5.5.7.3.28" });
    w->acme = make(w, "acme",
                   (struct test_cert_spec){ .subject = "CN=Acme", .ca = true });
    make(w, "beta",
         (struct test_cert_spec){ .subject = "CN=Beta", .ca = true });
    crl = test_crl_make(w->pki, &(struct test_crl_spec){ .issuer = w->acme });
    test_pki_save(w->pki, "acme.crl", crl->pem, 0644);
    test_pki_save(w->pki, "allow.txt",
                  "# stations of this order\nBS-2\n\n  BS-1 # the first\n",
                  0644);
}

/* What the mistakes need. */
static void make_bad(struct world *w)
{
    const struct test_cert *other =
        make(w, "other",
             (struct test_cert_spec){ .subject = "CN=Other", .ca = true });

    make(w, "nosign",
         (struct test_cert_spec){ .subject = "CN=CMP",
                                  .issuer = w->issuing,
                                  .key = w->cmp->key,
                                  .key_usage = "critical,keyAgreement" });
    make(w, "elsewhere",
         (struct test_cert_spec){
             .subject = "CN=CMP", .issuer = other, .key = w->cmp->key });
    make(w, "alone", (struct test_cert_spec){ .subject = "CN=Alone" });
    make(w, "nocertsign",
         (struct test_cert_spec){
             .subject = "CN=No", .ca = true, .key_usage = "critical,cRLSign" });
    make(w, "forged",
         (struct test_cert_spec){
             .subject = "CN=Forged", .ca = true, .signed_by = other->key });
    test_pki_save(w->pki, "copy.pem", w->acme->pem, 0644);
    test_pki_save(w->pki, "open.key", test_key_pem(w->cmp->key), 0644);
    test_pki_save(w->pki, "empty.pem", "nothing here\n", 0644);
    test_pki_save(w->pki, "broken.pem",
                  "-----BEGIN CERTIFICATE-----\nMIIB*\n"
                  "-----END CERTIFICATE-----\n",
                  0644);
    test_pki_save(w->pki, "notcert.pem",
                  "-----BEGIN CERTIFICATE-----\nMAA=\n"
                  "-----END CERTIFICATE-----\n",
                  0644);
}

static int setup(void **state)
{
    static struct world w;

    w.pki = test_pki_new();
    w.arena = arena_new(LIMIT_REQUEST_ARENA);
    if (w.arena == NULL || crypto_new(&w.crypto, NULL) != ERR_OK)
        return -1;
    make_good(&w);
    make_bad(&w);
    *state = &w;
    return 0;
}

static int teardown(void **state)
{
    struct world *w = *state;

    crypto_free(w->crypto);
    arena_free(w->arena);
    test_pki_free(w->pki);
    return 0;
}

/* An authority and what it stands on. */
struct made {
    struct config *config;
    struct keys *keys;
    struct authority *authority;
};

static void made_done(struct made *m)
{
    authority_free(m->authority);
    keys_free(m->keys);
    config_free(m->config);
}

static enum err make_authority(struct world *w, struct span text,
                               struct made *m, struct fault *f)
{
    const char *path =
        arena_printf(w->arena, "%s/test.yaml", test_pki_dir(w->pki));
    struct buf errors;
    enum err e;

    *m = (struct made){ 0 };
    buf_init(&errors, 4096);
    e = config_parse(text, path, &m->config, &errors, f);
    if (e != ERR_OK)
        print_error("%s", buf_str(&errors));
    buf_done(&errors);
    assert_int_equal(e, ERR_OK);
    TRY(keys_new(w->crypto, &m->keys, f));
    TRY(authority_load_keys(m->config, m->keys, f));
    return authority_new(m->config, w->crypto, m->keys, &m->authority, f);
}

static const struct {
    const char *from, *to;
    enum err err;
    const char *says;
} mistakes[] = {
    { "certificate: issuing.pem", "certificate: absent.pem", ERR_NOT_FOUND,
      "absent.pem" },
    { "certificate: issuing.pem", "certificate: empty.pem", ERR_CONFIG,
      "empty.pem: no certificate in it; PEM is expected" },
    { "certificate: issuing.pem", "certificate: broken.pem", ERR_CONFIG,
      "broken.pem: not well-made PEM" },
    { "certificate: issuing.pem", "certificate: notcert.pem", ERR_CONFIG,
      "cas issuing" },
    { "certificate: issuing.pem", "certificate: cmp.pem", ERR_CONFIG,
      "cas issuing" },
    { "key: issuing", "key: cmp", ERR_CONFIG, "cas issuing" },
    { "chain: [root.pem]", "chain: [other.pem]", ERR_CONFIG, "issuing.pem" },
    { "chain: [root.pem]", "chain: [cmp.pem]", ERR_CONFIG,
      "issuing.pem: chain does not end in a self-signed root" },
    { "chain: [issuing.pem, root.pem]", "chain: [issuing.pem]", ERR_CONFIG,
      "cmp.pem: chain does not end in a self-signed root" },
    { "chain: [issuing.pem, root.pem]", "chain: [root.pem]", ERR_CONFIG,
      "cmp.pem" },
    { "certificate: cmp.pem", "certificate: nosign.pem", ERR_CONFIG,
      "nosign.pem: keyUsage lacks digitalSignature" },
    { "certificate: cmp.pem", "certificate: notcert.pem", ERR_CONFIG,
      "notcert.pem: not a certificate" },
    { "      key: cmp }", "      key: issuing }", ERR_CONFIG,
      "cmp.pem is not the certificate of key issuing" },
    { "certificate: cmp.pem, chain: [issuing.pem, root.pem]",
      "certificate: elsewhere.pem, chain: [other.pem]", ERR_CONFIG,
      "profiles bs: its CA and its signer do not end at the same operator "
      "root" },
    { "file: cmp.key", "file: open.key", ERR_CONFIG, "open.key" },
    { "file: cmp.key", "file: absent.key", ERR_NOT_FOUND, "absent.key" },
    { "file: cmp.key", "file: cmp.pem", ERR_CONFIG, "cmp.pem" },
    { "anchors: [acme.pem]", "anchors: [cmp.pem]", ERR_CONFIG,
      "vendors acme: " },
    { "anchors: [acme.pem]", "anchors: [notcert.pem]", ERR_CONFIG,
      "vendors acme: " },
    { "anchors: [beta.pem]", "anchors: [copy.pem]", ERR_CONFIG,
      "vendors beta: " },
    { "crls: [acme.crl]", "crls: [acme.pem]", ERR_CONFIG, "no CRL in it" },
    { "crls: [acme.crl]", "crls: [absent.crl]", ERR_CONFIG,
      "vendors acme: crls: " },
    { "allow: allow.txt", "allow: absent.txt", ERR_CONFIG,
      "vendors acme: allow" },
    { "subject: 'CN={serial}.{vendor}'",
      "subject: 'CN={serial}.{vendor}', extended_key_usage: [1.2.3.4]",
      ERR_CONFIG, "1.2.3.4 is not one a station may get" },
    { "subject: 'CN={serial}.{vendor}'",
      "subject: 'CN={serial}.{vendor}', possession: [challengeResp]",
      ERR_CONFIG, "possession by challengeResp is not one of profile type" },
    { "subject: 'CN={serial}.{vendor}'",
      "subject: 'CN={serial}.{vendor}', general: { encryption_key: cmp }",
      ERR_CONFIG, "encryption_key: no encryption_certificate" },
    { "subject: 'CN={serial}.{vendor}'",
      "subject: 'CN={serial}.{vendor}', general: { encryption_key: issuing, "
      "encryption_certificate: nosign.pem }",
      ERR_CONFIG, "key \"issuing\" is not that of" },
#define ROOTS(field, file)                                            \
    "subject: 'CN={serial}.{vendor}'",                                \
        "subject: 'CN={serial}.{vendor}', roots: { " field ": [" file \
        "], extra_certs_over_http: true }"
    { ROOTS("ca_pubs", "absent.pem"), ERR_NOT_FOUND, "absent.pem" },
    { ROOTS("ca_pubs", "notcert.pem"), ERR_CONFIG, "notcert.pem: not a cert" },
    { ROOTS("ca_pubs", "root.pem"), ERR_CONFIG, "root.pem: the operator root" },
    { ROOTS("ca_pubs", "beta.pem, issuing.pem"), ERR_CONFIG,
      "issuing.pem: not self-signed" },
    { ROOTS("extra_certs", "alone.pem"), ERR_CONFIG,
      "alone.pem: not a CA's with keyCertSign" },
    { ROOTS("extra_certs", "nocertsign.pem"), ERR_CONFIG,
      "nocertsign.pem: not a CA's with keyCertSign" },
    { ROOTS("extra_certs", "forged.pem"), ERR_CONFIG,
      "forged.pem: not self-signed" },
};

/* `text` with its first `from` replaced. */
static struct span replaced(const char *text, const char *from, const char *to,
                            struct arena *a)
{
    const char *at = strstr(text, from);

    assert_non_null(at);
    return span_str(arena_printf(a, "%.*s%s%s", (int)(at - text), text, to,
                                 at + strlen(from)));
}

static void test_mistakes(void **state)
{
    struct world *w = *state;
    size_t failures = 0;

    for (size_t i = 0; i < NUM(mistakes); i++) {
        struct fault f = { 0 };
        struct made m;
        enum err e;

        arena_reset(w->arena);
        e = make_authority(
            w, replaced(good, mistakes[i].from, mistakes[i].to, w->arena), &m,
            &f);
        if (e != mistakes[i].err || f.err != e ||
            strstr(f.text, mistakes[i].says) == NULL) {
            print_error("%s: %s: %s\n", mistakes[i].to, err_name(e), f.text);
            failures++;
        }
        made_done(&m);
    }
    assert_int_equal(failures, 0);
}

/* The certificates of extraCerts as encoded: [1] SEQUENCE. */
static size_t read_tail(struct span tail, struct span *out, size_t max)
{
    struct der in = der_open(tail, NULL), tagged, list;
    size_t n = 0;

    assert_int_equal(der_enter(&in, DER_CTX(1), &tagged), ERR_OK);
    assert_int_equal(der_enter(&tagged, DER_SEQUENCE, &list), ERR_OK);
    while (der_has_more(&list)) {
        assert_true(n < max);
        assert_int_equal(der_element(&list, DER_SEQUENCE, &out[n++]), ERR_OK);
    }
    return n;
}

/* extraCerts: signer, its chain, the issuing chain, each once (TS 33.310,
 * 9.5.4.3; the signer first, RFC 9483, 3.3). */
static void test_good(void **state)
{
    struct world *w = *state;
    const struct path_profile *p;
    struct fault f = { 0 };
    struct span tail[8];
    struct made m;

    arena_reset(w->arena);
    assert_int_equal(make_authority(w, span_str(good), &m, &f), ERR_OK);
    p = &m.authority->profiles[0];
    assert_string_equal(p->config->name, "bs");
    assert_int_equal(p->signer->alg, SIG_ECDSA_SHA256);
    assert_int_equal(read_tail(p->tail, tail, 8), 3);
    assert_true(span_is_equal(tail[0], w->cmp->der));
    assert_true(span_is_equal(tail[1], w->issuing->der));
    assert_true(span_is_equal(tail[2], w->root->der));
    assert_int_equal(read_tail(p->signer->tail, tail, 8), 3);
    assert_ptr_equal(
        authority_find_issuer_by_name(m.authority, SPAN_LIT("issuing")),
        p->issuer);
    assert_ptr_equal(
        authority_find_issuer(m.authority, ca_subject(p->issuer->ca)),
        p->issuer);
    assert_null(
        authority_find_issuer(m.authority, p->signer->certificate.subject));
    made_done(&m);
}

/* Further roots: behind the others in extraCerts, and in caPubs, each once
 * (TS 33.310, 9.5.4.3: CR-5). */
static void test_roots(void **state)
{
    struct world *w = *state;
    const struct path_profile *p;
    struct cert_rep_message rep = { 0 };
    struct fault f = { 0 };
    struct span tail[8];
    struct made m;

    arena_reset(w->arena);
    assert_int_equal(
        make_authority(w,
                       replaced(good, "subject: 'CN={serial}.{vendor}'",
                                "subject: 'CN={serial}.{vendor}', roots: { "
                                "ca_pubs: [acme.pem, beta.pem, copy.pem], "
                                "extra_certs: [beta.pem, beta.pem], "
                                "extra_certs_over_http: true }",
                                w->arena),
                       &m, &f),
        ERR_OK);
    p = &m.authority->profiles[0];
    assert_int_equal(read_tail(p->tail, tail, 8), 4);
    assert_true(span_is_equal(tail[2], w->root->der));
    roots_put(p, CMP_IR, &rep);
    assert_true(rep.has_ca_pubs);
    assert_int_equal(rep.num_ca_pubs, 2);
    assert_true(span_is_equal(rep.ca_pubs[0], w->acme->der));
    assert_true(span_is_equal(rep.ca_pubs[1], tail[3]));
    /* An error bears none of them. */
    assert_int_equal(read_tail(p->signer->tail, tail, 8), 3);
    made_done(&m);
}

/* RFC 9483, 4.1.2 and 4.1.3: no caPubs in a cp or a kup; TS 33.310, 9.5.4.4: a
 * kup is like an ip. */
static void test_ca_pubs_by_type(void **state)
{
    static const struct span root = SPAN_LIT("root");
    static const struct {
        enum profile_type type;
        enum cmp_body_type request;
        bool is_there;
    } rows[] = {
        { PROFILE_3GPP_BS, CMP_IR, true },
        { PROFILE_3GPP_BS, CMP_KUR, true },
        { PROFILE_RFC9483, CMP_IR, true },
        { PROFILE_RFC9483, CMP_CR, false },
        { PROFILE_RFC9483, CMP_P10CR, false },
        { PROFILE_RFC9483, CMP_KUR, false },
        { PROFILE_OPEN, CMP_CR, true },
        { PROFILE_OPEN, CMP_P10CR, true },
        { PROFILE_LEGACY_2010, CMP_KUR, true },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct path_profile p = { .ca_pubs = &root, .num_ca_pubs = 1 };
        struct cert_rep_message rep = { 0 };

        profile_init(&p.profile, rows[i].type);
        roots_put(&p, rows[i].request, &rep);
        assert_int_equal(rep.has_ca_pubs, rows[i].is_there);
        assert_int_equal(rep.num_ca_pubs, rows[i].is_there);
    }
}

static void test_allow_list(void **state)
{
    static const struct {
        const char *serial;
        bool is_allowed;
    } rows[] = {
        { "BS-1", true },  { "BS-2", true }, { "BS-3", false },
        { "BS-", false },  { "", false },    { "BS-11", false },
        { "bs-1", false }, { "#", false },   { "the first", false },
    };
    struct world *w = *state;
    struct made m;
    struct epoch *e;
    bool changed;

    arena_reset(w->arena);
    assert_int_equal(make_authority(w, span_str(good), &m, NULL), ERR_OK);
    e = epoch_get(m.authority);
    for (size_t i = 0; i < NUM(rows); i++) {
        assert_int_equal(epoch_allows(e, 0, span_str(rows[i].serial)),
                         rows[i].is_allowed);
        assert_true(epoch_allows(e, 1, span_str(rows[i].serial)));
    }
    /* A changed file makes a new epoch; who holds the old one keeps it. */
    assert_int_equal(authority_refresh(m.authority, &changed, NULL), ERR_OK);
    assert_false(changed);
    test_pki_save(w->pki, "allow.txt", "BS-333\n", 0644);
    assert_int_equal(authority_refresh(m.authority, &changed, NULL), ERR_OK);
    assert_true(changed);
    assert_true(epoch_allows(e, 0, SPAN_LIT("BS-1")));
    epoch_put(m.authority, e);
    e = epoch_get(m.authority);
    assert_false(epoch_allows(e, 0, SPAN_LIT("BS-1")));
    assert_true(epoch_allows(e, 0, SPAN_LIT("BS-333")));
    epoch_put(m.authority, e);
    /* One that cannot be read leaves the old in force. */
    test_pki_save(w->pki, "acme.crl", "no CRL any more", 0644);
    assert_int_equal(authority_refresh(m.authority, &changed, NULL),
                     ERR_CONFIG);
    e = epoch_get(m.authority);
    assert_true(epoch_allows(e, 0, SPAN_LIT("BS-333")));
    epoch_put(m.authority, e);
    made_done(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mistakes),
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_roots),
        cmocka_unit_test(test_ca_pubs_by_type),
        cmocka_unit_test(test_allow_list),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
