#include "inspect/value.h"

#include <inttypes.h>

#include "base/text.h"
#include "der/oid.h"
#include "der/peek.h"

/* An OID of any length is written: four characters an octet at most. */
#define OID_TEXT_LEN 512

void value_hex(struct span bytes, struct buf *out)
{
    char part[2 * 64 + 1];

    for (size_t i = 0; i < bytes.len; i += 64) {
        size_t n = bytes.len - i < 64 ? bytes.len - i : 64;

        hex_format(span_of(bytes.ptr + i, n), part, sizeof(part));
        buf_add_str(out, part);
    }
}

void value_integer(struct span content, struct buf *out)
{
    uint64_t bits;

    if (content.len == 0 || content.len > sizeof(bits)) {
        buf_add_str(out, content.len == 0 ? "" : "0x");
        value_hex(content, out);
        return;
    }
    bits = content.ptr[0] >= 0x80 ? UINT64_MAX : 0;
    for (size_t i = 0; i < content.len; i++)
        bits = bits << 8 | content.ptr[i];
    buf_printf(out, "%" PRId64, (int64_t)bits);
}

void value_oid(struct span content, struct buf *out)
{
    char dotted[OID_TEXT_LEN];
    enum oid id = oid_find(content);

    if (!oid_is_valid(content) || content.len * 4 > sizeof(dotted)) {
        value_hex(content, out);
        return;
    }
    oid_format(content, dotted, sizeof(dotted));
    if (id == OID_UNKNOWN)
        buf_add_str(out, dotted);
    else
        buf_printf(out, "%s (%s)", oid_name(id), dotted);
}

/* --- Text --- */

/* Characters that turn the direction of writing, or are not seen. */
static bool is_invisible(uint32_t c)
{
    return c == 0x061c || (c >= 0x200b && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) ||
           c == 0xfeff;
}

static void add_utf8_of(uint32_t c, struct buf *out)
{
    static const uint8_t lead[] = { 0x00, 0x00, 0xc0, 0xe0, 0xf0 };
    size_t len = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
    uint8_t u[4];

    for (size_t i = len; i-- > 1; c >>= 6)
        u[i] = (uint8_t)(0x80 | (c & 0x3f));
    u[0] = (uint8_t)(lead[len] | c);
    buf_add(out, span_of(u, len));
}

/* One character; what a terminal would obey or hide is escaped. */
static void add_safe(uint32_t c, struct buf *out)
{
    bool control = c < 0x20 || (c >= 0x7f && c < 0xa0);

    if (control && c < 0x80)
        buf_printf(out, "\\x%02x", (unsigned)c);
    else if (control || is_invisible(c) || c > 0x10ffff ||
             (c >= 0xd800 && c <= 0xdfff))
        buf_printf(out, "\\u{%x}", (unsigned)c);
    else
        add_utf8_of(c, out);
}

/* And so that a backslash is never taken for an escape. */
static void add_character(uint32_t c, struct buf *out)
{
    if (c == '\\')
        buf_add_str(out, "\\\\");
    else
        add_safe(c, out);
}

/* The character at the start of well formed UTF-8, and its octets. */
static size_t take_utf8(struct span text, uint32_t *c)
{
    uint8_t b = text.ptr[0];
    size_t len = b < 0x80 ? 1 : b < 0xe0 ? 2 : b < 0xf0 ? 3 : 4;

    *c = len == 1 ? b : b & (0x7fu >> len);
    for (size_t i = 1; i < len && i < text.len; i++)
        *c = *c << 6 | (text.ptr[i] & 0x3fu);
    return len < text.len ? len : text.len;
}

static void add_utf8(struct span text, struct buf *out)
{
    uint32_t c = 0;

    while (text.len > 0) {
        size_t n = take_utf8(text, &c);

        add_character(c, out);
        text = span_of(text.ptr + n, text.len - n);
    }
}

/* Characters of a fixed width. */
static void add_wide(struct span text, size_t width, struct buf *out)
{
    for (size_t i = 0; i + width <= text.len; i += width) {
        uint32_t c = 0;

        for (size_t k = 0; k < width; k++)
            c = c << 8 | text.ptr[i + k];
        add_character(c, out);
    }
}

void value_escaped(struct span text, struct buf *out)
{
    uint32_t c = 0;

    if (!utf8_is_valid(text)) {
        value_printable(text, out);
        return;
    }
    while (text.len > 0) {
        size_t n = take_utf8(text, &c);

        add_safe(c, out);
        text = span_of(text.ptr + n, text.len - n);
    }
}

void value_printable(struct span bytes, struct buf *out)
{
    if (utf8_is_valid(bytes)) {
        add_utf8(bytes, out);
        return;
    }
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.ptr[i] < 0x80)
            add_character(bytes.ptr[i], out);
        else
            buf_printf(out, "\\x%02x", bytes.ptr[i]);
    }
}

void value_string(enum der_tag tag, struct span content, struct buf *out)
{
    size_t width = tag == DER_BMP_STRING         ? 2
                   : tag == DER_UNIVERSAL_STRING ? 4
                                                 : 1;

    if (content.len % width != 0)
        value_hex(content, out);
    else if (width == 1 && tag != DER_TELETEX_STRING)
        value_printable(content, out);
    else
        add_wide(content, width, out);
}

/* --- Times, bits --- */

void value_time(enum der_tag tag, struct span content, struct buf *out)
{
    const char *t = (const char *)content.ptr;
    int century = 0;

    if (der_content_flaw(tag, content) != NULL) {
        value_printable(content, out);
        return;
    }
    if (tag == DER_UTC_TIME)
        century = t[0] >= '5' ? 19 : 20;
    if (century != 0)
        buf_printf(out, "%d", century);
    else
        buf_printf(out, "%.2s", t);
    if (tag != DER_UTC_TIME)
        t += 2;
    buf_printf(out, "%.2s-%.2s-%.2sT%.2s:%.2s:%.2s", t, t + 2, t + 4, t + 6,
               t + 8, t + 10);
    t += 12;
    buf_add(out,
            span_of(t, (size_t)((const char *)content.ptr + content.len - t)));
}

void value_named_bits(struct span content, const char *const *names,
                      size_t num_names, struct buf *out)
{
    const char *comma = "";

    if (der_content_flaw(DER_BIT_STRING, content) != NULL) {
        value_hex(content, out);
        return;
    }
    for (size_t i = 0; i < (content.len - 1) * 8; i++) {
        if ((content.ptr[1 + i / 8] & (0x80u >> i % 8)) == 0)
            continue;
        if (i < num_names && names[i] != NULL)
            buf_printf(out, "%s%s", comma, names[i]);
        else
            buf_printf(out, "%sbit %zu", comma, i);
        comma = ", ";
    }
}

/* --- By tag --- */

static void add_boolean(struct span content, struct buf *out)
{
    buf_add_str(out, content.ptr[0] != 0 ? "TRUE" : "FALSE");
}

static void add_bits(struct span content, struct buf *out)
{
    value_hex(span_of(content.ptr + 1, content.len - 1), out);
    if (content.ptr[0] != 0)
        buf_printf(out, " (%u bits unused)", content.ptr[0]);
}

void value_universal(unsigned tag, struct span content, struct buf *out)
{
    if (der_content_flaw(tag, content) != NULL && tag != DER_INTEGER &&
        tag != DER_PRINTABLE_STRING && tag != DER_IA5_STRING) {
        value_hex(content, out);
        return;
    }
    switch (tag) {
    case DER_BOOLEAN:
        add_boolean(content, out);
        break;
    case DER_INTEGER:
    case DER_ENUMERATED:
        value_integer(content, out);
        break;
    case DER_BIT_STRING:
        add_bits(content, out);
        break;
    case DER_NULL:
        break;
    case DER_OID:
        value_oid(content, out);
        break;
    case DER_UTF8_STRING:
    case DER_PRINTABLE_STRING:
    case DER_TELETEX_STRING:
    case DER_IA5_STRING:
    case DER_UNIVERSAL_STRING:
    case DER_BMP_STRING:
        value_string(tag, content, out);
        break;
    case DER_UTC_TIME:
    case DER_GENERALIZED_TIME:
        value_time(tag, content, out);
        break;
    default:
        value_hex(content, out);
    }
}
