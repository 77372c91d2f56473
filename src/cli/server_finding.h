/*
 * Findings on a terminal and as JSON: the same wherever one is told.
 */
#ifndef CLI_SERVER_FINDING_H
#define CLI_SERVER_FINDING_H

#include "cli/cli.h"
#include "inspect/finding.h"

/*
 * A finding as a paragraph, behind two blanks, as wide as the terminal:
 *
 *   error    pop-verifies (RFC 4211, 4.1)
 *     at     popo.signature
 *     found  one that does not verify
 *     asked  ...
 *     cure   ...
 *
 * One that holds is its first line alone; one that was not judged has a line
 * besides of what that takes.
 */
void server_finding_print(const struct cli *cli,
                          const struct finding_view *finding);

/* The same as an object (docs/json.md, "Findings"), for the caller to keep.
 * NULL: out of memory. */
json_t *server_finding_json(const struct finding_view *finding);

/* A row of the table in the form of a finding, without what was found. */
void server_rule_print(const struct cli *cli, const struct rule *rule);

#endif
