/*
 * MAC algorithms (RFC 9481, 6): identifiers, their parameters, and what a
 * policy takes of them. That they can be computed is crypto's.
 *
 * A MAC's parameters are the unauthenticated sender's choice, and so is the
 * work they ask for: mac_params_check judges them, before anything is derived.
 */
#ifndef ASN1_MAC_H
#define ASN1_MAC_H

#include "asn1/alg.h"

enum mac_alg {
    MAC_UNKNOWN,
    MAC_PBM,     /* id-PasswordBasedMac (RFC 9810, 5.1.3.1) */
    MAC_PBMAC1,  /* id-PBMAC1 with PBKDF2 and HMAC (RFC 8018, 7.1) */
    MAC_HMAC,    /* HMAC under the secret itself (RFC 9481, 6.2.1) */
    MAC_KMAC128, /* KMAC under the secret itself (RFC 8702, 3.4) */
    MAC_KMAC256,
    MAC_DH,  /* id-DHBasedMac: known, to be refused by name */
    MAC_KEM, /* id-KemBasedMac: likewise */
    MAC_ALG_NUM
};

/* By OID alone; the parameters are mac_params_read's. For MAC_HMAC any of the
 * identifiers of hmac_find. */
enum mac_alg mac_alg_find(const struct alg_id *id);
enum mac_alg mac_alg_find_by_name(const char *name);
/* "PasswordBasedMac", "PBMAC1", "KMAC128"; "unknown" for MAC_UNKNOWN. */
const char *mac_alg_name(enum mac_alg alg);

/*
 * The digest of an HMAC identifier, parameters NULL or absent (RFC
 * 9481, 6.2.1): hmacWithSHA1 and hmacWithSHA224 to 512, and HMAC-SHA1 under the
 * identifier of RFC 4210. DIGEST_NONE: none of these.
 */
enum digest hmac_find(const struct alg_id *id);
/* The AlgorithmIdentifier to write, parameters NULL; absent where there is no
 * HMAC with this digest. */
struct span hmac_alg_id(enum digest d);

/* --- parameters as they stand --- */

/* PBMParameter (RFC 9810, 5.1.3.1). The count is kept as the octets of the
 * INTEGER, as a sender may choose any size. */
struct pbm_params {
    struct span salt;
    struct alg_id owf;
    struct span iteration_count;
    struct alg_id mac;
};
MUST_USE enum err pbm_params_read(struct der *in, struct pbm_params *out);
void pbm_params_put(struct der_writer *w, const struct pbm_params *p);

/* PBKDF2-params (RFC 8018, A.2) with the salt itself: otherSource is
 * ERR_BAD_DER. An absent prf is hmacWithSHA1 and has an absent der. */
struct pbkdf2_params {
    struct span salt;
    struct span iteration_count;
    struct span key_length; /* absent: the MAC's own */
    struct alg_id prf;
};
MUST_USE enum err pbkdf2_params_read(struct der *in, struct pbkdf2_params *out);
void pbkdf2_params_put(struct der_writer *w, const struct pbkdf2_params *p);

/* PBMAC1-params (RFC 8018, A.5). */
struct pbmac1_params {
    struct alg_id key_derivation;
    struct alg_id mac;
};
MUST_USE enum err pbmac1_params_read(struct der *in, struct pbmac1_params *out);
void pbmac1_params_put(struct der_writer *w, const struct pbmac1_params *p);

/* KMACwithSHAKE128-params and KMACwithSHAKE256-params (RFC 8702, A). Absent
 * fields have their default, which no DER writes. */
struct kmac_params {
    struct span output_length; /* in bits; absent: the default */
    struct span customization; /* absent: empty */
};
MUST_USE enum err kmac_params_read(struct der *in, enum mac_alg alg,
                                   struct kmac_params *out);
void kmac_params_put(struct der_writer *w, const struct kmac_params *p);

/* --- parameters resolved --- */

struct mac_params {
    enum mac_alg alg;
    struct span salt;    /* PBM, PBMAC1 */
    uint32_t iterations; /* likewise; UINT32_MAX: that many or more */
    enum digest owf;     /* PBM's one-way function, PBKDF2's PRF */
    enum digest mac;     /* HMAC's */
    uint32_t key_len;    /* PBMAC1, in octets; UINT32_MAX likewise */
    uint32_t out_bits;   /* KMAC; UINT32_MAX likewise */
    struct span customization;
};

/*
 * Reads the parameters of any MAC here. An owf, PRF or mac outside the tables
 * is DIGEST_NONE then, which no policy takes.
 * ERR_BAD_ALG: not a MAC of the table, or one that is refused by name (DH and
 * KEM-based); PBMAC1 over another function than PBKDF2.
 * ERR_BAD_DATA_FORMAT: the parameters are not what the algorithm asks for.
 */
MUST_USE enum err mac_params_read(const struct alg_id *id,
                                  struct mac_params *out, struct fault *f);

/* Writes the AlgorithmIdentifier. Its digests are ones hmac_alg_id and
 * digest_alg_id have; DIGEST_NONE, 0 and absent where they do not apply. */
MUST_USE enum err mac_params_write(const struct mac_params *p, struct arena *a,
                                   struct span *out);

#define MAC_BIT(alg) (1u << (alg))
#define DIGEST_BIT(digest) (1u << (digest))

/* What is taken. All masks have bit DIGEST_NONE and MAC_UNKNOWN clear. */
struct mac_policy {
    uint32_t algs; /* of MAC_BIT */
    uint32_t owfs; /* of DIGEST_BIT: PBM's one-way function, PBKDF2's PRF */
    uint32_t macs; /* of DIGEST_BIT: the HMAC */
    uint32_t min_iterations, max_iterations;
    size_t min_salt_len, max_salt_len;
};

/* SHA-2 everywhere, PBM and PBMAC1; a count from the least of RFC 9045, 4.3 to
 * what it recommends for secrets that people choose, which takes a millisecond
 * or two to refuse. */
extern const struct mac_policy mac_policy_strong;

/*
 * Judges them: in bounded time, and before any derivation. For PBMAC1 the
 * blocks that a longer key takes count as iterations, and the key has 20 to 64
 * octets; KMAC gives 128 to 512 bits, under at most 64 octets of customization.
 * ERR_BAD_ALG.
 */
MUST_USE enum err mac_params_check(const struct mac_params *p,
                                   const struct mac_policy *policy,
                                   struct fault *f);

#endif
