/*
 * Whole files: read with a cap, replaced atomically and durably.
 */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"

/*
 * Appends the file's bytes to `out`, whose cap bounds them.
 * ERR_NOT_FOUND, ERR_IO, ERR_LIMIT; the fault names the path.
 */
MUST_USE enum err file_load(const char *path, struct buf *out, struct fault *f);

/*
 * Replaces the file by these bytes, with this mode: written beside it, synced,
 * renamed over it, and the directory synced. After a crash there is the old
 * file or the new one, whole. ERR_IO.
 */
MUST_USE enum err file_save(const char *path, struct span bytes, unsigned mode,
                            struct fault *f);

/* The same, but refuses to replace: ERR_EXISTS. */
MUST_USE enum err file_create(const char *path, struct span bytes,
                              unsigned mode, struct fault *f);

/* Removes the file and syncs its directory; one that is absent is removed. */
MUST_USE enum err file_remove(const char *path, struct fault *f);

/* Makes a directory of that mode; one that is there is left as it is. */
MUST_USE enum err dir_create(const char *path, unsigned mode, struct fault *f);

#endif
