#include "store/sqlite.h"

void chain_forget(struct sqlite_store *s)
{
    s->chain = (struct chain){ .is_known = false };
}

/* The file has the end of each node's chain. */
static enum err load(struct sqlite_store *s, struct fault *f)
{
    struct chain c = { .is_known = true };
    AUTO(query) q = NULL;
    struct span digest;
    bool row;

    TRY(word_get(s->writer, span_str(s->base.node), &c.node, f));
    TRY(query_open(s->writer, SQL_FIND_HEAD, &q, f));
    query_int(q, 1, c.node);
    TRY(query_step(q, &row, f));
    if (row) {
        digest = query_get_bytes(q, 0);
        if (digest.len != sizeof(c.digest))
            return fault_set(f, ERR_STORE,
                             "store %s: the audit trail's end is damaged",
                             s->at.file);
        memcpy(c.digest, digest.ptr, sizeof(c.digest));
    }
    s->chain = c;
    return ERR_OK;
}

enum err chain_extend(struct sqlite_store *s, struct span entry,
                      struct span *digest, struct fault *f)
{
    struct chain *c = &s->chain;
    uint8_t next[STORE_DIGEST_LEN];

    if (!c->is_known)
        TRY(load(s, f));
    s->base.hash(SPAN_OF(c->digest), entry, next);
    memcpy(c->digest, next, sizeof(next));
    c->is_longer = true;
    *digest = SPAN_OF(c->digest);
    return ERR_OK;
}

enum err chain_save(struct sqlite_store *s, struct fault *f)
{
    struct chain *c = &s->chain;
    AUTO(query) q = NULL;
    int64_t changed;

    if (!c->is_longer)
        return ERR_OK;
    TRY(query_open(s->writer, SQL_SET_HEAD, &q, f));
    query_int(q, 1, c->node);
    query_int(q, 2, c->last);
    query_bytes(q, 3, SPAN_OF(c->digest));
    TRY(query_run(q, &changed, f));
    c->is_longer = false;
    return ERR_OK;
}
