/*
 * Steps 2a and 2b: what the message alone tells, before any key is used.
 */
#include "profile/internal.h"

#include "base/text.h"

#define NONCE_MIN_LEN 16

bool same_key(const struct spki *a, const struct spki *b)
{
    return span_is_equal(a->alg.oid, b->alg.oid) &&
           span_is_equal(a->alg.params, b->alg.params) &&
           span_is_equal(a->key, b->key);
}

struct span template_san(const struct cert_template *t)
{
    const struct extension *san =
        extension_find(&t->extensions, OID_ID_CE_SUBJECT_ALT_NAME);

    return san == NULL ? SPAN_NONE : san->value;
}

enum verdict check_pvno(const struct judged *in, struct found *found)
{
    int64_t pvno = in->msg->header.pvno;

    if (pvno == 2 || pvno == 3)
        return VERDICT_HOLDS;
    return broken(found, "header.pvno", "%lld", (long long)pvno);
}

enum verdict check_body_served(const struct judged *in, struct found *found)
{
#define OF_A_SERVER ", which only a server sends"
#define ANNOUNCEMENT ", an announcement, which a station does not make"
    /* Where the name alone does not say why. */
    static const char *const reasons[CMP_BODY_NUM] = {
        [CMP_IP] = OF_A_SERVER,
        [CMP_CP] = OF_A_SERVER,
        [CMP_POPDECC] = OF_A_SERVER,
        [CMP_POPDECR] = ": this profile sends no challenge",
        [CMP_KUP] = OF_A_SERVER,
        [CMP_KRR] = ": this server keeps no private keys (RFC 9810, 5.3.7)",
        [CMP_KRP] = OF_A_SERVER,
        [CMP_RP] = OF_A_SERVER,
        [CMP_CCR] = ": this profile certifies no other CA",
        [CMP_CCP] = OF_A_SERVER,
        [CMP_CKUANN] = ANNOUNCEMENT,
        [CMP_CANN] = ANNOUNCEMENT,
        [CMP_RANN] = ANNOUNCEMENT,
        [CMP_CRLANN] = ANNOUNCEMENT,
        [CMP_PKICONF] = OF_A_SERVER,
        [CMP_NESTED] = ": this profile trusts no RA",
        [CMP_GENP] = OF_A_SERVER,
        [CMP_POLL_REP] = OF_A_SERVER,
    };
#undef OF_A_SERVER
#undef ANNOUNCEMENT
    enum cmp_body_type type = in->msg->body.type;

    if ((in->profile->bodies & BODY_BIT(type)) != 0)
        return VERDICT_HOLDS;
    return broken(found, "body", "%s%s", cmp_body_name(type),
                  reasons[type] == NULL ? "" : reasons[type]);
}

enum verdict check_transaction_id(const struct judged *in, struct found *found)
{
    if (in->msg->header.transaction_id.len > 0)
        return VERDICT_HOLDS;
    return broken(found, "header.transactionID", "none");
}

enum verdict check_sender_nonce(const struct judged *in, struct found *found)
{
    size_t len = in->msg->header.sender_nonce.len;

    if (len >= NONCE_MIN_LEN)
        return VERDICT_HOLDS;
    return broken(found, "header.senderNonce", "%zu octets", len);
}

enum verdict check_no_recip_nonce(const struct judged *in, struct found *found)
{
    if (span_is_absent(in->msg->header.recip_nonce))
        return VERDICT_HOLDS;
    return broken(found, "header.recipNonce", "one in a first message");
}

enum verdict check_is_protected(const struct judged *in, struct found *found)
{
    bool has_alg = !span_is_absent(in->msg->header.protection_alg.oid);
    bool has_bits = !span_is_absent(in->msg->protection.bytes);

    if (has_alg && has_bits)
        return VERDICT_HOLDS;
    if (has_alg)
        return broken(found, "protection", "none, yet protectionAlg is there");
    if (has_bits)
        return broken(found, "header.protectionAlg",
                      "none, yet protection is there");
    return broken(found, "protection", "none");
}

void describe_alg(const struct alg_id *alg, char *out, size_t size)
{
    if (alg->id == OID_UNKNOWN)
        oid_format(alg->oid, out, size);
    else
        text_format(out, size, "%s", oid_name(alg->id));
}

enum verdict check_protection_alg(const struct judged *in, struct found *found)
{
    const struct alg_id *alg = &in->msg->header.protection_alg;
    enum sig_alg sig = sig_alg_find_any(alg);
    char name[64];

    if (mac_alg_find(alg) != MAC_UNKNOWN)
        return VERDICT_HOLDS; /* judged for itself */
    if (sig != SIG_UNKNOWN && (in->profile->sig_algs & (1u << sig)) != 0)
        return VERDICT_HOLDS;
    describe_alg(alg, name, sizeof(name));
    return broken(found, "header.protectionAlg", "%s", name);
}

enum verdict check_signer_sent(const struct judged *in, struct found *found)
{
    if (in->msg->num_extra_certs > 0 ||
        mac_alg_find(&in->msg->header.protection_alg) != MAC_UNKNOWN)
        return VERDICT_HOLDS;
    return broken(found, "extraCerts", "none");
}

enum verdict check_sender_directory(const struct judged *in,
                                    struct found *found)
{
    if (in->msg->header.sender.type == GN_DIRECTORY)
        return VERDICT_HOLDS;
    return broken(found, "header.sender", "another kind of GeneralName");
}

enum verdict check_implicit_confirm(const struct judged *in,
                                    struct found *found)
{
    if (in->profile->may_grant_implicit ||
        info_find(&in->msg->header.general_info, OID_ID_IT_IMPLICIT_CONFIRM) ==
            NULL)
        return VERDICT_HOLDS;
    return broken(found, "header.generalInfo", "implicitConfirm");
}

/* The certificates of a kur are one: that which signs it. For a ccr RFC 9810,
 * D.6, allows no more. */
static size_t max_requests(const struct judged *in)
{
    enum cmp_body_type type = in->msg->body.type;

    return type == CMP_KUR || type == CMP_CCR ? 1 : in->profile->max_requests;
}

enum verdict check_one_request(const struct judged *in, struct found *found)
{
    size_t num = in->msg->body.cert_req.num;

    if (num > 0 && num <= max_requests(in))
        return VERDICT_HOLDS;
    return broken(found, "body", "%zu CertReqMsgs", num);
}

enum verdict check_cert_req_id(const struct judged *in, struct found *found)
{
    int64_t id = in->req->cert_req.cert_req_id;

    if (id == 0 || (id > 0 && max_requests(in) > 1))
        return VERDICT_HOLDS;
    return broken(found, "certReq.certReqId", "%lld", (long long)id);
}

enum verdict check_cert_req_id_single(const struct judged *in,
                                      struct found *found)
{
    const struct cert_req_msgs *all = &in->msg->body.cert_req;
    int64_t id = in->req->cert_req.cert_req_id;
    size_t times = 0;

    for (size_t i = 0; i < all->num; i++)
        times += all->list[i].cert_req.cert_req_id == id;
    if (times == 1)
        return VERDICT_HOLDS;
    return broken(found, "certReq.certReqId", "%lld, %zu times", (long long)id,
                  times);
}

enum verdict check_ca_fields(const struct judged *in, struct found *found)
{
    const struct cert_template *t = &in->req->cert_req.cert_template;

    if (t->has_version && t->version != 2)
        return broken(found, "certTemplate.version", "%lld",
                      (long long)t->version);
    if (!span_is_absent(t->serial))
        return broken(found, "certTemplate.serialNumber", "one");
    if (!span_is_absent(t->signing_alg.oid) && in->msg->body.type != CMP_CCR)
        return broken(found, "certTemplate.signingAlg", "one");
    if (t->has_issuer_uid || t->has_subject_uid)
        return broken(found, "certTemplate", "a unique identifier");
    return VERDICT_HOLDS;
}

enum verdict check_public_key(const struct judged *in, struct found *found)
{
    const struct cert_template *t = &in->req->cert_req.cert_template;

    if (is_to_be_made(in))
        return VERDICT_HOLDS;
    if (!t->has_public_key)
        return broken(found, "certTemplate.publicKey", "none");
    if (t->public_key.key.len == 0)
        return broken(found, "certTemplate.publicKey", "an empty key");
    return VERDICT_HOLDS;
}

enum verdict check_public_key_kind(const struct judged *in, struct found *found)
{
    const struct spki *key = &in->req->cert_req.cert_template.public_key;
    enum key_kind kind = key_kind_find(key);
    unsigned bits = key_bits(key);
    char name[64];

    if (is_to_be_made(in))
        return made_key_kind(in, found);
    if (kind == KEY_UNKNOWN) {
        describe_alg(&key->alg, name, sizeof(name));
        return broken(found, "certTemplate.publicKey",
                      "%s with parameters or a curve not known", name);
    }
    if ((in->profile->key_kinds & (1u << kind)) == 0)
        return broken(found, "certTemplate.publicKey", "%s",
                      key_kind_name(kind));
    if ((kind == KEY_RSA || kind == KEY_RSA_PSS) &&
        (bits < in->profile->rsa_min_bits || bits > in->profile->rsa_max_bits))
        return broken(found, "certTemplate.publicKey", "RSA of %u bits", bits);
    return VERDICT_HOLDS;
}

enum verdict check_popo_alg(const struct judged *in, struct found *found)
{
    const struct cert_req_msg *req = in->req;
    enum key_kind kind = key_kind_find(&req->cert_req.cert_template.public_key);
    enum sig_alg sig = sig_alg_find_any(&req->popo.alg);
    char name[64];

    if (req->popo.type != POPO_SIGNATURE)
        return VERDICT_HOLDS;
    describe_alg(&req->popo.alg, name, sizeof(name));
    if (sig == SIG_UNKNOWN || (in->profile->sig_algs & (1u << sig)) == 0)
        return broken(found, "popo.algorithmIdentifier", "%s", name);
    if (!sig_alg_fits(sig, kind))
        return broken(found, "popo.algorithmIdentifier", "%s under a %s key",
                      name, key_kind_name(kind));
    return VERDICT_HOLDS;
}

enum verdict check_popo_input_sender(const struct judged *in,
                                     struct found *found)
{
    const struct popo *popo = &in->req->popo;

    if (span_is_absent(popo->input) || popo->has_input_sender ||
        mac_alg_find(&in->msg->header.protection_alg) != MAC_UNKNOWN)
        return VERDICT_HOLDS;
    return broken(found, "popo.poposkInput.authInfo", "publicKeyMAC");
}

enum verdict check_popo_input_key(const struct judged *in, struct found *found)
{
    const struct cert_req_msg *req = in->req;

    if (span_is_absent(req->popo.input) ||
        same_key(&req->popo.input_key, &req->cert_req.cert_template.public_key))
        return VERDICT_HOLDS;
    return broken(found, "popo.poposkInput.publicKey", "another key");
}

enum verdict check_popo_input_fits(const struct judged *in, struct found *found)
{
    const struct cert_req_msg *req = in->req;
    bool has_input = !span_is_absent(req->popo.input);
    bool has_subject = !span_is_absent(req->cert_req.cert_template.subject);

    if (has_input != has_subject || req->popo.type != POPO_SIGNATURE)
        return VERDICT_HOLDS;
    return broken(found, "popo.poposkInput",
                  has_input ? "there, though the template has a subject"
                            : "none, though the template has no subject");
}

/* Reads the value of an extension with `read`; false when it does not parse. */
static bool asks_for_ca(const struct extension *ext)
{
    struct der in = der_open(ext->value, NULL), seq;
    bool is_ca = false;

    if (der_enter(&in, DER_SEQUENCE, &seq) != ERR_OK)
        return false;
    return der_next_is(&seq, DER_BOOLEAN) && der_bool(&seq, &is_ca) == ERR_OK &&
           is_ca;
}

static bool asks_for_ca_usage(const struct extension *ext, uint32_t *mask)
{
    struct der in = der_open(ext->value, NULL);

    return der_named_bits(&in, DER_BIT_STRING, mask) == ERR_OK &&
           (*mask & (KU_KEY_CERT_SIGN | KU_CRL_SIGN)) != 0;
}

static enum oid authority_purpose(const struct extension *ext)
{
    struct der in = der_open(ext->value, NULL), seq;
    struct span oid;
    enum oid id;

    if (der_enter(&in, DER_SEQUENCE, &seq) != ERR_OK)
        return OID_UNKNOWN;
    while (der_has_more(&seq) && der_oid(&seq, &oid) == ERR_OK) {
        id = oid_find(oid);
        if (id == OID_ID_KP_CMC_CA || id == OID_ID_KP_CMC_RA ||
            id == OID_ID_KP_CM_KGA)
            return id;
    }
    return OID_UNKNOWN;
}

enum verdict check_no_ca(const struct judged *in, struct found *found)
{
    const struct extensions *exts = &in->req->cert_req.cert_template.extensions;
    const struct extension *bc =
        extension_find(exts, OID_ID_CE_BASIC_CONSTRAINTS);
    const struct extension *ku = extension_find(exts, OID_ID_CE_KEY_USAGE);
    const struct extension *eku = extension_find(exts, OID_ID_CE_EXT_KEY_USAGE);
    uint32_t mask = 0;
    enum oid purpose;

    if (bc != NULL && asks_for_ca(bc))
        return broken(found, "certTemplate.extensions.basicConstraints",
                      "cA TRUE");
    if (ku != NULL && asks_for_ca_usage(ku, &mask))
        return broken(found, "certTemplate.extensions.keyUsage", "%s",
                      (mask & KU_KEY_CERT_SIGN) != 0 ? "keyCertSign"
                                                     : "cRLSign");
    purpose = eku == NULL ? OID_UNKNOWN : authority_purpose(eku);
    if (purpose != OID_UNKNOWN)
        return broken(found, "certTemplate.extensions.extKeyUsage", "%s",
                      oid_name(purpose));
    return VERDICT_HOLDS;
}

static bool key_usage_parses(struct der *in)
{
    uint32_t mask;

    return der_named_bits(in, DER_BIT_STRING, &mask) == ERR_OK;
}

static bool basic_constraints_parse(struct der *in)
{
    struct der seq;
    bool is_ca;
    int64_t path_len;

    if (der_enter(in, DER_SEQUENCE, &seq) != ERR_OK)
        return false;
    if (der_next_is(&seq, DER_BOOLEAN) && der_bool(&seq, &is_ca) != ERR_OK)
        return false;
    if (der_next_is(&seq, DER_INTEGER) && der_int64(&seq, &path_len) != ERR_OK)
        return false;
    return der_end(&seq) == ERR_OK;
}

static bool ext_key_usage_parses(struct der *in)
{
    struct der seq;
    struct span oid;

    if (der_enter(in, DER_SEQUENCE, &seq) != ERR_OK || !der_has_more(&seq))
        return false;
    while (der_has_more(&seq))
        if (der_oid(&seq, &oid) != ERR_OK)
            return false;
    return true;
}

static bool alt_name_parses(struct der *in)
{
    struct general_name name;
    struct der seq;

    if (der_enter(in, DER_SEQUENCE, &seq) != ERR_OK || !der_has_more(&seq))
        return false;
    while (der_has_more(&seq))
        if (general_name_read(&seq, &name) != ERR_OK)
            return false;
    return true;
}

enum verdict check_extensions(const struct judged *in, struct found *found)
{
    static const struct {
        enum oid id;
        bool (*parses)(struct der *in);
    } readers[] = {
        { OID_ID_CE_KEY_USAGE, key_usage_parses },
        { OID_ID_CE_BASIC_CONSTRAINTS, basic_constraints_parse },
        { OID_ID_CE_EXT_KEY_USAGE, ext_key_usage_parses },
        { OID_ID_CE_SUBJECT_ALT_NAME, alt_name_parses },
    };
    const struct extensions *exts = &in->req->cert_req.cert_template.extensions;

    for (size_t i = 0; i < sizeof(readers) / sizeof(readers[0]); i++) {
        const struct extension *ext = extension_find(exts, readers[i].id);
        struct der value;

        if (ext == NULL)
            continue;
        value = der_open(ext->value, NULL);
        if (!readers[i].parses(&value) || der_end(&value) != ERR_OK)
            return broken(found, "certTemplate.extensions",
                          "%s that does not parse", oid_name(readers[i].id));
    }
    return VERDICT_HOLDS;
}

enum verdict check_p10_version(const struct judged *in, struct found *found)
{
    if (in->msg->body.p10.version == 0)
        return VERDICT_HOLDS;
    return broken(found, "body.p10cr.version", "%lld",
                  (long long)in->msg->body.p10.version);
}

enum verdict check_p10_password(const struct judged *in, struct found *found)
{
    if (span_is_absent(in->msg->body.p10.challenge_password))
        return VERDICT_HOLDS;
    return broken(found, "body.p10cr.attributes.challengePassword", "one");
}

enum verdict check_one_status(const struct judged *in, struct found *found)
{
    const struct cert_conf *conf = &in->msg->body.cert_conf;

    if (conf->num > in->profile->max_requests)
        return broken(found, "body.certConf", "%zu CertStatus", conf->num);
    for (size_t i = 1; i < conf->num; i++)
        for (size_t k = 0; k < i; k++)
            if (conf->list[i].cert_req_id == conf->list[k].cert_req_id)
                return broken(found, "body.certConf", "certReqId %lld twice",
                              (long long)conf->list[i].cert_req_id);
    return VERDICT_HOLDS;
}

enum verdict check_status_final(const struct judged *in, struct found *found)
{
    const struct cert_conf *conf = &in->msg->body.cert_conf;

    for (size_t i = 0; i < conf->num; i++) {
        int64_t status = conf->list[i].status_info.status;

        if (conf->list[i].has_status_info && status != STATUS_ACCEPTED &&
            status != STATUS_REJECTION)
            return broken(found, "body.certConf.statusInfo.status", "%lld",
                          (long long)status);
    }
    return VERDICT_HOLDS;
}

enum verdict check_hash_alg(const struct judged *in, struct found *found)
{
    const struct cert_conf *conf = &in->msg->body.cert_conf;

    for (size_t i = 0; i < conf->num; i++)
        if (!span_is_absent(conf->list[i].hash_alg.oid) &&
            in->msg->header.pvno < 3)
            return broken(found, "body.certConf.hashAlg", "one, with pvno %lld",
                          (long long)in->msg->header.pvno);
    return VERDICT_HOLDS;
}
