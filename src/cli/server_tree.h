/*
 * Trees on a terminal and as JSON.
 */
#ifndef CLI_SERVER_TREE_H
#define CLI_SERVER_TREE_H

#include "cli/cli.h"
#include "inspect/tree.h"

/* How much of a tree is shown. */
struct tree_view {
    size_t depth;   /* rows inside rows */
    bool has_hex;   /* the octets of every leaf */
    bool is_full;   /* fields of what one line says, too */
    bool is_closed; /* certificates, CRLs and requests on a line each */
};

/* A row for each field: its offset, its name, its value. */
void server_tree_print(const struct cli *cli, const struct tree *tree,
                       const struct tree_view *view);

/*
 * The tree as an object (docs/json.md, "Trees"), node by node to cli->out: as
 * one object in memory, a large one would be larger than what it shows. It
 * stands behind `indent` blanks. Without is_full and is_closed: JSON has all.
 * ERR_NO_MEM.
 */
MUST_USE enum err server_tree_json(const struct cli *cli,
                                   const struct tree *tree,
                                   const struct tree_view *view, size_t indent,
                                   struct fault *f);

/* Prints an object without its closing bracket, which further members written
 * by hand follow. Takes the reference; NULL: ERR_NO_MEM. */
MUST_USE enum err server_json_open(const struct cli *cli, json_t *object,
                                   struct fault *f);

/* Value of a node, for the caller to keep. NULL: no memory. */
json_t *server_tree_value(const struct tree_node *node);
/* Its path, likewise. */
json_t *server_tree_path(const struct tree_node *node);

/* Value and path may take four characters an octet, and an index a node. */
#define SERVER_TREE_TEXT ((size_t)80 * 1024 * 1024)

#endif
