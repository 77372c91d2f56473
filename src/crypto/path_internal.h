/*
 * What the files behind path.h share: trust.c fills a trust, crl.c knows what
 * CRLs say, remember.c keeps what was found good, search.c looks for a path,
 * path.c has it judged.
 */
#ifndef CRYPTO_PATH_INTERNAL_H
#define CRYPTO_PATH_INTERNAL_H

#include <pthread.h>
#include <stdatomic.h>

#include <openssl/x509.h>

#include "base/limits.h"
#include "crypto/decode.h"
#include "crypto/internal.h"
#include "crypto/path.h"

#define CERT_ID_LEN 32 /* SHA-256 */

/* --- CRLs --- */

/* One complete CRL; what it does not cover is in the three scope fields. */
struct crl {
    struct crl *next;
    X509_CRL *x509;
    struct span issuer;
    struct span aki;
    struct alg_id sig_alg;
    int64_t this_update;
    bool has_next_update;
    int64_t next_update;
    bool only_user_certs, only_ca_certs;
    struct span point_names; /* GeneralNames content; absent: any */
};

/* A CA has at most so many CRLs; more are ignored. One or two is usual. */
#define CRLS_PER_CA 32

/* What the CRLs of its issuer say of a certificate: bit i for the i-th. That
 * does not change within a trust; how old they are is looked at each time. */
struct standing {
    uint32_t applies;
    uint32_t listed;
};

MUST_USE enum err crl_add(struct trust *t, struct span der, struct fault *f);
void crl_free_all(struct trust *t);

/* --- CAs --- */

/* An anchor, or an intermediate CA that was validated. Read-only once others
 * can see it; lives as long as its trust. */
struct node {
    struct node *next;         /* of the same bucket */
    const struct node *issuer; /* NULL: an anchor */
    int owner;
    bool is_kept;        /* lives as long as the trust, not as one request */
    bool is_constrained; /* name or policy constraints here or above */
    uint8_t id[CERT_ID_LEN];
    X509 *x509;
    struct x509_cert cert;
    const struct crl *crls[CRLS_PER_CA]; /* signed by this CA's key */
    size_t num_crls;
    struct standing standing; /* under the issuer's CRLs */
};

/* Finds the CRLs this CA signed. */
void node_find_crls(const struct trust *t, struct node *n);
struct standing standing_find(const struct node *issuer,
                              const struct x509_cert *cert, X509 *x509);
enum revocation standing_judge(struct standing s, const struct node *issuer,
                               int64_t now);

/* --- a trust --- */

struct intermediate {
    struct intermediate *next;
    X509 *x509;
    struct x509_cert cert;
};

#define BUCKETS 256
#define MAX_NODES 1024

struct leaf_cache;

struct trust {
    struct crypto *crypto;
    struct crypto_ctx *cx; /* until sealed */
    X509_STORE *store;     /* holds the parameters of validation, no more */
    bool is_sealed;
    bool allows_legacy;
    struct intermediate *intermediates;
    struct crl *crls;

    struct node *anchors; /* by `next` until sealed; then through `list` */
    const struct node **list;
    size_t num_anchors;

    pthread_mutex_t lock; /* for what follows, where written */
    struct arena *arena;
    size_t num_nodes;
    struct node *_Atomic buckets[BUCKETS]; /* by subject */

    struct leaf_cache *leaves;
    atomic_uint_fast64_t intermediate_hits, full;
};

/* The dates of a certificate at `now`, as OpenSSL judges them: the second
 * notAfter names is out. */
static inline bool is_in_force(int64_t not_before, int64_t not_after,
                               int64_t now)
{
    return not_before <= now && now < not_after;
}
/* The same for a CA and everything above it. */
bool node_is_in_force(const struct node *n, int64_t now);
/* False when both name the key and differ. */
bool key_ids_agree(const struct x509_cert *cert,
                   const struct x509_cert *issuer);

/* --- remembering --- */

struct leaf {
    uint8_t id[CERT_ID_LEN];
    const struct node *issuer; /* NULL: an empty place */
    int64_t not_before, not_after;
    struct standing standing;
};

struct leaf_cache *leaf_cache_new(void);
void leaf_cache_free(struct leaf_cache *c);
bool leaf_cache_find(struct leaf_cache *c, const uint8_t id[CERT_ID_LEN],
                     struct leaf *out);
void leaf_cache_add(struct leaf_cache *c, const struct leaf *leaf);
/* Counts a hit that was used. */
void leaf_cache_count(struct leaf_cache *c, const uint8_t id[CERT_ID_LEN]);
uint64_t leaf_cache_hits(struct leaf_cache *c);

/* The first node whose subject has these bytes, and the next one. */
const struct node *node_first(const struct trust *t, struct span subject);
const struct node *node_next(const struct node *n);
/* Makes a node visible. The lock is held, or nobody else is there yet. */
void node_publish(struct trust *t, struct node *n);
/*
 * The node of a validated CA under this issuer: a kept one, or a new one,
 * which is kept while there is room. ERR_NO_MEM.
 */
MUST_USE enum err node_get(struct trust *t, struct crypto_ctx *cx,
                           const struct x509_cert *cert, X509 *x509,
                           const struct node *issuer, struct arena *a,
                           const struct node **out, struct fault *f);

/* --- searching --- */

struct found_cert {
    struct x509_cert cert;
    const struct intermediate *configured; /* NULL: it came with the leaf */
};
/* From the leaf up, the anchor apart. */
struct found {
    struct found_cert certs[LIMIT_PATH_CERTS];
    size_t num;
    const struct node *anchor;
};
/*
 * Looks for the certificates from `leaf` to an anchor, each signed by the
 * next. Whether such a path is valid is not said. ERR_SIGNER_NOT_TRUSTED.
 */
MUST_USE enum err path_search(struct crypto_ctx *cx, const struct trust *t,
                              int64_t now, const struct x509_cert *leaf,
                              const struct span *extra, size_t num_extra,
                              struct arena *a, struct found *out,
                              struct fault *f);

/* "'CN=x'" and the like, for faults; in the arena. */
const char *subject_text(const struct x509_cert *cert, struct arena *a);
/* Dates of a certificate told as a fault; `role` is "certificate". */
enum err dates_fault(const struct x509_cert *cert, const char *role,
                     int64_t now, struct arena *a, struct fault *f);

/* True, and a fault: not signed by an algorithm of the table. */
bool is_weakly_signed(const struct trust *t, const struct x509_cert *cert,
                      struct arena *a, struct fault *f);

static inline void x509_auto(X509 **x509)
{
    X509_free(*x509);
}
#define AUTO_X509 __attribute__((cleanup(x509_auto))) X509 *

#endif
