/*
 * Good messages with random things changed, most of them protected anew, so
 * that what is changed is what the deep steps see. Whatever the service is
 * sent, it goes on; what it refuses, it refuses under a rule (the rig's own
 * check), changes nothing for, and answers with a message. What inspect shows
 * and lint says of the same bytes may be anything but a failure.
 *
 * usage: test_service_mutations [RUNS] [SEED]
 *
 * Run N of seed S is run 0 of seed S + N, but for fresh signatures.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/limits.h"
#include "inspect/lint.h"
#include "inspect/tree.h"
#include "mutation_der.h"
#include "support/der_mutate.h"

#define RUNS_A_ROUND 100
#define RUN_ARENA ((size_t)4 << 20)
/* Rules that 10,000 runs have to break, so that it is not always the first. */
#define LEAST_RULES 40

static unsigned long num_runs = 10000;
static unsigned long first_seed = 1;

static struct {
    struct mutation_scene scene;
    struct lint *lints[PROFILE_TYPE_NUM];
    struct trusted *trusted;
    struct mutator mutator;
    struct arena *arena; /* of a run */
    struct arena *shown; /* of its tree */
    struct buf text;
    /* What became of the message at hand, by each job of it. */
    void (*check)(const struct job *job);
    const char *failure;
    const char *rule; /* that it was refused under; NULL */
    bool is_refused, is_taken, has_rule;
    /* Over all runs. */
    unsigned long broken[RULE_NUM], refused, dropped, taken;
} all;

/* --- a message --- */

static struct span signed_by(const struct privkey *key, struct span part)
{
    struct span out = SPAN_NONE;

    assert_int_equal(privkey_sign(all.scene.world->cx, key, SIG_ECDSA_SHA256,
                                  part, all.arena, &out, NULL),
                     ERR_OK);
    return out;
}

static struct span protected_by(const struct good *g, struct span part)
{
    struct der in = der_open(g->header.protection_alg.der, NULL);
    struct span out = SPAN_NONE;
    struct alg_id alg;

    if (g->key != NULL)
        return signed_by(g->key, part);
    assert_int_equal(alg_id_read(&in, &alg), ERR_OK);
    assert_int_equal(mac_make(all.scene.world->cx, &alg, SCENE_SECRET, part,
                              all.arena, &out, NULL),
                     ERR_OK);
    return out;
}

/* Possession proven anew, where the change left a request to be read. */
static struct span proven(const struct good *g, struct span body)
{
    struct der in = der_open(body, NULL);
    struct cert_req_msg *first = arena_alloc(all.arena, sizeof(*first));
    struct pki_body read;

    if (g->pop_key == NULL || cmp_body_read(&in, all.arena, &read) != ERR_OK ||
        (read.type != CMP_IR && read.type != CMP_CR && read.type != CMP_KUR) ||
        read.cert_req.list[0].popo.type != POPO_SIGNATURE)
        return body;
    *first = read.cert_req.list[0];
    first->popo.signature =
        signed_by(g->pop_key, popo_signed_bytes(first, all.arena));
    read.cert_req.list = first;
    read.cert_req.num = 1;
    assert_int_equal(cmp_body_write(&read, all.arena, &body), ERR_OK);
    return body;
}

static struct span header_of(const struct good *g)
{
    struct pki_header h = g->header;
    struct span out = SPAN_NONE;

    h.sender_nonce = mutator_octets(&all.mutator, 16);
    if (!g->keeps_id)
        h.transaction_id = mutator_octets(&all.mutator, 16);
    assert_int_equal(cmp_header_write(&h, all.arena, &out), ERR_OK);
    return out;
}

static struct span joined(const struct good *g, struct span header,
                          struct span body)
{
    struct span part = SPAN_NONE, out = SPAN_NONE;

    assert_int_equal(cmp_protected_part_write(header, body, all.arena, &part),
                     ERR_OK);
    assert_int_equal(cmp_message_write(header, body, protected_by(g, part),
                                       g->certs, g->num_certs, all.arena, &out),
                     ERR_OK);
    return out;
}

/* As an RA forwards it: with added protection, or in a batch of one. */
static struct span wrapped(struct span message)
{
    const struct mutation_scene *s = &all.scene;
    struct good outer = {
        .key = s->ra_key, .certs = &s->ra->der, .num_certs = 1, .keeps_id = true
    };
    struct der_writer w;
    struct span body = SPAN_NONE;

    if (cmp_header_peek(message, all.arena, &outer.header) != ERR_OK)
        return message;
    outer.header.sender = (struct general_name){ .type = GN_DIRECTORY,
                                                 .value = s->ra_cert.subject };
    outer.header.recipient = outer.header.sender;
    outer.header.protection_alg.der = sig_alg_info(SIG_ECDSA_SHA256)->der;
    outer.header.sender_kid = s->ra_cert.ski;
    der_writer_init(&w, all.arena, 2 * message.len + 32);
    der_put_raw(&w, message);
    der_put_header(&w, DER_SEQUENCE, 0);
    der_put_header(&w, DER_CTX(CMP_NESTED), 0);
    assert_int_equal(der_finish(&w, &body), ERR_OK);
    if (mutator_percent(&all.mutator, 20))
        body = mutated(&all.mutator, body);
    return joined(&outer, header_of(&outer), body);
}

static struct span make_message(const struct good *g)
{
    struct span header = header_of(g), body = g->body, out;

    if (mutator_percent(&all.mutator, 25))
        header = mutated(&all.mutator, header);
    if (mutator_percent(&all.mutator, 90))
        body = mutated(&all.mutator, body);
    if (mutator_percent(&all.mutator, 80))
        body = proven(g, body);
    out = joined(g, header, body);
    if (mutator_percent(&all.mutator, 10))
        out = wrapped(out);
    if (mutator_percent(&all.mutator, 8))
        out = der_scramble(out, NULL, 0,
                           1 + (unsigned)mutator_below(&all.mutator, 4),
                           &all.mutator.random, all.arena);
    if (mutator_percent(&all.mutator, 1))
        out.len = mutator_below(&all.mutator, out.len);
    return out;
}

/* The service's answer with something changed, signed by the same signer; one
 * under a MAC, or of which too little is left, as it was. */
static struct span other_answer(struct span reply)
{
    struct good g = { .key = all.scene.signer_key };
    struct cmp_message msg;
    struct span header, body;

    if (cmp_message_read(reply, all.arena, &msg, NULL) != ERR_OK ||
        mac_alg_find(&msg.header.protection_alg) != MAC_UNKNOWN)
        return reply;
    header = msg.header.der;
    body = msg.body.der;
    g.certs = msg.extra_certs;
    g.num_certs = msg.num_extra_certs;
    return joined(
        &g,
        mutator_percent(&all.mutator, 30) ? mutated(&all.mutator, header)
                                          : header,
        mutator_percent(&all.mutator, 80) ? mutated(&all.mutator, body) : body);
}

/* --- what becomes of it --- */

static void fail_with(const char *what)
{
    if (all.failure == NULL)
        all.failure = what;
}

static void see_fault(const struct fault *f)
{
    if (f->err == ERR_OK)
        return;
    if (err_whose(f->err) == WHOSE_OURS)
        fail_with("refused for a trouble of our own");
    all.has_rule = true;
    all.rule = rule_find(f->rule)->id;
    all.broken[rule_find(f->rule)->number]++;
}

static void see_end(const struct job *job)
{
    all.check(job);
    see_fault(&job->fault);
    for (size_t i = 0; i < job->num_asks; i++)
        see_fault(&job->asks[i].fault);
    if (job->outcome == OUTCOME_REFUSED || job->outcome == OUTCOME_DROPPED)
        all.is_refused = true;
    else
        all.is_taken = true;
}

static uint64_t changes(void)
{
    struct store_stats stats;

    store_stats(service_line(all.scene.rig.service)->store, &stats);
    return stats.changes;
}

/* Is something in it refused? */
static bool says_no(const struct cmp_message *m)
{
    bool found = m->body.type == CMP_ERROR &&
                 m->body.error.status.status == STATUS_REJECTION;

    if (m->body.type == CMP_IP || m->body.type == CMP_CP ||
        m->body.type == CMP_KUP)
        for (size_t i = 0; i < m->body.cert_rep.num_responses; i++)
            found = found || m->body.cert_rep.responses[i].status.status ==
                                 STATUS_REJECTION;
    if (m->body.type == CMP_RP)
        for (size_t i = 0; i < m->body.rev_rep.num_statuses; i++)
            found =
                found || m->body.rev_rep.statuses[i].status == STATUS_REJECTION;
    return found;
}

static void check_answer(int status, struct span reply)
{
    struct cmp_message answer;

    if (status == 400 && all.is_refused && all.has_rule) {
        all.dropped++;
        return;
    }
    if (status != 200)
        fail_with("an HTTP status that no message of a peer's is to bring");
    else if (cmp_message_read(reply, all.arena, &answer, NULL) != ERR_OK)
        fail_with("an answer that does not parse");
    else if (span_is_absent(answer.protection.bytes))
        fail_with("an answer without protection");
    else if (says_no(&answer) && !all.has_rule)
        fail_with("a refusal without a rule");
    all.refused += all.is_refused;
    all.taken += all.is_taken;
}

static struct span send(const struct path_profile *profile, struct span message)
{
    uint64_t before = changes();
    struct span reply = SPAN_NONE;
    int status;

    all.failure = NULL;
    all.is_refused = all.is_taken = all.has_rule = false;
    status = scene_send(&all.scene, profile, message, all.arena, &reply);
    if (!all.is_refused && !all.is_taken)
        fail_with("no end of it");
    check_answer(status, reply);
    if (all.is_refused && !all.is_taken && changes() != before)
        fail_with("refused, and something is changed");
    return status == 200 ? reply : SPAN_NONE;
}

/* --- the same bytes, shown and judged --- */

static void show(struct span message)
{
    struct tree tree;

    arena_reset(all.shown);
    if (tree_read_der(message, "PKIMessage", all.shown, &tree, NULL) !=
        ERR_OK) {
        fail_with("no tree of it");
        return;
    }
    for (const struct tree_node *n = tree.root; n != NULL;
         n = tree_next(n, tree.root)) {
        all.text.len = 0;
        tree_value(n, &all.text);
        if (n->problem == NULL)
            continue;
        tree_path(n, &all.text);
        tree_problem_format(n->problem, &all.text);
        if (n->problem->at > message.len)
            fail_with("a problem outside of the message");
    }
}

static enum err count_report(void *arg, const struct lint_report *report)
{
    unsigned *num = arg;

    (*num)++;
    for (size_t i = 0; i < report->num; i++)
        if (report->list[i].rule == NULL || report->list[i].path == NULL ||
            report->list[i].found == NULL)
            fail_with("a finding that says nothing");
    return ERR_OK;
}

static void judge(enum profile_type type, enum seen_way way,
                  struct span message)
{
    const struct seen seen = { .der = message,
                               .number = 1,
                               .way = way,
                               .at = TEST_NOW * 1000000,
                               .where = "a mutation" };
    struct fault f = { 0 };
    unsigned num = 0;

    if (lint_message(all.lints[type], &seen, count_report, &num, &f) !=
            ERR_OK ||
        num == 0)
        fail_with("lint fails over it");
}

/* --- running --- */

static const struct path_profile *choose_profile(const struct good *g)
{
    const struct authority *au = service_line(all.scene.rig.service)->authority;

    return g->profile != NULL && mutator_percent(&all.mutator, 90)
               ? g->profile
               : &au->profiles[mutator_below(&all.mutator, au->num_profiles)];
}

static void print_bytes(struct span bytes)
{
    for (size_t i = 0; i < bytes.len; i++)
        print_error("%02x%s", bytes.ptr[i], i % 40 == 39 ? "\n" : "");
    print_error("\n");
}

static void run(uint64_t seed)
{
    const struct mutation_scene *s = &all.scene;
    const struct path_profile *profile;
    const struct good *g;
    struct span message, reply, answer;

    all.mutator.random = seed * 0xd1342543de82ef95u;
    arena_reset(all.arena);
    /* Half of them those that fit the state. */
    g = &s->list[mutator_percent(&all.mutator, 60)
                     ? mutator_below(&all.mutator, SCENE_NUM_FITTING)
                     : mutator_below(&all.mutator, s->num)];
    profile = choose_profile(g);
    message = make_message(g);
    reply = send(profile, message);
    show(message);
    judge(profile->profile.type, SEEN_REQUEST, message);
    if (!span_is_absent(reply) && mutator_percent(&all.mutator, 50)) {
        answer =
            mutator_percent(&all.mutator, 70) ? other_answer(reply) : reply;
        show(answer);
        judge(profile->profile.type, SEEN_RESPONSE, answer);
    }
    if (all.failure == NULL)
        return;
    print_error("seed %llu, %s at %s: %s\n", (unsigned long long)seed, g->name,
                profile->config->name, all.failure);
    print_bytes(message);
    fail();
}

static void begin_round(uint64_t seed)
{
    struct line *line;

    scene_begin(&all.scene, seed);
    line = service_line(all.scene.rig.service);
    all.check = line->probe.ended;
    line->probe.ended = see_end;
}

/* What is mutated is good: each of those that fit is taken as it is. */
static void test_good(void **state)
{
    (void)state;
    for (size_t i = 0; i < SCENE_NUM_FITTING; i++) {
        const struct good *g = &all.scene.list[i];
        const struct path_profile *profile;

        begin_round(first_seed);
        arena_reset(all.arena);
        profile = g->profile;
        if (profile == NULL)
            profile = service_line(all.scene.rig.service)->authority->profiles;
        (void)send(profile, joined(g, header_of(g), g->body));
        scene_end(&all.scene);
        if (all.failure != NULL || all.is_refused)
            fail_msg("%s: %s", g->name,
                     all.failure != NULL ? all.failure : all.rule);
    }
}

/* A transaction begun twice, the second time without the certificate that the
 * first has made known. */
static void test_signer_known_from_before(void **state)
{
    struct good g;

    (void)state;
    begin_round(first_seed);
    arena_reset(all.arena);
    g = all.scene.list[0];
    g.keeps_id = true;
    all.failure = NULL;
    judge(PROFILE_OPEN, SEEN_REQUEST, joined(&g, header_of(&g), g.body));
    g.num_certs = 0;
    judge(PROFILE_OPEN, SEEN_REQUEST, joined(&g, header_of(&g), g.body));
    assert_null(all.failure);
    scene_end(&all.scene);
}

static void test_mutations(void **state)
{
    int64_t start = clock_monotonic_micros();
    unsigned long rules = 0;

    (void)state;
    for (unsigned long i = 0; i < num_runs; i++) {
        if (i % RUNS_A_ROUND == 0)
            begin_round(first_seed + i);
        run(first_seed + i);
        if (i % RUNS_A_ROUND == RUNS_A_ROUND - 1 || i + 1 == num_runs)
            scene_end(&all.scene);
    }
    for (size_t i = 0; i < RULE_NUM; i++)
        rules += all.broken[i] > 0;
    print_message("%lu runs from seed %lu: %lu refused under %lu rules, %lu "
                  "without a CMP answer, %lu taken, %lld ms\n",
                  num_runs, first_seed, all.refused, rules, all.dropped,
                  all.taken,
                  (long long)(clock_monotonic_micros() - start) / 1000);
    if (num_runs < 10000)
        return;
    assert_true(rules >= LEAST_RULES);
    assert_true(all.taken >= num_runs / 100);
}

static int setup(void **state)
{
    struct fault f = { 0 };

    (void)state;
    scene_make(&all.scene);
    all.arena = arena_new(RUN_ARENA);
    all.mutator = (struct mutator){ .arena = all.arena, .scene = &all.scene };
    all.shown = arena_new(TREE_ARENA_LEN);
    buf_init(&all.text, LIMIT_MESSAGE_LEN);
    if (trusted_new(&all.trusted, &f) != ERR_OK ||
        trusted_add_certs(all.trusted, TRUSTED_VENDOR,
                          all.scene.world->vendor_root->der, &f) != ERR_OK ||
        trusted_seal(all.trusted, &f) != ERR_OK)
        fail_msg("%s", f.text);
    for (enum profile_type t = PROFILE_3GPP_BS; t < PROFILE_TYPE_NUM; t++) {
        struct lint_settings settings = { .trusted = all.trusted,
                                          .now = TEST_NOW,
                                          .tells_all = true };

        lint_profile(&settings.profile, t);
        assert_int_equal(lint_new(&settings, &all.lints[t], &f), ERR_OK);
    }
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    for (enum profile_type t = PROFILE_3GPP_BS; t < PROFILE_TYPE_NUM; t++)
        lint_free(all.lints[t]);
    trusted_free(all.trusted);
    buf_done(&all.text);
    arena_free(all.shown);
    arena_free(all.arena);
    scene_free(&all.scene);
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),
        cmocka_unit_test(test_signer_known_from_before),
        cmocka_unit_test(test_mutations),
    };

    if (argc > 1)
        num_runs = strtoul(argv[1], NULL, 10);
    if (argc > 2) /* where the seeds begin */
        first_seed = strtoul(argv[2], NULL, 10);
    return cmocka_run_group_tests(tests, setup, teardown);
}
