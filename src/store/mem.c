/*
 * The reference: tables are arrays of rows, a row's id is its place. Rows are
 * replaced, never changed, so that an undo list of old rows takes back what a
 * change or a batch did.
 */
#include "store/mem.h"

#include <stdlib.h>

static void rows_free(struct mem *m)
{
    for (enum table t = 0; t < TABLE_NUM; t++) {
        for (size_t i = 0; i < m->tables[t].num; i++)
            free(m->tables[t].rows[i]);
        free(m->tables[t].rows);
    }
}

static void mem_free(struct store *s)
{
    struct mem *m = mem_of(s);

    rows_free(m);
    free(m->undo);
    pthread_rwlock_destroy(&m->lock);
    free(m->base.node);
    free(m);
}

/* --- rows --- */

static size_t bytes_len(const struct shape *shape, const void *record)
{
    size_t len = 0;

    for (size_t i = 0; i < shape->num; i++) {
        if (field_is_span(&shape->fields[i]))
            len += field_get_span(&shape->fields[i], record).len;
    }
    return len;
}

/* A row holding a copy of the record, with its bytes behind it. */
static struct row *row_new(const struct shape *shape, const void *record)
{
    size_t len = bytes_len(shape, record);
    struct row *row = malloc(sizeof(*row) + len);
    struct span *bytes;
    uint8_t *at;

    if (row == NULL)
        return NULL;
    memcpy(&row->record, record, shape->size);
    at = row->bytes;
    for (size_t i = 0; i < shape->num; i++) {
        if (!field_is_span(&shape->fields[i]))
            continue;
        bytes = field_span(&shape->fields[i], &row->record);
        if (span_is_absent(*bytes))
            continue;
        if (bytes->len > 0)
            memcpy(at, bytes->ptr, bytes->len);
        bytes->ptr = at;
        at += bytes->len;
    }
    return row;
}

/* Makes room for one more in an array that doubles. */
static bool has_room(void **array, size_t num, size_t size)
{
    void *bigger;

    if ((num & (num - 1)) != 0)
        return true;
    bigger = realloc(*array, (num == 0 ? 1 : 2 * num) * size);
    if (bigger == NULL)
        return false;
    *array = bigger;
    return true;
}

static enum err note_undo(struct mem *m, enum table t, size_t at,
                          struct row *old)
{
    void *list = m->undo;

    if (!has_room(&list, m->num_undo, sizeof(*m->undo)))
        return ERR_NO_MEM;
    m->undo = list;
    m->undo[m->num_undo++] = (struct undo){ t, at, old };
    return ERR_OK;
}

enum err mem_replace(struct mem *m, enum table t, size_t at, const void *record)
{
    struct row **rows = m->tables[t].rows;
    struct row *row = NULL;

    if (record != NULL) {
        row = row_new(&shapes[t], record);
        if (row == NULL)
            return ERR_NO_MEM;
    }
    if (note_undo(m, t, at, rows[at]) != ERR_OK) {
        free(row);
        return ERR_NO_MEM;
    }
    rows[at] = row;
    return ERR_OK;
}

enum err mem_add(struct mem *m, enum table t, const void *record)
{
    struct mem_table *table = &m->tables[t];
    void *list = table->rows;
    struct row *row;

    if (!has_room(&list, table->num, sizeof(*table->rows)))
        return ERR_NO_MEM;
    table->rows = list;
    row = row_new(&shapes[t], record);
    if (row == NULL)
        return ERR_NO_MEM;
    if (note_undo(m, t, table->num, NULL) != ERR_OK) {
        free(row);
        return ERR_NO_MEM;
    }
    table->rows[table->num++] = row;
    return ERR_OK;
}

/* --- batches --- */

static enum err mem_begin(struct store *s, struct fault *f)
{
    (void)f;
    pthread_rwlock_wrlock(&mem_of(s)->lock);
    return ERR_OK;
}

static enum err mem_mark(struct store *s, struct fault *f)
{
    struct mem *m = mem_of(s);

    (void)f;
    m->marked = m->num_undo;
    return ERR_OK;
}

static enum err mem_keep(struct store *s, struct fault *f)
{
    (void)s;
    (void)f;
    return ERR_OK;
}

static void undo_to(struct mem *m, size_t mark)
{
    struct mem_table *table;
    struct undo *u;

    while (m->num_undo > mark) {
        u = &m->undo[--m->num_undo];
        table = &m->tables[u->table];
        free(table->rows[u->at]);
        table->rows[u->at] = u->old;
        if (u->old == NULL)
            table->num--;
    }
}

static enum err mem_undo(struct store *s, struct fault *f)
{
    (void)f;
    undo_to(mem_of(s), mem_of(s)->marked);
    return ERR_OK;
}

static enum err mem_commit(struct store *s, struct fault *f)
{
    struct mem *m = mem_of(s);

    (void)f;
    while (m->num_undo > 0)
        free(m->undo[--m->num_undo].old);
    pthread_rwlock_unlock(&m->lock);
    return ERR_OK;
}

static void mem_rollback(struct store *s)
{
    undo_to(mem_of(s), 0);
    pthread_rwlock_unlock(&mem_of(s)->lock);
}

static void mem_tidy(struct store *s, size_t num_waiting)
{
    (void)s;
    (void)num_waiting;
}

static uint64_t mem_take_pages(struct store *s)
{
    (void)s;
    return 0;
}

/* --- opening --- */

static void set_ops(struct store_ops *ops)
{
    mem_read_ops(ops);
    ops->free = mem_free;
    ops->begin = mem_begin;
    ops->mark = mem_mark;
    ops->apply = mem_apply;
    ops->keep = mem_keep;
    ops->undo = mem_undo;
    ops->commit = mem_commit;
    ops->rollback = mem_rollback;
    ops->tidy = mem_tidy;
    ops->take_pages = mem_take_pages;
}

enum err mem_open(const struct store_options *options, struct store **out,
                  struct fault *f)
{
    struct mem *m = calloc(1, sizeof(*m));
    const struct served_record none = { 0 };

    if (m == NULL)
        return fault_set(f, ERR_NO_MEM, "the store");
    set_ops(&m->ops);
    m->base.ops = &m->ops;
    m->base.hash = options->hash;
    m->base.read_only = options->read_only;
    m->base.node = strdup(options->node);
    pthread_rwlock_init(&m->lock, NULL);
    if (m->base.node == NULL || mem_add(m, TABLE_SERVED, &none) != ERR_OK) {
        mem_free(&m->base);
        return fault_set(f, ERR_NO_MEM, "the store");
    }
    m->num_undo = 0;
    *out = &m->base;
    return ERR_OK;
}
