#include "support/der_text.h"

#include <stdio.h>
#include <stdlib.h>

#define MAX_LEN ((size_t)32 * 1024)

struct bytes {
    uint8_t *ptr;
    size_t len;
};

static void die(const char *at)
{
    fprintf(stderr, "der_text: cannot read \"%s\"\n", at);
    abort();
}

static void add(struct bytes *out, const void *ptr, size_t len)
{
    if (len > MAX_LEN - out->len)
        die("(too long)");
    memcpy(out->ptr + out->len, ptr, len);
    out->len += len;
}

static void add_length(struct bytes *out, size_t len)
{
    uint8_t octets[3] = { 0x82, (uint8_t)(len >> 8), (uint8_t)len };

    if (len >= 0x100) {
        add(out, octets, 3);
    } else if (len >= 0x80) {
        octets[1] = 0x81;
        add(out, octets + 1, 2);
    } else {
        add(out, octets + 2, 1);
    }
}

static const char *read_until(const char *s, char end, struct bytes *out);

static const char *read_content(const char *s, struct bytes *out)
{
    struct bytes inner = { malloc(MAX_LEN), 0 };

    if (inner.ptr == NULL)
        abort();
    s = read_until(s, '}', &inner);
    add_length(out, inner.len);
    add(out, inner.ptr, inner.len);
    free(inner.ptr);
    return s;
}

static const char *read_repeated(const char *s, struct bytes *out)
{
    char *group;
    unsigned long num = strtoul(s, &group, 10);
    const char *end = NULL;

    if (*group != '(')
        die(s);
    for (unsigned long i = 0; i < num; i++)
        end = read_until(group + 1, ')', out);
    if (end == NULL)
        die(s);
    return end;
}

static const char *read_quoted(const char *s, struct bytes *out)
{
    const char *end = strchr(s, '\'');

    if (end == NULL)
        die(s);
    add(out, s, (size_t)(end - s));
    return end + 1;
}

static const char *read_byte(const char *s, struct bytes *out)
{
    char digits[3] = "";
    char *end;
    uint8_t byte;

    memcpy(digits, s, strnlen(s, 2));
    byte = (uint8_t)strtoul(digits, &end, 16);
    if (end != digits + 2)
        die(s);
    add(out, &byte, 1);
    return s[2] == '{' ? read_content(s + 3, out) : s + 2;
}

/* Returns what follows `end`. */
static const char *read_until(const char *s, char end, struct bytes *out)
{
    for (;;) {
        while (*s == ' ')
            s++;
        if (*s == end)
            return end == '\0' ? s : s + 1;
        if (*s == '*')
            s = read_repeated(s + 1, out);
        else if (*s == '\'')
            s = read_quoted(s + 1, out);
        else
            s = read_byte(s, out);
    }
}

struct span der_text(const char *text, struct arena *a)
{
    struct bytes out = { malloc(MAX_LEN), 0 };
    struct span copy;

    if (out.ptr == NULL)
        abort();
    read_until(text, '\0', &out);
    copy = arena_copy(a, span_of(out.ptr, out.len));
    free(out.ptr);
    if (span_is_absent(copy))
        abort();
    return copy;
}
