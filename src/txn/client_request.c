/*
 * The bodies of a base station's requests.
 */
#include <assert.h>

#include "txn/internal.h"

/* oldCertID ::= CertId, as a control (RFC 4211, 6.5). */
static enum err old_cert_id(const struct x509_cert *old, struct arena *a,
                            const struct attribute **out)
{
    struct attribute *control = arena_alloc(a, sizeof(*control));
    struct cert_id id = { .issuer.type = GN_DIRECTORY,
                          .issuer.value = old->issuer,
                          .serial = old->serial };
    struct der_writer w;

    if (control == NULL)
        return ERR_NO_MEM;
    der_writer_init(&w, a, 256);
    cert_id_put(&w, &id);
    TRY(der_finish(&w, &control->value));
    control->id = OID_ID_REG_CTRL_OLD_CERT_ID;
    control->oid = oid_span(control->id);
    *out = control;
    return ERR_OK;
}

/* The certificate asked for, with its names as the wish has them. */
static enum err fill_template(const struct client_wish *wish, struct arena *a,
                              struct cert_request *req, struct fault *f)
{
    struct cert_template *t = &req->cert_template;
    struct der in = der_open(wish->public_key, NULL);

    if (spki_read(&in, &t->public_key) != ERR_OK)
        return fault_set(f, ERR_BAD_DATA_FORMAT, "the public key to certify");
    t->has_public_key = true;
    t->subject = wish->subject;
    if (wish->old == NULL)
        return ERR_OK;
    t->subject = wish->old->subject;
    if (!span_is_absent(wish->old->san)) {
        struct extension *san = arena_alloc(a, sizeof(*san));

        if (san == NULL)
            return fault_set(f, ERR_NO_MEM, "request");
        *san =
            *extension_find(&wish->old->extensions, OID_ID_CE_SUBJECT_ALT_NAME);
        t->extensions = (struct extensions){ san, 1 };
        t->has_extensions = true;
    }
    req->num_controls = 1;
    if (old_cert_id(wish->old, a, &req->controls) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "oldCertID");
    return ERR_OK;
}

/*
 * Without a subject in the template RFC 4211, 4.1 asks for poposkInput; its
 * sender is the vendor's name for this station (TS 33.310, 9.5.4.2).
 */
static enum err fill_popo_input(const struct client_credential *own,
                                const struct cert_template *t, struct arena *a,
                                struct popo *popo, struct fault *f)
{
    struct der_writer w;

    popo->has_input_sender = true;
    popo->input_sender.type = GN_DIRECTORY;
    popo->input_sender.value = own->cert->subject;
    popo->input_key = t->public_key;
    der_writer_init(&w, a, 1024);
    popo_input_put(&w, popo);
    if (der_finish(&w, &popo->input) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "poposkInput");
    return ERR_OK;
}

enum err client_request_make(const struct client_wish *wish,
                             const struct client_credential *own,
                             enum sig_alg key_alg, struct arena *a,
                             struct cert_req_msg *out,
                             struct span *signed_bytes, struct fault *f)
{
    struct cert_req_msg msg = { 0 };
    struct der_writer w;

    msg.cert_req.cert_req_id = wish->cert_req_id;
    TRY(fill_template(wish, a, &msg.cert_req, f));
    if (wish->proof == CLIENT_PROOF_NONE) {
        msg.popo.type = POPO_ABSENT;
        *signed_bytes = SPAN_NONE;
        *out = msg;
        return ERR_OK;
    }
    if (wish->proof != CLIENT_PROOF_SIGNATURE) {
        TRY(client_proof_fill(wish, a, &msg, f));
        *signed_bytes =
            wish->proof == CLIENT_PROOF_MAC ? msg.cert_req.der : SPAN_NONE;
        *out = msg;
        return ERR_OK;
    }
    msg.popo.type = POPO_SIGNATURE;
    msg.popo.alg.der = sig_alg_info(key_alg)->der;
    if (span_is_absent(msg.cert_req.cert_template.subject)) {
        assert(own->cert != NULL);
        TRY(fill_popo_input(own, &msg.cert_req.cert_template, a, &msg.popo, f));
    }
    der_writer_init(&w, a, 1024);
    cert_request_put(&w, &msg.cert_req);
    if (der_finish(&w, &msg.cert_req.der) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "CertRequest");
    *signed_bytes = popo_signed_bytes(&msg, a);
    if (span_is_absent(*signed_bytes))
        return fault_set(f, ERR_NO_MEM, "CertRequest");
    *out = msg;
    return ERR_OK;
}

enum err client_p10_make(const struct client_wish *wish, enum sig_alg key_alg,
                         struct arena *a, struct p10_request *out,
                         struct span *signed_bytes, struct fault *f)
{
    struct p10_request req = {
        .subject = span_is_absent(wish->subject) ? SPAN_LIT("\x30\x00")
                                                 : wish->subject,
        .sig_alg.der = sig_alg_info(key_alg)->der,
    };
    struct der in = der_open(wish->public_key, NULL);
    struct der_writer w;

    if (spki_read(&in, &req.spki) != ERR_OK)
        return fault_set(f, ERR_BAD_DATA_FORMAT, "the public key to certify");
    der_writer_init(&w, a, 512);
    p10_info_put(&w, &req);
    if (der_finish(&w, &req.info) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "PKCS#10");
    *signed_bytes = req.info;
    *out = req;
    return ERR_OK;
}

int64_t client_req_id(enum cmp_body_type request)
{
    return request == CMP_P10CR ? -1 : 0;
}

size_t client_asked_at(const struct client *c, int64_t cert_req_id)
{
    int64_t at = cert_req_id - client_req_id(c->request);

    return at >= 0 && at <= (int64_t)c->num_also ? (size_t)at
                                                 : CLIENT_MAX_ASKED;
}

enum err client_rev_details_fill(const struct client_wish *wish,
                                 struct arena *a, struct rev_details *out,
                                 struct fault *f)
{
    struct extension *reason = arena_alloc(a, sizeof(*reason));
    struct der_writer w;

    if (reason == NULL)
        return fault_set(f, ERR_NO_MEM, "rr");
    der_writer_init(&w, a, 16);
    der_put_int64(&w, DER_ENUMERATED, (int64_t)wish->reason);
    if (der_finish(&w, &reason->value) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "rr");
    reason->id = OID_ID_CE_CRL_REASONS;
    reason->oid = oid_span(reason->id);
    out->cert_details.issuer = wish->old->issuer;
    out->cert_details.serial = wish->old->serial;
    out->has_crl_entry_details = true;
    out->crl_entry_details = (struct extensions){ reason, 1 };
    return ERR_OK;
}
