/*
 * A connection: reads one request at a time, hands it over, writes its answer.
 */
#include "net/internal.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <event2/buffer.h>

/* What a connection reads ahead while a request of it is being answered. */
#define READ_AHEAD 4096

static void conn_step(struct conn *c);

static void arm(struct conn *c, enum deadline which)
{
    event_add(&c->timer, c->loop->deadlines[which]);
}

static struct evbuffer *input(const struct conn *c)
{
    return bufferevent_get_input(c->bev);
}

/*
 * Asks the kernel to acknowledge at once. A client that sends head and body in
 * two writes, as OpenSSL's does, holds the second back until then: 40 ms.
 */
static void quick_ack(const struct conn *c)
{
    const int on = 1;

    setsockopt(bufferevent_getfd(c->bev), IPPROTO_TCP, TCP_QUICKACK, &on,
               sizeof(on));
}

void conn_close(struct conn *c)
{
    struct loop *l = c->loop;

    event_del(&c->timer);
    if (c->state == CONN_WAITING)
        c->x->conn = NULL;
    else
        exchange_free(c->x);
    if (c->state != CONN_HANDSHAKE)
        tls_say_end(c->bev);
    bufferevent_free(c->bev);
    *c->link = c->next;
    if (c->next != NULL)
        c->next->link = c->link;
    free(c);
    atomic_fetch_sub(&l->net->num_open, 1);
    loop_check_over(l);
}

/*
 * Reading stops while nothing is taken out and starts when more is needed. Not
 * by libevent's watermarks: at one, bufferevent_openssl leaves decrypted bytes
 * inside OpenSSL, and nothing wakes it for them.
 */
static void hold(struct conn *c)
{
    bufferevent_disable(c->bev, EV_READ);
    c->is_held = true;
}

static void unhold(struct conn *c)
{
    if (c->is_held)
        bufferevent_enable(c->bev, EV_READ);
    c->is_held = false;
}

/* Closing with bytes unread would send a reset, which can overtake the answer
 * in the client; so the client closes first, or time does. */
static void linger(struct conn *c)
{
    if (c->has_ended) {
        conn_close(c);
        return;
    }
    tls_say_end(c->bev);
    shutdown(bufferevent_getfd(c->bev), SHUT_WR);
    evbuffer_drain(input(c), evbuffer_get_length(input(c)));
    unhold(c);
    c->state = CONN_LINGER;
    arm(c, DEADLINE_LINGER);
}

/* Between requests; the next may have arrived already. */
static void rest(struct conn *c)
{
    c->state = CONN_IDLE;
    arm(c, DEADLINE_IDLE);
    conn_step(c);
}

/* The answer has left. */
static void finish(struct conn *c)
{
    if (c->keeps_alive && !c->loop->is_draining)
        rest(c);
    else
        linger(c);
}

/* Straight to `fd`, unless that is -1. False: that failed, and the connection
 * is closed. */
static bool answer(struct conn *c, struct wire *w, evutil_socket_t fd)
{
    c->x = NULL;
    c->state = CONN_WRITING;
    if (c->loop->is_draining ||
        (c->has_ended && evbuffer_get_length(input(c)) == 0))
        c->keeps_alive = false;
    if (w == NULL || !wire_send(w, bufferevent_get_output(c->bev), c, fd)) {
        conn_close(c);
        return false;
    }
    arm(c, DEADLINE_WRITE);
    return true;
}

/* Most answers fit the socket: then the loop need not be asked when it may be
 * written to, nor told to ask no more. */
void conn_answer(struct conn *c, struct wire *w)
{
    bool is_plain = c->bound->conf->tls_cert_file == NULL;

    if (answer(c, w, is_plain ? bufferevent_getfd(c->bev) : -1) && is_plain &&
        evbuffer_get_length(bufferevent_get_output(c->bev)) == 0)
        finish(c);
}

int net_refused_status(enum net_refused which)
{
#define STATUS_ROW(status) [NET_REFUSED_##status] = (status),
    static const int statuses[] = { NET_REFUSALS(STATUS_ROW) };
#undef STATUS_ROW

    return statuses[which];
}

static void count_refusal(struct loop *l, int status)
{
    for (enum net_refused i = 0; i < NET_REFUSED_NUM; i++)
        if (net_refused_status(i) == status)
            loop_count(l, COUNT_REFUSED + i);
}

static const char *why(int status)
{
    static const struct {
        int status;
        const char *text;
    } texts[] = {
        { 400, "The request is malformed, or can be read in two ways.\n" },
        { 404, "Nothing is served under this path.\n" },
        { 405, "This path does not allow this method.\n" },
        { 408, "The request did not arrive in time.\n" },
        { 411, "A POST needs Content-Length or chunked encoding.\n" },
        { 413, "The body is too long.\n" },
        { 415, "The body is not of a media type this path takes.\n" },
        { 417, "The only expectation known is 100-continue.\n" },
        { 431, "The header is too long.\n" },
        { 505, "This server speaks HTTP/1.0 and HTTP/1.1.\n" },
    };

    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        if (texts[i].status == status)
            return texts[i].text;
    return "";
}

/* Answers what no handler will see. Not at once: one request after the other
 * would be refused, each from within the one before. */
static void refuse(struct conn *c, int status, unsigned allow)
{
    const struct net_response r = {
        .status = status,
        .content_type = "text/plain; charset=utf-8",
        .body = span_str(why(status)),
    };

    count_refusal(c->loop, status);
    exchange_free(c->x);
    answer(c, wire_new(&r, allow), -1);
}

/* The same where nobody can tell where the next request would begin. */
static void refuse_and_close(struct conn *c, int status)
{
    c->keeps_alive = false;
    refuse(c, status, 0);
}

static void dispatch(struct conn *c)
{
    event_del(&c->timer);
    c->state = CONN_WAITING;
    loop_count(c->loop, COUNT_REQUESTS);
    c->x->route->handler(c->x, c->x->route->arg);
}

/* The status that refuses the request, or 0 and its route. */
static int judge(const struct net_options *o, const struct http_head *h,
                 const struct net_route **route, unsigned *allow)
{
    enum net_method method = method_parse(h->method);

    *route = route_find(o, h->path, method, allow);
    if (*route == NULL)
        return *allow != 0 ? 405 : 404;
    if (method != NET_POST)
        return h->is_chunked || h->length > 0 ? 400 : 0;
    if (!h->is_chunked && !h->has_length)
        return 411;
    if (h->is_encoded || !route_takes_type(*route, h->content_type))
        return 415;
    return h->length > o->body_cap ? 413 : 0;
}

static void expect_body(struct conn *c, const struct http_head *h)
{
    c->state = CONN_BODY;
    c->is_chunked = h->is_chunked;
    c->chunks = (struct http_chunks){ 0 };
    arm(c, DEADLINE_BODY);
    if (h->wants_continue && evbuffer_get_length(input(c)) == 0)
        bufferevent_write(c->bev, "HTTP/1.1 100 Continue\r\n\r\n", 25);
}

/* A step returns true when the next one may have something to do. */
static bool admit(struct conn *c, struct span head)
{
    const struct net_route *route;
    struct http_head h;
    unsigned allow = 0;
    bool has_body;
    int status = http_head_parse(head, &h);

    if (status != 0) {
        refuse_and_close(c, status);
        return false;
    }
    has_body = h.is_chunked || h.length > 0;
    c->is_http_1_0 = h.is_http_1_0;
    c->is_head = method_parse(h.method) == NET_HEAD;
    c->keeps_alive = h.keeps_alive;
    status = judge(&c->loop->net->o, &h, &route, &allow);
    if (status == 0)
        c->x = exchange_new(c, &h, route);
    evbuffer_drain(input(c), head.len);
    if (status != 0) {
        /* A body that nobody reads would be taken for the next request. */
        c->keeps_alive &= !has_body && status != 411;
        refuse(c, status, allow);
        return false;
    }
    if (c->x == NULL) {
        conn_close(c);
        return false;
    }
    if (has_body)
        expect_body(c, &h);
    else
        dispatch(c);
    return has_body;
}

/* The request is not complete. */
static void want_more(struct conn *c)
{
    if (c->has_ended) {
        conn_close(c);
        return;
    }
    unhold(c);
    quick_ack(c);
}

static bool step_wait(struct conn *c)
{
    if (evbuffer_get_length(input(c)) > READ_AHEAD)
        hold(c);
    return false;
}

static bool step_idle(struct conn *c)
{
    if (evbuffer_get_length(input(c)) == 0) {
        if (c->has_ended)
            conn_close(c);
        else
            unhold(c);
        return false;
    }
    c->state = CONN_HEAD;
    c->is_head = false;
    c->scanned = 0;
    arm(c, DEADLINE_HEADER);
    return true;
}

static bool step_head(struct conn *c)
{
    size_t cap = c->loop->net->o.header_cap;
    size_t len = evbuffer_get_length(input(c));
    const uint8_t *bytes;

    if (len > cap)
        len = cap;
    bytes = evbuffer_pullup(input(c), (ev_ssize_t)len);
    if (bytes == NULL) {
        conn_close(c);
        return false;
    }
    switch (http_head_find(span_of(bytes, len), &c->scanned)) {
    case HTTP_DONE:
        return admit(c, span_of(bytes, c->scanned));
    case HTTP_BAD:
        refuse_and_close(c, 400);
        return false;
    case HTTP_MORE:
        break;
    }
    if (len == cap)
        refuse_and_close(c, 431);
    else
        want_more(c);
    return false;
}

/* Takes what it can of `in` into the body. The status as http_chunks_step. */
static enum http_step take_body(struct conn *c, struct span *in, int *status)
{
    struct net_exchange *x = c->x;
    size_t len = in->len;

    if (c->is_chunked)
        return http_chunks_step(&c->chunks, in, &x->body, status);
    if (len > x->body_len - x->body.len)
        len = x->body_len - x->body.len;
    buf_add(&x->body, span_of(in->ptr, len));
    *in = span_of(in->ptr + len, in->len - len);
    return x->body.len == x->body_len ? HTTP_DONE : HTTP_MORE;
}

static bool step_body(struct conn *c)
{
    enum http_step step = HTTP_MORE;
    struct evbuffer *in = input(c);
    struct span piece;
    size_t len;
    int status = 0;

    while (step == HTTP_MORE && evbuffer_get_length(in) > 0) {
        len = evbuffer_get_contiguous_space(in);
        piece = span_of(evbuffer_pullup(in, (ev_ssize_t)len), len);
        step = take_body(c, &piece, &status);
        evbuffer_drain(in, len - piece.len);
        if (c->x->body.failed != ERR_OK) {
            conn_close(c);
            return false;
        }
    }
    switch (step) {
    case HTTP_DONE:
        dispatch(c);
        break;
    case HTTP_BAD:
        refuse_and_close(c, status);
        break;
    case HTTP_MORE:
        want_more(c);
        break;
    }
    return false;
}

static bool step_linger(struct conn *c)
{
    evbuffer_drain(input(c), evbuffer_get_length(input(c)));
    return false;
}

static bool (*const steps[])(struct conn *c) = {
    [CONN_HANDSHAKE] = step_wait, [CONN_IDLE] = step_idle,
    [CONN_HEAD] = step_head,      [CONN_BODY] = step_body,
    [CONN_WAITING] = step_wait,   [CONN_WRITING] = step_wait,
    [CONN_LINGER] = step_linger,
};

static void conn_step(struct conn *c)
{
    while (steps[c->state](c))
        continue;
}

static void on_read(struct bufferevent *bev, void *arg)
{
    (void)bev;
    conn_step(arg);
}

static void on_write(struct bufferevent *bev, void *arg)
{
    struct conn *c = arg;

    if (c->state != CONN_WRITING ||
        evbuffer_get_length(bufferevent_get_output(bev)) > 0)
        return;
    finish(c);
}

static void turn_away(struct conn *c);

static void on_event(struct bufferevent *bev, short what, void *arg)
{
    struct conn *c = arg;

    (void)bev;
    if ((what & BEV_EVENT_CONNECTED) != 0) {
        tls_count_done(c);
        rest(c);
        return;
    }
    c->has_ended = true;
    /* A client may close its half and still wait for its answers. */
    if ((what & BEV_EVENT_EOF) != 0 &&
        (c->state == CONN_WAITING || c->state == CONN_WRITING))
        return;
    if (c->state == CONN_HANDSHAKE && tls_is_refused(c))
        turn_away(c);
    else
        conn_close(c);
}

/*
 * A client of TLS 1.3 whose certificate is refused may have sent its request
 * along already, and a reset would overtake the alert that says so. TLS takes
 * nothing from it any more: that is read off the bare socket.
 */
static void turn_away(struct conn *c)
{
    int fd = fcntl(bufferevent_getfd(c->bev), F_DUPFD_CLOEXEC, 0);
    struct bufferevent *bare =
        fd < 0
            ? NULL
            : bufferevent_socket_new(c->loop->base, fd, BEV_OPT_CLOSE_ON_FREE);

    if (bare == NULL) {
        if (fd >= 0)
            close(fd);
        conn_close(c);
        return;
    }
    bufferevent_free(c->bev);
    c->bev = bare;
    c->has_ended = false;
    bufferevent_setcb(bare, on_read, on_write, on_event, c);
    bufferevent_enable(bare, EV_READ);
    linger(c);
}

static void on_deadline(evutil_socket_t fd, short what, void *arg)
{
    struct conn *c = arg;
    bool is_reading = c->state == CONN_HEAD || c->state == CONN_BODY;

    (void)fd;
    (void)what;
    if (is_reading || c->state == CONN_HANDSHAKE || c->state == CONN_WRITING)
        loop_count(c->loop, COUNT_CUT);
    if (is_reading)
        refuse_and_close(c, 408);
    else
        conn_close(c);
}

void conn_drain(struct conn *c)
{
    int waiting = 0;

    if (c->state == CONN_HANDSHAKE) {
        conn_close(c);
        return;
    }
    if (c->state != CONN_IDLE)
        return;
    /* A request may stand in the socket, not read yet: it is answered. */
    if (ioctl(bufferevent_getfd(c->bev), FIONREAD, &waiting) != 0 ||
        waiting == 0)
        conn_close(c);
}

static void peer_set(struct net_peer *p, const struct sockaddr *addr)
{
    const struct sockaddr_in *in4 = (const void *)addr;
    const struct sockaddr_in6 *in6 = (const void *)addr;

    if (addr->sa_family == AF_INET) {
        p->version = 4;
        p->port = ntohs(in4->sin_port);
        memcpy(p->bytes, &in4->sin_addr, 4);
        return;
    }
    p->version = IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr) ? 4 : 6;
    p->port = ntohs(in6->sin6_port);
    if (p->version == 4)
        memcpy(p->bytes, in6->sin6_addr.s6_addr + 12, 4);
    else
        memcpy(p->bytes, in6->sin6_addr.s6_addr, 16);
}

static bool has_room(struct loop *l)
{
    struct net *n = l->net;

    if (atomic_fetch_add(&n->num_open, 1) < n->o.max_connections)
        return true;
    atomic_fetch_sub(&n->num_open, 1);
    loop_count(l, COUNT_TURNED_AWAY);
    return false;
}

/* NULL: out of memory. */
static struct conn *conn_new(struct loop *l, struct bound *b,
                             evutil_socket_t fd, const struct sockaddr *addr)
{
    struct conn *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return NULL;
    c->loop = l;
    c->bound = b;
    peer_set(&c->peer, addr);
    c->bev = b->conf->tls_cert_file != NULL
                 ? tls_bev_new(c, fd)
                 : bufferevent_socket_new(l->base, fd, BEV_OPT_CLOSE_ON_FREE);
    if (c->bev != NULL)
        return c;
    free(c);
    return NULL;
}

void conn_open(struct loop *l, struct bound *b, evutil_socket_t fd,
               const struct sockaddr *addr)
{
    struct conn *c;

    loop_count(l, COUNT_ACCEPTED);
    if (!has_room(l)) {
        close(fd);
        return;
    }
    c = conn_new(l, b, fd, addr);
    if (c == NULL) {
        close(fd);
        atomic_fetch_sub(&l->net->num_open, 1);
        return;
    }
    c->link = &l->conns;
    c->next = l->conns;
    if (c->next != NULL)
        c->next->link = &c->next;
    l->conns = c;
    event_assign(&c->timer, l->base, -1, 0, on_deadline, c);
    bufferevent_setcb(c->bev, on_read, on_write, on_event, c);
    bufferevent_enable(c->bev, EV_READ | EV_WRITE);
    c->state = b->conf->tls_cert_file != NULL ? CONN_HANDSHAKE : CONN_IDLE;
    arm(c, c->state == CONN_HANDSHAKE ? DEADLINE_HANDSHAKE : DEADLINE_IDLE);
}
