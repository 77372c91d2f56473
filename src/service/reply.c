/*
 * Step 8: the answer, built, protected, and kept in the two parts the store
 * wants: extraCerts are the same in thousands of replies.
 */
#include "service/line.h"
#include "service/roots.h"

#define MAX_INFOS 2

/* pvno of the answer: the request's, or the nearest we have (RFC 9810, 7). */
static int64_t choose_pvno(int64_t asked)
{
    if (asked < 2)
        return 2;
    return asked > 3 ? 3 : asked;
}

static enum err encode_time(int64_t seconds, struct arena *a, struct span *out)
{
    struct der_writer w;

    der_writer_init(&w, a, 32);
    der_put_generalized_time(&w, seconds);
    return der_finish(&w, out);
}

static enum err fill_infos(struct job *job, struct pki_header *h)
{
    struct info_type_value *infos =
        arena_array(job->arena, MAX_INFOS, sizeof(*infos));
    size_t n = 0;

    if (infos == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "generalInfo");
    if (job->outcome == OUTCOME_ISSUED && job->decision.grant_implicit) {
        infos[n].oid = oid_span(OID_ID_IT_IMPLICIT_CONFIRM);
        infos[n].id = OID_ID_IT_IMPLICIT_CONFIRM;
        infos[n++].value = SPAN_LIT("\x05\x00");
    } else if (job->outcome == OUTCOME_ISSUED) {
        infos[n].oid = oid_span(OID_ID_IT_CONFIRM_WAIT_TIME);
        infos[n].id = OID_ID_IT_CONFIRM_WAIT_TIME;
        TRY(encode_time(job->facts.now + job->profile->profile.confirm_wait,
                        job->arena, &infos[n++].value));
    }
    h->general_info.list = infos;
    h->general_info.num = n;
    return ERR_OK;
}

static enum err fill_header(struct worker *w, struct job *job,
                            struct pki_header *h)
{
    const struct pki_header *request = &job->msg.header;
    const struct signer *signer = job->profile->signer;

    TRY(random_fill(w->cx, job->nonce, sizeof(job->nonce), &job->fault));
    h->pvno = choose_pvno(request->pvno);
    h->sender.type = GN_DIRECTORY;
    h->sender.value = signer->certificate.subject;
    h->recipient = request->sender;
    h->has_message_time = true;
    h->message_time = job->facts.now;
    h->protection_alg.der = sig_alg_info(signer->alg)->der;
    h->protection_alg.oid = h->protection_alg.der; /* present */
    h->sender_kid = signer->certificate.ski;
    h->transaction_id = request->transaction_id;
    h->sender_nonce = span_of(job->nonce, sizeof(job->nonce));
    h->recip_nonce = request->sender_nonce;
    return fill_infos(job, h);
}

/* Header, body and protection as one element, and the two parts of it. */
static enum err assemble(struct worker *w, struct job *job,
                         const struct pki_body *body, struct span tail)
{
    struct pki_header h = { 0 };
    const struct signer *signer = job->profile->signer;
    struct span header, content, part, sig;
    struct der_writer out;
    size_t mark;

    TRY(fill_header(w, job, &h));
    TRY(cmp_header_write(&h, job->arena, &header));
    TRY(cmp_body_write(body, job->arena, &content));
    TRY(cmp_protected_part_write(header, content, job->arena, &part));
    TRY(keys_sign(w->line->authority->keys, w->cx, signer->config->key->name,
                  signer->alg, part,
                  job->received + 2 * w->line->request_deadline, job->arena,
                  &sig, &job->fault));
    der_writer_init(&out, job->arena,
                    tail.len + sig.len + header.len + content.len + 64);
    der_put_raw(&out, tail);
    mark = der_mark(&out);
    der_put_bit_octets(&out, DER_BIT_STRING, sig);
    der_put_header(&out, DER_CTX(0), mark);
    der_put_raw(&out, content);
    der_put_raw(&out, header);
    der_put_header(&out, DER_SEQUENCE, 0);
    job->tail_len = tail.len;
    return der_finish(&out, &job->reply);
}

/* accepted means exactly as asked; a changed or chosen name is a change. */
static enum pki_status choose_status(const struct job *job)
{
    const struct cert_template *t =
        &job->msg.body.cert_req.list[0].cert_req.cert_template;
    bool is_same = span_is_absent(t->subject) ||
                   name_is_equal(t->subject, job->names.subject);

    return is_same && !t->has_extensions && !t->has_not_before &&
                   !t->has_not_after
               ? STATUS_ACCEPTED
               : STATUS_GRANTED_WITH_MODS;
}

static enum err write_issued(struct worker *w, struct job *job)
{
    struct cert_response response = {
        .cert_req_id = job->msg.body.cert_req.list[0].cert_req.cert_req_id,
        .status.status = choose_status(job),
        .has_key_pair = true,
        .certificate = job->certificate.der,
    };
    struct pki_body body = { .type = job->decision.answer };

    body.cert_rep.responses = &response;
    body.cert_rep.num_responses = 1;
    roots_put(job->profile, &body.cert_rep);
    return assemble(w, job, &body, job->profile->tail);
}

enum err reply_write(struct worker *w, struct job *job)
{
    struct pki_body body = { .type = CMP_PKICONF };

    if (job->decision.action == TXN_ISSUE)
        return write_issued(w, job);
    /* No extraCerts in pkiconf: TS 33.310, 9.5.4.5. */
    return assemble(w, job, &body, SPAN_NONE);
}

/*
 * What the station may be told: the clause and what it asks. Why a signature
 * did not verify, or what our own trouble is, stays here.
 */
static const char *safe_text(const struct job *job)
{
    const struct fault *fault = &job->fault;
    struct arena *a = job->arena;

    if (err_whose(fault->err) != WHOSE_PEER)
        return "temporarily unavailable; try again later";
    if (fault->err == ERR_BAD_MESSAGE_CHECK)
        return err_text(fault->err);
    for (enum rule_id i = 0; i < RULE_NUM; i++)
        if (strcmp(rule_get(i)->id, fault->rule) == 0)
            return arena_printf(a, "%s: asked: %s", rule_get(i)->clause,
                                rule_get(i)->asked);
    return err_text(fault->err);
}

enum err reply_refusal(struct worker *w, struct job *job)
{
    enum cmp_body_type type =
        rule_body(rule_step_of(&job->fault), job->msg.body.type);
    enum fail_info bit = err_fail_info(job->fault.err);
    const char *text = safe_text(job);
    struct span line = text == NULL ? SPAN_NONE : span_str(text);
    struct pki_status_info status = {
        .status = STATUS_REJECTION,
        .status_string = { &line, text == NULL ? 0 : 1 },
        .has_fail_info = bit != FI_NONE,
        .fail_info = bit == FI_NONE ? 0 : 1u << bit,
    };
    struct cert_response response = { .status = status };
    struct pki_body body = { .type = type };
    struct fault cause = job->fault;
    enum err e;

    if (type == CMP_ERROR) {
        body.error.status = status;
    } else {
        if (job->msg.body.cert_req.num > 0)
            response.cert_req_id =
                job->msg.body.cert_req.list[0].cert_req.cert_req_id;
        body.cert_rep.responses = &response;
        body.cert_rep.num_responses = 1;
    }
    e = assemble(w, job, &body, job->profile->signer->tail);
    if (e == ERR_OK)
        job->fault = cause;
    return e;
}
