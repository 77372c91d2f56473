#include "crypto/path_scene_test.h"

/*
 * OpenSSL 3.0.20 loses a GeneralName of an extension that it fails to read, of
 * which the flipped bits make many. What it allocates for itself is left out of
 * the leak report of this one program.
 */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libcrypto.so\n";
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
        { "SHA-1 leaf and intermediate, legacy",
          CERT(.subject = "CN=x", .issuer = sha1_sub, .md = "SHA1"),
          { root },
          .extra = { sha1_sub },
          .legacy = true,
          .num_chain = 3,
          .revocation = REVOCATION_UNKNOWN },
        { "MD5 leaf, legacy",
          CERT(.subject = "CN=x", .issuer = rsa, .md = "MD5"),
          { root },
          .extra = { rsa },
          .legacy = true,
          .num_chain = 3,
          .revocation = REVOCATION_UNKNOWN },
        { "DSA leaf, legacy",
          CERT(.subject = "CN=x", .issuer = root,
               .key = test_key_make(pki, "DSA:1024")),
          { root },
          .legacy = true,
          .num_chain = 2,
          .revocation = REVOCATION_UNKNOWN },
        { "DSA leaf",
          CERT(.subject = "CN=x", .issuer = root,
               .key = test_key_make(pki, "DSA:1024")),
          { root },
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "too short" },
        { "SHA-224 leaf, legacy",
          CERT(.subject = "CN=x", .issuer = root, .md = "SHA224"),
          { root },
          .legacy = true,
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "'CN=x' is signed with ecdsa-with-SHA224" },
        { "RSA of 1024 bits above, legacy",
          CERT(.subject = "CN=x", .issuer = small),
          { root },
          .extra = { small },
          .legacy = true,
          .err = ERR_SIGNER_NOT_TRUSTED,
          .says = "1024 bits" },
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_what_a_ca_may), cmocka_unit_test(test_algorithms),
        cmocka_unit_test(test_owners),        cmocka_unit_test(test_no_cas),
        cmocka_unit_test(test_flipped_bits),
    };

    return cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
