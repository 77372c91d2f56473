/*
 * What the tests of envelopes share: a key of each kind that can hold one, a
 * secret, and an envelope made, read and opened.
 */
#ifndef CRYPTO_ENVELOPE_SCENE_TEST_H
#define CRYPTO_ENVELOPE_SCENE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "crypto/envelope.h"
#include "crypto/internal.h"

#define SCENE_NUM(array) (sizeof(array) / sizeof((array)[0]))
#define SCENE_SECRET SPAN_LIT("correct horse battery staple")
#define SCENE_CONTENT SPAN_LIT("what is kept from others")

enum holder {
    HOLDS_RSA,
    HOLDS_P256,
    HOLDS_P384,
    HOLDS_P521,
    HOLDS_X25519,
    HOLDS_X448,
    NUM_HOLDERS
};
struct scene_holder {
    const char *name;
    enum envelope_way way;
};
extern const struct scene_holder scene_holders[NUM_HOLDERS];

struct scene {
    struct crypto *crypto;
    struct crypto_ctx *cx;
    struct arena *arena;
    struct privkey *keys[NUM_HOLDERS];
    struct privkey *others[NUM_HOLDERS];
};

/* One for all tests of a program. */
int scene_set_up(void **state);
int scene_tear_down(void **state);

struct envelope_to scene_to_key(const struct privkey *key,
                                enum envelope_way way);
struct envelope_to scene_to_secret(enum envelope_way way);

/* An EnvelopedData with this content; and as it reads. */
struct span scene_made(struct scene *s, const struct envelope_to *to,
                       struct span content);
struct cms_enveloped scene_enveloped(struct scene *s, struct span der);
/* Opens it: either nothing is found, or this content. */
enum err scene_opened(struct scene *s, const struct cms_enveloped *e,
                      const struct envelope_opener *with, struct span content);

#endif
