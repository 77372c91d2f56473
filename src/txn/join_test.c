/*
 * Both ends joined in memory: the station's machine against the server's rules
 * and decision, over a network that loses, doubles, reorders and damages
 * messages.
 */
#include "support/der_text.h"
#include "txn/join_scene_test.h"

#define START ((int64_t)1795341600)
#define RUNS 1500
#define ROUGH_STEPS 60

static const struct client_waits waits = { .request = 200,
                                           .confirm = WORLD_CONFIRM_WAIT,
                                           .confirm_max = 86400,
                                           .retry = 4,
                                           .retry_max = 30 };

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
    w->under_way = world_seal(w, &step->header, &step->body, world_station(w));
    w->tries = 1;
    w->send_at = w->now + waits.retry;
    world_post(w, w->under_way, false);
}

/* A SubjectPublicKeyInfo of a fresh point. */
static struct span make_key(struct world *w)
{
    struct span start = der_text("30{ 06{2a8648ce3d0201} "
                                 "06{2a8648ce3d030107} }",
                                 w->arena);
    struct span point = world_fresh(w, 64);
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
    struct span random = world_fresh(w, CLIENT_RANDOM_LEN), bytes;
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
        world_sum(w, SPAN_LIT("hash"), rep->responses[0].certificate);
}

static void act(struct world *w, const struct client_step *step)
{
    switch (step->action) {
    case CLIENT_IGNORE:
        w->seen->ignored++;
        break;
    case CLIENT_SEND:
        send_new(w, step);
        break;
    case CLIENT_RESEND:
        w->tries++;
        w->send_at = w->now + step->wait;
        world_post(w, w->under_way, false);
        break;
    case CLIENT_INSTALL:
        assert_true(span_is_absent(w->installed));
        w->installed = w->key;
        w->seen->done++;
        w->seen->done_by_secret += w->has_secret;
        break;
    case CLIENT_REVOKED:
    case CLIENT_TOLD:
    case CLIENT_WAIT: /* nobody here asks for it */
        assert_true(false);
        break;
    case CLIENT_GIVE_UP:
        w->seen->gave_up++;
        break;
    case CLIENT_END:
        w->seen->refused++;
        break;
    }
}

static void receive(struct world *w, struct span bytes)
{
    struct client_facts facts = { .certs[0].public_key = SPAN_LIT("our key"),
                                  .signer = &w->ra,
                                  .signer_is_trusted = true,
                                  .signer_is_named = true };
    struct span random = world_fresh(w, CLIENT_RANDOM_LEN);
    struct client before = w->client;
    struct client_step step;
    struct cmp_message reply;

    if (!is_under_way(w) ||
        cmp_message_read(bytes, w->arena, &reply, NULL) != ERR_OK)
        return;
    facts.signature_holds = world_is_signed(w, &reply, world_server(w));
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
    reply = world_serve(w, letter.bytes);
    if (!span_is_absent(reply))
        world_post(w, reply, true);
}

static struct letter damaged(struct world *w, struct letter letter)
{
    struct span copy = arena_copy(w->arena, letter.bytes);
    uint8_t *bytes = arena_alloc(w->arena, copy.len);

    assert_non_null(bytes);
    memcpy(bytes, copy.ptr, copy.len);
    bytes[world_roll(w, (uint32_t)copy.len)] ^=
        (uint8_t)(1 + world_roll(w, 255));
    letter.bytes = span_of(bytes, copy.len);
    return letter;
}

static void rough_step(struct world *w)
{
    uint32_t what = world_roll(w, 8);
    struct letter letter;
    size_t i;

    if (what >= 6 || w->num_bag == 0) {
        w->now += 1 + world_roll(w, 25);
        world_sweep(w);
        wait_for_answer(w);
        return;
    }
    i = world_roll(w, (uint32_t)w->num_bag);
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
        world_sweep(w);
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

static void run(uint64_t seed, struct seen *seen)
{
    struct world w = { .seed = seed, .seen = seen, .now = START };

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
    w.request = world_roll(&w, 2) == 0 ? CMP_IR : CMP_KUR;
    if (w.request == CMP_IR && world_roll(&w, 2) == 0)
        share_secret(&w);
    begin(&w);
    for (unsigned i = 0; i < ROUGH_STEPS; i++) {
        rough_step(&w);
        if (!is_under_way(&w) && span_is_absent(w.installed) &&
            world_roll(&w, 4) == 0)
            begin(&w); /* anew, as a station does after a failure */
    }
    calm_down(&w);
    check_end(&w);
    arena_free(w.arena);
}

static void test_rough_network(void **state)
{
    struct seen seen = { 0 };

    (void)state;
    for (uint64_t seed = 1; seed <= RUNS; seed++)
        run(seed, &seen);
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
