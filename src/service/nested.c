/*
 * nested: messages inside a message, from a registration authority (RFC 9483,
 * 5.2.2).
 *
 * Added protection is one message under the transactionID of its nested. Once
 * the RA's signature is verified the job is that message's, as if it had come
 * by itself, and so is the answer.
 *
 * A batch has a transactionID of its own. Each message in it becomes a job of
 * its own, which nothing that happens to its neighbours changes, and the answer
 * is a nested of their answers, in their order. The batch itself is not
 * remembered: who sends it again gets the stored replies of its messages.
 */
#include <stdatomic.h>
#include <stdlib.h>

#include "base/limits.h"
#include "profile/asked.h"
#include "service/line.h"

/* Where the answer of one message of a batch goes. */
struct slot {
    struct batch *batch;
    uint8_t *reply; /* NULL: there is none */
    size_t len;
};

struct batch {
    struct job *job;    /* of the nested */
    atomic_size_t open; /* messages not answered, and one for nested_run */
    size_t num;
    struct slot slots[LIMIT_BATCH];
};

void batch_free(struct batch *b)
{
    if (b == NULL)
        return;
    for (size_t i = 0; i < b->num; i++)
        free(b->slots[i].reply);
    free(b);
}

/* --- opening it --- */

/* From here on the job is that of the message inside. */
static void unwrap(struct job *job)
{
    struct span inner = job->msg.body.nested.list[0];
    bool is_approved = (job->ra->may & CONFIG_RA_APPROVE) != 0;

    job->outer = job->bytes;
    job->bytes = inner;
    job->wrapper = job->ra;
    job->ra = NULL;
    job->facts =
        (struct facts){ .now = job->facts.now, .is_vouched = is_approved };
    job->msg = (struct cmp_message){ 0 };
    job->profile = job->entry;
    job->has_header = false;
    job->signer = (struct x509_cert){ 0 };
    job->part = SPAN_NONE;
}

static enum err open_batch(struct job *job)
{
    struct batch *b = calloc(1, sizeof(*b));

    if (b == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "batch");
    job->is_verified = true;
    b->job = job;
    b->num = job->msg.body.nested.num;
    for (size_t i = 0; i < b->num; i++)
        b->slots[i].batch = b;
    job->batch = b;
    return ERR_OK;
}

enum err nested_open(struct worker *w, struct job *job)
{
    bool is_added = false;

    TRY(nested_check(&job->msg, job->arena, &is_added, &job->fault));
    verdicts_pass(job, STEP_REQUEST);
    TRY(verify_nested(w, job));
    verdicts_pass(job, STEP_PROTECTION);
    if (!is_added)
        return open_batch(job);
    unwrap(job);
    return ERR_OK;
}

/* --- a batch under way --- */

/* The last one to be answered sends the batch back to a worker, which signs. */
static void close_one(struct batch *b)
{
    struct job *job = b->job;

    if (atomic_fetch_sub(&b->open, 1) == 1)
        job->again(job->again_arg, job);
}

/* An answer that is no CMP message, or finds no memory, is left out: the RA
 * tells its station systemUnavail (RFC 9483, 5.2.2.2), which tries again. */
static void take_reply(void *arg, int status, struct span body)
{
    struct slot *slot = arg;

    if (status == 200)
        slot->reply = malloc(body.len);
    if (slot->reply != NULL) {
        memcpy(slot->reply, body.ptr, body.len);
        slot->len = body.len;
    }
    close_one(slot->batch);
}

struct job *nested_part(const struct job *job, size_t i)
{
    struct job *part = job_new();

    if (part == NULL)
        return NULL;
    part->entry = job->entry;
    if (job->operation != NULL && !operation_is_batch(job->operation))
        part->operation = job->operation;
    part->bytes = job->msg.body.nested.list[i];
    part->source = job->source;
    part->peer = job->peer;
    part->received = job->received;
    part->again = job->again;
    part->again_arg = job->again_arg;
    part->wrapper = job->ra;
    part->is_of_batch = true;
    return part;
}

void nested_run(struct worker *w, struct job *job)
{
    struct batch *b = job->batch;

    b->open = b->num + 1;
    for (size_t i = 0; i < b->num; i++) {
        struct job *part = nested_part(job, i);

        if (part == NULL) {
            close_one(b);
            continue;
        }
        part->send = take_reply;
        part->send_arg = &b->slots[i];
        line_handle(w, part);
    }
    close_one(b);
}

/* --- 8: reply --- */

/* What fits one message, in the order of the requests. */
static enum err fill(struct worker *w, struct job *job, struct pki_body *body,
                     struct span *tail)
{
    const struct batch *b = job->batch;
    struct span *list = arena_array(job->arena, b->num, sizeof(*list));
    size_t left;

    (void)w;
    if (list == NULL)
        return fault_set(&job->fault, ERR_NO_MEM, "nested");
    *tail = job->profile->signer->tail;
    left = LIMIT_MESSAGE_LEN - 2048 - tail->len;
    body->type = CMP_NESTED;
    body->nested = (struct span_list){ list, 0 };
    for (size_t i = 0; i < b->num; i++) {
        const struct slot *slot = &b->slots[i];

        if (slot->reply == NULL || slot->len > left)
            continue;
        list[body->nested.num++] = span_of(slot->reply, slot->len);
        left -= slot->len;
    }
    if (body->nested.num == 0)
        return rule_break(&job->fault, RULE_BATCH_IS_ANSWERED, "body.nested",
                          "no message of the batch was answered");
    job->outcome = OUTCOME_ANSWERED;
    return ERR_OK;
}

enum err nested_finish(struct worker *w, struct job *job)
{
    return reply_write(w, job);
}

const struct flow flow_nested = { .fill = fill };
