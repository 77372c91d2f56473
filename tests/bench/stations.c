#include "bench/stations.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"

#define NONCE_LEN 16
#define YEAR ((int64_t)365 * 86400)
/* Certificate, keys and ir of one station, with room to spare. */
#define ARENA_PER_STATION ((size_t)8192)

static struct span our_alg(void)
{
    return sig_alg_info(SIG_ECDSA_SHA256)->der;
}

static enum err load_text(const char *folder, const char *name, struct buf *out,
                          struct fault *f)
{
    char path[512];

    text_format(path, sizeof(path), "%s/%s", folder, name);
    return file_load(path, out, f);
}

static enum err parse_ca(struct vendor_ca *ca, struct span pem,
                         struct span key_pem, struct fault *f)
{
    struct span label, der;

    if (pem_next(&pem, ca->arena, &label, &der) != ERR_OK ||
        x509_read(der, ca->arena, &ca->cert) != ERR_OK)
        return fault_set(f, ERR_CONFIG, "vendor-ca.pem holds no certificate");
    return privkey_parse(ca->cx, key_pem, &ca->key, f);
}

enum err vendor_ca_load(const char *folder, struct crypto_ctx *cx,
                        struct vendor_ca *out, struct fault *f)
{
    struct vendor_ca ca = { .cx = cx };
    struct buf pem, key_pem;
    enum err e;

    ca.arena = arena_new((size_t)1024 * 1024);
    if (ca.arena == NULL)
        return fault_set(f, ERR_NO_MEM, "vendor");
    buf_init(&pem, 65536);
    buf_init(&key_pem, 65536);
    e = load_text(folder, "vendor-ca.pem", &pem, f);
    if (e == ERR_OK)
        e = load_text(folder, "vendor-ca.key", &key_pem, f);
    if (e == ERR_OK)
        e = parse_ca(&ca, buf_span(&pem), buf_span(&key_pem), f);
    buf_done(&pem);
    buf_done(&key_pem);
    if (e != ERR_OK) {
        vendor_ca_done(&ca);
        return e;
    }
    /* Its spans point into the arena, which goes along. */
    *out = ca;
    return ERR_OK;
}

void vendor_ca_done(struct vendor_ca *ca)
{
    privkey_free(ca->key);
    arena_free(ca->arena);
}

/* --- making a station --- */

/* What all of making one station uses. */
struct maker {
    struct vendor_ca *ca;
    struct arena *keep;
    struct arena *scratch;
    uint64_t run; /* tells the stations of this run from earlier ones */
    int64_t now;
};

/* The station's vendor certificate: SEQUENCE bytes in the scratch arena. */
static enum err make_certificate(struct maker *m, struct bench_station *s,
                                 uint64_t serial, struct span *out,
                                 struct fault *f)
{
    uint8_t number[8], key_id[20];
    struct tbs_cert tbs = {
        .serial = SPAN_OF(number),
        .sig_alg = our_alg(),
        .issuer = m->ca->cert.subject,
        .subject = s->name,
        .spki = privkey_spki(s->key),
        .not_before = m->now - 86400,
        .not_after = m->now + YEAR,
    };
    struct der in = der_open(tbs.spki, NULL);
    struct span tbs_der, sig;
    struct der_writer w;
    struct spki spki;

    TRY(spki_read(&in, &spki));
    TRY(hash_key_id(m->ca->cx, &spki, key_id, f));
    for (size_t i = 0; i < sizeof(number); i++)
        number[i] = (uint8_t)(serial >> (8 * (sizeof(number) - 1 - i)));
    der_writer_init(&w, m->scratch, 256);
    ext_put_key_usage(&w, KU_DIGITAL_SIGNATURE);
    ext_put_ski(&w, SPAN_OF(key_id));
    ext_put_aki(&w, m->ca->cert.ski);
    TRY(der_finish(&w, &tbs.extensions));
    der_writer_init(&w, m->scratch, 768);
    tbs_cert_put(&w, &tbs);
    TRY(der_finish(&w, &tbs_der));
    TRY(privkey_sign(m->ca->cx, m->ca->key, SIG_ECDSA_SHA256, tbs_der,
                     m->scratch, &sig, f));
    der_writer_init(&w, m->scratch, 768);
    signed_put(&w, tbs_der, tbs.sig_alg, sig);
    return der_finish(&w, out);
}

/* The CertReqMsg, its proof of possession by a new key. */
static enum err make_request(struct maker *m, const struct bench_station *s,
                             struct cert_req_msg *out, struct fault *f)
{
    struct cert_req_msg msg = { .popo = { .type = POPO_SIGNATURE } };
    AUTO(privkey) key = NULL;
    struct span spki_der, bytes;
    struct der_writer w;
    struct der in;

    TRY(privkey_generate(m->ca->cx, KEY_EC_P256, 0, &key, f));
    spki_der = arena_copy(m->scratch, privkey_spki(key));
    in = der_open(spki_der, NULL);
    TRY(spki_read(&in, &msg.cert_req.cert_template.public_key));
    msg.cert_req.cert_template.has_public_key = true;
    msg.cert_req.cert_template.subject = s->name;
    msg.popo.alg.der = our_alg();
    der_writer_init(&w, m->scratch, 512);
    cert_request_put(&w, &msg.cert_req);
    TRY(der_finish(&w, &bytes));
    TRY(privkey_sign(m->ca->cx, key, SIG_ECDSA_SHA256, bytes, m->scratch,
                     &msg.popo.signature, f));
    *out = msg;
    return ERR_OK;
}

/* Header, body, signature, extraCerts in one message in `a`. */
static enum err seal(struct crypto_ctx *cx, const struct privkey *key,
                     const struct pki_header *header,
                     const struct pki_body *body, const struct span *certs,
                     size_t num_certs, struct arena *a, struct span *out,
                     struct fault *f)
{
    struct span header_der, body_der, part, sig;

    TRY(cmp_header_write(header, a, &header_der));
    TRY(cmp_body_write(body, a, &body_der));
    TRY(cmp_protected_part_write(header_der, body_der, a, &part));
    TRY(privkey_sign(cx, key, SIG_ECDSA_SHA256, part, a, &sig, f));
    return cmp_message_write(header_der, body_der, sig, certs, num_certs, a,
                             out);
}

static struct general_name directory(struct span name)
{
    return (struct general_name){ .type = GN_DIRECTORY, .value = name };
}

/* A header's constant part. */
static struct pki_header header_from(const struct bench_station *s, int64_t now)
{
    return (struct pki_header){
        .pvno = 2,
        .sender = directory(s->name),
        .recipient = directory(SPAN_LIT("\x30\x00")),
        .has_message_time = true,
        .message_time = now,
        .protection_alg = { .der = our_alg() },
        .transaction_id = SPAN_OF(s->transaction_id),
    };
}

static enum err make_station(struct maker *m, size_t i,
                             struct bench_station *out, struct fault *f)
{
    struct bench_station s = { 0 };
    uint8_t nonce[NONCE_LEN];
    struct cert_req_msg msg;
    struct pki_header header;
    struct pki_body body = { .type = CMP_IR,
                             .cert_req = { .list = &msg, .num = 1 } };
    struct span certs[2] = { SPAN_NONE, m->ca->cert.der }, ir;
    char name[64];

    text_format(name, sizeof(name), "CN=BS-%08llx-%zu",
                (unsigned long long)m->run, i);
    TRY(name_parse(name, m->keep, &s.name, f));
    TRY(random_fill(m->ca->cx, s.transaction_id, NONCE_LEN, f));
    TRY(random_fill(m->ca->cx, nonce, NONCE_LEN, f));
    TRY(privkey_generate(m->ca->cx, KEY_EC_P256, 0, &s.key, f));
    *out = s; /* the key has its owner, whatever fails below */
    TRY(make_certificate(m, &s, (m->run << 24) + i + 1, &certs[0], f));
    TRY(make_request(m, &s, &msg, f));
    header = header_from(&s, m->now);
    header.sender_nonce = SPAN_OF(nonce);
    TRY(seal(m->ca->cx, s.key, &header, &body, certs, 2, m->scratch, &ir, f));
    out->ir = arena_copy(m->keep, ir);
    if (span_is_absent(out->ir))
        return fault_set(f, ERR_NO_MEM, "stations");
    return ERR_OK;
}

static enum err make_all(struct maker *m, struct bench_stations *s, size_t num,
                         void (*progress)(size_t done, size_t num),
                         struct fault *f)
{
    for (size_t i = 0; i < num; i++) {
        enum err e = make_station(m, i, &s->list[i], f);

        s->num = i + 1;
        if (e != ERR_OK)
            return fault_prefix(f, e, "making station %zu", i);
        arena_reset(m->scratch);
        if (progress != NULL && i % 512 == 0)
            progress(i, num);
    }
    return ERR_OK;
}

enum err bench_stations_make(struct vendor_ca *ca, size_t num,
                             void (*progress)(size_t done, size_t num),
                             struct bench_stations *out, struct fault *f)
{
    AUTO(arena) scratch = arena_new((size_t)1024 * 1024);
    struct bench_stations s = { .arena =
                                    arena_new((num + 1) * ARENA_PER_STATION) };
    struct maker m = { .ca = ca,
                       .keep = s.arena,
                       .scratch = scratch,
                       .now = clock_seconds(),
                       .run = (uint64_t)clock_millis() & 0xffffffff };
    enum err e;

    if (scratch == NULL || s.arena == NULL)
        return fault_set(f, ERR_NO_MEM, "stations");
    s.list = arena_array(s.arena, num, sizeof(*s.list));
    if (s.list == NULL) {
        bench_stations_done(&s);
        return fault_set(f, ERR_NO_MEM, "stations");
    }
    e = make_all(&m, &s, num, progress, f);
    if (e != ERR_OK) {
        bench_stations_done(&s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void bench_stations_done(struct bench_stations *s)
{
    for (size_t i = 0; i < s->num; i++)
        privkey_free(s->list[i].key);
    arena_free(s->arena);
    *s = (struct bench_stations){ 0 };
}

/* --- its second message --- */

/* Tells what the server said instead of what was waited for. */
static enum err refused(const struct cmp_message *msg, struct fault *f)
{
    const struct pki_status_info *status = NULL;
    struct span text = SPAN_LIT("no reason given");

    if (msg->body.type == CMP_ERROR)
        status = &msg->body.error.status;
    else if (msg->body.type == CMP_IP && msg->body.cert_rep.num_responses > 0)
        status = &msg->body.cert_rep.responses[0].status;
    if (status != NULL && status->status_string.num > 0)
        text = status->status_string.list[0];
    return fault_set(f, ERR_REFUSED, "the server answered %s: %.*s",
                     cmp_body_name(msg->body.type), (int)text.len,
                     (const char *)text.ptr);
}

enum err bench_station_confirm(struct crypto_ctx *cx,
                               const struct bench_station *s, struct span ip,
                               struct arena *a, struct span *out,
                               struct fault *f)
{
    uint8_t digest[32], nonce[NONCE_LEN];
    struct cert_status status = { .cert_hash = SPAN_OF(digest) };
    struct pki_body body = { .type = CMP_CERT_CONF,
                             .cert_conf = { .list = &status, .num = 1 } };
    struct cmp_message msg;
    struct pki_header header = header_from(s, clock_seconds());
    const struct cert_rep_message *rep = &msg.body.cert_rep;

    TRY(cmp_message_read(ip, a, &msg, f));
    if (msg.body.type != CMP_IP || rep->num_responses != 1 ||
        span_is_absent(rep->responses[0].certificate))
        return refused(&msg, f);
    TRY(hash_compute(cx, DIGEST_SHA256, rep->responses[0].certificate, digest,
                     f));
    TRY(random_fill(cx, nonce, NONCE_LEN, f));
    header.sender_nonce = SPAN_OF(nonce);
    header.recip_nonce = msg.header.sender_nonce;
    return seal(cx, s->key, &header, &body, NULL, 0, a, out, f);
}

enum err bench_check_pkiconf(struct span reply, struct arena *a,
                             struct fault *f)
{
    struct cmp_message msg;

    TRY(cmp_message_read(reply, a, &msg, f));
    return msg.body.type == CMP_PKICONF ? ERR_OK : refused(&msg, f);
}
