#include "asn1/cms_internal.h"

void set_put(struct der_writer *w, unsigned tag, struct span *elements,
             size_t num)
{
    size_t mark = der_mark(w);

    set_sort(elements, num);
    for (size_t i = num; i > 0; i--)
        der_put_raw(w, elements[i - 1]);
    der_put_header(w, tag, mark);
}

/*
 * ContentInfo ::= SEQUENCE {
 *     contentType  OBJECT IDENTIFIER,
 *     content  [0] EXPLICIT ANY DEFINED BY contentType }
 */
enum err cms_content_info_read(struct der *in, struct cms_content_info *out)
{
    struct cms_content_info c = { 0 };
    struct der seq, tagged;
    unsigned tag;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "contentType", der_oid(&seq, &c.oid)));
    TRY(der_at(&seq, "content", der_enter(&seq, DER_CTX(0), &tagged)));
    TRY(der_at(&seq, "content", der_any(&tagged, &tag, &c.content)));
    TRY(der_at(&seq, "content", der_end(&tagged)));
    TRY(der_end(&seq));
    c.id = oid_find(c.oid);
    *out = c;
    return ERR_OK;
}

void cms_content_info_put(struct der_writer *w,
                          const struct cms_content_info *c)
{
    size_t mark = der_mark(w);

    tagged_raw_put(w, DER_CTX(0), c->content);
    der_put_oid(w, c->oid);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* --- SignerInfo --- */

/* Attribute ::= SEQUENCE { attrType OID, attrValues SET OF ANY }; of the two
 * types that are opened the single value. */
static enum err attribute_read(struct der *in, struct cms_signer *s)
{
    struct der seq, set;
    struct span oid, value, *out = NULL;
    unsigned tag, wanted = 0;
    size_t num = 0;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "attrType", der_oid(&seq, &oid)));
    TRY(der_enter(&seq, DER_SET, &set));
    TRY(der_end(&seq));
    if (oid_find(oid) == OID_ID_CONTENT_TYPE) {
        out = &s->content_type;
        wanted = DER_OID;
    } else if (oid_find(oid) == OID_ID_MESSAGE_DIGEST) {
        out = &s->message_digest;
        wanted = DER_OCTET_STRING;
    }
    if (out != NULL) {
        if (!span_is_absent(*out))
            return der_refuse(&seq, ERR_BAD_DER);
        TRY(der_content(&set, wanted, out));
        return der_end(&set);
    }
    TRY(set_count(&set, LIMIT_ATTRIBUTES, &num));
    for (size_t i = 0; i < num; i++)
        TRY(der_nth(&set, i, der_any(&set, &tag, &value)));
    return ERR_OK;
}

/* signedAttrs [0] SET SIZE (1..MAX) OF Attribute */
static enum err signed_attrs_read(struct der *in, struct cms_signer *s)
{
    struct der set;
    size_t num = 0;

    TRY(enter_whole(in, DER_CTX(0), &set, &s->signed_attrs));
    if (!der_has_more(&set))
        return der_refuse(&set, ERR_BAD_DER);
    TRY(set_count(&set, LIMIT_ATTRIBUTES, &num));
    for (size_t i = 0; i < num; i++)
        TRY(der_nth(&set, i, attribute_read(&set, s)));
    return ERR_OK;
}

/*
 * SignerInfo ::= SEQUENCE {
 *     version             INTEGER,
 *     sid                 SignerIdentifier,
 *     digestAlgorithm     AlgorithmIdentifier,
 *     signedAttrs     [0] SET SIZE (1..MAX) OF Attribute OPTIONAL,
 *     signatureAlgorithm  AlgorithmIdentifier,
 *     signature           OCTET STRING,
 *     unsignedAttrs   [1] SET SIZE (1..MAX) OF Attribute OPTIONAL }
 */
static enum err signer_read(struct der *in, struct cms_signer *out)
{
    struct cms_signer s = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "version", der_int64(&seq, &s.version)));
    TRY(der_at(&seq, "sid", cms_id_read(&seq, &s.sid)));
    TRY(der_at(&seq, "digestAlgorithm", alg_id_read(&seq, &s.digest_alg)));
    if (der_next_is(&seq, DER_CTX(0)))
        TRY(der_at(&seq, "signedAttrs", signed_attrs_read(&seq, &s)));
    TRY(der_at(&seq, "signatureAlgorithm", alg_id_read(&seq, &s.sig_alg)));
    TRY(der_at(&seq, "signature", der_octets(&seq, &s.signature)));
    if (der_has_more(&seq))
        TRY(der_at(&seq, "unsignedAttrs",
                   der_element(&seq, DER_CTX(1), &s.unsigned_attrs)));
    TRY(der_end(&seq));
    *out = s;
    return ERR_OK;
}

static void signer_put(struct der_writer *w, const struct cms_signer *s)
{
    size_t mark = der_mark(w);

    if (!span_is_absent(s->unsigned_attrs))
        der_put_raw(w, s->unsigned_attrs);
    der_put_octets(w, DER_OCTET_STRING, s->signature);
    alg_put(w, &s->sig_alg);
    if (!span_is_absent(s->signed_attrs))
        der_put_raw(w, s->signed_attrs);
    alg_put(w, &s->digest_alg);
    cms_id_put(w, &s->sid);
    der_put_int64(w, DER_INTEGER, s->version);
    der_put_header(w, DER_SEQUENCE, mark);
}

struct span cms_signed_attrs_bytes(const struct cms_signer *s, struct arena *a)
{
    uint8_t *bytes;

    if (span_is_absent(s->signed_attrs))
        return SPAN_NONE;
    bytes = arena_alloc(a, s->signed_attrs.len);
    if (bytes == NULL)
        return SPAN_NONE;
    memcpy(bytes, s->signed_attrs.ptr, s->signed_attrs.len);
    bytes[0] = DER_SET;
    return span_of(bytes, s->signed_attrs.len);
}

static void attribute_put(struct der_writer *w, enum oid type, size_t mark)
{
    der_put_header(w, DER_SET, mark);
    der_put_oid(w, oid_span(type));
    der_put_header(w, DER_SEQUENCE, mark);
}

void cms_signed_attrs_put(struct der_writer *w, struct span content_type,
                          struct span message_digest)
{
    size_t whole = der_mark(w), mark;

    /* In order: a digest is longer than a content type, and so its attribute,
     * whose length comes first. */
    der_put_octets(w, DER_OCTET_STRING, message_digest);
    attribute_put(w, OID_ID_MESSAGE_DIGEST, whole);
    mark = der_mark(w);
    der_put_oid(w, content_type);
    attribute_put(w, OID_ID_CONTENT_TYPE, mark);
    der_put_header(w, DER_CTX(0), whole);
}

/* --- SignedData --- */

static enum err digest_algs_read(struct der *in, struct span *out)
{
    struct der set, again = *in;
    struct alg_id alg;
    size_t num = 0;

    TRY(der_content(&again, DER_SET, out));
    TRY(der_enter(in, DER_SET, &set));
    TRY(set_count(&set, LIMIT_CMS_PARTS, &num));
    for (size_t i = 0; i < num; i++)
        TRY(der_nth(&set, i, alg_id_read(&set, &alg)));
    return ERR_OK;
}

/*
 * EncapsulatedContentInfo ::= SEQUENCE {
 *     eContentType  OBJECT IDENTIFIER,
 *     eContent  [0] EXPLICIT OCTET STRING OPTIONAL }
 */
static enum err encap_read(struct der *in, struct cms_signed *s)
{
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "eContentType", der_oid(&seq, &s->content_oid)));
    TRY(der_at(
        &seq, "eContent",
        octets_read_opt(&seq, DER_CTX(0), LIMIT_MESSAGE_LEN, &s->content)));
    s->content_id = oid_find(s->content_oid);
    return der_end(&seq);
}

/* certificates [0] SET OF CertificateChoices */
static enum err cert_set_read(struct der *in, struct arena *a,
                              struct span_list *out)
{
    struct span *list;
    struct der set;
    unsigned tag;
    size_t num = 0;

    TRY(der_enter(in, DER_CTX(0), &set));
    TRY(set_count(&set, LIMIT_CMS_PARTS, &num));
    list = arena_array(a, num, sizeof(*list));
    if (list == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < num; i++)
        TRY(der_nth(&set, i, der_any(&set, &tag, &list[i])));
    *out = (struct span_list){ list, num };
    return ERR_OK;
}

static enum err signers_read(struct der *in, struct arena *a,
                             struct cms_signed *s)
{
    struct cms_signer *list;
    struct der set;
    size_t num = 0;

    TRY(der_enter(in, DER_SET, &set));
    TRY(set_count(&set, LIMIT_CMS_PARTS, &num));
    list = arena_array(a, num, sizeof(*list));
    if (list == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < num; i++)
        TRY(der_nth(&set, i, signer_read(&set, &list[i])));
    s->signers = list;
    s->num_signers = num;
    return ERR_OK;
}

/*
 * SignedData ::= SEQUENCE {
 *     version           INTEGER,
 *     digestAlgorithms  SET OF AlgorithmIdentifier,
 *     encapContentInfo  EncapsulatedContentInfo,
 *     certificates  [0] SET OF CertificateChoices    OPTIONAL,
 *     crls          [1] SET OF RevocationInfoChoice  OPTIONAL,
 *     signerInfos       SET OF SignerInfo }
 */
enum err cms_signed_read(struct der *in, struct arena *a,
                         struct cms_signed *out)
{
    struct cms_signed s = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "version", der_int64(&seq, &s.version)));
    TRY(der_at(&seq, "digestAlgorithms",
               digest_algs_read(&seq, &s.digest_algs)));
    TRY(der_at(&seq, "encapContentInfo", encap_read(&seq, &s)));
    s.has_certs = der_next_is(&seq, DER_CTX(0));
    if (s.has_certs)
        TRY(der_at(&seq, "certificates", cert_set_read(&seq, a, &s.certs)));
    if (der_next_is(&seq, DER_CTX(1)))
        TRY(der_at(&seq, "crls", der_element(&seq, DER_CTX(1), &s.crls)));
    TRY(der_at(&seq, "signerInfos", signers_read(&seq, a, &s)));
    TRY(der_end(&seq));
    *out = s;
    return ERR_OK;
}

static void signers_put(struct der_writer *w, const struct cms_signed *s)
{
    struct span elements[LIMIT_CMS_PARTS];

    for (size_t i = 0; i < s->num_signers; i++) {
        struct der_writer one;

        der_writer_init(&one, w->arena, 512);
        signer_put(&one, &s->signers[i]);
        if (der_finish(&one, &elements[i]) != ERR_OK) {
            w->failed = one.failed;
            return;
        }
    }
    set_put(w, DER_SET, elements, s->num_signers);
}

void cms_signed_put(struct der_writer *w, const struct cms_signed *s)
{
    struct span certs[LIMIT_CMS_PARTS];
    size_t whole = der_mark(w), mark;

    if (s->num_signers > LIMIT_CMS_PARTS || s->certs.num > LIMIT_CMS_PARTS) {
        w->failed = ERR_LIMIT;
        return;
    }
    signers_put(w, s);
    if (!span_is_absent(s->crls))
        der_put_raw(w, s->crls);
    if (s->has_certs) {
        for (size_t i = 0; i < s->certs.num; i++)
            certs[i] = s->certs.list[i];
        set_put(w, DER_CTX(0), certs, s->certs.num);
    }
    mark = der_mark(w);
    octets_put_opt(w, DER_CTX(0), s->content);
    der_put_oid(w, s->content_oid);
    der_put_header(w, DER_SEQUENCE, mark);
    der_put_content(w, DER_SET, s->digest_algs);
    der_put_int64(w, DER_INTEGER, s->version);
    der_put_header(w, DER_SEQUENCE, whole);
}
