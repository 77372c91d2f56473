/*
 * Any bytes as a tree: it lies within its bounds, every node within its parent,
 * and all of it can be shown.
 */
#include <assert.h>

#include "inspect/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VALUE_CAP ((size_t)16 * 1024 * 1024)

static bool is_within(struct span inner, struct span outer)
{
    return inner.ptr >= outer.ptr &&
           inner.ptr + inner.len <= outer.ptr + outer.len;
}

static void look(const struct tree_node *node, const struct tree *tree,
                 struct buf *text)
{
    assert(is_within(node->der, tree->der));
    assert(span_is_absent(node->own) || is_within(node->own, node->der));
    if (node->parent != NULL)
        assert(is_within(node->der, node->parent->der));
    if (node->problem != NULL) {
        assert(node->problem->at <= tree->der.len);
        tree_problem_format(node->problem, text);
    }
    assert(!node->is_leaf || node->first == NULL);
    tree_value(node, text);
    (void)tree_is_summed_up(node);
    assert(text->failed == ERR_OK || text->failed == ERR_LIMIT);
    buf_clear(text);
}

/* The path of a node leads to it. Broken input may have a field twice. */
static void find_again(const struct tree_node *node, const struct tree *tree,
                       struct buf *text)
{
    tree_path(node, text);
    assert(tree_find(tree->root, buf_str(text)) == node);
    buf_clear(text);
}

/* How many bytes of a short input are all looked up again by path, which is
 * not linear. */
#define FIND_LEN 256

static void read_as(struct span der, const char *type)
{
    AUTO(arena) a = arena_new(TREE_ARENA_LEN);
    struct tree tree;
    struct buf text;
    size_t num = 0;

    assert(a != NULL);
    assert(tree_read_der(der, type, a, &tree, NULL) == ERR_OK);
    assert((tree.num_problems == 0) == (tree.problem == NULL));
    buf_init(&text, VALUE_CAP);
    for (const struct tree_node *n = tree.root; n != NULL;
         n = tree_next(n, tree.root)) {
        look(n, &tree, &text);
        if (der.len <= FIND_LEN && tree.num_problems == 0)
            find_again(n, &tree, &text);
        num++;
    }
    assert(num == tree.num_nodes);
    buf_done(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    read_as(span_of(data, size), NULL);
    read_as(span_of(data, size), "PKIMessage");
    return 0;
}
