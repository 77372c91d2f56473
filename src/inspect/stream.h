/*
 * TCP connections put together from captured segments, within bounds.
 *
 * Segments may come reordered, repeated and overlapping; where two differ the
 * bytes that came first count, and the difference is told. A missing piece is
 * waited for until the other end has acknowledged it and a second of the
 * capture has passed, or too much waits behind it; then it is a gap. What a
 * server sends waits for what its client has still missing, so that an answer
 * does not come before its request. The connection without packets for
 * longest goes when there are too many, or too much is kept.
 */
#ifndef INSPECT_STREAM_H
#define INSPECT_STREAM_H

#include "inspect/http_pair.h"

struct streams;

/* `tap` outlives it. NULL: out of memory. */
struct streams *streams_new(struct tap *tap);
void streams_free(struct streams *s);
DEFINE_AUTO(streams)

/* One segment, in the order of the capture. ERR_NO_MEM, or what `each` did. */
MUST_USE enum err streams_take(struct streams *s, const struct segment *g);
/* The capture ends. */
MUST_USE enum err streams_end(struct streams *s);

#endif
