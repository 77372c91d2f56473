/*
 * Both ends joined in memory: the station's machine against the server's rules
 * and decision, over a network that loses, doubles, reorders and damages
 * messages. Real messages in DER; signatures, and MACs under a secret that both
 * have, are sums that name their maker; clock and randomness come from a seed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "profile/rules.h"
#include "support/der_text.h"
#include "txn/client.h"
#include "txn/txn.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define START ((int64_t)1795341600)
#define RUNS 1500
#define MAX_BAG 16
#define MAX_KEPT 64
#define ROUGH_STEPS 60
#define ID_LEN 16
#define CONFIRM_WAIT 300

/* On the network. Those to the station come from the server. */
struct letter {
    struct span bytes;
    bool to_station;
};

/* What the server keeps of a transaction: one certificate each. */
struct transaction {
    struct span id, nonce, request, key;
    enum fact_transaction state;
    int64_t deadline;
    struct span certificate, hash;
};

struct kept {
    struct span request, reply;
};

struct world {
    struct arena *arena;
    uint64_t seed;
    int64_t now;
    struct x509_cert ra, own, issued;
    struct fact_issued awaited;
    struct letter bag[MAX_BAG];
    size_t num_bag;
    /* the server */
    struct profile profile;
    struct transaction transactions[MAX_KEPT];
    size_t num_transactions;
    struct kept kept[MAX_KEPT];
    size_t num_kept;
    /* the station */
    enum cmp_body_type request;
    bool has_secret; /* both ends; else messages are signed */
    struct span mac_alg;
    struct mac_policy macs;
    struct client client;
    struct span key, under_way;
    unsigned tries;
    int64_t send_at;
    struct span installed; /* a key */
};

/* What happened in all runs together: the test is to see each. */
static struct {
    unsigned done, done_by_secret, refused, gave_up, replayed, refusals,
        ignored, timed_out;
} seen;

static const struct client_waits waits = { .request = 200,
                                           .confirm = CONFIRM_WAIT,
                                           .confirm_max = 86400,
                                           .retry = 4,
                                           .retry_max = 30 };

static uint32_t roll(struct world *w, uint32_t sides)
{
    w->seed = w->seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(w->seed >> 33) % sides;
}

static struct span fresh(struct world *w, size_t len)
{
    uint8_t *bytes = arena_alloc(w->arena, len);

    assert_non_null(bytes);
    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)roll(w, 256);
    return span_of(bytes, len);
}

/* Who protects: under a secret either is who knows it. */
static struct span station_of(const struct world *w)
{
    return w->has_secret ? SPAN_LIT("the secret") : w->own.subject;
}

static struct span server_of(const struct world *w)
{
    return w->has_secret ? SPAN_LIT("the secret") : w->ra.subject;
}

/* Stands for a signature, a MAC and a hash. */
static struct span sum(struct world *w, struct span who, struct span bytes)
{
    uint64_t hash = 0xcbf29ce484222325u;
    uint8_t *out = arena_alloc(w->arena, sizeof(hash));

    assert_non_null(out);
    for (size_t i = 0; i < who.len; i++)
        hash = (hash ^ who.ptr[i]) * 0x100000001b3u;
    for (size_t i = 0; i < bytes.len; i++)
        hash = (hash ^ bytes.ptr[i]) * 0x100000001b3u;
    memcpy(out, &hash, sizeof(hash));
    return span_of(out, sizeof(hash));
}

static bool is_signed(struct world *w, const struct cmp_message *msg,
                      struct span who)
{
    struct span part = cmp_protected_part(msg, w->arena);

    assert_non_null(part.ptr);
    return span_is_equal(msg->protection.bytes, sum(w, who, part));
}

static struct span seal(struct world *w, const struct pki_header *h,
                        const struct pki_body *b, struct span who)
{
    static const uint8_t cert[] = { 0x30, 0x00 };
    struct span header, body, part, out;
    const struct span extra = SPAN_OF(cert);

    assert_int_equal(cmp_header_write(h, w->arena, &header), ERR_OK);
    assert_int_equal(cmp_body_write(b, w->arena, &body), ERR_OK);
    assert_int_equal(cmp_protected_part_write(header, body, w->arena, &part),
                     ERR_OK);
    assert_int_equal(cmp_message_write(header, body, sum(w, who, part), &extra,
                                       1, w->arena, &out),
                     ERR_OK);
    return out;
}

static void post(struct world *w, struct span bytes, bool to_station)
{
    if (w->num_bag < MAX_BAG) /* else it is lost */
        w->bag[w->num_bag++] = (struct letter){ bytes, to_station };
}

/* --- the server --- */

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
    h->sender_nonce = fresh(w, ID_LEN);
    h->recip_nonce = from->sender_nonce;
    if (info == NULL)
        return;
    der_writer_init(&out, w->arena, 32);
    der_put_generalized_time(&out, w->now + CONFIRM_WAIT);
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

    seen.refusals++;
    fill_reply_header(w, &msg->header, NULL, &h);
    if (b.type == CMP_ERROR) {
        b.error.status = status;
    } else {
        b.cert_rep.responses = &response;
        b.cert_rep.num_responses = 1;
    }
    return seal(w, &h, &b, server_of(w));
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
    assert_true(w->num_transactions < MAX_KEPT);
    w->num_transactions++;
    fill_reply_header(w, &msg->header, &info, &h);
    der_writer_init(&out, w->arena, 64);
    der_put_octets(&out, DER_OCTET_STRING, fresh(w, 8));
    der_put_header(&out, DER_SEQUENCE, 0);
    assert_int_equal(der_finish(&out, &t->certificate), ERR_OK);
    t->id = msg->header.transaction_id;
    t->nonce = h.sender_nonce;
    t->request = msg->der;
    t->key = msg->body.cert_req.list[0].cert_req.cert_template.public_key.key;
    t->state = FACT_UNCONFIRMED;
    t->deadline = w->now + CONFIRM_WAIT;
    t->hash = sum(w, SPAN_LIT("hash"), t->certificate);
    response.certificate = t->certificate;
    b.cert_rep.responses = &response;
    b.cert_rep.num_responses = 1;
    return seal(w, &h, &b, server_of(w));
}

static struct span conclude(struct world *w, const struct cmp_message *msg,
                            struct transaction *t, const struct txn_decision *d)
{
    struct pki_body b = { .type = d->answer };
    struct pki_header h = { 0 };

    assert_int_equal(t->state, FACT_UNCONFIRMED);
    t->state = d->action == TXN_CONFIRM ? FACT_CONFIRMED : FACT_REJECTED;
    fill_reply_header(w, &msg->header, NULL, &h);
    return seal(w, &h, &b, server_of(w));
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
        if (steps[i] == STEP_JUDGE_MESSAGE && !is_signed(w, msg, station_of(w)))
            return rule_break(f, RULE_PROTECTION_VERIFIES, "protection", "-");
        TRY(rules_check(steps[i], &in, &findings, f));
    }
    return ERR_OK;
}

/* The line of service/handle.c with a list for a store. */
static struct span serve(struct world *w, struct span bytes)
{
    struct transaction *t;
    struct txn_decision d;
    struct cmp_message msg;
    struct facts facts;
    struct fault f = { 0 };
    struct span reply = find_kept(w, bytes);

    if (!span_is_absent(reply)) {
        seen.replayed++;
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
    assert_true(w->num_kept < MAX_KEPT);
    w->kept[w->num_kept++] = (struct kept){ bytes, reply };
    return reply;
}

static void sweep(struct world *w)
{
    for (size_t i = 0; i < w->num_transactions; i++) {
        struct transaction *t = &w->transactions[i];

        if (t->state != FACT_UNCONFIRMED || w->now < t->deadline)
            continue;
        t->state = FACT_TIMED_OUT;
        seen.timed_out++;
    }
}

/* --- the station --- */

static const struct client_credential *credential(struct world *w)
{
    static struct client_credential own;

    own = w->has_secret
              ? (struct client_credential){ .reference = SPAN_LIT("ref-1"),
                                            .mac_alg = w->mac_alg }
              : (struct client_credential){ &w->own, SIG_ECDSA_SHA256 };
    return &own;
}

static void send_new(struct world *w, const struct client_step *step)
{
    w->under_way = seal(w, &step->header, &step->body, station_of(w));
    w->tries = 1;
    w->send_at = w->now + waits.retry;
    post(w, w->under_way, false);
}

/* A SubjectPublicKeyInfo of a fresh point. */
static struct span make_key(struct world *w)
{
    struct span start = der_text("30{ 06{2a8648ce3d0201} "
                                 "06{2a8648ce3d030107} }",
                                 w->arena);
    struct span point = fresh(w, 64);
    struct der_writer out;
    uint8_t octets[65];

    octets[0] = 4;
    memcpy(octets + 1, point.ptr, 64);
    w->key = arena_copy(w->arena, SPAN_OF(octets));
    der_writer_init(&out, w->arena, 128);
    der_put_bit_octets(&out, DER_BIT_STRING, w->key);
    der_put_raw(&out, start);
    der_put_header(&out, DER_SEQUENCE, 0);
    assert_int_equal(der_finish(&out, &start), ERR_OK);
    return start;
}

static void begin(struct world *w)
{
    struct client_wish wish = { .request = w->request,
                                .public_key = make_key(w) };
    struct span random = fresh(w, CLIENT_RANDOM_LEN), bytes;
    struct client_step step;
    struct cert_req_msg *msg = arena_alloc(w->arena, sizeof(*msg));

    assert_non_null(msg);
    if (w->request == CMP_KUR)
        wish.old = &w->own;
    if (w->has_secret)
        wish.subject = w->own.subject;
    w->client = (struct client){ 0 };
    assert_int_equal(client_request_make(&wish, credential(w), SIG_ECDSA_SHA256,
                                         w->arena, msg, &bytes, NULL),
                     ERR_OK);
    msg->popo.signature = SPAN_LIT("signature");
    assert_int_equal(client_start(&w->client, &wish, credential(w), msg, 1,
                                  &waits, w->now, random.ptr, w->arena, &step,
                                  NULL),
                     ERR_OK);
    send_new(w, &step);
}

static bool is_under_way(const struct world *w)
{
    return w->client.state == CLIENT_REQUEST_SENT ||
           w->client.state == CLIENT_CONFIRM_SENT;
}

/* The certificate as the station reads it: its key is looked up. */
static void read_certificate(struct world *w, const struct cmp_message *reply,
                             struct client_facts *facts)
{
    const struct cert_rep_message *rep = &reply->body.cert_rep;

    if ((reply->body.type != CMP_IP && reply->body.type != CMP_KUP) ||
        rep->num_responses != 1 || !rep->responses[0].has_key_pair)
        return;
    w->issued = w->own;
    w->issued.not_before = START;
    w->issued.not_after = START + 100000;
    w->issued.spki.der = SPAN_LIT("another key");
    for (size_t i = 0; i < w->num_transactions; i++)
        if (span_is_equal(w->transactions[i].certificate,
                          rep->responses[0].certificate) &&
            span_is_equal(w->transactions[i].key, w->key))
            w->issued.spki.der = facts->certs[0].public_key;
    facts->certs[0].cert = &w->issued;
    facts->certs[0].is_trusted = true;
    facts->certs[0].issuer = w->ra.der;
    facts->certs[0].hash =
        sum(w, SPAN_LIT("hash"), rep->responses[0].certificate);
}

static void act(struct world *w, const struct client_step *step)
{
    switch (step->action) {
    case CLIENT_IGNORE:
        seen.ignored++;
        break;
    case CLIENT_SEND:
        send_new(w, step);
        break;
    case CLIENT_RESEND:
        w->tries++;
        w->send_at = w->now + step->wait;
        post(w, w->under_way, false);
        break;
    case CLIENT_INSTALL:
        assert_true(span_is_absent(w->installed));
        w->installed = w->key;
        seen.done++;
        seen.done_by_secret += w->has_secret;
        break;
    case CLIENT_REVOKED:
    case CLIENT_TOLD:
    case CLIENT_WAIT: /* nobody here asks for it */
        assert_true(false);
        break;
    case CLIENT_GIVE_UP:
        seen.gave_up++;
        break;
    case CLIENT_END:
        seen.refused++;
        break;
    }
}

static void receive(struct world *w, struct span bytes)
{
    struct client_facts facts = { .certs[0].public_key = SPAN_LIT("our key"),
                                  .signer = &w->ra,
                                  .signer_is_trusted = true,
                                  .signer_is_named = true };
    struct span random = fresh(w, CLIENT_RANDOM_LEN);
    struct client before = w->client;
    struct client_step step;
    struct cmp_message reply;

    if (!is_under_way(w) ||
        cmp_message_read(bytes, w->arena, &reply, NULL) != ERR_OK)
        return;
    facts.signature_holds = is_signed(w, &reply, server_of(w));
    facts.mac_holds = facts.signature_holds;
    facts.macs = &w->macs;
    facts.reference = SPAN_LIT("ref-1");
    if (w->request == CMP_KUR)
        facts.subject = w->own.subject;
    read_certificate(w, &reply, &facts);
    assert_int_equal(client_reply(&w->client, credential(w), &reply, &facts,
                                  &waits, w->now, random.ptr, w->arena, &step,
                                  NULL),
                     ERR_OK);
    if (!facts.signature_holds)
        assert_int_equal(step.action, CLIENT_IGNORE);
    if (step.action == CLIENT_IGNORE)
        assert_memory_equal(&before, &w->client, sizeof(before));
    act(w, &step);
}

static void wait_for_answer(struct world *w)
{
    struct client_step step;

    if (!is_under_way(w) || w->now < w->send_at)
        return;
    client_no_answer(&w->client, &waits, CLIENT_UNBELIEVED, w->tries, 0, w->now,
                     &step);
    act(w, &step);
}

/* --- the network --- */

static void deliver(struct world *w, struct letter letter)
{
    struct span reply;

    if (letter.to_station) {
        receive(w, letter.bytes);
        return;
    }
    reply = serve(w, letter.bytes);
    if (!span_is_absent(reply))
        post(w, reply, true);
}

static struct letter damaged(struct world *w, struct letter letter)
{
    struct span copy = arena_copy(w->arena, letter.bytes);
    uint8_t *bytes = arena_alloc(w->arena, copy.len);

    assert_non_null(bytes);
    memcpy(bytes, copy.ptr, copy.len);
    bytes[roll(w, (uint32_t)copy.len)] ^= (uint8_t)(1 + roll(w, 255));
    letter.bytes = span_of(bytes, copy.len);
    return letter;
}

static void rough_step(struct world *w)
{
    uint32_t what = roll(w, 8);
    struct letter letter;
    size_t i;

    if (what >= 6 || w->num_bag == 0) {
        w->now += 1 + roll(w, 25);
        sweep(w);
        wait_for_answer(w);
        return;
    }
    i = roll(w, (uint32_t)w->num_bag);
    letter = w->bag[i];
    if (what != 0) /* else it comes again */
        w->bag[i] = w->bag[--w->num_bag];
    if (what == 1)
        return; /* lost */
    deliver(w, what == 2 ? damaged(w, letter) : letter);
}

/* Nothing is lost any more; what is under way comes to its end. */
static void calm_down(struct world *w)
{
    for (unsigned i = 0; i < 200 && is_under_way(w); i++) {
        while (w->num_bag > 0) {
            struct letter letter = w->bag[0];

            memmove(w->bag, w->bag + 1, --w->num_bag * sizeof(w->bag[0]));
            deliver(w, letter);
        }
        w->now += 10;
        sweep(w);
        wait_for_answer(w);
    }
    assert_false(is_under_way(w));
}

static void check_end(struct world *w)
{
    size_t num_holding = 0;

    if (w->client.state == CLIENT_DONE)
        assert_true(span_is_equal(w->installed, w->key));
    for (size_t i = 0; i < w->num_transactions; i++) {
        const struct transaction *t = &w->transactions[i];

        if (!span_is_absent(w->installed) &&
            span_is_equal(t->key, w->installed)) {
            assert_int_equal(t->state, FACT_CONFIRMED);
            num_holding++;
        }
    }
    assert_int_equal(num_holding, !span_is_absent(w->installed));
}

static void share_secret(struct world *w)
{
    static const uint8_t salt[16] = "salt";
    const struct mac_params pbm = { .alg = MAC_PBM,
                                    .salt = SPAN_OF(salt),
                                    .iterations = 500,
                                    .owf = DIGEST_SHA256,
                                    .mac = DIGEST_SHA256 };

    w->has_secret = true;
    assert_int_equal(mac_params_write(&pbm, w->arena, &w->mac_alg), ERR_OK);
    client_mac_policy(&pbm, &w->macs);
    profile_init(&w->profile, PROFILE_RFC9483);
    w->profile.message_time_window = 600;
}

static void run(uint64_t seed)
{
    struct world w = { .seed = seed, .now = START };

    w.arena = arena_new((size_t)16 * 1024 * 1024);
    assert_non_null(w.arena);
    assert_int_equal(name_parse("CN=ra", w.arena, &w.ra.subject, NULL), ERR_OK);
    assert_int_equal(name_parse("CN=bs", w.arena, &w.own.subject, NULL),
                     ERR_OK);
    w.ra.der = SPAN_LIT("certificate of the RA");
    w.own.issuer = w.ra.subject;
    w.own.serial = SPAN_LIT("\x05");
    w.own.not_after = START + 100000;
    profile_init(&w.profile, PROFILE_3GPP_BS);
    w.profile.message_time_window = 600;
    w.request = roll(&w, 2) == 0 ? CMP_IR : CMP_KUR;
    if (w.request == CMP_IR && roll(&w, 2) == 0)
        share_secret(&w);
    begin(&w);
    for (unsigned i = 0; i < ROUGH_STEPS; i++) {
        rough_step(&w);
        if (!is_under_way(&w) && span_is_absent(w.installed) &&
            roll(&w, 4) == 0)
            begin(&w); /* anew, as a station does after a failure */
    }
    calm_down(&w);
    check_end(&w);
    arena_free(w.arena);
}

static void test_rough_network(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= RUNS; seed++)
        run(seed);
    print_message("done %u refused %u gave up %u replayed %u refusals %u "
                  "ignored %u timed out %u\n",
                  seen.done, seen.refused, seen.gave_up, seen.replayed,
                  seen.refusals, seen.ignored, seen.timed_out);
    assert_true(seen.done > RUNS / 2 && seen.done_by_secret > RUNS / 8);
    assert_true(seen.refused > 0 && seen.gave_up > 0 && seen.replayed > 0 &&
                seen.refusals > 0 && seen.ignored > 0 && seen.timed_out > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rough_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
