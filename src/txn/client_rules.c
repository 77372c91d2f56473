#include "txn/client_rules.h"

#include <stdio.h>

#include "base/text.h"
#include "txn/internal.h"

/* --- header --- */

static bool check_pvno(const struct client_judged *in,
                       struct client_found *found)
{
    int64_t pvno = in->reply->header.pvno;

    return pvno == (in->client->is_v3 ? 3 : 2) ||
           broken(found, "pvno %lld", (long long)pvno);
}

static bool check_transaction(const struct client_judged *in,
                              struct client_found *found)
{
    struct span own = SPAN_OF(in->client->transaction_id);

    return span_is_equal(in->reply->header.transaction_id, own) ||
           broken(found, "another transactionID");
}

static bool check_recip_nonce(const struct client_judged *in,
                              struct client_found *found)
{
    struct span own = SPAN_OF(in->client->nonce);
    struct span first = SPAN_OF(in->client->first_nonce);
    struct span got = in->reply->header.recip_nonce;

    /* What ends the waiting answers the message that was polled for. */
    if (in->client->poll == CLIENT_POLL_SENT &&
        in->reply->body.type != CMP_POLL_REP && span_is_equal(got, first))
        return true;
    return span_is_equal(got, own) ||
           broken(found, "recipNonce is not the senderNonce sent");
}

static bool check_sender_nonce(const struct client_judged *in,
                               struct client_found *found)
{
    size_t len = in->reply->header.sender_nonce.len;

    return len >= CLIENT_ID_LEN ||
           broken(found, "senderNonce of %zu octets", len);
}

static bool check_protected(const struct client_judged *in,
                            struct client_found *found)
{
    if (span_is_absent(in->reply->header.protection_alg.oid) ||
        span_is_absent(in->reply->protection.bytes))
        return broken(found, "unprotected %s",
                      cmp_body_name(in->reply->body.type));
    return true;
}

static bool check_alg(const struct client_judged *in,
                      struct client_found *found)
{
    const struct alg_id *alg = &in->reply->header.protection_alg;
    char oid[64];

    if (sig_alg_find(alg) != SIG_UNKNOWN)
        return true;
    oid_format(alg->oid, oid, sizeof(oid));
    return broken(found, "protectionAlg %s", oid);
}

/* --- signer --- */

static bool check_signer_known(const struct client_judged *in,
                               struct client_found *found)
{
    return in->facts->signer != NULL ||
           broken(found, "no certificate fits sender and senderKID");
}

static bool check_signature(const struct client_judged *in,
                            struct client_found *found)
{
    return in->facts->signature_holds ||
           broken(found, "the signature does not verify");
}

static bool check_signer_path(const struct client_judged *in,
                              struct client_found *found)
{
    const char *why = in->facts->path_text;

    return in->facts->signer_is_trusted ||
           broken(found, "signer: %s", why == NULL ? "no path" : why);
}

static bool check_signer_usage(const struct client_judged *in,
                               struct client_found *found)
{
    return x509_may(in->facts->signer, KU_DIGITAL_SIGNATURE) ||
           broken(found, "the signer's keyUsage has no digitalSignature");
}

static bool check_sender(const struct client_judged *in,
                         struct client_found *found)
{
    const struct pki_header *h = &in->reply->header;
    const struct x509_cert *signer = in->facts->signer;

    if (h->sender.type != GN_DIRECTORY ||
        !name_is_equal(h->sender.value, signer->subject))
        return broken(found, "sender is not the signer's subject");
    if (!span_is_absent(h->sender_kid) && !span_is_absent(signer->ski) &&
        !span_is_equal(h->sender_kid, signer->ski))
        return broken(found, "senderKID is not the signer's key identifier");
    return true;
}

/* True when the signer's own certificate lets it issue certificates. */
static bool is_issuer(const struct x509_cert *signer)
{
    return signer->is_ca && x509_may(signer, KU_KEY_CERT_SIGN);
}

/*
 * A path to the operator root is not enough, since every base station has one.
 * An answer that brings no certificate may come from any CA below that root: it
 * could make itself a cmcRA.
 */
static bool check_entitled(const struct client_judged *in,
                           struct client_found *found)
{
    const struct x509_cert *signer = in->facts->signer;
    bool is_bare = true;

    if (in->facts->signer_is_named || x509_has_eku(signer, OID_ID_KP_CMC_RA) ||
        x509_has_eku(signer, OID_ID_KP_CMC_CA))
        return true;
    for (size_t i = 0; i <= in->client->num_also; i++) {
        const struct client_cert_facts *c = &in->facts->certs[i];

        if (c->cert == NULL)
            continue;
        is_bare = false;
        if (!span_is_equal(c->issuer, signer->der))
            return broken(found, "the signer did not issue the certificate, "
                                 "holds neither cmcRA nor cmcCA and is not "
                                 "named in the settings");
    }
    return !is_bare || is_issuer(signer) ||
           broken(found, "the signer is no CA, holds neither cmcRA nor cmcCA "
                         "and is not named in the settings");
}

static bool check_same_signer(const struct client_judged *in,
                              struct client_found *found)
{
    if (in->client->state != CLIENT_CONFIRM_SENT &&
        in->client->poll == CLIENT_POLL_NONE && !in->client->has_answered)
        return true;
    return memcmp(in->client->signer, in->facts->signer_id,
                  CLIENT_CERT_ID_LEN) == 0 ||
           broken(found, "another credential than the first answer's");
}

/* --- answer --- */

static enum cmp_body_type answer_to(enum cmp_body_type request)
{
    static const enum cmp_body_type answers[CMP_BODY_NUM] = {
        [CMP_IR] = CMP_IP,   [CMP_CR] = CMP_CP, [CMP_P10CR] = CMP_CP,
        [CMP_KUR] = CMP_KUP, [CMP_RR] = CMP_RP, [CMP_GENM] = CMP_GENP,
    };

    return answers[request];
}

static bool check_body(const struct client_judged *in,
                       struct client_found *found)
{
    enum cmp_body_type type = in->reply->body.type;
    enum cmp_body_type wanted = CMP_PKICONF;

    if (in->client->state == CLIENT_REQUEST_SENT)
        wanted = answer_to(in->client->request);
    if (type == CMP_POLL_REP && in->client->poll == CLIENT_POLL_SENT)
        return true;
    if (type == CMP_POPDECC && client_may_be_challenged(in->client))
        return true;
    return type == wanted || type == CMP_ERROR ||
           broken(found, "body %s", cmp_body_name(type));
}

static bool check_error_status(const struct client_judged *in,
                               struct client_found *found)
{
    const struct pki_status_info *s = &in->reply->body.error.status;

    return in->reply->body.type != CMP_ERROR || s->status == STATUS_REJECTION ||
           (s->status == STATUS_WAITING && !s->has_fail_info) ||
           broken(found, "an error of status %lld%s", (long long)s->status,
                  s->has_fail_info ? " with failInfo" : "");
}

/* --- revocation --- */

static bool check_one_rev_status(const struct client_judged *in,
                                 struct client_found *found)
{
    return in->reply->body.type != CMP_RP ||
           in->reply->body.rev_rep.num_statuses == 1 ||
           broken(found, "%zu of them", in->reply->body.rev_rep.num_statuses);
}

static bool check_rev_status(const struct client_judged *in,
                             struct client_found *found)
{
    const struct pki_status_info *s = in->reply->body.rev_rep.statuses;

    if (in->reply->body.type != CMP_RP || s->status == STATUS_REJECTION)
        return true;
    if (s->has_fail_info)
        return broken(found, "status %lld with failInfo", (long long)s->status);
    return s->status == STATUS_ACCEPTED ||
           s->status == STATUS_GRANTED_WITH_MODS ||
           s->status == STATUS_WAITING ||
           broken(found, "status %lld", (long long)s->status);
}

static bool check_rev_certs(const struct client_judged *in,
                            struct client_found *found)
{
    const struct rev_rep *rp = &in->reply->body.rev_rep;
    const struct x509_cert *old = in->facts->old;

    if (in->reply->body.type != CMP_RP || rp->num_rev_certs == 0)
        return true;
    return (old != NULL && rp->num_rev_certs == 1 &&
            rp->rev_certs[0].issuer.type == GN_DIRECTORY &&
            name_is_equal(rp->rev_certs[0].issuer.value, old->issuer) &&
            span_is_equal(rp->rev_certs[0].serial, old->serial)) ||
           broken(found, "another certificate is named");
}

/* --- waiting --- */

static bool check_poll_rep(const struct client_judged *in,
                           struct client_found *found)
{
    const struct poll_rep *rep = &in->reply->body.poll_rep;
    const struct client *c = in->client;
    uint32_t asked = 0;

    if (in->reply->body.type != CMP_POLL_REP)
        return true;
    if (rep->num != 1 && (c->num_also == 0 || c->poll_id < 0))
        return broken(found, "%zu entries", rep->num);
    for (size_t i = 0; i < rep->num; i++) {
        int64_t id = rep->list[i].cert_req_id;
        size_t at = client_asked_at(c, id);

        if (rep->list[i].check_after < 0)
            return broken(found, "checkAfter %lld",
                          (long long)rep->list[i].check_after);
        if (c->num_also == 0 || c->poll_id < 0) {
            if (id != c->poll_id)
                return broken(found, "certReqId %lld", (long long)id);
            continue;
        }
        if (at == CLIENT_MAX_ASKED || (c->open & (1u << at)) == 0 ||
            (asked & (1u << at)) != 0)
            return broken(found, "certReqId %lld", (long long)id);
        asked |= 1u << at;
    }
    return rep->num > 0 || broken(found, "no entry");
}

static bool is_waiting(const struct client_judged *in)
{
    const struct pki_body *body = &in->reply->body;

    if (client_is_answer(body->type))
        return client_has_waiting(in->reply);
    return body->type == CMP_POLL_REP ||
           (body->type == CMP_RP &&
            body->rev_rep.statuses[0].status == STATUS_WAITING) ||
           (body->type == CMP_ERROR &&
            body->error.status.status == STATUS_WAITING);
}

static bool check_patience(const struct client_judged *in,
                           struct client_found *found)
{
    const struct client *c = in->client;

    return c->poll == CLIENT_POLL_NONE || !is_waiting(in) ||
           in->now - c->poll_since < CLIENT_POLL_TOTAL ||
           broken(found, "waiting for more than %lld days",
                  (long long)(CLIENT_POLL_TOTAL / 86400));
}

/* clang-format off */
const struct client_rule client_rules[] = {
    { "reply-pvno", "RFC 9810, 7", ERR_UNSUPPORTED_VERSION,
      CLIENT_STEP_EXCHANGE, check_pvno, "the pvno of the request",
      "let the server answer in the version it was asked in" },
    { "reply-transaction-id", "RFC 9483, 3.1", ERR_BAD_REQUEST,
      CLIENT_STEP_EXCHANGE, check_transaction, "the transactionID sent",
      "look for a proxy that mixes up connections" },
    { "reply-recip-nonce", "RFC 9483, 3.1", ERR_BAD_RECIPIENT_NONCE,
      CLIENT_STEP_EXCHANGE, check_recip_nonce,
      "the senderNonce of the message answered",
      "look for somebody who replays old answers" },
    { "reply-sender-nonce", "RFC 9483, 3.1", ERR_BAD_SENDER_NONCE,
      CLIENT_STEP_HEADER, check_sender_nonce, "128 bits or more",
      "let the server make a fresh nonce for each answer" },
    { "reply-protected", "TS 33.310, 9.5.2 (RFC 9483, 3.2)",
      ERR_BAD_MESSAGE_CHECK, CLIENT_STEP_HEADER, check_protected,
      "an answer protected by signature or MAC",
      "give the server a key to sign its answers with, errors included" },
    { "reply-protection-kind", "RFC 9483, 3.2", ERR_WRONG_INTEGRITY,
      CLIENT_STEP_HEADER, client_check_kind,
      "a MAC under the shared secret to a message with one, else a signature",
      "let the server protect answers, errors included, as it was asked" },
    { "reply-protection-alg", "TS 33.310, 9.5.1 (RFC 9481, 3)", ERR_BAD_ALG,
      CLIENT_STEP_SIGNER, check_alg, "a signature with SHA-256 or longer",
      "let the server sign with ecdsa-with-SHA256 or such" },

    { "reply-signer-known", "TS 33.310, 9.5.4.3", ERR_BAD_MESSAGE_CHECK,
      CLIENT_STEP_SIGNER, check_signer_known,
      "the signer's certificate in extraCerts",
      "let the server send its certificate with the answer" },
    { "reply-signature", "RFC 9810, 5.1.3.3", ERR_BAD_MESSAGE_CHECK,
      CLIENT_STEP_SIGNER, check_signature, "a signature that verifies",
      "look for what changes messages under way" },
    { "reply-signer-path", "TS 33.310, 9.2", ERR_SIGNER_NOT_TRUSTED,
      CLIENT_STEP_SIGNER, check_signer_path,
      "a signer whose certificate leads to the operator root and is in force",
      "compare the root in the settings, and this station's clock" },
    { "reply-signer-usage", "TS 33.310, 9.4.6", ERR_SIGNER_NOT_TRUSTED,
      CLIENT_STEP_SIGNER, check_signer_usage, "digitalSignature",
      "give the server a certificate whose keyUsage lets it sign" },
    { "reply-sender", "RFC 9483, 3.1", ERR_BAD_MESSAGE_CHECK,
      CLIENT_STEP_SIGNER, check_sender,
      "sender and senderKID as in the signer's certificate",
      "let the server name itself as its certificate does" },
    { "reply-signer-entitled", "RFC 9810, 4.5", ERR_NOT_AUTHORIZED,
      CLIENT_STEP_SIGNER, check_entitled,
      "the issuer of the certificate, or cmcRA, or cmcCA",
      "give the server's certificate cmcRA, or name it with --server-subject" },
    { "reply-same-signer", "RFC 9483, 3.2", ERR_BAD_MESSAGE_CHECK,
      CLIENT_STEP_SIGNER, check_same_signer,
      "one credential for all answers of a transaction",
      "let all servers behind one address sign with the same certificate" },

    { "reply-mac-alg", "RFC 9045, 4 (RFC 9481, 6)", ERR_BAD_ALG,
      CLIENT_STEP_MAC, client_check_mac_alg,
      "the MAC of the request, with digests no shorter",
      "let the server answer with the MAC it was asked with, or choose another "
      "--mac" },
    { "reply-reference", "RFC 9483, 4.1.5", ERR_BAD_MESSAGE_CHECK,
      CLIENT_STEP_MAC, client_check_reference,
      "the reference of the secret in senderKID, where there is one",
      "let the server answer under the secret it was asked with" },
    { "reply-mac", "RFC 9483, 4.1.5", ERR_BAD_MESSAGE_CHECK,
      CLIENT_STEP_MAC, client_check_mac, "a MAC under the shared secret",
      "compare the secret and its reference with the server's" },

    { "reply-body", "RFC 9483, 4.1", ERR_BAD_REQUEST,
      CLIENT_STEP_ANSWER, check_body,
      "ip to an ir, cp to a cr or p10cr, kup to a kur, rp to an rr, genp to a "
      "genm, pkiconf to a certConf, pollRep to a pollReq, or error",
      "report it to the server's maker" },
    { "reply-one-response", "TS 33.310, 9.5.4.3", ERR_BAD_DATA_FORMAT,
      CLIENT_STEP_ANSWER, client_check_one_response,
      "one CertResponse for each certificate asked for",
      "let the server answer each request there was, and no other" },
    { "reply-cert-req-id", "RFC 9483, 4.1.1", ERR_BAD_CERT_ID,
      CLIENT_STEP_ANSWER, client_check_cert_req_id,
      "certReqId 0, or -1 to a p10cr; of several each once",
      "let the server answer each request there was, and no other" },
    { "reply-waits-whole", "RFC 9810, 5.3.22", ERR_BAD_REQUEST,
      CLIENT_STEP_ANSWER, client_check_waits_whole,
      "no certificate beside one that waits",
      "let the server decide upon all requests of a message at once, or ask "
      "for one certificate at a time" },
    { "reply-status", "RFC 9483, 4.1.1", ERR_BAD_DATA_FORMAT,
      CLIENT_STEP_RESPONSE, client_check_status,
      "accepted, grantedWithMods, rejection or waiting",
      "report it to the server's maker" },
    { "reply-status-fits", "RFC 9810, 5.3.4", ERR_BAD_DATA_FORMAT,
      CLIENT_STEP_RESPONSE, client_check_status_fits,
      "a certificate and no failInfo when granted, no certificate when not",
      "report it to the server's maker" },
    { "reply-in-clear", "TS 33.310, 9.5.4.3 (CR-2)", ERR_BAD_DATA_FORMAT,
      CLIENT_STEP_RESPONSE, client_check_in_clear,
      "the certificate in clear, and no private key, unless it was asked for "
      "otherwise",
      "turn off encrypted delivery and central key generation" },
    { "reply-challenge-opens", "RFC 9810, 5.2.8.3.3", ERR_BAD_DATA_FORMAT,
      CLIENT_STEP_ANSWER, client_check_challenge,
      "one challenge, which opens to a number and the server's name",
      "report it to the server's maker" },
    { "reply-cert-readable", "RFC 5280, 4.1", ERR_BAD_DATA_FORMAT,
      CLIENT_STEP_RESPONSE, client_check_readable, "a certificate of RFC 5280",
      "report it to the server's maker" },
    { "reply-error-status", "RFC 9810, 5.3.21", ERR_BAD_DATA_FORMAT,
      CLIENT_STEP_ANSWER, check_error_status,
      "rejection, or waiting without failInfo",
      "report it to the server's maker" },
    { "reply-one-rev-status", "RFC 9483, 4.2", ERR_BAD_DATA_FORMAT,
      CLIENT_STEP_ANSWER, check_one_rev_status, "one status in rp",
      "let the server answer the one request there was" },
    { "reply-rev-status", "RFC 9810, 5.3.10", ERR_BAD_DATA_FORMAT,
      CLIENT_STEP_ANSWER, check_rev_status,
      "accepted, grantedWithMods or waiting without failInfo, or rejection",
      "report it to the server's maker" },
    { "reply-rev-certs", "RFC 9810, 5.3.10", ERR_BAD_CERT_ID,
      CLIENT_STEP_ANSWER, check_rev_certs,
      "revCerts, where they are, with the certificate of the request",
      "report it to the operator: another certificate was revoked" },
    { "reply-poll-rep", "RFC 9810, 5.3.22", ERR_BAD_CERT_ID,
      CLIENT_STEP_ANSWER, check_poll_rep,
      "one entry, for the certReqId polled for, checkAfter not negative",
      "let the server answer the one request there was" },
    { "reply-wait-ends", "RFC 9483, 4.4", ERR_TIMEOUT,
      CLIENT_STEP_ANSWER, check_patience, "a decision within 30 days",
      "ask the operator to decide, and enrol anew" },

    { "cert-made-key", "RFC 9483, 4.1.6", ERR_BAD_DATA_FORMAT,
      CLIENT_STEP_CERT, client_check_made_key,
      "the key, encrypted to this station and signed by a generator with cmKGA",
      "let the server make keys as RFC 9483 has it, or --key-from station" },
    { "cert-key", "RFC 9483, 4.1.1", ERR_BAD_CERT_TEMPLATE,
      CLIENT_STEP_CERT, client_check_key, "the key asked for",
      "report it to the operator: a certificate went astray" },
    { "cert-dates", "RFC 5280, 4.1.2.5", ERR_BAD_CERT_TEMPLATE,
      CLIENT_STEP_CERT, client_check_dates, "a certificate in force",
      "compare this station's clock with the server's" },
    { "cert-path", "TS 33.310, 9.2", ERR_SIGNER_NOT_TRUSTED,
      CLIENT_STEP_CERT, client_check_path, "a path to the operator root",
      "let the server send all intermediate certificates in extraCerts" },
    { "cert-key-usage", "TS 33.310, 6.1", ERR_BAD_CERT_TEMPLATE,
      CLIENT_STEP_CERT, client_check_usage, "a keyUsage that is of use for the key",
      "correct the server's certificate profile" },
    { "cert-not-ca", "RFC 9810, 8.10", ERR_BAD_CERT_TEMPLATE,
      CLIENT_STEP_CERT, client_check_not_ca, "an end entity's certificate",
      "correct the server's certificate profile" },
    { "cert-subject", "RFC 9483, 4.1.3", ERR_BAD_CERT_TEMPLATE,
      CLIENT_STEP_CERT, client_check_subject, "the subject of the certificate updated",
      "use enroll for a new name" },
    { "cert-san", "RFC 9483, 4.1.3", ERR_BAD_CERT_TEMPLATE,
      CLIENT_STEP_CERT, client_check_san,
      "the subjectAltName of the certificate updated",
      "use enroll for a new name" },
};
/* clang-format on */
const size_t client_num_rules = sizeof(client_rules) / sizeof(client_rules[0]);

const struct client_rule *client_rules_check(enum client_rule_step step,
                                             const struct client_judged *in,
                                             struct fault *f)
{
    for (size_t i = 0; i < client_num_rules; i++) {
        const struct client_rule *rule = &client_rules[i];
        struct client_found found = { "" };

        if (rule->step != step || rule->check(in, &found))
            continue;
        fault_clause(f, rule->err, rule->clause, "%s; asked: %s; try: %s",
                     found.text, rule->asked, rule->cure);
        snprintf(f->rule, sizeof(f->rule), "%s", rule->id);
        return rule;
    }
    return NULL;
}
