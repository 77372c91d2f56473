/*
 * Step 7: the names and the certificate. Of a template only the key reaches the
 * certificate, and the names where the vendor's entry lets them.
 */
#include "service/line.h"

static enum err choose_names(struct job *job)
{
    const struct cert_template *t =
        &job->msg.body.cert_req.list[0].cert_req.cert_template;
    const struct facts *facts = &job->facts;

    switch (job->decision.names) {
    case TXN_NAMES_OLD:
        return naming_from(job->old.subject, job->old.san, job->arena,
                           &job->names, &job->fault);
    case TXN_NAMES_SUGGESTED:
        return naming_from(t->subject, template_san(t), job->arena, &job->names,
                           &job->fault);
    case TXN_NAMES_PATTERN:
        break;
    }
    return naming_by_pattern(job->profile->config, facts->vendor, facts->serial,
                             job->arena, &job->names, &job->fault);
}

/*
 * Two serials may come to one name ("ab" and "AB" do). The commit tells, by
 * losing; only then is it worth asking.
 */
static enum err check_names_free(struct worker *w, struct job *job)
{
    bool is_taken;

    if (job->attempts == 0)
        return ERR_OK;
    TRY(find_names(w, job, &job->names, &is_taken));
    if (is_taken)
        return rule_break(&job->fault, RULE_NAME_IS_FREE, "extraCerts",
                          "a serial whose name another station has");
    return ERR_OK;
}

static enum err issue(struct worker *w, struct job *job)
{
    const struct path_profile *p = job->profile;
    const struct cert_template *t =
        &job->msg.body.cert_req.list[0].cert_req.cert_template;
    struct ca_request request = { .public_key = t->public_key };

    TRY(choose_names(job));
    TRY(check_names_free(w, job));
    TRY(naming_claims(&job->names, job->arena, &job->claims, &job->num_claims,
                      &job->fault));
    request.subject = job->names.subject;
    request.san = job->names.san;
    request.num_san = job->names.num_san;
    TRY(ca_issue(p->issuer->ca, p->shape, &request, job->facts.now,
                 job->received + w->line->request_deadline, w->cx, job->arena,
                 &job->certificate, &job->fault));
    job->outcome = OUTCOME_ISSUED;
    return ERR_OK;
}

enum err make_outcome(struct worker *w, struct job *job)
{
    switch (job->decision.action) {
    case TXN_ISSUE:
        return issue(w, job);
    case TXN_CONFIRM:
        job->outcome = OUTCOME_CONFIRMED;
        break;
    case TXN_REJECT:
        job->outcome = OUTCOME_REJECTED;
        break;
    }
    return ERR_OK;
}
