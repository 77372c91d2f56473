/*
 * Roots that follow the operator's: updates.pem holds them, links.pem beside it
 * what proves them, each signed by the root before. The proof is verified at
 * every start, so that they fall with the root they follow from.
 */
#include "client/told.h"

#define LINKS "links.pem"

/* No file: none. */
static enum err list_load(struct station *s, const char *name,
                          struct cert_list *out, struct fault *f)
{
    const char *path = path_join(s->dir, name, s->arena);
    enum err e;

    *out = (struct cert_list){ 0 };
    if (path == NULL)
        return fault_set(f, ERR_NO_MEM, "%s", name);
    e = certs_load(path, s->arena, out, f);
    return e == ERR_NOT_FOUND ? ERR_OK : e;
}

/* Vouched for by a root in force, for this very key and name. */
static bool is_link(struct station *s, const struct x509_cert *root,
                    const struct x509_cert *linked,
                    const struct x509_cert *fresh)
{
    return name_is_equal(linked->issuer, root->subject) &&
           name_is_equal(linked->subject, fresh->subject) &&
           span_is_equal(linked->spki.der, fresh->spki.der) &&
           sig_verify(s->cx, &root->spki, &linked->sig_alg, linked->tbs,
                      linked->signature, NULL) == ERR_OK;
}

static bool is_proven(struct station *s, struct cert_list roots,
                      struct cert_list links, struct span der)
{
    struct x509_cert fresh, linked, root;

    if (x509_read(der, s->arena, &fresh) != ERR_OK ||
        !is_self_signed(s, &fresh))
        return false;
    for (size_t i = 0; i < links.num; i++) {
        if (x509_read(links.list[i], s->arena, &linked) != ERR_OK ||
            !span_is_equal(linked.spki.der, fresh.spki.der))
            continue;
        for (size_t k = 0; k < roots.num; k++)
            if (x509_read(roots.list[k], s->arena, &root) == ERR_OK &&
                is_link(s, &root, &linked, &fresh))
                return true;
    }
    return false;
}

static bool is_among(struct cert_list certs, struct span der)
{
    for (size_t i = 0; i < certs.num; i++)
        if (span_is_equal(certs.list[i], der))
            return true;
    return false;
}

enum err updates_apply(struct station *s, struct fault *f)
{
    struct cert_list updates, links, all = s->roots;
    struct span *list;

    TRY(list_load(s, UPDATES_FILE, &updates, f));
    if (updates.num == 0)
        return ERR_OK;
    TRY(list_load(s, LINKS, &links, f));
    list = arena_array(s->arena, all.num + updates.num, sizeof(*list));
    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "roots");
    for (size_t i = 0; i < all.num; i++)
        list[i] = all.list[i];
    all.list = list;
    for (size_t i = 0; i < updates.num; i++)
        if (!is_among(all, updates.list[i]) &&
            is_proven(s, all, links, updates.list[i]))
            list[all.num++] = updates.list[i];
    s->roots = all;
    return ERR_OK;
}

enum err updates_hold(struct station *s, struct span root, bool *out,
                      struct fault *f)
{
    struct cert_list updates;

    TRY(list_load(s, UPDATES_FILE, &updates, f));
    *out = is_among(updates, root);
    return ERR_OK;
}

static enum err list_add(struct station *s, const char *name, struct span der,
                         struct fault *f)
{
    const char *path = path_join(s->dir, name, s->arena);
    struct cert_list held;
    struct buf text;
    enum err e;

    TRY(list_load(s, name, &held, f));
    if (is_among(held, der))
        return ERR_OK;
    if (held.num == CLIENT_MAX_CERTS)
        return fault_set(f, ERR_LIMIT, "%s holds %zu certificates already",
                         path, held.num);
    buf_init(&text, LIMIT_FILE_LEN);
    for (size_t i = 0; i < held.num; i++)
        pem_format("CERTIFICATE", held.list[i], &text);
    pem_format("CERTIFICATE", der, &text);
    e = buf_save(path, &text, f);
    buf_done(&text);
    return e;
}

/* The proof first: alone it is of no effect. */
enum err update_install(struct station *s, struct span fresh,
                        struct span linked, struct fault *f)
{
    TRY(list_add(s, LINKS, linked, f));
    return list_add(s, UPDATES_FILE, fresh, f);
}
