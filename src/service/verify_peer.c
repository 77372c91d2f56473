/*
 * Step 4 for a ccr: did a CA of peer_cas sign it? Its certificates are named
 * one by one; that they lead to its anchors, and are not revoked, is asked all
 * the same.
 */
#include "service/line.h"

static bool is_listed(const struct path_profile *p,
                      const struct config_peer_ca *peer)
{
    for (size_t i = 0; i < p->config->peer_cas.num; i++)
        if (p->config->peer_cas.items[i] == peer)
            return true;
    return false;
}

static bool is_named(const struct ra_trust *trust, struct span cert)
{
    for (size_t i = 0; i < trust->certificates.num; i++)
        if (span_is_equal(trust->certificates.list[i], cert))
            return true;
    return false;
}

/* Its number in the configuration; that of none: nobody the profile knows. The
 * path, too, decides who is let in (choose.c). */
static size_t find_number(struct worker *w, const struct job *job)
{
    const struct config *c = w->line->authority->config;
    size_t i = 0;

    while (i < c->num_peer_cas &&
           !(is_listed(job->entry, &c->peer_cas[i]) &&
             is_listed(job->profile, &c->peer_cas[i]) &&
             is_named(&job->epoch->peers[i], job->signer.der)))
        i++;
    return i;
}

static enum err check_path(struct worker *w, struct job *job, size_t number)
{
    const struct config_peer_ca *peer =
        &w->line->authority->config->peer_cas[number];
    const struct cmp_message *msg = &job->msg;
    struct fault why = { 0 };
    struct path path;
    enum err e = path_check(w->cx, job->epoch->peers[number].trust,
                            job->facts.now, job->signer.der, msg->extra_certs,
                            msg->num_extra_certs, job->arena, &path, &why);

    if (e == ERR_SIGNER_NOT_TRUSTED)
        return rule_break(&job->fault, RULE_SIGNER_HAS_PATH, "extraCerts", "%s",
                          why.text);
    if (e != ERR_OK) {
        job->fault = why;
        return e;
    }
    return verify_revocation(job, &path, peer->revocation, "the CA",
                             peer->name);
}

enum err verify_peer(struct worker *w, struct job *job)
{
    const struct authority *au = w->line->authority;
    size_t number = find_number(w, job);

    if (number == au->config->num_peer_cas)
        return rule_break(&job->fault, RULE_CCR_BY_PEER, "extraCerts",
                          "a certificate of no CA that this path certifies");
    TRY(check_path(w, job, number));
    job->peer_ca = &au->peers[number];
    job->facts.signer_kind = SIGNER_PEER_CA;
    job->facts.serial = span_str(job->peer_ca->config->name);
    return verify_find_vendor(w, job, SPAN_LIT(VENDOR_OF_PEERS));
}
