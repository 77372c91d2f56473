#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "config/config.h"

/* An accepted file, one line a part; a case replaces or adds parts. */
#define LISTEN "listen: [{ port: 80 }]\n"
#define KEYS "keys: [{ name: k, file: k.key }]\n"
#define CAS "cas: [{ name: ca, certificate: ca.pem, key: k }]\n"
#define SIGNERS "signers: [{ name: s, certificate: s.pem, key: k }]\n"
#define PROFILE "name: p, type: 3gpp-bs, ca: ca, signer: s, "
#define OPEN "name: p, type: open, ca: ca, signer: s, "
#define SUBJECT "subject: 'CN={serial}.{vendor}'"
#define PROFILES "profiles: [{ " PROFILE SUBJECT " }]\n"
#define FIRST LISTEN KEYS CAS SIGNERS /* lines 1 to 4 */
#define ALL FIRST PROFILES            /* lines 1 to 5; cases go on at 6 */
#define RA "ras: [{ name: west, anchors: [ra.pem], "
#define PEER                                                            \
    "peer_cas: [{ name: east, subject: 'CN=e', certificates: [e.pem], " \
    "anchors: [r.pem], "
#define A_PROFILE(rest) FIRST "profiles:\n- { " PROFILE rest " }\n"

static const struct {
    const char *text;
    const char *errors;
} cases[] = {
    { ALL, "" },

    /* not YAML, or more of it than is taken */
    { "", "1:1: the file holds no settings\n" },
    { "# nothing\n", "1:1: the file holds no settings\n" },
    { "node: [a\n",
      "2:1: not YAML: did not find expected ',' or ']', while parsing a flow "
      "sequence that began at line 1\n" },
    { "node: a\n\tlog: b\n",
      "2:1: not YAML: found a tab character that violates indentation, while "
      "scanning a plain scalar that began at line 1\n" },
    { "node: a\nstore: \xff\n", "2:8: invalid leading UTF-8 octet\n" },
    { ALL "---\nnode: a\n",
      "6:1: a second document begins here; one file holds one\n" },
    { ALL "node: &a b\n", "6:7: anchors (&a) are not taken here\n" },
    { ALL "node: *a\n", "6:7: aliases (*a) are not taken here\n" },
    { ALL "node: !!str b\n",
      "6:7: tags (tag:yaml.org,2002:str) are not taken here\n" },
    { ALL "node: a\nnode: b\n",
      "7:1: key \"node\" is here twice, first at line 6\n" },
    { ALL "node: \"a\\nb\"\n",
      "6:7: line breaks and control characters cannot stand in a value\n" },
    { ALL "[a]: b\n", "6:1: a key must be a plain word\n" },
    { "a: [[[[[[[[[]]]]]]]]]\n", "1:11: nested deeper than 8\n" },
    { "- node\n",
      "1:1: the configuration is a mapping of settings, \"key: value\"\n" },
    { "node\n",
      "1:1: the configuration is a mapping of settings, \"key: value\"\n" },

    /* unknown and missing keys */
    { ALL "nod: a\n", "6:1: unknown key \"nod\" in the configuration; did you "
                      "mean \"node\"?\n" },
    { ALL "xyzzy: a\n", "6:1: unknown key \"xyzzy\" in the configuration\n" },
    { ALL "certificate: a\n",
      "6:1: unknown key \"certificate\" in the configuration; it belongs under "
      "cas\n" },
    { ALL "server:\n  hedaer_timeout: 3s\n",
      "7:3: unknown key \"hedaer_timeout\" in the server; did you mean "
      "\"header_timeout\"?\n" },
    { "node: a\n" KEYS CAS SIGNERS PROFILES,
      "1:1: the configuration lacks \"listen\"\n" },
    { FIRST "profiles:\n  - name: p\n    type: open\n    ca: ca\n    " SUBJECT
            "\n",
      "6:5: a profile lacks \"signer\"\n" },
    { ALL "vendors:\n- { name: acme }\n", "7:3: a vendor lacks \"anchors\"\n" },

    /* registration authorities */
    { ALL RA "may: [nested] }]\n", "" },
    { ALL RA "may: [nested, approve, ra-verified, request, revoke] }]\n", "" },
    { ALL RA "}]\n", "6:7: a registration authority lacks \"may\"\n" },
    { ALL RA "may: [] }]\n", "6:45: may: at least 1 is needed\n" },
    { ALL RA "may: [sign] }]\n", "6:46: may: \"sign\" is none of nested, "
                                 "approve, ra-verified, request, revoke\n" },
    { ALL RA "may: [nested], needs_cmc_ra: false }]\n",
      "6:69: needs_cmc_ra: false needs certificates, else anybody below the "
      "anchors is an RA\n" },
    { ALL RA "may: [nested], needs_cmc_ra: false, certificates: [w.pem] }]\n",
      "" },
    { ALL RA "may: [nested], vendors: [acme] }]\n",
      "6:65: vendors: no \"acme\" in vendors\n" },
    { ALL RA "may: [nested] }, { name: east, anchors: [ra.pem], may: [nested], "
             "certificates: [e.pem] }]\n",
      "6:30: anchors: one is that of the RA at line 6 too; name the "
      "certificates of both\n" },
    { ALL RA "may: [nested] }, { name: west, anchors: [b.pem], may: [nested] "
             "}]\n",
      "6:65: name: \"west\" is in ras twice, first at line 6\n" },
    { A_PROFILE("ras: [west], " SUBJECT) RA "may: [nested] }]\n",
      "6:53: ras: type 3gpp-bs hears base stations alone; rfc9483 and open "
      "hear registration authorities too\n" },
    { FIRST "profiles: [{ name: p, type: legacy-2010, ca: ca, signer: s, ras: "
            "[west], " SUBJECT " }]\n" RA "may: [nested] }]\n",
      "5:66: ras: type legacy-2010 hears base stations alone; rfc9483 and open "
      "hear registration authorities too\n" },
    { FIRST "profiles: [{ name: p, type: open, ca: ca, signer: s, ras: "
            "[west], " SUBJECT " }]\n" RA "may: [nested] }]\n",
      "" },
    { FIRST "profiles: [{ name: p, type: rfc9483, ca: ca, signer: s, ras: "
            "[wets], " SUBJECT " }]\n" RA "may: [nested] }]\n",
      "5:63: ras: no \"wets\" in ras; did you mean \"west\"?\n" },

    /* authorities that may be certified as such */
    { ALL PEER "}]\n", "" },
    { ALL PEER "path_len: 8, permitted_dns: [a.example] }]\n", "" },
    { ALL "peer_cas: [{ name: e, certificates: [e.pem], anchors: [r.pem] }]\n",
      "6:12: a peer CA lacks \"subject\"\n" },
    { ALL "peer_cas: [{ name: e, subject: 'CN=e', anchors: [r.pem] }]\n",
      "6:12: a peer CA lacks \"certificates\"\n" },
    { ALL "peer_cas: [{ name: e, subject: 'CN=e', certificates: [e.pem] }]\n",
      "6:12: a peer CA lacks \"anchors\"\n" },
    { ALL PEER "path_len: 9 }]\n",
      "6:94: path_len: \"9\" is out of range: 0 to 8\n" },
    { A_PROFILE("peer_cas: [east], " SUBJECT) PEER "}]\n",
      "6:58: peer_cas: type 3gpp-bs certifies stations alone; open takes ccr "
      "too\n" },
    { FIRST "profiles: [{ name: p, type: rfc9483, ca: ca, signer: s, peer_cas: "
            "[east], " SUBJECT " }]\n" PEER "}]\n",
      "5:67: peer_cas: type rfc9483 certifies stations alone; open takes ccr "
      "too\n" },
    { FIRST "profiles: [{ name: p, type: legacy-2010, ca: ca, signer: s, "
            "peer_cas: [east], " SUBJECT " }]\n" PEER "}]\n",
      "5:71: peer_cas: type legacy-2010 certifies stations alone; open takes "
      "ccr too\n" },
    { FIRST "profiles: [{ name: p, type: open, ca: ca, signer: s, peer_cas: "
            "[east], " SUBJECT " }]\n" PEER "}]\n",
      "" },
    { FIRST "profiles: [{ name: p, type: open, ca: ca, signer: s, peer_cas: "
            "[esat], " SUBJECT " }]\n" PEER "}]\n",
      "5:65: peer_cas: no \"esat\" in peer_cas; did you mean \"east\"?\n" },

    /* values */
    { ALL "node:\n", "6:6: node: a value is missing\n" },
    { ALL "node: ~\n", "6:7: node: a value is missing\n" },
    { ALL "node: [a]\n", "6:7: node: one value is expected, not a list\n" },
    { ALL "node: {a: b}\n",
      "6:7: node: one value is expected, not a mapping\n" },
    { ALL "node: a b\n",
      "6:7: node: \"a b\" is no name: up to 63 letters, digits and ._- that "
      "begin with a letter or digit\n" },
    { ALL "node: \xc3\xa4\n",
      "6:7: node: \"\xc3\xa4\" is no name: up to 63 letters, digits and ._- "
      "that begin with a letter or digit\n" },
    { ALL "store: { kind: sqlit }\n",
      "6:16: kind: \"sqlit\" is none of sqlite, mem; did you mean "
      "\"sqlite\"?\n" },
    { ALL "store: store.db\n",
      "6:8: the store is a mapping of settings, \"key: value\"\n" },
    { ALL "server: { workers: 0 }\n",
      "6:20: workers: \"0\" is out of range: 1 to 256\n" },
    { ALL "server: { workers: 99999999999999999999 }\n",
      "6:20: workers: \"99999999999999999999\" is no number\n" },
    { ALL "server: { workers: -1 }\n", "6:20: workers: \"-1\" is no number\n" },
    { ALL "server: { drain: 10 }\n",
      "6:18: drain: \"10\" is no duration; write it like 500ms, 90s, 10m, 12h "
      "or 1d\n" },
    { ALL "server: { drain: 11m }\n",
      "6:18: drain: \"11m\" is out of range: 0s to 10m\n" },
    { ALL "server: { replay_window: 500ms }\n",
      "6:26: replay_window: \"500ms\" is no duration; write it like 90s, 10m, "
      "12h or 365d\n" },
    { ALL "server: { replay_window: 31d }\n",
      "6:26: replay_window: \"31d\" is out of range: 1m to 30d\n" },
    { ALL "server: { max_body: 65k }\n",
      "6:21: max_body: \"65k\" is out of range: 1k to 64k\n" },
    { ALL "server: { max_body: 64kB }\n",
      "6:21: max_body: \"64kB\" is no size; write it like 512, 64k or 1m\n" },
    { ALL "recorder: { file: store.db }\n",
      "6:19: recorder: file: this is store.file; the recorder needs a file of "
      "its own\n" },
    { ALL "recorder: { size: 1m }\n",
      "6:19: size: \"1m\" is out of range: 8m to 1024g\n" },
    { "listen: [{ port: 65536 }]\n" KEYS CAS SIGNERS PROFILES,
      "1:18: port: \"65536\" is out of range: 0 to 65535\n" },
    { "listen: [{ address: localhost, port: 1 }]\n" KEYS CAS SIGNERS PROFILES,
      "1:21: address: \"localhost\" is no IPv4 or IPv6 address\n" },
    { "listen: []\n" KEYS CAS SIGNERS PROFILES,
      "1:9: listen: at least 1 is needed\n" },
    { "listen: { port: 1 }\n" KEYS CAS SIGNERS PROFILES,
      "1:9: listen: a list is expected\n" },
    { A_PROFILE(SUBJECT ", default: yes"),
      "6:90: default: \"yes\" is neither true nor false\n" },
    { A_PROFILE(SUBJECT ", default: 'true'"),
      "6:90: default: \"true\" is neither true nor false\n" },
    { A_PROFILE(SUBJECT ", paths: /pkix/"),
      "6:88: paths: a list is expected; write [/pkix/]\n" },
    { A_PROFILE(SUBJECT ", paths: [pkix]"),
      "6:89: paths: \"pkix\" is no path: it begins with / and holds letters, "
      "digits and /-._~ only\n" },
    { A_PROFILE(SUBJECT ", paths: [/.well-known/cmp]"),
      "6:89: paths: \"/.well-known/cmp\" is taken: profiles answer below "
      "/.well-known/cmp\n" },
    { A_PROFILE(SUBJECT ", key_usage: [keyCertSign]"),
      "6:93: key_usage: \"keyCertSign\" is none of digitalSignature, "
      "nonRepudiation, keyEncipherment, dataEncipherment, keyAgreement\n" },
    { A_PROFILE(SUBJECT ", extended_key_usage: [cmcRA]"),
      "6:102: extended_key_usage: \"cmcRA\" is not for base stations: its "
      "holder may answer other stations' requests\n" },
    { A_PROFILE(SUBJECT ", extended_key_usage: [1.3.6.1.5.5.7.3.28]"),
      "6:102: extended_key_usage: \"1.3.6.1.5.5.7.3.28\" is not for base "
      "stations: its holder may answer other stations' requests\n" },
    { A_PROFILE(SUBJECT ", extended_key_usage: [ipsecIke]"),
      "6:102: extended_key_usage: \"ipsecIke\" is none of ipsecIKE, "
      "serverAuth, clientAuth; did you mean \"ipsecIKE\"?\n" },
    { ALL "vendors: [{ name: v, anchors: [a], serial: { pattern: '(' } }]\n",
      "6:55: pattern: \"(\" is no POSIX extended regular expression: Unmatched "
      "( or \\(\n" },
    { ALL "vendors: [{ name: v, anchors: [a], serial: { pattern: "
          "'((a{99}){99}){99}' } }]\n",
      "6:55: pattern: \"((a{99}){99}){99}\" is too large a pattern\n" },
    { ALL "vendors: [{ name: v, anchors: [a], serial: { pattern: "
          "'a**' } }]\n",
      "6:55: pattern: \"a**\" repeats what has a * or + in it\n" },
    { ALL "vendors: [{ name: v, anchors: [a], serial: { pattern: "
          "'(x[*]a*)+' } }]\n",
      "6:55: pattern: \"(x[*]a*)+\" repeats what has a * or + in it\n" },
    { ALL "vendors: [{ name: v, anchors: [a], serial: { pattern: "
          "'((a)+b){2}' } }]\n",
      "6:55: pattern: \"((a)+b){2}\" repeats what has a * or + in it\n" },
    { ALL "vendors: [{ name: v, anchors: [a], serial: { pattern: "
          "'(a|([]+]*))?' } }]\n",
      "6:55: pattern: \"(a|([]+]*))?\" repeats what has a * or + in it\n" },
    { ALL "vendors: [{ name: v, anchors: [a], quirks: [sender-mismach] }]\n",
      "6:45: quirks: \"sender-mismach\" is none of no-digital-signature, "
      "sender-mismatch, bare-private-key; did you mean "
      "\"sender-mismatch\"?\n" },

    /* patterns of names */
    { A_PROFILE("subject: 'CN'"),
      "6:57: subject: \"CN\" lacks the = of TYPE=value after \"CN\"\n" },
    { A_PROFILE("subject: 'cn={serial}'"),
      "6:57: subject: \"cn={serial}\" has an attribute \"cn\", which is not "
      "known\n" },
    { A_PROFILE("subject: 'CN={serial},serialNumbr=1'"),
      "6:57: subject: \"CN={serial},serialNumbr=1\" has an attribute "
      "\"serialNumbr\", which is not known; did you mean "
      "\"serialNumber\"?\n" },
    { A_PROFILE("subject: 'CN={serail}'"),
      "6:57: subject: \"CN={serail}\" knows {serial} and {vendor}, not "
      "{serail}; did you mean \"{serial}\"?\n" },
    { A_PROFILE("subject: 'CN={serial'"),
      "6:57: subject: \"CN={serial\" has a brace without its other one\n" },
    { A_PROFILE("subject: 'CN={serial},O='"),
      "6:57: subject: \"CN={serial},O=\" has a value of O that is empty\n" },
    { A_PROFILE("subject: 'CN={serial},C=DEU'"),
      "6:57: subject: \"CN={serial},C=DEU\" has a country that is not of two "
      "letters\n" },
    { A_PROFILE("subject: 'CN=a+{serial}'"),
      "6:57: subject: \"CN=a+{serial}\" needs a backslash before +\n" },
    { A_PROFILE("subject: 'CN=station'"),
      "6:57: subject: lacks {serial}, without which two stations would have "
      "one name\n" },
    { "vendors: [{ name: v, anchors: [a] }, { name: w, anchors: [b] "
      "}]\n" A_PROFILE("subject: 'CN={serial}'"),
      "7:57: subject: lacks {vendor}, without which two stations would have "
      "one name\n" },
    { A_PROFILE(SUBJECT ", dns: 'all.example'"),
      "6:86: dns: lacks {serial}, without which two stations would have one "
      "name\n" },
    { A_PROFILE(SUBJECT ", dns: 'a b'"),
      "6:86: dns: \"a b\" is no DNS name with {serial} and {vendor} in it\n" },

    /* between entries */
    { LISTEN KEYS
      "cas: [{ name: ca, certificate: c, key: kk }]\n" SIGNERS PROFILES,
      "3:40: key: no \"kk\" in keys\n" },
    { "vendors: [{ name: acme, anchors: [a] }]\n" A_PROFILE(
          SUBJECT ", vendors: [acne]"),
      "7:91: vendors: no \"acne\" in vendors; did you mean \"acme\"?\n" },
    { A_PROFILE(SUBJECT ", vendors: [acme]"),
      "6:91: vendors: no \"acme\" in vendors\n" },
    { ALL "vendors: [{ name: v, anchors: [a] }, { name: v, anchors: [b] }]\n",
      "6:46: name: \"v\" is in vendors twice, first at line 6\n" },
    { ALL "vendors:\n- { name: v, anchors: [a] }\n"
          "- { name: w, anchors: [./a] }\n",
      "8:24: anchors: \"a\" is one already, at line 7; an anchor tells whose a "
      "station is and stands in one vendor only\n" },
    { A_PROFILE(SUBJECT ", default: true") "- { name: q, type: open, ca: ca, "
                                           "signer: s, " SUBJECT
                                           ", default: true }\n",
      "7:87: default: another profile is that already, see line 6\n" },
    { A_PROFILE(SUBJECT ", paths: [/x, /x]"),
      "6:93: path \"/x\" is served already, see line 6\n" },
    { A_PROFILE(SUBJECT ", paths: [/crl/ca.crl]"),
      "6:89: path \"/crl/ca.crl\" is served already, see line 3\n" },
    { A_PROFILE(SUBJECT ", implicit_confirm: true"),
      "6:99: implicit_confirm: type 3gpp-bs confirms explicitly (TS 33.310, "
      "9.5.4.5)\n" },
    { A_PROFILE(SUBJECT ", key_generator: s"),
      "6:96: key_generator: stations of type 3gpp-bs make their keys "
      "themselves; rfc9483 and open can have them made\n" },
    { A_PROFILE(SUBJECT ", revocation_passphrases: true"),
      "6:105: revocation_passphrases: type open alone takes them\n" },
    { FIRST "profiles:\n- { " OPEN SUBJECT ", revocation_passphrases: true }\n",
      "6:102: revocation_passphrases: they are encrypted to "
      "general.encryption_key, and that is not set\n" },
    { FIRST "profiles:\n- { " OPEN SUBJECT ", revocation_passphrases: true, "
            "general: { encryption_key: k } }\n",
      "6:102: revocation_passphrases: they are sealed under "
      "secrets.key_file, and that is not set\n" },
    { FIRST "profiles:\n- { " OPEN SUBJECT ", revocation_passphrases: true, "
            "general: { encryption_key: k } }\nsecrets: { key_file: s.key }\n",
      "" },
    { A_PROFILE(SUBJECT ", roots: { extra_certs: [r.pem] }"),
      "6:103: extra_certs: anybody on the way can change extraCerts, and line "
      "1 listens without TLS; put the roots into ca_pubs, listen with TLS "
      "alone, or set extra_certs_over_http (TS 33.310, 9.5.4.3)\n" },
    { A_PROFILE(SUBJECT ", roots: { extra_certs: [r.pem], "
                        "extra_certs_over_http: true }"),
      "" },
    { A_PROFILE(SUBJECT ", roots: { ca_pubs: [r.pem] }"), "" },
    { "listen: [{ port: 80, tls: { certificate: t.pem, key: t.key } }]\n" KEYS
          CAS SIGNERS "profiles:\n- { " PROFILE SUBJECT
      ", roots: { extra_certs: [r.pem] } }\n",
      "" },
    { LISTEN KEYS CAS SIGNERS "vendors: [{ name: secret, anchors: [a.pem], "
                              "serial: { from: subject.CN } }]\n" PROFILES,
      "5:19: name: \"secret\" is kept for stations that enrol by a shared "
      "secret\n" },
    { LISTEN KEYS "cas: [{ name: ca, certificate: c, key: k, crl: { validity: "
                  "1d } }]\n" SIGNERS PROFILES,
      "3:48: renew_before: is not less than the CRL's validity\n" },
    { "listen: [{ port: 80 }, { port: 80 }]\n" KEYS CAS SIGNERS PROFILES,
      "1:24: address :: and port 80 are listened on already, see line 1\n" },
    { "listen: [{ port: 1, tls: { certificate: t, key: k.key } }]\n" KEYS CAS
          SIGNERS PROFILES,
      "1:49: key: a key of the CA cannot serve TLS, see line 2\n" },

    /* several, in order of lines */
    { "nod: a\n" LISTEN KEYS CAS SIGNERS PROFILES "log: { level: inf }\n",
      "1:1: unknown key \"nod\" in the configuration; did you mean \"node\"?\n"
      "7:15: level: \"inf\" is none of debug, info, warn, error; did you mean "
      "\"info\"?\n" },
};

/* Puts the file's name before each line. */
static void add_expected(const char *lines, struct buf *out)
{
    size_t len;

    for (; *lines != '\0'; lines += len) {
        len = strcspn(lines, "\n") + 1;
        buf_printf(out, "sm.yaml:%.*s", (int)len, lines);
    }
}

static void complains(void **state)
{
    struct buf errors, expected;
    size_t i, num_failed = 0;

    (void)state;
    buf_init(&errors, 65536);
    buf_init(&expected, 65536);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(config) c = NULL;
        struct fault f = { 0 };
        bool is_bad = cases[i].errors[0] != '\0';

        buf_clear(&errors);
        buf_clear(&expected);
        assert_int_equal(
            config_parse(span_str(cases[i].text), "sm.yaml", &c, &errors, &f),
            is_bad ? ERR_CONFIG : ERR_OK);
        add_expected(cases[i].errors, &expected);
        if (strcmp(buf_str(&errors), buf_str(&expected)) != 0) {
            print_error("case %zu: have %swant %s", i, buf_str(&errors),
                        buf_str(&expected));
            num_failed++;
        }
        if (is_bad)
            assert_memory_equal(f.text, "sm.yaml:", 8);
    }
    buf_done(&expected);
    buf_done(&errors);
    assert_int_equal(num_failed, 0);
}

/* Twenty are told, and that there are more. */
static void tells_twenty(void **state)
{
    AUTO(config) c = NULL;
    struct buf text, errors;
    struct fault f = { 0 };
    size_t i, num_lines = 0;
    const char *p;

    (void)state;
    buf_init(&text, 65536);
    buf_init(&errors, 65536);
    for (i = 0; i < 30; i++)
        buf_printf(&text, "x%zu: y\n", i);
    assert_int_equal(config_parse(buf_span(&text), "sm.yaml", &c, &errors, &f),
                     ERR_CONFIG);
    for (p = buf_str(&errors); (p = strchr(p, '\n')) != NULL; p++)
        num_lines++;
    assert_int_equal(num_lines, LIMIT_CONFIG_ERRORS + 1);
    assert_non_null(strstr(buf_str(&errors), "more errors than these 20"));
    buf_done(&errors);
    buf_done(&text);
}

/* Every bound that a file could break holds. */
static void bounds_hold(void **state)
{
    static const struct {
        const char *start;
        const char *item;
        size_t num;
        const char *error;
    } bounds[] = {
        { "x: [", "a,", LIMIT_CONFIG_NODES, "more than 65536 values" },
        { "node: [[", "a,", 100, "not YAML" },
        { "listen: [", "{port: 0},", 65, "listen: more than 64" },
        { "profiles: [{ subject: '", "CN=a,", 20, "more than 16 attributes" },
        { "profiles: [{ subject: 'O=a,CN=", "a", 201, "too long" },
        { "profiles: [{ subject: 'CN=", "{a", 50, "brace" },
    };
    size_t i, k;

    (void)state;
    for (i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
        const char *quote = strchr(bounds[i].start, '\'');
        AUTO(config) c = NULL;
        struct buf text, errors;
        struct fault f = { 0 };

        buf_init(&text, LIMIT_FILE_LEN);
        buf_init(&errors, 65536);
        buf_add_str(&text, bounds[i].start);
        for (k = 0; k < bounds[i].num; k++)
            buf_add_str(&text, bounds[i].item);
        buf_add_str(&text, quote != NULL ? "' }]\n" : "]\n");
        assert_int_equal(
            config_parse(buf_span(&text), "sm.yaml", &c, &errors, &f),
            ERR_CONFIG);
        if (strstr(buf_str(&errors), bounds[i].error) == NULL)
            fail_msg("%s: %s", bounds[i].error, buf_str(&errors));
        buf_done(&errors);
        buf_done(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(complains),
        cmocka_unit_test(tells_twenty),
        cmocka_unit_test(bounds_hold),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
