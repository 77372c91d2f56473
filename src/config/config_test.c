#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "config/schema.h"

/* The least that is accepted. */
#define KEYS_TO_SIGNERS                                  \
    "keys: [{ name: k, file: k.key }]\n"                 \
    "cas: [{ name: ca, certificate: ca.pem, key: k }]\n" \
    "signers: [{ name: s, certificate: s.pem, key: k }]\n"
#define LEAST                                                              \
    "listen: [{ port: 0 }]\n" KEYS_TO_SIGNERS                              \
    "profiles: [{ name: p, type: open, ca: ca, signer: s, subject: 'CN={s" \
    "erial}' }]\n"

static struct config *parse(const char *text, const char *file)
{
    struct config *c = NULL;
    struct fault f = { 0 };
    struct buf errors;

    buf_init(&errors, 65536);
    if (config_parse(span_str(text), file, &c, &errors, &f) != ERR_OK)
        fail_msg("%s\n%s", f.text, buf_str(&errors));
    buf_done(&errors);
    return c;
}

static void fills_defaults(void **state)
{
    AUTO(config) c = parse(LEAST, "/etc/sm/sm.yaml");
    const struct config_profile *p = &c->profiles[0];

    (void)state;
    assert_string_equal(c->node, "stationmaster");
    assert_int_equal(c->store.kind, CONFIG_STORE_SQLITE);
    assert_string_equal(c->store.file, "/etc/sm/store.db");
    assert_int_equal(c->log.format, CONFIG_LOG_LOGFMT);
    assert_int_equal(c->log.level, CONFIG_LOG_INFO);
    assert_string_equal(c->log.file, "-");
    assert_string_equal(c->listen[0].address, "::");
    assert_false(c->listen[0].has_tls);
    assert_int_equal(c->server.loops, 2);
    assert_int_equal(c->server.workers, 4);
    assert_int_equal(c->server.queue, 1024);
    assert_int_equal(c->server.handshake_timeout_ms, 10000);
    assert_int_equal(c->server.header_timeout_ms, 10000);
    assert_int_equal(c->server.body_timeout_ms, 20000);
    assert_int_equal(c->server.idle_timeout_ms, 60000);
    assert_int_equal(c->server.request_deadline_ms, 15000);
    assert_int_equal(c->server.drain_ms, 10000);
    assert_int_equal(c->server.max_connections, 20000);
    assert_int_equal(c->server.max_body, 65536);
    assert_int_equal(c->server.refusals_per_source, 10);
    assert_int_equal(c->server.refusals_burst, 50);
    assert_int_equal(c->server.refusals_total, 500);
    assert_int_equal(c->server.replay_window_s, 86400);
    assert_int_equal(c->keys[0].max_waiting, 64);
    assert_null(c->cas[0].crl.url);
    assert_string_equal(c->cas[0].crl.path, "/crl/ca.crl");
    assert_int_equal(c->cas[0].crl.validity_s, 7 * 86400);
    assert_int_equal(c->cas[0].crl.renew_before_s, 86400);
    assert_ptr_equal(c->cas[0].key, &c->keys[0]);
    assert_int_equal(c->num_vendors, 0);
    assert_false(p->is_default);
    assert_null(p->dns);
    assert_int_equal(p->validity_s, (int64_t)1095 * 86400);
    assert_int_equal(p->backdate_s, 600);
    assert_int_equal(p->confirm_wait_s, 600);
    assert_int_equal(p->on_timeout, CONFIG_UNCONFIRMED_REVOKE);
    assert_int_equal(p->on_rejection, CONFIG_UNCONFIRMED_REVOKE);
    assert_int_equal(p->renew_grace_s, 0);
    assert_int_equal(p->message_time_window_s, 600);
    assert_false(p->implicit_confirm);
    assert_false(p->ir_by_operator_certificate);
    assert_false(p->same_key_update);
    assert_int_equal(p->possession, 0);
    assert_true(p->signing_keys_sign);
    assert_int_equal(p->vendor_key_reuse, CONFIG_KEY_REUSE_WARN);
    assert_int_equal(p->key_usage, CONFIG_KU_DIGITAL_SIGNATURE);
    assert_int_equal(p->extended_key_usage.num, 0);
    assert_int_equal(p->algorithms.num, 0);
}

static const char full[] =
    "node: ra1\n"
    "store: { kind: mem }\n"
    "log: { format: json, level: debug, file: log/sm.log }\n"
    "listen:\n"
    "  - { address: 127.0.0.1, port: 80 }\n"
    "  - { address: '::1', port: 443, tls: { certificate: t.pem, key: t.key } "
    "}\n"
    "server: { header_timeout: 500ms, max_body: 32k, replay_window: 12h }\n"
    "keys:\n"
    "  - { name: issuing, file: ./i.key, max_waiting: 3 }\n"
    "  - { name: cmp, file: /keys/c.key }\n"
    "cas:\n"
    "  - name: issuing\n"
    "    certificate: i.pem\n"
    "    chain: [mid.pem, root.pem]\n"
    "    key: issuing\n"
    "    crl: { url: 'http://h.example/i.crl', path: /i.crl, validity: 2d }\n"
    "signers: [{ name: cmp, certificate: c.pem, chain: [i.pem], key: cmp }]\n"
    "vendors:\n"
    "  - name: acme\n"
    "    anchors: [a.pem]\n"
    "    serial: { from: san.uri, pattern: '^BS-(.*)$' }\n"
    "    crls: [a.crl]\n"
    "    quirks: [sender-mismatch, no-digital-signature]\n"
    "  - { name: bolt, anchors: [b.pem, c.pem], suggested_names: keep }\n"
    "profiles:\n"
    "  - name: bs\n"
    "    type: 3gpp-bs\n"
    "    default: true\n"
    "    paths: [/pkix/, /pkix/bs]\n"
    "    ca: issuing\n"
    "    signer: cmp\n"
    "    vendors: [bolt]\n"
    "    subject: 'CN={serial}.ran, O=A\\, B {vendor},C=DE'\n"
    "    dns: '{serial}.{vendor}.ran.example'\n"
    "    key_usage: [digitalSignature, keyEncipherment]\n"
    "    possession: [signature, challengeResp]\n"
    "    extended_key_usage: [ipsecIKE, 1.2.3, 1.3.6.1.5.5.7.3.2]\n"
    "    roots: { ca_pubs: [oam.pem] }\n"
    "  - name: lab\n"
    "    type: open\n"
    "    ca: issuing\n"
    "    signer: cmp\n"
    "    subject: 'CN={serial}.{vendor}'\n"
    "    implicit_confirm: true\n"
    "    on_timeout: keep\n";

static void reads_settings(void **state)
{
    AUTO(config) c = parse(full, "etc/sm.yaml");

    (void)state;
    assert_string_equal(c->node, "ra1");
    assert_int_equal(c->store.kind, CONFIG_STORE_MEM);
    assert_string_equal(c->log.file, "etc/log/sm.log");
    assert_int_equal(c->num_listen, 2);
    assert_true(c->listen[1].has_tls);
    assert_string_equal(c->listen[1].tls.key, "etc/t.key");
    assert_int_equal(c->listen[1].port, 443);
    assert_int_equal(c->listen[1].at.line, 6);
    assert_int_equal(c->listen[1].at.column, 5);
    assert_int_equal(c->server.header_timeout_ms, 500);
    assert_int_equal(c->server.max_body, 32768);
    assert_int_equal(c->server.replay_window_s, 43200);
    assert_string_equal(c->keys[0].file, "etc/i.key");
    assert_string_equal(c->keys[1].file, "/keys/c.key");
    assert_int_equal(c->cas[0].chain.num, 2);
    assert_string_equal(c->cas[0].chain.items[1], "etc/root.pem");
    assert_string_equal(c->cas[0].crl.url, "http://h.example/i.crl");
    assert_string_equal(c->cas[0].crl.path, "/i.crl");
    assert_ptr_equal(c->signers[0].key, &c->keys[1]);
}

static void reads_vendors_and_profiles(void **state)
{
    AUTO(config) c = parse(full, "sm.yaml");
    const struct config_vendor *v = c->vendors;
    const struct config_profile *p = c->profiles;

    (void)state;
    assert_int_equal(v[0].serial.from, CONFIG_SERIAL_SAN_URI);
    assert_string_equal(v[0].serial.pattern, "^BS-(.*)$");
    assert_int_equal(v[0].revocation, CONFIG_REVOCATION_REFUSE);
    assert_int_equal(v[1].revocation, CONFIG_REVOCATION_ADMIT);
    assert_int_equal(v[0].quirks, CONFIG_QUIRK_SENDER_MISMATCH |
                                      CONFIG_QUIRK_NO_DIGITAL_SIGNATURE);
    assert_string_equal(v[0].anchors.items[0], "a.pem");
    assert_int_equal(v[1].suggested_names, CONFIG_NAMES_KEEP);
    assert_true(p[0].is_default);
    assert_int_equal(p[0].paths.num, 2);
    assert_int_equal(p[0].vendors.num, 1);
    assert_ptr_equal(p[0].vendors.items[0], &v[1]);
    assert_int_equal(p[1].vendors.num, 2);
    assert_ptr_equal(p[1].vendors.items[0], &v[0]);
    assert_int_equal(p[0].subject.num, 3);
    assert_string_equal(p[0].subject.items[0].type, "C");
    assert_string_equal(p[0].subject.items[1].value, "A, B {vendor}");
    assert_string_equal(p[0].subject.items[2].oid, "2.5.4.3");
    assert_int_equal(p[0].key_usage,
                     CONFIG_KU_DIGITAL_SIGNATURE | CONFIG_KU_KEY_ENCIPHERMENT);
    assert_int_equal(p[0].possession,
                     CONFIG_POP_SIGNATURE | CONFIG_POP_CHALLENGE);
    assert_string_equal(p[0].extended_key_usage.items[0], "1.3.6.1.5.5.7.3.17");
    assert_string_equal(p[0].extended_key_usage.items[1], "1.2.3");
    assert_int_equal(p[0].roots.ca_pubs.num, 1);
    assert_string_equal(p[0].roots.ca_pubs.items[0], "oam.pem");
    assert_int_equal(p[0].roots.extra_certs.num, 0);
    assert_int_equal(p[1].roots.ca_pubs.num, 0);
    assert_true(p[1].implicit_confirm);
    assert_int_equal(p[1].on_timeout, CONFIG_UNCONFIRMED_KEEP);
    assert_string_equal(config_profile_type_name(p[0].type), "3gpp-bs");
    assert_string_equal(config_quirk_name(CONFIG_QUIRK_SENDER_MISMATCH),
                        "sender-mismatch");
}

/* What is not a repetition of a repetition is taken. */
static void takes_patterns(void **state)
{
    static const char *const patterns[] = {
        "^([0-9]*)-([A-Z]+)$", "[*+]{4}",   "([*]|a\\+){1,8}", "(a?b{2})?c+",
        "([^]*]{3})+",         "a*(b+|c)d", "((a)|(b))+",
    };
    const char *good = "    serial: { from: san.uri, pattern: '^BS-(.*)$' }";
    const char *at = strstr(full, good);

    (void)state;
    assert_non_null(at);
    for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++) {
        AUTO(config) c = NULL;
        struct buf text;

        buf_init(&text, 65536);
        buf_add(&text, span_of((const uint8_t *)full, (size_t)(at - full)));
        buf_printf(&text, "    serial: { from: san.uri, pattern: '%s' }%s",
                   patterns[i], at + strlen(good));
        c = parse(buf_str(&text), "sm.yaml");
        assert_string_equal(c->vendors[0].serial.pattern, patterns[i]);
        buf_done(&text);
    }
}

static void expands_patterns(void **state)
{
    struct buf out;

    (void)state;
    buf_init(&out, 100);
    config_expand("{serial}.{vendor}.x", "S{vendor}1", "acme", &out);
    assert_string_equal(buf_str(&out), "S{vendor}1.acme.x");
    buf_done(&out);
}

static void loads_files(void **state)
{
    char dir[] = "/tmp/config-test-XXXXXX", path[64];
    struct config *c = NULL;
    struct fault f = { 0 };
    struct buf errors;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/sm.yaml", dir);
    buf_init(&errors, 1000);
    assert_int_equal(config_load(path, &c, &errors, &f), ERR_NOT_FOUND);
    assert_int_equal(errors.len, 0);
    assert_int_equal(file_save(path, span_str(LEAST), 0600, &f), ERR_OK);
    assert_int_equal(config_load(path, &c, &errors, &f), ERR_OK);
    assert_string_equal(c->file, path);
    config_free(c);
    buf_done(&errors);
    unlink(path);
    rmdir(dir);
}

/* Calls `visit` for every row below a section.
 * Recursion as deep as the schema. NOLINTNEXTLINE(misc-no-recursion) */
static void each_row(const struct section *s,
                     void (*visit)(const struct setting *s))
{
    size_t i;

    for (i = 0; i < s->num; i++) {
        visit(&s->settings[i]);
        if (s->settings[i].section != NULL)
            each_row(s->settings[i].section, visit);
    }
}

static void check_row(const struct setting *s)
{
    bool is_implied = !(s->traits & (LIST | OPTIONAL | REQUIRED));
    size_t size = kind_size(s->kind), i;

    assert_non_null(s->meaning);
    assert_true(strlen(s->meaning) > 10);
    assert_int_equal(s->meaning[strlen(s->meaning) - 1], '.');
    assert_non_null(s->example);
    assert_int_equal(s->kind == KIND_CHOICE || s->kind == KIND_OID,
                     s->choices != NULL);
    assert_int_equal(s->kind == KIND_MAP, s->section != NULL);
    assert_int_equal(s->kind == KIND_ENTRY, s->target != NULL);
    if (s->traits & LIST) {
        assert_true(s->max > 0 && s->min <= s->max);
        assert_false((s->traits & REQUIRED) && s->min == 0);
        size = s->kind == KIND_MAP      ? sizeof(void *)
               : s->kind == KIND_CHOICE ? sizeof(uint32_t)
                                        : sizeof(struct config_texts);
    }
    if (s->kind != KIND_MAP || (s->traits & LIST))
        assert_int_equal(s->size, size);
    if (s->traits & REQUIRED)
        assert_true(s->preset == NULL && s->preset_note == NULL);
    /* A mapping filled from defaults alone needs nothing. */
    for (i = 0; s->section != NULL && is_implied && i < s->section->num; i++)
        assert_false(s->section->settings[i].traits & REQUIRED);
}

static void rows_are_whole(void **state)
{
    (void)state;
    each_row(&schema_root, check_row);
}

/* What a row gives as its example is taken by that row. */
static void check_example(const struct setting *s)
{
    struct arena *a = arena_new(65536);
    struct complaints errors = { .arena = a };
    struct reading r = { .arena = a, .errors = &errors, .file = "sm.yaml" };
    const struct node *value, *item;
    uint64_t scratch[64] = { 0 };
    char *text = arena_printf(a, "%s: %s\n", s->key, s->example);

    value = node_find(yaml_read(span_str(text), a, &errors), s->key);
    assert_non_null(value);
    assert_int_equal(value->kind == NODE_LIST, (s->traits & LIST) != 0);
    item = s->traits & LIST ? value->first : value;
    for (; item != NULL; item = s->traits & LIST ? item->next : NULL) {
        if (s->kind == KIND_MAP)
            section_fill(&r, s->section, item, scratch);
        else
            assert_true(value_read(&r, s, item, scratch));
    }
    if (errors.num > 0)
        fail_msg("%s: %s", s->key, errors.items[0].text);
    arena_free(a);
}

static void examples_are_taken(void **state)
{
    (void)state;
    each_row(&schema_root, check_example);
}

static void makes_first_configurations(void **state)
{
    static const struct config_example_vendor vendors[] = {
        { "bolt", "vendor/root.pem" },
        { "acme", NULL },
    };
    static const struct config_example cases[] = {
        { NULL },
        { .vendors = &vendors[1], .num_vendors = 1 },
        { "n2", "127.0.0.1", "0", "0", "Some 'Operator', Ltd",
          "http://h.example/i.crl", "san.dns", "^([0-9]+)\\.bolt$", vendors,
          2 },
    };
    size_t i;

    (void)state;
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(config) c = NULL;
        struct buf out;

        buf_init(&out, 65536);
        config_example(&cases[i], &out);
        c = parse(buf_str(&out), "sm.yaml");
        assert_null(strchr(buf_str(&out), '\t'));
        assert_int_equal(c->num_vendors, cases[i].num_vendors);
        assert_string_equal(c->profiles[0].name, "bs");
        if (i == 2)
            assert_string_equal(c->vendors[0].serial.pattern,
                                "^([0-9]+)\\.bolt$");
        if (i == 2)
            assert_string_equal(c->profiles[0].subject.items[0].value,
                                "Some 'Operator', Ltd");
        buf_done(&out);
    }
}

/* "# key: value" or "#   - key: value", but not a sentence. */
static bool is_commented_setting(const char *line)
{
    size_t len;

    if (strncmp(line, "# ", 2) != 0)
        return false;
    line += strspn(line, "# -");
    len = strcspn(line, " \n");
    return len > 1 && line[len - 1] == ':';
}

/* Lines that a first configuration shows behind # are settings too. */
static void comments_are_settings(void **state)
{
    struct config_example none = { NULL };
    struct config *c;
    struct buf out, text;
    const char *p, *end;

    (void)state;
    buf_init(&out, 65536);
    buf_init(&text, 65536);
    config_example(&none, &out);
    for (p = buf_str(&out); *p != '\0'; p = end + 1) {
        int indent = (int)strspn(p, " ");

        end = strchr(p, '\n');
        if (is_commented_setting(p + indent))
            buf_printf(&text, "%*s%.*s", indent, "",
                       (int)(end - p) - indent - 1, p + indent + 2);
        else if (strncmp(p, "vendors: []", 11) != 0)
            buf_add(&text, span_of(p, (size_t)(end - p) + 1));
    }
    c = parse(buf_str(&text), "sm.yaml");
    assert_int_equal(c->num_vendors, 1);
    assert_string_equal(c->vendors[0].allow, "acme-serials.txt");
    assert_int_equal(c->profiles[0].paths.num, 1);
    assert_int_equal(c->server.loops, 2);
    config_free(c);
    buf_done(&text);
    buf_done(&out);
}

static void explains(void **state)
{
    static const struct {
        const char *key;
        const char *text; /* all of it, or what the fault says */
        enum err err;
    } cases[] = {
        { "server.header_timeout",
          "server.header_timeout\n"
          "    duration, 100ms to 10m; default 10s\n"
          "    Time for a request's line and headers as a whole; a sender that "
          "drips is\n"
          "    cut.\n"
          "    example: header_timeout: 5s\n\n",
          ERR_OK },
        { "on_timeout",
          "profiles.on_timeout\n"
          "    one of revoke, keep; default revoke\n"
          "    What follows when no certConf came in that time.\n"
          "        revoke: the certificate is revoked\n"
          "        keep: it stays as it is, unconfirmed\n"
          "    example: on_timeout: keep\n\n",
          ERR_OK },
        { "server.hedaer_timeout",
          "no setting \"server.hedaer_timeout\"; did you mean "
          "\"header_timeout\"?",
          ERR_NOT_FOUND },
        { "xyzzy", "no setting \"xyzzy\"", ERR_NOT_FOUND },
    };
    struct fault f = { 0 };
    struct buf out;
    size_t i;

    (void)state;
    buf_init(&out, 65536);
    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        buf_clear(&out);
        assert_int_equal(config_explain(cases[i].key, &out, &f), cases[i].err);
        assert_string_equal(cases[i].err == ERR_OK ? buf_str(&out) : f.text,
                            cases[i].text);
    }
    buf_clear(&out);
    assert_int_equal(config_explain("store", &out, &f), ERR_OK);
    assert_non_null(strstr(buf_str(&out), "store.file\n"));
    buf_clear(&out);
    assert_int_equal(config_explain(NULL, &out, &f), ERR_OK);
    assert_non_null(strstr(buf_str(&out), "cas.crl.renew_before\n"));
    buf_done(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fills_defaults),
        cmocka_unit_test(reads_settings),
        cmocka_unit_test(reads_vendors_and_profiles),
        cmocka_unit_test(expands_patterns),
        cmocka_unit_test(takes_patterns),
        cmocka_unit_test(loads_files),
        cmocka_unit_test(rows_are_whole),
        cmocka_unit_test(examples_are_taken),
        cmocka_unit_test(makes_first_configurations),
        cmocka_unit_test(comments_are_settings),
        cmocka_unit_test(explains),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
