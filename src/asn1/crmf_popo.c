#include "asn1/cmp_internal.h"

/* authInfo.sender [0] GeneralName: a CHOICE, so the tag is explicit. */
static enum err input_sender_read(struct der *in, struct general_name *out)
{
    struct general_name name;
    struct der tagged;

    TRY(der_enter(in, DER_CTX(0), &tagged));
    TRY(general_name_read(&tagged, &name));
    TRY(der_end(&tagged));
    *out = name;
    return ERR_OK;
}

static enum err input_mac_read(struct der *in, struct popo *p)
{
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    return mac_value_read_content(&seq, &p->input_mac_alg, &p->input_mac);
}

/*
 * POPOSigningKeyInput ::= SEQUENCE {
 *     authInfo   CHOICE {
 *         sender        [0] GeneralName,
 *         publicKeyMAC      PKMACValue },
 *     publicKey  SubjectPublicKeyInfo }
 */
static enum err signing_input_read(struct der *in, struct popo *p)
{
    struct der seq;

    TRY(enter_whole(in, DER_CTX(0), &seq, &p->input));
    p->has_input_sender = der_next_is(&seq, DER_CTX(0));
    if (p->has_input_sender)
        TRY(der_at(&seq, "authInfo.sender",
                   input_sender_read(&seq, &p->input_sender)));
    else
        TRY(der_at(&seq, "authInfo.publicKeyMAC", input_mac_read(&seq, p)));
    TRY(der_at(&seq, "publicKey", spki_read(&seq, &p->input_key)));
    return der_end(&seq);
}

/*
 * POPOSigningKey ::= SEQUENCE {
 *     poposkInput     [0] POPOSigningKeyInput OPTIONAL,
 *     algorithmIdentifier AlgorithmIdentifier,
 *     signature           BIT STRING }
 */
static enum err signing_key_read(struct der *in, struct popo *p)
{
    struct der seq;

    TRY(der_enter(in, DER_CTX(POPO_SIGNATURE), &seq));
    if (der_next_is(&seq, DER_CTX(0)))
        TRY(der_at(&seq, "poposkInput", signing_input_read(&seq, p)));
    TRY(der_at(&seq, "algorithmIdentifier", alg_id_read(&seq, &p->alg)));
    TRY(der_at(&seq, "signature",
               der_bit_octets(&seq, DER_BIT_STRING, &p->signature)));
    return der_end(&seq);
}

static enum err agree_mac_read(struct der *in, struct popo *p)
{
    struct der content;

    TRY(der_enter(in, DER_CTX(POPO_PRIV_AGREE_MAC), &content));
    return mac_value_read_content(&content, &p->alg, &p->signature);
}

/*
 * POPOPrivKey ::= CHOICE {
 *     thisMessage       [0] BIT STRING,
 *     subsequentMessage [1] SubsequentMessage, -- INTEGER
 *     dhMAC             [2] BIT STRING,
 *     agreeMAC          [3] PKMACValue,
 *     encryptedKey      [4] EnvelopedData }
 */
static enum err priv_choice_read(struct der *in, struct popo *p)
{
    struct der_bits bits;

    switch (der_next_tag(in)) {
    case DER_CTX_PRIM(POPO_PRIV_THIS_MESSAGE):
        p->priv_type = POPO_PRIV_THIS_MESSAGE;
        return der_bits(in, DER_CTX_PRIM(0), &bits);
    case DER_CTX_PRIM(POPO_PRIV_SUBSEQUENT_MESSAGE):
        p->priv_type = POPO_PRIV_SUBSEQUENT_MESSAGE;
        return small_uint_read(in, DER_CTX_PRIM(1), &p->subsequent);
    case DER_CTX_PRIM(POPO_PRIV_DH_MAC):
        p->priv_type = POPO_PRIV_DH_MAC;
        return der_bits(in, DER_CTX_PRIM(2), &bits);
    case DER_CTX(POPO_PRIV_AGREE_MAC):
        p->priv_type = POPO_PRIV_AGREE_MAC;
        return agree_mac_read(in, p);
    case DER_CTX(POPO_PRIV_ENCRYPTED_KEY):
        p->priv_type = POPO_PRIV_ENCRYPTED_KEY;
        return der_element(in, DER_CTX(POPO_PRIV_ENCRYPTED_KEY), &p->priv);
    }
    return der_refuse(in, ERR_BAD_DER);
}

/* POPOPrivKey is a CHOICE, so keyEncipherment's and keyAgreement's tags are
 * explicit. */
static enum err priv_key_read(struct der *in, unsigned tag, struct popo *p)
{
    struct der tagged, whole;
    unsigned any;

    TRY(der_enter(in, tag, &tagged));
    whole = tagged;
    TRY(priv_choice_read(&tagged, p));
    TRY(der_end(&tagged));
    return der_any(&whole, &any, &p->priv);
}

static enum err ra_verified_read(struct der *in)
{
    struct der content;

    TRY(der_enter(in, DER_CTX_PRIM(POPO_RA_VERIFIED), &content));
    return der_end(&content);
}

/*
 * ProofOfPossession ::= CHOICE {
 *     raVerified      [0] NULL,
 *     signature       [1] POPOSigningKey,
 *     keyEncipherment [2] POPOPrivKey,
 *     keyAgreement    [3] POPOPrivKey }
 */
enum err popo_read(struct der *in, struct popo *out)
{
    struct popo p = { .type = POPO_ABSENT };

    switch (der_next_tag(in)) {
    case DER_CTX_PRIM(POPO_RA_VERIFIED):
        p.type = POPO_RA_VERIFIED;
        TRY(der_at(in, "raVerified", ra_verified_read(in)));
        break;
    case DER_CTX(POPO_SIGNATURE):
        p.type = POPO_SIGNATURE;
        TRY(der_at(in, "signature", signing_key_read(in, &p)));
        break;
    case DER_CTX(POPO_KEY_ENCIPHERMENT):
        p.type = POPO_KEY_ENCIPHERMENT;
        TRY(der_at(in, "keyEncipherment",
                   priv_key_read(in, DER_CTX(POPO_KEY_ENCIPHERMENT), &p)));
        break;
    case DER_CTX(POPO_KEY_AGREEMENT):
        p.type = POPO_KEY_AGREEMENT;
        TRY(der_at(in, "keyAgreement",
                   priv_key_read(in, DER_CTX(POPO_KEY_AGREEMENT), &p)));
        break;
    }
    if (p.type == POPO_ABSENT)
        return der_refuse(in, ERR_BAD_DER);
    *out = p;
    return ERR_OK;
}

void popo_input_put(struct der_writer *w, const struct popo *p)
{
    size_t whole = der_mark(w);
    size_t mark;

    spki_put(w, &p->input_key);
    mark = der_mark(w);
    if (p->has_input_sender) {
        general_name_put(w, &p->input_sender);
        der_put_header(w, DER_CTX(0), mark);
    } else {
        der_put_bit_octets(w, DER_BIT_STRING, p->input_mac);
        alg_put(w, &p->input_mac_alg);
        der_put_header(w, DER_SEQUENCE, mark);
    }
    der_put_header(w, DER_CTX(0), whole);
}

static void signing_key_put(struct der_writer *w, const struct popo *p)
{
    der_put_bit_octets(w, DER_BIT_STRING, p->signature);
    alg_put(w, &p->alg);
    if (!span_is_absent(p->input))
        popo_input_put(w, p);
}

void popo_put(struct der_writer *w, const struct popo *p)
{
    size_t mark = der_mark(w);

    switch (p->type) {
    case POPO_ABSENT:
        break;
    case POPO_RA_VERIFIED:
        der_put_header(w, DER_CTX_PRIM(POPO_RA_VERIFIED), mark);
        break;
    case POPO_SIGNATURE:
        signing_key_put(w, p);
        der_put_header(w, DER_CTX(POPO_SIGNATURE), mark);
        break;
    case POPO_KEY_ENCIPHERMENT:
        der_put_raw(w, p->priv);
        der_put_header(w, DER_CTX(POPO_KEY_ENCIPHERMENT), mark);
        break;
    case POPO_KEY_AGREEMENT:
        der_put_raw(w, p->priv);
        der_put_header(w, DER_CTX(POPO_KEY_AGREEMENT), mark);
        break;
    }
}

struct span popo_signed_bytes(const struct cert_req_msg *msg, struct arena *a)
{
    const struct popo *p = &msg->popo;
    uint8_t *bytes;

    if (p->type != POPO_SIGNATURE)
        return SPAN_NONE;
    if (span_is_absent(p->input))
        return msg->cert_req.der;
    bytes = arena_alloc(a, p->input.len);
    if (bytes == NULL)
        return SPAN_NONE;
    memcpy(bytes, p->input.ptr, p->input.len);
    bytes[0] = DER_SEQUENCE;
    return span_of(bytes, p->input.len);
}
