#include "asn1/cmp_internal.h"

/* How the content of a body is read and written. */
struct content_kind {
    enum err (*read)(struct der *in, struct arena *a, struct pki_body *b);
    void (*put)(struct der_writer *w, const struct pki_body *b);
};

/* A body that is the member of this name, with its reader and writer. */
#define CONTENT(member, reader, writer)                                      \
    static enum err read_##member(struct der *in, struct arena *a,           \
                                  struct pki_body *b)                        \
    {                                                                        \
        return reader(in, a, &b->member);                                    \
    }                                                                        \
                                                                             \
    static void put_##member(struct der_writer *w, const struct pki_body *b) \
    {                                                                        \
        writer(w, &b->member);                                               \
    }                                                                        \
                                                                             \
    static const struct content_kind member = { read_##member, put_##member };

CONTENT(cert_req, cert_req_msgs_read, cert_req_msgs_put)
CONTENT(cert_rep, cert_rep_read, cert_rep_put)
CONTENT(cert_conf, cert_conf_read, cert_conf_put)
CONTENT(error, error_msg_read, error_msg_put)
CONTENT(p10, p10_read, p10_put)
CONTENT(rev_req, rev_req_read, rev_req_put)
CONTENT(rev_rep, rev_rep_read, rev_rep_put)
CONTENT(general, info_list_read, info_list_put)
CONTENT(poll_req, poll_req_read, poll_req_put)
CONTENT(poll_rep, poll_rep_read, poll_rep_put)

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
    [CMP_P10CR] = { "p10cr", &p10 },
    [CMP_POPDECC] = { "popdecc", &other },
    [CMP_POPDECR] = { "popdecr", &other },
    [CMP_KUR] = { "kur", &cert_req },
    [CMP_KUP] = { "kup", &cert_rep },
    [CMP_KRR] = { "krr", &cert_req },
    [CMP_KRP] = { "krp", &other },
    [CMP_RR] = { "rr", &rev_req },
    [CMP_RP] = { "rp", &rev_rep },
    [CMP_CCR] = { "ccr", &cert_req },
    [CMP_CCP] = { "ccp", &cert_rep },
    [CMP_CKUANN] = { "ckuann", &other },
    [CMP_CANN] = { "cann", &other },
    [CMP_RANN] = { "rann", &other },
    [CMP_CRLANN] = { "crlann", &other },
    [CMP_PKICONF] = { "pkiconf", &null },
    [CMP_NESTED] = { "nested", &other },
    [CMP_GENM] = { "genm", &general },
    [CMP_GENP] = { "genp", &general },
    [CMP_ERROR] = { "error", &error },
    [CMP_CERT_CONF] = { "certConf", &cert_conf },
    [CMP_POLL_REQ] = { "pollReq", &poll_req },
    [CMP_POLL_REP] = { "pollRep", &poll_rep },
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
