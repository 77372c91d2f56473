#include "client/internal.h"

static enum err present(struct station *s, struct buf *certs, struct buf *key,
                        struct fault *f)
{
    const struct client_transport *t = &s->env.transport;

    pem_format("CERTIFICATE", s->own.cert.der, certs);
    for (size_t i = 0; i < s->own.chain.num; i++)
        pem_format("CERTIFICATE", s->own.chain.list[i], certs);
    TRY(privkey_format(s->own.key, key, f));
    if (certs->failed != ERR_OK || key->failed != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "TLS certificate");
    return t->present(t->arg, buf_span(certs), buf_span(key), f);
}

enum err identity_present(struct station *s, struct fault *f)
{
    const char *which = s->settings->tls_client_cert;
    struct buf certs, key;
    enum err e;

    if (which == NULL || strcmp(which, "signer") != 0 ||
        s->env.transport.present == NULL)
        return ERR_OK;
    buf_init(&certs, LIMIT_FILE_LEN);
    buf_init(&key, LIMIT_FILE_LEN);
    e = present(s, &certs, &key, f);
    buf_wipe(&key);
    buf_done(&certs);
    return e;
}
