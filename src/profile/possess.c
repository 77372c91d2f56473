/*
 * How a request shows that its sender holds the new key (RFC 9810, 5.2.8), and
 * the answer to a challenge.
 */
#include "profile/internal.h"

/* What POPOPrivKey chooses among, and the number in subsequentMessage. */
#define ENCR_CERT 0
#define CHALLENGE_RESP 1

static enum pop_method subsequent_of(const struct popo *popo)
{
    if (popo->subsequent == ENCR_CERT)
        return POP_ENCRYPTED_CERT;
    return popo->subsequent == CHALLENGE_RESP ? POP_CHALLENGE : POP_UNKNOWN;
}

static enum pop_method private_of(const struct popo *popo)
{
    switch (popo->priv_type) {
    case POPO_PRIV_THIS_MESSAGE:
        return POP_THIS_MESSAGE;
    case POPO_PRIV_SUBSEQUENT_MESSAGE:
        return subsequent_of(popo);
    case POPO_PRIV_DH_MAC:
        return POP_DH_MAC;
    case POPO_PRIV_AGREE_MAC:
        return POP_AGREE_MAC;
    case POPO_PRIV_ENCRYPTED_KEY:
        return POP_ENCRYPTED_KEY;
    }
    return POP_UNKNOWN;
}

enum pop_method pop_method_of(const struct popo *popo)
{
    switch (popo->type) {
    case POPO_ABSENT:
        return POP_NONE;
    case POPO_RA_VERIFIED:
        return POP_RA_VERIFIED;
    case POPO_SIGNATURE:
        return POP_SIGNATURE;
    case POPO_KEY_ENCIPHERMENT:
    case POPO_KEY_AGREEMENT:
        return private_of(popo);
    }
    return POP_UNKNOWN;
}

const char *pop_method_word(enum pop_method method)
{
    static const char *const words[POP_METHOD_NUM] = {
        [POP_NONE] = "none",
        [POP_RA_VERIFIED] = "raVerified",
        [POP_SIGNATURE] = "signature",
        [POP_ENCRYPTED_CERT] = "encrCert",
        [POP_CHALLENGE] = "challengeResp",
        [POP_THIS_MESSAGE] = "thisMessage",
        [POP_ENCRYPTED_KEY] = "encryptedKey",
        [POP_DH_MAC] = "dhMAC",
        [POP_AGREE_MAC] = "agreeMAC",
        [POP_UNKNOWN] = "a subsequentMessage not known",
    };

    return words[method];
}

/* Before, only RSA encrypts (RFC 9810, 5.2.2 and 7). */
#define FIRST_WITH_ENVELOPES 3

static bool is_private(const struct popo *popo)
{
    return popo->type == POPO_KEY_ENCIPHERMENT ||
           popo->type == POPO_KEY_AGREEMENT;
}

static const char *choice_of(const struct popo *popo)
{
    if (!is_private(popo))
        return "";
    return popo->type == POPO_KEY_AGREEMENT ? "keyAgreement "
                                            : "keyEncipherment ";
}

/* Of a profile that takes nothing but signatures. */
static bool takes_no_other(const struct profile *profile)
{
    return (profile->pop_methods & ~POP_BIT(POP_SIGNATURE)) == 0;
}

/* raVerified passes here: whether its signer may say so, step 4 tells. */
enum verdict check_popo_signature(const struct judged *in, struct found *found)
{
    const struct popo *popo = &in->req->popo;

    if (is_to_be_made(in) || popo->type == POPO_SIGNATURE ||
        popo->type == POPO_RA_VERIFIED ||
        (is_private(popo) && !takes_no_other(in->profile)))
        return VERDICT_HOLDS;
    return broken(found, "popo", "%s%s", choice_of(popo),
                  pop_method_word(pop_method_of(popo)));
}

enum verdict check_popo_method(const struct judged *in, struct found *found)
{
    enum pop_method method = pop_method_of(&in->req->popo);

    if ((in->profile->pop_methods & POP_BIT(method)) != 0 ||
        method == POP_RA_VERIFIED || is_to_be_made(in))
        return VERDICT_HOLDS;
    return broken(found, "popo", "%s%s", choice_of(&in->req->popo),
                  pop_method_word(method));
}

static bool is_on_curve(enum key_kind kind)
{
    return kind == KEY_EC_P256 || kind == KEY_EC_P384 || kind == KEY_EC_P521;
}

enum verdict check_popo_for_key(const struct judged *in, struct found *found)
{
    const struct popo *popo = &in->req->popo;
    enum key_kind kind =
        key_kind_find(&in->req->cert_req.cert_template.public_key);

    if (!is_private(popo) ||
        (popo->type == POPO_KEY_ENCIPHERMENT && kind == KEY_RSA) ||
        (popo->type == POPO_KEY_AGREEMENT && is_on_curve(kind) &&
         in->msg->header.pvno >= FIRST_WITH_ENVELOPES))
        return VERDICT_HOLDS;
    if (popo->type == POPO_KEY_AGREEMENT && is_on_curve(kind))
        return broken(found, "header.pvno",
                      "%lld, in which nothing encrypts to such a key",
                      (long long)in->msg->header.pvno);
    return broken(found, "popo", "%s%s for a %s key", choice_of(popo),
                  pop_method_word(pop_method_of(popo)), key_kind_name(kind));
}

/* keyUsage of the template; 0: none that parses, or of no bit. */
static uint32_t usage_of(const struct cert_template *t)
{
    const struct extension *ext =
        extension_find(&t->extensions, OID_ID_CE_KEY_USAGE);
    uint32_t mask = 0;
    struct der in;

    if (ext == NULL)
        return 0;
    in = der_open(ext->value, NULL);
    return der_named_bits(&in, DER_BIT_STRING, &mask) == ERR_OK ? mask : 0;
}

/* RSA keys and points can sign; what says that this one never will is the
 * keyUsage that its certificate is to have. */
enum verdict check_signing_key(const struct judged *in, struct found *found)
{
    const struct popo *popo = &in->req->popo;
    uint32_t use = usage_of(&in->req->cert_req.cert_template);
    uint32_t allowed =
        popo->type == POPO_KEY_AGREEMENT
            ? KU_KEY_AGREEMENT | KU_ENCIPHER_ONLY | KU_DECIPHER_ONLY
            : KU_KEY_ENCIPHERMENT | KU_DATA_ENCIPHERMENT;

    if (!is_private(popo) || !in->profile->signing_keys_sign)
        return VERDICT_HOLDS;
    if (use == 0)
        return broken(found, "popo", "%s%s, and no keyUsage is asked for",
                      choice_of(popo), pop_method_word(pop_method_of(popo)));
    if ((use & ~allowed) != 0)
        return broken(found, "popo",
                      "%s%s for a key whose keyUsage lets it do more",
                      choice_of(popo), pop_method_word(pop_method_of(popo)));
    return VERDICT_HOLDS;
}

enum verdict check_answer_challenged(const struct judged *in,
                                     struct found *found)
{
    switch (in->facts->transaction) {
    case FACT_CHALLENGED:
        return VERDICT_HOLDS;
    case FACT_TIMED_OUT:
        return broken(found, "header.transactionID",
                      "a transaction that timed out");
    case FACT_REJECTED:
        return broken(found, "header.transactionID",
                      "a transaction that was rejected");
    case FACT_NO_TRANSACTION:
    case FACT_UNCONFIRMED:
    case FACT_CONFIRMED:
    case FACT_WAITING:
    case FACT_ENDED:
        break;
    }
    return broken(found, "header.transactionID",
                  "one in which no challenge is open");
}
