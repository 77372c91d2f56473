#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "service/sealing.h"

struct ground {
    struct crypto *crypto;
    struct crypto_ctx *cx;
    struct arena *arena;
    char dir[64], path[96], path_new[112];
};

static int set_up(void **state)
{
    static struct ground g;
    struct buf text;
    enum err e;

    if (crypto_new(&g.crypto, NULL) != ERR_OK ||
        crypto_ctx_new(g.crypto, &g.cx, NULL) != ERR_OK)
        return -1;
    g.arena = arena_new((size_t)1024 * 1024);
    snprintf(g.dir, sizeof(g.dir), "/tmp/sealing_test.XXXXXX");
    if (g.arena == NULL || mkdtemp(g.dir) == NULL)
        return -1;
    snprintf(g.path, sizeof(g.path), "%s/key", g.dir);
    snprintf(g.path_new, sizeof(g.path_new), "%s.new", g.path);
    buf_init(&text, 1024);
    e = sealing_make(g.cx, &text, NULL);
    if (e == ERR_OK)
        e = file_create(g.path, buf_span(&text), 0600, NULL);
    buf_done(&text);
    *state = &g;
    return e != ERR_OK;
}

static int tear_down(void **state)
{
    struct ground *g = *state;

    unlink(g->path);
    unlink(g->path_new);
    rmdir(g->dir);
    arena_free(g->arena);
    crypto_ctx_free(g->cx);
    crypto_free(g->crypto);
    return 0;
}

static struct sealing *load(const struct ground *g)
{
    struct sealing *s = NULL;

    assert_int_equal(sealing_load(g->path, &s, NULL), ERR_OK);
    return s;
}

static struct secret_record sealed_by(struct ground *g, struct sealing *s)
{
    struct secret_record r = { .reference = SPAN_LIT("ref") };

    assert_int_equal(sealing_seal(s, g->cx, r.reference, SPAN_LIT("plain"),
                                  g->arena, &r.sealed, NULL),
                     ERR_OK);
    return r;
}

static enum err opens(struct ground *g, struct sealing *s,
                      const struct secret_record *r)
{
    AUTO(secret) plain = NULL;
    struct fault f = { 0 };
    enum err e = sealing_open(s, g->cx, r, &plain, &f);

    if (e == ERR_OK)
        assert_true(span_is_equal(secret_span(plain), SPAN_LIT("plain")));
    return e;
}

static bool is_current(struct ground *g, struct sealing *s,
                       const struct secret_record *r)
{
    bool out = false;

    assert_int_equal(sealing_is_current(s, g->cx, r, &out, NULL), ERR_OK);
    return out;
}

static void test_reference_is_bound(void **state)
{
    struct ground *g = *state;
    AUTO(sealing) s = load(g);
    struct secret_record r = sealed_by(g, s);

    assert_int_equal(opens(g, s, &r), ERR_OK);
    r.reference = SPAN_LIT("another");
    assert_int_equal(opens(g, s, &r), ERR_CRYPTO);
    sealing_open_none(s, g->cx);
}

/* A server that read the old file follows each step of another process. */
static void test_replacing(void **state)
{
    struct ground *g = *state;
    AUTO(sealing) server = load(g);
    AUTO(sealing) s = load(g);
    struct secret_record old = sealed_by(g, s), fresh;

    assert_int_equal(sealing_begin_new(s, g->cx, NULL), ERR_OK);
    fresh = sealed_by(g, s);
    assert_true(is_current(g, s, &fresh));
    assert_false(is_current(g, s, &old));
    assert_int_equal(opens(g, s, &old), ERR_OK);
    assert_int_equal(opens(g, server, &fresh), ERR_OK);
    assert_int_equal(opens(g, server, &old), ERR_OK);
    assert_false(is_current(g, server, &fresh));

    assert_int_equal(sealing_end_new(s, NULL), ERR_OK);
    assert_int_equal(access(g->path_new, F_OK), -1);
    assert_int_equal(opens(g, s, &old), ERR_OK);
    assert_int_equal(sealing_refresh(server, NULL), ERR_OK);
    assert_true(is_current(g, server, &fresh));
    /* Nothing is sealed so any more: the old key is gone. */
    assert_int_equal(opens(g, server, &old), ERR_CRYPTO);
}

/* One that was cut short is taken up, not begun anew. */
static void test_taken_up(void **state)
{
    struct ground *g = *state;
    AUTO(sealing) first = load(g);
    AUTO(sealing) second = NULL;
    struct secret_record r;

    assert_int_equal(sealing_begin_new(first, g->cx, NULL), ERR_OK);
    r = sealed_by(g, first);
    second = load(g);
    assert_int_equal(opens(g, second, &r), ERR_OK);
    assert_int_equal(sealing_begin_new(second, g->cx, NULL), ERR_OK);
    assert_true(is_current(g, second, &r));
}

static void test_file_not_there_or_not_private(void **state)
{
    struct ground *g = *state;
    struct sealing *s = NULL;
    struct fault f = { 0 };

    assert_int_equal(chmod(g->path, 0640), 0);
    assert_int_equal(sealing_load(g->path, &s, &f), ERR_CONFIG);
    assert_int_equal(unlink(g->path), 0);
    assert_int_equal(sealing_load(g->path, &s, &f), ERR_NOT_FOUND);
    assert_null(s);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_reference_is_bound),
        TEST(test_replacing),
        TEST(test_taken_up),
        TEST(test_file_not_there_or_not_private),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
