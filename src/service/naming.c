#include "service/naming.h"

#include <ctype.h>
#include <stdio.h>

#include "base/limits.h"
#include "base/text.h"
#include "profile/rules.h"

#define MAX_TEXT ((size_t)256)

/* The n-th candidate text the rule looks at; false when there is no more. */
static bool candidate(const struct vendor *vendor, const struct x509_cert *cert,
                      const struct general_names *san, size_t n,
                      struct span *out)
{
    enum general_name_type type = GN_DNS;
    size_t seen = 0;

    switch (vendor->config->serial.from) {
    case CONFIG_SERIAL_SUBJECT_CN:
        return name_find(cert->subject, OID_ID_AT_COMMON_NAME, n, out);
    case CONFIG_SERIAL_SUBJECT_SERIAL_NUMBER:
        return name_find(cert->subject, OID_ID_AT_SERIAL_NUMBER, n, out);
    case CONFIG_SERIAL_SAN_URI:
        type = GN_URI;
        break;
    case CONFIG_SERIAL_SAN_DNS:
        break;
    }
    for (size_t i = 0; i < san->num; i++) {
        if (san->list[i].type != type || seen++ != n)
            continue;
        *out = san->list[i].value;
        return true;
    }
    return false;
}

/* Printable ASCII, so that it can stand in names, logs and files as it is. */
static bool is_plain(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] <= 0x20 || text.ptr[i] > 0x7e)
            return false;
    return text.len > 0;
}

static bool match_serial(const struct vendor *vendor, struct span text,
                         struct span *out)
{
    regmatch_t found[2] = { { -1, -1 }, { -1, -1 } };
    char copy[MAX_TEXT];
    int group;

    if (!is_plain(text) || text.len >= sizeof(copy))
        return false;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (!vendor->has_pattern) {
        *out = text;
        return true;
    }
    if (regexec(&vendor->pattern, copy, 2, found, 0) != 0)
        return false;
    group = found[1].rm_so >= 0 ? 1 : 0;
    *out = span_of(text.ptr + found[group].rm_so,
                   (size_t)(found[group].rm_eo - found[group].rm_so));
    return out->len > 0;
}

enum err naming_serial(const struct vendor *vendor,
                       const struct x509_cert *cert, struct arena *a,
                       struct span *out, struct fault *f)
{
    struct general_names san = { NULL, 0 };
    struct span text, serial = SPAN_NONE;

    if (!span_is_absent(cert->san)) {
        struct der in = der_open(cert->san, NULL);

        if (general_names_read(&in, a, &san) != ERR_OK)
            san.num = 0; /* then the rule finds nothing there */
    }
    for (size_t n = 0; candidate(vendor, cert, &san, n, &text); n++) {
        if (!match_serial(vendor, text, &serial))
            continue;
        *out = arena_copy(a, serial);
        if (span_is_absent(*out))
            return fault_set(f, ERR_NO_MEM, "serial number");
        return ERR_OK;
    }
    *out = SPAN_NONE;
    return ERR_OK;
}

/* Appends a value as RFC 4514 text: what would end or start it is escaped. */
static void add_escaped(struct buf *out, struct span value)
{
    for (size_t i = 0; i < value.len; i++) {
        bool is_edge = i == 0 || i + 1 == value.len;

        if (strchr(",+\"\\<>;=", value.ptr[i]) != NULL ||
            (i == 0 && value.ptr[i] == '#') || (is_edge && value.ptr[i] == ' '))
            buf_add_str(out, "\\");
        buf_add(out, span_of(value.ptr + i, 1));
    }
}

static bool is_host_name(struct span name)
{
    size_t label = 0;

    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.ptr[i];

        if (c == '.') {
            if (label == 0)
                return false;
            label = 0;
            continue;
        }
        if ((!isalnum(c) && c != '-' && c != '_') || ++label > 63)
            return false;
    }
    return label > 0 && name.len <= 253;
}

static enum err dns_by_pattern(const char *pattern, const char *vendor,
                               const char *serial, struct arena *a,
                               struct names *out, struct fault *f)
{
    struct general_name *name = arena_alloc(a, sizeof(*name));
    enum err e = ERR_OK;
    struct buf text;

    if (name == NULL)
        return fault_set(f, ERR_NO_MEM, "DNS name");
    buf_init(&text, MAX_TEXT * 2);
    config_expand(pattern, serial, vendor, &text);
    for (size_t i = 0; i < text.len; i++)
        text.ptr[i] = (uint8_t)tolower(text.ptr[i]);
    name->type = GN_DNS;
    name->value = arena_copy(a, buf_span(&text));
    if (text.failed != ERR_OK || span_is_absent(name->value))
        e = fault_set(f, ERR_NO_MEM, "DNS name");
    else if (!is_host_name(name->value))
        e = fault_set(f, ERR_CONFIG,
                      "profiles.dns gives no host name for serial %s: %s",
                      serial, buf_str(&text));
    buf_done(&text);
    TRY(e);
    out->san = name;
    out->num_san = 1;
    return ERR_OK;
}

/* RFC 4514 text of the pattern; its attributes stand in order of encoding,
 * which is the reverse of the text's. */
static void subject_text(const struct config_name *pattern, const char *vendor,
                         const char *serial, struct buf *out)
{
    struct buf value;

    buf_init(&value, LIMIT_NAME_LEN);
    for (size_t i = pattern->num; i > 0; i--) {
        buf_clear(&value);
        config_expand(pattern->items[i - 1].value, serial, vendor, &value);
        if (value.failed != ERR_OK)
            out->failed = value.failed;
        buf_printf(out, "%s%s=", i == pattern->num ? "" : ",",
                   pattern->items[i - 1].oid);
        add_escaped(out, buf_span(&value));
    }
    buf_done(&value);
}

enum err naming_by_pattern(const struct config_profile *profile,
                           struct span vendor, struct span serial,
                           struct arena *a, struct names *out, struct fault *f)
{
    struct names names = { SPAN_NONE, NULL, 0 };
    const char *vendor_text =
        arena_printf(a, "%.*s", (int)vendor.len, (const char *)vendor.ptr);
    const char *serial_text =
        arena_printf(a, "%.*s", (int)serial.len, (const char *)serial.ptr);
    struct buf text;
    enum err e;

    if (vendor_text == NULL || serial_text == NULL)
        return fault_set(f, ERR_NO_MEM, "names");
    buf_init(&text, LIMIT_NAME_LEN);
    subject_text(&profile->subject, vendor_text, serial_text, &text);
    e = text.failed;
    if (e == ERR_OK)
        e = name_parse(buf_str(&text), a, &names.subject, f);
    if (e != ERR_OK)
        e = fault_prefix(f, ERR_CONFIG, "profiles.subject for serial %s",
                         serial_text);
    buf_done(&text);
    TRY(e);
    if (profile->dns != NULL)
        TRY(dns_by_pattern(profile->dns, vendor_text, serial_text, a, &names,
                           f));
    *out = names;
    return ERR_OK;
}

enum err naming_from(struct span subject, struct span san, struct arena *a,
                     struct names *out, struct fault *f)
{
    struct names names = { subject, NULL, 0 };
    struct general_names list;
    struct der in;

    if (!span_is_absent(san)) {
        in = der_open(san, NULL);
        if (general_names_read(&in, a, &list) != ERR_OK)
            return rule_break(f, RULE_EXTENSIONS_ARE_READABLE,
                              "certTemplate.extensions.subjectAltName",
                              "one that does not parse");
        names.san = list.list;
        names.num_san = list.num;
    }
    if (span_is_absent(names.subject))
        names.subject = SPAN_LIT("\x30\x00");
    *out = names;
    return ERR_OK;
}

/* Lower case, runs of blanks as one: what RFC 5280, 7.1 takes for equal. */
static struct span fold(const char *text, struct arena *a)
{
    size_t len = strlen(text), n = 0;
    uint8_t *out = arena_alloc(a, len);
    bool was_blank = true;

    if (out == NULL)
        return SPAN_NONE;
    for (size_t i = 0; i < len; i++) {
        bool is_blank = text[i] == ' ';

        if (!(is_blank && was_blank))
            out[n++] = (uint8_t)tolower((unsigned char)text[i]);
        was_blank = is_blank;
    }
    return span_of(out, n);
}

static const char *san_key(const struct general_name *name, struct arena *a)
{
    static const char *const prefixes[] = {
        [GN_EMAIL] = "email",
        [GN_DNS] = "dns",
        [GN_URI] = "uri",
    };
    char hex[2 * LIMIT_NAME_LEN + 1];

    if (name->type < sizeof(prefixes) / sizeof(prefixes[0]) &&
        prefixes[name->type] != NULL)
        return arena_printf(a, "%s:%.*s", prefixes[name->type],
                            (int)name->value.len,
                            (const char *)name->value.ptr);
    hex_format(name->value, hex, sizeof(hex));
    return arena_printf(a, "san%d:%s", (int)name->type, hex);
}

enum err naming_claims(const struct names *names, struct arena *a,
                       const struct span **out, size_t *num, struct fault *f)
{
    struct span *keys = arena_array(a, names->num_san + 1, sizeof(*keys));
    const char *text;
    size_t n = 0;

    if (keys == NULL)
        return fault_set(f, ERR_NO_MEM, "names");
    if (!name_is_null(names->subject)) {
        text = name_format(names->subject, a);
        text = text == NULL ? NULL : arena_printf(a, "dn:%s", text);
        if (text == NULL)
            return fault_set(f, ERR_NO_MEM, "names");
        keys[n++] = fold(text, a);
    }
    for (size_t i = 0; i < names->num_san; i++) {
        if (names->san[i].value.len > LIMIT_NAME_LEN)
            return rule_break(f, RULE_NAME_IS_BOUNDED,
                              "certTemplate.extensions.subjectAltName",
                              "one of %zu octets", names->san[i].value.len);
        text = san_key(&names->san[i], a);
        if (text == NULL)
            return fault_set(f, ERR_NO_MEM, "names");
        keys[n++] = fold(text, a);
    }
    for (size_t i = 0; i < n; i++)
        if (span_is_absent(keys[i]))
            return fault_set(f, ERR_NO_MEM, "names");
    *out = keys;
    *num = n;
    return ERR_OK;
}
