#include "inspect/observed.h"

#include "crypto/path.h"
#include "inspect/protection_internal.h"
#include "profile/signer.h"

/* --- the transaction --- */

/* In the same HTTP exchange, whatever transaction it belongs to; but what a
 * nested holds is remembered by transaction alone. */
static enum err find_request(struct observed *o, struct fault *f)
{
    const struct http_seen *http = o->in->seen->http;
    struct cmp_message *asked;

    o->request = o->in->before.request;
    if (http == NULL || span_is_absent(http->asked) || o->in->is_inside)
        return ERR_OK;
    asked = arena_alloc(o->in->arena, sizeof(*asked));
    if (asked == NULL)
        return fault_set(f, ERR_NO_MEM, "request");
    if (cmp_message_read(http->asked, o->in->arena, asked, NULL) != ERR_OK ||
        asked->body.type == CMP_NESTED)
        return ERR_OK;
    o->asked_id = asked->header.transaction_id;
    o->request = asked;
    if (o->first == NULL && asked->body.type < CMP_BODY_NUM &&
        (BODY_BIT(asked->body.type) & FIRSTS) != 0)
        o->first = asked;
    return ERR_OK;
}

/* What there is one of for each certificate asked for. */
static enum client_proof proof_of(const struct cert_req_msg *req)
{
    const struct cert_template *t = &req->cert_req.cert_template;
    const struct popo *popo = &req->popo;

    if (!t->has_public_key || t->public_key.key.len == 0)
        return CLIENT_PROOF_NONE;
    if (popo->type != POPO_KEY_ENCIPHERMENT && popo->type != POPO_KEY_AGREEMENT)
        return CLIENT_PROOF_SIGNATURE;
    if (popo->priv_type != POPO_PRIV_SUBSEQUENT_MESSAGE)
        return CLIENT_PROOF_MAC;
    return popo->subsequent == 0 ? CLIENT_PROOF_CERTIFICATE
                                 : CLIENT_PROOF_CHALLENGE;
}

/* A pollReq asks for what waits: an answer to the request, or to a certConf. */
static bool is_confirming(const struct observed *o)
{
    const struct exchange *x = o->in->exchange;
    enum cmp_body_type type = o->request->body.type;

    if (type == CMP_CERT_CONF || type == CMP_ERROR)
        return true;
    return type == CMP_POLL_REQ && x != NULL && x->granted != NULL &&
           x->waiting != NULL && x->waiting->number > x->granted->number;
}

static void read_poll(struct observed *o)
{
    const struct poll_req *poll = &o->request->body.poll_req;

    if (o->request->body.type != CMP_POLL_REQ)
        return;
    o->client.poll = CLIENT_POLL_SENT;
    o->client.poll_id = poll->num > 0 ? poll->list[0] : -1;
}

size_t observed_asked_at(const struct observed *o, int64_t cert_req_id)
{
    for (size_t i = 0; i < o->num_asked && i < CLIENT_MAX_ASKED; i++)
        if (o->asked[i].req != NULL &&
            o->asked[i].req->cert_req.cert_req_id == cert_req_id)
            return i;
    return CLIENT_MAX_ASKED;
}

/* Those that were told to wait, where some were told something else. */
static void read_open(struct observed *o)
{
    const struct cmp_message *told = o->in->before.waiting;
    struct client *c = &o->client;
    uint32_t open = 0;

    c->open = (1u << (c->num_also + 1)) - 1;
    if (c->poll == CLIENT_POLL_NONE || told == NULL ||
        !client_is_answer(told->body.type))
        return;
    for (size_t i = 0; i < told->body.cert_rep.num_responses; i++) {
        const struct cert_response *r = &told->body.cert_rep.responses[i];
        size_t at = observed_asked_at(o, r->cert_req_id);

        if (r->status.status == STATUS_WAITING && at < CLIENT_MAX_ASKED)
            open |= 1u << at;
    }
    c->open = open != 0 ? open : c->open;
}

static void read_client(struct observed *o)
{
    const struct cmp_message *base = o->first != NULL ? o->first : o->request;
    struct client *c = &o->client;

    c->state = is_confirming(o) ? CLIENT_CONFIRM_SENT : CLIENT_REQUEST_SENT;
    c->has_answered = o->request->body.type == CMP_POPDECR;
    c->is_v3 = base->header.pvno == 3;
    c->is_mac = mac_alg_find(&base->header.protection_alg) != MAC_UNKNOWN;
    read_poll(o);
    if (o->first == NULL)
        return;
    c->request = o->first->body.type;
    c->num_also = o->num_asked > 0 && o->num_asked <= CLIENT_MAX_ASKED
                      ? o->num_asked - 1
                      : 0;
    for (size_t i = 0; i < o->num_asked && o->asked[i].req != NULL; i++)
        if (i == 0 || proof_of(o->asked[i].req) == CLIENT_PROOF_CHALLENGE)
            c->proof = proof_of(o->asked[i].req);
    read_open(o);
}

static bool is_ours(const struct observed *o)
{
    static const uint32_t bodies = REQUESTS | RR | GENM;

    return o->first != NULL && o->request != NULL &&
           o->request->body.type != CMP_NESTED &&
           (BODY_BIT(o->first->body.type) & bodies) != 0 &&
           o->num_asked <= CLIENT_MAX_ASKED;
}

/* --- what crypto and the settings would say --- */

/* One that neither sender nor senderKID names was a guess. */
static void read_signer(struct observed *o)
{
    const struct protection *p = &o->in->protection;
    bool is_found = p->from != SIGNER_NOT_FOUND &&
                    (p->verifies == VERDICT_HOLDS ||
                     signer_is_named(&o->in->msg->header, &p->signer));

    o->facts.mac_holds = p->verifies == VERDICT_HOLDS;
    if (!is_found)
        return;
    o->facts.signer = &p->signer;
    o->facts.signer_is_trusted = p->path == VERDICT_HOLDS;
    o->facts.path_text = p->path_why;
    o->facts.signature_holds = p->verifies == VERDICT_HOLDS;
}

static void read_macs(struct observed *o)
{
    const struct cmp_message *base = o->first != NULL ? o->first : o->request;
    struct mac_params params;

    if (base == NULL)
        return;
    o->facts.reference = base->header.sender_kid;
    if (mac_params_read(&base->header.protection_alg, &params, NULL) != ERR_OK)
        return;
    client_mac_policy(&params, &o->macs);
    o->facts.macs = &o->macs;
    o->has_macs = true;
}

/* A kur updates the certificate it is signed with (RFC 9483, 4.1.3). */
static void read_old(struct observed *o)
{
    const struct exchange *x = o->in->exchange;
    const struct cert_template *t;

    if (o->first == NULL)
        return;
    if (o->first->body.type == CMP_KUR && x != NULL && x->signer != NULL &&
        x509_read(span_of(x->signer->bytes, x->signer->len), o->in->arena,
                  &o->old) == ERR_OK) {
        o->facts.subject = o->old.subject;
        o->facts.san = o->old.san;
    }
    if (o->first->body.type != CMP_RR || o->num_asked != 1)
        return;
    t = &o->asked[0].rev->cert_details;
    o->old = (struct x509_cert){ .issuer = t->issuer, .serial = t->serial };
    o->facts.old = &o->old;
}

enum err observed_read(const struct linted *in, struct observed *out,
                       struct fault *f)
{
    struct observed *o = out;

    *o = (struct observed){ .in = in, .first = in->before.first };
    TRY(find_request(o, f));
    if (o->first != NULL)
        TRY(asked_list(&o->first->body, in->arena, &o->asked, &o->num_asked,
                       f));
    if (o->request != NULL)
        read_client(o);
    o->is_ours = is_ours(o);
    read_signer(o);
    read_macs(o);
    read_old(o);
    o->judged = (struct client_judged){ .client = &o->client,
                                        .reply = in->msg,
                                        .facts = &o->facts,
                                        .now = lint_now(in) };
    return ERR_OK;
}

/* --- one CertResponse --- */

static enum err key_of(const struct observed *o, size_t at, struct span *out,
                       struct fault *f)
{
    const struct cert_req_msg *req = o->asked[at].req;
    struct der_writer w;

    if (req == NULL || !req->cert_req.cert_template.has_public_key)
        return ERR_OK;
    der_writer_init(&w, o->in->arena, 512);
    spki_put(&w, &req->cert_req.cert_template.public_key);
    return der_finish(&w, out) == ERR_OK
               ? ERR_OK
               : fault_set(f, ERR_NO_MEM, "public key");
}

enum err observed_path(const struct linted *in, struct span cert,
                       struct fault *why, enum verdict *out, struct fault *f)
{
    struct trusted *t = lint_trusted(in);
    struct path path;
    enum err e;

    *out = VERDICT_CANNOT_TELL;
    if (!trusted_has_anchor(t, TRUSTED_ANY) &&
        !trusted_has_anchor(t, TRUSTED_OPERATOR))
        return ERR_OK;
    e = path_check(t->cx, t->trust, lint_now(in), cert, in->msg->extra_certs,
                   in->msg->num_extra_certs, in->arena, &path, why);
    if (e != ERR_OK && e != ERR_SIGNER_NOT_TRUSTED)
        return fault_set(f, e, "%s", why->text);
    *out = e == ERR_OK ? VERDICT_HOLDS : VERDICT_BROKEN;
    return ERR_OK;
}

static enum err find_path(struct observed *o, struct client_cert_facts *c,
                          struct fault *f)
{
    struct fault *why = arena_alloc(o->in->arena, sizeof(*why));

    if (why == NULL)
        return fault_set(f, ERR_NO_MEM, "path");
    TRY(observed_path(o->in, c->cert->der, why, &o->path, f));
    c->is_trusted = o->path == VERDICT_HOLDS;
    c->path_text = why->text;
    return ERR_OK;
}

enum err observed_turn(struct observed *o, size_t response, struct fault *f)
{
    const struct cert_response *r =
        &o->in->msg->body.cert_rep.responses[response];
    const struct x509_cert *cert = &o->in->certs.fresh[response];
    size_t at = observed_asked_at(o, r->cert_req_id);
    struct client_cert_facts *c = &o->facts.certs[0];

    if (at < CLIENT_MAX_ASKED)
        c = &o->facts.certs[at];
    *c = (struct client_cert_facts){ 0 };
    o->judged.response = r;
    o->judged.cert = c;
    o->turned = at < o->num_asked ? o->asked[at].req : NULL;
    if (o->turned != NULL) {
        o->client.proof = proof_of(o->turned);
        TRY(key_of(o, at, &c->public_key, f));
    }
    if (span_is_absent(cert->der))
        return ERR_OK;
    c->cert = cert;
    if (sig_alg_find_any(&cert->sig_alg) != SIG_UNKNOWN)
        c->hash = cert->der; /* that it can be made is all that is asked */
    return find_path(o, c, f);
}
