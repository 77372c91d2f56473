/*
 * ASN.1 types as data: what tree.c reads any of them by. Only inside inspect.
 *
 * Each type is one row set in a schema_*.c, written as its RFC writes it; a
 * type that is not listed is shown as whatever stands there.
 */
#ifndef INSPECT_SCHEMA_H
#define INSPECT_SCHEMA_H

#include "der/der.h"
#include "der/oid.h"

enum schema_kind {
    KIND_PLAIN,  /* one primitive element of a universal type */
    KIND_NUMBER, /* an INTEGER or ENUMERATED whose values have names */
    KIND_BITS,   /* a BIT STRING whose bits have names */
    KIND_IP,     /* an OCTET STRING: an address, or one and its mask */
    KIND_SECRET, /* an OCTET STRING that is never shown */
    KIND_SEQUENCE,
    KIND_LIST,   /* SEQUENCE OF, SET OF */
    KIND_CHOICE, /* one of the fields */
    KIND_WRAP,   /* an OCTET or BIT STRING that holds another type */
    KIND_OPEN,   /* what the object identifier before it says */
    KIND_ANY     /* whatever stands there */
};

struct schema_type;

enum schema_tagging {
    TAG_OWN,
    TAG_EXPLICIT,
    TAG_IMPLICIT
};

enum schema_flag {
    FIELD_OPTIONAL = 1u << 0,
    FIELD_DEFAULT_FALSE = 1u << 1, /* a BOOLEAN that is not written if FALSE */
    FIELD_KEY = 1u << 2            /* its OID says what open types are */
};

struct schema_field {
    const char *name;
    const struct schema_type *type;
    enum schema_tagging tagging;
    uint8_t number; /* of the context tag */
    unsigned flags;
};

/* Which type an object identifier stands for. */
struct schema_row {
    enum oid id;
    const struct schema_type *type;
};

struct schema_type {
    const char *name;
    enum schema_kind kind;
    unsigned tag; /* its own; 0: a CHOICE, or one that any tag fits */
    const struct schema_field *fields; /* SEQUENCE, CHOICE */
    size_t num_fields;
    const struct schema_type *of;  /* LIST, WRAP */
    const struct schema_row *rows; /* OPEN; WRAP without `of` */
    size_t num_rows;
    const char *const *names; /* NUMBER, BITS; may hold NULL */
    size_t num_names;
    bool is_some;    /* LIST: SIZE (1..MAX) */
    bool is_through; /* CHOICE: the chosen field has no name of its own */
};

/* The type of this object identifier; NULL: none is known. */
const struct schema_type *schema_row_find(const struct schema_type *open,
                                          struct span oid);

/* --- How types are written --- */

#define FIELD(name, type)                \
    {                                    \
        name, &asn_##type, TAG_OWN, 0, 0 \
    }
#define FIELD_OPT(name, type)                         \
    {                                                 \
        name, &asn_##type, TAG_OWN, 0, FIELD_OPTIONAL \
    }
#define FIELD_ID(name, type)                     \
    {                                            \
        name, &asn_##type, TAG_OWN, 0, FIELD_KEY \
    }
#define FIELD_EXP(name, n, type)              \
    {                                         \
        name, &asn_##type, TAG_EXPLICIT, n, 0 \
    }
#define FIELD_EXP_OPT(name, n, type)                       \
    {                                                      \
        name, &asn_##type, TAG_EXPLICIT, n, FIELD_OPTIONAL \
    }
#define FIELD_IMP(name, n, type)              \
    {                                         \
        name, &asn_##type, TAG_IMPLICIT, n, 0 \
    }
#define FIELD_IMP_OPT(name, n, type)                       \
    {                                                      \
        name, &asn_##type, TAG_IMPLICIT, n, FIELD_OPTIONAL \
    }

/* An array and how many it holds; both have static storage. */
#define SCHEMA_ARRAY(type, member, ...)      \
    .member = (const type[]){ __VA_ARGS__ }, \
    .num_##member = sizeof((const type[]){ __VA_ARGS__ }) / sizeof(type)

#define SCHEMA_SEQUENCE(id, title, ...)                                     \
    const struct schema_type asn_##id = { .name = (title),                  \
                                          .kind = KIND_SEQUENCE,            \
                                          .tag = DER_SEQUENCE,              \
                                          SCHEMA_ARRAY(struct schema_field, \
                                                       fields, __VA_ARGS__) }
#define SCHEMA_CHOICE(id, title, ...)                                       \
    const struct schema_type asn_##id = { .name = (title),                  \
                                          .kind = KIND_CHOICE,              \
                                          SCHEMA_ARRAY(struct schema_field, \
                                                       fields, __VA_ARGS__) }
#define SCHEMA_THROUGH(id, title, ...)                                      \
    const struct schema_type asn_##id = { .name = (title),                  \
                                          .kind = KIND_CHOICE,              \
                                          .is_through = true,               \
                                          SCHEMA_ARRAY(struct schema_field, \
                                                       fields, __VA_ARGS__) }
#define SCHEMA_LIST_(id, title, list_tag, some, element) \
    const struct schema_type asn_##id = {                \
        .name = (title),                                 \
        .kind = KIND_LIST,                               \
        .tag = (list_tag),                               \
        .of = &asn_##element,                            \
        .is_some = (some),                               \
    }
#define SCHEMA_LIST(id, title, element) \
    SCHEMA_LIST_(id, title, DER_SEQUENCE, false, element)
#define SCHEMA_LIST_SOME(id, title, element) \
    SCHEMA_LIST_(id, title, DER_SEQUENCE, true, element)
#define SCHEMA_SET(id, title, element) \
    SCHEMA_LIST_(id, title, DER_SET, false, element)
#define SCHEMA_SET_SOME(id, title, element) \
    SCHEMA_LIST_(id, title, DER_SET, true, element)
#define SCHEMA_PLAIN(id, title, own_tag)  \
    const struct schema_type asn_##id = { \
        .name = (title),                  \
        .kind = KIND_PLAIN,               \
        .tag = (own_tag),                 \
    }
#define SCHEMA_NAMED(id, title, its_kind, own_tag, ...)                    \
    const struct schema_type asn_##id = { .name = (title),                 \
                                          .kind = (its_kind),              \
                                          .tag = (own_tag),                \
                                          SCHEMA_ARRAY(char *const, names, \
                                                       __VA_ARGS__) }
#define SCHEMA_BY_OID(id, title, its_kind, own_tag, ...)                  \
    const struct schema_type asn_##id = { .name = (title),                \
                                          .kind = (its_kind),             \
                                          .tag = (own_tag),               \
                                          SCHEMA_ARRAY(struct schema_row, \
                                                       rows, __VA_ARGS__) }
#define ROW(oid, type)         \
    {                          \
        OID_##oid, &asn_##type \
    }

/* --- The types that can be asked for by name, or are used across files --- */

/* clang-format off */
#define SCHEMA_SHARED(T)                                                       \
    /* schema_basic.c */                                                       \
    T(boolean) T(integer) T(bit_string) T(octet_string) T(null) T(oid)         \
    T(utf8) T(ia5) T(utc_time) T(generalized_time) T(any) T(any_sequence)      \
    T(directory_string) T(time) T(version) T(ip_address) T(private_key)        \
    /* schema_x509.c */                                                        \
    T(certificate) T(crl) T(cmp_certificate) T(tbs_certificate)                \
    T(certification_request) T(name) T(rdn) T(extensions) T(extension)         \
    T(alg_id) T(spki) T(general_name) T(general_names) T(attribute)            \
    T(attributes) T(distribution_point_name)                                   \
    /* schema_alg.c, schema_ext.c */                                           \
    T(alg_parameters) T(public_key) T(extension_value) T(other_name_value)     \
    /* schema_crmf.c */                                                        \
    T(cert_req_messages) T(cert_template) T(cert_request) T(cert_id)           \
    T(controls) T(encrypted_key) T(encrypted_value) T(publication_info)        \
    /* schema_cmp.c */                                                         \
    T(pki_message) T(pki_messages) T(pki_header) T(pki_body) T(status_info)    \
    T(free_text) T(cert_rep) T(cert_confirm) T(error_msg) T(rev_req)           \
    T(rev_rep) T(poll_req) T(poll_rep) T(pop_challenges) T(pop_answers)        \
    T(pop_rand) T(key_rec_rep) T(ca_key_update) T(ca_key_update_v2)            \
    T(ca_key_update_v3) T(rev_ann) T(info_list)                                \
    /* schema_itav.c */                                                        \
    T(info_value) T(alg_list) T(oid_list) T(certs) T(crls)                     \
    T(cert_req_template) T(crl_status_list) T(kem_ciphertext)                  \
    /* schema_cms.c */                                                         \
    T(content_info) T(enveloped_data) T(signed_data) T(key_package)
/* clang-format on */
#define SCHEMA_EXTERN(id) extern const struct schema_type asn_##id;
SCHEMA_SHARED(SCHEMA_EXTERN)
#undef SCHEMA_EXTERN

#endif
