#include "bench/crypto_bound.h"

#include <stdlib.h>
#include <time.h>

#define BATCHES 9
#define VERIFIES_PER_BATCH 1000
#define SIGNS_PER_BATCH 2000
#define DATA_LEN 800

double thread_cpu_micros(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* What both halves of the measurement need. */
struct setting {
    struct crypto_ctx *cx;
    const struct privkey *key;
    struct spki spki;
    struct alg_id alg;
    struct span data, sig;
    struct arena *arena;
};

static enum err verify_batch(struct setting *s, struct fault *f)
{
    for (int i = 0; i < VERIFIES_PER_BATCH; i++)
        TRY(sig_verify(s->cx, &s->spki, &s->alg, s->data, s->sig, f));
    return ERR_OK;
}

static enum err sign_batch(struct setting *s, struct fault *f)
{
    struct span sig;

    for (int i = 0; i < SIGNS_PER_BATCH; i++) {
        arena_reset(s->arena);
        TRY(privkey_sign(s->cx, s->key, SIG_ECDSA_SHA256, s->data, s->arena,
                         &sig, f));
    }
    return ERR_OK;
}

/* The median cost of one operation. */
static enum err measure(struct setting *s,
                        enum err (*batch)(struct setting *, struct fault *),
                        int per_batch, double *out, struct fault *f)
{
    double costs[BATCHES], start;

    for (int i = 0; i < BATCHES; i++) {
        start = thread_cpu_micros();
        TRY(batch(s, f));
        costs[i] = (thread_cpu_micros() - start) / per_batch;
    }
    qsort(costs, BATCHES, sizeof(costs[0]), compare);
    *out = costs[BATCHES / 2];
    return ERR_OK;
}

enum err crypto_bound_measure(struct crypto_ctx *cx, struct crypto_bound *out,
                              struct fault *f)
{
    static const uint8_t data[DATA_LEN];
    AUTO(privkey) key = NULL;
    AUTO(arena) keep = arena_new(4096);
    AUTO(arena) scratch = arena_new(4096);
    struct setting s = { .cx = cx, .data = SPAN_OF(data), .arena = scratch };
    struct crypto_bound bound;
    struct der in;

    if (keep == NULL || scratch == NULL)
        return fault_set(f, ERR_NO_MEM, "measurement");
    TRY(privkey_generate(cx, KEY_EC_P256, 0, &key, f));
    s.key = key;
    in = der_open(privkey_spki(key), NULL);
    TRY(spki_read(&in, &s.spki));
    in = der_open(sig_alg_info(SIG_ECDSA_SHA256)->der, NULL);
    TRY(alg_id_read(&in, &s.alg));
    TRY(privkey_sign(cx, key, SIG_ECDSA_SHA256, s.data, keep, &s.sig, f));
    TRY(measure(&s, verify_batch, VERIFIES_PER_BATCH, &bound.verify, f));
    TRY(measure(&s, sign_batch, SIGNS_PER_BATCH, &bound.sign, f));
    bound.enrolment = 4 * bound.verify + 3 * bound.sign;
    *out = bound;
    return ERR_OK;
}
