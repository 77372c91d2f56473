/*
 * The line a message travels, from bytes in to bytes out (handle.c), and what
 * it is run with.
 */
#ifndef SERVICE_LINE_H
#define SERVICE_LINE_H

#include "profile/rules.h"
#include "service/authority.h"
#include "service/budget.h"
#include "service/log.h"
#include "service/naming.h"
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

/* Tests look at, or stop, the line at each boundary. */
struct line_probe {
    void (*at)(void *arg, enum line_step step, enum cmp_body_type body);
    void *arg;
};

enum outcome {
    OUTCOME_ISSUED,
    OUTCOME_CONFIRMED,
    OUTCOME_REJECTED, /* by the station's certConf */
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
    struct line_probe probe;   /* at may be NULL */
    int64_t (*now)(void *arg); /* seconds since 1970 */
    void *now_arg;
    int64_t (*ticks)(void *arg); /* microseconds, never steps: the keeper's */
    void *ticks_arg;
    int64_t request_deadline; /* microseconds a request may take */
    void (*revoked)(void *arg, const struct issuer *issuer); /* CRL is due */
    void *revoked_arg;
    struct line_counters counters;
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

/* One message on its way. */
struct job {
    struct arena *arena;
    const struct path_profile *profile;
    struct span bytes; /* as received; borrowed until sent */
    struct source source;
    const char *peer; /* for the log; borrowed until sent */
    int64_t received; /* clock_monotonic_micros */
    job_send *send;
    void *send_arg;
    /* Called instead of `send` when the job has to travel again. */
    void (*again)(void *arg, struct job *job);
    void *again_arg;

    struct line *line;
    unsigned attempts;

    /* 1 read */
    struct cmp_message msg;
    bool has_header;    /* at least that could be read */
    uint8_t digest[32]; /* of all of it */
    /* 3 find, 4 verify */
    struct epoch *epoch;
    struct facts facts;
    struct findings findings;
    struct x509_cert signer;
    struct x509_cert old;
    bool is_verified;
    struct span part; /* ProtectedPart: what the signature covers */
    size_t vendor;    /* of the signer, or of the station */
    uint8_t requester[32];
    uint8_t request_digest[32];            /* of `part` alone */
    struct transaction_record transaction; /* id 0: none */
    struct station_record station;         /* id 0: none */
    struct certificate_record issued;      /* certConf: what it confirms */
    struct certificate_record old_record;  /* kur: what it updates */
    struct names names;
    const struct span *claims;
    size_t num_claims;
    /* 6 decide, 7 make */
    struct txn_decision decision;
    struct ca_certificate certificate;
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

/* The answer for a job that never reached the line: busy, or shutting down. */
void line_turn_away(struct job *job, int status, const char *text);

/* --- the steps, each in its own file; shared inside this module --- */

/* verify.c */
MUST_USE enum err verify_protection(struct worker *w, struct job *job);
MUST_USE enum err verify_possession(struct worker *w, struct job *job);
/* facts.c */
MUST_USE enum err find_reply(struct worker *w, struct job *job,
                             bool *is_replay);
MUST_USE enum err find_facts(struct worker *w, struct job *job);
/* Are any of the names another station's? */
MUST_USE enum err find_names(struct worker *w, struct job *job,
                             const struct names *names, bool *is_taken);
/* make.c */
MUST_USE enum err make_outcome(struct worker *w, struct job *job);
/* reply.c */
MUST_USE enum err reply_write(struct worker *w, struct job *job);
MUST_USE enum err reply_refusal(struct worker *w, struct job *job);
/* record.c */
MUST_USE enum err record_changes(struct job *job);
/* Who it is about, as audit and log say it; into the job's arena. */
const char *job_describe(struct job *job);

#endif
