/*
 * The service: an authority at work. Messages go in, answers come out; what
 * carries them (HTTP, a test) is outside.
 */
#ifndef SERVICE_SERVICE_H
#define SERVICE_SERVICE_H

#include "service/keeper.h"
#include "service/paths.h"
#include "service/pool.h"

struct service;

/* What tests and other wirings change; all zero is what serves. */
struct service_options {
    /* Adds keys beside those of the configuration, or instead of some. */
    enum err (*add_keys)(void *arg, struct keys *keys, struct fault *f);
    void *add_keys_arg;
    struct line_probe probe;
    int64_t (*now)(void *arg);
    void *now_arg;
    int64_t (*ticks)(void *arg); /* what the keeper counts served time by */
    void *ticks_arg;
    const char *store_vfs;         /* as store_options; no recorder then */
    const char *store_synchronous; /* as store_options */
    unsigned store_gather_us;      /* as store_options */
    /* Around answers that leave together, on the thread that gives them; or
     * NULL. */
    void (*begin_answers)(void *arg);
    void (*end_answers)(void *arg);
    void *answers_arg;
    /* Another service, of a configuration equal but for node, store and log:
     * its keys and authority are used, and it outlives this one. */
    const struct service *authority_of;
    bool without_threads; /* no workers, no keeper thread: step by hand */
};

/*
 * Opens keys, store and log of a configuration, checks all of it, and starts
 * the workers and the keeper. `config` outlives it.
 * ERR_CONFIG, ERR_STORE, with what to do.
 */
MUST_USE enum err service_new(const struct config *config,
                              const struct service_options *options,
                              struct service **out, struct fault *f);

/* Answers what is under way, then stops. No call of it may be running. */
void service_free(struct service *s);
DEFINE_AUTO(service)

/* A message that came in. */
struct service_request {
    const struct path_profile *profile;
    const struct operation *operation; /* that the path names; or NULL */
    struct span bytes;                 /* borrowed until `send` was called */
    struct source source;
    const char *peer;       /* the same */
    struct span tls_client; /* the same: the certificate its TLS client
                               presented; absent: none */
    job_send *send;
    void *send_arg;
};
/* Takes it; `send` is called once, on any thread, maybe before this returns. */
void service_post(struct service *s, const struct service_request *request);

/* Where messages are taken; the list is the service's. */
const struct service_path *service_paths(const struct service *s, size_t *num);

/* Where CRLs are served. */
struct service_crl_path {
    const char *path;
    const struct issuer *issuer;
};
const struct service_crl_path *service_crl_paths(const struct service *s,
                                                 size_t *num);
/* As keeper_crl. */
MUST_USE enum err service_crl(struct service *s, const struct issuer *issuer,
                              struct buf *out, int64_t *this_update);

/*
 * Whether a TLS client that presents this may go on (gate.h); what may not is
 * logged. Its own certificate first, as DER. From any thread.
 */
bool service_admits_client(struct service *s, const char *peer,
                           const struct span *chain, size_t num);
/* The same of a TLS session begun before, and nothing is logged: it may begin
 * anew, with all that led to an anchor. */
bool service_admits_session(struct service *s, struct span cert);

/* Reads CRLs, anchors and allow-lists anew and reopens the log (SIGHUP). */
MUST_USE enum err service_reload(struct service *s, struct fault *f);

/*
 * One line in the log of what was done since the start: outcomes, refusals of
 * unverified messages, changes and the commits they shared, paths remembered.
 */
void service_log_figures(struct service *s);

/* For wirings that step by hand. */
struct line *service_line(struct service *s);
struct keeper *service_keeper(struct service *s);

#endif
