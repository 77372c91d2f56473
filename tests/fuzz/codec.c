#include "fuzz/codec.h"

#include <stdlib.h>

#include "base/limits.h"

static enum err copy(const struct fuzz_codec *codec, struct span der,
                     struct arena *a, struct span *out)
{
    struct der_fail fail = { 0 };
    struct der in = der_open(der, &fail);
    struct der_writer w;
    struct fault f;
    enum err e;

    der_writer_init(&w, a, der.len);
    e = codec->copy(&in, a, &w);
    if (e == ERR_OK)
        e = der_end(&in);
    if (e != ERR_OK)
        return der_fault(&fail, der, e, &f);
    e = der_finish(&w, out);
    if (e != ERR_OK && e != ERR_NO_MEM)
        abort();
    return e;
}

void fuzz_strict(const struct fuzz_codec *codec, const uint8_t *data,
                 size_t size)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct span der = span_of(data, size);
    struct span out;

    if (a != NULL && copy(codec, der, a, &out) == ERR_OK &&
        !span_is_equal(der, out))
        abort();
}

void fuzz_lenient(const struct fuzz_codec *codec, const uint8_t *data,
                  size_t size)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct span der = span_of(data, size);
    struct span out, again;

    if (a == NULL || copy(codec, der, a, &out) != ERR_OK ||
        span_is_equal(der, out))
        return;
    if (out.len >= size || copy(codec, out, a, &again) != ERR_OK ||
        !span_is_equal(out, again))
        abort();
}
