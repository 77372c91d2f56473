/*
 * Requests that wait for an operator: who asks for what, and the decision.
 */
#include <pwd.h>
#include <unistd.h>

#include "base/clock.h"
#include "service/admin_internal.h"

static const char *const state_names[] = {
    [REQUEST_WAITING] = "waiting",       [REQUEST_APPROVED] = "approved",
    [REQUEST_DENIED] = "denied",         [REQUEST_DONE] = "answered",
    [REQUEST_CHALLENGED] = "challenged",
};

enum err admin_request_state(const char *name, int64_t *out, struct fault *f)
{
    for (int64_t i = REQUEST_WAITING; i <= REQUEST_CHALLENGED; i++) {
        if (strcmp(state_names[i], name) != 0)
            continue;
        *out = i;
        return ERR_OK;
    }
    return fault_set(f, ERR_USAGE,
                     "%s is no state: waiting, approved, denied, answered",
                     name);
}

/* What is asked for, of any of the bodies that can wait. */
struct wish {
    struct span subject;
    const struct spki *key;
    size_t num;
};

static struct wish wish_of(const struct cmp_message *msg)
{
    const struct cert_req_msgs *all = &msg->body.cert_req;
    const struct cert_template *t;

    if (msg->body.type == CMP_P10CR)
        return (struct wish){ msg->body.p10.subject, &msg->body.p10.spki, 1 };
    if (msg->body.type == CMP_RR)
        return (struct wish){ .num = msg->body.rev_req.num };
    if (msg->body.type == CMP_GENM)
        return (struct wish){ .num = msg->body.general.num };
    if (all->num == 0)
        return (struct wish){ .num = 0 };
    t = &all->list[0].cert_req.cert_template;
    return (struct wish){ t->subject, t->has_public_key ? &t->public_key : NULL,
                          all->num };
}

/* "tell id-it-caCerts" */
static const char *question_text(struct admin *a,
                                 const struct info_type_value *asked)
{
    char oid[64];

    oid_format(asked->oid, oid, sizeof(oid));
    return arena_printf(a->arena, "tell %s",
                        asked->id == OID_UNKNOWN ? oid : oid_name(asked->id));
}

/* "revoke 1a2b, keyCompromise" */
static const char *revocation_text(struct admin *a,
                                   const struct rev_details *rev)
{
    struct rev_wish wish = { 0 };
    const char *reason = NULL;

    if (rev_wish_read(rev, &wish) == ERR_OK)
        reason = crl_reason_name((int64_t)wish.reason);
    return arena_printf(a->arena, "revoke %s, %s",
                        admin_hex_text(a, rev->cert_details.serial),
                        reason == NULL ? "for a reason not known" : reason);
}

/* SHA-256 of the whole SubjectPublicKeyInfo, to be compared with what the
 * requester says by other means. */
static enum err view_key(struct admin *a, const struct spki *key,
                         struct request_view *v, struct fault *f)
{
    uint8_t digest[32];
    struct der_writer w;
    struct span spki;

    v->key = v->key_sha256 = "";
    if (key == NULL)
        return ERR_OK;
    v->key = key_kind_name(key_kind_find(key));
    der_writer_init(&w, a->arena, key->key.len + 64);
    spki_put(&w, key);
    if (der_finish(&w, &spki) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "request");
    hash_sha256_pair(spki, SPAN_LIT(""), digest);
    v->key_sha256 = admin_hex_text(a, SPAN_OF(digest));
    return ERR_OK;
}

/* By the peer's entry, which no station has; NULL: it is gone. */
static const struct config_peer_ca *find_peer(const struct admin *a,
                                              const struct request_view *v)
{
    for (size_t i = 0; i < a->config->num_peer_cas; i++)
        if (strcmp(a->config->peer_cas[i].name, v->station) == 0)
            return &a->config->peer_cas[i];
    return NULL;
}

/* A ccr: plainly, that this is no station's certificate. */
static enum err view_authority(struct admin *a, const struct cmp_message *msg,
                               struct request_view *v, struct fault *f)
{
    const struct config_peer_ca *peer = find_peer(a, v);
    struct ca_wish wish;

    v->authority = "";
    if (msg->body.type != CMP_CCR)
        return ERR_OK;
    TRY(ca_wish_read(&msg->body.cert_req.list[0].cert_req.cert_template,
                     &wish));
    v->path_len = peer == NULL ? 0 : peer->path_len;
    if (wish.has_path_len && wish.path_len < v->path_len)
        v->path_len = wish.path_len;
    v->authority =
        arena_printf(a->arena,
                     "a CA certificate with pathLenConstraint %lld: its holder "
                     "issues certificates itself",
                     (long long)v->path_len);
    return v->authority == NULL ? fault_set(f, ERR_NO_MEM, "request") : ERR_OK;
}

static enum err view_message(struct admin *a, struct request_view *v,
                             struct fault *f)
{
    struct cmp_message msg;
    struct wish wish;

    TRY(cmp_message_read(v->record->message, a->arena, &msg, f));
    wish = wish_of(&msg);
    v->body = cmp_body_name(msg.body.type);
    v->num = wish.num;
    TRY(view_key(a, wish.key, v, f));
    TRY(view_authority(a, &msg, v, f));
    v->asked = "";
    if (msg.body.type == CMP_RR)
        v->asked = revocation_text(a, msg.body.rev_req.list);
    else if (msg.body.type == CMP_GENM && wish.num > 0)
        v->asked = question_text(a, &msg.body.general.list[0]);
    if (!span_is_absent(wish.subject) && !name_is_null(wish.subject))
        v->asked = name_format(wish.subject, a->arena);
    if (v->asked == NULL)
        return fault_set(f, ERR_NO_MEM, "request");
    return ERR_OK;
}

static enum err view_sender(struct admin *a, struct request_view *v,
                            struct fault *f)
{
    struct transaction_record t;
    struct station_record station;
    struct x509_cert cert;

    TRY(store_find_transaction_by_id(a->session, v->record->transaction,
                                     a->arena, &t, f));
    TRY(store_find_station_by_id(a->session, t.station, a->arena, &station, f));
    v->signer = "a shared secret"; /* the audit trail tells which */
    if (t.requester_cert.len > 0) {
        TRY(x509_read(t.requester_cert, a->arena, &cert));
        v->signer = name_format(cert.subject, a->arena);
    }
    v->profile = admin_span_text(a, t.profile);
    v->transaction = admin_hex_text(a, t.transaction_id);
    v->vendor = admin_span_text(a, station.vendor);
    v->station = admin_span_text(a, station.serial);
    if (v->signer == NULL)
        return fault_set(f, ERR_NO_MEM, "request");
    return ERR_OK;
}

static enum err view_request(struct admin *a, const struct request_record *r,
                             struct request_view *out, struct fault *f)
{
    struct request_view v = {
        .record = r,
        .state = state_names[r->state],
        .created_at = admin_time_text(a, r->created_at),
        .decided_at = admin_time_text(a, r->decided_at),
        .decided_by = admin_span_text(a, r->decided_by),
        .reason = admin_span_text(a, r->reason),
    };

    if (view_sender(a, &v, f) != ERR_OK || view_message(a, &v, f) != ERR_OK)
        return fault_set(f, ERR_STORE, "request %lld cannot be read",
                         (long long)r->id);
    *out = v;
    return ERR_OK;
}

enum err admin_list_requests(struct admin *a, int64_t state, size_t max,
                             struct request_views *out, struct fault *f)
{
    struct request_filter by = { .state = state, .max = max };
    struct request_list found;
    struct request_view *views;

    TRY(store_list_requests(a->session, &by, a->arena, &found, f));
    views = arena_array(a->arena, found.num, sizeof(*views));
    if (views == NULL)
        return fault_set(f, ERR_NO_MEM, "requests");
    for (size_t i = 0; i < found.num; i++)
        TRY(view_request(a, &found.list[i], &views[i], f));
    *out = (struct request_views){ views, found.num };
    return ERR_OK;
}

enum err admin_find_request(struct admin *a, int64_t id,
                            struct request_view *out, struct fault *f)
{
    struct request_record *r = arena_alloc(a->arena, sizeof(*r));
    enum err e;

    if (r == NULL)
        return fault_set(f, ERR_NO_MEM, "request");
    e = store_find_request_by_id(a->session, id, a->arena, r, f);
    if (e == ERR_NOT_FOUND)
        return fault_set(f, ERR_NOT_FOUND, "no request %lld", (long long)id);
    TRY(e);
    return view_request(a, r, out, f);
}

/* Whom the system takes us for; no environment variable says so. */
static const char *who(struct admin *a)
{
    char room[4096];
    struct passwd entry, *found = NULL;

    if (getpwuid_r(getuid(), &entry, room, sizeof(room), &found) == 0 &&
        found != NULL)
        return arena_printf(a->arena, "%s", found->pw_name);
    return arena_printf(a->arena, "uid %lld", (long long)getuid());
}

enum err admin_decide_request(struct admin *a,
                              const struct request_view *request,
                              enum request_state state, const char *reason,
                              struct fault *f)
{
    struct request_record r = *request->record;
    const char *by = who(a);
    struct change *c;

    if (r.state != REQUEST_WAITING)
        return fault_set(f, ERR_EXISTS, "request %lld is %s%s%s since %s",
                         (long long)r.id, request->state,
                         r.decided_by.len > 0 ? ", by " : "",
                         request->decided_by, request->decided_at);
    c = change_new();
    if (c == NULL || by == NULL) {
        change_free(c);
        return fault_set(f, ERR_NO_MEM, "decision");
    }
    r.state = state;
    r.reason = reason == NULL ? SPAN_NONE : span_str(reason);
    r.decided_by = span_str(by);
    r.decided_at = clock_seconds();
    change_set_request(c, &r);
    return admin_commit(
        a, c,
        arena_printf(a->arena,
                     "%s %s request=%lld profile=%s station=%s/%s "
                     "transaction=%s by=%s%s%s",
                     state_names[state], request->body, (long long)r.id,
                     request->profile, request->vendor, request->station,
                     request->transaction, by, reason == NULL ? "" : " reason=",
                     reason == NULL ? "" : reason),
        f);
}
