#include "support/codec_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/der_text.h"

static enum err copy(const struct codec *codec, struct span der,
                     struct der_fail *fail, struct arena *a, struct span *out)
{
    struct der in = der_open(der, fail);
    struct der_writer w;

    der_writer_init(&w, a, der.len);
    TRY(codec->copy(&in, a, &w));
    TRY(der_end(&in));
    return der_finish(&w, out);
}

static bool accepted_is_right(const struct codec_case *c, struct span der,
                              struct span again, struct arena *a)
{
    struct span out;

    if (!span_is_equal(der, again)) {
        print_error("%s %s: written otherwise\n", c->codec->name, c->text);
        return false;
    }
    for (size_t len = 0; len < der.len; len++) {
        if (copy(c->codec, span_of(der.ptr, len), NULL, a, &out) == ERR_OK) {
            print_error("%s %s: %zu bytes are enough\n", c->codec->name,
                        c->text, len);
            return false;
        }
    }
    return true;
}

static bool case_is_right(const struct codec_case *c)
{
    AUTO(arena) a = arena_new(16 * LIMIT_REQUEST_ARENA);
    struct der_fail fail = { 0 };
    struct span der, again;
    enum err e;

    assert_non_null(a);
    der = der_text(c->text, a);
    e = copy(c->codec, der, &fail, a, &again);
    if (e != c->err) {
        print_error("%s %s: %s at \"%s\", not %s\n", c->codec->name, c->text,
                    err_name(e), fail.path, err_name(c->err));
        return false;
    }
    if (c->path != NULL && strcmp(c->path, fail.path) != 0) {
        print_error("%s %s: failed at \"%s\", not at \"%s\"\n", c->codec->name,
                    c->text, fail.path, c->path);
        return false;
    }
    return e != ERR_OK || accepted_is_right(c, der, again, a);
}

void codec_cases_check(const struct codec_case *cases, size_t num)
{
    size_t wrong = 0;

    for (size_t i = 0; i < num; i++) {
        if (!case_is_right(&cases[i]))
            wrong++;
    }
    assert_int_equal(wrong, 0);
}
