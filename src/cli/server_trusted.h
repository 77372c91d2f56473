/*
 * What a person gives to judge messages by: options that inspect and lint
 * share.
 */
#ifndef CLI_SERVER_TRUSTED_H
#define CLI_SERVER_TRUSTED_H

#include "cli/cli.h"
#include "inspect/protection.h"

#define TRUSTED_OPTIONS                                                     \
    { "trust", "FILE", NULL,                                                \
      "certificates to trust, in PEM or DER: a CA's, or a signer's itself", \
      CLI_REPEATED },                                                       \
        { "trust-vendor", "FILE", NULL,                                     \
          "the same, of the stations' vendor: who signs an ir",             \
          CLI_REPEATED },                                                   \
        { "trust-operator", "FILE", NULL,                                   \
          "the same, of the operator: who signs a kur, and answers",        \
          CLI_REPEATED },                                                   \
    {                                                                       \
        "secret", "REF=FILE", NULL,                                         \
            "a file with the shared secret of this reference", CLI_REPEATED \
    }

/* Adds what these options give, and seals it. */
MUST_USE enum err server_trusted_fill(const struct cli *cli, struct trusted *t,
                                      struct fault *f);

#endif
