/*
 * The head of an HTTP/1 message as a capture has it, and a chunked body.
 *
 * The server's own parser (net/request.h) refuses whatever two readers could
 * read differently, and knows requests only. Here what was said is to be shown
 * and judged, the faulty more than the rest, so this one takes bare LF, folded
 * lines, several lengths and any version 1.x, says in `odd` what it took, and
 * reads responses too. Pure functions.
 */
#ifndef INSPECT_HTTP_HEAD_H
#define INSPECT_HTTP_HEAD_H

#include "base/buf.h"
#include "inspect/input.h"

/* What the first bytes of one way of a connection begin. */
enum opening {
    OPENING_MORE, /* too few to tell */
    OPENING_REQUEST,
    OPENING_RESPONSE,
    OPENING_TLS,
    OPENING_HTTP2,
    OPENING_OTHER
};
enum opening opening_find(struct span bytes);

/*
 * Looks for the empty line that ends a head, from `*at` on, which moves. True:
 * `*at` is behind it.
 */
bool head_find(struct span bytes, size_t *at);

/*
 * Reads a whole head. Spans point into it. False: its first line is none of
 * HTTP/1. `framing` is left to head_frame.
 */
bool head_parse(struct span head, struct http_head_seen *out);

/* How the body is delimited; a response's depends on its request, which may be
 * NULL (RFC 9112, 6.3). */
enum http_framing head_frame(const struct http_head_seen *head,
                             const struct http_head_seen *request);

/* Is this the media type of CMP, parameters aside (RFC 9811, 3.2 and 4)? */
bool type_is_cmp(struct span type);
/* "application/pkixcmp" exactly, parameters aside. */
bool type_is_pkixcmp(struct span type);

/* What a peer wrote, for people: what is not printable ASCII becomes '?'. Cut
 * to `size`. */
void text_plain(struct span text, char *out, size_t size);

/* Equal without regard to the case of ASCII letters. */
bool text_is(struct span s, const char *text);

/* Does the path lie below /.well-known/cmp (RFC 9811, 3.4)? Of an absolute
 * target, its path. */
bool target_is_well_known(struct span target);

/* A chunked body, by bytes as they come. Starts zeroed. */
struct chunks {
    unsigned state;
    unsigned num_digits;
    size_t line_len; /* of extensions and trailer lines */
    uint64_t left;
};
enum chunk_step {
    CHUNK_MORE,
    CHUNK_DATA, /* `out` has some of the body */
    CHUNK_END,
    CHUNK_BAD
};
/* Moves `in` past what it takes: as much as comes to one step. */
enum chunk_step chunks_step(struct chunks *c, struct span *in,
                            struct span *out);

#endif
