/*
 * A service as a test drives it: opened on a configuration, given messages,
 * waited for; stepped by hand or with its threads.
 */
#ifndef SUPPORT_SERVICE_RIG_H
#define SUPPORT_SERVICE_RIG_H

#include <pthread.h>

#include "service/service.h"
#include "support/station_sim.h"

struct rig {
    struct service *service;
    struct worker worker;    /* by hand: what steps the line */
    const struct rig *other; /* whose authority and cx these are; NULL */
    bool by_hand;
    const struct path_profile *profile;
};

/* ERR_STORE and such as service_new; `*r` is then as rig_close leaves it. */
MUST_USE enum err rig_open(struct rig *r, const struct config *config,
                           const struct service_options *options,
                           struct fault *f);
/* The same on the authority of another rig, by hand like it and outliving it:
 * quicker by far. */
MUST_USE enum err rig_open_on(struct rig *r, const struct rig *other,
                              const struct config *config,
                              const struct service_options *options,
                              struct fault *f);
/* The options by which a test steps by hand, on this VFS and at the world's
 * time. */
struct service_options rig_by_hand(struct sim_world *w, const char *vfs);
void rig_close(struct rig *r);

/* One message on its way and its answer. */
struct rig_call {
    struct rig *rig;
    struct span bytes;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    bool is_done;
    int status;
    uint8_t *body;
    size_t len;
    struct job *again; /* by hand: to travel again */
};
/* Hands it over; several may be under way. `bytes` live until rig_wait. */
void rig_post(struct rig *r, struct rig_call *call, struct span bytes);
/* Waits for the answer. */
void rig_wait(struct rig_call *call);
struct span rig_body(const struct rig_call *call);
void rig_call_done(struct rig_call *call);

/* The station's next message, its answer, what the station makes of it. */
enum sim_answer rig_exchange(struct rig *r, struct station_sim *s);
/* A whole enrolment or renewal. False: something was not as it should. */
bool rig_enrol(struct rig *r, struct station_sim *s);
/* The message of an exchange again: "" or what is wrong with the answer. */
const char *rig_repeat(struct rig *r, struct station_sim *s, size_t exchange);

/* store_describe, into the station's arena. */
const char *rig_describe(struct rig *r, struct arena *a);

#endif
