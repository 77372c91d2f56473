#include "profile/info.h"

#include "asn1/itav.h"

struct question {
    const struct info_type_value *asked;
    const struct profile *profile;
    struct arena *arena;
};

static enum err bad_value(const struct question *q, struct fault *f)
{
    return rule_break(f, RULE_INFO_VALUE_IS_RIGHT, "body.genm",
                      "%s with a value that it does not have",
                      oid_name(q->asked->id));
}

/* --- values --- */

static enum err check_root(const struct question *q, struct fault *f)
{
    struct x509_cert root = { 0 };

    return x509_read(q->asked->value, q->arena, &root) == ERR_OK
               ? ERR_OK
               : bad_value(q, f);
}

static enum err check_key_param(const struct question *q, struct fault *f)
{
    struct der in = der_open(q->asked->value, NULL);
    struct span oid;

    return der_oid(&in, &oid) == ERR_OK && der_end(&in) == ERR_OK
               ? ERR_OK
               : bad_value(q, f);
}

static enum err check_crls(const struct question *q, struct fault *f)
{
    struct der in = der_open(q->asked->value, NULL);
    struct crl_status_list list;

    return crl_status_list_read(&in, q->arena, &list) == ERR_OK &&
                   der_end(&in) == ERR_OK &&
                   (list.num <= 1 || q->profile->max_requests > 1)
               ? ERR_OK
               : bad_value(q, f);
}

static bool is_english(struct span tag)
{
    return tag.len >= 2 && (tag.ptr[0] | 0x20) == 'e' &&
           (tag.ptr[1] | 0x20) == 'n' && (tag.len == 2 || tag.ptr[2] == '-');
}

struct span info_find_english(const struct text_list *tags)
{
    for (size_t i = 0; i < tags->num; i++)
        if (is_english(tags->list[i]))
            return tags->list[i];
    return SPAN_NONE;
}

static enum err check_languages(const struct question *q, struct fault *f)
{
    struct der in = der_open(q->asked->value, NULL);
    struct text_list tags;

    if (text_list_read(&in, q->arena, &tags) != ERR_OK ||
        der_end(&in) != ERR_OK)
        return bad_value(q, f);
    if (!span_is_absent(info_find_english(&tags)))
        return ERR_OK;
    return rule_break(f, RULE_LANGUAGE_IS_SPOKEN, "body.genm", "%zu others",
                      tags.num);
}

/* --- the table --- */

enum takes {
    TAKES_NOTHING,
    TAKES_ANY, /* a value or none */
    TAKES_VALUE
};

static const struct {
    enum oid id;
    enum takes takes;
    enum err (*check)(const struct question *q, struct fault *f);
} rows[] = {
    { OID_ID_IT_CA_PROT_ENC_CERT, TAKES_NOTHING, NULL },
    { OID_ID_IT_SIGN_KEY_PAIR_TYPES, TAKES_NOTHING, NULL },
    { OID_ID_IT_ENC_KEY_PAIR_TYPES, TAKES_NOTHING, NULL },
    { OID_ID_IT_PREFERRED_SYMM_ALG, TAKES_NOTHING, NULL },
    { OID_ID_IT_CA_KEY_UPDATE_INFO, TAKES_NOTHING, NULL },
    { OID_ID_IT_CURRENT_CRL, TAKES_NOTHING, NULL },
    { OID_ID_IT_KEY_PAIR_PARAM_REQ, TAKES_VALUE, check_key_param },
    { OID_ID_IT_REV_PASSPHRASE, TAKES_VALUE, NULL },
    { OID_ID_IT_SUPP_LANG_TAGS, TAKES_VALUE, check_languages },
    { OID_ID_IT_CA_CERTS, TAKES_NOTHING, NULL },
    { OID_ID_IT_CERT_REQ_TEMPLATE, TAKES_NOTHING, NULL },
    { OID_ID_IT_ROOT_CA_CERT, TAKES_ANY, check_root },
    { OID_ID_IT_CRL_STATUS_LIST, TAKES_VALUE, check_crls },
};

enum err info_check(const struct info_type_value *asked,
                    const struct profile *profile, struct arena *a,
                    struct fault *f)
{
    const struct question q = { asked, profile, a };
    bool has_value = !span_is_absent(asked->value);

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        if (rows[i].id != asked->id)
            continue;
        if (has_value ? rows[i].takes == TAKES_NOTHING
                      : rows[i].takes == TAKES_VALUE)
            return bad_value(&q, f);
        return has_value && rows[i].check != NULL ? rows[i].check(&q, f)
                                                  : ERR_OK;
    }
    return ERR_OK;
}
