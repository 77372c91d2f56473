#include "support/test_pki.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/dsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

/* One thing to release with the pki. */
struct owned {
    struct owned *next;
    void (*release)(void *thing);
    void *thing;
};

struct test_pki {
    struct owned *owned;
    uint64_t next_serial;
    char dir[64];
};

struct test_key {
    struct test_pki *pki;
    EVP_PKEY *pkey;
    struct span spki, der;
    const char *pem, *traditional_pem;
};

struct cert {
    struct test_cert pub;
    X509 *x509;
};

#define MUST(what)                                                     \
    do {                                                               \
        if (!(what)) {                                                 \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #what); \
            ERR_print_errors_fp(stderr);                               \
            abort();                                                   \
        }                                                              \
    } while (0)

static void own(struct test_pki *pki, void *thing, void (*release)(void *))
{
    struct owned *o = malloc(sizeof(*o));

    MUST(o != NULL && thing != NULL);
    *o = (struct owned){ pki->owned, release, thing };
    pki->owned = o;
}

static void *own_new(struct test_pki *pki, size_t size)
{
    void *thing = calloc(1, size == 0 ? 1 : size);

    own(pki, thing, free);
    return thing;
}

static void release_pkey(void *pkey)
{
    EVP_PKEY_free(pkey);
}

static void release_x509(void *x509)
{
    X509_free(x509);
}

static void release_file(void *path)
{
    unlink(path);
    free(path);
}

/* What a memory BIO holds, NUL-terminated behind its end; frees the BIO. */
static struct span take_bio(struct test_pki *pki, BIO *bio)
{
    char *data;
    long len = BIO_get_mem_data(bio, &data);
    char *copy;

    MUST(len >= 0);
    copy = own_new(pki, (size_t)len + 1);
    memcpy(copy, data, (size_t)len);
    BIO_free(bio);
    return span_of(copy, (size_t)len);
}

struct test_pki *test_pki_new(void)
{
    struct test_pki *pki = calloc(1, sizeof(*pki));

    MUST(pki != NULL);
    pki->next_serial = 0x1000;
    return pki;
}

void test_pki_free(struct test_pki *pki)
{
    if (pki == NULL)
        return;
    while (pki->owned != NULL) {
        struct owned *o = pki->owned;

        pki->owned = o->next;
        o->release(o->thing);
        free(o);
    }
    if (pki->dir[0] != '\0')
        rmdir(pki->dir);
    free(pki);
}

/* --- keys --- */

/* p of 1024 bits, q of 160 (FIPS 186-2). */
static EVP_PKEY *generate_dsa(void)
{
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DSA", NULL);
    EVP_PKEY *params = NULL, *pkey = NULL;

    MUST(ctx != NULL && EVP_PKEY_paramgen_init(ctx) > 0);
    MUST(EVP_PKEY_CTX_set_dsa_paramgen_bits(ctx, 1024) > 0);
    MUST(EVP_PKEY_CTX_set_dsa_paramgen_q_bits(ctx, 160) > 0);
    MUST(EVP_PKEY_paramgen(ctx, &params) > 0);
    EVP_PKEY_CTX_free(ctx);
    ctx = EVP_PKEY_CTX_new_from_pkey(NULL, params, NULL);
    MUST(ctx != NULL && EVP_PKEY_keygen_init(ctx) > 0);
    MUST(EVP_PKEY_generate(ctx, &pkey) > 0);
    EVP_PKEY_CTX_free(ctx);
    EVP_PKEY_free(params);
    return pkey;
}

static EVP_PKEY *generate(const char *kind)
{
    const char *colon = strchr(kind, ':');

    if (strcmp(kind, "DSA:1024") == 0)
        return generate_dsa();
    if (strncmp(kind, "ML-DSA", 6) == 0)
        return EVP_PKEY_Q_keygen(NULL, NULL, kind);
    if (colon != NULL) {
        EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(
            NULL, kind[3] == ':' ? "RSA" : "RSA-PSS", NULL);
        EVP_PKEY *pkey = NULL;

        MUST(ctx != NULL && EVP_PKEY_keygen_init(ctx) > 0);
        MUST(EVP_PKEY_CTX_set_rsa_keygen_bits(
                 ctx, (int)strtol(colon + 1, NULL, 10)) > 0);
        MUST(EVP_PKEY_generate(ctx, &pkey) > 0);
        EVP_PKEY_CTX_free(ctx);
        return pkey;
    }
    if (strncmp(kind, "Ed", 2) == 0)
        return EVP_PKEY_Q_keygen(
            NULL, NULL, strcmp(kind, "Ed25519") == 0 ? "ED25519" : "ED448");
    return EVP_PKEY_Q_keygen(NULL, NULL, "EC", kind);
}

static struct span encode(struct test_key *key, int (*put)(BIO *, EVP_PKEY *))
{
    BIO *bio = BIO_new(BIO_s_mem());

    MUST(bio != NULL && put(bio, key->pkey) == 1);
    return take_bio(key->pki, bio);
}

static int put_spki(BIO *bio, EVP_PKEY *pkey)
{
    return i2d_PUBKEY_bio(bio, pkey);
}

static int put_pkcs8(BIO *bio, EVP_PKEY *pkey)
{
    return i2d_PKCS8PrivateKeyInfo_bio(bio, pkey);
}

static int put_pkcs8_pem(BIO *bio, EVP_PKEY *pkey)
{
    return PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
}

static int put_traditional_pem(BIO *bio, EVP_PKEY *pkey)
{
    if (EVP_PKEY_is_a(pkey, "RSA") || EVP_PKEY_is_a(pkey, "EC"))
        return PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0,
                                                    NULL, NULL);
    return put_pkcs8_pem(bio, pkey);
}

const struct test_key *test_key_make(struct test_pki *pki, const char *kind)
{
    struct test_key *key = own_new(pki, sizeof(*key));

    key->pki = pki;
    key->pkey = generate(kind);
    own(pki, key->pkey, release_pkey);
    key->spki = encode(key, put_spki);
    key->der = encode(key, put_pkcs8);
    key->pem = (const char *)encode(key, put_pkcs8_pem).ptr;
    key->traditional_pem = (const char *)encode(key, put_traditional_pem).ptr;
    return key;
}

struct span test_key_spki(const struct test_key *key)
{
    return key->spki;
}

struct span test_key_der(const struct test_key *key)
{
    return key->der;
}

const char *test_key_pem(const struct test_key *key)
{
    return key->pem;
}

const char *test_key_traditional_pem(const struct test_key *key)
{
    return key->traditional_pem;
}

/* A context ready to sign so. The caller frees it. */
static EVP_MD_CTX *sign_ctx(const struct test_key *key, const char *md,
                            bool pss)
{
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY_CTX *pctx = NULL;

    MUST(ctx != NULL);
    MUST(EVP_DigestSignInit_ex(ctx, &pctx, md, NULL, NULL, key->pkey, NULL) ==
         1);
    if (pss) {
        MUST(EVP_PKEY_CTX_set_rsa_padding(pctx, RSA_PKCS1_PSS_PADDING) > 0);
        MUST(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx, RSA_PSS_SALTLEN_DIGEST) >
             0);
    }
    return ctx;
}

struct span test_key_sign(const struct test_key *key, const char *md, bool pss,
                          struct span data)
{
    EVP_MD_CTX *ctx = sign_ctx(key, md, pss);
    size_t len = 0;
    uint8_t *sig;

    MUST(EVP_DigestSign(ctx, NULL, &len, data.ptr, data.len) == 1);
    sig = own_new(key->pki, len);
    MUST(EVP_DigestSign(ctx, sig, &len, data.ptr, data.len) == 1);
    EVP_MD_CTX_free(ctx);
    return span_of(sig, len);
}

static const char *md_for(const struct test_key *key, const char *md)
{
    if (EVP_PKEY_is_a(key->pkey, "ED25519") ||
        EVP_PKEY_is_a(key->pkey, "ED448"))
        return NULL;
    return md == NULL ? "SHA256" : md;
}

/* --- certificates --- */

static void add_name(X509_NAME *name, const char *text)
{
    char copy[512];
    char *save = NULL;

    if (text == NULL)
        return;
    MUST((size_t)snprintf(copy, sizeof(copy), "%s", text) < sizeof(copy));
    for (char *rdn = strtok_r(copy, ",", &save); rdn != NULL;
         rdn = strtok_r(NULL, ",", &save)) {
        char *value = strchr(rdn, '=');

        MUST(value != NULL);
        *value++ = '\0';
        MUST(X509_NAME_add_entry_by_txt(
            name, rdn, MBSTRING_UTF8, (const unsigned char *)value, -1, -1, 0));
    }
}

static void add_ext(X509 *x509, X509V3_CTX *ctx, const char *name,
                    const char *value)
{
    X509_EXTENSION *ext;

    if (value == NULL || value[0] == '\0')
        return;
    ext = X509V3_EXT_nconf(NULL, ctx, name, value);
    MUST(ext != NULL);
    MUST(X509_add_ext(x509, ext, -1));
    X509_EXTENSION_free(ext);
}

static void add_exts(X509 *x509, X509 *issuer,
                     const struct test_cert_spec *spec)
{
    const char *basic = spec->basic_constraints;
    const char *usage = spec->key_usage;
    X509V3_CTX ctx;

    if (basic == NULL && spec->ca)
        basic = "critical,CA:TRUE";
    if (usage == NULL)
        usage = spec->ca ? "critical,keyCertSign,cRLSign"
                         : "critical,digitalSignature";
    X509V3_set_ctx(&ctx, issuer, x509, NULL, NULL, 0);
    X509V3_set_ctx_nodb(&ctx);
    add_ext(x509, &ctx, "basicConstraints", basic);
    add_ext(x509, &ctx, "keyUsage", usage);
    add_ext(x509, &ctx, "extendedKeyUsage", spec->eku);
    add_ext(x509, &ctx, "subjectAltName", spec->san);
    if (!spec->no_key_ids) {
        add_ext(x509, &ctx, "subjectKeyIdentifier", "hash");
        if (X509_get_ext_by_NID(issuer, NID_subject_key_identifier, -1) >= 0)
            add_ext(x509, &ctx, "authorityKeyIdentifier", "keyid");
    }
    for (size_t i = 0; i < spec->num_extra; i++)
        add_ext(x509, &ctx, spec->extra[i].name, spec->extra[i].value);
}

static void set_time(ASN1_TIME *t, int64_t wanted, int64_t otherwise)
{
    MUST(ASN1_TIME_set(t, (time_t)(wanted == 0 ? otherwise : wanted)) != NULL);
    MUST(ASN1_TIME_normalize(t));
}

const struct test_cert *test_cert_make(struct test_pki *pki,
                                       const struct test_cert_spec *spec)
{
    struct cert *cert = own_new(pki, sizeof(*cert));
    const struct cert *issuer = (const struct cert *)spec->issuer;
    const struct test_key *signer;
    X509 *x509 = X509_new();
    BIO *bio = BIO_new(BIO_s_mem()), *pem = BIO_new(BIO_s_mem());
    EVP_MD_CTX *ctx;

    own(pki, x509, release_x509);
    MUST(bio != NULL && pem != NULL);
    cert->x509 = x509;
    cert->pub.key = spec->key != NULL ? spec->key : test_key_make(pki, "P-256");
    signer = issuer != NULL ? issuer->pub.key : cert->pub.key;
    if (spec->signed_by != NULL)
        signer = spec->signed_by;

    MUST(X509_set_version(x509, X509_VERSION_3));
    MUST(ASN1_INTEGER_set_uint64(X509_get_serialNumber(x509),
                                 spec->serial != 0 ? spec->serial
                                                   : pki->next_serial++));
    add_name(X509_get_subject_name(x509), spec->subject);
    MUST(X509_set_issuer_name(
        x509, X509_get_subject_name(issuer != NULL ? issuer->x509 : x509)));
    set_time(X509_getm_notBefore(x509), spec->not_before,
             TEST_NOW - 10 * TEST_YEAR);
    set_time(X509_getm_notAfter(x509), spec->not_after,
             TEST_NOW + 10 * TEST_YEAR);
    MUST(X509_set_pubkey(x509, cert->pub.key->pkey));
    add_exts(x509, issuer != NULL ? issuer->x509 : x509, spec);

    ctx = sign_ctx(signer, md_for(signer, spec->md), spec->pss);
    MUST(X509_sign_ctx(x509, ctx) > 0);
    EVP_MD_CTX_free(ctx);
    MUST(i2d_X509_bio(bio, x509) == 1 && PEM_write_bio_X509(pem, x509) == 1);
    cert->pub.der = take_bio(pki, bio);
    cert->pub.pem = (const char *)take_bio(pki, pem).ptr;
    return &cert->pub;
}

/* --- CRLs --- */

static void add_revoked(X509_CRL *crl, const struct test_cert *cert)
{
    X509_REVOKED *entry = X509_REVOKED_new();
    ASN1_TIME *when = ASN1_TIME_new();

    MUST(entry != NULL && when != NULL);
    set_time(when, 0, TEST_NOW - TEST_DAY);
    MUST(X509_REVOKED_set_serialNumber(
        entry, X509_get_serialNumber(((const struct cert *)cert)->x509)));
    MUST(X509_REVOKED_set_revocationDate(entry, when));
    MUST(X509_CRL_add0_revoked(crl, entry));
    ASN1_TIME_free(when);
}

static void fill_crl(X509_CRL *crl, X509 *issuer,
                     const struct test_crl_spec *spec)
{
    ASN1_INTEGER *number = ASN1_INTEGER_new();
    ASN1_TIME *when = ASN1_TIME_new();
    X509V3_CTX ctx;
    X509_EXTENSION *ext;

    MUST(when != NULL && number != NULL);
    MUST(X509_CRL_set_version(crl, X509_CRL_VERSION_2));
    MUST(X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer)));
    set_time(when, spec->this_update, TEST_NOW - TEST_DAY);
    MUST(X509_CRL_set1_lastUpdate(crl, when));
    set_time(when, spec->next_update, TEST_NOW + 30 * TEST_DAY);
    if (!spec->no_next_update)
        MUST(X509_CRL_set1_nextUpdate(crl, when));
    ASN1_TIME_free(when);
    X509V3_set_ctx(&ctx, issuer, NULL, NULL, crl, 0);
    X509V3_set_ctx_nodb(&ctx);
    if (X509_get_ext_by_NID(issuer, NID_subject_key_identifier, -1) >= 0) {
        ext = X509V3_EXT_nconf(NULL, &ctx, "authorityKeyIdentifier", "keyid");
        MUST(ext != NULL && X509_CRL_add_ext(crl, ext, -1));
        X509_EXTENSION_free(ext);
    }
    MUST(ASN1_INTEGER_set_uint64(number, 1));
    MUST(X509_CRL_add1_ext_i2d(crl, NID_crl_number, number, 0, 0) == 1);
    ASN1_INTEGER_free(number);
    for (size_t i = 0; i < spec->num_extra; i++) {
        ext = X509V3_EXT_nconf(NULL, &ctx, spec->extra[i].name,
                               spec->extra[i].value);
        MUST(ext != NULL && X509_CRL_add_ext(crl, ext, -1));
        X509_EXTENSION_free(ext);
    }
    for (size_t i = 0; i < spec->num_revoked; i++)
        add_revoked(crl, spec->revoked[i]);
}

const struct test_crl *test_crl_make(struct test_pki *pki,
                                     const struct test_crl_spec *spec)
{
    struct test_crl *out = own_new(pki, sizeof(*out));
    const struct cert *issuer = (const struct cert *)spec->issuer;
    const struct test_key *signer =
        spec->signed_by != NULL ? spec->signed_by : issuer->pub.key;
    X509_CRL *crl = X509_CRL_new();
    BIO *bio = BIO_new(BIO_s_mem()), *pem = BIO_new(BIO_s_mem());
    EVP_MD_CTX *ctx;

    MUST(crl != NULL && bio != NULL && pem != NULL);
    fill_crl(crl, issuer->x509, spec);
    ctx = sign_ctx(signer, md_for(signer, spec->md), false);
    MUST(X509_CRL_sign_ctx(crl, ctx) > 0);
    EVP_MD_CTX_free(ctx);
    MUST(i2d_X509_CRL_bio(bio, crl) == 1);
    MUST(PEM_write_bio_X509_CRL(pem, crl) == 1);
    X509_CRL_free(crl);
    out->der = take_bio(pki, bio);
    out->pem = (const char *)take_bio(pki, pem).ptr;
    return out;
}

/* --- files --- */

const char *test_pki_dir(struct test_pki *pki)
{
    const char *tmp = getenv("TMPDIR");

    if (pki->dir[0] == '\0') {
        MUST((size_t)snprintf(pki->dir, sizeof(pki->dir), "%s/test_pki.XXXXXX",
                              tmp != NULL ? tmp : "/tmp") < sizeof(pki->dir));
        MUST(mkdtemp(pki->dir) != NULL);
    }
    return pki->dir;
}

const char *test_pki_save(struct test_pki *pki, const char *name,
                          const char *text, unsigned mode)
{
    char *path = malloc(PATH_MAX);
    size_t len = strlen(text);
    int fd;

    MUST(path != NULL);
    snprintf(path, PATH_MAX, "%s/%s", test_pki_dir(pki), name);
    own(pki, path, release_file);
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    MUST(fd >= 0 && write(fd, text, len) == (ssize_t)len);
    MUST(fchmod(fd, mode) == 0 && close(fd) == 0);
    return path;
}
