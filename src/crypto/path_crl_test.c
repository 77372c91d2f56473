#include "crypto/path_scene_test.h"

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
    const struct test_cert *later = CERT(.subject = "CN=l", .issuer = sub);
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
    const struct test_crl *ending = CRL(.issuer = sub, .next_update = TEST_NOW);
    const struct test_crl *beginning =
        CRL(.issuer = sub, .this_update = TEST_NOW);
    const struct test_crl *future =
        CRL(.issuer = sub, .this_update = TEST_NOW + 1);
    const struct test_crl *leaf_out = CRL(.issuer = sub, REVOKES(leaf));
    const struct test_crl *not_sorted =
        CRL(.issuer = sub,
            .revoked = (const struct test_cert *const[]){ later, leaf },
            .num_revoked = 2);
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
        { "leaf revoked, serial numbers in no order",
          leaf,
          { root },
          .extra = { sub },
          .crls = { root_crl, not_sorted },
          .revocation = REVOCATION_REVOKED,
          .revoked_depth = 0 },
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
        { "out of date this second",
          leaf,
          { root },
          .extra = { sub },
          .crls = { root_crl, ending },
          .revocation = REVOCATION_UNKNOWN },
        { "begins this second",
          leaf,
          { root },
          .extra = { sub },
          .crls = { root_crl, beginning },
          .revocation = REVOCATION_GOOD },
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_revocation),
        cmocka_unit_test(test_crl_scope),
        cmocka_unit_test(test_crls_not_taken),
    };

    return cmocka_run_group_tests(tests, scene_set_up, scene_tear_down);
}
