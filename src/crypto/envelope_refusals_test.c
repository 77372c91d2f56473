/* Envelopes that are not opened: one thing wrong at a time, or a bit flipped.
 */
#include "crypto/envelope_scene_test.h"

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
    alg_id_set(&e->content_enc_alg, OID_ID_AES256_GCM);
}
static void old_cipher(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)r;
    alg_id_set(&e->content_enc_alg, OID_DES_EDE3_CBC);
    e->content_enc_alg.params = SPAN_LIT("\x04\x08" SALT8);
}
static void other_cipher(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)r;
    alg_id_set(&e->content_enc_alg, OID_ID_AES128_CBC);
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
    alg_id_set(&r->key_enc_alg, OID_ID_RSASSA_PSS);
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
    alg_id_set(&r->key_enc_alg, OID_DH_SINGLE_PASS_STD_DH_SHA224_KDF_SCHEME);
}
static void other_hash(struct cms_enveloped *e, struct cms_recipient *r)
{
    (void)e;
    alg_id_set(&r->key_enc_alg, OID_DH_SINGLE_PASS_STD_DH_SHA512_KDF_SCHEME);
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
    struct scene *s = *state;

    for (size_t i = 0; i < SCENE_NUM(bads); i++) {
        bool is_secret = bads[i].way == ENVELOPE_PASSWORD ||
                         bads[i].way == ENVELOPE_PWRI_KEK;
        enum holder h = bads[i].way == ENVELOPE_AGREE ? HOLDS_P256 : HOLDS_RSA;
        struct envelope_to to = is_secret
                                    ? scene_to_secret(bads[i].way)
                                    : scene_to_key(s->keys[h], bads[i].way);
        struct envelope_opener with = { ENVELOPE_ALL, s->keys[h],
                                        SCENE_SECRET };
        struct cms_enveloped e =
            scene_enveloped(s, scene_made(s, &to, SCENE_CONTENT));
        struct cms_recipient r = e.recipients[0];
        enum err err;

        e.recipients = &r;
        assert_int_equal(scene_opened(s, &e, &with, SCENE_CONTENT), ERR_OK);
        bads[i].change(&e, &r);
        err = scene_opened(s, &e, &with, SCENE_CONTENT);
        if (err != bads[i].err)
            fail_msg("%s: %s", bads[i].what, err_name(err));
        arena_reset(s->arena);
    }
}

/* What a bit flipped anywhere gives is refused, or other content than was put
 * in: CBC alone tells no more. No sanitizer has anything to say. */
static void test_flips(void **state)
{
    struct scene *s = *state;
    struct envelope_to tos[] = {
        scene_to_key(s->keys[HOLDS_P256], ENVELOPE_AGREE),
        scene_to_key(s->keys[HOLDS_RSA], ENVELOPE_OAEP)
    };

    for (size_t t = 0; t < SCENE_NUM(tos); t++) {
        struct span der = scene_made(s, &tos[t], SCENE_CONTENT);
        AUTO(secret) copy = secret_new(der);
        AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
        struct envelope_opener with = { ENVELOPE_ALL,
                                        t == 0 ? s->keys[HOLDS_P256]
                                               : s->keys[HOLDS_RSA],
                                        SPAN_NONE };

        assert_non_null(copy);
        for (size_t bit = 0; bit < 8 * der.len; bit += 3) {
            struct der in = der_open(secret_span(copy), NULL);
            AUTO(secret) plain = NULL;
            struct cms_enveloped e;

            copy->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            if (cms_enveloped_read(&in, DER_SEQUENCE, a, &e) == ERR_OK)
                (void)!envelope_open(s->cx, &e, &with, a, &plain, NULL);
            copy->bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
            arena_reset(a);
        }
        assert_true(span_is_equal(secret_span(copy), der));
    }
    arena_reset(s->arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_flips),
    };

    return cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
