/*
 * The keeper's CRLs: made after a revocation and before they end, held in
 * memory for whoever asks.
 */
#include "service/keeper_internal.h"

/* How far the clocks of two servers on one store may differ, in seconds. */
#define CLOCK_SLACK 300
#define CRL_ARENA ((size_t)256 * 1024 * 1024)

static enum err collect_entries(struct worker *w, const struct issuer *issuer,
                                int64_t now, struct arena *a,
                                struct crl_entry **entries, size_t *num,
                                int64_t *covers, struct fault *f)
{
    struct certificate_list revoked;

    TRY(store_list_revoked(w->session, span_str(issuer->config->name), now, a,
                           &revoked, covers, f));
    *entries = arena_array(a, revoked.num + 1, sizeof(**entries));
    if (*entries == NULL)
        return fault_set(f, ERR_NO_MEM, "CRL of %zu entries", revoked.num);
    for (size_t i = 0; i < revoked.num; i++)
        (*entries)[i] = (struct crl_entry){
            .serial = revoked.list[i].serial,
            .revoked_at = revoked.list[i].revoked_at,
            .reason = (enum crl_reason)revoked.list[i].reason,
            .invalidity_date = revoked.list[i].invalidity_date,
        };
    *num = revoked.num;
    return ERR_OK;
}

static enum err make_crl(struct line *line, struct worker *w,
                         const struct issuer *issuer, struct arena *a,
                         struct fault *f)
{
    struct span name = span_str(issuer->config->name);
    struct crl_record last = { 0 }, r = { .ca = name };
    struct crl_entry *entries;
    struct change *c;
    size_t num = 0;
    enum err e;

    e = store_find_crl(w->session, name, a, &last, f);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    r.number = last.number + 1;
    r.this_update = line->now(line->now_arg);
    r.next_update = r.this_update + issuer->config->crl.validity_s;
    TRY(collect_entries(w, issuer, r.this_update, a, &entries, &num, &r.covers,
                        f));
    TRY(ca_make_crl(issuer->ca, r.number, r.this_update, r.next_update, entries,
                    num, 0, w->cx, a, &r.der, f));
    c = change_new();
    if (c == NULL)
        return fault_set(f, ERR_NO_MEM, "CRL");
    change_add_crl(c, &r);
    change_drop_crls(c, name, r.number);
    e = store_commit(line->store, c, f);
    /* Another process made this number: its CRL is as good. */
    return e == ERR_LOST ? ERR_OK : e;
}

enum err keeper_make_crl(struct line *line, struct worker *w,
                         const struct issuer *issuer, struct fault *f)
{
    AUTO(arena) a = arena_new(CRL_ARENA);

    if (a == NULL)
        return fault_set(f, ERR_NO_MEM, "CRL");
    return make_crl(line, w, issuer, a, f);
}

static enum err hold(struct keeper *k, size_t i, const struct crl_record *r)
{
    struct held_crl *held = &k->crls[i];
    enum err e;

    pthread_mutex_lock(&k->lock);
    buf_clear(&held->der);
    buf_add(&held->der, r->der);
    held->number = r->number;
    held->covers = r->covers;
    held->this_update = r->this_update;
    held->next_update = r->next_update;
    e = held->der.failed;
    pthread_mutex_unlock(&k->lock);
    return e;
}

/* Near its end, or of a time yet to come, since the clock was set back. */
static bool is_due(const struct keeper *k, const struct issuer *issuer,
                   int64_t this_update, int64_t next_update)
{
    int64_t now = keeper_now(k);

    return now + issuer->config->crl.renew_before_s >= next_update ||
           this_update > now + CLOCK_SLACK;
}

/* Makes it when it is stale or due, and holds the newest. */
static enum err look_after_crl(struct keeper *k, size_t i, struct fault *f)
{
    const struct issuer *issuer = &k->line->authority->issuers[i];
    struct span name = span_str(issuer->config->name);
    const struct held_crl *held = &k->crls[i];
    struct crl_record r;
    int64_t count;

    TRY(store_revocation_count(k->worker.session, name, &count, f));
    if (held->number == 0 || held->covers < count ||
        is_due(k, issuer, held->this_update, held->next_update)) {
        enum err e = store_find_crl(k->worker.session, name, k->arena, &r, f);

        if (e != ERR_OK && e != ERR_NOT_FOUND)
            return e;
        if (e == ERR_NOT_FOUND || r.covers < count ||
            is_due(k, issuer, r.this_update, r.next_update)) {
            TRY(make_crl(k->line, &k->worker, issuer, k->arena, f));
            TRY(store_find_crl(k->worker.session, name, k->arena, &r, f));
        }
        TRY(hold(k, i, &r));
    }
    return ERR_OK;
}

enum err keeper_look_after_crls(struct keeper *k, struct fault *f)
{
    enum err first = ERR_OK, e;

    for (size_t i = 0; i < k->line->authority->num_issuers; i++) {
        e = look_after_crl(k, i, f);
        if (first == ERR_OK)
            first = e;
    }
    return first;
}

enum err keeper_crl(struct keeper *k, const struct issuer *issuer,
                    struct buf *out, int64_t *this_update)
{
    const struct held_crl *held =
        &k->crls[issuer - k->line->authority->issuers];
    enum err e = ERR_OK;

    pthread_mutex_lock(&k->lock);
    if (held->number == 0)
        e = ERR_NOT_FOUND;
    buf_add(out, buf_span(&held->der));
    *this_update = held->this_update;
    pthread_mutex_unlock(&k->lock);
    return e == ERR_OK ? out->failed : e;
}
