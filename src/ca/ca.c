#include "ca/internal.h"

#include <stdlib.h>

#include "base/limits.h"

#define CA_ARENA (LIMIT_FILE_LEN + (size_t)64 * 1024)

/* Purposes that would let their holder speak for the authority. */
static const enum oid reserved_purposes[] = {
    OID_ID_KP_CMC_CA, OID_ID_KP_CMC_RA,       OID_ID_KP_CMC_ARCHIVE,
    OID_ID_KP_CM_KGA, OID_ID_KP_OCSP_SIGNING, OID_ANY_EXTENDED_KEY_USAGE,
};

static enum err fault_no_mem(struct fault *f)
{
    return fault_set(f, ERR_NO_MEM, "certificate authority");
}

static enum err copy_text(struct arena *a, const char *text, const char **out)
{
    *out = arena_printf(a, "%s", text);
    return *out == NULL ? ERR_NO_MEM : ERR_OK;
}

/* May this certificate issue others and sign CRLs (RFC 5280, 4.2.1.3)? */
static enum err check_is_ca(const struct x509_cert *cert, struct fault *f)
{
    if (!cert->has_basic_constraints || !cert->is_ca)
        return fault_clause(f, ERR_CONFIG, "RFC 5280, 4.2.1.9",
                            "not a CA certificate: basicConstraints does not "
                            "say cA");
    if (!cert->has_key_usage || !x509_may(cert, KU_KEY_CERT_SIGN | KU_CRL_SIGN))
        return fault_clause(f, ERR_CONFIG, "RFC 5280, 4.2.1.3",
                            "keyUsage of the CA certificate lacks keyCertSign "
                            "or cRLSign");
    return ERR_OK;
}

/* The named key is the certificate's. */
static enum err check_key(const struct ca *ca, struct fault *f)
{
    struct span der;
    struct der in;
    struct spki own;
    enum err e = keys_spki(ca->keys, ca->key, &der, f);

    if (e == ERR_NOT_FOUND)
        return fault_set(f, ERR_CONFIG, "there is no key \"%s\"", ca->key);
    TRY(e);
    in = der_open(der, NULL);
    TRY(spki_read(&in, &own));
    if (key_kind_find(&own) != key_kind_find(&ca->cert.spki) ||
        !span_is_equal(own.key, ca->cert.spki.key))
        return fault_set(f, ERR_CONFIG,
                         "key \"%s\" is not that of the CA certificate",
                         ca->key);
    return ERR_OK;
}

static enum err key_id_find(const struct x509_cert *cert, struct crypto_ctx *cx,
                            struct arena *a, struct span *out, struct fault *f)
{
    uint8_t id[CA_KEY_ID_LEN];

    if (!span_is_absent(cert->ski)) {
        *out = cert->ski;
        return ERR_OK;
    }
    TRY(hash_key_id(cx, &cert->spki, id, f));
    *out = arena_copy(a, span_of(id, sizeof(id)));
    return span_is_absent(*out) ? fault_no_mem(f) : ERR_OK;
}

static enum err ca_fill(struct ca *ca, const struct ca_options *options,
                        struct crypto_ctx *cx, struct fault *f)
{
    struct span der = arena_copy(ca->arena, options->certificate);

    if (span_is_absent(der))
        return fault_no_mem(f);
    if (copy_text(ca->arena, options->name, &ca->name) != ERR_OK ||
        copy_text(ca->arena, options->key, &ca->key) != ERR_OK)
        return fault_no_mem(f);
    if (options->crl_url != NULL) {
        ca->crl_url = arena_copy(ca->arena, span_str(options->crl_url));
        if (span_is_absent(ca->crl_url))
            return fault_no_mem(f);
    }
    if (x509_read(der, ca->arena, &ca->cert) != ERR_OK)
        return fault_set(f, ERR_CONFIG, "not a certificate in DER");
    TRY(check_is_ca(&ca->cert, f));
    TRY(check_key(ca, f));
    ca->alg = sig_alg_info(sig_alg_default(key_kind_find(&ca->cert.spki)));
    if (ca->alg == NULL)
        return fault_set(f, ERR_CONFIG, "the CA's kind of key is not known");
    return key_id_find(&ca->cert, cx, ca->arena, &ca->key_id, f);
}

/* An empty one with its arena; NULL: out of memory. */
static struct ca *ca_alloc(void)
{
    struct ca *ca = calloc(1, sizeof(*ca));

    if (ca == NULL)
        return NULL;
    ca->arena = arena_new(CA_ARENA);
    if (ca->arena == NULL) {
        free(ca);
        return NULL;
    }
    return ca;
}

enum err ca_new(const struct ca_options *options, struct keys *keys,
                struct crypto_ctx *cx, struct ca **out, struct fault *f)
{
    struct ca *ca = ca_alloc();
    enum err e;

    if (ca == NULL)
        return fault_no_mem(f);
    ca->keys = keys;
    e = ca_fill(ca, options, cx, f);
    if (e != ERR_OK) {
        ca_free(ca);
        return fault_prefix(f, e, "CA \"%s\"", options->name);
    }
    *out = ca;
    return ERR_OK;
}

void ca_free(struct ca *ca)
{
    if (ca == NULL)
        return;
    arena_free(ca->arena);
    free(ca);
}

const char *ca_name(const struct ca *ca)
{
    return ca->name;
}

struct span ca_subject(const struct ca *ca)
{
    return ca->cert.subject;
}

int64_t ca_not_after(const struct ca *ca)
{
    return ca->cert.not_after;
}

enum sig_alg ca_sig_alg(const struct ca *ca)
{
    return ca->alg->alg;
}

const struct spki *ca_key(const struct ca *ca)
{
    return &ca->cert.spki;
}

/* --- shapes --- */

static enum err check_shape(const struct ca_shape_options *options,
                            struct fault *f)
{
    const size_t num_reserved =
        sizeof(reserved_purposes) / sizeof(reserved_purposes[0]);

    if (options->key_usage == 0 ||
        (options->key_usage & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) != 0)
        return fault_clause(f, ERR_CONFIG, "RFC 5280, 4.2.1.3",
                            "keyUsage of an end entity needs a bit, and none "
                            "of keyCertSign and cRLSign");
    if (options->validity <= 0 || options->backdate < 0)
        return fault_set(f, ERR_CONFIG, "no time in which to be valid");
    for (size_t i = 0; i < options->num_eku; i++) {
        for (size_t j = 0; j < num_reserved; j++) {
            if (options->eku[i] == reserved_purposes[j])
                return fault_clause(f, ERR_CONFIG, "RFC 9810, 4.5",
                                    "%s is the authority's own",
                                    oid_name(options->eku[i]));
        }
    }
    return ERR_OK;
}

enum err ca_shape_new(const struct ca *ca,
                      const struct ca_shape_options *options,
                      struct ca_shape **out, struct fault *f)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    AUTO(ca_shape) shape = NULL;
    struct der_writer w;
    struct span ext;

    TRY(check_shape(options, f));
    if (a == NULL)
        return fault_no_mem(f);
    der_writer_init(&w, a, 512);
    if (!span_is_absent(ca->crl_url))
        ext_put_crl_url(&w, ca->crl_url);
    if (options->num_eku > 0)
        ext_put_eku(&w, options->eku, options->num_eku);
    ext_put_key_usage(&w, options->key_usage);
    ext_put_aki(&w, ca->key_id);
    TRY(der_finish(&w, &ext));
    shape = malloc(sizeof(*shape) + ext.len);
    if (shape == NULL)
        return fault_no_mem(f);
    shape->ca = ca;
    shape->validity = options->validity;
    shape->backdate = options->backdate;
    shape->len = ext.len;
    memcpy(shape->extensions, ext.ptr, ext.len);
    *out = shape;
    shape = NULL;
    return ERR_OK;
}

void ca_shape_free(struct ca_shape *shape)
{
    free(shape);
}
