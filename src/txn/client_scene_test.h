/*
 * What the tests of the station's machine share: a station whose request is
 * out and a reply that is as it should be, to be changed in one thing.
 */
#ifndef TXN_CLIENT_SCENE_TEST_H
#define TXN_CLIENT_SCENE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "txn/client.h"

#define SCENE_NUM(array) (sizeof(array) / sizeof((array)[0]))
#define SCENE_NOW ((int64_t)1795341600)
/* confirmWaitTime of the reply, in seconds from its messageTime. */
#define SCENE_WAIT 300
/* The server's clock is ahead by so much. */
#define SCENE_AHEAD 1000
/* Certificates that a message of these tests asks for at most. */
#define SCENE_ASKED 3
/* CN=ra, CN=bs, CN=ca */
#define SCENE_NAME(a, b)                                    \
    SPAN_LIT("\x30\x0d\x31\x0b\x30\x09\x06\x03\x55\x04\x03" \
             "\x0c\x02" a b)
/* A function that makes a change, for the tables. */
#define SCENE_CHANGE(name, statement) \
    static void name(struct scene *s) \
    {                                 \
        statement;                    \
    }

/* Random bytes of the request, and of what follows it. */
extern const uint8_t scene_random[CLIENT_RANDOM_LEN];
extern const uint8_t scene_next_random[CLIENT_RANDOM_LEN];
extern const uint8_t scene_server_nonce[CLIENT_ID_LEN];
extern const struct client_waits scene_waits;

/* A station, a server, and what they have in hand. */
struct scene {
    struct arena *arena;
    struct x509_cert own, ra, certs[SCENE_ASKED];
    struct client_credential credential;
    struct client client;
    struct client_step first; /* sends the request */
    struct cmp_message reply;
    struct client_facts facts;
    /* What the lists of the reply point at. */
    struct cert_response responses[SCENE_ASKED + 1];
    struct poll_rep_one polls[SCENE_ASKED + 1];
    struct pop_challenge challenges[2];
    struct pki_status_info statuses[2];
    struct cert_id rev_cert;
    struct info_type_value info;
};

/* Nothing is asked yet; the credential is a certificate's. */
void scene_init_idle(struct scene *s);
/* Asks for `num` certificates; the reply grants them, signed by the RA. */
void scene_ask(struct scene *s, const struct client_wish *wish, size_t num);
/* Both, for one certificate. */
void scene_init(struct scene *s, enum cmp_body_type request);
void scene_done(struct scene *s);

/* The confirmWaitTime of the reply. */
void scene_set_info(struct scene *s, int64_t until);

/* The machine takes the reply; or looks whether a pollReq is due. */
struct client_step scene_take(struct scene *s);
struct client_step scene_poll_at(struct scene *s, int64_t now);

/* Where the machine is once it has said this about a reply to a request. */
enum client_state scene_state_after(enum client_action action);
bool scene_is_unchanged(const struct client *a, const struct client *b);

/* Changes that several tables make. */
void scene_nothing(struct scene *s);
void scene_other_id(struct scene *s);
void scene_other_nonce(struct scene *s);
void scene_short_nonce(struct scene *s);
void scene_no_protection(struct scene *s);
void scene_mac(struct scene *s);
void scene_bad_signature(struct scene *s);
void scene_no_eku(struct scene *s);
void scene_waiting(struct scene *s);

#endif
