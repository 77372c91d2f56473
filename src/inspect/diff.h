/*
 * Two messages field by field, over their trees.
 *
 * Fields are compared by name; elements of a list by the object identifier
 * that says what they are (extensions, generalInfo, controls), else by their
 * bytes, else in their order. Names, algorithms without parameters and, unless
 * they are to be opened, certificates and CRLs are compared as one value.
 */
#ifndef INSPECT_DIFF_H
#define INSPECT_DIFF_H

#include "inspect/tree.h"

enum diff_kind {
    DIFF_CHANGED,
    DIFF_MISSING, /* the first message alone has it */
    DIFF_ADDED    /* the second alone */
};

struct diff_entry {
    enum diff_kind kind;
    bool is_fresh; /* a nonce, a time, a signature: differs as it must */
    const struct tree_node *a, *b; /* NULL where it is not */
};

struct diff {
    const struct diff_entry *list; /* in the order of the first message */
    size_t num;
    size_t num_fresh; /* of these */
};

/* The trees stay borrowed. `opens`: certificates and CRLs too are compared
 * field by field. ERR_NO_MEM. */
MUST_USE enum err tree_diff(const struct tree *a, const struct tree *b,
                            bool opens, struct arena *arena, struct diff *out);

#endif
