/*
 * Messages of a base station and the facts about them, all as they should be,
 * for tests that then change one thing.
 */
#ifndef PROFILE_SCENE_TEST_H
#define PROFILE_SCENE_TEST_H

#include "profile/rules.h"

#define SCENE_NOW ((int64_t)1795341600)
#define SCENE_NUM(array) (sizeof(array) / sizeof((array)[0]))

#define SCENE_MAX_EXTENSIONS 3

struct scene {
    struct arena *arena;
    struct profile profile;
    struct facts facts;
    struct x509_cert signer; /* the vendor's, or the operator's for a kur */
    struct x509_cert old;
    struct cmp_message msg;
    /* What the message's lists point at. */
    struct cert_req_msg requests[2];
    struct cert_template *template; /* of the first */
    struct popo *popo;              /* of the first */
    struct extension extensions[SCENE_MAX_EXTENSIONS];
    struct attribute control;
    struct cert_status statuses[2];
    struct fact_issued issued[2];
    int64_t polled[18];
    struct rev_details revs[2];
    struct extension entry[2]; /* crlEntryDetails of the first */
    struct info_type_value info;
    struct span extra;
};

/* The request that rules look at; NULL: a body without one. */
const struct cert_req_msg *scene_request(const struct scene *s);

/* A good ir, cr, p10cr, kur, certConf, pollReq or rr under a profile of this
 * type. The request polled for has certReqIds 0 and 7. */
void scene_init(struct scene *s, enum profile_type type,
                enum cmp_body_type body);
void scene_done(struct scene *s);

/* Judges as the line does, step by step, what opens it and its first request
 * or RevDetails; the first error ends it. */
enum err scene_judge(const struct scene *s, struct findings *findings,
                     struct fault *f);

/* "CN=bs-1", encoded; into the arena of the scene. */
struct span scene_name(struct scene *s, const char *text);
/* tests/support/der_text.h */
struct span scene_der(struct scene *s, const char *text);

/* Asks for one more extension; `value` as der_text. */
void scene_ask(struct scene *s, enum oid id, const char *value);
/* The same with a value as bytes. */
void scene_ask_bytes(struct scene *s, enum oid id, struct span value);
/* poposkInput as RFC 4211 has it without a subject, from this sender. */
void scene_add_input(struct scene *s, struct span sender);
/* rr: crlEntryDetails with one extension more; `value` as der_text. */
void scene_add_entry(struct scene *s, enum oid id, const char *value);
/* oldCertID with this issuer and serial number. */
void scene_add_old_cert_id(struct scene *s, struct span issuer,
                           struct span serial);

#endif
