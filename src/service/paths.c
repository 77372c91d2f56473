#include "service/paths.h"

#define WELL_KNOWN "/.well-known/cmp"

/* A path of the service's own choice, as configured. */
static void add_path(struct service_path_list *all, const char *path,
                     const struct path_profile *profile)
{
    all->list[all->num++] = (struct service_path){ path, profile, NULL };
}

/* A well-known path, with those behind it of the operations that the profile
 * serves; of others there is nothing (RFC 9483, 6.1). */
static enum err add_well_known(struct service_path_list *all, struct arena *a,
                               const char *path,
                               const struct path_profile *profile)
{
    size_t num;
    const struct operation *list = operation_list(&num);

    if (path == NULL)
        return ERR_NO_MEM;
    add_path(all, path, profile);
    for (size_t i = 0; i < num; i++) {
        const char *whole;

        if ((profile->profile.bodies & BODY_BIT(list[i].body)) == 0)
            continue;
        whole = arena_printf(a, "%s/%s", path, list[i].label);
        if (whole == NULL)
            return ERR_NO_MEM;
        all->list[all->num++] =
            (struct service_path){ whole, profile, &list[i] };
    }
    return ERR_OK;
}

static enum err add_profile(struct service_path_list *all, struct arena *a,
                            const struct path_profile *p)
{
    TRY(add_well_known(
        all, a, arena_printf(a, WELL_KNOWN "/p/%s", p->config->name), p));
    if (p->config->is_default)
        TRY(add_well_known(all, a, WELL_KNOWN, p));
    for (size_t i = 0; i < p->config->paths.num; i++)
        add_path(all, p->config->paths.items[i], p);
    return ERR_OK;
}

enum err paths_make(const struct authority *au, struct arena *a,
                    struct service_path_list *out, struct fault *f)
{
    struct service_path_list all = { NULL, 0 };
    size_t max = 0, num_operations;

    operation_list(&num_operations);
    for (size_t i = 0; i < au->num_profiles; i++)
        max += 2 * (1 + num_operations) + au->profiles[i].config->paths.num;
    all.list = arena_array(a, max, sizeof(*all.list));
    if (all.list == NULL)
        return fault_set(f, ERR_NO_MEM, "paths");
    for (size_t i = 0; i < au->num_profiles; i++)
        if (add_profile(&all, a, &au->profiles[i]) != ERR_OK)
            return fault_set(f, ERR_NO_MEM, "paths");
    *out = all;
    return ERR_OK;
}

static struct span without_slash(struct span path)
{
    if (path.len > 0 && path.ptr[path.len - 1] == '/')
        path.len--;
    return path;
}

const struct service_path *paths_find(const struct service_path_list *all,
                                      struct span path)
{
    path = without_slash(path);
    for (size_t i = 0; i < all->num; i++)
        if (span_is_equal(without_slash(span_str(all->list[i].path)), path))
            return &all->list[i];
    return NULL;
}
