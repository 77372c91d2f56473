#include "service/authority.h"

#include <assert.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "base/text.h"
#include "service/offers.h"
#include "service/peers.h"
#include "service/roots.h"

#define AUTHORITY_ARENA ((size_t)64 * 1024 * 1024)
#define MAX_FILE_CERTS 64

enum err certificates_load(const char *path, struct arena *a,
                           const struct span **out, size_t *num,
                           struct fault *f)
{
    struct span *list = arena_array(a, MAX_FILE_CERTS, sizeof(*list));
    struct span text, label, der;
    struct buf file;
    size_t n = 0;
    enum err e;

    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "%s", path);
    buf_init(&file, LIMIT_FILE_LEN);
    e = file_load(path, &file, f);
    text = e == ERR_OK ? arena_copy(a, buf_span(&file)) : SPAN_NONE;
    buf_done(&file);
    TRY(e);
    if (span_is_absent(text))
        return fault_set(f, ERR_NO_MEM, "%s", path);
    while ((e = pem_next(&text, a, &label, &der)) == ERR_OK) {
        if (!span_is_equal(label, SPAN_LIT("CERTIFICATE")))
            continue;
        if (n == MAX_FILE_CERTS)
            return fault_set(f, ERR_CONFIG, "%s: more than %d certificates",
                             path, MAX_FILE_CERTS);
        list[n++] = der;
    }
    if (e != ERR_NOT_FOUND)
        return fault_set(f, ERR_CONFIG, "%s: not well-made PEM", path);
    if (n == 0)
        return fault_set(f, ERR_CONFIG,
                         "%s: no certificate in it; PEM is expected", path);
    *out = list;
    *num = n;
    return ERR_OK;
}

/* The first certificate of a file. */
static enum err load_certificate(const char *path, struct arena *a,
                                 struct span *out, struct fault *f)
{
    const struct span *list = NULL;
    size_t num = 0;

    TRY(certificates_load(path, a, &list, &num, f));
    assert(num > 0);
    *out = list[0];
    return ERR_OK;
}

/* All certificates of several files as one list. */
static enum err load_chain(const struct config_texts *files, struct arena *a,
                           const struct span **out, size_t *num,
                           struct fault *f)
{
    struct span *all = arena_array(a, LIMIT_EXTRA_CERTS, sizeof(*all));
    const struct span *list = NULL;
    size_t n = 0, total = 0;

    if (all == NULL)
        return fault_set(f, ERR_NO_MEM, "certificate chain");
    for (size_t i = 0; i < files->num; i++) {
        TRY(certificates_load(files->items[i], a, &list, &n, f));
        if (total + n > LIMIT_EXTRA_CERTS)
            return fault_set(f, ERR_CONFIG,
                             "%s: a chain of more than %d certificates",
                             files->items[i], LIMIT_EXTRA_CERTS);
        memcpy(all + total, list, n * sizeof(*list));
        total += n;
    }
    *out = all;
    *num = total;
    return ERR_OK;
}

enum err authority_load_keys(const struct config *config, struct keys *keys,
                             struct fault *f)
{
    struct fault absent;
    struct span spki;

    for (size_t i = 0; i < config->num_keys; i++) {
        const struct config_key *key = &config->keys[i];

        /* One that is behind the door already stands in for its file. */
        if (keys_spki(keys, key->name, &spki, &absent) == ERR_OK)
            continue;
        TRY(keys_add_file(keys, key->name, key->max_waiting, key->file, f));
    }
    return ERR_OK;
}

/* Adds the bytes unless they are among the first `num` already. */
static void add_once(struct span *list, size_t *num, struct span cert)
{
    for (size_t i = 0; i < *num; i++)
        if (span_is_equal(list[i], cert))
            return;
    if (*num < LIMIT_EXTRA_CERTS)
        list[(*num)++] = cert;
}

/* extraCerts as it stands in a message: [1] { SEQUENCE { certificates } }. */
static enum err encode_tail(const struct span *certs, size_t num,
                            struct arena *a, struct span *out, struct fault *f)
{
    struct der_writer w;

    der_writer_init(&w, a, 8192);
    for (size_t i = num; i > 0; i--)
        der_put_raw(&w, certs[i - 1]);
    der_put_header(&w, DER_SEQUENCE, 0);
    der_put_header(&w, DER_CTX(1), 0);
    if (der_finish(&w, out) != ERR_OK)
        return fault_set(f, ERR_NO_MEM, "extraCerts");
    return ERR_OK;
}

/*
 * What a station gets must verify from just that: the leaf through `extra` to
 * the root that ends `chain`.
 */
static enum err check_chain(struct authority *au, struct crypto_ctx *cx,
                            const char *what, struct span leaf,
                            const struct span *chain, size_t num_chain,
                            struct fault *f)
{
    AUTO(trust) trust = NULL;
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct x509_cert root, cert;
    struct path path;
    enum err e;

    if (a == NULL)
        return fault_set(f, ERR_NO_MEM, "%s", what);
    if (num_chain == 0)
        return fault_set(f, ERR_CONFIG,
                         "%s: chain is empty; list the certificates from its "
                         "issuer up to the operator root",
                         what);
    if (x509_read(chain[num_chain - 1], a, &root) != ERR_OK ||
        !x509_is_self_issued(&root))
        return fault_set(f, ERR_CONFIG,
                         "%s: chain does not end in a self-signed root", what);
    if (x509_read(leaf, a, &cert) != ERR_OK)
        return fault_set(f, ERR_CONFIG, "%s: not a certificate", what);
    TRY(trust_new(au->crypto, &trust, f));
    TRY(trust_add_anchor(trust, 0, root.der, f));
    TRY(trust_seal(trust, f));
    /* Its dates are another matter: an expired CA says so when it issues. */
    e = path_check(cx, trust, cert.not_before, leaf, chain, num_chain - 1, a,
                   &path, f);
    if (e != ERR_OK)
        return fault_prefix(f, ERR_CONFIG, "%s", what);
    return ERR_OK;
}

static enum err make_issuer(struct authority *au, struct crypto_ctx *cx,
                            const struct config_ca *config,
                            struct issuer *issuer, struct fault *f)
{
    struct ca_options options = { .name = config->name,
                                  .key = config->key->name,
                                  .crl_url = config->crl.url };

    issuer->config = config;
    TRY(load_certificate(config->certificate, au->arena, &issuer->certificate,
                         f));
    options.certificate = issuer->certificate;
    TRY(load_chain(&config->chain, au->arena, &issuer->chain,
                   &issuer->num_chain, f));
    if (ca_new(&options, au->keys, cx, &issuer->ca, f) != ERR_OK)
        return fault_prefix(f, ERR_CONFIG, "cas %s", config->name);
    return check_chain(au, cx, config->certificate, issuer->certificate,
                       issuer->chain, issuer->num_chain, f);
}

static enum err make_signer(struct authority *au, struct crypto_ctx *cx,
                            const struct config_signer *config,
                            struct signer *signer, struct fault *f)
{
    struct span list[LIMIT_EXTRA_CERTS], spki, cert = SPAN_NONE;
    size_t n = 0;

    signer->config = config;
    TRY(load_certificate(config->certificate, au->arena, &cert, f));
    if (x509_read(cert, au->arena, &signer->certificate) != ERR_OK)
        return fault_set(f, ERR_CONFIG, "%s: not a certificate",
                         config->certificate);
    if (!x509_may(&signer->certificate, KU_DIGITAL_SIGNATURE))
        return fault_clause(f, ERR_CONFIG, "RFC 9483, 3.2",
                            "%s: keyUsage lacks digitalSignature, so stations "
                            "would refuse what it signs",
                            config->certificate);
    TRY(keys_spki(au->keys, config->key->name, &spki, f));
    if (!span_is_equal(spki, signer->certificate.spki.der))
        return fault_set(f, ERR_CONFIG, "%s is not the certificate of key %s",
                         config->certificate, config->key->name);
    signer->alg = sig_alg_default(key_kind_find(&signer->certificate.spki));
    TRY(load_chain(&config->chain, au->arena, &signer->chain,
                   &signer->num_chain, f));
    TRY(check_chain(au, cx, config->certificate, cert, signer->chain,
                    signer->num_chain, f));
    add_once(list, &n, cert);
    for (size_t i = 0; i < signer->num_chain; i++)
        add_once(list, &n, signer->chain[i]);
    return encode_tail(list, n, au->arena, &signer->tail, f);
}

static enum err make_vendor(const struct config_vendor *config,
                            struct vendor *vendor, struct fault *f)
{
    vendor->config = config;
    if (config->serial.pattern == NULL)
        return ERR_OK;
    if (regcomp(&vendor->pattern, config->serial.pattern, REG_EXTENDED) != 0)
        return fault_set(f, ERR_CONFIG, "vendors %s: serial.pattern %s",
                         config->name, config->serial.pattern);
    vendor->has_pattern = true;
    return ERR_OK;
}

static const struct config_vendor vendor_of_secrets = {
    .name = VENDOR_OF_SECRETS,
    .suggested_names = CONFIG_NAMES_REPLACE,
};

static const struct config_vendor vendor_of_peers = { .name = VENDOR_OF_PEERS };

static enum err set_algorithms(const struct config_profile *config,
                               struct profile *p, struct fault *f)
{
    uint32_t mask = 0;

    for (size_t i = 0; i < config->algorithms.num; i++) {
        enum sig_alg alg = sig_alg_find_by_name(config->algorithms.items[i]);

        if (alg == SIG_UNKNOWN || (p->sig_algs & (1u << alg)) == 0)
            return fault_set(f, ERR_CONFIG,
                             "profiles %s: algorithm %s is not one of profile "
                             "type %s",
                             config->name, config->algorithms.items[i],
                             profile_type_name(p->type));
        mask |= 1u << alg;
    }
    if (mask != 0)
        p->sig_algs = mask;
    return ERR_OK;
}

static enum err check_encryption_key(const struct config_profile *config,
                                     const struct keys *keys,
                                     const struct offers *offers,
                                     struct fault *f)
{
    struct span spki;

    if (offers->encryption_key == NULL)
        return ERR_OK;
    TRY(keys_spki(keys, offers->encryption_key, &spki, f));
    if (!span_is_equal(spki, offers->encryption.spki.der))
        return fault_set(f, ERR_CONFIG,
                         "profiles %s: key \"%s\" is not that of %s",
                         config->name, offers->encryption_key,
                         config->general.encryption_certificate);
    return ERR_OK;
}

static enum err set_possession(const struct config_profile *config,
                               struct profile *p, struct fault *f)
{
    static const struct {
        enum config_possession name;
        enum pop_method method;
    } methods[] = {
        { CONFIG_POP_SIGNATURE, POP_SIGNATURE },
        { CONFIG_POP_ENCRYPTED_CERT, POP_ENCRYPTED_CERT },
        { CONFIG_POP_CHALLENGE, POP_CHALLENGE },
        { CONFIG_POP_AGREE_MAC, POP_AGREE_MAC },
    };
    uint32_t mask = 0;

    for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
        if ((config->possession & methods[i].name) != 0)
            mask |= POP_BIT(methods[i].method);
    for (enum pop_method m = POP_NONE; m < POP_METHOD_NUM; m++)
        if ((mask & ~p->pop_methods & POP_BIT(m)) != 0)
            return fault_set(f, ERR_CONFIG,
                             "profiles %s: possession by %s is not one of "
                             "profile type %s",
                             config->name, pop_method_word(m),
                             profile_type_name(p->type));
    if (mask != 0)
        p->pop_methods = mask;
    return ERR_OK;
}

/* The requests that wait for an operator. */
static uint32_t approval_of(const struct config_profile *config)
{
    uint32_t first = BODY_BIT(CMP_IR) | BODY_BIT(CMP_CR) | BODY_BIT(CMP_P10CR);

    if (config->approval == CONFIG_APPROVAL_NONE)
        return 0;
    if (config->approval_of_updates)
        first |= BODY_BIT(CMP_KUR);
    if (config->approval_of_general)
        first |= BODY_BIT(CMP_GENM);
    return config->approval_of_revocations ? first | BODY_BIT(CMP_RR) : first;
}

enum err profile_configure(const struct config_profile *config,
                           struct profile *p, struct fault *f)
{
    static const enum lenience reuse[] = {
        [CONFIG_KEY_REUSE_WARN] = LENIENCE_WARN,
        [CONFIG_KEY_REUSE_REFUSE] = LENIENCE_REFUSE,
        [CONFIG_KEY_REUSE_ALLOW] = LENIENCE_ALLOW,
    };
    static const enum aftermath after[] = {
        [CONFIG_UNCONFIRMED_REVOKE] = AFTERMATH_REVOKE,
        [CONFIG_UNCONFIRMED_KEEP] = AFTERMATH_KEEP,
    };

    profile_init(p, profile_type_find(config_profile_type_name(config->type)));
    p->name = config->name;
    p->implicit_confirm = config->implicit_confirm;
    p->ir_by_operator_certificate = config->ir_by_operator_certificate;
    p->same_key_update = config->same_key_update;
    p->makes_keys = config->key_generator != NULL;
    p->signing_keys_sign = config->signing_keys_sign;
    p->approval = approval_of(config);
    if (config->revocation_passphrases && !profile_take_passphrases(p))
        return fault_set(f, ERR_CONFIG,
                         "profiles %s: type %s takes no revocation passphrases",
                         config->name, profile_type_name(p->type));
    if (config->ras.num == 0)
        p->bodies &= ~BODY_BIT(CMP_NESTED); /* no RA to send one */
    if (config->peer_cas.num == 0)
        p->bodies &= ~BODY_BIT(CMP_CCR);
    p->vendor_key_reuse = reuse[config->vendor_key_reuse];
    p->message_time_window = config->message_time_window_s;
    p->confirm_wait = config->confirm_wait_s;
    p->renew_grace = config->renew_grace_s;
    p->on_timeout = after[config->on_timeout];
    p->on_rejection = after[config->on_rejection];
    TRY(set_possession(config, p, f));
    return set_algorithms(config, p, f);
}

static enum err make_shape(const struct config_profile *config,
                           const struct issuer *issuer, uint32_t key_usage,
                           struct ca_shape **out, struct fault *f)
{
    enum oid eku[16];
    uint8_t oid[LIMIT_OID_LEN];
    size_t len;
    struct ca_shape_options options = { .key_usage = key_usage,
                                        .eku = eku,
                                        .num_eku =
                                            config->extended_key_usage.num,
                                        .validity = config->validity_s,
                                        .backdate = config->backdate_s };

    if (options.num_eku > sizeof(eku) / sizeof(eku[0]))
        return fault_set(f, ERR_CONFIG,
                         "profiles %s: more than 16 extended key usages",
                         config->name);
    for (size_t i = 0; i < options.num_eku; i++) {
        const char *text = config->extended_key_usage.items[i];

        eku[i] = OID_UNKNOWN;
        if (oid_parse(text, oid, &len) == ERR_OK)
            eku[i] = oid_find(span_of(oid, len));
        if (eku[i] == OID_UNKNOWN || eku[i] == OID_ID_KP_CMC_RA ||
            eku[i] == OID_ID_KP_CMC_CA || eku[i] == OID_ID_KP_CM_KGA)
            return fault_set(f, ERR_CONFIG,
                             "profiles %s: extended key usage %s is not one a "
                             "station may get",
                             config->name, text);
    }
    return ca_shape_new(issuer->ca, &options, out, f);
}

static enum err make_shapes(const struct config_profile *config,
                            struct path_profile *out, struct fault *f)
{
    const uint32_t key_usages[PURPOSE_NUM] = {
        [PURPOSE_CONFIGURED] = config->key_usage,
        [PURPOSE_ENCIPHERMENT] = KU_KEY_ENCIPHERMENT,
        [PURPOSE_AGREEMENT] = KU_KEY_AGREEMENT,
    };

    for (enum key_purpose p = PURPOSE_CONFIGURED; p < PURPOSE_NUM; p++)
        TRY(make_shape(config, out->issuer, key_usages[p], &out->shapes[p], f));
    return ERR_OK;
}

/* CMP signer chain, issuing chain and operator root, each once (CR-3, CR-4;
 * the signer first, as RFC 9483, 3.3 has it); then what roots there are more
 * (CR-5). */
static enum err make_tail(const struct issuer *issuer,
                          const struct signer *signer,
                          const struct root_list *more, struct arena *a,
                          struct span *out, struct fault *f)
{
    struct span list[LIMIT_EXTRA_CERTS];
    size_t n = 0;

    add_once(list, &n, signer->certificate.der);
    for (size_t i = 0; i < signer->num_chain; i++)
        add_once(list, &n, signer->chain[i]);
    add_once(list, &n, issuer->certificate);
    for (size_t i = 0; i < issuer->num_chain; i++)
        add_once(list, &n, issuer->chain[i]);
    if (n + more->num > LIMIT_EXTRA_CERTS)
        return fault_set(f, ERR_CONFIG,
                         "roots: more than %d certificates in extraCerts",
                         LIMIT_EXTRA_CERTS);
    for (size_t i = 0; i < more->num; i++)
        add_once(list, &n, more->list[i]);
    return encode_tail(list, n, a, out, f);
}

/* RFC 9483, 4.1.6: what stations look for in it. */
static enum err check_generator(const struct config_profile *config,
                                const struct signer *generator,
                                struct span operator_root, struct fault *f)
{
    const struct x509_cert *cert = &generator->certificate;

    if (!x509_has_eku(cert, OID_ID_KP_CM_KGA) || span_is_absent(cert->ski))
        return fault_clause(f, ERR_CONFIG, "RFC 9483, 4.1.6",
                            "profiles %s: %s lacks the extended key usage "
                            "cmKGA, or a subjectKeyIdentifier, so stations "
                            "would refuse the keys it signs",
                            config->name, generator->config->certificate);
    if (!span_is_equal(operator_root,
                       generator->chain[generator->num_chain - 1]))
        return fault_clause(f, ERR_CONFIG, "RFC 9483, 4.1.6",
                            "profiles %s: its CA and its key_generator do not "
                            "end at the same operator root",
                            config->name);
    return ERR_OK;
}

static enum err make_profile(struct authority *au, struct crypto_ctx *cx,
                             const struct config_profile *config,
                             struct path_profile *out, struct fault *f)
{
    const struct config *c = au->config;
    struct span operator_root;
    struct root_list in_body, outside;

    out->config = config;
    out->issuer = &au->issuers[config->ca - c->cas];
    out->signer = &au->signers[config->signer - c->signers];
    TRY(profile_configure(config, &out->profile, f));
    TRY(make_shapes(config, out, f));
    operator_root = out->issuer->chain[out->issuer->num_chain - 1];
    if (!span_is_equal(operator_root,
                       out->signer->chain[out->signer->num_chain - 1]))
        return fault_clause(f, ERR_CONFIG, "TS 33.310, 9.5.4.3",
                            "profiles %s: its CA and its signer do not end at "
                            "the same operator root",
                            config->name);
    TRY(peers_check(au, out, f));
    if (config->key_generator != NULL) {
        out->generator = &au->signers[config->key_generator - c->signers];
        TRY(check_generator(config, out->generator, operator_root, f));
    }
    TRY(roots_load(&config->roots.ca_pubs, operator_root, cx, au->arena,
                   &in_body, f));
    TRY(roots_load(&config->roots.extra_certs, operator_root, cx, au->arena,
                   &outside, f));
    TRY(offers_load(config, operator_root, cx, au->arena, &out->offers, f));
    TRY(check_encryption_key(config, au->keys, &out->offers, f));
    out->ca_pubs = in_body.list;
    out->num_ca_pubs = in_body.num;
    return make_tail(out->issuer, out->signer, &outside, au->arena, &out->tail,
                     f);
}

static enum err allocate(struct authority *au, const struct config *c,
                         struct fault *f)
{
    au->arena = arena_new(AUTHORITY_ARENA);
    if (au->arena == NULL)
        return fault_set(f, ERR_NO_MEM, "authority");
    au->issuers = arena_array(au->arena, c->num_cas, sizeof(*au->issuers));
    au->signers = arena_array(au->arena, c->num_signers, sizeof(*au->signers));
    au->vendors =
        arena_array(au->arena, c->num_vendors + 2, sizeof(*au->vendors));
    au->profiles =
        arena_array(au->arena, c->num_profiles, sizeof(*au->profiles));
    if (au->issuers == NULL || au->signers == NULL || au->vendors == NULL ||
        au->profiles == NULL)
        return fault_set(f, ERR_NO_MEM, "authority");
    return ERR_OK;
}

static enum err fill(struct authority *au, struct crypto_ctx *cx,
                     struct fault *f)
{
    const struct config *c = au->config;
    bool changed;

    TRY(allocate(au, c, f));
    for (size_t i = 0; i < c->num_cas; i++, au->num_issuers++)
        TRY(make_issuer(au, cx, &c->cas[i], &au->issuers[i], f));
    for (size_t i = 0; i < c->num_signers; i++, au->num_signers++)
        TRY(make_signer(au, cx, &c->signers[i], &au->signers[i], f));
    for (size_t i = 0; i < c->num_vendors; i++, au->num_vendors++)
        TRY(make_vendor(&c->vendors[i], &au->vendors[i], f));
    au->vendors[au->num_vendors++].config = &vendor_of_secrets;
    au->vendors[au->num_vendors++].config = &vendor_of_peers;
    TRY(peers_load(c, au->arena, &au->peers, f));
    if (c->secrets.key_file != NULL)
        TRY(sealing_load(c->secrets.key_file, &au->sealing, f));
    for (size_t i = 0; i < c->num_profiles; i++, au->num_profiles++)
        TRY(make_profile(au, cx, &c->profiles[i], &au->profiles[i], f));
    return authority_refresh(au, &changed, f);
}

enum err authority_new(const struct config *config, struct crypto *crypto,
                       struct keys *keys, struct authority **out,
                       struct fault *f)
{
    AUTO(authority) au = calloc(1, sizeof(*au));
    AUTO(crypto_ctx) cx = NULL;

    if (au == NULL)
        return fault_set(f, ERR_NO_MEM, "authority");
    pthread_mutex_init(&au->epoch_lock, NULL);
    au->config = config;
    au->crypto = crypto;
    au->keys = keys;
    TRY(crypto_ctx_new(crypto, &cx, f));
    TRY(fill(au, cx, f));
    *out = au;
    au = NULL;
    return ERR_OK;
}

void authority_free(struct authority *au)
{
    if (au == NULL)
        return;
    epoch_put(au, au->epoch);
    pthread_mutex_destroy(&au->epoch_lock);
    /* What failed half way has its last, partly made entry behind the count. */
    for (size_t i = 0; au->profiles != NULL && i < au->config->num_profiles;
         i++)
        for (enum key_purpose p = PURPOSE_CONFIGURED; p < PURPOSE_NUM; p++)
            ca_shape_free(au->profiles[i].shapes[p]);
    for (size_t i = 0; i < au->num_vendors; i++)
        if (au->vendors[i].has_pattern)
            regfree(&au->vendors[i].pattern);
    for (size_t i = 0; au->issuers != NULL && i < au->config->num_cas; i++)
        ca_free(au->issuers[i].ca);
    sealing_free(au->sealing);
    arena_free(au->arena);
    free(au);
}

const struct issuer *authority_find_issuer(const struct authority *au,
                                           struct span subject)
{
    for (size_t i = 0; i < au->num_issuers; i++)
        if (name_is_equal(ca_subject(au->issuers[i].ca), subject))
            return &au->issuers[i];
    return NULL;
}

const struct issuer *authority_find_issuer_by_name(const struct authority *au,
                                                   struct span name)
{
    for (size_t i = 0; i < au->num_issuers; i++)
        if (span_is_equal(span_str(au->issuers[i].config->name), name))
            return &au->issuers[i];
    return NULL;
}

const struct path_profile *authority_find_profile(const struct authority *au,
                                                  struct span name)
{
    for (size_t i = 0; i < au->num_profiles; i++)
        if (span_is_equal(span_str(au->profiles[i].config->name), name))
            return &au->profiles[i];
    return NULL;
}
