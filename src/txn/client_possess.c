/*
 * A base station's keys that do not sign (RFC 9810, 5.2.8.3): what it asks for,
 * and the challenge that may come of it.
 */
#include "txn/internal.h"

/* SubsequentMessage. */
#define ENCR_CERT 0
#define CHALLENGE_RESP 1

static enum err put_key_usage(const struct client_wish *wish, struct arena *a,
                              struct cert_template *t, struct fault *f)
{
    struct extension *usage = arena_alloc(a, sizeof(*usage));
    struct der_writer w;

    if (usage == NULL)
        return fault_set(f, ERR_NO_MEM, "request");
    *usage = (struct extension){ .id = OID_ID_CE_KEY_USAGE,
                                 .oid = oid_span(OID_ID_CE_KEY_USAGE),
                                 .critical = true };
    der_writer_init(&w, a, 16);
    der_put_named_bits(&w, DER_BIT_STRING,
                       wish->is_agreement ? KU_KEY_AGREEMENT
                                          : KU_KEY_ENCIPHERMENT);
    if (der_finish(&w, &usage->value) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "request");
    t->extensions = (struct extensions){ usage, 1 };
    t->has_extensions = true;
    return ERR_OK;
}

/* What the MAC covers, which comes later. */
static enum err write_request(struct cert_req_msg *msg, struct arena *a,
                              struct fault *f)
{
    struct der_writer w;

    der_writer_init(&w, a, 1024);
    cert_request_put(&w, &msg->cert_req);
    if (der_finish(&w, &msg->cert_req.der) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "CertRequest");
    return ERR_OK;
}

enum err client_proof_fill(const struct client_wish *wish, struct arena *a,
                           struct cert_req_msg *msg, struct fault *f)
{
    struct popo *popo = &msg->popo;
    struct der_writer w;

    popo->type =
        wish->is_agreement ? POPO_KEY_AGREEMENT : POPO_KEY_ENCIPHERMENT;
    TRY(put_key_usage(wish, a, &msg->cert_req.cert_template, f));
    if (wish->proof == CLIENT_PROOF_MAC)
        return write_request(msg, a, f);
    der_writer_init(&w, a, 8);
    der_put_int64(&w, DER_CTX_PRIM(POPO_PRIV_SUBSEQUENT_MESSAGE),
                  wish->proof == CLIENT_PROOF_CERTIFICATE ? ENCR_CERT
                                                          : CHALLENGE_RESP);
    if (der_finish(&w, &popo->priv) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "request");
    return ERR_OK;
}

bool client_may_be_challenged(const struct client *c)
{
    return c->state == CLIENT_REQUEST_SENT && c->poll == CLIENT_POLL_NONE &&
           c->proof == CLIENT_PROOF_CHALLENGE && !c->has_answered;
}

/* Nothing is said of what does not open: that would be an oracle (RFC 9810,
 * 8.2). */
bool client_check_challenge(const struct client_judged *in,
                            struct client_found *found)
{
    if (in->reply->body.type != CMP_POPDECC)
        return true;
    if (in->reply->body.pop_challenges.num != 1)
        return broken(found, "%zu challenges",
                      in->reply->body.pop_challenges.num);
    return !span_is_absent(in->facts->number) ||
           broken(found, "a challenge that does not open");
}
