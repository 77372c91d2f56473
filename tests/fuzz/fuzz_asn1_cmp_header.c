#include "fuzz/codec.h"

#include "asn1/cmp.h"

static enum err copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct pki_header header;
    struct span out;

    TRY(cmp_header_read(in, a, &header));
    TRY(cmp_header_write(&header, a, &out));
    der_put_raw(w, out);
    return ERR_OK;
}

/* messageTime is read with fractions. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_codec codec = { copy };

    fuzz_lenient(&codec, data, size);
    return 0;
}
