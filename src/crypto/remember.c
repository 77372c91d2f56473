/*
 * What was found good, kept while its trust lasts.
 */
#include <stdlib.h>

#include "crypto/path_internal.h"

/* --- leaves --- */

/* 2048 sets of four places: a certificate has its set by its digest, so that
 * nobody chooses whom he pushes out. Locked in sixteen shares. */
#define SETS 2048
#define WAYS 4
#define SHARES 16

struct set {
    struct leaf places[WAYS];
    unsigned next; /* the place to give up next */
};

struct share {
    pthread_mutex_t lock;
    uint64_t hits;
};

struct leaf_cache {
    struct share shares[SHARES];
    struct set sets[SETS];
};

struct leaf_cache *leaf_cache_new(void)
{
    struct leaf_cache *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    for (size_t i = 0; i < SHARES; i++)
        pthread_mutex_init(&c->shares[i].lock, NULL);
    return c;
}

void leaf_cache_free(struct leaf_cache *c)
{
    if (c == NULL)
        return;
    for (size_t i = 0; i < SHARES; i++)
        pthread_mutex_destroy(&c->shares[i].lock);
    free(c);
}

static size_t set_of(const uint8_t id[CERT_ID_LEN])
{
    return ((size_t)id[0] << 8 | id[1]) % SETS;
}

static struct share *share_of(struct leaf_cache *c,
                              const uint8_t id[CERT_ID_LEN])
{
    return &c->shares[set_of(id) % SHARES];
}

static struct leaf *place_find(struct set *set, const uint8_t id[CERT_ID_LEN])
{
    for (size_t i = 0; i < WAYS; i++) {
        struct leaf *place = &set->places[i];

        if (place->issuer != NULL && memcmp(place->id, id, CERT_ID_LEN) == 0)
            return place;
    }
    return NULL;
}

bool leaf_cache_find(struct leaf_cache *c, const uint8_t id[CERT_ID_LEN],
                     struct leaf *out)
{
    struct share *share = share_of(c, id);
    const struct leaf *place;

    pthread_mutex_lock(&share->lock);
    place = place_find(&c->sets[set_of(id)], id);
    if (place != NULL)
        *out = *place;
    pthread_mutex_unlock(&share->lock);
    return place != NULL;
}

void leaf_cache_add(struct leaf_cache *c, const struct leaf *leaf)
{
    struct share *share = share_of(c, leaf->id);
    struct set *set = &c->sets[set_of(leaf->id)];
    struct leaf *place;

    pthread_mutex_lock(&share->lock);
    place = place_find(set, leaf->id);
    if (place == NULL) {
        place = &set->places[set->next];
        set->next = (set->next + 1) % WAYS;
    }
    *place = *leaf;
    pthread_mutex_unlock(&share->lock);
}

void leaf_cache_count(struct leaf_cache *c, const uint8_t id[CERT_ID_LEN])
{
    struct share *share = share_of(c, id);

    pthread_mutex_lock(&share->lock);
    share->hits++;
    pthread_mutex_unlock(&share->lock);
}

uint64_t leaf_cache_hits(struct leaf_cache *c)
{
    uint64_t hits = 0;

    for (size_t i = 0; i < SHARES; i++) {
        pthread_mutex_lock(&c->shares[i].lock);
        hits += c->shares[i].hits;
        pthread_mutex_unlock(&c->shares[i].lock);
    }
    return hits;
}

/* --- CAs --- */

/* FNV-1a; collisions cost a comparison, and there are few CAs. */
static size_t bucket_of(struct span subject)
{
    uint32_t h = 2166136261u;

    for (size_t i = 0; i < subject.len; i++)
        h = (h ^ subject.ptr[i]) * 16777619u;
    return h % BUCKETS;
}

static const struct node *same_subject(const struct node *n,
                                       struct span subject)
{
    while (n != NULL && !span_is_equal(n->cert.subject, subject))
        n = n->next;
    return n;
}

const struct node *node_first(const struct trust *t, struct span subject)
{
    const struct node *n = atomic_load_explicit(&t->buckets[bucket_of(subject)],
                                                memory_order_acquire);

    return same_subject(n, subject);
}

const struct node *node_next(const struct node *n)
{
    return same_subject(n->next, n->cert.subject);
}

void node_publish(struct trust *t, struct node *n)
{
    size_t b = bucket_of(n->cert.subject);

    n->next = atomic_load_explicit(&t->buckets[b], memory_order_relaxed);
    atomic_store_explicit(&t->buckets[b], n, memory_order_release);
    t->num_nodes++;
}

static const struct node *node_find(const struct trust *t,
                                    const struct x509_cert *cert,
                                    const uint8_t id[CERT_ID_LEN],
                                    const struct node *issuer)
{
    const struct node *n = node_first(t, cert->subject);

    while (n != NULL &&
           (n->issuer != issuer || memcmp(n->id, id, CERT_ID_LEN) != 0))
        n = node_next(n);
    return n;
}

/* A node whose memory, but for the X509, is in `a`. */
static enum err node_make(const struct trust *t, const struct x509_cert *cert,
                          const uint8_t id[CERT_ID_LEN], X509 *x509,
                          const struct node *issuer, struct arena *a,
                          struct node **out, struct fault *f)
{
    struct node *n = arena_alloc(a, sizeof(*n));
    struct span der = arena_copy(a, cert->der);

    if (n == NULL || span_is_absent(der) ||
        x509_read(der, a, &n->cert) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "intermediate certificate");
    memcpy(n->id, id, CERT_ID_LEN);
    n->issuer = issuer;
    n->owner = issuer->owner;
    n->is_constrained = issuer->is_constrained || n->cert.has_constraints;
    n->x509 = x509;
    node_find_crls(t, n);
    n->standing = standing_find(issuer, &n->cert, x509);
    *out = n;
    return ERR_OK;
}

/* The lock is held. */
static enum err node_get_locked(struct trust *t, const struct x509_cert *cert,
                                const uint8_t id[CERT_ID_LEN], X509 *x509,
                                const struct node *issuer, struct arena *a,
                                const struct node **out, struct fault *f)
{
    const struct node *old = node_find(t, cert, id, issuer);
    bool keep = issuer->is_kept && t->num_nodes < MAX_NODES;
    struct node *n = NULL;

    if (old != NULL) {
        *out = old;
        return ERR_OK;
    }
    TRY(node_make(t, cert, id, x509, issuer, keep ? t->arena : a, &n, f));
    if (keep) {
        X509_up_ref(x509);
        n->is_kept = true;
        node_publish(t, n);
    }
    *out = n;
    return ERR_OK;
}

enum err node_get(struct trust *t, struct crypto_ctx *cx,
                  const struct x509_cert *cert, X509 *x509,
                  const struct node *issuer, struct arena *a,
                  const struct node **out, struct fault *f)
{
    uint8_t id[DIGEST_MAX_LEN];
    enum err e;

    TRY(hash_compute(cx, DIGEST_SHA256, cert->der, id, f));
    pthread_mutex_lock(&t->lock);
    e = node_get_locked(t, cert, id, x509, issuer, a, out, f);
    pthread_mutex_unlock(&t->lock);
    return e;
}

bool node_is_in_force(const struct node *n, int64_t now)
{
    for (; n != NULL; n = n->issuer) {
        if (!is_in_force(n->cert.not_before, n->cert.not_after, now))
            return false;
    }
    return true;
}
