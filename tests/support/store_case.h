/*
 * What the tests of the store share: records made from a number, and the
 * changes an enrolment makes of them.
 */
#ifndef SUPPORT_STORE_CASE_H
#define SUPPORT_STORE_CASE_H

#include "store/store.h"

/* Not a real digest, but one whose every byte depends on all input. */
void case_hash(struct span a, struct span b, uint8_t out[32]);

/* Text in the arena. */
struct span case_text(struct arena *a, const char *prefix, int64_t n);

/* Records of station, transaction and certificate `n`; ids and versions are
 * for the caller to set. */
struct station_record case_station(struct arena *a, int64_t n);
struct transaction_record case_transaction(struct arena *a, int64_t n);
struct certificate_record case_certificate(struct arena *a, int64_t n);
/* The digests of the two requests of enrolment `n`, and the replies to them. */
struct span case_request(struct arena *a, int64_t n);
struct span case_confirm(struct arena *a, int64_t n);
struct span case_reply(struct arena *a, int64_t n);
/* What every reply ends in. */
extern const struct span case_tail;
/* The deadline a transaction gets, in served seconds from its commit. */
#define CASE_WAIT 60

/*
 * A change that enrols `n`: transaction, station, two names, certificate,
 * reply, audit entry. And one that confirms it, for which the records are
 * read through `s`; NULL when they are not there.
 */
struct change *case_enrol(struct arena *a, int64_t n);
struct change *case_confirmation(struct store_session *s, struct arena *a,
                                 int64_t n);

/* How much of an enrolment is there. */
enum case_found {
    CASE_NOTHING,
    CASE_ENROLLED,
    CASE_CONFIRMED,
    CASE_IN_PIECES /* a change was torn */
};
enum case_found case_find(struct store_session *s, int64_t n);

#endif
