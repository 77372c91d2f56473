/*
 * Prints what signatures cost through src/crypto, and the bound they set.
 */
#include <stdio.h>

#include "bench/crypto_bound.h"

#define ROUNDS 200

struct row {
    enum key_kind kind;
    unsigned bits;
};

/* One kind of key with its usual algorithm, over 800 bytes. */
static enum err measure_kind(struct crypto_ctx *cx, const struct row *row,
                             struct fault *f)
{
    static const uint8_t bytes[800];
    enum sig_alg alg = sig_alg_default(row->kind);
    struct span data = SPAN_OF(bytes), sig = SPAN_NONE;
    AUTO(privkey) key = NULL;
    AUTO(arena) a = arena_new((size_t)1024 * 1024);
    double start, signing, verifying;
    struct der in;
    struct spki spki;
    struct alg_id id;

    if (a == NULL)
        return fault_set(f, ERR_NO_MEM, "measurement");
    TRY(privkey_generate(cx, row->kind, row->bits, &key, f));
    in = der_open(privkey_spki(key), NULL);
    TRY(spki_read(&in, &spki));
    in = der_open(sig_alg_info(alg)->der, NULL);
    TRY(alg_id_read(&in, &id));
    start = thread_cpu_micros();
    for (int i = 0; i < ROUNDS; i++)
        TRY(privkey_sign(cx, key, alg, data, a, &sig, f));
    signing = (thread_cpu_micros() - start) / ROUNDS;
    start = thread_cpu_micros();
    for (int i = 0; i < ROUNDS; i++)
        TRY(sig_verify(cx, &spki, &id, data, sig, f));
    verifying = (thread_cpu_micros() - start) / ROUNDS;
    printf("%-8s %4u  sign %8.1f us  verify %7.1f us\n",
           key_kind_name(row->kind), key_bits(&spki), signing, verifying);
    return ERR_OK;
}

static enum err measure_all(struct fault *f)
{
    static const struct row rows[] = {
        { KEY_EC_P384, 0 }, { KEY_EC_P521, 0 }, { KEY_RSA, 2048 },
        { KEY_RSA, 3072 },  { KEY_RSA, 4096 },  { KEY_ED25519, 0 },
        { KEY_ED448, 0 },
    };
    AUTO(crypto) c = NULL;
    AUTO(crypto_ctx) cx = NULL;
    struct crypto_bound bound;

    TRY(crypto_new(&c, f));
    TRY(crypto_ctx_new(c, &cx, f));
    TRY(crypto_bound_measure(cx, &bound, f));
    printf("P-256     256  sign %8.1f us  verify %7.1f us\n", bound.sign,
           bound.verify);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        TRY(measure_kind(cx, &rows[i], f));
    printf("crypto bound of a P-256 enrolment (4 verify, 3 sign): %.1f us CPU, "
           "%.0f a second and core\n",
           bound.enrolment, 1e6 / bound.enrolment);
    return ERR_OK;
}

int main(void)
{
    struct fault f = { 0 };

    if (measure_all(&f) != ERR_OK) {
        fprintf(stderr, "bench_crypto: %s\n", f.text);
        return 1;
    }
    return 0;
}
