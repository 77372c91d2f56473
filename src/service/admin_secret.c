#include "service/admin_secret.h"

#include "base/clock.h"
#include "base/text.h"
#include "service/admin_internal.h"

#define SECRET_OCTETS 20
#define REFERENCE_OCTETS 8
#define REFERENCE_MAX_LEN 40
#define WEAK_MAX_LEN 256
#define PAGE 256

/* What a command over secrets needs besides. */
struct tools {
    struct crypto *crypto;
    struct crypto_ctx *cx;
    struct sealing *sealing;
};

static enum err tools_open(struct admin *a, struct tools *t, struct fault *f)
{
    const char *file = a->config->secrets.key_file;

    if (file == NULL)
        return fault_set(f, ERR_CONFIG,
                         "%s: secrets.key_file is not set, and without a key "
                         "there are no shared secrets",
                         a->config->file);
    TRY(crypto_new(&t->crypto, f));
    TRY(crypto_ctx_new(t->crypto, &t->cx, f));
    return sealing_load(file, &t->sealing, f);
}

static void tools_done(struct tools *t)
{
    sealing_free(t->sealing);
    crypto_ctx_free(t->cx);
    crypto_free(t->crypto);
}

/* --- looking --- */

static const char *state_text(const struct secret_record *r)
{
    if (r->state == SECRET_REVOKED)
        return "revoked";
    if (r->state == SECRET_USED_UP)
        return "used up";
    if (r->expires_at != 0 && r->expires_at <= clock_seconds())
        return "expired";
    return "active";
}

static struct secret_view view(struct admin *a, const struct secret_record *r)
{
    struct span serial = r->serial.len > 0 ? r->serial : r->reference;

    return (struct secret_view){
        .reference = admin_span_text(a, r->reference),
        .name = admin_span_text(a, r->name),
        .vendor = r->vendor.len > 0 ? admin_span_text(a, r->vendor)
                                    : VENDOR_OF_SECRETS,
        .serial = admin_span_text(a, serial),
        .profile = admin_span_text(a, r->profile),
        .state = state_text(r),
        .created = admin_time_text(a, r->created_at),
        .expires = admin_time_text(a, r->expires_at),
        .last_used = admin_time_text(a, r->last_used_at),
        .uses_left = r->uses_left,
        .is_weak = r->is_weak != 0,
    };
}

enum err admin_list_secrets(struct admin *a, int64_t after, size_t max,
                            struct secret_views *out, struct fault *f)
{
    struct secret_list found;
    struct secret_view *views;

    TRY(store_list_secrets(a->session, after, max, a->arena, &found, f));
    views = arena_array(a->arena, found.num, sizeof(*views));
    if (views == NULL)
        return fault_set(f, ERR_NO_MEM, "secrets");
    for (size_t i = 0; i < found.num; i++)
        views[i] = view(a, &found.list[i]);
    *out = (struct secret_views){ views, found.num };
    return ERR_OK;
}

/* --- making --- */

/* RFC 4648, 6: whole groups of 5 octets, so there is no padding. */
static enum err random_text(struct tools *t, size_t octets, struct arena *a,
                            const char **out, struct fault *f)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
    size_t len = (octets * 8 + 4) / 5;
    uint8_t *bytes = arena_alloc(a, octets + 1);
    char *text = arena_alloc(a, len + 1);

    if (bytes == NULL || text == NULL)
        return fault_set(f, ERR_NO_MEM, "secret");
    TRY(random_fill(t->cx, bytes, octets, f));
    bytes[octets] = 0;
    for (size_t i = 0; i < len; i++) {
        size_t at = 5 * i / 8;
        unsigned pair = (unsigned)bytes[at] << 8 | bytes[at + 1];

        text[i] = digits[pair >> (11 - 5 * i % 8) & 31];
    }
    secret_wipe(bytes, octets);
    text[len] = '\0';
    *out = text;
    return ERR_OK;
}

/* Such as can stand in names, in logs and on command lines as it is. */
static enum err check_plain(const char *what, const char *text, struct fault *f)
{
    size_t len = text == NULL ? 1 : strlen(text);

    if (len == 0 || len > REFERENCE_MAX_LEN)
        return fault_set(f, ERR_USAGE, "the %s has 1 to %d characters", what,
                         REFERENCE_MAX_LEN);
    for (size_t i = 0; text != NULL && i < len; i++)
        if (text[i] <= 0x20 || text[i] > 0x7e)
            return fault_set(f, ERR_USAGE,
                             "the %s has printable ASCII only, no blanks",
                             what);
    return ERR_OK;
}

static enum err check_reference(const char *text, struct fault *f)
{
    TRY(check_plain("reference", text, f));
    if (text == NULL ||
        strncmp(text, PASSPHRASE_PREFIX, strlen(PASSPHRASE_PREFIX)) != 0)
        return ERR_OK;
    return fault_set(f, ERR_USAGE,
                     "what begins with " PASSPHRASE_PREFIX
                     " is the reference of what a station brings");
}

static enum err check_profile(struct admin *a, const char *name,
                              struct fault *f)
{
    for (size_t i = 0; name != NULL && i < a->config->num_profiles; i++) {
        const struct config_profile *p = &a->config->profiles[i];
        struct profile rules;

        if (strcmp(p->name, name) != 0)
            continue;
        profile_init(&rules,
                     profile_type_find(config_profile_type_name(p->type)));
        if (rules.macs != NULL)
            return ERR_OK;
        return fault_set(f, ERR_USAGE,
                         "profile %s is of type %s, which takes no shared "
                         "secrets",
                         name, config_profile_type_name(p->type));
    }
    if (name == NULL)
        return ERR_OK;
    return fault_set(f, ERR_NOT_FOUND, "no profile %s in the configuration",
                     name);
}

/* A secret that a person chose can be guessed: at once and by one alone. */
static enum err check_weak(const struct secret_wish *wish, int64_t now,
                           struct fault *f)
{
    size_t len = strlen(wish->weak);

    if (len < SECRET_WEAK_MIN_LEN || len > WEAK_MAX_LEN)
        return fault_set(f, ERR_USAGE,
                         "a secret of one's own has %d to %d octets",
                         SECRET_WEAK_MIN_LEN, WEAK_MAX_LEN);
    if (wish->uses < 0 || wish->uses > SECRET_WEAK_USES ||
        wish->expires_at > now + SECRET_WEAK_SECONDS)
        return fault_set(f, ERR_USAGE,
                         "a secret of one's own is good for one use and a day "
                         "at most");
    return ERR_OK;
}

static enum err check_wish(struct admin *a, const struct secret_wish *wish,
                           int64_t now, struct fault *f)
{
    TRY(check_reference(wish->reference, f));
    TRY(check_plain("name", wish->name, f));
    TRY(check_plain("serial", wish->serial, f));
    if (wish->vendor != NULL)
        TRY(admin_check_vendor(a, wish->vendor, f));
    TRY(check_profile(a, wish->profile, f));
    if (wish->expires_at != 0 && wish->expires_at <= now)
        return fault_set(f, ERR_USAGE, "it would have expired already");
    return wish->weak == NULL ? ERR_OK : check_weak(wish, now, f);
}

static struct span span_or_none(const char *text)
{
    return text == NULL ? SPAN_NONE : span_str(text);
}

static enum err fill_record(struct admin *a, struct tools *t,
                            const struct secret_wish *wish, int64_t now,
                            struct secret_record *r, const char **text,
                            struct fault *f)
{
    const char *reference = wish->reference;
    int64_t weak_end = now + SECRET_WEAK_SECONDS;

    if (reference == NULL)
        TRY(random_text(t, REFERENCE_OCTETS, a->arena, &reference, f));
    *text = wish->weak;
    if (wish->weak == NULL)
        TRY(random_text(t, SECRET_OCTETS, a->arena, text, f));
    *r = (struct secret_record){
        .reference = span_str(reference),
        .name = span_str(wish->name != NULL ? wish->name : reference),
        .profile = span_or_none(wish->profile),
        .state = SECRET_ACTIVE,
        .is_weak = wish->weak != NULL,
        .uses_left = wish->uses == 0 ? 1 : wish->uses,
        .expires_at = wish->weak != NULL && wish->expires_at == 0
                          ? weak_end
                          : wish->expires_at,
        .created_at = now,
        .vendor = span_or_none(wish->vendor),
        .serial = span_or_none(wish->serial),
    };
    return sealing_seal(t->sealing, t->cx, r->reference, span_str(*text),
                        a->arena, &r->sealed, f);
}

static enum err add_record(struct admin *a, const struct secret_record *r,
                           struct fault *f)
{
    struct change *c = change_new();
    enum err e;

    if (c == NULL)
        return fault_set(f, ERR_NO_MEM, "secret");
    change_add_secret(c, r);
    e = admin_commit(
        a, c,
        arena_printf(a->arena, "secret made reference=%s station=%s/%s%s",
                     admin_span_text(a, r->reference), view(a, r).vendor,
                     view(a, r).serial, r->is_weak != 0 ? " weak" : ""),
        f);
    if (e == ERR_LOST)
        return fault_set(f, ERR_EXISTS, "there is a secret of reference %s",
                         admin_span_text(a, r->reference));
    return e;
}

static enum err set_record(struct admin *a, const struct secret_record *r,
                           const char *what, struct fault *f)
{
    struct change *c = change_new();

    if (c == NULL)
        return fault_set(f, ERR_NO_MEM, "secret");
    change_set_secret(c, r);
    return admin_commit(a, c,
                        arena_printf(a->arena, "secret %s reference=%s", what,
                                     admin_span_text(a, r->reference)),
                        f);
}

/* `is_current`: it was sealed by the key in force already. */
static enum err seal_again(struct admin *a, struct tools *t,
                           struct secret_record *r, bool *is_current,
                           struct fault *f)
{
    AUTO(secret) key = NULL;

    TRY(sealing_is_current(t->sealing, t->cx, r, is_current, f));
    if (*is_current)
        return ERR_OK;
    TRY(sealing_open(t->sealing, t->cx, r, &key, f));
    TRY(sealing_seal(t->sealing, t->cx, r->reference, secret_span(key),
                     a->arena, &r->sealed, f));
    return set_record(a, r, "sealed anew", f);
}

/* The sealing key may have been replaced while this one was made. */
static enum err check_sealed(struct admin *a, struct tools *t,
                             struct secret_record *r, struct span plain,
                             struct fault *f)
{
    struct secret_record stored;
    bool is_current;

    TRY(sealing_refresh(t->sealing, f));
    TRY(store_find_secret(a->session, r->reference, a->arena, &stored, f));
    TRY(sealing_is_current(t->sealing, t->cx, &stored, &is_current, f));
    if (is_current)
        return ERR_OK;
    TRY(sealing_seal(t->sealing, t->cx, stored.reference, plain, a->arena,
                     &stored.sealed, f));
    return set_record(a, &stored, "sealed anew", f);
}

static enum err add_secret(struct admin *a, struct tools *t,
                           const struct secret_wish *wish,
                           struct secret_view *out, const char **text,
                           struct fault *f)
{
    int64_t now = clock_seconds();
    struct secret_record r;
    const char *plain = NULL;

    TRY(check_wish(a, wish, now, f));
    TRY(tools_open(a, t, f));
    TRY(fill_record(a, t, wish, now, &r, &plain, f));
    TRY(add_record(a, &r, f));
    TRY(check_sealed(a, t, &r, span_str(plain), f));
    *out = view(a, &r);
    *text = plain;
    return ERR_OK;
}

enum err admin_add_secret(struct admin *a, const struct secret_wish *wish,
                          struct secret_view *out, const char **text,
                          struct fault *f)
{
    struct tools t = { NULL, NULL, NULL };
    enum err e = add_secret(a, &t, wish, out, text, f);

    tools_done(&t);
    return e;
}

/* --- changing --- */

enum err admin_revoke_secret(struct admin *a, const char *reference,
                             struct secret_view *out, struct fault *f)
{
    struct secret_record r;
    enum err e =
        store_find_secret(a->session, span_str(reference), a->arena, &r, f);

    if (e == ERR_NOT_FOUND)
        return fault_set(f, ERR_NOT_FOUND, "no secret of reference %s",
                         reference);
    TRY(e);
    r.state = SECRET_REVOKED;
    TRY(set_record(a, &r, "revoked", f));
    *out = view(a, &r);
    return ERR_OK;
}

/* One page after the other: a use meanwhile makes one lose, and be seen again
 * in the next pass. */
static enum err seal_all(struct admin *a, struct tools *t, size_t *num,
                         struct fault *f)
{
    struct secret_list page;
    int64_t after = 0;

    do {
        TRY(store_list_secrets(a->session, after, PAGE, a->arena, &page, f));
        for (size_t i = 0; i < page.num; i++) {
            struct secret_record r = page.list[i];
            bool was_current = false;
            enum err e = seal_again(a, t, &r, &was_current, f);

            for (int again = 0; e == ERR_LOST && again < 8; again++) {
                TRY(store_find_secret(a->session, r.reference, a->arena, &r,
                                      f));
                e = seal_again(a, t, &r, &was_current, f);
            }
            TRY(e);
            *num += !was_current;
            after = r.id;
        }
    } while (page.num == PAGE);
    return ERR_OK;
}

static enum err rekey(struct admin *a, struct tools *t, size_t *num,
                      struct fault *f)
{
    *num = 0;
    TRY(tools_open(a, t, f));
    TRY(sealing_begin_new(t->sealing, t->cx, f));
    TRY(seal_all(a, t, num, f));
    TRY(sealing_end_new(t->sealing, f));
    /* Those that another process made with the old key meanwhile. */
    return seal_all(a, t, num, f);
}

enum err admin_rekey_secrets(struct admin *a, size_t *num, struct fault *f)
{
    struct tools t = { NULL, NULL, NULL };
    enum err e = rekey(a, &t, num, f);

    tools_done(&t);
    return e;
}
