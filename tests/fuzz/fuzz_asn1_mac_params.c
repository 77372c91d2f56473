#include "fuzz/codec.h"

#include <assert.h>

#include "asn1/mac.h"

static enum err copy_pbmac1(struct der *in, struct arena *a,
                            struct der_writer *w)
{
    struct pbmac1_params p;
    struct pbkdf2_params kdf;
    struct der_writer inner;
    struct span out;
    struct der params;

    TRY(pbmac1_params_read(in, &p));
    pbmac1_params_put(w, &p);
    params = der_open(p.key_derivation.params, in->fail);
    if (pbkdf2_params_read(&params, &kdf) != ERR_OK || der_has_more(&params))
        return ERR_OK;
    der_writer_init(&inner, a, 64);
    pbkdf2_params_put(&inner, &kdf);
    assert(der_finish(&inner, &out) != ERR_OK ||
           span_is_equal(out, p.key_derivation.params));
    return ERR_OK;
}

static enum err copy_params(enum mac_alg alg, struct der *in, struct arena *a,
                            struct der_writer *w)
{
    struct pbm_params pbm;
    struct kmac_params kmac;

    switch (alg) {
    case MAC_PBM:
        TRY(pbm_params_read(in, &pbm));
        pbm_params_put(w, &pbm);
        break;
    case MAC_PBMAC1:
        TRY(copy_pbmac1(in, a, w));
        break;
    case MAC_KMAC128:
    case MAC_KMAC256:
        TRY(kmac_params_read(in, alg, &kmac));
        kmac_params_put(w, &kmac);
        break;
    case MAC_HMAC:
    case MAC_DH:
    case MAC_KEM:
    case MAC_UNKNOWN:
    case MAC_ALG_NUM:
        return ERR_BAD_ALG;
    }
    return der_end(in);
}

/* What was judged good is bounded. */
static void judge(const struct alg_id *id)
{
    const struct mac_policy *policy = &mac_policy_strong;
    struct mac_params p;

    if (mac_params_read(id, &p, NULL) != ERR_OK ||
        mac_params_check(&p, policy, NULL) != ERR_OK)
        return;
    assert(p.iterations <= policy->max_iterations && p.key_len <= 64);
    assert(p.salt.len >= policy->min_salt_len &&
           p.salt.len <= policy->max_salt_len);
    assert(p.owf != DIGEST_NONE && p.mac != DIGEST_NONE);
}

static enum err copy(struct der *in, struct arena *a, struct der_writer *w)
{
    struct alg_id id;
    struct der params;
    size_t mark = der_mark(w);

    TRY(alg_id_read(in, &id));
    judge(&id);
    params = der_open(id.params, in->fail);
    TRY(copy_params(mac_alg_find(&id), &params, a, w));
    der_put_oid(w, id.oid);
    der_put_header(w, DER_SEQUENCE, mark);
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct fuzz_codec codec = { copy };

    fuzz_strict(&codec, data, size);
    return 0;
}
