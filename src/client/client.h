/*
 * The base station's end: gets and renews its operator certificate, and keeps
 * keys, certificates, trust and the transaction under way in one directory.
 *
 * Before a message leaves, its bytes, the new key, the nonces and the state are
 * on disk. After a crash, or without an answer, the same bytes go again. The
 * new pair becomes the usable one at pkiconf, in one atomic step.
 *
 * The directory (0700, its files 0600):
 *     settings            what enroll was given, "key: value" lines
 *     pending             the transaction under way, message and new key in it;
 *                         of a shared secret its file's name alone
 *     ignored             how many answers were not believed, and the last
 *     pairs/ID/           certificate.pem key.pem chain.pem root.pem info
 *                         revoked: when; absent: it was not
 *                         roots.pem: the operator root, then those added
 *     current -> pairs/ID the usable pair; absent: there is none
 *     updates.pem         roots that follow the operator's
 *     links.pem           what proves them: for each the root before, and its
 *                         own key signed with that root's
 *     lock                held while a station runs
 */
#ifndef CLIENT_CLIENT_H
#define CLIENT_CLIENT_H

#include "base/secret.h"
#include "client/transport.h"
#include "crypto/crypto.h"
#include "txn/client.h"
#include "txn/client_roots.h"

/* "pinned"; static storage. */
const char *trust_mode_name(enum trust_mode mode);
/* TRUST_NUM: no such mode. */
enum trust_mode trust_mode_find(const char *name);

/* What a station is given. Strings are borrowed; NULL: not given. Files are
 * PEM or DER. */
struct client_settings {
    const char *url;
    const char *cert;  /* the vendor's certificate */
    const char *chain; /* its intermediates */
    const char *key;
    /* In their place a secret shared with the server: a file that nobody else
     * may read, or "-", which client_env brings. */
    const char *secret;
    const char *reference; /* which secret it is, for the server */
    const char *mac;       /* "pbmac1" (so when NULL), "pbm", "pbm-sha1" */
    const char *root;      /* the operator's, one or several */
    enum trust_mode trust;
    const char *fingerprint;    /* SHA-256 of the root, in hexadecimal */
    const char *subject;        /* to suggest; RFC 4514 text */
    const char *cert_profile;   /* the server's, by name */
    const char *recipient;      /* Name of the authority */
    const char *server_subject; /* who else may answer */
    const char *key_type;       /* "P-256", "RSA:3072"; NULL: P-256 */
    const char *new_key;        /* a file: the key to certify */
    const char *key_from;       /* "station", also when NULL, makes the key;
                                   "server" */
    const char *key_use;        /* "signing", also when NULL; "encryption" */
    const char *proof; /* of a key for encryption: "challenge", also when NULL;
                          "certificate", "mac" */
    const char *ca_encryption; /* for "mac", or to encrypt a passphrase to: the
                                  CA's certificate, caProtEncCert */
    const char *passphrase;    /* of revoke: a file; in place of the key. Not
                                  kept */
    const char *tls_root;      /* https: CA certificates; NULL: the system's */
    const char *tls_client_cert; /* https: "signer" presents the certificate
                                    that signs; "none" or NULL: nothing */
    const char *crl;             /* of those that issued the server's signer */
    const char *unknown_status;  /* of that signer, for roots in caPubs:
                                    "accept" or, when NULL, "refuse" */
};

/* True for what `mac` takes. */
bool client_mac_is_known(const char *name);

/* Kept in and taken from the state directory; paths are made absolute. */
MUST_USE enum err client_settings_save(const char *dir,
                                       const struct client_settings *s,
                                       struct fault *f);
/* ERR_NOT_FOUND: none were kept. Strings go to the arena. */
MUST_USE enum err client_settings_load(const char *dir, struct arena *a,
                                       struct client_settings *out,
                                       struct fault *f);

/* What a station tells while it works. */
enum client_event_type {
    EVENT_RESUMED,   /* a transaction found at the start goes on */
    EVENT_SENT,      /* `body`, `len` */
    EVENT_RECEIVED,  /* `body`, `len`, `micros` since it was sent */
    EVENT_NONE,      /* no answer; `text` says why */
    EVENT_IGNORED,   /* an answer not to be believed; `text` says why */
    EVENT_WAITING,   /* `wait_ms` until the same bytes go again */
    EVENT_POSTPONED, /* by the server, which is asked again in `wait_ms` */
    EVENT_REJECTED,  /* the certificate; `text` says why */
    EVENT_NOTED,     /* `text` */
    EVENT_INSTALLED, /* the new pair is the usable one */
    EVENT_REVOKED,   /* the current certificate, as asked for */
    EVENT_GAVE_UP    /* this transaction; a new one follows */
};
struct client_event {
    enum client_event_type type;
    const char *body; /* "ir"; NULL: no message that could be read */
    size_t len;
    int64_t micros;
    int64_t wait_ms;
    const char *text;
};

/* The durable steps, in the order they are taken; for tests that stop there. */
enum client_probe {
    PROBE_KEY_MADE,
    PROBE_MESSAGE_KEPT,
    PROBE_MESSAGE_SENT,
    PROBE_ANSWER_READ,
    PROBE_PAIR_WRITTEN,
    PROBE_PAIR_CURRENT,
    PROBE_PENDING_GONE
};

/* What the outside gives. Any function but transport.post may be NULL. */
struct client_env {
    struct client_transport transport;
    int64_t (*now)(void *arg);            /* NULL: the system's clock */
    void (*sleep)(void *arg, int64_t ms); /* NULL: really sleeps */
    void (*report)(void *arg, const struct client_event *event);
    void (*probe)(void *arg, enum client_probe at);
    const struct secret *secret; /* for the setting "-"; NULL: there is none */
    void *arg;
};

/* One more certificate in the message that enrols, with a key of its own. */
struct client_also {
    const char *dir; /* a state directory, where it becomes the usable pair */
    const char *subject; /* to suggest; RFC 4514 text; NULL: none */
};

struct client_run {
    enum cmp_body_type request; /* of enroll: CMP_IR, CMP_CR or CMP_P10CR */
    enum crl_reason reason;     /* of revoke */
    int64_t timeout; /* seconds to try in all; the rest stays pending */
    int64_t wait;    /* seconds, likewise, while the server says waiting */
    bool once;       /* each message goes once */
    bool again;      /* enrol though there is a usable pair */
    const struct client_also *also; /* of an ir or cr */
    size_t num_also;                /* CLIENT_MAX_ASKED - 1 at most */
    struct client_waits waits;
};
/* 120 s each; a request is repeated for 10 minutes, from 1 s to 60 s apart. */
extern const struct client_run client_run_default;

struct station;

/*
 * Opens the state directory, made when it is not there, and locks it.
 * `c`, `settings` and what `env` holds outlive the station.
 * ERR_SYSTEM_UNAVAIL: another process has it.
 */
MUST_USE enum err station_open(struct crypto *c, const char *dir,
                               const struct client_settings *settings,
                               const struct client_env *env,
                               struct station **out, struct fault *f);
void station_free(struct station *s);
DEFINE_AUTO(station)

/*
 * Gets a certificate with the key of the settings (the vendor's) or the shared
 * secret, which goes before, or renews the
 * current one with its own key. A transaction under way is finished first, and
 * is what was asked for when it succeeds. ERR_NO_ANSWER: none came in time that
 * can be believed; the transaction stays pending. ERR_WAITING: the server asks
 * to wait longer than `wait`; likewise pending. ERR_REFUSED: by a verified
 * answer; of several certificates those granted are installed all the same.
 * ERR_CONFIG: settings or files. ERR_NOT_FOUND: there is nothing to
 * renew. ERR_EXISTS: a pair is there.
 */
MUST_USE enum err station_enroll(struct station *s,
                                 const struct client_run *run, struct fault *f);
MUST_USE enum err station_renew(struct station *s, const struct client_run *run,
                                struct fault *f);

/*
 * Has the current certificate revoked, asked for with its own key, or under the
 * passphrase that the server has of this station. The pair
 * stays, marked; nothing is signed with it any more. Otherwise as above.
 */
MUST_USE enum err station_revoke(struct station *s,
                                 const struct client_run *run, struct fault *f);

/* How the operator root came. */
enum root_origin {
    ROOT_CONFIGURED,
    ROOT_VERIFIED,   /* learnt, and a fingerprint says it is right */
    ROOT_UNVERIFIED, /* learnt */
    ROOT_BY_SECRET,  /* in an answer under the shared secret */
    ROOT_BY_TLS      /* a server vouched for that --tls-root vouches for */
};

/* A root that came with an answer besides the operator's. */
struct client_root {
    struct span subject;
    uint8_t id[32]; /* SHA-256 */
    enum root_place place;
    bool is_tls; /* in an authenticated TLS session */
};

struct client_status {
    bool has_pair;
    int64_t revoked_at; /* 0: it was not */
    struct x509_cert cert;
    uint8_t root_id[32]; /* SHA-256 */
    struct span root_subject;
    enum root_origin origin;
    const char *pair_path;
    const char *bundle_path; /* the operator root and these, as PEM */
    const struct client_root *added;
    size_t num_added;
    const struct client_root *updates; /* roots that follow the operator's,
                                          proven when they were taken */
    size_t num_updates;
    const char *updates_path;
    bool has_pending;
    struct client pending;
    uint64_t num_ignored;
    int64_t ignored_at;
    const char *ignored_text; /* "": none was */
};
/* Reads the directory without locking it; all goes to the arena. */
MUST_USE enum err station_status(const char *dir,
                                 const struct client_settings *settings,
                                 struct arena *a, struct client_status *out,
                                 struct fault *f);

#endif
