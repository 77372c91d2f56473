/*
 * Opening a state directory, and what a station is before it speaks.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/clock.h"
#include "client/run.h"

int64_t station_now(const struct station *s)
{
    return s->env.now == NULL ? clock_seconds() : s->env.now(s->env.arg);
}

void station_probe(const struct station *s, enum client_probe at)
{
    if (s->env.probe != NULL)
        s->env.probe(s->env.arg, at);
}

void station_report(const struct station *s, const struct client_event *e)
{
    if (s->env.report != NULL)
        s->env.report(s->env.arg, e);
}

/* --- the directory --- */

enum err dir_lock(const char *dir, struct arena *a, int *out, struct fault *f)
{
    const char *path = path_join(dir, "lock", a);

    if (path == NULL)
        return fault_set(f, ERR_NO_MEM, "lock");
    *out = open(path, O_RDWR | O_CREAT | O_CLOEXEC, CLIENT_FILE_MODE);
    if (*out < 0)
        return fault_set(f, ERR_IO, "open %s: %s", path, strerror(errno));
    if (flock(*out, LOCK_EX | LOCK_NB) != 0)
        return fault_set(f, ERR_SYSTEM_UNAVAIL,
                         "another process is at work in %s", dir);
    return ERR_OK;
}

/* Settings that are text until they are used. */
static enum err read_settings(struct station *s, struct fault *f)
{
    const struct client_settings *given = s->settings;

    if (given->server_subject != NULL &&
        name_parse(given->server_subject, s->life, &s->server_subject, f) !=
            ERR_OK)
        return fault_prefix(f, ERR_CONFIG, "server-subject");
    if (given->fingerprint == NULL)
        return ERR_OK;
    return fingerprint_parse(given->fingerprint, s->life, &s->fingerprint, f);
}

enum err fingerprint_parse(const char *text, struct arena *a, struct span *out,
                           struct fault *f)
{
    char *plain = arena_printf(a, "%s", text);
    struct span bytes;

    if (plain == NULL)
        return fault_set(f, ERR_NO_MEM, "fingerprint");
    for (char *c = plain; *c != '\0'; c++)
        if (*c == ':')
            *c = ' ';
    if (hex_parse(plain, a, &bytes) != ERR_OK ||
        bytes.len != CLIENT_CERT_ID_LEN)
        return fault_set(f, ERR_CONFIG,
                         "fingerprint: not 32 bytes in hexadecimal");
    *out = bytes;
    return ERR_OK;
}

/* NULL: out of memory. */
static struct station *station_new(void)
{
    struct station *s = calloc(1, sizeof(*s));

    if (s == NULL)
        return NULL;
    s->lock = -1;
    s->life = arena_new(CLIENT_ARENA);
    s->arena = arena_new(CLIENT_ARENA);
    s->scratch = arena_new(CLIENT_ARENA);
    if (s->life != NULL && s->arena != NULL && s->scratch != NULL)
        return s;
    station_free(s);
    return NULL;
}

static enum err set_up(struct station *s, const char *dir, struct fault *f)
{
    s->dir = arena_printf(s->life, "%s", dir);
    if (s->dir == NULL)
        return fault_set(f, ERR_NO_MEM, "station");
    TRY(crypto_ctx_new(s->crypto, &s->cx, f));
    TRY(dir_create(dir, CLIENT_DIR_MODE, f));
    TRY(dir_lock(dir, s->life, &s->lock, f));
    return read_settings(s, f);
}

enum err station_open(struct crypto *c, const char *dir,
                      const struct client_settings *settings,
                      const struct client_env *env, struct station **out,
                      struct fault *f)
{
    struct station *s = station_new();
    enum err e;

    if (s == NULL)
        return fault_set(f, ERR_NO_MEM, "station");
    s->crypto = c;
    s->settings = settings;
    s->env = *env;
    e = set_up(s, dir, f);
    if (e == ERR_OK)
        *out = s;
    else
        station_free(s);
    return e;
}

void new_keys_free(struct station *s)
{
    for (size_t i = 0; i < CLIENT_MAX_ASKED; i++) {
        privkey_free(s->new_keys[i]);
        s->new_keys[i] = NULL;
    }
}

void station_free(struct station *s)
{
    if (s == NULL)
        return;
    pending_done(&s->pending);
    new_keys_free(s);
    privkey_free(s->made);
    also_release(s);
    identity_done(&s->own);
    crypto_ctx_free(s->cx);
    arena_free(s->scratch);
    arena_free(s->arena);
    arena_free(s->life);
    if (s->lock >= 0)
        close(s->lock);
    free(s);
}

/* --- what messages are protected with --- */

static enum err take_identity(struct station *s, struct span cert,
                              struct cert_list chain, const char *key_path,
                              struct fault *f)
{
    struct identity own = { .chain = chain };
    AUTO(secret) text = NULL;
    enum err e;

    if (x509_read(cert, s->arena, &own.cert) != ERR_OK)
        return fault_set(f, ERR_CONFIG, "our certificate cannot be read");
    TRY(secret_load(key_path, &text, f));
    e = privkey_parse(s->cx, secret_span(text), &own.key, f);
    if (e != ERR_OK)
        return fault_prefix(f, ERR_CONFIG, "%s", key_path);
    own.alg = sig_alg_default(privkey_kind(own.key));
    identity_done(&s->own);
    s->own = own;
    if (!span_is_equal(privkey_spki(own.key), own.cert.spki.der))
        return fault_set(f, ERR_CONFIG, "%s is not the certificate's key",
                         key_path);
    return identity_present(s, f);
}

/* What the settings name and is not there is a matter of the settings. */
static enum err settings_err(enum err e, struct fault *f)
{
    if (e == ERR_NOT_FOUND)
        f->err = ERR_CONFIG;
    return e == ERR_NOT_FOUND ? ERR_CONFIG : e;
}

static enum err load_vendor(struct station *s, struct fault *f)
{
    const struct client_settings *given = s->settings;
    struct cert_list certs, chain = { 0 };
    struct span *more;

    if (given->cert == NULL || given->key == NULL)
        return fault_set(f, ERR_CONFIG,
                         "the vendor's certificate and key are needed: --cert "
                         "and --key");
    TRY(settings_err(certs_load(given->cert, s->arena, &certs, f), f));
    if (certs.num == 0)
        return fault_set(f, ERR_CONFIG, "%s: no certificate", given->cert);
    if (given->chain != NULL)
        TRY(settings_err(certs_load(given->chain, s->arena, &chain, f), f));
    /* A certificate's file may bring its chain along. */
    more = arena_array(s->arena, certs.num + chain.num, sizeof(*more));
    if (more == NULL)
        return fault_set(f, ERR_NO_MEM, "chain");
    for (size_t i = 1; i < certs.num; i++)
        more[i - 1] = certs.list[i];
    for (size_t i = 0; i < chain.num; i++)
        more[certs.num - 1 + i] = chain.list[i];
    return settings_err(
        take_identity(s, certs.list[0],
                      (struct cert_list){ more, certs.num - 1 + chain.num },
                      given->key, f),
        f);
}

static enum err load_current(struct station *s, struct fault *f)
{
    struct pair pair;

    TRY(pair_load(s->dir, s->arena, &pair, f));
    if (pair.revoked_at != 0)
        return fault_set(f, ERR_CONFIG,
                         "the certificate in %s was revoked; enroll anew",
                         s->dir);
    return settings_err(take_identity(s, pair.cert, pair.chain,
                                      path_join(pair.path, "key.pem", s->arena),
                                      f),
                        f);
}

static enum err load_secret(struct station *s,
                            enum err load(struct station *s,
                                          struct identity *out,
                                          struct fault *f),
                            struct fault *f)
{
    struct identity own = { .secret = NULL };

    TRY(load(s, &own, f));
    identity_done(&s->own);
    s->own = own;
    return ERR_OK;
}

static enum err load_first(struct station *s, struct fault *f)
{
    return s->settings->secret != NULL ? load_secret(s, shared_begin, f)
                                       : load_vendor(s, f);
}

/* The operator's certificate, where there is one in force. */
static enum err load_either(struct station *s, struct fault *f)
{
    struct pair pair;
    enum err e = pair_load(s->dir, s->arena, &pair, f);

    if (e == ERR_NOT_FOUND || (e == ERR_OK && pair.revoked_at != 0))
        return load_first(s, f);
    return e == ERR_OK ? load_current(s, f) : e;
}

/* Its key may be gone. */
static enum err load_current_cert(struct station *s, struct fault *f)
{
    struct pair pair;

    TRY(pair_load(s->dir, s->arena, &pair, f));
    if (x509_read(pair.cert, s->arena, &s->own.cert) == ERR_OK)
        return ERR_OK;
    return fault_set(f, ERR_CONFIG, "our certificate cannot be read");
}

enum err identity_begin(struct station *s, enum cmp_body_type request,
                        struct fault *f)
{
    if (request == CMP_GENM)
        return load_either(s, f);
    if (request == CMP_RR && s->settings->passphrase != NULL) {
        TRY(load_secret(s, passphrase_begin, f));
        return load_current_cert(s, f);
    }
    return request == CMP_KUR || request == CMP_RR ? load_current(s, f)
                                                   : load_first(s, f);
}

enum err identity_resume(struct station *s, struct fault *f)
{
    const struct client *c = &s->pending.machine;

    if (c->is_mac) {
        TRY(load_secret(s, shared_resume, f));
        return c->request == CMP_RR ? load_current_cert(s, f) : ERR_OK;
    }
    return c->request == CMP_KUR || c->request == CMP_RR ? load_current(s, f)
                                                         : load_vendor(s, f);
}

void identity_done(struct identity *own)
{
    privkey_free(own->key);
    secret_free(own->secret);
    *own = (struct identity){ .key = NULL };
}

struct client_credential identity_credential(const struct identity *own)
{
    return (struct client_credential){
        .cert = own->secret == NULL ? &own->cert : NULL,
        .alg = own->alg,
        .reference = own->reference,
        .mac_alg = own->mac_alg,
    };
}
