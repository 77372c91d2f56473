#include "service/sealing.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"

/* Under `lock`; `key` seals, both open. */
struct sealing {
    const char *path;
    char *path_new;
    pthread_mutex_t lock;
    struct secret *key;
    struct secret *other; /* NULL: none */
};

enum err sealing_make(struct crypto_ctx *cx, struct buf *out, struct fault *f)
{
    char hex[2 * SEAL_KEY_LEN + 1];
    uint8_t key[SEAL_KEY_LEN];

    TRY(random_fill(cx, key, sizeof(key), f));
    hex_format(SPAN_OF(key), hex, sizeof(hex));
    buf_printf(out, "%s\n", hex);
    secret_wipe(key, sizeof(key));
    secret_wipe(hex, sizeof(hex));
    return ERR_OK;
}

static void set_keys(struct sealing *s, struct secret *key,
                     struct secret *other)
{
    pthread_mutex_lock(&s->lock);
    secret_free(s->key);
    secret_free(s->other);
    s->key = key;
    s->other = other;
    pthread_mutex_unlock(&s->lock);
}

enum err sealing_refresh(struct sealing *s, struct fault *f)
{
    AUTO(secret) key = NULL;
    AUTO(secret) other = NULL;
    struct fault why = { 0 };
    enum err e;

    TRY(seal_key_load(s->path, &key, f));
    e = seal_key_load(s->path_new, &other, &why);
    if (e != ERR_OK && e != ERR_NOT_FOUND) {
        *f = why;
        return e;
    }
    set_keys(s, key, other);
    key = other = NULL;
    return ERR_OK;
}

enum err sealing_load(const char *path, struct sealing **out, struct fault *f)
{
    AUTO(sealing) s = calloc(1, sizeof(*s));
    size_t size = strlen(path) + sizeof(".new");

    if (s == NULL)
        return fault_set(f, ERR_NO_MEM, "shared secrets");
    pthread_mutex_init(&s->lock, NULL);
    s->path = path;
    s->path_new = malloc(size);
    if (s->path_new == NULL)
        return fault_set(f, ERR_NO_MEM, "shared secrets");
    text_format(s->path_new, size, "%s.new", path);
    TRY(sealing_refresh(s, f));
    *out = s;
    s = NULL;
    return ERR_OK;
}

void sealing_free(struct sealing *s)
{
    if (s == NULL)
        return;
    set_keys(s, NULL, NULL);
    pthread_mutex_destroy(&s->lock);
    free(s->path_new);
    free(s);
}

enum err sealing_seal(struct sealing *s, struct crypto_ctx *cx,
                      struct span reference, struct span plain, struct arena *a,
                      struct span *out, struct fault *f)
{
    enum err e;

    pthread_mutex_lock(&s->lock);
    e = seal_make(cx, s->key, reference, plain, a, out, f);
    pthread_mutex_unlock(&s->lock);
    return e;
}

static enum err open_by_either(struct sealing *s, struct crypto_ctx *cx,
                               const struct secret_record *r,
                               struct secret **out, struct fault *f)
{
    enum err e;

    pthread_mutex_lock(&s->lock);
    e = seal_open(cx, s->key, r->reference, r->sealed, out, f);
    if (e == ERR_CRYPTO && s->other != NULL)
        e = seal_open(cx, s->other, r->reference, r->sealed, out, f);
    pthread_mutex_unlock(&s->lock);
    return e;
}

enum err sealing_open(struct sealing *s, struct crypto_ctx *cx,
                      const struct secret_record *r, struct secret **out,
                      struct fault *f)
{
    enum err e = open_by_either(s, cx, r, out, f);

    if (e != ERR_CRYPTO)
        return e;
    TRY(sealing_refresh(s, f));
    e = open_by_either(s, cx, r, out, f);
    return e == ERR_OK ? e
                       : fault_prefix(f, e, "%s: reference %.*s", s->path,
                                      (int)r->reference.len,
                                      (const char *)r->reference.ptr);
}

enum err sealing_is_current(struct sealing *s, struct crypto_ctx *cx,
                            const struct secret_record *r, bool *out,
                            struct fault *f)
{
    AUTO(secret) plain = NULL;
    enum err e;

    pthread_mutex_lock(&s->lock);
    e = seal_open(cx, s->key, r->reference, r->sealed, &plain, f);
    pthread_mutex_unlock(&s->lock);
    if (e != ERR_OK && e != ERR_CRYPTO)
        return e;
    *out = e == ERR_OK;
    return ERR_OK;
}

void sealing_open_none(struct sealing *s, struct crypto_ctx *cx)
{
    static const uint8_t nothing[SEAL_OVERHEAD + 32];
    struct secret *none = NULL;
    enum err e;

    pthread_mutex_lock(&s->lock);
    e = seal_open(cx, s->key, SPAN_LIT("none"), SPAN_OF(nothing), &none, NULL);
    pthread_mutex_unlock(&s->lock);
    if (e == ERR_OK)
        secret_free(none);
}

/* What it sealed with till now goes on opening. */
static void seal_with(struct sealing *s, struct secret *key)
{
    pthread_mutex_lock(&s->lock);
    secret_free(s->other);
    s->other = s->key;
    s->key = key;
    pthread_mutex_unlock(&s->lock);
}

enum err sealing_begin_new(struct sealing *s, struct crypto_ctx *cx,
                           struct fault *f)
{
    struct secret *key = NULL;
    enum err e = seal_key_create(cx, s->path_new, f);

    if (e != ERR_OK && e != ERR_EXISTS)
        return e;
    TRY(seal_key_load(s->path_new, &key, f));
    seal_with(s, key);
    return ERR_OK;
}

enum err sealing_end_new(struct sealing *s, struct fault *f)
{
    if (rename(s->path_new, s->path) == 0)
        return ERR_OK;
    return fault_set(f, ERR_IO, "%s: not renamed to %s: %s", s->path_new,
                     s->path, strerror(errno));
}
