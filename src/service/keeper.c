#include "service/keeper.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/limits.h"
#include "base/text.h"

#define MICROS ((int64_t)1000000)
#define STEP_MICROS MICROS
/* A step that took longer than this did not serve: the process was stopped, or
 * the machine slept. */
#define LONGEST_STEP 5
/* How far the clocks of two servers on one store may differ, in seconds. */
#define CLOCK_SLACK 300
#define MAX_DUE 256
#define MAX_PURGE 512
#define KEEPER_ARENA ((size_t)256 * 1024 * 1024)

struct held_crl {
    struct buf der;
    int64_t number, covers, this_update, next_update;
};

struct keeper {
    struct line *line;
    struct worker worker;
    struct arena *arena;

    int64_t served;     /* the store's count as last seen */
    int64_t looked_at;  /* ticks_of that moment */
    int64_t files_at;   /* when files were last looked at */
    int64_t refused;    /* unverified refusals already audited */
    int64_t audited_at; /* minute of that */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t wake;
    struct held_crl *crls; /* one for each issuer */
    bool is_poked, is_files_due, is_stopping, is_running;
    pthread_t thread;
};

static int64_t now_of(const struct keeper *k)
{
    return k->line->now(k->line->now_arg);
}

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

static const struct path_profile *profile_of(const struct keeper *k,
                                             struct span name)
{
    const struct authority *au = k->line->authority;

    for (size_t i = 0; i < au->num_profiles; i++)
        if (span_is_equal(span_str(au->profiles[i].config->name), name))
            return &au->profiles[i];
    return NULL;
}

/* A profile that is gone from the configuration revokes: the default. */
static bool revokes(const struct keeper *k, struct span profile)
{
    const struct path_profile *p = profile_of(k, profile);

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
    old.changed = now_of(k);
    change_set_certificate(c, &old);
    return ERR_OK;
}

/* What a time-out is about, as audit and log say it. */
struct timeout {
    const struct transaction_record *transaction;
    struct certificate_record certificate;
    struct station_record station;
    bool is_revoked;
    char id[2 * LIMIT_ID_LEN + 1];
    char serial[2 * LIMIT_SERIAL_LEN + 1];
};

static enum err find_timeout(struct keeper *k,
                             const struct transaction_record *due,
                             struct timeout *out, struct fault *f)
{
    struct store_session *session = k->worker.session;

    *out = (struct timeout){ .transaction = due };
    TRY(store_find_issued(session, due->id, 0, k->arena, &out->certificate, f));
    TRY(store_find_station_by_id(session, due->station, k->arena, &out->station,
                                 f));
    out->is_revoked =
        revokes(k, due->profile) && out->certificate.revoked_at == 0;
    hex_format(due->transaction_id, out->id, sizeof(out->id));
    hex_format(out->certificate.serial, out->serial, sizeof(out->serial));
    return ERR_OK;
}

static enum err record_timeout(struct keeper *k, struct change *c,
                               const struct timeout *out, struct fault *f)
{
    struct transaction_record t = *out->transaction;
    struct certificate_record cert = out->certificate;
    const char *entry;

    t.state = TRANSACTION_TIMED_OUT;
    t.deadline = 0;
    t.ended_at = now_of(k);
    change_set_transaction(c, &t);
    cert.status = CERTIFICATE_TIMED_OUT;
    cert.changed = t.ended_at;
    if (out->is_revoked) {
        cert.revoked_at = t.ended_at;
        cert.reason = CRL_CESSATION_OF_OPERATION;
    }
    change_set_certificate(c, &cert);
    TRY(release_old(k, c, cert.previous, f));
    entry = arena_printf(
        k->arena,
        "timed-out certConf profile=%.*s station=%.*s/%.*s serial=%s "
        "transaction=%s revoked=%s",
        (int)t.profile.len, (const char *)t.profile.ptr,
        (int)out->station.vendor.len, (const char *)out->station.vendor.ptr,
        (int)out->station.serial.len, (const char *)out->station.serial.ptr,
        out->serial, out->id, out->is_revoked ? "yes" : "no");
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
        { "revoked", out->is_revoked ? SPAN_LIT("yes") : SPAN_LIT("no") },
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
        TRY(time_out(k, &due.list[i], f));
    return ERR_OK;
}

/* --- CRLs --- */

static enum err collect_entries(struct worker *w, const struct issuer *issuer,
                                int64_t now, struct arena *a,
                                struct crl_entry **entries, size_t *num,
                                int64_t *covers, struct fault *f)
{
    struct certificate_list revoked;

    TRY(store_list_revoked(w->session, span_str(issuer->config->name), now, a,
                           &revoked, covers, f));
    *entries = arena_array(a, revoked.num + 1, sizeof(**entries));
    if (*entries == NULL)
        return fault_set(f, ERR_NO_MEM, "CRL of %zu entries", revoked.num);
    for (size_t i = 0; i < revoked.num; i++)
        (*entries)[i] = (struct crl_entry){
            .serial = revoked.list[i].serial,
            .revoked_at = revoked.list[i].revoked_at,
            .reason = (enum crl_reason)revoked.list[i].reason,
        };
    *num = revoked.num;
    return ERR_OK;
}

static enum err make_crl(struct line *line, struct worker *w,
                         const struct issuer *issuer, struct arena *a,
                         struct fault *f)
{
    struct span name = span_str(issuer->config->name);
    struct crl_record last = { 0 }, r = { .ca = name };
    struct crl_entry *entries;
    struct change *c;
    size_t num = 0;
    enum err e;

    e = store_find_crl(w->session, name, a, &last, f);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    r.number = last.number + 1;
    r.this_update = line->now(line->now_arg);
    r.next_update = r.this_update + issuer->config->crl.validity_s;
    TRY(collect_entries(w, issuer, r.this_update, a, &entries, &num, &r.covers,
                        f));
    TRY(ca_make_crl(issuer->ca, r.number, r.this_update, r.next_update, entries,
                    num, 0, w->cx, a, &r.der, f));
    c = change_new();
    if (c == NULL)
        return fault_set(f, ERR_NO_MEM, "CRL");
    change_add_crl(c, &r);
    change_drop_crls(c, name, r.number);
    e = store_commit(line->store, c, f);
    /* Another process made this number: its CRL is as good. */
    return e == ERR_LOST ? ERR_OK : e;
}

enum err keeper_make_crl(struct line *line, struct worker *w,
                         const struct issuer *issuer, struct fault *f)
{
    AUTO(arena) a = arena_new(KEEPER_ARENA);

    if (a == NULL)
        return fault_set(f, ERR_NO_MEM, "CRL");
    return make_crl(line, w, issuer, a, f);
}

static enum err hold(struct keeper *k, size_t i, const struct crl_record *r)
{
    struct held_crl *held = &k->crls[i];
    enum err e;

    pthread_mutex_lock(&k->lock);
    buf_clear(&held->der);
    buf_add(&held->der, r->der);
    held->number = r->number;
    held->covers = r->covers;
    held->this_update = r->this_update;
    held->next_update = r->next_update;
    e = held->der.failed;
    pthread_mutex_unlock(&k->lock);
    return e;
}

/* Near its end, or of a time yet to come, since the clock was set back. */
static bool is_due(const struct keeper *k, const struct issuer *issuer,
                   int64_t this_update, int64_t next_update)
{
    int64_t now = now_of(k);

    return now + issuer->config->crl.renew_before_s >= next_update ||
           this_update > now + CLOCK_SLACK;
}

/* Makes it when it is stale or due, and holds the newest. */
static enum err look_after_crl(struct keeper *k, size_t i, struct fault *f)
{
    const struct issuer *issuer = &k->line->authority->issuers[i];
    struct span name = span_str(issuer->config->name);
    const struct held_crl *held = &k->crls[i];
    struct crl_record r;
    int64_t count;

    TRY(store_revocation_count(k->worker.session, name, &count, f));
    if (held->number == 0 || held->covers < count ||
        is_due(k, issuer, held->this_update, held->next_update)) {
        enum err e = store_find_crl(k->worker.session, name, k->arena, &r, f);

        if (e != ERR_OK && e != ERR_NOT_FOUND)
            return e;
        if (e == ERR_NOT_FOUND || r.covers < count ||
            is_due(k, issuer, r.this_update, r.next_update)) {
            TRY(make_crl(k->line, &k->worker, issuer, k->arena, f));
            TRY(store_find_crl(k->worker.session, name, k->arena, &r, f));
        }
        TRY(hold(k, i, &r));
    }
    return ERR_OK;
}

static enum err look_after_crls(struct keeper *k, struct fault *f)
{
    enum err first = ERR_OK, e;

    for (size_t i = 0; i < k->line->authority->num_issuers; i++) {
        e = look_after_crl(k, i, f);
        if (first == ERR_OK)
            first = e;
    }
    return first;
}

enum err keeper_crl(struct keeper *k, const struct issuer *issuer,
                    struct buf *out, int64_t *this_update)
{
    const struct held_crl *held =
        &k->crls[issuer - k->line->authority->issuers];
    enum err e = ERR_OK;

    pthread_mutex_lock(&k->lock);
    if (held->number == 0)
        e = ERR_NOT_FOUND;
    buf_add(out, buf_span(&held->der));
    *this_update = held->this_update;
    pthread_mutex_unlock(&k->lock);
    return e == ERR_OK ? out->failed : e;
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
    change_purge(c, now_of(k) - window, MAX_PURGE);
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
    change_add_audit(c, now_of(k), span_str(entry));
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
    static chore *const each_step[] = { count_served, sweep, look_after_crls };
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
    return look_after_crls(k, f);
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
    until.tv_nsec += (STEP_MICROS % MICROS) * 1000;
    until.tv_sec += STEP_MICROS / MICROS;
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
