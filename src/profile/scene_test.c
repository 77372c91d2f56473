#include "profile/scene_test.h"

#include <stdlib.h>

#include "base/limits.h"
#include "support/der_text.h"

#define P256 "06{ 2a8648ce3d030107 }"

struct span scene_name(struct scene *s, const char *text)
{
    struct span name;

    if (name_parse(text, s->arena, &name, NULL) != ERR_OK)
        abort();
    return name;
}

struct span scene_der(struct scene *s, const char *text)
{
    return der_text(text, s->arena);
}

void scene_ask_bytes(struct scene *s, enum oid id, struct span value)
{
    struct extensions *exts = &s->template->extensions;

    if (exts->num == SCENE_MAX_EXTENSIONS)
        abort();
    s->extensions[exts->num++] =
        (struct extension){ .oid = oid_span(id), .id = id, .value = value };
    exts->list = s->extensions;
    s->template->has_extensions = true;
}

void scene_ask(struct scene *s, enum oid id, const char *value)
{
    scene_ask_bytes(s, id, scene_der(s, value));
}

void scene_add_input(struct scene *s, struct span sender)
{
    s->template->subject = SPAN_NONE;
    s->popo->input = SPAN_LIT("\xa0\x00");
    s->popo->has_input_sender = true;
    s->popo->input_sender.type = GN_DIRECTORY;
    s->popo->input_sender.value = sender;
    s->popo->input_key = s->template->public_key;
}

void scene_add_old_cert_id(struct scene *s, struct span issuer,
                           struct span serial)
{
    struct cert_id id = { .issuer.type = GN_DIRECTORY,
                          .issuer.value = issuer,
                          .serial = serial };
    struct der_writer w;

    der_writer_init(&w, s->arena, 256);
    cert_id_put(&w, &id);
    if (der_finish(&w, &s->control.value) != ERR_OK)
        abort();
    s->control.id = OID_ID_REG_CTRL_OLD_CERT_ID;
    s->control.oid = oid_span(s->control.id);
    s->requests[0].cert_req.controls = &s->control;
    s->requests[0].cert_req.num_controls = 1;
}

/* A P-256 key whose point starts with this byte after the format's. */
static struct spki key_of(struct scene *s, uint8_t first)
{
    uint8_t *point = arena_alloc(s->arena, 65);

    if (point == NULL)
        abort();
    memset(point, 0x11, 65);
    point[0] = 4;
    point[1] = first;
    return (struct spki){ .alg = { .oid = oid_span(OID_ID_EC_PUBLIC_KEY),
                                   .id = OID_ID_EC_PUBLIC_KEY,
                                   .params = scene_der(s, P256) },
                          .key = span_of(point, 65) };
}

static void fill_profile(struct scene *s, enum profile_type type)
{
    profile_init(&s->profile, type);
    s->profile.name = "bs";
    s->profile.vendor_key_reuse = LENIENCE_WARN;
    s->profile.message_time_window = 600;
    s->profile.confirm_wait = 300;
}

static void fill_certificates(struct scene *s)
{
    s->signer.subject = scene_name(s, "CN=bs-1,O=Vendor");
    s->signer.issuer = scene_name(s, "CN=Vendor CA,O=Vendor");
    s->signer.serial = SPAN_LIT("\x17");
    s->signer.spki = key_of(s, 1);
    s->old.subject = scene_name(s, "CN=bs-1,O=Operator");
    s->old.issuer = scene_name(s, "CN=CA,O=Operator");
    s->old.serial = SPAN_LIT("\x2a");
    s->old.san = scene_der(s, "30{ 82{'bs-1.op.example'} }");
    s->old.spki = key_of(s, 2);
    s->old.not_before = SCENE_NOW - 1000;
    s->old.not_after = SCENE_NOW + 1000;
}

static void fill_header(struct scene *s)
{
    struct pki_header *h = &s->msg.header;

    h->pvno = 2;
    h->sender.type = h->recipient.type = GN_DIRECTORY;
    h->sender.value = s->signer.subject;
    h->recipient.value = SPAN_LIT("\x30\x00");
    h->has_message_time = true;
    h->message_time = SCENE_NOW - 5;
    alg_id_set(&h->protection_alg, OID_ECDSA_WITH_SHA256);
    h->transaction_id = SPAN_LIT("transaction-id-0");
    h->sender_nonce = SPAN_LIT("nonce-of-station");
    s->msg.protection.bytes = SPAN_LIT("signature");
    s->extra = SPAN_LIT("certificate");
    s->msg.extra_certs = &s->extra;
    s->msg.num_extra_certs = 1;
}

static void fill_request(struct scene *s)
{
    s->template = &s->requests[0].cert_req.cert_template;
    s->popo = &s->requests[0].popo;
    s->template->subject = s->old.subject;
    s->template->has_public_key = true;
    s->template->public_key = key_of(s, 3);
    s->popo->type = POPO_SIGNATURE;
    alg_id_set(&s->popo->alg, OID_ECDSA_WITH_SHA256);
    s->popo->signature = SPAN_LIT("signature");
    s->requests[1] = s->requests[0];
    s->msg.body.cert_req.list = s->requests;
    s->msg.body.cert_req.num = 1;
}

/* A PKCS #10 request: seen as a CertReqMsg that no list holds. */
static void fill_p10(struct scene *s)
{
    fill_request(s);
    s->requests[0].cert_req.cert_req_id = -1;
    s->msg.body.p10 = (struct p10_request){ .subject = s->template->subject };
}

const struct cert_req_msg *scene_request(const struct scene *s)
{
    enum cmp_body_type type = s->msg.body.type;

    if ((BODY_BIT(type) & (CRMF_REQUESTS | CCR)) != 0)
        return s->msg.body.cert_req.list;
    return type == CMP_P10CR ? s->requests : NULL;
}

static void fill_confirmation(struct scene *s)
{
    s->msg.header.recip_nonce = SPAN_LIT("nonce-of-our--ip");
    s->msg.num_extra_certs = 0;
    s->statuses[0].cert_hash = SPAN_LIT("hash");
    s->statuses[1] = s->statuses[0];
    s->msg.body.cert_conf.list = s->statuses;
    s->msg.body.cert_conf.num = 1;
    s->facts.transaction = FACT_UNCONFIRMED;
    s->facts.transaction_pvno = 2;
    s->facts.our_nonce = SPAN_LIT("nonce-of-our--ip");
    for (size_t i = 0; i < SCENE_NUM(s->issued); i++)
        s->issued[i] =
            (struct fact_issued){ (int64_t)i, true, SPAN_LIT("hash") };
    s->facts.issued = s->issued;
    s->facts.num_issued = 1;
}

static void fill_poll(struct scene *s)
{
    static const int64_t waiting[] = { 0, 7 };

    s->msg.header.recip_nonce = SPAN_LIT("nonce-of-our--ip");
    s->msg.num_extra_certs = 0;
    s->msg.body.poll_req = (struct poll_req){ s->polled, 1 };
    s->facts.our_nonce = SPAN_LIT("nonce-of-our--ip");
    s->facts.transaction = FACT_WAITING;
    s->facts.waiting_body = CMP_IR;
    s->facts.waiting = waiting;
    s->facts.num_waiting = sizeof(waiting) / sizeof(waiting[0]);
}

void scene_add_entry(struct scene *s, enum oid id, const char *value)
{
    struct extensions *exts = &s->revs[0].crl_entry_details;

    if (exts->num == SCENE_NUM(s->entry))
        abort();
    s->entry[exts->num++] = (struct extension){ .oid = oid_span(id),
                                                .id = id,
                                                .value = scene_der(s, value) };
    exts->list = s->entry;
    s->revs[0].has_crl_entry_details = true;
}

static void fill_revocation(struct scene *s)
{
    struct target *target = &s->facts.target;

    s->revs[0].cert_details.issuer = s->old.issuer;
    s->revs[0].cert_details.serial = s->old.serial;
    s->revs[1] = s->revs[0];
    s->msg.body.rev_req.list = s->revs;
    s->msg.body.rev_req.num = 1;
    target->is_under_us = target->is_known = true;
    target->is_stations = target->is_signer = true;
}

static void fill_facts(struct scene *s)
{
    struct facts *f = &s->facts;

    f->now = SCENE_NOW;
    f->ca_subject = s->old.issuer;
    f->signer_kind = SIGNER_VENDOR;
    f->signer = &s->signer;
    f->vendor = SPAN_LIT("acme");
    f->serial = SPAN_LIT("bs-1");
    f->is_allowed = true;
}

void scene_init(struct scene *s, enum profile_type type,
                enum cmp_body_type body)
{
    memset(s, 0, sizeof(*s));
    s->arena = arena_new(LIMIT_REQUEST_ARENA);
    if (s->arena == NULL)
        abort();
    fill_profile(s, type);
    fill_certificates(s);
    fill_header(s);
    fill_facts(s);
    s->msg.body.type = body;
    if (body == CMP_CERT_CONF || body == CMP_ERROR)
        fill_confirmation(s);
    else if (body == CMP_P10CR)
        fill_p10(s);
    else if (body == CMP_POLL_REQ)
        fill_poll(s);
    else if (body == CMP_RR)
        fill_revocation(s);
    else
        fill_request(s);
    if (body != CMP_KUR && body != CMP_RR)
        return;
    s->signer = s->old;
    s->msg.header.sender.value = s->old.subject;
    s->facts.signer_kind = SIGNER_OPERATOR;
    s->facts.signer = &s->old;
    if (body == CMP_KUR)
        s->facts.old = &s->old;
    s->facts.old_is_ours = s->facts.old_is_confirmed = true;
}

void scene_done(struct scene *s)
{
    arena_free(s->arena);
}

enum err scene_judge(const struct scene *s, struct findings *findings,
                     struct fault *f)
{
    static const enum rule_step steps[] = { STEP_HEADER, STEP_REQUEST,
                                            STEP_JUDGE_MESSAGE,
                                            STEP_JUDGE_REQUEST };
    struct judged in = { &s->msg, &s->profile, NULL, scene_request(s),
                         s->msg.body.type == CMP_RR ? s->revs : NULL };

    for (size_t i = 0; i < SCENE_NUM(steps); i++) {
        in.facts = steps[i] < STEP_JUDGE_MESSAGE ? NULL : &s->facts;
        TRY(rules_check(steps[i], &in, findings, f));
    }
    return ERR_OK;
}
