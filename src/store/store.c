#include "store/store.h"

#include <assert.h>

#include "store/internal.h"

/* Entries of the audit log looked at in one go, and memory for them. */
#define AUDIT_STEP 256
#define AUDIT_ARENA ((size_t)64 * 1024 * 1024)

enum err store_open(const struct store_options *options, struct store **out,
                    struct fault *f)
{
    struct store *s;
    enum err e;

    assert(options->hash != NULL && options->node != NULL);
    if (options->file == NULL)
        TRY(mem_open(options, &s, f));
    else
        TRY(sqlite_open(options, &s, f));
    e = writer_start(s, options, f);
    if (e != ERR_OK) {
        s->ops->free(s);
        return e;
    }
    *out = s;
    return ERR_OK;
}

void store_free(struct store *s)
{
    if (s == NULL)
        return;
    writer_stop(s);
    s->ops->free(s);
}

enum err store_session_new(struct store *s, struct store_session **out,
                           struct fault *f)
{
    TRY(s->ops->session_new(s, out, f));
    (*out)->store = s;
    return ERR_OK;
}

void store_session_free(struct store_session *s)
{
    if (s != NULL)
        s->store->ops->session_free(s);
}

/* --- reading: the back end's --- */

enum err store_begin_reading(struct store_session *s, struct fault *f)
{
    return s->store->ops->begin_reading(s, f);
}

void store_end_reading(struct store_session *s)
{
    s->store->ops->end_reading(s);
}

enum err store_find_reply(struct store_session *s, struct span transaction_id,
                          struct span digest, struct arena *a,
                          struct span *reply, struct fault *f)
{
    return s->store->ops->find_reply(s, transaction_id, digest, a, reply, f);
}

enum err store_find_transaction(struct store_session *s, struct span requester,
                                struct span transaction_id, struct arena *a,
                                struct transaction_record *out, struct fault *f)
{
    return s->store->ops->find_transaction(s, requester, transaction_id, a, out,
                                           f);
}

enum err store_find_transaction_by_id(struct store_session *s, int64_t id,
                                      struct arena *a,
                                      struct transaction_record *out,
                                      struct fault *f)
{
    return s->store->ops->find_transaction_by_id(s, id, a, out, f);
}

enum err store_list_transactions(struct store_session *s,
                                 struct span transaction_id, size_t max,
                                 struct arena *a, struct transaction_list *out,
                                 struct fault *f)
{
    return s->store->ops->list_transactions(s, transaction_id, max, a, out, f);
}

enum err store_find_station(struct store_session *s, struct span vendor,
                            struct span serial, struct arena *a,
                            struct station_record *out, struct fault *f)
{
    return s->store->ops->find_station(s, vendor, serial, a, out, f);
}

enum err store_find_station_by_id(struct store_session *s, int64_t id,
                                  struct arena *a, struct station_record *out,
                                  struct fault *f)
{
    return s->store->ops->find_station_by_id(s, id, a, out, f);
}

enum err store_find_name(struct store_session *s, struct span name,
                         int64_t *station, struct fault *f)
{
    return s->store->ops->find_name(s, name, station, f);
}

enum err store_find_certificate(struct store_session *s, struct span ca,
                                struct span serial, struct arena *a,
                                struct certificate_record *out, struct fault *f)
{
    return s->store->ops->find_certificate(s, ca, serial, a, out, f);
}

enum err store_find_certificate_by_id(struct store_session *s, int64_t id,
                                      struct arena *a,
                                      struct certificate_record *out,
                                      struct fault *f)
{
    return s->store->ops->find_certificate_by_id(s, id, a, out, f);
}

enum err store_find_issued(struct store_session *s, int64_t transaction,
                           int64_t cert_req_id, struct arena *a,
                           struct certificate_record *out, struct fault *f)
{
    return s->store->ops->find_issued(s, transaction, cert_req_id, a, out, f);
}

enum err store_has_request(struct store_session *s, struct span digest,
                           bool *out, struct fault *f)
{
    return s->store->ops->has_request(s, digest, out, f);
}

enum err store_find_request(struct store_session *s, int64_t transaction,
                            int64_t cert_req_id, struct arena *a,
                            struct request_record *out, struct fault *f)
{
    return s->store->ops->find_request(s, transaction, cert_req_id, a, out, f);
}

enum err store_find_request_by_id(struct store_session *s, int64_t id,
                                  struct arena *a, struct request_record *out,
                                  struct fault *f)
{
    return s->store->ops->find_request_by_id(s, id, a, out, f);
}

enum err store_list_requests(struct store_session *s,
                             const struct request_filter *by, struct arena *a,
                             struct request_list *out, struct fault *f)
{
    return s->store->ops->list_requests(s, by, a, out, f);
}

enum err store_find_secret(struct store_session *s, struct span reference,
                           struct arena *a, struct secret_record *out,
                           struct fault *f)
{
    return s->store->ops->find_secret(s, reference, a, out, f);
}

enum err store_find_secret_by_name(struct store_session *s, struct span name,
                                   struct arena *a, struct secret_record *out,
                                   struct fault *f)
{
    return s->store->ops->find_secret_by_name(s, name, a, out, f);
}

enum err store_list_secrets(struct store_session *s, int64_t after, size_t max,
                            struct arena *a, struct secret_list *out,
                            struct fault *f)
{
    return s->store->ops->list_secrets(s, after, max, a, out, f);
}

enum err store_list_stations(struct store_session *s, struct span vendor,
                             int64_t after, size_t max, struct arena *a,
                             struct station_list *out, struct fault *f)
{
    return s->store->ops->list_stations(s, vendor, after, max, a, out, f);
}

enum err store_list_certificates(struct store_session *s,
                                 const struct certificate_filter *by,
                                 struct arena *a, struct certificate_list *out,
                                 struct fault *f)
{
    return s->store->ops->list_certificates(s, by, a, out, f);
}

enum err store_list_issued(struct store_session *s, int64_t transaction,
                           struct arena *a, struct certificate_list *out,
                           struct fault *f)
{
    return s->store->ops->list_issued(s, transaction, a, out, f);
}

enum err store_list_revoked(struct store_session *s, struct span ca,
                            int64_t now, struct arena *a,
                            struct certificate_list *out, int64_t *covers,
                            struct fault *f)
{
    return s->store->ops->list_revoked(s, ca, now, a, out, covers, f);
}

enum err store_revocation_count(struct store_session *s, struct span ca,
                                int64_t *out, struct fault *f)
{
    return s->store->ops->revocation_count(s, ca, out, f);
}

enum err store_find_crl(struct store_session *s, struct span ca,
                        struct arena *a, struct crl_record *out,
                        struct fault *f)
{
    return s->store->ops->find_crl(s, ca, a, out, f);
}

enum err store_list_due(struct store_session *s, int64_t served, size_t max,
                        struct arena *a, struct transaction_list *out,
                        struct fault *f)
{
    return s->store->ops->list_due(s, served, max, a, out, f);
}

enum err store_list_audit(struct store_session *s, int64_t after, size_t max,
                          struct arena *a, struct audit_list *out,
                          struct fault *f)
{
    return s->store->ops->list_audit(s, after, max, a, out, f);
}

enum err store_served(struct store_session *s, int64_t *out, struct fault *f)
{
    return s->store->ops->served(s, out, f);
}

enum err store_describe(struct store_session *s, struct arena *a,
                        const char **out, struct fault *f)
{
    struct table_sum sums[TABLE_NUM] = { 0 };
    uint64_t digest = 0;
    char *text = arena_printf(a, "%s", "");

    TRY(s->store->ops->sum(s, sums, f));
    for (enum table t = 0; t < TABLE_NUM && text != NULL; t++) {
        if (t == TABLE_AUDIT || t == TABLE_HEAD || t == TABLE_SERVED)
            continue;
        digest = digest * 31 + sums[t].digest;
        text = arena_printf(a, "%s%s=%llu ", text, shapes[t].name,
                            (unsigned long long)sums[t].num);
    }
    if (text != NULL)
        text = arena_printf(a, "%sdigest=%016llx", text,
                            (unsigned long long)digest);
    if (text == NULL)
        return fault_set(f, ERR_NO_MEM, "the store's description");
    *out = text;
    return ERR_OK;
}

/* --- the audit chain --- */

/* The link of this node's chain, a new one begins with zeros. NULL: no
 * memory. */
static struct head_record *find_link(struct arena *a, struct head_list *links,
                                     struct span node)
{
    static const uint8_t zeros[STORE_DIGEST_LEN];
    struct head_record *link;
    void *list = links->list;

    for (size_t i = 0; i < links->num; i++) {
        if (span_is_equal(links->list[i].node, node))
            return &links->list[i];
    }
    link = list_push(a, &list, &links->num, sizeof(*link));
    links->list = list;
    if (link == NULL)
        return NULL;
    *link = (struct head_record){ arena_copy(a, node), 0,
                                  arena_copy(a, SPAN_OF(zeros)) };
    if (span_is_absent(link->node) || span_is_absent(link->digest))
        return NULL;
    return link;
}

/* Moves the link on to this entry; false when the entry does not follow. */
static bool link_step(const struct store *s, struct head_record *link,
                      const struct audit_record *entry)
{
    uint8_t digest[STORE_DIGEST_LEN];
    uint8_t *kept = (uint8_t *)(uintptr_t)link->digest.ptr;

    s->hash(link->digest, entry->entry, digest);
    memcpy(kept, digest, sizeof(digest));
    link->last = entry->id;
    return span_is_equal(SPAN_OF(digest), entry->digest);
}

/* Follows the log to its end, or to the entry that does not follow. */
static enum err follow(struct store_session *s, struct arena *kept,
                       struct head_list *links, int64_t *broken,
                       struct fault *f)
{
    AUTO(arena) step = arena_new(AUDIT_ARENA);
    struct audit_list entries = { 0 };
    struct head_record *link;
    int64_t after = 0;

    if (step == NULL)
        return fault_set(f, ERR_NO_MEM, "audit entries");
    do {
        arena_reset(step);
        TRY(store_list_audit(s, after, AUDIT_STEP, step, &entries, f));
        for (size_t i = 0; i < entries.num; i++) {
            after = entries.list[i].id;
            link = find_link(kept, links, entries.list[i].node);
            if (link == NULL)
                return fault_set(f, ERR_NO_MEM, "audit nodes");
            if (!link_step(s->store, link, &entries.list[i])) {
                *broken = after;
                return ERR_OK;
            }
        }
    } while (entries.num > 0);
    return ERR_OK;
}

enum err store_check_audit(struct store_session *s, int64_t *broken,
                           struct fault *f)
{
    AUTO(arena) a = arena_new(AUDIT_ARENA);
    struct head_list heads = { 0 }, links = { 0 };
    const struct head_record *link;
    int64_t found = 0;

    if (a == NULL)
        return fault_set(f, ERR_NO_MEM, "audit nodes");
    /* heads first: entries written meanwhile only make chains longer */
    TRY(s->store->ops->list_heads(s, a, &heads, f));
    TRY(follow(s, a, &links, &found, f));
    for (size_t i = 0; i < heads.num && found == 0; i++) {
        link = find_link(a, &links, heads.list[i].node);
        if (link == NULL)
            return fault_set(f, ERR_NO_MEM, "audit nodes");
        if (link->last < heads.list[i].last)
            found = heads.list[i].last;
    }
    *broken = found;
    return ERR_OK;
}
