/*
 * What a base station asks the authority in a genm, and reading what the genp
 * tells (RFC 9810, 5.3.19; RFC 9483, 4.3).
 */
#ifndef TXN_CLIENT_GENERAL_H
#define TXN_CLIENT_GENERAL_H

#include "asn1/itav.h"
#include "txn/client.h"

/* In the order they are asked in. */
enum client_topic {
    TOPIC_CA_CERTS,
    TOPIC_ROOT_UPDATE,
    TOPIC_OLD_UPDATE, /* the same in the form of pvno 2 */
    TOPIC_TEMPLATE,
    TOPIC_CRLS,
    TOPIC_CURRENT_CRL,
    TOPIC_SIGN_KEYS,
    TOPIC_ENC_KEYS,
    TOPIC_SYMM_ALG,
    TOPIC_ENC_CERT,
    TOPIC_KEY_PARAM,
    TOPIC_LANGUAGE,
    TOPIC_PASSPHRASE, /* brought, and nothing is told but that it came */
    TOPIC_NUM
};
/* "caCerts", as the infoType that asks is named; static storage. */
const char *client_topic_name(enum client_topic topic);
/* TOPIC_NUM: no such topic. */
enum client_topic client_topic_find(const char *name);
/* The infoTypes that ask for it and tell it. */
enum oid client_topic_asked(enum client_topic topic);
enum oid client_topic_told(enum client_topic topic);

/* No topic: whatever there is to tell (an empty genm). */
struct client_question {
    bool wants[TOPIC_NUM];
    struct span root;            /* rootCaCert: which; absent: any */
    struct crl_status_list crls; /* crlStatusList */
    struct span algorithm;       /* keyPairParam: content of its OID */
    struct text_list languages;  /* suppLangTags, the best first */
    struct span passphrase;      /* revPassphrase: EncryptedKey, whole */
    struct text_list profile;    /* certProfile, for certReqTemplate; num 0 */
};

/* What was told of one topic; spans point into the message. */
struct client_told_one {
    bool is_told;
    bool is_broken;    /* a value that cannot be read as what it should be */
    struct span value; /* absent: there is nothing to tell */
    struct span_list certs; /* CA_CERTS, and the one of ENC_CERT */
    struct span_list crls;  /* CRLS, and the one of CURRENT_CRL */
    struct ca_key_update update;
    struct cert_req_template cert_template;
    struct alg_list algs; /* kinds of keys, and the one of the others */
    struct text_list languages;
};

struct client_told {
    struct client_told_one of[TOPIC_NUM];
    bool has_unsupported, unsupported_is_broken;
    struct span_list unsupported; /* OIDs, their content */
    size_t num_unasked;           /* of types that no topic is told by */
    size_t num_repeated;
};

/* Begins a transaction: `out` is CLIENT_SEND. `fresh` is random. */
MUST_USE enum err client_ask(struct client *c,
                             const struct client_question *question,
                             struct span recipient,
                             const struct client_credential *own,
                             const struct client_waits *waits, int64_t now,
                             const uint8_t fresh[CLIENT_RANDOM_LEN],
                             struct arena *a, struct client_step *out,
                             struct fault *f);

/* Sorts a genp's values by topic, and reads them. ERR_NO_MEM alone. */
MUST_USE enum err client_told_read(const struct info_list *infos,
                                   struct arena *a, struct client_told *out,
                                   struct fault *f);

#endif
