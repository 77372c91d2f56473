#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

/* needs those before it */
#include <cmocka.h>

#include "inspect/capture_scene_test.h"
#include "inspect/packet.h"

#define TWO_ANSWERED "QA PBA QC PDC"

static void two_exchanges(struct scene *s)
{
    pcap_open(&s->f);
    scene_ask(s, 'A');
    scene_answer(s, 'B');
    scene_ask(s, 'C');
    scene_answer(s, 'D');
    pcap_close_flow(&s->f);
}

/* --- links --- */

static const struct {
    const char *name;
    enum pcap_link link;
    bool is_ng, is_ipv6;
    unsigned num_vlans;
} links[] = {
    { "Ethernet", PCAP_ETHERNET, false, false, 0 },
    { "VLAN", PCAP_ETHERNET, false, false, 1 },
    { "VLAN in VLAN", PCAP_ETHERNET, false, false, 2 },
    { "Ethernet, IPv6", PCAP_ETHERNET, false, true, 0 },
    { "raw IP", PCAP_RAW, false, false, 0 },
    { "raw IPv6", PCAP_RAW, false, true, 0 },
    { "loopback", PCAP_LOOPBACK, false, false, 0 },
    { "Linux cooked", PCAP_COOKED, false, false, 0 },
    { "Linux cooked v2, IPv6", PCAP_COOKED2, false, true, 0 },
    { "pcapng", PCAP_ETHERNET, true, false, 0 },
    { "pcapng, VLAN, IPv6", PCAP_ETHERNET, true, true, 1 },
};

static void test_links(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(links) / sizeof(links[0]); i++) {
        struct scene s;

        scene_init(&s);
        s.w.is_ng = links[i].is_ng;
        s.w.is_ipv6 = links[i].is_ipv6;
        s.w.num_vlans = links[i].num_vlans;
        buf_done(&s.w.out);
        pcap_start(&s.w, links[i].link, SCENE_CAP);
        two_exchanges(&s);
        if (strcmp(scene_read(&s), TWO_ANSWERED) != 0 || s.e != ERR_OK)
            fail_msg("%s: %s, %s", links[i].name, s.heard, s.fault.text);
        assert_int_equal(s.totals.messages, 4);
        assert_int_equal(s.totals.connections, 1);
        assert_int_equal(s.totals.packets, 14);
        scene_done(&s);
    }
}

/* --- the order and number of segments --- */

/* Parts of the bytes of one side, as its segments: where they begin, how long
 * they are; `differs`: with other bytes. */
struct part {
    int offset, len;
    bool differs;
};

static const struct {
    const char *name;
    struct part parts[6];
    const char *heard; /* NULL: the request as it is */
} orders[] = {
    { "in order", { { 0, 60, 0 }, { 60, 0, 0 } }, NULL },
    { "the last first", { { 90, 0, 0 }, { 0, 90, 0 } }, NULL },
    { "backwards",
      { { 100, 0, 0 }, { 80, 20, 0 }, { 50, 30, 0 }, { 0, 50, 0 } },
      NULL },
    { "repeated", { { 0, 60, 0 }, { 0, 60, 0 }, { 60, 0, 0 } }, NULL },
    { "repeated in one", { { 0, 60, 0 }, { 60, 20, 0 }, { 0, 0, 0 } }, NULL },
    { "overlapping", { { 0, 60, 0 }, { 40, 40, 0 }, { 70, 0, 0 } }, NULL },
    { "overlapping what waits",
      { { 40, 20, 0 }, { 80, 20, 0 }, { 30, 0, 0 }, { 0, 50, 0 } },
      NULL },
    { "repeated otherwise",
      { { 0, 60, 0 }, { 20, 20, 1 }, { 60, 0, 0 } },
      "Q![bytes that were sent before are sent again, and differ; the first "
      "are read] QA P-0A" },
    { "otherwise while it waits",
      { { 60, 20, 0 }, { 60, 20, 1 }, { 0, 60, 0 }, { 80, 0, 0 } },
      "U![bytes that were sent before are sent again, and differ; the first "
      "are read] QA P-0A" },
    { "byte by byte at first",
      { { 0, 1, 0 }, { 1, 1, 0 }, { 2, 3, 0 }, { 5, 1, 0 }, { 6, 0, 0 } },
      NULL },
};

static void say_part(struct scene *s, struct span all, const struct part *part)
{
    size_t len =
        part->len > 0 ? (size_t)part->len : all.len - (size_t)part->offset;
    uint8_t bytes[512];

    memcpy(bytes, all.ptr + part->offset, len);
    if (part->differs)
        bytes[len / 2] ^= 1;
    pcap_segment(&s->f, 0, PCAP_ACK, part->offset, span_of(bytes, len));
}

static void test_orders(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(orders) / sizeof(orders[0]); i++) {
        const char *heard = orders[i].heard;
        struct scene s;
        struct span all;

        scene_init(&s);
        pcap_open(&s.f);
        all = scene_request(&s.out, 'A');
        for (size_t k = 0; k < 6; k++)
            if (k == 0 || orders[i].parts[k].len > 0 ||
                orders[i].parts[k - 1].len > 0 || orders[i].parts[k].offset > 0)
                say_part(&s, all, &orders[i].parts[k]);
        s.f.sent[0] += (uint32_t)all.len;
        pcap_close_flow(&s.f);
        scene_read(&s);
        if (strcmp(s.heard, heard == NULL ? "QA P-0A" : heard) != 0)
            fail_msg("%s: %s", orders[i].name, s.heard);
        scene_done(&s);
    }
}

/* --- gaps --- */

#define WAITED ((int64_t)5 * 1000000)

static void test_gap_in_body(void **state)
{
    struct scene s;
    struct span all;

    (void)state;
    scene_init(&s);
    pcap_open(&s.f);
    all = scene_request(&s.out, 'L');
    pcap_segment(&s.f, 0, PCAP_ACK, 0, span_of(all.ptr, 1000));
    pcap_segment(&s.f, 0, PCAP_ACK, 2000,
                 span_of(all.ptr + 2000, all.len - 2000));
    s.f.sent[0] += (uint32_t)all.len;
    scene_answer(&s, 'B');
    s.w.at += WAITED;
    scene_ask(&s, 'C');
    scene_answer(&s, 'D');
    pcap_close_flow(&s.f);
    /* The head has 101 bytes. */
    assert_string_equal(
        scene_read(&s),
        "Q![bytes 899 to 1898 of the body are not in the capture] PB QC PDC");
    scene_done(&s);
}

static void test_gap_of_a_message(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    pcap_open(&s.f);
    scene_ask(&s, 'A');
    /* its answer is lost, but acknowledged */
    s.f.sent[1] += (uint32_t)scene_response(&s.out, 'B').len;
    scene_ask(&s, 'C');
    scene_answer(&s, 'D');
    s.w.at += WAITED;
    scene_ask(&s, 'E');
    scene_answer(&s, 'F');
    pcap_close_flow(&s.f);
    assert_string_equal(
        scene_read(&s),
        "QA QC P![86 bytes before a message are not in the capture; going on "
        "behind them] PDC QE PFE");
    scene_done(&s);
}

static void test_gap_of_a_request(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    pcap_open(&s.f);
    scene_ask(&s, 'A');
    scene_answer(&s, 'B');
    s.f.sent[0] += (uint32_t)scene_request(&s.out, 'C').len;
    scene_answer(&s, 'D');
    scene_ask(&s, 'E');
    scene_answer(&s, 'F');
    s.w.at += WAITED;
    scene_ask(&s, 'G');
    scene_answer(&s, 'H');
    pcap_close_flow(&s.f);
    assert_string_equal(
        scene_read(&s),
        "QA PBA PD Q![111 bytes before a message are not in the capture; "
        "going on behind them] QE PFE QG PHG");
    scene_done(&s);
}

static void test_gap_at_the_end(void **state)
{
    struct scene s;
    struct span all;

    (void)state;
    scene_init(&s);
    pcap_open(&s.f);
    all = scene_request(&s.out, 'L');
    pcap_segment(&s.f, 0, PCAP_ACK, 0, span_of(all.ptr, 1000));
    s.f.sent[0] += (uint32_t)all.len;
    pcap_close_flow(&s.f);
    assert_string_equal(
        scene_read(&s),
        "Q![bytes 899 to 3999 of the body are not in the capture] P-0");
    scene_done(&s);
}

static void test_snaplen(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    s.w.snaplen = 400;
    pcap_open(&s.f);
    scene_ask(&s, 'A');
    scene_answer(&s, 'B');
    scene_ask(&s, 'L');
    scene_answer(&s, 'C');
    pcap_close_flow(&s.f);
    assert_string_equal(
        scene_read(&s),
        "QA PBA Q![bytes 245 to 1298 of the body are cut off: the capture was "
        "made with a snaplen shorter than its packets] PC");
    scene_done(&s);

    scene_init(&s);
    s.w.snaplen = 60;
    two_exchanges(&s);
    scene_read(&s);
    assert_int_equal(s.totals.messages, 0);
    scene_done(&s);

    scene_init(&s);
    s.w.snaplen = 50;
    two_exchanges(&s);
    scene_read(&s);
    assert_int_equal(s.totals.bad_packets, 14);
    assert_non_null(strstr(s.heard, "within its TCP header (snaplen)"));
    scene_done(&s);
}

/* --- connections --- */

static void test_middle(void **state)
{
    struct scene s;
    struct span all;

    (void)state;
    scene_init(&s);
    s.f.sent[0] = s.f.sent[1] = 1;
    /* the rest of an answer, and what follows */
    all = scene_response(&s.out, 'L');
    pcap_segment(&s.f, 1, PCAP_ACK, 0, span_of(all.ptr + 3000, 1000));
    s.f.sent[1] += 1000;
    scene_ask(&s, 'A');
    scene_answer(&s, 'B');
    assert_string_equal(scene_read(&s), "QA PBA");
    scene_done(&s);

    /* an answer alone, then more */
    scene_init(&s);
    s.f.sent[0] = s.f.sent[1] = 1;
    scene_answer(&s, 'B');
    scene_ask(&s, 'C');
    scene_answer(&s, 'D');
    assert_string_equal(scene_read(&s), "PB QC PDC");
    scene_done(&s);
}

static void test_one_way(void **state)
{
    struct scene s;
    struct span all;

    (void)state;
    scene_init(&s);
    all = scene_request(&s.out, 'A');
    pcap_segment(&s.f, 0, PCAP_SYN, -1, SPAN_NONE);
    pcap_segment(&s.f, 0, PCAP_ACK, 0, all);
    pcap_segment(&s.f, 0, PCAP_ACK | PCAP_FIN, (int64_t)all.len, SPAN_NONE);
    assert_string_equal(scene_read(&s),
                        "QA P![no answer: only the requests' way of this "
                        "connection was captured]A");
    scene_done(&s);
}

static void test_reset(void **state)
{
    struct scene s;
    struct span all;

    (void)state;
    scene_init(&s);
    pcap_open(&s.f);
    scene_ask(&s, 'A');
    pcap_segment(&s.f, 1, PCAP_RST, 0, SPAN_NONE);
    assert_string_equal(scene_read(&s), "QA P-0A");
    scene_done(&s);

    scene_init(&s);
    pcap_open(&s.f);
    scene_ask(&s, 'A');
    all = scene_response(&s.out, 'L');
    pcap_segment(&s.f, 1, PCAP_ACK, 0, span_of(all.ptr, 500));
    pcap_segment(&s.f, 1, PCAP_RST, 500, SPAN_NONE);
    assert_string_equal(scene_read(&s), "QA P?(cut)A");
    scene_done(&s);
}

static void test_port_reuse(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    two_exchanges(&s);
    s.f.isn[0] += 12345678;
    s.f.isn[1] += 23456789;
    s.f.sent[0] = s.f.sent[1] = 0;
    pcap_open(&s.f);
    scene_ask(&s, 'E');
    /* anew without an end of the old */
    s.f.isn[0] += 12345678;
    s.f.isn[1] += 23456789;
    s.f.sent[0] = s.f.sent[1] = 0;
    pcap_open(&s.f);
    scene_ask(&s, 'G');
    scene_answer(&s, 'H');
    assert_string_equal(scene_read(&s), TWO_ANSWERED
                        " QE P![no answer before the capture ends, or is left "
                        "alone]E QG PHG");
    assert_int_equal(s.totals.connections, 3);
    scene_done(&s);
}

static void test_late_packets(void **state)
{
    struct scene s;
    struct span all;

    (void)state;
    scene_init(&s);
    two_exchanges(&s);
    all = scene_request(&s.out, 'A');
    pcap_segment(&s.f, 0, PCAP_ACK, 0, all);
    pcap_segment(&s.f, 0, PCAP_ACK | PCAP_FIN, (int64_t)s.f.sent[0] - 2,
                 SPAN_NONE);
    assert_string_equal(scene_read(&s), TWO_ANSWERED);
    assert_int_equal(s.totals.connections, 1);
    scene_done(&s);
}

static void open_next(struct scene *s)
{
    s->f.ports[0]++;
    s->f.sent[0] = s->f.sent[1] = 0;
    pcap_open(&s->f);
}

/* More connections than are remembered: the oldest goes, and is told of. */
static void test_many_connections(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    s.options.connections = 2;
    for (unsigned i = 0; i < 3; i++) {
        open_next(&s);
        scene_ask(&s, (char)('A' + i));
    }
#define LEFT "P![no answer before the capture ends, or is left alone]"
    assert_string_equal(scene_read(&s),
                        "QA QB " LEFT "A QC " LEFT "B " LEFT "C");
    assert_int_equal(s.totals.connections, 3);
    scene_done(&s);
}

/* What waits behind gaps never takes more than what is allowed. */
static void test_buffered(void **state)
{
    static const struct {
        size_t buffered;
        bool is_kept;
    } rows[] = { { 65536, false }, { (size_t)4096 * 1024, true } };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct scene s;
        struct pcap_flow first;
        struct span all;

        scene_init(&s);
        s.options.buffered = rows[i].buffered;
        all = scene_request(&s.out, 'L');
        pcap_open(&s.f);
        first = s.f;
        pcap_segment(&first, 0, PCAP_ACK, 100,
                     span_of(all.ptr + 100, all.len - 100));
        for (unsigned k = 0; k < 40; k++) {
            open_next(&s);
            pcap_segment(&s.f, 0, PCAP_ACK, 100, scene_message('L'));
        }
        pcap_segment(&first, 0, PCAP_ACK, 0, span_of(all.ptr, 100));
        scene_read(&s);
        assert_int_equal(s.e, ERR_OK);
        assert_int_equal(strstr(s.heard, "QL") != NULL, rows[i].is_kept);
        scene_done(&s);
    }
}

/* --- packets of others, and broken ones --- */

static void test_other_packets(void **state)
{
    static const uint8_t udp[28] = { 0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17 };
    static const uint8_t fragment[40] = {
        0x45, 0, 0, 40, 0, 0, 0x20, 0, 64, 6
    };
    static const uint8_t contradiction[40] = { 0x45, 0, 0, 200, 0,
                                               0,    0, 0, 64,  6 };
    struct scene s;

    (void)state;
    scene_init(&s);
    pcap_packet(&s.w, SPAN_OF(udp));
    two_exchanges(&s);
    pcap_packet(&s.w, SPAN_OF(fragment));
    pcap_packet(&s.w, SPAN_OF(contradiction));
    assert_string_equal(scene_read(&s), TWO_ANSWERED
                        " U![a fragment of an IP packet; fragments are not "
                        "put together] U![no packet: its lengths contradict "
                        "each other]");
    assert_int_equal(s.totals.other_packets, 1);
    assert_int_equal(s.totals.bad_packets, 2);
    assert_string_equal(s.where, "x.pcap, packet 17");
    scene_done(&s);
}

static void test_link_unknown(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    buf_done(&s.w.out);
    pcap_start(&s.w, 105, SCENE_CAP); /* IEEE 802.11 */
    scene_read(&s);
    assert_int_equal(s.e, ERR_BAD_DATA_FORMAT);
    assert_non_null(strstr(s.fault.text, "link type 105; what is read: Eth"));
    scene_done(&s);
}

static void test_nothing_in_it(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    pcap_open(&s.f);
    scene_read(&s);
    assert_int_equal(s.e, ERR_BAD_DATA_FORMAT);
    assert_string_equal(s.fault.text,
                        "x.pcap: no CMP in its 3 packets: 1 connections, of "
                        "their streams 0 of TLS and 0 no HTTP; 0 other HTTP "
                        "requests");
    scene_done(&s);
}

static void test_where(void **state)
{
    struct scene s;

    (void)state;
    scene_init(&s);
    pcap_open(&s.f);
    scene_ask(&s, 'A');
    scene_answer(&s, 'B');
    scene_read(&s);
    assert_int_equal(s.at, ((int64_t)1795341600 * 1000 + 5) * 1000);
    assert_string_equal(s.where,
                        "x.pcap, packet 6, 10.0.0.2:829 to 10.0.0.1:40000");
    scene_done(&s);
}

/* A file cut anywhere: what came before is delivered, and the end named. */
static void test_cut_everywhere(void **state)
{
    (void)state;
    for (unsigned ng = 0; ng < 2; ng++) {
        struct scene s;
        size_t len;

        scene_init(&s);
        s.w.is_ng = ng == 1;
        buf_done(&s.w.out);
        pcap_start(&s.w, PCAP_ETHERNET, SCENE_CAP);
        two_exchanges(&s);
        len = s.w.out.len;
        for (size_t i = 4; i < len; i++) {
            s.w.out.len = i;
            s.fault.text[0] = '\0';
            scene_read(&s);
            if (s.e != ERR_OK && s.fault.text[0] == '\0')
                fail_msg("cut at %zu of %zu: no reason", i, len);
            if (s.e == ERR_OK && i % 4 != 0 && ng == 1)
                fail_msg("cut at %zu of %zu: taken", i, len);
        }
        scene_done(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_links),
        cmocka_unit_test(test_orders),
        cmocka_unit_test(test_gap_in_body),
        cmocka_unit_test(test_gap_of_a_message),
        cmocka_unit_test(test_gap_of_a_request),
        cmocka_unit_test(test_gap_at_the_end),
        cmocka_unit_test(test_snaplen),
        cmocka_unit_test(test_middle),
        cmocka_unit_test(test_one_way),
        cmocka_unit_test(test_reset),
        cmocka_unit_test(test_port_reuse),
        cmocka_unit_test(test_late_packets),
        cmocka_unit_test(test_many_connections),
        cmocka_unit_test(test_buffered),
        cmocka_unit_test(test_other_packets),
        cmocka_unit_test(test_link_unknown),
        cmocka_unit_test(test_nothing_in_it),
        cmocka_unit_test(test_where),
        cmocka_unit_test(test_cut_everywhere),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
