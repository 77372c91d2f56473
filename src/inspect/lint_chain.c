/*
 * Rules of whole exchanges: the chains an answer brings, and the roots.
 */
#include "base/text.h"
#include "inspect/internal.h"

static bool has_root(const struct message_certs *certs)
{
    for (size_t i = 0; i < certs->num_extra; i++)
        if (cert_is_own_issuer(&certs->list[i]))
            return true;
    return false;
}

/*
 * The chain of `leaf` as it was sent. RFC 9483, 3.3, lets the root be left
 * out: then nobody can tell whether what is not there is the root alone.
 */
static enum verdict check_chain(const struct linted *in, const char *path,
                                const struct x509_cert *leaf,
                                struct found *found)
{
    const struct x509_cert *top = message_certs_top(&in->certs, leaf);
    const char *issuer;

    if (cert_is_own_issuer(top))
        return VERDICT_HOLDS;
    if (!has_root(&in->certs))
        return VERDICT_CANNOT_TELL;
    issuer = name_format(top->issuer, in->arena);
    return lint_broken(found, path, "%s is not sent",
                       issuer == NULL ? "its issuer" : issuer);
}

static enum verdict check_signer_chain(const struct linted *in,
                                       struct found *found)
{
    if (in->protection.kind != PROTECTION_SIGNATURE)
        return VERDICT_HOLDS;
    if (in->protection.from == SIGNER_NOT_FOUND)
        return VERDICT_CANNOT_TELL;
    return check_chain(in, "extraCerts", &in->protection.signer, found);
}

static enum verdict check_new_chain(const struct linted *in,
                                    struct found *found)
{
    enum verdict verdict = VERDICT_HOLDS;
    char path[64];

    for (size_t i = 0; i < in->certs.num_fresh; i++) {
        if (span_is_absent(in->certs.fresh[i].der))
            continue;
        text_format(path, sizeof(path), "body.response[%zu].certificate", i);
        verdict = check_chain(in, path, &in->certs.fresh[i], found);
        if (verdict != VERDICT_HOLDS)
            break;
    }
    return verdict;
}

/* RFC 9483, 3.3, would have roots left out: this is TS 33.310's. */
static enum verdict check_root(const struct linted *in, struct found *found)
{
    return in->profile->type == PROFILE_3GPP_BS &&
                   message_certs_has_fresh(&in->certs) && !has_root(&in->certs)
               ? lint_broken(found, "extraCerts", "no root certificate")
               : VERDICT_HOLDS;
}

/* Is it the end of the signer's chain, or of a new certificate's? */
static bool is_needed(const struct linted *in, const struct x509_cert *root)
{
    if (in->protection.from != SIGNER_NOT_FOUND &&
        message_certs_top(&in->certs, &in->protection.signer) == root)
        return true;
    for (size_t i = 0; i < in->certs.num_fresh; i++)
        if (!span_is_absent(in->certs.fresh[i].der) &&
            message_certs_top(&in->certs, &in->certs.fresh[i]) == root)
            return true;
    return false;
}

static enum verdict check_more_roots(const struct linted *in,
                                     struct found *found)
{
    char path[32];

    if (!message_certs_has_fresh(&in->certs))
        return VERDICT_HOLDS;
    for (size_t i = 0; i < in->certs.num_extra; i++) {
        const struct x509_cert *c = &in->certs.list[i];

        if (!cert_is_own_issuer(c) || is_needed(in, c))
            continue;
        if (in->seen->http == NULL)
            return VERDICT_CANNOT_TELL;
        text_format(path, sizeof(path), "extraCerts");
        return lint_broken(found, path, "a further root, over plain HTTP");
    }
    return VERDICT_HOLDS;
}

static enum verdict check_ca_pubs_place(const struct linted *in,
                                        struct found *found)
{
    if (!in->msg->body.cert_rep.has_ca_pubs)
        return VERDICT_HOLDS;
    if (in->before.first == NULL)
        return VERDICT_CANNOT_TELL;
    return (in->profile->ca_pubs_bodies &
            BODY_BIT(in->before.first->body.type)) != 0
               ? VERDICT_HOLDS
               : lint_broken(found, "body.caPubs", "there, in a %s",
                             cmp_body_name(in->msg->body.type));
}

static enum verdict check_ca_pubs_with_cert(const struct linted *in,
                                            struct found *found)
{
    const struct cert_rep_message *rep = &in->msg->body.cert_rep;

    if (!rep->has_ca_pubs)
        return VERDICT_HOLDS;
    for (size_t i = 0; i < rep->num_responses; i++)
        if (rep->responses[i].has_key_pair)
            return VERDICT_HOLDS;
    return lint_broken(found, "body.caPubs", "there, without a certificate");
}

static enum verdict check_ca_pubs_roots(const struct linted *in,
                                        struct found *found)
{
    for (size_t i = in->certs.num_extra; i < in->certs.num; i++) {
        const char *subject;

        if (cert_is_own_issuer(&in->certs.list[i]))
            continue;
        subject = name_format(in->certs.list[i].subject, in->arena);
        return lint_broken(found, "body.caPubs", "%s is issued by another",
                           subject == NULL ? "one" : subject);
    }
    return VERDICT_HOLDS;
}

const struct lint_row lint_chain_rows[] = {
    { RULE_SIGNER_CHAIN_IS_SENT, check_signer_chain },
    { RULE_NEW_CHAIN_IS_SENT, check_new_chain },
    { RULE_IP_HOLDS_ROOT, check_root },
    { RULE_KUP_HOLDS_ROOT, check_root },
    { RULE_MORE_ROOTS_NEED_TLS, check_more_roots },
    { RULE_CA_PUBS_STAND_RIGHT, check_ca_pubs_place },
    { RULE_CA_PUBS_COME_WITH_CERT, check_ca_pubs_with_cert },
    { RULE_CA_PUBS_ARE_ROOTS, check_ca_pubs_roots },
    { RULE_NUM, NULL },
};
