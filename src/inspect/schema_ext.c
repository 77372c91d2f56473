/*
 * What extensions hold (RFC 5280, 4.2, 5.2, 5.3; IMPLICIT tags), and otherName.
 */
#include "inspect/schema.h"

static SCHEMA_SEQUENCE(access_description, "AccessDescription",
                       FIELD("accessMethod", oid),
                       FIELD("accessLocation", general_name));
static SCHEMA_LIST_SOME(info_access, "AuthorityInfoAccessSyntax",
                        access_description);

static SCHEMA_PLAIN(key_identifier, "KeyIdentifier", DER_OCTET_STRING);

static SCHEMA_NAMED(key_usage, "KeyUsage", KIND_BITS, DER_BIT_STRING,
                    "digitalSignature", "nonRepudiation", "keyEncipherment",
                    "dataEncipherment", "keyAgreement", "keyCertSign",
                    "cRLSign", "encipherOnly", "decipherOnly");

static SCHEMA_SEQUENCE(private_key_usage_period, "PrivateKeyUsagePeriod",
                       FIELD_IMP_OPT("notBefore", 0, generalized_time),
                       FIELD_IMP_OPT("notAfter", 1, generalized_time));

static SCHEMA_SEQUENCE(basic_constraints, "BasicConstraints",
                       { "cA", &asn_boolean, TAG_OWN, 0,
                         FIELD_OPTIONAL | FIELD_DEFAULT_FALSE },
                       FIELD_OPT("pathLenConstraint", integer));

static SCHEMA_SEQUENCE(authority_key_id, "AuthorityKeyIdentifier",
                       FIELD_IMP_OPT("keyIdentifier", 0, key_identifier),
                       FIELD_IMP_OPT("authorityCertIssuer", 1, general_names),
                       FIELD_IMP_OPT("authorityCertSerialNumber", 2, integer));

static SCHEMA_LIST_SOME(ext_key_usage, "ExtKeyUsageSyntax", oid);

static SCHEMA_NAMED(crl_reason, "CRLReason", KIND_NUMBER, DER_ENUMERATED,
                    "unspecified", "keyCompromise", "cACompromise",
                    "affiliationChanged", "superseded", "cessationOfOperation",
                    "certificateHold", NULL, "removeFromCRL",
                    "privilegeWithdrawn", "aACompromise");

static SCHEMA_NAMED(reason_flags, "ReasonFlags", KIND_BITS, DER_BIT_STRING,
                    "unused", "keyCompromise", "cACompromise",
                    "affiliationChanged", "superseded", "cessationOfOperation",
                    "certificateHold", "privilegeWithdrawn", "aACompromise");

static SCHEMA_SEQUENCE(distribution_point, "DistributionPoint",
                       FIELD_EXP_OPT("distributionPoint", 0,
                                     distribution_point_name),
                       FIELD_IMP_OPT("reasons", 1, reason_flags),
                       FIELD_IMP_OPT("cRLIssuer", 2, general_names));
static SCHEMA_LIST_SOME(crl_distribution_points, "CRLDistributionPoints",
                        distribution_point);

#define FIELD_FLAG(name, n)                      \
    {                                            \
        name, &asn_boolean, TAG_IMPLICIT, n,     \
            FIELD_OPTIONAL | FIELD_DEFAULT_FALSE \
    }
static SCHEMA_SEQUENCE(issuing_distribution_point, "IssuingDistributionPoint",
                       FIELD_EXP_OPT("distributionPoint", 0,
                                     distribution_point_name),
                       FIELD_FLAG("onlyContainsUserCerts", 1),
                       FIELD_FLAG("onlyContainsCACerts", 2),
                       FIELD_IMP_OPT("onlySomeReasons", 3, reason_flags),
                       FIELD_FLAG("indirectCRL", 4),
                       FIELD_FLAG("onlyContainsAttributeCerts", 5));

static SCHEMA_SEQUENCE(general_subtree, "GeneralSubtree",
                       FIELD("base", general_name),
                       FIELD_IMP_OPT("minimum", 0, integer),
                       FIELD_IMP_OPT("maximum", 1, integer));
static SCHEMA_LIST_SOME(general_subtrees, "GeneralSubtrees", general_subtree);
static SCHEMA_SEQUENCE(name_constraints, "NameConstraints",
                       FIELD_IMP_OPT("permittedSubtrees", 0, general_subtrees),
                       FIELD_IMP_OPT("excludedSubtrees", 1, general_subtrees));

static SCHEMA_LIST(notice_numbers, "SEQUENCE OF INTEGER", integer);
static SCHEMA_SEQUENCE(notice_reference, "NoticeReference",
                       FIELD("organization", directory_string),
                       FIELD("noticeNumbers", notice_numbers));
static SCHEMA_SEQUENCE(user_notice, "UserNotice",
                       FIELD_OPT("noticeRef", notice_reference),
                       FIELD_OPT("explicitText", directory_string));
static SCHEMA_BY_OID(qualifier, "ANY", KIND_OPEN, 0, ROW(ID_QT_CPS, ia5),
                     ROW(ID_QT_UNOTICE, user_notice));
static SCHEMA_SEQUENCE(policy_qualifier_info, "PolicyQualifierInfo",
                       FIELD_ID("policyQualifierId", oid),
                       FIELD("qualifier", qualifier));
static SCHEMA_LIST_SOME(policy_qualifiers, "SEQUENCE OF PolicyQualifierInfo",
                        policy_qualifier_info);
static SCHEMA_SEQUENCE(policy_information, "PolicyInformation",
                       FIELD("policyIdentifier", oid),
                       FIELD_OPT("policyQualifiers", policy_qualifiers));
static SCHEMA_LIST_SOME(certificate_policies, "CertificatePolicies",
                        policy_information);

static SCHEMA_SEQUENCE(policy_mapping, "SEQUENCE",
                       FIELD("issuerDomainPolicy", oid),
                       FIELD("subjectDomainPolicy", oid));
static SCHEMA_LIST_SOME(policy_mappings, "PolicyMappings", policy_mapping);

static SCHEMA_SEQUENCE(policy_constraints, "PolicyConstraints",
                       FIELD_IMP_OPT("requireExplicitPolicy", 0, integer),
                       FIELD_IMP_OPT("inhibitPolicyMapping", 1, integer));

/* RFC 9310. */
static SCHEMA_LIST_SOME(nf_types, "NFTypes", ia5);

static SCHEMA_LIST_SOME(directory_attributes, "SubjectDirectoryAttributes",
                        attribute);

SCHEMA_BY_OID(extension_value, "OCTET STRING", KIND_WRAP, DER_OCTET_STRING,
              ROW(ID_PE_AUTHORITY_INFO_ACCESS, info_access),
              ROW(ID_PE_SUBJECT_INFO_ACCESS, info_access),
              ROW(ID_PE_NFTYPE, nf_types),
              ROW(ID_PKIX_OCSP_NONCE, octet_string),
              ROW(ID_PKIX_OCSP_NOCHECK, null),
              ROW(ID_CE_SUBJECT_DIRECTORY_ATTRIBUTES, directory_attributes),
              ROW(ID_CE_SUBJECT_KEY_IDENTIFIER, key_identifier),
              ROW(ID_CE_KEY_USAGE, key_usage),
              ROW(ID_CE_PRIVATE_KEY_USAGE_PERIOD, private_key_usage_period),
              ROW(ID_CE_SUBJECT_ALT_NAME, general_names),
              ROW(ID_CE_ISSUER_ALT_NAME, general_names),
              ROW(ID_CE_BASIC_CONSTRAINTS, basic_constraints),
              ROW(ID_CE_CRL_NUMBER, integer),
              ROW(ID_CE_CRL_REASONS, crl_reason),
              ROW(ID_CE_HOLD_INSTRUCTION_CODE, oid),
              ROW(ID_CE_INVALIDITY_DATE, generalized_time),
              ROW(ID_CE_DELTA_CRL_INDICATOR, integer),
              ROW(ID_CE_ISSUING_DISTRIBUTION_POINT, issuing_distribution_point),
              ROW(ID_CE_CERTIFICATE_ISSUER, general_names),
              ROW(ID_CE_NAME_CONSTRAINTS, name_constraints),
              ROW(ID_CE_CRL_DISTRIBUTION_POINTS, crl_distribution_points),
              ROW(ID_CE_CERTIFICATE_POLICIES, certificate_policies),
              ROW(ID_CE_POLICY_MAPPINGS, policy_mappings),
              ROW(ID_CE_AUTHORITY_KEY_IDENTIFIER, authority_key_id),
              ROW(ID_CE_POLICY_CONSTRAINTS, policy_constraints),
              ROW(ID_CE_EXT_KEY_USAGE, ext_key_usage),
              ROW(ID_CE_FRESHEST_CRL, crl_distribution_points),
              ROW(ID_CE_INHIBIT_ANY_POLICY, integer));

/* --- otherName (RFC 4043, RFC 4108) --- */

static SCHEMA_SEQUENCE(permanent_identifier, "PermanentIdentifier",
                       FIELD_OPT("identifierValue", utf8),
                       FIELD_OPT("assigner", oid));
static SCHEMA_SEQUENCE(hardware_module_name, "HardwareModuleName",
                       FIELD("hwType", oid),
                       FIELD("hwSerialNum", octet_string));

SCHEMA_BY_OID(other_name_value, "ANY", KIND_OPEN, 0,
              ROW(ID_ON_PERMANENT_IDENTIFIER, permanent_identifier),
              ROW(ID_ON_HARDWARE_MODULE_NAME, hardware_module_name));
