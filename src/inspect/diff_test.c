/* Two trees: what is told, and that order in a list is none of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "inspect/diff.h"

#define NUM(list) (sizeof(list) / sizeof((list)[0]))

#define INFO(id, value) "3007 0602" id value

static const char *const signs[] = {
    [DIFF_CHANGED] = "~", [DIFF_MISSING] = "-", [DIFF_ADDED] = "+"
};

static void tree_of(const char *type, const char *hex, struct arena *a,
                    struct tree *out)
{
    struct span der = { 0 };

    assert_int_equal(hex_parse(hex, a, &der), ERR_OK);
    assert_int_equal(tree_read_der(der, type, a, out, NULL), ERR_OK);
    assert_int_equal(out->num_problems, 0);
}

static const struct {
    const char *type, *a, *b, *told;
} cases[] = {
    { "PKIStatusInfo", "3003 020100", "3003 020100", "" },
    { "PKIStatusInfo", "3003 020100", "3003 020102", "~status " },
    { "PKIStatusInfo", "3007 020102 03020780", "3003 020102", "-failInfo " },
    { "PKIStatusInfo", "3003 020102", "3007 020102 03020780", "+failInfo " },
    /* By identifier. */
    { "GenMsgContent", "3012 " INFO("2a03", "020101") INFO("2a04", "020102"),
      "3012 " INFO("2a04", "020102") INFO("2a03", "020101"), "" },
    { "GenMsgContent", "3012 " INFO("2a03", "020101") INFO("2a04", "020102"),
      "3012 " INFO("2a04", "020103") INFO("2a03", "020101"),
      "~[1].infoValue " },
    { "GenMsgContent", "3012 " INFO("2a03", "020101") INFO("2a04", "020102"),
      "3012 " INFO("2a05", "020102") INFO("2a03", "020101"), "-[1] +[0] " },
    /* By bytes, then in order. */
    { "POPODecKeyRespContent", "3009 020101 020102 020103",
      "3009 020103 020101 020102", "" },
    { "POPODecKeyRespContent", "3006 020101 020102",
      "3009 020102 020105 020106", "~[0] +[2] " },
    /* What differs as it must is marked. */
    { "CertConfirmContent", "300a 3008 0403 010203 020100",
      "300a 3008 0403 010204 020100", "~[0].certHash! " },
    { "CertConfirmContent", "300a 3008 0403 010203 020100",
      "300a 3008 0403 010203 020101", "~[0].certReqId " },
    /* What was chosen. */
    { "GeneralNames", "3004 8202 6161", "3004 8602 6161",
      "-[0].dNSName +[0].uniformResourceIdentifier " },
    /* A name as one value. */
    { "Name", "300e 310c 300a 0603550403 0c03 616161",
      "300e 310c 300a 0603550403 0c03 616162", "~ " },
};

static void differences_are_told(void **state)
{
    AUTO(arena) a = arena_new(4 * TREE_ARENA_LEN);

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        struct tree first, second;
        struct diff d = { 0 };
        struct buf told;

        arena_reset(a);
        tree_of(cases[i].type, cases[i].a, a, &first);
        tree_of(cases[i].type, cases[i].b, a, &second);
        assert_int_equal(tree_diff(&first, &second, false, a, &d), ERR_OK);
        buf_init(&told, 4096);
        for (size_t k = 0; k < d.num; k++) {
            const struct diff_entry *e = &d.list[k];

            buf_add_str(&told, signs[e->kind]);
            tree_path(e->a != NULL ? e->a : e->b, &told);
            buf_add_str(&told, e->is_fresh ? "! " : " ");
        }
        assert_string_equal(buf_str(&told), cases[i].told);
        buf_done(&told);
    }
}

static void memory_may_end(void **state)
{
    AUTO(arena) a = arena_new(4 * TREE_ARENA_LEN);
    AUTO(arena) small = arena_new(64);
    struct tree first, second;
    struct diff d = { 0 };

    (void)state;
    tree_of("PKIStatusInfo", "3003 020100", a, &first);
    tree_of("PKIStatusInfo", "3003 020102", a, &second);
    assert_int_equal(tree_diff(&first, &second, false, small, &d), ERR_NO_MEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(differences_are_told),
        cmocka_unit_test(memory_may_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
