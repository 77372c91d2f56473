/* Whether OpenSSL reads the messages that we accept. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "asn1/cmp.h"
#include "base/limits.h"
#include "support/cmp_vectors.h"
#include "support/der_mutate.h"

/* After ours: x509v3.h has macros with names of asn1/x509.h. */
#include <openssl/cmp.h>
#include <openssl/x509.h>

#define MAX_OPAQUE 128
#define SCRAMBLES 300

static void read_vector(const struct cmp_vector *v, struct arena *a,
                        struct cmp_message *out)
{
    struct fault f = { 0 };

    if (cmp_message_read(cmp_vector_load(v, a), a, out, &f) != ERR_OK)
        fail_msg("%s: %s", v->name, f.text);
}

static bool openssl_accepts(struct span der)
{
    const uint8_t *p = der.ptr;
    OSSL_CMP_MSG *msg = d2i_OSSL_CMP_MSG(NULL, &p, (long)der.len);
    bool ok = msg != NULL && p == der.ptr + der.len;

    OSSL_CMP_MSG_free(msg);
    return ok;
}

/* A name with a value that is no string, or no string of its kind: a Name for
 * us, since ANY may stand there; OpenSSL takes strings alone. */
static bool name_is_odd(struct span name)
{
    const uint8_t *p = name.ptr;
    X509_NAME *got;

    if (span_is_absent(name))
        return false;
    got = d2i_X509_NAME(NULL, &p, (long)name.len);
    X509_NAME_free(got);
    return got == NULL;
}

/* x400Address and ediPartyName are not read further. */
static bool general_name_is_odd(const struct general_name *name)
{
    if (name->type == GN_DIRECTORY)
        return name_is_odd(name->value);
    return name->type == GN_X400 || name->type == GN_EDI;
}

/* OpenSSL reads these values by their OID; we leave that to who wants them. */
static bool infos_are_odd(const struct info_list *a, const struct info_list *b)
{
    bool same = a->num == b->num;

    for (size_t i = 0; same && i < a->num; i++)
        same = span_is_equal(a->list[i].oid, b->list[i].oid);
    return !same;
}

static bool controls_are_odd(const struct cert_request *a,
                             const struct cert_request *b)
{
    bool same = a->num_controls == b->num_controls;

    for (size_t i = 0; same && i < a->num_controls; i++)
        same = span_is_equal(a->controls[i].oid, b->controls[i].oid);
    return !same;
}

static bool is_request(enum cmp_body_type type)
{
    return type == CMP_IR || type == CMP_CR || type == CMP_KUR ||
           type == CMP_KRR || type == CMP_CCR;
}

/* EncryptedKey is kept whole, EncryptedValue or EnvelopedData. */
static bool rep_is_odd(const struct cert_rep_message *rep)
{
    for (size_t i = 0; i < rep->num_responses; i++) {
        if (!span_is_absent(rep->responses[i].encrypted_cert) ||
            !span_is_absent(rep->responses[i].private_key))
            return true;
    }
    return false;
}

static bool rev_req_is_odd(const struct rev_req *req)
{
    for (size_t i = 0; i < req->num; i++) {
        if (name_is_odd(req->list[i].cert_details.issuer) ||
            name_is_odd(req->list[i].cert_details.subject))
            return true;
    }
    return false;
}

static bool rev_rep_is_odd(const struct rev_rep *rep)
{
    for (size_t i = 0; i < rep->num_rev_certs; i++) {
        if (general_name_is_odd(&rep->rev_certs[i].issuer))
            return true;
    }
    return false;
}

static bool is_answer(enum cmp_body_type type)
{
    return type == CMP_IP || type == CMP_CP || type == CMP_KUP ||
           type == CMP_CCP;
}

static bool body_is_odd(const struct pki_body *before,
                        const struct pki_body *after)
{
    const struct cert_request *req;

    if (is_answer(after->type))
        return rep_is_odd(&after->cert_rep);
    if (before->type != after->type)
        return !is_request(after->type);
    if (after->type == CMP_GENM || after->type == CMP_GENP)
        return infos_are_odd(&before->general, &after->general);
    if (after->type == CMP_RR)
        return rev_req_is_odd(&after->rev_req);
    if (after->type == CMP_RP)
        return rev_rep_is_odd(&after->rev_rep);
    if (after->type == CMP_P10CR)
        return name_is_odd(after->p10.subject);
    if (!is_request(after->type))
        return false;
    req = &after->cert_req.list[0].cert_req;
    return name_is_odd(req->cert_template.issuer) ||
           name_is_odd(req->cert_template.subject) ||
           controls_are_odd(&before->cert_req.list[0].cert_req, req);
}

/* The differences we know of and keep. */
static bool is_known_difference(const struct cmp_message *before,
                                const struct cmp_message *after)
{
    return general_name_is_odd(&after->header.sender) ||
           general_name_is_odd(&after->header.recipient) ||
           infos_are_odd(&before->header.general_info,
                         &after->header.general_info) ||
           body_is_odd(&before->body, &after->body);
}

/* How many of the scrambled messages we accept. */
static size_t check_scrambled(const struct cmp_vector *v, struct arena *a,
                              struct arena *scratch, uint64_t *random)
{
    struct span opaque[MAX_OPAQUE];
    struct cmp_message msg, other;
    size_t num, accepted = 0;

    arena_reset(a);
    read_vector(v, a, &msg);
    num = cmp_opaque_spans(&msg, opaque, MAX_OPAQUE);
    for (unsigned n = 0; n < SCRAMBLES; n++) {
        struct span der;

        arena_reset(scratch);
        der = der_scramble(msg.der, opaque, num, 1 + n % 3, random, scratch);
        if (cmp_message_read(der, scratch, &other, NULL) != ERR_OK)
            continue;
        accepted++;
        if (!openssl_accepts(der) && !is_known_difference(&msg, &other))
            fail_msg("%s: scramble %u is accepted by us alone", v->name, n);
    }
    return accepted;
}

/*
 * What we accept, OpenSSL accepts. Left alone are the parts that we keep
 * without reading them and OpenSSL reads: certificates, parameters, values of
 * controls and generalInfo, bodies of other kinds.
 */
static void test_agreement(void **state)
{
    AUTO(arena) a = arena_new(16 * LIMIT_REQUEST_ARENA);
    AUTO(arena) scratch = arena_new(LIMIT_REQUEST_ARENA);
    uint64_t random = 20261122;
    size_t accepted = 0;

    (void)state;
    for (size_t i = 0; i < num_cmp_vectors; i++)
        accepted += check_scrambled(&cmp_vectors[i], a, scratch, &random);
    assert_true(accepted > num_cmp_vectors * SCRAMBLES / 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agreement),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
