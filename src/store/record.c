#include "store/internal.h"

#define INT(type, member)                                   \
    {                                                       \
        FIELD_INT, TABLE_NUM, offsetof(struct type, member) \
    }
#define ENUM(type, member)                                   \
    {                                                        \
        FIELD_ENUM, TABLE_NUM, offsetof(struct type, member) \
    }
#define BYTES(type, member)                                   \
    {                                                         \
        FIELD_BYTES, TABLE_NUM, offsetof(struct type, member) \
    }
#define WORD(type, member)                                   \
    {                                                        \
        FIELD_WORD, TABLE_NUM, offsetof(struct type, member) \
    }
#define REF(type, member, to)                                \
    {                                                        \
        FIELD_REF, TABLE_##to, offsetof(struct type, member) \
    }

static const struct field station_fields[] = {
    REF(station_record, id, STATION),
    WORD(station_record, vendor),
    BYTES(station_record, serial),
    ENUM(station_record, state),
    BYTES(station_record, subject),
    REF(station_record, certificate, CERTIFICATE),
    INT(station_record, first_seen),
    INT(station_record, last_seen),
    INT(station_record, version),
};

static const struct field name_fields[] = {
    BYTES(name_record, name),
    REF(name_record, station, STATION),
};

static const struct field transaction_fields[] = {
    REF(transaction_record, id, TRANSACTION),
    BYTES(transaction_record, requester),
    BYTES(transaction_record, requester_cert),
    BYTES(transaction_record, transaction_id),
    WORD(transaction_record, profile),
    INT(transaction_record, body_type),
    INT(transaction_record, pvno),
    ENUM(transaction_record, state),
    BYTES(transaction_record, sender_nonce),
    REF(transaction_record, station, STATION),
    INT(transaction_record, deadline),
    INT(transaction_record, ended_at),
    INT(transaction_record, version),
};

static const struct field exchange_fields[] = {
    INT(exchange_record, id),
    REF(exchange_record, transaction, TRANSACTION),
    BYTES(exchange_record, digest),
    BYTES(exchange_record, head),
    BYTES(exchange_record, tail),
};

static const struct field certificate_fields[] = {
    REF(certificate_record, id, CERTIFICATE),
    WORD(certificate_record, ca),
    BYTES(certificate_record, serial),
    REF(certificate_record, station, STATION),
    REF(certificate_record, transaction, TRANSACTION),
    INT(certificate_record, cert_req_id),
    BYTES(certificate_record, request_digest),
    BYTES(certificate_record, der),
    ENUM(certificate_record, status),
    INT(certificate_record, not_before),
    INT(certificate_record, not_after),
    REF(certificate_record, previous, CERTIFICATE),
    REF(certificate_record, pending_update, CERTIFICATE),
    INT(certificate_record, revoked_at),
    INT(certificate_record, reason),
    INT(certificate_record, invalidity_date),
    INT(certificate_record, changed),
    INT(certificate_record, version),
};

static const struct field crl_fields[] = {
    INT(crl_record, id),          WORD(crl_record, ca),
    INT(crl_record, number),      INT(crl_record, this_update),
    INT(crl_record, next_update), INT(crl_record, covers),
    BYTES(crl_record, der),
};

static const struct field ca_fields[] = {
    WORD(ca_record, ca),
    INT(ca_record, revocations),
    INT(ca_record, crl_number),
};

static const struct field request_fields[] = {
    REF(request_record, id, REQUEST),
    REF(request_record, transaction, TRANSACTION),
    INT(request_record, cert_req_id),
    ENUM(request_record, state),
    BYTES(request_record, message),
    BYTES(request_record, reason),
    BYTES(request_record, decided_by),
    INT(request_record, decided_at),
    INT(request_record, check_after),
    INT(request_record, created_at),
    INT(request_record, answer_of),
    BYTES(request_record, data),
    INT(request_record, version),
};

static const struct field secret_fields[] = {
    REF(secret_record, id, SECRET),   BYTES(secret_record, reference),
    BYTES(secret_record, sealed),     BYTES(secret_record, name),
    WORD(secret_record, profile),     ENUM(secret_record, state),
    INT(secret_record, is_weak),      INT(secret_record, uses_left),
    INT(secret_record, expires_at),   INT(secret_record, created_at),
    INT(secret_record, last_used_at), WORD(secret_record, vendor),
    BYTES(secret_record, serial),     ENUM(secret_record, purpose),
    INT(secret_record, version),
};

static const struct field audit_fields[] = {
    INT(audit_record, id),       INT(audit_record, at),
    WORD(audit_record, node),    BYTES(audit_record, entry),
    BYTES(audit_record, digest),
};

static const struct field head_fields[] = {
    WORD(head_record, node),
    INT(head_record, last),
    BYTES(head_record, digest),
};

static const struct field served_fields[] = {
    INT(served_record, served),
};

#define SHAPE(what)                                                \
    {                                                              \
        .name = #what, .size = sizeof(struct what##_record),       \
        .num = sizeof(what##_fields) / sizeof((what##_fields)[0]), \
        .fields = what##_fields                                    \
    }

const struct shape shapes[TABLE_NUM] = {
    [TABLE_STATION] = SHAPE(station),
    [TABLE_NAME] = SHAPE(name),
    [TABLE_TRANSACTION] = SHAPE(transaction),
    [TABLE_EXCHANGE] = SHAPE(exchange),
    [TABLE_CERTIFICATE] = SHAPE(certificate),
    [TABLE_CRL] = SHAPE(crl),
    [TABLE_CA] = SHAPE(ca),
    [TABLE_REQUEST] = SHAPE(request),
    [TABLE_SECRET] = SHAPE(secret),
    [TABLE_AUDIT] = SHAPE(audit),
    [TABLE_HEAD] = SHAPE(head),
    [TABLE_SERVED] = SHAPE(served),
};

enum err record_copy(const struct shape *shape, const void *record,
                     struct arena *a, void *out, struct fault *f)
{
    const struct field *field;
    union record copy;
    struct span *bytes;

    memcpy(&copy, record, shape->size);
    for (size_t i = 0; i < shape->num; i++) {
        field = &shape->fields[i];
        if (!field_is_span(field))
            continue;
        bytes = field_span(field, &copy);
        if (span_is_absent(*bytes))
            continue;
        *bytes = arena_copy(a, *bytes);
        if (span_is_absent(*bytes))
            return fault_set(f, ERR_NO_MEM, "a %s's record", shape->name);
    }
    memcpy(out, &copy, shape->size);
    return ERR_OK;
}

/* FNV-1a: only has to tell states apart that nobody chose. */
static uint64_t fnv(uint64_t h, const void *bytes, size_t len)
{
    const uint8_t *p = bytes;

    for (size_t i = 0; i < len; i++)
        h = (h ^ p[i]) * UINT64_C(1099511628211);
    return h;
}

void table_sum_add(struct table_sum *sum, const struct shape *shape,
                   const void *record)
{
    uint64_t h = UINT64_C(14695981039346656037);
    const struct field *field;
    struct span bytes;
    int64_t number;

    for (size_t i = 0; i < shape->num; i++) {
        field = &shape->fields[i];
        bytes = SPAN_NONE;
        if (field_is_span(field)) {
            bytes = field_get_span(field, record);
            number = span_is_absent(bytes) ? -1 : (int64_t)bytes.len;
        } else {
            number = field_get_int(field, record);
        }
        h = fnv(h, &number, sizeof(number));
        h = fnv(h, bytes.ptr, bytes.len);
    }
    /* A sum of plain FNVs would let neighbouring rows cancel out. */
    h ^= h >> 33;
    h *= UINT64_C(0xff51afd7ed558ccd);
    h ^= h >> 33;
    sum->num++;
    sum->digest += h;
}

void *list_push(struct arena *a, void **list, size_t *num, size_t size)
{
    bool is_full = (*num & (*num - 1)) == 0; /* 0 or a power of two */
    uint8_t *bigger;

    if (is_full) {
        bigger = arena_array(a, *num == 0 ? 1 : 2 * *num, size);
        if (bigger == NULL)
            return NULL;
        if (*num > 0)
            memcpy(bigger, *list, *num * size);
        *list = bigger;
    }
    return (uint8_t *)*list + (*num)++ * size;
}
