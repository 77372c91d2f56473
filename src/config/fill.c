#include "config/internal.h"

void *reading_alloc(struct reading *r, size_t num, size_t size)
{
    void *p = arena_array(r->arena, num, size);

    if (p == NULL)
        complain_no_mem(r->errors);
    return p;
}

void claim(struct reading *r, const char *scope, const char *value,
           struct config_mark at)
{
    struct claims *c = &r->claims;
    struct claim *items;
    size_t size = c->size == 0 ? 64 : c->size * 2;

    if (c->num == c->size) {
        items = reading_alloc(r, size, sizeof(*items));
        if (items == NULL)
            return;
        if (c->num > 0)
            memcpy(items, c->items, c->num * sizeof(*items));
        c->items = items;
        c->size = size;
    }
    c->items[c->num++] = (struct claim){ at, scope, value };
}

/* "; it belongs under listen" where another mapping has such a key. */
static const char *home_of(const char *key, const struct section * not )
{
    const struct setting *s;
    size_t i;

    for (i = 0; i < schema_root.num; i++) {
        s = &schema_root.settings[i];
        if (s->section != NULL &&
            s->section != not &&section_find(s->section, key) != NULL)
            return s->key;
    }
    return NULL;
}

static void complain_unknown(struct reading *r, const struct section *s,
                             const struct node *key)
{
    struct nearest near = nearest_init(key->text);
    const char *home = home_of(key->text, s);
    size_t i;

    for (i = 0; i < s->num; i++)
        nearest_try(&near, s->settings[i].key);
    if (near.known == NULL && home != NULL)
        complain(r->errors, key->at,
                 "unknown key \"%s\" in %s; it belongs under %s",
                 show(key->text).text, s->what, home);
    else
        complain(r->errors, key->at, "unknown key \"%s\" in %s%s",
                 show(key->text).text, s->what, nearest_hint(&near).text);
}

/* The items of a list, and that it is one of a fit length. */
static bool check_list(struct reading *r, const struct setting *s,
                       const struct node *node)
{
    if (node->kind == NODE_LIST && node->num >= (size_t)s->min &&
        node->num <= (size_t)s->max)
        return true;
    if (node->kind == NODE_SCALAR && node->text[0] != '\0' &&
        s->kind != KIND_MAP)
        complain(r->errors, node->at, "%s: a list is expected; write [%s]",
                 s->key, show(node->text).text);
    else if (node->kind != NODE_LIST)
        complain(r->errors, node->at, "%s: a list is expected", s->key);
    else if (node->num < (size_t)s->min)
        complain(r->errors, node->at, "%s: at least %lld is needed", s->key,
                 (long long)s->min);
    else
        complain(r->errors, node->at, "%s: more than %lld", s->key,
                 (long long)s->max);
    return false;
}

static void fill_values(struct reading *r, const struct setting *s,
                        const struct node *list, uint8_t *base)
{
    struct config_texts *texts = (struct config_texts *)(base + s->offset);
    const struct node *item;
    const char **slot;

    if (s->kind == KIND_CHOICE) {
        for (item = list->first; item != NULL; item = item->next)
            (void)value_read(r, s, item, base + s->offset);
        return;
    }
    if (list->num == 0)
        return;
    texts->items = reading_alloc(r, list->num, sizeof(texts->items[0]));
    if (texts->items == NULL)
        return;
    for (item = list->first; item != NULL; item = item->next) {
        slot = &texts->items[texts->num++];
        if (value_read(r, s, item, slot) && (s->traits & ANCHOR))
            claim(r, s->key, *slot, item->at);
    }
}

/* From here to section_fill: recursion as deep as the schema, not the file. */
/* NOLINTBEGIN(misc-no-recursion) */
static void fill_entries(struct reading *r, const struct setting *s,
                         const struct node *list, uint8_t *base)
{
    const struct section *section = s->section;
    const struct node *item, *name;
    uint8_t *entries;
    size_t i = 0;

    if (list->num == 0)
        return;
    entries = reading_alloc(r, list->num, section->size);
    if (entries == NULL)
        return;
    *(void **)(base + s->offset) = entries;
    *(size_t *)(base + s->count) = list->num;
    for (item = list->first; item != NULL; item = item->next, i++) {
        uint8_t *entry = entries + i * section->size;

        *(struct config_mark *)(entry + section->mark) = item->at;
        section_fill(r, section, item, entry);
        name = node_find(item, "name");
        if (name != NULL && name->kind == NODE_SCALAR)
            claim(r, s->key, name->text, name->at);
    }
}

static void fill_preset(struct reading *r, const struct setting *s,
                        uint8_t *base)
{
    struct node preset = { .kind = NODE_SCALAR, .text = s->preset };

    if (s->kind == KIND_MAP && !(s->traits & (LIST | OPTIONAL)))
        section_fill(r, s->section, NULL, base + s->offset);
    else if (s->preset != NULL)
        (void)value_read(r, s, &preset, base + s->offset);
}

static void fill_setting(struct reading *r, const struct setting *s,
                         const struct node *node, uint8_t *base)
{
    if (s->traits & LIST) {
        if (!check_list(r, s, node))
            return;
        if (s->kind == KIND_MAP)
            fill_entries(r, s, node, base);
        else
            fill_values(r, s, node, base);
    } else if (s->kind == KIND_MAP) {
        section_fill(r, s->section, node, base + s->offset);
        if (s->traits & OPTIONAL)
            *(bool *)(base + s->count) = true;
    } else {
        (void)value_read(r, s, node, base + s->offset);
    }
}

void section_fill(struct reading *r, const struct section *s,
                  const struct node *map, void *base)
{
    const struct node *n;
    size_t i;

    if (map != NULL && map->kind != NODE_MAP) {
        complain(r->errors, map->at,
                 "%s is a mapping of settings, \"key: value\"", s->what);
        return;
    }
    for (n = map == NULL ? NULL : map->first; n != NULL; n = n->next)
        if (section_find(s, n->key->text) == NULL)
            complain_unknown(r, s, n->key);
    for (i = 0; i < s->num; i++) {
        n = node_find(map, s->settings[i].key);
        if (n != NULL)
            fill_setting(r, &s->settings[i], n, base);
        else if (map != NULL && (s->settings[i].traits & REQUIRED))
            complain(r->errors, map->at, "%s lacks \"%s\"", s->what,
                     s->settings[i].key);
        else
            fill_preset(r, &s->settings[i], base);
    }
}
/* NOLINTEND(misc-no-recursion) */

static void resolve(struct reading *r, const struct reference *ref,
                    struct config *c)
{
    const struct setting *target =
        section_find(&schema_root, ref->setting->target);
    const uint8_t *base = (const uint8_t *)c;
    size_t num = *(const size_t *)(base + target->count), i;
    const uint8_t *entry = *(uint8_t *const *)(base + target->offset);
    struct nearest near = nearest_init(ref->node->text);
    const char *name;

    for (i = 0; i < num; i++, entry += target->section->size) {
        name = *(const char *const *)entry;
        if (name == NULL)
            continue;
        if (strcmp(name, ref->node->text) == 0) {
            *ref->out = entry;
            return;
        }
        nearest_try(&near, name);
    }
    complain(r->errors, ref->node->at, "%s: no \"%s\" in %s%s",
             ref->setting->key, show(ref->node->text).text,
             ref->setting->target, nearest_hint(&near).text);
}

void references_resolve(struct reading *r, struct config *c)
{
    const struct reference *ref;

    for (ref = r->references; ref != NULL; ref = ref->next)
        resolve(r, ref, c);
}
