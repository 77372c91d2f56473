/* Envelopes that are made and opened, by each way there is. */
#include "crypto/envelope_scene_test.h"

/* --- for keys --- */

static void check_way(struct scene *s, enum holder h, enum envelope_way way,
                      enum envelope_cipher cipher)
{
    struct envelope_to to = scene_to_key(s->keys[h], way);
    struct envelope_opener with = { ENVELOPE_BIT(way), s->keys[h], SPAN_NONE };
    struct cms_enveloped e;
    enum err err;

    to.cipher = cipher;
    e = scene_enveloped(s, scene_made(s, &to, SCENE_CONTENT));
    assert_int_equal(e.version, 2);
    assert_int_equal(e.content_id, OID_ID_DATA);
    assert_int_equal(e.num_recipients, 1);
    assert_int_equal(e.recipients[0].type,
                     way == ENVELOPE_AGREE ? CMS_KARI : CMS_KTRI);
    assert_int_equal(scene_opened(s, &e, &with, SCENE_CONTENT), ERR_OK);
    /* anything but what was put in */
    with.key = s->others[h];
    err = scene_opened(s, &e, &with, SCENE_CONTENT);
    assert_int_equal(err, ERR_BAD_MESSAGE_CHECK);
    with.key = s->keys[h];
    with.ways = ENVELOPE_ALL & ~ENVELOPE_BIT(way);
    assert_int_equal(scene_opened(s, &e, &with, SCENE_CONTENT), ERR_BAD_ALG);
    with = (struct envelope_opener){ ENVELOPE_ALL, NULL, SCENE_SECRET };
    assert_int_equal(scene_opened(s, &e, &with, SCENE_CONTENT), ERR_BAD_ALG);
}

static void test_keys(void **state)
{
    struct scene *s = *state;
    enum envelope_way way;

    for (int h = 0; h < NUM_HOLDERS; h++) {
        assert_int_equal(envelope_way_find(&s->keys[h]->spki, &way, NULL),
                         ERR_OK);
        assert_int_equal(way, scene_holders[h].way);
        for (int c = ENVELOPE_AES128_CBC; c <= ENVELOPE_AES256_CBC; c++)
            check_way(s, (enum holder)h, way, (enum envelope_cipher)c);
        arena_reset(s->arena);
    }
}

/* Another key gives a random one, and what that decrypts to is seldom padded
 * well; one in 256 times it is, and is no content then. */
static void test_pkcs1(void **state)
{
    struct scene *s = *state;
    struct envelope_to to = scene_to_key(s->keys[HOLDS_RSA], ENVELOPE_PKCS1);
    struct envelope_opener with = { ENVELOPE_BIT(ENVELOPE_PKCS1),
                                    s->keys[HOLDS_RSA], SPAN_NONE };
    struct cms_enveloped e =
        scene_enveloped(s, scene_made(s, &to, SCENE_CONTENT));
    AUTO(secret) plain = NULL;
    enum err err;

    assert_int_equal(scene_opened(s, &e, &with, SCENE_CONTENT), ERR_OK);
    with.key = s->others[HOLDS_RSA];
    err = envelope_open(s->cx, &e, &with, s->arena, &plain, NULL);
    if (plain != NULL)
        assert_false(span_is_equal(secret_span(plain), SCENE_CONTENT));
    else
        assert_int_equal(err, ERR_BAD_MESSAGE_CHECK);
    arena_reset(s->arena);
}

static void test_no_way(void **state)
{
    struct scene *s = *state;
    AUTO(privkey) ed = NULL;
    struct envelope_to to;
    enum envelope_way way;
    struct span out;

    assert_int_equal(privkey_generate(s->cx, KEY_ED25519, 0, &ed, NULL),
                     ERR_OK);
    assert_non_null(ed);
    assert_int_equal(envelope_way_find(&ed->spki, &way, NULL), ERR_BAD_ALG);
    to = scene_to_key(ed, ENVELOPE_OAEP);
    assert_int_equal(envelope_make(s->cx, &to, OID_ID_DATA, SCENE_CONTENT,
                                   DER_SEQUENCE, s->arena, &out, NULL),
                     ERR_BAD_ALG);
    to = scene_to_key(ed, ENVELOPE_AGREE);
    assert_int_equal(envelope_make(s->cx, &to, OID_ID_DATA, SCENE_CONTENT,
                                   DER_SEQUENCE, s->arena, &out, NULL),
                     ERR_BAD_ALG);
    to = scene_to_key(s->keys[HOLDS_RSA], ENVELOPE_OAEP);
    to.cipher = ENVELOPE_DES_EDE3_CBC;
    assert_int_equal(envelope_make(s->cx, &to, OID_ID_DATA, SCENE_CONTENT,
                                   DER_SEQUENCE, s->arena, &out, NULL),
                     ERR_BAD_ALG);
    to = scene_to_secret(ENVELOPE_PASSWORD);
    to.secret = SPAN_NONE;
    assert_int_equal(envelope_make(s->cx, &to, OID_ID_DATA, SCENE_CONTENT,
                                   DER_SEQUENCE, s->arena, &out, NULL),
                     ERR_CRYPTO);
    arena_reset(s->arena);
}

/* --- for secrets --- */

static void test_secrets(void **state)
{
    static const enum envelope_way ways[] = { ENVELOPE_PASSWORD,
                                              ENVELOPE_PWRI_KEK };
    struct scene *s = *state;

    for (size_t i = 0; i < SCENE_NUM(ways); i++) {
        struct envelope_to to = scene_to_secret(ways[i]);
        struct envelope_opener with = { ENVELOPE_BIT(ways[i]), NULL,
                                        SCENE_SECRET };

        for (int c = ENVELOPE_AES128_CBC; c <= ENVELOPE_AES256_CBC; c++) {
            struct cms_enveloped e;

            to.cipher = (enum envelope_cipher)c;
            e = scene_enveloped(s, scene_made(s, &to, SCENE_CONTENT));
            assert_int_equal(e.version, 0);
            with.secret = SCENE_SECRET;
            assert_int_equal(scene_opened(s, &e, &with, SCENE_CONTENT), ERR_OK);
            with.secret = SPAN_LIT("correct horse battery stapler");
            assert_int_equal(scene_opened(s, &e, &with, SCENE_CONTENT),
                             ERR_BAD_MESSAGE_CHECK);
        }
        with.ways = ENVELOPE_ALL & ~ENVELOPE_BIT(ways[i]);
        with.secret = SCENE_SECRET;
        to.cipher = ENVELOPE_AES128_CBC;
        {
            struct cms_enveloped e =
                scene_enveloped(s, scene_made(s, &to, SCENE_CONTENT));

            assert_int_equal(scene_opened(s, &e, &with, SCENE_CONTENT),
                             ERR_BAD_ALG);
        }
    }
    arena_reset(s->arena);
}

static void test_lengths(void **state)
{
    static const size_t lens[] = { 0, 1, 15, 16, 17, 1000, LIMIT_ENVELOPE_LEN };
    static uint8_t bytes[LIMIT_ENVELOPE_LEN + 1];
    struct scene *s = *state;
    struct envelope_to to = scene_to_key(s->keys[HOLDS_P256], ENVELOPE_AGREE);
    struct envelope_opener with = { ENVELOPE_ALL, s->keys[HOLDS_P256],
                                    SPAN_NONE };
    struct span out;

    for (size_t i = 0; i < SCENE_NUM(lens); i++) {
        struct span content = span_of(bytes, lens[i]);
        struct cms_enveloped e =
            scene_enveloped(s, scene_made(s, &to, content));

        assert_int_equal(scene_opened(s, &e, &with, content), ERR_OK);
        arena_reset(s->arena);
    }
    assert_int_equal(envelope_make(s->cx, &to, OID_ID_DATA, SPAN_OF(bytes),
                                   DER_SEQUENCE, s->arena, &out, NULL),
                     ERR_LIMIT);
}

/* A key, a vector and a salt used twice would give contents away. */
static void test_fresh(void **state)
{
    struct scene *s = *state;
    struct envelope_to tos[] = {
        scene_to_key(s->keys[HOLDS_RSA], ENVELOPE_OAEP),
        scene_to_key(s->keys[HOLDS_P256], ENVELOPE_AGREE),
        scene_to_secret(ENVELOPE_PASSWORD), scene_to_secret(ENVELOPE_PWRI_KEK)
    };

    for (size_t i = 0; i < SCENE_NUM(tos); i++) {
        struct cms_enveloped a =
            scene_enveloped(s, scene_made(s, &tos[i], SCENE_CONTENT));
        struct cms_enveloped b =
            scene_enveloped(s, scene_made(s, &tos[i], SCENE_CONTENT));

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
    arena_reset(s->arena);
}

/* --- EncryptedValue --- */

static struct encrypted_value value_made(struct scene *s,
                                         enum envelope_cipher cipher)
{
    struct encrypted_value v = { .enc_value = SPAN_NONE };
    struct span der;
    struct der in;

    assert_int_equal(encrypted_value_make(s->cx, &s->keys[HOLDS_RSA]->spki,
                                          cipher, SCENE_CONTENT, s->arena, &der,
                                          NULL),
                     ERR_OK);
    in = der_open(der, NULL);
    assert_int_equal(encrypted_value_read(&in, &v), ERR_OK);
    assert_int_equal(der_end(&in), ERR_OK);
    return v;
}

static enum err value_opened(struct scene *s, const struct encrypted_value *v,
                             enum holder h)
{
    AUTO(secret) plain = NULL;
    enum err e = encrypted_value_open(s->cx, v, s->keys[h], &plain, NULL);

    if (plain != NULL)
        assert_true(span_is_equal(secret_span(plain), SCENE_CONTENT));
    return e;
}

static void test_encrypted_value(void **state)
{
    struct scene *s = *state;
    struct encrypted_value good = value_made(s, ENVELOPE_AES128_CBC), v;
    struct span out;

    for (int c = 0; c < ENVELOPE_CIPHER_NUM; c++) {
        v = value_made(s, (enum envelope_cipher)c);
        assert_int_equal(value_opened(s, &v, HOLDS_RSA), ERR_OK);
    }
    assert_int_equal(value_opened(s, &good, HOLDS_P256), ERR_BAD_ALG);
    v = good;
    v.symm_alg.oid = SPAN_NONE;
    assert_int_equal(value_opened(s, &v, HOLDS_RSA), ERR_BAD_DATA_FORMAT);
    v = good;
    v.enc_symm_key = SPAN_NONE;
    assert_int_equal(value_opened(s, &v, HOLDS_RSA), ERR_BAD_DATA_FORMAT);
    v = good;
    alg_id_set(&v.key_alg, OID_ID_RSAES_OAEP);
    assert_int_equal(value_opened(s, &v, HOLDS_RSA), ERR_BAD_ALG);
    v = good;
    alg_id_set(&v.key_alg, OID_RSA_ENCRYPTION);
    assert_int_equal(value_opened(s, &v, HOLDS_RSA), ERR_OK);
    v = good;
    alg_id_set(&v.symm_alg, OID_ID_AES128_GCM);
    assert_int_equal(value_opened(s, &v, HOLDS_RSA), ERR_BAD_ALG);
    v = good;
    v.enc_value.len--;
    assert_int_equal(value_opened(s, &v, HOLDS_RSA), ERR_BAD_DATA_FORMAT);
    assert_int_equal(encrypted_value_make(s->cx, &s->keys[HOLDS_P256]->spki,
                                          ENVELOPE_AES128_CBC, SCENE_CONTENT,
                                          s->arena, &out, NULL),
                     ERR_BAD_ALG);
    arena_reset(s->arena);
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
        cmocka_unit_test(test_encrypted_value),
        cmocka_unit_test(test_id),
    };

    return cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
