/*
 * The HTTP around a message of a capture, for people and programs.
 */
#ifndef CLI_SERVER_HTTP_H
#define CLI_SERVER_HTTP_H

#include <jansson.h>

#include "cli/cli.h"
#include "inspect/input.h"

/* One line: what the request asks for, or what the response says and to which
 * message. Nothing where there is no HTTP. */
void server_http_print(const struct cli *cli, const struct seen *seen);

/* The same as an object; NULL: out of memory. There is HTTP. */
json_t *server_http_json(const struct seen *seen);

#endif
