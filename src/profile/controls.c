/*
 * What a CertRequest says beside its template (RFC 4211, 6). oldCertID is
 * judge.c's; of the others those that promise the station something are looked
 * at, and what is not heeded is said.
 */
#include "profile/internal.h"

#include "base/text.h"

static bool text_parses(struct der *in)
{
    struct span text;

    return der_utf8(in, &text) == ERR_OK;
}

/* SinglePubInfo ::= SEQUENCE { pubMethod, pubLocation GeneralName OPTIONAL } */
static bool pub_info_parses(struct der *in)
{
    struct general_name location;
    struct der seq;
    int64_t method;

    if (der_enter(in, DER_SEQUENCE, &seq) != ERR_OK ||
        der_int64(&seq, &method) != ERR_OK || method < 0 || method > 3)
        return false;
    if (der_has_more(&seq) && general_name_read(&seq, &location) != ERR_OK)
        return false;
    return der_end(&seq) == ERR_OK;
}

enum publication {
    PUBLICATION_DONT = 0,
    PUBLICATION_PLEASE = 1
};

/* With dontPublish there are no pubInfos (RFC 4211, 6.3). */
static bool publication_read(struct der *in, int64_t *action)
{
    struct der seq, infos;

    if (der_enter(in, DER_SEQUENCE, &seq) != ERR_OK ||
        der_int64(&seq, action) != ERR_OK || *action < PUBLICATION_DONT ||
        *action > PUBLICATION_PLEASE)
        return false;
    if (!der_has_more(&seq))
        return true;
    if (*action == PUBLICATION_DONT ||
        der_enter(&seq, DER_SEQUENCE, &infos) != ERR_OK ||
        !der_has_more(&infos))
        return false;
    while (der_has_more(&infos))
        if (!pub_info_parses(&infos))
            return false;
    return der_end(&seq) == ERR_OK;
}

static bool publication_parses(struct der *in)
{
    int64_t action;

    return publication_read(in, &action);
}

static const struct control_row {
    enum oid id;
    bool (*parses)(struct der *in);
} rows[] = {
    { OID_ID_REG_CTRL_REG_TOKEN, text_parses },
    { OID_ID_REG_CTRL_AUTHENTICATOR, text_parses },
    { OID_ID_REG_CTRL_PKI_PUBLICATION_INFO, publication_parses },
};

static const struct control_row *row_of(enum oid id)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].id == id)
            return &rows[i];
    return NULL;
}

static enum verdict broken_control(struct found *found,
                                   const struct attribute *control,
                                   const char *text)
{
    char name[64];

    if (control->id == OID_UNKNOWN)
        oid_format(control->oid, name, sizeof(name));
    else
        text_format(name, sizeof(name), "%s", oid_name(control->id));
    return broken(found, "certReq.controls", "%s%s", name, text);
}

enum verdict check_controls_parse(const struct judged *in, struct found *found)
{
    const struct cert_request *req = &in->req->cert_req;

    for (size_t i = 0; i < req->num_controls; i++) {
        const struct attribute *control = &req->controls[i];
        const struct control_row *row = row_of(control->id);
        struct der value = der_open(control->value, NULL);

        if (row != NULL && (!row->parses(&value) || der_end(&value) != ERR_OK))
            return broken_control(found, control, " that does not parse");
        for (size_t k = 0; k < i; k++)
            if (span_is_equal(req->controls[k].oid, control->oid))
                return broken_control(found, control, " twice");
    }
    return VERDICT_HOLDS;
}

enum verdict check_no_archive(const struct judged *in, struct found *found)
{
    const struct attribute *control =
        control_find(&in->req->cert_req, OID_ID_REG_CTRL_PKI_ARCHIVE_OPTIONS);

    if (control == NULL)
        return VERDICT_HOLDS;
    return broken_control(found, control, "");
}

/* dontPublish is kept: nothing is published. */
static bool is_heeded(const struct attribute *control)
{
    struct der value = der_open(control->value, NULL);
    int64_t action;

    if (control->id == OID_ID_REG_CTRL_PKI_PUBLICATION_INFO)
        return publication_read(&value, &action) && action == PUBLICATION_DONT;
    return control->id == OID_ID_REG_CTRL_OLD_CERT_ID;
}

enum verdict check_controls_heeded(const struct judged *in, struct found *found)
{
    const struct cert_request *req = &in->req->cert_req;

    for (size_t i = 0; i < req->num_controls; i++)
        if (!is_heeded(&req->controls[i]))
            return broken_control(found, &req->controls[i], "");
    return VERDICT_HOLDS;
}
