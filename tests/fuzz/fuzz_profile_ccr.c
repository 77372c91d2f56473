/*
 * A ccr as the server reads and judges it: what passes asks for a CA's
 * certificate, wholly, and within what is agreed.
 */
#include <assert.h>
#include <stdlib.h>

#include "base/limits.h"
#include "profile/rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW ((int64_t)1795341600)
#define MAX_PATH_LEN 3

/* The subject and issuer asked for are those agreed on, so that the rules
 * behind these two are reached. */
static enum err judge(const struct cmp_message *msg)
{
    static const enum rule_step steps[] = { STEP_REQUEST, STEP_JUDGE_REQUEST };
    const struct cert_req_msg *req = msg->body.cert_req.list;
    const struct cert_template *t = &req->cert_req.cert_template;
    const struct spki ca_key = { .key = SPAN_LIT("ours") };
    const struct fact_peer peer = { .subject = t->subject,
                                    .path_len = MAX_PATH_LEN,
                                    .until = NOW + 1000,
                                    .ca_alg = sig_alg_find(&t->signing_alg),
                                    .ca_key = &ca_key };
    const struct facts facts = { .now = NOW,
                                 .ca_subject = t->issuer,
                                 .signer_kind = SIGNER_PEER_CA,
                                 .peer = &peer };
    struct profile profile;
    const struct judged in = { msg, &profile, &facts, req, NULL };
    struct findings findings = { .num = 0 };

    profile_init(&profile, PROFILE_OPEN);
    for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
        TRY(rules_check(steps[i], &in, &findings, NULL));
    return ERR_OK;
}

static void check_passed(const struct cert_template *t)
{
    struct ca_wish wish;

    assert(ca_wish_read(t, &wish) == ERR_OK);
    assert(wish.is_ca && (wish.key_usage & KU_KEY_CERT_SIGN) != 0);
    assert((wish.key_usage & KU_DIGITAL_SIGNATURE) == 0);
    assert(!wish.has_path_len ||
           (wish.path_len >= 0 && wish.path_len <= MAX_PATH_LEN));
    assert(t->has_public_key && t->public_key.key.len > 0);
    assert(t->has_not_before && t->has_not_after && t->not_after > NOW);
    assert(span_is_absent(t->serial) && !name_is_null(t->subject));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct der in = der_open(span_of(data, size), NULL);
    struct cmp_message msg = { .body.type = CMP_CCR };
    struct arena *a = arena_new(LIMIT_REQUEST_ARENA);

    if (a == NULL)
        abort();
    if (cert_req_msgs_read(&in, a, &msg.body.cert_req) == ERR_OK &&
        judge(&msg) == ERR_OK)
        check_passed(&msg.body.cert_req.list[0].cert_req.cert_template);
    arena_free(a);
    return 0;
}
