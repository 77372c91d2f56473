#include "cli/table.h"

#include <assert.h>
#include <stdarg.h>
#include <stdlib.h>

void cli_table_init(struct cli_table *t, struct arena *a,
                    const char *const *headings, size_t num_columns)
{
    assert(num_columns > 0 && num_columns <= CLI_TABLE_COLUMNS);
    *t = (struct cli_table){
        .arena = a,
        .num_columns = num_columns,
        .headings = headings,
    };
}

static bool grow(struct cli_table *t)
{
    size_t size = t->size == 0 ? 64 : 2 * t->size;
    const char **cells = arena_array(t->arena, size, sizeof(*cells));

    if (cells == NULL)
        return false;
    if (t->num_cells > 0)
        memcpy(cells, t->cells, t->num_cells * sizeof(*cells));
    t->cells = cells;
    t->size = size;
    return true;
}

void cli_table_add(struct cli_table *t, const char *fmt, ...)
{
    char *text = NULL;
    const char *copy = NULL;
    va_list args;
    int len;

    va_start(args, fmt);
    len = vasprintf(&text, fmt, args);
    va_end(args);
    if (len >= 0) {
        copy = arena_printf(t->arena, "%s", text);
        free(text);
    }
    if (copy == NULL || (t->num_cells == t->size && !grow(t))) {
        t->failed = ERR_NO_MEM;
        return;
    }
    t->cells[t->num_cells++] = copy;
}

/* Characters of UTF-8: bytes that begin one. */
static size_t text_width(const char *text)
{
    size_t width = 0;

    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void find_widths(const struct cli_table *t, size_t *widths)
{
    size_t width;

    for (size_t i = 0; i < t->num_columns; i++)
        widths[i] = text_width(t->headings[i]);
    for (size_t i = 0; i < t->num_cells; i++) {
        width = text_width(t->cells[i]);
        if (width > widths[i % t->num_columns])
            widths[i % t->num_columns] = width;
    }
}

/* The last column of a row is not filled up. */
static void print_row(const struct cli *cli, enum cli_style style,
                      const char *const *row, const size_t *widths, size_t num)
{
    for (size_t i = 0; i < num; i++) {
        cli_print(cli, style, "%s", row[i]);
        if (i + 1 < num)
            fprintf(cli->out, "%*s", (int)(widths[i] - text_width(row[i])) + 2,
                    "");
    }
    fputc('\n', cli->out);
}

enum err cli_table_print(const struct cli *cli, const struct cli_table *t,
                         struct fault *f)
{
    size_t widths[CLI_TABLE_COLUMNS];

    if (t->failed != ERR_OK)
        return fault_set(f, t->failed, "table");
    assert(t->num_cells % t->num_columns == 0);
    find_widths(t, widths);
    print_row(cli, CLI_BOLD, t->headings, widths, t->num_columns);
    for (size_t i = 0; i < t->num_cells; i += t->num_columns)
        print_row(cli, CLI_PLAIN, &t->cells[i], widths, t->num_columns);
    return ERR_OK;
}
