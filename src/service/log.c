#include "service/log.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/text.h"
#include "service/gate.h"

#define LINE_CAP 4096
/* Lines written together: what a pipe takes from one writer whole. */
#define HELD_CAP PIPE_BUF

struct log {
    char *file; /* NULL: standard error */
    _Atomic int fd;
    enum log_format format;
    enum log_level least;
};

/* Lines of this thread that wait for more, and the log they are for. */
static _Thread_local struct {
    struct log *log;
    struct buf lines;
} held;

static const char *const level_names[] = { "debug", "info", "warn", "error" };

static enum err open_file(const char *file, int *fd, struct fault *f)
{
    *fd = open(file, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640);
    if (*fd < 0)
        return fault_set(f, ERR_IO, "log.file %s: %s", file, strerror(errno));
    return ERR_OK;
}

enum err log_open(const char *file, enum log_format format,
                  enum log_level least, struct log **out, struct fault *f)
{
    bool is_file = file != NULL && strcmp(file, "-") != 0;
    struct log *log = calloc(1, sizeof(*log));
    int fd = STDERR_FILENO;
    enum err e = ERR_OK;

    if (log == NULL)
        return fault_set(f, ERR_NO_MEM, "log");
    if (is_file)
        e = open_file(file, &fd, f);
    log->fd = e == ERR_OK ? fd : STDERR_FILENO;
    log->format = format;
    log->least = least;
    log->file = is_file ? strdup(file) : NULL;
    if (e == ERR_OK && is_file && log->file == NULL)
        e = fault_set(f, ERR_NO_MEM, "log");
    if (e != ERR_OK) {
        log_free(log);
        return e;
    }
    *out = log;
    return ERR_OK;
}

void log_free(struct log *log)
{
    if (log == NULL)
        return;
    if (log->fd != STDERR_FILENO)
        close(log->fd);
    free(log->file);
    free(log);
}

/* The descriptor keeps its number, so that threads that write need no lock. */
enum err log_reopen(struct log *log, struct fault *f)
{
    int fd;

    if (log->file == NULL)
        return ERR_OK;
    TRY(open_file(log->file, &fd, f));
    dup3(fd, log->fd, O_CLOEXEC);
    close(fd);
    return ERR_OK;
}

static bool is_bare(struct span value)
{
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.ptr[i];

        if (c <= 0x20 || c >= 0x7f || c == '"' || c == '=' || c == '\\')
            return false;
    }
    return value.len > 0;
}

static void add_quoted(struct buf *line, struct span value)
{
    buf_add_str(line, "\"");
    for (size_t i = 0; i < value.len; i++) {
        uint8_t c = value.ptr[i];

        if (c == '"' || c == '\\')
            buf_printf(line, "\\%c", c);
        else if (c < 0x20 || c >= 0x7f)
            buf_printf(line, "\\x%02x", c);
        else
            buf_add(line, span_of(&c, 1));
    }
    buf_add_str(line, "\"");
}

static void add_logfmt(struct buf *line, const char *key, struct span value)
{
    if (line->len > 0)
        buf_add_str(line, " ");
    buf_add_str(line, key);
    buf_add_str(line, "=");
    if (is_bare(value))
        buf_add(line, value);
    else
        add_quoted(line, value);
}

/* Bytes that are no UTF-8 are shown as text of their escapes. */
static void add_json(json_t *object, const char *key, struct span value)
{
    struct buf text;

    if (utf8_is_valid(value)) {
        json_object_set_new(object, key,
                            json_stringn((const char *)value.ptr, value.len));
        return;
    }
    buf_init(&text, LINE_CAP);
    add_quoted(&text, value);
    json_object_set_new(object, key, json_string(buf_str(&text)));
    buf_done(&text);
}

static void format_logfmt(struct buf *line, const struct log_field *fields,
                          size_t num)
{
    for (size_t i = 0; i < num; i++)
        if (!span_is_absent(fields[i].value))
            add_logfmt(line, fields[i].key, fields[i].value);
}

static void format_json(struct buf *line, const struct log_field *fields,
                        size_t num)
{
    json_t *object = json_object();
    char *text;

    for (size_t i = 0; i < num; i++)
        if (!span_is_absent(fields[i].value))
            add_json(object, fields[i].key, fields[i].value);
    text = json_dumps(object, JSON_COMPACT | JSON_PRESERVE_ORDER);
    if (text != NULL)
        buf_add_str(line, text);
    free(text);
    json_decref(object);
}

static void write_all(struct log *log, const struct buf *lines)
{
    size_t sent = 0;
    ssize_t n;

    while (sent < lines->len) {
        n = write(log->fd, lines->ptr + sent, lines->len - sent);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return; /* there is nowhere left to say so */
        sent += (size_t)n;
    }
}

static void write_line(struct log *log, struct buf *line)
{
    buf_add_str(line, "\n");
    if (held.log != log) {
        write_all(log, line);
        return;
    }
    if (held.lines.len + line->len > HELD_CAP) {
        write_all(log, &held.lines);
        buf_clear(&held.lines);
    }
    buf_add(&held.lines, buf_span(line));
    if (held.lines.failed != ERR_OK)
        write_all(log, line);
}

void log_hold(struct log *log)
{
    held.log = log;
    buf_init(&held.lines, HELD_CAP);
}

void log_release(struct log *log)
{
    write_all(log, &held.lines);
    buf_done(&held.lines);
    held.log = NULL;
}

#define MAX_FIELDS 32

void log_write(struct log *log, enum log_level level, const char *event,
               const struct log_field *fields, size_t num)
{
    struct log_field all[MAX_FIELDS];
    char stamp[TIME_TEXT_LEN], at[TIME_TEXT_LEN + 8];
    int64_t now = clock_millis();
    struct buf line;
    size_t n = 3;

    if (log == NULL || level < log->least)
        return;
    time_format(now / 1000, stamp);
    text_format(at, sizeof(at), "%.19s.%03dZ", stamp, (int)(now % 1000));
    all[0] = (struct log_field){ "time", span_str(at) };
    all[1] = (struct log_field){ "level", span_str(level_names[level]) };
    all[2] = (struct log_field){ "event", span_str(event) };
    for (size_t i = 0; i < num && n < MAX_FIELDS; i++)
        all[n++] = fields[i];
    buf_init(&line, LINE_CAP);
    if (log->format == LOG_FORMAT_JSON)
        format_json(&line, all, n);
    else
        format_logfmt(&line, all, n);
    write_line(log, &line);
    buf_done(&line);
}

static struct span text_or_none(const char *text)
{
    return text == NULL || text[0] == '\0' ? SPAN_NONE : span_str(text);
}

void log_fault(struct log *log, enum log_level level, const char *event,
               const struct fault *f)
{
    struct log_field fields[] = {
        { "error", span_str(err_name(f->err)) },
        { "clause", text_or_none(f->clause) },
        { "text", text_or_none(f->text) },
    };

    log_write(log, level, event, fields, sizeof(fields) / sizeof(fields[0]));
}

static enum log_level job_level(const struct job *job)
{
    if (job->fault.err == ERR_OK)
        return LOG_LEVEL_INFO;
    return err_whose(job->fault.err) == WHOSE_OURS ? LOG_LEVEL_ERROR
                                                   : LOG_LEVEL_WARN;
}

/* The rules that were bent, or could not be told: "time-is-near,...". */
static void format_findings(const struct job *job, struct buf *out)
{
    for (size_t i = 0; i < job->findings.num; i++)
        buf_printf(out, "%s%s", i == 0 ? "" : ",",
                   job->findings.list[i].rule->id);
}

/* Requests refused beside others that were granted: "1:pop-verifies,...". */
static void format_refused(const struct job *job, struct buf *out)
{
    for (size_t i = 0; i < job->num_asks && job->outcome != OUTCOME_REFUSED;
         i++)
        if (job->asks[i].fault.err != ERR_OK)
            buf_printf(out, "%s%lld:%s", out->len == 0 ? "" : ",",
                       job->asks[i].req == NULL
                           ? (long long)i
                           : (long long)job->asks[i].req->cert_req.cert_req_id,
                       job->asks[i].fault.rule);
}

/* What an rr was granted: "1a2b:keyCompromise,...". */
static void format_revoked(const struct job *job, struct buf *out)
{
    char serial[2 * LIMIT_SERIAL_LEN + 1];

    for (size_t i = 0; i < job->num_asks && job->outcome != OUTCOME_REFUSED;
         i++) {
        const struct ask *ask = &job->asks[i];

        if (ask->record.id == 0 || ask->fault.err != ERR_OK)
            continue;
        hex_format(ask->record.serial, serial, sizeof(serial));
        buf_printf(out, "%s%s:%s", out->len == 0 ? "" : ",", serial,
                   crl_reason_name(ask->wish.reason));
    }
}

static const char *tls_client(const struct job *job)
{
    return span_is_absent(job->tls_client)
               ? NULL
               : gate_describe(job->tls_client, job->arena);
}

void log_job(struct log *log, const struct job *job)
{
    char id[2 * LIMIT_ID_LEN + 1], serial[2 * LIMIT_SERIAL_LEN + 1], took[32];
    const struct config_ra *ra = job_ra(job);
    const struct fault *fault = &job->fault;
    enum fail_info bit = err_fail_info(fault->err);
    enum cmp_body_type type = job->msg.body.type;
    struct buf findings, refused, revoked;

    if (log == NULL || job_level(job) < log->least)
        return;
    hex_format(job->msg.header.transaction_id, id, sizeof(id));
    hex_format(job_serial(job), serial, sizeof(serial));
    text_format(took, sizeof(took), "%.2f",
                (double)(clock_monotonic_micros() - job->received) / 1000);
    buf_init(&findings, LINE_CAP);
    format_findings(job, &findings);
    buf_init(&refused, LINE_CAP);
    format_refused(job, &refused);
    buf_init(&revoked, LINE_CAP);
    format_revoked(job, &revoked);
    {
        struct log_field fields[] = {
            { "profile", span_str(job->profile->config->name) },
            { "body",
              type < CMP_BODY_NUM ? span_str(cmp_body_name(type)) : SPAN_NONE },
            { "peer", text_or_none(job->peer) },
            { "tls_client", text_or_none(tls_client(job)) },
            { "vendor", job->facts.vendor },
            { "station", job->facts.serial },
            { "ra", ra == NULL ? SPAN_NONE : span_str(ra->name) },
            { "transaction", text_or_none(id) },
            { "serial", text_or_none(serial) },
            { "fail_info", fault->err == ERR_OK
                               ? SPAN_NONE
                               : text_or_none(fail_info_name(bit)) },
            { "rule", text_or_none(fault->rule) },
            { "clause", text_or_none(fault->clause) },
            { "text",
              fault->err == ERR_OK ? SPAN_NONE : text_or_none(fault->text) },
            { "findings", text_or_none(buf_str(&findings)) },
            { "revoked", text_or_none(buf_str(&revoked)) },
            { "refused_requests", text_or_none(buf_str(&refused)) },
            { "ms", span_str(took) },
        };

        log_write(log, job_level(job), outcome_name(job->outcome), fields,
                  sizeof(fields) / sizeof(fields[0]));
    }
    buf_done(&revoked);
    buf_done(&refused);
    buf_done(&findings);
}
