#include "service/public_keys.h"

#include "service/authority.h"

/* What stands behind the door: less than a key. */
struct half {
    const char *name;
    struct span spki;
};

static enum err is_not_here(const struct half *half, struct fault *f)
{
    return fault_set(f, ERR_SYSTEM_UNAVAIL,
                     "key \"%s\" is not used here, and no file of it read",
                     half->name);
}

static enum err half_sign(void *key, struct crypto_ctx *cx, enum sig_alg alg,
                          struct span data, struct arena *a, struct span *sig,
                          struct fault *f)
{
    (void)cx;
    (void)alg;
    (void)data;
    (void)a;
    (void)sig;
    return is_not_here(key, f);
}

static enum err half_agree(void *key, struct crypto_ctx *cx,
                           const struct spki *peer, struct secret **out,
                           struct fault *f)
{
    (void)cx;
    (void)peer;
    (void)out;
    return is_not_here(key, f);
}

static enum err half_decrypt(void *key, struct crypto_ctx *cx,
                             struct span encrypted, struct arena *a,
                             struct secret **out, struct fault *f)
{
    (void)cx;
    (void)encrypted;
    (void)a;
    (void)out;
    return is_not_here(key, f);
}

static enum err half_spki(void *key, struct arena *a, struct span *out,
                          struct fault *f)
{
    const struct half *half = key;

    *out = arena_copy(a, half->spki);
    return span_is_absent(*out) ? fault_set(f, ERR_NO_MEM, "a public key")
                                : ERR_OK;
}

static void half_free(void *key)
{
    (void)key; /* the arena's */
}

static const struct key_ops half_ops = {
    .sign = half_sign,
    .spki = half_spki,
    .free = half_free,
    .agree = half_agree,
    .decrypt = half_decrypt,
};

static bool is_there(const struct keys *keys, const char *name)
{
    struct fault absent;
    struct span spki;

    return keys_spki(keys, name, &spki, &absent) == ERR_OK;
}

/* One of several users is enough. */
static enum err add_half(const struct config_key *key, const char *certificate,
                         struct arena *a, struct keys *keys, struct fault *f)
{
    struct half *half = arena_alloc(a, sizeof(*half));
    const struct span *list = NULL;
    struct x509_cert cert;
    size_t num = 0;

    if (is_there(keys, key->name))
        return ERR_OK;
    if (half == NULL)
        return fault_set(f, ERR_NO_MEM, "keys");
    TRY(certificates_load(certificate, a, &list, &num, f));
    if (num == 0 || x509_read(list[0], a, &cert) != ERR_OK)
        return fault_set(f, ERR_CONFIG, "%s: not a certificate", certificate);
    *half = (struct half){ key->name, cert.spki.der };
    return keys_add(keys, key->name, key->max_waiting, &half_ops, half, f);
}

static enum err add_agreeing(const struct config_general *general,
                             struct arena *a, struct keys *keys,
                             struct fault *f)
{
    const struct config_key *key = general->encryption_key;
    struct fault why;

    if (key == NULL || general->encryption_certificate == NULL ||
        is_there(keys, key->name) ||
        keys_add_file(keys, key->name, key->max_waiting, key->file, &why) ==
            ERR_OK)
        return ERR_OK;
    return add_half(key, general->encryption_certificate, a, keys, f);
}

enum err public_keys_load(const struct config *config, struct arena *arena,
                          struct keys *keys, struct fault *f)
{
    for (size_t i = 0; i < config->num_profiles; i++)
        TRY(add_agreeing(&config->profiles[i].general, arena, keys, f));
    for (size_t i = 0; i < config->num_cas; i++)
        TRY(add_half(config->cas[i].key, config->cas[i].certificate, arena,
                     keys, f));
    for (size_t i = 0; i < config->num_signers; i++)
        TRY(add_half(config->signers[i].key, config->signers[i].certificate,
                     arena, keys, f));
    return ERR_OK;
}
