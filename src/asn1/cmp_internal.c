#include "asn1/cmp_internal.h"

enum err enter_whole(struct der *in, unsigned tag, struct der *content,
                     struct span *whole)
{
    struct der again = *in;

    TRY(der_enter(in, tag, content));
    return der_element(&again, tag, whole);
}

enum err list_count(const struct der *list, size_t max, size_t *num)
{
    struct der rest = *list;
    struct span element;
    unsigned tag;
    size_t n = 0;

    rest.fail = NULL;
    while (der_has_more(&rest)) {
        if (++n > max)
            return der_refuse(list, ERR_LIMIT);
        if (der_any(&rest, &tag, &element) != ERR_OK)
            break;
    }
    *num = n;
    return ERR_OK;
}

enum err list_count_some(const struct der *list, size_t max, size_t *num)
{
    if (!der_has_more(list))
        return der_refuse(list, ERR_BAD_DER);
    return list_count(list, max, num);
}

enum err list_enter(struct der *in, size_t max, size_t size, struct arena *a,
                    struct list_room *out)
{
    struct list_room room = { 0 };

    TRY(der_enter(in, DER_SEQUENCE, &room.seq));
    TRY(list_count(&room.seq, max, &room.num));
    room.things = arena_array(a, room.num, size);
    if (room.things == NULL)
        return ERR_NO_MEM;
    *out = room;
    return ERR_OK;
}

enum err list_enter_some(struct der *in, size_t max, size_t size,
                         struct arena *a, struct list_room *out)
{
    struct der seq, again = *in;

    TRY(der_enter(&again, DER_SEQUENCE, &seq));
    if (!der_has_more(&seq))
        return der_refuse(&seq, ERR_BAD_DER);
    return list_enter(in, max, size, a, out);
}

enum err set_count(const struct der *set, size_t max, size_t *num)
{
    struct der rest = *set;
    struct span element, last = SPAN_NONE;
    unsigned tag;
    size_t n = 0;

    rest.fail = NULL;
    while (der_has_more(&rest)) {
        struct der before = { rest.next, rest.end, set->fail };

        if (++n > max)
            return der_refuse(set, ERR_LIMIT);
        if (der_any(&rest, &tag, &element) != ERR_OK)
            break;
        if (n > 1 && span_compare(last, element) > 0)
            return der_nth(set, n - 1, der_refuse(&before, ERR_BAD_DER));
        last = element;
    }
    *num = n;
    return ERR_OK;
}

void set_sort(struct span *elements, size_t num)
{
    for (size_t i = 1; i < num; i++) {
        struct span one = elements[i];
        size_t at = i;

        for (; at > 0 && span_compare(elements[at - 1], one) > 0; at--)
            elements[at] = elements[at - 1];
        elements[at] = one;
    }
}

static enum err wholes_fill(struct list_room *room, struct span_list *out)
{
    struct span *list = room->things;

    for (size_t i = 0; i < room->num; i++)
        TRY(der_nth(&room->seq, i,
                    der_element(&room->seq, DER_SEQUENCE, &list[i])));
    *out = (struct span_list){ list, room->num };
    return ERR_OK;
}

enum err wholes_read(struct der *in, size_t max, struct arena *a,
                     struct span_list *out)
{
    struct list_room room = { 0 };

    TRY(list_enter(in, max, sizeof(struct span), a, &room));
    return wholes_fill(&room, out);
}

enum err wholes_read_some(struct der *in, size_t max, struct arena *a,
                          struct span_list *out)
{
    struct list_room room = { 0 };

    TRY(list_enter_some(in, max, sizeof(struct span), a, &room));
    return wholes_fill(&room, out);
}

void wholes_put(struct der_writer *w, const struct span_list *list)
{
    size_t mark = der_mark(w);

    for (size_t i = list->num; i > 0; i--)
        der_put_raw(w, list->list[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
}

enum err tagged_whole_read(struct der *in, unsigned tag, struct span *out)
{
    struct der tagged;
    struct span element;

    TRY(der_enter(in, tag, &tagged));
    TRY(der_element(&tagged, DER_SEQUENCE, &element));
    TRY(der_end(&tagged));
    *out = element;
    return ERR_OK;
}

void tagged_raw_put(struct der_writer *w, unsigned tag, struct span element)
{
    size_t mark = der_mark(w);

    if (span_is_absent(element))
        return;
    der_put_raw(w, element);
    der_put_header(w, tag, mark);
}

enum err certs_read(struct der *in, unsigned tag, struct arena *a,
                    const struct span **out, size_t *num)
{
    struct der tagged, seq;
    struct span *certs;
    size_t n = 0;

    TRY(der_enter(in, tag, &tagged));
    TRY(der_enter(&tagged, DER_SEQUENCE, &seq));
    TRY(der_end(&tagged));
    TRY(list_count_some(&seq, LIMIT_EXTRA_CERTS, &n));
    certs = arena_array(a, n, sizeof(*certs));
    if (certs == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < n; i++)
        TRY(der_nth(&seq, i, der_element(&seq, DER_SEQUENCE, &certs[i])));
    *out = certs;
    *num = n;
    return ERR_OK;
}

void certs_put(struct der_writer *w, unsigned tag, const struct span *certs,
               size_t num)
{
    size_t mark = der_mark(w);

    for (size_t i = num; i > 0; i--)
        der_put_raw(w, certs[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
    der_put_header(w, tag, mark);
}

enum err octets_read(struct der *in, size_t max, struct span *out)
{
    struct der at = *in;
    struct span octets;

    TRY(der_octets(in, &octets));
    if (octets.len > max)
        return der_refuse(&at, ERR_LIMIT);
    *out = octets;
    return ERR_OK;
}

enum err octets_read_opt(struct der *in, unsigned tag, size_t max,
                         struct span *out)
{
    struct der tagged;
    struct span octets;

    if (!der_next_is(in, tag))
        return ERR_OK;
    TRY(der_enter(in, tag, &tagged));
    TRY(octets_read(&tagged, max, &octets));
    TRY(der_end(&tagged));
    *out = octets;
    return ERR_OK;
}

void octets_put_opt(struct der_writer *w, unsigned tag, struct span octets)
{
    size_t mark = der_mark(w);

    if (span_is_absent(octets))
        return;
    der_put_octets(w, DER_OCTET_STRING, octets);
    der_put_header(w, tag, mark);
}

enum err small_uint_read(struct der *in, unsigned tag, int64_t *out)
{
    struct span octets;
    uint64_t value = 0;

    TRY(der_uint(in, tag, sizeof(value), &octets));
    for (size_t i = 0; i < octets.len; i++)
        value = value << 8 | octets.ptr[i];
    *out = (int64_t)value; /* eight octets without a sign bit fit */
    return ERR_OK;
}

/* The first second a UTCTime cannot tell: 2050-01-01. */
#define UTC_TIME_END INT64_C(2524608000)

enum err time_read(struct der *in, int64_t *out)
{
    struct der at = *in;
    int64_t seconds;

    TRY(der_time(in, &seconds));
    if (der_next_is(&at, DER_GENERALIZED_TIME) && seconds < UTC_TIME_END)
        return der_refuse(&at, ERR_BAD_DER);
    *out = seconds;
    return ERR_OK;
}

enum err encrypted_key_read(struct der *in, struct span *out)
{
    if (der_next_is(in, DER_CTX(0)))
        return der_element(in, DER_CTX(0), out);
    return der_element(in, DER_SEQUENCE, out);
}

enum err mac_value_read_content(struct der *content, struct alg_id *alg,
                                struct span *mac)
{
    TRY(der_at(content, "algId", alg_id_read(content, alg)));
    TRY(der_at(content, "value", der_bit_octets(content, DER_BIT_STRING, mac)));
    return der_end(content);
}

bool alg_is_there(const struct alg_id *alg)
{
    return !span_is_absent(alg->oid) || !span_is_absent(alg->der);
}

void alg_put_content(struct der_writer *w, const struct alg_id *alg)
{
    if (!span_is_absent(alg->params))
        der_put_raw(w, alg->params);
    der_put_oid(w, alg->oid);
}

void alg_put(struct der_writer *w, const struct alg_id *alg)
{
    size_t mark = der_mark(w);

    if (!span_is_absent(alg->der)) {
        der_put_raw(w, alg->der);
        return;
    }
    alg_put_content(w, alg);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* PKIFreeText ::= SEQUENCE SIZE (1..MAX) OF UTF8String */
enum err text_list_read(struct der *in, struct arena *a, struct text_list *out)
{
    struct der seq;
    struct span *texts;
    size_t n = 0;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(list_count_some(&seq, LIMIT_FREE_TEXT, &n));
    texts = arena_array(a, n, sizeof(*texts));
    if (texts == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < n; i++)
        TRY(der_nth(&seq, i, der_utf8(&seq, &texts[i])));
    *out = (struct text_list){ texts, n };
    return ERR_OK;
}

void text_list_put(struct der_writer *w, const struct text_list *texts)
{
    size_t mark = der_mark(w);

    for (size_t i = texts->num; i > 0; i--)
        der_put_utf8(w, texts->list[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
}
