/*
 * Captures made by hand: TCP segments in whatever order, over whatever link,
 * as a pcap or pcapng file in memory. Checksums are left 0, as captures of a
 * sending machine have them.
 */
#ifndef SUPPORT_PCAP_WRITER_H
#define SUPPORT_PCAP_WRITER_H

#include "base/buf.h"

enum pcap_link {
    PCAP_LOOPBACK = 0,
    PCAP_ETHERNET = 1,
    PCAP_RAW = 101,
    PCAP_COOKED = 113,
    PCAP_COOKED2 = 276
};

/* `out` and `link` are set by pcap_start, the rest at will before it. */
struct pcap_writer {
    struct buf out;
    enum pcap_link link;
    bool is_ng;
    bool is_ipv6;
    unsigned num_vlans; /* tags; of PCAP_ETHERNET */
    size_t snaplen;     /* 0: none */
    int64_t at;         /* the next packet's time, in microseconds */
};
void pcap_start(struct pcap_writer *w, enum pcap_link link, size_t cap);
/* `ip`, which is an IP packet, behind the head of the link. */
void pcap_packet(struct pcap_writer *w, struct span ip);

#define PCAP_FIN 1u
#define PCAP_SYN 2u
#define PCAP_RST 4u
#define PCAP_ACK 16u

/* A connection of 10.0.0.1 (side 0, the client) with 10.0.0.2. */
struct pcap_flow {
    struct pcap_writer *w;
    uint16_t ports[2];
    uint32_t isn[2];
    uint32_t sent[2]; /* with SYN and FIN; what the other acknowledges */
};
/* A segment whose first byte is `offset` bytes behind the first byte of that
 * side; SYN is at offset -1. `sent` is left as it is. */
void pcap_segment(struct pcap_flow *f, unsigned side, unsigned flags,
                  int64_t offset, struct span data);
/* The same in the order of things. */
void pcap_open(struct pcap_flow *f);
void pcap_say(struct pcap_flow *f, unsigned side, struct span data);
void pcap_close_flow(struct pcap_flow *f);

#endif
