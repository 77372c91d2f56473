#include "inspect/lint.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "inspect/http_rules.h"
#include "inspect/internal.h"

/* What one message takes: itself read, and those it is compared with. */
#define MESSAGE_ARENA (4 * LIMIT_REQUEST_ARENA)
/* Judgements of one message: all rules of its body, for a few requests. */
#define MAX_FINDINGS 1024
#define MICROS ((int64_t)1000000)

struct lint {
    struct lint_settings settings;
    struct exchanges *exchanges;
    struct cert_memo *memo;
    struct arena *arena; /* of the message at hand */
    struct arena *inner; /* of one that a nested holds */
    const struct lint_row *rows[RULE_NUM];
    struct finding_view list[MAX_FINDINGS];
    struct lint_report report;
};

/* --- settings --- */

void lint_profile(struct profile *p, enum profile_type type)
{
    profile_init(p, type);
    p->name = profile_type_name(type);
    p->vendor_key_reuse = LENIENCE_WARN;
    p->message_time_window = 600;
    p->confirm_wait = 600;
}

static void join_rows(struct lint *l, const struct lint_row *row)
{
    for (; row->check != NULL; row++)
        l->rows[row->rule] = row;
}

enum err lint_new(const struct lint_settings *settings, struct lint **out,
                  struct fault *f)
{
    AUTO(lint) l = calloc(1, sizeof(*l));

    if (l == NULL)
        return fault_set(f, ERR_NO_MEM, "lint");
    l->settings = *settings;
    l->arena = arena_new(MESSAGE_ARENA);
    l->inner = arena_new(MESSAGE_ARENA);
    if (l->arena == NULL || l->inner == NULL)
        return fault_set(f, ERR_NO_MEM, "lint");
    TRY(exchanges_new(&l->exchanges, f));
    TRY(cert_memo_new(&l->memo, f));
    join_rows(l, lint_protection_rows);
    join_rows(l, lint_request_rows);
    join_rows(l, lint_exchange_rows);
    join_rows(l, lint_chain_rows);
    *out = l;
    l = NULL;
    return ERR_OK;
}

void lint_free(struct lint *l)
{
    if (l == NULL)
        return;
    exchanges_free(l->exchanges);
    cert_memo_free(l->memo);
    arena_free(l->arena);
    arena_free(l->inner);
    free(l);
}

struct crypto_ctx *lint_crypto(const struct linted *in)
{
    return trusted_crypto(in->lint->settings.trusted);
}

struct trusted *lint_trusted(const struct linted *in)
{
    return in->lint->settings.trusted;
}

struct cert_memo *lint_memo(const struct linted *in)
{
    return in->lint->memo;
}

int64_t lint_now(const struct linted *in)
{
    if (in->seen->at != 0)
        return in->seen->at / MICROS;
    if (in->msg->header.has_message_time)
        return in->msg->header.message_time;
    return in->lint->settings.now;
}

/* --- judging --- */

enum verdict lint_broken(struct found *found, const char *path, const char *fmt,
                         ...)
{
    va_list args;

    text_format(found->path, sizeof(found->path), "%s", path);
    va_start(args, fmt);
    text_vformat(found->text, sizeof(found->text), fmt, args);
    va_end(args);
    return VERDICT_BROKEN;
}

enum verdict lint_own(const struct linted *in, const struct rule *rule,
                      struct found *found)
{
    struct judged judged = { in->msg, in->profile, &in->facts, in->req,
                             in->rev };

    if (rule->check == NULL || (rule->needs & ~in->has) != 0)
        return VERDICT_CANNOT_TELL;
    if (rule->step == STEP_HEADER || rule->step == STEP_REQUEST)
        judged.facts = NULL;
    return rule->check(&judged, found);
}

static void count(struct lint_report *r, const struct rule *rule,
                  enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_HOLDS:
        r->num_held++;
        break;
    case VERDICT_CANNOT_TELL:
        r->num_not_judged++;
        break;
    case VERDICT_BROKEN:
        *(rule->severity == SEVERITY_ERROR ? &r->num_errors
                                           : &r->num_warnings) += 1;
        break;
    }
}

static const char *path_of(const struct linted *in, size_t request,
                           const struct found *found)
{
    return finding_path(
        in->arena, in->msg == NULL ? "" : cmp_body_name(in->msg->body.type),
        request, found->path);
}

/* Of several requests, what is wrong with the message is told once. */
static bool is_told(const struct linted *in, enum rule_id rule,
                    const struct found *found)
{
    const struct lint *l = in->lint;

    for (size_t i = 0; i < l->report.num; i++) {
        const struct finding_view *v = &l->list[i];

        if (v->rule->number == rule &&
            strcmp(v->path, path_of(in, v->request, found)) == 0 &&
            strcmp(v->found, found->text) == 0)
            return true;
    }
    return false;
}

/* How many there are is a matter of the message, though each is asked. */
static bool is_of_number(enum rule_id rule)
{
    return rule == RULE_ONE_REQUEST || rule == RULE_ONE_REVOCATION;
}

void lint_tell(struct linted *in, enum rule_id rule, enum verdict verdict,
               const struct found *found)
{
    struct lint *l = in->lint;
    struct lint_report *r = &l->report;
    struct found *copy = NULL;

    if (in->request > 1 && found != NULL && is_told(in, rule, found))
        return;
    count(r, rule_get(rule), verdict);
    if (verdict != VERDICT_BROKEN && !l->settings.tells_all)
        return;
    if (found != NULL && verdict == VERDICT_BROKEN)
        copy = arena_alloc(in->arena, sizeof(*copy));
    if (r->num == MAX_FINDINGS) {
        r->dropped++;
        return;
    }
    if (copy != NULL)
        *copy = *found;
    l->list[r->num++] = (struct finding_view){
        .rule = rule_get(rule),
        .verdict = verdict,
        .path = copy != NULL ? path_of(in, in->request, copy) : "",
        .found = copy != NULL ? copy->text : "",
        .message = r->number,
        .request = is_of_number(rule) ? 0 : in->request,
    };
}

/* An rr without RevDetails, say: nothing is asked for that could be judged but
 * how much it is. A server goes no further. */
static bool is_about_nothing(const struct linted *in, const struct rule *rule)
{
    return (rule->step == STEP_REQUEST || rule->step == STEP_POP ||
            rule->step == STEP_JUDGE_REQUEST) &&
           in->req == NULL && in->rev == NULL &&
           (BODY_BIT(in->msg->body.type) & (REQUESTS | CCR | RR)) != 0 &&
           rule->number != RULE_ONE_REQUEST &&
           rule->number != RULE_ONE_REVOCATION;
}

void lint_rule(struct linted *in, const struct rule *rule)
{
    const struct lint_row *row = in->lint->rows[rule->number];
    struct found found = { "", "" };
    enum verdict verdict;

    if (is_about_nothing(in, rule))
        verdict = VERDICT_CANNOT_TELL;
    else if (row != NULL)
        verdict = row->check(in, &found);
    else
        verdict = lint_own(in, rule, &found);
    lint_tell(in, rule->number, verdict, &found);
}

void lint_step(struct linted *in, enum rule_step step)
{
    struct rule_range range = rules_of(step);
    uint32_t body = BODY_BIT(in->msg->body.type);

    for (size_t i = range.first; i < range.end; i++) {
        const struct rule *rule = rule_get((enum rule_id)i);

        if ((rule->bodies & body) != 0)
            lint_rule(in, rule);
    }
}

/* --- one message --- */

/* The first error among them that would break this one too. */
static const struct rule *find_cause(const struct lint *l,
                                     const struct finding_view *effect)
{
    for (size_t i = 0; i < l->report.num; i++) {
        const struct finding_view *v = &l->list[i];

        if (v->verdict == VERDICT_BROKEN &&
            v->rule->severity == SEVERITY_ERROR &&
            (v->request == effect->request || v->request == 0 ||
             effect->request == 0) &&
            rule_follows(v->rule->number, effect->rule->number) != NULL)
            return v->rule;
    }
    return NULL;
}

/* What is broken first: errors, those that follow from others, warnings. Then
 * what could not be told, then what holds. Within these as judged. */
#define NUM_RANKS 5
static int rank(const struct finding_view *view)
{
    if (view->verdict != VERDICT_BROKEN)
        return view->verdict == VERDICT_CANNOT_TELL ? 3 : 4;
    if (view->rule->severity == SEVERITY_WARNING)
        return 2;
    return view->cause != NULL ? 1 : 0;
}

static void sort(struct lint *l)
{
    struct finding_view *sorted =
        arena_array(l->arena, l->report.num, sizeof(*sorted));
    size_t num = 0;

    if (sorted == NULL)
        return;
    for (size_t i = 0; i < l->report.num; i++)
        if (l->list[i].verdict == VERDICT_BROKEN)
            l->list[i].cause = find_cause(l, &l->list[i]);
    for (int r = 0; r < NUM_RANKS; r++)
        for (size_t i = 0; i < l->report.num; i++)
            if (rank(&l->list[i]) == r)
                sorted[num++] = l->list[i];
    for (size_t i = 0; i < num; i++)
        l->list[i] = sorted[i];
}

static enum lint_way way_by_body(enum cmp_body_type type)
{
    uint32_t bit = BODY_BIT(type);

    if ((bit & ANNOUNCEMENTS) != 0)
        return WAY_ANNOUNCEMENT;
    return (bit & (ANSWERS | BODY_BIT(CMP_KRP) | BODY_BIT(CMP_CCP))) != 0
               ? WAY_ANSWER
               : WAY_REQUEST;
}

/* Was the last message of the transaction one to the station? */
static bool is_stations_turn(const struct exchange *x)
{
    size_t answer = x->answer != NULL ? x->answer->number : 0;

    if (x->refusal != NULL && x->refusal->number > answer)
        answer = x->refusal->number;
    return x->request != NULL && answer > x->request->number;
}

/* An error answers the last request, or refuses the last answer: its nonce
 * tells, or else whose turn it is. */
static enum lint_way way_of_error(const struct linted *in)
{
    struct span nonce = in->msg->header.recip_nonce;

    if (in->before.request != NULL &&
        span_is_equal(nonce, in->before.request->header.sender_nonce))
        return WAY_ANSWER;
    return in->exchange != NULL && is_stations_turn(in->exchange) ? WAY_REQUEST
                                                                  : WAY_ANSWER;
}

/* A nested goes the way of what it holds. */
static enum lint_way way_of_nested(const struct linted *in)
{
    struct cmp_message first = { 0 };

    if (cmp_message_read(in->msg->body.nested.list[0], in->arena, &first,
                         NULL) != ERR_OK)
        return WAY_REQUEST;
    return way_by_body(first.body.type);
}

static enum lint_way find_way(const struct linted *in)
{
    enum cmp_body_type type = in->msg->body.type;
    enum lint_way way = way_by_body(type);

    if (way == WAY_ANNOUNCEMENT)
        return way;
    switch (in->seen->way) {
    case SEEN_REQUEST:
        return WAY_REQUEST;
    case SEEN_RESPONSE:
        return WAY_ANSWER;
    case SEEN_UNKNOWN:
        break;
    }
    if (type == CMP_ERROR)
        return way_of_error(in);
    return type == CMP_NESTED ? way_of_nested(in) : way;
}

/* Of those kept: none has failed to be read before. */
static enum err read_kept(const struct kept *k, struct arena *a,
                          const struct cmp_message **out, struct fault *f)
{
    struct cmp_message *msg;

    *out = NULL;
    if (k == NULL)
        return ERR_OK;
    msg = arena_alloc(a, sizeof(*msg));
    if (msg == NULL)
        return fault_set(f, ERR_NO_MEM, "transaction");
    TRY(cmp_message_read(span_of(k->bytes, k->len), a, msg, f));
    *out = msg;
    return ERR_OK;
}

static enum err find_before(struct linted *in, struct fault *f)
{
    struct before *before = &in->before;
    const struct exchange *x;

    in->exchange =
        exchanges_find(in->lint->exchanges, in->msg->header.transaction_id);
    x = in->exchange;
    if (x == NULL)
        return ERR_OK;
    TRY(read_kept(x->first, in->arena, &before->first, f));
    TRY(read_kept(x->request, in->arena, &before->request, f));
    TRY(read_kept(x->answer, in->arena, &before->answer, f));
    TRY(read_kept(x->granted, in->arena, &before->granted, f));
    return read_kept(x->waiting, in->arena, &before->waiting, f);
}

static bool is_kept(const struct kept *k, struct span der)
{
    return k != NULL && span_is_equal(span_of(k->bytes, k->len), der);
}

/* The very bytes of a message of this transaction: sent again, which is always
 * right and means nothing new. */
static size_t find_repeated(const struct linted *in)
{
    const struct exchange *x = in->exchange;
    struct span der = in->msg->der;

    if (x == NULL)
        return 0;
    if (is_kept(x->first, der))
        return x->first->number;
    if (is_kept(x->request, der))
        return x->request->number;
    if (is_kept(x->granted, der))
        return x->granted->number;
    return is_kept(x->answer, der) ? x->answer->number : 0;
}

/*
 * The exchange and the certificates first: what is wrong with them is why a
 * server or a station does not believe a message.
 */
static enum err judge_steps(struct linted *in, struct fault *f)
{
    if (in->way == WAY_REQUEST)
        TRY(lint_find_facts(in, f));
    lint_step(in, STEP_EXCHANGE);
    TRY(lint_judge_certificates(in, f));
    if (in->way != WAY_REQUEST)
        return lint_judge_answer(in, f);
    lint_judge_request(in);
    return ERR_OK;
}

static void note_repeat(struct linted *in)
{
    struct exchange *x =
        exchanges_find(in->lint->exchanges, in->msg->header.transaction_id);

    if (x != NULL && find_way(in) == WAY_REQUEST)
        exchanges_note_repeat(in->lint->exchanges, x, in->msg->der,
                              in->seen->number);
}

/* What was before it in other transactions. */
static void find_others(struct linted *in)
{
    struct exchanges *all = in->lint->exchanges;

    if (in->way != WAY_REQUEST)
        return;
    if (in->exchange == NULL)
        in->stray_of = exchanges_nonce_find(all, in->msg->header.recip_nonce);
    if (in->protection.verifies == VERDICT_HOLDS &&
        !span_is_absent(in->protection.signer.der))
        in->unconfirmed = exchanges_unconfirmed(all, in->protection.signer.der);
}

static enum err judge(struct linted *in, struct fault *f)
{
    struct lint_report *r = &in->lint->report;

    r->body = in->msg->body.type;
    r->transaction_id = in->msg->header.transaction_id;
    if (r->transaction_id.len > 0)
        TRY(find_before(in, f));
    r->repeats = find_repeated(in);
    if (r->repeats != 0) {
        note_repeat(in);
        return ERR_OK;
    }
    in->way = find_way(in);
    if (message_certs_read(in->msg, in->arena, &in->certs) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "certificates");
    TRY(lint_find_protection(in, f));
    find_others(in);
    TRY(judge_steps(in, f));
    return exchanges_keep(in->lint->exchanges, in, f);
}

/* "body.ir[0].certReq at byte 213: expected SEQUENCE" */
static void tell_unreadable(struct linted *in, const struct fault *why)
{
    const char *at = strstr(why->text, " at byte ");
    size_t len = at != NULL ? (size_t)(at - why->text) : 0;
    struct found found = { "", "" };

    text_format(found.path, sizeof(found.path), "%.*s",
                at != NULL ? (int)len : (int)sizeof("PKIMessage"),
                at != NULL ? why->text : "PKIMessage");
    text_format(found.text, sizeof(found.text), "%s",
                at != NULL ? at + 1 : why->text);
    lint_tell(in, RULE_MESSAGE_IS_DER, VERDICT_BROKEN, &found);
}

static enum err read_and_judge(struct lint *l, struct linted *in,
                               struct cmp_message *msg, struct fault *f)
{
    struct fault why = { 0 };
    enum err e = cmp_message_read(in->seen->der, in->arena, msg, &why);

    if (e == ERR_NO_MEM)
        return fault_set(f, e, "message %zu", in->seen->number);
    if (e != ERR_OK) {
        tell_unreadable(in, &why);
        msg->body.type = CMP_BODY_NUM;
        return ERR_OK;
    }
    in->msg = msg;
    lint_tell(in, RULE_MESSAGE_IS_DER, VERDICT_HOLDS, NULL);
    (void)l;
    return judge(in, f);
}

static void tell_http(void *arg, enum rule_id rule, enum verdict verdict,
                      const struct found *found)
{
    lint_tell(arg, rule, verdict, found);
}

/* HTTP that carries no message, or one that could not be read out of the
 * capture. */
static enum err tell_http_alone(struct lint *l, const struct seen *seen,
                                lint_each *each, void *arg)
{
    struct linted in = { .lint = l,
                         .profile = &l->settings.profile,
                         .arena = l->arena,
                         .seen = seen };

    l->report = (struct lint_report){ .where = seen->where,
                                      .body = CMP_BODY_NUM,
                                      .list = l->list };
    http_check(seen, tell_http, &in);
    sort(l);
    return each(arg, &l->report);
}

/* Judges one and tells it; `msg` is what was read. */
static enum err tell_one(struct lint *l, const struct seen *seen,
                         struct arena *a, bool is_inside,
                         struct cmp_message *msg, lint_each *each, void *arg,
                         struct fault *f)
{
    struct linted in = { .lint = l,
                         .profile = &l->settings.profile,
                         .arena = a,
                         .seen = seen,
                         .is_inside = is_inside };

    l->report = (struct lint_report){ .number = seen->number,
                                      .where = seen->where,
                                      .body = CMP_BODY_NUM,
                                      .list = l->list };
    if (!is_inside)
        http_check(seen, tell_http, &in);
    TRY(read_and_judge(l, &in, msg, f));
    sort(l);
    return each(arg, &l->report);
}

enum err lint_message(struct lint *l, const struct seen *seen, lint_each *each,
                      void *arg, struct fault *f)
{
    struct cmp_message msg = { 0 }, part = { 0 };
    struct seen inner = *seen;

    arena_reset(l->arena);
    if (span_is_absent(seen->der))
        return seen->http == NULL ? ERR_OK
                                  : tell_http_alone(l, seen, each, arg);
    TRY(tell_one(l, seen, l->arena, false, &msg, each, arg, f));
    if (msg.body.type != CMP_NESTED)
        return ERR_OK;
    for (size_t i = 0; i < msg.body.nested.num; i++) {
        arena_reset(l->inner);
        inner.der = msg.body.nested.list[i];
        inner.where = arena_printf(l->inner, "%s, nested[%zu]", seen->where, i);
        if (inner.where == NULL)
            return fault_set(f, ERR_NO_MEM, "nested");
        TRY(tell_one(l, &inner, l->inner, true, &part, each, arg, f));
    }
    return ERR_OK;
}
