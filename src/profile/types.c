#include "profile/profile.h"

#include "base/buf.h"
#include "base/limits.h"
#include "profile/rules.h"

#define SIG_BIT(alg) (1u << (alg))
#define KEY_BIT(kind) (1u << (kind))

#define STRONG_SIG_ALGS                                      \
    (SIG_BIT(SIG_ECDSA_SHA256) | SIG_BIT(SIG_ECDSA_SHA384) | \
     SIG_BIT(SIG_ECDSA_SHA512) | SIG_BIT(SIG_RSA_SHA256) |   \
     SIG_BIT(SIG_RSA_SHA384) | SIG_BIT(SIG_RSA_SHA512) |     \
     SIG_BIT(SIG_PSS_SHA256) | SIG_BIT(SIG_PSS_SHA384) |     \
     SIG_BIT(SIG_PSS_SHA512) | SIG_BIT(SIG_ED25519) | SIG_BIT(SIG_ED448))
#define STRONG_KEY_KINDS                                                  \
    (KEY_BIT(KEY_EC_P256) | KEY_BIT(KEY_EC_P384) | KEY_BIT(KEY_EC_P521) | \
     KEY_BIT(KEY_RSA) | KEY_BIT(KEY_RSA_PSS) | KEY_BIT(KEY_ED25519) |     \
     KEY_BIT(KEY_ED448))

/* Beyond any of the two documents; refused by name where libcrypto has none. */
#define POST_QUANTUM_SIG_ALGS \
    (SIG_BIT(SIG_ML_DSA_44) | SIG_BIT(SIG_ML_DSA_65) | SIG_BIT(SIG_ML_DSA_87))
#define POST_QUANTUM_KEY_KINDS \
    (KEY_BIT(KEY_ML_DSA_44) | KEY_BIT(KEY_ML_DSA_65) | KEY_BIT(KEY_ML_DSA_87))

/* What TS 33.310, 6.1.1, forbids today, and stations of about 2010 sign with.
 */
#define LEGACY_SIG_ALGS                                                       \
    (SIG_BIT(SIG_RSA_MD5) | SIG_BIT(SIG_RSA_SHA1) | SIG_BIT(SIG_ECDSA_SHA1) | \
     SIG_BIT(SIG_DSA_SHA1))

#define SHA2                                                 \
    (DIGEST_BIT(DIGEST_SHA256) | DIGEST_BIT(DIGEST_SHA384) | \
     DIGEST_BIT(DIGEST_SHA512))
/* RFC 9483, 4.1.3 and 4.2: a kur and an rr are signed with the certificate that
 * they are about. */
#define REQUESTS_BY_MAC                                                       \
    (BODY_BIT(CMP_IR) | BODY_BIT(CMP_CR) | BODY_BIT(CMP_P10CR) |              \
     BODY_BIT(CMP_CERT_CONF) | BODY_BIT(CMP_POLL_REQ) | BODY_BIT(CMP_ERROR) | \
     BODY_BIT(CMP_GENM) | BODY_BIT(CMP_POPDECR))

/* A signature by every key that can; others are proven by what only their
 * holder decrypts. */
#define POP_BY_DECRYPTION                                   \
    (POP_BIT(POP_SIGNATURE) | POP_BIT(POP_ENCRYPTED_CERT) | \
     POP_BIT(POP_CHALLENGE))

#define ANSWERED_WITH_CERTS                                      \
    (BODY_BIT(CMP_IR) | BODY_BIT(CMP_CR) | BODY_BIT(CMP_P10CR) | \
     BODY_BIT(CMP_KUR))

/* Every MAC there is with SHA-2. */
static const struct mac_policy all_macs = {
    .algs = MAC_BIT(MAC_PBM) | MAC_BIT(MAC_PBMAC1) | MAC_BIT(MAC_HMAC) |
            MAC_BIT(MAC_KMAC128) | MAC_BIT(MAC_KMAC256),
    .owfs = SHA2,
    .macs = SHA2,
    .min_iterations = 100,
    .max_iterations = 10000,
    .min_salt_len = 8,
    .max_salt_len = 64,
};

/* SHA-1 besides, since the stations of that time have nothing else. */
static const struct mac_policy legacy_macs = {
    .algs = MAC_BIT(MAC_PBM) | MAC_BIT(MAC_PBMAC1),
    .owfs = SHA2 | DIGEST_BIT(DIGEST_SHA1),
    .macs = SHA2 | DIGEST_BIT(DIGEST_SHA1),
    .min_iterations = 100,
    .max_iterations = 10000,
    .min_salt_len = 8,
    .max_salt_len = 64,
};

struct type_row {
    const char *name;
    uint32_t bodies;
    uint32_t sig_algs;
    uint32_t key_kinds;
    uint32_t more_signer_keys;
    uint32_t pop_methods;
    unsigned rsa_min_bits, rsa_max_bits;
    uint32_t mac_bodies;
    const struct mac_policy *macs;
    uint32_t ca_pubs_bodies;
    bool may_grant_implicit;
    size_t max_requests;
    bool needs_reason;
    bool revokes_others;
    bool may_hold;
    bool may_take_passphrases;
};

static const struct type_row types[] = {
    /* TS 33.310, 9.5: ir, kur and their confirmation, signature-protected,
     * always confirmed. Ed25519 and Ed448 go beyond 6.1.1, which names RSA and
     * ECDSA; a configuration narrows the list with `algorithms`. pollReq is of
     * use where `approval` makes requests wait. */
    [PROFILE_3GPP_BS] = {
        .name = "3gpp-bs",
        .bodies = BODY_BIT(CMP_IR) | BODY_BIT(CMP_KUR) |
                  BODY_BIT(CMP_CERT_CONF) | BODY_BIT(CMP_POLL_REQ),
        .sig_algs = STRONG_SIG_ALGS,
        .key_kinds = STRONG_KEY_KINDS,
        .pop_methods = POP_BIT(POP_SIGNATURE),
        .rsa_min_bits = 2048,
        .rsa_max_bits = 4096,
        .ca_pubs_bodies = BODY_BIT(CMP_IR) | BODY_BIT(CMP_KUR),
        .may_grant_implicit = false,
        .max_requests = 1,
    },
    /* RFC 9483, 4.1 and 4.2: one request a message; kur and rr are signed; caPubs
     * are an ip's alone. An
     * rr gives a reason and is signed with the certificate it revokes, which no
     * held one could lift again: so none is held. */
    [PROFILE_RFC9483] = {
        .name = "rfc9483",
        .bodies = BODY_BIT(CMP_IR) | BODY_BIT(CMP_CR) | BODY_BIT(CMP_P10CR) |
                  BODY_BIT(CMP_KUR) | BODY_BIT(CMP_RR) | BODY_BIT(CMP_GENM) | BODY_BIT(CMP_NESTED) | BODY_BIT(CMP_CERT_CONF) |
                  BODY_BIT(CMP_POLL_REQ) | BODY_BIT(CMP_ERROR),
        .sig_algs = STRONG_SIG_ALGS,
        .key_kinds = STRONG_KEY_KINDS,
        .pop_methods = POP_BIT(POP_SIGNATURE),
        .rsa_min_bits = 2048,
        .rsa_max_bits = 4096,
        .mac_bodies = REQUESTS_BY_MAC,
        .macs = &mac_policy_strong,
        .ca_pubs_bodies = BODY_BIT(CMP_IR),
        .may_grant_implicit = true,
        .max_requests = 1,
        .needs_reason = true,
    },
    /* For laboratories: cr and ML-DSA besides, and implicitConfirm when asked
     * for. Revocation passphrases (RFC 9810, appendix B) are of this type alone:
     * RFC 9483, 4.2 has every rr signed. */
    [PROFILE_OPEN] = {
        .name = "open",
        .bodies = BODY_BIT(CMP_IR) | BODY_BIT(CMP_CR) | BODY_BIT(CMP_P10CR) |
                  BODY_BIT(CMP_KUR) | BODY_BIT(CMP_CCR) | BODY_BIT(CMP_RR) | BODY_BIT(CMP_GENM) | BODY_BIT(CMP_NESTED) | BODY_BIT(CMP_CERT_CONF) |
                  BODY_BIT(CMP_POPDECR) | BODY_BIT(CMP_POLL_REQ) | BODY_BIT(CMP_ERROR),
        .sig_algs = STRONG_SIG_ALGS | POST_QUANTUM_SIG_ALGS,
        .key_kinds = STRONG_KEY_KINDS | POST_QUANTUM_KEY_KINDS,
        .pop_methods = POP_BY_DECRYPTION | POP_BIT(POP_AGREE_MAC),
        .rsa_min_bits = 2048,
        .rsa_max_bits = 4096,
        .mac_bodies = REQUESTS_BY_MAC,
        .macs = &all_macs,
        .ca_pubs_bodies = ANSWERED_WITH_CERTS,
        .may_grant_implicit = true,
        .max_requests = LIMIT_CERT_REQ_MSGS,
        .revokes_others = true,
        .may_hold = true,
        .may_take_passphrases = true,
    },
    /* The CMPv2 backhaul profile of about 2010, with what TS 33.310 forbids
     * since: here alone, and only where a configuration names it. A DSA key
     * may sign requests; none is certified. */
    [PROFILE_LEGACY_2010] = {
        .name = "legacy-2010",
        .bodies = BODY_BIT(CMP_IR) | BODY_BIT(CMP_CR) | BODY_BIT(CMP_P10CR) |
                  BODY_BIT(CMP_KUR) | BODY_BIT(CMP_RR) | BODY_BIT(CMP_CERT_CONF) |
                  BODY_BIT(CMP_POPDECR) | BODY_BIT(CMP_POLL_REQ) | BODY_BIT(CMP_ERROR),
        .sig_algs = STRONG_SIG_ALGS | LEGACY_SIG_ALGS,
        .key_kinds = STRONG_KEY_KINDS,
        .more_signer_keys = KEY_BIT(KEY_DSA),
        .pop_methods = POP_BY_DECRYPTION,
        .rsa_min_bits = 2048,
        .rsa_max_bits = 4096,
        .mac_bodies = REQUESTS_BY_MAC,
        .macs = &legacy_macs,
        .ca_pubs_bodies = ANSWERED_WITH_CERTS,
        .may_grant_implicit = false,
        .max_requests = LIMIT_CERT_REQ_MSGS,
    },
};

const char *profile_type_name(enum profile_type type)
{
    return types[type].name;
}

enum profile_type profile_type_find(const char *name)
{
    enum profile_type type = PROFILE_3GPP_BS;

    while (type < PROFILE_TYPE_NUM && strcmp(types[type].name, name) != 0)
        type++;
    return type;
}

void profile_init(struct profile *p, enum profile_type type)
{
    const struct type_row *row = &types[type];

    *p = (struct profile){
        .type = type,
        .signing_keys_sign = true,
        .bodies = row->bodies,
        .sig_algs = row->sig_algs,
        .key_kinds = row->key_kinds,
        .more_signer_keys = row->more_signer_keys,
        .pop_methods = row->pop_methods,
        .mac_bodies = row->mac_bodies & row->bodies,
        .macs = row->macs,
        .rsa_min_bits = row->rsa_min_bits,
        .rsa_max_bits = row->rsa_max_bits,
        .ca_pubs_bodies = row->ca_pubs_bodies,
        .may_grant_implicit = row->may_grant_implicit,
        .max_requests = row->max_requests,
        .needs_reason = row->needs_reason,
        .revokes_others = row->revokes_others,
        .may_hold = row->may_hold,
        .may_take_passphrases = row->may_take_passphrases,
    };
}

bool profile_take_passphrases(struct profile *p)
{
    if (!p->may_take_passphrases)
        return false;
    p->takes_passphrases = true;
    p->mac_bodies |= BODY_BIT(CMP_RR);
    return true;
}

static void format_digests(uint32_t mask, struct buf *out)
{
    const char *sep = " ";

    for (enum digest d = DIGEST_NONE + 1; d < DIGEST_NUM; d++) {
        if ((mask & DIGEST_BIT(d)) == 0)
            continue;
        buf_printf(out, "%s%s", sep, digest_name(d));
        sep = ", ";
    }
}

static void format_macs(const struct profile *p, struct buf *out)
{
    const struct mac_policy *macs = p->macs;

    if (macs == NULL) {
        buf_add_str(out, " none");
        return;
    }
    for (enum mac_alg m = MAC_UNKNOWN + 1; m < MAC_ALG_NUM; m++)
        if ((macs->algs & MAC_BIT(m)) != 0)
            buf_printf(out, " %s", mac_alg_name(m));
    buf_printf(out, "\n  MACs' one-way functions:");
    format_digests(macs->owfs, out);
    buf_printf(out, "\n  MACs' HMACs:");
    format_digests(macs->macs, out);
    buf_printf(out, "\n  MACs' salt: %zu to %zu octets, iterations: %u to %u",
               macs->min_salt_len, macs->max_salt_len, macs->min_iterations,
               macs->max_iterations);
    buf_printf(out, "\n  under a MAC:");
    for (enum cmp_body_type t = CMP_IR; t < CMP_BODY_NUM; t++)
        if ((p->mac_bodies & BODY_BIT(t)) != 0)
            buf_printf(out, " %s", cmp_body_name(t));
}

static void format_possession(const struct profile *p, struct buf *out)
{
    for (enum pop_method m = POP_NONE; m < POP_METHOD_NUM; m++)
        if ((p->pop_methods & POP_BIT(m)) != 0)
            buf_printf(out, " %s", pop_method_word(m));
}

void profile_format(const struct profile *p, struct buf *out)
{
    buf_printf(out, "profile %s\n  requests:", types[p->type].name);
    for (enum cmp_body_type t = CMP_IR; t < CMP_BODY_NUM; t++)
        if ((p->bodies & BODY_BIT(t)) != 0)
            buf_printf(out, " %s", cmp_body_name(t));
    buf_printf(out, "\n  signatures:");
    for (enum sig_alg s = SIG_UNKNOWN + 1; s < SIG_ALG_NUM; s++)
        if ((p->sig_algs & SIG_BIT(s)) != 0)
            buf_printf(out, " %s", sig_alg_info(s)->name);
    buf_printf(out, "\n  keys:");
    for (enum key_kind k = KEY_UNKNOWN + 1; k < KEY_KIND_NUM; k++)
        if ((p->key_kinds & KEY_BIT(k)) != 0)
            buf_printf(out, " %s", key_kind_name(k));
    if (p->more_signer_keys != 0)
        buf_printf(out, "\n  keys of signers besides:");
    for (enum key_kind k = KEY_UNKNOWN + 1; k < KEY_KIND_NUM; k++)
        if ((p->more_signer_keys & KEY_BIT(k)) != 0)
            buf_printf(out, " %s", key_kind_name(k));
    buf_printf(out, "\n  proofs of possession:");
    format_possession(p, out);
    buf_printf(out, "\n  MACs:");
    format_macs(p, out);
    buf_printf(out, "\n  RSA modulus: %u to %u bits\n", p->rsa_min_bits,
               p->rsa_max_bits);
    buf_printf(out, "  caPubs in answers to:");
    for (enum cmp_body_type t = CMP_IR; t < CMP_BODY_NUM; t++)
        if ((p->ca_pubs_bodies & BODY_BIT(t)) != 0)
            buf_printf(out, " %s", cmp_body_name(t));
    buf_printf(out, "\n  implicitConfirm: %s\n",
               p->may_grant_implicit ? "granted when the profile says so"
                                     : "ignored");
    buf_printf(out, "  CertReqMsgs: %zu%s\n", p->max_requests,
               p->max_requests == 1 ? "" : " at most");
    if ((p->bodies & BODY_BIT(CMP_RR)) == 0)
        return;
    buf_printf(out, "  RevDetails: %zu%s, signed with %s\n", p->max_requests,
               p->max_requests == 1 ? "" : " at most",
               p->revokes_others ? "any certificate of the station in force"
                                 : "the certificate revoked");
    buf_printf(out, "  reasonCode: %s, certificateHold %s\n",
               p->needs_reason ? "must be given" : "may be given",
               p->may_hold ? "allowed" : "refused");
    buf_printf(out, "  revocation passphrases: %s\n",
               p->may_take_passphrases ? "taken when the profile says so"
                                       : "refused");
}
