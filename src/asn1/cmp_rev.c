#include "asn1/cmp_internal.h"

/*
 * RevDetails ::= SEQUENCE {
 *     certDetails      CertTemplate,
 *     crlEntryDetails  Extensions OPTIONAL }
 */
static enum err rev_details_read(struct der *in, struct arena *a,
                                 struct rev_details *out)
{
    struct rev_details d = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "certDetails",
               cert_template_read(&seq, a, &d.cert_details)));
    d.has_crl_entry_details = der_has_more(&seq);
    if (d.has_crl_entry_details)
        TRY(der_at(&seq, "crlEntryDetails",
                   extensions_read(&seq, a, &d.crl_entry_details)));
    TRY(der_end(&seq));
    *out = d;
    return ERR_OK;
}

static void rev_details_put(struct der_writer *w, const struct rev_details *d)
{
    size_t mark = der_mark(w);

    if (d->has_crl_entry_details) {
        extensions_put_content(w, &d->crl_entry_details);
        der_put_header(w, DER_SEQUENCE, mark);
    }
    cert_template_put(w, &d->cert_details);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* RevReqContent ::= SEQUENCE OF RevDetails */
enum err rev_req_read(struct der *in, struct arena *a, struct rev_req *out)
{
    struct list_room room = { 0 };
    struct rev_details *list;

    TRY(list_enter(in, LIMIT_REV_DETAILS, sizeof(*list), a, &room));
    list = room.things;
    for (size_t i = 0; i < room.num; i++)
        TRY(der_nth(&room.seq, i, rev_details_read(&room.seq, a, &list[i])));
    *out = (struct rev_req){ list, room.num };
    return ERR_OK;
}

void rev_req_put(struct der_writer *w, const struct rev_req *req)
{
    size_t mark = der_mark(w);

    for (size_t i = req->num; i > 0; i--)
        rev_details_put(w, &req->list[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
}

static enum err statuses_read(struct der *in, struct arena *a,
                              struct rev_rep *rep)
{
    struct list_room room = { 0 };
    struct pki_status_info *list;

    TRY(list_enter_some(in, LIMIT_REV_DETAILS, sizeof(*list), a, &room));
    list = room.things;
    for (size_t i = 0; i < room.num; i++)
        TRY(der_nth(&room.seq, i, status_info_read(&room.seq, a, &list[i])));
    rep->statuses = list;
    rep->num_statuses = room.num;
    return ERR_OK;
}

/* revCerts [0] SEQUENCE SIZE (1..MAX) OF CertId */
static enum err rev_certs_read(struct der *in, struct arena *a,
                               struct rev_rep *rep)
{
    struct list_room room = { 0 };
    struct cert_id *list;
    struct der tagged;

    TRY(der_enter(in, DER_CTX(0), &tagged));
    TRY(list_enter_some(&tagged, LIMIT_REV_DETAILS, sizeof(*list), a, &room));
    TRY(der_end(&tagged));
    list = room.things;
    for (size_t i = 0; i < room.num; i++)
        TRY(der_nth(&room.seq, i, cert_id_read(&room.seq, &list[i])));
    rep->rev_certs = list;
    rep->num_rev_certs = room.num;
    return ERR_OK;
}

/* crls [1] SEQUENCE SIZE (1..MAX) OF CertificateList */
static enum err rev_crls_read(struct der *in, struct arena *a,
                              struct span_list *out)
{
    struct der tagged;
    struct span_list crls;

    TRY(der_enter(in, DER_CTX(1), &tagged));
    TRY(wholes_read_some(&tagged, LIMIT_CRLS, a, &crls));
    TRY(der_end(&tagged));
    *out = crls;
    return ERR_OK;
}

/*
 * RevRepContent ::= SEQUENCE {
 *     status       SEQUENCE SIZE (1..MAX) OF PKIStatusInfo,
 *     revCerts [0] SEQUENCE SIZE (1..MAX) OF CertId          OPTIONAL,
 *     crls     [1] SEQUENCE SIZE (1..MAX) OF CertificateList OPTIONAL }
 */
enum err rev_rep_read(struct der *in, struct arena *a, struct rev_rep *out)
{
    struct rev_rep rep = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "status", statuses_read(&seq, a, &rep)));
    if (der_next_is(&seq, DER_CTX(0)))
        TRY(der_at(&seq, "revCerts", rev_certs_read(&seq, a, &rep)));
    if (der_next_is(&seq, DER_CTX(1)))
        TRY(der_at(&seq, "crls", rev_crls_read(&seq, a, &rep.crls)));
    TRY(der_end(&seq));
    *out = rep;
    return ERR_OK;
}

static void rev_certs_put(struct der_writer *w, const struct rev_rep *rep)
{
    size_t mark = der_mark(w);

    for (size_t i = rep->num_rev_certs; i > 0; i--)
        cert_id_put(w, &rep->rev_certs[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
    der_put_header(w, DER_CTX(0), mark);
}

void rev_rep_put(struct der_writer *w, const struct rev_rep *rep)
{
    size_t whole = der_mark(w);
    size_t mark;

    if (rep->crls.num > 0) {
        wholes_put(w, &rep->crls);
        der_put_header(w, DER_CTX(1), whole);
    }
    if (rep->num_rev_certs > 0)
        rev_certs_put(w, rep);
    mark = der_mark(w);
    for (size_t i = rep->num_statuses; i > 0; i--)
        status_info_put(w, &rep->statuses[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
    der_put_header(w, DER_SEQUENCE, whole);
}
