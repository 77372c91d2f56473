/*
 * Every object identifier the project knows:
 *     OID(ENUM_NAME, "dotted", "name the standard gives it", "content octets")
 *
 * In ascending order of the content octets, as oid_find searches by halves;
 * the test of this table refuses a wrong place and names the octets wanted.
 */
#ifndef DER_OID_LIST_H
#define DER_OID_LIST_H

/* clang-format off */
#define OIDS(OID)                                                              \
    OID(UID, "0.9.2342.19200300.100.1.1",                                      \
        "uid", "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01")                     \
    OID(ID_DOMAIN_COMPONENT, "0.9.2342.19200300.100.1.25",                     \
        "id-domainComponent", "\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19")      \
    OID(ID_PASSWORD_BASED_MAC, "1.2.840.113533.7.66.13",                       \
        "id-PasswordBasedMac", "\x2a\x86\x48\x86\xf6\x7d\x07\x42\x0d")         \
    OID(ID_KEM_BASED_MAC, "1.2.840.113533.7.66.16",                            \
        "id-KemBasedMac", "\x2a\x86\x48\x86\xf6\x7d\x07\x42\x10")              \
    OID(ID_DH_BASED_MAC, "1.2.840.113533.7.66.30",                             \
        "id-DHBasedMac", "\x2a\x86\x48\x86\xf6\x7d\x07\x42\x1e")               \
    OID(RSA_ENCRYPTION, "1.2.840.113549.1.1.1",                                \
        "rsaEncryption", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01")               \
    OID(MD5_WITH_RSA_ENCRYPTION, "1.2.840.113549.1.1.4",                       \
        "md5WithRSAEncryption", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x04")        \
    OID(SHA1_WITH_RSA_ENCRYPTION, "1.2.840.113549.1.1.5",                      \
        "sha1WithRSAEncryption", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x05")       \
    OID(ID_RSAES_OAEP, "1.2.840.113549.1.1.7",                                 \
        "id-RSAES-OAEP", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07")               \
    OID(ID_MGF1, "1.2.840.113549.1.1.8",                                       \
        "id-mgf1", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08")                     \
    OID(ID_P_SPECIFIED, "1.2.840.113549.1.1.9",                                \
        "id-pSpecified", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x09")               \
    OID(ID_RSASSA_PSS, "1.2.840.113549.1.1.10",                                \
        "id-RSASSA-PSS", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a")               \
    OID(SHA256_WITH_RSA_ENCRYPTION, "1.2.840.113549.1.1.11",                   \
        "sha256WithRSAEncryption", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b")     \
    OID(SHA384_WITH_RSA_ENCRYPTION, "1.2.840.113549.1.1.12",                   \
        "sha384WithRSAEncryption", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c")     \
    OID(SHA512_WITH_RSA_ENCRYPTION, "1.2.840.113549.1.1.13",                   \
        "sha512WithRSAEncryption", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d")     \
    OID(SHA224_WITH_RSA_ENCRYPTION, "1.2.840.113549.1.1.14",                   \
        "sha224WithRSAEncryption", "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0e")     \
    OID(ID_PBKDF2, "1.2.840.113549.1.5.12",                                    \
        "id-PBKDF2", "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c")                   \
    OID(ID_PBES2, "1.2.840.113549.1.5.13",                                     \
        "id-PBES2", "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0d")                    \
    OID(ID_PBMAC1, "1.2.840.113549.1.5.14",                                    \
        "id-PBMAC1", "\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0e")                   \
    OID(ID_DATA, "1.2.840.113549.1.7.1",                                       \
        "id-data", "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01")                     \
    OID(ID_SIGNED_DATA, "1.2.840.113549.1.7.2",                                \
        "id-signedData", "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02")               \
    OID(ID_ENVELOPED_DATA, "1.2.840.113549.1.7.3",                             \
        "id-envelopedData", "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x03")            \
    OID(ID_ENCRYPTED_DATA, "1.2.840.113549.1.7.6",                             \
        "id-encryptedData", "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x06")            \
    OID(ID_EMAIL_ADDRESS, "1.2.840.113549.1.9.1",                              \
        "id-emailAddress", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01")             \
    OID(PKCS_9_AT_UNSTRUCTURED_NAME, "1.2.840.113549.1.9.2",                   \
        "pkcs-9-at-unstructuredName", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x02")  \
    OID(ID_CONTENT_TYPE, "1.2.840.113549.1.9.3",                               \
        "id-contentType", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03")              \
    OID(ID_MESSAGE_DIGEST, "1.2.840.113549.1.9.4",                             \
        "id-messageDigest", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x04")            \
    OID(ID_SIGNING_TIME, "1.2.840.113549.1.9.5",                               \
        "id-signingTime", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05")              \
    OID(ID_COUNTERSIGNATURE, "1.2.840.113549.1.9.6",                           \
        "id-countersignature", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x06")         \
    OID(PKCS_9_AT_CHALLENGE_PASSWORD, "1.2.840.113549.1.9.7",                  \
        "pkcs-9-at-challengePassword",                                         \
        "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x07")                                \
    OID(PKCS_9_AT_UNSTRUCTURED_ADDRESS, "1.2.840.113549.1.9.8",                \
        "pkcs-9-at-unstructuredAddress",                                       \
        "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x08")                                \
    OID(PKCS_9_AT_EXTENSION_REQUEST, "1.2.840.113549.1.9.14",                  \
        "pkcs-9-at-extensionRequest", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0e")  \
    OID(ID_CT_ENC_KEY_WITH_ID, "1.2.840.113549.1.9.16.1.21",                   \
        "id-ct-encKeyWithID", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x01\x15")  \
    OID(ID_ALG_ESDH, "1.2.840.113549.1.9.16.3.5",                              \
        "id-alg-ESDH", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x05")         \
    OID(ID_ALG_PWRI_KEK, "1.2.840.113549.1.9.16.3.9",                          \
        "id-alg-PWRI-KEK", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x09")     \
    OID(ID_ALG_HKDF_WITH_SHA256, "1.2.840.113549.1.9.16.3.28",                 \
        "id-alg-hkdf-with-sha256",                                             \
        "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x1c")                        \
    OID(ID_ALG_HKDF_WITH_SHA384, "1.2.840.113549.1.9.16.3.29",                 \
        "id-alg-hkdf-with-sha384",                                             \
        "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x1d")                        \
    OID(ID_ALG_HKDF_WITH_SHA512, "1.2.840.113549.1.9.16.3.30",                 \
        "id-alg-hkdf-with-sha512",                                             \
        "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x1e")                        \
    OID(ID_ALG_HKDF_WITH_SHA3_224, "1.2.840.113549.1.9.16.3.32",               \
        "id-alg-hkdf-with-sha3-224",                                           \
        "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x20")                        \
    OID(ID_ALG_HKDF_WITH_SHA3_256, "1.2.840.113549.1.9.16.3.33",               \
        "id-alg-hkdf-with-sha3-256",                                           \
        "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x21")                        \
    OID(ID_ALG_HKDF_WITH_SHA3_384, "1.2.840.113549.1.9.16.3.34",               \
        "id-alg-hkdf-with-sha3-384",                                           \
        "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x22")                        \
    OID(ID_ALG_HKDF_WITH_SHA3_512, "1.2.840.113549.1.9.16.3.35",               \
        "id-alg-hkdf-with-sha3-512",                                           \
        "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x23")                        \
    OID(ID_ORI_KEM, "1.2.840.113549.1.9.16.13.3",                              \
        "id-ori-kem", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x0d\x03")          \
    OID(PKCS_9_AT_FRIENDLY_NAME, "1.2.840.113549.1.9.20",                      \
        "pkcs-9-at-friendlyName", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x14")      \
    OID(PKCS_9_AT_LOCAL_KEY_ID, "1.2.840.113549.1.9.21",                       \
        "pkcs-9-at-localKeyId", "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x15")        \
    OID(ID_MD5, "1.2.840.113549.2.5",                                          \
        "id-md5", "\x2a\x86\x48\x86\xf7\x0d\x02\x05")                          \
    OID(ID_HMAC_WITH_SHA1, "1.2.840.113549.2.7",                               \
        "id-hmacWithSHA1", "\x2a\x86\x48\x86\xf7\x0d\x02\x07")                 \
    OID(ID_HMAC_WITH_SHA224, "1.2.840.113549.2.8",                             \
        "id-hmacWithSHA224", "\x2a\x86\x48\x86\xf7\x0d\x02\x08")               \
    OID(ID_HMAC_WITH_SHA256, "1.2.840.113549.2.9",                             \
        "id-hmacWithSHA256", "\x2a\x86\x48\x86\xf7\x0d\x02\x09")               \
    OID(ID_HMAC_WITH_SHA384, "1.2.840.113549.2.10",                            \
        "id-hmacWithSHA384", "\x2a\x86\x48\x86\xf7\x0d\x02\x0a")               \
    OID(ID_HMAC_WITH_SHA512, "1.2.840.113549.2.11",                            \
        "id-hmacWithSHA512", "\x2a\x86\x48\x86\xf7\x0d\x02\x0b")               \
    OID(DES_EDE3_CBC, "1.2.840.113549.3.7",                                    \
        "des-ede3-cbc", "\x2a\x86\x48\x86\xf7\x0d\x03\x07")                    \
    OID(ID_DSA, "1.2.840.10040.4.1",                                           \
        "id-dsa", "\x2a\x86\x48\xce\x38\x04\x01")                              \
    OID(ID_DSA_WITH_SHA1, "1.2.840.10040.4.3",                                 \
        "id-dsa-with-sha1", "\x2a\x86\x48\xce\x38\x04\x03")                    \
    OID(ID_EC_PUBLIC_KEY, "1.2.840.10045.2.1",                                 \
        "id-ecPublicKey", "\x2a\x86\x48\xce\x3d\x02\x01")                      \
    OID(SECP192R1, "1.2.840.10045.3.1.1",                                      \
        "secp192r1", "\x2a\x86\x48\xce\x3d\x03\x01\x01")                       \
    OID(SECP256R1, "1.2.840.10045.3.1.7",                                      \
        "secp256r1", "\x2a\x86\x48\xce\x3d\x03\x01\x07")                       \
    OID(ECDSA_WITH_SHA1, "1.2.840.10045.4.1",                                  \
        "ecdsa-with-SHA1", "\x2a\x86\x48\xce\x3d\x04\x01")                     \
    OID(ECDSA_WITH_SHA224, "1.2.840.10045.4.3.1",                              \
        "ecdsa-with-SHA224", "\x2a\x86\x48\xce\x3d\x04\x03\x01")               \
    OID(ECDSA_WITH_SHA256, "1.2.840.10045.4.3.2",                              \
        "ecdsa-with-SHA256", "\x2a\x86\x48\xce\x3d\x04\x03\x02")               \
    OID(ECDSA_WITH_SHA384, "1.2.840.10045.4.3.3",                              \
        "ecdsa-with-SHA384", "\x2a\x86\x48\xce\x3d\x04\x03\x03")               \
    OID(ECDSA_WITH_SHA512, "1.2.840.10045.4.3.4",                              \
        "ecdsa-with-SHA512", "\x2a\x86\x48\xce\x3d\x04\x03\x04")               \
    OID(DHPUBLICNUMBER, "1.2.840.10046.2.1",                                   \
        "dhpublicnumber", "\x2a\x86\x48\xce\x3e\x02\x01")                      \
    OID(ID_PE_AUTHORITY_INFO_ACCESS, "1.3.6.1.5.5.7.1.1",                      \
        "id-pe-authorityInfoAccess", "\x2b\x06\x01\x05\x05\x07\x01\x01")       \
    OID(ID_PE_SUBJECT_INFO_ACCESS, "1.3.6.1.5.5.7.1.11",                       \
        "id-pe-subjectInfoAccess", "\x2b\x06\x01\x05\x05\x07\x01\x0b")         \
    OID(ID_PE_NFTYPE, "1.3.6.1.5.5.7.1.34",                                    \
        "id-pe-nftype", "\x2b\x06\x01\x05\x05\x07\x01\x22")                    \
    OID(ID_QT_CPS, "1.3.6.1.5.5.7.2.1",                                        \
        "id-qt-cps", "\x2b\x06\x01\x05\x05\x07\x02\x01")                       \
    OID(ID_QT_UNOTICE, "1.3.6.1.5.5.7.2.2",                                    \
        "id-qt-unotice", "\x2b\x06\x01\x05\x05\x07\x02\x02")                   \
    OID(ID_KP_SERVER_AUTH, "1.3.6.1.5.5.7.3.1",                                \
        "id-kp-serverAuth", "\x2b\x06\x01\x05\x05\x07\x03\x01")                \
    OID(ID_KP_CLIENT_AUTH, "1.3.6.1.5.5.7.3.2",                                \
        "id-kp-clientAuth", "\x2b\x06\x01\x05\x05\x07\x03\x02")                \
    OID(ID_KP_CODE_SIGNING, "1.3.6.1.5.5.7.3.3",                               \
        "id-kp-codeSigning", "\x2b\x06\x01\x05\x05\x07\x03\x03")               \
    OID(ID_KP_EMAIL_PROTECTION, "1.3.6.1.5.5.7.3.4",                           \
        "id-kp-emailProtection", "\x2b\x06\x01\x05\x05\x07\x03\x04")           \
    OID(ID_KP_TIME_STAMPING, "1.3.6.1.5.5.7.3.8",                              \
        "id-kp-timeStamping", "\x2b\x06\x01\x05\x05\x07\x03\x08")              \
    OID(ID_KP_OCSP_SIGNING, "1.3.6.1.5.5.7.3.9",                               \
        "id-kp-OCSPSigning", "\x2b\x06\x01\x05\x05\x07\x03\x09")               \
    OID(ID_KP_IPSEC_IKE, "1.3.6.1.5.5.7.3.17",                                 \
        "id-kp-ipsecIKE", "\x2b\x06\x01\x05\x05\x07\x03\x11")                  \
    OID(ID_KP_CMC_CA, "1.3.6.1.5.5.7.3.27",                                    \
        "id-kp-cmcCA", "\x2b\x06\x01\x05\x05\x07\x03\x1b")                     \
    OID(ID_KP_CMC_RA, "1.3.6.1.5.5.7.3.28",                                    \
        "id-kp-cmcRA", "\x2b\x06\x01\x05\x05\x07\x03\x1c")                     \
    OID(ID_KP_CMC_ARCHIVE, "1.3.6.1.5.5.7.3.29",                               \
        "id-kp-cmcArchive", "\x2b\x06\x01\x05\x05\x07\x03\x1d")                \
    OID(ID_KP_CM_KGA, "1.3.6.1.5.5.7.3.32",                                    \
        "id-kp-cmKGA", "\x2b\x06\x01\x05\x05\x07\x03\x20")                     \
    OID(ID_IT_CA_PROT_ENC_CERT, "1.3.6.1.5.5.7.4.1",                           \
        "id-it-caProtEncCert", "\x2b\x06\x01\x05\x05\x07\x04\x01")             \
    OID(ID_IT_SIGN_KEY_PAIR_TYPES, "1.3.6.1.5.5.7.4.2",                        \
        "id-it-signKeyPairTypes", "\x2b\x06\x01\x05\x05\x07\x04\x02")          \
    OID(ID_IT_ENC_KEY_PAIR_TYPES, "1.3.6.1.5.5.7.4.3",                         \
        "id-it-encKeyPairTypes", "\x2b\x06\x01\x05\x05\x07\x04\x03")           \
    OID(ID_IT_PREFERRED_SYMM_ALG, "1.3.6.1.5.5.7.4.4",                         \
        "id-it-preferredSymmAlg", "\x2b\x06\x01\x05\x05\x07\x04\x04")          \
    OID(ID_IT_CA_KEY_UPDATE_INFO, "1.3.6.1.5.5.7.4.5",                         \
        "id-it-caKeyUpdateInfo", "\x2b\x06\x01\x05\x05\x07\x04\x05")           \
    OID(ID_IT_CURRENT_CRL, "1.3.6.1.5.5.7.4.6",                                \
        "id-it-currentCRL", "\x2b\x06\x01\x05\x05\x07\x04\x06")                \
    OID(ID_IT_UNSUPPORTED_OIDS, "1.3.6.1.5.5.7.4.7",                           \
        "id-it-unsupportedOIDs", "\x2b\x06\x01\x05\x05\x07\x04\x07")           \
    OID(ID_IT_KEY_PAIR_PARAM_REQ, "1.3.6.1.5.5.7.4.10",                        \
        "id-it-keyPairParamReq", "\x2b\x06\x01\x05\x05\x07\x04\x0a")           \
    OID(ID_IT_KEY_PAIR_PARAM_REP, "1.3.6.1.5.5.7.4.11",                        \
        "id-it-keyPairParamRep", "\x2b\x06\x01\x05\x05\x07\x04\x0b")           \
    OID(ID_IT_REV_PASSPHRASE, "1.3.6.1.5.5.7.4.12",                            \
        "id-it-revPassphrase", "\x2b\x06\x01\x05\x05\x07\x04\x0c")             \
    OID(ID_IT_IMPLICIT_CONFIRM, "1.3.6.1.5.5.7.4.13",                          \
        "id-it-implicitConfirm", "\x2b\x06\x01\x05\x05\x07\x04\x0d")           \
    OID(ID_IT_CONFIRM_WAIT_TIME, "1.3.6.1.5.5.7.4.14",                         \
        "id-it-confirmWaitTime", "\x2b\x06\x01\x05\x05\x07\x04\x0e")           \
    OID(ID_IT_ORIG_PKI_MESSAGE, "1.3.6.1.5.5.7.4.15",                          \
        "id-it-origPKIMessage", "\x2b\x06\x01\x05\x05\x07\x04\x0f")            \
    OID(ID_IT_SUPP_LANG_TAGS, "1.3.6.1.5.5.7.4.16",                            \
        "id-it-suppLangTags", "\x2b\x06\x01\x05\x05\x07\x04\x10")              \
    OID(ID_IT_CA_CERTS, "1.3.6.1.5.5.7.4.17",                                  \
        "id-it-caCerts", "\x2b\x06\x01\x05\x05\x07\x04\x11")                   \
    OID(ID_IT_ROOT_CA_KEY_UPDATE, "1.3.6.1.5.5.7.4.18",                        \
        "id-it-rootCaKeyUpdate", "\x2b\x06\x01\x05\x05\x07\x04\x12")           \
    OID(ID_IT_CERT_REQ_TEMPLATE, "1.3.6.1.5.5.7.4.19",                         \
        "id-it-certReqTemplate", "\x2b\x06\x01\x05\x05\x07\x04\x13")           \
    OID(ID_IT_ROOT_CA_CERT, "1.3.6.1.5.5.7.4.20",                              \
        "id-it-rootCaCert", "\x2b\x06\x01\x05\x05\x07\x04\x14")                \
    OID(ID_IT_CERT_PROFILE, "1.3.6.1.5.5.7.4.21",                              \
        "id-it-certProfile", "\x2b\x06\x01\x05\x05\x07\x04\x15")               \
    OID(ID_IT_CRL_STATUS_LIST, "1.3.6.1.5.5.7.4.22",                           \
        "id-it-crlStatusList", "\x2b\x06\x01\x05\x05\x07\x04\x16")             \
    OID(ID_IT_CRLS, "1.3.6.1.5.5.7.4.23",                                      \
        "id-it-crls", "\x2b\x06\x01\x05\x05\x07\x04\x17")                      \
    OID(ID_IT_KEM_CIPHERTEXT_INFO, "1.3.6.1.5.5.7.4.24",                       \
        "id-it-KemCiphertextInfo", "\x2b\x06\x01\x05\x05\x07\x04\x18")         \
    OID(ID_REG_CTRL_REG_TOKEN, "1.3.6.1.5.5.7.5.1.1",                          \
        "id-regCtrl-regToken", "\x2b\x06\x01\x05\x05\x07\x05\x01\x01")         \
    OID(ID_REG_CTRL_AUTHENTICATOR, "1.3.6.1.5.5.7.5.1.2",                      \
        "id-regCtrl-authenticator", "\x2b\x06\x01\x05\x05\x07\x05\x01\x02")    \
    OID(ID_REG_CTRL_PKI_PUBLICATION_INFO, "1.3.6.1.5.5.7.5.1.3",               \
        "id-regCtrl-pkiPublicationInfo",                                       \
        "\x2b\x06\x01\x05\x05\x07\x05\x01\x03")                                \
    OID(ID_REG_CTRL_PKI_ARCHIVE_OPTIONS, "1.3.6.1.5.5.7.5.1.4",                \
        "id-regCtrl-pkiArchiveOptions",                                        \
        "\x2b\x06\x01\x05\x05\x07\x05\x01\x04")                                \
    OID(ID_REG_CTRL_OLD_CERT_ID, "1.3.6.1.5.5.7.5.1.5",                        \
        "id-regCtrl-oldCertID", "\x2b\x06\x01\x05\x05\x07\x05\x01\x05")        \
    OID(ID_REG_CTRL_PROTOCOL_ENCR_KEY, "1.3.6.1.5.5.7.5.1.6",                  \
        "id-regCtrl-protocolEncrKey", "\x2b\x06\x01\x05\x05\x07\x05\x01\x06")  \
    OID(ID_REG_CTRL_ALT_CERT_TEMPLATE, "1.3.6.1.5.5.7.5.1.7",                  \
        "id-regCtrl-altCertTemplate", "\x2b\x06\x01\x05\x05\x07\x05\x01\x07")  \
    OID(ID_REG_CTRL_ALG_ID, "1.3.6.1.5.5.7.5.1.11",                            \
        "id-regCtrl-algId", "\x2b\x06\x01\x05\x05\x07\x05\x01\x0b")            \
    OID(ID_REG_CTRL_RSA_KEY_LEN, "1.3.6.1.5.5.7.5.1.12",                       \
        "id-regCtrl-rsaKeyLen", "\x2b\x06\x01\x05\x05\x07\x05\x01\x0c")        \
    OID(ID_REG_INFO_UTF8_PAIRS, "1.3.6.1.5.5.7.5.2.1",                         \
        "id-regInfo-utf8Pairs", "\x2b\x06\x01\x05\x05\x07\x05\x02\x01")        \
    OID(ID_REG_INFO_CERT_REQ, "1.3.6.1.5.5.7.5.2.2",                           \
        "id-regInfo-certReq", "\x2b\x06\x01\x05\x05\x07\x05\x02\x02")          \
    OID(ID_ALG_ECDH_POP_SHA256, "1.3.6.1.5.5.7.6.26",                          \
        "id-alg-ecdhPop-static-sha256-hmac-sha256",                            \
        "\x2b\x06\x01\x05\x05\x07\x06\x1a")                                    \
    OID(ID_ALG_ECDH_POP_SHA384, "1.3.6.1.5.5.7.6.27",                          \
        "id-alg-ecdhPop-static-sha384-hmac-sha384",                            \
        "\x2b\x06\x01\x05\x05\x07\x06\x1b")                                    \
    OID(ID_ALG_ECDH_POP_SHA512, "1.3.6.1.5.5.7.6.28",                          \
        "id-alg-ecdhPop-static-sha512-hmac-sha512",                            \
        "\x2b\x06\x01\x05\x05\x07\x06\x1c")                                    \
    OID(ID_RSASSA_PSS_SHAKE128, "1.3.6.1.5.5.7.6.30",                          \
        "id-RSASSA-PSS-SHAKE128", "\x2b\x06\x01\x05\x05\x07\x06\x1e")          \
    OID(ID_RSASSA_PSS_SHAKE256, "1.3.6.1.5.5.7.6.31",                          \
        "id-RSASSA-PSS-SHAKE256", "\x2b\x06\x01\x05\x05\x07\x06\x1f")          \
    OID(ID_ECDSA_WITH_SHAKE128, "1.3.6.1.5.5.7.6.32",                          \
        "id-ecdsa-with-shake128", "\x2b\x06\x01\x05\x05\x07\x06\x20")          \
    OID(ID_ECDSA_WITH_SHAKE256, "1.3.6.1.5.5.7.6.33",                          \
        "id-ecdsa-with-shake256", "\x2b\x06\x01\x05\x05\x07\x06\x21")          \
    OID(ID_ON_PERMANENT_IDENTIFIER, "1.3.6.1.5.5.7.8.3",                       \
        "id-on-permanentIdentifier", "\x2b\x06\x01\x05\x05\x07\x08\x03")       \
    OID(ID_ON_HARDWARE_MODULE_NAME, "1.3.6.1.5.5.7.8.4",                       \
        "id-on-hardwareModuleName", "\x2b\x06\x01\x05\x05\x07\x08\x04")        \
    OID(ID_AD_OCSP, "1.3.6.1.5.5.7.48.1",                                      \
        "id-ad-ocsp", "\x2b\x06\x01\x05\x05\x07\x30\x01")                      \
    OID(ID_PKIX_OCSP_BASIC, "1.3.6.1.5.5.7.48.1.1",                            \
        "id-pkix-ocsp-basic", "\x2b\x06\x01\x05\x05\x07\x30\x01\x01")          \
    OID(ID_PKIX_OCSP_NONCE, "1.3.6.1.5.5.7.48.1.2",                            \
        "id-pkix-ocsp-nonce", "\x2b\x06\x01\x05\x05\x07\x30\x01\x02")          \
    OID(ID_PKIX_OCSP_NOCHECK, "1.3.6.1.5.5.7.48.1.5",                          \
        "id-pkix-ocsp-nocheck", "\x2b\x06\x01\x05\x05\x07\x30\x01\x05")        \
    OID(ID_AD_CA_ISSUERS, "1.3.6.1.5.5.7.48.2",                                \
        "id-ad-caIssuers", "\x2b\x06\x01\x05\x05\x07\x30\x02")                 \
    OID(ID_AD_TIME_STAMPING, "1.3.6.1.5.5.7.48.3",                             \
        "id-ad-timeStamping", "\x2b\x06\x01\x05\x05\x07\x30\x03")              \
    OID(ID_AD_CA_REPOSITORY, "1.3.6.1.5.5.7.48.5",                             \
        "id-ad-caRepository", "\x2b\x06\x01\x05\x05\x07\x30\x05")              \
    OID(ID_AD_CMC, "1.3.6.1.5.5.7.48.12",                                      \
        "id-ad-cmc", "\x2b\x06\x01\x05\x05\x07\x30\x0c")                       \
    OID(HMAC_SHA1, "1.3.6.1.5.5.8.1.2",                                        \
        "hMAC-SHA1", "\x2b\x06\x01\x05\x05\x08\x01\x02")                       \
    OID(ID_SHA1, "1.3.14.3.2.26",                                              \
        "id-sha1", "\x2b\x0e\x03\x02\x1a")                                     \
    OID(BRAINPOOL_P256R1, "1.3.36.3.3.2.8.1.1.7",                              \
        "brainpoolP256r1", "\x2b\x24\x03\x03\x02\x08\x01\x01\x07")             \
    OID(BRAINPOOL_P384R1, "1.3.36.3.3.2.8.1.1.11",                             \
        "brainpoolP384r1", "\x2b\x24\x03\x03\x02\x08\x01\x01\x0b")             \
    OID(BRAINPOOL_P512R1, "1.3.36.3.3.2.8.1.1.13",                             \
        "brainpoolP512r1", "\x2b\x24\x03\x03\x02\x08\x01\x01\x0d")             \
    OID(ID_X25519, "1.3.101.110",                                              \
        "id-X25519", "\x2b\x65\x6e")                                           \
    OID(ID_X448, "1.3.101.111",                                                \
        "id-X448", "\x2b\x65\x6f")                                             \
    OID(ID_ED25519, "1.3.101.112",                                             \
        "id-Ed25519", "\x2b\x65\x70")                                          \
    OID(ID_ED448, "1.3.101.113",                                               \
        "id-Ed448", "\x2b\x65\x71")                                            \
    OID(SECP256K1, "1.3.132.0.10",                                             \
        "secp256k1", "\x2b\x81\x04\x00\x0a")                                   \
    OID(SECP224R1, "1.3.132.0.33",                                             \
        "secp224r1", "\x2b\x81\x04\x00\x21")                                   \
    OID(SECP384R1, "1.3.132.0.34",                                             \
        "secp384r1", "\x2b\x81\x04\x00\x22")                                   \
    OID(SECP521R1, "1.3.132.0.35",                                             \
        "secp521r1", "\x2b\x81\x04\x00\x23")                                   \
    OID(DH_SINGLE_PASS_STD_DH_SHA224_KDF_SCHEME, "1.3.132.1.11.0",             \
        "dhSinglePass-stdDH-sha224kdf-scheme", "\x2b\x81\x04\x01\x0b\x00")     \
    OID(DH_SINGLE_PASS_STD_DH_SHA256_KDF_SCHEME, "1.3.132.1.11.1",             \
        "dhSinglePass-stdDH-sha256kdf-scheme", "\x2b\x81\x04\x01\x0b\x01")     \
    OID(DH_SINGLE_PASS_STD_DH_SHA384_KDF_SCHEME, "1.3.132.1.11.2",             \
        "dhSinglePass-stdDH-sha384kdf-scheme", "\x2b\x81\x04\x01\x0b\x02")     \
    OID(DH_SINGLE_PASS_STD_DH_SHA512_KDF_SCHEME, "1.3.132.1.11.3",             \
        "dhSinglePass-stdDH-sha512kdf-scheme", "\x2b\x81\x04\x01\x0b\x03")     \
    OID(DH_SINGLE_PASS_COFACTOR_DH_SHA224_KDF_SCHEME, "1.3.132.1.14.0",        \
        "dhSinglePass-cofactorDH-sha224kdf-scheme",                            \
        "\x2b\x81\x04\x01\x0e\x00")                                            \
    OID(DH_SINGLE_PASS_COFACTOR_DH_SHA256_KDF_SCHEME, "1.3.132.1.14.1",        \
        "dhSinglePass-cofactorDH-sha256kdf-scheme",                            \
        "\x2b\x81\x04\x01\x0e\x01")                                            \
    OID(DH_SINGLE_PASS_COFACTOR_DH_SHA384_KDF_SCHEME, "1.3.132.1.14.2",        \
        "dhSinglePass-cofactorDH-sha384kdf-scheme",                            \
        "\x2b\x81\x04\x01\x0e\x02")                                            \
    OID(DH_SINGLE_PASS_COFACTOR_DH_SHA512_KDF_SCHEME, "1.3.132.1.14.3",        \
        "dhSinglePass-cofactorDH-sha512kdf-scheme",                            \
        "\x2b\x81\x04\x01\x0e\x03")                                            \
    OID(MQV_SINGLE_PASS_SHA224_KDF_SCHEME, "1.3.132.1.15.0",                   \
        "mqvSinglePass-sha224kdf-scheme", "\x2b\x81\x04\x01\x0f\x00")          \
    OID(MQV_SINGLE_PASS_SHA256_KDF_SCHEME, "1.3.132.1.15.1",                   \
        "mqvSinglePass-sha256kdf-scheme", "\x2b\x81\x04\x01\x0f\x01")          \
    OID(MQV_SINGLE_PASS_SHA384_KDF_SCHEME, "1.3.132.1.15.2",                   \
        "mqvSinglePass-sha384kdf-scheme", "\x2b\x81\x04\x01\x0f\x02")          \
    OID(MQV_SINGLE_PASS_SHA512_KDF_SCHEME, "1.3.132.1.15.3",                   \
        "mqvSinglePass-sha512kdf-scheme", "\x2b\x81\x04\x01\x0f\x03")          \
    OID(ID_AT_COMMON_NAME, "2.5.4.3",                                          \
        "id-at-commonName", "\x55\x04\x03")                                    \
    OID(ID_AT_SURNAME, "2.5.4.4",                                              \
        "id-at-surname", "\x55\x04\x04")                                       \
    OID(ID_AT_SERIAL_NUMBER, "2.5.4.5",                                        \
        "id-at-serialNumber", "\x55\x04\x05")                                  \
    OID(ID_AT_COUNTRY_NAME, "2.5.4.6",                                         \
        "id-at-countryName", "\x55\x04\x06")                                   \
    OID(ID_AT_LOCALITY_NAME, "2.5.4.7",                                        \
        "id-at-localityName", "\x55\x04\x07")                                  \
    OID(ID_AT_STATE_OR_PROVINCE_NAME, "2.5.4.8",                               \
        "id-at-stateOrProvinceName", "\x55\x04\x08")                           \
    OID(ID_AT_STREET_ADDRESS, "2.5.4.9",                                       \
        "id-at-streetAddress", "\x55\x04\x09")                                 \
    OID(ID_AT_ORGANIZATION_NAME, "2.5.4.10",                                   \
        "id-at-organizationName", "\x55\x04\x0a")                              \
    OID(ID_AT_ORGANIZATIONAL_UNIT_NAME, "2.5.4.11",                            \
        "id-at-organizationalUnitName", "\x55\x04\x0b")                        \
    OID(ID_AT_TITLE, "2.5.4.12",                                               \
        "id-at-title", "\x55\x04\x0c")                                         \
    OID(ID_AT_BUSINESS_CATEGORY, "2.5.4.15",                                   \
        "id-at-businessCategory", "\x55\x04\x0f")                              \
    OID(ID_AT_POSTAL_CODE, "2.5.4.17",                                         \
        "id-at-postalCode", "\x55\x04\x11")                                    \
    OID(ID_AT_NAME, "2.5.4.41",                                                \
        "id-at-name", "\x55\x04\x29")                                          \
    OID(ID_AT_GIVEN_NAME, "2.5.4.42",                                          \
        "id-at-givenName", "\x55\x04\x2a")                                     \
    OID(ID_AT_INITIALS, "2.5.4.43",                                            \
        "id-at-initials", "\x55\x04\x2b")                                      \
    OID(ID_AT_GENERATION_QUALIFIER, "2.5.4.44",                                \
        "id-at-generationQualifier", "\x55\x04\x2c")                           \
    OID(ID_AT_DN_QUALIFIER, "2.5.4.46",                                        \
        "id-at-dnQualifier", "\x55\x04\x2e")                                   \
    OID(ID_AT_PSEUDONYM, "2.5.4.65",                                           \
        "id-at-pseudonym", "\x55\x04\x41")                                     \
    OID(ID_AT_ORGANIZATION_IDENTIFIER, "2.5.4.97",                             \
        "id-at-organizationIdentifier", "\x55\x04\x61")                        \
    OID(ID_CE_SUBJECT_DIRECTORY_ATTRIBUTES, "2.5.29.9",                        \
        "id-ce-subjectDirectoryAttributes", "\x55\x1d\x09")                    \
    OID(ID_CE_SUBJECT_KEY_IDENTIFIER, "2.5.29.14",                             \
        "id-ce-subjectKeyIdentifier", "\x55\x1d\x0e")                          \
    OID(ID_CE_KEY_USAGE, "2.5.29.15",                                          \
        "id-ce-keyUsage", "\x55\x1d\x0f")                                      \
    OID(ID_CE_PRIVATE_KEY_USAGE_PERIOD, "2.5.29.16",                           \
        "id-ce-privateKeyUsagePeriod", "\x55\x1d\x10")                         \
    OID(ID_CE_SUBJECT_ALT_NAME, "2.5.29.17",                                   \
        "id-ce-subjectAltName", "\x55\x1d\x11")                                \
    OID(ID_CE_ISSUER_ALT_NAME, "2.5.29.18",                                    \
        "id-ce-issuerAltName", "\x55\x1d\x12")                                 \
    OID(ID_CE_BASIC_CONSTRAINTS, "2.5.29.19",                                  \
        "id-ce-basicConstraints", "\x55\x1d\x13")                              \
    OID(ID_CE_CRL_NUMBER, "2.5.29.20",                                         \
        "id-ce-cRLNumber", "\x55\x1d\x14")                                     \
    OID(ID_CE_CRL_REASONS, "2.5.29.21",                                        \
        "id-ce-cRLReasons", "\x55\x1d\x15")                                    \
    OID(ID_CE_HOLD_INSTRUCTION_CODE, "2.5.29.23",                              \
        "id-ce-holdInstructionCode", "\x55\x1d\x17")                           \
    OID(ID_CE_INVALIDITY_DATE, "2.5.29.24",                                    \
        "id-ce-invalidityDate", "\x55\x1d\x18")                                \
    OID(ID_CE_DELTA_CRL_INDICATOR, "2.5.29.27",                                \
        "id-ce-deltaCRLIndicator", "\x55\x1d\x1b")                             \
    OID(ID_CE_ISSUING_DISTRIBUTION_POINT, "2.5.29.28",                         \
        "id-ce-issuingDistributionPoint", "\x55\x1d\x1c")                      \
    OID(ID_CE_CERTIFICATE_ISSUER, "2.5.29.29",                                 \
        "id-ce-certificateIssuer", "\x55\x1d\x1d")                             \
    OID(ID_CE_NAME_CONSTRAINTS, "2.5.29.30",                                   \
        "id-ce-nameConstraints", "\x55\x1d\x1e")                               \
    OID(ID_CE_CRL_DISTRIBUTION_POINTS, "2.5.29.31",                            \
        "id-ce-cRLDistributionPoints", "\x55\x1d\x1f")                         \
    OID(ID_CE_CERTIFICATE_POLICIES, "2.5.29.32",                               \
        "id-ce-certificatePolicies", "\x55\x1d\x20")                           \
    OID(ANY_POLICY, "2.5.29.32.0",                                             \
        "anyPolicy", "\x55\x1d\x20\x00")                                       \
    OID(ID_CE_POLICY_MAPPINGS, "2.5.29.33",                                    \
        "id-ce-policyMappings", "\x55\x1d\x21")                                \
    OID(ID_CE_AUTHORITY_KEY_IDENTIFIER, "2.5.29.35",                           \
        "id-ce-authorityKeyIdentifier", "\x55\x1d\x23")                        \
    OID(ID_CE_POLICY_CONSTRAINTS, "2.5.29.36",                                 \
        "id-ce-policyConstraints", "\x55\x1d\x24")                             \
    OID(ID_CE_EXT_KEY_USAGE, "2.5.29.37",                                      \
        "id-ce-extKeyUsage", "\x55\x1d\x25")                                   \
    OID(ANY_EXTENDED_KEY_USAGE, "2.5.29.37.0",                                 \
        "anyExtendedKeyUsage", "\x55\x1d\x25\x00")                             \
    OID(ID_CE_FRESHEST_CRL, "2.5.29.46",                                       \
        "id-ce-freshestCRL", "\x55\x1d\x2e")                                   \
    OID(ID_CE_INHIBIT_ANY_POLICY, "2.5.29.54",                                 \
        "id-ce-inhibitAnyPolicy", "\x55\x1d\x36")                              \
    OID(ID_CT_KP_A_KEY_PACKAGE, "2.16.840.1.101.2.1.2.78.5",                   \
        "id-ct-KP-aKeyPackage", "\x60\x86\x48\x01\x65\x02\x01\x02\x4e\x05")    \
    OID(ID_AES128_CBC, "2.16.840.1.101.3.4.1.2",                               \
        "id-aes128-CBC", "\x60\x86\x48\x01\x65\x03\x04\x01\x02")               \
    OID(ID_AES128_WRAP, "2.16.840.1.101.3.4.1.5",                              \
        "id-aes128-wrap", "\x60\x86\x48\x01\x65\x03\x04\x01\x05")              \
    OID(ID_AES128_GCM, "2.16.840.1.101.3.4.1.6",                               \
        "id-aes128-GCM", "\x60\x86\x48\x01\x65\x03\x04\x01\x06")               \
    OID(ID_AES128_GMAC, "2.16.840.1.101.3.4.1.9",                              \
        "id-aes128-GMAC", "\x60\x86\x48\x01\x65\x03\x04\x01\x09")              \
    OID(ID_AES192_CBC, "2.16.840.1.101.3.4.1.22",                              \
        "id-aes192-CBC", "\x60\x86\x48\x01\x65\x03\x04\x01\x16")               \
    OID(ID_AES192_WRAP, "2.16.840.1.101.3.4.1.25",                             \
        "id-aes192-wrap", "\x60\x86\x48\x01\x65\x03\x04\x01\x19")              \
    OID(ID_AES192_GCM, "2.16.840.1.101.3.4.1.26",                              \
        "id-aes192-GCM", "\x60\x86\x48\x01\x65\x03\x04\x01\x1a")               \
    OID(ID_AES192_GMAC, "2.16.840.1.101.3.4.1.29",                             \
        "id-aes192-GMAC", "\x60\x86\x48\x01\x65\x03\x04\x01\x1d")              \
    OID(ID_AES256_CBC, "2.16.840.1.101.3.4.1.42",                              \
        "id-aes256-CBC", "\x60\x86\x48\x01\x65\x03\x04\x01\x2a")               \
    OID(ID_AES256_WRAP, "2.16.840.1.101.3.4.1.45",                             \
        "id-aes256-wrap", "\x60\x86\x48\x01\x65\x03\x04\x01\x2d")              \
    OID(ID_AES256_GCM, "2.16.840.1.101.3.4.1.46",                              \
        "id-aes256-GCM", "\x60\x86\x48\x01\x65\x03\x04\x01\x2e")               \
    OID(ID_AES256_GMAC, "2.16.840.1.101.3.4.1.49",                             \
        "id-aes256-GMAC", "\x60\x86\x48\x01\x65\x03\x04\x01\x31")              \
    OID(ID_SHA256, "2.16.840.1.101.3.4.2.1",                                   \
        "id-sha256", "\x60\x86\x48\x01\x65\x03\x04\x02\x01")                   \
    OID(ID_SHA384, "2.16.840.1.101.3.4.2.2",                                   \
        "id-sha384", "\x60\x86\x48\x01\x65\x03\x04\x02\x02")                   \
    OID(ID_SHA512, "2.16.840.1.101.3.4.2.3",                                   \
        "id-sha512", "\x60\x86\x48\x01\x65\x03\x04\x02\x03")                   \
    OID(ID_SHA224, "2.16.840.1.101.3.4.2.4",                                   \
        "id-sha224", "\x60\x86\x48\x01\x65\x03\x04\x02\x04")                   \
    OID(ID_SHA3_224, "2.16.840.1.101.3.4.2.7",                                 \
        "id-sha3-224", "\x60\x86\x48\x01\x65\x03\x04\x02\x07")                 \
    OID(ID_SHA3_256, "2.16.840.1.101.3.4.2.8",                                 \
        "id-sha3-256", "\x60\x86\x48\x01\x65\x03\x04\x02\x08")                 \
    OID(ID_SHA3_384, "2.16.840.1.101.3.4.2.9",                                 \
        "id-sha3-384", "\x60\x86\x48\x01\x65\x03\x04\x02\x09")                 \
    OID(ID_SHA3_512, "2.16.840.1.101.3.4.2.10",                                \
        "id-sha3-512", "\x60\x86\x48\x01\x65\x03\x04\x02\x0a")                 \
    OID(ID_SHAKE128, "2.16.840.1.101.3.4.2.11",                                \
        "id-shake128", "\x60\x86\x48\x01\x65\x03\x04\x02\x0b")                 \
    OID(ID_SHAKE256, "2.16.840.1.101.3.4.2.12",                                \
        "id-shake256", "\x60\x86\x48\x01\x65\x03\x04\x02\x0c")                 \
    OID(ID_HMAC_WITH_SHA3_224, "2.16.840.1.101.3.4.2.13",                      \
        "id-hmacWithSHA3-224", "\x60\x86\x48\x01\x65\x03\x04\x02\x0d")         \
    OID(ID_HMAC_WITH_SHA3_256, "2.16.840.1.101.3.4.2.14",                      \
        "id-hmacWithSHA3-256", "\x60\x86\x48\x01\x65\x03\x04\x02\x0e")         \
    OID(ID_HMAC_WITH_SHA3_384, "2.16.840.1.101.3.4.2.15",                      \
        "id-hmacWithSHA3-384", "\x60\x86\x48\x01\x65\x03\x04\x02\x0f")         \
    OID(ID_HMAC_WITH_SHA3_512, "2.16.840.1.101.3.4.2.16",                      \
        "id-hmacWithSHA3-512", "\x60\x86\x48\x01\x65\x03\x04\x02\x10")         \
    OID(ID_KMAC_WITH_SHAKE128, "2.16.840.1.101.3.4.2.19",                      \
        "id-KMACWithSHAKE128", "\x60\x86\x48\x01\x65\x03\x04\x02\x13")         \
    OID(ID_KMAC_WITH_SHAKE256, "2.16.840.1.101.3.4.2.20",                      \
        "id-KMACWithSHAKE256", "\x60\x86\x48\x01\x65\x03\x04\x02\x14")         \
    OID(ID_KMAC128, "2.16.840.1.101.3.4.2.21",                                 \
        "id-KMAC128", "\x60\x86\x48\x01\x65\x03\x04\x02\x15")                  \
    OID(ID_KMAC256, "2.16.840.1.101.3.4.2.22",                                 \
        "id-KMAC256", "\x60\x86\x48\x01\x65\x03\x04\x02\x16")                  \
    OID(ID_DSA_WITH_SHA224, "2.16.840.1.101.3.4.3.1",                          \
        "id-dsa-with-sha224", "\x60\x86\x48\x01\x65\x03\x04\x03\x01")          \
    OID(ID_DSA_WITH_SHA256, "2.16.840.1.101.3.4.3.2",                          \
        "id-dsa-with-sha256", "\x60\x86\x48\x01\x65\x03\x04\x03\x02")          \
    OID(ID_ECDSA_WITH_SHA3_224, "2.16.840.1.101.3.4.3.9",                      \
        "id-ecdsa-with-sha3-224", "\x60\x86\x48\x01\x65\x03\x04\x03\x09")      \
    OID(ID_ECDSA_WITH_SHA3_256, "2.16.840.1.101.3.4.3.10",                     \
        "id-ecdsa-with-sha3-256", "\x60\x86\x48\x01\x65\x03\x04\x03\x0a")      \
    OID(ID_ECDSA_WITH_SHA3_384, "2.16.840.1.101.3.4.3.11",                     \
        "id-ecdsa-with-sha3-384", "\x60\x86\x48\x01\x65\x03\x04\x03\x0b")      \
    OID(ID_ECDSA_WITH_SHA3_512, "2.16.840.1.101.3.4.3.12",                     \
        "id-ecdsa-with-sha3-512", "\x60\x86\x48\x01\x65\x03\x04\x03\x0c")      \
    OID(ID_RSASSA_PKCS1_V1_5_WITH_SHA3_224, "2.16.840.1.101.3.4.3.13",         \
        "id-rsassa-pkcs1-v1-5-with-sha3-224",                                  \
        "\x60\x86\x48\x01\x65\x03\x04\x03\x0d")                                \
    OID(ID_RSASSA_PKCS1_V1_5_WITH_SHA3_256, "2.16.840.1.101.3.4.3.14",         \
        "id-rsassa-pkcs1-v1-5-with-sha3-256",                                  \
        "\x60\x86\x48\x01\x65\x03\x04\x03\x0e")                                \
    OID(ID_RSASSA_PKCS1_V1_5_WITH_SHA3_384, "2.16.840.1.101.3.4.3.15",         \
        "id-rsassa-pkcs1-v1-5-with-sha3-384",                                  \
        "\x60\x86\x48\x01\x65\x03\x04\x03\x0f")                                \
    OID(ID_RSASSA_PKCS1_V1_5_WITH_SHA3_512, "2.16.840.1.101.3.4.3.16",         \
        "id-rsassa-pkcs1-v1-5-with-sha3-512",                                  \
        "\x60\x86\x48\x01\x65\x03\x04\x03\x10")                                \
    OID(ID_ML_DSA_44, "2.16.840.1.101.3.4.3.17",                               \
        "id-ml-dsa-44", "\x60\x86\x48\x01\x65\x03\x04\x03\x11")                \
    OID(ID_ML_DSA_65, "2.16.840.1.101.3.4.3.18",                               \
        "id-ml-dsa-65", "\x60\x86\x48\x01\x65\x03\x04\x03\x12")                \
    OID(ID_ML_DSA_87, "2.16.840.1.101.3.4.3.19",                               \
        "id-ml-dsa-87", "\x60\x86\x48\x01\x65\x03\x04\x03\x13")                \
    OID(ID_ALG_ML_KEM_512, "2.16.840.1.101.3.4.4.1",                           \
        "id-alg-ml-kem-512", "\x60\x86\x48\x01\x65\x03\x04\x04\x01")           \
    OID(ID_ALG_ML_KEM_768, "2.16.840.1.101.3.4.4.2",                           \
        "id-alg-ml-kem-768", "\x60\x86\x48\x01\x65\x03\x04\x04\x02")           \
    OID(ID_ALG_ML_KEM_1024, "2.16.840.1.101.3.4.4.3",                          \
        "id-alg-ml-kem-1024", "\x60\x86\x48\x01\x65\x03\x04\x04\x03")
/* clang-format on */

#endif
