/* Shared inside client: judging what came in a genp or an announcement. */
#ifndef CLIENT_TOLD_H
#define CLIENT_TOLD_H

#include "client/ask.h"
#include "client/internal.h"
#include "txn/client_told.h"

/* What a message's values are judged by; the station's roots are loaded. */
struct judge_told {
    struct station *s;
    struct arena *arena; /* results go here */
    struct trust *trust;
    struct cert_list pool; /* other certificates, for paths */
    struct cert_list held; /* CRLs at hand */
};

/* Fills `trust` and `pool`: what came with the message, and the station's own
 * chain. The caller frees `trust`. */
MUST_USE enum err judge_told_init(struct judge_told *j, struct station *s,
                                  const struct cmp_message *msg,
                                  struct fault *f);

/*
 * Each judges one value by the rows of txn/client_told.h. ERR_REFUSED: a rule
 * is broken, which the fault names. `question` is what was asked; NULL:
 * nothing was.
 */
MUST_USE enum err update_judge(struct judge_told *j,
                               const struct ca_key_update *update,
                               struct client_update *out, struct fault *f);
MUST_USE enum err crl_judge(struct judge_told *j, struct span der,
                            const struct client_question *question,
                            struct x509_crl *out, struct fault *f);
MUST_USE enum err ca_judge(struct judge_told *j, struct span der,
                           struct client_cert_told *out, struct fault *f);
MUST_USE enum err target_judge(struct judge_told *j, struct span der,
                               struct client_cert_told *out, struct fault *f);
/* The same of any certificate, without a rule: ERR_REFUSED only where it
 * cannot be read. */
MUST_USE enum err cert_describe(struct judge_told *j, struct span der,
                                struct client_cert_told *out, struct fault *f);

/* thisUpdate of the newest of these CRLs by this issuer. False: none. */
bool crl_newest(struct cert_list crls, struct span issuer, struct arena *a,
                int64_t *this_update);

/* --- told_save.c: files for people and applications --- */

/* Each writes one file into the folder, made when it is not there, and notes
 * it; nothing where there is nothing to write. */
MUST_USE enum err told_save(struct station *s, const char *dir,
                            const char *name, struct span bytes,
                            struct client_files *files, struct fault *f);
MUST_USE enum err told_save_certs(struct station *s, const char *dir,
                                  const char *name, struct span_list certs,
                                  struct client_files *files, struct fault *f);
MUST_USE enum err told_save_crls(struct station *s, const char *dir,
                                 const struct x509_crl *crls, size_t num,
                                 struct client_files *files, struct fault *f);
MUST_USE enum err told_save_update(struct station *s, const char *dir,
                                   const struct client_update *update,
                                   struct client_files *files, struct fault *f);
/* CRLs at hand: those of the settings, and what was written there before.
 * `dir` may be NULL. */
MUST_USE enum err told_held_crls(struct station *s, const char *dir,
                                 struct cert_list *out, struct fault *f);

/* --- updates.c: roots that follow the operator's --- */

/* Takes the new root, with what proves it beside it. */
MUST_USE enum err update_install(struct station *s,
                                 const struct client_update *update,
                                 struct fault *f);

#endif
