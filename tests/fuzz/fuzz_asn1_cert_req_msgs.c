#include "fuzz/codec.h"

#include "asn1/crmf.h"

static enum err copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct cert_req_msgs x;

    TRY(cert_req_msgs_read(in, a, &x));
    cert_req_msgs_put(w, &x);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_codec codec = { copy };

    fuzz_strict(&codec, data, size);
    return 0;
}
