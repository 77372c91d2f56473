#include "txn/client_rules.h"

#include <stdio.h>

#include "base/text.h"
#include "txn/internal.h"

/* --- header --- */

static bool check_pvno(const struct client_judged *in,
                       struct client_found *found)
{
    int64_t pvno = in->reply->header.pvno;

    return pvno == (in->client->is_v3 ? 3 : 2) ||
           broken(found, "pvno %lld", (long long)pvno);
}

static bool check_transaction(const struct client_judged *in,
                              struct client_found *found)
{
    struct span own = SPAN_OF(in->client->transaction_id);

    return span_is_equal(in->reply->header.transaction_id, own) ||
           broken(found, "another transactionID");
}

static bool check_recip_nonce(const struct client_judged *in,
                              struct client_found *found)
{
    struct span own = SPAN_OF(in->client->nonce);
    struct span first = SPAN_OF(in->client->first_nonce);
    struct span got = in->reply->header.recip_nonce;

    /* What ends the waiting answers the message that was polled for. */
    if (in->client->poll == CLIENT_POLL_SENT &&
        in->reply->body.type != CMP_POLL_REP && span_is_equal(got, first))
        return true;
    return span_is_equal(got, own) ||
           broken(found, "recipNonce is not the senderNonce sent");
}

static bool check_sender_nonce(const struct client_judged *in,
                               struct client_found *found)
{
    size_t len = in->reply->header.sender_nonce.len;

    return len >= CLIENT_ID_LEN ||
           broken(found, "senderNonce of %zu octets", len);
}

static bool check_protected(const struct client_judged *in,
                            struct client_found *found)
{
    if (span_is_absent(in->reply->header.protection_alg.oid) ||
        span_is_absent(in->reply->protection.bytes))
        return broken(found, "unprotected %s",
                      cmp_body_name(in->reply->body.type));
    return true;
}

static bool check_alg(const struct client_judged *in,
                      struct client_found *found)
{
    const struct alg_id *alg = &in->reply->header.protection_alg;
    char oid[64];

    if (sig_alg_find(alg) != SIG_UNKNOWN)
        return true;
    oid_format(alg->oid, oid, sizeof(oid));
    return broken(found, "protectionAlg %s", oid);
}

/* --- signer --- */

static bool check_signer_known(const struct client_judged *in,
                               struct client_found *found)
{
    return in->facts->signer != NULL ||
           broken(found, "no certificate fits sender and senderKID");
}

static bool check_signature(const struct client_judged *in,
                            struct client_found *found)
{
    return in->facts->signature_holds ||
           broken(found, "the signature does not verify");
}

static bool check_signer_path(const struct client_judged *in,
                              struct client_found *found)
{
    const char *why = in->facts->path_text;

    return in->facts->signer_is_trusted ||
           broken(found, "signer: %s", why == NULL ? "no path" : why);
}

static bool check_signer_usage(const struct client_judged *in,
                               struct client_found *found)
{
    return x509_may(in->facts->signer, KU_DIGITAL_SIGNATURE) ||
           broken(found, "the signer's keyUsage has no digitalSignature");
}

static bool check_sender(const struct client_judged *in,
                         struct client_found *found)
{
    const struct pki_header *h = &in->reply->header;
    const struct x509_cert *signer = in->facts->signer;

    if (h->sender.type != GN_DIRECTORY ||
        !name_is_equal(h->sender.value, signer->subject))
        return broken(found, "sender is not the signer's subject");
    if (!span_is_absent(h->sender_kid) && !span_is_absent(signer->ski) &&
        !span_is_equal(h->sender_kid, signer->ski))
        return broken(found, "senderKID is not the signer's key identifier");
    return true;
}

/* True when the signer's own certificate lets it issue certificates. */
static bool is_issuer(const struct x509_cert *signer)
{
    return signer->is_ca && x509_may(signer, KU_KEY_CERT_SIGN);
}

/*
 * A path to the operator root is not enough, since every base station has one.
 * An answer that brings no certificate may come from any CA below that root: it
 * could make itself a cmcRA.
 */
static bool check_entitled(const struct client_judged *in,
                           struct client_found *found)
{
    const struct x509_cert *signer = in->facts->signer;
    bool is_bare = true;

    if (in->facts->signer_is_named || x509_has_eku(signer, OID_ID_KP_CMC_RA) ||
        x509_has_eku(signer, OID_ID_KP_CMC_CA))
        return true;
    for (size_t i = 0; i <= in->client->num_also; i++) {
        const struct client_cert_facts *c = &in->facts->certs[i];

        if (c->cert == NULL)
            continue;
        is_bare = false;
        if (!span_is_equal(c->issuer, signer->der))
            return broken(found, "the signer did not issue the certificate, "
                                 "holds neither cmcRA nor cmcCA and is not "
                                 "named in the settings");
    }
    return !is_bare || is_issuer(signer) ||
           broken(found, "the signer is no CA, holds neither cmcRA nor cmcCA "
                         "and is not named in the settings");
}

static bool check_same_signer(const struct client_judged *in,
                              struct client_found *found)
{
    if (in->client->state != CLIENT_CONFIRM_SENT &&
        in->client->poll == CLIENT_POLL_NONE && !in->client->has_answered)
        return true;
    return memcmp(in->client->signer, in->facts->signer_id,
                  CLIENT_CERT_ID_LEN) == 0 ||
           broken(found, "another credential than the first answer's");
}

/* --- answer --- */

static enum cmp_body_type answer_to(enum cmp_body_type request)
{
    static const enum cmp_body_type answers[CMP_BODY_NUM] = {
        [CMP_IR] = CMP_IP,   [CMP_CR] = CMP_CP, [CMP_P10CR] = CMP_CP,
        [CMP_KUR] = CMP_KUP, [CMP_RR] = CMP_RP, [CMP_GENM] = CMP_GENP,
    };

    return answers[request];
}

static bool check_body(const struct client_judged *in,
                       struct client_found *found)
{
    enum cmp_body_type type = in->reply->body.type;
    enum cmp_body_type wanted = CMP_PKICONF;

    if (in->client->state == CLIENT_REQUEST_SENT)
        wanted = answer_to(in->client->request);
    if (type == CMP_POLL_REP && in->client->poll == CLIENT_POLL_SENT)
        return true;
    if (type == CMP_POPDECC && client_may_be_challenged(in->client))
        return true;
    return type == wanted || type == CMP_ERROR ||
           broken(found, "body %s", cmp_body_name(type));
}

static bool check_error_status(const struct client_judged *in,
                               struct client_found *found)
{
    const struct pki_status_info *s = &in->reply->body.error.status;

    return in->reply->body.type != CMP_ERROR || s->status == STATUS_REJECTION ||
           (s->status == STATUS_WAITING && !s->has_fail_info) ||
           broken(found, "an error of status %lld%s", (long long)s->status,
                  s->has_fail_info ? " with failInfo" : "");
}

/* --- revocation --- */

static bool check_one_rev_status(const struct client_judged *in,
                                 struct client_found *found)
{
    return in->reply->body.type != CMP_RP ||
           in->reply->body.rev_rep.num_statuses == 1 ||
           broken(found, "%zu of them", in->reply->body.rev_rep.num_statuses);
}

static bool check_rev_status(const struct client_judged *in,
                             struct client_found *found)
{
    const struct pki_status_info *s = in->reply->body.rev_rep.statuses;

    if (in->reply->body.type != CMP_RP || s->status == STATUS_REJECTION)
        return true;
    if (s->has_fail_info)
        return broken(found, "status %lld with failInfo", (long long)s->status);
    return s->status == STATUS_ACCEPTED ||
           s->status == STATUS_GRANTED_WITH_MODS ||
           s->status == STATUS_WAITING ||
           broken(found, "status %lld", (long long)s->status);
}

static bool check_rev_certs(const struct client_judged *in,
                            struct client_found *found)
{
    const struct rev_rep *rp = &in->reply->body.rev_rep;
    const struct x509_cert *old = in->facts->old;

    if (in->reply->body.type != CMP_RP || rp->num_rev_certs == 0)
        return true;
    return (old != NULL && rp->num_rev_certs == 1 &&
            rp->rev_certs[0].issuer.type == GN_DIRECTORY &&
            name_is_equal(rp->rev_certs[0].issuer.value, old->issuer) &&
            span_is_equal(rp->rev_certs[0].serial, old->serial)) ||
           broken(found, "another certificate is named");
}

/* --- waiting --- */

static bool check_poll_rep(const struct client_judged *in,
                           struct client_found *found)
{
    const struct poll_rep *rep = &in->reply->body.poll_rep;
    const struct client *c = in->client;
    uint32_t asked = 0;

    if (in->reply->body.type != CMP_POLL_REP)
        return true;
    if (rep->num != 1 && (c->num_also == 0 || c->poll_id < 0))
        return broken(found, "%zu entries", rep->num);
    for (size_t i = 0; i < rep->num; i++) {
        int64_t id = rep->list[i].cert_req_id;
        size_t at = client_asked_at(c, id);

        if (rep->list[i].check_after < 0)
            return broken(found, "checkAfter %lld",
                          (long long)rep->list[i].check_after);
        if (c->num_also == 0 || c->poll_id < 0) {
            if (id != c->poll_id)
                return broken(found, "certReqId %lld", (long long)id);
            continue;
        }
        if (at == CLIENT_MAX_ASKED || (c->open & (1u << at)) == 0 ||
            (asked & (1u << at)) != 0)
            return broken(found, "certReqId %lld", (long long)id);
        asked |= 1u << at;
    }
    return rep->num > 0 || broken(found, "no entry");
}

static bool is_waiting(const struct client_judged *in)
{
    const struct pki_body *body = &in->reply->body;

    if (client_is_answer(body->type))
        return client_has_waiting(in->reply);
    return body->type == CMP_POLL_REP ||
           (body->type == CMP_RP &&
            body->rev_rep.statuses[0].status == STATUS_WAITING) ||
           (body->type == CMP_ERROR &&
            body->error.status.status == STATUS_WAITING);
}

static bool check_patience(const struct client_judged *in,
                           struct client_found *found)
{
    const struct client *c = in->client;

    return c->poll == CLIENT_POLL_NONE || !is_waiting(in) ||
           in->now - c->poll_since < CLIENT_POLL_TOTAL ||
           broken(found, "waiting for more than %lld days",
                  (long long)(CLIENT_POLL_TOTAL / 86400));
}

static bool (*const checks[RULE_NUM])(const struct client_judged *in,
                                      struct client_found *found) = {
    [RULE_REPLY_PVNO] = check_pvno,
    [RULE_REPLY_TRANSACTION_ID] = check_transaction,
    [RULE_REPLY_RECIP_NONCE] = check_recip_nonce,
    [RULE_REPLY_SENDER_NONCE] = check_sender_nonce,
    [RULE_REPLY_PROTECTED] = check_protected,
    [RULE_REPLY_PROTECTION_KIND] = client_check_kind,
    [RULE_REPLY_PROTECTION_ALG] = check_alg,
    [RULE_REPLY_SIGNER_KNOWN] = check_signer_known,
    [RULE_REPLY_SIGNATURE] = check_signature,
    [RULE_REPLY_SIGNER_PATH] = check_signer_path,
    [RULE_REPLY_SIGNER_USAGE] = check_signer_usage,
    [RULE_REPLY_SENDER] = check_sender,
    [RULE_REPLY_SIGNER_ENTITLED] = check_entitled,
    [RULE_REPLY_SAME_SIGNER] = check_same_signer,
    [RULE_REPLY_MAC_ALG] = client_check_mac_alg,
    [RULE_REPLY_REFERENCE] = client_check_reference,
    [RULE_REPLY_MAC] = client_check_mac,
    [RULE_REPLY_BODY] = check_body,
    [RULE_REPLY_ONE_RESPONSE] = client_check_one_response,
    [RULE_REPLY_CERT_REQ_ID] = client_check_cert_req_id,
    [RULE_REPLY_WAITS_WHOLE] = client_check_waits_whole,
    [RULE_REPLY_CHALLENGE_OPENS] = client_check_challenge,
    [RULE_REPLY_ERROR_STATUS] = check_error_status,
    [RULE_REPLY_ONE_REV_STATUS] = check_one_rev_status,
    [RULE_REPLY_REV_STATUS] = check_rev_status,
    [RULE_REPLY_REV_CERTS] = check_rev_certs,
    [RULE_REPLY_POLL_REP] = check_poll_rep,
    [RULE_REPLY_WAIT_ENDS] = check_patience,
    [RULE_REPLY_STATUS] = client_check_status,
    [RULE_REPLY_STATUS_FITS] = client_check_status_fits,
    [RULE_REPLY_IN_CLEAR] = client_check_in_clear,
    [RULE_REPLY_CERT_READABLE] = client_check_readable,
    [RULE_CERT_MADE_KEY] = client_check_made_key,
    [RULE_CERT_KEY] = client_check_key,
    [RULE_CERT_DATES] = client_check_dates,
    [RULE_CERT_PATH] = client_check_path,
    [RULE_CERT_KEY_USAGE] = client_check_usage,
    [RULE_CERT_NOT_CA] = client_check_not_ca,
    [RULE_CERT_SUBJECT] = client_check_subject,
    [RULE_CERT_SAN] = client_check_san,
};

const struct rule *client_break(const struct rule *rule, const char *found,
                                struct fault *f)
{
    fault_clause(f, rule->err, rule->clause, "%s; asked: %s; try: %s", found,
                 rule->asked, rule->cure);
    if (f != NULL)
        snprintf(f->rule, sizeof(f->rule), "%s", rule->id);
    return rule;
}

bool client_rule_holds(enum rule_id rule, const struct client_judged *in,
                       struct client_found *found)
{
    return checks[rule](in, found);
}

const struct rule *client_rules_check(enum rule_step step,
                                      const struct client_judged *in,
                                      struct fault *f)
{
    struct rule_range range = rules_of(step);

    for (size_t i = range.first; i < range.end; i++) {
        const struct rule *rule = rule_get((enum rule_id)i);
        struct client_found found = { "" };

        if (!checks[i](in, &found))
            return client_break(rule, found.text, f);
    }
    return NULL;
}
