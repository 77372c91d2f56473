#include "bench/load.h"

#include <assert.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

#define BUFFER_LEN ((size_t)32 * 1024)
#define EVENTS 64
#define ANSWER_MS 30000

enum load_state {
    LOAD_WAITS_FOR_IP,
    LOAD_WAITS_FOR_PKICONF
};

/* One connection and the enrolment under way on it. */
struct load_conn {
    int fd;
    enum load_state state;
    const struct bench_station *station; /* NULL: it has no more to do */
    int64_t started;
    size_t in_len;
    uint8_t in[BUFFER_LEN];
};

struct load {
    const struct load_options *o;
    const struct bench_stations *stations;
    struct crypto_ctx *cx;
    struct arena *arena;
    struct load_conn *conns;
    int epoll;
    size_t next; /* station */
    unsigned busy;
    bool is_over;
    int64_t *latencies; /* microseconds, of the enrolments counted */
    size_t done, counted_from;
    int64_t count_start, count_end; /* 0: not yet */
    double cpu_start, cpu_end, own_start, own_end;
};

/* --- processes --- */

enum err process_cpu(pid_t pid, double *out, struct fault *f)
{
    struct timespec t;
    clockid_t clock;

    if (clock_getcpuclockid(pid, &clock) != 0 || clock_gettime(clock, &t) != 0)
        return fault_set(f, ERR_IO, "the server's process is gone");
    *out = (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
    return ERR_OK;
}

enum err process_rss(pid_t pid, size_t *out, struct fault *f)
{
    char path[64], line[256];
    unsigned long kib = 0;
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
    file = fopen(path, "re");
    if (file == NULL)
        return fault_set(f, ERR_IO, "the server's process is gone");
    while (fgets(line, sizeof(line), file) != NULL)
        if (strncmp(line, "VmRSS:", 6) == 0)
            kib = strtoul(line + 6, NULL, 10);
    fclose(file);
    *out = kib;
    return ERR_OK;
}

static double own_cpu(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

/* --- sending --- */

static enum err connect_one(uint16_t port, int *out, struct fault *f)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return fault_set(f, ERR_IO, "socket: %m");
    if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0) {
        close(fd);
        return fault_set(f, ERR_IO, "connect to port %u: %m", (unsigned)port);
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
    *out = fd;
    return ERR_OK;
}

enum err load_connect(uint16_t port, unsigned num, int *fds, struct fault *f)
{
    for (unsigned i = 0; i < num; i++)
        TRY(connect_one(port, &fds[i], f));
    return ERR_OK;
}

/* One POST in one write. A request is far smaller than a socket's buffer, so
 * a blocking send does not wait. */
static enum err post(struct load *l, struct load_conn *c, struct span body,
                     struct fault *f)
{
    char request[BUFFER_LEN];
    int len =
        snprintf(request, sizeof(request),
                 "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                 "Content-Type: application/pkixcmp\r\n"
                 "%sContent-Length: %zu\r\n\r\n",
                 l->o->path,
                 l->o->reconnect ? "Connection: keep-alive\r\n" : "", body.len);
    size_t total = (size_t)len + body.len;

    if (len < 0 || total > sizeof(request))
        return fault_set(f, ERR_LIMIT, "request of %zu octets", body.len);
    memcpy(request + len, body.ptr, body.len);
    if (send(c->fd, request, total, MSG_NOSIGNAL) != (ssize_t)total)
        return fault_set(f, ERR_IO, "send: %m");
    c->in_len = 0;
    return ERR_OK;
}

static enum err watch(struct load *l, struct load_conn *c, struct fault *f)
{
    struct epoll_event ev = { .events = EPOLLIN, .data.ptr = c };

    if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, c->fd, &ev) != 0)
        return fault_set(f, ERR_IO, "epoll: %m");
    return ERR_OK;
}

/* Begins the next station's enrolment, or lets the connection rest. */
static enum err begin(struct load *l, struct load_conn *c, struct fault *f)
{
    c->station = NULL;
    if (l->is_over || l->next == l->stations->num)
        return ERR_OK;
    if (c->fd >= 0 && l->o->reconnect) {
        close(c->fd);
        c->fd = -1;
    }
    if (c->fd < 0) {
        TRY(connect_one(l->o->port, &c->fd, f));
        TRY(watch(l, c, f));
    }
    c->station = &l->stations->list[l->next++];
    c->state = LOAD_WAITS_FOR_IP;
    c->started = clock_monotonic_micros();
    l->busy++;
    return post(l, c, c->station->ir, f);
}

/* --- receiving --- */

/* The body once it is all there: false until then. */
static enum err response_body(const struct load_conn *c, struct span *body,
                              bool *is_whole, struct fault *f)
{
    const char *text = (const char *)c->in;
    const char *end = memmem(text, c->in_len, "\r\n\r\n", 4);
    const char *line;
    size_t head, len;

    *is_whole = false;
    if (end == NULL)
        return ERR_OK;
    head = (size_t)(end - text) + 4;
    if (head < 13 || strncmp(text + 8, " 200", 4) != 0)
        return fault_set(f, ERR_REFUSED, "HTTP answer: %.*s",
                         (int)(c->in_len < 120 ? c->in_len : 120), text);
    line = strcasestr(text, "\r\nContent-Length:");
    if (line == NULL || line > end)
        return fault_set(f, ERR_REFUSED, "HTTP answer without a length");
    len = strtoul(line + 17, NULL, 10);
    if (head + len >= BUFFER_LEN)
        return fault_set(f, ERR_LIMIT, "HTTP answer of %zu octets", len);
    *is_whole = c->in_len >= head + len;
    *body = span_of(c->in + head, len);
    return ERR_OK;
}

/* Starts and stops counting when it is time. */
static enum err keep_time(struct load *l, int64_t now, struct fault *f)
{
    if (l->counted_from == 0 && now >= l->count_start) {
        TRY(process_cpu(l->o->server, &l->cpu_start, f));
        l->own_start = own_cpu();
        l->count_start = now;
        l->count_end = now + (int64_t)(l->o->seconds * 1e6);
        l->counted_from = l->done;
    }
    if (l->counted_from != 0 && !l->is_over &&
        (now >= l->count_end || l->next == l->stations->num)) {
        TRY(process_cpu(l->o->server, &l->cpu_end, f));
        l->own_end = own_cpu();
        l->count_end = now;
        l->is_over = true;
    }
    return ERR_OK;
}

static enum err finish(struct load *l, struct load_conn *c, struct fault *f)
{
    int64_t now = clock_monotonic_micros();

    l->busy--;
    if (!l->is_over)
        l->latencies[l->done++] = now - c->started;
    TRY(keep_time(l, now, f));
    return begin(l, c, f);
}

static enum err answer(struct load *l, struct load_conn *c, struct span body,
                       struct fault *f)
{
    struct span conf;

    arena_reset(l->arena);
    if (c->state == LOAD_WAITS_FOR_PKICONF) {
        TRY(bench_check_pkiconf(body, l->arena, f));
        return finish(l, c, f);
    }
    TRY(bench_station_confirm(l->cx, c->station, body, l->arena, &conf, f));
    c->state = LOAD_WAITS_FOR_PKICONF;
    return post(l, c, conf, f);
}

static enum err receive(struct load *l, struct load_conn *c, struct fault *f)
{
    struct span body;
    bool is_whole;
    ssize_t got = recv(c->fd, c->in + c->in_len, BUFFER_LEN - 1 - c->in_len,
                       MSG_DONTWAIT);

    if (got < 0 && errno == EAGAIN)
        return ERR_OK;
    if (got <= 0 && c->station == NULL) {
        close(c->fd);
        c->fd = -1;
        return ERR_OK;
    }
    if (got <= 0)
        return fault_set(f, ERR_IO, "the server closed the connection");
    c->in_len += (size_t)got;
    c->in[c->in_len] = '\0';
    TRY(response_body(c, &body, &is_whole, f));
    return is_whole ? answer(l, c, body, f) : ERR_OK;
}

/* --- running --- */

static enum err run_loop(struct load *l, struct fault *f)
{
    struct epoll_event events[EVENTS];
    int64_t now = clock_monotonic_micros();
    int num;

    assert(l->conns != NULL);
    l->count_start = now + (int64_t)(l->o->warm_up * 1e6);
    for (unsigned i = 0; i < l->o->connections; i++)
        TRY(begin(l, &l->conns[i], f));
    while (l->busy > 0) {
        num = epoll_wait(l->epoll, events, EVENTS, ANSWER_MS);
        if (num == 0)
            return fault_set(f, ERR_TIMEOUT, "no answer from the server");
        for (int i = 0; i < num; i++)
            TRY(receive(l, events[i].data.ptr, f));
    }
    return ERR_OK;
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static enum err sum_up(struct load *l, struct load_result *out, struct fault *f)
{
    int64_t *list = l->latencies + l->counted_from;
    size_t num = l->done - l->counted_from;
    size_t half = num / 2, most = num * 99 / 100;

    if (l->counted_from == 0 || !l->is_over || num < 100)
        return fault_set(f, ERR_LIMIT,
                         "only %zu enrolments counted; take more time", num);
    qsort(list, num, sizeof(*list), compare);
    *out = (struct load_result){
        .enrolments = num,
        .seconds = (double)(l->count_end - l->count_start) / 1e6,
        .server_cpu_us = (l->cpu_end - l->cpu_start) / (double)num,
        .client_cpu_us = (l->own_end - l->own_start) / (double)num,
        .p50_ms = (double)list[half] / 1e3,
        .p99_ms = (double)list[most] / 1e3,
        .max_ms = (double)list[num - 1] / 1e3,
    };
    return ERR_OK;
}

static void load_done(struct load *l)
{
    for (unsigned i = 0; l->conns != NULL && i < l->o->connections; i++)
        if (l->conns[i].fd >= 0)
            close(l->conns[i].fd);
    if (l->epoll >= 0)
        close(l->epoll);
    free(l->conns);
    free(l->latencies);
    arena_free(l->arena);
}

enum err load_run(const struct load_options *o, struct crypto_ctx *cx,
                  const struct bench_stations *stations,
                  struct load_result *out, struct fault *f)
{
    struct load l = { .o = o, .cx = cx, .stations = stations };
    enum err e = ERR_OK;

    l.epoll = epoll_create1(EPOLL_CLOEXEC);
    l.arena = arena_new((size_t)1024 * 1024);
    l.conns = calloc(o->connections, sizeof(*l.conns));
    l.latencies = calloc(stations->num, sizeof(*l.latencies));
    if (l.epoll < 0 || l.arena == NULL || l.conns == NULL ||
        l.latencies == NULL)
        e = fault_set(f, ERR_NO_MEM, "load");
    for (unsigned i = 0; l.conns != NULL && i < o->connections; i++)
        l.conns[i].fd = -1;
    if (e == ERR_OK)
        e = run_loop(&l, f);
    if (e == ERR_OK)
        e = sum_up(&l, out, f);
    load_done(&l);
    return e;
}
