/*
 * ccr: another CA, below ours or another operator's, asks for its certificate
 * (RFC 9810, 5.3.11, 6.6 and D.6).
 */
#include "base/limits.h"
#include "profile/internal.h"

static enum err constraints_read(struct span value, struct ca_wish *wish)
{
    struct der in = der_open(value, NULL), seq;

    TRY(der_enter(&in, DER_SEQUENCE, &seq));
    if (der_next_is(&seq, DER_BOOLEAN))
        TRY(der_bool(&seq, &wish->is_ca));
    wish->has_path_len = der_next_is(&seq, DER_INTEGER);
    if (wish->has_path_len)
        TRY(der_int64(&seq, &wish->path_len));
    TRY(der_end(&seq));
    if (wish->path_len < 0)
        return ERR_BAD_DER;
    return der_end(&in);
}

static enum err usage_read(struct span value, struct ca_wish *wish)
{
    struct der in = der_open(value, NULL);

    TRY(der_named_bits(&in, DER_BIT_STRING, &wish->key_usage));
    return der_end(&in);
}

static enum err key_id_read(struct span value, struct ca_wish *wish)
{
    struct der in = der_open(value, NULL);

    TRY(der_octets(&in, &wish->key_id));
    if (wish->key_id.len == 0 || wish->key_id.len > LIMIT_ID_LEN)
        return ERR_BAD_DER;
    return der_end(&in);
}

enum err ca_wish_read(const struct cert_template *t, struct ca_wish *out)
{
    static const struct {
        enum oid id;
        enum err (*read)(struct span value, struct ca_wish *wish);
    } readers[] = {
        { OID_ID_CE_BASIC_CONSTRAINTS, constraints_read },
        { OID_ID_CE_KEY_USAGE, usage_read },
        { OID_ID_CE_SUBJECT_KEY_IDENTIFIER, key_id_read },
    };
    struct ca_wish wish = { 0 };

    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        const struct extension *ext =
            extension_find(&t->extensions, readers[i].id);

        if (ext != NULL)
            TRY(readers[i].read(ext->value, &wish));
    }
    *out = wish;
    return ERR_OK;
}

static const struct cert_template *template_of(const struct judged *in)
{
    return &in->req->cert_req.cert_template;
}

/* --- the message alone --- */

enum verdict check_ccr_complete(const struct judged *in, struct found *found)
{
    const struct cert_template *t = template_of(in);
    const struct {
        bool is_there;
        const char *path;
    } parts[] = {
        { !span_is_absent(t->signing_alg.oid), "certTemplate.signingAlg" },
        { !span_is_absent(t->issuer) && !name_is_null(t->issuer),
          "certTemplate.issuer" },
        { t->has_not_before, "certTemplate.validity.notBefore" },
        { t->has_not_after, "certTemplate.validity.notAfter" },
        { !span_is_absent(t->subject) && !name_is_null(t->subject),
          "certTemplate.subject" },
        { t->has_public_key && t->public_key.key.len > 0,
          "certTemplate.publicKey" },
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (!parts[i].is_there)
            return broken(found, parts[i].path, "none");
    return VERDICT_HOLDS;
}

enum verdict check_ccr_ca(const struct judged *in, struct found *found)
{
    struct ca_wish wish;

    if (ca_wish_read(template_of(in), &wish) != ERR_OK)
        return broken(found, "certTemplate.extensions",
                      "one whose value is not its type");
    if (!wish.is_ca)
        return broken(found, "certTemplate.extensions.basicConstraints",
                      "no cA");
    if ((wish.key_usage & KU_KEY_CERT_SIGN) == 0)
        return broken(found, "certTemplate.extensions.keyUsage",
                      "no keyCertSign");
    return VERDICT_HOLDS;
}

/* To leave out an extension that was asked for is to grant more than was asked
 * for, where that one would have been a constraint. */
enum verdict check_ccr_no_more(const struct judged *in, struct found *found)
{
    static const enum oid granted[] = {
        OID_ID_CE_BASIC_CONSTRAINTS,
        OID_ID_CE_KEY_USAGE,
        OID_ID_CE_SUBJECT_KEY_IDENTIFIER,
        OID_ID_CE_AUTHORITY_KEY_IDENTIFIER,
    };
    const struct extensions *exts = &template_of(in)->extensions;
    struct ca_wish wish;
    char name[64];

    for (size_t i = 0; i < exts->num; i++) {
        struct alg_id ext = { .oid = exts->list[i].oid };
        bool is_granted = false;

        for (size_t k = 0; k < sizeof(granted) / sizeof(granted[0]); k++)
            is_granted |= exts->list[i].id == granted[k];
        if (is_granted)
            continue;
        describe_alg(&ext, name, sizeof(name));
        return broken(found, "certTemplate.extensions", "%s", name);
    }
    if (ca_wish_read(template_of(in), &wish) == ERR_OK &&
        (wish.key_usage & ~(uint32_t)(KU_KEY_CERT_SIGN | KU_CRL_SIGN)) != 0)
        return broken(found, "certTemplate.extensions.keyUsage",
                      "more than keyCertSign and cRLSign");
    return VERDICT_HOLDS;
}

enum verdict check_ccr_popo(const struct judged *in, struct found *found)
{
    if (in->req->popo.type == POPO_SIGNATURE)
        return VERDICT_HOLDS;
    return broken(found, "popo", "%s",
                  pop_method_word(pop_method_of(&in->req->popo)));
}

/* --- against the facts --- */

enum verdict check_ccr_issuer(const struct judged *in, struct found *found)
{
    if (name_is_equal(template_of(in)->issuer, in->facts->ca_subject))
        return VERDICT_HOLDS;
    return broken(found, "certTemplate.issuer", "another authority");
}

enum verdict check_ccr_subject(const struct judged *in, struct found *found)
{
    if (name_is_equal(template_of(in)->subject, in->facts->peer->subject))
        return VERDICT_HOLDS;
    return broken(found, "certTemplate.subject", "another name");
}

enum verdict check_ccr_path_len(const struct judged *in, struct found *found)
{
    struct ca_wish wish = { 0 };

    if (ca_wish_read(template_of(in), &wish) == ERR_OK &&
        (!wish.has_path_len || wish.path_len <= in->facts->peer->path_len))
        return VERDICT_HOLDS;
    return broken(found, "certTemplate.extensions.basicConstraints",
                  "pathLenConstraint %lld, above %lld",
                  (long long)wish.path_len,
                  (long long)in->facts->peer->path_len);
}

enum verdict check_ccr_alg(const struct judged *in, struct found *found)
{
    const struct alg_id *alg = &template_of(in)->signing_alg;
    char name[64];

    if (sig_alg_find(alg) == in->facts->peer->ca_alg)
        return VERDICT_HOLDS;
    describe_alg(alg, name, sizeof(name));
    return broken(found, "certTemplate.signingAlg", "%s", name);
}

enum verdict check_ccr_dates(const struct judged *in, struct found *found)
{
    const struct cert_template *t = template_of(in);

    if (t->not_after <= in->facts->now)
        return broken(found, "certTemplate.validity.notAfter",
                      "a time gone by");
    if (t->not_before >= t->not_after)
        return broken(found, "certTemplate.validity", "one without duration");
    if (t->not_before >= in->facts->peer->until)
        return broken(found, "certTemplate.validity.notBefore",
                      "a time after the end of what may be granted");
    return VERDICT_HOLDS;
}

enum verdict check_ccr_key(const struct judged *in, struct found *found)
{
    if (!same_key(&template_of(in)->public_key, in->facts->peer->ca_key))
        return VERDICT_HOLDS;
    return broken(found, "certTemplate.publicKey", "the key of this CA");
}
