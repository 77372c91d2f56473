#include <assert.h>

#include "base/text.h"
#include "inspect/http_pair.h"

#define WHERE_LEN 512

static void where_format(const struct http_pair *p, unsigned side,
                         char out[WHERE_LEN])
{
    char from[ENDPOINT_TEXT_LEN], to[ENDPOINT_TEXT_LEN];

    endpoint_format(&p->ends[side], from);
    endpoint_format(&p->ends[1 - side], to);
    text_format(out, WHERE_LEN, "%s, packet %llu, %s to %s", p->tap->sink->name,
                (unsigned long long)p->tap->packet, from, to);
}

static enum err give(struct http_pair *p, unsigned side, enum seen_way way,
                     const struct http_seen *http, struct seen seen)
{
    char where[WHERE_LEN];

    where_format(p, side, where);
    seen.way = way;
    seen.at = p->tap->at;
    seen.connection = p->connection;
    seen.http = http;
    seen.where = where;
    return sink_give(p->tap->sink, &seen);
}

/* The HTTP of this way's message, as far as it was read. */
static struct http_seen http_of(const struct http_pair *p, unsigned side,
                                bool is_whole)
{
    const struct http_way *w = &p->ways[side];
    const struct http_exchange *x = w->exchange;
    struct http_seen http = {
        .body = buf_span(&w->body),
        .is_whole = is_whole && w->gap_len == 0,
    };

    if (w->kind == OPENING_RESPONSE)
        http.response = &w->h;
    if (x == NULL || x->is_lost)
        return http;
    http.request = &x->h;
    if (w->kind == OPENING_RESPONSE) {
        http.request_number = x->number;
        if (x->message.len > 0)
            http.asked = buf_span(&x->message);
    }
    return http;
}

/* By what it is, or else by what the other way is. */
static enum seen_way way_of(const struct http_pair *p, unsigned side)
{
    int client = http_pair_client(p);

    if (p->ways[side].kind == OPENING_REQUEST)
        return SEEN_REQUEST;
    if (p->ways[side].kind == OPENING_RESPONSE)
        return SEEN_RESPONSE;
    if (client < 0)
        return SEEN_UNKNOWN;
    return client == (int)side ? SEEN_REQUEST : SEEN_RESPONSE;
}

enum err http_problem(struct http_pair *p, unsigned side, const char *fmt, ...)
{
    const struct http_way *w = &p->ways[side];
    bool has_head = w->state == WAY_BODY;
    struct http_seen http = { 0 };
    char text[320];
    struct seen seen = { .problem = text };
    va_list args;

    va_start(args, fmt);
    text_vformat(text, sizeof(text), fmt, args);
    va_end(args);
    if (has_head) {
        http = http_of(p, side, false);
        if (w->body.len > 0)
            seen.part = buf_span(&w->body);
    }
    return give(p, side, way_of(p, side), has_head ? &http : NULL, seen);
}

/* The number that the message to be given will have. */
static void note_number(struct http_pair *p, struct http_way *w)
{
    if (w->kind == OPENING_REQUEST && w->exchange != NULL)
        w->exchange->number = (size_t)p->tap->sink->totals.messages + 1;
}

enum err http_give(struct http_pair *p, unsigned side, bool is_whole)
{
    struct http_way *w = &p->ways[side];
    struct http_seen http = http_of(p, side, is_whole);
    const struct http_head_seen *h =
        w->kind == OPENING_RESPONSE ? http.response : http.request;
    struct seen seen = { .der = SPAN_NONE };
    char coding[40];

    assert(h != NULL);
    if (!span_is_absent(h->coding)) {
        text_plain(h->coding, coding, sizeof(coding));
        return http_problem(
            p, side, "the body is coded as %s, which is not read here", coding);
    }
    if (w->gap_len > 0)
        return http_problem(p, side, "bytes %llu to %llu of the body are %s",
                            (unsigned long long)w->gap_at,
                            (unsigned long long)(w->gap_at + w->gap_len - 1),
                            w->gap_why);
    /* An error page of a server is no message. */
    if (w->body.len > 0 &&
        (type_is_cmp(h->type) || w->kind == OPENING_REQUEST ||
         looks_like_message(buf_span(&w->body)))) {
        seen.der = buf_span(&w->body);
        note_number(p, w);
    }
    return give(p, side, way_of(p, side), &http, seen);
}

enum err http_unanswered(struct http_pair *p, const struct http_exchange *x,
                         enum way_end how)
{
    unsigned client = (unsigned)http_pair_client(p);
    const struct http_way *w = &p->ways[1 - client];
    struct http_seen http = { .request = &x->h, .request_number = x->number };
    struct seen seen = { .der = SPAN_NONE };

    if (x->message.len > 0)
        http.asked = buf_span(&x->message);
    if (!w->is_seen)
        seen.problem = "no answer: only the requests' way of this connection "
                       "was captured";
    else if (w->has_gap)
        seen.problem = "no answer: bytes of that way are missing";
    else if (how == WAY_UNREAD || how == WAY_NEW_START)
        seen.problem = "no answer before the capture ends, or is left alone";
    return give(p, 1 - client, SEEN_RESPONSE, &http, seen);
}
