/*
 * A bar for what takes long: how far, how fast, how long yet. Shown on a
 * terminal alone, and only once two seconds have gone by.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "cli/cli.h"

struct cli_progress {
    FILE *out;
    const char *label;
    uint64_t total;
    int64_t begin; /* on the clock that never steps, in microseconds */
    int64_t last;  /* when it was drawn last; 0: never */
    bool is_terminal;
};

/* `label` and `out` outlive it; `total` 0: not known. */
void cli_progress_init(struct cli_progress *p, FILE *out, const char *label,
                       uint64_t total);
/* So much is done; draws at most ten times a second. */
void cli_progress_step(struct cli_progress *p, uint64_t done);
/* Takes the bar away, if there is one. */
void cli_progress_done(struct cli_progress *p);

/*
 * The line of at most `width` columns:
 * "keys  [=====>     ]  42 %  1200/s  0:07 left". After `elapsed`
 * microseconds; without a total neither bar nor remaining time.
 */
void cli_progress_format(const char *label, uint64_t done, uint64_t total,
                         int64_t elapsed, size_t width, struct buf *out);

#endif
