/*
 * A loop: its thread, its listening sockets, the answers posted to it.
 */
#include "net/internal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BACKLOG 1024
#define LINGER_MS 1000
#define ACCEPT_RETRY_MS 100

void loop_count(struct loop *l, size_t which)
{
    atomic_fetch_add_explicit(&l->counts[which], 1, memory_order_relaxed);
}

static struct timeval millis(unsigned ms)
{
    return (struct timeval){ .tv_sec = ms / 1000,
                             .tv_usec = (suseconds_t)(ms % 1000) * 1000 };
}

void loop_check_over(struct loop *l)
{
    if (l->is_draining && l->conns == NULL)
        event_base_loopexit(l->base, NULL);
}

static void close_all(struct loop *l)
{
    struct conn *next;

    for (struct conn *c = l->conns; c != NULL; c = next) {
        next = c->next;
        conn_close(c);
    }
}

static void on_drain_end(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    close_all(arg);
}

static void doors_close(struct loop *l)
{
    for (size_t i = 0; i < l->net->o.num_listeners; i++) {
        struct door *d = &l->doors[i];

        if (d->listener != NULL)
            evconnlistener_free(d->listener);
        if (d->retry != NULL)
            event_free(d->retry);
        d->listener = NULL;
        d->retry = NULL;
    }
}

static void drain(struct loop *l, unsigned drain_ms)
{
    const struct timeval end = millis(drain_ms);
    struct conn *next;

    doors_close(l);
    for (struct conn *c = l->conns; c != NULL; c = next) {
        next = c->next;
        conn_drain(c);
    }
    l->is_draining = true;
    event_add(l->drain_end, &end);
    loop_check_over(l);
}

static void deliver(struct loop *l, struct net_exchange *x)
{
    if (x->conn == NULL) {
        loop_count(l, COUNT_CLIENT_GONE);
    } else {
        loop_count(l, COUNT_REPLIES);
        conn_answer(x->conn, x->answer);
        x->answer = NULL;
    }
    exchange_free(x);
}

static void on_wake(evutil_socket_t fd, short what, void *arg)
{
    struct loop *l = arg;
    struct net_exchange *x, *next;
    bool is_asked_to_stop;
    eventfd_t count;

    (void)what;
    eventfd_read(fd, &count);
    pthread_mutex_lock(&l->lock);
    x = l->answered;
    l->answered = NULL;
    l->answered_end = &l->answered;
    is_asked_to_stop = l->is_asked_to_stop;
    pthread_mutex_unlock(&l->lock);
    for (; x != NULL; x = next) {
        next = x->next;
        deliver(l, x);
    }
    if (is_asked_to_stop && !l->is_draining)
        drain(l, l->drain_ms);
}

static void on_accept(struct evconnlistener *listener, evutil_socket_t fd,
                      struct sockaddr *addr, int addr_len, void *arg)
{
    struct door *d = arg;

    (void)listener;
    (void)addr_len;
    conn_open(d->loop, d->bound, fd, addr);
}

/* Out of descriptors, most likely: the queue would wake us again at once. */
static void on_accept_failed(struct evconnlistener *listener, void *arg)
{
    const struct timeval later = millis(ACCEPT_RETRY_MS);
    struct door *d = arg;

    evconnlistener_disable(listener);
    event_add(d->retry, &later);
}

static void on_accept_retry(evutil_socket_t fd, short what, void *arg)
{
    struct door *d = arg;

    (void)fd;
    (void)what;
    evconnlistener_enable(d->listener);
}

static enum err door_open(struct door *d, struct loop *l, struct bound *b,
                          struct fault *f)
{
    int fd;

    d->loop = l;
    d->bound = b;
    TRY(bound_socket(b, &fd, f));
    d->listener = evconnlistener_new(
        l->base, on_accept, d, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC,
        BACKLOG, fd);
    if (d->listener == NULL) {
        fault_set(f, ERR_IO, "listen on %s: %s", b->conf->address,
                  strerror(errno));
        close(fd);
        return ERR_IO;
    }
    d->retry = event_new(l->base, -1, 0, on_accept_retry, d);
    if (d->retry == NULL)
        return fault_set(f, ERR_NO_MEM, "event loop");
    evconnlistener_set_error_cb(d->listener, on_accept_failed);
    return ERR_OK;
}

/* Equal times end in the order they began: a list per time, no heap. */
static bool set_deadlines(struct loop *l, const struct net_options *o)
{
    const unsigned times[DEADLINE_NUM] = {
        [DEADLINE_HANDSHAKE] = o->handshake_ms, [DEADLINE_IDLE] = o->idle_ms,
        [DEADLINE_HEADER] = o->header_ms,       [DEADLINE_BODY] = o->body_ms,
        [DEADLINE_WRITE] = o->write_ms,         [DEADLINE_LINGER] = LINGER_MS,
    };

    for (size_t i = 0; i < DEADLINE_NUM; i++) {
        struct timeval tv = millis(times[i]);

        l->deadlines[i] = event_base_init_common_timeout(l->base, &tv);
        if (l->deadlines[i] == NULL)
            return false;
    }
    return true;
}

static bool base_init(struct loop *l)
{
    struct event_config *conf = event_config_new();

    if (conf == NULL)
        return false;
    event_config_set_flag(conf, EVENT_BASE_FLAG_NOLOCK);
    l->base = event_base_new_with_config(conf);
    event_config_free(conf);
    return l->base != NULL;
}

enum err loop_init(struct loop *l, struct net *n, struct fault *f)
{
    l->net = n;
    l->answered_end = &l->answered;
    pthread_mutex_init(&l->lock, NULL);
    l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    l->doors = calloc(n->o.num_listeners, sizeof(*l->doors));
    if (l->wake_fd < 0)
        return fault_set(f, ERR_IO, "eventfd: %s", strerror(errno));
    if (l->doors == NULL || !base_init(l) || !set_deadlines(l, &n->o))
        return fault_set(f, ERR_NO_MEM, "event loop");
    l->wake = event_new(l->base, l->wake_fd, EV_READ | EV_PERSIST, on_wake, l);
    l->drain_end = event_new(l->base, -1, 0, on_drain_end, l);
    if (l->wake == NULL || l->drain_end == NULL ||
        event_add(l->wake, NULL) != 0)
        return fault_set(f, ERR_NO_MEM, "event loop");
    for (size_t i = 0; i < n->o.num_listeners; i++)
        TRY(door_open(&l->doors[i], l, &n->bounds[i], f));
    return ERR_OK;
}

void loop_done(struct loop *l)
{
    if (l->doors != NULL)
        doors_close(l);
    free(l->doors);
    if (l->wake != NULL)
        event_free(l->wake);
    if (l->drain_end != NULL)
        event_free(l->drain_end);
    if (l->base != NULL)
        event_base_free(l->base);
    if (l->wake_fd >= 0)
        close(l->wake_fd);
    pthread_mutex_destroy(&l->lock);
}

/* Answers that came too late to be delivered, now and from here on. */
static void end(struct loop *l)
{
    struct net_exchange *x, *next;

    pthread_mutex_lock(&l->lock);
    x = l->answered;
    l->answered = NULL;
    l->answered_end = &l->answered;
    l->is_over = true;
    pthread_mutex_unlock(&l->lock);
    for (; x != NULL; x = next) {
        next = x->next;
        exchange_free(x);
    }
}

static void *run(void *arg)
{
    struct loop *l = arg;

    event_base_dispatch(l->base);
    close_all(l);
    end(l);
    return NULL;
}

/* With every signal blocked: they are the program's, and a write to a client
 * that has gone must be an error here, not SIGPIPE. */
enum err loop_start(struct loop *l, struct fault *f)
{
    sigset_t all, before;
    int rc;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    rc = pthread_create(&l->thread, NULL, run, l);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (rc != 0)
        return fault_set(f, ERR_IO, "thread: %s", strerror(rc));
    l->is_running = true;
    return ERR_OK;
}

void loop_ask_to_stop(struct loop *l, unsigned drain_ms)
{
    pthread_mutex_lock(&l->lock);
    l->is_asked_to_stop = true;
    l->drain_ms = drain_ms;
    pthread_mutex_unlock(&l->lock);
    eventfd_write(l->wake_fd, 1);
}

void loop_join(struct loop *l)
{
    if (l->is_running)
        pthread_join(l->thread, NULL);
    l->is_running = false;
}
