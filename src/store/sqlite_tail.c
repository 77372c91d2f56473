/*
 * Ends of replies, stored once however many replies share them.
 */
#include <sqlite3.h>
#include <stdlib.h>

#include "store/sqlite.h"

void sqlite_forget_tails(struct sqlite_store *s)
{
    while (s->num_tails > 0)
        free((void *)(uintptr_t)s->tails[--s->num_tails].bytes.ptr);
}

/* Keeps a tail in mind; one that finds no room is looked up again. */
static void tail_keep(struct sqlite_store *s, int64_t id, struct span bytes)
{
    uint8_t *copy = malloc(bytes.len + 1);

    if (copy == NULL)
        return;
    if (s->num_tails == TAILS_KEPT)
        sqlite_forget_tails(s);
    if (bytes.len > 0)
        memcpy(copy, bytes.ptr, bytes.len);
    s->tails[s->num_tails++] = (struct tail){ id, span_of(copy, bytes.len) };
}

static enum err tail_find(struct sqlite_store *s, struct span digest,
                          int64_t *id, struct fault *f)
{
    AUTO(query) q = NULL;
    bool row;

    TRY(query_open(s->writer, SQL_FIND_TAIL, &q, f));
    query_bytes(q, 1, digest);
    TRY(query_step(q, &row, f));
    if (!row)
        return ERR_NOT_FOUND;
    *id = query_get_int(q, 0);
    return ERR_OK;
}

static enum err tail_add(struct sqlite_store *s, struct span digest,
                         struct span bytes, int64_t *id, struct fault *f)
{
    AUTO(query) q = NULL;
    int64_t changed;

    TRY(query_open(s->writer, SQL_ADD_TAIL, &q, f));
    query_bytes(q, 1, digest);
    query_bytes(q, 2, bytes);
    TRY(query_run(q, &changed, f));
    *id = sqlite3_last_insert_rowid(s->writer->db);
    return ERR_OK;
}

enum err sqlite_get_tail(struct sqlite_store *s, struct span bytes, int64_t *id,
                         struct fault *f)
{
    uint8_t digest[STORE_DIGEST_LEN];
    enum err e;

    for (size_t i = 0; i < s->num_tails; i++) {
        if (span_is_equal(s->tails[i].bytes, bytes)) {
            *id = s->tails[i].id;
            return ERR_OK;
        }
    }
    s->base.hash(bytes, SPAN_NONE, digest);
    e = tail_find(s, SPAN_OF(digest), id, f);
    if (e == ERR_NOT_FOUND)
        e = tail_add(s, SPAN_OF(digest), bytes, id, f);
    TRY(e);
    tail_keep(s, *id, bytes);
    return ERR_OK;
}
