/*
 * What a request had better be: texts say MUST to its sender, and to whoever
 * receives it that it is to be taken all the same.
 */
#include "profile/internal.h"

#include "asn1/x509.h"

#define ID_LEN 16
#define FIRST_WITH_ENVELOPES 3

enum verdict check_transaction_id_long(const struct judged *in,
                                       struct found *found)
{
    size_t len = in->msg->header.transaction_id.len;

    if (len == 0 || len >= ID_LEN)
        return VERDICT_HOLDS;
    return broken(found, "header.transactionID", "%zu octets", len);
}

enum verdict check_recipient_directory(const struct judged *in,
                                       struct found *found)
{
    if (in->msg->header.recipient.type == GN_DIRECTORY)
        return VERDICT_HOLDS;
    return broken(found, "header.recipient", "another kind of name");
}

/* What comes back to such a request is encrypted: a key, a certificate, or a
 * number. */
static bool wants_envelope(const struct cert_req_msg *req)
{
    const struct cert_template *t = &req->cert_req.cert_template;

    return !t->has_public_key || t->public_key.key.len == 0 ||
           req->popo.type == POPO_KEY_ENCIPHERMENT ||
           req->popo.type == POPO_KEY_AGREEMENT;
}

enum verdict check_version_needed(const struct judged *in, struct found *found)
{
    uint32_t body = BODY_BIT(in->msg->body.type);
    const struct cert_req_msgs *all = &in->msg->body.cert_req;

    if (in->msg->header.pvno < FIRST_WITH_ENVELOPES)
        return VERDICT_HOLDS;
    for (size_t i = 0; (body & CRMF_REQUESTS) != 0 && i < all->num; i++)
        if (wants_envelope(&all->list[i]))
            return VERDICT_HOLDS;
    return broken(found, "header.pvno", "%lld, and nothing in it is of v3",
                  (long long)in->msg->header.pvno);
}

/* The text in sender by which the secret is found, beside senderKID. */
enum verdict check_sender_reference(const struct judged *in,
                                    struct found *found)
{
    const struct pki_header *h = &in->msg->header;
    struct span name;

    if (mac_alg_find(&h->protection_alg) == MAC_UNKNOWN)
        return VERDICT_HOLDS;
    if (span_is_absent(h->sender_kid))
        return broken(found, "header.senderKID", "none");
    if (h->sender.type == GN_DIRECTORY &&
        name_find(h->sender.value, OID_ID_AT_COMMON_NAME, 0, &name) &&
        span_is_equal(name, h->sender_kid))
        return VERDICT_HOLDS;
    return broken(found, "header.sender", "another name than senderKID has");
}

enum verdict check_subject_suggested(const struct judged *in,
                                     struct found *found)
{
    const struct cert_template *t = &in->req->cert_req.cert_template;

    if (in->profile->type != PROFILE_RFC9483 ||
        !(span_is_absent(t->subject) || name_is_null(t->subject)) ||
        !span_is_absent(template_san(t)))
        return VERDICT_HOLDS;
    return broken(found, "certTemplate.subject", "none, nor subjectAltName");
}

enum verdict check_reg_info(const struct judged *in, struct found *found)
{
    if (in->req->num_reg_info == 0)
        return VERDICT_HOLDS;
    return broken(found, "regInfo", "%zu of them", in->req->num_reg_info);
}

/* What a key of this kind cannot be used for. */
static uint32_t useless(enum key_kind kind)
{
    switch (kind) {
    case KEY_RSA:
        return KU_KEY_AGREEMENT | KU_ENCIPHER_ONLY | KU_DECIPHER_ONLY;
    case KEY_EC_P256:
    case KEY_EC_P384:
    case KEY_EC_P521:
        return KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT;
    case KEY_RSA_PSS:
    case KEY_ED25519:
    case KEY_ED448:
    case KEY_ML_DSA_44:
    case KEY_ML_DSA_65:
    case KEY_ML_DSA_87:
    case KEY_DSA:
        return KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT | KU_KEY_AGREEMENT;
    case KEY_UNKNOWN:
    case KEY_KIND_NUM:
        break;
    }
    return 0;
}

enum verdict check_usage_fits_key(const struct judged *in, struct found *found)
{
    const struct cert_template *t = &in->req->cert_req.cert_template;
    const struct extension *ext =
        extension_find(&t->extensions, OID_ID_CE_KEY_USAGE);
    enum key_kind kind = key_kind_find(&t->public_key);
    uint32_t mask = 0;
    struct der value;

    if (ext == NULL)
        return VERDICT_HOLDS;
    value = der_open(ext->value, NULL);
    if (der_named_bits(&value, DER_BIT_STRING, &mask) != ERR_OK ||
        (mask & useless(kind)) == 0)
        return VERDICT_HOLDS;
    return broken(found, "certTemplate.extensions.keyUsage",
                  "a use that no %s key has", key_kind_name(kind));
}

/* RSAPublicKey ::= SEQUENCE { modulus, publicExponent } */
enum verdict check_exponent_usual(const struct judged *in, struct found *found)
{
    static const uint8_t usual[] = { 1, 0, 1 };
    const struct spki *spki = &in->req->cert_req.cert_template.public_key;
    enum key_kind kind = key_kind_find(spki);
    struct der key = der_open(spki->key, NULL), seq;
    struct span modulus, exponent;

    if ((kind != KEY_RSA && kind != KEY_RSA_PSS) || spki->key.len == 0 ||
        der_enter(&key, DER_SEQUENCE, &seq) != ERR_OK ||
        der_content(&seq, DER_INTEGER, &modulus) != ERR_OK ||
        der_content(&seq, DER_INTEGER, &exponent) != ERR_OK ||
        span_is_equal(exponent, SPAN_OF(usual)))
        return VERDICT_HOLDS;
    return broken(found, "certTemplate.publicKey",
                  "an RSA key with an exponent that is not 65537");
}
