#include "profile/rules.h"

#include "base/text.h"
#include "profile/internal.h"

#define RULE_ROW(name, id, clause, err, step, sev, bodies, check, ask, cure)  \
    [RULE_##name] = { RULE_##name,    id,     clause, ERR_##err, STEP_##step, \
                      SEVERITY_##sev, bodies, check,  ask,       cure },
static const struct rule rules[] = { RULES(RULE_ROW) };
#undef RULE_ROW

const struct rule *rule_get(enum rule_id number)
{
    return &rules[number];
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
    if (f != NULL)
        text_format(f->rule, sizeof(f->rule), "%s", rule->id);
    return rule->err;
}

enum err rules_check(enum rule_step step, const struct judged *in,
                     struct findings *findings, struct fault *f)
{
    uint32_t body = BODY_BIT(in->msg->body.type);

    for (size_t i = 0; i < RULE_NUM; i++) {
        const struct rule *rule = &rules[i];
        struct found found;
        enum verdict verdict;

        if (rule->step != step || rule->check == NULL ||
            (rule->bodies & body) == 0)
            continue;
        found.path[0] = found.text[0] = '\0'; /* clearing all would show */
        verdict = rule->check(in, &found);
        if (verdict == VERDICT_HOLDS)
            continue;
        if (verdict == VERDICT_BROKEN && rule->severity == SEVERITY_ERROR)
            return refuse(f, rule, &found);
        add_finding(findings, rule, &found);
    }
    return ERR_OK;
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
    for (size_t i = 0; i < RULE_NUM; i++)
        if (strcmp(rules[i].id, f->rule) == 0)
            return rules[i].step;
    return STEP_READ;
}
