/*
 * Transactions under a secret that station and server share (RFC 9483, 4.1.5).
 *
 * RFC 9810, 5.3.21 has a CA sign its error messages whatever it answers; RFC
 * 9483, 3.2 wants one kind of protection in all of an operation. The latter
 * holds here: who waits for a MAC may have no root to judge a signature by,
 * and whoever has a certificate of this operator's could end an enrolment.
 */
#include "txn/internal.h"

#define MIN_ITERATIONS 100
#define MAX_ITERATIONS 100000
#define MIN_SALT_LEN 8
#define MAX_SALT_LEN 64

enum err client_reference_name(struct span reference, struct arena *a,
                               struct span *out)
{
    struct der_writer w;

    der_writer_init(&w, a, reference.len + 32);
    der_put_utf8(&w, reference);
    der_put_oid(&w, oid_span(OID_ID_AT_COMMON_NAME));
    der_put_header(&w, DER_SEQUENCE, 0);
    der_put_header(&w, DER_SET, 0);
    der_put_header(&w, DER_SEQUENCE, 0);
    return der_finish(&w, out);
}

/* Digests with an HMAC that are as long, or longer. */
static uint32_t no_shorter(enum digest own)
{
    uint32_t mask = 0;

    for (enum digest d = DIGEST_NONE + 1; d < DIGEST_NUM; d++)
        if (own != DIGEST_NONE && !span_is_absent(hmac_alg_id(d)) &&
            digest_len(d) >= digest_len(own))
            mask |= DIGEST_BIT(d);
    return mask;
}

void client_mac_policy(const struct mac_params *own, struct mac_policy *out)
{
    *out = (struct mac_policy){ .algs = MAC_BIT(own->alg),
                                .owfs = no_shorter(own->owf),
                                .macs = no_shorter(own->mac),
                                .min_iterations = MIN_ITERATIONS,
                                .max_iterations = MAX_ITERATIONS,
                                .min_salt_len = MIN_SALT_LEN,
                                .max_salt_len = MAX_SALT_LEN };
}

/* An error that is not believed is often the only hint at what is wrong. */
static const char *first_fail_info(const struct cmp_message *reply)
{
    const struct pki_status_info *s = &reply->body.error.status;

    if (reply->body.type != CMP_ERROR || !s->has_fail_info)
        return "";
    for (unsigned bit = 0; bit <= FI_DUPLICATE_CERT_REQ; bit++)
        if ((s->fail_info & (1u << bit)) != 0)
            return fail_info_name((enum fail_info)bit);
    return "";
}

bool client_check_kind(const struct client_judged *in,
                       struct client_found *found)
{
    enum mac_alg alg = mac_alg_find(&in->reply->header.protection_alg);
    const char *hint = first_fail_info(in->reply);

    return (alg != MAC_UNKNOWN) == in->client->is_mac ||
           broken(found, "%s%s%s%s, not %s",
                  cmp_body_name(in->reply->body.type),
                  hint[0] == '\0' ? "" : " (", hint, hint[0] == '\0' ? "" : ")",
                  in->client->is_mac ? "under a MAC" : "signed");
}

bool client_check_mac_alg(const struct client_judged *in,
                          struct client_found *found)
{
    struct mac_params params;
    struct fault why = { 0 };

    if (mac_params_read(&in->reply->header.protection_alg, &params, &why) ==
            ERR_OK &&
        mac_params_check(&params, in->facts->macs, &why) == ERR_OK)
        return true;
    return broken(found, "%s", why.text);
}

/* OpenSSL's server for one need not know by which reference it was asked. */
bool client_check_reference(const struct client_judged *in,
                            struct client_found *found)
{
    struct span kid = in->reply->header.sender_kid;

    return span_is_absent(kid) || span_is_equal(kid, in->facts->reference) ||
           broken(found, "senderKID is another reference");
}

bool client_check_mac(const struct client_judged *in,
                      struct client_found *found)
{
    return in->facts->mac_holds || broken(found, "the MAC does not verify");
}
