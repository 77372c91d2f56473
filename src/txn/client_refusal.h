/* Shared inside txn: a refusal in words. */
#ifndef TXN_CLIENT_REFUSAL_H
#define TXN_CLIENT_REFUSAL_H

#include "profile/rules.h"

/*
 * "refused in ip: badPOP, badCertTemplate: the text that came with it; try:
 * what helps", by the server's words or, where it has none for that, by the
 * first bit.
 */
void refusal_tell(const struct pki_status_info *status, const char *body,
                  struct fault *why);

#endif
