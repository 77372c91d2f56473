/*
 * A message as a tree of named fields, for people: every element with its
 * place, its ASN.1 type and its value, from the tables of schema_*.c.
 *
 * Broken input is shown as far as it goes. Where an element is not what its
 * place asks for, its node says at which byte, what is asked there and what
 * stands there; where its end is known, reading goes on behind it. Object
 * identifiers, extensions and contents that the tables do not list are shown
 * as whatever stands there.
 *
 * Work is linear in the input. What is not opened for a bound is said in the
 * node, and is no problem.
 */
#ifndef INSPECT_TREE_H
#define INSPECT_TREE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"

/* Elements shown: twice as many as LIMIT_MESSAGE_LEN holds, or a CRL of some
 * 10000 entries; shown within a second. */
#define TREE_MAX_NODES ((size_t)65536)
/* Elements inside elements: a message inside a message inside a message, with
 * a name in an extension of its certificate, takes 50. */
#define TREE_MAX_DEPTH 64
/* Memory that tree_read_der may need. */
#define TREE_ARENA_LEN ((size_t)24 * 1024 * 1024)

struct schema_type;

struct tree_problem {
    size_t at;            /* byte of the input, counted from 0 */
    const char *expected; /* "INTEGER", "CertTemplate", "the end" */
    const char *found;    /* "OCTET STRING", "the end of the input" */
};

struct tree_node {
    const char *field; /* NULL: an element of a list, number `index` of it */
    size_t index;
    const char *type; /* as ASN.1 names it */
    const struct schema_type *schema;
    unsigned tag;    /* of the type, whatever implicit tag stands there; 0:
                        nothing could be read */
    struct span der; /* the whole element as received; with explicit tags, and
                        the string around it where that holds a type */
    struct span own; /* without those around it; empty: nothing is there */
    bool is_leaf;    /* has a value and no fields */
    bool is_closed;  /* not opened, being too deep inside */
    const struct tree_problem *problem; /* NULL: none */
    struct tree_node *parent, *first, *last, *next;
};

struct tree {
    struct span der;
    struct tree_node *root;
    size_t num_nodes;
    size_t num_problems;
    size_t num_closed;
    bool is_full; /* there are more elements than TREE_MAX_NODES */
    const struct tree_node *problem; /* the first one */
};

/*
 * Reads `der` as `type`, which is one of tree_type_name; NULL: as what it fits
 * longest of PKIMessage, Certificate, CertificateList, CertificationRequest
 * and ContentInfo. `der` is borrowed by the tree.
 * ERR_NOT_FOUND: no such type. ERR_NO_MEM.
 */
MUST_USE enum err tree_read_der(struct span der, const char *type,
                                struct arena *a, struct tree *out,
                                struct fault *f);
/* The n-th type that can be named; NULL: there are no more. */
const char *tree_type_name(size_t n);

/* The node after this one, fields before siblings; NULL: `root` is done. */
const struct tree_node *tree_next(const struct tree_node *node,
                                  const struct tree_node *root);
/* The same without the fields of this one. */
const struct tree_node *tree_next_beside(const struct tree_node *node,
                                         const struct tree_node *root);
/* Below how many others it is; the root: 0. */
size_t tree_depth(const struct tree_node *node);
/* A node by its path from this one: "tbsCertificate.extensions[0]". NULL. */
const struct tree_node *tree_find(const struct tree_node *from,
                                  const char *path);

/* "body.ir[0].certReq.certTemplate.subject", as the decoders' faults name it;
 * "" for the root. */
void tree_path(const struct tree_node *node, struct buf *out);

/*
 * The value as people read it: a leaf's, a Name as RFC 4514 text, a summary of
 * a certificate, CRL or request; nothing for other things with fields. Not cut.
 */
void tree_value(const struct tree_node *node, struct buf *out);
/* Whether tree_value says all that the fields below say, and none is broken. */
bool tree_is_summed_up(const struct tree_node *node);
/* Whether it is a certificate, a CRL or a certification request. */
bool tree_is_document(const struct tree_node *node);
/* Whether it is a CHOICE: its one field is what was chosen. */
bool tree_is_choice(const struct tree_node *node);
/* Whether its value is octets in hexadecimal. */
bool tree_is_octets(const struct tree_node *node);
/* The object identifier that says what the rest of a SEQUENCE is. NULL. */
const struct tree_node *tree_key(const struct tree_node *node);
/* Octets from the start of `der` to the content of the type itself. */
size_t tree_header_len(const struct tree_node *node);

/* "at byte 213: expected SEQUENCE, found INTEGER". */
void tree_problem_format(const struct tree_problem *p, struct buf *out);

#endif
