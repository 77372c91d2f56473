#include "base/text.h"
#include "cli/server_tree.h"

enum err server_json_open(const struct cli *cli, json_t *object,
                          struct fault *f)
{
    char *text = json_dumps(object, JSON_COMPACT);

    json_decref(object);
    if (text == NULL)
        return fault_set(f, ERR_NO_MEM, "JSON");
    fwrite(text, 1, strlen(text) - 1, cli->out);
    free(text);
    return ERR_OK;
}

static json_t *text_of(void (*add)(const struct tree_node *, struct buf *),
                       const struct tree_node *node)
{
    struct buf text;
    json_t *json;

    buf_init(&text, SERVER_TREE_TEXT);
    add(node, &text);
    json = text.failed != ERR_OK ? NULL : json_string(buf_str(&text));
    buf_done(&text);
    return json;
}

json_t *server_tree_value(const struct tree_node *node)
{
    return text_of(tree_value, node);
}

json_t *server_tree_path(const struct tree_node *node)
{
    return text_of(tree_path, node);
}

static void hex_of(const struct tree_node *node, struct buf *out)
{
    char text[2 * 64 + 1];

    for (size_t i = 0; i < node->der.len; i += 64) {
        size_t n = node->der.len - i < 64 ? node->der.len - i : 64;

        hex_format(span_of(node->der.ptr + i, n), text, sizeof(text));
        buf_add_str(out, text);
    }
}

static json_t *problem_json(const struct tree_problem *p)
{
    return json_pack("{s:I, s:s, s:s}", "at", (json_int_t)p->at, "expected",
                     p->expected, "found", p->found);
}

static json_t *name_json(const struct tree_node *node)
{
    if (node->field != NULL)
        return json_string(node->field);
    if (node->parent == NULL)
        return json_string("");
    return json_sprintf("[%zu]", node->index);
}

/* Members that not every node has. 0: done. */
static int add_more(json_t *json, const struct tree_node *node,
                    const struct tree_view *view)
{
    json_t *value = server_tree_value(node);
    int failed = 0;

    if (value == NULL)
        return -1;
    if (node->is_leaf || json_string_length(value) > 0)
        failed |= json_object_set(json, "value", value);
    json_decref(value);
    if (view->has_hex && node->is_leaf)
        failed |= json_object_set_new(json, "hex", text_of(hex_of, node));
    if (node->problem != NULL)
        failed |=
            json_object_set_new(json, "problem", problem_json(node->problem));
    if (node->is_closed)
        failed |= json_object_set_new(json, "closed", json_true());
    return failed;
}

static json_t *node_json(const struct tree *tree, const struct tree_node *node,
                         const struct tree_view *view)
{
    json_t *json = json_pack(
        "{s:o, s:o, s:s, s:I, s:I, s:I}", "path", server_tree_path(node),
        "name", name_json(node), "type", node->type, "offset",
        (json_int_t)(node->der.ptr - tree->der.ptr), "length",
        (json_int_t)node->der.len, "header", (json_int_t)tree_header_len(node));

    if (json == NULL || add_more(json, node, view) == 0)
        return json;
    json_decref(json);
    return NULL;
}

/* The node, and where its fields do not follow, the ends of it and of those
 * whose last one it is. */
enum err server_tree_json(const struct cli *cli, const struct tree *tree,
                          const struct tree_view *view, size_t indent,
                          struct fault *f)
{
    const struct tree_node *node = tree->root, *next;
    size_t depth = 0;

    while (node != NULL) {
        TRY(server_json_open(cli, node_json(tree, node, view), f));
        next = node->first;
        if (next != NULL && depth < view->depth) {
            depth++;
            fprintf(cli->out, ", \"fields\": [\n%*s", (int)(indent + 2 * depth),
                    "");
            node = next;
            continue;
        }
        fputc('}', cli->out);
        for (; node != tree->root && node->next == NULL; depth--) {
            fputs("]}", cli->out);
            node = node->parent;
        }
        if (node == tree->root)
            break;
        node = node->next;
        fprintf(cli->out, ",\n%*s", (int)(indent + 2 * depth), "");
    }
    return ERR_OK;
}
