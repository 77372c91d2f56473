#include <assert.h>
#include <stdlib.h>

#include "store/internal.h"

/* Bounds what one change may hold; the CRLs of a large CA are the longest. */
#define CHANGE_CAP ((size_t)256 * 1024 * 1024)

struct op_row {
    enum table carries; /* whose record; TABLE_NUM: none */
    bool adds;
};

static const struct op_row op_rows[OP_NUM] = {
    [OP_ADD_STATION] = { TABLE_STATION, true },
    [OP_SET_STATION] = { TABLE_STATION, false },
    [OP_CLAIM_NAME] = { TABLE_NAME, false },
    [OP_ADD_TRANSACTION] = { TABLE_TRANSACTION, true },
    [OP_SET_TRANSACTION] = { TABLE_TRANSACTION, false },
    [OP_SET_TRANSACTION_WAIT] = { TABLE_TRANSACTION, false },
    [OP_ADD_EXCHANGE] = { TABLE_EXCHANGE, true },
    [OP_DROP_REPLY] = { TABLE_EXCHANGE, false },
    [OP_ADD_REQUEST] = { TABLE_REQUEST, true },
    [OP_SET_REQUEST] = { TABLE_REQUEST, false },
    [OP_ADD_SECRET] = { TABLE_SECRET, true },
    [OP_USE_SECRET] = { TABLE_SECRET, false },
    [OP_SET_SECRET] = { TABLE_SECRET, false },
    [OP_ADD_CERTIFICATE] = { TABLE_CERTIFICATE, true },
    [OP_SET_CERTIFICATE] = { TABLE_CERTIFICATE, false },
    [OP_ADD_CRL] = { TABLE_CRL, true },
    [OP_DROP_CRLS] = { TABLE_CRL, false },
    [OP_ADD_AUDIT] = { TABLE_AUDIT, true },
    [OP_SET_SERVED] = { TABLE_NUM, false },
    [OP_RAISE_DEADLINES] = { TABLE_NUM, false },
    [OP_PURGE] = { TABLE_NUM, false },
};

const struct shape *op_shape(enum op_kind kind)
{
    enum table t = op_rows[kind].carries;

    return t == TABLE_NUM ? NULL : &shapes[t];
}

enum table op_adds_to(enum op_kind kind)
{
    return op_rows[kind].adds ? op_rows[kind].carries : TABLE_NUM;
}

void op_resolve(const struct op *op, const int64_t news[TABLE_NUM],
                union record *out)
{
    const struct shape *shape = op_shape(op->kind);
    const struct field *field;

    *out = op->record;
    if (shape == NULL)
        return;
    for (size_t i = 0; i < shape->num; i++) {
        field = &shape->fields[i];
        if (field->kind == FIELD_REF && field_get_int(field, out) == STORE_NEW)
            field_set_int(field, out, news[field->to]);
    }
}

struct change *change_new(void)
{
    struct change *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->arena = arena_new(CHANGE_CAP);
    if (c->arena == NULL) {
        free(c);
        return NULL;
    }
    c->last = &c->first;
    return c;
}

void change_free(struct change *c)
{
    if (c == NULL)
        return;
    arena_free(c->arena);
    free(c);
}

/* A row can only be named as new after the operation that makes it. */
static void check_references(const struct change *c, const struct op *op)
{
    const struct shape *shape = op_shape(op->kind);
    const struct field *field;

    /* the first field of what adds is the id, which is not the caller's */
    for (size_t i = op_rows[op->kind].adds ? 1 : 0; i < shape->num; i++) {
        field = &shape->fields[i];
        assert(field->kind != FIELD_REF ||
               field_get_int(field, &op->record) != STORE_NEW ||
               c->has_new[field->to]);
    }
}

static struct op *push(struct change *c, enum op_kind kind, const void *record)
{
    const struct shape *shape = op_shape(kind);
    struct op *op;

    if (c->failed != ERR_OK)
        return NULL;
    op = arena_alloc(c->arena, sizeof(*op));
    if (op == NULL) {
        c->failed = ERR_NO_MEM;
        return NULL;
    }
    op->kind = kind;
    if (shape != NULL) {
        c->failed = record_copy(shape, record, c->arena, &op->record, NULL);
        if (c->failed != ERR_OK)
            return NULL;
        check_references(c, op);
    }
    if (op_rows[kind].adds)
        c->has_new[op_rows[kind].carries] = true;
    *c->last = op;
    c->last = &op->next;
    return op;
}

static void push_numbers(struct change *c, enum op_kind kind, int64_t first,
                         int64_t second)
{
    struct op *op = push(c, kind, NULL);

    if (op == NULL)
        return;
    op->args[0] = first;
    op->args[1] = second;
}

void change_add_station(struct change *c, const struct station_record *r)
{
    push(c, OP_ADD_STATION, r);
}

void change_set_station(struct change *c, const struct station_record *r)
{
    push(c, OP_SET_STATION, r);
}

void change_claim_name(struct change *c, struct span name, int64_t station)
{
    push(c, OP_CLAIM_NAME, &(struct name_record){ name, station });
}

void change_add_transaction(struct change *c,
                            const struct transaction_record *r, int64_t wait)
{
    struct op *op = push(c, OP_ADD_TRANSACTION, r);

    if (op != NULL)
        op->args[0] = wait;
}

void change_set_transaction(struct change *c,
                            const struct transaction_record *r)
{
    push(c, OP_SET_TRANSACTION, r);
}

void change_set_transaction_wait(struct change *c,
                                 const struct transaction_record *r,
                                 int64_t wait)
{
    struct op *op = push(c, OP_SET_TRANSACTION_WAIT, r);

    if (op != NULL)
        op->args[0] = wait;
}

void change_add_exchange(struct change *c, int64_t transaction,
                         struct span digest, struct span head, struct span tail)
{
    push(c, OP_ADD_EXCHANGE,
         &(struct exchange_record){ 0, transaction, digest, head, tail });
}

void change_drop_reply(struct change *c, int64_t transaction)
{
    push(c, OP_DROP_REPLY,
         &(struct exchange_record){ .transaction = transaction });
}

void change_add_request(struct change *c, const struct request_record *r)
{
    push(c, OP_ADD_REQUEST, r);
}

void change_set_request(struct change *c, const struct request_record *r)
{
    push(c, OP_SET_REQUEST, r);
}

void change_add_secret(struct change *c, const struct secret_record *r)
{
    push(c, OP_ADD_SECRET, r);
}

void change_use_secret(struct change *c, int64_t id, int64_t now)
{
    push(c, OP_USE_SECRET,
         &(struct secret_record){ .id = id, .last_used_at = now });
}

void change_set_secret(struct change *c, const struct secret_record *r)
{
    push(c, OP_SET_SECRET, r);
}

void change_add_certificate(struct change *c,
                            const struct certificate_record *r)
{
    push(c, OP_ADD_CERTIFICATE, r);
}

void change_set_certificate(struct change *c,
                            const struct certificate_record *r)
{
    push(c, OP_SET_CERTIFICATE, r);
}

void change_add_crl(struct change *c, const struct crl_record *r)
{
    push(c, OP_ADD_CRL, r);
}

void change_drop_crls(struct change *c, struct span ca, int64_t below)
{
    push(c, OP_DROP_CRLS, &(struct crl_record){ .ca = ca, .number = below });
}

void change_add_audit(struct change *c, int64_t at, struct span entry)
{
    push(c, OP_ADD_AUDIT, &(struct audit_record){ .at = at, .entry = entry });
}

void change_set_served(struct change *c, int64_t from, int64_t to)
{
    push_numbers(c, OP_SET_SERVED, from, to);
}

void change_raise_deadlines(struct change *c, int64_t wait)
{
    push_numbers(c, OP_RAISE_DEADLINES, wait, 0);
}

void change_purge(struct change *c, int64_t ended_before, size_t max)
{
    push_numbers(c, OP_PURGE, ended_before,
                 max > INT64_MAX ? INT64_MAX : (int64_t)max);
}
