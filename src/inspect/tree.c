/*
 * Reading a message by the schema's tables: which field comes next, and what
 * to make of it when it does not.
 */
#include "inspect/tree.h"

#include "der/peek.h"
#include "inspect/tree_internal.h"

/* --- Which field --- */

static const struct schema_field *field_at(const struct frame *f, size_t i)
{
    return i < f->type->num_fields ? &f->type->fields[i] : NULL;
}

static bool is_optional(const struct schema_field *field)
{
    return (field->flags & FIELD_OPTIONAL) != 0;
}

/* The first field from `i` that takes this tag, or that has to come first. */
static size_t field_seek(const struct frame *f, size_t i, unsigned tag)
{
    const struct schema_field *field;

    while ((field = field_at(f, i)) != NULL && !field_takes(field, tag) &&
           is_optional(field))
        i++;
    return i;
}

/* What follows the next element. */
static struct span behind(struct span rest)
{
    struct der_peek p;

    der_peek(rest, &p);
    if (!der_flaw_has_end(p.flaw) || p.content_len >= rest.len - p.header_len)
        return span_of(rest.ptr + rest.len, 0);
    return span_of(rest.ptr + p.header_len + p.content_len,
                   rest.len - p.header_len - p.content_len);
}

/* How well elements fit the fields from `i`: those that do, without what then
 * is missing or left over. */
static int fits(const struct frame *f, size_t i, struct span rest)
{
    const struct schema_field *field;
    struct der_peek p;
    int score = 0;

    for (; rest.len > 0; rest = behind(rest)) {
        der_peek(rest, &p);
        i = field_seek(f, i, p.tag);
        field = field_at(f, i);
        if (field == NULL || !field_takes(field, p.tag))
            break;
        score++;
        i++;
    }
    score -= rest.len > 0;
    for (; (field = field_at(f, i)) != NULL; i++)
        score -= !is_optional(field);
    return score;
}

static void missing(struct walk *w, struct frame *f,
                    const struct schema_field *field, const char *found)
{
    struct tree_node *node = walk_node(w, f->node, field->name, 0, field->type);

    if (node == NULL)
        return;
    node->der = span_of(f->rest.ptr, 0);
    node->own = node->der;
    node->is_leaf = true;
    walk_problem(w, node, f->rest.ptr, field->type->name, found);
}

/* --- Steps --- */

static void extra(struct walk *w, struct frame *f)
{
    static const struct schema_field field = { "extra", &asn_any, TAG_OWN, 0,
                                               0 };
    const uint8_t *at = f->rest.ptr;
    struct tree_node *node;

    walk_element(w, f, &field, 0);
    node = f->node->last;
    if (node != NULL)
        walk_problem(w, node, at, "the end",
                     arena_printf(w->a, "%s more", node->type));
}

static void sequence_step(struct walk *w, struct frame *f)
{
    const struct schema_field *field, *later;
    struct der_peek p;
    size_t i, k;
    char text[32];

    der_peek(f->rest, &p);
    i = field_seek(f, f->next, p.tag);
    field = field_at(f, i);
    if (field == NULL && p.tag == 0)
        field = field_at(f, i = f->next);
    if (field == NULL) {
        extra(w, f);
        return;
    }
    if (!field_takes(field, p.tag)) {
        k = field_seek(f, i + 1, p.tag);
        later = field_at(f, k);
        /* It is this field and broken, or the field is not there. */
        if (later != NULL && field_takes(later, p.tag) &&
            fits(f, k, f->rest) > fits(f, i + 1, behind(f->rest))) {
            der_tag_format(p.tag, text, sizeof(text));
            missing(w, f, field, arena_printf(w->a, "%s", text));
            f->next = k;
            return;
        }
    }
    f->next = i + 1;
    walk_element(w, f, field, 0);
}

/* SET OF is in ascending order (X.690, 11.6). */
static void order_check(struct walk *w, struct frame *f)
{
    struct tree_node *node = f->node->last;

    if (f->type->tag != DER_SET || f->cut != CUT_NO || node == NULL)
        return;
    if (!span_is_absent(f->before) && span_compare(f->before, node->der) > 0)
        walk_problem(w, node, node->der.ptr, "SET OF in ascending order",
                     "an element that belongs before the one before");
    f->before = node->der;
}

static void list_step(struct walk *w, struct frame *f)
{
    const struct schema_field field = {
        NULL, f->type->kind == KIND_LIST ? f->type->of : &asn_any, TAG_OWN, 0, 0
    };

    walk_element(w, f, &field, f->next++);
    order_check(w, f);
}

static const char *end_of(struct walk *w, const struct frame *f)
{
    return arena_printf(w->a, "the end of %s", f->node->type);
}

static void sequence_end(struct walk *w, struct frame *f)
{
    const struct schema_field *field;

    for (; (field = field_at(f, f->next)) != NULL; f->next++) {
        if (is_optional(field))
            continue;
        if (f->cut == CUT_NO)
            missing(w, f, field, end_of(w, f));
        if (f->cut == CUT_INPUT && !w->cut_is_told) {
            w->cut_is_told = true;
            missing(w, f, field, "the end of the input");
        }
    }
}

static void frame_end(struct walk *w, struct frame *f)
{
    if (f->type->kind == KIND_SEQUENCE)
        sequence_end(w, f);
    if (f->cut == CUT_INPUT)
        walk_cut(w, f->node, f->node->type);
    if (f->cut == CUT_NO && f->type->is_some && f->next == 0)
        walk_problem(w, f->node, f->rest.ptr, f->type->of->name, "nothing");
    w->depth--;
    if (f->is_key && w->depth > 0)
        w->stack[w->depth - 1].oid = f->oid;
}

/* --- A message --- */

static bool is_over(const struct walk *w)
{
    return w->no_mem || w->tree->is_full ||
           (w->stops && w->tree->num_problems > 0);
}

static enum err walk_all(struct walk *w, const struct schema_type *type)
{
    const struct schema_field root = { NULL, type, TAG_OWN, 0, 0 };
    /* Holds the root element, as a list would. */
    struct frame outside = { .type = &asn_any,
                             .rest = w->tree->der,
                             .cut = CUT_INPUT };

    walk_element(w, &outside, &root, 0);
    while (w->depth > 0 && !is_over(w)) {
        struct frame *f = &w->stack[w->depth - 1];

        if (f->rest.len == 0)
            frame_end(w, f);
        else if (f->type->kind == KIND_SEQUENCE)
            sequence_step(w, f);
        else
            list_step(w, f);
    }
    if (w->no_mem)
        return ERR_NO_MEM;
    if (outside.rest.len > 0)
        walk_problem(
            w, w->tree->root, outside.rest.ptr, "the end",
            arena_printf(w->a, "%zu octets after it", outside.rest.len));
    return w->no_mem ? ERR_NO_MEM : ERR_OK;
}

static enum err read_as(struct span der, const struct schema_type *type,
                        struct arena *a, bool stops, struct tree *out)
{
    static const uint8_t nothing[1];
    struct walk *w = arena_alloc(a, sizeof(*w));

    if (w == NULL)
        return ERR_NO_MEM;
    *out = (struct tree){ .der = der.ptr != NULL ? der : span_of(nothing, 0) };
    w->a = a;
    w->tree = out;
    w->stops = stops;
    return walk_all(w, type);
}

/* --- Types by name --- */

/* Those in front are tried where none is named. */
static const struct schema_type *const types[] = {
    &asn_pki_message,
    &asn_certificate,
    &asn_crl,
    &asn_certification_request,
    &asn_content_info,
    /* Parts, for those who have them alone. */
    &asn_pki_header,
    &asn_pki_body,
    &asn_cert_req_messages,
    &asn_cert_template,
    &asn_cert_id,
    &asn_cert_rep,
    &asn_cert_confirm,
    &asn_status_info,
    &asn_error_msg,
    &asn_rev_req,
    &asn_rev_rep,
    &asn_rev_ann,
    &asn_poll_req,
    &asn_poll_rep,
    &asn_pop_challenges,
    &asn_pop_answers,
    &asn_pop_rand,
    &asn_key_rec_rep,
    &asn_ca_key_update,
    &asn_info_list,
    &asn_alg_list,
    &asn_oid_list,
    &asn_certs,
    &asn_crls,
    &asn_pki_messages,
    &asn_cert_req_template,
    &asn_crl_status_list,
    &asn_kem_ciphertext,
    &asn_enveloped_data,
    &asn_signed_data,
    &asn_key_package,
    &asn_encrypted_value,
    &asn_name,
    &asn_alg_id,
    &asn_spki,
    &asn_extensions,
    &asn_general_names,
};
#define NUM_GUESSES 5

const char *tree_type_name(size_t n)
{
    return n < sizeof(types) / sizeof(types[0]) ? types[n]->name : NULL;
}

/* How far into the input it fits. */
static enum err fits_until(struct span der, const struct schema_type *type,
                           size_t *out)
{
    AUTO(arena) a = arena_new(TREE_ARENA_LEN);
    struct tree tree;

    if (a == NULL)
        return ERR_NO_MEM;
    TRY(read_as(der, type, a, true, &tree));
    *out = tree.problem != NULL ? tree.problem->problem->at : SIZE_MAX;
    return ERR_OK;
}

static enum err type_guess(struct span der, const struct schema_type **out)
{
    size_t best = 0, until = 0;

    *out = types[0];
    for (size_t i = 0; i < NUM_GUESSES && best < SIZE_MAX; i++) {
        TRY(fits_until(der, types[i], &until));
        if (until > best) {
            best = until;
            *out = types[i];
        }
    }
    return ERR_OK;
}

static enum err type_find(const char *name, const struct schema_type **out,
                          struct fault *f)
{
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i]->name, name) == 0) {
            *out = types[i];
            return ERR_OK;
        }
    }
    return fault_set(f, ERR_NOT_FOUND, "no type \"%s\"", name);
}

enum err tree_read_der(struct span der, const char *type, struct arena *a,
                       struct tree *out, struct fault *f)
{
    const struct schema_type *schema = types[0];
    enum err e;

    if (type != NULL)
        TRY(type_find(type, &schema, f));
    else if (type_guess(der, &schema) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "message");
    e = read_as(der, schema, a, false, out);
    return e == ERR_OK ? e : fault_set(f, e, "message");
}
