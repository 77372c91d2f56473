/*
 * What a person gave to judge by, shared by the files about protection.
 */
#ifndef INSPECT_PROTECTION_INTERNAL_H
#define INSPECT_PROTECTION_INTERNAL_H

#include "base/secret.h"
#include "crypto/path.h"
#include "inspect/protection.h"

/* What a person lists by hand, or has in one bundle of anchors. */
#define TRUSTED_MAX_CERTS 256
#define TRUSTED_MAX_SECRETS 64
#define TRUSTED_ARENA ((size_t)16 * 1024 * 1024)

struct given_cert {
    struct x509_cert cert;
    enum trusted_as as;
};

struct given_secret {
    struct span reference;
    struct secret *secret;
};

struct trusted {
    struct crypto *crypto;
    struct crypto_ctx *cx;
    struct trust *trust;
    struct arena *arena; /* the certificates' */
    struct given_cert certs[TRUSTED_MAX_CERTS];
    size_t num_certs;
    struct given_secret secrets[TRUSTED_MAX_SECRETS];
    size_t num_secrets;
    bool has_anchor[TRUSTED_NUM];
};

#endif
