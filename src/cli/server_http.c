#include "cli/server_http.h"

#include "inspect/http_head.h"

/* More of a target or a media type is nobody's. */
#define PLAIN_LEN 256

static const struct http_head_seen *head_of(const struct seen *seen)
{
    return seen->way == SEEN_REQUEST ? seen->http->request
                                     : seen->http->response;
}

static void print_answered(const struct cli *cli, const struct seen *seen)
{
    if (seen->http->request_number != 0)
        cli_print(cli, CLI_PLAIN, ", to message %zu",
                  seen->http->request_number);
}

void server_http_print(const struct cli *cli, const struct seen *seen)
{
    const struct http_head_seen *h = seen->http == NULL ? NULL : head_of(seen);
    char text[PLAIN_LEN];

    if (seen->http == NULL)
        return;
    if (h == NULL) {
        cli_print(cli, CLI_RED, "HTTP: no response");
        print_answered(cli, seen);
        cli_print(cli, CLI_PLAIN, "\n");
        return;
    }
    if (h->status != 0) {
        cli_print(cli, h->status == 200 ? CLI_PLAIN : CLI_YELLOW,
                  "HTTP: status %u", h->status);
        print_answered(cli, seen);
    } else {
        text_plain(h->method, text, sizeof(text));
        cli_print(cli, CLI_PLAIN, "HTTP: %s", text);
        text_plain(h->target, text, sizeof(text));
        cli_print(cli, CLI_PLAIN, " %s", text);
    }
    text_plain(h->type, text, sizeof(text));
    cli_print(cli, CLI_PLAIN, ", HTTP/1.%u%s%s\n", h->minor,
              text[0] != '\0' ? ", " : "", text);
}

static int add_plain(json_t *json, const char *key, struct span value)
{
    char text[PLAIN_LEN];

    if (span_is_absent(value))
        return 0;
    text_plain(value, text, sizeof(text));
    return json_object_set_new(json, key, json_string(text));
}

static int add_head(json_t *json, const struct http_head_seen *h)
{
    int failed = add_plain(json, "method", h->method) |
                 add_plain(json, "target", h->target) |
                 add_plain(json, "type", h->type);

    if (h->status != 0)
        failed |= json_object_set_new(json, "status",
                                      json_integer((json_int_t)h->status));
    return failed | json_object_set_new(json, "version",
                                        json_sprintf("HTTP/1.%u", h->minor));
}

json_t *server_http_json(const struct seen *seen)
{
    const struct http_head_seen *h = head_of(seen);
    json_t *json = json_object();
    int failed = json == NULL ? -1 : 0;

    if (failed == 0 && h != NULL)
        failed = add_head(json, h);
    if (failed == 0 && seen->http->request_number != 0)
        failed = json_object_set_new(
            json, "answers",
            json_integer((json_int_t)seen->http->request_number));
    if (failed == 0)
        return json;
    json_decref(json);
    return NULL;
}
