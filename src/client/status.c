#include "client/run.h"

static const enum root_origin origins[SOURCE_NUM] = {
    [SOURCE_SETTINGS] = ROOT_CONFIGURED,
    [SOURCE_LEARNT] = ROOT_UNVERIFIED,
    [SOURCE_SECRET] = ROOT_BY_SECRET,
    [SOURCE_TLS] = ROOT_BY_TLS,
};

static enum err fill_added(const struct pair *pair, struct arena *a,
                           struct client_status *st, struct fault *f)
{
    struct client_root *list = arena_array(a, CLIENT_MAX_ADDED, sizeof(*list));
    struct x509_cert cert;

    st->bundle_path = path_join(pair->path, "roots.pem", a);
    if (list == NULL || st->bundle_path == NULL)
        return fault_set(f, ERR_NO_MEM, "roots");
    for (size_t i = 0; i < pair->added.num; i++) {
        const struct added_root *root = &pair->added.list[i];

        if (x509_read(root->der, a, &cert) != ERR_OK)
            return fault_set(f, ERR_CONFIG, "%s cannot be read",
                             st->bundle_path);
        list[i] = (struct client_root){ .subject = cert.subject,
                                        .place = root->place,
                                        .is_tls = root->is_tls };
        hash_sha256_pair(root->der, SPAN_NONE, list[i].id);
    }
    st->added = list;
    st->num_added = pair->added.num;
    return ERR_OK;
}

/* Whatever is in the file: the proof is verified where they are used. */
static enum err fill_updates(const char *dir, struct arena *a,
                             struct client_status *st, struct fault *f)
{
    struct client_root *list;
    struct cert_list certs;
    struct x509_cert cert;
    enum err e;

    st->updates_path = path_join(dir, UPDATES_FILE, a);
    if (st->updates_path == NULL)
        return fault_set(f, ERR_NO_MEM, "roots");
    e = certs_load(st->updates_path, a, &certs, f);
    if (e != ERR_OK)
        return e == ERR_NOT_FOUND ? ERR_OK : e;
    list = arena_array(a, certs.num + 1, sizeof(*list));
    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "roots");
    for (size_t i = 0; i < certs.num; i++) {
        if (x509_read(certs.list[i], a, &cert) != ERR_OK)
            return fault_set(f, ERR_CONFIG, "%s cannot be read",
                             st->updates_path);
        list[i] = (struct client_root){ .subject = cert.subject };
        hash_sha256_pair(certs.list[i], SPAN_NONE, list[i].id);
    }
    st->updates = list;
    st->num_updates = certs.num;
    return ERR_OK;
}

static enum err fill_root(const char *dir, const struct pair *pair,
                          const struct client_settings *settings,
                          struct arena *a, struct client_status *st,
                          struct fault *f)
{
    struct x509_cert root;
    struct span fingerprint;
    bool fits;

    if (x509_read(pair->root, a, &root) != ERR_OK)
        return fault_set(f, ERR_CONFIG, "%s/root.pem cannot be read",
                         pair->path);
    st->root_subject = root.subject;
    hash_sha256_pair(pair->root, SPAN_NONE, st->root_id);
    st->origin = origins[pair->source];
    if (pair->source == SOURCE_SETTINGS || settings->fingerprint == NULL)
        return ERR_OK;
    TRY(fingerprint_parse(settings->fingerprint, a, &fingerprint, f));
    TRY(updates_fit(dir, pair->root, fingerprint, a, &fits, f));
    if (fits)
        st->origin = ROOT_VERIFIED;
    return ERR_OK;
}

static enum err fill_pair(const char *dir,
                          const struct client_settings *settings,
                          struct arena *a, struct client_status *st,
                          struct fault *f)
{
    struct pair pair;
    enum err e = pair_load(dir, a, &pair, f);

    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    if (x509_read(pair.cert, a, &st->cert) != ERR_OK)
        return fault_set(f, ERR_CONFIG, "%s/certificate.pem cannot be read",
                         pair.path);
    st->has_pair = true;
    st->revoked_at = pair.revoked_at;
    st->pair_path = pair.path;
    TRY(fill_added(&pair, a, st, f));
    return fill_root(dir, &pair, settings, a, st, f);
}

static enum err fill_pending(const char *dir, struct arena *a,
                             struct client_status *st, struct fault *f)
{
    struct pending p = { 0 };
    enum err e = pending_load(dir, a, &p, f);

    if (e == ERR_NOT_FOUND)
        return ERR_OK;
    TRY(e);
    st->has_pending = true;
    st->pending = p.machine;
    pending_done(&p);
    return ERR_OK;
}

enum err station_status(const char *dir, const struct client_settings *settings,
                        struct arena *a, struct client_status *out,
                        struct fault *f)
{
    struct client_status st = { 0 };
    struct ignored ignored;

    TRY(fill_updates(dir, a, &st, f));
    TRY(fill_pair(dir, settings, a, &st, f));
    TRY(fill_pending(dir, a, &st, f));
    TRY(ignored_load(dir, a, &ignored, f));
    st.num_ignored = ignored.num;
    st.ignored_at = ignored.at;
    st.ignored_text = ignored.text;
    *out = st;
    return ERR_OK;
}
