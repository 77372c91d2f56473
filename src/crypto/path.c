#include "crypto/path.h"

#include <assert.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "crypto/path_internal.h"

/* One call of path_check. */
struct query {
    struct crypto_ctx *cx;
    struct trust *t;
    int64_t now;
    struct arena *a;
    struct x509_cert leaf;
    uint8_t id[DIGEST_MAX_LEN];
    X509 *x509;
};

/* --- OpenSSL's verdict --- */

/* In our words, where these say more to an operator than OpenSSL's. */
static const struct {
    int code;
    const char *clause, *text;
} verdicts[] = {
    { X509_V_ERR_CERT_SIGNATURE_FAILURE, "RFC 5280, 6.1.3 (a)(1)",
      "its signature does not verify under its issuer's key" },
    { X509_V_ERR_PATH_LENGTH_EXCEEDED, "RFC 5280, 6.1.4 (m)",
      "its pathLenConstraint allows fewer CAs below it" },
    { X509_V_ERR_PERMITTED_VIOLATION, "RFC 5280, 6.1.3 (b)",
      "its names are not among those a CA above it may certify" },
    { X509_V_ERR_EXCLUDED_VIOLATION, "RFC 5280, 6.1.3 (c)",
      "its names are among those a CA above it must not certify" },
    { X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION, "RFC 5280, 4.2",
      "it has a critical extension that is not known here" },
    { X509_V_ERR_EE_KEY_TOO_SMALL, "TS 33.310, 6.1.1",
      "its key is too short; RSA needs 2048 bits" },
    { X509_V_ERR_CA_KEY_TOO_SMALL, "TS 33.310, 6.1.1",
      "its key is too short; RSA needs 2048 bits" },
    { X509_V_ERR_CA_MD_TOO_WEAK, "TS 33.310, 6.1.1",
      "it is signed over a digest too weak (SHA-1, MD5)" },
    { X509_V_ERR_INVALID_CA, "RFC 5280, 6.1.4 (k)",
      "it issued another and is not a CA's" },
};

static enum err verdict_fault(struct query *q, const struct x509_cert *cert,
                              int code, struct fault *f)
{
    const char *subject = subject_text(cert, q->a);

    if (code == X509_V_ERR_OUT_OF_MEM)
        return fault_set(f, ERR_NO_MEM, "certification path");
    if (code == X509_V_ERR_CERT_HAS_EXPIRED ||
        code == X509_V_ERR_CERT_NOT_YET_VALID)
        return dates_fault(cert, "certificate", q->now, q->a, f);
    for (size_t i = 0; i < sizeof(verdicts) / sizeof(verdicts[0]); i++) {
        if (verdicts[i].code == code)
            return fault_clause(f, ERR_SIGNER_NOT_TRUSTED, verdicts[i].clause,
                                "certificate %s: %s", subject,
                                verdicts[i].text);
    }
    return fault_clause(f, ERR_SIGNER_NOT_TRUSTED, "RFC 5280, 6.1",
                        "certificate %s: %s", subject,
                        X509_verify_cert_error_string(code));
}

/* From the leaf, through all of `between`, to `top`. */
struct route {
    STACK_OF(X509) * between;
    const struct found_cert *certs; /* the leaf, and those between */
    size_t num;
    const struct node *top;
};

static const struct x509_cert *route_cert(const struct route *r, int depth)
{
    if (depth >= 0 && (size_t)depth < r->num)
        return &r->certs[depth].cert;
    return &r->top->cert;
}

static enum err run(struct query *q, X509_STORE_CTX *ctx,
                    STACK_OF(X509) * trusted, const struct route *r,
                    struct fault *f)
{
    if (sk_X509_push(trusted, r->top->x509) <= 0 ||
        X509_STORE_CTX_init(ctx, q->t->store, q->x509, r->between) != 1)
        return crypto_fault(f, "certification path");
    X509_STORE_CTX_set0_trusted_stack(ctx, trusted);
    X509_VERIFY_PARAM_set_time(X509_STORE_CTX_get0_param(ctx), (time_t)q->now);
    if (X509_verify_cert(ctx) != 1)
        return verdict_fault(q,
                             route_cert(r, X509_STORE_CTX_get_error_depth(ctx)),
                             X509_STORE_CTX_get_error(ctx), f);
    /* It had nothing else to build from; but what is told is our list. */
    if ((size_t)sk_X509_num(X509_STORE_CTX_get0_chain(ctx)) != r->num + 1)
        return fault_set(f, ERR_SIGNER_NOT_TRUSTED,
                         "certificate %s: OpenSSL validated another path than "
                         "the one found",
                         subject_text(&q->leaf, q->a));
    return ERR_OK;
}

static enum err validate(struct query *q, const struct route *r,
                         struct fault *f)
{
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    STACK_OF(X509) *trusted = sk_X509_new_null();
    enum err e;

    if (ctx == NULL || trusted == NULL)
        e = fault_set(f, ERR_NO_MEM, "certification path");
    else
        e = run(q, ctx, trusted, r, f);
    X509_STORE_CTX_free(ctx);
    sk_X509_free(trusted);
    ERR_clear_error();
    return e;
}

/* --- telling --- */

static void judge_revocation(const struct query *q, struct standing leaf,
                             const struct node *issuer, struct path *out)
{
    struct standing s = leaf;

    out->revocation = out->leaf = REVOCATION_GOOD;
    for (int64_t depth = 0; issuer != NULL; depth++) {
        enum revocation r = standing_judge(s, issuer, q->now);

        if (depth == 0)
            out->leaf = r;
        if (r == REVOCATION_REVOKED) {
            out->revocation = r;
            out->revoked_depth = depth;
            return;
        }
        if (r == REVOCATION_UNKNOWN)
            out->revocation = r;
        s = issuer->standing;
        issuer = issuer->issuer;
    }
}

/* `issuer` is NULL when the leaf is itself an anchor, that of `owner`. */
static enum err tell(const struct query *q, struct span leaf, int owner,
                     struct standing standing, const struct node *issuer,
                     struct path *out, struct fault *f)
{
    struct path p = { .owner = owner, .num_chain = 1 };
    struct span *chain;
    size_t i = 0;

    for (const struct node *n = issuer; n != NULL; n = n->issuer)
        p.num_chain++;
    chain = arena_array(q->a, p.num_chain, sizeof(*chain));
    if (chain == NULL)
        return fault_set(f, ERR_NO_MEM, "certification path");
    chain[i++] = arena_copy(q->a, leaf);
    for (const struct node *n = issuer; n != NULL; n = n->issuer)
        chain[i++] = arena_copy(q->a, n->cert.der);
    for (i = 0; i < p.num_chain; i++) {
        if (span_is_absent(chain[i]))
            return fault_set(f, ERR_NO_MEM, "certification path");
    }
    p.chain = chain;
    judge_revocation(q, standing, issuer, &p);
    *out = p;
    return ERR_OK;
}

/* A leaf that was validated under `issuer`: tells, and remembers. */
static enum err accept(struct query *q, const struct node *issuer,
                       struct path *out, struct fault *f)
{
    struct leaf leaf = { .issuer = issuer,
                         .not_before = q->leaf.not_before,
                         .not_after = q->leaf.not_after,
                         .standing = standing_find(issuer, &q->leaf, q->x509) };

    memcpy(leaf.id, q->id, CERT_ID_LEN);
    if (issuer->is_kept && !issuer->is_constrained)
        leaf_cache_add(q->t->leaves, &leaf);
    return tell(q, q->leaf.der, issuer->owner, leaf.standing, issuer, out, f);
}

/* --- the ways to a verdict, cheapest first --- */

/* The leaf was found good before. */
static bool try_leaf(struct query *q, struct leaf *hit)
{
    if (!leaf_cache_find(q->t->leaves, q->id, hit) ||
        !is_in_force(hit->not_before, hit->not_after, q->now) ||
        !node_is_in_force(hit->issuer, q->now))
        return false;
    leaf_cache_count(q->t->leaves, q->id);
    return true;
}

static const struct node *anchor_find(const struct query *q)
{
    for (size_t i = 0; i < q->t->num_anchors; i++) {
        if (memcmp(q->t->list[i]->id, q->id, CERT_ID_LEN) == 0)
            return q->t->list[i];
    }
    return NULL;
}

/*
 * The leaf's issuer was found good before: it stands in for the path above
 * it. Only directly above the leaf, so that no pathLenConstraint beyond it
 * can be overstepped; and never where constraints on names lie beyond it.
 */
static const struct node *try_issuers(struct query *q, struct fault *f)
{
    const struct found_cert leaf = { .cert = q->leaf };
    unsigned left = LIMIT_PATH_CERTS;

    for (const struct node *n = node_first(q->t, q->leaf.issuer);
         n != NULL && left > 0; n = node_next(n)) {
        const struct route r = { NULL, &leaf, 1, n };

        if (!key_ids_agree(&q->leaf, &n->cert) ||
            (n->issuer != NULL && n->is_constrained) ||
            !node_is_in_force(n, q->now))
            continue;
        left--;
        if (validate(q, &r, f) == ERR_OK)
            return n;
    }
    return NULL;
}

/* OpenSSL's form of what lies between leaf and anchor. */
static enum err decode_between(const struct found *found, STACK_OF(X509) * sk,
                               struct fault *f)
{
    for (size_t i = 1; i < found->num; i++) {
        const struct found_cert *c = &found->certs[i];
        X509 *x509 = c->configured != NULL ? c->configured->x509
                                           : x509_decode(c->cert.der);

        if (x509 == NULL)
            return fault_set(f, ERR_SIGNER_NOT_TRUSTED,
                             "OpenSSL does not read an intermediate "
                             "certificate of the path");
        if (c->configured != NULL)
            X509_up_ref(x509);
        if (sk_X509_push(sk, x509) <= 0) {
            X509_free(x509);
            return fault_set(f, ERR_NO_MEM, "certification path");
        }
    }
    return ERR_OK;
}

/* Nodes for the CAs of a path that was validated, from the anchor down. */
static enum err remember(struct query *q, const struct found *found,
                         const STACK_OF(X509) * sk, const struct node **out,
                         struct fault *f)
{
    const struct node *above = found->anchor;

    for (size_t i = found->num - 1; i > 0; i--)
        TRY(node_get(q->t, q->cx, &found->certs[i].cert,
                     sk_X509_value(sk, (int)i - 1), above, q->a, &above, f));
    *out = above;
    return ERR_OK;
}

static enum err check_found(struct query *q, const struct found *found,
                            STACK_OF(X509) * sk, struct path *out,
                            struct fault *f)
{
    const struct route r = { sk, found->certs, found->num, found->anchor };
    const struct node *issuer = NULL;

    TRY(decode_between(found, sk, f));
    TRY(validate(q, &r, f));
    TRY(remember(q, found, sk, &issuer, f));
    return accept(q, issuer, out, f);
}

static enum err search(struct query *q, const struct span *extra,
                       size_t num_extra, struct path *out, struct fault *f)
{
    struct found found;
    STACK_OF(X509) * sk;
    enum err e;

    TRY(path_search(q->cx, q->t, q->now, &q->leaf, extra, num_extra, q->a,
                    &found, f));
    sk = sk_X509_new_null();
    if (sk == NULL)
        return fault_set(f, ERR_NO_MEM, "certification path");
    e = check_found(q, &found, sk, out, f);
    sk_X509_pop_free(sk, X509_free);
    return e;
}

/* --- the whole --- */

static enum err read_leaf(struct query *q, struct span leaf, struct fault *f)
{
    struct der_fail fail = { 0 };
    enum err e = x509_read_at(leaf, q->a, &fail, &q->leaf);

    if (e != ERR_OK) {
        der_fault(&fail, leaf, e, f);
        fault_prefix(f, e, "the signer's certificate");
        if (f != NULL)
            f->err = ERR_SIGNER_NOT_TRUSTED;
        return ERR_SIGNER_NOT_TRUSTED;
    }
    if (!is_in_force(q->leaf.not_before, q->leaf.not_after, q->now))
        return dates_fault(&q->leaf, "certificate", q->now, q->a, f);
    if (is_weakly_signed(q->t, &q->leaf, q->a, f))
        return ERR_SIGNER_NOT_TRUSTED;
    q->x509 = x509_decode_leaf(leaf, &q->leaf.spki);
    if (q->x509 == NULL)
        return fault_set(f, ERR_SIGNER_NOT_TRUSTED,
                         "OpenSSL does not read certificate %s",
                         subject_text(&q->leaf, q->a));
    return ERR_OK;
}

static enum err check_new(struct query *q, const struct span *extra,
                          size_t num_extra, struct path *out, struct fault *f)
{
    const struct node *n = anchor_find(q);
    struct fault nearer = { 0 };
    enum err e;

    if (n != NULL)
        return tell(q, q->leaf.der, n->owner, (struct standing){ 0 }, NULL, out,
                    f);
    n = try_issuers(q, &nearer);
    if (n != NULL) {
        atomic_fetch_add_explicit(n->issuer != NULL ? &q->t->intermediate_hits
                                                    : &q->t->full,
                                  1, memory_order_relaxed);
        return accept(q, n, out, f);
    }
    atomic_fetch_add_explicit(&q->t->full, 1, memory_order_relaxed);
    e = search(q, extra, num_extra, out, f);
    /* Why the issuer we know did not serve says more than that none came. */
    if (e == ERR_SIGNER_NOT_TRUSTED && nearer.err == e && f != NULL)
        *f = nearer;
    return e;
}

enum err path_check(struct crypto_ctx *cx, struct trust *t, int64_t now,
                    struct span leaf, const struct span *extra,
                    size_t num_extra, struct arena *a, struct path *out,
                    struct fault *f)
{
    struct query q = { .cx = cx, .t = t, .now = now, .a = a };
    struct leaf hit;
    enum err e;

    assert(t->is_sealed);
    TRY(hash_compute(cx, DIGEST_SHA256, leaf, q.id, f));
    if (try_leaf(&q, &hit))
        return tell(&q, leaf, hit.issuer->owner, hit.standing, hit.issuer, out,
                    f);
    e = read_leaf(&q, leaf, f);
    if (e == ERR_OK)
        e = check_new(&q, extra, num_extra, out, f);
    X509_free(q.x509);
    return e;
}

void path_stats(struct trust *t, struct path_stats *out)
{
    out->leaf_hits = leaf_cache_hits(t->leaves);
    out->intermediate_hits =
        atomic_load_explicit(&t->intermediate_hits, memory_order_relaxed);
    out->full = atomic_load_explicit(&t->full, memory_order_relaxed);
}
