#include "inspect/capture_scene_test.h"

#include <stdio.h>

#include "base/text.h"

#define LONG_LEN 4000

struct span scene_message(char name)
{
    static uint8_t shorts[8][12], whole[LONG_LEN];
    static const uint8_t begin[] = { 0x30, 0x0a, 0x30, 0x08, 0x02, 0x01,
                                     0x02, 0xa4, 0x03, 0x04, 0x01 };
    static const uint8_t begin_long[] = { 0x30, 0x82, 0x0f, 0x9c, 0x30,
                                          0x82, 0x0f, 0x98, 0x02, 0x01,
                                          0x02, 0x04, 0x82, 0x0f, 0x91 };
    uint8_t *bytes;

    if (name == 'L') {
        for (size_t i = 0; i < LONG_LEN; i++)
            whole[i] = (uint8_t)(i * 7);
        memcpy(whole, begin_long, sizeof(begin_long));
        return SPAN_OF(whole);
    }
    bytes = shorts[name - 'A'];
    memcpy(bytes, begin, sizeof(begin));
    bytes[11] = (uint8_t)name;
    return span_of(bytes, 12);
}

static char name_of(struct span der)
{
    static const char names[] = "ABCDEFGHL";

    for (size_t i = 0; names[i] != '\0'; i++)
        if (span_is_equal(der, scene_message(names[i])))
            return names[i];
    return '?';
}

struct span scene_request(struct buf *out, char name)
{
    struct span message = scene_message(name);

    buf_clear(out);
    buf_printf(out,
               "POST /.well-known/cmp HTTP/1.1\r\nHost: ca\r\n"
               "Content-Type: application/pkixcmp\r\n"
               "Content-Length: %zu\r\n\r\n",
               message.len);
    buf_add(out, message);
    return buf_span(out);
}

struct span scene_response(struct buf *out, char name)
{
    struct span message = scene_message(name);

    buf_clear(out);
    buf_printf(out,
               "HTTP/1.1 200 OK\r\nContent-Type: application/pkixcmp\r\n"
               "Content-Length: %zu\r\n\r\n",
               message.len);
    buf_add(out, message);
    return buf_span(out);
}

void scene_init(struct scene *s)
{
    memset(s, 0, sizeof(*s));
    s->w.at = (int64_t)1795341600 * 1000000;
    pcap_start(&s->w, PCAP_ETHERNET, SCENE_CAP);
    s->f = (struct pcap_flow){ .w = &s->w,
                               .ports = { 40000, 829 },
                               .isn = { 0xfffffff0, 5000 } };
    buf_init(&s->out, SCENE_CAP);
    s->options = (struct input_options){ 64, (size_t)1024 * 1024, &s->totals };
}

void scene_done(struct scene *s)
{
    buf_done(&s->w.out);
    buf_done(&s->out);
}

void scene_ask(struct scene *s, char name)
{
    pcap_say(&s->f, 0, scene_request(&s->out, name));
}

void scene_answer(struct scene *s, char name)
{
    pcap_say(&s->f, 1, scene_response(&s->out, name));
}

void scene_say(struct scene *s, const struct scene_said *said)
{
    buf_clear(&s->out);
    for (const char *p = said->text; *p != '\0'; p++) {
        if (*p == '{') {
            buf_add(&s->out, scene_message(p[1]));
            p += 2;
        } else if (*p == '|') {
            pcap_say(&s->f, said->side, buf_span(&s->out));
            buf_clear(&s->out);
        } else {
            buf_add(&s->out, span_of(p, 1));
        }
    }
    pcap_say(&s->f, said->side, buf_span(&s->out));
}

static void add(struct scene *s, const char *text)
{
    size_t len = strlen(s->heard);

    snprintf(s->heard + len, sizeof(s->heard) - len, "%s", text);
}

static enum err hear(void *arg, const struct seen *seen)
{
    static const char ways[] = {
        [SEEN_UNKNOWN] = 'U', [SEEN_REQUEST] = 'Q', [SEEN_RESPONSE] = 'P'
    };
    struct scene *s = arg;
    char word[512];

    snprintf(word, sizeof(word), "%s%c", s->heard[0] != '\0' ? " " : "",
             ways[seen->way]);
    add(s, word);
    if (seen->problem != NULL) {
        snprintf(word, sizeof(word), "![%s]", seen->problem);
    } else if (span_is_absent(seen->der)) {
        snprintf(word, sizeof(word), "-%u",
                 seen->http->response == NULL ? 0
                                              : seen->http->response->status);
    } else {
        snprintf(word, sizeof(word), "%c%s", name_of(seen->der),
                 seen->http != NULL && !seen->http->is_whole ? "(cut)" : "");
    }
    add(s, word);
    if (seen->http != NULL && !span_is_absent(seen->http->asked)) {
        snprintf(word, sizeof(word), "%c", name_of(seen->http->asked));
        add(s, word);
    }
    snprintf(s->where, sizeof(s->where), "%s", seen->where);
    s->at = seen->at;
    return ERR_OK;
}

const char *scene_read(struct scene *s)
{
    s->heard[0] = '\0';
    s->e = input_read_bytes(buf_span(&s->w.out), "x.pcap", &s->options, hear, s,
                            &s->fault);
    return s->heard;
}
