/*
 * Messages that only keys, the store or the vendors can tell are wrong, each a
 * good one with one thing changed and signed again: what the service answers,
 * and that nothing it knows has changed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>

#include "base/limits.h"
#include "support/service_rig.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

/* The subject of the issuing CA, in the order of encoding. */
#define OUR_CA "O=Simulated,CN=Simulated Issuing CA"

/* The fresh station, the one that is enrolled, and a stranger to both. */
enum {
    FRESH,
    ENROLLED,
    STRANGER,
    LAST,
    NUM_STATIONS
};

static struct {
    struct sim_world *world;
    struct rig rig;
    struct station_sim stations[NUM_STATIONS];
    struct config_vendor *vendor;
    struct x509_cert enrolled; /* the operator's certificate */
    /* Describes the store as it is just before an answer leaves. */
    struct store_session *witness;
    struct arena *arena;
    const char *described;
} all;

/* A message taken apart, to be signed again. */
struct draft {
    struct arena *arena;
    struct cmp_message msg;
    struct cert_req_msg request;
    struct cert_status status;
    const struct privkey *key, *pop_key;
    struct privkey *own; /* of a certificate made for this case */
    struct span extra[3];
    bool flips_protection, flips_pop;
    /* What else a case changes, until it is over. */
    struct path_profile profile;
    struct config_profile config;
    const struct config_vendor *others;
};

static struct span flip(struct span bytes, struct arena *a)
{
    uint8_t *copy = arena_alloc(a, bytes.len);

    assert_non_null(copy);
    memcpy(copy, bytes.ptr, bytes.len);
    copy[bytes.len - 1] ^= 1;
    return span_of(copy, bytes.len);
}

static struct span sign(struct draft *d, const struct privkey *key,
                        enum sig_alg alg, struct span bytes)
{
    struct span sig;

    assert_int_equal(
        privkey_sign(all.world->cx, key, alg, bytes, d->arena, &sig, NULL),
        ERR_OK);
    return sig;
}

/* Takes the station's next message apart. */
static void draft_init(struct draft *d, struct station_sim *s,
                       const struct privkey *key)
{
    struct span bytes = station_sim_next(s);

    *d = (struct draft){ .arena = s->arena,
                         .key = key,
                         .pop_key = s->keys[s->num_asked % SIM_NUM_KEYS] };
    assert_int_equal(cmp_message_read(bytes, d->arena, &d->msg, NULL), ERR_OK);
    for (size_t i = 0; i < d->msg.num_extra_certs; i++)
        d->extra[i] = d->msg.extra_certs[i];
    if (d->msg.body.type == CMP_CERT_CONF) {
        d->status = d->msg.body.cert_conf.list[0];
        d->msg.body.cert_conf.list = &d->status;
    } else {
        d->request = d->msg.body.cert_req.list[0];
        d->msg.body.cert_req.list = &d->request;
    }
}

static void sign_request(struct draft *d)
{
    struct der_writer w;

    if (!span_is_absent(d->request.popo.input)) {
        der_writer_init(&w, d->arena, 512);
        popo_input_put(&w, &d->request.popo);
        assert_int_equal(der_finish(&w, &d->request.popo.input), ERR_OK);
    }
    der_writer_init(&w, d->arena, 512);
    cert_request_put(&w, &d->request.cert_req);
    assert_int_equal(der_finish(&w, &d->request.cert_req.der), ERR_OK);
    d->request.popo.signature = sign(d, d->pop_key, SIG_ECDSA_SHA256,
                                     popo_signed_bytes(&d->request, d->arena));
    if (d->flips_pop)
        d->request.popo.signature = flip(d->request.popo.signature, d->arena);
}

static struct span draft_bytes(struct draft *d)
{
    struct span header, body, part, sig, out;

    if (d->msg.body.type != CMP_CERT_CONF)
        sign_request(d);
    assert_int_equal(cmp_header_write(&d->msg.header, d->arena, &header),
                     ERR_OK);
    assert_int_equal(cmp_body_write(&d->msg.body, d->arena, &body), ERR_OK);
    assert_int_equal(cmp_protected_part_write(header, body, d->arena, &part),
                     ERR_OK);
    sig = sign(d, d->key, sig_alg_find(&d->msg.header.protection_alg), part);
    if (d->flips_protection)
        sig = flip(sig, d->arena);
    assert_int_equal(cmp_message_write(header, body, sig, d->extra,
                                       d->msg.num_extra_certs, d->arena, &out),
                     ERR_OK);
    return out;
}

/* Another signer's certificate first among extraCerts, with its key. */
static void sign_as(struct draft *d, const struct test_cert *cert)
{
    struct x509_cert read;

    assert_int_equal(x509_read(cert->der, d->arena, &read), ERR_OK);
    d->extra[0] = cert->der;
    d->msg.header.sender.value = read.subject;
    assert_int_equal(
        privkey_parse(all.world->cx, test_key_der(cert->key), &d->own, NULL),
        ERR_OK);
    d->key = d->own;
}

static void sign_as_new(struct draft *d, struct test_cert_spec spec)
{
    if (spec.issuer == NULL)
        spec.issuer = all.world->vendor_ca;
    sign_as(d, test_cert_make(all.world->pki, &spec));
}

static struct span name(struct draft *d, const char *text)
{
    struct span out;

    assert_int_equal(name_parse(text, d->arena, &out, NULL), ERR_OK);
    return out;
}

/* --- what a case changes --- */

#define CHANGE(name, ...)             \
    static void name(struct draft *d) \
    {                                 \
        __VA_ARGS__;                  \
    }
#define TEMPLATE (d->request.cert_req.cert_template)

CHANGE(bad_protection, d->flips_protection = true)
CHANGE(other_key, d->key = all.stations[STRANGER].keys[0])
CHANGE(bad_pop, d->flips_pop = true)
CHANGE(pop_by_other, d->pop_key = all.stations[STRANGER].keys[0])
CHANGE(pop_by_vendor, d->pop_key = all.stations[FRESH].vendor_key)
CHANGE(input, d->request.popo.input = SPAN_LIT("\xa0\x00");
       d->request.popo.has_input_sender = true;
       d->request.popo.input_sender.type = GN_DIRECTORY;
       d->request.popo.input_sender.value = d->msg.header.sender.value;
       d->request.popo.input_key = TEMPLATE.public_key)
CHANGE(input_sender, input(d);
       d->request.popo.input_sender.value = name(d, "CN=BS-9999,O=Acme"))
CHANGE(off_curve,
       TEMPLATE.public_key.key = flip(TEMPLATE.public_key.key, d->arena))
CHANGE(other_sender, d->msg.header.sender.value = name(d, "CN=BS-9999,O=Acme"))
CHANGE(other_kid, d->msg.header.sender_kid = SPAN_LIT("another key's"))
CHANGE(unknown_ca,
       sign_as_new(d, (struct test_cert_spec){
                          .subject = "CN=BS-1000,O=Acme",
                          .issuer = test_cert_make(
                              all.world->pki,
                              &(struct test_cert_spec){
                                  .subject = "CN=Acme Factory,O=Acme",
                                  .ca = true }) }))
CHANGE(no_signing, sign_as_new(d, (struct test_cert_spec){
                                      .subject = "CN=BS-1000,O=Acme",
                                      .key_usage = "critical,keyAgreement" }))
CHANGE(expired, sign_as_new(d, (struct test_cert_spec){
                                   .subject = "CN=BS-1000,O=Acme",
                                   .not_before = TEST_NOW - 2 * TEST_DAY,
                                   .not_after = TEST_NOW - TEST_DAY }))
CHANGE(no_serial,
       sign_as_new(d, (struct test_cert_spec){ .subject = "CN=router,O=Acme" }))
CHANGE(their_name, TEMPLATE.subject = all.enrolled.subject)
CHANGE(refuse_unknown, (void)d;
       all.vendor->revocation = CONFIG_REVOCATION_REFUSE)
CHANGE(not_served, d->config = *all.rig.profile->config;
       d->config.vendors = (struct config_vendors){ 1, &d->others };
       d->profile = *all.rig.profile; d->profile.config = &d->config;
       all.rig.profile = &d->profile)
CHANGE(key_not_allowed, d->profile = *all.rig.profile;
       d->profile.profile.key_kinds = 1u << KEY_EC_P256;
       all.rig.profile = &d->profile;
       sign_as_new(d, (struct test_cert_spec){
                          .subject = "CN=BS-1000,O=Acme",
                          .key = test_key_make(all.world->pki, "P-384") }))

CHANGE(late, d->msg.header.message_time -= 3600)
CHANGE(other_subject, TEMPLATE.subject = name(d, "CN=other"))
CHANGE(
    same_key, d->pop_key = d->key; {
        struct der in = der_open(privkey_spki(d->key), NULL);

        assert_int_equal(spki_read(&in, &TEMPLATE.public_key), ERR_OK);
    })
CHANGE(by_vendor, sign_as(d, all.stations[ENROLLED].vendor_cert);
       d->extra[1] = all.world->vendor_ca->der)
CHANGE(never_issued,
       sign_as_new(d, (struct test_cert_spec){
                          .subject = "CN=1001.acme,O=Simulated",
                          .issuer = test_cert_make(all.world->pki,
                                                   &(struct test_cert_spec){
                                                       .subject = OUR_CA,
                                                       .ca = true }) }))

CHANGE(other_hash, d->status.cert_hash = flip(d->status.cert_hash, d->arena))
CHANGE(other_nonce,
       d->msg.header.recip_nonce = flip(d->msg.header.recip_nonce, d->arena))
CHANGE(by_stranger, sign_as(d, all.stations[STRANGER].vendor_cert))
CHANGE(as_requester, d->key = all.stations[STRANGER].vendor_key;
       d->msg.num_extra_certs = 0)
CHANGE(by_new_key, {
    const struct sim_held *held = &all.stations[FRESH].held[0];
    struct x509_cert cert;

    assert_int_equal(x509_read(held->der, d->arena, &cert), ERR_OK);
    d->key = held->key;
    d->extra[0] = held->der;
    d->msg.header.sender.value = cert.subject;
})

/* --- the tables --- */

struct refusal {
    const char *what;
    void (*change)(struct draft *d);
    enum fail_info bit;
    enum cmp_body_type answer;
};

static const struct refusal irs[] = {
    { "protection flipped", bad_protection, FI_BAD_MESSAGE_CHECK, CMP_ERROR },
    { "signed by another key", other_key, FI_BAD_MESSAGE_CHECK, CMP_ERROR },
    { "POP flipped", bad_pop, FI_BAD_POP, CMP_IP },
    { "POP by another key", pop_by_other, FI_BAD_POP, CMP_IP },
    { "POP by the vendor's key", pop_by_vendor, FI_BAD_POP, CMP_IP },
    { "poposkInput's sender", input_sender, FI_BAD_POP, CMP_IP },
    { "off the curve", off_curve, FI_BAD_CERT_TEMPLATE, CMP_IP },
    { "another sender", other_sender, FI_BAD_MESSAGE_CHECK, CMP_ERROR },
    { "another senderKID", other_kid, FI_BAD_MESSAGE_CHECK, CMP_ERROR },
    { "an unknown CA", unknown_ca, FI_SIGNER_NOT_TRUSTED, CMP_ERROR },
    { "no digitalSignature", no_signing, FI_SIGNER_NOT_TRUSTED, CMP_ERROR },
    { "expired", expired, FI_SIGNER_NOT_TRUSTED, CMP_ERROR },
    { "no serial", no_serial, FI_NOT_AUTHORIZED, CMP_IP },
    { "another station's name", their_name, FI_NOT_AUTHORIZED, CMP_IP },
    { "revocation unknown", refuse_unknown, FI_SIGNER_NOT_TRUSTED, CMP_ERROR },
    { "a vendor not served", not_served, FI_SIGNER_NOT_TRUSTED, CMP_ERROR },
    { "a signer's key not allowed", key_not_allowed, FI_BAD_ALG, CMP_ERROR },
};

static const struct refusal kurs[] = {
    { "protection flipped", bad_protection, FI_BAD_MESSAGE_CHECK, CMP_ERROR },
    { "POP flipped", bad_pop, FI_BAD_POP, CMP_KUP },
    { "an hour late", late, FI_BAD_TIME, CMP_ERROR },
    { "another subject", other_subject, FI_BAD_CERT_TEMPLATE, CMP_KUP },
    { "the same key", same_key, FI_BAD_CERT_TEMPLATE, CMP_KUP },
    { "the vendor's certificate", by_vendor, FI_NOT_AUTHORIZED, CMP_KUP },
    { "one never issued", never_issued, FI_BAD_CERT_ID, CMP_ERROR },
};

static const struct refusal confs[] = {
    { "protection flipped", bad_protection, FI_BAD_MESSAGE_CHECK, CMP_ERROR },
    { "another hash", other_hash, FI_BAD_CERT_ID, CMP_ERROR },
    { "another recipNonce", other_nonce, FI_BAD_RECIPIENT_NONCE, CMP_ERROR },
    { "another station", by_stranger, FI_BAD_REQUEST, CMP_ERROR },
    { "in the requester's name", as_requester, FI_BAD_MESSAGE_CHECK,
      CMP_ERROR },
    { "the new key", by_new_key, FI_BAD_REQUEST, CMP_ERROR },
};

static const struct pki_status_info *status_of(const struct cmp_message *msg)
{
    if (msg->body.type == CMP_ERROR)
        return &msg->body.error.status;
    assert_int_equal(msg->body.cert_rep.num_responses, 1);
    return &msg->body.cert_rep.responses[0].status;
}

static void ask(struct span bytes, struct arena *a, struct cmp_message *out)
{
    struct rig_call call;
    struct span reply;

    rig_post(&all.rig, &call, bytes);
    rig_wait(&call);
    assert_int_equal(call.status, 200);
    reply = arena_copy(a, rig_body(&call));
    rig_call_done(&call);
    assert_int_equal(cmp_message_read(reply, a, out, NULL), ERR_OK);
}

static bool is_refused(const struct refusal *r, struct draft *d)
{
    const char *before = rig_describe(&all.rig, d->arena);
    const struct path_profile *profile = all.rig.profile;
    enum config_revocation revocation = all.vendor->revocation;
    const struct pki_status_info *status;
    struct cmp_message reply;
    bool is_so;

    r->change(d);
    ask(draft_bytes(d), d->arena, &reply);
    all.rig.profile = profile;
    all.vendor->revocation = revocation;
    privkey_free(d->own);
    if (reply.body.type != r->answer) {
        print_error("%s: %s\n", r->what, cmp_body_name(reply.body.type));
        return false;
    }
    status = status_of(&reply);
    is_so = status->status == STATUS_REJECTION && status->has_fail_info &&
            status->fail_info == 1u << r->bit && reply.protection.bytes.len > 0;
    if (!is_so)
        print_error("%s: status %d, failInfo %x\n", r->what,
                    (int)status->status, (unsigned)status->fail_info);
    if (strcmp(before, rig_describe(&all.rig, d->arena)) != 0) {
        print_error("%s: the store is changed\n", r->what);
        return false;
    }
    return is_so;
}

/* The station's next message in each of these ways; then it goes on as if
 * there had been none. */
static void refuse_all(struct station_sim *s, const struct privkey *key,
                       const struct refusal *list, size_t num)
{
    size_t failures = 0;

    for (size_t i = 0; i < num; i++) {
        struct draft d;

        draft_init(&d, s, key);
        failures += !is_refused(&list[i], &d);
    }
    assert_int_equal(failures, 0);
    assert_int_equal(rig_exchange(&all.rig, s), SIM_GOES_ON);
    assert_string_equal(s->wrong, "");
}

static void test_refusals(void **state)
{
    struct station_sim *fresh = &all.stations[FRESH];
    struct station_sim *enrolled = &all.stations[ENROLLED];

    (void)state;
    refuse_all(fresh, fresh->vendor_key, irs, NUM(irs));
    refuse_all(fresh, fresh->vendor_key, confs, NUM(confs));
    assert_int_equal(fresh->phase, SIM_IDLE);
    refuse_all(enrolled, enrolled->held[0].key, kurs, NUM(kurs));
    assert_int_equal(rig_exchange(&all.rig, enrolled), SIM_GOES_ON);
}

/* --- what is taken, and what it brings --- */

/* TS 33.310, 9.5.4.3 and RFC 9483, 3.1: nonces, confirmWaitTime, the chains. */
static void check_ip(const struct cmp_message *ip, const struct draft *d)
{
    const struct pki_header *h = &ip->header;
    const struct info_type_value *wait =
        info_find(&h->general_info, OID_ID_IT_CONFIRM_WAIT_TIME);
    struct x509_cert cert;
    struct der in;
    int64_t until;

    assert_int_equal(ip->body.type, CMP_IP);
    assert_true(span_is_equal(h->recip_nonce, d->msg.header.sender_nonce));
    assert_true(span_is_equal(h->transaction_id, d->msg.header.transaction_id));
    assert_int_equal(h->sender_nonce.len, 16);
    assert_int_equal(h->message_time, all.world->now);
    assert_null(info_find(&h->general_info, OID_ID_IT_IMPLICIT_CONFIRM));
    assert_non_null(wait);
    in = der_open(wait->value, NULL);
    assert_int_equal(der_generalized_time_lenient(&in, &until), ERR_OK);
    assert_int_equal(until, all.world->now + 600);
    assert_int_equal(ip->num_extra_certs, 3);
    assert_true(span_is_equal(ip->extra_certs[0], all.world->signer.der));
    assert_true(span_is_equal(ip->extra_certs[1], all.world->issuing.der));
    assert_int_equal(ip->body.cert_rep.num_responses, 1);
    assert_int_equal(
        x509_read(ip->body.cert_rep.responses[0].certificate, d->arena, &cert),
        ERR_OK);
    assert_true(span_is_equal(cert.spki.key, TEMPLATE.public_key.key));
    assert_false(cert.is_ca);
}

/* extraCerts in any order, poposkInput, implicitConfirm: all taken, the last
 * ignored. */
static void test_taken(void **state)
{
    struct info_type_value info = { .id = OID_ID_IT_IMPLICIT_CONFIRM,
                                    .oid = oid_span(OID_ID_IT_IMPLICIT_CONFIRM),
                                    .value = SPAN_LIT("\x05\x00") };
    struct station_sim *s = &all.stations[STRANGER];
    struct cmp_message reply;
    struct span first, bytes;
    struct draft d;

    (void)state;
    draft_init(&d, s, s->vendor_key);
    input(&d);
    d.msg.header.general_info = (struct info_list){ &info, 1 };
    first = d.extra[0];
    d.extra[0] = d.extra[1];
    d.extra[1] = first;
    bytes = draft_bytes(&d);
    ask(bytes, d.arena, &reply);
    check_ip(&reply, &d);
}

/* The same signed part under another certificate of the same key is the same
 * request: extraCerts is not protected, so anybody can exchange it. */
static void test_other_extra_certs(void **state)
{
    struct station_sim *s = &all.stations[STRANGER];
    struct test_cert_spec spec = { .issuer = all.world->vendor_ca,
                                   .key = s->vendor_cert->key };
    const struct test_cert *again;
    struct cmp_message reply;
    struct span bytes, out;
    char subject[64];
    struct draft d;

    (void)state;
    snprintf(subject, sizeof(subject), "CN=BS-%u,O=Acme", 1000 + s->number);
    spec.subject = subject;
    again = test_cert_make(all.world->pki, &spec);
    station_sim_forget(s);
    draft_init(&d, s, s->vendor_key);
    bytes = draft_bytes(&d);
    ask(bytes, d.arena, &reply);
    assert_int_equal(reply.body.type, CMP_IP);
    assert_int_equal(status_of(&reply)->status, STATUS_ACCEPTED);
    assert_int_equal(cmp_message_read(bytes, d.arena, &d.msg, NULL), ERR_OK);
    d.extra[0] = again->der;
    assert_int_equal(cmp_message_write(d.msg.header.der, d.msg.body.der,
                                       d.msg.protection.bytes, d.extra, 2,
                                       d.arena, &out),
                     ERR_OK);
    ask(out, d.arena, &reply);
    assert_int_equal(reply.body.type, CMP_IP);
    assert_int_equal(status_of(&reply)->fail_info, 1u << FI_DUPLICATE_CERT_REQ);
    /* The transactionID of before, with other bytes. */
    d.request = d.msg.body.cert_req.list[0];
    d.msg.body.cert_req.list = &d.request;
    d.extra[0] = s->vendor_cert->der;
    d.msg.header.sender_nonce = SPAN_LIT("another nonce...");
    ask(draft_bytes(&d), d.arena, &reply);
    assert_int_equal(reply.body.type, CMP_ERROR);
    assert_int_equal(status_of(&reply)->fail_info,
                     1u << FI_TRANSACTION_ID_IN_USE);
}

/* Until a kur is confirmed there is no other; a revoked certificate has none;
 * a blocked station gets nothing. */
static void test_kept_states(void **state)
{
    struct station_sim *s = &all.stations[ENROLLED];
    struct store_session *session = all.rig.worker.session;
    struct store *store = service_line(all.rig.service)->store;
    struct certificate_record cert;
    struct station_record station;
    const struct sim_held *held;
    struct x509_cert own;
    struct change *c;

    (void)state;
    assert_int_equal(rig_exchange(&all.rig, s), SIM_GOES_ON);
    station_sim_forget(s);
    s->num_held--;
    assert_int_equal(rig_exchange(&all.rig, s), SIM_REFUSED);
    assert_int_equal(s->fail_info, 1u << FI_BAD_REQUEST);

    held = &s->held[s->num_held - 1];
    assert_int_equal(x509_read(held->der, s->arena, &own), ERR_OK);
    assert_int_equal(store_find_certificate(session, SPAN_LIT("issuing"),
                                            own.serial, s->arena, &cert, NULL),
                     ERR_OK);
    assert_true(cert.pending_update != 0);
    c = change_new();
    cert.pending_update = 0;
    cert.revoked_at = all.world->now;
    change_set_certificate(c, &cert);
    assert_int_equal(store_commit(store, c, NULL), ERR_OK);
    assert_int_equal(rig_exchange(&all.rig, s), SIM_REFUSED);
    assert_int_equal(s->fail_info, 1u << FI_CERT_REVOKED);

    assert_int_equal(store_find_station(session, SPAN_LIT("acme"),
                                        SPAN_LIT("1001"), s->arena, &station,
                                        NULL),
                     ERR_OK);
    station.state = STATION_BLOCKED;
    c = change_new();
    change_set_station(c, &station);
    assert_int_equal(store_commit(store, c, NULL), ERR_OK);
    assert_int_equal(rig_exchange(&all.rig, s), SIM_REFUSED);
    assert_int_equal(s->fail_info, 1u << FI_NOT_AUTHORIZED);
}

static void describe(void *arg, enum line_step step, enum cmp_body_type body)
{
    (void)arg;
    (void)body;
    if (step != LINE_SEND || all.witness == NULL)
        return;
    arena_reset(all.arena);
    assert_int_equal(
        store_describe(all.witness, all.arena, &all.described, NULL), ERR_OK);
}

/* What an answer promises is in the store before it leaves, and the same bytes
 * get the same answer. */
static void test_order(void **state)
{
    struct station_sim *s = &all.stations[LAST];

    (void)state;
    assert_int_equal(store_session_new(service_line(all.rig.service)->store,
                                       &all.witness, NULL),
                     ERR_OK);
    for (unsigned i = 0; i < 4; i++) {
        assert_int_equal(rig_exchange(&all.rig, s), SIM_GOES_ON);
        assert_string_equal(all.described, rig_describe(&all.rig, s->arena));
    }
    for (size_t i = 0; i < 4; i++)
        assert_string_equal(rig_repeat(&all.rig, s, i), "");
    assert_string_equal(all.described, rig_describe(&all.rig, s->arena));
    assert_null(station_sim_check(s, all.rig.worker.session));
    store_session_free(all.witness);
    all.witness = NULL;
}

static int setup(void **state)
{
    const struct config *config;
    struct service_options options;
    struct station_sim *s = &all.stations[ENROLLED];

    (void)state;
    all.world = sim_world_new();
    config = sim_world_config(all.world, &(struct sim_setup){ .kind = "mem" });
    all.vendor = &all.world->configs[0]->vendors[0];
    all.arena = arena_new(LIMIT_REQUEST_ARENA);
    options = rig_by_hand(all.world, NULL);
    options.probe.at = describe;
    if (rig_open(&all.rig, config, &options, NULL) != ERR_OK)
        return -1;
    for (unsigned i = 0; i < NUM_STATIONS; i++)
        station_sim_init(&all.stations[i], all.world, i);
    if (!rig_enrol(&all.rig, s) ||
        x509_read(s->held[0].der, s->arena, &all.enrolled) != ERR_OK)
        return -1;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (unsigned i = 0; i < NUM_STATIONS; i++)
        station_sim_done(&all.stations[i]);
    rig_close(&all.rig);
    sim_world_free(all.world);
    arena_free(all.arena);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refusals),
        cmocka_unit_test(test_taken),
        cmocka_unit_test(test_other_extra_certs),
        cmocka_unit_test(test_kept_states),
        cmocka_unit_test(test_order),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
