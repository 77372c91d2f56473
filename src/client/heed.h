/*
 * Announcements (RFC 9810, 5.3.13 to 5.3.16): messages that nobody asked for,
 * come by whatever way, verified and handed to the application.
 */
#ifndef CLIENT_HEED_H
#define CLIENT_HEED_H

#include "client/ask.h"

struct client_heeding {
    const char *out_dir; /* where files go; NULL: nowhere */
    bool install;        /* ckuann: take the new root */
};

/* What the body tells, by its type; lives as long as the station, or until its
 * next verb. */
struct client_announced {
    enum cmp_body_type body;
    int64_t made_at; /* messageTime: an old one may come again */
    struct client_cert_told signer;
    const struct client_update *update;  /* ckuann */
    const struct client_cert_told *cert; /* cann; that it is trusted is not
                                            asked */
    struct rev_ann revocation;           /* rann */
    bool is_own;                 /* rann: it is the station's certificate */
    const struct x509_crl *crls; /* crlann */
    size_t num_crls;
    bool is_installed;
    struct client_files files; /* written */
};

/*
 * ERR_REFUSED: not signed by who may answer requests, below the operator root;
 * or a rule is broken, which the fault names, and nothing was used.
 * ERR_BAD_DATA_FORMAT: no message. ERR_CONFIG: settings or files.
 */
MUST_USE enum err station_heed(struct station *s, struct span message,
                               const struct client_heeding *heeding,
                               struct client_announced *out, struct fault *f);

#endif
