#include "support/service_rig.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

static void must(bool is_so, const char *what)
{
    if (!is_so) {
        fprintf(stderr, "service_rig: %s\n", what);
        abort();
    }
}

static int64_t world_now(void *arg)
{
    const struct sim_world *w = arg;

    return w->now;
}

struct service_options rig_by_hand(struct sim_world *w, const char *vfs)
{
    return (struct service_options){ .now = world_now,
                                     .now_arg = w,
                                     .store_vfs = vfs,
                                     .store_gather_us = 200,
                                     .without_threads = true };
}

/* No failure leaves the line without the rule that tells of it. */
static void check_fault(const struct fault *f)
{
    if (f->err != ERR_OK && (rule_find(f->rule) == NULL || f->text[0] == '\0'))
        fprintf(stderr, "service_rig: %s under rule '%s': %s\n",
                err_name(f->err), f->rule, f->text);
    must(f->err == ERR_OK || rule_find(f->rule) != NULL, "a rule");
}

/* Of several things asked for, some may be refused; what a nested holds are
 * jobs of their own. */
static bool is_answered_whole(const struct job *job)
{
    for (size_t i = 0; i < job->num_asks; i++)
        if (job->asks[i].fault.err != ERR_OK)
            return false;
    return job->fault.err == ERR_OK && job->outcome != OUTCOME_REPLAYED &&
           job->batch == NULL;
}

/* What is answered was judged by every rule that is about it, but for those
 * about shared secrets and challenges. */
static void check_looked_at(const struct job *job)
{
    uint32_t body = BODY_BIT(job->msg.body.type);
    enum verdict verdict;

    for (enum rule_id r = 0; r < RULE_NUM; r++) {
        const struct rule *rule = rule_get(r);

        if (rule->step >= STEP_OURS || (rule->bodies & body) == 0 ||
            (rule->needs & NEEDS_SECRET) != 0 ||
            r == RULE_CHALLENGE_IS_ANSWERED)
            continue;
        must(findings_find(&job->findings, r, &verdict), rule->id);
        must(verdict != VERDICT_BROKEN || rule->severity == SEVERITY_WARNING,
             rule->id);
    }
}

static void check_ended(const struct job *job)
{
    enum verdict verdict;

    if (is_answered_whole(job) && !is_mac_protected(job))
        check_looked_at(job);
    check_fault(&job->fault);
    for (size_t i = 0; i < job->num_asks; i++)
        check_fault(&job->asks[i].fault);
    must(job->fault.err == ERR_OK ||
             (findings_find(&job->findings, rule_find(job->fault.rule)->number,
                            &verdict) &&
              verdict == VERDICT_BROKEN),
         "a verdict");
}

static enum err open_worker(struct rig *r, struct fault *f)
{
    struct line *line = service_line(r->service);

    line->probe.ended = check_ended;
    r->worker.line = line;
    if (r->other != NULL)
        r->worker.cx = r->other->worker.cx;
    else
        TRY(crypto_ctx_new(line->authority->crypto, &r->worker.cx, f));
    return store_session_new(line->store, &r->worker.session, f);
}

static enum err open_service(struct rig *r, const struct config *config,
                             const struct service_options *options,
                             struct fault *f)
{
    TRY(service_new(config, options, &r->service, f));
    r->profile = &service_line(r->service)->authority->profiles[0];
    return open_worker(r, f);
}

enum err rig_open(struct rig *r, const struct config *config,
                  const struct service_options *options, struct fault *f)
{
    enum err e;

    *r = (struct rig){ .by_hand = options->without_threads };
    e = open_service(r, config, options, f);
    if (e != ERR_OK)
        rig_close(r);
    return e;
}

enum err rig_open_on(struct rig *r, const struct rig *other,
                     const struct config *config,
                     const struct service_options *options, struct fault *f)
{
    struct service_options own = *options;
    enum err e;

    *r = (struct rig){ .other = other, .by_hand = true };
    own.authority_of = other->service;
    e = open_service(r, config, &own, f);
    if (e != ERR_OK)
        rig_close(r);
    return e;
}

void rig_close(struct rig *r)
{
    store_session_free(r->worker.session);
    if (r->other == NULL)
        crypto_ctx_free(r->worker.cx);
    service_free(r->service);
    *r = (struct rig){ 0 };
}

/* --- messages --- */

static void take_answer(void *arg, int status, struct span body)
{
    struct rig_call *call = arg;

    pthread_mutex_lock(&call->lock);
    call->status = status;
    call->body = malloc(body.len + 1);
    must(call->body != NULL, "memory");
    memcpy(call->body, body.ptr, body.len);
    call->len = body.len;
    call->is_done = true;
    pthread_cond_signal(&call->wake);
    pthread_mutex_unlock(&call->lock);
}

static void take_again(void *arg, struct job *job)
{
    struct rig_call *call = arg;

    pthread_mutex_lock(&call->lock);
    call->again = job;
    pthread_cond_signal(&call->wake);
    pthread_mutex_unlock(&call->lock);
}

static void post_by_hand(struct rig *r, struct rig_call *call)
{
    struct job *job = job_new();

    must(job != NULL, "memory");
    job->entry = r->profile;
    job->bytes = call->bytes;
    job->peer = "test";
    job->received = clock_monotonic_micros();
    job->send = take_answer;
    job->send_arg = call;
    job->again = take_again;
    job->again_arg = call;
    line_handle(&r->worker, job);
}

void rig_post(struct rig *r, struct rig_call *call, struct span bytes)
{
    *call = (struct rig_call){ .rig = r, .bytes = bytes };
    pthread_mutex_init(&call->lock, NULL);
    pthread_cond_init(&call->wake, NULL);
    if (r->by_hand)
        post_by_hand(r, call);
    else
        service_post(r->service,
                     &(struct service_request){ .profile = r->profile,
                                                .bytes = bytes,
                                                .peer = "test",
                                                .send = take_answer,
                                                .send_arg = call });
}

void rig_wait(struct rig_call *call)
{
    struct rig *r = call->rig;
    struct job *again;

    if (r->by_hand)
        store_hint_idle(service_line(r->service)->store);
    pthread_mutex_lock(&call->lock);
    while (!call->is_done) {
        again = call->again;
        call->again = NULL;
        if (again == NULL) {
            pthread_cond_wait(&call->wake, &call->lock);
            continue;
        }
        pthread_mutex_unlock(&call->lock);
        line_handle(&r->worker, again);
        store_hint_idle(service_line(r->service)->store);
        pthread_mutex_lock(&call->lock);
    }
    pthread_mutex_unlock(&call->lock);
}

struct span rig_body(const struct rig_call *call)
{
    return span_of(call->body, call->len);
}

void rig_call_done(struct rig_call *call)
{
    free(call->body);
    pthread_cond_destroy(&call->wake);
    pthread_mutex_destroy(&call->lock);
}

enum sim_answer rig_exchange(struct rig *r, struct station_sim *s)
{
    struct rig_call call;
    enum sim_answer answer;

    rig_post(r, &call, station_sim_next(s));
    rig_wait(&call);
    answer = station_sim_hear(s, call.status, rig_body(&call));
    rig_call_done(&call);
    return answer;
}

bool rig_enrol(struct rig *r, struct station_sim *s)
{
    for (int i = 0; i < 2; i++)
        if (rig_exchange(r, s) != SIM_GOES_ON)
            return false;
    return s->phase == SIM_IDLE;
}

const char *rig_repeat(struct rig *r, struct station_sim *s, size_t exchange)
{
    struct rig_call call;
    const char *why;

    rig_post(r, &call, s->exchanges[exchange].request);
    rig_wait(&call);
    why = station_sim_hear_again(s, exchange, call.status, rig_body(&call));
    rig_call_done(&call);
    return why;
}

const char *rig_describe(struct rig *r, struct arena *a)
{
    const char *text = NULL;
    struct fault f = { 0 };

    if (store_describe(r->worker.session, a, &text, &f) != ERR_OK)
        fprintf(stderr, "service_rig: %s\n", f.text);
    must(text != NULL, "store_describe");
    return text;
}
