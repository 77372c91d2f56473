#include "fuzz/codec.h"

#include "asn1/cms.h"

static enum err copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct cms_signed x;

    TRY(cms_signed_read(in, a, &x));
    cms_signed_put(w, &x);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_codec codec = { copy };

    fuzz_strict(&codec, data, size);
    return 0;
}
