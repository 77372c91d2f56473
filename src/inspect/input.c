#include "inspect/input.h"

#include <errno.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/limits.h"
#include "inspect/input_internal.h"

enum err sink_give(struct sink *sink, const struct seen *seen)
{
    struct seen given = *seen;

    given.number = 0;
    sink->given++;
    if (!span_is_absent(given.der))
        given.number = (size_t)++sink->totals.messages;
    if (given.problem != NULL)
        sink->totals.problems++;
    return sink->each(sink->arg, &given);
}

/*
 * What libpcap reads from: the bytes that were read to tell the form, then the
 * rest of the file. A stream of ours, since a pipe cannot be read again from
 * its start, and since nothing but reading is to be possible.
 */
struct source {
    struct span head;
    FILE *file; /* NULL: there is no rest */
    uint64_t left;
};

static ssize_t source_read(void *cookie, char *out, size_t size)
{
    struct source *s = cookie;
    size_t len = s->head.len < size ? s->head.len : size;

    if (len == 0 && s->file != NULL && size > 0) {
        if (s->left == 0) {
            errno = EFBIG;
            return -1;
        }
        len = fread(out, 1, size < s->left ? size : (size_t)s->left, s->file);
        s->left -= len;
        return len == 0 && ferror(s->file) ? -1 : (ssize_t)len;
    }
    if (len > 0)
        memcpy(out, s->head.ptr, len);
    s->head = span_of(s->head.ptr + len, s->head.len - len);
    return (ssize_t)len;
}

static enum err source_capture(struct source *source, struct sink *sink,
                               struct fault *f)
{
    FILE *stream = fopencookie(source, "rb",
                               (cookie_io_functions_t){ .read = source_read });

    if (stream == NULL)
        return fault_set(f, ERR_NO_MEM, "%s", sink->name);
    return capture_read(stream, sink, f);
}

static enum err form_refuse(const struct sink *sink, struct span bytes,
                            struct fault *f)
{
    static const struct {
        struct span magic;
        const char *what;
    } others[] = {
        { SPAN_LIT("\x1f\x8b"), "compressed by gzip; unpack it first" },
        { SPAN_LIT("\x28\xb5\x2f\xfd"), "compressed by zstd; unpack it first" },
        { SPAN_LIT("\xfd"
                   "7zXZ"),
          "compressed by xz; unpack it first" },
        { SPAN_LIT("PK\x03\x04"), "a zip archive; unpack it first" },
    };

    if (bytes.len == 0)
        return fault_set(f, ERR_BAD_DATA_FORMAT, "%s is empty", sink->name);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        if (bytes.len >= others[i].magic.len &&
            memcmp(bytes.ptr, others[i].magic.ptr, others[i].magic.len) == 0)
            return fault_set(f, ERR_BAD_DATA_FORMAT, "%s is %s", sink->name,
                             others[i].what);
    return fault_set(f, ERR_BAD_DATA_FORMAT,
                     "%s is neither DER (first byte 0x%02x, a PKIMessage "
                     "begins 0x30), PEM, hexadecimal, base64, pcap nor pcapng",
                     sink->name, bytes.ptr[0]);
}

/* Whole in memory by now. */
static enum err bytes_read(struct span bytes, struct sink *sink,
                           struct fault *f)
{
    enum input_form form = form_find(bytes);
    struct source source = { .head = bytes };

    if (form == FORM_NONE)
        return form_refuse(sink, bytes, f);
    if (form == FORM_CAPTURE)
        return source_capture(&source, sink, f);
    return texts_read(form, bytes, sink, f);
}

/* Appends what the stream has, up to the cap of `out`, or `max` bytes. */
static enum err stream_load(FILE *file, size_t max, struct buf *out,
                            const char *name, struct fault *f)
{
    uint8_t piece[16384];
    size_t len;

    while (out->len < max) {
        len = fread(piece, 1, sizeof(piece), file);
        buf_add(out, span_of(piece, len));
        if (out->failed == ERR_LIMIT)
            return fault_set(f, ERR_LIMIT, "%s is longer than %zu bytes", name,
                             out->cap);
        if (out->failed != ERR_OK)
            return fault_set(f, out->failed, "%s", name);
        if (ferror(file))
            return fault_set(f, ERR_IO, "%s cannot be read", name);
        if (len == 0)
            break;
    }
    return ERR_OK;
}

static enum err stream_read(FILE *file, struct buf *bytes, struct sink *sink,
                            struct fault *f)
{
    struct source source = { .file = file, .left = LIMIT_INPUT_CAPTURE_LEN };

    TRY(stream_load(file, 16, bytes, sink->name, f));
    if (form_find(buf_span(bytes)) == FORM_CAPTURE) {
        source.head = buf_span(bytes);
        return source_capture(&source, sink, f);
    }
    TRY(stream_load(file, SIZE_MAX, bytes, sink->name, f));
    return bytes_read(buf_span(bytes), sink, f);
}

static struct sink sink_make(const char *name,
                             const struct input_options *options,
                             seen_each *each, void *arg)
{
    struct sink sink = {
        .each = each,
        .arg = arg,
        .name = name,
        .options = { .connections = LIMIT_CAPTURE_CONNECTIONS,
                     .buffered = LIMIT_CAPTURE_BUFFERED },
    };

    if (options != NULL)
        sink.options = *options;
    return sink;
}

static enum err sink_end(const struct sink *sink, enum err e)
{
    if (sink->options.totals != NULL)
        *sink->options.totals = sink->totals;
    return e;
}

enum err input_read_bytes(struct span bytes, const char *name,
                          const struct input_options *options, seen_each *each,
                          void *arg, struct fault *f)
{
    struct sink sink = sink_make(name, options, each, arg);

    return sink_end(&sink, bytes_read(bytes, &sink, f));
}

enum err input_read(const char *path, const struct input_options *options,
                    seen_each *each, void *arg, struct fault *f)
{
    bool is_stdin = strcmp(path, "-") == 0;
    struct sink sink =
        sink_make(is_stdin ? "standard input" : path, options, each, arg);
    FILE *file = is_stdin ? stdin : fopen(path, "rbe");
    struct buf bytes;
    enum err e;

    if (file == NULL)
        return fault_set(f, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s",
                         path,
                         errno == ENOENT ? "no such file" : "cannot be opened");
    buf_init(&bytes, LIMIT_INPUT_LEN);
    e = stream_read(file, &bytes, &sink, f);
    buf_done(&bytes);
    if (!is_stdin)
        fclose(file);
    return sink_end(&sink, e);
}
