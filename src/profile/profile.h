/*
 * Profiles: what one enrolment path asks of a message, as data and pure
 * functions over the message and the facts found about it.
 */
#ifndef PROFILE_PROFILE_H
#define PROFILE_PROFILE_H

#include "asn1/cmp.h"
#include "asn1/mac.h"
#include "base/buf.h"

/* The kinds of profile (DESIGN of each: types.c). */
enum profile_type {
    PROFILE_3GPP_BS,     /* TS 33.310, clause 9 */
    PROFILE_RFC9483,     /* the Lightweight CMP Profile */
    PROFILE_OPEN,        /* every body we have, for laboratories */
    PROFILE_LEGACY_2010, /* the backhaul profile of about 2010 */
    PROFILE_TYPE_NUM
};
const char *profile_type_name(enum profile_type type);
/* PROFILE_TYPE_NUM: no such type. */
enum profile_type profile_type_find(const char *name);

/* What becomes of a certificate that is rejected or never confirmed. */
enum aftermath {
    AFTERMATH_REVOKE,
    AFTERMATH_KEEP
};

/* A choice between taking, noting and refusing. */
enum lenience {
    LENIENCE_ALLOW,
    LENIENCE_WARN,
    LENIENCE_REFUSE
};

#define BODY_BIT(type) (1u << (type))

/* How possession of a new key is shown (RFC 9810, 5.2.8). */
enum pop_method {
    POP_NONE,
    POP_RA_VERIFIED,
    POP_SIGNATURE,
    POP_ENCRYPTED_CERT, /* the certificate comes encrypted to the key */
    POP_CHALLENGE,      /* popdecc and popdecr */
    POP_THIS_MESSAGE,   /* the key itself is sent, in one form or the other */
    POP_ENCRYPTED_KEY,
    POP_DH_MAC, /* a MAC under what the key agrees on with the CA's */
    POP_AGREE_MAC,
    POP_UNKNOWN, /* another number in subsequentMessage */
    POP_METHOD_NUM
};
#define POP_BIT(method) (1u << (method))
enum pop_method pop_method_of(const struct popo *popo);
/* "signature", "encrCert", "challengeResp", ...; static storage. */
const char *pop_method_word(enum pop_method method);

/* A profile: what its type fixes, then what the configuration chooses. */
struct profile {
    const char *name;
    enum profile_type type;
    /* of the type */
    uint32_t bodies;    /* requests taken: BODY_BIT each */
    uint32_t sig_algs;  /* 1 << enum sig_alg: protection, POP */
    uint32_t key_kinds; /* 1 << enum key_kind: keys certified, signers' */
    uint32_t more_signer_keys; /* the same: signers' alone */
    uint32_t pop_methods;      /* POP_BIT each */
    unsigned rsa_min_bits, rsa_max_bits;
    uint32_t mac_bodies;           /* of them, under a shared secret too */
    const struct mac_policy *macs; /* what MACs then; NULL: none */
    uint32_t ca_pubs_bodies;       /* requests whose answers may have caPubs */
    bool may_grant_implicit;       /* implicitConfirm is heard at all */
    size_t max_requests; /* CertReqMsgs, or RevDetails, in one message */
    bool needs_reason;   /* reasonCode in each RevDetails */
    bool revokes_others; /* a station's certificates by any current one */
    bool may_hold;       /* certificateHold and removeFromCRL are heard */
    bool may_take_passphrases;
    /* of the configuration */
    bool implicit_confirm;
    bool ir_by_operator_certificate;
    bool same_key_update;
    bool makes_keys;        /* for who asks (RFC 9483, 4.1.6) */
    bool takes_passphrases; /* and an rr under one (profile_take_passphrases) */
    bool signing_keys_sign; /* or else decrypt, if they can */
    uint32_t approval; /* BODY_BITs of requests that wait for an operator */
    enum lenience vendor_key_reuse;
    int64_t message_time_window; /* seconds either way */
    int64_t confirm_wait;        /* seconds */
    int64_t renew_grace;         /* seconds past notAfter a kur is taken */
    enum aftermath on_timeout, on_rejection;
};

/* The type's part, and that keys which can sign must; the rest zero. */
void profile_init(struct profile *p, enum profile_type type);

/* Lets stations bring revocation passphrases, and ask under them. False: not in
 * this type. */
MUST_USE bool profile_take_passphrases(struct profile *p);

/* The profile as lines of text, for a checked file and `config --explain`. */
void profile_format(const struct profile *p, struct buf *out);

/* Who signed a message, as far as step 4 could tell. */
enum signer_kind {
    SIGNER_UNKNOWN,
    SIGNER_VENDOR,     /* its path ends at a vendor's anchor */
    SIGNER_OPERATOR,   /* one of our own certificates */
    SIGNER_SECRET,     /* nobody: a MAC under a secret we share */
    SIGNER_PASSPHRASE, /* nobody: a MAC under a station's passphrase */
    SIGNER_RA,         /* a registration authority that the profile hears */
    SIGNER_PEER_CA     /* a CA that may ask to be certified as one */
};

enum known {
    KNOWN_YES,
    KNOWN_NO,
    KNOWN_UNKNOWN
};

/* What the vendor entry says of names a station suggests. */
enum suggested_names {
    NAMES_REPLACE,
    NAMES_KEEP,
    NAMES_REFUSE
};

enum fact_transaction {
    FACT_NO_TRANSACTION,
    FACT_UNCONFIRMED,
    FACT_CONFIRMED,
    FACT_REJECTED,
    FACT_TIMED_OUT,
    FACT_WAITING,    /* a request of it is not answered yet */
    FACT_CHALLENGED, /* a popdecr is awaited */
    FACT_ENDED       /* with its first answer: nothing was to be confirmed */
};

/* Is the new key the requester's? */
enum fact_possession {
    FACT_PROVEN,
    FACT_TO_CHALLENGE,
    FACT_BY_CERTIFICATE /* its certConf will tell */
};

/* What an operator said of a request that waited. */
enum fact_approval {
    FACT_UNDECIDED,
    FACT_APPROVED,
    FACT_DENIED
};

/* The certificate that an rr names. */
struct target {
    bool is_under_us; /* its issuer is one of our CAs */
    bool is_known;    /* the store has it, and the rest of this */
    bool is_stations; /* the signer's station's */
    bool is_signer;   /* the very one that signed */
    bool is_revoked;
    bool is_held; /* revoked, but for now: certificateHold */
    bool is_expired;
};

/* ccr: what is agreed with the CA that asks, and what ours has to say. */
struct fact_peer {
    struct span subject; /* the Name it may be certified under */
    int64_t path_len;    /* pathLenConstraint at most */
    int64_t until;       /* notAfter at most */
    enum sig_alg ca_alg; /* what our CA signs with, and its key */
    const struct spki *ca_key;
};

/* A certificate that awaits its CertStatus. */
struct fact_issued {
    int64_t cert_req_id;
    bool hash_alg_known; /* hashAlg of its CertStatus, if any */
    struct span hash;    /* with that, or the hash of its own signature */
    struct span subject; /* of the certificate: a Name */
};

/* What certHash is made with (RFC 9810, 5.3.18): the digest that hashAlg names,
 * or, where that is NULL or absent, the one that goes with the signature of the
 * certificate. DIGEST_NONE: it is not known here. */
enum digest cert_hash_digest(const struct alg_id *sig_alg,
                             const struct alg_id *hash_alg);

/*
 * What steps 3 and 4 found about a message. Everything the rules and the
 * decision need beyond the message itself.
 */
struct facts {
    int64_t now;
    struct span ca_subject; /* Name of the CA the profile issues under */

    /* the signer */
    enum signer_kind signer_kind;
    const struct x509_cert *signer; /* NULL until known, and for a MAC */
    enum known signer_revoked;
    bool refuse_unknown_revocation; /* the vendor entry's choice */
    bool quirk_no_digital_signature;
    bool quirk_sender_mismatch;

    /* SIGNER_RA: what the configuration trusts it with */
    bool ra_may_verify, ra_may_request, ra_may_revoke;
    bool is_vouched; /* signed, or wrapped, by an RA that may approve */

    /* the station behind it */
    struct span vendor, serial; /* serial absent: naming rule found none */
    bool is_allowed;            /* no allow-list, or on it */
    bool is_blocked;
    enum suggested_names suggested_names;
    struct span suggested;   /* Name of the template; absent: none */
    bool suggested_is_taken; /* another station has it, or its SAN */

    /* signed with one of our own certificates */
    bool old_is_ours; /* found by issuer and serial, byte for byte */
    bool old_is_confirmed;
    bool old_is_revoked;
    bool old_has_update;         /* an unconfirmed successor */
    const struct x509_cert *old; /* kur: the one it updates */

    /* the transaction */
    enum fact_transaction transaction;
    struct span our_nonce; /* senderNonce of our last reply in it */
    int64_t transaction_pvno;
    bool request_seen; /* a certificate was once issued for these bytes */
    bool transaction_id_used; /* by this requester, with other bytes */

    enum fact_possession possession; /* of each request its own */
    bool is_answer_right; /* popdecr: the numbers that were encrypted */

    /* pollReq, and the request it is about once that goes on */
    enum fact_approval approval;
    enum cmp_body_type waiting_body;
    const int64_t *waiting; /* certReqIds that a pollReq may name */
    size_t num_waiting;
    struct target target;         /* rr: of each RevDetails its own */
    const struct fact_peer *peer; /* ccr; NULL: another body */

    /* certConf: the certificates issued in the transaction */
    const struct fact_issued *issued;
    size_t num_issued;
};

/* The issued certificate a CertStatus speaks of; NULL: none. */
const struct fact_issued *issued_find(const struct facts *facts,
                                      int64_t cert_req_id);

/* What crlEntryDetails ask for (RFC 5280, 5.3). */
struct rev_wish {
    bool has_reason;
    int64_t reason;          /* CRLReason; unspecified where none is given */
    int64_t invalidity_date; /* 0: none */
};
/* Other extensions are passed over. ERR_BAD_DER: a value is not its type. */
MUST_USE enum err rev_wish_read(const struct rev_details *d,
                                struct rev_wish *out);

/* What a template asks for of a CA's certificate (RFC 5280, 4.2.1). */
struct ca_wish {
    bool is_ca, has_path_len;
    int64_t path_len;
    uint32_t key_usage;
    struct span key_id; /* subjectKeyIdentifier; absent: none */
};
/* Other extensions are passed over. ERR_BAD_DER: a value is not its type. */
MUST_USE enum err ca_wish_read(const struct cert_template *t,
                               struct ca_wish *out);

/* The same subject, SAN included, as the template asks: for a kur. */
struct span template_san(const struct cert_template *t);

#endif
