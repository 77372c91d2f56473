/*
 * CRLs: the parts of one that is accepted make it again, and a CRL of ours with
 * its times and issuer reads back.
 */
#include <assert.h>

#include "asn1/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span sign(struct span tbs, const struct x509_crl *crl,
                        struct arena *a)
{
    struct der_writer w;
    struct span out;

    der_writer_init(&w, a, 0);
    signed_put(&w, tbs, crl->sig_alg.der, crl->signature);
    assert(der_finish(&w, &out) == ERR_OK);
    return out;
}

static void check_own(const struct x509_crl *crl, struct arena *a)
{
    struct crl_entry entries[] = {
        { SPAN_LIT("\x80"), crl->this_update, CRL_UNSPECIFIED, 0 },
        { SPAN_LIT("\x01"), crl->this_update, CRL_KEY_COMPROMISE,
          crl->this_update },
    };
    struct tbs_crl tbs = {
        .sig_alg = crl->sig_alg.der,
        .issuer = crl->issuer,
        .this_update = crl->this_update,
        .next_update = crl->has_next_update ? crl->next_update : 0,
        .entries = entries,
        .num_entries = crl->signature.len % 3,
        .aki = crl->signature,
        .number = SPAN_LIT("\x01"),
    };
    struct x509_crl again;
    struct der_writer w;
    struct span out;

    der_writer_init(&w, a, 0);
    tbs_crl_put(&w, &tbs);
    assert(der_finish(&w, &out) == ERR_OK);
    assert(x509_crl_read(sign(out, crl, a), a, &again) == ERR_OK);
    assert(again.this_update == tbs.this_update);
    assert(again.next_update == tbs.next_update && again.extensions.num == 2);
    assert(span_is_equal(again.issuer, crl->issuer));
}

/* Each octet a reason: what has a name is found by it. */
static void check_reasons(struct span in)
{
    for (size_t i = 0; i < in.len; i++) {
        const char *name = crl_reason_name(in.ptr[i]);

        if (name != NULL)
            assert(crl_reason_find(name) == in.ptr[i]);
        else
            assert(crl_reason_find("") == -1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) a = arena_new((size_t)64 * 1024 * 1024);
    AUTO(arena) small = arena_new(64);
    struct span in = span_of(data, size);
    struct x509_crl crl;
    enum err e;

    assert(a != NULL && small != NULL);
    check_reasons(in);
    if (x509_crl_read(in, a, &crl) != ERR_OK)
        return 0;
    e = x509_crl_read(in, small, &crl);
    assert(e == ERR_OK || e == ERR_NO_MEM);
    assert(x509_crl_read(in, a, &crl) == ERR_OK && span_is_equal(crl.der, in));
    assert(span_is_equal(sign(crl.tbs, &crl, a), in));
    check_own(&crl, a);
    return 0;
}
