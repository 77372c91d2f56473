/*
 * Names as text (RFC 4514): DER lists the most general RDN first, text the
 * most specific one.
 */
#include <stdlib.h>
#include <strings.h>

#include "asn1/internal.h"
#include "asn1/types.h"
#include "base/limits.h"
#include "base/text.h"

/* An attribute may need four characters an octet: a dotted OID of one-octet
 * arcs does. The tags and lengths around it make up for keywords. */
#define NAME_TEXT_LEN(name) (4 * (name).len + 16)

static const struct ava_type ava_types[] = {
    { OID_ID_AT_COMMON_NAME, DER_UTF8_STRING, "CN" },
    { OID_ID_AT_ORGANIZATION_NAME, DER_UTF8_STRING, "O" },
    { OID_ID_AT_ORGANIZATIONAL_UNIT_NAME, DER_UTF8_STRING, "OU" },
    { OID_ID_AT_COUNTRY_NAME, DER_PRINTABLE_STRING, "C" },
    { OID_ID_AT_LOCALITY_NAME, DER_UTF8_STRING, "L" },
    { OID_ID_AT_STATE_OR_PROVINCE_NAME, DER_UTF8_STRING, "ST" },
    { OID_ID_DOMAIN_COMPONENT, DER_IA5_STRING, "DC" },
    { OID_ID_AT_SERIAL_NUMBER, DER_PRINTABLE_STRING, "serialNumber" },
    { OID_ID_AT_STREET_ADDRESS, DER_UTF8_STRING, "STREET" },
    { OID_UID, DER_UTF8_STRING, "UID" },
    { OID_ID_EMAIL_ADDRESS, DER_IA5_STRING, "emailAddress" },
    { OID_ID_AT_TITLE, DER_UTF8_STRING, "title" },
    { OID_ID_AT_GIVEN_NAME, DER_UTF8_STRING, "GN" },
    { OID_ID_AT_SURNAME, DER_UTF8_STRING, "SN" },
    { OID_ID_AT_INITIALS, DER_UTF8_STRING, "initials" },
    { OID_ID_AT_PSEUDONYM, DER_UTF8_STRING, "pseudonym" },
    { OID_ID_AT_NAME, DER_UTF8_STRING, "name" },
    { OID_ID_AT_GENERATION_QUALIFIER, DER_UTF8_STRING, "generationQualifier" },
    { OID_ID_AT_DN_QUALIFIER, DER_PRINTABLE_STRING, "dnQualifier" },
    { OID_ID_AT_BUSINESS_CATEGORY, DER_UTF8_STRING, "businessCategory" },
    { OID_ID_AT_POSTAL_CODE, DER_UTF8_STRING, "postalCode" },
    { OID_ID_AT_ORGANIZATION_IDENTIFIER, DER_UTF8_STRING,
      "organizationIdentifier" },
};
#define NUM_AVA_TYPES (sizeof(ava_types) / sizeof(ava_types[0]))

const struct ava_type *ava_type_find(enum oid id)
{
    for (size_t i = 0; i < NUM_AVA_TYPES; i++) {
        if (ava_types[i].id == id)
            return &ava_types[i];
    }
    return NULL;
}

const struct ava_type *ava_type_find_by_keyword(struct span keyword)
{
    for (size_t i = 0; i < NUM_AVA_TYPES; i++) {
        if (strlen(ava_types[i].keyword) == keyword.len &&
            strncasecmp(ava_types[i].keyword, (const char *)keyword.ptr,
                        keyword.len) == 0)
            return &ava_types[i];
    }
    return NULL;
}

/* --- Formatting --- */

/* One character as UTF-8. False: no character of Unicode, or NUL. */
static bool add_character(struct text *t, uint32_t c)
{
    uint8_t u[4];
    size_t len;

    if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
        return false;
    if (c < 0x80) {
        u[0] = (uint8_t)c;
        len = 1;
    } else if (c < 0x800) {
        u[0] = (uint8_t)(0xc0 | c >> 6);
        len = 2;
    } else if (c < 0x10000) {
        u[0] = (uint8_t)(0xe0 | c >> 12);
        len = 3;
    } else {
        u[0] = (uint8_t)(0xf0 | c >> 18);
        len = 4;
    }
    for (size_t i = 1; i < len; i++)
        u[i] = (uint8_t)(0x80 | (c >> 6 * (len - 1 - i) & 0x3f));
    text_add(t, span_of(u, len));
    return true;
}

/* Octets a character takes in this string type; 0: not a string of text. */
static size_t character_width(unsigned tag)
{
    switch (tag) {
    case DER_UTF8_STRING:
    case DER_PRINTABLE_STRING:
    case DER_IA5_STRING:
    case DER_TELETEX_STRING:
        return 1;
    case DER_BMP_STRING:
        return 2;
    case DER_UNIVERSAL_STRING:
        return 4;
    }
    return 0;
}

/* The value in UTF-8. TeletexString is taken for Latin-1, as it is used. */
static bool value_decode(const struct ava *ava, struct arena *a,
                         struct span *out)
{
    size_t width = character_width(ava->tag);
    struct text t;

    if (ava->tag == DER_UTF8_STRING) {
        *out = ava->value;
        return true;
    }
    if (width == 0)
        return false;
    text_init(&t, a, 2 * ava->value.len + 1);
    for (size_t i = 0; i < ava->value.len; i += width) {
        uint32_t c = 0;

        for (size_t j = 0; j < width; j++)
            c = c << 8 | ava->value.ptr[i + j];
        if (!add_character(&t, c))
            return false;
    }
    *out = span_of(t.ptr, t.len);
    return !t.failed;
}

/* RFC 4514, 2.4; other control characters as "\xx" as well. */
static void add_escaped(struct text *t, struct span value)
{
    for (size_t i = 0; i < value.len; i++) {
        struct span octet = span_of(value.ptr + i, 1);
        uint8_t c = *octet.ptr;
        bool at_edge = i == 0 || i + 1 == value.len;

        if (c < 0x20 || c == 0x7f) {
            text_add_str(t, "\\");
            text_add_hex(t, octet);
            continue;
        }
        if (memchr("\"+,;<>\\", c, 7) != NULL || (c == '#' && i == 0) ||
            (c == ' ' && at_edge))
            text_add_str(t, "\\");
        text_add(t, octet);
    }
}

static void add_ava(struct text *t, const struct ava *ava, struct arena *a)
{
    const struct ava_type *type = ava_type_find(oid_find(ava->oid));
    char dotted[5 * LIMIT_OID_LEN];
    struct span value;

    if (type != NULL) {
        text_add_str(t, type->keyword);
    } else {
        oid_format(ava->oid, dotted, sizeof(dotted));
        text_add_str(t, dotted);
    }
    text_add_str(t, "=");
    if (type != NULL && value_decode(ava, a, &value)) {
        add_escaped(t, value);
    } else {
        text_add_str(t, "#");
        text_add_hex(t, ava->der);
    }
}

static enum err add_rdn(struct text *t, struct span der, struct arena *a)
{
    struct der in = der_open(der, NULL), rdn;
    struct ava ava;
    bool first = true;

    TRY(der_enter(&in, DER_SET, &rdn));
    while (der_has_more(&rdn)) {
        TRY(ava_read(&rdn, &ava));
        if (!first)
            text_add_str(t, "+");
        add_ava(t, &ava, a);
        first = false;
    }
    return ERR_OK;
}

static enum err format_rdns(struct span name, struct arena *a, struct text *t)
{
    struct der in = der_open(name, NULL), seq;
    struct span rdns[LIMIT_RDNS];
    size_t num = 0;

    TRY(name_read(&in, &name));
    TRY(der_end(&in));
    in = der_open(name, NULL);
    TRY(der_enter(&in, DER_SEQUENCE, &seq));
    while (der_has_more(&seq))
        TRY(der_element(&seq, DER_SET, &rdns[num++]));
    while (num-- > 0) {
        TRY(add_rdn(t, rdns[num], a));
        if (num > 0)
            text_add_str(t, ",");
    }
    return ERR_OK;
}

const char *name_format(struct span name, struct arena *a)
{
    struct text t;

    text_init(&t, a, NAME_TEXT_LEN(name));
    if (format_rdns(name, a, &t) != ERR_OK) {
        t.len = 0;
        text_add_str(&t, "#");
        text_add_hex(&t, name);
    }
    return text_done(&t);
}

/* --- Parsing --- */

/* What is left of the text, and where things go. */
struct name_parser {
    const char *text; /* all of it, for messages */
    const char *next;
    struct arena *arena;
    struct fault *fault;
};

static enum err refuse(const struct name_parser *p, const char *why)
{
    return fault_clause(p->fault, ERR_BAD_DATA_FORMAT, "RFC 4514",
                        "name \"%.200s\", character %zu: %s", p->text,
                        (size_t)(p->next - p->text) + 1, why);
}

static void skip_blanks(struct name_parser *p)
{
    while (*p->next == ' ')
        p->next++;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Two digits; -1 when there are not. */
static int hex_pair(const char *s)
{
    int high = hex_digit(s[0]);
    int low = high < 0 ? -1 : hex_digit(s[1]);

    return low < 0 ? -1 : high << 4 | low;
}

/* "CN" or "2.5.4.3", up to the '='. */
static enum err parse_type(struct name_parser *p, uint8_t *oid, size_t *oid_len,
                           unsigned *tag)
{
    size_t len = strcspn(p->next, "=,+ ");
    struct span keyword = span_of(p->next, len);
    const struct ava_type *type = ava_type_find_by_keyword(keyword);
    char dotted[5 * LIMIT_OID_LEN];
    struct span content;

    *tag = DER_UTF8_STRING;
    if (type != NULL) {
        content = oid_span(type->id);
        memcpy(oid, content.ptr, content.len);
        *oid_len = content.len;
        *tag = type->tag;
    } else {
        if (len == 0 || len >= sizeof(dotted))
            return refuse(p, "an attribute type must stand here");
        memcpy(dotted, p->next, len);
        dotted[len] = '\0';
        if (oid_parse(dotted, oid, oid_len) != ERR_OK)
            return refuse(p, "not an attribute type this program knows");
        type = ava_type_find(oid_find(span_of(oid, *oid_len)));
        if (type != NULL)
            *tag = type->tag;
    }
    p->next += len;
    skip_blanks(p);
    if (*p->next != '=')
        return refuse(p, "'=' must stand after the attribute type");
    p->next++;
    skip_blanks(p);
    return ERR_OK;
}

/* "#" and the DER of one element in hexadecimal. */
static enum err parse_hex_value(struct name_parser *p, struct span *out)
{
    uint8_t *bytes = arena_alloc(p->arena, strlen(p->next) / 2 + 1);
    struct der in;
    struct span whole;
    unsigned tag;
    size_t len = 0;
    const char *start = p->next++;

    if (bytes == NULL)
        return fault_set(p->fault, ERR_NO_MEM, "name");
    for (int octet; (octet = hex_pair(p->next)) >= 0; p->next += 2)
        bytes[len++] = (uint8_t)octet;
    in = der_open(span_of(bytes, len), NULL);
    if (der_any(&in, &tag, &whole) != ERR_OK || der_end(&in) != ERR_OK) {
        p->next = start;
        return refuse(p, "'#' needs one DER element in hexadecimal");
    }
    *out = whole;
    return ERR_OK;
}

/* The text up to an unescaped ',' or '+'; trailing blanks are not of it. */
static enum err parse_string(struct name_parser *p, struct span *out)
{
    uint8_t *bytes = arena_alloc(p->arena, strlen(p->next) + 1);
    size_t len = 0, kept = 0;

    if (bytes == NULL)
        return fault_set(p->fault, ERR_NO_MEM, "name");
    for (; *p->next != '\0' && *p->next != ',' && *p->next != '+'; p->next++) {
        char c = *p->next;
        bool escaped = c == '\\';
        int octet;

        if (!escaped && strchr("\"<>;", c) != NULL)
            return refuse(p, "this character needs a '\\' before it");
        if (escaped) {
            c = *++p->next;
            octet = c == '\0' ? -1 : hex_pair(p->next);
            if (octet >= 0) {
                c = (char)octet;
                p->next++;
            } else if (c == '\0' || strchr("\"+,;<>\\ #=", c) == NULL) {
                return refuse(p, "'\\' needs a special character or two "
                                 "hexadecimal digits after it");
            }
        }
        bytes[len++] = (uint8_t)c;
        if (escaped || c != ' ')
            kept = len;
    }
    if (kept == 0)
        return refuse(p, "the value is empty");
    *out = span_of(bytes, kept);
    return ERR_OK;
}

static enum err check_string(const struct name_parser *p, enum oid type,
                             unsigned tag, struct span value)
{
    if (tag == DER_PRINTABLE_STRING && !printable_is_valid(value))
        return refuse(p, "the value before has a character that "
                         "PrintableString cannot hold");
    if (tag == DER_IA5_STRING && !ascii_is_valid(value))
        return refuse(p, "the value before must be ASCII");
    if (!utf8_is_valid(value))
        return refuse(p, "the value before is not UTF-8");
    if (type == OID_ID_AT_COUNTRY_NAME && value.len != 2)
        return refuse(p, "a country has two letters");
    return ERR_OK;
}

/* One "type=value" into an element of its own. */
static enum err parse_ava(struct name_parser *p, struct span *out)
{
    uint8_t oid[LIMIT_OID_LEN];
    size_t oid_len = 0, mark;
    struct der_writer w;
    struct span value = SPAN_NONE;
    unsigned tag;

    skip_blanks(p);
    TRY(parse_type(p, oid, &oid_len, &tag));
    der_writer_init(&w, p->arena, strlen(p->next) + sizeof(oid) + 16);
    mark = der_mark(&w);
    if (*p->next == '#') {
        TRY(parse_hex_value(p, &value));
        der_put_raw(&w, value);
    } else {
        TRY(parse_string(p, &value));
        TRY(check_string(p, oid_find(span_of(oid, oid_len)), tag, value));
        der_put_content(&w, tag, value);
    }
    der_put_oid(&w, span_of(oid, oid_len));
    der_put_header(&w, DER_SEQUENCE, mark);
    skip_blanks(p);
    if (der_finish(&w, out) != ERR_OK)
        return fault_set(p->fault, ERR_NO_MEM, "name");
    return ERR_OK;
}

static int compare_spans(const void *a, const void *b)
{
    const struct span *x = a, *y = b;

    return span_compare(*x, *y);
}

/* Attributes joined by '+', written in the order of a SET OF. */
static enum err parse_rdn(struct name_parser *p, struct der_writer *w)
{
    struct span avas[LIMIT_RDNS];
    size_t mark = der_mark(w), num = 0;
    bool more = true;

    while (more) {
        if (num == LIMIT_RDNS)
            return refuse(p, "too many attributes");
        TRY(parse_ava(p, &avas[num++]));
        more = *p->next == '+';
        if (more)
            p->next++;
    }
    qsort(avas, num, sizeof(avas[0]), compare_spans);
    while (num-- > 0)
        der_put_raw(w, avas[num]);
    der_put_header(w, DER_SET, mark);
    return ERR_OK;
}

enum err name_parse(const char *text, struct arena *a, struct span *out,
                    struct fault *f)
{
    struct name_parser p = { text, text, a, f };
    struct der_writer w;
    struct der in;
    struct span name;
    bool more;

    if (strlen(text) > (size_t)4 * LIMIT_NAME_LEN)
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 4514",
                            "the name is longer than %d", LIMIT_NAME_LEN);
    der_writer_init(&w, a, strlen(text) + 64);
    skip_blanks(&p);
    more = *p.next != '\0';
    while (more) {
        TRY(parse_rdn(&p, &w));
        more = *p.next == ',';
        if (more)
            p.next++;
        else if (*p.next != '\0')
            return refuse(&p, "',' or '+' must stand here");
    }
    der_put_header(&w, DER_SEQUENCE, 0);
    if (der_finish(&w, &name) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "name");
    /* Its size, and the strings that came as hexadecimal. */
    in = der_open(name, NULL);
    if (name_read(&in, &name) != ERR_OK)
        return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 5280, 4.1.2.4",
                            "\"%.200s\" is not a name, or longer than %d", text,
                            LIMIT_NAME_LEN);
    *out = name;
    return ERR_OK;
}
