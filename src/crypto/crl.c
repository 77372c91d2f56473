/*
 * What CRLs say (RFC 5280, 5 and 6.3).
 *
 * OpenSSL reads them, verifies them and looks serial numbers up. It would do
 * the second anew for every certificate, which for a vendor's CRL of some
 * megabytes costs ten times the whole enrolment; here each CRL is verified
 * once for the CA that signed it, and only its age is looked at afterwards.
 *
 * Only complete CRLs, signed by the certificates' own issuer, are taken.
 */
#include "crypto/path_internal.h"

#include <openssl/err.h>

/* What is asked of the CRL as a whole before it is taken. */
struct scope {
    bool only_user_certs, only_ca_certs;
    struct span point_names;
};

static enum err read_flag(struct der *in, unsigned n, bool *out)
{
    struct span content;

    *out = false;
    if (!der_next_is(in, DER_CTX_PRIM(n)))
        return ERR_OK;
    TRY(der_content(in, DER_CTX_PRIM(n), &content));
    if (content.len != 1)
        return ERR_BAD_DER;
    *out = content.ptr[0] != 0;
    return ERR_OK;
}

/*
 * DistributionPointName ::= CHOICE {
 *     fullName                [0] GeneralNames,
 *     nameRelativeToCRLIssuer [1] RelativeDistinguishedName }
 *
 * inside the [0] that holds it. ERR_BAD_ALG stands for the second.
 */
static enum err read_point_name(struct der *in, struct span *names)
{
    struct der tagged;

    TRY(der_enter(in, DER_CTX(0), &tagged));
    if (!der_next_is(&tagged, DER_CTX(0)))
        return ERR_BAD_ALG;
    TRY(der_content(&tagged, DER_CTX(0), names));
    return der_end(&tagged);
}

/*
 * IssuingDistributionPoint ::= SEQUENCE {
 *     distributionPoint          [0] DistributionPointName OPTIONAL,
 *     onlyContainsUserCerts      [1] BOOLEAN DEFAULT FALSE,
 *     onlyContainsCACerts        [2] BOOLEAN DEFAULT FALSE,
 *     onlySomeReasons            [3] ReasonFlags OPTIONAL,
 *     indirectCRL                [4] BOOLEAN DEFAULT FALSE,
 *     onlyContainsAttributeCerts [5] BOOLEAN DEFAULT FALSE }
 *
 * Anything from onlySomeReasons on is refused by not being read.
 */
static enum err read_scope(struct span value, struct scope *out)
{
    struct der in = der_open(value, NULL), seq;
    struct scope s = { 0 };

    TRY(der_enter(&in, DER_SEQUENCE, &seq));
    TRY(der_end(&in));
    if (der_next_is(&seq, DER_CTX(0)))
        TRY(read_point_name(&seq, &s.point_names));
    TRY(read_flag(&seq, 1, &s.only_user_certs));
    TRY(read_flag(&seq, 2, &s.only_ca_certs));
    TRY(der_end(&seq));
    *out = s;
    return ERR_OK;
}

static enum err check_extensions(const struct x509_crl *head, struct scope *s,
                                 struct fault *f)
{
    for (size_t i = 0; i < head->extensions.num; i++) {
        const struct extension *x = &head->extensions.list[i];

        if (x->id == OID_ID_CE_ISSUING_DISTRIBUTION_POINT) {
            if (read_scope(x->value, s) != ERR_OK)
                return fault_clause(f, ERR_CONFIG, "RFC 5280, 5.2.5",
                                    "the CRL covers some reasons only, or "
                                    "other issuers' certificates: give the "
                                    "complete CRL of each CA");
        } else if (x->id == OID_ID_CE_DELTA_CRL_INDICATOR) {
            return fault_clause(f, ERR_CONFIG, "RFC 5280, 5.2.4",
                                "the CRL holds changes only (delta CRL): give "
                                "the complete one");
        } else if (x->critical) {
            return fault_clause(f, ERR_CONFIG, "RFC 5280, 5.2",
                                "the CRL has a critical extension not known "
                                "here");
        }
    }
    return ERR_OK;
}

/* keyIdentifier [0] of AuthorityKeyIdentifier; absent when there is none. */
static struct span crl_aki(const struct x509_crl *head)
{
    const struct extension *x =
        extension_find(&head->extensions, OID_ID_CE_AUTHORITY_KEY_IDENTIFIER);
    struct span out = SPAN_NONE;
    struct der in, seq;

    if (x == NULL)
        return out;
    in = der_open(x->value, NULL);
    if (der_enter(&in, DER_SEQUENCE, &seq) != ERR_OK ||
        !der_next_is(&seq, DER_CTX_PRIM(0)) ||
        der_content(&seq, DER_CTX_PRIM(0), &out) != ERR_OK)
        return SPAN_NONE;
    return out;
}

/* Puts the entries in order as the first look-up does, so that later ones only
 * read. X509_CRL_sort would forget the bytes that are signed. */
static bool sort(X509_CRL *crl)
{
    ASN1_INTEGER *zero = ASN1_INTEGER_new();
    X509_REVOKED *found;

    if (zero == NULL)
        return false;
    X509_CRL_get0_by_serial(crl, &found, zero);
    ASN1_INTEGER_free(zero);
    return true;
}

static X509_CRL *decode(struct span der)
{
    const unsigned char *next = der.ptr;
    X509_CRL *crl = d2i_X509_CRL(NULL, &next, (long)der.len);

    if (crl != NULL && (next != der.ptr + der.len || !sort(crl))) {
        X509_CRL_free(crl);
        crl = NULL;
    }
    ERR_clear_error();
    return crl;
}

/* Absent stays absent. */
static bool copy_in(struct trust *t, struct span *s)
{
    if (span_is_absent(*s))
        return true;
    *s = arena_copy(t->arena, *s);
    return !span_is_absent(*s);
}

static enum err copy_head(struct trust *t, const struct x509_crl *head,
                          const struct scope *s, struct crl **out,
                          struct fault *f)
{
    struct crl *crl = arena_alloc(t->arena, sizeof(*crl));
    struct span alg = head->sig_alg.der;
    struct der in;

    if (crl == NULL)
        return fault_set(f, ERR_NO_MEM, "CRL");
    *crl = (struct crl){ .issuer = head->issuer,
                         .aki = crl_aki(head),
                         .this_update = head->this_update,
                         .has_next_update = head->has_next_update,
                         .next_update = head->next_update,
                         .only_user_certs = s->only_user_certs,
                         .only_ca_certs = s->only_ca_certs,
                         .point_names = s->point_names };
    if (!copy_in(t, &crl->issuer) || !copy_in(t, &crl->aki) ||
        !copy_in(t, &crl->point_names) || !copy_in(t, &alg))
        return fault_set(f, ERR_NO_MEM, "CRL");
    in = der_open(alg, NULL);
    TRY(alg_id_read(&in, &crl->sig_alg));
    *out = crl;
    return ERR_OK;
}

enum err crl_add(struct trust *t, struct span der, struct fault *f)
{
    AUTO(arena) a = arena_new((size_t)64 * 1024);
    struct x509_crl head;
    struct scope scope = { 0 };
    struct crl *crl = NULL;

    if (a == NULL)
        return fault_set(f, ERR_NO_MEM, "CRL");
    if (der.len > LIMIT_CRL_LEN)
        return fault_set(f, ERR_CONFIG, "the CRL is larger than %zu bytes",
                         LIMIT_CRL_LEN);
    if (x509_crl_read(der, a, &head) != ERR_OK)
        return fault_clause(f, ERR_CONFIG, "RFC 5280, 5.1", "not a CRL");
    TRY(check_extensions(&head, &scope, f));
    TRY(copy_head(t, &head, &scope, &crl, f));
    crl->x509 = decode(der);
    if (crl->x509 == NULL)
        return fault_clause(f, ERR_CONFIG, "RFC 5280, 5.1", "not a CRL");
    crl->next = t->crls;
    t->crls = crl;
    return ERR_OK;
}

void crl_free_all(struct trust *t)
{
    for (struct crl *crl = t->crls; crl != NULL; crl = crl->next)
        X509_CRL_free(crl->x509);
}

/* --- whose CRL it is --- */

static bool is_signed_by(const struct crl *crl, const struct node *n)
{
    if (!name_is_equal(crl->issuer, n->cert.subject))
        return false;
    if (!span_is_absent(crl->aki) && !span_is_absent(n->cert.ski) &&
        !span_is_equal(crl->aki, n->cert.ski))
        return false;
    return x509_may(&n->cert, KU_CRL_SIGN) &&
           sig_alg_fits(sig_alg_find(&crl->sig_alg),
                        key_kind_find(&n->cert.spki)) &&
           X509_CRL_verify(crl->x509, X509_get0_pubkey(n->x509)) == 1;
}

void node_find_crls(const struct trust *t, struct node *n)
{
    for (const struct crl *crl = t->crls; crl != NULL; crl = crl->next) {
        if (n->num_crls < CRLS_PER_CA && is_signed_by(crl, n))
            n->crls[n->num_crls++] = crl;
    }
    ERR_clear_error();
}

/* --- what it covers --- */

/* One of these GeneralNames is one of those. */
static bool names_meet(struct span these, struct span those)
{
    struct der a = der_open(these, NULL), b;
    struct span x, y;
    unsigned tag;

    while (der_has_more(&a)) {
        if (der_any(&a, &tag, &x) != ERR_OK)
            return false;
        b = der_open(those, NULL);
        while (der_has_more(&b)) {
            if (der_any(&b, &tag, &y) != ERR_OK)
                return false;
            if (span_is_equal(x, y))
                return true;
        }
    }
    return false;
}

/*
 * CRLDistributionPoints ::= SEQUENCE OF SEQUENCE {
 *     distributionPoint [0] DistributionPointName OPTIONAL,
 *     reasons           [1] ReasonFlags OPTIONAL,
 *     cRLIssuer         [2] GeneralNames OPTIONAL }
 *
 * True when a point, for all reasons and from the issuer itself, bears one
 * of these names.
 */
static bool points_hold(const struct x509_cert *cert, struct span names)
{
    const struct extension *x =
        extension_find(&cert->extensions, OID_ID_CE_CRL_DISTRIBUTION_POINTS);
    struct der in, seq, point;
    struct span own;

    if (x == NULL)
        return false;
    in = der_open(x->value, NULL);
    if (der_enter(&in, DER_SEQUENCE, &seq) != ERR_OK)
        return false;
    while (der_has_more(&seq)) {
        if (der_enter(&seq, DER_SEQUENCE, &point) != ERR_OK)
            return false;
        if (der_next_is(&point, DER_CTX(0)) &&
            read_point_name(&point, &own) == ERR_OK &&
            der_end(&point) == ERR_OK && names_meet(own, names))
            return true;
    }
    return false;
}

static bool covers(const struct crl *crl, const struct x509_cert *cert)
{
    if (cert->is_ca ? crl->only_user_certs : crl->only_ca_certs)
        return false;
    return span_is_absent(crl->point_names) ||
           points_hold(cert, crl->point_names);
}

struct standing standing_find(const struct node *issuer,
                              const struct x509_cert *cert, X509 *x509)
{
    struct standing s = { 0 };
    X509_REVOKED *entry = NULL;

    for (size_t i = 0; i < issuer->num_crls; i++) {
        if (!covers(issuer->crls[i], cert))
            continue;
        s.applies |= 1u << i;
        /* 2 would be removeFromCRL, which is not to be listed */
        if (X509_CRL_get0_by_cert(issuer->crls[i]->x509, &entry, x509) == 1)
            s.listed |= 1u << i;
    }
    return s;
}

/* The latest of the CRLs that apply and are not from the future. */
static const struct crl *latest(struct standing s, const struct node *issuer,
                                int64_t now, uint32_t *bit)
{
    const struct crl *best = NULL;

    for (size_t i = 0; i < issuer->num_crls; i++) {
        const struct crl *crl = issuer->crls[i];

        if ((s.applies >> i & 1u) == 0 || crl->this_update > now ||
            (best != NULL && crl->this_update <= best->this_update))
            continue;
        best = crl;
        *bit = 1u << i;
    }
    return best;
}

enum revocation standing_judge(struct standing s, const struct node *issuer,
                               int64_t now)
{
    uint32_t bit = 0;
    const struct crl *crl = latest(s, issuer, now, &bit);

    /* What was revoked stays so, however old or young the list is. */
    if (crl == NULL)
        return s.listed != 0 ? REVOCATION_REVOKED : REVOCATION_UNKNOWN;
    if ((s.listed & bit) != 0)
        return REVOCATION_REVOKED;
    if (!crl->has_next_update || now >= crl->next_update)
        return REVOCATION_UNKNOWN;
    return REVOCATION_GOOD;
}
