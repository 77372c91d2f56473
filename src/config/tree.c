#include <yaml.h>

#include "config/internal.h"

/* An open list or mapping; `key` waits for its value. */
struct frame {
    struct node *node;
    struct node *key;
    bool is_duplicate; /* of that key: its value is dropped */
};

struct builder {
    struct arena *arena;
    struct complaints *errors;
    yaml_parser_t parser;
    struct node *root;
    size_t num_nodes;
    size_t depth;
    struct frame stack[LIMIT_CONFIG_DEPTH];
};

static struct config_mark mark_of(yaml_mark_t mark)
{
    return (struct config_mark){ (unsigned)mark.line + 1,
                                 (unsigned)mark.column + 1 };
}

const struct node *node_find(const struct node *map, const char *key)
{
    const struct node *n;

    if (map == NULL || map->kind != NODE_MAP)
        return NULL;
    for (n = map->first; n != NULL; n = n->next)
        if (strcmp(n->key->text, key) == 0)
            return n;
    return NULL;
}

static void node_append(struct node *parent, struct node *child)
{
    if (parent->last == NULL)
        parent->first = child;
    else
        parent->last->next = child;
    parent->last = child;
    parent->num++;
}

static struct node *node_new(struct builder *b, enum node_kind kind,
                             struct config_mark at)
{
    struct node *n;

    if (b->num_nodes == LIMIT_CONFIG_NODES) {
        complain(b->errors, at, "more than %d values in one file",
                 LIMIT_CONFIG_NODES);
        return NULL;
    }
    n = arena_alloc(b->arena, sizeof(*n));
    if (n == NULL) {
        complain_no_mem(b->errors);
        return NULL;
    }
    b->num_nodes++;
    n->kind = kind;
    n->at = at;
    return n;
}

/* A scalar where a mapping wants its next key. */
static bool take_key(struct builder *b, struct frame *top, struct node *n)
{
    const struct node *first = node_find(top->node, n->text);

    if (top->node->num == LIMIT_CONFIG_KEYS) {
        complain(b->errors, n->at, "more than %d keys in one mapping",
                 LIMIT_CONFIG_KEYS);
        return false;
    }
    top->key = n;
    top->is_duplicate = first != NULL;
    if (first != NULL)
        complain(b->errors, n->at, "key \"%s\" is here twice, first at line %u",
                 show(n->text).text, first->key->at.line);
    return true;
}

/* Hangs a node into what is open; a list or a mapping is then open itself. */
static bool take_node(struct builder *b, struct node *n)
{
    struct frame *top = b->depth == 0 ? NULL : &b->stack[b->depth - 1];

    if (top == NULL) {
        b->root = n;
    } else if (top->node->kind == NODE_MAP && top->key == NULL) {
        if (n->kind == NODE_SCALAR)
            return take_key(b, top, n);
        complain(b->errors, n->at, "a key must be a plain word");
        return false;
    } else {
        n->key = top->key;
        if (!top->is_duplicate)
            node_append(top->node, n);
        top->key = NULL;
        top->is_duplicate = false;
    }
    if (n->kind == NODE_SCALAR)
        return true;
    if (b->depth == LIMIT_CONFIG_DEPTH) {
        complain(b->errors, n->at, "nested deeper than %d", LIMIT_CONFIG_DEPTH);
        return false;
    }
    b->stack[b->depth++] = (struct frame){ .node = n };
    return true;
}

static bool has_control(struct span text)
{
    size_t i;

    for (i = 0; i < text.len; i++)
        if (text.ptr[i] < 0x20 || text.ptr[i] == 0x7f)
            return true;
    return false;
}

static bool on_scalar(struct builder *b, const yaml_event_t *e)
{
    struct span text = span_of(e->data.scalar.value, e->data.scalar.length);
    struct node *n = node_new(b, NODE_SCALAR, mark_of(e->start_mark));

    if (n == NULL)
        return false;
    if (has_control(text)) {
        complain(b->errors, n->at,
                 "line breaks and control characters cannot stand in a value");
        return false;
    }
    n->text =
        arena_printf(b->arena, "%.*s", (int)text.len, (const char *)text.ptr);
    if (n->text == NULL) {
        complain_no_mem(b->errors);
        return false;
    }
    n->is_quoted = e->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return take_node(b, n);
}

/* What YAML has and a configuration does not need: anchors, tags. */
static bool check_plain(struct builder *b, const yaml_event_t *e,
                        const yaml_char_t *anchor, const yaml_char_t *tag)
{
    if (anchor != NULL)
        complain(b->errors, mark_of(e->start_mark),
                 "anchors (&%s) are not taken here",
                 show((const char *)anchor).text);
    if (tag != NULL)
        complain(b->errors, mark_of(e->start_mark),
                 "tags (%s) are not taken here", show((const char *)tag).text);
    return anchor == NULL && tag == NULL;
}

static bool on_collection(struct builder *b, const yaml_event_t *e,
                          enum node_kind kind)
{
    struct node *n = node_new(b, kind, mark_of(e->start_mark));

    return n != NULL && take_node(b, n);
}

static bool on_document(struct builder *b, const yaml_event_t *e)
{
    if (b->root == NULL)
        return true;
    complain(b->errors, mark_of(e->start_mark),
             "a second document begins here; one file holds one");
    return false;
}

/* False: reading stops here, for the end or for a failure complained of. */
static bool on_event(struct builder *b, const yaml_event_t *e)
{
    switch (e->type) {
    case YAML_SCALAR_EVENT:
        return check_plain(b, e, e->data.scalar.anchor, e->data.scalar.tag) &&
               on_scalar(b, e);
    case YAML_SEQUENCE_START_EVENT:
        return check_plain(b, e, e->data.sequence_start.anchor,
                           e->data.sequence_start.tag) &&
               on_collection(b, e, NODE_LIST);
    case YAML_MAPPING_START_EVENT:
        return check_plain(b, e, e->data.mapping_start.anchor,
                           e->data.mapping_start.tag) &&
               on_collection(b, e, NODE_MAP);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        b->depth--;
        return true;
    case YAML_ALIAS_EVENT:
        complain(b->errors, mark_of(e->start_mark),
                 "aliases (*%s) are not taken here",
                 show((const char *)e->data.alias.anchor).text);
        return false;
    case YAML_DOCUMENT_START_EVENT:
        return on_document(b, e);
    case YAML_NO_EVENT:
    case YAML_STREAM_START_EVENT:
    case YAML_DOCUMENT_END_EVENT:
        return true;
    case YAML_STREAM_END_EVENT:
        return false;
    }
    return false;
}

/* Where bytes that are no UTF-8 stand, which libyaml counts in bytes. */
static struct config_mark mark_at_byte(struct span text, size_t offset)
{
    struct config_mark at = { 1, 1 };
    size_t i;

    for (i = 0; i < text.len && i < offset; i++) {
        if (text.ptr[i] == '\n')
            at = (struct config_mark){ at.line + 1, 1 };
        else if ((text.ptr[i] & 0xc0) != 0x80)
            at.column++;
    }
    return at;
}

static void complain_syntax(struct builder *b, struct span text)
{
    const yaml_parser_t *p = &b->parser;
    const char *problem = p->problem == NULL ? "unreadable" : p->problem;

    if (p->error == YAML_MEMORY_ERROR)
        complain_no_mem(b->errors);
    else if (p->error == YAML_READER_ERROR)
        complain(b->errors, mark_at_byte(text, p->problem_offset), "%s",
                 problem);
    else if (p->context != NULL)
        complain(b->errors, mark_of(p->problem_mark),
                 "not YAML: %s, %s that began at line %u", problem, p->context,
                 mark_of(p->context_mark).line);
    else
        complain(b->errors, mark_of(p->problem_mark), "not YAML: %s", problem);
}

struct node *yaml_read(struct span text, struct arena *a,
                       struct complaints *errors)
{
    struct builder b = { .arena = a, .errors = errors };
    yaml_event_t event;
    bool is_sound = true, goes_on = true;

    if (!yaml_parser_initialize(&b.parser)) {
        complain_no_mem(errors);
        return NULL;
    }
    yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&b.parser, text.ptr, text.len);
    while (goes_on) {
        if (!yaml_parser_parse(&b.parser, &event)) {
            complain_syntax(&b, text);
            is_sound = false;
            break;
        }
        goes_on = on_event(&b, &event);
        is_sound = goes_on || event.type == YAML_STREAM_END_EVENT;
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&b.parser);
    if (is_sound && b.root == NULL)
        complain(errors, (struct config_mark){ 1, 1 },
                 "the file holds no settings");
    return is_sound ? b.root : NULL;
}
