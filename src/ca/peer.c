/*
 * Certificates of CAs that are not this server's: below one of ours, or another
 * operator's (RFC 9810, 6.6). They are made apart from those of stations, so
 * that nothing a station's request can say leads here.
 */
#include "ca/internal.h"

static int64_t lesser(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

enum err ca_check_peer(const struct ca *ca, const struct ca_peer_limits *limits,
                       struct fault *f)
{
    const struct x509_cert *own = &ca->cert;

    if (limits->validity <= 0 || limits->backdate < 0)
        return fault_set(f, ERR_CONFIG, "no time in which to be valid");
    if (limits->path_len < 0)
        return fault_set(f, ERR_CONFIG, "a pathLenConstraint below 0");
    if (!own->has_path_len || limits->path_len < own->path_len)
        return ERR_OK;
    return fault_clause(f, ERR_CONFIG, "RFC 5280, 4.2.1.9",
                        "pathLenConstraint of CA \"%s\" is %lld, which leaves "
                        "no room for a CA with %lld below it",
                        ca->name, (long long)own->path_len,
                        (long long)limits->path_len);
}

/* Within what is asked for, what the limits say, and the issuer's own time. */
static enum err dates_make(const struct ca *ca,
                           const struct ca_peer_limits *limits,
                           const struct ca_peer_request *request, int64_t now,
                           struct tbs_cert *tbs, struct fault *f)
{
    const struct x509_cert *own = &ca->cert;

    TRY(ca_check_dates(ca, now, f));
    tbs->not_before = now - limits->backdate;
    if (tbs->not_before < own->not_before)
        tbs->not_before = own->not_before;
    if (tbs->not_before < request->not_before)
        tbs->not_before = request->not_before;
    tbs->not_after = lesser(own->not_after, request->not_after);
    if (limits->validity < tbs->not_after - now)
        tbs->not_after = now + limits->validity;
    if (tbs->not_before < tbs->not_after)
        return ERR_OK;
    return fault_clause(f, ERR_BAD_CERT_TEMPLATE, "RFC 5280, 4.1.2.5",
                        "no time is left of the validity asked for");
}

/* Written last first. */
static enum err extensions_make(const struct ca *ca,
                                const struct ca_peer_limits *limits,
                                const struct ca_peer_request *request,
                                struct crypto_ctx *cx, struct arena *a,
                                struct span *out, struct fault *f)
{
    int64_t path_len = request->has_path_len
                           ? lesser(request->path_len, limits->path_len)
                           : limits->path_len;
    uint8_t made[CA_KEY_ID_LEN];
    struct span key_id = request->key_id;
    struct der_writer w;

    TRY(hash_key_id(cx, &request->public_key, made, f));
    if (span_is_absent(key_id))
        key_id = span_of(made, sizeof(made));
    der_writer_init(&w, a, 1024);
    if (!span_is_absent(ca->crl_url))
        ext_put_crl_url(&w, ca->crl_url);
    if (limits->num_permitted > 0)
        ext_put_permitted(&w, limits->permitted, limits->num_permitted);
    ext_put_key_usage(&w, KU_KEY_CERT_SIGN | KU_CRL_SIGN);
    ext_put_basic_constraints(&w, true, path_len);
    ext_put_aki(&w, ca->key_id);
    ext_put_ski(&w, key_id);
    return der_finish(&w, out);
}

static enum err plan(const struct ca *ca, const struct ca_peer_limits *limits,
                     const struct ca_peer_request *request, int64_t now,
                     struct tbs_cert *tbs, struct fault *f)
{
    TRY(ca_check_peer(ca, limits, f));
    if (name_is_null(request->subject))
        return fault_clause(f, ERR_BAD_CERT_TEMPLATE, "RFC 5280, 4.1.2.6",
                            "a CA without a subject");
    return dates_make(ca, limits, request, now, tbs, f);
}

enum err ca_plan_peer(const struct ca *ca, const struct ca_peer_limits *limits,
                      const struct ca_peer_request *request, int64_t now,
                      int64_t *not_before, int64_t *not_after, struct fault *f)
{
    struct tbs_cert tbs = { 0 };

    TRY(plan(ca, limits, request, now, &tbs, f));
    *not_before = tbs.not_before;
    *not_after = tbs.not_after;
    return ERR_OK;
}

enum err ca_certify_peer(const struct ca *ca,
                         const struct ca_peer_limits *limits,
                         const struct ca_peer_request *request, int64_t now,
                         int64_t deadline, struct crypto_ctx *cx,
                         struct arena *a, struct ca_certificate *out,
                         struct fault *f)
{
    struct tbs_cert tbs = { .subject = request->subject };

    TRY(plan(ca, limits, request, now, &tbs, f));
    TRY(extensions_make(ca, limits, request, cx, a, &tbs.extensions, f));
    return ca_finish(ca, &request->public_key, now, deadline, cx, &tbs, a, out,
                     f);
}
