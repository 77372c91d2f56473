#include "client/internal.h"

enum err ignored_load(const char *dir, struct arena *a, struct ignored *out,
                      struct fault *f)
{
    struct ignored i = { .text = "" };
    const char *last;
    struct span text;
    enum err e = text_load(path_join(dir, "ignored", a), a, &text, f);

    if (e == ERR_OK) {
        i.num = (uint64_t)line_number(text, "ignored", a);
        i.at = line_number(text, "at", a);
        last = line_find(text, "last", a);
        if (last != NULL)
            i.text = last;
    } else if (e != ERR_NOT_FOUND) {
        return e;
    }
    *out = i;
    return ERR_OK;
}

enum err ignored_add(const char *dir, int64_t now, const char *text,
                     struct arena *a, struct fault *f)
{
    struct ignored before;
    struct buf b;
    char *line;
    enum err e;

    TRY(ignored_load(dir, a, &before, f));
    line = arena_printf(a, "%s", text);
    if (line == NULL)
        return fault_set(f, ERR_NO_MEM, "ignored");
    /* The peer may have had a say in it: one line it stays. */
    for (char *c = line; *c != '\0'; c++)
        if ((unsigned char)*c < 0x20)
            *c = '?';
    buf_init(&b, LIMIT_FILE_LEN);
    buf_printf(&b, "ignored: %llu\nat: %lld\nlast: %s\n",
               (unsigned long long)before.num + 1, (long long)now, line);
    e = buf_save(path_join(dir, "ignored", a), &b, f);
    buf_done(&b);
    return e;
}
