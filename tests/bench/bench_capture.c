/*
 * Makes a capture of so many enrolments (ir, ip, certConf, pkiconf), each of
 * another base station over a connection of its own, sixteen under way at a
 * time, against a service in this process.
 *
 *     bench_capture FOLDER NUMBER
 *
 * writes exchanges.pcap, and vendor-root.pem and root.pem for --trust.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/limits.h"
#include "support/pcap_writer.h"
#include "support/service_rig.h"

#define TOGETHER 16
#define MESSAGES 2 /* of a station; each has its answer */
#define MAX_NUMBER 50000ul

struct making {
    struct sim_world *world;
    struct rig rig;
    struct pcap_writer w;
    FILE *file;
    struct station_sim stations[TOGETHER];
    struct pcap_flow flows[TOGETHER];
    struct buf out;
};

static void must(bool is_so, const char *what)
{
    if (!is_so) {
        fprintf(stderr, "bench_capture: %s\n", what);
        exit(1);
    }
}

static void say(struct making *m, size_t i, unsigned side, const char *head,
                struct span message)
{
    buf_clear(&m->out);
    buf_printf(&m->out,
               "%sContent-Type: application/pkixcmp\r\n"
               "Content-Length: %zu\r\n\r\n",
               head, message.len);
    buf_add(&m->out, message);
    pcap_say(&m->flows[i], side, buf_span(&m->out));
}

static void flush(struct making *m)
{
    must(m->w.out.failed == ERR_OK, "the capture's buffer is too small");
    must(fwrite(m->w.out.ptr, 1, m->w.out.len, m->file) == m->w.out.len,
         "the capture cannot be written");
    m->w.out.len = 0;
}

static void enrol_together(struct making *m, unsigned first, unsigned num)
{
    for (unsigned i = 0; i < num; i++) {
        station_sim_init(&m->stations[i], m->world, first + i);
        m->flows[i] = (struct pcap_flow){
            .w = &m->w,
            .ports = { (uint16_t)(1024 + (first + i) % 60000), 829 },
            .isn = { first + i, first * 31 + i },
        };
        pcap_open(&m->flows[i]);
    }
    for (size_t n = 0; n < MESSAGES; n++) {
        for (unsigned i = 0; i < num; i++) {
            struct station_sim *s = &m->stations[i];

            must(rig_exchange(&m->rig, s) == SIM_GOES_ON, s->wrong);
            say(m, i, 0,
                "POST /.well-known/cmp HTTP/1.1\r\nHost: ra.example:829\r\n"
                "User-Agent: station\r\nAccept: */*\r\n",
                s->exchanges[n].request);
            say(m, i, 1, "HTTP/1.1 200 OK\r\n", s->exchanges[n].reply);
        }
    }
    for (unsigned i = 0; i < num; i++) {
        pcap_close_flow(&m->flows[i]);
        station_sim_done(&m->stations[i]);
    }
    flush(m);
}

static void save(const char *folder, const char *name, struct span bytes)
{
    char path[4096];
    struct fault f = { 0 };

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    must(file_save(path, bytes, 0644, &f) == ERR_OK, f.text);
}

static void save_roots(const struct making *m, const char *folder)
{
    char path[4096];
    struct buf root;
    struct fault f = { 0 };

    buf_init(&root, LIMIT_FILE_LEN);
    snprintf(path, sizeof(path), "%s/root.pem", m->world->folder);
    must(file_load(path, &root, &f) == ERR_OK, f.text);
    save(folder, "root.pem", buf_span(&root));
    save(folder, "vendor-root.pem", span_str(m->world->vendor_root->pem));
    buf_done(&root);
}

static void make(struct making *m, const char *folder, unsigned number)
{
    const struct sim_setup setup = { .kind = "mem" };
    struct service_options options = rig_by_hand(m->world, NULL);
    struct fault f = { 0 };
    char path[4096];

    must(rig_open(&m->rig, sim_world_config(m->world, &setup), &options, &f) ==
             ERR_OK,
         f.text);
    snprintf(path, sizeof(path), "%s/exchanges.pcap", folder);
    m->file = fopen(path, "wb");
    must(m->file != NULL, strerror(errno));
    m->w.at = TEST_NOW * 1000000;
    pcap_start(&m->w, PCAP_ETHERNET, LIMIT_CRL_LEN);
    buf_init(&m->out, LIMIT_FILE_LEN);
    for (unsigned i = 0; i < number; i += TOGETHER) {
        m->world->now = m->w.at / 1000000;
        enrol_together(m, i, number - i < TOGETHER ? number - i : TOGETHER);
        if (i % 1024 == 0)
            fprintf(stderr, "making exchanges: %u of %u\n", i, number);
    }
    must(fclose(m->file) == 0, "the capture cannot be written");
    save_roots(m, folder);
    buf_done(&m->w.out);
    buf_done(&m->out);
    rig_close(&m->rig);
}

int main(int argc, char **argv)
{
    static struct making m;
    unsigned long number = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;

    if (number == 0 || number > MAX_NUMBER) {
        fprintf(stderr, "usage: bench_capture FOLDER NUMBER\n");
        return 2;
    }
    m.world = sim_world_new();
    must(m.world != NULL, "no world");
    make(&m, argv[1], (unsigned)number);
    sim_world_free(m.world);
    return 0;
}
