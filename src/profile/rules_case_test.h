/*
 * Messages with one thing changed, and the rule that breaks.
 */
#ifndef PROFILE_RULES_CASE_TEST_H
#define PROFILE_RULES_CASE_TEST_H

#include "profile/scene_test.h"

/* A change of a scene, by name. */
#define CHANGE(name, ...)             \
    static void name(struct scene *s) \
    {                                 \
        __VA_ARGS__;                  \
    }

#define OPEN PROFILE_OPEN
#define BS PROFILE_3GPP_BS
#define LEGACY PROFILE_LEGACY_2010
#define LITE PROFILE_RFC9483

struct rules_case {
    const char *what;
    enum profile_type type;
    enum cmp_body_type body;
    void (*change)(struct scene *s);
    const char *rule; /* "": none */
    enum err err;
    enum cmp_body_type answer;
};

struct rules_cases {
    const struct rules_case *list;
    size_t num;
};

/* What screen.c sees in the message alone, and what judge.c and poll.c see in
 * it and the facts. */
extern const struct rules_cases rules_screen_cases, rules_judge_cases;

#endif
