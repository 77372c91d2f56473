#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text.h"
#include "config/internal.h"

void complain_no_mem(struct complaints *c)
{
    c->failed = ERR_NO_MEM;
}

void complain(struct complaints *c, struct config_mark at, const char *fmt, ...)
{
    char text[512];
    va_list args;
    char *copy;

    if (c->failed == ERR_OK)
        c->failed = ERR_CONFIG;
    if (c->num == LIMIT_CONFIG_ERRORS) {
        c->more = true;
        return;
    }
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    copy = arena_printf(c->arena, "%s", text);
    if (copy == NULL) {
        complain_no_mem(c);
        return;
    }
    c->items[c->num] = (struct complaint){ at, c->num, copy };
    c->num++;
}

static int by_place(const void *a, const void *b)
{
    const struct complaint *x = a, *y = b;

    if (x->at.line != y->at.line)
        return x->at.line < y->at.line ? -1 : 1;
    if (x->at.column != y->at.column)
        return x->at.column < y->at.column ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

void complaints_format(struct complaints *c, const char *file, struct buf *out)
{
    size_t i;

    qsort(c->items, c->num, sizeof(c->items[0]), by_place);
    for (i = 0; i < c->num; i++)
        buf_printf(out, "%s:%u:%u: %s\n", file, c->items[i].at.line,
                   c->items[i].at.column, c->items[i].text);
    if (c->more)
        buf_printf(out, "%s: there are more errors than these %d\n", file,
                   LIMIT_CONFIG_ERRORS);
}

struct shown show(const char *text)
{
    struct shown s;
    size_t len = strlen(text), i;
    bool is_cut = len >= sizeof(s.text);

    if (is_cut) {
        len = sizeof(s.text) - 4;
        while (len > 0 && ((uint8_t)text[len] & 0xc0) == 0x80)
            len--;
    }
    for (i = 0; i < len; i++)
        if ((uint8_t)text[i] < 0x20 || text[i] == 0x7f)
            s.text[i] = '?';
        else
            s.text[i] = text[i];
    memcpy(s.text + len, is_cut ? "..." : "", is_cut ? 4 : 1);
    return s;
}

struct nearest nearest_init(const char *word)
{
    return (struct nearest){ .word = word };
}

void nearest_try(struct nearest *n, const char *known)
{
    size_t len = strlen(n->word);
    size_t distance;

    /* Longer than any word we know by more than the edits taken. */
    if (len > 64)
        return;
    distance = text_distance(n->word, known);
    if (distance > 1 + len / 4 || distance >= strlen(known))
        return;
    if (n->known == NULL || distance < n->distance) {
        n->known = known;
        n->distance = distance;
    }
}

struct hint nearest_hint(const struct nearest *n)
{
    struct hint h = { "" };

    if (n->known != NULL)
        snprintf(h.text, sizeof(h.text), "; did you mean \"%s\"?",
                 show(n->known).text);
    return h;
}
