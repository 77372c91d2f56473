/*
 * Every bound on what a peer or a file can make us do, with its reason.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

/* A CMP message. An ir with a chain of four RSA-4096 certificates and room
 * for what a vendor adds stays under 16 KiB; nested batches come later. */
#define LIMIT_MESSAGE_LEN ((size_t)64 * 1024)

/* HTTP: request line and headers together, and one body. */
#define LIMIT_HTTP_HEADER_LEN ((size_t)8 * 1024)
#define LIMIT_HTTP_BODY_LEN LIMIT_MESSAGE_LEN

/* Elements inside elements. The deepest legal path of a CMP message, down to
 * a name inside an extension of a certificate in extraCerts, is about 20. */
#define LIMIT_DER_DEPTH 32

/* certificates in extraCerts or caPubs; longer chains than 8 are not built */
#define LIMIT_EXTRA_CERTS 32
#define LIMIT_PATH_CERTS 8
#define LIMIT_GENERAL_INFO 32
#define LIMIT_FREE_TEXT 16
#define LIMIT_CERT_REQ_MSGS 16
#define LIMIT_CERT_RESPONSES 16
#define LIMIT_CERT_STATUS 16
#define LIMIT_ATTRIBUTES 16
/* RevDetails in one rr: an RA revokes a site's certificates together. */
#define LIMIT_REV_DETAILS 16
/* Algorithms in one genp: a row for each curve and key kind there is. */
#define LIMIT_ALGS 32
/* A KEM ciphertext: that of ML-KEM-1024 has 1568 octets. */
#define LIMIT_KEM_CIPHERTEXT_LEN ((size_t)4096)
/* Recipients of an EnvelopedData, signers of a SignedData: profiles have one
 * (RFC 9483, 4.1.6); and certificates and CRLs beside them. */
#define LIMIT_CMS_PARTS 16
/* What an EnvelopedData or EncryptedValue holds: a signed key package with the
 * chain of its signer, which its message has to hold besides. */
#define LIMIT_ENVELOPE_LEN ((size_t)48 * 1024)
/* PBKDF2 of a PasswordRecipientInfo, by the sender's choice: a second of a
 * small processor. */
#define LIMIT_ENVELOPE_ITERATIONS 1000000
/* CRLs in rp, crlann or a genp: each authority asked has a full one and a
 * delta, and few of them fit LIMIT_MESSAGE_LEN. */
#define LIMIT_CRLS 16
/* The values of a genp, which with its header, signature and extraCerts is to
 * stay under LIMIT_MESSAGE_LEN. */
#define LIMIT_GENP_LEN ((size_t)48 * 1024)
/* An INTEGER that popdecr returns: 16 octets are drawn, 64 are bearable. What
 * it is encrypted to: RSA with 16384 bits makes 2048 octets. */
#define LIMIT_POP_INTEGER_LEN 64
#define LIMIT_CHALLENGE_LEN ((size_t)2048)
/* Key pairs in one krp: what a station used before, a pair a year. */
#define LIMIT_KEY_PAIRS 16
/* Messages in one nested: a signed one is near 1 KiB at least, so that no more
 * of them fit LIMIT_MESSAGE_LEN. */
#define LIMIT_NESTED_MESSAGES 64
/* Of these as many as are taken for a batch: an answer with its extraCerts is
 * about 3 KiB, and all are to fit LIMIT_MESSAGE_LEN again. */
#define LIMIT_BATCH 16
/* A challengePassword: pkcs-9-ub-challengePassword (RFC 2985, appendix A), in
 * characters of up to four octets. */
#define LIMIT_CHALLENGE_PASSWORD_LEN ((size_t)255 * 4)
#define LIMIT_EXTENSIONS 48
#define LIMIT_RDNS 32
#define LIMIT_GENERAL_NAMES 64

/* A whole Name, and one attribute of it as text. */
#define LIMIT_NAME_LEN 1024
/* certificate serial numbers: RFC 5280 allows 20 octets; some CAs exceed it */
#define LIMIT_SERIAL_LEN 32
#define LIMIT_OID_LEN 32
/* transactionID, nonces and key ids: 16 octets are asked, 64 are bearable. */
#define LIMIT_ID_LEN 64

/* Memory one request may take for what it decodes and builds. */
#define LIMIT_REQUEST_ARENA ((size_t)1024 * 1024)

/* Files read whole: certificates, keys, configuration; and CRLs. */
#define LIMIT_FILE_LEN ((size_t)1024 * 1024)
#define LIMIT_CRL_LEN ((size_t)64 * 1024 * 1024)

/* Input of inspect and lint. What is held whole: ten thousand messages in hex
 * are less; a shell's accident with a disk image is more. A capture passes
 * through as it is read: a day of an RA's traffic. */
#define LIMIT_INPUT_LEN ((size_t)16 * 1024 * 1024)
#define LIMIT_INPUT_CAPTURE_LEN ((uint64_t)16 * 1024 * 1024 * 1024)
/* TCP connections of a capture known at a time, 1 KiB each; what is buffered
 * of all of them, 8 KiB of one that works; and what of one way waits behind a
 * missing segment, which no window of a station exceeds. */
#define LIMIT_CAPTURE_CONNECTIONS ((size_t)16384)
#define LIMIT_CAPTURE_BUFFERED ((size_t)64 * 1024 * 1024)
#define LIMIT_CAPTURE_STREAM ((size_t)1024 * 1024)
#define LIMIT_CAPTURE_SEGMENTS ((size_t)1024)
/* HTTP heads of others are longer than what our server takes; a body that is
 * longer than four times its limit is none that anyone takes. Requests on a
 * connection that wait for their answers: pipelining has few. */
#define LIMIT_CAPTURE_HEAD_LEN ((size_t)16 * 1024)
#define LIMIT_CAPTURE_BODY_LEN ((size_t)256 * 1024)
#define LIMIT_CAPTURE_PIPELINE ((size_t)64)

/* A configuration: the schema is 4 deep and has less than 32 keys a mapping;
 * a thousand vendors with all settings given take about 20000 nodes. */
#define LIMIT_CONFIG_DEPTH 8
#define LIMIT_CONFIG_KEYS 64
#define LIMIT_CONFIG_NODES 65536
#define LIMIT_CONFIG_ARENA ((size_t)64 * 1024 * 1024)
#define LIMIT_CONFIG_ERRORS 20

#endif
