/*
 * The station's machine where one message asks for several certificates: each
 * is judged, confirmed and waited for by itself.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "txn/client.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define NOW ((int64_t)1795341600)
#define ASKED 3
/* CN=ra, CN=bs */
#define NAME(a, b)                                          \
    SPAN_LIT("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03" \
             "\x0c\x02" a b)

static const uint8_t first_random[CLIENT_RANDOM_LEN] =
    "transaction-id-0nonce-of-the-ir";
static const uint8_t second_random[CLIENT_RANDOM_LEN] = "nonce-of-confirm";
static const uint8_t server_nonce[16] = "nonce-of-server";

static const struct client_waits waits = { .request = 600,
                                           .confirm = 120,
                                           .confirm_max = 86400,
                                           .retry = 2,
                                           .retry_max = 60,
                                           .poll_max = 3600 };

struct scene {
    struct arena *arena;
    struct x509_cert own, ra, certs[ASKED];
    struct client_credential credential;
    struct client client;
    struct cert_response responses[ASKED + 1];
    struct poll_rep_one polls[ASKED + 1];
    struct cmp_message reply;
    struct client_facts facts;
};

static const char *const keys[ASKED] = { "key 0", "key 1", "key 2" };
static const char *const hashes[ASKED] = { "hash 0", "hash 1", "hash 2" };

static void fill_certs(struct scene *s)
{
    static const uint8_t cmc_ra[] = { 0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06,
                                      0x01, 0x05, 0x05, 0x07, 0x03, 0x1c };

    s->own.subject = NAME("b", "s");
    s->ra.subject = NAME("r", "a");
    s->ra.der = SPAN_LIT("certificate of the RA");
    s->ra.eku = SPAN_OF(cmc_ra);
    s->credential = (struct client_credential){ &s->own, SIG_ECDSA_SHA256 };
    s->facts.signer = &s->ra;
    s->facts.signature_holds = s->facts.signer_is_trusted = true;
    for (size_t i = 0; i < ASKED; i++) {
        struct client_cert_facts *facts = &s->facts.certs[i];

        s->certs[i].spki.der = span_str(keys[i]);
        s->certs[i].not_before = NOW - 60;
        s->certs[i].not_after = NOW + 86400;
        *facts = (struct client_cert_facts){
            .public_key = span_str(keys[i]),
            .cert = &s->certs[i],
            .is_trusted = true,
            .issuer = SPAN_LIT("certificate of the CA"),
            .hash = span_str(hashes[i]),
        };
        s->responses[i].cert_req_id = (int64_t)i;
        s->responses[i].has_key_pair = true;
        s->responses[i].certificate = SPAN_LIT("certificate");
    }
}

static void scene_init(struct scene *s)
{
    const struct client_wish wish = { .request = CMP_IR };
    struct cert_req_msg msgs[ASKED] = { 0 };
    struct pki_header *h = &s->reply.header;
    struct client_step step;

    memset(s, 0, sizeof(*s));
    s->arena = arena_new(LIMIT_REQUEST_ARENA);
    assert_non_null(s->arena);
    fill_certs(s);
    assert_int_equal(client_start(&s->client, &wish, &s->credential, msgs,
                                  ASKED, &waits, NOW, first_random, s->arena,
                                  &step, NULL),
                     ERR_OK);
    assert_int_equal(step.body.cert_req.num, ASKED);
    h->pvno = 2;
    h->sender.type = GN_DIRECTORY;
    h->sender.value = s->ra.subject;
    h->protection_alg.oid = oid_span(OID_ECDSA_WITH_SHA256);
    h->transaction_id = SPAN_OF(s->client.transaction_id);
    h->sender_nonce = SPAN_OF(server_nonce);
    h->recip_nonce = SPAN_OF(s->client.nonce);
    s->reply.protection.bytes = SPAN_LIT("signature");
    s->reply.body.type = CMP_IP;
    s->reply.body.cert_rep.responses = s->responses;
    s->reply.body.cert_rep.num_responses = ASKED;
}

static struct client_step take(struct scene *s)
{
    struct client_step step;

    assert_int_equal(client_reply(&s->client, &s->credential, &s->reply,
                                  &s->facts, &waits, NOW, second_random,
                                  s->arena, &step, NULL),
                     ERR_OK);
    return step;
}

static void set_status(struct scene *s, size_t at, int64_t status)
{
    s->responses[at].status.status = status;
    s->responses[at].has_key_pair = false;
    s->responses[at].certificate = SPAN_NONE;
    s->facts.certs[at].cert = NULL;
}

#define CHANGE(name, statement)       \
    static void name(struct scene *s) \
    {                                 \
        statement;                    \
    }
CHANGE(nothing, (void)s)
CHANGE(other_order, s->responses[0].cert_req_id = 2;
       s->responses[2].cert_req_id = 0)
CHANGE(first_refused, set_status(s, 0, STATUS_REJECTION))
CHANGE(second_refused, set_status(s, 1, STATUS_REJECTION))
CHANGE(all_refused, first_refused(s); second_refused(s);
       set_status(s, 2, STATUS_REJECTION))
CHANGE(second_key, s->certs[1].spki.der = span_str(keys[2]))
CHANGE(swapped_keys, second_key(s); s->certs[2].spki.der = span_str(keys[1]))
CHANGE(all_expired,
       for (size_t i = 0; i < ASKED; i++) s->certs[i].not_after = NOW)
CHANGE(last_no_path, s->facts.certs[2].is_trusted = false)
CHANGE(mixed, first_refused(s); second_key(s))
CHANGE(two_of_three, s->reply.body.cert_rep.num_responses = 2)
CHANGE(four, s->responses[3] = s->responses[0];
       s->reply.body.cert_rep.num_responses = 4)
CHANGE(none, s->reply.body.cert_rep.num_responses = 0)
CHANGE(twice, s->responses[1].cert_req_id = 0)
CHANGE(foreign_id, s->responses[1].cert_req_id = 3)
CHANGE(minus_1, s->responses[1].cert_req_id = -1)
CHANGE(huge_id, s->responses[1].cert_req_id = INT64_MAX)
CHANGE(second_status, s->responses[1].status.status = 77)
CHANGE(second_bare, s->responses[1].has_key_pair = false)
CHANGE(second_key_sent, s->responses[1].private_key = SPAN_LIT("key"))
CHANGE(second_unreadable, s->facts.certs[1].cert = NULL)
CHANGE(one_waits, set_status(s, 1, STATUS_WAITING))
CHANGE(all_wait,
       for (size_t i = 0; i < ASKED; i++) set_status(s, i, STATUS_WAITING))
CHANGE(refused_or_wait, all_wait(s); set_status(s, 1, STATUS_REJECTION))
/* The signer is a CA that issued the first alone. */
CHANGE(issuer_of_one, s->ra.eku = SPAN_NONE;
       s->facts.certs[0].issuer = s->ra.der)
CHANGE(issuer_of_all, s->ra.eku = SPAN_NONE;
       for (size_t i = 0; i < ASKED; i++) s->facts.certs[i].issuer = s->ra.der)
CHANGE(error, s->reply.body.type = CMP_ERROR;
       s->reply.body.error = (struct error_msg){ 0 };
       s->reply.body.error.status.status = STATUS_REJECTION)

static const struct {
    const char *what;
    void (*change)(struct scene *s);
    enum client_action action;
    const char *rule;
    unsigned statuses; /* bit i: in the certConf */
    unsigned accepts;
} cases[] = {
    { "all", nothing, CLIENT_SEND, "", 7, 7 },
    { "in another order", other_order, CLIENT_SEND, "", 7, 7 },
    { "the first refused", first_refused, CLIENT_SEND, "", 6, 6 },
    { "the second refused", second_refused, CLIENT_SEND, "", 5, 5 },
    { "another's key", second_key, CLIENT_SEND, "", 7, 5 },
    { "keys swapped", swapped_keys, CLIENT_SEND, "", 7, 1 },
    { "no path", last_no_path, CLIENT_SEND, "", 7, 3 },
    { "refused, another's key, good", mixed, CLIENT_SEND, "", 6, 4 },
    { "all expired", all_expired, CLIENT_SEND, "cert-dates", 7, 0 },
    { "all refused", all_refused, CLIENT_END, "" },
    { "two responses", two_of_three, CLIENT_END, "reply-one-response" },
    { "four responses", four, CLIENT_END, "reply-one-response" },
    { "no response", none, CLIENT_END, "reply-one-response" },
    { "an ID twice", twice, CLIENT_END, "reply-cert-req-id" },
    { "an ID not asked for", foreign_id, CLIENT_END, "reply-cert-req-id" },
    { "ID -1", minus_1, CLIENT_END, "reply-cert-req-id" },
    { "ID 2^63-1", huge_id, CLIENT_END, "reply-cert-req-id" },
    { "status 77", second_status, CLIENT_END, "reply-status" },
    { "granted without", second_bare, CLIENT_END, "reply-status-fits" },
    { "a private key", second_key_sent, CLIENT_END, "reply-in-clear" },
    { "unreadable", second_unreadable, CLIENT_END, "reply-cert-readable" },
    { "one waits", one_waits, CLIENT_END, "reply-waits-whole" },
    { "all wait", all_wait, CLIENT_WAIT, "" },
    { "one refused, two wait", refused_or_wait, CLIENT_WAIT, "" },
    { "signed by the CA of one", issuer_of_one, CLIENT_IGNORE,
      "reply-signer-entitled" },
    { "signed by the CA of all", issuer_of_all, CLIENT_SEND, "", 7, 7 },
    { "error", error, CLIENT_END, "" },
};

/* What the certConf says: bits of those in it, and of those accepted. */
static void read_conf(const struct cert_conf *conf, unsigned *statuses,
                      unsigned *accepts)
{
    *statuses = *accepts = 0;
    for (size_t i = 0; i < conf->num; i++) {
        unsigned bit = 1u << conf->list[i].cert_req_id;

        assert_true(span_is_equal(conf->list[i].cert_hash,
                                  span_str(hashes[conf->list[i].cert_req_id])));
        assert_int_equal(*statuses & bit, 0);
        *statuses |= bit;
        *accepts |= conf->list[i].has_status_info ? 0 : bit;
    }
}

static void test_replies(void **state)
{
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        unsigned statuses = 0, accepts = 0;
        struct client_step step;
        struct scene s;

        scene_init(&s);
        cases[i].change(&s);
        step = take(&s);
        if (step.action == CLIENT_SEND)
            read_conf(&step.body.cert_conf, &statuses, &accepts);
        if (step.action != cases[i].action ||
            strcmp(step.why.rule, cases[i].rule) != 0 ||
            statuses != cases[i].statuses || accepts != cases[i].accepts ||
            s.client.accepts != accepts) {
            print_error("%s: action %d, rule '%s', %u, %u: %s\n", cases[i].what,
                        (int)step.action, step.why.rule, statuses, accepts,
                        step.why.text);
            failures++;
        }
        arena_free(s.arena);
    }
    assert_int_equal(failures, 0);
}

/* Each that is not accepted comes with its own reason. */
static void test_reasons(void **state)
{
    struct client_step step;
    struct scene s;

    (void)state;
    scene_init(&s);
    mixed(&s);
    s.responses[0].status.has_fail_info = true;
    s.responses[0].status.fail_info = 1u << FI_BAD_POP;
    step = take(&s);
    assert_string_equal(step.each[0].text, "refused in ip: badPOP");
    assert_string_equal(step.each[1].rule, "cert-key");
    assert_int_equal(step.each[2].err, ERR_OK);
    s.reply.header.recip_nonce = SPAN_OF(s.client.nonce);
    s.reply.body.type = CMP_PKICONF;
    for (size_t i = 0; i < ASKED; i++)
        s.facts.certs[i].cert = NULL;
    assert_int_equal(take(&s).action, CLIENT_INSTALL);
    arena_free(s.arena);

    scene_init(&s);
    all_expired(&s);
    take(&s);
    s.reply.header.recip_nonce = SPAN_OF(s.client.nonce);
    s.reply.body.type = CMP_PKICONF;
    for (size_t i = 0; i < ASKED; i++)
        s.facts.certs[i].cert = NULL;
    assert_int_equal(take(&s).action, CLIENT_END);
    arena_free(s.arena);
}

/* --- waiting --- */

static struct client_step poll_at(struct scene *s, int64_t now)
{
    struct client_step step;

    assert_int_equal(client_poll_next(&s->client, &s->credential, s->ra.subject,
                                      &waits, now, second_random, s->arena,
                                      &step, NULL),
                     ERR_OK);
    return step;
}

/* The first and the last wait, the second is refused; a pollReq is out. */
static void poll(struct scene *s)
{
    struct client_step step;

    refused_or_wait(s);
    assert_int_equal(take(s).action, CLIENT_WAIT);
    step = poll_at(s, NOW);
    assert_int_equal(step.action, CLIENT_SEND);
    assert_int_equal(step.body.poll_req.num, 2);
    assert_int_equal(step.body.poll_req.list[0], 0);
    assert_int_equal(step.body.poll_req.list[1], 2);
    s->reply.header.recip_nonce = SPAN_OF(s->client.nonce);
    s->reply.body.type = CMP_POLL_REP;
    s->polls[0] = (struct poll_rep_one){ .cert_req_id = 0, .check_after = 60 };
    s->polls[1] = (struct poll_rep_one){ .cert_req_id = 2, .check_after = 90 };
    s->reply.body.poll_rep = (struct poll_rep){ s->polls, 2 };
}

static void final(struct scene *s)
{
    s->reply.body.type = CMP_IP;
    s->reply.body.cert_rep = (struct cert_rep_message){ 0 };
    s->reply.body.cert_rep.responses = s->responses;
    s->reply.body.cert_rep.num_responses = ASKED;
    for (size_t i = 0; i < ASKED; i += 2) {
        s->responses[i].status.status = STATUS_ACCEPTED;
        s->responses[i].has_key_pair = true;
        s->responses[i].certificate = SPAN_LIT("certificate");
        s->facts.certs[i].cert = &s->certs[i];
    }
}

/* What was refused at first is not told again. */
CHANGE(final_two, final(s); s->responses[1] = s->responses[2];
       s->reply.body.cert_rep.num_responses = 2)
CHANGE(final_one, final(s); s->reply.body.cert_rep.num_responses = 1)
CHANGE(final_lacks, final(s); s->reply.body.cert_rep.num_responses = 2)
CHANGE(final_twice, final(s); s->responses[1].cert_req_id = 2)
CHANGE(poll_one, s->reply.body.poll_rep.num = 1)
CHANGE(poll_none, s->reply.body.poll_rep.num = 0)
CHANGE(poll_refused, s->polls[1].cert_req_id = 1)
CHANGE(poll_twice, s->polls[1].cert_req_id = 0)
CHANGE(poll_whole, poll_one(s); s->polls[0].cert_req_id = -1)
CHANGE(poll_negative, s->polls[1].check_after = -1)
CHANGE(still, s->reply.body.type = CMP_IP; final(s); refused_or_wait(s))

static void test_polls(void **state)
{
    static const struct {
        const char *what;
        void (*change)(struct scene *s);
        enum client_action action;
        const char *rule;
        int64_t wait;
        unsigned accepts;
    } polls[] = {
        { "pollRep", nothing, CLIENT_WAIT, "", 90 },
        { "of one", poll_one, CLIENT_WAIT, "", 60 },
        { "of none", poll_none, CLIENT_END, "reply-poll-rep" },
        { "of one refused", poll_refused, CLIENT_END, "reply-poll-rep" },
        { "of one twice", poll_twice, CLIENT_END, "reply-poll-rep" },
        { "of the whole", poll_whole, CLIENT_END, "reply-poll-rep" },
        { "before now", poll_negative, CLIENT_END, "reply-poll-rep" },
        { "ip", final, CLIENT_SEND, "", 0, 5 },
        { "ip of what waited", final_two, CLIENT_SEND, "", 0, 5 },
        { "ip of one", final_one, CLIENT_END, "reply-one-response" },
        { "ip without one that waits", final_lacks, CLIENT_END,
          "reply-cert-req-id" },
        { "ip with one twice", final_twice, CLIENT_END, "reply-cert-req-id" },
        { "ip, waiting", still, CLIENT_WAIT, "" },
    };
    size_t failures = 0;

    (void)state;
    for (size_t i = 0; i < NUM(polls); i++) {
        struct client_step step;
        struct scene s;

        scene_init(&s);
        poll(&s);
        polls[i].change(&s);
        step = take(&s);
        if (step.action != polls[i].action || step.wait != polls[i].wait ||
            strcmp(step.why.rule, polls[i].rule) != 0 ||
            s.client.accepts != polls[i].accepts) {
            print_error("%s: action %d, rule '%s', wait %lld: %s\n",
                        polls[i].what, (int)step.action, step.why.rule,
                        (long long)step.wait, step.why.text);
            failures++;
        }
        arena_free(s.arena);
    }
    assert_int_equal(failures, 0);
}

/* An error with status waiting is about all of the message. */
static void test_whole_message(void **state)
{
    struct client_step step;
    struct scene s;

    (void)state;
    scene_init(&s);
    error(&s);
    s.reply.body.error.status.status = STATUS_WAITING;
    assert_int_equal(take(&s).action, CLIENT_WAIT);
    step = poll_at(&s, NOW);
    assert_int_equal(step.body.poll_req.num, 1);
    assert_int_equal(step.body.poll_req.list[0], -1);
    arena_free(s.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_reasons),
        cmocka_unit_test(test_polls),
        cmocka_unit_test(test_whole_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
