/*
 * Keys that the station wants made for it (RFC 9483, 4.1.6): a template without
 * a public key, or with an algorithm and an empty one.
 */
#include "profile/internal.h"

/* A p10cr is signed with the key it asks for, so there always is one. */
bool is_to_be_made(const struct judged *in)
{
    const struct cert_template *t = &in->req->cert_req.cert_template;
    uint32_t asking = BODY_BIT(CMP_IR) | BODY_BIT(CMP_CR) | BODY_BIT(CMP_KUR);

    return in->profile->makes_keys &&
           (asking & BODY_BIT(in->msg->body.type)) != 0 &&
           (!t->has_public_key || t->public_key.key.len == 0);
}

/* The preference, where one is told: of the profile, and one that needs no
 * parameters but its own. */
enum verdict made_key_kind(const struct judged *in, struct found *found)
{
    const struct cert_template *t = &in->req->cert_req.cert_template;
    enum key_kind kind = key_kind_find(&t->public_key);

    if (!t->has_public_key || (kind != KEY_UNKNOWN && kind != KEY_RSA_PSS &&
                               (in->profile->key_kinds & (1u << kind)) != 0))
        return VERDICT_HOLDS;
    return broken(found, "certTemplate.publicKey",
                  "a wish for a key of kind %s", key_kind_name(kind));
}

static enum verdict check_version(const struct judged *in, struct found *found)
{
    if (!is_to_be_made(in) || in->msg->header.pvno >= 3)
        return VERDICT_HOLDS;
    return broken(found, "header.pvno", "%lld",
                  (long long)in->msg->header.pvno);
}

/* Leniency of type open: OpenSSL 3.5 asks in pvno 2, and reads EnvelopedData
 * there. */
enum verdict check_made_key_version(const struct judged *in,
                                    struct found *found)
{
    if (in->profile->type == PROFILE_OPEN)
        return VERDICT_HOLDS;
    return check_version(in, found);
}

enum verdict check_made_key_version_noted(const struct judged *in,
                                          struct found *found)
{
    if (in->profile->type != PROFILE_OPEN)
        return VERDICT_HOLDS;
    return check_version(in, found);
}

enum verdict check_made_key_proof(const struct judged *in, struct found *found)
{
    if (!is_to_be_made(in) || in->req->popo.type == POPO_ABSENT)
        return VERDICT_HOLDS;
    return broken(found, "popo", "%s, and no key to prove possession of",
                  pop_method_word(pop_method_of(&in->req->popo)));
}

/* Each takes time and random bytes that the next message would have. */
enum verdict check_made_key_alone(const struct judged *in, struct found *found)
{
    size_t num = in->msg->body.cert_req.num;

    if (!is_to_be_made(in) || num == 1)
        return VERDICT_HOLDS;
    return broken(found, "body", "%zu requests", num);
}

/* Whom the key is encrypted to: who signed the request, or shares its secret.
 * An RA that asks for another would learn the key. */
enum verdict check_made_key_reader(const struct judged *in, struct found *found)
{
    const struct x509_cert *signer = in->facts->signer;
    enum key_kind kind;
    bool is_rsa;

    if (!is_to_be_made(in) || in->facts->signer_kind == SIGNER_SECRET)
        return VERDICT_HOLDS;
    if (in->facts->signer_kind == SIGNER_RA || signer == NULL)
        return broken(found, "extraCerts", "another's certificate");
    kind = key_kind_find(&signer->spki);
    is_rsa = kind == KEY_RSA;
    if (!is_rsa && kind != KEY_EC_P256 && kind != KEY_EC_P384 &&
        kind != KEY_EC_P521)
        return broken(found, "extraCerts", "a %s key", key_kind_name(kind));
    if (!x509_may(signer, is_rsa ? KU_KEY_ENCIPHERMENT : KU_KEY_AGREEMENT))
        return broken(found, "extraCerts", "a keyUsage without %s",
                      is_rsa ? "keyEncipherment" : "keyAgreement");
    return VERDICT_HOLDS;
}
