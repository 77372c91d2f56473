#include "service/announce.h"

#include "base/clock.h"
#include "base/limits.h"
#include "service/admin_internal.h"
#include "service/offers.h"

#define ID_LEN 16

/* The authority with its keys, for one message. */
struct announcer {
    struct admin *admin;
    struct crypto *crypto;
    struct keys *keys;
    struct authority *authority;
    struct crypto_ctx *cx;
    const struct path_profile *profile;
};

static void announcer_done(struct announcer *an)
{
    crypto_ctx_free(an->cx);
    authority_free(an->authority);
    keys_free(an->keys);
    crypto_free(an->crypto);
}

static enum err find_profile(struct announcer *an, const char *name,
                             struct fault *f)
{
    const struct authority *au = an->authority;

    for (size_t i = 0; i < au->num_profiles; i++) {
        const struct config_profile *p = au->profiles[i].config;

        if (name == NULL ? p->is_default : strcmp(p->name, name) == 0)
            an->profile = &au->profiles[i];
    }
    if (an->profile != NULL)
        return ERR_OK;
    return name == NULL
               ? fault_set(f, ERR_USAGE, "no profile is the default; say which")
               : fault_set(f, ERR_NOT_FOUND,
                           "no profile %s in the configuration", name);
}

static enum err open_authority(struct announcer *an, const char *profile,
                               struct fault *f)
{
    struct admin *a = an->admin;

    TRY(crypto_new(&an->crypto, f));
    TRY(keys_new(an->crypto, &an->keys, f));
    TRY(authority_load_keys(a->config, an->keys, f));
    TRY(authority_new(a->config, an->crypto, an->keys, &an->authority, f));
    TRY(crypto_ctx_new(an->crypto, &an->cx, f));
    return find_profile(an, profile, f);
}

/* --- the message --- */

/* Nobody is named as recipient, and nothing is answered. */
static enum err fill_header(struct announcer *an, int64_t pvno,
                            struct pki_header *h, struct fault *f)
{
    const struct signer *signer = an->profile->signer;
    uint8_t *fresh = arena_alloc(an->admin->arena, 2 * (size_t)ID_LEN);

    if (fresh == NULL)
        return fault_set(f, ERR_NO_MEM, "announcement");
    TRY(random_fill(an->cx, fresh, 2 * (size_t)ID_LEN, f));
    *h = (struct pki_header){
        .pvno = pvno,
        .sender = { .type = GN_DIRECTORY,
                    .value = signer->certificate.subject },
        .recipient = { .type = GN_DIRECTORY, .value = SPAN_LIT("\x30\x00") },
        .has_message_time = true,
        .message_time = clock_seconds(),
        .protection_alg.der = sig_alg_info(signer->alg)->der,
        .sender_kid = signer->certificate.ski,
        .transaction_id = span_of(fresh, ID_LEN),
        .sender_nonce = span_of(fresh + ID_LEN, ID_LEN),
    };
    return ERR_OK;
}

static enum err sign(struct announcer *an, int64_t pvno,
                     const struct pki_body *body, struct span *out,
                     struct fault *f)
{
    const struct signer *signer = an->profile->signer;
    struct arena *a = an->admin->arena;
    struct span extra[1 + LIMIT_EXTRA_CERTS] = { signer->certificate.der };
    struct span header = SPAN_NONE, content = SPAN_NONE, part = SPAN_NONE;
    struct span sig = SPAN_NONE, whole = SPAN_NONE;
    struct pki_header h;
    size_t num = 1;

    TRY(fill_header(an, pvno, &h, f));
    for (size_t i = 0; i + 1 < signer->num_chain && num < LIMIT_EXTRA_CERTS;
         i++)
        extra[num++] = signer->chain[i];
    if (cmp_header_write(&h, a, &header) != ERR_OK ||
        cmp_body_write(body, a, &content) != ERR_OK ||
        cmp_protected_part_write(header, content, a, &part) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "announcement");
    TRY(keys_sign(an->keys, an->cx, signer->config->key->name, signer->alg,
                  part, 0, a, &sig, f));
    if (cmp_message_write(header, content, sig, extra, num, a, &whole) !=
        ERR_OK)
        return fault_set(f, ERR_NO_MEM, "announcement");
    if (whole.len > LIMIT_MESSAGE_LEN)
        return fault_set(
            f, ERR_LIMIT, "a %s of %zu octets; a message may have %zu",
            cmp_body_name(body->type), whole.len, LIMIT_MESSAGE_LEN);
    *out = whole;
    return ERR_OK;
}

/* What a kind of announcement puts into its body. */
struct content {
    enum err (*fill)(struct announcer *an, const void *arg,
                     struct pki_body *body, struct fault *f);
    const void *arg;
};

static enum err write_with(struct announcer *an, const char *profile,
                           const struct content *content, struct span *out,
                           struct fault *f)
{
    struct pki_body body = { 0 };
    struct change *c;

    TRY(open_authority(an, profile, f));
    TRY(content->fill(an, content->arg, &body, f));
    TRY(sign(an, body.type == CMP_CKUANN && body.ca_key_update.is_v3 ? 3 : 2,
             &body, out, f));
    c = change_new();
    if (c == NULL)
        return fault_set(f, ERR_NO_MEM, "announcement");
    return admin_commit(
        an->admin, c,
        arena_printf(an->admin->arena, "announced body=%s signer=%s octets=%zu",
                     cmp_body_name(body.type),
                     an->profile->signer->config->name, out->len),
        f);
}

static enum err write_message(struct admin *a, const char *profile,
                              const struct content *content, struct span *out,
                              struct fault *f)
{
    struct announcer an = { .admin = a };
    enum err e = write_with(&an, profile, content, out, f);

    announcer_done(&an);
    return e;
}

/* --- ckuann --- */

static enum err fill_root(struct announcer *an, const void *arg,
                          struct pki_body *body, struct fault *f)
{
    const struct announced_root *root = arg;
    const struct issuer *issuer = an->profile->issuer;
    struct config_profile config = *an->profile->config;
    struct offers offers;

    if (!root->is_v3 && root->back == NULL)
        return fault_clause(f, ERR_USAGE, "RFC 9810, 5.3.13",
                            "the form of pvno 2 needs oldWithNew too");
    config.general = (struct config_general){ .new_root = root->fresh,
                                              .new_with_old = root->linked,
                                              .old_with_new = root->back };
    TRY(offers_load(&config, issuer->chain[issuer->num_chain - 1], an->cx,
                    an->admin->arena, &offers, f));
    body->type = CMP_CKUANN;
    body->ca_key_update =
        (struct ca_key_update){ .is_v3 = root->is_v3,
                                .new_with_new = offers.new_root,
                                .new_with_old = offers.new_with_old,
                                .old_with_new = offers.old_with_new };
    return ERR_OK;
}

enum err announce_root(struct admin *a, const char *profile,
                       const struct announced_root *root, struct span *out,
                       struct fault *f)
{
    const struct content content = { fill_root, root };

    return write_message(a, profile, &content, out, f);
}

/* --- cann --- */

static bool is_signed_by(struct announcer *an, const struct x509_cert *cert,
                         struct span der)
{
    struct x509_cert signer;

    return x509_read(der, an->admin->arena, &signer) == ERR_OK &&
           name_is_equal(cert->issuer, signer.subject) &&
           sig_verify(an->cx, &signer.spki, &cert->sig_alg, cert->tbs,
                      cert->signature, NULL) == ERR_OK;
}

/* By a CA of the configuration, or one above it. */
static bool is_ours(struct announcer *an, const struct x509_cert *cert)
{
    for (size_t i = 0; i < an->authority->num_issuers; i++) {
        const struct issuer *issuer = &an->authority->issuers[i];

        if (is_signed_by(an, cert, issuer->certificate))
            return true;
        for (size_t k = 0; k < issuer->num_chain; k++)
            if (is_signed_by(an, cert, issuer->chain[k]))
                return true;
    }
    return false;
}

static enum err fill_certificate(struct announcer *an, const void *arg,
                                 struct pki_body *body, struct fault *f)
{
    const char *file = arg;
    struct x509_cert cert;
    const struct span *list;
    size_t num;

    TRY(certificates_load(file, an->admin->arena, &list, &num, f));
    if (num != 1 || x509_read(list[0], an->admin->arena, &cert) != ERR_OK)
        return fault_set(f, ERR_CONFIG, "%s: not one certificate", file);
    if (!is_ours(an, &cert))
        return fault_set(f, ERR_CONFIG,
                         "%s: not issued by a CA of the configuration", file);
    body->type = CMP_CANN;
    body->cert_ann = cert.der;
    return ERR_OK;
}

enum err announce_certificate(struct admin *a, const char *profile,
                              const char *file, struct span *out,
                              struct fault *f)
{
    const struct content content = { fill_certificate, file };

    return write_message(a, profile, &content, out, f);
}

/* --- rann --- */

struct revoking {
    const struct certificate_view *cert;
    const struct announced_revocation *given;
};

static enum err fill_reason(struct announcer *an, enum crl_reason reason,
                            struct rev_ann *ann, struct fault *f)
{
    struct extension *x = arena_alloc(an->admin->arena, sizeof(*x));
    struct der_writer w;

    if (reason == CRL_UNSPECIFIED)
        return ERR_OK;
    if (x == NULL)
        return fault_set(f, ERR_NO_MEM, "rann");
    *x = (struct extension){ .id = OID_ID_CE_CRL_REASONS };
    x->oid = oid_span(x->id);
    der_writer_init(&w, an->admin->arena, 16);
    der_put_int64(&w, DER_ENUMERATED, (int64_t)reason);
    if (der_finish(&w, &x->value) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "rann");
    ann->has_crl_details = true;
    ann->crl_details = (struct extensions){ x, 1 };
    return ERR_OK;
}

/* A revoked certificate is told of as the store has it. */
static enum err fill_dates(const struct revoking *r, struct rev_ann *ann,
                           enum crl_reason *reason, struct fault *f)
{
    const struct certificate_record *record = r->cert->record;

    *reason = r->given->reason;
    ann->status = STATUS_REVOCATION_WARNING;
    ann->will_be_revoked_at = r->given->at;
    if (record->revoked_at != 0) {
        if (r->given->at != 0)
            return fault_set(f, ERR_USAGE,
                             "certificate %s was revoked at %s already",
                             r->cert->serial, r->cert->revoked_at);
        ann->status = STATUS_REVOCATION_NOTIFICATION;
        ann->will_be_revoked_at = record->revoked_at;
        *reason = (enum crl_reason)record->reason;
    }
    if (ann->will_be_revoked_at == 0)
        return fault_set(f, ERR_USAGE,
                         "certificate %s is not revoked; say when it will be",
                         r->cert->serial);
    ann->bad_since_date = r->given->bad_since;
    if (ann->bad_since_date == 0)
        ann->bad_since_date = record->invalidity_date;
    if (ann->bad_since_date == 0)
        ann->bad_since_date = ann->will_be_revoked_at;
    return ERR_OK;
}

static enum err fill_revocation(struct announcer *an, const void *arg,
                                struct pki_body *body, struct fault *f)
{
    const struct revoking *r = arg;
    struct rev_ann ann = { 0 };
    enum crl_reason reason = CRL_UNSPECIFIED;
    struct x509_cert cert;

    if (x509_read(r->cert->record->der, an->admin->arena, &cert) != ERR_OK)
        return fault_set(f, ERR_STORE, "certificate %s does not parse",
                         r->cert->serial);
    TRY(fill_dates(r, &ann, &reason, f));
    TRY(fill_reason(an, reason, &ann, f));
    ann.cert_id.issuer.type = GN_DIRECTORY;
    ann.cert_id.issuer.value = cert.issuer;
    ann.cert_id.serial = cert.serial;
    body->type = CMP_RANN;
    body->rev_ann = ann;
    return ERR_OK;
}

enum err announce_revocation(struct admin *a, const char *profile,
                             const struct certificate_view *cert,
                             const struct announced_revocation *revocation,
                             struct span *out, struct fault *f)
{
    const struct revoking revoking = { cert, revocation };
    const struct content content = { fill_revocation, &revoking };

    return write_message(a, profile, &content, out, f);
}

/* --- crlann --- */

static enum err fill_crls(struct announcer *an, const void *arg,
                          struct pki_body *body, struct fault *f)
{
    const struct config *config = an->admin->config;
    const char *ca = arg;
    struct span *list =
        arena_array(an->admin->arena, config->num_cas, sizeof(*list));
    struct crl_record crl;
    size_t n = 0;

    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "crlann");
    for (size_t i = 0; ca == NULL && i < config->num_cas; i++) {
        TRY(admin_crl(an->admin, config->cas[i].name, &crl, f));
        list[n++] = crl.der;
    }
    if (ca != NULL) {
        TRY(admin_crl(an->admin, ca, &crl, f));
        list[n++] = crl.der;
    }
    if (n > LIMIT_CRLS)
        return fault_set(f, ERR_LIMIT, "%zu CRLs in one crlann; name a CA", n);
    body->type = CMP_CRLANN;
    body->crl_ann = (struct span_list){ list, n };
    return ERR_OK;
}

enum err announce_crls(struct admin *a, const char *profile, const char *ca,
                       struct span *out, struct fault *f)
{
    const struct content content = { fill_crls, ca };

    return write_message(a, profile, &content, out, f);
}
