/*
 * Keys that lie in files.
 */
#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/secret.h"
#include "crypto/agree.h"
#include "crypto/internal.h"
#include "crypto/keys.h"

static enum err file_sign(void *key, struct crypto_ctx *cx, enum sig_alg alg,
                          struct span data, struct arena *a, struct span *sig,
                          struct fault *f)
{
    return privkey_sign(cx, key, alg, data, a, sig, f);
}

static enum err file_spki(void *key, struct arena *a, struct span *out,
                          struct fault *f)
{
    struct span copy = arena_copy(a, privkey_spki(key));

    if (span_is_absent(copy))
        return fault_set(f, ERR_NO_MEM, "public key");
    *out = copy;
    return ERR_OK;
}

static void file_free(void *key)
{
    privkey_free(key);
}

static enum err file_agree(void *key, struct crypto_ctx *cx,
                           const struct spki *peer, struct secret **out,
                           struct fault *f)
{
    return privkey_agree(cx, key, peer, out, f);
}

static enum err file_decrypt(void *key, struct crypto_ctx *cx,
                             struct span encrypted, struct arena *a,
                             struct secret **out, struct fault *f)
{
    return encrypted_key_open(cx, key, encrypted, a, out, f);
}

static const struct key_ops file_ops = { file_sign, file_spki,  file_free,
                                         0,         file_agree, file_decrypt };

/* A mode that lets others in is a mistake to be told, not worked around. */
enum err key_file_check(const char *path, struct fault *f)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return fault_set(f, ERR_NOT_FOUND, "%s: no such key file", path);
    if (!S_ISREG(st.st_mode))
        return fault_set(f, ERR_CONFIG, "%s: not a regular file", path);
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return fault_set(f, ERR_CONFIG,
                         "%s: others than its owner may use this private key "
                         "(mode %04o); chmod 600 it",
                         path, (unsigned)st.st_mode & 07777);
    return ERR_OK;
}

static enum err load(struct crypto_ctx *cx, const char *path, struct buf *text,
                     struct privkey **out, struct fault *f)
{
    enum err e;

    TRY(key_file_check(path, f));
    TRY(file_load(path, text, f));
    e = privkey_parse(cx, buf_span(text), out, f);
    return e == ERR_OK ? e : fault_prefix(f, e, "%s", path);
}

enum err keys_add_file(struct keys *k, const char *name, unsigned max_waiting,
                       const char *path, struct fault *f)
{
    AUTO(crypto_ctx) cx = NULL;
    AUTO(privkey) key = NULL;
    struct buf text;
    enum err e;

    TRY(crypto_ctx_new(keys_crypto(k), &cx, f));
    buf_init(&text, LIMIT_FILE_LEN);
    e = load(cx, path, &text, &key, f);
    if (text.ptr != NULL)
        secret_wipe(text.ptr, text.len);
    buf_done(&text);
    TRY(e);
    TRY(keys_add(k, name, max_waiting, &file_ops, key, f));
    key = NULL;
    return ERR_OK;
}
