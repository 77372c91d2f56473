#include "profile/asked.h"

/* What is signed for possession is CertificationRequestInfo. */
static void open_p10(const struct p10_request *p10, struct cert_req_msg *out)
{
    *out = (struct cert_req_msg){
        .der = p10->der,
        .cert_req = { .der = p10->info,
                      .cert_req_id = -1,
                      .cert_template = { .der = p10->info,
                                         .subject = p10->subject,
                                         .has_public_key = true,
                                         .public_key = p10->spki,
                                         .has_extensions = p10->has_extensions,
                                         .extensions = p10->extensions } },
        .popo = { .type = POPO_SIGNATURE,
                  .alg = p10->sig_alg,
                  .signature = p10->signature },
    };
}

static size_t count(const struct pki_body *body)
{
    if (body->type == CMP_RR)
        return body->rev_req.num;
    if ((BODY_BIT(body->type) & (CRMF_REQUESTS | CCR)) != 0)
        return body->cert_req.num;
    return body->type == CMP_P10CR ? 1 : 0;
}

enum err asked_list(const struct pki_body *body, struct arena *a,
                    const struct asked **out, size_t *num, struct fault *f)
{
    size_t n = count(body);
    struct asked *list = arena_array(a, n, sizeof(*list));
    struct cert_req_msg *p10 = arena_alloc(a, sizeof(*p10));

    if (list == NULL || p10 == NULL)
        return fault_set(f, ERR_NO_MEM, "requests");
    if (body->type == CMP_P10CR)
        open_p10(&body->p10, p10);
    for (size_t i = 0; i < n; i++) {
        if (body->type == CMP_RR)
            list[i].rev = &body->rev_req.list[i];
        else
            list[i].req =
                body->type == CMP_P10CR ? p10 : &body->cert_req.list[i];
    }
    *out = list;
    *num = n;
    return ERR_OK;
}

/* --- certProfile --- */

/* How many things the message asks for, each with a name of its own. */
static size_t count_named(const struct pki_body *body)
{
    return body->type == CMP_GENM ? body->general.num : count(body);
}

enum err asked_profile(const struct cmp_message *msg, struct arena *a,
                       struct span *out, struct fault *f)
{
    const struct info_type_value *info =
        info_find(&msg->header.general_info, OID_ID_IT_CERT_PROFILE);
    struct text_list names = { 0 };
    struct span one = SPAN_NONE;
    struct der in;

    *out = SPAN_NONE;
    if (info == NULL)
        return ERR_OK;
    in = der_open(info->value, NULL);
    if (text_list_read(&in, a, &names) != ERR_OK || der_end(&in) != ERR_OK)
        return rule_break(f, RULE_CERT_PROFILE_FITS, "header.generalInfo",
                          "no CertProfileValue");
    if (names.num > count_named(&msg->body))
        return rule_break(f, RULE_CERT_PROFILE_FITS, "header.generalInfo",
                          "%zu names for %zu requests", names.num,
                          count_named(&msg->body));
    for (size_t i = 0; i < names.num; i++) {
        if (names.list[i].len == 0)
            continue;
        if (!span_is_absent(one) && !span_is_equal(one, names.list[i]))
            return rule_break(f, RULE_CERT_PROFILE_IS_KNOWN,
                              "header.generalInfo",
                              "two profiles in one message");
        one = names.list[i];
    }
    *out = one;
    return ERR_OK;
}

/* --- nested --- */

static enum err read_headers(const struct span_list *inner, struct arena *a,
                             struct pki_header *headers, struct fault *f)
{
    for (size_t i = 0; i < inner->num; i++) {
        if (cmp_header_peek(inner->list[i], a, &headers[i]) != ERR_OK)
            return rule_break(f, RULE_NESTED_IS_READABLE, "body.nested",
                              "message %zu without a header", i);
        if (headers[i].transaction_id.len == 0)
            return rule_break(f, RULE_NESTED_IS_READABLE, "body.nested",
                              "message %zu without a transactionID", i);
    }
    return ERR_OK;
}

static bool is_same_id(const struct pki_header *a, const struct pki_header *b)
{
    return span_is_equal(a->transaction_id, b->transaction_id);
}

static bool is_same_nonce(const struct pki_header *a,
                          const struct pki_header *b)
{
    return span_is_equal(a->sender_nonce, b->sender_nonce);
}

static enum err check_added(const struct pki_header *outer,
                            const struct pki_header *inner, struct fault *f)
{
    if (is_same_nonce(outer, inner))
        return ERR_OK;
    return rule_break(f, RULE_NESTED_COPIES_NONCE, "header.senderNonce",
                      "not that of the message with this transactionID");
}

/* Quadratic in LIMIT_NESTED_MESSAGES, which is small. */
static enum err check_batch(const struct pki_header *outer,
                            const struct pki_header *headers, size_t num,
                            struct fault *f)
{
    for (size_t i = 0; i < num; i++) {
        if (is_same_id(outer, &headers[i]))
            return rule_break(f, RULE_BATCH_IS_FRESH, "header.transactionID",
                              "that of message %zu of several", i);
        if (is_same_nonce(outer, &headers[i]))
            return rule_break(f, RULE_BATCH_IS_FRESH, "header.senderNonce",
                              "that of message %zu", i);
        for (size_t k = 0; k < i; k++)
            if (is_same_id(&headers[k], &headers[i]) ||
                is_same_nonce(&headers[k], &headers[i]))
                return rule_break(f, RULE_BATCH_IS_OF_DIFFERENT, "body.nested",
                                  "one transactionID or senderNonce in "
                                  "messages %zu and %zu",
                                  k, i);
    }
    return ERR_OK;
}

enum err nested_check(const struct cmp_message *msg, struct arena *a,
                      bool *is_added, struct fault *f)
{
    const struct span_list *inner = &msg->body.nested;
    struct pki_header *headers = arena_array(a, inner->num, sizeof(*headers));

    if (headers == NULL)
        return fault_set(f, ERR_NO_MEM, "nested");
    TRY(read_headers(inner, a, headers, f));
    *is_added = inner->num == 1 && is_same_id(&msg->header, &headers[0]);
    return *is_added ? check_added(&msg->header, &headers[0], f)
                     : check_batch(&msg->header, headers, inner->num, f);
}
