/*
 * Log lines: one for each outcome, as logfmt or JSON.
 */
#ifndef SERVICE_LOG_H
#define SERVICE_LOG_H

#include "base/error.h"
#include "base/span.h"

struct log;
struct job;

enum log_level {
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_WARN,
    LOG_LEVEL_ERROR
};
enum log_format {
    LOG_FORMAT_LOGFMT,
    LOG_FORMAT_JSON
};

/* `file` NULL or "-": standard error. ERR_IO. */
MUST_USE enum err log_open(const char *file, enum log_format format,
                           enum log_level least, struct log **out,
                           struct fault *f);
void log_free(struct log *log);
DEFINE_AUTO(log)

/* Opens the file anew, after it was moved away. The old stays on failure. */
MUST_USE enum err log_reopen(struct log *log, struct fault *f);

/* One field of a line: text, quoted where it has to be. */
struct log_field {
    const char *key;
    struct span value; /* absent: the field is left out */
};

/* Writes one line, whole, from any thread: time, level, event, the fields. */
void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t num);

/* Between the two, lines of this thread are kept, and then written together:
 * a write costs as much as making a line. Of one log at a time. */
void log_hold(struct log *log);
void log_release(struct log *log);

/* A fault outside any message. */
void log_fault(struct log *log, enum log_level level, const char *event,
               const struct fault *f);

/* What became of a message. */
void log_job(struct log *log, const struct job *job);

#endif
