/*
 * Making an operator: root CA, issuing CA, CMP signer, TLS certificate and the
 * configuration that names them, in a folder of their own.
 */
#ifndef SERVICE_INIT_H
#define SERVICE_INIT_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/error.h"

struct operator_vendor {
    const char *name;   /* as the configuration names it */
    const char *anchor; /* PEM or DER file of one CA certificate */
};

struct operator_options {
    const char *folder;       /* absent, or empty */
    const char *key_type;     /* one of operator_key_types */
    const char *name;         /* the operator's, in each subject */
    const char *const *hosts; /* of the TLS certificate; at least one */
    size_t num_hosts;
    const char *address;
    uint16_t http_port, tls_port;
    const char *crl_url; /* NULL: at the first host, where the server is */
    bool key_generator;  /* with a signer of keys made here, and its profile */
    const char *serial_from, *serial_pattern; /* NULL: the usual ones */
    const struct operator_vendor *vendors;
    size_t num_vendors;
    int64_t now;
    /* Called before each step of those that take time; may be NULL. */
    void (*progress)(void *arg, size_t done, size_t total);
    void *progress_arg;
};

struct operator_file {
    const char *name; /* within the folder */
    const char *what; /* a phrase */
    bool is_private;
    const char *subject; /* of a certificate; NULL: none */
    int64_t not_after;   /* of a certificate */
};

struct operator_made {
    const char *folder;
    const char *config;           /* path of the configuration */
    const char *root_fingerprint; /* SHA-256, as OpenSSL prints it */
    const char *crl_url;
    const struct operator_file *files;
    size_t num_files;
};

/* "p256, p384, rsa2048, rsa3072, rsa4096". */
extern const char operator_key_types[];

/*
 * Makes all of it, or nothing: what was made is removed on failure. Private
 * files have mode 0600, the folder 0700. `out` is in the arena.
 * ERR_EXISTS: the folder is not empty; the fault names what is in it.
 * ERR_USAGE: an option does not do. ERR_CONFIG, ERR_NOT_FOUND: an anchor.
 */
MUST_USE enum err operator_make(const struct operator_options *options,
                                struct arena *a, struct operator_made *out,
                                struct fault *f);

#endif
