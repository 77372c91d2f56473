#include "client/transport.h"

#include <curl/curl.h>
#include <stdlib.h>
#include <strings.h>

#include "base/secret.h"
#include "profile/rules.h"

#define CONNECT_MS 10000L
#define MEDIA_TYPE "application/pkixcmp"

struct http_transport {
    CURL *curl;
    struct curl_slist *headers;
    bool has_tls_root;
    struct secret *certs, *key; /* presented in TLS; NULL: nothing is */
    char why[CURL_ERROR_SIZE];
};

void http_transport_free(struct http_transport *t)
{
    if (t == NULL)
        return;
    curl_slist_free_all(t->headers);
    if (t->curl != NULL)
        curl_easy_cleanup(t->curl);
    secret_free(t->certs);
    secret_free(t->key);
    free(t);
}

/* No Expect: a request is small, and HTTP/1.0 servers know none. */
static bool set_headers(struct http_transport *t)
{
    static const char *const lines[] = { "Content-Type: " MEDIA_TYPE,
                                         "Accept: " MEDIA_TYPE, "Expect:" };

    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct curl_slist *more = curl_slist_append(t->headers, lines[i]);

        if (more == NULL)
            return false;
        t->headers = more;
    }
    return true;
}

/* Without a folder: libcurl would go on believing the system's. */
static bool set_anchors(CURL *c, const char *tls_root)
{
    return tls_root == NULL ||
           (curl_easy_setopt(c, CURLOPT_CAINFO, tls_root) == CURLE_OK &&
            curl_easy_setopt(c, CURLOPT_CAPATH, NULL) == CURLE_OK);
}

static bool set_options(struct http_transport *t, const char *tls_root)
{
    CURL *c = t->curl;

    return curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "http,https") ==
               CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HTTP_VERSION,
                            (long)CURL_HTTP_VERSION_1_1) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_SSLVERSION,
                            (long)CURL_SSLVERSION_TLSv1_2) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS) ==
               CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_HTTPHEADER, t->headers) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) == CURLE_OK &&
           curl_easy_setopt(c, CURLOPT_ERRORBUFFER, t->why) == CURLE_OK &&
           set_anchors(c, tls_root);
}

/* NULL: out of memory. */
static struct http_transport *make(const char *tls_root)
{
    struct http_transport *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return NULL;
    t->has_tls_root = tls_root != NULL;
    t->curl = curl_easy_init();
    if (t->curl != NULL && set_headers(t) && set_options(t, tls_root))
        return t;
    http_transport_free(t);
    return NULL;
}

enum err http_transport_new(const char *tls_root, struct http_transport **out,
                            struct fault *f)
{
    struct http_transport *t = make(tls_root);

    if (t == NULL)
        return fault_set(f, ERR_IO, "libcurl does not start");
    *out = t;
    return ERR_OK;
}

/* Refusing a byte ends the transfer. */
static size_t take_bytes(char *bytes, size_t size, size_t num, void *arg)
{
    struct buf *answer = arg;

    buf_add(answer, span_of(bytes, size * num));
    return answer->failed == ERR_OK ? size * num : 0;
}

/* Something came, and it is no CMP message. */
static enum err no_message(struct fault *f)
{
    rule_name(f, RULE_REPLY_OVER_HTTP);
    return ERR_NO_ANSWER;
}

static enum err curl_fail(const struct http_transport *t, CURLcode code,
                          const struct buf *answer, struct fault *f)
{
    const char *why = t->why[0] != '\0' ? t->why : curl_easy_strerror(code);

    if (answer->failed != ERR_OK) {
        fault_set(f, ERR_NO_ANSWER, "an answer of more than %zu bytes",
                  answer->cap);
        return no_message(f);
    }
    if (code == CURLE_OPERATION_TIMEDOUT)
        return fault_set(f, ERR_TIMEOUT, "%s", why);
    return fault_set(f, ERR_IO, "%s", why);
}

static bool is_media_type(const char *type)
{
    size_t len = sizeof(MEDIA_TYPE) - 1;

    return type != NULL && strncasecmp(type, MEDIA_TYPE, len) == 0 &&
           (type[len] == '\0' || type[len] == ';' || type[len] == ' ');
}

/* Statuses by which a proxy, or a busy server, says: not now. */
static bool says_not_now(long status)
{
    return status == 429 || (status >= 502 && status <= 504);
}

/*
 * A CMP message counts under any status but a redirect (RFC 9811, 3.3 allows
 * 4xx and 5xx); whether it is to be believed, its protection says.
 */
static enum err judge(CURL *curl, const struct buf *answer, struct fault *f)
{
    const char *type = NULL;
    long status = 0;

    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_CONTENT_TYPE, &type);
    if (status >= 200 && (status < 300 || status >= 400) && answer->len > 0 &&
        is_media_type(type))
        return ERR_OK;
    fault_set(f, says_not_now(status) ? ERR_IO : ERR_NO_ANSWER,
              "HTTP %ld with %zu bytes of %s", status, answer->len,
              type == NULL ? "no type" : type);
    return says_not_now(status) ? ERR_IO : no_message(f);
}

/* What libcurl let through was verified; against whose anchors, counts. */
static bool is_authenticated(const struct http_transport *t)
{
    const char *scheme = NULL;
    long result = -1;

    return t->has_tls_root &&
           curl_easy_getinfo(t->curl, CURLINFO_SCHEME, &scheme) == CURLE_OK &&
           scheme != NULL && strcasecmp(scheme, "https") == 0 &&
           curl_easy_getinfo(t->curl, CURLINFO_SSL_VERIFYRESULT, &result) ==
               CURLE_OK &&
           result == 0;
}

static int64_t retry_after(CURL *c)
{
    curl_off_t seconds = 0;

    if (curl_easy_getinfo(c, CURLINFO_RETRY_AFTER, &seconds) != CURLE_OK ||
        seconds < 0)
        return 0;
    return (int64_t)seconds;
}

static enum err http_post(void *arg, const char *url, struct span message,
                          int64_t timeout_ms, struct client_answer *answer,
                          struct fault *f)
{
    struct http_transport *t = arg;
    CURL *c = t->curl;
    CURLcode code;

    t->why[0] = '\0';
    if (curl_easy_setopt(c, CURLOPT_URL, url) != CURLE_OK ||
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)message.len) !=
            CURLE_OK ||
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, message.ptr) != CURLE_OK ||
        curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, (long)timeout_ms) != CURLE_OK ||
        curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_bytes) != CURLE_OK ||
        curl_easy_setopt(c, CURLOPT_WRITEDATA, &answer->bytes) != CURLE_OK)
        return fault_set(f, ERR_IO, "libcurl refuses the request");
    code = curl_easy_perform(c);
    if (code != CURLE_OK)
        return curl_fail(t, code, &answer->bytes, f);
    answer->is_tls = is_authenticated(t);
    answer->retry_after = retry_after(c);
    return judge(c, &answer->bytes, f);
}

/* libcurl is lent the bytes: a copy of the key it would not wipe. */
static bool lend(CURL *c, CURLoption option, struct secret *s)
{
    struct curl_blob blob = { s->bytes, s->len, CURL_BLOB_NOCOPY };

    return curl_easy_setopt(c, option, &blob) == CURLE_OK;
}

static void swap(struct secret **a, struct secret **b)
{
    struct secret *kept = *a;

    *a = *b;
    *b = kept;
}

static enum err http_present(void *arg, struct span certs, struct span key,
                             struct fault *f)
{
    struct http_transport *t = arg;
    AUTO(secret) new_certs = secret_new(certs);
    AUTO(secret) new_key = secret_new(key);

    if (new_certs == NULL || new_key == NULL ||
        !lend(t->curl, CURLOPT_SSLCERT_BLOB, new_certs) ||
        !lend(t->curl, CURLOPT_SSLKEY_BLOB, new_key))
        return fault_set(f, ERR_NO_MEM, "TLS certificate");
    swap(&t->certs, &new_certs);
    swap(&t->key, &new_key);
    return ERR_OK;
}

struct client_transport http_transport_use(struct http_transport *t)
{
    return (struct client_transport){ http_post, http_present, t };
}
