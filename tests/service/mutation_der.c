#include "mutation_der.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "support/der_mutate.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define MAX_SITES 1024

/* splitmix64 */
uint64_t mutator_draw(struct mutator *m)
{
    uint64_t z = m->random += 0x9e3779b97f4a7c15u;

    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

size_t mutator_below(struct mutator *m, size_t num)
{
    return (size_t)(mutator_draw(m) >> 16) % num;
}

bool mutator_percent(struct mutator *m, size_t of)
{
    return mutator_below(m, 100) < of;
}

static void *take(struct mutator *m, size_t len)
{
    void *out = arena_alloc(m->arena, len);

    assert_non_null(out);
    return out;
}

struct span mutator_octets(struct mutator *m, size_t len)
{
    uint8_t *out = take(m, len);

    for (size_t i = 0; i < len; i++)
        out[i] = (uint8_t)mutator_draw(m);
    return span_of(out, len);
}

/* --- changing an element --- */

static struct span element_at(struct span der, const uint8_t *site)
{
    struct der in =
        der_open(span_of(site, der.len - (size_t)(site - der.ptr)), NULL);
    struct span out = SPAN_NONE;
    unsigned tag;

    assert_int_equal(der_any(&in, &tag, &out), ERR_OK);
    return out;
}

static struct span any_element(struct mutator *m, struct span der)
{
    const uint8_t *sites[MAX_SITES];
    size_t num = der_sites(der, sites, MAX_SITES);

    return element_at(der, sites[mutator_below(m, num)]);
}

/* Something else that is an element somewhere. */
static struct span stranger(struct mutator *m)
{
    const struct mutation_scene *s = m->scene;

    return any_element(m, s->list[mutator_below(m, s->num)].body);
}

static struct span twice(struct mutator *m, struct span element)
{
    uint8_t *out = take(m, 2 * element.len);

    memcpy(out, element.ptr, element.len);
    memcpy(out + element.len, element.ptr, element.len);
    return span_of(out, 2 * element.len);
}

/* The same tag around octets of no meaning, or none, or very many. */
static struct span refilled(struct mutator *m, struct span element)
{
    static const size_t lens[] = { 0, 0, 1, 1, 2, 8, 16, 20, 129, 400, 3000 };
    size_t len = lens[mutator_below(m, NUM(lens))];
    uint8_t *bytes = take(m, len + 1);
    struct der_writer w;
    struct span out = SPAN_NONE;

    for (size_t i = 0; i < len; i++)
        bytes[i] = (uint8_t)mutator_draw(m);
    der_writer_init(&w, m->arena, len + 8);
    der_put_raw(&w, span_of(bytes, len));
    der_put_header(&w, element.ptr[0], 0);
    assert_int_equal(der_finish(&w, &out), ERR_OK);
    return out;
}

static struct span reshaped(struct mutator *m, struct span der)
{
    const uint8_t *sites[MAX_SITES];
    enum der_mutation how = (enum der_mutation)mutator_below(m, DER_MUT_NUM);
    size_t num = der_mutate_sites(der, how, sites, MAX_SITES);

    return num == 0
               ? der
               : der_mutate(der, how, sites[mutator_below(m, num)], m->arena);
}

static struct span with_other_element(struct mutator *m, struct span der)
{
    struct span old = any_element(m, der), fresh = SPAN_NONE;

    switch (mutator_below(m, 5)) {
    case 0:
        fresh = old.ptr == der.ptr ? stranger(m) : SPAN_LIT("");
        break;
    case 1:
        fresh = old.ptr == der.ptr ? stranger(m) : twice(m, old);
        break;
    case 2:
        fresh = any_element(m, der);
        break;
    case 3:
        fresh = stranger(m);
        break;
    case 4:
        fresh = refilled(m, old);
        break;
    }
    return der_replace(der, old.ptr, fresh, m->arena);
}

static bool is_leaf(struct span element)
{
    return (element.ptr[0] & 0x20) == 0;
}

/* An element of this kind, from anywhere; itself where none turns up. */
static struct span kindred(struct mutator *m, struct span element)
{
    for (int i = 0; i < 32; i++) {
        struct span other = stranger(m);

        if (other.ptr[0] == element.ptr[0] && !span_is_equal(other, element))
            return other;
    }
    return element;
}

/* The same element with an octet of its content another one. */
static struct span nudged(struct mutator *m, struct span element)
{
    static const uint8_t likely[] = { 0x00, 0x01, 0x02, 0x03, 0x05,
                                      0x06, 0x7f, 0x80, 0xff };
    struct der in = der_open(element, NULL);
    struct span content = SPAN_NONE;
    uint8_t *bytes = take(m, element.len);
    size_t at;

    assert_int_equal(der_content(&in, element.ptr[0], &content), ERR_OK);
    if (content.len == 0)
        return element;
    memcpy(bytes, element.ptr, element.len);
    at =
        element.len - 1 - mutator_below(m, content.len < 40 ? content.len : 40);
    if (mutator_percent(m, 50))
        bytes[at] = likely[mutator_below(m, NUM(likely))];
    else
        bytes[at] ^= (uint8_t)(1u << mutator_below(m, 8));
    return span_of(bytes, element.len);
}

/* What most likely still parses: a value that is another one of its kind. */
static struct span with_other_value(struct mutator *m, struct span der)
{
    struct span old = any_element(m, der);

    for (int i = 0; i < 16 && !is_leaf(old); i++)
        old = any_element(m, der);
    return der_replace(der, old.ptr,
                       is_leaf(old) && mutator_percent(m, 60) ? nudged(m, old)
                                                              : kindred(m, old),
                       m->arena);
}

/* A few changes that leave DER, then some that may not. */
struct span mutated(struct mutator *m, struct span der)
{
    size_t num = 1 + mutator_below(m, 3);

    for (size_t i = 0; i < num; i++) {
        if (mutator_percent(m, 80))
            der = with_other_value(m, der);
        else
            der = mutator_percent(m, 20) ? reshaped(m, der)
                                         : with_other_element(m, der);
    }
    if (mutator_percent(m, 8) && der.len > 8)
        der = der_scramble(der, NULL, 0, 1 + (unsigned)mutator_below(m, 3),
                           &m->random, m->arena);
    return der;
}
