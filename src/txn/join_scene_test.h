/*
 * What joins both ends in memory: the network, and a server on the rules and
 * the decision of ours with a list for a store. Messages are real, in DER;
 * signatures, and MACs under a secret that both have, are sums that name their
 * maker; clock and randomness come from a seed.
 */
#ifndef TXN_JOIN_SCENE_TEST_H
#define TXN_JOIN_SCENE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "profile/rules.h"
#include "txn/client.h"

#define WORLD_MAX_BAG 16
#define WORLD_MAX_KEPT 64
#define WORLD_CONFIRM_WAIT 300

/* What happened in all runs together: the test is to see each. */
struct seen {
    unsigned done, done_by_secret, refused, gave_up, replayed, refusals,
        ignored, timed_out;
};

/* On the network. Those to the station come from the server. */
struct letter {
    struct span bytes;
    bool to_station;
};

/* What the server keeps of a transaction: one certificate each. */
struct transaction {
    struct span id, nonce, request, key;
    enum fact_transaction state;
    int64_t deadline;
    struct span certificate, hash;
};

struct kept {
    struct span request, reply;
};

struct world {
    struct arena *arena;
    uint64_t seed;
    struct seen *seen;
    int64_t now;
    struct x509_cert ra, own, issued;
    struct fact_issued awaited;
    struct letter bag[WORLD_MAX_BAG];
    size_t num_bag;
    /* the server */
    struct profile profile;
    struct transaction transactions[WORLD_MAX_KEPT];
    size_t num_transactions;
    struct kept kept[WORLD_MAX_KEPT];
    size_t num_kept;
    /* the station */
    enum cmp_body_type request;
    bool has_secret; /* both ends; else messages are signed */
    struct span mac_alg;
    struct mac_policy macs;
    struct client client;
    struct span key, under_way;
    unsigned tries;
    int64_t send_at;
    struct span installed; /* a key */
};

uint32_t world_roll(struct world *w, uint32_t sides);
struct span world_fresh(struct world *w, size_t len);

/* Who protects: under a secret either is who knows it. */
struct span world_station(const struct world *w);
struct span world_server(const struct world *w);
/* Stands for a signature, a MAC and a hash. */
struct span world_sum(struct world *w, struct span who, struct span bytes);
bool world_is_signed(struct world *w, const struct cmp_message *msg,
                     struct span who);
struct span world_seal(struct world *w, const struct pki_header *h,
                       const struct pki_body *b, struct span who);

/* Into the bag; one that is full loses it. */
void world_post(struct world *w, struct span bytes, bool to_station);

/* The server's answer; absent: none. */
struct span world_serve(struct world *w, struct span bytes);
/* Transactions whose time is over. */
void world_sweep(struct world *w);

#endif
