#include "asn1/cms_internal.h"

/*
 * OneAsymmetricKey ::= SEQUENCE {
 *     version              INTEGER,
 *     privateKeyAlgorithm  AlgorithmIdentifier,
 *     privateKey           OCTET STRING,
 *     attributes       [0] SET OF Attribute OPTIONAL, -- IMPLICIT
 *     publicKey        [1] BIT STRING       OPTIONAL } -- IMPLICIT
 */
static enum err key_read(struct der *in, struct cms_key *out)
{
    struct cms_key k = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "version", der_int64(&seq, &k.version)));
    TRY(der_at(&seq, "privateKeyAlgorithm", alg_id_read(&seq, &k.alg)));
    TRY(der_at(&seq, "privateKey", der_octets(&seq, &k.private_key)));
    if (der_next_is(&seq, DER_CTX(0)))
        TRY(der_at(&seq, "attributes",
                   der_element(&seq, DER_CTX(0), &k.attributes)));
    k.has_public_key = der_has_more(&seq);
    if (k.has_public_key)
        TRY(der_at(&seq, "publicKey",
                   der_bits(&seq, DER_CTX_PRIM(1), &k.public_key)));
    TRY(der_end(&seq));
    *out = k;
    return ERR_OK;
}

static void key_put(struct der_writer *w, const struct cms_key *k)
{
    size_t mark = der_mark(w);

    if (k->has_public_key)
        der_put_bits(w, DER_CTX_PRIM(1), &k->public_key);
    if (!span_is_absent(k->attributes))
        der_put_raw(w, k->attributes);
    der_put_octets(w, DER_OCTET_STRING, k->private_key);
    alg_put(w, &k->alg);
    der_put_int64(w, DER_INTEGER, k->version);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* AsymmetricKeyPackage ::= SEQUENCE SIZE (1..MAX) OF OneAsymmetricKey */
enum err cms_key_package_read(struct der *in, struct arena *a,
                              struct cms_key_package *out)
{
    struct list_room room = { 0 };
    struct cms_key *list;

    TRY(list_enter_some(in, LIMIT_CMS_PARTS, sizeof(*list), a, &room));
    list = room.things;
    for (size_t i = 0; i < room.num; i++)
        TRY(der_nth(&room.seq, i, key_read(&room.seq, &list[i])));
    *out = (struct cms_key_package){ list, room.num };
    return ERR_OK;
}

void cms_key_package_put(struct der_writer *w, const struct cms_key_package *p)
{
    size_t mark = der_mark(w);

    for (size_t i = p->num; i > 0; i--)
        key_put(w, &p->list[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* [tag] IMPLICIT AlgorithmIdentifier OPTIONAL */
static enum err alg_read_opt(struct der *in, unsigned tag, struct alg_id *out)
{
    struct der content;

    if (!der_next_is(in, tag))
        return ERR_OK;
    TRY(der_enter(in, tag, &content));
    return alg_id_read_content(&content, out);
}

static void alg_put_opt(struct der_writer *w, unsigned tag,
                        const struct alg_id *alg)
{
    size_t mark = der_mark(w);

    if (!alg_is_there(alg))
        return;
    alg_put_content(w, alg);
    der_put_header(w, tag, mark);
}

/*
 * EncryptedValue ::= SEQUENCE {
 *     intendedAlg [0] AlgorithmIdentifier OPTIONAL,
 *     symmAlg     [1] AlgorithmIdentifier OPTIONAL,
 *     encSymmKey  [2] BIT STRING          OPTIONAL,
 *     keyAlg      [3] AlgorithmIdentifier OPTIONAL,
 *     valueHint   [4] OCTET STRING        OPTIONAL,
 *     encValue        BIT STRING } -- tags IMPLICIT
 */
enum err encrypted_value_read(struct der *in, struct encrypted_value *out)
{
    struct encrypted_value v = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "intendedAlg",
               alg_read_opt(&seq, DER_CTX(0), &v.intended_alg)));
    TRY(der_at(&seq, "symmAlg", alg_read_opt(&seq, DER_CTX(1), &v.symm_alg)));
    if (der_next_is(&seq, DER_CTX_PRIM(2)))
        TRY(der_at(&seq, "encSymmKey",
                   der_bit_octets(&seq, DER_CTX_PRIM(2), &v.enc_symm_key)));
    TRY(der_at(&seq, "keyAlg", alg_read_opt(&seq, DER_CTX(3), &v.key_alg)));
    if (der_next_is(&seq, DER_CTX_PRIM(4)))
        TRY(der_at(&seq, "valueHint",
                   der_content(&seq, DER_CTX_PRIM(4), &v.value_hint)));
    TRY(der_at(&seq, "encValue",
               der_bit_octets(&seq, DER_BIT_STRING, &v.enc_value)));
    TRY(der_end(&seq));
    *out = v;
    return ERR_OK;
}

void encrypted_value_put(struct der_writer *w, const struct encrypted_value *v)
{
    size_t mark = der_mark(w);

    der_put_bit_octets(w, DER_BIT_STRING, v->enc_value);
    if (!span_is_absent(v->value_hint))
        der_put_octets(w, DER_CTX_PRIM(4), v->value_hint);
    alg_put_opt(w, DER_CTX(3), &v->key_alg);
    if (!span_is_absent(v->enc_symm_key))
        der_put_bit_octets(w, DER_CTX_PRIM(2), v->enc_symm_key);
    alg_put_opt(w, DER_CTX(1), &v->symm_alg);
    alg_put_opt(w, DER_CTX(0), &v->intended_alg);
    der_put_header(w, DER_SEQUENCE, mark);
}
