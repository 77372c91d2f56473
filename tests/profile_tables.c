/*
 * profile_tables rules|profiles [FILE]: prints the rules as a table for
 * docs/conformance.md, or what each type of profile allows; or fails when FILE
 * does not end in just that.
 */
#include <stdio.h>

#include "base/file.h"
#include "profile/rules.h"

#define CAP ((size_t)1024 * 1024)

static void format_rules(struct buf *out)
{
    buf_add_str(out, "| rule | clause | judged | severity | failure | needs | "
                     "what is asked |\n"
                     "| --- | --- | --- | --- | --- | --- | --- |\n");
    for (enum rule_id i = 0; i < RULE_NUM; i++) {
        const struct rule *r = rule_get(i);
        char needs[RULE_NEEDS_LEN];

        rule_needs_format(r->needs, needs);
        buf_printf(out, "| %s | %s | %s | %s | %s | %s | %s |\n", r->id,
                   r->clause, rule_step_name(r->step),
                   severity_name(r->severity),
                   fail_info_name(err_fail_info(r->err)), needs, r->asked);
    }
}

static void format_profiles(struct buf *out)
{
    for (enum profile_type t = 0; t < PROFILE_TYPE_NUM; t++) {
        struct profile p;

        profile_init(&p, t);
        if (t > 0)
            buf_add_str(out, "\n");
        profile_format(&p, out);
    }
}

static int compare(const char *path, struct span text)
{
    struct fault f = { 0 };
    struct buf have;
    int status = 1;

    buf_init(&have, CAP);
    if (file_load(path, &have, &f) != ERR_OK)
        fprintf(stderr, "profile_tables: %s\n", f.text);
    else if (have.len < text.len ||
             !span_is_equal(span_of(have.ptr + have.len - text.len, text.len),
                            text))
        fprintf(stderr, "profile_tables: %s does not end in:\n%.*s", path,
                (int)text.len, (const char *)text.ptr);
    else
        status = 0;
    buf_done(&have);
    return status;
}

int main(int argc, char **argv)
{
    struct buf text;
    int status;

    if (argc < 2)
        return 2;
    buf_init(&text, CAP);
    if (strcmp(argv[1], "rules") == 0)
        format_rules(&text);
    else
        format_profiles(&text);
    if (argc > 2)
        status = compare(argv[2], buf_span(&text));
    else
        status = fwrite(text.ptr, 1, text.len, stdout) != text.len;
    if (text.failed != ERR_OK)
        status = 1;
    buf_done(&text);
    return status;
}
