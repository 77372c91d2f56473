/*
 * The line a message travels, from bytes in to bytes out (handle.c), and what
 * it is run with.
 */
#ifndef SERVICE_LINE_H
#define SERVICE_LINE_H

#include "crypto/mac.h"
#include "profile/rules.h"
#include "service/authority.h"
#include "service/budget.h"
#include "service/log.h"
#include "service/naming.h"
#include "service/operation.h"
#include "service/recorder.h"
#include "txn/txn.h"

/* The steps of the line, for probes and logs. */
enum line_step {
    LINE_READ,
    LINE_SCREEN,
    LINE_FIND,
    LINE_VERIFY,
    LINE_JUDGE,
    LINE_DECIDE,
    LINE_MAKE,
    LINE_REPLY,
    LINE_COMMIT, /* just before the change is handed over */
    LINE_SEND,   /* durable, not sent */
    LINE_STEP_NUM
};

/* Tests look at, or stop, the line at each boundary, and look at what became
 * of a message. */
struct job;
struct line_probe {
    void (*at)(void *arg, enum line_step step, enum cmp_body_type body);
    void *arg;
    void (*ended)(const struct job *job);
};

enum outcome {
    OUTCOME_ISSUED,
    OUTCOME_CHALLENGED, /* what it answers tells whose the key is */
    OUTCOME_WAITING,    /* for an operator */
    OUTCOME_POLLED,     /* it still waits */
    OUTCOME_DENIED,
    OUTCOME_CONFIRMED,
    OUTCOME_REJECTED, /* by the station's certConf */
    OUTCOME_REVOKED,  /* by its rr */
    OUTCOME_RELEASED, /* by its rr: the hold is over */
    OUTCOME_ANSWERED, /* a genm: nothing changes; or a batch, part by part */
    OUTCOME_REPLAYED, /* the stored reply to the same bytes */
    OUTCOME_REFUSED,
    OUTCOME_DROPPED, /* refused without a CMP answer */
    OUTCOME_NUM
};
const char *outcome_name(enum outcome outcome);

struct line_counters {
    _Atomic uint64_t outcomes[OUTCOME_NUM];
    _Atomic uint64_t errors[ERR_NUM];
    _Atomic uint64_t lost;       /* changes that another one beat */
    _Atomic uint64_t unverified; /* refusals of unverified messages */
};

/* What all threads share. */
struct line {
    struct authority *authority;
    struct store *store;
    struct budget *budget;
    struct log *log;
    struct recorder *recorder; /* NULL: there is none */
    struct line_probe probe;   /* both may be NULL */
    int64_t (*now)(void *arg); /* seconds since 1970 */
    void *now_arg;
    int64_t (*ticks)(void *arg); /* microseconds, never steps: the keeper's */
    void *ticks_arg;
    int64_t request_deadline; /* microseconds a request may take */
    void (*revoked)(void *arg, const struct issuer *issuer); /* CRL is due */
    void *revoked_arg;
    /* The CRL held for serving, as keeper_crl. */
    enum err (*crl)(void *arg, const struct issuer *issuer, struct buf *out,
                    int64_t *this_update);
    void *crl_arg;
    struct line_counters counters;
    _Atomic unsigned slow_keys; /* RSA keys being made (made_key.c) */
};

/* What one thread brings. */
struct worker {
    struct line *line;
    struct crypto_ctx *cx;
    struct store_session *session;
};

/*
 * The answer to a job: `status` is the HTTP status, 200 with a CMP message and
 * another one with a line of text. Called once for each job, on any thread; the
 * bytes are borrowed for the call.
 */
typedef void job_send(void *arg, int status, struct span body);

/* One thing asked for, a CertReqMsg or a RevDetails, on its way. */
struct ask {
    const struct cert_req_msg *req; /* NULL in an rr */
    const struct rev_details *rev;  /* NULL but in an rr */
    struct facts facts; /* the message's, and what is this request's alone */
    uint8_t digest[32]; /* unique to it, for ever */
    struct txn_decision decision;
    struct names names;
    const struct span *claims;
    size_t num_claims;
    struct ca_certificate certificate;
    struct span encrypted_cert; /* EncryptedKey; absent: it goes as it is */
    struct span private_key; /* EncryptedKey: made here; absent: it was not */
    struct certificate_record record; /* rr: what it names; id 0: none */
    struct rev_wish wish;             /* rr: what it wants */
    struct fault fault; /* refused by itself: others may be granted */
};

/* One message on its way. */
struct job {
    struct arena *arena;
    const struct path_profile *entry;   /* of the path it came in by */
    const struct path_profile *profile; /* under which it is served */
    const struct operation *operation;  /* that the path names; or NULL */
    struct span bytes;                  /* as received; borrowed until sent */
    struct source source;
    const char *peer;       /* for the log; borrowed until sent */
    struct span tls_client; /* the same: its certificate; absent: none */
    int64_t received;       /* clock_monotonic_micros */
    job_send *send;
    void *send_arg;
    /* Called instead of `send` when the job has to travel again. */
    void (*again)(void *arg, struct job *job);
    void *again_arg;

    struct line *line;
    unsigned attempts;
    /* Judged as if it had not been accepted before: what is known of that is
     * not held against it (replay.c). */
    bool is_anew;

    /* A message out of a nested (nested.c). */
    struct span outer; /* with added protection: that as received */
    const struct config_ra *wrapper; /* the RA that sent it */
    bool is_of_batch;
    struct batch *batch; /* of a nested: what becomes of its messages */

    /* 1 read */
    struct cmp_message msg;
    bool has_header;    /* at least that could be read */
    uint8_t digest[32]; /* of all of it */
    const struct flow *flow;
    struct ask *asks; /* of ir, cr, p10cr, kur, rr */
    size_t num_asks;
    /* 3 find, 4 verify */
    struct epoch *epoch;
    struct facts facts;
    struct findings findings;
    struct x509_cert signer; /* der absent where a MAC protects */
    struct x509_cert old;
    struct secret_record secret;   /* a MAC's; id 0: none, or not verified */
    struct secret *secret_key;     /* likewise; then the reply has a MAC too */
    const struct config_ra *ra;    /* the signer, if it is one; else NULL */
    const struct peer_ca *peer_ca; /* the same, of a ccr */
    bool is_verified;
    struct span part; /* ProtectedPart: what the signature covers */
    size_t vendor;    /* of the signer, or of the station */
    uint8_t requester[32];
    uint8_t request_digest[32];            /* of `part` alone */
    struct transaction_record transaction; /* id 0: none */
    struct station_record station;         /* id 0: none */
    struct certificate_list issued;        /* certConf: what it confirms */
    struct certificate_record old_record;  /* the signer, if ours; id 0 */
    struct request_record request;         /* pollReq, popdecr: what waits */
    struct poll_req waiting;               /* its certReqIds */
    struct secret_record *passphrase; /* genm: to be kept, sealed; or NULL */
    /* A request that waited goes on (line_resume): `msg` is that request, and
     * the answer is to the pollReq or popdecr with this senderNonce. */
    bool is_resumed;
    struct span poll_nonce;
    /* 6 decide, 7 make */
    struct txn_decision decision;
    struct info_list said;            /* genm: what it is answered with */
    struct pop_challenges challenges; /* popdecc */
    struct span expected;             /* what a request_record keeps of it */
    /* 8 reply */
    struct span reply;
    size_t tail_len; /* of it, extraCerts */
    uint8_t nonce[16];
    int http_status;
    /* 9 commit */
    struct change *change;
    bool revokes;

    enum outcome outcome;
    struct fault fault;
};

struct job *job_new(void);
void job_free(struct job *job);
DEFINE_AUTO(job)

/*
 * Takes a job down the line and answers it; the job frees itself after `send`.
 * The answer leaves when what it promises is durable, which may be later and on
 * the store's thread.
 */
void line_handle(struct worker *w, struct job *job);

/*
 * Steps 1 to 6: what becomes of a message, with nothing made, signed, changed
 * or told. On success the job has its decision and outcome; or the stored reply
 * (OUTCOME_REPLAYED), or the batch that it brought. On failure its fault says
 * why it is to be refused.
 */
MUST_USE enum err line_judge(struct worker *w, struct job *job);

/* The answer for a job that never reached the line: busy, or shutting down. */
void line_turn_away(struct job *job, int status, const char *text);

/* --- shared inside this module --- */

typedef enum err job_step(struct worker *w, struct job *job);
typedef enum err ask_step(struct worker *w, struct job *job, struct ask *ask);

/* What a body has of its own at the steps of the line. */
struct flow {
    /* A later message of a transaction: signed with the credential that the
     * store has for it, and anybody else's is no message of it. */
    bool continues;
    job_step *find; /* 3: the facts, once it is known whose message it is */
    /* 6: the outcome, and what of it is known before a key is used or a number
     * drawn; NULL: both are known */
    job_step *settle;
    job_step *make; /* 7: what it takes; NULL: nothing */
    /* 8: body and extraCerts of the answer */
    enum err (*fill)(struct worker *w, struct job *job, struct pki_body *body,
                     struct span *tail);
    /* 9: into the job's change, which is there; NULL: nothing is changed */
    job_step *record;
};
/* NULL: no message of this kind is answered but by a refusal. */
const struct flow *flow_of(enum cmp_body_type type);
extern const struct flow flow_request;   /* flow_request.c */
extern const struct flow flow_confirm;   /* flow_confirm.c */
extern const struct flow flow_revoke;    /* flow_revoke.c */
extern const struct flow flow_general;   /* flow_general.c */
extern const struct flow flow_poll;      /* flow_poll.c */
extern const struct flow flow_challenge; /* flow_challenge.c */
extern const struct flow flow_nested;    /* nested.c */
extern const struct flow flow_ccr;       /* flow_ccr.c */
/* flow_request.c: a CertRepMessage, and what follows of one; for every request
 * with certificates to come. */
MUST_USE enum err request_fill(struct worker *w, struct job *job,
                               struct pki_body *body, struct span *tail);
job_step request_record;

/*
 * nested.c: what a nested holds. After nested_open the job is either that of
 * the one message with added protection, still to be read, or has a batch:
 * then nested_run, which takes it over. The batch comes back to nested_finish
 * through job->again once all of it is answered.
 */
job_step nested_open;
void nested_run(struct worker *w, struct job *job);
job_step nested_finish;
struct batch;
void batch_free(struct batch *b);
/* A job for one of its messages, that nobody awaits yet; NULL: no memory. */
struct job *nested_part(const struct job *job, size_t i);

/*
 * handle.c: an approved request goes down the line again up to step 6, from its
 * stored bytes and under what holds now; the flow of the job becomes the
 * request's. What that makes is the answer to the pollReq.
 */
job_step line_resume;
/* No more than its first part: the message as it was, to be refused now. */
job_step line_reopen;
/* flow_challenge.c: a challenge for each request that asks for one, and what
 * the store is to know of the answer. */
job_step challenge_make;
/* flow_poll.c: such a request was refused now: that ends its transaction. */
job_step record_refused_resume;
/* conceal.c: into ask->encrypted_cert. */
ask_step conceal_certificate;
/* conceal.c: Rand to the key of a request, in the form of its pvno. */
MUST_USE enum err conceal_number(struct worker *w, struct job *job,
                                 const struct ask *ask, struct span number,
                                 struct pop_challenge *out);
/* The certReqIds whose requests still stand, as a request_record keeps them. */
MUST_USE enum err asks_write_waiting(struct job *job, struct span *out);
/* The reverse, into the job. */
MUST_USE enum err asks_read_waiting(struct job *job, struct span data);
/* Drops the requests that are not among job->waiting: they were refused. Where
 * a challenge was all that was answered, they are refused now. */
MUST_USE enum err asks_keep_waiting(struct job *job);

/* choose.c: the profile that a certProfile names (step 2), or that the
 * transaction was begun under (step 4), takes the place of the path's. */
job_step choose_named;
job_step choose_recorded;

/* asks.c: the requests of a message. */
MUST_USE enum err asks_open(struct job *job);
/*
 * Runs a step over each request that still stands. What is wrong with one, by
 * the peer's doing, refuses that one (its fault); the message only where none
 * is left standing. Our own troubles end it at once.
 */
MUST_USE enum err asks_each(struct worker *w, struct job *job, ask_step *step);

/*
 * made_key.c: the key a template asks for. It is nowhere but in `out`, and then
 * in ask->private_key, encrypted to who asked and to nobody else.
 */
bool made_key_is_asked(const struct job *job, const struct ask *ask);
MUST_USE enum err made_key_generate(struct worker *w, struct ask *ask,
                                    struct privkey **out);
MUST_USE enum err made_key_seal(struct worker *w, struct job *job,
                                struct ask *ask, const struct privkey *key);

/* verdicts.c: a step was passed, and so the rules that its code judges hold. */
void verdicts_pass(struct job *job, enum rule_step step);
/* The rules under which the message, or a request of it, was refused; what
 * named none, our own troubles above all, is given its rule here. */
void verdicts_close(struct job *job);

/* A rule that was broken, or that nobody can judge, and is let pass: for the
 * log (verify.c). */
void job_note(struct job *job, enum rule_id rule, enum verdict verdict,
              const char *path, const char *text);

/* verify.c */
MUST_USE enum err verify_protection(struct worker *w, struct job *job);
ask_step verify_possession;
ask_step verify_agreement; /* verify_agree.c: by agreeMAC */
/* A later message's transactions, whoever's, by its transactionID. */
MUST_USE enum err verify_list_transactions(struct worker *w, struct job *job,
                                           struct transaction_list *out);
/* The vendor's entry of this name, into the job. ERR_NOT_AUTHORIZED. */
MUST_USE enum err verify_find_vendor(struct worker *w, struct job *job,
                                     struct span name);
/* Whether an RA of the profile signed this, once its signature verified: then
 * into job and facts. */
MUST_USE enum err verify_find_ra(struct worker *w, struct job *job,
                                 bool *found);
/* Of a signer that is no station, by name: "RA", "north". */
MUST_USE enum err verify_revocation(struct job *job, const struct path *path,
                                    enum config_revocation policy,
                                    const char *kind, const char *name);
/* verify_peer.c: the CA that signed a ccr, into job and facts. */
job_step verify_peer;
/* verify_original.c: the station's message that an RA brings along. */
job_step verify_original;
/* raVerified in the place of a proof of possession: may the signer say so? */
ask_step verify_ra_verified;
/* The protection of a nested, which only such an RA may have signed. */
job_step verify_nested;
/* What senderKID, sender and signature tell of the signer among extraCerts. */
job_step verify_signer;
/* ProtectedPart as received, into the job. */
MUST_USE enum err verify_find_part(struct job *job);
/* verify_mac.c */
bool is_mac_protected(const struct job *job);
MUST_USE enum err verify_mac(struct worker *w, struct job *job);
/* Was the transaction begun under a shared secret? */
bool is_begun_by_mac(const struct transaction_record *r);
/*
 * passphrase.c: what a genm brought, into the job's change. The passphrase
 * that an rr has its MAC under, or, of a message that polls for one, had:
 * `found` tells.
 */
void passphrase_record(struct job *job);
MUST_USE enum err passphrase_find(struct worker *w, struct job *job,
                                  struct secret_record *out, bool *found);
MUST_USE enum err passphrase_find_waiting(struct worker *w, struct job *job,
                                          struct secret_record *out,
                                          bool *found);
/* flow_revoke.c: serialNumber of certDetails, as the store has serials. */
struct span revoked_serial(const struct cert_template *t);
/* facts.c */
MUST_USE enum err find_reply(struct worker *w, struct job *job,
                             bool *is_replay);
/* A look-up that may find nothing: `found` tells. */
MUST_USE enum err find_optional(enum err e, struct job *job, bool *found);
/* Of a message that opens a transaction: whether its transactionID is used,
 * and what is known of a signer that is one of our own certificates. */
MUST_USE enum err find_opening(struct worker *w, struct job *job);
/* Was a certificate ever issued for what this request's digest is of? */
ask_step find_seen;
/* The one request that its transaction keeps, into the job. */
MUST_USE enum err find_request(struct worker *w, struct job *job);
/* The station that an RA asks for, by the names in its request. */
job_step find_represented;
/* The station behind the signer, unless it is known already. */
MUST_USE enum err find_station(struct worker *w, struct job *job);
/* Are any of the names another station's? */
MUST_USE enum err find_names(struct worker *w, struct job *job,
                             const struct names *names, bool *is_taken);
/* What is known of the transaction, into the facts. */
void find_transaction_facts(struct job *job);
/* reply.c */
MUST_USE enum err reply_write(struct worker *w, struct job *job);
MUST_USE enum err reply_refusal(struct worker *w, struct job *job);
/* CertResponses for every request, refused or not, into the job's arena. */
MUST_USE enum err reply_responses(struct job *job, struct pki_body *body);
/* RevRepContent: a status for every RevDetails, refused or not. */
MUST_USE enum err reply_revocations(struct job *job, struct pki_body *body);
/* protect.c: sender, senderKID and protectionAlg of an answer, and what
 * protects it. */
MUST_USE enum err protect_header(struct worker *w, struct job *job,
                                 struct pki_header *h);
/* Name { commonName } of a text. */
MUST_USE enum err protect_name(struct span text, struct arena *a,
                               struct span *out);
MUST_USE enum err protect_part(struct worker *w, struct job *job,
                               const struct pki_header *h, struct span part,
                               struct span *out);
/* record.c */
MUST_USE enum err record_changes(struct worker *w, struct job *job);
/* The message and its answer. */
void record_exchange(struct job *job, int64_t transaction);
/* The same, and an audit entry, which every change has. */
MUST_USE enum err record_common(struct job *job, int64_t transaction);
/*
 * waiting.c. The transaction of a request that is answered, or waits, as a
 * whole; its id or STORE_NEW. And the message as received: what an operator
 * approves, to the bit.
 */
int64_t waiting_put(struct job *job, int64_t station);
MUST_USE enum err waiting_keep(struct job *job);
/* What waited is answered. */
void record_end_of_waiting(struct job *job);
/* What a message under a shared secret takes of it. */
void record_use_of_secret(struct job *job);
/* The station of a first request, `subject` what it is to be named (absent: not
 * yet): its id, or STORE_NEW, put into the change. */
int64_t record_station(struct job *job, struct span subject);
/* The transaction that a message opens, but for its state. */
struct transaction_record record_opened(const struct job *job, int64_t station);
/* Was a private key made here for one of the requests? */
bool job_has_made_key(const struct job *job);
/* Who it is about, as audit and log say it; into the job's arena. */
const char *job_describe(struct job *job);
/* The RA that signed it, or sent it in a nested; NULL: none. */
const struct config_ra *job_ra(const struct job *job);
/* The serial number of the first certificate it made, or speaks of. */
struct span job_serial(const struct job *job);

#endif
