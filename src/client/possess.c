/*
 * Keys that do not sign: how they are shown to be the station's, and what the
 * server encrypts to them (RFC 9810, 5.2.8.3).
 */
#include "client/internal.h"
#include "crypto/agree.h"
#include "crypto/encipher.h"
#include "crypto/envelope.h"
#include "txn/client_rules.h"

static bool is_word(const char *given, const char *word)
{
    return given != NULL && strcmp(given, word) == 0;
}

bool key_is_for_encryption(const struct client_settings *s)
{
    return is_word(s->key_use, "encryption");
}

/* An update is signed with the key before, and of its kind. */
static enum err check_signs(const struct station *s, struct fault *f)
{
    if (s->own.secret != NULL || x509_may(&s->own.cert, KU_DIGITAL_SIGNATURE))
        return ERR_OK;
    return fault_set(f, ERR_CONFIG,
                     "the key of the certificate in %s/current may not sign; "
                     "enroll --again gets another",
                     s->dir);
}

static bool is_on_curve(enum key_kind kind)
{
    return kind == KEY_EC_P256 || kind == KEY_EC_P384 || kind == KEY_EC_P521;
}

enum err proof_fill(const struct station *s, struct client_wish *wish,
                    struct fault *f)
{
    if (wish->request == CMP_KUR || wish->request == CMP_RR)
        return check_signs(s, f);
    if (!key_is_for_encryption(s->settings))
        return ERR_OK;
    if (wish->request == CMP_P10CR)
        return fault_set(f, ERR_CONFIG,
                         "a PKCS#10 is signed with the key to certify, which "
                         "one for encryption never does; use --request ir");
    if (s->pending.num_asked > 1)
        return fault_set(f, ERR_CONFIG,
                         "certificates for encryption are asked for one at a "
                         "time");
    wish->is_agreement = is_on_curve(privkey_kind(s->new_keys[0]));
    if (!wish->is_agreement && privkey_kind(s->new_keys[0]) != KEY_RSA)
        return fault_set(f, ERR_CONFIG,
                         "nothing is encrypted to a key of type %s; choose "
                         "RSA, P-256, P-384 or P-521",
                         key_kind_name(privkey_kind(s->new_keys[0])));
    wish->proof = CLIENT_PROOF_CHALLENGE;
    if (is_word(s->settings->proof, "certificate"))
        wish->proof = CLIENT_PROOF_CERTIFICATE;
    if (!is_word(s->settings->proof, "mac"))
        return ERR_OK;
    wish->proof = CLIENT_PROOF_MAC;
    if (!wish->is_agreement || s->settings->ca_encryption == NULL)
        return fault_set(f, ERR_CONFIG,
                         "--proof mac needs a key on a curve, and "
                         "--ca-encryption");
    return ERR_OK;
}

/* --- agreeMAC --- */

static const enum oid mac_algs[] = {
    [KEY_EC_P256] = OID_ID_ALG_ECDH_POP_SHA256,
    [KEY_EC_P384] = OID_ID_ALG_ECDH_POP_SHA384,
    [KEY_EC_P521] = OID_ID_ALG_ECDH_POP_SHA512,
};

/* [3] PKMACValue { algId, value }, under its IMPLICIT tag. */
static enum err put_mac(struct station *s, struct span alg, struct span mac,
                        struct span *out, struct fault *f)
{
    struct der_writer w;

    der_writer_init(&w, s->arena, alg.len + mac.len + 32);
    der_put_bit_octets(&w, DER_BIT_STRING, mac);
    der_put_raw(&w, alg);
    der_put_header(&w, DER_CTX(POPO_PRIV_AGREE_MAC), 0);
    if (der_finish(&w, out) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "agreeMAC");
    return ERR_OK;
}

static enum err load_recipient(struct station *s, struct x509_cert *out,
                               struct fault *f)
{
    const char *path = s->settings->ca_encryption;
    struct cert_list list;

    TRY(certs_load(path, s->arena, &list, f));
    if (list.num != 1 || x509_read(list.list[0], s->arena, out) != ERR_OK ||
        !x509_may(out, KU_KEY_AGREEMENT) ||
        key_kind_find(&out->spki) != privkey_kind(s->new_keys[0]))
        return fault_set(f, ERR_CONFIG,
                         "%s: not one certificate whose key agrees with one of "
                         "type %s",
                         path, key_kind_name(privkey_kind(s->new_keys[0])));
    return ERR_OK;
}

enum err agree_mac_fill(struct station *s, struct span request,
                        struct popo *popo, struct fault *f)
{
    struct x509_cert recipient = { 0 };
    AUTO(secret) shared = NULL;
    struct span alg, mac;
    struct der_writer w;
    struct alg_id id;
    struct der in;

    TRY(load_recipient(s, &recipient, f));
    TRY(pubkey_check(s->cx, &recipient.spki, f));
    TRY(privkey_agree(s->cx, s->new_keys[0], &recipient.spki, &shared, f));
    der_writer_init(&w, s->arena, 32);
    der_put_oid(&w, oid_span(mac_algs[privkey_kind(s->new_keys[0])]));
    der_put_header(&w, DER_SEQUENCE, 0);
    if (der_finish(&w, &alg) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "agreeMAC");
    in = der_open(alg, NULL);
    TRY(alg_id_read(&in, &id));
    TRY(agree_mac_make(s->cx, &id, shared, &recipient, request, s->arena, &mac,
                       f));
    return put_mac(s, alg, mac, &popo->priv, f);
}

/* --- opening --- */

/* Ours, or nothing: what is the peer's doing leaves `out` absent. */
static enum err unless_ours(enum err e, struct fault *f)
{
    if (e == ERR_OK || err_whose(e) == WHOSE_OURS)
        return e;
    if (f != NULL)
        *f = (struct fault){ 0 };
    return ERR_OK;
}

static enum err copy_out(struct station *s, const struct secret *content,
                         struct span *out, struct fault *f)
{
    if (content == NULL)
        return ERR_OK;
    *out = arena_copy(s->scratch, secret_span(content));
    return span_is_absent(*out) ? fault_set(f, ERR_NO_MEM, "answer") : ERR_OK;
}

static enum err open_envelope(struct station *s, struct span der, unsigned tag,
                              struct span *out, struct fault *f)
{
    const struct envelope_opener with = {
        .ways = ENVELOPE_BIT(ENVELOPE_OAEP) | ENVELOPE_BIT(ENVELOPE_PKCS1) |
                ENVELOPE_BIT(ENVELOPE_AGREE),
        .key = s->new_keys[0],
    };
    AUTO(secret) content = NULL;
    struct der in = der_open(der, NULL);
    struct cms_enveloped e;

    if (cms_enveloped_read(&in, tag, s->scratch, &e) != ERR_OK ||
        der_end(&in) != ERR_OK)
        return ERR_OK;
    TRY(unless_ours(envelope_open(s->cx, &e, &with, s->scratch, &content, f),
                    f));
    return copy_out(s, content, out, f);
}

static enum err open_value(struct station *s, struct span der, struct span *out,
                           struct fault *f)
{
    AUTO(secret) content = NULL;
    struct der in = der_open(der, NULL);
    struct encrypted_value v;

    if (encrypted_value_read(&in, &v) != ERR_OK || der_end(&in) != ERR_OK)
        return ERR_OK;
    TRY(unless_ours(
        encrypted_value_open(s->cx, &v, s->new_keys[0], &content, f), f));
    return copy_out(s, content, out, f);
}

/* The server's name may have been cut to its CN to fit (RFC 9810,
 * 5.2.8.3.3). */
static bool is_from(const struct pop_rand *rand,
                    const struct general_name *sender)
{
    struct span full, cut;

    if (rand->sender.type != GN_DIRECTORY || sender->type != GN_DIRECTORY)
        return false;
    return name_is_equal(rand->sender.value, sender->value) ||
           (name_find(sender->value, OID_ID_AT_COMMON_NAME, 0, &full) &&
            name_find(rand->sender.value, OID_ID_AT_COMMON_NAME, 0, &cut) &&
            span_is_equal(full, cut));
}

enum err challenge_open(struct station *s, const struct cmp_message *reply,
                        struct span *number, struct fault *f)
{
    const struct pop_challenges *all = &reply->body.pop_challenges;
    struct span plain = SPAN_NONE;
    struct pop_rand rand;
    struct der in;

    *number = SPAN_NONE;
    if (all->num != 1 || s->new_keys[0] == NULL)
        return ERR_OK;
    if (span_is_absent(all->list[0].encrypted_rand))
        TRY(unless_ours(privkey_decipher(s->cx, s->new_keys[0],
                                         all->list[0].challenge, s->scratch,
                                         &plain, f),
                        f));
    else
        TRY(open_envelope(s, all->list[0].encrypted_rand, DER_SEQUENCE, &plain,
                          f));
    if (span_is_absent(plain))
        return ERR_OK;
    in = der_open(plain, NULL);
    if (pop_rand_read(&in, &rand) == ERR_OK && der_end(&in) == ERR_OK &&
        is_from(&rand, &reply->header.sender))
        *number = rand.integer;
    return ERR_OK;
}

enum err encrypted_cert_open(struct station *s, const struct cmp_message *reply,
                             struct span *cert, struct fault *f)
{
    const struct cert_rep_message *rep = &reply->body.cert_rep;
    struct span key;

    if (!client_is_answer(reply->body.type) || rep->num_responses != 1 ||
        span_is_absent(rep->responses[0].encrypted_cert) ||
        s->pending.machine.proof != CLIENT_PROOF_CERTIFICATE)
        return ERR_OK;
    key = rep->responses[0].encrypted_cert;
    return key.ptr[0] == DER_SEQUENCE
               ? open_value(s, key, cert, f)
               : open_envelope(s, key, DER_CTX(0), cert, f);
}
