#include "support/cmp_vectors.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/limits.h"

#define SIGNED CMP_VECTOR_SIGNED, true
#define MACED CMP_VECTOR_MAC, false

const struct cmp_vector cmp_vectors[] = {
    { "ir", CMP_IR, SIGNED },
    { "ip", CMP_IP, SIGNED },
    { "certConf", CMP_CERT_CONF, SIGNED },
    { "pkiconf", CMP_PKICONF, SIGNED },
    { "ir-full", CMP_IR, SIGNED },
    { "ip-implicit", CMP_IP, SIGNED },
    { "kur", CMP_KUR, SIGNED },
    { "kup", CMP_KUP, SIGNED },
    { "kur-certConf", CMP_CERT_CONF, SIGNED },
    { "kup-pkiconf", CMP_PKICONF, SIGNED },
    { "cr", CMP_CR, SIGNED },
    { "cp", CMP_CP, SIGNED },
    { "cr-certConf", CMP_CERT_CONF, SIGNED },
    { "cp-pkiconf", CMP_PKICONF, SIGNED },
    { "ir-mac", CMP_IR, MACED },
    { "ip-mac", CMP_IP, MACED },
    { "mac-certConf", CMP_CERT_CONF, MACED },
    { "mac-pkiconf", CMP_PKICONF, MACED },
    { "ir-ra-verified", CMP_IR, SIGNED },
    { "ip-ra-verified", CMP_IP, SIGNED },
    { "ir-no-popo", CMP_IR, SIGNED },
    { "ip-no-popo", CMP_IP, SIGNED },
    { "ir-rejected", CMP_IR, SIGNED },
    { "ip-rejected", CMP_IP, SIGNED },
    { "kur-unknown", CMP_KUR, SIGNED },
    { "error-details", CMP_ERROR, SIGNED },
    { "kur-refused", CMP_KUR, SIGNED },
    { "error", CMP_ERROR, SIGNED },
    { "ir-polled", CMP_IR, SIGNED },
    { "ip-waiting", CMP_IP, SIGNED },
    { "pollReq", CMP_POLL_REQ, SIGNED },
    { "pollRep", CMP_POLL_REP, SIGNED },
    { "pollReq2", CMP_POLL_REQ, SIGNED },
    { "ip-polled", CMP_IP, SIGNED },
    { "polled-certConf", CMP_CERT_CONF, SIGNED },
    { "polled-pkiconf", CMP_PKICONF, SIGNED },
    { "rr", CMP_RR, SIGNED },
    { "rp", CMP_RP, SIGNED },
    { "genm", CMP_GENM, SIGNED },
    { "genp", CMP_GENP, SIGNED },
    { "p10cr", CMP_P10CR, SIGNED },
    { "p10cr-cp", CMP_CP, SIGNED },
    { "p10cr-certConf", CMP_CERT_CONF, SIGNED },
    { "p10cr-pkiconf", CMP_PKICONF, SIGNED },
};
const size_t num_cmp_vectors = sizeof(cmp_vectors) / sizeof(cmp_vectors[0]);

struct span cmp_vector_load(const struct cmp_vector *v, struct arena *a)
{
    char path[1024];
    uint8_t *bytes = arena_alloc(a, LIMIT_MESSAGE_LEN);
    size_t len;
    FILE *file;

    snprintf(path, sizeof(path), "%s/cmp/%s.der", VECTORS, v->name);
    file = fopen(path, "rb");
    if (file == NULL || bytes == NULL) {
        perror(path);
        abort();
    }
    len = fread(bytes, 1, LIMIT_MESSAGE_LEN, file);
    fclose(file);
    return span_of(bytes, len);
}

struct spans {
    struct span *list;
    size_t num;
    size_t max;
};

static void add(struct spans *s, struct span span)
{
    if (span_is_absent(span))
        return;
    assert(s->num < s->max);
    s->list[s->num++] = span;
}

static void add_extensions(struct spans *s, const struct extensions *x)
{
    for (size_t i = 0; i < x->num; i++)
        add(s, x->list[i].value);
}

static void add_template(struct spans *s, const struct cert_template *t)
{
    add(s, t->signing_alg.params);
    add(s, t->public_key.alg.params);
    add_extensions(s, &t->extensions);
}

static void add_request(struct spans *s, const struct cert_req_msg *msg)
{
    add_template(s, &msg->cert_req.cert_template);
    for (size_t i = 0; i < msg->cert_req.num_controls; i++)
        add(s, msg->cert_req.controls[i].value);
    for (size_t i = 0; i < msg->num_reg_info; i++)
        add(s, msg->reg_info[i].value);
    add(s, msg->popo.alg.params);
    add(s, msg->popo.priv);
}

static void add_response(struct spans *s, const struct cert_response *r)
{
    add(s, r->certificate);
    add(s, r->encrypted_cert);
    add(s, r->private_key);
    add(s, r->publication_info);
}

static void add_infos(struct spans *s, const struct info_list *infos)
{
    for (size_t i = 0; i < infos->num; i++)
        add(s, infos->list[i].value);
}

static void add_p10(struct spans *s, const struct p10_request *req)
{
    add(s, req->spki.alg.params);
    add(s, req->sig_alg.params);
    for (size_t i = 0; i < req->num_attributes; i++) {
        if (req->attributes[i].id != OID_PKCS_9_AT_EXTENSION_REQUEST)
            add(s, req->attributes[i].values);
    }
    add_extensions(s, &req->extensions);
}

static void add_rev_req(struct spans *s, const struct rev_req *req)
{
    for (size_t i = 0; i < req->num; i++) {
        add_template(s, &req->list[i].cert_details);
        add_extensions(s, &req->list[i].crl_entry_details);
    }
}

static void add_body(struct spans *s, const struct pki_body *b)
{
    switch (b->type) {
    case CMP_IR:
    case CMP_CR:
    case CMP_KUR:
    case CMP_KRR:
    case CMP_CCR:
        for (size_t i = 0; i < b->cert_req.num; i++)
            add_request(s, &b->cert_req.list[i]);
        return;
    case CMP_IP:
    case CMP_CP:
    case CMP_KUP:
    case CMP_CCP:
        for (size_t i = 0; i < b->cert_rep.num_ca_pubs; i++)
            add(s, b->cert_rep.ca_pubs[i]);
        for (size_t i = 0; i < b->cert_rep.num_responses; i++)
            add_response(s, &b->cert_rep.responses[i]);
        return;
    case CMP_CERT_CONF:
        for (size_t i = 0; i < b->cert_conf.num; i++)
            add(s, b->cert_conf.list[i].hash_alg.params);
        return;
    case CMP_GENM:
    case CMP_GENP:
        add_infos(s, &b->general);
        return;
    case CMP_P10CR:
        add_p10(s, &b->p10);
        return;
    case CMP_RR:
        add_rev_req(s, &b->rev_req);
        return;
    case CMP_RP:
        for (size_t i = 0; i < b->rev_rep.crls.num; i++)
            add(s, b->rev_rep.crls.list[i]);
        return;
    case CMP_PKICONF:
    case CMP_ERROR:
    case CMP_POLL_REQ:
    case CMP_POLL_REP:
    case CMP_POPDECR:
        return;
    /* No vector has these. */
    case CMP_POPDECC:
    case CMP_KRP:
    case CMP_CKUANN:
    case CMP_CANN:
    case CMP_RANN:
    case CMP_CRLANN:
    case CMP_NESTED:
    case CMP_BODY_NUM:
        add(s, b->der);
    }
}

size_t cmp_opaque_spans(const struct cmp_message *msg, struct span *out,
                        size_t max)
{
    struct spans s = { out, 0, max };

    add(&s, msg->header.protection_alg.params);
    add_infos(&s, &msg->header.general_info);
    add_body(&s, &msg->body);
    for (size_t i = 0; i < msg->num_extra_certs; i++)
        add(&s, msg->extra_certs[i]);
    return s.num;
}

bool cmp_is_opaque(const struct span *spans, size_t num, const uint8_t *at)
{
    for (size_t i = 0; i < num; i++) {
        if (at >= spans[i].ptr && at < spans[i].ptr + spans[i].len)
            return true;
    }
    return false;
}
