#include "ca/internal.h"

#include <arpa/inet.h>
#include <assert.h>

#include "base/limits.h"

#define NO_PATH_LEN (-1)

/* What sets the certificates of an authority's own use apart. */
static const struct role {
    bool is_ca;
    int64_t path_len;
    uint32_t key_usage;
    enum oid purpose; /* OID_UNKNOWN: no extKeyUsage */
} roles[] = {
    [CA_ROLE_ROOT] = { true, NO_PATH_LEN, KU_KEY_CERT_SIGN | KU_CRL_SIGN,
                       OID_UNKNOWN },
    [CA_ROLE_ISSUING] = { true, 0, KU_KEY_CERT_SIGN | KU_CRL_SIGN,
                          OID_UNKNOWN },
    [CA_ROLE_CMP_SIGNER] = { false, NO_PATH_LEN, KU_DIGITAL_SIGNATURE,
                             OID_ID_KP_CMC_RA },
    [CA_ROLE_KEY_GENERATOR] = { false, NO_PATH_LEN, KU_DIGITAL_SIGNATURE,
                                OID_ID_KP_CM_KGA },
    [CA_ROLE_TLS] = { false, NO_PATH_LEN, KU_DIGITAL_SIGNATURE,
                      OID_ID_KP_SERVER_AUTH },
};

/* Who signs: the certificate's own name and key for a root. */
struct issuer {
    struct span name;
    struct span key_id; /* absent: no AKI (RFC 5280, 4.2.1.1) */
};

/* A CA whose key this is, and whose time holds the new certificate's. */
static enum err check_issuer(const struct ca_role_options *options,
                             const struct x509_cert *cert, struct fault *f)
{
    if (!cert->is_ca || !x509_may(cert, KU_KEY_CERT_SIGN))
        return fault_clause(f, ERR_CONFIG, "RFC 5280, 4.2.1.9",
                            "the issuer is not a CA");
    if (roles[options->role].is_ca && cert->has_path_len && cert->path_len == 0)
        return fault_clause(f, ERR_CONFIG, "RFC 5280, 4.2.1.9",
                            "pathLenConstraint of the issuer allows no CA "
                            "below it");
    if (options->not_before < cert->not_before ||
        options->not_after > cert->not_after)
        return fault_clause(f, ERR_CONFIG, "RFC 5280, 4.1.2.5",
                            "valid longer than its issuer");
    return ERR_OK;
}

static enum err issuer_find(const struct ca_role_options *options,
                            struct arena *a, struct issuer *out,
                            struct fault *f)
{
    struct span signer = privkey_spki(options->issuer_key);
    struct x509_cert cert;

    if (options->role == CA_ROLE_ROOT) {
        if (!span_is_equal(options->spki, signer))
            return fault_set(f, ERR_CONFIG, "a root is signed by its own key");
        *out = (struct issuer){ .name = options->subject };
        return ERR_OK;
    }
    if (x509_read(options->issuer, a, &cert) != ERR_OK)
        return fault_set(f, ERR_CONFIG, "the issuer is not a certificate");
    TRY(check_issuer(options, &cert, f));
    if (!span_is_equal(cert.spki.der, signer))
        return fault_set(f, ERR_CONFIG, "the key is not the issuer's");
    *out = (struct issuer){ .name = cert.subject, .key_id = cert.ski };
    return ERR_OK;
}

/* A host as dNSName, or as iPAddress when it is an address. */
static enum err host_name(const char *host, struct arena *a,
                          struct general_name *out)
{
    uint8_t octets[16];
    size_t len = 0;

    if (inet_pton(AF_INET, host, octets) == 1)
        len = 4;
    else if (inet_pton(AF_INET6, host, octets) == 1)
        len = 16;
    *out = (struct general_name){ .type = len > 0 ? GN_IP : GN_DNS };
    out->value = arena_copy(a, len > 0 ? span_of(octets, len) : span_str(host));
    return span_is_absent(out->value) ? ERR_NO_MEM : ERR_OK;
}

static enum err hosts_read(const struct ca_role_options *options,
                           struct arena *a, struct general_name **out,
                           struct fault *f)
{
    struct general_name *names;

    if (options->num_hosts > LIMIT_GENERAL_NAMES)
        return fault_set(f, ERR_CONFIG, "more than %d host names",
                         LIMIT_GENERAL_NAMES);
    names = arena_array(a, options->num_hosts + 1, sizeof(*names));
    if (names == NULL)
        return fault_set(f, ERR_NO_MEM, "host names");
    for (size_t i = 0; i < options->num_hosts; i++)
        TRY(host_name(options->hosts[i], a, &names[i]));
    *out = names;
    return ERR_OK;
}

/* Written last first. */
static enum err role_extensions(const struct ca_role_options *options,
                                const struct issuer *issuer,
                                struct crypto_ctx *cx, struct arena *a,
                                struct span *out, struct fault *f)
{
    const struct role *role = &roles[options->role];
    uint8_t key_id[CA_KEY_ID_LEN];
    struct der in = der_open(options->spki, NULL);
    struct general_name *hosts = NULL;
    struct spki key;
    struct der_writer w;

    TRY(spki_read(&in, &key));
    TRY(hash_key_id(cx, &key, key_id, f));
    TRY(hosts_read(options, a, &hosts, f));
    der_writer_init(&w, a, 512);
    if (options->num_hosts > 0)
        ext_put_san(&w, hosts, options->num_hosts,
                    name_is_null(options->subject));
    if (role->purpose != OID_UNKNOWN)
        ext_put_eku(&w, &role->purpose, 1);
    ext_put_key_usage(&w, role->key_usage);
    if (role->is_ca)
        ext_put_basic_constraints(&w, true, role->path_len);
    if (!span_is_absent(issuer->key_id))
        ext_put_aki(&w, issuer->key_id);
    ext_put_ski(&w, span_of(key_id, sizeof(key_id)));
    return der_finish(&w, out);
}

/* Encodes, signs with the issuer's key, puts together. */
static enum err role_sign(const struct ca_role_options *options,
                          struct tbs_cert *tbs, struct crypto_ctx *cx,
                          struct arena *a, struct span *out, struct fault *f)
{
    const struct privkey *key = options->issuer_key;
    const struct sig_alg_info *alg =
        sig_alg_info(sig_alg_default(privkey_kind(key)));
    struct der_writer w;
    struct span tbs_der, sig;

    if (alg == NULL)
        return fault_set(f, ERR_BAD_ALG, "nothing signs with such a key");
    tbs->sig_alg = alg->der;
    der_writer_init(&w, a, 1024);
    tbs_cert_put(&w, tbs);
    TRY(der_finish(&w, &tbs_der));
    TRY(privkey_sign(cx, key, alg->alg, tbs_der, a, &sig, f));
    der_writer_init(&w, a, tbs_der.len + sig.len + 64);
    signed_put(&w, tbs_der, alg->der, sig);
    return der_finish(&w, out);
}

enum err ca_make_role(const struct ca_role_options *options,
                      struct crypto_ctx *cx, struct arena *a, struct span *out,
                      struct fault *f)
{
    struct tbs_cert tbs = {
        .not_before = options->not_before,
        .not_after = options->not_after,
        .subject = options->subject,
        .spki = options->spki,
    };
    uint8_t serial[CA_SERIAL_LEN];
    struct issuer issuer = { 0 };

    if (options->not_after <= options->not_before)
        return fault_set(f, ERR_CONFIG, "no time in which to be valid");
    TRY(issuer_find(options, a, &issuer, f));
    TRY(serial_make(cx, options->not_before, serial, f));
    tbs.serial = SPAN_OF(serial);
    tbs.issuer = issuer.name;
    TRY(role_extensions(options, &issuer, cx, a, &tbs.extensions, f));
    return role_sign(options, &tbs, cx, a, out, f);
}
