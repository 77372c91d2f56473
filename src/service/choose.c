/*
 * Under which profile a message is served. The path decides who is let in and
 * how their messages are protected; a certProfile in the header may name
 * another profile, which then judges the message as well and says what is
 * issued (RFC 9810, 5.1.1.4). The later messages of a transaction stay with it.
 */
#include "profile/asked.h"
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

enum err choose_named(struct worker *w, struct job *job)
{
    const struct path_profile *profile;
    struct span name;

    if (job->flow->continues || job->msg.body.type == CMP_RR ||
        job->msg.body.type == CMP_NESTED)
        return ERR_OK;
    TRY(asked_profile(&job->msg, job->arena, &name, &job->fault));
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
