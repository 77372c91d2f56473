/*
 * What an envelope for keys, or under a secret, known to everybody does with
 * any bytes; what opens goes on as a signed private key would.
 */
#include <stdlib.h>

#include "base/limits.h"
#include "crypto/envelope.h"
#include "crypto/key_package.h"
#include "crypto/signed.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* clang-format off */
static const char ec_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKVYeREEOeso6zwBZ\n"
    "z0BzafmQuEsS/yZPSKMLhVnf92ahRANCAATXJJa+/QskLrxfkED2thMLpbULNXl0\n"
    "TM9AS6Kvi1gXM6mRpOK/CYGbt7z2mB+wDvHJ3D/aJmAibil3lUk2Bw/2\n"
    "-----END PRIVATE KEY-----\n";
static const char rsa_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIIEvgIBADANBgkqhkiG9w0BAQEFAASCBKgwggSkAgEAAoIBAQCxBodUQBuKuXaX\n"
    "vgHRk6/J1FomElIPOM24KlTp92Lsrm8xws9rmhMbu3QyxaT0rKRtJqA3D8VD+c57\n"
    "eYAlUGtPUgkybUDNGKgb0QDMTjEWyE90KHZnq/EFLr20dADVkZecnLNLdV7MCSDZ\n"
    "zmBt92vE8N55Mrn+0cTmXHJqyBS4eoUg0WE4tT/m/nPU+P3BsBvtt//oRiI7HRxo\n"
    "0WI9FzilBh8n4xBVLF34JrnXKtSTL5FFhVPLxNEBNrfknqcP0kyD5HVMNiu8zlCP\n"
    "XE+CBMUkI+F5TNZqazGXNsgTj0deTSe7CwfD7zrPNvdsdmTOX1kyyUXyNmtR7Wgr\n"
    "1oPc5ZQrAgMBAAECggEAQicQ6lR8llYhMaphDprUfaU7vO9qt+J/ydsT2UzHrG+x\n"
    "ANTuYyT0EBB4Z0LBlmdvmJRvGbRsgK740N6CGy+WslETO8NlDF+y7pYnaLGtmXho\n"
    "bJ10ReCUlF23qZgR+b1K/Uz3mXK2ZqPgoVQEaAOmQ7XJRVxF8iocnQMeBLZZO+h4\n"
    "2u++jFfUgoJ8Krov7vImagqAeP8Rg0dcgSAPVDIpE6zbBkE/dqd7dbyc7is/VBv/\n"
    "mENZ2Z5l7Ohu1gei02sqWRaScpIRzSFjhLHiXzOn4ll7KolFUTDywxTLXjGBct7W\n"
    "BBG1ZWV7BApq3RTIq6FHGBUZ9TqxUNVAY4ZvzpXoRQKBgQDv3Vu0/GM2wSpygHz0\n"
    "LGo05K8Da8NbqwqbuLzziPxqR2QQeGt1vFMVSnKwFSn1tcE+jUa5f3cUNgteMXEm\n"
    "fqPKUOSXe0qVXK07EkEBP2sngQu9rcJQoHfvRgHYU7+sq5Ik99II2wspFd/2Z6CT\n"
    "gJzxIVlbA+9zEp/pq8vD5H9bvQKBgQC87wjiDVncgn/jRnv1FVO6Y223fxJHriRJ\n"
    "Gpx5UjZQzj6ILgucgCNrvFeMRX2Aic2jEG/19K8KAHMuW1dY4wdtWRYAGb27Nbwn\n"
    "M1Mv2fRXi1H98cjARM1MolEGO95uMMEoinSBVhsANwXI8Dm8SfB51aIiNqGs6Xjf\n"
    "NW9vbJp6BwKBgQC5pjZoqj+QDYnw/Ym44veA4M6kcy/NL2ESjbWROKFFEORd6xYh\n"
    "FhWoEOsbZgYH6xkadPYcdI+R0RKTYOkWxkW3PUzwAbkESaq6YbJ2aMNi2/peYLJY\n"
    "/RpW03RyHr/nwRNoEXc6626D6i5h5GrgP1c5OnqSe0VFZ1Dl5tXbVGtOcQKBgH7X\n"
    "wE/7hKwNlQyiApCtK9RD8qIyFrS3DjdiPVEaR8sCXGsS9sqwIJexD9nlwXdtjPiA\n"
    "DZrEFkwRt0KVIlRTv2XDXIjev0mTrulmhN/oZSntKDPkgtHKn0Zm5xzXTuMNqnCs\n"
    "W8GFbIU9a43W8fwea+tv6PUtVmf/Kx44AsN81007AoGBAJZJut9F7CjRdV0RsV2L\n"
    "X1dlOUCop51XEV31JzQ1Df5UKZkmYBWR6B3CGdN8Bv332QtHGwEnXzh7hMx4EmMW\n"
    "Px+plwnrRMSYf9nAPrAL0+LhcmBRw3sxZZ+GbsRbr15nnquppKIPBKGq5+CwspO1\n"
    "Kkgq013aTmvraW19Jz9cCBIc\n"
    "-----END PRIVATE KEY-----\n";
/* clang-format on */

static struct crypto_ctx *cx;
static struct privkey *keys[2];

static void set_up(void)
{
    static const char *const texts[] = { ec_key, rsa_key };
    static struct crypto *crypto;

    if (crypto_new(&crypto, NULL) != ERR_OK ||
        crypto_ctx_new(crypto, &cx, NULL) != ERR_OK)
        abort();
    for (size_t i = 0; i < 2; i++)
        if (privkey_parse(cx, span_str(texts[i]), &keys[i], NULL) != ERR_OK)
            abort();
}

static void open_content(const struct secret *plain, struct arena *a)
{
    struct signed_content c = { 0 };
    AUTO(privkey) key = NULL;

    if (signed_open(cx, secret_span(plain), OID_ID_CT_KP_A_KEY_PACKAGE, a, &c,
                    NULL) == ERR_OK)
        (void)!key_package_open(cx, c.content, a, &key, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct der in = der_open(span_of(data, size), NULL);
    struct cms_enveloped e = { 0 };

    if (cx == NULL)
        set_up();
    if (a == NULL || cms_enveloped_read(&in, DER_SEQUENCE, a, &e) != ERR_OK)
        return 0;
    for (size_t i = 0; i < 2; i++) {
        const struct envelope_opener with = { ENVELOPE_ALL, keys[i],
                                              SPAN_LIT("secret") };
        AUTO(secret) plain = NULL;

        if (envelope_open(cx, &e, &with, a, &plain, NULL) == ERR_OK)
            open_content(plain, a);
    }
    return 0;
}
