#include "config/config.h"

#include "base/file.h"
#include "config/internal.h"

void config_free(struct config *c)
{
    if (c != NULL)
        arena_free(c->arena);
}

void config_expand(const char *pattern, const char *serial, const char *vendor,
                   struct buf *out)
{
    const char *brace;

    while ((brace = strchr(pattern, '{')) != NULL) {
        buf_add(out, span_of(pattern, (size_t)(brace - pattern)));
        buf_add_str(out, strncmp(brace, "{serial}", 8) == 0 ? serial : vendor);
        pattern = brace + 8; /* "{vendor}" is as long */
    }
    buf_add_str(out, pattern);
}

/* Everything of one text, into `c` or into complaints. */
static void read_all(struct reading *r, struct span text, struct config *c)
{
    struct node *root = yaml_read(text, r->arena, r->errors);

    if (root == NULL)
        return;
    section_fill(r, &schema_root, root, c);
    if (root->kind != NODE_MAP)
        return;
    references_resolve(r, c);
    config_check(r, c, root);
}

/* What was complained of, as lines and as a fault. */
static enum err report(struct complaints *c, const char *file,
                       struct buf *errors, struct fault *f)
{
    if (c->failed == ERR_NO_MEM)
        return fault_set(f, ERR_NO_MEM, "configuration %s", file);
    complaints_format(c, file, errors);
    return fault_set(f, ERR_CONFIG, "%s:%u:%u: %s", file, c->items[0].at.line,
                     c->items[0].at.column, c->items[0].text);
}

enum err config_parse(struct span text, const char *file, struct config **out,
                      struct buf *errors, struct fault *f)
{
    struct arena *arena = arena_new(LIMIT_CONFIG_ARENA);
    struct complaints complaints = { .arena = arena };
    struct reading reading = { .arena = arena, .errors = &complaints };
    struct config *c;
    enum err e;

    if (arena == NULL)
        return fault_set(f, ERR_NO_MEM, "configuration");
    c = reading_alloc(&reading, 1, sizeof(*c));
    if (c != NULL) {
        c->arena = arena;
        c->file = reading.file = arena_printf(arena, "%s", file);
        if (c->file == NULL)
            complain_no_mem(&complaints);
        else
            read_all(&reading, text, c);
    }
    if (complaints.failed != ERR_OK) {
        e = report(&complaints, file, errors, f);
        arena_free(arena);
        return e;
    }
    *out = c;
    return ERR_OK;
}

enum err config_load(const char *file, struct config **out, struct buf *errors,
                     struct fault *f)
{
    struct buf text;
    enum err e;

    buf_init(&text, LIMIT_FILE_LEN);
    e = file_load(file, &text, f);
    if (e == ERR_OK)
        e = config_parse(buf_span(&text), file, out, errors, f);
    buf_done(&text);
    return e;
}
