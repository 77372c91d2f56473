#include "txn/txn.h"

#include "profile/rules.h"

#define IN(state) (1u << FACT_##state)
#define FACT_START FACT_NO_TRANSACTION

typedef void decide(const struct cmp_message *msg,
                    const struct profile *profile, const struct facts *facts,
                    struct txn_decision *out);

static bool is_implicit(const struct cmp_message *msg,
                        const struct profile *profile)
{
    return profile->may_grant_implicit && profile->implicit_confirm &&
           info_find(&msg->header.general_info, OID_ID_IT_IMPLICIT_CONFIRM) !=
               NULL;
}

static enum txn_names choose_names(const struct facts *facts)
{
    if (facts->old != NULL)
        return TXN_NAMES_OLD;
    if (facts->suggested_names == NAMES_KEEP &&
        !span_is_absent(facts->suggested))
        return TXN_NAMES_SUGGESTED;
    return TXN_NAMES_PATTERN;
}

/* One whose RA vouches for it has been decided upon. */
static bool is_to_wait(const struct cmp_message *msg,
                       const struct profile *profile, const struct facts *facts)
{
    return (profile->approval & BODY_BIT(msg->body.type)) != 0 &&
           facts->approval != FACT_APPROVED && !facts->is_vouched;
}

/* What is to be decrypted comes before what is to be approved: nobody need look
 * at a request whose key is not shown to be its sender's. Where the certificate
 * is the proof, only a certConf tells (RFC 9810, 5.2.8.3.2). */
static void on_cert_req(const struct cmp_message *msg,
                        const struct profile *profile,
                        const struct facts *facts, struct txn_decision *out)
{
    out->action = is_to_wait(msg, profile, facts) ? TXN_WAIT : TXN_ISSUE;
    if (facts->possession == FACT_TO_CHALLENGE) {
        out->action = TXN_CHALLENGE;
        out->answer = CMP_POPDECC;
    }
    out->names = choose_names(facts);
    out->grant_implicit =
        is_implicit(msg, profile) && facts->possession != FACT_BY_CERTIFICATE;
}

/* To certify another CA is to trust all that it will certify. An operator says
 * yes to each one, whatever the profile waits for and whoever vouches. */
static void on_cross_req(const struct cmp_message *msg,
                         const struct profile *profile,
                         const struct facts *facts, struct txn_decision *out)
{
    out->action = facts->approval == FACT_APPROVED ? TXN_ISSUE : TXN_WAIT;
    out->names = TXN_NAMES_SUGGESTED;
    out->grant_implicit = is_implicit(msg, profile);
}

/* A certificate that no CertStatus speaks of is rejected, so that none at all
 * rejects every one (RFC 9810, 5.3.18). */
static void on_cert_conf(const struct cmp_message *msg,
                         const struct profile *profile,
                         const struct facts *facts, struct txn_decision *out)
{
    const struct cert_conf *conf = &msg->body.cert_conf;

    for (size_t i = 0; i < conf->num; i++) {
        const struct cert_status *status = &conf->list[i];
        const struct fact_issued *issued =
            issued_find(facts, status->cert_req_id);

        if (issued != NULL && !(status->has_status_info &&
                                status->status_info.status == STATUS_REJECTION))
            out->confirmed |= 1u << (issued - facts->issued);
    }
    out->action = out->confirmed == 0 ? TXN_REJECT : TXN_CONFIRM;
    out->revoke = out->confirmed != (1u << facts->num_issued) - 1 &&
                  profile->on_rejection == AFTERMATH_REVOKE;
}

/* The station cannot go on: what awaits its certConf will get none. */
static void on_error(const struct cmp_message *msg,
                     const struct profile *profile, const struct facts *facts,
                     struct txn_decision *out)
{
    (void)msg;
    (void)facts;
    out->action = TXN_REJECT;
    out->revoke = profile->on_rejection == AFTERMATH_REVOKE;
}

/* A denial answers what waited, as its refusal does (RFC 9483, 3.6.2). */
static void on_poll(const struct cmp_message *msg,
                    const struct profile *profile, const struct facts *facts,
                    struct txn_decision *out)
{
    static const enum txn_action actions[] = {
        [FACT_UNDECIDED] = TXN_POLL,
        [FACT_APPROVED] = TXN_RESUME,
        [FACT_DENIED] = TXN_DENY,
    };

    (void)msg;
    (void)profile;
    out->action = actions[facts->approval];
    if (out->action != TXN_POLL)
        out->answer = rule_body(STEP_JUDGE_REQUEST, facts->waiting_body);
}

static void on_pop_answer(const struct cmp_message *msg,
                          const struct profile *profile,
                          const struct facts *facts, struct txn_decision *out)
{
    (void)msg;
    (void)profile;
    out->action = facts->is_answer_right ? TXN_RESUME : TXN_DENY;
    out->answer = rule_body(STEP_POP, facts->waiting_body);
}

/* An rp has no place for waiting: an error says so (RFC 9483, 4.4). */
static void on_rev_req(const struct cmp_message *msg,
                       const struct profile *profile, const struct facts *facts,
                       struct txn_decision *out)
{
    out->action = TXN_REVOKE;
    if (!is_to_wait(msg, profile, facts))
        return;
    out->action = TXN_WAIT;
    out->answer = CMP_ERROR;
}

static void on_general(const struct cmp_message *msg,
                       const struct profile *profile, const struct facts *facts,
                       struct txn_decision *out)
{
    out->action = TXN_ANSWER;
    /* For whom nobody would know: an RA that asks for itself. */
    if (span_is_absent(facts->serial) || !is_to_wait(msg, profile, facts))
        return;
    out->action = TXN_WAIT;
    out->answer = CMP_ERROR;
}

/* Which request is welcome in which state, and what answers it. */
static const struct {
    unsigned states;
    enum cmp_body_type answer;
    decide *decide;
} table[CMP_BODY_NUM] = {
    [CMP_IR] = { IN(START), CMP_IP, on_cert_req },
    [CMP_CR] = { IN(START), CMP_CP, on_cert_req },
    [CMP_P10CR] = { IN(START), CMP_CP, on_cert_req },
    [CMP_KUR] = { IN(START), CMP_KUP, on_cert_req },
    [CMP_CCR] = { IN(START), CMP_CCP, on_cross_req },
    [CMP_RR] = { IN(START), CMP_RP, on_rev_req },
    [CMP_GENM] = { IN(START), CMP_GENP, on_general },
    [CMP_CERT_CONF] = { IN(UNCONFIRMED), CMP_PKICONF, on_cert_conf },
    [CMP_ERROR] = { IN(UNCONFIRMED) | IN(CHALLENGED), CMP_PKICONF, on_error },
    [CMP_POPDECR] = { IN(CHALLENGED), CMP_IP, on_pop_answer },
    [CMP_POLL_REQ] = { IN(WAITING), CMP_POLL_REP, on_poll },
};

enum err txn_decide(const struct cmp_message *msg,
                    const struct profile *profile, const struct facts *facts,
                    struct txn_decision *out, struct fault *f)
{
    enum cmp_body_type type = msg->body.type;
    struct txn_decision d = { .answer = table[type].answer };

    if (table[type].decide == NULL ||
        (table[type].states & (1u << facts->transaction)) == 0)
        return rule_break(f, RULE_MESSAGE_IS_WELCOME, "body",
                          "%s, which is not welcome in this transaction",
                          cmp_body_name(type));
    table[type].decide(msg, profile, facts, &d);
    *out = d;
    return ERR_OK;
}

bool txn_timeout_revokes(const struct profile *profile)
{
    return profile->on_timeout == AFTERMATH_REVOKE;
}
