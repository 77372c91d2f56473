/*
 * Keys that the server makes for the station (RFC 9483, 4.1.6): asking for one,
 * and taking it out of what it comes in.
 */
#include <assert.h>

#include "client/internal.h"
#include "crypto/envelope.h"
#include "crypto/key_package.h"
#include "crypto/signed.h"
#include "txn/client_rules.h"

/* What of a key lies about until it is wiped. */
#define CLEAR_ARENA ((size_t)512 * 1024)

bool key_is_from_server(const struct client_settings *s)
{
    return s->key_from != NULL && strcmp(s->key_from, "server") == 0;
}

/* --- asking --- */

/* Who asks has to be one to encrypt to (RFC 9483, 4.1.6.1 and 4.1.6.2). */
static enum err check_reader(const struct station *s, struct fault *f)
{
    const struct x509_cert *cert = &s->own.cert;
    enum envelope_way way;
    uint32_t usage;

    if (s->own.secret != NULL)
        return ERR_OK;
    if (envelope_way_find(&cert->spki, &way, f) != ERR_OK)
        return fault_prefix(f, ERR_CONFIG, "--key-from server");
    usage = way == ENVELOPE_AGREE ? KU_KEY_AGREEMENT : KU_KEY_ENCIPHERMENT;
    if (x509_may(cert, usage))
        return ERR_OK;
    return fault_clause(f, ERR_CONFIG, "RFC 9483, 4.1.6",
                        "--key-from server: the certificate that signs the "
                        "request has a keyUsage without %s, so that no key "
                        "can be encrypted to it",
                        way == ENVELOPE_AGREE ? "keyAgreement"
                                              : "keyEncipherment");
}

static enum err check_options(const struct station *s,
                              enum cmp_body_type request, struct fault *f)
{
    if (request == CMP_P10CR)
        return fault_set(f, ERR_CONFIG,
                         "a PKCS#10 is signed with the key to certify, which "
                         "the server cannot make then; use --request ir");
    if (s->pending.num_asked > 1)
        return fault_set(f, ERR_CONFIG,
                         "--key-from server asks for one certificate a "
                         "message");
    if (s->settings->new_key != NULL || key_is_for_encryption(s->settings))
        return fault_set(f, ERR_CONFIG,
                         "--key-from server makes a key for signing; leave "
                         "out --new-key and --key-use encryption");
    return ERR_OK;
}

enum err made_key_wish(struct station *s, struct client_wish *wish,
                       struct fault *f)
{
    const char *type = s->settings->key_type;
    enum key_kind kind = KEY_UNKNOWN;
    struct der_writer w;
    unsigned bits = 0; /* an empty RSA key says nothing of them */

    TRY(check_options(s, wish->request, f));
    TRY(check_reader(s, f));
    TRY(key_type_parse(type == NULL ? "P-256" : type, &kind, &bits, f));
    der_writer_init(&w, s->arena, 64);
    der_put_bit_octets(&w, DER_BIT_STRING, SPAN_LIT(""));
    key_kind_put(&w, kind);
    der_put_header(&w, DER_SEQUENCE, 0);
    if (der_finish(&w, &wish->public_key) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "request");
    wish->proof = CLIENT_PROOF_NONE;
    return ERR_OK;
}

/* --- opening --- */

/* One answer's key, being taken out. */
struct opening {
    struct station *s;
    struct trust *trust;
    struct arena *clear; /* wiped in the end */
};

static enum err refuse(struct fault *f, const char *text)
{
    return fault_clause(f, ERR_BAD_DATA_FORMAT, "RFC 9483, 4.1.6", "%s", text);
}

static bool is_us(const struct cms_id *id, const struct x509_cert *own)
{
    if (id->type == CMS_ID_KEY_ID)
        return span_is_equal(id->key_id, own->ski);
    return id->type == CMS_ID_ISSUER_SERIAL &&
           name_is_equal(id->issuer, own->issuer) &&
           span_is_equal(id->serial, own->serial);
}

/* As the request was protected: a secret has its own way. */
static enum err check_recipient(const struct station *s,
                                const struct cms_enveloped *e, struct fault *f)
{
    const struct cms_recipient *r = &e->recipients[0];
    bool is_for_us = false;

    if (e->content_id != OID_ID_SIGNED_DATA)
        return refuse(f, "the private key came unsigned");
    if (s->own.secret != NULL)
        return ERR_OK;
    if (r->type == CMS_KTRI)
        is_for_us = is_us(&r->rid, &s->own.cert);
    else if (r->type == CMS_KARI && r->num_keys > 0)
        is_for_us = is_us(&r->keys[0].rid, &s->own.cert);
    return is_for_us ? ERR_OK
                     : refuse(f, "the private key is for somebody else");
}

static enum err open_outer(const struct opening *o, struct span der,
                           struct secret **out, struct fault *f)
{
    struct station *s = o->s;
    const struct envelope_opener with = {
        .ways = s->own.secret == NULL ? ENVELOPE_BIT(ENVELOPE_OAEP) |
                                            ENVELOPE_BIT(ENVELOPE_PKCS1) |
                                            ENVELOPE_BIT(ENVELOPE_AGREE)
                                      : ENVELOPE_BIT(ENVELOPE_PASSWORD) |
                                            ENVELOPE_BIT(ENVELOPE_PWRI_KEK),
        .key = s->own.key,
        .secret =
            s->own.secret == NULL ? SPAN_NONE : secret_span(s->own.secret),
    };
    struct der in = der_open(der, NULL);
    struct cms_enveloped e = { 0 };

    if (der.ptr[0] != DER_CTX(0) ||
        cms_enveloped_read(&in, DER_CTX(0), s->scratch, &e) != ERR_OK ||
        der_end(&in) != ERR_OK)
        return refuse(f, "the private key came in no EnvelopedData");
    TRY(check_recipient(s, &e, f));
    return envelope_open(s->cx, &e, &with, s->scratch, out, f);
}

/*
 * Whose word it is that this is a key: one that may make them. Without a root,
 * which a secret alone can do without, the secret says so.
 */
static enum err check_generator(const struct opening *o,
                                const struct signed_content *c, struct fault *f)
{
    struct path path = { .num_chain = 0 };
    enum err e;

    if (o->trust == NULL) {
        assert(o->s->own.secret != NULL);
        return ERR_OK;
    }
    if (!x509_has_eku(&c->signer, OID_ID_KP_CM_KGA) ||
        !x509_may(&c->signer, KU_DIGITAL_SIGNATURE))
        return refuse(f, "the private key is signed by one who may not make "
                         "keys: the certificate lacks cmKGA");
    e = path_check(o->s->cx, o->trust, station_now(o->s), c->signer.der,
                   c->certs, c->num_certs, o->s->scratch, &path, f);
    if (e != ERR_OK)
        return fault_prefix(f, e, "the signer of the private key");
    if (path.revocation == REVOCATION_REVOKED)
        return refuse(f, "the private key is signed by one whose certificate "
                         "is revoked");
    return ERR_OK;
}

static enum err open_inner(const struct opening *o, struct span plain,
                           struct privkey **out, struct fault *f)
{
    struct signed_content c = { 0 };

    TRY(signed_open(o->s->cx, plain, OID_ID_CT_KP_A_KEY_PACKAGE, o->clear, &c,
                    f));
    TRY(check_generator(o, &c, f));
    return key_package_open(o->s->cx, c.content, o->clear, out, f);
}

static enum err open_all(const struct opening *o, struct span der,
                         struct privkey **out, struct fault *f)
{
    AUTO(secret) plain = NULL;

    if (span_is_absent(der))
        return refuse(f, "no private key came with the certificate");
    TRY(open_outer(o, der, &plain, f));
    assert(plain != NULL);
    return open_inner(o, secret_span(plain), out, f);
}

/* The one there is, as only one was asked for; else NULL. */
static const struct cert_response *response_of(const struct cmp_message *reply)
{
    const struct cert_rep_message *rep = &reply->body.cert_rep;

    if (!client_is_answer(reply->body.type) || rep->num_responses != 1)
        return NULL;
    return &rep->responses[0];
}

enum err made_key_open(struct station *s, const struct cmp_message *reply,
                       struct trust *trust, const char **text, struct fault *f)
{
    const struct cert_response *response = response_of(reply);
    struct opening o = { .s = s, .trust = trust };
    struct privkey *key = NULL;
    struct fault why = { 0 };
    enum err e;

    privkey_free(s->made);
    s->made = NULL;
    if (response == NULL || !response->has_key_pair)
        return ERR_OK;
    o.clear = arena_new(CLEAR_ARENA);
    if (o.clear == NULL)
        return fault_set(f, ERR_NO_MEM, "private key");
    e = open_all(&o, response->private_key, &key, &why);
    arena_wipe(o.clear);
    arena_free(o.clear);
    s->made = key;
    *text = NULL;
    if (e == ERR_OK)
        return ERR_OK;
    if (err_whose(e) == WHOSE_OURS) {
        if (f != NULL)
            *f = why;
        return e;
    }
    *text = arena_printf(s->scratch, "%s", why.text);
    return *text == NULL ? fault_set(f, ERR_NO_MEM, "private key") : ERR_OK;
}

enum err made_key_take(struct station *s, struct fault *f)
{
    if (s->made == NULL)
        return ERR_OK;
    privkey_free(s->new_keys[0]);
    s->new_keys[0] = s->made;
    s->made = NULL;
    return new_key_keep(s, 0, f);
}
