#include "net/request.h"

#include <strings.h>

#define MAX_HEADER_LINES 64
#define MAX_EXTENSION_LEN 128
#define MAX_TRAILER_LEN 1024

static bool is_alnum(uint8_t c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

static bool is_in(uint8_t c, const char *set)
{
    return c != 0 && strchr(set, c) != NULL;
}

/* token characters (RFC 9110, 5.6.2) */
static bool is_token_char(uint8_t c)
{
    return is_alnum(c) || is_in(c, "!#$%&'*+-.^_`|~");
}

/* what a field value may hold (RFC 9110, 5.5) */
static bool is_value_char(uint8_t c)
{
    return c == '\t' || (c >= 0x20 && c != 0x7f);
}

/* unreserved, sub-delims and what else a path or query may hold (RFC 3986) */
static bool is_uri_char(uint8_t c)
{
    return is_alnum(c) || is_in(c, "-._~!$&'()*+,;=:@/?%");
}

static int hex_value(uint8_t c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool http_is_token(struct span s, const char *text)
{
    return s.len == strlen(text) &&
           strncasecmp((const char *)s.ptr, text, s.len) == 0;
}

enum http_step http_head_find(struct span in, size_t *at)
{
    for (; *at < in.len; ++*at) {
        uint8_t c = in.ptr[*at];
        bool after_cr = *at > 0 && in.ptr[*at - 1] == '\r';

        if ((c == '\n') != after_cr)
            return HTTP_BAD;
        if (c == '\n' && *at >= 3 && in.ptr[*at - 2] == '\n') {
            ++*at;
            return HTTP_DONE;
        }
        if (!is_value_char(c) && c != '\r' && c != '\n')
            return HTTP_BAD;
    }
    return HTTP_MORE;
}

/* Cuts off what stands before the first `c`, and `c`. False: no `c`. */
static bool cut(struct span *s, uint8_t c, struct span *before)
{
    const uint8_t *p = s->len == 0 ? NULL : memchr(s->ptr, c, s->len);

    if (p == NULL)
        return false;
    *before = span_of(s->ptr, (size_t)(p - s->ptr));
    *s = span_of(p + 1, s->len - before->len - 1);
    return true;
}

/* The next line without its end; http_head_find saw that each has CR LF. */
static struct span next_line(struct span *s)
{
    struct span line = SPAN_NONE;

    if (cut(s, '\r', &line))
        *s = span_of(s->ptr + 1, s->len - 1);
    return line;
}

static struct span trim(struct span s)
{
    while (s.len > 0 && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s = span_of(s.ptr + 1, s.len - 1);
    while (s.len > 0 && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

static bool is_all(struct span s, bool (*is)(uint8_t))
{
    for (size_t i = 0; i < s.len; i++)
        if (!is(s.ptr[i]))
            return false;
    return true;
}

static bool has_prefix(struct span s, const char *text)
{
    size_t len = strlen(text);

    return s.len >= len && http_is_token(span_of(s.ptr, len), text);
}

/* Only ever forwarded or compared, so each % must begin a whole triplet. */
static bool is_uri(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (!is_uri_char(s.ptr[i]))
            return false;
        if (s.ptr[i] == '%' && (s.len - i < 3 || hex_value(s.ptr[i + 1]) < 0 ||
                                hex_value(s.ptr[i + 2]) < 0))
            return false;
    }
    return true;
}

/* origin-form or absolute-form (RFC 9112, 3.2); no proxy, no OPTIONS here. */
static int target_parse(struct span target, struct http_head *h)
{
    static const char *const schemes[] = { "http://", "https://" };
    struct span before;
    size_t len;

    for (size_t i = 0; i < 2; i++) {
        if (!has_prefix(target, schemes[i]))
            continue;
        len = strlen(schemes[i]);
        target = span_of(target.ptr + len, target.len - len);
        for (len = 0; len < target.len && !is_in(target.ptr[len], "/?");)
            len++;
        if (len == 0 || !is_uri(span_of(target.ptr, len)))
            return 400;
        target = span_of(target.ptr + len, target.len - len);
        if (target.len == 0)
            target = SPAN_LIT("/");
        break;
    }
    if (target.len == 0 || target.ptr[0] != '/' || !is_uri(target))
        return 400;
    h->path = target;
    h->query = SPAN_LIT("");
    if (cut(&target, '?', &before)) {
        h->path = before;
        h->query = target;
    }
    return 0;
}

static int version_parse(struct span version, struct http_head *h)
{
    const uint8_t *v = version.ptr;

    if (version.len != 8 || memcmp(v, "HTTP/", 5) != 0 || v[5] < '0' ||
        v[5] > '9' || v[6] != '.' || v[7] < '0' || v[7] > '9')
        return 400;
    if (v[5] != '1')
        return 505;
    h->is_http_1_0 = v[7] == '0';
    return 0;
}

/* What the lines said so far, besides what ends up in the head. */
struct lines {
    struct http_head *head;
    unsigned num_hosts;
    bool says_close;
    bool says_keep_alive;
};

static int on_host(struct lines *l, struct span value)
{
    for (size_t i = 0; i < value.len; i++)
        if (!is_uri_char(value.ptr[i]) && !is_in(value.ptr[i], "[]"))
            return 400;
    l->num_hosts++;
    return l->num_hosts > 1 ? 400 : 0;
}

static int on_content_length(struct lines *l, struct span value)
{
    uint64_t n = 0;

    if (l->head->has_length || value.len == 0 || value.len > 18)
        return 400;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return 400;
        n = n * 10 + (uint64_t)(value.ptr[i] - '0');
    }
    l->head->has_length = true;
    l->head->length = n;
    return 0;
}

static int on_transfer_encoding(struct lines *l, struct span value)
{
    if (l->head->is_chunked || !http_is_token(value, "chunked"))
        return 400;
    l->head->is_chunked = true;
    return 0;
}

static int on_connection(struct lines *l, struct span value)
{
    struct span item;
    bool more;

    do {
        more = cut(&value, ',', &item);
        item = trim(more ? item : value);
        l->says_close |= http_is_token(item, "close");
        l->says_keep_alive |= http_is_token(item, "keep-alive");
    } while (more);
    return 0;
}

static int on_content_type(struct lines *l, struct span value)
{
    if (!span_is_absent(l->head->content_type))
        return 400;
    l->head->content_type = value;
    return 0;
}

static int on_content_encoding(struct lines *l, struct span value)
{
    l->head->is_encoded |= !http_is_token(value, "identity");
    return 0;
}

static int on_expect(struct lines *l, struct span value)
{
    if (!http_is_token(value, "100-continue"))
        return 417;
    l->head->wants_continue = true;
    return 0;
}

static const struct {
    const char *name;
    int (*take)(struct lines *l, struct span value);
} known_lines[] = {
    { "Host", on_host },
    { "Content-Length", on_content_length },
    { "Transfer-Encoding", on_transfer_encoding },
    { "Connection", on_connection },
    { "Content-Type", on_content_type },
    { "Content-Encoding", on_content_encoding },
    { "Expect", on_expect },
};

static int line_parse(struct lines *l, struct span line)
{
    struct span name;

    /* A line that begins with a blank continues another (obs-fold), and a
     * blank before the colon is read in two ways: no token has one. */
    if (!cut(&line, ':', &name) || name.len == 0 ||
        !is_all(name, is_token_char))
        return 400;
    for (size_t i = 0; i < sizeof(known_lines) / sizeof(known_lines[0]); i++)
        if (http_is_token(name, known_lines[i].name))
            return known_lines[i].take(l, trim(line));
    return 0;
}

static int lines_judge(const struct lines *l)
{
    struct http_head *h = l->head;

    if (l->num_hosts == 0 && !h->is_http_1_0)
        return 400;
    /* RFC 9112, 6.1 and 6.3: either is an attempt at smuggling. */
    if (h->is_chunked && (h->has_length || h->is_http_1_0))
        return 400;
    h->keeps_alive = !l->says_close && (!h->is_http_1_0 || l->says_keep_alive);
    h->wants_continue = h->wants_continue && !h->is_http_1_0;
    return 0;
}

int http_head_parse(struct span head, struct http_head *out)
{
    struct http_head h = { .content_type = SPAN_NONE };
    struct lines l = { .head = &h };
    struct span line = next_line(&head), target;
    int status;

    /* RFC 9112, 2.2: one empty line before a request is passed over. */
    if (line.len == 0)
        line = next_line(&head);
    if (!cut(&line, ' ', &h.method) || !cut(&line, ' ', &target) ||
        h.method.len == 0 || !is_all(h.method, is_token_char))
        return 400;
    status = version_parse(line, &h);
    if (status == 0)
        status = target_parse(target, &h);
    line = next_line(&head);
    for (size_t i = 0; status == 0 && line.len > 0; i++) {
        status = i < MAX_HEADER_LINES ? line_parse(&l, line) : 431;
        line = next_line(&head);
    }
    if (status == 0)
        status = lines_judge(&l);
    if (status == 0)
        *out = h;
    return status;
}

/* Where the next byte of a chunked body stands (RFC 9112, 7.1). */
enum chunk_state {
    IN_SIZE,
    IN_EXTENSION,
    AT_SIZE_LF,
    IN_DATA,
    AT_DATA_CR,
    AT_DATA_LF,
    AT_TRAILER,
    IN_TRAILER_NAME,
    IN_TRAILER_VALUE,
    AT_TRAILER_LF,
    AT_LAST_LF,
    AT_END
};

/* 0 and the next state when `is_good`, else 400. */
static int go(struct http_chunks *c, bool is_good, enum chunk_state next)
{
    c->state = (unsigned char)next;
    return is_good ? 0 : 400;
}

static int in_size(struct http_chunks *c, uint8_t byte)
{
    int digit = hex_value(byte);

    if (digit < 0)
        return go(c, c->num_digits > 0 && (byte == ';' || byte == '\r'),
                  byte == ';' ? IN_EXTENSION : AT_SIZE_LF);
    c->left = c->left * 16 + (size_t)digit;
    return go(c, c->num_digits++ < 8, IN_SIZE);
}

static int in_extension(struct http_chunks *c, uint8_t byte)
{
    if (byte == '\r')
        return go(c, true, AT_SIZE_LF);
    return go(c, is_value_char(byte) && c->line_len++ < MAX_EXTENSION_LEN,
              IN_EXTENSION);
}

static int at_size_lf(struct http_chunks *c, uint8_t byte)
{
    c->line_len = 0;
    c->num_digits = 0;
    return go(c, byte == '\n', c->left > 0 ? IN_DATA : AT_TRAILER);
}

static int at_data_cr(struct http_chunks *c, uint8_t byte)
{
    return go(c, byte == '\r', AT_DATA_LF);
}

static int at_data_lf(struct http_chunks *c, uint8_t byte)
{
    return go(c, byte == '\n', IN_SIZE);
}

static int at_trailer(struct http_chunks *c, uint8_t byte)
{
    if (byte == '\r')
        return go(c, true, AT_LAST_LF);
    return go(c, is_token_char(byte), IN_TRAILER_NAME);
}

static int in_trailer_name(struct http_chunks *c, uint8_t byte)
{
    if (byte == ':')
        return go(c, true, IN_TRAILER_VALUE);
    return go(c, is_token_char(byte), IN_TRAILER_NAME);
}

static int in_trailer_value(struct http_chunks *c, uint8_t byte)
{
    if (byte == '\r')
        return go(c, true, AT_TRAILER_LF);
    return go(c, is_value_char(byte), IN_TRAILER_VALUE);
}

static int at_trailer_lf(struct http_chunks *c, uint8_t byte)
{
    return go(c, byte == '\n', AT_TRAILER);
}

static int at_last_lf(struct http_chunks *c, uint8_t byte)
{
    return go(c, byte == '\n', AT_END);
}

/* What takes a byte in each state; data is taken by the piece. */
static int (*const on_byte[])(struct http_chunks *c, uint8_t byte) = {
    [IN_SIZE] = in_size,
    [IN_EXTENSION] = in_extension,
    [AT_SIZE_LF] = at_size_lf,
    [AT_DATA_CR] = at_data_cr,
    [AT_DATA_LF] = at_data_lf,
    [AT_TRAILER] = at_trailer,
    [IN_TRAILER_NAME] = in_trailer_name,
    [IN_TRAILER_VALUE] = in_trailer_value,
    [AT_TRAILER_LF] = at_trailer_lf,
    [AT_LAST_LF] = at_last_lf,
};

static void take_data(struct http_chunks *c, struct span *in, struct buf *body)
{
    size_t len = c->left < in->len ? c->left : in->len;

    buf_add(body, span_of(in->ptr, len));
    *in = span_of(in->ptr + len, in->len - len);
    c->left -= len;
    if (c->left == 0)
        c->state = AT_DATA_CR;
}

enum http_step http_chunks_step(struct http_chunks *c, struct span *in,
                                struct buf *body, int *status)
{
    *status = 0;
    while (in->len > 0 && c->state != AT_END) {
        if (c->state == IN_DATA) {
            take_data(c, in, body);
            continue;
        }
        if (c->state >= AT_TRAILER && c->line_len++ > MAX_TRAILER_LEN)
            *status = 431;
        else
            *status = on_byte[c->state](c, in->ptr[0]);
        if (*status == 0 && c->left > body->cap - body->len)
            *status = 413;
        if (*status != 0)
            return HTTP_BAD;
        *in = span_of(in->ptr + 1, in->len - 1);
    }
    return c->state == AT_END ? HTTP_DONE : HTTP_MORE;
}
