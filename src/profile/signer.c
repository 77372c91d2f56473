#include "profile/signer.h"

bool signer_kid_fits(const struct pki_header *h, const struct x509_cert *cert)
{
    return span_is_absent(h->sender_kid) || span_is_absent(cert->ski) ||
           span_is_equal(h->sender_kid, cert->ski);
}

bool signer_name_fits(const struct pki_header *h, const struct x509_cert *cert)
{
    return h->sender.type == GN_DIRECTORY &&
           name_is_equal(h->sender.value, cert->subject);
}

bool signer_is_named(const struct pki_header *h, const struct x509_cert *cert)
{
    if (!span_is_absent(h->sender_kid) && !span_is_absent(cert->ski))
        return span_is_equal(h->sender_kid, cert->ski);
    return signer_name_fits(h, cert);
}

bool signer_find(const struct cmp_message *msg, struct arena *a,
                 struct x509_cert *out)
{
    struct x509_cert cert;

    for (size_t i = 0; i < msg->num_extra_certs; i++) {
        if (x509_read(msg->extra_certs[i], a, &cert) != ERR_OK ||
            !signer_is_named(&msg->header, &cert))
            continue;
        *out = cert;
        return true;
    }
    return msg->num_extra_certs > 0 &&
           x509_read(msg->extra_certs[0], a, out) == ERR_OK;
}

bool signer_key_is_allowed(const struct profile *p, const struct spki *key)
{
    enum key_kind kind = key_kind_find(key);
    unsigned bits = key_bits(key);
    bool is_rsa = kind == KEY_RSA || kind == KEY_RSA_PSS;

    return ((p->key_kinds | p->more_signer_keys) & (1u << kind)) != 0 &&
           (!is_rsa || (bits >= p->rsa_min_bits && bits <= p->rsa_max_bits));
}
