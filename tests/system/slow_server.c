/*
 * stationmaster serve, with one key that takes its time:
 *
 *     slow_server CONFIG KEY FILE MILLISECONDS
 *
 * KEY is the name of a key in the configuration, FILE its private key. Each
 * signature with it takes so long; that of any other key is as ever.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "app/serve.h"
#include "base/file.h"

struct slow_key {
    struct privkey *key;
    struct timespec delay;
};

static enum err slow_sign(void *key, struct crypto_ctx *cx, enum sig_alg alg,
                          struct span data, struct arena *a, struct span *sig,
                          struct fault *f)
{
    const struct slow_key *slow = key;

    nanosleep(&slow->delay, NULL);
    return privkey_sign(cx, slow->key, alg, data, a, sig, f);
}

static enum err slow_spki(void *key, struct arena *a, struct span *out,
                          struct fault *f)
{
    const struct slow_key *slow = key;

    *out = arena_copy(a, privkey_spki(slow->key));
    return span_is_absent(*out) ? fault_set(f, ERR_NO_MEM, "slow key") : ERR_OK;
}

/* Its owner is main. */
static void slow_free(void *key)
{
    (void)key;
}

static const struct key_ops slow_ops = { slow_sign, slow_spki, slow_free, 0 };

struct wish {
    const char *name;
    struct slow_key slow;
};

static enum err add_slow(void *arg, struct keys *keys, struct fault *f)
{
    struct wish *wish = arg;

    return keys_add(keys, wish->name, 64, &slow_ops, &wish->slow, f);
}

static enum err load(const char *file, struct crypto_ctx *cx,
                     struct privkey **out, struct fault *f)
{
    struct buf text;
    enum err e;

    buf_init(&text, 65536);
    e = file_load(file, &text, f);
    if (e == ERR_OK)
        e = privkey_parse(cx, buf_span(&text), out, f);
    buf_done(&text);
    return e;
}

static enum err run(char **argv, struct fault *f)
{
    AUTO(crypto) c = NULL;
    AUTO(crypto_ctx) cx = NULL;
    AUTO(privkey) key = NULL;
    long millis = strtol(argv[4], NULL, 10);
    struct wish wish = {
        .name = argv[2],
        .slow.delay = { .tv_sec = millis / 1000,
                        .tv_nsec = millis % 1000 * 1000000 },
    };
    struct service_options options = { .add_keys = add_slow,
                                       .add_keys_arg = &wish };

    TRY(crypto_new(&c, f));
    TRY(crypto_ctx_new(c, &cx, f));
    TRY(load(argv[3], cx, &key, f));
    wish.slow.key = key;
    return serve_run(argv[1], &options, stderr, f);
}

int main(int argc, char **argv)
{
    struct fault f = { 0 };

    if (argc != 5) {
        fprintf(stderr, "usage: slow_server CONFIG KEY FILE MILLISECONDS\n");
        return 2;
    }
    if (run(argv, &f) != ERR_OK) {
        fprintf(stderr, "slow_server: %s\n", f.text);
        return 1;
    }
    return 0;
}
