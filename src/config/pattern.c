/*
 * Bounds on patterns, before libc compiles them: it multiplies out what is
 * repeated, in time and memory.
 */
#include "config/internal.h"

#include <stdint.h>
#include <string.h>

/* A vendor's pattern matches one short name. */
#define PATTERN_LEN 256
#define PATTERN_REPEATS 1000

/* What all the {n,m} of a pattern multiply to, or more than the limit. */
static unsigned long repeats_of(const char *text)
{
    unsigned long all = 1, n;

    for (; *text != '\0'; text++) {
        if (*text != '{' && *text != ',')
            continue;
        for (n = 0; text[1] >= '0' && text[1] <= '9' && n <= PATTERN_REPEATS;
             text++)
            n = n * 10 + (unsigned long)(text[1] - '0');
        all *= n == 0 ? 1 : n;
        if (all > PATTERN_REPEATS)
            break;
    }
    return all;
}

/* Past a bracket expression, whose first member may be a bracket. */
static const char *skip_bracket(const char *text)
{
    text += text[1] == '^' ? 2 : 1;
    if (*text == ']')
        text++;
    while (*text != '\0' && *text != ']')
        text++;
    return text;
}

/*
 * Is something repeated that itself repeats without a bound, as in (a*)+ or
 * a**? libc may take years to compile such a pattern. Bit n of `endless`: so
 * far in the n-th group that is open.
 */
static bool repeats_endless(const char *text)
{
    uint64_t endless = 0;
    bool was_endless = false; /* what ends here */

    for (; *text != '\0'; text++) {
        bool is_endless = *text == '*' || *text == '+';

        if (was_endless && (is_endless || *text == '?' || *text == '{'))
            return true;
        if (is_endless)
            endless |= 1;
        was_endless = is_endless;
        if (*text == '\\' && text[1] != '\0') {
            text++;
        } else if (*text == '[') {
            text = skip_bracket(text);
            if (*text == '\0')
                break;
        } else if (*text == '(') {
            if (endless >> 63 != 0)
                return true; /* too deep to tell */
            endless <<= 1;
        } else if (*text == ')') {
            was_endless = (endless & 1) != 0;
            endless = endless >> 1 | (endless & 1);
        }
    }
    return false;
}

const char *pattern_complaint(const char *text)
{
    if (strlen(text) > PATTERN_LEN || repeats_of(text) > PATTERN_REPEATS)
        return "is too large a pattern";
    return repeats_endless(text) ? "repeats what has a * or + in it" : NULL;
}
