/*
 * Shared by the CMS codecs.
 */
#ifndef ASN1_CMS_INTERNAL_H
#define ASN1_CMS_INTERNAL_H

#include "asn1/cmp_internal.h"
#include "asn1/cms.h"

/* The choice of issuer and serial number or key identifier. */
MUST_USE enum err cms_id_read(struct der *in, struct cms_id *out);
/* Whatever it is, but for the rKeyId of kari. */
void cms_id_put(struct der_writer *w, const struct cms_id *id);

/* A SET OF these elements, which it puts in order. */
void set_put(struct der_writer *w, unsigned tag, struct span *elements,
             size_t num);

#endif
