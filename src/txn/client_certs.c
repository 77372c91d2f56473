/*
 * What a base station asks of the CertResponses of an ip, cp or kup, and of the
 * certificates in them: one, or one for each that was asked for.
 */
#include "base/text.h"
#include "txn/internal.h"

bool client_is_answer(enum cmp_body_type type)
{
    return type == CMP_IP || type == CMP_CP || type == CMP_KUP;
}

bool client_is_granted(const struct cert_response *response)
{
    return response->status.status == STATUS_ACCEPTED ||
           response->status.status == STATUS_GRANTED_WITH_MODS;
}

static bool has_status(const struct cmp_message *reply,
                       bool check(const struct cert_response *r))
{
    const struct cert_rep_message *rep = &reply->body.cert_rep;

    for (size_t i = 0; i < rep->num_responses; i++)
        if (check(&rep->responses[i]))
            return true;
    return false;
}

static bool is_waiting(const struct cert_response *r)
{
    return r->status.status == STATUS_WAITING;
}

bool client_has_waiting(const struct cmp_message *reply)
{
    return has_status(reply, is_waiting);
}

/* --- all of them --- */

/* After a wait what was refused before it may be left out. */
bool client_check_one_response(const struct client_judged *in,
                               struct client_found *found)
{
    const struct client *c = in->client;
    size_t num = in->reply->body.cert_rep.num_responses;
    size_t least = 0;

    if (!client_is_answer(in->reply->body.type))
        return true;
    for (size_t i = 0; i <= c->num_also; i++)
        least += c->poll == CLIENT_POLL_NONE || (c->open & (1u << i)) != 0;
    return (num >= least && num <= c->num_also + 1) ||
           broken(found, "%zu of them", num);
}

bool client_check_cert_req_id(const struct client_judged *in,
                              struct client_found *found)
{
    const struct cert_rep_message *rep = &in->reply->body.cert_rep;
    uint32_t seen = 0;

    if (!client_is_answer(in->reply->body.type))
        return true;
    for (size_t i = 0; i < rep->num_responses; i++) {
        int64_t id = rep->responses[i].cert_req_id;
        size_t at = client_asked_at(in->client, id);

        if (at == CLIENT_MAX_ASKED || (seen & (1u << at)) != 0)
            return broken(found, "certReqId %lld%s", (long long)id,
                          at == CLIENT_MAX_ASKED ? "" : ", twice");
        seen |= 1u << at;
    }
    return (in->client->open & ~seen) == 0 ||
           broken(found, "none for one that was asked for");
}

bool client_check_waits_whole(const struct client_judged *in,
                              struct client_found *found)
{
    return !client_is_answer(in->reply->body.type) ||
           !has_status(in->reply, is_waiting) ||
           !has_status(in->reply, client_is_granted) ||
           broken(found, "one waits and another does not");
}

/* --- each response --- */

bool client_check_status(const struct client_judged *in,
                         struct client_found *found)
{
    const struct cert_response *r = in->response;

    return client_is_granted(r) || r->status.status == STATUS_REJECTION ||
           r->status.status == STATUS_WAITING ||
           broken(found, "status %lld", (long long)r->status.status);
}

bool client_check_status_fits(const struct client_judged *in,
                              struct client_found *found)
{
    const struct cert_response *r = in->response;

    if (client_is_granted(r) && !r->has_key_pair)
        return broken(found, "granted without a certificate");
    if (client_is_granted(r) && r->status.has_fail_info)
        return broken(found, "granted with failInfo");
    if (!client_is_granted(r) && r->has_key_pair)
        return broken(found, "a certificate that is not granted");
    if (r->status.status == STATUS_WAITING && r->status.has_fail_info)
        return broken(found, "waiting with failInfo");
    return true;
}

bool client_check_in_clear(const struct client_judged *in,
                           struct client_found *found)
{
    const struct cert_response *r = in->response;

    if (!r->has_key_pair)
        return true;
    if (span_is_absent(r->certificate) &&
        in->client->proof != CLIENT_PROOF_CERTIFICATE)
        return broken(found, "an encrypted certificate");
    return span_is_absent(r->private_key) ||
           in->client->proof == CLIENT_PROOF_NONE ||
           broken(found, "a private key");
}

bool client_check_readable(const struct client_judged *in,
                           struct client_found *found)
{
    return !in->response->has_key_pair ||
           (in->cert->cert != NULL && !span_is_absent(in->cert->hash)) ||
           broken(found, "no certificate that can be read, or signed with an "
                         "unknown algorithm");
}

/* --- each certificate --- */

bool client_check_made_key(const struct client_judged *in,
                           struct client_found *found)
{
    const char *why = in->cert->made_key_text;

    return in->client->proof != CLIENT_PROOF_NONE || why == NULL ||
           broken(found, "%s", why);
}

bool client_check_key(const struct client_judged *in,
                      struct client_found *found)
{
    return span_is_equal(in->cert->cert->spki.der, in->cert->public_key) ||
           broken(found, "the certificate is for another key");
}

bool client_check_dates(const struct client_judged *in,
                        struct client_found *found)
{
    const struct x509_cert *cert = in->cert->cert;
    char from[TIME_TEXT_LEN], to[TIME_TEXT_LEN];

    if (cert->not_before <= in->now && in->now < cert->not_after)
        return true;
    time_format(cert->not_before, from);
    time_format(cert->not_after, to);
    return broken(found, "the certificate is good from %s to %s", from, to);
}

bool client_check_path(const struct client_judged *in,
                       struct client_found *found)
{
    const char *why = in->cert->path_text;

    return in->cert->is_trusted ||
           broken(found, "the certificate: %s", why == NULL ? "no path" : why);
}

bool client_check_usage(const struct client_judged *in,
                        struct client_found *found)
{
    const struct client *c = in->client;

    if (c->proof == CLIENT_PROOF_CHALLENGE ||
        c->proof == CLIENT_PROOF_CERTIFICATE || c->proof == CLIENT_PROOF_MAC)
        return x509_may(in->cert->cert,
                        c->is_v3 ? KU_KEY_AGREEMENT : KU_KEY_ENCIPHERMENT) ||
               broken(found, "the certificate's key may not be encrypted to");
    return x509_may(in->cert->cert, KU_DIGITAL_SIGNATURE) ||
           broken(found, "the certificate's key may not sign");
}

bool client_check_not_ca(const struct client_judged *in,
                         struct client_found *found)
{
    const struct x509_cert *cert = in->cert->cert;

    if (cert->is_ca)
        return broken(found, "the certificate is a CA's");
    return !cert->has_key_usage || (cert->key_usage & KU_KEY_CERT_SIGN) == 0 ||
           broken(found, "the certificate may sign certificates");
}

bool client_check_subject(const struct client_judged *in,
                          struct client_found *found)
{
    return span_is_absent(in->facts->subject) ||
           name_is_equal(in->facts->subject, in->cert->cert->subject) ||
           broken(found, "the update bears another subject");
}

bool client_check_san(const struct client_judged *in,
                      struct client_found *found)
{
    return span_is_absent(in->facts->subject) ||
           span_is_equal(in->facts->san, in->cert->cert->san) ||
           broken(found, "the update bears another subjectAltName");
}
