/*
 * What a registration authority sends: nested (RFC 9483, 5.2.2), and requests
 * of its own for stations (5.2.3, 5.3).
 */
#include "profile/internal.h"

#include "base/limits.h"

enum verdict check_nested_num(const struct judged *in, struct found *found)
{
    size_t num = in->msg->body.nested.num;

    if (num <= LIMIT_BATCH)
        return VERDICT_HOLDS;
    return broken(found, "body.nested", "%zu messages", num);
}

enum verdict check_ra_request(const struct judged *in, struct found *found)
{
    if (in->facts->signer_kind != SIGNER_RA || in->facts->ra_may_request)
        return VERDICT_HOLDS;
    return broken(found, "extraCerts", "an RA's certificate as signer");
}

enum verdict check_ra_revoke(const struct judged *in, struct found *found)
{
    if (in->facts->signer_kind != SIGNER_RA || in->facts->ra_may_revoke)
        return VERDICT_HOLDS;
    return broken(found, "extraCerts", "an RA's certificate as signer");
}
