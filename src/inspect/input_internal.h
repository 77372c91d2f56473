/*
 * Shared by the readers of input: where what they find goes.
 */
#ifndef INSPECT_INPUT_INTERNAL_H
#define INSPECT_INPUT_INTERNAL_H

#include <stdio.h>

#include "inspect/input.h"

/* Who gets what is found, and the counts of it. */
struct sink {
    seen_each *each;
    void *arg;
    const char *name; /* of the input, in `where` */
    struct input_options options;
    struct input_totals totals;
    uint64_t given; /* with HTTP that carries no message */
};

/* Numbers it if it has `der`, counts it, and calls `each`. */
MUST_USE enum err sink_give(struct sink *sink, const struct seen *seen);

/* The forms told by content. */
enum input_form {
    FORM_NONE,
    FORM_DER,
    FORM_PEM,
    FORM_HEX,
    FORM_BASE64,
    FORM_CAPTURE
};

/* Tells a capture by its first bytes, any other form by all of them. */
enum input_form form_find(struct span bytes);

/* The messages of a whole file in one of the forms but FORM_CAPTURE. */
MUST_USE enum err texts_read(enum input_form form, struct span bytes,
                             struct sink *sink, struct fault *f);

/* Do these bytes begin like a PKIMessage: SEQUENCE { SEQUENCE { INTEGER? They
 * may be few: what is there is compared. */
bool looks_like_message(struct span bytes);

/*
 * The length of the DER element at the start, its head included. 0: no element
 * begins there; more than `bytes.len`: it is cut.
 */
size_t element_len(struct span bytes);

/* A capture as libpcap reads it from a stream, which is taken over. */
MUST_USE enum err capture_read(FILE *file, struct sink *sink, struct fault *f);

#endif
