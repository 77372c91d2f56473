#include "service/replay.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limits.h"
#include "service/paths.h"
#include "service/public_keys.h"
#include "service/replay_internal.h"

/* Paths, keys and what one message and its parts come to. */
#define KEPT_ARENA ((size_t)4 * 1024 * 1024)
#define RESULTS_ARENA ((size_t)8 * 1024 * 1024)
#define MAX_NOTES 4

struct replay {
    struct config *config;
    struct arena *arena; /* as long as it lives */
    struct arena *results;
    struct crypto *crypto;
    struct keys *keys;
    struct authority *authority;
    struct store *store;
    struct budget *budget;
    struct line line;
    struct worker worker;
    struct service_path_list paths;
    const char *notes[MAX_NOTES];
    size_t num_notes;
    int64_t at; /* what the line takes for now */
};

static int64_t replay_now(void *arg)
{
    const struct replay *r = arg;

    return r->at;
}

static int64_t replay_ticks(void *arg)
{
    (void)arg;
    return clock_monotonic_micros();
}

/* The newest that the store has; a server that runs holds that one. */
static enum err replay_crl(void *arg, const struct issuer *issuer,
                           struct buf *out, int64_t *this_update)
{
    struct replay *r = arg;
    struct fault why = { 0 };
    struct crl_record crl;

    TRY(store_find_crl(r->worker.session, span_str(issuer->config->name),
                       r->results, &crl, &why));
    buf_add(out, crl.der);
    *this_update = crl.this_update;
    return out->failed;
}

/* --- opening --- */

static enum err note(struct replay *r, const char *text, struct fault *f)
{
    if (text == NULL)
        return fault_set(f, ERR_NO_MEM, "replay");
    r->notes[r->num_notes++] = text;
    return ERR_OK;
}

/* Where the key that seals secrets is not to be had, messages under one cannot
 * be judged; others can. */
static enum err try_sealing(struct replay *r, struct fault *f)
{
    const char *file = r->config->secrets.key_file;
    AUTO(sealing) sealing = NULL;
    struct fault why = { 0 };

    if (file == NULL || sealing_load(file, &sealing, &why) == ERR_OK)
        return ERR_OK;
    r->config->secrets.key_file = NULL;
    return note(r,
                arena_printf(r->arena,
                             "%s; messages under a shared secret cannot be "
                             "judged",
                             why.text),
                f);
}

/* Is there a store at all? One that cannot be looked at is for store_open to
 * complain of. */
static bool has_store(const struct config *c)
{
    return c->store.kind != CONFIG_STORE_MEM &&
           access(c->store.file, F_OK) == 0;
}

static enum err open_store(struct replay *r, struct fault *f)
{
    const struct config *c = r->config;
    bool is_there = has_store(c);
    struct store_options how = {
        .file = is_there ? c->store.file : NULL,
        .node = c->node,
        .hash = hash_sha256_pair,
        .read_only = true,
    };

    if (!is_there)
        TRY(note(r,
                 c->store.kind == CONFIG_STORE_MEM
                     ? "the store lives in the server alone; judged as if "
                       "nothing was known yet"
                     : arena_printf(r->arena,
                                    "store %s is not there; judged as if "
                                    "nothing was known yet",
                                    c->store.file),
                 f));
    TRY(store_open(&how, &r->store, f));
    return store_session_new(r->store, &r->worker.session, f);
}

static enum err open_authority(struct replay *r, struct fault *f)
{
    TRY(crypto_new(&r->crypto, f));
    TRY(keys_new(r->crypto, &r->keys, f));
    TRY(public_keys_load(r->config, r->arena, r->keys, f));
    TRY(authority_new(r->config, r->crypto, r->keys, &r->authority, f));
    TRY(crypto_ctx_new(r->crypto, &r->worker.cx, f));
    return paths_make(r->authority, r->arena, &r->paths, f);
}

/* Nobody's refusals are counted here. */
static enum err open_line(struct replay *r, struct fault *f)
{
    const struct budget_options all = { 1, 1, 1 };

    r->budget = budget_new(&all);
    if (r->budget == NULL)
        return fault_set(f, ERR_NO_MEM, "replay");
    r->line.authority = r->authority;
    r->line.store = r->store;
    r->line.budget = r->budget;
    r->line.now = replay_now;
    r->line.now_arg = r;
    r->line.ticks = replay_ticks;
    r->line.request_deadline = r->config->server.request_deadline_ms * 1000;
    r->line.crl = replay_crl;
    r->line.crl_arg = r;
    r->worker.line = &r->line;
    return ERR_OK;
}

static enum err open_all(struct replay *r, const char *config_file,
                         struct buf *errors, struct fault *f)
{
    r->arena = arena_new(KEPT_ARENA);
    r->results = arena_new(RESULTS_ARENA);
    if (r->arena == NULL || r->results == NULL)
        return fault_set(f, ERR_NO_MEM, "replay");
    TRY(config_load(config_file, &r->config, errors, f));
    TRY(try_sealing(r, f));
    TRY(open_authority(r, f));
    TRY(open_store(r, f));
    return open_line(r, f);
}

enum err replay_open(const char *config_file, struct buf *errors,
                     struct replay **out, struct fault *f)
{
    AUTO(replay) r = calloc(1, sizeof(*r));

    if (r == NULL)
        return fault_set(f, ERR_NO_MEM, "replay");
    TRY(open_all(r, config_file, errors, f));
    *out = r;
    r = NULL;
    return ERR_OK;
}

void replay_free(struct replay *r)
{
    if (r == NULL)
        return;
    budget_free(r->budget);
    store_session_free(r->worker.session);
    store_free(r->store);
    crypto_ctx_free(r->worker.cx);
    authority_free(r->authority);
    keys_free(r->keys);
    crypto_free(r->crypto);
    config_free(r->config);
    arena_free(r->results);
    arena_free(r->arena);
    free(r);
}

const char *const *replay_notes(const struct replay *r, size_t *num)
{
    *num = r->num_notes;
    return r->notes;
}

/* --- where it comes in --- */

/* Without a query. */
static struct span path_alone(const char *path)
{
    return span_of((const uint8_t *)path, strcspn(path, "?"));
}

static const struct service_path *find_default(const struct replay *r)
{
    const struct authority *au = r->authority;
    const struct path_profile *only =
        au->num_profiles == 1 ? &au->profiles[0] : NULL;

    for (size_t i = 0; i < r->paths.num; i++) {
        const struct service_path *p = &r->paths.list[i];

        if (p->operation == NULL &&
            (p->profile->config->is_default || p->profile == only))
            return p;
    }
    return NULL;
}

static const struct service_path *find_named(const struct replay *r,
                                             const char *name)
{
    for (size_t i = 0; i < r->paths.num; i++)
        if (strcmp(r->paths.list[i].profile->config->name, name) == 0)
            return &r->paths.list[i];
    return NULL;
}

enum err replay_find_path(const struct replay *r, const char *path,
                          const char *profile, const struct service_path **out,
                          struct fault *f)
{
    const struct service_path *found;

    if (profile != NULL) {
        found = find_named(r, profile);
        if (found == NULL)
            return fault_set(f, ERR_NOT_FOUND, "no profile is named \"%s\"",
                             profile);
    } else if (path != NULL) {
        found = paths_find(&r->paths, path_alone(path));
        if (found == NULL)
            return fault_set(f, ERR_NOT_FOUND,
                             "no profile takes messages at \"%s\": HTTP 404",
                             path);
    } else {
        found = find_default(r);
        if (found == NULL)
            return fault_set(f, ERR_USAGE,
                             "say --path or --profile: there are several, "
                             "and none is the default");
    }
    *out = found;
    return ERR_OK;
}

/* --- judging --- */

bool replay_is_answer(struct span message)
{
    static const enum cmp_body_type answers[] = {
        CMP_IP,     CMP_CP,      CMP_KUP,     CMP_KRP,    CMP_RP,
        CMP_CCP,    CMP_POPDECC, CMP_PKICONF, CMP_GENP,   CMP_POLL_REP,
        CMP_CKUANN, CMP_CANN,    CMP_RANN,    CMP_CRLANN,
    };
    struct der in = der_open(message, NULL), seq;
    struct span header;

    if (der_enter(&in, DER_SEQUENCE, &seq) != ERR_OK ||
        der_element(&seq, DER_SEQUENCE, &header) != ERR_OK)
        return false;
    for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
        if (der_next_is(&seq, DER_CTX(answers[i])))
            return true;
    return false;
}

static struct job *new_job(struct replay *r,
                           const struct replay_message *message)
{
    struct job *job = job_new();

    if (job == NULL)
        return NULL;
    job->entry = message->path->profile;
    job->operation = message->path->operation;
    job->bytes = message->bytes;
    job->received = clock_monotonic_micros();
    job->is_anew = message->is_anew;
    /* What serving tells by losing at the commit is asked for here. */
    job->attempts = 1;
    r->at = message->at;
    return job;
}

static enum err judge_one(struct replay *r, struct job *job, size_t number,
                          struct replay_result *out, struct fault *f)
{
    enum err e = line_judge(&r->worker, job);

    return replay_tell(job, e, number, r->results, out, f);
}

/* Each by itself, as a server would take them. */
static enum err judge_parts(struct replay *r, struct job *batch, size_t number,
                            struct replay_result *list, size_t num,
                            struct fault *f)
{
    for (size_t i = 0; i < num; i++) {
        AUTO(job) job = nested_part(batch, i);

        if (job == NULL)
            return fault_set(f, ERR_NO_MEM, "replay");
        job->attempts = batch->attempts;
        job->is_anew = batch->is_anew;
        list[i].part = i + 1;
        TRY(judge_one(r, job, number, &list[i], f));
    }
    return ERR_OK;
}

enum err replay_judge(struct replay *r, const struct replay_message *message,
                      struct replay_results *out, struct fault *f)
{
    AUTO(job) job = new_job(r, message);
    struct replay_result *list;
    size_t num_parts = 0;

    arena_reset(r->results);
    list = arena_array(r->results, LIMIT_BATCH + 1, sizeof(*list));
    if (job == NULL || list == NULL)
        return fault_set(f, ERR_NO_MEM, "replay");
    TRY(judge_one(r, job, message->number, &list[0], f));
    if (job->batch != NULL) {
        num_parts = job->msg.body.nested.num;
        TRY(judge_parts(r, job, message->number, list + 1, num_parts, f));
    }
    *out = (struct replay_results){ list, 1 + num_parts };
    return ERR_OK;
}
