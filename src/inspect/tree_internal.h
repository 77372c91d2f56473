/*
 * How tree.c and tree_element.c read. A frame is a constructed element being
 * read; the stack of them stands in for recursion.
 */
#ifndef INSPECT_TREE_INTERNAL_H
#define INSPECT_TREE_INTERNAL_H

#include "inspect/schema.h"
#include "inspect/tree.h"

/*
 * Whether an element's length runs past the bytes there are. CUT_INPUT: it is
 * the input that ends, which is told once, at the innermost element. CUT_TOLD:
 * it was told at an element around, whose end this one runs past.
 */
enum cut {
    CUT_NO,
    CUT_INPUT,
    CUT_TOLD
};

struct element {
    unsigned tag;
    struct span whole;
    struct span content;
    enum cut cut;
};

struct frame {
    const struct schema_type *type; /* SEQUENCE, LIST, or ANY */
    struct tree_node *node;
    struct span rest;   /* what is still to be read */
    size_t next;        /* SEQUENCE: the field; else the number */
    struct span oid;    /* says what open types are */
    struct span before; /* SET OF: the element before */
    enum cut cut;
    bool is_key; /* its `oid` becomes that of the frame around */
};

struct walk {
    struct arena *a;
    struct tree *tree;
    struct frame stack[TREE_MAX_DEPTH];
    size_t depth;
    bool cut_is_told;
    bool stops; /* at the first problem: how far it fits is all that is asked */
    bool no_mem;
};

/* A node behind the last one of `parent`. NULL: no room; the walk ends. */
struct tree_node *walk_node(struct walk *w, struct tree_node *parent,
                            const char *field, size_t index,
                            const struct schema_type *type);

/* Notes a problem, unless the node has one. */
void walk_problem(struct walk *w, struct tree_node *node, const uint8_t *at,
                  const char *expected, const char *found);

/* The end of the input, at its last byte. Told once. */
void walk_cut(struct walk *w, struct tree_node *node, const char *expected);

/* Whether an element of this tag can be this field, or of this type. */
bool field_takes(const struct schema_field *field, unsigned tag);

/*
 * Reads the next element of the frame as this field: a node, and a frame on
 * the stack where it holds others.
 */
void walk_element(struct walk *w, struct frame *f,
                  const struct schema_field *field, size_t index);

#endif
