#include "asn1/cmp_internal.h"

/*
 * PKIStatusInfo ::= SEQUENCE {
 *     status        PKIStatus, -- INTEGER
 *     statusString  PKIFreeText    OPTIONAL,
 *     failInfo      PKIFailureInfo OPTIONAL } -- BIT STRING, named
 */
enum err status_info_read(struct der *in, struct arena *a,
                          struct pki_status_info *out)
{
    struct pki_status_info s = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "status", der_int64(&seq, &s.status)));
    if (der_next_is(&seq, DER_SEQUENCE))
        TRY(der_at(&seq, "statusString",
                   text_list_read(&seq, a, &s.status_string)));
    s.has_fail_info = der_next_is(&seq, DER_BIT_STRING);
    if (s.has_fail_info)
        TRY(der_at(&seq, "failInfo",
                   der_named_bits(&seq, DER_BIT_STRING, &s.fail_info)));
    TRY(der_end(&seq));
    *out = s;
    return ERR_OK;
}

void status_info_put(struct der_writer *w, const struct pki_status_info *s)
{
    size_t mark = der_mark(w);

    if (s->has_fail_info)
        der_put_named_bits(w, DER_BIT_STRING, s->fail_info);
    if (s->status_string.num > 0)
        text_list_put(w, &s->status_string);
    der_put_int64(w, DER_INTEGER, s->status);
    der_put_header(w, DER_SEQUENCE, mark);
}

static enum err hash_alg_read(struct der *in, struct alg_id *out)
{
    struct alg_id alg;
    struct der tagged;

    TRY(der_enter(in, DER_CTX(0), &tagged));
    TRY(alg_id_read(&tagged, &alg));
    TRY(der_end(&tagged));
    *out = alg;
    return ERR_OK;
}

/*
 * CertStatus ::= SEQUENCE {
 *     certHash    OCTET STRING,
 *     certReqId   INTEGER,
 *     statusInfo  PKIStatusInfo OPTIONAL,
 *     hashAlg [0] AlgorithmIdentifier OPTIONAL }
 */
static enum err cert_status_read(struct der *in, struct arena *a,
                                 struct cert_status *out)
{
    struct cert_status cs = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "certHash",
               octets_read(&seq, LIMIT_ID_LEN, &cs.cert_hash)));
    TRY(der_at(&seq, "certReqId", der_int64(&seq, &cs.cert_req_id)));
    cs.has_status_info = der_next_is(&seq, DER_SEQUENCE);
    if (cs.has_status_info)
        TRY(der_at(&seq, "statusInfo",
                   status_info_read(&seq, a, &cs.status_info)));
    if (der_next_is(&seq, DER_CTX(0)))
        TRY(der_at(&seq, "hashAlg", hash_alg_read(&seq, &cs.hash_alg)));
    TRY(der_end(&seq));
    *out = cs;
    return ERR_OK;
}

static void cert_status_put(struct der_writer *w, const struct cert_status *cs)
{
    size_t whole = der_mark(w);

    if (alg_is_there(&cs->hash_alg)) {
        alg_put(w, &cs->hash_alg);
        der_put_header(w, DER_CTX(0), whole);
    }
    if (cs->has_status_info)
        status_info_put(w, &cs->status_info);
    der_put_int64(w, DER_INTEGER, cs->cert_req_id);
    der_put_octets(w, DER_OCTET_STRING, cs->cert_hash);
    der_put_header(w, DER_SEQUENCE, whole);
}

/* CertConfirmContent ::= SEQUENCE OF CertStatus; an empty one rejects all. */
enum err cert_conf_read(struct der *in, struct arena *a, struct cert_conf *out)
{
    struct der seq;
    struct cert_status *list;
    size_t n = 0;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(list_count(&seq, LIMIT_CERT_STATUS, &n));
    list = arena_array(a, n, sizeof(*list));
    if (list == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < n; i++)
        TRY(der_nth(&seq, i, cert_status_read(&seq, a, &list[i])));
    *out = (struct cert_conf){ list, n };
    return ERR_OK;
}

void cert_conf_put(struct der_writer *w, const struct cert_conf *conf)
{
    size_t mark = der_mark(w);

    for (size_t i = conf->num; i > 0; i--)
        cert_status_put(w, &conf->list[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
}

/*
 * ErrorMsgContent ::= SEQUENCE {
 *     pKIStatusInfo  PKIStatusInfo,
 *     errorCode      INTEGER     OPTIONAL,
 *     errorDetails   PKIFreeText OPTIONAL }
 */
enum err error_msg_read(struct der *in, struct arena *a, struct error_msg *out)
{
    struct error_msg msg = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "pKIStatusInfo", status_info_read(&seq, a, &msg.status)));
    msg.has_error_code = der_next_is(&seq, DER_INTEGER);
    if (msg.has_error_code)
        TRY(der_at(&seq, "errorCode", der_int64(&seq, &msg.error_code)));
    if (der_has_more(&seq))
        TRY(der_at(&seq, "errorDetails",
                   text_list_read(&seq, a, &msg.error_details)));
    TRY(der_end(&seq));
    *out = msg;
    return ERR_OK;
}

void error_msg_put(struct der_writer *w, const struct error_msg *msg)
{
    size_t mark = der_mark(w);

    if (msg->error_details.num > 0)
        text_list_put(w, &msg->error_details);
    if (msg->has_error_code)
        der_put_int64(w, DER_INTEGER, msg->error_code);
    status_info_put(w, &msg->status);
    der_put_header(w, DER_SEQUENCE, mark);
}
