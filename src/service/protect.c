/*
 * Step 8: who answers, and the protection of the answer. What came under a
 * shared secret, and verified, is answered under it (RFC 9483, 3.2); all else
 * is signed.
 */
#include "service/line.h"

enum err protect_name(struct span text, struct arena *a, struct span *out)
{
    struct der_writer w;

    der_writer_init(&w, a, text.len + 32);
    der_put_utf8(&w, text);
    der_put_oid(&w, oid_span(OID_ID_AT_COMMON_NAME));
    der_put_header(&w, DER_SEQUENCE, 0);
    der_put_header(&w, DER_SET, 0);
    der_put_header(&w, DER_SEQUENCE, 0);
    return der_finish(&w, out);
}

/* The peer's algorithm, which it can do, over a fresh salt. */
static enum err choose_mac(struct worker *w, struct job *job,
                           struct alg_id *out)
{
    struct mac_params params;
    struct span alg;
    struct der in;

    TRY(mac_params_read(&job->msg.header.protection_alg, &params, &job->fault));
    TRY(mac_alg_make(w->cx, &params, job->arena, &alg, &job->fault));
    in = der_open(alg, NULL);
    return alg_id_read(&in, out);
}

static enum err name_by_secret(struct worker *w, struct job *job,
                               struct pki_header *h)
{
    struct span reference = job->secret.reference;

    h->sender.type = GN_DIRECTORY;
    TRY(protect_name(reference, job->arena, &h->sender.value));
    /* A passphrase goes by whatever its station calls it, or by nothing. */
    h->sender_kid = job->secret.purpose == SECRET_FOR_REVOCATION
                        ? job->msg.header.sender_kid
                        : reference;
    return choose_mac(w, job, &h->protection_alg);
}

enum err protect_header(struct worker *w, struct job *job, struct pki_header *h)
{
    const struct signer *signer = job->profile->signer;

    if (job->secret_key != NULL)
        return name_by_secret(w, job, h);
    h->sender.type = GN_DIRECTORY;
    h->sender.value = signer->certificate.subject;
    h->protection_alg.der = sig_alg_info(signer->alg)->der;
    h->protection_alg.oid = h->protection_alg.der; /* present */
    h->sender_kid = signer->certificate.ski;
    return ERR_OK;
}

enum err protect_part(struct worker *w, struct job *job,
                      const struct pki_header *h, struct span part,
                      struct span *out)
{
    const struct signer *signer = job->profile->signer;

    if (job->secret_key != NULL)
        return mac_make(w->cx, &h->protection_alg, secret_span(job->secret_key),
                        part, job->arena, out, &job->fault);
    return keys_sign(w->line->authority->keys, w->cx, signer->config->key->name,
                     signer->alg, part,
                     job->received + 2 * w->line->request_deadline, job->arena,
                     out, &job->fault);
}
