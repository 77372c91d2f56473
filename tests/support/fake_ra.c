#include "support/fake_ra.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/text.h"

#define ARENA ((size_t)16 * 1024 * 1024)

/* A test cannot go on without. */
static void must(bool is_so)
{
    if (!is_so) {
        fputs("fake_ra: cannot go on\n", stderr);
        abort();
    }
}

static const struct test_cert *make(struct fake_ra *ra,
                                    struct test_cert_spec spec)
{
    return test_cert_make(ra->pki, &spec);
}

static void make_certs(struct fake_ra *ra)
{
    ra->vendor_root = make(
        ra, (struct test_cert_spec){ .subject = "CN=Vendor Root", .ca = true });
    ra->vendor = make(ra, (struct test_cert_spec){ .subject = "CN=bs-1",
                                                   .issuer = ra->vendor_root });
    ra->root = make(ra, (struct test_cert_spec){ .subject = "CN=Operator Root",
                                                 .ca = true });
    ra->ca = make(ra, (struct test_cert_spec){ .subject = "CN=Issuing CA",
                                               .issuer = ra->root,
                                               .ca = true });
    ra->ra = make(ra, (struct test_cert_spec){ .subject = "CN=RA",
                                               .issuer = ra->ca,
                                               .eku = "1.3.6.1.5.5.7.3.28" });
    ra->station = make(
        ra, (struct test_cert_spec){ .subject = "CN=bs-2", .issuer = ra->ca });
}

struct fake_ra *fake_ra_new(void)
{
    struct fake_ra *ra = calloc(1, sizeof(*ra));

    must(ra != NULL);
    ra->pki = test_pki_new();
    ra->arena = arena_new(ARENA);
    must(ra->arena != NULL);
    must(crypto_new(&ra->crypto, NULL) == ERR_OK &&
         crypto_ctx_new(ra->crypto, &ra->cx, NULL) == ERR_OK);
    ra->only = CMP_BODY_NUM;
    make_certs(ra);
    ra->dir = arena_printf(ra->arena, "%s/answers", test_pki_dir(ra->pki));
    must(dir_create(ra->dir, 0700, NULL) == ERR_OK);
    return ra;
}

void fake_ra_free(struct fake_ra *ra)
{
    char path[4096];
    DIR *dir = opendir(ra->dir);
    const struct dirent *entry;

    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        snprintf(path, sizeof(path), "%s/%s", ra->dir, entry->d_name);
        remove(path);
    }
    if (dir != NULL)
        closedir(dir);
    remove(ra->dir);
    crypto_ctx_free(ra->cx);
    crypto_free(ra->crypto);
    test_pki_free(ra->pki);
    arena_free(ra->arena);
    free(ra);
}

void fake_ra_settings(struct fake_ra *ra, struct client_settings *out)
{
    *out = (struct client_settings){ .url = "http://fake/" };
    out->cert = test_pki_save(ra->pki, "vendor.pem", ra->vendor->pem, 0600);
    out->key = test_pki_save(ra->pki, "vendor.key",
                             test_key_pem(ra->vendor->key), 0600);
    out->root = test_pki_save(ra->pki, "root.pem", ra->root->pem, 0600);
}

void fake_ra_share(struct fake_ra *ra, struct client_settings *out)
{
    out->cert = out->key = NULL;
    out->secret = test_pki_save(ra->pki, "secret", FAKE_SECRET "\n", 0600);
    out->reference = FAKE_REFERENCE;
}

size_t fake_ra_num_issued(const struct fake_ra *ra)
{
    DIR *dir = opendir(ra->dir);
    const struct dirent *entry;
    size_t num = 0;

    must(dir != NULL);
    while ((entry = readdir(dir)) != NULL)
        num += strstr(entry->d_name, ".issued") != NULL;
    closedir(dir);
    return num;
}

/* --- issuing --- */

static struct span spki_der(struct fake_ra *ra, const struct spki *key)
{
    struct der_writer w;
    struct span out;

    der_writer_init(&w, ra->arena, 512);
    spki_put(&w, key);
    must(der_finish(&w, &out) == ERR_OK);
    return out;
}

static struct span issue(struct fake_ra *ra, const struct fake_cert *cert)
{
    const struct sig_alg_info *alg = sig_alg_info(SIG_ECDSA_SHA256);
    uint8_t serial[16];
    struct x509_cert issuer;
    struct tbs_cert tbs = { 0 };
    struct der_writer w;
    struct span out;

    must(x509_read(cert->issuer->der, ra->arena, &issuer) == ERR_OK);
    memset(serial, 0x41, sizeof(serial));
    snprintf((char *)serial, sizeof(serial), "A%zu", fake_ra_num_issued(ra));
    tbs.serial = SPAN_OF(serial);
    tbs.sig_alg = alg->der;
    tbs.issuer = issuer.subject;
    tbs.not_before = cert->not_before;
    tbs.not_after = cert->not_after;
    tbs.subject = cert->subject;
    tbs.spki = cert->spki;
    der_writer_init(&w, ra->arena, 256);
    if (cert->is_ca)
        ext_put_basic_constraints(&w, true, -1);
    ext_put_key_usage(&w, cert->key_usage);
    ext_put_aki(&w, issuer.ski);
    must(der_finish(&w, &tbs.extensions) == ERR_OK);
    der_writer_init(&w, ra->arena, 1024);
    tbs_cert_put(&w, &tbs);
    must(der_finish(&w, &out) == ERR_OK);
    der_writer_init(&w, ra->arena, 1024);
    signed_put(&w, out, alg->der,
               test_key_sign(cert->issuer->key, "SHA256", false, out));
    must(der_finish(&w, &out) == ERR_OK);
    return out;
}

static struct span issue_for(struct fake_ra *ra, const struct cmp_message *req,
                             size_t at)
{
    bool is_p10 = req->body.type == CMP_P10CR;
    const struct cert_template *t =
        is_p10 ? NULL : &req->body.cert_req.list[at].cert_req.cert_template;
    struct fake_cert cert = {
        .at = at,
        .subject = is_p10 || span_is_absent(t->subject)
                       ? req->header.sender.value
                       : t->subject,
        .spki = spki_der(ra, is_p10 ? &req->body.p10.spki : &t->public_key),
        .issuer = ra->ca,
        .not_before = TEST_NOW - 60,
        .not_after = TEST_NOW + TEST_YEAR,
        .key_usage = KU_DIGITAL_SIGNATURE,
    };

    if (ra->change_cert != NULL)
        ra->change_cert(ra, &cert);
    return issue(ra, &cert);
}

/* --- answering --- */

void fake_reply_extra(struct fake_reply *reply, struct span der)
{
    must(reply->num_extra < FAKE_MAX_EXTRA);
    memmove(reply->extra + 1, reply->extra,
            reply->num_extra * sizeof(reply->extra[0]));
    reply->extra[0] = der;
    reply->num_extra++;
}

/* A request under the secret is answered so, over a salt of its own. */
static void fill_mac(struct fake_ra *ra, const struct cmp_message *req,
                     struct fake_reply *r)
{
    static const uint8_t salt[] = "the fake RA's";
    struct mac_policy policy;

    if (mac_alg_find(&req->header.protection_alg) == MAC_UNKNOWN)
        return;
    must(mac_params_read(&req->header.protection_alg, &r->mac, NULL) == ERR_OK);
    client_mac_policy(&r->mac, &policy);
    must(mac_verify(ra->cx, &policy, &req->header.protection_alg,
                    SPAN_LIT(FAKE_SECRET), cmp_protected_part(req, ra->arena),
                    req->protection.bytes, NULL) == ERR_OK);
    must(span_is_equal(req->header.sender_kid, SPAN_LIT(FAKE_REFERENCE)));
    must(req->num_extra_certs == 0);
    r->mac.salt = SPAN_OF(salt);
    r->secret = FAKE_SECRET;
    r->header.sender = req->header.sender;
    r->header.sender_kid = req->header.sender_kid;
}

/* An answer to each request, in their order. */
static void fill_responses(struct fake_ra *ra, const struct cmp_message *req,
                           struct fake_reply *r)
{
    bool is_p10 = req->body.type == CMP_P10CR;
    size_t num = is_p10 ? 1 : req->body.cert_req.num;

    must(num <= CLIENT_MAX_ASKED);
    r->body.cert_rep.responses = r->responses;
    r->body.cert_rep.num_responses = num;
    for (size_t i = 0; i < num; i++) {
        struct cert_response *one = &r->responses[i];

        one->cert_req_id =
            is_p10 ? -1 : req->body.cert_req.list[i].cert_req.cert_req_id;
        if (ra->is_slow) {
            one->status.status = STATUS_WAITING;
        } else {
            one->has_key_pair = true;
            one->certificate = issue_for(ra, req, i);
        }
    }
}

static void fill(struct fake_ra *ra, const struct cmp_message *req,
                 struct fake_reply *r)
{
    static const uint8_t nonce[16] = "server's nonce";

    r->signer = ra->ra;
    r->header.pvno = 2;
    r->header.recipient = req->header.sender;
    r->header.transaction_id = req->header.transaction_id;
    r->header.recip_nonce = req->header.sender_nonce;
    r->header.sender_nonce = SPAN_OF(nonce);
    r->header.has_message_time = true;
    r->header.message_time = TEST_NOW;
    fill_mac(ra, req, r);
    if (req->body.type == CMP_CERT_CONF) {
        r->body.type = CMP_PKICONF;
        return;
    }
    if (req->body.type == CMP_POLL_REQ) {
        r->body.type = CMP_POLL_REP;
        r->body.poll_rep =
            (struct poll_rep){ r->polls, req->body.poll_req.num };
        for (size_t i = 0; i < req->body.poll_req.num; i++) {
            r->polls[i].cert_req_id = req->body.poll_req.list[i];
            r->polls[i].check_after = 60;
        }
        return;
    }
    r->body.type = req->body.type == CMP_IR    ? CMP_IP
                   : req->body.type == CMP_KUR ? CMP_KUP
                                               : CMP_CP;
    fill_responses(ra, req, r);
    fake_reply_extra(r, ra->root->der);
    fake_reply_extra(r, ra->ca->der);
    if (r->secret == NULL)
        fake_reply_extra(r, ra->ra->der);
}

static struct span mac_over(struct fake_ra *ra, const struct fake_reply *r,
                            struct span part)
{
    struct der in = der_open(r->header.protection_alg.der, NULL);
    struct alg_id alg;
    struct span mac;

    must(alg_id_read(&in, &alg) == ERR_OK);
    must(mac_make(ra->cx, &alg, span_str(r->secret), part, ra->arena, &mac,
                  NULL) == ERR_OK);
    return mac;
}

static struct span encode(struct fake_ra *ra, struct fake_reply *r)
{
    struct x509_cert signer;
    struct span header, body, part, sig = SPAN_NONE, out;

    must(x509_read(r->signer->der, ra->arena, &signer) == ERR_OK);
    if (r->secret != NULL) {
        must(mac_params_write(&r->mac, ra->arena,
                              &r->header.protection_alg.der) == ERR_OK);
    } else if (span_is_absent(r->header.sender.value)) {
        r->header.sender.type = GN_DIRECTORY;
        r->header.sender.value = signer.subject;
        r->header.sender_kid = signer.ski;
    }
    if (r->secret == NULL)
        r->header.protection_alg.der = sig_alg_info(SIG_ECDSA_SHA256)->der;
    if (r->is_unprotected)
        r->header.protection_alg.der = SPAN_NONE;
    must(cmp_header_write(&r->header, ra->arena, &header) == ERR_OK);
    must(cmp_body_write(&r->body, ra->arena, &body) == ERR_OK);
    must(cmp_protected_part_write(header, body, ra->arena, &part) == ERR_OK);
    if (!r->is_unprotected && r->secret != NULL)
        sig = mac_over(ra, r, part);
    else if (!r->is_unprotected)
        sig = test_key_sign(r->signer->key, "SHA256", false, part);
    must(cmp_message_write(header, body, sig, r->extra, r->num_extra, ra->arena,
                           &out) == ERR_OK);
    return out;
}

static void answer_new(struct fake_ra *ra, const struct cmp_message *req,
                       const char *path, bool is_wrong, struct buf *answer)
{
    struct fake_reply *r = arena_alloc(ra->arena, sizeof(*r));

    must(r != NULL);
    fill(ra, req, r);
    if (is_wrong && ra->change != NULL)
        ra->change(ra, r);
    buf_add(answer, encode(ra, r));
    must(file_save(path, buf_span(answer), 0600, NULL) == ERR_OK);
    if (req->body.type != CMP_CERT_CONF && req->body.type != CMP_POLL_REQ)
        must(file_save(arena_printf(ra->arena, "%s.issued", path),
                       SPAN_LIT("x"), 0600, NULL) == ERR_OK);
}

static enum err post(void *arg, const char *url, struct span message,
                     int64_t timeout_ms, struct client_answer *answer,
                     struct fault *f)
{
    struct fake_ra *ra = arg;
    struct cmp_message req;
    uint8_t id[32];
    char hex[65];
    const char *path;
    bool is_wrong;

    (void)url;
    (void)timeout_ms;
    ra->num_posts++;
    answer->is_tls = ra->is_tls;
    answer->retry_after = ra->retry_after;
    if (ra->no_answer != ERR_OK)
        return fault_set(f, ra->no_answer, "nobody there");
    must(cmp_message_read(message, ra->arena, &req, NULL) == ERR_OK);
    is_wrong = ra->only == CMP_BODY_NUM || ra->only == req.body.type;
    hash_sha256_pair(message, SPAN_NONE, id);
    hex_format(SPAN_OF(id), hex, sizeof(hex));
    path = arena_printf(ra->arena, "%s/%s", ra->dir, hex);
    if (file_load(path, &answer->bytes, NULL) != ERR_OK)
        answer_new(ra, &req, path, is_wrong, &answer->bytes);
    if (is_wrong && ra->damage != NULL)
        ra->damage(ra, &answer->bytes);
    return ERR_OK;
}

struct client_transport fake_ra_transport(struct fake_ra *ra)
{
    return (struct client_transport){ .post = post, .arg = ra };
}
