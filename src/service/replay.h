/*
 * What a configuration would do with a message, without doing it: the line that
 * serves (handle.c) up to where something would be made, signed, written or
 * told.
 *
 * The store is read and never written, nothing of it is locked against a server
 * that runs beside, no private key of the authority is opened (but the one that
 * stations encrypt to), and no secret loses a use.
 */
#ifndef SERVICE_REPLAY_H
#define SERVICE_REPLAY_H

#include "base/buf.h"
#include "inspect/finding.h"

struct replay;

/*
 * Opens what judging takes: certificates, CRLs and lists of the configuration,
 * and its store as it is now; one without any is as if nothing was known yet.
 * `errors` gets the complaints about the file. ERR_CONFIG; ERR_STORE: it cannot
 * be read, or is not of this program's version.
 */
MUST_USE enum err replay_open(const char *config_file, struct buf *errors,
                              struct replay **out, struct fault *f);
void replay_free(struct replay *r);
DEFINE_AUTO(replay)

/* What is missing here that serving has, a sentence each, and what follows. */
const char *const *replay_notes(const struct replay *r, size_t *num);

/* Where messages come in. */
struct service_path;
/* An HTTP path, or the name of a profile; both NULL: the default profile's, or
 * the only one's. ERR_NOT_FOUND: there is none of it. ERR_USAGE: none is the
 * default. */
MUST_USE enum err replay_find_path(const struct replay *r, const char *path,
                                   const char *profile,
                                   const struct service_path **out,
                                   struct fault *f);

/* Is it of a kind that a server sends and does not take, by its tag? */
bool replay_is_answer(struct span message);

struct replay_message {
    size_t number; /* 1, 2, ... in what is replayed */
    struct span bytes;
    const struct service_path *path;
    int64_t at; /* the time it comes, in seconds since 1970 */
    /* It was accepted before, and yet is judged: its stored reply, its
     * transactionID and its digest are not held against it. */
    bool is_anew;
};

enum replay_end {
    REPLAY_TAKEN,      /* `outcome` says how */
    REPLAY_ACCEPTED,   /* before: the stored reply would go out again */
    REPLAY_REFUSED,    /* with a CMP message */
    REPLAY_UNREADABLE, /* HTTP 400: nothing to answer to */
    REPLAY_UNJUDGED    /* something is missing here; `fault` says what */
};
const char *replay_end_name(enum replay_end end);

/* Something asked for, or spoken of. Texts that do not apply are "". */
struct replay_item {
    int64_t number;  /* certReqId, or the place in an rr */
    const char *act; /* "issue", "revoke", "confirm", ... */
    const char *serial;
    const char *subject, *san;
    const char *not_before, *not_after;
    const char *reason;
};

struct replay_result {
    size_t part; /* 0; 1, 2, ...: the message of a nested, each by itself */
    enum replay_end end;
    const char *outcome; /* "issued", "waiting", "refused", ... */
    const char *says;   /* the same as a phrase: "would wait for an operator" */
    const char *body;   /* "ir"; "" when not even that can be read */
    const char *answer; /* body of the answer: "ip"; "": none */
    const char *fail_info;
    const char *transaction; /* hexadecimal */
    const char *profile, *vendor, *station, *ra, *secret;
    struct fault fault; /* REPLAY_REFUSED, REPLAY_UNREADABLE, REPLAY_UNJUDGED */
    /* The cause of a refusal first, if it is a rule of the table. */
    const struct finding_view *findings;
    size_t num_findings;
    const struct replay_item *items;
    size_t num_items;
};
struct replay_results {
    const struct replay_result *list;
    size_t num;
};

/*
 * Judges one message, and each that it holds if it is a batch. What `out`
 * points to lives until the next call. Fails for want of memory alone.
 */
MUST_USE enum err replay_judge(struct replay *r,
                               const struct replay_message *message,
                               struct replay_results *out, struct fault *f);

#endif
