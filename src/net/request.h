/*
 * The bytes of an HTTP/1 request: its head, and a chunked body (RFC 9112).
 *
 * libevent's own HTTP layer is not used. In 2.1.12 it takes duplicate
 * Content-Length lines, folded lines, bare LF, NUL and loosely written chunk
 * sizes, and hands a request over only when its body is complete: the hooks
 * from which a guard could see the raw bytes, or a head before its body, came
 * in 2.2. What it lets through is what request smuggling is made of, its
 * timeouts are per read, and a head too long for it is a 413. A guard in front
 * of it would have to parse all of this anyway; so here it is, strict and with
 * nothing CMP does not need, over libevent's bufferevents. Pure functions.
 */
#ifndef NET_REQUEST_H
#define NET_REQUEST_H

#include "base/buf.h"
#include "base/span.h"

enum http_step {
    HTTP_MORE, /* good so far, incomplete */
    HTTP_DONE,
    HTTP_BAD /* no HTTP, or HTTP two readers could read differently */
};

/*
 * Looks for the empty line that ends a head. `*at` is where to go on, 0 at
 * first, and moves; HTTP_DONE leaves it behind the empty line. HTTP_BAD: a
 * control character, a CR or LF alone.
 */
enum http_step http_head_find(struct span in, size_t *at);

/* What the head says. Spans point into it. */
struct http_head {
    struct span method;
    struct span path; /* begins with '/' */
    struct span query;
    struct span content_type; /* absent when there is none */
    uint64_t length;
    bool has_length;
    bool is_chunked;
    bool is_encoded; /* has a Content-Encoding */
    bool wants_continue;
    bool is_http_1_0;
    bool keeps_alive;
};

/*
 * Reads a whole head, as http_head_find has delimited it. Returns 0, or the
 * status that refuses it: 400, 417, 431 (too many lines) or 505.
 */
int http_head_parse(struct span head, struct http_head *out);

/* Equal without regard to the case of ASCII letters. */
bool http_is_token(struct span s, const char *text);

/* A chunked body, by bytes as they come. Starts zeroed. */
struct http_chunks {
    unsigned char state;
    unsigned char num_digits;
    unsigned line_len; /* of a chunk's extension, or of all trailer lines */
    size_t left;       /* what the size line says, then what is to come */
};

/*
 * Moves `in` past what it takes and appends the data to `body`. HTTP_DONE: `in`
 * begins behind the last trailer line, which are read over. HTTP_BAD: `*status`
 * says what to answer: 400, 413 as soon as a size leads beyond the cap of
 * `body`, or 431 when there is too much of a trailer.
 */
enum http_step http_chunks_step(struct http_chunks *c, struct span *in,
                                struct buf *body, int *status);

#endif
