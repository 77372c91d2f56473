/*
 * Roots that come with an answer besides the operator's: which of them the
 * rules of txn/client_roots.h let in.
 */
#include "client/internal.h"

bool is_self_signed(struct station *s, const struct x509_cert *cert)
{
    return x509_is_self_issued(cert) &&
           sig_verify(s->cx, &cert->spki, &cert->sig_alg, cert->tbs,
                      cert->signature, NULL) == ERR_OK;
}

struct picking {
    struct station *s;
    const struct checked *found;
    struct root_scene scene;
    struct added_list *out;
};

/* The operator's own, which RFC 9483, 4.1 forbids to take from caPubs, or one
 * that is kept already: nothing to speak of. */
static bool is_known(const struct picking *p, struct span der)
{
    if (span_is_equal(der, p->found->root))
        return true;
    for (size_t i = 0; i < p->s->roots.num; i++)
        if (span_is_equal(der, p->s->roots.list[i]))
            return true;
    for (size_t i = 0; i < p->out->num; i++)
        if (span_is_equal(der, p->out->list[i].der))
            return true;
    return false;
}

static enum err tell_left(const struct picking *p, const struct x509_cert *cert,
                          const struct fault *why, struct fault *f)
{
    const char *name =
        cert == NULL ? "?" : name_format(cert->subject, p->s->scratch);
    const char *text =
        arena_printf(p->s->scratch, "root %s is left aside: %s: %s",
                     name == NULL ? "?" : name, why->clause, why->text);

    if (text == NULL)
        return fault_set(f, ERR_NO_MEM, "roots");
    station_report(p->s,
                   &(struct client_event){ .type = EVENT_NOTED, .text = text });
    return ERR_OK;
}

static enum err consider(struct picking *p, struct span der,
                         enum root_place place, struct fault *f)
{
    struct x509_cert cert;
    struct root_facts root = { .place = place, .num_kept = p->out->num };
    struct fault why = { 0 };

    if (is_known(p, der))
        return ERR_OK;
    if (x509_read(der, p->s->scratch, &cert) == ERR_OK)
        root.cert = &cert;
    /* extraCerts hold all sorts; only what claims to be a root is one. */
    if (place == ROOT_IN_EXTRA_CERTS &&
        (root.cert == NULL || !x509_is_self_issued(&cert)))
        return ERR_OK;
    if (root.cert != NULL) {
        root.is_self_signed = is_self_signed(p->s, &cert);
        root.key_is_fit = pubkey_check(p->s->cx, &cert.spki, NULL) == ERR_OK;
    }
    if (!client_root_is_welcome(&p->scene, &root, &why))
        return tell_left(p, root.cert, &why, f);
    p->out->list[p->out->num++] = (struct added_root){
        .der = der, .place = place, .is_tls = p->scene.is_tls
    };
    return ERR_OK;
}

/* A renewal takes nothing away: what is not sent again stays. */
static enum err take_held(struct station *s, struct added_list *out,
                          struct fault *f)
{
    struct pair pair;

    if (s->pending.machine.request != CMP_KUR)
        return ERR_OK;
    TRY(pair_load(s->dir, s->scratch, &pair, f));
    *out = pair.added;
    return ERR_OK;
}

static bool is_issuer_of_all(const struct checked *found)
{
    for (size_t i = 0; i < CLIENT_MAX_ASKED; i++)
        if (found->facts.certs[i].cert != NULL &&
            !span_is_equal(found->facts.certs[i].issuer, found->signer.der))
            return false;
    return true;
}

enum err roots_pick(struct station *s, const struct cmp_message *reply,
                    const struct checked *found, bool is_tls,
                    struct added_list *out, struct fault *f)
{
    const struct cert_rep_message *rep = &reply->body.cert_rep;
    const char *status = s->settings->unknown_status;
    struct added_list added = { .num = 0 };
    struct picking p = {
        .s = s,
        .found = found,
        .scene = { .mode = s->settings->trust,
                   .has_root = found->had_root,
                   .is_tls = is_tls,
                   .is_mac = s->pending.machine.is_mac,
                   .signer_is_good = found->signer_is_good,
                   .signer_is_issuer = is_issuer_of_all(found),
                   .status_is_waived =
                       status != NULL && strcmp(status, "accept") == 0,
                   .now = station_now(s) },
        .out = &added,
    };

    TRY(take_held(s, &added, f));
    for (size_t i = 0; rep->has_ca_pubs && i < rep->num_ca_pubs; i++)
        TRY(consider(&p, rep->ca_pubs[i], ROOT_IN_CA_PUBS, f));
    for (size_t i = 0; i < reply->num_extra_certs; i++)
        TRY(consider(&p, reply->extra_certs[i], ROOT_IN_EXTRA_CERTS, f));
    *out = added;
    return ERR_OK;
}
