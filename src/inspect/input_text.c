/*
 * Messages out of files that hold nothing else: DER, PEM, hexadecimal, base64.
 */
#include <ctype.h>

#include "base/arena.h"
#include "base/text.h"
#include "inspect/http_head.h"
#include "inspect/input_internal.h"

/* What a capture begins with (pcap, its nanosecond and patched forms, in both
 * byte orders; pcapng). */
static const uint8_t magics[][4] = {
    { 0xa1, 0xb2, 0xc3, 0xd4 }, { 0xd4, 0xc3, 0xb2, 0xa1 },
    { 0xa1, 0xb2, 0x3c, 0x4d }, { 0x4d, 0x3c, 0xb2, 0xa1 },
    { 0xa1, 0xb2, 0xcd, 0x34 }, { 0x34, 0xcd, 0xb2, 0xa1 },
    { 0x0a, 0x0d, 0x0d, 0x0a },
};

static bool is_text(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!isprint(s.ptr[i]) && !isspace(s.ptr[i]))
            return false;
    return true;
}

static bool is_base64(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!isalnum(s.ptr[i]) && !isspace(s.ptr[i]) &&
            memchr("+/=", s.ptr[i], 3) == NULL)
            return false;
    return true;
}

/* Digits and what people and tools write between them. */
static bool is_hex_text(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!isxdigit(s.ptr[i]) && !isspace(s.ptr[i]) &&
            memchr(":,xX", s.ptr[i], 4) == NULL)
            return false;
    return true;
}

/* The next line of `*text` without its end. */
static struct span line_next(struct span *text)
{
    const uint8_t *end = memchr(text->ptr, '\n', text->len);
    struct span line = *text;

    if (end == NULL) {
        *text = span_of(text->ptr + text->len, 0);
    } else {
        line.len = (size_t)(end - text->ptr);
        *text = span_of(end + 1, text->len - line.len - 1);
    }
    while (line.len > 0 && isspace(line.ptr[line.len - 1]))
        line.len--;
    return line;
}

static int digit(uint8_t c)
{
    return isdigit(c) ? c - '0' : tolower(c) - 'a' + 10;
}

/*
 * The offset at the start of a dump's line, as xxd ("00000010: "), hexdump -C
 * and Wireshark ("0010  ") write it; `*line` moves behind it. False: none.
 */
static bool dump_offset(struct span *line, uint64_t *out)
{
    uint64_t offset = 0;
    size_t i = 0;

    for (; i < line->len && i < 16 && isxdigit(line->ptr[i]); i++)
        offset = offset << 4 | (unsigned)digit(line->ptr[i]);
    if (i < 4)
        return false;
    if (i < line->len && line->ptr[i] == ':')
        i++;
    else if (i < line->len && (i + 1 >= line->len || line->ptr[i] != ' ' ||
                               line->ptr[i + 1] != ' '))
        return false;
    *line = span_of(line->ptr + i, line->len - i);
    *out = offset;
    return true;
}

/* Two lines whose offsets count their bytes, or one that begins with 0. */
static bool is_dump(struct span text)
{
    uint64_t offset;
    struct span line = line_next(&text);

    return dump_offset(&line, &offset) && offset == 0 && line.len > 0 &&
           (line.ptr[0] == ' ' || line.ptr[-1] == ':');
}

enum input_form form_find(struct span bytes)
{
    for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
        if (bytes.len >= 4 && memcmp(bytes.ptr, magics[i], 4) == 0)
            return FORM_CAPTURE;
    if (bytes.len == 0)
        return FORM_NONE;
    if (!is_text(bytes)) {
        if (memmem(bytes.ptr, bytes.len, "-----BEGIN ", 11) != NULL &&
            bytes.ptr[0] != 0x30)
            return FORM_PEM;
        return bytes.ptr[0] == 0x30 ? FORM_DER : FORM_NONE;
    }
    if (memmem(bytes.ptr, bytes.len, "-----BEGIN ", 11) != NULL)
        return FORM_PEM;
    if (is_dump(bytes) || is_hex_text(bytes))
        return FORM_HEX;
    return is_base64(bytes) ? FORM_BASE64 : FORM_NONE;
}

size_t element_len(struct span bytes)
{
    size_t num, len = 0;

    if (bytes.len < 2 || (bytes.ptr[0] & 0x1f) == 0x1f || bytes.ptr[1] == 0x80)
        return 0;
    if (bytes.ptr[1] < 0x80)
        return (size_t)bytes.ptr[1] + 2;
    num = bytes.ptr[1] & 0x7f;
    if (num > 4 || bytes.len < 2 + num)
        return 0;
    for (size_t i = 0; i < num; i++)
        len = len << 8 | bytes.ptr[2 + i];
    return len + 2 + num;
}

/* Moves into the element at the start, whose tag this is. False: another. */
static bool enter(struct span *s, uint8_t tag)
{
    size_t head;

    if (s->len == 0)
        return true;
    if (s->ptr[0] != tag)
        return false;
    head = s->len == 1 || s->ptr[1] < 0x80 ? 2 : 2 + (s->ptr[1] & 0x7fu);
    if (head > 6)
        return false;
    *s = s->len < head ? span_of(s->ptr + s->len, 0)
                       : span_of(s->ptr + head, s->len - head);
    return true;
}

bool looks_like_message(struct span bytes)
{
    bool is_message = enter(&bytes, 0x30);
    bool has_header = is_message && enter(&bytes, 0x30);

    return has_header && enter(&bytes, 0x02); /* pvno */
}

static enum err give_der(struct sink *sink, struct span der, const char *where)
{
    struct seen seen = { .der = der, .where = where };

    return sink_give(sink, &seen);
}

/*
 * DER: messages one behind the other. What follows a whole message and does
 * not begin like one belongs to it: bytes left over, as a server would see
 * them.
 */
static enum err der_messages(struct span bytes, struct sink *sink)
{
    struct span rest = bytes;
    char where[512];
    size_t len;

    for (size_t n = 1; rest.len > 0; n++) {
        len = element_len(rest);
        if (len == 0 || len >= rest.len || rest.len - len < 6 ||
            !looks_like_message(span_of(rest.ptr + len, rest.len - len)))
            len = rest.len;
        if (len == bytes.len)
            text_format(where, sizeof(where), "%s", sink->name);
        else
            text_format(where, sizeof(where), "%s, message %zu at byte %zu",
                        sink->name, n, (size_t)(rest.ptr - bytes.ptr));
        TRY(give_der(sink, span_of(rest.ptr, len), where));
        rest = span_of(rest.ptr + len, rest.len - len);
    }
    return ERR_OK;
}

static enum err pem_messages(struct span text, struct arena *a,
                             struct sink *sink, struct fault *f)
{
    struct span label, der;
    char where[512], plain[64];
    enum err e;

    for (size_t n = 1;; n++) {
        e = pem_next(&text, a, &label, &der);
        if (e == ERR_NOT_FOUND)
            return ERR_OK;
        if (e != ERR_OK)
            return fault_set(f, e, "%s: PEM block %zu is not well made",
                             sink->name, n);
        text_plain(label, plain, sizeof(plain));
        text_format(where, sizeof(where), "%s, block %zu (%s)", sink->name, n,
                    plain);
        TRY(give_der(sink, der, where));
    }
}

/* The bytes of one line of a dump: digits up to a gap of two blanks or more
 * behind them, or a '|'; hexdump -C has such a gap in the middle. */
static bool dump_line(struct span line, uint8_t *out, size_t *len)
{
    bool has_bar = memchr(line.ptr, '|', line.len) != NULL;
    size_t blanks = 0, num = 0;

    for (size_t i = 0; i < line.len && line.ptr[i] != '|'; i++) {
        if (line.ptr[i] == ' ') {
            blanks++;
            continue;
        }
        if (blanks > 1 && num > 0 && !has_bar)
            break;
        if (i + 1 >= line.len || !isxdigit(line.ptr[i]) ||
            !isxdigit(line.ptr[i + 1]))
            return false;
        out[(*len)++] =
            (uint8_t)(digit(line.ptr[i]) << 4 | digit(line.ptr[i + 1]));
        num++;
        i++;
        blanks = 0;
    }
    return true;
}

static enum err dump_bytes(struct span text, uint8_t *out, size_t *len,
                           struct sink *sink, struct fault *f)
{
    uint64_t offset;
    struct span line;

    for (size_t n = 1; text.len > 0; n++) {
        line = line_next(&text);
        if (line.len == 0)
            continue;
        if (!dump_offset(&line, &offset) || offset != *len ||
            !dump_line(line, out, len))
            return fault_set(f, ERR_BAD_DATA_FORMAT,
                             "%s, line %zu: not the line of a hex dump that "
                             "begins with offset %zx",
                             sink->name, n, *len);
    }
    return ERR_OK;
}

/* Digits by twos, with 0x before them or signs between them. */
static enum err hex_bytes(struct span text, uint8_t *out, size_t *len,
                          struct sink *sink, struct fault *f)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];
        uint8_t next = i + 1 < text.len ? text.ptr[i + 1] : 0;

        if (isspace(c) || c == ':' || c == ',')
            continue;
        if (c == '0' && (next == 'x' || next == 'X')) {
            i++;
            continue;
        }
        if (!isxdigit(c) || !isxdigit(next))
            return fault_set(f, ERR_BAD_DATA_FORMAT,
                             "%s: hexadecimal, but no two digits at character "
                             "%zu",
                             sink->name, i + 1);
        out[(*len)++] = (uint8_t)(digit(c) << 4 | digit(next));
        i++;
    }
    return ERR_OK;
}

static enum err hex_messages(struct span text, struct arena *a,
                             struct sink *sink, struct fault *f)
{
    uint8_t *bytes = arena_alloc(a, text.len / 2 + 1);
    size_t len = 0;

    if (bytes == NULL)
        return fault_set(f, ERR_NO_MEM, "%s", sink->name);
    if (is_dump(text))
        TRY(dump_bytes(text, bytes, &len, sink, f));
    else
        TRY(hex_bytes(text, bytes, &len, sink, f));
    return der_messages(span_of(bytes, len), sink);
}

static enum err base64_messages(struct span text, struct arena *a,
                                struct sink *sink, struct fault *f)
{
    struct span bytes;
    enum err e = base64_parse(text, a, &bytes);

    if (e != ERR_OK)
        return fault_set(f, e, "%s looks like base64, but is not well made",
                         sink->name);
    return der_messages(bytes, sink);
}

enum err texts_read(enum input_form form, struct span bytes, struct sink *sink,
                    struct fault *f)
{
    /* no form is longer decoded than written */
    AUTO(arena) a = arena_new(bytes.len + 4096);
    uint64_t before = sink->totals.messages;
    enum err e = ERR_OK;

    if (a == NULL)
        return fault_set(f, ERR_NO_MEM, "%s", sink->name);
    switch (form) {
    case FORM_DER:
        e = der_messages(bytes, sink);
        break;
    case FORM_PEM:
        e = pem_messages(bytes, a, sink, f);
        break;
    case FORM_HEX:
        e = hex_messages(bytes, a, sink, f);
        break;
    case FORM_BASE64:
        e = base64_messages(bytes, a, sink, f);
        break;
    case FORM_NONE:
    case FORM_CAPTURE:
        break;
    }
    TRY(e);
    if (sink->totals.messages == before)
        return fault_set(f, ERR_BAD_DATA_FORMAT, "%s holds no bytes",
                         sink->name);
    return ERR_OK;
}
