#include "service/peers.h"

/* As RFC 5280, 4.2.1.10, has it: no blank, no wildcard, no dot before it. */
static bool is_dns_name(const char *text)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
                                  "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-.";
    size_t len = strlen(text);

    return len > 0 && strspn(text, letters) == len && text[0] != '.' &&
           text[len - 1] != '.' && strstr(text, "..") == NULL;
}

static enum err load_permitted(const struct config_peer_ca *config,
                               struct arena *a, struct ca_peer_limits *limits,
                               struct fault *f)
{
    const struct config_texts *texts = &config->permitted_dns;
    struct general_name *names = arena_array(a, texts->num, sizeof(*names));

    if (names == NULL)
        return fault_set(f, ERR_NO_MEM, "peer_cas");
    for (size_t i = 0; i < texts->num; i++) {
        if (!is_dns_name(texts->items[i]))
            return fault_clause(f, ERR_CONFIG, "RFC 5280, 4.2.1.10",
                                "peer_cas %s: permitted_dns: %s is no DNS name",
                                config->name, texts->items[i]);
        names[i] = (struct general_name){ .type = GN_DNS,
                                          .value = span_str(texts->items[i]) };
    }
    limits->permitted = names;
    limits->num_permitted = texts->num;
    return ERR_OK;
}

static enum err load_peer(const struct config_peer_ca *config, struct arena *a,
                          struct peer_ca *out, struct fault *f)
{
    out->config = config;
    out->limits.path_len = config->path_len;
    out->limits.validity = config->validity_s;
    if (name_parse(config->subject, a, &out->subject, f) != ERR_OK)
        return fault_prefix(f, ERR_CONFIG, "peer_cas %s: subject",
                            config->name);
    return load_permitted(config, a, &out->limits, f);
}

enum err peers_load(const struct config *config, struct arena *a,
                    struct peer_ca **out, struct fault *f)
{
    struct peer_ca *peers =
        arena_array(a, config->num_peer_cas, sizeof(*peers));

    if (peers == NULL)
        return fault_set(f, ERR_NO_MEM, "peer_cas");
    for (size_t i = 0; i < config->num_peer_cas; i++)
        TRY(load_peer(&config->peer_cas[i], a, &peers[i], f));
    *out = peers;
    return ERR_OK;
}

/* The CAs that issue here, and those above them. */
static bool is_ours(const struct authority *au, struct span subject,
                    struct arena *a)
{
    for (size_t i = 0; i < au->num_issuers; i++) {
        const struct issuer *issuer = &au->issuers[i];

        if (name_is_equal(ca_subject(issuer->ca), subject))
            return true;
        for (size_t k = 0; k < issuer->num_chain; k++) {
            struct x509_cert above;

            if (x509_read(issuer->chain[k], a, &above) == ERR_OK &&
                name_is_equal(above.subject, subject))
                return true;
        }
    }
    return false;
}

enum err peers_check(const struct authority *au, const struct path_profile *p,
                     struct fault *f)
{
    for (size_t i = 0; i < p->config->peer_cas.num; i++) {
        const struct peer_ca *peer =
            &au->peers[p->config->peer_cas.items[i] - au->config->peer_cas];

        if (ca_check_peer(p->issuer->ca, &peer->limits, f) != ERR_OK)
            return fault_prefix(f, ERR_CONFIG, "profiles %s: peer_cas %s",
                                p->config->name, peer->config->name);
        if (is_ours(au, peer->subject, au->arena))
            return fault_set(f, ERR_CONFIG,
                             "profiles %s: peer_cas %s has the name of a CA "
                             "of ours",
                             p->config->name, peer->config->name);
    }
    return ERR_OK;
}
