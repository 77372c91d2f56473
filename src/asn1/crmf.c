#include "asn1/crmf.h"

#include "asn1/cmp_internal.h"

/* CertId ::= SEQUENCE { issuer GeneralName, serialNumber INTEGER } */
enum err cert_id_read(struct der *in, struct cert_id *out)
{
    struct cert_id id = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "issuer", general_name_read(&seq, &id.issuer)));
    TRY(der_at(&seq, "serialNumber",
               der_uint(&seq, DER_INTEGER, LIMIT_SERIAL_LEN, &id.serial)));
    TRY(der_end(&seq));
    *out = id;
    return ERR_OK;
}

void cert_id_put(struct der_writer *w, const struct cert_id *id)
{
    size_t mark = der_mark(w);

    der_put_uint(w, DER_INTEGER, id->serial);
    general_name_put(w, &id->issuer);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* AttributeTypeAndValue ::= SEQUENCE { type OID, value ANY } */
static enum err attribute_read(struct der *in, struct attribute *out)
{
    struct attribute attr = { 0 };
    struct der seq;
    unsigned tag;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "type", der_oid(&seq, &attr.oid)));
    TRY(der_at(&seq, "value", der_any(&seq, &tag, &attr.value)));
    TRY(der_end(&seq));
    attr.id = oid_find(attr.oid);
    *out = attr;
    return ERR_OK;
}

/* Controls and regInfo: SEQUENCE SIZE (1..MAX) OF AttributeTypeAndValue */
enum err controls_read(struct der *in, struct arena *a,
                       const struct attribute **out, size_t *num)
{
    struct der seq;
    struct attribute *attrs;
    size_t n = 0;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(list_count_some(&seq, LIMIT_ATTRIBUTES, &n));
    attrs = arena_array(a, n, sizeof(*attrs));
    if (attrs == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < n; i++)
        TRY(der_nth(&seq, i, attribute_read(&seq, &attrs[i])));
    *out = attrs;
    *num = n;
    return ERR_OK;
}

void controls_put(struct der_writer *w, const struct attribute *attrs,
                  size_t num)
{
    size_t mark = der_mark(w);

    for (size_t i = num; i > 0; i--) {
        size_t one = der_mark(w);

        der_put_raw(w, attrs[i - 1].value);
        der_put_oid(w, attrs[i - 1].oid);
        der_put_header(w, DER_SEQUENCE, one);
    }
    der_put_header(w, DER_SEQUENCE, mark);
}

/*
 * CertRequest ::= SEQUENCE {
 *     certReqId     INTEGER,
 *     certTemplate  CertTemplate,
 *     controls      Controls OPTIONAL }
 */
static enum err cert_request_read(struct der *in, struct arena *a,
                                  struct cert_request *out)
{
    struct cert_request req = { 0 };
    struct der seq;

    TRY(enter_whole(in, DER_SEQUENCE, &seq, &req.der));
    TRY(der_at(&seq, "certReqId", der_int64(&seq, &req.cert_req_id)));
    TRY(der_at(&seq, "certTemplate",
               cert_template_read(&seq, a, &req.cert_template)));
    if (der_has_more(&seq))
        TRY(der_at(&seq, "controls",
                   controls_read(&seq, a, &req.controls, &req.num_controls)));
    TRY(der_end(&seq));
    *out = req;
    return ERR_OK;
}

void cert_request_put(struct der_writer *w, const struct cert_request *req)
{
    size_t mark = der_mark(w);

    if (req->num_controls > 0)
        controls_put(w, req->controls, req->num_controls);
    cert_template_put(w, &req->cert_template);
    der_put_int64(w, DER_INTEGER, req->cert_req_id);
    der_put_header(w, DER_SEQUENCE, mark);
}

/*
 * CertReqMsg ::= SEQUENCE {
 *     certReq  CertRequest,
 *     popo     ProofOfPossession OPTIONAL,
 *     regInfo  SEQUENCE SIZE (1..MAX) OF AttributeTypeAndValue OPTIONAL }
 */
static enum err cert_req_msg_read(struct der *in, struct arena *a,
                                  struct cert_req_msg *out)
{
    struct cert_req_msg msg = { .popo.type = POPO_ABSENT };
    struct der seq;

    TRY(enter_whole(in, DER_SEQUENCE, &seq, &msg.der));
    TRY(der_at(&seq, "certReq", cert_request_read(&seq, a, &msg.cert_req)));
    if (der_has_more(&seq) && !der_next_is(&seq, DER_SEQUENCE))
        TRY(der_at(&seq, "popo", popo_read(&seq, &msg.popo)));
    if (der_has_more(&seq))
        TRY(der_at(&seq, "regInfo",
                   controls_read(&seq, a, &msg.reg_info, &msg.num_reg_info)));
    TRY(der_end(&seq));
    *out = msg;
    return ERR_OK;
}

static void cert_req_msg_put(struct der_writer *w,
                             const struct cert_req_msg *msg)
{
    size_t mark = der_mark(w);

    if (msg->num_reg_info > 0)
        controls_put(w, msg->reg_info, msg->num_reg_info);
    if (msg->popo.type != POPO_ABSENT)
        popo_put(w, &msg->popo);
    cert_request_put(w, &msg->cert_req);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* CertReqMessages ::= SEQUENCE SIZE (1..MAX) OF CertReqMsg */
enum err cert_req_msgs_read(struct der *in, struct arena *a,
                            struct cert_req_msgs *out)
{
    struct der seq;
    struct cert_req_msg *msgs;
    size_t n = 0;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(list_count_some(&seq, LIMIT_CERT_REQ_MSGS, &n));
    msgs = arena_array(a, n, sizeof(*msgs));
    if (msgs == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < n; i++)
        TRY(der_nth(&seq, i, cert_req_msg_read(&seq, a, &msgs[i])));
    *out = (struct cert_req_msgs){ msgs, n };
    return ERR_OK;
}

void cert_req_msgs_put(struct der_writer *w, const struct cert_req_msgs *msgs)
{
    size_t mark = der_mark(w);

    for (size_t i = msgs->num; i > 0; i--)
        cert_req_msg_put(w, &msgs->list[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
}

const struct attribute *control_find(const struct cert_request *req,
                                     enum oid id)
{
    for (size_t i = 0; i < req->num_controls; i++) {
        if (req->controls[i].id == id)
            return &req->controls[i];
    }
    return NULL;
}
