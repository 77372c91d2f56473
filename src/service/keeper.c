#include "service/keeper_internal.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/text.h"

#define MICROS ((int64_t)1000000)
#define STEP_SECONDS 1
/* A step that took longer than this did not serve: the process was stopped, or
 * the machine slept. */
#define LONGEST_STEP 5
#define MAX_DUE 256
#define MAX_PURGE 512
#define KEEPER_ARENA ((size_t)256 * 1024 * 1024)

static int64_t ticks_of(const struct keeper *k)
{
    return k->line->ticks(k->line->ticks_arg);
}

/* --- served time --- */

/*
 * Every process counts on from what it last saw; the furthest wins. Several at
 * once count one second a second, and none counts while it was stopped.
 */
static enum err count_served(struct keeper *k, struct fault *f)
{
    int64_t now = ticks_of(k), stored, mine;
    int64_t passed = (now - k->looked_at) / MICROS;
    int64_t until = k->looked_at + passed * MICROS; /* the rest counts later */
    struct change *c;
    enum err e;

    if (passed > LONGEST_STEP) {
        passed = 1;
        until = now;
    }
    if (passed < 1)
        return ERR_OK;
    TRY(store_served(k->worker.session, &stored, f));
    mine = k->served + passed;
    k->looked_at = until;
    k->served = mine > stored ? mine : stored;
    if (mine <= stored)
        return ERR_OK;
    c = change_new();
    if (c == NULL)
        return fault_set(f, ERR_NO_MEM, "heartbeat");
    change_set_served(c, stored, mine);
    e = store_commit(k->line->store, c, f);
    return e == ERR_LOST ? ERR_OK : e;
}

/* --- certConfs that never came --- */

/* A profile that is gone from the configuration revokes: the default. */
static bool revokes(const struct keeper *k, struct span profile)
{
    const struct path_profile *p =
        authority_find_profile(k->line->authority, profile);

    return p == NULL || txn_timeout_revokes(&p->profile);
}

static enum err release_old(struct keeper *k, struct change *c, int64_t id,
                            struct fault *f)
{
    struct certificate_record old;

    if (id == 0)
        return ERR_OK;
    TRY(store_find_certificate_by_id(k->worker.session, id, k->arena, &old, f));
    old.pending_update = 0;
    old.changed = keeper_now(k);
    change_set_certificate(c, &old);
    return ERR_OK;
}

/* What a time-out is about, as audit and log say it. */
struct timeout {
    const struct transaction_record *transaction;
    struct certificate_list certificates;
    struct station_record station;
    bool revokes;
    char id[2 * LIMIT_ID_LEN + 1];
    char serial[2 * LIMIT_SERIAL_LEN + 1];
};

static enum err find_timeout(struct keeper *k,
                             const struct transaction_record *due,
                             struct timeout *out, struct fault *f)
{
    struct store_session *session = k->worker.session;

    *out = (struct timeout){ .transaction = due };
    TRY(store_list_issued(session, due->id, k->arena, &out->certificates, f));
    if (out->certificates.num == 0)
        return fault_set(f, ERR_STORE, "transaction %lld has no certificate",
                         (long long)due->id);
    TRY(store_find_station_by_id(session, due->station, k->arena, &out->station,
                                 f));
    out->revokes = revokes(k, due->profile);
    hex_format(due->transaction_id, out->id, sizeof(out->id));
    hex_format(out->certificates.list[0].serial, out->serial,
               sizeof(out->serial));
    return ERR_OK;
}

static void set_timed_out(struct change *c, const struct timeout *out,
                          int64_t now)
{
    for (size_t i = 0; i < out->certificates.num; i++) {
        struct certificate_record cert = out->certificates.list[i];

        bool is_proven = cert.status != CERTIFICATE_UNPROVEN;

        cert.status = CERTIFICATE_TIMED_OUT;
        cert.changed = now;
        if ((out->revokes || !is_proven) && cert.revoked_at == 0) {
            cert.revoked_at = now;
            cert.reason = CRL_CESSATION_OF_OPERATION;
        }
        change_set_certificate(c, &cert);
    }
}

static enum err record_timeout(struct keeper *k, struct change *c,
                               const struct timeout *out, struct fault *f)
{
    struct transaction_record t = *out->transaction;
    const char *entry;

    t.state = TRANSACTION_TIMED_OUT;
    t.deadline = 0;
    t.ended_at = keeper_now(k);
    change_set_transaction(c, &t);
    set_timed_out(c, out, t.ended_at);
    TRY(release_old(k, c, out->certificates.list[0].previous, f));
    entry = arena_printf(
        k->arena,
        "timed-out certConf profile=%.*s station=%.*s/%.*s serial=%s "
        "transaction=%s revoked=%s",
        (int)t.profile.len, (const char *)t.profile.ptr,
        (int)out->station.vendor.len, (const char *)out->station.vendor.ptr,
        (int)out->station.serial.len, (const char *)out->station.serial.ptr,
        out->serial, out->id, out->revokes ? "yes" : "no");
    if (entry == NULL)
        return fault_set(f, ERR_NO_MEM, "audit entry");
    change_add_audit(c, t.ended_at, span_str(entry));
    return ERR_OK;
}

static void log_timeout(struct keeper *k, const struct timeout *out)
{
    struct log_field fields[] = {
        { "profile", out->transaction->profile },
        { "vendor", out->station.vendor },
        { "station", out->station.serial },
        { "transaction", span_str(out->id) },
        { "serial", span_str(out->serial) },
        { "clause", SPAN_LIT("RFC 9810, 5.3.18") },
        { "text", SPAN_LIT("no certConf before the deadline") },
        { "revoked", out->revokes ? SPAN_LIT("yes") : SPAN_LIT("no") },
    };

    log_write(k->line->log, LOG_LEVEL_WARN, "timed-out", fields,
              sizeof(fields) / sizeof(fields[0]));
}

static enum err time_out(struct keeper *k, const struct transaction_record *t,
                         struct fault *f)
{
    AUTO(change) c = change_new();
    struct change *given;
    struct timeout out;
    enum err e;

    if (c == NULL)
        return fault_set(f, ERR_NO_MEM, "time-out");
    TRY(find_timeout(k, t, &out, f));
    TRY(record_timeout(k, c, &out, f));
    given = c;
    c = NULL;
    e = store_commit(k->line->store, given, f);
    if (e == ERR_LOST) /* its certConf came, or another process was first */
        return ERR_OK;
    TRY(e);
    log_timeout(k, &out);
    return ERR_OK;
}

/* Served time is whole seconds: a second that had begun when the certificate
 * was issued is not the station's to lose. */
static enum err sweep(struct keeper *k, struct fault *f)
{
    struct transaction_list due;

    TRY(store_list_due(k->worker.session, k->served - 1, MAX_DUE, k->arena,
                       &due, f));
    for (size_t i = 0; i < due.num; i++)
        TRY(due.list[i].state == TRANSACTION_WAITING ||
                    due.list[i].state == TRANSACTION_CHALLENGED
                ? keeper_end_waiting(k, &due.list[i], f)
                : time_out(k, &due.list[i], f));
    return ERR_OK;
}

/* --- files, old transactions, counted refusals --- */

static enum err refresh(struct keeper *k, struct fault *f)
{
    bool changed;

    TRY(authority_refresh(k->line->authority, &changed, f));
    if (changed)
        log_write(k->line->log, LOG_LEVEL_INFO, "trust-reloaded", NULL, 0);
    return ERR_OK;
}

static enum err purge(struct keeper *k, struct fault *f)
{
    int64_t window = k->line->authority->config->server.replay_window_s;
    struct change *c = change_new();
    enum err e;

    if (c == NULL)
        return fault_set(f, ERR_NO_MEM, "purge");
    change_purge(c, keeper_now(k) - window, MAX_PURGE);
    e = store_commit(k->line->store, c, f);
    return e == ERR_LOST ? ERR_OK : e;
}

/* Refusals of unverified messages are counted a minute, not listed. */
static enum err audit_refusals(struct keeper *k, struct fault *f)
{
    int64_t total = (int64_t)k->line->counters.unverified;
    const char *entry;
    struct change *c;

    if (total == k->refused)
        return ERR_OK;
    entry = arena_printf(k->arena, "unverified messages refused=%lld",
                         (long long)(total - k->refused));
    c = change_new();
    if (entry == NULL || c == NULL) {
        change_free(c);
        return fault_set(f, ERR_NO_MEM, "audit entry");
    }
    change_add_audit(c, keeper_now(k), span_str(entry));
    TRY(store_commit(k->line->store, c, f));
    k->refused = total;
    return ERR_OK;
}

typedef enum err chore(struct keeper *k, struct fault *f);

static void note(struct keeper *k, enum err e, struct fault *why,
                 enum err *first, struct fault *f)
{
    if (e == ERR_OK)
        return;
    log_fault(k->line->log, LOG_LEVEL_ERROR, "keeper", why);
    if (*first != ERR_OK)
        return;
    *first = e;
    if (f != NULL)
        *f = *why;
}

static bool take_files_due(struct keeper *k)
{
    bool is_due;

    pthread_mutex_lock(&k->lock);
    is_due = k->is_files_due;
    k->is_files_due = false;
    pthread_mutex_unlock(&k->lock);
    return is_due;
}

enum err keeper_step(struct keeper *k, struct fault *f)
{
    static chore *const each_step[] = { count_served, sweep,
                                        keeper_look_after_crls };
    static chore *const each_minute[] = { purge, audit_refusals };
    int64_t now = ticks_of(k);
    enum err first = ERR_OK;
    struct fault why = { 0 };

    arena_reset(k->arena);
    if (take_files_due(k))
        k->files_at = 0;
    for (size_t i = 0; i < sizeof(each_step) / sizeof(each_step[0]); i++)
        note(k, each_step[i](k, &why), &why, &first, f);
    if (now - k->files_at >= 5 * MICROS) {
        k->files_at = now;
        note(k, refresh(k, &why), &why, &first, f);
    }
    if (now - k->audited_at < 60 * MICROS)
        return first;
    k->audited_at = now;
    for (size_t i = 0; i < sizeof(each_minute) / sizeof(each_minute[0]); i++)
        note(k, each_minute[i](k, &why), &why, &first, f);
    return first;
}

/* --- life --- */

static int64_t longest_wait(const struct authority *au)
{
    int64_t wait = 0;

    for (size_t i = 0; i < au->num_profiles; i++)
        if (au->profiles[i].profile.confirm_wait > wait)
            wait = au->profiles[i].profile.confirm_wait;
    return wait;
}

/* Time in which nothing served must not have brought a deadline near. */
static enum err raise_deadlines(struct keeper *k, struct fault *f)
{
    struct change *c = change_new();

    if (c == NULL)
        return fault_set(f, ERR_NO_MEM, "deadlines");
    change_raise_deadlines(c, longest_wait(k->line->authority));
    TRY(store_commit(k->line->store, c, f));
    return store_served(k->worker.session, &k->served, f);
}

static enum err prepare(struct keeper *k, struct fault *f)
{
    const struct authority *au = k->line->authority;

    k->arena = arena_new(KEEPER_ARENA);
    k->crls = calloc(au->num_issuers + 1, sizeof(*k->crls));
    if (k->arena == NULL || k->crls == NULL)
        return fault_set(f, ERR_NO_MEM, "keeper");
    for (size_t i = 0; i < au->num_issuers; i++)
        buf_init(&k->crls[i].der, LIMIT_CRL_LEN);
    TRY(crypto_ctx_new(au->crypto, &k->worker.cx, f));
    TRY(store_session_new(k->line->store, &k->worker.session, f));
    TRY(raise_deadlines(k, f));
    k->looked_at = k->audited_at = k->files_at = ticks_of(k);
    return keeper_look_after_crls(k, f);
}

enum err keeper_new(struct line *line, struct keeper **out, struct fault *f)
{
    AUTO(keeper) k = calloc(1, sizeof(*k));
    pthread_condattr_t attr;

    if (k == NULL)
        return fault_set(f, ERR_NO_MEM, "keeper");
    k->line = line;
    k->worker.line = line;
    pthread_mutex_init(&k->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&k->wake, &attr);
    pthread_condattr_destroy(&attr);
    TRY(prepare(k, f));
    *out = k;
    k = NULL;
    return ERR_OK;
}

static void wait_for_turn(struct keeper *k)
{
    struct timespec until;

    clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += STEP_SECONDS;
    while (!k->is_poked && !k->is_stopping)
        if (pthread_cond_timedwait(&k->wake, &k->lock, &until) != 0)
            break;
    k->is_poked = false;
}

static void *thread_main(void *arg)
{
    struct keeper *k = arg;

    pthread_mutex_lock(&k->lock);
    while (!k->is_stopping) {
        pthread_mutex_unlock(&k->lock);
        if (keeper_step(k, NULL) != ERR_OK)
            k->files_at = 0; /* it was logged; look at all files again */
        pthread_mutex_lock(&k->lock);
        wait_for_turn(k);
    }
    pthread_mutex_unlock(&k->lock);
    return NULL;
}

enum err keeper_start(struct keeper *k, struct fault *f)
{
    if (pthread_create(&k->thread, NULL, thread_main, k) != 0)
        return fault_set(f, ERR_SYSTEM_FAILURE, "no thread for the keeper");
    k->is_running = true;
    return ERR_OK;
}

void keeper_poke(struct keeper *k)
{
    pthread_mutex_lock(&k->lock);
    k->is_poked = true;
    pthread_cond_signal(&k->wake);
    pthread_mutex_unlock(&k->lock);
}

void keeper_poke_files(struct keeper *k)
{
    pthread_mutex_lock(&k->lock);
    k->is_files_due = true;
    k->is_poked = true;
    pthread_cond_signal(&k->wake);
    pthread_mutex_unlock(&k->lock);
}

void keeper_free(struct keeper *k)
{
    if (k == NULL)
        return;
    pthread_mutex_lock(&k->lock);
    k->is_stopping = true;
    pthread_cond_signal(&k->wake);
    pthread_mutex_unlock(&k->lock);
    if (k->is_running)
        pthread_join(k->thread, NULL);
    for (size_t i = 0; k->crls != NULL && i < k->line->authority->num_issuers;
         i++)
        buf_done(&k->crls[i].der);
    store_session_free(k->worker.session);
    crypto_ctx_free(k->worker.cx);
    pthread_cond_destroy(&k->wake);
    pthread_mutex_destroy(&k->lock);
    free(k->crls);
    arena_free(k->arena);
    free(k);
}
