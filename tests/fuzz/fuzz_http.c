/*
 * The HTTP request parser. The bytes are read twice, whole and one at a time,
 * which must come to the same, as libevent cuts them where it likes.
 */
#include <assert.h>
#include <stdint.h>

#include "net/request.h"

#define BODY_CAP 512

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static enum http_step find_by_bytes(struct span in, size_t *at)
{
    enum http_step step = HTTP_MORE;

    *at = 0;
    for (size_t len = 0; step == HTTP_MORE && len <= in.len; len++)
        step = http_head_find(span_of(in.ptr, len), at);
    return step;
}

static void read_chunks(struct span in)
{
    struct http_chunks whole = { 0 }, bits = { 0 };
    struct buf body, same;
    struct span rest = in, one;
    enum http_step step, again = HTTP_MORE;
    int status, status_again = 0;

    buf_init(&body, BODY_CAP);
    buf_init(&same, BODY_CAP);
    step = http_chunks_step(&whole, &rest, &body, &status);
    for (size_t i = 0; again == HTTP_MORE && i < in.len; i++) {
        one = span_of(in.ptr + i, 1);
        again = http_chunks_step(&bits, &one, &same, &status_again);
    }
    assert(step == again && status == status_again);
    assert((step == HTTP_BAD) == (status != 0));
    assert(span_is_equal(buf_span(&body), buf_span(&same)));
    buf_done(&body);
    buf_done(&same);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span in = span_of(data, size);
    struct http_head h;
    size_t at = 0, at_again;
    enum http_step step = http_head_find(in, &at);
    enum http_step step_again = find_by_bytes(in, &at_again);

    assert(step_again == step);
    if (step != HTTP_DONE) {
        read_chunks(in);
        return 0;
    }
    assert(at == at_again);
    if (http_head_parse(span_of(data, at), &h) != 0)
        return 0;
    assert(h.path.len > 0 && h.path.ptr[0] == '/');
    assert(!(h.is_chunked && h.has_length));
    if (h.is_chunked)
        read_chunks(span_of(data + at, size - at));
    return 0;
}
