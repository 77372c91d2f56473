#include "crypto/key_package.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include "asn1/cms.h"
#include "crypto/internal.h"

#define V1 0
#define V2 1

/* One key as a package. */
static enum err package_write(const struct cms_key *key, struct arena *a,
                              struct span *out)
{
    struct cms_key_package package = { key, 1 };
    struct der_writer w;

    der_writer_init(&w, a, key->private_key.len + 512);
    cms_key_package_put(&w, &package);
    return der_finish(&w, out);
}

/* PrivateKeyInfo, which is OneAsymmetricKey of v1. */
static enum err info_write(const struct privkey *key, struct arena *a,
                           struct span *out, struct fault *f)
{
    PKCS8_PRIV_KEY_INFO *info = EVP_PKEY2PKCS8(key->pkey);
    unsigned char *der = NULL;
    int len = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : 0;

    PKCS8_PRIV_KEY_INFO_free(info);
    if (len <= 0)
        return crypto_fault(f, "private key");
    *out = arena_copy(a, span_of(der, (size_t)len));
    OPENSSL_clear_free(der, (size_t)len);
    return span_is_absent(*out) ? fault_set(f, ERR_NO_MEM, "private key")
                                : ERR_OK;
}

static enum err package_read(struct span der, struct arena *a,
                             struct cms_key_package *out)
{
    struct der in = der_open(der, NULL);

    TRY(cms_key_package_read(&in, a, out));
    return der_end(&in);
}

/* A package around one element. */
static enum err package_wrap(struct span info, struct arena *a,
                             struct span *out)
{
    struct der_writer w;

    der_writer_init(&w, a, info.len + 16);
    der_put_content(&w, DER_SEQUENCE, info);
    return der_finish(&w, out);
}

enum err key_package_make(const struct privkey *key, struct arena *a,
                          struct span *out, struct fault *f)
{
    struct cms_key_package package = { 0 };
    struct span info = SPAN_NONE, whole = SPAN_NONE;
    struct cms_key one;

    TRY(info_write(key, a, &info, f));
    if (package_wrap(info, a, &whole) != ERR_OK ||
        package_read(whole, a, &package) != ERR_OK || package.num != 1)
        return fault_set(f, ERR_CRYPTO,
                         "a private key that OpenSSL wrote "
                         "does not parse");
    one = package.list[0];
    one.version = V2;
    one.attributes = SPAN_NONE;
    one.has_public_key = true;
    one.public_key = (struct der_bits){ .bytes = key->spki.key };
    if (package_write(&one, a, out) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "private key");
    return ERR_OK;
}

enum err key_package_bare(struct span package, struct span *out)
{
    struct der in = der_open(package, NULL);

    return der_content(&in, DER_SEQUENCE, out);
}

/* A OneAsymmetricKey begins with its version. */
static bool is_bare(struct span der)
{
    struct der in = der_open(der, NULL), seq;

    return der_enter(&in, DER_SEQUENCE, &seq) == ERR_OK &&
           der_next_is(&seq, DER_INTEGER);
}

static enum err malformed(struct fault *f, const char *what)
{
    return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 9483, 4.1.6",
                        "the key package %s", what);
}

enum err key_package_open(struct crypto_ctx *cx, struct span der,
                          struct arena *a, struct privkey **out,
                          struct fault *f)
{
    struct cms_key_package package = { 0 };
    AUTO(privkey) key = NULL;
    struct span whole = SPAN_NONE, info = SPAN_NONE;
    struct cms_key one;
    struct der in;

    if ((is_bare(der) && package_wrap(der, a, &der) != ERR_OK) ||
        package_read(der, a, &package) != ERR_OK)
        return malformed(f, "is malformed");
    if (package.num != 1)
        return malformed(f, "holds not one key");
    one = package.list[0];
    if (one.version != V1 && one.version != V2)
        return malformed(f, "is of a version not known");
    one.version = V1;
    one.attributes = SPAN_NONE;
    one.has_public_key = false;
    TRY(package_write(&one, a, &whole));
    in = der_open(whole, NULL);
    TRY(der_content(&in, DER_SEQUENCE, &info));
    TRY(privkey_parse(cx, info, &key, f));
    one = package.list[0];
    if (one.has_public_key &&
        (one.public_key.unused != 0 ||
         !span_is_equal(one.public_key.bytes, key->spki.key)))
        return malformed(f, "has the public half of another key");
    *out = key;
    key = NULL;
    return ERR_OK;
}
