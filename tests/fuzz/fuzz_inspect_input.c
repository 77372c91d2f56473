/*
 * The readers of input: the bytes as a file of any form, with what is seen
 * looked through to its last byte and its HTTP judged.
 */
#include <assert.h>
#include <stdint.h>

#include "inspect/http_rules.h"
#include "inspect/input.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct fuzzed {
    size_t number;
    uint64_t problems;
    volatile uint8_t sum; /* so that the bytes are read */
};

static void look(struct fuzzed *f, struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        f->sum = (uint8_t)(f->sum + bytes.ptr[i]);
}

static void look_at_head(struct fuzzed *f, const struct http_head_seen *h)
{
    if (h == NULL)
        return;
    look(f, h->method);
    look(f, h->target);
    look(f, h->host);
    look(f, h->type);
    look(f, h->coding);
    look(f, h->goes_to);
    assert((h->status == 0) == (h->method.len > 0));
}

static void judged(void *arg, enum rule_id rule, enum verdict verdict,
                   const struct found *found)
{
    look(arg, span_str(found->path));
    look(arg, span_str(found->text));
    assert(rule_get(rule)->step == STEP_HTTP);
    assert((verdict == VERDICT_BROKEN) == (found->path[0] != '\0'));
}

static enum err take(void *arg, const struct seen *seen)
{
    struct fuzzed *f = arg;

    look(f, span_str(seen->where));
    look(f, seen->der);
    look(f, seen->part);
    if (!span_is_absent(seen->der))
        assert(seen->problem == NULL && seen->number == ++f->number);
    else
        assert(seen->number == 0);
    if (seen->problem != NULL)
        f->problems++;
    assert(!span_is_absent(seen->der) || seen->problem != NULL ||
           seen->http != NULL);
    if (seen->http != NULL) {
        assert(seen->connection != 0);
        assert(seen->http->request != NULL || seen->http->response != NULL);
        look_at_head(f, seen->http->request);
        look_at_head(f, seen->http->response);
        look(f, seen->http->asked);
        look(f, seen->http->body);
    }
    http_check(seen, judged, f);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input_totals totals = { 0 };
    struct input_options options = { 8, 65536, &totals };
    struct fuzzed f = { 0 };
    struct fault why = { 0 };
    enum err e =
        input_read_bytes(span_of(data, size), "x", &options, take, &f, &why);

    assert(e == ERR_OK || e == ERR_BAD_DATA_FORMAT);
    assert(e == ERR_OK || why.text[0] != '\0');
    assert(totals.messages == f.number && totals.problems == f.problems);
    return 0;
}
