/*
 * One captured packet, from the link up to TCP. Pure functions.
 */
#ifndef INSPECT_PACKET_H
#define INSPECT_PACKET_H

#include "base/span.h"

/* One end of a connection; an IPv4 address in its mapped form. */
struct endpoint {
    uint8_t address[16];
    uint16_t port;
};

enum tcp_flag {
    TCP_FIN = 1,
    TCP_SYN = 2,
    TCP_RST = 4,
    TCP_ACK = 16
};

struct segment {
    struct endpoint from, to;
    uint32_t seq, ack;
    unsigned flags;
    struct span data; /* as far as it was captured */
    size_t lost;      /* bytes of it that were not (a short snaplen) */
};

enum packet_kind {
    PACKET_TCP,
    PACKET_OTHER,    /* another protocol */
    PACKET_FRAGMENT, /* a piece of an IP packet that may be TCP */
    PACKET_CUT,      /* not captured up to the end of its TCP header */
    PACKET_BAD       /* lengths that contradict each other */
};

/* Is this link type (a LINKTYPE_ value, as in the file) one that is read? */
bool packet_link_is_known(int link);
/* "Ethernet, Linux cooked, raw IP, loopback"; static storage. */
const char *packet_links(void);

/*
 * Reads a packet of `len` bytes, of which `bytes` were captured. The spans of
 * `out`, which only PACKET_TCP fills, point into them.
 */
enum packet_kind packet_read(int link, struct span bytes, size_t len,
                             struct segment *out);

/* "10.0.0.1:4000", "[2001:db8::1]:80", cut to `size`. */
#define ENDPOINT_TEXT_LEN 56
void endpoint_format(const struct endpoint *e, char out[ENDPOINT_TEXT_LEN]);

/* A total order. */
int endpoint_compare(const struct endpoint *a, const struct endpoint *b);

#endif
