/*
 * Every input that fuzzing has found, of any decoder, through lint and through
 * the tree: no crash, none that takes a second, and all of them within the
 * memory of one.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "inspect/lint.h"
#include "inspect/tree.h"

#define CORPUS VECTORS "/../fuzz/corpus"
#define MIN_FILES 500
#define SECOND ((int64_t)1000000)

#if defined(__SANITIZE_ADDRESS__)
#define IS_SANITIZED true
#elif defined(__has_feature)
#define IS_SANITIZED __has_feature(address_sanitizer)
#else
#define IS_SANITIZED false
#endif
/* A sanitizer takes its share of both. */
#define MAX_TIME (IS_SANITIZED ? 5 * SECOND : SECOND)
#define MAX_RSS_KIB (64L * 1024)

struct tools {
    struct trusted *trusted;
    struct lint *lints[PROFILE_TYPE_NUM];
    struct arena *arena;
    size_t num_files, num_messages, num_broken;
};

static enum err count(void *arg, const struct lint_report *report)
{
    struct tools *tools = arg;

    tools->num_broken += report->num_errors + report->num_warnings;
    return ERR_OK;
}

static enum err use_message(void *arg, const struct seen *seen)
{
    struct tools *tools = arg;
    struct tree tree;

    tools->num_messages++;
    for (size_t i = 0; i < PROFILE_TYPE_NUM; i++)
        assert_int_equal(
            lint_message(tools->lints[i], seen, count, tools, NULL), ERR_OK);
    if (span_is_absent(seen->der))
        return ERR_OK;
    arena_reset(tools->arena);
    assert_int_equal(tree_read_der(seen->der, NULL, tools->arena, &tree, NULL),
                     ERR_OK);
    return ERR_OK;
}

/* As whatever its content looks like, and as a message in any case. */
static void use_file(struct tools *tools, const char *path)
{
    int64_t begin = clock_monotonic_micros();
    struct seen seen = { .number = 1, .where = path };
    struct fault f = { 0 };
    struct buf bytes;
    enum err e;

    buf_init(&bytes, LIMIT_FILE_LEN);
    assert_int_equal(file_load(path, &bytes, &f), ERR_OK);
    e = input_read_bytes(buf_span(&bytes), path, NULL, use_message, tools, &f);
    if (e != ERR_OK && e != ERR_BAD_DATA_FORMAT && e != ERR_LIMIT)
        fail_msg("%s: %s", path, f.text);
    seen.der =
        span_of(bytes.len > 0 ? bytes.ptr : (const uint8_t *)"", bytes.len);
    assert_int_equal(use_message(tools, &seen), ERR_OK);
    buf_done(&bytes);
    tools->num_files++;
    if (clock_monotonic_micros() - begin > MAX_TIME)
        fail_msg("%s: took %lld ms", path,
                 (long long)(clock_monotonic_micros() - begin) / 1000);
}

/* Files one folder down. */
static void use_folder(struct tools *tools, const char *folder, int depth)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    char path[1024];

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (depth > 0)
            use_folder(tools, path, depth - 1);
        else
            use_file(tools, path);
    }
    closedir(dir);
}

static void test_corpus(void **state)
{
    struct tools tools = { .arena = arena_new(TREE_ARENA_LEN) };
    struct lint_settings settings = { 0 };
    struct rusage used;

    (void)state;
    assert_int_equal(trusted_new(&tools.trusted, NULL), ERR_OK);
    assert_int_equal(trusted_seal(tools.trusted, NULL), ERR_OK);
    settings.trusted = tools.trusted;
    settings.tells_all = true;
    for (enum profile_type t = 0; t < PROFILE_TYPE_NUM; t++) {
        lint_profile(&settings.profile, t);
        assert_int_equal(lint_new(&settings, &tools.lints[t], NULL), ERR_OK);
    }
    use_folder(&tools, CORPUS, 1);
    assert_true(tools.num_files > MIN_FILES);
    assert_true(tools.num_messages > tools.num_files);
    assert_true(tools.num_broken > tools.num_files);
    assert_int_equal(getrusage(RUSAGE_SELF, &used), 0);
    if (!IS_SANITIZED)
        assert_true(used.ru_maxrss < MAX_RSS_KIB);
    for (size_t i = 0; i < PROFILE_TYPE_NUM; i++)
        lint_free(tools.lints[i]);
    trusted_free(tools.trusted);
    arena_free(tools.arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_corpus),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
