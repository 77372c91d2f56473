#include "base/clock.h"

#include <time.h>

static int64_t read_micros(clockid_t id)
{
    struct timespec ts;

    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t clock_seconds(void)
{
    return read_micros(CLOCK_REALTIME) / 1000000;
}

int64_t clock_millis(void)
{
    return read_micros(CLOCK_REALTIME) / 1000;
}

int64_t clock_monotonic_micros(void)
{
    return read_micros(CLOCK_MONOTONIC);
}
