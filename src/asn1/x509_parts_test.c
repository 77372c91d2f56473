/* Certificates put together from parts, good ones beside bad ones. */
#include "asn1/x509_scene_test.h"
#include "support/der_text.h"

#define TIMES "30{17{'240101000000Z'} 17{'340101000000Z'}}"
#define EXT "30{06{2a03} 04{0500}}"

struct parts {
    const char *name;
    enum err err;
    /* What is NULL has the usual content. */
    const char *version, *serial, *alg, *issuer, *validity, *subject, *spki,
        *rest, *outer_alg, *signature;
};

static const char *or_else(const char *given, const char *usual)
{
    return given != NULL ? given : usual;
}

static struct span build(const struct parts *p, struct arena *a)
{
    const char *text = arena_printf(
        a, "30{30{%s %s %s %s %s %s %s %s} %s %s}",
        or_else(p->version, "a0{020102}"), or_else(p->serial, "020101"),
        or_else(p->alg, SCENE_ALG), or_else(p->issuer, "30{}"),
        or_else(p->validity, TIMES), or_else(p->subject, "30{}"),
        or_else(p->spki, SCENE_SPKI), or_else(p->rest, ""),
        or_else(p->outer_alg, SCENE_ALG), or_else(p->signature, "03{00 01}"));

    assert_non_null(text);
    return der_text(text, a);
}

/* clang-format off */
static const struct parts parts_cases[] = {
    { "as it should be", ERR_OK },
    { "v1", ERR_OK, .version = "" },
    { "v2", ERR_OK, .version = "a0{020101}" },
    { "v2 with ids", ERR_OK, .version = "a0{020101}",
      .rest = "81{00 ff} 82{04 f0}" },
    { "v3 with ids and extensions", ERR_OK,
      .rest = "81{00 ff} 82{04 f0} a3{30{" EXT "}}" },
    { "v3 with the second id", ERR_OK, .rest = "82{04 f0}" },
    { "v1 encoded", ERR_BAD_DER, .version = "a0{020100}" },
    { "v4", ERR_BAD_DER, .version = "a0{020103}" },
    { "version below 0", ERR_BAD_DER, .version = "a0{0201ff}" },
    { "version twice", ERR_BAD_DER, .version = "a0{020102 020102}" },
    { "version without content", ERR_BAD_DER, .version = "a0{}" },
    { "ids in v1", ERR_BAD_DER, .version = "", .rest = "81{00 ff}" },
    { "extensions in v1", ERR_BAD_DER, .version = "",
      .rest = "a3{30{" EXT "}}" },
    { "extensions in v2", ERR_BAD_DER, .version = "a0{020101}",
      .rest = "a3{30{" EXT "}}" },
    { "ids in the wrong order", ERR_BAD_DER, .rest = "82{00 ff} 81{00 ff}" },
    { "constructed id", ERR_BAD_DER, .rest = "a1{03{00 ff}}" },
    { "id with bad padding", ERR_BAD_DER, .rest = "81{04 ff}" },
    { "serial 0", ERR_OK, .serial = "020100" },
    { "serial of 32 octets", ERR_OK, .serial = "02{*32(01)}" },
    { "serial of 33 octets", ERR_LIMIT, .serial = "02{*33(01)}" },
    { "serial below 0", ERR_BAD_DER, .serial = "020180" },
    { "serial padded", ERR_BAD_DER, .serial = "02020001" },
    { "no serial", ERR_BAD_DER, .serial = "" },
    { "algorithms that differ", ERR_BAD_DER,
      .outer_alg = "30{06{2a8648ce3d040303}}" },
    { "algorithms that differ in NULL", ERR_BAD_DER,
      .outer_alg = "30{06{2a8648ce3d040302} 0500}" },
    { "algorithm empty", ERR_BAD_DER, .alg = "30{}" },
    { "issuer no name", ERR_BAD_DER, .issuer = "31{}" },
    { "subject no name", ERR_BAD_DER, .subject = "30{0500}" },
    { "GeneralizedTime before 2050", ERR_OK,
      .validity = "30{18{'20240101000000Z'} 18{'99991231235959Z'}}" },
    { "notAfter before notBefore", ERR_OK,
      .validity = "30{17{'340101000000Z'} 17{'240101000000Z'}}" },
    { "no notAfter", ERR_BAD_DER, .validity = "30{17{'240101000000Z'}}" },
    { "no day", ERR_BAD_DER,
      .validity = "30{17{'230229000000Z'} 17{'340101000000Z'}}" },
    { "third time", ERR_BAD_DER, .validity =
      "30{17{'240101000000Z'} 17{'340101000000Z'} 17{'340101000000Z'}}" },
    { "key cut short", ERR_BAD_DER, .spki = "30{30{06{2b6570}}}" },
    { "extensions empty", ERR_BAD_DER, .rest = "a3{30{}}" },
    { "extensions without list", ERR_BAD_DER, .rest = "a3{}" },
    { "extensions with more behind", ERR_BAD_DER,
      .rest = "a3{30{" EXT "} 0500}" },
    { "extensions twice", ERR_BAD_DER,
      .rest = "a3{30{" EXT "}} a3{30{" EXT "}}" },
    { "49 extensions", ERR_LIMIT, .rest = "a3{30{*49(" EXT ")}}" },
    { "unknown field", ERR_BAD_DER, .rest = "a4{0500}" },
    { "signature with unused bits", ERR_BAD_DER, .signature = "03{04 f0}" },
    { "signature missing", ERR_BAD_DER, .signature = "" },
    { "more behind the signature", ERR_BAD_DER,
      .signature = "03{00 01} 0500" },
};
/* clang-format on */

static void test_parts(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENE_NUM(parts_cases); i++) {
        AUTO(arena) a = arena_new(SCENE_ARENA_LEN);
        struct span der = build(&parts_cases[i], a);
        struct x509_cert c = { .version = 77 };
        struct der_fail noted = { 0 };
        enum err e = x509_read_at(der, a, &noted, &c);

        if (e != parts_cases[i].err)
            fail_msg("%s: %s at %s", parts_cases[i].name, err_name(e),
                     noted.path);
        assert_int_equal(noted.at != NULL, e != ERR_OK);
        if (e != ERR_OK)
            assert_int_equal(c.version, 77);
    }
}

static void test_names_the_field(void **state)
{
    static const struct {
        struct parts parts;
        const char *path;
    } cases[] = {
        { { .version = "a0{020100}" }, "tbsCertificate.version" },
        { { .serial = "0200" }, "tbsCertificate.serialNumber" },
        { { .subject = "30{31{}}" }, "tbsCertificate.subject[0]" },
        { { .validity = "30{0500}" }, "tbsCertificate.validity.notBefore" },
        { { .outer_alg = "30{06{2a03}}" }, "signatureAlgorithm" },
        { { .signature = "0500" }, "signatureValue" },
        { { .rest = "a3{30{30{06{551d0f} 04{0500}}}}" },
          "tbsCertificate.extensions[0].id-ce-keyUsage" },
    };

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(cases); i++) {
        AUTO(arena) a = arena_new(SCENE_ARENA_LEN);
        struct der_fail noted = { 0 };
        struct x509_cert c;

        assert_int_equal(x509_read_at(build(&cases[i].parts, a), a, &noted, &c),
                         ERR_BAD_DER);
        assert_string_equal(noted.path, cases[i].path);
    }
}

/* --- The extensions that are judged --- */

#define KU "551d0f"
#define BC "551d13"
#define SKI "551d0e"
#define AKI "551d23"
#define SAN "551d11"
#define EKU "551d25"

static const struct {
    const char *oid, *value;
    enum err err;
} ext_cases[] = {
    { KU, "03020780", ERR_OK },
    { KU, "03030780 80", ERR_OK },
    { KU, "030100", ERR_OK },
    { KU, "03020080", ERR_BAD_DER },
    { KU, "03020780 00", ERR_BAD_DER },
    { KU, "0306000000000001", ERR_LIMIT },
    { KU, "0500", ERR_BAD_DER },
    { KU, "", ERR_BAD_DER },
    { BC, "30{}", ERR_OK },
    { BC, "30{0101ff}", ERR_OK },
    { BC, "30{0101ff 020100}", ERR_OK },
    { BC, "30{020100}", ERR_OK },
    { BC, "30{010100}", ERR_BAD_DER },
    { BC, "30{0101ff 0201ff}", ERR_BAD_DER },
    { BC, "30{0101ff 02{*9(01)}}", ERR_LIMIT },
    { BC, "30{0101ff 020100 0500}", ERR_BAD_DER },
    { BC, "30{020100 0101ff}", ERR_BAD_DER },
    { BC, "30{} 00", ERR_BAD_DER },
    { BC, "0500", ERR_BAD_DER },
    { SKI, "04{*64(01)}", ERR_OK },
    { SKI, "04{}", ERR_OK },
    { SKI, "04{*65(01)}", ERR_LIMIT },
    { SKI, "04{01} 00", ERR_BAD_DER },
    { SKI, "0500", ERR_BAD_DER },
    { AKI, "30{}", ERR_OK },
    { AKI, "30{80{01}}", ERR_OK },
    { AKI, "30{80{01} a1{82{'a'}} 82{01}}", ERR_OK },
    { AKI, "30{a1{a4{30{}}} 82{01}}", ERR_OK },
    { AKI, "30{80{*65(01)}}", ERR_LIMIT },
    { AKI, "30{a1{82{'a'}}}", ERR_BAD_DER },
    { AKI, "30{80{01} 82{01}}", ERR_BAD_DER },
    { AKI, "30{a1{} 82{01}}", ERR_BAD_DER },
    { AKI, "30{a1{89{}} 82{01}}", ERR_BAD_DER },
    { AKI, "30{a1{82{'a'}} 82{81}}", ERR_BAD_DER },
    { AKI, "30{a1{82{'a'}} 82{*33(01)}}", ERR_LIMIT },
    { AKI, "30{80{01} 0500}", ERR_BAD_DER },
    { AKI, "30{80{01}} 00", ERR_BAD_DER },
    { AKI, "0500", ERR_BAD_DER },
    { SAN, "30{82{'a'}}", ERR_OK },
    { SAN, "30{82{'a'} a4{30{}}}", ERR_OK },
    { SAN, "30{}", ERR_BAD_DER },
    { SAN, "30{82{ff}}", ERR_BAD_DER },
    { SAN, "30{82{'a'} 0500}", ERR_BAD_DER },
    { SAN, "30{82{'a'}} 00", ERR_BAD_DER },
    { SAN, "30{*65(82{'a'})}", ERR_LIMIT },
    { SAN, "0500", ERR_BAD_DER },
    { EKU, "30{06{2a03}}", ERR_OK },
    { EKU, "30{06{2a03} 06{2a04}}", ERR_OK },
    { EKU, "30{}", ERR_BAD_DER },
    { EKU, "30{06{2a03} 0500}", ERR_BAD_DER },
    { EKU, "30{06{2a80}}", ERR_BAD_DER },
    { EKU, "30{06{2a03}} 00", ERR_BAD_DER },
    { EKU, "0500", ERR_BAD_DER },
    /* not judged: any bytes */
    { "2a03", "ff", ERR_OK },
    { "551d1e", "ff", ERR_OK },
};

static void test_extension_values(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENE_NUM(ext_cases); i++) {
        AUTO(arena) a = arena_new(SCENE_ARENA_LEN);
        const char *text = arena_printf(a, "a3{30{30{06{%s} 04{%s}}}}",
                                        ext_cases[i].oid, ext_cases[i].value);
        struct parts parts = { .rest = text };
        struct x509_cert c;
        enum err e = x509_read(build(&parts, a), a, &c);

        if (e != ext_cases[i].err)
            fail_msg("%s %s: %s", ext_cases[i].oid, ext_cases[i].value,
                     err_name(e));
    }
}

static void test_same_extension_twice(void **state)
{
    AUTO(arena) a = arena_new(SCENE_ARENA_LEN);
    struct parts parts = { .rest = "a3{30{30{06{551d0f} 04{03020780}}"
                                   " 30{06{551d0f} 04{03020780}}}}" };
    struct x509_cert c;

    (void)state;
    assert_int_equal(x509_read(build(&parts, a), a, &c), ERR_BAD_DER);
}

static void test_no_memory(void **state)
{
    AUTO(arena) a = arena_new(SCENE_ARENA_LEN);
    AUTO(arena) small = arena_new(16);
    struct parts parts = { .rest = "a3{30{" EXT "}}" };
    struct x509_cert c;

    (void)state;
    assert_int_equal(x509_read(build(&parts, a), small, &c), ERR_NO_MEM);
}

/* An extKeyUsage that no certificate can have is no permission. */
static void test_has_eku_of_anything(void **state)
{
    static const char *const values[] = { "0500", "30{0500}", "30{}", "" };

    (void)state;
    for (size_t i = 0; i < SCENE_NUM(values); i++) {
        AUTO(arena) a = arena_new(4096);
        struct x509_cert c = { .eku = der_text(values[i], a) };

        assert_false(x509_has_eku(&c, OID_ID_KP_CMC_RA));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts),
        cmocka_unit_test(test_names_the_field),
        cmocka_unit_test(test_extension_values),
        cmocka_unit_test(test_same_extension_twice),
        cmocka_unit_test(test_no_memory),
        cmocka_unit_test(test_has_eku_of_anything),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
