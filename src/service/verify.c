/*
 * Step 4: who signed this message, may they, and do they hold the new key?
 * (Who shares the secret of its MAC is verify_mac.c's.)
 * The cheap questions come first; OpenSSL's path validation last.
 */
#include "base/text.h"
#include "profile/signer.h"
#include "service/line.h"

/* A transactionID shared by more requesters than this is an attack. */
#define MAX_CANDIDATES 4

static enum err choose_signer(struct job *job)
{
    if (!signer_find(&job->msg, job->arena, &job->signer))
        return rule_break(&job->fault, RULE_SIGNER_IS_READABLE, "extraCerts[0]",
                          "not a certificate in DER");
    return ERR_OK;
}

static enum err check_signer_key(struct job *job)
{
    const struct spki *key = &job->signer.spki;

    if (signer_key_is_allowed(&job->profile->profile, key))
        return ERR_OK;
    return rule_break(&job->fault, RULE_SIGNER_KEY_IS_ALLOWED, "extraCerts",
                      "a %s key of %u bits", key_kind_name(key_kind_find(key)),
                      key_bits(key));
}

static enum err check_sender(struct job *job)
{
    if (!signer_kid_fits(&job->msg.header, &job->signer))
        return rule_break(&job->fault, RULE_SENDER_KID_IS_SIGNERS,
                          "header.senderKID", "another key's identifier");
    if (!signer_name_fits(&job->msg.header, &job->signer))
        job->facts.quirk_sender_mismatch = true;
    return ERR_OK;
}

enum err verify_find_part(struct job *job)
{
    job->part = cmp_protected_part(&job->msg, job->arena);
    if (span_is_absent(job->part))
        return fault_set(&job->fault, ERR_NO_MEM, "ProtectedPart");
    return ERR_OK;
}

static enum err check_signature(struct worker *w, struct job *job,
                                const struct x509_cert *signer)
{
    struct fault why = { 0 };
    enum err e;

    TRY(verify_find_part(job));
    /* Any: the profile's algorithms were asked of it before. */
    e = sig_verify_any(w->cx, &signer->spki, &job->msg.header.protection_alg,
                       job->part, job->msg.protection.bytes, &why);
    if (e == ERR_OK)
        return ERR_OK;
    if (e == ERR_BAD_ALG)
        return rule_break(&job->fault, RULE_PROTECTION_ALG_IS_ALLOWED,
                          "header.protectionAlg", "%s", why.text);
    return rule_break(&job->fault, RULE_PROTECTION_VERIFIES, "protection",
                      "a signature that does not verify");
}

/* One of our own certificates, byte for byte as the store has it? */
static enum err find_own(struct worker *w, struct job *job, bool *is_own)
{
    const struct issuer *issuer =
        authority_find_issuer(w->line->authority, job->signer.issuer);
    struct certificate_record *r = &job->old_record;
    enum err e;

    *is_own = false;
    if (issuer == NULL)
        return ERR_OK;
    e = store_find_certificate(w->session, span_str(issuer->config->name),
                               job->signer.serial, job->arena, r, &job->fault);
    if (e != ERR_OK && e != ERR_NOT_FOUND)
        return e;
    if (e == ERR_NOT_FOUND || !span_is_equal(r->der, job->signer.der)) {
        *r = (struct certificate_record){ 0 };
        return job->msg.body.type == CMP_KUR
                   ? rule_break(&job->fault, RULE_OLD_IS_OURS, "extraCerts",
                                "one under our name that we did not issue")
                   : ERR_OK;
    }
    *is_own = true;
    return ERR_OK;
}

void job_note(struct job *job, enum rule_id rule, enum verdict verdict,
              const char *path, const char *text)
{
    struct findings *findings = &job->findings;
    struct finding *finding;

    findings_judge(findings, rule, verdict);
    if (findings->num == sizeof(findings->list) / sizeof(findings->list[0])) {
        findings->dropped++;
        return;
    }
    finding = &findings->list[findings->num++];
    finding->rule = rule_get(rule);
    text_format(finding->found.path, sizeof(finding->found.path), "%s", path);
    text_format(finding->found.text, sizeof(finding->found.text), "%s", text);
}

static enum err check_revocation(struct job *job, const struct path *path,
                                 const struct config_vendor *vendor)
{
    switch (path->revocation) {
    case REVOCATION_GOOD:
        return ERR_OK;
    case REVOCATION_REVOKED:
        return rule_break(&job->fault, RULE_SIGNER_IS_NOT_REVOKED, "extraCerts",
                          path->revoked_depth == 0
                              ? "a revoked certificate as signer"
                              : "a revoked intermediate, %lld above the signer",
                          (long long)path->revoked_depth);
    case REVOCATION_UNKNOWN:
        break;
    }
    if (vendor->revocation == CONFIG_REVOCATION_REFUSE)
        return rule_break(&job->fault, RULE_REVOCATION_IS_KNOWN, "extraCerts",
                          "a path whose revocation cannot be told");
    findings_judge(&job->findings, RULE_REVOCATION_IS_KNOWN,
                   VERDICT_CANNOT_TELL);
    if (vendor->crls.num > 0)
        job_note(job, RULE_REVOCATION_IS_KNOWN, VERDICT_CANNOT_TELL,
                 "extraCerts", "not known");
    return ERR_OK;
}

enum err verify_revocation(struct job *job, const struct path *path,
                           enum config_revocation policy, const char *kind,
                           const char *name)
{
    switch (path->revocation) {
    case REVOCATION_GOOD:
        return ERR_OK;
    case REVOCATION_REVOKED:
        return rule_break(&job->fault, RULE_SIGNER_IS_NOT_REVOKED, "extraCerts",
                          "a revoked certificate of %s %s", kind, name);
    case REVOCATION_UNKNOWN:
        break;
    }
    if (policy == CONFIG_REVOCATION_ADMIT)
        return ERR_OK;
    return rule_break(&job->fault, RULE_REVOCATION_IS_KNOWN, "extraCerts",
                      "a path of %s %s whose revocation cannot be told", kind,
                      name);
}

/*
 * The vendors of a legacy profile alone are held to what it allows; all others,
 * there too, to what is allowed today.
 */
static enum err find_path(struct worker *w, struct job *job, struct path *out,
                          struct fault *why)
{
    const struct cmp_message *msg = &job->msg;
    struct fault legacy = { 0 };
    enum err e;

    if (job->profile->profile.type == PROFILE_LEGACY_2010 &&
        path_check(w->cx, job->epoch->legacy_trust, job->facts.now,
                   job->signer.der, msg->extra_certs, msg->num_extra_certs,
                   job->arena, out, &legacy) == ERR_OK)
        return ERR_OK;
    e = path_check(w->cx, job->epoch->trust, job->facts.now, job->signer.der,
                   msg->extra_certs, msg->num_extra_certs, job->arena, out,
                   why);
    return e == ERR_SIGNER_NOT_TRUSTED && legacy.err == e
               ? fault_prefix(why, e, "%s; and by today's rules", legacy.text)
               : e;
}

static enum err check_vendor_path(struct worker *w, struct job *job)
{
    const struct authority *au = w->line->authority;
    const struct config_vendor *vendor;
    struct fault why = { 0 };
    struct path path;
    enum err e;

    e = find_path(w, job, &path, &why);
    if (e == ERR_SIGNER_NOT_TRUSTED)
        return rule_break(&job->fault, RULE_SIGNER_HAS_PATH, "extraCerts", "%s",
                          why.text);
    if (e != ERR_OK) {
        job->fault = why;
        return e;
    }
    job->vendor = (size_t)path.owner;
    vendor = au->vendors[job->vendor].config;
    if (!profile_serves(job->profile->config, vendor))
        return rule_break(&job->fault, RULE_SIGNER_HAS_PATH, "extraCerts",
                          "a station of vendor %s, which this path does not "
                          "serve",
                          vendor->name);
    TRY(check_revocation(job, &path, vendor));
    job->facts.signer_kind = SIGNER_VENDOR;
    return ERR_OK;
}

enum err verify_find_vendor(struct worker *w, struct job *job, struct span name)
{
    const struct authority *au = w->line->authority;

    for (size_t i = 0; i < au->num_vendors; i++) {
        if (!span_is_equal(span_str(au->vendors[i].config->name), name))
            continue;
        job->vendor = i;
        return ERR_OK;
    }
    return rule_break(&job->fault, RULE_VENDOR_IS_CONFIGURED, "extraCerts",
                      "a station of vendor %.*s, which the configuration does "
                      "not have any more",
                      (int)name.len, (const char *)name.ptr);
}

/* The vendor entry of a station already known. */
static enum err find_vendor(struct worker *w, struct job *job,
                            int64_t station_id)
{
    TRY(store_find_station_by_id(w->session, station_id, job->arena,
                                 &job->station, &job->fault));
    return verify_find_vendor(w, job, job->station.vendor);
}

/* A rule that the vendor's entry may bend, by name. */
static enum err refuse_unless(struct job *job, bool is_forgiven,
                              enum rule_id rule, const char *path,
                              const char *text)
{
    if (!is_forgiven)
        return rule_break(&job->fault, rule, path, "%s", text);
    job_note(job, rule, VERDICT_BROKEN, path, text);
    return ERR_OK;
}

static enum err check_quirks(struct worker *w, struct job *job)
{
    uint32_t quirks =
        job->ra != NULL
            ? 0
            : w->line->authority->vendors[job->vendor].config->quirks;

    if (job->facts.quirk_sender_mismatch)
        TRY(refuse_unless(job, (quirks & CONFIG_QUIRK_SENDER_MISMATCH) != 0,
                          RULE_SENDER_IS_SIGNER, "header.sender",
                          "another name"));
    if (!x509_may(&job->signer, KU_DIGITAL_SIGNATURE))
        TRY(refuse_unless(
            job, (quirks & CONFIG_QUIRK_NO_DIGITAL_SIGNATURE) != 0,
            RULE_SIGNER_MAY_SIGN, "extraCerts", "a keyUsage without it"));
    return ERR_OK;
}

enum err verify_signer(struct worker *w, struct job *job)
{
    TRY(choose_signer(job));
    TRY(check_signer_key(job));
    TRY(check_sender(job));
    return check_signature(w, job, &job->signer);
}

/* One of our stations, an RA, or a vendor's station; of a ccr a CA. */
static enum err find_signer(struct worker *w, struct job *job)
{
    bool found;

    if (job->msg.body.type == CMP_CCR)
        return verify_peer(w, job);
    TRY(find_own(w, job, &found));
    if (found) {
        job->facts.signer_kind = SIGNER_OPERATOR;
        return find_vendor(w, job, job->old_record.station);
    }
    TRY(verify_find_ra(w, job, &found));
    return found ? ERR_OK : check_vendor_path(w, job);
}

static enum err verify_request(struct worker *w, struct job *job)
{
    TRY(verify_signer(w, job));
    TRY(find_signer(w, job));
    TRY(check_quirks(w, job));
    job->facts.signer = &job->signer;
    return hash_compute(w->cx, DIGEST_SHA256, job->signer.der, job->requester,
                        &job->fault);
}

enum err verify_list_transactions(struct worker *w, struct job *job,
                                  struct transaction_list *out)
{
    return store_list_transactions(w->session, job->msg.header.transaction_id,
                                   MAX_CANDIDATES, job->arena, out,
                                   &job->fault);
}

/*
 * A later message of a transaction: the credential of its request, which the
 * store has, so that none needs to be sent again (TS 33.310, 9.5.4.5).
 */
static enum err verify_continuation(struct worker *w, struct job *job,
                                    bool *is_known)
{
    struct transaction_list list;
    size_t num_by_mac = 0;
    struct x509_cert cert;

    *is_known = false;
    TRY(verify_list_transactions(w, job, &list));
    for (size_t i = 0; i < list.num && !*is_known; i++) {
        num_by_mac += is_begun_by_mac(&list.list[i]);
        if (x509_read(list.list[i].requester_cert, job->arena, &cert) !=
                ERR_OK ||
            !signer_is_named(&job->msg.header, &cert) ||
            check_signature(w, job, &cert) != ERR_OK)
            continue;
        job->signer = cert;
        job->transaction = list.list[i];
        memcpy(job->requester, list.list[i].requester.ptr,
               sizeof(job->requester));
        *is_known = true;
    }
    job->fault = (struct fault){ 0 };
    if (!*is_known && num_by_mac > 0 && num_by_mac == list.num)
        return rule_break(&job->fault, RULE_PROTECTION_KEEPS_KIND,
                          "header.protectionAlg",
                          "a signature, in a transaction begun with a MAC");
    if (!*is_known)
        return ERR_OK;
    job->facts.signer = &job->signer;
    TRY(check_sender(job));
    TRY(find_vendor(w, job, job->transaction.station));
    return check_quirks(w, job);
}

enum err verify_protection(struct worker *w, struct job *job)
{
    bool is_known;

    if (is_mac_protected(job))
        return verify_mac(w, job);
    if (job->flow->continues) {
        TRY(verify_continuation(w, job, &is_known));
        if (is_known)
            return ERR_OK;
        if (job->msg.num_extra_certs == 0)
            return rule_break(&job->fault, RULE_SIGNER_IS_KNOWN, "extraCerts",
                              "none, and no transaction of this signer");
    }
    return verify_request(w, job);
}

/* Who sent it: as the certificate says, or, under a secret, the header. */
static struct span sender_name(const struct job *job)
{
    const struct general_name *sender = &job->msg.header.sender;

    if (!is_mac_protected(job))
        return job->signer.subject;
    return sender->type == GN_DIRECTORY ? sender->value : SPAN_LIT("");
}

/* publicKeyMAC: who asks knows the secret, and means this key (RFC 4211,
 * 4.1). The rules let it in under a secret alone. */
static enum err check_public_key_mac(struct worker *w, struct job *job,
                                     struct ask *ask)
{
    const struct popo *popo = &ask->req->popo;
    struct fault why = { 0 };
    enum err e = mac_verify(w->cx, job->profile->profile.macs,
                            &popo->input_mac_alg, secret_span(job->secret_key),
                            popo->input_key.der, popo->input_mac, &why);

    if (e == ERR_OK)
        return ERR_OK;
    if (err_whose(e) != WHOSE_PEER) {
        ask->fault = why;
        return e;
    }
    return rule_break(&ask->fault, RULE_PUBLIC_KEY_MAC_VERIFIES,
                      "popo.poposkInput.authInfo.publicKeyMAC", "%s", why.text);
}

enum err verify_possession(struct worker *w, struct job *job, struct ask *ask)
{
    const struct cert_req_msg *req = ask->req;
    struct span bytes, sender = sender_name(job);
    struct fault why = { 0 };
    const struct spki *key;

    /* An rr: no key is to be certified; and one to be made is nobody's yet. */
    if (req == NULL || made_key_is_asked(job, ask))
        return ERR_OK;
    key = &req->cert_req.cert_template.public_key;
    if (pubkey_check(w->cx, key, &why) != ERR_OK)
        return rule_break(&ask->fault, RULE_NEW_KEY_IS_SOUND,
                          "certTemplate.publicKey", "%s", why.text);
    /* An RA that forwards cannot change it; it has seen to this (RFC 9483,
     * 5.2.3). */
    if (req->popo.has_input_sender && job->ra == NULL &&
        (req->popo.input_sender.type != GN_DIRECTORY ||
         !name_is_equal(req->popo.input_sender.value, sender)))
        return rule_break(&ask->fault, RULE_POPOSK_SENDER_IS_SIGNER,
                          "popo.poposkInput.authInfo.sender", "another name");
    if (req->popo.type == POPO_RA_VERIFIED)
        return verify_ra_verified(w, job, ask);
    if (pop_method_of(&req->popo) == POP_AGREE_MAC)
        return verify_agreement(w, job, ask);
    if (req->popo.type != POPO_SIGNATURE)
        return ERR_OK; /* a popdecr or the certConf is to tell */
    if (!span_is_absent(req->popo.input) && !req->popo.has_input_sender)
        TRY(check_public_key_mac(w, job, ask));
    bytes = popo_signed_bytes(req, job->arena);
    if (span_is_absent(bytes))
        return fault_set(&ask->fault, ERR_NO_MEM, "proof of possession");
    if (sig_verify_any(w->cx, key, &req->popo.alg, bytes, req->popo.signature,
                       NULL) != ERR_OK)
        return rule_break(&ask->fault, RULE_POP_VERIFIES, "popo.signature",
                          "one that does not verify");
    return ERR_OK;
}
