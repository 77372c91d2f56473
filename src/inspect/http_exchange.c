#include <stdlib.h>

#include "base/limits.h"
#include "inspect/http_pair.h"

struct http_exchange *http_exchange_new(void)
{
    struct http_exchange *x = calloc(1, sizeof(*x));

    if (x != NULL) {
        x->refs = 1;
        buf_init(&x->head, LIMIT_CAPTURE_HEAD_LEN);
        buf_init(&x->message, LIMIT_CAPTURE_BODY_LEN);
    }
    return x;
}

void http_exchange_free(struct http_exchange *x)
{
    if (x == NULL || --x->refs > 0)
        return;
    buf_done(&x->head);
    buf_done(&x->message);
    free(x);
}

struct http_exchange *http_exchange_pop(struct http_pair *p)
{
    struct http_exchange *x = p->first;

    if (x == NULL)
        return NULL;
    p->first = x->next;
    if (p->first == NULL)
        p->last = NULL;
    p->num_exchanges--;
    return x;
}

void http_exchange_push(struct http_pair *p, struct http_exchange *x)
{
    if (p->num_exchanges == LIMIT_CAPTURE_PIPELINE)
        http_exchange_free(http_exchange_pop(p));
    if (p->last == NULL)
        p->first = x;
    else
        p->last->next = x;
    p->last = x;
    p->num_exchanges++;
}

struct http_exchange *http_exchange_answered(struct http_pair *p, bool has_gap)
{
    struct http_exchange *x = http_exchange_pop(p);

    while (x != NULL && has_gap && p->first != NULL) {
        http_exchange_free(x);
        x = http_exchange_pop(p);
    }
    p->num_orphans += x == NULL;
    return x;
}

enum err http_exchange_lost(struct http_pair *p)
{
    struct http_exchange *lost;

    if (p->num_orphans > 0) {
        p->num_orphans--;
        return ERR_OK;
    }
    lost = http_exchange_new();
    if (lost == NULL)
        return ERR_NO_MEM;
    lost->is_lost = true;
    http_exchange_push(p, lost);
    return ERR_OK;
}
