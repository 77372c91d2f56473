#include "crypto/envelope.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/x509.h>

#include "base/limits.h"
#include "crypto/internal.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define SECRET SPAN_LIT("correct horse battery staple")
#define CONTENT SPAN_LIT("what is kept from others")

enum holder {
    HOLDS_RSA,
    HOLDS_P256,
    HOLDS_P384,
    HOLDS_P521,
    HOLDS_X25519,
    HOLDS_X448,
    NUM_HOLDERS
};
static const struct {
    const char *name;
    enum envelope_way way;
} holders[NUM_HOLDERS] = {
    [HOLDS_RSA] = { "RSA", ENVELOPE_OAEP },
    [HOLDS_P256] = { "P-256", ENVELOPE_AGREE },
    [HOLDS_P384] = { "P-384", ENVELOPE_AGREE },
    [HOLDS_P521] = { "P-521", ENVELOPE_AGREE },
    [HOLDS_X25519] = { "X25519", ENVELOPE_AGREE },
    [HOLDS_X448] = { "X448", ENVELOPE_AGREE },
};

struct ground {
    struct crypto *crypto;
    struct crypto_ctx *cx;
    struct arena *arena;
    struct privkey *keys[NUM_HOLDERS];
    struct privkey *others[NUM_HOLDERS];
};

/* Without what privkey_generate asks of a key: that it signs. */
static struct privkey *key_make(const char *name)
{
    struct privkey *key = calloc(1, sizeof(*key));
    struct der in;
    int len;

    assert_non_null(key);
    if (strcmp(name, "RSA") == 0)
        key->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
    else if (name[0] == 'X')
        key->pkey = EVP_PKEY_Q_keygen(NULL, NULL, name);
    else
        key->pkey = EVP_PKEY_Q_keygen(NULL, NULL, "EC", name);
    len = i2d_PUBKEY(key->pkey, &key->spki_der);
    assert_true(len > 0);
    in = der_open(span_of(key->spki_der, (size_t)len), NULL);
    assert_int_equal(spki_read(&in, &key->spki), ERR_OK);
    key->kind = key_kind_find(&key->spki);
    return key;
}

static int set_up(void **state)
{
    static struct ground g;

    if (crypto_new(&g.crypto, NULL) != ERR_OK ||
        crypto_ctx_new(g.crypto, &g.cx, NULL) != ERR_OK)
        return -1;
    g.arena = arena_new((size_t)4 * 1024 * 1024);
    for (int i = 0; i < NUM_HOLDERS; i++) {
        g.keys[i] = key_make(holders[i].name);
        g.others[i] = key_make(holders[i].name);
    }
    *state = &g;
    return g.arena == NULL;
}

static int tear_down(void **state)
{
    struct ground *g = *state;

    for (int i = 0; i < NUM_HOLDERS; i++) {
        privkey_free(g->keys[i]);
        privkey_free(g->others[i]);
    }
    arena_free(g->arena);
    crypto_ctx_free(g->cx);
    crypto_free(g->crypto);
    return 0;
}

static struct envelope_to to_key(const struct privkey *key,
                                 enum envelope_way way)
{
    return (struct envelope_to){
        .way = way,
        .cipher = ENVELOPE_AES256_CBC,
        .rid = { .type = CMS_ID_KEY_ID, .key_id = SPAN_LIT("key") },
        .key = &key->spki,
    };
}

static struct envelope_to to_secret(enum envelope_way way)
{
    return (struct envelope_to){ .way = way,
                                 .cipher = ENVELOPE_AES256_CBC,
                                 .secret = SECRET };
}

static struct span made(struct ground *g, const struct envelope_to *to,
                        struct span content)
{
    struct span out = SPAN_NONE;

    assert_int_equal(envelope_make(g->cx, to, OID_ID_DATA, content,
                                   DER_SEQUENCE, g->arena, &out, NULL),
                     ERR_OK);
    return out;
}

static struct cms_enveloped enveloped(struct ground *g, struct span der)
{
    struct der in = der_open(der, NULL);
    struct cms_enveloped e = { 0 };

    assert_int_equal(cms_enveloped_read(&in, DER_SEQUENCE, g->arena, &e),
                     ERR_OK);
    assert_int_equal(der_end(&in), ERR_OK);
    return e;
}

static enum err opened(struct ground *g, const struct cms_enveloped *e,
                       const struct envelope_opener *with, struct span content)
{
    AUTO(secret) plain = NULL;
    struct fault f = { 0 };
    enum err err = envelope_open(g->cx, e, with, g->arena, &plain, &f);

    assert_int_equal(f.err, err);
    assert_true((plain != NULL) == (err == ERR_OK));
    if (plain != NULL)
        assert_true(span_is_equal(secret_span(plain), content));
    return err;
}

/* --- for keys --- */

static void check_way(struct ground *g, enum holder h, enum envelope_way way,
                      enum envelope_cipher cipher)
{
    struct envelope_to to = to_key(g->keys[h], way);
    struct envelope_opener with = { ENVELOPE_BIT(way), g->keys[h], SPAN_NONE };
    struct cms_enveloped e;
    enum err err;

    to.cipher = cipher;
    e = enveloped(g, made(g, &to, CONTENT));
    assert_int_equal(e.version, 2);
    assert_int_equal(e.content_id, OID_ID_DATA);
    assert_int_equal(e.num_recipients, 1);
    assert_int_equal(e.recipients[0].type,
                     way == ENVELOPE_AGREE ? CMS_KARI : CMS_KTRI);
    assert_int_equal(opened(g, &e, &with, CONTENT), ERR_OK);
    /* anything but what was put in */
    with.key = g->others[h];
    err = opened(g, &e, &with, CONTENT);
    assert_int_equal(err, ERR_BAD_MESSAGE_CHECK);
    with.key = g->keys[h];
    with.ways = ENVELOPE_ALL & ~ENVELOPE_BIT(way);
    assert_int_equal(opened(g, &e, &with, CONTENT), ERR_BAD_ALG);
    with = (struct envelope_opener){ ENVELOPE_ALL, NULL, SECRET };
    assert_int_equal(opened(g, &e, &with, CONTENT), ERR_BAD_ALG);
}

static void test_keys(void **state)
{
    struct ground *g = *state;
    enum envelope_way way;

    for (int h = 0; h < NUM_HOLDERS; h++) {
        assert_int_equal(envelope_way_find(&g->keys[h]->spki, &way, NULL),
                         ERR_OK);
        assert_int_equal(way, holders[h].way);
        for (int c = ENVELOPE_AES128_CBC; c <= ENVELOPE_AES256_CBC; c++)
            check_way(g, (enum holder)h, way, (enum envelope_cipher)c);
        arena_reset(g->arena);
    }
}

/* Another key gives a random one, and what that decrypts to is seldom padded
 * well; one in 256 times it is, and is no content then. */
static void test_pkcs1(void **state)
{
    struct ground *g = *state;
    struct envelope_to to = to_key(g->keys[HOLDS_RSA], ENVELOPE_PKCS1);
    struct envelope_opener with = { ENVELOPE_BIT(ENVELOPE_PKCS1),
                                    g->keys[HOLDS_RSA], SPAN_NONE };
    struct cms_enveloped e = enveloped(g, made(g, &to, CONTENT));
    AUTO(secret) plain = NULL;
    enum err err;

    assert_int_equal(opened(g, &e, &with, CONTENT), ERR_OK);
    with.key = g->others[HOLDS_RSA];
    err = envelope_open(g->cx, &e, &with, g->arena, &plain, NULL);
    if (plain != NULL)
        assert_false(span_is_equal(secret_span(plain), CONTENT));
    else
        assert_int_equal(err, ERR_BAD_MESSAGE_CHECK);
    arena_reset(g->arena);
}

static void test_no_way(void **state)
{
    struct ground *g = *state;
    AUTO(privkey) ed = NULL;
    struct envelope_to to;
    enum envelope_way way;
    struct span out;

    assert_int_equal(privkey_generate(g->cx, KEY_ED25519, 0, &ed, NULL),
                     ERR_OK);
    assert_non_null(ed);
    assert_int_equal(envelope_way_find(&ed->spki, &way, NULL), ERR_BAD_ALG);
    to = to_key(ed, ENVELOPE_OAEP);
    assert_int_equal(envelope_make(g->cx, &to, OID_ID_DATA, CONTENT,
                                   DER_SEQUENCE, g->arena, &out, NULL),
                     ERR_BAD_ALG);
    to = to_key(ed, ENVELOPE_AGREE);
    assert_int_equal(envelope_make(g->cx, &to, OID_ID_DATA, CONTENT,
                                   DER_SEQUENCE, g->arena, &out, NULL),
                     ERR_BAD_ALG);
    to = to_key(g->keys[HOLDS_RSA], ENVELOPE_OAEP);
    to.cipher = ENVELOPE_DES_EDE3_CBC;
    assert_int_equal(envelope_make(g->cx, &to, OID_ID_DATA, CONTENT,
                                   DER_SEQUENCE, g->arena, &out, NULL),
                     ERR_BAD_ALG);
    to = to_secret(ENVELOPE_PASSWORD);
    to.secret = SPAN_NONE;
    assert_int_equal(envelope_make(g->cx, &to, OID_ID_DATA, CONTENT,
                                   DER_SEQUENCE, g->arena, &out, NULL),
                     ERR_CRYPTO);
    arena_reset(g->arena);
}

/* --- for secrets --- */

static void test_secrets(void **state)
{
    static const enum envelope_way ways[] = { ENVELOPE_PASSWORD,
                                              ENVELOPE_PWRI_KEK };
    struct ground *g = *state;

    for (size_t i = 0; i < NUM(ways); i++) {
        struct envelope_to to = to_secret(ways[i]);
        struct envelope_opener with = { ENVELOPE_BIT(ways[i]), NULL, SECRET };

        for (int c = ENVELOPE_AES128_CBC; c <= ENVELOPE_AES256_CBC; c++) {
            struct cms_enveloped e;

            to.cipher = (enum envelope_cipher)c;
            e = enveloped(g, made(g, &to, CONTENT));
            assert_int_equal(e.version, 0);
            with.secret = SECRET;
            assert_int_equal(opened(g, &e, &with, CONTENT), ERR_OK);
            with.secret = SPAN_LIT("correct horse battery stapler");
            assert_int_equal(opened(g, &e, &with, CONTENT),
                             ERR_BAD_MESSAGE_CHECK);
        }
        with.ways = ENVELOPE_ALL & ~ENVELOPE_BIT(ways[i]);
        with.secret = SECRET;
        to.cipher = ENVELOPE_AES128_CBC;
        {
            struct cms_enveloped e = enveloped(g, made(g, &to, CONTENT));

            assert_int_equal(opened(g, &e, &with, CONTENT), ERR_BAD_ALG);
        }
    }
    arena_reset(g->arena);
}

static void test_lengths(void **state)
{
    static const size_t lens[] = { 0, 1, 15, 16, 17, 1000, LIMIT_ENVELOPE_LEN };
    static uint8_t bytes[LIMIT_ENVELOPE_LEN + 1];
    struct ground *g = *state;
    struct envelope_to to = to_key(g->keys[HOLDS_P256], ENVELOPE_AGREE);
    struct envelope_opener with = { ENVELOPE_ALL, g->keys[HOLDS_P256],
                                    SPAN_NONE };
    struct span out;

    for (size_t i = 0; i < NUM(lens); i++) {
        struct span content = span_of(bytes, lens[i]);
        struct cms_enveloped e = enveloped(g, made(g, &to, content));

        assert_int_equal(opened(g, &e, &with, content), ERR_OK);
        arena_reset(g->arena);
    }
    assert_int_equal(envelope_make(g->cx, &to, OID_ID_DATA, SPAN_OF(bytes),
                                   DER_SEQUENCE, g->arena, &out, NULL),
                     ERR_LIMIT);
}

/* A key, a vector and a salt used twice would give contents away. */
static void test_fresh(void **state)
{
    struct ground *g = *state;
    struct envelope_to tos[] = { to_key(g->keys[HOLDS_RSA], ENVELOPE_OAEP),
                                 to_key(g->keys[HOLDS_P256], ENVELOPE_AGREE),
                                 to_secret(ENVELOPE_PASSWORD),
                                 to_secret(ENVELOPE_PWRI_KEK) };

    for (size_t i = 0; i < NUM(tos); i++) {
        struct cms_enveloped a = enveloped(g, made(g, &tos[i], CONTENT));
        struct cms_enveloped b = enveloped(g, made(g, &tos[i], CONTENT));

        assert_false(span_is_equal(a.encrypted_content, b.encrypted_content));
        assert_false(
            span_is_equal(a.content_enc_alg.params, b.content_enc_alg.params));
        if (tos[i].secret.len > 0)
            assert_false(span_is_equal(a.recipients[0].kdf_alg.params,
                                       b.recipients[0].kdf_alg.params));
        if (tos[i].way == ENVELOPE_AGREE)
            assert_false(
                span_is_equal(a.recipients[0].originator.originator_key.key,
                              b.recipients[0].originator.originator_key.key));
    }
    arena_reset(g->arena);
}

/* --- what is refused --- */

#define AES128_WRAP "\x60\x86\x48\x01\x65\x03\x04\x01\x05"
#define SALT8 "12345678"

struct bad {
    const char *what;
    enum envelope_way way;
    void (*change)(struct cms_enveloped *e, struct cms_recipient *r);
    enum err err;
};

static void no_recipient(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)r;
    e->num_recipients = 0;
}
static void two_recipients(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)r;
    e->num_recipients = 2;
}
static void no_content(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)r;
    e->encrypted_content = SPAN_NONE;
}
static void empty_content(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)r;
    e->encrypted_content.len = 0;
}
static void half_block(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)r;
    e->encrypted_content.len -= 8;
}
static void a_block_less(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)r;
    e->encrypted_content.len -= 16;
}
static void unknown_cipher(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)r;
    e->content_enc_alg.oid = oid_span(OID_ID_AES256_GCM);
}
static void old_cipher(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)r;
    e->content_enc_alg.oid = oid_span(OID_DES_EDE3_CBC);
    e->content_enc_alg.params = SPAN_LIT("\x04\x08" SALT8);
}
static void other_cipher(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)r;
    e->content_enc_alg.oid = oid_span(OID_ID_AES128_CBC);
}
static void no_vector(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)r;
    e->content_enc_alg.params = SPAN_NONE;
}
static void short_vector(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)r;
    e->content_enc_alg.params = SPAN_LIT("\x04\x08" SALT8);
}
static void another_kind(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->type = CMS_ORI;
}
static void not_rsa(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->key_enc_alg.oid = oid_span(OID_ID_RSASSA_PSS);
}
static void a_label(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    /* pSourceFunc id-pSpecified 'ff'H */
    r->key_enc_alg.params =
        SPAN_LIT("\x30\x12\xa2\x10\x30\x0e\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01"
                 "\x01\x09\x04\x01\xff");
}
static void oaep_sha1(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->key_enc_alg.params = SPAN_LIT("\x30\x00");
}
static void no_oaep_params(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->key_enc_alg.params = SPAN_NONE;
}
static void pkcs1_params(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->key_enc_alg.params = SPAN_NONE;
}
static void short_key(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->encrypted_key.len--;
}
static void other_scheme(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->key_enc_alg.oid = oid_span(OID_DH_SINGLE_PASS_STD_DH_SHA224_KDF_SCHEME);
}
static void other_hash(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->key_enc_alg.oid = oid_span(OID_DH_SINGLE_PASS_STD_DH_SHA512_KDF_SCHEME);
}
static void no_wrap(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->key_enc_alg.params = SPAN_NONE;
}
static void wrap_params(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->key_enc_alg.params = SPAN_LIT("\x30\x0d\x06\x09" AES128_WRAP "\x05\x00");
}
static void cbc_for_wrap(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->key_enc_alg.params =
        SPAN_LIT("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a");
}
static void static_originator(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->originator =
        (struct cms_id){ .type = CMS_ID_KEY_ID, .key_id = SPAN_LIT("key") };
}
static void other_curve(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->originator.originator_key.alg.params =
        SPAN_LIT("\x06\x05\x2b\x81\x04\x00\x22");
}
static void no_point(struct cms_enveloped *e, struct cms_recipient *r)
{
    static uint8_t point[65] = { 4, 1, 2, 3 };

    (void)e;
    r->originator.originator_key.key = SPAN_OF(point);
}
static void two_keys(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->num_keys = 2;
}
static void no_ukm(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->ukm = SPAN_NONE;
}
static void no_kdf(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->kdf_alg = (struct alg_id){ .oid = SPAN_NONE };
}
static void too_many_rounds(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->kdf_alg.params =
        SPAN_LIT("\x30\x0f\x04\x08" SALT8 "\x02\x03\x0f\x42\x41");
}
static void no_rounds(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->kdf_alg.params = SPAN_LIT("\x30\x0d\x04\x08" SALT8 "\x02\x01\x00");
}
static void short_salt(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->kdf_alg.params = SPAN_LIT("\x30\x0c\x04\x07"
                                 "1234567"
                                 "\x02\x01\x64");
}
static void other_length(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->kdf_alg.params =
        SPAN_LIT("\x30\x10\x04\x08" SALT8 "\x02\x01\x64\x02\x01\x10");
}
static void other_function(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->kdf_alg.params = SPAN_LIT("\x30\x17\x04\x08" SALT8 "\x02\x01\x64\x30\x08"
                                 "\x06\x06\x2b\x06\x01\x05\x05\x08");
}
static void old_kek(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    r->key_enc_alg.params = SPAN_LIT(
        "\x30\x14\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x07\x04\x08" SALT8);
}

/* clang-format off */
static const struct bad bads[] = {
    { "no recipient", ENVELOPE_OAEP, no_recipient, ERR_BAD_DATA_FORMAT },
    { "two recipients", ENVELOPE_OAEP, two_recipients, ERR_BAD_DATA_FORMAT },
    { "no content", ENVELOPE_OAEP, no_content, ERR_BAD_DATA_FORMAT },
    { "empty content", ENVELOPE_OAEP, empty_content, ERR_BAD_DATA_FORMAT },
    { "half a block", ENVELOPE_OAEP, half_block, ERR_BAD_DATA_FORMAT },
    { "a block less", ENVELOPE_OAEP, a_block_less, ERR_BAD_MESSAGE_CHECK },
    { "unknown cipher", ENVELOPE_OAEP, unknown_cipher, ERR_BAD_ALG },
    { "3DES", ENVELOPE_OAEP, old_cipher, ERR_BAD_ALG },
    { "another cipher", ENVELOPE_OAEP, other_cipher, ERR_BAD_MESSAGE_CHECK },
    { "no vector", ENVELOPE_OAEP, no_vector, ERR_BAD_DATA_FORMAT },
    { "short vector", ENVELOPE_OAEP, short_vector, ERR_BAD_DATA_FORMAT },
    { "ori", ENVELOPE_OAEP, another_kind, ERR_BAD_ALG },
    { "PSS", ENVELOPE_OAEP, not_rsa, ERR_BAD_ALG },
    { "OAEP with a label", ENVELOPE_OAEP, a_label, ERR_BAD_ALG },
    { "OAEP with SHA-1", ENVELOPE_OAEP, oaep_sha1, ERR_BAD_MESSAGE_CHECK },
    { "OAEP without parameters", ENVELOPE_OAEP, no_oaep_params, ERR_BAD_ALG },
    { "OAEP, short key", ENVELOPE_OAEP, short_key, ERR_BAD_MESSAGE_CHECK },
    { "PKCS1 without NULL", ENVELOPE_PKCS1, pkcs1_params,
      ERR_BAD_DATA_FORMAT },
    { "another scheme", ENVELOPE_AGREE, other_scheme, ERR_BAD_ALG },
    { "another hash", ENVELOPE_AGREE, other_hash, ERR_BAD_MESSAGE_CHECK },
    { "no key wrap", ENVELOPE_AGREE, no_wrap, ERR_BAD_DATA_FORMAT },
    { "key wrap with NULL", ENVELOPE_AGREE, wrap_params, ERR_BAD_ALG },
    { "CBC for key wrap", ENVELOPE_AGREE, cbc_for_wrap, ERR_BAD_ALG },
    { "static originator", ENVELOPE_AGREE, static_originator, ERR_BAD_ALG },
    { "another curve", ENVELOPE_AGREE, other_curve, ERR_BAD_ALG },
    { "off the curve", ENVELOPE_AGREE, no_point, ERR_BAD_DATA_FORMAT },
    { "two keys", ENVELOPE_AGREE, two_keys, ERR_BAD_DATA_FORMAT },
    { "no ukm", ENVELOPE_AGREE, no_ukm, ERR_BAD_MESSAGE_CHECK },
    { "no derivation", ENVELOPE_PASSWORD, no_kdf, ERR_BAD_ALG },
    { "too many rounds", ENVELOPE_PASSWORD, too_many_rounds, ERR_LIMIT },
    { "no rounds", ENVELOPE_PASSWORD, no_rounds, ERR_LIMIT },
    { "short salt", ENVELOPE_PASSWORD, short_salt, ERR_LIMIT },
    { "another length", ENVELOPE_PASSWORD, other_length, ERR_BAD_ALG },
    { "another function", ENVELOPE_PASSWORD, other_function, ERR_BAD_ALG },
    { "wrapped, short", ENVELOPE_PASSWORD, short_key, ERR_BAD_MESSAGE_CHECK },
    { "PWRI-KEK with 3DES", ENVELOPE_PWRI_KEK, old_kek, ERR_BAD_ALG },
    { "PWRI-KEK, short", ENVELOPE_PWRI_KEK, short_key,
      ERR_BAD_MESSAGE_CHECK },
};
/* clang-format on */

static void test_refusals(void **state)
{
    struct ground *g = *state;

    for (size_t i = 0; i < NUM(bads); i++) {
        bool is_secret = bads[i].way == ENVELOPE_PASSWORD ||
                         bads[i].way == ENVELOPE_PWRI_KEK;
        enum holder h = bads[i].way == ENVELOPE_AGREE ? HOLDS_P256 : HOLDS_RSA;
        struct envelope_to to = is_secret ? to_secret(bads[i].way)
                                          : to_key(g->keys[h], bads[i].way);
        struct envelope_opener with = { ENVELOPE_ALL, g->keys[h], SECRET };
        struct cms_enveloped e = enveloped(g, made(g, &to, CONTENT));
        struct cms_recipient r = e.recipients[0];
        enum err err;

        e.recipients = &r;
        assert_int_equal(opened(g, &e, &with, CONTENT), ERR_OK);
        bads[i].change(&e, &r);
        err = opened(g, &e, &with, CONTENT);
        if (err != bads[i].err)
            fail_msg("%s: %s", bads[i].what, err_name(err));
        arena_reset(g->arena);
    }
}

/* What a bit flipped anywhere gives is refused, or other content than was put
 * in: CBC alone tells no more. No sanitizer has anything to say. */
static void test_flips(void **state)
{
    struct ground *g = *state;
    struct envelope_to tos[] = { to_key(g->keys[HOLDS_P256], ENVELOPE_AGREE),
                                 to_key(g->keys[HOLDS_RSA], ENVELOPE_OAEP) };

    for (size_t t = 0; t < NUM(tos); t++) {
        struct span der = made(g, &tos[t], CONTENT);
        AUTO(secret) copy = secret_new(der);
        AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
        struct envelope_opener with = { ENVELOPE_ALL,
                                        t == 0 ? g->keys[HOLDS_P256]
                                               : g->keys[HOLDS_RSA],
                                        SPAN_NONE };

        assert_non_null(copy);
        for (size_t bit = 0; bit < 8 * der.len; bit += 3) {
            struct der in = der_open(secret_span(copy), NULL);
            AUTO(secret) plain = NULL;
            struct cms_enveloped e;

            copy->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            if (cms_enveloped_read(&in, DER_SEQUENCE, a, &e) == ERR_OK)
                (void)!envelope_open(g->cx, &e, &with, a, &plain, NULL);
            copy->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            arena_reset(a);
        }
        assert_true(span_is_equal(secret_span(copy), der));
    }
    arena_reset(g->arena);
}

/* --- EncryptedValue --- */

static struct encrypted_value value_made(struct ground *g,
                                         enum envelope_cipher cipher)
{
    struct encrypted_value v = { .enc_value = SPAN_NONE };
    struct span der;
    struct der in;

    assert_int_equal(encrypted_value_make(g->cx, &g->keys[HOLDS_RSA]->spki,
                                          cipher, CONTENT, g->arena, &der,
                                          NULL),
                     ERR_OK);
    in = der_open(der, NULL);
    assert_int_equal(encrypted_value_read(&in, &v), ERR_OK);
    assert_int_equal(der_end(&in), ERR_OK);
    return v;
}

static enum err value_opened(struct ground *g, const struct encrypted_value *v,
                             enum holder h)
{
    AUTO(secret) plain = NULL;
    enum err e = encrypted_value_open(g->cx, v, g->keys[h], &plain, NULL);

    if (plain != NULL)
        assert_true(span_is_equal(secret_span(plain), CONTENT));
    return e;
}

static void test_encrypted_value(void **state)
{
    struct ground *g = *state;
    struct encrypted_value good = value_made(g, ENVELOPE_AES128_CBC), v;
    struct span out;

    for (int c = 0; c < ENVELOPE_CIPHER_NUM; c++) {
        v = value_made(g, (enum envelope_cipher)c);
        assert_int_equal(value_opened(g, &v, HOLDS_RSA), ERR_OK);
    }
    assert_int_equal(value_opened(g, &good, HOLDS_P256), ERR_BAD_ALG);
    v = good;
    v.symm_alg.oid = SPAN_NONE;
    assert_int_equal(value_opened(g, &v, HOLDS_RSA), ERR_BAD_DATA_FORMAT);
    v = good;
    v.enc_symm_key = SPAN_NONE;
    assert_int_equal(value_opened(g, &v, HOLDS_RSA), ERR_BAD_DATA_FORMAT);
    v = good;
    v.key_alg.oid = oid_span(OID_ID_RSAES_OAEP);
    assert_int_equal(value_opened(g, &v, HOLDS_RSA), ERR_BAD_ALG);
    v = good;
    v.key_alg.oid = oid_span(OID_RSA_ENCRYPTION);
    assert_int_equal(value_opened(g, &v, HOLDS_RSA), ERR_OK);
    v = good;
    v.symm_alg.oid = oid_span(OID_ID_AES128_GCM);
    assert_int_equal(value_opened(g, &v, HOLDS_RSA), ERR_BAD_ALG);
    v = good;
    v.enc_value.len--;
    assert_int_equal(value_opened(g, &v, HOLDS_RSA), ERR_BAD_DATA_FORMAT);
    assert_int_equal(encrypted_value_make(g->cx, &g->keys[HOLDS_P256]->spki,
                                          ENVELOPE_AES128_CBC, CONTENT,
                                          g->arena, &out, NULL),
                     ERR_BAD_ALG);
    arena_reset(g->arena);
}

/* --- names --- */

static void test_id(void **state)
{
    struct x509_cert cert = { .ski = SPAN_LIT("12"),
                              .issuer = SPAN_LIT("\x30\x00"),
                              .serial = SPAN_LIT("\x05") };
    struct cms_id id = envelope_id(&cert);

    (void)state;
    assert_int_equal(id.type, CMS_ID_KEY_ID);
    assert_true(span_is_equal(id.key_id, cert.ski));
    cert.ski = SPAN_NONE;
    id = envelope_id(&cert);
    assert_int_equal(id.type, CMS_ID_ISSUER_SERIAL);
    assert_true(span_is_equal(id.serial, cert.serial));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_pkcs1),
        cmocka_unit_test(test_no_way),
        cmocka_unit_test(test_secrets),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_fresh),
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_flips),
        cmocka_unit_test(test_encrypted_value),
        cmocka_unit_test(test_id),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
