/*
 * Step 4 for agreeMAC: who asks holds the private half of a key that agrees, as
 * shown by a MAC that only he and we can make (RFC 6955, 6).
 */
#include "service/line.h"

#include "crypto/agree.h"

#define PATH "popo.keyAgreement.agreeMAC"

static bool is_on_its_curve(const struct offers *offers, const struct spki *key)
{
    return offers->encryption_key != NULL &&
           key_kind_find(key) == key_kind_find(&offers->encryption.spki);
}

enum err verify_agreement(struct worker *w, struct job *job, struct ask *ask)
{
    const struct offers *offers = &job->profile->offers;
    const struct cert_request *req = &ask->req->cert_req;
    const struct popo *popo = &ask->req->popo;
    AUTO(secret) shared = NULL;
    struct fault why = { 0 };
    struct span mac;
    enum err e;

    if (!is_on_its_curve(offers, &req->cert_template.public_key))
        return rule_break(&ask->fault, RULE_AGREE_MAC_VERIFIES, PATH,
                          "one, and no key here to agree with that one");
    e = keys_agree(w->line->authority->keys, w->cx, offers->encryption_key,
                   &req->cert_template.public_key,
                   job->received + w->line->request_deadline, &shared, &why);
    if (e == ERR_OK)
        e = agree_mac_make(w->cx, &popo->alg, shared, &offers->encryption,
                           req->der, job->arena, &mac, &why);
    if (e == ERR_BAD_ALG)
        return rule_break(&ask->fault, RULE_AGREE_MAC_VERIFIES, PATH, "%s",
                          why.text);
    if (e != ERR_OK) {
        job->fault = why;
        return e;
    }
    if (!secret_is_equal(mac, popo->signature))
        return rule_break(&ask->fault, RULE_AGREE_MAC_VERIFIES, PATH,
                          "one that does not verify");
    return ERR_OK;
}
