#include "fuzz/codec.h"

#include "asn1/cmp.h"

static enum err copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct key_rec_rep x;

    TRY(key_rec_rep_read(in, a, &x));
    key_rec_rep_put(w, &x);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_codec codec = { copy };

    fuzz_strict(&codec, data, size);
    return 0;
}
