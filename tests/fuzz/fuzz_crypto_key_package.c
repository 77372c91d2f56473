/*
 * SignedData and key packages as they are once an envelope is open.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "crypto/key_package.h"
#include "crypto/signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct crypto_ctx *set_up(void)
{
    struct crypto *crypto;
    struct crypto_ctx *cx;

    if (crypto_new(&crypto, NULL) != ERR_OK ||
        crypto_ctx_new(crypto, &cx, NULL) != ERR_OK)
        abort();
    return cx;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct crypto_ctx *cx;
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct span bytes = span_of(data, size);
    struct signed_content c = { .content = bytes };
    AUTO(privkey) key = NULL;

    if (cx == NULL)
        cx = set_up();
    if (a == NULL)
        return 0;
    (void)!signed_open(cx, bytes, OID_ID_CT_KP_A_KEY_PACKAGE, a, &c, NULL);
    (void)!key_package_open(cx, c.content, a, &key, NULL);
    return 0;
}
