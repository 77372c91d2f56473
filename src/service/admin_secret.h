/*
 * The operator's commands over shared secrets. They work beside a running
 * server, which sees what they do at the next message.
 */
#ifndef SERVICE_ADMIN_SECRET_H
#define SERVICE_ADMIN_SECRET_H

#include "service/admin.h"

/* A secret made here: 160 random bits as 32 characters of base32 (RFC 4648),
 * and these characters are the secret. */
#define SECRET_TEXT_LEN 32

/* What a weak one, chosen by a person, may be at most. */
#define SECRET_WEAK_USES 1
#define SECRET_WEAK_SECONDS ((int64_t)24 * 3600)
#define SECRET_WEAK_MIN_LEN 8

struct secret_wish {
    const char *reference; /* NULL: made here */
    const char *name;      /* CN of its messages' sender; NULL: the reference */
    const char *vendor;    /* NULL: VENDOR_OF_SECRETS */
    const char *serial;    /* NULL: the reference */
    const char *profile;   /* NULL: any */
    int64_t uses;          /* -1: without limit; 0: one */
    int64_t expires_at;    /* 0: never; a weak one's: in a day */
    const char *weak;      /* NULL: made here */
};

/* A secret as people read it; never what it is. Texts are never NULL. */
struct secret_view {
    const char *reference, *name, *vendor, *serial;
    const char *profile; /* "" when it is good for any */
    const char *state;   /* "active", "used up", "expired", "revoked" */
    const char *created, *expires, *last_used; /* "" for never */
    int64_t uses_left;                         /* -1: without limit */
    bool is_weak;
};
struct secret_views {
    struct secret_view *list;
    size_t num;
};

/*
 * Makes one; `text` is what is to be told the station, in the arena: this is
 * the only time it is there to be read.
 * ERR_USAGE: a wish not granted; ERR_EXISTS: the reference is taken;
 * ERR_CONFIG: secrets.key_file is not set.
 */
MUST_USE enum err admin_add_secret(struct admin *a,
                                   const struct secret_wish *wish,
                                   struct secret_view *out, const char **text,
                                   struct fault *f);
MUST_USE enum err admin_list_secrets(struct admin *a, int64_t after, size_t max,
                                     struct secret_views *out, struct fault *f);
/* No message under it is taken from then on, also none of a transaction that
 * has begun. ERR_NOT_FOUND; ERR_LOST: it was used at this very moment. */
MUST_USE enum err admin_revoke_secret(struct admin *a, const char *reference,
                                      struct secret_view *out, struct fault *f);
/*
 * Puts a new sealing key into the file of the configuration and seals every
 * secret under it. Cut short at any point it leaves all readable, and goes on
 * where it was when called again. `num`: how many were sealed anew.
 */
MUST_USE enum err admin_rekey_secrets(struct admin *a, size_t *num,
                                      struct fault *f);

#endif
