/*
 * The operator roots in force, as the settings or the current pair have them.
 */
#include <strings.h>

#include "client/internal.h"

enum err cert_id(struct crypto_ctx *cx, struct span der,
                 uint8_t out[CLIENT_CERT_ID_LEN], struct fault *f)
{
    uint8_t digest[DIGEST_MAX_LEN];

    TRY(hash_compute(cx, DIGEST_SHA256, der, digest, f));
    memcpy(out, digest, CLIENT_CERT_ID_LEN);
    return ERR_OK;
}

/* A fingerprint in the settings holds for a root learnt earlier too, and for
 * what followed it. */
static enum err check_learnt(struct station *s, struct fault *f)
{
    bool fits;

    if (s->source == SOURCE_SETTINGS || span_is_absent(s->fingerprint))
        return ERR_OK;
    TRY(updates_fit(s->dir, s->roots.list[0], s->fingerprint, s->arena, &fits,
                    f));
    return fits ? ERR_OK
                : fault_set(f, ERR_CONFIG,
                            "the operator root learnt does not have the "
                            "fingerprint given; enrol anew in another folder");
}

static enum err take_pair_root(struct station *s, struct fault *f)
{
    struct span *root = arena_alloc(s->arena, sizeof(*root));
    struct pair pair;

    if (root == NULL)
        return fault_set(f, ERR_NO_MEM, "root");
    TRY(pair_load(s->dir, s->arena, &pair, f));
    *root = pair.root;
    s->roots = (struct cert_list){ root, 1 };
    s->source = pair.source;
    return check_learnt(s, f);
}

/* What would be no TLS session of ours is told before anything is sent. */
static enum err check_tls(const struct station *s, struct fault *f)
{
    if (s->settings->url == NULL)
        return ERR_OK;
    if (strncasecmp(s->settings->url, "https://", strlen("https://")) != 0)
        return fault_set(f, ERR_CONFIG,
                         "--trust tls needs an address that begins with "
                         "https://, not %s",
                         s->settings->url);
    if (s->settings->tls_root == NULL)
        return fault_set(f, ERR_CONFIG,
                         "--trust tls needs --tls-root: who vouches for the "
                         "server");
    return ERR_OK;
}

/* Before anything is sent, too: a file that is gone is told in time. */
static enum err load_crls(struct station *s, struct fault *f)
{
    enum err e;

    s->crls = (struct cert_list){ 0 };
    if (s->settings->crl == NULL)
        return ERR_OK;
    e = crls_load(s->settings->crl, s->arena, &s->crls, f);
    return e == ERR_NOT_FOUND ? fault_prefix(f, ERR_CONFIG, "--crl") : e;
}

static enum err add_updates(struct station *s, struct fault *f)
{
    s->num_configured = s->roots.num;
    return updates_apply(s, f);
}

/* The first answer of an enrolment may bring its root along. */
static bool may_learn(const struct station *s, enum cmp_body_type request)
{
    return s->settings->trust != TRUST_PINNED && request != CMP_KUR &&
           request != CMP_RR && request != CMP_GENM;
}

enum err trust_load(struct station *s, enum cmp_body_type request,
                    struct fault *f)
{
    enum trust_mode mode = s->settings->trust;
    enum err e;

    s->roots = (struct cert_list){ 0 };
    s->source = SOURCE_SETTINGS;
    if (mode == TRUST_TLS)
        TRY(check_tls(s, f));
    TRY(load_crls(s, f));
    if (s->settings->root != NULL) {
        TRY(certs_load(s->settings->root, s->arena, &s->roots, f));
        return add_updates(s, f);
    }
    e = take_pair_root(s, f);
    if (e == ERR_OK)
        return add_updates(s, f);
    if (e != ERR_NOT_FOUND)
        return e;
    if (mode == TRUST_SECRET && s->settings->secret == NULL)
        return fault_set(f, ERR_CONFIG,
                         "--trust secret needs the secret: --secret and "
                         "--reference");
    if (may_learn(s, request))
        return ERR_OK;
    return fault_set(
        f, ERR_CONFIG,
        "no operator root: give one with --root, take it from a "
        "server that --tls-root vouches for with --trust tls, from "
        "one that knows the shared secret with --trust secret, or "
        "take the server's at its word with --trust learn");
}

static enum err add_crls(const struct station *s, struct trust *t,
                         struct fault *f)
{
    for (size_t i = 0; i < s->crls.num; i++)
        if (trust_add_crl(t, s->crls.list[i], f) != ERR_OK)
            return fault_prefix(f, ERR_CONFIG, "%s", s->settings->crl);
    return ERR_OK;
}

enum err trust_make(const struct station *s, struct cert_list roots,
                    struct trust **out, struct fault *f)
{
    AUTO(trust) t = NULL;

    TRY(trust_new(s->crypto, &t, f));
    for (size_t i = 0; i < roots.num; i++)
        TRY(trust_add_anchor(t, 0, roots.list[i], f));
    TRY(add_crls(s, t, f));
    TRY(trust_seal(t, f));
    *out = t;
    t = NULL;
    return ERR_OK;
}
