/*
 * What an answer brought moves from the scratch arena into `pending`: it is to
 * last.
 */
#include "client/internal.h"

static enum err keep_der(struct station *s, struct span der, struct span *out,
                         struct fault *f)
{
    struct span copy = SPAN_NONE;

    if (!span_is_absent(der)) {
        copy = arena_copy(s->arena, der);
        if (span_is_absent(copy))
            return fault_set(f, ERR_NO_MEM, "answer");
    }
    *out = copy;
    return ERR_OK;
}

static enum err keep_list(struct station *s, struct cert_list from,
                          struct cert_list *out, struct fault *f)
{
    struct span *list = arena_array(s->arena, from.num + 1, sizeof(*list));

    if (list == NULL)
        return fault_set(f, ERR_NO_MEM, "answer");
    for (size_t i = 0; i < from.num; i++)
        TRY(keep_der(s, from.list[i], &list[i], f));
    *out = (struct cert_list){ list, from.num };
    return ERR_OK;
}

enum err answer_keep(struct station *s, const struct checked *found,
                     struct fault *f)
{
    struct pending *p = &s->pending;

    p->source = found->source;
    for (size_t i = 0; i < p->num_asked; i++) {
        const struct found_cert *one = &found->certs[i];

        TRY(keep_der(s, one->cert.der, &p->asked[i].cert, f));
        TRY(keep_der(s, one->root, &p->asked[i].root, f));
        TRY(keep_list(s, one->chain, &p->asked[i].chain, f));
    }
    TRY(keep_der(s, found->root, &p->root, f));
    return keep_list(s, found->signer_chain, &p->signer, f);
}

/* Further roots come with a certificate that is accepted, or not at all. */
static enum err keep_roots(struct station *s, const struct cmp_message *reply,
                           const struct checked *found, bool is_tls,
                           struct fault *f)
{
    struct added_list *added = &s->pending.added;

    TRY(roots_pick(s, reply, found, is_tls, added, f));
    for (size_t i = 0; i < added->num; i++)
        TRY(keep_der(s, added->list[i].der, &added->list[i].der, f));
    return ERR_OK;
}

enum err accepted_keep(struct station *s, const struct cmp_message *reply,
                       const struct checked *found, bool is_tls,
                       struct fault *f)
{
    TRY(keep_roots(s, reply, found, is_tls, f));
    return made_key_take(s, f);
}
