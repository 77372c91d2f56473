/*
 * A genm: its question from what the station is given, and what becomes of the
 * genp once its protection has been verified.
 */
#include "client/run.h"
#include "client/told.h"

/* --- the question --- */

/* The root to be told of what follows it: the last in force. */
static enum err fill_root(struct station *s, struct client_question *q,
                          struct fault *f)
{
    struct pair pair;
    enum err e = pair_load(s->dir, s->arena, &pair, f);

    q->root = s->roots.list[0];
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    for (size_t i = 0; i < s->roots.num; i++)
        if (e == ERR_OK && span_is_equal(s->roots.list[i], pair.root))
            q->root = s->roots.list[i];
    /* Behind those of the settings stand the ones that followed. */
    if (s->num_configured < s->roots.num)
        q->root = s->roots.list[s->roots.num - 1];
    return ERR_OK;
}

/* The CA the station's certificate is from, else the root. */
static enum err crl_issuer(struct station *s, const char *given,
                           struct span *out, struct fault *f)
{
    struct x509_cert cert;
    struct pair pair;

    if (given != NULL)
        return name_parse(given, s->arena, out, f) == ERR_OK
                   ? ERR_OK
                   : fault_prefix(f, ERR_CONFIG, "issuer");
    if (pair_load(s->dir, s->arena, &pair, NULL) == ERR_OK &&
        x509_read(pair.cert, s->arena, &cert) == ERR_OK) {
        *out = cert.issuer;
        return ERR_OK;
    }
    if (x509_read(s->roots.list[0], s->arena, &cert) != ERR_OK)
        return fault_set(f, ERR_CONFIG, "the operator root cannot be read");
    *out = cert.subject;
    return ERR_OK;
}

static enum err fill_crls(struct station *s, const struct client_asking *given,
                          struct cert_list held, struct client_question *q,
                          struct fault *f)
{
    struct general_name *name = arena_alloc(s->arena, sizeof(*name));
    struct crl_status *status = arena_alloc(s->arena, sizeof(*status));

    if (name == NULL || status == NULL)
        return fault_set(f, ERR_NO_MEM, "crlStatusList");
    *name = (struct general_name){ .type = GN_URI };
    *status = (struct crl_status){ .source = CRL_SOURCE_FULL_NAME,
                                   .names = { name, 1 } };
    if (given->crl_url != NULL) {
        name->value = span_str(given->crl_url);
    } else {
        name->type = GN_DIRECTORY;
        status->source = CRL_SOURCE_ISSUER;
        TRY(crl_issuer(s, given->crl_issuer, &name->value, f));
        status->has_this_update =
            crl_newest(held, name->value, s->arena, &status->this_update);
    }
    q->crls = (struct crl_status_list){ status, 1 };
    return ERR_OK;
}

static enum err fill_texts(struct station *s, const char *const *from,
                           size_t num, struct text_list *out, struct fault *f)
{
    struct span *list = arena_array(s->arena, num + 1, sizeof(*list));

    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "genm");
    for (size_t i = 0; i < num; i++)
        list[i] = span_str(from[i]);
    *out = (struct text_list){ list, num };
    return ERR_OK;
}

static enum err fill_algorithm(struct station *s, const char *dotted,
                               struct client_question *q, struct fault *f)
{
    uint8_t oid[LIMIT_OID_LEN];
    size_t len;

    if (dotted == NULL || oid_parse(dotted, oid, &len) != ERR_OK)
        return fault_set(f, ERR_USAGE,
                         "keyPairParam asks about an algorithm: an OID such as "
                         "1.2.840.10045.2.1");
    q->algorithm = arena_copy(s->arena, span_of(oid, len));
    return span_is_absent(q->algorithm) ? fault_set(f, ERR_NO_MEM, "genm")
                                        : ERR_OK;
}

static enum err fill_question(struct station *s,
                              const struct client_asking *given,
                              struct cert_list held, struct client_question *q,
                              struct fault *f)
{
    size_t num_profiles = given->profile == NULL ? 0 : 1;

    *q = (struct client_question){ 0 };
    memcpy(q->wants, given->wants, sizeof(q->wants));
    if (q->wants[TOPIC_ROOT_UPDATE])
        TRY(fill_root(s, q, f));
    if (q->wants[TOPIC_CRLS])
        TRY(fill_crls(s, given, held, q, f));
    if (q->wants[TOPIC_PASSPHRASE])
        TRY(passphrase_seal(s, given->passphrase, &q->passphrase, f));
    if (q->wants[TOPIC_KEY_PARAM])
        TRY(fill_algorithm(s, given->algorithm, q, f));
    if (q->wants[TOPIC_LANGUAGE] && given->num_languages == 0)
        return fault_set(f, ERR_USAGE,
                         "suppLangTags offers languages: none "
                         "is given");
    TRY(fill_texts(s, given->languages, given->num_languages, &q->languages,
                   f));
    return fill_texts(s, &given->profile, num_profiles, &q->profile, f);
}

enum err question_write(struct station *s, struct asking *asking,
                        const struct client_waits *waits, struct fault *f)
{
    const struct client_credential own = identity_credential(&s->own);
    struct client_answers *out = asking->out;
    uint8_t fresh[CLIENT_RANDOM_LEN];
    struct cert_list extra = { 0 };
    struct client_step step;
    struct span recipient = SPAN_NONE;

    *out = (struct client_answers){ 0 };
    TRY(told_held_crls(s, asking->given->out_dir, &asking->held, f));
    TRY(fill_question(s, asking->given, asking->held, &out->question, f));
    TRY(recipient_find(s, &recipient, f));
    TRY(random_fill(s->cx, fresh, sizeof(fresh), f));
    TRY(client_ask(&s->pending.machine, &out->question, recipient, &own, waits,
                   station_now(s), fresh, s->arena, &step, f));
    TRY(own_certs(s, &extra, f));
    return message_write(s, &step, extra, &s->pending.message, f);
}

/* --- the answers --- */

static enum err judge_certs(struct judge_told *j, struct client_answers *out,
                            struct fault *f)
{
    const struct span_list *cas = &out->told.of[TOPIC_CA_CERTS].certs;
    const struct span_list *targets = &out->told.of[TOPIC_ENC_CERT].certs;
    struct client_cert_told *list =
        arena_array(j->arena, cas->num + 1, sizeof(*list));
    struct client_cert_told *target = arena_alloc(j->arena, sizeof(*target));

    if (list == NULL || target == NULL)
        return fault_set(f, ERR_NO_MEM, "genp");
    for (size_t i = 0; i < cas->num; i++)
        TRY(ca_judge(j, cas->list[i], &list[i], f));
    out->ca_certs = list;
    if (targets->num == 0)
        return ERR_OK;
    TRY(target_judge(j, targets->list[0], target, f));
    out->target = target;
    return ERR_OK;
}

static enum err judge_crls(struct judge_told *j, struct client_answers *out,
                           struct fault *f)
{
    const struct span_list *asked = &out->told.of[TOPIC_CRLS].crls;
    const struct span_list *current = &out->told.of[TOPIC_CURRENT_CRL].crls;
    struct x509_crl *list =
        arena_array(j->arena, asked->num + current->num + 1, sizeof(*list));
    size_t n = 0;

    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "genp");
    for (size_t i = 0; i < asked->num; i++)
        TRY(crl_judge(j, asked->list[i], &out->question, &list[n++], f));
    for (size_t i = 0; i < current->num; i++)
        TRY(crl_judge(j, current->list[i], NULL, &list[n++], f));
    out->crls = list;
    out->num_crls = n;
    return ERR_OK;
}

/* Where both forms are told, they are one update. */
static enum err judge_update(struct judge_told *j, struct client_answers *out,
                             struct fault *f)
{
    static const enum client_topic forms[] = { TOPIC_OLD_UPDATE,
                                               TOPIC_ROOT_UPDATE };
    struct client_update *update = arena_alloc(j->arena, sizeof(*update));

    if (update == NULL)
        return fault_set(f, ERR_NO_MEM, "genp");
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const struct client_told_one *told = &out->told.of[forms[i]];

        if (!told->is_told || span_is_absent(told->value))
            continue;
        TRY(update_judge(j, &told->update, update, f));
        out->update = update;
    }
    return ERR_OK;
}

static enum err judge_all(struct judge_told *j, struct client_answers *out,
                          struct fault *f)
{
    const struct told_judged in = { .question = &out->question,
                                    .told = &out->told };
    struct fault why = { 0 };

    if (told_rules_check(STEP_TOLD, &in, &why) != NULL) {
        *f = why;
        f->err = ERR_REFUSED;
        return ERR_REFUSED;
    }
    if (out->question.wants[TOPIC_PASSPHRASE] &&
        !out->told.of[TOPIC_PASSPHRASE].is_told)
        return fault_clause(f, ERR_REFUSED, "RFC 9810, 5.3.19.9",
                            "the server did not take the passphrase");
    TRY(judge_update(j, out, f));
    TRY(judge_crls(j, out, f));
    return judge_certs(j, out, f);
}

/* --- files --- */

static enum err save_all(struct station *s, struct asking *asking,
                         struct fault *f)
{
    const char *dir = asking->given->out_dir;
    struct client_answers *out = asking->out;
    const struct client_told_one *of = out->told.of;

    if (dir == NULL)
        return ERR_OK;
    TRY(told_save_certs(s, dir, "ca-certs.pem", of[TOPIC_CA_CERTS].certs,
                        &out->files, f));
    TRY(told_save_certs(s, dir, "encryption.pem", of[TOPIC_ENC_CERT].certs,
                        &out->files, f));
    TRY(told_save_crls(s, dir, out->crls, out->num_crls, &out->files, f));
    if (out->update != NULL)
        TRY(told_save_update(s, dir, out->update, &out->files, f));
    return told_save(s, dir, "template.der", of[TOPIC_TEMPLATE].value,
                     &out->files, f);
}

/* The values last longer than the message: what is read is a copy. */
static enum err copy_infos(struct station *s, const struct cmp_message *reply,
                           struct info_list *out, struct fault *f)
{
    struct span copy = arena_copy(s->arena, reply->body.der);
    struct der in = der_open(copy, NULL);
    struct pki_body body;

    if (span_is_absent(copy) || cmp_body_read(&in, s->arena, &body) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "genp");
    *out = body.general;
    return ERR_OK;
}

enum err answers_take(struct station *s, struct asking *asking,
                      const struct cmp_message *reply, struct fault *f)
{
    struct client_answers *out = asking->out;
    struct judge_told j = { 0 };
    struct info_list infos;
    enum err e;

    TRY(copy_infos(s, reply, &infos, f));
    TRY(client_told_read(&infos, s->arena, &out->told, f));
    TRY(judge_told_init(&j, s, reply, f));
    j.held = asking->held;
    e = judge_all(&j, out, f);
    trust_free(j.trust);
    TRY(e);
    TRY(save_all(s, asking, f));
    if (out->update == NULL || !asking->given->install)
        return ERR_OK;
    TRY(update_install(s, out->update, f));
    out->is_installed = true;
    return ERR_OK;
}
