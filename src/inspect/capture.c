/*
 * Captures, read by libpcap from a stream: nothing is opened live.
 */
#include <pcap/pcap.h>

#include "base/text.h"
#include "inspect/input_internal.h"
#include "inspect/packet.h"
#include "inspect/stream.h"

/* So many packets that cannot be used are named; all are counted. */
#define MAX_BAD_TOLD 8
/* The year 9999 ends: pcapng has times of any size. */
#define MAX_TIME ((int64_t)253402300799)

struct capture {
    struct tap tap;
    struct streams *streams;
    pcap_t *pcap;
    int link;
};

static enum err tell_bad(struct capture *c, enum packet_kind kind)
{
    static const char *const texts[] = {
        [PACKET_FRAGMENT] =
            "a fragment of an IP packet; fragments are not put together",
        [PACKET_CUT] = "captured only up to within its TCP header (snaplen)",
        [PACKET_BAD] = "no packet: its lengths contradict each other",
    };
    struct sink *sink = c->tap.sink;
    char where[512];
    struct seen seen = {
        .problem = texts[kind],
        .at = c->tap.at,
        .where = where,
    };

    if (++sink->totals.bad_packets > MAX_BAD_TOLD)
        return ERR_OK;
    text_format(where, sizeof(where), "%s, packet %llu", sink->name,
                (unsigned long long)c->tap.packet);
    return sink_give(sink, &seen);
}

/* 0, not known, for a time that no clock tells. */
static int64_t time_of(const struct timeval *t)
{
    if (t->tv_sec < 0 || t->tv_sec > MAX_TIME)
        return 0;
    return (int64_t)t->tv_sec * 1000000 + t->tv_usec % 1000000;
}

static enum err packet_take(struct capture *c, const struct pcap_pkthdr *head,
                            const u_char *bytes)
{
    struct sink *sink = c->tap.sink;
    struct segment segment;
    enum packet_kind kind;

    sink->totals.packets++;
    c->tap.packet++;
    c->tap.at = time_of(&head->ts);
    kind =
        packet_read(c->link, span_of(bytes, head->caplen), head->len, &segment);
    switch (kind) {
    case PACKET_TCP:
        return streams_take(c->streams, &segment);
    case PACKET_OTHER:
        sink->totals.other_packets++;
        return ERR_OK;
    case PACKET_FRAGMENT:
    case PACKET_CUT:
    case PACKET_BAD:
        break;
    }
    return tell_bad(c, kind);
}

/* What the capture holds up to where it breaks off is delivered first. */
static enum err packets_read(struct capture *c, struct fault *f)
{
    struct pcap_pkthdr *head;
    const u_char *bytes;
    int got;

    while ((got = pcap_next_ex(c->pcap, &head, &bytes)) == 1)
        TRY(packet_take(c, head, bytes));
    TRY(streams_end(c->streams));
    if (got == PCAP_ERROR_BREAK)
        return ERR_OK;
    return fault_set(f, ERR_BAD_DATA_FORMAT, "%s, behind packet %llu: %s",
                     c->tap.sink->name, (unsigned long long)c->tap.packet,
                     pcap_geterr(c->pcap));
}

/* Saying nothing would look as if all were well. */
static enum err tell_nothing(const struct sink *sink, struct fault *f)
{
    const struct input_totals *t = &sink->totals;

    return fault_set(
        f, ERR_BAD_DATA_FORMAT,
        "%s: no CMP in its %llu packets: %llu connections, of their streams "
        "%llu of TLS and %llu no HTTP; %llu other HTTP requests",
        sink->name, (unsigned long long)t->packets,
        (unsigned long long)t->connections, (unsigned long long)t->tls_streams,
        (unsigned long long)t->other_streams,
        (unsigned long long)t->other_requests);
}

static enum err pcap_take(struct capture *c, struct fault *f)
{
    AUTO(streams) streams = streams_new(&c->tap);
    enum err e;

    c->link = pcap_datalink(c->pcap);
    if (!packet_link_is_known(c->link))
        return fault_set(f, ERR_BAD_DATA_FORMAT,
                         "%s: link type %d; what is read: %s",
                         c->tap.sink->name, c->link, packet_links());
    if (streams == NULL)
        return fault_set(f, ERR_NO_MEM, "%s", c->tap.sink->name);
    c->streams = streams;
    e = packets_read(c, f);
    c->tap.sink->totals.connections = c->tap.connections;
    if (e == ERR_OK && c->tap.sink->given == 0)
        return tell_nothing(c->tap.sink, f);
    return e;
}

enum err capture_read(FILE *file, struct sink *sink, struct fault *f)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    struct capture c = { .tap = { .sink = sink } };
    enum err e;

    c.pcap = pcap_fopen_offline(file, text);
    if (c.pcap == NULL) {
        fclose(file);
        return fault_set(f, ERR_BAD_DATA_FORMAT, "%s: %s", sink->name, text);
    }
    e = pcap_take(&c, f);
    pcap_close(c.pcap);
    return e;
}
