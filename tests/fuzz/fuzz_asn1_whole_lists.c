#include "fuzz/codec.h"

#include <stdlib.h>

#include "asn1/itav.h"

/* caCerts, crls, origPKIMessage: one form, and bounds of their own. */
static enum err copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct der again = *in, more = *in;
    struct span_list crls, certs, messages;

    TRY(crls_read(in, a, &crls));
    TRY(ca_certs_read(&again, a, &certs));
    TRY(orig_messages_read(&more, a, &messages));
    if (crls.num != certs.num || crls.num != messages.num)
        abort();
    span_list_put(w, &crls);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_codec codec = { copy };

    fuzz_strict(&codec, data, size);
    return 0;
}
