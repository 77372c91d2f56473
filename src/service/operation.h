/*
 * The last part of a path may say what is asked for there: the operation labels
 * of RFC 9483, 6.1.
 */
#ifndef SERVICE_OPERATION_H
#define SERVICE_OPERATION_H

#include "asn1/cmp.h"

struct operation {
    const char *label;
    enum cmp_body_type body;
    enum oid info; /* of a genm, what it asks; else OID_UNKNOWN */
};

/* All of them; static storage. */
const struct operation *operation_list(size_t *num);
/* Is this, the first body of a transaction, what it is for? */
bool operation_fits(const struct operation *operation,
                    const struct pki_body *body);
/* For which a nested message wraps a single one: any but that of batches. */
bool operation_is_batch(const struct operation *operation);

#endif
