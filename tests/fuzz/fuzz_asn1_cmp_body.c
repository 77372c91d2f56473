#include "fuzz/codec.h"

#include "asn1/cmp.h"

static enum err copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct pki_body body;
    struct span out;

    TRY(cmp_body_read(in, a, &body));
    TRY(cmp_body_write(&body, a, &out));
    der_put_raw(w, out);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_codec codec = { copy };

    fuzz_strict(&codec, data, size);
    return 0;
}
