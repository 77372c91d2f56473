/*
 * What came in a genp or an announcement: what crypto finds about it, for the
 * rules to judge.
 */
#include "client/told.h"

enum err judge_told_init(struct judge_told *j, struct station *s,
                         const struct cmp_message *msg, struct fault *f)
{
    struct span *list = arena_array(
        s->scratch, 1 + s->own.chain.num + msg->num_extra_certs, sizeof(*list));
    size_t n = 0;

    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "certificates");
    for (size_t i = 0; i < msg->num_extra_certs; i++)
        list[n++] = msg->extra_certs[i];
    for (size_t i = 0; i < s->own.chain.num; i++)
        list[n++] = s->own.chain.list[i];
    *j = (struct judge_told){
        .s = s, .arena = s->arena, .pool = { list, n }, .held = s->crls
    };
    return trust_make(s, s->roots, &j->trust, f);
}

/* What a broken rule says, as a refusal. */
static enum err refuse(const struct fault *why, struct fault *f)
{
    *f = *why;
    f->err = ERR_REFUSED;
    return ERR_REFUSED;
}

/* False, with the reason, is a fact; a failure is ours. */
static enum err find_path(struct judge_told *j, struct span der, bool *found,
                          const char **why, struct fault *f)
{
    struct fault reason = { .text = "revoked" };
    struct path path;
    enum err e =
        path_check(j->s->cx, j->trust, station_now(j->s), der, j->pool.list,
                   j->pool.num, j->s->scratch, &path, &reason);

    if (e != ERR_OK && err_whose(e) == WHOSE_OURS) {
        *f = reason;
        return e;
    }
    *found = e == ERR_OK && path.revocation != REVOCATION_REVOKED;
    *why = arena_printf(j->arena, "%s", reason.text);
    return *why == NULL ? fault_set(f, ERR_NO_MEM, "path") : ERR_OK;
}

/* --- certificates --- */

static enum err describe(struct judge_told *j, struct span der,
                         struct client_cert_told *out, struct told_cert *facts,
                         struct fault *f)
{
    facts->cert = NULL;
    if (x509_read(der, j->arena, &out->cert) != ERR_OK)
        return ERR_OK;
    facts->cert = &out->cert;
    TRY(cert_id(j->s->cx, der, out->id, f));
    TRY(find_path(j, der, &facts->is_trusted, &facts->path_text, f));
    out->is_trusted = facts->is_trusted;
    return ERR_OK;
}

static enum err cert_judge(struct judge_told *j, struct span der,
                           enum rule_step step, struct client_cert_told *out,
                           struct fault *f)
{
    struct client_cert_told told = { 0 };
    struct told_cert facts = { 0 };
    const struct told_judged in = { .cert = &facts, .now = station_now(j->s) };
    struct fault why = { 0 };

    TRY(describe(j, der, &told, &facts, f));
    if (told_rules_check(step, &in, &why) != NULL)
        return refuse(&why, f);
    *out = told;
    return ERR_OK;
}

enum err ca_judge(struct judge_told *j, struct span der,
                  struct client_cert_told *out, struct fault *f)
{
    return cert_judge(j, der, STEP_TOLD_CA, out, f);
}

enum err target_judge(struct judge_told *j, struct span der,
                      struct client_cert_told *out, struct fault *f)
{
    return cert_judge(j, der, STEP_TOLD_TARGET, out, f);
}

enum err cert_describe(struct judge_told *j, struct span der,
                       struct client_cert_told *out, struct fault *f)
{
    struct told_cert facts = { 0 };

    TRY(describe(j, der, out, &facts, f));
    if (facts.cert != NULL)
        return ERR_OK;
    fault_set(f, ERR_REFUSED, "a certificate that cannot be read");
    rule_name(f, RULE_ANNOUNCED_CERT_IS_READABLE);
    return ERR_REFUSED;
}

/* --- an update of the root --- */

static bool is_signed_by(struct station *s, const struct x509_cert *cert,
                         const struct x509_cert *signer)
{
    return name_is_equal(cert->issuer, signer->subject) &&
           sig_verify(s->cx, &signer->spki, &cert->sig_alg, cert->tbs,
                      cert->signature, NULL) == ERR_OK;
}

static enum err read_cert(struct judge_told *j, struct span der,
                          struct client_cert_told *out,
                          const struct x509_cert **cert, struct fault *f)
{
    *cert = NULL;
    if (span_is_absent(der) || x509_read(der, j->arena, &out->cert) != ERR_OK)
        return ERR_OK;
    *cert = &out->cert;
    return cert_id(j->s->cx, der, out->id, f);
}

/*
 * The root in force that signed newWithOld, directly: a path would do with any
 * CA below it.
 */
static enum err find_old(struct judge_told *j, struct told_update *facts,
                         struct fault *f)
{
    struct x509_cert *root = arena_alloc(j->arena, sizeof(*root));

    if (root == NULL)
        return fault_set(f, ERR_NO_MEM, "root");
    for (size_t i = 0; i < j->s->roots.num; i++) {
        if (span_is_equal(j->s->roots.list[i], facts->fresh->der))
            facts->is_held = true;
        if (facts->old != NULL ||
            x509_read(j->s->roots.list[i], j->arena, root) != ERR_OK ||
            !is_signed_by(j->s, facts->linked, root))
            continue;
        facts->old = root;
        root = arena_alloc(j->arena, sizeof(*root));
        if (root == NULL)
            return fault_set(f, ERR_NO_MEM, "root");
    }
    return ERR_OK;
}

static enum err fill_update(struct judge_told *j,
                            const struct ca_key_update *update,
                            struct client_update *out,
                            struct told_update *facts, struct fault *f)
{
    TRY(read_cert(j, update->new_with_new, &out->fresh, &facts->fresh, f));
    TRY(read_cert(j, update->new_with_old, &out->linked, &facts->linked, f));
    TRY(read_cert(j, update->old_with_new, &out->back, &facts->back, f));
    facts->has_back = out->has_back = !span_is_absent(update->old_with_new);
    if (facts->fresh == NULL)
        return ERR_OK;
    facts->fresh_is_self_signed = is_self_signed(j->s, facts->fresh);
    facts->fresh_key_is_fit =
        pubkey_check(j->s->cx, &facts->fresh->spki, NULL) == ERR_OK;
    if (facts->back != NULL)
        facts->back_verifies = is_signed_by(j->s, facts->back, facts->fresh);
    return facts->linked == NULL ? ERR_OK : find_old(j, facts, f);
}

enum err update_judge(struct judge_told *j, const struct ca_key_update *update,
                      struct client_update *out, struct fault *f)
{
    struct told_update facts = { 0 };
    const struct told_judged in = { .update = &facts,
                                    .now = station_now(j->s) };
    struct fault why = { 0 };

    *out = (struct client_update){ 0 };
    TRY(fill_update(j, update, out, &facts, f));
    if (told_rules_check(STEP_TOLD_UPDATE, &in, &why) != NULL)
        return refuse(&why, f);
    out->old = facts.old->der;
    out->old_subject = facts.old->subject;
    return ERR_OK;
}

/* --- CRLs --- */

bool crl_newest(struct cert_list crls, struct span issuer, struct arena *a,
                int64_t *this_update)
{
    struct x509_crl crl;
    bool found = false;

    for (size_t i = 0; i < crls.num; i++) {
        if (x509_crl_read(crls.list[i], a, &crl) != ERR_OK ||
            !name_is_equal(crl.issuer, issuer) ||
            (found && crl.this_update <= *this_update))
            continue;
        *this_update = crl.this_update;
        found = true;
    }
    return found;
}

/* One that bears the issuer's name; kept until one comes whose key verifies. */
static enum err try_issuer(struct judge_told *j, const struct x509_crl *crl,
                           struct span der, struct told_crl *facts,
                           size_t *tries, struct fault *f)
{
    struct x509_cert *cert = arena_alloc(j->arena, sizeof(*cert));
    const char *why;

    if (cert == NULL)
        return fault_set(f, ERR_NO_MEM, "CRL");
    if (facts->issuer_is_trusted || *tries == LIMIT_PATH_CERTS ||
        x509_read(der, j->arena, cert) != ERR_OK ||
        !name_is_equal(cert->subject, crl->issuer))
        return ERR_OK;
    ++*tries;
    if (facts->issuer == NULL)
        facts->issuer = cert;
    if (sig_verify(j->s->cx, &cert->spki, &crl->sig_alg, crl->tbs,
                   crl->signature, NULL) != ERR_OK)
        return ERR_OK;
    facts->issuer = cert;
    facts->signature_holds = true;
    return find_path(j, der, &facts->issuer_is_trusted, &why, f);
}

static enum err fill_crl(struct judge_told *j, const struct x509_crl *crl,
                         struct told_crl *facts, struct fault *f)
{
    size_t tries = 0;

    facts->crl = crl;
    for (size_t i = 0; i < j->s->roots.num; i++)
        TRY(try_issuer(j, crl, j->s->roots.list[i], facts, &tries, f));
    for (size_t i = 0; i < j->pool.num; i++)
        TRY(try_issuer(j, crl, j->pool.list[i], facts, &tries, f));
    facts->has_held =
        crl_newest(j->held, crl->issuer, j->arena, &facts->held_update);
    return ERR_OK;
}

enum err crl_judge(struct judge_told *j, struct span der,
                   const struct client_question *question, struct x509_crl *out,
                   struct fault *f)
{
    static const struct client_question nothing = { 0 };
    struct x509_crl crl;
    struct told_crl facts = { 0 };
    const struct told_judged in = { .question =
                                        question == NULL ? &nothing : question,
                                    .crl = &facts,
                                    .now = station_now(j->s) };
    struct fault why = { 0 };

    if (x509_crl_read(der, j->arena, &crl) == ERR_OK)
        TRY(fill_crl(j, &crl, &facts, f));
    if (told_rules_check(STEP_TOLD_CRL, &in, &why) != NULL)
        return refuse(&why, f);
    *out = crl;
    return ERR_OK;
}
