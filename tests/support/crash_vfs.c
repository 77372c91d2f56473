#include "support/crash_vfs.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define NUM_FILES 64
#define NAME_LEN 128
#define SECTOR 512
#define SHM_REGIONS 64
#define SHM_LOCKS 8

/* Bytes that grow. */
struct image {
    uint8_t *bytes;
    size_t len, size;
};

/* A write since the last sync; `bytes` NULL: a truncation to `at`. */
struct pending {
    struct pending *next;
    size_t at, len;
    uint8_t *bytes;
};

/* The memory connections share in WAL mode; outlives a cut while it is held. */
struct shm {
    void *regions[SHM_REGIONS];
    int holders;
};

struct file {
    char name[NAME_LEN];
    struct image now;     /* as every open handle sees it */
    struct image durable; /* as of the last sync */
    struct pending *first, **last;
    bool exists, exists_durably;
    struct shm *shm;
    struct handle *handles;
};

struct handle {
    sqlite3_file base;
    struct file *file;
    struct image own; /* of a file without a name */
    struct handle *next;
    unsigned long epoch;
    bool syncs_names; /* with its first sync, as the unix VFS */
    int lock;
    struct shm *shm;
    uint16_t shared, exclusive; /* locks held on it, by bit */
};

struct failure {
    unsigned long from, to; /* as counts of operations; 0: none */
    int code;
};

static struct {
    pthread_mutex_t mutex;
    struct file files[NUM_FILES];
    unsigned long epoch; /* handles of an earlier one are dead */
    bool is_cut;
    unsigned long ops[CRASH_OP_NUM];
    struct failure failures[CRASH_OP_NUM];
    unsigned long cut_at; /* at this many operations; 0: none */
    uint64_t cut_seed;
    enum crash_mode cut_mode;
} disk = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static void lock_disk(void)
{
    pthread_mutex_lock(&disk.mutex);
}

/* For returns: gives the disk back, and the code on. */
static int leave(int code)
{
    pthread_mutex_unlock(&disk.mutex);
    return code;
}

/* --- images --- */

static void image_resize(struct image *im, size_t len)
{
    if (len > im->size) {
        im->size = im->size == 0 ? 4096 : im->size;
        while (im->size < len)
            im->size *= 2;
        im->bytes = realloc(im->bytes, im->size);
        if (im->bytes == NULL)
            abort();
    }
    if (len > im->len)
        memset(im->bytes + im->len, 0, len - im->len);
    im->len = len;
}

static void image_write(struct image *im, size_t at, const void *bytes,
                        size_t len)
{
    if (at + len > im->len)
        image_resize(im, at + len);
    memcpy(im->bytes + at, bytes, len);
}

static void image_copy(struct image *to, const struct image *from)
{
    image_resize(to, 0);
    if (from->len > 0)
        image_write(to, 0, from->bytes, from->len);
}

static void image_done(struct image *im)
{
    free(im->bytes);
    *im = (struct image){ 0 };
}

/* --- what is not synced yet --- */

static void pending_add(struct file *f, size_t at, const void *bytes,
                        size_t len)
{
    struct pending *p = calloc(1, sizeof(*p));

    if (p == NULL)
        abort();
    p->at = at;
    p->len = len;
    if (bytes != NULL) {
        p->bytes = malloc(len + 1);
        if (p->bytes == NULL)
            abort();
        memcpy(p->bytes, bytes, len);
    }
    *f->last = p;
    f->last = &p->next;
}

static void pending_apply(struct file *f, const struct pending *p)
{
    if (p->bytes == NULL)
        image_resize(&f->durable, p->at);
    else
        image_write(&f->durable, p->at, p->bytes, p->len);
}

static void pending_free(struct file *f)
{
    struct pending *next;

    for (struct pending *p = f->first; p != NULL; p = next) {
        next = p->next;
        free(p->bytes);
        free(p);
    }
    f->first = NULL;
    f->last = &f->first;
}

/* xorshift, so that a seed gives the same cut everywhere. */
static uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

/* Keeps some sectors of a write. */
static void apply_torn(struct file *f, const struct pending *p, uint64_t *seed)
{
    size_t len;

    for (size_t at = p->at; at < p->at + p->len; at += len) {
        len = SECTOR - at % SECTOR;
        if (len > p->at + p->len - at)
            len = p->at + p->len - at;
        if (next_random(seed) % 2 == 0)
            image_write(&f->durable, at, p->bytes + (at - p->at), len);
    }
}

/* A disk may write in any order: here the later of two that overlap may come
 * first, and so be overwritten by the earlier. */
static void apply_some(struct file *f, enum crash_mode mode, uint64_t *seed)
{
    struct pending **list;
    size_t num = 0, i = 0, j;
    struct pending *swap;

    for (struct pending *p = f->first; p != NULL; p = p->next)
        num++;
    list = calloc(num + 1, sizeof(struct pending *));
    if (list == NULL)
        abort();
    for (struct pending *p = f->first; p != NULL; p = p->next)
        list[i++] = p;
    for (i = mode == CRASH_KEEP ? 0 : num; i-- > 1;) {
        j = next_random(seed) % (i + 1);
        swap = list[i];
        list[i] = list[j];
        list[j] = swap;
    }
    for (i = 0; i < num; i++) {
        if (mode == CRASH_TEAR && list[i]->bytes != NULL)
            apply_torn(f, list[i], seed);
        else if (mode == CRASH_KEEP || next_random(seed) % 2 == 0)
            pending_apply(f, list[i]);
    }
    free(list);
}

/* --- power --- */

static void shm_drop(struct shm *shm)
{
    if (shm == NULL || --shm->holders > 0)
        return;
    for (size_t i = 0; i < SHM_REGIONS; i++)
        free(shm->regions[i]);
    free(shm);
}

static void cut_file(struct file *f, enum crash_mode mode, uint64_t *seed)
{
    bool keeps_names = mode == CRASH_KEEP ||
                       (mode != CRASH_DROP && next_random(seed) % 2 == 0);

    if (mode != CRASH_DROP)
        apply_some(f, mode, seed);
    pending_free(f);
    image_copy(&f->now, &f->durable);
    if (!keeps_names)
        f->exists = f->exists_durably;
    f->exists_durably = f->exists;
    if (!f->exists) {
        image_resize(&f->now, 0);
        image_resize(&f->durable, 0);
    }
    f->handles = NULL;
    shm_drop(f->shm);
    f->shm = NULL;
}

static void cut(uint64_t seed, enum crash_mode mode)
{
    uint64_t state = seed * 2 + 1;

    for (size_t i = 0; i < NUM_FILES; i++) {
        if (disk.files[i].name[0] != '\0')
            cut_file(&disk.files[i], mode, &state);
    }
    disk.epoch++;
    disk.is_cut = true;
    disk.cut_at = 0;
}

void crash_vfs_power_cut(uint64_t seed, enum crash_mode mode)
{
    lock_disk();
    cut(seed, mode);
    leave(0);
}

void crash_vfs_power_cut_after(unsigned long n, uint64_t seed,
                               enum crash_mode mode)
{
    lock_disk();
    disk.cut_at = disk.ops[CRASH_WRITE] + disk.ops[CRASH_SYNC] + n;
    disk.cut_seed = seed;
    disk.cut_mode = mode;
    leave(0);
}

bool crash_vfs_is_cut(void)
{
    bool is_cut;

    lock_disk();
    is_cut = disk.is_cut;
    leave(0);
    return is_cut;
}

void crash_vfs_restart(void)
{
    lock_disk();
    disk.is_cut = false;
    memset(disk.failures, 0, sizeof(disk.failures));
    leave(0);
}

void crash_vfs_reset(void)
{
    lock_disk();
    for (size_t i = 0; i < NUM_FILES; i++) {
        struct file *f = &disk.files[i];

        if (f->name[0] == '\0')
            continue;
        pending_free(f);
        image_done(&f->now);
        image_done(&f->durable);
        shm_drop(f->shm);
        memset(f, 0, sizeof(*f));
    }
    disk.epoch++;
    disk.is_cut = false;
    disk.cut_at = 0;
    memset(disk.ops, 0, sizeof(disk.ops));
    memset(disk.failures, 0, sizeof(disk.failures));
    leave(0);
}

void crash_vfs_fail(enum crash_op op, unsigned long n, unsigned long times,
                    int code)
{
    lock_disk();
    disk.failures[op] =
        (struct failure){ disk.ops[op] + n, disk.ops[op] + n + times, code };
    leave(0);
}

unsigned long crash_vfs_num_ops(enum crash_op op)
{
    unsigned long num;

    lock_disk();
    num = disk.ops[op];
    leave(0);
    return num;
}

/* Counts an operation; what becomes of it: SQLITE_OK when it may be done. */
static int step(enum crash_op op)
{
    const struct failure *failure = &disk.failures[op];
    unsigned long num = ++disk.ops[op];

    if (disk.cut_at != 0 &&
        disk.ops[CRASH_WRITE] + disk.ops[CRASH_SYNC] >= disk.cut_at) {
        cut(disk.cut_seed, disk.cut_mode);
        return op == CRASH_SYNC ? SQLITE_IOERR_FSYNC : SQLITE_IOERR_WRITE;
    }
    if (failure->from != 0 && num >= failure->from && num < failure->to)
        return failure->code;
    return SQLITE_OK;
}

/* --- a file's methods --- */

static struct handle *handle_of(sqlite3_file *base)
{
    return (struct handle *)(void *)base;
}

static bool is_dead(const struct handle *h)
{
    return disk.is_cut || h->epoch != disk.epoch;
}

static struct image *image_of(struct handle *h)
{
    return h->file == NULL ? &h->own : &h->file->now;
}

static int file_read(sqlite3_file *base, void *out, int len, sqlite3_int64 at)
{
    struct handle *h = handle_of(base);
    const struct image *im;
    size_t have = 0;

    lock_disk();
    if (is_dead(h))
        return leave(SQLITE_IOERR_READ);
    im = image_of(h);
    if ((size_t)at < im->len)
        have = im->len - (size_t)at;
    if (have > (size_t)len)
        have = (size_t)len;
    if (have > 0)
        memcpy(out, im->bytes + at, have);
    memset((uint8_t *)out + have, 0, (size_t)len - have);
    return leave(have == (size_t)len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ);
}

static int file_write(sqlite3_file *base, const void *bytes, int len,
                      sqlite3_int64 at)
{
    struct handle *h = handle_of(base);
    size_t num = (size_t)len;
    int code;

    lock_disk();
    if (is_dead(h))
        return leave(SQLITE_IOERR_WRITE);
    if (h->file == NULL) {
        image_write(&h->own, (size_t)at, bytes, num);
        return leave(SQLITE_OK);
    }
    code = step(CRASH_WRITE);
    if (disk.is_cut)
        return leave(code);
    if (code != SQLITE_OK)
        num /= 2;
    image_write(&h->file->now, (size_t)at, bytes, num);
    pending_add(h->file, (size_t)at, bytes, num);
    return leave(code);
}

static int file_truncate(sqlite3_file *base, sqlite3_int64 len)
{
    struct handle *h = handle_of(base);

    lock_disk();
    if (is_dead(h))
        return leave(SQLITE_IOERR_TRUNCATE);
    image_resize(image_of(h), (size_t)len);
    if (h->file != NULL)
        pending_add(h->file, (size_t)len, NULL, 0);
    return leave(SQLITE_OK);
}

/* All files are in one directory. */
static void sync_names(void)
{
    for (size_t i = 0; i < NUM_FILES; i++)
        disk.files[i].exists_durably = disk.files[i].exists;
}

static int file_sync(sqlite3_file *base, int flags)
{
    struct handle *h = handle_of(base);
    int code;

    (void)flags;
    lock_disk();
    if (is_dead(h))
        return leave(SQLITE_IOERR_FSYNC);
    code = h->file == NULL ? SQLITE_OK : step(CRASH_SYNC);
    if (code != SQLITE_OK || h->file == NULL)
        return leave(code);
    for (struct pending *p = h->file->first; p != NULL; p = p->next)
        pending_apply(h->file, p);
    pending_free(h->file);
    if (h->syncs_names)
        sync_names();
    h->syncs_names = false;
    return leave(SQLITE_OK);
}

static int file_size(sqlite3_file *base, sqlite3_int64 *out)
{
    struct handle *h = handle_of(base);

    lock_disk();
    if (is_dead(h))
        return leave(SQLITE_IOERR_FSTAT);
    *out = (sqlite3_int64)image_of(h)->len;
    return leave(SQLITE_OK);
}

/* --- locks --- */

static int file_lock(sqlite3_file *base, int level)
{
    struct handle *h = handle_of(base);
    int others = SQLITE_LOCK_NONE;

    lock_disk();
    if (is_dead(h))
        return leave(SQLITE_IOERR_LOCK);
    if (h->file == NULL || h->lock >= level)
        return leave(SQLITE_OK);
    for (const struct handle *o = h->file->handles; o != NULL; o = o->next) {
        if (o != h && o->lock > others)
            others = o->lock;
    }
    if ((level == SQLITE_LOCK_SHARED && others >= SQLITE_LOCK_PENDING) ||
        (level == SQLITE_LOCK_RESERVED && others >= SQLITE_LOCK_RESERVED))
        return leave(SQLITE_BUSY);
    if (level == SQLITE_LOCK_EXCLUSIVE && others >= SQLITE_LOCK_RESERVED)
        return leave(SQLITE_BUSY);
    if (level == SQLITE_LOCK_EXCLUSIVE && others >= SQLITE_LOCK_SHARED) {
        h->lock = SQLITE_LOCK_PENDING;
        return leave(SQLITE_BUSY);
    }
    h->lock = level;
    return leave(SQLITE_OK);
}

static int file_unlock(sqlite3_file *base, int level)
{
    struct handle *h = handle_of(base);

    lock_disk();
    if (h->lock > level)
        h->lock = level;
    return leave(SQLITE_OK);
}

static int file_reserved(sqlite3_file *base, int *out)
{
    struct handle *h = handle_of(base);

    lock_disk();
    *out = 0;
    if (is_dead(h))
        return leave(SQLITE_IOERR_CHECKRESERVEDLOCK);
    for (const struct handle *o = h->file == NULL ? NULL : h->file->handles;
         o != NULL; o = o->next)
        *out |= o->lock >= SQLITE_LOCK_RESERVED;
    return leave(SQLITE_OK);
}

static int file_control(sqlite3_file *base, int op, void *arg)
{
    (void)base;
    (void)op;
    (void)arg;
    return SQLITE_NOTFOUND;
}

static int file_sector(sqlite3_file *base)
{
    (void)base;
    return SECTOR;
}

/* What the unix VFS promises: a write does not damage its neighbours. */
static int file_characteristics(sqlite3_file *base)
{
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

/* --- shared memory --- */

static int shm_map(sqlite3_file *base, int region, int size, int extend,
                   void volatile **out)
{
    struct handle *h = handle_of(base);

    *out = NULL;
    lock_disk();
    if (is_dead(h) || region >= SHM_REGIONS)
        return leave(SQLITE_IOERR_SHMMAP);
    if (h->file->shm == NULL) {
        h->file->shm = calloc(1, sizeof(struct shm));
        if (h->file->shm == NULL)
            return leave(SQLITE_NOMEM);
        h->file->shm->holders = 1;
    }
    if (h->shm == NULL) {
        h->shm = h->file->shm;
        h->shm->holders++;
    }
    if (h->shm->regions[region] == NULL && extend)
        h->shm->regions[region] = calloc(1, (size_t)size);
    *out = h->shm->regions[region];
    return leave(SQLITE_OK);
}

static bool is_locked(const struct handle *h, uint16_t mask, bool exclusively)
{
    for (const struct handle *o = h->file->handles; o != NULL; o = o->next) {
        if (o != h && ((o->exclusive & mask) != 0 ||
                       (exclusively && (o->shared & mask) != 0)))
            return true;
    }
    return false;
}

static int shm_lock(sqlite3_file *base, int at, int num, int flags)
{
    struct handle *h = handle_of(base);
    uint16_t mask = (uint16_t)(((1u << num) - 1) << at);
    bool exclusively = (flags & SQLITE_SHM_EXCLUSIVE) != 0;

    lock_disk();
    if ((flags & SQLITE_SHM_UNLOCK) != 0) {
        h->shared = (uint16_t)(h->shared & ~mask);
        h->exclusive = (uint16_t)(h->exclusive & ~mask);
        return leave(SQLITE_OK);
    }
    if (is_dead(h))
        return leave(SQLITE_IOERR_SHMLOCK);
    if (is_locked(h, mask, exclusively))
        return leave(SQLITE_BUSY);
    if (exclusively)
        h->exclusive |= mask;
    else
        h->shared |= mask;
    return leave(SQLITE_OK);
}

static void shm_barrier(sqlite3_file *base)
{
    (void)base;
    lock_disk();
    leave(0);
}

static void detach_shm(struct handle *h)
{
    bool last = h->shm != NULL && h->epoch == disk.epoch && h->file != NULL &&
                h->file->shm == h->shm && h->shm->holders == 2;

    h->shared = h->exclusive = 0;
    shm_drop(h->shm);
    h->shm = NULL;
    if (last) { /* only the file itself holds it now */
        shm_drop(h->file->shm);
        h->file->shm = NULL;
    }
}

static int shm_unmap(sqlite3_file *base, int remove)
{
    (void)remove;
    lock_disk();
    detach_shm(handle_of(base));
    return leave(SQLITE_OK);
}

static int file_close(sqlite3_file *base)
{
    struct handle *h = handle_of(base);
    struct handle **at;

    lock_disk();
    detach_shm(h);
    if (h->file != NULL && h->epoch == disk.epoch) {
        for (at = &h->file->handles; *at != NULL; at = &(*at)->next) {
            if (*at == h) {
                *at = h->next;
                break;
            }
        }
    }
    image_done(&h->own);
    return leave(SQLITE_OK);
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = file_close,
    .xRead = file_read,
    .xWrite = file_write,
    .xTruncate = file_truncate,
    .xSync = file_sync,
    .xFileSize = file_size,
    .xLock = file_lock,
    .xUnlock = file_unlock,
    .xCheckReservedLock = file_reserved,
    .xFileControl = file_control,
    .xSectorSize = file_sector,
    .xDeviceCharacteristics = file_characteristics,
    .xShmMap = shm_map,
    .xShmLock = shm_lock,
    .xShmBarrier = shm_barrier,
    .xShmUnmap = shm_unmap,
};

/* --- the VFS --- */

static struct file *find_file(const char *name)
{
    for (size_t i = 0; i < NUM_FILES; i++) {
        if (strcmp(disk.files[i].name, name) == 0)
            return &disk.files[i];
    }
    return NULL;
}

static struct file *make_file(const char *name)
{
    struct file *f = find_file(name);

    if (f == NULL) {
        f = find_file("");
        if (f == NULL || strlen(name) >= NAME_LEN)
            return NULL;
        snprintf(f->name, sizeof(f->name), "%s", name);
        f->last = &f->first;
    }
    if (!f->exists) {
        image_resize(&f->now, 0);
        pending_add(f, 0, NULL, 0);
        f->exists = true;
    }
    return f;
}

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *base,
                    int flags, int *out_flags)
{
    struct handle *h = handle_of(base);
    struct file *f = NULL;

    (void)vfs;
    memset(h, 0, sizeof(*h));
    lock_disk();
    if (disk.is_cut)
        return leave(SQLITE_CANTOPEN);
    if (name != NULL) {
        f = find_file(name);
        if (f == NULL || !f->exists) {
            f = (flags & SQLITE_OPEN_CREATE) != 0 ? make_file(name) : NULL;
            h->syncs_names = (flags & SQLITE_OPEN_MAIN_DB) == 0;
        }
        if (f == NULL)
            return leave(SQLITE_CANTOPEN);
        h->next = f->handles;
        f->handles = h;
    }
    h->file = f;
    h->epoch = disk.epoch;
    h->base.pMethods = &methods;
    if (out_flags != NULL)
        *out_flags = flags;
    return leave(SQLITE_OK);
}

static int vfs_delete(sqlite3_vfs *vfs, const char *name, int sync_dir)
{
    struct file *f;

    (void)vfs;
    lock_disk();
    f = find_file(name);
    if (disk.is_cut)
        return leave(SQLITE_IOERR_DELETE);
    if (f == NULL || !f->exists)
        return leave(SQLITE_IOERR_DELETE_NOENT);
    f->exists = false;
    if (sync_dir)
        sync_names();
    return leave(SQLITE_OK);
}

static int vfs_access(sqlite3_vfs *vfs, const char *name, int flags, int *out)
{
    const struct file *f;

    (void)vfs;
    (void)flags;
    lock_disk();
    f = find_file(name);
    *out = !disk.is_cut && f != NULL && f->exists &&
           (flags != SQLITE_ACCESS_EXISTS || f->now.len > 0);
    return leave(SQLITE_OK);
}

static int vfs_full_name(sqlite3_vfs *vfs, const char *name, int size,
                         char *out)
{
    (void)vfs;
    snprintf(out, (size_t)size, "%s", name);
    return SQLITE_OK;
}

static int vfs_randomness(sqlite3_vfs *vfs, int len, char *out)
{
    return sqlite3_vfs_find("unix")->xRandomness(vfs, len, out);
}

static int vfs_sleep(sqlite3_vfs *vfs, int micros)
{
    const struct timespec wait = { micros / 1000000, micros % 1000000 * 1000L };

    (void)vfs;
    nanosleep(&wait, NULL);
    return micros;
}

static int vfs_now(sqlite3_vfs *vfs, double *out)
{
    (void)vfs;
    *out = 2440587.5 + (double)time(NULL) / 86400.0;
    return SQLITE_OK;
}

void crash_vfs_register(void)
{
    static sqlite3_vfs vfs = {
        .iVersion = 1,
        .szOsFile = sizeof(struct handle),
        .mxPathname = NAME_LEN,
        .zName = CRASH_VFS,
        .xOpen = vfs_open,
        .xDelete = vfs_delete,
        .xAccess = vfs_access,
        .xFullPathname = vfs_full_name,
        .xRandomness = vfs_randomness,
        .xSleep = vfs_sleep,
        .xCurrentTime = vfs_now,
    };

    sqlite3_vfs_register(&vfs, 0);
}

bool crash_vfs_is_whole(const char *file)
{
    sqlite3 *db = NULL;
    sqlite3_stmt *stmt = NULL;
    const char *text = NULL;
    bool whole;

    if (sqlite3_open_v2(file, &db, SQLITE_OPEN_READWRITE, CRASH_VFS) ==
            SQLITE_OK &&
        sqlite3_prepare_v2(db, "PRAGMA integrity_check", -1, &stmt, NULL) ==
            SQLITE_OK &&
        sqlite3_step(stmt) == SQLITE_ROW)
        text = (const char *)sqlite3_column_text(stmt, 0);
    whole = text != NULL && strcmp(text, "ok") == 0;
    if (!whole)
        fprintf(stderr, "%s: %s\n", file,
                text != NULL ? text : sqlite3_errmsg(db));
    sqlite3_finalize(stmt);
    sqlite3_close(db);
    return whole;
}
