/* Certificates put together from parts, good ones beside ones that break one
 * rule each. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "profile/certificate.h"
#include "support/der_text.h"

#define ARENA_LEN ((size_t)1024 * 1024)
#define NOW ((int64_t)1795341600) /* 2026-11-22T10:00:00Z */

#define ECDSA "30{06{2a8648ce3d040302}}"
#define RSA_SHA1 "30{06{2a864886f70d010105} 0500}"
#define RSA_MD5 "30{06{2a864886f70d010104} 0500}"
#define PSS "30{06{2a864886f70d01010a}}"
#define CN(text) "31{30{06{550403} 0c{'" text "'}}}"
#define O(text) "31{30{06{55040a} 0c{'" text "'}}}"
#define DC(text) "31{30{06{0992268993f22c640119} 16{'" text "'}}}"
#define NAME "30{" O("Acme") CN("unit") "}"
#define ISSUER "30{" O("Acme") CN("Factory") "}"
#define TIMES "30{17{'240101000000Z'} 17{'340101000000Z'}}"
#define P256(octets) \
    "30{30{06{2a8648ce3d0201} 06{2a8648ce3d030107}} 03{00 04 " octets "}}"
#define RSA(modulus, exponent)                     \
    "30{30{06{2a864886f70d010101} 0500} 03{00 30{" \
    "02{00 " modulus "} 02{" exponent "}}}}"
#define DIGITAL "30{06{551d0f} 0101ff 04{03020780}}"
#define CA_USAGE "30{06{551d0f} 0101ff 04{03020106}}"
#define CA_BIT "30{06{551d13} 0101ff 04{30{0101ff}}}"
#define SKI "30{06{551d0e} 04{04{aa}}}"
#define AKI "30{06{551d23} 04{30{80{bb}}}}"
#define IDS SKI AKI
#define PURPOSE(last) "30{06{551d25} 04{30{06{2b060105050703" last "}}}}"

struct scene {
    struct arena *arena;
    char broken[256]; /* ids of the broken rules, a blank before each */
    char unknown[256];
    char path[64]; /* of the last one broken */
};

struct cert_case {
    const char *what;
    enum cert_role role;
    const char *broken;
    /* What is NULL has the usual content. */
    const char *version, *serial, *alg, *issuer, *validity, *subject, *spki,
        *ids, *extensions;
    enum profile_type type;
    int64_t now; /* 0: NOW */
    int64_t below;
    enum known signature;
    const char *issued_by; /* extensions of the issuer's; NULL: not known */
    const char *path;      /* where the broken rule was found, if it matters */
};

static const char *or_else(const char *given, const char *usual)
{
    return given != NULL ? given : usual;
}

static const char *usual_extensions(enum cert_role role)
{
    switch (role) {
    case CERT_ROLE_ROOT:
        return CA_BIT CA_USAGE SKI;
    case CERT_ROLE_CA:
        return CA_BIT CA_USAGE IDS;
    case CERT_ROLE_STATION:
    case CERT_ROLE_NEW:
    case CERT_ROLE_ANSWERER:
    case CERT_ROLE_OTHER:
    case CERT_ROLE_NUM:
        break;
    }
    return DIGITAL IDS;
}

static struct span build(const struct cert_case *c, struct arena *a)
{
    const char *extensions = or_else(c->extensions, usual_extensions(c->role));
    const char *alg = or_else(c->alg, ECDSA);
    const char *issuer = c->role == CERT_ROLE_ROOT ? NAME : ISSUER;
    const char *text = arena_printf(
        a, "30{30{%s %s %s %s %s %s %s %s %s%s%s} %s 03{00 01}}",
        or_else(c->version, "a0{020102}"), or_else(c->serial, "020101"), alg,
        or_else(c->issuer, issuer), or_else(c->validity, TIMES),
        or_else(c->subject, NAME), or_else(c->spki, P256("*64(01)")),
        or_else(c->ids, ""), extensions[0] == '\0' ? "" : "a3{30{", extensions,
        extensions[0] == '\0' ? "" : "}}", alg);

    assert_non_null(text);
    return der_text(text, a);
}

static void note(void *arg, enum rule_id rule, enum verdict verdict,
                 const struct found *found)
{
    struct scene *s = arg;
    char *list = verdict == VERDICT_BROKEN ? s->broken : s->unknown;
    size_t len = strlen(list);

    assert_int_equal(rule_get(rule)->step, STEP_CERTIFICATE);
    if (verdict == VERDICT_HOLDS)
        return;
    snprintf(list + len, sizeof(s->broken) - len, " %s", rule_get(rule)->id);
    if (verdict == VERDICT_BROKEN) {
        assert_true(found->text[0] != '\0');
        memcpy(s->path, found->path, sizeof(s->path));
        assert_int_equal(strncmp(found->path, "extraCerts[0]", 13), 0);
    }
}

/* clang-format off */
static const struct cert_case cases[] = {
    { "a station's", CERT_ROLE_STATION, "" },
    { "a new one", CERT_ROLE_NEW, "" },
    { "an RA's", CERT_ROLE_ANSWERER, "", .extensions = DIGITAL IDS PURPOSE("1c") },
    { "a CA's", CERT_ROLE_CA, "" },
    { "a root", CERT_ROLE_ROOT, "" },
    { "another", CERT_ROLE_OTHER, "" },

    { "v1", CERT_ROLE_STATION, " cert-is-v3", .version = "", .extensions = "" },
    { "v1 root", CERT_ROLE_ROOT, " cert-is-v3", .version = "", .extensions = "" },
    { "v1 CA", CERT_ROLE_CA, " cert-is-v3 cert-ca-is-ca", .version = "",
      .extensions = "" },
    { "v4", CERT_ROLE_STATION, " cert-is-der", .version = "a0{020103}" },

    { "serial of 20 octets", CERT_ROLE_NEW, "", .serial = "02{*20(01)}" },
    { "serial of 21 octets", CERT_ROLE_NEW, " cert-serial-is-short",
      .serial = "02{*21(01)}" },
    { "serial of 33 octets", CERT_ROLE_NEW, " cert-serial-is-short",
      .serial = "02{*33(01)}" },
    { "serial with a zero before it", CERT_ROLE_NEW, "", .serial = "020200ff" },
    { "serial 0", CERT_ROLE_NEW, " cert-serial-is-positive", .serial = "020100" },
    { "serial below 0", CERT_ROLE_NEW, " cert-serial-is-positive",
      .serial = "0201ff", .path = "extraCerts[0].serialNumber" },

    { "SHA-1", CERT_ROLE_STATION, " cert-alg-is-strong", .alg = RSA_SHA1 },
    { "SHA-1 on a root", CERT_ROLE_ROOT, " cert-alg-is-strong", .alg = RSA_SHA1 },
    { "MD5", CERT_ROLE_CA, " cert-alg-is-strong", .alg = RSA_MD5 },
    { "SHA-1 in 2010", CERT_ROLE_STATION, "", .alg = RSA_SHA1,
      .type = PROFILE_LEGACY_2010 },
    { "PSS without parameters", CERT_ROLE_CA, " cert-alg-is-of-profile",
      .alg = PSS },

    { "no issuer", CERT_ROLE_NEW, " cert-issuer-is-named", .issuer = "30{}" },
    { "ends before it begins", CERT_ROLE_OTHER, " cert-validity-is-ordered",
      .validity = "30{17{'340101000000Z'} 17{'240101000000Z'}}" },
    { "GeneralizedTime early", CERT_ROLE_CA, " cert-time-form-is-right",
      .validity = "30{17{'240101000000Z'} 18{'20340101000000Z'}}" },
    { "GeneralizedTime early at the start", CERT_ROLE_CA,
      " cert-time-form-is-right",
      .validity = "30{18{'20240101000000Z'} 17{'340101000000Z'}}" },
    { "GeneralizedTime from 2050", CERT_ROLE_CA, "",
      .validity = "30{17{'240101000000Z'} 18{'20500101000000Z'}}" },
    { "no date of expiry", CERT_ROLE_CA, "",
      .validity = "30{17{'240101000000Z'} 18{'99991231235959Z'}}" },
    { "expired", CERT_ROLE_STATION, " cert-is-in-force", .now = NOW + 315360000 },
    { "not in force yet", CERT_ROLE_CA, " cert-is-in-force",
      .now = NOW - 315360000 },
    { "expired, in no part", CERT_ROLE_OTHER, "", .now = NOW + 315360000 },

    { "subjectAltName alone", CERT_ROLE_NEW, "", .subject = "30{}",
      .extensions = DIGITAL IDS "30{06{551d11} 0101ff 04{30{82{'a.example'}}}}" },
    { "subjectAltName not critical", CERT_ROLE_NEW, " cert-subject-is-named",
      .subject = "30{}",
      .extensions = DIGITAL IDS "30{06{551d11} 04{30{82{'a.example'}}}}" },
    { "no subject", CERT_ROLE_NEW, " cert-subject-is-named", .subject = "30{}" },
    { "CA without subject", CERT_ROLE_CA, " cert-subject-is-named",
      .subject = "30{}" },
    { "CN alone", CERT_ROLE_NEW, " cert-name-has-form",
      .subject = "30{" CN("unit") "}" },
    { "O alone", CERT_ROLE_NEW, " cert-name-has-form",
      .subject = "30{" O("Acme") "}" },
    { "CN and DC", CERT_ROLE_NEW, "", .subject = "30{" DC("a") CN("unit") "}" },

    { "RSA 2048", CERT_ROLE_STATION, "", .spki = RSA("*256(ff)", "010001") },
    { "RSA 1024", CERT_ROLE_STATION, " cert-key-is-allowed",
      .spki = RSA("*128(ff)", "010001") },
    { "exponent 3", CERT_ROLE_STATION, " cert-rsa-exponent-is-usual",
      .spki = RSA("*256(ff)", "03") },
    { "P-192", CERT_ROLE_STATION, " cert-key-is-allowed",
      .spki = "30{30{06{2a8648ce3d0201} 06{2a8648ce3d030101}} 03{00 04}}" },
    { "DSA in 2010", CERT_ROLE_STATION, "", .type = PROFILE_LEGACY_2010,
      .spki = "30{30{06{2a8648ce380401} 30{020101 020101 020101}} 03{00 020101}}" },
    { "DSA certified in 2010", CERT_ROLE_NEW, " cert-key-is-allowed",
      .type = PROFILE_LEGACY_2010,
      .spki = "30{30{06{2a8648ce380401} 30{020101 020101 020101}} 03{00 020101}}" },
    { "unique identifier", CERT_ROLE_CA, " cert-has-no-unique-id",
      .ids = "81{00 ff}" },

    { "issuer that is no CA", CERT_ROLE_CA, " cert-ca-is-ca cert-ca-may-sign"
      " cert-ca-may-sign-crls", .extensions = DIGITAL IDS },
    { "cA not set", CERT_ROLE_CA, " cert-ca-is-ca cert-signs-as-ca-only",
      .extensions = "30{06{551d13} 0101ff 04{30{}}}" CA_USAGE IDS },
    { "CA bit not critical", CERT_ROLE_CA, " cert-ca-bit-is-critical",
      .extensions = "30{06{551d13} 04{30{0101ff}}}" CA_USAGE IDS },
    { "CA without keyUsage", CERT_ROLE_ROOT, " cert-ca-may-sign",
      .extensions = CA_BIT SKI },
    { "CA without keyCertSign", CERT_ROLE_ROOT, " cert-ca-may-sign",
      .extensions = CA_BIT SKI "30{06{551d0f} 0101ff 04{03020102}}" },
    { "CA without cRLSign", CERT_ROLE_ROOT, " cert-ca-may-sign-crls",
      .extensions = CA_BIT SKI "30{06{551d0f} 0101ff 04{03020204}}" },
    { "station with keyCertSign", CERT_ROLE_NEW, " cert-signs-as-ca-only",
      .extensions = IDS "30{06{551d0f} 0101ff 04{03020284}}" },
    { "pathLenConstraint of a station", CERT_ROLE_NEW,
      " cert-path-len-is-a-cas",
      .extensions = DIGITAL IDS "30{06{551d13} 04{30{020100}}}" },
    { "path as long as allowed", CERT_ROLE_CA, "", .below = 1,
      .extensions = CA_USAGE IDS "30{06{551d13} 0101ff 04{30{0101ff 020101}}}" },
    { "path too long", CERT_ROLE_CA, " cert-path-len-holds", .below = 2,
      .extensions = CA_USAGE IDS "30{06{551d13} 0101ff 04{30{0101ff 020101}}}" },

    { "no keyUsage", CERT_ROLE_STATION, " cert-has-key-usage",
      .extensions = IDS },
    { "keyUsage not critical", CERT_ROLE_STATION, " cert-key-usage-is-critical",
      .extensions = IDS "30{06{551d0f} 04{03020780}}" },
    { "EC key that enciphers", CERT_ROLE_NEW, " cert-usage-fits-key",
      .extensions = IDS "30{06{551d0f} 0101ff 04{030205a0}}" },
    { "RSA key that enciphers", CERT_ROLE_NEW, "",
      .spki = RSA("*256(ff)", "010001"),
      .extensions = IDS "30{06{551d0f} 0101ff 04{030205a0}}" },

    { "CA without SKI", CERT_ROLE_CA, " cert-ca-has-ski",
      .extensions = CA_BIT CA_USAGE AKI },
    { "station without SKI", CERT_ROLE_STATION, " cert-has-ski",
      .extensions = DIGITAL AKI },
    { "station without AKI", CERT_ROLE_STATION, " cert-has-aki",
      .extensions = DIGITAL SKI },
    { "self-signed without AKI", CERT_ROLE_STATION, "", .issuer = NAME,
      .extensions = DIGITAL SKI },
    { "AKI is the issuer's SKI", CERT_ROLE_STATION, "",
      .issued_by = CA_BIT CA_USAGE "30{06{551d0e} 04{04{bb}}}" },
    { "AKI is another", CERT_ROLE_STATION, " cert-aki-is-issuers",
      .issued_by = CA_BIT CA_USAGE SKI },
    { "critical SKI", CERT_ROLE_STATION, " cert-ids-are-not-critical",
      .extensions = DIGITAL AKI "30{06{551d0e} 0101ff 04{04{aa}}}" },
    { "critical AKI", CERT_ROLE_STATION, " cert-ids-are-not-critical",
      .extensions = DIGITAL SKI "30{06{551d23} 0101ff 04{30{80{bb}}}}" },
    { "unknown extension", CERT_ROLE_STATION, "",
      .extensions = DIGITAL IDS "30{06{2a03} 04{0500}}" },
    { "unknown critical extension", CERT_ROLE_STATION,
      " cert-critical-is-known",
      .extensions = DIGITAL IDS "30{06{2a03} 0101ff 04{0500}}" },
    { "new cmcRA", CERT_ROLE_NEW, " cert-new-has-no-power",
      .extensions = DIGITAL IDS PURPOSE("1c") },
    { "new cmcCA", CERT_ROLE_NEW, " cert-new-has-no-power",
      .extensions = DIGITAL IDS PURPOSE("1b") },
    { "new cmKGA", CERT_ROLE_NEW, " cert-new-has-no-power",
      .extensions = DIGITAL IDS PURPOSE("20") },
    { "new client's", CERT_ROLE_NEW, "",
      .extensions = DIGITAL IDS PURPOSE("02") },

    { "signature of another", CERT_ROLE_STATION, " cert-signature-holds",
      .signature = KNOWN_NO },
    { "extension that cannot be read", CERT_ROLE_STATION, " cert-is-der",
      .extensions = IDS "30{06{551d0f} 0101ff 04{0500}}",
      .path = "extraCerts[0].tbsCertificate.extensions[2].id-ce-keyUsage" },
};
/* clang-format on */

static void check_case(const struct cert_case *c, struct arena *a)
{
    struct der_fail fail = { 0 };
    struct profile profile;
    struct x509_cert cert, issuer;
    struct scene s = { .arena = a };
    struct cert_judged in = {
        .der = build(c, a),
        .fail = &fail,
        .role = c->role,
        .profile = &profile,
        .signature = c->signature,
        .below = c->below,
        .now = c->now == 0 ? NOW : c->now,
        .path = "extraCerts[0]",
    };

    profile_init(&profile, c->type);
    in.err = x509_read_at(in.der, a, &fail, &cert);
    in.cert = in.err == ERR_OK ? &cert : NULL;
    if (c->issued_by != NULL) {
        struct cert_case above = { .role = CERT_ROLE_CA,
                                   .subject = ISSUER,
                                   .extensions = c->issued_by };

        assert_int_equal(x509_read(build(&above, a), a, &issuer), ERR_OK);
        in.issuer = &issuer;
    }
    cert_judge(&in, note, &s);
    if (strcmp(s.broken, c->broken) != 0)
        fail_msg("%s: broken:%s; expected:%s", c->what, s.broken, c->broken);
    if (c->path != NULL)
        assert_string_equal(s.path, c->path);
}

static void test_cases(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        AUTO(arena) a = arena_new(ARENA_LEN);

        check_case(&cases[i], a);
    }
}

/* Each row has a case that breaks it. */
static void test_rows_have_cases(void **state)
{
    struct rule_range range = rules_of(STEP_CERTIFICATE);

    (void)state;
    for (size_t i = range.first; i < range.end; i++) {
        const char *id = rule_get((enum rule_id)i)->id;
        char wanted[40];
        bool found = false;

        snprintf(wanted, sizeof(wanted), " %s ", id);
        for (size_t j = 0; j < sizeof(cases) / sizeof(cases[0]); j++) {
            char all[256];

            snprintf(all, sizeof(all), "%s ", cases[j].broken);
            found |= strstr(all, wanted) != NULL;
        }
        if (!found)
            fail_msg("no case breaks %s", id);
    }
}

/* What is not known is not judged, and what cannot be read is not judged by
 * what it might say. */
static void test_not_judged(void **state)
{
    AUTO(arena) a = arena_new(ARENA_LEN);
    struct cert_case c = { .role = CERT_ROLE_STATION };
    struct profile profile;
    struct x509_cert cert;
    struct scene s = { .arena = a };
    struct cert_judged in = { .der = build(&c, a),
                              .cert = &cert,
                              .role = CERT_ROLE_STATION,
                              .profile = &profile,
                              .signature = KNOWN_UNKNOWN,
                              .path = "extraCerts[0]" };

    (void)state;
    profile_init(&profile, PROFILE_3GPP_BS);
    assert_int_equal(x509_read(in.der, a, &cert), ERR_OK);
    cert_judge(&in, note, &s);
    assert_string_equal(s.broken, "");
    assert_string_equal(s.unknown, " cert-is-in-force cert-aki-is-issuers"
                                   " cert-signature-holds");

    s = (struct scene){ .arena = a };
    in.cert = NULL;
    in.err = ERR_BAD_DER;
    in.der = SPAN_LIT("\x30\x01");
    cert_judge(&in, note, &s);
    assert_string_equal(s.broken, " cert-is-der");
}

static void test_issuers(void **state)
{
    AUTO(arena) a = arena_new(ARENA_LEN);
    struct cert_case leaf = { .role = CERT_ROLE_STATION };
    struct cert_case root = { .role = CERT_ROLE_ROOT };
    struct cert_case first = { .role = CERT_ROLE_CA, .subject = ISSUER };
    struct cert_case second = { .role = CERT_ROLE_CA,
                                .subject = ISSUER,
                                .extensions = CA_BIT CA_USAGE
                                "30{06{551d0e} 04{04{bb}}}" };
    struct x509_cert certs[3], cert;

    (void)state;
    assert_int_equal(x509_read(build(&root, a), a, &certs[0]), ERR_OK);
    assert_int_equal(x509_read(build(&first, a), a, &certs[1]), ERR_OK);
    assert_int_equal(x509_read(build(&second, a), a, &certs[2]), ERR_OK);
    assert_int_equal(x509_read(build(&leaf, a), a, &cert), ERR_OK);
    assert_ptr_equal(cert_issuer_find(&cert, certs, 3), &certs[2]);
    assert_null(cert_issuer_find(&cert, certs, 2));
    assert_null(cert_issuer_find(&cert, certs, 1));
    assert_ptr_equal(cert_issuer_find(&certs[0], certs, 0), &certs[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_cases),
        cmocka_unit_test(test_rows_have_cases),
        cmocka_unit_test(test_not_judged),
        cmocka_unit_test(test_issuers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
