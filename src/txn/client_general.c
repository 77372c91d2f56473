#include "txn/client_general.h"

#include <assert.h>

#include "txn/internal.h"

typedef enum err read_told(struct der *in, struct arena *a,
                           struct client_told_one *out);

/* --- values --- */

static enum err read_certs(struct der *in, struct arena *a,
                           struct client_told_one *out)
{
    return ca_certs_read(in, a, &out->certs);
}

static enum err read_crls(struct der *in, struct arena *a,
                          struct client_told_one *out)
{
    return crls_read(in, a, &out->crls);
}

/* One whole element as a list of it. */
static enum err read_whole(struct der *in, struct arena *a,
                           struct span_list *out)
{
    struct span *one = arena_alloc(a, sizeof(*one));

    if (one == NULL)
        return ERR_NO_MEM;
    TRY(der_element(in, DER_SEQUENCE, one));
    *out = (struct span_list){ one, 1 };
    return ERR_OK;
}

static enum err read_cert(struct der *in, struct arena *a,
                          struct client_told_one *out)
{
    return read_whole(in, a, &out->certs);
}

static enum err read_crl(struct der *in, struct arena *a,
                         struct client_told_one *out)
{
    return read_whole(in, a, &out->crls);
}

static enum err read_update(struct der *in, struct arena *a,
                            struct client_told_one *out)
{
    (void)a;
    return ca_key_update_v3_read(in, &out->update);
}

static enum err read_old_update(struct der *in, struct arena *a,
                                struct client_told_one *out)
{
    (void)a;
    return ca_key_update_v2_read(in, &out->update);
}

static enum err read_template(struct der *in, struct arena *a,
                              struct client_told_one *out)
{
    return cert_req_template_read(in, a, &out->cert_template);
}

static enum err read_algs(struct der *in, struct arena *a,
                          struct client_told_one *out)
{
    return alg_list_read(in, a, &out->algs);
}

static enum err read_alg(struct der *in, struct arena *a,
                         struct client_told_one *out)
{
    struct alg_id *one = arena_alloc(a, sizeof(*one));

    if (one == NULL)
        return ERR_NO_MEM;
    TRY(alg_id_read(in, one));
    out->algs = (struct alg_list){ one, 1 };
    return ERR_OK;
}

static enum err read_languages(struct der *in, struct arena *a,
                               struct client_told_one *out)
{
    return text_list_read(in, a, &out->languages);
}

/* What is told without a value. */
static enum err read_none(struct der *in, struct arena *a,
                          struct client_told_one *out)
{
    (void)in;
    (void)a;
    (void)out;
    return ERR_BAD_DER;
}

/* --- topics --- */

static const struct {
    const char *name;
    enum oid asked, told;
    read_told *read;
} topics[TOPIC_NUM] = {
    [TOPIC_CA_CERTS] = { "caCerts", OID_ID_IT_CA_CERTS, OID_ID_IT_CA_CERTS,
                         read_certs },
    [TOPIC_ROOT_UPDATE] = { "rootCaCert", OID_ID_IT_ROOT_CA_CERT,
                            OID_ID_IT_ROOT_CA_KEY_UPDATE, read_update },
    [TOPIC_OLD_UPDATE] = { "caKeyUpdateInfo", OID_ID_IT_CA_KEY_UPDATE_INFO,
                           OID_ID_IT_CA_KEY_UPDATE_INFO, read_old_update },
    [TOPIC_TEMPLATE] = { "certReqTemplate", OID_ID_IT_CERT_REQ_TEMPLATE,
                         OID_ID_IT_CERT_REQ_TEMPLATE, read_template },
    [TOPIC_CRLS] = { "crlStatusList", OID_ID_IT_CRL_STATUS_LIST, OID_ID_IT_CRLS,
                     read_crls },
    [TOPIC_CURRENT_CRL] = { "currentCRL", OID_ID_IT_CURRENT_CRL,
                            OID_ID_IT_CURRENT_CRL, read_crl },
    [TOPIC_SIGN_KEYS] = { "signKeyPairTypes", OID_ID_IT_SIGN_KEY_PAIR_TYPES,
                          OID_ID_IT_SIGN_KEY_PAIR_TYPES, read_algs },
    [TOPIC_ENC_KEYS] = { "encKeyPairTypes", OID_ID_IT_ENC_KEY_PAIR_TYPES,
                         OID_ID_IT_ENC_KEY_PAIR_TYPES, read_algs },
    [TOPIC_SYMM_ALG] = { "preferredSymmAlg", OID_ID_IT_PREFERRED_SYMM_ALG,
                         OID_ID_IT_PREFERRED_SYMM_ALG, read_alg },
    [TOPIC_ENC_CERT] = { "caProtEncCert", OID_ID_IT_CA_PROT_ENC_CERT,
                         OID_ID_IT_CA_PROT_ENC_CERT, read_cert },
    [TOPIC_KEY_PARAM] = { "keyPairParam", OID_ID_IT_KEY_PAIR_PARAM_REQ,
                          OID_ID_IT_KEY_PAIR_PARAM_REP, read_alg },
    [TOPIC_LANGUAGE] = { "suppLangTags", OID_ID_IT_SUPP_LANG_TAGS,
                         OID_ID_IT_SUPP_LANG_TAGS, read_languages },
    [TOPIC_PASSPHRASE] = { "revPassphrase", OID_ID_IT_REV_PASSPHRASE,
                           OID_ID_IT_REV_PASSPHRASE, read_none },
};

const char *client_topic_name(enum client_topic topic)
{
    return topics[topic].name;
}

enum client_topic client_topic_find(const char *name)
{
    enum client_topic t = TOPIC_CA_CERTS;

    while (t < TOPIC_NUM && strcmp(topics[t].name, name) != 0)
        t++;
    return t;
}

enum oid client_topic_asked(enum client_topic topic)
{
    return topics[topic].asked;
}

enum oid client_topic_told(enum client_topic topic)
{
    return topics[topic].told;
}

/* --- asking --- */

/* The value that this topic is asked with; absent: none. */
static enum err write_value(const struct client_question *q,
                            enum client_topic topic, struct arena *a,
                            struct span *out)
{
    struct der_writer w;

    if (topic == TOPIC_ROOT_UPDATE || topic == TOPIC_PASSPHRASE) {
        *out = topic == TOPIC_PASSPHRASE ? q->passphrase : q->root;
        return ERR_OK;
    }
    der_writer_init(&w, a, 4096);
    if (topic == TOPIC_CRLS)
        crl_status_list_put(&w, &q->crls);
    else if (topic == TOPIC_KEY_PARAM)
        der_put_oid(&w, q->algorithm);
    else if (topic == TOPIC_LANGUAGE)
        text_list_put(&w, &q->languages);
    else
        return ERR_OK;
    return der_finish(&w, out);
}

static enum err write_infos(const struct client_question *q, struct arena *a,
                            struct info_list *out)
{
    struct info_type_value *list = arena_array(a, TOPIC_NUM, sizeof(*list));
    size_t n = 0;

    if (list == NULL)
        return ERR_NO_MEM;
    for (enum client_topic t = TOPIC_CA_CERTS; t < TOPIC_NUM; t++) {
        if (!q->wants[t])
            continue;
        list[n] = (struct info_type_value){ .id = topics[t].asked };
        list[n].oid = oid_span(list[n].id);
        TRY(write_value(q, t, a, &list[n].value));
        n++;
    }
    *out = (struct info_list){ list, n };
    return ERR_OK;
}

enum err client_ask(struct client *c, const struct client_question *question,
                    struct span recipient, const struct client_credential *own,
                    const struct client_waits *waits, int64_t now,
                    const uint8_t fresh[CLIENT_RANDOM_LEN], struct arena *a,
                    struct client_step *out, struct fault *f)
{
    const struct client_wish wish = { .request = CMP_GENM,
                                      .recipient = recipient,
                                      .profiles = question->profile,
                                      .is_enveloped =
                                          question->wants[TOPIC_PASSPHRASE] };
    struct client_step step = { .action = CLIENT_SEND };
    struct info_list infos;

    if (write_infos(question, a, &infos) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "genm");
    TRY(client_open(c, &wish, own, waits, now, fresh, a, &step, f));
    step.body.general = infos;
    *out = step;
    return ERR_OK;
}

/* --- what is told --- */

static enum client_topic topic_of(enum oid told)
{
    enum client_topic t = TOPIC_CA_CERTS;

    while (t < TOPIC_NUM && topics[t].told != told)
        t++;
    return told == OID_UNKNOWN ? TOPIC_NUM : t;
}

static enum err read_one(enum client_topic topic,
                         const struct info_type_value *info, struct arena *a,
                         struct client_told_one *out)
{
    struct der in;
    enum err e;

    out->is_told = true;
    out->value = info->value;
    if (span_is_absent(info->value))
        return ERR_OK;
    in = der_open(info->value, NULL);
    e = topics[topic].read(&in, a, out);
    out->is_broken = e != ERR_OK || der_end(&in) != ERR_OK;
    return e == ERR_NO_MEM ? e : ERR_OK;
}

static enum err read_unsupported(const struct info_type_value *info,
                                 struct arena *a, struct client_told *out)
{
    struct der in = der_open(info->value, NULL);
    enum err e = oid_list_read(&in, a, &out->unsupported);

    out->has_unsupported = true;
    out->unsupported_is_broken = e != ERR_OK || der_end(&in) != ERR_OK;
    if (out->unsupported_is_broken)
        out->unsupported = (struct span_list){ 0 };
    return e == ERR_NO_MEM ? e : ERR_OK;
}

enum err client_told_read(const struct info_list *infos, struct arena *a,
                          struct client_told *out, struct fault *f)
{
    enum err e = ERR_OK;

    *out = (struct client_told){ 0 };
    for (size_t i = 0; i < infos->num && e == ERR_OK; i++) {
        const struct info_type_value *info = &infos->list[i];
        bool is_list = info->id == OID_ID_IT_UNSUPPORTED_OIDS;
        enum client_topic t = topic_of(info->id);

        if (!is_list && t == TOPIC_NUM)
            out->num_unasked++;
        else if (is_list ? out->has_unsupported : out->of[t].is_told)
            out->num_repeated++;
        else if (is_list)
            e = read_unsupported(info, a, out);
        else
            e = read_one(t, info, a, &out->of[t]);
    }
    return e == ERR_OK ? ERR_OK : fault_set(f, e, "genp");
}
