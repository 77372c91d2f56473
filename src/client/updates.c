/*
 * Roots that follow the operator's: updates.pem holds them, links.pem beside it
 * what proves each: the root before, and the new key signed with its key. The
 * proof is verified at every start, so that they fall with the root they follow
 * from.
 */
#include "client/told.h"

#define LINKS "links.pem"

/* No file: none. */
static enum err list_load(const char *dir, const char *name, struct arena *a,
                          struct cert_list *out, struct fault *f)
{
    const char *path = path_join(dir, name, a);
    enum err e;

    *out = (struct cert_list){ 0 };
    if (path == NULL)
        return fault_set(f, ERR_NO_MEM, "%s", name);
    e = certs_load(path, a, out, f);
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
    for (size_t i = 0; i + 1 < links.num; i += 2) {
        if (x509_read(links.list[i + 1], s->arena, &linked) != ERR_OK ||
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

    TRY(list_load(s->dir, UPDATES_FILE, s->arena, &updates, f));
    if (updates.num == 0)
        return ERR_OK;
    TRY(list_load(s->dir, LINKS, s->arena, &links, f));
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

/* The root that this one followed; absent: none that is known. */
static struct span before(struct cert_list links, const struct x509_cert *root,
                          struct arena *a)
{
    struct x509_cert linked;

    for (size_t i = 0; i + 1 < links.num; i += 2)
        if (x509_read(links.list[i + 1], a, &linked) == ERR_OK &&
            span_is_equal(linked.spki.der, root->spki.der) &&
            name_is_equal(linked.subject, root->subject))
            return links.list[i];
    return SPAN_NONE;
}

enum err updates_fit(const char *dir, struct span root, struct span fingerprint,
                     struct arena *a, bool *out, struct fault *f)
{
    struct cert_list links;
    struct x509_cert cert;
    uint8_t id[32];

    *out = false;
    TRY(list_load(dir, LINKS, a, &links, f));
    /* In a circle it would never end. */
    for (size_t i = 0; i <= links.num && !*out && !span_is_absent(root); i++) {
        if (x509_read(root, a, &cert) != ERR_OK)
            return fault_set(f, ERR_CONFIG, "%s/%s cannot be read", dir, LINKS);
        hash_sha256_pair(root, SPAN_NONE, id);
        *out = span_is_equal(fingerprint, SPAN_OF(id));
        root = before(links, &cert, a);
    }
    return ERR_OK;
}

static enum err list_add(struct station *s, const char *name,
                         struct cert_list held, const struct span *more,
                         size_t num, struct fault *f)
{
    const char *path = path_join(s->dir, name, s->arena);
    struct buf text;
    enum err e;

    if (held.num + num > CLIENT_MAX_CERTS)
        return fault_set(f, ERR_LIMIT, "%s holds %zu certificates already",
                         path == NULL ? name : path, held.num);
    buf_init(&text, LIMIT_FILE_LEN);
    for (size_t i = 0; i < held.num; i++)
        pem_format("CERTIFICATE", held.list[i], &text);
    for (size_t i = 0; i < num; i++)
        pem_format("CERTIFICATE", more[i], &text);
    e = buf_save(path, &text, f);
    buf_done(&text);
    return e;
}

/* The proof first: alone it is of no effect. */
enum err update_install(struct station *s, const struct client_update *update,
                        struct fault *f)
{
    const struct span proof[] = { update->old, update->linked.cert.der };
    struct cert_list updates, links;

    TRY(list_load(s->dir, LINKS, s->arena, &links, f));
    TRY(list_load(s->dir, UPDATES_FILE, s->arena, &updates, f));
    if (is_among(updates, update->fresh.cert.der) &&
        is_among(links, update->linked.cert.der))
        return ERR_OK;
    TRY(list_add(s, LINKS, links, proof, 2, f));
    if (is_among(updates, update->fresh.cert.der))
        return ERR_OK;
    return list_add(s, UPDATES_FILE, updates, &update->fresh.cert.der, 1, f);
}
