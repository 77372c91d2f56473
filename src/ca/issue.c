#include "ca/internal.h"

#include <assert.h>

#include "base/clock.h"

enum err serial_make(struct crypto_ctx *cx, int64_t now,
                     uint8_t out[CA_SERIAL_LEN], struct fault *f)
{
    /* Of any clock, since it only parts what was issued in one second. */
    uint64_t sixteenth = (uint64_t)clock_monotonic_micros() * 16 / 1000000 % 16;
    uint64_t time = (uint64_t)now << 4 | sixteenth;

    for (unsigned i = 0; i < 4; i++)
        out[i] = (uint8_t)(time >> (24 - 8 * i));
    out[0] = (out[0] & 0x3f) | 0x40;
    return random_fill(cx, out + 4, CA_SERIAL_LEN - 4, f);
}

static int64_t later(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

/* A later beginning and an earlier end are taken, when they leave some time
 * that has not gone by. */
static void shorten(const struct ca_request *request, int64_t now,
                    struct tbs_cert *tbs)
{
    int64_t from = later(tbs->not_before, request->not_before);
    int64_t until =
        request->not_after == 0 || request->not_after > tbs->not_after
            ? tbs->not_after
            : request->not_after;

    if (until <= later(from, now))
        return;
    tbs->not_before = from;
    tbs->not_after = until;
}

enum err ca_check_dates(const struct ca *ca, int64_t now, struct fault *f)
{
    const struct x509_cert *issuer = &ca->cert;

    if (now > issuer->not_after)
        return fault_clause(f, ERR_CONFIG, "RFC 5280, 4.1.2.5",
                            "CA \"%s\" has expired", ca->name);
    if (now < issuer->not_before)
        return fault_clause(f, ERR_CONFIG, "RFC 5280, 4.1.2.5",
                            "CA \"%s\" is not valid yet; is the clock right?",
                            ca->name);
    return ERR_OK;
}

/* From `now - backdate` for `validity`, within the issuer's own time. */
static enum err validity_make(const struct ca *ca, const struct ca_shape *shape,
                              const struct ca_request *request, int64_t now,
                              struct tbs_cert *tbs, struct fault *f)
{
    const struct x509_cert *issuer = &ca->cert;

    TRY(ca_check_dates(ca, now, f));
    tbs->not_before = later(now - shape->backdate, issuer->not_before);
    tbs->not_after = shape->validity > issuer->not_after - now
                         ? issuer->not_after
                         : now + shape->validity;
    shorten(request, now, tbs);
    return ERR_OK;
}

/* SKI, the shape's extensions, SAN; written last first. */
static enum err extensions_make(const struct ca_shape *shape,
                                const struct ca_request *request,
                                struct crypto_ctx *cx, struct arena *a,
                                struct span *out, struct fault *f)
{
    uint8_t key_id[CA_KEY_ID_LEN];
    struct der_writer w;

    TRY(hash_key_id(cx, &request->public_key, key_id, f));
    der_writer_init(&w, a, shape->len + 256);
    if (request->num_san > 0)
        ext_put_san(&w, request->san, request->num_san,
                    name_is_null(request->subject));
    der_put_raw(&w, span_of(shape->extensions, shape->len));
    ext_put_ski(&w, span_of(key_id, sizeof(key_id)));
    return der_finish(&w, out);
}

/* The key as the request has it, or rebuilt where its tag was replaced. */
static enum err spki_whole(const struct spki *key, struct arena *a,
                           struct span *out)
{
    struct der_writer w;

    if (!span_is_absent(key->der)) {
        *out = key->der;
        return ERR_OK;
    }
    der_writer_init(&w, a, key->key.len + 64);
    spki_put(&w, key);
    return der_finish(&w, out);
}

static enum err tbs_write(const struct tbs_cert *tbs, struct arena *a,
                          struct span *out)
{
    struct der_writer w;

    der_writer_init(&w, a, tbs->extensions.len + tbs->spki.len + 512);
    tbs_cert_put(&w, tbs);
    return der_finish(&w, out);
}

/* Signs with the CA's key and puts the three parts together. */
static enum err sign_whole(const struct ca *ca, struct span tbs,
                           int64_t deadline, struct crypto_ctx *cx,
                           struct arena *a, struct span *out, struct fault *f)
{
    struct der_writer w;
    struct span sig;

    TRY(keys_sign(ca->keys, cx, ca->key, ca->alg->alg, tbs, deadline, a, &sig,
                  f));
    der_writer_init(&w, a, tbs.len + sig.len + 64);
    signed_put(&w, tbs, ca->alg->der, sig);
    return der_finish(&w, out);
}

enum err ca_finish(const struct ca *ca, const struct spki *key, int64_t now,
                   int64_t deadline, struct crypto_ctx *cx,
                   struct tbs_cert *tbs, struct arena *a,
                   struct ca_certificate *out, struct fault *f)
{
    uint8_t serial[CA_SERIAL_LEN];
    struct ca_certificate made = { 0 };
    struct span tbs_der;

    tbs->sig_alg = ca->alg->der;
    tbs->issuer = ca->cert.subject;
    TRY(serial_make(cx, now, serial, f));
    tbs->serial = arena_copy(a, span_of(serial, sizeof(serial)));
    if (span_is_absent(tbs->serial))
        return fault_set(f, ERR_NO_MEM, "certificate");
    TRY(spki_whole(key, a, &tbs->spki));
    TRY(tbs_write(tbs, a, &tbs_der));
    TRY(sign_whole(ca, tbs_der, deadline, cx, a, &made.der, f));
    made.serial = tbs->serial;
    made.not_before = tbs->not_before;
    made.not_after = tbs->not_after;
    *out = made;
    return ERR_OK;
}

static enum err plan(const struct ca *ca, const struct ca_shape *shape,
                     const struct ca_request *request, int64_t now,
                     struct tbs_cert *tbs, struct fault *f)
{
    assert(shape->ca == ca);
    if (name_is_null(request->subject) && request->num_san == 0)
        return fault_clause(f, ERR_BAD_CERT_TEMPLATE, "RFC 5280, 4.1.2.6",
                            "neither subject nor subjectAltName");
    return validity_make(ca, shape, request, now, tbs, f);
}

enum err ca_plan(const struct ca *ca, const struct ca_shape *shape,
                 const struct ca_request *request, int64_t now,
                 int64_t *not_before, int64_t *not_after, struct fault *f)
{
    struct tbs_cert tbs = { 0 };

    TRY(plan(ca, shape, request, now, &tbs, f));
    *not_before = tbs.not_before;
    *not_after = tbs.not_after;
    return ERR_OK;
}

enum err ca_issue(const struct ca *ca, const struct ca_shape *shape,
                  const struct ca_request *request, int64_t now,
                  int64_t deadline, struct crypto_ctx *cx, struct arena *a,
                  struct ca_certificate *out, struct fault *f)
{
    struct tbs_cert tbs = { .subject = request->subject };

    TRY(plan(ca, shape, request, now, &tbs, f));
    TRY(extensions_make(shape, request, cx, a, &tbs.extensions, f));
    return ca_finish(ca, &request->public_key, now, deadline, cx, &tbs, a, out,
                     f);
}

enum err ca_make_crl(const struct ca *ca, int64_t number, int64_t this_update,
                     int64_t next_update, const struct crl_entry *entries,
                     size_t num_entries, int64_t deadline,
                     struct crypto_ctx *cx, struct arena *a, struct span *out,
                     struct fault *f)
{
    uint8_t magnitude[8];
    struct tbs_crl crl = {
        .sig_alg = ca->alg->der,
        .issuer = ca->cert.subject,
        .this_update = this_update,
        .next_update = next_update,
        .entries = entries,
        .num_entries = num_entries,
        .aki = ca->key_id,
        .number = SPAN_OF(magnitude),
    };
    struct der_writer w;
    struct span tbs;

    assert(number >= 0);
    assert(next_update > this_update);
    for (unsigned i = 0; i < sizeof(magnitude); i++)
        magnitude[i] = (uint8_t)((uint64_t)number >> (56 - 8 * i));
    der_writer_init(&w, a, 256 + 64 * num_entries);
    tbs_crl_put(&w, &crl);
    TRY(der_finish(&w, &tbs));
    return sign_whole(ca, tbs, deadline, cx, a, out, f);
}
