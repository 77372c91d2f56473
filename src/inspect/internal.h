/*
 * How messages are judged, shared by the lint_*.c files: what is remembered of
 * a transaction, what is known about the message at hand, and the table of
 * predicates that need more than profile has.
 */
#ifndef INSPECT_INTERNAL_H
#define INSPECT_INTERNAL_H

#include "base/limits.h"
#include "inspect/lint.h"
#include "inspect/message_certs.h"
#include "profile/asked.h"

/* --- memory of transactions (lint_memory.c) --- */

/* Bytes kept for the messages that follow, by as many as refer to them. */
struct kept {
    size_t refs;
    size_t number;           /* of the message they are, or came in */
    enum cmp_body_type type; /* of that message */
    int64_t at;              /* seen->at of it */
    size_t len;
    uint8_t bytes[];
};

/* The senderNonce of a message, as much of it as is asked for. */
#define NONCE_LEN 16
struct kept_nonce {
    size_t number; /* of the message; 0: none */
    uint8_t octets[NONCE_LEN];
};
/* What is compared of a transaction: more than any has but for long waits. */
#define EXCHANGE_NONCES 16

/* A transaction, by its transactionID. What is not there is NULL. */
struct exchange {
    struct exchange *next;          /* in its bucket */
    struct exchange *older, *newer; /* by when it was last added to */
    uint8_t id[LIMIT_ID_LEN];
    size_t id_len;
    struct kept *first;    /* what began it; NULL: before the recording */
    struct kept *request;  /* the last one from the station */
    struct kept *answer;   /* the last one to it that was no refusal */
    struct kept *refusal;  /* the last error to it */
    struct kept *granted;  /* the last answer with certificates */
    struct kept *waiting;  /* the last answer that said waiting */
    struct kept *signer;   /* the certificate that signs the requests */
    struct kept *answerer; /* the one that signs the answers */
    enum fact_transaction state;
    size_t num_messages;
    size_t repeated; /* the message in which a request came again; 0: none */
    struct kept_nonce nonces[EXCHANGE_NONCES]; /* the last ones, in a ring */
    size_t num_nonces;
};

struct exchanges;
MUST_USE enum err exchanges_new(struct exchanges **out, struct fault *f);
void exchanges_free(struct exchanges *all);
/* NULL: none of this transactionID. */
struct exchange *exchanges_find(struct exchanges *all, struct span id);
/* A request came again, in this message: the one that is answered next. */
void exchanges_note_repeat(struct exchanges *all, struct exchange *x,
                           struct span der, size_t number);
/* Which message of the transaction had this senderNonce; 0: none, or it is too
 * short to tell. */
size_t exchange_nonce_find(const struct exchange *x, struct span nonce);
/* The answer that brought a certificate to this requester, none of which was
 * confirmed; 0: there is none. */
size_t exchanges_unconfirmed(struct exchanges *all, struct span requester);
/* The same among the answers of all transactions. */
size_t exchanges_nonce_find(const struct exchanges *all, struct span nonce);

/* With a certificate, in clear or encrypted. */
bool lint_has_certificate(const struct cert_response *r);

/* Those of its messages that a rule may look back at, read; NULL: not seen. */
struct before {
    const struct cmp_message *first, *request, *answer, *granted, *waiting;
};

/* --- the message at hand --- */

enum lint_way {
    WAY_REQUEST, /* to the server: its rules */
    WAY_ANSWER,  /* to the station: its rules */
    WAY_ANNOUNCEMENT
};

/* A message that is judged, and all that is known about it. */
struct linted {
    struct lint *lint;
    const struct profile *profile;
    struct arena *arena; /* the message's */
    const struct seen *seen;
    const struct cmp_message *msg;
    enum lint_way way;
    /* The transaction as it was before this message; NULL: a first one, or
     * no transactionID. */
    const struct exchange *exchange;
    struct before before;
    /* The message of another transaction whose senderNonce is the recipNonce of
     * this one, which belongs to no transaction; 0: none. */
    size_t stray_of;
    /* The message with a certificate that its requester let lie, to ask again
     * now; 0: none. */
    size_t unconfirmed;
    struct message_certs certs;
    size_t num_verified; /* certificates and CRLs in it, see lint_verify */
    struct protection protection;
    struct facts facts;        /* of a request; those not known are zero */
    uint32_t has;              /* what of enum rule_needs is at hand */
    const struct asked *asked; /* what it asks for, and how much */
    size_t num_asked;
    /* What is looked at: of a request one thing asked for, of an answer one
     * CertResponse; NULL in between. */
    const struct cert_req_msg *req;
    const struct rev_details *rev;
    const struct cert_response *response;
    size_t request; /* its number from 1, where there are several; else 0 */
    bool is_inside; /* of a nested */
};

/* Judges one rule about it; on BROKEN says in `found` what stands where. */
typedef enum verdict lint_check(const struct linted *in, struct found *found);

/* A predicate that needs more than profile has, or tells more with less. It is
 * asked before, and instead of, the rule's own, and whatever `needs` says. */
struct lint_row {
    enum rule_id rule;
    lint_check *check;
};
/* Ended by a row without a check; a file's own table is joined in lint.c. */
extern const struct lint_row lint_request_rows[];    /* lint_request.c */
extern const struct lint_row lint_protection_rows[]; /* lint_protection.c */
extern const struct lint_row lint_exchange_rows[];   /* lint_exchange.c */
extern const struct lint_row lint_chain_rows[];      /* lint_chain.c */

/* Judges every rule of the step that is about the body at hand. */
void lint_step(struct linted *in, enum rule_step step);
/* Adds one judgement. `found` NULL: nothing to say. */
void lint_tell(struct linted *in, enum rule_id rule, enum verdict verdict,
               const struct found *found);

/* The rule's own predicate, where what it needs is at hand. */
enum verdict lint_own(const struct linted *in, const struct rule *rule,
                      struct found *found);
/* Judges this one, by whatever predicate there is. */
void lint_rule(struct linted *in, const struct rule *rule);

/* Fills `found` and returns BROKEN. */
enum verdict lint_broken(struct found *found, const char *path, const char *fmt,
                         ...) PRINTF_LIKE(3, 4);

/* Who protects it (lint_protection.c). */
MUST_USE enum err lint_find_protection(struct linted *in, struct fault *f);
/* Who and what is known of a request, into its facts and `has`
 * (lint_request.c). */
MUST_USE enum err lint_find_facts(struct linted *in, struct fault *f);
/* Runs the steps of a server over it. */
void lint_judge_request(struct linted *in);

/* Runs a station's steps over an answer or announcement (lint_answer.c). */
MUST_USE enum err lint_judge_answer(struct linted *in, struct fault *f);

/*
 * Is this signed with the key of `issuer`? Of one message so many are verified
 * and no more (MAX_VERIFIED), whatever names its certificates bear; then it is
 * not known, like under an algorithm that is not computed.
 */
enum known lint_verify(struct linted *in, const struct x509_cert *issuer,
                       const struct alg_id *alg, struct span tbs,
                       struct span signature);

/* Certificates that were judged before (lint_certificates.c). */
struct cert_memo;
MUST_USE enum err cert_memo_new(struct cert_memo **out, struct fault *f);
void cert_memo_free(struct cert_memo *memo);
/* Judges each certificate of the message that was not judged before. */
MUST_USE enum err lint_judge_certificates(struct linted *in, struct fault *f);

/* Runs once the message is judged (lint_memory.c): what of it later
 * ones need. ERR_NO_MEM. */
MUST_USE enum err exchanges_keep(struct exchanges *all, const struct linted *in,
                                 struct fault *f);

/* The contexts for computing, borrowed. */
struct crypto_ctx *lint_crypto(const struct linted *in);
struct trusted *lint_trusted(const struct linted *in);
struct cert_memo *lint_memo(const struct linted *in);
/* When it came, or should have: seconds since 1970. */
int64_t lint_now(const struct linted *in);

#endif
