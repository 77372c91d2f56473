#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include "client/internal.h"

static const char *const file_names[] = { "certificate.pem", "key.pem",
                                          "chain.pem",       "root.pem",
                                          "roots.pem",       "info",
                                          "revoked" };

/* "pairs/ID", seen from the state directory. */
static const char *pair_name(const struct client *c, struct arena *a)
{
    char id[2 * CLIENT_ID_LEN + 1];

    hex_format(SPAN_OF(c->transaction_id), id, sizeof(id));
    return arena_printf(a, "pairs/%s", id);
}

static enum err certs_save(const char *path, const struct span *certs,
                           size_t num, struct fault *f)
{
    struct buf text;
    enum err e;

    buf_init(&text, LIMIT_FILE_LEN);
    for (size_t i = 0; i < num; i++)
        pem_format("CERTIFICATE", certs[i], &text);
    e = buf_save(path, &text, f);
    buf_done(&text);
    return e;
}

/* All the roots there are, for applications to read. */
static enum err bundle_save(const char *path, const struct pending *p,
                            struct span root, struct fault *f)
{
    struct span list[1 + CLIENT_MAX_ADDED] = { root };

    for (size_t i = 0; i < p->added.num; i++)
        list[1 + i] = p->added.list[i].der;
    return certs_save(path, list, 1 + p->added.num, f);
}

static enum err info_save(const char *path, const struct pending *p,
                          struct fault *f)
{
    struct buf text;
    enum err e;

    buf_init(&text, LIMIT_FILE_LEN);
    buf_printf(&text, "root: %s\n", root_source_name(p->source));
    added_put(&text, &p->added);
    e = buf_save(path, &text, f);
    buf_done(&text);
    return e;
}

enum err pair_write(const char *dir, const struct pending *p,
                    const struct asked *one, struct arena *a, struct fault *f)
{
    const char *pairs = path_join(dir, "pairs", a);
    const char *name = pair_name(&p->machine, a);
    const char *at = name == NULL ? NULL : path_join(dir, name, a);

    if (pairs == NULL || at == NULL)
        return fault_set(f, ERR_NO_MEM, "pair");
    TRY(dir_create(pairs, CLIENT_DIR_MODE, f));
    TRY(dir_create(at, CLIENT_DIR_MODE, f));
    TRY(certs_save(path_join(at, "certificate.pem", a), &one->cert, 1, f));
    TRY(certs_save(path_join(at, "chain.pem", a), one->chain.list,
                   one->chain.num, f));
    TRY(certs_save(path_join(at, "root.pem", a), &one->root, 1, f));
    TRY(file_save(path_join(at, "key.pem", a), secret_span(one->key),
                  CLIENT_FILE_MODE, f));
    TRY(bundle_save(path_join(at, "roots.pem", a), p, one->root, f));
    return info_save(path_join(at, "info", a), p, f);
}

/* The pairs beside the usable one. What cannot be removed harms nobody. */
static void remove_others(const char *dir, const char *name, struct arena *a)
{
    const char *pairs = path_join(dir, "pairs", a);
    DIR *list = pairs == NULL ? NULL : opendir(pairs);
    const struct dirent *entry;
    char path[PATH_MAX];

    if (list == NULL)
        return;
    while ((entry = readdir(list)) != NULL) {
        if (entry->d_name[0] == '.' ||
            strcmp(entry->d_name, name + strlen("pairs/")) == 0)
            continue;
        for (size_t i = 0; i < sizeof(file_names) / sizeof(file_names[0]);
             i++) {
            snprintf(path, sizeof(path), "%s/%s/%s", pairs, entry->d_name,
                     file_names[i]);
            unlink(path);
        }
        snprintf(path, sizeof(path), "%s/%s", pairs, entry->d_name);
        rmdir(path);
    }
    closedir(list);
}

static enum err fail(const char *what, const char *path, struct fault *f)
{
    return fault_set(f, ERR_IO, "%s %s: %s", what, path, strerror(errno));
}

static enum err sync_dir(const char *dir, struct fault *f)
{
    int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err e = ERR_OK;

    if (fd < 0)
        return fail("open", dir, f);
    if (fsync(fd) != 0)
        e = fail("sync", dir, f);
    close(fd);
    return e;
}

enum err pair_switch(const char *dir, const struct pending *p, struct arena *a,
                     struct fault *f)
{
    const char *name = pair_name(&p->machine, a);
    const char *draft = path_join(dir, "current.new", a);
    const char *current = path_join(dir, "current", a);

    if (name == NULL || draft == NULL || current == NULL)
        return fault_set(f, ERR_NO_MEM, "pair");
    if (unlink(draft) != 0 && errno != ENOENT)
        return fail("remove", draft, f);
    if (symlink(name, draft) != 0)
        return fail("make", draft, f);
    if (rename(draft, current) != 0)
        return fail("replace", current, f);
    TRY(sync_dir(dir, f));
    remove_others(dir, name, a);
    return ERR_OK;
}

static const char *current_target(const char *dir, struct arena *a)
{
    const char *current = path_join(dir, "current", a);
    char target[PATH_MAX];
    ssize_t len =
        current == NULL ? -1 : readlink(current, target, sizeof(target));

    return len <= 0 ? NULL : arena_printf(a, "%.*s", (int)len, target);
}

bool pair_is_current(const char *dir, const struct client *c, struct arena *a)
{
    const char *target = current_target(dir, a);
    const char *name = pair_name(c, a);

    return target != NULL && name != NULL && strcmp(target, name) == 0;
}

enum err pair_mark_revoked(const char *dir, int64_t now, struct arena *a,
                           struct fault *f)
{
    struct buf text;
    enum err e;

    buf_init(&text, LIMIT_FILE_LEN);
    buf_printf(&text, "at: %lld\n", (long long)now);
    e = buf_save(path_join(dir, "current/revoked", a), &text, f);
    buf_done(&text);
    return e;
}

/* Without the file it was not. */
static enum err revoked_load(struct pair *p, struct arena *a, struct fault *f)
{
    struct span text;
    enum err e = text_load(path_join(p->path, "revoked", a), a, &text, f);

    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    p->revoked_at = line_number(text, "at", a);
    return p->revoked_at > 0
               ? ERR_OK
               : fault_set(f, ERR_CONFIG, "%s/revoked is damaged", p->path);
}

static enum err one_cert(const char *path, struct arena *a, struct span *out,
                         struct fault *f)
{
    struct cert_list certs;

    TRY(certs_load(path, a, &certs, f));
    if (certs.num != 1)
        return fault_set(f, ERR_CONFIG, "%s: not one certificate", path);
    *out = certs.list[0];
    return ERR_OK;
}

/* The bundle: the operator root, and behind it those that `info` tells of. */
static enum err added_load(struct pair *p, struct arena *a, struct fault *f)
{
    struct cert_list all;

    TRY(certs_load(path_join(p->path, "roots.pem", a), a, &all, f));
    if (all.num != 1 + p->added.num)
        return fault_set(f, ERR_CONFIG, "%s/roots.pem is not as info says",
                         p->path);
    for (size_t i = 0; i < p->added.num; i++)
        p->added.list[i].der = all.list[1 + i];
    return ERR_OK;
}

static enum err pair_read(struct pair *p, struct arena *a, struct fault *f)
{
    struct span text;

    TRY(one_cert(path_join(p->path, "certificate.pem", a), a, &p->cert, f));
    TRY(one_cert(path_join(p->path, "root.pem", a), a, &p->root, f));
    TRY(text_load(path_join(p->path, "chain.pem", a), a, &text, f));
    if (text.len > 0)
        TRY(certs_load(path_join(p->path, "chain.pem", a), a, &p->chain, f));
    TRY(revoked_load(p, a, f));
    TRY(text_load(path_join(p->path, "info", a), a, &text, f));
    p->source = root_source_read(text, a);
    if (p->source == SOURCE_NUM || !added_read(text, &p->added, a))
        return fault_set(f, ERR_CONFIG, "%s/info is damaged", p->path);
    return p->added.num == 0 ? ERR_OK : added_load(p, a, f);
}

enum err pair_load(const char *dir, struct arena *a, struct pair *out,
                   struct fault *f)
{
    const char *target = current_target(dir, a);
    struct pair p = { 0 };
    enum err e;

    if (target == NULL)
        return fault_set(f, ERR_NOT_FOUND,
                         "%s holds no operator certificate; enrol first", dir);
    p.path = path_join(dir, "current", a);
    if (p.path == NULL)
        return fault_set(f, ERR_NO_MEM, "pair");
    e = pair_read(&p, a, f);
    if (e == ERR_NOT_FOUND)
        return fault_prefix(f, ERR_CONFIG, "%s", p.path);
    TRY(e);
    *out = p;
    return ERR_OK;
}
