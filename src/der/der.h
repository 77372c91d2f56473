/*
 * DER (X.690): a strict reading cursor and a writer.
 *
 * Reading: `struct der` is the next byte and the end. Entering an element
 * yields a cursor bounded by it, so nothing can be read past its parent and
 * nothing is copied. Lengths are minimal and definite, tags have one byte
 * (no type of ours has a number above 30), INTEGERs are minimal, BOOLEANs are
 * 00 or FF, BIT STRINGs have zero padding bits.
 *
 * Every reader fails with ERR_BAD_DER (or ERR_LIMIT where it says so), leaves
 * its output untouched then, and notes the place once in `fail`, if the cursor
 * has one.
 */
#ifndef DER_DER_H
#define DER_DER_H

#include "base/arena.h"
#include "base/error.h"
#include "base/span.h"

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_ENUMERATED = 0x0a,
    DER_UTF8_STRING = 0x0c,
    DER_PRINTABLE_STRING = 0x13,
    DER_TELETEX_STRING = 0x14,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_UNIVERSAL_STRING = 0x1c,
    DER_BMP_STRING = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31
};

/* Context tags: constructed [n] (explicit, or implicit over a constructed
 * type) and primitive [n] (implicit over a primitive type). */
#define DER_CTX(n) (0xa0u | (n))
#define DER_CTX_PRIM(n) (0x80u | (n))

/* "INTEGER" for DER_INTEGER, as ASN.1 writes it; "" for a tag not above. */
const char *der_tag_name(unsigned tag);

/*
 * Where reading failed first, and the tag that was expected there (0: any).
 * `path` names the field ("header.generalInfo[2].infoValue"); der_at and
 * der_nth build it while the failure passes up. All zero at the start.
 */
struct der_fail {
    const uint8_t *at;
    unsigned expected;
    char path[112];
};

struct der {
    const uint8_t *next;
    const uint8_t *end;
    struct der_fail *fail;
};

/* A cursor over all of `bytes`; `fail` may be NULL. */
struct der der_open(struct span bytes, struct der_fail *fail);

/* True while there is something left. */
static inline bool der_has_more(const struct der *in)
{
    return in->next < in->end;
}

/* True when the next element has this tag. Reads nothing. */
bool der_next_is(const struct der *in, unsigned tag);

/* The next element's tag, or 0 at the end or where no tag can stand. */
unsigned der_next_tag(const struct der *in);

/* Moves past the next element, which has this tag; `out` covers its content. */
MUST_USE enum err der_enter(struct der *in, unsigned tag, struct der *out);

/* The content of the next element, which has this tag. */
MUST_USE enum err der_content(struct der *in, unsigned tag, struct span *out);

/* The whole next element, tag and length included. */
MUST_USE enum err der_element(struct der *in, unsigned tag, struct span *out);
MUST_USE enum err der_any(struct der *in, unsigned *tag, struct span *whole);

/*
 * Refuses what the cursor stands before, for a reason the readers here do not
 * know; notes the place unless one was noted. Returns `e`.
 */
enum err der_refuse(const struct der *in, enum err e);

/*
 * Name the field, or the place in a list counted from 0, that `e` passes
 * through on its way up; they return `e`. Success costs a comparison.
 *
 *     TRY(der_at(&seq, "certHash", der_octets(&seq, &out->cert_hash)));
 */
void der_fail_name(struct der_fail *fail, const char *field);
void der_fail_index(struct der_fail *fail, size_t n);

MUST_USE static inline enum err der_at(const struct der *in, const char *field,
                                       enum err e)
{
    if (e != ERR_OK && in->fail != NULL)
        der_fail_name(in->fail, field);
    return e;
}

MUST_USE static inline enum err der_nth(const struct der *in, size_t n,
                                        enum err e)
{
    if (e != ERR_OK && in->fail != NULL)
        der_fail_index(in->fail, n);
    return e;
}

/*
 * Tells what a decoder of `whole` noted: "body.ir[0].popo at byte 213:
 * expected SEQUENCE". Returns `e`.
 */
enum err der_fault(const struct der_fail *fail, struct span whole, enum err e,
                   struct fault *f);

/* Nothing is left. */
MUST_USE enum err der_end(const struct der *in);

MUST_USE enum err der_bool(struct der *in, bool *out);
MUST_USE enum err der_null(struct der *in);
MUST_USE enum err der_octets(struct der *in, struct span *out);

/* The content octets of an OID: each arc minimal, at most LIMIT_OID_LEN. */
MUST_USE enum err der_oid(struct der *in, struct span *out);

/* A two's complement INTEGER that fits. ERR_LIMIT: it does not. */
MUST_USE enum err der_int64(struct der *in, int64_t *out);

/*
 * A non-negative INTEGER of any size as its content octets, a leading 00
 * kept. ERR_LIMIT: more than `max_len` octets. The tag is given, so that it
 * reads IMPLICIT ones too.
 */
MUST_USE enum err der_uint(struct der *in, unsigned tag, size_t max_len,
                           struct span *out);

/* A BIT STRING: its octets and how many bits of the last one are unused. */
struct der_bits {
    struct span bytes;
    unsigned unused;
};
MUST_USE enum err der_bits(struct der *in, unsigned tag, struct der_bits *out);

/* A BIT STRING of whole octets, as keys and signatures are. */
MUST_USE enum err der_bit_octets(struct der *in, unsigned tag,
                                 struct span *out);

/*
 * A named bit list as a mask: bit n of the list is bit n of `out`. Trailing
 * zero bits are refused (X.690, 11.2.2). ERR_LIMIT: beyond bit 31.
 */
MUST_USE enum err der_named_bits(struct der *in, unsigned tag, uint32_t *out);

/*
 * GeneralizedTime as RFC 5280, 4.1.2.5.2: YYYYMMDDHHMMSSZ, a date that
 * exists, no fractions. UTCTime likewise (50..99 are 19xx). Seconds since
 * 1970.
 */
MUST_USE enum err der_generalized_time(struct der *in, int64_t *out);
MUST_USE enum err der_utc_time(struct der *in, int64_t *out);
/* The CHOICE Time of RFC 5280: either. */
MUST_USE enum err der_time(struct der *in, int64_t *out);

/* UTF8String content, checked to be UTF-8 without NUL. */
MUST_USE enum err der_utf8(struct der *in, struct span *out);

/*
 * Leniency: peers are known to send fractions of seconds in messageTime,
 * which RFC 5280 forbids and X.690 allows. Accepts them and drops them.
 */
MUST_USE enum err der_generalized_time_lenient(struct der *in, int64_t *out);

/*
 * Writing goes backwards: the last field is written first, so a length is
 * known when its header is written and nothing moves. The writer remembers its
 * first failure; calls go unchecked until der_finish.
 *
 *     size_t mark = der_mark(&w);
 *     der_put_int64(&w, DER_INTEGER, 2);       (the last field)
 *     der_put_octets(&w, DER_OCTET_STRING, x); (the one before)
 *     der_put_header(&w, DER_SEQUENCE, mark);  (wraps all since the mark)
 */
struct der_writer {
    struct arena *arena;
    uint8_t *base; /* start of the memory */
    size_t size;   /* its size */
    size_t start;  /* first byte written: [start, size) is filled */
    enum err failed;
};

/* Starts with room for about `hint` bytes; grows within the arena. */
void der_writer_init(struct der_writer *w, struct arena *a, size_t hint);

/* How much is written so far; pass it to der_put_header. */
static inline size_t der_mark(const struct der_writer *w)
{
    return w->size - w->start;
}

void der_put_raw(struct der_writer *w, struct span bytes);
void der_put_header(struct der_writer *w, unsigned tag, size_t mark);
void der_put_content(struct der_writer *w, unsigned tag, struct span content);
void der_put_bool(struct der_writer *w, bool value);
void der_put_null(struct der_writer *w);
void der_put_int64(struct der_writer *w, unsigned tag, int64_t value);
/* A non-negative INTEGER from big-endian octets; minimal form is made. */
void der_put_uint(struct der_writer *w, unsigned tag, struct span value);
void der_put_oid(struct der_writer *w, struct span content);
void der_put_octets(struct der_writer *w, unsigned tag, struct span content);
/* BIT STRING of whole octets. */
void der_put_bit_octets(struct der_writer *w, unsigned tag, struct span octets);
void der_put_bits(struct der_writer *w, unsigned tag,
                  const struct der_bits *bits);
/* Named bit list, trailing zeros cut. */
void der_put_named_bits(struct der_writer *w, unsigned tag, uint32_t mask);
void der_put_generalized_time(struct der_writer *w, int64_t seconds);
/* UTCTime up to 2049, GeneralizedTime from 2050 (RFC 5280, 4.1.2.5). */
void der_put_time(struct der_writer *w, int64_t seconds);
void der_put_utf8(struct der_writer *w, struct span text);

/* What was written, in the arena. The first failure, if there was one. */
MUST_USE enum err der_finish(struct der_writer *w, struct span *out);

#endif
