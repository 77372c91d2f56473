#include "inspect/packet.h"

#include <arpa/inet.h>

#include "base/text.h"

/* What is left to read of a packet: the bytes captured, and how many more
 * there were. */
struct cursor {
    struct span left;
    size_t lost;
};

static uint16_t get16(const uint8_t *p)
{
    return (uint16_t)(p[0] << 8 | p[1]);
}

static uint32_t get32(const uint8_t *p)
{
    return (uint32_t)get16(p) << 16 | get16(p + 2);
}

/* The next `len` bytes; NULL: not captured. */
static const uint8_t *take(struct cursor *c, size_t len)
{
    const uint8_t *p = c->left.ptr;

    if (len > c->left.len)
        return NULL;
    c->left = span_of(p + len, c->left.len - len);
    return p;
}

/* Cuts what stands behind the first `len` bytes: padding. False: there are not
 * so many. */
static bool limit(struct cursor *c, size_t len)
{
    if (len > c->left.len + c->lost)
        return false;
    if (len <= c->left.len) {
        c->left.len = len;
        c->lost = 0;
    } else {
        c->lost = len - c->left.len;
    }
    return true;
}

static enum packet_kind tcp_read(struct cursor *c, struct segment *out)
{
    const uint8_t *p = take(c, 20);
    size_t head;

    if (p == NULL)
        return c->lost > 0 ? PACKET_CUT : PACKET_BAD;
    head = (size_t)(p[12] >> 4) * 4;
    if (head < 20)
        return PACKET_BAD;
    if (take(c, head - 20) == NULL)
        return c->lost > 0 ? PACKET_CUT : PACKET_BAD;
    out->from.port = get16(p);
    out->to.port = get16(p + 2);
    out->seq = get32(p + 4);
    out->ack = get32(p + 8);
    out->flags = p[13];
    out->data = c->left;
    out->lost = c->lost;
    return PACKET_TCP;
}

#define PROTOCOL_TCP 6

static void map_ipv4(const uint8_t *p, struct endpoint *out)
{
    memset(out->address, 0, 10);
    memset(out->address + 10, 0xff, 2);
    memcpy(out->address + 12, p, 4);
}

static enum packet_kind ipv4_read(struct cursor *c, struct segment *out)
{
    const uint8_t *p = take(c, 20);
    size_t head, total;

    if (p == NULL)
        return c->lost > 0 ? PACKET_CUT : PACKET_BAD;
    head = (size_t)(p[0] & 15) * 4;
    total = get16(p + 2);
    /* 0: the sending machine's own capture, cut by its network card */
    if (total == 0)
        total = 20 + c->left.len + c->lost;
    if (p[0] >> 4 != 4 || head < 20 || total < head || !limit(c, total - 20))
        return PACKET_BAD;
    if (p[9] != PROTOCOL_TCP)
        return PACKET_OTHER;
    if ((get16(p + 6) & 0x3fff) != 0) /* more fragments, or not the first */
        return PACKET_FRAGMENT;
    if (take(c, head - 20) == NULL)
        return c->lost > 0 ? PACKET_CUT : PACKET_BAD;
    map_ipv4(p + 12, &out->from);
    map_ipv4(p + 16, &out->to);
    return tcp_read(c, out);
}

/* Extension headers of IPv6 that are read over (RFC 8200, 4; RFC 4302). */
static bool is_extension(uint8_t next)
{
    return next == 0 || next == 43 || next == 51 || next == 60 || next == 135;
}
#define MAX_EXTENSIONS 8

static enum packet_kind ipv6_read(struct cursor *c, struct segment *out)
{
    const uint8_t *p = take(c, 40), *extension;
    uint8_t next;
    size_t len;

    if (p == NULL)
        return c->lost > 0 ? PACKET_CUT : PACKET_BAD;
    len = get16(p + 4);
    if (len == 0)
        len = c->left.len + c->lost;
    if (p[0] >> 4 != 6 || !limit(c, len))
        return PACKET_BAD;
    next = p[6];
    for (size_t i = 0; is_extension(next) && i < MAX_EXTENSIONS; i++) {
        extension = take(c, 8);
        if (extension == NULL)
            return c->lost > 0 ? PACKET_CUT : PACKET_BAD;
        len = next == 51 ? ((size_t)extension[1] + 2) * 4
                         : ((size_t)extension[1] + 1) * 8;
        next = extension[0];
        if (len < 8 || take(c, len - 8) == NULL)
            return c->lost > 0 ? PACKET_CUT : PACKET_BAD;
    }
    if (next == 44) {
        extension = take(c, 8);
        if (extension == NULL)
            return c->lost > 0 ? PACKET_CUT : PACKET_BAD;
        next = extension[0];
        /* An atomic fragment is a whole packet (RFC 6946). */
        if (next == PROTOCOL_TCP && (get16(extension + 2) & 0xfff9) != 0)
            return PACKET_FRAGMENT;
    }
    if (next != PROTOCOL_TCP)
        return PACKET_OTHER;
    memcpy(out->from.address, p + 8, 16);
    memcpy(out->to.address, p + 24, 16);
    return tcp_read(c, out);
}

static enum packet_kind ip_read(struct cursor *c, struct segment *out)
{
    if (c->left.len == 0)
        return c->lost > 0 ? PACKET_CUT : PACKET_BAD;
    switch (c->left.ptr[0] >> 4) {
    case 4:
        return ipv4_read(c, out);
    case 6:
        return ipv6_read(c, out);
    default:
        return PACKET_OTHER;
    }
}

/* By EtherType, VLAN tags before it read over (IEEE 802.1Q, 802.1ad). */
static enum packet_kind type_read(struct cursor *c, uint16_t type,
                                  struct segment *out)
{
    const uint8_t *p;

    for (size_t i = 0; i < 4; i++) {
        if (type != 0x8100 && type != 0x88a8 && type != 0x9100)
            break;
        p = take(c, 4);
        if (p == NULL)
            return c->lost > 0 ? PACKET_CUT : PACKET_BAD;
        type = get16(p + 2);
    }
    if (type == 0x0800 || type == 0x86dd)
        return ip_read(c, out);
    return PACKET_OTHER;
}

static enum packet_kind ethernet_read(struct cursor *c, struct segment *out)
{
    const uint8_t *p = take(c, 14);

    if (p == NULL)
        return c->lost > 0 ? PACKET_CUT : PACKET_BAD;
    return type_read(c, get16(p + 12), out);
}

static enum packet_kind cooked_read(struct cursor *c, struct segment *out)
{
    const uint8_t *p = take(c, 16);

    if (p == NULL)
        return c->lost > 0 ? PACKET_CUT : PACKET_BAD;
    return type_read(c, get16(p + 14), out);
}

static enum packet_kind cooked2_read(struct cursor *c, struct segment *out)
{
    const uint8_t *p = take(c, 20);

    if (p == NULL)
        return c->lost > 0 ? PACKET_CUT : PACKET_BAD;
    return type_read(c, get16(p), out);
}

/* Behind an address family in the order of whatever machine captured: what
 * follows tells as much. */
static enum packet_kind loopback_read(struct cursor *c, struct segment *out)
{
    if (take(c, 4) == NULL)
        return c->lost > 0 ? PACKET_CUT : PACKET_BAD;
    return ip_read(c, out);
}

/* Link types by their numbers in files (www.tcpdump.org/linktypes.html); raw
 * IP has had several. */
static const struct {
    int link;
    enum packet_kind (*read)(struct cursor *c, struct segment *out);
} links[] = {
    { 1, ethernet_read }, { 113, cooked_read },   { 276, cooked2_read },
    { 0, loopback_read }, { 108, loopback_read }, { 12, ip_read },
    { 14, ip_read },      { 101, ip_read },       { 228, ip_read },
    { 229, ip_read },
};
#define NUM_LINKS (sizeof(links) / sizeof(links[0]))

bool packet_link_is_known(int link)
{
    for (size_t i = 0; i < NUM_LINKS; i++)
        if (links[i].link == link)
            return true;
    return false;
}

const char *packet_links(void)
{
    return "Ethernet, Linux cooked (v1, v2), raw IP, loopback";
}

enum packet_kind packet_read(int link, struct span bytes, size_t len,
                             struct segment *out)
{
    struct cursor c = { bytes, len > bytes.len ? len - bytes.len : 0 };
    struct segment segment = { 0 };
    enum packet_kind kind = PACKET_OTHER;

    for (size_t i = 0; i < NUM_LINKS; i++)
        if (links[i].link == link)
            kind = links[i].read(&c, &segment);
    if (kind == PACKET_TCP)
        *out = segment;
    return kind;
}

void endpoint_format(const struct endpoint *e, char out[ENDPOINT_TEXT_LEN])
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    char text[INET6_ADDRSTRLEN] = "";

    if (memcmp(e->address, mapped, sizeof(mapped)) == 0) {
        inet_ntop(AF_INET, e->address + 12, text, sizeof(text));
        text_format(out, ENDPOINT_TEXT_LEN, "%s:%u", text, e->port);
        return;
    }
    inet_ntop(AF_INET6, e->address, text, sizeof(text));
    text_format(out, ENDPOINT_TEXT_LEN, "[%s]:%u", text, e->port);
}

int endpoint_compare(const struct endpoint *a, const struct endpoint *b)
{
    int order = memcmp(a->address, b->address, sizeof(a->address));

    if (order != 0)
        return order;
    return (a->port > b->port) - (a->port < b->port);
}
