/*
 * Step 8: the answer, built, protected, and kept in the two parts the store
 * wants: extraCerts are the same in thousands of replies.
 */
#include "service/line.h"

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

    TRY(random_fill(w->cx, job->nonce, sizeof(job->nonce), &job->fault));
    h->pvno = choose_pvno(request->pvno);
    TRY(protect_header(w, job, h));
    h->recipient = request->sender;
    h->has_message_time = true;
    h->message_time = job->facts.now;
    h->transaction_id = request->transaction_id;
    h->sender_nonce = span_of(job->nonce, sizeof(job->nonce));
    h->recip_nonce = job->is_resumed ? job->poll_nonce : request->sender_nonce;
    return fill_infos(job, h);
}

/* Header, body and protection as one element, and the two parts of it. */
static enum err assemble(struct worker *w, struct job *job,
                         const struct pki_body *body, struct span tail)
{
    struct pki_header h = { 0 };
    struct span header, content, part, sig;
    struct der_writer out;
    size_t mark;

    TRY(fill_header(w, job, &h));
    TRY(cmp_header_write(&h, job->arena, &header));
    TRY(cmp_body_write(body, job->arena, &content));
    TRY(cmp_protected_part_write(header, content, job->arena, &part));
    TRY(protect_part(w, job, &h, part, &sig));
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

#define TEXTS_MAX 2

/*
 * What the station may be told: the clause, the field, what is asked of it and
 * what to do. Why a signature or a MAC did not verify, what was found, or what
 * our own trouble is, stays here. Returns how many texts; 0: no memory.
 */
static size_t safe_texts(const struct fault *fault, struct arena *a,
                         struct span *out)
{
    const struct rule *rule = rule_find(fault->rule);
    const char *asked, *cure;

    if (err_whose(fault->err) != WHOSE_PEER) {
        out[0] = SPAN_LIT("temporarily unavailable; try again later");
        return 1;
    }
    if (fault->err == ERR_BAD_MESSAGE_CHECK || rule == NULL) {
        out[0] = span_str(err_text(fault->err));
        return 1;
    }
    asked = arena_printf(a, "%s%s%s: asked: %s", rule->clause,
                         fault->path[0] == '\0' ? "" : ", at ", fault->path,
                         rule->asked);
    cure = arena_printf(a, "try: %s", rule->cure);
    if (asked == NULL || cure == NULL)
        return 0;
    out[0] = span_str(asked);
    out[1] = span_str(cure);
    return TEXTS_MAX;
}

static struct pki_status_info *status_of(const struct fault *fault,
                                         struct arena *a)
{
    enum fail_info bit = err_fail_info(fault->err);
    struct pki_status_info *status = arena_alloc(a, sizeof(*status));
    struct span *texts = arena_array(a, TEXTS_MAX, sizeof(*texts));
    size_t num = texts == NULL ? 0 : safe_texts(fault, a, texts);

    if (status == NULL || num == 0)
        return NULL;
    *status = (struct pki_status_info){
        .status = STATUS_REJECTION,
        .status_string = { texts, num },
        .has_fail_info = bit != FI_NONE,
        .fail_info = bit == FI_NONE ? 0 : 1u << bit,
    };
    return status;
}

/* accepted means exactly as asked; a changed or chosen name is a change. */
static enum pki_status choose_status(const struct ask *ask)
{
    const struct cert_template *t = &ask->req->cert_req.cert_template;
    bool is_same = span_is_absent(t->subject) ||
                   name_is_equal(t->subject, ask->names.subject);

    is_same &=
        !t->has_not_before || t->not_before == ask->certificate.not_before;
    is_same &= !t->has_not_after || t->not_after == ask->certificate.not_after;
    return is_same && !t->has_extensions ? STATUS_ACCEPTED
                                         : STATUS_GRANTED_WITH_MODS;
}

/* `all`: why the message as a whole was refused; else each its own. */
static enum err fill_response(struct job *job, const struct ask *ask,
                              const struct fault *all,
                              struct cert_response *out)
{
    const struct fault *fault = ask->fault.err != ERR_OK ? &ask->fault : all;
    const struct pki_status_info *status;

    out->cert_req_id = ask->req->cert_req.cert_req_id;
    if ((fault == NULL || fault->err == ERR_OK) &&
        job->decision.action == TXN_WAIT) {
        out->status.status = STATUS_WAITING;
        return ERR_OK;
    }
    if (fault == NULL || fault->err == ERR_OK) {
        out->status.status = choose_status(ask);
        out->has_key_pair = true;
        out->encrypted_cert = ask->encrypted_cert;
        if (span_is_absent(ask->encrypted_cert))
            out->certificate = ask->certificate.der;
        out->private_key = ask->private_key;
        return ERR_OK;
    }
    status = status_of(fault, job->arena);
    if (status == NULL)
        return ERR_NO_MEM;
    out->status = *status;
    return ERR_OK;
}

static enum err fill_responses(struct job *job, const struct fault *all,
                               struct pki_body *body)
{
    struct cert_response *list =
        arena_array(job->arena, job->num_asks, sizeof(*list));

    if (list == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < job->num_asks; i++)
        TRY(fill_response(job, &job->asks[i], all, &list[i]));
    body->cert_rep.responses = list;
    body->cert_rep.num_responses = job->num_asks;
    return ERR_OK;
}

static enum err fill_statuses(struct job *job, const struct fault *all,
                              struct pki_body *body)
{
    size_t num = job->num_asks;
    struct pki_status_info *list = arena_array(job->arena, num, sizeof(*list));
    struct cert_id *ids = arena_array(job->arena, num, sizeof(*ids));

    if (list == NULL || ids == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < num; i++) {
        const struct ask *ask = &job->asks[i];
        const struct fault *fault =
            ask->fault.err != ERR_OK ? &ask->fault : all;
        const struct pki_status_info *status;

        ids[i].issuer.type = GN_DIRECTORY;
        ids[i].issuer.value = ask->rev->cert_details.issuer;
        ids[i].serial = ask->rev->cert_details.serial;
        if (fault == NULL)
            continue; /* accepted */
        status = status_of(fault, job->arena);
        if (status == NULL)
            return ERR_NO_MEM;
        list[i] = *status;
    }
    body->rev_rep.statuses = list;
    body->rev_rep.num_statuses = num;
    if (all != NULL)
        return ERR_OK;
    body->rev_rep.rev_certs = ids;
    body->rev_rep.num_rev_certs = num;
    return ERR_OK;
}

/* An rr that named nothing is refused with one status all the same. */
static enum err refuse_revocations(struct job *job, const struct fault *cause,
                                   struct pki_body *body)
{
    if (job->num_asks > 0)
        return fill_statuses(job, cause, body);
    body->rev_rep.statuses = status_of(cause, job->arena);
    body->rev_rep.num_statuses = 1;
    return body->rev_rep.statuses == NULL ? ERR_NO_MEM : ERR_OK;
}

enum err reply_revocations(struct job *job, struct pki_body *body)
{
    enum err e = fill_statuses(job, NULL, body);

    return e == ERR_OK ? ERR_OK : fault_set(&job->fault, e, "RevRepContent");
}

enum err reply_responses(struct job *job, struct pki_body *body)
{
    enum err e = fill_responses(job, NULL, body);

    return e == ERR_OK ? ERR_OK : fault_set(&job->fault, e, "CertRepMessage");
}

enum err reply_write(struct worker *w, struct job *job)
{
    struct pki_body body = { .type = CMP_PKICONF };
    struct span tail;

    TRY(job->flow->fill(w, job, &body, &tail));
    return assemble(w, job, &body, tail);
}

enum err reply_refusal(struct worker *w, struct job *job)
{
    struct pki_body body = { .type = rule_body(rule_step_of(&job->fault),
                                               job->msg.body.type) };
    struct fault cause = job->fault;
    const struct pki_status_info *status;
    enum err e = ERR_OK;

    if (body.type == CMP_ERROR) {
        status = status_of(&cause, job->arena);
        if (status == NULL)
            return ERR_NO_MEM;
        body.error.status = *status;
    } else if (body.type == CMP_RP) {
        TRY(refuse_revocations(job, &cause, &body));
    } else {
        TRY(fill_responses(job, &cause, &body));
    }
    e = assemble(w, job, &body, job->profile->signer->tail);
    if (e == ERR_OK)
        job->fault = cause;
    return e;
}
