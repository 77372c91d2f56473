#include "crypto/envelope_scene_test.h"

#include "crypto/keys.h"

/* What opens it, and with what result. */
static void expect(struct scene *s, enum holder holder, struct span der,
                   enum err wanted)
{
    AUTO(secret) plain = NULL;
    struct fault f = { 0 };
    enum err e =
        encrypted_key_open(s->cx, s->keys[holder], der, s->arena, &plain, &f);

    assert_int_equal(e, wanted);
    assert_int_equal(f.err, wanted);
    assert_int_equal(plain != NULL, wanted == ERR_OK);
    if (plain != NULL)
        assert_true(span_is_equal(secret_span(plain), SCENE_CONTENT));
}

static struct span made_of(struct scene *s, enum holder holder, enum oid type,
                           unsigned tag)
{
    const struct envelope_to to =
        scene_to_key(s->keys[holder], scene_holders[holder].way);
    struct span out = SPAN_NONE;

    assert_int_equal(envelope_make(s->cx, &to, type, SCENE_CONTENT, tag,
                                   s->arena, &out, NULL),
                     ERR_OK);
    return out;
}

static struct span followed(struct scene *s, struct span der)
{
    uint8_t *bytes = arena_alloc(s->arena, der.len + 1);

    assert_non_null(bytes);
    memcpy(bytes, der.ptr, der.len);
    return span_of(bytes, der.len + 1);
}

static void test_enveloped(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < NUM_HOLDERS; i++) {
        struct span good = made_of(s, (enum holder)i, OID_ID_DATA, DER_CTX(0));

        expect(s, (enum holder)i, good, ERR_OK);
        expect(s, (enum holder)i, followed(s, good), ERR_BAD_DATA_FORMAT);
        for (size_t len = 0; len < good.len; len += 7)
            expect(s, (enum holder)i, span_of(good.ptr, len),
                   ERR_BAD_DATA_FORMAT);
        arena_reset(s->arena);
    }
    expect(s, HOLDS_P256,
           made_of(s, HOLDS_P256, OID_ID_SIGNED_DATA, DER_CTX(0)),
           ERR_BAD_DATA_FORMAT);
    /* Under another tag it is no EncryptedKey. */
    expect(s, HOLDS_P256, made_of(s, HOLDS_P256, OID_ID_DATA, DER_SEQUENCE),
           ERR_BAD_DATA_FORMAT);
    expect(s, HOLDS_P384, made_of(s, HOLDS_P256, OID_ID_DATA, DER_CTX(0)),
           ERR_BAD_ALG);
    arena_reset(s->arena);
}

static void test_value(void **state)
{
    struct scene *s = *state;
    struct span good = SPAN_NONE;

    assert_int_equal(encrypted_value_make(s->cx, &s->keys[HOLDS_RSA]->spki,
                                          ENVELOPE_AES128_CBC, SCENE_CONTENT,
                                          s->arena, &good, NULL),
                     ERR_OK);
    expect(s, HOLDS_RSA, good, ERR_OK);
    expect(s, HOLDS_P256, good, ERR_BAD_ALG);
    expect(s, HOLDS_RSA, followed(s, good), ERR_BAD_DATA_FORMAT);
    expect(s, HOLDS_RSA, SPAN_LIT("\x30\x00"), ERR_BAD_DATA_FORMAT);
    expect(s, HOLDS_RSA, SPAN_LIT("\x04\x01x"), ERR_BAD_DATA_FORMAT);
    arena_reset(s->arena);
}

/* --- behind the door --- */

static enum err refuse_to_sign(void *key, struct crypto_ctx *cx,
                               enum sig_alg alg, struct span data,
                               struct arena *a, struct span *sig,
                               struct fault *f)
{
    (void)key;
    (void)cx;
    (void)alg;
    (void)data;
    (void)a;
    (void)sig;
    return fault_set(f, ERR_BAD_ALG, "this one does not sign");
}

static enum err spki_of(void *key, struct arena *a, struct span *out,
                        struct fault *f)
{
    (void)f;
    *out = arena_copy(a, privkey_spki(key));
    return span_is_absent(*out) ? ERR_NO_MEM : ERR_OK;
}

static void keep_it(void *key)
{
    (void)key; /* the scene's */
}

static enum err decrypt(void *key, struct crypto_ctx *cx, struct span encrypted,
                        struct arena *a, struct secret **out, struct fault *f)
{
    return encrypted_key_open(cx, key, encrypted, a, out, f);
}

static void test_keys(void **state)
{
    static const struct key_ops opens = { .sign = refuse_to_sign,
                                          .spki = spki_of,
                                          .free = keep_it,
                                          .decrypt = decrypt };
    static const struct key_ops signs = { .sign = refuse_to_sign,
                                          .spki = spki_of,
                                          .free = keep_it };
    static const struct {
        const char *name;
        enum err err;
    } cases[] = {
        { "opens", ERR_OK },
        { "signs", ERR_BAD_ALG },
        { "none", ERR_NOT_FOUND },
        { "crowded", ERR_SYSTEM_UNAVAIL }, /* nobody may be inside */
    };
    struct scene *s = *state;
    struct span good = made_of(s, HOLDS_P256, OID_ID_DATA, DER_CTX(0));
    struct privkey *key = s->keys[HOLDS_P256];
    AUTO(keys) keys = NULL;

    assert_int_equal(keys_new(s->crypto, &keys, NULL), ERR_OK);
    assert_int_equal(keys_add(keys, "opens", 1, &opens, key, NULL), ERR_OK);
    assert_int_equal(keys_add(keys, "signs", 1, &signs, key, NULL), ERR_OK);
    assert_int_equal(keys_add(keys, "crowded", 0, &opens, key, NULL), ERR_OK);
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        AUTO(secret) plain = NULL;
        struct fault f = { 0 };

        assert_int_equal(keys_decrypt(keys, s->cx, cases[i].name, good, 0,
                                      s->arena, &plain, &f),
                         cases[i].err);
        assert_int_equal(plain != NULL, cases[i].err == ERR_OK);
    }
    arena_reset(s->arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_enveloped),
        cmocka_unit_test(test_value),
        cmocka_unit_test(test_keys),
    };

    return cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
