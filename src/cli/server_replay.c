#include "base/clock.h"
#include "base/text.h"
#include "cli/server_admin.h"
#include "cli/server_finding.h"
#include "inspect/input.h"
#include "service/replay.h"

/* One run over a file. */
struct run {
    struct cli *cli;
    struct replay *replay;
    const char *path, *profile; /* as given; NULL: not */
    bool has_time;
    int64_t at;
    json_t *messages; /* --json; NULL otherwise */
    size_t num_skipped;
    struct fault why; /* reading was ended from here */
    enum cli_exit worst;
};

/* --- how bad --- */

/* From the mildest on; what cannot be judged is no word against a message. */
static int rank(enum cli_exit code)
{
    static const enum cli_exit order[] = {
        CLI_EXIT_DONE,
        CLI_EXIT_WARNINGS,
        CLI_EXIT_UNAVAILABLE,
        CLI_EXIT_ERRORS,
    };
    int i = 0;

    while (order[i] != code)
        i++;
    return i;
}

static enum cli_exit exit_of(const struct replay_result *result)
{
    switch (result->end) {
    case REPLAY_REFUSED:
    case REPLAY_UNREADABLE:
        return CLI_EXIT_ERRORS;
    case REPLAY_UNJUDGED:
        return CLI_EXIT_UNAVAILABLE;
    case REPLAY_TAKEN:
    case REPLAY_ACCEPTED:
        break;
    }
    for (size_t i = 0; i < result->num_findings; i++)
        if (result->findings[i].verdict == VERDICT_BROKEN)
            return CLI_EXIT_WARNINGS;
    return CLI_EXIT_DONE;
}

static void count(struct run *run, const struct replay_result *result)
{
    enum cli_exit code = exit_of(result);

    if (rank(code) > rank(run->worst))
        run->worst = code;
}

/* --- as text --- */

static void print_line(const struct cli *cli, const char *name,
                       const char *value)
{
    if (value[0] != '\0')
        cli_print(cli, CLI_PLAIN, "  %-12s %s\n", name, value);
}

static void print_item(const struct cli *cli, const struct replay_item *item)
{
    cli_print(cli, CLI_BOLD, "  %s %lld\n", item->act, (long long)item->number);
    print_line(cli, "  serial", item->serial);
    print_line(cli, "  subject", item->subject);
    print_line(cli, "  names", item->san);
    print_line(cli, "  from", item->not_before);
    print_line(cli, "  until", item->not_after);
    print_line(cli, "  reason", item->reason);
}

static enum cli_style style_of(const struct replay_result *result)
{
    switch (exit_of(result)) {
    case CLI_EXIT_ERRORS:
        return CLI_RED;
    case CLI_EXIT_WARNINGS:
    case CLI_EXIT_UNAVAILABLE:
        return CLI_YELLOW;
    case CLI_EXIT_DONE:
    case CLI_EXIT_FAILED:
    case CLI_EXIT_USAGE:
    case CLI_EXIT_CONFIG:
    case CLI_EXIT_NOT_FOUND:
    case CLI_EXIT_WAITING:
    case CLI_EXIT_NUM:
        break;
    }
    return CLI_GREEN;
}

static void print_head(const struct cli *cli, const struct seen *seen,
                       const struct replay_result *result)
{
    cli_print(cli, CLI_BOLD, "message %zu", seen->number);
    if (result->part > 0)
        cli_print(cli, CLI_BOLD, ", part %zu", result->part);
    if (result->body[0] != '\0')
        cli_print(cli, CLI_BOLD, ", %s", result->body);
    cli_print(cli, CLI_PLAIN, ": ");
    cli_print(cli, style_of(result), "%s", result->says);
    if (result->fail_info[0] != '\0')
        cli_print(cli, CLI_PLAIN, " in %s, %s", result->answer,
                  result->fail_info);
    else if (result->answer[0] != '\0')
        cli_print(cli, CLI_PLAIN, " by %s", result->answer);
    cli_print(cli, CLI_PLAIN, "\n");
}

static void print_result(const struct cli *cli, const struct seen *seen,
                         const struct replay_result *result, const char *at)
{
    const struct {
        const char *name, *value;
    } lines[] = {
        { "seen", seen->http == NULL ? "" : seen->where },
        { "at", at },
        { "profile", result->profile },
        { "vendor", result->vendor },
        { "station", result->station },
        { "RA", result->ra },
        { "secret", result->secret },
        { "transaction", result->transaction },
    };

    print_head(cli, seen, result);
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++)
        print_line(cli, lines[i].name, lines[i].value);
    /* A rule's finding says it better. */
    if (result->num_findings == 0 || result->fault.rule[0] == '\0')
        print_line(cli, "because", result->fault.text);
    for (size_t i = 0; i < result->num_findings; i++)
        server_finding_print(cli, &result->findings[i]);
    for (size_t i = 0; i < result->num_items; i++)
        print_item(cli, &result->items[i]);
}

/* --- as JSON --- */

/* Members whose text is "" are left out. NULL: no memory. */
struct member {
    const char *key, *text;
};
static json_t *add_texts(json_t *object, const struct member *members,
                         size_t num)
{
    for (size_t i = 0; object != NULL && i < num; i++) {
        if (members[i].text[0] == '\0' ||
            json_object_set_new(object, members[i].key,
                                server_json_span(span_str(members[i].text))) ==
                0)
            continue;
        json_decref(object);
        return NULL;
    }
    return object;
}

static json_t *item_json(const struct replay_item *item)
{
    const struct member members[] = {
        { "serial", item->serial },
        { "subject", item->subject },
        { "san", item->san },
        { "not_before", item->not_before },
        { "not_after", item->not_after },
        { "reason", item->reason },
    };

    return add_texts(json_pack("{s:I, s:s}", "number", (json_int_t)item->number,
                               "act", item->act),
                     members, sizeof(members) / sizeof(members[0]));
}

static json_t *items_json(const struct replay_result *result)
{
    json_t *list = json_array();

    for (size_t i = 0; i < result->num_items; i++)
        if (json_array_append_new(list, item_json(&result->items[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *findings_json(const struct replay_result *result)
{
    json_t *list = json_array();

    for (size_t i = 0; i < result->num_findings; i++)
        if (json_array_append_new(
                list, server_finding_json(&result->findings[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    return list;
}

static json_t *result_json(const struct seen *seen,
                           const struct replay_result *result, const char *at)
{
    const struct member members[] = {
        { "outcome", result->outcome },
        { "body", result->body },
        { "answer", result->answer },
        { "fail_info", result->fail_info },
        { "transaction", result->transaction },
        { "profile", result->profile },
        { "vendor", result->vendor },
        { "station", result->station },
        { "ra", result->ra },
        { "secret", result->secret },
        { "rule", result->fault.rule },
        { "clause", result->fault.clause },
        { "text", result->fault.text },
    };
    json_t *json =
        json_pack("{s:I, s:I, s:o, s:s, s:s, s:o, s:o}", "number",
                  (json_int_t)seen->number, "part", (json_int_t)result->part,
                  "where", server_json_span(span_str(seen->where)), "at", at,
                  "end", replay_end_name(result->end), "findings",
                  findings_json(result), "items", items_json(result));

    return add_texts(json, members, sizeof(members) / sizeof(members[0]));
}

/* --- the file's messages --- */

static enum err tell(struct run *run, const struct seen *seen,
                     const struct replay_result *result, int64_t at,
                     struct fault *f)
{
    char stamp[TIME_TEXT_LEN];

    time_format(at, stamp);
    count(run, result);
    if (run->messages == NULL) {
        print_result(run->cli, seen, result, stamp);
        return ERR_OK;
    }
    if (json_array_append_new(run->messages,
                              result_json(seen, result, stamp)) == 0)
        return ERR_OK;
    return fault_set(f, ERR_NO_MEM, "JSON");
}

/* Said on the other stream, so that what is judged stays by itself. */
static void skip(struct run *run, const struct seen *seen, const char *why)
{
    run->num_skipped++;
    fprintf(run->cli->err, "%s: skipped: %s\n", seen->where, why);
}

/* The path of a capture's request; that it has none here is of this message. */
static enum err find_path(struct run *run, const struct seen *seen,
                          const struct service_path **out, struct fault *f)
{
    bool is_given = run->path != NULL || run->profile != NULL;
    const char *target = NULL;

    if (!is_given && seen->http != NULL && seen->http->request != NULL) {
        const struct span *t = &seen->http->request->target;

        target = arena_printf(run->cli->arena, "%.*s", (int)t->len,
                              (const char *)t->ptr);
        if (target == NULL)
            return fault_set(f, ERR_NO_MEM, "replay");
    }
    return replay_find_path(run->replay, is_given ? run->path : target,
                            run->profile, out, f);
}

static enum err judge(struct run *run, const struct seen *seen, struct fault *f)
{
    struct replay_message message = {
        .number = seen->number,
        .bytes = seen->der,
        .at = seen->at == 0 ? clock_seconds() : seen->at / 1000000,
        .is_anew = cli_has(run->cli, "anew"),
    };
    struct replay_results results = { NULL, 0 };
    enum err e;

    if (run->has_time)
        message.at = run->at;
    e = find_path(run, seen, &message.path, f);
    if (e == ERR_NOT_FOUND && seen->http != NULL) {
        skip(run, seen, f->text);
        return ERR_OK;
    }
    TRY(e);
    TRY(replay_judge(run->replay, &message, &results, f));
    for (size_t i = 0; i < results.num; i++)
        TRY(tell(run, seen, &results.list[i], message.at, f));
    return ERR_OK;
}

static enum err on_seen(void *arg, const struct seen *seen)
{
    struct run *run = arg;

    if (seen->problem != NULL) {
        skip(run, seen, seen->problem);
        return ERR_OK;
    }
    if (span_is_absent(seen->der))
        return ERR_OK;
    if (!cli_has(run->cli, "answers") &&
        (seen->way == SEEN_RESPONSE || replay_is_answer(seen->der))) {
        skip(run, seen, "an answer; --answers judges it as if it was sent");
        return ERR_OK;
    }
    return judge(run, seen, &run->why);
}

static enum err read_time(struct run *run, struct fault *f)
{
    const char *text = cli_value(run->cli, "at");

    run->has_time = text != NULL;
    if (text == NULL || time_parse(text, &run->at) == ERR_OK)
        return ERR_OK;
    return fault_set(f, ERR_USAGE,
                     "--at %s: not a time as 2026-11-22T10:00:00Z", text);
}

static enum err open_replay(struct run *run, struct fault *f)
{
    const char *const *notes;
    struct buf errors;
    size_t num;
    enum err e;

    buf_init(&errors, (size_t)64 * 1024);
    e = replay_open(cli_value(run->cli, "config"), &errors, &run->replay, f);
    if (errors.len > 0)
        fputs(buf_str(&errors), run->cli->err);
    buf_done(&errors);
    TRY(e);
    notes = replay_notes(run->replay, &num);
    for (size_t i = 0; i < num; i++)
        fprintf(run->cli->err, "%s\n", notes[i]);
    return ERR_OK;
}

/* What is given once holds for every message: wrong, it fails the run. */
static enum err check_path(struct run *run, struct fault *f)
{
    const struct service_path *found;

    run->path = cli_value(run->cli, "path");
    run->profile = cli_value(run->cli, "profile");
    if (run->path != NULL && run->profile != NULL)
        return fault_set(f, ERR_USAGE, "--path or --profile, not both");
    if (run->path == NULL && run->profile == NULL)
        return ERR_OK;
    return replay_find_path(run->replay, run->path, run->profile, &found, f);
}

static enum err replay_file(struct run *run, struct fault *f)
{
    enum err e;

    TRY(check_path(run, f));
    e = input_read(cli_operand(run->cli, 0), NULL, on_seen, run, f);
    if (run->why.err != ERR_OK)
        *f = run->why;
    return e;
}

static enum err print_end(struct run *run, struct fault *f)
{
    json_t *json;

    run->cli->ends_with = run->worst;
    if (!run->cli->json)
        return ERR_OK;
    json = json_pack("{s:O, s:I}", "messages", run->messages, "skipped",
                     (json_int_t)run->num_skipped);
    return cli_print_json(run->cli, json, f);
}

static enum err run_replay(struct cli *cli, struct fault *f)
{
    struct run run = { .cli = cli, .worst = CLI_EXIT_DONE };
    enum err e;

    TRY(read_time(&run, f));
    TRY(open_replay(&run, f));
    run.messages = cli->json ? json_array() : NULL;
    e = replay_file(&run, f);
    if (e == ERR_OK)
        e = print_end(&run, f);
    json_decref(run.messages);
    replay_free(run.replay);
    return e;
}

static const struct cli_option options[] = {
    ADMIN_CONFIG_OPTION,
    { "path", "PATH", NULL,
      "the HTTP path they come to; as captured, or the default profile's",
      CLI_ONCE },
    { "profile", "NAME", NULL, "the same, by its profile", CLI_ONCE },
    { "at", "TIME", NULL,
      "when they come, as 2026-11-22T10:00:00Z; as captured, or now",
      CLI_ONCE },
    { "anew", NULL, NULL, "judge what was accepted before as if it was not",
      CLI_ONCE },
    { "answers", NULL, NULL, "judge answers too, as if they were sent here",
      CLI_ONCE },
};

#define NUM(list) (sizeof(list) / sizeof((list)[0]))

static const struct cli_verb verbs[] = {
    {
        .words = "replay",
        .summary = "tell what a configuration would do with a message",
        .operands = "FILE",
        .description =
            "Takes each message of FILE (DER, PEM, hexadecimal, base64, or a "
            "pcap or pcapng file with HTTP inside; - is standard input) down "
            "the line that `serve` takes it, and stops before anything is "
            "made, signed or written: whether it would be granted, and with "
            "which names and dates, or refused, by which rule, and what is to "
            "be changed.\n\n"
            "Each message is judged by itself, against what the store of "
            "the configuration holds now. The store is read alone, also beside "
            "a running server; it needs no file of a private key but "
            "secrets.key_file for messages under a shared secret, and the key "
            "of general.encryption_key for agreeMAC. Without a store the "
            "message is judged as if nothing was known yet. So it can be used "
            "on another machine, with the configuration, its certificates, "
            "CRLs and lists, and a copy of the store. An intermediate that "
            "a server remembers from other messages is not known here.\n\n"
            "What was accepted before says so: a server sends the stored "
            "reply. With --anew a request is judged as if it had not been "
            "seen; a certConf of a transaction that has ended is refused all "
            "the same.",
        .options = options,
        .num_options = NUM(options),
        .has_json = true,
        .example = "stationmaster replay refused.der\n"
                   "stationmaster replay backhaul.pcap --profile bs\n"
                   "stationmaster replay ir.pem --at 2026-11-22T10:00:00Z "
                   "--json",
        .run = run_replay,
    },
};

const struct cli_verbs cli_server_replay = { verbs, NUM(verbs) };
