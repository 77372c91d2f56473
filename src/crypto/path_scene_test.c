#include "crypto/path_scene_test.h"

struct crypto *crypto;
struct crypto_ctx *cx;
struct test_pki *pki;

int scene_set_up(void **state)
{
    (void)state;
    if (crypto_new(&crypto, NULL) != ERR_OK ||
        crypto_ctx_new(crypto, &cx, NULL) != ERR_OK)
        return -1;
    pki = test_pki_new();
    return 0;
}

int scene_tear_down(void **state)
{
    (void)state;
    test_pki_free(pki);
    crypto_ctx_free(cx);
    crypto_free(crypto);
    return 0;
}

struct trust *trust_of(const struct scene *s)
{
    struct trust *t = NULL;

    assert_int_equal(trust_new(crypto, &t, NULL), ERR_OK);
    if (s->legacy)
        trust_allow_legacy(t);
    for (size_t i = 0; i < NUM(s->anchors) && s->anchors[i] != NULL; i++)
        assert_int_equal(trust_add_anchor(t, OWNER, s->anchors[i]->der, NULL),
                         ERR_OK);
    for (size_t i = 0; i < NUM(s->configured) && s->configured[i] != NULL; i++)
        assert_int_equal(trust_add_intermediate(t, s->configured[i]->der, NULL),
                         ERR_OK);
    for (size_t i = 0; i < NUM(s->crls) && s->crls[i] != NULL; i++)
        assert_int_equal(trust_add_crl(t, s->crls[i]->der, NULL), ERR_OK);
    assert_int_equal(trust_seal(t, NULL), ERR_OK);
    return t;
}

struct outcome check_at(struct trust *t, const struct scene *s, int64_t now)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct span extra[NUM(s->extra)];
    struct outcome o = { 0 };
    size_t num = 0;

    assert_non_null(a);
    while (num < NUM(s->extra) && s->extra[num] != NULL) {
        extra[num] = s->extra[num]->der;
        num++;
    }
    o.err =
        path_check(cx, t, now, s->leaf->der, extra, num, a, &o.path, &o.fault);
    if (o.err != ERR_OK) {
        assert_int_equal(o.fault.err, o.err);
        assert_true(o.fault.text[0] != '\0');
        return o;
    }
    assert_in_range(o.path.num_chain, 1, LIMIT_PATH_CERTS);
    assert_true(span_is_equal(o.path.chain[0], s->leaf->der));
    assert_true(o.path.chain[0].ptr != s->leaf->der.ptr);
    assert_int_equal(o.path.owner, OWNER);
    return o;
}

static void expect(const struct scene *s, const struct outcome *o,
                   const char *how)
{
    if (o->err != s->err)
        fail_msg("%s, %s: %s (%s)", s->what, how, err_name(o->err),
                 o->fault.text);
    if (s->err != ERR_OK) {
        if (strstr(o->fault.text, s->says) == NULL)
            fail_msg("%s, %s: says '%s', not '%s'", s->what, how, o->fault.text,
                     s->says);
        return;
    }
    if (o->path.revocation != s->revocation)
        fail_msg("%s, %s: revocation %d", s->what, how,
                 (int)o->path.revocation);
    if (s->revocation == REVOCATION_REVOKED)
        assert_int_equal(o->path.revoked_depth, s->revoked_depth);
    if (s->num_chain != 0)
        assert_int_equal(o->path.num_chain, s->num_chain);
}

static bool is_same(const struct outcome *a, const struct outcome *b)
{
    if (a->err != b->err)
        return false;
    return a->err != ERR_OK ||
           (a->path.revocation == b->path.revocation &&
            a->path.revoked_depth == b->path.revoked_depth &&
            a->path.num_chain == b->path.num_chain);
}

/* Times at which something in the scenes begins, ends, or goes on. */
static const int64_t times[] = {
    TEST_NOW - 11 * TEST_YEAR,
    TEST_NOW - 10 * TEST_YEAR - 1,
    TEST_NOW - 10 * TEST_YEAR,
    TEST_NOW - 2 * TEST_YEAR,
    TEST_NOW - TEST_YEAR,
    TEST_NOW - 2 * TEST_DAY,
    TEST_NOW - TEST_DAY - 1,
    TEST_NOW - TEST_DAY,
    TEST_NOW,
    TEST_NOW + TEST_DAY,
    TEST_NOW + 30 * TEST_DAY - 1,
    TEST_NOW + 30 * TEST_DAY,
    TEST_NOW + 30 * TEST_DAY + 1,
    TEST_NOW + 10 * TEST_YEAR - 1,
    TEST_NOW + 10 * TEST_YEAR,
    TEST_NOW + 11 * TEST_YEAR,
};

static void play(const struct scene *s)
{
    AUTO(trust) warm = trust_of(s);
    struct outcome o = check_at(warm, s, TEST_NOW), told[NUM(times)];

    expect(s, &o, "first");
    o = check_at(warm, s, TEST_NOW);
    expect(s, &o, "again");
    for (size_t i = 0; i < 2 * NUM(times); i++) {
        size_t n = i < NUM(times) ? i : 2 * NUM(times) - 1 - i;

        if (i < NUM(times)) {
            AUTO(trust) fresh = trust_of(s);

            told[n] = check_at(fresh, s, times[n]);
        }
        o = check_at(warm, s, times[n]);
        if (!is_same(&o, &told[n]))
            fail_msg("%s, time %zu: remembered %s, anew %s (%s%s)", s->what, n,
                     err_name(o.err), err_name(told[n].err), o.fault.text,
                     told[n].fault.text);
    }
}

void play_all(const struct scene *scenes, size_t num)
{
    for (size_t i = 0; i < num; i++)
        play(&scenes[i]);
}
