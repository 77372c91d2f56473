/*
 * The rules of STEP_HTTP (profile/rule_list_http.h) over what a capture shows.
 */
#ifndef INSPECT_HTTP_RULES_H
#define INSPECT_HTTP_RULES_H

#include "inspect/input.h"
#include "profile/rules.h"

/* One judgement; VERDICT_HOLDS too. `found` is empty unless it is broken. */
typedef void http_each(void *arg, enum rule_id rule, enum verdict verdict,
                       const struct found *found);

/*
 * Judges the HTTP around what was seen: each rule about its way, in the order
 * of the table. Nothing where there is no HTTP. One without message, or with
 * a problem, is judged as far as it goes, so this is to be called for these
 * too: a GET, a 404, a coded body and an answer that never came show here
 * alone.
 */
void http_check(const struct seen *seen, http_each *each, void *arg);

#endif
