/*
 * Scenes for tests of certification paths: what a trust holds, what comes
 * with a message, and what is to be told of it.
 */
#ifndef CRYPTO_PATH_SCENE_TEST_H
#define CRYPTO_PATH_SCENE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/limits.h"
#include "crypto/path.h"
#include "support/test_pki.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define OWNER 7

/* One for all tests of a program, between scene_set_up and scene_tear_down. */
extern struct crypto *crypto;
extern struct crypto_ctx *cx;
extern struct test_pki *pki;
int scene_set_up(void **state);
int scene_tear_down(void **state);

#define CERT(...) test_cert_make(pki, &(struct test_cert_spec){ __VA_ARGS__ })
#define CRL(...) test_crl_make(pki, &(struct test_crl_spec){ __VA_ARGS__ })
#define REVOKES(cert) \
    .revoked = (const struct test_cert *const[]){ cert }, .num_revoked = 1

/* What a trust holds and what comes with a message; NULL ends each list. */
struct scene {
    const char *what;
    const struct test_cert *leaf;
    const struct test_cert *anchors[3];
    const struct test_cert *configured[3];
    const struct test_cert *extra[12];
    const struct test_crl *crls[4];
    bool legacy; /* the trust allows it */

    enum err err;
    const char *says; /* in the fault */
    enum revocation revocation;
    int64_t revoked_depth;
    size_t num_chain; /* 0: not looked at */
};

struct outcome {
    enum err err;
    struct path path;
    struct fault fault;
};

/* A sealed trust of what the scene lists. */
struct trust *trust_of(const struct scene *s);

/* One check; the chain is looked at here, since its arena goes. */
struct outcome check_at(struct trust *t, const struct scene *s, int64_t now);

/*
 * The scene as told at TEST_NOW; once more, from memory; and over all times,
 * forth and back, a trust that remembers answers like one that is new.
 */
void play_all(const struct scene *scenes, size_t num);

#endif
