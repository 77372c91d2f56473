/*
 * Revocation passphrases (RFC 9810, 5.3.19.9 and appendix B): a genm that
 * brings one, and what an rr under one may ask for.
 */
#include "profile/internal.h"

#define PATH "body.genm.revPassphrase"
#define FIRST_WITH_ENVELOPES 3

/* NULL: the genm brings none, or one that the profile does not know. */
static const struct info_type_value *brought(const struct judged *in)
{
    return in->profile->takes_passphrases
               ? info_find(&in->msg->body.general, OID_ID_IT_REV_PASSPHRASE)
               : NULL;
}

/* Appendix B has it in any header too; who may not be answered as it asks for
 * is refused. */
enum verdict check_passphrase_place(const struct judged *in,
                                    struct found *found)
{
    if (info_find(&in->msg->header.general_info, OID_ID_IT_REV_PASSPHRASE) ==
        NULL)
        return VERDICT_HOLDS;
    return broken(found, "header.generalInfo", "a revPassphrase");
}

enum verdict check_passphrase_version(const struct judged *in,
                                      struct found *found)
{
    const struct info_type_value *info = brought(in);
    bool is_enveloped;

    if (info == NULL || span_is_absent(info->value))
        return VERDICT_HOLDS;
    is_enveloped = info->value.ptr[0] == DER_CTX(0);
    if (is_enveloped == (in->msg->header.pvno >= FIRST_WITH_ENVELOPES))
        return VERDICT_HOLDS;
    return broken(found, PATH, "%s in pvno %lld",
                  is_enveloped ? "EnvelopedData" : "no EnvelopedData",
                  (long long)in->msg->header.pvno);
}

enum verdict check_passphrase_owner(const struct judged *in,
                                    struct found *found)
{
    enum signer_kind kind = in->facts->signer_kind;

    if (brought(in) == NULL)
        return VERDICT_HOLDS;
    if (kind != SIGNER_OPERATOR && kind != SIGNER_SECRET)
        return broken(found, "extraCerts", "%s certificate as signer",
                      kind == SIGNER_RA ? "an RA's" : "a vendor's");
    if (in->facts->is_blocked)
        return broken(found, "extraCerts", "a blocked station's certificate");
    return VERDICT_HOLDS;
}

/* One recorded long ago would put an old passphrase, which may be known since,
 * in the place of a new one. */
enum verdict check_passphrase_dated(const struct judged *in,
                                    struct found *found)
{
    if (brought(in) == NULL)
        return VERDICT_HOLDS;
    if (!in->msg->header.has_message_time)
        return broken(found, "header.messageTime", "none");
    return check_message_time(in, found);
}

/* Who lost its key knows the passphrase; that says nothing of the key. */
enum verdict check_passphrase_revokes(const struct judged *in,
                                      struct found *found)
{
    struct rev_wish wish;

    if (in->facts->signer_kind != SIGNER_PASSPHRASE ||
        rev_wish_read(in->rev, &wish) != ERR_OK ||
        (wish.reason != CRL_CERTIFICATE_HOLD &&
         wish.reason != CRL_REMOVE_FROM_CRL))
        return VERDICT_HOLDS;
    return broken(found, "body.rr.crlEntryDetails.reasonCode", "%s",
                  crl_reason_name(wish.reason));
}
