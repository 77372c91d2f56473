#include "asn1/p10.h"

#include "asn1/cmp_internal.h"
#include "asn1/internal.h"

/* Attribute ::= SEQUENCE { type OID, values SET SIZE (1..MAX) OF ANY } */
static enum err attribute_read(struct der *in, struct p10_attribute *out)
{
    struct p10_attribute attr = { 0 };
    struct der seq, set, again;
    struct span value;
    unsigned tag;
    size_t num = 0;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "type", der_oid(&seq, &attr.oid)));
    again = seq;
    TRY(der_at(&seq, "values", der_content(&again, DER_SET, &attr.values)));
    TRY(der_enter(&seq, DER_SET, &set));
    if (!der_has_more(&set))
        return der_at(&seq, "values", der_refuse(&set, ERR_BAD_DER));
    TRY(der_at(&seq, "values", set_count(&set, LIMIT_ATTRIBUTES, &num)));
    for (size_t i = 0; i < num; i++)
        TRY(der_at(&seq, "values",
                   der_nth(&set, i, der_any(&set, &tag, &value))));
    TRY(der_end(&seq));
    attr.id = oid_find(attr.oid);
    *out = attr;
    return ERR_OK;
}

static bool is_listed(const struct p10_attribute *list, size_t num,
                      struct span oid)
{
    for (size_t i = 0; i < num; i++) {
        if (span_is_equal(list[i].oid, oid))
            return true;
    }
    return false;
}

/* The cursor of a single-valued attribute's value. */
static enum err single_value(const struct der *in,
                             const struct p10_attribute *attr, struct der *out)
{
    struct der value = { attr->values.ptr, attr->values.ptr + attr->values.len,
                         in->fail };
    struct der rest = value;
    struct span whole;
    unsigned tag;

    TRY(der_any(&rest, &tag, &whole));
    TRY(der_end(&rest));
    *out = value;
    return ERR_OK;
}

/* challengePassword is a DirectoryString. */
static enum err password_read(struct der *value, struct span *out)
{
    struct der before = *value;
    struct span text = SPAN_NONE;

    switch (der_next_tag(value)) {
    case DER_UTF8_STRING:
        TRY(der_utf8(value, &text));
        break;
    case DER_PRINTABLE_STRING:
        TRY(der_content(value, DER_PRINTABLE_STRING, &text));
        if (!printable_is_valid(text))
            return der_refuse(&before, ERR_BAD_DER);
        break;
    case DER_TELETEX_STRING:
    case DER_UNIVERSAL_STRING:
    case DER_BMP_STRING:
        TRY(der_content(value, der_next_tag(value), &text));
        break;
    }
    if (text.len == 0)
        return der_refuse(&before, ERR_BAD_DER);
    if (text.len > LIMIT_CHALLENGE_PASSWORD_LEN)
        return der_refuse(&before, ERR_LIMIT);
    *out = text;
    return ERR_OK;
}

/* Opens the attributes this project knows. */
static enum err attribute_open(const struct der *in, struct arena *a,
                               const struct p10_attribute *attr,
                               struct p10_request *req)
{
    struct der value;

    if (attr->id == OID_PKCS_9_AT_EXTENSION_REQUEST) {
        TRY(single_value(in, attr, &value));
        TRY(der_at(in, "extensionRequest",
                   extensions_read(&value, a, &req->extensions)));
        req->has_extensions = true;
    } else if (attr->id == OID_PKCS_9_AT_CHALLENGE_PASSWORD) {
        TRY(single_value(in, attr, &value));
        TRY(der_at(in, "challengePassword",
                   password_read(&value, &req->challenge_password)));
    }
    return ERR_OK;
}

/* attributes [0] IMPLICIT SET OF Attribute */
static enum err attributes_read(struct der *in, struct arena *a,
                                struct p10_request *req)
{
    struct p10_attribute *list;
    struct der set;
    size_t num = 0;

    TRY(der_enter(in, DER_CTX(0), &set));
    TRY(set_count(&set, LIMIT_ATTRIBUTES, &num));
    list = arena_array(a, num, sizeof(*list));
    if (list == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < num; i++) {
        struct der start = set;

        TRY(der_nth(&set, i, attribute_read(&set, &list[i])));
        if (is_listed(list, i, list[i].oid))
            return der_nth(&set, i, der_refuse(&start, ERR_BAD_DER));
        TRY(der_nth(&set, i, attribute_open(&set, a, &list[i], req)));
    }
    req->attributes = list;
    req->num_attributes = num;
    return ERR_OK;
}

/*
 * CertificationRequestInfo ::= SEQUENCE {
 *     version        INTEGER,
 *     subject        Name,
 *     subjectPKInfo  SubjectPublicKeyInfo,
 *     attributes [0] SET OF Attribute } -- IMPLICIT
 */
static enum err info_read(struct der *in, struct arena *a,
                          struct p10_request *req)
{
    struct der seq;

    TRY(enter_whole(in, DER_SEQUENCE, &seq, &req->info));
    TRY(der_at(&seq, "version", der_int64(&seq, &req->version)));
    TRY(der_at(&seq, "subject", name_read(&seq, &req->subject)));
    TRY(der_at(&seq, "subjectPKInfo", spki_read(&seq, &req->spki)));
    TRY(der_at(&seq, "attributes", attributes_read(&seq, a, req)));
    return der_end(&seq);
}

/*
 * CertificationRequest ::= SEQUENCE {
 *     certificationRequestInfo  CertificationRequestInfo,
 *     signatureAlgorithm        AlgorithmIdentifier,
 *     signature                 BIT STRING }
 */
enum err p10_read(struct der *in, struct arena *a, struct p10_request *out)
{
    struct p10_request req = { 0 };
    struct der seq;

    TRY(enter_whole(in, DER_SEQUENCE, &seq, &req.der));
    TRY(der_at(&seq, "certificationRequestInfo", info_read(&seq, a, &req)));
    TRY(der_at(&seq, "signatureAlgorithm", alg_id_read(&seq, &req.sig_alg)));
    TRY(der_at(&seq, "signature",
               der_bit_octets(&seq, DER_BIT_STRING, &req.signature)));
    TRY(der_end(&seq));
    *out = req;
    return ERR_OK;
}

/* --- Writing --- */

static void attribute_put(struct der_writer *w,
                          const struct p10_attribute *attr)
{
    size_t mark = der_mark(w);

    der_put_content(w, DER_SET, attr->values);
    der_put_oid(w, attr->oid);
    der_put_header(w, DER_SEQUENCE, mark);
}

static void attributes_put(struct der_writer *w, const struct p10_request *req)
{
    struct span elements[LIMIT_ATTRIBUTES];
    size_t mark = der_mark(w);
    size_t num = req->num_attributes;

    if (num > LIMIT_ATTRIBUTES) {
        w->failed = ERR_LIMIT;
        return;
    }
    for (size_t i = 0; i < num; i++) {
        struct der_writer one;

        der_writer_init(&one, w->arena, req->attributes[i].values.len + 64);
        attribute_put(&one, &req->attributes[i]);
        if (der_finish(&one, &elements[i]) != ERR_OK) {
            w->failed = one.failed;
            return;
        }
    }
    set_sort(elements, num);
    for (size_t i = num; i > 0; i--)
        der_put_raw(w, elements[i - 1]);
    der_put_header(w, DER_CTX(0), mark);
}

void p10_info_put(struct der_writer *w, const struct p10_request *req)
{
    size_t mark = der_mark(w);

    attributes_put(w, req);
    spki_put(w, &req->spki);
    der_put_raw(w, req->subject);
    der_put_int64(w, DER_INTEGER, req->version);
    der_put_header(w, DER_SEQUENCE, mark);
}

void p10_put(struct der_writer *w, const struct p10_request *req)
{
    size_t mark = der_mark(w);

    der_put_bit_octets(w, DER_BIT_STRING, req->signature);
    alg_put(w, &req->sig_alg);
    p10_info_put(w, req);
    der_put_header(w, DER_SEQUENCE, mark);
}

static enum err attribute_make(enum oid id, struct der_writer *w,
                               struct p10_attribute *out)
{
    struct p10_attribute attr = { .oid = oid_span(id), .id = id };

    TRY(der_finish(w, &attr.values));
    *out = attr;
    return ERR_OK;
}

enum err p10_extension_request(const struct extensions *x, struct arena *a,
                               struct p10_attribute *out)
{
    struct der_writer w;

    der_writer_init(&w, a, 256);
    extensions_put_content(&w, x);
    der_put_header(&w, DER_SEQUENCE, 0);
    return attribute_make(OID_PKCS_9_AT_EXTENSION_REQUEST, &w, out);
}

enum err p10_challenge_password(struct span utf8, struct arena *a,
                                struct p10_attribute *out)
{
    struct der_writer w;

    der_writer_init(&w, a, utf8.len + 8);
    der_put_utf8(&w, utf8);
    return attribute_make(OID_PKCS_9_AT_CHALLENGE_PASSWORD, &w, out);
}

const struct p10_attribute *p10_find(const struct p10_request *req, enum oid id)
{
    for (size_t i = 0; i < req->num_attributes; i++) {
        if (req->attributes[i].id == id)
            return &req->attributes[i];
    }
    return NULL;
}
