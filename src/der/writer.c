#include "der/der.h"

#include <assert.h>

#include "base/text.h"

#define MIN_SIZE 64

void der_writer_init(struct der_writer *w, struct arena *a, size_t hint)
{
    size_t size = hint > MIN_SIZE ? hint : MIN_SIZE;

    *w = (struct der_writer){ .arena = a };
    w->base = arena_alloc(a, size);
    if (w->base == NULL) {
        w->failed = ERR_NO_MEM;
        return;
    }
    w->size = w->start = size;
}

/* A block of at least twice the size; what is written moves to its end. */
static bool grow(struct der_writer *w, size_t needed)
{
    size_t filled = der_mark(w);
    size_t size = w->size;
    uint8_t *base;

    if (needed > SIZE_MAX / 4 || size > SIZE_MAX / 4)
        return false;
    do
        size *= 2;
    while (size - filled < needed);
    base = arena_alloc(w->arena, size);
    if (base == NULL)
        return false;
    if (filled > 0)
        memcpy(base + size - filled, w->base + w->start, filled);
    w->base = base;
    w->start = size - filled;
    w->size = size;
    return true;
}

/* Room for `len` bytes before what is written; NULL after a failure. */
static uint8_t *room(struct der_writer *w, size_t len)
{
    if (w->failed != ERR_OK)
        return NULL;
    if (len > w->start && !grow(w, len)) {
        w->failed = ERR_NO_MEM;
        return NULL;
    }
    w->start -= len;
    return w->base + w->start;
}

static void put_byte(struct der_writer *w, unsigned byte)
{
    uint8_t *p = room(w, 1);

    if (p != NULL)
        *p = (uint8_t)byte;
}

void der_put_raw(struct der_writer *w, struct span bytes)
{
    uint8_t *p = room(w, bytes.len);

    if (p != NULL && bytes.len > 0)
        memcpy(p, bytes.ptr, bytes.len);
}

void der_put_header(struct der_writer *w, unsigned tag, size_t mark)
{
    size_t len, rest;
    unsigned num = 0;

    assert(tag > 0 && tag <= 0xff && (tag & 0x1fu) != 0x1f);
    if (w->failed != ERR_OK)
        return;
    assert(mark <= der_mark(w));
    len = der_mark(w) - mark;
    if (len > UINT32_MAX) {
        w->failed = ERR_LIMIT;
        return;
    }
    if (len < 0x80) {
        put_byte(w, (unsigned)len);
    } else {
        for (rest = len; rest > 0; rest >>= 8, num++)
            put_byte(w, rest & 0xffu);
        put_byte(w, 0x80u | num);
    }
    put_byte(w, tag);
}

void der_put_content(struct der_writer *w, unsigned tag, struct span content)
{
    size_t mark = der_mark(w);

    der_put_raw(w, content);
    der_put_header(w, tag, mark);
}

void der_put_bool(struct der_writer *w, bool value)
{
    der_put_content(w, DER_BOOLEAN, value ? SPAN_LIT("\xff") : SPAN_LIT("\0"));
}

void der_put_null(struct der_writer *w)
{
    der_put_content(w, DER_NULL, SPAN_NONE);
}

void der_put_int64(struct der_writer *w, unsigned tag, int64_t value)
{
    size_t mark = der_mark(w);
    uint64_t bits = (uint64_t)value;
    uint64_t sign = value < 0 ? UINT64_MAX : 0;
    unsigned low;

    /* Octets from the low end until what is left is the sign alone, and the
     * top bit of the last octet says that sign too. */
    do {
        low = bits & 0xffu;
        put_byte(w, low);
        bits = bits >> 8 | sign << 56;
    } while (bits != sign || (low >> 7 != 0) != (value < 0));
    der_put_header(w, tag, mark);
}

void der_put_uint(struct der_writer *w, unsigned tag, struct span value)
{
    size_t mark = der_mark(w);

    while (value.len > 0 && value.ptr[0] == 0) {
        value.ptr++;
        value.len--;
    }
    der_put_raw(w, value);
    if (value.len == 0 || value.ptr[0] >= 0x80)
        put_byte(w, 0);
    der_put_header(w, tag, mark);
}

void der_put_oid(struct der_writer *w, struct span content)
{
    der_put_content(w, DER_OID, content);
}

void der_put_octets(struct der_writer *w, unsigned tag, struct span content)
{
    der_put_content(w, tag, content);
}

void der_put_bit_octets(struct der_writer *w, unsigned tag, struct span octets)
{
    struct der_bits bits = { octets, 0 };

    der_put_bits(w, tag, &bits);
}

void der_put_bits(struct der_writer *w, unsigned tag,
                  const struct der_bits *bits)
{
    size_t mark = der_mark(w);

    assert(bits->unused <= 7 && (bits->bytes.len > 0 || bits->unused == 0));
    der_put_raw(w, bits->bytes);
    put_byte(w, bits->unused);
    der_put_header(w, tag, mark);
}

void der_put_named_bits(struct der_writer *w, unsigned tag, uint32_t mask)
{
    uint8_t octets[sizeof(mask)] = { 0 };
    struct der_bits bits = { { octets, 0 }, 0 };

    for (unsigned n = 0; n < 32; n++) {
        if ((mask >> n & 1u) == 0)
            continue;
        octets[n / 8] |= (uint8_t)(0x80u >> n % 8);
        bits.bytes.len = n / 8 + 1;
        bits.unused = 7 - n % 8;
    }
    der_put_bits(w, tag, &bits);
}

/* Writes `value` as `num` decimal digits at `p`; returns what follows. */
static uint8_t *digits_put(uint8_t *p, int value, int num)
{
    for (int i = num - 1; i >= 0; i--) {
        p[i] = (uint8_t)('0' + value % 10);
        value /= 10;
    }
    return p + num;
}

/* `year_digits` leading: 4 for GeneralizedTime, 2 for UTCTime. */
static void put_date(struct der_writer *w, unsigned tag, int year_digits,
                     const struct date *d)
{
    uint8_t text[15];
    uint8_t *p = digits_put(text, d->year, year_digits);

    p = digits_put(p, d->month, 2);
    p = digits_put(p, d->day, 2);
    p = digits_put(p, d->hour, 2);
    p = digits_put(p, d->minute, 2);
    p = digits_put(p, d->second, 2);
    *p++ = 'Z';
    der_put_content(w, tag, span_of(text, (size_t)(p - text)));
}

/* A year of four digits, as both time types have it. */
static bool date_fits(struct der_writer *w, int64_t seconds, struct date *d)
{
    const struct date first = { .year = 0, .month = 1, .day = 1 };
    const struct date after = { .year = 10000, .month = 1, .day = 1 };

    if (seconds < date_to_seconds(&first) ||
        seconds >= date_to_seconds(&after)) {
        if (w->failed == ERR_OK)
            w->failed = ERR_LIMIT;
        return false;
    }
    date_from_seconds(seconds, d);
    return true;
}

void der_put_generalized_time(struct der_writer *w, int64_t seconds)
{
    struct date d;

    if (date_fits(w, seconds, &d))
        put_date(w, DER_GENERALIZED_TIME, 4, &d);
}

void der_put_time(struct der_writer *w, int64_t seconds)
{
    struct date d;

    if (!date_fits(w, seconds, &d))
        return;
    if (d.year >= 1950 && d.year < 2050)
        put_date(w, DER_UTC_TIME, 2, &d);
    else
        put_date(w, DER_GENERALIZED_TIME, 4, &d);
}

void der_put_utf8(struct der_writer *w, struct span text)
{
    der_put_content(w, DER_UTF8_STRING, text);
}

enum err der_finish(struct der_writer *w, struct span *out)
{
    if (w->failed != ERR_OK)
        return w->failed;
    *out = span_of(w->base + w->start, der_mark(w));
    return ERR_OK;
}
