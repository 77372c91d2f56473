#include <stdlib.h>

#include "client/internal.h"

const char *path_join(const char *dir, const char *name, struct arena *a)
{
    return arena_printf(a, "%s/%s", dir, name);
}

void buf_wipe(struct buf *b)
{
    if (b->ptr != NULL)
        secret_wipe(b->ptr, b->size);
    buf_done(b);
}

enum err buf_save(const char *path, const struct buf *b, struct fault *f)
{
    if (path == NULL || b->failed != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "cannot write %s",
                         path == NULL ? "a file" : path);
    return file_save(path, buf_span(b), CLIENT_FILE_MODE, f);
}

enum err text_load(const char *path, struct arena *a, struct span *out,
                   struct fault *f)
{
    struct buf text;
    enum err e;

    if (path == NULL)
        return fault_set(f, ERR_NO_MEM, "path");
    buf_init(&text, LIMIT_FILE_LEN);
    e = file_load(path, &text, f);
    if (e == ERR_OK) {
        struct span copy = arena_copy(a, buf_span(&text));

        if (span_is_absent(copy))
            e = fault_set(f, ERR_NO_MEM, "%s is too much to hold", path);
        else
            *out = copy;
    }
    buf_wipe(&text);
    return e;
}

enum err secret_load(const char *path, struct secret **out, struct fault *f)
{
    struct buf text;
    enum err e;

    buf_init(&text, LIMIT_FILE_LEN);
    e = file_load(path, &text, f);
    if (e == ERR_OK) {
        *out = secret_new(buf_span(&text));
        if (*out == NULL)
            e = fault_set(f, ERR_NO_MEM, "%s", path);
    }
    buf_wipe(&text);
    return e;
}

static bool is_pem(struct span text)
{
    return text.len > 0 && memmem(text.ptr, text.len, "-----BEGIN", 10) != NULL;
}

/* The next block of this kind; others are passed over. */
static enum err next_block(struct span *text, const char *kind, struct arena *a,
                           struct span *out)
{
    struct span label = SPAN_NONE;

    do
        TRY(pem_next(text, a, &label, out));
    while (!span_is_equal(label, span_str(kind)));
    return ERR_OK;
}

static enum err blocks_load(const char *path, const char *kind, struct arena *a,
                            struct cert_list *out, struct fault *f)
{
    struct span *list = arena_array(a, CLIENT_MAX_CERTS, sizeof(*list));
    struct span text = SPAN_NONE;
    enum err e = ERR_OK;
    size_t n = 0;

    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "%s", path);
    TRY(text_load(path, a, &text, f));
    if (!is_pem(text))
        list[n++] = text;
    while (is_pem(text) && e == ERR_OK) {
        if (n == CLIENT_MAX_CERTS)
            return fault_set(f, ERR_CONFIG, "%s: more than %d of %s", path,
                             CLIENT_MAX_CERTS, kind);
        e = next_block(&text, kind, a, &list[n]);
        if (e == ERR_OK)
            n++;
    }
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return fault_set(f, ERR_CONFIG, "%s: PEM that is not well made", path);
    *out = (struct cert_list){ list, n };
    return ERR_OK;
}

enum err certs_load(const char *path, struct arena *a, struct cert_list *out,
                    struct fault *f)
{
    struct cert_list certs;
    struct x509_cert cert;

    TRY(blocks_load(path, "CERTIFICATE", a, &certs, f));
    for (size_t i = 0; i < certs.num; i++)
        if (x509_read(certs.list[i], a, &cert) != ERR_OK)
            return fault_set(f, ERR_CONFIG,
                             "%s: certificate %zu cannot be read", path, i + 1);
    *out = certs;
    return ERR_OK;
}

enum err crls_load(const char *path, struct arena *a, struct cert_list *out,
                   struct fault *f)
{
    TRY(blocks_load(path, "X509 CRL", a, out, f));
    return out->num > 0 ? ERR_OK
                        : fault_set(f, ERR_CONFIG, "%s: no CRL in it", path);
}

const char *line_find(struct span text, const char *key, struct arena *a)
{
    const char *at = (const char *)text.ptr;
    const char *end = at + text.len;
    size_t key_len = strlen(key);

    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        size_t len = (size_t)((stop == NULL ? end : stop) - at);

        if (len >= key_len + 2 && memcmp(at, key, key_len) == 0 &&
            at[key_len] == ':' && at[key_len + 1] == ' ')
            return arena_printf(a, "%.*s", (int)(len - key_len - 2),
                                at + key_len + 2);
        at += len + 1;
    }
    return NULL;
}

int64_t line_number(struct span text, const char *key, struct arena *a)
{
    const char *value = line_find(text, key, a);

    return value == NULL ? 0 : strtoll(value, NULL, 10);
}

bool line_hex(struct span text, const char *key, uint8_t *out, size_t len,
              struct arena *a)
{
    const char *value = line_find(text, key, a);
    struct span bytes;

    if (value == NULL || hex_parse(value, a, &bytes) != ERR_OK ||
        bytes.len != len)
        return false;
    memcpy(out, bytes.ptr, len);
    return true;
}
