/*
 * Step 4 for what a registration authority signed (RFC 9483, 5.2 and 5.3): is
 * its certificate that of one the profile hears, and what may that one do?
 */
#include "service/line.h"

#define MAX_LOOKS 8

/* What costs nothing to see: can this be its certificate? */
static bool may_be_of(const struct config_ra *ra, const struct ra_trust *known,
                      const struct x509_cert *cert)
{
    if (ra->needs_cmc_ra && !x509_has_eku(cert, OID_ID_KP_CMC_RA))
        return false;
    for (size_t i = 0; i < known->certificates.num; i++)
        if (span_is_equal(known->certificates.list[i], cert->der))
            return true;
    return known->certificates.num == 0;
}

static const struct ra_trust *trust_of(struct worker *w, const struct job *job,
                                       const struct config_ra *ra)
{
    return &job->epoch->ras[ra - w->line->authority->config->ras];
}

static enum err check_path(struct worker *w, struct job *job,
                           const struct config_ra *ra, struct path *out,
                           struct fault *why)
{
    const struct cmp_message *msg = &job->msg;

    return path_check(w->cx, trust_of(w, job, ra)->trust, job->facts.now,
                      job->signer.der, msg->extra_certs, msg->num_extra_certs,
                      job->arena, out, why);
}

static void take(struct job *job, const struct config_ra *ra)
{
    struct facts *facts = &job->facts;

    job->ra = ra;
    facts->signer_kind = SIGNER_RA;
    facts->ra_may_verify = (ra->may & CONFIG_RA_VERIFY) != 0;
    facts->ra_may_request = (ra->may & CONFIG_RA_REQUEST) != 0;
    facts->ra_may_revoke = (ra->may & CONFIG_RA_REVOKE) != 0;
    /* Its protection says that it approves (RFC 9483, 5.2.3). */
    facts->is_vouched = (ra->may & CONFIG_RA_APPROVE) != 0;
}

/* The path, too, decides who is let in (choose.c). */
static bool is_heard(const struct path_profile *p, const struct config_ra *ra)
{
    for (size_t i = 0; i < p->config->ras.num; i++)
        if (p->config->ras.items[i] == ra)
            return true;
    return false;
}

enum err verify_find_ra(struct worker *w, struct job *job, bool *found)
{
    const struct config_ras *ras = &job->profile->config->ras;

    *found = false;
    for (size_t i = 0; i < ras->num; i++) {
        const struct config_ra *ra = ras->items[i];
        struct fault why = { 0 };
        struct path path;
        enum err e;

        if (!is_heard(job->entry, ra) ||
            !may_be_of(ra, trust_of(w, job, ra), &job->signer))
            continue;
        e = check_path(w, job, ra, &path, &why);
        if (e == ERR_SIGNER_NOT_TRUSTED)
            continue;
        if (e != ERR_OK) {
            job->fault = why;
            return e;
        }
        TRY(verify_revocation(job, &path, ra->revocation, "RA", ra->name));
        take(job, ra);
        *found = true;
        return ERR_OK;
    }
    return ERR_OK;
}

/* No RA: one of their PKI without the purpose, or somebody unknown. That is
 * worth a few looks and no more: anybody can ask for them. */
static enum err refuse_signer(struct worker *w, struct job *job)
{
    const struct config_ras *ras = &job->profile->config->ras;
    struct fault why = { 0 };
    struct path path;

    for (size_t i = 0; i < ras->num && i < MAX_LOOKS; i++)
        if (check_path(w, job, ras->items[i], &path, &why) == ERR_OK)
            return rule_break(&job->fault, RULE_NESTED_BY_RA, "extraCerts",
                              "a certificate below the anchors of RA %s that "
                              "is not an RA's",
                              ras->items[i]->name);
    return rule_break(&job->fault, RULE_SIGNER_HAS_PATH, "extraCerts",
                      "no RA's: %s", why.text);
}

enum err verify_nested(struct worker *w, struct job *job)
{
    bool found;

    TRY(verify_signer(w, job));
    TRY(verify_find_ra(w, job, &found));
    if (!found)
        return refuse_signer(w, job);
    if ((job->ra->may & CONFIG_RA_NEST) == 0)
        return rule_break(&job->fault, RULE_RA_MAY_NEST, "body.nested",
                          "one from RA %s", job->ra->name);
    if (job->facts.quirk_sender_mismatch)
        return rule_break(&job->fault, RULE_SENDER_IS_SIGNER, "header.sender",
                          "another name");
    if (!x509_may(&job->signer, KU_DIGITAL_SIGNATURE))
        return rule_break(&job->fault, RULE_SIGNER_MAY_SIGN, "extraCerts",
                          "a keyUsage without it");
    return ERR_OK;
}

enum err verify_ra_verified(struct worker *w, struct job *job, struct ask *ask)
{
    (void)w;
    if (job->facts.signer_kind == SIGNER_RA && job->facts.ra_may_verify)
        return ERR_OK;
    return rule_break(
        &ask->fault, RULE_RA_VERIFIED_BY_RA, "popo", "raVerified, %s",
        job->ra == NULL ? "and no RA as signer" : "by an RA that may not");
}
