/* The recorder's file: what is put in comes out, and it stays within bounds. */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "store/recorder.h"
#include "support/crash_vfs.h"

#define MIB ((uint64_t)1024 * 1024)

static char folder[] = "/tmp/recorder-test-XXXXXX";
static char file[64];
static uint8_t noise[65536];

static int set_up_group(void **state)
{
    uint32_t x = 1;

    (void)state;
    crash_vfs_register();
    for (size_t i = 0; i < sizeof(noise); i++) {
        x = x * 1664525 + 1013904223;
        noise[i] = (uint8_t)(x >> 24);
    }
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(file, sizeof(file), "%s/recorder.db", folder);
    return 0;
}

static const char *beside(const char *end)
{
    static char path[128];

    snprintf(path, sizeof(path), "%s%s", file, end);
    return path;
}

static int clean(void **state)
{
    static const char *const ends[] = { "", "-wal", "-shm", ".broken" };

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        unlink(beside(ends[i]));
    return 0;
}

static int tear_down_group(void **state)
{
    clean(state);
    return rmdir(folder);
}

static struct record_file *open_with(uint64_t size, const char *vfs)
{
    struct record_file_options o = { .file = file, .size = size, .vfs = vfs };
    struct record_file *r = NULL;
    struct fault f = { 0 };

    if (record_file_open(&o, &r, &f) != ERR_OK)
        fail_msg("%s", f.text);
    return r;
}

static struct record_file *open_file(void)
{
    return open_with(RECORD_FILE_SIZE_MIN, NULL);
}

static struct record_file *open_reading(void)
{
    struct record_file_options o = { .file = file, .read_only = true };
    struct record_file *r = NULL;
    struct fault f = { 0 };

    if (record_file_open(&o, &r, &f) != ERR_OK)
        fail_msg("%s", f.text);
    return r;
}

static enum err try_open(void)
{
    struct record_file_options o = { .file = file,
                                     .size = RECORD_FILE_SIZE_MIN };
    struct record_file *r = NULL;
    struct fault f = { 0 };
    enum err e = record_file_open(&o, &r, &f);

    record_file_free(r);
    return e;
}

static const struct record_losses none_lost;

/* A message whose request has so many octets. */
static struct recorded message(size_t request_len)
{
    struct recorded m = { .at = 1000, .is_verified = 1, .http_status = 200 };

    m.texts[RECORDED_PROFILE] = SPAN_LIT("bs");
    m.texts[RECORDED_BODY] = SPAN_LIT("ir");
    m.texts[RECORDED_TRANSACTION] = SPAN_LIT("0123456789abcdef");
    m.texts[RECORDED_RULES] = SPAN_LIT("one\0two");
    m.texts[RECORDED_REQUEST] = span_of(noise, request_len);
    m.texts[RECORDED_REPLY] = SPAN_LIT("head, ");
    m.texts[RECORDED_TAIL] = SPAN_LIT("tail");
    return m;
}

static enum err add(struct record_file *r, const struct recorded *m)
{
    struct fault f = { 0 };

    return record_file_add(r, m, 1, &none_lost, &f);
}

/* So many, several at once. */
static void add_many(struct record_file *r, struct recorded *m, size_t num)
{
    struct recorded list[16];
    struct fault f = { 0 };

    while (num > 0) {
        size_t n = num < 16 ? num : 16;

        for (size_t i = 0; i < n; i++)
            list[i] = *m;
        if (record_file_add(r, list, n, &none_lost, &f) != ERR_OK)
            fail_msg("%s", f.text);
        num -= n;
    }
}

/* --- what is there --- */

struct tally {
    size_t verified, unverified;
    int64_t first, last;
};

static bool tally_one(void *arg, const struct recorded *m)
{
    struct tally *t = arg;

    if (m->is_verified != 0)
        t->verified++;
    else
        t->unverified++;
    if (t->first == 0)
        t->first = m->id;
    t->last = m->id;
    return true;
}

static struct tally tally(struct record_file *r)
{
    struct tally t = { 0 };
    struct fault f = { 0 };

    if (record_file_scan(r, RECORD_OLDEST_FIRST, tally_one, &t, &f) != ERR_OK)
        fail_msg("%s", f.text);
    return t;
}

static struct record_figures figures(struct record_file *r)
{
    struct record_figures out = { 0 };
    struct fault f = { 0 };

    assert_int_equal(record_file_figures(r, &out, &f), ERR_OK);
    return out;
}

static uint64_t on_disk(void)
{
    static const char *const ends[] = { "", "-wal", "-shm" };
    uint64_t sum = 0;
    struct stat st;

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (stat(beside(ends[i]), &st) == 0)
            sum += (uint64_t)st.st_size;
    return sum;
}

/* --- the tests --- */

static void what_is_added_is_read(void **state)
{
    struct record_file *r = open_file(), *reader;
    struct record_losses losses = { 7, 4711 };
    struct arena *a = arena_new(MIB);
    struct recorded m = message(3000), got = { 0 };
    struct fault f = { 0 };
    struct stat st;

    (void)state;
    m.micros = 42;
    assert_int_equal(record_file_add(r, &m, 1, &losses, &f), ERR_OK);
    m.texts[RECORDED_TAIL] = SPAN_NONE;
    m.texts[RECORDED_STATION] = SPAN_LIT("");
    assert_int_equal(add(r, &m), ERR_OK);
    assert_int_equal(stat(file, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);

    reader = open_reading(); /* while the other has it open */
    assert_int_equal(record_file_get(reader, 1, a, &got, &f), ERR_OK);
    assert_int_equal(got.micros, 42);
    assert_true(
        span_is_equal(got.texts[RECORDED_REPLY], SPAN_LIT("head, tail")));
    assert_true(
        span_is_equal(got.texts[RECORDED_REQUEST], m.texts[RECORDED_REQUEST]));
    assert_true(span_is_equal(got.texts[RECORDED_RULES], SPAN_LIT("one\0two")));
    assert_true(span_is_absent(got.texts[RECORDED_STATION]));
    assert_int_equal(record_file_get(reader, 2, a, &got, &f), ERR_OK);
    assert_true(span_is_equal(got.texts[RECORDED_REPLY], SPAN_LIT("head, ")));
    assert_true(span_is_equal(got.texts[RECORDED_STATION], SPAN_LIT("")));
    assert_false(span_is_absent(got.texts[RECORDED_STATION]));
    assert_int_equal(record_file_get(reader, 3, a, &got, &f), ERR_NOT_FOUND);
    assert_int_equal(figures(reader).lost, 7);
    assert_int_equal(figures(reader).lost_last, 4711);
    assert_int_equal(figures(reader).num, 2);
    assert_int_equal(figures(reader).oldest, 1000);
    record_file_free(reader);
    record_file_free(r);
    arena_free(a);
}

static void size_on_disk_is_bounded(void **state)
{
    struct record_file *r = open_file();
    struct recorded m = message(5000);
    struct tally t;

    (void)state;
    for (size_t i = 0; i < 500; i++) { /* 40 MB */
        add_many(r, &m, 16);
        assert_true(on_disk() <= RECORD_FILE_SIZE_MIN);
    }
    m = message(sizeof(noise)); /* the longest there are */
    for (size_t i = 0; i < 300; i++) {
        add_many(r, &m, 1);
        assert_true(on_disk() <= RECORD_FILE_SIZE_MIN);
    }
    t = tally(r);
    assert_int_equal(t.last, 8300); /* the newest are there */
    assert_int_equal(t.last - t.first + 1, (int64_t)t.verified);
    assert_int_equal(figures(r).pushed_out, t.first - 1);
    assert_true(t.verified * sizeof(noise) > 3 * RECORD_FILE_SIZE_MIN / 5);
    record_file_free(r);
    assert_true(on_disk() <= RECORD_FILE_SIZE_MIN);
}

/* Strangers' messages push out each other, and nobody else's. */
static void unverified_ones_have_a_share(void **state)
{
    struct record_file *r = open_file();
    struct recorded good = message(5000), bad = message(20000);
    struct tally t;

    (void)state;
    bad.is_verified = 0;
    add_many(r, &good, 600); /* 3 MB */
    for (size_t i = 0; i < 100; i++)
        add_many(r, &bad, 16); /* 32 MB */
    t = tally(r);
    assert_int_equal(t.verified, 600);
    assert_in_range(t.unverified, 80, RECORD_FILE_SIZE_MIN / 4 / 20000);
    record_file_free(r);
    r = open_file(); /* the share is known again */
    add_many(r, &bad, 64);
    t = tally(r);
    assert_int_equal(t.verified, 600);
    assert_in_range(t.unverified, 80, RECORD_FILE_SIZE_MIN / 4 / 20000);
    record_file_free(r);
}

/* Two processes may write one file: each counts what the other wrote. */
static void two_writers_share_one_file(void **state)
{
    struct record_file *one = open_file(), *two = open_file();
    struct recorded bad = message(20000), good = message(5000);
    struct tally t;

    (void)state;
    bad.is_verified = 0;
    add_many(one, &good, 100);
    for (size_t i = 0; i < 40; i++) {
        add_many(one, &bad, 8);
        add_many(two, &bad, 8);
        add_many(two, &good, 1);
        assert_true(on_disk() <= RECORD_FILE_SIZE_MIN);
    }
    t = tally(one);
    assert_int_equal(t.verified, 140);
    assert_in_range(t.unverified, 60, RECORD_FILE_SIZE_MIN / 4 / 20000);
    record_file_free(two);
    record_file_free(one);
}

static void old_messages_expire(void **state)
{
    struct record_file *r = open_file();
    struct recorded m = message(100);
    struct fault f = { 0 };

    (void)state;
    add_many(r, &m, 1000);
    m.texts[RECORDED_PROFILE] = SPAN_LIT("nf");
    add_many(r, &m, 10);
    m.at = 2000;
    add_many(r, &m, 5);
    assert_int_equal(record_file_expire(r, SPAN_LIT("bs"), 1000, &f), ERR_OK);
    assert_int_equal(figures(r).num, 1015);
    assert_int_equal(record_file_expire(r, SPAN_LIT("bs"), 1001, &f), ERR_OK);
    assert_int_equal(figures(r).num, 15);
    assert_int_equal(record_file_expire(r, SPAN_LIT("nf"), 1500, &f), ERR_OK);
    assert_int_equal(figures(r).num, 5);
    assert_int_equal(figures(r).expired, 1010);
    record_file_free(r);
}

/* Ends of replies that nothing has any more go too. */
static void parts_expire(void **state)
{
    struct record_file *r = open_file();
    struct arena *a = arena_new(MIB);
    struct recorded m = message(100), got = { 0 };
    struct fault f = { 0 };
    char tail[16];

    (void)state;
    for (int i = 0; i < 200; i++) {
        snprintf(tail, sizeof(tail), "tail %d", i);
        m.texts[RECORDED_TAIL] = span_str(tail);
        m.at = i;
        add_many(r, &m, 1);
    }
    assert_int_equal(record_file_expire(r, SPAN_LIT("bs"), 190, &f), ERR_OK);
    m.texts[RECORDED_TAIL] = SPAN_LIT("tail 0");
    add_many(r, &m, 1);
    assert_int_equal(record_file_get(r, 200, a, &got, &f), ERR_OK);
    assert_true(
        span_is_equal(got.texts[RECORDED_REPLY], SPAN_LIT("head, tail 199")));
    assert_int_equal(record_file_get(r, 201, a, &got, &f), ERR_OK);
    assert_true(
        span_is_equal(got.texts[RECORDED_REPLY], SPAN_LIT("head, tail 0")));
    record_file_free(r);
    arena_free(a);
}

static void a_smaller_size_is_kept_to(void **state)
{
    struct record_file *r = open_with(4 * RECORD_FILE_SIZE_MIN, NULL);
    struct recorded m = message(5000);

    (void)state;
    add_many(r, &m, 4000);
    record_file_free(r);
    assert_true(on_disk() > 2 * RECORD_FILE_SIZE_MIN);
    r = open_file();
    assert_true(on_disk() <= RECORD_FILE_SIZE_MIN);
    assert_int_equal(tally(r).last, 4000);
    add_many(r, &m, 1000);
    assert_true(on_disk() <= RECORD_FILE_SIZE_MIN);
    assert_int_equal(tally(r).last, 5000);
    record_file_free(r);
}

/* A reader that stays keeps the log from being emptied: then nothing is added,
 * until it is gone. */
static bool hold(void *arg, const struct recorded *m)
{
    struct record_file *r = arg;
    struct recorded big = message(sizeof(noise));
    enum err e = ERR_OK;

    (void)m;
    for (size_t i = 0; i < 60 && e == ERR_OK; i++)
        e = add(r, &big);
    assert_int_equal(e, ERR_STORE);
    assert_true(on_disk() <= RECORD_FILE_SIZE_MIN);
    return false;
}

static void a_reader_does_not_break_the_bound(void **state)
{
    struct record_file *r = open_file(), *reader;
    struct recorded m = message(5000);
    struct fault f = { 0 };

    (void)state;
    add_many(r, &m, 10);
    reader = open_reading();
    assert_int_equal(record_file_scan(reader, RECORD_OLDEST_FIRST, hold, r, &f),
                     ERR_OK);
    assert_int_equal(add(r, &m), ERR_OK);
    record_file_free(reader);
    record_file_free(r);
}

/* As a process leaves it that is killed while it writes. */
static void killed_process_leaves_it_readable(void **state)
{
    struct record_file *r;
    int status, fds[2];
    char ready;
    pid_t pid;

    (void)state;
    assert_int_equal(pipe(fds), 0);
    pid = fork();
    if (pid == 0) {
        struct recorded m = message(5000);

        r = open_file();
        for (size_t i = 0;; i++) {
            add_many(r, &m, 16);
            if (i == 20 && write(fds[1], "x", 1) != 1)
                _exit(1);
        }
    }
    assert_int_equal(read(fds[0], &ready, 1), 1);
    kill(pid, SIGKILL);
    waitpid(pid, &status, 0);
    close(fds[0]);
    close(fds[1]);
    r = open_reading();
    assert_true(tally(r).verified >= 320);
    record_file_free(r);
    r = open_file();
    assert_true(tally(r).verified >= 320);
    record_file_free(r);
}

static void overwrite(const char *path, long at, size_t len)
{
    FILE *out = fopen(path, "r+b");

    assert_non_null(out);
    assert_int_equal(fseek(out, at, SEEK_SET), 0);
    assert_int_equal(fwrite(noise, 1, len, out), len);
    fclose(out);
}

/* A copy of what is on disk while it is open, as a power cut leaves it. */
static void copy_open(const char *to)
{
    struct fault f = { 0 };
    struct buf bytes;

    buf_init(&bytes, RECORD_FILE_SIZE_MIN);
    assert_int_equal(file_load(file, &bytes, &f), ERR_OK);
    assert_int_equal(file_save(to, buf_span(&bytes), 0600, &f), ERR_OK);
    buf_done(&bytes);
}

static void torn_file_is_set_aside(void **state)
{
    static const long places[] = { 0, 100, 16384L * 5 };
    struct recorded m = message(5000);
    struct fault f = { 0 };
    struct stat st;
    char copy[64];

    snprintf(copy, sizeof(copy), "%s/copy", folder);
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        struct record_file *r = open_file();

        add_many(r, &m, 200);
        copy_open(copy);
        record_file_free(r);
        assert_int_equal(try_open(), ERR_OK);
        assert_int_equal(rename(copy, file), 0);
        overwrite(file, places[i], 4096);
        assert_int_equal(try_open(), ERR_BAD_DATA_FORMAT);
        assert_int_equal(record_file_set_aside(file, &f), ERR_OK);
        assert_int_equal(stat(beside(".broken"), &st), 0);
        assert_int_equal(try_open(), ERR_OK);
        clean(state);
    }
}

static void file_of_another_is_left_alone(void **state)
{
    static const char sql[] = "CREATE TABLE precious(x);"
                              "INSERT INTO precious VALUES(1)";
    struct stat before, after;
    sqlite3 *db;

    (void)state;
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    assert_int_equal(stat(file, &before), 0);
    assert_int_equal(try_open(), ERR_EXISTS);
    assert_int_equal(stat(file, &after), 0);
    assert_int_equal(before.st_size, after.st_size);
    assert_true(before.st_mtim.tv_sec == after.st_mtim.tv_sec &&
                before.st_mtim.tv_nsec == after.st_mtim.tv_nsec);
}

static void file_that_was_moved_is_noticed(void **state)
{
    struct record_file *r = open_file();
    struct recorded m = message(10);

    (void)state;
    assert_true(record_file_is_current(r));
    unlink(file);
    assert_false(record_file_is_current(r));
    assert_int_equal(add(r, &m), ERR_OK); /* into nowhere */
    record_file_free(r);
    r = open_file();
    assert_int_equal(figures(r).num, 0);
    record_file_free(r);
}

static void what_cannot_be_opened_is_told(void **state)
{
    struct record_file_options o = { .file = "/nonexistent/recorder.db" };
    struct record_file *r = NULL;
    struct fault f = { 0 };

    (void)state;
    assert_int_equal(record_file_open(&o, &r, &f), ERR_STORE);
    o.file = folder;
    assert_int_equal(record_file_open(&o, &r, &f), ERR_STORE);
    o.file = file;
    o.read_only = true;
    assert_int_equal(record_file_open(&o, &r, &f), ERR_NOT_FOUND);
    assert_null(r);
}

static void full_disk_fails_and_heals(void **state)
{
    struct record_file *r;
    struct recorded m = message(5000);
    enum err e;

    (void)state;
    crash_vfs_reset();
    r = open_with(RECORD_FILE_SIZE_MIN, CRASH_VFS);
    add_many(r, &m, 100);
    for (unsigned long n = 1; n < 20; n++) {
        crash_vfs_fail(CRASH_WRITE, n, 1000, SQLITE_FULL);
        e = add(r, &m);
        assert_true(e == ERR_STORE || (n > 2 && e == ERR_OK));
        crash_vfs_fail(CRASH_WRITE, 1, 0, SQLITE_FULL);
        assert_int_equal(add(r, &m), ERR_OK);
    }
    assert_true(tally(r).verified >= 119);
    record_file_free(r);
}

#define TEST(test) cmocka_unit_test_teardown(test, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_added_is_read),
        TEST(size_on_disk_is_bounded),
        TEST(unverified_ones_have_a_share),
        TEST(two_writers_share_one_file),
        TEST(old_messages_expire),
        TEST(parts_expire),
        TEST(a_smaller_size_is_kept_to),
        TEST(a_reader_does_not_break_the_bound),
        TEST(killed_process_leaves_it_readable),
        TEST(torn_file_is_set_aside),
        TEST(file_of_another_is_left_alone),
        TEST(file_that_was_moved_is_noticed),
        TEST(what_cannot_be_opened_is_told),
        TEST(full_disk_fails_and_heals),
    };

    return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
