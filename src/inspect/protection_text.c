#include "inspect/protection_text.h"

#include "base/limits.h"
#include "inspect/finding.h"

void signers_init(struct signers *s)
{
    s->num = 0;
    for (size_t i = 0; i < SIGNERS_NUM; i++)
        buf_init(&s->certs[i], LIMIT_MESSAGE_LEN);
}

void signers_done(struct signers *s)
{
    for (size_t i = 0; i < SIGNERS_NUM; i++)
        buf_done(&s->certs[i]);
}

static void signers_add(struct signers *s, struct span cert)
{
    struct buf *room = &s->certs[s->num % SIGNERS_NUM];

    for (size_t i = 0; i < SIGNERS_NUM; i++) {
        if (span_is_equal(buf_span(&s->certs[i]), cert))
            return;
    }
    buf_clear(room);
    buf_add(room, cert);
    s->num++;
}

static size_t signers_list(const struct signers *s,
                           struct span out[SIGNERS_NUM])
{
    size_t num = 0;

    for (size_t i = 0; i < SIGNERS_NUM; i++) {
        if (s->certs[i].len > 0)
            out[num++] = buf_span(&s->certs[i]);
    }
    return num;
}

enum err protection_tell(struct trusted *t, struct span der, int64_t now,
                         struct signers *signers, struct arena *a,
                         struct protection_text *out, struct fault *f)
{
    struct span known[SIGNERS_NUM];
    struct cmp_message msg;
    struct protected in = { .msg = &msg, .now = now, .known = known };
    struct protection p = { 0 };
    struct protection_text text = { .signer = "", .path = "" };

    TRY(cmp_message_read(der, a, &msg, f));
    in.num_known = signers_list(signers, known);
    TRY(protection_check(t, &in, a, &p, f));
    text.kind = protection_kind_word(p.kind);
    text.verifies = verdict_name(p.verifies);
    text.why = arena_printf(a, "%s", p.why);
    text.path_why = arena_printf(a, "%s", p.path_why);
    if (p.from != SIGNER_NOT_FOUND) {
        text.signer = name_format(p.signer.subject, a);
        text.path = verdict_name(p.path);
        signers_add(signers, p.signer.der);
    }
    text.is_broken = p.verifies == VERDICT_BROKEN || p.path == VERDICT_BROKEN;
    if (text.why == NULL || text.path_why == NULL || text.signer == NULL)
        return fault_set(f, ERR_NO_MEM, "protection");
    *out = text;
    return ERR_OK;
}
