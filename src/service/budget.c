#include "service/budget.h"

#include <pthread.h>
#include <stdlib.h>

/* Sources share slots by hash; who shares one with a flood is only refused
 * sooner, and never loses more than a signed refusal. */
#define NUM_SLOTS 4096
#define MICROS 1000000

struct bucket {
    int64_t tokens; /* millionths of a refusal */
    int64_t filled; /* when it was last filled */
};

struct budget {
    struct budget_options options;
    pthread_mutex_t lock;
    struct bucket total;
    struct bucket slots[NUM_SLOTS];
};

struct source source_of(unsigned version, const uint8_t *address)
{
    struct source s = { { 0 } };

    s.prefix[0] = (uint8_t)version;
    memcpy(s.prefix + 1, address, version == 4 ? 3 : 8);
    return s;
}

struct budget *budget_new(const struct budget_options *options)
{
    struct budget *b = calloc(1, sizeof(*b));

    if (b == NULL)
        return NULL;
    b->options = *options;
    pthread_mutex_init(&b->lock, NULL);
    return b;
}

void budget_free(struct budget *b)
{
    if (b == NULL)
        return;
    pthread_mutex_destroy(&b->lock);
    free(b);
}

static size_t slot_of(const struct source *source)
{
    uint32_t hash = 0x811c9dc5u;

    for (size_t i = 0; i < sizeof(source->prefix); i++)
        hash = (hash ^ source->prefix[i]) * 0x01000193u;
    return hash % NUM_SLOTS;
}

/* A bucket that was never used is full. */
static void fill(struct bucket *b, int64_t now, unsigned rate, unsigned burst)
{
    int64_t max = (int64_t)burst * MICROS;
    int64_t since = b->filled == 0 ? INT64_MAX : now - b->filled;

    if (since > (int64_t)3600 * MICROS || since < 0)
        b->tokens = max;
    else
        b->tokens += since * rate;
    if (b->tokens > max)
        b->tokens = max;
    b->filled = now;
}

bool budget_take(struct budget *b, const struct source *source, int64_t now)
{
    struct bucket *own = &b->slots[slot_of(source)];
    bool is_left;

    pthread_mutex_lock(&b->lock);
    fill(own, now, b->options.per_source, b->options.burst);
    fill(&b->total, now, b->options.total, b->options.total);
    is_left = own->tokens >= MICROS && b->total.tokens >= MICROS;
    if (is_left) {
        own->tokens -= MICROS;
        b->total.tokens -= MICROS;
    }
    pthread_mutex_unlock(&b->lock);
    return is_left;
}

bool budget_is_left(struct budget *b, const struct source *source, int64_t now)
{
    struct bucket *own = &b->slots[slot_of(source)];
    bool is_left;

    pthread_mutex_lock(&b->lock);
    fill(own, now, b->options.per_source, b->options.burst);
    is_left = own->tokens >= MICROS;
    pthread_mutex_unlock(&b->lock);
    return is_left;
}
