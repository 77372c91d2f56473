/*
 * Clocks. Pure modules do not read them: times come to those as arguments.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

/* The time of day, in seconds and in milliseconds since 1970. */
int64_t clock_seconds(void);
int64_t clock_millis(void);

/* A clock that never steps, from an arbitrary origin, in microseconds. */
int64_t clock_monotonic_micros(void);

#endif
