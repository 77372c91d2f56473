#include "asn1/cmp_internal.h"

/* [tag] EncryptedKey, whose tag is explicit. */
static enum err tagged_key_read(struct der *in, unsigned tag, struct span *out)
{
    struct der tagged;
    struct span key;

    TRY(der_enter(in, tag, &tagged));
    TRY(encrypted_key_read(&tagged, &key));
    TRY(der_end(&tagged));
    *out = key;
    return ERR_OK;
}

/*
 * CertifiedKeyPair ::= SEQUENCE {
 *     certOrEncCert       CHOICE {
 *         certificate     [0] CMPCertificate,
 *         encryptedCert   [1] EncryptedKey },
 *     privateKey      [0] EncryptedKey       OPTIONAL,
 *     publicationInfo [1] PKIPublicationInfo OPTIONAL }
 */
enum err key_pair_read(struct der *in, struct certified_key_pair *out)
{
    struct certified_key_pair p = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    if (der_next_is(&seq, DER_CTX(1)))
        TRY(der_at(&seq, "encryptedCert",
                   tagged_key_read(&seq, DER_CTX(1), &p.encrypted_cert)));
    else
        TRY(der_at(&seq, "certificate",
                   tagged_whole_read(&seq, DER_CTX(0), &p.certificate)));
    if (der_next_is(&seq, DER_CTX(0)))
        TRY(der_at(&seq, "privateKey",
                   tagged_key_read(&seq, DER_CTX(0), &p.private_key)));
    if (der_next_is(&seq, DER_CTX(1)))
        TRY(der_at(&seq, "publicationInfo",
                   tagged_whole_read(&seq, DER_CTX(1), &p.publication_info)));
    TRY(der_end(&seq));
    *out = p;
    return ERR_OK;
}

void key_pair_put(struct der_writer *w, const struct certified_key_pair *p)
{
    size_t mark = der_mark(w);

    tagged_raw_put(w, DER_CTX(1), p->publication_info);
    tagged_raw_put(w, DER_CTX(0), p->private_key);
    tagged_raw_put(w, DER_CTX(1), p->encrypted_cert);
    tagged_raw_put(w, DER_CTX(0), p->certificate);
    der_put_header(w, DER_SEQUENCE, mark);
}

/*
 * CertResponse ::= SEQUENCE {
 *     certReqId         INTEGER,
 *     status            PKIStatusInfo,
 *     certifiedKeyPair  CertifiedKeyPair OPTIONAL,
 *     rspInfo           OCTET STRING     OPTIONAL }
 */
static enum err response_read(struct der *in, struct arena *a,
                              struct cert_response *out)
{
    struct certified_key_pair pair = { 0 };
    struct cert_response r = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "certReqId", der_int64(&seq, &r.cert_req_id)));
    TRY(der_at(&seq, "status", status_info_read(&seq, a, &r.status)));
    r.has_key_pair = der_next_is(&seq, DER_SEQUENCE);
    if (r.has_key_pair)
        TRY(der_at(&seq, "certifiedKeyPair", key_pair_read(&seq, &pair)));
    r.certificate = pair.certificate;
    r.encrypted_cert = pair.encrypted_cert;
    r.private_key = pair.private_key;
    r.publication_info = pair.publication_info;
    if (der_has_more(&seq))
        TRY(der_at(&seq, "rspInfo", der_octets(&seq, &r.rsp_info)));
    TRY(der_end(&seq));
    *out = r;
    return ERR_OK;
}

static void response_put(struct der_writer *w, const struct cert_response *r)
{
    const struct certified_key_pair pair = {
        .certificate = r->certificate,
        .encrypted_cert = r->encrypted_cert,
        .private_key = r->private_key,
        .publication_info = r->publication_info,
    };
    size_t mark = der_mark(w);

    if (!span_is_absent(r->rsp_info))
        der_put_octets(w, DER_OCTET_STRING, r->rsp_info);
    if (r->has_key_pair)
        key_pair_put(w, &pair);
    status_info_put(w, &r->status);
    der_put_int64(w, DER_INTEGER, r->cert_req_id);
    der_put_header(w, DER_SEQUENCE, mark);
}

static enum err responses_read(struct der *in, struct arena *a,
                               struct cert_rep_message *out)
{
    struct der seq;
    struct cert_response *list;
    size_t n = 0;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(list_count(&seq, LIMIT_CERT_RESPONSES, &n));
    list = arena_array(a, n, sizeof(*list));
    if (list == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < n; i++)
        TRY(der_nth(&seq, i, response_read(&seq, a, &list[i])));
    out->responses = list;
    out->num_responses = n;
    return ERR_OK;
}

/*
 * CertRepMessage ::= SEQUENCE {
 *     caPubs [1] SEQUENCE SIZE (1..MAX) OF CMPCertificate OPTIONAL,
 *     response   SEQUENCE OF CertResponse }
 */
enum err cert_rep_read(struct der *in, struct arena *a,
                       struct cert_rep_message *out)
{
    struct cert_rep_message rep = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    rep.has_ca_pubs = der_next_is(&seq, DER_CTX(1));
    if (rep.has_ca_pubs)
        TRY(der_at(
            &seq, "caPubs",
            certs_read(&seq, DER_CTX(1), a, &rep.ca_pubs, &rep.num_ca_pubs)));
    TRY(der_at(&seq, "response", responses_read(&seq, a, &rep)));
    TRY(der_end(&seq));
    *out = rep;
    return ERR_OK;
}

void cert_rep_put(struct der_writer *w, const struct cert_rep_message *rep)
{
    size_t whole = der_mark(w);

    for (size_t i = rep->num_responses; i > 0; i--)
        response_put(w, &rep->responses[i - 1]);
    der_put_header(w, DER_SEQUENCE, whole);
    if (rep->has_ca_pubs)
        certs_put(w, DER_CTX(1), rep->ca_pubs, rep->num_ca_pubs);
    der_put_header(w, DER_SEQUENCE, whole);
}
