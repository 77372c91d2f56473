#include <arpa/inet.h>
#include <regex.h>
#include <stdarg.h>
#include <stdio.h>

#include "config/internal.h"

/* One value being read. */
struct value {
    struct reading *reading;
    const struct setting *setting;
    const struct node *node;
    const char *text;
};

/* How a kind is called, how large its member is, and how it is read. */
struct kind_row {
    const char *name;
    size_t size;
    bool (*read)(const struct value *v, void *out);
};

/* A unit of KIND_SIZE, KIND_MILLIS or KIND_SECONDS; the smallest last. */
struct unit {
    const char *name;
    int64_t factor;
};

static const struct unit size_units[] = {
    { "g", 1 << 30 }, { "m", 1 << 20 }, { "k", 1 << 10 }, { "", 1 }, { 0 }
};

static const struct unit milli_units[] = { { "d", 86400000 }, { "h", 3600000 },
                                           { "m", 60000 },    { "s", 1000 },
                                           { "ms", 1 },       { 0 } };

static const struct unit second_units[] = {
    { "d", 86400 }, { "h", 3600 }, { "m", 60 }, { "s", 1 }, { 0 }
};

static const struct unit no_units[] = { { "", 1 }, { 0 } };

static const struct unit *units_of(enum kind kind)
{
    switch (kind) {
    case KIND_SIZE:
        return size_units;
    case KIND_MILLIS:
        return milli_units;
    case KIND_SECONDS:
        return second_units;
    case KIND_TEXT:
    case KIND_NAME:
    case KIND_FILE:
    case KIND_OUTPUT:
    case KIND_ADDRESS:
    case KIND_PORT:
    case KIND_URL:
    case KIND_URL_PATH:
    case KIND_BOOL:
    case KIND_COUNT:
    case KIND_CHOICE:
    case KIND_REGEX:
    case KIND_SUBJECT:
    case KIND_DNS:
    case KIND_OID:
    case KIND_ENTRY:
    case KIND_MAP:
    case KIND_NUM:
        break;
    }
    return no_units;
}

void number_format(enum kind kind, int64_t value, struct buf *out)
{
    const struct unit *u = units_of(kind);

    while (u[1].name != NULL && (value % u->factor != 0 || value < u->factor))
        u++;
    if (value == 0 && kind == KIND_MILLIS)
        u = &milli_units[3];
    buf_printf(out, "%lld%s", (long long)(value / u->factor), u->name);
}

/* Says what is wrong with the value; always false. */
#define WRONG(v, ...) (complain_value(v, __VA_ARGS__), false)

PRINTF_LIKE(2, 3)
static void complain_value(const struct value *v, const char *fmt, ...)
{
    char text[400];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    complain(v->reading->errors, v->node->at, "%s: \"%s\" %s", v->setting->key,
             show(v->text).text, text);
}

static bool out_text(const struct value *v, const char *text, void *out)
{
    if (text == NULL) {
        complain_no_mem(v->reading->errors);
        return false;
    }
    *(const char **)out = text;
    return true;
}

static bool read_text(const struct value *v, void *out)
{
    return out_text(v, v->text, out);
}

/* Those of ASCII, whatever the locale. */
static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter_or_digit(char c)
{
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_of(const char *text, const char *extra)
{
    for (; *text != '\0'; text++)
        if (!is_letter_or_digit(*text) && strchr(extra, *text) == NULL)
            return false;
    return true;
}

static bool read_name(const struct value *v, void *out)
{
    if (strlen(v->text) > 63 || !is_letter_or_digit(v->text[0]) ||
        !is_of(v->text, "._-"))
        return WRONG(v, "is no name: up to 63 letters, digits and ._- "
                        "that begin with a letter or digit");
    return out_text(v, v->text, out);
}

static bool read_file(const struct value *v, void *out)
{
    const char *text = v->text, *folder = v->reading->file;
    const char *slash = strrchr(folder, '/');

    while (strncmp(text, "./", 2) == 0)
        text += 2;
    if (text[0] == '/' || slash == NULL)
        return out_text(v, text, out);
    return out_text(v,
                    arena_printf(v->reading->arena, "%.*s/%s",
                                 (int)(slash - folder), folder, text),
                    out);
}

static bool read_output(const struct value *v, void *out)
{
    if (strcmp(v->text, "-") == 0)
        return out_text(v, v->text, out);
    return read_file(v, out);
}

static bool read_address(const struct value *v, void *out)
{
    uint8_t bytes[sizeof(struct in6_addr)];

    if (inet_pton(AF_INET, v->text, bytes) != 1 &&
        inet_pton(AF_INET6, v->text, bytes) != 1)
        return WRONG(v, "is no IPv4 or IPv6 address");
    return out_text(v, v->text, out);
}

static bool read_url(const struct value *v, void *out)
{
    size_t scheme = strncmp(v->text, "http://", 7) == 0 ? 7 : 0;

    if (scheme == 0 || !is_letter_or_digit(v->text[scheme]) ||
        !is_of(v->text, "-._~:/?#[]@!$&'()*+,;=%"))
        return WRONG(v, "is no URL that begins with http://");
    return out_text(v, v->text, out);
}

static bool read_url_path(const struct value *v, void *out)
{
    if (v->text[0] != '/' || !is_of(v->text, "/-._~"))
        return WRONG(v, "is no path: it begins with / and holds letters, "
                        "digits and /-._~ only");
    if (strncmp(v->text, "/.well-known/cmp", 16) == 0)
        return WRONG(v, "is taken: profiles answer below /.well-known/cmp");
    claim(v->reading, "path", v->text, v->node->at);
    return out_text(v, v->text, out);
}

static bool read_bool(const struct value *v, void *out)
{
    bool is_true = strcmp(v->text, "true") == 0;

    if (v->node->is_quoted || (!is_true && strcmp(v->text, "false") != 0))
        return WRONG(v, "is neither true nor false");
    *(bool *)out = is_true;
    return true;
}

/* Digits, then one of the units; false: not that form, or too large. */
static bool number_parse(const char *text, const struct unit *u, int64_t *out)
{
    int64_t n = 0;

    if (!is_digit(*text))
        return false;
    for (; is_digit(*text); text++)
        if (__builtin_mul_overflow(n, 10, &n) ||
            __builtin_add_overflow(n, *text - '0', &n))
            return false;
    while (u->name != NULL && strcmp(u->name, text) != 0)
        u++;
    return u->name != NULL && !__builtin_mul_overflow(n, u->factor, out);
}

static bool read_number(const struct value *v, const char *form, int64_t *out)
{
    const struct setting *s = v->setting;
    char range[64];
    struct buf b;
    int64_t n;

    if (!number_parse(v->text, units_of(s->kind), &n))
        return WRONG(v, "%s", form);
    if (n < s->min || n > s->max) {
        buf_init(&b, sizeof(range));
        number_format(s->kind, s->min, &b);
        buf_add_str(&b, " to ");
        number_format(s->kind, s->max, &b);
        snprintf(range, sizeof(range), "%s", buf_str(&b));
        buf_done(&b);
        return WRONG(v, "is out of range: %s", range);
    }
    *out = n;
    return true;
}

static bool read_port(const struct value *v, void *out)
{
    int64_t n;

    if (!read_number(v, "is no port number", &n))
        return false;
    *(uint16_t *)out = (uint16_t)n;
    return true;
}

static bool read_count(const struct value *v, void *out)
{
    int64_t n;

    if (!read_number(v, "is no number", &n))
        return false;
    *(uint32_t *)out = (uint32_t)n;
    return true;
}

static bool read_size(const struct value *v, void *out)
{
    int64_t n;

    if (!read_number(v, "is no size; write it like 512, 64k or 1m", &n))
        return false;
    *(size_t *)out = (size_t)n;
    return true;
}

static bool read_millis(const struct value *v, void *out)
{
    return read_number(
        v, "is no duration; write it like 500ms, 90s, 10m, 12h or 1d", out);
}

static bool read_seconds(const struct value *v, void *out)
{
    return read_number(v, "is no duration; write it like 90s, 10m, 12h or 365d",
                       out);
}

static const struct choice *choice_find(const struct choices *all,
                                        const char *name)
{
    size_t i;

    for (i = 0; i < all->num; i++)
        if (strcmp(all->items[i].name, name) == 0)
            return &all->items[i];
    return NULL;
}

/* Complains of a word that is none of the choices; always false. */
static bool wrong_choice(const struct value *v)
{
    const struct choices *all = v->setting->choices;
    struct nearest near = nearest_init(v->text);
    struct buf words;
    size_t i;

    buf_init(&words, 300);
    for (i = 0; i < all->num; i++) {
        if (all->items[i].oid != NULL && all->items[i].value == 0)
            continue;
        nearest_try(&near, all->items[i].name);
        buf_printf(&words, "%s%s", i == 0 ? "" : ", ", all->items[i].name);
    }
    complain_value(v, "is none of %s%s", buf_str(&words),
                   nearest_hint(&near).text);
    buf_done(&words);
    return false;
}

/* In a list the words are or-ed into the one member. */
static bool read_choice(const struct value *v, void *out)
{
    const struct choice *c = choice_find(v->setting->choices, v->text);

    if (c == NULL)
        return wrong_choice(v);
    if (v->setting->traits & LIST)
        *(uint32_t *)out |= c->value;
    else
        *(uint32_t *)out = c->value;
    return true;
}

static bool read_regex(const struct value *v, void *out)
{
    const char *complaint = pattern_complaint(v->text);
    char why[128];
    regex_t compiled;
    int failed;

    if (complaint != NULL)
        return WRONG(v, "%s", complaint);
    failed = regcomp(&compiled, v->text, REG_EXTENDED);
    if (failed != 0) {
        regerror(failed, &compiled, why, sizeof(why));
        return WRONG(v, "is no POSIX extended regular expression: %s", why);
    }
    regfree(&compiled);
    return out_text(v, v->text, out);
}

/* The {words} of a pattern are known ones. */
static bool check_placeholders(const struct value *v, const char *text)
{
    const char *close;
    char word[32];
    struct nearest near;
    size_t i, len;

    for (; (text = strpbrk(text, "{}")) != NULL; text = close + 1) {
        close = strchr(text, '}');
        if (*text == '}' || close == NULL)
            return WRONG(v, "has a brace without its other one");
        len = (size_t)(close - text) + 1;
        snprintf(word, sizeof(word), "%.*s", (int)(len < 32 ? len : 31), text);
        near = nearest_init(word);
        if (choice_find(&schema_placeholders, word) != NULL)
            continue;
        for (i = 0; i < schema_placeholders.num; i++)
            nearest_try(&near, schema_placeholders.items[i].name);
        return WRONG(v, "knows {serial} and {vendor}, not %s%s",
                     show(word).text, nearest_hint(&near).text);
    }
    return true;
}

static bool read_dns(const struct value *v, void *out)
{
    if (strlen(v->text) > 253 || !is_of(v->text, "{}.-"))
        return WRONG(v, "is no DNS name with {serial} and {vendor} in it");
    if (!check_placeholders(v, v->text))
        return false;
    return out_text(v, v->text, out);
}

/*
 * Moves one `TYPE=value` from `*text`, up to a comma or the end, into `out`,
 * undoing the escapes of RFC 4514 that a backslash and the character make.
 */
static bool attribute_read(const struct value *v, const char **text,
                           struct config_attribute *out)
{
    const char *p = *text + strspn(*text, " ");
    const char *equals = p + strcspn(p, "=,");
    struct nearest near;
    const struct choice *c;
    char *type = arena_printf(v->reading->arena, "%.*s", (int)(equals - p), p);
    char *value = arena_alloc(v->reading->arena, strlen(p) + 1);
    size_t len = 0, i;

    if (type == NULL || value == NULL) {
        complain_no_mem(v->reading->errors);
        return false;
    }
    if (*equals != '=')
        return WRONG(v, "lacks the = of TYPE=value after \"%s\"",
                     show(type).text);
    c = choice_find(&schema_name_attributes, type);
    near = nearest_init(type);
    for (i = 0; i < schema_name_attributes.num; i++)
        nearest_try(&near, schema_name_attributes.items[i].name);
    if (c == NULL)
        return WRONG(v, "has an attribute \"%s\", which is not known%s",
                     show(type).text, nearest_hint(&near).text);
    for (p = equals + 1; *p != '\0' && *p != ','; p++) {
        if (*p == '\\' && p[1] != '\0')
            p++;
        else if (strchr("\\\"+<>;=", *p) != NULL)
            return WRONG(v, "needs a backslash before %c", *p);
        value[len++] = *p;
    }
    if (len == 0 || len > 200)
        return WRONG(v, "has a value of %s that is %s", type,
                     len == 0 ? "empty" : "too long");
    if (strcmp(type, "C") == 0 && len != 2)
        return WRONG(v, "has a country that is not of two letters");
    *text = *p == ',' ? p + 1 : NULL;
    *out = (struct config_attribute){ c->name, c->oid, value };
    return check_placeholders(v, value);
}

static bool read_subject(const struct value *v, void *out)
{
    struct config_attribute parts[16];
    const size_t max = sizeof(parts) / sizeof(parts[0]);
    struct config_name name = { 0 };
    const char *text = v->text;
    size_t i;

    for (; text != NULL; name.num++) {
        if (name.num == max)
            return WRONG(v, "has more than %zu attributes", max);
        if (!attribute_read(v, &text, &parts[name.num]))
            return false;
    }
    name.items = reading_alloc(v->reading, name.num, sizeof(parts[0]));
    if (name.items == NULL)
        return false;
    for (i = 0; i < name.num; i++)
        name.items[i] = parts[name.num - 1 - i];
    *(struct config_name *)out = name;
    return true;
}

/* X.660 dotted form: at least two arcs without leading zeros. */
static bool is_oid(const char *text)
{
    size_t arcs = 0, len;

    if (strlen(text) > 64 || text[0] < '0' || text[0] > '2' || text[1] != '.')
        return false;
    for (;; text += len + 1, arcs++) {
        len = strspn(text, "0123456789");
        if (len == 0 || len > 9 || (len > 1 && *text == '0'))
            return false;
        if (text[len] == '\0')
            return arcs > 0;
        if (text[len] != '.')
            return false;
    }
}

/* A choice without an object identifier in the table is one to refuse. */
static bool read_oid(const struct value *v, void *out)
{
    const struct choices *all = v->setting->choices;
    const struct choice *c = choice_find(all, v->text);
    size_t i;

    for (i = 0; c == NULL && i < all->num; i++)
        if (strcmp(all->items[i].oid, v->text) == 0)
            c = &all->items[i];
    if (c != NULL && c->value == 0)
        return WRONG(v, "is not for base stations: %s", c->meaning);
    if (c != NULL)
        return out_text(v, c->oid, out);
    if (is_oid(v->text))
        return out_text(v, v->text, out);
    return wrong_choice(v);
}

static bool read_entry(const struct value *v, void *out)
{
    struct reference *ref = reading_alloc(v->reading, 1, sizeof(*ref));

    if (ref == NULL)
        return false;
    *ref = (struct reference){ v->reading->references, v->setting, v->node,
                               (const void **)out };
    v->reading->references = ref;
    return true;
}

static const struct kind_row kinds[KIND_NUM] = {
    [KIND_TEXT] = { "text", sizeof(char *), read_text },
    [KIND_NAME] = { "name", sizeof(char *), read_name },
    [KIND_FILE] = { "file", sizeof(char *), read_file },
    [KIND_OUTPUT] = { "file or \"-\"", sizeof(char *), read_output },
    [KIND_ADDRESS] = { "IP address", sizeof(char *), read_address },
    [KIND_PORT] = { "port", sizeof(uint16_t), read_port },
    [KIND_URL] = { "URL", sizeof(char *), read_url },
    [KIND_URL_PATH] = { "path of a URL", sizeof(char *), read_url_path },
    [KIND_BOOL] = { "true or false", sizeof(bool), read_bool },
    [KIND_COUNT] = { "number", sizeof(uint32_t), read_count },
    [KIND_SIZE] = { "size", sizeof(size_t), read_size },
    [KIND_MILLIS] = { "duration", sizeof(int64_t), read_millis },
    [KIND_SECONDS] = { "duration", sizeof(int64_t), read_seconds },
    [KIND_CHOICE] = { "word", sizeof(uint32_t), read_choice },
    [KIND_REGEX] = { "POSIX extended regular expression", sizeof(char *),
                     read_regex },
    [KIND_SUBJECT] = { "pattern of a name", sizeof(struct config_name),
                       read_subject },
    [KIND_DNS] = { "pattern of a DNS name", sizeof(char *), read_dns },
    [KIND_OID] = { "word or object identifier", sizeof(char *), read_oid },
    [KIND_ENTRY] = { "name", sizeof(void *), read_entry },
    [KIND_MAP] = { "mapping", 0, NULL },
};

size_t kind_size(enum kind kind)
{
    return kinds[kind].size;
}

const char *kind_name(enum kind kind)
{
    return kinds[kind].name;
}

bool value_read(struct reading *r, const struct setting *s,
                const struct node *node, void *out)
{
    struct value v = { r, s, node, node->text };

    if (node->kind != NODE_SCALAR) {
        complain(r->errors, node->at, "%s: one value is expected, not a %s",
                 s->key, node->kind == NODE_LIST ? "list" : "mapping");
        return false;
    }
    if (node->text[0] == '\0' ||
        (!node->is_quoted &&
         (strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0))) {
        complain(r->errors, node->at, "%s: a value is missing", s->key);
        return false;
    }
    return kinds[s->kind].read(&v, out);
}
