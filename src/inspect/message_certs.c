#include "inspect/message_certs.h"

#include "base/limits.h"

static const struct cert_rep_message *answers_of(const struct cmp_message *msg)
{
    enum cmp_body_type type = msg->body.type;
    bool is_answer =
        type == CMP_IP || type == CMP_CP || type == CMP_KUP || type == CMP_CCP;

    return is_answer ? &msg->body.cert_rep : NULL;
}

/* Those that can be read. */
static size_t read_all(const struct span *ders, size_t num, struct arena *a,
                       struct x509_cert *out, bool *is_out_of_memory)
{
    size_t n = 0;

    for (size_t i = 0; i < num; i++) {
        enum err e = x509_read(ders[i], a, &out[n]);

        *is_out_of_memory |= e == ERR_NO_MEM;
        n += e == ERR_OK;
    }
    return n;
}

enum err message_certs_read(const struct cmp_message *msg, struct arena *a,
                            struct message_certs *out)
{
    const struct cert_rep_message *rep = answers_of(msg);
    size_t num_pubs = rep == NULL ? 0 : rep->num_ca_pubs;
    size_t num_fresh = rep == NULL ? 0 : rep->num_responses;
    struct message_certs c = { .num_fresh = num_fresh };
    struct x509_cert *list =
        arena_array(a, msg->num_extra_certs + num_pubs + 1, sizeof(*list));
    struct x509_cert *fresh = arena_array(a, num_fresh + 1, sizeof(*fresh));
    bool is_out_of_memory = false;

    if (list == NULL || fresh == NULL)
        return ERR_NO_MEM;
    c.num_extra = c.num = read_all(msg->extra_certs, msg->num_extra_certs, a,
                                   list, &is_out_of_memory);
    if (rep != NULL)
        c.num += read_all(rep->ca_pubs, num_pubs, a, list + c.num,
                          &is_out_of_memory);
    for (size_t i = 0; i < num_fresh; i++)
        if (!span_is_absent(rep->responses[i].certificate))
            (void)read_all(&rep->responses[i].certificate, 1, a, &fresh[i],
                           &is_out_of_memory);
    c.list = list;
    c.fresh = fresh;
    *out = c;
    return is_out_of_memory ? ERR_NO_MEM : ERR_OK;
}

const struct x509_cert *message_certs_find(const struct message_certs *certs,
                                           struct span der)
{
    for (size_t i = 0; i < certs->num; i++)
        if (span_is_equal(certs->list[i].der, der))
            return &certs->list[i];
    return NULL;
}

bool message_certs_has_fresh(const struct message_certs *certs)
{
    for (size_t i = 0; i < certs->num_fresh; i++)
        if (!span_is_absent(certs->fresh[i].der))
            return true;
    return false;
}

const struct x509_cert *message_certs_top(const struct message_certs *certs,
                                          const struct x509_cert *leaf)
{
    /* A ring of CAs that certify each other ends with the list. */
    for (size_t i = 0; i <= certs->num_extra; i++) {
        const struct x509_cert *issuer =
            cert_issuer_find(leaf, certs->list, certs->num_extra);

        if (issuer == NULL || issuer == leaf)
            break;
        leaf = issuer;
    }
    return leaf;
}

static int64_t below(const struct message_certs *certs,
                     const struct x509_cert *ca, const struct x509_cert *leaf)
{
    int64_t between = 0;

    for (size_t i = 0; i <= certs->num; i++) {
        const struct x509_cert *issuer =
            cert_issuer_find(leaf, certs->list, certs->num);

        if (issuer == NULL || issuer == leaf)
            break;
        if (issuer == ca)
            return between;
        between += !x509_is_self_issued(issuer);
        leaf = issuer;
    }
    return -1;
}

int64_t message_certs_below(const struct message_certs *certs,
                            const struct x509_cert *ca,
                            const struct x509_cert *signer)
{
    int64_t most = signer == NULL ? -1 : below(certs, ca, signer);

    for (size_t i = 0; i < certs->num_fresh; i++) {
        int64_t n = -1;

        if (!span_is_absent(certs->fresh[i].der))
            n = below(certs, ca, &certs->fresh[i]);
        most = n > most ? n : most;
    }
    return most;
}
