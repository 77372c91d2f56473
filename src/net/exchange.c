#include "net/internal.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <event2/buffer.h>

struct net_exchange *exchange_new(struct conn *c, const struct http_head *h,
                                  const struct net_route *r)
{
    struct net *n = c->loop->net;
    struct net_exchange *x;
    size_t path_len = h->path.len, cert_len = tls_client_cert(c, NULL);
    uint8_t *cert;
    char *query;

    if (path_len > 1 && h->path.ptr[path_len - 1] == '/')
        path_len--;
    x = malloc(sizeof(*x) + path_len + h->query.len + 2 + cert_len);
    if (x == NULL)
        return NULL;
    query = x->path + path_len + 1;
    cert = (uint8_t *)query + h->query.len + 1;
    *x = (struct net_exchange){
        .loop = c->loop,
        .conn = c,
        .route = r,
        .id = atomic_fetch_add(&n->next_id, 1) + 1,
        .peer = c->peer,
        .listener = (size_t)(c->bound - n->bounds),
        .method = method_parse(h->method),
        .body_len = (size_t)h->length,
        .query = query,
    };
    memcpy(x->path, h->path.ptr, path_len);
    x->path[path_len] = '\0';
    memcpy(query, h->query.ptr, h->query.len);
    query[h->query.len] = '\0';
    if (cert_len > 0)
        x->client_cert = span_of(cert, tls_client_cert(c, cert));
    buf_init(&x->body, n->o.body_cap);
    return x;
}

void exchange_free(struct net_exchange *x)
{
    if (x == NULL)
        return;
    buf_done(&x->body);
    free(x->answer);
    free(x);
}

const char *net_exchange_path(const struct net_exchange *x)
{
    return x->path;
}

const char *net_exchange_query(const struct net_exchange *x)
{
    return x->query;
}

enum net_method net_exchange_method(const struct net_exchange *x)
{
    return x->method;
}

struct span net_exchange_body(const struct net_exchange *x)
{
    return x->body.len == 0 ? SPAN_LIT("") : buf_span(&x->body);
}

bool net_exchange_is_tls(const struct net_exchange *x)
{
    return x->loop->net->bounds[x->listener].conf->tls_cert_file != NULL;
}

struct span net_exchange_client_cert(const struct net_exchange *x)
{
    return x->client_cert;
}

size_t net_exchange_listener(const struct net_exchange *x)
{
    return x->listener;
}

uint64_t net_exchange_id(const struct net_exchange *x)
{
    return x->id;
}

const struct net_peer *net_exchange_peer(const struct net_exchange *x)
{
    return &x->peer;
}

void net_peer_format(const struct net_peer *p, char out[NET_PEER_TEXT_LEN])
{
    int family = p->version == 4 ? AF_INET : AF_INET6;

    if (inet_ntop(family, p->bytes, out, NET_PEER_TEXT_LEN) == NULL)
        out[0] = '\0';
}

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *text;
    } reasons[] = {
        { 200, "OK" },
        { 204, "No Content" },
        { 304, "Not Modified" },
        { 400, "Bad Request" },
        { 401, "Unauthorized" },
        { 403, "Forbidden" },
        { 404, "Not Found" },
        { 405, "Method Not Allowed" },
        { 408, "Request Timeout" },
        { 409, "Conflict" },
        { 411, "Length Required" },
        { 413, "Content Too Large" },
        { 415, "Unsupported Media Type" },
        { 417, "Expectation Failed" },
        { 429, "Too Many Requests" },
        { 431, "Request Header Fields Too Large" },
        { 500, "Internal Server Error" },
        { 503, "Service Unavailable" },
        { 505, "HTTP Version Not Supported" },
    };

    for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return "";
}

static void add_line(struct buf *b, const char *name, const char *value)
{
    if (value == NULL)
        return;
    assert(strpbrk(value, "\r\n") == NULL);
    buf_add_str(b, name);
    buf_add_str(b, ": ");
    buf_add_str(b, value);
    buf_add_str(b, "\r\n");
}

static void add_allow(struct buf *b, unsigned allow)
{
    if (allow != 0)
        buf_printf(
            b, "Allow: %s%s%s\r\n", (allow & NET_GET) != 0 ? "GET, HEAD" : "",
            (allow & NET_GET) != 0 && (allow & NET_POST) != 0 ? ", " : "",
            (allow & NET_POST) != 0 ? "POST" : "");
}

static void write_head(struct buf *b, const struct net_response *r,
                       unsigned allow)
{
    buf_printf(b, "HTTP/1.1 %03d %s\r\n", r->status, reason(r->status));
    add_line(b, "Content-Type", r->content_type);
    if (r->status != 204 && r->status != 304)
        buf_printf(b, "Content-Length: %zu\r\n", r->body.len);
    if (r->retry_after != 0)
        buf_printf(b, "Retry-After: %u\r\n", r->retry_after);
    add_line(b, "Cache-Control", r->cache_control);
    add_line(b, "Last-Modified", r->last_modified);
    add_allow(b, allow);
}

struct wire *wire_new(const struct net_response *r, unsigned allow)
{
    struct wire *w = NULL;
    struct buf head;
    size_t body_len = r->body.len;

    if (r->status == 204 || r->status == 304)
        body_len = 0;
    buf_init(&head, 2048);
    write_head(&head, r, allow);
    if (head.failed == ERR_OK && body_len < SIZE_MAX / 2)
        w = malloc(sizeof(*w) + head.len + WIRE_ROOM + body_len);
    if (w != NULL) {
        w->head_len = head.len;
        w->body_len = body_len;
        memcpy(w->bytes, head.ptr, head.len);
        if (body_len > 0)
            memcpy(w->bytes + head.len + WIRE_ROOM, r->body.ptr, body_len);
    }
    buf_done(&head);
    return w;
}

static void wire_sent(const void *bytes, size_t len, void *arg)
{
    (void)bytes;
    (void)len;
    free(arg);
}

/* The lines only the connection knows, right before the body. */
static struct span last_lines(const struct conn *c)
{
    if (!c->keeps_alive)
        return SPAN_LIT("Connection: close\r\n\r\n");
    if (c->is_http_1_0)
        return SPAN_LIT("Connection: keep-alive\r\n\r\n");
    return SPAN_LIT("\r\n");
}

/* How many octets the socket took; an error shows again at the next write. */
static size_t send_now(evutil_socket_t fd, const uint8_t *bytes, size_t len)
{
    ssize_t n = send(fd, bytes, len, MSG_DONTWAIT | MSG_NOSIGNAL);

    return n < 0 ? 0 : (size_t)n;
}

bool wire_send(struct wire *w, struct evbuffer *out, const struct conn *c,
               evutil_socket_t fd)
{
    struct span last = last_lines(c);
    uint8_t *begin = w->bytes + WIRE_ROOM - last.len;
    size_t len = w->head_len + last.len + (c->is_head ? 0 : w->body_len);
    size_t sent = 0;

    assert(last.len <= WIRE_ROOM);
    memmove(begin, w->bytes, w->head_len);
    memcpy(begin + w->head_len, last.ptr, last.len);
    if (fd >= 0 && evbuffer_get_length(out) == 0)
        sent = send_now(fd, begin, len);
    if (sent < len && evbuffer_add_reference(out, begin + sent, len - sent,
                                             wire_sent, w) == 0)
        return true;
    free(w);
    return sent == len;
}

void net_reply(struct net_exchange *x, const struct net_response *r)
{
    struct loop *l = x->loop;
    bool is_first = false;

    x->answer = wire_new(r, 0);
    x->next = NULL;
    pthread_mutex_lock(&l->lock);
    if (!l->is_over) {
        is_first = l->answered == NULL;
        *l->answered_end = x;
        l->answered_end = &x->next;
        x = NULL;
    }
    pthread_mutex_unlock(&l->lock);
    /* Those behind the first ride on its wake-up. Whoever holds looks when
     * they release, and so after this one is in the list. */
    if (is_first && atomic_load(&l->net->num_holding) == 0)
        eventfd_write(l->wake_fd, 1);
    exchange_free(x);
}

void net_hold(struct net *n)
{
    atomic_fetch_add(&n->num_holding, 1);
}

void net_release(struct net *n)
{
    bool has_answers;

    if (atomic_fetch_sub(&n->num_holding, 1) != 1)
        return;
    for (unsigned i = 0; i < n->num_loops; i++) {
        struct loop *l = &n->loops[i];

        pthread_mutex_lock(&l->lock);
        has_answers = l->answered != NULL;
        pthread_mutex_unlock(&l->lock);
        if (has_answers)
            eventfd_write(l->wake_fd, 1);
    }
}

void net_reply_text(struct net_exchange *x, int status, unsigned retry_after,
                    const char *text)
{
    const struct net_response r = {
        .status = status,
        .content_type = "text/plain; charset=utf-8",
        .body = span_str(text),
        .retry_after = retry_after,
    };

    net_reply(x, &r);
}
