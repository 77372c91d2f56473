/*
 * The station's line: what is under way goes out, what comes back is checked,
 * and what the machine decides is done, each step durable before the next.
 */
#include <errno.h>
#include <time.h>

#include "base/clock.h"
#include "client/run.h"
#include "profile/rules.h"

#define POST_MS ((int64_t)30000)

const struct client_run client_run_default = {
    .request = CMP_IR,
    .timeout = 120,
    .wait = 120,
    .waits = { .request = 600,
               .confirm = 600,
               .confirm_max = (int64_t)7 * 86400,
               .retry = 1,
               .retry_max = 60,
               .asked_max = 300,
               .poll_max = 86400 },
};

/* One run of a verb. */
struct attempt {
    struct station *s;
    const struct client_run *run;
    struct asking *asking; /* genm; else NULL */
    int64_t begin;         /* on the clock that never steps, microseconds */
    int64_t slept;         /* milliseconds, where sleeping is a test's */
    unsigned tries;
    int64_t asked; /* seconds, by the last refusal to answer */
    bool resumed;
    bool is_over;
    enum err result;
    struct fault why; /* what the last sending came to */
};

static void note(struct station *s, enum client_event_type type,
                 const char *text)
{
    station_report(s, &(struct client_event){ .type = type, .text = text });
}

static int64_t gone_ms(const struct attempt *at)
{
    return (clock_monotonic_micros() - at->begin) / 1000 + at->slept;
}

/* What a server decides upon may take longer than what it answers at once. */
static int64_t left_ms(const struct attempt *at)
{
    int64_t seconds = at->run->timeout;

    if (at->s->pending.machine.poll != CLIENT_POLL_NONE &&
        at->run->wait > seconds)
        seconds = at->run->wait;
    return seconds * 1000 - gone_ms(at);
}

static void do_sleep(struct attempt *at, int64_t ms)
{
    struct timespec ts = { ms / 1000, (ms % 1000) * 1000000 };

    if (at->s->env.sleep == NULL) {
        while (nanosleep(&ts, &ts) != 0 && errno == EINTR)
            ;
        return;
    }
    at->s->env.sleep(at->s->env.arg, ms);
    at->slept += ms;
}

/* --- steps --- */

static enum err keep(struct attempt *at, struct fault *f)
{
    struct station *s = at->s;

    at->tries = 0;
    /* A question is lost with who asked it. */
    if (at->asking != NULL)
        return ERR_OK;
    TRY(pending_save(s->dir, &s->pending, s->scratch, f));
    station_probe(s, PROBE_MESSAGE_KEPT);
    return ERR_OK;
}

static enum err begin(struct attempt *at, enum cmp_body_type request,
                      struct fault *f)
{
    struct station *s = at->s;

    pending_done(&s->pending);
    new_keys_free(s);
    arena_reset(s->arena);
    at->resumed = false;
    TRY(trust_load(s, request, f));
    TRY(identity_begin(s, request, f));
    s->pending.secret_path = s->own.secret_path;
    if (at->asking != NULL) {
        TRY(question_write(s, at->asking, &at->run->waits, f));
        return keep(at, f);
    }
    if (request == CMP_RR) {
        TRY(revocation_write(s, at->run->reason, &at->run->waits, f));
        return keep(at, f);
    }
    also_fill(s, request);
    for (size_t i = 0; i < s->pending.num_asked; i++)
        TRY(new_key_make(s, i, f));
    station_probe(s, PROBE_KEY_MADE);
    TRY(request_write(s, request, &at->run->waits, f));
    return keep(at, f);
}

static enum err forget(struct attempt *at, struct fault *f)
{
    struct station *s = at->s;

    if (at->asking != NULL)
        return ERR_OK;
    TRY(pending_remove(s->dir, s->scratch, f));
    station_probe(s, PROBE_PENDING_GONE);
    return ERR_OK;
}

static enum err install(struct attempt *at, struct fault *f)
{
    struct station *s = at->s;

    TRY(also_install(s, f));
    at->result = also_result(s, f);
    TRY(forget(at, f));
    note(s, EVENT_INSTALLED, NULL);
    at->is_over = true;
    return ERR_OK;
}

static enum err mark_revoked(struct attempt *at, struct fault *f)
{
    struct station *s = at->s;

    TRY(pair_mark_revoked(s->dir, station_now(s), s->scratch, f));
    TRY(forget(at, f));
    note(s, EVENT_REVOKED, NULL);
    at->is_over = true;
    return ERR_OK;
}

static enum err send_confirm(struct attempt *at, const struct client_step *step,
                             const struct checked *found, struct fault *f)
{
    struct station *s = at->s;

    TRY(answer_keep(s, found, f));
    /* No extraCerts in certConf: TS 33.310, 9.5.4.5. */
    TRY(message_write(s, step, (struct cert_list){ 0 }, &s->pending.message,
                      f));
    return keep(at, f);
}

/* popdecr. Whose word holds from here is kept, as where one waits. */
static enum err send_answer(struct attempt *at, const struct client_step *step,
                            const struct checked *found, struct fault *f)
{
    struct station *s = at->s;

    if (!s->pending.machine.is_mac)
        TRY(answer_keep(s, found, f));
    TRY(message_write(s, step, (struct cert_list){ 0 }, &s->pending.message,
                      f));
    return keep(at, f);
}

static enum err send_poll(struct attempt *at, const struct client_step *step,
                          struct fault *f)
{
    struct station *s = at->s;

    /* As certConf: the server has our certificates. */
    TRY(message_write(s, step, (struct cert_list){ 0 }, &s->pending.message,
                      f));
    return keep(at, f);
}

/* The server has not decided: what it said is kept, and whose word it is. */
static enum err keep_waiting(struct attempt *at, const struct checked *found,
                             int64_t wait, struct fault *f)
{
    struct station *s = at->s;

    /* Only the first answer says whose word holds; under a secret none does,
     * as nothing ties a root to it but the certificate to come. */
    if (s->pending.signer.num == 0 && !s->pending.machine.is_mac)
        TRY(answer_keep(s, found, f));
    TRY(keep(at, f));
    station_report(s, &(struct client_event){ .type = EVENT_POSTPONED,
                                              .wait_ms = wait * 1000 });
    return ERR_OK;
}

static enum err still_waiting(struct attempt *at)
{
    at->is_over = true;
    at->result = ERR_WAITING;
    return ERR_OK;
}

/* Who answered before: the signer, or whoever knows the secret. */
static enum err find_recipient(struct station *s, struct span *out,
                               struct fault *f)
{
    const struct pending *p = &s->pending;
    struct x509_cert signer;

    if (p->machine.is_mac)
        return client_reference_name(s->own.reference, s->scratch, out);
    if (p->signer.num == 0 ||
        x509_read(p->signer.list[0], s->scratch, &signer) != ERR_OK)
        return fault_set(f, ERR_CONFIG,
                         "%s/pending is damaged; remove it to start over",
                         s->dir);
    *out = signer.subject;
    return ERR_OK;
}

/* Where a poll is due: sleeps until its time, makes it, or leaves it. */
static enum err poll_next(struct attempt *at, struct fault *f)
{
    struct station *s = at->s;
    const struct client_credential own = identity_credential(&s->own);
    struct span recipient = SPAN_NONE;
    uint8_t fresh[CLIENT_RANDOM_LEN];
    struct client_step step;

    arena_reset(s->scratch);
    TRY(find_recipient(s, &recipient, f));
    TRY(random_fill(s->cx, fresh, sizeof(fresh), f));
    TRY(client_poll_next(&s->pending.machine, &own, recipient, &at->run->waits,
                         station_now(s), fresh, s->scratch, &step, f));
    if (step.action == CLIENT_SEND)
        return send_poll(at, &step, f);
    if (step.wait * 1000 > at->run->wait * 1000 - gone_ms(at))
        return still_waiting(at);
    do_sleep(at, step.wait * 1000);
    return ERR_OK;
}

/* A verified answer ended it. One to a request found at the start may be about
 * its age: then it is asked anew. What ends a wait is not. */
static enum err end(struct attempt *at, const struct client_step *step,
                    struct fault *f)
{
    const struct client *c = &at->s->pending.machine;
    enum cmp_body_type request = c->request;

    TRY(forget(at, f));
    if (at->resumed && c->poll == CLIENT_POLL_NONE && !at->run->once) {
        note(at->s, EVENT_GAVE_UP, step->why.text);
        return begin(at, request, f);
    }
    at->is_over = true;
    *f = step->why;
    at->result = step->why.err;
    if (step->why.err != ERR_REFUSED) {
        at->result = ERR_REFUSED;
        f->err = ERR_REFUSED;
    }
    return ERR_OK;
}

static enum err no_answer(struct attempt *at, enum client_silence silence,
                          struct fault *f)
{
    struct station *s = at->s;
    enum cmp_body_type request = s->pending.machine.request;
    struct client_step step;
    uint8_t jitter;
    int64_t ms;

    client_no_answer(&s->pending.machine, &at->run->waits, silence, at->tries,
                     at->asked, station_now(s), &step);
    at->asked = 0;
    if (step.action == CLIENT_GIVE_UP && !at->run->once && left_ms(at) > 0) {
        TRY(forget(at, f));
        note(s, EVENT_GAVE_UP, step.why.text);
        return begin(at, request, f);
    }
    TRY(random_fill(s->cx, &jitter, 1, f));
    ms = step.asked * 1000 + step.wait * 1000 * (256 + jitter) / 512;
    if (at->run->once || ms >= left_ms(at)) {
        at->is_over = true;
        at->result = ERR_NO_ANSWER;
        return ERR_OK;
    }
    station_report(
        s, &(struct client_event){ .type = EVENT_WAITING, .wait_ms = ms });
    do_sleep(at, ms);
    return ERR_OK;
}

/* Counted, shown, and then as if nothing had come. */
static enum err ignore(struct attempt *at, const struct fault *why,
                       struct fault *f)
{
    struct station *s = at->s;

    TRY(ignored_add(s->dir, station_now(s), why->text, s->scratch, f));
    note(s, EVENT_IGNORED, why->text);
    at->why = *why;
    return no_answer(at, CLIENT_UNBELIEVED, f);
}

static enum err on_reply(struct attempt *at, const struct cmp_message *reply,
                         bool is_tls, struct fault *f)
{
    struct station *s = at->s;
    const struct client_credential own = identity_credential(&s->own);
    uint8_t fresh[CLIENT_RANDOM_LEN];
    struct checked found;
    struct client_step step;

    TRY(reply_check(s, reply, is_tls, &found, f));
    TRY(random_fill(s->cx, fresh, sizeof(fresh), f));
    TRY(client_reply(&s->pending.machine, &own, reply, &found.facts,
                     &at->run->waits, station_now(s), fresh, s->scratch, &step,
                     f));
    switch (step.action) {
    case CLIENT_SEND:
        if (s->pending.machine.state == CLIENT_REQUEST_SENT)
            return send_answer(at, &step, &found, f);
        TRY(also_tell(s, &step, &found, f));
        if (step.why.err == ERR_OK)
            TRY(accepted_keep(s, reply, &found, is_tls, f));
        return send_confirm(at, &step, &found, f);
    case CLIENT_INSTALL:
        return install(at, f);
    case CLIENT_REVOKED:
        return mark_revoked(at, f);
    case CLIENT_TOLD:
        at->is_over = true;
        return answers_take(s, at->asking, reply, f);
    case CLIENT_END:
        return end(at, &step, f);
    case CLIENT_WAIT:
        return keep_waiting(at, &found, step.wait, f);
    case CLIENT_IGNORE:
    case CLIENT_RESEND:
    case CLIENT_GIVE_UP:
        break;
    }
    return ignore(at, &step.why, f);
}

static enum err on_bytes(struct attempt *at, const struct client_answer *answer,
                         int64_t micros, struct fault *f)
{
    struct station *s = at->s;
    struct span bytes = buf_span(&answer->bytes);
    struct client_event event = { .type = EVENT_RECEIVED,
                                  .len = bytes.len,
                                  .micros = micros };
    struct cmp_message reply;
    struct fault why = { 0 };

    if (cmp_message_read(bytes, s->scratch, &reply, &why) != ERR_OK) {
        rule_name(&why, RULE_REPLY_IS_DER);
        station_report(s, &event);
        return ignore(at, &why, f);
    }
    event.body = cmp_body_name(reply.body.type);
    station_report(s, &event);
    return on_reply(at, &reply, answer->is_tls, f);
}

static const char *body_under_way(const struct client *c)
{
    if (c->poll == CLIENT_POLL_SENT)
        return cmp_body_name(CMP_POLL_REQ);
    if (c->state == CLIENT_CONFIRM_SENT)
        return cmp_body_name(CMP_CERT_CONF);
    return cmp_body_name(c->has_answered ? CMP_POPDECR : c->request);
}

/* One sending of the message under way, and what follows from it. */
static enum err exchange(struct attempt *at, struct client_answer *answer,
                         struct fault *f)
{
    struct station *s = at->s;
    const struct client_transport *t = &s->env.transport;
    int64_t begin, micros, left = left_ms(at);
    struct fault why = { 0 };
    enum err e;

    arena_reset(s->scratch);
    at->tries++;
    begin = clock_monotonic_micros();
    station_report(s, &(struct client_event){
                          .type = EVENT_SENT,
                          .len = s->pending.message.len,
                          .body = body_under_way(&s->pending.machine) });
    e = t->post(t->arg, s->settings->url, s->pending.message,
                left > 0 && left < POST_MS ? left : POST_MS, answer, &why);
    micros = clock_monotonic_micros() - begin;
    station_probe(s, PROBE_MESSAGE_SENT);
    if (e == ERR_OK) {
        station_probe(s, PROBE_ANSWER_READ);
        return on_bytes(at, answer, micros, f);
    }
    if (e == ERR_NO_ANSWER)
        return ignore(at, &why, f);
    note(s, EVENT_NONE, why.text);
    at->why = why;
    at->asked = answer->retry_after;
    return no_answer(at, CLIENT_UNREACHED, f);
}

/* --- beginning and resuming --- */

/* Goes on with the transaction found on disk; ERR_NOT_FOUND: there is none. */
static enum err resume(struct attempt *at, struct fault *f)
{
    struct station *s = at->s;
    enum cmp_body_type request;

    TRY(pending_load(s->dir, s->arena, &s->pending, f));
    request = s->pending.machine.request;
    /* The crash came between making the pair current and forgetting. */
    if (pair_is_current(s->dir, &s->pending.machine, s->arena)) {
        TRY(forget(at, f));
        note(s, EVENT_INSTALLED, NULL);
        at->is_over = true;
        at->result = also_result(s, f);
        return ERR_OK;
    }
    TRY(trust_load(s, request, f));
    TRY(identity_resume(s, f));
    TRY(also_resume(s, f));
    for (size_t i = 0; i < s->pending.num_asked; i++)
        if (s->pending.asked[i].key != NULL)
            TRY(privkey_parse(s->cx, secret_span(s->pending.asked[i].key),
                              &s->new_keys[i], f));
    at->resumed = true;
    note(s, EVENT_RESUMED, client_state_name(s->pending.machine.state));
    return ERR_OK;
}

static bool is_enrolment(enum cmp_body_type request)
{
    return request != CMP_KUR && request != CMP_RR && request != CMP_GENM;
}

/* A station that has what it wants is not to lose it by a slip. */
static enum err check_wanted(struct station *s, const struct client_run *how,
                             struct fault *f)
{
    struct pair pair;
    struct fault none;

    if (how->again || pair_load(s->dir, s->scratch, &pair, &none) != ERR_OK ||
        pair.revoked_at != 0)
        return ERR_OK;
    return fault_set(f, ERR_EXISTS,
                     "%s holds an operator certificate already; renew it, or "
                     "enroll --again",
                     s->dir);
}

/* A certificate was asked for and the transaction found revoked one, or the
 * other way round: what was asked for comes after it. */
static bool is_another(const struct attempt *at, enum cmp_body_type request)
{
    return at->result == ERR_OK &&
           (at->s->pending.machine.request == CMP_RR) != (request == CMP_RR);
}

static enum err run(struct station *s, enum cmp_body_type request,
                    const struct client_run *how, struct asking *asking,
                    struct fault *f)
{
    struct attempt at = {
        .s = s, .run = how, .asking = asking, .begin = clock_monotonic_micros()
    };
    struct client_answer answer = { 0 };
    enum err e;

    if (s->settings->url == NULL)
        return fault_set(f, ERR_CONFIG, "no address of a server: --url");
    e = asking != NULL ? ERR_NOT_FOUND : resume(&at, f);
    if (e == ERR_NOT_FOUND && is_enrolment(request))
        TRY(check_wanted(s, how, f));
    if (e == ERR_NOT_FOUND)
        TRY(also_begin(s, request, how, f));
    if (e == ERR_NOT_FOUND)
        e = begin(&at, request, f);
    TRY(e);
    buf_init(&answer.bytes, LIMIT_MESSAGE_LEN);
    while (e == ERR_OK && (!at.is_over || is_another(&at, request))) {
        if (at.is_over) {
            at.is_over = false;
            e = also_begin(s, request, how, f);
            if (e == ERR_OK)
                e = begin(&at, request, f);
            continue;
        }
        buf_clear(&answer.bytes);
        answer.is_tls = false;
        answer.retry_after = 0;
        e = s->pending.machine.poll == CLIENT_POLL_DUE
                ? poll_next(&at, f)
                : exchange(&at, &answer, f);
    }
    buf_done(&answer.bytes);
    if (e == ERR_OK && at.result == ERR_NO_ANSWER) {
        const struct rule *rule = rule_find(at.why.rule);

        fault_clause(f, ERR_NO_ANSWER, at.why.clause,
                     "no answer in time; %s. The last try: %s",
                     asking != NULL ? "ask again"
                                    : "the transaction stays pending",
                     at.why.text);
        rule_name(f, rule == NULL ? RULE_REPLY_IN_TIME : rule->number);
    }
    if (e == ERR_OK && at.result == ERR_WAITING)
        fault_set(f, ERR_WAITING,
                  "the server has not decided; the same verb asks again%s",
                  asking != NULL ? ", anew" : ", status says when");
    return e == ERR_OK ? at.result : e;
}

enum err station_enroll(struct station *s, const struct client_run *how,
                        struct fault *f)
{
    return run(s, how->request, how, NULL, f);
}

enum err station_renew(struct station *s, const struct client_run *how,
                       struct fault *f)
{
    return run(s, CMP_KUR, how, NULL, f);
}

enum err station_revoke(struct station *s, const struct client_run *how,
                        struct fault *f)
{
    return run(s, CMP_RR, how, NULL, f);
}

enum err station_ask(struct station *s, const struct client_run *how,
                     const struct client_asking *given,
                     struct client_answers *out, struct fault *f)
{
    struct asking asking = { .given = given, .out = out };

    return run(s, CMP_GENM, how, &asking, f);
}
