/* What HTTP may bring in place of an answer. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/limits.h"
#include "client/transport.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))
#define CMP "Content-Type: application/pkixcmp\r\n"

static const struct {
    const char *what;
    const char *answer;
    size_t padding; /* bytes sent behind it */
    enum err err;
    const char *body; /* ERR_OK */
    int64_t retry_after;
} cases[] = {
    { "200", "HTTP/1.1 200 OK\r\n" CMP "Content-Length: 3\r\n\r\nabc", 0,
      ERR_OK, "abc" },
    { "HTTP/1.0", "HTTP/1.0 200 OK\r\n" CMP "\r\nabc", 0, ERR_OK, "abc" },
    { "chunked",
      "HTTP/1.1 200 OK\r\n" CMP
      "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
      0, ERR_OK, "abc" },
    { "parameters",
      "HTTP/1.1 200 OK\r\nContent-Type: Application/PKIXCMP; x=y\r\n"
      "Content-Length: 3\r\n\r\nabc",
      0, ERR_OK, "abc" },
    { "400", "HTTP/1.1 400 No\r\n" CMP "Content-Length: 3\r\n\r\nabc", 0,
      ERR_OK, "abc" },
    { "500", "HTTP/1.1 500 No\r\n" CMP "Content-Length: 3\r\n\r\nabc", 0,
      ERR_OK, "abc" },
    { "503 with a message",
      "HTTP/1.1 503 No\r\n" CMP "Content-Length: 3\r\n\r\nabc", 0, ERR_OK,
      "abc" },
    { "503", "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n", 0, ERR_IO, NULL },
    { "503 for a while",
      "HTTP/1.1 503 No\r\nRetry-After: 17\r\nContent-Length: 0\r\n\r\n", 0,
      ERR_IO, NULL, 17 },
    { "429 for a while",
      "HTTP/1.1 429 No\r\nRetry-After: 3\r\nContent-Length: 0\r\n\r\n", 0,
      ERR_IO, NULL, 3 },
    { "503 for ever and a day",
      "HTTP/1.1 503 No\r\nRetry-After: -5\r\nContent-Length: 0\r\n\r\n", 0,
      ERR_IO, NULL },
    { "429", "HTTP/1.1 429 No\r\nContent-Length: 0\r\n\r\n", 0, ERR_IO, NULL },
    { "404", "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n", 0, ERR_NO_ANSWER,
      NULL },
    { "empty 200", "HTTP/1.1 200 OK\r\n" CMP "Content-Length: 0\r\n\r\n", 0,
      ERR_NO_ANSWER, NULL },
    { "204", "HTTP/1.1 204 OK\r\n" CMP "\r\n", 0, ERR_NO_ANSWER, NULL },
    { "HTML",
      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n"
      "Content-Length: 6\r\n\r\n<html>",
      0, ERR_NO_ANSWER, NULL },
    { "no type", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc", 0,
      ERR_NO_ANSWER, NULL },
    { "another type",
      "HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmpx\r\n"
      "Content-Length: 3\r\n\r\nabc",
      0, ERR_NO_ANSWER, NULL },
    { "redirect",
      "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n" CMP
      "Content-Length: 3\r\n\r\nabc",
      0, ERR_NO_ANSWER, NULL },
    { "307",
      "HTTP/1.1 307 Found\r\nLocation: http://127.0.0.1:1/\r\n"
      "Content-Length: 0\r\n\r\n",
      0, ERR_NO_ANSWER, NULL },
    { "cut", "HTTP/1.1 200 OK\r\n" CMP "Content-Length: 30\r\n\r\nabc", 0,
      ERR_IO, NULL },
    { "nothing", "", 0, ERR_IO, NULL },
    { "not HTTP", "SSH-2.0-x\r\n", 0, ERR_IO, NULL },
    { "too long", "HTTP/1.1 200 OK\r\n" CMP "\r\n", LIMIT_MESSAGE_LEN + 1,
      ERR_NO_ANSWER, NULL },
};

static int listen_on(char url[64])
{
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t len = sizeof(at);
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&at, len), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&at, &len), 0);
    snprintf(url, 64, "http://127.0.0.1:%u/pkix/", ntohs(at.sin_port));
    return fd;
}

/* Reads the request up to its body's last byte, "end". */
static void read_request(int fd)
{
    char text[4096];
    size_t len = 0;
    ssize_t n;

    while (len < sizeof(text) &&
           (n = read(fd, text + len, sizeof(text) - len)) > 0) {
        len += (size_t)n;
        if (len >= 3 && memcmp(text + len - 3, "end", 3) == 0)
            return;
    }
}

static void serve(int listening, const char *answer, size_t padding)
{
    char zeros[1024] = { 0 };
    int fd = accept(listening, NULL, NULL);
    ssize_t n = 1;

    read_request(fd);
    if (strlen(answer) > 0)
        n = send(fd, answer, strlen(answer), MSG_NOSIGNAL);
    for (size_t at = 0; at < padding && n > 0; at += sizeof(zeros))
        n = send(fd, zeros, sizeof(zeros), MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    /* Until the other side has read all and closes. */
    while (n > 0 && (n = read(fd, zeros, sizeof(zeros))) > 0)
        ;
    _exit(0);
}

static void test_answers(void **state)
{
    AUTO(http_transport) http = NULL;
    struct client_transport t;
    size_t failures = 0;

    (void)state;
    setenv("no_proxy", "127.0.0.1", 1);
    assert_int_equal(http_transport_new(NULL, &http, NULL), ERR_OK);
    t = http_transport_use(http);
    for (size_t i = 0; i < NUM(cases); i++) {
        struct fault f = { 0 };
        struct client_answer answer = { 0 };
        char url[64];
        int fd = listen_on(url);
        pid_t pid;
        enum err e;

        fflush(NULL);
        pid = fork();
        if (pid == 0)
            serve(fd, cases[i].answer, cases[i].padding);
        buf_init(&answer.bytes, LIMIT_MESSAGE_LEN);
        e = t.post(t.arg, url, SPAN_LIT("the end"), 5000, &answer, &f);
        if (e != cases[i].err || answer.is_tls ||
            answer.retry_after != cases[i].retry_after ||
            (e == ERR_OK && !span_is_equal(buf_span(&answer.bytes),
                                           span_str(cases[i].body)))) {
            print_error("%s: %s: %s\n", cases[i].what, err_name(e), f.text);
            failures++;
        }
        buf_done(&answer.bytes);
        close(fd);
        kill(pid, SIGKILL);
        waitpid(pid, NULL, 0);
    }
    assert_int_equal(failures, 0);
}

/* Nobody there; somebody who says nothing; no address at all. */
static void test_silence(void **state)
{
    AUTO(http_transport) http = NULL;
    struct client_transport t;
    struct client_answer answer = { 0 };
    char url[64];
    int fd = listen_on(url);

    (void)state;
    assert_int_equal(http_transport_new(NULL, &http, NULL), ERR_OK);
    t = http_transport_use(http);
    buf_init(&answer.bytes, LIMIT_MESSAGE_LEN);
    assert_int_equal(t.post(t.arg, url, SPAN_LIT("end"), 200, &answer, NULL),
                     ERR_TIMEOUT);
    close(fd);
    assert_int_equal(t.post(t.arg, url, SPAN_LIT("end"), 2000, &answer, NULL),
                     ERR_IO);
    assert_int_equal(t.post(t.arg, "file:///etc/passwd", SPAN_LIT("end"), 2000,
                            &answer, NULL),
                     ERR_IO);
    assert_int_equal(answer.bytes.len, 0);
    buf_done(&answer.bytes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_answers),
        cmocka_unit_test(test_silence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
