#include "inspect/stream.h"

#include <stdlib.h>

#include "base/limits.h"

#define BUCKETS 4096
/* So long a gap is waited for once its bytes are acknowledged: microseconds */
#define PATIENCE ((int64_t)1000000)
/* Bytes delivered that are kept, to compare what is sent once more. */
#define TAIL_LEN ((size_t)2048)

static const char not_captured[] = "not in the capture";
static const char cut_off[] =
    "cut off: the capture was made with a snaplen shorter than its packets";

/* A segment that waits for those before it. */
struct piece {
    struct piece *next;
    uint32_t seq;
    size_t len;
    size_t lost; /* not captured, behind them */
    uint8_t bytes[];
};

/* One way of a connection. */
struct half {
    bool has_next; /* some byte's or the SYN's place is known */
    bool has_fin;
    bool has_hole;
    bool is_acked; /* the hole's first byte */
    bool is_over;
    uint32_t next; /* what comes next */
    uint32_t fin;
    int64_t hole_at;
    struct piece *queue; /* by place, disjoint */
    size_t num_pieces, num_bytes;
    struct buf tail;
};

struct connection {
    struct connection *same_bucket;
    struct connection *newer, *older;
    struct half halves[2];
    struct http_pair http;
    bool is_over; /* kept so that late packets are known as its own */
    uint32_t bucket;
};

struct streams {
    struct tap *tap;
    struct connection *buckets[BUCKETS];
    struct connection *newest, *oldest;
    size_t num;
};

struct streams *streams_new(struct tap *tap)
{
    struct streams *s = calloc(1, sizeof(*s));

    if (s != NULL)
        s->tap = tap;
    return s;
}

/* --- the table --- */

static uint32_t hash_end(const struct endpoint *e)
{
    uint32_t h = 2166136261u ^ e->port;

    for (size_t i = 0; i < sizeof(e->address); i++)
        h = (h ^ e->address[i]) * 16777619u;
    return h ^ h >> 15;
}

static void lru_remove(struct streams *s, struct connection *c)
{
    if (c->newer != NULL)
        c->newer->older = c->older;
    else
        s->newest = c->older;
    if (c->older != NULL)
        c->older->newer = c->newer;
    else
        s->oldest = c->newer;
}

static void lru_add(struct streams *s, struct connection *c)
{
    c->newer = NULL;
    c->older = s->newest;
    if (s->newest != NULL)
        s->newest->newer = c;
    s->newest = c;
    if (s->oldest == NULL)
        s->oldest = c;
}

static void half_drop(struct streams *s, struct half *h)
{
    struct piece *piece;

    while ((piece = h->queue) != NULL) {
        h->queue = piece->next;
        free(piece);
    }
    s->tap->buffered -= h->num_bytes + h->tail.size;
    h->num_pieces = h->num_bytes = 0;
    buf_done(&h->tail);
    buf_init(&h->tail, 2 * TAIL_LEN);
}

static void connection_free(struct streams *s, struct connection *c)
{
    struct connection **at = &s->buckets[c->bucket];

    while (*at != c)
        at = &(*at)->same_bucket;
    *at = c->same_bucket;
    lru_remove(s, c);
    half_drop(s, &c->halves[0]);
    half_drop(s, &c->halves[1]);
    http_pair_done(&c->http);
    s->num--;
    free(c);
}

void streams_free(struct streams *s)
{
    if (s == NULL)
        return;
    while (s->oldest != NULL)
        connection_free(s, s->oldest);
    free(s);
}

static struct connection *connection_find(struct streams *s,
                                          const struct segment *g,
                                          unsigned *side)
{
    uint32_t bucket = (hash_end(&g->from) + hash_end(&g->to)) % BUCKETS;

    for (struct connection *c = s->buckets[bucket]; c != NULL;
         c = c->same_bucket) {
        for (unsigned i = 0; i < 2; i++) {
            if (endpoint_compare(&c->http.ends[i], &g->from) == 0 &&
                endpoint_compare(&c->http.ends[1 - i], &g->to) == 0) {
                *side = i;
                return c;
            }
        }
    }
    return NULL;
}

static struct connection *connection_new(struct streams *s,
                                         const struct segment *g)
{
    struct connection *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    http_pair_init(&c->http, s->tap, &g->from, &g->to);
    buf_init(&c->halves[0].tail, 2 * TAIL_LEN);
    buf_init(&c->halves[1].tail, 2 * TAIL_LEN);
    c->bucket = (hash_end(&g->from) + hash_end(&g->to)) % BUCKETS;
    c->same_bucket = s->buckets[c->bucket];
    s->buckets[c->bucket] = c;
    lru_add(s, c);
    s->num++;
    return c;
}

/* --- one way --- */

/* How far `seq` lies behind (or before, negative) what comes next. */
static int64_t distance(const struct half *h, uint32_t seq)
{
    return (int32_t)(seq - h->next);
}

/* Keeps the last bytes delivered. */
static enum err tail_add(struct streams *s, struct half *h, struct span data)
{
    size_t size = h->tail.size, keep;

    if (data.len > TAIL_LEN)
        data = span_of(data.ptr + data.len - TAIL_LEN, TAIL_LEN);
    if (h->tail.len + data.len > 2 * TAIL_LEN) {
        keep = TAIL_LEN;
        memmove(h->tail.ptr, h->tail.ptr + h->tail.len - keep, keep);
        h->tail.len = keep;
    }
    buf_add(&h->tail, data);
    s->tap->buffered = s->tap->buffered - size + h->tail.size;
    return h->tail.failed;
}

static enum err deliver(struct streams *s, struct connection *c, unsigned side,
                        struct span data, size_t lost)
{
    struct half *h = &c->halves[side];

    h->next += (uint32_t)(data.len + lost);
    h->has_hole = false;
    if (http_pair_ignores(&c->http, side))
        return ERR_OK;
    TRY(http_pair_data(&c->http, side, data));
    if (lost > 0) {
        h->tail.len = 0;
        return http_pair_gap(&c->http, side, lost, cut_off);
    }
    return tail_add(s, h, data);
}

static enum err tell_difference(struct connection *c, unsigned side)
{
    if (http_pair_ignores(&c->http, side))
        return ERR_OK;
    return http_problem(&c->http, side,
                        "bytes that were sent before are sent again, and "
                        "differ; the first are read");
}

/* `data`, which ends `back` bytes before what comes next or later, against the
 * bytes kept. */
static bool differs_from_tail(const struct half *h, struct span data,
                              uint64_t back)
{
    size_t skip;
    uint64_t start;

    if (back > h->tail.len) {
        skip = (size_t)(back - h->tail.len);
        if (skip >= data.len)
            return false;
        data = span_of(data.ptr + skip, data.len - skip);
        back = h->tail.len;
    }
    start = h->tail.len - back;
    if (data.len > back)
        data.len = (size_t)back;
    return data.len > 0 && memcmp(h->tail.ptr + start, data.ptr, data.len) != 0;
}

/* A piece at that place of the queue. */
static enum err piece_insert(struct streams *s, struct half *h,
                             struct piece **at, uint32_t seq, struct span data,
                             size_t lost)
{
    struct piece *piece = malloc(sizeof(*piece) + data.len);

    if (piece == NULL)
        return ERR_NO_MEM;
    *piece = (struct piece){ .next = *at, .seq = seq, .lost = lost };
    piece->len = data.len;
    if (data.len > 0)
        memcpy(piece->bytes, data.ptr, data.len);
    *at = piece;
    h->num_pieces++;
    h->num_bytes += sizeof(*piece) + data.len;
    s->tap->buffered += sizeof(*piece) + data.len;
    return ERR_OK;
}

/* Cuts the first `len` bytes off. */
static struct span cut_front(struct span *data, uint32_t *seq, size_t len)
{
    struct span front = span_of(data->ptr, len);

    *data = span_of(data->ptr + len, data->len - len);
    *seq += (uint32_t)len;
    return front;
}

/*
 * Puts what is new of these bytes among those that wait: each part between two
 * pieces that are there already is a piece of its own. The bytes that came
 * first stay; `*differs` tells whether others were sent for the same place.
 */
static enum err queue_add(struct streams *s, struct half *h, uint32_t seq,
                          struct span data, size_t lost, bool *differs)
{
    struct piece **at = &h->queue;
    struct span front;

    while (*at != NULL && data.len > 0) {
        int64_t start = distance(h, seq);
        int64_t from = distance(h, (*at)->seq);
        int64_t to = from + (int64_t)(*at)->len;

        if (start + (int64_t)data.len <= from)
            break;
        if (start < from) {
            uint32_t first = seq;

            front = cut_front(&data, &seq, (size_t)(from - start));
            TRY(piece_insert(s, h, at, first, front, 0));
        } else if (start < to) {
            size_t same = (size_t)(to - start);
            const uint8_t *there = (*at)->bytes + (start - from);

            front = cut_front(&data, &seq, same < data.len ? same : data.len);
            *differs |= memcmp(there, front.ptr, front.len) != 0;
        }
        at = &(*at)->next;
    }
    if (data.len == 0 && lost == 0)
        return ERR_OK;
    return piece_insert(s, h, at, seq, data, lost);
}

/* The queue's first piece, delivered as far as it is new. */
static enum err take_first(struct streams *s, struct connection *c,
                           unsigned side)
{
    struct half *h = &c->halves[side];
    struct piece *piece = h->queue;
    int64_t old = -distance(h, piece->seq);
    enum err e = ERR_OK;

    h->queue = piece->next;
    h->num_pieces--;
    h->num_bytes -= sizeof(*piece) + piece->len;
    s->tap->buffered -= sizeof(*piece) + piece->len;
    if (old <= (int64_t)piece->len)
        e = deliver(s, c, side,
                    span_of(piece->bytes + old, piece->len - (size_t)old),
                    piece->lost);
    free(piece);
    return e;
}

/* Is what is missing before the queue to be waited for no longer? */
static bool is_gap(const struct streams *s, const struct half *h)
{
    if (h->num_pieces >= LIMIT_CAPTURE_SEGMENTS ||
        h->num_bytes >= LIMIT_CAPTURE_STREAM)
        return true;
    return h->is_acked && s->tap->at - h->hole_at > PATIENCE;
}

static bool is_held(const struct connection *c, unsigned side)
{
    return http_pair_client(&c->http) == 1 - (int)side &&
           c->halves[1 - side].has_hole;
}

static void note_hole(const struct streams *s, struct half *h)
{
    if (h->has_hole)
        return;
    h->has_hole = true;
    h->hole_at = s->tap->at;
    h->is_acked = false;
}

/* Delivers what is there in order. `all`: gaps are waited for no more. */
static enum err drain(struct streams *s, struct connection *c, unsigned side,
                      bool all)
{
    struct half *h = &c->halves[side];
    int64_t missing;

    while (h->queue != NULL) {
        if (!all && is_held(c, side))
            return ERR_OK;
        missing = distance(h, h->queue->seq);
        if (missing > 0) {
            note_hole(s, h);
            if (!all && !is_gap(s, h))
                return ERR_OK;
            h->next += (uint32_t)missing;
            h->has_hole = false;
            h->tail.len = 0;
            TRY(http_pair_gap(&c->http, side, (uint64_t)missing, not_captured));
        }
        TRY(take_first(s, c, side));
    }
    h->has_hole = false;
    if (!h->has_fin || h->is_over || is_held(c, side))
        return ERR_OK;
    missing = distance(h, h->fin);
    if (missing > 0 && !all) {
        note_hole(s, h);
        if (!is_gap(s, h))
            return ERR_OK;
    }
    if (missing > 0)
        TRY(http_pair_gap(&c->http, side, (uint64_t)missing, not_captured));
    h->has_hole = false;
    h->is_over = true;
    return http_pair_end(&c->http, side, WAY_CLOSED);
}

/* --- a connection --- */

/* It ends. What waits is delivered, the client's first. */
static enum err finish(struct streams *s, struct connection *c,
                       enum way_end how)
{
    int client = http_pair_client(&c->http);
    unsigned first = client == 1 ? 1 : 0;

    if (c->is_over)
        return ERR_OK;
    c->is_over = true;
    TRY(drain(s, c, first, true));
    TRY(drain(s, c, 1 - first, true));
    if (c->halves[0].is_over && c->halves[1].is_over)
        how = WAY_CLOSED;
    for (unsigned i = 0; i < 2; i++) {
        unsigned side = i == 0 ? first : 1 - first;

        if (!c->halves[side].is_over)
            TRY(http_pair_end(&c->http, side, how));
        c->halves[side].is_over = true;
        half_drop(s, &c->halves[side]);
    }
    return http_pair_close(&c->http, how);
}

/* Far from where the connection stands: another one, whose SYN is not seen. */
static bool is_far(const struct half *h, const struct segment *g)
{
    int64_t d = distance(h, g->seq);

    return h->has_next && (d > 4 * (int64_t)LIMIT_CAPTURE_STREAM ||
                           d < -4 * (int64_t)LIMIT_CAPTURE_STREAM);
}

/* Does this segment begin a new connection between the same ends? */
static bool is_anew(const struct connection *c, unsigned side,
                    const struct segment *g)
{
    const struct half *h = &c->halves[side];

    if ((g->flags & TCP_SYN) == 0)
        return g->data.len > 0 && is_far(h, g);
    if (!h->has_next)
        return c->is_over;
    /* the same SYN once more, or one that its data overtook */
    return c->is_over || distance(h, g->seq + 1) > 0 ||
           distance(h, g->seq + 1) < -(int64_t)LIMIT_CAPTURE_STREAM;
}

static enum err take_data(struct streams *s, struct connection *c,
                          unsigned side, const struct segment *g)
{
    struct half *h = &c->halves[side];
    struct span data = g->data;
    uint32_t seq = g->seq + ((g->flags & TCP_SYN) != 0);
    bool differs = false;
    int64_t old;

    if (!h->has_next) {
        h->has_next = true;
        h->next = seq;
        http_pair_join(&c->http, side);
    }
    old = -distance(h, seq);
    if (http_pair_ignores(&c->http, side)) {
        if (old < (int64_t)(data.len + g->lost))
            h->next = seq + (uint32_t)(data.len + g->lost);
        return ERR_OK;
    }
    if (old > 0) {
        /* A probe of whether the other end is alive repeats a byte of any
         * value (RFC 9293, 3.8.4). */
        if (data.len > 1)
            differs = differs_from_tail(h, data, (uint64_t)old);
        if (old > (int64_t)data.len ||
            (old == (int64_t)data.len && g->lost == 0))
            return differs ? tell_difference(c, side) : ERR_OK;
        data = span_of(data.ptr + old, data.len - (size_t)old);
        seq = h->next;
    }
    if (h->queue == NULL && seq == h->next && !is_held(c, side))
        TRY(deliver(s, c, side, data, g->lost));
    else
        TRY(queue_add(s, h, seq, data, g->lost, &differs));
    return differs ? tell_difference(c, side) : ERR_OK;
}

static void take_syn(struct connection *c, unsigned side,
                     const struct segment *g)
{
    struct half *h = &c->halves[side];

    if (h->has_next)
        return;
    h->has_next = true;
    h->next = g->seq + 1;
}

static void take_ack(struct connection *c, unsigned side,
                     const struct segment *g)
{
    struct half *other = &c->halves[1 - side];

    if ((g->flags & TCP_ACK) != 0 && other->has_hole &&
        distance(other, g->ack) > 0)
        other->is_acked = true;
}

/* What can be delivered of both ways. */
static enum err drain_both(struct streams *s, struct connection *c,
                           unsigned side)
{
    TRY(drain(s, c, side, false));
    TRY(drain(s, c, 1 - side, false));
    return drain(s, c, side, false); /* what was held for the other */
}

static enum err take_segment(struct streams *s, struct connection *c,
                             unsigned side, const struct segment *g)
{
    struct half *h = &c->halves[side];

    /* A gap that has been waited for long enough comes before this segment. */
    if (h->has_hole || c->halves[1 - side].has_hole)
        TRY(drain_both(s, c, side));
    c->http.ways[side].is_seen = true;
    if ((g->flags & TCP_SYN) != 0)
        take_syn(c, side, g);
    if (c->is_over)
        return ERR_OK;
    if (!h->is_over && (g->data.len > 0 || g->lost > 0))
        TRY(take_data(s, c, side, g));
    if ((g->flags & TCP_FIN) != 0 && h->has_next) {
        h->has_fin = true;
        h->fin = g->seq + (uint32_t)(g->data.len + g->lost);
    }
    take_ack(c, side, g);
    TRY(drain_both(s, c, side));
    if ((g->flags & TCP_RST) != 0)
        return finish(s, c, WAY_RESET);
    if (c->halves[0].is_over && c->halves[1].is_over)
        return finish(s, c, WAY_CLOSED);
    return ERR_OK;
}

static enum err set_aside(struct streams *s, struct connection *c,
                          enum way_end how)
{
    enum err e = finish(s, c, how);

    connection_free(s, c);
    return e;
}

enum err streams_take(struct streams *s, const struct segment *g)
{
    const struct input_options *options = &s->tap->sink->options;
    unsigned side = 0;
    struct connection *c = connection_find(s, g, &side);

    if (c != NULL && is_anew(c, side, g)) {
        TRY(set_aside(s, c, WAY_NEW_START));
        c = NULL;
    }
    if (c == NULL) {
        if (g->data.len == 0 && (g->flags & TCP_SYN) == 0)
            return ERR_OK;
        if (s->num >= options->connections)
            TRY(set_aside(s, s->oldest, WAY_UNREAD));
        side = 0;
        c = connection_new(s, g);
        if (c == NULL)
            return ERR_NO_MEM;
    }
    lru_remove(s, c);
    lru_add(s, c);
    TRY(take_segment(s, c, side, g));
    while (s->tap->buffered > options->buffered && s->oldest != NULL)
        TRY(set_aside(s, s->oldest, WAY_UNREAD));
    return ERR_OK;
}

enum err streams_end(struct streams *s)
{
    while (s->oldest != NULL)
        TRY(set_aside(s, s->oldest, WAY_UNREAD));
    return ERR_OK;
}
