/*
 * What an operator's commands do: look into the store of a configuration and
 * change it, beside a running server or without one.
 */
#ifndef SERVICE_ADMIN_H
#define SERVICE_ADMIN_H

#include "service/authority.h"

struct admin;

/*
 * Opens the store of a configuration file. `errors` gets the complaints about
 * the file. ERR_CONFIG; ERR_STORE; ERR_NOT_FOUND: there is no store yet.
 */
MUST_USE enum err admin_open(const char *config_file, struct buf *errors,
                             struct admin **out, struct fault *f);
void admin_free(struct admin *a);
DEFINE_AUTO(admin)

/* The arena of the command; all that these return lives in it. */
struct arena *admin_arena(struct admin *a);

/* A certificate as people read it. Texts are never NULL. */
struct certificate_view {
    const struct certificate_record *record;
    const char *serial; /* hexadecimal */
    const char *ca;
    const char *vendor;  /* of the station */
    const char *station; /* its serial number */
    const char *subject;
    const char *san;
    const char *status; /* "confirmed", "revoked", ... */
    const char *reason; /* "" unless revoked */
    const char *not_before, *not_after, *revoked_at; /* "" if not revoked */
    const char *invalid_since; /* "" if no invalidityDate was given */
};
struct certificate_views {
    struct certificate_view *list;
    size_t num;
};

/* Those the filter lets through, in order of issuing. */
MUST_USE enum err admin_list(struct admin *a,
                             const struct certificate_filter *by,
                             struct certificate_views *out, struct fault *f);
/* The one with this serial number in hexadecimal; `ca` NULL: of any CA.
 * ERR_NOT_FOUND; ERR_USAGE: no hexadecimal, or several CAs have it. */
MUST_USE enum err admin_find(struct admin *a, const char *ca,
                             const char *serial, struct certificate_view *out,
                             struct fault *f);

/*
 * Revokes it; one that is held may be revoked for good, and keeps the date from
 * which it was held. `invalidity_date` 0: none. A running server makes the CRL
 * within a second; without one it is made at its next start, or by
 * admin_make_crl.
 * ERR_CERT_REVOKED: it is already. ERR_LOST: it changed meanwhile.
 */
MUST_USE enum err admin_revoke(struct admin *a,
                               const struct certificate_view *cert,
                               enum crl_reason reason, int64_t invalidity_date,
                               struct fault *f);
/* The end of a certificateHold. ERR_USAGE: it is not held. ERR_LOST. */
MUST_USE enum err admin_release(struct admin *a,
                                const struct certificate_view *cert,
                                struct fault *f);

/* The newest CRL of a CA; `ca` NULL: the only one. ERR_NOT_FOUND. */
MUST_USE enum err admin_crl(struct admin *a, const char *ca,
                            struct crl_record *out, struct fault *f);
/* Signs a new one first. */
MUST_USE enum err admin_make_crl(struct admin *a, const char *ca,
                                 struct crl_record *out, struct fault *f);

/* A station as people read it. */
struct station_view {
    const struct station_record *record;
    const char *vendor, *serial, *state, *subject;
    const char *certificate; /* serial of its last confirmed one, or "" */
    const char *first_seen, *last_seen;
};
struct station_views {
    struct station_view *list;
    size_t num;
};
MUST_USE enum err admin_list_stations(struct admin *a, const char *vendor,
                                      int64_t after, size_t max,
                                      struct station_views *out,
                                      struct fault *f);
MUST_USE enum err admin_find_station(struct admin *a, const char *vendor,
                                     const char *serial,
                                     struct station_view *out, struct fault *f);
/* A blocked station gets no certificate, neither by ir nor by kur. One not
 * seen yet can be blocked too. */
MUST_USE enum err admin_set_station(struct admin *a, const char *vendor,
                                    const char *serial,
                                    enum station_state state, struct fault *f);

/* A request that waits, or waited, for an operator, as people read it. Texts
 * are never NULL. */
struct request_view {
    const struct request_record *record;
    const char *state; /* "waiting", "approved", "denied", "answered" */
    const char *body;  /* "ir" */
    const char *profile;
    const char *vendor, *station; /* whose it is; its serial number */
    const char *transaction;      /* transactionID in hexadecimal */
    const char *signer; /* subject of its certificate, or "a shared secret" */
    const char *asked;  /* the first subject asked for; "": none is */
    const char *key;    /* kind of the first key to be certified */
    const char *key_sha256; /* of its SubjectPublicKeyInfo; "": no key */
    /* A ccr: what the certificate will let its holder do; else "". */
    const char *authority;
    int64_t path_len; /* likewise, as it will be granted */
    const char *created_at, *decided_at, *decided_by, *reason;
    size_t num; /* certificates asked for */
};
struct request_views {
    struct request_view *list;
    size_t num;
};
/* In order of arrival, at most `max`; `state` 0: in any. */
MUST_USE enum err admin_list_requests(struct admin *a, int64_t state,
                                      size_t max, struct request_views *out,
                                      struct fault *f);
/* ERR_USAGE: not a state's name. */
MUST_USE enum err admin_request_state(const char *name, int64_t *out,
                                      struct fault *f);
/* ERR_NOT_FOUND. */
MUST_USE enum err admin_find_request(struct admin *a, int64_t id,
                                     struct request_view *out, struct fault *f);

/*
 * The station gets its certificate, or its rejection with this reason, when it
 * polls next. `state` is REQUEST_APPROVED or REQUEST_DENIED; the reason of an
 * approval stays here, and may be NULL.
 * ERR_EXISTS: it was decided before, and the fault says how. ERR_LOST: somebody
 * decided it at this very moment.
 */
MUST_USE enum err admin_decide_request(struct admin *a,
                                       const struct request_view *request,
                                       enum request_state state,
                                       const char *reason, struct fault *f);

/* The audit trail after an id, oldest first; `broken` is the id of the first
 * entry whose chain does not hold, 0 when all do. */
MUST_USE enum err admin_audit(struct admin *a, int64_t after, size_t max,
                              struct audit_list *out, struct fault *f);
MUST_USE enum err admin_check_audit(struct admin *a, int64_t *broken,
                                    struct fault *f);

#endif
