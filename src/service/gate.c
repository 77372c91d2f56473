#include "service/gate.h"

#include <stdlib.h>

#include "base/limits.h"

struct gate {
    struct line *line;
    pthread_mutex_t lock; /* of what follows */
    struct crypto_ctx *cx;
    struct trust *own; /* our CAs and `crls`; NULL: to be made */
    struct buf *crls;  /* one for each of our CAs */
};

/* What is judged, with the epoch it is judged by. */
struct presented {
    const struct span *chain;
    size_t num;
    struct x509_cert cert;
    const struct epoch *epoch;
    int64_t now;
    bool has_path; /* to somebody's anchor; what follows is about that */
    struct arena *arena;
};

enum err gate_new(struct line *line, struct gate **out, struct fault *f)
{
    size_t num = line->authority->num_issuers;
    AUTO(gate) g = calloc(1, sizeof(*g));

    if (g == NULL)
        return fault_set(f, ERR_NO_MEM, "gate");
    g->line = line;
    pthread_mutex_init(&g->lock, NULL);
    g->crls = calloc(num, sizeof(*g->crls));
    if (g->crls == NULL)
        return fault_set(f, ERR_NO_MEM, "gate");
    for (size_t i = 0; i < num; i++)
        buf_init(&g->crls[i], LIMIT_CRL_LEN);
    TRY(crypto_ctx_new(line->authority->crypto, &g->cx, f));
    *out = g;
    g = NULL;
    return ERR_OK;
}

void gate_free(struct gate *g)
{
    if (g == NULL)
        return;
    for (size_t i = 0; g->crls != NULL && i < g->line->authority->num_issuers;
         i++)
        buf_done(&g->crls[i]);
    free(g->crls);
    trust_free(g->own);
    crypto_ctx_free(g->cx);
    pthread_mutex_destroy(&g->lock);
    free(g);
}

const char *gate_describe(struct span cert, struct arena *a)
{
    struct x509_cert read;

    if (x509_read(cert, a, &read) != ERR_OK)
        return NULL;
    return name_format(read.subject, a);
}

/* --- our own --- */

/* Takes the newest CRL; a trust made with another one goes. */
static enum err look_at_crl(struct gate *g, size_t i, struct fault *f)
{
    struct line *line = g->line;
    struct buf newest, *held = &g->crls[i];
    int64_t this_update;
    enum err e = ERR_OK;

    buf_init(&newest, LIMIT_CRL_LEN);
    if (line->crl(line->crl_arg, &line->authority->issuers[i], &newest,
                  &this_update) == ERR_OK &&
        !span_is_equal(buf_span(&newest), buf_span(held))) {
        trust_free(g->own);
        g->own = NULL;
        buf_clear(held);
        buf_add(held, buf_span(&newest));
        if (held->failed != ERR_OK)
            e = fault_set(f, ERR_NO_MEM, "CRL");
    }
    buf_done(&newest);
    return e;
}

static enum err make_own(struct gate *g, struct fault *f)
{
    const struct authority *au = g->line->authority;
    AUTO(trust) trust = NULL;

    TRY(trust_new(au->crypto, &trust, f));
    for (size_t i = 0; i < au->num_issuers; i++) {
        const struct issuer *issuer = &au->issuers[i];
        size_t num = issuer->num_chain;

        TRY(trust_add_anchor(trust, 0, issuer->chain[num - 1], f));
        TRY(trust_add_intermediate(trust, issuer->certificate, f));
        for (size_t k = 0; k + 1 < num; k++)
            TRY(trust_add_intermediate(trust, issuer->chain[k], f));
        if (g->crls[i].len > 0)
            TRY(trust_add_crl(trust, buf_span(&g->crls[i]), f));
    }
    TRY(trust_seal(trust, f));
    g->own = trust;
    trust = NULL;
    return ERR_OK;
}

static enum err find_path(struct gate *g, struct trust *trust,
                          struct presented *p, struct path *out,
                          struct fault *f)
{
    struct fault why = { 0 };
    enum err e = path_check(g->cx, trust, p->now, p->chain[0], p->chain + 1,
                            p->num - 1, p->arena, out, &why);

    p->has_path = e == ERR_OK;
    if (e == ERR_SIGNER_NOT_TRUSTED)
        return fault_clause(f, e, "TS 33.310, 9.2 (RFC 5280, 6)", "%s",
                            why.text);
    *f = why;
    return e;
}

static enum err check_revocation(const struct path *path,
                                 enum config_revocation unknown,
                                 struct fault *f)
{
    if (path->revocation == REVOCATION_REVOKED)
        return fault_clause(f, ERR_CERT_REVOKED, "RFC 5280, 6.3",
                            "revoked, %lld above the client's certificate",
                            (long long)path->revoked_depth);
    if (path->revocation == REVOCATION_UNKNOWN &&
        unknown == CONFIG_REVOCATION_REFUSE)
        return fault_clause(f, ERR_SIGNER_NOT_TRUSTED, "RFC 5280, 6.3",
                            "a path whose revocation cannot be told");
    return ERR_OK;
}

/* Above our own CAs there are no CRLs to be had, which says nothing. */
static enum err check_own(struct gate *g, struct presented *p, struct fault *f)
{
    struct path path;

    for (size_t i = 0; i < g->line->authority->num_issuers; i++)
        TRY(look_at_crl(g, i, f));
    if (g->own == NULL)
        TRY(make_own(g, f));
    TRY(find_path(g, g->own, p, &path, f));
    return check_revocation(&path, CONFIG_REVOCATION_ADMIT, f);
}

/* --- others --- */

/* Of a vendor, by what is allowed today: TLS has no legacy. */
static enum err check_vendor(struct gate *g, struct presented *p,
                             struct fault *f)
{
    const struct config_vendor *vendor;
    struct path path;

    TRY(find_path(g, p->epoch->trust, p, &path, f));
    vendor = g->line->authority->vendors[path.owner].config;
    return check_revocation(&path, vendor->revocation, f);
}

static bool is_listed(const struct span_list *certs, struct span cert)
{
    for (size_t i = 0; i < certs->num; i++)
        if (span_is_equal(certs->list[i], cert))
            return true;
    return certs->num == 0;
}

static enum err check_ra(struct gate *g, struct presented *p, size_t i,
                         struct fault *f)
{
    const struct ra_trust *ra = &p->epoch->ras[i];
    struct path path;

    if (!is_listed(&ra->certificates, p->cert.der))
        return ERR_SIGNER_NOT_TRUSTED;
    TRY(find_path(g, ra->trust, p, &path, f));
    return check_revocation(&path,
                            g->line->authority->config->ras[i].revocation, f);
}

/* By the name of its issuer one of ours, else a vendor's, else an RA's. Where
 * no path leads anywhere, it is told why none leads to a vendor. */
static enum err check_path(struct gate *g, struct presented *p, struct fault *f)
{
    struct fault why = { 0 };
    enum err e;

    if (authority_find_issuer(g->line->authority, p->cert.issuer) != NULL)
        return check_own(g, p, f);
    e = check_vendor(g, p, f);
    for (size_t i = 0; !p->has_path && i < p->epoch->num_ras; i++) {
        e = check_ra(g, p, i, &why);
        if (p->has_path)
            *f = why;
    }
    return e;
}

static enum err check_use(const struct x509_cert *cert, struct fault *f)
{
    if (!x509_may(cert, KU_DIGITAL_SIGNATURE))
        return fault_clause(f, ERR_SIGNER_NOT_TRUSTED, "RFC 5280, 4.2.1.3",
                            "a keyUsage without digitalSignature");
    if (!span_is_absent(cert->eku) &&
        !x509_has_eku(cert, OID_ID_KP_CLIENT_AUTH) &&
        !x509_has_eku(cert, OID_ANY_EXTENDED_KEY_USAGE))
        return fault_clause(f, ERR_SIGNER_NOT_TRUSTED, "RFC 5280, 4.2.1.12",
                            "an extKeyUsage without clientAuth");
    return ERR_OK;
}

/* The lock keeps loops apart; a path that was found before is found at once. */
static enum err check_at_epoch(struct gate *g, struct presented *p,
                               struct fault *f)
{
    struct authority *au = g->line->authority;
    struct epoch *epoch = epoch_get(au);
    enum err e;

    p->epoch = epoch;
    pthread_mutex_lock(&g->lock);
    e = check_path(g, p, f);
    pthread_mutex_unlock(&g->lock);
    epoch_put(au, epoch);
    return e;
}

enum err gate_check(struct gate *g, const struct span *chain, size_t num,
                    struct fault *f)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct presented p = { .chain = chain,
                           .num = num,
                           .now = g->line->now(g->line->now_arg),
                           .arena = a };

    if (a == NULL)
        return fault_set(f, ERR_NO_MEM, "gate");
    if (num == 0)
        return fault_clause(f, ERR_SIGNER_NOT_TRUSTED, "RFC 8446, 4.4.2.4",
                            "no client certificate");
    if (x509_read(chain[0], a, &p.cert) != ERR_OK)
        return fault_clause(f, ERR_SIGNER_NOT_TRUSTED, "RFC 5280, 4.1",
                            "not a certificate in DER");
    TRY(check_use(&p.cert, f));
    return check_at_epoch(g, &p, f);
}
