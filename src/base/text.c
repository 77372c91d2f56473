#include "base/text.h"

#include <stdio.h>

static const char hex_digits[] = "0123456789abcdef";
static const char base64_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

static bool is_blank(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* The value of a digit of that alphabet; -1: not one. */
static int digit_value(const char *alphabet, uint8_t c)
{
    const char *at = c == '\0' ? NULL : strchr(alphabet, c);

    return at == NULL ? -1 : (int)(at - alphabet);
}

static int hex_value(uint8_t c)
{
    if (c >= 'A' && c <= 'F')
        c = (uint8_t)(c - 'A' + 'a');
    return digit_value(hex_digits, c);
}

void hex_format(struct span bytes, char *out, size_t size)
{
    size_t n = 0;

    for (size_t i = 0; i < bytes.len && n + 2 < size; i++) {
        out[n++] = hex_digits[bytes.ptr[i] >> 4];
        out[n++] = hex_digits[bytes.ptr[i] & 15];
    }
    out[n] = '\0';
}

enum err hex_parse(const char *text, struct arena *a, struct span *out)
{
    const uint8_t *p = (const uint8_t *)text;
    uint8_t *bytes = arena_alloc(a, strlen(text) / 2);
    size_t len = 0;
    int high, low;

    if (bytes == NULL)
        return ERR_NO_MEM;
    while (*p != '\0') {
        if (is_blank(*p)) {
            p++;
            continue;
        }
        high = hex_value(p[0]);
        low = high < 0 ? -1 : hex_value(p[1]);
        if (low < 0)
            return ERR_BAD_DATA_FORMAT;
        bytes[len++] = (uint8_t)(high << 4 | low);
        p += 2;
    }
    *out = span_of(bytes, len);
    return ERR_OK;
}

/* Where decoding stands: digits of the group so far, their bits, padding. */
struct base64 {
    unsigned num_digits;
    unsigned num_pads;
    uint32_t bits;
};

/* What a complete group of four stands for: 1 to 3 bytes. */
static enum err base64_group(struct base64 *group, uint8_t *bytes, size_t *len)
{
    unsigned num_bytes = 3 - group->num_pads;

    /* Bits that no byte takes are zero, so that each value has one text. */
    if ((group->bits & (0xffffffu >> (8 * num_bytes))) != 0)
        return ERR_BAD_DATA_FORMAT;
    for (unsigned i = 0; i < num_bytes; i++)
        bytes[(*len)++] = (uint8_t)(group->bits >> (16 - 8 * i));
    group->num_digits = 0;
    group->bits = 0;
    return ERR_OK;
}

static enum err base64_char(struct base64 *group, uint8_t c)
{
    int value = digit_value(base64_digits, c);

    if (c == '=') {
        if (group->num_digits < 2)
            return ERR_BAD_DATA_FORMAT;
        group->num_pads++;
        value = 0;
    } else if (value < 0 || group->num_pads > 0) {
        return ERR_BAD_DATA_FORMAT;
    }
    group->bits = group->bits << 6 | (uint32_t)value;
    group->num_digits++;
    return ERR_OK;
}

enum err base64_parse(struct span text, struct arena *a, struct span *out)
{
    uint8_t *bytes = arena_alloc(a, text.len / 4 * 3);
    struct base64 group = { 0 };
    size_t len = 0;

    if (bytes == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < text.len; i++) {
        if (is_blank(text.ptr[i]))
            continue;
        TRY(base64_char(&group, text.ptr[i]));
        if (group.num_digits == 4)
            TRY(base64_group(&group, bytes, &len));
    }
    if (group.num_digits != 0)
        return ERR_BAD_DATA_FORMAT;
    *out = span_of(bytes, len);
    return ERR_OK;
}

void base64_format(struct span bytes, size_t line_len, struct buf *out)
{
    size_t column = 0;
    size_t left;
    uint32_t bits;
    char group[4];

    for (size_t i = 0; i < bytes.len; i += 3) {
        left = bytes.len - i;
        bits = (uint32_t)bytes.ptr[i] << 16;
        if (left > 1)
            bits |= (uint32_t)bytes.ptr[i + 1] << 8;
        if (left > 2)
            bits |= bytes.ptr[i + 2];
        for (unsigned d = 0; d < 4; d++)
            group[d] = base64_digits[bits >> (18 - 6 * d) & 63];
        if (left < 3)
            group[3] = '=';
        if (left < 2)
            group[2] = '=';
        for (unsigned d = 0; d < 4; d++) {
            buf_add(out, span_of(&group[d], 1));
            if (line_len > 0 && ++column == line_len) {
                buf_add_str(out, "\n");
                column = 0;
            }
        }
    }
    if (column > 0)
        buf_add_str(out, "\n");
}

/* Splits `*text` before and after the first `mark`. */
static bool span_split(struct span *text, struct span mark, struct span *before)
{
    const uint8_t *at = text->len == 0
                            ? NULL
                            : memmem(text->ptr, text->len, mark.ptr, mark.len);

    if (at == NULL)
        return false;
    *before = span_of(text->ptr, (size_t)(at - text->ptr));
    text->len -= before->len + mark.len;
    text->ptr = at + mark.len;
    return true;
}

enum err pem_next(struct span *text, struct arena *a, struct span *label,
                  struct span *out)
{
    struct span rest = *text;
    struct span begin_label, end_label, skipped, content, bytes;

    if (!span_split(&rest, SPAN_LIT("-----BEGIN "), &skipped))
        return ERR_NOT_FOUND;
    if (!span_split(&rest, SPAN_LIT("-----"), &begin_label) ||
        memchr(begin_label.ptr, '\n', begin_label.len) != NULL ||
        !span_split(&rest, SPAN_LIT("-----END "), &content) ||
        !span_split(&rest, SPAN_LIT("-----"), &end_label) ||
        !span_is_equal(begin_label, end_label))
        return ERR_BAD_DATA_FORMAT;
    TRY(base64_parse(content, a, &bytes));
    *text = rest;
    *label = begin_label;
    *out = bytes;
    return ERR_OK;
}

void pem_format(const char *label, struct span bytes, struct buf *out)
{
    buf_printf(out, "-----BEGIN %s-----\n", label);
    base64_format(bytes, 64, out);
    buf_printf(out, "-----END %s-----\n", label);
}

/* How many bytes the character takes that this byte begins; 0: none does. */
static size_t utf8_len(uint8_t first)
{
    if (first == 0)
        return 0;
    if (first < 0x80)
        return 1;
    if (first < 0xc2) /* a continuation, or an overlong form */
        return 0;
    if (first < 0xe0)
        return 2;
    if (first < 0xf0)
        return 3;
    return first < 0xf5 ? 4 : 0;
}

bool utf8_is_valid(struct span text)
{
    const uint8_t *p;
    size_t len;

    for (size_t i = 0; i < text.len; i += len) {
        p = text.ptr + i;
        len = utf8_len(p[0]);
        if (len == 0 || len > text.len - i)
            return false;
        for (size_t k = 1; k < len; k++) {
            if ((p[k] & 0xc0) != 0x80)
                return false;
        }
        /* overlong forms, surrogates, beyond U+10FFFF (RFC 3629, 4) */
        if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ||
            (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
            return false;
    }
    return true;
}

static size_t min_of(size_t a, size_t b)
{
    return a < b ? a : b;
}

void text_vformat(char *out, size_t size, const char *fmt, va_list args)
{
    vsnprintf(out, size, fmt, args);
}

void text_format(char *out, size_t size, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(out, size, fmt, args);
    va_end(args);
}

size_t text_distance(const char *a, const char *b)
{
    size_t row[TEXT_DISTANCE_MAX_LEN + 1];
    size_t len_a = strlen(a);
    size_t len_b = strlen(b);
    size_t diagonal, above;

    if (len_a > TEXT_DISTANCE_MAX_LEN || len_b > TEXT_DISTANCE_MAX_LEN)
        return len_a > len_b ? len_a : len_b;
    for (size_t k = 0; k <= len_b; k++)
        row[k] = k;
    for (size_t i = 1; i <= len_a; i++) {
        diagonal = row[0];
        row[0] = i;
        for (size_t k = 1; k <= len_b; k++) {
            above = row[k];
            row[k] = min_of(min_of(above, row[k - 1]) + 1,
                            diagonal + (a[i - 1] != b[k - 1]));
            diagonal = above;
        }
    }
    return row[len_b];
}
