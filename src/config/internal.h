/*
 * Shared inside config: the tree of a YAML text, the complaints about it, and
 * the schema that turns the one into a struct config.
 */
#ifndef CONFIG_INTERNAL_H
#define CONFIG_INTERNAL_H

#include "base/limits.h"
#include "config/config.h"

/* Complaints */

struct complaint {
    struct config_mark at;
    size_t order;
    const char *text;
};

/* `failed` is ERR_NO_MEM once memory ran out, ERR_CONFIG once something was
 * complained of. */
struct complaints {
    struct arena *arena;
    size_t num;
    struct complaint items[LIMIT_CONFIG_ERRORS];
    bool more;
    enum err failed;
};

/* Notes what is wrong at a place; beyond the limit only that there is more. */
void complain(struct complaints *c, struct config_mark at, const char *fmt, ...)
    PRINTF_LIKE(3, 4);
void complain_no_mem(struct complaints *c);

/* Writes them in order of lines, as `file:line:column: text`. */
void complaints_format(struct complaints *c, const char *file, struct buf *out);

/* Text out of the file made fit for a message: no control characters, cut. */
struct shown {
    char text[80];
};
struct shown show(const char *text);

/* The nearest of some words, kept while looking. */
struct nearest {
    const char *word;
    const char *known; /* NULL: none is near */
    size_t distance;
};
struct nearest nearest_init(const char *word);
void nearest_try(struct nearest *n, const char *known);

/* `; did you mean "known"?`, or nothing. */
struct hint {
    char text[120];
};
struct hint nearest_hint(const struct nearest *n);

/* The tree */

enum node_kind {
    NODE_SCALAR,
    NODE_LIST,
    NODE_MAP
};

struct node {
    enum node_kind kind;
    bool is_quoted; /* a scalar in quotes, or a block */
    struct config_mark at;
    const char *text;       /* of a scalar; no control characters */
    const struct node *key; /* of a mapping's member */
    struct node *first;     /* of a list or a mapping */
    struct node *last;
    struct node *next;
    size_t num;
};

/*
 * Reads one YAML document into nodes of the arena. NULL when what is there
 * cannot be understood at all; whatever is wrong has been complained of.
 */
struct node *yaml_read(struct span text, struct arena *a,
                       struct complaints *errors);

/* The member of that key; NULL: absent, or `map` is NULL or no mapping. */
const struct node *node_find(const struct node *map, const char *key);

/* The schema */

enum kind {
    KIND_TEXT,
    KIND_NAME,
    KIND_FILE,
    KIND_OUTPUT, /* a file, or "-" */
    KIND_ADDRESS,
    KIND_PORT,
    KIND_URL,
    KIND_URL_PATH,
    KIND_BOOL,
    KIND_COUNT,
    KIND_SIZE,
    KIND_MILLIS,
    KIND_SECONDS,
    KIND_CHOICE,
    KIND_REGEX,
    KIND_SUBJECT,
    KIND_DNS,
    KIND_OID,
    KIND_ENTRY, /* the name of another entry */
    KIND_MAP,
    KIND_NUM
};

enum {
    REQUIRED = 1 << 0,
    LIST = 1 << 1,     /* several, as a list; min and max count them */
    OPTIONAL = 1 << 2, /* a mapping that may be absent as a whole */
    ANCHOR = 1 << 3    /* no two of the file may be equal */
};

struct choice {
    const char *name;
    uint32_t value;
    const char *oid; /* of KIND_OID and of subject attributes */
    const char *meaning;
};

struct choices {
    size_t num;
    const struct choice *items;
};

struct section;

/* One setting: a row of the table. */
struct setting {
    const char *key;
    enum kind kind;
    unsigned traits;
    size_t offset; /* of the member in its section's struct */
    size_t size;
    size_t count;            /* offset of the number of items, or of has_... */
    const char *preset;      /* the default, as the file would say it */
    const char *preset_note; /* said instead, where it is worked out */
    int64_t min;
    int64_t max;
    const struct choices *choices;
    const struct section *section; /* of KIND_MAP */
    const char *target;            /* of KIND_ENTRY: the list of entries */
    const char *meaning;
    const char *example; /* what stands after the colon */
};

/* The settings of one mapping, and the struct they fill. */
struct section {
    const char *what; /* "a vendor" */
    size_t size;
    size_t mark; /* offset of the struct config_mark, where it is a list's */
    size_t num;
    const struct setting *settings;
};

extern const struct section schema_root;
extern const struct choices schema_name_attributes;
extern const struct choices schema_placeholders;

/* The word of a value; "?" when there is none. Static storage. */
const char *choice_name(const struct choices *all, uint32_t value);

const struct setting *section_find(const struct section *s, const char *key);

/* Filling */

/* A name that was given for another entry, resolved when all are read. */
struct reference {
    struct reference *next;
    const struct setting *setting;
    const struct node *node;
    const void **out;
};

/* A value that may stand once in the file. */
struct claim {
    struct config_mark at;
    const char *scope; /* "vendors", "anchor", "path" */
    const char *value;
};

struct claims {
    size_t num;
    size_t size;
    struct claim *items;
};

struct reading {
    struct arena *arena;
    struct complaints *errors;
    const char *file;
    struct reference *references;
    struct claims claims;
};

/* Zeroed memory; NULL has been noted as ERR_NO_MEM. */
void *reading_alloc(struct reading *r, size_t num, size_t size);

/* Notes that a value is taken. */
void claim(struct reading *r, const char *scope, const char *value,
           struct config_mark at);

/*
 * Reads one scalar as its setting's kind into `out`. False: it was complained
 * of. Not for KIND_MAP.
 */
bool value_read(struct reading *r, const struct setting *s,
                const struct node *node, void *out);

/* pattern.c: why no such pattern is compiled; NULL: it may be. */
const char *pattern_complaint(const char *text);

/* Bytes the member of a kind takes. */
size_t kind_size(enum kind kind);
const char *kind_name(enum kind kind);
/* "10s", "64k", "8080": a number as the file would say it. */
void number_format(enum kind kind, int64_t value, struct buf *out);

/* Fills the struct of a section from a mapping and from defaults. */
void section_fill(struct reading *r, const struct section *s,
                  const struct node *map, void *base);

/* Puts pointers where names were given. */
void references_resolve(struct reading *r, struct config *c);

/* What no row can say alone: things between settings and between entries. */
void config_check(struct reading *r, struct config *c, const struct node *root);

/* "duration, 1s to 10m, default 10s"; shared by help and manual. */
void setting_summary(const struct setting *s, struct buf *out);

#endif
