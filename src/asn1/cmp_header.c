#include "asn1/cmp_internal.h"

/* InfoTypeAndValue ::= SEQUENCE { infoType OID, infoValue ANY OPTIONAL } */
static enum err info_read(struct der *in, struct info_type_value *out)
{
    struct info_type_value info = { 0 };
    struct der seq;
    unsigned tag;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "infoType", der_oid(&seq, &info.oid)));
    if (der_has_more(&seq))
        TRY(der_at(&seq, "infoValue", der_any(&seq, &tag, &info.value)));
    TRY(der_end(&seq));
    info.id = oid_find(info.oid);
    *out = info;
    return ERR_OK;
}

static void info_put(struct der_writer *w, const struct info_type_value *info)
{
    size_t mark = der_mark(w);

    if (!span_is_absent(info->value))
        der_put_raw(w, info->value);
    der_put_oid(w, info->oid);
    der_put_header(w, DER_SEQUENCE, mark);
}

const struct info_type_value *info_find(const struct info_list *infos,
                                        enum oid id)
{
    for (size_t i = 0; i < infos->num; i++) {
        if (infos->list[i].id == id)
            return &infos->list[i];
    }
    return NULL;
}

static enum err infos_fill(struct list_room *room, struct info_list *out)
{
    struct info_type_value *infos = room->things;

    for (size_t i = 0; i < room->num; i++)
        TRY(der_nth(&room->seq, i, info_read(&room->seq, &infos[i])));
    *out = (struct info_list){ infos, room->num };
    return ERR_OK;
}

/* GenMsgContent, GenRepContent ::= SEQUENCE OF InfoTypeAndValue */
enum err info_list_read(struct der *in, struct arena *a, struct info_list *out)
{
    struct list_room room = { 0 };

    TRY(list_enter(in, LIMIT_GENERAL_INFO, sizeof(struct info_type_value), a,
                   &room));
    return infos_fill(&room, out);
}

void info_list_put(struct der_writer *w, const struct info_list *infos)
{
    size_t mark = der_mark(w);

    for (size_t i = infos->num; i > 0; i--)
        info_put(w, &infos->list[i - 1]);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* generalInfo [8] SEQUENCE SIZE (1..MAX) OF InfoTypeAndValue */
static enum err general_info_read(struct der *in, struct arena *a,
                                  struct info_list *out)
{
    struct list_room room = { 0 };
    struct der tagged;

    TRY(der_enter(in, DER_CTX(8), &tagged));
    TRY(list_enter_some(&tagged, LIMIT_GENERAL_INFO,
                        sizeof(struct info_type_value), a, &room));
    TRY(der_end(&tagged));
    return infos_fill(&room, out);
}

static void general_info_put(struct der_writer *w,
                             const struct info_list *infos)
{
    size_t mark = der_mark(w);

    info_list_put(w, infos);
    der_put_header(w, DER_CTX(8), mark);
}

static enum err message_time_read(struct der *in, int64_t *out)
{
    struct der tagged;
    int64_t seconds;

    TRY(der_enter(in, DER_CTX(0), &tagged));
    TRY(der_generalized_time_lenient(&tagged, &seconds));
    TRY(der_end(&tagged));
    *out = seconds;
    return ERR_OK;
}

static enum err protection_alg_read(struct der *in, struct alg_id *out)
{
    struct alg_id alg;
    struct der tagged;

    TRY(der_enter(in, DER_CTX(1), &tagged));
    TRY(alg_id_read(&tagged, &alg));
    TRY(der_end(&tagged));
    *out = alg;
    return ERR_OK;
}

static enum err free_text_read(struct der *in, struct arena *a,
                               struct text_list *out)
{
    struct text_list texts;
    struct der tagged;

    TRY(der_enter(in, DER_CTX(7), &tagged));
    TRY(text_list_read(&tagged, a, &texts));
    TRY(der_end(&tagged));
    *out = texts;
    return ERR_OK;
}

/* senderKID to recipNonce: OCTET STRINGs [2] to [6], all optional. */
static enum err ids_read(struct der *seq, struct pki_header *h)
{
    const struct {
        unsigned tag;
        const char *name;
        struct span *out;
    } ids[] = {
        { DER_CTX(2), "senderKID", &h->sender_kid },
        { DER_CTX(3), "recipKID", &h->recip_kid },
        { DER_CTX(4), "transactionID", &h->transaction_id },
        { DER_CTX(5), "senderNonce", &h->sender_nonce },
        { DER_CTX(6), "recipNonce", &h->recip_nonce },
    };

    for (size_t i = 0; i < sizeof(ids) / sizeof(ids[0]); i++)
        TRY(der_at(seq, ids[i].name,
                   octets_read_opt(seq, ids[i].tag, LIMIT_ID_LEN, ids[i].out)));
    return ERR_OK;
}

/*
 * PKIHeader ::= SEQUENCE {
 *     pvno              INTEGER,
 *     sender            GeneralName,
 *     recipient         GeneralName,
 *     messageTime   [0] GeneralizedTime     OPTIONAL,
 *     protectionAlg [1] AlgorithmIdentifier OPTIONAL,
 *     senderKID     [2] OCTET STRING        OPTIONAL,
 *     recipKID      [3] OCTET STRING        OPTIONAL,
 *     transactionID [4] OCTET STRING        OPTIONAL,
 *     senderNonce   [5] OCTET STRING        OPTIONAL,
 *     recipNonce    [6] OCTET STRING        OPTIONAL,
 *     freeText      [7] PKIFreeText         OPTIONAL,
 *     generalInfo   [8] SEQUENCE SIZE (1..MAX) OF InfoTypeAndValue OPTIONAL }
 */
enum err cmp_header_read(struct der *in, struct arena *a,
                         struct pki_header *out)
{
    struct pki_header h = { 0 };
    struct der seq;

    TRY(enter_whole(in, DER_SEQUENCE, &seq, &h.der));
    TRY(der_at(&seq, "pvno", der_int64(&seq, &h.pvno)));
    TRY(der_at(&seq, "sender", general_name_read(&seq, &h.sender)));
    TRY(der_at(&seq, "recipient", general_name_read(&seq, &h.recipient)));
    h.has_message_time = der_next_is(&seq, DER_CTX(0));
    if (h.has_message_time)
        TRY(der_at(&seq, "messageTime",
                   message_time_read(&seq, &h.message_time)));
    if (der_next_is(&seq, DER_CTX(1)))
        TRY(der_at(&seq, "protectionAlg",
                   protection_alg_read(&seq, &h.protection_alg)));
    TRY(ids_read(&seq, &h));
    if (der_next_is(&seq, DER_CTX(7)))
        TRY(der_at(&seq, "freeText", free_text_read(&seq, a, &h.free_text)));
    if (der_next_is(&seq, DER_CTX(8)))
        TRY(der_at(&seq, "generalInfo",
                   general_info_read(&seq, a, &h.general_info)));
    TRY(der_end(&seq));
    *out = h;
    return ERR_OK;
}

static void header_tail_put(struct der_writer *w, const struct pki_header *h)
{
    size_t mark;

    if (h->general_info.num > 0)
        general_info_put(w, &h->general_info);
    if (h->free_text.num > 0) {
        mark = der_mark(w);
        text_list_put(w, &h->free_text);
        der_put_header(w, DER_CTX(7), mark);
    }
    octets_put_opt(w, DER_CTX(6), h->recip_nonce);
    octets_put_opt(w, DER_CTX(5), h->sender_nonce);
    octets_put_opt(w, DER_CTX(4), h->transaction_id);
    octets_put_opt(w, DER_CTX(3), h->recip_kid);
    octets_put_opt(w, DER_CTX(2), h->sender_kid);
}

void header_put(struct der_writer *w, const struct pki_header *h)
{
    size_t whole = der_mark(w);
    size_t mark;

    header_tail_put(w, h);
    if (alg_is_there(&h->protection_alg)) {
        mark = der_mark(w);
        alg_put(w, &h->protection_alg);
        der_put_header(w, DER_CTX(1), mark);
    }
    if (h->has_message_time) {
        mark = der_mark(w);
        der_put_generalized_time(w, h->message_time);
        der_put_header(w, DER_CTX(0), mark);
    }
    general_name_put(w, &h->recipient);
    general_name_put(w, &h->sender);
    der_put_int64(w, DER_INTEGER, h->pvno);
    der_put_header(w, DER_SEQUENCE, whole);
}
