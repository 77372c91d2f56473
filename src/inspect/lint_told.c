/*
 * A station's rules over what it is told: a genp, against its question, or an
 * announcement. Whether it knows a root or a CRL already is its own affair.
 */
#include "base/text.h"
#include "inspect/observed.h"
#include "inspect/protection_internal.h"
#include "txn/client_told.h"

static bool is_judged(enum rule_id rule, const enum rule_id *unknown)
{
    for (size_t i = 0; unknown[i] != RULE_NUM; i++)
        if (unknown[i] == rule)
            return false;
    return true;
}

/* `unknown`, ended by RULE_NUM: what cannot be told. */
static void judge_step(struct linted *in, enum rule_step step,
                       const struct told_judged *judged,
                       const enum rule_id *unknown, const char *path)
{
    struct rule_range range = rules_of(step);

    for (size_t i = range.first; i < range.end; i++) {
        struct client_found text = { "" };
        struct found found = { "", "" };
        enum rule_id rule = (enum rule_id)i;
        enum verdict verdict = VERDICT_HOLDS;

        if (!is_judged(rule, unknown))
            verdict = VERDICT_CANNOT_TELL;
        else if (!told_rule_holds(rule, judged, &text))
            verdict = lint_broken(&found, path, "%s", text.text);
        lint_tell(in, rule, verdict, &found);
    }
}

/* --- an update of the root --- */

static const struct x509_cert *read_cert(const struct linted *in,
                                         struct span der)
{
    struct x509_cert *cert = arena_alloc(in->arena, sizeof(*cert));

    return cert != NULL && !span_is_absent(der) &&
                   x509_read(der, in->arena, cert) == ERR_OK
               ? cert
               : NULL;
}

static bool verifies(struct linted *in, const struct x509_cert *cert,
                     const struct x509_cert *issuer)
{
    return cert != NULL && issuer != NULL &&
           lint_verify(in, issuer, &cert->sig_alg, cert->tbs,
                       cert->signature) == KNOWN_YES;
}

/* Which of those that a person trusts signed newWithOld. */
static const struct x509_cert *find_old(struct linted *in,
                                        const struct x509_cert *linked)
{
    const struct trusted *t = lint_trusted(in);

    for (size_t i = 0; i < t->num_certs && linked != NULL; i++)
        if (name_is_equal(t->certs[i].cert.subject, linked->issuer) &&
            verifies(in, linked, &t->certs[i].cert))
            return &t->certs[i].cert;
    return NULL;
}

static void judge_update(struct linted *in, const struct ca_key_update *update,
                         const char *path)
{
    static const enum rule_id never[] = { RULE_UPDATE_IS_NEW, RULE_NUM };
    static const enum rule_id without_old[] = { RULE_UPDATE_IS_NEW,
                                                RULE_UPDATE_DATES,
                                                RULE_UPDATE_BACK, RULE_NUM };
    static const enum rule_id without_any[] = { RULE_UPDATE_IS_NEW,
                                                RULE_UPDATE_DATES,
                                                RULE_UPDATE_BACK,
                                                RULE_UPDATE_LINK, RULE_NUM };
    static const enum rule_id unread[] = {
        RULE_UPDATE_SELF_SIGNED, RULE_UPDATE_IS_NEW, RULE_UPDATE_LINK,
        RULE_UPDATE_DATES,       RULE_UPDATE_BACK,   RULE_NUM
    };
    struct told_update u = {
        .fresh = read_cert(in, update->new_with_new),
        .linked = read_cert(in, update->new_with_old),
        .back = read_cert(in, update->old_with_new),
        .has_back = !span_is_absent(update->old_with_new),
    };
    const enum rule_id *unknown = unread;

    u.old = find_old(in, u.linked);
    u.fresh_is_self_signed = verifies(in, u.fresh, u.fresh);
    u.fresh_key_is_fit =
        u.fresh != NULL &&
        pubkey_check(lint_crypto(in), &u.fresh->spki, NULL) == ERR_OK;
    u.back_verifies = verifies(in, u.back, u.fresh);
    if (u.fresh != NULL && u.linked != NULL)
        unknown = lint_trusted(in)->num_certs > 0 ? without_old : without_any;
    if (u.old != NULL && unknown == without_old)
        unknown = never;
    judge_step(in, STEP_TOLD_UPDATE,
               &(struct told_judged){ .update = &u, .now = lint_now(in) },
               unknown, path);
}

/* --- certificates and CRLs --- */

static enum err judge_cert(struct linted *in, enum rule_step step,
                           struct span der, const char *path, struct fault *f)
{
    static const enum rule_id none[] = { RULE_NUM };
    static const enum rule_id no_path[] = { RULE_TARGET_CERT, RULE_NUM };
    struct fault why = { 0 };
    struct told_cert told = { .cert = read_cert(in, der) };
    enum verdict verdict = VERDICT_CANNOT_TELL;

    if (step == STEP_TOLD_TARGET && told.cert != NULL)
        TRY(observed_path(in, der, &why, &verdict, f));
    told.is_trusted = verdict == VERDICT_HOLDS;
    told.path_text = why.text;
    judge_step(
        in, step, &(struct told_judged){ .cert = &told, .now = lint_now(in) },
        told.cert != NULL && verdict == VERDICT_CANNOT_TELL ? no_path : none,
        path);
    return ERR_OK;
}

/* Its issuer's certificate is looked for among those sent. */
static enum err find_issuer(struct linted *in, struct told_crl *told,
                            enum verdict *path, struct fault *f)
{
    struct fault why = { 0 };

    *path = VERDICT_CANNOT_TELL;
    for (size_t i = 0; i < in->certs.num; i++) {
        const struct x509_cert *c = &in->certs.list[i];

        if (!name_is_equal(c->subject, told->crl->issuer))
            continue;
        told->issuer = c;
        told->signature_holds =
            lint_verify(in, c, &told->crl->sig_alg, told->crl->tbs,
                        told->crl->signature) == KNOWN_YES;
        if (told->signature_holds)
            break;
    }
    if (told->issuer != NULL)
        TRY(observed_path(in, told->issuer->der, &why, path, f));
    told->issuer_is_trusted = *path == VERDICT_HOLDS;
    return ERR_OK;
}

static enum err judge_crl(struct linted *in,
                          const struct client_question *question,
                          struct span der, const char *path, struct fault *f)
{
    static const enum rule_id unread[] = { RULE_CRL_WAS_ASKED, RULE_CRL_SIGNER,
                                           RULE_CRL_DATES, RULE_CRL_AGE,
                                           RULE_NUM };
    static const enum rule_id no_path[] = { RULE_CRL_SIGNER, RULE_CRL_AGE,
                                            RULE_NUM };
    static const enum rule_id age[] = { RULE_CRL_AGE, RULE_NUM };
    struct x509_crl crl;
    struct told_crl told = { 0 };
    enum verdict trust = VERDICT_CANNOT_TELL;
    const enum rule_id *unknown = unread;

    if (x509_crl_read(der, in->arena, &crl) == ERR_OK) {
        told.crl = &crl;
        TRY(find_issuer(in, &told, &trust, f));
        unknown = trust == VERDICT_CANNOT_TELL ? no_path : age;
    }
    judge_step(in, STEP_TOLD_CRL,
               &(struct told_judged){
                   .question = question, .crl = &told, .now = lint_now(in) },
               unknown, path);
    return ERR_OK;
}

static enum err judge_crls(struct linted *in,
                           const struct client_question *question,
                           const struct span_list *crls, const char *name,
                           struct fault *f)
{
    char path[48];

    for (size_t i = 0; i < crls->num; i++) {
        text_format(path, sizeof(path), "%s[%zu]", name, i);
        TRY(judge_crl(in, question, crls->list[i], path, f));
    }
    return ERR_OK;
}

/* --- genp --- */

/* A value that cannot be read is as if it were not there: to the server it is
 * what is refused. */
static enum err read_wish(const struct info_type_value *info, struct arena *a,
                          struct client_question *q)
{
    struct der value = der_open(info->value, NULL);

    if (span_is_absent(info->value))
        return ERR_OK;
    if (info->id == OID_ID_IT_CRL_STATUS_LIST)
        return crl_status_list_read(&value, a, &q->crls);
    if (info->id == OID_ID_IT_SUPP_LANG_TAGS)
        return text_list_read(&value, a, &q->languages);
    if (info->id == OID_ID_IT_KEY_PAIR_PARAM_REQ)
        return der_oid(&value, &q->algorithm);
    return ERR_OK;
}

static enum err read_question(const struct info_list *genm, struct arena *a,
                              struct client_question *out, struct fault *f)
{
    *out = (struct client_question){ 0 };
    for (size_t i = 0; i < genm->num; i++)
        for (enum client_topic t = TOPIC_CA_CERTS; t < TOPIC_NUM; t++) {
            if (client_topic_asked(t) != genm->list[i].id)
                continue;
            out->wants[t] = true;
            if (read_wish(&genm->list[i], a, out) == ERR_NO_MEM)
                return fault_set(f, ERR_NO_MEM, "genm");
        }
    return ERR_OK;
}

/* A question beyond the topics we know may be answered in ways we do not. */
static bool is_all_known(const struct info_list *genm)
{
    for (size_t i = 0; i < genm->num; i++) {
        bool is_topic = false;

        for (enum client_topic t = TOPIC_CA_CERTS; t < TOPIC_NUM; t++)
            is_topic |= client_topic_asked(t) == genm->list[i].id;
        if (!is_topic)
            return false;
    }
    return true;
}

static enum err judge_values(struct linted *in, const struct client_told *told,
                             const struct client_question *question,
                             struct fault *f)
{
    const struct client_told_one *of = told->of;

    for (size_t i = 0; i < of[TOPIC_CA_CERTS].certs.num; i++)
        TRY(judge_cert(in, STEP_TOLD_CA, of[TOPIC_CA_CERTS].certs.list[i],
                       "body.genp.caCerts", f));
    if (!span_is_absent(of[TOPIC_ROOT_UPDATE].value))
        judge_update(in, &of[TOPIC_ROOT_UPDATE].update,
                     "body.genp.rootCaKeyUpdate");
    if (!span_is_absent(of[TOPIC_OLD_UPDATE].value))
        judge_update(in, &of[TOPIC_OLD_UPDATE].update,
                     "body.genp.caKeyUpdateInfo");
    TRY(judge_crls(in, question, &of[TOPIC_CRLS].crls, "body.genp.crls", f));
    TRY(judge_crls(in, question, &of[TOPIC_CURRENT_CRL].crls,
                   "body.genp.currentCRL", f));
    if (of[TOPIC_ENC_CERT].certs.num == 0)
        return ERR_OK;
    return judge_cert(in, STEP_TOLD_TARGET, of[TOPIC_ENC_CERT].certs.list[0],
                      "body.genp.caProtEncCert", f);
}

static enum err judge_genp(struct linted *in, const struct observed *o,
                           struct fault *f)
{
    static const enum rule_id none[] = { RULE_NUM };
    const struct info_list *genm;
    struct client_question question;
    struct client_told told;

    if (o->first == NULL || o->first->body.type != CMP_GENM)
        return ERR_OK;
    genm = &o->first->body.general;
    if (!is_all_known(genm))
        return ERR_OK;
    TRY(read_question(genm, in->arena, &question, f));
    TRY(client_told_read(&in->msg->body.general, in->arena, &told, f));
    judge_step(in, STEP_TOLD,
               &(struct told_judged){
                   .question = &question, .told = &told, .now = lint_now(in) },
               none, "body.genp");
    return judge_values(in, &told, &question, f);
}

/* --- announcements --- */

static enum err judge_announcement(struct linted *in, struct fault *f)
{
    static const enum rule_id none[] = { RULE_NUM };
    const struct client_question any = { 0 };
    const struct pki_body *body = &in->msg->body;

    judge_step(in, STEP_ANNOUNCED,
               &(struct told_judged){ .message = in->msg, .now = lint_now(in) },
               none, "body");
    if (body->type == CMP_CKUANN)
        judge_update(in, &body->ca_key_update, "body.ckuann");
    if (body->type == CMP_CRLANN)
        TRY(judge_crls(in, &any, &body->crl_ann, "body.crlann", f));
    return ERR_OK;
}

enum err lint_judge_told(struct linted *in, const struct observed *o,
                         struct fault *f)
{
    if (in->way == WAY_ANNOUNCEMENT)
        return judge_announcement(in, f);
    return in->msg->body.type == CMP_GENP ? judge_genp(in, o, f) : ERR_OK;
}
