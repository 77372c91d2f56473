#include "fuzz/codec.h"

#include <stdlib.h>

#include "asn1/itav.h"

/* What a server would make is what stands there. */
static enum err check_made(const struct key_spec *spec, struct arena *a)
{
    struct key_spec made = *spec;

    if (spec->id == OID_ID_REG_CTRL_ALG_ID)
        TRY(key_spec_alg(&spec->alg, a, &made));
    else if (spec->id == OID_ID_REG_CTRL_RSA_KEY_LEN)
        TRY(key_spec_rsa(spec->rsa_key_len, a, &made));
    if (made.id != spec->id || !span_is_equal(made.oid, spec->oid))
        abort();
    if (!span_is_equal(made.value, spec->value))
        abort();
    return ERR_OK;
}

static enum err copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct cert_req_template x;

    TRY(cert_req_template_read(in, a, &x));
    for (size_t i = 0; i < x.num_key_specs; i++)
        TRY(check_made(&x.key_specs[i], a));
    cert_req_template_put(w, &x);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_codec codec = { copy };

    fuzz_strict(&codec, data, size);
    return 0;
}
