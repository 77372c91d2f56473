/*
 * What the CRMF and CMP codecs share: explicit tags, lists, small fields.
 */
#ifndef ASN1_CMP_INTERNAL_H
#define ASN1_CMP_INTERNAL_H

#include "asn1/cmp.h"
#include "base/limits.h"

/* Enters the next element and also gives the whole of it. */
MUST_USE enum err enter_whole(struct der *in, unsigned tag, struct der *content,
                              struct span *whole);

/*
 * Counts the elements `list` holds, without moving it, so that memory for them
 * can be taken at once. Stops at what is no element; reading the list will
 * meet it again and say where. ERR_LIMIT: more than `max`.
 */
MUST_USE enum err list_count(const struct der *list, size_t max, size_t *num);

/* The same for a list that may not be empty: SIZE (1..MAX). */
MUST_USE enum err list_count_some(const struct der *list, size_t max,
                                  size_t *num);

/* A SEQUENCE OF being read: its elements, and zeroed memory for as many
 * things. */
struct list_room {
    struct der seq;
    void *things;
    size_t num;
};
/* Enters it and takes memory for things of `size` bytes. ERR_LIMIT: more than
 * `max` elements. */
MUST_USE enum err list_enter(struct der *in, size_t max, size_t size,
                             struct arena *a, struct list_room *out);
/* The same for SIZE (1..MAX). */
MUST_USE enum err list_enter_some(struct der *in, size_t max, size_t size,
                                  struct arena *a, struct list_room *out);

/*
 * Counts what a SET OF holds, likewise, and refuses elements that are not in
 * ascending order of their encodings (X.690, 11.6).
 */
MUST_USE enum err set_count(const struct der *set, size_t max, size_t *num);
/* Puts elements in that order. */
void set_sort(struct span *elements, size_t num);

/* SEQUENCE OF elements kept whole, each a SEQUENCE itself: certificates, CRLs
 * and messages nobody reads further here. */
MUST_USE enum err wholes_read(struct der *in, size_t max, struct arena *a,
                              struct span_list *out);
MUST_USE enum err wholes_read_some(struct der *in, size_t max, struct arena *a,
                                   struct span_list *out);
void wholes_put(struct der_writer *w, const struct span_list *list);

/* The next element unread, under an explicit tag. */
MUST_USE enum err tagged_whole_read(struct der *in, unsigned tag,
                                    struct span *out);
/* Writes it unless it is absent. */
void tagged_raw_put(struct der_writer *w, unsigned tag, struct span element);

/*
 * [tag] EXPLICIT SEQUENCE SIZE (1..MAX) OF CMPCertificate, each whole.
 */
MUST_USE enum err certs_read(struct der *in, unsigned tag, struct arena *a,
                             const struct span **out, size_t *num);
void certs_put(struct der_writer *w, unsigned tag, const struct span *certs,
               size_t num);

/* An OCTET STRING of at most `max` octets. ERR_LIMIT. */
MUST_USE enum err octets_read(struct der *in, size_t max, struct span *out);

/* [tag] EXPLICIT OCTET STRING OPTIONAL, bounded likewise. */
MUST_USE enum err octets_read_opt(struct der *in, unsigned tag, size_t max,
                                  struct span *out);
/* Writes it unless it is absent. */
void octets_put_opt(struct der_writer *w, unsigned tag, struct span octets);

/* A non-negative INTEGER that fits, under an IMPLICIT tag. */
MUST_USE enum err small_uint_read(struct der *in, unsigned tag, int64_t *out);

/* Time in the form RFC 5280, 4.1.2.5 asks for: through 2049 as UTCTime. */
MUST_USE enum err time_read(struct der *in, int64_t *out);

/* EncryptedKey ::= CHOICE { EncryptedValue, [0] EnvelopedData }, whole. */
MUST_USE enum err encrypted_key_read(struct der *in, struct span *out);

/* PKMACValue's content: AlgorithmIdentifier and BIT STRING. */
MUST_USE enum err mac_value_read_content(struct der *content,
                                         struct alg_id *alg, struct span *mac);

bool alg_is_there(const struct alg_id *alg);
void alg_put(struct der_writer *w, const struct alg_id *alg);
/* Without the SEQUENCE around it, for an IMPLICIT tag. */
void alg_put_content(struct der_writer *w, const struct alg_id *alg);

/* Controls and regInfo. */
MUST_USE enum err controls_read(struct der *in, struct arena *a,
                                const struct attribute **out, size_t *num);
void controls_put(struct der_writer *w, const struct attribute *attrs,
                  size_t num);

MUST_USE enum err popo_read(struct der *in, struct popo *out);
void popo_put(struct der_writer *w, const struct popo *p);

/* One CertifiedKeyPair. */
MUST_USE enum err key_pair_read(struct der *in, struct certified_key_pair *out);
void key_pair_put(struct der_writer *w, const struct certified_key_pair *p);

void header_put(struct der_writer *w, const struct pki_header *h);
void body_put(struct der_writer *w, const struct pki_body *b);

#endif
