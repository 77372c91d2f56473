#include "crypto/envelope_scene_test.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/x509.h>

const struct scene_holder scene_holders[NUM_HOLDERS] = {
    [HOLDS_RSA] = { "RSA", ENVELOPE_OAEP },
    [HOLDS_P256] = { "P-256", ENVELOPE_AGREE },
    [HOLDS_P384] = { "P-384", ENVELOPE_AGREE },
    [HOLDS_P521] = { "P-521", ENVELOPE_AGREE },
    [HOLDS_X25519] = { "X25519", ENVELOPE_AGREE },
    [HOLDS_X448] = { "X448", ENVELOPE_AGREE },
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

int scene_set_up(void **state)
{
    static struct scene s;

    if (crypto_new(&s.crypto, NULL) != ERR_OK ||
        crypto_ctx_new(s.crypto, &s.cx, NULL) != ERR_OK)
        return -1;
    s.arena = arena_new((size_t)4 * 1024 * 1024);
    for (int i = 0; i < NUM_HOLDERS; i++) {
        s.keys[i] = key_make(scene_holders[i].name);
        s.others[i] = key_make(scene_holders[i].name);
    }
    *state = &s;
    return s.arena == NULL;
}

int scene_tear_down(void **state)
{
    struct scene *s = *state;

    for (int i = 0; i < NUM_HOLDERS; i++) {
        privkey_free(s->keys[i]);
        privkey_free(s->others[i]);
    }
    arena_free(s->arena);
    crypto_ctx_free(s->cx);
    crypto_free(s->crypto);
    return 0;
}

struct envelope_to scene_to_key(const struct privkey *key,
                                enum envelope_way way)
{
    return (struct envelope_to){
        .way = way,
        .cipher = ENVELOPE_AES256_CBC,
        .rid = { .type = CMS_ID_KEY_ID, .key_id = SPAN_LIT("key") },
        .key = &key->spki,
    };
}

struct envelope_to scene_to_secret(enum envelope_way way)
{
    return (struct envelope_to){ .way = way,
                                 .cipher = ENVELOPE_AES256_CBC,
                                 .secret = SCENE_SECRET };
}

struct span scene_made(struct scene *s, const struct envelope_to *to,
                       struct span content)
{
    struct span out = SPAN_NONE;

    assert_int_equal(envelope_make(s->cx, to, OID_ID_DATA, content,
                                   DER_SEQUENCE, s->arena, &out, NULL),
                     ERR_OK);
    return out;
}

struct cms_enveloped scene_enveloped(struct scene *s, struct span der)
{
    struct der in = der_open(der, NULL);
    struct cms_enveloped e = { 0 };

    assert_int_equal(cms_enveloped_read(&in, DER_SEQUENCE, s->arena, &e),
                     ERR_OK);
    assert_int_equal(der_end(&in), ERR_OK);
    return e;
}

enum err scene_opened(struct scene *s, const struct cms_enveloped *e,
                      const struct envelope_opener *with, struct span content)
{
    AUTO(secret) plain = NULL;
    struct fault f = { 0 };
    enum err err = envelope_open(s->cx, e, with, s->arena, &plain, &f);

    assert_int_equal(f.err, err);
    assert_true((plain != NULL) == (err == ERR_OK));
    if (plain != NULL)
        assert_true(span_is_equal(secret_span(plain), content));
    return err;
}
