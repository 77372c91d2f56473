#include <time.h>

#include "crypto/path_scene_test.h"

/* --- chains --- */

static void test_chains(void **state)
{
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *other = CERT(.subject = "CN=Other", .ca = true);
    const struct test_cert *sub =
        CERT(.subject = "CN=Sub", .ca = true, .issuer = root);
    const struct test_cert *deep =
        CERT(.subject = "CN=Deep", .ca = true, .issuer = sub);
    const struct test_cert *leaf = CERT(.subject = "CN=bs", .issuer = sub);
    const struct test_cert *low = CERT(.subject = "CN=low", .issuer = deep);
    const struct test_cert *direct = CERT(.subject = "CN=d", .issuer = root);
    const struct test_cert *nameless = CERT(.issuer = sub);
    const struct test_cert *bare =
        CERT(.subject = "CN=bare", .issuer = sub, .no_key_ids = true);
    const struct scene scenes[] = {
        { "under the anchor",
          direct,
          { root },
          .num_chain = 2,
          .revocation = REVOCATION_UNKNOWN },
        { "through one",
          leaf,
          { root },
          .extra = { sub },
          .num_chain = 3,
          .revocation = REVOCATION_UNKNOWN },
        { "without a subject",
          nameless,
          { root },
          .extra = { sub },
          .revocation = REVOCATION_UNKNOWN },
        { "without key identifiers",
          bare,
          { root },
          .extra = { sub },
          .revocation = REVOCATION_UNKNOWN },
        { "the anchor sent along",
          leaf,
          { root },
          .extra = { root, sub },
          .num_chain = 3,
          .revocation = REVOCATION_UNKNOWN },
        { "all in disorder, and doubled",
          low,
          { root },
          .extra = { root, deep, other, sub, deep, leaf },
          .num_chain = 4,
          .revocation = REVOCATION_UNKNOWN },
        { "intermediate configured",
          leaf,
          { root },
          { sub },
          .num_chain = 3,
          .revocation = REVOCATION_UNKNOWN },
        { "one configured, one sent",
          low,
          { root },
          { sub },
          .extra = { deep },
          .num_chain = 4,
          .revocation = REVOCATION_UNKNOWN },
        { "an intermediate for an anchor",
          leaf,
          { sub },
          .num_chain = 2,
          .revocation = REVOCATION_UNKNOWN },
        { "the nearer anchor ends it",
          leaf,
          { root, sub },
          .extra = { sub },
          .num_chain = 2,
          .revocation = REVOCATION_UNKNOWN },
        { "the anchor itself",
          root,
          { root },
          .num_chain = 1,
          .revocation = REVOCATION_GOOD },
        { "a CA as leaf",
          deep,
          { root },
          .extra = { sub },
          .num_chain = 3,
          .revocation = REVOCATION_UNKNOWN },
        { "intermediate missing",
          leaf,
          { root },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "issuer 'CN=Sub' was not" },
        { "one of two missing",
          low,
          { root },
          .extra = { deep },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "issuer 'CN=Sub' was not" },
        { "another anchor",
          leaf,
          { other },
          .extra = { sub },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "issuer 'CN=Root' was not" },
        { "another anchor, the root sent",
          leaf,
          { other },
          .extra = { root, sub },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "self-signed certificate 'CN=Root'" },
        { "self-signed leaf",
          other,
          { root },
          .extra = { other },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "self-signed" },
        { "no anchor at all",
          leaf,
          { NULL },
          .extra = { root, sub },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "self-signed" },
    };

    (void)state;
    play_all(scenes, NUM(scenes));
}

/* Names are right and signatures are not. */
static void test_forgeries(void **state)
{
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *sub =
        CERT(.subject = "CN=Sub", .ca = true, .issuer = root);
    const struct test_cert *fake = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *leaf = CERT(.subject = "CN=bs", .issuer = sub);
    const struct test_cert *forged =
        CERT(.subject = "CN=bs", .issuer = sub, .signed_by = fake->key);
    const struct test_cert *unsure =
        CERT(.subject = "CN=bs", .issuer = sub, .no_key_ids = true);
    /* same name, no key identifier to tell them apart, other keys */
    const struct test_cert *decoys[6];
    const struct test_cert *fake_sub =
        CERT(.subject = "CN=Sub", .ca = true, .issuer = root,
             .signed_by = fake->key, .key = fake->key, .no_key_ids = true);

    (void)state;
    for (size_t i = 0; i < NUM(decoys); i++)
        decoys[i] = CERT(.subject = "CN=Sub", .ca = true, .issuer = root,
                         .signed_by = fake->key, .no_key_ids = true);

    const struct scene scenes[] = {
        { "leaf forged",
          forged,
          { root },
          .extra = { sub },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "not signed with the key" },
        { "intermediate forged",
          CERT(.subject = "CN=x", .issuer = fake_sub),
          { root },
          .extra = { fake_sub },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "'CN=Sub' is not signed with the key of 'CN=Root'" },
        { "a namesake of the anchor sent",
          CERT(.subject = "CN=x", .issuer = fake),
          { root },
          .extra = { fake },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "self-signed" },
        { "decoys before the right one",
          unsure,
          { root },
          .extra = { decoys[0], decoys[1], decoys[2], decoys[3], decoys[4],
                     decoys[5], sub },
          .num_chain = 3,
          .revocation = REVOCATION_UNKNOWN },
    };

    play_all(scenes, NUM(scenes));
    /* what is remembered of CN=Sub does not help the forgery */
    struct scene s = { "", leaf, { root }, .extra = { sub } };
    AUTO(trust) t = trust_of(&s);
    struct outcome o = check_at(t, &s, TEST_NOW);

    assert_int_equal(o.err, ERR_OK);
    s.leaf = forged;
    o = check_at(t, &s, TEST_NOW);
    assert_int_equal(o.err, ERR_SIGNER_NOT_TRUSTED);
    s.extra[0] = NULL;
    o = check_at(t, &s, TEST_NOW);
    assert_int_equal(o.err, ERR_SIGNER_NOT_TRUSTED);
    assert_non_null(strstr(o.fault.text, "does not verify"));
}

static void test_dates(void **state)
{
    int64_t past = TEST_NOW - TEST_DAY, soon = TEST_NOW + TEST_DAY;
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *old_root =
        CERT(.subject = "CN=Old Root", .ca = true, .not_after = past);
    const struct test_cert *sub =
        CERT(.subject = "CN=Sub", .ca = true, .issuer = root);
    const struct test_cert *old_sub =
        CERT(.subject = "CN=Sub", .ca = true, .issuer = root, .key = sub->key,
             .not_after = past);
    const struct test_cert *new_sub =
        CERT(.subject = "CN=Sub", .ca = true, .issuer = root, .key = sub->key,
             .not_before = soon);
    const struct test_cert *leaf = CERT(.subject = "CN=bs", .issuer = sub);
    const struct test_cert *old_leaf =
        CERT(.subject = "CN=bs", .issuer = sub, .not_after = past);
    const struct test_cert *new_leaf =
        CERT(.subject = "CN=bs", .issuer = sub, .not_before = soon);
    const struct test_cert *brief_root =
        CERT(.subject = "CN=Brief", .ca = true, .not_after = soon);
    const struct test_cert *brief_sub =
        CERT(.subject = "CN=Brief Sub", .ca = true, .issuer = brief_root);
    const struct test_cert *just_out =
        CERT(.subject = "CN=bs", .issuer = sub, .not_after = TEST_NOW);
    const struct test_cert *just_in =
        CERT(.subject = "CN=bs", .issuer = sub, .not_before = TEST_NOW);
    const struct scene scenes[] = {
        { "leaf expired",
          old_leaf,
          { root },
          .extra = { sub },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "'CN=bs' expired on 2026-11-21" },
        { "leaf to come",
          new_leaf,
          { root },
          .extra = { sub },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "'CN=bs' is not valid before 2026-11-23" },
        { "this very second out",
          just_out,
          { root },
          .extra = { sub },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "expired" },
        { "this very second in",
          just_in,
          { root },
          .extra = { sub },
          .revocation = REVOCATION_UNKNOWN },
        { "intermediate expired",
          leaf,
          { root },
          .extra = { old_sub },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "'CN=Sub' expired" },
        { "intermediate to come",
          leaf,
          { root },
          .extra = { new_sub },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "'CN=Sub' is not valid" },
        { "renewed intermediate",
          leaf,
          { root },
          .extra = { old_sub, new_sub, sub },
          .revocation = REVOCATION_UNKNOWN },
        { "renewed, configured too",
          leaf,
          { root },
          { old_sub },
          .extra = { new_sub, sub },
          .revocation = REVOCATION_UNKNOWN },
        { "anchor expired",
          CERT(.subject = "CN=x", .issuer = old_root),
          { old_root },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "trust anchor 'CN=Old Root' expired" },
        { "anchor ends first",
          CERT(.subject = "CN=x", .issuer = brief_sub),
          { brief_root },
          .extra = { brief_sub },
          .revocation = REVOCATION_UNKNOWN },
        { "anchor expired, itself",
          old_root,
          { old_root },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "expired" },
    };

    (void)state;
    play_all(scenes, NUM(scenes));
}

/* A certifies B and B certifies A: an end is found all the same. */
static void test_loop(void **state)
{
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *a = CERT(.subject = "CN=A", .ca = true);
    const struct test_cert *b =
        CERT(.subject = "CN=B", .ca = true, .issuer = a);
    const struct test_cert *a_by_b =
        CERT(.subject = "CN=A", .ca = true, .issuer = b, .key = a->key);
    const struct test_cert *a_by_root =
        CERT(.subject = "CN=A", .ca = true, .issuer = root, .key = a->key);
    const struct test_cert *leaf = CERT(.subject = "CN=x", .issuer = b);
    const struct scene scenes[] = {
        { "round and round",
          leaf,
          { root },
          .extra = { b, a_by_b },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "was not sent" },
        { "round, with a way out",
          leaf,
          { root },
          .extra = { a_by_b, b, a_by_root },
          .num_chain = 4,
          .revocation = REVOCATION_UNKNOWN },
    };

    (void)state;
    play_all(scenes, NUM(scenes));
}

/* Anchor and leaf included a path has LIMIT_PATH_CERTS certificates. */
static void test_length(void **state)
{
    const struct test_cert *ca[LIMIT_PATH_CERTS];
    struct scene s = { .what = "as long as can be",
                       .revocation = REVOCATION_UNKNOWN,
                       .num_chain = LIMIT_PATH_CERTS };
    char name[16];

    (void)state;
    ca[0] = CERT(.subject = "CN=0", .ca = true);
    for (size_t i = 1; i < LIMIT_PATH_CERTS; i++) {
        snprintf(name, sizeof(name), "CN=%zu", i);
        ca[i] = CERT(.subject = name, .ca = true, .issuer = ca[i - 1]);
        s.extra[i - 1] = ca[i];
    }
    s.anchors[0] = ca[0];
    s.leaf = CERT(.subject = "CN=x", .issuer = ca[LIMIT_PATH_CERTS - 2]);
    play_all(&s, 1);
    s = (struct scene){ .what = "one longer",
                        .leaf = CERT(.subject = "CN=x",
                                     .issuer = ca[LIMIT_PATH_CERTS - 1]),
                        .err = ERR_SIGNER_NOT_TRUSTED,
                        .says = "more than 8 certificates" };
    s.anchors[0] = ca[0];
    for (size_t i = 1; i < LIMIT_PATH_CERTS; i++)
        s.extra[i - 1] = ca[i];
    play_all(&s, 1);
}

static double cpu_seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Whatever else comes along, the work stays small. */
static void test_junk(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *sub =
        CERT(.subject = "CN=Sub", .ca = true, .issuer = root);
    const struct test_cert *leaf =
        CERT(.subject = "CN=x", .issuer = sub, .no_key_ids = true);
    const struct scene s = { "junk", leaf, { root } };
    struct span strangers[100], namesakes[100];
    struct path out;
    double start;

    (void)state;
    assert_non_null(a);
    for (size_t i = 0; i < 98; i++) {
        char name[32];

        snprintf(name, sizeof(name), "CN=Junk %zu", i);
        strangers[i] = CERT(.subject = name, .ca = true, .key = root->key)->der;
        namesakes[i] = CERT(.subject = "CN=Sub", .ca = true, .key = root->key,
                            .no_key_ids = true)
                           ->der;
    }
    strangers[98] = SPAN_LIT("\x30\x03junk");
    strangers[99] = sub->der;
    namesakes[98] = SPAN_LIT("");
    namesakes[99] = sub->der;
    {
        AUTO(trust) t = trust_of(&s);

        assert_int_equal(path_check(cx, t, TEST_NOW, leaf->der, strangers, 100,
                                    a, &out, NULL),
                         ERR_OK);
    }
    {
        AUTO(trust) t = trust_of(&s);

        start = cpu_seconds();
        assert_int_equal(path_check(cx, t, TEST_NOW, leaf->der, namesakes, 100,
                                    a, &out, NULL),
                         ERR_SIGNER_NOT_TRUSTED);
        assert_true(cpu_seconds() - start < 0.5); /* 24 checks, sanitized */
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains), cmocka_unit_test(test_forgeries),
        cmocka_unit_test(test_dates),  cmocka_unit_test(test_loop),
        cmocka_unit_test(test_length), cmocka_unit_test(test_junk),
    };

    return cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
