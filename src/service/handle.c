/*
 * The line: nine steps from bytes in to bytes out, in the order they happen.
 *
 * Nothing leaves before what it promises is durable; nothing changes for a
 * message that did not pass step 4; a failure at any step becomes one fault,
 * and that becomes the refusal, the log line and the counter.
 */
#include "service/line.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "service/recorded.h"

#define MAX_ATTEMPTS 4

static void at(struct job *job, enum line_step step)
{
    const struct line_probe *probe = &job->line->probe;

    if (probe->at != NULL)
        probe->at(probe->arg, step, job->msg.body.type);
}

/* 1: bytes to structure. The header alone is enough to answer to. */
static enum err read_message(struct worker *w, struct job *job)
{
    struct fault why = { 0 };
    enum err e;

    at(job, LINE_READ);
    TRY(hash_compute(w->cx, DIGEST_SHA256, job->bytes, job->digest,
                     &job->fault));
    e = cmp_message_read(job->bytes, job->arena, &job->msg, &why);
    if (e == ERR_OK) {
        job->has_header = true;
        verdicts_pass(job, STEP_READ);
        return ERR_OK;
    }
    job->has_header =
        cmp_header_peek(job->bytes, job->arena, &job->msg.header) == ERR_OK;
    job->msg.body.type = CMP_BODY_NUM;
    return rule_break(&job->fault, RULE_MESSAGE_IS_DER, "PKIMessage", "%s",
                      why.text);
}

static enum err screen_ask(struct worker *w, struct job *job, struct ask *ask)
{
    struct judged in = { &job->msg, &job->profile->profile, NULL, ask->req,
                         ask->rev };

    (void)w;
    return rules_check(STEP_REQUEST, &in, &job->findings, &ask->fault);
}

/* The later messages of a transaction come to the path of its first. */
static enum err check_operation(struct job *job)
{
    const struct operation *operation = job->operation;

    if (operation == NULL || job->flow->continues || job->is_resumed ||
        operation_fits(operation, &job->msg.body))
        return ERR_OK;
    return rule_break(&job->fault, RULE_BODY_IS_OF_OPERATION, "body",
                      "%s, at the path for %s",
                      cmp_body_name(job->msg.body.type), operation->label);
}

static enum err screen_content(struct worker *w, struct job *job)
{
    struct judged in = { &job->msg, &job->profile->profile, NULL, NULL, NULL };

    if (job->num_asks > 0)
        return asks_each(w, job, screen_ask);
    return rules_check(STEP_REQUEST, &in, &job->findings, &job->fault);
}

/* 2: what needs no key. What a later message of a transaction holds is judged
 * once it is known under which profile that was begun. */
static enum err screen(struct worker *w, struct job *job)
{
    struct judged in = { &job->msg, &job->profile->profile, NULL, NULL, NULL };

    at(job, LINE_SCREEN);
    TRY(rules_check(STEP_HEADER, &in, &job->findings, &job->fault));
    job->flow = flow_of(job->msg.body.type);
    if (job->flow == NULL)
        return rule_break(&job->fault, RULE_BODY_IS_SERVED, "body", "%s",
                          cmp_body_name(job->msg.body.type));
    TRY(check_operation(job));
    TRY(choose_named(w, job));
    verdicts_pass(job, STEP_HEADER);
    TRY(asks_open(job));
    return job->flow->continues ? ERR_OK : screen_content(w, job);
}

/* 4: the signature, its signer's path, and possession of the new key. */
static enum err verify(struct worker *w, struct job *job)
{
    at(job, LINE_VERIFY);
    TRY(verify_protection(w, job));
    verdicts_pass(job, STEP_PROTECTION);
    TRY(choose_recorded(w, job));
    TRY(asks_each(w, job, verify_possession));
    verdicts_pass(job, STEP_POP);
    job->is_verified = true;
    return job->flow->continues ? screen_content(w, job) : ERR_OK;
}

static enum err judge_ask(struct worker *w, struct job *job, struct ask *ask)
{
    struct judged in = { &job->msg, &job->profile->profile, &ask->facts,
                         ask->req, ask->rev };

    (void)w;
    return rules_check(STEP_JUDGE_REQUEST, &in, &job->findings, &ask->fault);
}

/* 5: the other rules, over the message and the facts. */
static enum err judge(struct worker *w, struct job *job)
{
    struct judged in = { &job->msg, &job->profile->profile, &job->facts, NULL,
                         NULL };

    at(job, LINE_JUDGE);
    TRY(rules_check(STEP_JUDGE_MESSAGE, &in, &job->findings, &job->fault));
    if (job->num_asks > 0)
        return asks_each(w, job, judge_ask);
    return rules_check(STEP_JUDGE_REQUEST, &in, &job->findings, &job->fault);
}

static enum err decide_ask(struct worker *w, struct job *job, struct ask *ask)
{
    (void)w;
    return txn_decide(&job->msg, &job->profile->profile, &ask->facts,
                      &ask->decision, &ask->fault);
}

/* One answer to all: a challenge to one comes before anything to any, and all
 * are confirmed with the reply, or none. */
static void join_decisions(struct job *job)
{
    bool grant_implicit = true;

    job->decision = (struct txn_decision){ 0 };
    for (size_t i = 0; i < job->num_asks; i++) {
        const struct ask *ask = &job->asks[i];

        if (ask->fault.err != ERR_OK)
            continue;
        if (job->decision.action != TXN_CHALLENGE)
            job->decision = ask->decision;
        grant_implicit = grant_implicit && ask->decision.grant_implicit;
    }
    job->decision.grant_implicit = grant_implicit;
}

/* 6: state and body say what follows. */
static enum err decide(struct worker *w, struct job *job)
{
    at(job, LINE_DECIDE);
    if (job->num_asks > 0) {
        TRY(asks_each(w, job, decide_ask));
        join_decisions(job);
        return ERR_OK;
    }
    return txn_decide(&job->msg, &job->profile->profile, &job->facts,
                      &job->decision, &job->fault);
}

/* The rest of 6: what of the answer is known before a key is used. */
static enum err settle(struct worker *w, struct job *job)
{
    if (job->flow->settle != NULL)
        TRY(job->flow->settle(w, job));
    verdicts_pass(job, STEP_JUDGE_MESSAGE);
    verdicts_pass(job, STEP_JUDGE_REQUEST);
    return ERR_OK;
}

/* 7 and 8: the certificate, the answer, and the records that go with them. */
static enum err make_and_reply(struct worker *w, struct job *job)
{
    at(job, LINE_MAKE);
    if (job->flow->make != NULL)
        TRY(job->flow->make(w, job));
    at(job, LINE_REPLY);
    TRY(reply_write(w, job));
    return record_changes(w, job);
}

/* What steps 3 and 4 found of the pollReq or popdecr is not what holds of the
 * request; but its transaction stays the one first seen, so that of two polls
 * that resume it one loses. */
static enum err open_waiting(struct job *job)
{
    struct fault why = { 0 };

    job->is_resumed = true;
    job->poll_nonce = job->msg.header.sender_nonce;
    job->facts = (struct facts){ .now = job->facts.now,
                                 .approval = job->facts.approval };
    job->station = (struct station_record){ 0 };
    if (cmp_message_read(job->request.message, job->arena, &job->msg, &why) !=
        ERR_OK)
        return fault_set(&job->fault, ERR_STORE,
                         "a stored request does not parse: %s", why.text);
    return ERR_OK;
}

enum err line_reopen(struct worker *w, struct job *job)
{
    TRY(open_waiting(job));
    return screen(w, job);
}

enum err line_resume(struct worker *w, struct job *job)
{
    enum err e;

    TRY(line_reopen(w, job));
    TRY(store_begin_reading(w->session, &job->fault));
    e = verify(w, job);
    if (e == ERR_OK)
        e = job->flow->find(w, job);
    store_end_reading(w->session);
    TRY(e);
    TRY(asks_keep_waiting(job));
    TRY(judge(w, job));
    TRY(decide(w, job));
    return settle(w, job);
}

/*
 * 3 and 4: what the store knows, and whose message it is. Some of 3 waits for
 * 4, since only that tells the requester. All of it is of one moment: a copy of
 * this message that is answered meanwhile is not seen half, but makes this one
 * lose at the commit, and travel again.
 */
static enum err find_and_verify(struct worker *w, struct job *job,
                                bool *is_replay)
{
    at(job, LINE_FIND);
    TRY(find_reply(w, job, is_replay));
    if (*is_replay)
        return ERR_OK;
    TRY(verify(w, job));
    return job->flow->find(w, job);
}

static bool is_inside(const struct job *job)
{
    return job->is_of_batch || !span_is_absent(job->outer);
}

/* 1 and 2. */
static enum err read_and_screen(struct worker *w, struct job *job)
{
    TRY(read_message(w, job));
    if (is_inside(job) && job->msg.body.type == CMP_NESTED)
        return rule_break(&job->fault, RULE_NESTED_IS_FLAT, "body.nested",
                          "a nested");
    return screen(w, job);
}

/* Then the job is what was inside, or has a batch. */
static enum err open_nested(struct worker *w, struct job *job)
{
    if (job->msg.body.type != CMP_NESTED)
        return ERR_OK;
    at(job, LINE_VERIFY);
    TRY(nested_open(w, job));
    return job->batch != NULL ? ERR_OK : read_and_screen(w, job);
}

/* What a job is given when it enters the line. */
static void enter(struct worker *w, struct job *job)
{
    job->line = w->line;
    job->profile = job->entry;
    job->http_status = 200;
    job->epoch = epoch_get(w->line->authority);
    job->facts.now = w->line->now(w->line->now_arg);
}

/* Steps 1 to 6. */
static enum err judge_all(struct worker *w, struct job *job)
{
    bool is_replay = false;
    enum err e;

    enter(w, job);
    if (clock_monotonic_micros() - job->received > w->line->request_deadline)
        return rule_break(&job->fault, RULE_SERVER_HAS_TIME, "PKIMessage",
                          "waited longer than server.request_deadline");
    TRY(read_and_screen(w, job));
    TRY(open_nested(w, job));
    if (job->batch != NULL)
        return ERR_OK;
    TRY(store_begin_reading(w->session, &job->fault));
    e = find_and_verify(w, job, &is_replay);
    store_end_reading(w->session);
    TRY(e);
    if (is_replay) {
        job->outcome = OUTCOME_REPLAYED;
        return ERR_OK;
    }
    TRY(judge(w, job));
    TRY(decide(w, job));
    return settle(w, job);
}

enum err line_judge(struct worker *w, struct job *job)
{
    enum err e = judge_all(w, job);

    if (e != ERR_OK && job->fault.err == ERR_OK)
        fault_set(&job->fault, e, "%s", err_text(e));
    verdicts_close(job);
    return e;
}

/* The whole line up to the commit. */
static enum err walk(struct worker *w, struct job *job)
{
    TRY(line_judge(w, job));
    if (job->batch != NULL || job->outcome == OUTCOME_REPLAYED)
        return ERR_OK;
    return make_and_reply(w, job);
}

/* A CMP refusal, or an HTTP status where none is possible or affordable. */
static void refuse(struct worker *w, struct job *job)
{
    struct line *line = w->line;

    change_free(job->change);
    job->change = NULL;
    job->revokes = false;
    job->outcome = OUTCOME_REFUSED;
    verdicts_close(job);
    if (!job->is_verified)
        line->counters.unverified++;
    if (!job->has_header) {
        job->outcome = OUTCOME_DROPPED;
        job->http_status = err_whose(job->fault.err) == WHOSE_OURS ? 503 : 400;
    } else if (!job->is_verified &&
               !budget_take(line->budget, &job->source,
                            clock_monotonic_micros()) &&
               !is_inside(job)) {
        /* What an RA sent is answered: it limits its stations itself. */
        job->outcome = OUTCOME_DROPPED;
        job->http_status = 429;
    } else if (reply_refusal(w, job) != ERR_OK) {
        job->outcome = OUTCOME_DROPPED;
        job->http_status = 503;
    } else if (job->is_resumed && err_whose(job->fault.err) == WHOSE_PEER &&
               record_refused_resume(w, job) != ERR_OK) {
        change_free(job->change);
        job->change = NULL;
    }
}

static struct span http_text(int status)
{
    if (status == 400)
        return SPAN_LIT("This is not a PKIMessage in DER.\n");
    if (status == 429)
        return SPAN_LIT("Too many refused messages; try later.\n");
    return SPAN_LIT("Cannot answer now; try later.\n");
}

/* The end of every job: counters, one log line, the recorder, the answer. */
static void send_answer(struct job *job)
{
    struct line *line = job->line;

    at(job, LINE_SEND);
    line->counters.outcomes[job->outcome]++;
    line->counters.errors[job->fault.err]++;
    log_job(line->log, job);
    record_job(line->recorder, job);
    if (line->probe.ended != NULL)
        line->probe.ended(job);
    if (job->revokes && line->revoked != NULL)
        line->revoked(line->revoked_arg, job->profile->issuer);
    if (job->http_status == 200)
        job->send(job->send_arg, 200, job->reply);
    else
        job->send(job->send_arg, job->http_status, http_text(job->http_status));
    job_free(job);
}

/* What the line found, forgotten for another walk. */
static void forget(struct job *job)
{
    epoch_put(job->line->authority, job->epoch);
    change_free(job->change);
    secret_free(job->secret_key);
    arena_reset(job->arena);
    *job = (struct job){
        .arena = job->arena,
        .entry = job->entry,
        .operation = job->operation,
        .bytes = span_is_absent(job->outer) ? job->bytes : job->outer,
        .source = job->source,
        .peer = job->peer,
        .tls_client = job->tls_client,
        .received = job->received,
        .send = job->send,
        .send_arg = job->send_arg,
        .again = job->again,
        .again_arg = job->again_arg,
        .line = job->line,
        .attempts = job->attempts,
        .wrapper = job->is_of_batch ? job->wrapper : NULL,
        .is_of_batch = job->is_of_batch,
    };
}

static void fail(struct job *job, enum err e, const char *text)
{
    fault_set(&job->fault, e, "%s", text);
    verdicts_close(job);
    job->outcome = OUTCOME_DROPPED;
    job->http_status = 503;
    job->revokes = false;
}

/* 9, from the store's thread: durable, beaten by another change, or failed. */
static void committed(void *arg, enum change_result result,
                      const struct fault *f)
{
    struct job *job = arg;

    switch (result) {
    case CHANGE_DONE:
        break;
    case CHANGE_LOST:
        job->line->counters.lost++;
        if (++job->attempts < MAX_ATTEMPTS) {
            forget(job);
            job->again(job->again_arg, job);
            return;
        }
        fail(job, ERR_LOST, "lost against other changes, again and again");
        break;
    case CHANGE_FAILED:
        fail(job, ERR_STORE, f->text);
        break;
    }
    send_answer(job);
}

/* Every message of the batch was answered. */
static void finish_batch(struct worker *w, struct job *job)
{
    at(job, LINE_REPLY);
    if (nested_finish(w, job) != ERR_OK)
        refuse(w, job);
    send_answer(job);
}

void line_handle(struct worker *w, struct job *job)
{
    struct change *change;

    if (job->batch != NULL) {
        finish_batch(w, job);
        return;
    }
    if (walk(w, job) != ERR_OK)
        refuse(w, job);
    if (job->batch != NULL) {
        nested_run(w, job);
        return;
    }
    at(job, LINE_COMMIT);
    change = job->change;
    job->change = NULL;
    if (change == NULL)
        send_answer(job);
    else
        store_submit(w->line->store, change, committed, job);
}

void line_turn_away(struct job *job, int status, const char *text)
{
    job->send(job->send_arg, status, span_str(text));
    job_free(job);
}

struct job *job_new(void)
{
    struct job *job = calloc(1, sizeof(*job));

    if (job == NULL)
        return NULL;
    job->arena = arena_new(LIMIT_REQUEST_ARENA);
    if (job->arena != NULL)
        return job;
    job_free(job);
    return NULL;
}

void job_free(struct job *job)
{
    if (job == NULL)
        return;
    if (job->line != NULL)
        epoch_put(job->line->authority, job->epoch);
    change_free(job->change);
    secret_free(job->secret_key);
    batch_free(job->batch);
    arena_free(job->arena);
    free(job);
}

const char *outcome_name(enum outcome outcome)
{
    static const char *const names[] = {
        [OUTCOME_ISSUED] = "issued",     [OUTCOME_CHALLENGED] = "challenged",
        [OUTCOME_WAITING] = "waiting",   [OUTCOME_POLLED] = "polled",
        [OUTCOME_DENIED] = "denied",     [OUTCOME_CONFIRMED] = "confirmed",
        [OUTCOME_REJECTED] = "rejected", [OUTCOME_REVOKED] = "revoked",
        [OUTCOME_RELEASED] = "released", [OUTCOME_ANSWERED] = "answered",
        [OUTCOME_REPLAYED] = "replayed", [OUTCOME_REFUSED] = "refused",
        [OUTCOME_DROPPED] = "dropped",
    };

    return names[outcome];
}
