/*
 * Changes DER at random: mostly so that it still parses, sometimes not.
 */
#ifndef SERVICE_MUTATION_DER_H
#define SERVICE_MUTATION_DER_H

#include "mutation_scene.h"

struct mutator {
    uint64_t random; /* all that is drawn follows from it */
    struct arena *arena;
    const struct mutation_scene *scene; /* where elements come from */
};

uint64_t mutator_draw(struct mutator *m);
/* A number below this one. */
size_t mutator_below(struct mutator *m, size_t num);
bool mutator_percent(struct mutator *m, size_t of);
struct span mutator_octets(struct mutator *m, size_t len);

/* `der`, one element, with up to three things changed. In the arena. */
struct span mutated(struct mutator *m, struct span der);

#endif
