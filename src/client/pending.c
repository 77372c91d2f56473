#include <stdio.h>

#include "client/internal.h"

#define LABEL_SIZE 40

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define LABEL_KEY_END "-----END PRIVATE KEY-----\n"
#define LABEL_MESSAGE "CMP MESSAGE"
#define LABEL_CERT "CERTIFICATE"
#define LABEL_CHAIN "CHAIN CERTIFICATE"
#define LABEL_ROOT "ROOT CERTIFICATE"
#define LABEL_SIGNER "SIGNER CERTIFICATE"
#define LABEL_ADDED "ADDED CERTIFICATE"

static void put_hex(struct buf *b, const char *key, const uint8_t *bytes,
                    size_t len)
{
    char text[2 * LIMIT_ID_LEN + 1];

    hex_format(span_of(bytes, len), text, sizeof(text));
    buf_printf(b, "%s: %s\n", key, text);
}

static void put_block(struct buf *b, const char *label, struct span der)
{
    if (!span_is_absent(der))
        pem_format(label, der, b);
}

static void put_poll(struct buf *b, const struct client *c)
{
    if (c->poll == CLIENT_POLL_NONE)
        return;
    buf_printf(b, "poll: %s\npoll-id: %lld\n", client_poll_name(c->poll),
               (long long)c->poll_id);
    buf_printf(b, "poll-since: %lld\npoll-at: %lld\n", (long long)c->poll_since,
               (long long)c->poll_at);
    put_hex(b, "first-nonce", c->first_nonce, sizeof(c->first_nonce));
    buf_printf(b, "peer-nonce-octets: %zu\n", c->peer_nonce_len);
    put_hex(b, "peer-nonce", c->peer_nonce, c->peer_nonce_len);
}

static const char *const proofs[] = {
    [CLIENT_PROOF_SIGNATURE] = "signature",
    [CLIENT_PROOF_CHALLENGE] = "challenge",
    [CLIENT_PROOF_CERTIFICATE] = "certificate",
    [CLIENT_PROOF_MAC] = "mac",
    [CLIENT_PROOF_NONE] = "none",
};

static void put_proof(struct buf *b, const struct client *c)
{
    if (c->proof != CLIENT_PROOF_SIGNATURE)
        buf_printf(b, "proof: %s\nanswered: %d\npvno: %d\n", proofs[c->proof],
                   c->has_answered, c->is_v3 ? 3 : 2);
}

/* The station's own is not told of, as it was before there were others. */
static void put_asked(struct buf *b, const struct pending *p)
{
    buf_printf(b, "asked: %zu\nopen: %u\n", p->num_asked, p->machine.open);
    for (size_t i = 1; i < p->num_asked; i++) {
        buf_printf(b, "also-%zu: %s\n", i, p->asked[i].dir);
        if (p->asked[i].subject != NULL)
            buf_printf(b, "also-%zu-subject: %s\n", i, p->asked[i].subject);
    }
}

/* "CERTIFICATE" of the station's own, "CERTIFICATE 1" of the next. */
static void put_numbered(struct buf *b, const char *label, size_t at,
                         struct span der)
{
    char text[LABEL_SIZE];

    if (at == 0)
        snprintf(text, sizeof(text), "%s", label);
    else
        snprintf(text, sizeof(text), "%s %zu", label, at);
    put_block(b, text, der);
}

/* The root of the station's own is the transaction's. */
static void put_cert(struct buf *b, const struct asked *one, size_t at)
{
    put_numbered(b, LABEL_CERT, at, one->cert);
    for (size_t i = 0; i < one->chain.num; i++)
        put_numbered(b, LABEL_CHAIN, at, one->chain.list[i]);
    if (at > 0)
        put_numbered(b, LABEL_ROOT, at, one->root);
}

static void put_all(struct buf *b, const struct pending *p)
{
    const struct client *c = &p->machine;

    buf_printf(b, "version: 6\nrequest: %s\nstate: %s\naccepts: %u\n",
               cmp_body_name(c->request), client_state_name(c->state),
               c->accepts);
    buf_printf(b, "deadline: %lld\nroot: %s\n", (long long)c->deadline,
               root_source_name(p->source));
    added_put(b, &p->added);
    put_hex(b, "transaction", c->transaction_id, sizeof(c->transaction_id));
    put_hex(b, "nonce", c->nonce, sizeof(c->nonce));
    put_hex(b, "signer", c->signer, sizeof(c->signer));
    put_poll(b, c);
    put_proof(b, c);
    if (c->is_mac)
        buf_printf(b, "secret: %s\n", p->secret_path);
    if (p->num_asked > 1)
        put_asked(b, p);
    buf_add_str(b, "\n");
    for (size_t i = 0; i < p->num_asked; i++)
        if (p->asked[i].key != NULL)
            buf_add(b, secret_span(p->asked[i].key));
    put_block(b, LABEL_MESSAGE, p->message);
    for (size_t i = 0; i < p->num_asked; i++)
        put_cert(b, &p->asked[i], i);
    put_block(b, LABEL_ROOT, p->root);
    for (size_t i = 0; i < p->signer.num; i++)
        put_block(b, LABEL_SIGNER, p->signer.list[i]);
    for (size_t i = 0; i < p->added.num; i++)
        put_block(b, LABEL_ADDED, p->added.list[i].der);
}

enum err pending_save(const char *dir, const struct pending *p, struct arena *a,
                      struct fault *f)
{
    struct buf text;
    enum err e;

    buf_init(&text, LIMIT_FILE_LEN);
    put_all(&text, p);
    e = buf_save(path_join(dir, "pending", a), &text, f);
    buf_wipe(&text);
    return e;
}

static bool find_state(const char *name, enum client_state *out)
{
    for (enum client_state s = CLIENT_IDLE; s < CLIENT_STATE_NUM; s++) {
        if (name != NULL && strcmp(client_state_name(s), name) == 0) {
            *out = s;
            return true;
        }
    }
    return false;
}

/* Without these lines nothing is waited for. */
static bool read_poll(struct span text, struct client *c, struct arena *a)
{
    const char *name = line_find(text, "poll", a);
    int64_t len = line_number(text, "peer-nonce-octets", a);

    if (name == NULL)
        return true;
    c->poll = strcmp(name, client_poll_name(CLIENT_POLL_DUE)) == 0
                  ? CLIENT_POLL_DUE
                  : CLIENT_POLL_SENT;
    c->poll_id = line_number(text, "poll-id", a);
    c->poll_since = line_number(text, "poll-since", a);
    c->poll_at = line_number(text, "poll-at", a);
    if (strcmp(name, client_poll_name(c->poll)) != 0 || len < CLIENT_ID_LEN ||
        len > LIMIT_ID_LEN)
        return false;
    c->peer_nonce_len = (size_t)len;
    return line_hex(text, "first-nonce", c->first_nonce, sizeof(c->first_nonce),
                    a) &&
           line_hex(text, "peer-nonce", c->peer_nonce, c->peer_nonce_len, a);
}

/* Without these lines it is by signature. */
static bool read_proof(struct span text, struct client *c, struct arena *a)
{
    const char *name = line_find(text, "proof", a);

    if (name == NULL)
        return true;
    c->has_answered = line_number(text, "answered", a) == 1;
    c->is_v3 = line_number(text, "pvno", a) == 3;
    for (size_t i = 0; i < NUM(proofs); i++) {
        if (strcmp(name, proofs[i]) != 0)
            continue;
        c->proof = (enum client_proof)i;
        return true;
    }
    return false;
}

static bool read_machine(struct span text, struct client *c, struct arena *a)
{
    const char *request = line_find(text, "request", a);

    static const enum cmp_body_type requests[] = { CMP_IR, CMP_CR, CMP_P10CR,
                                                   CMP_RR, CMP_KUR };
    int64_t version = line_number(text, "version", a);

    /* 2 is 6 without polling, secrets, proofs and several certificates; 3
     * without the last three, 4 without two, 5 without one. */
    if (version < 2 || version > 6 || request == NULL ||
        !find_state(line_find(text, "state", a), &c->state))
        return false;
    for (size_t i = 0; i < NUM(requests); i++)
        if (strcmp(cmp_body_name(requests[i]), request) == 0)
            c->request = requests[i];
    c->accepts = (uint32_t)line_number(text, "accepts", a);
    c->deadline = line_number(text, "deadline", a);
    return (c->state == CLIENT_REQUEST_SENT ||
            c->state == CLIENT_CONFIRM_SENT) &&
           line_hex(text, "transaction", c->transaction_id,
                    sizeof(c->transaction_id), a) &&
           line_hex(text, "nonce", c->nonce, sizeof(c->nonce), a) &&
           line_hex(text, "signer", c->signer, sizeof(c->signer), a) &&
           read_poll(text, c, a) && read_proof(text, c, a);
}

/* What is asked for; without these lines one certificate, or none by an rr. */
static bool read_asked(struct span lines, struct pending *p, struct arena *a)
{
    int64_t num = line_number(lines, "asked", a);

    p->num_asked = p->machine.request == CMP_RR ? 0 : 1;
    p->machine.open = 1;
    if (num == 0)
        return true;
    if (num < 2 || num > CLIENT_MAX_ASKED || p->num_asked == 0)
        return false;
    p->num_asked = (size_t)num;
    p->machine.num_also = p->num_asked - 1;
    p->machine.open = (uint32_t)line_number(lines, "open", a);
    for (size_t i = 1; i < p->num_asked; i++) {
        const char *dir = arena_printf(a, "also-%zu", i);
        const char *subject = arena_printf(a, "also-%zu-subject", i);

        if (dir == NULL || subject == NULL)
            return false;
        p->asked[i].dir = line_find(lines, dir, a);
        p->asked[i].subject = line_find(lines, subject, a);
        if (p->asked[i].dir == NULL)
            return false;
    }
    return (p->machine.accepts | p->machine.open) < (1u << p->num_asked);
}

static bool add_block(struct cert_list *list, struct span der, struct arena *a)
{
    struct span *room = (struct span *)(uintptr_t)list->list;

    if (room == NULL) {
        room = arena_array(a, LIMIT_PATH_CERTS, sizeof(*room));
        if (room == NULL)
            return false;
        list->list = room;
    }
    if (list->num == LIMIT_PATH_CERTS)
        return false;
    room[list->num++] = der;
    return true;
}

/* True for "LABEL" where `at` is 0, else for "LABEL at". */
static bool is_label(struct span label, const char *wanted, size_t at)
{
    char text[LABEL_SIZE];

    if (at == 0)
        snprintf(text, sizeof(text), "%s", wanted);
    else
        snprintf(text, sizeof(text), "%s %zu", wanted, at);
    return span_is_equal(label, span_str(text));
}

static bool read_cert(struct pending *p, struct span label, struct span der,
                      struct arena *a)
{
    for (size_t i = 0; i < p->num_asked; i++) {
        struct asked *one = &p->asked[i];

        if (is_label(label, LABEL_CERT, i))
            one->cert = der;
        else if (is_label(label, LABEL_CHAIN, i))
            return add_block(&one->chain, der, a);
        else if (i > 0 && is_label(label, LABEL_ROOT, i))
            one->root = der;
    }
    return true;
}

static bool read_blocks(struct span text, struct pending *p, struct arena *a)
{
    struct span label, der;
    size_t added = 0;
    bool is_good = true;
    enum err e = ERR_OK;

    while (is_good) {
        e = pem_next(&text, a, &label, &der);
        if (e != ERR_OK)
            break;
        if (span_is_equal(label, SPAN_LIT(LABEL_MESSAGE)))
            p->message = der;
        else if (span_is_equal(label, SPAN_LIT(LABEL_ROOT)))
            p->root = p->asked[0].root = der;
        else if (span_is_equal(label, SPAN_LIT(LABEL_SIGNER)))
            is_good = add_block(&p->signer, der, a);
        else if (span_is_equal(label, SPAN_LIT(LABEL_ADDED)) &&
                 added < p->added.num)
            p->added.list[added++].der = der;
        else
            is_good = read_cert(p, label, der, a);
    }
    return is_good && e == ERR_NOT_FOUND && added == p->added.num &&
           !span_is_absent(p->message);
}

/* One that the server makes comes with the certificate that is accepted. */
static bool is_to_come(const struct client *c)
{
    return c->proof == CLIENT_PROOF_NONE && c->accepts == 0;
}

/* The keys, each where the one before ends; NULL: not so. */
static const uint8_t *read_keys(const uint8_t *at, const uint8_t *end,
                                struct pending *p)
{
    size_t end_len = sizeof(LABEL_KEY_END) - 1;

    for (size_t i = 0; i < p->num_asked && !is_to_come(&p->machine); i++) {
        const uint8_t *stop =
            memmem(at, (size_t)(end - at), LABEL_KEY_END, end_len);

        if (stop == NULL)
            return NULL;
        stop += end_len;
        p->asked[i].key = secret_new(span_of(at, (size_t)(stop - at)));
        if (p->asked[i].key == NULL)
            return NULL;
        at = stop;
    }
    return at;
}

/* The file in its three parts: lines, the keys' PEM, other PEM. */
static bool read_all(struct span text, struct pending *p, struct arena *a)
{
    const uint8_t *blank = memmem(text.ptr, text.len, "\n\n", 2);
    const uint8_t *end = text.ptr + text.len, *at;
    struct span lines;

    if (blank == NULL)
        return false;
    lines = span_of(text.ptr, (size_t)(blank + 2 - text.ptr));
    p->secret_path = line_find(lines, "secret", a);
    p->source = root_source_read(lines, a);
    if (p->source == SOURCE_NUM || !added_read(lines, &p->added, a) ||
        !read_machine(lines, &p->machine, a) || !read_asked(lines, p, a))
        return false;
    p->machine.is_mac = p->secret_path != NULL;
    at = read_keys(blank + 2, end, p);
    return at != NULL && read_blocks(span_of(at, (size_t)(end - at)), p, a);
}

enum err pending_load(const char *dir, struct arena *a, struct pending *out,
                      struct fault *f)
{
    const char *path = path_join(dir, "pending", a);
    struct pending p = { 0 };
    struct secret *text;
    bool is_whole;

    if (path == NULL)
        return fault_set(f, ERR_NO_MEM, "pending");
    TRY(secret_load(path, &text, f));
    is_whole = read_all(secret_span(text), &p, a);
    secret_free(text);
    if (!is_whole)
        pending_done(&p);
    if (!is_whole)
        return fault_set(f, ERR_CONFIG,
                         "%s is damaged; remove it to start over", path);
    *out = p;
    return ERR_OK;
}

enum err pending_remove(const char *dir, struct arena *a, struct fault *f)
{
    const char *path = path_join(dir, "pending", a);

    if (path == NULL)
        return fault_set(f, ERR_NO_MEM, "pending");
    return file_remove(path, f);
}

void pending_done(struct pending *p)
{
    for (size_t i = 0; i < CLIENT_MAX_ASKED; i++)
        secret_free(p->asked[i].key);
    *p = (struct pending){ 0 };
}
