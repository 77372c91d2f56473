/*
 * What is found about each answer: whose it is, where its certificates lead,
 * and a root that comes along (modes `tls`, `secret` and `learn`).
 */
#include "client/internal.h"
#include "profile/signer.h"
#include "txn/client_rules.h"

/* What an answer's certificates are judged by. */
struct judge {
    struct station *s;
    const struct cmp_message *reply;
    bool is_tls;
    struct trust *trust;
    struct cert_list untrusted; /* extraCerts, and those held already */
    struct checked *out;
};

/* A path, or none for the peer's fault: that is a fact, not a failure. */
static enum err find_path(const struct judge *j, struct span leaf, bool *found,
                          struct path *path, const char **why, struct fault *f)
{
    struct fault reason = { .text = "revoked" };
    enum err e = path_check(j->s->cx, j->trust, station_now(j->s), leaf,
                            j->untrusted.list, j->untrusted.num, j->s->scratch,
                            path, &reason);

    *found = e == ERR_OK && path->revocation != REVOCATION_REVOKED;
    if (e != ERR_OK && err_whose(e) == WHOSE_OURS) {
        *f = reason;
        return e;
    }
    if (!*found) {
        *why = arena_printf(j->s->scratch, "%s", reason.text);
        if (*why == NULL)
            return fault_set(f, ERR_NO_MEM, "path");
    }
    return ERR_OK;
}

/* --- the signer --- */

static bool may_be_signer(const struct pki_header *h,
                          const struct x509_cert *cert)
{
    return signer_name_fits(h, cert) && signer_kid_fits(h, cert);
}

/* One that fits is kept until a better one comes: whose key verifies, and then
 * whose path is good. */
static enum err try_signer(struct judge *j, const struct x509_cert *cert,
                           struct span part, struct fault *f)
{
    struct client_facts *facts = &j->out->facts;
    struct path path;
    bool holds, trusted = false;
    const char *why = NULL;

    holds = sig_verify(j->s->cx, &cert->spki, &j->reply->header.protection_alg,
                       part, j->reply->protection.bytes, NULL) == ERR_OK;
    if (holds && j->trust != NULL)
        TRY(find_path(j, cert->der, &trusted, &path, &why, f));
    if (facts->signer != NULL && !(holds && !facts->signature_holds) &&
        !(trusted && !facts->signer_is_trusted))
        return ERR_OK;
    j->out->signer = *cert;
    facts->signer = &j->out->signer;
    facts->signature_holds = holds;
    facts->signer_is_trusted = trusted;
    facts->path_text = why;
    j->out->signer_is_good = trusted && path.leaf == REVOCATION_GOOD;
    j->out->signer_chain = (struct cert_list){ 0 };
    if (trusted)
        j->out->signer_chain =
            (struct cert_list){ path.chain, path.num_chain - 1 };
    return cert_id(j->s->cx, cert->der, facts->signer_id, f);
}

static enum err find_signer(struct judge *j, struct fault *f)
{
    struct client_facts *facts = &j->out->facts;
    struct span part = cmp_protected_part(j->reply, j->s->scratch);
    struct x509_cert cert;
    size_t tries = 0;

    if (span_is_absent(part))
        return fault_set(f, ERR_NO_MEM, "protected part");
    if (span_is_absent(j->reply->protection.bytes))
        return ERR_OK;
    for (size_t i = 0; i < j->untrusted.num && tries < LIMIT_PATH_CERTS; i++) {
        if (facts->signer_is_trusted ||
            x509_read(j->untrusted.list[i], j->s->scratch, &cert) != ERR_OK ||
            !may_be_signer(&j->reply->header, &cert))
            continue;
        TRY(try_signer(j, &cert, part, f));
        tries++;
    }
    facts->signer_is_named =
        facts->signer != NULL && !span_is_absent(j->s->server_subject) &&
        name_is_equal(facts->signer->subject, j->s->server_subject);
    return ERR_OK;
}

/* --- the new certificate --- */

static enum err fill_hash(struct judge *j, size_t at, struct fault *f)
{
    const struct x509_cert *cert = &j->out->certs[at].cert;
    const struct sig_alg_info *info =
        sig_alg_info(sig_alg_find(&cert->sig_alg));
    uint8_t *hash = arena_alloc(j->s->scratch, DIGEST_MAX_LEN);

    if (info == NULL)
        return ERR_OK;
    if (hash == NULL)
        return fault_set(f, ERR_NO_MEM, "certHash");
    TRY(hash_compute(j->s->cx, info->cert_digest, cert->der, hash, f));
    j->out->facts.certs[at].hash = span_of(hash, digest_len(info->cert_digest));
    return ERR_OK;
}

/* The first path that is found names the root of the answer. */
static enum err check_cert(struct judge *j, size_t at, struct fault *f)
{
    struct client_cert_facts *facts = &j->out->facts.certs[at];
    struct found_cert *one = &j->out->certs[at];
    struct path path;

    TRY(find_path(j, one->cert.der, &facts->is_trusted, &path,
                  &facts->path_text, f));
    if (!facts->is_trusted || path.num_chain < 2)
        return ERR_OK;
    facts->issuer = path.chain[1];
    one->root = path.chain[path.num_chain - 1];
    one->chain = (struct cert_list){ path.chain + 1, path.num_chain - 2 };
    if (span_is_absent(j->out->root))
        j->out->root = one->root;
    return ERR_OK;
}

static enum err take_cert(struct judge *j, size_t at, struct span der,
                          struct fault *f)
{
    struct found_cert *one = &j->out->certs[at];

    if (x509_read(der, j->s->scratch, &one->cert) != ERR_OK)
        return ERR_OK;
    j->out->facts.certs[at].cert = &one->cert;
    return fill_hash(j, at, f);
}

/* Those of certificates that were asked for, each once. */
static enum err read_certs(struct judge *j, struct fault *f)
{
    const struct pki_body *body = &j->reply->body;
    const struct cert_rep_message *rep = &body->cert_rep;

    if (!client_is_answer(body->type))
        return ERR_OK;
    for (size_t i = 0; i < rep->num_responses; i++) {
        const struct cert_response *r = &rep->responses[i];
        size_t at = client_asked_at(&j->s->pending.machine, r->cert_req_id);

        if (at < CLIENT_MAX_ASKED && !span_is_absent(r->certificate) &&
            j->out->facts.certs[at].cert == NULL)
            TRY(take_cert(j, at, r->certificate, f));
    }
    return ERR_OK;
}

/* Protected by one we may believe: under that root, or under the secret. */
static bool is_vouched_for(const struct judge *j)
{
    const struct client_facts *facts = &j->out->facts;

    return j->s->pending.machine.is_mac
               ? facts->mac_holds
               : facts->signature_holds && facts->signer_is_trusted;
}

/* An answer with the certificate and the key that goes with it is to come. */
static bool awaits_made_key(const struct station *s)
{
    const struct client *c = &s->pending.machine;

    return c->proof == CLIENT_PROOF_NONE && c->state == CLIENT_REQUEST_SENT;
}

static enum err open_made_key(struct judge *j, struct fault *f)
{
    struct client_cert_facts *facts = &j->out->facts.certs[0];

    TRY(made_key_open(j->s, j->reply, j->trust, &facts->made_key_text, f));
    if (j->s->made != NULL)
        facts->public_key = privkey_spki(j->s->made);
    return ERR_OK;
}

/* What is encrypted to the new key is opened for those alone who may be
 * believed, so that nobody learns from trying (RFC 9810, 8.2). */
static enum err open_answer(struct judge *j, struct fault *f)
{
    struct client_facts *facts = &j->out->facts;
    struct span der = SPAN_NONE;

    if (!is_vouched_for(j))
        return ERR_OK;
    if (j->reply->body.type == CMP_POPDECC)
        return challenge_open(j->s, j->reply, &facts->number, f);
    if (awaits_made_key(j->s))
        return open_made_key(j, f);
    if (facts->certs[0].cert != NULL)
        return ERR_OK;
    TRY(encrypted_cert_open(j->s, j->reply, &der, f));
    return span_is_absent(der) ? ERR_OK : take_cert(j, 0, der, f);
}

/* Everything under the anchors that `j->trust` holds. */
static enum err judge_all(struct judge *j, struct fault *f)
{
    struct client_facts *facts = &j->out->facts;

    facts->signer = NULL;
    facts->signature_holds = facts->signer_is_trusted = false;
    j->out->root = SPAN_NONE;
    if (!j->s->pending.machine.is_mac)
        TRY(find_signer(j, f));
    TRY(open_answer(j, f));
    for (size_t i = 0; i < CLIENT_MAX_ASKED; i++) {
        facts->certs[i].is_trusted = false;
        if (facts->certs[i].cert != NULL && j->trust != NULL)
            TRY(check_cert(j, i, f));
    }
    return ERR_OK;
}

static bool has_cert(const struct judge *j)
{
    for (size_t i = 0; i < CLIENT_MAX_ASKED; i++)
        if (j->out->facts.certs[i].cert != NULL)
            return true;
    return false;
}

static bool are_certs_trusted(const struct judge *j)
{
    for (size_t i = 0; i < CLIENT_MAX_ASKED; i++)
        if (j->out->facts.certs[i].cert != NULL &&
            !j->out->facts.certs[i].is_trusted)
            return false;
    return true;
}

/* Says of each why it has no path, where the answer as a whole has none. */
static void tell_no_path(struct judge *j, const char *why)
{
    j->out->facts.path_text = why;
    for (size_t i = 0; i < CLIENT_MAX_ASKED; i++)
        j->out->facts.certs[i].path_text = why;
}

/* --- learning a root --- */

static enum err has_fingerprint(const struct station *s, struct span der,
                                bool *out, struct fault *f)
{
    uint8_t id[CLIENT_CERT_ID_LEN];

    TRY(cert_id(s->cx, der, id, f));
    *out = span_is_equal(s->fingerprint, SPAN_OF(id));
    return ERR_OK;
}

/* An answer without a certificate that is not the last one. */
static bool is_postponed(const struct cmp_message *reply)
{
    const struct pki_body *b = &reply->body;

    if (b->type == CMP_ERROR)
        return b->error.status.status == STATUS_WAITING;
    if (b->type == CMP_POPDECC)
        return true;
    return client_is_answer(b->type) && client_has_waiting(reply);
}

/*
 * Tries one certificate of the answer as the operator root. It must validate
 * both the signer and the new certificate, where there is one yet; with a
 * fingerprint given, the one that has it is the root, whatever the answer says.
 */
static enum err try_root(struct judge *j, struct span der, bool *found,
                         struct fault *f)
{
    struct client_facts *facts = &j->out->facts;
    bool is_known = false;
    enum err e;

    if (!span_is_absent(j->s->fingerprint)) {
        TRY(has_fingerprint(j->s, der, &is_known, f));
        if (!is_known)
            return ERR_OK;
    }
    e = trust_make(j->s, (struct cert_list){ &der, 1 }, &j->trust, NULL);
    if (e == ERR_OK) {
        e = judge_all(j, f);
        trust_free(j->trust);
        j->trust = NULL;
    } else if (err_whose(e) != WHOSE_OURS) {
        return ERR_OK; /* not a CA's: no root */
    }
    *found = e == ERR_OK && is_vouched_for(j) &&
             (has_cert(j) ? are_certs_trusted(j)
                          : is_known || is_postponed(j->reply));
    if (*found && !has_cert(j))
        j->out->root = der;
    for (size_t i = 0; !*found && i < CLIENT_MAX_ASKED; i++)
        facts->certs[i].is_trusted = false;
    if (!*found)
        facts->signer_is_trusted = false;
    return e;
}

/* The first of these that is one. */
static enum err try_roots(struct judge *j, const struct span *list, size_t num,
                          bool *found, struct fault *f)
{
    struct x509_cert cert;
    size_t tries = 0;

    for (size_t i = 0; i < num && !*found && tries < LIMIT_PATH_CERTS; i++) {
        if (x509_read(list[i], j->s->scratch, &cert) != ERR_OK ||
            !is_self_signed(j->s, &cert))
            continue;
        tries++;
        TRY(try_root(j, list[i], found, f));
    }
    return ERR_OK;
}

static enum err learn_root(struct judge *j, struct fault *f)
{
    enum trust_mode mode = j->s->settings->trust;
    bool found = false;

    TRY(try_roots(j, j->reply->extra_certs, j->reply->num_extra_certs, &found,
                  f));
    if (found) {
        j->out->source =
            j->is_tls && mode == TRUST_TLS ? SOURCE_TLS : SOURCE_LEARNT;
        return ERR_OK;
    }
    TRY(judge_all(j, f));
    tell_no_path(j, span_is_absent(j->s->fingerprint)
                        ? "no root in extraCerts that leads to it and to a "
                          "certificate"
                        : "no root in extraCerts has the fingerprint given");
    return ERR_OK;
}

/* What the MAC does not cover, as extraCerts, is not looked at. */
static enum err take_shared_root(struct judge *j, struct fault *f)
{
    const struct pki_body *body = &j->reply->body;
    bool found = false;

    if (client_is_answer(body->type) && body->cert_rep.has_ca_pubs)
        TRY(try_roots(j, body->cert_rep.ca_pubs, body->cert_rep.num_ca_pubs,
                      &found, f));
    if (found) {
        j->out->source = SOURCE_SECRET;
        return ERR_OK;
    }
    TRY(judge_all(j, f));
    tell_no_path(j, "no root in caPubs that leads to it");
    return ERR_OK;
}

/* --- all of it --- */

/* Certificates to build paths with: what the first answer brought, then what
 * this one does. */
static enum err gather(struct judge *j, struct fault *f)
{
    const struct pending *p = &j->s->pending;
    size_t n = 1 + p->signer.num + j->reply->num_extra_certs;
    struct span *list;

    for (size_t i = 0; i < p->num_asked; i++)
        n += p->asked[i].chain.num;
    list = arena_array(j->s->scratch, n, sizeof(*list));
    n = 0;

    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "certificates");
    for (size_t i = 0; i < p->signer.num; i++)
        list[n++] = p->signer.list[i];
    for (size_t i = 0; i < p->num_asked; i++)
        for (size_t k = 0; k < p->asked[i].chain.num; k++)
            list[n++] = p->asked[i].chain.list[k];
    for (size_t i = 0; i < j->reply->num_extra_certs; i++)
        list[n++] = j->reply->extra_certs[i];
    j->untrusted = (struct cert_list){ list, n };
    return ERR_OK;
}

static enum err judge_held(struct judge *j, struct cert_list roots,
                           struct fault *f)
{
    enum err e;

    TRY(trust_make(j->s, roots, &j->trust, f));
    e = judge_all(j, f);
    trust_free(j->trust);
    return e;
}

/* In modes `tls` and `secret` what came otherwise is nobody's word. */
static enum err judge_without_root(struct judge *j, struct fault *f)
{
    bool is_mac = j->s->pending.machine.is_mac;
    enum trust_mode mode = j->s->settings->trust;

    if (mode == TRUST_SECRET && is_mac)
        return take_shared_root(j, f);
    if (mode == TRUST_LEARN || (mode == TRUST_TLS && j->is_tls))
        return learn_root(j, f);
    TRY(judge_all(j, f));
    tell_no_path(j, mode == TRUST_TLS ? "not in a TLS session with a server "
                                        "that --tls-root vouches for"
                                      : "not under the shared secret");
    return ERR_OK;
}

enum err reply_check(struct station *s, const struct cmp_message *reply,
                     bool is_tls, struct checked *out, struct fault *f)
{
    const struct pending *p = &s->pending;
    struct judge j = { .s = s, .reply = reply, .is_tls = is_tls, .out = out };

    *out = (struct checked){ 0 };
    privkey_free(s->made);
    s->made = NULL;
    if (p->machine.request == CMP_RR)
        out->facts.old = &s->own.cert;
    for (size_t i = 0; i < p->num_asked; i++)
        if (s->new_keys[i] != NULL)
            out->facts.certs[i].public_key = privkey_spki(s->new_keys[i]);
    if (p->machine.request == CMP_KUR) {
        out->facts.subject = s->own.cert.subject;
        out->facts.san = s->own.cert.san;
    }
    if (p->machine.is_mac)
        TRY(shared_check(s, reply, &out->macs, &out->facts, f));
    TRY(gather(&j, f));
    TRY(read_certs(&j, f));
    out->source = s->source;
    out->had_root = s->roots.num > 0;
    /* One that came along is in force for this transaction alone. */
    if (p->source != SOURCE_SETTINGS && !span_is_absent(p->root)) {
        out->source = p->source;
        return judge_held(&j, (struct cert_list){ &p->root, 1 }, f);
    }
    if (s->roots.num > 0)
        return judge_held(&j, s->roots, f);
    return judge_without_root(&j, f);
}
