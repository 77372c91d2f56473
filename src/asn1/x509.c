#include "asn1/x509.h"

#include "asn1/internal.h"
#include "base/limits.h"

/* --- Extensions this project judges; each reads the extnValue's content --- */

static enum err read_key_usage(struct der *value, struct x509_cert *c)
{
    TRY(der_named_bits(value, DER_BIT_STRING, &c->key_usage));
    c->has_key_usage = true;
    return der_end(value);
}

/*
 * BasicConstraints ::= SEQUENCE {
 *     cA                 BOOLEAN DEFAULT FALSE,
 *     pathLenConstraint  INTEGER (0..MAX) OPTIONAL }
 */
static enum err read_basic_constraints(struct der *value, struct x509_cert *c)
{
    struct der seq;

    TRY(der_enter(value, DER_SEQUENCE, &seq));
    if (der_next_is(&seq, DER_BOOLEAN)) {
        TRY(der_at(&seq, "cA", der_bool(&seq, &c->is_ca)));
        if (!c->is_ca)
            return der_at(&seq, "cA", der_refuse(&seq, ERR_BAD_DER));
    }
    if (der_has_more(&seq)) {
        struct der before = seq;

        TRY(der_at(&seq, "pathLenConstraint", der_int64(&seq, &c->path_len)));
        if (c->path_len < 0)
            return der_at(&seq, "pathLenConstraint",
                          der_refuse(&before, ERR_BAD_DER));
        c->has_path_len = true;
    }
    TRY(der_end(&seq));
    c->has_basic_constraints = true;
    return der_end(value);
}

static enum err read_ski(struct der *value, struct x509_cert *c)
{
    struct der before = *value;

    TRY(der_octets(value, &c->ski));
    if (c->ski.len > LIMIT_ID_LEN)
        return der_refuse(&before, ERR_LIMIT);
    return der_end(value);
}

/*
 * AuthorityKeyIdentifier ::= SEQUENCE {
 *     keyIdentifier             [0] OCTET STRING OPTIONAL,
 *     authorityCertIssuer       [1] GeneralNames OPTIONAL,
 *     authorityCertSerialNumber [2] INTEGER OPTIONAL }
 * The latter two stand together (RFC 5280, 4.2.1.1).
 */
static enum err read_aki(struct der *value, struct x509_cert *c)
{
    struct der seq, before, issuer;
    struct span serial;
    bool has_issuer;

    TRY(der_enter(value, DER_SEQUENCE, &seq));
    before = seq;
    if (der_next_is(&seq, DER_CTX_PRIM(0))) {
        TRY(der_content(&seq, DER_CTX_PRIM(0), &c->aki));
        if (c->aki.len > LIMIT_ID_LEN)
            return der_refuse(&before, ERR_LIMIT);
    }
    has_issuer = der_next_is(&seq, DER_CTX(1));
    if (has_issuer) {
        TRY(der_enter(&seq, DER_CTX(1), &issuer));
        TRY(der_at(&seq, "authorityCertIssuer",
                   general_names_check_content(&issuer)));
        TRY(der_at(&seq, "authorityCertSerialNumber",
                   der_uint(&seq, DER_CTX_PRIM(2), LIMIT_SERIAL_LEN, &serial)));
    }
    TRY(der_end(&seq));
    return der_end(value);
}

static enum err read_san(struct der *value, struct x509_cert *c)
{
    const uint8_t *start = value->next;
    struct der seq;

    TRY(der_enter(value, DER_SEQUENCE, &seq));
    TRY(general_names_check_content(&seq));
    TRY(der_end(value));
    c->san = span_of(start, (size_t)(value->next - start));
    return ERR_OK;
}

/* ExtKeyUsageSyntax ::= SEQUENCE SIZE (1..MAX) OF KeyPurposeId */
static enum err read_eku(struct der *value, struct x509_cert *c)
{
    const uint8_t *start = value->next;
    struct span purpose;
    struct der seq;

    TRY(der_enter(value, DER_SEQUENCE, &seq));
    do
        TRY(der_oid(&seq, &purpose));
    while (der_has_more(&seq));
    TRY(der_end(value));
    c->eku = span_of(start, (size_t)(value->next - start));
    return ERR_OK;
}

/* Not judged here, but whoever builds paths without them must know. */
static enum err note_constraints(struct der *value, struct x509_cert *c)
{
    (void)value;
    c->has_constraints = true;
    return ERR_OK;
}

struct ext_reader {
    enum oid id;
    enum err (*read)(struct der *value, struct x509_cert *c);
};

static const struct ext_reader ext_readers[] = {
    { OID_ID_CE_SUBJECT_KEY_IDENTIFIER, read_ski },
    { OID_ID_CE_KEY_USAGE, read_key_usage },
    { OID_ID_CE_SUBJECT_ALT_NAME, read_san },
    { OID_ID_CE_BASIC_CONSTRAINTS, read_basic_constraints },
    { OID_ID_CE_AUTHORITY_KEY_IDENTIFIER, read_aki },
    { OID_ID_CE_EXT_KEY_USAGE, read_eku },
    { OID_ID_CE_NAME_CONSTRAINTS, note_constraints },
    { OID_ID_CE_POLICY_MAPPINGS, note_constraints },
    { OID_ID_CE_POLICY_CONSTRAINTS, note_constraints },
    { OID_ID_CE_INHIBIT_ANY_POLICY, note_constraints },
};
#define NUM_EXT_READERS (sizeof(ext_readers) / sizeof(ext_readers[0]))

static enum err read_known_extension(const struct extension *ext,
                                     struct der_fail *fail, struct x509_cert *c)
{
    struct der value = der_open(ext->value, fail);

    for (size_t i = 0; i < NUM_EXT_READERS; i++) {
        if (ext_readers[i].id == ext->id)
            return der_at(&value, oid_name(ext->id),
                          ext_readers[i].read(&value, c));
    }
    return ERR_OK;
}

static enum err read_extensions(struct der *tbs, struct arena *a,
                                struct x509_cert *c)
{
    struct der tagged;

    TRY(der_enter(tbs, DER_CTX(3), &tagged));
    TRY(extensions_read(&tagged, a, &c->extensions));
    TRY(der_end(&tagged));
    for (size_t i = 0; i < c->extensions.num; i++)
        TRY(der_nth(
            tbs, i,
            read_known_extension(&c->extensions.list[i], tbs->fail, c)));
    return ERR_OK;
}

/* --- Certificate --- */

/* Version ::= INTEGER { v1(0), v2(1), v3(2) }, [0] EXPLICIT DEFAULT v1 */
static enum err read_version(struct der *tbs, unsigned *out)
{
    struct der tagged, before;
    int64_t version;

    *out = 1;
    if (!der_next_is(tbs, DER_CTX(0)))
        return ERR_OK;
    TRY(der_enter(tbs, DER_CTX(0), &tagged));
    before = tagged;
    TRY(der_int64(&tagged, &version));
    if (version != 1 && version != 2)
        return der_refuse(&before, ERR_BAD_DER);
    *out = (unsigned)version + 1;
    return der_end(&tagged);
}

/*
 * Leniency: RFC 5280, 4.1.2.5 wants UTCTime up to 2049, and GeneralizedTime is
 * taken for any year: vendors' certificates have it, and it is unambiguous.
 */
static enum err read_validity(struct der *tbs, struct x509_cert *c)
{
    struct der seq;

    TRY(der_enter(tbs, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "notBefore", der_time(&seq, &c->not_before)));
    TRY(der_at(&seq, "notAfter", der_time(&seq, &c->not_after)));
    return der_end(&seq);
}

/* issuerUniqueID [1], subjectUniqueID [2]: IMPLICIT BIT STRING, forgotten. */
static enum err skip_unique_ids(struct der *tbs)
{
    struct der_bits bits;

    for (unsigned n = 1; n <= 2; n++) {
        if (der_next_is(tbs, DER_CTX_PRIM(n)))
            TRY(der_bits(tbs, DER_CTX_PRIM(n), &bits));
    }
    return ERR_OK;
}

/*
 * TBSCertificate ::= SEQUENCE {
 *     version         [0] Version DEFAULT v1,
 *     serialNumber        INTEGER,
 *     signature           AlgorithmIdentifier,
 *     issuer              Name,
 *     validity            Validity,
 *     subject             Name,
 *     subjectPublicKeyInfo SubjectPublicKeyInfo,
 *     issuerUniqueID  [1] UniqueIdentifier OPTIONAL,   -- from v2 on
 *     subjectUniqueID [2] UniqueIdentifier OPTIONAL,   -- from v2 on
 *     extensions      [3] Extensions OPTIONAL }        -- v3
 */
static enum err read_tbs(struct der *tbs, struct arena *a, struct x509_cert *c)
{
    TRY(der_at(tbs, "version", read_version(tbs, &c->version)));
    TRY(der_at(tbs, "serialNumber",
               der_uint(tbs, DER_INTEGER, LIMIT_SERIAL_LEN, &c->serial)));
    TRY(der_at(tbs, "signature", alg_id_read(tbs, &c->tbs_alg)));
    TRY(der_at(tbs, "issuer", name_read(tbs, &c->issuer)));
    TRY(der_at(tbs, "validity", read_validity(tbs, c)));
    TRY(der_at(tbs, "subject", name_read(tbs, &c->subject)));
    TRY(der_at(tbs, "subjectPublicKeyInfo", spki_read(tbs, &c->spki)));
    if (c->version >= 2)
        TRY(der_at(tbs, "uniqueID", skip_unique_ids(tbs)));
    if (c->version == 3 && der_has_more(tbs))
        TRY(der_at(tbs, "extensions", read_extensions(tbs, a, c)));
    return der_end(tbs);
}

/*
 * Certificate ::= SEQUENCE {
 *     tbsCertificate      TBSCertificate,
 *     signatureAlgorithm  AlgorithmIdentifier,
 *     signatureValue      BIT STRING }
 */
enum err x509_read_at(struct span der, struct arena *a, struct der_fail *fail,
                      struct x509_cert *out)
{
    struct der in = der_open(der, fail), cert, tbs, before;
    struct x509_cert c = { .der = der };

    TRY(der_enter(&in, DER_SEQUENCE, &cert));
    TRY(der_end(&in));
    before = cert;
    TRY(der_element(&cert, DER_SEQUENCE, &c.tbs));
    TRY(der_enter(&before, DER_SEQUENCE, &tbs));
    TRY(der_at(&cert, "tbsCertificate", read_tbs(&tbs, a, &c)));
    before = cert;
    TRY(der_at(&cert, "signatureAlgorithm", alg_id_read(&cert, &c.sig_alg)));
    if (!span_is_equal(c.sig_alg.der, c.tbs_alg.der))
        return der_at(&cert, "signatureAlgorithm",
                      der_refuse(&before, ERR_BAD_DER));
    TRY(der_at(&cert, "signatureValue",
               der_bit_octets(&cert, DER_BIT_STRING, &c.signature)));
    TRY(der_end(&cert));
    *out = c;
    return ERR_OK;
}

enum err x509_read(struct span der, struct arena *a, struct x509_cert *out)
{
    return x509_read_at(der, a, NULL, out);
}

bool x509_has_eku(const struct x509_cert *cert, enum oid purpose)
{
    struct der in = der_open(cert->eku, NULL), seq;
    struct span oid;

    if (der_enter(&in, DER_SEQUENCE, &seq) != ERR_OK)
        return false;
    while (der_has_more(&seq)) {
        if (der_oid(&seq, &oid) != ERR_OK)
            return false;
        if (span_is_equal(oid, oid_span(purpose)))
            return true;
    }
    return false;
}

bool x509_is_self_issued(const struct x509_cert *cert)
{
    return name_is_equal(cert->subject, cert->issuer);
}

bool x509_may(const struct x509_cert *cert, uint32_t key_usage)
{
    return !cert->has_key_usage || (cert->key_usage & key_usage) == key_usage;
}

/* --- Writing --- */

void tbs_cert_put(struct der_writer *w, const struct tbs_cert *tbs)
{
    size_t mark = der_mark(w), part;

    if (tbs->extensions.len > 0) {
        der_put_raw(w, tbs->extensions);
        der_put_header(w, DER_SEQUENCE, mark);
        der_put_header(w, DER_CTX(3), mark);
    }
    der_put_raw(w, tbs->spki);
    der_put_raw(w, tbs->subject);
    part = der_mark(w);
    der_put_time(w, tbs->not_after);
    der_put_time(w, tbs->not_before);
    der_put_header(w, DER_SEQUENCE, part);
    der_put_raw(w, tbs->issuer);
    der_put_raw(w, tbs->sig_alg);
    der_put_uint(w, DER_INTEGER, tbs->serial);
    part = der_mark(w);
    der_put_int64(w, DER_INTEGER, 2);
    der_put_header(w, DER_CTX(0), part);
    der_put_header(w, DER_SEQUENCE, mark);
}

void signed_put(struct der_writer *w, struct span tbs, struct span sig_alg,
                struct span signature)
{
    size_t mark = der_mark(w);

    der_put_bit_octets(w, DER_BIT_STRING, signature);
    der_put_raw(w, sig_alg);
    der_put_raw(w, tbs);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* What is since `mark` becomes the extnValue. */
static void ext_wrap(struct der_writer *w, enum oid id, bool critical,
                     size_t mark)
{
    der_put_header(w, DER_OCTET_STRING, mark);
    if (critical)
        der_put_bool(w, true);
    der_put_oid(w, oid_span(id));
    der_put_header(w, DER_SEQUENCE, mark);
}

void ext_put(struct der_writer *w, enum oid id, bool critical,
             struct span value)
{
    size_t mark = der_mark(w);

    der_put_raw(w, value);
    ext_wrap(w, id, critical, mark);
}

void ext_put_key_usage(struct der_writer *w, uint32_t mask)
{
    size_t mark = der_mark(w);

    der_put_named_bits(w, DER_BIT_STRING, mask);
    ext_wrap(w, OID_ID_CE_KEY_USAGE, true, mark);
}

void ext_put_basic_constraints(struct der_writer *w, bool is_ca,
                               int64_t path_len)
{
    size_t mark = der_mark(w);

    if (path_len >= 0)
        der_put_int64(w, DER_INTEGER, path_len);
    if (is_ca)
        der_put_bool(w, true);
    der_put_header(w, DER_SEQUENCE, mark);
    ext_wrap(w, OID_ID_CE_BASIC_CONSTRAINTS, true, mark);
}

void ext_put_ski(struct der_writer *w, struct span key_id)
{
    size_t mark = der_mark(w);

    der_put_octets(w, DER_OCTET_STRING, key_id);
    ext_wrap(w, OID_ID_CE_SUBJECT_KEY_IDENTIFIER, false, mark);
}

void ext_put_aki(struct der_writer *w, struct span key_id)
{
    size_t mark = der_mark(w);

    der_put_octets(w, DER_CTX_PRIM(0), key_id);
    der_put_header(w, DER_SEQUENCE, mark);
    ext_wrap(w, OID_ID_CE_AUTHORITY_KEY_IDENTIFIER, false, mark);
}

void ext_put_eku(struct der_writer *w, const enum oid *purposes, size_t num)
{
    size_t mark = der_mark(w);

    while (num-- > 0)
        der_put_oid(w, oid_span(purposes[num]));
    der_put_header(w, DER_SEQUENCE, mark);
    ext_wrap(w, OID_ID_CE_EXT_KEY_USAGE, false, mark);
}

/* CRLDistributionPoints with one point: [0] { fullName [0] { URI } }. */
void ext_put_crl_url(struct der_writer *w, struct span url)
{
    size_t mark = der_mark(w);

    der_put_content(w, DER_CTX_PRIM(GN_URI), url);
    der_put_header(w, DER_CTX(0), mark);
    der_put_header(w, DER_CTX(0), mark);
    der_put_header(w, DER_SEQUENCE, mark);
    der_put_header(w, DER_SEQUENCE, mark);
    ext_wrap(w, OID_ID_CE_CRL_DISTRIBUTION_POINTS, false, mark);
}

void ext_put_san(struct der_writer *w, const struct general_name *names,
                 size_t num, bool critical)
{
    size_t mark = der_mark(w);

    while (num-- > 0)
        general_name_put(w, &names[num]);
    der_put_header(w, DER_SEQUENCE, mark);
    ext_wrap(w, OID_ID_CE_SUBJECT_ALT_NAME, critical, mark);
}

/* [0] { SEQUENCE { base }, ... }: minimum is 0, which DER leaves out. */
void ext_put_permitted(struct der_writer *w, const struct general_name *names,
                       size_t num)
{
    size_t mark = der_mark(w);

    while (num-- > 0) {
        size_t end = der_mark(w);

        general_name_put(w, &names[num]);
        der_put_header(w, DER_SEQUENCE, end);
    }
    der_put_header(w, DER_CTX(0), mark);
    der_put_header(w, DER_SEQUENCE, mark);
    ext_wrap(w, OID_ID_CE_NAME_CONSTRAINTS, true, mark);
}
