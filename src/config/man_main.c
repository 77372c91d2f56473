/*
 * config_man [FILE]: prints the manual page of the configuration file, or
 * fails when FILE is not that page.
 */
#include <stdio.h>

#include "base/file.h"
#include "config/config.h"

static int compare(const char *path, struct span page)
{
    struct fault f = { 0 };
    struct buf have;
    int status = 1;

    buf_init(&have, (size_t)1024 * 1024);
    if (file_load(path, &have, &f) != ERR_OK)
        fprintf(stderr, "config_man: %s\n", f.text);
    else if (!span_is_equal(buf_span(&have), page))
        fprintf(stderr, "config_man: %s is not current; write it anew\n", path);
    else
        status = 0;
    buf_done(&have);
    return status;
}

int main(int argc, char **argv)
{
    struct buf page;
    int status;

    buf_init(&page, (size_t)1024 * 1024);
    config_man(&page);
    if (argc > 1)
        status = compare(argv[1], buf_span(&page));
    else
        status = fwrite(page.ptr, 1, page.len, stdout) != page.len;
    if (page.failed != ERR_OK)
        status = 1;
    buf_done(&page);
    return status;
}
