#include "base/text.h"
#include "cli/server.h"
#include "cli/server_tree.h"
#include "inspect/diff.h"
#include "inspect/input.h"

/* One of the two messages. */
struct side {
    const char *file;
    size_t wanted; /* which of its messages */
    struct arena *arena;
    struct tree tree;
    bool is_there;
    struct fault why; /* reading was ended from here */
};

struct run {
    const struct cli *cli;
    struct side a, b;
    const char *const *ignored;
    size_t num_ignored;
    size_t num_shown, num_ignored_found;
};

/* --- reading --- */

static enum err on_seen(void *arg, const struct seen *seen)
{
    struct side *side = arg;
    struct span copy;

    if (span_is_absent(seen->der) || seen->number != side->wanted)
        return ERR_OK;
    copy = arena_copy(side->arena, seen->der);
    if (span_is_absent(copy))
        return fault_set(&side->why, ERR_NO_MEM, "%s", side->file);
    TRY(tree_read_der(copy, NULL, side->arena, &side->tree, &side->why));
    side->is_there = true;
    return ERR_OK;
}

static enum err side_read(struct side *side, struct fault *f)
{
    enum err e = input_read(side->file, NULL, on_seen, side, f);

    if (side->why.err != ERR_OK)
        *f = side->why;
    TRY(e);
    if (!side->is_there)
        return fault_set(f, ERR_NOT_FOUND, "%s: no message %zu", side->file,
                         side->wanted);
    return ERR_OK;
}

static enum err wanted_read(const struct cli *cli, const char *option,
                            size_t *out, struct fault *f)
{
    int64_t n = 1;

    if (cli_has(cli, option))
        TRY(cli_number(cli, option, 1, INT32_MAX, &n, f));
    *out = (size_t)n;
    return ERR_OK;
}

/* --- what is shown --- */

/* The path without the places in lists. */
static void drop_places(struct buf *path)
{
    size_t to = 0;
    bool inside = false;

    for (size_t i = 0; i < path->len; i++) {
        if (path->ptr[i] == '[')
            inside = true;
        if (!inside)
            path->ptr[to++] = path->ptr[i];
        if (path->ptr[i] == ']')
            inside = false;
    }
    path->len = to;
}

/* One of those named stands at the end of the path, or around it. */
static bool names(const char *path, const char *name)
{
    size_t len = strlen(name);

    for (const char *p = strstr(path, name); p != NULL;
         p = strstr(p + 1, name)) {
        if ((p == path || p[-1] == '.') && (p[len] == '\0' || p[len] == '.'))
            return true;
    }
    return false;
}

static const struct tree_node *either(const struct diff_entry *e)
{
    return e->a != NULL ? e->a : e->b;
}

static bool is_ignored(const struct run *run, const struct diff_entry *e)
{
    struct buf path;
    bool found = false;

    buf_init(&path, SERVER_TREE_TEXT);
    tree_path(either(e), &path);
    drop_places(&path);
    for (size_t i = 0; i < run->num_ignored && !found; i++)
        found = names(buf_str(&path), run->ignored[i]);
    buf_done(&path);
    return found;
}

static bool is_shown(const struct run *run, const struct diff_entry *e)
{
    return !e->is_fresh || cli_has(run->cli, "all");
}

/* --- as text --- */

#define VALUE_LEN 200

/* A value on a line, behind the path that leads to it where there is one. */
static void print_value(const struct run *run, enum cli_style style, char sign,
                        const char *path, const struct tree_node *node)
{
    struct buf text;

    buf_init(&text, SERVER_TREE_TEXT);
    tree_value(node, &text);
    if (text.len == 0)
        buf_add_str(&text, node->type);
    cli_print(run->cli, style, "    %c %s%s%.*s%s\n", sign, path,
              path[0] != '\0' ? "  " : "", VALUE_LEN, buf_str(&text),
              text.len > VALUE_LEN ? "..." : "");
    buf_done(&text);
}

static bool is_one_value(const struct tree_node *node)
{
    return node->first == NULL || tree_is_summed_up(node) ||
           tree_is_document(node);
}

/* The values of what only one side has, each behind its path there. */
static void print_values(const struct run *run, enum cli_style style, char sign,
                         const struct tree_node *top)
{
    const struct tree_node *n = top;
    struct buf path;
    size_t skip;

    buf_init(&path, SERVER_TREE_TEXT);
    tree_path(top, &path);
    skip = path.len;
    while (n != NULL) {
        buf_clear(&path);
        tree_path(n, &path);
        if (is_one_value(n)) {
            const char *rest = buf_str(&path) + skip;

            print_value(run, style, sign, rest[0] == '.' ? rest + 1 : rest, n);
            n = tree_next_beside(n, top);
        } else {
            n = tree_next(n, top);
        }
    }
    buf_done(&path);
}

static void print_entry(const struct run *run, const struct diff_entry *e)
{
    static const struct {
        const char *word;
        enum cli_style style;
    } kinds[] = {
        [DIFF_CHANGED] = { "differs", CLI_YELLOW },
        [DIFF_MISSING] = { "only in the first", CLI_RED },
        [DIFF_ADDED] = { "only in the second", CLI_GREEN },
    };
    struct buf path;

    buf_init(&path, SERVER_TREE_TEXT);
    tree_path(either(e), &path);
    cli_print(run->cli, CLI_BOLD, "%s",
              path.len > 0 ? buf_str(&path) : "message");
    cli_print(run->cli, kinds[e->kind].style, " %s%s\n", kinds[e->kind].word,
              e->is_fresh ? ", as it must" : "");
    buf_done(&path);
    if (e->a != NULL)
        print_values(run, CLI_RED, '-', e->a);
    if (e->b != NULL)
        print_values(run, CLI_GREEN, '+', e->b);
}

static void print_broken(const struct run *run, const struct side *side)
{
    struct buf text;

    if (side->tree.num_problems == 0)
        return;
    buf_init(&text, SERVER_TREE_TEXT);
    tree_problem_format(side->tree.problem->problem, &text);
    cli_print(run->cli, CLI_RED, "%s is broken %s\n", side->file,
              buf_str(&text));
    buf_done(&text);
}

static void print_end(const struct run *run, const struct diff *d)
{
    print_broken(run, &run->a);
    print_broken(run, &run->b);
    if (run->num_shown == 0)
        cli_print(run->cli, CLI_GREEN, "No field differs");
    else
        cli_print(run->cli, CLI_PLAIN, "%zu field%s", run->num_shown,
                  run->num_shown == 1 ? " differs" : "s differ");
    if (d->num_fresh > 0)
        cli_print(run->cli, CLI_PLAIN, ", but for %zu that differ%s as %s must",
                  d->num_fresh, d->num_fresh == 1 ? "s" : "",
                  d->num_fresh == 1 ? "it" : "they");
    if (run->num_ignored_found > 0)
        cli_print(run->cli, CLI_PLAIN, "; %zu ignored", run->num_ignored_found);
    cli_print(run->cli, CLI_PLAIN, ".\n");
}

/* --- as JSON --- */

static int add_side(json_t *json, const char *value, const char *path,
                    const struct tree_node *node)
{
    if (node == NULL)
        return 0;
    return json_object_set_new(json, path, server_tree_path(node)) |
           json_object_set_new(json, value, server_tree_value(node));
}

static enum err print_entry_json(const struct run *run,
                                 const struct diff_entry *e, bool is_first,
                                 struct fault *f)
{
    static const char *const kinds[] = { [DIFF_CHANGED] = "changed",
                                         [DIFF_MISSING] = "missing",
                                         [DIFF_ADDED] = "added" };
    json_t *json = json_pack("{s:s, s:s, s:b}", "kind", kinds[e->kind], "type",
                             either(e)->type, "fresh", e->is_fresh);

    if (json == NULL || add_side(json, "first", "path", e->a) != 0 ||
        add_side(json, "second", e->a == NULL ? "path" : "path_in_second",
                 e->b) != 0) {
        json_decref(json);
        return fault_set(f, ERR_NO_MEM, "JSON");
    }
    fputs(is_first ? "\n  " : ",\n  ", run->cli->out);
    TRY(server_json_open(run->cli, json, f));
    fputs("}", run->cli->out);
    return ERR_OK;
}

static enum err print_json(struct run *run, const struct diff *d,
                           struct fault *f)
{
    bool is_first = true;

    fputs("{\"differences\": [", run->cli->out);
    for (size_t i = 0; i < d->num; i++) {
        if (is_ignored(run, &d->list[i]))
            continue;
        TRY(print_entry_json(run, &d->list[i], is_first, f));
        is_first = false;
    }
    fprintf(run->cli->out,
            "],\n \"same\": %s, \"fresh\": %zu, \"ignored\": %zu,\n"
            " \"problems\": [%zu, %zu]}\n",
            run->num_shown == 0 ? "true" : "false", d->num_fresh,
            run->num_ignored_found, run->a.tree.num_problems,
            run->b.tree.num_problems);
    return ERR_OK;
}

/* --- the verb --- */

static enum err show(struct run *run, const struct diff *d, struct fault *f)
{
    for (size_t i = 0; i < d->num; i++) {
        if (is_ignored(run, &d->list[i]))
            run->num_ignored_found++;
        else if (!d->list[i].is_fresh)
            run->num_shown++;
    }
    if (run->cli->json)
        return print_json(run, d, f);
    for (size_t i = 0; i < d->num; i++) {
        if (is_shown(run, &d->list[i]) && !is_ignored(run, &d->list[i]))
            print_entry(run, &d->list[i]);
    }
    print_end(run, d);
    return ERR_OK;
}

static enum err run_diff(struct cli *cli, struct fault *f)
{
    AUTO(arena) a = arena_new(TREE_ARENA_LEN);
    AUTO(arena) b = arena_new(TREE_ARENA_LEN);
    AUTO(arena) work = arena_new(TREE_ARENA_LEN);
    struct run run = {
        .cli = cli,
        .a = { .file = cli_operand(cli, 0), .arena = a },
        .b = { .file = cli_operand(cli, 1), .arena = b },
    };
    struct diff d = { 0 };

    if (a == NULL || b == NULL || work == NULL)
        return fault_set(f, ERR_NO_MEM, "diff");
    TRY(wanted_read(cli, "first", &run.a.wanted, f));
    TRY(wanted_read(cli, "second", &run.b.wanted, f));
    if (cli_values(cli, "ignore", &run.ignored, &run.num_ignored) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "diff");
    TRY(side_read(&run.a, f));
    TRY(side_read(&run.b, f));
    if (tree_diff(&run.a.tree, &run.b.tree, cli_has(cli, "full"), work, &d) !=
        ERR_OK)
        return fault_set(f, ERR_NO_MEM, "diff");
    TRY(show(&run, &d, f));
    if (run.num_shown > 0)
        cli->ends_with = CLI_EXIT_FAILED;
    return ERR_OK;
}

static const struct cli_option options[] = {
    { "all", NULL, NULL, "show what differs as it must, too", CLI_ONCE },
    { "full", NULL, NULL, "compare certificates and CRLs field by field",
      CLI_ONCE },
    { "ignore", "FIELD", NULL,
      "a field that may differ, by its name or path: publicKey, "
      "certTemplate.validity",
      CLI_REPEATED },
    { "first", "N", NULL, "the N-th message of the first file", CLI_ONCE },
    { "second", "N", NULL, "the N-th message of the second file", CLI_ONCE },
};

#define NUM(list) (sizeof(list) / sizeof((list)[0]))

static const struct cli_verb verbs[] = {
    {
        .words = "diff",
        .summary = "compare two messages field by field",
        .operands = "FILE FILE",
        .description =
            "Shows which fields one message has and the other has not, and "
            "which differ: what a new firmware sends otherwise than the last "
            "one. The files are what `inspect` reads; of several messages in "
            "one the first is taken.\n\n"
            "Elements of a list are compared by what they are: extensions and "
            "generalInfo by their object identifier. Nonces, times, salts, "
            "signatures and what is encrypted differ as they must; they are "
            "counted only, unless --all is given.\n\n"
            "The exit code is 0 where nothing else differs, and 1 where "
            "something does.",
        .options = options,
        .num_options = NUM(options),
        .has_json = true,
        .example = "stationmaster diff ir-1.2.der ir-1.3.der\n"
                   "stationmaster diff old.pcap new.pcap --first 5 --second 5 "
                   "--ignore publicKey",
        .run = run_diff,
    },
};

const struct cli_verbs cli_server_diff = { verbs, NUM(verbs) };
