#include "der/der.h"

#include "base/limits.h"
#include "base/text.h"
#include "der/oid.h"

#define MAX_LENGTH_OCTETS 4

/* Universal types that are constructed in DER: EXTERNAL, EMBEDDED PDV,
 * SEQUENCE, SET, CHARACTER STRING. All others are primitive (X.690, 10.2). */
#define CONSTRUCTED_TYPES (1u << 8 | 1u << 11 | 1u << 16 | 1u << 17 | 1u << 29)

struct der der_open(struct span bytes, struct der_fail *fail)
{
    /* An absent span gives a cursor at its end, and no arithmetic on NULL. */
    static const uint8_t nothing[1];
    const uint8_t *start = bytes.ptr != NULL ? bytes.ptr : nothing;

    return (struct der){ start, start + (bytes.ptr != NULL ? bytes.len : 0),
                         fail };
}

/* Notes where reading failed, unless a failure is noted already. */
static enum err fail_at(const struct der *in, const uint8_t *at,
                        unsigned expected, enum err e)
{
    if (in->fail != NULL && in->fail->at == NULL) {
        in->fail->at = at;
        in->fail->expected = expected;
    }
    return e;
}

/* A value that was entered, and its content refused. */
static enum err bad_value(const struct der *in, struct span content,
                          unsigned tag)
{
    return fail_at(in, content.ptr, tag, ERR_BAD_DER);
}

static bool tag_can_stand(unsigned tag)
{
    unsigned number = tag & 0x1fu;
    bool constructed = (tag & 0x20u) != 0;

    if (tag == 0 || number == 0x1f)
        return false;
    if ((tag & 0xc0u) != 0)
        return true;
    return constructed == ((CONSTRUCTED_TYPES >> number & 1u) != 0);
}

/* The content of the next element, whose whole lies within the cursor. */
static bool header_read(const struct der *in, struct span *content)
{
    size_t avail = (size_t)(in->end - in->next);
    const uint8_t *p = in->next;
    size_t header_len = 2, len = 0, num;

    if (avail < 2 || !tag_can_stand(p[0]))
        return false;
    if (p[1] < 0x80) {
        len = p[1];
    } else {
        num = p[1] & 0x7fu;
        if (num == 0 || num > MAX_LENGTH_OCTETS || num > avail - 2)
            return false;
        header_len += num;
        for (size_t i = 2; i < header_len; i++)
            len = len << 8 | p[i];
        if (len < 0x80 || p[2] == 0)
            return false;
    }
    if (len > avail - header_len)
        return false;
    *content = span_of(p + header_len, len);
    return true;
}

unsigned der_next_tag(const struct der *in)
{
    if (!der_has_more(in) || !tag_can_stand(*in->next))
        return 0;
    return *in->next;
}

bool der_next_is(const struct der *in, unsigned tag)
{
    return tag != 0 && der_next_tag(in) == tag;
}

enum err der_content(struct der *in, unsigned tag, struct span *out)
{
    struct span content;

    if (!der_next_is(in, tag) || !header_read(in, &content))
        return fail_at(in, in->next, tag, ERR_BAD_DER);
    in->next = content.ptr + content.len;
    *out = content;
    return ERR_OK;
}

enum err der_enter(struct der *in, unsigned tag, struct der *out)
{
    struct span content;

    TRY(der_content(in, tag, &content));
    *out = der_open(content, in->fail);
    return ERR_OK;
}

enum err der_element(struct der *in, unsigned tag, struct span *out)
{
    const uint8_t *start = in->next;
    struct span content;

    TRY(der_content(in, tag, &content));
    *out = span_of(start, (size_t)(in->next - start));
    return ERR_OK;
}

enum err der_any(struct der *in, unsigned *tag, struct span *whole)
{
    unsigned next_tag = der_next_tag(in);

    TRY(der_element(in, next_tag, whole));
    *tag = next_tag;
    return ERR_OK;
}

enum err der_end(const struct der *in)
{
    if (der_has_more(in))
        return fail_at(in, in->next, 0, ERR_BAD_DER);
    return ERR_OK;
}

enum err der_bool(struct der *in, bool *out)
{
    struct span v;

    TRY(der_content(in, DER_BOOLEAN, &v));
    if (v.len != 1 || (v.ptr[0] != 0x00 && v.ptr[0] != 0xff))
        return bad_value(in, v, DER_BOOLEAN);
    *out = v.ptr[0] != 0;
    return ERR_OK;
}

enum err der_null(struct der *in)
{
    struct span v;

    TRY(der_content(in, DER_NULL, &v));
    if (v.len != 0)
        return bad_value(in, v, DER_NULL);
    return ERR_OK;
}

enum err der_octets(struct der *in, struct span *out)
{
    return der_content(in, DER_OCTET_STRING, out);
}

enum err der_oid(struct der *in, struct span *out)
{
    struct span v;

    TRY(der_content(in, DER_OID, &v));
    if (!oid_is_valid(v))
        return bad_value(in, v, DER_OID);
    if (v.len > LIMIT_OID_LEN)
        return fail_at(in, v.ptr, DER_OID, ERR_LIMIT);
    *out = v;
    return ERR_OK;
}

/* At least one octet, and the first nine bits not all equal (X.690, 8.3.2). */
static bool integer_is_minimal(struct span v)
{
    if (v.len < 2)
        return v.len == 1;
    return !(v.ptr[0] == 0x00 && v.ptr[1] < 0x80) &&
           !(v.ptr[0] == 0xff && v.ptr[1] >= 0x80);
}

enum err der_int64(struct der *in, int64_t *out)
{
    struct span v;
    uint64_t bits;

    TRY(der_content(in, DER_INTEGER, &v));
    if (!integer_is_minimal(v))
        return bad_value(in, v, DER_INTEGER);
    if (v.len > sizeof(bits))
        return fail_at(in, v.ptr, DER_INTEGER, ERR_LIMIT);
    bits = v.ptr[0] >= 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < v.len; i++)
        bits = bits << 8 | v.ptr[i];
    *out = (int64_t)bits;
    return ERR_OK;
}

enum err der_uint(struct der *in, unsigned tag, size_t max_len,
                  struct span *out)
{
    struct span v;

    TRY(der_content(in, tag, &v));
    if (!integer_is_minimal(v) || v.ptr[0] >= 0x80)
        return bad_value(in, v, tag);
    if (v.len > max_len)
        return fail_at(in, v.ptr, tag, ERR_LIMIT);
    *out = v;
    return ERR_OK;
}

enum err der_bits(struct der *in, unsigned tag, struct der_bits *out)
{
    struct span v;
    unsigned unused;

    TRY(der_content(in, tag, &v));
    if (v.len == 0)
        return bad_value(in, v, tag);
    unused = v.ptr[0];
    if (unused > 7 || (v.len == 1 && unused != 0))
        return bad_value(in, v, tag);
    if ((v.ptr[v.len - 1] & ((1u << unused) - 1)) != 0 && v.len > 1)
        return bad_value(in, v, tag);
    out->bytes = span_of(v.ptr + 1, v.len - 1);
    out->unused = unused;
    return ERR_OK;
}

enum err der_bit_octets(struct der *in, unsigned tag, struct span *out)
{
    const uint8_t *start = in->next;
    struct der_bits bits;

    TRY(der_bits(in, tag, &bits));
    if (bits.unused != 0)
        return fail_at(in, start, tag, ERR_BAD_DER);
    *out = bits.bytes;
    return ERR_OK;
}

enum err der_named_bits(struct der *in, unsigned tag, uint32_t *out)
{
    const uint8_t *start = in->next;
    struct der_bits bits;
    uint32_t mask = 0;

    TRY(der_bits(in, tag, &bits));
    if (bits.bytes.len > 0 &&
        (bits.bytes.ptr[bits.bytes.len - 1] >> bits.unused & 1u) == 0)
        return fail_at(in, start, tag, ERR_BAD_DER);
    if (bits.bytes.len > sizeof(mask))
        return fail_at(in, start, tag, ERR_LIMIT);
    for (unsigned n = 0; n < 8 * bits.bytes.len; n++) {
        if ((bits.bytes.ptr[n / 8] & (0x80u >> n % 8)) != 0)
            mask |= (uint32_t)1 << n;
    }
    *out = mask;
    return ERR_OK;
}

/* Takes `num` decimal digits off the front. */
static bool digits_take(struct span *text, size_t num, int *out)
{
    int value = 0;

    if (text->len < num)
        return false;
    for (size_t i = 0; i < num; i++) {
        if (text->ptr[i] < '0' || text->ptr[i] > '9')
            return false;
        value = value * 10 + (text->ptr[i] - '0');
    }
    text->ptr += num;
    text->len -= num;
    *out = value;
    return true;
}

/* MMDDHHMMSS after the year, which is in `d` already. */
static bool date_take(struct span *text, struct date *d)
{
    return digits_take(text, 2, &d->month) && digits_take(text, 2, &d->day) &&
           digits_take(text, 2, &d->hour) && digits_take(text, 2, &d->minute) &&
           digits_take(text, 2, &d->second) && date_is_valid(d);
}

static bool text_is_zulu(struct span text)
{
    return span_is_equal(text, SPAN_LIT("Z"));
}

enum err der_generalized_time(struct der *in, int64_t *out)
{
    struct date d = { 0 };
    struct span v, rest;

    TRY(der_content(in, DER_GENERALIZED_TIME, &v));
    rest = v;
    if (!digits_take(&rest, 4, &d.year) || !date_take(&rest, &d) ||
        !text_is_zulu(rest))
        return bad_value(in, v, DER_GENERALIZED_TIME);
    *out = date_to_seconds(&d);
    return ERR_OK;
}

/* "." and digits, the last of them not 0 (X.690, 11.7.3). */
static bool fraction_take(struct span *text)
{
    size_t n = 1;

    while (n < text->len && text->ptr[n] >= '0' && text->ptr[n] <= '9')
        n++;
    if (text->len == 0 || text->ptr[0] != '.' || n == 1 ||
        text->ptr[n - 1] == '0')
        return false;
    text->ptr += n;
    text->len -= n;
    return true;
}

enum err der_generalized_time_lenient(struct der *in, int64_t *out)
{
    struct date d = { 0 };
    struct span v, rest;

    TRY(der_content(in, DER_GENERALIZED_TIME, &v));
    rest = v;
    if (!digits_take(&rest, 4, &d.year) || !date_take(&rest, &d))
        return bad_value(in, v, DER_GENERALIZED_TIME);
    if (!text_is_zulu(rest) && (!fraction_take(&rest) || !text_is_zulu(rest)))
        return bad_value(in, v, DER_GENERALIZED_TIME);
    *out = date_to_seconds(&d);
    return ERR_OK;
}

enum err der_utc_time(struct der *in, int64_t *out)
{
    struct date d = { 0 };
    struct span v, rest;
    bool ok;

    TRY(der_content(in, DER_UTC_TIME, &v));
    rest = v;
    ok = digits_take(&rest, 2, &d.year);
    d.year += d.year >= 50 ? 1900 : 2000;
    if (!ok || !date_take(&rest, &d) || !text_is_zulu(rest))
        return bad_value(in, v, DER_UTC_TIME);
    *out = date_to_seconds(&d);
    return ERR_OK;
}

enum err der_time(struct der *in, int64_t *out)
{
    if (der_next_is(in, DER_GENERALIZED_TIME))
        return der_generalized_time(in, out);
    return der_utc_time(in, out);
}

enum err der_utf8(struct der *in, struct span *out)
{
    struct span v;

    TRY(der_content(in, DER_UTF8_STRING, &v));
    if (!utf8_is_valid(v))
        return bad_value(in, v, DER_UTF8_STRING);
    *out = v;
    return ERR_OK;
}
