/*
 * What `inspect`, `lint` and `replay` are given: PKIMessages out of a file, in
 * whatever form people have them. The form is told by content, not by name:
 *
 *   DER      one message, or several one behind the other
 *   PEM      any label, one block or several
 *   hex      blanks, colons, 0x, or the lines of xxd and hexdump -C
 *   base64   with or without line breaks
 *   pcap     and pcapng, with HTTP/1 over TCP inside (inspect/capture.h)
 *
 * Everything is bounded: what is read (LIMIT_INPUT_*), and what is remembered
 * of a capture (LIMIT_CAPTURE_*), through which it goes once.
 */
#ifndef INSPECT_INPUT_H
#define INSPECT_INPUT_H

#include "base/error.h"
#include "base/span.h"

/* Which way a message goes, as far as that shows without reading it. */
enum seen_way {
    SEEN_UNKNOWN, /* not from a capture */
    SEEN_REQUEST, /* from the HTTP client */
    SEEN_RESPONSE
};

/* How the body of an HTTP message was delimited (RFC 9112, 6.3). */
enum http_framing {
    HTTP_NO_BODY,
    HTTP_BY_LENGTH,
    HTTP_BY_CHUNKS,
    HTTP_BY_CLOSE /* a response's, up to the end of the connection */
};

/* The head of an HTTP request or response. Spans are absent where a line is
 * missing or belongs to the other kind. */
struct http_head_seen {
    struct span method, target;
    unsigned status;     /* 0 in a request */
    unsigned minor;      /* of HTTP/1.x */
    struct span host;    /* Host */
    struct span type;    /* Content-Type, with its parameters */
    struct span coding;  /* Content-Encoding */
    struct span expect;  /* Expect */
    struct span goes_to; /* Location */
    uint64_t length;     /* of Content-Length, when has_length */
    size_t num_lengths;  /* Content-Length lines that are not equal */
    bool has_length;
    bool is_chunked;
    bool closes; /* Connection: close, or HTTP/1.0 without keep-alive */
    enum http_framing framing;
    const char *odd; /* what of it only a tolerant reader takes; NULL: nothing*/
};

/*
 * The HTTP around a message. Of a request `response` is NULL: it is not there
 * yet. Of a response `request` is NULL when the capture has none for it.
 * Both are NULL never.
 */
struct http_seen {
    const struct http_head_seen *request, *response;
    size_t request_number; /* `number` of the request's message; 0: none */
    struct span asked;     /* response: the request's message; may be absent */
    struct span body;      /* as it came, chunks joined; maybe cut */
    bool is_whole;         /* the body is all there */
};

/*
 * A message as it was met. One with a `problem` has no `der`: the input could
 * not be read there (a gap, a gzip body, TLS), and `part` is what there is of
 * the message from its first byte, if anything. One with neither is HTTP about
 * CMP that carries no message: a GET, a 404, an answer that never came
 * (way SEEN_RESPONSE, http->response NULL).
 */
struct seen {
    struct span der;     /* the PKIMessage's bytes, maybe broken */
    struct span part;    /* with a problem: what there is of them */
    const char *problem; /* NULL: none */
    size_t number;       /* 1, 2, ... of those with `der`; else 0 */
    enum seen_way way;
    int64_t at;          /* microseconds since 1970; 0: not known */
    uint64_t connection; /* 0: not from a capture; both ways share it */
    const struct http_seen *http; /* NULL: not from a capture */
    const char *where; /* "a.pcap, packet 12, 10.0.0.1:4000 to 10.0.0.2:80" */
};

/* Takes one; all it points to is borrowed for the call. What it returns ends
 * the reading, unless ERR_OK. */
typedef enum err seen_each(void *arg, const struct seen *seen);

/* What else there was in a capture, counted. */
struct input_totals {
    uint64_t messages;       /* with `der` */
    uint64_t problems;       /* with `problem` */
    uint64_t packets;        /* of a capture, all */
    uint64_t other_packets;  /* no TCP over IP */
    uint64_t bad_packets;    /* fragments, cut within their heads, broken */
    uint64_t connections;    /* of TCP */
    uint64_t other_streams;  /* neither HTTP nor TLS, each way by itself */
    uint64_t tls_streams;    /* the same, TLS */
    uint64_t other_requests; /* HTTP that is not about CMP */
};

struct input_options {
    size_t connections;          /* remembered at once */
    size_t buffered;             /* bytes of a capture kept, in all */
    struct input_totals *totals; /* filled in any case; NULL: not wanted */
};

/*
 * Reads the file, or standard input when `path` is "-", and calls `each` for
 * every message in the order of their last bytes. `options` NULL: the limits of
 * base/limits.h.
 * ERR_NOT_FOUND, ERR_IO; ERR_LIMIT: too long; ERR_BAD_DATA_FORMAT: none of the
 * forms, or a capture that libpcap does not read, or nothing in it; else what
 * `each` returned. What came before the failure was delivered.
 */
MUST_USE enum err input_read(const char *path,
                             const struct input_options *options,
                             seen_each *each, void *arg, struct fault *f);

/* The same from memory; `name` stands for the path in `where`. */
MUST_USE enum err input_read_bytes(struct span bytes, const char *name,
                                   const struct input_options *options,
                                   seen_each *each, void *arg, struct fault *f);

#endif
