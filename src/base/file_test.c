#include "base/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* A directory of its own for each test, which is the current one. */
static int enter_dir(void **state)
{
    static char dir[32];

    snprintf(dir, sizeof(dir), "/tmp/file_test.XXXXXX");
    *state = dir;
    return mkdtemp(dir) == NULL ? -1 : chdir(dir);
}

static size_t count_and_remove(const char *path)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    size_t num = 0;

    assert_non_null(dir);
    while ((entry = readdir(dir)) != NULL) {
        if (entry->d_name[0] == '.')
            continue;
        num++;
        assert_int_equal(remove(entry->d_name), 0);
    }
    closedir(dir);
    return num;
}

static int leave_dir(void **state)
{
    count_and_remove(".");
    return chdir("/") != 0 ? -1 : rmdir(*state);
}

static void assert_holds(const char *path, const char *text, unsigned mode)
{
    struct stat st;
    struct buf buf;

    buf_init(&buf, 100);
    assert_int_equal(file_load(path, &buf, NULL), ERR_OK);
    assert_string_equal(buf_str(&buf), text);
    buf_done(&buf);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 07777, mode);
}

static void test_save_replaces(void **state)
{
    struct fault f = { 0 };

    (void)state;
    assert_int_equal(file_save("x", SPAN_LIT("one"), 0644, &f), ERR_OK);
    assert_holds("x", "one", 0644);
    assert_int_equal(file_save("./x", SPAN_LIT("two"), 0600, &f), ERR_OK);
    assert_holds("x", "two", 0600);
    assert_int_equal(file_save("x", SPAN_LIT(""), 0600, &f), ERR_OK);
    assert_holds("x", "", 0600);
    assert_int_equal(count_and_remove("."), 1);
}

static void test_create_refuses_to_replace(void **state)
{
    struct fault f = { 0 };

    (void)state;
    assert_int_equal(file_create("x", SPAN_LIT("one"), 0600, &f), ERR_OK);
    assert_int_equal(file_create("x", SPAN_LIT("two"), 0600, &f), ERR_EXISTS);
    assert_non_null(strstr(f.text, "x is there already"));
    assert_holds("x", "one", 0600);
    assert_int_equal(count_and_remove("."), 1);
}

static void test_failures_name_the_path(void **state)
{
    struct fault f = { 0 };
    struct buf buf;

    (void)state;
    buf_init(&buf, 3);
    assert_int_equal(file_load("absent", &buf, &f), ERR_NOT_FOUND);
    assert_non_null(strstr(f.text, "absent"));
    assert_int_equal(file_load(".", &buf, &f), ERR_IO);
    assert_int_equal(file_save("x", SPAN_LIT("four"), 0600, &f), ERR_OK);
    assert_int_equal(file_load("x", &buf, &f), ERR_LIMIT);
    assert_non_null(strstr(f.text, "x: longer"));
    buf_done(&buf);
    assert_int_equal(file_save("no/x", SPAN_LIT(""), 0600, &f), ERR_IO);
    assert_non_null(strstr(f.text, "no/x"));
    assert_int_equal(file_create("no/x", SPAN_LIT(""), 0600, &f), ERR_IO);
    assert_int_equal(dir_create("no/dir", 0700, &f), ERR_IO);
    assert_int_equal(dir_create("x", 0700, &f), ERR_IO);
}

static void test_save_onto_a_directory_leaves_no_draft(void **state)
{
    struct fault f = { 0 };

    (void)state;
    assert_int_equal(dir_create("d", 0700, &f), ERR_OK);
    assert_int_equal(file_save("d", SPAN_LIT("x"), 0600, &f), ERR_IO);
    assert_int_equal(count_and_remove("."), 1);
}

static void test_remove_and_dir_create_are_repeatable(void **state)
{
    (void)state;
    assert_int_equal(file_save("x", SPAN_LIT("x"), 0600, NULL), ERR_OK);
    assert_int_equal(file_remove("x", NULL), ERR_OK);
    assert_int_equal(file_remove("x", NULL), ERR_OK);
    assert_int_equal(dir_create("d", 0700, NULL), ERR_OK);
    assert_int_equal(dir_create("d", 0700, NULL), ERR_OK);
    assert_int_equal(file_remove("d", NULL), ERR_IO);
}

int main(void)
{
#define CASE(test) cmocka_unit_test_setup_teardown(test, enter_dir, leave_dir)
    const struct CMUnitTest tests[] = {
        CASE(test_save_replaces),
        CASE(test_create_refuses_to_replace),
        CASE(test_failures_name_the_path),
        CASE(test_save_onto_a_directory_leaves_no_draft),
        CASE(test_remove_and_dir_create_are_repeatable),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
