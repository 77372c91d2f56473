/*
 * Makes what an authority signs: certificates and CRLs. The signature comes
 * through crypto/keys.h; the record that follows is the caller's to store.
 */
#ifndef CA_CA_H
#define CA_CA_H

#include "crypto/keys.h"

/* An issuing CA, prepared once: its certificate, its key's name, and the
 * extensions that all its certificates share, encoded. Read-only after. */
struct ca;

struct ca_options {
    const char *name;
    struct span certificate; /* DER */
    const char *key;         /* its name in `keys` */
    const char *crl_url;     /* distribution point; NULL: none */
};

/* ERR_CONFIG: not a CA certificate, keyUsage without keyCertSign and cRLSign,
 * or its key is not the one named. */
MUST_USE enum err ca_new(const struct ca_options *options, struct keys *keys,
                         struct crypto_ctx *cx, struct ca **out,
                         struct fault *f);
void ca_free(struct ca *ca);
DEFINE_AUTO(ca)

const char *ca_name(const struct ca *ca);
struct span ca_subject(const struct ca *ca);
int64_t ca_not_after(const struct ca *ca);

/* The constant part of a profile's certificates, encoded once. */
struct ca_shape;
struct ca_shape_options {
    uint32_t key_usage;  /* enum key_usage; always critical */
    const enum oid *eku; /* extKeyUsage, not critical */
    size_t num_eku;
    int64_t validity; /* seconds */
    int64_t backdate; /* seconds notBefore lies in the past */
};
/* `ca` outlives it. ERR_CONFIG: keyUsage without a bit or with one of a CA, a
 * purpose that is the authority's own (cmcCA, cmcRA, cmKGA, ...), no validity.
 */
MUST_USE enum err ca_shape_new(const struct ca *ca,
                               const struct ca_shape_options *options,
                               struct ca_shape **out, struct fault *f);
void ca_shape_free(struct ca_shape *shape);
DEFINE_AUTO(ca_shape)

struct ca_request {
    struct span subject; /* Name */
    struct spki public_key;
    const struct general_name *san; /* empty: no extension */
    size_t num_san;
    /* A shorter time than the shape's that is asked for; 0: none. What lies
     * outside the shape's time, or in no order, is not heeded. */
    int64_t not_before, not_after;
};
struct ca_certificate {
    struct span der;
    struct span serial; /* magnitude octets */
    int64_t not_before, not_after;
};
/*
 * Issues an end-entity certificate: serial of 4 octets of time and 16 random
 * ones, SKI, AKI, keyUsage critical, no basicConstraints cA, the shape's
 * extensions, SAN (critical when the subject is empty), validity from
 * now - backdate, never outside the issuer's own. Into the arena. `shape` is
 * one of this CA.
 * ERR_SYSTEM_UNAVAIL as keys_sign. ERR_CONFIG: the CA itself has expired, or
 * is not valid yet. ERR_BAD_CERT_TEMPLATE: neither subject nor SAN.
 */
MUST_USE enum err ca_issue(const struct ca *ca, const struct ca_shape *shape,
                           const struct ca_request *request, int64_t now,
                           int64_t deadline, struct crypto_ctx *cx,
                           struct arena *a, struct ca_certificate *out,
                           struct fault *f);

/*
 * The dates that ca_issue would give at this time; it fails as that does, but
 * for what the key and memory may add.
 */
MUST_USE enum err ca_plan(const struct ca *ca, const struct ca_shape *shape,
                          const struct ca_request *request, int64_t now,
                          int64_t *not_before, int64_t *not_after,
                          struct fault *f);

/* --- certificates of other authorities (ca/peer.c) --- */

/* What another CA may be certified for, at most. */
struct ca_peer_limits {
    int64_t path_len; /* pathLenConstraint */
    int64_t validity; /* seconds */
    int64_t backdate; /* seconds notBefore lies in the past */
    const struct general_name *permitted; /* nameConstraints; none: no such */
    size_t num_permitted;
};
/* ERR_CONFIG: no time to be valid in, or the pathLenConstraint of `ca` does not
 * leave so many CAs below it. */
MUST_USE enum err ca_check_peer(const struct ca *ca,
                                const struct ca_peer_limits *limits,
                                struct fault *f);

/* What it asks for; what goes beyond the limits is cut to them. */
struct ca_peer_request {
    struct span subject; /* Name */
    struct spki public_key;
    struct span key_id; /* its own subjectKeyIdentifier; absent: of the key */
    bool has_path_len;
    int64_t path_len;
    int64_t not_before, not_after;
};
/*
 * Issues a CA certificate: basicConstraints cA with a pathLenConstraint,
 * always, keyUsage keyCertSign and cRLSign, both critical, SKI, AKI,
 * distribution point, nameConstraints where the limits have any. Into the
 * arena. `limits` passed ca_check_peer.
 * Fails as ca_issue. ERR_BAD_CERT_TEMPLATE: no subject, or no time is left of
 * what is asked for.
 */
MUST_USE enum err ca_certify_peer(const struct ca *ca,
                                  const struct ca_peer_limits *limits,
                                  const struct ca_peer_request *request,
                                  int64_t now, int64_t deadline,
                                  struct crypto_ctx *cx, struct arena *a,
                                  struct ca_certificate *out, struct fault *f);

/* As ca_plan, of ca_certify_peer. */
MUST_USE enum err ca_plan_peer(const struct ca *ca,
                               const struct ca_peer_limits *limits,
                               const struct ca_peer_request *request,
                               int64_t now, int64_t *not_before,
                               int64_t *not_after, struct fault *f);

/* What it signs with, and its key. */
enum sig_alg ca_sig_alg(const struct ca *ca);
const struct spki *ca_key(const struct ca *ca);

/* A full CRL (v2, AKI, cRLNumber), signed. Into the arena. */
MUST_USE enum err ca_make_crl(const struct ca *ca, int64_t number,
                              int64_t this_update, int64_t next_update,
                              const struct crl_entry *entries,
                              size_t num_entries, int64_t deadline,
                              struct crypto_ctx *cx, struct arena *a,
                              struct span *out, struct fault *f);

/* --- making an operator, for `stationmaster init` --- */

enum ca_role {
    CA_ROLE_ROOT,
    CA_ROLE_ISSUING,
    CA_ROLE_CMP_SIGNER,
    CA_ROLE_KEY_GENERATOR,
    CA_ROLE_TLS
};
/*
 * A certificate for an authority's own use, by role: root (self-signed) and
 * issuing CA (keyCertSign, cRLSign, pathLen), CMP signer (digitalSignature,
 * cmcRA), key generator (the same, cmKGA: RFC 9483, 4.1.6), TLS server
 * (digitalSignature, serverAuth, DNS and IP names). `issuer` is the issuer's
 * certificate, absent for a root; `issuer_key` signs. ERR_CONFIG: the issuer
 * may not, its key is another, or the validity is not within its own.
 */
struct ca_role_options {
    enum ca_role role;
    struct span subject; /* Name */
    struct span spki;    /* whole */
    struct span issuer;  /* certificate, DER */
    const struct privkey *issuer_key;
    int64_t not_before, not_after;
    const char *const *hosts; /* TLS: DNS names or IP addresses */
    size_t num_hosts;
};
MUST_USE enum err ca_make_role(const struct ca_role_options *options,
                               struct crypto_ctx *cx, struct arena *a,
                               struct span *out, struct fault *f);

#endif
