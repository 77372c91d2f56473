#include "service/recorder.h"

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"

/* Messages wait in one half of the memory while the thread writes the other. A
 * half is what thousands of stations send within a second. */
#define HALF_LEN ((size_t)4 * 1024 * 1024)
#define HALF_NUM ((size_t)8192)
/* Then they are written without waiting for more. */
#define ENOUGH (HALF_LEN / 4)
#define GATHER_MICROS ((int64_t)250000)

/* Anybody can send messages that do not verify: they have a part of the memory,
 * and so many bytes a second, lest the disk is busy with them alone. */
#define UNVERIFIED_LEN (HALF_LEN / 4)
#define UNVERIFIED_RATE ((int64_t)1024 * 1024)

#define SECOND ((int64_t)1000000)
#define RETRY_MICROS (5 * SECOND)
#define CHORE_MICROS (60 * SECOND) /* retention; a log line about losses */
#define DRAIN_SECONDS 5
#define GROUP_MAX 256 /* messages in one transaction */

/* A message in memory, its texts behind it. */
struct waiting {
    size_t size;
    struct recorded message;
};

struct half {
    uint8_t *bytes;
    size_t len, num;
    size_t unverified; /* of `len` */
};

struct recorder {
    struct recorder_options options;
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t wake;
    /* under the mutex */
    struct half filling;
    struct log *log; /* NULL: its owner may be gone */
    bool stopping, reopening;
    bool is_down; /* nothing can be written: nothing is copied */
    int64_t allowance, allowed_at;
    struct record_losses losses; /* not told to the file yet */
    struct recorder_stats stats;
    uint64_t lost_logged;
    int64_t drain_until;
    /* the thread's own */
    struct half writing;
    struct record_file *file;
    bool is_failing; /* and was logged */
    int64_t retry_at, chores_at;
    struct recorded group[GROUP_MAX];
};

enum err recorder_file(const struct config *config, struct arena *a,
                       const char **out, struct fault *f)
{
    const char *store = config->store.file, *slash = strrchr(store, '/');

    *out = config->recorder.enabled ? config->recorder.file : NULL;
    if (!config->recorder.enabled || *out != NULL ||
        config->store.kind == CONFIG_STORE_MEM)
        return ERR_OK;
    *out = arena_printf(a, "%.*srecorder.db",
                        slash == NULL ? 0 : (int)(slash + 1 - store), store);
    return *out == NULL ? fault_set(f, ERR_NO_MEM, "recorder") : ERR_OK;
}

/* --- putting in --- */

static void lose(struct recorder *r, uint64_t num)
{
    if (num == 0)
        return;
    r->losses.num += num;
    r->losses.last = clock_millis();
    r->stats.lost += num;
}

static bool allow_unverified(struct recorder *r, size_t size)
{
    int64_t now = clock_monotonic_micros();
    int64_t more = (now - r->allowed_at) * UNVERIFIED_RATE / SECOND;

    if (more > 0) {
        r->allowance += more;
        r->allowed_at = now;
    }
    if (r->allowance > 4 * UNVERIFIED_RATE)
        r->allowance = 4 * UNVERIFIED_RATE;
    if (r->filling.unverified + size > UNVERIFIED_LEN ||
        r->allowance < (int64_t)size)
        return false;
    r->allowance -= (int64_t)size;
    r->filling.unverified += size;
    return true;
}

static bool has_room(struct recorder *r, const struct recorded *m, size_t size)
{
    if (r->is_down || r->stopping || r->filling.num == HALF_NUM ||
        r->filling.len + size > HALF_LEN)
        return false;
    return m->is_verified != 0 || allow_unverified(r, size);
}

static void copy(struct half *half, const struct recorded *message, size_t size)
{
    struct waiting *w = (struct waiting *)(void *)(half->bytes + half->len);
    uint8_t *end = (uint8_t *)(w + 1);

    w->size = size;
    w->message = *message;
    for (size_t i = 0; i < RECORDED_TEXT_NUM; i++) {
        struct span *text = &w->message.texts[i];

        if (span_is_absent(*text))
            continue;
        if (text->len > 0)
            memcpy(end, text->ptr, text->len);
        text->ptr = end;
        end += text->len;
    }
    half->len += size;
    half->num++;
}

/* A multiple of what a struct is aligned to. */
static size_t size_of(const struct recorded *message)
{
    size_t size = sizeof(struct waiting);

    for (size_t i = 0; i < RECORDED_TEXT_NUM; i++)
        size += message->texts[i].len;
    return (size + 15) / 16 * 16;
}

void recorder_add(struct recorder *r, const struct recorded *message)
{
    size_t size = size_of(message), before;

    pthread_mutex_lock(&r->mutex);
    before = r->filling.len;
    if (has_room(r, message, size))
        copy(&r->filling, message, size);
    else
        lose(r, 1);
    if (r->filling.len > before &&
        (before == 0 || (before < ENOUGH && r->filling.len >= ENOUGH)))
        pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->mutex);
}

/* --- the log --- */

static void tell(struct recorder *r, enum log_level level, const char *event,
                 const struct fault *f)
{
    pthread_mutex_lock(&r->mutex);
    if (r->log != NULL)
        log_fault(r->log, level, event, f);
    pthread_mutex_unlock(&r->mutex);
}

static void tell_losses(struct recorder *r)
{
    struct log_field field = { "messages", SPAN_NONE };
    char text[24];

    pthread_mutex_lock(&r->mutex);
    if (r->stats.lost > r->lost_logged && r->log != NULL) {
        text_format(text, sizeof(text), "%llu",
                    (unsigned long long)(r->stats.lost - r->lost_logged));
        field.value = span_str(text);
        log_write(r->log, LOG_LEVEL_WARN, "not-recorded", &field, 1);
        r->lost_logged = r->stats.lost;
    }
    pthread_mutex_unlock(&r->mutex);
}

/* --- the file --- */

/* The line goes on without; what is wrong is logged once. */
static void fail(struct recorder *r, const struct fault *why)
{
    record_file_free(r->file);
    r->file = NULL;
    r->retry_at = clock_monotonic_micros() + RETRY_MICROS;
    if (!r->is_failing)
        tell(r, LOG_LEVEL_ERROR, "recorder-fails", why);
    r->is_failing = true;
    pthread_mutex_lock(&r->mutex);
    r->is_down = true;
    pthread_mutex_unlock(&r->mutex);
}

/* A torn file is put away, once, and a new one begun. */
static enum err open_file(struct recorder *r, struct fault *f)
{
    struct record_file_options o = { .file = r->options.file,
                                     .vfs = r->options.vfs,
                                     .size = r->options.size };
    enum err e = record_file_open(&o, &r->file, f);

    if (e != ERR_BAD_DATA_FORMAT || o.vfs != NULL)
        return e;
    tell(r, LOG_LEVEL_ERROR, "recorder-set-aside", f);
    TRY(record_file_set_aside(o.file, f));
    return record_file_open(&o, &r->file, f);
}

static bool take_reopening(struct recorder *r)
{
    bool reopening;

    pthread_mutex_lock(&r->mutex);
    reopening = r->reopening;
    r->reopening = false;
    pthread_mutex_unlock(&r->mutex);
    return reopening;
}

static bool ensure_open(struct recorder *r)
{
    struct fault why = { 0 };

    if (take_reopening(r) ||
        (r->file != NULL && !record_file_is_current(r->file))) {
        record_file_free(r->file);
        r->file = NULL;
        r->retry_at = 0;
    }
    if (r->file != NULL)
        return true;
    if (clock_monotonic_micros() < r->retry_at)
        return false;
    if (open_file(r, &why) != ERR_OK) {
        fail(r, &why);
        return false;
    }
    pthread_mutex_lock(&r->mutex);
    r->is_down = false;
    pthread_mutex_unlock(&r->mutex);
    return true;
}

static void succeed(struct recorder *r, size_t num,
                    const struct record_losses *told)
{
    const struct fault none = { 0 };

    pthread_mutex_lock(&r->mutex);
    r->losses.num -= told->num;
    r->stats.recorded += num;
    pthread_mutex_unlock(&r->mutex);
    if (r->is_failing)
        tell(r, LOG_LEVEL_INFO, "recorder-works", &none);
    r->is_failing = false;
}

/* False: it is lost. */
static bool write_group(struct recorder *r, size_t num)
{
    struct record_losses losses;
    struct fault why = { 0 };
    enum err e = ERR_STORE;

    pthread_mutex_lock(&r->mutex);
    losses = r->losses;
    pthread_mutex_unlock(&r->mutex);
    /* A file found torn is begun anew, and then it has to take them. */
    for (int i = 0; i < 2 && ensure_open(r); i++) {
        e = record_file_add(r->file, r->group, num, &losses, &why);
        if (e == ERR_OK) {
            succeed(r, num, &losses);
            return true;
        }
        if (e != ERR_BAD_DATA_FORMAT) {
            fail(r, &why);
            return false;
        }
        record_file_free(r->file); /* opening it tells what it is */
        r->file = NULL;
        r->retry_at = 0;
    }
    if (e == ERR_BAD_DATA_FORMAT)
        fail(r, &why);
    return false;
}

/* --- the thread --- */

/* Takes the next messages for one transaction; how many there are. */
static size_t take_group(struct recorder *r, size_t *at)
{
    size_t len = 0, num = 0, most = ENOUGH;

    if (r->file != NULL)
        most = record_file_batch(r->file);
    while (*at < r->writing.len && num < GROUP_MAX) {
        const struct waiting *w =
            (const struct waiting *)(const void *)(r->writing.bytes + *at);

        if (num > 0 && len + w->size > most)
            break;
        len += w->size;
        *at += w->size;
        r->group[num] = w->message;
        r->group[num].texts[RECORDED_NODE] = span_str(r->options.node);
        r->group[num++].texts[RECORDED_RULES] = r->options.rules;
    }
    return num;
}

static bool is_too_late(struct recorder *r)
{
    bool is_late;

    pthread_mutex_lock(&r->mutex);
    is_late = r->stopping && clock_monotonic_micros() > r->drain_until;
    pthread_mutex_unlock(&r->mutex);
    return is_late;
}

static void write_all(struct recorder *r)
{
    size_t at = 0, num, lost = 0;

    if (!is_too_late(r))
        (void)ensure_open(r); /* so that it is known what a group is */
    while ((num = take_group(r, &at)) > 0)
        if (is_too_late(r) || !write_group(r, num))
            lost += num;
    r->writing.len = r->writing.num = r->writing.unverified = 0;
    pthread_mutex_lock(&r->mutex);
    lose(r, lost);
    pthread_mutex_unlock(&r->mutex);
}

/* What is too old goes. */
static void expire(struct recorder *r)
{
    int64_t now = clock_millis();
    struct fault why = { 0 };

    for (size_t i = 0; i < r->options.num_keeps && r->file != NULL; i++) {
        const struct recorder_keep *keep = &r->options.keeps[i];

        if (record_file_expire(r->file, span_str(keep->profile),
                               now - keep->seconds * 1000, &why) != ERR_OK)
            fail(r, &why);
    }
}

static void do_chores(struct recorder *r)
{
    int64_t now = clock_monotonic_micros();

    if (now < r->chores_at || is_too_late(r))
        return;
    r->chores_at = now + CHORE_MICROS;
    if (ensure_open(r))
        expire(r);
    tell_losses(r);
}

/* Until this moment of the monotonic clock, or until woken. */
static int wait_until(struct recorder *r, int64_t micros)
{
    struct timespec ts = { .tv_sec = micros / SECOND,
                           .tv_nsec = micros % SECOND * 1000 };

    return pthread_cond_timedwait(&r->wake, &r->mutex, &ts);
}

/* Waits for messages and some more of them; false at the end of all. */
static bool take_half(struct recorder *r)
{
    struct half swap;
    int64_t until;
    bool goes_on;
    int rc = 0;

    pthread_mutex_lock(&r->mutex);
    until = r->is_failing && r->retry_at < r->chores_at ? r->retry_at
                                                        : r->chores_at;
    while (r->filling.num == 0 && !r->stopping && !r->reopening &&
           rc != ETIMEDOUT)
        rc = wait_until(r, until);
    until = clock_monotonic_micros() + GATHER_MICROS;
    rc = 0;
    while (r->filling.num > 0 && r->filling.len < ENOUGH && !r->stopping &&
           rc != ETIMEDOUT)
        rc = wait_until(r, until);
    swap = r->writing;
    r->writing = r->filling;
    r->filling = swap;
    goes_on = !r->stopping || r->writing.num > 0;
    pthread_mutex_unlock(&r->mutex);
    return goes_on;
}

static void *run(void *arg)
{
    struct recorder *r = arg;

    (void)ensure_open(r);
    do {
        write_all(r);
        do_chores(r);
    } while (take_half(r));
    tell_losses(r);
    record_file_free(r->file);
    r->file = NULL;
    return NULL;
}

/* --- from start to end --- */

static void release(struct recorder *r)
{
    pthread_cond_destroy(&r->wake);
    pthread_mutex_destroy(&r->mutex);
    free(r->filling.bytes);
    free(r->writing.bytes);
    free(r);
}

enum err recorder_new(const struct recorder_options *options,
                      struct recorder **out, struct fault *f)
{
    struct recorder *r = calloc(1, sizeof(*r));
    pthread_condattr_t attr;
    int rc = 0;

    if (r == NULL)
        return fault_set(f, ERR_NO_MEM, "recorder");
    r->options = *options;
    r->log = options->log;
    r->allowance = 4 * UNVERIFIED_RATE;
    r->allowed_at = clock_monotonic_micros();
    r->filling.bytes = malloc(HALF_LEN); /* touched as far as it is needed */
    r->writing.bytes = malloc(HALF_LEN);
    pthread_mutex_init(&r->mutex, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&r->wake, &attr);
    pthread_condattr_destroy(&attr);
    if (r->filling.bytes == NULL || r->writing.bytes == NULL)
        rc = ENOMEM;
    if (rc == 0)
        rc = pthread_create(&r->thread, NULL, run, r);
    if (rc == 0) {
        pthread_setname_np(r->thread, "recorder");
        *out = r;
        return ERR_OK;
    }
    release(r);
    return fault_set(f, rc == ENOMEM ? ERR_NO_MEM : ERR_SYSTEM_FAILURE,
                     "recorder: %s", strerror(rc));
}

void recorder_free(struct recorder *r)
{
    struct timespec until;

    if (r == NULL)
        return;
    pthread_mutex_lock(&r->mutex);
    r->stopping = true;
    r->drain_until = clock_monotonic_micros() + DRAIN_SECONDS * SECOND;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->mutex);
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += DRAIN_SECONDS + 1;
    if (pthread_timedjoin_np(r->thread, NULL, &until) == 0) {
        release(r);
        return;
    }
    /* A disk that hangs keeps its thread, and all that this may still touch,
     * until the process ends; the log it may not. */
    pthread_mutex_lock(&r->mutex);
    if (r->log != NULL)
        log_write(r->log, LOG_LEVEL_ERROR, "recorder-hangs", NULL, 0);
    r->log = NULL;
    pthread_mutex_unlock(&r->mutex);
    pthread_detach(r->thread);
}

void recorder_reopen(struct recorder *r)
{
    if (r == NULL)
        return;
    pthread_mutex_lock(&r->mutex);
    r->reopening = true;
    pthread_cond_signal(&r->wake);
    pthread_mutex_unlock(&r->mutex);
}

void recorder_stats(struct recorder *r, struct recorder_stats *out)
{
    pthread_mutex_lock(&r->mutex);
    *out = r->stats;
    pthread_mutex_unlock(&r->mutex);
}
