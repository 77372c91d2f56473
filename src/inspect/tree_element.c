/*
 * One element: tag and length, the tags around it, and what type it then is.
 */
#include <assert.h>

#include "der/peek.h"
#include "inspect/tree_internal.h"

#define TAG_TEXT_LEN 32

struct tree_node *walk_node(struct walk *w, struct tree_node *parent,
                            const char *field, size_t index,
                            const struct schema_type *type)
{
    struct tree_node *node;

    if (w->tree->num_nodes == TREE_MAX_NODES) {
        w->tree->is_full = true;
        return NULL;
    }
    node = arena_alloc(w->a, sizeof(*node));
    if (node == NULL) {
        w->no_mem = true;
        return NULL;
    }
    node->field = field;
    node->index = index;
    node->schema = type;
    node->type = type->name;
    node->parent = parent;
    w->tree->num_nodes++;
    if (parent == NULL)
        w->tree->root = node;
    else if (parent->last == NULL)
        parent->first = node;
    else
        parent->last->next = node;
    if (parent != NULL)
        parent->last = node;
    return node;
}

void walk_problem(struct walk *w, struct tree_node *node, const uint8_t *at,
                  const char *expected, const char *found)
{
    struct tree_problem *p;

    if (node->problem != NULL)
        return;
    p = arena_alloc(w->a, sizeof(*p));
    if (p == NULL || found == NULL) {
        w->no_mem = true;
        return;
    }
    p->at = (size_t)(at - w->tree->der.ptr);
    p->expected = expected;
    p->found = found;
    node->problem = p;
    if (w->tree->problem == NULL)
        w->tree->problem = node;
    w->tree->num_problems++;
}

void walk_cut(struct walk *w, struct tree_node *node, const char *expected)
{
    if (w->cut_is_told)
        return;
    w->cut_is_told = true;
    walk_problem(w, node, w->tree->der.ptr + w->tree->der.len, expected,
                 "the end of the input");
}

/* --- Tags --- */

static unsigned context_tag(const struct schema_field *field)
{
    unsigned number = field->number;

    if (field->tagging == TAG_EXPLICIT || (field->type->tag & 0x20u) != 0)
        return DER_CTX(number);
    return DER_CTX_PRIM(number);
}

static bool tag_fits(const struct schema_type *type, unsigned tag)
{
    return tag != 0 && (type->tag == 0 || type->tag == tag);
}

/* Of a field that is no untagged CHOICE. */
static bool field_takes_plain(const struct schema_field *field, unsigned tag)
{
    if (field->tagging != TAG_OWN)
        return tag == context_tag(field);
    return field->type->kind != KIND_CHOICE && tag_fits(field->type, tag);
}

static bool choice_takes_plain(const struct schema_type *choice, unsigned tag)
{
    for (size_t i = 0; i < choice->num_fields; i++) {
        if (field_takes_plain(&choice->fields[i], tag))
            return true;
    }
    return false;
}

/* A CHOICE among untagged CHOICEs is the most there is. */
static const struct schema_field *choice_find(const struct schema_type *choice,
                                              unsigned tag)
{
    for (size_t i = 0; i < choice->num_fields; i++) {
        const struct schema_field *field = &choice->fields[i];

        if (field_takes_plain(field, tag) ||
            (field->tagging == TAG_OWN && field->type->kind == KIND_CHOICE &&
             choice_takes_plain(field->type, tag)))
            return field;
    }
    return NULL;
}

bool field_takes(const struct schema_field *field, unsigned tag)
{
    if (field->tagging == TAG_OWN && field->type->kind == KIND_CHOICE)
        return choice_find(field->type, tag) != NULL;
    return field_takes_plain(field, tag);
}

static const char *tag_text(struct walk *w, unsigned tag)
{
    char text[TAG_TEXT_LEN];

    der_tag_format(tag, text, sizeof(text));
    return arena_printf(w->a, "%s", text);
}

/* --- Tag and length --- */

/* An element without an end: what is left is its. */
static void take_rest(struct walk *w, struct tree_node *node, struct span *rest,
                      enum cut around, enum der_flaw flaw)
{
    if (span_is_absent(node->der))
        node->der = *rest;
    node->own = *rest;
    node->is_leaf = true;
    node->tag = 0;
    if (flaw == DER_FLAW_SHORT && around == CUT_INPUT)
        walk_cut(w, node, node->type);
    else if (flaw != DER_FLAW_SHORT || around == CUT_NO)
        walk_problem(w, node, rest->ptr, node->type, der_flaw_text(flaw));
    *rest = span_of(rest->ptr + rest->len, 0);
}

/*
 * The next element of `rest`, as far as it is there, and moves `rest` past it.
 * False: it has no end, and took what was left.
 */
static bool take(struct walk *w, struct tree_node *node, struct span *rest,
                 enum cut around, struct element *out)
{
    struct der_peek p;
    size_t there;

    der_peek(*rest, &p);
    if (!der_flaw_has_end(p.flaw)) {
        take_rest(w, node, rest, around, p.flaw);
        return false;
    }
    there = rest->len - p.header_len;
    out->tag = p.tag;
    out->cut = CUT_NO;
    if (p.flaw != DER_FLAW_NONE)
        walk_problem(w, node, rest->ptr, node->type, der_flaw_text(p.flaw));
    if (p.content_len > there) {
        out->cut = around;
        if (around == CUT_NO) {
            out->cut = CUT_TOLD;
            walk_problem(w, node, rest->ptr, node->type,
                         arena_printf(w->a,
                                      "a length of %zu where %zu octets are "
                                      "left",
                                      p.content_len, there));
        }
        p.content_len = there;
    }
    out->whole = span_of(rest->ptr, p.header_len + p.content_len);
    out->content = span_of(rest->ptr + p.header_len, p.content_len);
    *rest = span_of(out->content.ptr + p.content_len, there - p.content_len);
    return true;
}

/* What stands inside another element and alone there. */
static bool take_inner(struct walk *w, struct tree_node *node,
                       struct span content, struct element *e)
{
    enum cut around = e->cut;

    if (content.len == 0 && around == CUT_NO) {
        walk_problem(w, node, content.ptr, node->type, "nothing");
        node->is_leaf = true;
        node->tag = 0;
        return false;
    }
    if (!take(w, node, &content, around, e))
        return false;
    if (content.len > 0 && around == CUT_NO)
        walk_problem(w, node, content.ptr, "the end",
                     arena_printf(w->a, "%zu octets after it", content.len));
    return true;
}

/* --- Leaves --- */

static bool bits_end_in_zero(struct span v)
{
    return v.len > 1 && (v.ptr[v.len - 1] >> v.ptr[0] & 1u) == 0;
}

static void leaf_check(struct walk *w, struct tree_node *node,
                       const struct schema_type *type, const struct element *e)
{
    const char *flaw = der_content_flaw(e->tag, e->content);

    if (flaw == NULL && type->kind == KIND_BITS && bits_end_in_zero(e->content))
        flaw = "bits of 0 at the end";
    if (flaw != NULL)
        walk_problem(w, node, e->content.ptr, node->type, flaw);
}

static void leaf(struct walk *w, struct tree_node *node,
                 const struct schema_type *type, const struct element *e)
{
    node->is_leaf = true;
    if (e->cut == CUT_NO)
        leaf_check(w, node, type, e);
    else if (e->cut == CUT_INPUT)
        walk_cut(w, node, node->type);
}

static void push(struct walk *w, const struct frame *around,
                 struct tree_node *node, const struct schema_type *type,
                 const struct element *e, bool is_key)
{
    if (w->depth == TREE_MAX_DEPTH) {
        node->is_leaf = true;
        node->is_closed = true;
        w->tree->num_closed++;
        if (e->cut == CUT_INPUT)
            walk_cut(w, node, node->type);
        return;
    }
    w->stack[w->depth++] = (struct frame){
        .type = type,
        .node = node,
        .rest = e->content,
        .oid = around->oid,
        .cut = e->cut,
        .is_key = is_key,
    };
}

/* --- Types --- */

/* An element on its way to its type. */
struct place {
    struct tree_node *node;
    const struct schema_type *type;
    struct element e;
    struct span oid;
};

static void place_type(struct place *p, const struct schema_type *type)
{
    p->type = type;
    p->node->schema = type;
    p->node->type = type->name;
}

/* Not what is asked here: shown as what it is. */
static void mismatch(struct walk *w, struct place *p)
{
    walk_problem(w, p->node, p->e.whole.ptr, p->type->name,
                 tag_text(w, p->e.tag));
    place_type(p, &asn_any);
}

/* Takes the field's tag off. False: nothing is behind it. */
static bool untag(struct walk *w, struct place *p,
                  const struct schema_field *field)
{
    place_type(p, field->type);
    if (field->tagging == TAG_OWN)
        return true;
    if (p->e.tag != context_tag(field)) {
        mismatch(w, p);
        return true;
    }
    if (field->tagging == TAG_EXPLICIT)
        return take_inner(w, p->node, p->e.content, &p->e);
    p->e.tag = field->type->tag;
    return true;
}

static bool enter_choice(struct walk *w, struct place *p)
{
    const struct schema_field *field = choice_find(p->type, p->e.tag);
    struct tree_node *child;

    if (field == NULL) {
        mismatch(w, p);
        return true;
    }
    if (!p->type->is_through) {
        p->node->own = p->e.whole;
        p->node->tag = p->e.tag;
        child = walk_node(w, p->node, field->name, 0, field->type);
        if (child == NULL)
            return false;
        child->der = p->e.whole;
        p->node = child;
    }
    return untag(w, p, field);
}

/* Into the string, where it is known what it holds. */
static bool enter_wrap(struct walk *w, struct place *p)
{
    const struct schema_type *inner = schema_row_find(p->type, p->oid);
    struct span content = p->e.content;

    if (p->e.tag != p->type->tag) {
        mismatch(w, p);
        return true;
    }
    if (inner == NULL) {
        place_type(p, p->e.tag == DER_BIT_STRING ? &asn_bit_string
                                                 : &asn_octet_string);
        return true;
    }
    if (p->e.tag == DER_BIT_STRING && content.len > 0) {
        if (content.ptr[0] != 0)
            walk_problem(w, p->node, content.ptr, inner->name,
                         "a string of bits that are no octets");
        content = span_of(content.ptr + 1, content.len - 1);
    }
    place_type(p, inner);
    return take_inner(w, p->node, content, &p->e);
}

static void place_open(struct place *p)
{
    const struct schema_type *type = schema_row_find(p->type, p->oid);

    place_type(p, type != NULL ? type : &asn_any);
}

/* A type nobody knows is named by its tag. */
static void place_any(struct walk *w, struct place *p)
{
    const char *text;

    if (p->type->tag != 0)
        return;
    text = tag_text(w, p->e.tag);
    if (text != NULL)
        p->node->type = text;
    else
        w->no_mem = true;
}

/* Through choices, strings and open types to one that has a tag. */
static bool settle(struct walk *w, struct place *p)
{
    for (;;) {
        switch (p->type->kind) {
        case KIND_CHOICE:
            if (!enter_choice(w, p))
                return false;
            continue;
        case KIND_WRAP:
            if (!enter_wrap(w, p))
                return false;
            continue;
        case KIND_OPEN:
            place_open(p);
            continue;
        case KIND_ANY:
            if (!tag_fits(p->type, p->e.tag))
                mismatch(w, p);
            place_any(w, p);
            return true;
        case KIND_PLAIN:
        case KIND_NUMBER:
        case KIND_BITS:
        case KIND_IP:
        case KIND_SECRET:
        case KIND_SEQUENCE:
        case KIND_LIST:
            if (p->e.tag == p->type->tag)
                return true;
            mismatch(w, p);
        }
    }
}

/* DEFAULT FALSE is not written (X.690, 11.5). */
static void default_check(struct walk *w, const struct schema_field *field,
                          const struct place *p)
{
    if ((field->flags & FIELD_DEFAULT_FALSE) != 0 && p->e.cut == CUT_NO &&
        p->e.content.len == 1 && p->e.content.ptr[0] == 0)
        walk_problem(w, p->node, p->e.whole.ptr, "nothing",
                     "FALSE, which is the default");
}

/* An element took what was left: that fields are missing is no news. */
static void lose_rest(struct frame *f)
{
    if (f->cut == CUT_NO)
        f->cut = CUT_TOLD;
}

void walk_element(struct walk *w, struct frame *f,
                  const struct schema_field *field, size_t index)
{
    struct place p = { .oid = f->oid };
    bool is_key = (field->flags & FIELD_KEY) != 0;

    p.node = walk_node(w, f->node, field->name, index, field->type);
    if (p.node == NULL)
        return;
    if (!take(w, p.node, &f->rest, f->cut, &p.e)) {
        lose_rest(f);
        return;
    }
    if (p.e.cut == CUT_TOLD)
        lose_rest(f);
    p.node->der = p.e.whole;
    if (!untag(w, &p, field) || !settle(w, &p))
        return;
    p.node->own = p.e.whole;
    p.node->tag = p.e.tag;
    if (p.type->kind == KIND_SEQUENCE || p.type->kind == KIND_LIST ||
        (p.type->kind == KIND_ANY && (p.e.tag & 0x20u) != 0)) {
        push(w, f, p.node, p.type, &p.e, is_key);
        return;
    }
    leaf(w, p.node, p.type, &p.e);
    default_check(w, field, &p);
    if (is_key && p.e.tag == DER_OID)
        f->oid = p.e.content;
}
