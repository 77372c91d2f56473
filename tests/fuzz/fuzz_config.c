/*
 * The configuration's parser: whatever bytes come, it accepts or complains.
 */
#include <assert.h>

#include "config/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct config *c = NULL;
    struct fault f = { 0 };
    struct buf errors;
    enum err e;

    buf_init(&errors, (size_t)64 * 1024);
    e = config_parse(span_of(data, size), "etc/fuzz.yaml", &c, &errors, &f);
    if (e == ERR_OK)
        assert(c->num_profiles > 0 && c->profiles[0].ca->key->file != NULL);
    else
        assert(e == ERR_NO_MEM || (errors.len > 0 && f.text[0] != '\0'));
    config_free(c);
    buf_done(&errors);
    return 0;
}
