/*
 * What is remembered of transactions: the messages that a later one has to fit,
 * by transactionID. Bounded by number and by bytes; the one that was added to
 * longest ago goes first.
 */
#include <stdlib.h>

#include "inspect/internal.h"

/* Stations that enrol at the same time, each with half a dozen messages and
 * certificates of which the largest that a decoder takes would be four. */
#define MAX_EXCHANGES 4096
#define MAX_KEPT_LEN ((size_t)24 * 1024 * 1024)
#define NUM_BUCKETS 4096

/* The transaction in which a requester was given a certificate last. */
struct brought {
    uint8_t requester[32]; /* SHA-256 of its certificate */
    uint8_t id[LIMIT_ID_LEN];
    size_t id_len; /* 0: none */
};

struct exchanges {
    struct exchange *buckets[NUM_BUCKETS];
    struct exchange *oldest, *newest;
    size_t num;
    size_t kept_len; /* of all kept */
    /* Of the last answers, by their first octets. */
    struct kept_nonce answers[NUM_BUCKETS];
    struct brought brought[NUM_BUCKETS];
};

enum err exchanges_new(struct exchanges **out, struct fault *f)
{
    *out = calloc(1, sizeof(**out));
    return *out != NULL ? ERR_OK : fault_set(f, ERR_NO_MEM, "transactions");
}

/* --- kept --- */

static void put_kept(struct exchanges *all, struct kept *k)
{
    if (k == NULL || --k->refs > 0)
        return;
    all->kept_len -= k->len;
    free(k);
}

static struct kept *get_kept(struct kept *k)
{
    k->refs++;
    return k;
}

static void set_kept(struct exchanges *all, struct kept **slot, struct kept *k)
{
    put_kept(all, *slot);
    *slot = k == NULL ? NULL : get_kept(k);
}

/* One reference, the caller's. */
static struct kept *new_kept(struct exchanges *all, const struct linted *in,
                             struct span bytes)
{
    struct kept *k = malloc(sizeof(*k) + bytes.len);

    if (k == NULL)
        return NULL;
    *k = (struct kept){ .refs = 1,
                        .number = in->seen->number,
                        .type = in->msg->body.type,
                        .at = in->seen->at,
                        .len = bytes.len };
    memcpy(k->bytes, bytes.ptr, bytes.len);
    all->kept_len += bytes.len;
    return k;
}

/* --- nonces --- */

size_t exchange_nonce_find(const struct exchange *x, struct span nonce)
{
    for (size_t i = 0; nonce.len >= NONCE_LEN && i < EXCHANGE_NONCES; i++)
        if (x->nonces[i].number != 0 &&
            memcmp(x->nonces[i].octets, nonce.ptr, NONCE_LEN) == 0)
            return x->nonces[i].number;
    return 0;
}

void exchanges_note_repeat(struct exchanges *all, struct exchange *x,
                           struct span der, size_t number)
{
    x->repeated = number;
    if (x->first != NULL &&
        span_is_equal(span_of(x->first->bytes, x->first->len), der))
        set_kept(all, &x->request, x->first);
}

/* Nonces are random. */
static size_t place_of(struct span nonce)
{
    return (nonce.ptr[0] | (size_t)nonce.ptr[1] << 8) % NUM_BUCKETS;
}

size_t exchanges_nonce_find(const struct exchanges *all, struct span nonce)
{
    const struct kept_nonce *k;

    if (nonce.len < NONCE_LEN)
        return 0;
    k = &all->answers[place_of(nonce)];
    return memcmp(k->octets, nonce.ptr, NONCE_LEN) == 0 ? k->number : 0;
}

static void keep_nonce(struct exchanges *all, struct exchange *x,
                       const struct linted *in)
{
    struct span nonce = in->msg->header.sender_nonce;
    struct kept_nonce k = { .number = in->seen->number };

    if (nonce.len < NONCE_LEN)
        return;
    memcpy(k.octets, nonce.ptr, NONCE_LEN);
    x->nonces[x->num_nonces++ % EXCHANGE_NONCES] = k;
    if (in->way == WAY_ANSWER)
        all->answers[place_of(nonce)] = k;
}

/* --- exchanges --- */

static struct exchange **bucket_of(struct exchanges *all, struct span id)
{
    uint32_t h = 2166136261u; /* FNV-1a */

    for (size_t i = 0; i < id.len; i++)
        h = (h ^ id.ptr[i]) * 16777619u;
    return &all->buckets[h % NUM_BUCKETS];
}

static bool is_of(const struct exchange *x, struct span id)
{
    return span_is_equal(span_of(x->id, x->id_len), id);
}

struct exchange *exchanges_find(struct exchanges *all, struct span id)
{
    for (struct exchange *x = *bucket_of(all, id); x != NULL; x = x->next)
        if (is_of(x, id))
            return x;
    return NULL;
}

/* --- certificates that nobody confirmed --- */

static struct brought *brought_at(struct exchanges *all, struct span requester,
                                  uint8_t hash[32])
{
    hash_sha256_pair(requester, SPAN_NONE, hash);
    return &all->brought[(hash[0] | (size_t)hash[1] << 8) % NUM_BUCKETS];
}

static void keep_brought(struct exchanges *all, const struct exchange *x)
{
    struct brought made = { .id_len = x->id_len };
    struct brought *slot;

    if (x->signer == NULL || x->state != FACT_UNCONFIRMED)
        return;
    slot = brought_at(all, span_of(x->signer->bytes, x->signer->len),
                      made.requester);
    memcpy(made.id, x->id, x->id_len);
    *slot = made;
}

size_t exchanges_unconfirmed(struct exchanges *all, struct span requester)
{
    uint8_t hash[32];
    const struct brought *slot = brought_at(all, requester, hash);
    const struct exchange *x;

    if (slot->id_len == 0 || memcmp(slot->requester, hash, sizeof(hash)) != 0)
        return 0;
    x = exchanges_find(all, span_of(slot->id, slot->id_len));
    return x != NULL && x->state == FACT_UNCONFIRMED && x->granted != NULL
               ? x->granted->number
               : 0;
}

static void forget_messages(struct exchanges *all, struct exchange *x)
{
    set_kept(all, &x->first, NULL);
    set_kept(all, &x->request, NULL);
    set_kept(all, &x->answer, NULL);
    set_kept(all, &x->refusal, NULL);
    set_kept(all, &x->granted, NULL);
    set_kept(all, &x->waiting, NULL);
    set_kept(all, &x->signer, NULL);
    set_kept(all, &x->answerer, NULL);
    x->state = FACT_NO_TRANSACTION;
    x->num_messages = 0;
}

static void unlink_age(struct exchanges *all, struct exchange *x)
{
    *(x->older != NULL ? &x->older->newer : &all->oldest) = x->newer;
    *(x->newer != NULL ? &x->newer->older : &all->newest) = x->older;
    x->older = x->newer = NULL;
}

static void link_newest(struct exchanges *all, struct exchange *x)
{
    x->older = all->newest;
    *(x->older != NULL ? &x->older->newer : &all->oldest) = x;
    all->newest = x;
}

static void drop(struct exchanges *all, struct exchange *x)
{
    struct exchange **at = bucket_of(all, span_of(x->id, x->id_len));

    while (*at != x)
        at = &(*at)->next;
    *at = x->next;
    unlink_age(all, x);
    forget_messages(all, x);
    free(x);
    all->num--;
}

void exchanges_free(struct exchanges *all)
{
    if (all == NULL)
        return;
    while (all->oldest != NULL)
        drop(all, all->oldest);
    free(all);
}

static struct exchange *add(struct exchanges *all, struct span id)
{
    struct exchange **bucket = bucket_of(all, id);
    struct exchange *x = calloc(1, sizeof(*x));

    if (x == NULL)
        return NULL;
    memcpy(x->id, id.ptr, id.len);
    x->id_len = id.len;
    x->next = *bucket;
    *bucket = x;
    link_newest(all, x);
    all->num++;
    return x;
}

/* --- what follows of a message --- */

static bool is_first(const struct linted *in)
{
    return in->way == WAY_REQUEST &&
           (BODY_BIT(in->msg->body.type) & FIRSTS) != 0;
}

static bool grants_implicitly(const struct cmp_message *msg)
{
    return info_find(&msg->header.general_info, OID_ID_IT_IMPLICIT_CONFIRM) !=
           NULL;
}

bool lint_has_certificate(const struct cert_response *r)
{
    return !span_is_absent(r->certificate) ||
           !span_is_absent(r->encrypted_cert);
}

/* A first message that is refused begins nothing; what waited, or was
 * challenged, is refused for good. */
static enum fact_transaction after_responses(const struct cmp_message *msg,
                                             enum fact_transaction before)
{
    const struct cert_rep_message *rep = &msg->body.cert_rep;
    enum fact_transaction state =
        before == FACT_WAITING || before == FACT_CHALLENGED
            ? FACT_REJECTED
            : FACT_NO_TRANSACTION;

    for (size_t i = 0; i < rep->num_responses; i++) {
        if (rep->responses[i].status.status == STATUS_WAITING)
            return FACT_WAITING;
        if (lint_has_certificate(&rep->responses[i]))
            state = grants_implicitly(msg) ? FACT_CONFIRMED : FACT_UNCONFIRMED;
    }
    return state;
}

/* certConf without a CertStatus that accepts takes none of them. */
static bool is_rejection(const struct cmp_message *msg)
{
    const struct cert_conf *conf = &msg->body.cert_conf;

    if (msg->body.type != CMP_CERT_CONF)
        return true;
    for (size_t i = 0; i < conf->num; i++)
        if (!conf->list[i].has_status_info ||
            conf->list[i].status_info.status == STATUS_ACCEPTED)
            return false;
    return true;
}

/* An error refuses what it answers: that is a first message, or one that
 * leaves the transaction as it was. */
static enum fact_transaction after_error(const struct linted *in,
                                         enum fact_transaction state)
{
    if (in->msg->body.error.status.status == STATUS_WAITING)
        return FACT_WAITING;
    return state == FACT_WAITING ? FACT_NO_TRANSACTION : state;
}

static enum fact_transaction state_after(const struct linted *in,
                                         enum fact_transaction state)
{
    switch (in->msg->body.type) {
    case CMP_IP:
    case CMP_CP:
    case CMP_KUP:
    case CMP_CCP:
        return after_responses(in->msg, state);
    case CMP_POPDECC:
        return FACT_CHALLENGED;
    case CMP_POLL_REP:
        return FACT_WAITING;
    case CMP_RP:
    case CMP_GENP:
    case CMP_KRP:
        return FACT_ENDED;
    case CMP_PKICONF:
        if (in->before.request == NULL)
            return FACT_CONFIRMED;
        return is_rejection(in->before.request) ? FACT_REJECTED
                                                : FACT_CONFIRMED;
    case CMP_ERROR:
        return after_error(in, state);
    case CMP_IR:
    case CMP_CR:
    case CMP_P10CR:
    case CMP_POPDECR:
    case CMP_KUR:
    case CMP_KRR:
    case CMP_RR:
    case CMP_CCR:
    case CMP_CKUANN:
    case CMP_CANN:
    case CMP_RANN:
    case CMP_CRLANN:
    case CMP_NESTED:
    case CMP_GENM:
    case CMP_CERT_CONF:
    case CMP_POLL_REQ:
    case CMP_BODY_NUM:
        break;
    }
    return state;
}

static void keep_answer(struct exchanges *all, const struct linted *in,
                        struct exchange *x, struct kept *k)
{
    x->state = state_after(in, x->state);
    set_kept(all,
             in->msg->body.type == CMP_ERROR && x->state != FACT_WAITING
                 ? &x->refusal
                 : &x->answer,
             k);
    if ((BODY_BIT(in->msg->body.type) & CERT_ANSWERS) != 0 &&
        x->state != FACT_WAITING)
        set_kept(all, &x->granted, k);
    if (x->state == FACT_WAITING && in->msg->body.type != CMP_POLL_REP)
        set_kept(all, &x->waiting, k);
    keep_brought(all, x);
}

static void keep_request(struct exchanges *all, const struct linted *in,
                         struct exchange *x, struct kept *k)
{
    if (is_first(in)) {
        forget_messages(all, x);
        set_kept(all, &x->first, k);
    }
    set_kept(all, &x->request, k);
}

/* The certificate that it was signed with; NULL: not known, or no memory. It
 * may lie in what is remembered, so this goes before anything is forgotten. */
static struct kept *copy_signer(struct exchanges *all, const struct linted *in)
{
    struct span der = in->protection.signer.der;

    if (in->protection.verifies != VERDICT_HOLDS || span_is_absent(der))
        return NULL;
    return new_kept(all, in, der);
}

static void keep_signer(struct exchanges *all, struct kept **slot,
                        struct kept *signer)
{
    if (signer == NULL)
        return;
    if (*slot == NULL)
        set_kept(all, slot, signer);
    put_kept(all, signer);
}

static void make_room(struct exchanges *all, const struct exchange *but)
{
    while ((all->num > MAX_EXCHANGES || all->kept_len > MAX_KEPT_LEN) &&
           all->oldest != NULL && all->oldest != but)
        drop(all, all->oldest);
}

enum err exchanges_keep(struct exchanges *all, const struct linted *in,
                        struct fault *f)
{
    struct span id = in->msg->header.transaction_id;
    struct kept *k, *signer;
    struct exchange *x;

    if (id.len == 0 || in->way == WAY_ANNOUNCEMENT ||
        in->msg->body.type == CMP_NESTED)
        return ERR_OK;
    x = exchanges_find(all, id);
    if (x == NULL)
        x = add(all, id);
    k = x == NULL ? NULL : new_kept(all, in, in->msg->der);
    if (k == NULL)
        return fault_set(f, ERR_NO_MEM, "transactions");
    signer = copy_signer(all, in);
    if (in->way == WAY_REQUEST)
        keep_request(all, in, x, k);
    else
        keep_answer(all, in, x, k);
    put_kept(all, k);
    keep_nonce(all, x, in);
    x->num_messages++;
    unlink_age(all, x);
    link_newest(all, x);
    keep_signer(all, in->way == WAY_REQUEST ? &x->signer : &x->answerer,
                signer);
    make_room(all, x);
    return ERR_OK;
}
