/*
 * What a station asks of its authority besides certificates (genm), and what
 * it is told. Nothing of it becomes an anchor but an update of the operator
 * root that the old root's key vouches for, and that only when told to.
 */
#ifndef CLIENT_ASK_H
#define CLIENT_ASK_H

#include "client/client.h"
#include "txn/client_general.h"

/* NULL: not given. */
struct client_asking {
    bool wants[TOPIC_NUM];        /* none: whatever there is to tell */
    const char *algorithm;        /* keyPairParam: dotted */
    const char *const *languages; /* suppLangTags */
    size_t num_languages;
    const char *crl_url;    /* crlStatusList by distribution point ... */
    const char *crl_issuer; /* ... or by a Name; both NULL: who issued the
                               station's certificate */
    const char *profile;    /* certProfile */
    const char *passphrase; /* revPassphrase: a file */
    const char *out_dir;    /* where files go; made when it is not there */
    bool install;           /* take the new root */
};

struct client_cert_told {
    struct x509_cert cert;
    uint8_t id[32];  /* SHA-256 */
    bool is_trusted; /* leads to the operator root */
};

/* An update of the operator root that the root in force vouches for. */
struct client_update {
    struct client_cert_told fresh, linked;
    bool has_back;
    struct client_cert_told back;
    struct span old; /* the root it follows */
    struct span old_subject;
};

#define CLIENT_MAX_FILES 8
struct client_files {
    const char *list[CLIENT_MAX_FILES];
    size_t num;
};

/* Lives as long as the station, or until its next verb. */
struct client_answers {
    struct client_question question;
    struct client_told told;
    const struct client_cert_told *ca_certs; /* of TOPIC_CA_CERTS */
    const struct client_cert_told *target;   /* of TOPIC_ENC_CERT, or NULL */
    const struct client_update *update;      /* or NULL */
    const struct x509_crl *crls;             /* both topics' */
    size_t num_crls;
    bool is_installed;
    struct client_files files; /* written */
};

/*
 * Asks, signed with the operator's certificate where there is one in force,
 * else under the shared secret, or signed with the vendor's. A transaction
 * under way is left as it is, and this one leaves no trace. ERR_REFUSED: by the
 * server; or what it told breaks a rule (txn/client_told.h), and nothing of it
 * was used. Otherwise as station_enroll.
 */
MUST_USE enum err station_ask(struct station *s, const struct client_run *run,
                              const struct client_asking *asking,
                              struct client_answers *out, struct fault *f);

#endif
