#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"
#include "store/sqlite.h"

/* Two that open a new file at once disturb each other's switch to WAL. */
#define WAL_TRIES 200
#define WAL_WAIT_MS 25

static void sqlite_free(struct store *base)
{
    struct sqlite_store *s = sqlite_of(base);

    sqlite_close_writer(s);
    free(s->at.file);
    free(s->at.vfs);
    free(s->at.synchronous);
    free(s->base.node);
    free(s);
}

static bool copy_text(const char *text, char **out)
{
    if (text == NULL)
        return true;
    *out = strdup(text);
    return *out != NULL;
}

static struct sqlite_store *sqlite_new(const struct store_options *options)
{
    struct sqlite_store *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    sqlite_read_ops(&s->ops);
    sqlite_write_ops(&s->ops);
    s->ops.free = sqlite_free;
    s->base.ops = &s->ops;
    s->base.hash = options->hash;
    s->base.read_only = options->read_only;
    if (copy_text(options->file, &s->at.file) &&
        copy_text(options->vfs, &s->at.vfs) &&
        copy_text(options->synchronous, &s->at.synchronous) &&
        copy_text(options->node, &s->base.node))
        return s;
    sqlite_free(&s->base);
    return NULL;
}

/* --- the file --- */

/*
 * Makes the file with mode 0600 if it may be made. One that is there is not
 * opened here: closing it again would drop the locks that another store of
 * this process holds on it.
 */
static enum err ensure_file(const struct store_options *options,
                            struct fault *f)
{
    const char *file = options->file;
    struct stat st;
    int fd;

    if (stat(file, &st) == 0) {
        if (S_ISREG(st.st_mode))
            return ERR_OK;
        return fault_set(f, ERR_STORE,
                         "store %s is not a file; name a file in it", file);
    }
    if (errno != ENOENT)
        return fault_set(f, ERR_STORE, "store %s: %s", file, strerror(errno));
    if (options->must_exist || options->read_only)
        return fault_set(f, ERR_STORE,
                         "store %s is not there; check its path, or create it "
                         "with `stationmaster init`",
                         file);
    fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0 && errno != EEXIST)
        return fault_set(f, ERR_STORE, "store %s cannot be created: %s", file,
                         strerror(errno));
    if (fd >= 0)
        close(fd);
    return ERR_OK;
}

/* Is there nothing under this name with `suffix` behind it, or nothing in it?
 */
static bool is_without(const char *file, const char *suffix)
{
    size_t size = strlen(file) + strlen(suffix) + 1;
    char *path = malloc(size);
    bool is_there;
    struct stat st;

    if (path == NULL)
        return false;
    text_format(path, size, "%s%s", file, suffix);
    is_there = stat(path, &st) == 0 && st.st_size > 0;
    free(path);
    return !is_there;
}

/* Who has it open has a log and an index of that beside it. */
static bool is_still(const char *file)
{
    char *copy = strdup(file);
    bool is_closed = false;

    if (copy != NULL)
        is_closed = access(dirname(copy), W_OK) != 0;
    free(copy);
    return is_closed && is_without(file, "-wal") && is_without(file, "-shm");
}

/* Looks at a file without touching it. */
static enum err probe(struct sqlite_store *s,
                      const struct store_options *options, struct fault *f)
{
    AUTO(sqlite_conn) c = NULL;
    bool is_new;

    TRY(sqlite_conn_open(&s->at, CONN_PROBE, &c, f));
    TRY(schema_check(c, &is_new, f));
    if (is_new && (options->read_only || options->must_exist))
        return fault_set(f, ERR_STORE,
                         "store %s is empty; create it with "
                         "`stationmaster init`",
                         s->at.file);
    return options->read_only ? schema_check_current(c, f) : ERR_OK;
}

static enum err switch_to_wal(struct sqlite_conn *c, struct fault *f)
{
    const struct timespec wait = { .tv_nsec = WAL_WAIT_MS * 1000000L };
    enum err e;

    TRY(sqlite_conn_run(c, "PRAGMA page_size=4096", f));
    for (int i = 0; i < WAL_TRIES; i++) {
        e = sqlite_conn_set_wal(c, f);
        if (e != ERR_LOST)
            return e;
        nanosleep(&wait, NULL);
    }
    return fault_set(f, ERR_STORE,
                     "store %s: cannot be switched to WAL; another process "
                     "keeps it busy",
                     c->file);
}

static enum err prepare(struct sqlite_store *s,
                        const struct store_options *options, struct fault *f)
{
    bool is_new;

    if (options->vfs == NULL) {
        TRY(ensure_file(options, f));
        /* Where there is no log yet SQLite takes the one it makes away again;
         * one that is there is another's, or what a crash left. */
        s->at.keeps_log =
            !options->read_only || !is_without(s->at.file, "-wal");
        s->at.is_still = options->read_only && is_still(s->at.file);
        TRY(probe(s, options, f));
    }
    if (options->read_only)
        return ERR_OK;
    TRY(sqlite_open_writer(s, f));
    TRY(schema_check(s->writer, &is_new, f));
    TRY(switch_to_wal(s->writer, f));
    return schema_migrate(s->writer, f);
}

enum err sqlite_open(const struct store_options *options, struct store **out,
                     struct fault *f)
{
    struct sqlite_store *s = sqlite_new(options);
    enum err e;

    if (s == NULL)
        return fault_set(f, ERR_NO_MEM, "the store");
    e = prepare(s, options, f);
    if (e != ERR_OK) {
        sqlite_free(&s->base);
        return e;
    }
    *out = &s->base;
    return ERR_OK;
}
