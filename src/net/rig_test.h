/*
 * What the tests of the server share: handlers, a server on loopback, and a
 * client that writes bytes as it likes. What fails here fails the test.
 */
#ifndef NET_RIG_TEST_H
#define NET_RIG_TEST_H

/* cmocka.h needs these before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include <sys/socket.h>

#include "net/net.h"

#define RIG_HEADER_CAP 1024
#define RIG_BODY_CAP 4096
#define RIG_BIG_LEN ((size_t)3 * 1024 * 1024)

#define CMP "POST /cmp HTTP/1.1\r\nHost: h\r\n"
#define TYPE "Content-Type: application/pkixcmp\r\n"
#define GOOD CMP TYPE "Content-Length: 3\r\n\r\nabc"

/*
 * Caps as above and routes: /cmp echoes a CMP body; /park keeps the exchange
 * for rig_unpark; /info and below, GET, tells path, query, peer, TLS and
 * listener; /big, GET, is RIG_BIG_LEN bytes of i % 251; /both has a row for
 * GET and one for POST. One plain listener on 127.0.0.1.
 */
struct net_options rig_options(void);
struct net *rig_start(const struct net_options *o);
struct net *rig_start_default(void);

/* A parked exchange; waits for one. */
struct net_exchange *rig_unpark(void);

struct net_counters rig_counters(const struct net *n);
void rig_wait_for_requests(const struct net *n, uint64_t num);
/* Waits until no connection is open. */
void rig_wait_for_none(const struct net *n);
void rig_pause(unsigned ms);

/* A client connected to the listener. */
int rig_dial(const struct net *n, size_t listener);
void rig_say_bytes(int fd, const void *bytes, size_t len);
void rig_say(int fd, const char *text);

/* One response: its head and body as text. */
struct answer {
    int status;
    char head[2048];
    char body[8192];
    size_t body_len;
};

/* False: the connection ended before it was complete. */
bool rig_hear_head(int fd, struct answer *a);
bool rig_hear(int fd, struct answer *a);

/* The other side has closed, in order and not by a reset. */
bool rig_is_at_end(int fd);

#endif
