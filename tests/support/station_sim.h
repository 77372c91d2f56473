/*
 * Base stations in memory, with the vendor that made them and an operator for
 * them to enrol with, for tests of the service.
 *
 * A station makes its messages with our writers, keeps the bytes, and gives
 * the same ones again until it has an answer; it checks each answer (nonces,
 * signer, the certificate's key and issuer) and keeps what it holds. What it
 * decides follows from its number and a seed; signatures are fresh.
 *
 * Whatever fails here that is not the service's doing ends the program.
 */
#ifndef SUPPORT_STATION_SIM_H
#define SUPPORT_STATION_SIM_H

#include "asn1/cmp.h"
#include "config/config.h"
#include "crypto/crypto.h"
#include "store/store.h"
#include "support/test_pki.h"

/* --- the vendor and the operator --- */

struct sim_world {
    struct test_pki *pki;
    struct arena *arena;
    struct crypto *crypto;
    struct crypto_ctx *cx; /* the stations' */
    const struct test_cert *vendor_root, *vendor_ca;
    const char *folder; /* the operator's */
    struct x509_cert issuing, signer;
    int64_t now; /* the stations' clock, TEST_NOW at first */
    struct config *configs[8];
    size_t num_configs;
};

/* Makes both, in a temporary folder. */
struct sim_world *sim_world_new(void);
void sim_world_free(struct sim_world *w);
DEFINE_AUTO(sim_world)

/* What of a configuration differs between tests; NULL: the value beside it. */
struct sim_setup {
    const char *node;         /* "a" */
    const char *store;        /* "store.db"; a file in the folder */
    const char *kind;         /* "sqlite" */
    const char *confirm_wait; /* "10m" */
    const char *aftermath;    /* "revoke": what follows on no certConf */
    const char *workers;      /* "4" */
    const char *type;         /* "3gpp-bs", of the profile */
    const char *keys;         /* "": further ones, as YAML */
    const char *profiles;     /* the same */
    const char *more;         /* "": further settings, likewise */
};

/* A configuration of this operator; it lives as long as the world. */
const struct config *sim_world_config(struct sim_world *w,
                                      const struct sim_setup *setup);
/* Removes a store's files from the folder. */
void sim_world_remove_store(struct sim_world *w, const char *name);

/* --- a station --- */

enum sim_phase {
    SIM_IDLE,       /* nothing under way */
    SIM_ASKED,      /* ir or kur made */
    SIM_HOLDS,      /* certificate received, certConf to be made */
    SIM_CONFIRMING, /* certConf made */
    SIM_REVOKING    /* rr made */
};

enum sim_verdict {
    SIM_ACCEPTS,
    SIM_REJECTS
};

enum sim_answer {
    SIM_GOES_ON, /* the answer waited for */
    SIM_AGAIN,   /* none, or "not now": the same bytes go again */
    SIM_REFUSED, /* by a good answer; the transaction is over */
    SIM_WRONG    /* the station's `wrong` says what */
};

struct sim_exchange {
    struct span request;
    struct span reply; /* absent: none yet */
};

struct sim_held {
    struct span der;
    const struct privkey *key;
    enum certificate_status status; /* as the station knows it */
    bool is_revoked;                /* by its own rr, answered */
};

#define SIM_MAX_HELD 8
#define SIM_MAX_EXCHANGES 32
#define SIM_NUM_KEYS 4
#define SIM_ID_LEN ((size_t)16)

struct station_sim {
    struct sim_world *world;
    unsigned number;
    uint64_t random;
    struct arena *arena; /* of what follows, until the next reset */
    const struct test_cert *vendor_cert;
    struct privkey *vendor_key;
    struct privkey *keys[SIM_NUM_KEYS];
    unsigned num_asked; /* requests made */

    enum sim_phase phase;
    enum cmp_body_type asked;  /* CMP_IR, CMP_KUR or CMP_RR */
    enum sim_verdict verdict;  /* of the certConf made */
    uint8_t id[SIM_ID_LEN];    /* transactionID */
    uint8_t nonce[SIM_ID_LEN]; /* senderNonce of the last message */
    uint8_t theirs[SIM_ID_LEN];
    uint32_t fail_info; /* of the last refusal */

    struct sim_held held[SIM_MAX_HELD]; /* the last may be unconfirmed */
    size_t num_held;
    struct sim_exchange exchanges[SIM_MAX_EXCHANGES];
    size_t num_exchanges;
    char wrong[256]; /* the first thing that was; "" */
};

/* A station of the vendor, serial "BS-1000" + number, fresh from the factory.*/
void station_sim_init(struct station_sim *s, struct sim_world *w,
                      unsigned number);
void station_sim_done(struct station_sim *s);
/* Fresh from the factory again, as another seed has it; keeps its keys. */
void station_sim_reset(struct station_sim *s, uint64_t seed);

/* SIM_IDLE: makes the next request, an ir without a confirmed certificate and
 * a kur with one. The bytes live until the reset. */
struct span station_sim_ask(struct station_sim *s);
/* The same station's request in the same transaction, but of other bytes. */
struct span station_sim_ask_otherwise(struct station_sim *s);
/* SIM_HOLDS: makes the certConf. */
struct span station_sim_confirm(struct station_sim *s, enum sim_verdict v);
/* SIM_IDLE: makes the rr for the certificate it holds, signed with it; the
 * profile is one that takes rr. */
struct span station_sim_revoke(struct station_sim *s);
/* The message that waits for its answer, absent: none. */
struct span station_sim_pending(const struct station_sim *s);
/* The next message whatever the phase: pending, else a new one. */
struct span station_sim_next(struct station_sim *s);

/* An answer to what is pending. `status` 0: there was none. */
enum sim_answer station_sim_hear(struct station_sim *s, int status,
                                 struct span reply);
/* An answer to a message of before: "" or what is wrong with it. */
const char *station_sim_hear_again(struct station_sim *s, size_t exchange,
                                   int status, struct span reply);
/* Gives the transaction up. */
void station_sim_forget(struct station_sim *s);

/*
 * Looks for what the station holds: each certificate is there, byte for byte,
 * with the status the station was told, one for each transaction. NULL, or
 * what is missing, until the reset.
 */
const char *station_sim_check(struct station_sim *s,
                              struct store_session *session);

#endif
