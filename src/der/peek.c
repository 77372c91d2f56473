#include "der/peek.h"

#include "base/text.h"
#include "der/oid.h"

/* Five octets of length are an element of a terabyte. */
#define MAX_LENGTH_OCTETS 4

/* Universal types that are constructed, as in reader.c. */
#define CONSTRUCTED_TYPES (1u << 8 | 1u << 11 | 1u << 16 | 1u << 17 | 1u << 29)

static const char *const flaw_texts[DER_FLAW_NUM] = {
    [DER_FLAW_NONE] = "nothing",
    [DER_FLAW_LENGTH_FORM] = "the length is not in its shortest form",
    [DER_FLAW_TAG_FORM] = "primitive where constructed is asked, or reversed",
    [DER_FLAW_NO_TAG] = "00 is no tag",
    [DER_FLAW_HIGH_TAG] = "a tag of several octets",
    [DER_FLAW_INDEFINITE] = "an indefinite length, which is BER and not DER",
    [DER_FLAW_HUGE] = "a length of more than four octets",
    [DER_FLAW_SHORT] = "ends within tag and length",
};

const char *der_flaw_text(enum der_flaw flaw)
{
    return flaw_texts[flaw];
}

bool der_flaw_has_end(enum der_flaw flaw)
{
    return flaw <= DER_FLAW_TAG_FORM;
}

static enum der_flaw tag_flaw(unsigned tag)
{
    unsigned number = tag & 0x1fu;
    bool constructed = (tag & 0x20u) != 0;

    if (tag == 0)
        return DER_FLAW_NO_TAG;
    if (number == 0x1f)
        return DER_FLAW_HIGH_TAG;
    if ((tag & 0xc0u) == 0 &&
        constructed != ((CONSTRUCTED_TYPES >> number & 1u) != 0))
        return DER_FLAW_TAG_FORM;
    return DER_FLAW_NONE;
}

/* The octets of a long length, after the one that counts them. */
static enum der_flaw long_length(struct span octets, size_t num, size_t *out)
{
    size_t len = 0;

    if (num == 0)
        return DER_FLAW_INDEFINITE;
    if (num > MAX_LENGTH_OCTETS)
        return DER_FLAW_HUGE;
    if (num > octets.len)
        return DER_FLAW_SHORT;
    for (size_t i = 0; i < num; i++)
        len = len << 8 | octets.ptr[i];
    *out = len;
    return len < 0x80 || octets.ptr[0] == 0 ? DER_FLAW_LENGTH_FORM
                                            : DER_FLAW_NONE;
}

void der_peek(struct span bytes, struct der_peek *out)
{
    struct der_peek p = { .flaw = DER_FLAW_SHORT };
    enum der_flaw flaw, tag;
    size_t num = 0;

    *out = p;
    if (bytes.len == 0)
        return;
    tag = tag_flaw(bytes.ptr[0]);
    p.flaw = tag;
    p.tag = bytes.ptr[0];
    if (tag != DER_FLAW_NONE && !der_flaw_has_end(tag)) {
        p.tag = 0;
    } else if (bytes.len < 2) {
        p.flaw = DER_FLAW_SHORT;
    } else if (bytes.ptr[1] < 0x80) {
        p.content_len = bytes.ptr[1];
    } else {
        num = bytes.ptr[1] & 0x7fu;
        flaw = long_length(span_of(bytes.ptr + 2, bytes.len - 2), num,
                           &p.content_len);
        if (flaw != DER_FLAW_NONE)
            p.flaw = flaw;
    }
    p.header_len = der_flaw_has_end(p.flaw) ? 2 + num : 0;
    *out = p;
}

/* --- Content --- */

static const char *integer_flaw(struct span v)
{
    if (v.len == 0)
        return "no octets";
    if (v.len > 1 && ((v.ptr[0] == 0x00 && v.ptr[1] < 0x80) ||
                      (v.ptr[0] == 0xff && v.ptr[1] >= 0x80)))
        return "more octets than the number needs";
    return NULL;
}

static const char *boolean_flaw(struct span v)
{
    if (v.len == 1 && (v.ptr[0] == 0x00 || v.ptr[0] == 0xff))
        return NULL;
    return "neither 00 nor FF";
}

static const char *bits_flaw(struct span v)
{
    if (v.len == 0)
        return "no octets";
    if (v.ptr[0] > 7 || (v.len == 1 && v.ptr[0] != 0))
        return "more unused bits than there are bits";
    if (v.len > 1 && (v.ptr[v.len - 1] & ((1u << v.ptr[0]) - 1)) != 0)
        return "unused bits that are not 0";
    return NULL;
}

static const char *oid_flaw(struct span v)
{
    return oid_is_valid(v) ? NULL : "not well formed";
}

static const char *null_flaw(struct span v)
{
    return v.len == 0 ? NULL : "not empty";
}

static const char *utf8_flaw(struct span v)
{
    return utf8_is_valid(v) ? NULL : "not UTF-8 without NUL";
}

static const char *ascii_flaw(struct span v)
{
    for (size_t i = 0; i < v.len; i++) {
        if (v.ptr[i] == 0 || v.ptr[i] >= 0x80)
            return "a character that this string type does not have";
    }
    return NULL;
}

static const char *printable_flaw(struct span v)
{
    static const char punctuation[] = " '()+,-./:=?";

    for (size_t i = 0; i < v.len; i++) {
        unsigned c = v.ptr[i];
        bool letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
        bool digit = c >= '0' && c <= '9';

        if (!letter && !digit &&
            (c == 0 || strchr(punctuation, (int)c) == NULL))
            return "a character that this string type does not have";
    }
    return NULL;
}

static const char *wide_flaw(struct span v, size_t width)
{
    return v.len % width == 0 ? NULL : "a character that is cut";
}

static const char *bmp_flaw(struct span v)
{
    return wide_flaw(v, 2);
}

static const char *universal_flaw(struct span v)
{
    return wide_flaw(v, 4);
}

/* As an element again, for the readers of times. */
static const char *time_flaw(enum der_tag tag, struct span v)
{
    uint8_t element[2 + 32];
    struct der in;
    int64_t seconds;
    enum err e;

    if (v.len > sizeof(element) - 2)
        return "not a time of RFC 5280";
    element[0] = (uint8_t)tag;
    element[1] = (uint8_t)v.len;
    if (v.len > 0)
        memcpy(element + 2, v.ptr, v.len);
    in = der_open(span_of(element, 2 + v.len), NULL);
    e = tag == DER_UTC_TIME ? der_utc_time(&in, &seconds)
                            : der_generalized_time_lenient(&in, &seconds);
    return e == ERR_OK ? NULL : "not a time of RFC 5280";
}

static const char *utc_time_flaw(struct span v)
{
    return time_flaw(DER_UTC_TIME, v);
}

static const char *generalized_time_flaw(struct span v)
{
    return time_flaw(DER_GENERALIZED_TIME, v);
}

static const struct content_rule {
    enum der_tag tag;
    const char *(*flaw)(struct span content);
} content_rules[] = {
    { DER_BOOLEAN, boolean_flaw },
    { DER_INTEGER, integer_flaw },
    { DER_BIT_STRING, bits_flaw },
    { DER_NULL, null_flaw },
    { DER_OID, oid_flaw },
    { DER_ENUMERATED, integer_flaw },
    { DER_UTF8_STRING, utf8_flaw },
    { DER_PRINTABLE_STRING, printable_flaw },
    { DER_IA5_STRING, ascii_flaw },
    { DER_UTC_TIME, utc_time_flaw },
    { DER_GENERALIZED_TIME, generalized_time_flaw },
    { DER_UNIVERSAL_STRING, universal_flaw },
    { DER_BMP_STRING, bmp_flaw },
};

const char *der_content_flaw(enum der_tag tag, struct span content)
{
    for (size_t i = 0; i < sizeof(content_rules) / sizeof(content_rules[0]);
         i++) {
        if (content_rules[i].tag == tag)
            return content_rules[i].flaw(content);
    }
    return NULL;
}

/* --- Names --- */

void der_tag_format(unsigned tag, char *out, size_t size)
{
    const char *name = der_tag_name(tag);
    static const char *const classes[] = { "UNIVERSAL ", "APPLICATION ", "",
                                           "PRIVATE " };

    if (name[0] != '\0')
        text_format(out, size, "%s", name);
    else
        text_format(out, size, "[%s%u]", classes[tag >> 6 & 3u], tag & 0x1fu);
}
