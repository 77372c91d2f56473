/*
 * What became of a message that was judged, as people read it.
 */
#include "service/replay_internal.h"

#include "base/limits.h"
#include "base/text.h"

const char *replay_end_name(enum replay_end end)
{
    static const char *const names[] = {
        [REPLAY_TAKEN] = "taken",         [REPLAY_ACCEPTED] = "accepted before",
        [REPLAY_REFUSED] = "refused",     [REPLAY_UNREADABLE] = "unreadable",
        [REPLAY_UNJUDGED] = "not judged",
    };

    return names[end];
}

/* Room to write what is told of one job. */
struct telling {
    struct job *job;
    struct arena *arena;
    struct finding_view *findings;
    size_t number; /* of the message */
    size_t num_findings, max_findings;
    struct replay_item *items;
    size_t num_items, max_items;
    bool has_failed; /* for want of memory */
};

static const char *text_of(struct telling *t, struct span bytes)
{
    const char *text =
        arena_printf(t->arena, "%.*s", (int)bytes.len, (const char *)bytes.ptr);

    t->has_failed = t->has_failed || text == NULL;
    return text == NULL ? "" : text;
}

static const char *copy_of(struct telling *t, const char *text)
{
    return text_of(t, span_str(text));
}

static const char *hex_of(struct telling *t, struct span bytes)
{
    char hex[2 * LIMIT_SERIAL_LEN + 2 * LIMIT_ID_LEN + 1];

    hex_format(bytes, hex, sizeof(hex));
    return copy_of(t, hex);
}

static const char *time_of(struct telling *t, int64_t seconds)
{
    char stamp[TIME_TEXT_LEN];

    if (seconds == 0)
        return "";
    time_format(seconds, stamp);
    return copy_of(t, stamp);
}

/* --- findings --- */

static void add_finding(struct telling *t, const struct rule *rule,
                        enum verdict verdict, const char *path,
                        const char *found, size_t request)
{
    enum cmp_body_type type = t->job->msg.body.type;
    const char *body = type < CMP_BODY_NUM ? cmp_body_name(type) : "";

    if (t->num_findings == t->max_findings)
        return;
    t->findings[t->num_findings++] = (struct finding_view){
        .rule = rule,
        .verdict = verdict,
        .path = finding_path(t->arena, body, request, copy_of(t, path)),
        .found = copy_of(t, found),
        .message = t->number,
        .request = request,
    };
}

static void add_fault(struct telling *t, const struct fault *fault,
                      size_t request)
{
    const struct rule *rule = rule_find(fault->rule);

    if (rule != NULL)
        add_finding(t, rule, VERDICT_BROKEN, fault->path, fault_found(fault),
                    request);
}

/* The cause of a refusal, then what else is refused, then what is let pass.
 * What is missing here is no fault of the message. */
static void tell_findings(struct telling *t, enum replay_end end)
{
    const struct job *job = t->job;
    bool is_all = job->fault.err != ERR_OK;

    if (is_all && end != REPLAY_UNJUDGED)
        add_fault(t, &job->fault,
                  job->num_asks > 1 &&
                      strcmp(job->fault.rule, job->asks[0].fault.rule) == 0);
    for (size_t i = 0; i < job->num_asks; i++)
        if (job->asks[i].fault.err != ERR_OK && (i > 0 || !is_all))
            add_fault(t, &job->asks[i].fault, i + 1);
    for (size_t i = 0; i < job->findings.num; i++) {
        const struct finding *f = &job->findings.list[i];
        enum verdict verdict = VERDICT_CANNOT_TELL;

        (void)findings_find(&job->findings, f->rule->number, &verdict);
        add_finding(t, f->rule, verdict, f->found.path, f->found.text, 0);
    }
}

/* --- what is asked for --- */

static struct replay_item *add_item(struct telling *t, int64_t number,
                                    const char *act)
{
    struct replay_item *item = &t->items[t->num_items];

    if (t->num_items == t->max_items)
        return NULL;
    t->num_items++;
    *item = (struct replay_item){ number, act, "", "", "", "", "", "" };
    return item;
}

static const char *act_of(const struct job *job)
{
    static const char *const acts[] = {
        [TXN_ISSUE] = "issue",     [TXN_CHALLENGE] = "challenge",
        [TXN_WAIT] = "wait",       [TXN_POLL] = "wait on",
        [TXN_RESUME] = "resume",   [TXN_DENY] = "deny",
        [TXN_CONFIRM] = "confirm", [TXN_REJECT] = "reject",
        [TXN_ANSWER] = "answer",   [TXN_REVOKE] = "revoke",
    };

    return acts[job->decision.action];
}

static void tell_certificate(struct telling *t, const struct ask *ask)
{
    const struct general_names san = { ask->names.san, ask->names.num_san };
    struct replay_item *item =
        add_item(t, ask->req->cert_req.cert_req_id, act_of(t->job));
    const char *subject, *names;

    if (item == NULL)
        return;
    subject = span_is_absent(ask->names.subject)
                  ? ""
                  : name_format(ask->names.subject, t->arena);
    names = san.num == 0 ? "" : general_names_format(&san, t->arena);
    t->has_failed = t->has_failed || subject == NULL || names == NULL;
    item->subject = subject;
    item->san = names;
    item->not_before = time_of(t, ask->certificate.not_before);
    item->not_after = time_of(t, ask->certificate.not_after);
}

static void tell_revocation(struct telling *t, const struct ask *ask,
                            size_t number)
{
    bool is_release = ask->wish.reason == CRL_REMOVE_FROM_CRL;
    const char *act = t->job->decision.action == TXN_REVOKE && is_release
                          ? "release"
                          : act_of(t->job);
    struct replay_item *item = add_item(t, (int64_t)number, act);

    if (item == NULL)
        return;
    item->serial = hex_of(t, ask->record.serial);
    if (t->job->decision.action == TXN_REVOKE)
        item->reason = crl_reason_name(ask->wish.reason);
}

static void tell_confirmations(struct telling *t)
{
    const struct job *job = t->job;

    for (size_t i = 0; i < job->issued.num; i++) {
        const struct certificate_record *r = &job->issued.list[i];
        bool is_taken = (job->decision.confirmed & (1u << i)) != 0;
        struct replay_item *item =
            add_item(t, r->cert_req_id, is_taken ? "confirm" : "reject");

        if (item != NULL)
            item->serial = hex_of(t, r->serial);
    }
}

static void tell_items(struct telling *t)
{
    for (size_t i = 0; i < t->job->num_asks; i++) {
        const struct ask *ask = &t->job->asks[i];

        if (ask->fault.err != ERR_OK)
            continue;
        if (ask->rev != NULL)
            tell_revocation(t, ask, i);
        else
            tell_certificate(t, ask);
    }
    tell_confirmations(t);
}

/* --- the whole --- */

static enum replay_end end_of(const struct job *job, enum err e)
{
    if (e == ERR_OK)
        return job->outcome == OUTCOME_REPLAYED ? REPLAY_ACCEPTED
                                                : REPLAY_TAKEN;
    if (err_whose(e) != WHOSE_PEER)
        return REPLAY_UNJUDGED;
    return job->has_header ? REPLAY_REFUSED : REPLAY_UNREADABLE;
}

/* As if it had been served to its end. */
static enum outcome outcome_of(const struct job *job, enum replay_end end)
{
    switch (end) {
    case REPLAY_TAKEN:
        return job->batch != NULL ? OUTCOME_ANSWERED : job->outcome;
    case REPLAY_ACCEPTED:
        return OUTCOME_REPLAYED;
    case REPLAY_REFUSED:
        return OUTCOME_REFUSED;
    case REPLAY_UNREADABLE:
    case REPLAY_UNJUDGED:
        break;
    }
    return OUTCOME_DROPPED;
}

static const char *phrase_of(enum outcome outcome, enum replay_end end)
{
    static const char *const phrases[] = {
        [OUTCOME_ISSUED] = "would get a certificate",
        [OUTCOME_CHALLENGED] = "would get a challenge to decrypt",
        [OUTCOME_WAITING] = "would wait for an operator",
        [OUTCOME_POLLED] = "would be told to poll again",
        [OUTCOME_DENIED] = "would be rejected, as an operator decided",
        [OUTCOME_CONFIRMED] = "would confirm",
        [OUTCOME_REJECTED] = "would end the transaction without a certificate",
        [OUTCOME_REVOKED] = "would revoke",
        [OUTCOME_RELEASED] = "would end a hold",
        [OUTCOME_ANSWERED] = "would be answered",
        [OUTCOME_REPLAYED] = "was accepted before: would get the stored reply",
        [OUTCOME_REFUSED] = "would be refused",
        [OUTCOME_DROPPED] = "would get HTTP 400 and no CMP answer",
    };

    return end == REPLAY_UNJUDGED ? "cannot be judged here" : phrases[outcome];
}

static const char *answer_of(const struct job *job, enum replay_end end)
{
    if (end == REPLAY_REFUSED)
        return cmp_body_name(
            rule_body(rule_step_of(&job->fault), job->msg.body.type));
    if (end != REPLAY_TAKEN)
        return "";
    return cmp_body_name(job->batch != NULL ? CMP_NESTED
                                            : job->decision.answer);
}

static void tell_whose(struct telling *t, struct replay_result *out)
{
    const struct job *job = t->job;
    const struct config_ra *ra = job_ra(job);

    out->transaction = hex_of(t, job->msg.header.transaction_id);
    out->profile = copy_of(t, job->profile->config->name);
    out->vendor = text_of(t, job->facts.vendor);
    out->station = text_of(t, job->facts.serial);
    out->ra = copy_of(t, ra == NULL ? "" : ra->name);
    out->secret = text_of(t, job->secret.reference);
}

enum err replay_tell(struct job *job, enum err e, size_t number,
                     struct arena *a, struct replay_result *out,
                     struct fault *f)
{
    struct telling t = { .job = job, .arena = a, .number = number };
    enum replay_end end = end_of(job, e);

    t.max_findings = job->findings.num + job->num_asks + 1;
    t.max_items = job->num_asks + job->issued.num + 1;
    t.findings = arena_array(a, t.max_findings, sizeof(*t.findings));
    t.items = arena_array(a, t.max_items, sizeof(*t.items));
    if (t.findings == NULL || t.items == NULL)
        return fault_set(f, ERR_NO_MEM, "replay");
    tell_findings(&t, end);
    if (end == REPLAY_TAKEN)
        tell_items(&t);
    out->end = end;
    out->outcome =
        end == REPLAY_UNJUDGED ? "" : outcome_name(outcome_of(job, end));
    out->says = phrase_of(outcome_of(job, end), end);
    out->body = job->msg.body.type < CMP_BODY_NUM
                    ? cmp_body_name(job->msg.body.type)
                    : "";
    out->answer = answer_of(job, end);
    out->fail_info =
        end == REPLAY_REFUSED ? fail_info_name(err_fail_info(e)) : "";
    tell_whose(&t, out);
    if (e != ERR_OK)
        out->fault = job->fault;
    out->findings = t.findings;
    out->num_findings = t.num_findings;
    out->items = t.items;
    out->num_items = t.num_items;
    return t.has_failed ? fault_set(f, ERR_NO_MEM, "replay") : ERR_OK;
}
