/*
 * The server's configuration: one YAML file, read whole, checked, then
 * constant.
 *
 * One schema table (schema.c) gives the parser, the defaults, the checks, the
 * text of `stationmaster config --explain` and the manual page. Everything a
 * `struct config` reaches is owned by it and goes with config_free. Every
 * default is filled in; references between entries are pointers; a path of a
 * file is joined to the folder of the configuration file. Whether the files
 * named exist and hold what they should is not looked at here.
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"

/* A list of strings; `num` 0 and a NULL `items` when there are none. */
struct config_texts {
    size_t num;
    const char **items;
};

/* Where an entry stands in the file, counted from 1, for later complaints. */
struct config_mark {
    unsigned line;
    unsigned column;
};

enum config_store_kind {
    CONFIG_STORE_SQLITE,
    CONFIG_STORE_MEM
};

struct config_store {
    enum config_store_kind kind;
    const char *file; /* given for `mem` too, and unused there */
};

/* What keeps messages for `stationmaster explain`. */
struct config_recorder {
    bool enabled;
    const char *file; /* NULL: recorder.db in the folder of the store's file */
    size_t size;      /* bytes on disk at most */
};

enum config_log_format {
    CONFIG_LOG_LOGFMT,
    CONFIG_LOG_JSON
};

enum config_log_level {
    CONFIG_LOG_DEBUG,
    CONFIG_LOG_INFO,
    CONFIG_LOG_WARN,
    CONFIG_LOG_ERROR
};

struct config_log {
    enum config_log_format format;
    enum config_log_level level;
    const char *file; /* "-": standard error */
};

/* Certificates of stations, in TLS. */
enum config_client_certs {
    CONFIG_CLIENT_CERTS_IGNORE,
    CONFIG_CLIENT_CERTS_REQUEST,
    CONFIG_CLIENT_CERTS_REQUIRE
};

struct config_tls {
    const char *certificate; /* PEM: leaf first, then its chain */
    const char *key;
    enum config_client_certs client_certificates;
};

struct config_listen {
    struct config_mark at;
    const char *address; /* an IPv4 or IPv6 address */
    uint16_t port;       /* 0: the system picks one */
    bool has_tls;
    struct config_tls tls;
};

struct config_server {
    uint32_t loops;
    uint32_t workers;
    uint32_t queue; /* requests waiting at most */
    int64_t handshake_timeout_ms;
    int64_t header_timeout_ms;
    int64_t body_timeout_ms;
    int64_t idle_timeout_ms;
    int64_t request_deadline_ms; /* then systemUnavail */
    int64_t drain_ms;
    uint32_t max_connections;
    size_t max_body;
    uint32_t refusals_per_source; /* signed refusals a second */
    uint32_t refusals_burst;      /* of one source prefix */
    uint32_t refusals_total;      /* a second, all sources */
    int64_t replay_window_s;
};

/* What seals the shared secrets in the store. */
struct config_secrets {
    const char *key_file; /* NULL: there are no secrets */
};

/* A private key of the CA, as crypto/keys.h is told of it. */
struct config_key {
    const char *name;
    struct config_mark at;
    const char *file;
    uint32_t max_waiting;
};

struct config_crl {
    const char *url;  /* goes into certificates; NULL: none does */
    const char *path; /* where the server serves it */
    int64_t validity_s;
    int64_t renew_before_s;
};

struct config_ca {
    const char *name;
    struct config_mark at;
    const char *certificate;
    struct config_texts chain; /* from its issuer up to the operator root */
    const struct config_key *key;
    struct config_crl crl;
};

/* Who signs CMP messages. */
struct config_signer {
    const char *name;
    struct config_mark at;
    const char *certificate;
    struct config_texts chain; /* from its issuer up to the operator root */
    const struct config_key *key;
};

/* Where the serial number stands in a vendor's certificate. */
enum config_serial_from {
    CONFIG_SERIAL_SUBJECT_CN,
    CONFIG_SERIAL_SUBJECT_SERIAL_NUMBER,
    CONFIG_SERIAL_SAN_DNS,
    CONFIG_SERIAL_SAN_URI
};

struct config_serial {
    enum config_serial_from from;
    /* POSIX extended regular expression, known to compile; group 1 is the
     * serial number, or the whole match where it has no group. */
    const char *pattern;
};

/* What it means that revocation cannot be told. */
enum config_revocation {
    CONFIG_REVOCATION_REFUSE,
    CONFIG_REVOCATION_ADMIT
};

enum config_suggested_names {
    CONFIG_NAMES_REPLACE,
    CONFIG_NAMES_KEEP,
    CONFIG_NAMES_REFUSE
};

/* Named exceptions for one vendor's stations, or-ed. */
enum config_quirk {
    CONFIG_QUIRK_NO_DIGITAL_SIGNATURE = 1 << 0,
    CONFIG_QUIRK_SENDER_MISMATCH = 1 << 1,
    CONFIG_QUIRK_BARE_PRIVATE_KEY = 1 << 2
};

struct config_vendor {
    const char *name;
    struct config_mark at;
    struct config_texts anchors;
    struct config_texts intermediates;
    struct config_serial serial;
    const char *allow; /* one serial a line, # comments; NULL: any */
    struct config_texts crls;
    enum config_revocation revocation;
    enum config_suggested_names suggested_names;
    uint32_t quirks; /* of enum config_quirk */
};

struct config_vendors {
    size_t num;
    const struct config_vendor **items;
};

/* What a registration authority may do, or-ed. */
enum config_ra_right {
    CONFIG_RA_NEST = 1 << 0,
    CONFIG_RA_APPROVE = 1 << 1,
    CONFIG_RA_VERIFY = 1 << 2,
    CONFIG_RA_REQUEST = 1 << 3,
    CONFIG_RA_REVOKE = 1 << 4
};

/* A registration authority between stations and us. */
struct config_ra {
    const char *name;
    struct config_mark at;
    struct config_texts anchors;
    struct config_texts intermediates;
    struct config_texts certificates; /* none: any below the anchors */
    struct config_texts crls;
    enum config_revocation revocation;
    bool needs_cmc_ra;
    bool needs_original;
    uint32_t may;                  /* of enum config_ra_right */
    struct config_vendors vendors; /* whose stations it speaks for */
};

struct config_ras {
    size_t num;
    const struct config_ra **items;
};

/* A CA that may be certified as one, by ccr. */
struct config_peer_ca {
    const char *name;
    struct config_mark at;
    const char *subject; /* a name as RFC 4514 writes it */
    struct config_texts certificates;
    struct config_texts anchors;
    struct config_texts intermediates;
    struct config_texts crls;
    enum config_revocation revocation;
    uint32_t path_len;
    int64_t validity_s;
    struct config_texts permitted_dns; /* none: no nameConstraints */
};

struct config_peer_cas {
    size_t num;
    const struct config_peer_ca **items;
};

enum config_profile_type {
    CONFIG_PROFILE_3GPP_BS,
    CONFIG_PROFILE_RFC9483,
    CONFIG_PROFILE_OPEN,
    CONFIG_PROFILE_LEGACY_2010
};

/* What becomes of a certificate its station did not accept. */
enum config_unconfirmed {
    CONFIG_UNCONFIRMED_REVOKE,
    CONFIG_UNCONFIRMED_KEEP
};

/* A station that asks for a certificate over its vendor's key. */
enum config_key_reuse {
    CONFIG_KEY_REUSE_WARN,
    CONFIG_KEY_REUSE_REFUSE,
    CONFIG_KEY_REUSE_ALLOW
};

/* A validity that a certTemplate asks for. */
enum config_requested_validity {
    CONFIG_VALIDITY_IGNORE,
    CONFIG_VALIDITY_SHORTEN
};

/* Or-ed: bit n of the word is bit n of KeyUsage (RFC 5280, 4.2.1.3). */
enum config_key_usage {
    CONFIG_KU_DIGITAL_SIGNATURE = 1 << 0,
    CONFIG_KU_NON_REPUDIATION = 1 << 1,
    CONFIG_KU_KEY_ENCIPHERMENT = 1 << 2,
    CONFIG_KU_DATA_ENCIPHERMENT = 1 << 3,
    CONFIG_KU_KEY_AGREEMENT = 1 << 4
};

/* Or-ed: how possession of a new key may be shown (RFC 9810, 5.2.8). */
enum config_possession {
    CONFIG_POP_SIGNATURE = 1 << 0,
    CONFIG_POP_ENCRYPTED_CERT = 1 << 1,
    CONFIG_POP_CHALLENGE = 1 << 2,
    CONFIG_POP_AGREE_MAC = 1 << 3
};

/* One attribute of a name; its value is a pattern, escapes undone. */
struct config_attribute {
    const char *type; /* "CN" */
    const char *oid;  /* "2.5.4.3" */
    const char *value;
};

/* In the order of encoding, which is the reverse of the text's: the text is
 * written as RFC 4514 writes names, most specific first. */
struct config_name {
    size_t num;
    struct config_attribute *items;
};

/* Further roots a station is to have (TS 33.310, 9.5.4.3): PEM files, and the
 * field of ip and kup they travel in. */
struct config_roots {
    struct config_texts ca_pubs;
    struct config_texts extra_certs;
    bool extra_certs_over_http; /* though nothing protects them there */
};

/* Who says yes to a request that passed every rule. */
enum config_approval {
    CONFIG_APPROVAL_NONE,
    CONFIG_APPROVAL_OPERATOR
};

/* Which messages the recorder keeps. */
enum config_record {
    CONFIG_RECORD_ALL,
    CONFIG_RECORD_REFUSED,
    CONFIG_RECORD_NONE
};

/* What genm may ask; bits. */
enum config_offer {
    CONFIG_OFFER_APART = 0, /* by a setting of its own, not by this one */
    CONFIG_OFFER_CA_PROT_ENC_CERT = 1 << 0,
    CONFIG_OFFER_SIGN_KEY_PAIR_TYPES = 1 << 1,
    CONFIG_OFFER_ENC_KEY_PAIR_TYPES = 1 << 2,
    CONFIG_OFFER_PREFERRED_SYMM_ALG = 1 << 3,
    CONFIG_OFFER_CRLS = 1 << 4, /* currentCRL too */
    CONFIG_OFFER_KEY_PAIR_PARAM = 1 << 5,
    CONFIG_OFFER_SUPP_LANG_TAGS = 1 << 6,
    CONFIG_OFFER_CA_CERTS = 1 << 7,
    CONFIG_OFFER_CERT_REQ_TEMPLATE = 1 << 8,
    CONFIG_OFFER_ROOT_CA_CERT = 1 << 9 /* caKeyUpdateInfo too */
};

/* Answers to genm. */
struct config_general {
    uint32_t offered; /* of enum config_offer; 0: all */
    const char *new_root;
    const char *new_with_old;
    const char *old_with_new;
    const char *encryption_certificate;
    const struct config_key *encryption_key; /* its key; NULL: elsewhere */
};

struct config_profile {
    const char *name; /* answers /.well-known/cmp/p/NAME */
    struct config_mark at;
    enum config_profile_type type;
    bool is_default; /* answers /.well-known/cmp too */
    struct config_texts paths;
    const struct config_ca *ca;
    const struct config_signer *signer;
    const struct config_signer *key_generator; /* NULL: no keys are made */
    struct config_vendors vendors;   /* all of them when none is named */
    struct config_ras ras;           /* none when none is named */
    struct config_peer_cas peer_cas; /* the same */
    struct config_name subject;      /* patterns: {serial}, {vendor} */
    const char *dns;                 /* the same; NULL: no such SAN */
    int64_t validity_s;
    int64_t backdate_s;
    int64_t confirm_wait_s;
    enum config_unconfirmed on_timeout;
    enum config_unconfirmed on_rejection;
    int64_t renew_grace_s; /* how long after expiry a kur is taken */
    int64_t message_time_window_s;
    bool implicit_confirm;
    bool ir_by_operator_certificate;
    bool same_key_update;
    bool revocation_passphrases;
    uint32_t possession; /* of enum config_possession; 0: the type's own */
    bool signing_keys_sign;
    enum config_key_reuse vendor_key_reuse;
    enum config_requested_validity requested_validity;
    enum config_approval approval;
    bool approval_of_updates;     /* a kur waits too */
    bool approval_of_general;     /* a genm does */
    bool approval_of_revocations; /* an rr does */
    int64_t approval_check_after_s;
    int64_t approval_timeout_s;
    enum config_record record;
    int64_t record_for_s;
    struct config_texts algorithms;         /* none: the profile's own */
    uint32_t key_usage;                     /* of enum config_key_usage */
    struct config_texts extended_key_usage; /* dotted OIDs */
    struct config_roots roots;
    struct config_general general;
};

struct config {
    const char *file; /* as it was given */
    const char *node;
    struct config_store store;
    struct config_recorder recorder;
    struct config_log log;
    struct config_server server;
    struct config_secrets secrets;
    size_t num_listen;
    struct config_listen *listen;
    size_t num_keys;
    struct config_key *keys;
    size_t num_cas;
    struct config_ca *cas;
    size_t num_signers;
    struct config_signer *signers;
    size_t num_vendors;
    struct config_vendor *vendors;
    size_t num_ras;
    struct config_ra *ras;
    size_t num_peer_cas;
    struct config_peer_ca *peer_cas;
    size_t num_profiles;
    struct config_profile *profiles;
    struct arena *arena; /* holds all of it, this struct too */
};

/*
 * Reads and checks a configuration file. `errors` gets what is wrong with it,
 * `file:line:column: message` a line, in order of lines, at most 20; the fault
 * holds the first. The caller frees `*out`.
 * ERR_CONFIG: not acceptable. ERR_NOT_FOUND, ERR_IO, ERR_LIMIT: not readable,
 * or larger than LIMIT_FILE_LEN; `errors` stays as it was.
 */
MUST_USE enum err config_load(const char *file, struct config **out,
                              struct buf *errors, struct fault *f);

/* The same over text in memory; `file` names it and gives the folder. */
MUST_USE enum err config_parse(struct span text, const char *file,
                               struct config **out, struct buf *errors,
                               struct fault *f);

void config_free(struct config *c);
DEFINE_AUTO(config)

/* Appends the pattern's text with {serial} and {vendor} replaced. */
void config_expand(const char *pattern, const char *serial, const char *vendor,
                   struct buf *out);

/* The word the file uses for a value; static storage. */
const char *config_profile_type_name(enum config_profile_type type);
const char *config_quirk_name(enum config_quirk quirk);

/*
 * The settings as a tree, each with kind, default, meaning and an example.
 * `key` is a dotted path ("profiles.confirm_wait") or NULL for all.
 * ERR_NOT_FOUND: no such setting; the fault names the nearest.
 */
MUST_USE enum err config_explain(const char *key, struct buf *out,
                                 struct fault *f);

/* The manual page stationmaster.yaml(5), as roff. */
void config_man(struct buf *out);

struct config_example_vendor {
    const char *name;
    const char *anchor; /* NULL: "NAME-root.pem" */
};

/* What `stationmaster init` writes into a first configuration. A member that
 * is NULL takes the value beside it. */
struct config_example {
    const char *node;           /* "ra1" */
    const char *address;        /* "::" */
    const char *http_port;      /* "8080" */
    const char *tls_port;       /* "8443" */
    const char *organization;   /* "Operator", as it is, in the subject */
    const char *crl_url;        /* none: no CRL distribution point */
    const char *serial_from;    /* "subject.CN", for each vendor */
    const char *serial_pattern; /* "^[0-9A-Za-z-]+$" */
    /* none: an empty list, with a sample beside it */
    const struct config_example_vendor *vendors;
    size_t num_vendors;
    bool key_generator; /* the key and the signer "kga", the profile "made" */
};

/*
 * A commented file that config_parse takes. It names issuing.key, issuing.pem,
 * root.pem, cmp.key, cmp.pem, tls.key, tls.pem, secrets.key and store.db beside
 * it, the keys "issuing" and "cmp" and the profile "bs".
 */
void config_example(const struct config_example *values, struct buf *out);

#endif
