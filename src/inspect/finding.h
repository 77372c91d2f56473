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

/* "holds", "broken", "not judged"; static storage. */
const char *verdict_name(enum verdict verdict);

#endif
