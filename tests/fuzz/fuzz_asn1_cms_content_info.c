#include "fuzz/codec.h"

#include "asn1/cms.h"

static enum err copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct cms_content_info x;

    (void)a;
    TRY(cms_content_info_read(in, &x));
    cms_content_info_put(w, &x);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_codec codec = { copy };

    fuzz_strict(&codec, data, size);
    return 0;
}
