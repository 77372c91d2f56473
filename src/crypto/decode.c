#include "crypto/decode.h"

#include <openssl/err.h>
#include <openssl/x509v3.h>

X509 *x509_decode(struct span der)
{
    const unsigned char *next = der.ptr;
    X509 *x509 = d2i_X509(NULL, &next, (long)der.len);

    /* -1 asks for no purpose; it reads and keeps all extensions. */
    if (x509 != NULL &&
        (next != der.ptr + der.len || X509_check_purpose(x509, -1, 0) != 1)) {
        X509_free(x509);
        x509 = NULL;
    }
    ERR_clear_error();
    return x509;
}
