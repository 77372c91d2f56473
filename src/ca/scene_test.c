#include "ca/scene_test.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"

void scene_init(struct scene *s)
{
    *s = (struct scene){ .pki = test_pki_new() };
    assert_int_equal(crypto_new(&s->crypto, &s->f), ERR_OK);
    assert_int_equal(crypto_ctx_new(s->crypto, &s->cx, &s->f), ERR_OK);
    assert_int_equal(keys_new(s->crypto, &s->keys, &s->f), ERR_OK);
    s->arena = arena_new(16 * LIMIT_REQUEST_ARENA);
    assert_non_null(s->arena);
}

void scene_done(struct scene *s)
{
    ca_free(s->ca);
    arena_free(s->arena);
    keys_free(s->keys);
    crypto_ctx_free(s->cx);
    crypto_free(s->crypto);
    test_pki_free(s->pki);
}

void scene_add_key(struct scene *s, const char *name,
                   const struct test_cert *cert)
{
    const char *path =
        test_pki_save(s->pki, name, test_key_pem(cert->key), 0600);

    assert_int_equal(keys_add_file(s->keys, name, 4, path, &s->f), ERR_OK);
}

void scene_init_ca(struct scene *s, const char *kind, const char *constraints)
{
    struct ca_options options = { .name = "issuing",
                                  .key = "issuing",
                                  .crl_url = SCENE_CRL_URL };

    scene_init(s);
    s->cert = test_cert_make(s->pki, &(struct test_cert_spec){
                                         .subject = "O=Operator,CN=Issuing CA",
                                         .key = test_key_make(s->pki, kind),
                                         .md = kind[0] == 'E' ? NULL : "SHA256",
                                         .ca = true,
                                         .basic_constraints = constraints });
    scene_add_key(s, "issuing", s->cert);
    options.certificate = s->cert->der;
    assert_int_equal(ca_new(&options, s->keys, s->cx, &s->ca, &s->f), ERR_OK);
}

struct spki scene_spki(struct span der)
{
    struct der in = der_open(der, NULL);
    struct spki key;

    assert_int_equal(spki_read(&in, &key), ERR_OK);
    return key;
}

struct spki scene_new_key(struct scene *s)
{
    return scene_spki(test_key_spki(test_key_make(s->pki, "P-256")));
}

struct span scene_name(struct scene *s, const char *text)
{
    struct span name;

    assert_int_equal(name_parse(text, s->arena, &name, &s->f), ERR_OK);
    return name;
}

X509 *scene_decode(struct span der)
{
    const unsigned char *p = der.ptr;
    X509 *x = d2i_X509(NULL, &p, (long)der.len);

    assert_non_null(x);
    assert_ptr_equal(p, der.ptr + der.len);
    return x;
}

int scene_verify(struct span leaf, const struct span *chain, size_t num,
                 struct span root, int64_t now)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509) *between = sk_X509_new_null();
    X509 *x = scene_decode(leaf), *anchor = scene_decode(root);
    int result;

    for (size_t i = 0; i < num; i++)
        sk_X509_push(between, scene_decode(chain[i]));
    X509_STORE_add_cert(store, anchor);
    assert_int_equal(X509_STORE_CTX_init(ctx, store, x, between), 1);
    X509_STORE_CTX_set_flags(ctx, X509_V_FLAG_X509_STRICT |
                                      X509_V_FLAG_CHECK_SS_SIGNATURE |
                                      X509_V_FLAG_POLICY_CHECK);
    X509_STORE_CTX_set_time(ctx, 0, now);
    X509_verify_cert(ctx);
    result = X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    sk_X509_pop_free(between, X509_free);
    X509_free(x);
    X509_free(anchor);
    return result;
}

/* OpenSSL's rendering of an extension, "critical, " before it if it is;
 * NULL: there is none. The caller frees it. */
static char *ext_text(X509 *x, int nid)
{
    int at = X509_get_ext_by_NID(x, nid, -1);
    X509_EXTENSION *ext;
    BIO *bio;
    char *data, *text;
    long len;

    if (at < 0)
        return NULL;
    ext = X509_get_ext(x, at);
    bio = BIO_new(BIO_s_mem());
    assert_int_equal(X509V3_EXT_print(bio, ext, X509V3_EXT_ERROR_UNKNOWN, 0),
                     1);
    len = BIO_get_mem_data(bio, &data);
    assert_true(asprintf(&text, "%s%.*s",
                         X509_EXTENSION_get_critical(ext) ? "critical, " : "",
                         (int)len, data) > 0);
    BIO_free(bio);
    return text;
}

void scene_assert_ext(X509 *x, int nid, const char *want)
{
    char *have = ext_text(x, nid);

    if (want == NULL) {
        assert_null(have);
        return;
    }
    assert_non_null(have);
    for (char *p = have; *p != '\0'; p++) {
        if (*p == '\n')
            *p = ' ';
    }
    assert_string_equal(have, want);
    free(have);
}

int64_t scene_seconds(const ASN1_TIME *t)
{
    struct tm tm;

    assert_int_equal(ASN1_TIME_to_tm(t, &tm), 1);
    return timegm(&tm);
}
