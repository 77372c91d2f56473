#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

/* needs those before it */
#include <cmocka.h>

#include "base/text.h"
#include "inspect/packet.h"

/* ports 4096 and 80, seq 1, ack 2, ACK; four bytes */
#define TCP "1000 0050 00000001 00000002 5010 ffff 0000 0000"
#define DATA "61626364"
#define IP4(len, flags, protocol) \
    "4500 " len " 0000 " flags " 40 " protocol " 0000 0a000001 0a000002"
#define IP6(len, next)                                              \
    "60000000 " len " " next " 40 20010db8000000000000000000000001" \
    " 20010db8000000000000000000000002"
#define MACS "000000000001 000000000002 "

static const struct {
    const char *name;
    int link;
    const char *packet;
    enum packet_kind kind;
} rows[] = {
    { "IPv4", 101, IP4("002c", "4000", "06") TCP DATA, PACKET_TCP },
    { "IPv4, padded", 1,
      MACS "0800" IP4("002c", "4000", "06") TCP DATA "000000000000",
      PACKET_TCP },
    { "IPv4, options", 101,
      "4600 0030 0000 4000 40 06 0000 0a000001 0a000002 01010101" TCP DATA,
      PACKET_TCP },
    { "no total length", 101, IP4("0000", "4000", "06") TCP DATA, PACKET_TCP },
    { "TCP options", 101,
      IP4("0030", "4000", "06") "1000 0050 00000001 00000002 6010 ffff 0000 "
                                "0000 01010101" DATA,
      PACKET_TCP },
    { "UDP", 101, IP4("002c", "4000", "11") TCP DATA, PACKET_OTHER },
    { "the first fragment", 101, IP4("002c", "2000", "06") TCP DATA,
      PACKET_FRAGMENT },
    { "a further fragment", 101, IP4("002c", "0010", "06") TCP DATA,
      PACKET_FRAGMENT },
    { "a fragment of UDP", 101, IP4("002c", "2000", "11") TCP DATA,
      PACKET_OTHER },
    { "longer than it is", 101, IP4("00ff", "4000", "06") TCP DATA,
      PACKET_BAD },
    { "shorter than its head", 101, IP4("0010", "4000", "06") TCP DATA,
      PACKET_BAD },
    { "a head of 16 bytes", 101,
      "4400 002c 0000 4000 40 06 0000 0a000001 0a000002" TCP DATA, PACKET_BAD },
    { "a TCP head of 16 bytes", 101,
      IP4("002c", "4000", "06") "1000 0050 00000001 00000002 4010 ffff 0000 "
                                "0000" DATA,
      PACKET_BAD },
    { "a TCP head beyond the packet", 101,
      IP4("0028", "4000", "06") "1000 0050 00000001 00000002 f010 ffff 0000 "
                                "0000",
      PACKET_BAD },
    { "IPv6", 101, IP6("0018", "06") TCP DATA, PACKET_TCP },
    { "IPv6, hop-by-hop", 101, IP6("0020", "00") "06 00 000000000000" TCP DATA,
      PACKET_TCP },
    { "IPv6, routing of 16 bytes, destination", 101,
      IP6("0030", "2b") "3c 01 000000000000 0000000000000000"
                        "06 00 000000000000" TCP DATA,
      PACKET_TCP },
    { "IPv6, authentication", 101,
      IP6("0028", "33") "06 02 0000 00000000 00000000 00000000" TCP DATA,
      PACKET_TCP },
    { "IPv6, atomic fragment", 101,
      IP6("0020", "2c") "06 00 0000 00000001" TCP DATA, PACKET_TCP },
    { "IPv6, fragment", 101, IP6("0020", "2c") "06 00 0001 00000001" TCP DATA,
      PACKET_FRAGMENT },
    { "IPv6, fragment of UDP", 101,
      IP6("0020", "2c") "11 00 0001 00000001" TCP DATA, PACKET_OTHER },
    { "IPv6, an extension beyond the packet", 101,
      IP6("0008", "00") "06 09 000000000000", PACKET_BAD },
    { "IPv6, extensions without end", 101,
      IP6("0048", "00") "0000000000000000 0000000000000000 0000000000000000"
                        "0000000000000000 0000000000000000 0000000000000000"
                        "0000000000000000 0000000000000000 0000000000000000",
      PACKET_OTHER },
    { "ESP", 101, IP6("0018", "32") TCP DATA, PACKET_OTHER },
    { "IPv5", 101, "5000", PACKET_OTHER },
    { "ARP", 1, MACS "0806 0001", PACKET_OTHER },
    { "VLAN", 1, MACS "8100 0007 0800" IP4("002c", "4000", "06") TCP DATA,
      PACKET_TCP },
    { "VLANs without end", 1,
      MACS "8100 0007 8100 0007 8100 0007 8100 0007 8100 0007 0800" IP4(
          "002c", "4000", "06") TCP DATA,
      PACKET_OTHER },
    { "loopback", 0, "02000000" IP4("002c", "4000", "06") TCP DATA,
      PACKET_TCP },
    { "cooked", 113,
      "0000 0001 0006 0000000000000000 0800" IP4("002c", "4000", "06") TCP DATA,
      PACKET_TCP },
    { "cooked v2", 276,
      "86dd 0000 00000001 0001 00 06 0000000000000000" IP6("0018", "06")
          TCP DATA,
      PACKET_TCP },
    { "a link nobody knows", 105, IP4("002c", "4000", "06") TCP DATA,
      PACKET_OTHER },
};
#define NUM_ROWS (sizeof(rows) / sizeof(rows[0]))

static struct span bytes_of(const char *hex, struct arena *a)
{
    struct span bytes = SPAN_NONE;

    assert_int_equal(hex_parse(hex, a, &bytes), ERR_OK);
    return bytes;
}

static void test_packets(void **state)
{
    AUTO(arena) a = arena_new(65536);

    (void)state;
    for (size_t i = 0; i < NUM_ROWS; i++) {
        struct span bytes = bytes_of(rows[i].packet, a);
        struct segment g = { 0 };
        char from[ENDPOINT_TEXT_LEN];
        enum packet_kind kind = packet_read(rows[i].link, bytes, bytes.len, &g);

        if (kind != rows[i].kind)
            fail_msg("%s: %d", rows[i].name, (int)kind);
        if (kind != PACKET_TCP)
            continue;
        endpoint_format(&g.from, from);
        assert_true(strcmp(from, "10.0.0.1:4096") == 0 ||
                    strcmp(from, "[2001:db8::1]:4096") == 0);
        assert_int_equal(g.to.port, 80);
        assert_int_equal(g.seq, 1);
        assert_int_equal(g.ack, 2);
        assert_int_equal(g.flags, TCP_ACK);
        assert_int_equal(g.lost, 0);
        assert_true(span_is_equal(g.data, SPAN_LIT("abcd")));
    }
}

/* Captured up to any byte: cut, or TCP with what is lost of it counted. */
static void test_cut(void **state)
{
    AUTO(arena) a = arena_new(65536);

    (void)state;
    for (size_t i = 0; i < NUM_ROWS; i++) {
        struct span whole = bytes_of(rows[i].packet, a);

        for (size_t len = 0; len < whole.len; len++) {
            uint8_t *copy = malloc(len + 1);
            struct segment g = { 0 };
            enum packet_kind kind;

            assert_non_null(copy);
            memcpy(copy + 1, whole.ptr, len);
            kind = packet_read(rows[i].link, span_of(copy + 1, len), whole.len,
                               &g);
            if (kind == PACKET_TCP)
                assert_int_equal(g.data.len + g.lost, 4);
            else if (rows[i].kind == PACKET_TCP && kind != PACKET_CUT)
                fail_msg("%s, %zu bytes: %d", rows[i].name, len, (int)kind);
            free(copy);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_packets),
        cmocka_unit_test(test_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
