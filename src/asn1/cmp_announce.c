#include "asn1/cmp_internal.h"

/*
 * CAKeyUpdAnnContent ::= SEQUENCE {
 *     oldWithNew  CMPCertificate,
 *     newWithOld  CMPCertificate,
 *     newWithNew  CMPCertificate }
 */
enum err ca_key_update_v2_read(struct der *in, struct ca_key_update *out)
{
    struct ca_key_update u = { .is_v3 = false };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "oldWithNew",
               der_element(&seq, DER_SEQUENCE, &u.old_with_new)));
    TRY(der_at(&seq, "newWithOld",
               der_element(&seq, DER_SEQUENCE, &u.new_with_old)));
    TRY(der_at(&seq, "newWithNew",
               der_element(&seq, DER_SEQUENCE, &u.new_with_new)));
    TRY(der_end(&seq));
    *out = u;
    return ERR_OK;
}

static void ca_key_update_v2_put(struct der_writer *w,
                                 const struct ca_key_update *u)
{
    size_t mark = der_mark(w);

    der_put_raw(w, u->new_with_new);
    der_put_raw(w, u->new_with_old);
    der_put_raw(w, u->old_with_new);
    der_put_header(w, DER_SEQUENCE, mark);
}

/*
 * RootCaKeyUpdateContent ::= SEQUENCE {
 *     newWithNew      CMPCertificate,
 *     newWithOld  [0] CMPCertificate OPTIONAL,
 *     oldWithNew  [1] CMPCertificate OPTIONAL }
 */
enum err ca_key_update_v3_read(struct der *in, struct ca_key_update *out)
{
    struct ca_key_update u = { .is_v3 = true };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "newWithNew",
               der_element(&seq, DER_SEQUENCE, &u.new_with_new)));
    if (der_next_is(&seq, DER_CTX(0)))
        TRY(der_at(&seq, "newWithOld",
                   tagged_whole_read(&seq, DER_CTX(0), &u.new_with_old)));
    if (der_next_is(&seq, DER_CTX(1)))
        TRY(der_at(&seq, "oldWithNew",
                   tagged_whole_read(&seq, DER_CTX(1), &u.old_with_new)));
    TRY(der_end(&seq));
    *out = u;
    return ERR_OK;
}

static void ca_key_update_v3_put(struct der_writer *w,
                                 const struct ca_key_update *u)
{
    size_t mark = der_mark(w);

    tagged_raw_put(w, DER_CTX(1), u->old_with_new);
    tagged_raw_put(w, DER_CTX(0), u->new_with_old);
    der_put_raw(w, u->new_with_new);
    der_put_header(w, DER_SEQUENCE, mark);
}

void ca_key_update_put_value(struct der_writer *w,
                             const struct ca_key_update *u)
{
    if (u->is_v3)
        ca_key_update_v3_put(w, u);
    else
        ca_key_update_v2_put(w, u);
}

/*
 * CAKeyUpdContent ::= CHOICE {
 *     cAKeyUpdAnnV2      CAKeyUpdAnnContent,
 *     cAKeyUpdAnnV3  [0] RootCaKeyUpdateContent }
 */
enum err ca_key_update_read(struct der *in, struct ca_key_update *out)
{
    struct ca_key_update u;
    struct der tagged;

    if (!der_next_is(in, DER_CTX(0)))
        return ca_key_update_v2_read(in, out);
    TRY(der_enter(in, DER_CTX(0), &tagged));
    TRY(ca_key_update_v3_read(&tagged, &u));
    TRY(der_end(&tagged));
    *out = u;
    return ERR_OK;
}

void ca_key_update_put(struct der_writer *w, const struct ca_key_update *u)
{
    size_t mark = der_mark(w);

    ca_key_update_put_value(w, u);
    if (u->is_v3)
        der_put_header(w, DER_CTX(0), mark);
}

/*
 * RevAnnContent ::= SEQUENCE {
 *     status           PKIStatus, -- INTEGER
 *     certId           CertId,
 *     willBeRevokedAt  GeneralizedTime,
 *     badSinceDate     GeneralizedTime,
 *     crlDetails       Extensions OPTIONAL }
 */
enum err rev_ann_read(struct der *in, struct arena *a, struct rev_ann *out)
{
    struct rev_ann ann = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "status", der_int64(&seq, &ann.status)));
    TRY(der_at(&seq, "certId", cert_id_read(&seq, &ann.cert_id)));
    TRY(der_at(&seq, "willBeRevokedAt",
               der_generalized_time(&seq, &ann.will_be_revoked_at)));
    TRY(der_at(&seq, "badSinceDate",
               der_generalized_time(&seq, &ann.bad_since_date)));
    ann.has_crl_details = der_has_more(&seq);
    if (ann.has_crl_details)
        TRY(der_at(&seq, "crlDetails",
                   extensions_read(&seq, a, &ann.crl_details)));
    TRY(der_end(&seq));
    *out = ann;
    return ERR_OK;
}

void rev_ann_put(struct der_writer *w, const struct rev_ann *ann)
{
    size_t mark = der_mark(w);

    if (ann->has_crl_details) {
        extensions_put_content(w, &ann->crl_details);
        der_put_header(w, DER_SEQUENCE, mark);
    }
    der_put_generalized_time(w, ann->bad_since_date);
    der_put_generalized_time(w, ann->will_be_revoked_at);
    cert_id_put(w, &ann->cert_id);
    der_put_int64(w, DER_INTEGER, ann->status);
    der_put_header(w, DER_SEQUENCE, mark);
}
