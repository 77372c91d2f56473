/*
 * A service with several profiles, and messages of every kind that stations
 * may well send it now: what mutations begin with.
 */
#ifndef SERVICE_MUTATION_SCENE_H
#define SERVICE_MUTATION_SCENE_H

#include "support/service_rig.h"

/* A good message, still to be protected. */
struct good {
    const char *name;
    const struct path_profile *profile; /* NULL: any */
    struct pki_header header;
    struct span body;          /* whole */
    const struct privkey *key; /* who signs; NULL: under the secret */
    const struct span *certs;  /* extraCerts */
    size_t num_certs;
    const struct privkey *pop_key; /* of the request in it; NULL: nobody's */
    bool keeps_id; /* it belongs to a transaction that is under way */
};

/* The first of them go with the state as it is. */
#define SCENE_NUM_FITTING 8
#define SCENE_MAX_GOOD 128
#define SCENE_SECRET SPAN_LIT("between the mast and us")

struct mutation_scene {
    struct sim_world *world;
    struct rig keeps; /* the authority of all rounds */
    struct rig rig;
    const struct config *config;
    struct station_sim stations[5];
    const struct test_cert *ra;
    struct privkey *ra_key;
    struct x509_cert ra_cert;
    struct privkey *signer_key;  /* of the answers */
    struct x509_cert encryption; /* caProtEncCert */
    struct arena *arena;         /* of a round */
    struct good list[SCENE_MAX_GOOD];
    size_t num;
};

void scene_make(struct mutation_scene *s);
void scene_free(struct mutation_scene *s);

/* A fresh service with its stations as far as they get; the messages follow
 * from that. */
void scene_begin(struct mutation_scene *s, uint64_t seed);
void scene_end(struct mutation_scene *s);

/* Sends it; the answer is copied into the arena. Its HTTP status. */
int scene_send(struct mutation_scene *s, const struct path_profile *profile,
               struct span message, struct arena *a, struct span *reply);

#endif
