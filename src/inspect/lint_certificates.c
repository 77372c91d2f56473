/*
 * The certificates of a message, judged by themselves and by their part in the
 * exchange (profile/certificate.h). One that many messages bring is judged
 * once.
 */
#include <stdlib.h>

#include "base/text.h"
#include "crypto/path.h"
#include "inspect/internal.h"
#include "inspect/protection_internal.h"

/* Those of a few operators and vendors stay in it, whatever stations' come and
 * go. */
#define MEMO_LEN 4096
#define ID_LEN 32
/* Twice the certificates that a message has at most. */
#define MAX_VERIFIED ((size_t)2 * LIMIT_EXTRA_CERTS)

struct cert_memo {
    uint8_t ids[MEMO_LEN][ID_LEN];
};

enum err cert_memo_new(struct cert_memo **out, struct fault *f)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? ERR_OK : fault_set(f, ERR_NO_MEM, "certificates");
}

void cert_memo_free(struct cert_memo *memo)
{
    free(memo);
}

/* Of this certificate in this part. True when it was there. */
static bool note(struct cert_memo *memo, struct span der, enum cert_role role)
{
    uint8_t part = (uint8_t)role, id[ID_LEN], *slot;

    hash_sha256_pair(der, span_of(&part, 1), id);
    slot = memo->ids[(id[0] | (size_t)id[1] << 8) % MEMO_LEN];
    if (memcmp(slot, id, ID_LEN) == 0)
        return true;
    memcpy(slot, id, ID_LEN);
    return false;
}

/* --- which part --- */

static bool issued_one(const struct linted *in, const struct x509_cert *ca)
{
    const struct message_certs *c = &in->certs;

    for (size_t i = 0; i < c->num; i++)
        if (&c->list[i] != ca &&
            cert_issuer_find(&c->list[i], c->list, c->num) == ca)
            return true;
    return message_certs_below(c, ca, NULL) >= 0;
}

static enum cert_role role_of(const struct linted *in,
                              const struct x509_cert *cert)
{
    bool is_signer = in->protection.from != SIGNER_NOT_FOUND &&
                     span_is_equal(in->protection.signer.der, cert->der);

    /* A CA signs a ccr, and may sign answers. */
    if (is_signer && !cert->is_ca)
        return in->way == WAY_REQUEST ? CERT_ROLE_STATION : CERT_ROLE_ANSWERER;
    if (cert_is_own_issuer(cert))
        return CERT_ROLE_ROOT;
    return cert->is_ca || issued_one(in, cert) ? CERT_ROLE_CA : CERT_ROLE_OTHER;
}

/* --- whose signature --- */

enum known lint_verify(struct linted *in, const struct x509_cert *issuer,
                       const struct alg_id *alg, struct span tbs,
                       struct span signature)
{
    enum err e;

    if (in->num_verified++ >= MAX_VERIFIED)
        return KNOWN_UNKNOWN;
    e = sig_verify(lint_crypto(in), &issuer->spki, alg, tbs, signature, NULL);
    if (e == ERR_OK)
        return KNOWN_YES;
    /* Otherwise an algorithm that is not computed, or a failure of our own. */
    return e == ERR_BAD_MESSAGE_CHECK ? KNOWN_NO : KNOWN_UNKNOWN;
}

static enum known verify(struct linted *in, const struct x509_cert *cert,
                         const struct x509_cert *issuer)
{
    return lint_verify(in, issuer, &cert->sig_alg, cert->tbs, cert->signature);
}

/* A path that is remembered costs nothing, and its signatures verify. */
static bool has_path(const struct linted *in, const struct cert_judged *judged)
{
    struct trusted *t = lint_trusted(in);
    struct path path;

    return (judged->role == CERT_ROLE_STATION ||
            judged->role == CERT_ROLE_ANSWERER ||
            judged->role == CERT_ROLE_NEW) &&
           t->num_certs > 0 &&
           path_check(t->cx, t->trust, lint_now(in), judged->cert->der,
                      in->msg->extra_certs, in->msg->num_extra_certs, in->arena,
                      &path, NULL) == ERR_OK;
}

/*
 * A CA may have several certificates of one name: only where key identifiers
 * say so is one the issuer whatever the signature says; otherwise the one that
 * verifies is.
 */
static void find_issuer(struct linted *in, struct cert_judged *judged)
{
    const struct message_certs *c = &in->certs;
    const struct x509_cert *cert = judged->cert;
    const struct x509_cert *issuer = cert_issuer_find(cert, c->list, c->num);
    bool is_certain =
        issuer == cert || (issuer != NULL && !span_is_absent(cert->aki) &&
                           !span_is_absent(issuer->ski));

    judged->signature = KNOWN_UNKNOWN;
    if (is_certain) {
        judged->issuer = issuer;
        judged->signature =
            has_path(in, judged) ? KNOWN_YES : verify(in, cert, issuer);
        return;
    }
    for (size_t i = 0; i < c->num; i++)
        if (name_is_equal(c->list[i].subject, cert->issuer) &&
            verify(in, cert, &c->list[i]) == KNOWN_YES) {
            judged->issuer = &c->list[i];
            judged->signature = KNOWN_YES;
        }
}

/* --- judging --- */

static void tell(void *arg, enum rule_id rule, enum verdict verdict,
                 const struct found *found)
{
    lint_tell(arg, rule, verdict, found);
}

/* A new one that cannot be read is told of as the answer's fault. */
static void tell_fresh(void *arg, enum rule_id rule, enum verdict verdict,
                       const struct found *found)
{
    if (rule != RULE_CERT_IS_DER || verdict != VERDICT_BROKEN)
        lint_tell(arg, rule, verdict, found);
}

static enum err judge_one(struct linted *in, struct span der,
                          const struct x509_cert *cert, enum cert_role role,
                          const char *path, struct fault *f)
{
    struct der_fail fail = { 0 };
    struct x509_cert unread;
    struct cert_judged judged = {
        .der = der,
        .cert = cert,
        .fail = &fail,
        .role = role,
        .profile = in->profile,
        .signature = KNOWN_UNKNOWN,
        .now = in->seen->at == 0 ? 0 : lint_now(in),
        .path = path,
    };

    if (note(lint_memo(in), der, role))
        return ERR_OK;
    if (cert != NULL) {
        find_issuer(in, &judged);
        judged.below = message_certs_below(
            &in->certs, cert,
            in->protection.from == SIGNER_NOT_FOUND ? NULL
                                                    : &in->protection.signer);
    } else {
        judged.err = x509_read_at(der, in->arena, &fail, &unread);
        if (judged.err == ERR_NO_MEM)
            return fault_set(f, ERR_NO_MEM, "certificates");
    }
    cert_judge(&judged, role == CERT_ROLE_NEW ? tell_fresh : tell, in);
    return ERR_OK;
}

static enum err judge_list(struct linted *in, const char *name,
                           const struct span *list, size_t num, struct fault *f)
{
    char path[32];

    for (size_t i = 0; i < num; i++) {
        const struct x509_cert *cert = message_certs_find(&in->certs, list[i]);

        text_format(path, sizeof(path), "%s[%zu]", name, i);
        TRY(judge_one(in, list[i], cert,
                      cert == NULL ? CERT_ROLE_OTHER : role_of(in, cert), path,
                      f));
    }
    return ERR_OK;
}

static enum err judge_fresh(struct linted *in, struct fault *f)
{
    const struct cert_rep_message *rep = &in->msg->body.cert_rep;
    char path[48];

    for (size_t i = 0; i < in->certs.num_fresh; i++) {
        const struct x509_cert *cert = &in->certs.fresh[i];
        struct span der = rep->responses[i].certificate;

        if (span_is_absent(der))
            continue;
        text_format(path, sizeof(path), "body.response[%zu].certificate", i);
        TRY(judge_one(in, der, span_is_absent(cert->der) ? NULL : cert,
                      in->msg->body.type == CMP_CCP ? CERT_ROLE_CA
                                                    : CERT_ROLE_NEW,
                      path, f));
    }
    return in->certs.num_fresh == 0
               ? ERR_OK
               : judge_list(in, "body.caPubs", rep->ca_pubs, rep->num_ca_pubs,
                            f);
}

enum err lint_judge_certificates(struct linted *in, struct fault *f)
{
    TRY(judge_list(in, "extraCerts", in->msg->extra_certs,
                   in->msg->num_extra_certs, f));
    return judge_fresh(in, f);
}
