#include "service/init.h"

#include <arpa/inet.h>
#include <assert.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/secret.h"
#include "base/text.h"
#include "ca/ca.h"
#include "config/config.h"
#include "service/sealing.h"

#define DAY ((int64_t)24 * 3600)
#define YEAR (365 * DAY)
#define NAME_MAX_LEN 40 /* with " Issuing CA" still a CN of RFC 5280 */
#define MAX_VENDORS 32
#define MAX_FILES (13 + MAX_VENDORS)
#define CONFIG_NAME "stationmaster.yaml"

const char operator_key_types[] = "p256, p384, rsa2048, rsa3072, rsa4096";

static const struct key_type {
    const char *name;
    enum key_kind kind;
    unsigned bits;
} key_types[] = {
    { "p256", KEY_EC_P256, 0 },   { "p384", KEY_EC_P384, 0 },
    { "rsa2048", KEY_RSA, 2048 }, { "rsa3072", KEY_RSA, 3072 },
    { "rsa4096", KEY_RSA, 4096 },
};

/* The parts of an operator, an issuer before what it issues. */
enum part_id {
    PART_ROOT,
    PART_ISSUING,
    PART_CMP,
    PART_TLS,
    PART_KGA, /* where it is asked for */
    PART_NUM
};

static const struct part_plan {
    enum ca_role role;
    enum part_id issuer;
    const char *name;    /* of its files */
    const char *cn;      /* behind the operator's name */
    const char *what;    /* its certificate is */
    const char *key_for; /* its key is */
    int64_t validity;
    bool has_chain; /* the file goes on with its issuer's certificate */
} plans[PART_NUM] = {
    [PART_ROOT] = { CA_ROLE_ROOT, PART_ROOT, "root", "Root CA",
                    "operator root: what base stations trust",
                    "private key of the root: move it off-line", 20 * YEAR,
                    false },
    [PART_ISSUING] = { CA_ROLE_ISSUING, PART_ROOT, "issuing", "Issuing CA",
                       "issuing CA", "private key of the issuing CA", 15 * YEAR,
                       false },
    [PART_CMP] = { CA_ROLE_CMP_SIGNER, PART_ISSUING, "cmp", "CMP",
                   "signer of CMP replies", "private key of the CMP signer",
                   5 * YEAR, false },
    [PART_KGA] = { CA_ROLE_KEY_GENERATOR, PART_ISSUING, "kga", "KGA",
                   "signer of private keys made for stations",
                   "private key of that signer", 5 * YEAR, false },
    [PART_TLS] = { CA_ROLE_TLS, PART_ISSUING, "tls", "TLS",
                   "TLS server, with its issuer",
                   "private key of the TLS server", 2 * YEAR, true },
};

/* What was made of a part. */
struct part {
    struct privkey *key;
    struct span cert;
    struct span subject;
    int64_t not_after;
};

/* A file to write; `text` is wiped when it is private. */
struct output {
    struct operator_file file;
    struct buf text;
};

struct making {
    const struct operator_options *options;
    const struct key_type *key_type;
    struct arena *arena;
    struct crypto_ctx *cx;
    struct part parts[PART_NUM];
    struct span anchors[MAX_VENDORS];
    const char *crl_url;
    struct output outputs[MAX_FILES];
    size_t num_outputs;
    size_t num_written;
    bool made_folder;
};

static enum err fault_no_mem(struct fault *f)
{
    return fault_set(f, ERR_NO_MEM, "making an operator");
}

/* --- what was asked --- */

/* Of letters, digits, blanks and what needs no escape in a name or in YAML;
 * bytes of UTF-8 are let through. */
static enum err check_name(const char *name, struct fault *f)
{
    size_t len = strlen(name);

    if (len == 0 || len > NAME_MAX_LEN || name[0] == ' ' ||
        name[len - 1] == ' ' || !utf8_is_valid(span_str(name)))
        return fault_set(f, ERR_USAGE,
                         "the operator's name has 1 to %d characters, no "
                         "blank first or last",
                         NAME_MAX_LEN);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];

        if (c < 0x80 && !isalnum(c) && strchr(" .-_()&/", c) == NULL)
            return fault_set(f, ERR_USAGE,
                             "the operator's name has letters, digits, blanks "
                             "and .-_()&/ only");
    }
    return ERR_OK;
}

/* A DNS name's characters, or an address. */
static enum err check_host(const char *host, struct fault *f)
{
    struct in6_addr address;
    size_t len = strlen(host);

    if (inet_pton(AF_INET6, host, &address) == 1)
        return ERR_OK;
    if (len == 0 || len > 253 || host[0] == '.' || host[0] == '-')
        return fault_set(f, ERR_USAGE, "\"%.60s\" is no host name", host);
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)host[i];

        if (c >= 0x80 || (!isalnum(c) && c != '-' && c != '.'))
            return fault_set(f, ERR_USAGE, "\"%.60s\" is no host name", host);
    }
    return ERR_OK;
}

static enum err check_vendor_name(const struct operator_options *options,
                                  size_t n, struct fault *f)
{
    const char *name = options->vendors[n].name;
    size_t len = strlen(name);

    if (len == 0 || len > 63 || !isalnum((unsigned char)name[0]))
        return fault_set(f, ERR_USAGE,
                         "a vendor's name has 1 to 63 letters, digits and "
                         "._-, the first no sign");
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];

        if (c >= 0x80 || (!isalnum(c) && strchr("._-", c) == NULL))
            return fault_set(f, ERR_USAGE,
                             "a vendor's name has letters, digits and ._- "
                             "only, not \"%s\"",
                             name);
    }
    for (size_t i = 0; i < n; i++) {
        if (strcmp(options->vendors[i].name, name) == 0)
            return fault_set(f, ERR_USAGE, "vendor \"%s\" stands twice", name);
    }
    return ERR_OK;
}

static enum err check_options(struct making *m, struct fault *f)
{
    const struct operator_options *o = m->options;

    for (size_t i = 0; i < sizeof(key_types) / sizeof(key_types[0]); i++) {
        if (strcmp(key_types[i].name, o->key_type) == 0)
            m->key_type = &key_types[i];
    }
    if (m->key_type == NULL)
        return fault_set(f, ERR_USAGE, "key type \"%s\" is none of %s",
                         o->key_type, operator_key_types);
    TRY(check_name(o->name, f));
    assert(o->num_hosts > 0);
    for (size_t i = 0; i < o->num_hosts; i++)
        TRY(check_host(o->hosts[i], f));
    if (o->num_vendors > MAX_VENDORS)
        return fault_set(f, ERR_USAGE, "more than %d vendors", MAX_VENDORS);
    for (size_t i = 0; i < o->num_vendors; i++)
        TRY(check_vendor_name(o, i, f));
    return ERR_OK;
}

/* --- vendors' anchors --- */

/* The one certificate in this text: PEM, or DER. */
static enum err anchor_decode(struct span text, struct arena *a,
                              struct span *out, struct fault *f)
{
    struct span label;
    enum err e = pem_next(&text, a, &label, out);

    if (e == ERR_NOT_FOUND) {
        *out = arena_copy(a, text);
        return span_is_absent(*out) ? fault_no_mem(f) : ERR_OK;
    }
    if (e != ERR_OK || !span_is_equal(label, SPAN_LIT("CERTIFICATE")))
        return fault_set(f, ERR_CONFIG, "not a certificate in PEM");
    if (pem_next(&text, a, &label, &(struct span){ 0 }) != ERR_NOT_FOUND)
        return fault_set(f, ERR_CONFIG,
                         "more than one certificate; only the trust anchor "
                         "belongs here");
    return ERR_OK;
}

static enum err anchor_check(struct span der, struct arena *a, struct fault *f)
{
    struct x509_cert cert;

    if (x509_read(der, a, &cert) != ERR_OK)
        return fault_set(f, ERR_CONFIG, "not a certificate");
    if (cert.version == 3 && !cert.is_ca)
        return fault_clause(f, ERR_CONFIG, "RFC 5280, 4.2.1.9",
                            "not a CA certificate");
    return ERR_OK;
}

static enum err anchor_load(struct making *m, size_t n, struct fault *f)
{
    const char *path = m->options->vendors[n].anchor;
    struct buf text;
    enum err e;

    buf_init(&text, LIMIT_FILE_LEN);
    e = file_load(path, &text, f);
    if (e == ERR_OK)
        e = anchor_decode(buf_span(&text), m->arena, &m->anchors[n], f);
    if (e == ERR_OK)
        e = anchor_check(m->anchors[n], m->arena, f);
    buf_done(&text);
    if (e != ERR_OK && e != ERR_NOT_FOUND && e != ERR_IO)
        return fault_prefix(f, e, "%s", path);
    for (size_t i = 0; e == ERR_OK && i < n; i++) {
        if (span_is_equal(m->anchors[i], m->anchors[n]))
            return fault_set(
                f, ERR_CONFIG, "vendors \"%s\" and \"%s\" have the same anchor",
                m->options->vendors[i].name, m->options->vendors[n].name);
    }
    return e;
}

/* --- the folder --- */

/* Is there anything in it? The name of something. */
static enum err folder_check_empty(const char *path, struct fault *f)
{
    DIR *dir = opendir(path);
    struct dirent *entry;
    enum err e = ERR_OK;

    if (dir == NULL)
        return fault_set(f, ERR_IO, "%s: %s", path, strerror(errno));
    while (e == ERR_OK && (entry = readdir(dir)) != NULL) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            e = fault_set(f, ERR_EXISTS, "%s is not empty: there is %s/%s",
                          path, path, entry->d_name);
    }
    closedir(dir);
    return e;
}

static enum err folder_make(struct making *m, struct fault *f)
{
    const char *path = m->options->folder;

    if (mkdir(path, 0700) == 0) {
        m->made_folder = true;
        return ERR_OK;
    }
    if (errno != EEXIST)
        return fault_set(f, ERR_IO, "cannot make %s: %s", path,
                         strerror(errno));
    TRY(folder_check_empty(path, f));
    if (chmod(path, 0700) != 0)
        return fault_set(f, ERR_IO, "cannot close %s to others: %s", path,
                         strerror(errno));
    return ERR_OK;
}

/* --- keys and certificates --- */

/* The last part is an option. */
static enum part_id parts_end(const struct making *m)
{
    return m->options->key_generator ? PART_NUM : PART_KGA;
}

static void tell_progress(const struct making *m, size_t done)
{
    if (m->options->progress != NULL)
        m->options->progress(m->options->progress_arg, done, parts_end(m));
}

static enum err part_make(struct making *m, enum part_id id, struct fault *f)
{
    const struct operator_options *o = m->options;
    const struct part_plan *plan = &plans[id];
    const struct part *issuer = &m->parts[plan->issuer];
    struct part *part = &m->parts[id];
    struct ca_role_options role = {
        .role = plan->role,
        .not_before = o->now - 3600, /* clocks of stations differ */
        .not_after = o->now + plan->validity,
    };
    const char *subject =
        arena_printf(m->arena, "CN=%s %s,O=%s", o->name, plan->cn, o->name);

    if (subject == NULL)
        return fault_no_mem(f);
    TRY(name_parse(subject, m->arena, &part->subject, f));
    TRY(privkey_generate(m->cx, m->key_type->kind, m->key_type->bits,
                         &part->key, f));
    role.subject = part->subject;
    role.spki = privkey_spki(part->key);
    role.issuer_key = issuer->key;
    if (issuer != part)
        role.issuer = issuer->cert;
    if (plan->role == CA_ROLE_TLS) {
        role.hosts = o->hosts;
        role.num_hosts = o->num_hosts;
    }
    part->not_after = role.not_after;
    return ca_make_role(&role, m->cx, m->arena, &part->cert, f);
}

/* --- files --- */

/* Room for one more; NULL: no memory for its name. */
static struct output *output_add(struct making *m, const char *name,
                                 const char *what)
{
    struct output *out = &m->outputs[m->num_outputs];

    assert(m->num_outputs < MAX_FILES);
    if (name == NULL)
        return NULL;
    out->file = (struct operator_file){ .name = name, .what = what };
    buf_init(&out->text, LIMIT_FILE_LEN);
    m->num_outputs++;
    return out;
}

static enum err part_output(struct making *m, enum part_id id, struct fault *f)
{
    const struct part_plan *plan = &plans[id];
    const struct part *part = &m->parts[id];
    struct output *cert =
        output_add(m, arena_printf(m->arena, "%s.pem", plan->name), plan->what);
    struct output *key = output_add(
        m, arena_printf(m->arena, "%s.key", plan->name), plan->key_for);

    if (cert == NULL || key == NULL)
        return fault_no_mem(f);
    cert->file.subject = name_format(part->subject, m->arena);
    cert->file.not_after = part->not_after;
    pem_format("CERTIFICATE", part->cert, &cert->text);
    if (plan->has_chain)
        pem_format("CERTIFICATE", m->parts[plan->issuer].cert, &cert->text);
    key->file.is_private = true;
    return privkey_format(part->key, &key->text, f);
}

static enum err sealing_output(struct making *m, struct fault *f)
{
    struct output *out =
        output_add(m, "secrets.key",
                   "key that seals shared secrets: keep it out of the "
                   "store's backups");

    assert(out != NULL);
    out->file.is_private = true;
    return sealing_make(m->cx, &out->text, f);
}

static enum err anchor_output(struct making *m, size_t n, struct fault *f)
{
    const char *name = m->options->vendors[n].name;
    struct output *out =
        output_add(m, arena_printf(m->arena, "%s-root.pem", name),
                   arena_printf(m->arena, "trust anchor of %s", name));

    if (out == NULL || out->file.what == NULL)
        return fault_no_mem(f);
    pem_format("CERTIFICATE", m->anchors[n], &out->text);
    return ERR_OK;
}

/* Where stations find the CRL: the server itself, at the first host. */
static enum err crl_url_find(struct making *m, struct fault *f)
{
    const struct operator_options *o = m->options;
    bool is_ipv6 = strchr(o->hosts[0], ':') != NULL;

    m->crl_url = o->crl_url;
    if (m->crl_url == NULL)
        m->crl_url = arena_printf(m->arena, "http://%s%s%s:%u/crl/issuing.crl",
                                  is_ipv6 ? "[" : "", o->hosts[0],
                                  is_ipv6 ? "]" : "", (unsigned)o->http_port);
    return m->crl_url == NULL ? fault_no_mem(f) : ERR_OK;
}

static enum err config_output(struct making *m, struct fault *f)
{
    const struct operator_options *o = m->options;
    struct config_example_vendor vendors[MAX_VENDORS];
    struct output *out = output_add(m, CONFIG_NAME, "the configuration");
    struct config_example values = {
        .address = o->address,
        .http_port = arena_printf(m->arena, "%u", (unsigned)o->http_port),
        .tls_port = arena_printf(m->arena, "%u", (unsigned)o->tls_port),
        .organization = o->name,
        .crl_url = m->crl_url,
        .key_generator = o->key_generator,
        .serial_from = o->serial_from,
        .serial_pattern = o->serial_pattern,
        .vendors = vendors,
        .num_vendors = o->num_vendors,
    };

    assert(out != NULL);
    if (values.http_port == NULL || values.tls_port == NULL)
        return fault_no_mem(f);
    for (size_t i = 0; i < o->num_vendors; i++)
        vendors[i] = (struct config_example_vendor){ o->vendors[i].name, NULL };
    config_example(&values, &out->text);
    return ERR_OK;
}

/* What init writes, init's own reader takes: an option that spoils it (an
 * address, a pattern) is told before there is a file. */
static enum err config_judge(const struct making *m, struct fault *f)
{
    const struct output *out = &m->outputs[m->num_outputs - 1];
    AUTO(config) config = NULL;
    struct buf errors;
    enum err e;

    buf_init(&errors, LIMIT_FILE_LEN);
    e = config_parse(buf_span(&out->text), CONFIG_NAME, &config, &errors, f);
    buf_done(&errors);
    return e == ERR_OK ? e : fault_prefix(f, e, "an option does not do");
}

static const char *path_of(const struct making *m, const char *name)
{
    return arena_printf(m->arena, "%s/%s", m->options->folder, name);
}

static enum err outputs_write(struct making *m, struct fault *f)
{
    for (size_t i = 0; i < m->num_outputs; i++) {
        struct output *out = &m->outputs[i];
        const char *path = path_of(m, out->file.name);
        unsigned mode = out->file.is_private ? 0600 : 0644;

        if (path == NULL || out->text.failed != ERR_OK)
            return fault_no_mem(f);
        TRY(file_create(path, buf_span(&out->text), mode, f));
        m->num_written++;
    }
    return ERR_OK;
}

/* --- all of it --- */

static enum err files_prepare(struct making *m, struct fault *f)
{
    for (enum part_id id = PART_ROOT; id < parts_end(m); id++)
        TRY(part_output(m, id, f));
    TRY(sealing_output(m, f));
    for (size_t i = 0; i < m->options->num_vendors; i++)
        TRY(anchor_output(m, i, f));
    TRY(crl_url_find(m, f));
    TRY(config_output(m, f));
    return config_judge(m, f);
}

static enum err make_all(struct making *m, struct fault *f)
{
    for (size_t i = 0; i < m->options->num_vendors; i++)
        TRY(anchor_load(m, i, f));
    TRY(folder_make(m, f));
    for (enum part_id id = PART_ROOT; id < parts_end(m); id++) {
        tell_progress(m, id);
        TRY(part_make(m, id, f));
    }
    tell_progress(m, parts_end(m));
    TRY(files_prepare(m, f));
    return outputs_write(m, f);
}

/* Nothing stays of an operator that is not whole. What cannot be removed is
 * left: the failure that brought us here is the one to tell. */
static void take_back(struct making *m)
{
    struct fault ignored;

    for (size_t i = m->num_written; i > 0; i--) {
        const char *path = path_of(m, m->outputs[i - 1].file.name);

        if (path == NULL || file_remove(path, &ignored) != ERR_OK)
            return;
    }
    if (m->made_folder)
        (void)rmdir(m->options->folder);
}

static enum err fingerprint_format(struct span der, struct arena *a,
                                   const char **out, struct fault *f)
{
    uint8_t digest[32];
    char *text = arena_alloc(a, 3 * sizeof(digest) + 1);

    if (text == NULL)
        return fault_no_mem(f);
    hash_sha256_pair(der, SPAN_LIT(""), digest);
    for (size_t i = 0; i < sizeof(digest); i++)
        snprintf(text + 3 * i, 4, "%02X:", digest[i]);
    text[3 * sizeof(digest) - 1] = '\0';
    *out = text;
    return ERR_OK;
}

static enum err report(const struct making *m, struct operator_made *out,
                       struct fault *f)
{
    struct operator_file *files =
        arena_array(m->arena, m->num_outputs, sizeof(*files));
    struct operator_made made = {
        .folder = m->options->folder,
        .config = path_of(m, CONFIG_NAME),
        .crl_url = m->crl_url,
        .files = files,
        .num_files = m->num_outputs,
    };

    if (files == NULL || made.config == NULL)
        return fault_no_mem(f);
    for (size_t i = 0; i < m->num_outputs; i++)
        files[i] = m->outputs[i].file;
    TRY(fingerprint_format(m->parts[PART_ROOT].cert, m->arena,
                           &made.root_fingerprint, f));
    *out = made;
    return ERR_OK;
}

static void making_done(struct making *m)
{
    for (size_t i = 0; i < m->num_outputs; i++) {
        struct output *out = &m->outputs[i];

        if (out->file.is_private && out->text.ptr != NULL)
            secret_wipe(out->text.ptr, out->text.size);
        buf_done(&out->text);
    }
    for (enum part_id id = PART_ROOT; id < PART_NUM; id++)
        privkey_free(m->parts[id].key);
}

enum err operator_make(const struct operator_options *options, struct arena *a,
                       struct operator_made *out, struct fault *f)
{
    AUTO(crypto) crypto = NULL;
    AUTO(crypto_ctx) cx = NULL;
    struct making m = { .options = options, .arena = a };
    enum err e;

    TRY(check_options(&m, f));
    TRY(crypto_new(&crypto, f));
    TRY(crypto_ctx_new(crypto, &cx, f));
    m.cx = cx;
    e = make_all(&m, f);
    if (e == ERR_OK)
        e = report(&m, out, f);
    if (e != ERR_OK)
        take_back(&m);
    making_done(&m);
    return e;
}
