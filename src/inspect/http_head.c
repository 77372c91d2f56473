#include "inspect/http_head.h"

#include <ctype.h>
#include <strings.h>

#include "base/limits.h"

static bool begins(struct span s, const char *text)
{
    size_t len = strlen(text);

    return s.len >= len && strncasecmp((const char *)s.ptr, text, len) == 0;
}

bool text_is(struct span s, const char *text)
{
    return s.len == strlen(text) && begins(s, text);
}

void text_plain(struct span text, char *out, size_t size)
{
    size_t len = text.len < size - 1 ? text.len : size - 1;

    for (size_t i = 0; i < len; i++)
        out[i] = (char)(isprint(text.ptr[i]) ? text.ptr[i] : '?');
    out[len] = '\0';
}

/* Does `s` begin like `text`, as far as both go? */
static bool agrees(struct span s, const char *text)
{
    size_t len = strlen(text);

    return memcmp(s.ptr, text, s.len < len ? s.len : len) == 0;
}

/* A method of letters, a blank, the start of a target. */
static enum opening request_find(struct span s)
{
    size_t i = 0;

    while (i < s.len && i < 20 && isalpha(s.ptr[i]))
        i++;
    if (i == s.len)
        return OPENING_MORE;
    if (i == 0 || s.ptr[i] != ' ')
        return OPENING_OTHER;
    if (i + 1 == s.len)
        return OPENING_MORE;
    return memchr("/*hH", s.ptr[i + 1], 4) != NULL ? OPENING_REQUEST
                                                   : OPENING_OTHER;
}

enum opening opening_find(struct span s)
{
    static const char http2[] = "PRI * HTTP/2.0";

    if (s.len == 0)
        return OPENING_MORE;
    /* a record of handshake or, in the middle, of application data */
    if (s.ptr[0] == 0x16 || s.ptr[0] == 0x17) {
        if (s.len < 3)
            return OPENING_MORE;
        return s.ptr[1] == 3 && s.ptr[2] <= 4 ? OPENING_TLS : OPENING_OTHER;
    }
    if (agrees(s, "HTTP/1."))
        return s.len < 7 ? OPENING_MORE : OPENING_RESPONSE;
    if (agrees(s, http2))
        return s.len < sizeof(http2) - 1 ? OPENING_MORE : OPENING_HTTP2;
    return request_find(s);
}

bool head_find(struct span bytes, size_t *at)
{
    const uint8_t *p;
    size_t line;

    for (;;) {
        p = *at >= bytes.len ? NULL
                             : memchr(bytes.ptr + *at, '\n', bytes.len - *at);
        if (p == NULL)
            return false;
        line = (size_t)(p - bytes.ptr) + 1;
        if (line < bytes.len && bytes.ptr[line] == '\n') {
            *at = line + 1;
            return true;
        }
        if (line + 1 < bytes.len && bytes.ptr[line] == '\r' &&
            bytes.ptr[line + 1] == '\n') {
            *at = line + 2;
            return true;
        }
        /* this end of line again when there is more behind it */
        if (line + 1 >= bytes.len) {
            *at = line - 1;
            return false;
        }
        *at = line;
    }
}

static void note(struct http_head_seen *h, const char *odd)
{
    if (h->odd == NULL)
        h->odd = odd;
}

static struct span trim(struct span s)
{
    while (s.len > 0 && isspace(s.ptr[0]))
        s = span_of(s.ptr + 1, s.len - 1);
    while (s.len > 0 && isspace(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* The next line without its end. */
static struct span line_next(struct span *s, struct http_head_seen *h)
{
    const uint8_t *end = s->len == 0 ? NULL : memchr(s->ptr, '\n', s->len);
    struct span line = *s;

    if (end == NULL) {
        *s = span_of(s->ptr + s->len, 0);
        return line;
    }
    line.len = (size_t)(end - s->ptr);
    *s = span_of(end + 1, s->len - line.len - 1);
    if (line.len > 0 && line.ptr[line.len - 1] == '\r')
        line.len--;
    else
        note(h, "a line ended by LF without CR");
    return line;
}

/* Cuts off the first word and the blank behind it. */
static struct span word_next(struct span *s)
{
    const uint8_t *end = s->len == 0 ? NULL : memchr(s->ptr, ' ', s->len);
    struct span word = *s;

    if (end == NULL) {
        *s = span_of(s->ptr + s->len, 0);
        return word;
    }
    word.len = (size_t)(end - s->ptr);
    *s = span_of(end + 1, s->len - word.len - 1);
    return word;
}

static bool version_parse(struct span s, struct http_head_seen *h)
{
    if (s.len != 8 || memcmp(s.ptr, "HTTP/1.", 7) != 0 || !isdigit(s.ptr[7]))
        return false;
    h->minor = (unsigned)(s.ptr[7] - '0');
    return true;
}

static bool first_parse(struct span line, struct http_head_seen *h)
{
    struct span word = word_next(&line), status;

    if (version_parse(word, h)) {
        status = word_next(&line);
        for (size_t i = 0; i < status.len; i++) {
            if (!isdigit(status.ptr[i]) || i >= 3)
                return false;
            h->status = h->status * 10 + (unsigned)(status.ptr[i] - '0');
        }
        return h->status >= 100;
    }
    h->method = word;
    h->target = word_next(&line);
    return word.len > 0 && h->target.len > 0 && version_parse(line, h);
}

static void on_length(struct http_head_seen *h, struct span value)
{
    uint64_t n = 0;
    bool is_good = value.len > 0 && value.len <= 18;

    for (size_t i = 0; is_good && i < value.len; i++) {
        is_good = isdigit(value.ptr[i]);
        n = n * 10 + (uint64_t)(value.ptr[i] - '0');
    }
    if (!is_good) {
        note(h, "a Content-Length that is no number");
        return;
    }
    if (h->has_length && h->length == n)
        return;
    h->num_lengths++;
    if (!h->has_length)
        h->length = n;
    h->has_length = true;
}

static void on_transfer(struct http_head_seen *h, struct span value)
{
    h->is_chunked = true;
    if (!text_is(value, "chunked")) {
        h->coding = value;
        /* chunked comes last, if at all (RFC 9112, 6.1) */
        h->is_chunked =
            value.len >= 7 &&
            text_is(span_of(value.ptr + value.len - 7, 7), "chunked");
    }
}

static void on_connection(struct http_head_seen *h, struct span value)
{
    const uint8_t *comma;
    struct span item;

    while (value.len > 0) {
        comma = memchr(value.ptr, ',', value.len);
        item = value;
        if (comma != NULL)
            item.len = (size_t)(comma - value.ptr);
        value = span_of(value.ptr + item.len, value.len - item.len);
        if (comma != NULL)
            value = span_of(value.ptr + 1, value.len - 1);
        item = trim(item);
        if (text_is(item, "close"))
            h->closes = true;
        if (text_is(item, "keep-alive"))
            h->closes = false;
    }
}

static void on_type(struct http_head_seen *h, struct span value)
{
    if (!span_is_absent(h->type))
        note(h, "two Content-Type lines");
    else
        h->type = value;
}

static void on_coding(struct http_head_seen *h, struct span value)
{
    if (!text_is(value, "identity"))
        h->coding = value;
}

static void on_host(struct http_head_seen *h, struct span value)
{
    if (!span_is_absent(h->host))
        note(h, "two Host lines");
    h->host = value;
}

static void on_expect(struct http_head_seen *h, struct span value)
{
    h->expect = value;
}

static void on_location(struct http_head_seen *h, struct span value)
{
    h->goes_to = value;
}

static const struct {
    const char *name;
    void (*take)(struct http_head_seen *h, struct span value);
} known_lines[] = {
    { "Content-Length", on_length },   { "Transfer-Encoding", on_transfer },
    { "Connection", on_connection },   { "Content-Type", on_type },
    { "Content-Encoding", on_coding }, { "Host", on_host },
    { "Expect", on_expect },           { "Location", on_location },
};

static void line_parse(struct span line, struct http_head_seen *h)
{
    const uint8_t *colon = memchr(line.ptr, ':', line.len);
    struct span name, value;

    if (line.ptr[0] == ' ' || line.ptr[0] == '\t') {
        note(h, "a folded header line");
        return;
    }
    if (colon == NULL) {
        note(h, "a header line without a colon");
        return;
    }
    name = span_of(line.ptr, (size_t)(colon - line.ptr));
    value = trim(span_of(colon + 1, line.len - name.len - 1));
    if (name.len != trim(name).len) {
        note(h, "a blank before the colon of a header line");
        name = trim(name);
    }
    for (size_t i = 0; i < sizeof(known_lines) / sizeof(known_lines[0]); i++)
        if (text_is(name, known_lines[i].name))
            known_lines[i].take(h, value);
}

bool head_parse(struct span head, struct http_head_seen *out)
{
    struct http_head_seen h = { 0 };
    struct span line = line_next(&head, &h);

    /* RFC 9112, 2.2: an empty line before a request is passed over. */
    while (line.len == 0 && head.len > 0)
        line = line_next(&head, &h);
    if (!first_parse(line, &h))
        return false;
    h.closes = h.minor == 0;
    for (line = line_next(&head, &h); line.len > 0; line = line_next(&head, &h))
        line_parse(line, &h);
    *out = h;
    return true;
}

enum http_framing head_frame(const struct http_head_seen *h,
                             const struct http_head_seen *request)
{
    if (h->status != 0) {
        if (h->status < 200 || h->status == 204 || h->status == 304 ||
            (request != NULL && text_is(request->method, "HEAD")))
            return HTTP_NO_BODY;
    }
    if (h->is_chunked)
        return HTTP_BY_CHUNKS;
    if (h->has_length)
        return h->length > 0 ? HTTP_BY_LENGTH : HTTP_NO_BODY;
    return h->status == 0 ? HTTP_NO_BODY : HTTP_BY_CLOSE;
}

/* Without its parameters. */
static struct span type_only(struct span type)
{
    const uint8_t *end = type.len == 0 ? NULL : memchr(type.ptr, ';', type.len);

    if (end != NULL)
        type.len = (size_t)(end - type.ptr);
    return trim(type);
}

bool type_is_pkixcmp(struct span type)
{
    return text_is(type_only(type), "application/pkixcmp");
}

bool type_is_cmp(struct span type)
{
    return type_is_pkixcmp(type) ||
           text_is(type_only(type), "application/pkixcmp-poll");
}

bool target_is_well_known(struct span target)
{
    static const char prefix[] = "/.well-known/cmp";
    const uint8_t *slash;

    if (begins(target, "http://") || begins(target, "https://")) {
        size_t scheme = target.ptr[4] == ':' ? 7 : 8;

        slash = target.len == scheme
                    ? NULL
                    : memchr(target.ptr + scheme, '/', target.len - scheme);
        if (slash == NULL)
            return false;
        target = span_of(slash, target.len - (size_t)(slash - target.ptr));
    }
    return target.len >= sizeof(prefix) - 1 &&
           memcmp(target.ptr, prefix, sizeof(prefix) - 1) == 0 &&
           (target.len == sizeof(prefix) - 1 ||
            memchr("/?", target.ptr[sizeof(prefix) - 1], 2) != NULL);
}

/* Where the next byte of a chunked body stands (RFC 9112, 7.1). */
enum chunk_state {
    IN_SIZE,
    IN_EXTENSION,
    IN_DATA,
    AFTER_DATA,
    IN_TRAILER
};

static enum chunk_step size_byte(struct chunks *c, uint8_t byte)
{
    int digit = isdigit(byte) ? byte - '0' : tolower(byte) - 'a' + 10;

    if (isxdigit(byte)) {
        c->left = c->left << 4 | (unsigned)digit;
        return ++c->num_digits > 15 ? CHUNK_BAD : CHUNK_MORE;
    }
    if (c->num_digits == 0)
        return CHUNK_BAD;
    if (byte == '\n') {
        c->num_digits = 0;
        c->line_len = 0;
        c->state = c->left > 0 ? IN_DATA : IN_TRAILER;
    } else if (byte == ';' || byte == ' ' || byte == '\t') {
        c->state = IN_EXTENSION;
    } else if (byte != '\r') {
        return CHUNK_BAD;
    }
    return CHUNK_MORE;
}

static enum chunk_step line_byte(struct chunks *c, uint8_t byte)
{
    if (++c->line_len > LIMIT_CAPTURE_HEAD_LEN)
        return CHUNK_BAD;
    switch ((enum chunk_state)c->state) {
    case IN_SIZE:
        return size_byte(c, byte);
    case IN_EXTENSION:
        if (byte == '\n') {
            c->state = IN_SIZE;
            return size_byte(c, byte);
        }
        return CHUNK_MORE;
    case AFTER_DATA:
        if (byte == '\n')
            c->state = IN_SIZE;
        return byte == '\n' || byte == '\r' ? CHUNK_MORE : CHUNK_BAD;
    case IN_TRAILER:
        /* num_digits counts what the line holds */
        if (byte == '\n' && c->num_digits == 0)
            return CHUNK_END;
        if (byte == '\n')
            c->num_digits = 0;
        else if (byte != '\r')
            c->num_digits = 1;
        return CHUNK_MORE;
    case IN_DATA:
        break;
    }
    return CHUNK_BAD;
}

enum chunk_step chunks_step(struct chunks *c, struct span *in, struct span *out)
{
    enum chunk_step step = CHUNK_MORE;
    size_t len;

    while (in->len > 0 && step == CHUNK_MORE) {
        if (c->state == IN_DATA) {
            len = in->len < c->left ? in->len : (size_t)c->left;
            *out = span_of(in->ptr, len);
            *in = span_of(in->ptr + len, in->len - len);
            c->left -= len;
            if (c->left == 0)
                c->state = AFTER_DATA;
            return CHUNK_DATA;
        }
        step = line_byte(c, in->ptr[0]);
        *in = span_of(in->ptr + 1, in->len - 1);
    }
    return step;
}
