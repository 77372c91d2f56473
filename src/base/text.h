/*
 * Codings between bytes and text: hexadecimal, base64, PEM, times.
 */
#ifndef BASE_TEXT_H
#define BASE_TEXT_H

#include <stdarg.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/error.h"
#include "base/span.h"

/* Lower-case hexadecimal, NUL-terminated; only whole bytes that fit `size`,
 * which is at least 1. */
void hex_format(struct span bytes, char *out, size_t size);

/* Two digits a byte, blanks between bytes skipped. ERR_BAD_DATA_FORMAT. */
MUST_USE enum err hex_parse(const char *text, struct arena *a,
                            struct span *out);

/*
 * Standard base64 (RFC 4648, 4), white space skipped, padding required.
 * ERR_BAD_DATA_FORMAT: another character, wrong padding, bits left over.
 */
MUST_USE enum err base64_parse(struct span text, struct arena *a,
                               struct span *out);
/* In lines of `line_len` characters, each ended by a newline; 0: no newline. */
void base64_format(struct span bytes, size_t line_len, struct buf *out);

/*
 * The next PEM block (RFC 7468) in `*text`, which moves past it. `label` gets
 * what stands after BEGIN, `out` the decoded bytes.
 * ERR_NOT_FOUND: no further block. ERR_BAD_DATA_FORMAT: a block not well made.
 */
MUST_USE enum err pem_next(struct span *text, struct arena *a,
                           struct span *label, struct span *out);
void pem_format(const char *label, struct span bytes, struct buf *out);

/* "2026-11-22T10:00:00Z" from seconds since 1970; out needs 24 bytes. */
#define TIME_TEXT_LEN 24
void time_format(int64_t seconds, char out[TIME_TEXT_LEN]);
/* The reverse; only this form with a Z. ERR_BAD_DATA_FORMAT. */
MUST_USE enum err time_parse(const char *text, int64_t *out);

/*
 * Seconds since 1970 of a UTC date of the proleptic Gregorian calendar, and
 * back. `month` is 1..12, `day` 1..31; date_is_valid is false when there is
 * no such date or the year is not within 0..9999. date_to_seconds takes valid
 * dates; date_from_seconds gives the nearest one of those years.
 */
struct date {
    int year, month, day, hour, minute, second;
};
bool date_is_valid(const struct date *d);
int64_t date_to_seconds(const struct date *d);
void date_from_seconds(int64_t seconds, struct date *out);

/* Valid UTF-8 without NUL (RFC 3629). */
bool utf8_is_valid(struct span text);

/* snprintf for modules that may not see stdio: cut to `size`, always ended. */
void text_format(char *out, size_t size, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void text_vformat(char *out, size_t size, const char *fmt, va_list args)
    PRINTF_LIKE(3, 0);

/* Edits needed to turn one word into the other, for "did you mean". With a
 * word longer than the maximum: the length of the longer. */
#define TEXT_DISTANCE_MAX_LEN 64
size_t text_distance(const char *a, const char *b);

#endif
