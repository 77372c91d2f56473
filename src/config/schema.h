/*
 * The schema's sections, and what its tables are written with.
 *
 * Every setting there is has a row in schema.c, schema_trust.c, schema_ra.c,
 * schema_peer.c or schema_profile.c. A row gives its parser, bounds, default,
 * help and manual entry; adding a setting is adding a row and a member.
 */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "config/internal.h"

extern const struct section schema_keys;
extern const struct section schema_cas;
extern const struct section schema_signers;
extern const struct section schema_vendors;
extern const struct section schema_ras;
extern const struct section schema_peer_cas;
extern const struct section schema_profiles;
extern const struct choices schema_revocations;

/* Some members are pointers, and it is their own size that is meant. */
#define MEMBER(type, member)                                      \
    .offset = offsetof(struct type, member), /* NOLINTNEXTLINE */ \
        .size = sizeof(((struct type *)NULL)->member)
#define ITEMS(type, member, num) \
    MEMBER(type, member), .count = offsetof(struct type, num)
#define NUM_OF(array) (sizeof(array) / sizeof((array)[0]))
#define CHOICES(name, rows) \
    static const struct choices name = { NUM_OF(rows), rows }
#define ROWS(array) .num = NUM_OF(array), .settings = (array)

#define SECOND ((int64_t)1000) /* of KIND_MILLIS */
#define MINUTE ((int64_t)60)   /* of KIND_SECONDS */
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)

#endif
