#include "support/fake_station.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/internal.h"
#include "profile/rules.h"

static void must(bool is_so, const char *what)
{
    if (!is_so) {
        fprintf(stderr, "fake_station: %s\n", what);
        abort();
    }
}

static int64_t get_now(void *arg)
{
    const struct fake_station *fs = arg;

    return fs->now;
}

static void go_on(void *arg, int64_t ms)
{
    struct fake_station *fs = arg;

    fs->now += ms / 1000 + 1;
}

static void listen_to(void *arg, const struct client_event *event)
{
    struct fake_station *fs = arg;

    fs->num_ignored += event->type == EVENT_IGNORED;
    fs->num_gave_up += event->type == EVENT_GAVE_UP;
    fs->num_resumed += event->type == EVENT_RESUMED;
    if (event->type == EVENT_IGNORED || event->type == EVENT_REJECTED ||
        event->type == EVENT_NOTED)
        snprintf(fs->last, sizeof(fs->last), "%s", event->text);
}

void fake_station_init(struct fake_station *fs)
{
    *fs = (struct fake_station){ .now = TEST_NOW, .run = client_run_default };
    must(crypto_new(&fs->crypto, NULL) == ERR_OK, "crypto");
    fs->ra = fake_ra_new();
    fs->dir =
        arena_printf(fs->ra->arena, "%s/state", test_pki_dir(fs->ra->pki));
    fake_ra_settings(fs->ra, &fs->settings);
    fs->run.once = true;
    fs->env = (struct client_env){ .transport = fake_ra_transport(fs->ra),
                                   .now = get_now,
                                   .sleep = go_on,
                                   .report = listen_to,
                                   .arg = fs };
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *at)
{
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

/* A folder and what lies in it. */
static void remove_all(const char *path)
{
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

void fake_station_reset(struct fake_station *fs)
{
    remove_all(fs->dir);
    fs->num_ignored = fs->num_gave_up = fs->num_resumed = 0;
    fs->last[0] = '\0';
    fs->now = TEST_NOW;
}

void fake_station_done(struct fake_station *fs)
{
    remove_all(fs->dir);
    fake_ra_free(fs->ra);
    crypto_free(fs->crypto);
}

/* What ends in a refusal, or for lack of an answer, names its rule. */
static enum err named(enum err e, const struct fault *f)
{
    if (e == ERR_REFUSED || e == ERR_NO_ANSWER)
        must(rule_find(f->rule) != NULL, "a refusal without a rule");
    return e;
}

enum err fake_station_enroll(struct fake_station *fs, struct fault *f)
{
    AUTO(station) s = NULL;

    TRY(station_open(fs->crypto, fs->dir, &fs->settings, &fs->env, &s, f));
    return named(station_enroll(s, &fs->run, f), f);
}

enum err fake_station_renew(struct fake_station *fs, struct fault *f)
{
    AUTO(station) s = NULL;

    TRY(station_open(fs->crypto, fs->dir, &fs->settings, &fs->env, &s, f));
    return named(station_renew(s, &fs->run, f), f);
}

static bool fits(struct fake_station *fs, const struct pair *pair,
                 struct arena *a)
{
    AUTO(crypto_ctx) cx = NULL;
    AUTO(privkey) key = NULL;
    AUTO(secret) text = NULL;
    AUTO(trust) t = NULL;
    struct x509_cert cert;
    struct path path;

    return crypto_ctx_new(fs->crypto, &cx, NULL) == ERR_OK &&
           x509_read(pair->cert, a, &cert) == ERR_OK &&
           secret_load(path_join(pair->path, "key.pem", a), &text, NULL) ==
               ERR_OK &&
           privkey_parse(cx, secret_span(text), &key, NULL) == ERR_OK &&
           span_is_equal(privkey_spki(key), cert.spki.der) &&
           trust_new(fs->crypto, &t, NULL) == ERR_OK &&
           trust_add_anchor(t, 0, pair->root, NULL) == ERR_OK &&
           trust_seal(t, NULL) == ERR_OK &&
           path_check(cx, t, fs->now, pair->cert, pair->chain.list,
                      pair->chain.num, a, &path, NULL) == ERR_OK;
}

bool fake_station_is_sound(struct fake_station *fs, bool *has)
{
    AUTO(arena) a = arena_new(CLIENT_ARENA);
    struct pair pair;
    enum err e;

    must(a != NULL, "arena");
    e = pair_load(fs->dir, a, &pair, NULL);
    *has = e == ERR_OK;
    return e == ERR_NOT_FOUND || (e == ERR_OK && fits(fs, &pair, a));
}

bool fake_station_is_pending(const struct fake_station *fs)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/pending", fs->dir);
    return access(path, F_OK) == 0;
}
