/*
 * What may change under a running server: trust, CRLs, allow-lists.
 */
#include "service/authority.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"

#define EPOCH_ARENA ((size_t)512 * 1024 * 1024)

static void epoch_free(struct epoch *e)
{
    if (e == NULL)
        return;
    trust_free(e->trust);
    trust_free(e->legacy_trust);
    for (size_t i = 0; i < e->num_ras; i++)
        trust_free(e->ras[i].trust);
    for (size_t i = 0; i < e->num_peers; i++)
        trust_free(e->peers[i].trust);
    arena_free(e->arena);
    free(e);
}
DEFINE_AUTO(epoch)

/*
 * Between reading the pointer and counting ourselves in, the epoch could go;
 * so a reader counts itself in under the same lock that replaces it. It is
 * held for a few instructions, once per request.
 */
struct epoch *epoch_get(struct authority *au)
{
    struct epoch *e;

    pthread_mutex_lock(&au->epoch_lock);
    e = au->epoch;
    e->users++;
    pthread_mutex_unlock(&au->epoch_lock);
    return e;
}

void epoch_put(struct authority *au, struct epoch *e)
{
    bool is_last;

    if (e == NULL)
        return;
    pthread_mutex_lock(&au->epoch_lock);
    is_last = --e->users == 0;
    pthread_mutex_unlock(&au->epoch_lock);
    if (is_last)
        epoch_free(e);
}

static void mix(uint64_t *hash, uint64_t value)
{
    for (unsigned i = 0; i < 8; i++) {
        *hash ^= (value >> (8 * i)) & 0xff;
        *hash *= 0x100000001b3u;
    }
}

/* Enough of a file's state that a replaced or rewritten one shows. */
static void mix_file(uint64_t *hash, const char *path)
{
    struct stat st;

    if (stat(path, &st) != 0) {
        mix(hash, 0);
        return;
    }
    mix(hash, (uint64_t)st.st_ino);
    mix(hash, (uint64_t)st.st_size);
    mix(hash, (uint64_t)st.st_mtim.tv_sec);
    mix(hash, (uint64_t)st.st_mtim.tv_nsec);
}

static void mix_files(uint64_t *hash, const struct config_texts *files)
{
    for (size_t i = 0; i < files->num; i++)
        mix_file(hash, files->items[i]);
}

static uint64_t files_digest(const struct config *c)
{
    uint64_t hash = 0xcbf29ce484222325u;

    for (size_t i = 0; i < c->num_vendors; i++) {
        const struct config_vendor *v = &c->vendors[i];

        mix_files(&hash, &v->anchors);
        mix_files(&hash, &v->intermediates);
        mix_files(&hash, &v->crls);
        if (v->allow != NULL)
            mix_file(&hash, v->allow);
    }
    for (size_t i = 0; i < c->num_ras; i++) {
        const struct config_ra *ra = &c->ras[i];

        mix_files(&hash, &ra->anchors);
        mix_files(&hash, &ra->intermediates);
        mix_files(&hash, &ra->certificates);
        mix_files(&hash, &ra->crls);
    }
    for (size_t i = 0; i < c->num_peer_cas; i++) {
        const struct config_peer_ca *peer = &c->peer_cas[i];

        mix_files(&hash, &peer->anchors);
        mix_files(&hash, &peer->intermediates);
        mix_files(&hash, &peer->certificates);
        mix_files(&hash, &peer->crls);
    }
    return hash;
}

bool profile_serves(const struct config_profile *p,
                    const struct config_vendor *vendor)
{
    for (size_t i = 0; i < p->vendors.num; i++)
        if (p->vendors.items[i] == vendor)
            return true;
    return p->vendors.num == 0;
}

/* Does it enrol under the legacy profile, and under that alone? */
static bool is_legacy(const struct config *c, const struct config_vendor *v)
{
    bool is_served = false;

    for (size_t i = 0; i < c->num_profiles; i++) {
        if (!profile_serves(&c->profiles[i], v))
            continue;
        if (c->profiles[i].type != CONFIG_PROFILE_LEGACY_2010)
            return false;
        is_served = true;
    }
    return is_served;
}

/* Whose files these are, for complaints: "vendors acme". */
struct entry {
    const char *list;
    const char *name;
};

static enum err add_anchors(struct epoch *e, struct trust *trust,
                            const struct entry *entry, int owner,
                            const struct config_texts *files, struct fault *f)
{
    const struct span *certs;
    size_t num;

    for (size_t i = 0; i < files->num; i++) {
        TRY(certificates_load(files->items[i], e->arena, &certs, &num, f));
        for (size_t k = 0; k < num; k++)
            if (trust_add_anchor(trust, owner, certs[k], f) != ERR_OK)
                return fault_prefix(f, ERR_CONFIG, "%s %s: %s", entry->list,
                                    entry->name, files->items[i]);
    }
    return ERR_OK;
}

static enum err add_intermediates(struct epoch *e, struct trust *trust,
                                  const struct entry *entry,
                                  const struct config_texts *files,
                                  struct fault *f)
{
    const struct span *certs;
    size_t num;

    for (size_t i = 0; i < files->num; i++) {
        TRY(certificates_load(files->items[i], e->arena, &certs, &num, f));
        for (size_t k = 0; k < num; k++)
            if (trust_add_intermediate(trust, certs[k], f) != ERR_OK)
                return fault_prefix(f, ERR_CONFIG, "%s %s: %s", entry->list,
                                    entry->name, files->items[i]);
    }
    return ERR_OK;
}

/* A CRL file is DER, or PEM with one or more blocks. */
static enum err add_crl_file(struct epoch *e, struct trust *trust,
                             const char *path, struct span bytes,
                             struct fault *f)
{
    struct span text = bytes, label, der;
    size_t n = 0;
    enum err found;

    if (bytes.len > 0 && bytes.ptr[0] == DER_SEQUENCE)
        return trust_add_crl(trust, bytes, f);
    while ((found = pem_next(&text, e->arena, &label, &der)) == ERR_OK) {
        if (!span_is_equal(label, SPAN_LIT("X509 CRL")))
            continue;
        TRY(trust_add_crl(trust, der, f));
        n++;
    }
    if (found != ERR_NOT_FOUND || n == 0)
        return fault_set(f, ERR_CONFIG, "%s: no CRL in it, neither DER nor PEM",
                         path);
    return ERR_OK;
}

static enum err add_crls(struct epoch *e, struct trust *trust,
                         const struct entry *entry,
                         const struct config_texts *files, struct fault *f)
{
    for (size_t i = 0; i < files->num; i++) {
        const char *path = files->items[i];
        struct buf file;
        enum err err;

        buf_init(&file, LIMIT_CRL_LEN);
        err = file_load(path, &file, f);
        if (err == ERR_OK)
            err = add_crl_file(e, trust, path, buf_span(&file), f);
        buf_done(&file);
        if (err != ERR_OK)
            return fault_prefix(f, ERR_CONFIG, "%s %s: crls: %s", entry->list,
                                entry->name, path);
    }
    return ERR_OK;
}

static int compare_spans(const void *a, const void *b)
{
    return span_compare(*(const struct span *)a, *(const struct span *)b);
}

/* The next line without comment and blanks around; false at the end. */
static bool next_line(struct span *text, struct span *line)
{
    const uint8_t *end;
    struct span l;

    if (text->len == 0)
        return false;
    end = memchr(text->ptr, '\n', text->len);
    l = span_of(text->ptr, end == NULL ? text->len : (size_t)(end - text->ptr));
    *text = end == NULL ? span_of(text->ptr + text->len, 0)
                        : span_of(end + 1, text->len - l.len - 1);
    end = l.len == 0 ? NULL : memchr(l.ptr, '#', l.len);
    if (end != NULL)
        l.len = (size_t)(end - l.ptr);
    while (l.len > 0 && l.ptr[l.len - 1] <= ' ')
        l.len--;
    while (l.len > 0 && l.ptr[0] <= ' ')
        l = span_of(l.ptr + 1, l.len - 1);
    *line = l;
    return true;
}

static enum err parse_allow(struct epoch *e, struct span text,
                            struct allow_list *out, struct fault *f)
{
    struct span rest = text, line;
    struct span *serials;
    size_t num = 0;

    while (next_line(&rest, &line))
        num += line.len > 0;
    serials = arena_array(e->arena, num, sizeof(*serials));
    if (serials == NULL)
        return fault_set(f, ERR_NO_MEM, "allow-list");
    num = 0;
    rest = text;
    while (next_line(&rest, &line))
        if (line.len > 0)
            serials[num++] = line;
    if (num > 0)
        qsort(serials, num, sizeof(*serials), compare_spans);
    *out = (struct allow_list){ true, serials, num };
    return ERR_OK;
}

static enum err load_allow(struct epoch *e, const struct config_vendor *v,
                           struct allow_list *out, struct fault *f)
{
    struct span text;
    struct buf file;
    enum err err;

    if (v->allow == NULL)
        return ERR_OK;
    buf_init(&file, LIMIT_CRL_LEN);
    err = file_load(v->allow, &file, f);
    text = err == ERR_OK ? arena_copy(e->arena, buf_span(&file)) : SPAN_NONE;
    buf_done(&file);
    if (err != ERR_OK)
        return fault_prefix(f, ERR_CONFIG, "vendors %s: allow", v->name);
    if (span_is_absent(text))
        return fault_set(f, ERR_NO_MEM, "%s", v->allow);
    return parse_allow(e, text, out, f);
}

/* With room for so many vendors' allow-lists, RAs and peer CAs. NULL: no
 * memory. */
static struct epoch *epoch_alloc(size_t num_vendors, const struct config *c)
{
    struct epoch *e = calloc(1, sizeof(*e));

    if (e == NULL)
        return NULL;
    e->users = 1;
    e->arena = arena_new(EPOCH_ARENA);
    if (e->arena != NULL)
        e->allow = arena_array(e->arena, num_vendors, sizeof(*e->allow));
    if (e->allow != NULL)
        e->ras = arena_array(e->arena, c->num_ras, sizeof(*e->ras));
    if (e->ras != NULL)
        e->peers = arena_array(e->arena, c->num_peer_cas, sizeof(*e->peers));
    if (e->peers != NULL)
        return e;
    epoch_free(e);
    return NULL;
}

/* The files of an RA, or of a peer CA. */
struct files {
    const struct config_texts *certificates, *anchors, *intermediates, *crls;
};

/* Each has a trust of its own, since several may have the same anchors. */
static enum err fill_trust(struct authority *au, struct epoch *e,
                           const struct entry *entry, const struct files *files,
                           struct ra_trust *out, struct fault *f)
{
    struct span *certs =
        arena_array(e->arena, files->certificates->num, sizeof(*certs));
    const struct span *list = NULL;
    size_t num;

    if (certs == NULL)
        return fault_set(f, ERR_NO_MEM, "%s", entry->list);
    for (size_t i = 0; i < files->certificates->num; i++) {
        TRY(certificates_load(files->certificates->items[i], e->arena, &list,
                              &num, f));
        certs[i] = list[0];
    }
    out->certificates = (struct span_list){ certs, files->certificates->num };
    TRY(trust_new(au->crypto, &out->trust, f));
    TRY(add_anchors(e, out->trust, entry, 0, files->anchors, f));
    TRY(add_intermediates(e, out->trust, entry, files->intermediates, f));
    TRY(add_crls(e, out->trust, entry, files->crls, f));
    return trust_seal(out->trust, f);
}

static enum err add_ra(struct authority *au, struct epoch *e,
                       const struct config_ra *ra, struct fault *f)
{
    struct entry entry = { "ras", ra->name };
    struct files files = { &ra->certificates, &ra->anchors, &ra->intermediates,
                           &ra->crls };

    return fill_trust(au, e, &entry, &files, &e->ras[e->num_ras++], f);
}

static enum err add_peer(struct authority *au, struct epoch *e,
                         const struct config_peer_ca *peer, struct fault *f)
{
    struct entry entry = { "peer_cas", peer->name };
    struct files files = { &peer->certificates, &peer->anchors,
                           &peer->intermediates, &peer->crls };

    return fill_trust(au, e, &entry, &files, &e->peers[e->num_peers++], f);
}

static enum err epoch_new(struct authority *au, struct epoch **out,
                          struct fault *f)
{
    const struct config *c = au->config;
    AUTO(epoch) e = epoch_alloc(au->num_vendors, c);

    if (e == NULL)
        return fault_set(f, ERR_NO_MEM, "trust");
    /* Before the files are read: a change meanwhile is seen next time. */
    e->files = files_digest(c);
    TRY(trust_new(au->crypto, &e->trust, f));
    TRY(trust_new(au->crypto, &e->legacy_trust, f));
    trust_allow_legacy(e->legacy_trust);
    for (size_t i = 0; i < c->num_vendors; i++) {
        const struct config_vendor *v = &c->vendors[i];
        struct trust *trust = is_legacy(c, v) ? e->legacy_trust : e->trust;
        struct entry entry = { "vendors", v->name };

        TRY(add_anchors(e, trust, &entry, (int)i, &v->anchors, f));
        TRY(add_intermediates(e, trust, &entry, &v->intermediates, f));
        TRY(add_crls(e, trust, &entry, &v->crls, f));
        TRY(load_allow(e, v, &e->allow[i], f));
    }
    for (size_t i = 0; i < c->num_ras; i++)
        TRY(add_ra(au, e, &c->ras[i], f));
    for (size_t i = 0; i < c->num_peer_cas; i++)
        TRY(add_peer(au, e, &c->peer_cas[i], f));
    TRY(trust_seal(e->trust, f));
    TRY(trust_seal(e->legacy_trust, f));
    *out = e;
    e = NULL;
    return ERR_OK;
}

enum err authority_refresh(struct authority *au, bool *changed, struct fault *f)
{
    struct epoch *fresh = NULL, *old;

    if (au->epoch != NULL && au->epoch->files == files_digest(au->config)) {
        *changed = false;
        return ERR_OK;
    }
    TRY(epoch_new(au, &fresh, f));
    pthread_mutex_lock(&au->epoch_lock);
    old = au->epoch;
    au->epoch = fresh;
    pthread_mutex_unlock(&au->epoch_lock);
    epoch_put(au, old);
    *changed = true;
    return ERR_OK;
}

bool epoch_allows(const struct epoch *e, size_t vendor, struct span serial)
{
    const struct allow_list *list = &e->allow[vendor];

    if (!list->is_there)
        return true;
    return bsearch(&serial, list->serials, list->num, sizeof(serial),
                   compare_spans) != NULL;
}
