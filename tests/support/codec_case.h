/*
 * One line of a decoder's table: what it makes of these bytes.
 */
#ifndef SUPPORT_CODEC_CASE_H
#define SUPPORT_CODEC_CASE_H

#include "der/der.h"

/* Reads one structure and writes it again, to `w`. */
struct codec {
    const char *name;
    enum err (*copy)(struct der *in, struct arena *a, struct der_writer *w);
};

struct codec_case {
    const struct codec *codec;
    const char *text; /* der_text.h */
    enum err err;
    const char *path; /* of the field refused; NULL: not looked at */
};

/*
 * Runs a table inside a cmocka test and fails it after printing each line that
 * did otherwise. What is accepted must be written again to the same bytes, and
 * every proper prefix of it refused.
 */
void codec_cases_check(const struct codec_case *cases, size_t num);

#endif
