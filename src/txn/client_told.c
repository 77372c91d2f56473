#include "txn/client_told.h"

#include <stdio.h>

#include "base/text.h"
#include "txn/internal.h"

/* --- a genp as a whole --- */

static bool wants_nothing(const struct client_question *q)
{
    for (enum client_topic t = TOPIC_CA_CERTS; t < TOPIC_NUM; t++)
        if (q->wants[t])
            return false;
    return true;
}

static bool check_once(const struct told_judged *in, struct client_found *found)
{
    return in->told->num_repeated == 0 || broken(found, "an infoType, twice");
}

static bool check_was_asked(const struct told_judged *in,
                            struct client_found *found)
{
    bool is_open = wants_nothing(in->question);

    for (enum client_topic t = TOPIC_CA_CERTS; t < TOPIC_NUM; t++)
        if (in->told->of[t].is_told && !is_open && !in->question->wants[t])
            return broken(found, "%s was not asked",
                          oid_name(client_topic_told(t)));
    return is_open || in->told->num_unasked == 0 ||
           broken(found, "an infoType that answers nothing");
}

static bool was_asked(const struct client_question *q, struct span oid)
{
    for (enum client_topic t = TOPIC_CA_CERTS; t < TOPIC_NUM; t++)
        if (q->wants[t] && oid_find(oid) == client_topic_asked(t))
            return true;
    return false;
}

static bool check_unsupported(const struct told_judged *in,
                              struct client_found *found)
{
    const struct client_told *told = in->told;

    if (told->unsupported_is_broken)
        return broken(found, "unsupportedOIDs without a list of them");
    for (size_t i = 0; i < told->unsupported.num; i++) {
        char oid[64];

        if (was_asked(in->question, told->unsupported.list[i]))
            continue;
        oid_format(told->unsupported.list[i], oid, sizeof(oid));
        return broken(found, "%s was not asked", oid);
    }
    return true;
}

/* What is answered is not unsupported. */
static bool check_one_answer(const struct told_judged *in,
                             struct client_found *found)
{
    const struct client_told *told = in->told;

    for (enum client_topic t = TOPIC_CA_CERTS; t < TOPIC_NUM; t++) {
        struct span oid = oid_span(client_topic_asked(t));

        for (size_t i = 0; told->of[t].is_told && i < told->unsupported.num;
             i++)
            if (span_is_equal(told->unsupported.list[i], oid))
                return broken(found, "%s is told, and called unsupported",
                              client_topic_name(t));
    }
    return true;
}

static bool check_value(const struct told_judged *in,
                        struct client_found *found)
{
    for (enum client_topic t = TOPIC_CA_CERTS; t < TOPIC_NUM; t++)
        if (in->told->of[t].is_broken)
            return broken(found, "%s with another value",
                          oid_name(client_topic_told(t)));
    return true;
}

static bool check_parameters(const struct told_judged *in,
                             struct client_found *found)
{
    const struct alg_list *algs = &in->told->of[TOPIC_KEY_PARAM].algs;

    return algs->num == 0 ||
           span_is_equal(algs->list[0].oid, in->question->algorithm) ||
           broken(found, "parameters of another algorithm");
}

static bool check_language(const struct told_judged *in,
                           struct client_found *found)
{
    const struct text_list *told = &in->told->of[TOPIC_LANGUAGE].languages;
    const struct text_list *offered = &in->question->languages;

    if (!in->told->of[TOPIC_LANGUAGE].is_told)
        return true;
    if (told->num != 1)
        return broken(found, "%zu of them", told->num);
    for (size_t i = 0; i < offered->num; i++)
        if (span_is_equal(offered->list[i], told->list[0]))
            return true;
    return broken(found, "another one");
}

static bool check_template(const struct told_judged *in,
                           struct client_found *found)
{
    const struct cert_template *t =
        &in->told->of[TOPIC_TEMPLATE].cert_template.cert_template;

    if (t->has_public_key)
        return broken(found, "publicKey");
    if (!span_is_absent(t->serial))
        return broken(found, "serialNumber");
    if (!span_is_absent(t->signing_alg.oid))
        return broken(found, "signingAlg");
    return (!t->has_issuer_uid && !t->has_subject_uid) ||
           broken(found, "issuerUID or subjectUID");
}

static bool check_key_spec(const struct told_judged *in,
                           struct client_found *found)
{
    const struct cert_req_template *t =
        &in->told->of[TOPIC_TEMPLATE].cert_template;

    for (size_t i = 0; i < t->num_key_specs; i++)
        if (t->key_specs[i].id == OID_ID_REG_CTRL_ALG_ID &&
            t->key_specs[i].alg.id == OID_RSA_ENCRYPTION)
            return broken(found, "algId of rsaEncryption");
    return true;
}

/* --- an announcement as a whole --- */

/* How far the clock of who announces may go ahead of ours, in seconds. */
#define CLOCK_SLACK 300

static bool check_announcement(const struct told_judged *in,
                               struct client_found *found)
{
    enum cmp_body_type type = in->message->body.type;

    return type == CMP_CKUANN || type == CMP_CANN || type == CMP_RANN ||
           type == CMP_CRLANN || broken(found, "body %s", cmp_body_name(type));
}

static bool check_announced_pvno(const struct told_judged *in,
                                 struct client_found *found)
{
    const struct pki_body *body = &in->message->body;
    int64_t pvno = in->message->header.pvno;

    if (body->type == CMP_CKUANN && body->ca_key_update.is_v3 && pvno != 3)
        return broken(found, "RootCaKeyUpdateContent with pvno %lld",
                      (long long)pvno);
    return pvno == 2 || pvno == 3 ||
           broken(found, "pvno %lld", (long long)pvno);
}

static bool check_announced_time(const struct told_judged *in,
                                 struct client_found *found)
{
    const struct pki_header *h = &in->message->header;
    char when[TIME_TEXT_LEN];

    if (!h->has_message_time)
        return broken(found, "no messageTime");
    time_format(h->message_time, when);
    return h->message_time <= in->now + CLOCK_SLACK ||
           broken(found, "messageTime %s, which is to come", when);
}

static bool check_announced_status(const struct told_judged *in,
                                   struct client_found *found)
{
    int64_t status = in->message->body.rev_ann.status;

    return in->message->body.type != CMP_RANN ||
           status == STATUS_REVOCATION_WARNING ||
           status == STATUS_REVOCATION_NOTIFICATION ||
           broken(found, "status %lld", (long long)status);
}

/* --- an update of the root --- */

static bool check_complete(const struct told_judged *in,
                           struct client_found *found)
{
    const struct told_update *u = in->update;

    if (u->fresh == NULL)
        return broken(found, "newWithNew cannot be read");
    if (u->linked == NULL)
        return broken(found, "no newWithOld that can be read");
    return !u->has_back || u->back != NULL ||
           broken(found, "oldWithNew cannot be read");
}

static bool check_fresh(const struct told_judged *in,
                        struct client_found *found)
{
    const struct told_update *u = in->update;

    if (!u->fresh_is_self_signed)
        return broken(found, "newWithNew is not signed with its own key");
    if (!u->fresh->is_ca || !x509_may(u->fresh, KU_KEY_CERT_SIGN))
        return broken(found, "newWithNew is not a CA's");
    return u->fresh_key_is_fit || broken(found, "newWithNew has an unfit key");
}

static bool is_in_force(const struct x509_cert *cert, int64_t now)
{
    return cert->not_before <= now && now < cert->not_after;
}

static bool check_link(const struct told_judged *in, struct client_found *found)
{
    const struct told_update *u = in->update;

    if (u->old == NULL)
        return broken(found, "no root in force signed newWithOld");
    if (!span_is_equal(u->linked->spki.der, u->fresh->spki.der) ||
        !name_is_equal(u->linked->subject, u->fresh->subject))
        return broken(found, "newWithOld is for another CA than newWithNew");
    return (u->linked->is_ca && x509_may(u->linked, KU_KEY_CERT_SIGN)) ||
           broken(found, "newWithOld is not a CA's");
}

static bool check_update_dates(const struct told_judged *in,
                               struct client_found *found)
{
    const struct told_update *u = in->update;

    if (!is_in_force(u->fresh, in->now))
        return broken(found, "newWithNew is not in force");
    if (!is_in_force(u->linked, in->now))
        return broken(found, "newWithOld is not in force");
    return is_in_force(u->old, in->now) ||
           broken(found, "the root that signed newWithOld is not in force");
}

static bool check_is_new(const struct told_judged *in,
                         struct client_found *found)
{
    return !in->update->is_held ||
           broken(found, "newWithNew is a root in force already");
}

static bool check_back(const struct told_judged *in, struct client_found *found)
{
    const struct told_update *u = in->update;

    if (u->back == NULL)
        return true;
    if (!u->back_verifies)
        return broken(found, "oldWithNew is not signed with the new key");
    return (span_is_equal(u->back->spki.der, u->old->spki.der) &&
            name_is_equal(u->back->subject, u->old->subject)) ||
           broken(found, "oldWithNew is for another CA than the old root");
}

/* --- CRLs --- */

static bool check_crl_readable(const struct told_judged *in,
                               struct client_found *found)
{
    return in->crl->crl != NULL || broken(found, "a CRL that cannot be read");
}

/* A distribution point may be any issuer's; a name is its own. */
static bool check_crl_was_asked(const struct told_judged *in,
                                struct client_found *found)
{
    const struct crl_status_list *asked = &in->question->crls;

    for (size_t i = 0; i < asked->num; i++) {
        const struct crl_status *s = &asked->list[i];

        if (s->source != CRL_SOURCE_ISSUER)
            return true;
        for (size_t k = 0; k < s->names.num; k++)
            if (s->names.list[k].type == GN_DIRECTORY &&
                name_is_equal(s->names.list[k].value, in->crl->crl->issuer))
                return true;
    }
    return asked->num == 0 ||
           broken(found, "a CRL of another issuer than was asked for");
}

static bool check_crl_signer(const struct told_judged *in,
                             struct client_found *found)
{
    const struct told_crl *c = in->crl;

    if (c->issuer == NULL)
        return broken(found, "no certificate of the CRL's issuer");
    if (!c->signature_holds)
        return broken(found, "the CRL's signature does not verify");
    if (!c->issuer_is_trusted)
        return broken(found,
                      "the CRL's issuer does not lead to the operator root");
    return (c->issuer->is_ca && x509_may(c->issuer, KU_CRL_SIGN)) ||
           broken(found, "the CRL's issuer may not sign CRLs");
}

static bool check_crl_dates(const struct told_judged *in,
                            struct client_found *found)
{
    const struct x509_crl *crl = in->crl->crl;
    char when[TIME_TEXT_LEN];

    if (crl->this_update > in->now) {
        time_format(crl->this_update, when);
        return broken(found, "a CRL of %s, which is to come", when);
    }
    if (!crl->has_next_update)
        return broken(found, "a CRL without nextUpdate");
    time_format(crl->next_update, when);
    return in->now < crl->next_update ||
           broken(found, "the next CRL was due at %s", when);
}

static bool check_crl_age(const struct told_judged *in,
                          struct client_found *found)
{
    const struct told_crl *c = in->crl;
    char when[TIME_TEXT_LEN], held[TIME_TEXT_LEN];

    if (!c->has_held || c->crl->this_update >= c->held_update)
        return true;
    time_format(c->crl->this_update, when);
    time_format(c->held_update, held);
    return broken(found, "a CRL of %s; the one at hand is of %s", when, held);
}

/* --- certificates --- */

static bool check_ca(const struct told_judged *in, struct client_found *found)
{
    const struct x509_cert *cert = in->cert->cert;

    if (cert == NULL)
        return broken(found, "a certificate that cannot be read");
    return (cert->is_ca && x509_may(cert, KU_KEY_CERT_SIGN)) ||
           broken(found, "a certificate that is not a CA's");
}

static bool check_target(const struct told_judged *in,
                         struct client_found *found)
{
    const struct told_cert *t = in->cert;

    if (t->cert == NULL)
        return broken(found, "a certificate that cannot be read");
    if (!x509_may(t->cert, KU_KEY_ENCIPHERMENT) &&
        !x509_may(t->cert, KU_KEY_AGREEMENT))
        return broken(found, "neither keyEncipherment nor keyAgreement");
    return t->is_trusted || broken(found, "%s", t->path_text);
}

static bool (*const checks[RULE_NUM])(const struct told_judged *in,
                                      struct client_found *found) = {
    [RULE_TOLD_ONCE] = check_once,
    [RULE_TOLD_WAS_ASKED] = check_was_asked,
    [RULE_TOLD_UNSUPPORTED] = check_unsupported,
    [RULE_TOLD_ONE_ANSWER] = check_one_answer,
    [RULE_TOLD_VALUE] = check_value,
    [RULE_TOLD_PARAMETERS] = check_parameters,
    [RULE_TOLD_LANGUAGE] = check_language,
    [RULE_TOLD_TEMPLATE] = check_template,
    [RULE_TOLD_KEY_SPEC] = check_key_spec,
    [RULE_ANNOUNCED_BODY] = check_announcement,
    [RULE_ANNOUNCED_PVNO] = check_announced_pvno,
    [RULE_ANNOUNCED_TIME] = check_announced_time,
    [RULE_ANNOUNCED_STATUS] = check_announced_status,
    [RULE_UPDATE_COMPLETE] = check_complete,
    [RULE_UPDATE_SELF_SIGNED] = check_fresh,
    [RULE_UPDATE_LINK] = check_link,
    [RULE_UPDATE_IS_NEW] = check_is_new,
    [RULE_UPDATE_DATES] = check_update_dates,
    [RULE_UPDATE_BACK] = check_back,
    [RULE_CRL_READABLE] = check_crl_readable,
    [RULE_CRL_WAS_ASKED] = check_crl_was_asked,
    [RULE_CRL_SIGNER] = check_crl_signer,
    [RULE_CRL_DATES] = check_crl_dates,
    [RULE_CRL_AGE] = check_crl_age,
    [RULE_CA_CERT] = check_ca,
    [RULE_TARGET_CERT] = check_target,
};

bool told_rule_holds(enum rule_id rule, const struct told_judged *in,
                     struct client_found *found)
{
    return checks[rule](in, found);
}

const struct rule *told_rules_check(enum rule_step step,
                                    const struct told_judged *in,
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
