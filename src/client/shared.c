/*
 * A secret that station and server share, in place of the vendor's certificate
 * (RFC 9483, 4.1.5): where it lies, which MAC is made with it, and whether an
 * answer has one.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "client/internal.h"

/* What the settings name. 10000 is what RFC 9045, 4.3 recommends for secrets
 * that people choose, and what servers take. */
#define ITERATIONS 10000
static const struct {
    const char *name;
    struct mac_params params;
} macs[] = {
    { "pbmac1",
      { .alg = MAC_PBMAC1,
        .iterations = ITERATIONS,
        .owf = DIGEST_SHA256,
        .mac = DIGEST_SHA256,
        .key_len = 32 } },
    { "pbm",
      { .alg = MAC_PBM,
        .iterations = ITERATIONS,
        .owf = DIGEST_SHA256,
        .mac = DIGEST_SHA256 } },
    /* What servers of RFC 4210 know, and OpenSSL 3.0 answers with. */
    { "pbm-sha1",
      { .alg = MAC_PBM,
        .iterations = ITERATIONS,
        .owf = DIGEST_SHA1,
        .mac = DIGEST_SHA1 } },
};
#define NUM_MACS (sizeof(macs) / sizeof(macs[0]))

/* NULL: there is none of this name. */
static const struct mac_params *find_mac(const char *name)
{
    for (size_t i = 0; i < NUM_MACS; i++)
        if (name == NULL || strcmp(macs[i].name, name) == 0)
            return &macs[i].params;
    return NULL;
}

bool client_mac_is_known(const char *name)
{
    return find_mac(name) != NULL;
}

/* --- the secret --- */

/* Whoever may read it can be this station. */
static enum err check_file(const char *path, struct fault *f)
{
    struct stat st;

    if (stat(path, &st) != 0)
        return fault_set(f, ERR_CONFIG, "%s: %s", path, strerror(errno));
    if (!S_ISREG(st.st_mode))
        return fault_set(f, ERR_CONFIG, "%s: not a regular file", path);
    if ((st.st_mode & (S_IRWXG | S_IRWXO)) != 0)
        return fault_set(f, ERR_CONFIG,
                         "%s: others than its owner may use this secret (mode "
                         "%04o); chmod 600 it",
                         path, (unsigned)st.st_mode & 07777);
    return ERR_OK;
}

/* One line; its end is none of it. */
static enum err take_line(struct span text, const char *path,
                          struct secret **out, struct fault *f)
{
    while (text.len > 0 &&
           (text.ptr[text.len - 1] == '\n' || text.ptr[text.len - 1] == '\r'))
        text.len--;
    if (text.len == 0 || memchr(text.ptr, '\n', text.len) != NULL)
        return fault_set(f, ERR_CONFIG, "%s: not one line with the secret",
                         path);
    *out = secret_new(text);
    return *out != NULL ? ERR_OK : fault_set(f, ERR_NO_MEM, "secret");
}

enum err shared_load(struct station *s, const char *path, struct secret **out,
                     struct fault *f)
{
    AUTO(secret) text = NULL;

    if (strcmp(path, SECRET_STDIN) != 0) {
        TRY(check_file(path, f));
        TRY(secret_load(path, &text, f));
        return take_line(secret_span(text), path, out, f);
    }
    if (s->env.secret == NULL)
        return fault_set(f, ERR_CONFIG,
                         "the secret came from standard input and is kept "
                         "nowhere; give it again with --secret -");
    return take_line(secret_span(s->env.secret), "standard input", out, f);
}

/* `pending` names it whatever folder the next call comes from. */
static enum err full_path(struct station *s, const char *path, const char **out,
                          struct fault *f)
{
    char full[PATH_MAX];

    if (strcmp(path, SECRET_STDIN) != 0) {
        if (realpath(path, full) == NULL)
            return fault_set(f, ERR_CONFIG, "%s: %s", path, strerror(errno));
        path = full;
    }
    if (strchr(path, '\n') != NULL)
        return fault_set(f, ERR_CONFIG, "a line's end in a secret's path");
    *out = arena_printf(s->arena, "%s", path);
    return *out != NULL ? ERR_OK : fault_set(f, ERR_NO_MEM, "secret");
}

enum err shared_begin_with(struct station *s, const char *path,
                           const char *reference, struct identity *out,
                           struct fault *f)
{
    const struct mac_params *params = find_mac(s->settings->mac);
    struct identity own = { .secret = NULL };

    if (params == NULL)
        return fault_set(f, ERR_CONFIG, "no MAC %s; pbmac1, pbm or pbm-sha1",
                         s->settings->mac);
    TRY(full_path(s, path, &own.secret_path, f));
    TRY(mac_alg_make(s->cx, params, s->arena, &own.mac_alg, f));
    own.reference = span_str(reference);
    TRY(shared_load(s, own.secret_path, &own.secret, f));
    *out = own;
    return ERR_OK;
}

enum err shared_begin(struct station *s, struct identity *out, struct fault *f)
{
    const char *reference = s->settings->reference;

    if (reference == NULL || reference[0] == '\0')
        return fault_set(f, ERR_CONFIG,
                         "the server has to know which secret it is: "
                         "--reference");
    return shared_begin_with(s, s->settings->secret, reference, out, f);
}

/* Reference and parameters are those of the message under way. */
enum err shared_resume(struct station *s, struct identity *out, struct fault *f)
{
    struct identity own = { .secret_path = s->pending.secret_path };
    struct cmp_message msg;

    if (cmp_message_read(s->pending.message, s->arena, &msg, NULL) != ERR_OK ||
        mac_alg_find(&msg.header.protection_alg) == MAC_UNKNOWN)
        return fault_set(f, ERR_CONFIG,
                         "%s/pending is damaged; remove it to start over",
                         s->dir);
    own.mac_alg = msg.header.protection_alg.der;
    own.reference = msg.header.sender_kid;
    if (shared_load(s, own.secret_path, &own.secret, f) != ERR_OK)
        return fault_prefix(f, f->err,
                            "the transaction under way needs its secret");
    *out = own;
    return ERR_OK;
}

/* --- answers --- */

enum err shared_check(struct station *s, const struct cmp_message *reply,
                      struct mac_policy *policy, struct client_facts *facts,
                      struct fault *f)
{
    struct der in = der_open(s->own.mac_alg, NULL);
    struct mac_params params;
    struct span part;
    struct alg_id alg;
    enum err e;

    if (alg_id_read(&in, &alg) != ERR_OK)
        return fault_set(f, ERR_BAD_ALG, "the MAC of our messages");
    TRY(mac_params_read(&alg, &params, f));
    client_mac_policy(&params, policy);
    facts->macs = policy;
    facts->reference = s->own.reference;
    if (span_is_absent(reply->protection.bytes))
        return ERR_OK;
    part = cmp_protected_part(reply, s->scratch);
    if (span_is_absent(part))
        return fault_set(f, ERR_NO_MEM, "protected part");
    e = mac_verify(s->cx, policy, &reply->header.protection_alg,
                   secret_span(s->own.secret), part, reply->protection.bytes,
                   NULL);
    if (e != ERR_OK && err_whose(e) == WHOSE_OURS)
        return fault_set(f, e, "the MAC of an answer");
    facts->mac_holds = e == ERR_OK;
    return ERR_OK;
}
