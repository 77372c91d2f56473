#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/cli.h"
#include "cli/progress.h"
#include "cli/table.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_ARGS 12

/* Prints what it was given, so that a table can tell. */
static enum err run_show(struct cli *cli, struct fault *f)
{
    const char *const *hosts;
    const char *value = cli_value(cli, "kind");
    int64_t port;
    size_t num;

    TRY(cli_number(cli, "port", 1, 65535, &port, f));
    TRY(cli_values(cli, "host", &hosts, &num));
    fprintf(cli->out, "%s kind=%s port=%d", cli->verb->words,
            value == NULL ? "-" : value, (int)port);
    for (size_t i = 0; i < num; i++)
        fprintf(cli->out, " host=%s", hosts[i]);
    if (cli_has(cli, "explain")) {
        value = cli_value(cli, "explain");
        fprintf(cli->out, " explain=%s", value == NULL ? "-" : value);
    }
    if (cli_has(cli, "force"))
        fputs(" force", cli->out);
    for (size_t i = 0; i < cli->num_operands; i++)
        fprintf(cli->out, " %s", cli_operand(cli, i));
    fprintf(cli->out, "%s\n", cli->json ? " json" : "");
    return ERR_OK;
}

static enum err run_fail(struct cli *cli, struct fault *f)
{
    static const enum err errs[] = { ERR_REFUSED, ERR_CONFIG, ERR_NOT_FOUND,
                                     ERR_STORE };
    int64_t n;

    TRY(cli_number(cli, "port", 0, NUM(errs), &n, f));
    if (n == NUM(errs))
        return ERR_NO_MEM;
    return fault_clause(f, errs[n], "RFC 0, 1", "because %d", (int)n);
}

static const struct cli_option options[] = {
    { "kind", "KIND", "plain", "what kind", CLI_ONCE },
    { "port", "N", "80", "a port", CLI_ONCE },
    { "host", "NAME", NULL, "a host", CLI_REPEATED },
    { "explain", "[KEY]", NULL, "explains", CLI_ONCE },
    { "force", NULL, NULL, "even so", CLI_ONCE },
};

#define CERT_HELP                           \
    "  cert list               list them\n" \
    "  cert show SERIAL...     show one\n"  \
    "\nMore of a verb, with an example: prog VERB --help\n"

static const struct cli_verb first_list[] = {
    { "make", "make it", "DIR [MORE]", "Makes it. Well.\n\nAnd again.", options,
      NUM(options), true, "prog make x", run_show },
    { "cert list", "list them", NULL, "Lists them.", options, NUM(options),
      false, "prog cert list", run_show },
};
static const struct cli_verb second_list[] = {
    { "cert show", "show one", "SERIAL...", "Shows.", options, NUM(options),
      false, "prog cert show 1", run_show },
    { "fail", "fail", NULL, "Fails.", options, NUM(options), true, "prog fail",
      run_fail },
};
static const struct cli_verbs first = { first_list, NUM(first_list) };
static const struct cli_verbs second = { second_list, NUM(second_list) };
static const struct cli_verbs *const verbs[] = { &first, &second };
static const struct cli_note files[] = { { "prog.yaml", "its settings" } };
static const struct cli_program program = {
    .name = "prog",
    .summary = "does things",
    .description = "Does things.",
    .verbs = verbs,
    .num_verbs = NUM(verbs),
    .files = files,
    .num_files = NUM(files),
    .see_also = "other(1)",
};

struct result {
    int code;
    char *out;
    char *err;
};

static struct result run_line(const char *line)
{
    char *copy = strdup(line);
    const char *argv[MAX_ARGS + 1] = { "prog" };
    struct result r = { 0 };
    size_t out_len, err_len;
    FILE *out = open_memstream(&r.out, &out_len);
    FILE *err = open_memstream(&r.err, &err_len);
    char *at = copy;
    char *word;
    int argc = 1;

    assert_non_null(copy);
    assert_non_null(out);
    assert_non_null(err);
    while ((word = strsep(&at, " ")) != NULL) {
        if (*word != '\0') {
            assert_true(argc < MAX_ARGS);
            argv[argc++] = word;
        }
    }
    r.code = cli_run(&program, argc, argv, out, err);
    fclose(out);
    fclose(err);
    free(copy);
    return r;
}

static void result_done(struct result *r)
{
    free(r->out);
    free(r->err);
}

static void test_command_lines(void **state)
{
    /* What is printed, or what standard error holds when the code is not 0. */
    static const struct {
        const char *line;
        int code;
        const char *text;
    } cases[] = {
        { "make d", 0, "make kind=plain port=80 d\n" },
        { "make d more", 0, "make kind=plain port=80 d more\n" },
        { "make --kind x d", 0, "make kind=x port=80 d\n" },
        { "make d --kind=x=y", 0, "make kind=x=y port=80 d\n" },
        { "make d --kind=", 0, "make kind= port=80 d\n" },
        { "make d --host a --host b", 0,
          "make kind=plain port=80 host=a host=b d\n" },
        { "make --force d --json", 0,
          "make kind=plain port=80 force d json\n" },
        { "make d --explain", 0, "make kind=plain port=80 explain=- d\n" },
        { "make d --explain a.b", 0,
          "make kind=plain port=80 explain=a.b d\n" },
        { "make d --explain --force", 0,
          "make kind=plain port=80 explain=- force d\n" },
        { "make -- --kind", 0, "make kind=plain port=80 --kind\n" },
        { "make -", 0, "make kind=plain port=80 -\n" },
        { "make d --port 65535", 0, "make kind=plain port=65535 d\n" },
        { "cert list", 0, "cert list kind=plain port=80\n" },
        { "cert show 1 2 3", 0, "cert show kind=plain port=80 1 2 3\n" },
        { "cert --help", 0, CERT_HELP },
        { "help cert", 0, CERT_HELP },
        { "--version", 0, "prog " STATIONMASTER_VERSION "\n" },

        { "", 2, "a verb is missing" },
        { "mkae d", 2, "no verb \"mkae d\"; did you mean \"make\"?" },
        { "cert lst", 2, "did you mean \"cert list\"?" },
        { "cert", 2, "after \"cert\" follows one of: list, show" },
        { "cert frobnicate", 2, "after \"cert\" follows one of: list, show" },
        { "frobnicate", 2, "no verb \"frobnicate\"" },
        { "--verison", 2, "did you mean --version?" },
        { "--frobnicate", 2, "no option --frobnicate" },
        { "make", 2, "DIR [MORE] is missing" },
        { "make a b c", 2, "\"c\" is one word too many" },
        { "cert list x", 2, "\"x\" is one word too many" },
        { "cert show", 2, "SERIAL... is missing" },
        { "make d --knid x", 2, "no option --knid; did you mean --kind?" },
        { "make d --zzzzzz", 2, "no option --zzzzzz\n" },
        { "make d -x", 2, "no option -x" },
        { "make d --kind", 2, "--kind needs a value: --kind KIND" },
        { "make d --kind --force", 2, "--kind needs a value" },
        { "make d --force=1", 2, "--force takes no value" },
        { "make d --kind a --kind b", 2, "--kind stands twice" },
        { "make d --port 0", 2, "--port is a number from 1 to 65535" },
        { "make d --port 65536", 2, "not \"65536\"" },
        { "make d --port 8o", 2, "not \"8o\"" },
        { "make d --port=", 2, "not \"\"" },
        { "make d --port +1", 2, "not \"+1\"" },
        { "make d --port 99999999999999999999", 2, "--port is a number" },
        { "cert list --json", 2, "no option --json" },

        { "fail --port 0", 1, "prog fail: because 0 (RFC 0, 1)\n" },
        { "fail --port 1", 3, "because 1" },
        { "fail --port 2", 4, "because 2" },
        { "fail --port 3", 5, "because 3" },
        { "fail --port 4", 1, "prog fail: out of memory\n" },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        struct result r = run_line(cases[i].line);

        if (r.code != cases[i].code)
            fail_msg("%s: exit %d\n%s", cases[i].line, r.code, r.err);
        if (r.code == 0) {
            assert_string_equal(r.out, cases[i].text);
            assert_string_equal(r.err, "");
        } else {
            if (strstr(r.err, cases[i].text) == NULL)
                fail_msg("%s: %s", cases[i].line, r.err);
            assert_string_equal(r.out, "");
        }
        result_done(&r);
    }
}

static void test_failure_as_json(void **state)
{
    struct result r = run_line("fail --json --port 1");
    json_t *json = json_loads(r.out, 0, NULL);
    const char *name, *text, *clause;
    int code;

    (void)state;
    assert_int_equal(r.code, 3);
    assert_int_equal(json_unpack(json, "{s:{s:s, s:i, s:s, s:s}}", "error",
                                 "name", &name, "exit", &code, "clause",
                                 &clause, "text", &text),
                     0);
    assert_string_equal(name, "CONFIG");
    assert_int_equal(code, 3);
    assert_string_equal(clause, "RFC 0, 1");
    assert_string_equal(text, "because 1");
    json_decref(json);
    result_done(&r);
}

static void test_help_says_all(void **state)
{
    static const struct {
        const char *line;
        const char *words[8];
    } cases[] = {
        { "--help",
          { "usage: prog VERB", "make DIR [MORE]", "cert show SERIAL...",
            "--version", "exit codes", "  5   not possible now" } },
        { "help", { "usage: prog VERB" } },
        { "-h", { "usage: prog VERB" } },
        { "make --help",
          { "usage: prog make DIR [MORE] [--kind KIND]",
            "Makes it. Well.\n\nAnd", "--host NAME", "may be repeated",
            "(default: plain)", "--json", "  prog make x\n", "exit codes" } },
        { "help make", { "usage: prog make DIR" } },
        { "make -h d", { "usage: prog make DIR" } },
        { "help cert list", { "usage: prog cert list" } },
        { "--man",
          { ".TH PROG 1 ", "prog \\- does things\n", ".SS make DIR [MORE]\n",
            ".PP\nAnd again.\n", "\\fB\\-\\-kind\\fR \\fIKIND\\fR",
            ".SH EXIT STATUS", ".I prog.yaml", "other(1)" } },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        struct result r = run_line(cases[i].line);

        assert_int_equal(r.code, 0);
        for (size_t j = 0; j < 8 && cases[i].words[j] != NULL; j++) {
            if (strstr(r.out, cases[i].words[j]) == NULL)
                fail_msg("%s lacks \"%s\":\n%s", cases[i].line,
                         cases[i].words[j], r.out);
        }
        result_done(&r);
    }
}

static void test_write_error_is_told(void **state)
{
    static const char *const argv[] = { "prog", "--version" };
    FILE *full = fopen("/dev/full", "w");
    FILE *null = fopen("/dev/null", "w");

    (void)state;
    assert_non_null(full);
    assert_non_null(null);
    assert_int_equal(cli_run(&program, 2, argv, full, null), CLI_EXIT_FAILED);
    fclose(full);
    fclose(null);
}

static void test_wrap(void **state)
{
    static const struct {
        const char *text;
        size_t indent, width;
        const char *out;
    } cases[] = {
        { "", 2, 20, "" },
        { "one two", 2, 20, "  one two\n" },
        { "one two three", 2, 9, "  one two\n  three\n" },
        { "one\ntwo", 0, 20, "one two\n" },
        { "one\n\ntwo", 1, 20, " one\n\n two\n" },
        { "longerthanthewidth a", 0, 5, "longerthanthewidth\na\n" },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        struct buf out;

        buf_init(&out, 1000);
        cli_wrap(cases[i].text, cases[i].indent, cases[i].width, &out);
        assert_string_equal(buf_str(&out), cases[i].out);
        buf_done(&out);
    }
}

static void test_table(void **state)
{
    static const char *const headings[] = { "serial", "name" };
    struct arena *a = arena_new(10000);
    char *text;
    size_t len;
    struct cli cli = { .out = open_memstream(&text, &len) };
    struct cli_table t;
    struct fault f;

    (void)state;
    cli_table_init(&t, a, headings, NUM(headings));
    cli_table_add(&t, "%d", 1);
    cli_table_add(&t, "one\033[2J");
    cli_table_add(&t, "\xc3\xa4\xc3\xb6\xc3\xbc-1234");
    cli_table_add(&t, "%s", "");
    assert_int_equal(cli_table_print(&cli, &t, &f), ERR_OK);
    fclose(cli.out);
    assert_string_equal(text, "serial    name\n"
                              "1         one?[2J\n"
                              "\xc3\xa4\xc3\xb6\xc3\xbc-1234  \n");
    free(text);
    arena_free(a);
}

static void test_table_without_memory(void **state)
{
    static const char *const headings[] = { "x" };
    struct arena *a = arena_new(16);
    struct cli cli = { .out = stdout };
    struct cli_table t;
    struct fault f;

    (void)state;
    cli_table_init(&t, a, headings, 1);
    cli_table_add(&t, "%s", "more than there is room for");
    assert_int_equal(cli_table_print(&cli, &t, &f), ERR_NO_MEM);
    arena_free(a);
}

static void test_progress_line(void **state)
{
    static const struct {
        uint64_t done, total;
        int64_t elapsed;
        size_t width;
        const char *line;
    } cases[] = {
        { 0, 10, 0, 32, "keys  [>         ]    0 %  0.0/s" },
        { 5, 10, 5000000, 43, "keys  [=====>    ]   50 %  1.0/s  0:05 left" },
        { 10, 10, 10000000, 43, "keys  [==========]  100 %  1.0/s  0:00 left" },
        { 20, 10, 10000000, 43, "keys  [==========]  100 %  1.0/s  0:00 left" },
        { 5, 10, 5000000, 20, "keys   50 %  1.0/s  0:05 left" },
        { 100, 1000000, 1000000, 20, "keys    0 %  100/s  2:46:39 left" },
        { 100, 0, 2000000, 79, "keys  100  50/s" },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        struct buf out;

        buf_init(&out, 1000);
        cli_progress_format("keys", cases[i].done, cases[i].total,
                            cases[i].elapsed, cases[i].width, &out);
        assert_string_equal(buf_str(&out), cases[i].line);
        buf_done(&out);
    }
}

static void test_progress_is_silent_without_terminal(void **state)
{
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    struct cli_progress p;

    (void)state;
    cli_progress_init(&p, out, "keys", 10);
    p.begin -= 10000000;
    cli_progress_step(&p, 5);
    cli_progress_done(&p);
    fclose(out);
    assert_string_equal(text, "");
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_command_lines),
        cmocka_unit_test(test_failure_as_json),
        cmocka_unit_test(test_help_says_all),
        cmocka_unit_test(test_write_error_is_told),
        cmocka_unit_test(test_wrap),
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_table_without_memory),
        cmocka_unit_test(test_progress_line),
        cmocka_unit_test(test_progress_is_silent_without_terminal),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
