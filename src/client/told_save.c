#include <assert.h>

#include "client/told.h"

#define OUT_MODE 0644
#define OUT_DIR_MODE 0755
#define CRLS "crls.pem"

enum err told_save(struct station *s, const char *dir, const char *name,
                   struct span bytes, struct client_files *files,
                   struct fault *f)
{
    const char *path = path_join(dir, name, s->arena);

    if (span_is_absent(bytes))
        return ERR_OK;
    if (path == NULL)
        return fault_set(f, ERR_NO_MEM, "%s", name);
    assert(files->num < CLIENT_MAX_FILES);
    TRY(dir_create(dir, OUT_DIR_MODE, f));
    TRY(file_save(path, bytes, OUT_MODE, f));
    files->list[files->num++] = path;
    return ERR_OK;
}

static enum err save_pem(struct station *s, const char *dir, const char *name,
                         const char *label, struct span_list list,
                         struct client_files *files, struct fault *f)
{
    struct buf text;
    enum err e;

    if (list.num == 0)
        return ERR_OK;
    buf_init(&text, LIMIT_FILE_LEN);
    for (size_t i = 0; i < list.num; i++)
        pem_format(label, list.list[i], &text);
    e = text.failed != ERR_OK
            ? fault_set(f, text.failed, "%s", name)
            : told_save(s, dir, name, buf_span(&text), files, f);
    buf_done(&text);
    return e;
}

enum err told_save_certs(struct station *s, const char *dir, const char *name,
                         struct span_list certs, struct client_files *files,
                         struct fault *f)
{
    return save_pem(s, dir, name, "CERTIFICATE", certs, files, f);
}

enum err told_save_crls(struct station *s, const char *dir,
                        const struct x509_crl *crls, size_t num,
                        struct client_files *files, struct fault *f)
{
    struct span *list = arena_array(s->arena, num + 1, sizeof(*list));

    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "CRLs");
    for (size_t i = 0; i < num; i++)
        list[i] = crls[i].der;
    return save_pem(s, dir, CRLS, "X509 CRL", (struct span_list){ list, num },
                    files, f);
}

enum err told_save_update(struct station *s, const char *dir,
                          const struct client_update *update,
                          struct client_files *files, struct fault *f)
{
    const struct {
        const char *name;
        struct span_list certs;
    } parts[] = {
        { "new-root.pem", { &update->fresh.cert.der, 1 } },
        { "new-with-old.pem", { &update->linked.cert.der, 1 } },
        { "old-with-new.pem",
          { &update->back.cert.der, update->has_back ? 1 : 0 } },
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        TRY(told_save_certs(s, dir, parts[i].name, parts[i].certs, files, f));
    return ERR_OK;
}

enum err told_held_crls(struct station *s, const char *dir,
                        struct cert_list *out, struct fault *f)
{
    struct cert_list saved = { 0 };
    struct span *list;
    enum err e = ERR_OK;

    if (dir != NULL)
        e = crls_load(path_join(dir, CRLS, s->arena), s->arena, &saved, f);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    list = arena_array(s->arena, s->crls.num + saved.num + 1, sizeof(*list));
    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "CRLs");
    for (size_t i = 0; i < s->crls.num; i++)
        list[i] = s->crls.list[i];
    for (size_t i = 0; i < saved.num; i++)
        list[s->crls.num + i] = saved.list[i];
    *out = (struct cert_list){ list, s->crls.num + saved.num };
    return ERR_OK;
}
