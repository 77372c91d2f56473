#include "client/internal.h"

static const char *const source_names[SOURCE_NUM] = {
    [SOURCE_SETTINGS] = "configured",
    [SOURCE_LEARNT] = "learnt",
    [SOURCE_SECRET] = "secret",
    [SOURCE_TLS] = "tls",
};

const char *root_source_name(enum root_source source)
{
    return source_names[source];
}

enum root_source root_source_read(struct span text, struct arena *a)
{
    const char *name = line_find(text, "root", a);
    enum root_source s = SOURCE_SETTINGS;

    while (name != NULL && s < SOURCE_NUM && strcmp(source_names[s], name) != 0)
        s++;
    return name == NULL ? SOURCE_NUM : s;
}

/* "added-0: extraCerts tls", one a root, in the order of the certificates. */
void added_put(struct buf *text, const struct added_list *added)
{
    for (size_t i = 0; i < added->num; i++)
        buf_printf(text, "added-%zu: %s %s\n", i,
                   root_place_name(added->list[i].place),
                   added->list[i].is_tls ? "tls" : "http");
}

static bool read_way(const char *way, struct added_root *out)
{
    for (enum root_place p = ROOT_IN_CA_PUBS; p < ROOT_PLACE_NUM; p++) {
        size_t len = strlen(root_place_name(p));

        if (strncmp(way, root_place_name(p), len) != 0 || way[len] != ' ')
            continue;
        out->place = p;
        out->is_tls = strcmp(way + len + 1, "tls") == 0;
        return out->is_tls || strcmp(way + len + 1, "http") == 0;
    }
    return false;
}

bool added_read(struct span text, struct added_list *out, struct arena *a)
{
    struct added_list added = { .num = 0 };

    while (added.num < CLIENT_MAX_ADDED) {
        const char *key = arena_printf(a, "added-%zu", added.num);
        const char *way = key == NULL ? NULL : line_find(text, key, a);

        if (key == NULL)
            return false;
        if (way == NULL)
            break;
        if (!read_way(way, &added.list[added.num]))
            return false;
        added.num++;
    }
    *out = added;
    return true;
}
