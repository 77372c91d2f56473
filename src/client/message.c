#include <stdlib.h>

#include "client/internal.h"

/* "P-256", "RSA:3072": the bits are RSA's alone. */
enum err key_type_parse(const char *text, enum key_kind *kind, unsigned *bits,
                        struct fault *f)
{
    const char *colon = strchr(text, ':');
    size_t len = colon == NULL ? strlen(text) : (size_t)(colon - text);

    *bits = colon == NULL ? 2048 : (unsigned)strtoul(colon + 1, NULL, 10);
    for (enum key_kind k = KEY_UNKNOWN + 1; k < KEY_KIND_NUM; k++) {
        if (strlen(key_kind_name(k)) == len &&
            strncmp(key_kind_name(k), text, len) == 0 &&
            (colon == NULL || k == KEY_RSA)) {
            *kind = k;
            return ERR_OK;
        }
    }
    return fault_set(f, ERR_CONFIG,
                     "no key type %s; P-256, P-384, P-521, RSA:2048, RSA:3072, "
                     "RSA:4096, Ed25519 or Ed448",
                     text);
}

enum err new_key_make(struct station *s, size_t at, struct fault *f)
{
    struct privkey **out = &s->new_keys[at];
    const char *type = s->settings->key_type;
    AUTO(secret) text = NULL;
    enum key_kind kind = KEY_UNKNOWN;
    unsigned bits = 0;
    enum err e;

    if (key_is_from_server(s->settings))
        return ERR_OK;
    if (s->settings->new_key == NULL || at > 0) {
        if (type == NULL)
            type = key_is_for_encryption(s->settings) ? "RSA:2048" : "P-256";
        TRY(key_type_parse(type, &kind, &bits, f));
        return privkey_generate(s->cx, kind, bits, out, f);
    }
    TRY(secret_load(s->settings->new_key, &text, f));
    e = privkey_parse(s->cx, secret_span(text), out, f);
    return e == ERR_OK ? ERR_OK
                       : fault_prefix(f, e, "%s", s->settings->new_key);
}

enum err new_key_keep(struct station *s, size_t at, struct fault *f)
{
    struct secret **out = &s->pending.asked[at].key;
    struct buf pem;
    enum err e;

    if (s->new_keys[at] == NULL) /* the server makes it */
        return ERR_OK;
    buf_init(&pem, LIMIT_FILE_LEN);
    e = privkey_format(s->new_keys[at], &pem, f);
    if (e == ERR_OK) {
        *out = secret_new(buf_span(&pem));
        if (*out == NULL)
            e = fault_set(f, ERR_NO_MEM, "key");
    }
    buf_wipe(&pem);
    return e;
}

static enum err protect(struct station *s, struct span part, struct span *out,
                        struct fault *f)
{
    struct der in = der_open(s->own.mac_alg, NULL);
    struct alg_id alg;

    if (s->own.secret == NULL)
        return privkey_sign(s->cx, s->own.key, s->own.alg, part, s->arena, out,
                            f);
    if (alg_id_read(&in, &alg) != ERR_OK)
        return fault_set(f, ERR_BAD_ALG, "the MAC of our messages");
    return mac_make(s->cx, &alg, secret_span(s->own.secret), part, s->arena,
                    out, f);
}

enum err message_write(struct station *s, const struct client_step *step,
                       struct cert_list extra, struct span *out,
                       struct fault *f)
{
    struct arena *a = s->arena;
    struct span header = SPAN_NONE, body = SPAN_NONE, part = SPAN_NONE;
    struct span protection = SPAN_NONE;

    if (cmp_header_write(&step->header, a, &header) != ERR_OK ||
        cmp_body_write(&step->body, a, &body) != ERR_OK ||
        cmp_protected_part_write(header, body, a, &part) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "message");
    TRY(protect(s, part, &protection, f));
    if (cmp_message_write(header, body, protection, extra.list, extra.num, a,
                          out) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "message");
    return ERR_OK;
}

static enum err name_setting(const char *text, struct arena *a,
                             struct span *out, struct fault *f)
{
    enum err e;

    if (text == NULL)
        return ERR_OK;
    e = name_parse(text, a, out, f);
    return e == ERR_OK ? ERR_OK : fault_prefix(f, ERR_CONFIG, "%s", text);
}

/* One name for each request there is (RFC 9810, 5.1.1.4). */
static enum err profile_setting(struct station *s, struct text_list *out,
                                struct fault *f)
{
    size_t num = s->pending.num_asked;
    struct span *names;

    if (s->settings->cert_profile == NULL)
        return ERR_OK;
    names = arena_array(s->arena, num, sizeof(*names));
    if (names == NULL)
        return fault_set(f, ERR_NO_MEM, "certProfile");
    for (size_t i = 0; i < num; i++)
        names[i] = span_str(s->settings->cert_profile);
    *out = (struct text_list){ names, num };
    return ERR_OK;
}

static enum err fill_wish(struct station *s, enum cmp_body_type request,
                          size_t at, struct client_wish *out, struct fault *f)
{
    const char *subject =
        at == 0 ? s->settings->subject : s->pending.asked[at].subject;

    *out =
        (struct client_wish){ .request = request, .cert_req_id = (int64_t)at };
    if (s->new_keys[at] != NULL)
        out->public_key = privkey_spki(s->new_keys[at]);
    TRY(name_setting(s->settings->recipient, s->arena, &out->recipient, f));
    if (request != CMP_RR)
        TRY(profile_setting(s, &out->profiles, f));
    TRY(s->new_keys[at] == NULL && request != CMP_RR ? made_key_wish(s, out, f)
                                                     : proof_fill(s, out, f));
    if (request == CMP_KUR || request == CMP_RR) {
        out->old = &s->own.cert;
        if (span_is_absent(out->recipient))
            out->recipient = s->own.cert.issuer;
        return ERR_OK;
    }
    TRY(name_setting(subject, s->arena, &out->subject, f));
    /* RFC 9483, 4.1.5: who knows no name asks for the reference's. */
    if (s->own.secret != NULL && span_is_absent(out->subject))
        return client_reference_name(s->own.reference, s->arena, &out->subject);
    return ERR_OK;
}

enum err recipient_find(struct station *s, struct span *out, struct fault *f)
{
    struct pair pair;

    TRY(name_setting(s->settings->recipient, s->arena, out, f));
    if (span_is_absent(*out) &&
        pair_load(s->dir, s->arena, &pair, NULL) == ERR_OK &&
        span_is_equal(pair.cert, s->own.cert.der))
        *out = s->own.cert.issuer;
    return ERR_OK;
}

enum err own_certs(struct station *s, struct cert_list *out, struct fault *f)
{
    size_t num = 1 + s->own.chain.num;
    struct span *list;

    if (s->own.secret != NULL)
        return ERR_OK;
    list = arena_array(s->arena, num, sizeof(*list));
    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "extraCerts");
    list[0] = s->own.cert.der;
    for (size_t i = 1; i < num; i++)
        list[i] = s->own.chain.list[i - 1];
    *out = (struct cert_list){ list, num };
    return ERR_OK;
}

/* The certificate's own request, with its proof of possession. */
static enum err body_make(struct station *s, struct client_wish *wish,
                          struct cert_req_msg *msg, struct p10_request *p10,
                          struct fault *f)
{
    const struct client_credential own = identity_credential(&s->own);
    const struct privkey *key = s->new_keys[wish->cert_req_id];
    enum sig_alg alg =
        key == NULL ? SIG_UNKNOWN : sig_alg_default(privkey_kind(key));
    struct span bytes = SPAN_NONE;

    if (wish->request == CMP_P10CR) {
        wish->p10 = p10;
        TRY(client_p10_make(wish, alg, s->arena, p10, &bytes, f));
        return privkey_sign(s->cx, key, alg, bytes, s->arena, &p10->signature,
                            f);
    }
    TRY(client_request_make(wish, &own, alg, s->arena, msg, &bytes, f));
    if (wish->proof == CLIENT_PROOF_MAC)
        return agree_mac_fill(s, bytes, &msg->popo, f);
    if (wish->proof != CLIENT_PROOF_SIGNATURE)
        return ERR_OK;
    return privkey_sign(s->cx, key, alg, bytes, s->arena, &msg->popo.signature,
                        f);
}

enum err request_write(struct station *s, enum cmp_body_type request,
                       const struct client_waits *waits, struct fault *f)
{
    const struct client_credential own = identity_credential(&s->own);
    size_t num = s->pending.num_asked;
    struct cert_req_msg *msgs = arena_array(s->arena, num, sizeof(*msgs));
    uint8_t fresh[CLIENT_RANDOM_LEN];
    struct cert_list extra = { 0 };
    struct client_step step;
    struct client_wish wish = { 0 };
    struct p10_request p10;

    if (msgs == NULL)
        return fault_set(f, ERR_NO_MEM, "request");
    for (size_t i = 0; i < num; i++) {
        TRY(new_key_keep(s, i, f));
        TRY(fill_wish(s, request, i, &wish, f));
        TRY(body_make(s, &wish, &msgs[i], &p10, f));
    }
    TRY(random_fill(s->cx, fresh, sizeof(fresh), f));
    TRY(client_start(&s->pending.machine, &wish, &own, msgs, num, waits,
                     station_now(s), fresh, s->arena, &step, f));
    TRY(own_certs(s, &extra, f));
    return message_write(s, &step, extra, &s->pending.message, f);
}

enum err revocation_write(struct station *s, enum crl_reason reason,
                          const struct client_waits *waits, struct fault *f)
{
    const struct client_credential own = identity_credential(&s->own);
    uint8_t fresh[CLIENT_RANDOM_LEN];
    struct cert_list extra = { 0 };
    struct client_step step;
    struct client_wish wish;

    TRY(fill_wish(s, CMP_RR, 0, &wish, f));
    wish.reason = reason;
    TRY(random_fill(s->cx, fresh, sizeof(fresh), f));
    TRY(client_revoke(&s->pending.machine, &wish, &own, waits, station_now(s),
                      fresh, s->arena, &step, f));
    TRY(own_certs(s, &extra, f));
    return message_write(s, &step, extra, &s->pending.message, f);
}
