#include "service/service.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "service/gate.h"
#include "service/recorded.h"

#define MICROS_PER_MS 1000

struct service {
    const struct config *config;
    struct crypto *crypto;
    struct keys *keys;
    struct authority *authority;
    bool is_borrowing; /* these three */
    struct store *store;
    struct budget *budget;
    struct log *log;
    struct recorder *recorder; /* NULL: messages are not recorded */
    struct line line;
    struct keeper *keeper;
    struct gate *gate;
    struct pool *pool;
    void (*begin_answers)(void *arg); /* the owner's */
    void (*end_answers)(void *arg);
    void *answers_arg;
    struct arena *arena; /* of the paths */
    struct service_path_list paths;
    struct service_crl_path *crl_paths;
    size_t num_crl_paths;
};

static int64_t real_now(void *arg)
{
    (void)arg;
    return clock_seconds();
}

static int64_t real_ticks(void *arg)
{
    (void)arg;
    return clock_monotonic_micros();
}

static void on_revoked(void *arg, const struct issuer *issuer)
{
    struct service *s = arg;

    (void)issuer;
    if (s->keeper != NULL)
        keeper_poke(s->keeper);
}

static enum err held_crl(void *arg, const struct issuer *issuer,
                         struct buf *out, int64_t *this_update)
{
    struct service *s = arg;

    return service_crl(s, issuer, out, this_update);
}

static enum err open_log(struct service *s, struct fault *f)
{
    static const enum log_level levels[] = {
        [CONFIG_LOG_DEBUG] = LOG_LEVEL_DEBUG,
        [CONFIG_LOG_INFO] = LOG_LEVEL_INFO,
        [CONFIG_LOG_WARN] = LOG_LEVEL_WARN,
        [CONFIG_LOG_ERROR] = LOG_LEVEL_ERROR,
    };
    const struct config_log *log = &s->config->log;

    return log_open(log->file,
                    log->format == CONFIG_LOG_JSON ? LOG_FORMAT_JSON
                                                   : LOG_FORMAT_LOGFMT,
                    levels[log->level], &s->log, f);
}

/* Around the answers that follow a commit. The lines are out before them. */
static void begin_answers(void *arg)
{
    struct service *s = arg;

    log_hold(s->log);
    if (s->begin_answers != NULL)
        s->begin_answers(s->answers_arg);
}

static void end_answers(void *arg)
{
    struct service *s = arg;

    log_release(s->log);
    if (s->end_answers != NULL)
        s->end_answers(s->answers_arg);
}

static enum err open_store(struct service *s,
                           const struct service_options *options,
                           struct fault *f)
{
    bool is_mem = s->config->store.kind == CONFIG_STORE_MEM;
    struct store_options how = {
        .file = is_mem ? NULL : s->config->store.file,
        .node = s->config->node,
        .hash = hash_sha256_pair,
        .gather_us = options->store_gather_us,
        .vfs = options->store_vfs,
        .synchronous = options->store_synchronous,
        .begin_results = begin_answers,
        .end_results = end_answers,
        .results_arg = s,
    };

    s->begin_answers = options->begin_answers;
    s->end_answers = options->end_answers;
    s->answers_arg = options->answers_arg;
    return store_open(&how, &s->store, f);
}

/* How long each profile's messages are kept. */
static enum err list_keeps(struct service *s, struct recorder_options *o,
                           struct fault *f)
{
    const struct config *config = s->config;
    struct recorder_keep *keeps =
        arena_array(s->arena, config->num_profiles, sizeof(*keeps));

    if (keeps == NULL)
        return fault_set(f, ERR_NO_MEM, "recorder");
    for (size_t i = 0; i < config->num_profiles; i++)
        keeps[i] = (struct recorder_keep){ config->profiles[i].name,
                                           config->profiles[i].record_for_s };
    o->keeps = keeps;
    o->num_keeps = config->num_profiles;
    return ERR_OK;
}

static enum err open_recorder(struct service *s, struct fault *f)
{
    struct recorder_options o = { .size = s->config->recorder.size,
                                  .node = s->config->node,
                                  .log = s->log };

    TRY(recorder_file(s->config, s->arena, &o.file, f));
    if (o.file == NULL)
        return ERR_OK;
    o.rules = recorded_rules(s->arena);
    if (span_is_absent(o.rules))
        return fault_set(f, ERR_NO_MEM, "recorder");
    TRY(list_keeps(s, &o, f));
    return recorder_new(&o, &s->recorder, f);
}

static enum err open_keys(struct service *s,
                          const struct service_options *options,
                          struct fault *f)
{
    TRY(crypto_new(&s->crypto, f));
    TRY(keys_new(s->crypto, &s->keys, f));
    if (options->add_keys != NULL)
        TRY(options->add_keys(options->add_keys_arg, s->keys, f));
    return authority_load_keys(s->config, s->keys, f);
}

static enum err open_authority(struct service *s,
                               const struct service_options *options,
                               struct fault *f)
{
    const struct service *other = options->authority_of;

    if (other == NULL) {
        TRY(open_keys(s, options, f));
        return authority_new(s->config, s->crypto, s->keys, &s->authority, f);
    }
    s->is_borrowing = true;
    s->crypto = other->crypto;
    s->keys = other->keys;
    s->authority = other->authority;
    return ERR_OK;
}

static void free_authority(struct service *s)
{
    if (s->is_borrowing)
        return;
    authority_free(s->authority);
    keys_free(s->keys);
    crypto_free(s->crypto);
}

static void fill_line(struct service *s, const struct service_options *options)
{
    s->line.authority = s->authority;
    s->line.store = s->store;
    s->line.budget = s->budget;
    s->line.log = s->log;
    s->line.recorder = s->recorder;
    s->line.probe = options->probe;
    s->line.now = options->now != NULL ? options->now : real_now;
    s->line.now_arg = options->now_arg;
    s->line.ticks = options->ticks != NULL ? options->ticks : real_ticks;
    s->line.ticks_arg = options->ticks_arg;
    s->line.request_deadline =
        s->config->server.request_deadline_ms * MICROS_PER_MS;
    s->line.revoked = on_revoked;
    s->line.revoked_arg = s;
    s->line.crl = held_crl;
    s->line.crl_arg = s;
}

static enum err make_paths(struct service *s, struct fault *f)
{
    const struct authority *au = s->authority;

    s->arena = arena_new((size_t)1024 * 1024);
    if (s->arena == NULL)
        return fault_set(f, ERR_NO_MEM, "paths");
    TRY(paths_make(au, s->arena, &s->paths, f));
    s->crl_paths =
        arena_array(s->arena, au->num_issuers, sizeof(*s->crl_paths));
    if (s->crl_paths == NULL)
        return fault_set(f, ERR_NO_MEM, "paths");
    for (size_t i = 0; i < au->num_issuers; i++) {
        const struct issuer *issuer = &au->issuers[i];

        s->crl_paths[s->num_crl_paths++] =
            (struct service_crl_path){ issuer->config->crl.path, issuer };
    }
    return ERR_OK;
}

static enum err start(struct service *s, const struct service_options *options,
                      struct fault *f)
{
    const struct config_server *server = &s->config->server;
    struct pool_options pool = { server->workers, server->queue, 0 };
    struct budget_options budget = { server->refusals_per_source,
                                     server->refusals_burst,
                                     server->refusals_total };

    TRY(open_log(s, f));
    TRY(open_authority(s, options, f));
    TRY(make_paths(s, f));
    TRY(open_store(s, options, f));
    s->budget = budget_new(&budget);
    if (s->budget == NULL)
        return fault_set(f, ERR_NO_MEM, "service");
    if (!options->without_threads && options->store_vfs == NULL)
        TRY(open_recorder(s, f));
    fill_line(s, options);
    TRY(keeper_new(&s->line, &s->keeper, f));
    TRY(gate_new(&s->line, &s->gate, f));
    if (options->without_threads)
        return ERR_OK;
    TRY(keeper_start(s->keeper, f));
    return pool_new(&pool, &s->line, &s->pool, f);
}

enum err service_new(const struct config *config,
                     const struct service_options *options,
                     struct service **out, struct fault *f)
{
    AUTO(service) s = calloc(1, sizeof(*s));

    if (s == NULL)
        return fault_set(f, ERR_NO_MEM, "service");
    s->config = config;
    TRY(start(s, options, f));
    *out = s;
    s = NULL;
    return ERR_OK;
}

/* Returns when every change handed over before was answered. */
static void flush_store(struct service *s)
{
    struct change *c = change_new();
    struct fault why = { 0 };

    if (c != NULL && store_commit(s->store, c, &why) != ERR_OK)
        log_fault(s->log, LOG_LEVEL_ERROR, "store", &why);
}

/*
 * Workers first, so that nothing new is handed to the store; then what the
 * store was handed, whose answers may come back to pool and keeper; then these.
 */
void service_free(struct service *s)
{
    if (s == NULL)
        return;
    if (s->pool != NULL)
        pool_stop(s->pool);
    if (s->store != NULL)
        flush_store(s);
    pool_free(s->pool);
    gate_free(s->gate);
    keeper_free(s->keeper);
    store_free(s->store);
    recorder_free(s->recorder);
    free_authority(s);
    budget_free(s->budget);
    log_free(s->log);
    arena_free(s->arena);
    free(s);
}

void service_post(struct service *s, const struct service_request *request)
{
    struct job *job = job_new();

    if (job == NULL) {
        request->send(request->send_arg, 503,
                      SPAN_LIT("Out of memory; try later.\n"));
        return;
    }
    job->entry = request->profile;
    job->operation = request->operation;
    job->bytes = request->bytes;
    job->source = request->source;
    job->peer = request->peer;
    job->tls_client = request->tls_client;
    job->send = request->send;
    job->send_arg = request->send_arg;
    job->received = clock_monotonic_micros();
    pool_submit(s->pool, job);
}

const struct service_path *service_paths(const struct service *s, size_t *num)
{
    *num = s->paths.num;
    return s->paths.list;
}

const struct service_crl_path *service_crl_paths(const struct service *s,
                                                 size_t *num)
{
    *num = s->num_crl_paths;
    return s->crl_paths;
}

enum err service_crl(struct service *s, const struct issuer *issuer,
                     struct buf *out, int64_t *this_update)
{
    return keeper_crl(s->keeper, issuer, out, this_update);
}

static void log_turned_away(struct service *s, const char *peer,
                            const struct span *chain, size_t num,
                            const struct fault *why)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    const char *name =
        a == NULL || num == 0 ? NULL : gate_describe(chain[0], a);
    struct log_field fields[] = {
        { "peer", span_str(peer) },
        { "tls_client", name == NULL ? SPAN_NONE : span_str(name) },
        { "clause", span_str(why->clause) },
        { "text", span_str(why->text) },
    };

    log_write(s->log,
              err_whose(why->err) == WHOSE_OURS ? LOG_LEVEL_ERROR
                                                : LOG_LEVEL_WARN,
              "tls-refused", fields, sizeof(fields) / sizeof(fields[0]));
}

bool service_admits_client(struct service *s, const char *peer,
                           const struct span *chain, size_t num)
{
    struct fault why = { 0 };

    if (gate_check(s->gate, chain, num, &why) == ERR_OK)
        return true;
    log_turned_away(s, peer, chain, num, &why);
    return false;
}

bool service_admits_session(struct service *s, struct span cert)
{
    struct fault why = { 0 };

    return gate_check(s->gate, &cert, 1, &why) == ERR_OK;
}

enum err service_reload(struct service *s, struct fault *f)
{
    TRY(log_reopen(s->log, f));
    recorder_reopen(s->recorder);
    keeper_poke_files(s->keeper);
    return ERR_OK;
}

/* Numbers as fields of a log line. */
struct figures {
    struct log_field fields[28];
    char texts[28][24];
    size_t num;
};

static void add_figure(struct figures *all, const char *key, uint64_t value)
{
    char *text = all->texts[all->num];

    text_format(text, sizeof(all->texts[0]), "%llu", (unsigned long long)value);
    all->fields[all->num++] = (struct log_field){ key, span_str(text) };
}

static void add_recorder_figures(struct service *s, struct figures *all)
{
    struct recorder_stats stats = { 0 };

    if (s->recorder != NULL)
        recorder_stats(s->recorder, &stats);
    add_figure(all, "recorded", stats.recorded);
    add_figure(all, "not_recorded", stats.lost);
}

static void add_path_figures(struct service *s, struct figures *all)
{
    struct epoch *epoch = epoch_get(s->authority);
    struct path_stats paths;

    path_stats(epoch->trust, &paths);
    epoch_put(s->authority, epoch);
    add_figure(all, "paths_remembered", paths.leaf_hits);
    add_figure(all, "paths_by_intermediate", paths.intermediate_hits);
    add_figure(all, "paths_built", paths.full);
}

void service_log_figures(struct service *s)
{
    struct figures all = { .num = 0 };
    struct store_stats store;
    struct pool_stats pool;

    store_stats(s->store, &store);
    pool_stats(s->pool, &pool);
    add_figure(&all, "queued", pool.queued);
    add_figure(&all, "turned_away", pool.turned_away);
    for (enum outcome o = 0; o < OUTCOME_NUM; o++)
        add_figure(&all, outcome_name(o), s->line.counters.outcomes[o]);
    add_figure(&all, "unverified", s->line.counters.unverified);
    add_figure(&all, "lost", s->line.counters.lost);
    add_figure(&all, "changes", store.changes);
    add_figure(&all, "commits", store.batches);
    add_path_figures(s, &all);
    add_recorder_figures(s, &all);
    log_write(s->log, LOG_LEVEL_INFO, "figures", all.fields, all.num);
}

struct line *service_line(struct service *s)
{
    return &s->line;
}

struct keeper *service_keeper(struct service *s)
{
    return s->keeper;
}
