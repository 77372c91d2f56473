#include "fuzz/codec.h"

#include "asn1/cms.h"

static enum err copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct cms_enveloped x;

    TRY(cms_enveloped_read(in, DER_SEQUENCE, a, &x));
    cms_enveloped_put(w, DER_SEQUENCE, &x);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_codec codec = { copy };

    fuzz_strict(&codec, data, size);
    return 0;
}
