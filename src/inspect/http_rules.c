#include "inspect/http_rules.h"

#include <ctype.h>

#include "base/text.h"
#include "der/der.h"
#include "inspect/http_head.h"
#include "inspect/input_internal.h"

/* What is looked at. */
struct http_judged {
    const struct seen *seen;
    const struct http_head_seen *head; /* of this way; NULL: no answer */
    enum cmp_body_type body;           /* CMP_BODY_NUM: not known */
    enum cmp_body_type asked;          /* of an answer: its request's */
};

/* Which bodies are which (RFC 9810, 5.1.2). Both ways go pkiconf, nested and
 * error. */
#define ASKING                                                       \
    (BODY_BIT(CMP_IR) | BODY_BIT(CMP_CR) | BODY_BIT(CMP_P10CR) |     \
     BODY_BIT(CMP_POPDECR) | BODY_BIT(CMP_KUR) | BODY_BIT(CMP_KRR) | \
     BODY_BIT(CMP_RR) | BODY_BIT(CMP_CCR) | BODY_BIT(CMP_GENM) |     \
     BODY_BIT(CMP_CERT_CONF) | BODY_BIT(CMP_POLL_REQ))
#define ANSWERING                                                  \
    (BODY_BIT(CMP_IP) | BODY_BIT(CMP_CP) | BODY_BIT(CMP_POPDECC) | \
     BODY_BIT(CMP_KUP) | BODY_BIT(CMP_KRP) | BODY_BIT(CMP_RP) |    \
     BODY_BIT(CMP_CCP) | BODY_BIT(CMP_GENP) | BODY_BIT(CMP_POLL_REP))
#define ANNOUNCING                                                    \
    (BODY_BIT(CMP_CKUANN) | BODY_BIT(CMP_CANN) | BODY_BIT(CMP_RANN) | \
     BODY_BIT(CMP_CRLANN))

/* The body's tag, without reading the rest of the message. */
static enum cmp_body_type body_of(struct span message)
{
    struct der in = der_open(message, NULL), seq;
    struct span header;
    unsigned tag;

    if (der_enter(&in, DER_SEQUENCE, &seq) != ERR_OK ||
        der_any(&seq, &tag, &header) != ERR_OK)
        return CMP_BODY_NUM;
    for (unsigned type = 0; type < CMP_BODY_NUM; type++)
        if (der_next_is(&seq, DER_CTX(type)))
            return (enum cmp_body_type)type;
    return CMP_BODY_NUM;
}

static bool is_one_of(enum cmp_body_type type, uint32_t bodies)
{
    return type != CMP_BODY_NUM && (BODY_BIT(type) & bodies) != 0;
}

static enum verdict broken(const struct http_judged *in, struct found *found,
                           const char *fmt, ...) PRINTF_LIKE(3, 4);
static enum verdict broken(const struct http_judged *in, struct found *found,
                           const char *fmt, ...)
{
    va_list args;

    text_format(found->path, sizeof(found->path), "%s",
                in->seen->way == SEEN_REQUEST ? "HTTP request"
                                              : "HTTP response");
    va_start(args, fmt);
    text_vformat(found->text, sizeof(found->text), fmt, args);
    va_end(args);
    return VERDICT_BROKEN;
}

static enum verdict quote(const struct http_judged *in, struct found *found,
                          const char *what, struct span value)
{
    char text[80];

    text_plain(value, text, sizeof(text));
    return broken(in, found, "%s%s", what, text);
}

/* --- requests --- */

static enum verdict check_method(const struct http_judged *in,
                                 struct found *found)
{
    if (text_is(in->head->method, "POST") && in->head->method.ptr[0] == 'P')
        return VERDICT_HOLDS;
    return quote(in, found, "method ", in->head->method);
}

/* Operations' labels (RFC 9483, 6.1). */
static bool is_operation(struct span segment)
{
    static const char *const labels[] = {
        "initialization", "certification",      "keyupdate",
        "pkcs10",         "revocation",         "getcacerts",
        "getrootupdate",  "getcertreqtemplate", "getcrls",
        "nested",
    };

    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++)
        if (span_is_equal(segment, span_str(labels[i])))
            return true;
    return false;
}

/* The path's next segment, up to the next '/' or the query. */
static struct span segment_next(struct span *path)
{
    struct span segment = *path;
    size_t len = 0;

    while (len < path->len && path->ptr[len] != '/' && path->ptr[len] != '?')
        len++;
    segment.len = len;
    *path = span_of(path->ptr + len, path->len - len);
    if (path->len > 0 && path->ptr[0] == '/')
        *path = span_of(path->ptr + 1, path->len - 1);
    return segment;
}

static enum verdict check_path(const struct http_judged *in,
                               struct found *found)
{
    static const char prefix[] = "/.well-known/cmp";
    struct span target = in->head->target, path, segment;

    if (!target_is_well_known(target))
        return quote(in, found, "", target);
    path.ptr = memmem(target.ptr, target.len, prefix, sizeof(prefix) - 1);
    path.ptr += sizeof(prefix) - 1;
    path.len = target.len - (size_t)(path.ptr - target.ptr);
    segment_next(&path);
    segment = segment_next(&path);
    if (span_is_equal(segment, SPAN_LIT("p"))) {
        if (segment_next(&path).len == 0)
            return quote(in, found, "", target);
        segment = segment_next(&path);
    }
    if ((segment.len > 0 && !is_operation(segment)) ||
        segment_next(&path).len > 0)
        return quote(in, found, "", target);
    return VERDICT_HOLDS;
}

static enum verdict check_host(const struct http_judged *in,
                               struct found *found)
{
    if (in->head->minor == 0 || !span_is_absent(in->head->host))
        return VERDICT_HOLDS;
    return broken(in, found, "no Host");
}

/* What people send in place of DER. */
static const char *form_of(struct span body)
{
    switch (form_find(body)) {
    case FORM_PEM:
        return "PEM";
    case FORM_HEX:
        return "hexadecimal";
    case FORM_BASE64:
        return "base64";
    case FORM_NONE:
    case FORM_DER:
    case FORM_CAPTURE:
        break;
    }
    return NULL;
}

static enum verdict check_message(const struct http_judged *in,
                                  struct found *found)
{
    struct span body = in->seen->http->body;
    size_t len = element_len(body);
    const char *form;

    if (!in->seen->http->is_whole || !text_is(in->head->method, "POST"))
        return VERDICT_CANNOT_TELL;
    if (body.len == 0)
        return broken(in, found, "no body");
    form = form_of(body);
    if (form != NULL)
        return broken(in, found, "%zu bytes of %s", body.len, form);
    if (len != 0 && len < body.len && body.len - len > 6 &&
        looks_like_message(span_of(body.ptr + len, body.len - len)))
        return broken(in, found, "another message behind byte %zu", len);
    return VERDICT_HOLDS;
}

/* --- both ways --- */

static enum verdict check_version(const struct http_judged *in,
                                  struct found *found)
{
    return in->head->minor <= 1
               ? VERDICT_HOLDS
               : broken(in, found, "HTTP/1.%u", in->head->minor);
}

static enum verdict check_head(const struct http_judged *in,
                               struct found *found)
{
    return in->head->odd == NULL ? VERDICT_HOLDS
                                 : broken(in, found, "%s", in->head->odd);
}

static enum verdict check_length(const struct http_judged *in,
                                 struct found *found)
{
    const struct http_head_seen *h = in->head;

    if (h->num_lengths > 1)
        return broken(in, found, "%zu lengths that differ", h->num_lengths);
    if (h->is_chunked && h->has_length)
        return broken(in, found, "Content-Length and chunked");
    if (h->is_chunked && h->minor == 0)
        return broken(in, found, "chunked in HTTP/1.0");
    if (text_is(h->method, "POST") && !h->is_chunked && !h->has_length)
        return broken(in, found, "neither Content-Length nor chunked");
    return VERDICT_HOLDS;
}

static enum verdict check_whole(const struct http_judged *in,
                                struct found *found)
{
    const struct http_seen *http = in->seen->http;

    if (http->is_whole)
        return VERDICT_HOLDS;
    if (in->seen->problem != NULL)
        return VERDICT_CANNOT_TELL;
    if (in->head->framing == HTTP_BY_LENGTH)
        return broken(in, found, "%zu bytes of %llu, then the end",
                      http->body.len, (unsigned long long)in->head->length);
    return broken(in, found, "%zu bytes, then the connection breaks off",
                  http->body.len);
}

static enum verdict check_coding(const struct http_judged *in,
                                 struct found *found)
{
    return span_is_absent(in->head->coding)
               ? VERDICT_HOLDS
               : quote(in, found, "coded as ", in->head->coding);
}

static enum verdict check_type(const struct http_judged *in,
                               struct found *found)
{
    /* without a message there is nothing that the type is about */
    if (span_is_absent(in->seen->der) || type_is_cmp(in->head->type))
        return VERDICT_HOLDS;
    if (span_is_absent(in->head->type))
        return broken(in, found, "no Content-Type");
    return quote(in, found, "Content-Type: ", in->head->type);
}

static enum verdict check_type_registered(const struct http_judged *in,
                                          struct found *found)
{
    if (!type_is_cmp(in->head->type) || type_is_pkixcmp(in->head->type))
        return VERDICT_HOLDS;
    return quote(in, found, "Content-Type: ", in->head->type);
}

static enum verdict check_way(const struct http_judged *in, struct found *found)
{
    uint32_t wrong =
        in->seen->way == SEEN_REQUEST ? ANSWERING : ASKING | ANNOUNCING;

    if (in->body == CMP_BODY_NUM)
        return VERDICT_CANNOT_TELL;
    if (!is_one_of(in->body, wrong))
        return VERDICT_HOLDS;
    return broken(in, found, "%s", cmp_body_name(in->body));
}

/* --- answers --- */

static enum verdict check_answered(const struct http_judged *in,
                                   struct found *found)
{
    if (in->head != NULL)
        return VERDICT_HOLDS;
    if (in->seen->problem != NULL)
        return VERDICT_CANNOT_TELL;
    return broken(in, found, "the connection ends without a response");
}

static bool has_message(const struct http_judged *in)
{
    return !span_is_absent(in->seen->der);
}

static enum verdict check_redirect(const struct http_judged *in,
                                   struct found *found)
{
    char text[80];

    if (in->head->status / 100 != 3)
        return VERDICT_HOLDS;
    text_plain(in->head->goes_to, text, sizeof(text));
    return broken(in, found, "status %u%s%s", in->head->status,
                  text[0] != '\0' ? " to " : "", text);
}

static enum verdict check_taken(const struct http_judged *in,
                                struct found *found)
{
    if (in->head->status < 400 || has_message(in))
        return VERDICT_HOLDS;
    return broken(in, found, "status %u", in->head->status);
}

static enum verdict check_status(const struct http_judged *in,
                                 struct found *found)
{
    if (!has_message(in) || in->head->status / 100 != 2 ||
        in->head->status == 200)
        return VERDICT_HOLDS;
    return broken(in, found, "status %u with a PKIMessage", in->head->status);
}

static enum verdict check_holds_message(const struct http_judged *in,
                                        struct found *found)
{
    char type[64];

    if (has_message(in) || in->head->status / 100 != 2)
        return VERDICT_HOLDS;
    /* to a GET, anything may be the answer */
    if (in->seen->problem != NULL || span_is_absent(in->seen->http->asked))
        return VERDICT_CANNOT_TELL;
    text_plain(in->head->type, type, sizeof(type));
    return broken(in, found, "status %u, %zu bytes of %s", in->head->status,
                  in->seen->http->body.len,
                  type[0] != '\0' ? type : "no media type");
}

static enum verdict check_announced(const struct http_judged *in,
                                    struct found *found)
{
    unsigned status = in->head->status;
    bool is_empty = in->seen->http->body.len == 0;

    if (((status == 201 || status == 202) && is_empty) || status >= 400)
        return VERDICT_HOLDS;
    return broken(in, found, "status %u, %zu bytes", status,
                  in->seen->http->body.len);
}

/* What a row is about: a mask. */
enum about {
    OF_REQUEST = 1,
    OF_ANSWER = 2,          /* to what is no announcement, or not known */
    OF_ACKNOWLEDGEMENT = 4, /* of an announcement */
    OF_NOTHING = 8,         /* the answer that is not there */
    OF_RESPONSE = OF_ANSWER | OF_ACKNOWLEDGEMENT,
    OF_BOTH = OF_REQUEST | OF_RESPONSE
};

static const struct {
    enum rule_id rule;
    unsigned about;
    enum verdict (*check)(const struct http_judged *in, struct found *found);
} rows[] = {
    { RULE_HTTP_METHOD_IS_POST, OF_REQUEST, check_method },
    { RULE_HTTP_PATH_IS_WELL_KNOWN, OF_REQUEST, check_path },
    { RULE_HTTP_VERSION_IS_KNOWN, OF_BOTH, check_version },
    { RULE_HTTP_HOST_IS_THERE, OF_REQUEST, check_host },
    { RULE_HTTP_HEAD_IS_WELL_MADE, OF_BOTH, check_head },
    { RULE_HTTP_LENGTH_IS_CLEAR, OF_BOTH, check_length },
    { RULE_HTTP_BODY_IS_WHOLE, OF_BOTH, check_whole },
    { RULE_HTTP_BODY_IS_NOT_CODED, OF_BOTH, check_coding },
    { RULE_HTTP_TYPE_IS_PKIXCMP, OF_BOTH, check_type },
    { RULE_HTTP_TYPE_IS_REGISTERED, OF_BOTH, check_type_registered },
    { RULE_HTTP_BODY_IS_MESSAGE, OF_REQUEST, check_message },
    { RULE_HTTP_WAY_FITS_BODY, OF_REQUEST | OF_ANSWER, check_way },
    { RULE_HTTP_REQUEST_IS_ANSWERED, OF_RESPONSE | OF_NOTHING, check_answered },
    { RULE_HTTP_NOT_REDIRECTED, OF_RESPONSE, check_redirect },
    { RULE_HTTP_REQUEST_IS_TAKEN, OF_RESPONSE, check_taken },
    { RULE_HTTP_STATUS_IS_200, OF_ANSWER, check_status },
    { RULE_HTTP_ANSWER_HOLDS_MESSAGE, OF_ANSWER, check_holds_message },
    { RULE_HTTP_ANNOUNCEMENT_IS_TAKEN, OF_ACKNOWLEDGEMENT, check_announced },
};

static unsigned about_of(const struct http_judged *in)
{
    if (in->seen->way == SEEN_REQUEST)
        return OF_REQUEST;
    if (in->head == NULL)
        return OF_NOTHING;
    return is_one_of(in->asked, ANNOUNCING) ? OF_ACKNOWLEDGEMENT : OF_ANSWER;
}

void http_check(const struct seen *seen, http_each *each, void *arg)
{
    const struct http_seen *http = seen->http;
    struct http_judged in = { .seen = seen,
                              .body = CMP_BODY_NUM,
                              .asked = CMP_BODY_NUM };

    if (http == NULL)
        return;
    in.head = seen->way == SEEN_REQUEST ? http->request : http->response;
    if (!span_is_absent(seen->der))
        in.body = body_of(seen->der);
    if (!span_is_absent(http->asked))
        in.asked = body_of(http->asked);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct found found = { "", "" };
        enum verdict verdict;

        if ((rows[i].about & about_of(&in)) == 0)
            continue;
        verdict = rows[i].check(&in, &found);
        each(arg, rows[i].rule, verdict, &found);
    }
}
