/*
 * Step 2a for messages under a shared secret: what the MAC's parameters, which
 * nobody vouches for yet, ask for. All of it before anything is derived.
 */
#include "profile/internal.h"

static const struct alg_id *alg_of(const struct judged *in)
{
    return &in->msg->header.protection_alg;
}

static bool is_mac(const struct judged *in)
{
    return mac_alg_find(alg_of(in)) != MAC_UNKNOWN;
}

enum verdict check_is_signature(const struct judged *in, struct found *found)
{
    char name[64];

    if (!is_mac(in) ||
        (in->profile->mac_bodies & BODY_BIT(in->msg->body.type)) != 0)
        return VERDICT_HOLDS;
    describe_alg(alg_of(in), name, sizeof(name));
    return broken(found, "header.protectionAlg", "%s", name);
}

/* Where no MAC is taken at all, none is looked at further. */
static bool is_taken(const struct judged *in)
{
    return is_mac(in) && in->profile->macs != NULL;
}

static enum verdict refuse(struct found *found, const struct fault *why)
{
    return broken(found, "header.protectionAlg", "%s", why->text);
}

enum verdict check_mac_readable(const struct judged *in, struct found *found)
{
    struct mac_params params;
    struct fault why = { 0 };

    if (!is_mac(in) ||
        mac_params_read(alg_of(in), &params, &why) != ERR_BAD_DATA_FORMAT)
        return VERDICT_HOLDS;
    return refuse(found, &why);
}

/* The algorithms and digests alone: salt, count and key length are judged
 * apart, so stand-ins do for them. */
enum verdict check_mac_allowed(const struct judged *in, struct found *found)
{
    const struct mac_policy *policy = in->profile->macs;
    static const uint8_t salt[64];
    struct mac_params params;
    struct fault why = { 0 };
    enum err e;

    if (!is_taken(in))
        return VERDICT_HOLDS;
    e = mac_params_read(alg_of(in), &params, &why);
    if (e == ERR_BAD_DATA_FORMAT)
        return VERDICT_HOLDS; /* mac-is-readable says so */
    if (e != ERR_OK)
        return refuse(found, &why);
    params.iterations = policy->min_iterations;
    params.salt = span_of(salt, policy->min_salt_len);
    params.key_len = 32;
    if (mac_params_check(&params, policy, &why) == ERR_OK)
        return VERDICT_HOLDS;
    return refuse(found, &why);
}

static bool has_salt(const struct mac_params *p)
{
    return p->alg == MAC_PBM || p->alg == MAC_PBMAC1;
}

enum verdict check_mac_salt(const struct judged *in, struct found *found)
{
    const struct mac_policy *policy = in->profile->macs;
    struct mac_params params;

    if (!is_taken(in) || mac_params_read(alg_of(in), &params, NULL) != ERR_OK ||
        !has_salt(&params) ||
        (params.salt.len >= policy->min_salt_len &&
         params.salt.len <= policy->max_salt_len))
        return VERDICT_HOLDS;
    return broken(found, "header.protectionAlg", "a salt of %zu octets",
                  params.salt.len);
}

/* With a salt that is none to speak of; and of an algorithm that is taken. */
enum verdict check_mac_work(const struct judged *in, struct found *found)
{
    static const uint8_t salt[64];
    struct mac_params params;
    struct found other;
    struct fault why = { 0 };

    if (!is_taken(in) || check_mac_allowed(in, &other) != VERDICT_HOLDS ||
        mac_params_read(alg_of(in), &params, NULL) != ERR_OK)
        return VERDICT_HOLDS;
    params.salt = span_of(salt, in->profile->macs->min_salt_len);
    if (mac_params_check(&params, in->profile->macs, &why) == ERR_OK)
        return VERDICT_HOLDS;
    return refuse(found, &why);
}
