/*
 * What the authority remembers: stations, shared secrets, transactions with
 * their requests and the replies given in them, certificates, CRLs, audit
 * entries.
 *
 * Reading goes through a session (one per thread). Writing is a `struct
 * change`: a list of conditional operations that happen all or not at all,
 * and tell which it was. Changes of many threads are gathered by the one
 * writer and share one durable commit; a change that loses its condition
 * undoes no neighbour.
 *
 * Back ends: `mem` (the reference, gone with the process) and `sqlite` (a file
 * that several processes may open). Everything here holds for both.
 *
 * Times are seconds since 1970, but `deadline`s count served seconds (see
 * store_served). Ids are positive and grow; 0 stands for none.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/error.h"
#include "base/span.h"

struct store;
struct store_session;
struct change;

/* --- records --- */

enum station_state {
    STATION_ACTIVE = 1,
    STATION_BLOCKED = 2
};

/* A base station is {vendor, serial}; its names are claimed by it alone. */
struct station_record {
    int64_t id;
    struct span vendor; /* the vendor entry's name */
    struct span serial; /* as the vendor's naming rule gives it */
    enum station_state state;
    struct span subject; /* Name it was last certified under */
    int64_t certificate; /* its last confirmed one; 0 */
    int64_t first_seen, last_seen;
    int64_t version; /* grows with each change */
};

enum transaction_state {
    TRANSACTION_UNCONFIRMED = 1, /* certificate issued, certConf awaited */
    TRANSACTION_CONFIRMED = 2,
    TRANSACTION_REJECTED = 3,
    TRANSACTION_TIMED_OUT = 4,
    TRANSACTION_WAITING = 5,    /* a request of it is not decided yet */
    TRANSACTION_CHALLENGED = 6, /* the answer to a challenge is awaited */
    TRANSACTION_ENDED = 7       /* nothing was to be confirmed: rr, genm */
};

/* Keyed by {requester, transaction_id} (RFC 9810, 5.1.1). */
struct transaction_record {
    int64_t id;
    struct span requester;      /* SHA-256 of the credential's certificate */
    struct span requester_cert; /* that certificate, DER: certConf has none */
    struct span transaction_id;
    struct span profile;
    int64_t body_type; /* of the first request */
    int64_t pvno;
    enum transaction_state state;
    struct span sender_nonce; /* ours, in the last reply */
    int64_t station;
    int64_t deadline; /* for certConf, in served seconds; 0: none */
    int64_t ended_at; /* 0: still open */
    int64_t version;
};

enum request_state {
    REQUEST_WAITING = 1,
    REQUEST_APPROVED = 2,
    REQUEST_DENIED = 3,
    REQUEST_DONE = 4,
    REQUEST_CHALLENGED = 5
};

/* What is asked for under one certReqId and cannot be answered at once. */
struct request_record {
    int64_t id;
    int64_t transaction;
    int64_t cert_req_id; /* unique with `transaction` */
    enum request_state state;
    struct span message; /* the whole PKIMessage as received */
    struct span reason;  /* text for the station; may be absent */
    struct span decided_by;
    int64_t decided_at;  /* 0: not decided */
    int64_t check_after; /* seconds, what a pollRep says */
    int64_t created_at;
    int64_t answer_of; /* these two: whatever the flow is to remember */
    struct span data;
    int64_t version;
};

enum secret_state {
    SECRET_ACTIVE = 1,
    SECRET_USED_UP = 2,
    SECRET_REVOKED = 3
};

/* A secret is taken for one of these and for nothing else. */
enum secret_purpose {
    SECRET_FOR_REQUESTS = 0,  /* made by the operator: everything but an rr */
    SECRET_FOR_REVOCATION = 1 /* chosen by its station: an rr, nothing else */
};

/* What a station and we both know, for MAC protection. */
struct secret_record {
    int64_t id;
    struct span reference; /* what senderKID says; unique */
    struct span sealed;    /* the key's bytes, encrypted by the caller */
    struct span name;      /* the CN it is for; may be absent, or shared */
    struct span profile;   /* the only one it is good for; absent: any */
    enum secret_state state;
    int64_t is_weak;    /* 0 or 1 */
    int64_t uses_left;  /* -1: without limit */
    int64_t expires_at; /* 0: never */
    int64_t created_at;
    int64_t last_used_at;       /* 0: never */
    struct span vendor, serial; /* the only station it is for; absent: any */
    enum secret_purpose purpose;
    int64_t version;
};

enum certificate_status {
    CERTIFICATE_ISSUED = 1, /* not confirmed yet */
    CERTIFICATE_CONFIRMED = 2,
    CERTIFICATE_REJECTED = 3, /* by certConf */
    CERTIFICATE_TIMED_OUT = 4,
    /* Sent encrypted: that its certConf comes shows whose the key is, so that
     * nobody may see it elsewhere before (RFC 9810, 5.2.8.3.2). */
    CERTIFICATE_UNPROVEN = 5
};

/*
 * A transaction may have several, each with a cert_req_id of its own. Since
 * request_digest is unique, what one message asks for is never certified
 * twice; of several certificates from one message those after the first bear
 * a digest made of the message's and their certReqId.
 */
struct certificate_record {
    int64_t id;
    struct span ca;     /* the CA entry's name */
    struct span serial; /* magnitude octets; unique with `ca` */
    int64_t station;
    int64_t transaction;
    int64_t cert_req_id;
    struct span request_digest; /* SHA-256 of the request; unique */
    struct span der;
    enum certificate_status status;
    int64_t not_before, not_after;
    int64_t previous;        /* the one a kur updates; 0 */
    int64_t pending_update;  /* unconfirmed one that updates this; 0 */
    int64_t revoked_at;      /* 0: not revoked */
    int64_t reason;          /* CRLReason */
    int64_t invalidity_date; /* since when it is not to be trusted; 0: none */
    int64_t changed;         /* time of the last change */
    int64_t version;
};

struct crl_record {
    int64_t id;
    struct span ca;
    int64_t number; /* cRLNumber; unique with `ca`, grows by one */
    int64_t this_update, next_update;
    int64_t covers; /* the highest revocation_count it contains */
    struct span der;
};

struct audit_record {
    int64_t id;
    int64_t at;
    struct span node;
    struct span entry;  /* one line of text */
    struct span digest; /* SHA-256(digest of the node's previous || entry) */
};

/* --- opening --- */

/* SHA-256 over two pieces, for the audit chain; the store knows no crypto. */
typedef void store_hash(struct span a, struct span b, uint8_t out[32]);

struct store_options {
    const char *file; /* NULL: the mem back end */
    const char *node; /* whose audit chain this process writes */
    store_hash *hash;
    bool read_only;          /* for tools beside a running server */
    bool must_exist;         /* else it is created, mode 0600 */
    unsigned gather_us;      /* longest wait for neighbours; 0: 10000 */
    unsigned batch;          /* changes in one commit; 0: 64 */
    const char *vfs;         /* SQLite VFS, for tests; NULL: the default */
    const char *synchronous; /* "OFF", for tests; NULL: FULL */
    /* Before and after the results of a commit are told, on the thread that
     * tells them: what follows from them can be done at once. Or NULL. */
    void (*begin_results)(void *arg);
    void (*end_results)(void *arg);
    void *results_arg;
};

/*
 * Opens or creates, migrating an older schema. ERR_STORE: with the file's
 * name; a schema newer than this program is refused, not touched.
 */
MUST_USE enum err store_open(const struct store_options *options,
                             struct store **out, struct fault *f);
/* Commits what was submitted, then closes. All sessions are freed before. */
void store_free(struct store *s);
DEFINE_AUTO(store)

/* A thread's own way to read. ERR_NO_MEM, ERR_STORE. */
MUST_USE enum err store_session_new(struct store *s, struct store_session **out,
                                    struct fault *f);
void store_session_free(struct store_session *s);
DEFINE_AUTO(store_session)

/*
 * What is read between these two is of one moment, and cheaper than one by one.
 * Not nested; short, since the log of changes cannot be emptied meanwhile. The
 * `mem` back end reads what is there at each call.
 */
MUST_USE enum err store_begin_reading(struct store_session *s, struct fault *f);
void store_end_reading(struct store_session *s);

/* --- reading --- */
/* Records and their spans are copied into the arena. ERR_NOT_FOUND: none;
 * ERR_STORE, ERR_NO_MEM: with a fault. What a commit that was reported done
 * changed is seen by every later read of any session. */

/*
 * The reply given to this very request: by transactionID as received and
 * SHA-256 of the whole message, whoever the requester was.
 */
MUST_USE enum err store_find_reply(struct store_session *s,
                                   struct span transaction_id,
                                   struct span digest, struct arena *a,
                                   struct span *reply, struct fault *f);
MUST_USE enum err store_find_transaction(
    struct store_session *s, struct span requester, struct span transaction_id,
    struct arena *a, struct transaction_record *out, struct fault *f);
MUST_USE enum err store_find_transaction_by_id(struct store_session *s,
                                               int64_t id, struct arena *a,
                                               struct transaction_record *out,
                                               struct fault *f);
/* All transactions with this transactionID, whoever's, the oldest first; at
 * most `max`. How a certConf finds the credential it is bound to. */
struct transaction_list {
    struct transaction_record *list;
    size_t num;
};
MUST_USE enum err store_list_transactions(struct store_session *s,
                                          struct span transaction_id,
                                          size_t max, struct arena *a,
                                          struct transaction_list *out,
                                          struct fault *f);
MUST_USE enum err store_find_station(struct store_session *s,
                                     struct span vendor, struct span serial,
                                     struct arena *a,
                                     struct station_record *out,
                                     struct fault *f);
MUST_USE enum err store_find_station_by_id(struct store_session *s, int64_t id,
                                           struct arena *a,
                                           struct station_record *out,
                                           struct fault *f);
/* Stations with id > after, in order of id, at most `max` (0: all); of this
 * vendor, or, when it is absent, of any. */
struct station_list {
    struct station_record *list;
    size_t num;
};
MUST_USE enum err store_list_stations(struct store_session *s,
                                      struct span vendor, int64_t after,
                                      size_t max, struct arena *a,
                                      struct station_list *out,
                                      struct fault *f);
/* Whose a name is: the station's id. */
MUST_USE enum err store_find_name(struct store_session *s, struct span name,
                                  int64_t *station, struct fault *f);
MUST_USE enum err store_find_certificate(struct store_session *s,
                                         struct span ca, struct span serial,
                                         struct arena *a,
                                         struct certificate_record *out,
                                         struct fault *f);
MUST_USE enum err store_find_certificate_by_id(struct store_session *s,
                                               int64_t id, struct arena *a,
                                               struct certificate_record *out,
                                               struct fault *f);
/* The request of this transaction with this certReqId. */
MUST_USE enum err store_find_request(struct store_session *s,
                                     int64_t transaction, int64_t cert_req_id,
                                     struct arena *a,
                                     struct request_record *out,
                                     struct fault *f);
MUST_USE enum err store_find_request_by_id(struct store_session *s, int64_t id,
                                           struct arena *a,
                                           struct request_record *out,
                                           struct fault *f);
/* Requests with id > after, in order of id, at most `max` (0: all); in this
 * state, or, when it is 0, in any; of this transaction, or, 0, of any. */
struct request_filter {
    int64_t state; /* enum request_state */
    int64_t transaction;
    int64_t after;
    size_t max;
};
struct request_list {
    struct request_record *list;
    size_t num;
};
MUST_USE enum err store_list_requests(struct store_session *s,
                                      const struct request_filter *by,
                                      struct arena *a, struct request_list *out,
                                      struct fault *f);
MUST_USE enum err store_find_secret(struct store_session *s,
                                    struct span reference, struct arena *a,
                                    struct secret_record *out, struct fault *f);
/* Of several with this name the newest that is active, or, when none is, the
 * newest; whatever its purpose. */
MUST_USE enum err store_find_secret_by_name(struct store_session *s,
                                            struct span name, struct arena *a,
                                            struct secret_record *out,
                                            struct fault *f);
/* Secrets with id > after, in order of id, at most `max` (0: all). */
struct secret_list {
    struct secret_record *list;
    size_t num;
};
MUST_USE enum err store_list_secrets(struct store_session *s, int64_t after,
                                     size_t max, struct arena *a,
                                     struct secret_list *out, struct fault *f);
/* The certificate issued in this transaction for this certReqId. */
MUST_USE enum err store_find_issued(struct store_session *s,
                                    int64_t transaction, int64_t cert_req_id,
                                    struct arena *a,
                                    struct certificate_record *out,
                                    struct fault *f);
/* True in `out` when a certificate was ever issued for this very request. */
MUST_USE enum err store_has_request(struct store_session *s, struct span digest,
                                    bool *out, struct fault *f);

/* Certificates with id > after, in order of id, at most `max`. Filters: an
 * absent span or 0 asks for nothing, but those whose status is UNPROVEN are
 * listed only where it is asked for. */
struct certificate_filter {
    struct span ca;
    struct span serial;
    struct span vendor, station_serial;
    int64_t status; /* enum certificate_status */
    bool only_revoked;
    int64_t expires_before; /* 0: any */
    int64_t after;
    size_t max; /* 0: all */
};
struct certificate_list {
    struct certificate_record *list;
    size_t num;
};
MUST_USE enum err store_list_certificates(struct store_session *s,
                                          const struct certificate_filter *by,
                                          struct arena *a,
                                          struct certificate_list *out,
                                          struct fault *f);
/* All that were issued in this transaction, in order of id. */
MUST_USE enum err store_list_issued(struct store_session *s,
                                    int64_t transaction, struct arena *a,
                                    struct certificate_list *out,
                                    struct fault *f);

/* What a CRL lists: revoked and not expired at `now`, with `der` left out.
 * `covers` gets the CA's revocation_count, read in the same snapshot. */
MUST_USE enum err store_list_revoked(struct store_session *s, struct span ca,
                                     int64_t now, struct arena *a,
                                     struct certificate_list *out,
                                     int64_t *covers, struct fault *f);
/* How often what this CA's CRL has to say has changed, by revocation, release
 * or a revocation's other details; a CRL whose `covers` is less is stale. */
MUST_USE enum err store_revocation_count(struct store_session *s,
                                         struct span ca, int64_t *out,
                                         struct fault *f);
/* The CRL with the highest number. */
MUST_USE enum err store_find_crl(struct store_session *s, struct span ca,
                                 struct arena *a, struct crl_record *out,
                                 struct fault *f);

/* Open transactions whose deadline is at or before `served`; at most `max`. */
MUST_USE enum err store_list_due(struct store_session *s, int64_t served,
                                 size_t max, struct arena *a,
                                 struct transaction_list *out, struct fault *f);

struct audit_list {
    struct audit_record *list;
    size_t num;
};
MUST_USE enum err store_list_audit(struct store_session *s, int64_t after,
                                   size_t max, struct arena *a,
                                   struct audit_list *out, struct fault *f);

/*
 * Follows the chain of every node from its beginning. `broken` gets the id of
 * the first entry that was changed or does not follow the one before it, or of
 * the last one when a chain's end was cut off; 0: all chains hold.
 */
MUST_USE enum err store_check_audit(struct store_session *s, int64_t *broken,
                                    struct fault *f);

/*
 * Served seconds: how long at least one process has served this store. They
 * only grow while one does, at the rate of a clock that never steps, so
 * neither downtime nor a changed time of day brings a deadline nearer.
 */
MUST_USE enum err store_served(struct store_session *s, int64_t *out,
                               struct fault *f);

/* Row counts, "station=3 certificate=9 ... digest=...", and a digest of all
 * rows, for people and for tests that say "nothing changed": audit entries and
 * served seconds do not count. Equal contents give equal texts, also from
 * different back ends. */
MUST_USE enum err store_describe(struct store_session *s, struct arena *a,
                                 const char **out, struct fault *f);

/* --- changing --- */

/* In an operation's record, an id of the row that the latest change_add_* of
 * that kind, earlier in the same change, makes. */
#define STORE_NEW ((int64_t)-1)

/* An empty change. NULL: no memory. Records given to it are copied. A failure
 * to copy sticks and comes out at store_submit. */
struct change *change_new(void);
void change_free(struct change *c);
DEFINE_AUTO(change)

/* Each of these says what makes the whole change LOST. Fields `id` and
 * `version` of added records are the store's to give. */

/* LOST: {vendor, serial} is there. */
void change_add_station(struct change *c, const struct station_record *r);
/* state, subject, certificate, last_seen. LOST: id's version is not
 * r->version. */
void change_set_station(struct change *c, const struct station_record *r);
/* LOST: the name is another station's. One that is the station's is fine. */
void change_claim_name(struct change *c, struct span name, int64_t station);

/* LOST: {requester, transaction_id} is there. `requester`'s deadline is
 * `wait` served seconds from the commit; 0: none. */
void change_add_transaction(struct change *c,
                            const struct transaction_record *r, int64_t wait);
/* state, sender_nonce, ended_at; deadline 0 when ended. LOST: id's version is
 * not r->version. */
void change_set_transaction(struct change *c,
                            const struct transaction_record *r);
/* The same, and the deadline becomes `wait` served seconds from the commit; 0,
 * or ended: none. */
void change_set_transaction_wait(struct change *c,
                                 const struct transaction_record *r,
                                 int64_t wait);
/* The reply to a request, in two parts that are stored apart and come back as
 * one: `head`, and `tail` (may be absent), which is stored once however many
 * replies end in it (a reply's extraCerts). LOST: this transaction has a reply
 * to this digest. */
void change_add_exchange(struct change *c, int64_t transaction,
                         struct span digest, struct span head,
                         struct span tail);

/* The replies that this transaction has so far go: those that held a private
 * key, once it arrived. Never lost. */
void change_drop_reply(struct change *c, int64_t transaction);

/* LOST: {transaction, cert_req_id} is there. */
void change_add_request(struct change *c, const struct request_record *r);
/* state, reason, decided_by, decided_at, check_after, answer_of, data. LOST:
 * id's version is not r->version. */
void change_set_request(struct change *c, const struct request_record *r);

/* LOST: the reference is there. */
void change_add_secret(struct change *c, const struct secret_record *r);
/* One use less, and used up when that was the last. LOST: not active, no use
 * left, or expired at `now`. */
void change_use_secret(struct change *c, int64_t id, int64_t now);
/* state, sealed, uses_left, expires_at. LOST: id's version is not
 * r->version. */
void change_set_secret(struct change *c, const struct secret_record *r);

/* LOST: {ca, serial} is there, or a certificate for this request_digest. */
void change_add_certificate(struct change *c,
                            const struct certificate_record *r);
/* status, pending_update, revoked_at, reason, invalidity_date, changed. What
 * makes the CRL say something else, a revoked_at that becomes 0 again
 * included, counts up the CA's revocation_count. LOST: id's version is not
 * r->version. */
void change_set_certificate(struct change *c,
                            const struct certificate_record *r);
/* LOST: r->number is there for this CA, or not one above the highest; a CA's
 * first is 1, and numbers of dropped ones stay taken. */
void change_add_crl(struct change *c, const struct crl_record *r);
/* CRLs of this CA below this number go. */
void change_drop_crls(struct change *c, struct span ca, int64_t below);

/* Appends to this node's audit chain. Never lost. */
void change_add_audit(struct change *c, int64_t at, struct span entry);
/* served becomes `to`. LOST: it is not `from` any more. */
void change_set_served(struct change *c, int64_t from, int64_t to);
/* No open deadline is nearer than `wait` served seconds from now. Versions
 * stay as they are. */
void change_raise_deadlines(struct change *c, int64_t wait);
/* Transactions that ended before this time go with their exchanges and
 * requests, at most `max` of them; certificates stay. */
void change_purge(struct change *c, int64_t ended_before, size_t max);

enum change_result {
    CHANGE_DONE,
    CHANGE_LOST,
    CHANGE_FAILED
};

/*
 * Called on the writer's thread once the change is durable (DONE), lost, or
 * the whole batch failed (FAILED: the state is as before; the fault says
 * why). Must not block, nor submit and wait. What comes after a failure is
 * tried again: a disk that was full may have room. When a sync failed, and
 * the power then fails before another succeeded, a FAILED change may turn out
 * to be there, whole. On a store open for reading only: called at once, FAILED.
 */
typedef void change_done(void *arg, enum change_result result,
                         const struct fault *f);

/* Hands the change to the writer; takes ownership of it. */
void store_submit(struct store *s, struct change *c, change_done *done,
                  void *arg);
/* Tells the writer that no more changes are about to come, so it need not
 * wait for neighbours. */
void store_hint_idle(struct store *s);

/* Submits and waits. ERR_LOST, ERR_STORE. */
MUST_USE enum err store_commit(struct store *s, struct change *c,
                               struct fault *f);

/* Counters since opening; `pages` of a file that commits wrote. */
struct store_stats {
    uint64_t batches, changes, lost, failed, pages;
};
void store_stats(struct store *s, struct store_stats *out);

#endif
