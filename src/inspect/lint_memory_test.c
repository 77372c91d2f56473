/* What lint remembers of transactions, and that it forgets the oldest. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/limits.h"
#include "inspect/lint.h"
#include "support/cmp_vectors.h"

#define MANY 5000

struct rig {
    struct arena *arena;
    struct trusted *trusted;
    struct lint *lint;
    uint8_t *bytes; /* of an ir, to be given any transactionID */
    size_t len;
    uint8_t *id;
    size_t number, repeats;
};

static enum err note(void *arg, const struct lint_report *report)
{
    struct rig *rig = arg;

    rig->repeats = report->repeats;
    return ERR_OK;
}

/* The message that the ir with this transactionID was seen in before. */
static size_t seen_in(struct rig *rig, uint32_t id)
{
    struct seen seen = { .number = ++rig->number,
                         .where = "a test",
                         .der = span_of(rig->bytes, rig->len) };

    memcpy(rig->id, &id, sizeof(id));
    assert_int_equal(lint_message(rig->lint, &seen, note, rig, NULL), ERR_OK);
    return rig->repeats;
}

static void find_id(struct rig *rig)
{
    struct cmp_message msg = { 0 };

    assert_int_equal(
        cmp_message_read(span_of(rig->bytes, rig->len), rig->arena, &msg, NULL),
        ERR_OK);
    rig->id = rig->bytes + (msg.header.transaction_id.ptr - rig->bytes);
}

static void set_up(struct rig *rig)
{
    struct lint_settings settings = { 0 };
    struct span ir = SPAN_NONE;

    *rig = (struct rig){ .arena = arena_new(LIMIT_REQUEST_ARENA) };
    for (size_t i = 0; i < num_cmp_vectors; i++)
        if (strcmp(cmp_vectors[i].name, "ir") == 0)
            ir = cmp_vector_load(&cmp_vectors[i], rig->arena);
    rig->bytes = arena_alloc(rig->arena, ir.len);
    assert_non_null(rig->bytes);
    memcpy(rig->bytes, ir.ptr, ir.len);
    rig->len = ir.len;
    find_id(rig);
    assert_int_equal(trusted_new(&rig->trusted, NULL), ERR_OK);
    assert_int_equal(trusted_seal(rig->trusted, NULL), ERR_OK);
    settings.trusted = rig->trusted;
    lint_profile(&settings.profile, PROFILE_3GPP_BS);
    assert_int_equal(lint_new(&settings, &rig->lint, NULL), ERR_OK);
}

static void tear_down(struct rig *rig)
{
    lint_free(rig->lint);
    trusted_free(rig->trusted);
    arena_free(rig->arena);
}

static void test_oldest_is_forgotten(void **state)
{
    struct rig rig;

    (void)state;
    set_up(&rig);
    assert_int_equal(seen_in(&rig, 1), 0);
    assert_int_equal(seen_in(&rig, 2), 0);
    assert_int_equal(seen_in(&rig, 1), 1);
    for (uint32_t i = 0; i < MANY; i++)
        assert_int_equal(seen_in(&rig, 100 + i), 0);
    assert_int_equal(seen_in(&rig, 100 + MANY - 1), 3 + MANY);
    assert_true(seen_in(&rig, 100 + MANY - 4000) != 0);
    assert_int_equal(seen_in(&rig, 1), 0);
    assert_int_equal(seen_in(&rig, 100), 0);
    tear_down(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_oldest_is_forgotten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
