/*
 * A station's rules over what is sent to it. What a station knows of itself is
 * read off its messages; what they do not tell, its settings above all, is not
 * judged.
 */
#include "base/text.h"
#include "inspect/observed.h"

/* --- what has to be known --- */

typedef bool is_known(const struct observed *o);

static bool is_asked(const struct observed *o)
{
    return o->is_ours;
}

static bool is_request_known(const struct observed *o)
{
    return o->request != NULL;
}

static bool is_signer_known(const struct observed *o)
{
    return o->facts.signer != NULL;
}

static bool is_signature_known(const struct observed *o)
{
    return o->facts.signer != NULL &&
           o->in->protection.verifies != VERDICT_CANNOT_TELL;
}

static bool is_secret_known(const struct observed *o)
{
    return o->in->protection.verifies != VERDICT_CANNOT_TELL;
}

static bool is_path_known(const struct observed *o)
{
    return o->facts.signer != NULL &&
           o->in->protection.path != VERDICT_CANNOT_TELL;
}

static bool is_mac_known(const struct observed *o)
{
    return o->has_macs;
}

static bool is_one_revocation(const struct observed *o)
{
    return o->is_ours && o->num_asked == 1;
}

static bool is_key_known(const struct observed *o)
{
    return o->turned != NULL && o->client.proof != CLIENT_PROOF_NONE &&
           !span_is_absent(o->judged.cert->public_key);
}

/* Which usage others than signatures ask for is the requester's choice. */
static bool is_usage_known(const struct observed *o)
{
    return o->turned != NULL && o->client.proof == CLIENT_PROOF_SIGNATURE;
}

static bool is_cert_path_known(const struct observed *o)
{
    return o->path != VERDICT_CANNOT_TELL;
}

/* It may have been asked for later. */
static bool is_for_now(const struct observed *o)
{
    return o->turned == NULL ||
           !o->turned->cert_req.cert_template.has_not_before;
}

static bool is_always(const struct observed *o)
{
    (void)o;
    return true;
}

/* A station's own doing, or in its settings. */
static bool is_never(const struct observed *o)
{
    (void)o;
    return false;
}

/* --- rules that more is known about than a station does --- */

typedef enum verdict own_check(const struct observed *o, struct found *found);

static enum verdict check_pvno(const struct observed *o, struct found *found)
{
    int64_t pvno = o->in->msg->header.pvno;

    if (o->request == NULL)
        return VERDICT_CANNOT_TELL;
    if (pvno == o->request->header.pvno ||
        (o->first != NULL && pvno == o->first->header.pvno))
        return VERDICT_HOLDS;
    /* What it was asked in may be none that it has (RFC 9810, 7). */
    return o->in->msg->body.type == CMP_ERROR
               ? VERDICT_CANNOT_TELL
               : lint_broken(found, "header.pvno", "%lld, not %lld",
                             (long long)pvno,
                             (long long)o->request->header.pvno);
}

static enum verdict check_transaction_id(const struct observed *o,
                                         struct found *found)
{
    if (span_is_absent(o->asked_id))
        return VERDICT_CANNOT_TELL;
    return span_is_equal(o->asked_id, o->in->msg->header.transaction_id)
               ? VERDICT_HOLDS
               : lint_broken(found, "header.transactionID",
                             "not that of the request it answers");
}

/* What ends the waiting answers the message that was polled for. */
static enum verdict check_recip_nonce(const struct observed *o,
                                      struct found *found)
{
    struct span got = o->in->msg->header.recip_nonce;

    if (o->request == NULL)
        return VERDICT_CANNOT_TELL;
    if (span_is_equal(got, o->request->header.sender_nonce))
        return VERDICT_HOLDS;
    if (o->client.poll == CLIENT_POLL_SENT &&
        o->in->msg->body.type != CMP_POLL_REP) {
        if (o->first == NULL || o->client.state == CLIENT_CONFIRM_SENT)
            return VERDICT_CANNOT_TELL;
        if (span_is_equal(got, o->first->header.sender_nonce))
            return VERDICT_HOLDS;
    }
    return lint_broken(found, "header.recipNonce",
                       "not the senderNonce of the request it answers");
}

static enum verdict check_protection_alg(const struct observed *o,
                                         struct found *found)
{
    enum sig_alg alg = sig_alg_find_any(&o->in->msg->header.protection_alg);
    char oid[64];

    if (alg != SIG_UNKNOWN && (o->in->profile->sig_algs & (1u << alg)) != 0)
        return VERDICT_HOLDS;
    oid_format(o->in->msg->header.protection_alg.oid, oid, sizeof(oid));
    return lint_broken(found, "header.protectionAlg", "%s",
                       alg == SIG_UNKNOWN ? oid : sig_alg_info(alg)->name);
}

/* Later answers may leave it to the first (RFC 9483, 3.3). */
static enum verdict check_signer_known(const struct observed *o,
                                       struct found *found)
{
    static const uint32_t later =
        BODY_BIT(CMP_PKICONF) | BODY_BIT(CMP_POLL_REP) | BODY_BIT(CMP_ERROR);

    if (o->facts.signer != NULL)
        return VERDICT_HOLDS;
    if ((later & BODY_BIT(o->in->msg->body.type)) != 0 &&
        (o->in->exchange == NULL || o->in->exchange->answerer == NULL))
        return VERDICT_CANNOT_TELL;
    return lint_broken(found, "extraCerts",
                       "no certificate fits sender and senderKID");
}

static enum verdict check_same_signer(const struct observed *o,
                                      struct found *found)
{
    const struct exchange *x = o->in->exchange;

    if (x == NULL || x->answer == NULL)
        return VERDICT_HOLDS;
    if (x->answerer == NULL || o->facts.signer == NULL)
        return VERDICT_CANNOT_TELL;
    return span_is_equal(o->facts.signer->der,
                         span_of(x->answerer->bytes, x->answerer->len))
               ? VERDICT_HOLDS
               : lint_broken(found, "protection",
                             "by another credential than the first answer's");
}

/* Only the settings say whether somebody else may answer. */
static enum verdict check_entitled(const struct observed *o,
                                   struct found *found)
{
    const struct x509_cert *signer = o->facts.signer;

    (void)found;
    if (signer == NULL)
        return VERDICT_CANNOT_TELL;
    return x509_has_eku(signer, OID_ID_KP_CMC_RA) ||
                   x509_has_eku(signer, OID_ID_KP_CMC_CA)
               ? VERDICT_HOLDS
               : VERDICT_CANNOT_TELL;
}

/* Two of one number: the request's own fault. */
static bool is_ambiguous(const struct observed *o)
{
    for (size_t i = 0; i < o->num_asked; i++)
        if (o->asked[i].req != NULL &&
            observed_asked_at(o, o->asked[i].req->cert_req.cert_req_id) != i)
            return true;
    return false;
}

/* A station of ours numbers them from 0, others as they like. */
static enum verdict check_cert_req_id(const struct observed *o,
                                      struct found *found)
{
    const struct cert_rep_message *rep = &o->in->msg->body.cert_rep;
    uint32_t seen = 0;

    if (!o->is_ours || is_ambiguous(o))
        return VERDICT_CANNOT_TELL;
    for (size_t i = 0; i < rep->num_responses; i++) {
        int64_t id = rep->responses[i].cert_req_id;
        size_t at = observed_asked_at(o, id);

        if (at == CLIENT_MAX_ASKED || (seen & (1u << at)) != 0)
            return lint_broken(
                found, "body.response.certReqId", "%lld%s", (long long)id,
                at == CLIENT_MAX_ASKED ? ", which was not asked for"
                                       : ", twice");
        seen |= 1u << at;
    }
    return VERDICT_HOLDS;
}

static bool is_polled(const struct observed *o, int64_t id)
{
    const struct poll_req *req = &o->request->body.poll_req;

    for (size_t i = 0; i < req->num; i++)
        if (req->list[i] == id || req->list[i] == -1)
            return true;
    return false;
}

static enum verdict check_poll_rep(const struct observed *o,
                                   struct found *found)
{
    const struct poll_rep *rep = &o->in->msg->body.poll_rep;

    if (o->request == NULL || o->request->body.type != CMP_POLL_REQ)
        return VERDICT_CANNOT_TELL;
    for (size_t i = 0; i < rep->num; i++) {
        if (rep->list[i].check_after < 0)
            return lint_broken(found, "body.pollRep.checkAfter", "%lld",
                               (long long)rep->list[i].check_after);
        if (!is_polled(o, rep->list[i].cert_req_id))
            return lint_broken(found, "body.pollRep.certReqId", "%lld",
                               (long long)rep->list[i].cert_req_id);
    }
    return rep->num > 0 ? VERDICT_HOLDS
                        : lint_broken(found, "body.pollRep", "no entry");
}

static enum verdict check_readable(const struct observed *o,
                                   struct found *found)
{
    const struct cert_response *r = o->judged.response;

    if (!r->has_key_pair)
        return VERDICT_HOLDS;
    if (span_is_absent(r->certificate))
        return VERDICT_CANNOT_TELL;
    return o->judged.cert->cert != NULL
               ? VERDICT_HOLDS
               : lint_broken(found, "body.response.certificate",
                             "no certificate that can be read");
}

static const struct row {
    enum rule_id rule;
    const char *path;
    is_known *known;  /* for the station's predicate */
    own_check *check; /* in its place */
} rows[] = {
    { RULE_REPLY_PVNO, "header.pvno", NULL, check_pvno },
    { RULE_REPLY_TRANSACTION_ID, "header.transactionID", NULL,
      check_transaction_id },
    { RULE_REPLY_RECIP_NONCE, "header.recipNonce", NULL, check_recip_nonce },
    { RULE_REPLY_SENDER_NONCE, "header.senderNonce", is_always, NULL },
    { RULE_REPLY_PROTECTED, "protection", is_always, NULL },
    { RULE_REPLY_PROTECTION_KIND, "header.protectionAlg", is_request_known,
      NULL },
    { RULE_REPLY_PROTECTION_ALG, "header.protectionAlg", NULL,
      check_protection_alg },
    { RULE_REPLY_SIGNER_KNOWN, "extraCerts", NULL, check_signer_known },
    { RULE_REPLY_SIGNATURE, "protection", is_signature_known, NULL },
    { RULE_REPLY_SIGNER_PATH, "extraCerts", is_path_known, NULL },
    { RULE_REPLY_SIGNER_USAGE, "extraCerts", is_signer_known, NULL },
    { RULE_REPLY_SENDER, "header.sender", is_signer_known, NULL },
    { RULE_REPLY_SIGNER_ENTITLED, "extraCerts", NULL, check_entitled },
    { RULE_REPLY_SAME_SIGNER, "protection", NULL, check_same_signer },
    { RULE_REPLY_MAC_ALG, "header.protectionAlg", is_mac_known, NULL },
    { RULE_REPLY_REFERENCE, "header.senderKID", is_request_known, NULL },
    { RULE_REPLY_MAC, "protection", is_secret_known, NULL },
    { RULE_REPLY_BODY, "body", is_asked, NULL },
    { RULE_REPLY_ONE_RESPONSE, "body.response", is_asked, NULL },
    { RULE_REPLY_CERT_REQ_ID, "body.response.certReqId", NULL,
      check_cert_req_id },
    /* RFC 9810, 5.3.22 allows it: our station alone does not. */
    { RULE_REPLY_WAITS_WHOLE, "body.response.status", is_never, NULL },
    { RULE_REPLY_CHALLENGE_OPENS, "body.popdecc", is_never, NULL },
    { RULE_REPLY_ERROR_STATUS, "body.error.pKIStatusInfo", is_always, NULL },
    { RULE_REPLY_ONE_REV_STATUS, "body.rp.status", is_one_revocation, NULL },
    { RULE_REPLY_REV_STATUS, "body.rp.status", is_always, NULL },
    { RULE_REPLY_REV_CERTS, "body.rp.revCerts", is_one_revocation, NULL },
    { RULE_REPLY_POLL_REP, "body.pollRep", NULL, check_poll_rep },
    { RULE_REPLY_WAIT_ENDS, "body", is_never, NULL },
    { RULE_REPLY_STATUS, "body.response.status", is_always, NULL },
    { RULE_REPLY_STATUS_FITS, "body.response.status", is_always, NULL },
    { RULE_REPLY_IN_CLEAR, "body.response.certifiedKeyPair", is_asked, NULL },
    { RULE_REPLY_CERT_READABLE, "body.response.certificate", NULL,
      check_readable },
    { RULE_CERT_MADE_KEY, "body.response.privateKey", is_never, NULL },
    { RULE_CERT_KEY, "body.response.certificate.subjectPublicKeyInfo",
      is_key_known, NULL },
    { RULE_CERT_DATES, "body.response.certificate.validity", is_for_now, NULL },
    { RULE_CERT_PATH, "body.response.certificate", is_cert_path_known, NULL },
    { RULE_CERT_KEY_USAGE, "body.response.certificate.keyUsage", is_usage_known,
      NULL },
    { RULE_CERT_NOT_CA, "body.response.certificate", is_always, NULL },
    { RULE_CERT_SUBJECT, "body.response.certificate.subject", is_always, NULL },
    { RULE_CERT_SAN, "body.response.certificate.subjectAltName", is_always,
      NULL },
};

static const struct row *find_row(enum rule_id rule)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].rule == rule)
            return &rows[i];
    return NULL;
}

static enum verdict judge(const struct observed *o, const struct row *row,
                          struct found *found)
{
    struct client_found text = { "" };

    if (row->check != NULL)
        return row->check(o, found);
    if (!row->known(o))
        return VERDICT_CANNOT_TELL;
    if (client_rule_holds(row->rule, &o->judged, &text))
        return VERDICT_HOLDS;
    return lint_broken(found, row->path, "%s", text.text);
}

/* Is any of them broken? */
static bool judge_step(struct linted *in, const struct observed *o,
                       enum rule_step step)
{
    struct rule_range range = rules_of(step);
    uint32_t body = BODY_BIT(in->msg->body.type);
    bool is_broken = false;

    for (size_t i = range.first; i < range.end; i++) {
        const struct rule *rule = rule_get((enum rule_id)i);
        const struct row *row = find_row(rule->number);
        struct found found = { "", "" };
        enum verdict verdict;

        if (row == NULL || (rule->bodies & body) == 0)
            continue;
        verdict = judge(o, row, &found);
        is_broken |= verdict == VERDICT_BROKEN;
        lint_tell(in, rule->number, verdict, &found);
    }
    return is_broken;
}

static enum err judge_responses(struct linted *in, struct observed *o,
                                struct fault *f)
{
    const struct cert_rep_message *rep = &in->msg->body.cert_rep;

    if (!client_is_answer(in->msg->body.type))
        return ERR_OK;
    for (size_t i = 0; i < rep->num_responses; i++) {
        in->request = rep->num_responses > 1 ? i + 1 : 0;
        in->response = &rep->responses[i];
        TRY(observed_turn(o, i, f));
        (void)judge_step(in, o, STEP_ANSWER_RESPONSE);
        if (o->judged.cert->cert != NULL)
            (void)judge_step(in, o, STEP_ANSWER_CERT);
    }
    in->response = NULL;
    in->request = 0;
    return ERR_OK;
}

enum err lint_judge_answer(struct linted *in, struct fault *f)
{
    struct observed o;
    bool is_broken;

    TRY(observed_read(in, &o, f));
    (void)judge_step(in, &o, STEP_ANSWER_EXCHANGE);
    is_broken = judge_step(in, &o, STEP_ANSWER_HEADER);
    if (!is_broken)
        (void)judge_step(in, &o,
                         in->protection.kind == PROTECTION_MAC
                             ? STEP_ANSWER_MAC
                             : STEP_ANSWER_SIGNER);
    if (in->way == WAY_ANNOUNCEMENT)
        return lint_judge_told(in, &o, f);
    (void)judge_step(in, &o, STEP_ANSWER_BODY);
    TRY(judge_responses(in, &o, f));
    return lint_judge_told(in, &o, f);
}
