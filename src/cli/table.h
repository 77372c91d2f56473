/*
 * Tables for people: columns as wide as what stands in them.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "cli/cli.h"

#define CLI_TABLE_COLUMNS 12

/* `failed` is ERR_OK until memory ran out. */
struct cli_table {
    struct arena *arena;
    size_t num_columns;
    const char *const *headings;
    const char **cells; /* row after row */
    size_t num_cells;
    size_t size;
    enum err failed;
};

/* `headings` outlive it: 1 to CLI_TABLE_COLUMNS of them. */
void cli_table_init(struct cli_table *t, struct arena *a,
                    const char *const *headings, size_t num_columns);

/* The next cell, row by row; copied. */
void cli_table_add(struct cli_table *t, const char *fmt, ...) PRINTF_LIKE(2, 3);

/*
 * Prints it, headings in bold where there are colours. Columns are aligned by
 * characters of UTF-8; control characters show as '?'.
 */
MUST_USE enum err cli_table_print(const struct cli *cli,
                                  const struct cli_table *t, struct fault *f);

#endif
