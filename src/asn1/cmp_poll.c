#include "asn1/cmp_internal.h"

static enum err poll_req_one_read(struct der *in, int64_t *out)
{
    struct der seq;
    int64_t id;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "certReqId", der_int64(&seq, &id)));
    TRY(der_end(&seq));
    *out = id;
    return ERR_OK;
}

/* PollReqContent ::= SEQUENCE OF SEQUENCE { certReqId INTEGER } */
enum err poll_req_read(struct der *in, struct arena *a, struct poll_req *out)
{
    struct list_room room = { 0 };
    int64_t *list;

    TRY(list_enter(in, LIMIT_CERT_REQ_MSGS, sizeof(*list), a, &room));
    list = room.things;
    for (size_t i = 0; i < room.num; i++)
        TRY(der_nth(&room.seq, i, poll_req_one_read(&room.seq, &list[i])));
    *out = (struct poll_req){ list, room.num };
    return ERR_OK;
}

void poll_req_put(struct der_writer *w, const struct poll_req *req)
{
    size_t whole = der_mark(w);

    for (size_t i = req->num; i > 0; i--) {
        size_t mark = der_mark(w);

        der_put_int64(w, DER_INTEGER, req->list[i - 1]);
        der_put_header(w, DER_SEQUENCE, mark);
    }
    der_put_header(w, DER_SEQUENCE, whole);
}

static enum err poll_rep_one_read(struct der *in, struct arena *a,
                                  struct poll_rep_one *out)
{
    struct poll_rep_one one = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "certReqId", der_int64(&seq, &one.cert_req_id)));
    TRY(der_at(&seq, "checkAfter", der_int64(&seq, &one.check_after)));
    if (der_has_more(&seq))
        TRY(der_at(&seq, "reason", text_list_read(&seq, a, &one.reason)));
    TRY(der_end(&seq));
    *out = one;
    return ERR_OK;
}

static void poll_rep_one_put(struct der_writer *w,
                             const struct poll_rep_one *one)
{
    size_t mark = der_mark(w);

    if (one->reason.num > 0)
        text_list_put(w, &one->reason);
    der_put_int64(w, DER_INTEGER, one->check_after);
    der_put_int64(w, DER_INTEGER, one->cert_req_id);
    der_put_header(w, DER_SEQUENCE, mark);
}

/*
 * PollRepContent ::= SEQUENCE OF SEQUENCE {
 *     certReqId   INTEGER,
 *     checkAfter  INTEGER, -- seconds
 *     reason      PKIFreeText OPTIONAL }
 */
enum err poll_rep_read(struct der *in, struct arena *a, struct poll_rep *out)
{
    struct list_room room = { 0 };
    struct poll_rep_one *list;

    TRY(list_enter(in, LIMIT_CERT_REQ_MSGS, sizeof(*list), a, &room));
    list = room.things;
    for (size_t i = 0; i < room.num; i++)
        TRY(der_nth(&room.seq, i, poll_rep_one_read(&room.seq, a, &list[i])));
    *out = (struct poll_rep){ list, room.num };
    return ERR_OK;
}

void poll_rep_put(struct der_writer *w, const struct poll_rep *rep)
{
    size_t mark = der_mark(w);

    for (size_t i = rep->num; i > 0; i--)
        poll_rep_one_put(w, &rep->list[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
}
