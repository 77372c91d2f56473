#include "inspect/protection.h"

#include "base/limits.h"
#include "base/text.h"
#include "crypto/mac.h"
#include "inspect/protection_internal.h"
#include "profile/signer.h"

/*
 * Every MAC of the table: whether a profile takes it is another question. The
 * iterations are what a moment allows, since who made the message chose them.
 */
static const struct mac_policy any_mac = {
    .algs = MAC_BIT(MAC_PBM) | MAC_BIT(MAC_PBMAC1) | MAC_BIT(MAC_HMAC) |
            MAC_BIT(MAC_KMAC128) | MAC_BIT(MAC_KMAC256),
    .owfs = DIGEST_BIT(DIGEST_SHA1) | DIGEST_BIT(DIGEST_SHA224) |
            DIGEST_BIT(DIGEST_SHA256) | DIGEST_BIT(DIGEST_SHA384) |
            DIGEST_BIT(DIGEST_SHA512),
    .macs = DIGEST_BIT(DIGEST_SHA1) | DIGEST_BIT(DIGEST_SHA224) |
            DIGEST_BIT(DIGEST_SHA256) | DIGEST_BIT(DIGEST_SHA384) |
            DIGEST_BIT(DIGEST_SHA512),
    .min_iterations = 1,
    .max_iterations = 100000,
    .min_salt_len = 0,
    .max_salt_len = LIMIT_ID_LEN,
};

const char *protection_kind_word(enum protection_kind kind)
{
    static const char *const words[] = {
        [PROTECTION_NONE] = "none",
        [PROTECTION_SIGNATURE] = "signature",
        [PROTECTION_MAC] = "MAC",
        [PROTECTION_UNKNOWN] = "unknown",
    };

    return words[kind];
}

static enum protection_kind kind_of(const struct cmp_message *msg)
{
    const struct alg_id *alg = &msg->header.protection_alg;
    bool has_alg = !span_is_absent(alg->oid);
    bool has_bytes = !span_is_absent(msg->protection.bytes);

    if (!has_alg && !has_bytes)
        return PROTECTION_NONE;
    if (!has_alg || !has_bytes)
        return PROTECTION_UNKNOWN;
    if (mac_alg_find(alg) != MAC_UNKNOWN)
        return PROTECTION_MAC;
    return sig_alg_find_any(alg) != SIG_UNKNOWN ? PROTECTION_SIGNATURE
                                                : PROTECTION_UNKNOWN;
}

/* --- signatures --- */

static bool find_known(const struct protected *in, struct arena *a,
                       struct x509_cert *out)
{
    struct x509_cert cert = { 0 };

    for (size_t i = 0; i < in->num_known; i++) {
        if (x509_read(in->known[i], a, &cert) != ERR_OK ||
            !signer_is_named(&in->msg->header, &cert))
            continue;
        *out = cert;
        return true;
    }
    return false;
}

static bool find_given(const struct trusted *t, const struct pki_header *h,
                       struct x509_cert *out)
{
    for (size_t i = 0; i < t->num_certs; i++) {
        if (!signer_is_named(h, &t->certs[i].cert))
            continue;
        *out = t->certs[i].cert;
        return true;
    }
    return false;
}

/* Certificates that may be the signer's. */
struct candidates {
    struct x509_cert certs[4];
    enum signer_from from[4];
    size_t num;
};

static struct x509_cert *next_candidate(struct candidates *c,
                                        enum signer_from from)
{
    c->from[c->num] = from;
    return &c->certs[c->num];
}

/* What is sent counts before what is known, but one that was merely the first
 * sent only where no other is named. */
static void find_candidates(const struct trusted *t, const struct protected *in,
                            struct arena *a, struct candidates *c)
{
    const struct pki_header *h = &in->msg->header;
    struct x509_cert sent = { 0 };
    bool is_sent = signer_find(in->msg, a, &sent);
    bool is_named = is_sent && signer_is_named(h, &sent);

    if (is_named) {
        *next_candidate(c, SIGNER_FROM_EXTRA_CERTS) = sent;
        c->num++;
    }
    c->num += find_known(in, a, next_candidate(c, SIGNER_FROM_BEFORE));
    c->num += find_given(t, h, next_candidate(c, SIGNER_FROM_TRUSTED));
    if (is_sent && !is_named) {
        *next_candidate(c, SIGNER_FROM_EXTRA_CERTS) = sent;
        c->num++;
    }
}

static enum err check_signature(struct trusted *t, const struct protected *in,
                                struct span part, struct protection *out,
                                struct fault *f)
{
    struct fault why = { 0 };
    enum err e;

    e = sig_verify_any(t->cx, &out->signer.spki,
                       &in->msg->header.protection_alg, part,
                       in->msg->protection.bytes, &why);
    if (e != ERR_OK && err_whose(e) == WHOSE_OURS)
        return fault_set(f, e, "%s", why.text);
    out->verifies = e == ERR_OK ? VERDICT_HOLDS : VERDICT_BROKEN;
    out->is_bad_alg = e == ERR_BAD_ALG;
    if (e == ERR_BAD_ALG)
        text_format(out->why, sizeof(out->why), "%s", why.text);
    else if (e != ERR_OK)
        text_format(out->why, sizeof(out->why),
                    "a signature that does not verify");
    return ERR_OK;
}

static bool is_believed(const struct trusted *t, const struct x509_cert *cert,
                        enum trusted_as *as)
{
    for (size_t i = 0; i < t->num_certs; i++) {
        if (!span_is_equal(t->certs[i].cert.der, cert->der))
            continue;
        *as = t->certs[i].as;
        return true;
    }
    return false;
}

static bool has_anchors(const struct trusted *t)
{
    for (size_t i = 0; i < TRUSTED_NUM; i++)
        if (t->has_anchor[i])
            return true;
    return false;
}

static enum err check_path(struct trusted *t, const struct protected *in,
                           struct arena *a, struct protection *out,
                           struct fault *f)
{
    struct fault why = { 0 };
    struct path path;
    enum err e;

    if (is_believed(t, &out->signer, &out->path_as)) {
        out->path = VERDICT_HOLDS;
        return ERR_OK;
    }
    if (!has_anchors(t))
        return ERR_OK;
    e = path_check(t->cx, t->trust, in->now, out->signer.der,
                   in->msg->extra_certs, in->msg->num_extra_certs, a, &path,
                   &why);
    if (e != ERR_OK && e != ERR_SIGNER_NOT_TRUSTED)
        return fault_set(f, e, "%s", why.text);
    out->path = e == ERR_OK ? VERDICT_HOLDS : VERDICT_BROKEN;
    if (e == ERR_OK)
        out->path_as = (enum trusted_as)path.owner;
    text_format(out->path_why, sizeof(out->path_why), "%s", why.text);
    return ERR_OK;
}

/* The first whose key verifies; where none does, the first. */
static enum err check_signed(struct trusted *t, const struct protected *in,
                             struct arena *a, struct protection *out,
                             struct fault *f)
{
    struct span part = cmp_protected_part(in->msg, a);
    struct candidates c = { .num = 0 };
    struct protection p;

    if (span_is_absent(part))
        return fault_set(f, ERR_NO_MEM, "ProtectedPart");
    find_candidates(t, in, a, &c);
    if (c.num == 0)
        text_format(out->why, sizeof(out->why),
                    "no certificate of the signer is at hand");
    for (size_t i = 0; i < c.num && out->verifies != VERDICT_HOLDS; i++) {
        p = *out;
        p.from = c.from[i];
        p.signer = c.certs[i];
        p.why[0] = '\0';
        TRY(check_signature(t, in, part, &p, f));
        if (i == 0 || p.verifies == VERDICT_HOLDS)
            *out = p;
    }
    return c.num == 0 ? ERR_OK : check_path(t, in, a, out, f);
}

/* --- MACs --- */

static const struct given_secret *find_secret(const struct trusted *t,
                                              const struct pki_header *h)
{
    struct span name = SPAN_NONE;

    for (size_t i = 0; i < t->num_secrets; i++)
        if (span_is_equal(t->secrets[i].reference, h->sender_kid))
            return &t->secrets[i];
    if (h->sender.type != GN_DIRECTORY ||
        !name_find(h->sender.value, OID_ID_AT_COMMON_NAME, 0, &name))
        return NULL;
    for (size_t i = 0; i < t->num_secrets; i++)
        if (span_is_equal(t->secrets[i].reference, name))
            return &t->secrets[i];
    return NULL;
}

/* An answer may name its secret nowhere: then it is the only one there is. */
static enum err check_mac(struct trusted *t, const struct protected *in,
                          struct arena *a, struct protection *out,
                          struct fault *f)
{
    const struct given_secret *given = find_secret(t, &in->msg->header);
    struct span part = cmp_protected_part(in->msg, a);
    struct fault why = { 0 };
    enum err e;

    if (given == NULL && t->num_secrets == 1)
        given = &t->secrets[0];
    if (given == NULL) {
        text_format(out->why, sizeof(out->why),
                    "no secret of this reference was given");
        return ERR_OK;
    }
    if (span_is_absent(part))
        return fault_set(f, ERR_NO_MEM, "ProtectedPart");
    e = mac_verify(t->cx, &any_mac, &in->msg->header.protection_alg,
                   secret_span(given->secret), part, in->msg->protection.bytes,
                   &why);
    if (e != ERR_OK && err_whose(e) == WHOSE_OURS)
        return fault_set(f, e, "%s", why.text);
    text_format(out->why, sizeof(out->why), "%s", why.text);
    if (e == ERR_OK) {
        out->verifies = VERDICT_HOLDS;
        out->secret = given->secret;
    } else if (e == ERR_BAD_MESSAGE_CHECK) {
        out->verifies = VERDICT_BROKEN;
    }
    return ERR_OK;
}

enum err protection_check(struct trusted *t, const struct protected *in,
                          struct arena *a, struct protection *out,
                          struct fault *f)
{
    struct protection p = { .kind = kind_of(in->msg),
                            .verifies = VERDICT_CANNOT_TELL,
                            .path = VERDICT_CANNOT_TELL };

    switch (p.kind) {
    case PROTECTION_SIGNATURE:
        TRY(check_signed(t, in, a, &p, f));
        break;
    case PROTECTION_MAC:
        TRY(check_mac(t, in, a, &p, f));
        break;
    case PROTECTION_UNKNOWN:
        text_format(p.why, sizeof(p.why), "%s",
                    span_is_absent(in->msg->protection.bytes)
                        ? "protectionAlg without protection"
                        : "protected by an algorithm not known here");
        break;
    case PROTECTION_NONE:
        text_format(p.why, sizeof(p.why), "not protected");
        break;
    }
    *out = p;
    return ERR_OK;
}
