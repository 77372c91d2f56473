#include "net/internal.h"

static const struct {
    const char *name;
    enum net_method method;
} methods[] = {
    { "GET", NET_GET },
    { "HEAD", NET_HEAD },
    { "POST", NET_POST },
};

enum net_method method_parse(struct span method)
{
    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if (span_is_equal(method, span_str(methods[i].name)))
            return methods[i].method;
    return (enum net_method)0;
}

static struct span without_slash(struct span path)
{
    if (path.len > 0 && path.ptr[path.len - 1] == '/')
        path.len--;
    return path;
}

static bool route_fits(const struct net_route *r, struct span path)
{
    struct span want = without_slash(span_str(r->path));

    path = without_slash(path);
    if (span_is_equal(path, want))
        return true;
    return r->match == NET_PREFIX && path.len > want.len &&
           path.ptr[want.len] == '/' &&
           memcmp(path.ptr, want.ptr, want.len) == 0;
}

const struct net_route *route_find(const struct net_options *o,
                                   struct span path, enum net_method method,
                                   unsigned *allow)
{
    *allow = 0;
    for (size_t i = 0; i < o->num_routes; i++) {
        const struct net_route *r = &o->routes[i];
        unsigned allowed = r->methods;

        if (!route_fits(r, path))
            continue;
        if ((allowed & NET_GET) != 0)
            allowed |= NET_HEAD;
        if ((allowed & (unsigned)method) != 0)
            return r;
        *allow |= allowed;
    }
    return NULL;
}

bool route_takes_type(const struct net_route *r, struct span content_type)
{
    size_t len = 0;

    if (r->media_types == NULL)
        return true;
    while (len < content_type.len && content_type.ptr[len] != ';')
        len++;
    while (len > 0 && (content_type.ptr[len - 1] == ' ' ||
                       content_type.ptr[len - 1] == '\t'))
        len--;
    for (size_t i = 0; r->media_types[i] != NULL; i++)
        if (http_is_token(span_of(content_type.ptr, len), r->media_types[i]))
            return true;
    return false;
}
