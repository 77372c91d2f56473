/*
 * Takes DER and makes it wrong in ways that leave every length right, so that
 * a decoder has to notice by itself.
 */
#ifndef SUPPORT_DER_MUTATE_H
#define SUPPORT_DER_MUTATE_H

#include "base/arena.h"
#include "base/span.h"

enum der_mutation {
    DER_MUT_APPEND_NULL,  /* 05 00 at the end of a constructed element */
    DER_MUT_APPEND_BYTE,  /* 00 there */
    DER_MUT_PREPEND_NULL, /* 05 00 at its start */
    DER_MUT_IMPLICIT,     /* [n]{ X } becomes X under tag [n] */
    DER_MUT_EXPLICIT,     /* [n] X becomes [n]{ 30 X }, or 02 where primitive */
    DER_MUT_FORM,         /* [n] with the other form: A0 for 80, 80 for A0 */
    DER_MUT_NUM
};

/*
 * The places in `der`, one element with elements in all that is constructed,
 * where this mutation applies: where each element starts. At most `max`.
 */
size_t der_mutate_sites(struct span der, enum der_mutation how,
                        const uint8_t **sites, size_t max);

/* `der` with that one element changed; in the arena. */
struct span der_mutate(struct span der, enum der_mutation how,
                       const uint8_t *site, struct arena *a);

/* Where each element starts, from the whole one inwards; at most `max`, which
 * may be fewer than there are. */
size_t der_sites(struct span der, const uint8_t **sites, size_t max);
/* `der` with the element at that site replaced by `with`, any octets; the
 * lengths around it follow. In the arena. */
struct span der_replace(struct span der, const uint8_t *site, struct span with,
                        struct arena *a);

/*
 * Flips, sets, removes and doubles up to `num` bytes at places that a generator
 * with this state picks, outside of the `keep` spans. For comparing decoders.
 * In the arena.
 */
struct span der_scramble(struct span der, const struct span *keep,
                         size_t num_keep, unsigned num, uint64_t *state,
                         struct arena *a);

#endif
