#include "cli/progress.h"

#include <inttypes.h>
#include <unistd.h>

#include "base/clock.h"

#define SECOND ((int64_t)1000000)
#define SHOW_AFTER (2 * SECOND)
#define DRAW_EVERY (SECOND / 10)
#define BAR_MIN 10
#define BAR_MAX 40

static void add_time(uint64_t seconds, struct buf *out)
{
    if (seconds >= 3600)
        buf_printf(out, "%" PRIu64 ":%02u:%02u", seconds / 3600,
                   (unsigned)(seconds / 60 % 60), (unsigned)(seconds % 60));
    else
        buf_printf(out, "%u:%02u", (unsigned)(seconds / 60),
                   (unsigned)(seconds % 60));
}

static void add_rate(double rate, struct buf *out)
{
    buf_printf(out, rate < 10 ? "  %.1f/s" : "  %.0f/s", rate);
}

/* What stands behind the bar. */
static void add_tail(uint64_t done, uint64_t total, int64_t elapsed,
                     struct buf *out)
{
    double seconds = (double)(elapsed > 0 ? elapsed : 1) / SECOND;
    double rate = (double)done / seconds;

    if (total > 0)
        buf_printf(out, "  %3u %%",
                   (unsigned)(100.0 * (double)done / (double)total));
    else
        buf_printf(out, "  %" PRIu64, done);
    add_rate(rate, out);
    if (total > 0 && done > 0) {
        buf_add_str(out, "  ");
        add_time((uint64_t)((double)(total - done) / rate + 0.5), out);
        buf_add_str(out, " left");
    }
}

static void add_bar(uint64_t done, uint64_t total, size_t len, struct buf *out)
{
    size_t filled = (size_t)((double)len * (double)done / (double)total);

    buf_add_str(out, "  [");
    for (size_t i = 0; i < len; i++)
        buf_add_str(out, i < filled ? "=" : i == filled ? ">" : " ");
    buf_add_str(out, "]");
}

void cli_progress_format(const char *label, uint64_t done, uint64_t total,
                         int64_t elapsed, size_t width, struct buf *out)
{
    struct buf tail;
    size_t used, room;

    if (total > 0 && done > total)
        done = total;
    buf_init(&tail, 256);
    add_tail(done, total, elapsed, &tail);
    used = strlen(label) + tail.len + 4;
    room = width > used ? width - used : 0;
    buf_add_str(out, label);
    if (total > 0 && room >= BAR_MIN)
        add_bar(done, total, room < BAR_MAX ? room : BAR_MAX, out);
    buf_add(out, buf_span(&tail));
    buf_done(&tail);
}

void cli_progress_init(struct cli_progress *p, FILE *out, const char *label,
                       uint64_t total)
{
    int fd = fileno(out);

    *p = (struct cli_progress){
        .out = out,
        .label = label,
        .total = total,
        .begin = clock_monotonic_micros(),
        .is_terminal = fd >= 0 && isatty(fd) == 1,
    };
}

void cli_progress_step(struct cli_progress *p, uint64_t done)
{
    int64_t now = clock_monotonic_micros();
    struct buf line;

    if (!p->is_terminal || now - p->begin < SHOW_AFTER ||
        (p->last != 0 && now - p->last < DRAW_EVERY))
        return;
    p->last = now;
    buf_init(&line, 4096);
    cli_progress_format(p->label, done, p->total, now - p->begin,
                        cli_columns(p->out) - 1, &line);
    fprintf(p->out, "\r\033[K%s", buf_str(&line));
    fflush(p->out);
    buf_done(&line);
}

void cli_progress_done(struct cli_progress *p)
{
    if (p->last == 0)
        return;
    fputs("\r\033[K", p->out);
    fflush(p->out);
}
