#include "crypto/key_package.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "asn1/cms.h"
#include "base/limits.h"
#include "crypto/signed.h"
#include "support/test_pki.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

struct ground {
    struct crypto *crypto;
    struct crypto_ctx *cx;
    struct arena *arena;
    struct test_pki *pki;
    struct privkey *key;
    struct privkey *other;
};

static int set_up(void **state)
{
    static struct ground g;

    if (crypto_new(&g.crypto, NULL) != ERR_OK ||
        crypto_ctx_new(g.crypto, &g.cx, NULL) != ERR_OK ||
        privkey_generate(g.cx, KEY_EC_P256, 0, &g.key, NULL) != ERR_OK ||
        privkey_generate(g.cx, KEY_EC_P256, 0, &g.other, NULL) != ERR_OK)
        return -1;
    g.arena = arena_new(LIMIT_REQUEST_ARENA);
    g.pki = test_pki_new();
    *state = &g;
    return g.arena == NULL || g.pki == NULL;
}

static int tear_down(void **state)
{
    struct ground *g = *state;

    privkey_free(g->key);
    privkey_free(g->other);
    test_pki_free(g->pki);
    arena_free(g->arena);
    crypto_ctx_free(g->cx);
    crypto_free(g->crypto);
    return 0;
}

/* --- packages --- */

static struct span packed(struct ground *g, const struct privkey *key)
{
    struct span out = SPAN_NONE;

    assert_int_equal(key_package_make(key, g->arena, &out, NULL), ERR_OK);
    return out;
}

static enum err opened(struct ground *g, struct span der,
                       const struct privkey *wanted)
{
    AUTO(privkey) key = NULL;
    enum err e = key_package_open(g->cx, der, g->arena, &key, NULL);

    if (e == ERR_OK)
        assert_true(span_is_equal(privkey_spki(key), privkey_spki(wanted)));
    return e;
}

static void test_kinds(void **state)
{
    static const enum key_kind kinds[] = { KEY_EC_P256, KEY_EC_P384,
                                           KEY_EC_P521, KEY_RSA,
                                           KEY_ED25519, KEY_ED448 };
    struct ground *g = *state;

    for (size_t i = 0; i < NUM(kinds); i++) {
        AUTO(privkey) key = NULL;
        struct span whole, bare;

        assert_int_equal(privkey_generate(g->cx, kinds[i], 2048, &key, NULL),
                         ERR_OK);
        whole = packed(g, key);
        assert_int_equal(opened(g, whole, key), ERR_OK);
        assert_int_equal(key_package_bare(whole, &bare), ERR_OK);
        assert_int_equal(opened(g, bare, key), ERR_OK);
        for (size_t len = 0; len < whole.len; len++)
            assert_int_equal(opened(g, span_of(whole.ptr, len), key),
                             ERR_BAD_DATA_FORMAT);
    }
    arena_wipe(g->arena);
    arena_reset(g->arena);
}

static void version_2(struct cms_key *k)
{
    k->version = 2;
}
static void version_1(struct cms_key *k)
{
    k->version = 0;
    k->has_public_key = false;
}
static void no_public_key(struct cms_key *k)
{
    k->has_public_key = false;
}
static void other_public_key(struct cms_key *k)
{
    static uint8_t key[65];

    memcpy(key, k->public_key.bytes.ptr, sizeof(key));
    key[64] ^= 1;
    k->public_key.bytes = SPAN_OF(key);
}
static void unused_bits(struct cms_key *k)
{
    k->public_key.unused = 1;
}
static void other_alg(struct cms_key *k)
{
    k->alg = (struct alg_id){ .oid = oid_span(OID_ID_ED25519) };
}
static void no_key(struct cms_key *k)
{
    k->private_key = SPAN_LIT("");
}

static void test_packages(void **state)
{
    static const struct {
        const char *what;
        void (*change)(struct cms_key *key);
        enum err err;
    } cases[] = {
        { "v1", version_1, ERR_OK },
        { "v2 without the public half", no_public_key, ERR_OK },
        { "v3", version_2, ERR_BAD_DATA_FORMAT },
        { "another public half", other_public_key, ERR_BAD_DATA_FORMAT },
        { "a bit less of it", unused_bits, ERR_BAD_DATA_FORMAT },
        { "another algorithm", other_alg, ERR_BAD_DATA_FORMAT },
        { "no key", no_key, ERR_BAD_DATA_FORMAT },
    };
    struct ground *g = *state;
    struct span whole = packed(g, g->key);

    for (size_t i = 0; i < NUM(cases); i++) {
        struct der in = der_open(whole, NULL);
        struct cms_key_package package = { 0 };
        struct der_writer w;
        struct cms_key key;
        struct span der;
        enum err e;

        assert_int_equal(cms_key_package_read(&in, g->arena, &package), ERR_OK);
        assert_int_equal(package.num, 1);
        assert_int_equal(package.list[0].version, 1);
        assert_true(package.list[0].has_public_key);
        key = package.list[0];
        cases[i].change(&key);
        package.list = &key;
        der_writer_init(&w, g->arena, 512);
        cms_key_package_put(&w, &package);
        assert_int_equal(der_finish(&w, &der), ERR_OK);
        e = opened(g, der, g->key);
        if (e != cases[i].err)
            fail_msg("%s: %s", cases[i].what, err_name(e));
    }
    arena_reset(g->arena);
}

static void test_two_keys(void **state)
{
    struct ground *g = *state;
    struct span one, two, out;
    struct der_writer w;

    assert_int_equal(key_package_bare(packed(g, g->key), &one), ERR_OK);
    assert_int_equal(key_package_bare(packed(g, g->other), &two), ERR_OK);
    der_writer_init(&w, g->arena, 512);
    der_put_raw(&w, two);
    der_put_raw(&w, one);
    der_put_header(&w, DER_SEQUENCE, 0);
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    assert_int_equal(opened(g, out, g->key), ERR_BAD_DATA_FORMAT);
    arena_reset(g->arena);
}

static void test_wipe(void **state)
{
    struct ground *g = *state;
    struct span whole = packed(g, g->key);

    arena_wipe(g->arena);
    for (size_t i = 0; i < whole.len; i++)
        assert_int_equal(whole.ptr[i], 0);
    arena_reset(g->arena);
}

/* --- SignedData --- */

static enum err sign(void *arg, struct span data, struct arena *a,
                     struct span *sig, struct fault *f)
{
    const struct test_key *key = arg;

    (void)f;
    *sig = arena_copy(a, test_key_sign(key, "SHA256", false, data));
    return ERR_OK;
}

static struct span signed_by(struct ground *g, const struct test_cert *cert,
                             const struct test_key *key, enum oid content_id)
{
    struct x509_cert x509 = { 0 };
    struct signed_by by = { .cert = &x509,
                            .alg = SIG_ECDSA_SHA256,
                            .sign = sign,
                            .arg = (void *)(uintptr_t)key };
    struct span out = SPAN_NONE;

    assert_int_equal(x509_read(cert->der, g->arena, &x509), ERR_OK);
    assert_int_equal(signed_make(g->cx, &by, content_id, SPAN_LIT("content"),
                                 g->arena, &out, NULL),
                     ERR_OK);
    return out;
}

static const struct test_cert *signer_of(struct ground *g, bool no_key_ids)
{
    return test_cert_make(g->pki,
                          &(struct test_cert_spec){ .subject = "CN=KGA",
                                                    .no_key_ids = no_key_ids });
}

static enum err verified(struct ground *g, struct span der)
{
    struct signed_content c = { 0 };
    enum err e = signed_open(g->cx, der, OID_ID_DATA, g->arena, &c, NULL);

    if (e == ERR_OK)
        assert_true(span_is_equal(c.content, SPAN_LIT("content")));
    return e;
}

static void test_signed(void **state)
{
    struct ground *g = *state;
    const struct test_cert *cert = signer_of(g, false);
    const struct test_cert *other = signer_of(g, false);
    struct span der = signed_by(g, cert, cert->key, OID_ID_DATA);
    struct x509_cert nameless = { 0 };
    struct signed_by by = { .cert = &nameless,
                            .alg = SIG_ECDSA_SHA256,
                            .sign = sign };
    struct span out;

    assert_int_equal(verified(g, der), ERR_OK);
    assert_int_equal(verified(g, signed_by(g, cert, other->key, OID_ID_DATA)),
                     ERR_BAD_MESSAGE_CHECK);
    assert_int_equal(
        verified(g, signed_by(g, cert, cert->key, OID_ID_SIGNED_DATA)),
        ERR_BAD_DATA_FORMAT);
    assert_int_equal(verified(g, span_of(der.ptr, der.len - 1)),
                     ERR_BAD_DATA_FORMAT);
    assert_int_equal(x509_read(signer_of(g, true)->der, g->arena, &nameless),
                     ERR_OK);
    assert_int_equal(signed_make(g->cx, &by, OID_ID_DATA, SPAN_LIT(""),
                                 g->arena, &out, NULL),
                     ERR_CONFIG);
    arena_reset(g->arena);
}

/* No bit of content, certificate, attributes or signature may change. Bits of
 * the identifiers and of unread versions may. */
static void test_signed_changed(void **state)
{
    struct ground *g = *state;
    const struct test_cert *cert = signer_of(g, false);
    struct span der = signed_by(g, cert, cert->key, OID_ID_DATA);
    uint8_t bytes[4096];
    size_t content = 0;

    assert_true(der.len <= sizeof(bytes));
    memcpy(bytes, der.ptr, der.len);
    for (size_t i = 0; i + 7 <= der.len; i++)
        if (memcmp(bytes + i, "content", 7) == 0)
            content = i;
    assert_true(content > 0);
    for (size_t bit = 0; bit < 56; bit++) {
        bytes[content + bit / 8] ^= (uint8_t)(1u << (bit % 8));
        assert_int_equal(verified(g, span_of(bytes, der.len)),
                         ERR_BAD_MESSAGE_CHECK);
        bytes[content + bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    for (size_t i = 1; i <= 160; i++) { /* from the signature back */
        bytes[der.len - i] ^= 1;
        assert_int_not_equal(verified(g, span_of(bytes, der.len)), ERR_OK);
        bytes[der.len - i] ^= 1;
        arena_reset(g->arena);
    }
}

struct bad_signed {
    const char *what;
    void (*change)(struct cms_signed *s, struct cms_signer *signer);
    enum err err;
};

static void no_signer(struct cms_signed *s, struct cms_signer *signer)
{
    (void)signer;
    s->num_signers = 0;
}
static void two_signers(struct cms_signed *s, struct cms_signer *signer)
{
    static struct cms_signer both[2];

    both[0] = both[1] = *signer;
    s->signers = both;
    s->num_signers = 2;
}
static void no_content(struct cms_signed *s, struct cms_signer *signer)
{
    (void)signer;
    s->content = SPAN_NONE;
}
static void no_certs(struct cms_signed *s, struct cms_signer *signer)
{
    (void)signer;
    s->has_certs = false;
}
static void no_attrs(struct cms_signed *s, struct cms_signer *signer)
{
    (void)s;
    signer->signed_attrs = SPAN_NONE;
}
static void other_sid(struct cms_signed *s, struct cms_signer *signer)
{
    (void)s;
    signer->sid.key_id = SPAN_LIT("another");
}
static void other_digest(struct cms_signed *s, struct cms_signer *signer)
{
    (void)s;
    signer->digest_alg = (struct alg_id){ .oid = oid_span(OID_ID_SHA512) };
}
static void old_digest(struct cms_signed *s, struct cms_signer *signer)
{
    (void)s;
    signer->digest_alg = (struct alg_id){ .oid = oid_span(OID_ID_SHA1) };
}
static void other_sig_alg(struct cms_signed *s, struct cms_signer *signer)
{
    (void)s;
    signer->sig_alg = (struct alg_id){ .oid = oid_span(OID_ECDSA_WITH_SHA1) };
}

static void test_signed_refused(void **state)
{
    static const struct bad_signed bads[] = {
        { "no signer", no_signer, ERR_BAD_DATA_FORMAT },
        { "two signers", two_signers, ERR_BAD_DATA_FORMAT },
        { "no content", no_content, ERR_BAD_DATA_FORMAT },
        { "no certificate", no_certs, ERR_BAD_DATA_FORMAT },
        { "no signedAttrs", no_attrs, ERR_BAD_DATA_FORMAT },
        { "another's name", other_sid, ERR_BAD_DATA_FORMAT },
        { "another digest", other_digest, ERR_BAD_MESSAGE_CHECK },
        { "SHA-1", old_digest, ERR_BAD_ALG },
        { "ECDSA with SHA-1", other_sig_alg, ERR_BAD_ALG },
    };
    struct ground *g = *state;
    const struct test_cert *cert = signer_of(g, false);
    struct span whole = signed_by(g, cert, cert->key, OID_ID_DATA);

    for (size_t i = 0; i < NUM(bads); i++) {
        struct der in = der_open(whole, NULL);
        struct cms_signed s = { 0 };
        struct cms_signer signer;
        struct der_writer w;
        struct span der;
        enum err e;

        assert_int_equal(cms_signed_read(&in, g->arena, &s), ERR_OK);
        signer = s.signers[0];
        s.signers = &signer;
        bads[i].change(&s, &signer);
        der_writer_init(&w, g->arena, 2048);
        cms_signed_put(&w, &s);
        assert_int_equal(der_finish(&w, &der), ERR_OK);
        e = verified(g, der);
        if (e != bads[i].err)
            fail_msg("%s: %s", bads[i].what, err_name(e));
    }
    arena_reset(g->arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_packages),
        cmocka_unit_test(test_two_keys),
        cmocka_unit_test(test_wipe),
        cmocka_unit_test(test_signed),
        cmocka_unit_test(test_signed_changed),
        cmocka_unit_test(test_signed_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
