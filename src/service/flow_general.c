/*
 * genm: what a station wants to know of the authority (RFC 9810, 5.3.19). All
 * of it is at hand: CRLs as the keeper holds them, the rest as configured. A
 * genp changes nothing, so nothing of it is stored, and who asks again gets a
 * new one.
 */
#include "asn1/itav.h"
#include "base/limits.h"
#include "service/line.h"
#include "service/offers.h"

/* What one infoType is answered with. */
struct answer {
    bool is_unsupported;
    struct span value; /* absent: there is nothing to tell */
};

typedef enum err answer_info(struct worker *w, struct job *job,
                             struct span asked, struct answer *out);

static enum err bad_value(struct job *job, enum oid id)
{
    return rule_break(&job->fault, RULE_INFO_VALUE_IS_RIGHT, "body.genm",
                      "%s with a value that it does not have", oid_name(id));
}

static enum err no_memory(struct job *job, enum err e)
{
    return fault_set(&job->fault, e, "genp");
}

static enum err finish(struct job *job, struct der_writer *w,
                       struct answer *out)
{
    enum err e = der_finish(w, &out->value);

    return e == ERR_OK ? ERR_OK : no_memory(job, e);
}

/* --- certificates --- */

/* The issuing CA and those above it, the root left out: that is not for a genp
 * to say (RFC 9483, 4.3.1). */
static enum err answer_ca_certs(struct worker *w, struct job *job,
                                struct span asked, struct answer *out)
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
    return finish(job, &writer, out);
}

static enum err put_update(struct job *job, bool is_v3, struct answer *out)
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
    return finish(job, &writer, out);
}

static enum err answer_root_update(struct worker *w, struct job *job,
                                   struct span asked, struct answer *out)
{
    struct x509_cert root;

    if (!span_is_absent(asked) && x509_read(asked, job->arena, &root) != ERR_OK)
        return bad_value(job, OID_ID_IT_ROOT_CA_CERT);
    if (!offers_update(&job->profile->offers,
                       span_is_absent(asked) ? NULL : &root, w->cx))
        return ERR_OK;
    return put_update(job, true, out);
}

/* The form of before needs all three. */
static enum err answer_old_update(struct worker *w, struct job *job,
                                  struct span asked, struct answer *out)
{
    (void)asked;
    if (!offers_update(&job->profile->offers, NULL, w->cx) ||
        span_is_absent(job->profile->offers.old_with_new))
        return ERR_OK;
    return put_update(job, false, out);
}

static enum err answer_encryption(struct worker *w, struct job *job,
                                  struct span asked, struct answer *out)
{
    (void)w;
    (void)asked;
    out->value = job->profile->offers.encryption_certificate;
    return ERR_OK;
}

/* --- keys and algorithms --- */

/* A kind of key that the profile certifies: some algorithm of it fits. */
static bool is_certified(const struct profile *p, enum key_kind kind)
{
    if ((p->key_kinds & (1u << kind)) == 0)
        return false;
    for (enum sig_alg alg = SIG_UNKNOWN + 1; alg < SIG_ALG_NUM; alg++)
        if ((p->sig_algs & (1u << alg)) != 0 && sig_alg_fits(alg, kind))
            return true;
    return false;
}

/* Whether a certificate for it may serve encryption, by its keyUsage. */
static bool can_encrypt(const struct config_profile *config, enum key_kind kind)
{
    uint32_t usage = config->key_usage;

    if (kind == KEY_RSA)
        return (usage & CONFIG_KU_KEY_ENCIPHERMENT) != 0;
    return (kind == KEY_EC_P256 || kind == KEY_EC_P384 ||
            kind == KEY_EC_P521) &&
           (usage & CONFIG_KU_KEY_AGREEMENT) != 0;
}

static enum err put_kinds(struct job *job, bool only_encrypting,
                          struct answer *out)
{
    const struct path_profile *p = job->profile;
    struct der_writer writer;
    size_t num = 0;

    der_writer_init(&writer, job->arena, 1024);
    for (enum key_kind kind = KEY_KIND_NUM; kind-- > KEY_UNKNOWN + 1;) {
        if (!is_certified(&p->profile, kind) ||
            (only_encrypting && !can_encrypt(p->config, kind)))
            continue;
        key_kind_put(&writer, kind);
        num++;
    }
    der_put_header(&writer, DER_SEQUENCE, 0);
    out->is_unsupported = num == 0; /* SIZE (1..MAX) */
    return finish(job, &writer, out);
}

static enum err answer_sign_types(struct worker *w, struct job *job,
                                  struct span asked, struct answer *out)
{
    (void)w;
    (void)asked;
    return put_kinds(job, false, out);
}

static enum err answer_enc_types(struct worker *w, struct job *job,
                                 struct span asked, struct answer *out)
{
    (void)w;
    (void)asked;
    return put_kinds(job, true, out);
}

/* AES-256-CBC, what RFC 9481, 5 has first among those that all have; without an
 * IV, since nothing is encrypted here. */
static enum err answer_symmetric(struct worker *w, struct job *job,
                                 struct span asked, struct answer *out)
{
    struct der_writer writer;

    (void)w;
    (void)asked;
    der_writer_init(&writer, job->arena, 32);
    der_put_oid(&writer, oid_span(OID_ID_AES256_CBC));
    der_put_header(&writer, DER_SEQUENCE, 0);
    return finish(job, &writer, out);
}

/* The first kind of key with this algorithm: for EC, the curve to use. */
static enum err answer_key_param(struct worker *w, struct job *job,
                                 struct span asked, struct answer *out)
{
    struct der in = der_open(asked, NULL), alg_in;
    struct der_writer writer;
    struct alg_id alg;
    struct span oid;

    (void)w;
    if (der_oid(&in, &oid) != ERR_OK || der_end(&in) != ERR_OK)
        return bad_value(job, OID_ID_IT_KEY_PAIR_PARAM_REQ);
    for (enum key_kind kind = KEY_UNKNOWN + 1; kind < KEY_KIND_NUM; kind++) {
        struct answer one = { 0 };

        if (!is_certified(&job->profile->profile, kind))
            continue;
        der_writer_init(&writer, job->arena, 64);
        key_kind_put(&writer, kind);
        TRY(finish(job, &writer, &one));
        alg_in = der_open(one.value, NULL);
        if (alg_id_read(&alg_in, &alg) != ERR_OK ||
            !span_is_equal(alg.oid, oid))
            continue;
        *out = one;
        return ERR_OK;
    }
    return ERR_OK;
}

/* --- the template of a request --- */

static enum err template_extensions(struct job *job, const struct names *names,
                                    struct extensions *out)
{
    const struct config_texts *purposes =
        &job->profile->config->extended_key_usage;
    enum oid eku[16];
    uint8_t oid[LIMIT_OID_LEN];
    struct der_writer writer;
    struct span all;
    struct der in;
    size_t len;

    for (size_t i = 0; i < purposes->num; i++) {
        eku[i] = OID_UNKNOWN; /* authority.c has seen that each is known */
        if (oid_parse(purposes->items[i], oid, &len) == ERR_OK)
            eku[i] = oid_find(span_of(oid, len));
    }
    der_writer_init(&writer, job->arena, 4096);
    if (names->num_san > 0)
        ext_put_san(&writer, names->san, names->num_san, false);
    if (purposes->num > 0)
        ext_put_eku(&writer, eku, purposes->num);
    ext_put_key_usage(&writer, job->profile->config->key_usage);
    der_put_header(&writer, DER_SEQUENCE, 0);
    TRY(der_finish(&writer, &all));
    in = der_open(all, NULL);
    return extensions_read(&in, job->arena, out);
}

static enum err template_keys(struct job *job, struct cert_req_template *t)
{
    static const unsigned lengths[] = { 2048, 3072, 4096 };
    const struct profile *p = &job->profile->profile;
    size_t max = KEY_KIND_NUM + sizeof(lengths) / sizeof(lengths[0]);
    struct key_spec *list = arena_array(job->arena, max, sizeof(*list));
    struct der_writer writer;
    struct span value;

    if (list == NULL)
        return ERR_NO_MEM;
    for (enum key_kind kind = KEY_UNKNOWN + 1; kind < KEY_KIND_NUM; kind++) {
        struct key_spec *spec = &list[t->num_key_specs];

        if (kind == KEY_RSA || !is_certified(p, kind))
            continue;
        der_writer_init(&writer, job->arena, 64);
        key_kind_put(&writer, kind);
        TRY(der_finish(&writer, &value));
        spec->id = OID_ID_REG_CTRL_ALG_ID;
        spec->oid = oid_span(spec->id);
        spec->value = value;
        t->num_key_specs++;
    }
    for (size_t i = 0; is_certified(p, KEY_RSA) && i < 3; i++)
        if (lengths[i] >= p->rsa_min_bits && lengths[i] <= p->rsa_max_bits)
            TRY(key_spec_rsa(lengths[i], job->arena,
                             &list[t->num_key_specs++]));
    t->key_specs = list;
    return ERR_OK;
}

static enum err write_template(struct job *job, const struct names *names,
                               struct answer *out)
{
    struct cert_req_template t = { .cert_template.has_extensions = true };
    struct der_writer writer;

    t.cert_template.subject = names->subject;
    TRY(template_extensions(job, names, &t.cert_template.extensions));
    TRY(template_keys(job, &t));
    der_writer_init(&writer, job->arena, 8192);
    cert_req_template_put(&writer, &t);
    return der_finish(&writer, &out->value);
}

/* The very names this station will get; who has none there fills them in. */
static enum err answer_template(struct worker *w, struct job *job,
                                struct span asked, struct answer *out)
{
    struct names names = { .subject = SPAN_LIT("\x30\x00") };
    const struct facts *facts = &job->facts;
    enum err e;

    (void)w;
    (void)asked;
    if (!span_is_absent(facts->serial))
        TRY(naming_by_pattern(job->profile->config, facts->vendor,
                              facts->serial, job->arena, &names, &job->fault));
    e = write_template(job, &names, out);
    return e == ERR_OK ? ERR_OK : no_memory(job, e);
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
    return e == ERR_OK || e == ERR_NOT_FOUND ? ERR_OK : no_memory(job, e);
}

static enum err answer_current_crl(struct worker *w, struct job *job,
                                   struct span asked, struct answer *out)
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
                            struct span asked, struct answer *out)
{
    struct der in = der_open(asked, NULL);
    struct crl_status_list statuses;
    struct span list[LIMIT_CRLS];
    struct span_list crls = { list, 0 };
    struct der_writer writer;

    if (crl_status_list_read(&in, job->arena, &statuses) != ERR_OK ||
        der_end(&in) != ERR_OK ||
        (statuses.num > 1 && job->profile->profile.max_requests == 1))
        return bad_value(job, OID_ID_IT_CRL_STATUS_LIST);
    TRY(collect_crls(w, job, &statuses, list, &crls.num));
    if (crls.num == 0)
        return ERR_OK;
    der_writer_init(&writer, job->arena, LIMIT_REQUEST_ARENA / 4);
    span_list_put(&writer, &crls);
    return finish(job, &writer, out);
}

/* --- languages --- */

/* "en", whatever its case, and what is English of some place. */
static bool is_english(struct span tag)
{
    return tag.len >= 2 && (tag.ptr[0] | 0x20) == 'e' &&
           (tag.ptr[1] | 0x20) == 'n' && (tag.len == 2 || tag.ptr[2] == '-');
}

static enum err answer_languages(struct worker *w, struct job *job,
                                 struct span asked, struct answer *out)
{
    struct der in = der_open(asked, NULL);
    struct text_list tags;
    struct der_writer writer;

    (void)w;
    if (text_list_read(&in, job->arena, &tags) != ERR_OK ||
        der_end(&in) != ERR_OK)
        return bad_value(job, OID_ID_IT_SUPP_LANG_TAGS);
    for (size_t i = 0; i < tags.num; i++) {
        if (!is_english(tags.list[i]))
            continue;
        der_writer_init(&writer, job->arena, tags.list[i].len + 32);
        text_list_put(&writer, &(struct text_list){ &tags.list[i], 1 });
        return finish(job, &writer, out);
    }
    return rule_break(&job->fault, RULE_LANGUAGE_IS_SPOKEN, "body.genm",
                      "%zu others", tags.num);
}

/* --- the table --- */

enum takes {
    TAKES_NOTHING,
    TAKES_ANY, /* a value or none */
    TAKES_VALUE
};

/* What is not here is not supported: revPassphrase, since no passphrase is
 * kept; KemCiphertextInfo; what belongs into a header or an answer. */
static const struct row {
    enum oid asked, told;
    enum takes takes;
    enum config_offer offer;
    bool is_told_unasked; /* by an empty genm (RFC 9810, D.5) */
    answer_info *answer;
} rows[] = {
    { OID_ID_IT_CA_PROT_ENC_CERT, OID_ID_IT_CA_PROT_ENC_CERT, TAKES_NOTHING,
      CONFIG_OFFER_CA_PROT_ENC_CERT, true, answer_encryption },
    { OID_ID_IT_SIGN_KEY_PAIR_TYPES, OID_ID_IT_SIGN_KEY_PAIR_TYPES,
      TAKES_NOTHING, CONFIG_OFFER_SIGN_KEY_PAIR_TYPES, true,
      answer_sign_types },
    { OID_ID_IT_ENC_KEY_PAIR_TYPES, OID_ID_IT_ENC_KEY_PAIR_TYPES, TAKES_NOTHING,
      CONFIG_OFFER_ENC_KEY_PAIR_TYPES, true, answer_enc_types },
    { OID_ID_IT_PREFERRED_SYMM_ALG, OID_ID_IT_PREFERRED_SYMM_ALG, TAKES_NOTHING,
      CONFIG_OFFER_PREFERRED_SYMM_ALG, true, answer_symmetric },
    { OID_ID_IT_CA_KEY_UPDATE_INFO, OID_ID_IT_CA_KEY_UPDATE_INFO, TAKES_NOTHING,
      CONFIG_OFFER_ROOT_CA_CERT, false, answer_old_update },
    { OID_ID_IT_CURRENT_CRL, OID_ID_IT_CURRENT_CRL, TAKES_NOTHING,
      CONFIG_OFFER_CRLS, false, answer_current_crl },
    { OID_ID_IT_KEY_PAIR_PARAM_REQ, OID_ID_IT_KEY_PAIR_PARAM_REP, TAKES_VALUE,
      CONFIG_OFFER_KEY_PAIR_PARAM, false, answer_key_param },
    { OID_ID_IT_SUPP_LANG_TAGS, OID_ID_IT_SUPP_LANG_TAGS, TAKES_VALUE,
      CONFIG_OFFER_SUPP_LANG_TAGS, false, answer_languages },
    { OID_ID_IT_CA_CERTS, OID_ID_IT_CA_CERTS, TAKES_NOTHING,
      CONFIG_OFFER_CA_CERTS, false, answer_ca_certs },
    { OID_ID_IT_CERT_REQ_TEMPLATE, OID_ID_IT_CERT_REQ_TEMPLATE, TAKES_NOTHING,
      CONFIG_OFFER_CERT_REQ_TEMPLATE, false, answer_template },
    { OID_ID_IT_ROOT_CA_CERT, OID_ID_IT_ROOT_CA_KEY_UPDATE, TAKES_ANY,
      CONFIG_OFFER_ROOT_CA_CERT, true, answer_root_update },
    { OID_ID_IT_CRL_STATUS_LIST, OID_ID_IT_CRLS, TAKES_VALUE, CONFIG_OFFER_CRLS,
      false, answer_crls },
};
#define NUM_ROWS (sizeof(rows) / sizeof(rows[0]))

static const struct row *row_of(const struct config_profile *config,
                                enum oid asked)
{
    uint32_t offered = config->general.offered;

    for (size_t i = 0; i < NUM_ROWS; i++)
        if (rows[i].asked == asked &&
            (offered == 0 || (offered & rows[i].offer) != 0))
            return &rows[i];
    return NULL;
}

/* --- 3: find --- */

static enum err find(struct worker *w, struct job *job)
{
    TRY(find_opening(w, job));
    return find_station(w, job);
}

/* --- 7: make --- */

/* What the genp will say. */
struct said {
    struct info_type_value *list;
    struct span *unsupported;
    size_t num, num_unsupported, len;
};

static enum err say(struct job *job, struct said *said, enum oid id,
                    struct span value)
{
    said->list[said->num++] = (struct info_type_value){ .oid = oid_span(id),
                                                        .id = id,
                                                        .value = value };
    said->len += value.len;
    if (said->len <= LIMIT_GENP_LEN)
        return ERR_OK;
    return rule_break(&job->fault, RULE_ANSWER_FITS, "body.genm",
                      "what takes more than %zu octets to tell",
                      LIMIT_GENP_LEN);
}

static enum err answer_one(struct worker *w, struct job *job,
                           const struct info_type_value *asked,
                           struct said *said)
{
    const struct row *row = row_of(job->profile->config, asked->id);
    struct answer out = { .is_unsupported = row == NULL };

    if (row != NULL) {
        if (span_is_absent(asked->value) ? row->takes == TAKES_VALUE
                                         : row->takes == TAKES_NOTHING)
            return bad_value(job, asked->id);
        TRY(row->answer(w, job, asked->value, &out));
    }
    if (!out.is_unsupported)
        return say(job, said, row->told, out.value);
    said->unsupported[said->num_unsupported++] = asked->oid;
    return ERR_OK;
}

/* Whatever there is to tell. */
static enum err answer_nothing(struct worker *w, struct job *job,
                               struct said *said)
{
    for (size_t i = 0; i < NUM_ROWS; i++) {
        struct answer out = { 0 };

        if (!rows[i].is_told_unasked ||
            row_of(job->profile->config, rows[i].asked) == NULL)
            continue;
        TRY(rows[i].answer(w, job, SPAN_NONE, &out));
        if (!out.is_unsupported && !span_is_absent(out.value))
            TRY(say(job, said, rows[i].told, out.value));
    }
    return ERR_OK;
}

static enum err answer_all(struct worker *w, struct job *job, struct said *said)
{
    const struct info_list *asked = &job->msg.body.general;
    struct der_writer writer;
    struct answer out = { 0 };

    if (asked->num == 0)
        return answer_nothing(w, job, said);
    for (size_t i = 0; i < asked->num; i++)
        TRY(answer_one(w, job, &asked->list[i], said));
    if (said->num_unsupported == 0)
        return ERR_OK;
    der_writer_init(&writer, job->arena, LIMIT_GENP_LEN);
    oid_list_put(&writer, &(struct span_list){ said->unsupported,
                                               said->num_unsupported });
    TRY(finish(job, &writer, &out));
    return say(job, said, OID_ID_IT_UNSUPPORTED_OIDS, out.value);
}

static enum err make(struct worker *w, struct job *job)
{
    size_t max = job->msg.body.general.num + NUM_ROWS + 1;
    struct said said = {
        .list = arena_array(job->arena, max, sizeof(*said.list)),
        .unsupported = arena_array(job->arena, max, sizeof(struct span)),
    };

    if (said.list == NULL || said.unsupported == NULL)
        return no_memory(job, ERR_NO_MEM);
    TRY(answer_all(w, job, &said));
    job->said = (struct info_list){ said.list, said.num };
    job->outcome = OUTCOME_ANSWERED;
    return ERR_OK;
}

/* --- 8: reply --- */

static enum err fill(struct worker *w, struct job *job, struct pki_body *body,
                     struct span *tail)
{
    (void)w;
    body->type = job->decision.answer;
    body->general = job->said;
    *tail = job->profile->signer->tail;
    return ERR_OK;
}

const struct flow flow_general = {
    .find = find,
    .make = make,
    .fill = fill,
};
