/*
 * Captures, read by libpcap from a stream: nothing is opened live.
 */
#include <pcap/pcap.h>

#include "inspect/input_internal.h"
#include "inspect/packet.h"

struct capture {
    struct sink *sink;
    pcap_t *pcap;
    int link;
};

static enum err packets_read(struct capture *c, struct fault *f)
{
    struct pcap_pkthdr *head;
    struct segment segment;
    const u_char *bytes;
    int got;

    while ((got = pcap_next_ex(c->pcap, &head, &bytes)) == 1) {
        c->sink->totals.packets++;
        if (packet_read(c->link, span_of(bytes, head->caplen), head->len,
                        &segment) == PACKET_OTHER)
            c->sink->totals.other_packets++;
    }
    if (got == PCAP_ERROR_BREAK)
        return ERR_OK;
    return fault_set(f, ERR_BAD_DATA_FORMAT, "%s, behind packet %llu: %s",
                     c->sink->name, (unsigned long long)c->sink->totals.packets,
                     pcap_geterr(c->pcap));
}

enum err capture_read(FILE *file, struct sink *sink, struct fault *f)
{
    char text[PCAP_ERRBUF_SIZE] = "";
    struct capture c = { .sink = sink };
    enum err e;

    c.pcap = pcap_fopen_offline(file, text);
    if (c.pcap == NULL) {
        fclose(file);
        return fault_set(f, ERR_BAD_DATA_FORMAT, "%s: %s", sink->name, text);
    }
    c.link = pcap_datalink(c.pcap);
    if (packet_link_is_known(c.link))
        e = packets_read(&c, f);
    else
        e = fault_set(f, ERR_BAD_DATA_FORMAT, "%s: link type %d; read are %s",
                      sink->name, c.link, packet_links());
    pcap_close(c.pcap);
    return e;
}
