#include "support/der_mutate.h"

#include <assert.h>

#include "der/der.h"

#define CONSTRUCTED 0x20u
#define CONTEXT 0x80u
#define MAX_CHILDREN 256

static bool is_constructed(unsigned tag)
{
    return (tag & CONSTRUCTED) != 0;
}

static bool is_context(unsigned tag)
{
    return (tag & 0xc0u) == CONTEXT;
}

/* The whole elements within `content`; none where it is not such a list. */
static size_t split(struct span content, struct span *children)
{
    struct der in = der_open(content, NULL);
    unsigned tag;
    size_t n = 0;

    while (der_has_more(&in)) {
        assert(n < MAX_CHILDREN);
        if (der_any(&in, &tag, &children[n++]) != ERR_OK)
            return 0;
    }
    return n;
}

static unsigned open_element(struct span element, struct span *content)
{
    struct der in = der_open(element, NULL);
    unsigned tag = der_next_tag(&in);
    enum err e = der_content(&in, tag, content);

    assert(e == ERR_OK);
    return tag;
}

static bool applies(enum der_mutation how, unsigned tag, struct span content)
{
    struct span children[MAX_CHILDREN];

    switch (how) {
    case DER_MUT_APPEND_NULL:
    case DER_MUT_APPEND_BYTE:
    case DER_MUT_PREPEND_NULL:
        return is_constructed(tag);
    case DER_MUT_IMPLICIT:
        return is_context(tag) && is_constructed(tag) &&
               split(content, children) == 1;
    case DER_MUT_EXPLICIT:
    case DER_MUT_FORM:
        return is_context(tag);
    case DER_MUT_NUM:
        break;
    }
    return false;
}

size_t der_mutate_sites(struct span der, enum der_mutation how,
                        const uint8_t **sites, size_t max)
{
    struct span children[MAX_CHILDREN];
    struct span content;
    unsigned tag = open_element(der, &content);
    size_t n = 0, num;

    if (applies(how, tag, content)) {
        assert(max > 0);
        sites[n++] = der.ptr;
    }
    if (!is_constructed(tag))
        return n;
    num = split(content, children);
    for (size_t i = 0; i < num; i++)
        n += der_mutate_sites(children[i], how, sites + n, max - n);
    return n;
}

/* Writes the content of `tag` changed; returns the tag it now has. */
static unsigned put_changed(struct der_writer *w, enum der_mutation how,
                            unsigned tag, struct span content)
{
    size_t mark = der_mark(w);
    struct span inner;
    unsigned inner_tag;

    switch (how) {
    case DER_MUT_APPEND_NULL:
        der_put_null(w);
        der_put_raw(w, content);
        return tag;
    case DER_MUT_APPEND_BYTE:
        der_put_raw(w, SPAN_LIT("\0"));
        der_put_raw(w, content);
        return tag;
    case DER_MUT_PREPEND_NULL:
        der_put_raw(w, content);
        der_put_null(w);
        return tag;
    case DER_MUT_IMPLICIT:
        inner_tag = open_element(content, &inner);
        der_put_raw(w, inner);
        return (tag & ~CONSTRUCTED) | (inner_tag & CONSTRUCTED);
    case DER_MUT_EXPLICIT:
        der_put_raw(w, content);
        der_put_header(w, is_constructed(tag) ? DER_SEQUENCE : DER_INTEGER,
                       mark);
        return tag | CONSTRUCTED;
    case DER_MUT_FORM:
        der_put_raw(w, content);
        return tag ^ CONSTRUCTED;
    case DER_MUT_NUM:
        break;
    }
    return tag;
}

static void put_element(struct der_writer *w, struct span element,
                        enum der_mutation how, const uint8_t *site)
{
    struct span children[MAX_CHILDREN];
    struct span content;
    unsigned tag = open_element(element, &content);
    size_t mark = der_mark(w);

    if (site < element.ptr || site >= element.ptr + element.len) {
        der_put_raw(w, element);
        return;
    }
    if (site == element.ptr) {
        tag = put_changed(w, how, tag, content);
    } else {
        for (size_t i = split(content, children); i > 0; i--)
            put_element(w, children[i - 1], how, site);
    }
    der_put_header(w, tag, mark);
}

struct span der_mutate(struct span der, enum der_mutation how,
                       const uint8_t *site, struct arena *a)
{
    struct der_writer w;
    struct span out = SPAN_NONE;
    enum err e;

    der_writer_init(&w, a, der.len + 16);
    put_element(&w, der, how, site);
    e = der_finish(&w, &out);
    assert(e == ERR_OK);
    return out;
}

size_t der_sites(struct span der, const uint8_t **sites, size_t max)
{
    struct span children[MAX_CHILDREN];
    struct span content;
    unsigned tag = open_element(der, &content);
    size_t n = 0, num;

    if (max == 0)
        return 0;
    sites[n++] = der.ptr;
    if (!is_constructed(tag))
        return n;
    num = split(content, children);
    for (size_t i = 0; i < num; i++)
        n += der_sites(children[i], sites + n, max - n);
    return n;
}

static void put_replaced(struct der_writer *w, struct span element,
                         const uint8_t *site, struct span with)
{
    struct span children[MAX_CHILDREN];
    struct span content;
    unsigned tag = open_element(element, &content);
    size_t mark = der_mark(w);

    if (site == element.ptr) {
        der_put_raw(w, with);
        return;
    }
    if (site < element.ptr || site >= element.ptr + element.len) {
        der_put_raw(w, element);
        return;
    }
    for (size_t i = split(content, children); i > 0; i--)
        put_replaced(w, children[i - 1], site, with);
    der_put_header(w, tag, mark);
}

struct span der_replace(struct span der, const uint8_t *site, struct span with,
                        struct arena *a)
{
    struct der_writer w;
    struct span out = SPAN_NONE;
    enum err e;

    der_writer_init(&w, a, der.len + with.len + 64);
    put_replaced(&w, der, site, with);
    e = der_finish(&w, &out);
    assert(e == ERR_OK);
    return out;
}

/* splitmix64 */
static uint64_t next_random(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

static bool is_kept(const struct span *keep, size_t num, const uint8_t *at)
{
    for (size_t i = 0; i < num; i++) {
        if (at >= keep[i].ptr && at < keep[i].ptr + keep[i].len)
            return true;
    }
    return false;
}

/* Changes the byte at `at` of the `len` in `bytes`; returns how many now. */
static size_t scramble_byte(uint8_t *bytes, size_t len, size_t at, uint64_t r)
{
    static const uint8_t likely[] = { 0x00, 0x01, 0x02, 0x03, 0x04, 0x05, 0x06,
                                      0x0c, 0x18, 0x30, 0x31, 0x7f, 0x80, 0x81,
                                      0x82, 0xa0, 0xa1, 0xa2, 0xa5, 0xff };

    switch (r % 8) {
    case 0:
        memmove(bytes + at + 1, bytes + at, len - at);
        return len + 1;
    case 1:
        memmove(bytes + at, bytes + at + 1, len - at - 1);
        return len - 1;
    case 2:
    case 3:
        bytes[at] = likely[(r >> 8) % sizeof(likely)];
        return len;
    case 4:
        bytes[at]++;
        return len;
    case 5:
        bytes[at]--;
        return len;
    }
    bytes[at] ^= (uint8_t)(1u << (r >> 8) % 8);
    return len;
}

struct span der_scramble(struct span der, const struct span *keep,
                         size_t num_keep, unsigned num, uint64_t *state,
                         struct arena *a)
{
    uint8_t *bytes = arena_alloc(a, der.len + num);
    size_t len = der.len;

    assert(bytes != NULL && len > num);
    memcpy(bytes, der.ptr, len);
    for (unsigned i = 0; i < num; i++) {
        uint64_t r = next_random(state);
        size_t at = (size_t)(r >> 16) % (der.len - num);

        if (!is_kept(keep, num_keep, der.ptr + at))
            len = scramble_byte(bytes, len, at, r);
    }
    return span_of(bytes, len);
}
