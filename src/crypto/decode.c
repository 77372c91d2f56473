#include "crypto/decode.h"

#include <pthread.h>
#include <string.h>

#include <openssl/core_dispatch.h>
#include <openssl/err.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>

/*
 * OpenSSL 3 decodes a certificate's key by asking every decoder of the library
 * context whether it may be meant, at the cost of two signatures. So these are
 * decoded in a context of their own, whose only provider is the default one's
 * digests, signatures and keys, and of its decoders those for public keys of
 * the kinds that asn1/alg.h lists. All are the default provider's own code.
 */
#define NARROW_MAX 16

static struct narrow {
    OSSL_LIB_CTX *library; /* NULL: decode in the default one */
    OSSL_PROVIDER *whole;
    OSSL_ALGORITHM decoders[NARROW_MAX + 1];
    OSSL_ALGORITHM keys[NARROW_MAX + 1];
} narrow;

/* The first of an algorithm's names, which are apart by colons. */
static bool is_named(const OSSL_ALGORITHM *alg, const char *name)
{
    size_t len = strlen(name);

    return strncmp(alg->algorithm_names, name, len) == 0 &&
           (alg->algorithm_names[len] == '\0' ||
            alg->algorithm_names[len] == ':');
}

static bool is_wanted(const OSSL_ALGORITHM *alg, const char *properties)
{
    static const char *const kinds[] = {
        "EC",  "RSA",       "RSA-PSS",   "ED25519",   "ED448",
        "DSA", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87",
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (is_named(alg, kinds[i]))
            return strstr(alg->property_definition, properties) != NULL;
    return false;
}

static void choose(int operation, const char *properties,
                   OSSL_ALGORITHM out[NARROW_MAX + 1])
{
    int no_cache = 0;
    size_t num = 0;
    const OSSL_ALGORITHM *alg =
        OSSL_PROVIDER_query_operation(narrow.whole, operation, &no_cache);

    for (; alg != NULL && alg->algorithm_names != NULL; alg++)
        if (num < NARROW_MAX && is_wanted(alg, properties))
            out[num++] = *alg;
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

/* Its algorithms run in the default provider's context, theirs. */
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

/* Made once and kept: certificates may outlive whoever had them decoded. Where
 * OpenSSL is configured to use other providers, it decides as ever. */
static void make_narrow(void)
{
    OSSL_LIB_CTX *library;

    if (OSSL_PROVIDER_available(NULL, "default") != 1 ||
        EVP_default_properties_is_fips_enabled(NULL) != 0)
        return;
    narrow.whole = OSSL_PROVIDER_load(NULL, "default");
    library = OSSL_LIB_CTX_new();
    if (narrow.whole == NULL || library == NULL) {
        OSSL_LIB_CTX_free(library);
        return;
    }
    choose(OSSL_OP_DECODER, "input=der,structure=SubjectPublicKeyInfo",
           narrow.decoders);
    choose(OSSL_OP_KEYMGMT, "", narrow.keys);
    if (OSSL_PROVIDER_add_builtin(library, "certificates", start) == 1 &&
        OSSL_PROVIDER_load(library, "certificates") != NULL)
        narrow.library = library;
    else
        OSSL_LIB_CTX_free(library);
}

X509 *x509_decode(struct span der)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    const unsigned char *next = der.ptr;
    X509 *x509;

    pthread_once(&once, make_narrow);
    x509 = X509_new_ex(narrow.library, NULL);
    /* -1 asks for no purpose; it reads and keeps all extensions. A failed
     * d2i_X509 frees what it was given. */
    if (x509 != NULL && d2i_X509(&x509, &next, (long)der.len) != NULL &&
        (next != der.ptr + der.len || X509_check_purpose(x509, -1, 0) != 1)) {
        X509_free(x509);
        x509 = NULL;
    }
    ERR_clear_error();
    return x509;
}
