/*
 * Under which profile a message is served. The path decides who is let in and
 * how their messages are protected; a certProfile in the header may name
 * another profile, which then judges the message as well and says what is
 * issued (RFC 9810, 5.1.1.4). The later messages of a transaction stay with it.
 */
#include "profile/rules.h"
#include "service/line.h"

/* Its header rules, beside those of the path's that have been judged. */
static enum err enter(struct job *job, const struct path_profile *profile)
{
    struct judged in = { &job->msg, &profile->profile, NULL, NULL, NULL };

    if (profile == job->profile)
        return ERR_OK;
    job->profile = profile;
    return rules_check(STEP_HEADER, &in, &job->findings, &job->fault);
}

/* How many things the message asks for, each with a name of its own. */
static size_t count_asked(const struct pki_body *body)
{
    if (body->type == CMP_GENM)
        return body->general.num;
    return body->type == CMP_P10CR ? 1 : body->cert_req.num;
}

/* The one name among those of the requests; absent when there is none. */
static enum err read_name(struct job *job, const struct info_type_value *info,
                          struct span *out)
{
    struct text_list names = { 0 };
    struct der in = der_open(info->value, NULL);

    *out = SPAN_NONE;
    if (text_list_read(&in, job->arena, &names) != ERR_OK ||
        der_end(&in) != ERR_OK)
        return rule_break(&job->fault, RULE_CERT_PROFILE_FITS,
                          "header.generalInfo", "no CertProfileValue");
    if (names.num > count_asked(&job->msg.body))
        return rule_break(&job->fault, RULE_CERT_PROFILE_FITS,
                          "header.generalInfo", "%zu names for %zu requests",
                          names.num, count_asked(&job->msg.body));
    for (size_t i = 0; i < names.num; i++) {
        if (names.list[i].len == 0)
            continue;
        if (!span_is_absent(*out) && !span_is_equal(*out, names.list[i]))
            return rule_break(&job->fault, RULE_CERT_PROFILE_IS_KNOWN,
                              "header.generalInfo",
                              "two profiles in one message");
        *out = names.list[i];
    }
    return ERR_OK;
}

enum err choose_named(struct worker *w, struct job *job)
{
    const struct info_type_value *info =
        info_find(&job->msg.header.general_info, OID_ID_IT_CERT_PROFILE);
    const struct path_profile *profile;
    struct span name;

    if (info == NULL || job->flow->continues || job->msg.body.type == CMP_RR ||
        job->msg.body.type == CMP_NESTED)
        return ERR_OK;
    TRY(read_name(job, info, &name));
    if (span_is_absent(name))
        return ERR_OK;
    profile = authority_find_profile(w->line->authority, name);
    if (profile != NULL)
        return enter(job, profile);
    return rule_break(&job->fault, RULE_CERT_PROFILE_IS_KNOWN,
                      "header.generalInfo", "a name that no profile has");
}

enum err choose_recorded(struct worker *w, struct job *job)
{
    const struct path_profile *profile;

    if (job->transaction.id == 0)
        return ERR_OK;
    profile =
        authority_find_profile(w->line->authority, job->transaction.profile);
    return profile == NULL ? ERR_OK : enter(job, profile);
}
