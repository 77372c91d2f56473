/*
 * Several certificates in one ir or cr: each has a state directory of its own,
 * where later verbs find it as if it had been enrolled there. One transaction
 * brings them all; `pending` of the first directory holds it.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/internal.h"
#include "profile/rules.h"

void also_release(struct station *s)
{
    for (size_t i = 0; i < s->num_also; i++)
        if (s->also_locks[i] >= 0)
            close(s->also_locks[i]);
    s->num_also = 0;
}

/* Made and locked; its name is kept whole, for who goes on from elsewhere. */
static enum err take(struct station *s, const struct client_also *also,
                     struct fault *f)
{
    size_t at = s->num_also;
    char full[PATH_MAX];

    TRY(dir_create(also->dir, CLIENT_DIR_MODE, f));
    if (realpath(also->dir, full) == NULL)
        return fault_set(f, ERR_IO, "%s: %s", also->dir, strerror(errno));
    if (strchr(full, '\n') != NULL)
        return fault_set(f, ERR_CONFIG, "%s: a line's end in it", also->dir);
    s->also[at].dir = arena_printf(s->life, "%s", full);
    s->also[at].subject = also->subject == NULL
                              ? NULL
                              : arena_printf(s->life, "%s", also->subject);
    s->also_locks[at] = -1;
    s->num_also++;
    if (s->also[at].dir == NULL ||
        (also->subject != NULL && s->also[at].subject == NULL))
        return fault_set(f, ERR_NO_MEM, "directory");
    return dir_lock(s->also[at].dir, s->life, &s->also_locks[at], f);
}

/* Nothing that is there, or on its way, is lost by a slip. */
static enum err check_free(struct station *s, const struct client_also *also,
                           const struct client_run *how, struct fault *f)
{
    struct pending pending = { 0 };
    struct pair pair;
    enum err e = pending_load(also->dir, s->scratch, &pending, f);

    pending_done(&pending);
    if (e == ERR_OK)
        return fault_set(f, ERR_EXISTS,
                         "a transaction is under way in %s; let it end first",
                         also->dir);
    if (e != ERR_NOT_FOUND)
        return e;
    if (how->again || pair_load(also->dir, s->scratch, &pair, NULL) != ERR_OK ||
        pair.revoked_at != 0)
        return ERR_OK;
    return fault_set(f, ERR_EXISTS,
                     "%s holds an operator certificate already; renew it, or "
                     "enroll --again",
                     also->dir);
}

enum err also_begin(struct station *s, enum cmp_body_type request,
                    const struct client_run *how, struct fault *f)
{
    also_release(s);
    if (request != CMP_IR && request != CMP_CR && request != CMP_P10CR)
        return ERR_OK;
    if (how->num_also > 0 && request == CMP_P10CR)
        return fault_set(f, ERR_CONFIG,
                         "a p10cr asks for one certificate (RFC 9810, 5.3.1); "
                         "ask for several by ir or cr");
    if (how->num_also > CLIENT_MAX_ASKED - 1)
        return fault_set(f, ERR_CONFIG, "more than %d certificates",
                         CLIENT_MAX_ASKED);
    for (size_t i = 0; i < how->num_also; i++) {
        TRY(take(s, &how->also[i], f));
        TRY(check_free(s, &s->also[i], how, f));
    }
    return ERR_OK;
}

enum err also_resume(struct station *s, struct fault *f)
{
    also_release(s);
    for (size_t i = 1; i < s->pending.num_asked; i++) {
        const struct client_also also = { s->pending.asked[i].dir,
                                          s->pending.asked[i].subject };

        TRY(take(s, &also, f));
    }
    return ERR_OK;
}

void also_fill(struct station *s, enum cmp_body_type request)
{
    struct pending *p = &s->pending;
    size_t num = request == CMP_KUR ? 0 : s->num_also;

    p->num_asked = 1 + num;
    for (size_t i = 0; i < num; i++) {
        p->asked[1 + i].dir = s->also[i].dir;
        p->asked[1 + i].subject = s->also[i].subject;
    }
}

enum err also_install(struct station *s, struct fault *f)
{
    const struct pending *p = &s->pending;

    for (size_t i = p->num_asked; i-- > 0;) {
        const char *dir = i == 0 ? s->dir : p->asked[i].dir;

        if ((p->machine.accepts & (1u << i)) == 0)
            continue;
        TRY(pair_write(dir, p, &p->asked[i], s->scratch, f));
        station_probe(s, PROBE_PAIR_WRITTEN);
        TRY(pair_switch(dir, p, s->scratch, f));
        station_probe(s, PROBE_PAIR_CURRENT);
    }
    return ERR_OK;
}

enum err also_tell(struct station *s, const struct client_step *step,
                   const struct checked *found, struct fault *f)
{
    const struct pending *p = &s->pending;

    for (size_t i = 0; i < p->num_asked; i++) {
        const char *text = step->each[i].text;

        if (step->each[i].err == ERR_OK)
            continue;
        if (p->num_asked > 1)
            text = arena_printf(s->scratch, "%s: %s",
                                i == 0 ? s->dir : p->asked[i].dir, text);
        if (text == NULL)
            return fault_set(f, ERR_NO_MEM, "answer");
        station_report(s, &(struct client_event){
                              .type = found->facts.certs[i].cert != NULL
                                          ? EVENT_REJECTED
                                          : EVENT_NOTED,
                              .text = text });
    }
    return ERR_OK;
}

enum err also_result(const struct station *s, struct fault *f)
{
    const struct pending *p = &s->pending;
    size_t num = 0;

    for (size_t i = 0; i < p->num_asked; i++)
        num += (p->machine.accepts >> i) & 1u;
    if (num == p->num_asked)
        return ERR_OK;
    fault_set(f, ERR_REFUSED,
              "%zu of %zu certificates were granted and are installed", num,
              p->num_asked);
    rule_name(f, RULE_REPLY_GRANTS);
    return ERR_REFUSED;
}
