#include "der/oid.h"

#include <stdio.h>

#include "base/limits.h"

struct known_oid {
    struct span content;
    const char *name;
};

#define OID_ROW(name, dotted, short_name, octets)                       \
    [OID_##name] = { { (const uint8_t *)(octets), sizeof(octets) - 1 }, \
                     (short_name) },
/* Ascending by content from 1 on, as oid_list.h is. */
static const struct known_oid known[OID_NUM] = { OIDS(OID_ROW) };
#undef OID_ROW

struct span oid_span(enum oid id)
{
    return known[id].content;
}

enum oid oid_find(struct span content)
{
    size_t low = 1, high = OID_NUM;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = span_compare(content, known[middle].content);

        if (order == 0)
            return (enum oid)middle;
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return OID_UNKNOWN;
}

const char *oid_name(enum oid id)
{
    return id == OID_UNKNOWN ? "" : known[id].name;
}

bool oid_is_valid(struct span content)
{
    bool arc_starts = true;

    for (size_t i = 0; i < content.len; i++) {
        if (arc_starts && content.ptr[i] == 0x80)
            return false;
        arc_starts = (content.ptr[i] & 0x80u) == 0;
    }
    return content.len > 0 && arc_starts;
}

/* The next arc: base 128, high bit set on all octets but the last. */
static bool arc_take(struct span *content, uint64_t *out)
{
    uint64_t arc = 0;

    while (content->len > 0) {
        uint8_t octet = *content->ptr;

        if (arc > UINT64_MAX >> 7)
            return false;
        arc = arc << 7 | (octet & 0x7fu);
        content->ptr++;
        content->len--;
        if ((octet & 0x80u) == 0) {
            *out = arc;
            return true;
        }
    }
    return false;
}

void oid_format(struct span content, char *out, size_t size)
{
    uint64_t arc, top;
    size_t used;
    int n;

    if (size == 0)
        return;
    out[0] = '\0';
    if (!arc_take(&content, &arc))
        return;
    top = arc < 80 ? arc / 40 : 2;
    n = snprintf(out, size, "%llu.%llu", (unsigned long long)top,
                 (unsigned long long)(arc - 40 * top));
    for (used = (size_t)n; used < size && content.len > 0; used += (size_t)n) {
        if (arc_take(&content, &arc)) {
            n = snprintf(out + used, size - used, ".%llu",
                         (unsigned long long)arc);
        } else {
            /* An arc above 64 bits: nobody reads it, but it must show. */
            snprintf(out + used, size - used, ".?");
            break;
        }
    }
}

/* Decimal without leading zeros, ended by '.' or the end of the text. */
static bool decimal_take(const char **text, uint64_t *out)
{
    const char *p = *text;
    uint64_t value = 0;

    if (*p < '0' || *p > '9' || (p[0] == '0' && p[1] >= '0' && p[1] <= '9'))
        return false;
    for (; *p >= '0' && *p <= '9'; p++) {
        uint64_t digit = (uint64_t)(*p - '0');

        if (value > (UINT64_MAX - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    if (*p == '.')
        p++;
    else if (*p != '\0')
        return false;
    /* A '.' promises another arc. */
    if (*p == '\0' && p[-1] == '.')
        return false;
    *text = p;
    *out = value;
    return true;
}

static bool arc_put(uint64_t arc, uint8_t *out, size_t *used)
{
    unsigned num = 1;

    for (uint64_t rest = arc >> 7; rest > 0; rest >>= 7)
        num++;
    if (num > LIMIT_OID_LEN - *used)
        return false;
    while (num-- > 0) {
        out[*used] = (uint8_t)((arc >> 7 * num & 0x7fu) | (num > 0 ? 0x80 : 0));
        (*used)++;
    }
    return true;
}

enum err oid_parse(const char *dotted, uint8_t *out, size_t *out_len)
{
    uint8_t content[LIMIT_OID_LEN];
    uint64_t first, arc;
    size_t len = 0;

    if (!decimal_take(&dotted, &first) || first > 2 ||
        !decimal_take(&dotted, &arc) || (first < 2 && arc > 39) ||
        arc > UINT64_MAX - 80 || !arc_put(40 * first + arc, content, &len))
        return ERR_BAD_DATA_FORMAT;
    while (*dotted != '\0') {
        if (!decimal_take(&dotted, &arc) || !arc_put(arc, content, &len))
            return ERR_BAD_DATA_FORMAT;
    }
    memcpy(out, content, len);
    *out_len = len;
    return ERR_OK;
}
