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
CONTENT(pop_challenges, pop_challenges_read, pop_challenges_put)
CONTENT(pop_answers, pop_answers_read, pop_answers_put)
CONTENT(key_rec_rep, key_rec_rep_read, key_rec_rep_put)
CONTENT(rev_ann, rev_ann_read, rev_ann_put)
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

static enum err key_update_read(struct der *in, struct arena *a,
                                struct ca_key_update *out)
{
    (void)a;
    return ca_key_update_read(in, out);
}

/* cann: one certificate. */
static enum err cert_ann_read(struct der *in, struct arena *a, struct span *out)
{
    (void)a;
    return der_element(in, DER_SEQUENCE, out);
}

static void cert_ann_put(struct der_writer *w, const struct span *cert)
{
    der_put_raw(w, *cert);
}

/* CRLAnnContent ::= SEQUENCE OF CertificateList */
static enum err crl_ann_read(struct der *in, struct arena *a,
                             struct span_list *out)
{
    return wholes_read(in, LIMIT_CRLS, a, out);
}

/* PKIMessages ::= SEQUENCE SIZE (1..MAX) OF PKIMessage */
static enum err nested_read(struct der *in, struct arena *a,
                            struct span_list *out)
{
    return wholes_read_some(in, LIMIT_NESTED_MESSAGES, a, out);
}

CONTENT(ca_key_update, key_update_read, ca_key_update_put)
CONTENT(cert_ann, cert_ann_read, cert_ann_put)
CONTENT(crl_ann, crl_ann_read, wholes_put)
CONTENT(nested, nested_read, wholes_put)

static const struct content_kind null = { read_null, put_null };

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
    [CMP_POPDECC] = { "popdecc", &pop_challenges },
    [CMP_POPDECR] = { "popdecr", &pop_answers },
    [CMP_KUR] = { "kur", &cert_req },
    [CMP_KUP] = { "kup", &cert_rep },
    [CMP_KRR] = { "krr", &cert_req },
    [CMP_KRP] = { "krp", &key_rec_rep },
    [CMP_RR] = { "rr", &rev_req },
    [CMP_RP] = { "rp", &rev_rep },
    [CMP_CCR] = { "ccr", &cert_req },
    [CMP_CCP] = { "ccp", &cert_rep },
    [CMP_CKUANN] = { "ckuann", &ca_key_update },
    [CMP_CANN] = { "cann", &cert_ann },
    [CMP_RANN] = { "rann", &rev_ann },
    [CMP_CRLANN] = { "crlann", &crl_ann },
    [CMP_PKICONF] = { "pkiconf", &null },
    [CMP_NESTED] = { "nested", &nested },
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
