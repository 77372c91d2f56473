/*
 * Options that several verbs of station take, for their tables.
 */
#ifndef CLI_STATION_OPTIONS_H
#define CLI_STATION_OPTIONS_H

#include "cli/station_common.h"

/* clang-format off */
/* Of every verb that talks to the server. */
#define COMMON_OPTIONS                                                        \
    STATION_STATE_OPTION,                                                     \
    { "url", "URL", NULL, "where the server is", CLI_ONCE },                  \
    { "recipient", "NAME", NULL, "the authority's name, for the header",      \
      CLI_ONCE },                                                             \
    { "server-subject", "NAME", NULL,                                         \
      "who may answer though it neither issued the certificate nor holds "    \
      "cmcRA or cmcCA", CLI_ONCE },                                           \
    { "tls-root", "FILE", NULL,                                               \
      "CA certificates: whose servers to believe for https, and nobody "      \
      "else's", CLI_ONCE },                                                   \
    { "tls-client-cert", "WHICH", NULL,                                       \
      "none (which is preset) or signer: for https, present the certificate " \
      "whose key signs the messages to a server that asks", CLI_ONCE },       \
    { "crl", "FILE", NULL,                                                    \
      "CRLs of the CAs above the server's signer: who is on them may not "    \
      "answer, who is known not to be may send roots in caPubs", CLI_ONCE },  \
    { "unknown-status", "MODE", NULL,                                         \
      "refuse (which is preset) takes roots from caPubs only where a CRL "    \
      "says that the signer is not revoked (RFC 9483, 3.5); accept takes "    \
      "them without", CLI_ONCE },                                             \
    { "timeout", "SECONDS", "120",                                            \
      "how long to try; what is pending then goes on next time", CLI_ONCE },  \
    { "wait", "SECONDS", "120",                                               \
      "how long to ask again where the server has not decided; 0 asks once "  \
      "and leaves the rest to the next call (exit code 6)", CLI_ONCE },       \
    { "once", NULL, NULL, "send each message once", CLI_ONCE },               \
    { "verbose", NULL, NULL, "show each message with its size and time",      \
      CLI_ONCE }
/* Whose station it is, before it has an operator's certificate. */
#define VENDOR_OPTIONS                                                        \
    { "cert", "FILE", NULL, "the vendor's certificate", CLI_ONCE },           \
    { "chain", "FILE", NULL, "the vendor's intermediate certificates",        \
      CLI_ONCE },                                                             \
    { "key", "FILE", NULL, "the key of the vendor's certificate", CLI_ONCE }, \
    { "root", "FILE", NULL, "the operator's root certificates", CLI_ONCE }
#define SECRET_OPTIONS                                                       \
    { "secret", "FILE", NULL,                                                 \
      "in place of --cert and --key: one line, a secret shared with the "     \
      "server, in a file that nobody else may read; -: a line of standard "   \
      "input, kept nowhere", CLI_ONCE },                                      \
    { "reference", "NAME", NULL, "which secret it is, as the server knows it",\
      CLI_ONCE },                                                             \
    { "mac", "NAME", NULL,                                                    \
      "how messages are protected with it, and answers at the least: pbmac1 " \
      "(which is preset), pbm, or pbm-sha1 for servers of RFC 4210", CLI_ONCE }
/* clang-format on */

#endif
