/*
 * Text from files and command lines. What is accepted is formatted again and
 * must read back as the same.
 */
#include <stdlib.h>

#include "base/text.h"

#define MEMORY ((size_t)256 * 1024)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool holds)
{
    if (!holds)
        abort();
}

static void check_pem(struct span text, struct arena *a)
{
    struct span label, bytes, again, back;
    struct buf buf;

    while (pem_next(&text, a, &label, &bytes) == ERR_OK) {
        buf_init(&buf, MEMORY);
        pem_format("X", bytes, &buf);
        again = buf_span(&buf);
        require(pem_next(&again, a, &label, &back) != ERR_OK ||
                span_is_equal(bytes, back));
        buf_done(&buf);
    }
}

static void check_base64(struct span text, struct arena *a)
{
    struct span bytes, back;
    struct buf buf;

    if (base64_parse(text, a, &bytes) != ERR_OK)
        return;
    buf_init(&buf, MEMORY);
    base64_format(bytes, 0, &buf);
    if (base64_parse(buf_span(&buf), a, &back) == ERR_OK)
        require(span_is_equal(bytes, back));
    buf_done(&buf);
}

static void check_hex_and_time(const char *text, struct arena *a)
{
    char out[TIME_TEXT_LEN];
    struct span bytes;
    int64_t seconds;

    if (hex_parse(text, a, &bytes) == ERR_OK)
        require(bytes.len <= strlen(text) / 2);
    if (time_parse(text, &seconds) == ERR_OK) {
        time_format(seconds, out);
        require(strcmp(out, text) == 0);
    }
    require(text_distance(text, text) == 0 ||
            strlen(text) > TEXT_DISTANCE_MAX_LEN);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) a = arena_new(MEMORY);
    struct span text = span_of(data, size);
    const char *word;

    if (a == NULL)
        return 0;
    word = arena_printf(a, "%.*s", (int)size, (const char *)data);
    if (word != NULL)
        check_hex_and_time(word, a);
    check_pem(text, a);
    check_base64(text, a);
    (void)utf8_is_valid(text);
    return 0;
}
