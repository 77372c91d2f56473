/*
 * A revocation passphrase (RFC 9810, 5.3.19.9 and appendix B): brought in a
 * genm, encrypted to the CA, and used where the key of the certificate is gone.
 */
#include "client/run.h"
#include "crypto/envelope.h"

/* What servers take; a password can be guessed from a recorded rr. */
#define MIN_LEN 12
#define MAX_LEN 256
/* How an rr names it. The server finds it by the certificate. */
#define REFERENCE "revocation"

static enum err check_len(const struct secret *text, const char *path,
                          struct fault *f)
{
    size_t len = secret_span(text).len;

    if (len >= MIN_LEN && len <= MAX_LEN)
        return ERR_OK;
    return fault_set(f, ERR_CONFIG, "%s: a passphrase has %d to %d octets",
                     path, MIN_LEN, MAX_LEN);
}

static enum err load_recipient(struct station *s, struct x509_cert *out,
                               struct fault *f)
{
    const char *path = s->settings->ca_encryption;
    struct cert_list list;

    if (path == NULL)
        return fault_set(f, ERR_USAGE,
                         "a passphrase is encrypted to the CA: "
                         "--ca-encryption FILE, as station ask caProtEncCert "
                         "--out writes it");
    TRY(certs_load(path, s->arena, &list, f));
    if (list.num == 1 && x509_read(list.list[0], s->arena, out) == ERR_OK)
        return ERR_OK;
    return fault_set(f, ERR_CONFIG, "%s: not one certificate", path);
}

enum err passphrase_seal(struct station *s, const char *path, struct span *out,
                         struct fault *f)
{
    AUTO(secret) text = NULL;
    struct x509_cert cert = { 0 };
    struct envelope_to to = { .cipher = ENVELOPE_AES256_CBC };

    if (path == NULL)
        return fault_set(f, ERR_USAGE,
                         "revPassphrase brings what is in --passphrase-file");
    TRY(load_recipient(s, &cert, f));
    TRY(shared_load(s, path, &text, f));
    TRY(check_len(text, path, f));
    TRY(pubkey_check(s->cx, &cert.spki, f));
    to.key = &cert.spki;
    to.rid = envelope_id(&cert);
    TRY(envelope_way_find(&cert.spki, &to.way, f));
    return envelope_make(s->cx, &to, OID_ID_DATA, secret_span(text), DER_CTX(0),
                         s->arena, out, f);
}

enum err passphrase_begin(struct station *s, struct identity *out,
                          struct fault *f)
{
    const char *path = s->settings->passphrase;
    struct identity own = { .secret = NULL };
    enum err e;

    TRY(shared_begin_with(s, path, REFERENCE, &own, f));
    e = check_len(own.secret, path, f);
    if (e == ERR_OK)
        *out = own;
    else
        identity_done(&own);
    return e;
}
