/* Shared inside txn: parts of a base station's messages. */
#ifndef TXN_INTERNAL_H
#define TXN_INTERNAL_H

#include <stdarg.h>
#include <stdio.h>

#include "txn/client_rules.h"

/* What was found, for a rule that is broken: false. */
PRINTF_LIKE(2, 3)
static inline bool broken(struct client_found *found, const char *fmt, ...)
{
    va_list args;

    va_start(args, fmt);
    vsnprintf(found->text, sizeof(found->text), fmt, args);
    va_end(args);
    return false;
}

/* A refusal under this rule, which it returns. `f` may be NULL. */
const struct rule *client_break(const struct rule *rule, const char *found,
                                struct fault *f);

/* `name` as directoryName; absent: the NULL-DN. */
struct general_name client_directory(struct span name);

/*
 * The header of the next message, but for whom it goes to and what it answers.
 * Its identifiers are copies in the arena, since the machine moves on.
 */
MUST_USE enum err client_header_fill(const struct client *c,
                                     const struct client_credential *own,
                                     int64_t now, struct arena *a,
                                     struct pki_header *h, struct fault *f);

/* By issuer and serial, with the reason as RFC 9483, 4.2 asks. */
MUST_USE enum err client_rev_details_fill(const struct client_wish *wish,
                                          struct arena *a,
                                          struct rev_details *out,
                                          struct fault *f);

/* What all first messages have: moves the machine, fills header and type. */
MUST_USE enum err client_open(struct client *c, const struct client_wish *wish,
                              const struct client_credential *own,
                              const struct client_waits *waits, int64_t now,
                              const uint8_t fresh[CLIENT_RANDOM_LEN],
                              struct arena *a, struct client_step *step,
                              struct fault *f);

/* --- client_possess.c: keys that do not sign --- */

/* keyUsage into the template, and which proof is chosen. */
MUST_USE enum err client_proof_fill(const struct client_wish *wish,
                                    struct arena *a, struct cert_req_msg *msg,
                                    struct fault *f);
/* Is a popdecc an answer to what is under way? */
bool client_may_be_challenged(const struct client *c);
bool client_check_challenge(const struct client_judged *in,
                            struct client_found *found);

/* --- rules of client_mac.c --- */

bool client_check_kind(const struct client_judged *in,
                       struct client_found *found);
bool client_check_mac_alg(const struct client_judged *in,
                          struct client_found *found);
bool client_check_reference(const struct client_judged *in,
                            struct client_found *found);
bool client_check_mac(const struct client_judged *in,
                      struct client_found *found);

/* --- rules of client_certs.c --- */

bool client_check_one_response(const struct client_judged *in,
                               struct client_found *found);
bool client_check_cert_req_id(const struct client_judged *in,
                              struct client_found *found);
bool client_check_waits_whole(const struct client_judged *in,
                              struct client_found *found);
bool client_check_status(const struct client_judged *in,
                         struct client_found *found);
bool client_check_status_fits(const struct client_judged *in,
                              struct client_found *found);
bool client_check_in_clear(const struct client_judged *in,
                           struct client_found *found);
bool client_check_readable(const struct client_judged *in,
                           struct client_found *found);
bool client_check_made_key(const struct client_judged *in,
                           struct client_found *found);
bool client_check_key(const struct client_judged *in,
                      struct client_found *found);
bool client_check_dates(const struct client_judged *in,
                        struct client_found *found);
bool client_check_path(const struct client_judged *in,
                       struct client_found *found);
bool client_check_usage(const struct client_judged *in,
                        struct client_found *found);
bool client_check_not_ca(const struct client_judged *in,
                         struct client_found *found);
bool client_check_subject(const struct client_judged *in,
                          struct client_found *found);
bool client_check_san(const struct client_judged *in,
                      struct client_found *found);

#endif
