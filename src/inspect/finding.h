/*
 * One judgement as people read it: which rule, what came of it, what stands
 * where. lint, explain and replay tell what they found in this form alone.
 */
#ifndef INSPECT_FINDING_H
#define INSPECT_FINDING_H

#include "profile/rules.h"

struct finding_view {
    const struct rule *rule;
    enum verdict verdict;
    const char *path;  /* ASN.1 path; "" where the rule has none */
    const char *found; /* what stands there; "" where it holds */
    size_t message; /* 1, 2, ...: of which message; 0: of none in particular */
    size_t request; /* the same of its requests; 0: it has but one */
    const struct rule *cause; /* that this follows from; NULL: from none */
};

/*
 * The whole path, as `inspect` writes it, of what rules name from the request
 * or body they are about on: "popo" is "body.ir[0].popo". `body` is its
 * name, "" where it is not known. `request` counts from 1, 0 where there is
 * but one. Into the arena; `path` as it is where there is
 * nothing to add, or no memory.
 */
const char *finding_path(struct arena *a, const char *body, size_t request,
                         const char *path);

/* "holds", "broken", "not judged"; static storage. */
const char *verdict_name(enum verdict verdict);

#endif
