#include "client/heed.h"

#include "client/told.h"

/* --- whose word it is --- */

static enum err refuse(const struct fault *why, struct fault *f)
{
    *f = *why;
    f->err = ERR_REFUSED;
    return ERR_REFUSED;
}

/* As of any answer, but for what makes it one. */
static enum err check_signer(struct station *s, const struct cmp_message *msg,
                             struct client_cert_told *signer, struct fault *f)
{
    static const enum rule_step steps[] = { STEP_ANSWER_HEADER,
                                            STEP_ANSWER_SIGNER };
    struct client_judged in = { .client = &s->pending.machine,
                                .reply = msg,
                                .now = station_now(s) };
    struct checked found;
    struct fault why = { 0 };

    TRY(reply_check(s, msg, false, &found, f));
    in.facts = &found.facts;
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        if (client_rules_check(steps[i], &in, &why) != NULL)
            return refuse(&why, f);
    *signer =
        (struct client_cert_told){ .cert = found.signer, .is_trusted = true };
    memcpy(signer->id, found.facts.signer_id, sizeof(signer->id));
    return ERR_OK;
}

static enum err check_whole(struct station *s, const struct cmp_message *msg,
                            struct fault *f)
{
    const struct told_judged in = { .message = msg, .now = station_now(s) };
    struct fault why = { 0 };

    if (told_rules_check(STEP_ANNOUNCED, &in, &why) != NULL)
        return refuse(&why, f);
    return ERR_OK;
}

/* --- what it tells --- */

static enum err take_update(struct judge_told *j, const struct pki_body *body,
                            struct client_announced *out, struct fault *f)
{
    struct client_update *update = arena_alloc(j->arena, sizeof(*update));

    if (update == NULL)
        return fault_set(f, ERR_NO_MEM, "ckuann");
    TRY(update_judge(j, &body->ca_key_update, update, f));
    out->update = update;
    return ERR_OK;
}

static enum err take_cert(struct judge_told *j, const struct pki_body *body,
                          struct client_announced *out, struct fault *f)
{
    struct client_cert_told *cert = arena_alloc(j->arena, sizeof(*cert));

    if (cert == NULL)
        return fault_set(f, ERR_NO_MEM, "cann");
    TRY(cert_describe(j, body->cert_ann, cert, f));
    out->cert = cert;
    return ERR_OK;
}

static enum err take_revocation(struct judge_told *j,
                                const struct pki_body *body,
                                struct client_announced *out, struct fault *f)
{
    const struct cert_id *id = &body->rev_ann.cert_id;
    struct x509_cert own;
    struct pair pair;
    enum err e = pair_load(j->s->dir, j->arena, &pair, f);

    out->revocation = body->rev_ann;
    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    out->is_own = x509_read(pair.cert, j->arena, &own) == ERR_OK &&
                  id->issuer.type == GN_DIRECTORY &&
                  name_is_equal(id->issuer.value, own.issuer) &&
                  span_is_equal(id->serial, own.serial);
    return ERR_OK;
}

static enum err take_crls(struct judge_told *j, const struct pki_body *body,
                          struct client_announced *out, struct fault *f)
{
    struct x509_crl *list =
        arena_array(j->arena, body->crl_ann.num + 1, sizeof(*list));

    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "crlann");
    for (size_t i = 0; i < body->crl_ann.num; i++)
        TRY(crl_judge(j, body->crl_ann.list[i], NULL, &list[i], f));
    out->crls = list;
    out->num_crls = body->crl_ann.num;
    return ERR_OK;
}

static enum err take(struct judge_told *j, const struct cmp_message *msg,
                     struct client_announced *out, struct fault *f)
{
    if (msg->body.type == CMP_CKUANN)
        return take_update(j, &msg->body, out, f);
    if (msg->body.type == CMP_CANN)
        return take_cert(j, &msg->body, out, f);
    if (msg->body.type == CMP_RANN)
        return take_revocation(j, &msg->body, out, f);
    return take_crls(j, &msg->body, out, f);
}

static enum err judge(struct station *s, const struct cmp_message *msg,
                      const struct client_heeding *heeding,
                      struct client_announced *out, struct fault *f)
{
    struct judge_told j = { 0 };
    struct cert_list held;
    enum err e;

    TRY(told_held_crls(s, heeding->out_dir, &held, f));
    TRY(judge_told_init(&j, s, msg, f));
    j.held = held;
    e = take(&j, msg, out, f);
    trust_free(j.trust);
    return e;
}

static enum err use(struct station *s, const struct client_heeding *heeding,
                    struct client_announced *out, struct fault *f)
{
    const char *dir = heeding->out_dir;

    if (dir != NULL && out->update != NULL)
        TRY(told_save_update(s, dir, out->update, &out->files, f));
    if (dir != NULL && out->cert != NULL)
        TRY(told_save_certs(s, dir, "announced.pem",
                            (struct span_list){ &out->cert->cert.der, 1 },
                            &out->files, f));
    if (dir != NULL)
        TRY(told_save_crls(s, dir, out->crls, out->num_crls, &out->files, f));
    if (out->update == NULL || !heeding->install)
        return ERR_OK;
    TRY(update_install(s, out->update, f));
    out->is_installed = true;
    return ERR_OK;
}

/* The operator's certificates help to build paths, where there are any. */
static enum err begin(struct station *s, struct fault *f)
{
    struct pair pair;
    enum err e;

    pending_done(&s->pending);
    arena_reset(s->arena);
    arena_reset(s->scratch);
    s->pending = (struct pending){ .machine.request = CMP_GENM };
    TRY(trust_load(s, CMP_GENM, f));
    e = pair_load(s->dir, s->arena, &pair, f);
    if (e == ERR_OK)
        s->own.chain = pair.chain;
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

enum err station_heed(struct station *s, struct span message,
                      const struct client_heeding *heeding,
                      struct client_announced *out, struct fault *f)
{
    struct client_cert_told signer;
    struct cmp_message msg;
    struct span copy;
    enum err e;

    TRY(begin(s, f));
    copy = arena_copy(s->arena, message);
    if (span_is_absent(copy))
        return fault_set(f, ERR_NO_MEM, "announcement");
    e = cmp_message_read(copy, s->arena, &msg, f);
    if (e != ERR_OK && e != ERR_NO_MEM)
        rule_name(f, RULE_REPLY_IS_DER);
    TRY(e);
    TRY(check_signer(s, &msg, &signer, f));
    TRY(check_whole(s, &msg, f));
    *out = (struct client_announced){ .body = msg.body.type,
                                      .made_at = msg.header.message_time,
                                      .signer = signer };
    TRY(judge(s, &msg, heeding, out, f));
    return use(s, heeding, out, f);
}
