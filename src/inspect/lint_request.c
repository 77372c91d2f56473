/*
 * What is known of a request, and the steps of a server over it. The facts that
 * a server has from its store come from the other messages of the transaction
 * here; what they do not tell is not judged.
 */
#include <assert.h>

#include "base/text.h"
#include "inspect/internal.h"
#include "profile/info.h"

/* --- facts: who --- */

static enum signer_kind kind_of(const struct protection *p,
                                enum cmp_body_type type)
{
    /* An rr takes no other: that of a revPassphrase. */
    if (p->kind == PROTECTION_MAC)
        return type == CMP_RR ? SIGNER_PASSPHRASE : SIGNER_SECRET;
    if (p->path != VERDICT_HOLDS)
        return SIGNER_UNKNOWN;
    if (x509_has_eku(&p->signer, OID_ID_KP_CMC_RA))
        return SIGNER_RA;
    switch (p->path_as) {
    case TRUSTED_VENDOR:
        return SIGNER_VENDOR;
    case TRUSTED_OPERATOR:
        return SIGNER_OPERATOR;
    case TRUSTED_ANY:
    case TRUSTED_NUM:
        break;
    }
    return SIGNER_UNKNOWN;
}

static void find_signer(struct linted *in)
{
    const struct protection *p = &in->protection;
    struct facts *facts = &in->facts;

    facts->signer_kind = kind_of(p, in->msg->body.type);
    if (facts->signer_kind != SIGNER_UNKNOWN)
        in->has |= NEEDS_TRUST;
    if (p->verifies == VERDICT_HOLDS && p->kind == PROTECTION_MAC)
        in->has |= NEEDS_SECRET;
    if (p->from != SIGNER_NOT_FOUND) {
        facts->signer = &p->signer;
        in->has |= NEEDS_SIGNER;
    } else if (p->kind == PROTECTION_MAC && in->msg->body.type != CMP_KUR) {
        in->has |= NEEDS_SIGNER; /* it is known that there is none */
    }
    facts->old_is_ours = facts->signer_kind == SIGNER_OPERATOR;
    if (in->msg->body.type == CMP_KUR)
        facts->old = facts->signer;
}

/* --- facts: the transaction --- */

static const struct cert_status *status_of(const struct linted *in,
                                           int64_t cert_req_id)
{
    const struct cert_conf *conf = &in->msg->body.cert_conf;

    if (in->msg->body.type != CMP_CERT_CONF)
        return NULL;
    for (size_t i = 0; i < conf->num; i++)
        if (conf->list[i].cert_req_id == cert_req_id)
            return &conf->list[i];
    return NULL;
}

/* Of one that came encrypted no hash is known: it is left absent. */
static enum err hash_issued(const struct linted *in,
                            const struct cert_response *r,
                            struct fact_issued *out, struct fault *f)
{
    const struct cert_status *status = status_of(in, r->cert_req_id);
    uint8_t *hash = arena_alloc(in->arena, DIGEST_MAX_LEN);
    struct x509_cert cert = { 0 };
    enum digest digest;

    *out = (struct fact_issued){ .cert_req_id = r->cert_req_id,
                                 .hash_alg_known = true };
    if (hash == NULL)
        return fault_set(f, ERR_NO_MEM, "certConf");
    if (span_is_absent(r->certificate) ||
        x509_read(r->certificate, in->arena, &cert) != ERR_OK)
        return ERR_OK;
    digest = cert_hash_digest(&cert.sig_alg,
                              status != NULL ? &status->hash_alg : NULL);
    out->hash_alg_known = digest != DIGEST_NONE || status == NULL ||
                          span_is_absent(status->hash_alg.oid);
    if (digest == DIGEST_NONE)
        return ERR_OK;
    TRY(hash_compute(lint_crypto(in), digest, r->certificate, hash, f));
    out->hash = span_of(hash, digest_len(digest));
    return ERR_OK;
}

static enum err find_issued(struct linted *in, struct fault *f)
{
    const struct cert_rep_message *rep;
    struct fact_issued *issued;

    if (in->before.granted == NULL)
        return ERR_OK;
    rep = &in->before.granted->body.cert_rep;
    issued = arena_array(in->arena, rep->num_responses, sizeof(*issued));
    if (issued == NULL)
        return fault_set(f, ERR_NO_MEM, "certConf");
    for (size_t i = 0; i < rep->num_responses; i++)
        if (lint_has_certificate(&rep->responses[i]))
            TRY(hash_issued(in, &rep->responses[i],
                            &issued[in->facts.num_issued++], f));
    in->facts.issued = issued;
    return ERR_OK;
}

/* The certReqIds that were told waiting; of an error, the whole message. */
static enum err find_waiting(struct linted *in, struct fault *f)
{
    const struct cmp_message *told = in->before.waiting;
    size_t num = told == NULL || told->body.type == CMP_ERROR
                     ? 0
                     : told->body.cert_rep.num_responses;
    int64_t *ids = arena_array(in->arena, num + 1, sizeof(*ids));
    struct facts *facts = &in->facts;

    if (ids == NULL)
        return fault_set(f, ERR_NO_MEM, "pollReq");
    for (size_t i = 0; i < num; i++)
        if (told->body.cert_rep.responses[i].status.status == STATUS_WAITING)
            ids[facts->num_waiting++] =
                told->body.cert_rep.responses[i].cert_req_id;
    if (facts->num_waiting == 0)
        ids[facts->num_waiting++] = -1;
    facts->waiting = ids;
    facts->waiting_body =
        in->before.first != NULL ? in->before.first->body.type : CMP_BODY_NUM;
    return ERR_OK;
}

/* Transactions are the requester's: another one's is none of this signer. */
static bool is_same_requester(const struct linted *in)
{
    const struct kept *signer = in->exchange->signer;

    if (signer == NULL || in->protection.from == SIGNER_NOT_FOUND)
        return true;
    return span_is_equal(span_of(signer->bytes, signer->len),
                         in->protection.signer.der);
}

static bool is_answered(const struct exchange *x)
{
    return x->answer != NULL || x->refusal != NULL;
}

static enum err find_transaction(struct linted *in, struct fault *f)
{
    const struct before *before = &in->before;
    struct facts *facts = &in->facts;

    if (in->exchange == NULL || !is_answered(in->exchange))
        return ERR_OK;
    in->has |= NEEDS_EXCHANGE;
    if (is_same_requester(in))
        facts->transaction = in->exchange->state;
    if (before->answer != NULL)
        facts->our_nonce = before->answer->header.sender_nonce;
    if (before->first != NULL)
        facts->transaction_pvno = before->first->header.pvno;
    else if (before->answer != NULL)
        facts->transaction_pvno = before->answer->header.pvno;
    TRY(find_issued(in, f));
    return find_waiting(in, f);
}

enum err lint_find_facts(struct linted *in, struct fault *f)
{
    in->facts.now = lint_now(in);
    if (in->seen->at != 0)
        in->has |= NEEDS_CLOCK;
    find_signer(in);
    TRY(asked_list(&in->msg->body, in->arena, &in->asked, &in->num_asked, f));
    return find_transaction(in, f);
}

/* --- the steps --- */

static void each_asked(struct linted *in, enum rule_step step)
{
    if (in->num_asked == 0)
        lint_step(in, step);
    for (size_t i = 0; i < in->num_asked; i++) {
        in->req = in->asked[i].req;
        in->rev = in->asked[i].rev;
        in->request = in->num_asked > 1 ? i + 1 : 0;
        lint_step(in, step);
    }
    in->req = NULL;
    in->rev = NULL;
    in->request = 0;
}

/* As service/handle.c orders them: a later message of a transaction is judged
 * by what it holds only once it is known whose it is. */
void lint_judge_request(struct linted *in)
{
    bool continues = (BODY_BIT(in->msg->body.type) & (FIRSTS | NESTED)) == 0;

    lint_step(in, STEP_HEADER);
    if (!continues)
        each_asked(in, STEP_REQUEST);
    lint_step(in, STEP_PROTECTION);
    if (in->num_asked > 0 && in->asked[0].req != NULL)
        each_asked(in, STEP_POP);
    if (continues)
        each_asked(in, STEP_REQUEST);
    lint_step(in, STEP_JUDGE_MESSAGE);
    each_asked(in, STEP_JUDGE_REQUEST);
}

/* --- header and content --- */

/* The fault of a function that judges several rules is this one's, or none;
 * rule_break says "path: found; asked: ...". */
static enum verdict by_fault(const struct fault *why, enum rule_id rule,
                             struct found *found)
{
    const char *text = strstr(why->text, ": ");
    const char *end = strstr(why->text, "; asked: ");

    if (strcmp(why->rule, rule_get(rule)->id) != 0)
        return VERDICT_HOLDS;
    assert(text != NULL && end != NULL);
    text_format(found->path, sizeof(found->path), "%.*s",
                (int)(text - why->text), why->text);
    text_format(found->text, sizeof(found->text), "%.*s", (int)(end - text - 2),
                text + 2);
    return VERDICT_BROKEN;
}

static enum verdict check_profile_names(const struct linted *in,
                                        enum rule_id rule, struct found *found)
{
    struct fault why = { 0 };
    struct span name = SPAN_NONE;
    enum err e = asked_profile(in->msg, in->arena, &name, &why);
    enum verdict verdict = by_fault(&why, rule, found);

    (void)e; /* the fault says more */
    if (verdict == VERDICT_HOLDS && rule == RULE_CERT_PROFILE_IS_KNOWN &&
        !span_is_absent(name))
        return VERDICT_CANNOT_TELL;
    return verdict;
}

static enum verdict check_profile_fits(const struct linted *in,
                                       struct found *found)
{
    return check_profile_names(in, RULE_CERT_PROFILE_FITS, found);
}

static enum verdict check_profile_known(const struct linted *in,
                                        struct found *found)
{
    return check_profile_names(in, RULE_CERT_PROFILE_IS_KNOWN, found);
}

static enum verdict check_nested(const struct linted *in, enum rule_id rule,
                                 struct found *found)
{
    struct fault why = { 0 };
    bool is_added = false;
    enum err e = nested_check(in->msg, in->arena, &is_added, &why);

    (void)e; /* the same */
    return by_fault(&why, rule, found);
}

static enum verdict check_nested_readable(const struct linted *in,
                                          struct found *found)
{
    return check_nested(in, RULE_NESTED_IS_READABLE, found);
}

static enum verdict check_nested_nonce(const struct linted *in,
                                       struct found *found)
{
    return check_nested(in, RULE_NESTED_COPIES_NONCE, found);
}

static enum verdict check_batch_fresh(const struct linted *in,
                                      struct found *found)
{
    return check_nested(in, RULE_BATCH_IS_FRESH, found);
}

static enum verdict check_batch_different(const struct linted *in,
                                          struct found *found)
{
    return check_nested(in, RULE_BATCH_IS_OF_DIFFERENT, found);
}

static enum verdict check_flat(const struct linted *in, struct found *found)
{
    if (!in->is_inside)
        return VERDICT_HOLDS;
    return lint_broken(found, "body.nested", "a nested");
}

/* The first question that is not as it should be. */
static enum verdict check_info(const struct linted *in, enum rule_id rule,
                               struct found *found)
{
    const struct info_list *asked = &in->msg->body.general;
    struct fault why = { 0 };

    for (size_t i = 0; i < asked->num; i++)
        if (info_check(&asked->list[i], in->profile, in->arena, &why) !=
                ERR_OK &&
            by_fault(&why, rule, found) == VERDICT_BROKEN)
            return VERDICT_BROKEN;
    return VERDICT_HOLDS;
}

static enum verdict check_info_value(const struct linted *in,
                                     struct found *found)
{
    return check_info(in, RULE_INFO_VALUE_IS_RIGHT, found);
}

static enum verdict check_language(const struct linted *in, struct found *found)
{
    return check_info(in, RULE_LANGUAGE_IS_SPOKEN, found);
}

/* --- the transaction --- */

static enum verdict check_id_new(const struct linted *in, struct found *found)
{
    const struct exchange *x = in->exchange;

    if (x == NULL || !is_same_requester(in))
        return VERDICT_CANNOT_TELL; /* what was before is not known */
    if (x->state != FACT_NO_TRANSACTION)
        return lint_broken(found, "header.transactionID",
                           "one this signer used for another message");
    return is_answered(x) ? VERDICT_HOLDS : VERDICT_CANNOT_TELL;
}

static enum verdict check_hash(const struct linted *in, struct found *found)
{
    const struct cert_conf *conf = &in->msg->body.cert_conf;

    for (size_t i = 0; i < conf->num; i++) {
        const struct fact_issued *issued =
            issued_find(&in->facts, conf->list[i].cert_req_id);

        if (issued != NULL && issued->hash_alg_known &&
            span_is_absent(issued->hash))
            return VERDICT_CANNOT_TELL;
    }
    return lint_own(in, rule_get(RULE_CONF_HASH_IS_RIGHT), found);
}

/* --- what is asked for --- */

/* Rules about an RA: others' messages keep them. */
static enum verdict check_no_ra(const struct linted *in, struct found *found)
{
    (void)found;
    switch (in->facts.signer_kind) {
    case SIGNER_VENDOR:
    case SIGNER_OPERATOR:
    case SIGNER_SECRET:
    case SIGNER_PASSPHRASE:
        return VERDICT_HOLDS;
    case SIGNER_UNKNOWN:
    case SIGNER_RA:
    case SIGNER_PEER_CA:
        break;
    }
    return VERDICT_CANNOT_TELL;
}

static const struct info_type_value *original_of(const struct linted *in)
{
    return info_find(&in->msg->header.general_info, OID_ID_IT_ORIG_PKI_MESSAGE);
}

static enum verdict check_original(const struct linted *in, struct found *found)
{
    (void)found;
    return original_of(in) == NULL ? VERDICT_HOLDS : VERDICT_CANNOT_TELL;
}

static enum verdict check_made_key_packed(const struct linted *in,
                                          struct found *found)
{
    (void)found;
    return is_to_be_made(&(struct judged){ in->msg, in->profile, &in->facts,
                                           in->req, in->rev })
               ? VERDICT_CANNOT_TELL
               : VERDICT_HOLDS;
}

static enum verdict check_issuer(const struct linted *in, struct found *found)
{
    struct span issuer = in->req->cert_req.cert_template.issuer;

    (void)found;
    return span_is_absent(issuer) || name_is_null(issuer) ? VERDICT_HOLDS
                                                          : VERDICT_CANNOT_TELL;
}

static enum verdict check_names(const struct linted *in, struct found *found)
{
    const struct cert_template *t = &in->req->cert_req.cert_template;

    (void)found;
    return (span_is_absent(t->subject) || name_is_null(t->subject)) &&
                   span_is_absent(template_san(t))
               ? VERDICT_HOLDS
               : VERDICT_CANNOT_TELL;
}

/* issuer and serialNumber of the certificate that signs. */
static bool names_signer(const struct linted *in)
{
    const struct cert_template *t = &in->rev->cert_details;
    const struct x509_cert *signer = in->facts.signer;

    return signer != NULL && name_is_equal(t->issuer, signer->issuer) &&
           span_is_equal(t->serial, signer->serial);
}

static enum verdict check_revoked_signer(const struct linted *in,
                                         struct found *found)
{
    if (names_signer(in) || in->profile->revokes_others)
        return VERDICT_HOLDS;
    if (in->facts.signer == NULL || in->facts.signer_kind == SIGNER_UNKNOWN)
        return VERDICT_CANNOT_TELL;
    return lint_own(in, rule_get(RULE_REVOKED_IS_THE_SIGNER), found);
}

const struct lint_row lint_request_rows[] = {
    { RULE_CERT_PROFILE_FITS, check_profile_fits },
    { RULE_CERT_PROFILE_IS_KNOWN, check_profile_known },
    { RULE_NESTED_IS_READABLE, check_nested_readable },
    { RULE_NESTED_COPIES_NONCE, check_nested_nonce },
    { RULE_BATCH_IS_FRESH, check_batch_fresh },
    { RULE_BATCH_IS_OF_DIFFERENT, check_batch_different },
    { RULE_NESTED_IS_FLAT, check_flat },
    { RULE_TRANSACTION_ID_IS_NEW, check_id_new },
    { RULE_INFO_VALUE_IS_RIGHT, check_info_value },
    { RULE_LANGUAGE_IS_SPOKEN, check_language },
    { RULE_CONF_HASH_IS_RIGHT, check_hash },
    { RULE_MADE_KEY_IS_PACKED, check_made_key_packed },
    { RULE_RA_MAY_REQUEST, check_no_ra },
    { RULE_RA_ASKS_FOR_ONE, check_no_ra },
    { RULE_RA_MAY_REVOKE, check_no_ra },
    { RULE_ORIGINAL_IS_READABLE, check_original },
    { RULE_ORIGINAL_VERIFIES, check_original },
    { RULE_ORIGINAL_IS_THE_STATIONS, check_original },
    { RULE_ORIGINAL_IS_SENT, check_no_ra },
    { RULE_ISSUER_IS_OURS, check_issuer },
    { RULE_NAME_IS_FREE, check_names },
    { RULE_NAME_MAY_BE_SUGGESTED, check_names },
    { RULE_REVOKED_IS_THE_SIGNER, check_revoked_signer },
    { RULE_NUM, NULL },
};
