#include "profile/rules.h"

#include "base/text.h"
#include "profile/internal.h"

#define RULE_ROW(name, id, clause, err, step, sev, bodies, needs, check, ask, \
                 cure)                                                        \
    [RULE_##name] = { RULE_##name, id,          clause,                       \
                      ERR_##err,   STEP_##step, SEVERITY_##sev,               \
                      bodies,      needs,       check,                        \
                      ask,         cure },
static const struct rule rules[] = { RULES(RULE_ROW) };
#undef RULE_ROW

/* The step of each, apart: it is looked through for every message. */
#define RULE_STEP(name, id, clause, err, step, sev, bodies, needs, check, ask, \
                  cure)                                                        \
    [RULE_##name] = STEP_##step,
static const uint8_t steps[] = { RULES(RULE_STEP) };
#undef RULE_STEP

const struct rule *rule_get(enum rule_id number)
{
    return &rules[number];
}

const struct rule *rule_find(const char *id)
{
    for (size_t i = 0; i < RULE_NUM; i++)
        if (strcmp(rules[i].id, id) == 0)
            return &rules[i];
    return NULL;
}

struct rule_range rules_of(enum rule_step step)
{
    const uint8_t *first = memchr(steps, (int)step, sizeof(steps));
    struct rule_range range = { 0, 0 };

    if (first == NULL)
        return range;
    range.first = range.end = (size_t)(first - steps);
    while (range.end < RULE_NUM && steps[range.end] == step)
        range.end++;
    return range;
}

enum verdict broken(struct found *found, const char *path, const char *fmt, ...)
{
    va_list args;

    text_format(found->path, sizeof(found->path), "%s", path);
    va_start(args, fmt);
    text_vformat(found->text, sizeof(found->text), fmt, args);
    va_end(args);
    return VERDICT_BROKEN;
}

static void add_finding(struct findings *findings, const struct rule *rule,
                        const struct found *found)
{
    size_t max = sizeof(findings->list) / sizeof(findings->list[0]);

    if (findings->num == max) {
        findings->dropped++;
        return;
    }
    findings->list[findings->num++] = (struct finding){ rule, *found };
}

static enum err refuse(struct fault *f, const struct rule *rule,
                       const struct found *found)
{
    fault_clause(f, rule->err, rule->clause, "%s: %s; asked: %s", found->path,
                 found->text, rule->asked);
    if (f == NULL)
        return rule->err;
    text_format(f->rule, sizeof(f->rule), "%s", rule->id);
    text_format(f->path, sizeof(f->path), "%s", found->path);
    text_format(f->found, sizeof(f->found), "%s", found->text);
    return rule->err;
}

enum err rules_check(enum rule_step step, const struct judged *in,
                     struct findings *findings, struct fault *f)
{
    uint32_t body = BODY_BIT(in->msg->body.type);
    struct rule_range range = rules_of(step);

    for (size_t i = range.first; i < range.end; i++) {
        const struct rule *rule = &rules[i];
        struct found found;
        enum verdict verdict;

        if (rule->check == NULL || (rule->bodies & body) == 0)
            continue;
        found.path[0] = found.text[0] = '\0'; /* clearing all would show */
        verdict = rule->check(in, &found);
        findings_judge(findings, rule->number, verdict);
        if (verdict == VERDICT_HOLDS)
            continue;
        if (verdict == VERDICT_BROKEN && rule->severity == SEVERITY_ERROR)
            return refuse(f, rule, &found);
        add_finding(findings, rule, &found);
    }
    return ERR_OK;
}

void rule_name(struct fault *f, enum rule_id number)
{
    const struct rule *rule = &rules[number];

    if (f->rule[0] != '\0')
        return;
    text_format(f->rule, sizeof(f->rule), "%s", rule->id);
    if (f->clause[0] == '\0')
        text_format(f->clause, sizeof(f->clause), "%s", rule->clause);
}

enum err rule_break(struct fault *f, enum rule_id number, const char *path,
                    const char *fmt, ...)
{
    struct found found = { "", "" };
    va_list args;

    text_format(found.path, sizeof(found.path), "%s", path);
    va_start(args, fmt);
    text_vformat(found.text, sizeof(found.text), fmt, args);
    va_end(args);
    return refuse(f, &rules[number], &found);
}

enum cmp_body_type rule_body(enum rule_step step, enum cmp_body_type request)
{
    static const struct {
        enum cmp_body_type request, answer;
    } answers[] = {
        { CMP_IR, CMP_IP },   { CMP_CR, CMP_CP }, { CMP_P10CR, CMP_CP },
        { CMP_KUR, CMP_KUP }, { CMP_RR, CMP_RP }, { CMP_CCR, CMP_CCP },
    };

    if (step == STEP_REQUEST || step == STEP_POP || step == STEP_JUDGE_REQUEST)
        for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++)
            if (answers[i].request == request)
                return answers[i].answer;
    return CMP_ERROR;
}

enum rule_step rule_step_of(const struct fault *f)
{
    const struct rule *rule = rule_find(f->rule);

    return rule == NULL ? STEP_READ : rule->step;
}
