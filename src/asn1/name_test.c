#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/x509.h>

#include "asn1/types.h"
#include "support/der_text.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static void test_equality(void **state)
{
    static const struct {
        const char *a, *b;
        bool equal;
    } cases[] = {
        { "30{}", "30{}", true },
        { "30{}", "30{31{30{06{550403} 0c{'a'}}}}", false },
        { "30{31{30{06{550403} 0c{'a'}}}}", "30{}", false },
        /* letter case, string type, blanks */
        { "30{31{30{06{550403} 0c{'aBc'}}}}",
          "30{31{30{06{550403} 13{'AbC'}}}}", true },
        { "30{31{30{06{550403} 16{'abc'}}}}",
          "30{31{30{06{550403} 13{'ABC'}}}}", true },
        { "30{31{30{06{550403} 0c{'  a   b '}}}}",
          "30{31{30{06{550403} 13{'A b'}}}}", true },
        { "30{31{30{06{550403} 0c{'ab'}}}}", "30{31{30{06{550403} 0c{'a b'}}}}",
          false },
        { "30{31{30{06{550403} 0c{'a'}}}}", "30{31{30{06{550403} 0c{'ab'}}}}",
          false },
        { "30{31{30{06{550403} 0c{' '}}}}", "30{31{30{06{550403} 0c{}}}}",
          true },
        { "30{31{30{06{550403} 0c{c3a4}}}}", "30{31{30{06{550403} 0c{c384}}}}",
          false },
        { "30{31{30{06{550403} 0c{'@'}}}}", "30{31{30{06{550403} 0c{'`'}}}}",
          false },
        { "30{31{30{06{550403} 0c{'[z'}}}}", "30{31{30{06{550403} 0c{'[Z'}}}}",
          true },
        /* other string types: as they are */
        { "30{31{30{06{550403} 14{'a'}}}}", "30{31{30{06{550403} 14{'a'}}}}",
          true },
        { "30{31{30{06{550403} 14{'a'}}}}", "30{31{30{06{550403} 14{'A'}}}}",
          false },
        { "30{31{30{06{550403} 14{'a'}}}}", "30{31{30{06{550403} 0c{'a'}}}}",
          false },
        { "30{31{30{06{550403} 1e{0061}}}}", "30{31{30{06{550403} 1e{0061}}}}",
          true },
        /* type, order, number */
        { "30{31{30{06{550403} 0c{'a'}}}}", "30{31{30{06{55040a} 0c{'a'}}}}",
          false },
        { "30{31{30{06{550403} 0c{'a'}}} 31{30{06{55040a} 0c{'b'}}}}",
          "30{31{30{06{55040a} 0c{'b'}}} 31{30{06{550403} 0c{'a'}}}}", false },
        { "30{31{30{06{550403} 0c{'a'}}}}",
          "30{31{30{06{550403} 0c{'a'}}} 31{30{06{550403} 0c{'a'}}}}", false },
        /* multi-valued RDNs are sets */
        { "30{31{30{06{550403} 0c{'a'}} 30{06{55040a} 0c{'b'}}}}",
          "30{31{30{06{550403} 0c{'A'}} 30{06{55040a} 0c{'B'}}}}", true },
        { "30{31{30{06{55040a} 0c{'b'}} 30{06{550403} 0c{'a  a'}}}}",
          "30{31{30{06{550403} 0c{'A A'}} 30{06{55040a} 0c{' B  '}}}}", true },
        { "30{31{30{06{550403} 0c{'a'}} 30{06{55040a} 0c{'b'}}}}",
          "30{31{30{06{550403} 0c{'a'}}} 31{30{06{55040a} 0c{'b'}}}}", false },
        { "30{31{30{06{550403} 0c{'a'}} 30{06{550403} 0c{'b'}}}}",
          "30{31{30{06{550403} 0c{'a'}} 30{06{550403} 0c{'a'}}}}", false },
        { "30{31{30{06{550403} 0c{'a'}} 30{06{550403} 0c{'A'}}}}",
          "30{31{30{06{550403} 0c{'a'}}}}", false },
        /* no names: nothing equals them but themselves */
        { "30{0500}", "30{}", false },
        { "0500", "30{}", false },
        { "30{31{0500}}", "30{31{30{06{550403} 0c{'a'}}}}", false },
        { "30{31{30{06{550403} 0c{'a'}}}}", "30{31{0500}}", false },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(arena) mem = arena_new(4096);
        struct span a = der_text(cases[i].a, mem);
        struct span b = der_text(cases[i].b, mem);

        if (name_is_equal(a, b) != cases[i].equal)
            fail_msg("%s, %s", cases[i].a, cases[i].b);
        assert_int_equal(name_is_equal(b, a), cases[i].equal);
        assert_true(name_is_equal(a, a) && name_is_equal(b, b));
    }
}

static void test_find(void **state)
{
    AUTO(arena) a = arena_new(4096);
    struct span name =
        der_text("30{31{30{06{550403} 0c{'a'}}} 31{30{06{550403} 13{'b'}}"
                 " 30{06{550405} 13{'7'}}}}",
                 a);
    struct span out = SPAN_NONE;

    (void)state;
    assert_true(name_find(name, OID_ID_AT_COMMON_NAME, 0, &out));
    assert_true(span_is_equal(out, SPAN_LIT("a")));
    assert_true(name_find(name, OID_ID_AT_COMMON_NAME, 1, &out));
    assert_true(span_is_equal(out, SPAN_LIT("b")));
    assert_true(name_find(name, OID_ID_AT_SERIAL_NUMBER, 0, &out));
    assert_true(span_is_equal(out, SPAN_LIT("7")));
    assert_false(name_find(name, OID_ID_AT_COMMON_NAME, 2, &out));
    assert_false(name_find(name, OID_ID_AT_TITLE, 0, &out));
    assert_false(name_find(SPAN_LIT("\x05\x00"), OID_UID, 0, &out));
    assert_false(name_find(der_text("30{0500}", a), OID_UID, 0, &out));
    assert_false(name_find(der_text("30{31{0500}}", a), OID_UID, 0, &out));
    assert_true(span_is_equal(out, SPAN_LIT("7")));
}

static void test_is_null(void **state)
{
    (void)state;
    assert_true(name_is_null(SPAN_LIT("\x30\x00")));
    assert_false(name_is_null(SPAN_LIT("\x30")));
    assert_false(name_is_null(SPAN_NONE));
}

/* DER and its text; what parses back to other DER says so. */
static void test_format(void **state)
{
    static const struct {
        const char *der;
        const char *text;
    } cases[] = {
        { "30{}", "" },
        { "30{31{30{06{55040a} 0c{'Org'}}} 31{30{06{550403} 0c{'a'}}}}",
          "CN=a,O=Org" },
        { "30{31{30{06{550403} 0c{'a'}} 30{06{55040a} 0c{'b'}}}}", "CN=a+O=b" },
        { "30{31{30{06{550406} 13{'DE'}}}}", "C=DE" },
        { "30{31{30{06{550403} 0c{' #a, \"+;<=>\\ '}}}}",
          "CN=\\ #a\\, \\\"\\+\\;\\<=\\>\\\\\\ " },
        { "30{31{30{06{550403} 0c{'#a#'}}}}", "CN=\\#a#" },
        { "30{31{30{06{550403} 0c{0a7f}}}}", "CN=\\0a\\7f" },
        { "30{31{30{06{550403} 0c{c3a4e282acf09f9880}}}}",
          "CN=\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80" },
        { "30{31{30{06{550403} 14{e4}}}}", "CN=\xc3\xa4" },
        { "30{31{30{06{550403} 1e{00e4 20ac 0061}}}}", "CN=\xc3\xa4\xe2\x82\xac"
                                                       "a" },
        { "30{31{30{06{550403} 1c{0001f600}}}}", "CN=\xf0\x9f\x98\x80" },
        /* what is not text is shown as DER */
        { "30{31{30{06{550403} 1e{d800}}}}", "CN=#1e02d800" },
        { "30{31{30{06{550403} 1c{00110000}}}}", "CN=#1c0400110000" },
        { "30{31{30{06{550403} 14{00}}}}", "CN=#140100" },
        { "30{31{30{06{550403} 04{'a'}}}}", "CN=#040161" },
        { "30{31{30{06{550403} 0500}}}", "CN=#0500" },
        { "30{31{30{06{2a03} 0c{'a'}}}}", "1.2.3=#0c0161" },
        /* no name */
        { "0500", "#0500" },
        { "30{31{}}", "#30023100" },
        { "30{} 00", "#300000" },
        { "30{0500}", "#30020500" },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(arena) a = arena_new(16384);
        struct span name = der_text(cases[i].der, a), back;
        const char *text = name_format(name, a);

        assert_string_equal(text, cases[i].text);
        if (text[0] == '#')
            continue;
        assert_int_equal(name_parse(text, a, &back, NULL), ERR_OK);
        assert_string_equal(name_format(back, a), text);
    }
}

static void test_parse(void **state)
{
    static const struct {
        const char *text;
        const char *der; /* NULL: refused */
    } cases[] = {
        { "", "30{}" },
        { "  ", "30{}" },
        { "CN=a", "30{31{30{06{550403} 0c{'a'}}}}" },
        { "cn=a", "30{31{30{06{550403} 0c{'a'}}}}" },
        { "CN=a,O=b",
          "30{31{30{06{55040a} 0c{'b'}}} 31{30{06{550403} 0c{'a'}}}}" },
        { " CN = a b , O=b",
          "30{31{30{06{55040a} 0c{'b'}}} 31{30{06{550403} 0c{'a b'}}}}" },
        { "O=b+CN=a", "30{31{30{06{550403} 0c{'a'}} 30{06{55040a} 0c{'b'}}}}" },
        { "C=DE,serialNumber=42,DC=example",
          "30{31{30{06{0992268993f22c640119} 16{'example'}}}"
          " 31{30{06{550405} 13{'42'}}} 31{30{06{550406} 13{'DE'}}}}" },
        { "OU=a,L=b,ST=c,STREET=d,UID=e",
          "30{31{30{06{0992268993f22c640101} 0c{'e'}}}"
          " 31{30{06{550409} 0c{'d'}}} 31{30{06{550408} 0c{'c'}}}"
          " 31{30{06{550407} 0c{'b'}}} 31{30{06{55040b} 0c{'a'}}}}" },
        { "2.5.4.6=DE", "30{31{30{06{550406} 13{'DE'}}}}" },
        { "1.2.3=abc", "30{31{30{06{2a03} 0c{'abc'}}}}" },
        { "1.2.3=#0401AA", "30{31{30{06{2a03} 04{aa}}}}" },
        { "CN=#1e020061 ,O=b",
          "30{31{30{06{55040a} 0c{'b'}}} 31{30{06{550403} 1e{0061}}}}" },
        { "CN=\\,\\+\\\"\\\\\\<\\>\\;\\ \\#\\=\\C3\\a4",
          "30{31{30{06{550403} 0c{',+\"\\<>; #=' c3a4}}}}" },
        { "CN=\\ a\\ ", "30{31{30{06{550403} 0c{' a '}}}}" },
        { "CN=a\\20 ", "30{31{30{06{550403} 0c{'a '}}}}" },
        { "CN=a=b#c", "30{31{30{06{550403} 0c{'a=b#c'}}}}" },
        { "CN=\xc3\xa4", "30{31{30{06{550403} 0c{c3a4}}}}" },
        { "CN", NULL },
        { "=a", NULL },
        { "CN=", NULL },
        { "CN=  ", NULL },
        { "CN=,O=b", NULL },
        { "CN=a,", NULL },
        { "CN=a,,O=b", NULL },
        { "CN=a+", NULL },
        { ",CN=a", NULL },
        { "CN a", NULL },
        { "XX=a", NULL },
        { "1.2.=a", NULL },
        { "1=a", NULL },
        { "CN=a;O=b", NULL },
        { "CN=\"a\"", NULL },
        { "CN=a<b", NULL },
        { "CN=a\\", NULL },
        { "CN=a\\x", NULL },
        { "CN=a\\4", NULL },
        { "CN=\\00", NULL },
        { "CN=\\ff", NULL },
        { "CN=\xff", NULL },
        { "C=D", NULL },
        { "C=DEU", NULL },
        { "C=D_", NULL },
        { "serialNumber=a_b", NULL },
        { "DC=\xc3\xa4", NULL },
        { "CN=#", NULL },
        { "CN=#04", NULL },
        { "CN=#0500x", NULL },
        { "CN=#0500 x", NULL },
        { "CN=#05000", NULL },
        { "CN=#05000500", NULL },
        { "CN=#0c01ff", NULL },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        AUTO(arena) a = arena_new(65536);
        struct span name = SPAN_NONE;
        struct fault f = { 0 };
        enum err e = name_parse(cases[i].text, a, &name, &f);

        if (cases[i].der == NULL) {
            assert_int_equal(e, ERR_BAD_DATA_FORMAT);
            assert_int_equal(f.err, ERR_BAD_DATA_FORMAT);
            assert_true(f.text[0] != '\0' && span_is_absent(name));
            continue;
        }
        if (e != ERR_OK)
            fail_msg("%s: %s", cases[i].text, f.text);
        if (!span_is_equal(name, der_text(cases[i].der, a)))
            fail_msg("%s", cases[i].text);
    }
}

static void test_parse_bounds(void **state)
{
    AUTO(arena) a = arena_new((size_t)1024 * 1024);
    AUTO(arena) small = arena_new(200);
    char text[8192];
    size_t len = 0;
    struct span name = SPAN_NONE;
    struct fault f = { 0 };

    (void)state;
    for (int i = 0; i < 32; i++)
        len += (size_t)snprintf(text + len, sizeof(text) - len, "%sCN=%d",
                                i == 0 ? "" : ",", i);
    assert_int_equal(name_parse(text, a, &name, &f), ERR_OK);
    name = SPAN_NONE;
    assert_int_equal(name_parse(text, small, &name, &f), ERR_NO_MEM);
    snprintf(text + len, sizeof(text) - len, ",CN=x");
    assert_int_equal(name_parse(text, a, &name, &f), ERR_BAD_DATA_FORMAT);
    text[len] = '+';
    assert_int_equal(name_parse(text, a, &name, &f), ERR_OK);
    for (char *p = text; (p = strchr(p, ',')) != NULL;)
        *p = '+';
    assert_int_equal(name_parse(text, a, &name, &f), ERR_BAD_DATA_FORMAT);
    snprintf(text, sizeof(text), "CN=");
    memset(text + 3, 'a', 1100);
    text[1103] = '\0';
    assert_int_equal(name_parse(text, a, &name, &f), ERR_BAD_DATA_FORMAT);
    memset(text + 3, 'a', 5000);
    text[5003] = '\0';
    assert_int_equal(name_parse(text, a, &name, &f), ERR_BAD_DATA_FORMAT);
}

/* Every allocation fails once. */
static void test_no_memory(void **state)
{
    (void)state;
    for (size_t cap = 16; cap < 4096; cap += 16) {
        AUTO(arena) a = arena_new(cap);
        AUTO(arena) big = arena_new(4096);
        struct span name = SPAN_NONE;
        enum err e = name_parse("CN=a,O=#0c0161", a, &name, NULL);

        assert_true(e == ERR_NO_MEM || e == ERR_OK);
        if (e != ERR_OK) {
            struct span teletex =
                der_text("30{31{30{06{550403} 14{*200(e4)}}}}", big);
            const char *text = name_format(teletex, a);

            assert_true(span_is_absent(name));
            assert_true(text == NULL || strchr(text, '#') != NULL);
        }
    }
}

/* As OpenSSL prints it; other letters than ASCII unescaped, as ours. Without
 * multi-valued RDNs: OpenSSL turns these around as well. */
static void test_format_agrees_with_openssl(void **state)
{
    static const char *const names[] = {
        "CN=a",
        "CN=a,O=b,C=DE",
        "CN=bs-1,OU=c,O=b",
        "CN=\\ #a\\,b\\+c\\\"\\\\d\\<\\>\\;e=f\\ ,O=g",
        "CN=\\#x,O=\\ ",
        "UID=x,DC=example,DC=com",
        "emailAddress=a@b,ST=Bayern,L=M\xc3\xbcnchen",
        "1.2.3.4=#13024869,CN=b",
        "CN=#1e0400e40061,O=#1401e4",
        "title=a,GN=b,SN=c,initials=d,pseudonym=e,name=f",
        "organizationIdentifier=a,generationQualifier=b,dnQualifier=c",
        "postalCode=1,businessCategory=2",
        "CN=#1c040001f600",
    };

    (void)state;
    for (size_t i = 0; i < NUM(names); i++) {
        AUTO(arena) a = arena_new(65536);
        unsigned long flags =
            XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
        BIO *bio = BIO_new(BIO_s_mem());
        const uint8_t *p;
        X509_NAME *theirs;
        struct span name;
        char *text;

        assert_int_equal(name_parse(names[i], a, &name, NULL), ERR_OK);
        p = name.ptr;
        theirs = d2i_X509_NAME(NULL, &p, (long)name.len);
        assert_non_null(theirs);
        assert_true(X509_NAME_print_ex(bio, theirs, 0, flags) >= 0);
        BIO_write(bio, "", 1);
        BIO_get_mem_data(bio, &text);
        assert_string_equal(name_format(name, a), text);
        X509_NAME_free(theirs);
        BIO_free(bio);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_equality),
        cmocka_unit_test(test_find),
        cmocka_unit_test(test_is_null),
        cmocka_unit_test(test_format),
        cmocka_unit_test(test_parse),
        cmocka_unit_test(test_parse_bounds),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_format_agrees_with_openssl),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
