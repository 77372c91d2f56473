/*
 * Exchanges for tests of lint: the messages that another implementation made
 * (tests/vectors/cmp), changed in one place and protected anew by keys of ours.
 */
#ifndef INSPECT_LINT_SCENE_TEST_H
#define INSPECT_LINT_SCENE_TEST_H

#include "inspect/lint.h"
#include "support/cmp_vectors.h"
#include "support/test_pki.h"

#define SCENE_MAX_MESSAGES 8
#define SCENE_SECRET "3gpp-cmp-secret"
#define SCENE_REFERENCE "0123456789"

struct scene {
    struct arena *arena;
    struct test_pki *pki;
    const struct test_cert *vendor_root, *vendor;    /* of an ir */
    const struct test_cert *operator_root, *station; /* of a kur and others */
    const struct test_cert *server;                  /* of answers */
};

/* The message at hand, for a change before it is protected. What it points to
 * lives in the scene's arena. */
struct scene_message {
    struct scene *scene;
    struct cmp_message *msg;
    const struct test_cert *signer; /* NULL: left as it came */
    bool breaks_signature;
};
typedef void scene_change(struct scene_message *m);

struct scene_case {
    const char *what;
    const char *messages; /* "ir ip certConf", vectors by name */
    enum profile_type type;
    const char *changed; /* which of them; NULL: none */
    scene_change *change;
    /* A server's rules that are broken, in order; of each message that has some
     * behind its name: "ir: pop-verifies pvno-is-known, certConf: ..." */
    const char *broken;
};

void scene_init(struct scene *s);
void scene_done(struct scene *s);

/* Runs lint over the messages of a case, and fails the test where something
 * else is broken than it says. */
void scene_check(struct scene *s, const struct scene_case *c);
void scene_check_all(const struct scene_case *cases, size_t num);

/* Has it signed by this one, whose certificate it brings, and named so. */
void scene_sign_by(struct scene_message *m, const struct test_cert *signer);

/* The message as it is now, written and signed. */
struct span scene_write(struct scene_message *m);

/* A new span of the same bytes with the last one changed. */
struct span scene_flip(struct scene *s, struct span bytes);

#endif
