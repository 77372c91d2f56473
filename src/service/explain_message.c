#include <stdlib.h>

#include "asn1/cmp.h"
#include "base/limits.h"
#include "base/text.h"
#include "service/explain_internal.h"

#define FINDINGS_MAX 64
#define SERIALS_MAX 64
#define STATUSES_MAX 64

static const char *text_of(struct arena *a, struct span s)
{
    const char *text = span_is_absent(s) ? ""
                                         : arena_printf(a, "%.*s", (int)s.len,
                                                        (const char *)s.ptr);

    return text == NULL ? "" : text;
}

static const char *hex_of(struct arena *a, struct span s)
{
    char *text = arena_alloc(a, 2 * s.len + 1);

    if (text == NULL)
        return "";
    hex_format(s, text, 2 * s.len + 1);
    return text;
}

static const char *time_of(struct arena *a, int64_t millis)
{
    char stamp[TIME_TEXT_LEN];
    const char *text;

    time_format(millis / 1000, stamp);
    text = arena_printf(a, "%.19s.%03dZ", stamp, (int)(millis % 1000));
    return text == NULL ? "" : text;
}

/* --- findings --- */

static void read_finding(struct arena *a, const struct recorded *m,
                         const struct recorded_finding *in,
                         struct explained_finding *out)
{
    const char *body = text_of(a, m->texts[RECORDED_BODY]);
    unsigned long request = strtoul(in->request, NULL, 10);

    *out = (struct explained_finding){ .id = in->rule, .clause = in->clause };
    out->view.rule = rule_find(in->rule);
    out->view.verdict = VERDICT_BROKEN;
    out->view.request = request;
    out->view.path = finding_path(a, body, request, in->path);
    out->view.found = in->text;
}

/* The verdict on each rule, by the rules of the program that judged. */
struct verdicts {
    struct span rules, verdicts;
    size_t at;
};

/* False: there are no more. `rule` NULL: this program has none of that id. */
static bool next_verdict(struct verdicts *v, const struct rule **rule,
                         unsigned *verdict)
{
    const uint8_t *end =
        v->rules.len == 0 ? NULL : memchr(v->rules.ptr, '\0', v->rules.len);

    if (end == NULL || v->at / 4 >= v->verdicts.len)
        return false;
    *rule = rule_find((const char *)v->rules.ptr);
    *verdict = v->verdicts.ptr[v->at / 4] >> (v->at % 4 * 2) & 3;
    v->rules.len -= (size_t)(end + 1 - v->rules.ptr);
    v->rules.ptr = end + 1;
    v->at++;
    return true;
}

static struct verdicts verdicts_of(const struct recorded *m)
{
    return (struct verdicts){ m->texts[RECORDED_RULES],
                              m->texts[RECORDED_VERDICTS], 0 };
}

/* What is found of a rule, NULL when nothing is. */
static struct explained_finding *find_finding(struct explained_finding *list,
                                              size_t num,
                                              const struct rule *rule)
{
    for (size_t i = 0; i < num; i++)
        if (list[i].view.rule == rule)
            return &list[i];
    return NULL;
}

/* A note may be of a rule that could not be told, and there may be more of
 * these than notes. */
static void apply_verdicts(const struct recorded *m,
                           struct explained_finding *list, size_t *num)
{
    struct verdicts v = verdicts_of(m);
    const struct rule *rule;
    unsigned verdict;

    while (next_verdict(&v, &rule, &verdict)) {
        struct explained_finding *found = find_finding(list, *num, rule);

        if (rule == NULL || verdict <= 1 + VERDICT_HOLDS)
            continue;
        if (found == NULL && *num < FINDINGS_MAX) {
            found = &list[(*num)++];
            *found = (struct explained_finding){ .id = rule->id,
                                                 .clause = rule->clause };
            found->view =
                (struct finding_view){ .rule = rule, .path = "", .found = "" };
        }
        if (found != NULL)
            found->view.verdict = (enum verdict)(verdict - 1);
    }
}

static enum err list_holding(struct arena *a, const struct recorded *m,
                             struct explained_message *out)
{
    struct verdicts v = verdicts_of(m);
    const struct rule *rule;
    unsigned verdict;

    out->holding = arena_array(a, RULE_NUM, sizeof(struct rule *));
    if (out->holding == NULL)
        return ERR_NO_MEM;
    while (out->num_holding < RULE_NUM && next_verdict(&v, &rule, &verdict)) {
        out->num_judged += verdict != 0;
        if (rule != NULL && verdict == 1 + VERDICT_HOLDS)
            out->holding[out->num_holding++] = rule;
    }
    return ERR_OK;
}

static int rank(const struct explained_finding *f)
{
    if (f->view.verdict != VERDICT_BROKEN)
        return 2;
    return f->view.rule != NULL && f->view.rule->severity == SEVERITY_WARNING
               ? 1
               : 0;
}

static void sort_findings(struct explained_finding *list, size_t num)
{
    for (size_t i = 1; i < num; i++)
        for (size_t k = i; k > 0 && rank(&list[k]) < rank(&list[k - 1]); k--) {
            struct explained_finding swap = list[k];

            list[k] = list[k - 1];
            list[k - 1] = swap;
        }
}

static enum err list_findings(struct arena *a, const struct recorded *m,
                              struct explained_message *out)
{
    struct explained_finding *list =
        arena_array(a, FINDINGS_MAX, sizeof(*list));
    struct span in = m->texts[RECORDED_FINDINGS];
    struct recorded_finding finding;
    size_t num = 0;

    if (list == NULL)
        return ERR_NO_MEM;
    while (num < FINDINGS_MAX && recorded_finding_next(&in, &finding))
        read_finding(a, m, &finding, &list[num++]);
    apply_verdicts(m, list, &num);
    sort_findings(list, num);
    out->findings = list;
    out->num_findings = num;
    return list_holding(a, m, out);
}

/* --- the answer --- */

static const char *status_name(int64_t status)
{
    static const char *const names[] = {
        [STATUS_ACCEPTED] = "accepted",
        [STATUS_GRANTED_WITH_MODS] = "grantedWithMods",
        [STATUS_REJECTION] = "rejection",
        [STATUS_WAITING] = "waiting",
        [STATUS_REVOCATION_WARNING] = "revocationWarning",
        [STATUS_REVOCATION_NOTIFICATION] = "revocationNotification",
        [STATUS_KEY_UPDATE_WARNING] = "keyUpdateWarning",
    };

    return status >= 0 && (size_t)status < sizeof(names) / sizeof(names[0])
               ? names[status]
               : "unknown";
}

static const char *fail_infos(struct arena *a, uint32_t mask)
{
    const char *all = "";

    for (int bit = 0; bit < 32; bit++) {
        if ((mask >> bit & 1) == 0)
            continue;
        all = arena_printf(a, "%s%s%s", all, all[0] == '\0' ? "" : ", ",
                           fail_info_name((enum fail_info)bit));
        if (all == NULL)
            return "";
    }
    return all;
}

struct statuses {
    struct arena *a;
    struct explained_status *list;
    size_t num;
};

static void add_status(struct statuses *all, const struct pki_status_info *s)
{
    const char *text = "";

    if (all->num == STATUSES_MAX)
        return;
    for (size_t i = 0; i < s->status_string.num && text != NULL; i++)
        text = arena_printf(all->a, "%s%s%.*s", text, i == 0 ? "" : "; ",
                            (int)s->status_string.list[i].len,
                            (const char *)s->status_string.list[i].ptr);
    all->list[all->num++] = (struct explained_status){
        .status = status_name(s->status),
        .fail_info = s->has_fail_info ? fail_infos(all->a, s->fail_info) : "",
        .text = text == NULL ? "" : text,
    };
}

static void add_responses(struct statuses *all, const struct pki_body *body)
{
    for (size_t i = 0; i < body->cert_rep.num_responses; i++)
        add_status(all, &body->cert_rep.responses[i].status);
}

static void add_revoked(struct statuses *all, const struct pki_body *body)
{
    for (size_t i = 0; i < body->rev_rep.num_statuses; i++)
        add_status(all, &body->rev_rep.statuses[i]);
}

static void add_error(struct statuses *all, const struct pki_body *body)
{
    add_status(all, &body->error.status);
}

/* The bodies that hold a PKIStatusInfo. */
static void add_statuses(struct statuses *all, const struct pki_body *body)
{
    static const struct {
        enum cmp_body_type type;
        void (*add)(struct statuses *all, const struct pki_body *body);
    } holders[] = {
        { CMP_IP, add_responses },  { CMP_CP, add_responses },
        { CMP_KUP, add_responses }, { CMP_CCP, add_responses },
        { CMP_RP, add_revoked },    { CMP_ERROR, add_error },
    };

    for (size_t i = 0; i < sizeof(holders) / sizeof(holders[0]); i++)
        if (holders[i].type == body->type)
            holders[i].add(all, body);
}

static enum err read_answer(struct arena *a, struct explained_message *m)
{
    struct statuses all = { .a = a };
    struct cmp_message msg = { 0 };
    struct fault why = { 0 };

    m->answer = "";
    if (span_is_absent(m->reply))
        return ERR_OK;
    all.list = arena_array(a, STATUSES_MAX, sizeof(*all.list));
    if (all.list == NULL)
        return ERR_NO_MEM;
    if (cmp_message_read(m->reply, a, &msg, &why) != ERR_OK)
        return ERR_OK; /* shown as bytes */
    m->answer = cmp_body_name(msg.body.type);
    add_statuses(&all, &msg.body);
    m->statuses = all.list;
    m->num_statuses = all.num;
    return ERR_OK;
}

/* --- a message, a transaction --- */

static enum err list_serials(struct arena *a, const struct recorded *m,
                             struct explained_message *out)
{
    const char **list = arena_array(a, SERIALS_MAX, sizeof(*list));
    struct span in = m->texts[RECORDED_SERIALS], serial;

    if (list == NULL)
        return ERR_NO_MEM;
    while (out->num_serials < SERIALS_MAX && recorded_serial_next(&in, &serial))
        list[out->num_serials++] = hex_of(a, serial);
    out->serials = list;
    return ERR_OK;
}

/* As received: what waits and is polled for goes by the request's name. */
static const char *body_of(struct arena *a, const struct recorded *m)
{
    const char *recorded = text_of(a, m->texts[RECORDED_BODY]), *name;
    struct cmp_message msg = { 0 };
    struct fault why = { 0 };

    if (cmp_message_read(m->texts[RECORDED_REQUEST], a, &msg, &why) != ERR_OK)
        return recorded;
    name = cmp_body_name(msg.body.type);
    if (recorded[0] == '\0' || strcmp(name, recorded) == 0)
        return name;
    name = arena_printf(a, "%s (%s)", name, recorded);
    return name == NULL ? recorded : name;
}

static enum err read_message(struct explain *e, int64_t id,
                             struct explained_message *out, struct fault *f)
{
    struct arena *a = e->arena;
    struct recorded m = { 0 };
    enum err failed;

    TRY(record_file_get(e->file, id, a, &m, f));
    *out = (struct explained_message){
        .id = id,
        .time = time_of(a, m.at),
        .node = text_of(a, m.texts[RECORDED_NODE]),
        .profile = text_of(a, m.texts[RECORDED_PROFILE]),
        .operation = text_of(a, m.texts[RECORDED_OPERATION]),
        .peer = text_of(a, m.texts[RECORDED_PEER]),
        .body = body_of(a, &m),
        .outcome = text_of(a, m.texts[RECORDED_OUTCOME]),
        .vendor = text_of(a, m.texts[RECORDED_VENDOR]),
        .station = text_of(a, m.texts[RECORDED_STATION]),
        .is_verified = m.is_verified != 0,
        .micros = m.micros,
        .request = m.texts[RECORDED_REQUEST],
        .http_status = m.http_status,
        .reply = m.texts[RECORDED_REPLY],
        .is_withheld = m.is_withheld != 0,
    };
    failed = list_serials(a, &m, out);
    if (failed == ERR_OK)
        failed = list_findings(a, &m, out);
    if (failed == ERR_OK)
        failed = read_answer(a, out);
    return failed == ERR_OK ? ERR_OK : fault_set(f, failed, "recorded message");
}

enum err explain_transaction(struct explain *e, const struct group *group,
                             struct explained_transaction *out, struct fault *f)
{
    enum err failed;

    out->id = hex_of(e->arena, group->id);
    out->messages = arena_array(e->arena, group->num, sizeof(*out->messages));
    if (out->messages == NULL)
        return fault_set(f, ERR_NO_MEM, "recorded messages");
    for (const struct link *l = group->first; l != NULL; l = l->next) {
        failed = read_message(e, l->id, &out->messages[out->num], f);
        if (failed == ERR_NOT_FOUND)
            continue; /* it made room meanwhile */
        TRY(failed);
        out->num++;
    }
    return ERR_OK;
}
