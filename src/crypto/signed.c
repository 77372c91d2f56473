#include "crypto/signed.h"

#include "base/limits.h"
#include "crypto/internal.h"

#define CLAUSE "RFC 9483, 4.1.6"
#define VERSION 3 /* of what is no id-data, by a key identifier */

/* --- making --- */

static enum err alg_of(struct span der, struct alg_id *out)
{
    struct der in = der_open(der, NULL);

    return alg_id_read(&in, out);
}

/* Its certificate first; those that sign themselves are nobody's proof. */
static enum err certs_choose(const struct signed_by *by, struct arena *a,
                             struct span_list *out)
{
    struct span *list = arena_array(a, by->num_chain + 1, sizeof(*list));
    struct x509_cert cert;
    size_t n = 0;

    if (list == NULL)
        return ERR_NO_MEM;
    list[n++] = by->cert->der;
    for (size_t i = 0; i < by->num_chain; i++) {
        TRY(x509_read(by->chain[i], a, &cert));
        if (!x509_is_self_issued(&cert))
            list[n++] = cert.der;
    }
    *out = (struct span_list){ list, n };
    return ERR_OK;
}

static enum err attrs_make(struct crypto_ctx *cx, enum digest d,
                           enum oid content_id, struct span content,
                           struct arena *a, struct cms_signer *signer,
                           struct fault *f)
{
    struct digested digest;
    struct der_writer w;

    TRY(digest_make(cx, d, content, &digest, f));
    der_writer_init(&w, a, 256);
    cms_signed_attrs_put(&w, oid_span(content_id),
                         span_of(digest.bytes, digest.len));
    if (der_finish(&w, &signer->signed_attrs) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "SignedData");
    return ERR_OK;
}

static enum err signer_make(struct crypto_ctx *cx, const struct signed_by *by,
                            enum oid content_id, struct span content,
                            struct arena *a, struct cms_signer *out,
                            struct fault *f)
{
    const struct sig_alg_info *info = sig_alg_info(by->alg);
    struct span covered;

    out->version = VERSION;
    out->sid =
        (struct cms_id){ .type = CMS_ID_KEY_ID, .key_id = by->cert->ski };
    TRY(alg_of(digest_alg_id(info->cert_digest), &out->digest_alg));
    TRY(alg_of(info->der, &out->sig_alg));
    TRY(attrs_make(cx, info->cert_digest, content_id, content, a, out, f));
    covered = cms_signed_attrs_bytes(out, a);
    if (span_is_absent(covered))
        return fault_set(f, ERR_NO_MEM, "SignedData");
    return by->sign(by->arg, covered, a, &out->signature, f);
}

enum err signed_make(struct crypto_ctx *cx, const struct signed_by *by,
                     enum oid content_id, struct span content, struct arena *a,
                     struct span *out, struct fault *f)
{
    struct cms_signer signer = { 0 };
    struct cms_signed s = {
        .version = VERSION,
        .digest_algs = digest_alg_id(sig_alg_info(by->alg)->cert_digest),
        .content_oid = oid_span(content_id),
        .content = content,
        .has_certs = true,
        .signers = &signer,
        .num_signers = 1,
    };
    struct der_writer w;

    if (span_is_absent(by->cert->ski))
        return fault_clause(f, ERR_CONFIG, CLAUSE,
                            "the signer's certificate has no "
                            "subjectKeyIdentifier to be named by");
    TRY(signer_make(cx, by, content_id, content, a, &signer, f));
    if (certs_choose(by, a, &s.certs) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "SignedData");
    der_writer_init(&w, a, content.len + 4096);
    cms_signed_put(&w, &s);
    if (der_finish(&w, out) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "SignedData");
    return ERR_OK;
}

/* --- opening --- */

static bool is_named(const struct cms_id *sid, const struct x509_cert *cert)
{
    switch (sid->type) {
    case CMS_ID_KEY_ID:
        return !span_is_absent(cert->ski) &&
               span_is_equal(sid->key_id, cert->ski);
    case CMS_ID_ISSUER_SERIAL:
        return name_is_equal(sid->issuer, cert->issuer) &&
               span_is_equal(sid->serial, cert->serial);
    case CMS_ID_ORIGINATOR_KEY:
        break;
    }
    return false;
}

static enum err signer_find(const struct cms_signed *s, struct arena *a,
                            struct x509_cert *out, struct fault *f)
{
    for (size_t i = 0; i < s->certs.num; i++) {
        if (x509_read(s->certs.list[i], a, out) == ERR_OK &&
            is_named(&s->signers[0].sid, out))
            return ERR_OK;
    }
    return fault_clause(f, ERR_BAD_DATA_FORMAT, CLAUSE,
                        "the certificate of the SignedData's signer is not "
                        "with it");
}

static enum err shape_check(const struct cms_signed *s, enum oid content_id,
                            struct fault *f)
{
    if (s->num_signers != 1)
        return fault_clause(f, ERR_BAD_DATA_FORMAT, CLAUSE,
                            "a SignedData by %zu signers; it is by one",
                            s->num_signers);
    if (s->content_id != content_id || span_is_absent(s->content))
        return fault_clause(f, ERR_BAD_DATA_FORMAT, CLAUSE,
                            "a SignedData of another content than %s",
                            oid_name(content_id));
    if (span_is_absent(s->signers[0].signed_attrs) ||
        !span_is_equal(s->signers[0].content_type, oid_span(content_id)))
        return fault_clause(f, ERR_BAD_DATA_FORMAT, CLAUSE,
                            "a SignedData without signedAttrs that tell its "
                            "content's type");
    return ERR_OK;
}

static enum err content_check(struct crypto_ctx *cx, const struct cms_signed *s,
                              struct fault *f)
{
    const struct cms_signer *signer = &s->signers[0];
    enum digest d = digest_find(&signer->digest_alg);
    struct digested digest;

    if (d == DIGEST_NONE)
        return fault_clause(f, ERR_BAD_ALG, CLAUSE,
                            "the digest of a SignedData is not of the table");
    TRY(digest_make(cx, d, s->content, &digest, f));
    if (!span_is_equal(signer->message_digest,
                       span_of(digest.bytes, digest.len)))
        return fault_clause(f, ERR_BAD_MESSAGE_CHECK, CLAUSE,
                            "the content of a SignedData is not what was "
                            "signed");
    return ERR_OK;
}

enum err signed_open(struct crypto_ctx *cx, struct span der,
                     enum oid content_id, struct arena *a,
                     struct signed_content *out, struct fault *f)
{
    struct der in = der_open(der, NULL);
    struct signed_content c = { 0 };
    struct cms_signed s = { 0 };
    struct span covered;

    if (cms_signed_read(&in, a, &s) != ERR_OK || der_end(&in) != ERR_OK)
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 5652, 5.1",
                            "not a SignedData");
    TRY(shape_check(&s, content_id, f));
    TRY(signer_find(&s, a, &c.signer, f));
    TRY(content_check(cx, &s, f));
    covered = cms_signed_attrs_bytes(&s.signers[0], a);
    if (span_is_absent(covered))
        return fault_set(f, ERR_NO_MEM, "SignedData");
    TRY(sig_verify(cx, &c.signer.spki, &s.signers[0].sig_alg, covered,
                   s.signers[0].signature, f));
    c.content = s.content;
    c.certs = s.certs.list;
    c.num_certs = s.certs.num;
    *out = c;
    return ERR_OK;
}
