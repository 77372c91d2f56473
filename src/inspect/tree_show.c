/*
 * What a node says: its place, its path, its value.
 */
#include "asn1/types.h"
#include "base/limits.h"
#include "der/peek.h"
#include "inspect/schema.h"
#include "inspect/tree.h"
#include "inspect/value.h"

/* --- Places --- */

const struct tree_node *tree_next_beside(const struct tree_node *node,
                                         const struct tree_node *root)
{
    while (node != NULL && node != root && node->next == NULL)
        node = node->parent;
    return node == NULL || node == root ? NULL : node->next;
}

const struct tree_node *tree_next(const struct tree_node *node,
                                  const struct tree_node *root)
{
    return node->first != NULL ? node->first : tree_next_beside(node, root);
}

size_t tree_depth(const struct tree_node *node)
{
    size_t depth = 0;

    while ((node = node->parent) != NULL)
        depth++;
    return depth;
}

/* The child that `path` begins with, and moves past its part. */
static const struct tree_node *child_step(const struct tree_node *from,
                                          const char **path)
{
    const char *p = *path;
    size_t index = 0, len = strcspn(p, ".[");
    bool is_index = *p == '[';

    if (is_index) {
        len = strcspn(p, "]");
        for (size_t i = 1; i < len && index < TREE_MAX_NODES; i++)
            index = index * 10 + (size_t)(p[i] - '0');
        len += p[len] == ']';
    }
    for (const struct tree_node *n = from->first; n != NULL; n = n->next) {
        if (is_index ? n->field == NULL && n->index == index
                     : n->field != NULL && strlen(n->field) == len &&
                           strncmp(n->field, p, len) == 0) {
            *path = p + len + (p[len] == '.');
            return n;
        }
    }
    return NULL;
}

const struct tree_node *tree_find(const struct tree_node *from,
                                  const char *path)
{
    while (from != NULL && *path != '\0')
        from = child_step(from, &path);
    return from;
}

void tree_path(const struct tree_node *node, struct buf *out)
{
    /* A choice adds a node and no frame, so there are more than frames. */
    const struct tree_node *chain[3 * TREE_MAX_DEPTH];
    size_t num = 0;

    for (; node->parent != NULL && num < sizeof(chain) / sizeof(chain[0]);
         node = node->parent)
        chain[num++] = node;
    for (size_t i = num; i-- > 0;) {
        if (chain[i]->field == NULL)
            buf_printf(out, "[%zu]", chain[i]->index);
        else
            buf_printf(out, "%s%s", i + 1 == num ? "" : ".", chain[i]->field);
    }
}

void tree_problem_format(const struct tree_problem *p, struct buf *out)
{
    buf_printf(out, "at byte %zu: expected %s, found %s", p->at, p->expected,
               p->found);
}

/* --- Values --- */

static struct span content_of(const struct tree_node *node)
{
    struct der_peek p;

    der_peek(node->own, &p);
    if (node->tag == 0 || !der_flaw_has_end(p.flaw))
        return node->own;
    return span_of(node->own.ptr + p.header_len, node->own.len - p.header_len);
}

static void number_value(const struct tree_node *node, struct span content,
                         struct buf *out)
{
    const struct schema_type *type = node->schema;

    value_integer(content, out);
    if (content.len == 1 && content.ptr[0] < type->num_names &&
        type->names[content.ptr[0]] != NULL)
        buf_printf(out, " (%s)", type->names[content.ptr[0]]);
}

static void address_value(struct span v, struct buf *out)
{
    if (v.len == 4 || v.len == 8) {
        for (size_t i = 0; i < v.len; i++)
            buf_printf(out, "%s%u", i == 0 ? "" : i == 4 ? "/" : ".", v.ptr[i]);
        return;
    }
    if (v.len != 16 && v.len != 32) {
        value_hex(v, out);
        return;
    }
    for (size_t i = 0; i < v.len; i += 2)
        buf_printf(out, "%s%x",
                   i == 0    ? ""
                   : i == 16 ? "/"
                             : ":",
                   (unsigned)v.ptr[i] << 8 | v.ptr[i + 1]);
}

static void name_value(const struct tree_node *node, struct buf *out)
{
    /* Text of a name: four characters an octet. */
    AUTO(arena) a = arena_new(8 * node->own.len + 4096);
    const char *text = a == NULL ? NULL : name_format(node->own, a);

    if (node->own.len == 2)
        buf_add_str(out, "NULL-DN");
    else if (text != NULL)
        value_escaped(span_str(text), out);
}

/* "label value" of a field below, after a comma. */
static void add_part(const struct tree_node *node, const char *label,
                     const char *path, struct buf *out)
{
    const struct tree_node *part = tree_find(node, path);

    if (part == NULL || span_is_absent(part->own))
        return;
    buf_add_str(out, label);
    tree_value(part, out);
}

static void certificate_value(const struct tree_node *node, struct buf *out)
{
    add_part(node, "", "tbsCertificate.subject", out);
    add_part(node, "; by ", "tbsCertificate.issuer", out);
    add_part(node, "; serial ", "tbsCertificate.serialNumber", out);
    add_part(node, "; ", "tbsCertificate.validity.notBefore", out);
    add_part(node, " to ", "tbsCertificate.validity.notAfter", out);
}

static void crl_value(const struct tree_node *node, struct buf *out)
{
    const struct tree_node *list =
        tree_find(node, "tbsCertList.revokedCertificates");

    add_part(node, "by ", "tbsCertList.issuer", out);
    add_part(node, "; of ", "tbsCertList.thisUpdate", out);
    add_part(node, "; next ", "tbsCertList.nextUpdate", out);
    buf_printf(out, "; %zu revoked",
               list != NULL && list->last != NULL ? list->last->index + 1 : 0);
}

static void request_value(const struct tree_node *node, struct buf *out)
{
    add_part(node, "for ", "certificationRequestInfo.subject", out);
}

/* An algorithm, and its parameters where they are short. */
static void alg_value(const struct tree_node *node, struct buf *out)
{
    add_part(node, "", "algorithm", out);
}

/* Types with fields whose value is more than their fields one by one. */
static const struct summary {
    const struct schema_type *type;
    void (*add)(const struct tree_node *node, struct buf *out);
    bool is_document;
} summaries[] = {
    { &asn_name, name_value, false },
    { &asn_certificate, certificate_value, true },
    { &asn_crl, crl_value, true },
    { &asn_certification_request, request_value, true },
    { &asn_alg_id, alg_value, false },
};

static const struct summary *summary_find(const struct tree_node *node)
{
    for (size_t i = 0; i < sizeof(summaries) / sizeof(summaries[0]); i++) {
        if (summaries[i].type == node->schema)
            return &summaries[i];
    }
    return NULL;
}

bool tree_is_document(const struct tree_node *node)
{
    const struct summary *s = summary_find(node);

    return s != NULL && s->is_document;
}

/* Nothing is broken below. */
static bool is_fine(const struct tree_node *node)
{
    for (const struct tree_node *n = node; n != NULL; n = tree_next(n, node)) {
        if (n->problem != NULL)
            return false;
    }
    return true;
}

bool tree_is_summed_up(const struct tree_node *node)
{
    if (node->first == NULL || tree_is_document(node) ||
        summary_find(node) == NULL || !is_fine(node))
        return false;
    if (node->schema == &asn_name)
        return true;
    /* An algorithm whose parameters say nothing. */
    return node->first->next == NULL || node->first->next->tag == DER_NULL;
}

bool tree_is_choice(const struct tree_node *node)
{
    return node->schema->kind == KIND_CHOICE && node->first != NULL;
}

bool tree_is_octets(const struct tree_node *node)
{
    if (!node->is_leaf || node->schema->kind == KIND_IP ||
        node->schema->kind == KIND_BITS || node->schema->kind == KIND_SECRET)
        return false;
    if (node->tag == DER_INTEGER)
        return content_of(node).len > sizeof(int64_t);
    return node->tag == 0 || node->tag == DER_OCTET_STRING ||
           node->tag == DER_BIT_STRING || node->tag >= 0x80;
}

const struct tree_node *tree_key(const struct tree_node *node)
{
    const struct tree_node *first = node->first;

    if (node->schema->kind != KIND_SEQUENCE || first == NULL ||
        first->tag != DER_OID || first->problem != NULL ||
        (node->schema->fields[0].flags & FIELD_KEY) == 0)
        return NULL;
    return first;
}

size_t tree_header_len(const struct tree_node *node)
{
    if (span_is_absent(node->own))
        return 0;
    return (size_t)(content_of(node).ptr - node->der.ptr);
}

static void leaf_value(const struct tree_node *node, struct buf *out)
{
    struct span content = content_of(node);

    switch (node->schema->kind) {
    case KIND_NUMBER:
        number_value(node, content, out);
        return;
    case KIND_BITS:
        value_named_bits(content, node->schema->names, node->schema->num_names,
                         out);
        return;
    case KIND_IP:
        address_value(content, out);
        return;
    case KIND_SECRET:
        buf_printf(out, "%zu octets that are not shown", content.len);
        return;
    case KIND_PLAIN:
    case KIND_SEQUENCE:
    case KIND_LIST:
    case KIND_CHOICE:
    case KIND_WRAP:
    case KIND_OPEN:
    case KIND_ANY:
        break;
    }
    value_universal(node->tag, content, out);
}

void tree_value(const struct tree_node *node, struct buf *out)
{
    const struct summary *s = summary_find(node);

    if (node->is_leaf)
        leaf_value(node, out);
    else if (s != NULL)
        s->add(node, out);
}
