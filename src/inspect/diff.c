#include "inspect/diff.h"

/* How far an element may have moved in a list and still be found by its bytes
 * or identifier: lists of messages are shorter, and those of CRLs stay linear.
 */
#define WINDOW 64

struct pair {
    const struct tree_node *a, *b;
};

struct work {
    struct arena *arena;
    bool opens;
    struct pair *stack;
    size_t depth;
    struct diff_entry *entries;
    size_t num;
    bool no_mem;
};

/* --- What differs as it must --- */

/* By the name of the field, where what is in it is made anew each time. */
static const char *const fresh[] = {
    "transactionID", "senderNonce",      "recipNonce",
    "messageTime",   "protection",       "salt",
    "signature",     "signatureValue",   "certHash",
    "witness",       "challenge",        "encSymmKey",
    "encValue",      "encryptedContent", "encryptedKey"
};

static bool is_fresh(const struct tree_node *node)
{
    if (!node->is_leaf || node->field == NULL)
        return false;
    for (size_t i = 0; i < sizeof(fresh) / sizeof(fresh[0]); i++) {
        if (strcmp(fresh[i], node->field) == 0)
            return true;
    }
    return false;
}

/* --- Pairs --- */

static void add(struct work *w, enum diff_kind kind, struct pair p)
{
    struct diff_entry *e = &w->entries[w->num++];

    e->kind = kind;
    e->a = p.a;
    e->b = p.b;
    e->is_fresh = kind == DIFF_CHANGED && is_fresh(p.a) && is_fresh(p.b);
}

static void push(struct work *w, const struct tree_node *a,
                 const struct tree_node *b)
{
    w->stack[w->depth++] = (struct pair){ a, b };
}

static const struct tree_node *field_find(const struct tree_node *in,
                                          const char *name)
{
    for (const struct tree_node *n = in->first; n != NULL; n = n->next) {
        if (n->field != NULL && strcmp(n->field, name) == 0)
            return n;
    }
    return NULL;
}

/* Both sides' fields, in the order of the first. */
static void push_fields(struct work *w, struct pair p)
{
    for (const struct tree_node *n = p.a->first; n != NULL; n = n->next)
        push(w, n, field_find(p.b, n->field));
    for (const struct tree_node *n = p.b->first; n != NULL; n = n->next) {
        if (field_find(p.a, n->field) == NULL)
            push(w, NULL, n);
    }
}

/* --- Lists --- */

struct list {
    const struct tree_node **nodes;
    size_t *match; /* the other's number plus 1; 0: none */
    size_t num;
};

static bool list_make(struct work *w, const struct tree_node *of,
                      struct list *out)
{
    size_t i = 0;

    out->num = of->last != NULL ? of->last->index + 1 : 0;
    out->nodes = arena_array(w->arena, out->num + 1, sizeof(*out->nodes));
    out->match = arena_array(w->arena, out->num + 1, sizeof(*out->match));
    w->no_mem = w->no_mem || out->nodes == NULL || out->match == NULL;
    if (w->no_mem)
        return false;
    for (const struct tree_node *n = of->first; n != NULL && i < out->num;
         n = n->next)
        out->nodes[i++] = n;
    out->num = i;
    return true;
}

/* The same thing, whatever else is in it. */
static bool is_same_thing(const struct tree_node *a, const struct tree_node *b)
{
    const struct tree_node *key_a = tree_key(a), *key_b = tree_key(b);

    if (key_a != NULL && key_b != NULL)
        return span_is_equal(key_a->der, key_b->der);
    return span_is_equal(a->der, b->der);
}

static void match(struct list *a, size_t i, struct list *b, size_t k)
{
    a->match[i] = k + 1;
    b->match[k] = i + 1;
}

static void match_things(struct list *a, struct list *b)
{
    size_t low = 0;

    for (size_t i = 0; i < a->num; i++) {
        while (low < b->num && b->match[low] != 0)
            low++;
        for (size_t k = low; k < b->num && k < low + WINDOW; k++) {
            if (b->match[k] == 0 && is_same_thing(a->nodes[i], b->nodes[k])) {
                match(a, i, b, k);
                break;
            }
        }
    }
}

/* Those that say by no identifier what they are, one after the other. */
static void match_rest(struct list *a, struct list *b)
{
    size_t k = 0;

    for (size_t i = 0; i < a->num; i++) {
        if (a->match[i] != 0 || tree_key(a->nodes[i]) != NULL)
            continue;
        while (k < b->num &&
               (b->match[k] != 0 || tree_key(b->nodes[k]) != NULL))
            k++;
        if (k < b->num)
            match(a, i, b, k);
    }
}

static void push_elements(struct work *w, struct pair p)
{
    struct list a = { 0 }, b = { 0 };

    if (!list_make(w, p.a, &a) || !list_make(w, p.b, &b))
        return;
    match_things(&a, &b);
    match_rest(&a, &b);
    for (size_t i = 0; i < a.num; i++)
        push(w, a.nodes[i], a.match[i] == 0 ? NULL : b.nodes[a.match[i] - 1]);
    for (size_t k = 0; k < b.num; k++) {
        if (b.match[k] == 0)
            push(w, NULL, b.nodes[k]);
    }
}

/* --- The walk --- */

static bool is_one_value(const struct work *w, const struct tree_node *node)
{
    return node->first == NULL || tree_is_summed_up(node) ||
           (tree_is_document(node) && node->parent != NULL && !w->opens);
}

/* What was pushed since is taken in its order. */
static void reverse(struct pair *pairs, size_t num)
{
    for (size_t i = 0; i < num / 2; i++) {
        struct pair p = pairs[i];

        pairs[i] = pairs[num - 1 - i];
        pairs[num - 1 - i] = p;
    }
}

static void compare(struct work *w, struct pair p)
{
    size_t before = w->depth;

    if (p.a == NULL || p.b == NULL) {
        add(w, p.a == NULL ? DIFF_ADDED : DIFF_MISSING, p);
        return;
    }
    if (span_is_equal(p.a->der, p.b->der) && p.a->schema == p.b->schema)
        return;
    if (p.a->schema != p.b->schema || is_one_value(w, p.a) ||
        is_one_value(w, p.b)) {
        add(w, DIFF_CHANGED, p);
        return;
    }
    if (p.a->first->field == NULL && p.b->first->field == NULL)
        push_elements(w, p);
    else if (p.a->first->field != NULL && p.b->first->field != NULL)
        push_fields(w, p);
    else
        add(w, DIFF_CHANGED, p);
    reverse(w->stack + before, w->depth - before);
}

enum err tree_diff(const struct tree *a, const struct tree *b, bool opens,
                   struct arena *arena, struct diff *out)
{
    /* Each node is in one pair at most. */
    size_t max = a->num_nodes + b->num_nodes + 1;
    struct work w = { .arena = arena, .opens = opens };
    struct diff d = { 0 };

    w.stack = arena_array(arena, max, sizeof(*w.stack));
    w.entries = arena_array(arena, max, sizeof(*w.entries));
    if (w.stack == NULL || w.entries == NULL)
        return ERR_NO_MEM;
    push(&w, a->root, b->root);
    while (w.depth > 0 && !w.no_mem)
        compare(&w, w.stack[--w.depth]);
    if (w.no_mem)
        return ERR_NO_MEM;
    /* Broken input may differ where no field does. */
    if (w.num == 0 && a->num_problems + b->num_problems > 0 &&
        !span_is_equal(a->der, b->der))
        add(&w, DIFF_CHANGED, (struct pair){ a->root, b->root });
    d.list = w.entries;
    d.num = w.num;
    for (size_t i = 0; i < w.num; i++)
        d.num_fresh += w.entries[i].is_fresh;
    *out = d;
    return ERR_OK;
}
