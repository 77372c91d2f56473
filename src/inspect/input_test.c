#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* needs those before it */
#include <cmocka.h>

#include "base/text.h"
#include "inspect/input.h"

/* Two small messages as far as their first bytes go. */
#define ONE "300a3008020102a403040101"
#define TWO "300730050201020400"

/* What was delivered, as text: the bytes in hex and where they stood. */
struct heard {
    char text[1024];
    size_t num;
};

static enum err hear(void *arg, const struct seen *seen)
{
    struct heard *h = arg;
    char hex[256];
    size_t len = strlen(h->text);

    hex_format(seen->der, hex, sizeof(hex));
    assert_int_equal(seen->number, ++h->num);
    assert_int_equal(seen->way, SEEN_UNKNOWN);
    assert_null(seen->http);
    assert_null(seen->problem);
    snprintf(h->text + len, sizeof(h->text) - len, "%s%s", len > 0 ? " " : "",
             hex);
    return ERR_OK;
}

struct text_case {
    const char *name, *text;
    const char *heard; /* NULL: refused */
    const char *says;  /* in the fault */
};

static const struct text_case text_cases[] = {
    { "hex", ONE, ONE, NULL },
    { "hex of two", ONE TWO, ONE " " TWO, NULL },
    { "in lines", "300a3008020102\na403040101\r\n", ONE, NULL },
    { "by colons", "30:0A:30:08:02:01:02:A4:03:04:01:01", ONE, NULL },
    { "0x before all", "0x" ONE, ONE, NULL },
    { "as in C", "0x30, 0x07,0x30, 0x05, 0x02, 0x01,\n 0x02, 0x04, 0x00", TWO,
      NULL },
    { "left over", TWO "0500", TWO "0500", NULL },
    { "cut", "300730050201", "300730050201", NULL },
    { "odd digits", "3007300", NULL, "no two digits at character 7" },
    { "a blank within", "30 0 7", NULL, "no two digits at character 4" },
    { "xxd", "00000000: 300a 3008 0201 02a4 0304 0101       0.0.........\n",
      ONE, NULL },
    { "xxd of two lines",
      "00000000: 300a 3008  0.0.\n00000004: 0201 02a4 0304 0101  ........\n",
      ONE, NULL },
    { "xxd, text that is hex", "00000000: 3030 0201 02  00000\n", "3030020102",
      NULL },
    { "xxd, a line missing",
      "00000000: 300a 3008  0.0.\n00000010: 0201 02a4 0304 0101  ........\n",
      NULL, "line 2: not the line of a hex dump that begins with offset 4" },
    { "hexdump -C",
      "00000000  30 0a 30 08 02 01 02 a4  03 04 01 01           "
      "|0.0.........|\n0000000c\n",
      ONE, NULL },
    { "of Wireshark", "0000  30 0a 30 08 02 01 02 a4 03 04 01 01   0.0.....\n",
      ONE, NULL },
    { "base64", "MAowCAIBAqQDBAEB", ONE, NULL },
    { "base64 in lines", "MAowCAIB\nAqQDBAEB\n", ONE, NULL },
    { "base64, bad padding", "MAowCAIBAqQDBAE", NULL,
      "looks like base64, but is not well made" },
    { "PEM",
      "-----BEGIN PKIMESSAGE-----\nMAowCAIBAqQDBAEB\n-----END "
      "PKIMESSAGE-----\n",
      ONE, NULL },
    { "PEM of two with words around",
      "the request:\n-----BEGIN CMP-----\nMAowCAIBAqQDBAEB\n-----END CMP-----\n"
      "and\n-----BEGIN X Y-----\nMAcwBQIBAgQA\n-----END X Y-----\n",
      ONE " " TWO, NULL },
    { "PEM without end", "-----BEGIN CMP-----\nMAowCAIBAqQDBAEB\n", NULL,
      "PEM block 1 is not well made" },
    { "nothing", "", NULL, "is empty" },
    { "blanks", " \n", NULL, "holds no bytes" },
    { "prose", "please find the message attached!", NULL, "is neither DER" },
    { "an image", "\x89PNG\r\n", NULL, "first byte 0x89" },
    { "gzip", "\x1f\x8b\x08", NULL, "compressed by gzip; unpack it first" },
    { "a capture cut at once", "\xd4\xc3\xb2\xa1", NULL, "truncated" },
};

static void test_text(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(text_cases) / sizeof(text_cases[0]); i++) {
        const struct text_case *c = &text_cases[i];
        struct heard heard = { "", 0 };
        struct fault f = { 0 };
        enum err e =
            input_read_bytes(span_str(c->text), "x", NULL, hear, &heard, &f);

        if ((e == ERR_OK) != (c->heard != NULL) ||
            (c->heard != NULL && strcmp(c->heard, heard.text) != 0) ||
            (c->says != NULL && strstr(f.text, c->says) == NULL))
            fail_msg("%s: %s, heard %s, fault %s", c->name, err_name(e),
                     heard.text, f.text);
    }
}

struct der_case {
    const char *name, *bytes, *heard;
};

static const struct der_case der_cases[] = {
    { "one", ONE, ONE },
    { "two", ONE TWO, ONE " " TWO },
    { "three", TWO ONE TWO, TWO " " ONE " " TWO },
    { "the last cut", TWO "300730050201", TWO " 300730050201" },
    { "rubbish behind", TWO "ff", TWO "ff" },
    { "another SEQUENCE behind", TWO "3006040101040101",
      TWO "3006040101040101" },
    { "longer than the file", "30840fffffff3005020102",
      "30840fffffff3005020102" },
    { "indefinite length", "3080300502010204000000", "3080300502010204000000" },
};

static void test_der(void **state)
{
    AUTO(arena) a = arena_new(65536);

    (void)state;
    for (size_t i = 0; i < sizeof(der_cases) / sizeof(der_cases[0]); i++) {
        const struct der_case *c = &der_cases[i];
        struct heard heard = { "", 0 };
        struct span bytes;

        assert_int_equal(hex_parse(c->bytes, a, &bytes), ERR_OK);
        assert_int_equal(input_read_bytes(bytes, "x", NULL, hear, &heard, NULL),
                         ERR_OK);
        if (strcmp(c->heard, heard.text) != 0)
            fail_msg("%s: %s", c->name, heard.text);
    }
}

static enum err say_where(void *arg, const struct seen *seen)
{
    text_format(arg, 128, "%s", seen->where);
    return ERR_REFUSED;
}

static void test_where_and_end(void **state)
{
    static const char pem[] =
        "-----BEGIN CMP-----\nMAcwBQIBAgQA\n-----END CMP-----\n";
    char where[128];

    (void)state;
    assert_int_equal(input_read_bytes(span_str(TWO TWO), "a.hex", NULL,
                                      say_where, where, NULL),
                     ERR_REFUSED);
    assert_string_equal(where, "a.hex, message 1 at byte 0");
    assert_int_equal(
        input_read_bytes(span_str(pem), "a.pem", NULL, say_where, where, NULL),
        ERR_REFUSED);
    assert_string_equal(where, "a.pem, block 1 (CMP)");
}

static void test_file(void **state)
{
    char path[] = "/tmp/input_test.XXXXXX";
    int fd = mkstemp(path);
    struct input_totals totals = { 0 };
    struct input_options options = { 16, 65536, &totals };
    struct heard heard = { "", 0 };
    struct fault f = { 0 };

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, TWO, strlen(TWO)), strlen(TWO));
    close(fd);
    assert_int_equal(input_read(path, &options, hear, &heard, &f), ERR_OK);
    assert_string_equal(heard.text, TWO);
    assert_int_equal(totals.messages, 1);
    unlink(path);
    assert_int_equal(input_read(path, NULL, hear, &heard, &f), ERR_NOT_FOUND);
    assert_non_null(strstr(f.text, path));
    assert_int_equal(input_read("/tmp", NULL, hear, &heard, &f), ERR_IO);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text),
        cmocka_unit_test(test_der),
        cmocka_unit_test(test_where_and_end),
        cmocka_unit_test(test_file),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
