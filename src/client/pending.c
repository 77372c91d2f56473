#include "client/internal.h"

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
};

static void put_proof(struct buf *b, const struct client *c)
{
    if (c->proof != CLIENT_PROOF_SIGNATURE)
        buf_printf(b, "proof: %s\nanswered: %d\npvno: %d\n", proofs[c->proof],
                   c->has_answered, c->is_v3 ? 3 : 2);
}

static void put_all(struct buf *b, const struct pending *p)
{
    const struct client *c = &p->machine;

    buf_printf(b, "version: 5\nrequest: %s\nstate: %s\naccepts: %d\n",
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
    buf_add_str(b, "\n");
    if (p->key != NULL)
        buf_add(b, secret_span(p->key));
    put_block(b, LABEL_MESSAGE, p->message);
    put_block(b, LABEL_CERT, p->cert);
    for (size_t i = 0; i < p->chain.num; i++)
        put_block(b, LABEL_CHAIN, p->chain.list[i]);
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

    /* 2 is 5 without polling, secrets and proofs; 3 without the two, 4 without
     * the last. */
    if (version < 2 || version > 5 || request == NULL ||
        !find_state(line_find(text, "state", a), &c->state))
        return false;
    for (size_t i = 0; i < NUM(requests); i++)
        if (strcmp(cmp_body_name(requests[i]), request) == 0)
            c->request = requests[i];
    c->accepts = line_number(text, "accepts", a) == 1;
    c->deadline = line_number(text, "deadline", a);
    return (c->state == CLIENT_REQUEST_SENT ||
            c->state == CLIENT_CONFIRM_SENT) &&
           line_hex(text, "transaction", c->transaction_id,
                    sizeof(c->transaction_id), a) &&
           line_hex(text, "nonce", c->nonce, sizeof(c->nonce), a) &&
           line_hex(text, "signer", c->signer, sizeof(c->signer), a) &&
           read_poll(text, c, a) && read_proof(text, c, a);
}

static bool read_blocks(struct span text, struct pending *p, struct arena *a)
{
    struct span *chain = arena_array(a, LIMIT_PATH_CERTS, sizeof(*chain));
    struct span *signer = arena_array(a, LIMIT_PATH_CERTS, sizeof(*signer));
    struct span label, der;
    size_t added = 0;
    enum err e;

    if (chain == NULL || signer == NULL)
        return false;
    p->chain.list = chain;
    p->signer.list = signer;
    for (;;) {
        e = pem_next(&text, a, &label, &der);
        if (e != ERR_OK)
            break;
        if (span_is_equal(label, SPAN_LIT(LABEL_MESSAGE)))
            p->message = der;
        else if (span_is_equal(label, SPAN_LIT(LABEL_CERT)))
            p->cert = der;
        else if (span_is_equal(label, SPAN_LIT(LABEL_ROOT)))
            p->root = der;
        else if (span_is_equal(label, SPAN_LIT(LABEL_SIGNER)) &&
                 p->signer.num < LIMIT_PATH_CERTS)
            signer[p->signer.num++] = der;
        else if (span_is_equal(label, SPAN_LIT(LABEL_CHAIN)) &&
                 p->chain.num < LIMIT_PATH_CERTS)
            chain[p->chain.num++] = der;
        else if (span_is_equal(label, SPAN_LIT(LABEL_ADDED)) &&
                 added < p->added.num)
            p->added.list[added++].der = der;
    }
    return e == ERR_NOT_FOUND && added == p->added.num &&
           !span_is_absent(p->message);
}

/* The file in its three parts: lines, the key's PEM, other PEM. */
static bool read_all(struct span text, struct pending *p, struct arena *a)
{
    struct span lines;
    const uint8_t *blank = memmem(text.ptr, text.len, "\n\n", 2);
    const uint8_t *key, *key_end;
    size_t end_len = sizeof(LABEL_KEY_END) - 1;

    if (blank == NULL)
        return false;
    key = blank + 2;
    key_end = memmem(key, (size_t)(text.ptr + text.len - key), LABEL_KEY_END,
                     end_len);
    key_end = key_end == NULL ? key : key_end + end_len;
    lines = span_of(text.ptr, (size_t)(key - text.ptr));
    p->secret_path = line_find(lines, "secret", a);
    p->source = root_source_read(text, a);
    if (p->source == SOURCE_NUM || !added_read(text, &p->added, a) ||
        !read_machine(lines, &p->machine, a) ||
        !read_blocks(span_of(key_end, (size_t)(text.ptr + text.len - key_end)),
                     p, a))
        return false;
    p->machine.is_mac = p->secret_path != NULL;
    if (key_end == key) /* an rr brings no new key */
        return p->machine.request == CMP_RR;
    p->key = secret_new(span_of(key, (size_t)(key_end - key)));
    return p->key != NULL;
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
    secret_free(p->key);
    *p = (struct pending){ 0 };
}
