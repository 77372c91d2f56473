/*
 * What every fuzz target of a decoder asks: what is accepted fills its input
 * and is written again to the same bytes. Ends the program where that fails.
 */
#ifndef FUZZ_CODEC_H
#define FUZZ_CODEC_H

#include "der/der.h"

/* What libFuzzer calls. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Reads one structure and writes it to `w`. */
struct fuzz_codec {
    enum err (*copy)(struct der *in, struct arena *a, struct der_writer *w);
};

void fuzz_strict(const struct fuzz_codec *codec, const uint8_t *data,
                 size_t size);

/* For what is read under a named leniency: it is written to a shorter, strict
 * form, which then stays as it is. */
void fuzz_lenient(const struct fuzz_codec *codec, const uint8_t *data,
                  size_t size);

#endif
