/*
 * Wrong answers, one a row: what the station makes of each, and that none of
 * them gives it a pair or, where it is to be ignored, changes what it holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/limits.h"
#include "support/fake_station.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static struct span copy_flipped(struct fake_ra *ra, struct span bytes)
{
    struct span out = arena_copy(ra->arena, bytes);

    ((uint8_t *)(uintptr_t)out.ptr)[out.len - 1] ^= 1;
    return out;
}

static const struct test_cert *make(struct fake_ra *ra,
                                    struct test_cert_spec spec)
{
    return test_cert_make(ra->pki, &spec);
}

/* Lets another sign, whose certificate comes along. */
static void sign_by(struct fake_reply *r, const struct test_cert *signer)
{
    r->signer = signer;
    fake_reply_extra(r, signer->der);
}

static void make_error(struct fake_reply *r, unsigned bit)
{
    r->body.type = CMP_ERROR;
    r->body.error = (struct error_msg){ 0 };
    r->body.error.status.status = STATUS_REJECTION;
    r->body.error.status.has_fail_info = true;
    r->body.error.status.fail_info = 1u << bit;
}

static void make_rejection(struct fake_reply *r)
{
    r->responses[0] = (struct cert_response){ 0 };
    r->responses[0].status.status = STATUS_REJECTION;
    r->responses[0].status.has_fail_info = true;
    r->responses[0].status.fail_info = 1u << FI_NOT_AUTHORIZED;
}

#define REPLY(name, statement)                                 \
    static void name(struct fake_ra *ra, struct fake_reply *r) \
    {                                                          \
        (void)ra;                                              \
        statement;                                             \
    }
#define CERT(name, statement)                                 \
    static void name(struct fake_ra *ra, struct fake_cert *c) \
    {                                                         \
        (void)ra;                                             \
        statement;                                            \
    }
#define DAMAGE(name, statement)                         \
    static void name(struct fake_ra *ra, struct buf *b) \
    {                                                   \
        (void)ra;                                       \
        statement;                                      \
    }
#define SPEC(...) ((struct test_cert_spec){ __VA_ARGS__ })
#define RA_EKU "1.3.6.1.5.5.7.3.28"

/* signers */
REPLY(by_station, sign_by(r, ra->station))
REPLY(by_vendor_device, sign_by(r, ra->vendor))
REPLY(by_vendor_root, sign_by(r, ra->vendor_root))
REPLY(by_vendor_ra,
      sign_by(r, make(ra, SPEC(.subject = "CN=RA", .issuer = ra->vendor_root,
                               .eku = RA_EKU))))
REPLY(by_expired, sign_by(r, make(ra, SPEC(.subject = "CN=RA", .issuer = ra->ca,
                                           .eku = RA_EKU,
                                           .not_before = TEST_NOW - TEST_YEAR,
                                           .not_after = TEST_NOW - 1))))
REPLY(by_early,
      sign_by(r, make(ra, SPEC(.subject = "CN=RA", .issuer = ra->ca,
                               .eku = RA_EKU, .not_before = TEST_NOW + TEST_DAY,
                               .not_after = TEST_NOW + TEST_YEAR))))
REPLY(by_no_signing,
      sign_by(r, make(ra, SPEC(.subject = "CN=RA", .issuer = ra->ca,
                               .eku = RA_EKU, .key_usage = "keyAgreement"))))
REPLY(by_self_made,
      sign_by(r, make(ra, SPEC(.subject = "CN=RA", .eku = RA_EKU))))
REPLY(by_forged,
      sign_by(r, make(ra, SPEC(.subject = "CN=RA", .issuer = ra->ca,
                               .signed_by = ra->station->key, .eku = RA_EKU))))
REPLY(by_other_ra, sign_by(r, make(ra, SPEC(.subject = "CN=RA 2",
                                            .issuer = ra->ca, .eku = RA_EKU))))
REPLY(by_server_auth,
      sign_by(r, make(ra, SPEC(.subject = "CN=Web", .issuer = ra->ca,
                               .eku = "serverAuth"))))
REPLY(no_certs, r->num_extra = 0)
REPLY(other_sender, r->header.sender.type = GN_DIRECTORY;
      r->header.sender.value = SPAN_LIT("\x30\x00"))

/* header */
REPLY(foreign_recip_nonce,
      r->header.recip_nonce = copy_flipped(ra, r->header.recip_nonce))
REPLY(no_recip_nonce, r->header.recip_nonce = SPAN_NONE)
REPLY(short_nonce, r->header.sender_nonce = SPAN_LIT("fifteen octets."))
REPLY(no_nonce, r->header.sender_nonce = SPAN_NONE)
REPLY(foreign_id,
      r->header.transaction_id = copy_flipped(ra, r->header.transaction_id))
REPLY(no_id, r->header.transaction_id = SPAN_NONE)
REPLY(pvno_1, r->header.pvno = 1)
REPLY(bare, r->is_unprotected = true)
REPLY(bare_error, r->is_unprotected = true; make_error(r, FI_BAD_REQUEST))
REPLY(bare_rejection, r->is_unprotected = true; make_rejection(r))
REPLY(station_error, make_error(r, FI_BAD_REQUEST); sign_by(r, ra->station))
REPLY(station_rejection, make_rejection(r); sign_by(r, ra->station))

/* answers */
REPLY(two, r->responses[1] = r->responses[0];
      r->body.cert_rep.num_responses = 2)
REPLY(req_id, r->responses[0].cert_req_id = 1)
REPLY(encrypted,
      r->responses[0].encrypted_cert = SPAN_LIT("\x30\x05\x03\x03\x00\x01\x02");
      r->responses[0].certificate = SPAN_NONE)
REPLY(granted_bare, r->responses[0] = (struct cert_response){ 0 })
REPLY(rejected_full, r->responses[0].status.status = STATUS_REJECTION)
REPLY(waiting, r->responses[0] = (struct cert_response){ 0 };
      r->responses[0].status.status = STATUS_WAITING)
REPLY(waiting_full, r->responses[0].status.status = STATUS_WAITING)
REPLY(status_9, r->responses[0].status.status = 9)
REPLY(granted_fail, r->responses[0].status.has_fail_info = true;
      r->responses[0].status.fail_info = 1u << FI_BAD_ALG)
REPLY(kup, r->body.type = CMP_KUP)
REPLY(ip, r->body.type = CMP_IP)
REPLY(req_id_0, r->responses[0].cert_req_id = 0)
REPLY(req_id_minus_1, r->responses[0].cert_req_id = -1)
REPLY(cp, r->body.type = CMP_CP)
REPLY(pkiconf, r->body.type = CMP_PKICONF)
REPLY(no_cert_at_all, r->responses[0].certificate = SPAN_LIT("\x30\x00"))
REPLY(error_body, make_error(r, FI_BAD_REQUEST))
REPLY(rejection, make_rejection(r))
REPLY(bare_confirmed, r->is_unprotected = true;
      make_error(r, FI_CERT_CONFIRMED))

/* polling */
REPLY(poll_other, r->polls[0].cert_req_id = 1)
REPLY(poll_whole, r->polls[0].cert_req_id = -1)
REPLY(poll_negative, r->polls[0].check_after = -1)
REPLY(poll_ages, r->polls[0].check_after = INT64_MAX)
REPLY(poll_two, r->polls[1] = r->polls[0]; r->body.poll_rep.num = 2)
REPLY(waiting_error, make_error(r, FI_BAD_REQUEST);
      r->body.error.status.status = STATUS_WAITING;
      r->body.error.status.has_fail_info = false)
REPLY(early_poll, r->body.type = CMP_POLL_REP; r->body.poll_rep.list = r->polls;
      r->body.poll_rep.num = 1)

/* certificates */
CERT(other_key, c->spki = test_key_spki(ra->station->key))
CERT(by_vendor, c->issuer = ra->vendor_root)
CERT(by_a_station, c->issuer = ra->station)
CERT(expired, c->not_after = TEST_NOW - 1)
CERT(early, c->not_before = TEST_NOW + 60)
CERT(is_ca, c->is_ca = true; c->key_usage |= KU_KEY_CERT_SIGN)
CERT(cert_sign, c->key_usage |= KU_KEY_CERT_SIGN)
CERT(no_signing, c->key_usage = KU_KEY_ENCIPHERMENT)

/* bytes */
DAMAGE(cut, b->len /= 2)
DAMAGE(empty, b->len = 0)
DAMAGE(html, buf_clear(b); buf_add_str(b, "<html><body>Log in</body></html>"))
DAMAGE(byte_more, buf_add_str(b, "x"))
DAMAGE(zeros, memset(b->ptr, 0, b->len))

enum reaction {
    IGNORED,   /* no answer; the transaction goes on */
    ENDED,     /* failed */
    POSTPONED, /* to be asked again later */
    REJECTED   /* certConf says so, then failed */
};

struct row {
    const char *what;
    enum cmp_body_type at;
    enum reaction reaction;
    void (*reply)(struct fake_ra *ra, struct fake_reply *r);
    void (*cert)(struct fake_ra *ra, struct fake_cert *c);
    void (*damage)(struct fake_ra *ra, struct buf *b);
};

/* clang-format off */
static const struct row rows[] = {
    { "another station's certificate", CMP_IR, IGNORED, by_station },
    { "the vendor's device", CMP_IR, IGNORED, by_vendor_device },
    { "the vendor's root", CMP_IR, IGNORED, by_vendor_root },
    { "an RA of the vendor's", CMP_IR, IGNORED, by_vendor_ra },
    { "an expired signer", CMP_IR, IGNORED, by_expired },
    { "a signer not yet valid", CMP_IR, IGNORED, by_early },
    { "a signer without digitalSignature", CMP_IR, IGNORED, by_no_signing },
    { "a self-made RA", CMP_IR, IGNORED, by_self_made },
    { "a forged RA", CMP_IR, IGNORED, by_forged },
    { "a web server", CMP_IR, IGNORED, by_server_auth },
    { "no extraCerts", CMP_IR, IGNORED, no_certs },
    { "another sender", CMP_IR, IGNORED, other_sender },
    { "foreign recipNonce", CMP_IR, IGNORED, foreign_recip_nonce },
    { "no recipNonce", CMP_IR, IGNORED, no_recip_nonce },
    { "short senderNonce", CMP_IR, IGNORED, short_nonce },
    { "no senderNonce", CMP_IR, IGNORED, no_nonce },
    { "foreign transactionID", CMP_IR, IGNORED, foreign_id },
    { "no transactionID", CMP_IR, IGNORED, no_id },
    { "pvno 1", CMP_IR, IGNORED, pvno_1 },
    { "unprotected ip", CMP_IR, IGNORED, bare },
    { "unprotected error", CMP_IR, IGNORED, bare_error },
    { "unprotected rejection", CMP_IR, IGNORED, bare_rejection },
    { "an error by another station", CMP_IR, IGNORED, station_error },
    { "a rejection by another station", CMP_IR, IGNORED, station_rejection },
    { "cut", CMP_IR, IGNORED, NULL, NULL, cut },
    { "empty", CMP_IR, IGNORED, NULL, NULL, empty },
    { "HTML", CMP_IR, IGNORED, NULL, NULL, html },
    { "a byte more", CMP_IR, IGNORED, NULL, NULL, byte_more },
    { "zeros", CMP_IR, IGNORED, NULL, NULL, zeros },
    { "two CertResponses", CMP_IR, ENDED, two },
    { "certReqId 1", CMP_IR, ENDED, req_id },
    { "encrypted certificate", CMP_IR, ENDED, encrypted },
    { "granted without certificate", CMP_IR, ENDED, granted_bare },
    { "rejected with certificate", CMP_IR, ENDED, rejected_full },
    { "waiting", CMP_IR, POSTPONED, waiting },
    { "waiting with certificate", CMP_IR, ENDED, waiting_full },
    { "error, waiting", CMP_IR, POSTPONED, waiting_error },
    { "pollRep to an ir", CMP_IR, ENDED, early_poll },
    { "unknown status", CMP_IR, ENDED, status_9 },
    { "granted with failInfo", CMP_IR, ENDED, granted_fail },
    { "kup to an ir", CMP_IR, ENDED, kup },
    { "cp to an ir", CMP_IR, ENDED, cp },
    { "pkiconf to an ir", CMP_IR, ENDED, pkiconf },
    { "no certificate's bytes", CMP_IR, ENDED, no_cert_at_all },
    { "an error", CMP_IR, ENDED, error_body },
    { "a rejection", CMP_IR, ENDED, rejection },
    { "another's key", CMP_IR, REJECTED, NULL, other_key },
    { "issued by the vendor", CMP_IR, REJECTED, NULL, by_vendor },
    { "issued by a station", CMP_IR, REJECTED, NULL, by_a_station },
    { "expired", CMP_IR, REJECTED, NULL, expired },
    { "not yet valid", CMP_IR, REJECTED, NULL, early },
    { "a CA's", CMP_IR, REJECTED, NULL, is_ca },
    { "keyCertSign", CMP_IR, REJECTED, NULL, cert_sign },
    { "not for signing", CMP_IR, REJECTED, NULL, no_signing },
    { "pkiconf by another RA", CMP_CERT_CONF, IGNORED, by_other_ra },
    { "pkiconf by another station", CMP_CERT_CONF, IGNORED, by_station },
    { "unprotected pkiconf", CMP_CERT_CONF, IGNORED, bare },
    { "pkiconf, foreign nonce", CMP_CERT_CONF, IGNORED, foreign_recip_nonce },
    { "pkiconf, short nonce", CMP_CERT_CONF, IGNORED, short_nonce },
    { "pkiconf, foreign ID", CMP_CERT_CONF, IGNORED, foreign_id },
    { "unprotected certConfirmed", CMP_CERT_CONF, IGNORED, bare_confirmed },
    { "cut pkiconf", CMP_CERT_CONF, IGNORED, NULL, NULL, cut },
    { "ip to a cr", CMP_CR, ENDED, ip },
    { "certReqId -1 to a cr", CMP_CR, ENDED, req_id_minus_1 },
    { "another's key to a cr", CMP_CR, REJECTED, NULL, other_key },
    { "unprotected cp", CMP_CR, IGNORED, bare },
    { "ip to a p10cr", CMP_P10CR, ENDED, ip },
    { "certReqId 0 to a p10cr", CMP_P10CR, ENDED, req_id_0 },
    { "another's key to a p10cr", CMP_P10CR, REJECTED, NULL, other_key },
    { "cp by another station", CMP_P10CR, IGNORED, by_station },
    { "pollRep", CMP_POLL_REQ, POSTPONED },
    { "pollRep, far away", CMP_POLL_REQ, POSTPONED, poll_ages },
    { "pollRep for another", CMP_POLL_REQ, ENDED, poll_other },
    { "pollRep for the whole", CMP_POLL_REQ, ENDED, poll_whole },
    { "pollRep, before now", CMP_POLL_REQ, ENDED, poll_negative },
    { "pollRep of two", CMP_POLL_REQ, ENDED, poll_two },
    { "pollRep, foreign nonce", CMP_POLL_REQ, IGNORED, foreign_recip_nonce },
    { "pollRep, no nonce", CMP_POLL_REQ, IGNORED, no_recip_nonce },
    { "pollRep, foreign ID", CMP_POLL_REQ, IGNORED, foreign_id },
    { "pollRep by another RA", CMP_POLL_REQ, IGNORED, by_other_ra },
    { "pollRep by another station", CMP_POLL_REQ, IGNORED, by_station },
    { "unprotected pollRep", CMP_POLL_REQ, IGNORED, bare },
    { "unprotected error to a pollReq", CMP_POLL_REQ, IGNORED, bare_error },
    { "cut pollRep", CMP_POLL_REQ, IGNORED, NULL, NULL, cut },
    { "pkiconf to a pollReq", CMP_POLL_REQ, ENDED, pkiconf },
    { "an error to a pollReq", CMP_POLL_REQ, ENDED, error_body },
    { "an error to the certConf", CMP_CERT_CONF, ENDED, error_body },
};
/* clang-format on */

static void look(const struct fake_station *fs, struct buf *out)
{
    char path[4096];

    buf_clear(out);
    snprintf(path, sizeof(path), "%s/pending", fs->dir);
    assert_int_equal(file_load(path, out, NULL), ERR_OK);
}

static bool has_text(const struct buf *b, const char *text)
{
    return memmem(b->ptr, b->len, text, strlen(text)) != NULL;
}

static enum err result_of(enum reaction reaction)
{
    static const enum err results[] = { [IGNORED] = ERR_NO_ANSWER,
                                        [ENDED] = ERR_REFUSED,
                                        [POSTPONED] = ERR_WAITING,
                                        [REJECTED] = ERR_REFUSED };

    return results[reaction];
}

static unsigned num_posts_of(const struct row *row)
{
    return 1u + (row->at == CMP_CERT_CONF || row->at == CMP_POLL_REQ ||
                 row->reaction == REJECTED || row->reaction == POSTPONED);
}

static bool stays_pending(const struct row *row)
{
    return row->reaction == IGNORED || row->reaction == POSTPONED;
}

/* What is wrong with the station's behaviour; NULL: nothing. */
static const char *run_row(struct fake_station *fs, const struct row *row)
{
    struct fault f = { 0 };
    struct buf pending;
    const char *wrong = NULL;
    enum err e;
    bool has;

    fs->ra->only = row->at;
    fs->ra->is_slow = row->at == CMP_POLL_REQ;
    fs->run.wait = 0;
    fs->run.request =
        row->at == CMP_CR || row->at == CMP_P10CR ? row->at : CMP_IR;
    fs->ra->change = row->reply;
    fs->ra->change_cert = row->cert;
    fs->ra->damage = row->damage;
    e = fake_station_enroll(fs, &f);
    buf_init(&pending, LIMIT_FILE_LEN);
    if (e != result_of(row->reaction))
        wrong = "result";
    else if (!fake_station_is_sound(fs, &has) || has)
        wrong = "a pair came about";
    else if (fake_station_is_pending(fs) != stays_pending(row))
        wrong = "pending";
    else if (fs->num_ignored != (row->reaction == IGNORED))
        wrong = "count";
    else if (fs->ra->num_posts != num_posts_of(row))
        wrong = "messages";
    if (wrong == NULL && stays_pending(row)) {
        look(fs, &pending);
        if (!has_text(&pending, row->at == CMP_CERT_CONF
                                    ? "state: confirm-sent"
                                    : "state: request-sent"))
            wrong = "state";
    }
    buf_done(&pending);
    if (wrong != NULL)
        print_error("%s: %s: %s: %s\n", row->what, wrong, err_name(e), f.text);
    return wrong;
}

static void test_bad_replies(void **state)
{
    struct fake_station fs;
    size_t failures = 0;

    (void)state;
    fake_station_init(&fs);
    for (size_t i = 0; i < NUM(rows); i++) {
        fake_station_reset(&fs);
        fs.ra->num_posts = 0;
        failures += run_row(&fs, &rows[i]) != NULL;
    }
    fake_station_done(&fs);
    assert_int_equal(failures, 0);
}

/* An answer not believed leaves the transaction byte for byte as it was, and
 * a good one after it finishes it. */
static void test_recovery(void **state)
{
    static const enum cmp_body_type places[] = { CMP_IR, CMP_CERT_CONF };
    struct fake_station fs;
    struct buf before, after;
    struct fault f;
    bool has;

    (void)state;
    fake_station_init(&fs);
    buf_init(&before, LIMIT_FILE_LEN);
    buf_init(&after, LIMIT_FILE_LEN);
    for (size_t i = 0; i < NUM(places); i++) {
        fake_station_reset(&fs);
        fs.ra->only = places[i];
        fs.ra->no_answer = ERR_IO;
        if (places[i] == CMP_IR) {
            assert_int_equal(fake_station_enroll(&fs, &f), ERR_NO_ANSWER);
        } else {
            fs.ra->no_answer = ERR_OK;
            fs.ra->damage = cut;
            assert_int_equal(fake_station_enroll(&fs, &f), ERR_NO_ANSWER);
        }
        look(&fs, &before);
        fs.ra->no_answer = ERR_NO_ANSWER;
        assert_int_equal(fake_station_enroll(&fs, &f), ERR_NO_ANSWER);
        look(&fs, &after);
        assert_true(span_is_equal(buf_span(&before), buf_span(&after)));
        fs.ra->no_answer = ERR_OK;
        fs.ra->damage = NULL;
        assert_int_equal(fake_station_enroll(&fs, &f), ERR_OK);
        assert_true(fake_station_is_sound(&fs, &has) && has);
    }
    buf_done(&before);
    buf_done(&after);
    fake_station_done(&fs);
}

/* Where the root is to be learnt, the first answer may say to wait as well;
 * whose word that was holds for the rest of the transaction. */
static void test_learn_while_waiting(void **state)
{
    struct fake_station fs;
    struct buf pending;
    struct fault f;

    (void)state;
    fake_station_init(&fs);
    buf_init(&pending, LIMIT_FILE_LEN);
    fs.settings.root = NULL;
    fs.settings.trust = TRUST_LEARN;
    fs.ra->is_slow = true;
    fs.run.wait = 0;
    assert_int_equal(fake_station_enroll(&fs, &f), ERR_WAITING);
    look(&fs, &pending);
    assert_true(has_text(&pending, "root: learnt"));
    assert_true(has_text(&pending, "BEGIN ROOT CERTIFICATE"));
    buf_done(&pending);
    fake_station_done(&fs);
}

/* One bit flipped anywhere in header, body or protection, and in what of
 * extraCerts is needed. */
static size_t flip_at;
DAMAGE(flip, b->ptr[flip_at % b->len] ^= (uint8_t)(1u << (flip_at % 8)))

static void test_flipped(void **state)
{
    struct fake_station fs;
    struct fault f;
    bool has;

    (void)state;
    fake_station_init(&fs);
    fs.ra->only = CMP_IR;
    fs.ra->damage = flip;
    for (flip_at = 1; flip_at < 1500; flip_at += 37) {
        enum err e;

        fake_station_reset(&fs);
        e = fake_station_enroll(&fs, &f);
        assert_true(fake_station_is_sound(&fs, &has));
        if (e == ERR_OK) { /* extraCerts: a certificate nobody needed */
            assert_true(has && flip_at > 700);
            continue;
        }
        assert_int_equal(e, ERR_NO_ANSWER);
        assert_false(has);
    }
    fake_station_done(&fs);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bad_replies),
        cmocka_unit_test(test_recovery),
        cmocka_unit_test(test_flipped),
        cmocka_unit_test(test_learn_while_waiting),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
