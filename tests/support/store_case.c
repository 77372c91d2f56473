#include "support/store_case.h"

#include <stdlib.h>

#define TAIL_LEN 1600
static const uint8_t tail_bytes[TAIL_LEN] = { 0x30, 0x82, 0x06, 0x3c };
const struct span case_tail = { tail_bytes, TAIL_LEN };

void case_hash(struct span a, struct span b, uint8_t out[32])
{
    uint64_t h = UINT64_C(14695981039346656037);

    for (size_t i = 0; i < a.len; i++)
        h = (h ^ a.ptr[i]) * UINT64_C(1099511628211);
    h = (h ^ a.len) * UINT64_C(1099511628211);
    for (size_t i = 0; i < b.len; i++)
        h = (h ^ b.ptr[i]) * UINT64_C(1099511628211);
    for (size_t i = 0; i < 32; i++) {
        h = (h ^ i) * UINT64_C(1099511628211);
        h ^= h >> 29;
        out[i] = (uint8_t)h;
    }
}

struct span case_text(struct arena *a, const char *prefix, int64_t n)
{
    return span_str(arena_printf(a, "%s-%lld", prefix, (long long)n));
}

static struct span bytes_of_len(struct arena *a, const char *prefix, int64_t n,
                                size_t len)
{
    struct span text = case_text(a, prefix, n);
    uint8_t *at = arena_alloc(a, len);

    for (size_t i = 0; i < len; i++)
        at[i] = (uint8_t)(text.ptr[i % text.len] + i / text.len);
    return span_of(at, len);
}

/* 32 bytes that say nothing about where they go in an index. */
static struct span digest(struct arena *a, const char *prefix, int64_t n)
{
    uint8_t out[32];

    case_hash(case_text(a, prefix, n), SPAN_NONE, out);
    return arena_copy(a, SPAN_OF(out));
}

struct span case_request(struct arena *a, int64_t n)
{
    return digest(a, "request", n);
}

struct span case_confirm(struct arena *a, int64_t n)
{
    return digest(a, "confirm", n);
}

struct span case_reply(struct arena *a, int64_t n)
{
    return bytes_of_len(a, "reply", n, 900);
}

struct station_record case_station(struct arena *a, int64_t n)
{
    return (struct station_record){
        .vendor = n % 2 == 0 ? SPAN_LIT("acme") : SPAN_LIT("zenith"),
        .serial = case_text(a, "SN", n),
        .state = STATION_ACTIVE,
        .subject = case_text(a, "CN=bs", n),
        .first_seen = 1000 + n,
        .last_seen = 1000 + n,
    };
}

struct transaction_record case_transaction(struct arena *a, int64_t n)
{
    struct span id = digest(a, "transaction", n);

    return (struct transaction_record){
        .requester = digest(a, "requester", n),
        .requester_cert = bytes_of_len(a, "vendor certificate", n, 550),
        .transaction_id = span_of(id.ptr, 16),
        .profile = SPAN_LIT("3gpp-bs"),
        .body_type = 0,
        .pvno = 2,
        .state = TRANSACTION_UNCONFIRMED,
        .sender_nonce = span_of(id.ptr + 16, 16),
        .station = 1,
    };
}

struct certificate_record case_certificate(struct arena *a, int64_t n)
{
    uint8_t serial[16] = { 0x12, 0x34 };
    struct span random = digest(a, "serial", n);

    /* as issued: time first, then random bits */
    for (int i = 0; i < 4; i++)
        serial[2 + i] = (uint8_t)(n >> (24 - 8 * i));
    memcpy(serial + 6, random.ptr, 10);
    return (struct certificate_record){
        .ca = SPAN_LIT("issuing"),
        .serial = arena_copy(a, SPAN_OF(serial)),
        .station = 1,
        .transaction = 1,
        .request_digest = case_request(a, n),
        .der = bytes_of_len(a, "certificate", n, 650),
        .status = CERTIFICATE_ISSUED,
        .not_before = 1000,
        .not_after = 100000 + n,
        .changed = 1000,
    };
}

struct change *case_enrol(struct arena *a, int64_t n)
{
    struct station_record station = case_station(a, n);
    struct transaction_record transaction = case_transaction(a, n);
    struct certificate_record certificate = case_certificate(a, n);
    struct change *c = change_new();

    transaction.station = STORE_NEW;
    certificate.station = certificate.transaction = STORE_NEW;
    change_add_station(c, &station);
    change_claim_name(c, station.subject, STORE_NEW);
    change_claim_name(c, digest(a, "dns", n), STORE_NEW);
    change_add_transaction(c, &transaction, CASE_WAIT);
    change_add_certificate(c, &certificate);
    change_add_exchange(c, STORE_NEW, certificate.request_digest,
                        case_reply(a, n), case_tail);
    change_add_audit(c, 1000 + n, case_text(a, "enrolled station", n));
    return c;
}

/* The three records of an enrolment, as far as they are there. */
struct enrolment {
    struct station_record station;
    struct transaction_record transaction;
    struct certificate_record certificate;
    int num;
};

static struct enrolment find(struct store_session *s, struct arena *a,
                             int64_t n)
{
    struct enrolment e = { 0 };
    struct station_record station = case_station(a, n);
    struct transaction_record t = case_transaction(a, n);
    struct certificate_record c = case_certificate(a, n);

    e.num += store_find_station(s, station.vendor, station.serial, a,
                                &e.station, NULL) == ERR_OK;
    e.num += store_find_transaction(s, t.requester, t.transaction_id, a,
                                    &e.transaction, NULL) == ERR_OK;
    e.num += store_find_certificate(s, c.ca, c.serial, a, &e.certificate,
                                    NULL) == ERR_OK;
    return e;
}

struct change *case_confirmation(struct store_session *s, struct arena *a,
                                 int64_t n)
{
    struct enrolment e = find(s, a, n);
    struct change *c;

    if (e.num != 3)
        return NULL;
    c = change_new();
    e.transaction.state = TRANSACTION_CONFIRMED;
    e.transaction.ended_at = 2000 + n;
    e.certificate.status = CERTIFICATE_CONFIRMED;
    e.certificate.changed = 2000 + n;
    e.station.certificate = e.certificate.id;
    e.station.last_seen = 2000 + n;
    change_set_transaction(c, &e.transaction);
    change_set_certificate(c, &e.certificate);
    change_set_station(c, &e.station);
    change_add_exchange(c, e.transaction.id, case_confirm(a, n),
                        case_text(a, "pkiconf", n), SPAN_NONE);
    change_add_audit(c, 2000 + n, case_text(a, "confirmed station", n));
    return c;
}

/* Whether the reply to `request` is there, and the very bytes. */
static bool has_reply(struct store_session *s, struct arena *a, int64_t n,
                      struct span request, struct span head, struct span tail)
{
    struct span id = case_transaction(a, n).transaction_id, reply;

    if (store_find_reply(s, id, request, a, &reply, NULL) != ERR_OK)
        return false;
    return reply.len == head.len + tail.len &&
           span_is_equal(span_of(reply.ptr, head.len), head) &&
           span_is_equal(span_of(reply.ptr + head.len, tail.len), tail);
}

static enum case_found judge(struct store_session *s, struct arena *a,
                             int64_t n)
{
    struct enrolment e = find(s, a, n);
    struct certificate_record wanted = case_certificate(a, n);
    bool replied =
        has_reply(s, a, n, case_request(a, n), case_reply(a, n), case_tail);
    bool confirmed = has_reply(s, a, n, case_confirm(a, n),
                               case_text(a, "pkiconf", n), SPAN_NONE);
    int64_t owner = 0;
    bool named =
        store_find_name(s, case_text(a, "CN=bs", n), &owner, NULL) == ERR_OK &&
        store_find_name(s, digest(a, "dns", n), &owner, NULL) == ERR_OK;
    int64_t version = confirmed ? 2 : 1;

    if (e.num == 0 && !replied && !confirmed && !named)
        return CASE_NOTHING;
    if (e.num != 3 || !replied || !named || owner != e.station.id ||
        e.station.version != version || e.transaction.version != version ||
        e.certificate.version != version ||
        e.certificate.station != e.station.id ||
        e.certificate.transaction != e.transaction.id ||
        (e.station.certificate != 0) != confirmed ||
        (e.transaction.ended_at != 0) != confirmed ||
        !span_is_equal(e.certificate.der, wanted.der))
        return CASE_IN_PIECES;
    return confirmed ? CASE_CONFIRMED : CASE_ENROLLED;
}

enum case_found case_find(struct store_session *s, int64_t n)
{
    AUTO(arena) a = arena_new((size_t)1 << 20);

    return a == NULL ? CASE_IN_PIECES : judge(s, a, n);
}
