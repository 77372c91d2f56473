#include "asn1/cmp_internal.h"

/* How the content of a body is read and written. */
struct content_kind {
    enum err (*read)(struct der *in, struct arena *a, struct pki_body *b);
    void (*put)(struct der_writer *w, const struct pki_body *b);
};

static enum err read_cert_req(struct der *in, struct arena *a,
                              struct pki_body *b)
{
    return cert_req_msgs_read(in, a, &b->cert_req);
}

static void put_cert_req(struct der_writer *w, const struct pki_body *b)
{
    cert_req_msgs_put(w, &b->cert_req);
}

static enum err read_cert_rep(struct der *in, struct arena *a,
                              struct pki_body *b)
{
    return cert_rep_read(in, a, &b->cert_rep);
}

static void put_cert_rep(struct der_writer *w, const struct pki_body *b)
{
    cert_rep_put(w, &b->cert_rep);
}

static enum err read_cert_conf(struct der *in, struct arena *a,
                               struct pki_body *b)
{
    return cert_conf_read(in, a, &b->cert_conf);
}

static void put_cert_conf(struct der_writer *w, const struct pki_body *b)
{
    cert_conf_put(w, &b->cert_conf);
}

static enum err read_error(struct der *in, struct arena *a, struct pki_body *b)
{
    return error_msg_read(in, a, &b->error);
}

static void put_error(struct der_writer *w, const struct pki_body *b)
{
    error_msg_put(w, &b->error);
}

static enum err read_null(struct der *in, struct arena *a, struct pki_body *b)
{
    (void)a;
    (void)b;
    return der_null(in);
}

static void put_null(struct der_writer *w, const struct pki_body *b)
{
    (void)b;
    der_put_null(w);
}

/* One element, not read further. */
static enum err read_other(struct der *in, struct arena *a, struct pki_body *b)
{
    struct span element;
    unsigned tag;

    (void)a;
    (void)b;
    return der_any(in, &tag, &element);
}

static void put_other(struct der_writer *w, const struct pki_body *b)
{
    der_put_raw(w, b->content);
}

static const struct content_kind cert_req = { read_cert_req, put_cert_req };
static const struct content_kind cert_rep = { read_cert_rep, put_cert_rep };
static const struct content_kind cert_conf = { read_cert_conf, put_cert_conf };
static const struct content_kind error_msg = { read_error, put_error };
static const struct content_kind null = { read_null, put_null };
static const struct content_kind other = { read_other, put_other };

/* PKIBody ::= CHOICE { ... }: the tag is explicit and is the body's number. */
static const struct {
    const char *name;
    const struct content_kind *content;
} bodies[CMP_BODY_NUM] = {
    [CMP_IR] = { "ir", &cert_req },
    [CMP_IP] = { "ip", &cert_rep },
    [CMP_CR] = { "cr", &cert_req },
    [CMP_CP] = { "cp", &cert_rep },
    [CMP_P10CR] = { "p10cr", &other },
    [CMP_POPDECC] = { "popdecc", &other },
    [CMP_POPDECR] = { "popdecr", &other },
    [CMP_KUR] = { "kur", &cert_req },
    [CMP_KUP] = { "kup", &cert_rep },
    [CMP_KRR] = { "krr", &cert_req },
    [CMP_KRP] = { "krp", &other },
    [CMP_RR] = { "rr", &other },
    [CMP_RP] = { "rp", &other },
    [CMP_CCR] = { "ccr", &cert_req },
    [CMP_CCP] = { "ccp", &cert_rep },
    [CMP_CKUANN] = { "ckuann", &other },
    [CMP_CANN] = { "cann", &other },
    [CMP_RANN] = { "rann", &other },
    [CMP_CRLANN] = { "crlann", &other },
    [CMP_PKICONF] = { "pkiconf", &null },
    [CMP_NESTED] = { "nested", &other },
    [CMP_GENM] = { "genm", &other },
    [CMP_GENP] = { "genp", &other },
    [CMP_ERROR] = { "error", &error_msg },
    [CMP_CERT_CONF] = { "certConf", &cert_conf },
    [CMP_POLL_REQ] = { "pollReq", &other },
    [CMP_POLL_REP] = { "pollRep", &other },
};

const char *cmp_body_name(enum cmp_body_type type)
{
    return bodies[type].name;
}

enum err cmp_body_read(struct der *in, struct arena *a, struct pki_body *out)
{
    struct pki_body b = { 0 };
    struct der tagged, again = *in;
    unsigned tag = der_next_tag(in);

    if (tag < DER_CTX(0) || tag >= DER_CTX(CMP_BODY_NUM))
        return der_refuse(in, ERR_BAD_DER);
    b.type = (enum cmp_body_type)(tag - DER_CTX(0));
    TRY(enter_whole(in, tag, &tagged, &b.der));
    TRY(der_content(&again, tag, &b.content));
    TRY(der_at(in, bodies[b.type].name,
               bodies[b.type].content->read(&tagged, a, &b)));
    TRY(der_end(&tagged));
    *out = b;
    return ERR_OK;
}

void body_put(struct der_writer *w, const struct pki_body *b)
{
    size_t mark = der_mark(w);

    bodies[b->type].content->put(w, b);
    der_put_header(w, DER_CTX((unsigned)b->type), mark);
}
