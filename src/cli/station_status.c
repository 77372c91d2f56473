#include <sys/stat.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "cli/station.h"
#include "cli/station_common.h"

#define DAY 86400

enum err station_settings(const struct cli *cli, struct client_settings *out,
                          struct fault *f)
{
    struct fault reason = { 0 };
    enum err e =
        client_settings_load(station_dir(cli), cli->arena, out, &reason);

    if (e == ERR_NOT_FOUND) {
        *out = (struct client_settings){ 0 };
        return ERR_OK;
    }
    *f = reason;
    return e;
}

static const char *const origins[] = {
    [ROOT_CONFIGURED] = "configured",
    [ROOT_VERIFIED] = "learnt, verified by fingerprint",
    [ROOT_UNVERIFIED] = "learnt, unverified",
    [ROOT_BY_SECRET] = "from a server that knows the shared secret",
    [ROOT_BY_TLS] = "from a server that a TLS root vouches for",
};
static const char *const origin_words[] = {
    [ROOT_CONFIGURED] = "configured",
    [ROOT_VERIFIED] = "verified",
    [ROOT_UNVERIFIED] = "unverified",
    [ROOT_BY_SECRET] = "secret",
    [ROOT_BY_TLS] = "tls",
};

/* Whole days, rounded down: -1 from the second it is over. */
static int64_t days_left(const struct x509_cert *cert)
{
    int64_t left = cert->not_after - clock_seconds();

    return left >= 0 ? left / DAY : -1 - (-left - 1) / DAY;
}

static const char *name_text(const struct cli *cli, struct span name)
{
    const char *text = name_format(name, cli->arena);

    return text == NULL ? "" : text;
}

static const char *hex_text(const struct cli *cli, struct span bytes)
{
    char text[2 * LIMIT_SERIAL_LEN + 1];
    const char *copy;

    hex_format(bytes, text, sizeof(text));
    copy = arena_printf(cli->arena, "%s", text);
    return copy == NULL ? "" : copy;
}

/* --- JSON --- */

static json_t *cert_json(const struct cli *cli, const struct client_status *st)
{
    char from[TIME_TEXT_LEN], to[TIME_TEXT_LEN];

    if (!st->has_pair)
        return json_null();
    time_format(st->cert.not_before, from);
    time_format(st->cert.not_after, to);
    return json_pack(
        "{s:b, s:s, s:s, s:s, s:s, s:s, s:I, s:s}", "revoked",
        (int)(st->revoked_at != 0), "subject", name_text(cli, st->cert.subject),
        "issuer", name_text(cli, st->cert.issuer), "serial",
        hex_text(cli, st->cert.serial), "not_before", from, "not_after", to,
        "days_left", (json_int_t)days_left(&st->cert), "folder", st->pair_path);
}

static json_t *root_json(const struct cli *cli, const struct client_status *st)
{
    if (!st->has_pair)
        return json_null();
    return json_pack("{s:s, s:s, s:s}", "subject",
                     name_text(cli, st->root_subject), "sha256",
                     hex_text(cli, SPAN_OF(st->root_id)), "origin",
                     origin_words[st->origin]);
}

static json_t *added_json(const struct cli *cli, const struct client_status *st)
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < st->num_added; i++) {
        const struct client_root *root = &st->added[i];

        (void)json_array_append_new(
            list,
            json_pack("{s:s, s:s, s:s, s:b}", "subject",
                      name_text(cli, root->subject), "sha256",
                      hex_text(cli, SPAN_OF(root->id)), "from",
                      root_place_name(root->place), "tls", (int)root->is_tls));
    }
    return list;
}

static json_t *updates_json(const struct cli *cli,
                            const struct client_status *st)
{
    json_t *list = json_array();

    for (size_t i = 0; list != NULL && i < st->num_updates; i++)
        (void)json_array_append_new(
            list, json_pack("{s:s, s:s}", "subject",
                            name_text(cli, st->updates[i].subject), "sha256",
                            hex_text(cli, SPAN_OF(st->updates[i].id))));
    return list;
}

static json_t *bundle_json(const struct client_status *st)
{
    return st->has_pair ? json_string(st->bundle_path) : json_null();
}

/* What the server has not decided yet. */
static json_t *waiting_json(const struct client *c)
{
    char since[TIME_TEXT_LEN], next[TIME_TEXT_LEN];

    if (c->poll == CLIENT_POLL_NONE)
        return json_null();
    time_format(c->poll_since, since);
    time_format(c->poll_at, next);
    return json_pack("{s:s, s:s, s:s}", "since", since, "next_poll", next,
                     "poll", client_poll_name(c->poll));
}

static json_t *pending_json(const struct client_status *st)
{
    char until[TIME_TEXT_LEN];

    if (!st->has_pending)
        return json_null();
    time_format(st->pending.deadline, until);
    return json_pack(
        "{s:s, s:s, s:s, s:s, s:I, s:o}", "request",
        cmp_body_name(st->pending.request), "state",
        client_state_name(st->pending.state), "deadline", until, "protection",
        st->pending.is_mac ? "mac" : "signature", "certificates",
        st->pending.request == CMP_RR ? (json_int_t)0
                                      : 1 + (json_int_t)st->pending.num_also,
        "waiting", waiting_json(&st->pending));
}

static json_t *ignored_json(const struct client_status *st)
{
    char at[TIME_TEXT_LEN];

    if (st->num_ignored == 0)
        return json_pack("{s:i}", "count", 0);
    time_format(st->ignored_at, at);
    return json_pack("{s:I, s:s, s:s}", "count", (json_int_t)st->num_ignored,
                     "last_at", at, "last", st->ignored_text);
}

static enum err print_json(const struct cli *cli,
                           const struct client_status *st, json_t *messages,
                           struct fault *f)
{
    json_t *json =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "certificate",
                  cert_json(cli, st), "root", root_json(cli, st), "added_roots",
                  added_json(cli, st), "bundle", bundle_json(st),
                  "root_updates", updates_json(cli, st), "pending",
                  pending_json(st), "ignored", ignored_json(st));

    if (json == NULL) {
        json_decref(messages);
        return fault_set(f, ERR_NO_MEM, "JSON");
    }
    if (messages != NULL &&
        json_object_set_new(json, "messages", messages) != 0) {
        json_decref(json);
        return fault_set(f, ERR_NO_MEM, "JSON");
    }
    return cli_print_json(cli, json, f);
}

/* --- text --- */

static void print_root(const struct cli *cli, const struct client_status *st)
{
    cli_print(cli, CLI_PLAIN, "root         %s\n             SHA-256 %s\n",
              name_text(cli, st->root_subject),
              hex_text(cli, SPAN_OF(st->root_id)));
    cli_print(cli, st->origin == ROOT_UNVERIFIED ? CLI_YELLOW : CLI_PLAIN,
              "             %s\n", origins[st->origin]);
    if (st->origin == ROOT_UNVERIFIED)
        cli_print(cli, CLI_PLAIN,
                  "             compare SHA-256 with the operator's, then: "
                  "station trust --state %s --fingerprint SHA256\n",
                  station_dir(cli));
}

static void print_cert(const struct cli *cli, const struct client_status *st)
{
    char from[TIME_TEXT_LEN], to[TIME_TEXT_LEN];
    int64_t left = days_left(&st->cert);

    time_format(st->cert.not_before, from);
    time_format(st->cert.not_after, to);
    cli_print(cli, CLI_PLAIN, "certificate  %s\n",
              name_text(cli, st->cert.subject));
    cli_print(cli, CLI_PLAIN, "issuer       %s\nserial       %s\n",
              name_text(cli, st->cert.issuer), hex_text(cli, st->cert.serial));
    cli_print(cli, left < 0 ? CLI_RED : CLI_PLAIN,
              "valid        %s to %s, %lld days left\n", from, to,
              (long long)left);
    if (st->revoked_at != 0) {
        time_format(st->revoked_at, from);
        cli_print(cli, CLI_RED, "revoked      %s, as this station asked\n",
                  from);
    }
    cli_print(cli, CLI_PLAIN, "files        %s\n", st->pair_path);
    print_root(cli, st);
}
static void print_added(const struct cli *cli, const struct client_status *st)
{
    for (size_t i = 0; i < st->num_added; i++) {
        const struct client_root *root = &st->added[i];

        cli_print(cli, CLI_PLAIN,
                  "added root   %s\n             SHA-256 %s\n"
                  "             from %s%s\n",
                  name_text(cli, root->subject),
                  hex_text(cli, SPAN_OF(root->id)),
                  root_place_name(root->place),
                  root->is_tls ? ", in a TLS session" : "");
    }
}

static void print_updates(const struct cli *cli, const struct client_status *st)
{
    for (size_t i = 0; i < st->num_updates; i++)
        cli_print(cli, CLI_PLAIN,
                  "root update  %s\n             SHA-256 %s\n"
                  "             in %s\n",
                  name_text(cli, st->updates[i].subject),
                  hex_text(cli, SPAN_OF(st->updates[i].id)), st->updates_path);
}

static void print_waiting(const struct cli *cli, const struct client *c)
{
    char since[TIME_TEXT_LEN], next[TIME_TEXT_LEN];

    time_format(c->poll_since, since);
    time_format(c->poll_at, next);
    cli_print(cli, CLI_PLAIN,
              "pending      %s, waiting since %s for the server to decide\n"
              "             next poll at %s\n",
              cmp_body_name(c->request), since, next);
}

static void print_text(const struct cli *cli, const struct client_status *st)
{
    char at[TIME_TEXT_LEN];

    if (st->has_pair) {
        print_cert(cli, st);
        print_added(cli, st);
    } else {
        cli_print(cli, CLI_PLAIN, "certificate  none yet\n");
    }
    print_updates(cli, st);
    if (st->has_pending && st->pending.poll != CLIENT_POLL_NONE) {
        print_waiting(cli, &st->pending);
    } else if (st->has_pending) {
        time_format(st->pending.deadline, at);
        cli_print(cli, CLI_PLAIN, "pending      %s, %s, until %s\n",
                  cmp_body_name(st->pending.request),
                  client_state_name(st->pending.state), at);
    } else {
        cli_print(cli, CLI_PLAIN, "pending      nothing\n");
    }
    if (st->has_pending && st->pending.is_mac)
        cli_print(cli, CLI_PLAIN, "             under a shared secret\n");
    if (st->has_pending && st->pending.num_also > 0)
        cli_print(cli, CLI_PLAIN, "             for %zu certificates\n",
                  1 + st->pending.num_also);
    cli_print(cli, CLI_PLAIN, "ignored      %llu answers\n",
              (unsigned long long)st->num_ignored);
    if (st->num_ignored == 0)
        return;
    time_format(st->ignored_at, at);
    cli_print(cli, CLI_PLAIN, "             last at %s: %s\n", at,
              st->ignored_text);
}

enum err station_print(const struct cli *cli,
                       const struct client_settings *settings, json_t *messages,
                       struct fault *f)
{
    struct client_status st;
    enum err e = station_status(station_dir(cli), settings, cli->arena, &st, f);

    if (e != ERR_OK) {
        json_decref(messages);
        return e;
    }
    if (cli->json)
        return print_json(cli, &st, messages, f);
    print_text(cli, &st);
    return ERR_OK;
}

/* --- verbs --- */

static enum err check_state(const struct cli *cli, struct fault *f)
{
    struct stat st;

    if (stat(station_dir(cli), &st) == 0 && S_ISDIR(st.st_mode))
        return ERR_OK;
    return fault_set(f, ERR_NOT_FOUND, "no station keeps anything in %s",
                     station_dir(cli));
}

static enum err run_status(struct cli *cli, struct fault *f)
{
    struct client_settings settings;

    TRY(check_state(cli, f));
    TRY(station_settings(cli, &settings, f));
    return station_print(cli, &settings, NULL, f);
}

/* A fingerprint that does not fit is told and not kept. */
static enum err run_trust(struct cli *cli, struct fault *f)
{
    struct client_settings settings;
    struct client_status st;

    TRY(check_state(cli, f));
    TRY(station_settings(cli, &settings, f));
    settings.fingerprint = cli_value(cli, "fingerprint");
    if (settings.fingerprint == NULL)
        return fault_set(f, ERR_USAGE, "--fingerprint is needed");
    TRY(station_status(station_dir(cli), &settings, cli->arena, &st, f));
    if (!st.has_pair)
        return fault_set(f, ERR_NOT_FOUND,
                         "no root was learnt yet; give "
                         "--fingerprint to enroll");
    if (st.origin == ROOT_UNVERIFIED || st.origin == ROOT_BY_TLS)
        return fault_set(f, ERR_REFUSED,
                         "the root learnt is not the operator's: it has "
                         "SHA-256 %s. Do not use the certificate; look for "
                         "who answered in the operator's place",
                         hex_text(cli, SPAN_OF(st.root_id)));
    TRY(client_settings_save(station_dir(cli), &settings, f));
    return station_print(cli, &settings, NULL, f);
}

static enum err run_roots(struct cli *cli, struct fault *f)
{
    struct client_settings settings;
    struct client_status st;
    json_t *json;

    TRY(check_state(cli, f));
    TRY(station_settings(cli, &settings, f));
    TRY(station_status(station_dir(cli), &settings, cli->arena, &st, f));
    if (!st.has_pair)
        return fault_set(f, ERR_NOT_FOUND,
                         "no root is kept before there is a "
                         "certificate; enrol first");
    if (cli->json) {
        json = json_pack("{s:o, s:o, s:o, s:o}", "bundle", bundle_json(&st),
                         "root", root_json(cli, &st), "added_roots",
                         added_json(cli, &st), "root_updates",
                         updates_json(cli, &st));
        return json == NULL ? fault_set(f, ERR_NO_MEM, "JSON")
                            : cli_print_json(cli, json, f);
    }
    cli_print(cli, CLI_PLAIN, "%s\n", st.bundle_path);
    print_root(cli, &st);
    print_added(cli, &st);
    print_updates(cli, &st);
    return ERR_OK;
}

static const struct cli_option status_options[] = { STATION_STATE_OPTION };
static const struct cli_option trust_options[] = {
    STATION_STATE_OPTION,
    { "fingerprint", "SHA256", NULL,
      "of the operator root, as the operator "
      "gave it by another way",
      CLI_ONCE },
};

static const struct cli_verb verbs[] = {
    {
        .words = "status",
        .summary = "show certificate, root and what is under way",
        .description =
            "Shows the usable certificate, the operator root and those that "
            "were added to it, how they came, "
            "a transaction under way, and how many answers were not believed.",
        .options = status_options,
        .num_options = sizeof(status_options) / sizeof(status_options[0]),
        .has_json = true,
        .example = "station status --state /var/lib/station",
        .run = run_status,
    },
    {
        .words = "roots",
        .summary = "show the root certificates for applications",
        .description =
            "Prints the path of a PEM file that holds the operator root and "
            "those that came from the operator in caPubs or extraCerts, for "
            "applications to install; then each root with its fingerprint and "
            "how it came. The file changes with the usable pair, in the same "
            "step, and lists a root until an enrolment anew.",
        .options = status_options,
        .num_options = sizeof(status_options) / sizeof(status_options[0]),
        .has_json = true,
        .example = "station roots --state /var/lib/station",
        .run = run_roots,
    },
    {
        .words = "trust",
        .summary = "verify a learnt operator root",
        .description =
            "Compares the root that was learnt (enroll --trust learn) with a "
            "fingerprint that came by another way. When it fits, status no "
            "longer says \"unverified\".",
        .options = trust_options,
        .num_options = sizeof(trust_options) / sizeof(trust_options[0]),
        .has_json = true,
        .example = "station trust --fingerprint 9f86d081884c7d65...",
        .run = run_trust,
    },
};
const struct cli_verbs cli_station_status = { verbs, sizeof(verbs) /
                                                         sizeof(verbs[0]) };
