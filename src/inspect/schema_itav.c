/*
 * Values of InfoTypeAndValue (RFC 9810, 5.3.19).
 */
#include "inspect/schema.h"

SCHEMA_LIST_SOME(certs, "SEQUENCE OF CMPCertificate", cmp_certificate);
SCHEMA_LIST_SOME(crls, "SEQUENCE OF CertificateList", crl);
SCHEMA_LIST_SOME(alg_list, "SEQUENCE OF AlgorithmIdentifier", alg_id);
SCHEMA_LIST_SOME(oid_list, "SEQUENCE OF OBJECT IDENTIFIER", oid);

SCHEMA_SEQUENCE(cert_req_template, "CertReqTemplateContent",
                FIELD("certTemplate", cert_template),
                FIELD_OPT("keySpec", controls));

static SCHEMA_CHOICE(crl_source, "CRLSource",
                     FIELD_EXP("dpn", 0, distribution_point_name),
                     FIELD_EXP("issuer", 1, general_names));
static SCHEMA_SEQUENCE(crl_status, "CRLStatus", FIELD("source", crl_source),
                       FIELD_OPT("thisUpdate", time));
SCHEMA_LIST_SOME(crl_status_list, "SEQUENCE OF CRLStatus", crl_status);

SCHEMA_SEQUENCE(kem_ciphertext, "KemCiphertextInfo", FIELD("kem", alg_id),
                FIELD("ct", octet_string));

SCHEMA_BY_OID(
    info_value, "ANY", KIND_OPEN, 0,
    ROW(ID_IT_CA_PROT_ENC_CERT, cmp_certificate),
    ROW(ID_IT_SIGN_KEY_PAIR_TYPES, alg_list),
    ROW(ID_IT_ENC_KEY_PAIR_TYPES, alg_list),
    ROW(ID_IT_PREFERRED_SYMM_ALG, alg_id),
    ROW(ID_IT_CA_KEY_UPDATE_INFO, ca_key_update_v2),
    ROW(ID_IT_CURRENT_CRL, crl), ROW(ID_IT_UNSUPPORTED_OIDS, oid_list),
    ROW(ID_IT_KEY_PAIR_PARAM_REQ, oid), ROW(ID_IT_KEY_PAIR_PARAM_REP, alg_id),
    ROW(ID_IT_REV_PASSPHRASE, encrypted_key), ROW(ID_IT_IMPLICIT_CONFIRM, null),
    ROW(ID_IT_CONFIRM_WAIT_TIME, generalized_time),
    ROW(ID_IT_ORIG_PKI_MESSAGE, pki_messages),
    ROW(ID_IT_SUPP_LANG_TAGS, free_text), ROW(ID_IT_CA_CERTS, certs),
    ROW(ID_IT_ROOT_CA_KEY_UPDATE, ca_key_update_v3),
    ROW(ID_IT_CERT_REQ_TEMPLATE, cert_req_template),
    ROW(ID_IT_ROOT_CA_CERT, cmp_certificate),
    ROW(ID_IT_CERT_PROFILE, free_text),
    ROW(ID_IT_CRL_STATUS_LIST, crl_status_list), ROW(ID_IT_CRLS, crls),
    ROW(ID_IT_KEM_CIPHERTEXT_INFO, kem_ciphertext));
