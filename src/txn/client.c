#include "txn/client.h"

#include "txn/internal.h"
#include <assert.h>

#define PVNO 2
/* Which alone encrypt to a key that agrees, and to whom a key is for. */
#define PVNO_ENVELOPES 3
#define SHIFT_MAX 16

const char *client_state_name(enum client_state state)
{
    static const char *const names[CLIENT_STATE_NUM] = {
        [CLIENT_IDLE] = "idle",
        [CLIENT_REQUEST_SENT] = "request-sent",
        [CLIENT_CONFIRM_SENT] = "confirm-sent",
        [CLIENT_DONE] = "done",
        [CLIENT_FAILED] = "failed",
    };

    return names[state];
}

const char *client_poll_name(enum client_poll poll)
{
    static const char *const names[CLIENT_POLL_NUM] = {
        [CLIENT_POLL_NONE] = "none",
        [CLIENT_POLL_DUE] = "due",
        [CLIENT_POLL_SENT] = "sent",
    };

    return names[poll];
}

/* --- headers --- */

struct general_name client_directory(struct span name)
{
    return (struct general_name){
        .type = GN_DIRECTORY,
        .value = span_is_absent(name) ? SPAN_LIT("\x30\x00") : name,
    };
}

/* Whose message it is, and what will protect it. */
static enum err name_sender(const struct client_credential *own,
                            struct arena *a, struct pki_header *h,
                            struct fault *f)
{
    if (own->cert != NULL) {
        h->sender = client_directory(own->cert->subject);
        h->sender_kid = own->cert->ski;
        h->protection_alg.der = sig_alg_info(own->alg)->der;
        return ERR_OK;
    }
    h->sender.type = GN_DIRECTORY;
    h->sender_kid = own->reference;
    h->protection_alg.der = own->mac_alg;
    if (client_reference_name(own->reference, a, &h->sender.value) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "header");
    return ERR_OK;
}

enum err client_header_fill(const struct client *c,
                            const struct client_credential *own, int64_t now,
                            struct arena *a, struct pki_header *h,
                            struct fault *f)
{
    h->pvno = c->is_v3 ? PVNO_ENVELOPES : PVNO;
    h->has_message_time = true;
    h->message_time = now;
    TRY(name_sender(own, a, h, f));
    h->transaction_id = arena_copy(a, SPAN_OF(c->transaction_id));
    h->sender_nonce = arena_copy(a, SPAN_OF(c->nonce));
    if (span_is_absent(h->transaction_id) || span_is_absent(h->sender_nonce))
        return fault_set(f, ERR_NO_MEM, "header");
    return ERR_OK;
}

/* certProfile stands in the header (RFC 9810, 5.1.1.4). */
static enum err write_profiles(const struct text_list *profiles,
                               struct arena *a, struct pki_header *h)
{
    struct info_type_value *info = arena_alloc(a, sizeof(*info));
    struct der_writer w;

    if (profiles->num == 0)
        return ERR_OK;
    if (info == NULL)
        return ERR_NO_MEM;
    info->id = OID_ID_IT_CERT_PROFILE;
    info->oid = oid_span(info->id);
    der_writer_init(&w, a, 256);
    text_list_put(&w, profiles);
    TRY(der_finish(&w, &info->value));
    h->general_info = (struct info_list){ info, 1 };
    return ERR_OK;
}

enum err client_open(struct client *c, const struct client_wish *wish,
                     const struct client_credential *own,
                     const struct client_waits *waits, int64_t now,
                     const uint8_t fresh[CLIENT_RANDOM_LEN], struct arena *a,
                     struct client_step *step, struct fault *f)
{
    struct client next = { .state = CLIENT_REQUEST_SENT,
                           .request = wish->request,
                           .proof = wish->proof,
                           .is_v3 = wish->is_agreement || wish->is_enveloped ||
                                    wish->proof == CLIENT_PROOF_NONE,
                           .is_mac = own->cert == NULL,
                           .deadline = now + waits->request };

    assert(c->state == CLIENT_IDLE);
    memcpy(next.transaction_id, fresh, CLIENT_ID_LEN);
    memcpy(next.nonce, fresh + CLIENT_ID_LEN, CLIENT_ID_LEN);
    TRY(client_header_fill(&next, own, now, a, &step->header, f));
    step->header.recipient = client_directory(wish->recipient);
    if (write_profiles(&wish->profiles, a, &step->header) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "certProfile");
    step->body.type = wish->request;
    *c = next;
    return ERR_OK;
}

enum err client_revoke(struct client *c, const struct client_wish *wish,
                       const struct client_credential *own,
                       const struct client_waits *waits, int64_t now,
                       const uint8_t fresh[CLIENT_RANDOM_LEN], struct arena *a,
                       struct client_step *out, struct fault *f)
{
    struct client_step step = { .action = CLIENT_SEND };
    struct rev_details *details = arena_alloc(a, sizeof(*details));

    assert(wish->request == CMP_RR && wish->old != NULL);
    if (details == NULL)
        return fault_set(f, ERR_NO_MEM, "rr");
    *details = (struct rev_details){ 0 };
    TRY(client_rev_details_fill(wish, a, details, f));
    TRY(client_open(c, wish, own, waits, now, fresh, a, &step, f));
    step.body.rev_req = (struct rev_req){ details, 1 };
    *out = step;
    return ERR_OK;
}

enum err client_start(struct client *c, const struct client_wish *wish,
                      const struct client_credential *own,
                      const struct cert_req_msg *msgs, size_t num,
                      const struct client_waits *waits, int64_t now,
                      const uint8_t fresh[CLIENT_RANDOM_LEN], struct arena *a,
                      struct client_step *out, struct fault *f)
{
    struct client_step step = { .action = CLIENT_SEND };

    assert(num >= 1 && num <= CLIENT_MAX_ASKED);
    TRY(client_open(c, wish, own, waits, now, fresh, a, &step, f));
    c->num_also = num - 1;
    c->open = (1u << num) - 1;
    if (wish->request == CMP_P10CR) {
        assert(wish->p10 != NULL && num == 1);
        step.body.p10 = *wish->p10;
    } else {
        step.body.cert_req.list = msgs;
        step.body.cert_req.num = num;
    }
    *out = step;
    return ERR_OK;
}

/* What is asked after: of several certificates each that is open, unless the
 * message as a whole waits. */
static enum err fill_poll(const struct client *c, struct arena *a,
                          struct poll_req *out, struct fault *f)
{
    int64_t *ids = arena_array(a, c->num_also + 1, sizeof(*ids));
    size_t num = 0;

    if (ids == NULL)
        return fault_set(f, ERR_NO_MEM, "pollReq");
    for (size_t i = 0; c->poll_id >= 0 && i <= c->num_also; i++)
        if ((c->open & (1u << i)) != 0)
            ids[num++] = (int64_t)i;
    if (num == 0)
        ids[num++] = c->poll_id;
    *out = (struct poll_req){ ids, num };
    return ERR_OK;
}

enum err client_poll_next(struct client *c, const struct client_credential *own,
                          struct span recipient,
                          const struct client_waits *waits, int64_t now,
                          const uint8_t fresh[CLIENT_RANDOM_LEN],
                          struct arena *a, struct client_step *out,
                          struct fault *f)
{
    struct client_step step = { .action = CLIENT_WAIT };
    struct client next = *c;

    assert(c->poll == CLIENT_POLL_DUE);
    if (now < c->poll_at) {
        step.wait = c->poll_at - now;
        *out = step;
        return ERR_OK;
    }
    TRY(fill_poll(c, a, &step.body.poll_req, f));
    next.poll = CLIENT_POLL_SENT;
    next.deadline = now + waits->request;
    memcpy(next.nonce, fresh, CLIENT_ID_LEN);
    TRY(client_header_fill(&next, own, now, a, &step.header, f));
    step.header.recipient = client_directory(recipient);
    step.header.recip_nonce =
        arena_copy(a, span_of(c->peer_nonce, c->peer_nonce_len));
    if (span_is_absent(step.header.recip_nonce))
        return fault_set(f, ERR_NO_MEM, "pollReq");
    step.body.type = CMP_POLL_REQ;
    step.action = CLIENT_SEND;
    *c = next;
    *out = step;
    return ERR_OK;
}

/* --- silence --- */

static int64_t retry_wait(const struct client_waits *waits, unsigned tries)
{
    unsigned shift = tries > SHIFT_MAX ? SHIFT_MAX : tries;
    int64_t wait = waits->retry;

    for (unsigned i = 1; i < shift && wait < waits->retry_max; i++)
        wait *= 2;
    return wait < waits->retry_max ? wait : waits->retry_max;
}

void client_no_answer(struct client *c, const struct client_waits *waits,
                      enum client_silence silence, unsigned tries,
                      int64_t asked, int64_t now, struct client_step *out)
{
    struct client_step step = { .action = CLIENT_RESEND };
    bool is_held =
        silence == CLIENT_UNREACHED &&
        (c->state == CLIENT_CONFIRM_SENT || c->poll == CLIENT_POLL_SENT);

    if (now >= c->deadline && !is_held) {
        step.action = CLIENT_GIVE_UP;
        fault_set(&step.why, ERR_NO_ANSWER,
                  "no answer to believe came in time");
        rule_name(&step.why, RULE_REPLY_IN_TIME);
        c->state = CLIENT_FAILED;
    } else {
        step.wait = retry_wait(waits, tries);
        step.asked = asked < waits->asked_max ? asked : waits->asked_max;
    }
    *out = step;
}
