#include "fuzz/codec.h"

#include "asn1/cmp.h"

static enum err copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct ca_key_update x;

    (void)a;
    TRY(ca_key_update_read(in, &x));
    ca_key_update_put(w, &x);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_codec codec = { copy };

    fuzz_strict(&codec, data, size);
    return 0;
}
