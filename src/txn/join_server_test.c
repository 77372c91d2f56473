/* The server of the joined ends. */
#include "txn/join_scene_test.h"
#include "txn/txn.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define ID_LEN 16

static struct transaction *find_transaction(struct world *w, struct span id)
{
    for (size_t i = 0; i < w->num_transactions; i++)
        if (span_is_equal(w->transactions[i].id, id))
            return &w->transactions[i];
    return NULL;
}

static struct span find_kept(struct world *w, struct span request)
{
    for (size_t i = 0; i < w->num_kept; i++)
        if (span_is_equal(w->kept[i].request, request))
            return w->kept[i].reply;
    return SPAN_NONE;
}

static void fill_facts(struct world *w, const struct cmp_message *msg,
                       const struct transaction *t, struct facts *f)
{
    bool is_kur = msg->body.type == CMP_KUR;

    *f = (struct facts){ .now = w->now, .signer = &w->own };
    f->signer_kind = is_kur ? SIGNER_OPERATOR : SIGNER_VENDOR;
    if (w->has_secret) {
        f->signer = NULL;
        f->signer_kind = SIGNER_SECRET;
    }
    f->vendor = SPAN_LIT("acme");
    f->serial = SPAN_LIT("bs-1");
    f->is_allowed = true;
    if (msg->body.type == CMP_CERT_CONF) {
        w->awaited =
            (struct fact_issued){ .hash_alg_known = true,
                                  .hash = t == NULL ? SPAN_NONE : t->hash };
        f->issued = &w->awaited;
        f->num_issued = 1;
        f->transaction = t == NULL ? FACT_NO_TRANSACTION : t->state;
        f->our_nonce = t == NULL ? SPAN_NONE : t->nonce;
        return;
    }
    f->transaction_id_used = t != NULL;
    f->old = is_kur ? &w->own : NULL;
    f->old_is_ours = f->old_is_confirmed = is_kur;
    for (size_t i = 0; i < w->num_transactions; i++) {
        f->request_seen = f->request_seen ||
                          span_is_equal(w->transactions[i].request, msg->der);
        f->old_has_update =
            f->old_has_update ||
            (is_kur && w->transactions[i].state == FACT_UNCONFIRMED);
    }
}

static void fill_reply_header(struct world *w, const struct pki_header *from,
                              struct info_type_value *info,
                              struct pki_header *h)
{
    struct der_writer out;

    h->pvno = from->pvno;
    h->sender.type = GN_DIRECTORY;
    h->sender.value = w->ra.subject;
    h->recipient = from->sender;
    h->has_message_time = true;
    h->message_time = w->now;
    h->protection_alg.der =
        w->has_secret ? w->mac_alg : sig_alg_info(SIG_ECDSA_SHA256)->der;
    if (w->has_secret)
        h->sender_kid = from->sender_kid;
    h->transaction_id = from->transaction_id;
    h->sender_nonce = world_fresh(w, ID_LEN);
    h->recip_nonce = from->sender_nonce;
    if (info == NULL)
        return;
    der_writer_init(&out, w->arena, 32);
    der_put_generalized_time(&out, w->now + WORLD_CONFIRM_WAIT);
    assert_int_equal(der_finish(&out, &info->value), ERR_OK);
    info->id = OID_ID_IT_CONFIRM_WAIT_TIME;
    info->oid = oid_span(info->id);
    h->general_info = (struct info_list){ info, 1 };
}

static struct span refusal(struct world *w, const struct cmp_message *msg,
                           const struct fault *f)
{
    struct pki_header h = { 0 };
    struct pki_body b = { .type = rule_body(rule_step_of(f), msg->body.type) };
    struct pki_status_info status = { .status = STATUS_REJECTION,
                                      .has_fail_info = true,
                                      .fail_info = 1u
                                                   << err_fail_info(f->err) };
    struct cert_response response = { .status = status };

    w->seen->refusals++;
    fill_reply_header(w, &msg->header, NULL, &h);
    if (b.type == CMP_ERROR) {
        b.error.status = status;
    } else {
        b.cert_rep.responses = &response;
        b.cert_rep.num_responses = 1;
    }
    return world_seal(w, &h, &b, world_server(w));
}

/* One certificate for each transaction and each request, or the test fails. */
static struct span issue(struct world *w, const struct cmp_message *msg,
                         const struct txn_decision *d)
{
    struct transaction *t = &w->transactions[w->num_transactions];
    struct cert_response response = { .has_key_pair = true };
    struct pki_body b = { .type = d->answer };
    struct info_type_value info = { 0 };
    struct pki_header h = { 0 };
    struct der_writer out;

    assert_null(find_transaction(w, msg->header.transaction_id));
    for (size_t i = 0; i < w->num_transactions; i++)
        assert_false(span_is_equal(w->transactions[i].request, msg->der));
    assert_true(w->num_transactions < WORLD_MAX_KEPT);
    w->num_transactions++;
    fill_reply_header(w, &msg->header, &info, &h);
    der_writer_init(&out, w->arena, 64);
    der_put_octets(&out, DER_OCTET_STRING, world_fresh(w, 8));
    der_put_header(&out, DER_SEQUENCE, 0);
    assert_int_equal(der_finish(&out, &t->certificate), ERR_OK);
    t->id = msg->header.transaction_id;
    t->nonce = h.sender_nonce;
    t->request = msg->der;
    t->key = msg->body.cert_req.list[0].cert_req.cert_template.public_key.key;
    t->state = FACT_UNCONFIRMED;
    t->deadline = w->now + WORLD_CONFIRM_WAIT;
    t->hash = world_sum(w, SPAN_LIT("hash"), t->certificate);
    response.certificate = t->certificate;
    b.cert_rep.responses = &response;
    b.cert_rep.num_responses = 1;
    return world_seal(w, &h, &b, world_server(w));
}

static struct span conclude(struct world *w, const struct cmp_message *msg,
                            struct transaction *t, const struct txn_decision *d)
{
    struct pki_body b = { .type = d->answer };
    struct pki_header h = { 0 };

    assert_int_equal(t->state, FACT_UNCONFIRMED);
    t->state = d->action == TXN_CONFIRM ? FACT_CONFIRMED : FACT_REJECTED;
    fill_reply_header(w, &msg->header, NULL, &h);
    return world_seal(w, &h, &b, world_server(w));
}

static enum err judge(struct world *w, const struct cmp_message *msg,
                      const struct facts *facts, struct fault *f)
{
    static const enum rule_step steps[] = { STEP_HEADER, STEP_REQUEST,
                                            STEP_JUDGE_MESSAGE,
                                            STEP_JUDGE_REQUEST };
    struct judged in = { msg, &w->profile, facts,
                         msg->body.type == CMP_CERT_CONF
                             ? NULL
                             : msg->body.cert_req.list };
    struct findings findings = { 0 };

    for (size_t i = 0; i < NUM(steps); i++) {
        if (steps[i] == STEP_JUDGE_MESSAGE &&
            !world_is_signed(w, msg, world_station(w)))
            return rule_break(f, RULE_PROTECTION_VERIFIES, "protection", "-");
        TRY(rules_check(steps[i], &in, &findings, f));
    }
    return ERR_OK;
}

/* The line of service/handle.c with a list for a store. */
struct span world_serve(struct world *w, struct span bytes)
{
    struct transaction *t;
    struct txn_decision d;
    struct cmp_message msg;
    struct facts facts;
    struct fault f = { 0 };
    struct span reply = find_kept(w, bytes);

    if (!span_is_absent(reply)) {
        w->seen->replayed++;
        return reply;
    }
    if (cmp_message_read(bytes, w->arena, &msg, &f) != ERR_OK)
        return SPAN_NONE;
    t = find_transaction(w, msg.header.transaction_id);
    fill_facts(w, &msg, t, &facts);
    if (judge(w, &msg, &facts, &f) != ERR_OK ||
        txn_decide(&msg, &w->profile, &facts, &d, &f) != ERR_OK)
        return refusal(w, &msg, &f);
    reply =
        d.action == TXN_ISSUE ? issue(w, &msg, &d) : conclude(w, &msg, t, &d);
    assert_true(w->num_kept < WORLD_MAX_KEPT);
    w->kept[w->num_kept++] = (struct kept){ bytes, reply };
    return reply;
}

void world_sweep(struct world *w)
{
    for (size_t i = 0; i < w->num_transactions; i++) {
        struct transaction *t = &w->transactions[i];

        if (t->state != FACT_UNCONFIRMED || w->now < t->deadline)
            continue;
        t->state = FACT_TIMED_OUT;
        w->seen->timed_out++;
    }
}
