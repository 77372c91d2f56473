/*
 * What has to happen without being asked: counting served time, acting on
 * certConfs that never came, CRLs, files that changed, old transactions.
 */
#ifndef SERVICE_KEEPER_H
#define SERVICE_KEEPER_H

#include "service/line.h"

struct keeper;

/*
 * Prepares a start: gives every open deadline one full confirm time, and makes
 * the CRLs that are missing or due. Called before requests are taken.
 */
MUST_USE enum err keeper_new(struct line *line, struct keeper **out,
                             struct fault *f);
void keeper_free(struct keeper *k);
DEFINE_AUTO(keeper)

/* One round of everything that is due. The thread calls it each second; tests
 * call it themselves. The first failure is reported; the rest goes on. */
MUST_USE enum err keeper_step(struct keeper *k, struct fault *f);

/* Runs keeper_step each second in a thread, until keeper_free. */
MUST_USE enum err keeper_start(struct keeper *k, struct fault *f);

/* A certificate of this CA was revoked: its CRL is made at the next step,
 * which comes at once. From any thread. */
void keeper_poke(struct keeper *k);

/* Files that may have changed are looked at in the next step, at once. */
void keeper_poke_files(struct keeper *k);

/* Makes and stores the next CRL of a CA. */
MUST_USE enum err keeper_make_crl(struct line *line, struct worker *w,
                                  const struct issuer *issuer, struct fault *f);

/* The newest CRL, held in memory for serving; copied into `out`. ERR_NOT_FOUND.
 * From any thread. */
MUST_USE enum err keeper_crl(struct keeper *k, const struct issuer *issuer,
                             struct buf *out, int64_t *this_update);

#endif
