#include "fuzz/codec.h"

#include <stdlib.h>

#include "asn1/p10.h"

/* What a client would make for these extensions is what stands there. */
static enum err check_made(const struct p10_request *req, struct arena *a)
{
    const struct p10_attribute *there =
        p10_find(req, OID_PKCS_9_AT_EXTENSION_REQUEST);
    struct p10_attribute made;

    if ((there != NULL) != req->has_extensions)
        abort();
    if (there != NULL) {
        TRY(p10_extension_request(&req->extensions, a, &made));
        if (!span_is_equal(made.values, there->values))
            abort();
    }
    there = p10_find(req, OID_PKCS_9_AT_CHALLENGE_PASSWORD);
    if ((there != NULL) == span_is_absent(req->challenge_password))
        abort();
    if (there != NULL && there->values.ptr[0] == DER_UTF8_STRING) {
        TRY(p10_challenge_password(req->challenge_password, a, &made));
        if (!span_is_equal(made.values, there->values))
            abort();
    }
    return ERR_OK;
}

static enum err copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct p10_request x;

    TRY(p10_read(in, a, &x));
    TRY(check_made(&x, a));
    p10_put(w, &x);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_codec codec = { copy };

    fuzz_strict(&codec, data, size);
    return 0;
}
