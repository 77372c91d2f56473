#include "cli/server_admin.h"

#include "base/text.h"

enum err server_admin_open(const struct cli *cli, struct admin **out,
                           struct fault *f)
{
    struct buf errors;
    enum err e;

    buf_init(&errors, (size_t)64 * 1024);
    e = admin_open(cli_value(cli, "config"), &errors, out, f);
    if (errors.len > 0)
        fputs(buf_str(&errors), cli->err);
    buf_done(&errors);
    return e;
}

int server_json_text(json_t *object, const char *key, const char *text)
{
    return text[0] == '\0'
               ? 0
               : json_object_set_new(object, key, json_string(text));
}

json_t *server_json_span(struct span text)
{
    struct buf shown;
    json_t *json;

    if (utf8_is_valid(text))
        return json_stringn((const char *)text.ptr, text.len);
    buf_init(&shown, 4 * text.len + 1);
    for (size_t i = 0; i < text.len; i++)
        buf_printf(&shown, text.ptr[i] < 0x80 ? "%c" : "\\x%02x", text.ptr[i]);
    json = json_string(buf_str(&shown));
    buf_done(&shown);
    return json;
}
