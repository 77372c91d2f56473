/*
 * Step 5: the message against what the store and the verification told.
 */
#include "profile/internal.h"

enum verdict check_transaction_id_new(const struct judged *in,
                                      struct found *found)
{
    if (!in->facts->transaction_id_used)
        return VERDICT_HOLDS;
    return broken(found, "header.transactionID",
                  "one this signer used for another message");
}

enum verdict check_message_time(const struct judged *in, struct found *found)
{
    const struct pki_header *h = &in->msg->header;
    int64_t off = h->message_time - in->facts->now;

    if (in->facts->approval == FACT_APPROVED)
        return VERDICT_HOLDS; /* it was judged when the request came */
    if (!h->has_message_time || (off <= in->profile->message_time_window &&
                                 -off <= in->profile->message_time_window))
        return VERDICT_HOLDS;
    return broken(found, "header.messageTime", "%lld seconds from the clock",
                  (long long)off);
}

enum verdict check_conf_transaction(const struct judged *in,
                                    struct found *found)
{
    if (in->facts->transaction == FACT_NO_TRANSACTION)
        return broken(found, "header.transactionID",
                      "none of this signer's transactions");
    if (in->facts->transaction == FACT_ENDED)
        return broken(found, "header.transactionID",
                      "a transaction that brought no certificate");
    return VERDICT_HOLDS;
}

enum verdict check_conf_open(const struct judged *in, struct found *found)
{
    if (in->facts->transaction == FACT_TIMED_OUT)
        return broken(found, "header.transactionID",
                      "a transaction that timed out");
    if (in->facts->transaction == FACT_REJECTED)
        return broken(found, "header.transactionID",
                      "a transaction whose certificate was rejected");
    return VERDICT_HOLDS;
}

enum verdict check_conf_first(const struct judged *in, struct found *found)
{
    if (in->facts->transaction != FACT_CONFIRMED)
        return VERDICT_HOLDS;
    return broken(found, "body.certConf",
                  "another one for a confirmed certificate");
}

enum verdict check_error_open(const struct judged *in, struct found *found)
{
    if (in->facts->transaction == FACT_UNCONFIRMED ||
        in->facts->transaction == FACT_CHALLENGED)
        return VERDICT_HOLDS;
    return broken(found, "header.transactionID", "%s",
                  in->facts->transaction == FACT_NO_TRANSACTION
                      ? "none of this signer's transactions"
                      : "a transaction in which nothing is awaited");
}

enum verdict check_conf_pvno(const struct judged *in, struct found *found)
{
    int64_t pvno = in->msg->header.pvno;
    int64_t first = in->facts->transaction_pvno;

    if (pvno >= first)
        return VERDICT_HOLDS;
    return broken(found, "header.pvno", "%lld after %lld", (long long)pvno,
                  (long long)first);
}

enum verdict check_conf_recip_nonce(const struct judged *in,
                                    struct found *found)
{
    struct span nonce = in->msg->header.recip_nonce;

    if (span_is_absent(nonce))
        return broken(found, "header.recipNonce", "none");
    if (span_is_equal(nonce, in->facts->our_nonce))
        return VERDICT_HOLDS;
    return broken(found, "header.recipNonce",
                  "not the senderNonce of the reply");
}

const struct fact_issued *issued_find(const struct facts *facts,
                                      int64_t cert_req_id)
{
    for (size_t i = 0; i < facts->num_issued; i++)
        if (facts->issued[i].cert_req_id == cert_req_id)
            return &facts->issued[i];
    return NULL;
}

enum digest cert_hash_digest(const struct alg_id *sig_alg,
                             const struct alg_id *hash_alg)
{
    const struct sig_alg_info *info = sig_alg_info(sig_alg_find(sig_alg));

    if (hash_alg != NULL && !span_is_absent(hash_alg->oid))
        return digest_find(hash_alg);
    return info == NULL ? DIGEST_NONE : info->cert_digest;
}

enum verdict check_conf_req_id(const struct judged *in, struct found *found)
{
    const struct cert_conf *conf = &in->msg->body.cert_conf;

    for (size_t i = 0; i < conf->num; i++)
        if (issued_find(in->facts, conf->list[i].cert_req_id) == NULL)
            return broken(found, "body.certConf.certReqId", "%lld",
                          (long long)conf->list[i].cert_req_id);
    return VERDICT_HOLDS;
}

enum verdict check_conf_hash(const struct judged *in, struct found *found)
{
    const struct cert_conf *conf = &in->msg->body.cert_conf;

    for (size_t i = 0; i < conf->num; i++) {
        const struct fact_issued *issued =
            issued_find(in->facts, conf->list[i].cert_req_id);

        if (issued == NULL)
            continue; /* conf-names-request says so */
        if (!issued->hash_alg_known)
            return broken(found, "body.certConf.hashAlg",
                          "an algorithm not known here");
        if (!span_is_equal(conf->list[i].cert_hash, issued->hash))
            return broken(found, "body.certConf.certHash",
                          "the hash of something else");
    }
    return VERDICT_HOLDS;
}

enum verdict check_ir_signer(const struct judged *in, struct found *found)
{
    if (in->facts->signer_kind == SIGNER_VENDOR ||
        in->facts->signer_kind == SIGNER_SECRET ||
        in->facts->signer_kind == SIGNER_RA ||
        in->profile->ir_by_operator_certificate)
        return VERDICT_HOLDS;
    return broken(found, "extraCerts", "an operator certificate as signer");
}

enum verdict check_kur_signer(const struct judged *in, struct found *found)
{
    if (in->facts->signer_kind == SIGNER_OPERATOR)
        return VERDICT_HOLDS;
    return broken(found, "extraCerts", "%s certificate as signer",
                  in->facts->signer_kind == SIGNER_RA ? "an RA's"
                                                      : "a vendor's");
}

enum verdict check_serial(const struct judged *in, struct found *found)
{
    if (!span_is_absent(in->facts->serial))
        return VERDICT_HOLDS;
    if (in->facts->signer_kind == SIGNER_RA)
        return broken(found, "certTemplate.subject",
                      "one in which not one vendor's rule finds a serial");
    return broken(found, "extraCerts",
                  "a certificate the naming rule finds no serial in");
}

enum verdict check_allowed(const struct judged *in, struct found *found)
{
    if (in->facts->is_allowed)
        return VERDICT_HOLDS;
    return broken(found, "extraCerts", "serial %.*s, not on the list",
                  (int)in->facts->serial.len,
                  (const char *)in->facts->serial.ptr);
}

enum verdict check_blocked(const struct judged *in, struct found *found)
{
    if (!in->facts->is_blocked)
        return VERDICT_HOLDS;
    return broken(found, "extraCerts", "a blocked station's certificate");
}

enum verdict check_request_new(const struct judged *in, struct found *found)
{
    if (!in->facts->request_seen)
        return VERDICT_HOLDS;
    return broken(found, "body", "a request answered long ago");
}

/* Leniency: OpenSSL's client copies the issuer of the certificate it signs
 * with, which for an ir is the vendor's CA and means nothing. */
enum verdict check_issuer(const struct judged *in, struct found *found)
{
    struct span issuer = in->req->cert_req.cert_template.issuer;
    const struct x509_cert *signer = in->facts->signer;

    if (span_is_absent(issuer) || name_is_null(issuer) ||
        name_is_equal(issuer, in->facts->ca_subject) ||
        (signer != NULL && name_is_equal(issuer, signer->issuer)))
        return VERDICT_HOLDS;
    return broken(found, "certTemplate.issuer", "another authority");
}

enum verdict check_name_free(const struct judged *in, struct found *found)
{
    if (!in->facts->suggested_is_taken)
        return VERDICT_HOLDS;
    return broken(found, "certTemplate.subject", "another station's name");
}

enum verdict check_name_suggested(const struct judged *in, struct found *found)
{
    if (in->facts->suggested_names != NAMES_REFUSE ||
        span_is_absent(in->facts->suggested))
        return VERDICT_HOLDS;
    return broken(found, "certTemplate.subject", "a suggestion");
}

static enum verdict check_vendor_key(const struct judged *in,
                                     struct found *found)
{
    const struct cert_template *t = &in->req->cert_req.cert_template;

    if (in->facts->signer == NULL ||
        !same_key(&t->public_key, &in->facts->signer->spki))
        return VERDICT_HOLDS;
    return broken(found, "certTemplate.publicKey",
                  "the key of the vendor's certificate");
}

enum verdict check_vendor_key_refused(const struct judged *in,
                                      struct found *found)
{
    if (in->profile->vendor_key_reuse != LENIENCE_REFUSE)
        return VERDICT_HOLDS;
    return check_vendor_key(in, found);
}

enum verdict check_vendor_key_warned(const struct judged *in,
                                     struct found *found)
{
    if (in->profile->vendor_key_reuse != LENIENCE_WARN)
        return VERDICT_HOLDS;
    return check_vendor_key(in, found);
}

enum verdict check_old_revoked(const struct judged *in, struct found *found)
{
    if (!in->facts->old_is_ours || !in->facts->old_is_revoked)
        return VERDICT_HOLDS;
    return broken(found, "extraCerts", "a revoked certificate as signer");
}

enum verdict check_old_confirmed(const struct judged *in, struct found *found)
{
    if (!in->facts->old_is_ours || in->facts->old_is_confirmed)
        return VERDICT_HOLDS;
    return broken(found, "extraCerts", "a certificate never confirmed");
}

enum verdict check_old_dates(const struct judged *in, struct found *found)
{
    const struct x509_cert *signer = in->facts->signer;
    int64_t grace =
        in->msg->body.type == CMP_KUR ? in->profile->renew_grace : 0;

    if (!in->facts->old_is_ours)
        return VERDICT_HOLDS;
    if (in->facts->now < signer->not_before)
        return broken(found, "extraCerts", "a certificate not yet valid");
    if (in->facts->now > signer->not_after + grace)
        return broken(found, "extraCerts", "a certificate that expired");
    return VERDICT_HOLDS;
}

enum verdict check_old_cert_id(const struct judged *in, struct found *found)
{
    const struct attribute *control =
        control_find(&in->req->cert_req, OID_ID_REG_CTRL_OLD_CERT_ID);
    const struct x509_cert *old = in->facts->old;
    struct cert_id id;
    struct der value;

    if (control == NULL)
        return VERDICT_HOLDS;
    if (old == NULL)
        return VERDICT_CANNOT_TELL;
    value = der_open(control->value, NULL);
    if (cert_id_read(&value, &id) != ERR_OK || der_end(&value) != ERR_OK)
        return broken(found, "controls.oldCertID", "no CertId");
    if (id.issuer.type != GN_DIRECTORY ||
        !name_is_equal(id.issuer.value, old->issuer) ||
        !span_is_equal(id.serial, old->serial))
        return broken(found, "controls.oldCertID", "another certificate");
    return VERDICT_HOLDS;
}

enum verdict check_no_update(const struct judged *in, struct found *found)
{
    if (!in->facts->old_has_update)
        return VERDICT_HOLDS;
    return broken(found, "body.kur", "a second update before the certConf");
}

enum verdict check_subject_stays(const struct judged *in, struct found *found)
{
    struct span subject = in->req->cert_req.cert_template.subject;

    if (in->facts->old == NULL)
        return VERDICT_CANNOT_TELL;
    if (span_is_absent(subject) || name_is_null(subject) ||
        name_is_equal(subject, in->facts->old->subject))
        return VERDICT_HOLDS;
    return broken(found, "certTemplate.subject", "another name");
}

enum verdict check_san_stays(const struct judged *in, struct found *found)
{
    struct span san = template_san(&in->req->cert_req.cert_template);

    if (in->facts->old == NULL)
        return VERDICT_CANNOT_TELL;
    if (span_is_absent(san) || span_is_equal(san, in->facts->old->san))
        return VERDICT_HOLDS;
    return broken(found, "certTemplate.extensions.subjectAltName",
                  "other names");
}

enum verdict check_new_key(const struct judged *in, struct found *found)
{
    if (in->facts->old == NULL)
        return VERDICT_CANNOT_TELL;
    if (in->profile->same_key_update ||
        !same_key(&in->req->cert_req.cert_template.public_key,
                  &in->facts->old->spki))
        return VERDICT_HOLDS;
    return broken(found, "certTemplate.publicKey",
                  "the key of the old certificate");
}
