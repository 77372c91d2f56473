#include "asn1/internal.h"
#include "asn1/types.h"
#include "base/limits.h"
#include "base/text.h"

/*
 * Leniency: PrintableString is taken with any 7-bit character. Vendors' names
 * hold '_', '@' and '&' in it, which X.680 forbids and everybody accepts.
 */
static bool string_is_valid(unsigned tag, struct span value)
{
    switch (tag) {
    case DER_UTF8_STRING:
        return utf8_is_valid(value);
    case DER_PRINTABLE_STRING:
    case DER_IA5_STRING:
        return ascii_is_valid(value);
    case DER_BMP_STRING:
        return value.len % 2 == 0;
    case DER_UNIVERSAL_STRING:
        return value.len % 4 == 0;
    }
    return true;
}

/* AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY } */
enum err ava_read(struct der *rdn, struct ava *out)
{
    struct der seq, value;
    struct ava ava;

    TRY(der_enter(rdn, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "type", der_oid(&seq, &ava.oid)));
    value = seq;
    TRY(der_at(&seq, "value", der_any(&seq, &ava.tag, &ava.der)));
    TRY(der_content(&value, ava.tag, &ava.value));
    if (!string_is_valid(ava.tag, ava.value))
        return der_at(&seq, "value", der_refuse(&value, ERR_BAD_DER));
    TRY(der_end(&seq));
    *out = ava;
    return ERR_OK;
}

/* SET SIZE (1..MAX) OF AttributeTypeAndValue, in the order of their encodings
 * (X.690, 11.6). */
static enum err rdn_check(struct der *rdn)
{
    struct span last = SPAN_NONE, whole;
    struct der at = *rdn;
    struct ava ava;

    do {
        TRY(ava_read(rdn, &ava));
        TRY(der_element(&at, DER_SEQUENCE, &whole));
        if (last.ptr != NULL && span_compare(last, whole) > 0)
            return der_refuse(rdn, ERR_BAD_DER);
        last = whole;
    } while (der_has_more(rdn));
    return ERR_OK;
}

/* Name ::= SEQUENCE OF RelativeDistinguishedName */
enum err name_read(struct der *in, struct span *out)
{
    struct der before = *in, seq, rdn;
    struct span whole;
    size_t num = 0;

    TRY(der_element(in, DER_SEQUENCE, &whole));
    if (whole.len > LIMIT_NAME_LEN)
        return der_refuse(&before, ERR_LIMIT);
    TRY(der_enter(&before, DER_SEQUENCE, &seq));
    while (der_has_more(&seq)) {
        if (num == LIMIT_RDNS)
            return der_refuse(&seq, ERR_LIMIT);
        TRY(der_nth(&seq, num, der_enter(&seq, DER_SET, &rdn)));
        TRY(der_nth(&seq, num, rdn_check(&rdn)));
        num++;
    }
    *out = whole;
    return ERR_OK;
}

bool name_is_null(struct span name)
{
    return span_is_equal(name, SPAN_LIT("\x30\x00"));
}

/* --- Equality --- */

static bool is_folded(unsigned tag)
{
    return tag == DER_PRINTABLE_STRING || tag == DER_UTF8_STRING ||
           tag == DER_IA5_STRING;
}

static struct span trim(struct span s)
{
    while (s.len > 0 && *s.ptr == ' ') {
        s.ptr++;
        s.len--;
    }
    while (s.len > 0 && s.ptr[s.len - 1] == ' ')
        s.len--;
    return s;
}

static uint8_t lower(uint8_t c)
{
    return c >= 'A' && c <= 'Z' ? (uint8_t)(c + ('a' - 'A')) : c;
}

/* The next character; a run of blanks counts as one. */
static uint8_t fold_take(struct span *s)
{
    uint8_t c = *s->ptr;

    do {
        s->ptr++;
        s->len--;
    } while (c == ' ' && s->len > 0 && *s->ptr == ' ');
    return lower(c);
}

static bool is_equal_folded(struct span a, struct span b)
{
    a = trim(a);
    b = trim(b);
    while (a.len > 0 && b.len > 0) {
        if (fold_take(&a) != fold_take(&b))
            return false;
    }
    return a.len == b.len;
}

static bool ava_is_equal(const struct ava *a, const struct ava *b)
{
    if (!span_is_equal(a->oid, b->oid))
        return false;
    if (is_folded(a->tag) && is_folded(b->tag))
        return is_equal_folded(a->value, b->value);
    return span_is_equal(a->der, b->der);
}

/* How often the attribute stands in the RDN, and how many stand there. */
static bool rdn_count(struct der rdn, const struct ava *wanted, size_t *equal,
                      size_t *all)
{
    struct ava ava;

    *equal = *all = 0;
    while (der_has_more(&rdn)) {
        if (ava_read(&rdn, &ava) != ERR_OK)
            return false;
        (*all)++;
        if (ava_is_equal(&ava, wanted))
            (*equal)++;
    }
    return true;
}

/* As sets: folding can change the order that DER gave the attributes. */
static bool rdn_is_equal(struct der a, struct der b)
{
    struct der rest = a;
    struct ava ava;

    while (der_has_more(&rest)) {
        size_t equal_a, equal_b, num_a, num_b;

        if (ava_read(&rest, &ava) != ERR_OK ||
            !rdn_count(a, &ava, &equal_a, &num_a) ||
            !rdn_count(b, &ava, &equal_b, &num_b))
            return false;
        if (equal_a != equal_b || num_a != num_b)
            return false;
    }
    return der_has_more(&a) == der_has_more(&b);
}

bool name_is_equal(struct span a, struct span b)
{
    struct der in_a = der_open(a, NULL), in_b = der_open(b, NULL);
    struct der seq_a, seq_b, rdn_a, rdn_b;

    if (span_is_equal(a, b))
        return true;
    if (der_enter(&in_a, DER_SEQUENCE, &seq_a) != ERR_OK ||
        der_enter(&in_b, DER_SEQUENCE, &seq_b) != ERR_OK)
        return false;
    while (der_has_more(&seq_a) && der_has_more(&seq_b)) {
        if (der_enter(&seq_a, DER_SET, &rdn_a) != ERR_OK ||
            der_enter(&seq_b, DER_SET, &rdn_b) != ERR_OK ||
            !rdn_is_equal(rdn_a, rdn_b))
            return false;
    }
    return !der_has_more(&seq_a) && !der_has_more(&seq_b);
}

bool name_find(struct span name, enum oid type, size_t n, struct span *out)
{
    struct der in = der_open(name, NULL);
    struct der seq, rdn;
    struct ava ava = { 0 };

    if (der_enter(&in, DER_SEQUENCE, &seq) != ERR_OK)
        return false;
    while (der_has_more(&seq)) {
        if (der_enter(&seq, DER_SET, &rdn) != ERR_OK)
            return false;
        while (der_has_more(&rdn)) {
            if (ava_read(&rdn, &ava) != ERR_OK)
                return false;
            if (!span_is_equal(ava.oid, oid_span(type)))
                continue;
            if (n-- == 0) {
                *out = ava.value;
                return true;
            }
        }
    }
    return false;
}
