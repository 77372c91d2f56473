#include "asn1/cms_internal.h"

/* IssuerAndSerialNumber ::= SEQUENCE { issuer Name, serialNumber INTEGER } */
static enum err issuer_serial_read(struct der *in, struct cms_id *out)
{
    struct cms_id id = { .type = CMS_ID_ISSUER_SERIAL };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "issuer", name_read(&seq, &id.issuer)));
    TRY(der_at(&seq, "serialNumber",
               der_uint(&seq, DER_INTEGER, LIMIT_SERIAL_LEN, &id.serial)));
    TRY(der_end(&seq));
    *out = id;
    return ERR_OK;
}

/* RecipientIdentifier, SignerIdentifier: issuer and serial number, or
 * subjectKeyIdentifier [0] OCTET STRING. */
enum err cms_id_read(struct der *in, struct cms_id *out)
{
    struct cms_id id = { .type = CMS_ID_KEY_ID };
    struct der at = *in;

    if (!der_next_is(in, DER_CTX_PRIM(0)))
        return issuer_serial_read(in, out);
    TRY(der_content(in, DER_CTX_PRIM(0), &id.key_id));
    if (id.key_id.len > LIMIT_ID_LEN)
        return der_refuse(&at, ERR_LIMIT);
    *out = id;
    return ERR_OK;
}

void cms_id_put(struct der_writer *w, const struct cms_id *id)
{
    size_t mark = der_mark(w);

    switch (id->type) {
    case CMS_ID_ISSUER_SERIAL:
        der_put_uint(w, DER_INTEGER, id->serial);
        der_put_raw(w, id->issuer);
        der_put_header(w, DER_SEQUENCE, mark);
        break;
    case CMS_ID_KEY_ID:
        der_put_octets(w, DER_CTX_PRIM(0), id->key_id);
        break;
    case CMS_ID_ORIGINATOR_KEY:
        der_put_bit_octets(w, DER_BIT_STRING, id->originator_key.key);
        alg_put(w, &id->originator_key.alg);
        der_put_header(w, DER_CTX(1), mark);
        break;
    }
}

/*
 * KeyTransRecipientInfo ::= SEQUENCE {
 *     version                 INTEGER,
 *     rid                     RecipientIdentifier,
 *     keyEncryptionAlgorithm  AlgorithmIdentifier,
 *     encryptedKey            OCTET STRING }
 */
static enum err ktri_read(struct der *seq, struct cms_recipient *r)
{
    TRY(der_at(seq, "version", der_int64(seq, &r->version)));
    TRY(der_at(seq, "rid", cms_id_read(seq, &r->rid)));
    TRY(der_at(seq, "keyEncryptionAlgorithm",
               alg_id_read(seq, &r->key_enc_alg)));
    TRY(der_at(seq, "encryptedKey", der_octets(seq, &r->encrypted_key)));
    return der_end(seq);
}

/*
 * originator [0] EXPLICIT CHOICE {
 *     issuerAndSerialNumber    IssuerAndSerialNumber,
 *     subjectKeyIdentifier [0] OCTET STRING,
 *     originatorKey        [1] SEQUENCE { AlgorithmIdentifier, BIT STRING } }
 */
static enum err originator_read(struct der *in, struct cms_id *out)
{
    struct cms_id id = { .type = CMS_ID_ORIGINATOR_KEY };
    struct der tagged, key;

    TRY(der_enter(in, DER_CTX(0), &tagged));
    if (der_next_is(&tagged, DER_CTX(1))) {
        TRY(der_enter(&tagged, DER_CTX(1), &key));
        TRY(spki_read_content(&key, &id.originator_key));
    } else {
        TRY(cms_id_read(&tagged, &id));
    }
    TRY(der_end(&tagged));
    *out = id;
    return ERR_OK;
}

/* rKeyId [0] SEQUENCE { subjectKeyIdentifier OCTET STRING, ... } */
static enum err key_agree_rid_read(struct der *in, struct cms_id *out)
{
    struct cms_id id = { .type = CMS_ID_KEY_ID };
    struct der seq;

    if (!der_next_is(in, DER_CTX(0)))
        return issuer_serial_read(in, out);
    TRY(der_enter(in, DER_CTX(0), &seq));
    TRY(octets_read(&seq, LIMIT_ID_LEN, &id.key_id));
    TRY(der_end(&seq));
    *out = id;
    return ERR_OK;
}

/* RecipientEncryptedKey ::= SEQUENCE { rid, encryptedKey OCTET STRING } */
static enum err recipient_key_read(struct der *in,
                                   struct cms_recipient_key *out)
{
    struct cms_recipient_key key = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "rid", key_agree_rid_read(&seq, &key.rid)));
    TRY(der_at(&seq, "encryptedKey", der_octets(&seq, &key.encrypted_key)));
    TRY(der_end(&seq));
    *out = key;
    return ERR_OK;
}

static enum err recipient_keys_read(struct der *in, struct arena *a,
                                    struct cms_recipient *r)
{
    struct cms_recipient_key *list;
    struct list_room room = { 0 };

    TRY(list_enter(in, LIMIT_CMS_PARTS, sizeof(*list), a, &room));
    list = room.things;
    for (size_t i = 0; i < room.num; i++)
        TRY(der_nth(&room.seq, i, recipient_key_read(&room.seq, &list[i])));
    r->keys = list;
    r->num_keys = room.num;
    return ERR_OK;
}

/*
 * KeyAgreeRecipientInfo ::= SEQUENCE { -- [1] IMPLICIT
 *     version                 INTEGER,
 *     originator          [0] EXPLICIT OriginatorIdentifierOrKey,
 *     ukm                 [1] EXPLICIT OCTET STRING OPTIONAL,
 *     keyEncryptionAlgorithm  AlgorithmIdentifier,
 *     recipientEncryptedKeys  SEQUENCE OF RecipientEncryptedKey }
 */
static enum err kari_read(struct der *seq, struct arena *a,
                          struct cms_recipient *r)
{
    TRY(der_at(seq, "version", der_int64(seq, &r->version)));
    TRY(der_at(seq, "originator", originator_read(seq, &r->originator)));
    TRY(der_at(seq, "ukm",
               octets_read_opt(seq, DER_CTX(1), LIMIT_ID_LEN, &r->ukm)));
    TRY(der_at(seq, "keyEncryptionAlgorithm",
               alg_id_read(seq, &r->key_enc_alg)));
    TRY(der_at(seq, "recipientEncryptedKeys", recipient_keys_read(seq, a, r)));
    return der_end(seq);
}

static enum err kdf_alg_read(struct der *in, struct alg_id *out)
{
    struct der content;

    TRY(der_enter(in, DER_CTX(0), &content));
    return alg_id_read_content(&content, out);
}

/*
 * PasswordRecipientInfo ::= SEQUENCE { -- [3] IMPLICIT
 *     version                    INTEGER,
 *     keyDerivationAlgorithm [0] AlgorithmIdentifier OPTIONAL,
 *     keyEncryptionAlgorithm     AlgorithmIdentifier,
 *     encryptedKey               OCTET STRING }
 */
static enum err pwri_read(struct der *seq, struct cms_recipient *r)
{
    TRY(der_at(seq, "version", der_int64(seq, &r->version)));
    if (der_next_is(seq, DER_CTX(0)))
        TRY(der_at(seq, "keyDerivationAlgorithm",
                   kdf_alg_read(seq, &r->kdf_alg)));
    TRY(der_at(seq, "keyEncryptionAlgorithm",
               alg_id_read(seq, &r->key_enc_alg)));
    TRY(der_at(seq, "encryptedKey", der_octets(seq, &r->encrypted_key)));
    return der_end(seq);
}

/*
 * RecipientInfo ::= CHOICE {
 *     ktri      KeyTransRecipientInfo,
 *     kari  [1] KeyAgreeRecipientInfo,
 *     kekri [2] KEKRecipientInfo,
 *     pwri  [3] PasswordRecipientInfo,
 *     ori   [4] OtherRecipientInfo }
 */
static enum err recipient_read(struct der *in, struct arena *a,
                               struct cms_recipient *out)
{
    struct cms_recipient r = { .type = CMS_KTRI };
    unsigned tag = der_next_tag(in);
    struct der seq;

    if (tag != DER_SEQUENCE && (tag < DER_CTX(1) || tag > DER_CTX(4)))
        return der_refuse(in, ERR_BAD_DER);
    if (tag != DER_SEQUENCE)
        r.type = (enum cms_recipient_type)(tag - DER_CTX(0));
    TRY(enter_whole(in, tag, &seq, &r.der));
    switch (r.type) {
    case CMS_KTRI:
        TRY(der_at(in, "ktri", ktri_read(&seq, &r)));
        break;
    case CMS_KARI:
        TRY(der_at(in, "kari", kari_read(&seq, a, &r)));
        break;
    case CMS_PWRI:
        TRY(der_at(in, "pwri", pwri_read(&seq, &r)));
        break;
    case CMS_KEKRI:
    case CMS_ORI:
        break;
    }
    *out = r;
    return ERR_OK;
}

static void kari_put(struct der_writer *w, const struct cms_recipient *r)
{
    size_t whole = der_mark(w), mark, id;

    for (size_t i = r->num_keys; i > 0; i--) {
        const struct cms_recipient_key *key = &r->keys[i - 1];

        mark = der_mark(w);
        der_put_octets(w, DER_OCTET_STRING, key->encrypted_key);
        id = der_mark(w);
        if (key->rid.type == CMS_ID_KEY_ID) {
            der_put_octets(w, DER_OCTET_STRING, key->rid.key_id);
            der_put_header(w, DER_CTX(0), id);
        } else {
            cms_id_put(w, &key->rid);
        }
        der_put_header(w, DER_SEQUENCE, mark);
    }
    der_put_header(w, DER_SEQUENCE, whole);
    alg_put(w, &r->key_enc_alg);
    octets_put_opt(w, DER_CTX(1), r->ukm);
    mark = der_mark(w);
    cms_id_put(w, &r->originator);
    der_put_header(w, DER_CTX(0), mark);
    der_put_int64(w, DER_INTEGER, r->version);
    der_put_header(w, DER_CTX(CMS_KARI), whole);
}

static void recipient_put(struct der_writer *w, const struct cms_recipient *r)
{
    size_t whole = der_mark(w), mark;

    switch (r->type) {
    case CMS_KTRI:
        der_put_octets(w, DER_OCTET_STRING, r->encrypted_key);
        alg_put(w, &r->key_enc_alg);
        cms_id_put(w, &r->rid);
        der_put_int64(w, DER_INTEGER, r->version);
        der_put_header(w, DER_SEQUENCE, whole);
        break;
    case CMS_KARI:
        kari_put(w, r);
        break;
    case CMS_PWRI:
        der_put_octets(w, DER_OCTET_STRING, r->encrypted_key);
        alg_put(w, &r->key_enc_alg);
        mark = der_mark(w);
        if (alg_is_there(&r->kdf_alg)) {
            alg_put_content(w, &r->kdf_alg);
            der_put_header(w, DER_CTX(0), mark);
        }
        der_put_int64(w, DER_INTEGER, r->version);
        der_put_header(w, DER_CTX(CMS_PWRI), whole);
        break;
    case CMS_KEKRI:
    case CMS_ORI:
        der_put_raw(w, r->der);
        break;
    }
}

/* SET SIZE (1..MAX) OF RecipientInfo */
static enum err recipients_read(struct der *in, struct arena *a,
                                struct cms_enveloped *e)
{
    struct cms_recipient *list;
    struct der set;
    size_t num = 0;

    TRY(der_enter(in, DER_SET, &set));
    if (!der_has_more(&set))
        return der_refuse(&set, ERR_BAD_DER);
    TRY(set_count(&set, LIMIT_CMS_PARTS, &num));
    list = arena_array(a, num, sizeof(*list));
    if (list == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < num; i++)
        TRY(der_nth(&set, i, recipient_read(&set, a, &list[i])));
    e->recipients = list;
    e->num_recipients = num;
    return ERR_OK;
}

/*
 * EncryptedContentInfo ::= SEQUENCE {
 *     contentType                 OBJECT IDENTIFIER,
 *     contentEncryptionAlgorithm  AlgorithmIdentifier,
 *     encryptedContent        [0] OCTET STRING OPTIONAL }
 */
static enum err encrypted_content_read(struct der *in, struct cms_enveloped *e)
{
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "contentType", der_oid(&seq, &e->content_oid)));
    TRY(der_at(&seq, "contentEncryptionAlgorithm",
               alg_id_read(&seq, &e->content_enc_alg)));
    if (der_has_more(&seq))
        TRY(der_at(&seq, "encryptedContent",
                   der_content(&seq, DER_CTX_PRIM(0), &e->encrypted_content)));
    e->content_id = oid_find(e->content_oid);
    return der_end(&seq);
}

/*
 * EnvelopedData ::= SEQUENCE {
 *     version              INTEGER,
 *     originatorInfo   [0] OriginatorInfo OPTIONAL,
 *     recipientInfos       SET SIZE (1..MAX) OF RecipientInfo,
 *     encryptedContentInfo EncryptedContentInfo,
 *     unprotectedAttrs [1] SET SIZE (1..MAX) OF Attribute OPTIONAL }
 */
enum err cms_enveloped_read(struct der *in, unsigned tag, struct arena *a,
                            struct cms_enveloped *out)
{
    struct cms_enveloped e = { 0 };
    struct der seq;

    TRY(der_enter(in, tag, &seq));
    TRY(der_at(&seq, "version", der_int64(&seq, &e.version)));
    if (der_next_is(&seq, DER_CTX(0)))
        TRY(der_at(&seq, "originatorInfo",
                   der_element(&seq, DER_CTX(0), &e.originator_info)));
    TRY(der_at(&seq, "recipientInfos", recipients_read(&seq, a, &e)));
    TRY(der_at(&seq, "encryptedContentInfo", encrypted_content_read(&seq, &e)));
    if (der_has_more(&seq))
        TRY(der_at(&seq, "unprotectedAttrs",
                   der_element(&seq, DER_CTX(1), &e.unprotected_attrs)));
    TRY(der_end(&seq));
    *out = e;
    return ERR_OK;
}

/* The recipients one by one, so that they can be put in order. */
static void recipients_put(struct der_writer *w, const struct cms_enveloped *e)
{
    struct span elements[LIMIT_CMS_PARTS];

    if (e->num_recipients > LIMIT_CMS_PARTS) {
        w->failed = ERR_LIMIT;
        return;
    }
    for (size_t i = 0; i < e->num_recipients; i++) {
        struct der_writer one;

        der_writer_init(&one, w->arena, 512);
        recipient_put(&one, &e->recipients[i]);
        if (der_finish(&one, &elements[i]) != ERR_OK) {
            w->failed = one.failed;
            return;
        }
    }
    set_put(w, DER_SET, elements, e->num_recipients);
}

void cms_enveloped_put(struct der_writer *w, unsigned tag,
                       const struct cms_enveloped *e)
{
    size_t whole = der_mark(w), mark;

    if (!span_is_absent(e->unprotected_attrs))
        der_put_raw(w, e->unprotected_attrs);
    mark = der_mark(w);
    if (!span_is_absent(e->encrypted_content))
        der_put_octets(w, DER_CTX_PRIM(0), e->encrypted_content);
    alg_put(w, &e->content_enc_alg);
    der_put_oid(w, e->content_oid);
    der_put_header(w, DER_SEQUENCE, mark);
    recipients_put(w, e);
    if (!span_is_absent(e->originator_info))
        der_put_raw(w, e->originator_info);
    der_put_int64(w, DER_INTEGER, e->version);
    der_put_header(w, tag, whole);
}
