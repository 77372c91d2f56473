#include "asn1/itav.h"

#include "asn1/cmp_internal.h"
#include "asn1/internal.h"

/* CaCertsValue ::= SEQUENCE SIZE (1..MAX) OF CMPCertificate */
enum err ca_certs_read(struct der *in, struct arena *a, struct span_list *out)
{
    return wholes_read_some(in, LIMIT_EXTRA_CERTS, a, out);
}

/* CRLsValue ::= SEQUENCE SIZE (1..MAX) OF CertificateList */
enum err crls_read(struct der *in, struct arena *a, struct span_list *out)
{
    return wholes_read_some(in, LIMIT_CRLS, a, out);
}

/* OrigPKIMessageValue ::= PKIMessages */
enum err orig_messages_read(struct der *in, struct arena *a,
                            struct span_list *out)
{
    return wholes_read_some(in, LIMIT_NESTED_MESSAGES, a, out);
}

void span_list_put(struct der_writer *w, const struct span_list *list)
{
    wholes_put(w, list);
}

/* SEQUENCE SIZE (1..MAX) OF AlgorithmIdentifier */
enum err alg_list_read(struct der *in, struct arena *a, struct alg_list *out)
{
    struct list_room room = { 0 };
    struct alg_id *list;

    TRY(list_enter_some(in, LIMIT_ALGS, sizeof(*list), a, &room));
    list = room.things;
    for (size_t i = 0; i < room.num; i++)
        TRY(der_nth(&room.seq, i, alg_id_read(&room.seq, &list[i])));
    *out = (struct alg_list){ list, room.num };
    return ERR_OK;
}

void alg_list_put(struct der_writer *w, const struct alg_list *algs)
{
    size_t mark = der_mark(w);

    for (size_t i = algs->num; i > 0; i--)
        alg_put(w, &algs->list[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* UnsupportedOIDsValue ::= SEQUENCE SIZE (1..MAX) OF OBJECT IDENTIFIER */
enum err oid_list_read(struct der *in, struct arena *a, struct span_list *out)
{
    struct list_room room = { 0 };
    struct span *list;

    TRY(list_enter_some(in, LIMIT_GENERAL_INFO, sizeof(*list), a, &room));
    list = room.things;
    for (size_t i = 0; i < room.num; i++)
        TRY(der_nth(&room.seq, i, der_oid(&room.seq, &list[i])));
    *out = (struct span_list){ list, room.num };
    return ERR_OK;
}

void oid_list_put(struct der_writer *w, const struct span_list *oids)
{
    size_t mark = der_mark(w);

    for (size_t i = oids->num; i > 0; i--)
        der_put_oid(w, oids->list[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* --- certReqTemplate --- */

/* AlgIdCtrl ::= AlgorithmIdentifier, RsaKeyLenCtrl ::= INTEGER (1..MAX) */
static enum err key_spec_open(const struct der *in, struct key_spec *spec)
{
    struct der value = { spec->value.ptr, spec->value.ptr + spec->value.len,
                         in->fail };
    struct der before = value;

    if (spec->id == OID_ID_REG_CTRL_ALG_ID) {
        TRY(der_at(in, "algId", alg_id_read(&value, &spec->alg)));
    } else if (spec->id == OID_ID_REG_CTRL_RSA_KEY_LEN) {
        TRY(der_at(in, "rsaKeyLen", der_int64(&value, &spec->rsa_key_len)));
        if (spec->rsa_key_len < 1)
            return der_at(in, "rsaKeyLen", der_refuse(&before, ERR_BAD_DER));
    }
    return ERR_OK;
}

static enum err key_specs_read(struct der *in, struct arena *a,
                               struct cert_req_template *t)
{
    const struct attribute *attrs;
    struct key_spec *list;
    size_t num;

    TRY(controls_read(in, a, &attrs, &num));
    list = arena_array(a, num, sizeof(*list));
    if (list == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < num; i++) {
        list[i].oid = attrs[i].oid;
        list[i].id = attrs[i].id;
        list[i].value = attrs[i].value;
        TRY(der_nth(in, i, key_spec_open(in, &list[i])));
    }
    t->key_specs = list;
    t->num_key_specs = num;
    return ERR_OK;
}

/*
 * CertReqTemplateContent ::= SEQUENCE {
 *     certTemplate  CertTemplate,
 *     keySpec       Controls OPTIONAL }
 */
enum err cert_req_template_read(struct der *in, struct arena *a,
                                struct cert_req_template *out)
{
    struct cert_req_template t = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "certTemplate",
               cert_template_read(&seq, a, &t.cert_template)));
    if (der_has_more(&seq))
        TRY(der_at(&seq, "keySpec", key_specs_read(&seq, a, &t)));
    TRY(der_end(&seq));
    *out = t;
    return ERR_OK;
}

void cert_req_template_put(struct der_writer *w,
                           const struct cert_req_template *t)
{
    size_t whole = der_mark(w);

    for (size_t i = t->num_key_specs; i > 0; i--) {
        const struct key_spec *spec = &t->key_specs[i - 1];
        size_t mark = der_mark(w);

        der_put_raw(w, spec->value);
        der_put_oid(w, spec->oid);
        der_put_header(w, DER_SEQUENCE, mark);
    }
    if (t->num_key_specs > 0)
        der_put_header(w, DER_SEQUENCE, whole);
    cert_template_put(w, &t->cert_template);
    der_put_header(w, DER_SEQUENCE, whole);
}

enum err key_spec_alg(const struct alg_id *alg, struct arena *a,
                      struct key_spec *out)
{
    struct key_spec spec = { .oid = oid_span(OID_ID_REG_CTRL_ALG_ID),
                             .id = OID_ID_REG_CTRL_ALG_ID,
                             .alg = *alg };
    struct der_writer w;

    der_writer_init(&w, a, 64);
    alg_put(&w, alg);
    TRY(der_finish(&w, &spec.value));
    *out = spec;
    return ERR_OK;
}

enum err key_spec_rsa(int64_t bits, struct arena *a, struct key_spec *out)
{
    struct key_spec spec = { .oid = oid_span(OID_ID_REG_CTRL_RSA_KEY_LEN),
                             .id = OID_ID_REG_CTRL_RSA_KEY_LEN,
                             .rsa_key_len = bits };
    struct der_writer w;

    der_writer_init(&w, a, 16);
    der_put_int64(&w, DER_INTEGER, bits);
    TRY(der_finish(&w, &spec.value));
    *out = spec;
    return ERR_OK;
}

/* --- crlStatusList --- */

/* nameRelativeToCRLIssuer [1] RelativeDistinguishedName, a SET IMPLICIT. */
static enum err relative_read(struct der *in, struct span *out)
{
    struct der content;
    struct span whole;
    struct ava ava;
    size_t num = 0;

    TRY(der_enter(in, DER_CTX(1), &content));
    whole = span_of(content.next, (size_t)(content.end - content.next));
    if (!der_has_more(&content))
        return der_refuse(&content, ERR_BAD_DER);
    TRY(set_count(&content, LIMIT_RDNS, &num));
    for (size_t i = 0; i < num; i++)
        TRY(der_nth(&content, i, ava_read(&content, &ava)));
    *out = whole;
    return ERR_OK;
}

/*
 * dpn [0] DistributionPointName, a CHOICE {
 *     fullName                [0] GeneralNames,
 *     nameRelativeToCRLIssuer [1] RelativeDistinguishedName } -- IMPLICIT
 */
static enum err dpn_read(struct der *in, struct arena *a, struct crl_status *s)
{
    struct der tagged, names;

    TRY(der_enter(in, DER_CTX(0), &tagged));
    if (der_next_is(&tagged, DER_CTX(1))) {
        s->source = CRL_SOURCE_RELATIVE;
        TRY(relative_read(&tagged, &s->relative_name));
        return der_end(&tagged);
    }
    s->source = CRL_SOURCE_FULL_NAME;
    TRY(der_enter(&tagged, DER_CTX(0), &names));
    TRY(general_names_read_content(&names, a, &s->names));
    return der_end(&tagged);
}

static enum err issuer_read(struct der *in, struct arena *a,
                            struct crl_status *s)
{
    struct der tagged;

    TRY(der_enter(in, DER_CTX(1), &tagged));
    s->source = CRL_SOURCE_ISSUER;
    TRY(general_names_read(&tagged, a, &s->names));
    return der_end(&tagged);
}

/*
 * CRLStatus ::= SEQUENCE {
 *     source      CHOICE {
 *         dpn    [0] DistributionPointName,
 *         issuer [1] GeneralNames },
 *     thisUpdate  Time OPTIONAL }
 */
static enum err crl_status_read(struct der *in, struct arena *a,
                                struct crl_status *out)
{
    struct crl_status s = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    if (der_next_is(&seq, DER_CTX(1)))
        TRY(der_at(&seq, "issuer", issuer_read(&seq, a, &s)));
    else
        TRY(der_at(&seq, "dpn", dpn_read(&seq, a, &s)));
    s.has_this_update = der_has_more(&seq);
    if (s.has_this_update)
        TRY(der_at(&seq, "thisUpdate", time_read(&seq, &s.this_update)));
    TRY(der_end(&seq));
    *out = s;
    return ERR_OK;
}

static void crl_status_put(struct der_writer *w, const struct crl_status *s)
{
    size_t whole = der_mark(w);
    size_t mark;

    if (s->has_this_update)
        der_put_time(w, s->this_update);
    mark = der_mark(w);
    switch (s->source) {
    case CRL_SOURCE_FULL_NAME:
        general_names_put_content(w, &s->names);
        der_put_header(w, DER_CTX(0), mark);
        der_put_header(w, DER_CTX(0), mark);
        break;
    case CRL_SOURCE_RELATIVE:
        der_put_content(w, DER_CTX(1), s->relative_name);
        der_put_header(w, DER_CTX(0), mark);
        break;
    case CRL_SOURCE_ISSUER:
        general_names_put_content(w, &s->names);
        der_put_header(w, DER_SEQUENCE, mark);
        der_put_header(w, DER_CTX(1), mark);
        break;
    }
    der_put_header(w, DER_SEQUENCE, whole);
}

/* CRLStatusListValue ::= SEQUENCE SIZE (1..MAX) OF CRLStatus */
enum err crl_status_list_read(struct der *in, struct arena *a,
                              struct crl_status_list *out)
{
    struct list_room room = { 0 };
    struct crl_status *list;

    TRY(list_enter_some(in, LIMIT_CRLS, sizeof(*list), a, &room));
    list = room.things;
    for (size_t i = 0; i < room.num; i++)
        TRY(der_nth(&room.seq, i, crl_status_read(&room.seq, a, &list[i])));
    *out = (struct crl_status_list){ list, room.num };
    return ERR_OK;
}

void crl_status_list_put(struct der_writer *w,
                         const struct crl_status_list *list)
{
    size_t mark = der_mark(w);

    for (size_t i = list->num; i > 0; i--)
        crl_status_put(w, &list->list[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* KemCiphertextInfo ::= SEQUENCE { kem AlgorithmIdentifier, ct OCTET STRING }
 */
enum err kem_ciphertext_read(struct der *in, struct kem_ciphertext *out)
{
    struct kem_ciphertext k = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "kem", alg_id_read(&seq, &k.kem)));
    TRY(der_at(&seq, "ct", octets_read(&seq, LIMIT_KEM_CIPHERTEXT_LEN, &k.ct)));
    TRY(der_end(&seq));
    *out = k;
    return ERR_OK;
}

void kem_ciphertext_put(struct der_writer *w, const struct kem_ciphertext *k)
{
    size_t mark = der_mark(w);

    der_put_octets(w, DER_OCTET_STRING, k->ct);
    alg_put(w, &k->kem);
    der_put_header(w, DER_SEQUENCE, mark);
}
