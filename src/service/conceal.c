/*
 * What only the holder of a new key is to read: the number of a challenge, or
 * the certificate itself (RFC 9810, 5.2.8.3). To a message of pvno 3 in
 * EnvelopedData; to an older one in what CMP had before (RFC 9810, 5.2.2).
 */
#include "service/line.h"

#include "crypto/encipher.h"
#include "crypto/envelope.h"

#define FIRST_WITH_ENVELOPES 3

static bool takes_envelopes(const struct job *job)
{
    return job->msg.header.pvno >= FIRST_WITH_ENVELOPES;
}

/* AES-128-CBC is what everybody has (RFC 9481, 7.1). */
static enum err put_in_envelope(struct worker *w, struct job *job,
                                const struct spki *key,
                                const struct cms_id *rid, struct span content,
                                unsigned tag, struct span *out)
{
    struct envelope_to to = { .cipher = ENVELOPE_AES128_CBC,
                              .rid = *rid,
                              .key = key };

    TRY(envelope_way_find(key, &to.way, &job->fault));
    return envelope_make(w->cx, &to, OID_ID_DATA, content, tag, job->arena, out,
                         &job->fault);
}

/* --- the certificate --- */

enum err conceal_certificate(struct worker *w, struct job *job, struct ask *ask)
{
    struct span whole = ask->certificate.der;
    struct x509_cert cert;
    struct cms_id rid;

    if (x509_read(whole, job->arena, &cert) != ERR_OK)
        return fault_set(&job->fault, ERR_SYSTEM_FAILURE,
                         "a certificate just issued does not parse");
    rid = envelope_id(&cert);
    if (takes_envelopes(job))
        return put_in_envelope(w, job, &cert.spki, &rid, whole, DER_CTX(0),
                               &ask->encrypted_cert);
    return encrypted_value_make(w->cx, &cert.spki, ENVELOPE_AES128_CBC, whole,
                                job->arena, &ask->encrypted_cert, &job->fault);
}

/* --- the number --- */

static enum err write_rand(struct job *job, struct span number,
                           struct span sender, struct span *out)
{
    struct pop_rand rand = {
        .integer = number, .sender = { .type = GN_DIRECTORY, .value = sender }
    };
    struct der_writer w;

    der_writer_init(&w, job->arena, sender.len + 64);
    pop_rand_put(&w, &rand);
    if (der_finish(&w, out) != ERR_OK)
        return fault_set(&job->fault, ERR_NO_MEM, "challenge");
    return ERR_OK;
}

/* Our name, which has to fit beside the number: else its CN alone. */
static enum err encipher_rand(struct worker *w, struct job *job,
                              const struct spki *key, struct span number,
                              struct span sender, struct span *out)
{
    struct span cn, name, rand;
    enum err e;

    TRY(write_rand(job, number, sender, &rand));
    e = pubkey_encipher(w->cx, key, rand, job->arena, out, &job->fault);
    if (e != ERR_LIMIT || !name_find(sender, OID_ID_AT_COMMON_NAME, 0, &cn))
        return e;
    job->fault = (struct fault){ 0 };
    TRY(protect_name(cn, job->arena, &name));
    TRY(write_rand(job, number, name, &rand));
    return pubkey_encipher(w->cx, key, rand, job->arena, out, &job->fault);
}

/* NULL-DN and certReqId: there is no certificate to name (RFC 9810,
 * 5.2.8.3.3). */
static enum err name_request(struct job *job, const struct ask *ask,
                             struct cms_id *out)
{
    struct der_writer w;
    struct span element, serial;
    struct der in;

    der_writer_init(&w, job->arena, 16);
    der_put_int64(&w, DER_INTEGER, ask->req->cert_req.cert_req_id);
    if (der_finish(&w, &element) != ERR_OK)
        return fault_set(&job->fault, ERR_NO_MEM, "challenge");
    in = der_open(element, NULL);
    TRY(der_content(&in, DER_INTEGER, &serial));
    *out = (struct cms_id){ .type = CMS_ID_ISSUER_SERIAL,
                            .issuer = SPAN_LIT("\x30\x00"),
                            .serial = serial };
    return ERR_OK;
}

enum err conceal_number(struct worker *w, struct job *job,
                        const struct ask *ask, struct span number,
                        struct pop_challenge *out)
{
    const struct spki *key = &ask->req->cert_req.cert_template.public_key;
    struct pki_header ours = { 0 };
    struct cms_id rid = { 0 };
    struct span rand;

    TRY(protect_header(w, job, &ours));
    if (!takes_envelopes(job))
        return encipher_rand(w, job, key, number, ours.sender.value,
                             &out->challenge);
    out->challenge = SPAN_LIT("");
    TRY(write_rand(job, number, ours.sender.value, &rand));
    TRY(name_request(job, ask, &rid));
    return put_in_envelope(w, job, key, &rid, rand, DER_SEQUENCE,
                           &out->encrypted_rand);
}
