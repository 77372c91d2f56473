#include "service/tell.h"

#include "base/limits.h"
#include "profile/info.h"
#include "service/offers.h"

enum err tell_bad_value(struct job *job, enum oid id)
{
    return rule_break(&job->fault, RULE_INFO_VALUE_IS_RIGHT, "body.genm",
                      "%s with a value that it does not have", oid_name(id));
}

enum err tell_no_memory(struct job *job, enum err e)
{
    return fault_set(&job->fault, e, "genp");
}

enum err tell_finish(struct job *job, struct der_writer *w,
                     struct tell_answer *out)
{
    enum err e = der_finish(w, &out->value);

    return e == ERR_OK ? ERR_OK : tell_no_memory(job, e);
}

/* --- certificates --- */

/* The issuing CA and those above it, the root left out: that is not for a genp
 * to say (RFC 9483, 4.3.1). */
static enum err answer_ca_certs(struct worker *w, struct job *job,
                                struct span asked, struct tell_answer *out)
{
    const struct issuer *issuer = job->profile->issuer;
    struct span list[LIMIT_EXTRA_CERTS];
    struct span_list certs = { list, 0 };
    struct der_writer writer;

    (void)w;
    (void)asked;
    list[certs.num++] = issuer->certificate;
    for (size_t i = 0; i + 1 < issuer->num_chain; i++)
        if (certs.num < LIMIT_EXTRA_CERTS)
            list[certs.num++] = issuer->chain[i];
    der_writer_init(&writer, job->arena, LIMIT_GENP_LEN);
    span_list_put(&writer, &certs);
    return tell_finish(job, &writer, out);
}

static enum err put_update(struct job *job, bool is_v3, struct tell_answer *out)
{
    const struct offers *offers = &job->profile->offers;
    struct ca_key_update update = {
        .is_v3 = is_v3,
        .new_with_new = offers->new_root,
        .new_with_old = offers->new_with_old,
        .old_with_new = offers->old_with_new,
    };
    struct der_writer writer;

    der_writer_init(&writer, job->arena, LIMIT_GENP_LEN);
    ca_key_update_put_value(&writer, &update);
    return tell_finish(job, &writer, out);
}

static enum err answer_root_update(struct worker *w, struct job *job,
                                   struct span asked, struct tell_answer *out)
{
    struct x509_cert root;

    if (!span_is_absent(asked) && x509_read(asked, job->arena, &root) != ERR_OK)
        return tell_bad_value(job, OID_ID_IT_ROOT_CA_CERT);
    if (!offers_update(&job->profile->offers,
                       span_is_absent(asked) ? NULL : &root, w->cx))
        return ERR_OK;
    return put_update(job, true, out);
}

/* The form of before needs all three. */
static enum err answer_old_update(struct worker *w, struct job *job,
                                  struct span asked, struct tell_answer *out)
{
    (void)asked;
    if (!offers_update(&job->profile->offers, NULL, w->cx) ||
        span_is_absent(job->profile->offers.old_with_new))
        return ERR_OK;
    return put_update(job, false, out);
}

static enum err answer_encryption(struct worker *w, struct job *job,
                                  struct span asked, struct tell_answer *out)
{
    (void)w;
    (void)asked;
    out->value = job->profile->offers.encryption_certificate;
    return ERR_OK;
}

/* --- CRLs --- */

/* The CRL as the keeper holds it; absent: none yet, or none newer. */
static enum err find_crl(struct worker *w, struct job *job,
                         const struct issuer *issuer, const int64_t *since,
                         struct span *out)
{
    struct buf held;
    int64_t this_update = 0;
    enum err e;

    buf_init(&held, LIMIT_GENP_LEN);
    e = w->line->crl(w->line->crl_arg, issuer, &held, &this_update);
    if (e == ERR_OK && (since == NULL || this_update > *since)) {
        *out = arena_copy(job->arena, buf_span(&held));
        e = span_is_absent(*out) ? ERR_NO_MEM : ERR_OK;
    }
    buf_done(&held);
    if (e == ERR_LIMIT)
        return rule_break(&job->fault, RULE_ANSWER_FITS, "body.genm",
                          "a CRL that is longer than %zu octets",
                          LIMIT_GENP_LEN);
    return e == ERR_OK || e == ERR_NOT_FOUND ? ERR_OK : tell_no_memory(job, e);
}

static enum err answer_current_crl(struct worker *w, struct job *job,
                                   struct span asked, struct tell_answer *out)
{
    (void)asked;
    return find_crl(w, job, job->profile->issuer, NULL, &out->value);
}

/* A name is a key to what is here: nothing is fetched by it. */
static bool is_named(const struct issuer *issuer, const struct crl_status *s)
{
    const char *url = issuer->config->crl.url;

    for (size_t i = 0; i < s->names.num; i++) {
        const struct general_name *name = &s->names.list[i];

        if (name->type == GN_DIRECTORY &&
            name_is_equal(name->value, ca_subject(issuer->ca)))
            return true;
        if (name->type == GN_URI && url != NULL &&
            s->source == CRL_SOURCE_FULL_NAME &&
            span_is_equal(name->value, span_str(url)))
            return true;
    }
    return false;
}

static enum err collect_crls(struct worker *w, struct job *job,
                             const struct crl_status_list *asked,
                             struct span *list, size_t *num)
{
    const struct authority *au = w->line->authority;

    for (size_t i = 0; i < au->num_issuers; i++) {
        const struct crl_status *s = NULL;
        struct span crl = SPAN_NONE;

        for (size_t k = 0; k < asked->num && s == NULL; k++)
            if (is_named(&au->issuers[i], &asked->list[k]))
                s = &asked->list[k];
        if (s == NULL || *num == LIMIT_CRLS)
            continue;
        TRY(find_crl(w, job, &au->issuers[i],
                     s->has_this_update ? &s->this_update : NULL, &crl));
        if (!span_is_absent(crl))
            list[(*num)++] = crl;
    }
    return ERR_OK;
}

static enum err answer_crls(struct worker *w, struct job *job,
                            struct span asked, struct tell_answer *out)
{
    struct der in = der_open(asked, NULL);
    struct crl_status_list statuses;
    struct span list[LIMIT_CRLS];
    struct span_list crls = { list, 0 };
    struct der_writer writer;

    if (crl_status_list_read(&in, job->arena, &statuses) != ERR_OK)
        return tell_bad_value(job, OID_ID_IT_CRL_STATUS_LIST);
    TRY(collect_crls(w, job, &statuses, list, &crls.num));
    if (crls.num == 0)
        return ERR_OK;
    der_writer_init(&writer, job->arena, LIMIT_REQUEST_ARENA / 4);
    span_list_put(&writer, &crls);
    return tell_finish(job, &writer, out);
}

/* --- languages --- */

/* info_check has seen that there is one. */
static enum err answer_languages(struct worker *w, struct job *job,
                                 struct span asked, struct tell_answer *out)
{
    struct der in = der_open(asked, NULL);
    struct text_list tags;
    struct span english;
    struct der_writer writer;

    (void)w;
    if (text_list_read(&in, job->arena, &tags) != ERR_OK)
        return tell_bad_value(job, OID_ID_IT_SUPP_LANG_TAGS);
    english = info_find_english(&tags);
    der_writer_init(&writer, job->arena, english.len + 32);
    text_list_put(&writer, &(struct text_list){ &english, 1 });
    return tell_finish(job, &writer, out);
}

/* --- the table --- */

/* What is not here is not supported: KemCiphertextInfo; what belongs into a
 * header or an answer. */
const struct tell_row tell_rows[] = {
    { OID_ID_IT_CA_PROT_ENC_CERT, OID_ID_IT_CA_PROT_ENC_CERT,
      CONFIG_OFFER_CA_PROT_ENC_CERT, true, answer_encryption },
    { OID_ID_IT_SIGN_KEY_PAIR_TYPES, OID_ID_IT_SIGN_KEY_PAIR_TYPES,
      CONFIG_OFFER_SIGN_KEY_PAIR_TYPES, true, tell_sign_types },
    { OID_ID_IT_ENC_KEY_PAIR_TYPES, OID_ID_IT_ENC_KEY_PAIR_TYPES,
      CONFIG_OFFER_ENC_KEY_PAIR_TYPES, true, tell_enc_types },
    { OID_ID_IT_PREFERRED_SYMM_ALG, OID_ID_IT_PREFERRED_SYMM_ALG,
      CONFIG_OFFER_PREFERRED_SYMM_ALG, true, tell_symmetric },
    { OID_ID_IT_CA_KEY_UPDATE_INFO, OID_ID_IT_CA_KEY_UPDATE_INFO,
      CONFIG_OFFER_ROOT_CA_CERT, false, answer_old_update },
    { OID_ID_IT_CURRENT_CRL, OID_ID_IT_CURRENT_CRL, CONFIG_OFFER_CRLS, false,
      answer_current_crl },
    { OID_ID_IT_KEY_PAIR_PARAM_REQ, OID_ID_IT_KEY_PAIR_PARAM_REP,
      CONFIG_OFFER_KEY_PAIR_PARAM, false, tell_key_param },
    { OID_ID_IT_SUPP_LANG_TAGS, OID_ID_IT_SUPP_LANG_TAGS,
      CONFIG_OFFER_SUPP_LANG_TAGS, false, answer_languages },
    { OID_ID_IT_CA_CERTS, OID_ID_IT_CA_CERTS, CONFIG_OFFER_CA_CERTS, false,
      answer_ca_certs },
    { OID_ID_IT_CERT_REQ_TEMPLATE, OID_ID_IT_CERT_REQ_TEMPLATE,
      CONFIG_OFFER_CERT_REQ_TEMPLATE, false, tell_template },
    { OID_ID_IT_ROOT_CA_CERT, OID_ID_IT_ROOT_CA_KEY_UPDATE,
      CONFIG_OFFER_ROOT_CA_CERT, true, answer_root_update },
    { OID_ID_IT_CRL_STATUS_LIST, OID_ID_IT_CRLS, CONFIG_OFFER_CRLS, false,
      answer_crls },
    { OID_ID_IT_REV_PASSPHRASE, OID_ID_IT_REV_PASSPHRASE, CONFIG_OFFER_APART,
      false, tell_passphrase },
};
const size_t tell_num_rows = sizeof(tell_rows) / sizeof(tell_rows[0]);

static bool is_offered(const struct config_profile *config,
                       const struct tell_row *row)
{
    uint32_t offered = config->general.offered;

    if (row->offer == CONFIG_OFFER_APART)
        return config->revocation_passphrases;
    return offered == 0 || (offered & row->offer) != 0;
}

const struct tell_row *tell_find(const struct config_profile *config,
                                 enum oid asked)
{
    for (size_t i = 0; i < tell_num_rows; i++)
        if (tell_rows[i].asked == asked && is_offered(config, &tell_rows[i]))
            return &tell_rows[i];
    return NULL;
}
