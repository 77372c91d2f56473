#include "fuzz/codec.h"

#include "asn1/itav.h"

static enum err copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct kem_ciphertext x;

    (void)a;
    TRY(kem_ciphertext_read(in, &x));
    kem_ciphertext_put(w, &x);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_codec codec = { copy };

    fuzz_strict(&codec, data, size);
    return 0;
}
