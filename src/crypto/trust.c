#include <assert.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/x509_vfy.h>

#include "crypto/path_internal.h"

/* 112 bits: RSA from 2048 bits up, no MD5 and no SHA-1 in signatures. */
#define AUTH_LEVEL 2

bool key_ids_agree(const struct x509_cert *cert, const struct x509_cert *issuer)
{
    return span_is_absent(cert->aki) || span_is_absent(issuer->ski) ||
           span_is_equal(cert->aki, issuer->ski);
}

/*
 * How OpenSSL is to validate.
 *
 * Not with X509_V_FLAG_X509_STRICT: it refuses chains over form that RFC 5280
 * asks of issuers, a missing key identifier for one, and vendors' certificates
 * are in the field for twenty years. What makes a CA is asked without it too,
 * and the form of a leaf is the profile's to judge.
 */
static X509_STORE *store_new(void)
{
    X509_STORE *store = X509_STORE_new();
    X509_VERIFY_PARAM *param;

    if (store == NULL)
        return NULL;
    param = X509_STORE_get0_param(store);
    X509_VERIFY_PARAM_set_auth_level(param, AUTH_LEVEL);
    X509_VERIFY_PARAM_set_depth(param, LIMIT_PATH_CERTS);
    if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN |
                                               X509_V_FLAG_POLICY_CHECK) == 1)
        return store;
    X509_STORE_free(store);
    return NULL;
}

void trust_allow_legacy(struct trust *t)
{
    assert(!t->is_sealed);
    t->allows_legacy = true;
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_get0_param(t->store), 0);
}

enum err trust_new(struct crypto *c, struct trust **out, struct fault *f)
{
    AUTO(trust) t = calloc(1, sizeof(*t));

    if (t == NULL)
        return fault_set(f, ERR_NO_MEM, "trust");
    pthread_mutex_init(&t->lock, NULL);
    t->crypto = c;
    t->arena = arena_new(SIZE_MAX / 2);
    t->store = store_new();
    t->leaves = leaf_cache_new();
    if (t->arena == NULL || t->store == NULL || t->leaves == NULL)
        return fault_set(f, ERR_NO_MEM, "trust");
    TRY(crypto_ctx_new(c, &t->cx, f));
    *out = t;
    t = NULL;
    return ERR_OK;
}

static void nodes_free(struct node *n)
{
    for (; n != NULL; n = n->next)
        X509_free(n->x509);
}

void trust_free(struct trust *t)
{
    if (t == NULL)
        return;
    nodes_free(t->anchors);
    for (size_t i = 0; i < BUCKETS; i++)
        nodes_free(atomic_load(&t->buckets[i]));
    for (struct intermediate *i = t->intermediates; i != NULL; i = i->next)
        X509_free(i->x509);
    crl_free_all(t);
    leaf_cache_free(t->leaves);
    X509_STORE_free(t->store);
    crypto_ctx_free(t->cx);
    arena_free(t->arena);
    pthread_mutex_destroy(&t->lock);
    free(t);
}

/* --- filling --- */

/* Copies and reads a CA's certificate. */
static enum err read_ca(struct trust *t, struct span der,
                        struct x509_cert *cert, X509 **x509, struct fault *f)
{
    struct span copy = arena_copy(t->arena, der);
    struct der_fail fail = { 0 };
    enum err e;

    if (span_is_absent(copy))
        return fault_set(f, ERR_NO_MEM, "certificate");
    e = x509_read_at(copy, t->arena, &fail, cert);
    if (e != ERR_OK) {
        der_fault(&fail, copy, e, f);
        fault_prefix(f, e, "not a certificate");
        if (f != NULL)
            f->err = ERR_CONFIG;
        return ERR_CONFIG;
    }
    if (!cert->is_ca || !x509_may(cert, KU_KEY_CERT_SIGN))
        return fault_clause(f, ERR_CONFIG, "RFC 5280, 4.2.1.9",
                            "certificate %s is not a CA's: it needs cA TRUE "
                            "and, with keyUsage, keyCertSign",
                            subject_text(cert, t->arena));
    if (pubkey_check(t->cx, &cert->spki, f) != ERR_OK) {
        fault_prefix(f, f == NULL ? ERR_OK : f->err, "certificate %s",
                     subject_text(cert, t->arena));
        if (f != NULL)
            f->err = ERR_CONFIG;
        return ERR_CONFIG;
    }
    *x509 = x509_decode(copy);
    if (*x509 == NULL)
        return fault_set(f, ERR_CONFIG, "OpenSSL does not read certificate %s",
                         subject_text(cert, t->arena));
    return ERR_OK;
}

static bool is_same_authority(const struct x509_cert *a,
                              const struct x509_cert *b)
{
    return span_is_equal(a->der, b->der) ||
           (name_is_equal(a->subject, b->subject) &&
            span_is_equal(a->spki.key, b->spki.key));
}

/* ERR_EXISTS, without a fault: its owner has it already. */
static enum err check_owners(const struct trust *t, int owner,
                             const struct x509_cert *cert, struct fault *f)
{
    for (const struct node *n = t->anchors; n != NULL; n = n->next) {
        if (!is_same_authority(&n->cert, cert))
            continue;
        if (n->owner != owner)
            return fault_set(f, ERR_CONFIG,
                             "the trust anchor %s is another entry's already: "
                             "an anchor stands in one entry only",
                             subject_text(cert, t->arena));
        if (span_is_equal(n->cert.der, cert->der))
            return ERR_EXISTS;
    }
    return ERR_OK;
}

enum err trust_add_anchor(struct trust *t, int owner, struct span der,
                          struct fault *f)
{
    AUTO_X509 x509 = NULL;
    struct node *n;
    struct x509_cert cert;
    uint8_t id[DIGEST_MAX_LEN];
    enum err e;

    assert(!t->is_sealed);
    TRY(read_ca(t, der, &cert, &x509, f));
    e = check_owners(t, owner, &cert, f);
    if (e != ERR_OK)
        return e == ERR_EXISTS ? ERR_OK : e;
    n = arena_alloc(t->arena, sizeof(*n));
    if (n == NULL)
        return fault_set(f, ERR_NO_MEM, "trust anchor");
    TRY(hash_compute(t->cx, DIGEST_SHA256, cert.der, id, f));
    memcpy(n->id, id, CERT_ID_LEN);
    n->owner = owner;
    n->is_kept = true;
    n->is_constrained = cert.has_constraints;
    n->cert = cert;
    n->x509 = x509;
    x509 = NULL;
    n->next = t->anchors;
    t->anchors = n;
    t->num_anchors++;
    return ERR_OK;
}

enum err trust_add_intermediate(struct trust *t, struct span der,
                                struct fault *f)
{
    AUTO_X509 x509 = NULL;
    struct intermediate *i;
    struct x509_cert cert;

    assert(!t->is_sealed);
    TRY(read_ca(t, der, &cert, &x509, f));
    i = arena_alloc(t->arena, sizeof(*i));
    if (i == NULL)
        return fault_set(f, ERR_NO_MEM, "intermediate certificate");
    *i = (struct intermediate){ t->intermediates, x509, cert };
    x509 = NULL;
    t->intermediates = i;
    return ERR_OK;
}

enum err trust_add_crl(struct trust *t, struct span der, struct fault *f)
{
    assert(!t->is_sealed);
    return crl_add(t, der, f);
}

enum err trust_seal(struct trust *t, struct fault *f)
{
    size_t i = 0;

    assert(!t->is_sealed);
    t->list = arena_array(t->arena, t->num_anchors, sizeof(struct node *));
    if (t->list == NULL && t->num_anchors > 0)
        return fault_set(f, ERR_NO_MEM, "trust");
    while (t->anchors != NULL) {
        struct node *n = t->anchors;

        t->anchors = n->next;
        node_find_crls(t, n);
        node_publish(t, n);
        t->list[i++] = n;
    }
    crypto_ctx_free(t->cx);
    t->cx = NULL;
    t->is_sealed = true;
    return ERR_OK;
}
