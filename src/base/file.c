#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file written beside `path` until it takes its place. */
struct draft {
    char path[4096];
    int fd;
};

static enum err fail(struct fault *f, const char *what, const char *path)
{
    return fault_set(f, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s %s: %s",
                     what, path, strerror(errno));
}

/* Where a file that was not there is no answer: the directory is missing. */
static enum err io_fail(struct fault *f, const char *what, const char *path)
{
    return fault_set(f, ERR_IO, "%s %s: %s", what, path, strerror(errno));
}

static enum err read_all(int fd, const char *path, struct buf *out,
                         struct fault *f)
{
    uint8_t chunk[16 * 1024];
    ssize_t n;

    for (;;) {
        n = read(fd, chunk, sizeof(chunk));
        if (n == 0)
            return ERR_OK;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return io_fail(f, "read", path);
        buf_add(out, span_of(chunk, (size_t)n));
        if (out->failed != ERR_OK)
            return fault_set(f, out->failed, "read %s: %s", path,
                             err_text(out->failed));
    }
}

enum err file_load(const char *path, struct buf *out, struct fault *f)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    enum err e;

    if (fd < 0)
        return fail(f, "open", path);
    e = read_all(fd, path, out, f);
    close(fd);
    return e;
}

static bool write_all(int fd, struct span bytes)
{
    ssize_t n;

    while (bytes.len > 0) {
        n = write(fd, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return false;
        bytes.ptr += n;
        bytes.len -= (size_t)n;
    }
    return true;
}

static enum err draft_open(struct draft *d, const char *path, struct fault *f)
{
    int len = snprintf(d->path, sizeof(d->path), "%s.XXXXXX", path);

    if (len < 0 || (size_t)len >= sizeof(d->path))
        return fault_set(f, ERR_IO, "write %s: path too long", path);
    d->fd = mkostemp(d->path, O_CLOEXEC);
    return d->fd < 0 ? io_fail(f, "write", path) : ERR_OK;
}

/* Closes the draft; says what failed first, as errno. */
static bool draft_fill(const struct draft *d, struct span bytes, mode_t mode)
{
    bool done = fchmod(d->fd, mode) == 0 && write_all(d->fd, bytes) &&
                fsync(d->fd) == 0;
    int failure = errno;

    if (close(d->fd) != 0 && done)
        return false;
    errno = failure;
    return done;
}

static enum err draft_write(struct draft *d, const char *path,
                            struct span bytes, unsigned mode, struct fault *f)
{
    enum err e;

    TRY(draft_open(d, path, f));
    if (draft_fill(d, bytes, mode))
        return ERR_OK;
    e = io_fail(f, "write", path);
    unlink(d->path);
    return e;
}

/* Makes the names in the file's directory durable. */
static enum err dir_sync(const char *path, struct fault *f)
{
    const char *slash = strrchr(path, '/');
    char dir[4096] = ".";
    enum err e = ERR_OK;
    int fd;

    if (slash != NULL) /* "/x" lies in "/" */
        snprintf(dir, sizeof(dir), "%.*s",
                 slash == path ? 1 : (int)(slash - path), path);
    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return io_fail(f, "sync", dir);
    if (fsync(fd) != 0)
        e = io_fail(f, "sync", dir);
    close(fd);
    return e;
}

enum err file_save(const char *path, struct span bytes, unsigned mode,
                   struct fault *f)
{
    struct draft d;
    enum err e;

    TRY(draft_write(&d, path, bytes, mode, f));
    if (rename(d.path, path) != 0) {
        e = io_fail(f, "replace", path);
        unlink(d.path);
        return e;
    }
    return dir_sync(path, f);
}

enum err file_create(const char *path, struct span bytes, unsigned mode,
                     struct fault *f)
{
    struct draft d;
    enum err e = ERR_OK;

    TRY(draft_write(&d, path, bytes, mode, f));
    /* A link, since unlike a rename it does not replace. */
    if (link(d.path, path) != 0)
        e = errno == EEXIST
                ? fault_set(f, ERR_EXISTS, "%s is there already", path)
                : io_fail(f, "create", path);
    unlink(d.path);
    TRY(e);
    return dir_sync(path, f);
}

enum err file_remove(const char *path, struct fault *f)
{
    if (unlink(path) != 0) {
        if (errno == ENOENT)
            return ERR_OK;
        return io_fail(f, "remove", path);
    }
    return dir_sync(path, f);
}

enum err dir_create(const char *path, unsigned mode, struct fault *f)
{
    struct stat st;

    if (mkdir(path, mode) == 0)
        return dir_sync(path, f);
    if (errno != EEXIST)
        return io_fail(f, "make directory", path);
    if (stat(path, &st) != 0)
        return io_fail(f, "make directory", path);
    if (!S_ISDIR(st.st_mode))
        return fault_set(f, ERR_IO, "make directory %s: a file is there", path);
    return ERR_OK;
}
