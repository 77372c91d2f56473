#include "cli/server_tree.h"

#include "base/text.h"

/* Columns that a value has at least, whatever the terminal's width. */
#define MIN_VALUE 24
/* Lines of one value; a longer one is cut, and its length told. */
#define MAX_LINES 6
/* Siblings that are asked how long their names are. */
#define MAX_LOOK 64
#define HEX_OCTETS 16

struct printer {
    const struct cli *cli;
    const struct tree *tree;
    const struct tree_view *view;
    int offset_width;
    size_t columns;
};

/* --- What is a row --- */

static bool is_full(const struct printer *p)
{
    return p->view->is_full;
}

/*
 * Of a SEQUENCE that says by its first field what it is: all but the last one
 * are leaves that its row can tell.
 */
static bool is_keyed(const struct printer *p, const struct tree_node *node)
{
    size_t num = 0;

    if (is_full(p) || tree_key(node) == NULL)
        return false;
    for (const struct tree_node *n = node->first; n != NULL; n = n->next) {
        if (n->problem != NULL && n->first == NULL)
            return false;
        if ((n->first != NULL && n->next != NULL) || ++num > 3)
            return false;
    }
    return true;
}

/* The field that shares the row of this node. NULL: none. */
static const struct tree_node *joined(const struct printer *p,
                                      const struct tree_node *node)
{
    if (tree_is_choice(node))
        return node->first;
    if (is_keyed(p, node) && node->last->first != NULL)
        return node->last;
    return NULL;
}

/* The node whose fields stand below a row. */
static const struct tree_node *row_end(const struct printer *p,
                                       const struct tree_node *node)
{
    const struct tree_node *next;

    while ((next = joined(p, node)) != NULL)
        node = next;
    return node;
}

static bool is_opened(const struct printer *p, const struct tree_node *node)
{
    if (node->first == NULL || is_full(p))
        return node->first != NULL;
    if (tree_is_document(node) && p->view->is_closed && node->parent != NULL)
        return false;
    return !tree_is_summed_up(node) && !is_keyed(p, node);
}

static size_t row_depth(const struct printer *p, const struct tree_node *node)
{
    size_t depth = 0;

    for (; node->parent != NULL; node = node->parent)
        depth += joined(p, node->parent) != node;
    return depth;
}

/* --- Its parts --- */

static void add_name(const struct tree_node *node, struct buf *out)
{
    if (node->field != NULL)
        buf_add_str(out, node->field);
    else if (node->parent != NULL)
        buf_printf(out, "[%zu]", node->index);
}

static size_t name_len(const struct tree_node *node)
{
    size_t len = 3;

    if (node->field != NULL)
        return strlen(node->field);
    for (size_t n = node->index; n >= 10; n /= 10)
        len++;
    return len;
}

/* Names of one level stand in a column. */
static size_t name_width(const struct tree_node *node)
{
    size_t width = 0, looked = 0;
    const struct tree_node *n =
        node->parent != NULL ? node->parent->first : node;

    for (; n != NULL && looked < MAX_LOOK; n = n->next, looked++) {
        if (name_len(n) > width)
            width = name_len(n);
    }
    return name_len(node) > width ? name_len(node) : width;
}

/* What a field of a keyed SEQUENCE says behind its key. */
static void add_after_key(const struct tree_node *node, struct buf *out)
{
    size_t before = out->len;

    if (node->field != NULL && strcmp(node->field, "critical") == 0) {
        buf_add_str(out, ", critical");
        return;
    }
    buf_add_str(out, ": ");
    tree_value(node, out);
    if (out->len == before + 2)
        out->len = before; /* NULL says nothing */
}

static void add_keyed(const struct tree_node *node, struct buf *out)
{
    const struct tree_node *key = tree_key(node);

    tree_value(key, out);
    for (const struct tree_node *n = key->next; n != NULL; n = n->next) {
        if (n->first == NULL)
            add_after_key(n, out);
    }
}

/* What was chosen, what a key says, and the value at the end of these. */
static void add_value(const struct printer *p, const struct tree_node *row,
                      struct buf *out)
{
    const char *colon = "";

    for (const struct tree_node *n = row; n != NULL; n = joined(p, n)) {
        size_t before = out->len;

        buf_add_str(out, colon);
        if (tree_is_choice(n))
            buf_add_str(out, n->first->field);
        else if (is_keyed(p, n))
            add_keyed(n, out);
        else
            tree_value(n, out);
        if (out->len == before + strlen(colon))
            out->len = before;
        if (n->is_closed)
            buf_add_str(out, " (too deep to be opened)");
        colon = ": ";
    }
}

/* --- Text in columns --- */

/* Bytes of the first `columns` characters. */
static size_t cut_at(struct span text, size_t columns)
{
    size_t i = 0;

    while (i < text.len && columns > 0) {
        i++;
        while (i < text.len && (text.ptr[i] & 0xc0) == 0x80)
            i++;
        columns--;
    }
    return i;
}

/* A place to break a line near its end: behind a comma, blank or plus. */
static size_t break_at(struct span text, size_t columns)
{
    size_t max = cut_at(text, columns);

    if (max == text.len)
        return max;
    for (size_t i = max; i > max / 4; i--) {
        if (strchr(", +/", text.ptr[i - 1]) != NULL)
            return i;
    }
    return max;
}

static void print_lines(const struct printer *p, struct span text,
                        size_t indent, enum cli_style style)
{
    size_t width =
        p->columns > indent + MIN_VALUE ? p->columns - indent : MIN_VALUE;

    for (size_t line = 0; text.len > 0 && line < MAX_LINES; line++) {
        size_t n = break_at(text, width);

        if (line > 0)
            cli_print(p->cli, CLI_PLAIN, "\n%*s", (int)indent, "");
        cli_print(p->cli, style, "%.*s", (int)n, (const char *)text.ptr);
        text = span_of(text.ptr + n, text.len - n);
    }
    if (text.len > 0)
        cli_print(p->cli, CLI_DIM, "... (%zu more characters)", text.len);
}

/* Octets are cut to one line: who wants them asks for them. */
static void print_octets(const struct printer *p, struct span text,
                         size_t indent)
{
    size_t width = p->columns > indent + MIN_VALUE + 16
                       ? p->columns - indent - 16
                       : MIN_VALUE;

    if (text.len <= width + 16) {
        print_lines(p, text, indent, CLI_PLAIN);
        return;
    }
    cli_print(p->cli, CLI_PLAIN, "%.*s", (int)(width & ~(size_t)1),
              (const char *)text.ptr);
    cli_print(p->cli, CLI_DIM, "... (%zu octets)",
              (text.ptr[1] == 'x' ? text.len - 2 : text.len) / 2);
}

/* Octets that are characters, as references of secrets are. */
static void print_characters(const struct printer *p,
                             const struct tree_node *node)
{
    size_t header = tree_header_len(node);
    struct span text = span_of(node->der.ptr + header, node->der.len - header);

    if (text.len < 3 || text.len > 32)
        return;
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] < 0x20 || text.ptr[i] > 0x7e)
            return;
    }
    cli_print(p->cli, CLI_DIM, " \"%.*s\"", (int)text.len,
              (const char *)text.ptr);
}

static void print_hex(const struct printer *p, const struct tree_node *node,
                      size_t indent)
{
    char text[2 * HEX_OCTETS + 1];

    for (size_t i = 0; i < node->der.len; i += HEX_OCTETS) {
        size_t n =
            node->der.len - i < HEX_OCTETS ? node->der.len - i : HEX_OCTETS;

        hex_format(span_of(node->der.ptr + i, n), text, sizeof(text));
        cli_print(p->cli, CLI_DIM, "%*zu  %*s%s\n", p->offset_width,
                  (size_t)(node->der.ptr - p->tree->der.ptr) + i,
                  (int)(indent - (size_t)p->offset_width - 2), "", text);
    }
}

static void print_problem(const struct printer *p, const struct tree_node *node,
                          size_t indent)
{
    struct buf text;

    buf_init(&text, SERVER_TREE_TEXT);
    tree_problem_format(node->problem, &text);
    cli_print(p->cli, CLI_RED, "%*s^ ", (int)indent, "");
    print_lines(p, buf_span(&text), indent + 2, CLI_RED);
    cli_print(p->cli, CLI_PLAIN, "\n");
    buf_done(&text);
}

/* --- Rows --- */

static enum cli_style name_style(const struct tree_node *node,
                                 const struct tree_node *end)
{
    if (node->problem != NULL || end->problem != NULL)
        return CLI_RED;
    return tree_is_document(end) || node->parent == NULL ? CLI_BOLD : CLI_PLAIN;
}

static void print_row_value(const struct printer *p,
                            const struct tree_node *row,
                            const struct tree_node *end, size_t indent)
{
    struct buf text;

    buf_init(&text, SERVER_TREE_TEXT);
    add_value(p, row, &text);
    if (text.len == 0 && end->first != NULL)
        cli_print(p->cli, CLI_DIM, "%s", end->type);
    else if (row == end && tree_is_octets(end))
        print_octets(p, buf_span(&text), indent);
    else
        print_lines(p, buf_span(&text), indent, CLI_PLAIN);
    if (row == end && tree_is_octets(end))
        print_characters(p, end);
    buf_done(&text);
}

static void print_row(const struct printer *p, const struct tree_node *row,
                      const struct tree_node *end, size_t depth)
{
    struct buf name;
    size_t indent = (size_t)p->offset_width + 2 + 2 * depth;
    size_t column = indent + name_width(row) + 2;

    buf_init(&name, 256);
    add_name(row, &name);
    cli_print(p->cli, CLI_DIM, "%*zu", p->offset_width,
              (size_t)(row->der.ptr - p->tree->der.ptr));
    cli_print(p->cli, CLI_PLAIN, "%*s", (int)(2 + 2 * depth), "");
    cli_print(p->cli, name_style(row, end), "%s", buf_str(&name));
    if (row->parent != NULL)
        cli_print(p->cli, CLI_PLAIN, "%*s",
                  (int)(column - indent - name_len(row)), "");
    print_row_value(p, row, end, row->parent != NULL ? column : indent);
    cli_print(p->cli, CLI_PLAIN, "\n");
    buf_done(&name);
    if (p->view->has_hex && end->first == NULL)
        print_hex(p, row, column);
    for (const struct tree_node *n = row; n != NULL; n = joined(p, n)) {
        if (n->problem != NULL)
            print_problem(p, n, indent);
    }
}

static void print_rows(const struct printer *p)
{
    const struct tree_node *row = p->tree->root;

    while (row != NULL) {
        const struct tree_node *end = row_end(p, row);
        size_t depth = row_depth(p, row);

        print_row(p, row, end, depth);
        if (is_opened(p, end) && depth < p->view->depth)
            row = end->first;
        else
            row = tree_next_beside(end, p->tree->root);
    }
}

static int decimal_width(size_t n)
{
    int width = 1;

    for (; n >= 10; n /= 10)
        width++;
    return width;
}

void server_tree_print(const struct cli *cli, const struct tree *tree,
                       const struct tree_view *view)
{
    struct printer p = { cli, tree, view, decimal_width(tree->der.len),
                         cli_columns(cli->out) };

    print_rows(&p);
    if (tree->is_full)
        cli_print(cli, CLI_YELLOW,
                  "There is more: the first %zu elements are shown.\n",
                  tree->num_nodes);
    if (tree->num_problems == 0)
        return;
    cli_print(cli, CLI_RED, "%zu problem%s, the first at byte %zu of %zu.\n",
              tree->num_problems, tree->num_problems == 1 ? "" : "s",
              tree->problem->problem->at, tree->der.len);
}
