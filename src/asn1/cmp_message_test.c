#include "asn1/cmp.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/der_text.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

#define DN "a4{ 3000 }"
#define HEAD(rest) "30{ 02{02} " DN " " DN " " rest " }"
/* implicitConfirm, with its value NULL */
#define IMPLICIT "300c06082b0601050507040d0500"
struct message_case {
    const char *text;
    enum err err;
    const char *fault; /* "": not looked at */
};

#define BODY "b3020500"
static const struct message_case message_cases[] = {
    { "30{ " HEAD("") " " BODY " }", ERR_OK, "" },
    { "30{ " HEAD("") " " BODY " a0{ 03{ 00 aa } } }", ERR_OK, "" },
    { "30{ " HEAD("") " " BODY " a1{ 30{ 3000 3000 } } }", ERR_OK, "" },
    { "30{ " HEAD("") " " BODY " a0{ 03{00} } a1{ 30{ 3000 } } }", ERR_OK, "" },
    { "30{ " HEAD("a8{ 30{ " IMPLICIT " 30{ 0500 } } }") " " BODY " }",
      ERR_BAD_DER,
      "header.generalInfo[1].infoType at byte 35: expected OBJECT IDENTIFIER" },
    { "30{ " HEAD("") " bb{ 0500 } }", ERR_BAD_DER,
      "body at byte 15: not the DER this field allows" },
    { "30{ " HEAD("a5{ 04{ *65(00) } }") " " BODY " }", ERR_LIMIT,
      "header.senderNonce at byte 17: longer, deeper or more than the limit" },
    { "30{ " HEAD("") " a0{ 30{ 30{ 30{ 02{00} 30{ a5{ 31{} } } } } } } }",
      ERR_BAD_DER,
      "body.ir[0].certReq.certTemplate.subject at byte 30: expected SEQUENCE" },
    { "31{ " HEAD("") " " BODY " }", ERR_BAD_DER,
      "message at byte 0: expected SEQUENCE" },
    { "", ERR_BAD_DER, "message at byte 0: expected SEQUENCE" },
    { "30{ " HEAD("") " " BODY " } 00", ERR_BAD_DER,
      "message at byte 19: not the DER this field allows" },
    { "30{ " HEAD("") " " BODY " 00 }", ERR_BAD_DER, "" },
    { "30{ " HEAD("") " " BODY " a0{ 00 aa } }", ERR_BAD_DER,
      "protection at byte 21: expected BIT STRING" },
    { "30{ " HEAD("") " " BODY " a0{ 03{ 01 aa } } }", ERR_BAD_DER, "" },
    { "30{ " HEAD("") " " BODY " a0{ 03{ 00 aa } 00 } }", ERR_BAD_DER, "" },
    { "30{ " HEAD("") " " BODY " a1{ 30{} } }", ERR_BAD_DER, "" },
    { "30{ " HEAD("") " " BODY " a1{ 3000 } a0{ 03{ 00 aa } } }", ERR_BAD_DER,
      "" },
    { "30{ " HEAD("") " " BODY " a1{ 30{ 3000 } } a1{ 30{ 3000 } } }",
      ERR_BAD_DER, "" },
    { "30{ " HEAD("") " " BODY " a1{ 30{ *32( 3000 ) } } }", ERR_OK, "" },
    { "30{ " HEAD("") " " BODY " a1{ 30{ *33( 3000 ) } } }", ERR_LIMIT, "" },
    { "30{ " HEAD("") " " BODY " a2{ 0500 } }", ERR_BAD_DER, "" },
    { "30{ " HEAD("") " }", ERR_BAD_DER, "" },
    { "30{ " BODY " }", ERR_BAD_DER, "header at byte 2: expected SEQUENCE" },
    { "30 80 " HEAD("") " " BODY " 0000", ERR_BAD_DER, "" },
    { "30 84 ffffffff", ERR_BAD_DER, "" },
};

static enum err message_copy(struct span der, struct arena *a, struct span *out,
                             struct fault *f)
{
    struct cmp_message msg;
    struct span head, content;

    TRY(cmp_message_read(der, a, &msg, f));
    TRY(cmp_header_write(&msg.header, a, &head));
    TRY(cmp_body_write(&msg.body, a, &content));
    return cmp_message_write(head, content, msg.protection.bytes,
                             msg.extra_certs, msg.num_extra_certs, a, out);
}

static void test_message(void **state)
{
    (void)state;
    for (size_t i = 0; i < NUM(message_cases); i++) {
        const struct message_case *c = &message_cases[i];
        AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
        struct span der = der_text(c->text, a);
        struct fault f = { 0 };
        struct span out;

        assert_int_equal(message_copy(der, a, &out, &f), c->err);
        if (c->fault[0] != '\0')
            assert_string_equal(f.text, c->fault);
        if (c->err == ERR_OK)
            assert_true(span_is_equal(der, out));
    }
}

static void test_message_too_long(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct cmp_message msg;
    struct fault f = { 0 };
    uint8_t *bytes = arena_alloc(a, LIMIT_MESSAGE_LEN + 1);

    (void)state;
    assert_non_null(bytes);
    assert_int_equal(
        cmp_message_read(span_of(bytes, LIMIT_MESSAGE_LEN + 1), a, &msg, &f),
        ERR_LIMIT);
    assert_string_equal(f.text, "message of 65537 octets, at most 65536");
    assert_int_equal(
        cmp_message_read(span_of(bytes, LIMIT_MESSAGE_LEN), a, &msg, NULL),
        ERR_BAD_DER);
    assert_int_equal(
        cmp_header_peek(span_of(bytes, LIMIT_MESSAGE_LEN + 1), a, &msg.header),
        ERR_LIMIT);
}

/* The header of a message whose rest cannot be read. */
static void test_header_peek(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    static const struct message_case cases[] = {
        { "30{ " HEAD("a4{ 04{aa} }") " " BODY " }", ERR_OK, "" },
        { "30{ " HEAD("a4{ 04{aa} }") " 0500 }", ERR_OK, "" },
        { "30{ " HEAD("a4{ 04{aa} }") " }", ERR_OK, "" },
        { "30{ " HEAD("a4{ 04{aa} }") " } 00", ERR_BAD_DER, "" },
        { "30{ " BODY " }", ERR_BAD_DER, "" },
        { "31{ " HEAD("a4{ 04{aa} }") " }", ERR_BAD_DER, "" },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        struct pki_header h;
        enum err e = cmp_header_peek(der_text(cases[i].text, a), a, &h);

        assert_int_equal(e, cases[i].err);
        if (e == ERR_OK)
            assert_true(span_is_equal(h.transaction_id, SPAN_LIT("\xaa")));
    }
}

static void test_protected_part(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    AUTO(arena) small = arena_new(16);
    struct span want = der_text("30{ " HEAD("") " " BODY " }", a);
    struct span der =
        der_text("30{ " HEAD("") " " BODY " a0{ 03{ 00 aa } } }", a);
    struct cmp_message msg;
    struct span made;

    (void)state;
    assert_int_equal(cmp_message_read(der, a, &msg, NULL), ERR_OK);
    assert_true(span_is_equal(cmp_protected_part(&msg, a), want));
    assert_true(span_is_absent(cmp_protected_part(&msg, small)));
    assert_int_equal(
        cmp_protected_part_write(msg.header.der, msg.body.der, a, &made),
        ERR_OK);
    assert_true(span_is_equal(made, want));
}

/* Whatever allocation fails, the failure is told. */
static void test_no_memory(void **state)
{
    static const char *const texts[] = {
        "30{ " HEAD("a7{ 30{ 0c{'en'} } } a8{ 30{ " IMPLICIT
                    " } }") " a1{ 30{ a1{ "
                            "30{ 3000 } } 30{ 30{ 02{00} 30{ 02{00} } } } } } "
                            "a1{ 30{ 3000 } } }",
        "30{ " HEAD("") " b8{ 30{ 30{ 04{de} 02{00} } } } }",
    };

    (void)state;
    for (size_t i = 0; i < NUM(texts); i++) {
        AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
        struct span der = der_text(texts[i], a);
        struct span out;
        size_t cap = 0;
        enum err e;

        do {
            AUTO(arena) tight = arena_new(cap);

            e = message_copy(der, tight, &out, NULL);
            assert_true(e == ERR_OK || e == ERR_NO_MEM);
            cap += 16;
        } while (e != ERR_OK);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_message),
        cmocka_unit_test(test_message_too_long),
        cmocka_unit_test(test_header_peek),
        cmocka_unit_test(test_protected_part),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
