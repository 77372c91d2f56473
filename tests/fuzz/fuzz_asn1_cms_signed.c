#include "fuzz/codec.h"

#include <stdlib.h>

#include "asn1/cms.h"

/* What is signed is a SET as long; the two attributes that every signer has are
 * no longer where we make them. */
static enum err check_attrs(const struct cms_signer *s, struct arena *a)
{
    struct span covered = cms_signed_attrs_bytes(s, a);
    struct der_writer w;
    struct span made;

    if (span_is_absent(s->signed_attrs))
        return ERR_OK;
    if (span_is_absent(covered))
        return ERR_NO_MEM;
    if (covered.ptr[0] != DER_SET || covered.len != s->signed_attrs.len)
        abort();
    if (span_is_absent(s->content_type) || s->message_digest.len < 32)
        return ERR_OK;
    der_writer_init(&w, a, 64);
    cms_signed_attrs_put(&w, s->content_type, s->message_digest);
    TRY(der_finish(&w, &made));
    if (made.len > s->signed_attrs.len)
        abort();
    return ERR_OK;
}

static enum err copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct cms_signed x;

    TRY(cms_signed_read(in, a, &x));
    for (size_t i = 0; i < x.num_signers; i++)
        TRY(check_attrs(&x.signers[i], a));
    cms_signed_put(w, &x);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_codec codec = { copy };

    fuzz_strict(&codec, data, size);
    return 0;
}
