/*
 * What seals shared secrets in the store, and how it is replaced.
 *
 * The key's file lies outside the store and its backups, the same on every
 * node. While it is being replaced the key to come stands beside it, in a file
 * with ".new" behind its name, and either opens; a secret that neither opens
 * makes both files be read anew.
 */
#ifndef SERVICE_SEALING_H
#define SERVICE_SEALING_H

#include "crypto/seal.h"
#include "store/store.h"

/* References of revocation passphrases begin so, and no others. */
#define PASSPHRASE_PREFIX "passphrase:"

struct sealing;

/* Appends what a file of a new key holds to `out`, which the caller wipes. */
MUST_USE enum err sealing_make(struct crypto_ctx *cx, struct buf *out,
                               struct fault *f);

/* Reads the file; `path` outlives the object. Failures are seal_key_load's. */
MUST_USE enum err sealing_load(const char *path, struct sealing **out,
                               struct fault *f);
void sealing_free(struct sealing *s);
DEFINE_AUTO(sealing)

/* Reads the files anew, as another process may have replaced the key. */
MUST_USE enum err sealing_refresh(struct sealing *s, struct fault *f);

/* Seals under the key of the file, the reference as associated data. */
MUST_USE enum err sealing_seal(struct sealing *s, struct crypto_ctx *cx,
                               struct span reference, struct span plain,
                               struct arena *a, struct span *out,
                               struct fault *f);
/*
 * The secret of a record. From any thread.
 * ERR_CRYPTO: no key opens it, also after reading the files anew.
 */
MUST_USE enum err sealing_open(struct sealing *s, struct crypto_ctx *cx,
                               const struct secret_record *r,
                               struct secret **out, struct fault *f);
/* Whether the key that seals now sealed it, and the file's. */
MUST_USE enum err sealing_is_current(struct sealing *s, struct crypto_ctx *cx,
                                     const struct secret_record *r, bool *out,
                                     struct fault *f);
/* The work of sealing_open for a reference that nobody has. */
void sealing_open_none(struct sealing *s, struct crypto_ctx *cx);

/*
 * Replacing the key: with the first of these it stands in ".new", which seals
 * from then on; an earlier one left there is taken up. With the second it takes
 * the place of the old one, which this object goes on opening with.
 */
MUST_USE enum err sealing_begin_new(struct sealing *s, struct crypto_ctx *cx,
                                    struct fault *f);
MUST_USE enum err sealing_end_new(struct sealing *s, struct fault *f);

#endif
