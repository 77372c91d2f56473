/*
 * Readers of DER as tables: bytes in, a result as text out, untouched when the
 * reader fails.
 */
#ifndef DER_READER_CASE_TEST_H
#define DER_READER_CASE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/text.h"
#include "der/der.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define RESULT_LEN 160

struct read_case {
    enum err (*read)(struct der *in, char *result);
    const char *hex;
    const char *text; /* put behind the bytes of `hex` */
    enum err err;
    const char *result;
};

#define OK(read, hex, text, result)     \
    {                                   \
        read, hex, text, ERR_OK, result \
    }
#define BAD(read, hex, text)             \
    {                                    \
        read, hex, text, ERR_BAD_DER, "" \
    }
#define LIMITED(read, hex, text)       \
    {                                  \
        read, hex, text, ERR_LIMIT, "" \
    }

/* Each has its result; refused ones say where, and so does every proper prefix
 * of those accepted. */
void read_cases_hold(const struct read_case *cases, size_t num);
/* What follows an element is neither read nor reached. */
void read_cases_stop(const struct read_case *cases, size_t num);

#endif
