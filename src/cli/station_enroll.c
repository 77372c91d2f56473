#include "base/secret.h"
#include "cli/station.h"
#include "cli/station_common.h"
#include "cli/station_given.h"
#include "cli/station_options.h"

static const struct {
    const char *option;
    size_t at;
} texts[] = {
#define TEXT(name, member)                             \
    {                                                  \
        name, offsetof(struct client_settings, member) \
    }
    TEXT("url", url),
    TEXT("cert", cert),
    TEXT("chain", chain),
    TEXT("key", key),
    TEXT("secret", secret),
    TEXT("reference", reference),
    TEXT("mac", mac),
    TEXT("root", root),
    TEXT("fingerprint", fingerprint),
    TEXT("subject", subject),
    TEXT("profile", cert_profile),
    TEXT("recipient", recipient),
    TEXT("server-subject", server_subject),
    TEXT("key-type", key_type),
    TEXT("new-key", new_key),
    TEXT("key-use", key_use),
    TEXT("proof", proof),
    TEXT("ca-encryption", ca_encryption),
    TEXT("passphrase-file", passphrase),
    TEXT("key-from", key_from),
    TEXT("tls-root", tls_root),
    TEXT("tls-client-cert", tls_client_cert),
    TEXT("crl", crl),
    TEXT("unknown-status", unknown_status),
#undef TEXT
};

/* A certificate or a secret: what is given now takes the other's place. */
static enum err choose_identity(const struct cli *cli,
                                struct client_settings *s, struct fault *f)
{
    bool by_cert = given_is(cli, "cert") || given_is(cli, "key");

    if (by_cert && given_is(cli, "secret"))
        return fault_set(f, ERR_USAGE,
                         "--cert and --key, or --secret: one protects the "
                         "messages");
    if (by_cert)
        s->secret = NULL;
    if (s->mac != NULL && !client_mac_is_known(s->mac))
        return fault_set(f, ERR_USAGE,
                         "--mac takes pbmac1, pbm or pbm-sha1, not \"%s\"",
                         s->mac);
    return ERR_OK;
}

/* Options that take one of two words; the first is preset. */
static enum err check_words(const struct client_settings *s, struct fault *f)
{
    const struct {
        const char *option, *preset, *other, *value;
    } options[] = {
        { "unknown-status", "refuse", "accept", s->unknown_status },
        { "key-use", "signing", "encryption", s->key_use },
        { "tls-client-cert", "none", "signer", s->tls_client_cert },
        { "key-from", "station", "server", s->key_from },
    };

    if (s->proof != NULL && strcmp(s->proof, "challenge") != 0 &&
        strcmp(s->proof, "certificate") != 0 && strcmp(s->proof, "mac") != 0)
        return fault_set(f, ERR_USAGE,
                         "--proof takes challenge, certificate or mac, not "
                         "\"%s\"",
                         s->proof);
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        const char *value = options[i].value;

        if (value != NULL && strcmp(value, options[i].preset) != 0 &&
            strcmp(value, options[i].other) != 0)
            return fault_set(f, ERR_USAGE, "--%s takes %s or %s, not \"%s\"",
                             options[i].option, options[i].preset,
                             options[i].other, value);
    }
    return ERR_OK;
}

/* What is given now stands before what was kept. */
static enum err read_options(const struct cli *cli, struct client_settings *s,
                             struct fault *f)
{
    const char *mode;

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const char **at = (const char **)(void *)((char *)s + texts[i].at);

        if (given_is(cli, texts[i].option))
            *at = cli_value(cli, texts[i].option);
    }
    TRY(choose_identity(cli, s, f));
    TRY(check_words(s, f));
    if (!given_is(cli, "trust"))
        return ERR_OK;
    mode = cli_value(cli, "trust");
    s->trust = trust_mode_find(mode);
    if (s->trust == TRUST_NUM)
        return fault_set(f, ERR_USAGE,
                         "--trust takes pinned, tls, secret or learn, not "
                         "\"%s\"",
                         mode);
    if (s->trust != TRUST_PINNED && cli_has(cli, "root"))
        return fault_set(f, ERR_USAGE,
                         "--trust %s takes the root from the server; leave "
                         "out --root, or --trust",
                         mode);
    return ERR_OK;
}

static enum err read_request(const struct cli *cli, struct client_run *run,
                             struct fault *f)
{
    static const enum cmp_body_type kinds[] = { CMP_IR, CMP_CR, CMP_P10CR };
    const char *name;

    if (!given_is_option(cli, "request"))
        return ERR_OK;
    name = cli_value(cli, "request");
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(cmp_body_name(kinds[i]), name) == 0) {
            run->request = kinds[i];
            return ERR_OK;
        }
    }
    return fault_set(f, ERR_USAGE,
                     "--request takes ir, cr or p10cr, not "
                     "\"%s\"",
                     name);
}

/* What makes a certificate unusable for good, and is not a CA's. */
static enum err read_reason(const struct cli *cli, struct client_run *run,
                            struct fault *f)
{
    static const enum crl_reason reasons[] = {
        CRL_UNSPECIFIED, CRL_KEY_COMPROMISE,         CRL_AFFILIATION_CHANGED,
        CRL_SUPERSEDED,  CRL_CESSATION_OF_OPERATION, CRL_PRIVILEGE_WITHDRAWN,
    };
    const char *name;

    if (!given_is_option(cli, "reason"))
        return ERR_OK;
    name = cli_value(cli, "reason");
    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++) {
        if (strcmp(crl_reason_name((int64_t)reasons[i]), name) == 0) {
            run->reason = reasons[i];
            return ERR_OK;
        }
    }
    return fault_set(f, ERR_USAGE, "--reason takes none such as \"%s\"", name);
}

static enum err read_run(const struct cli *cli, struct client_run *run,
                         struct fault *f)
{
    *run = client_run_default;
    TRY(cli_number(cli, "timeout", 1, (int64_t)7 * 86400, &run->timeout, f));
    TRY(cli_number(cli, "wait", 0, (int64_t)30 * 86400, &run->wait, f));
    run->once = cli_has(cli, "once");
    TRY(read_request(cli, run, f));
    TRY(read_reason(cli, run, f));
    run->again = given_is(cli, "again");
    return given_also(cli, run, f);
}

/* --- what is told meanwhile --- */

struct telling {
    const struct cli *cli;
    bool is_verbose;
    json_t *messages; /* with --json */
};

static void tell_json(json_t *messages, const struct client_event *e)
{
    json_t *json;

    if (e->type == EVENT_SENT)
        json = json_pack("{s:s, s:I}", "sent", e->body, "octets",
                         (json_int_t)e->len);
    else if (e->type == EVENT_RECEIVED)
        json = json_pack("{s:s, s:I, s:I}", "received",
                         e->body == NULL ? "?" : e->body, "octets",
                         (json_int_t)e->len, "micros", (json_int_t)e->micros);
    else if (e->type == EVENT_POSTPONED)
        json =
            json_pack("{s:I}", "postponed_by", (json_int_t)(e->wait_ms / 1000));
    else if (e->type == EVENT_IGNORED || e->type == EVENT_NONE)
        json = json_pack("{s:s}",
                         e->type == EVENT_IGNORED ? "ignored" : "no_answer",
                         e->text);
    else
        return;
    if (json != NULL)
        (void)json_array_append_new(messages, json);
}

static void tell_text(const struct cli *cli, const struct client_event *e,
                      bool is_verbose)
{
    switch (e->type) {
    case EVENT_SENT:
        if (is_verbose)
            cli_print(cli, CLI_PLAIN, "-> %-9s %5zu bytes\n", e->body, e->len);
        return;
    case EVENT_RECEIVED:
        if (is_verbose)
            cli_print(cli, CLI_PLAIN, "<- %-9s %5zu bytes  %8.1f ms\n",
                      e->body == NULL ? "?" : e->body, e->len,
                      (double)e->micros / 1000);
        return;
    case EVENT_WAITING:
        if (is_verbose)
            cli_print(cli, CLI_PLAIN, "   again in %.1f s\n",
                      (double)e->wait_ms / 1000);
        return;
    case EVENT_POSTPONED:
        cli_print(cli, CLI_PLAIN,
                  "   the server has not decided; to be asked again in %.0f "
                  "s\n",
                  (double)e->wait_ms / 1000);
        return;
    case EVENT_RESUMED:
        if (is_verbose)
            cli_print(cli, CLI_PLAIN, "   going on with what was %s\n",
                      e->text);
        return;
    case EVENT_INSTALLED:
    case EVENT_REVOKED:
        return;
    case EVENT_NONE:
        cli_print(cli, CLI_YELLOW, "   no answer: %s\n", e->text);
        return;
    case EVENT_IGNORED:
        cli_print(cli, CLI_YELLOW, "   not believed: %s\n", e->text);
        return;
    case EVENT_REJECTED:
        cli_print(cli, CLI_YELLOW, "   rejected: %s\n", e->text);
        return;
    case EVENT_NOTED:
        cli_print(cli, CLI_PLAIN, "   %s\n", e->text);
        return;
    case EVENT_GAVE_UP:
        cli_print(cli, CLI_YELLOW, "   starting over: %s\n", e->text);
        return;
    }
}

static void tell(void *arg, const struct client_event *e)
{
    const struct telling *t = arg;

    if (t->messages != NULL)
        tell_json(t->messages, e);
    else
        tell_text(t->cli, e, t->is_verbose);
}

/* --- running --- */

static enum err drive(const struct cli *cli,
                      const struct client_settings *settings, struct telling *t,
                      const struct station_work *work, struct fault *f)
{
    AUTO(crypto) crypto = NULL;
    AUTO(secret) secret = NULL;
    AUTO(http_transport) http = NULL;
    AUTO(station) station = NULL;
    struct client_env env = { .report = tell, .arg = t };
    struct client_run run;

    TRY(read_run(cli, &run, f));
    TRY(given_secret(cli, &secret, f));
    env.secret = secret;
    TRY(crypto_new(&crypto, f));
    TRY(http_transport_new(settings->tls_root, &http, f));
    env.transport = http_transport_use(http);
    TRY(station_open(crypto, station_dir(cli), settings, &env, &station, f));
    return work->run(station, &run, work->arg, f);
}

static enum err drive_telling(const struct cli *cli,
                              const struct client_settings *settings,
                              const struct station_work *work,
                              json_t **messages, struct fault *f)
{
    struct telling t = { .cli = cli, .is_verbose = cli_has(cli, "verbose") };
    enum err e;

    if (cli->json) {
        t.messages = json_array();
        if (t.messages == NULL)
            return fault_set(f, ERR_NO_MEM, "JSON");
    }
    e = drive(cli, settings, &t, work, f);
    if (e != ERR_OK) {
        json_decref(t.messages);
        return e;
    }
    *messages = t.messages;
    return ERR_OK;
}

enum err station_drive(const struct cli *cli, const struct station_work *work,
                       json_t **messages, struct fault *f)
{
    struct client_settings settings;

    TRY(station_settings(cli, &settings, f));
    TRY(read_options(cli, &settings, f));
    return drive_telling(cli, &settings, work, messages, f);
}

typedef enum err verb_run(struct station *s, const struct client_run *run,
                          struct fault *f);

struct verb {
    verb_run *run;
};

static enum err call_verb(struct station *s, const struct client_run *run,
                          void *arg, struct fault *f)
{
    const struct verb *verb = arg;

    return verb->run(s, run, f);
}

static enum err run_verb(const struct cli *cli,
                         const struct client_settings *settings, verb_run *run,
                         struct fault *f)
{
    struct verb verb = { run };
    const struct station_work work = { call_verb, &verb };
    json_t *messages = NULL;

    TRY(drive_telling(cli, settings, &work, &messages, f));
    return station_print(cli, settings, messages, f);
}

static enum err run_enroll(struct cli *cli, struct fault *f)
{
    struct client_settings settings;

    TRY(station_settings(cli, &settings, f));
    TRY(read_options(cli, &settings, f));
    TRY(client_settings_save(station_dir(cli), &settings, f));
    TRY(given_also_save(cli, &settings, f));
    return run_verb(cli, &settings, station_enroll, f);
}

static enum err run_renew(struct cli *cli, struct fault *f)
{
    struct client_settings settings;

    TRY(station_settings(cli, &settings, f));
    TRY(read_options(cli, &settings, f));
    return run_verb(cli, &settings, station_renew, f);
}

static enum err run_revoke(struct cli *cli, struct fault *f)
{
    struct client_settings settings;

    TRY(station_settings(cli, &settings, f));
    TRY(read_options(cli, &settings, f));
    return run_verb(cli, &settings, station_revoke, f);
}

/* clang-format off */
#define KEY_OPTIONS                                                           \
    { "key-type", "TYPE", NULL,                                               \
      "of the new key: P-256 (which is preset), P-384, P-521, RSA:2048, "     \
      "RSA:3072, RSA:4096, Ed25519, Ed448", CLI_ONCE },                       \
    { "new-key", "FILE", NULL, "certify this key instead of making one",      \
      CLI_ONCE },                                                             \
    { "key-from", "WHO", NULL,                                                \
      "who makes the new key: station (which is preset), or server, which "   \
      "encrypts it to the certificate, or under the secret, that asks (RFC "  \
      "9483, 4.1.6) and may then know it", CLI_ONCE }
static const struct cli_option enroll_options[] = {
    COMMON_OPTIONS,
    KEY_OPTIONS,
    { "key-use", "USE", NULL,
      "what the new key is for: signing (which is preset), or encryption "
      "alone, by an RSA key (RSA:2048 is preset then) or one on a curve; such "
      "a certificate renews and revokes nothing, so give it a --state of its "
      "own", CLI_ONCE },
    { "proof", "HOW", NULL,
      "how a key for encryption is shown to be the station's: challenge "
      "(which is preset) decrypts a number before there is a certificate "
      "(popdecc), certificate decrypts the certificate itself, mac makes a "
      "MAC with what a key on a curve and that of --ca-encryption agree on",
      CLI_ONCE },
    { "ca-encryption", "FILE", NULL,
      "the CA's certificate for --proof mac, as station ask caProtEncCert "
      "writes it", CLI_ONCE },
    { "request", "BODY", "ir",
      "ir; cr, for a further certificate, whose --cert and --key are the "
      "operator's; p10cr, which carries PKCS#10", CLI_ONCE },
    VENDOR_OPTIONS,
    SECRET_OPTIONS,
    { "trust", "MODE", NULL,
      "pinned (which is preset) believes --root alone; tls takes the root "
      "from the first answer of a server that --tls-root vouches for; secret "
      "takes it from caPubs of an answer under --secret; learn takes it from "
      "whoever answers first", CLI_ONCE },
    { "fingerprint", "SHA256", NULL,
      "of the operator root: makes --trust learn safe", CLI_ONCE },
    { "subject", "NAME", NULL,
      "a name to suggest, as \"CN=gnb-1,O=Operator\"; else the operator "
      "chooses", CLI_ONCE },
    { "profile", "NAME", NULL,
      "the certificate profile to ask for, as the server names it", CLI_ONCE },
    { "again", NULL, NULL, "enrol though there is a certificate", CLI_ONCE },
    { "also", "DIR[=NAME]", NULL,
      "ask for one more certificate in the same message, with a key of its own "
      "and perhaps a name to suggest; DIR is a state directory, where later "
      "verbs find it; up to 7 times, for ir and cr", CLI_REPEATED },
};
static const struct cli_option renew_options[] = { COMMON_OPTIONS, KEY_OPTIONS };
static const struct cli_option revoke_options[] = {
    COMMON_OPTIONS,
    { "reason", "REASON", "unspecified",
      "as RFC 5280, 5.3.1 names it: keyCompromise, affiliationChanged, "
      "superseded, cessationOfOperation, privilegeWithdrawn, unspecified",
      CLI_ONCE },
    { "passphrase-file", "FILE", NULL,
      "ask under the passphrase that station ask revPassphrase brought, where "
      "the certificate's key is gone (RFC 9810, appendix B)", CLI_ONCE },
    { "mac", "NAME", NULL,
      "how that protects the message: pbmac1 (which is preset) or pbm",
      CLI_ONCE },
};
/* clang-format on */

static const struct cli_verb verbs[] = {
    {
        .words = "enroll",
        .summary = "get the operator's certificate",
        .description =
            "Makes a key, asks for a certificate of it with the vendor's "
            "certificate or a shared secret (CMP ir), checks the answer, "
            "confirms it, and puts "
            "key and certificate into DIR/current once the server has "
            "acknowledged.\n\n"
            "An answer that cannot be believed is counted, shown, and treated "
            "as no answer. Where the server has not decided, it is asked again "
            "when it said to (CMP pollReq), for as long as --wait allows. "
            "Without an answer the same request goes again; what "
            "was under way when a station stopped goes on at the next call. "
            "What is given here is kept for later calls.\n\n"
            "Further roots that the answer brings are kept beside the "
            "operator's: from caPubs with --trust pinned, secret and tls, from "
            "extraCerts in a TLS session that --tls-root vouches for, with "
            "--trust learn none but by a later renew. station roots lists "
            "them.",
        .options = enroll_options,
        .num_options = sizeof(enroll_options) / sizeof(enroll_options[0]),
        .has_json = true,
        .example = "station enroll --url http://ra.example.net/.well-known/cmp "
                   "--cert vendor.pem --key vendor.key --root operator.pem",
        .run = run_enroll,
    },
    {
        .words = "renew",
        .summary = "renew the operator's certificate",
        .description =
            "Makes a new key and asks for a certificate of it with the "
            "current one (CMP kur). The old pair stays the usable one until "
            "the server has acknowledged the new.",
        .options = renew_options,
        .num_options = sizeof(renew_options) / sizeof(renew_options[0]),
        .has_json = true,
        .example = "station renew --state /var/lib/station",
        .run = run_renew,
    },
    {
        .words = "revoke",
        .summary = "have the operator's certificate revoked",
        .description =
            "Asks, with the certificate's own key, that it be revoked (CMP "
            "rr), and says so in status once a verified answer has. Nothing "
            "is signed with the pair after that; enroll gets another.",
        .options = revoke_options,
        .num_options = sizeof(revoke_options) / sizeof(revoke_options[0]),
        .has_json = true,
        .example = "station revoke --reason cessationOfOperation",
        .run = run_revoke,
    },
};
const struct cli_verbs cli_station_enroll = { verbs, sizeof(verbs) /
                                                         sizeof(verbs[0]) };
