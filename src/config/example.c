#include <string.h>

#include "config/internal.h"

/* What stands behind a $ is replaced by a value. */
static const char head[] =
    "# Configuration of stationmaster: see stationmaster.yaml(5), or\n"
    "# `stationmaster config --explain KEY`. Files are named relative to this\n"
    "# one's folder. Lines behind # show defaults.\n"
    "\n"
    "# This server's name in the log and in the audit trail.\n"
    "node: $node\n"
    "\n"
    "store: { kind: sqlite, file: store.db }\n"
    "\n"
    "# Messages kept for `stationmaster explain`.\n"
    "# recorder:\n"
    "#   enabled: true\n"
    "#   file: recorder.db\n"
    "#   size: 256m                # on disk at most; then the oldest go\n"
    "\n"
    "log:\n"
    "  format: logfmt              # or json\n"
    "  level: info                 # or debug, warn, error\n"
    "  # file: \"-\"                 # standard error\n"
    "\n"
    "listen:\n"
    "  - { address: \"$address\", port: $http_port }\n"
    "  - address: \"$address\"\n"
    "    port: $tls_port\n"
    "    tls: { certificate: tls.pem, key: tls.key }\n"
    "\n"
    "# Threads, times and limits; the defaults suit most.\n"
    "# server:\n"
    "#   loops: 2\n"
    "#   workers: 4                # one a core is a good number\n"
    "#   queue: 1024               # requests waiting for a worker at most\n"
    "#   request_deadline: 15s     # beyond it the answer is systemUnavail\n"
    "#   max_connections: 20000\n"
    "#   refusals_per_source: 10   # signed refusals a second and prefix\n"
    "#   replay_window: 24h        # how long old replies are given again\n"
    "\n"
    "# What seals shared secrets; keep it out of the store's backups.\n"
    "secrets: { key_file: secrets.key }\n"
    "\n"
    "# Private keys of the authority.\n"
    "keys:\n"
    "  - { name: issuing, file: issuing.key }\n"
    "  - { name: cmp, file: cmp.key }\n"
    "$kga_key"
    "\n"
    "# Who issues certificates to stations.\n"
    "cas:\n"
    "  - name: issuing\n"
    "    certificate: issuing.pem\n"
    "    chain: [root.pem]         # from its issuer up to the operator's "
    "root\n"
    "    key: issuing\n"
    "    crl:\n"
    "$crl_url"
    "      path: /crl/issuing.crl  # where this server serves it\n"
    "      validity: 7d\n"
    "      renew_before: 1d\n"
    "\n"
    "# Who signs CMP replies.\n"
    "signers:\n"
    "  - name: cmp\n"
    "    certificate: cmp.pem\n"
    "    chain: [issuing.pem, root.pem]\n"
    "    key: cmp\n"
    "$kga_signer"
    "\n"
    "# What is served, one entry a path.\n"
    "profiles:\n"
    "  - name: bs                  # answers at /.well-known/cmp/p/bs\n"
    "    type: 3gpp-bs             # TS 33.310, clause 9\n"
    "    default: true             # and at /.well-known/cmp\n"
    "    # paths: [/pkix/]         # and there, for older stations\n"
    "    ca: issuing\n"
    "    signer: cmp\n"
    "    subject: 'CN={serial}.{vendor},O=$organization'\n"
    "    # dns: \"{serial}.{vendor}.ran.example\"\n"
    "    # validity: 1095d\n"
    "    # backdate: 10m           # notBefore lies so far in the past\n"
    "    # confirm_wait: 10m       # how long a certConf is waited for\n"
    "    # on_timeout: revoke      # what follows without one; or keep\n"
    "    # on_rejection: revoke    # and when the station rejects\n"
    "    # approval: operator      # a request waits for `request approve`\n"
    "    # record: all             # or refused, none: what the recorder "
    "keeps\n"
    "    # record_for: 30d\n"
    "    # extended_key_usage: [ipsecIKE]\n"
    "    # roots:                  # further roots that stations are to have\n"
    "    #   ca_pubs: [oam-root.pem]\n"
    "$kga_profile"
    "\n"
    "# Who made the stations that may enrol. Without an entry nobody may.\n";

static const char kga_key[] = "  - { name: kga, file: kga.key }\n";

static const char kga_signer[] =
    "  - name: kga                 # of private keys made for stations\n"
    "    certificate: kga.pem\n"
    "    chain: [issuing.pem, root.pem]\n"
    "    key: kga\n";

static const char kga_profile[] =
    "  - name: made                # for stations that make no keys\n"
    "    type: rfc9483             # the Lightweight CMP Profile\n"
    "    ca: issuing\n"
    "    signer: cmp\n"
    "    key_generator: kga        # RFC 9483, 4.1.6\n"
    "    subject: 'CN={serial}.{vendor},O=$organization'\n";

static const char no_vendor[] =
    "# vendors:\n"
    "#   - name: acme\n"
    "#     anchors: [acme-root.pem]      # its trust anchors\n"
    "#     intermediates: [acme-ca.pem]  # CA certificates known beforehand\n"
    "#     serial: { from: subject.CN, pattern: \"^BS-([0-9A-Z]+)$\" }\n"
    "#     allow: acme-serials.txt       # who may enrol; one a line\n"
    "#     crls: [acme.crl]\n"
    "#     suggested_names: replace      # or keep, refuse\n"
    "vendors: []\n";

static const char one_vendor[] =
    "  - name: $vendor\n"
    "    anchors: [$anchor]\n"
    "    # intermediates: []       # CA certificates known beforehand\n"
    "    serial: { from: $from, pattern: '$pattern' }\n"
    "    # allow: serials.txt      # who may enrol; one a line\n"
    "    # crls: [vendor.crl]\n"
    "    # suggested_names: replace  # or keep, refuse\n";

struct filler {
    const char *word;
    const char *value;
};

/* Appends the text with its $words replaced; one not listed stays. */
static void add_filled(const char *text, const struct filler *fillers,
                       struct buf *out)
{
    const struct filler *f;
    const char *dollar;

    while ((dollar = strchr(text, '$')) != NULL) {
        buf_add(out, span_of(text, (size_t)(dollar - text)));
        for (f = fillers; f->word != NULL; f++)
            if (strncmp(dollar, f->word, strlen(f->word)) == 0)
                break;
        buf_add_str(out, f->word == NULL ? "$" : f->value);
        text = dollar + (f->word == NULL ? 1 : strlen(f->word));
    }
    buf_add_str(out, text);
}

static const char *or_else(const char *value, const char *otherwise)
{
    return value != NULL ? value : otherwise;
}

/* Text inside single quotes, with a backslash before each of `escaped`. */
static const char *quoted(const char *text, const char *escaped,
                          struct buf *out)
{
    for (; *text != '\0'; text++) {
        if (strchr(escaped, *text) != NULL)
            buf_add_str(out, "\\");
        buf_add(out, span_of(text, 1));
        if (*text == '\'')
            buf_add_str(out, "'");
    }
    return buf_str(out);
}

static void add_vendor(const struct config_example *values,
                       const struct config_example_vendor *vendor,
                       struct buf *out)
{
    const char *rule = or_else(values->serial_pattern, "^[0-9A-Za-z-]+$");
    struct buf anchor, pattern;

    buf_init(&anchor, 4096);
    buf_init(&pattern, 4096);
    if (vendor->anchor != NULL)
        buf_add_str(&anchor, vendor->anchor);
    else
        buf_printf(&anchor, "%s-root.pem", vendor->name);

    const struct filler fillers[] = {
        { "$vendor", vendor->name },
        { "$anchor", buf_str(&anchor) },
        { "$from", or_else(values->serial_from, "subject.CN") },
        { "$pattern", quoted(rule, "", &pattern) },
        { NULL, NULL },
    };
    add_filled(one_vendor, fillers, out);
    buf_done(&pattern);
    buf_done(&anchor);
}

void config_example(const struct config_example *values, struct buf *out)
{
    const char *name = or_else(values->organization, "Operator");
    bool has_kga = values->key_generator;
    struct buf url, organization, profile;

    buf_init(&url, 4096);
    buf_init(&organization, 4096);
    buf_init(&profile, 8192);
    if (values->crl_url != NULL)
        buf_printf(&url, "      url: \"%s\"\n", values->crl_url);
    else
        buf_add_str(&url, "      # url: \"http://HOST/crl/issuing.crl\"  # "
                          "goes into certificates\n");

    const struct filler naming[] = {
        { "$organization", quoted(name, ",\\\"+<>;=", &organization) },
        { NULL, NULL },
    };
    if (has_kga)
        add_filled(kga_profile, naming, &profile);

    const struct filler fillers[] = {
        { "$node", or_else(values->node, "ra1") },
        { "$address", or_else(values->address, "::") },
        { "$http_port", or_else(values->http_port, "8080") },
        { "$tls_port", or_else(values->tls_port, "8443") },
        naming[0],
        { "$crl_url", buf_str(&url) },
        { "$kga_key", has_kga ? kga_key : "" },
        { "$kga_signer", has_kga ? kga_signer : "" },
        { "$kga_profile", has_kga ? buf_str(&profile) : "" },
        { NULL, NULL },
    };
    add_filled(head, fillers, out);
    buf_add_str(out, values->num_vendors == 0 ? no_vendor : "vendors:\n");
    for (size_t i = 0; i < values->num_vendors; i++)
        add_vendor(values, &values->vendors[i], out);
    buf_done(&profile);
    buf_done(&organization);
    buf_done(&url);
}
