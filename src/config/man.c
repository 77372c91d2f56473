#include <stdio.h>

#include "config/internal.h"

/* Text in roff: nothing of it may be taken for a request or an escape. */
static void add_text(const char *text, struct buf *out)
{
    const char *special;

    if (*text == '.' || *text == '\'')
        buf_add_str(out, "\\&");
    while ((special = strpbrk(text, "\\-^~\"")) != NULL) {
        buf_add(out, span_of(text, (size_t)(special - text)));
        if (*special == '\\')
            buf_add_str(out, "\\e");
        else if (*special == '-')
            buf_add_str(out, "\\-");
        else if (*special == '^')
            buf_add_str(out, "\\(ha");
        else if (*special == '~')
            buf_add_str(out, "\\(ti");
        else
            buf_add_str(out, "\\(dq");
        text = special + 1;
    }
    buf_add_str(out, text);
}

static void add_setting(const struct setting *s, const char *prefix,
                        struct buf *out)
{
    struct buf summary;
    size_t i;

    buf_init(&summary, 1024);
    setting_summary(s, &summary);
    buf_printf(out, ".TP\n.B %s%s\n", prefix, s->key);
    add_text(s->meaning, out);
    buf_add_str(out, "\n.br\n(");
    add_text(buf_str(&summary), out);
    buf_add_str(out, ")\n");
    buf_done(&summary);
    for (i = 0; s->choices != NULL && i < s->choices->num; i++) {
        const struct choice *c = &s->choices->items[i];

        if (c->meaning == NULL)
            continue;
        buf_add_str(out, ".br\n");
        add_text(c->oid != NULL ? "not " : "", out);
        buf_add_str(out, "\\fI");
        add_text(c->name, out);
        buf_add_str(out, "\\fR: ");
        add_text(c->meaning, out);
        buf_add_str(out, "\n");
    }
    buf_add_str(out, ".br\nExample: \\fB");
    add_text(s->key, out);
    buf_add_str(out, ": ");
    add_text(s->example, out);
    buf_add_str(out, "\\fR\n");
}

/* Recursion as deep as the schema. NOLINTNEXTLINE(misc-no-recursion) */
static void add_section(const struct section *s, const char *prefix,
                        struct buf *out)
{
    char path[128];
    size_t i;

    for (i = 0; i < s->num; i++) {
        add_setting(&s->settings[i], prefix, out);
        if (s->settings[i].section == NULL)
            continue;
        snprintf(path, sizeof(path), "%s%s.", prefix, s->settings[i].key);
        add_section(s->settings[i].section, path, out);
    }
}

static const char intro[] =
    ".TH STATIONMASTER.YAML 5 \"\" \"Stationmaster\" \"File formats\"\n"
    ".SH NAME\n"
    "stationmaster.yaml \\- configuration of the stationmaster server\n"
    ".SH DESCRIPTION\n"
    "A YAML file in UTF\\-8: one document, without anchors, aliases and tags.\n"
    "A key stands once in its mapping, and a key that is not listed here is\n"
    "refused.\n"
    ".PP\n"
    "Files are named relative to the folder of the configuration file.\n"
    "Durations are a number and one of d, h, m, s, or ms where the default is\n"
    "a matter of seconds; sizes are bytes, or a number and one of k, m, g.\n"
    "A Boolean is true or false and nothing else.\n"
    ".PP\n"
    "Every error is reported as file:line:column, the first twenty at once.\n"
    ".B stationmaster config \\-\\-explain\n"
    "prints what stands here, or one setting of it.\n";

static const char outro[] = ".SH SEE ALSO\n"
                            ".BR stationmaster (1),\n"
                            ".BR station (1)\n";

void config_man(struct buf *out)
{
    char prefix[128];
    size_t i;

    buf_add_str(out, intro);
    buf_add_str(out, ".SH SETTINGS\n");
    for (i = 0; i < schema_root.num; i++) {
        const struct setting *s = &schema_root.settings[i];

        if (s->section != NULL)
            buf_printf(out, ".SS %s\n", s->key);
        add_setting(s, "", out);
        if (s->section == NULL)
            continue;
        snprintf(prefix, sizeof(prefix), "%s.", s->key);
        add_section(s->section, prefix, out);
    }
    buf_add_str(out, outro);
}
