/*
 * popdecc and popdecr: who asks for a certificate of a key that only decrypts
 * shows that it does, before there is a certificate (RFC 9810, 5.2.8.3.3).
 */
#include "service/line.h"

#define NUMBER_LEN 16

/* --- popdecc: made in step 7 of the request --- */

/* A positive INTEGER in its minimal form, whatever is drawn. */
static enum err draw_number(struct worker *w, struct job *job, struct span *out)
{
    uint8_t *bytes = arena_alloc(job->arena, NUMBER_LEN);

    if (bytes == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "challenge");
    TRY(random_fill(w->cx, bytes, NUMBER_LEN, &job->fault));
    bytes[0] = (bytes[0] & 0x3f) | 0x40;
    *out = span_of(bytes, NUMBER_LEN);
    return ERR_OK;
}

/* What owf is applied to no text says: here the INTEGER's content. A station
 * need not look at it. */
static enum err fill_witness(struct worker *w, struct job *job,
                             struct span number, struct pop_challenge *out)
{
    struct der in = der_open(digest_alg_id(DIGEST_SHA256), NULL);
    uint8_t *hash = arena_alloc(job->arena, DIGEST_MAX_LEN);

    if (hash == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "challenge");
    TRY(alg_id_read(&in, &out->owf));
    TRY(hash_compute(w->cx, DIGEST_SHA256, number, hash, &job->fault));
    out->witness = span_of(hash, digest_len(DIGEST_SHA256));
    return ERR_OK;
}

static enum err hash_answers(struct worker *w, struct job *job,
                             const struct pop_answers *answers,
                             uint8_t out[DIGEST_MAX_LEN])
{
    struct der_writer writer;
    struct span bytes;

    der_writer_init(&writer, job->arena, 32 * answers->num + 16);
    pop_answers_put(&writer, answers);
    if (der_finish(&writer, &bytes) != ERR_OK)
        return fault_set(&job->fault, ERR_NO_MEM, "answers");
    return hash_compute(w->cx, DIGEST_SHA256, bytes, out, &job->fault);
}

/* The digest of the answer, so that who reads the store cannot give it; and
 * which requests it is about. */
static enum err keep_expected(struct worker *w, struct job *job,
                              const struct pop_answers *answers)
{
    size_t len = digest_len(DIGEST_SHA256);
    uint8_t hash[DIGEST_MAX_LEN];
    struct span waiting;
    uint8_t *data;

    TRY(hash_answers(w, job, answers, hash));
    TRY(asks_write_waiting(job, &waiting));
    data = arena_alloc(job->arena, len + waiting.len);
    if (data == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "challenge");
    memcpy(data, hash, len);
    memcpy(data + len, waiting.ptr, waiting.len);
    job->expected = span_of(data, len + waiting.len);
    return ERR_OK;
}

static bool is_challenged(const struct ask *ask)
{
    return ask->fault.err == ERR_OK && ask->decision.action == TXN_CHALLENGE;
}

enum err challenge_make(struct worker *w, struct job *job)
{
    struct pop_challenge *list =
        arena_array(job->arena, job->num_asks, sizeof(*list));
    struct span *numbers =
        arena_array(job->arena, job->num_asks, sizeof(*numbers));
    size_t num = 0;

    if (list == NULL || numbers == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "challenges");
    for (size_t i = 0; i < job->num_asks; i++) {
        const struct ask *ask = &job->asks[i];

        if (!is_challenged(ask))
            continue;
        TRY(draw_number(w, job, &numbers[num]));
        TRY(fill_witness(w, job, numbers[num], &list[num]));
        TRY(conceal_number(w, job, ask, numbers[num], &list[num]));
        num++;
    }
    job->challenges = (struct pop_challenges){ list, num };
    return keep_expected(w, job, &(struct pop_answers){ numbers, num });
}

/* --- popdecr --- */

static enum err find_challenge(struct worker *w, struct job *job)
{
    size_t len = digest_len(DIGEST_SHA256);
    uint8_t hash[DIGEST_MAX_LEN];
    struct span data;

    TRY(find_request(w, job));
    data = job->request.data;
    if (job->request.state != REQUEST_CHALLENGED || data.len <= len)
        return fault_set(&job->fault, ERR_STORE,
                         "a challenged transaction without its challenge");
    TRY(asks_read_waiting(job, span_of(data.ptr + len, data.len - len)));
    TRY(hash_answers(w, job, &job->msg.body.pop_answers, hash));
    job->facts.is_answer_right =
        secret_is_equal(span_of(hash, len), span_of(data.ptr, len));
    job->facts.waiting_body = (enum cmp_body_type)job->transaction.body_type;
    return ERR_OK;
}

static enum err find(struct worker *w, struct job *job)
{
    if (job->transaction.id == 0)
        return ERR_OK;
    find_transaction_facts(job);
    TRY(find_station(w, job));
    return job->transaction.state == TRANSACTION_CHALLENGED
               ? find_challenge(w, job)
               : ERR_OK;
}

/* Either way the request is what is answered: granted, or, in its own answer,
 * refused, which ends the transaction. There is no second guess. */
static enum err settle(struct worker *w, struct job *job)
{
    if (job->decision.action == TXN_RESUME) {
        findings_judge(&job->findings, RULE_CHALLENGE_IS_ANSWERED,
                       VERDICT_HOLDS);
        return line_resume(w, job);
    }
    TRY(line_reopen(w, job));
    return rule_break(&job->fault, RULE_CHALLENGE_IS_ANSWERED, "body.popdecr",
                      "other numbers, or another number of them");
}

/* The rest is the request's: settle leaves its flow in the job, or fails. */
const struct flow flow_challenge = {
    .continues = true,
    .find = find,
    .settle = settle,
};
