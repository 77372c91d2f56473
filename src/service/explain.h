/*
 * Why was that station refused? What the recorder kept, as people read it:
 * transactions, their messages in order, what was judged of each and answered.
 * Beside a running server or without one; the store is not needed.
 */
#ifndef SERVICE_EXPLAIN_H
#define SERVICE_EXPLAIN_H

#include "base/arena.h"
#include "inspect/finding.h"
#include "store/recorder.h"

struct explain;

/*
 * Opens the recorder's file of a configuration; `errors` gets the complaints
 * about that. ERR_CONFIG: nor does it record anything. ERR_NOT_FOUND: nothing
 * was recorded yet. ERR_STORE: the file cannot be read.
 */
MUST_USE enum err explain_open(const char *config_file, struct buf *errors,
                               struct explain **out, struct fault *f);
void explain_free(struct explain *e);
DEFINE_AUTO(explain)

/* What is asked for. */
struct explain_query {
    /* A transactionID or the beginning of one, a certificate's serial number,
     * both in hexadecimal, a station's serial number, or VENDOR/SERIAL. NULL:
     * whatever there is. */
    const char *what;
    bool only_refused; /* transactions in which something was */
    size_t max;        /* the newest so many transactions */
};

/* Texts are never NULL in what follows, and "" where there is nothing to say.
 * Those that come from a peer may hold anything. */

/* One judgement. Rules of another version of this program have no row here:
 * then `view.rule` is NULL, and id, clause and `view.found` tell. */
struct explained_finding {
    struct finding_view view;
    const char *id, *clause;
};

/* One PKIStatusInfo of an answer. */
struct explained_status {
    const char *status;    /* "rejection" */
    const char *fail_info; /* "badPOP" */
    const char *text;      /* statusString */
};

struct explained_message {
    int64_t id; /* in the recorder */
    const char *time;
    const char *node, *profile, *operation, *peer, *body, *outcome;
    const char *vendor, *station;
    const char *const *serials; /* of certificates, hexadecimal */
    size_t num_serials;
    bool is_verified;
    int64_t micros; /* until it was answered */
    struct span request;
    /* What was broken, errors first, then what could not be told. */
    const struct explained_finding *findings;
    size_t num_findings;
    const struct rule **holding; /* rules that held */
    size_t num_holding;
    size_t num_judged; /* these, those broken, and those not to be told */
    /* The answer. */
    int64_t http_status;
    struct span reply;  /* absent: none was given, or it was withheld */
    bool is_withheld;   /* since it may hold a private key */
    const char *answer; /* its body: "ip" */
    const struct explained_status *statuses;
    size_t num_statuses;
};

struct explained_transaction {
    const char *id; /* transactionID, hexadecimal; "": it could not be read */
    struct explained_message *messages;
    size_t num;
};

struct explanation {
    struct explained_transaction *list; /* the newest last */
    size_t num;
    size_t num_more; /* older messages that match and are not shown */
    struct record_figures figures;
    const char *began, *oldest, *lost_last; /* those times, as text */
};

/* All lives as long as `e`. ERR_NOT_FOUND: nothing there matches, and the fault
 * says what may be missing. */
MUST_USE enum err explain_find(struct explain *e,
                               const struct explain_query *query,
                               struct explanation *out, struct fault *f);

#endif
