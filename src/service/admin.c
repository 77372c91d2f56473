#include "service/admin_internal.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "service/keeper.h"

#define ADMIN_ARENA ((size_t)1024 * 1024 * 1024)

static enum err open_all(struct admin *a, const char *config_file,
                         struct buf *errors, struct fault *f)
{
    struct store_options how = { .hash = hash_sha256_pair, .must_exist = true };

    a->arena = arena_new(ADMIN_ARENA);
    if (a->arena == NULL)
        return fault_set(f, ERR_NO_MEM, "command");
    TRY(config_load(config_file, &a->config, errors, f));
    if (a->config->store.kind == CONFIG_STORE_MEM)
        return fault_set(f, ERR_CONFIG,
                         "%s: store.kind mem lives in the server alone; there "
                         "is nothing to look into",
                         config_file);
    how.file = a->config->store.file;
    how.node = a->config->node;
    TRY(store_open(&how, &a->store, f));
    return store_session_new(a->store, &a->session, f);
}

enum err admin_open(const char *config_file, struct buf *errors,
                    struct admin **out, struct fault *f)
{
    AUTO(admin) a = calloc(1, sizeof(*a));

    if (a == NULL)
        return fault_set(f, ERR_NO_MEM, "command");
    TRY(open_all(a, config_file, errors, f));
    *out = a;
    a = NULL;
    return ERR_OK;
}

void admin_free(struct admin *a)
{
    if (a == NULL)
        return;
    store_session_free(a->session);
    store_free(a->store);
    config_free(a->config);
    arena_free(a->arena);
    free(a);
}

struct arena *admin_arena(struct admin *a)
{
    return a->arena;
}

/* --- texts --- */

const char *admin_span_text(struct admin *a, struct span s)
{
    const char *text =
        arena_printf(a->arena, "%.*s", (int)s.len, (const char *)s.ptr);

    return text == NULL ? "" : text;
}

const char *admin_hex_text(struct admin *a, struct span s)
{
    char hex[2 * LIMIT_SERIAL_LEN + 1];
    const char *text;

    hex_format(s, hex, sizeof(hex));
    text = arena_printf(a->arena, "%s", hex);
    return text == NULL ? "" : text;
}

const char *admin_time_text(struct admin *a, int64_t seconds)
{
    char stamp[TIME_TEXT_LEN];
    const char *text;

    if (seconds == 0)
        return "";
    time_format(seconds, stamp);
    text = arena_printf(a->arena, "%s", stamp);
    return text == NULL ? "" : text;
}

static const char *status_text(const struct certificate_record *r)
{
    static const char *const names[] = {
        [CERTIFICATE_ISSUED] = "unconfirmed",
        [CERTIFICATE_CONFIRMED] = "confirmed",
        [CERTIFICATE_REJECTED] = "rejected",
        [CERTIFICATE_TIMED_OUT] = "timed out",
        [CERTIFICATE_UNPROVEN] = "unproven",
    };

    if (r->revoked_at != 0)
        return "revoked";
    if (r->status == CERTIFICATE_CONFIRMED && r->not_after < clock_seconds())
        return "expired";
    return names[r->status];
}

static enum err view_certificate(struct admin *a,
                                 const struct certificate_record *r,
                                 struct certificate_view *out, struct fault *f)
{
    struct certificate_view v = { .record = r };
    struct general_names san = { NULL, 0 };
    struct station_record station;
    struct x509_cert cert;
    struct der in;

    if (x509_read(r->der, a->arena, &cert) != ERR_OK)
        return fault_set(f, ERR_STORE, "certificate %s does not parse",
                         admin_hex_text(a, r->serial));
    TRY(store_find_station_by_id(a->session, r->station, a->arena, &station,
                                 f));
    if (!span_is_absent(cert.san)) {
        in = der_open(cert.san, NULL);
        if (general_names_read(&in, a->arena, &san) != ERR_OK)
            san.num = 0;
    }
    v.serial = admin_hex_text(a, r->serial);
    v.ca = admin_span_text(a, r->ca);
    v.vendor = admin_span_text(a, station.vendor);
    v.station = admin_span_text(a, station.serial);
    v.subject = name_format(cert.subject, a->arena);
    v.san = general_names_format(&san, a->arena);
    v.status = status_text(r);
    v.reason = r->revoked_at == 0 ? "" : crl_reason_name(r->reason);
    v.not_before = admin_time_text(a, r->not_before);
    v.not_after = admin_time_text(a, r->not_after);
    v.revoked_at = admin_time_text(a, r->revoked_at);
    v.invalid_since = admin_time_text(a, r->invalidity_date);
    if (v.subject == NULL || v.san == NULL)
        return fault_set(f, ERR_NO_MEM, "certificate");
    *out = v;
    return ERR_OK;
}

enum err admin_list(struct admin *a, const struct certificate_filter *by,
                    struct certificate_views *out, struct fault *f)
{
    struct certificate_list found;
    struct certificate_view *views;

    TRY(store_list_certificates(a->session, by, a->arena, &found, f));
    views = arena_array(a->arena, found.num, sizeof(*views));
    if (views == NULL)
        return fault_set(f, ERR_NO_MEM, "certificates");
    for (size_t i = 0; i < found.num; i++)
        TRY(view_certificate(a, &found.list[i], &views[i], f));
    *out = (struct certificate_views){ views, found.num };
    return ERR_OK;
}

enum err admin_find(struct admin *a, const char *ca, const char *serial,
                    struct certificate_view *out, struct fault *f)
{
    struct certificate_filter by = { .max = 2 };
    struct certificate_views found;

    if (ca != NULL)
        by.ca = span_str(ca);
    if (hex_parse(serial, a->arena, &by.serial) != ERR_OK || by.serial.len == 0)
        return fault_set(f, ERR_USAGE,
                         "%s is not a serial number in hexadecimal", serial);
    TRY(admin_list(a, &by, &found, f));
    if (found.num == 0)
        return fault_set(f, ERR_NOT_FOUND, "no certificate %s", serial);
    if (found.num > 1)
        return fault_set(f, ERR_USAGE,
                         "several CAs issued a certificate %s; say --ca",
                         serial);
    *out = found.list[0];
    return ERR_OK;
}

/* --- changes --- */

enum err admin_commit(struct admin *a, struct change *c, const char *entry,
                      struct fault *f)
{
    enum err e;

    if (entry == NULL) {
        change_free(c);
        return fault_set(f, ERR_NO_MEM, "audit entry");
    }
    change_add_audit(c, clock_seconds(), span_str(entry));
    e = store_commit(a->store, c, f);
    if (e == ERR_LOST)
        return fault_set(f, ERR_LOST,
                         "it was changed by another at this very moment; look "
                         "again");
    return e;
}

static bool is_held(const struct certificate_record *r)
{
    return r->revoked_at != 0 && r->reason == (int64_t)CRL_CERTIFICATE_HOLD;
}

static enum err commit_revocation(struct admin *a,
                                  const struct certificate_view *cert,
                                  struct certificate_record *r,
                                  const char *what, enum crl_reason reason,
                                  struct fault *f)
{
    struct change *c = change_new();

    if (c == NULL)
        return fault_set(f, ERR_NO_MEM, "revocation");
    r->changed = clock_seconds();
    change_set_certificate(c, r);
    return admin_commit(a, c,
                        arena_printf(a->arena,
                                     "%s station=%s/%s serial=%s reason=%s",
                                     what, cert->vendor, cert->station,
                                     cert->serial, crl_reason_name(reason)),
                        f);
}

enum err admin_revoke(struct admin *a, const struct certificate_view *cert,
                      enum crl_reason reason, int64_t invalidity_date,
                      struct fault *f)
{
    struct certificate_record r = *cert->record;

    if (r.revoked_at != 0 && (!is_held(&r) || reason == CRL_CERTIFICATE_HOLD))
        return fault_set(f, ERR_CERT_REVOKED,
                         "certificate %s was revoked at %s", cert->serial,
                         cert->revoked_at);
    if (r.revoked_at == 0)
        r.revoked_at = clock_seconds();
    r.reason = reason;
    r.invalidity_date = invalidity_date;
    return commit_revocation(a, cert, &r, "revoked", reason, f);
}

enum err admin_release(struct admin *a, const struct certificate_view *cert,
                       struct fault *f)
{
    struct certificate_record r = *cert->record;

    if (!is_held(&r))
        return fault_set(f, ERR_USAGE,
                         "certificate %s is not held: it is %s%s%s",
                         cert->serial, cert->status,
                         cert->reason[0] == '\0' ? "" : ", ", cert->reason);
    r.revoked_at = r.reason = r.invalidity_date = 0;
    return commit_revocation(a, cert, &r, "released", CRL_REMOVE_FROM_CRL, f);
}

/* --- CRLs --- */

static enum err choose_ca(struct admin *a, const char *name,
                          const struct config_ca **out, struct fault *f)
{
    const struct config *c = a->config;

    if (name == NULL && c->num_cas == 1) {
        *out = &c->cas[0];
        return ERR_OK;
    }
    if (name == NULL)
        return fault_set(f, ERR_USAGE, "there are %zu CAs; say which",
                         c->num_cas);
    for (size_t i = 0; i < c->num_cas; i++) {
        if (strcmp(c->cas[i].name, name) != 0)
            continue;
        *out = &c->cas[i];
        return ERR_OK;
    }
    return fault_set(f, ERR_NOT_FOUND, "no CA %s in the configuration", name);
}

enum err admin_crl(struct admin *a, const char *ca, struct crl_record *out,
                   struct fault *f)
{
    const struct config_ca *config = NULL;

    TRY(choose_ca(a, ca, &config, f));
    if (store_find_crl(a->session, span_str(config->name), a->arena, out, f) !=
        ERR_OK)
        return fault_set(f, ERR_NOT_FOUND,
                         "CA %s has made no CRL yet; it does when the server "
                         "starts",
                         config->name);
    return ERR_OK;
}

static int64_t real_now(void *arg)
{
    (void)arg;
    return clock_seconds();
}

enum err admin_make_crl(struct admin *a, const char *ca, struct crl_record *out,
                        struct fault *f)
{
    AUTO(crypto) crypto = NULL;
    AUTO(keys) keys = NULL;
    AUTO(authority) au = NULL;
    AUTO(crypto_ctx) cx = NULL;
    const struct config_ca *config = NULL;
    struct line line = { .store = a->store, .now = real_now };
    struct worker w = { &line, NULL, a->session };

    TRY(choose_ca(a, ca, &config, f));
    TRY(crypto_new(&crypto, f));
    TRY(keys_new(crypto, &keys, f));
    TRY(authority_load_keys(a->config, keys, f));
    TRY(authority_new(a->config, crypto, keys, &au, f));
    TRY(crypto_ctx_new(crypto, &cx, f));
    line.authority = au;
    w.cx = cx;
    TRY(keeper_make_crl(
        &line, &w, authority_find_issuer_by_name(au, span_str(config->name)),
        f));
    return admin_crl(a, config->name, out, f);
}

/* --- stations --- */

static const char *state_text(enum station_state state)
{
    return state == STATION_BLOCKED ? "blocked" : "active";
}

static enum err view_station(struct admin *a, const struct station_record *r,
                             struct station_view *out, struct fault *f)
{
    struct station_view v = { .record = r, .subject = "", .certificate = "" };
    struct certificate_record cert;

    v.vendor = admin_span_text(a, r->vendor);
    v.serial = admin_span_text(a, r->serial);
    v.state = state_text(r->state);
    v.first_seen = admin_time_text(a, r->first_seen);
    v.last_seen = admin_time_text(a, r->last_seen);
    if (r->subject.len > 0)
        v.subject = name_format(r->subject, a->arena);
    if (v.subject == NULL)
        return fault_set(f, ERR_NO_MEM, "station");
    if (r->certificate != 0) {
        TRY(store_find_certificate_by_id(a->session, r->certificate, a->arena,
                                         &cert, f));
        v.certificate = admin_hex_text(a, cert.serial);
    }
    *out = v;
    return ERR_OK;
}

enum err admin_list_stations(struct admin *a, const char *vendor, int64_t after,
                             size_t max, struct station_views *out,
                             struct fault *f)
{
    struct span by = vendor == NULL ? SPAN_NONE : span_str(vendor);
    struct station_list found;
    struct station_view *views;

    TRY(store_list_stations(a->session, by, after, max, a->arena, &found, f));
    views = arena_array(a->arena, found.num, sizeof(*views));
    if (views == NULL)
        return fault_set(f, ERR_NO_MEM, "stations");
    for (size_t i = 0; i < found.num; i++)
        TRY(view_station(a, &found.list[i], &views[i], f));
    *out = (struct station_views){ views, found.num };
    return ERR_OK;
}

enum err admin_check_vendor(struct admin *a, const char *vendor,
                            struct fault *f)
{
    for (size_t i = 0; i < a->config->num_vendors; i++)
        if (strcmp(a->config->vendors[i].name, vendor) == 0)
            return ERR_OK;
    if (strcmp(vendor, VENDOR_OF_SECRETS) == 0 ||
        strcmp(vendor, VENDOR_OF_PEERS) == 0)
        return ERR_OK;
    return fault_set(f, ERR_NOT_FOUND, "no vendor %s in the configuration",
                     vendor);
}

enum err admin_find_station(struct admin *a, const char *vendor,
                            const char *serial, struct station_view *out,
                            struct fault *f)
{
    struct station_record *r = arena_alloc(a->arena, sizeof(*r));
    enum err e;

    if (r == NULL)
        return fault_set(f, ERR_NO_MEM, "station");
    TRY(admin_check_vendor(a, vendor, f));
    e = store_find_station(a->session, span_str(vendor), span_str(serial),
                           a->arena, r, f);
    if (e == ERR_NOT_FOUND)
        return fault_set(f, ERR_NOT_FOUND, "station %s/%s was never seen",
                         vendor, serial);
    TRY(e);
    return view_station(a, r, out, f);
}

enum err admin_set_station(struct admin *a, const char *vendor,
                           const char *serial, enum station_state state,
                           struct fault *f)
{
    struct station_record r = { .vendor = span_str(vendor),
                                .serial = span_str(serial) };
    struct change *c;
    enum err e;

    TRY(admin_check_vendor(a, vendor, f));
    e = store_find_station(a->session, span_str(vendor), span_str(serial),
                           a->arena, &r, f);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    c = change_new();
    if (c == NULL)
        return fault_set(f, ERR_NO_MEM, "station");
    r.state = state;
    if (e == ERR_NOT_FOUND) {
        r.first_seen = clock_seconds();
        change_add_station(c, &r);
    } else {
        change_set_station(c, &r);
    }
    return admin_commit(
        a, c,
        arena_printf(a->arena, "%s station=%s/%s",
                     state == STATION_BLOCKED ? "blocked" : "unblocked", vendor,
                     serial),
        f);
}

/* --- audit --- */

enum err admin_audit(struct admin *a, int64_t after, size_t max,
                     struct audit_list *out, struct fault *f)
{
    return store_list_audit(a->session, after, max, a->arena, out, f);
}

enum err admin_check_audit(struct admin *a, int64_t *broken, struct fault *f)
{
    return store_check_audit(a->session, broken, f);
}
