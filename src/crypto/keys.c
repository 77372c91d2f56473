#include "crypto/keys.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "crypto/internal.h"

/* Room for the public half of any key, RSA of 4096 bits included. */
#define SPKI_ROOM ((size_t)16 * 1024)

struct entry {
    struct entry *next;
    char *name;
    const struct key_ops *ops;
    void *key;
    struct arena *arena; /* holds `spki` */
    struct span spki;

    pthread_mutex_t lock;
    pthread_cond_t turn;
    unsigned max_waiting;
    unsigned inside;  /* callers waiting or signing */
    unsigned signing; /* those of them within ops->sign */
};

struct keys {
    struct crypto *crypto;
    struct entry *first;
};

static void entry_free(struct entry *e)
{
    if (e == NULL)
        return;
    pthread_cond_destroy(&e->turn);
    pthread_mutex_destroy(&e->lock);
    arena_free(e->arena);
    free(e->name);
    free(e);
}
DEFINE_AUTO(entry)

/* Deadlines are on the monotonic clock, and so must the waiting be. */
static void turn_init(pthread_cond_t *turn)
{
    pthread_condattr_t attr;

    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(turn, &attr);
    pthread_condattr_destroy(&attr);
}

static struct entry *entry_new(const char *name)
{
    AUTO(entry) e = calloc(1, sizeof(*e));
    struct entry *out;

    if (e == NULL)
        return NULL;
    pthread_mutex_init(&e->lock, NULL);
    turn_init(&e->turn);
    e->name = strdup(name);
    e->arena = arena_new(SPKI_ROOM);
    if (e->name == NULL || e->arena == NULL)
        return NULL;
    out = e;
    e = NULL;
    return out;
}

static struct entry *entry_find(const struct keys *k, const char *name)
{
    for (struct entry *e = k->first; e != NULL; e = e->next) {
        if (strcmp(e->name, name) == 0)
            return e;
    }
    return NULL;
}

enum err keys_new(struct crypto *c, struct keys **out, struct fault *f)
{
    struct keys *k = calloc(1, sizeof(*k));

    if (k == NULL)
        return fault_set(f, ERR_NO_MEM, "keys");
    k->crypto = c;
    *out = k;
    return ERR_OK;
}

void keys_free(struct keys *k)
{
    if (k == NULL)
        return;
    for (struct entry *e = k->first, *next; e != NULL; e = next) {
        next = e->next;
        e->ops->free(e->key);
        entry_free(e);
    }
    free(k);
}

enum err keys_add(struct keys *k, const char *name, unsigned max_waiting,
                  const struct key_ops *ops, void *key, struct fault *f)
{
    AUTO(entry) e = NULL;

    if (entry_find(k, name) != NULL)
        return fault_set(f, ERR_EXISTS, "two keys are named '%s'", name);
    e = entry_new(name);
    if (e == NULL)
        return fault_set(f, ERR_NO_MEM, "key '%s'", name);
    TRY(ops->spki(key, e->arena, &e->spki, f));
    e->ops = ops;
    e->key = key;
    e->max_waiting = max_waiting;
    e->next = k->first;
    k->first = e;
    e = NULL;
    return ERR_OK;
}

enum err keys_spki(const struct keys *k, const char *name, struct span *out,
                   struct fault *f)
{
    const struct entry *e = entry_find(k, name);

    if (e == NULL)
        return fault_set(f, ERR_NOT_FOUND, "no key is named '%s'", name);
    *out = e->spki;
    return ERR_OK;
}

/* --- whose turn it is --- */

static bool is_full(const struct entry *e)
{
    return e->ops->max_parallel != 0 && e->signing >= e->ops->max_parallel;
}

/* False: the deadline passed. The lock is held. */
static bool wait_for_turn(struct entry *e, int64_t deadline)
{
    struct timespec until = { .tv_sec = (time_t)(deadline / 1000000),
                              .tv_nsec = (long)(deadline % 1000000) * 1000 };

    while (is_full(e)) {
        if (deadline == 0)
            pthread_cond_wait(&e->turn, &e->lock);
        else if (pthread_cond_timedwait(&e->turn, &e->lock, &until) ==
                     ETIMEDOUT &&
                 is_full(e))
            return false;
    }
    return deadline == 0 || clock_monotonic_micros() < deadline;
}

static enum err key_enter(struct entry *e, int64_t deadline, struct fault *f)
{
    bool is_crowded, has_turn = false;

    pthread_mutex_lock(&e->lock);
    is_crowded = e->inside >= e->max_waiting;
    if (!is_crowded) {
        e->inside++;
        has_turn = wait_for_turn(e, deadline);
        if (has_turn)
            e->signing++;
        else
            e->inside--;
    }
    /* One that was woken and goes without using its turn passes it on. */
    if (!is_crowded && !has_turn)
        pthread_cond_signal(&e->turn);
    pthread_mutex_unlock(&e->lock);
    if (is_crowded)
        return fault_set(f, ERR_SYSTEM_UNAVAIL,
                         "%u callers use or await key '%s' already",
                         e->max_waiting, e->name);
    if (!has_turn)
        return fault_set(f, ERR_SYSTEM_UNAVAIL,
                         "key '%s' was not free before the deadline", e->name);
    return ERR_OK;
}

static void key_leave(struct entry *e)
{
    pthread_mutex_lock(&e->lock);
    e->signing--;
    e->inside--;
    pthread_cond_signal(&e->turn);
    pthread_mutex_unlock(&e->lock);
}

enum err keys_sign(struct keys *k, struct crypto_ctx *cx, const char *name,
                   enum sig_alg alg, struct span data, int64_t deadline,
                   struct arena *a, struct span *sig, struct fault *f)
{
    struct entry *e = entry_find(k, name);
    enum err result;

    if (e == NULL)
        return fault_set(f, ERR_NOT_FOUND, "no key is named '%s'", name);
    TRY(key_enter(e, deadline, f));
    result = e->ops->sign(e->key, cx, alg, data, a, sig, f);
    key_leave(e);
    return result;
}

enum err keys_agree(struct keys *k, struct crypto_ctx *cx, const char *name,
                    const struct spki *peer, int64_t deadline,
                    struct secret **out, struct fault *f)
{
    struct entry *e = entry_find(k, name);
    enum err result;

    if (e == NULL)
        return fault_set(f, ERR_NOT_FOUND, "no key is named '%s'", name);
    if (e->ops->agree == NULL)
        return fault_set(f, ERR_BAD_ALG, "key '%s' only signs", name);
    TRY(key_enter(e, deadline, f));
    result = e->ops->agree(e->key, cx, peer, out, f);
    key_leave(e);
    return result;
}

enum err keys_decrypt(struct keys *k, struct crypto_ctx *cx, const char *name,
                      struct span encrypted, int64_t deadline, struct arena *a,
                      struct secret **out, struct fault *f)
{
    struct entry *e = entry_find(k, name);
    enum err result;

    if (e == NULL)
        return fault_set(f, ERR_NOT_FOUND, "no key is named '%s'", name);
    if (e->ops->decrypt == NULL)
        return fault_set(f, ERR_BAD_ALG, "key '%s' does not decrypt", name);
    TRY(key_enter(e, deadline, f));
    result = e->ops->decrypt(e->key, cx, encrypted, a, out, f);
    key_leave(e);
    return result;
}

struct crypto *keys_crypto(const struct keys *k)
{
    return k->crypto;
}
