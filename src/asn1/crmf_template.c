#include "asn1/cmp_internal.h"

/* A Name under an explicit tag. */
static enum err tagged_name_read(struct der *in, unsigned tag, struct span *out)
{
    struct der tagged;
    struct span name;

    TRY(der_enter(in, tag, &tagged));
    TRY(name_read(&tagged, &name));
    TRY(der_end(&tagged));
    *out = name;
    return ERR_OK;
}

static enum err tagged_time_read(struct der *in, unsigned tag, int64_t *out)
{
    struct der tagged;
    int64_t seconds;

    TRY(der_enter(in, tag, &tagged));
    TRY(time_read(&tagged, &seconds));
    TRY(der_end(&tagged));
    *out = seconds;
    return ERR_OK;
}

/*
 * OptionalValidity ::= SEQUENCE {
 *     notBefore [0] Time OPTIONAL,
 *     notAfter  [1] Time OPTIONAL } -- at least one
 */
static enum err validity_read(struct der *in, struct cert_template *t)
{
    struct der seq;

    TRY(der_enter(in, DER_CTX(4), &seq));
    if (!der_has_more(&seq))
        return der_refuse(&seq, ERR_BAD_DER);
    t->has_not_before = der_next_is(&seq, DER_CTX(0));
    if (t->has_not_before)
        TRY(der_at(&seq, "notBefore",
                   tagged_time_read(&seq, DER_CTX(0), &t->not_before)));
    t->has_not_after = der_next_is(&seq, DER_CTX(1));
    if (t->has_not_after)
        TRY(der_at(&seq, "notAfter",
                   tagged_time_read(&seq, DER_CTX(1), &t->not_after)));
    return der_end(&seq);
}

static enum err signing_alg_read(struct der *in, struct alg_id *out)
{
    struct der content;

    TRY(der_enter(in, DER_CTX(2), &content));
    return alg_id_read_content(&content, out);
}

static enum err public_key_read(struct der *in, struct spki *out)
{
    struct der content;

    TRY(der_enter(in, DER_CTX(6), &content));
    return spki_read_content(&content, out);
}

static enum err template_extensions_read(struct der *in, struct arena *a,
                                         struct extensions *out)
{
    struct der content;

    TRY(der_enter(in, DER_CTX(9), &content));
    return extensions_read_content(&content, a, out);
}

/* version to subject: what stands before the key. */
static enum err template_head_read(struct der *seq, struct cert_template *t)
{
    t->has_version = der_next_is(seq, DER_CTX_PRIM(0));
    if (t->has_version)
        TRY(der_at(seq, "version",
                   small_uint_read(seq, DER_CTX_PRIM(0), &t->version)));
    if (der_next_is(seq, DER_CTX_PRIM(1)))
        TRY(der_at(
            seq, "serialNumber",
            der_uint(seq, DER_CTX_PRIM(1), LIMIT_SERIAL_LEN, &t->serial)));
    if (der_next_is(seq, DER_CTX(2)))
        TRY(der_at(seq, "signingAlg", signing_alg_read(seq, &t->signing_alg)));
    if (der_next_is(seq, DER_CTX(3)))
        TRY(der_at(seq, "issuer",
                   tagged_name_read(seq, DER_CTX(3), &t->issuer)));
    if (der_next_is(seq, DER_CTX(4)))
        TRY(der_at(seq, "validity", validity_read(seq, t)));
    if (der_next_is(seq, DER_CTX(5)))
        TRY(der_at(seq, "subject",
                   tagged_name_read(seq, DER_CTX(5), &t->subject)));
    return ERR_OK;
}

/* publicKey to extensions. */
static enum err template_tail_read(struct der *seq, struct arena *a,
                                   struct cert_template *t)
{
    t->has_public_key = der_next_is(seq, DER_CTX(6));
    if (t->has_public_key)
        TRY(der_at(seq, "publicKey", public_key_read(seq, &t->public_key)));
    t->has_issuer_uid = der_next_is(seq, DER_CTX_PRIM(7));
    if (t->has_issuer_uid)
        TRY(der_at(seq, "issuerUID",
                   der_bits(seq, DER_CTX_PRIM(7), &t->issuer_uid)));
    t->has_subject_uid = der_next_is(seq, DER_CTX_PRIM(8));
    if (t->has_subject_uid)
        TRY(der_at(seq, "subjectUID",
                   der_bits(seq, DER_CTX_PRIM(8), &t->subject_uid)));
    t->has_extensions = der_next_is(seq, DER_CTX(9));
    if (t->has_extensions)
        TRY(der_at(seq, "extensions",
                   template_extensions_read(seq, a, &t->extensions)));
    return ERR_OK;
}

/*
 * CertTemplate ::= SEQUENCE {
 *     version      [0] Version               OPTIONAL,
 *     serialNumber [1] INTEGER               OPTIONAL,
 *     signingAlg   [2] AlgorithmIdentifier   OPTIONAL,
 *     issuer       [3] Name                  OPTIONAL,
 *     validity     [4] OptionalValidity      OPTIONAL,
 *     subject      [5] Name                  OPTIONAL,
 *     publicKey    [6] SubjectPublicKeyInfo  OPTIONAL,
 *     issuerUID    [7] UniqueIdentifier      OPTIONAL,
 *     subjectUID   [8] UniqueIdentifier      OPTIONAL,
 *     extensions   [9] Extensions            OPTIONAL }
 * Tags are IMPLICIT, but Name is a CHOICE, which makes its tag explicit.
 */
enum err cert_template_read(struct der *in, struct arena *a,
                            struct cert_template *out)
{
    struct cert_template t = { 0 };
    struct der seq;

    TRY(enter_whole(in, DER_SEQUENCE, &seq, &t.der));
    TRY(template_head_read(&seq, &t));
    TRY(template_tail_read(&seq, a, &t));
    TRY(der_end(&seq));
    *out = t;
    return ERR_OK;
}

static void tagged_name_put(struct der_writer *w, unsigned tag,
                            struct span name)
{
    size_t mark = der_mark(w);

    if (span_is_absent(name))
        return;
    der_put_raw(w, name);
    der_put_header(w, tag, mark);
}

static void tagged_time_put(struct der_writer *w, unsigned tag, int64_t seconds)
{
    size_t mark = der_mark(w);

    der_put_time(w, seconds);
    der_put_header(w, tag, mark);
}

static void validity_put(struct der_writer *w, const struct cert_template *t)
{
    size_t mark = der_mark(w);

    if (!t->has_not_before && !t->has_not_after)
        return;
    if (t->has_not_after)
        tagged_time_put(w, DER_CTX(1), t->not_after);
    if (t->has_not_before)
        tagged_time_put(w, DER_CTX(0), t->not_before);
    der_put_header(w, DER_CTX(4), mark);
}

static void template_tail_put(struct der_writer *w,
                              const struct cert_template *t)
{
    size_t mark = der_mark(w);

    if (t->has_extensions) {
        extensions_put_content(w, &t->extensions);
        der_put_header(w, DER_CTX(9), mark);
    }
    if (t->has_subject_uid)
        der_put_bits(w, DER_CTX_PRIM(8), &t->subject_uid);
    if (t->has_issuer_uid)
        der_put_bits(w, DER_CTX_PRIM(7), &t->issuer_uid);
    if (t->has_public_key) {
        mark = der_mark(w);
        der_put_bit_octets(w, DER_BIT_STRING, t->public_key.key);
        alg_put(w, &t->public_key.alg);
        der_put_header(w, DER_CTX(6), mark);
    }
}

void cert_template_put(struct der_writer *w, const struct cert_template *t)
{
    size_t whole = der_mark(w);
    size_t mark;

    template_tail_put(w, t);
    tagged_name_put(w, DER_CTX(5), t->subject);
    validity_put(w, t);
    tagged_name_put(w, DER_CTX(3), t->issuer);
    if (!span_is_absent(t->signing_alg.oid)) {
        mark = der_mark(w);
        alg_put_content(w, &t->signing_alg);
        der_put_header(w, DER_CTX(2), mark);
    }
    if (!span_is_absent(t->serial))
        der_put_uint(w, DER_CTX_PRIM(1), t->serial);
    if (t->has_version)
        der_put_int64(w, DER_CTX_PRIM(0), t->version);
    der_put_header(w, DER_SEQUENCE, whole);
}
