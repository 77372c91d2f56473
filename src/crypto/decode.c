#include "crypto/decode.h"

#include <pthread.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>

/*
 * OpenSSL 3 decodes a certificate's key by asking every decoder of the library
 * context whether it may be meant, at the cost of two signatures. So these are
 * decoded in a context of their own, whose only provider is the default one's
 * digests, signatures and keys, and of its decoders those for public keys of
 * the kinds that asn1/alg.h lists. All are the default provider's own code.
 * Leaves with EC keys are decoded where there are no decoders at all, and so
 * without their keys, and then given keys over groups that are kept.
 */
#define NARROW_MAX 16

/* Of the kinds of EC keys in asn1/alg.h. */
static const struct curve {
    enum key_kind kind;
    int nid;
} curves[] = {
    { KEY_EC_P256, NID_X9_62_prime256v1 },
    { KEY_EC_P384, NID_secp384r1 },
    { KEY_EC_P521, NID_secp521r1 },
};
#define NUM_CURVES (sizeof(curves) / sizeof(curves[0]))

static struct narrow {
    OSSL_LIB_CTX *library; /* NULL: decode in the default one */
    OSSL_LIB_CTX *keyless; /* NULL: no leaf is treated apart */
    EC_GROUP *groups[NUM_CURVES];
    OSSL_PROVIDER *whole;
    OSSL_ALGORITHM decoders[NARROW_MAX + 1];
    OSSL_ALGORITHM keys[NARROW_MAX + 1];
    OSSL_ALGORITHM digests[NARROW_MAX + 1];
} narrow;

/* The first of an algorithm's names, which are apart by colons. */
static bool is_named(const OSSL_ALGORITHM *alg, const char *name)
{
    size_t len = strlen(name);

    return strncmp(alg->algorithm_names, name, len) == 0 &&
           (alg->algorithm_names[len] == '\0' ||
            alg->algorithm_names[len] == ':');
}

static bool is_among(const OSSL_ALGORITHM *alg, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (is_named(alg, *names))
            return true;
    }
    return false;
}

/* Of one operation's algorithms those with these names and properties. */
static void choose(int operation, const char *const *names,
                   const char *properties, OSSL_ALGORITHM out[NARROW_MAX + 1])
{
    int no_cache = 0;
    size_t num = 0;
    const OSSL_ALGORITHM *alg =
        OSSL_PROVIDER_query_operation(narrow.whole, operation, &no_cache);

    for (; alg != NULL && alg->algorithm_names != NULL; alg++) {
        if (num < NARROW_MAX && is_among(alg, names) &&
            strstr(alg->property_definition, properties) != NULL)
            out[num++] = *alg;
    }
}

static void choose_all(void)
{
    static const char *const kinds[] = {
        "EC",  "RSA",       "RSA-PSS",   "ED25519",   "ED448",
        "DSA", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87", NULL,
    };
    static const char *const digests[] = {
        "SHA1", "SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512", "MD5", NULL,
    };

    choose(OSSL_OP_DECODER, kinds, "input=der,structure=SubjectPublicKeyInfo",
           narrow.decoders);
    choose(OSSL_OP_KEYMGMT, kinds, "", narrow.keys);
    choose(OSSL_OP_DIGEST, digests, "", narrow.digests);
}

static const OSSL_ALGORITHM *query(void *provider, int operation, int *no_cache)
{
    (void)provider;
    *no_cache = 0;
    if (operation == OSSL_OP_DECODER)
        return narrow.decoders;
    if (operation == OSSL_OP_KEYMGMT)
        return narrow.keys;
    if (operation == OSSL_OP_DIGEST || operation == OSSL_OP_SIGNATURE)
        return OSSL_PROVIDER_query_operation(narrow.whole, operation, no_cache);
    return NULL;
}

/* Digests alone. The issuer's key brings its signatures with it; and for each
 * certificate all that is to be had here is listed twice. */
static const OSSL_ALGORITHM *query_keyless(void *provider, int operation,
                                           int *no_cache)
{
    (void)provider;
    *no_cache = 0;
    return operation == OSSL_OP_DIGEST ? narrow.digests : NULL;
}

/* Their algorithms run in the default provider's context, theirs. */
static int start(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core,
                 const OSSL_DISPATCH **out, void **provider)
{
    static const OSSL_DISPATCH functions[] = {
        { OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query },
        { 0, NULL },
    };

    (void)handle;
    (void)core;
    *out = functions;
    *provider = OSSL_PROVIDER_get0_provider_ctx(narrow.whole);
    return 1;
}

static int start_keyless(const OSSL_CORE_HANDLE *handle,
                         const OSSL_DISPATCH *core, const OSSL_DISPATCH **out,
                         void **provider)
{
    static const OSSL_DISPATCH functions[] = {
        { OSSL_FUNC_PROVIDER_QUERY_OPERATION, (void (*)(void))query_keyless },
        { 0, NULL },
    };

    (void)handle;
    (void)core;
    *out = functions;
    *provider = OSSL_PROVIDER_get0_provider_ctx(narrow.whole);
    return 1;
}

/* A context with one provider; NULL when it cannot be had. */
static OSSL_LIB_CTX *library_new(OSSL_provider_init_fn *init)
{
    OSSL_LIB_CTX *library = OSSL_LIB_CTX_new();

    if (library != NULL &&
        OSSL_PROVIDER_add_builtin(library, "certificates", init) == 1 &&
        OSSL_PROVIDER_load(library, "certificates") != NULL)
        return library;
    OSSL_LIB_CTX_free(library);
    return NULL;
}

/* Made once and kept: certificates may outlive whoever had them decoded. Where
 * OpenSSL is configured to use other providers, it decides as ever. */
static void make_narrow(void)
{
    if (OSSL_PROVIDER_available(NULL, "default") != 1 ||
        EVP_default_properties_is_fips_enabled(NULL) != 0)
        return;
    narrow.whole = OSSL_PROVIDER_load(NULL, "default");
    if (narrow.whole == NULL)
        return;
    choose_all();
    narrow.library = library_new(start);
    narrow.keyless = library_new(start_keyless);
    for (size_t i = 0; i < NUM_CURVES; i++)
        narrow.groups[i] = EC_GROUP_new_by_curve_name(curves[i].nid);
}

static void prepare(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, make_narrow);
}

static X509 *decode_in(OSSL_LIB_CTX *library, struct span der)
{
    const unsigned char *next = der.ptr;
    X509 *x509 = X509_new_ex(library, NULL);

    /* A failed d2i_X509 frees what it was given. */
    if (x509 == NULL || d2i_X509(&x509, &next, (long)der.len) == NULL)
        return NULL;
    if (next == der.ptr + der.len)
        return x509;
    X509_free(x509);
    return NULL;
}

/* Reads and keeps all extensions; -1 asks for no purpose. */
static X509 *read_extensions(X509 *x509)
{
    if (x509 != NULL && X509_check_purpose(x509, -1, 0) != 1) {
        X509_free(x509);
        x509 = NULL;
    }
    ERR_clear_error();
    return x509;
}

X509 *x509_decode(struct span der)
{
    prepare();
    return read_extensions(decode_in(narrow.library, der));
}

/* --- leaves --- */

static const EC_GROUP *group_of(const struct spki *key)
{
    enum key_kind kind = key_kind_find(key);

    for (size_t i = 0; i < NUM_CURVES; i++) {
        if (curves[i].kind == kind)
            return narrow.groups[i];
    }
    return NULL;
}

/* A key from a kept group is only to be had through EC_KEY: EVP_PKEY_fromdata
 * makes its group anew, which takes longer than all the rest. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"

/* Gives a certificate its own key; NULL, and it is freed, where that fails. */
static X509 *set_key(X509 *x509, const EC_GROUP *group, struct span point)
{
    EC_KEY *ec = EC_KEY_new();
    EVP_PKEY *key = EVP_PKEY_new();

    if (x509 == NULL || ec == NULL || key == NULL ||
        EC_KEY_set_group(ec, group) != 1 ||
        EC_KEY_oct2key(ec, point.ptr, point.len, NULL) != 1 ||
        EVP_PKEY_set1_EC_KEY(key, ec) != 1 || X509_set_pubkey(x509, key) != 1) {
        X509_free(x509);
        x509 = NULL;
    }
    EC_KEY_free(ec);
    EVP_PKEY_free(key);
    return x509;
}

#pragma GCC diagnostic pop

X509 *x509_decode_leaf(struct span der, const struct spki *key)
{
    const EC_GROUP *group;
    X509 *x509;

    prepare();
    group = group_of(key);
    if (narrow.keyless == NULL || group == NULL)
        return x509_decode(der);
    x509 = decode_in(narrow.keyless, der);
    return read_extensions(set_key(x509, group, key->key));
}
