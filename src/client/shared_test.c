/*
 * The station under a shared secret: which answers it believes, what it keeps
 * on disk meanwhile, and where its root comes from.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "base/file.h"
#include "client/internal.h"
#include "support/fake_station.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

#define REPLY(name, ...)                                       \
    static void name(struct fake_ra *ra, struct fake_reply *r) \
    {                                                          \
        (void)ra;                                              \
        __VA_ARGS__;                                           \
    }
/* It signs, with its certificate along, as if it had been asked so. */
#define SIGNED(by)                                             \
    r->secret = NULL;                                          \
    r->signer = (by);                                          \
    r->header.sender.value = r->header.sender_kid = SPAN_NONE; \
    fake_reply_extra(r, (by)->der)

static void make_error(struct fake_reply *r, unsigned bit)
{
    r->body.type = CMP_ERROR;
    r->body.error = (struct error_msg){ 0 };
    r->body.error.status.status = STATUS_REJECTION;
    r->body.error.status.has_fail_info = true;
    r->body.error.status.fail_info = 1u << bit;
}

static struct span copy_flipped(struct fake_ra *ra, struct span bytes)
{
    struct span out = arena_copy(ra->arena, bytes);

    ((uint8_t *)(uintptr_t)out.ptr)[out.len - 1] ^= 1;
    return out;
}

static const uint8_t long_salt[65];

REPLY(none, (void)r)
REPLY(other_secret, r->secret = "another secret")
REPLY(by_ra, SIGNED(ra->ra))
REPLY(by_station, SIGNED(ra->station))
REPLY(by_ca, SIGNED(ra->ca))
REPLY(error_by_ra, SIGNED(ra->ra); make_error(r, FI_BAD_MESSAGE_CHECK))
REPLY(bare, r->is_unprotected = true)
REPLY(bare_error, r->is_unprotected = true; make_error(r, FI_BAD_REQUEST))
REPLY(other_reference, r->header.sender_kid = SPAN_LIT("ref-2"))
REPLY(no_reference, r->header.sender_kid = SPAN_NONE)
REPLY(to_hmac,
      r->mac = (struct mac_params){ .alg = MAC_HMAC, .mac = DIGEST_SHA256 })
REPLY(to_pbm, r->mac.alg = MAC_PBM; r->mac.key_len = 0)
REPLY(to_pbm_sha1, to_pbm(ra, r); r->mac.owf = r->mac.mac = DIGEST_SHA1)
REPLY(prf_sha1, r->mac.owf = DIGEST_SHA1)
REPLY(mac_sha1, r->mac.mac = DIGEST_SHA1)
REPLY(mac_sha512, r->mac.mac = DIGEST_SHA512)
REPLY(once, r->mac.iterations = 1)
REPLY(too_often, r->mac.iterations = 100001)
REPLY(short_salt, r->mac.salt.len = 7)
REPLY(salted, r->mac.salt = SPAN_OF(long_salt))
REPLY(foreign_nonce,
      r->header.recip_nonce = copy_flipped(ra, r->header.recip_nonce))
REPLY(foreign_id,
      r->header.transaction_id = copy_flipped(ra, r->header.transaction_id))
REPLY(an_error, make_error(r, FI_BAD_REQUEST))
REPLY(two, r->responses[1] = r->responses[0];
      r->body.cert_rep.num_responses = 2)
REPLY(confirmed_by_ra, SIGNED(ra->ra); make_error(r, FI_CERT_CONFIRMED))

/* clang-format off */
static const struct {
    const char *what;
    enum cmp_body_type at;
    enum err result; /* ERR_NO_ANSWER: ignored, as if nothing had come */
    void (*reply)(struct fake_ra *ra, struct fake_reply *r);
    const char *rule; /* what is told of an answer that is ignored */
} rows[] = {
    { "good", CMP_IR, ERR_OK, none },
    { "no senderKID", CMP_IR, ERR_OK, no_reference },
    { "a longer MAC", CMP_IR, ERR_OK, mac_sha512 },
    { "another secret", CMP_IR, ERR_NO_ANSWER, other_secret, "does not verify" },
    { "signed by the RA", CMP_IR, ERR_NO_ANSWER, by_ra, "not under a MAC" },
    { "signed by the CA", CMP_IR, ERR_NO_ANSWER, by_ca, "not under a MAC" },
    { "signed by a station", CMP_IR, ERR_NO_ANSWER, by_station, "not under a MAC" },
    { "an error signed by the RA", CMP_IR, ERR_NO_ANSWER, error_by_ra, "badMessageCheck" },
    { "unprotected", CMP_IR, ERR_NO_ANSWER, bare, "unprotected" },
    { "an unprotected error", CMP_IR, ERR_NO_ANSWER, bare_error, "unprotected" },
    { "another reference", CMP_IR, ERR_NO_ANSWER, other_reference, "another reference" },
    { "HMAC in place of PBMAC1", CMP_IR, ERR_NO_ANSWER, to_hmac, "not allowed" },
    { "PBM in place of PBMAC1", CMP_IR, ERR_NO_ANSWER, to_pbm, "not allowed" },
    { "PBM with SHA-1", CMP_IR, ERR_NO_ANSWER, to_pbm_sha1, "not allowed" },
    { "PBKDF2 with SHA-1", CMP_IR, ERR_NO_ANSWER, prf_sha1, "not allowed" },
    { "HMAC with SHA-1", CMP_IR, ERR_NO_ANSWER, mac_sha1, "not allowed" },
    { "one iteration", CMP_IR, ERR_NO_ANSWER, once, "iterationCount" },
    { "100001 iterations", CMP_IR, ERR_NO_ANSWER, too_often, "iterationCount" },
    { "7 octets of salt", CMP_IR, ERR_NO_ANSWER, short_salt, "salt" },
    { "65 octets of salt", CMP_IR, ERR_NO_ANSWER, salted, "salt" },
    { "foreign nonce", CMP_IR, ERR_NO_ANSWER, foreign_nonce, "recipNonce" },
    { "foreign ID", CMP_IR, ERR_NO_ANSWER, foreign_id, "transactionID" },
    { "an error", CMP_IR, ERR_REFUSED, an_error },
    { "two responses", CMP_IR, ERR_REFUSED, two },
    { "cp signed by the RA", CMP_CR, ERR_NO_ANSWER, by_ra, "not under a MAC" },
    { "cp under another secret", CMP_P10CR, ERR_NO_ANSWER, other_secret, "does not verify" },
    { "pkiconf signed by the RA", CMP_CERT_CONF, ERR_NO_ANSWER, by_ra, "not under a MAC" },
    { "pkiconf under another secret", CMP_CERT_CONF, ERR_NO_ANSWER, other_secret, "does not verify" },
    { "certConfirmed signed by the RA", CMP_CERT_CONF, ERR_NO_ANSWER, confirmed_by_ra, "certConfirmed" },
    { "unprotected pkiconf", CMP_CERT_CONF, ERR_NO_ANSWER, bare, "unprotected" },
    { "pollRep signed by the RA", CMP_POLL_REQ, ERR_NO_ANSWER, by_ra, "not under a MAC" },
    { "pollRep under another secret", CMP_POLL_REQ, ERR_NO_ANSWER, other_secret, "does not verify" },
    { "pollRep, PBM", CMP_POLL_REQ, ERR_NO_ANSWER, to_pbm, "not allowed" },
    { "pollRep", CMP_POLL_REQ, ERR_WAITING, none },
};
/* clang-format on */

static void start(struct fake_station *fs)
{
    fake_station_init(fs);
    fake_ra_share(fs->ra, &fs->settings);
}

/* What is wrong with the station's behaviour; NULL: nothing. */
static const char *run_row(struct fake_station *fs, size_t i)
{
    struct fault f = { 0 };
    enum err e;
    bool has;

    fake_station_reset(fs);
    fs->ra->only = rows[i].at;
    fs->ra->is_slow = rows[i].at == CMP_POLL_REQ;
    fs->run.wait = 0;
    fs->run.request =
        rows[i].at == CMP_CR || rows[i].at == CMP_P10CR ? rows[i].at : CMP_IR;
    fs->ra->change = rows[i].reply;
    e = fake_station_enroll(fs, &f);
    if (e != rows[i].result)
        return "result";
    if (!fake_station_is_sound(fs, &has) || has != (e == ERR_OK))
        return "pair";
    if (fake_station_is_pending(fs) != (e == ERR_NO_ANSWER || e == ERR_WAITING))
        return "pending";
    if (fs->num_ignored != (e == ERR_NO_ANSWER))
        return "count";
    if (rows[i].rule != NULL && strstr(fs->last, rows[i].rule) == NULL)
        return "text";
    return NULL;
}

static void test_replies(void **state)
{
    struct fake_station fs;
    size_t failures = 0;

    (void)state;
    start(&fs);
    for (size_t i = 0; i < NUM(rows); i++) {
        const char *wrong = run_row(&fs, i);

        if (wrong != NULL) {
            print_error("%s: %s: %s\n", rows[i].what, wrong, fs.last);
            failures++;
        }
    }
    fake_station_done(&fs);
    assert_int_equal(failures, 0);
}

static void to_mac(struct fake_ra *ra, struct fake_reply *r)
{
    fake_reply_extra(r, ra->ra->der);
    r->mac = (struct mac_params){ .alg = MAC_HMAC, .mac = DIGEST_SHA256 };
    r->secret = FAKE_SECRET;
    r->header.sender.type = GN_DIRECTORY;
    r->header.sender.value = SPAN_LIT("\x30\x00");
}

/* Who signed is not answered by a MAC, whatever the settings say since. */
static void test_signed_is_not_answered_by_mac(void **state)
{
    struct fake_station fs;
    struct fault f;

    (void)state;
    fake_station_init(&fs);
    fs.ra->change = to_mac;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_NO_ANSWER);
    assert_non_null(strstr(fs.last, "not signed"));
    fs.settings.secret =
        test_pki_save(fs.ra->pki, "secret", FAKE_SECRET "\n", 0600);
    fs.settings.reference = FAKE_REFERENCE;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_NO_ANSWER);
    assert_non_null(strstr(fs.last, "not signed"));
    fake_station_done(&fs);
}

static void test_macs(void **state)
{
    static const struct {
        const char *mac;
        enum err result;
    } cases[] = { { "pbmac1", ERR_OK },
                  { "pbm", ERR_OK },
                  { "pbm-sha1", ERR_OK },
                  { "hmac-md5", ERR_CONFIG } };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        struct fake_station fs;
        struct fault f;

        start(&fs);
        fs.settings.mac = cases[i].mac;
        assert_int_equal(fake_station_enroll(&fs, &f), cases[i].result);
        fake_station_done(&fs);
    }
}

/* --- the secret --- */

static void test_file(void **state)
{
    static const struct {
        const char *text;
        unsigned mode;
        enum err result;
        const char *why;
    } cases[] = {
        { FAKE_SECRET, 0600, ERR_OK, "" },
        { FAKE_SECRET "\r\n", 0400, ERR_OK, "" },
        { FAKE_SECRET "\n", 0640, ERR_CONFIG, "chmod 600" },
        { FAKE_SECRET "\n", 0604, ERR_CONFIG, "chmod 600" },
        { "", 0600, ERR_CONFIG, "not one line" },
        { "\n", 0600, ERR_CONFIG, "not one line" },
        { FAKE_SECRET "\nmore\n", 0600, ERR_CONFIG, "not one line" },
    };

    (void)state;
    for (size_t i = 0; i < NUM(cases); i++) {
        struct fake_station fs;
        struct fault f = { 0 };

        start(&fs);
        fs.settings.secret =
            test_pki_save(fs.ra->pki, "other", cases[i].text, cases[i].mode);
        assert_int_equal(fake_station_enroll(&fs, &f), cases[i].result);
        if (cases[i].result != ERR_OK) {
            assert_non_null(strstr(f.text, cases[i].why));
            assert_false(fake_station_is_pending(&fs));
            assert_int_equal(fs.ra->num_posts, 0);
        }
        fake_station_done(&fs);
    }
}

static void test_missing(void **state)
{
    struct fake_station fs;
    struct fault f;

    (void)state;
    start(&fs);
    fs.settings.reference = NULL;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_CONFIG);
    assert_non_null(strstr(f.text, "--reference"));
    fs.settings.reference = FAKE_REFERENCE;
    fs.settings.secret = "-";
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_CONFIG);
    assert_non_null(strstr(f.text, "--secret -"));
    fs.settings.secret = "/nowhere/secret";
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_CONFIG);
    assert_int_equal(fs.ra->num_posts, 0);
    fake_station_done(&fs);
}

static bool dir_has_text(const struct fake_station *fs, const char *text)
{
    static const char *const files[] = { "pending", "settings", "ignored" };
    bool has = false;

    for (size_t i = 0; i < NUM(files); i++) {
        char path[4096];
        struct buf b;

        buf_init(&b, LIMIT_FILE_LEN);
        snprintf(path, sizeof(path), "%s/%s", fs->dir, files[i]);
        if (file_load(path, &b, NULL) == ERR_OK)
            has = has || memmem(b.ptr, b.len, text, strlen(text)) != NULL;
        buf_done(&b);
    }
    return has;
}

/* A transaction that was stopped goes on under its own secret and parameters;
 * what is kept of the secret is where it lies. */
static void test_resume(void **state)
{
    static const enum cmp_body_type stops[] = { CMP_IR, CMP_CERT_CONF };
    struct fake_station fs;
    struct fault f;
    bool has;

    (void)state;
    start(&fs);
    for (size_t i = 0; i < NUM(stops); i++) {
        fake_station_reset(&fs);
        fs.ra->only = stops[i];
        fs.ra->change = bare;
        assert_int_equal(fake_station_enroll(&fs, &f), ERR_NO_ANSWER);
        assert_true(dir_has_text(&fs, fs.settings.secret));
        assert_false(dir_has_text(&fs, FAKE_SECRET));
        fs.ra->change = NULL;
        /* The answer kept for these bytes is the bare one: a new one. */
        fs.now += 3600;
        fs.run.once = false;
        assert_int_equal(fake_station_enroll(&fs, &f), ERR_OK);
        assert_true(fake_station_is_sound(&fs, &has) && has);
        assert_int_equal(fs.num_resumed, 1);
        fs.run.once = true;
    }
    fake_station_done(&fs);
}

/* The same bytes get a good answer at last, after another secret was set. */
static void test_resume_keeps_its_secret(void **state)
{
    struct fake_station fs;
    struct fault f = { 0 };
    const char *secret;
    bool has;

    (void)state;
    start(&fs);
    fs.ra->no_answer = ERR_IO;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_NO_ANSWER);
    fs.ra->no_answer = ERR_OK;
    secret = fs.settings.secret;
    fs.settings.secret = test_pki_save(fs.ra->pki, "other", "another\n", 0600);
    fs.settings.reference = "ref-2";
    fs.settings.mac = "pbm";
    assert_int_equal(chmod(secret, 0644), 0);
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_CONFIG);
    assert_non_null(strstr(f.text, "under way needs its secret"));
    assert_int_equal(chmod(secret, 0600), 0);
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_OK);
    assert_true(fake_station_is_sound(&fs, &has) && has);
    assert_int_equal(fs.num_resumed, 1);
    fake_station_done(&fs);
}

/* From standard input: in no file at all, and asked for again. */
static void test_stdin(void **state)
{
    AUTO(secret) secret = secret_new(SPAN_LIT(FAKE_SECRET "\n"));
    struct fake_station fs;
    struct fault f;

    (void)state;
    start(&fs);
    fs.settings.secret = "-";
    fs.env.secret = secret;
    fs.ra->no_answer = ERR_IO;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_NO_ANSWER);
    assert_false(dir_has_text(&fs, FAKE_SECRET));
    fs.ra->no_answer = ERR_OK;
    fs.env.secret = NULL;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_CONFIG);
    fs.env.secret = secret;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_OK);
    fake_station_done(&fs);
}

/* --- roots --- */

static struct span sent[3];

static void send_ca_pubs(struct fake_ra *ra, struct fake_reply *r)
{
    (void)ra;
    if (r->body.type != CMP_IP)
        return;
    r->body.cert_rep.has_ca_pubs = true;
    r->body.cert_rep.ca_pubs = sent;
    for (size_t i = 0; i < NUM(sent); i++)
        r->body.cert_rep.num_ca_pubs += !span_is_absent(sent[i]);
}

/* The root of the certificate is the operator's; one beside it is kept as one
 * more. Without it there is nothing to believe the certificate by. */
static void test_root_in_ca_pubs(void **state)
{
    AUTO(arena) a = arena_new(CLIENT_ARENA);
    const struct test_cert *other;
    struct fake_station fs;
    struct client_status status;
    uint8_t id[32];
    struct fault f;

    (void)state;
    start(&fs);
    other = test_cert_make(
        fs.ra->pki,
        &(struct test_cert_spec){ .subject = "CN=Other Root", .ca = true });
    fs.settings.root = NULL;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_CONFIG);
    fs.settings.trust = TRUST_SECRET;
    fs.ra->change = send_ca_pubs;
    sent[0] = fs.ra->vendor_root->der;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_REFUSED);
    assert_non_null(strstr(fs.last, "caPubs"));
    sent[1] = fs.ra->root->der;
    sent[2] = other->der;
    fake_station_reset(&fs);
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_OK);
    assert_int_equal(station_status(fs.dir, &fs.settings, a, &status, &f),
                     ERR_OK);
    assert_int_equal(status.origin, ROOT_BY_SECRET);
    hash_sha256_pair(fs.ra->root->der, SPAN_NONE, id);
    assert_memory_equal(status.root_id, id, sizeof(id));
    assert_int_equal(status.num_added, 2);
    assert_int_equal(status.added[0].place, ROOT_IN_CA_PUBS);
    fake_station_done(&fs);
}

/* The mode is for answers under a secret, and takes nothing of extraCerts. */
static void test_trust_secret(void **state)
{
    struct fake_station fs;
    struct fault f;

    (void)state;
    fake_station_init(&fs);
    fs.settings.root = NULL;
    fs.settings.trust = TRUST_SECRET;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_CONFIG);
    assert_non_null(strstr(f.text, "--secret"));
    fs.settings.trust = TRUST_LEARN;
    fs.ra->no_answer = ERR_IO;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_NO_ANSWER);
    /* A signed transaction is under way, and then a secret is set. */
    fs.ra->no_answer = ERR_OK;
    fs.settings.trust = TRUST_SECRET;
    fs.settings.secret =
        test_pki_save(fs.ra->pki, "secret", FAKE_SECRET "\n", 0600);
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_NO_ANSWER);
    assert_non_null(strstr(fs.last, "not under the shared secret"));
    fake_ra_share(fs.ra, &fs.settings);
    fake_station_reset(&fs);
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_REFUSED);
    assert_non_null(strstr(fs.last, "no root in caPubs"));
    fake_station_done(&fs);
}

/* Where the root is to be learnt, an answer that says to wait brings none. */
static void test_learn_while_waiting(void **state)
{
    struct fake_station fs;
    struct fault f;

    (void)state;
    start(&fs);
    fs.settings.root = NULL;
    fs.settings.trust = TRUST_LEARN;
    fs.ra->is_slow = true;
    fs.run.wait = 0;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_WAITING);
    assert_false(dir_has_text(&fs, "root: learnt"));
    assert_false(dir_has_text(&fs, "ROOT CERTIFICATE"));
    fake_station_reset(&fs);
    fs.ra->is_slow = false;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_OK);
    fake_station_done(&fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_replies),
        cmocka_unit_test(test_signed_is_not_answered_by_mac),
        cmocka_unit_test(test_macs),
        cmocka_unit_test(test_file),
        cmocka_unit_test(test_missing),
        cmocka_unit_test(test_resume),
        cmocka_unit_test(test_resume_keeps_its_secret),
        cmocka_unit_test(test_stdin),
        cmocka_unit_test(test_root_in_ca_pubs),
        cmocka_unit_test(test_trust_secret),
        cmocka_unit_test(test_learn_while_waiting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
