#include "txn/client_roots.h"

#include <stdio.h>

const char *root_place_name(enum root_place place)
{
    static const char *const names[ROOT_PLACE_NUM] = {
        [ROOT_IN_CA_PUBS] = "caPubs",
        [ROOT_IN_EXTRA_CERTS] = "extraCerts",
    };

    return names[place];
}

struct judged {
    const struct root_scene *scene;
    const struct root_facts *root;
};

static bool is_readable(const struct judged *in)
{
    return in->root->cert != NULL;
}

/* What must hold for the answer, by mode and place. */
enum need {
    NEEDS_NOTHING_MORE,
    NEEDS_TLS
};
static const enum need needs[TRUST_NUM][ROOT_PLACE_NUM] = {
    [TRUST_PINNED] = { [ROOT_IN_CA_PUBS] = NEEDS_NOTHING_MORE,
                       [ROOT_IN_EXTRA_CERTS] = NEEDS_TLS },
    /* In the first answer the secret, later the root that came under it. */
    [TRUST_SECRET] = { [ROOT_IN_CA_PUBS] = NEEDS_NOTHING_MORE,
                       [ROOT_IN_EXTRA_CERTS] = NEEDS_TLS },
    [TRUST_TLS] = { [ROOT_IN_CA_PUBS] = NEEDS_TLS,
                    [ROOT_IN_EXTRA_CERTS] = NEEDS_TLS },
    /* Once it has a root: as pinned. */
    [TRUST_LEARN] = { [ROOT_IN_CA_PUBS] = NEEDS_NOTHING_MORE,
                      [ROOT_IN_EXTRA_CERTS] = NEEDS_TLS },
};

/* Whoever posed as the operator would bring roots of his own too. */
static bool is_not_learning(const struct judged *in)
{
    return in->scene->mode != TRUST_LEARN || in->scene->has_root;
}

static bool is_protected(const struct judged *in)
{
    return in->scene->is_tls ||
           needs[in->scene->mode][in->root->place] == NEEDS_NOTHING_MORE;
}

static bool is_status_known(const struct judged *in)
{
    return in->root->place != ROOT_IN_CA_PUBS || in->scene->is_mac ||
           in->scene->signer_is_good || in->scene->signer_is_issuer ||
           in->scene->status_is_waived;
}

static bool is_self_signed(const struct judged *in)
{
    return in->root->is_self_signed;
}

static bool is_authority(const struct judged *in)
{
    const struct x509_cert *cert = in->root->cert;

    return cert->is_ca && cert->has_key_usage &&
           x509_may(cert, KU_KEY_CERT_SIGN);
}

static bool has_fit_key(const struct judged *in)
{
    return in->root->key_is_fit;
}

static bool is_in_force(const struct judged *in)
{
    const struct x509_cert *cert = in->root->cert;

    return cert->not_before <= in->scene->now &&
           in->scene->now < cert->not_after;
}

static bool has_room(const struct judged *in)
{
    return in->root->num_kept < CLIENT_MAX_ADDED;
}

/* clang-format off */
static const struct {
    const char *id;
    const char *clause;
    enum err err;
    bool (*holds)(const struct judged *in);
    const char *found;
    const char *cure;
} rules[] = {
    { "root-readable", "RFC 5280, 4.1", ERR_BAD_DATA_FORMAT, is_readable,
      "no certificate that can be read", "report it to the server's maker" },
    { "root-self-signed", "TS 33.310, 9.5.4.3 (CR-5)", ERR_NOT_AUTHORIZED,
      is_self_signed, "not self-signed, and so no root",
      "let the server put intermediate certificates into extraCerts" },
    { "root-ca", "RFC 5280, 4.2.1.9", ERR_NOT_AUTHORIZED, is_authority,
      "not a CA's with keyCertSign", "correct the server's list of roots" },
    { "root-key", "TS 33.310, 6.1.1", ERR_BAD_ALG, has_fit_key,
      "a kind or size of key that is not believed",
      "give the root a successor with a stronger key" },
    { "root-dates", "RFC 5280, 4.1.2.5", ERR_NOT_AUTHORIZED, is_in_force,
      "not in force", "compare this station's clock with the server's" },
    { "root-learning", "RFC 9810, 8.9 (CR-8)", ERR_NOT_AUTHORIZED,
      is_not_learning,
      "nobody vouches for what comes with a root that is learnt",
      "renew, which brings it from the operator that was learnt; or use "
      "--trust pinned or tls" },
    { "root-protected", "TS 33.310, 9.5.4.3 (CR-6)", ERR_NOT_AUTHORIZED,
      is_protected, "outside the protection, and not in a TLS session with a "
      "server that --tls-root vouches for",
      "use https and --tls-root, or let the server use caPubs" },
    { "root-signer-status", "RFC 9483, 3.5 (CR-7)", ERR_NOT_AUTHORIZED,
      is_status_known, "whether the signer is revoked is not known",
      "give its issuer's CRL with --crl, or waive it by --unknown-status "
      "accept" },
    { "root-number", "TS 33.310, 9.5.4.3 (CR-5)", ERR_LIMIT, has_room,
      "more roots than a station keeps", "let the server send 16 at most" },
};
/* clang-format on */

bool client_root_is_welcome(const struct root_scene *scene,
                            const struct root_facts *root, struct fault *f)
{
    const struct judged in = { scene, root };

    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        if (rules[i].holds(&in))
            continue;
        fault_clause(f, rules[i].err, rules[i].clause, "in %s: %s; try: %s",
                     root_place_name(root->place), rules[i].found,
                     rules[i].cure);
        if (f != NULL)
            snprintf(f->rule, sizeof(f->rule), "%s", rules[i].id);
        return false;
    }
    return true;
}
