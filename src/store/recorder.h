/*
 * The recorder's file: messages as they came, the answers they got, and what
 * was judged of them; for people who ask why (`stationmaster explain`).
 *
 * Nothing depends on it. It is a file of its own, bounded on disk, never
 * synced; a power cut may tear it, and then it is set aside and begun anew.
 * Several processes may write one file, and read it meanwhile. An open file
 * belongs to one thread.
 */
#ifndef STORE_RECORDER_H
#define STORE_RECORDER_H

#include "base/arena.h"
#include "base/error.h"
#include "base/span.h"

struct record_file;

/* What is kept of a message as bytes. */
enum recorded_text {
    RECORDED_NODE,
    RECORDED_PROFILE,
    RECORDED_OPERATION, /* the label its path ended in (RFC 9483, 6.1) */
    RECORDED_PEER,
    RECORDED_BODY, /* "ir" */
    RECORDED_OUTCOME,
    RECORDED_TRANSACTION, /* transactionID */
    RECORDED_VENDOR,
    RECORDED_STATION,  /* its serial number */
    RECORDED_SERIALS,  /* of certificates, each behind an octet of length */
    RECORDED_FINDINGS, /* in the writer's own coding */
    RECORDED_VERDICTS, /* the same, by the number of the rule */
    RECORDED_RULES,    /* the ids these numbers stand for */
    RECORDED_REQUEST,
    RECORDED_REPLY, /* without its end */
    RECORDED_TAIL,  /* its end, where many have the same */
    RECORDED_TEXT_NUM
};

/* One message and its answer. */
struct recorded {
    int64_t id;
    int64_t at;     /* when the answer was ready: milliseconds since 1970 */
    int64_t micros; /* from arrival to then */
    int64_t http_status;
    int64_t is_verified; /* 0 or 1: whose message it is was shown */
    int64_t is_withheld; /* 0 or 1: the answer is not kept, since it may hold
                            a private key */
    struct span texts[RECORDED_TEXT_NUM];
};

struct record_file_options {
    const char *file;
    const char *vfs; /* NULL: the default; others are for tests */
    uint64_t size;   /* bytes on disk at most, the log beside it included */
    bool read_only;
};

/* The least size that makes sense. */
#define RECORD_FILE_SIZE_MIN ((uint64_t)8 * 1024 * 1024)

/*
 * Opens the file; unless it is read only it is made, mode 0600, and begun,
 * where it is not there or empty. One that was not closed is checked first.
 * ERR_NOT_FOUND: read only, and not there. ERR_BAD_DATA_FORMAT: it is torn; see
 * record_file_set_aside. ERR_EXISTS: another program's database.
 * ERR_STORE: the disk, or another process that keeps it busy.
 */
MUST_USE enum err record_file_open(const struct record_file_options *options,
                                   struct record_file **out, struct fault *f);
void record_file_free(struct record_file *r);
DEFINE_AUTO(record_file)

/* Renames a file that is torn to FILE.broken, in place of an older one. */
MUST_USE enum err record_file_set_aside(const char *file, struct fault *f);

/* False once the file was moved away or removed: it is to be opened anew. */
bool record_file_is_current(const struct record_file *r);

/* --- writing --- */

/* Bytes of texts that one record_file_add takes at most, unless it is given a
 * single message. */
size_t record_file_batch(const struct record_file *r);

/* Messages that were lost on the way, to be told with what there is. */
struct record_losses {
    uint64_t num;
    int64_t last; /* when: milliseconds since 1970 */
};

/*
 * Adds messages, all or none, and makes room for them: the oldest go, those
 * not verified first where they have more than a quarter of the size.
 * ERR_BAD_DATA_FORMAT: the file is torn. ERR_STORE.
 */
MUST_USE enum err record_file_add(struct record_file *r,
                                  const struct recorded *list, size_t num,
                                  const struct record_losses *losses,
                                  struct fault *f);

/* Forgets a profile's messages from before this time. The same failures. */
MUST_USE enum err record_file_expire(struct record_file *r, struct span profile,
                                     int64_t before, struct fault *f);

/* --- reading --- */

/* What happened to messages that are not there. */
struct record_figures {
    int64_t began;      /* the file: milliseconds since 1970 */
    int64_t num;        /* messages there are */
    int64_t oldest;     /* the first of them; 0: there is none */
    int64_t lost;       /* never written */
    int64_t lost_last;  /* when that happened last; 0: never */
    int64_t pushed_out; /* by newer ones */
    int64_t expired;
};
MUST_USE enum err record_file_figures(struct record_file *r,
                                      struct record_figures *out,
                                      struct fault *f);

enum record_order {
    RECORD_OLDEST_FIRST,
    RECORD_NEWEST_FIRST
};

/*
 * Shows every message, without request, reply, tail and rules; `each` returns
 * false to end it. The bytes are borrowed for its call.
 */
typedef bool record_each(void *arg, const struct recorded *message);
MUST_USE enum err record_file_scan(struct record_file *r,
                                   enum record_order order, record_each *each,
                                   void *arg, struct fault *f);

/* One message, copied into the arena; the whole reply is in RECORDED_REPLY.
 * ERR_NOT_FOUND: it went meanwhile. */
MUST_USE enum err record_file_get(struct record_file *r, int64_t id,
                                  struct arena *a, struct recorded *out,
                                  struct fault *f);

#endif
