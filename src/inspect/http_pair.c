#include "inspect/http_pair.h"

#include "base/limits.h"

/* So many bytes of a body tell whether it begins like a PKIMessage. */
#define TELLING_LEN 16
/* Connections over TLS that are named; of further ones the number is told. */
#define MAX_TLS_TOLD 16ul

static void way_clear(struct http_way *w)
{
    http_exchange_free(w->exchange);
    buf_done(&w->head);
    buf_done(&w->body);
    buf_init(&w->head, LIMIT_CAPTURE_HEAD_LEN);
    buf_init(&w->body, LIMIT_CAPTURE_BODY_LEN);
    w->head_at = 0;
    w->body_len = w->left = w->gap_len = w->gap_at = 0;
    w->gap_why = NULL;
    w->about = ABOUT_OTHER;
    w->chunks = (struct chunks){ 0 };
    w->exchange = NULL;
    w->state = WAY_START;
}

void http_pair_init(struct http_pair *p, struct tap *tap,
                    const struct endpoint *a, const struct endpoint *b)
{
    memset(p, 0, sizeof(*p));
    p->tap = tap;
    p->ends[0] = *a;
    p->ends[1] = *b;
    p->connection = ++tap->connections;
    way_clear(&p->ways[0]);
    way_clear(&p->ways[1]);
}

void http_pair_done(struct http_pair *p)
{
    for (unsigned i = 0; i < 2; i++) {
        way_clear(&p->ways[i]);
        buf_done(&p->ways[i].head);
        buf_done(&p->ways[i].body);
    }
    while (p->first != NULL)
        http_exchange_free(http_exchange_pop(p));
    p->tap->buffered -= p->held;
    p->held = 0;
}

void http_pair_join(struct http_pair *p, unsigned side)
{
    p->ways[side].state = WAY_SEEK;
}

int http_pair_client(const struct http_pair *p)
{
    for (int i = 0; i < 2; i++) {
        if (p->ways[i].kind == OPENING_REQUEST)
            return i;
        if (p->ways[i].kind == OPENING_RESPONSE)
            return 1 - i;
    }
    return -1;
}

bool http_pair_ignores(const struct http_pair *p, unsigned side)
{
    return p->ways[side].state == WAY_IGNORED;
}

/* --- a message begins --- */

static void ignore(struct http_way *w)
{
    way_clear(w);
    w->state = WAY_IGNORED;
}

static enum err begin_tls(struct http_pair *p, unsigned side)
{
    struct input_totals *totals = &p->tap->sink->totals;
    bool is_first = p->ways[1 - side].kind != OPENING_TLS;

    totals->tls_streams++;
    ignore(&p->ways[side]);
    if (!is_first || totals->tls_streams > 2 * MAX_TLS_TOLD)
        return ERR_OK;
    return http_problem(p, side,
                        "TLS: cannot be read; capture behind the end of TLS, "
                        "or use inspect on files");
}

/* What the bytes gathered begin. */
static enum err begin(struct http_pair *p, unsigned side)
{
    struct http_way *w = &p->ways[side];
    enum opening opening = opening_find(buf_span(&w->head));

    /* neither turns into the other */
    if ((w->kind == OPENING_REQUEST || w->kind == OPENING_RESPONSE) &&
        opening != OPENING_MORE && opening != w->kind)
        opening = OPENING_OTHER;
    switch (opening) {
    case OPENING_MORE:
        return ERR_OK;
    case OPENING_REQUEST:
    case OPENING_RESPONSE:
        w->kind = opening;
        w->state = WAY_HEAD;
        return ERR_OK;
    case OPENING_TLS:
        w->kind = opening;
        return begin_tls(p, side);
    case OPENING_HTTP2:
        ignore(w);
        return http_problem(p, side,
                            "HTTP/2, which is not read; CMP is "
                            "transferred by HTTP/1.1");
    case OPENING_OTHER:
        break;
    }
    if (w->kind == OPENING_MORE) {
        p->tap->sink->totals.other_streams++;
        ignore(w);
        return ERR_OK;
    }
    TRY(http_problem(p, side, "what follows the last HTTP message is no HTTP"));
    way_clear(w);
    w->state = WAY_SEEK;
    return ERR_OK;
}

static enum about_cmp about_find(const struct http_way *w,
                                 const struct http_head_seen *h)
{
    if (type_is_cmp(h->type) ||
        (w->kind == OPENING_REQUEST && target_is_well_known(h->target)) ||
        (w->kind == OPENING_RESPONSE && w->exchange != NULL &&
         w->exchange->is_cmp))
        return ABOUT_CMP;
    return ABOUT_MAYBE;
}

static enum err begin_request(struct http_pair *p, struct http_way *w,
                              const struct http_head_seen *h)
{
    struct http_exchange *x = http_exchange_new();

    if (x == NULL)
        return ERR_NO_MEM;
    x->head = w->head;
    x->h = *h;
    buf_init(&w->head, LIMIT_CAPTURE_HEAD_LEN);
    w->exchange = x;
    x->refs++;
    w->about = about_find(w, h);
    x->is_cmp = w->about == ABOUT_CMP;
    http_exchange_push(p, x);
    return ERR_OK;
}

/* False: what follows is no HTTP on either way (RFC 9110, 7.8 and 9.3.6). */
static bool stays_http(const struct http_head_seen *response,
                       const struct http_head_seen *request)
{
    if (response->status == 101)
        return false;
    return request == NULL || !text_is(request->method, "CONNECT") ||
           response->status >= 300;
}

static enum err way_complete(struct http_pair *p, unsigned side, bool is_whole);

static enum err begin_body(struct http_pair *p, unsigned side,
                           struct http_head_seen *h,
                           const struct http_head_seen *request)
{
    struct http_way *w = &p->ways[side];

    h->framing = head_frame(h, request);
    w->left = h->length;
    w->state = WAY_BODY;
    w->has_gap = false;
    if (h->framing == HTTP_NO_BODY)
        return way_complete(p, side, true);
    return ERR_OK;
}

static enum err begin_response(struct http_pair *p, unsigned side)
{
    struct http_way *w = &p->ways[side];
    const struct http_head_seen *request = NULL;

    if (w->h.status < 200 && w->h.status != 101) {
        way_clear(w); /* 100 Continue and such announce another */
        return ERR_OK;
    }
    w->exchange = http_exchange_answered(p, w->has_gap);
    if (w->exchange != NULL && !w->exchange->is_lost)
        request = &w->exchange->h;
    w->about = about_find(w, &w->h);
    if (!stays_http(&w->h, request)) {
        ignore(w);
        if (p->ways[1 - side].exchange == NULL)
            ignore(&p->ways[1 - side]);
        return ERR_OK;
    }
    return begin_body(p, side, &w->h, request);
}

/* The head that is gathered is whole. */
static enum err head_complete(struct http_pair *p, unsigned side)
{
    struct http_way *w = &p->ways[side];
    struct http_head_seen h = { 0 };

    if (!head_parse(buf_span(&w->head), &h) ||
        (h.status != 0) != (w->kind == OPENING_RESPONSE)) {
        if (!w->is_http &&
            memmem(w->head.ptr, w->head.len, "HTTP/", 5) == NULL) {
            w->kind = OPENING_OTHER;
            p->tap->sink->totals.other_streams++;
            ignore(w);
            return ERR_OK;
        }
        TRY(http_problem(p, side,
                         "the head of an HTTP message whose first "
                         "line is not of HTTP/1"));
        way_clear(w);
        w->state = WAY_SEEK;
        return ERR_OK;
    }
    w->is_http = true;
    if (w->kind == OPENING_REQUEST) {
        TRY(begin_request(p, w, &h));
        return begin_body(p, side, &w->exchange->h, NULL);
    }
    w->h = h;
    return begin_response(p, side);
}

/* Takes of `in` what belongs to a head. */
static enum err take_head(struct http_pair *p, unsigned side, struct span *in)
{
    struct http_way *w = &p->ways[side];
    size_t room = w->head.cap - w->head.len;
    size_t len = in->len < room ? in->len : room;
    size_t rest;

    /* Empty lines before a message are passed over (RFC 9112, 2.2). */
    if (w->head.len == 0 && (in->ptr[0] == '\r' || in->ptr[0] == '\n')) {
        *in = span_of(in->ptr + 1, in->len - 1);
        return ERR_OK;
    }
    buf_add(&w->head, span_of(in->ptr, len));
    if (w->head.failed != ERR_OK)
        return w->head.failed;
    if (w->state == WAY_START)
        TRY(begin(p, side));
    *in = span_of(in->ptr + len, in->len - len);
    if (w->state != WAY_HEAD)
        return ERR_OK;
    if (head_find(buf_span(&w->head), &w->head_at)) {
        rest = w->head.len - w->head_at;
        w->head.len = w->head_at;
        *in = span_of(in->ptr - rest, in->len + rest);
        return head_complete(p, side);
    }
    if (w->head.len < w->head.cap)
        return ERR_OK;
    TRY(http_problem(p, side, "an HTTP head longer than %zu bytes",
                     LIMIT_CAPTURE_HEAD_LEN));
    way_clear(w);
    w->state = WAY_SEEK;
    return ERR_OK;
}

/* --- its body --- */

/* The message is read, or there is no more of it. */
static enum err way_complete(struct http_pair *p, unsigned side, bool is_whole)
{
    struct http_way *w = &p->ways[side];
    struct http_exchange *x = w->exchange;

    if (w->about == ABOUT_MAYBE)
        w->about = w->body.len > 0 && looks_like_message(buf_span(&w->body))
                       ? ABOUT_CMP
                       : ABOUT_OTHER;
    if (w->about == ABOUT_CMP)
        TRY(http_give(p, side, is_whole));
    else if (w->kind == OPENING_REQUEST)
        p->tap->sink->totals.other_requests++;
    if (x != NULL && w->kind == OPENING_REQUEST) {
        x->is_cmp = w->about == ABOUT_CMP;
        x->is_read = true;
        if (x->is_cmp && w->gap_len == 0) {
            x->message = w->body;
            buf_init(&w->body, LIMIT_CAPTURE_BODY_LEN);
        }
    }
    way_clear(w);
    return ERR_OK;
}

static const char too_long[] = "not read: no message is so long";

static enum err add_body(struct http_pair *p, unsigned side, struct span data)
{
    struct http_way *w = &p->ways[side];

    w->body_len += data.len;
    if (w->gap_why == too_long)
        w->gap_len += data.len;
    if (w->about == ABOUT_OTHER || w->gap_len > 0)
        return ERR_OK;
    buf_add(&w->body, data);
    if (w->about == ABOUT_MAYBE && w->body.failed == ERR_OK &&
        w->body.len >= TELLING_LEN)
        w->about =
            looks_like_message(buf_span(&w->body)) ? ABOUT_CMP : ABOUT_OTHER;
    if (w->body.failed == ERR_LIMIT) {
        w->gap_at = w->body.len;
        w->gap_len = w->body_len - w->body.len;
        w->gap_why = too_long;
        w->body.failed = ERR_OK;
    }
    if (w->about == ABOUT_OTHER) {
        buf_done(&w->body);
        buf_init(&w->body, LIMIT_CAPTURE_BODY_LEN);
    }
    return w->body.failed;
}

static enum err take_chunks(struct http_pair *p, unsigned side, struct span *in)
{
    struct http_way *w = &p->ways[side];
    struct span data = SPAN_NONE;

    switch (chunks_step(&w->chunks, in, &data)) {
    case CHUNK_MORE:
        return ERR_OK;
    case CHUNK_DATA:
        return add_body(p, side, data);
    case CHUNK_END:
        return way_complete(p, side, true);
    case CHUNK_BAD:
        break;
    }
    if (w->about != ABOUT_OTHER)
        TRY(http_problem(p, side,
                         "the chunked body is not well made behind "
                         "byte %llu",
                         (unsigned long long)w->body_len));
    way_clear(w);
    w->state = WAY_SEEK;
    return ERR_OK;
}

static enum err take_body(struct http_pair *p, unsigned side, struct span *in)
{
    struct http_way *w = &p->ways[side];
    const struct http_head_seen *h =
        w->kind == OPENING_RESPONSE ? &w->h : &w->exchange->h;
    struct span data = *in;

    if (h->framing == HTTP_BY_CHUNKS)
        return take_chunks(p, side, in);
    if (h->framing == HTTP_BY_LENGTH && w->left < data.len)
        data.len = (size_t)w->left;
    *in = span_of(in->ptr + data.len, in->len - data.len);
    TRY(add_body(p, side, data));
    if (h->framing == HTTP_BY_CLOSE)
        return ERR_OK;
    w->left -= data.len;
    return w->left == 0 ? way_complete(p, side, true) : ERR_OK;
}

/* --- what the stream brings --- */

/* Only the start of a segment is looked at: that is where messages begin. */
static void seek(struct http_way *w, struct span *in)
{
    enum opening opening = opening_find(*in);

    if (opening == w->kind
            ? opening != OPENING_MORE
            : w->kind == OPENING_MORE && opening != OPENING_OTHER &&
                  opening != OPENING_MORE) {
        w->state = WAY_START;
        return;
    }
    *in = span_of(in->ptr + in->len, 0);
}

/* What is kept now, in the tap's account. */
static void count_held(struct http_pair *p)
{
    size_t held = 0;

    for (unsigned i = 0; i < 2; i++) {
        const struct http_way *w = &p->ways[i];

        held += w->head.size + w->body.size;
        if (w->exchange != NULL && w->kind == OPENING_RESPONSE)
            held += w->exchange->head.size + w->exchange->message.size;
    }
    for (const struct http_exchange *x = p->first; x != NULL; x = x->next)
        held += x->head.size + x->message.size;
    p->tap->buffered = p->tap->buffered - p->held + held;
    p->held = held;
}

enum err http_pair_data(struct http_pair *p, unsigned side, struct span data)
{
    struct http_way *w = &p->ways[side];
    enum err e = ERR_OK;

    while (e == ERR_OK && data.len > 0 && w->state != WAY_IGNORED) {
        if (w->state == WAY_SEEK)
            seek(w, &data);
        else if (w->state == WAY_BODY)
            e = take_body(p, side, &data);
        else
            e = take_head(p, side, &data);
    }
    count_held(p);
    return e;
}

/* A gap that a body of known length, or one up to the end, spans. */
static bool gap_fits(const struct http_way *w, uint64_t len)
{
    const struct http_head_seen *h =
        w->kind == OPENING_RESPONSE ? &w->h : &w->exchange->h;

    return h->framing == HTTP_BY_CLOSE ||
           (h->framing == HTTP_BY_LENGTH && len <= w->left);
}

static enum err gap_in_body(struct http_pair *p, unsigned side, uint64_t len,
                            const char *why)
{
    struct http_way *w = &p->ways[side];
    bool fits = gap_fits(w, len);

    if (!fits && w->left > 0)
        len = w->left;
    if (w->gap_len == 0) {
        w->gap_at = w->body_len;
        w->gap_why = why;
        w->gap_len = len;
    }
    w->body_len += len;
    if (fits) {
        w->left -= w->left < len ? w->left : len;
        if (w->left == 0 &&
            (w->kind != OPENING_RESPONSE || w->h.framing == HTTP_BY_LENGTH))
            return way_complete(p, side, false);
        return ERR_OK;
    }
    TRY(way_complete(p, side, false));
    w->state = WAY_SEEK;
    w->has_gap = true;
    return ERR_OK;
}

enum err http_pair_gap(struct http_pair *p, unsigned side, uint64_t len,
                       const char *why)
{
    struct http_way *w = &p->ways[side];
    enum err e = ERR_OK;

    if (w->state == WAY_IGNORED || len == 0)
        return ERR_OK;
    if (w->state == WAY_BODY) {
        e = gap_in_body(p, side, len, why);
        count_held(p);
        return e;
    }
    if (http_pair_client(p) >= 0 && w->state != WAY_SEEK)
        e = http_problem(
            p, side, "%llu bytes %s a message are %s; going on behind them",
            (unsigned long long)len,
            w->state == WAY_HEAD ? "of the head of" : "before", why);
    TRY(e);
    if (w->kind == OPENING_REQUEST && w->state != WAY_SEEK)
        TRY(http_exchange_lost(p));
    way_clear(w);
    w->state = WAY_SEEK;
    w->has_gap = true;
    count_held(p);
    return ERR_OK;
}

enum err http_pair_end(struct http_pair *p, unsigned side, enum way_end how)
{
    struct http_way *w = &p->ways[side];
    enum way_state state = w->state;
    enum err e = ERR_OK;

    if (state == WAY_IGNORED)
        return ERR_OK;
    if (state == WAY_HEAD)
        e = http_problem(p, side, "%s within the head of an HTTP message",
                         how == WAY_CLOSED || how == WAY_RESET
                             ? "the connection ends"
                             : "the capture ends, or the connection is left "
                               "alone,");
    if (state == WAY_BODY && (how == WAY_CLOSED || how == WAY_RESET))
        e = way_complete(p, side,
                         how == WAY_CLOSED && w->kind == OPENING_RESPONSE &&
                             w->h.framing == HTTP_BY_CLOSE);
    else if (state == WAY_BODY && w->about != ABOUT_OTHER)
        e = http_problem(p, side,
                         "the capture ends, or the connection is left alone, "
                         "behind byte %llu of the body",
                         (unsigned long long)w->body_len);
    else if (state == WAY_SEEK && w->kind == OPENING_MORE)
        p->tap->sink->totals.other_streams++;
    ignore(w);
    count_held(p);
    return e;
}

enum err http_pair_close(struct http_pair *p, enum way_end how)
{
    struct http_exchange *x;
    enum err e = ERR_OK;

    while (e == ERR_OK && (x = http_exchange_pop(p)) != NULL) {
        if (x->is_cmp && x->is_read)
            e = http_unanswered(p, x, how);
        http_exchange_free(x);
    }
    count_held(p);
    return e;
}
