#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/limits.h"
#include "crypto/path.h"
#include "support/test_pki.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define OWNER 7
#define MAX_CERTS 128

static struct crypto *crypto;
static struct crypto_ctx *cx;
static struct test_pki *pki;

static int set_up(void **state)
{
    (void)state;
    if (crypto_new(&crypto, NULL) != ERR_OK ||
        crypto_ctx_new(crypto, &cx, NULL) != ERR_OK)
        return -1;
    pki = test_pki_new();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    test_pki_free(pki);
    crypto_ctx_free(cx);
    crypto_free(crypto);
    return 0;
}

/* --- making --- */

#define CERT(...) test_cert_make(pki, &(struct test_cert_spec){ __VA_ARGS__ })
#define CRL(...) test_crl_make(pki, &(struct test_crl_spec){ __VA_ARGS__ })
#define REVOKES(cert) \
    .revoked = (const struct test_cert *const[]){ cert }, .num_revoked = 1

/* What a trust holds and what comes with a message; NULL ends each list. */
struct scene {
    const char *what;
    const struct test_cert *leaf;
    const struct test_cert *anchors[3];
    const struct test_cert *configured[3];
    const struct test_cert *extra[12];
    const struct test_crl *crls[4];

    enum err err;
    const char *says; /* in the fault */
    enum revocation revocation;
    int64_t revoked_depth;
    size_t num_chain; /* 0: not looked at */
};

static struct trust *trust_of(const struct scene *s)
{
    struct trust *t = NULL;

    assert_int_equal(trust_new(crypto, &t, NULL), ERR_OK);
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

struct outcome {
    enum err err;
    struct path path;
    struct fault fault;
};

/* One check; the chain is looked at here, since its arena goes. */
static struct outcome check_at(struct trust *t, const struct scene *s,
                               int64_t now)
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

/*
 * The scene as told at TEST_NOW; once more, from memory; and over all times,
 * forth and back, a trust that remembers answers like one that is new.
 */
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

static void play_all(const struct scene *scenes, size_t num)
{
    for (size_t i = 0; i < num; i++)
        play(&scenes[i]);
}

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
        { "anchor expired, itself",
          old_root,
          { old_root },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "expired" },
    };

    (void)state;
    play_all(scenes, NUM(scenes));
}

static void test_what_a_ca_may(void **state)
{
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *no_ca =
        CERT(.subject = "CN=No CA", .issuer = root, .key_usage = "keyCertSign");
    const struct test_cert *no_sign =
        CERT(.subject = "CN=No Sign", .issuer = root, .ca = true,
             .key_usage = "critical,cRLSign");
    const struct test_cert *zero =
        CERT(.subject = "CN=Zero", .issuer = root, .ca = true,
             .basic_constraints = "critical,CA:TRUE,pathlen:0");
    const struct test_cert *below =
        CERT(.subject = "CN=Below", .issuer = zero, .ca = true);
    const struct test_ext permitted = { "nameConstraints",
                                        "critical,permitted;DNS:example.com" };
    const struct test_ext excluded = { "nameConstraints",
                                       "critical,excluded;DNS:example.com" };
    const struct test_ext policy = { "policyConstraints",
                                     "critical,requireExplicitPolicy:0" };
    const struct test_ext unknown = { "1.2.3.4.5", "critical,DER:0500" };
    const struct test_cert *only =
        CERT(.subject = "CN=Only", .issuer = root, .ca = true,
             .extra = &permitted, .num_extra = 1);
    const struct test_cert *never =
        CERT(.subject = "CN=Never", .issuer = root, .ca = true,
             .extra = &excluded, .num_extra = 1);
    const struct test_cert *only_below =
        CERT(.subject = "CN=Only Below", .issuer = only, .ca = true);
    const struct test_cert *explicit =
        CERT(.subject = "CN=Explicit", .issuer = root, .ca = true,
             .extra = &policy, .num_extra = 1);
    const struct scene scenes[] = {
        { "no CA issued",
          CERT(.subject = "CN=x", .issuer = no_ca),
          { root },
          .extra = { no_ca },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "'CN=No CA' issued another and is not a CA's" },
        { "CA without keyCertSign",
          CERT(.subject = "CN=x", .issuer = no_sign),
          { root },
          .extra = { no_sign },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "'CN=No Sign' issued another" },
        { "path length kept",
          CERT(.subject = "CN=x", .issuer = zero),
          { root },
          .extra = { zero },
          .revocation = REVOCATION_UNKNOWN },
        { "path length overstepped",
          CERT(.subject = "CN=x", .issuer = below),
          { root },
          .extra = { below, zero },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "pathLenConstraint" },
        { "name permitted",
          CERT(.subject = "CN=x", .issuer = only, .san = "DNS:bs.example.com"),
          { root },
          .extra = { only },
          .revocation = REVOCATION_UNKNOWN },
        { "name not permitted",
          CERT(.subject = "CN=x", .issuer = only, .san = "DNS:bs.example.net"),
          { root },
          .extra = { only },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "not among those" },
        { "name not permitted two above",
          CERT(.subject = "CN=x", .issuer = only_below,
               .san = "DNS:bs.example.net"),
          { root },
          .extra = { only, only_below },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "not among those" },
        { "name excluded",
          CERT(.subject = "CN=x", .issuer = never, .san = "DNS:bs.example.com"),
          { root },
          .extra = { never },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "must not certify" },
        { "explicit policy asked",
          CERT(.subject = "CN=x", .issuer = explicit),
          { root },
          .extra = { explicit },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "policy" },
        { "critical and unknown",
          CERT(.subject = "CN=x", .issuer = root, .extra = &unknown,
               .num_extra = 1),
          { root },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "critical" },
    };

    (void)state;
    play_all(scenes, NUM(scenes));
}

static void test_algorithms(void **state)
{
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *sha1_root =
        CERT(.subject = "CN=SHA-1 Root", .ca = true, .md = "SHA1");
    const struct test_cert *sha1_sub =
        CERT(.subject = "CN=SHA-1 Sub", .ca = true, .issuer = root,
             .md = "SHA1");
    const struct test_cert *small =
        CERT(.subject = "CN=Small", .ca = true, .issuer = root,
             .key = test_key_make(pki, "RSA:1024"));
    const struct test_cert *rsa =
        CERT(.subject = "CN=RSA", .ca = true, .issuer = root,
             .key = test_key_make(pki, "RSA:2048"));
    const struct test_cert *ed =
        CERT(.subject = "CN=Ed", .ca = true, .issuer = rsa,
             .key = test_key_make(pki, "Ed25519"), .pss = true);
    const struct scene scenes[] = {
        { "SHA-1 leaf",
          CERT(.subject = "CN=x", .issuer = root, .md = "SHA1"),
          { root },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "'CN=x' is signed with ecdsa-with-SHA1" },
        { "SHA-224 leaf",
          CERT(.subject = "CN=x", .issuer = root, .md = "SHA224"),
          { root },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "'CN=x' is signed with ecdsa-with-SHA224" },
        { "MD5 leaf",
          CERT(.subject = "CN=x", .issuer = rsa, .md = "MD5"),
          { root },
          .extra = { rsa },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "'CN=x' is signed with md5WithRSAEncryption" },
        { "SHA-1 intermediate",
          CERT(.subject = "CN=x", .issuer = sha1_sub),
          { root },
          .extra = { sha1_sub },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "'CN=SHA-1 Sub' is signed with" },
        { "SHA-1 on the anchor alone",
          CERT(.subject = "CN=x", .issuer = sha1_root),
          { sha1_root },
          .revocation = REVOCATION_UNKNOWN },
        { "RSA of 1024 bits above",
          CERT(.subject = "CN=x", .issuer = small),
          { root },
          .extra = { small },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "1024 bits" },
        { "RSA of 1024 bits below",
          CERT(.subject = "CN=x", .issuer = root, .key = small->key),
          { root },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "too short" },
        { "mixed",
          CERT(.subject = "CN=x", .issuer = ed),
          { root },
          .extra = { ed, rsa },
          .num_chain = 4,
          .revocation = REVOCATION_UNKNOWN },
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
    play(&s);
    s = (struct scene){ .what = "one longer",
                        .leaf = CERT(.subject = "CN=x",
                                     .issuer = ca[LIMIT_PATH_CERTS - 1]),
                        .err = ERR_SIGNER_NOT_TRUSTED,
                        .says = "more than 8 certificates" };
    s.anchors[0] = ca[0];
    for (size_t i = 1; i < LIMIT_PATH_CERTS; i++)
        s.extra[i - 1] = ca[i];
    play(&s);
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

/* --- revocation --- */

static void test_revocation(void **state)
{
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *sub =
        CERT(.subject = "CN=Sub", .ca = true, .issuer = root);
    const struct test_cert *mute =
        CERT(.subject = "CN=Mute", .ca = true, .issuer = root,
             .key_usage = "critical,keyCertSign");
    const struct test_cert *leaf = CERT(.subject = "CN=bs", .issuer = sub);
    const struct test_cert *direct = CERT(.subject = "CN=d", .issuer = root);
    const struct test_cert *muted = CERT(.subject = "CN=m", .issuer = mute);
    int64_t long_ago = TEST_NOW - TEST_YEAR, lately = TEST_NOW - 2 * TEST_DAY;
    const struct test_crl *root_crl = CRL(.issuer = root);
    const struct test_crl *sub_crl = CRL(.issuer = sub);
    const struct test_crl *mute_crl = CRL(.issuer = mute);
    const struct test_crl *forged =
        CRL(.issuer = sub, .signed_by = leaf->key, REVOKES(leaf));
    const struct test_crl *weak = CRL(.issuer = sub, .md = "SHA1");
    const struct test_crl *endless = CRL(.issuer = sub, .no_next_update = true);
    const struct test_crl *old =
        CRL(.issuer = sub, .this_update = long_ago, .next_update = lately);
    const struct test_crl *future =
        CRL(.issuer = sub, .this_update = TEST_NOW + 1);
    const struct test_crl *leaf_out = CRL(.issuer = sub, REVOKES(leaf));
    const struct test_crl *leaf_out_old =
        CRL(.issuer = sub, .this_update = long_ago, .next_update = lately,
            REVOKES(leaf));
    const struct test_crl *leaf_out_future =
        CRL(.issuer = sub, .this_update = TEST_NOW + 1, REVOKES(leaf));
    const struct test_crl *sub_out = CRL(.issuer = root, REVOKES(sub));
    const struct test_crl *root_out = CRL(.issuer = root, REVOKES(root));
    const struct scene scenes[] = {
        { "all known",
          leaf,
          { root },
          .extra = { sub },
          .crls = { root_crl, sub_crl },
          .revocation = REVOCATION_GOOD },
        { "under the anchor",
          direct,
          { root },
          .crls = { root_crl },
          .revocation = REVOCATION_GOOD },
        { "intermediate for an anchor",
          leaf,
          { sub },
          .crls = { sub_crl },
          .revocation = REVOCATION_GOOD },
        { "no CRL",
          leaf,
          { root },
          .extra = { sub },
          .revocation = REVOCATION_UNKNOWN },
        { "none for the leaf",
          leaf,
          { root },
          .extra = { sub },
          .crls = { root_crl },
          .revocation = REVOCATION_UNKNOWN },
        { "none for the intermediate",
          leaf,
          { root },
          .extra = { sub },
          .crls = { sub_crl },
          .revocation = REVOCATION_UNKNOWN },
        { "leaf revoked",
          leaf,
          { root },
          .extra = { sub },
          .crls = { root_crl, leaf_out },
          .revocation = REVOCATION_REVOKED,
          .revoked_depth = 0 },
        { "leaf revoked, no other CRL",
          leaf,
          { root },
          .extra = { sub },
          .crls = { leaf_out },
          .revocation = REVOCATION_REVOKED },
        { "intermediate revoked",
          leaf,
          { root },
          .extra = { sub },
          .crls = { sub_out, sub_crl },
          .revocation = REVOCATION_REVOKED,
          .revoked_depth = 1 },
        { "both revoked",
          leaf,
          { root },
          { sub },
          .crls = { sub_out, leaf_out },
          .revocation = REVOCATION_REVOKED,
          .revoked_depth = 0 },
        { "the anchor on its own CRL",
          direct,
          { root },
          .crls = { root_out },
          .revocation = REVOCATION_GOOD },
        { "out of date",
          leaf,
          { root },
          .extra = { sub },
          .crls = { root_crl, old },
          .revocation = REVOCATION_UNKNOWN },
        { "not yet",
          leaf,
          { root },
          .extra = { sub },
          .crls = { root_crl, future },
          .revocation = REVOCATION_UNKNOWN },
        { "without an end",
          leaf,
          { root },
          .extra = { sub },
          .crls = { root_crl, endless },
          .revocation = REVOCATION_UNKNOWN },
        { "revoked, out of date",
          leaf,
          { root },
          .extra = { sub },
          .crls = { root_crl, leaf_out_old },
          .revocation = REVOCATION_REVOKED },
        { "revoked, not yet",
          leaf,
          { root },
          .extra = { sub },
          .crls = { root_crl, leaf_out_future },
          .revocation = REVOCATION_REVOKED },
        { "released since",
          leaf,
          { root },
          .extra = { sub },
          .crls = { root_crl, leaf_out_old, sub_crl },
          .revocation = REVOCATION_GOOD },
        { "revoked since",
          leaf,
          { root },
          .extra = { sub },
          .crls = { root_crl, leaf_out, old },
          .revocation = REVOCATION_REVOKED },
        { "forged CRL",
          leaf,
          { root },
          .extra = { sub },
          .crls = { root_crl, forged },
          .revocation = REVOCATION_UNKNOWN },
        { "forged beside a good one",
          leaf,
          { root },
          .extra = { sub },
          .crls = { root_crl, forged, sub_crl },
          .revocation = REVOCATION_GOOD },
        { "CRL signed with SHA-1",
          leaf,
          { root },
          .extra = { sub },
          .crls = { root_crl, weak },
          .revocation = REVOCATION_UNKNOWN },
        { "CA may not sign CRLs",
          muted,
          { root },
          .extra = { mute },
          .crls = { root_crl, mute_crl },
          .revocation = REVOCATION_UNKNOWN },
    };

    (void)state;
    play_all(scenes, NUM(scenes));
}

/* A CRL for some certificates says nothing of the others. */
static void test_crl_scope(void **state)
{
    const struct test_ext user = { "issuingDistributionPoint",
                                   "critical,onlyuser:TRUE" };
    const struct test_ext only_ca = { "issuingDistributionPoint",
                                      "critical,onlyCA:TRUE" };
    const struct test_ext point = { "issuingDistributionPoint",
                                    "critical,fullname:URI:http://a/1" };
    const struct test_ext points = { "crlDistributionPoints",
                                     "URI:http://a/0,URI:http://a/1" };
    const struct test_ext elsewhere = { "crlDistributionPoints",
                                        "URI:http://a/2" };
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *sub =
        CERT(.subject = "CN=Sub", .ca = true, .issuer = root);
    const struct test_cert *leaf = CERT(.subject = "CN=x", .issuer = root);
    const struct test_cert *here = CERT(.subject = "CN=x", .issuer = root,
                                        .extra = &points, .num_extra = 1);
    const struct test_cert *there = CERT(.subject = "CN=x", .issuer = root,
                                         .extra = &elsewhere, .num_extra = 1);
    const struct test_crl *for_users =
        CRL(.issuer = root, .extra = &user, .num_extra = 1);
    const struct test_crl *for_cas =
        CRL(.issuer = root, .extra = &only_ca, .num_extra = 1);
    const struct test_crl *of_point =
        CRL(.issuer = root, .extra = &point, .num_extra = 1, REVOKES(here));
    const struct scene scenes[] = {
        { "for users, a user",
          leaf,
          { root },
          .crls = { for_users },
          .revocation = REVOCATION_GOOD },
        { "for users, a CA",
          sub,
          { root },
          .crls = { for_users },
          .revocation = REVOCATION_UNKNOWN },
        { "for CAs, a user",
          leaf,
          { root },
          .crls = { for_cas },
          .revocation = REVOCATION_UNKNOWN },
        { "for CAs, a CA",
          sub,
          { root },
          .crls = { for_cas },
          .revocation = REVOCATION_GOOD },
        { "both",
          leaf,
          { root },
          .crls = { for_cas, for_users },
          .revocation = REVOCATION_GOOD },
        { "of a point, a certificate of it",
          here,
          { root },
          .crls = { of_point },
          .revocation = REVOCATION_REVOKED },
        { "of a point, one of another",
          there,
          { root },
          .crls = { of_point },
          .revocation = REVOCATION_UNKNOWN },
        { "of a point, one of none",
          leaf,
          { root },
          .crls = { of_point },
          .revocation = REVOCATION_UNKNOWN },
    };

    (void)state;
    play_all(scenes, NUM(scenes));
}

static void test_crls_not_taken(void **state)
{
    static const struct test_ext refused[] = {
        { "2.5.29.27", "critical,DER:020101" },
        { "issuingDistributionPoint", "critical,indirectCRL:TRUE" },
        { "issuingDistributionPoint", "critical,onlyAA:TRUE" },
        { "issuingDistributionPoint",
          "critical,onlysomereasons:keyCompromise" },
        { "1.2.3.4.5", "critical,DER:0500" },
    };
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_crl *good = CRL(.issuer = root);
    AUTO(trust) t = NULL;
    struct fault f = { 0 };

    (void)state;
    assert_int_equal(trust_new(crypto, &t, NULL), ERR_OK);
    for (size_t i = 0; i < NUM(refused); i++) {
        const struct test_crl *crl =
            CRL(.issuer = root, .extra = &refused[i], .num_extra = 1);

        assert_int_equal(trust_add_crl(t, crl->der, &f), ERR_CONFIG);
    }
    assert_int_equal(trust_add_crl(t, root->der, &f), ERR_CONFIG);
    for (size_t len = 0; len < good->der.len; len += 5)
        assert_int_equal(trust_add_crl(t, span_of(good->der.ptr, len), &f),
                         ERR_CONFIG);
    assert_int_equal(trust_add_crl(t, good->der, &f), ERR_OK);
}

/* --- memory --- */

static void test_what_is_remembered(void **state)
{
    const struct test_ext permitted = { "nameConstraints",
                                        "critical,permitted;DNS:example.com" };
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *sub =
        CERT(.subject = "CN=Sub", .ca = true, .issuer = root);
    const struct test_cert *only =
        CERT(.subject = "CN=Only", .issuer = root, .ca = true,
             .extra = &permitted, .num_extra = 1);
    const struct test_cert *leaf = CERT(.subject = "CN=1", .issuer = sub);
    const struct test_cert *next = CERT(.subject = "CN=2", .issuer = sub);
    const struct test_cert *bound =
        CERT(.subject = "CN=3", .issuer = only, .san = "DNS:a.example.com");
    struct scene s = { "", leaf, { root }, .extra = { sub, only } };
    AUTO(trust) t = trust_of(&s);
    struct path_stats stats;

    (void)state;
    for (int i = 0; i < 3; i++)
        assert_int_equal(check_at(t, &s, TEST_NOW).err, ERR_OK);
    path_stats(t, &stats);
    assert_int_equal(stats.full, 1);
    assert_int_equal(stats.leaf_hits, 2);
    assert_int_equal(stats.intermediate_hits, 0);

    s.leaf = next; /* without its chain: the issuer is known by now */
    s.extra[0] = NULL;
    assert_int_equal(check_at(t, &s, TEST_NOW).err, ERR_OK);
    path_stats(t, &stats);
    assert_int_equal(stats.intermediate_hits, 1);
    assert_int_equal(stats.full, 1);

    s.leaf = bound; /* under constraints: looked for anew each time */
    s.extra[0] = only;
    for (int i = 0; i < 3; i++)
        assert_int_equal(check_at(t, &s, TEST_NOW).err, ERR_OK);
    path_stats(t, &stats);
    assert_int_equal(stats.full, 4);
    assert_int_equal(stats.leaf_hits, 2);
    s.extra[0] = NULL;
    assert_int_equal(check_at(t, &s, TEST_NOW).err, ERR_SIGNER_NOT_TRUSTED);

    /* a new epoch knows nothing of all that */
    AUTO(trust) fresh = trust_of(&s);

    s.leaf = next;
    assert_int_equal(check_at(fresh, &s, TEST_NOW).err, ERR_SIGNER_NOT_TRUSTED);
}

/* --- what a trust takes --- */

static void test_owners(void **state)
{
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *renewed =
        CERT(.subject = "CN=Root", .ca = true, .key = root->key);
    const struct test_cert *namesake = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *leaf = CERT(.subject = "CN=x", .issuer = namesake);
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    AUTO(trust) t = NULL;
    struct fault f = { 0 };
    struct path out;

    (void)state;
    assert_int_equal(trust_new(crypto, &t, NULL), ERR_OK);
    assert_int_equal(trust_add_anchor(t, 1, root->der, &f), ERR_OK);
    assert_int_equal(trust_add_anchor(t, 1, root->der, &f), ERR_OK);
    assert_int_equal(trust_add_anchor(t, 2, root->der, &f), ERR_CONFIG);
    assert_non_null(strstr(f.text, "'CN=Root'"));
    assert_int_equal(trust_add_anchor(t, 2, renewed->der, &f), ERR_CONFIG);
    assert_int_equal(trust_add_anchor(t, 1, renewed->der, &f), ERR_OK);
    assert_int_equal(trust_add_anchor(t, 2, namesake->der, &f), ERR_OK);
    assert_int_equal(trust_seal(t, NULL), ERR_OK);
    assert_int_equal(
        path_check(cx, t, TEST_NOW, leaf->der, NULL, 0, a, &out, NULL), ERR_OK);
    assert_int_equal(out.owner, 2);
}

static void test_no_cas(void **state)
{
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *cases[] = {
        CERT(.subject = "CN=x"),
        CERT(.subject = "CN=x", .ca = true, .key_usage = "cRLSign"),
        CERT(.subject = "CN=x", .ca = true,
             .key = test_key_make(pki, "RSA:1024")),
        CERT(.subject = "CN=x", .ca = true,
             .key = test_key_make(pki, "secp256k1")),
    };
    AUTO(trust) t = NULL;
    struct fault f = { 0 };

    (void)state;
    assert_int_equal(trust_new(crypto, &t, NULL), ERR_OK);
    for (size_t i = 0; i < NUM(cases); i++) {
        assert_int_equal(trust_add_anchor(t, 1, cases[i]->der, &f), ERR_CONFIG);
        assert_non_null(strstr(f.text, "'CN=x'"));
        assert_int_equal(trust_add_intermediate(t, cases[i]->der, &f),
                         ERR_CONFIG);
    }
    for (size_t len = 0; len < root->der.len; len += 7)
        assert_int_equal(
            trust_add_anchor(t, 1, span_of(root->der.ptr, len), &f),
            ERR_CONFIG);
}

/* A leaf of which a bit is turned over, anywhere, is no leaf of ours. */
static void test_flipped_bits(void **state)
{
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *sub =
        CERT(.subject = "CN=Sub", .ca = true, .issuer = root);
    const struct test_cert *leaf = CERT(.subject = "CN=bs", .issuer = sub);
    struct scene s = { "", leaf, { root }, .extra = { sub } };
    AUTO(trust) t = trust_of(&s);
    uint8_t bytes[2048];
    struct test_cert bad = { .der = span_of(bytes, leaf->der.len) };

    (void)state;
    assert_int_equal(check_at(t, &s, TEST_NOW).err, ERR_OK);
    assert_true(leaf->der.len <= sizeof(bytes));
    s.leaf = &bad;
    for (size_t i = 0; i < leaf->der.len; i++) {
        memcpy(bytes, leaf->der.ptr, leaf->der.len);
        bytes[i] ^= (uint8_t)(1u << (i % 8));
        if (check_at(t, &s, TEST_NOW).err == ERR_OK)
            fail_msg("byte %zu", i);
    }
}

/* --- threads --- */

struct worker {
    pthread_t thread;
    struct trust *trust;
    const struct test_cert *const *leaves;
    const struct test_cert *const *subs;
    unsigned seed;
    unsigned num_wrong;
};
#define NUM_SUBS 5
#define NUM_LEAVES 20

static enum err one_check(struct worker *w, struct crypto_ctx *mine,
                          struct arena *a, unsigned i)
{
    struct span extra[NUM_SUBS];
    struct path out;

    for (unsigned n = 0; n < NUM_SUBS; n++)
        extra[n] = w->subs[n]->der;
    return path_check(mine, w->trust, TEST_NOW, w->leaves[i % NUM_LEAVES]->der,
                      extra, NUM_SUBS, a, &out, NULL);
}

static void *work(void *arg)
{
    struct worker *w = arg;
    AUTO(crypto_ctx) mine = NULL;
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);

    w->num_wrong = 1;
    if (a == NULL || crypto_ctx_new(crypto, &mine, NULL) != ERR_OK)
        return NULL;
    w->num_wrong = 0;
    for (unsigned i = 0; i < 100; i++) {
        w->num_wrong += one_check(w, mine, a, w->seed + 7 * i) != ERR_OK;
        arena_reset(a);
    }
    return NULL;
}

static void test_threads(void **state)
{
    const struct test_cert *root = CERT(.subject = "CN=Root", .ca = true);
    const struct test_cert *subs[NUM_SUBS], *leaves[NUM_LEAVES];
    struct scene s = { "", root, { root }, .crls = { CRL(.issuer = root) } };
    struct worker workers[4];
    struct path_stats stats;
    char name[32];

    (void)state;
    for (size_t i = 0; i < NUM_SUBS; i++) {
        snprintf(name, sizeof(name), "CN=Sub %zu", i);
        subs[i] = CERT(.subject = name, .ca = true, .issuer = root);
    }
    for (size_t i = 0; i < NUM_LEAVES; i++) {
        snprintf(name, sizeof(name), "CN=bs %zu", i);
        leaves[i] = CERT(.subject = name, .issuer = subs[i % NUM_SUBS]);
    }
    AUTO(trust) t = trust_of(&s);

    for (size_t i = 0; i < NUM(workers); i++) {
        workers[i] = (struct worker){
            .trust = t, .leaves = leaves, .subs = subs, .seed = (unsigned)i
        };
        assert_int_equal(
            pthread_create(&workers[i].thread, NULL, work, &workers[i]), 0);
    }
    for (size_t i = 0; i < NUM(workers); i++) {
        pthread_join(workers[i].thread, NULL);
        assert_int_equal(workers[i].num_wrong, 0);
    }
    path_stats(t, &stats);
    assert_int_equal(stats.full + stats.leaf_hits + stats.intermediate_hits,
                     400);
    assert_true(stats.leaf_hits >= 400 - 4 * NUM_LEAVES);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_chains),
        cmocka_unit_test(test_forgeries),
        cmocka_unit_test(test_dates),
        cmocka_unit_test(test_what_a_ca_may),
        cmocka_unit_test(test_algorithms),
        cmocka_unit_test(test_loop),
        cmocka_unit_test(test_length),
        cmocka_unit_test(test_junk),
        cmocka_unit_test(test_revocation),
        cmocka_unit_test(test_crl_scope),
        cmocka_unit_test(test_crls_not_taken),
        cmocka_unit_test(test_what_is_remembered),
        cmocka_unit_test(test_owners),
        cmocka_unit_test(test_no_cas),
        cmocka_unit_test(test_flipped_bits),
        cmocka_unit_test(test_threads),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
