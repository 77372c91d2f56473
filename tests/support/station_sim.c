#include "support/station_sim.h"

#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>
#include <unistd.h>

#include "base/file.h"
#include "base/text.h"
#include "service/init.h"

#define WORLD_ARENA ((size_t)16 << 20)
#define STATION_ARENA ((size_t)4 << 20)
#define FIRST_SERIAL 1000

static noreturn void die(const char *what)
{
    fprintf(stderr, "station_sim: %s\n", what);
    abort();
}

static void must(bool is_so, const char *what)
{
    if (!is_so)
        die(what);
}

static void must_ok(enum err e, const char *what, const struct fault *f)
{
    if (e != ERR_OK) {
        fprintf(stderr, "station_sim: %s: %s %s\n", what, err_name(e), f->text);
        abort();
    }
}

static struct span ecdsa(void)
{
    return sig_alg_info(SIG_ECDSA_SHA256)->der;
}

/* --- the vendor and the operator --- */

static void make_vendor(struct sim_world *w)
{
    w->vendor_root = test_cert_make(
        w->pki, &(struct test_cert_spec){ .subject = "CN=Acme Root,O=Acme",
                                          .ca = true });
    w->vendor_ca = test_cert_make(
        w->pki, &(struct test_cert_spec){ .subject = "CN=Acme Factory,O=Acme",
                                          .issuer = w->vendor_root,
                                          .ca = true });
}

static void load_cert(struct sim_world *w, const char *name,
                      struct x509_cert *out)
{
    const char *path = arena_printf(w->arena, "%s/%s", w->folder, name);
    struct span rest, label, der;
    struct buf text;

    buf_init(&text, 65536);
    must_ok(file_load(path, &text, NULL), path, &(struct fault){ 0 });
    rest = buf_span(&text);
    must(pem_next(&rest, w->arena, &label, &der) == ERR_OK &&
             x509_read(der, w->arena, out) == ERR_OK,
         path);
    buf_done(&text);
}

static void make_operator(struct sim_world *w)
{
    static const char *const hosts[] = { "localhost" };
    struct operator_vendor vendor = {
        "acme", test_pki_save(w->pki, "acme.pem", w->vendor_root->pem, 0644)
    };
    struct operator_options options = {
        .key_type = "p256",
        .name = "Simulated",
        .hosts = hosts,
        .num_hosts = 1,
        .address = "::1",
        .vendors = &vendor,
        .num_vendors = 1,
        .now = TEST_NOW,
    };
    struct operator_made made;
    struct fault f = { 0 };

    w->folder = arena_printf(w->arena, "%s/op", test_pki_dir(w->pki));
    options.folder = w->folder;
    must_ok(operator_make(&options, w->arena, &made, &f), "operator", &f);
    load_cert(w, "issuing.pem", &w->issuing);
    load_cert(w, "cmp.pem", &w->signer);
}

struct sim_world *sim_world_new(void)
{
    struct sim_world *w = calloc(1, sizeof(*w));
    struct fault f = { 0 };

    must(w != NULL, "memory");
    w->now = TEST_NOW;
    w->pki = test_pki_new();
    w->arena = arena_new(WORLD_ARENA);
    must(w->arena != NULL, "memory");
    must_ok(crypto_new(&w->crypto, &f), "crypto", &f);
    must_ok(crypto_ctx_new(w->crypto, &w->cx, &f), "crypto", &f);
    make_vendor(w);
    make_operator(w);
    return w;
}

static void remove_file(struct sim_world *w, const char *name)
{
    char path[512];

    snprintf(path, sizeof(path), "%s/%s", w->folder, name);
    unlink(path);
}

void sim_world_remove_store(struct sim_world *w, const char *name)
{
    static const char *const ends[] = { "", "-wal", "-shm" };
    char file[128];

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        snprintf(file, sizeof(file), "%s%s", name, ends[i]);
        remove_file(w, file);
    }
}

/* What init and the services of the configurations wrote. */
static void remove_operator(struct sim_world *w)
{
    static const char *const names[] = {
        "root.pem",
        "root.key",
        "issuing.pem",
        "issuing.key",
        "cmp.pem",
        "cmp.key",
        "tls.pem",
        "tls.key",
        "acme-root.pem",
        "sim.log",
        "stationmaster.yaml",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        remove_file(w, names[i]);
    rmdir(w->folder);
}

void sim_world_free(struct sim_world *w)
{
    if (w == NULL)
        return;
    for (size_t i = 0; i < w->num_configs; i++) {
        const char *name = strrchr(w->configs[i]->store.file, '/');

        sim_world_remove_store(w, name + 1);
        config_free(w->configs[i]);
    }
    remove_operator(w);
    crypto_ctx_free(w->cx);
    crypto_free(w->crypto);
    test_pki_free(w->pki);
    arena_free(w->arena);
    free(w);
}

static const char *or_else(const char *value, const char *otherwise)
{
    return value != NULL ? value : otherwise;
}

/* node, kind and file of the store, workers, further keys, type, confirm_wait,
 * the aftermath twice, further profiles and settings */
static const char config_text[] =
    "node: %s\n"
    "store: { kind: %s, file: %s }\n"
    "log: { level: error, file: sim.log }\n"
    "listen: [{ address: \"::1\", port: 0 }]\n"
    "server: { workers: %s, refusals_per_source: 100000,\n"
    "  refusals_burst: 100000, refusals_total: 100000 }\n"
    "keys:\n"
    "  - { name: issuing, file: issuing.key }\n"
    "  - { name: cmp, file: cmp.key }\n"
    "%s"
    "cas:\n"
    "  - { name: issuing, certificate: issuing.pem, chain: [root.pem],\n"
    "      key: issuing, crl: { path: /crl/issuing.crl } }\n"
    "signers:\n"
    "  - { name: cmp, certificate: cmp.pem,\n"
    "      chain: [issuing.pem, root.pem], key: cmp }\n"
    "profiles:\n"
    "  - { name: bs, type: %s, default: true, ca: issuing,\n"
    "      signer: cmp, subject: 'CN={serial}.{vendor},O=Simulated',\n"
    "      confirm_wait: %s, on_timeout: %s, on_rejection: %s }\n"
    "%s"
    "vendors:\n"
    "  - { name: acme, anchors: [acme-root.pem],\n"
    "      serial: { from: subject.CN, pattern: '^BS-([0-9]+)$' } }\n"
    "%s";

const struct config *sim_world_config(struct sim_world *w,
                                      const struct sim_setup *setup)
{
    const char *aftermath = or_else(setup->aftermath, "revoke");
    const char *text = arena_printf(
        w->arena, config_text, or_else(setup->node, "a"),
        or_else(setup->kind, "sqlite"), or_else(setup->store, "store.db"),
        or_else(setup->workers, "4"), or_else(setup->keys, ""),
        or_else(setup->type, "3gpp-bs"), or_else(setup->confirm_wait, "10m"),
        aftermath, aftermath, or_else(setup->profiles, ""),
        or_else(setup->more, ""));
    const char *path = arena_printf(w->arena, "%s/sim.yaml", w->folder);
    struct fault f = { 0 };
    struct buf errors;

    must(text != NULL && w->num_configs < 8, "room for a configuration");
    buf_init(&errors, 4096);
    must_ok(config_parse(span_str(text), path, &w->configs[w->num_configs],
                         &errors, &f),
            "configuration", &f);
    buf_done(&errors);
    return w->configs[w->num_configs++];
}

/* --- a station --- */

static uint64_t next_random(struct station_sim *s)
{
    s->random ^= s->random << 13;
    s->random ^= s->random >> 7;
    s->random ^= s->random << 17;
    return s->random;
}

static void fill_random(struct station_sim *s, uint8_t out[SIM_ID_LEN])
{
    for (size_t i = 0; i < SIM_ID_LEN; i++)
        out[i] = (uint8_t)(next_random(s) >> 32);
}

void station_sim_init(struct station_sim *s, struct sim_world *w,
                      unsigned number)
{
    struct test_cert_spec spec = { .issuer = w->vendor_ca };
    char subject[64];
    struct fault f = { 0 };

    *s = (struct station_sim){ .world = w, .number = number };
    snprintf(subject, sizeof(subject), "CN=BS-%u,O=Acme",
             FIRST_SERIAL + number);
    spec.subject = subject;
    s->vendor_cert = test_cert_make(w->pki, &spec);
    must_ok(privkey_parse(w->cx, test_key_der(s->vendor_cert->key),
                          &s->vendor_key, &f),
            "vendor's key", &f);
    for (size_t i = 0; i < SIM_NUM_KEYS; i++)
        must_ok(privkey_generate(w->cx, KEY_EC_P256, 0, &s->keys[i], &f), "key",
                &f);
    s->arena = arena_new(STATION_ARENA);
    must(s->arena != NULL, "memory");
    station_sim_reset(s, 1);
}

void station_sim_done(struct station_sim *s)
{
    for (size_t i = 0; i < SIM_NUM_KEYS; i++)
        privkey_free(s->keys[i]);
    privkey_free(s->vendor_key);
    arena_free(s->arena);
}

void station_sim_reset(struct station_sim *s, uint64_t seed)
{
    arena_reset(s->arena);
    s->random = (seed * 0x9e3779b97f4a7c15u) ^ (s->number + 1);
    s->num_asked = 0;
    s->phase = SIM_IDLE;
    s->num_held = s->num_exchanges = 0;
    s->wrong[0] = '\0';
    for (int i = 0; i < 8; i++)
        next_random(s);
}

/* --- making messages --- */

/* Who speaks: the vendor's certificate, or one of the operator. */
struct speaker {
    const struct privkey *key;
    struct x509_cert cert;
    struct span certs[2]; /* extraCerts */
};

static const struct sim_held *confirmed(const struct station_sim *s)
{
    for (size_t i = s->num_held; i > 0; i--)
        if (s->held[i - 1].status == CERTIFICATE_CONFIRMED &&
            !s->held[i - 1].is_revoked)
            return &s->held[i - 1];
    return NULL;
}

static void find_speaker(struct station_sim *s, struct speaker *out)
{
    const struct sim_held *held = s->asked == CMP_IR ? NULL : confirmed(s);

    *out = (struct speaker){ 0 };
    if (held == NULL) {
        out->key = s->vendor_key;
        out->certs[0] = s->vendor_cert->der;
        out->certs[1] = s->world->vendor_ca->der;
    } else {
        out->key = held->key;
        out->certs[0] = held->der;
        out->certs[1] = s->world->issuing.der;
    }
    must(x509_read(out->certs[0], s->arena, &out->cert) == ERR_OK,
         "own certificate");
}

static struct span sign(struct station_sim *s, const struct privkey *key,
                        struct span bytes)
{
    struct fault f = { 0 };
    struct span sig;

    must_ok(privkey_sign(s->world->cx, key, SIG_ECDSA_SHA256, bytes, s->arena,
                         &sig, &f),
            "sign", &f);
    return sig;
}

/* The whole message, kept as the one that waits for its answer. */
static struct span seal(struct station_sim *s, const struct pki_body *body,
                        struct span recip_nonce)
{
    struct span header_der, body_der, part, message;
    struct pki_header header = { .pvno = 2 };
    struct speaker speaker;

    find_speaker(s, &speaker);
    fill_random(s, s->nonce);
    header.sender.type = header.recipient.type = GN_DIRECTORY;
    header.sender.value = speaker.cert.subject;
    header.recipient.value = s->world->signer.subject;
    header.has_message_time = true;
    header.message_time = s->world->now;
    header.protection_alg.der = ecdsa();
    header.protection_alg.oid = ecdsa(); /* present */
    header.transaction_id = SPAN_OF(s->id);
    header.sender_nonce = SPAN_OF(s->nonce);
    header.recip_nonce = recip_nonce;
    if (cmp_header_write(&header, s->arena, &header_der) != ERR_OK ||
        cmp_body_write(body, s->arena, &body_der) != ERR_OK ||
        cmp_protected_part_write(header_der, body_der, s->arena, &part) !=
            ERR_OK ||
        cmp_message_write(header_der, body_der, sign(s, speaker.key, part),
                          speaker.certs, 2, s->arena, &message) != ERR_OK)
        die("message");
    must(s->num_exchanges < SIM_MAX_EXCHANGES, "room for an exchange");
    s->exchanges[s->num_exchanges++] =
        (struct sim_exchange){ message, SPAN_NONE };
    return message;
}

static const struct privkey *new_key(const struct station_sim *s)
{
    return s->keys[s->num_asked % SIM_NUM_KEYS];
}

static struct span write_request(struct station_sim *s)
{
    struct cert_req_msg msg = { .popo = { .type = POPO_SIGNATURE } };
    struct pki_body body = { .type = s->asked };
    struct der in = der_open(privkey_spki(new_key(s)), NULL);
    struct der_writer w;
    struct span bytes;

    must(spki_read(&in, &msg.cert_req.cert_template.public_key) == ERR_OK,
         "own key");
    msg.cert_req.cert_template.has_public_key = true;
    msg.popo.alg.der = ecdsa();
    der_writer_init(&w, s->arena, 512);
    cert_request_put(&w, &msg.cert_req);
    must(der_finish(&w, &bytes) == ERR_OK, "request");
    msg.popo.signature = sign(s, new_key(s), bytes);
    body.cert_req.list = &msg;
    body.cert_req.num = 1;
    return seal(s, &body, SPAN_NONE);
}

struct span station_sim_ask(struct station_sim *s)
{
    must(s->phase == SIM_IDLE, "a request while one is under way");
    s->asked = confirmed(s) == NULL ? CMP_IR : CMP_KUR;
    s->num_asked++;
    s->phase = SIM_ASKED;
    fill_random(s, s->id);
    return write_request(s);
}

struct span station_sim_ask_otherwise(struct station_sim *s)
{
    must(s->phase == SIM_ASKED, "no request to be made otherwise");
    return write_request(s);
}

struct span station_sim_confirm(struct station_sim *s, enum sim_verdict v)
{
    struct cert_status status = { .cert_req_id = 0 };
    struct pki_body body = { .type = CMP_CERT_CONF };
    uint8_t digest[32];
    struct fault f = { 0 };

    must(s->phase == SIM_HOLDS, "nothing to confirm");
    must_ok(hash_compute(s->world->cx, DIGEST_SHA256,
                         s->held[s->num_held - 1].der, digest, &f),
            "hash", &f);
    status.cert_hash = SPAN_OF(digest);
    if (v == SIM_REJECTS) {
        status.has_status_info = true;
        status.status_info.status = STATUS_REJECTION;
    }
    body.cert_conf.list = &status;
    body.cert_conf.num = 1;
    s->verdict = v;
    s->phase = SIM_CONFIRMING;
    return seal(s, &body, SPAN_OF(s->theirs));
}

struct span station_sim_revoke(struct station_sim *s)
{
    struct rev_details details = { 0 };
    struct pki_body body = { .type = CMP_RR };
    const struct sim_held *held = confirmed(s);
    struct x509_cert cert;

    must(s->phase == SIM_IDLE && held != NULL, "nothing to revoke");
    must(x509_read(held->der, s->arena, &cert) == ERR_OK, "own certificate");
    details.cert_details.issuer = cert.issuer;
    details.cert_details.serial = cert.serial;
    body.rev_req.list = &details;
    body.rev_req.num = 1;
    s->asked = CMP_RR;
    s->phase = SIM_REVOKING;
    fill_random(s, s->id);
    return seal(s, &body, SPAN_NONE);
}

struct span station_sim_pending(const struct station_sim *s)
{
    if (s->phase == SIM_IDLE || s->phase == SIM_HOLDS)
        return SPAN_NONE;
    return s->exchanges[s->num_exchanges - 1].request;
}

struct span station_sim_next(struct station_sim *s)
{
    switch (s->phase) {
    case SIM_IDLE:
        return station_sim_ask(s);
    case SIM_HOLDS:
        return station_sim_confirm(s, SIM_ACCEPTS);
    case SIM_ASKED:
    case SIM_CONFIRMING:
    case SIM_REVOKING:
        break;
    }
    return station_sim_pending(s);
}

void station_sim_forget(struct station_sim *s)
{
    s->phase = SIM_IDLE;
}

/* --- hearing answers --- */

static enum sim_answer wrong(struct station_sim *s, const char *what)
{
    if (s->wrong[0] == '\0')
        snprintf(s->wrong, sizeof(s->wrong), "station %u, message %zu: %s",
                 s->number, s->num_exchanges, what);
    return SIM_WRONG;
}

/* Whose answer it is, to which message, and by whom. NULL: all is well. */
static const char *check_header(struct station_sim *s,
                                const struct cmp_message *msg)
{
    const struct pki_header *h = &msg->header;
    struct span part = cmp_protected_part(msg, s->arena);

    if (!span_is_equal(h->transaction_id, SPAN_OF(s->id)))
        return "another transactionID";
    if (!span_is_equal(h->recip_nonce, SPAN_OF(s->nonce)))
        return "recipNonce is not the request's senderNonce";
    if (h->sender_nonce.len != SIM_ID_LEN)
        return "senderNonce is missing or short";
    if (h->sender.type != GN_DIRECTORY ||
        !name_is_equal(h->sender.value, s->world->signer.subject))
        return "another sender than the CMP signer";
    if (sig_verify(s->world->cx, &s->world->signer.spki, &h->protection_alg,
                   part, msg->protection.bytes, NULL) != ERR_OK)
        return "a signature that does not verify";
    return NULL;
}

static const char *check_certificate(struct station_sim *s, struct span der)
{
    struct x509_cert cert;

    if (x509_read(der, s->arena, &cert) != ERR_OK)
        return "a certificate that does not parse";
    if (!span_is_equal(cert.spki.der, privkey_spki(new_key(s))))
        return "a certificate of another key";
    if (sig_verify(s->world->cx, &s->world->issuing.spki, &cert.sig_alg,
                   cert.tbs, cert.signature, NULL) != ERR_OK)
        return "a certificate the issuing CA did not sign";
    return NULL;
}

static const struct pki_status_info *find_refusal(const struct cmp_message *msg)
{
    const struct cert_rep_message *rep = &msg->body.cert_rep;

    if (msg->body.type == CMP_ERROR)
        return &msg->body.error.status;
    if ((msg->body.type == CMP_IP || msg->body.type == CMP_KUP) &&
        rep->num_responses == 1 &&
        rep->responses[0].status.status == STATUS_REJECTION)
        return &rep->responses[0].status;
    return NULL;
}

static enum sim_answer hear_refusal(struct station_sim *s,
                                    const struct pki_status_info *status)
{
    const uint32_t later = 1u << FI_SYSTEM_UNAVAIL | 1u << FI_SYSTEM_FAILURE;

    s->fail_info = status->has_fail_info ? status->fail_info : 0;
    if ((s->fail_info & later) != 0)
        return SIM_AGAIN;
    if (s->phase == SIM_CONFIRMING)
        s->held[s->num_held - 1].status = CERTIFICATE_TIMED_OUT;
    s->phase = SIM_IDLE;
    return SIM_REFUSED;
}

static enum sim_answer hear_certificate(struct station_sim *s,
                                        const struct cmp_message *msg)
{
    const struct cert_rep_message *rep = &msg->body.cert_rep;
    enum cmp_body_type due = s->asked == CMP_IR ? CMP_IP : CMP_KUP;
    const char *why;
    struct span der;

    if (msg->body.type != due || rep->num_responses != 1 ||
        rep->responses[0].cert_req_id != 0 ||
        span_is_absent(rep->responses[0].certificate))
        return wrong(s, "not the answer to a request");
    why = check_certificate(s, rep->responses[0].certificate);
    if (why != NULL)
        return wrong(s, why);
    der = arena_copy(s->arena, rep->responses[0].certificate);
    must(!span_is_absent(der) && s->num_held < SIM_MAX_HELD, "memory");
    s->held[s->num_held++] =
        (struct sim_held){ der, new_key(s), CERTIFICATE_ISSUED, false };
    memcpy(s->theirs, msg->header.sender_nonce.ptr, SIM_ID_LEN);
    s->phase = SIM_HOLDS;
    return SIM_GOES_ON;
}

static enum sim_answer hear_pkiconf(struct station_sim *s,
                                    const struct cmp_message *msg)
{
    if (msg->body.type != CMP_PKICONF)
        return wrong(s, "not the answer to a certConf");
    s->held[s->num_held - 1].status = s->verdict == SIM_ACCEPTS
                                          ? CERTIFICATE_CONFIRMED
                                          : CERTIFICATE_REJECTED;
    s->phase = SIM_IDLE;
    return SIM_GOES_ON;
}

static enum sim_answer hear_revocation(struct station_sim *s,
                                       const struct cmp_message *msg)
{
    const struct rev_rep *rep = &msg->body.rev_rep;

    if (msg->body.type != CMP_RP || rep->num_statuses != 1 ||
        rep->statuses[0].status != STATUS_ACCEPTED)
        return wrong(s, "not the answer to an rr");
    s->held[s->num_held - 1].is_revoked = true;
    s->phase = SIM_IDLE;
    return SIM_GOES_ON;
}

enum sim_answer station_sim_hear(struct station_sim *s, int status,
                                 struct span reply)
{
    struct sim_exchange *x = &s->exchanges[s->num_exchanges - 1];
    const struct pki_status_info *refusal;
    struct cmp_message msg;
    struct fault f = { 0 };
    enum sim_answer answer;
    const char *why;

    if (status == 0 || status == 503)
        return SIM_AGAIN;
    reply = arena_copy(s->arena, reply);
    if (status != 200 || cmp_message_read(reply, s->arena, &msg, &f) != ERR_OK)
        return wrong(s, "no CMP message");
    why = check_header(s, &msg);
    if (why != NULL)
        return wrong(s, why);
    refusal = find_refusal(&msg);
    if (refusal != NULL)
        return hear_refusal(s, refusal);
    if (s->phase == SIM_REVOKING)
        answer = hear_revocation(s, &msg);
    else
        answer = s->phase == SIM_ASKED ? hear_certificate(s, &msg)
                                       : hear_pkiconf(s, &msg);
    if (answer == SIM_GOES_ON)
        x->reply = reply;
    return answer;
}

const char *station_sim_hear_again(struct station_sim *s, size_t exchange,
                                   int status, struct span reply)
{
    const struct sim_exchange *x = &s->exchanges[exchange];

    if (status == 200 && span_is_equal(reply, x->reply))
        return "";
    return arena_printf(s->arena,
                        "station %u, message %zu again: HTTP %d, not the bytes "
                        "of the first answer",
                        s->number, exchange + 1, status);
}

/* --- what the store should have --- */

/* A station that was not told yet may be behind. */
static bool is_status(const struct sim_held *held, enum certificate_status is)
{
    return held->status == CERTIFICATE_ISSUED || held->status == is;
}

static const char *check_held(struct station_sim *s, const struct sim_held *h,
                              struct store_session *session)
{
    struct certificate_record r, issued;
    struct x509_cert cert;
    struct fault f = { 0 };
    struct span serial;
    enum err e;

    must(x509_read(h->der, s->arena, &cert) == ERR_OK, "own certificate");
    serial = cert.serial;
    if (serial.ptr[0] == 0)
        serial = span_of(serial.ptr + 1, serial.len - 1);
    e = store_find_certificate(session, SPAN_LIT("issuing"), serial, s->arena,
                               &r, &f);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? "holds a certificate the store has not"
                                  : "the store cannot be read";
    if (!span_is_equal(r.der, h->der))
        return "holds another certificate than the store";
    if (!is_status(h, r.status))
        return "was told another status than the store has";
    if (h->is_revoked && r.revoked_at == 0)
        return "was told of a revocation the store has not";
    if (store_find_issued(session, r.transaction, 0, s->arena, &issued, &f) !=
            ERR_OK ||
        issued.id != r.id)
        return "has two certificates of one transaction";
    return NULL;
}

const char *station_sim_check(struct station_sim *s,
                              struct store_session *session)
{
    const char *why;

    for (size_t i = 0; i < s->num_held; i++) {
        why = check_held(s, &s->held[i], session);
        if (why != NULL)
            return arena_printf(s->arena, "station %u, certificate %zu: %s",
                                s->number, i + 1, why);
    }
    return s->wrong[0] != '\0' ? s->wrong : NULL;
}
