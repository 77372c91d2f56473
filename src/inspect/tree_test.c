/* The tree: what is where, how broken input is shown, and its bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "inspect/tree.h"
#include "support/cmp_vectors.h"

#define NUM(list) (sizeof(list) / sizeof((list)[0]))

/* A message by hand: SEQUENCE { header, pollReq of one certReqId }. */
#define HEADER "300b 020102 a4023000 a4023000"
#define POLL_REQ "b907 3005 3003 020100"
#define MESSAGE "3016 " HEADER POLL_REQ

static struct span bytes_of(const char *hex, struct arena *a)
{
    struct span out = { 0 };

    assert_int_equal(hex_parse(hex, a, &out), ERR_OK);
    return out;
}

static void read_as(struct span der, const char *type, struct arena *a,
                    struct tree *out)
{
    struct fault f = { 0 };

    if (tree_read_der(der, type, a, out, &f) != ERR_OK)
        fail_msg("%s", f.text);
}

static void assert_value(const struct tree *tree, const char *path,
                         const char *type, const char *value)
{
    const struct tree_node *node = tree_find(tree->root, path);
    struct buf text;

    if (node == NULL) {
        fail_msg("nothing at %s", path);
        return;
    }
    assert_string_equal(node->type, type);
    buf_init(&text, 4096);
    tree_value(node, &text);
    assert_string_equal(buf_str(&text), value);
    buf_clear(&text);
    tree_path(node, &text);
    assert_string_equal(buf_str(&text), path);
    buf_done(&text);
}

static void fields_have_values(void **state)
{
    static const struct {
        const char *vector, *path, *type, *value;
    } cases[] = {
        { "ir", "header.pvno", "INTEGER", "2 (cmp2000)" },
        { "ir", "header.sender.directoryName", "Name",
          "CN=0123456789,O=Vendor" },
        { "ir", "header.messageTime", "GeneralizedTime",
          "2026-11-22T01:36:26Z" },
        { "ir", "header.protectionAlg", "AlgorithmIdentifier",
          "ecdsa-with-SHA256 (1.2.840.10045.4.3.2)" },
        { "ir-mac", "header.protectionAlg.parameters.iterationCount", "INTEGER",
          "500" },
        { "ir", "body.ir[0].popo.signature.algorithmIdentifier.algorithm",
          "OBJECT IDENTIFIER", "ecdsa-with-SHA256 (1.2.840.10045.4.3.2)" },
        { "ip-waiting", "body.ip.response[0].status.status", "PKIStatus",
          "3 (waiting)" },
        { "error-details", "body.error.pKIStatusInfo.failInfo",
          "PKIFailureInfo", "badRequest" },
        { "pkiconf", "body.pkiconf", "NULL", "" },
        { "ir", "extraCerts[0].tbsCertificate.extensions[0].extnValue",
          "KeyUsage", "digitalSignature" },
        { "ir", "extraCerts[1].tbsCertificate.extensions[0].extnValue.cA",
          "BOOLEAN", "TRUE" },
        { "ir",
          "extraCerts[0].tbsCertificate.subjectPublicKeyInfo.algorithm."
          "parameters.namedCurve",
          "OBJECT IDENTIFIER", "secp256r1 (1.2.840.10045.3.1.7)" },
    };
    AUTO(arena) a = arena_new(2 * TREE_ARENA_LEN);

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        struct cmp_vector v = { .name = cases[i].vector };
        struct tree tree;

        arena_reset(a);
        read_as(cmp_vector_load(&v, a), NULL, a, &tree);
        assert_int_equal(tree.num_problems, 0);
        assert_string_equal(tree.root->type, "PKIMessage");
        assert_value(&tree, cases[i].path, cases[i].type, cases[i].value);
    }
}

/* Values that the vectors do not have, by their type. */
static void parts_have_values(void **state)
{
    static const struct {
        const char *type, *hex, *path, *shown, *value;
    } cases[] = {
        { "GeneralNames", "3006 8704 0a000001", "[0].iPAddress", "OCTET STRING",
          "10.0.0.1" },
        { "GeneralNames", "300a 8708 0a000000 ff000000", "[0].iPAddress",
          "OCTET STRING", "10.0.0.0/255.0.0.0" },
        { "GeneralNames", "3012 8710 20010db8 00000000 00000000 00000001",
          "[0].iPAddress", "OCTET STRING", "2001:db8:0:0:0:0:0:1" },
        { "GeneralNames", "3005 8703 0a0000", "[0].iPAddress", "OCTET STRING",
          "0a0000" },
        { "GeneralNames", "3004 8802 2a03", "[0].registeredID",
          "OBJECT IDENTIFIER", "1.2.3" },
        /* otherName: hardwareModuleName. */
        { "GeneralNames",
          "3019 a017 06082b06010505070804 a00b 3009 06022a03 0403 313233",
          "[0].otherName.value.hwSerialNum", "OCTET STRING", "313233" },
        { "GenMsgContent", "300a 3008 06022a03 0c02 6869", "[0].infoValue",
          "UTF8String", "hi" },
        { "GenMsgContent", "300c 300a 06022a03 3004 0c02 6869",
          "[0].infoValue[0]", "UTF8String", "hi" },
        { "PKIStatusInfo", "3003 020109", "status", "PKIStatus", "9" },
        { "Name", "3000", "", "Name", "NULL-DN" },
        /* A name that would move a terminal. */
        { "Name", "3017 3115 3013 0603550403 0c0c 61c29b6d e280ae 5c 1b626364",
          "", "Name", "CN=a\\u{9b}m\\u{202e}\\\\\\1bbcd" },
        /* A key package: the key is not shown. */
        { "AsymmetricKeyPackage", "300f 300d 020100 3005 06032b6570 0401 ff",
          "[0].privateKey", "OCTET STRING", "1 octets that are not shown" },
    };
    AUTO(arena) a = arena_new(2 * TREE_ARENA_LEN);

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        struct tree tree;

        arena_reset(a);
        read_as(bytes_of(cases[i].hex, a), cases[i].type, a, &tree);
        assert_int_equal(tree.num_problems, 0);
        assert_value(&tree, cases[i].path, cases[i].shown, cases[i].value);
    }
}

/* What is told of one fault, and that what stands behind it is read. */
static void problems_are_told(void **state)
{
    static const struct {
        const char *hex, *path, *told;
        const char *after; /* a node that is fine nevertheless; NULL: none */
    } cases[] = {
        { "3016 300b 040102 a4023000 a4023000 " POLL_REQ, "header.pvno",
          "at byte 4: expected INTEGER, found OCTET STRING",
          "body.pollReq[0].certReqId" },
        { "3017 300c 02020002 a4023000 a4023000 " POLL_REQ, "header.pvno",
          "at byte 6: expected INTEGER, found more octets than the number "
          "needs",
          "body.pollReq[0].certReqId" },
        { "3013 3008 a4023000 a4023000 " POLL_REQ, "header.pvno",
          "at byte 4: expected INTEGER, found [4]", "header.sender" },
        { "3017 30810b 020102 a4023000 a4023000 " POLL_REQ, "header",
          "at byte 2: expected PKIHeader, found the length is not in its "
          "shortest form",
          "header.recipient" },
        { "3016 300b 020102 a4093000 a4023000 " POLL_REQ, "header.sender",
          "at byte 7: expected GeneralName, found a length of 9 where 6 "
          "octets are left",
          "body.pollReq[0].certReqId" },
        { "3016 " HEADER "b907 3005 3003 0a0100", "body.pollReq[0].certReqId",
          "at byte 21: expected INTEGER, found ENUMERATED", "header.pvno" },
        { "3018 " HEADER "b907 3005 3003 020100 0500", "extra",
          "at byte 24: expected the end, found NULL more", "body.pollReq[0]" },
        { "3016 " HEADER "bf07 3005 3003 020100", "body",
          "at byte 15: expected PKIBody, found a tag of several octets",
          "header" },
        { "3016 " HEADER "be07 3005 3003 020100", "body",
          "at byte 15: expected PKIBody, found [30]", "header" },
        { "3080 " HEADER POLL_REQ, "",
          "at byte 0: expected PKIMessage, found an indefinite length, which "
          "is BER and not DER",
          NULL },
        { "300d " HEADER, "body",
          "at byte 15: expected PKIBody, found the end of PKIMessage",
          "header" },
        { MESSAGE "0500", "",
          "at byte 24: expected the end, found 2 octets "
          "after it",
          "body.pollReq[0].certReqId" },
        { "3016 " HEADER "b907 3005 3003 0201", "body.pollReq[0].certReqId",
          "at byte 23: expected INTEGER, found the end of the input",
          "header" },
        { "", "", "at byte 0: expected PKIMessage, found the end of the input",
          NULL },
    };
    AUTO(arena) a = arena_new(2 * TREE_ARENA_LEN);

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        const struct tree_node *after;
        struct tree tree;
        struct buf text;

        arena_reset(a);
        read_as(bytes_of(cases[i].hex, a), "PKIMessage", a, &tree);
        buf_init(&text, 4096);
        assert_non_null(tree.problem);
        tree_problem_format(tree.problem->problem, &text);
        assert_string_equal(buf_str(&text), cases[i].told);
        buf_clear(&text);
        tree_path(tree.problem, &text);
        assert_string_equal(buf_str(&text), cases[i].path);
        if (tree.num_problems != 1)
            fail_msg("%s: %zu problems", cases[i].told, tree.num_problems);
        buf_done(&text);
        if (cases[i].after == NULL)
            continue;
        after = tree_find(tree.root, cases[i].after);
        assert_non_null(after);
        assert_null(after->problem);
    }
}

static void sets_and_defaults_are_checked(void **state)
{
    static const struct {
        const char *type, *hex, *told;
    } cases[] = {
        { "Extensions", "300e 300c 0603551d13 010100 0402 3000",
          "at byte 9: expected nothing, found FALSE, which is the default" },
        { "Extensions", "300b 3009 0603551d0f 0402 3000",
          "at byte 11: expected KeyUsage, found SEQUENCE" },
        { "Extensions", "300e 300c 0603551d0f 0405 03030000 00",
          "at byte 13: expected KeyUsage, found bits of 0 at the end" },
        { "Extensions", "3000",
          "at byte 2: expected Extension, found nothing" },
        { "Name", "3014 3112 3007 0603550403 0c00 3007 0603550403 0500",
          "at byte 13: expected SET OF in ascending order, found an element "
          "that belongs before the one before" },
    };
    AUTO(arena) a = arena_new(2 * TREE_ARENA_LEN);

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        struct tree tree;
        struct buf text;

        arena_reset(a);
        read_as(bytes_of(cases[i].hex, a), cases[i].type, a, &tree);
        assert_non_null(tree.problem);
        buf_init(&text, 4096);
        tree_problem_format(tree.problem->problem, &text);
        assert_string_equal(buf_str(&text), cases[i].told);
        buf_done(&text);
    }
}

/* SEQUENCEs inside SEQUENCEs, `depth` of them. */
static struct span nest(size_t depth, struct arena *a)
{
    size_t size = depth * 4 + 2;
    uint8_t *bytes = arena_alloc(a, size);
    uint8_t *p = bytes + size;
    size_t len = 0;

    assert_non_null(bytes);
    for (size_t i = 0; i < depth; i++) {
        if (len >= 0x100) {
            p -= 4;
            memcpy(p,
                   (uint8_t[]){ 0x30, 0x82, (uint8_t)(len >> 8), (uint8_t)len },
                   4);
        } else if (len >= 0x80) {
            p -= 3;
            memcpy(p, (uint8_t[]){ 0x30, 0x81, (uint8_t)len }, 3);
        } else {
            p -= 2;
            memcpy(p, (uint8_t[]){ 0x30, (uint8_t)len }, 2);
        }
        len = (size_t)(bytes + size - p);
    }
    return span_of(p, len);
}

static void what_is_too_deep_stays_closed(void **state)
{
    AUTO(arena) a = arena_new(2 * TREE_ARENA_LEN);
    size_t depth = 0;
    struct tree tree;

    (void)state;
    /* As the value of an unknown type. */
    read_as(nest(5000, a), "ContentInfo", a, &tree);
    assert_int_equal(tree.num_closed, 1);
    for (const struct tree_node *n = tree.root; n != NULL;
         n = tree_next(n, tree.root)) {
        if (tree_depth(n) > depth)
            depth = tree_depth(n);
        assert_true(!n->is_closed || n->first == NULL);
    }
    assert_int_equal(depth, TREE_MAX_DEPTH);
}

static void too_many_elements_are_cut(void **state)
{
    AUTO(arena) a = arena_new(2 * TREE_ARENA_LEN);
    size_t num = TREE_MAX_NODES + 100;
    uint8_t *bytes = arena_alloc(a, 5 + 2 * num);
    struct tree tree;

    (void)state;
    assert_non_null(bytes);
    bytes[0] = 0x30;
    bytes[1] = 0x83;
    for (size_t i = 0; i < 3; i++)
        bytes[2 + i] = (uint8_t)(2 * num >> (8 * (2 - i)));
    for (size_t i = 0; i < num; i++)
        bytes[5 + 2 * i] = 0x05;
    read_as(span_of(bytes, 5 + 2 * num), "POPODecKeyRespContent", a, &tree);
    assert_true(tree.is_full);
    assert_int_equal(tree.num_nodes, TREE_MAX_NODES);
}

static void types_have_names(void **state)
{
    AUTO(arena) a = arena_new(TREE_ARENA_LEN);
    struct fault f = { 0 };
    struct tree tree;
    size_t n = 0;

    (void)state;
    for (; tree_type_name(n) != NULL; n++)
        read_as(bytes_of("0500", a), tree_type_name(n), a, &tree);
    assert_true(n > 20);
    assert_int_equal(
        tree_read_der(bytes_of("0500", a), "Nothing", a, &tree, &f),
        ERR_NOT_FOUND);
    assert_string_equal(f.text, "no type \"Nothing\"");
}

static void memory_may_end(void **state)
{
    AUTO(arena) vectors = arena_new((size_t)1024 * 1024);
    struct cmp_vector v = { .name = "ir" };
    struct span der = cmp_vector_load(&v, vectors);

    (void)state;
    for (size_t cap = 64; cap < (size_t)64 * 1024; cap += 997) {
        AUTO(arena) a = arena_new(cap);
        struct tree tree;
        enum err e = tree_read_der(der, "PKIMessage", a, &tree, NULL);

        assert_true(e == ERR_NO_MEM || e == ERR_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_have_values),
        cmocka_unit_test(parts_have_values),
        cmocka_unit_test(problems_are_told),
        cmocka_unit_test(sets_and_defaults_are_checked),
        cmocka_unit_test(what_is_too_deep_stays_closed),
        cmocka_unit_test(too_many_elements_are_cut),
        cmocka_unit_test(types_have_names),
        cmocka_unit_test(memory_may_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
