#include "base/error.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* Bits and names as the ASN.1 of RFC 9810, appendix F, pairs them. */
static void test_table(void **state)
{
    static const struct {
        enum err err;
        const char *name;
        enum fail_info bit;
        const char *bit_name;
        enum whose whose;
    } cases[] = {
        { ERR_OK, "OK", FI_NONE, "", WHOSE_NOBODY },
        { ERR_BAD_DER, "BAD_DER", 5, "badDataFormat", WHOSE_PEER },
        { ERR_BAD_ALG, "BAD_ALG", 0, "badAlg", WHOSE_PEER },
        { ERR_BAD_POP, "BAD_POP", 9, "badPOP", WHOSE_PEER },
        { ERR_CERT_REVOKED, "CERT_REVOKED", 10, "certRevoked", WHOSE_PEER },
        { ERR_SYSTEM_UNAVAIL, "SYSTEM_UNAVAIL", 24, "systemUnavail",
          WHOSE_OURS },
        { ERR_NO_MEM, "NO_MEM", 25, "systemFailure", WHOSE_OURS },
        { ERR_DUPLICATE_CERT_REQ, "DUPLICATE_CERT_REQ", 26, "duplicateCertReq",
          WHOSE_PEER },
        { ERR_USAGE, "USAGE", 25, "systemFailure", WHOSE_USER },
        { ERR_REFUSED, "REFUSED", FI_NONE, "", WHOSE_PEER },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(err_name(cases[i].err), cases[i].name);
        assert_int_equal(err_fail_info(cases[i].err), cases[i].bit);
        assert_int_equal(err_whose(cases[i].err), cases[i].whose);
        assert_string_equal(fail_info_name(cases[i].bit), cases[i].bit_name);
    }
    for (int e = 0; e < ERR_NUM; e++)
        assert_true(strlen(err_text((enum err)e)) > 0);
    assert_string_equal(fail_info_name((enum fail_info)27), "");
}

static void test_fault(void **state)
{
    struct fault f = { 0 };

    (void)state;
    assert_int_equal(
        fault_clause(&f, ERR_BAD_POP, "RFC 4211, 4.1", "key %d", 7),
        ERR_BAD_POP);
    assert_int_equal(f.err, ERR_BAD_POP);
    assert_string_equal(f.clause, "RFC 4211, 4.1");
    assert_string_equal(f.text, "key 7");
    assert_int_equal(fault_prefix(&f, ERR_BAD_POP, "request %d", 0),
                     ERR_BAD_POP);
    assert_string_equal(f.text, "request 0: key 7");
    assert_string_equal(f.clause, "RFC 4211, 4.1");
    assert_int_equal(fault_set(&f, ERR_IO, "disk"), ERR_IO);
    assert_string_equal(f.clause, "");
    assert_string_equal(f.text, "disk");
}

static void test_fault_may_quote_itself(void **state)
{
    struct fault f = { 0 };

    (void)state;
    fault_set(&f, ERR_IO, "disk");
    fault_set(&f, ERR_STORE, "store: %s", f.text);
    assert_string_equal(f.text, "store: disk");
}

static void test_prefix_where_nothing_was_said(void **state)
{
    struct fault f = { 0 };

    (void)state;
    fault_prefix(&f, ERR_NO_MEM, "reply");
    assert_int_equal(f.err, ERR_NO_MEM);
    assert_string_equal(f.text, "reply: out of memory");
}

static void test_long_texts_are_cut(void **state)
{
    char text[2 * sizeof(((struct fault *)NULL)->text)];
    struct fault f = { 0 };

    (void)state;
    memset(text, 'x', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    fault_clause(&f, ERR_IO, text, "%s", text);
    assert_int_equal(strlen(f.text), sizeof(f.text) - 1);
    assert_int_equal(strlen(f.clause), sizeof(f.clause) - 1);
    fault_prefix(&f, ERR_IO, "%s", text);
    assert_true(strlen(f.text) < sizeof(f.text));
}

static void test_fault_may_be_absent(void **state)
{
    (void)state;
    assert_int_equal(fault_set(NULL, ERR_IO, "x"), ERR_IO);
    assert_int_equal(fault_clause(NULL, ERR_IO, "c", "x"), ERR_IO);
    assert_int_equal(fault_prefix(NULL, ERR_IO, "x"), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_fault),
        cmocka_unit_test(test_fault_may_quote_itself),
        cmocka_unit_test(test_prefix_where_nothing_was_said),
        cmocka_unit_test(test_long_texts_are_cut),
        cmocka_unit_test(test_fault_may_be_absent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
