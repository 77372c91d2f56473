#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/limits.h"
#include "service/naming.h"
#include "support/der_text.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static int setup(void **state)
{
    *state = arena_new(LIMIT_REQUEST_ARENA);
    return *state == NULL;
}

static int teardown(void **state)
{
    arena_free(*state);
    return 0;
}

/* --- the serial number --- */

#define CN CONFIG_SERIAL_SUBJECT_CN
#define SN CONFIG_SERIAL_SUBJECT_SERIAL_NUMBER
#define DNS CONFIG_SERIAL_SAN_DNS
#define URI CONFIG_SERIAL_SAN_URI

/* Names as der_text: CN is 06{550403}, serialNumber 06{550405}. */
#define ATTRIBUTE(oid, string) "31{ 30{ 06{" oid "} " string " } }"
#define NAME_CN(string) "30{ " ATTRIBUTE("550403", string) " }"

static const struct {
    const char *what;
    enum config_serial_from from;
    const char *pattern; /* NULL: none */
    const char *subject, *san;
    const char *serial; /* NULL: absent */
} serial_cases[] = {
    { "the whole CN", CN, NULL, NAME_CN("0c{'BS-1'}"), NULL, "BS-1" },
    { "a PrintableString", CN, NULL, NAME_CN("13{'BS-1'}"), NULL, "BS-1" },
    { "no CN", CN, NULL, "30{ " ATTRIBUTE("55040a", "0c{'BS-1'}") " }", NULL,
      NULL },
    { "an empty subject", CN, NULL, "30{}", NULL, NULL },
    { "serialNumber", SN, NULL,
      "30{ " ATTRIBUTE("550405", "13{'4711'}")
          ATTRIBUTE("550403", "0c{'BS-1'}") " }",
      NULL, "4711" },
    { "no serialNumber", SN, NULL, NAME_CN("0c{'BS-1'}"), NULL, NULL },
    { "group 1", CN, "^BS-([0-9]+)$", NAME_CN("0c{'BS-1234'}"), NULL, "1234" },
    { "no group", CN, "[0-9]+", NAME_CN("0c{'BS-1234x'}"), NULL, "1234" },
    { "a group not taken", CN, "^(X-)?BS-[0-9]+$", NAME_CN("0c{'BS-12'}"), NULL,
      "BS-12" },
    { "an empty group", CN, "^BS-([0-9]*)$", NAME_CN("0c{'BS-'}"), NULL, NULL },
    { "no match", CN, "^BS-([0-9]+)$", NAME_CN("0c{'ENB-1234'}"), NULL, NULL },
    { "not anchored at its end", CN, "^BS-([0-9]+)", NAME_CN("0c{'BS-12,O=x'}"),
      NULL, "12" },
    { "the second CN matches", CN, "^BS-([0-9]+)$",
      "30{ " ATTRIBUTE("550403", "0c{'router'}")
          ATTRIBUTE("550403", "0c{'BS-77'}") " }",
      NULL, "77" },
    { "DNS", DNS, "^([a-z0-9]+)\\.acme\\.example$", "30{}",
      "30{ 82{'bs77.acme.example'} }", "bs77" },
    { "URI where DNS is asked", DNS, NULL, "30{}", "30{ 86{'urn:x'} }", NULL },
    { "URI", URI, "^urn:dev:([0-9]+)$", "30{}",
      "30{ 82{'a.example'} 86{'urn:dev:9'} }", "9" },
    { "the second URI", URI, "^urn:dev:([0-9]+)$", "30{}",
      "30{ 86{'urn:other'} 86{'urn:dev:9'} }", "9" },
    { "no SAN", URI, NULL, "30{}", NULL, NULL },
    { "a SAN not readable", DNS, NULL, "30{}", "3006 820161 0500", NULL },
    /* Only printable ASCII without a blank is a serial number. */
    { "a blank", CN, NULL, NAME_CN("0c{'BS 1'}"), NULL, NULL },
    { "a newline", CN, NULL, NAME_CN("0c{'BS1' 0a}"), NULL, NULL },
    { "a NUL", CN, "^BS([0-9]+)", NAME_CN("0c{'BS1' 00 '2'}"), NULL, NULL },
    { "UTF-8", CN, NULL, NAME_CN("0c{'BS' c3a9}"), NULL, NULL },
    { "escape", CN, NULL, NAME_CN("0c{1b '[2J'}"), NULL, NULL },
};

static void test_serial(void **state)
{
    size_t failures = 0;

    for (size_t i = 0; i < NUM(serial_cases); i++) {
        struct config_vendor config = { .serial = { serial_cases[i].from,
                                                    serial_cases[i].pattern } };
        struct vendor vendor = { .config = &config };
        struct x509_cert cert = { 0 };
        const char *want = serial_cases[i].serial;
        struct span serial;

        if (config.serial.pattern != NULL) {
            assert_int_equal(
                regcomp(&vendor.pattern, config.serial.pattern, REG_EXTENDED),
                0);
            vendor.has_pattern = true;
        }
        cert.subject = der_text(serial_cases[i].subject, *state);
        if (serial_cases[i].san != NULL)
            cert.san = der_text(serial_cases[i].san, *state);
        assert_int_equal(naming_serial(&vendor, &cert, *state, &serial, NULL),
                         ERR_OK);
        if (want == NULL ? !span_is_absent(serial)
                         : !span_is_equal(serial, span_str(want))) {
            print_error("%s: '%.*s'\n", serial_cases[i].what, (int)serial.len,
                        (const char *)serial.ptr);
            failures++;
        }
        if (vendor.has_pattern)
            regfree(&vendor.pattern);
    }
    assert_int_equal(failures, 0);
}

/* 255 octets are taken, 256 are not. */
static void test_long_serial(void **state)
{
    struct config_vendor config = { .serial = { CN, NULL } };
    struct vendor vendor = { .config = &config };

    for (size_t len = 255; len <= 256; len++) {
        struct x509_cert cert = { 0 };
        struct span serial;
        struct der_writer w;
        uint8_t text[256];

        memset(text, 'a', sizeof(text));
        der_writer_init(&w, *state, 512);
        der_put_utf8(&w, span_of(text, len));
        der_put_oid(&w, oid_span(OID_ID_AT_COMMON_NAME));
        der_put_header(&w, DER_SEQUENCE, 0);
        der_put_header(&w, DER_SET, 0);
        der_put_header(&w, DER_SEQUENCE, 0);
        assert_int_equal(der_finish(&w, &cert.subject), ERR_OK);
        assert_int_equal(naming_serial(&vendor, &cert, *state, &serial, NULL),
                         ERR_OK);
        assert_int_equal(serial.len, len == 255 ? 255 : 0);
    }
}

/* --- names by pattern --- */

static struct config_attribute attributes[] = {
    { "O", "2.5.4.10", "Operator" },
    { "OU", "2.5.4.11", "{vendor}" },
    { "CN", "2.5.4.3", "bs-{serial}" },
};

static const struct {
    const char *vendor, *serial;
    const char *dns;     /* the pattern */
    const char *subject; /* RFC 4514; NULL: refused */
    const char *host;
} pattern_cases[] = {
    { "acme", "17", "{serial}.{vendor}.op.example",
      "CN=bs-17,OU=acme,O=Operator", "17.acme.op.example" },
    { "acme", "17", NULL, "CN=bs-17,OU=acme,O=Operator", NULL },
    { "acme", "Ab", "{serial}.op.example", "CN=bs-Ab,OU=acme,O=Operator",
      "ab.op.example" },
    /* What a vendor certified must not become another attribute. */
    { "acme", "1,O=Evil", NULL, "CN=bs-1\\,O\\=Evil,OU=acme,O=Operator", NULL },
    { "acme", "1+CN=x", NULL, "CN=bs-1\\+CN\\=x,OU=acme,O=Operator", NULL },
    { "acme", "a\\", NULL, "CN=bs-a\\\\,OU=acme,O=Operator", NULL },
    { "acme", "\"<>;", NULL, "CN=bs-\\\"\\<\\>\\;,OU=acme,O=Operator", NULL },
    { "acme", "{vendor}", NULL, "CN=bs-{vendor},OU=acme,O=Operator", NULL },
    /* Nor another host. */
    { "acme", "a.b", "{serial}.op.example", "CN=bs-a.b,OU=acme,O=Operator",
      "a.b.op.example" },
    { "acme", "a/b", "{serial}.op.example", NULL, NULL },
    { "acme", "*", "{serial}.op.example", NULL, NULL },
    { "acme", ".a", "{serial}.op.example", NULL, NULL },
    { "acme", "a..b", "{serial}.op.example", NULL, NULL },
    { "acme",
      "a2345678901234567890123456789012345678901234567890123456789012x4",
      "{serial}.op.example", NULL, NULL },
};

static bool pattern_holds(size_t i, struct arena *a)
{
    struct config_profile profile = {
        .subject = { NUM(attributes), attributes }, .dns = pattern_cases[i].dns
    };
    struct names names = { SPAN_NONE, NULL, 0 };
    const char *host = pattern_cases[i].host, *subject;
    struct fault f = { 0 };
    enum err e =
        naming_by_pattern(&profile, span_str(pattern_cases[i].vendor),
                          span_str(pattern_cases[i].serial), a, &names, &f);

    if (pattern_cases[i].subject == NULL)
        return e == ERR_CONFIG &&
               strstr(f.text, pattern_cases[i].serial) != NULL;
    if (e != ERR_OK)
        return false;
    subject = name_format(names.subject, a);
    if (host != NULL && (names.num_san != 1 || names.san[0].type != GN_DNS ||
                         !span_is_equal(names.san[0].value, span_str(host))))
        return false;
    /* The text may escape less; as names they have to be equal. */
    {
        struct span want;

        return (host != NULL || names.num_san == 0) &&
               name_parse(pattern_cases[i].subject, a, &want, NULL) == ERR_OK &&
               name_is_equal(want, names.subject) && subject != NULL;
    }
}

static void test_pattern(void **state)
{
    size_t failures = 0;

    for (size_t i = 0; i < NUM(pattern_cases); i++) {
        if (pattern_holds(i, *state))
            continue;
        print_error("serial %s\n", pattern_cases[i].serial);
        failures++;
    }
    assert_int_equal(failures, 0);
}

/* A serial is one value: as many attributes as the pattern has, each once. */
static void test_injection(void **state)
{
    struct config_profile profile = { .subject = { NUM(attributes),
                                                   attributes } };
    struct names names;
    struct span value;

    assert_int_equal(naming_by_pattern(&profile, SPAN_LIT("acme"),
                                       SPAN_LIT("1,CN=admin,O=Evil"), *state,
                                       &names, NULL),
                     ERR_OK);
    assert_true(name_find(names.subject, OID_ID_AT_COMMON_NAME, 0, &value));
    assert_true(span_is_equal(value, SPAN_LIT("bs-1,CN=admin,O=Evil")));
    assert_false(name_find(names.subject, OID_ID_AT_COMMON_NAME, 1, &value));
    assert_true(
        name_find(names.subject, OID_ID_AT_ORGANIZATION_NAME, 0, &value));
    assert_true(span_is_equal(value, SPAN_LIT("Operator")));
    assert_false(
        name_find(names.subject, OID_ID_AT_ORGANIZATION_NAME, 1, &value));
}

/* --- names of a template or a certificate --- */

static void test_from(void **state)
{
    struct span name = der_text(NAME_CN("0c{'bs'}"), *state);
    struct span san = der_text("30{ 82{'a.example'} 87{0a000001} }", *state);
    struct names names, other;

    assert_int_equal(naming_from(name, san, *state, &names, NULL), ERR_OK);
    assert_true(span_is_equal(names.subject, name));
    assert_int_equal(names.num_san, 2);
    assert_int_equal(naming_from(name, SPAN_NONE, *state, &other, NULL),
                     ERR_OK);
    assert_int_equal(other.num_san, 0);
    assert_int_equal(naming_from(SPAN_NONE, san, *state, &other, NULL), ERR_OK);
    assert_true(name_is_null(other.subject));
    assert_int_equal(
        naming_from(name, der_text("30{}", *state), *state, &other, NULL),
        ERR_BAD_CERT_TEMPLATE);
}

/* --- claims --- */

/* Names that a relying party takes for equal have one key, others two. */
static const struct {
    const char *a, *a_san, *b, *b_san;
    bool is_equal; /* of the last key */
} claim_cases[] = {
    { NAME_CN("0c{'BS 1'}"), NULL, NAME_CN("0c{'bs 1'}"), NULL, true },
    { NAME_CN("0c{'BS 1'}"), NULL, NAME_CN("13{'BS  1'}"), NULL, true },
    { NAME_CN("0c{'BS 1'}"), NULL, NAME_CN("0c{'BS1'}"), NULL, false },
    { NAME_CN("0c{'a,O=b'}"), NULL,
      "30{ " ATTRIBUTE("55040a", "0c{'b'}") ATTRIBUTE("550403", "0c{'a'}") " }",
      NULL, false },
    { "30{}", "30{ 82{'A.example'} }", "30{}", "30{ 82{'a.EXAMPLE'} }", true },
    { "30{}", "30{ 82{'a.example'} }", "30{}", "30{ 81{'a.example'} }", false },
    { "30{}", "30{ 82{'a.example'} }", "30{}", "30{ 86{'a.example'} }", false },
    { "30{}", "30{ 87{0a000001} }", "30{}", "30{ 87{0a000001} }", true },
    { "30{}", "30{ 87{0a000001} }", "30{}", "30{ 87{0a000002} }", false },
    { NAME_CN("0c{'dns:a'}"), NULL, "30{}", "30{ 82{'cn=dns:a'} }", false },
};

static struct span last_claim(const char *name, const char *san,
                              struct arena *a)
{
    struct names names;
    const struct span *claims;
    size_t num;

    assert_int_equal(naming_from(der_text(name, a),
                                 san == NULL ? SPAN_NONE : der_text(san, a), a,
                                 &names, NULL),
                     ERR_OK);
    assert_int_equal(naming_claims(&names, a, &claims, &num, NULL), ERR_OK);
    assert_int_equal(num, 1);
    return claims[0];
}

static void test_claims(void **state)
{
    for (size_t i = 0; i < NUM(claim_cases); i++) {
        struct span a =
            last_claim(claim_cases[i].a, claim_cases[i].a_san, *state);
        struct span b =
            last_claim(claim_cases[i].b, claim_cases[i].b_san, *state);

        if (span_is_equal(a, b) != claim_cases[i].is_equal)
            fail_msg("case %zu: '%.*s' and '%.*s'", i, (int)a.len,
                     (const char *)a.ptr, (int)b.len, (const char *)b.ptr);
    }
}

/* Subject first, then each alternative name; an empty subject claims none. */
static void test_claim_list(void **state)
{
    const struct span *claims;
    struct names names;
    uint8_t longest[LIMIT_NAME_LEN + 1] = { 0 };
    struct general_name name = { .type = GN_DNS };
    size_t num;

    assert_int_equal(
        naming_from(der_text(NAME_CN("0c{'BS-1'}"), *state),
                    der_text("30{ 82{'A.example'} 86{'urn:x'} }", *state),
                    *state, &names, NULL),
        ERR_OK);
    assert_int_equal(naming_claims(&names, *state, &claims, &num, NULL),
                     ERR_OK);
    assert_int_equal(num, 3);
    assert_true(span_is_equal(claims[0], SPAN_LIT("dn:cn=bs-1")));
    assert_true(span_is_equal(claims[1], SPAN_LIT("dns:a.example")));
    assert_true(span_is_equal(claims[2], SPAN_LIT("uri:urn:x")));
    names = (struct names){ SPAN_LIT("\x30\x00"), NULL, 0 };
    assert_int_equal(naming_claims(&names, *state, &claims, &num, NULL),
                     ERR_OK);
    assert_int_equal(num, 0);
    name.value = SPAN_OF(longest);
    names.san = &name;
    names.num_san = 1;
    assert_int_equal(naming_claims(&names, *state, &claims, &num, NULL),
                     ERR_LIMIT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_serial, setup, teardown),
        cmocka_unit_test_setup_teardown(test_long_serial, setup, teardown),
        cmocka_unit_test_setup_teardown(test_pattern, setup, teardown),
        cmocka_unit_test_setup_teardown(test_injection, setup, teardown),
        cmocka_unit_test_setup_teardown(test_from, setup, teardown),
        cmocka_unit_test_setup_teardown(test_claims, setup, teardown),
        cmocka_unit_test_setup_teardown(test_claim_list, setup, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
