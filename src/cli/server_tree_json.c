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

static void add_hex(const struct tree_node *node, struct buf *out)
{
    char text[2 * 64 + 1];

    for (size_t i = 0; i < node->der.len; i += 64) {
        size_t n = node->der.len - i < 64 ? node->der.len - i : 64;

        hex_format(span_of(node->der.ptr + i, n), text, sizeof(text));
        buf_add_str(out, text);
    }
}

static void add_name(const struct tree_node *node, struct buf *out)
{
    if (node->field != NULL)
        buf_add_str(out, node->field);
    else if (node->parent != NULL)
        buf_printf(out, "[%zu]", node->index);
}

/* Nodes go out one by one and by the million, so they are written here, not
 * built; what is not plain ASCII is left to the library. */
struct writer {
    FILE *out;
    const struct tree *tree;
    const struct tree_view *view;
    struct buf text;
};

static bool is_plain(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        if (c < 0x20 || c > 0x7e || c == '"' || c == '\\')
            return false;
    }
    return true;
}

/* False: no memory, or no UTF-8. */
static bool put_json(struct writer *w, json_t *json)
{
    bool is_done =
        json != NULL &&
        json_dumpf(json, w->out, JSON_COMPACT | JSON_ENCODE_ANY) == 0;

    json_decref(json);
    return is_done;
}

static bool put_string(struct writer *w, struct span text)
{
    if (!is_plain(text))
        return put_json(w, json_stringn((const char *)text.ptr, text.len));
    fputc('"', w->out);
    fwrite(text.ptr, 1, text.len, w->out);
    fputc('"', w->out);
    return true;
}

/* A member whose value is what `add` says of the node. */
static bool put_text(struct writer *w, const char *name,
                     void (*add)(const struct tree_node *, struct buf *),
                     const struct tree_node *node)
{
    buf_clear(&w->text);
    add(node, &w->text);
    fputs(name, w->out);
    return w->text.failed == ERR_OK && put_string(w, buf_span(&w->text));
}

static bool put_value(struct writer *w, const struct tree_node *node)
{
    buf_clear(&w->text);
    tree_value(node, &w->text);
    if (w->text.failed != ERR_OK)
        return false;
    if (!node->is_leaf && w->text.len == 0)
        return true;
    fputs(",\"value\":", w->out);
    return put_string(w, buf_span(&w->text));
}

static bool put_problem(struct writer *w, const struct tree_problem *p)
{
    fputs(",\"problem\":", w->out);
    return put_json(w, json_pack("{s:I, s:s, s:s}", "at", (json_int_t)p->at,
                                 "expected", p->expected, "found", p->found));
}

/* Its members, without the brace behind them. */
static enum err put_node(struct writer *w, const struct tree_node *node,
                         struct fault *f)
{
    bool is_done = put_text(w, "{\"path\":", tree_path, node) &&
                   put_text(w, ",\"name\":", add_name, node);

    fprintf(w->out,
            ",\"type\":\"%s\",\"offset\":%zu,\"length\":%zu,\"header\":%zu",
            node->type, (size_t)(node->der.ptr - w->tree->der.ptr),
            node->der.len, tree_header_len(node));
    is_done = is_done && put_value(w, node);
    if (w->view->has_hex && node->is_leaf)
        is_done = is_done && put_text(w, ",\"hex\":", add_hex, node);
    if (node->problem != NULL)
        is_done = is_done && put_problem(w, node->problem);
    if (node->is_closed)
        fputs(",\"closed\":true", w->out);
    return is_done ? ERR_OK : fault_set(f, ERR_NO_MEM, "JSON");
}

/* The node, and where its fields do not follow, the ends of it and of those
 * whose last one it is. */
static enum err put_nodes(struct writer *w, size_t indent, struct fault *f)
{
    const struct tree_node *node = w->tree->root, *next;
    size_t depth = 0;

    while (node != NULL) {
        TRY(put_node(w, node, f));
        next = node->first;
        if (next != NULL && depth < w->view->depth) {
            depth++;
            fprintf(w->out, ", \"fields\": [\n%*s", (int)(indent + 2 * depth),
                    "");
            node = next;
            continue;
        }
        fputc('}', w->out);
        for (; node != w->tree->root && node->next == NULL; depth--) {
            fputs("]}", w->out);
            node = node->parent;
        }
        if (node == w->tree->root)
            break;
        node = node->next;
        fprintf(w->out, ",\n%*s", (int)(indent + 2 * depth), "");
    }
    return ERR_OK;
}

enum err server_tree_json(const struct cli *cli, const struct tree *tree,
                          const struct tree_view *view, size_t indent,
                          struct fault *f)
{
    struct writer w = { .out = cli->out, .tree = tree, .view = view };
    enum err e;

    buf_init(&w.text, SERVER_TREE_TEXT);
    e = put_nodes(&w, indent, f);
    buf_done(&w.text);
    return e;
}
