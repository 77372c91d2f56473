#include "asn1/cmp_internal.h"

/* protection [0] PKIProtection, a BIT STRING. */
static enum err protection_read(struct der *in, struct der_bits *out)
{
    struct der tagged;
    struct span octets;

    TRY(der_enter(in, DER_CTX(0), &tagged));
    TRY(der_bit_octets(&tagged, DER_BIT_STRING, &octets));
    TRY(der_end(&tagged));
    *out = (struct der_bits){ octets, 0 };
    return ERR_OK;
}

/*
 * PKIMessage ::= SEQUENCE {
 *     header         PKIHeader,
 *     body           PKIBody,
 *     protection [0] PKIProtection OPTIONAL,
 *     extraCerts [1] SEQUENCE SIZE (1..MAX) OF CMPCertificate OPTIONAL }
 */
static enum err message_read(struct der *in, struct arena *a,
                             struct cmp_message *out)
{
    struct cmp_message msg = { 0 };
    struct der seq;

    TRY(enter_whole(in, DER_SEQUENCE, &seq, &msg.der));
    TRY(der_at(&seq, "header", cmp_header_read(&seq, a, &msg.header)));
    TRY(der_at(&seq, "body", cmp_body_read(&seq, a, &msg.body)));
    if (der_next_is(&seq, DER_CTX(0)))
        TRY(der_at(&seq, "protection", protection_read(&seq, &msg.protection)));
    if (der_next_is(&seq, DER_CTX(1)))
        TRY(der_at(&seq, "extraCerts",
                   certs_read(&seq, DER_CTX(1), a, &msg.extra_certs,
                              &msg.num_extra_certs)));
    TRY(der_end(&seq));
    TRY(der_end(in));
    *out = msg;
    return ERR_OK;
}

enum err cmp_message_read(struct span der, struct arena *a,
                          struct cmp_message *out, struct fault *f)
{
    struct der_fail fail = { 0 };
    struct der in = der_open(der, &fail);
    enum err e;

    if (der.len > LIMIT_MESSAGE_LEN)
        return fault_set(f, ERR_LIMIT, "message of %zu octets, at most %zu",
                         der.len, LIMIT_MESSAGE_LEN);
    e = message_read(&in, a, out);
    if (e != ERR_OK)
        return der_fault(&fail, der, e, f);
    return ERR_OK;
}

enum err cmp_header_peek(struct span der, struct arena *a,
                         struct pki_header *out)
{
    struct der in = der_open(der, NULL), seq;

    if (der.len > LIMIT_MESSAGE_LEN)
        return ERR_LIMIT;
    TRY(der_enter(&in, DER_SEQUENCE, &seq));
    TRY(der_end(&in));
    return cmp_header_read(&seq, a, out);
}

/* Room for the headers around what is copied. */
#define HEADERS_LEN 64

static void protected_part_put(struct der_writer *w, struct span header,
                               struct span body)
{
    size_t mark = der_mark(w);

    der_put_raw(w, body);
    der_put_raw(w, header);
    der_put_header(w, DER_SEQUENCE, mark);
}

enum err cmp_protected_part_write(struct span header, struct span body,
                                  struct arena *a, struct span *out)
{
    struct der_writer w;

    der_writer_init(&w, a, header.len + body.len + HEADERS_LEN);
    protected_part_put(&w, header, body);
    return der_finish(&w, out);
}

struct span cmp_protected_part(const struct cmp_message *msg, struct arena *a)
{
    struct span part;

    if (cmp_protected_part_write(msg->header.der, msg->body.der, a, &part) !=
        ERR_OK)
        return SPAN_NONE;
    return part;
}

enum err cmp_body_write(const struct pki_body *body, struct arena *a,
                        struct span *out)
{
    struct der_writer w;

    der_writer_init(&w, a, 1024);
    body_put(&w, body);
    return der_finish(&w, out);
}

enum err cmp_header_write(const struct pki_header *header, struct arena *a,
                          struct span *out)
{
    struct der_writer w;

    der_writer_init(&w, a, 512);
    header_put(&w, header);
    return der_finish(&w, out);
}

enum err cmp_message_write(struct span header, struct span body,
                           struct span protection,
                           const struct span *extra_certs,
                           size_t num_extra_certs, struct arena *a,
                           struct span *out)
{
    struct der_writer w;
    size_t len = header.len + body.len + protection.len + HEADERS_LEN;
    size_t mark;

    for (size_t i = 0; i < num_extra_certs; i++)
        len += extra_certs[i].len;
    der_writer_init(&w, a, len);
    if (num_extra_certs > 0)
        certs_put(&w, DER_CTX(1), extra_certs, num_extra_certs);
    if (!span_is_absent(protection)) {
        mark = der_mark(&w);
        der_put_bit_octets(&w, DER_BIT_STRING, protection);
        der_put_header(&w, DER_CTX(0), mark);
    }
    der_put_raw(&w, body);
    der_put_raw(&w, header);
    der_put_header(&w, DER_SEQUENCE, 0);
    return der_finish(&w, out);
}
