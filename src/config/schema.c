#include "config/schema.h"

static const struct choice store_kind_rows[] = {
    { "sqlite", CONFIG_STORE_SQLITE, NULL, "one file, durable" },
    { "mem", CONFIG_STORE_MEM, NULL,
      "memory, for tests: all is lost when the server stops" },
};
CHOICES(store_kinds, store_kind_rows);

static const struct choice log_format_rows[] = {
    { "logfmt", CONFIG_LOG_LOGFMT, NULL, "key=value pairs" },
    { "json", CONFIG_LOG_JSON, NULL, "one JSON object a line" },
};
CHOICES(log_formats, log_format_rows);

static const struct choice log_level_rows[] = {
    { "debug", CONFIG_LOG_DEBUG, NULL, "everything" },
    { "info", CONFIG_LOG_INFO, NULL, "each outcome" },
    { "warn", CONFIG_LOG_WARN, NULL, "what somebody should look at" },
    { "error", CONFIG_LOG_ERROR, NULL, "failures of the server itself" },
};
CHOICES(log_levels, log_level_rows);

static const struct setting store_rows[] = {
    { .key = "kind",
      .kind = KIND_CHOICE,
      MEMBER(config_store, kind),
      .choices = &store_kinds,
      .preset = "sqlite",
      .meaning = "What keeps stations, transactions and certificates.",
      .example = "sqlite" },
    { .key = "file",
      .kind = KIND_FILE,
      MEMBER(config_store, file),
      .preset = "store.db",
      .meaning = "The database's file; it is made when it is not there.",
      .example = "/var/lib/stationmaster/store.db" },
};
static const struct section store = { .what = "the store", ROWS(store_rows) };

static const struct setting recorder_rows[] = {
    { .key = "enabled",
      .kind = KIND_BOOL,
      MEMBER(config_recorder, enabled),
      .preset = "true",
      .meaning = "Whether messages are recorded at all. With store.kind mem "
                 "they are only where file is given.",
      .example = "false" },
    { .key = "file",
      .kind = KIND_FILE,
      MEMBER(config_recorder, file),
      .preset_note = "recorder.db beside store.file",
      .meaning = "The recorder's file, which is not the store's: it may be "
                 "removed at any time, and lies best on another disk. It is "
                 "made when it is not there. Servers on one store may share "
                 "it.",
      .example = "/var/lib/stationmaster/recorder.db" },
    { .key = "size",
      .kind = KIND_SIZE,
      MEMBER(config_recorder, size),
      .preset = "256m",
      .min = (int64_t)8 << 20,
      .max = (int64_t)1 << 40,
      .meaning = "Bytes on disk at most, the write-ahead log beside the file "
                 "included; then the oldest messages go. Those that were "
                 "refused unverified have a quarter of it at most.",
      .example = "1g" },
};
static const struct section recorder = { .what = "the recorder",
                                         ROWS(recorder_rows) };

static const struct setting log_rows[] = {
    { .key = "format",
      .kind = KIND_CHOICE,
      MEMBER(config_log, format),
      .choices = &log_formats,
      .preset = "logfmt",
      .meaning = "How a line of the log is written.",
      .example = "json" },
    { .key = "level",
      .kind = KIND_CHOICE,
      MEMBER(config_log, level),
      .choices = &log_levels,
      .preset = "info",
      .meaning = "The least severity that is logged.",
      .example = "warn" },
    { .key = "file",
      .kind = KIND_OUTPUT,
      MEMBER(config_log, file),
      .preset = "-",
      .meaning = "Where the log goes; \"-\" is standard error.",
      .example = "/var/log/stationmaster.log" },
};
static const struct section logging = { .what = "the log", ROWS(log_rows) };

static const struct choice client_cert_rows[] = {
    { "ignore", CONFIG_CLIENT_CERTS_IGNORE, NULL, "none is asked for" },
    { "request", CONFIG_CLIENT_CERTS_REQUEST, NULL,
      "a client may do without; one that is presented has to be good" },
    { "require", CONFIG_CLIENT_CERTS_REQUIRE, NULL,
      "without a good one the handshake ends" },
};
CHOICES(client_certs, client_cert_rows);

static const struct setting tls_rows[] = {
    { .key = "certificate",
      .kind = KIND_FILE,
      .traits = REQUIRED,
      MEMBER(config_tls, certificate),
      .meaning = "PEM file of the server's TLS certificate, its chain "
                 "behind it.",
      .example = "tls.pem" },
    { .key = "key",
      .kind = KIND_FILE,
      .traits = REQUIRED,
      MEMBER(config_tls, key),
      .meaning = "PEM file of its private key, which is no key of the CA.",
      .example = "tls.key" },
    { .key = "client_certificates",
      .kind = KIND_CHOICE,
      MEMBER(config_tls, client_certificates),
      .choices = &client_certs,
      .preset = "ignore",
      .meaning = "Whether a client is asked for a certificate. Good is one "
                 "that leads to an anchor of vendors or of ras, or to the "
                 "root of cas, is not revoked as far as their entries want "
                 "it known, may sign, and, where it has an extendedKeyUsage, "
                 "has clientAuth there. It only opens the door: each message "
                 "is still judged by its own protection.",
      .example = "request" },
};
static const struct section tls = { .what = "TLS", ROWS(tls_rows) };

static const struct setting listen_rows[] = {
    { .key = "address",
      .kind = KIND_ADDRESS,
      MEMBER(config_listen, address),
      .preset = "::",
      .meaning = "The address connections are taken on; \"::\" means all.",
      .example = "\"192.0.2.1\"" },
    { .key = "port",
      .kind = KIND_PORT,
      .traits = REQUIRED,
      MEMBER(config_listen, port),
      .max = 65535,
      .meaning = "The port; for 0 the system picks one, and the log tells it.",
      .example = "8080" },
    { .key = "tls",
      .kind = KIND_MAP,
      .traits = OPTIONAL,
      ITEMS(config_listen, tls, has_tls),
      .section = &tls,
      .meaning = "HTTPS instead of HTTP.",
      .example = "{ certificate: tls.pem, key: tls.key }" },
};
static const struct section listen = { .what = "a listener",
                                       .size = sizeof(struct config_listen),
                                       .mark =
                                           offsetof(struct config_listen, at),
                                       ROWS(listen_rows) };

static const struct setting server_rows[] = {
    { .key = "loops",
      .kind = KIND_COUNT,
      MEMBER(config_server, loops),
      .preset = "2",
      .min = 1,
      .max = 64,
      .meaning = "Threads that move bytes between the network and the queue.",
      .example = "2" },
    { .key = "workers",
      .kind = KIND_COUNT,
      MEMBER(config_server, workers),
      .preset = "4",
      .min = 1,
      .max = 256,
      .meaning = "Threads that answer requests; one a core is a good number.",
      .example = "8" },
    { .key = "queue",
      .kind = KIND_COUNT,
      MEMBER(config_server, queue),
      .preset = "1024",
      .min = 1,
      .max = 65536,
      .meaning = "Requests that wait for a worker at most; beyond it the "
                 "answer is HTTP 503.",
      .example = "4096" },
    { .key = "handshake_timeout",
      .kind = KIND_MILLIS,
      MEMBER(config_server, handshake_timeout_ms),
      .preset = "10s",
      .min = 100,
      .max = 600 * SECOND,
      .meaning = "Time for a TLS handshake as a whole.",
      .example = "5s" },
    { .key = "header_timeout",
      .kind = KIND_MILLIS,
      MEMBER(config_server, header_timeout_ms),
      .preset = "10s",
      .min = 100,
      .max = 600 * SECOND,
      .meaning = "Time for a request's line and headers as a whole; a sender "
                 "that drips is cut.",
      .example = "5s" },
    { .key = "body_timeout",
      .kind = KIND_MILLIS,
      MEMBER(config_server, body_timeout_ms),
      .preset = "20s",
      .min = 100,
      .max = 600 * SECOND,
      .meaning = "Time for a request's body as a whole.",
      .example = "30s" },
    { .key = "idle_timeout",
      .kind = KIND_MILLIS,
      MEMBER(config_server, idle_timeout_ms),
      .preset = "60s",
      .min = 100,
      .max = 3600 * SECOND,
      .meaning = "How long a connection may stay open between requests.",
      .example = "2m" },
    { .key = "request_deadline",
      .kind = KIND_MILLIS,
      MEMBER(config_server, request_deadline_ms),
      .preset = "15s",
      .min = 100,
      .max = 600 * SECOND,
      .meaning = "A request not answered by then is answered systemUnavail.",
      .example = "15s" },
    { .key = "drain",
      .kind = KIND_MILLIS,
      MEMBER(config_server, drain_ms),
      .preset = "10s",
      .max = 600 * SECOND,
      .meaning = "When the server stops: time for requests under way to be "
                 "answered.",
      .example = "30s" },
    { .key = "max_connections",
      .kind = KIND_COUNT,
      MEMBER(config_server, max_connections),
      .preset = "20000",
      .min = 1,
      .max = 1000000,
      .meaning = "Connections open at one time; more are not accepted.",
      .example = "50000" },
    { .key = "max_body",
      .kind = KIND_SIZE,
      MEMBER(config_server, max_body),
      .preset = "64k",
      .min = 1024,
      .max = (int64_t)LIMIT_HTTP_BODY_LEN,
      .meaning = "The longest request body; a longer one is answered "
                 "HTTP 413.",
      .example = "32k" },
    { .key = "refusals_per_source",
      .kind = KIND_COUNT,
      MEMBER(config_server, refusals_per_source),
      .preset = "10",
      .min = 1,
      .max = 1000000,
      .meaning = "Signed refusals a second for one source prefix (IPv4 /24, "
                 "IPv6 /48); beyond it the answer is HTTP 429.",
      .example = "10" },
    { .key = "refusals_burst",
      .kind = KIND_COUNT,
      MEMBER(config_server, refusals_burst),
      .preset = "50",
      .min = 1,
      .max = 1000000,
      .meaning = "Refusals a source prefix may have at once, when it had none "
                 "for a while.",
      .example = "50" },
    { .key = "refusals_total",
      .kind = KIND_COUNT,
      MEMBER(config_server, refusals_total),
      .preset = "500",
      .min = 1,
      .max = 1000000,
      .meaning = "Signed refusals a second in all; beyond it the answer is "
                 "HTTP 503.",
      .example = "500" },
    { .key = "replay_window",
      .kind = KIND_SECONDS,
      MEMBER(config_server, replay_window_s),
      .preset = "24h",
      .min = MINUTE,
      .max = 30 * DAY,
      .meaning = "How long after a transaction's end its stored replies are "
                 "still given again.",
      .example = "24h" },
};
static const struct section server = { .what = "the server",
                                       ROWS(server_rows) };

static const struct setting secrets_rows[] = {
    { .key = "key_file",
      .kind = KIND_FILE,
      MEMBER(config_secrets, key_file),
      .preset_note = "no shared secrets",
      .meaning = "The key that seals shared secrets in the store: 64 "
                 "hexadecimal digits, made by `stationmaster init` and "
                 "replaced by `stationmaster secret rekey`. It is kept out of "
                 "the store's backups, and is the same on every node.",
      .example = "/etc/stationmaster/secrets.key" },
};
static const struct section secrets = { .what = "the shared secrets",
                                        ROWS(secrets_rows) };

static const struct setting root_rows[] = {
    { .key = "node",
      .kind = KIND_NAME,
      MEMBER(config, node),
      .preset = "stationmaster",
      .meaning = "This server's name in the log and in the audit trail.",
      .example = "ra1" },
    { .key = "store",
      .kind = KIND_MAP,
      MEMBER(config, store),
      .section = &store,
      .meaning = "Where everything is remembered.",
      .example = "{ file: store.db }" },
    { .key = "recorder",
      .kind = KIND_MAP,
      MEMBER(config, recorder),
      .section = &recorder,
      .meaning = "Messages kept for `stationmaster explain`: why was a "
                 "station refused? It never delays an answer; what it cannot "
                 "keep up with is left out, and counted.",
      .example = "{ file: recorder.db, size: 1g }" },
    { .key = "log",
      .kind = KIND_MAP,
      MEMBER(config, log),
      .section = &logging,
      .meaning = "What is logged, and where to.",
      .example = "{ format: json, level: info }" },
    { .key = "listen",
      .kind = KIND_MAP,
      .traits = REQUIRED | LIST,
      ITEMS(config, listen, num_listen),
      .min = 1,
      .max = 64,
      .section = &listen,
      .meaning = "Addresses and ports to serve on.",
      .example = "[{ address: \"::\", port: 8080 }]" },
    { .key = "server",
      .kind = KIND_MAP,
      MEMBER(config, server),
      .section = &server,
      .meaning = "Threads, times and limits.",
      .example = "{ workers: 8 }" },
    { .key = "secrets",
      .kind = KIND_MAP,
      MEMBER(config, secrets),
      .section = &secrets,
      .meaning = "Shared secrets, for stations that enrol without a "
                 "certificate.",
      .example = "{ key_file: secrets.key }" },
    { .key = "keys",
      .kind = KIND_MAP,
      .traits = REQUIRED | LIST,
      ITEMS(config, keys, num_keys),
      .min = 1,
      .max = 64,
      .section = &schema_keys,
      .meaning = "The private keys that sign certificates and messages.",
      .example = "[{ name: issuing, file: issuing.key }]" },
    { .key = "cas",
      .kind = KIND_MAP,
      .traits = REQUIRED | LIST,
      ITEMS(config, cas, num_cas),
      .min = 1,
      .max = 64,
      .section = &schema_cas,
      .meaning = "The authorities that issue to stations.",
      .example =
          "[{ name: issuing, certificate: issuing.pem, key: issuing }]" },
    { .key = "signers",
      .kind = KIND_MAP,
      .traits = REQUIRED | LIST,
      ITEMS(config, signers, num_signers),
      .min = 1,
      .max = 64,
      .section = &schema_signers,
      .meaning = "Who protects CMP replies.",
      .example = "[{ name: cmp, certificate: cmp.pem, key: cmp }]" },
    { .key = "vendors",
      .kind = KIND_MAP,
      .traits = LIST,
      ITEMS(config, vendors, num_vendors),
      .max = 1024,
      .section = &schema_vendors,
      .meaning = "Who made the stations that may enrol.",
      .example = "[{ name: acme, anchors: [acme-root.pem] }]" },
    { .key = "ras",
      .kind = KIND_MAP,
      .traits = LIST,
      ITEMS(config, ras, num_ras),
      .max = 64,
      .section = &schema_ras,
      .meaning = "Registration authorities that stand between stations and "
                 "this server.",
      .example = "[{ name: west, anchors: [ra-root.pem], may: [nested] }]" },
    { .key = "peer_cas",
      .kind = KIND_MAP,
      .traits = LIST,
      ITEMS(config, peer_cas, num_peer_cas),
      .max = 64,
      .section = &schema_peer_cas,
      .meaning = "Authorities that may ask to be certified as such: CAs "
                 "below one of ours, and other operators' (RFC 9810, 6.6).",
      .example = "[{ name: east, subject: \"CN=East CA\", certificates: "
                 "[east.pem], anchors: [east-root.pem] }]" },
    { .key = "profiles",
      .kind = KIND_MAP,
      .traits = REQUIRED | LIST,
      ITEMS(config, profiles, num_profiles),
      .min = 1,
      .max = 64,
      .section = &schema_profiles,
      .meaning = "What is served: rules, names and lifetimes, one entry a "
                 "path.",
      .example = "[{ name: bs, type: 3gpp-bs, ca: issuing, signer: cmp, "
                 "subject: \"CN={serial}.{vendor}\" }]" },
};
const struct section schema_root = { .what = "the configuration",
                                     .size = sizeof(struct config),
                                     ROWS(root_rows) };

const struct setting *section_find(const struct section *s, const char *key)
{
    size_t i;

    for (i = 0; i < s->num; i++)
        if (strcmp(s->settings[i].key, key) == 0)
            return &s->settings[i];
    return NULL;
}

const char *choice_name(const struct choices *all, uint32_t value)
{
    size_t i;

    for (i = 0; i < all->num; i++)
        if (all->items[i].value == value)
            return all->items[i].name;
    return "?";
}
