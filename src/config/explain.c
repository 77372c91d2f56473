#include <stdio.h>

#include "config/internal.h"

#define HELP_WIDTH 76
#define HELP_INDENT 4

static bool is_number(enum kind kind)
{
    return kind == KIND_PORT || kind == KIND_COUNT || kind == KIND_SIZE ||
           kind == KIND_MILLIS || kind == KIND_SECONDS;
}

static void add_choices(const struct choices *all, struct buf *out)
{
    size_t i;

    buf_add_str(out, "one of ");
    for (i = 0; i < all->num; i++)
        buf_printf(out, "%s%s", i == 0 ? "" : ", ", all->items[i].name);
}

static void add_form(const struct setting *s, struct buf *out)
{
    if ((s->traits & LIST) && s->kind == KIND_MAP)
        buf_add_str(out, "list of mappings");
    else if (s->traits & LIST)
        buf_add_str(out, "list, each ");
    if (s->kind != KIND_CHOICE && s->kind != KIND_MAP)
        buf_add_str(out, kind_name(s->kind));
    else if (s->kind == KIND_MAP && !(s->traits & LIST))
        buf_add_str(out, "mapping");
    if (s->kind == KIND_CHOICE)
        add_choices(s->choices, out);
    if (s->kind == KIND_ENTRY)
        buf_printf(out, " in %s", s->target);
    if (is_number(s->kind)) {
        buf_add_str(out, ", ");
        number_format(s->kind, s->min, out);
        buf_add_str(out, " to ");
        number_format(s->kind, s->max, out);
    }
}

void setting_summary(const struct setting *s, struct buf *out)
{
    add_form(s, out);
    if (s->traits & REQUIRED)
        buf_add_str(out, "; required");
    else if (s->preset != NULL)
        buf_printf(out, "; default %s%s%s", s->traits & LIST ? "[" : "",
                   s->preset, s->traits & LIST ? "]" : "");
    else if (s->preset_note != NULL)
        buf_printf(out, "; default: %s", s->preset_note);
    else if (s->traits & LIST)
        buf_add_str(out, "; default []");
}

/* Indented lines of at most HELP_WIDTH, broken at blanks. */
static void add_wrapped(const char *text, size_t indent, struct buf *out)
{
    size_t column = 0, len;

    for (; *text != '\0'; text += len) {
        text += strspn(text, " ");
        len = strcspn(text, " ");
        if (column > 0 && column + 1 + len > HELP_WIDTH) {
            buf_add_str(out, "\n");
            column = 0;
        }
        if (column == 0) {
            buf_printf(out, "%*s", (int)indent, "");
            column = indent;
        } else {
            buf_add_str(out, " ");
            column++;
        }
        buf_add(out, span_of(text, len));
        column += len;
    }
    buf_add_str(out, "\n");
}

static void add_choice_meanings(const struct choices *all, struct buf *out)
{
    char line[256];
    size_t i;

    for (i = 0; all != NULL && i < all->num; i++) {
        if (all->items[i].meaning == NULL)
            continue;
        snprintf(line, sizeof(line), "%s%s: %s",
                 all->items[i].oid != NULL ? "not " : "", all->items[i].name,
                 all->items[i].meaning);
        add_wrapped(line, (size_t)2 * HELP_INDENT, out);
    }
}

static void explain_setting(const struct setting *s, const char *path,
                            struct buf *out)
{
    struct buf summary;

    buf_init(&summary, 1024);
    setting_summary(s, &summary);
    buf_printf(out, "%s\n", path);
    add_wrapped(buf_str(&summary), HELP_INDENT, out);
    buf_done(&summary);
    add_wrapped(s->meaning, HELP_INDENT, out);
    add_choice_meanings(s->choices, out);
    buf_printf(out, "%*sexample: %s: %s\n\n", HELP_INDENT, "", s->key,
               s->example);
}

/* One walk over the schema: `wanted` NULL is met by every setting. */
struct walk {
    const char *wanted;
    struct nearest near;
    size_t num_found;
    struct buf *out;
};

/* Recursion as deep as the schema. NOLINTNEXTLINE(misc-no-recursion) */
static void explain_section(struct walk *w, const struct section *s,
                            const char *prefix, bool is_wanted)
{
    char path[128];
    size_t i;

    for (i = 0; i < s->num; i++) {
        const struct setting *row = &s->settings[i];
        bool is_hit = is_wanted;

        snprintf(path, sizeof(path), "%s%s", prefix, row->key);
        if (w->wanted != NULL)
            is_hit |= strcmp(path, w->wanted) == 0 ||
                      strcmp(row->key, w->wanted) == 0;
        if (is_hit) {
            explain_setting(row, path, w->out);
            w->num_found++;
        } else {
            nearest_try(&w->near, row->key);
        }
        if (row->section != NULL) {
            snprintf(path, sizeof(path), "%s%s.", prefix, row->key);
            explain_section(w, row->section, path, is_hit);
        }
    }
}

enum err config_explain(const char *key, struct buf *out, struct fault *f)
{
    const char *dot = key == NULL ? NULL : strrchr(key, '.');
    struct walk w = { .wanted = key, .out = out };

    w.near = nearest_init(dot != NULL ? dot + 1 : key == NULL ? "" : key);
    explain_section(&w, &schema_root, "", key == NULL);
    if (w.num_found == 0)
        return fault_set(f, ERR_NOT_FOUND, "no setting \"%s\"%s",
                         show(key).text, nearest_hint(&w.near).text);
    return ERR_OK;
}
