/* The recorder keeps out of the way, whatever its file and its disk do. */
#include <fcntl.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "service/recorded.h"
#include "service/recorder.h"
#include "support/crash_vfs.h"

static char folder[] = "/tmp/recorder-test-XXXXXX";
static char file[64], log_file[64];
static const uint8_t noise[60000];

static int set_up_group(void **state)
{
    (void)state;
    crash_vfs_register();
    if (mkdtemp(folder) == NULL)
        return 1;
    snprintf(file, sizeof(file), "%s/recorder.db", folder);
    snprintf(log_file, sizeof(log_file), "%s/log", folder);
    return 0;
}

static int clean(void **state)
{
    static const char *const names[] = { "recorder.db", "recorder.db-wal",
                                         "recorder.db-shm",
                                         "recorder.db.broken", "log" };
    char path[128];

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        unlink(path);
    }
    return 0;
}

static int tear_down_group(void **state)
{
    clean(state);
    return rmdir(folder);
}

struct rig {
    struct recorder *recorder;
    struct log *log;
};

static const struct recorder_keep keeps[] = { { "bs", 3600 } };

static struct rig start_on(const char *path, const char *vfs)
{
    struct rig rig = { 0 };
    struct recorder_options o = { .file = path,
                                  .vfs = vfs,
                                  .size = RECORD_FILE_SIZE_MIN,
                                  .node = "node",
                                  .rules = SPAN_LIT("a-rule"),
                                  .keeps = keeps,
                                  .num_keeps = 1 };
    struct fault f = { 0 };

    assert_int_equal(
        log_open(log_file, LOG_FORMAT_LOGFMT, LOG_LEVEL_DEBUG, &rig.log, &f),
        ERR_OK);
    o.log = rig.log;
    assert_int_equal(recorder_new(&o, &rig.recorder, &f), ERR_OK);
    return rig;
}

static struct rig start(const char *path)
{
    return start_on(path, NULL);
}

static void stop(struct rig *rig)
{
    recorder_free(rig->recorder);
    log_free(rig->log);
}

static struct recorded message(size_t len)
{
    struct recorded m = { .at = clock_millis(), .is_verified = 1 };

    m.texts[RECORDED_PROFILE] = SPAN_LIT("bs");
    m.texts[RECORDED_REQUEST] = span_of(noise, len);
    return m;
}

static void add_many(struct recorder *r, const struct recorded *m, size_t num)
{
    for (size_t i = 0; i < num; i++)
        recorder_add(r, m);
}

/* Until it wrote or lost so many. */
static struct recorder_stats wait_for(struct recorder *r, uint64_t num)
{
    const struct timespec pause = { .tv_nsec = 10000000 };
    struct recorder_stats stats = { 0 };

    for (int i = 0; i < 1500; i++) {
        recorder_stats(r, &stats);
        if (stats.recorded + stats.lost >= num)
            break;
        nanosleep(&pause, NULL);
    }
    assert_int_equal(stats.recorded + stats.lost, num);
    return stats;
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

static struct record_figures figures(void)
{
    struct record_file *r = open_reading();
    struct record_figures out = { 0 };
    struct fault f = { 0 };

    assert_int_equal(record_file_figures(r, &out, &f), ERR_OK);
    record_file_free(r);
    return out;
}

static size_t times_logged(const char *event)
{
    char line[1024], word[64];
    FILE *in = fopen(log_file, "r");
    size_t num = 0;

    assert_non_null(in);
    snprintf(word, sizeof(word), "event=%s ", event);
    while (fgets(line, sizeof(line), in) != NULL)
        num += strstr(line, word) != NULL;
    fclose(in);
    return num;
}

static void what_is_added_is_written(void **state)
{
    struct rig rig = start(file);
    struct recorded m = message(1000), got = { 0 };
    struct arena *a = arena_new(1 << 20);
    struct record_file *r;
    struct fault f = { 0 };

    (void)state;
    add_many(rig.recorder, &m, 1000);
    assert_int_equal(wait_for(rig.recorder, 1000).lost, 0);
    add_many(rig.recorder, &m, 10);
    stop(&rig); /* drains */
    assert_int_equal(figures().num, 1010);
    r = open_reading();
    assert_int_equal(record_file_get(r, 1, a, &got, &f), ERR_OK);
    assert_true(span_is_equal(got.texts[RECORDED_NODE], SPAN_LIT("node")));
    assert_true(span_is_equal(got.texts[RECORDED_RULES], SPAN_LIT("a-rule")));
    assert_int_equal(got.texts[RECORDED_REQUEST].len, 1000);
    record_file_free(r);
    arena_free(a);
}

/* Another one keeps the file to itself: messages wait, then are left out, and
 * nobody who has some to record waits. */
static void stalled_disk_delays_nobody(void **state)
{
    struct rig rig = start(file);
    struct recorded m = message(sizeof(noise));
    int64_t begun, worst = 0;
    sqlite3 *db;

    (void)state;
    add_many(rig.recorder, &m, 1);
    wait_for(rig.recorder, 1);
    assert_int_equal(sqlite3_open(file, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL),
                     SQLITE_OK);
    for (int i = 0; i < 1000; i++) { /* 60 MB */
        begun = clock_monotonic_micros();
        recorder_add(rig.recorder, &m);
        begun = clock_monotonic_micros() - begun;
        worst = begun > worst ? begun : worst;
    }
    assert_true(worst < 200000); /* far less, but for other processes */
    assert_true(wait_for(rig.recorder, 1001).lost > 700);
    assert_int_equal(sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
    recorder_reopen(rig.recorder);
    for (int i = 0; figures().lost == 0 && i < 100; i++) {
        struct recorder_stats stats;

        recorder_stats(rig.recorder, &stats);
        recorder_add(rig.recorder, &m);
        wait_for(rig.recorder, stats.recorded + stats.lost + 1);
    }
    stop(&rig);
    assert_true(figures().lost > 700); /* the file knows what it lacks */
    assert_true(figures().lost_last > 0);
    assert_int_equal(times_logged("recorder-fails"), 1);
    assert_int_equal(times_logged("recorder-works"), 1);
    assert_in_range(times_logged("not-recorded"), 1, 2);
}

static void full_disk_is_logged_once(void **state)
{
    const struct timespec pause = { .tv_nsec = 10000000 };
    struct recorded m = message(1000);
    struct recorder_stats stats;
    uint64_t num = 60;
    struct rig rig;

    (void)state;
    crash_vfs_reset();
    rig = start_on("recorder.db", CRASH_VFS);
    add_many(rig.recorder, &m, 10);
    assert_int_equal(wait_for(rig.recorder, 10).lost, 0);
    crash_vfs_fail(CRASH_WRITE, 1, 1000000, SQLITE_FULL);
    add_many(rig.recorder, &m, 50);
    assert_int_equal(wait_for(rig.recorder, 60).lost, 50);
    recorder_reopen(rig.recorder); /* in vain */
    add_many(rig.recorder, &m, 10);
    assert_int_equal(wait_for(rig.recorder, num += 10).lost, 60);
    crash_vfs_fail(CRASH_WRITE, 1, 0, SQLITE_FULL);
    recorder_reopen(rig.recorder);
    do { /* until the file is open again */
        nanosleep(&pause, NULL);
        recorder_add(rig.recorder, &m);
        stats = wait_for(rig.recorder, ++num);
    } while (stats.recorded == 10 && num < 1000);
    assert_true(stats.recorded > 10);
    stop(&rig);
    assert_int_equal(times_logged("recorder-fails"), 1);
    assert_int_equal(times_logged("recorder-works"), 1);
}

static void unwritable_path_is_logged_once(void **state)
{
    struct rig rig = start("/nonexistent/recorder.db");
    struct recorded m = message(1000);

    (void)state;
    add_many(rig.recorder, &m, 100);
    assert_int_equal(wait_for(rig.recorder, 100).recorded, 0);
    recorder_reopen(rig.recorder);
    add_many(rig.recorder, &m, 100);
    assert_int_equal(wait_for(rig.recorder, 200).recorded, 0);
    stop(&rig);
    assert_int_equal(times_logged("recorder-fails"), 1);
}

static void write_noise(const char *path)
{
    FILE *out = fopen(path, "w");

    assert_non_null(out);
    assert_int_equal(fwrite("not a database, ", 16, 1, out), 1);
    assert_int_equal(fwrite(noise, 1, sizeof(noise), out), sizeof(noise));
    fclose(out);
}

static void torn_file_is_begun_anew(void **state)
{
    struct recorded m = message(1000);
    struct stat st;
    struct rig rig;
    char broken[80];

    (void)state;
    write_noise(file);
    rig = start(file);
    add_many(rig.recorder, &m, 100);
    assert_int_equal(wait_for(rig.recorder, 100).lost, 0);
    stop(&rig);
    assert_int_equal(figures().num, 100);
    assert_int_equal(times_logged("recorder-set-aside"), 1);
    snprintf(broken, sizeof(broken), "%s.broken", file);
    assert_int_equal(stat(broken, &st), 0);
}

/* The same under way. */
static void file_torn_while_open_is_begun_anew(void **state)
{
    struct recorded m = message(50000);
    struct rig rig = start(file);
    int fd;

    (void)state;
    add_many(rig.recorder, &m, 20);
    wait_for(rig.recorder, 20);
    fd = open(file, O_WRONLY | O_CLOEXEC);
    assert_true(fd >= 0);
    for (off_t at = 0; at < 40L * 16384; at += 16384)
        assert_int_equal(pwrite(fd, noise, 8000, at), 8000);
    close(fd);
    recorder_reopen(rig.recorder);
    add_many(rig.recorder, &m, 20);
    assert_int_equal(wait_for(rig.recorder, 40).lost, 0);
    stop(&rig);
    assert_int_equal(figures().num, 20);
    assert_int_equal(times_logged("recorder-set-aside"), 1);
}

static void moved_file_is_made_anew(void **state)
{
    struct recorded m = message(1000);
    struct rig rig = start(file);
    char to[80];

    (void)state;
    add_many(rig.recorder, &m, 10);
    wait_for(rig.recorder, 10);
    snprintf(to, sizeof(to), "%s.broken", file);
    assert_int_equal(rename(file, to), 0);
    add_many(rig.recorder, &m, 5);
    wait_for(rig.recorder, 15);
    stop(&rig);
    assert_int_equal(figures().num, 5);
}

static bool count_verified(void *arg, const struct recorded *m)
{
    size_t *num = arg;

    *num += m->is_verified != 0;
    return true;
}

static size_t num_verified(void)
{
    struct record_file *r = open_reading();
    struct fault f = { 0 };
    size_t num = 0;

    assert_int_equal(
        record_file_scan(r, RECORD_OLDEST_FIRST, count_verified, &num, &f),
        ERR_OK);
    record_file_free(r);
    return num;
}

/* Whoever floods us with what does not verify has a share of the memory, too,
 * and verified messages keep theirs. */
static void flood_leaves_room(void **state)
{
    struct rig rig = start(file);
    struct recorded bad = message(2000), good = message(2000);
    struct recorder_stats stats;

    (void)state;
    bad.is_verified = 0;
    add_many(rig.recorder, &good, 1);
    wait_for(rig.recorder, 1); /* the file is open */
    for (int i = 0; i < 200; i++) {
        add_many(rig.recorder, &bad, 100); /* 40 MB within moments */
        add_many(rig.recorder, &good, 2);
    }
    stats = wait_for(rig.recorder, 20401);
    stop(&rig);
    assert_int_equal(num_verified(), 401); /* every one */
    assert_true(stats.lost > 10000);
    /* What others may send in four seconds, and while this ran. */
    assert_in_range(stats.recorded, 401, 401 + 5 * 1024 * 1024 / 2000 + 600);
}

static void old_messages_expire_at_start(void **state)
{
    struct rig rig = start(file);
    struct recorded m = message(100);

    (void)state;
    m.at -= 3700 * (int64_t)1000;
    add_many(rig.recorder, &m, 5);
    m = message(100);
    add_many(rig.recorder, &m, 3);
    wait_for(rig.recorder, 8);
    stop(&rig);
    rig = start(file);
    add_many(rig.recorder, &m, 1);
    wait_for(rig.recorder, 1);
    stop(&rig);
    assert_int_equal(figures().num, 4);
    assert_int_equal(figures().expired, 5);
}

static void findings_are_read_as_written(void **state)
{
    static const char text[] = "fault\0"
                               "2\0BAD_POP\0pop\0RFC\0\0text\0"
                               "note\0\0\0rule\0\0path\0found";
    struct span in = span_of(text, sizeof(text));
    struct recorded_finding f;

    (void)state;
    assert_true(recorded_finding_next(&in, &f));
    assert_int_equal(f.kind, RECORDED_FAULT);
    assert_string_equal(f.request, "2");
    assert_string_equal(f.text, "text");
    assert_true(recorded_finding_next(&in, &f));
    assert_int_equal(f.kind, RECORDED_NOTE);
    assert_string_equal(f.path, "path");
    assert_string_equal(f.text, "found");
    assert_false(recorded_finding_next(&in, &f));
    in = span_of(text, 20); /* cut */
    assert_false(recorded_finding_next(&in, &f));
}

static void serials_are_read_as_written(void **state)
{
    struct span in = SPAN_LIT("\x02"
                              "ab\x01z\x09"
                              "cut"),
                serial;

    (void)state;
    assert_true(recorded_serial_next(&in, &serial));
    assert_true(span_is_equal(serial, SPAN_LIT("ab")));
    assert_true(recorded_serial_next(&in, &serial));
    assert_true(span_is_equal(serial, SPAN_LIT("z")));
    assert_false(recorded_serial_next(&in, &serial));
}

#define TEST(test) cmocka_unit_test_teardown(test, clean)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_added_is_written),
        TEST(stalled_disk_delays_nobody),
        TEST(full_disk_is_logged_once),
        TEST(unwritable_path_is_logged_once),
        TEST(torn_file_is_begun_anew),
        TEST(file_torn_while_open_is_begun_anew),
        TEST(moved_file_is_made_anew),
        TEST(flood_leaves_room),
        TEST(old_messages_expire_at_start),
        TEST(findings_are_read_as_written),
        TEST(serials_are_read_as_written),
    };

    return cmocka_run_group_tests(tests, set_up_group, tear_down_group);
}
