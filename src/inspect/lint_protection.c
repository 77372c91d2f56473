/*
 * Rules about who protected a request, and whose the new key is: what a server
 * asks of OpenSSL and of its configuration, as far as the message, those before
 * it and what a person gave can tell.
 */
#include "base/secret.h"
#include "crypto/mac.h"
#include "inspect/internal.h"
#include "profile/signer.h"

enum err lint_find_protection(struct linted *in, struct fault *f)
{
    const struct kept *kept = NULL;
    struct span known = SPAN_NONE;

    if (in->exchange != NULL)
        kept = in->way == WAY_REQUEST ? in->exchange->signer
                                      : in->exchange->answerer;
    if (kept != NULL)
        known = span_of(kept->bytes, kept->len);
    return protection_check(lint_trusted(in),
                            &(struct protected){ .msg = in->msg,
                                                 .now = lint_now(in),
                                                 .known = &known,
                                                 .num_known = kept != NULL },
                            in->arena, &in->protection, f);
}

static bool is_signed(const struct linted *in)
{
    return in->protection.kind == PROTECTION_SIGNATURE;
}

static bool has_signer(const struct linted *in)
{
    return in->protection.from != SIGNER_NOT_FOUND;
}

/* A later message of a transaction: signed with the credential of its first. */
static bool continues(const struct linted *in)
{
    return (BODY_BIT(in->msg->body.type) & (FIRSTS | NESTED)) == 0;
}

/* --- the signature --- */

static enum verdict check_alg(const struct linted *in, struct found *found)
{
    const struct rule *rule = rule_get(RULE_PROTECTION_ALG_IS_ALLOWED);
    enum verdict verdict = lint_own(in, rule, found);

    if (verdict != VERDICT_HOLDS || !in->protection.is_bad_alg ||
        (has_signer(in) &&
         !signer_key_is_allowed(in->profile, &in->protection.signer.spki)))
        return verdict; /* of the key alone is said below */
    return lint_broken(found, "header.protectionAlg", "%s", in->protection.why);
}

static enum verdict check_readable(const struct linted *in, struct found *found)
{
    struct x509_cert cert = { 0 };

    if (!is_signed(in) || in->msg->num_extra_certs == 0)
        return VERDICT_HOLDS;
    if (signer_find(in->msg, in->arena, &cert))
        return VERDICT_HOLDS;
    return lint_broken(found, "extraCerts[0]", "not a certificate in DER");
}

/* Sent, or that of the transaction, whose key verifies this. */
static enum verdict check_known(const struct linted *in, struct found *found)
{
    if (!is_signed(in) || !continues(in) || in->msg->num_extra_certs > 0)
        return VERDICT_HOLDS;
    if (in->exchange == NULL || in->exchange->signer == NULL)
        return VERDICT_CANNOT_TELL;
    if (in->protection.from == SIGNER_FROM_BEFORE &&
        in->protection.verifies == VERDICT_HOLDS)
        return VERDICT_HOLDS;
    return lint_broken(found, "extraCerts",
                       "none, and not signed by who began the transaction");
}

static enum verdict check_key(const struct linted *in, struct found *found)
{
    const struct spki *key = &in->protection.signer.spki;

    if (!is_signed(in))
        return VERDICT_HOLDS;
    if (!has_signer(in))
        return VERDICT_CANNOT_TELL;
    if (signer_key_is_allowed(in->profile, key))
        return VERDICT_HOLDS;
    return lint_broken(found, "extraCerts", "a %s key of %u bits",
                       key_kind_name(key_kind_find(key)), key_bits(key));
}

static enum verdict check_signature(const struct linted *in,
                                    struct found *found)
{
    if (in->protection.kind == PROTECTION_MAC ||
        in->protection.kind == PROTECTION_NONE)
        return VERDICT_HOLDS; /* other rules' matter */
    if (in->protection.verifies != VERDICT_BROKEN)
        return in->protection.verifies;
    if (in->protection.is_bad_alg)
        return VERDICT_CANNOT_TELL;
    return lint_broken(found, "protection", "%s", in->protection.why);
}

static enum verdict check_kind(const struct linted *in, struct found *found)
{
    const struct cmp_message *first = in->before.first;
    bool is_mac = in->protection.kind == PROTECTION_MAC, was_mac;

    if (!continues(in))
        return VERDICT_HOLDS;
    if (first == NULL)
        return VERDICT_CANNOT_TELL;
    was_mac = mac_alg_find(&first->header.protection_alg) != MAC_UNKNOWN;
    if (in->protection.kind == PROTECTION_NONE || is_mac == was_mac)
        return VERDICT_HOLDS;
    return lint_broken(found, "header.protectionAlg", "%s",
                       is_mac
                           ? "a MAC, in a transaction begun with a signature"
                           : "a signature, in a transaction begun with a MAC");
}

/* --- secrets --- */

static enum verdict check_mac(const struct linted *in, struct found *found)
{
    if (in->protection.kind != PROTECTION_MAC)
        return VERDICT_HOLDS;
    if (in->protection.verifies != VERDICT_BROKEN)
        return in->protection.verifies;
    return lint_broken(found, "protection", "a MAC that does not verify");
}

/* What is asked of a secret only its keeper knows. */
static enum verdict check_secret(const struct linted *in, struct found *found)
{
    (void)found;
    return in->protection.kind == PROTECTION_MAC ? VERDICT_CANNOT_TELL
                                                 : VERDICT_HOLDS;
}

/* --- the signer --- */

static enum verdict check_name(const struct linted *in, struct found *found)
{
    if (!is_signed(in))
        return VERDICT_HOLDS;
    if (!has_signer(in))
        return VERDICT_CANNOT_TELL;
    if (signer_name_fits(&in->msg->header, &in->protection.signer))
        return VERDICT_HOLDS;
    return lint_broken(found, "header.sender", "another name");
}

static enum verdict check_kid(const struct linted *in, struct found *found)
{
    if (!is_signed(in))
        return VERDICT_HOLDS;
    if (!has_signer(in))
        return VERDICT_CANNOT_TELL;
    if (signer_kid_fits(&in->msg->header, &in->protection.signer))
        return VERDICT_HOLDS;
    return lint_broken(found, "header.senderKID", "another key's identifier");
}

/* A signer that began the transaction needs no path again. */
static enum verdict check_path(const struct linted *in, struct found *found)
{
    if (!is_signed(in) || in->protection.from == SIGNER_FROM_BEFORE)
        return VERDICT_HOLDS;
    if (in->protection.path != VERDICT_BROKEN)
        return in->protection.path;
    return lint_broken(found, "extraCerts", "%s", in->protection.path_why);
}

static enum verdict check_revocation(const struct linted *in,
                                     struct found *found)
{
    (void)found;
    return is_signed(in) ? VERDICT_CANNOT_TELL : VERDICT_HOLDS;
}

static enum verdict check_usage(const struct linted *in, struct found *found)
{
    if (!is_signed(in))
        return VERDICT_HOLDS;
    if (!has_signer(in))
        return VERDICT_CANNOT_TELL;
    if (x509_may(&in->protection.signer, KU_DIGITAL_SIGNATURE))
        return VERDICT_HOLDS;
    return lint_broken(found, "extraCerts", "a keyUsage without it");
}

/* Under the operator's name, and yet not the operator's: the store tells. */
static enum verdict check_old(const struct linted *in, struct found *found)
{
    (void)in;
    (void)found;
    return VERDICT_CANNOT_TELL;
}

static enum verdict check_ra(const struct linted *in, struct found *found)
{
    (void)found;
    return has_signer(in) &&
                   x509_has_eku(&in->protection.signer, OID_ID_KP_CMC_RA)
               ? VERDICT_HOLDS
               : VERDICT_CANNOT_TELL;
}

/* --- possession of the new key --- */

static const struct spki *new_key(const struct linted *in)
{
    const struct cert_template *t = &in->req->cert_req.cert_template;

    return t->has_public_key ? &t->public_key : NULL;
}

static bool is_made(const struct linted *in)
{
    return is_to_be_made(
        &(struct judged){ in->msg, in->profile, &in->facts, in->req, in->rev });
}

static enum verdict check_key_sound(const struct linted *in,
                                    struct found *found)
{
    const struct spki *key = new_key(in);
    struct fault why = { 0 };

    if (key == NULL || is_made(in))
        return VERDICT_HOLDS; /* whether one has to be there is asked before */
    if (pubkey_check(lint_crypto(in), key, &why) == ERR_OK)
        return VERDICT_HOLDS;
    return lint_broken(found, "certTemplate.publicKey", "%s", why.text);
}

static enum verdict check_input_sender(const struct linted *in,
                                       struct found *found)
{
    const struct popo *popo = &in->req->popo;
    const struct general_name *sender = &in->msg->header.sender;
    struct span name = sender->value;

    if (!popo->has_input_sender)
        return VERDICT_HOLDS;
    if (is_signed(in)) {
        if (!has_signer(in) || in->facts.signer_kind == SIGNER_RA)
            return VERDICT_CANNOT_TELL;
        name = in->protection.signer.subject;
    } else if (sender->type != GN_DIRECTORY) {
        name = SPAN_LIT("");
    }
    if (popo->input_sender.type == GN_DIRECTORY &&
        name_is_equal(popo->input_sender.value, name))
        return VERDICT_HOLDS;
    return lint_broken(found, "popo.poposkInput.authInfo.sender",
                       "another name");
}

/* Whose certificate says that it is an RA's may be one. */
static enum verdict check_ra_verified(const struct linted *in,
                                      struct found *found)
{
    if (in->req->popo.type != POPO_RA_VERIFIED || is_made(in))
        return VERDICT_HOLDS;
    if (!is_signed(in) || in->facts.signer_kind == SIGNER_VENDOR)
        return lint_broken(found, "popo", "raVerified, and no RA as signer");
    return VERDICT_CANNOT_TELL;
}

static enum verdict check_agreement(const struct linted *in,
                                    struct found *found)
{
    (void)found;
    return pop_method_of(&in->req->popo) == POP_AGREE_MAC ? VERDICT_CANNOT_TELL
                                                          : VERDICT_HOLDS;
}

static enum verdict check_public_key_mac(const struct linted *in,
                                         struct found *found)
{
    const struct popo *popo = &in->req->popo;
    struct fault why = { 0 };

    if (popo->type != POPO_SIGNATURE || span_is_absent(popo->input) ||
        popo->has_input_sender)
        return VERDICT_HOLDS;
    if (in->protection.secret == NULL || in->profile->macs == NULL)
        return VERDICT_CANNOT_TELL;
    if (mac_verify(lint_crypto(in), in->profile->macs, &popo->input_mac_alg,
                   secret_span(in->protection.secret), popo->input_key.der,
                   popo->input_mac, &why) == ERR_OK)
        return VERDICT_HOLDS;
    return lint_broken(found, "popo.poposkInput.authInfo.publicKeyMAC", "%s",
                       why.text);
}

static enum verdict check_possession(const struct linted *in,
                                     struct found *found)
{
    const struct popo *popo = &in->req->popo;
    const struct spki *key = new_key(in);
    struct span bytes;

    if (popo->type != POPO_SIGNATURE || is_made(in))
        return VERDICT_HOLDS; /* shown by another way, or not at all */
    if (key == NULL)
        return VERDICT_CANNOT_TELL;
    bytes = popo_signed_bytes(in->req, in->arena);
    if (span_is_absent(bytes))
        return VERDICT_CANNOT_TELL;
    if (sig_verify_any(lint_crypto(in), key, &popo->alg, bytes, popo->signature,
                       NULL) == ERR_OK)
        return VERDICT_HOLDS;
    return lint_broken(found, "popo.signature", "one that does not verify");
}

/* A popdecr, or the certConf, tells; the numbers are the server's. */
static enum verdict check_challenge(const struct linted *in,
                                    struct found *found)
{
    (void)found;
    return pop_method_of(&in->req->popo) == POP_CHALLENGE ? VERDICT_CANNOT_TELL
                                                          : VERDICT_HOLDS;
}

const struct lint_row lint_protection_rows[] = {
    { RULE_PROTECTION_ALG_IS_ALLOWED, check_alg },
    { RULE_SIGNER_IS_READABLE, check_readable },
    { RULE_SIGNER_IS_KNOWN, check_known },
    { RULE_SIGNER_KEY_IS_ALLOWED, check_key },
    { RULE_PROTECTION_VERIFIES, check_signature },
    { RULE_PROTECTION_KEEPS_KIND, check_kind },
    { RULE_MAC_VERIFIES, check_mac },
    { RULE_SECRET_IS_NOT_REVOKED, check_secret },
    { RULE_WEAK_SECRET_IS_STRETCHED, check_secret },
    { RULE_SECRET_IS_FOR_PROFILE, check_secret },
    { RULE_SECRET_IS_CURRENT, check_secret },
    { RULE_SECRET_HAS_USES_LEFT, check_secret },
    { RULE_SENDER_IS_SIGNER, check_name },
    { RULE_SENDER_KID_IS_SIGNERS, check_kid },
    { RULE_SIGNER_HAS_PATH, check_path },
    { RULE_SIGNER_IS_NOT_REVOKED, check_revocation },
    { RULE_REVOCATION_IS_KNOWN, check_revocation },
    { RULE_SIGNER_MAY_SIGN, check_usage },
    { RULE_OLD_IS_OURS, check_old },
    { RULE_NESTED_BY_RA, check_ra },
    { RULE_NEW_KEY_IS_SOUND, check_key_sound },
    { RULE_POPOSK_SENDER_IS_SIGNER, check_input_sender },
    { RULE_RA_VERIFIED_BY_RA, check_ra_verified },
    { RULE_AGREE_MAC_VERIFIES, check_agreement },
    { RULE_PUBLIC_KEY_MAC_VERIFIES, check_public_key_mac },
    { RULE_POP_VERIFIES, check_possession },
    { RULE_CHALLENGE_IS_ANSWERED, check_challenge },
    { RULE_NUM, NULL },
};
