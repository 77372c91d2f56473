#include "support/pcap_writer.h"

/* bytes in one segment */
#define SEGMENT_LEN 1400
#define MAX_PACKET 65536

static void put16(struct buf *out, unsigned n)
{
    uint8_t bytes[2] = { (uint8_t)(n >> 8), (uint8_t)n };

    buf_add(out, span_of(bytes, 2));
}

static void put32(struct buf *out, uint32_t n)
{
    put16(out, n >> 16);
    put16(out, n & 0xffff);
}

static void put8(struct buf *out, unsigned n)
{
    uint8_t byte = (uint8_t)n;

    buf_add(out, span_of(&byte, 1));
}

static void put_zeros(struct buf *out, size_t num)
{
    while (num-- > 0)
        put8(out, 0);
}

void pcap_start(struct pcap_writer *w, enum pcap_link link, size_t cap)
{
    buf_init(&w->out, cap);
    w->link = link;
    if (w->is_ng) {
        put32(&w->out, 0x0a0d0d0a);
        put32(&w->out, 28);
        put32(&w->out, 0x1a2b3c4d);
        put32(&w->out, 0x00010000);
        put32(&w->out, 0xffffffff);
        put32(&w->out, 0xffffffff);
        put32(&w->out, 28);
        put32(&w->out, 1);
        put32(&w->out, 20);
        put16(&w->out, link);
        put16(&w->out, 0);
        put32(&w->out, 0);
        put32(&w->out, 20);
        return;
    }
    put32(&w->out, 0xa1b2c3d4);
    put32(&w->out, 0x00020004);
    put32(&w->out, 0);
    put32(&w->out, 0);
    put32(&w->out, 262144);
    put32(&w->out, link);
}

static void put_link(struct pcap_writer *w, struct buf *out)
{
    unsigned type = w->is_ipv6 ? 0x86dd : 0x0800;

    switch (w->link) {
    case PCAP_LOOPBACK:
        put32(out, w->is_ipv6 ? 30 : 2);
        break;
    case PCAP_ETHERNET:
        put_zeros(out, 12);
        for (unsigned i = 0; i < w->num_vlans; i++) {
            put16(out, i == 0 ? 0x88a8 : 0x8100);
            put16(out, 7 + i);
        }
        put16(out, type);
        break;
    case PCAP_RAW:
        break;
    case PCAP_COOKED:
        put_zeros(out, 14);
        put16(out, type);
        break;
    case PCAP_COOKED2:
        put16(out, type);
        put_zeros(out, 18);
        break;
    }
}

void pcap_packet(struct pcap_writer *w, struct span ip)
{
    struct buf packet;
    size_t len, pad;

    buf_init(&packet, MAX_PACKET + 64);
    put_link(w, &packet);
    buf_add(&packet, ip);
    len = w->snaplen > 0 && w->snaplen < packet.len ? w->snaplen : packet.len;
    pad = w->is_ng ? (4 - len % 4) % 4 : 0;
    if (w->is_ng) {
        put32(&w->out, 6);
        put32(&w->out, (uint32_t)(32 + len + pad));
        put32(&w->out, 0);
        put32(&w->out, (uint32_t)(w->at >> 32));
        put32(&w->out, (uint32_t)w->at);
    } else {
        put32(&w->out, (uint32_t)(w->at / 1000000));
        put32(&w->out, (uint32_t)(w->at % 1000000));
    }
    put32(&w->out, (uint32_t)len);
    put32(&w->out, (uint32_t)packet.len);
    buf_add(&w->out, span_of(packet.ptr, len));
    put_zeros(&w->out, pad);
    if (w->is_ng)
        put32(&w->out, (uint32_t)(32 + len + pad));
    w->at += 1000;
    buf_done(&packet);
}

static void put_address(struct buf *out, bool is_ipv6, unsigned side)
{
    if (is_ipv6) {
        put32(out, 0x20010db8);
        put_zeros(out, 11);
        put8(out, side + 1);
        return;
    }
    put32(out, 0x0a000001 + side);
}

void pcap_segment(struct pcap_flow *f, unsigned side, unsigned flags,
                  int64_t offset, struct span data)
{
    bool is_ipv6 = f->w->is_ipv6;
    struct buf ip;

    buf_init(&ip, MAX_PACKET);
    if (is_ipv6) {
        put32(&ip, 0x60000000);
        put16(&ip, (unsigned)(20 + data.len));
        put16(&ip, 6 << 8 | 64);
    } else {
        put16(&ip, 0x4500);
        put16(&ip, (unsigned)(40 + data.len));
        put32(&ip, 0x00004000);
        put16(&ip, 64 << 8 | 6);
        put16(&ip, 0);
    }
    put_address(&ip, is_ipv6, side);
    put_address(&ip, is_ipv6, 1 - side);
    put16(&ip, f->ports[side]);
    put16(&ip, f->ports[1 - side]);
    put32(&ip, f->isn[side] + 1 + (uint32_t)offset);
    put32(&ip, f->isn[1 - side] + f->sent[1 - side]);
    put16(&ip, 5u << 12 | flags);
    put16(&ip, 65535);
    put32(&ip, 0);
    buf_add(&ip, data);
    pcap_packet(f->w, buf_span(&ip));
    buf_done(&ip);
}

void pcap_open(struct pcap_flow *f)
{
    pcap_segment(f, 0, PCAP_SYN, -1, SPAN_NONE);
    f->sent[0] = 1;
    pcap_segment(f, 1, PCAP_SYN | PCAP_ACK, -1, SPAN_NONE);
    f->sent[1] = 1;
    pcap_segment(f, 0, PCAP_ACK, 0, SPAN_NONE);
}

void pcap_say(struct pcap_flow *f, unsigned side, struct span data)
{
    size_t len;

    while (data.len > 0) {
        len = data.len < SEGMENT_LEN ? data.len : SEGMENT_LEN;
        pcap_segment(f, side, PCAP_ACK, (int64_t)f->sent[side] - 1,
                     span_of(data.ptr, len));
        f->sent[side] += (uint32_t)len;
        data = span_of(data.ptr + len, data.len - len);
        pcap_segment(f, 1 - side, PCAP_ACK, (int64_t)f->sent[1 - side] - 1,
                     SPAN_NONE);
    }
}

void pcap_close_flow(struct pcap_flow *f)
{
    for (unsigned side = 0; side < 2; side++) {
        pcap_segment(f, side, PCAP_FIN | PCAP_ACK, (int64_t)f->sent[side] - 1,
                     SPAN_NONE);
        f->sent[side]++;
    }
    pcap_segment(f, 0, PCAP_ACK, (int64_t)f->sent[0] - 1, SPAN_NONE);
}
