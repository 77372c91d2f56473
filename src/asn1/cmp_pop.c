#include "asn1/cmp_internal.h"

/*
 * An INTEGER of any sign as its content octets, in the minimal form. A
 * challenger draws it at random, and some draw octets.
 */
static enum err integer_read(struct der *in, struct span *out)
{
    struct der at = *in;
    struct span c;

    TRY(der_content(in, DER_INTEGER, &c));
    if (c.len == 0)
        return der_refuse(&at, ERR_BAD_DER);
    if (c.len > 1 && ((c.ptr[0] == 0x00 && (c.ptr[1] & 0x80u) == 0) ||
                      (c.ptr[0] == 0xff && (c.ptr[1] & 0x80u) != 0)))
        return der_refuse(&at, ERR_BAD_DER);
    if (c.len > LIMIT_POP_INTEGER_LEN)
        return der_refuse(&at, ERR_LIMIT);
    *out = c;
    return ERR_OK;
}

/*
 * Challenge ::= SEQUENCE {
 *     owf               AlgorithmIdentifier OPTIONAL,
 *     witness           OCTET STRING,
 *     challenge         OCTET STRING,
 *     encryptedRand [0] EnvelopedData OPTIONAL }
 */
static enum err challenge_read(struct der *in, struct pop_challenge *out)
{
    struct pop_challenge c = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    if (der_next_is(&seq, DER_SEQUENCE))
        TRY(der_at(&seq, "owf", alg_id_read(&seq, &c.owf)));
    TRY(der_at(&seq, "witness", octets_read(&seq, LIMIT_ID_LEN, &c.witness)));
    TRY(der_at(&seq, "challenge",
               octets_read(&seq, LIMIT_CHALLENGE_LEN, &c.challenge)));
    if (der_next_is(&seq, DER_CTX(0)))
        TRY(der_at(&seq, "encryptedRand",
                   tagged_whole_read(&seq, DER_CTX(0), &c.encrypted_rand)));
    TRY(der_end(&seq));
    *out = c;
    return ERR_OK;
}

static void challenge_put(struct der_writer *w, const struct pop_challenge *c)
{
    size_t mark = der_mark(w);

    tagged_raw_put(w, DER_CTX(0), c->encrypted_rand);
    der_put_octets(w, DER_OCTET_STRING, c->challenge);
    der_put_octets(w, DER_OCTET_STRING, c->witness);
    if (alg_is_there(&c->owf))
        alg_put(w, &c->owf);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* POPODecKeyChallContent ::= SEQUENCE OF Challenge */
enum err pop_challenges_read(struct der *in, struct arena *a,
                             struct pop_challenges *out)
{
    struct list_room room = { 0 };
    struct pop_challenge *list;

    TRY(list_enter(in, LIMIT_CERT_REQ_MSGS, sizeof(*list), a, &room));
    list = room.things;
    for (size_t i = 0; i < room.num; i++)
        TRY(der_nth(&room.seq, i, challenge_read(&room.seq, &list[i])));
    *out = (struct pop_challenges){ list, room.num };
    return ERR_OK;
}

void pop_challenges_put(struct der_writer *w, const struct pop_challenges *x)
{
    size_t mark = der_mark(w);

    for (size_t i = x->num; i > 0; i--)
        challenge_put(w, &x->list[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* POPODecKeyRespContent ::= SEQUENCE OF INTEGER */
enum err pop_answers_read(struct der *in, struct arena *a,
                          struct pop_answers *out)
{
    struct list_room room = { 0 };
    struct span *list;

    TRY(list_enter(in, LIMIT_CERT_REQ_MSGS, sizeof(*list), a, &room));
    list = room.things;
    for (size_t i = 0; i < room.num; i++)
        TRY(der_nth(&room.seq, i, integer_read(&room.seq, &list[i])));
    *out = (struct pop_answers){ list, room.num };
    return ERR_OK;
}

void pop_answers_put(struct der_writer *w, const struct pop_answers *x)
{
    size_t mark = der_mark(w);

    for (size_t i = x->num; i > 0; i--)
        der_put_content(w, DER_INTEGER, x->list[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* Rand ::= SEQUENCE { int INTEGER, sender GeneralName } */
enum err pop_rand_read(struct der *in, struct pop_rand *out)
{
    struct pop_rand r = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "int", integer_read(&seq, &r.integer)));
    TRY(der_at(&seq, "sender", general_name_read(&seq, &r.sender)));
    TRY(der_end(&seq));
    *out = r;
    return ERR_OK;
}

void pop_rand_put(struct der_writer *w, const struct pop_rand *r)
{
    size_t mark = der_mark(w);

    general_name_put(w, &r->sender);
    der_put_content(w, DER_INTEGER, r->integer);
    der_put_header(w, DER_SEQUENCE, mark);
}
