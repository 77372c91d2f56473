/*
 * stationmaster serve: the network on one side, the service on the other.
 */
#include "app/serve.h"

#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "base/limits.h"
#include "base/text.h"
#include "net/net.h"
#include "service/service.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static const char *const cmp_media_types[] = { "application/pkixcmp",
                                               "application/pkixcmp-poll",
                                               NULL };

/* What a route's handler is given. */
struct cmp_route {
    struct service *service;
    const struct service_path *path;
};
struct crl_route {
    struct service *service;
    const struct issuer *issuer;
};

struct wiring {
    struct service *service;
    struct net *_Atomic net; /* the store's thread may come before it */
    struct net *held;        /* by that thread */
    struct arena *arena;
    struct net_route *routes;
    size_t num_routes;
    struct net_listener *listeners;
};

/* One request under way: whose it is, and its address as text. */
struct request {
    struct net_exchange *exchange;
    char peer[NET_PEER_TEXT_LEN];
};

static void answer(void *arg, int status, struct span body)
{
    struct request *request = arg;
    struct net_response response = {
        .status = status,
        .content_type = status == 200 ? "application/pkixcmp" : "text/plain",
        .body = body,
        .retry_after = status == 429 || status == 503 ? 5 : 0,
        .cache_control = "no-store",
    };

    net_reply(request->exchange, &response);
    free(request);
}

static void begin_answers(void *arg)
{
    struct wiring *w = arg;

    w->held = w->net;
    if (w->held != NULL)
        net_hold(w->held);
}

static void end_answers(void *arg)
{
    struct wiring *w = arg;

    if (w->held != NULL)
        net_release(w->held);
}

static void on_message(struct net_exchange *x, void *arg)
{
    struct cmp_route *route = arg;
    const struct net_peer *peer = net_exchange_peer(x);
    struct request *request = calloc(1, sizeof(*request));
    struct service_request message = {
        .profile = route->path->profile,
        .operation = route->path->operation,
        .bytes = net_exchange_body(x),
        .source = source_of(peer->version, peer->bytes),
        .tls_client = net_exchange_client_cert(x),
        .send = answer,
        .send_arg = request,
    };

    if (request == NULL) {
        net_reply_text(x, 503, 5, "Out of memory; try later.\n");
        return;
    }
    request->exchange = x;
    net_peer_format(peer, request->peer);
    message.peer = request->peer;
    service_post(route->service, &message);
}

/* From memory: the keeper holds the newest, so that the loop never waits. */
static void on_crl(struct net_exchange *x, void *arg)
{
    struct crl_route *route = arg;
    struct net_response response = { .status = 200,
                                     .content_type = "application/pkix-crl",
                                     .cache_control = "max-age=60" };
    int64_t this_update;
    struct buf crl;

    buf_init(&crl, LIMIT_CRL_LEN);
    if (service_crl(route->service, route->issuer, &crl, &this_update) ==
        ERR_OK) {
        response.body = buf_span(&crl);
        net_reply(x, &response);
    } else {
        net_reply_text(x, 503, 5, "No CRL yet; try later.\n");
    }
    buf_done(&crl);
}

/* Who presents what may not come in is logged, as a message refused is. */
static bool check_client(void *arg, const struct net_peer *peer,
                         const struct span *chain, size_t num)
{
    struct wiring *w = arg;
    char text[NET_PEER_TEXT_LEN];

    net_peer_format(peer, text);
    return service_admits_client(w->service, text, chain, num);
}

static bool check_session(void *arg, struct span cert)
{
    struct wiring *w = arg;

    return service_admits_session(w->service, cert);
}

static void add_route(struct wiring *w, const char *path, unsigned methods,
                      const char *const *media_types,
                      void (*handler)(struct net_exchange *x, void *arg),
                      void *arg)
{
    w->routes[w->num_routes++] = (struct net_route){
        .path = path,
        .match = NET_EXACT,
        .methods = methods,
        .media_types = media_types,
        .handler = handler,
        .arg = arg,
    };
}

static enum err make_routes(struct wiring *w, struct fault *f)
{
    size_t num_cmp, num_crl;
    const struct service_path *cmp = service_paths(w->service, &num_cmp);
    const struct service_crl_path *crl =
        service_crl_paths(w->service, &num_crl);
    struct cmp_route *cmp_routes =
        arena_array(w->arena, num_cmp, sizeof(*cmp_routes));
    struct crl_route *crl_routes =
        arena_array(w->arena, num_crl, sizeof(*crl_routes));

    w->routes = arena_array(w->arena, num_cmp + num_crl, sizeof(*w->routes));
    if (w->routes == NULL || cmp_routes == NULL || crl_routes == NULL)
        return fault_set(f, ERR_NO_MEM, "routes");
    for (size_t i = 0; i < num_cmp; i++) {
        cmp_routes[i] = (struct cmp_route){ w->service, &cmp[i] };
        add_route(w, cmp[i].path, NET_POST, cmp_media_types, on_message,
                  &cmp_routes[i]);
    }
    for (size_t i = 0; i < num_crl; i++) {
        crl_routes[i] = (struct crl_route){ w->service, crl[i].issuer };
        add_route(w, crl[i].path, NET_GET, NULL, on_crl, &crl_routes[i]);
    }
    return ERR_OK;
}

static const enum net_client_cert client_certs[] = {
    [CONFIG_CLIENT_CERTS_IGNORE] = NET_CLIENT_CERT_IGNORE,
    [CONFIG_CLIENT_CERTS_REQUEST] = NET_CLIENT_CERT_REQUEST,
    [CONFIG_CLIENT_CERTS_REQUIRE] = NET_CLIENT_CERT_REQUIRE,
};

static enum err start_net(struct wiring *w, const struct config *config,
                          struct fault *f)
{
    const struct config_server *server = &config->server;
    struct net_options options = {
        .num_loops = server->loops,
        .num_listeners = config->num_listen,
        .body_cap = server->max_body,
        .handshake_ms = (unsigned)server->handshake_timeout_ms,
        .header_ms = (unsigned)server->header_timeout_ms,
        .body_ms = (unsigned)server->body_timeout_ms,
        .idle_ms = (unsigned)server->idle_timeout_ms,
        .max_connections = server->max_connections,
        .check_client = check_client,
        .check_session = check_session,
        .check_client_arg = w,
    };
    struct net *net = NULL;

    TRY(make_routes(w, f));
    w->listeners =
        arena_array(w->arena, config->num_listen, sizeof(*w->listeners));
    if (w->listeners == NULL)
        return fault_set(f, ERR_NO_MEM, "listeners");
    for (size_t i = 0; i < config->num_listen; i++) {
        const struct config_listen *listen = &config->listen[i];

        w->listeners[i] = (struct net_listener){
            .address = listen->address,
            .port = listen->port,
            .tls_cert_file = listen->has_tls ? listen->tls.certificate : NULL,
            .tls_key_file = listen->has_tls ? listen->tls.key : NULL,
            .client_cert = client_certs[listen->tls.client_certificates],
        };
    }
    options.listeners = w->listeners;
    options.routes = w->routes;
    options.num_routes = w->num_routes;
    TRY(net_start(&options, &net, f));
    w->net = net;
    return ERR_OK;
}

static void log_listeners(struct wiring *w, const struct config *config)
{
    struct log *log = service_line(w->service)->log;
    char port[8];

    for (size_t i = 0; i < config->num_listen; i++) {
        struct log_field fields[] = {
            { "address", span_str(config->listen[i].address) },
            { "port", SPAN_NONE },
            { "tls",
              config->listen[i].has_tls ? SPAN_LIT("yes") : SPAN_LIT("no") },
        };

        text_format(port, sizeof(port), "%u", net_port(w->net, i));
        fields[1].value = span_str(port);
        log_write(log, LOG_LEVEL_INFO, "listening", fields,
                  sizeof(fields) / sizeof(fields[0]));
    }
}

static void reload(struct wiring *w)
{
    struct log *log = service_line(w->service)->log;
    struct fault why = { 0 };

    if (service_reload(w->service, &why) != ERR_OK)
        log_fault(log, LOG_LEVEL_ERROR, "reload", &why);
    if (net_reload_tls(w->net, &why) != ERR_OK)
        log_fault(log, LOG_LEVEL_ERROR, "reload-tls", &why);
    log_write(log, LOG_LEVEL_INFO, "reloaded", NULL, 0);
}

/* Signals come here and nowhere else: every thread started later inherits the
 * mask. */
static void block_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGTERM);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGHUP);
    sigaddset(set, SIGUSR1);
    pthread_sigmask(SIG_BLOCK, set, NULL);
    signal(SIGPIPE, SIG_IGN);
}

/* A connection is a descriptor; the soft limit is often 1,024. */
static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/*
 * For the threads started after: one that wakes does not interrupt one that
 * runs. Loops, workers and the writer hand messages to each other, and at
 * every interruption a processor changes sides twice for what would have
 * come to it anyway. Where somebody chose another policy, it stays.
 */
static void hand_over_calmly(void)
{
    const struct sched_param none = { 0 };

    if (sched_getscheduler(0) == SCHED_OTHER)
        sched_setscheduler(0, SCHED_BATCH, &none);
}

/* What was refused before it came to be a message, by HTTP status. */
static void log_http_figures(struct wiring *w)
{
    struct net_counters counters;
    const struct {
        const char *key;
        const uint64_t *value;
    } totals[] = {
        { "requests", &counters.requests },
        { "tls_handshakes", &counters.tls_handshakes },
        { "tls_resumed", &counters.tls_resumed },
        { "tls_refused", &counters.tls_refused },
    };
    struct log_field fields[NET_REFUSED_NUM + NUM(totals)];
    char keys[NET_REFUSED_NUM][16], texts[NET_REFUSED_NUM + NUM(totals)][24];
    size_t num = 0;

    net_counters_get(w->net, &counters);
    for (; num < NUM(totals); num++) {
        char *text = texts[NET_REFUSED_NUM + num];

        text_format(text, sizeof(texts[0]), "%llu",
                    (unsigned long long)*totals[num].value);
        fields[num] = (struct log_field){ totals[num].key, span_str(text) };
    }
    for (enum net_refused r = 0; r < NET_REFUSED_NUM; r++) {
        if (counters.refused[r] == 0)
            continue;
        text_format(keys[r], sizeof(keys[r]), "http_%d", net_refused_status(r));
        text_format(texts[r], sizeof(texts[r]), "%llu",
                    (unsigned long long)counters.refused[r]);
        fields[num++] = (struct log_field){ keys[r], span_str(texts[r]) };
    }
    log_write(service_line(w->service)->log, LOG_LEVEL_INFO, "http-figures",
              fields, num);
}

static void log_figures(struct wiring *w)
{
    service_log_figures(w->service);
    log_http_figures(w);
}

static void wait_for_end(struct wiring *w, const sigset_t *set)
{
    int number = 0;

    while (sigwait(set, &number) == 0) {
        if (number == SIGHUP)
            reload(w);
        else if (number == SIGUSR1)
            log_figures(w);
        else
            return;
    }
}

static enum err serve(struct wiring *w, const struct config *config,
                      const struct service_options *options, struct fault *f)
{
    struct service_options with_net = *options;
    struct log *log;
    sigset_t set;

    with_net.begin_answers = begin_answers;
    with_net.end_answers = end_answers;
    with_net.answers_arg = w;
    block_signals(&set);
    raise_descriptor_limit();
    hand_over_calmly();
    w->arena = arena_new((size_t)4 * 1024 * 1024);
    if (w->arena == NULL)
        return fault_set(f, ERR_NO_MEM, "routes");
    TRY(service_new(config, &with_net, &w->service, f));
    TRY(start_net(w, config, f));
    log_listeners(w, config);
    wait_for_end(w, &set);
    log = service_line(w->service)->log;
    log_write(log, LOG_LEVEL_INFO, "stopping", NULL, 0);
    net_stop(w->net, (unsigned)config->server.drain_ms);
    log_figures(w);
    return ERR_OK;
}

enum err serve_run(const char *file, const struct service_options *options,
                   FILE *err, struct fault *f)
{
    AUTO(config) config = NULL;
    struct wiring w = { 0 };
    struct buf errors;
    enum err e;

    buf_init(&errors, (size_t)64 * 1024);
    e = config_load(file, &config, &errors, f);
    if (errors.len > 0)
        fputs(buf_str(&errors), err);
    buf_done(&errors);
    TRY(e);
    e = serve(&w, config, options, f);
    /* Every exchange is answered when the service has gone, and only then may
     * the net go. */
    service_free(w.service);
    net_free(w.net);
    arena_free(w.arena);
    return e;
}

static enum err run_serve(struct cli *cli, struct fault *f)
{
    struct service_options options = { 0 };

    return serve_run(cli_value(cli, "config"), &options, cli->err, f);
}

static const struct cli_option serve_options[] = {
    { "config", "FILE", "stationmaster.yaml", "the configuration", CLI_ONCE },
};

static const struct cli_verb serve_verbs[] = {
    {
        .words = "serve",
        .summary = "answer base stations",
        .description =
            "Answers CMP messages over HTTP and HTTPS as the configuration "
            "says, and serves the CRLs, until it is told to stop.\n\n"
            "SIGTERM and SIGINT finish what is under way, for at most "
            "server.drain. SIGHUP reads TLS certificates, trust anchors, CRLs "
            "and allow-lists anew and reopens the log file and the recorder's; "
            "anchors, CRLs and allow-lists are also read when their files "
            "change. SIGUSR1 logs figures since the start (outcomes, commits, "
            "messages recorded and not, HTTP refusals by status), as stopping "
            "does.",
        .options = serve_options,
        .num_options = sizeof(serve_options) / sizeof(serve_options[0]),
        .example = "stationmaster serve --config /etc/stationmaster/"
                   "stationmaster.yaml",
        .run = run_serve,
    },
};

const struct cli_verbs app_serve_verbs = {
    serve_verbs, sizeof(serve_verbs) / sizeof(serve_verbs[0])
};
