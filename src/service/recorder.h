/*
 * The recorder: messages and what was judged of them, kept for people who ask
 * why (explain.h), behind the line and never in its way.
 *
 * Whoever has a message to record copies it into memory that is bounded and
 * goes on; a thread of the recorder's own writes it to a file of its own. What
 * does not fit is left out and counted. No failure of the file or its disk
 * reaches the line: it is logged once, and the file tried again.
 */
#ifndef SERVICE_RECORDER_H
#define SERVICE_RECORDER_H

#include "config/config.h"
#include "service/log.h"
#include "store/recorder.h"

struct recorder;

/* Where a configuration has it, into the arena; NULL: it records nothing. */
MUST_USE enum err recorder_file(const struct config *config, struct arena *a,
                                const char **out, struct fault *f);

/* How long the messages of a profile are kept. */
struct recorder_keep {
    const char *profile;
    int64_t seconds;
};

struct recorder_options {
    const char *file;
    const char *vfs; /* NULL: the default */
    uint64_t size;
    /* The same in all messages, which come without them. */
    const char *node;  /* this server's name */
    struct span rules; /* RECORDED_RULES */
    struct log *log;   /* outlives it; may be NULL */
    const struct recorder_keep *keeps;
    size_t num_keeps;
};

/* Starts the thread, which opens the file; texts are borrowed for good.
 * ERR_NO_MEM; ERR_SYSTEM_FAILURE: no thread. */
MUST_USE enum err recorder_new(const struct recorder_options *options,
                               struct recorder **out, struct fault *f);

/* Writes what there is, as far as that is possible within some seconds. */
void recorder_free(struct recorder *r);
DEFINE_AUTO(recorder)

/* Copies it, from any thread; without memory or disk it is only counted. */
void recorder_add(struct recorder *r, const struct recorded *message);

/* Opens the file anew: it may have been moved away, or be writable again. */
void recorder_reopen(struct recorder *r);

struct recorder_stats {
    uint64_t recorded; /* written */
    uint64_t lost;
};
void recorder_stats(struct recorder *r, struct recorder_stats *out);

#endif
