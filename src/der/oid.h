/*
 * Object identifiers: as constants, as dotted text, by name.
 */
#ifndef DER_OID_H
#define DER_OID_H

#include "base/error.h"
#include "base/span.h"
#include "der/oid_list.h"

/*
 * Every OID this project knows stands in oid_list.h as
 * OID(ENUM_NAME, "dotted", "shortName", "octets"): id-kp-cmcRA is
 * OID_ID_KP_CMC_RA.
 */
#define OID_ENUM(name, dotted, short_name, octets) OID_##name,
enum oid {
    OID_UNKNOWN = 0,
    OIDS(OID_ENUM) OID_NUM
};
#undef OID_ENUM

/* The content octets of a known OID; static storage. */
struct span oid_span(enum oid id);
/* OID_UNKNOWN when not in the list. */
enum oid oid_find(struct span content);
/* At least one arc, each of them minimal and ended (X.690, 8.19). */
bool oid_is_valid(struct span content);
/* As the standards spell it ("id-kp-cmcRA"); "" for OID_UNKNOWN. */
const char *oid_name(enum oid id);
/* Dotted decimal, NUL-terminated, cut to `size`. */
void oid_format(struct span content, char *out, size_t size);
/* Content octets from dotted decimal, into the arena-less buffer `out` of at
 * most LIMIT_OID_LEN. ERR_BAD_DATA_FORMAT. */
MUST_USE enum err oid_parse(const char *dotted, uint8_t *out, size_t *out_len);

#endif
