/*
 * What a refusal says, for who keeps the station: bits, texts, and what to try.
 */
#include <stdio.h>

#include "txn/client_refusal.h"

/* Of one text no more is told: there may be several. */
#define TEXT_MAX 240

/* How our servers begin the text that has the cure. */
#define TRY_WORD "try: "

/* What to try where the server does not say: by what the bits mean for who
 * sent a request (RFC 9810, 5.2.3; RFC 9483, 3.6.4). */
static const char *const cures[] = {
    [FI_BAD_ALG] = "another algorithm or a longer key",
    [FI_BAD_MESSAGE_CHECK] = "check the key and the certificate, or the "
                             "secret and its reference, that protect",
    [FI_BAD_REQUEST] = "check that the server's path serves this request",
    [FI_BAD_TIME] = "set the station's clock",
    [FI_BAD_CERT_ID] = "ask the operator which certificate it knows",
    [FI_BAD_DATA_FORMAT] = "have the request looked at: the server cannot "
                           "read it",
    [FI_WRONG_AUTHORITY] = "the URL or the recipient of another authority",
    [FI_INCORRECT_DATA] = "have the request looked at",
    [FI_MISSING_TIME_STAMP] = "have the request looked at",
    [FI_BAD_POP] = "another key pair",
    [FI_CERT_REVOKED] = "enroll anew, if the operator agrees",
    [FI_CERT_CONFIRMED] = "go on: the certificate is confirmed",
    [FI_WRONG_INTEGRITY] = "the other kind of protection: certificate or "
                           "shared secret",
    [FI_BAD_RECIPIENT_NONCE] = "begin anew",
    [FI_TIME_NOT_AVAILABLE] = "again later",
    [FI_UNACCEPTED_POLICY] = "without policies, or ask the operator",
    [FI_UNACCEPTED_EXTENSION] = "without the extensions asked for",
    [FI_ADD_INFO_NOT_AVAILABLE] = "ask the operator: the server does not have "
                                  "it",
    [FI_BAD_SENDER_NONCE] = "begin anew",
    [FI_BAD_CERT_TEMPLATE] = "without a name or extensions of the station's "
                             "choice",
    [FI_SIGNER_NOT_TRUSTED] = "ask the operator to trust the vendor's root, "
                              "and send the whole chain",
    [FI_TRANSACTION_ID_IN_USE] = "begin anew",
    [FI_UNSUPPORTED_VERSION] = "pvno 2",
    [FI_NOT_AUTHORIZED] = "ask the operator to let this station in",
    [FI_SYSTEM_UNAVAIL] = "again later",
    [FI_SYSTEM_FAILURE] = "again later, and tell the operator",
    [FI_DUPLICATE_CERT_REQ] = "begin anew",
};

static bool has_bit(const struct pki_status_info *status, unsigned bit)
{
    return status->has_fail_info && (status->fail_info & (1u << bit)) != 0;
}

/* A text that grows up to its size. */
struct growing {
    char *text;
    size_t size, at;
};

static void add(struct growing *g, const char *before, struct span s)
{
    size_t len = s.len < TEXT_MAX ? s.len : TEXT_MAX;

    if (g->at < g->size)
        g->at += (size_t)snprintf(g->text + g->at, g->size - g->at, "%s%.*s",
                                  before, (int)len, (const char *)s.ptr);
}

static bool is_cure(struct span text)
{
    struct span word = SPAN_LIT(TRY_WORD);

    return text.len >= word.len && memcmp(text.ptr, word.ptr, word.len) == 0;
}

/* It goes to a terminal, and the server may write what it likes. */
static void be_plain(char *text)
{
    for (; *text != '\0'; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            *text = '?';
}

void refusal_tell(const struct pki_status_info *status, const char *body,
                  struct fault *why)
{
    char text[sizeof(why->text)] = "";
    struct growing g = { text, sizeof(text), 0 };
    const char *cure = NULL, *before = "refused in ";
    bool is_told = false;

    add(&g, before, span_str(body));
    before = ": ";
    for (unsigned bit = 0; bit <= FI_DUPLICATE_CERT_REQ; bit++) {
        if (!has_bit(status, bit))
            continue;
        add(&g, before, span_str(fail_info_name((enum fail_info)bit)));
        before = ", ";
        if (cure == NULL)
            cure = cures[bit];
    }
    for (size_t i = 0; i < status->status_string.num; i++) {
        struct span s = status->status_string.list[i];

        is_told = is_told || is_cure(s);
        add(&g, i == 0 ? ": " : "; ", s);
    }
    if (!is_told && cure != NULL)
        add(&g, "; " TRY_WORD, span_str(cure));
    be_plain(text);
    fault_set(why, ERR_REFUSED, "%s", text);
    rule_name(why, RULE_REPLY_GRANTS);
}
