/*
 * The one table of algorithms: identifier, parameters, key kind, digest,
 * strength. Which of them a path allows is the profile's to say; that they can
 * be computed is crypto's.
 */
#ifndef ASN1_ALG_H
#define ASN1_ALG_H

#include "asn1/types.h"

enum digest {
    DIGEST_NONE,
    DIGEST_SHA256,
    DIGEST_SHA384,
    DIGEST_SHA512,
    DIGEST_SHAKE256_512, /* SHAKE256 with 64 octets, for Ed448 (RFC 9481) */
    /* Only where a profile names them; digest_find does not. */
    DIGEST_SHA1,
    DIGEST_SHA224,
    DIGEST_MD5,
    DIGEST_NUM
};
#define DIGEST_MAX_LEN 64

/* What a public key is. */
enum key_kind {
    KEY_UNKNOWN,
    KEY_EC_P256,
    KEY_EC_P384,
    KEY_EC_P521,
    KEY_RSA,
    KEY_RSA_PSS, /* id-RSASSA-PSS: RSA for PSS alone */
    KEY_ED25519,
    KEY_ED448,
    KEY_ML_DSA_44,
    KEY_ML_DSA_65,
    KEY_ML_DSA_87,
    KEY_DSA, /* for verifying what a legacy profile takes; never certified */
    KEY_KIND_NUM
};

/* Which kinds of key a signature algorithm takes. */
enum sig_family {
    SIG_FAMILY_ECDSA,
    SIG_FAMILY_RSA,
    SIG_FAMILY_PSS,
    SIG_FAMILY_ED25519,
    SIG_FAMILY_ED448,
    SIG_FAMILY_ML_DSA_44,
    SIG_FAMILY_ML_DSA_65,
    SIG_FAMILY_ML_DSA_87,
    SIG_FAMILY_DSA
};

enum sig_alg {
    SIG_UNKNOWN,
    SIG_ECDSA_SHA256,
    SIG_ECDSA_SHA384,
    SIG_ECDSA_SHA512,
    SIG_RSA_SHA256,
    SIG_RSA_SHA384,
    SIG_RSA_SHA512,
    SIG_PSS_SHA256,
    SIG_PSS_SHA384,
    SIG_PSS_SHA512,
    SIG_ED25519,
    SIG_ED448,
    SIG_ML_DSA_44,
    SIG_ML_DSA_65,
    SIG_ML_DSA_87,
    /* Legacy: only where a profile names them; sig_alg_find does not. */
    SIG_RSA_MD5,
    SIG_RSA_SHA1,
    SIG_ECDSA_SHA1,
    SIG_DSA_SHA1,
    SIG_ALG_NUM
};

struct sig_alg_info {
    enum sig_alg alg;
    const char *name; /* "ecdsa-with-SHA256" */
    enum sig_family family;
    enum digest digest;      /* computed by the algorithm's caller */
    enum digest cert_digest; /* for certHash (RFC 9810, 5.3.18; 9481, 3.3) */
    unsigned strength;       /* bits, of the digest: collision resistance */
    struct span der;         /* the AlgorithmIdentifier to write */
};

/*
 * Which algorithm this identifier names: OID and exact parameters (NULL for
 * RSA, absent for ECDSA and EdDSA; for PSS the hash, MGF1 with the same hash, a
 * salt as long as the hash, trailer 1). SIG_UNKNOWN: none of the table, or
 * with other parameters. Leniency: RSA with absent parameters is taken (RFC
 * 4055 asks receivers to).
 */
enum sig_alg sig_alg_find(const struct alg_id *id);
/* The legacy rows too: for one who then asks whether the profile names it. */
enum sig_alg sig_alg_find_any(const struct alg_id *id);
bool sig_alg_is_legacy(enum sig_alg alg);
/* Legacy rows too. */
enum sig_alg sig_alg_find_by_name(const char *name);
/* NULL for SIG_UNKNOWN. Static storage. */
const struct sig_alg_info *sig_alg_info(enum sig_alg alg);

/* The kind of a public key, by OID and parameters (named curves only). */
enum key_kind key_kind_find(const struct spki *key);
/* The AlgorithmIdentifier of such keys; parameters that are a key's own (PSS,
 * DSA) are left out. */
void key_kind_put(struct der_writer *w, enum key_kind kind);
const char *key_kind_name(enum key_kind kind); /* "P-256", "RSA" */
/* Modulus bits for RSA and DSA, field bits for EC and EdDSA, bits of the key
 * for ML-DSA; 0 where malformed. */
unsigned key_bits(const struct spki *key);
/* True when a key of this kind makes such signatures. */
bool sig_alg_fits(enum sig_alg alg, enum key_kind kind);
/* What to sign with under such a key; SIG_UNKNOWN for KEY_UNKNOWN.
 * P-256, RSA: SHA-256; P-384: SHA-384; P-521: SHA-512. */
enum sig_alg sig_alg_default(enum key_kind kind);

/* Dss-Parms (RFC 3279, 2.3.2) and the public number of a DSA key, all without
 * leading zeros. ERR_BAD_DER, ERR_LIMIT. */
struct dsa_public {
    struct span p, q, g, y;
};
MUST_USE enum err dsa_public_read(const struct spki *key,
                                  struct dsa_public *out);

/* Digest names and identifiers (id-sha256, ...). */
const char *digest_name(enum digest d);
size_t digest_len(enum digest d);
enum digest digest_find(const struct alg_id *id);
/* SHA-1, SHA-224 and MD5 too: for one who then asks whether they are allowed
 * here. */
enum digest digest_find_any(const struct alg_id *id);
struct span digest_alg_id(
    enum digest d); /* AlgorithmIdentifier, params absent*/

#endif
