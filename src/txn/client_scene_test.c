#include "txn/client_scene_test.h"

#include "base/limits.h"

const uint8_t scene_random[CLIENT_RANDOM_LEN] =
    "transaction-id-0nonce-of-the-ir";
const uint8_t scene_next_random[CLIENT_RANDOM_LEN] = "nonce-of-confirm";
const uint8_t scene_server_nonce[CLIENT_ID_LEN] = "nonce-of-server";

const struct client_waits scene_waits = { .request = 600,
                                          .confirm = 120,
                                          .confirm_max = 86400,
                                          .retry = 2,
                                          .retry_max = 60,
                                          .asked_max = 300,
                                          .poll_max = 3600 };

void scene_set_info(struct scene *s, int64_t until)
{
    struct der_writer w;

    der_writer_init(&w, s->arena, 32);
    der_put_generalized_time(&w, until);
    assert_int_equal(der_finish(&w, &s->info.value), ERR_OK);
    s->info.id = OID_ID_IT_CONFIRM_WAIT_TIME;
}

void scene_init_idle(struct scene *s)
{
    static const uint8_t cmc_ra[] = { 0x30, 0x0a, 0x06, 0x08, 0x2b, 0x06,
                                      0x01, 0x05, 0x05, 0x07, 0x03, 0x1c };

    memset(s, 0, sizeof(*s));
    s->arena = arena_new(LIMIT_REQUEST_ARENA);
    assert_non_null(s->arena);
    s->own.subject = SCENE_NAME("b", "s");
    s->own.ski = SPAN_LIT("own-ski");
    s->ra.subject = SCENE_NAME("r", "a");
    s->ra.ski = SPAN_LIT("ra-ski");
    s->ra.der = SPAN_LIT("certificate of the RA");
    s->ra.eku = SPAN_OF(cmc_ra);
    s->ra.has_key_usage = true;
    s->ra.key_usage = KU_DIGITAL_SIGNATURE;
    s->credential =
        (struct client_credential){ .cert = &s->own, .alg = SIG_ECDSA_SHA256 };
}

static enum cmp_body_type answer_to(enum cmp_body_type request)
{
    if (request == CMP_CR || request == CMP_P10CR)
        return CMP_CP;
    return request == CMP_KUR ? CMP_KUP : CMP_IP;
}

static void fill_certs(struct scene *s, enum cmp_body_type request, size_t num)
{
    static const char *const keys[SCENE_ASKED] = { "key 0", "key 1", "key 2" };
    static const char *const hashes[SCENE_ASKED] = { "hash 0", "hash 1",
                                                     "hash 2" };

    for (size_t i = 0; i < num; i++) {
        struct x509_cert *cert = &s->certs[i];

        cert->subject = SCENE_NAME("b", "s");
        cert->spki.der = span_str(keys[i]);
        cert->not_before = SCENE_NOW - 60;
        cert->not_after = SCENE_NOW + 86400;
        cert->has_key_usage = true;
        cert->key_usage = KU_DIGITAL_SIGNATURE;
        s->facts.certs[i] = (struct client_cert_facts){
            .public_key = cert->spki.der,
            .cert = cert,
            .is_trusted = true,
            .issuer = SPAN_LIT("certificate of the CA"),
            .hash = span_str(hashes[i]),
        };
        s->responses[i].cert_req_id = client_req_id(request) + (int64_t)i;
        s->responses[i].has_key_pair = true;
        s->responses[i].certificate = SPAN_LIT("certificate");
    }
}

static void fill_reply(struct scene *s, enum cmp_body_type request, size_t num)
{
    struct pki_header *h = &s->reply.header;

    h->pvno = 2;
    h->sender.type = GN_DIRECTORY;
    h->sender.value = s->ra.subject;
    h->sender_kid = s->ra.ski;
    h->has_message_time = true;
    h->message_time = SCENE_NOW + SCENE_AHEAD;
    alg_id_set(&h->protection_alg, OID_ECDSA_WITH_SHA256);
    h->transaction_id = SPAN_OF(s->client.transaction_id);
    h->sender_nonce = SPAN_OF(scene_server_nonce);
    h->recip_nonce = SPAN_OF(s->client.nonce);
    h->general_info = (struct info_list){ &s->info, 1 };
    scene_set_info(s, SCENE_NOW + SCENE_AHEAD + SCENE_WAIT);
    s->reply.protection.bytes = SPAN_LIT("signature");
    s->reply.body.type = answer_to(request);
    s->reply.body.cert_rep.responses = s->responses;
    s->reply.body.cert_rep.num_responses = num;
    s->facts.signer = &s->ra;
    memset(s->facts.signer_id, 7, sizeof(s->facts.signer_id));
    s->facts.signature_holds = s->facts.signer_is_trusted = true;
    if (request == CMP_KUR)
        s->facts.subject = s->own.subject;
}

void scene_ask(struct scene *s, const struct client_wish *wish, size_t num)
{
    const struct cert_req_msg msgs[SCENE_ASKED] = { 0 };

    assert_true(num <= SCENE_ASKED);
    assert_int_equal(client_start(&s->client, wish, &s->credential, msgs, num,
                                  &scene_waits, SCENE_NOW, scene_random,
                                  s->arena, &s->first, NULL),
                     ERR_OK);
    assert_int_equal(s->first.action, CLIENT_SEND);
    assert_int_equal(s->first.body.type, wish->request);
    assert_true(span_is_absent(s->first.header.recip_nonce));
    fill_certs(s, wish->request, num);
    fill_reply(s, wish->request, num);
}

void scene_init(struct scene *s, enum cmp_body_type request)
{
    const struct p10_request p10 = { 0 };

    scene_init_idle(s);
    scene_ask(s, &(struct client_wish){ .request = request, .p10 = &p10 }, 1);
}

void scene_done(struct scene *s)
{
    arena_free(s->arena);
}

struct client_step scene_take(struct scene *s)
{
    struct client_step step;

    assert_int_equal(client_reply(&s->client, &s->credential, &s->reply,
                                  &s->facts, &scene_waits, SCENE_NOW,
                                  scene_next_random, s->arena, &step, NULL),
                     ERR_OK);
    return step;
}

struct client_step scene_poll_at(struct scene *s, int64_t now)
{
    struct client_step step;

    assert_int_equal(client_poll_next(&s->client, &s->credential, s->ra.subject,
                                      &scene_waits, now, scene_next_random,
                                      s->arena, &step, NULL),
                     ERR_OK);
    return step;
}

enum client_state scene_state_after(enum client_action action)
{
    switch (action) {
    case CLIENT_IGNORE:
    case CLIENT_WAIT:
        return CLIENT_REQUEST_SENT;
    case CLIENT_SEND:
        return CLIENT_CONFIRM_SENT;
    case CLIENT_INSTALL:
    case CLIENT_REVOKED:
    case CLIENT_TOLD:
        return CLIENT_DONE;
    case CLIENT_RESEND:
    case CLIENT_GIVE_UP:
    case CLIENT_END:
        break;
    }
    return CLIENT_FAILED;
}

bool scene_is_unchanged(const struct client *a, const struct client *b)
{
    return a->state == b->state && a->request == b->request &&
           a->accepts == b->accepts && a->deadline == b->deadline &&
           memcmp(a->transaction_id, b->transaction_id, CLIENT_ID_LEN) == 0 &&
           memcmp(a->nonce, b->nonce, CLIENT_ID_LEN) == 0 &&
           memcmp(a->signer, b->signer, CLIENT_CERT_ID_LEN) == 0;
}

void scene_nothing(struct scene *s)
{
    (void)s;
}

void scene_other_id(struct scene *s)
{
    s->reply.header.transaction_id = SPAN_LIT("transaction-id-1");
}

void scene_other_nonce(struct scene *s)
{
    s->reply.header.recip_nonce = SPAN_OF(scene_server_nonce);
}

void scene_short_nonce(struct scene *s)
{
    s->reply.header.sender_nonce = SPAN_LIT("15 octets of it");
}

void scene_no_protection(struct scene *s)
{
    s->reply.protection.bytes = SPAN_NONE;
}

void scene_mac(struct scene *s)
{
    alg_id_set(&s->reply.header.protection_alg, OID_ID_PASSWORD_BASED_MAC);
}

void scene_bad_signature(struct scene *s)
{
    s->facts.signature_holds = false;
}

void scene_no_eku(struct scene *s)
{
    s->ra.eku = SPAN_NONE;
}

void scene_waiting(struct scene *s)
{
    s->responses[0].status.status = STATUS_WAITING;
    s->responses[0].has_key_pair = false;
    s->facts.certs[0].cert = NULL;
}
