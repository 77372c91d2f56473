#include "txn/client_roots.h"

#include <stdio.h>

#include "profile/rules.h"

const char *root_place_name(enum root_place place)
{
    static const char *const names[ROOT_PLACE_NUM] = {
        [ROOT_IN_CA_PUBS] = "caPubs",
        [ROOT_IN_EXTRA_CERTS] = "extraCerts",
    };

    return names[place];
}

struct root_judged {
    const struct root_scene *scene;
    const struct root_facts *root;
};

static bool is_readable(const struct root_judged *in)
{
    return in->root->cert != NULL;
}

/* What must hold for the answer, by mode and place. */
enum need {
    PLACE_IS_COVERED,
    PLACE_NEEDS_TLS
};
static const enum need needs[TRUST_NUM][ROOT_PLACE_NUM] = {
    [TRUST_PINNED] = { [ROOT_IN_CA_PUBS] = PLACE_IS_COVERED,
                       [ROOT_IN_EXTRA_CERTS] = PLACE_NEEDS_TLS },
    /* In the first answer the secret, later the root that came under it. */
    [TRUST_SECRET] = { [ROOT_IN_CA_PUBS] = PLACE_IS_COVERED,
                       [ROOT_IN_EXTRA_CERTS] = PLACE_NEEDS_TLS },
    [TRUST_TLS] = { [ROOT_IN_CA_PUBS] = PLACE_NEEDS_TLS,
                    [ROOT_IN_EXTRA_CERTS] = PLACE_NEEDS_TLS },
    /* Once it has a root: as pinned. */
    [TRUST_LEARN] = { [ROOT_IN_CA_PUBS] = PLACE_IS_COVERED,
                      [ROOT_IN_EXTRA_CERTS] = PLACE_NEEDS_TLS },
};

/* Whoever posed as the operator would bring roots of his own too. */
static bool is_not_learning(const struct root_judged *in)
{
    return in->scene->mode != TRUST_LEARN || in->scene->has_root;
}

static bool is_protected(const struct root_judged *in)
{
    return in->scene->is_tls ||
           needs[in->scene->mode][in->root->place] == PLACE_IS_COVERED;
}

static bool is_status_known(const struct root_judged *in)
{
    return in->root->place != ROOT_IN_CA_PUBS || in->scene->is_mac ||
           in->scene->signer_is_good || in->scene->signer_is_issuer ||
           in->scene->status_is_waived;
}

static bool is_self_signed(const struct root_judged *in)
{
    return in->root->is_self_signed;
}

static bool is_authority(const struct root_judged *in)
{
    const struct x509_cert *cert = in->root->cert;

    return cert->is_ca && cert->has_key_usage &&
           x509_may(cert, KU_KEY_CERT_SIGN);
}

static bool has_fit_key(const struct root_judged *in)
{
    return in->root->key_is_fit;
}

static bool is_in_force(const struct root_judged *in)
{
    const struct x509_cert *cert = in->root->cert;

    return cert->not_before <= in->scene->now &&
           in->scene->now < cert->not_after;
}

static bool has_room(const struct root_judged *in)
{
    return in->root->num_kept < CLIENT_MAX_ADDED;
}

/* The predicates of the rule table's STEP_ANSWER_ROOT, and what was found where
 * one does not hold. */
static const struct {
    bool (*holds)(const struct root_judged *in);
    const char *found;
} checks[RULE_NUM] = {
    [RULE_ROOT_READABLE] = { is_readable, "no certificate that can be read" },
    [RULE_ROOT_SELF_SIGNED] = { is_self_signed,
                                "not self-signed, and so no root" },
    [RULE_ROOT_CA] = { is_authority, "not a CA's with keyCertSign" },
    [RULE_ROOT_KEY] = { has_fit_key,
                        "a kind or size of key that is not believed" },
    [RULE_ROOT_DATES] = { is_in_force, "not in force" },
    [RULE_ROOT_LEARNING] = { is_not_learning, "nobody vouches for what comes "
                                              "with a root that is learnt" },
    [RULE_ROOT_PROTECTED] = { is_protected, "outside the protection, and not "
                                            "in a TLS session with a server "
                                            "that --tls-root vouches for" },
    [RULE_ROOT_SIGNER_STATUS] = { is_status_known, "whether the signer is "
                                                   "revoked is not known" },
    [RULE_ROOT_NUMBER] = { has_room, "more roots than a station keeps" },
};

bool client_root_is_welcome(const struct root_scene *scene,
                            const struct root_facts *root, struct fault *f)
{
    const struct root_judged in = { scene, root };
    struct rule_range range = rules_of(STEP_ANSWER_ROOT);

    for (size_t i = range.first; i < range.end; i++) {
        const struct rule *rule = rule_get((enum rule_id)i);

        if (checks[i].holds(&in))
            continue;
        fault_clause(f, rule->err, rule->clause, "in %s: %s; try: %s",
                     root_place_name(root->place), checks[i].found, rule->cure);
        if (f != NULL)
            snprintf(f->rule, sizeof(f->rule), "%s", rule->id);
        return false;
    }
    return true;
}
