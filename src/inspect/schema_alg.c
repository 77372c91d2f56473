/*
 * Parameters of algorithms, and public keys inside their BIT STRING.
 */
#include "inspect/schema.h"

/* --- MACs (RFC 9810, 5.1.3; RFC 8018, A; RFC 8702, A) --- */

static SCHEMA_SEQUENCE(pbm, "PBMParameter", FIELD("salt", octet_string),
                       FIELD("owf", alg_id), FIELD("iterationCount", integer),
                       FIELD("mac", alg_id));
static SCHEMA_SEQUENCE(dhbm, "DHBMParameter", FIELD("owf", alg_id),
                       FIELD("mac", alg_id));
static SCHEMA_SEQUENCE(kem_bm, "KemBMParameter", FIELD("kdf", alg_id),
                       FIELD_EXP_OPT("kemContext", 0, octet_string),
                       FIELD("len", integer), FIELD("mac", alg_id));
static SCHEMA_SEQUENCE(pbmac1, "PBMAC1-params",
                       FIELD("keyDerivationFunc", alg_id),
                       FIELD("messageAuthScheme", alg_id));
static SCHEMA_CHOICE(salt, "CHOICE", FIELD("specified", octet_string),
                     FIELD("otherSource", alg_id));
static SCHEMA_SEQUENCE(pbkdf2, "PBKDF2-params", FIELD("salt", salt),
                       FIELD("iterationCount", integer),
                       FIELD_OPT("keyLength", integer),
                       FIELD_OPT("prf", alg_id));
static SCHEMA_SEQUENCE(pbes2, "PBES2-params",
                       FIELD("keyDerivationFunc", alg_id),
                       FIELD("encryptionScheme", alg_id));
static SCHEMA_SEQUENCE(kmac, "KMACwithSHAKE-params",
                       FIELD_OPT("kMACOutputLength", integer),
                       FIELD_OPT("customizationString", octet_string));

/* --- Signatures and keys (RFC 8017, A.2; RFC 3279; RFC 5480) --- */

static SCHEMA_SEQUENCE(pss, "RSASSA-PSS-params",
                       FIELD_EXP_OPT("hashAlgorithm", 0, alg_id),
                       FIELD_EXP_OPT("maskGenAlgorithm", 1, alg_id),
                       FIELD_EXP_OPT("saltLength", 2, integer),
                       FIELD_EXP_OPT("trailerField", 3, integer));
static SCHEMA_SEQUENCE(oaep, "RSAES-OAEP-params",
                       FIELD_EXP_OPT("hashAlgorithm", 0, alg_id),
                       FIELD_EXP_OPT("maskGenAlgorithm", 1, alg_id),
                       FIELD_EXP_OPT("pSourceAlgorithm", 2, alg_id));
static SCHEMA_SEQUENCE(dss_params, "Dss-Parms", FIELD("p", integer),
                       FIELD("q", integer), FIELD("g", integer));
static SCHEMA_SEQUENCE(dh_params, "DomainParameters", FIELD("p", integer),
                       FIELD("g", integer), FIELD("q", integer),
                       FIELD_OPT("j", integer),
                       FIELD_OPT("validationParms", any_sequence));
static SCHEMA_CHOICE(ec_params, "ECParameters", FIELD("namedCurve", oid),
                     FIELD("implicitCurve", null),
                     FIELD("specifiedCurve", any_sequence));

/* --- Encryption (RFC 5084, RFC 9044) --- */

static SCHEMA_SEQUENCE(gcm, "GCMParameters", FIELD("aes-nonce", octet_string),
                       FIELD_OPT("aes-ICVlen", integer));

SCHEMA_BY_OID(alg_parameters, "ANY", KIND_OPEN, 0,
              ROW(ID_PASSWORD_BASED_MAC, pbm), ROW(ID_DH_BASED_MAC, dhbm),
              ROW(ID_KEM_BASED_MAC, kem_bm), ROW(ID_PBMAC1, pbmac1),
              ROW(ID_PBKDF2, pbkdf2), ROW(ID_PBES2, pbes2),
              ROW(ID_KMAC_WITH_SHAKE128, kmac),
              ROW(ID_KMAC_WITH_SHAKE256, kmac), ROW(ID_RSASSA_PSS, pss),
              ROW(ID_RSAES_OAEP, oaep), ROW(ID_MGF1, alg_id),
              ROW(ID_P_SPECIFIED, octet_string), ROW(ID_DSA, dss_params),
              ROW(DHPUBLICNUMBER, dh_params), ROW(ID_EC_PUBLIC_KEY, ec_params),
              ROW(ID_ALG_ESDH, alg_id), ROW(ID_ALG_PWRI_KEK, alg_id),
              ROW(DH_SINGLE_PASS_STD_DH_SHA224_KDF_SCHEME, alg_id),
              ROW(DH_SINGLE_PASS_STD_DH_SHA256_KDF_SCHEME, alg_id),
              ROW(DH_SINGLE_PASS_STD_DH_SHA384_KDF_SCHEME, alg_id),
              ROW(DH_SINGLE_PASS_STD_DH_SHA512_KDF_SCHEME, alg_id),
              ROW(DH_SINGLE_PASS_COFACTOR_DH_SHA224_KDF_SCHEME, alg_id),
              ROW(DH_SINGLE_PASS_COFACTOR_DH_SHA256_KDF_SCHEME, alg_id),
              ROW(DH_SINGLE_PASS_COFACTOR_DH_SHA384_KDF_SCHEME, alg_id),
              ROW(DH_SINGLE_PASS_COFACTOR_DH_SHA512_KDF_SCHEME, alg_id),
              ROW(MQV_SINGLE_PASS_SHA224_KDF_SCHEME, alg_id),
              ROW(MQV_SINGLE_PASS_SHA256_KDF_SCHEME, alg_id),
              ROW(MQV_SINGLE_PASS_SHA384_KDF_SCHEME, alg_id),
              ROW(MQV_SINGLE_PASS_SHA512_KDF_SCHEME, alg_id),
              ROW(ID_AES128_GCM, gcm), ROW(ID_AES192_GCM, gcm),
              ROW(ID_AES256_GCM, gcm), ROW(ID_AES128_GMAC, gcm),
              ROW(ID_AES192_GMAC, gcm), ROW(ID_AES256_GMAC, gcm));

/* --- Public keys --- */

static SCHEMA_SEQUENCE(rsa_public_key, "RSAPublicKey",
                       FIELD("modulus", integer),
                       FIELD("publicExponent", integer));
static SCHEMA_PLAIN(public_number, "INTEGER", DER_INTEGER);

SCHEMA_BY_OID(public_key, "BIT STRING", KIND_WRAP, DER_BIT_STRING,
              ROW(RSA_ENCRYPTION, rsa_public_key),
              ROW(ID_RSASSA_PSS, rsa_public_key),
              ROW(ID_RSAES_OAEP, rsa_public_key), ROW(ID_DSA, public_number),
              ROW(DHPUBLICNUMBER, public_number));
