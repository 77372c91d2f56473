/* Shared by the rules of certificates. */
#ifndef PROFILE_CERTIFICATE_INTERNAL_H
#define PROFILE_CERTIFICATE_INTERNAL_H

#include "profile/certificate.h"

typedef enum verdict cert_check(const struct cert_judged *in,
                                struct found *found);

/* Fills `found` with the place of `field` in the certificate; BROKEN. */
enum verdict cert_broken(const struct cert_judged *in, struct found *found,
                         const char *field, const char *fmt, ...)
    PRINTF_LIKE(4, 5);

/* certificate_fields.c */
cert_check cert_check_version;
cert_check cert_check_serial_positive;
cert_check cert_check_serial_short;
cert_check cert_check_alg_strong;
cert_check cert_check_alg_of_profile;
cert_check cert_check_issuer_named;
cert_check cert_check_validity_order;
cert_check cert_check_time_form;
cert_check cert_check_in_force;
cert_check cert_check_subject_named;
cert_check cert_check_name_form;
cert_check cert_check_key;
cert_check cert_check_rsa_exponent;
cert_check cert_check_no_unique_ids;
cert_check cert_check_signature;

/* certificate_extensions.c */
cert_check cert_check_ca_bit;
cert_check cert_check_ca_bit_critical;
cert_check cert_check_ca_usage;
cert_check cert_check_crl_usage;
cert_check cert_check_sign_usage_ca;
cert_check cert_check_path_len_ca;
cert_check cert_check_path_len;
cert_check cert_check_has_usage;
cert_check cert_check_usage_critical;
cert_check cert_check_usage_for_key;
cert_check cert_check_ca_ski;
cert_check cert_check_ski;
cert_check cert_check_aki;
cert_check cert_check_aki_fits;
cert_check cert_check_ids_not_critical;
cert_check cert_check_critical_known;
cert_check cert_check_no_power;

#endif
