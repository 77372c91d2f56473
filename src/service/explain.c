#include "service/explain.h"

#include <stdlib.h>

#include "base/limits.h"
#include "base/text.h"
#include "config/config.h"
#include "service/explain_internal.h"
#include "service/recorder.h"

/* What is shown at one time: a thousand messages of the longest kind. */
#define EXPLAIN_ARENA ((size_t)256 * 1024 * 1024)
#define MESSAGES_MAX 1000

/* So short a text is no beginning of a transactionID. */
#define PREFIX_MIN 4

static enum err open_all(struct explain *e, const char *config_file,
                         struct buf *errors, struct fault *f)
{
    struct record_file_options o = { .read_only = true };
    enum err failed;

    e->arena = arena_new(EXPLAIN_ARENA);
    if (e->arena == NULL)
        return fault_set(f, ERR_NO_MEM, "command");
    TRY(config_load(config_file, &e->config, errors, f));
    TRY(recorder_file(e->config, e->arena, &o.file, f));
    if (o.file == NULL)
        return fault_set(f, ERR_CONFIG,
                         "%s: nothing is recorded: recorder.enabled is false, "
                         "or store.kind is mem and recorder.file not given",
                         config_file);
    failed = record_file_open(&o, &e->file, f);
    if (failed == ERR_NOT_FOUND)
        return fault_set(f, ERR_NOT_FOUND,
                         "nothing was recorded yet: %s is not there", o.file);
    return failed;
}

enum err explain_open(const char *config_file, struct buf *errors,
                      struct explain **out, struct fault *f)
{
    AUTO(explain) e = calloc(1, sizeof(*e));

    if (e == NULL)
        return fault_set(f, ERR_NO_MEM, "command");
    TRY(open_all(e, config_file, errors, f));
    *out = e;
    e = NULL;
    return ERR_OK;
}

void explain_free(struct explain *e)
{
    if (e == NULL)
        return;
    record_file_free(e->file);
    config_free(e->config);
    arena_free(e->arena);
    free(e);
}

/* --- what is asked for --- */

/* The digits alone, lower case and without leading zeros; "" where the text is
 * no hexadecimal number. */
static const char *hex_digits(const char *text, struct arena *a)
{
    char *digits = arena_alloc(a, strlen(text) + 1);
    size_t n = 0;

    for (; digits != NULL && *text != '\0'; text++) {
        if (*text == ':')
            continue;
        if (strchr("0123456789abcdefABCDEF", *text) == NULL)
            return "";
        digits[n++] =
            (char)(*text >= 'A' && *text <= 'F' ? *text | 0x20 : *text);
    }
    return digits == NULL ? "" : digits;
}

static const char *without_zeros(const char *digits)
{
    while (*digits == '0')
        digits++;
    return digits;
}

static bool has_serial(struct span serials, const char *digits)
{
    char hex[2 * UINT8_MAX + 1];
    struct span serial;

    while (recorded_serial_next(&serials, &serial)) {
        hex_format(serial, hex, sizeof(hex));
        if (strcmp(without_zeros(hex), without_zeros(digits)) == 0)
            return true;
    }
    return false;
}

/* What is looked for, prepared once. */
struct search {
    struct explain *e;
    const struct explain_query *query;
    const char *digits;          /* of query->what; "": no hexadecimal */
    struct span vendor, station; /* of VENDOR/SERIAL; absent: not one */
    struct group *groups;
    size_t num, num_more;
    size_t num_messages;
    enum err failed;
};

static bool is_of_station(const struct search *s, const struct recorded *m)
{
    struct span serial = m->texts[RECORDED_STATION];

    if (span_is_equal(serial, span_str(s->query->what)))
        return serial.len > 0;
    return !span_is_absent(s->vendor) && span_is_equal(serial, s->station) &&
           span_is_equal(m->texts[RECORDED_VENDOR], s->vendor);
}

static bool is_named(const struct search *s, const struct recorded *m)
{
    char id[2 * LIMIT_ID_LEN + 1];
    size_t len = strlen(s->digits);

    if (s->query->what == NULL || is_of_station(s, m))
        return true;
    if (len == 0)
        return false;
    hex_format(m->texts[RECORDED_TRANSACTION], id, sizeof(id));
    return (len >= PREFIX_MIN && strncmp(id, s->digits, len) == 0) ||
           has_serial(m->texts[RECORDED_SERIALS], s->digits);
}

static bool was_refused(const struct recorded *m)
{
    static const char *const outcomes[] = { "refused", "dropped", "denied",
                                            "rejected" };
    struct span findings = m->texts[RECORDED_FINDINGS];
    struct recorded_finding finding;

    for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++)
        if (span_is_equal(m->texts[RECORDED_OUTCOME], span_str(outcomes[i])))
            return true;
    while (recorded_finding_next(&findings, &finding))
        if (finding.kind == RECORDED_FAULT)
            return true;
    return false;
}

/* --- finding it: the transactions first, then all their messages --- */

static struct group *find_group(struct search *s, const struct recorded *m)
{
    struct span id = m->texts[RECORDED_TRANSACTION];

    for (size_t i = 0; i < s->num; i++) {
        struct group *g = &s->groups[i];

        if (id.len == 0 ? g->lone == m->id : span_is_equal(g->id, id))
            return g;
    }
    return NULL;
}

/* The newest come first. */
static bool choose(void *arg, const struct recorded *m)
{
    struct search *s = arg;
    struct group *g;

    if (!is_named(s, m) || (s->query->only_refused && !was_refused(m)) ||
        find_group(s, m) != NULL)
        return true;
    if (s->num == s->query->max) {
        s->num_more++;
        return true;
    }
    g = &s->groups[s->num++];
    if (m->texts[RECORDED_TRANSACTION].len == 0) {
        g->lone = m->id;
        return true;
    }
    g->id = arena_copy(s->e->arena, m->texts[RECORDED_TRANSACTION]);
    s->failed = span_is_absent(g->id) ? ERR_NO_MEM : ERR_OK;
    return s->failed == ERR_OK;
}

static bool collect(void *arg, const struct recorded *m)
{
    struct search *s = arg;
    struct group *g = find_group(s, m);
    struct link *link;

    if (g == NULL || s->num_messages == MESSAGES_MAX)
        return true;
    link = arena_alloc(s->e->arena, sizeof(*link));
    if (link == NULL) {
        s->failed = ERR_NO_MEM;
        return false;
    }
    link->id = m->id;
    *(g->last == NULL ? &g->first : &g->last->next) = link;
    g->last = link;
    g->num++;
    s->num_messages++;
    return true;
}

static enum err scan(struct search *s, enum record_order order,
                     record_each *each, struct fault *f)
{
    TRY(record_file_scan(s->e->file, order, each, s, f));
    return s->failed == ERR_OK ? ERR_OK
                               : fault_set(f, s->failed, "recorded messages");
}

static void prepare(struct search *s)
{
    const char *what = s->query->what, *slash;

    s->digits = "";
    if (what == NULL)
        return;
    s->digits = hex_digits(what, s->e->arena);
    slash = strchr(what, '/');
    if (slash == NULL)
        return;
    s->vendor = span_of(what, (size_t)(slash - what));
    s->station = span_str(slash + 1);
}

static const char *time_text(struct explain *e, int64_t millis)
{
    char stamp[TIME_TEXT_LEN];
    const char *text;

    if (millis == 0)
        return "";
    time_format(millis / 1000, stamp);
    text = arena_printf(e->arena, "%s", stamp);
    return text == NULL ? "" : text;
}

static enum err find_nothing(const struct explain_query *query,
                             const struct explanation *out, struct fault *f)
{
    const struct record_figures *figures = &out->figures;

    return fault_set(
        f, ERR_NOT_FOUND,
        "no recorded message is of %s; there are %lld messages, the oldest of "
        "%s; %lld older ones made room, %lld expired, %lld were not recorded",
        query->what == NULL ? "that kind" : query->what,
        (long long)figures->num,
        out->oldest[0] == '\0' ? "no time" : out->oldest,
        (long long)figures->pushed_out, (long long)figures->expired,
        (long long)figures->lost);
}

enum err explain_find(struct explain *e, const struct explain_query *query,
                      struct explanation *out, struct fault *f)
{
    struct search s = { .e = e, .query = query };
    struct explanation all = { 0 };

    s.groups = arena_array(e->arena, query->max, sizeof(*s.groups));
    if (s.groups == NULL)
        return fault_set(f, ERR_NO_MEM, "transactions");
    prepare(&s);
    TRY(record_file_figures(e->file, &all.figures, f));
    all.began = time_text(e, all.figures.began);
    all.oldest = time_text(e, all.figures.oldest);
    all.lost_last = time_text(e, all.figures.lost_last);
    TRY(scan(&s, RECORD_NEWEST_FIRST, choose, f));
    if (s.num == 0)
        return find_nothing(query, &all, f);
    TRY(scan(&s, RECORD_OLDEST_FIRST, collect, f));
    all.list = arena_array(e->arena, s.num, sizeof(*all.list));
    if (all.list == NULL)
        return fault_set(f, ERR_NO_MEM, "transactions");
    for (size_t i = s.num; i > 0; i--)
        TRY(explain_transaction(e, &s.groups[i - 1], &all.list[all.num++], f));
    all.num_more = s.num_more;
    *out = all;
    return ERR_OK;
}
