/*
 * The messages of tests/vectors/cmp, and which bytes of a message its decoder
 * keeps without reading them.
 */
#ifndef SUPPORT_CMP_VECTORS_H
#define SUPPORT_CMP_VECTORS_H

#include "asn1/cmp.h"

enum cmp_vector_protection {
    CMP_VECTOR_SIGNED,
    CMP_VECTOR_MAC
};

struct cmp_vector {
    const char *name; /* of the file, without .der */
    enum cmp_body_type body;
    enum cmp_vector_protection protection;
    bool has_extra_certs;
};

extern const struct cmp_vector cmp_vectors[];
extern const size_t num_cmp_vectors;

/* The file's bytes. Ends the program where it cannot be read. */
struct span cmp_vector_load(const struct cmp_vector *v, struct arena *a);

/*
 * The elements and values within the message that are kept whole: certificates,
 * parameters, values of controls and of generalInfo, unread bodies. At most
 * `max`; how many.
 */
size_t cmp_opaque_spans(const struct cmp_message *msg, struct span *out,
                        size_t max);

/* True when `at` lies in one of them. */
bool cmp_is_opaque(const struct span *spans, size_t num, const uint8_t *at);

#endif
