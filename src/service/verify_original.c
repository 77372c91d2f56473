/*
 * origPKIMessage: the message of its own that a station sent, beside the one
 * that an RA made of it (RFC 9810, 5.1.1.3; RFC 9483, 5.2.3). By it the CA sees
 * for itself what else it has the RA's word for: who asks, and for which key.
 */
#include "service/line.h"

#define PATH "header.generalInfo.origPKIMessage"

/* OrigPKIMessageValue ::= PKIMessages, of exactly one. */
static enum err read_value(struct span value, struct span *out)
{
    struct der in = der_open(value, NULL), seq;
    struct span one;

    TRY(der_enter(&in, DER_SEQUENCE, &seq));
    TRY(der_element(&seq, DER_SEQUENCE, &one));
    TRY(der_end(&seq));
    TRY(der_end(&in));
    *out = one;
    return ERR_OK;
}

static enum err read_original(struct job *job,
                              const struct info_type_value *info,
                              struct cmp_message *out)
{
    struct fault why = { 0 };
    struct span one;

    if (read_value(info->value, &one) != ERR_OK)
        return rule_break(&job->fault, RULE_ORIGINAL_IS_READABLE, PATH,
                          "not one PKIMessage");
    if (cmp_message_read(one, job->arena, out, &why) != ERR_OK)
        return rule_break(&job->fault, RULE_ORIGINAL_IS_READABLE, PATH, "%s",
                          why.text);
    if ((BODY_BIT(out->body.type) & IR_CR) == 0)
        return rule_break(&job->fault, RULE_ORIGINAL_IS_READABLE, PATH, "%s",
                          cmp_body_name(out->body.type));
    if (span_is_equal(out->header.transaction_id,
                      job->msg.header.transaction_id) &&
        span_is_equal(out->header.sender_nonce, job->msg.header.sender_nonce))
        return ERR_OK;
    return rule_break(&job->fault, RULE_ORIGINAL_IS_THE_STATIONS, PATH,
                      "another transactionID or senderNonce");
}

/* No challenge of ours will tell of another proof. */
static enum err check_signed(struct worker *w, struct job *alone,
                             struct ask *ask)
{
    (void)w;
    (void)alone;
    if (ask->req->popo.type == POPO_SIGNATURE)
        return ERR_OK;
    return rule_break(&ask->fault, RULE_POPO_IS_SIGNATURE, "popo",
                      "none by signature");
}

/* As if it had come by itself: protection, signer, possession, station. */
static enum err verify_alone(struct worker *w, struct job *alone)
{
    TRY(verify_protection(w, alone));
    TRY(asks_open(alone));
    TRY(asks_each(w, alone, check_signed));
    TRY(asks_each(w, alone, verify_possession));
    for (size_t i = 0; i < alone->num_asks; i++) {
        alone->fault = alone->asks[i].fault; /* one is enough to refuse it */
        TRY(alone->fault.err);
    }
    return find_station(w, alone);
}

/* A template has a key without its outer tag: `der` is none to compare. */
static bool is_same_key(const struct ask *a, const struct ask *b)
{
    const struct spki *x = &a->req->cert_req.cert_template.public_key;
    const struct spki *y = &b->req->cert_req.cert_template.public_key;

    return span_is_equal(x->alg.oid, y->alg.oid) &&
           span_is_equal(x->alg.params, y->alg.params) &&
           span_is_equal(x->key, y->key);
}

/* An RA has no station of its own, so its message is never one's. */
static enum err compare(struct job *job, const struct job *alone)
{
    const struct facts *mine = &job->facts, *its = &alone->facts;

    if (!span_is_equal(mine->vendor, its->vendor) ||
        !span_is_equal(mine->serial, its->serial))
        return rule_break(&job->fault, RULE_ORIGINAL_IS_THE_STATIONS, PATH,
                          "one of %.*s/%.*s", (int)its->vendor.len,
                          (const char *)its->vendor.ptr, (int)its->serial.len,
                          (const char *)its->serial.ptr);
    if (job->num_asks != alone->num_asks)
        return rule_break(&job->fault, RULE_ORIGINAL_IS_THE_STATIONS, PATH,
                          "%zu requests", alone->num_asks);
    for (size_t i = 0; i < job->num_asks; i++)
        if (!is_same_key(&job->asks[i], &alone->asks[i]))
            return rule_break(&job->fault, RULE_ORIGINAL_IS_THE_STATIONS, PATH,
                              "another key");
    return ERR_OK;
}

/* A MAC is between the station and its RA; it proves nothing here. */
static enum err check_original(struct worker *w, struct job *job,
                               const struct info_type_value *info, bool *holds)
{
    struct job alone = { .arena = job->arena,
                         .entry = job->entry,
                         .profile = job->profile,
                         .line = job->line,
                         .epoch = job->epoch,
                         .flow = job->flow,
                         .has_header = true,
                         .facts = { .now = job->facts.now } };
    enum err e;

    TRY(read_original(job, info, &alone.msg));
    *holds = !is_mac_protected(&alone);
    if (!*holds)
        return ERR_OK;
    if (span_is_absent(alone.msg.protection.bytes) ||
        alone.msg.num_extra_certs == 0)
        return rule_break(&job->fault, RULE_ORIGINAL_VERIFIES, PATH,
                          "one without protection or its certificate");
    e = verify_alone(w, &alone);
    if (e != ERR_OK && err_whose(e) != WHOSE_PEER) {
        job->fault = alone.fault;
        return e;
    }
    if (e != ERR_OK)
        return rule_break(&job->fault, RULE_ORIGINAL_VERIFIES, PATH, "%s",
                          alone.fault.text);
    return compare(job, &alone);
}

enum err verify_original(struct worker *w, struct job *job)
{
    const struct info_type_value *info =
        info_find(&job->msg.header.general_info, OID_ID_IT_ORIG_PKI_MESSAGE);
    bool holds = false;

    if (job->ra == NULL)
        return ERR_OK;
    if (info != NULL)
        TRY(check_original(w, job, info, &holds));
    if (holds || !job->ra->needs_original)
        return ERR_OK;
    return rule_break(&job->fault, RULE_ORIGINAL_IS_SENT, PATH, "%s",
                      info == NULL ? "none" : "one under a MAC");
}
