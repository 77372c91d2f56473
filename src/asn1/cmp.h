/*
 * CMP messages (RFC 9810, appendix F; its module has EXPLICIT tags).
 */
#ifndef ASN1_CMP_H
#define ASN1_CMP_H

#include "asn1/crmf.h"
#include "asn1/p10.h"

enum cmp_body_type {
    CMP_IR = 0,
    CMP_IP = 1,
    CMP_CR = 2,
    CMP_CP = 3,
    CMP_P10CR = 4,
    CMP_POPDECC = 5,
    CMP_POPDECR = 6,
    CMP_KUR = 7,
    CMP_KUP = 8,
    CMP_KRR = 9,
    CMP_KRP = 10,
    CMP_RR = 11,
    CMP_RP = 12,
    CMP_CCR = 13,
    CMP_CCP = 14,
    CMP_CKUANN = 15,
    CMP_CANN = 16,
    CMP_RANN = 17,
    CMP_CRLANN = 18,
    CMP_PKICONF = 19,
    CMP_NESTED = 20,
    CMP_GENM = 21,
    CMP_GENP = 22,
    CMP_ERROR = 23,
    CMP_CERT_CONF = 24,
    CMP_POLL_REQ = 25,
    CMP_POLL_REP = 26,
    CMP_BODY_NUM = 27
};
/* "ir", "certConf", ..., as the ASN.1 spells it; static storage. */
const char *cmp_body_name(enum cmp_body_type type);

enum pki_status {
    STATUS_ACCEPTED = 0,
    STATUS_GRANTED_WITH_MODS = 1,
    STATUS_REJECTION = 2,
    STATUS_WAITING = 3,
    STATUS_REVOCATION_WARNING = 4,
    STATUS_REVOCATION_NOTIFICATION = 5,
    STATUS_KEY_UPDATE_WARNING = 6
};

struct text_list { /* PKIFreeText: UTF8Strings */
    const struct span *list;
    size_t num;
};

MUST_USE enum err text_list_read(struct der *in, struct arena *a,
                                 struct text_list *out);
void text_list_put(struct der_writer *w, const struct text_list *texts);

struct pki_status_info {
    int64_t status;
    struct text_list status_string;
    bool has_fail_info;
    uint32_t fail_info; /* mask: bit n is PKIFailureInfo bit n */
};
/*
 * failInfo is a named bit list: trailing zero bits are ERR_BAD_DER, bits
 * beyond 31 ERR_LIMIT. Values of status outside the enum are kept, and nothing
 * is said of which belong together.
 */
MUST_USE enum err status_info_read(struct der *in, struct arena *a,
                                   struct pki_status_info *out);
void status_info_put(struct der_writer *w, const struct pki_status_info *s);

struct info_type_value {
    struct span oid;
    enum oid id;
    struct span value; /* one whole element; absent if left out */
};
struct info_list {
    const struct info_type_value *list;
    size_t num;
};

/* SEQUENCE OF InfoTypeAndValue: genm and genp, which may be empty. */
MUST_USE enum err info_list_read(struct der *in, struct arena *a,
                                 struct info_list *out);
void info_list_put(struct der_writer *w, const struct info_list *infos);

/* transactionID, nonces and key identifiers are the content of their OCTET
 * STRING, of at most LIMIT_ID_LEN octets; an empty one is not absent. */
struct pki_header {
    struct span der;
    int64_t pvno;
    struct general_name sender, recipient;
    bool has_message_time;
    int64_t message_time;
    struct alg_id protection_alg; /* oid absent if not there */
    struct span sender_kid, recip_kid;
    struct span transaction_id, sender_nonce, recip_nonce;
    struct text_list free_text;
    struct info_list general_info;
};
MUST_USE enum err cmp_header_read(struct der *in, struct arena *a,
                                  struct pki_header *out);
/* The first entry with this id, or NULL. */
const struct info_type_value *info_find(const struct info_list *infos,
                                        enum oid id);

/*
 * CertResponse. EncryptedKey is kept whole: its tag is 30 for EncryptedValue
 * and A0 for EnvelopedData.
 */
struct cert_response {
    int64_t cert_req_id;
    struct pki_status_info status;
    bool has_key_pair;
    struct span certificate;      /* whole Certificate, absent if encrypted */
    struct span encrypted_cert;   /* EncryptedKey, whole, absent if not */
    struct span private_key;      /* EncryptedKey, whole */
    struct span publication_info; /* PKIPublicationInfo, whole */
    struct span rsp_info;         /* OCTET STRING content */
};
struct cert_rep_message {
    const struct span *ca_pubs; /* whole Certificates */
    size_t num_ca_pubs;
    bool has_ca_pubs;
    const struct cert_response *responses;
    size_t num_responses;
};
MUST_USE enum err cert_rep_read(struct der *in, struct arena *a,
                                struct cert_rep_message *out);
void cert_rep_put(struct der_writer *w, const struct cert_rep_message *rep);

struct cert_status {
    struct span cert_hash;
    int64_t cert_req_id;
    bool has_status_info;
    struct pki_status_info status_info;
    struct alg_id hash_alg; /* oid absent if not there */
};
struct cert_conf {
    const struct cert_status *list;
    size_t num; /* 0 rejects all */
};

MUST_USE enum err cert_conf_read(struct der *in, struct arena *a,
                                 struct cert_conf *out);
void cert_conf_put(struct der_writer *w, const struct cert_conf *conf);

struct error_msg {
    struct pki_status_info status;
    bool has_error_code;
    int64_t error_code;
    struct text_list error_details;
};
MUST_USE enum err error_msg_read(struct der *in, struct arena *a,
                                 struct error_msg *out);
void error_msg_put(struct der_writer *w, const struct error_msg *msg);

/* RevReqContent: which certificates, and what their CRL entries shall say. */
struct rev_details {
    struct cert_template cert_details;
    bool has_crl_entry_details;
    struct extensions crl_entry_details;
};
struct rev_req {
    const struct rev_details *list;
    size_t num;
};
MUST_USE enum err rev_req_read(struct der *in, struct arena *a,
                               struct rev_req *out);
void rev_req_put(struct der_writer *w, const struct rev_req *req);

/* RevRepContent: statuses in the order of the request. Empty lists of
 * certificates and CRLs are not there. */
struct rev_rep {
    const struct pki_status_info *statuses;
    size_t num_statuses;
    const struct cert_id *rev_certs;
    size_t num_rev_certs;
    struct span_list crls; /* whole CertificateLists, not read further */
};
MUST_USE enum err rev_rep_read(struct der *in, struct arena *a,
                               struct rev_rep *out);
void rev_rep_put(struct der_writer *w, const struct rev_rep *rep);

struct poll_req { /* certReqIds */
    const int64_t *list;
    size_t num;
};
MUST_USE enum err poll_req_read(struct der *in, struct arena *a,
                                struct poll_req *out);
void poll_req_put(struct der_writer *w, const struct poll_req *req);

struct poll_rep_one {
    int64_t cert_req_id;
    int64_t check_after; /* seconds; any INTEGER that fits is kept */
    struct text_list reason;
};
struct poll_rep {
    const struct poll_rep_one *list;
    size_t num;
};
MUST_USE enum err poll_rep_read(struct der *in, struct arena *a,
                                struct poll_rep *out);
void poll_rep_put(struct der_writer *w, const struct poll_rep *rep);

/*
 * popdecc and popdecr. INTEGERs are their content octets, of any sign and at
 * most LIMIT_POP_INTEGER_LEN. `encrypted_rand` is a whole EnvelopedData (30);
 * with it `challenge` should be empty, which is not asked here.
 */
struct pop_challenge {
    struct alg_id owf; /* oid absent: that of the challenge before */
    struct span witness;
    struct span challenge;
    struct span encrypted_rand;
};
struct pop_challenges {
    const struct pop_challenge *list;
    size_t num;
};
MUST_USE enum err pop_challenges_read(struct der *in, struct arena *a,
                                      struct pop_challenges *out);
void pop_challenges_put(struct der_writer *w, const struct pop_challenges *x);

struct pop_answers {
    const struct span *list;
    size_t num;
};
MUST_USE enum err pop_answers_read(struct der *in, struct arena *a,
                                   struct pop_answers *out);
void pop_answers_put(struct der_writer *w, const struct pop_answers *x);

/* Rand: what a challenge encrypts. */
struct pop_rand {
    struct span integer;
    struct general_name sender;
};
MUST_USE enum err pop_rand_read(struct der *in, struct pop_rand *out);
void pop_rand_put(struct der_writer *w, const struct pop_rand *r);

/* CertifiedKeyPair, its parts as in struct cert_response. */
struct certified_key_pair {
    struct span certificate;
    struct span encrypted_cert;
    struct span private_key;
    struct span publication_info;
};
/* krp. Empty lists are not there. */
struct key_rec_rep {
    struct pki_status_info status;
    struct span new_sig_cert; /* absent if left out */
    struct span_list ca_certs;
    const struct certified_key_pair *key_pair_hist;
    size_t num_key_pair_hist;
};
MUST_USE enum err key_rec_rep_read(struct der *in, struct arena *a,
                                   struct key_rec_rep *out);
void key_rec_rep_put(struct der_writer *w, const struct key_rec_rep *rep);

/*
 * ckuann, whole certificates: the form of v2, where all three are there, or of
 * v3 under its tag [0], where the two that link may be absent.
 */
struct ca_key_update {
    bool is_v3;
    struct span new_with_new;
    struct span new_with_old;
    struct span old_with_new;
};
MUST_USE enum err ca_key_update_read(struct der *in, struct ca_key_update *out);
void ca_key_update_put(struct der_writer *w, const struct ca_key_update *u);
/* Without the choice, as in genp: CAKeyUpdAnnContent (caKeyUpdateInfo) and
 * RootCaKeyUpdateContent (rootCaKeyUpdate). */
MUST_USE enum err ca_key_update_v2_read(struct der *in,
                                        struct ca_key_update *out);
MUST_USE enum err ca_key_update_v3_read(struct der *in,
                                        struct ca_key_update *out);
void ca_key_update_put_value(struct der_writer *w,
                             const struct ca_key_update *u);

struct rev_ann {
    int64_t status;
    struct cert_id cert_id;
    int64_t will_be_revoked_at;
    int64_t bad_since_date;
    bool has_crl_details;
    struct extensions crl_details;
};
MUST_USE enum err rev_ann_read(struct der *in, struct arena *a,
                               struct rev_ann *out);
void rev_ann_put(struct der_writer *w, const struct rev_ann *ann);

/*
 * PKIBody. `der` is the whole element as received, `content` what is inside its
 * tag. Bodies ir, cr, kur, krr, ccr fill `cert_req`; ip, cp, kup, ccp
 * `cert_rep`; genm, genp `general`; pkiconf nothing; the others what is named
 * for them. What nested holds is not read: each is for cmp_message_read.
 */
struct pki_body {
    enum cmp_body_type type;
    struct span der;
    struct span content;
    union {
        struct cert_req_msgs cert_req;
        struct cert_rep_message cert_rep;
        struct cert_conf cert_conf;
        struct p10_request p10;
        struct pop_challenges pop_challenges; /* popdecc */
        struct pop_answers pop_answers;       /* popdecr */
        struct key_rec_rep key_rec_rep;       /* krp */
        struct rev_req rev_req;               /* rr */
        struct rev_rep rev_rep;               /* rp */
        struct ca_key_update ca_key_update;   /* ckuann */
        struct span cert_ann;                 /* cann: whole Certificate */
        struct rev_ann rev_ann;
        struct span_list crl_ann; /* whole CertificateLists; may be none */
        struct span_list nested;  /* whole PKIMessages, at least one */
        struct info_list general;
        struct error_msg error;
        struct poll_req poll_req;
        struct poll_rep poll_rep;
    };
};

/* ERR_BAD_DER also where the tag names none of the 27 bodies. */
MUST_USE enum err cmp_body_read(struct der *in, struct arena *a,
                                struct pki_body *out);

struct cmp_message {
    struct span der;
    struct pki_header header;
    struct pki_body body;
    struct der_bits protection;     /* bytes absent if not there; whole octets,
                                       as every algorithm makes them */
    const struct span *extra_certs; /* whole Certificates, not read further */
    size_t num_extra_certs;
};

/*
 * Reads one PKIMessage that fills `der`, of at most LIMIT_MESSAGE_LEN octets.
 * Whether protectionAlg and protection come together is not asked here. Lists
 * go to the arena, the rest is borrowed. On ERR_BAD_DER or ERR_LIMIT the fault
 * names the field by its ASN.1 path and the byte offset
 * ("body.ir[0].certReq.certTemplate at byte 213: expected SEQUENCE").
 * messageTime with fractions of a second is read (der.h says why).
 */
MUST_USE enum err cmp_message_read(struct span der, struct arena *a,
                                   struct cmp_message *out, struct fault *f);

/*
 * The header alone, of a message whose rest may not be readable: enough to
 * answer to. The outer SEQUENCE has to fill `der`.
 */
MUST_USE enum err cmp_header_peek(struct span der, struct arena *a,
                                  struct pki_header *out);

/*
 * What protection covers: DER of ProtectedPart { header, body }, from the bytes
 * as received. Into the arena; absent: no memory.
 */
struct span cmp_protected_part(const struct cmp_message *msg, struct arena *a);

/* --- writing --- */

/* The body element alone (explicit tag included), into `out`, from its member;
 * `der` and `content` are ignored. */
MUST_USE enum err cmp_body_write(const struct pki_body *body, struct arena *a,
                                 struct span *out);
/* The header alone. `der` is ignored; sender, recipient are written from
 * .type and .value, protectionAlg from its .der if there, else from .oid and
 * .params. */
MUST_USE enum err cmp_header_write(const struct pki_header *header,
                                   struct arena *a, struct span *out);
/* SEQUENCE { header, body } of written parts: what gets signed. */
MUST_USE enum err cmp_protected_part_write(struct span header, struct span body,
                                           struct arena *a, struct span *out);
/* The whole message. `protection` absent: none. */
MUST_USE enum err cmp_message_write(struct span header, struct span body,
                                    struct span protection,
                                    const struct span *extra_certs,
                                    size_t num_extra_certs, struct arena *a,
                                    struct span *out);

#endif
