/*
 * How many refusals of unverified messages are signed: so many a second from
 * one source, so many in all. Signing costs; a flood must not buy it.
 */
#ifndef SERVICE_BUDGET_H
#define SERVICE_BUDGET_H

#include "base/error.h"
#include "base/span.h"

struct budget;

/* Where a message came from, as coarse as an attacker can hop: an IPv4 /24 or
 * an IPv6 /64, with the version in front. */
struct source {
    uint8_t prefix[9];
};
struct source source_of(unsigned version, const uint8_t *address);

struct budget_options {
    unsigned per_source; /* a second */
    unsigned burst;      /* of one source */
    unsigned total;      /* a second, all sources */
};
/* NULL: no memory. */
struct budget *budget_new(const struct budget_options *options);
void budget_free(struct budget *b);
DEFINE_AUTO(budget)

/* Takes one refusal from both, at a time of clock_monotonic_micros. False:
 * spent. From any thread. */
bool budget_take(struct budget *b, const struct source *source, int64_t now);
/* Whether the source has one left; none is taken. */
bool budget_is_left(struct budget *b, const struct source *source, int64_t now);

#endif
