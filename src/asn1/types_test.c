#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "asn1/types.h"
#include "support/codec_case.h"
#include "support/der_text.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static enum err copy_alg_id(struct der *in, struct arena *a,
                            struct der_writer *w)
{
    struct alg_id id;
    size_t mark = der_mark(w);

    (void)a;
    TRY(alg_id_read(in, &id));
    der_put_raw(w, id.params);
    der_put_oid(w, id.oid);
    der_put_header(w, DER_SEQUENCE, mark);
    return ERR_OK;
}

static enum err copy_spki(struct der *in, struct arena *a, struct der_writer *w)
{
    struct spki key;

    (void)a;
    TRY(spki_read(in, &key));
    spki_put(w, &key);
    return ERR_OK;
}

static enum err copy_extensions(struct der *in, struct arena *a,
                                struct der_writer *w)
{
    struct extensions x;
    size_t mark = der_mark(w);

    TRY(extensions_read(in, a, &x));
    extensions_put_content(w, &x);
    der_put_header(w, DER_SEQUENCE, mark);
    return ERR_OK;
}

static enum err copy_name(struct der *in, struct arena *a, struct der_writer *w)
{
    struct span name;

    (void)a;
    TRY(name_read(in, &name));
    der_put_raw(w, name);
    return ERR_OK;
}

static enum err copy_general_name(struct der *in, struct arena *a,
                                  struct der_writer *w)
{
    struct general_name name;

    (void)a;
    TRY(general_name_read(in, &name));
    general_name_put(w, &name);
    return ERR_OK;
}

static enum err copy_general_names(struct der *in, struct arena *a,
                                   struct der_writer *w)
{
    struct general_names names;
    size_t mark = der_mark(w);

    TRY(general_names_read(in, a, &names));
    for (size_t i = names.num; i-- > 0;)
        general_name_put(w, &names.list[i]);
    der_put_header(w, DER_SEQUENCE, mark);
    return ERR_OK;
}

static const struct codec alg_id = { "AlgorithmIdentifier", copy_alg_id };
static const struct codec spki = { "SubjectPublicKeyInfo", copy_spki };
static const struct codec exts = { "Extensions", copy_extensions };
static const struct codec name = { "Name", copy_name };
static const struct codec gn = { "GeneralName", copy_general_name };
static const struct codec gns = { "GeneralNames", copy_general_names };

#define CN "06{550403}"
#define RDN(value) "31{30{" CN value "}}"

/* clang-format off */
static const struct codec_case cases[] = {
    { &alg_id, "30{06{2a03}}", ERR_OK, NULL },
    { &alg_id, "30{06{2a03} 0500}", ERR_OK, NULL },
    { &alg_id, "30{06{2a03} 30{0500 0500}}", ERR_OK, NULL },
    { &alg_id, "30{}", ERR_BAD_DER, "algorithm" },
    { &alg_id, "30{0500}", ERR_BAD_DER, "algorithm" },
    { &alg_id, "30{06{2a80}}", ERR_BAD_DER, "algorithm" },
    { &alg_id, "30{06{2a03} 05}", ERR_BAD_DER, "parameters" },
    { &alg_id, "30{06{2a03} 0500 0500}", ERR_BAD_DER, "" },
    { &alg_id, "31{06{2a03}}", ERR_BAD_DER, "" },

    { &spki, "30{30{06{2a03}} 03{00 beef}}", ERR_OK, NULL },
    { &spki, "30{30{06{2a03} 0500} 03{00}}", ERR_OK, NULL },
    { &spki, "30{30{06{2a03}} 03{04 bee0}}", ERR_BAD_DER, "subjectPublicKey" },
    { &spki, "30{30{06{2a03}}}", ERR_BAD_DER, "subjectPublicKey" },
    { &spki, "30{30{} 03{00}}", ERR_BAD_DER, "algorithm.algorithm" },
    { &spki, "30{30{06{2a03}} 03{00 beef} 00}", ERR_BAD_DER, "" },
    { &spki, "31{30{06{2a03}} 03{00 beef}}", ERR_BAD_DER, "" },

    { &exts, "30{30{06{2a03} 04{00}}}", ERR_OK, NULL },
    { &exts, "30{30{06{2a03} 0101ff 04{}} 30{06{2a04} 04{00}}}", ERR_OK, NULL },
    { &exts, "30{}", ERR_BAD_DER, "" },
    { &exts, "30{30{06{2a03} 010100 04{00}}}", ERR_BAD_DER, "[0].critical" },
    { &exts, "30{30{06{2a03} 010101 04{00}}}", ERR_BAD_DER, "[0].critical" },
    { &exts, "30{30{06{2a03}}}", ERR_BAD_DER, "[0].extnValue" },
    { &exts, "30{30{06{2a03} 03{00}}}", ERR_BAD_DER, "[0].extnValue" },
    { &exts, "30{30{04{00}}}", ERR_BAD_DER, "[0].extnID" },
    { &exts, "30{30{06{2a03} 04{00} 0500}}", ERR_BAD_DER, "[0]" },
    { &exts, "30{30{06{2a03} 04{00}} 30{06{2a04} 04{00}} 30{06{2a03} 04{01}}}",
      ERR_BAD_DER, "[2]" },
    { &exts, "30{*48(0500)}", ERR_BAD_DER, "[0]" },
    { &exts, "30{*49(0500)}", ERR_LIMIT, "" },

    { &name, "30{}", ERR_OK, NULL },
    { &name, "30{" RDN("0c{'a'}") "}", ERR_OK, NULL },
    { &name, "30{" RDN("13{'a'}") RDN("16{'b@c'}") "}", ERR_OK, NULL },
    { &name, "30{" RDN("14{e4}") RDN("1e{0061}") RDN("1c{00000061}") "}",
      ERR_OK, NULL },
    { &name, "30{" RDN("0500") RDN("30{0500}") RDN("13{'a_b'}") "}",
      ERR_OK, NULL },
    { &name, "30{31{30{06{550403} 0c{'a'}} 30{06{55040a} 0c{'a'}}}}",
      ERR_OK, NULL },
    { &name, "30{31{30{06{55040a} 0c{'a'}} 30{06{550403} 0c{'a'}}}}",
      ERR_BAD_DER, "[0]" },
    { &name, "30{31{30{06{550403} 0c{'bb'}} 30{06{550403} 0c{'a'}}}}",
      ERR_BAD_DER, "[0]" },
    { &name, "30{31{}}", ERR_BAD_DER, "[0]" },
    { &name, "30{" RDN("0c{'a'}") "31{}}", ERR_BAD_DER, "[1]" },
    { &name, "30{30{}}", ERR_BAD_DER, "[0]" },
    { &name, "30{31{30{}}}", ERR_BAD_DER, "[0].type" },
    { &name, "30{31{30{06{550403}}}}", ERR_BAD_DER, "[0].value" },
    { &name, "30{" RDN("0c{'a'} 00") "}", ERR_BAD_DER, "[0]" },
    { &name, "30{31{30{06{550403} 0c{'a'}} 00}}", ERR_BAD_DER, "[0]" },
    { &name, "30{" RDN("0c{ff}") "}", ERR_BAD_DER, "[0].value" },
    { &name, "30{" RDN("0c{'a' 00}") "}", ERR_BAD_DER, "[0].value" },
    { &name, "30{" RDN("13{'a' 00}") "}", ERR_BAD_DER, "[0].value" },
    { &name, "30{" RDN("13{e4}") "}", ERR_BAD_DER, "[0].value" },
    { &name, "30{" RDN("16{80}") "}", ERR_BAD_DER, "[0].value" },
    { &name, "30{" RDN("1e{61}") "}", ERR_BAD_DER, "[0].value" },
    { &name, "30{" RDN("1c{000061}") "}", ERR_BAD_DER, "[0].value" },
    { &name, "31{}", ERR_BAD_DER, "" },
    { &name, "30{*32(" RDN("0c{'a'}") ")}", ERR_OK, NULL },
    { &name, "30{*33(" RDN("0c{'a'}") ")}", ERR_LIMIT, "" },
    { &name, "30{" RDN("0c{*1024('a')}") "}", ERR_LIMIT, "" },

    { &gn, "81{'a@b'}", ERR_OK, NULL },
    { &gn, "82{'bs.example'}", ERR_OK, NULL },
    { &gn, "82{}", ERR_OK, NULL },
    { &gn, "86{'https://x'}", ERR_OK, NULL },
    { &gn, "87{c0000201}", ERR_OK, NULL },
    { &gn, "87{20010db8 00000000 00000000 00000001}", ERR_OK, NULL },
    { &gn, "88{2a03}", ERR_OK, NULL },
    { &gn, "a4{30{}}", ERR_OK, NULL },
    { &gn, "a4{30{" RDN("0c{'a'}") "}}", ERR_OK, NULL },
    { &gn, "a0{06{2a03} a0{0c{'a'}}}", ERR_OK, NULL },
    { &gn, "a3{30{}}", ERR_OK, NULL },
    { &gn, "a5{a1{0c{'a'}}}", ERR_OK, NULL },
    { &gn, "81{80}", ERR_BAD_DER, "email" },
    { &gn, "82{'a' 00 'b'}", ERR_BAD_DER, "DNS" },
    { &gn, "a2{}", ERR_BAD_DER, "" },
    { &gn, "86{e4}", ERR_BAD_DER, "URI" },
    { &gn, "87{c00002}", ERR_BAD_DER, "IP" },
    { &gn, "87{}", ERR_BAD_DER, "IP" },
    { &gn, "87{c0000201 ffffff00}", ERR_BAD_DER, "IP" },
    { &gn, "88{}", ERR_BAD_DER, "RID" },
    { &gn, "88{8001}", ERR_BAD_DER, "RID" },
    { &gn, "88{2a86}", ERR_BAD_DER, "RID" },
    { &gn, "84{30{}}", ERR_BAD_DER, "" },
    { &gn, "a4{}", ERR_BAD_DER, "DirName" },
    { &gn, "a4{" RDN("0c{'a'}") "}", ERR_BAD_DER, "DirName" },
    { &gn, "a4{30{} 00}", ERR_BAD_DER, "DirName" },
    { &gn, "a0{06{2a03}}", ERR_BAD_DER, "otherName" },
    { &gn, "a0{06{2a03} 0c{'a'}}", ERR_BAD_DER, "otherName" },
    { &gn, "a0{06{2a03} a0{}}", ERR_BAD_DER, "otherName.value" },
    { &gn, "a0{06{2a03} a0{0500 00}}", ERR_BAD_DER, "otherName" },
    { &gn, "a0{06{2a03} a0{0500} 00}", ERR_BAD_DER, "otherName" },
    { &gn, "a0{0c{'a'}}", ERR_BAD_DER, "otherName.type-id" },
    { &gn, "a3{30}", ERR_BAD_DER, "x400Address" },
    { &gn, "a5{0500 00}", ERR_BAD_DER, "ediPartyName" },
    { &gn, "89{}", ERR_BAD_DER, "" },
    { &gn, "30{}", ERR_BAD_DER, "" },

    { &gns, "30{82{'a'} 86{'b'}}", ERR_OK, NULL },
    { &gns, "30{*64(82{'a'})}", ERR_OK, NULL },
    { &gns, "30{*65(82{'a'})}", ERR_LIMIT, "" },
    { &gns, "30{}", ERR_BAD_DER, "" },
    { &gns, "30{82{'a'} 0500}", ERR_BAD_DER, "[1]" },
    { &gns, "30{82{'a'} 00}", ERR_BAD_DER, "[1]" },
    { &gns, "a0{82{'a'}}", ERR_BAD_DER, "" },
};
/* clang-format on */

static void test_cases(void **state)
{
    (void)state;
    codec_cases_check(cases, NUM(cases));
}

static void test_alg_id_fields(void **state)
{
    AUTO(arena) a = arena_new(4096);
    struct span der = der_text("30{06{2a03} 0500} ff", a);
    struct der in = der_open(der, NULL);
    struct alg_id id;

    (void)state;
    assert_int_equal(alg_id_read(&in, &id), ERR_OK);
    assert_true(span_is_equal(id.der, span_of(der.ptr, der.len - 1)));
    assert_true(span_is_equal(id.oid, SPAN_LIT("\x2a\x03")));
    assert_true(span_is_equal(id.params, SPAN_LIT("\x05\x00")));
    assert_true(in.next == der.ptr + der.len - 1);
    in = der_open(der_text("06{2a03}", a), NULL);
    assert_int_equal(alg_id_read_content(&in, &id), ERR_OK);
    assert_true(span_is_absent(id.der) && span_is_absent(id.params));
}

static void test_spki_content_has_no_der(void **state)
{
    AUTO(arena) a = arena_new(4096);
    struct der in = der_open(der_text("30{06{2a03}} 03{00 01}", a), NULL);
    struct der_writer w;
    struct spki key;
    struct span out;

    (void)state;
    assert_int_equal(spki_read_content(&in, &key), ERR_OK);
    assert_true(span_is_absent(key.der) && !span_is_absent(key.alg.der));
    der_writer_init(&w, a, 64);
    spki_put(&w, &key);
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    assert_true(span_is_equal(out, der_text("30{30{06{2a03}} 03{00 01}}", a)));
}

static void test_extension_find(void **state)
{
    AUTO(arena) a = arena_new(4096);
    struct der in = der_open(
        der_text("30{30{06{551d0f} 0101ff 04{01}} 30{06{2a03} 04{}}}", a),
        NULL);
    const struct extension *ext;
    struct extensions x;

    (void)state;
    assert_int_equal(extensions_read(&in, a, &x), ERR_OK);
    assert_int_equal(x.num, 2);
    ext = extension_find(&x, OID_ID_CE_KEY_USAGE);
    assert_ptr_equal(ext, &x.list[0]);
    assert_true(ext->critical && span_is_equal(ext->value, SPAN_LIT("\x01")));
    assert_int_equal(x.list[1].id, OID_UNKNOWN);
    assert_false(x.list[1].critical);
    assert_null(extension_find(&x, OID_ID_CE_SUBJECT_ALT_NAME));
}

static void test_no_memory(void **state)
{
    AUTO(arena) a = arena_new(4096);
    AUTO(arena) small = arena_new(16);
    struct span list = der_text("30{30{06{551d0f} 04{01}}}", a);
    struct span sans = der_text("30{82{'a'}}", a);
    struct der in = der_open(list, NULL);
    struct general_names names;
    struct extensions x;

    (void)state;
    assert_int_equal(extensions_read(&in, small, &x), ERR_NO_MEM);
    in = der_open(sans, NULL);
    assert_int_equal(general_names_read(&in, small, &names), ERR_NO_MEM);
    in = der_open(sans, NULL);
    assert_int_equal(general_names_read(&in, a, &names), ERR_OK);
    assert_null(general_names_format(&names, small));
}

static void test_general_names_format(void **state)
{
    static const struct {
        const char *der;
        const char *text;
    } formats[] = {
        { "82{'a.b'} 86{'urn:x'} 81{'a@b'}", "DNS:a.b, URI:urn:x, email:a@b" },
        { "87{c0000a63} 87{20010db8 00000000 00000000 000000ff}",
          "IP:192.0.10.99, IP:2001:0db8:0000:0000:0000:0000:0000:00ff" },
        { "a4{30{" RDN("0c{'a'}") "}} a4{30{}}", "DirName:CN=a, DirName:" },
        { "a0{06{2a03} a0{0500}} 88{2a04}", "otherName:1.2.3, RID:1.2.4" },
        { "a3{30{}} a5{0500}", "x400Address:3000, ediPartyName:0500" },
        { "82{'a' 0a '\\'}", "DNS:a\\0a\\5c" },
    };

    (void)state;
    for (size_t i = 0; i < NUM(formats); i++) {
        AUTO(arena) a = arena_new(100000);
        struct span content = der_text(formats[i].der, a);
        struct general_names names;
        struct der_writer w;
        struct span der;
        struct der in;

        der_writer_init(&w, a, 0);
        der_put_content(&w, DER_SEQUENCE, content);
        assert_int_equal(der_finish(&w, &der), ERR_OK);
        in = der_open(der, NULL);
        assert_int_equal(general_names_read(&in, a, &names), ERR_OK);
        assert_string_equal(general_names_format(&names, a), formats[i].text);
    }
}

static void test_general_name_value(void **state)
{
    AUTO(arena) a = arena_new(4096);
    struct der in = der_open(der_text("a4{30{}} 82{'x'}", a), NULL);
    struct general_name gname;
    struct der_writer w;
    struct span out;

    (void)state;
    assert_int_equal(general_name_read(&in, &gname), ERR_OK);
    assert_int_equal(gname.type, GN_DIRECTORY);
    assert_true(name_is_null(gname.value));
    assert_int_equal(gname.der.len, 4);
    assert_int_equal(general_name_read(&in, &gname), ERR_OK);
    assert_int_equal(gname.type, GN_DNS);
    assert_true(span_is_equal(gname.value, SPAN_LIT("x")));
    der_writer_init(&w, a, 0);
    general_name_put_directory(&w, SPAN_LIT("\x30\x00"));
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    assert_true(span_is_equal(out, der_text("a4{30{}}", a)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_alg_id_fields),
        cmocka_unit_test(test_spki_content_has_no_der),
        cmocka_unit_test(test_extension_find),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_general_names_format),
        cmocka_unit_test(test_general_name_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
