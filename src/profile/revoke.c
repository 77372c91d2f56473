/*
 * What an rr asks for (RFC 9810, 5.3.9): the RevDetails alone, and against what
 * the store has of the certificate they name.
 */
#include "profile/internal.h"

#include "asn1/x509.h"

#define PATH "body.rr"

/* reasonCode ::= ENUMERATED; invalidityDate ::= GeneralizedTime */
static enum err wish_add(const struct extension *ext, struct rev_wish *wish)
{
    struct der in = der_open(ext->value, NULL);
    struct span reason;

    if (ext->id == OID_ID_CE_CRL_REASONS) {
        TRY(der_uint(&in, DER_ENUMERATED, 1, &reason));
        wish->reason = reason.ptr[0];
        wish->has_reason = true;
    } else if (ext->id == OID_ID_CE_INVALIDITY_DATE) {
        TRY(der_generalized_time(&in, &wish->invalidity_date));
    }
    return der_end(&in);
}

enum err rev_wish_read(const struct rev_details *d, struct rev_wish *out)
{
    const struct extensions *exts = &d->crl_entry_details;
    struct rev_wish wish = { .reason = CRL_UNSPECIFIED };

    for (size_t i = 0; d->has_crl_entry_details && i < exts->num; i++) {
        enum oid id = exts->list[i].id;

        if (id == OID_ID_CE_CRL_REASONS || id == OID_ID_CE_INVALIDITY_DATE)
            TRY(wish_add(&exts->list[i], &wish));
    }
    *out = wish;
    return ERR_OK;
}

/* Of details that passed check_reason. */
static struct rev_wish wish_of(const struct judged *in)
{
    struct rev_wish wish;

    if (rev_wish_read(in->rev, &wish) != ERR_OK)
        return (struct rev_wish){ .reason = CRL_UNSPECIFIED };
    return wish;
}

static bool is_release(const struct judged *in)
{
    return wish_of(in).reason == CRL_REMOVE_FROM_CRL;
}

static bool is_about_hold(const struct judged *in)
{
    return is_release(in) || wish_of(in).reason == CRL_CERTIFICATE_HOLD;
}

/* --- the message alone --- */

enum verdict check_one_revocation(const struct judged *in, struct found *found)
{
    size_t num = in->msg->body.rev_req.num;

    if (num > 0 && num <= in->profile->max_requests)
        return VERDICT_HOLDS;
    return broken(found, PATH, "%zu RevDetails", num);
}

enum verdict check_rev_names(const struct judged *in, struct found *found)
{
    const struct cert_template *t = &in->rev->cert_details;

    if (span_is_absent(t->issuer))
        return broken(found, PATH ".certDetails", "no issuer");
    if (span_is_absent(t->serial))
        return broken(found, PATH ".certDetails", "no serialNumber");
    return VERDICT_HOLDS;
}

enum verdict check_rev_no_more(const struct judged *in, struct found *found)
{
    const struct cert_template *t = &in->rev->cert_details;

    if (!t->has_version && span_is_absent(t->signing_alg.oid) &&
        !t->has_not_before && !t->has_not_after && span_is_absent(t->subject) &&
        !t->has_public_key && !t->has_issuer_uid && !t->has_subject_uid &&
        !t->has_extensions)
        return VERDICT_HOLDS;
    return broken(found, PATH ".certDetails",
                  "more than issuer and serialNumber");
}

enum verdict check_rev_single(const struct judged *in, struct found *found)
{
    const struct rev_req *all = &in->msg->body.rev_req;
    const struct cert_template *t = &in->rev->cert_details;
    size_t times = 0;

    for (size_t i = 0; i < all->num; i++) {
        const struct cert_template *other = &all->list[i].cert_details;

        times += span_is_equal(other->serial, t->serial) &&
                 name_is_equal(other->issuer, t->issuer);
    }
    if (times == 1)
        return VERDICT_HOLDS;
    return broken(found, PATH ".certDetails", "one certificate, %zu times",
                  times);
}

enum verdict check_reason(const struct judged *in, struct found *found)
{
    struct rev_wish wish;

    if (rev_wish_read(in->rev, &wish) != ERR_OK)
        return broken(found, PATH ".crlEntryDetails",
                      "a value that does not parse");
    if (crl_reason_name(wish.reason) == NULL)
        return broken(found, PATH ".crlEntryDetails.reasonCode", "%lld",
                      (long long)wish.reason);
    if (in->profile->needs_reason && !wish.has_reason)
        return broken(found, PATH ".crlEntryDetails", "no reasonCode");
    return VERDICT_HOLDS;
}

enum verdict check_entry_details(const struct judged *in, struct found *found)
{
    const struct extensions *exts = &in->rev->crl_entry_details;

    for (size_t i = 0; in->rev->has_crl_entry_details && i < exts->num; i++) {
        enum oid id = exts->list[i].id;

        if (id != OID_ID_CE_CRL_REASONS && id != OID_ID_CE_INVALIDITY_DATE)
            return broken(found, PATH ".crlEntryDetails", "%s",
                          id == OID_UNKNOWN ? "an extension not known"
                                            : oid_name(id));
    }
    return VERDICT_HOLDS;
}

enum verdict check_hold_let(const struct judged *in, struct found *found)
{
    if (in->profile->may_hold || !is_about_hold(in))
        return VERDICT_HOLDS;
    return broken(found, PATH ".crlEntryDetails.reasonCode", "%s",
                  crl_reason_name(wish_of(in).reason));
}

/* --- against the facts --- */

/* What can be undone could be done again with a message of before. */
enum verdict check_hold_dated(const struct judged *in, struct found *found)
{
    if (!is_about_hold(in))
        return VERDICT_HOLDS;
    if (!in->msg->header.has_message_time)
        return broken(found, "header.messageTime", "none");
    return check_message_time(in, found);
}

enum verdict check_rr_signer(const struct judged *in, struct found *found)
{
    if (in->facts->signer_kind == SIGNER_OPERATOR ||
        in->facts->signer_kind == SIGNER_PASSPHRASE ||
        in->facts->signer_kind == SIGNER_RA)
        return VERDICT_HOLDS;
    return broken(found, "extraCerts", "a vendor's certificate as signer");
}

enum verdict check_rev_issuer(const struct judged *in, struct found *found)
{
    if (in->facts->target.is_under_us)
        return VERDICT_HOLDS;
    return broken(found, PATH ".certDetails.issuer", "another authority");
}

enum verdict check_rev_known(const struct judged *in, struct found *found)
{
    if (in->facts->target.is_known)
        return VERDICT_HOLDS;
    return broken(found, PATH ".certDetails.serialNumber",
                  "one that was never given");
}

enum verdict check_rev_owner(const struct judged *in, struct found *found)
{
    if (in->facts->target.is_stations)
        return VERDICT_HOLDS;
    return broken(found, PATH ".certDetails", "another station's certificate");
}

enum verdict check_rev_by_itself(const struct judged *in, struct found *found)
{
    if (in->facts->target.is_signer || in->profile->revokes_others ||
        in->facts->signer_kind == SIGNER_PASSPHRASE ||
        in->facts->signer_kind == SIGNER_RA)
        return VERDICT_HOLDS;
    return broken(found, PATH ".certDetails",
                  "another certificate than the signer's");
}

enum verdict check_rev_once(const struct judged *in, struct found *found)
{
    const struct target *target = &in->facts->target;

    if (!target->is_revoked)
        return VERDICT_HOLDS;
    if (!target->is_held)
        return broken(found, PATH ".certDetails", "a revoked certificate");
    if (wish_of(in).reason != CRL_CERTIFICATE_HOLD)
        return VERDICT_HOLDS;
    return broken(found, PATH ".certDetails", "a certificate held already");
}

enum verdict check_rev_current(const struct judged *in, struct found *found)
{
    if (!in->facts->target.is_expired)
        return VERDICT_HOLDS;
    return broken(found, PATH ".certDetails", "a certificate that expired");
}

enum verdict check_release_held(const struct judged *in, struct found *found)
{
    if (in->facts->target.is_held || !is_release(in))
        return VERDICT_HOLDS;
    return broken(found, PATH ".certDetails", "a certificate not held");
}

/* To revoke is always safe; to take it back is not the blocked one's to do. */
enum verdict check_release_unblocked(const struct judged *in,
                                     struct found *found)
{
    if (!in->facts->is_blocked || !is_release(in))
        return VERDICT_HOLDS;
    return broken(found, "extraCerts", "a blocked station's certificate");
}

enum verdict check_invalidity_past(const struct judged *in, struct found *found)
{
    int64_t since = wish_of(in).invalidity_date;

    if (since <= in->facts->now + in->profile->message_time_window)
        return VERDICT_HOLDS;
    return broken(found, PATH ".crlEntryDetails.invalidityDate",
                  "%lld seconds from now", (long long)(since - in->facts->now));
}
