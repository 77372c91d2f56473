#include "asn1/cmp_internal.h"

/* keyPairHist [2] SEQUENCE SIZE (1..MAX) OF CertifiedKeyPair */
static enum err history_read(struct der *in, struct arena *a,
                             struct key_rec_rep *rep)
{
    struct certified_key_pair *list;
    struct list_room room = { 0 };
    struct der tagged;

    TRY(der_enter(in, DER_CTX(2), &tagged));
    TRY(list_enter_some(&tagged, LIMIT_KEY_PAIRS, sizeof(*list), a, &room));
    TRY(der_end(&tagged));
    list = room.things;
    for (size_t i = 0; i < room.num; i++)
        TRY(der_nth(&room.seq, i, key_pair_read(&room.seq, &list[i])));
    rep->key_pair_hist = list;
    rep->num_key_pair_hist = room.num;
    return ERR_OK;
}

static void history_put(struct der_writer *w, const struct key_rec_rep *rep)
{
    size_t mark = der_mark(w);

    for (size_t i = rep->num_key_pair_hist; i > 0; i--)
        key_pair_put(w, &rep->key_pair_hist[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
    der_put_header(w, DER_CTX(2), mark);
}

/*
 * KeyRecRepContent ::= SEQUENCE {
 *     status           PKIStatusInfo,
 *     newSigCert   [0] CMPCertificate OPTIONAL,
 *     caCerts      [1] SEQUENCE SIZE (1..MAX) OF CMPCertificate   OPTIONAL,
 *     keyPairHist  [2] SEQUENCE SIZE (1..MAX) OF CertifiedKeyPair OPTIONAL }
 */
enum err key_rec_rep_read(struct der *in, struct arena *a,
                          struct key_rec_rep *out)
{
    struct key_rec_rep rep = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "status", status_info_read(&seq, a, &rep.status)));
    if (der_next_is(&seq, DER_CTX(0)))
        TRY(der_at(&seq, "newSigCert",
                   tagged_whole_read(&seq, DER_CTX(0), &rep.new_sig_cert)));
    if (der_next_is(&seq, DER_CTX(1)))
        TRY(der_at(&seq, "caCerts",
                   certs_read(&seq, DER_CTX(1), a, &rep.ca_certs.list,
                              &rep.ca_certs.num)));
    if (der_next_is(&seq, DER_CTX(2)))
        TRY(der_at(&seq, "keyPairHist", history_read(&seq, a, &rep)));
    TRY(der_end(&seq));
    *out = rep;
    return ERR_OK;
}

void key_rec_rep_put(struct der_writer *w, const struct key_rec_rep *rep)
{
    size_t mark = der_mark(w);

    if (rep->num_key_pair_hist > 0)
        history_put(w, rep);
    if (rep->ca_certs.num > 0)
        certs_put(w, DER_CTX(1), rep->ca_certs.list, rep->ca_certs.num);
    tagged_raw_put(w, DER_CTX(0), rep->new_sig_cert);
    status_info_put(w, &rep->status);
    der_put_header(w, DER_SEQUENCE, mark);
}
