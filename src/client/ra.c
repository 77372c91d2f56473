#include "client/ra.h"

#include <stdlib.h>

#include "base/clock.h"
#include "client/internal.h"
#include "profile/rules.h"

#define NONCE_LEN 16

struct ra {
    struct crypto *crypto;
    struct crypto_ctx *cx;
    struct arena *arena;
    struct x509_cert cert;
    struct cert_list own; /* it, and its chain */
    struct privkey *key;
    enum sig_alg alg;
    struct cert_list roots;
    struct span recipient; /* Name */
};

/* --- opening --- */

static enum err config_err(enum err e, struct fault *f)
{
    return e == ERR_NOT_FOUND ? fault_prefix(f, ERR_CONFIG, "a file") : e;
}

static enum err load_certs(struct ra *ra, const struct ra_settings *given,
                           struct fault *f)
{
    struct cert_list certs = { 0 }, chain = { 0 };
    struct span *all;

    if (given->cert == NULL || given->key == NULL)
        return fault_set(f, ERR_CONFIG,
                         "the RA's certificate and key are needed: --cert and "
                         "--key");
    TRY(config_err(certs_load(given->cert, ra->arena, &certs, f), f));
    if (given->chain != NULL)
        TRY(config_err(certs_load(given->chain, ra->arena, &chain, f), f));
    all = arena_array(ra->arena, certs.num + chain.num, sizeof(*all));
    if (all == NULL)
        return fault_set(f, ERR_NO_MEM, "certificates");
    for (size_t i = 0; i < certs.num; i++)
        all[i] = certs.list[i];
    for (size_t i = 0; i < chain.num; i++)
        all[certs.num + i] = chain.list[i];
    ra->own = (struct cert_list){ all, certs.num + chain.num };
    if (certs.num == 0 || x509_read(all[0], ra->arena, &ra->cert) != ERR_OK)
        return fault_set(f, ERR_CONFIG, "%s: no certificate", given->cert);
    return ERR_OK;
}

static enum err load_key(struct ra *ra, const struct ra_settings *given,
                         struct fault *f)
{
    AUTO(secret) text = NULL;

    TRY(config_err(secret_load(given->key, &text, f), f));
    if (privkey_parse(ra->cx, secret_span(text), &ra->key, f) != ERR_OK)
        return fault_prefix(f, ERR_CONFIG, "%s", given->key);
    ra->alg = sig_alg_default(privkey_kind(ra->key));
    if (!span_is_equal(privkey_spki(ra->key), ra->cert.spki.der))
        return fault_set(f, ERR_CONFIG, "%s is not the certificate's key",
                         given->key);
    return ERR_OK;
}

static enum err load(struct ra *ra, const struct ra_settings *given,
                     struct fault *f)
{
    TRY(load_certs(ra, given, f));
    TRY(load_key(ra, given, f));
    if (given->root != NULL)
        TRY(config_err(certs_load(given->root, ra->arena, &ra->roots, f), f));
    ra->recipient = SPAN_LIT("\x30\x00");
    if (given->recipient == NULL ||
        name_parse(given->recipient, ra->arena, &ra->recipient, f) == ERR_OK)
        return ERR_OK;
    return fault_prefix(f, ERR_CONFIG, "%s", given->recipient);
}

enum err ra_open(struct crypto *c, const struct ra_settings *settings,
                 struct ra **out, struct fault *f)
{
    AUTO(ra) ra = calloc(1, sizeof(*ra));

    if (ra == NULL)
        return fault_set(f, ERR_NO_MEM, "RA");
    ra->crypto = c;
    ra->arena = arena_new(CLIENT_ARENA);
    if (ra->arena == NULL)
        return fault_set(f, ERR_NO_MEM, "RA");
    TRY(crypto_ctx_new(c, &ra->cx, f));
    TRY(load(ra, settings, f));
    *out = ra;
    ra = NULL;
    return ERR_OK;
}

void ra_free(struct ra *ra)
{
    if (ra == NULL)
        return;
    privkey_free(ra->key);
    crypto_ctx_free(ra->cx);
    arena_free(ra->arena);
    free(ra);
}

/* --- messages --- */

static enum err write_message(struct ra *ra, const struct pki_body *body,
                              struct span id, struct span nonce,
                              struct span *out, struct fault *f)
{
    struct pki_header h = {
        .pvno = 2,
        .sender = { .type = GN_DIRECTORY, .value = ra->cert.subject },
        .recipient = { .type = GN_DIRECTORY, .value = ra->recipient },
        .has_message_time = true,
        .message_time = clock_seconds(),
        .protection_alg = { .der = sig_alg_info(ra->alg)->der,
                            .oid = sig_alg_info(ra->alg)->der },
        .sender_kid = ra->cert.ski,
        .transaction_id = id,
        .sender_nonce = nonce,
    };
    struct span header = SPAN_NONE, content = SPAN_NONE, part = SPAN_NONE;
    struct span sig = SPAN_NONE;

    if (cmp_header_write(&h, ra->arena, &header) != ERR_OK ||
        cmp_body_write(body, ra->arena, &content) != ERR_OK ||
        cmp_protected_part_write(header, content, ra->arena, &part) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "message");
    TRY(privkey_sign(ra->cx, ra->key, ra->alg, part, ra->arena, &sig, f));
    if (cmp_message_write(header, content, sig, ra->own.list, ra->own.num,
                          ra->arena, out) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "message");
    return ERR_OK;
}

/* With transactionID and senderNonce of its own. */
static enum err write_fresh(struct ra *ra, const struct pki_body *body,
                            struct span *out, struct fault *f)
{
    uint8_t fresh[2 * NONCE_LEN];

    TRY(random_fill(ra->cx, fresh, sizeof(fresh), f));
    return write_message(ra, body, span_of(fresh, NONCE_LEN),
                         span_of(fresh + NONCE_LEN, NONCE_LEN), out, f);
}

enum err ra_wrap(struct ra *ra, struct span message, struct span *out,
                 struct fault *f)
{
    struct pki_body body = { .type = CMP_NESTED, .nested = { &message, 1 } };
    struct pki_header h = { 0 };

    if (cmp_header_peek(message, ra->arena, &h) != ERR_OK ||
        h.transaction_id.len == 0 || h.sender_nonce.len == 0)
        return fault_set(f, ERR_BAD_DER,
                         "not a PKIMessage with transactionID and senderNonce");
    return write_message(ra, &body, h.transaction_id, h.sender_nonce, out, f);
}

enum err ra_bundle(struct ra *ra, const struct span *messages, size_t num,
                   struct span *out, struct fault *f)
{
    struct pki_body body = { .type = CMP_NESTED, .nested = { messages, num } };

    return write_fresh(ra, &body, out, f);
}

enum err ra_revocation(struct ra *ra, const char *file, enum crl_reason reason,
                       struct span *out, struct fault *f)
{
    struct extension entry = { .oid = oid_span(OID_ID_CE_CRL_REASONS),
                               .id = OID_ID_CE_CRL_REASONS };
    struct rev_details details = { .has_crl_entry_details = true,
                                   .crl_entry_details = { &entry, 1 } };
    struct pki_body body = { .type = CMP_RR, .rev_req = { &details, 1 } };
    struct cert_list certs = { 0 };
    struct x509_cert cert;
    struct der_writer w;

    TRY(config_err(certs_load(file, ra->arena, &certs, f), f));
    if (certs.num == 0 || x509_read(certs.list[0], ra->arena, &cert) != ERR_OK)
        return fault_set(f, ERR_CONFIG, "%s: no certificate", file);
    details.cert_details.issuer = cert.issuer;
    details.cert_details.serial = cert.serial;
    der_writer_init(&w, ra->arena, 8);
    der_put_int64(&w, DER_ENUMERATED, (int64_t)reason);
    if (der_finish(&w, &entry.value) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "reasonCode");
    return write_fresh(ra, &body, out, f);
}

/* --- what is answered --- */

static bool may_answer(const struct pki_header *h, const struct x509_cert *cert)
{
    return h->sender.type == GN_DIRECTORY &&
           name_is_equal(h->sender.value, cert->subject) &&
           (x509_has_eku(cert, OID_ID_KP_CMC_RA) ||
            x509_has_eku(cert, OID_ID_KP_CMC_CA));
}

static enum err make_trust(const struct ra *ra, struct trust **out,
                           struct fault *f)
{
    AUTO(trust) t = NULL;

    if (ra->roots.num == 0)
        return fault_set(f, ERR_CONFIG,
                         "the root of who answers is needed: --root");
    TRY(trust_new(ra->crypto, &t, f));
    for (size_t i = 0; i < ra->roots.num; i++)
        TRY(trust_add_anchor(t, 0, ra->roots.list[i], f));
    TRY(trust_seal(t, f));
    *out = t;
    t = NULL;
    return ERR_OK;
}

static enum err no_answer(struct fault *f, enum rule_id rule, const char *what,
                          const char *more)
{
    fault_set(f, ERR_NO_ANSWER, "%s%s", what, more);
    rule_name(f, rule);
    return ERR_NO_ANSWER;
}

/* Signed, by one of extraCerts that is entitled and leads to a root? */
static enum err check_protection(struct ra *ra, const struct cmp_message *msg,
                                 struct fault *f)
{
    struct span part = cmp_protected_part(msg, ra->arena);
    struct fault why = { .text = "nobody in extraCerts may answer" };
    enum rule_id rule = RULE_REPLY_SIGNER_ENTITLED;
    AUTO(trust) trust = NULL;
    struct x509_cert cert;
    struct path path;

    TRY(make_trust(ra, &trust, f));
    for (size_t i = 0; i < msg->num_extra_certs && i < LIMIT_PATH_CERTS; i++) {
        if (x509_read(msg->extra_certs[i], ra->arena, &cert) != ERR_OK ||
            !may_answer(&msg->header, &cert))
            continue;
        rule = RULE_REPLY_SIGNATURE;
        if (sig_verify(ra->cx, &cert.spki, &msg->header.protection_alg, part,
                       msg->protection.bytes, &why) != ERR_OK)
            continue;
        rule = RULE_REPLY_SIGNER_PATH;
        if (path_check(ra->cx, trust, clock_seconds(), cert.der,
                       msg->extra_certs, msg->num_extra_certs, ra->arena, &path,
                       &why) == ERR_OK)
            return ERR_OK;
    }
    return no_answer(f, rule, "the answer is not to be believed: ", why.text);
}

static enum err refused(const struct pki_status_info *status, struct fault *f)
{
    struct span text = status->status_string.num > 0
                           ? status->status_string.list[0]
                           : SPAN_LIT("");
    unsigned bit = 0;

    while (bit < 31 && (status->fail_info & (1u << bit)) == 0)
        bit++;
    fault_set(f, ERR_REFUSED, "refused: %s: %.*s",
              status->has_fail_info ? fail_info_name((enum fail_info)bit)
                                    : "no failInfo",
              (int)text.len, (const char *)text.ptr);
    rule_name(f, RULE_REPLY_GRANTS);
    return ERR_REFUSED;
}

/* The message of the batch with this ID; `num` of them: none. */
static size_t find_request(const struct pki_header *requests, size_t num,
                           struct span id)
{
    size_t i = 0;

    while (i < num && !span_is_equal(requests[i].transaction_id, id))
        i++;
    return i;
}

static enum err sort_answers(struct ra *ra, const struct span_list *requests,
                             const struct span_list *answers,
                             struct ra_answers *out, struct fault *f)
{
    size_t num = requests->num;
    struct pki_header *asked = arena_array(ra->arena, num, sizeof(*asked));
    struct ra_answers sorted = {
        .list = arena_array(ra->arena, num, sizeof(*sorted.list)), .num = num
    };
    struct pki_header h = { 0 };

    if (asked == NULL || sorted.list == NULL)
        return fault_set(f, ERR_NO_MEM, "answers");
    for (size_t i = 0; i < num; i++)
        if (cmp_header_peek(requests->list[i], ra->arena, &asked[i]) != ERR_OK)
            return fault_set(f, ERR_BAD_DER, "no batch of messages");
    for (size_t i = 0; i < answers->num; i++) {
        size_t at = num;

        if (cmp_header_peek(answers->list[i], ra->arena, &h) == ERR_OK)
            at = find_request(asked, num, h.transaction_id);
        if (at < num && span_is_absent(sorted.list[at]))
            sorted.list[at] = answers->list[i];
        else
            sorted.num_extra++;
    }
    *out = sorted;
    return ERR_OK;
}

static enum err read_message(struct ra *ra, struct span der, const char *what,
                             enum err bad, struct cmp_message *out,
                             struct fault *f)
{
    struct fault why = { 0 };

    if (cmp_message_read(der, ra->arena, out, &why) == ERR_OK)
        return ERR_OK;
    fault_set(f, bad, "%s cannot be read: %s", what, why.text);
    rule_name(f, RULE_REPLY_IS_DER);
    return bad;
}

/* An answer to this request, of somebody who may give it. */
static enum err read_answer(struct ra *ra, struct span request,
                            struct span answer, struct cmp_message *asked,
                            struct cmp_message *msg, struct fault *f)
{
    TRY(read_message(ra, request, "the request", ERR_BAD_DER, asked, f));
    TRY(read_message(ra, answer, "the answer", ERR_NO_ANSWER, msg, f));
    TRY(check_protection(ra, msg, f));
    if (!span_is_equal(msg->header.transaction_id,
                       asked->header.transaction_id) ||
        !span_is_equal(msg->header.recip_nonce, asked->header.sender_nonce))
        return no_answer(f, RULE_REPLY_TRANSACTION_ID,
                         "an answer to another message", "");
    if (msg->body.type == CMP_ERROR)
        return refused(&msg->body.error.status, f);
    return ERR_OK;
}

static enum err wrong_kind(const struct cmp_message *msg, struct fault *f)
{
    return no_answer(f, RULE_REPLY_BODY, cmp_body_name(msg->body.type),
                     " as the answer");
}

enum err ra_unbundle(struct ra *ra, struct span batch, struct span answer,
                     struct ra_answers *out, struct fault *f)
{
    struct cmp_message asked = { 0 }, msg = { 0 };

    TRY(read_answer(ra, batch, answer, &asked, &msg, f));
    if (asked.body.type != CMP_NESTED)
        return fault_set(f, ERR_BAD_DER, "the batch is no nested");
    if (msg.body.type != CMP_NESTED)
        return wrong_kind(&msg, f);
    return sort_answers(ra, &asked.body.nested, &msg.body.nested, out, f);
}

enum err ra_revoked(struct ra *ra, struct span request, struct span answer,
                    struct fault *f)
{
    struct cmp_message asked = { 0 }, msg = { 0 };
    const struct pki_status_info *status;

    TRY(read_answer(ra, request, answer, &asked, &msg, f));
    if (msg.body.type != CMP_RP || msg.body.rev_rep.num_statuses != 1)
        return wrong_kind(&msg, f);
    status = &msg.body.rev_rep.statuses[0];
    return status->status == STATUS_ACCEPTED ||
                   status->status == STATUS_GRANTED_WITH_MODS
               ? ERR_OK
               : refused(status, f);
}
