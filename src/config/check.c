#include <stdlib.h>

#include "config/internal.h"

/* A setting of one entry, and where to point when it was not given. */
struct spot {
    const struct node *node;
    struct config_mark at;
};

static struct spot spot_find(const struct node *entry, const char *key)
{
    const struct node *n = node_find(entry, key);

    return (struct spot){ n, n == NULL ? entry->at : n->at };
}

static const struct node *entries_of(const struct node *root, const char *key)
{
    const struct node *list = node_find(root, key);

    return list == NULL || list->kind != NODE_LIST ? NULL : list->first;
}

static int by_claim(const void *a, const void *b)
{
    const struct claim *x = a, *y = b;
    int order = strcmp(x->scope, y->scope);

    if (order == 0)
        order = strcmp(x->value, y->value);
    if (order == 0)
        order = (x->at.line > y->at.line) - (x->at.line < y->at.line);
    if (order == 0)
        order = (x->at.column > y->at.column) - (x->at.column < y->at.column);
    return order;
}

static void complain_twice(struct reading *r, const struct claim *first,
                           const struct claim *again)
{
    struct shown value = show(again->value);

    if (strcmp(again->scope, "anchors") == 0)
        complain(r->errors, again->at,
                 "anchors: \"%s\" is one already, at line %u; an anchor tells "
                 "whose a station is and stands in one vendor only",
                 value.text, first->at.line);
    else if (strcmp(again->scope, "path") == 0)
        complain(r->errors, again->at,
                 "path \"%s\" is served already, see line %u", value.text,
                 first->at.line);
    else
        complain(r->errors, again->at,
                 "name: \"%s\" is in %s twice, first at line %u", value.text,
                 again->scope, first->at.line);
}

static void check_claims(struct reading *r)
{
    struct claim *items = r->claims.items;
    size_t i, first = 0;

    if (r->claims.num == 0)
        return;
    qsort(items, r->claims.num, sizeof(items[0]), by_claim);
    for (i = 1; i < r->claims.num; i++) {
        if (strcmp(items[i].scope, items[first].scope) == 0 &&
            strcmp(items[i].value, items[first].value) == 0)
            complain_twice(r, &items[first], &items[i]);
        else
            first = i;
    }
}

/* A TLS key lives with its listener; a key of the CA does not. */
static void check_listen(struct reading *r, const struct config *c,
                         const struct node *root)
{
    const struct node *entry = entries_of(root, "listen");
    size_t i, k;

    for (i = 0; i < c->num_listen; i++, entry = entry->next) {
        const struct config_listen *l = &c->listen[i];

        for (k = 0; k < i && l->port != 0 && l->address != NULL; k++)
            if (c->listen[k].port == l->port && c->listen[k].address != NULL &&
                strcmp(c->listen[k].address, l->address) == 0)
                complain(r->errors, entry->at,
                         "address %s and port %u are listened on already, see "
                         "line %u",
                         l->address, l->port, c->listen[k].at.line);
        for (k = 0; k < c->num_keys && l->tls.key != NULL; k++)
            if (c->keys[k].file != NULL &&
                strcmp(c->keys[k].file, l->tls.key) == 0)
                complain(r->errors,
                         spot_find(node_find(entry, "tls"), "key").at,
                         "key: a key of the CA cannot serve TLS, see line %u",
                         c->keys[k].at.line);
    }
}

static void check_cas(struct reading *r, struct config *c,
                      const struct node *root)
{
    const struct node *entry = entries_of(root, "cas"), *crl;
    size_t i;

    for (i = 0; i < c->num_cas; i++, entry = entry->next) {
        struct config_crl *own = &c->cas[i].crl;

        crl = node_find(entry, "crl");
        if (crl == NULL)
            crl = entry;
        if (own->path == NULL && c->cas[i].name != NULL) {
            own->path = arena_printf(r->arena, "/crl/%s.crl", c->cas[i].name);
            if (own->path == NULL)
                complain_no_mem(r->errors);
            else
                claim(r, "path", own->path, crl->at);
        }
        if (own->validity_s > 0 && own->renew_before_s >= own->validity_s)
            complain(r->errors, spot_find(crl, "renew_before").at,
                     "renew_before: is not less than the CRL's validity");
    }
}

/* Which revocation policy a vendor has that names none; a name of its own. */
static void check_vendors(struct reading *r, struct config *c,
                          const struct node *root)
{
    const struct node *entry = entries_of(root, "vendors");
    size_t i;

    for (i = 0; i < c->num_vendors; i++, entry = entry->next) {
        const char *name = c->vendors[i].name;

        if (node_find(entry, "revocation") == NULL)
            c->vendors[i].revocation = c->vendors[i].crls.num > 0
                                           ? CONFIG_REVOCATION_REFUSE
                                           : CONFIG_REVOCATION_ADMIT;
        if (name != NULL && strcmp(name, "secret") == 0)
            complain(r->errors, spot_find(entry, "name").at,
                     "name: \"secret\" is kept for stations that enrol by a "
                     "shared secret");
        if (name != NULL && strcmp(name, "peer-ca") == 0)
            complain(r->errors, spot_find(entry, "name").at,
                     "name: \"peer-ca\" is kept for the CAs of peer_cas");
    }
}

/* A profile that names no vendor takes them all. */
static void take_all_vendors(struct reading *r, struct config *c,
                             struct config_vendors *out)
{
    size_t i;

    if (c->num_vendors == 0)
        return;
    out->items = reading_alloc(r, c->num_vendors, sizeof(void *));
    if (out->items == NULL)
        return;
    out->num = c->num_vendors;
    for (i = 0; i < out->num; i++)
        out->items[i] = &c->vendors[i];
}

/* Another RA that trusts the same file: whose a certificate is, its path does
 * not tell then. NULL: none. */
static const struct config_ra *find_rival(const struct config *c,
                                          const struct config_ra *ra)
{
    for (size_t i = 0; i < c->num_ras; i++)
        for (size_t k = 0; k < c->ras[i].anchors.num; k++)
            for (size_t m = 0; m < ra->anchors.num; m++)
                if (&c->ras[i] != ra && c->ras[i].anchors.items[k] != NULL &&
                    ra->anchors.items[m] != NULL &&
                    strcmp(c->ras[i].anchors.items[k], ra->anchors.items[m]) ==
                        0)
                    return &c->ras[i];
    return NULL;
}

static void check_ras(struct reading *r, struct config *c,
                      const struct node *root)
{
    const struct node *entry = entries_of(root, "ras");
    const struct config_ra *rival;

    for (size_t i = 0; i < c->num_ras; i++, entry = entry->next) {
        struct config_ra *ra = &c->ras[i];

        if (node_find(entry, "revocation") == NULL)
            ra->revocation = ra->crls.num > 0 ? CONFIG_REVOCATION_REFUSE
                                              : CONFIG_REVOCATION_ADMIT;
        if (node_find(entry, "vendors") == NULL)
            take_all_vendors(r, c, &ra->vendors);
        if (!ra->needs_cmc_ra && ra->certificates.num == 0)
            complain(r->errors, spot_find(entry, "needs_cmc_ra").at,
                     "needs_cmc_ra: false needs certificates, else anybody "
                     "below the anchors is an RA");
        rival = find_rival(c, ra);
        if (rival != NULL && ra->certificates.num == 0)
            complain(r->errors, spot_find(entry, "anchors").at,
                     "anchors: one is that of the RA at line %u too; name the "
                     "certificates of both",
                     rival->at.line);
    }
}

/* What some types do not take need not wait there. */
static void check_also_waiting(struct reading *r,
                               const struct config_profile *p,
                               const struct node *entry)
{
    const struct {
        const char *key, *body;
        bool is_set;
    } rows[] = {
        { "approval_of_general", "genm", p->approval_of_general },
        { "approval_of_revocations", "rr", p->approval_of_revocations },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct config_mark at;

        if (!rows[i].is_set)
            continue;
        at = spot_find(entry, rows[i].key).at;
        if (p->approval == CONFIG_APPROVAL_NONE)
            complain(r->errors, at, "%s: needs approval: operator",
                     rows[i].key);
        if (p->type == CONFIG_PROFILE_3GPP_BS)
            complain(r->errors, at,
                     "%s: type 3gpp-bs takes no %s (TS 33.310, 9.5.1)",
                     rows[i].key, rows[i].body);
    }
}

/* TS 33.310, 9.5, has base stations alone; of 2010 no more is known. */
static void check_heard(struct reading *r, const struct config_profile *p,
                        const struct node *entry)
{
    if (p->ras.num == 0 || p->type == CONFIG_PROFILE_RFC9483 ||
        p->type == CONFIG_PROFILE_OPEN)
        return;
    complain(r->errors, spot_find(entry, "ras").at,
             "ras: type %s hears base stations alone; rfc9483 and open hear "
             "registration authorities too",
             config_profile_type_name(p->type));
}

/* RFC 9483 leaves cross-certification out, and so do the others. */
static void check_certified(struct reading *r, const struct config_profile *p,
                            const struct node *entry)
{
    if (p->peer_cas.num == 0 || p->type == CONFIG_PROFILE_OPEN)
        return;
    complain(r->errors, spot_find(entry, "peer_cas").at,
             "peer_cas: type %s certifies stations alone; open takes ccr too",
             config_profile_type_name(p->type));
}

/* TS 33.310, 9.5.4.2, has keys that base stations make; what carries a private
 * key is not of 2010. */
static void check_key_generator(struct reading *r,
                                const struct config_profile *p,
                                const struct node *entry)
{
    if (p->key_generator == NULL || p->type == CONFIG_PROFILE_RFC9483 ||
        p->type == CONFIG_PROFILE_OPEN)
        return;
    complain(r->errors, spot_find(entry, "key_generator").at,
             "key_generator: stations of type %s make their keys themselves; "
             "rfc9483 and open can have them made",
             config_profile_type_name(p->type));
}

/* RFC 9483, 4.2 has every rr signed. */
static void check_passphrases(struct reading *r, const struct config *c,
                              const struct config_profile *p,
                              const struct node *entry)
{
    const char *why = NULL;

    if (!p->revocation_passphrases)
        return;
    if (p->type != CONFIG_PROFILE_OPEN)
        why = "type open alone takes them";
    else if (p->general.encryption_key == NULL)
        why = "they are encrypted to general.encryption_key, and that is not "
              "set";
    else if (c->secrets.key_file == NULL)
        why = "they are sealed under secrets.key_file, and that is not set";
    if (why != NULL)
        complain(r->errors, spot_find(entry, "revocation_passphrases").at,
                 "revocation_passphrases: %s", why);
}

/* Whether a pattern gives each station a name of its own. */
static const char *ambiguity(const struct config_profile *p, bool has_serial,
                             bool has_vendor)
{
    if (!has_serial)
        return "{serial}";
    return has_vendor || p->vendors.num < 2 ? NULL : "{vendor}";
}

static void complain_ambiguous(struct reading *r, const struct node *entry,
                               const char *key, const char *lacks)
{
    complain(r->errors, spot_find(entry, key).at,
             "%s: lacks %s, without which two stations would have one name",
             key, lacks);
}

static void check_patterns(struct reading *r, const struct config_profile *p,
                           const struct node *entry)
{
    bool has_serial = false, has_vendor = false;
    const char *lacks;
    size_t i;

    for (i = 0; i < p->subject.num; i++) {
        has_serial |= strstr(p->subject.items[i].value, "{serial}") != NULL;
        has_vendor |= strstr(p->subject.items[i].value, "{vendor}") != NULL;
    }
    lacks = ambiguity(p, has_serial, has_vendor);
    if (p->subject.num > 0 && lacks != NULL)
        complain_ambiguous(r, entry, "subject", lacks);
    if (p->dns == NULL)
        return;
    lacks = ambiguity(p, strstr(p->dns, "{serial}") != NULL,
                      strstr(p->dns, "{vendor}") != NULL);
    if (lacks != NULL)
        complain_ambiguous(r, entry, "dns", lacks);
}

/* extraCerts lies outside the protection of the message. */
static void check_roots(struct reading *r, const struct config *c,
                        const struct config_profile *p,
                        const struct node *entry)
{
    const struct node *roots = node_find(entry, "roots");

    if (p->roots.extra_certs.num == 0 || p->roots.extra_certs_over_http)
        return;
    for (size_t i = 0; i < c->num_listen; i++) {
        if (c->listen[i].has_tls)
            continue;
        complain(r->errors, spot_find(roots, "extra_certs").at,
                 "extra_certs: anybody on the way can change extraCerts, and "
                 "line %u listens without TLS; put the roots into ca_pubs, "
                 "listen with TLS alone, or set extra_certs_over_http "
                 "(TS 33.310, 9.5.4.3)",
                 c->listen[i].at.line);
        return;
    }
}

static void check_peer_cas(struct config *c, const struct node *root)
{
    const struct node *entry = entries_of(root, "peer_cas");

    for (size_t i = 0; i < c->num_peer_cas; i++, entry = entry->next)
        if (node_find(entry, "revocation") == NULL)
            c->peer_cas[i].revocation = c->peer_cas[i].crls.num > 0
                                            ? CONFIG_REVOCATION_REFUSE
                                            : CONFIG_REVOCATION_ADMIT;
}

static void check_profiles(struct reading *r, struct config *c,
                           const struct node *root)
{
    const struct node *entry = entries_of(root, "profiles");
    unsigned first = 0;
    size_t i;

    for (i = 0; i < c->num_profiles; i++, entry = entry->next) {
        struct config_profile *p = &c->profiles[i];

        if (p->is_default && first != 0)
            complain(r->errors, spot_find(entry, "default").at,
                     "default: another profile is that already, see line %u",
                     first);
        if (p->is_default && first == 0)
            first = spot_find(entry, "default").at.line;
        if (node_find(entry, "vendors") == NULL)
            take_all_vendors(r, c, &p->vendors);
        if (p->implicit_confirm && p->type == CONFIG_PROFILE_3GPP_BS)
            complain(r->errors, spot_find(entry, "implicit_confirm").at,
                     "implicit_confirm: type 3gpp-bs confirms explicitly "
                     "(TS 33.310, 9.5.4.5)");
        if (p->approval_of_updates && p->approval == CONFIG_APPROVAL_NONE)
            complain(r->errors, spot_find(entry, "approval_of_updates").at,
                     "approval_of_updates: needs approval: operator");
        check_also_waiting(r, p, entry);
        check_heard(r, p, entry);
        check_certified(r, p, entry);
        check_key_generator(r, p, entry);
        check_passphrases(r, c, p, entry);
        check_patterns(r, p, entry);
        check_roots(r, c, p, entry);
    }
}

/* By name: the program looks again at what is there. */
static void check_recorder(struct reading *r, const struct config *c,
                           const struct node *root)
{
    const struct node *entry = node_find(root, "recorder");

    if (c->recorder.file != NULL &&
        strcmp(c->recorder.file, c->store.file) == 0)
        complain(r->errors, spot_find(entry, "file").at,
                 "recorder: file: this is store.file; the recorder needs a "
                 "file of its own");
}

void config_check(struct reading *r, struct config *c, const struct node *root)
{
    check_recorder(r, c, root);
    check_listen(r, c, root);
    check_cas(r, c, root);
    check_vendors(r, c, root);
    check_ras(r, c, root);
    check_peer_cas(c, root);
    check_profiles(r, c, root);
    check_claims(r);
}
