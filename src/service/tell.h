/*
 * What a genp tells of each infoType that a genm asks with (RFC 9810, 5.3.19).
 * All of it is at hand: CRLs as the keeper holds them, the rest as configured.
 */
#ifndef SERVICE_TELL_H
#define SERVICE_TELL_H

#include "asn1/itav.h"
#include "service/line.h"

/* What one infoType is answered with. */
struct tell_answer {
    bool is_unsupported;
    struct span value; /* absent: there is nothing to tell */
};

/* `asked` is the value it is asked with, absent where there is none; it passed
 * info_check (profile/info.h). */
typedef enum err tell_answer_make(struct worker *w, struct job *job,
                                  struct span asked, struct tell_answer *out);

struct tell_row {
    enum oid asked, told;
    enum config_offer offer; /* or has a setting of its own */
    bool is_told_unasked;    /* by an empty genm (RFC 9810, D.5) */
    tell_answer_make *answer;
};
extern const struct tell_row tell_rows[];
extern const size_t tell_num_rows;

/* NULL: not known, or not offered. */
const struct tell_row *tell_find(const struct config_profile *config,
                                 enum oid asked);

/* --- shared by those who answer --- */

enum err tell_bad_value(struct job *job, enum oid id);
enum err tell_no_memory(struct job *job, enum err e);
MUST_USE enum err tell_finish(struct job *job, struct der_writer *w,
                              struct tell_answer *out);

/* passphrase.c: into job->passphrase */
tell_answer_make tell_passphrase;
/* tell_keys.c */
tell_answer_make tell_sign_types;
tell_answer_make tell_enc_types;
tell_answer_make tell_symmetric;
tell_answer_make tell_key_param;
tell_answer_make tell_template;

#endif
