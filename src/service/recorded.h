/*
 * A job as the recorder keeps it: the messages as on the wire, and what was
 * judged of them in a coding of its own, which is read here too.
 */
#ifndef SERVICE_RECORDED_H
#define SERVICE_RECORDED_H

#include "profile/rules.h"
#include "service/recorder.h"

struct job;

/*
 * Records what became of a job, if its profile wants that; to be called when
 * the answer is durable. `r` may be NULL: there is no recorder.
 *
 * An answer that may hold a private key is left out, encrypted though the key
 * is; so are stored replies given again and the answer to a batch, since they
 * may, and were recorded by themselves.
 */
void record_job(struct recorder *r, struct job *job);

/* RECORDED_RULES of this program: the ids of all rules, one behind the other,
 * each with its NUL. Absent: out of memory. */
struct span recorded_rules(struct arena *a);

/* What a finding is of. */
enum recorded_kind {
    RECORDED_FAULT, /* why it was refused, all of it or one request */
    RECORDED_NOTE   /* broken, or not to be told, and let pass */
};

/* One of RECORDED_FINDINGS; all strings, "" where there is none. */
struct recorded_finding {
    enum recorded_kind kind;
    const char *request; /* number of the request it is about, from 1; "" */
    const char *err;     /* err_name */
    const char *rule;    /* its id */
    const char *clause;
    const char *path;
    const char *text; /* what was found there */
};
/* The next one in `*in`, which moves past it. False: there is none. */
bool recorded_finding_next(struct span *in, struct recorded_finding *out);

/* The serial number of the next certificate; the same. */
bool recorded_serial_next(struct span *in, struct span *out);

#endif
