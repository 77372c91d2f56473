#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "client/internal.h"

static const char *const mode_names[TRUST_NUM] = {
    [TRUST_PINNED] = "pinned",
    [TRUST_TLS] = "tls",
    [TRUST_SECRET] = "secret",
    [TRUST_LEARN] = "learn",
};

const char *trust_mode_name(enum trust_mode mode)
{
    return mode_names[mode];
}

enum trust_mode trust_mode_find(const char *name)
{
    enum trust_mode mode = TRUST_PINNED;

    while (mode < TRUST_NUM && strcmp(mode_names[mode], name) != 0)
        mode++;
    return mode;
}

#define TEXT(name, member)                                \
    {                                                     \
        name, offsetof(struct client_settings, member), 0 \
    }
#define PATH(name, member)                                \
    {                                                     \
        name, offsetof(struct client_settings, member), 1 \
    }

static const struct {
    const char *name;
    size_t at;
    bool is_path;
} fields[] = {
    TEXT("url", url),
    PATH("cert", cert),
    PATH("chain", chain),
    PATH("key", key),
    PATH("secret", secret),
    TEXT("reference", reference),
    TEXT("mac", mac),
    PATH("root", root),
    TEXT("fingerprint", fingerprint),
    TEXT("subject", subject),
    TEXT("profile", cert_profile),
    TEXT("recipient", recipient),
    TEXT("server-subject", server_subject),
    TEXT("key-type", key_type),
    TEXT("key-use", key_use),
    TEXT("proof", proof),
    PATH("ca-encryption", ca_encryption),
    TEXT("key-from", key_from),
    PATH("tls-root", tls_root),
    TEXT("tls-client-cert", tls_client_cert),
    PATH("crl", crl),
    TEXT("unknown-status", unknown_status),
};
#define NUM_FIELDS (sizeof(fields) / sizeof(fields[0]))

static const char **field(struct client_settings *s, size_t i)
{
    return (const char **)(void *)((char *)s + fields[i].at);
}

/* A value that holds a line's end would make two settings of one. */
static enum err put(struct buf *text, const char *name, const char *value,
                    bool is_path, struct fault *f)
{
    char full[PATH_MAX];

    if (value == NULL)
        return ERR_OK;
    if (strchr(value, '\n') != NULL)
        return fault_set(f, ERR_CONFIG, "%s: a line's end in it", name);
    if (is_path && strcmp(value, SECRET_STDIN) != 0) {
        if (realpath(value, full) == NULL)
            return fault_set(f, ERR_CONFIG, "%s: %s is not there", name, value);
        value = full;
    }
    buf_printf(text, "%s: %s\n", name, value);
    return ERR_OK;
}

static enum err put_all(struct buf *text, const struct client_settings *s,
                        struct fault *f)
{
    struct client_settings copy = *s;

    buf_printf(text, "trust: %s\n", trust_mode_name(s->trust));
    for (size_t i = 0; i < NUM_FIELDS; i++)
        TRY(put(text, fields[i].name, *field(&copy, i), fields[i].is_path, f));
    return ERR_OK;
}

enum err client_settings_save(const char *dir, const struct client_settings *s,
                              struct fault *f)
{
    char path[PATH_MAX];
    struct buf text;
    enum err e;

    snprintf(path, sizeof(path), "%s/settings", dir);
    TRY(dir_create(dir, CLIENT_DIR_MODE, f));
    buf_init(&text, LIMIT_FILE_LEN);
    e = put_all(&text, s, f);
    if (e == ERR_OK)
        e = buf_save(path, &text, f);
    buf_done(&text);
    return e;
}

enum err client_settings_load(const char *dir, struct arena *a,
                              struct client_settings *out, struct fault *f)
{
    struct client_settings s = { 0 };
    const char *mode;
    struct span text;

    TRY(text_load(path_join(dir, "settings", a), a, &text, f));
    mode = line_find(text, "trust", a);
    s.trust = mode == NULL ? TRUST_PINNED : trust_mode_find(mode);
    if (s.trust == TRUST_NUM)
        return fault_set(f, ERR_CONFIG, "%s/settings: no trust mode %s", dir,
                         mode);
    for (size_t i = 0; i < NUM_FIELDS; i++)
        *field(&s, i) = line_find(text, fields[i].name, a);
    *out = s;
    return ERR_OK;
}
