#include "profile/rules.h"

/* Where more than one request was judged the worst counts. */
static int weight(enum verdict verdict)
{
    switch (verdict) {
    case VERDICT_HOLDS:
        break;
    case VERDICT_CANNOT_TELL:
        return 1;
    case VERDICT_BROKEN:
        return 2;
    }
    return 0;
}

bool findings_find(const struct findings *findings, enum rule_id number,
                   enum verdict *out)
{
    uint8_t code = findings->verdicts[number];

    if (code == 0)
        return false;
    *out = (enum verdict)(code - 1);
    return true;
}

void findings_judge(struct findings *findings, enum rule_id number,
                    enum verdict verdict)
{
    enum verdict before;

    if (!findings_find(findings, number, &before) ||
        weight(verdict) > weight(before))
        findings->verdicts[number] = (uint8_t)(1 + verdict);
}

void findings_refuse(struct findings *findings, const struct fault *f)
{
    const struct rule *rule = rule_find(f->rule);

    if (rule != NULL)
        findings_judge(findings, rule->number, VERDICT_BROKEN);
}

void findings_pass(struct findings *findings, enum rule_step step,
                   enum cmp_body_type body, uint32_t lacking)
{
    struct rule_range range = rules_of(step);

    for (size_t i = range.first; i < range.end; i++) {
        const struct rule *rule = rule_get((enum rule_id)i);

        if (rule->check == NULL && (rule->bodies & BODY_BIT(body)) != 0 &&
            (rule->needs & lacking) == 0)
            findings_judge(findings, rule->number, VERDICT_HOLDS);
    }
}
