/*
 * What the tests of captures share: small messages with names, HTTP around
 * them, and what is heard as one line of text.
 */
#ifndef INSPECT_CAPTURE_SCENE_TEST_H
#define INSPECT_CAPTURE_SCENE_TEST_H

#include "inspect/input.h"
#include "support/pcap_writer.h"

#define SCENE_CAP ((size_t)4 * 1024 * 1024)

/* Messages that begin like PKIMessages: 'A' to 'H' of 12 bytes each, and 'L'
 * of 4000. */
struct span scene_message(char name);

/* A POST of that message to /.well-known/cmp, and a 200 with it. */
struct span scene_request(struct buf *out, char name);
struct span scene_response(struct buf *out, char name);

struct scene {
    struct pcap_writer w;
    struct pcap_flow f;
    struct buf out; /* for scene_request and such */
    struct input_options options;
    struct input_totals totals;
    char heard[2048];
    enum err e;
    struct fault fault;
    /* of the last thing heard */
    char where[256];
    int64_t at;
};
/* A pcap of Ethernet with one connection, not open yet. */
void scene_init(struct scene *s);
void scene_done(struct scene *s);
/* Request and response through the connection. */
void scene_ask(struct scene *s, char name);
void scene_answer(struct scene *s, char name);

/* In what is said, "{A}" stands for a message and "|" for the end of a
 * segment. */
struct scene_said {
    unsigned side; /* 0: the client */
    const char *text;
};
void scene_say(struct scene *s, const struct scene_said *said);

/*
 * Reads what was written. `heard` gets a word for each thing seen: Q or P (or
 * U: unknown), then the name of the message and in responses that of the one
 * answered; "-" and a status for HTTP without message; "!" and the problem in
 * brackets: "QA PBA P-404 Q![bytes 3 to 9 ...]".
 */
const char *scene_read(struct scene *s);

#endif
