/*
 * HTTP/1 as it goes both ways over one connection of a capture: requests, the
 * responses tied to them, and out of these what is about CMP.
 *
 * Ports say nothing: what a way's first bytes are decides. HTTP is about CMP
 * when its media type says so, its path lies below /.well-known/cmp, its body
 * begins like a PKIMessage, or it answers such a request.
 */
#ifndef INSPECT_HTTP_PAIR_H
#define INSPECT_HTTP_PAIR_H

#include "base/buf.h"
#include "inspect/http_head.h"
#include "inspect/input_internal.h"
#include "inspect/packet.h"

/* Where the reading of a capture stands, and who gets what is found. */
struct tap {
    struct sink *sink;
    uint64_t packet;      /* the number of the one at hand */
    int64_t at;           /* its time, in microseconds */
    size_t buffered;      /* bytes kept of all connections */
    uint64_t connections; /* counted */
};

/* Why no more bytes come. */
enum way_end {
    WAY_CLOSED,    /* FIN */
    WAY_RESET,     /* RST */
    WAY_NEW_START, /* the ports were used anew */
    WAY_UNREAD     /* the capture ends, or the connection was set aside */
};

/* A request, from its head up to the end of its response. The list of those
 * not answered refers to it, and the ways that are reading it. */
struct http_exchange {
    struct http_exchange *next;
    unsigned refs;
    struct buf head; /* `h` points into it */
    struct http_head_seen h;
    struct buf message;
    size_t number; /* of the message among those seen; 0: not one */
    bool is_cmp;
    bool is_read; /* up to its end */
    bool is_lost; /* stands for what a gap has swallowed */
};

enum way_state {
    WAY_START, /* before a message */
    WAY_HEAD,
    WAY_BODY,
    WAY_SEEK,   /* after a gap: up to what looks like the start of one */
    WAY_IGNORED /* no HTTP */
};

enum about_cmp {
    ABOUT_OTHER,
    ABOUT_MAYBE, /* the first bytes of the body will tell */
    ABOUT_CMP
};

struct http_way {
    enum way_state state;
    enum opening kind; /* OPENING_MORE: not known yet */
    enum about_cmp about;
    bool is_seen; /* some packet came this way */
    bool is_http; /* a head of HTTP/1 was read */
    bool has_gap; /* that swallowed the start of a message */
    struct buf head;
    size_t head_at;
    struct http_head_seen h;
    struct http_exchange *exchange; /* what is asked, or answered */
    struct buf body;
    uint64_t body_len; /* as it passed */
    uint64_t left;     /* of HTTP_BY_LENGTH */
    struct chunks chunks;
    /* the first bytes of the body that are missing; 0: none */
    uint64_t gap_len, gap_at;
    const char *gap_why;
};

struct http_pair {
    struct tap *tap;
    struct endpoint ends[2];
    uint64_t connection;
    struct http_way ways[2];
    struct http_exchange *first, *last; /* not answered yet, by age */
    size_t num_exchanges;
    size_t num_orphans; /* responses whose requests are not known */
    size_t held;        /* bytes, counted in the tap */
};

void http_pair_init(struct http_pair *p, struct tap *tap,
                    const struct endpoint *a, const struct endpoint *b);
void http_pair_done(struct http_pair *p);

/* This way is captured from its middle on: it is read from where a message
 * begins. */
void http_pair_join(struct http_pair *p, unsigned side);

/* The next bytes from ends[side]. What they return is what `each` did, or
 * ERR_NO_MEM. */
MUST_USE enum err http_pair_data(struct http_pair *p, unsigned side,
                                 struct span data);
/* `len` bytes are missing. `why` is static, such as "not in the capture". */
MUST_USE enum err http_pair_gap(struct http_pair *p, unsigned side,
                                uint64_t len, const char *why);
/* Nothing more comes from that end. */
MUST_USE enum err http_pair_end(struct http_pair *p, unsigned side,
                                enum way_end how);
/* After both: tells of requests without response. */
MUST_USE enum err http_pair_close(struct http_pair *p, enum way_end how);

/* The side of the requests, as far as known; -1: not. */
int http_pair_client(const struct http_pair *p);
/* Is this way none of which anything is wanted? */
bool http_pair_ignores(const struct http_pair *p, unsigned side);

/* --- within: http_exchange.c, the requests that wait for responses --- */

/* NULL: out of memory. One reference, the caller's. */
struct http_exchange *http_exchange_new(void);
/* Gives up a reference; NULL is allowed. */
void http_exchange_free(struct http_exchange *x);
/* Puts it on the list, which takes the caller's reference. */
void http_exchange_push(struct http_pair *p, struct http_exchange *x);
/* Takes the oldest off, with its reference; NULL: there is none. */
struct http_exchange *http_exchange_pop(struct http_pair *p);
/*
 * The same for a response that begins. Behind a gap it is about the last
 * request, as hardly anyone pipelines; of those before it is not known that
 * they have no response, and they go.
 */
struct http_exchange *http_exchange_answered(struct http_pair *p, bool has_gap);
/* A request was in a gap, one at least. Its response may have come before the
 * gap was noticed. */
MUST_USE enum err http_exchange_lost(struct http_pair *p);

/* --- within: http_give.c, which delivers what http_pair.c has read --- */

/* A whole or ended message of this way. */
MUST_USE enum err http_give(struct http_pair *p, unsigned side, bool is_whole);
/* What could not be read; with the body so far as a part of a message. */
MUST_USE enum err http_problem(struct http_pair *p, unsigned side,
                               const char *fmt, ...) PRINTF_LIKE(3, 4);
/* A request that has no response. */
MUST_USE enum err http_unanswered(struct http_pair *p,
                                  const struct http_exchange *x,
                                  enum way_end how);

#endif
