/*
 * A genp as a station reads and judges it, against a question for everything,
 * and what an update and a CRL in it hold.
 */
#include <stdlib.h>

#include "base/arena.h"
#include "txn/client_told.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ARENA ((size_t)4 * 1024 * 1024)
#define NOW ((int64_t)1795341600)

static const struct x509_cert *read_cert(struct span der, struct arena *a)
{
    struct x509_cert *cert = arena_alloc(a, sizeof(*cert));

    return cert != NULL && !span_is_absent(der) &&
                   x509_read(der, a, cert) == ERR_OK
               ? cert
               : NULL;
}

static void judge_update(const struct ca_key_update *u, struct arena *a)
{
    struct told_update facts = {
        .fresh = read_cert(u->new_with_new, a),
        .linked = read_cert(u->new_with_old, a),
        .back = read_cert(u->old_with_new, a),
        .has_back = !span_is_absent(u->old_with_new),
        .fresh_is_self_signed = true,
        .fresh_key_is_fit = true,
        .back_verifies = true,
    };
    const struct told_judged in = { .update = &facts, .now = NOW };
    struct fault f;

    facts.old = facts.linked;
    (void)told_rules_check(STEP_TOLD_UPDATE, &in, &f);
}

static void judge_crls(const struct span_list *crls,
                       const struct client_question *question, struct arena *a)
{
    for (size_t i = 0; i < crls->num; i++) {
        struct x509_crl crl;
        const struct told_crl facts = {
            .crl =
                x509_crl_read(crls->list[i], a, &crl) == ERR_OK ? &crl : NULL,
        };
        const struct told_judged in = { .question = question,
                                        .crl = &facts,
                                        .now = NOW };
        struct fault f;

        (void)told_rules_check(STEP_TOLD_CRL, &in, &f);
    }
}

static void judge_certs(const struct span_list *certs, struct arena *a)
{
    for (size_t i = 0; i < certs->num; i++) {
        const struct told_cert facts = { .cert = read_cert(certs->list[i], a),
                                         .path_text = "" };
        const struct told_judged in = { .cert = &facts };
        struct fault f;

        (void)told_rules_check(STEP_TOLD_CA, &in, &f);
        (void)told_rules_check(STEP_TOLD_TARGET, &in, &f);
    }
}

static void judge(const struct info_list *infos, struct arena *a)
{
    struct client_question question = { .algorithm = SPAN_LIT("\x2b\x65\x70") };
    struct client_told told;
    const struct told_judged in = { .question = &question, .told = &told };
    const struct rule *first, *again;
    struct fault f;

    for (enum client_topic t = TOPIC_CA_CERTS; t < TOPIC_NUM; t++)
        question.wants[t] = true;
    if (client_told_read(infos, a, &told, &f) != ERR_OK)
        return;
    first = told_rules_check(STEP_TOLD, &in, &f);
    again = told_rules_check(STEP_TOLD, &in, &f);
    if (first != again)
        abort();
    judge_update(&told.of[TOPIC_ROOT_UPDATE].update, a);
    judge_update(&told.of[TOPIC_OLD_UPDATE].update, a);
    judge_crls(&told.of[TOPIC_CRLS].crls, &question, a);
    judge_crls(&told.of[TOPIC_CURRENT_CRL].crls, &question, a);
    judge_certs(&told.of[TOPIC_CA_CERTS].certs, a);
    judge_certs(&told.of[TOPIC_ENC_CERT].certs, a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct der in = der_open(span_of(data, size), NULL);
    AUTO(arena) a = arena_new(ARENA);
    struct info_list infos;

    if (a != NULL && info_list_read(&in, a, &infos) == ERR_OK)
        judge(&infos, a);
    return 0;
}
