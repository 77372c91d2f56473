/* Shared inside client: files of the state directory, checks, messages. */
#ifndef CLIENT_INTERNAL_H
#define CLIENT_INTERNAL_H

#include "base/file.h"
#include "base/limits.h"
#include "base/secret.h"
#include "base/text.h"
#include "client/client.h"
#include "crypto/mac.h"
#include "crypto/path.h"

#define CLIENT_ARENA ((size_t)4 * 1024 * 1024)
#define CLIENT_FILE_MODE 0600
#define CLIENT_DIR_MODE 0700
/* A chain, or the roots of an operator that changes them. */
#define CLIENT_MAX_CERTS 32

struct cert_list {
    const struct span *list;
    size_t num;
};

/* Where the operator root came from. */
enum root_source {
    SOURCE_SETTINGS,
    SOURCE_LEARNT, /* the first answer */
    SOURCE_SECRET, /* caPubs of the same, under the shared secret */
    SOURCE_TLS,    /* the first answer, in an authenticated TLS session */
    SOURCE_NUM
};

/* A root the station has besides the operator's. */
struct added_root {
    struct span der;
    enum root_place place;
    bool is_tls;
};
struct added_list {
    struct added_root list[CLIENT_MAX_ADDED];
    size_t num;
};

/* --- files.c --- */

/* "DIR/name". NULL: no memory. */
const char *path_join(const char *dir, const char *name, struct arena *a);
/* A whole file, wiped from memory but for the copy in the arena. */
MUST_USE enum err text_load(const char *path, struct arena *a, struct span *out,
                            struct fault *f);
/* The same as a secret the caller frees. */
MUST_USE enum err secret_load(const char *path, struct secret **out,
                              struct fault *f);
/* All certificates of a file: PEM, or one in DER. */
MUST_USE enum err certs_load(const char *path, struct arena *a,
                             struct cert_list *out, struct fault *f);
/* The same of CRLs; one at least. */
MUST_USE enum err crls_load(const char *path, struct arena *a,
                            struct cert_list *out, struct fault *f);
/* The value of the line "key: value" as a string; NULL: no such line. */
const char *line_find(struct span text, const char *key, struct arena *a);
/* The same as a whole number; 0 where there is none. */
int64_t line_number(struct span text, const char *key, struct arena *a);
/* As hexadecimal of exactly `len` bytes. False: not so. */
bool line_hex(struct span text, const char *key, uint8_t *out, size_t len,
              struct arena *a);
/* file_save of a buffer that may have failed to grow. */
MUST_USE enum err buf_save(const char *path, const struct buf *b,
                           struct fault *f);
/* Frees a buffer after overwriting it. */
void buf_wipe(struct buf *b);

/* --- added.c: how roots came, as lines of pending and info --- */

/* "configured", "learnt", "tls". */
const char *root_source_name(enum root_source source);
void added_put(struct buf *text, const struct added_list *added);
/* Without the certificates. False: lines that are not ours. */
bool added_read(struct span text, struct added_list *out, struct arena *a);
/* SOURCE_NUM: no such line. */
enum root_source root_source_read(struct span text, struct arena *a);

/* --- pending.c: the transaction under way --- */

/* One of the certificates that are asked for. */
struct asked {
    const char *dir;        /* a state directory; NULL: the station's own */
    const char *subject;    /* to suggest; NULL: none */
    struct secret *key;     /* the new key, PKCS#8 PEM */
    struct span cert;       /* got; absent before */
    struct cert_list chain; /* between it and the root */
    struct span root;       /* that ends its path */
};

struct pending {
    struct client machine;
    struct span message; /* under way */
    struct asked asked[CLIENT_MAX_ASKED];
    size_t num_asked;        /* 0: an rr, which brings no certificate */
    const char *secret_path; /* of the secret, where one protects it */
    struct span root;        /* that answers lead to */
    struct cert_list signer; /* of the first answer, and up to the root */
    enum root_source source; /* of the root */
    struct added_list added;
};
MUST_USE enum err pending_save(const char *dir, const struct pending *p,
                               struct arena *a, struct fault *f);
/* ERR_NOT_FOUND: nothing is under way. ERR_CONFIG: the file is damaged. */
MUST_USE enum err pending_load(const char *dir, struct arena *a,
                               struct pending *out, struct fault *f);
MUST_USE enum err pending_remove(const char *dir, struct arena *a,
                                 struct fault *f);
void pending_done(struct pending *p);

/* --- pair.c: the usable pair --- */

struct pair {
    const char *path; /* of its folder */
    struct span cert;
    struct cert_list chain;
    struct span root;
    enum root_source source;
    struct added_list added;
    int64_t revoked_at; /* 0: it was not, as far as the station knows */
};

/* Writes all of this certificate; nobody uses it yet. */
MUST_USE enum err pair_write(const char *dir, const struct pending *p,
                             const struct asked *one, struct arena *a,
                             struct fault *f);
/* Makes it the usable one, at once and durably; others go. */
MUST_USE enum err pair_switch(const char *dir, const struct pending *p,
                              struct arena *a, struct fault *f);
/* Says of the usable pair, durably, that it was revoked. */
MUST_USE enum err pair_mark_revoked(const char *dir, int64_t now,
                                    struct arena *a, struct fault *f);
/* True when the pair of this transaction is the usable one already. */
bool pair_is_current(const char *dir, const struct client *c, struct arena *a);
/* ERR_NOT_FOUND: there is none. */
MUST_USE enum err pair_load(const char *dir, struct arena *a, struct pair *out,
                            struct fault *f);

/* --- ignored.c: answers that were not believed --- */

struct ignored {
    uint64_t num;
    int64_t at;
    const char *text;
};
MUST_USE enum err ignored_load(const char *dir, struct arena *a,
                               struct ignored *out, struct fault *f);
MUST_USE enum err ignored_add(const char *dir, int64_t now, const char *text,
                              struct arena *a, struct fault *f);

/* --- station.c --- */

/* What messages are protected with. */
struct identity {
    struct x509_cert cert;
    struct cert_list chain;
    struct privkey *key;
    enum sig_alg alg;
    /* In place of these. */
    struct secret *secret; /* NULL: messages are signed */
    const char *secret_path;
    struct span reference, mac_alg; /* as struct client_credential has them */
};
void identity_done(struct identity *own);
struct client_credential identity_credential(const struct identity *own);

struct station {
    struct crypto *crypto;
    struct crypto_ctx *cx;
    const char *dir;
    const struct client_settings *settings;
    struct client_env env;
    int lock;
    struct arena *life;    /* as long as the station */
    struct arena *arena;   /* as long as a transaction */
    struct arena *scratch; /* as long as one answer */
    struct cert_list roots;
    size_t num_configured; /* of the roots; the others followed from them */
    struct cert_list crls;
    enum root_source source;    /* of the roots */
    struct span server_subject; /* Name; absent: none is named */
    struct span fingerprint;    /* 32 bytes; absent: not given */
    struct identity own;
    struct pending pending;
    struct client_also also[CLIENT_MAX_ASKED - 1]; /* to ask for besides */
    int also_locks[CLIENT_MAX_ASKED - 1];
    size_t num_also;
    struct privkey *new_keys[CLIENT_MAX_ASKED]; /* as pending.asked; NULL: the
                                                   server is to make it */
    struct privkey *made; /* a key that came in the answer looked at */
};

/* Keeps others out until `*out` is closed, which it may be on failure too. */
MUST_USE enum err dir_lock(const char *dir, struct arena *a, int *out,
                           struct fault *f);
void new_keys_free(struct station *s);
int64_t station_now(const struct station *s);
void station_probe(const struct station *s, enum client_probe at);
void station_report(const struct station *s, const struct client_event *e);

/* --- shared.c: a secret shared with the server --- */

#define SECRET_STDIN "-"

/* The one line of a file that nobody else may read, or of "-"; the caller's. */
MUST_USE enum err shared_load(struct station *s, const char *path,
                              struct secret **out, struct fault *f);
/* Takes the secret of this file, with parameters for a new transaction. */
MUST_USE enum err shared_begin_with(struct station *s, const char *path,
                                    const char *reference, struct identity *out,
                                    struct fault *f);
/* The same of the settings' secret. */
MUST_USE enum err shared_begin(struct station *s, struct identity *out,
                               struct fault *f);
/* Takes the secret of the transaction under way, with its parameters. */
MUST_USE enum err shared_resume(struct station *s, struct identity *out,
                                struct fault *f);
/*
 * Whether an answer has its MAC under the secret: parameters are judged before
 * anything is derived. Fills the facts about it; they point into `policy`.
 */
MUST_USE enum err shared_check(struct station *s,
                               const struct cmp_message *reply,
                               struct mac_policy *policy,
                               struct client_facts *facts, struct fault *f);

/* --- passphrase.c: for revocation --- */

/* What is in this file, encrypted to the CA: an EncryptedKey. NULL: ERR_USAGE.
 */
MUST_USE enum err passphrase_seal(struct station *s, const char *path,
                                  struct span *out, struct fault *f);
/* Takes the settings' passphrase in the place of a secret. */
MUST_USE enum err passphrase_begin(struct station *s, struct identity *out,
                                   struct fault *f);

/* --- present.c --- */

/* Has the transport present, in TLS, what messages are signed with, where the
 * settings say so. */
MUST_USE enum err identity_present(struct station *s, struct fault *f);

/* --- anchors.c --- */

/* SHA-256 of a certificate. */
MUST_USE enum err cert_id(struct crypto_ctx *cx, struct span der,
                          uint8_t out[CLIENT_CERT_ID_LEN], struct fault *f);
/* Fills `roots`: the settings', else the current pair's; none only where one
 * is to be learnt. */
MUST_USE enum err trust_load(struct station *s, enum cmp_body_type request,
                             struct fault *f);

/* Anchors and the CRLs of the settings, sealed; the caller frees it. */
MUST_USE enum err trust_make(const struct station *s, struct cert_list roots,
                             struct trust **out, struct fault *f);

/* --- updates.c: roots that follow the operator's --- */

#define UPDATES_FILE "updates.pem"

/* Adds to the station's roots those that are proven to follow from them. */
MUST_USE enum err updates_apply(struct station *s, struct fault *f);
/* Whether this root, or one it followed, has this SHA-256. */
MUST_USE enum err updates_fit(const char *dir, struct span root,
                              struct span fingerprint, struct arena *a,
                              bool *out, struct fault *f);

/* --- trust.c --- */

/* A certificate in an answer. */
struct found_cert {
    struct x509_cert cert;
    struct cert_list chain; /* without leaf and root */
    struct span root;       /* absent: no path */
};

/* What was found about one answer; in the scratch arena. */
struct checked {
    struct client_facts facts;
    struct mac_policy macs;
    struct x509_cert signer;
    struct found_cert certs[CLIENT_MAX_ASKED];
    struct cert_list signer_chain; /* signer first, without the root */
    struct span root;
    enum root_source source;
    bool had_root;       /* before this answer came */
    bool signer_is_good; /* not revoked, as a current CRL says */
};
/*
 * Finds what the machine has to know; `is_tls`: the answer came in an
 * authenticated TLS session. Failures are ours, not the peer's.
 */
MUST_USE enum err reply_check(struct station *s,
                              const struct cmp_message *reply, bool is_tls,
                              struct checked *out, struct fault *f);

/* --- possess.c: keys that do not sign --- */

/* The settings ask for a key that is encrypted to. */
bool key_is_for_encryption(const struct client_settings *s);
/* How the new key is shown to be ours, into the wish. ERR_CONFIG: it is of a
 * kind, or asked for in a way, that goes only with signatures. */
MUST_USE enum err proof_fill(const struct station *s, struct client_wish *wish,
                             struct fault *f);
/* agreeMAC over the request, with the CA's certificate of the settings. */
MUST_USE enum err agree_mac_fill(struct station *s, struct span request,
                                 struct popo *popo, struct fault *f);
/*
 * What an answer holds that is encrypted to the new key, in the scratch arena:
 * the number of a challenge, a certificate. Absent: nothing is, or it does not
 * open. Only of an answer that may be believed.
 */
MUST_USE enum err challenge_open(struct station *s,
                                 const struct cmp_message *reply,
                                 struct span *number, struct fault *f);
MUST_USE enum err encrypted_cert_open(struct station *s,
                                      const struct cmp_message *reply,
                                      struct span *cert, struct fault *f);

/* --- made.c: keys that the server makes (RFC 9483, 4.1.6) --- */

/* The settings ask for such a key. */
bool key_is_from_server(const struct client_settings *s);
/*
 * The wish for one: its kind, and no key. ERR_CONFIG: what is asked for goes
 * only with a key of the station's, or nothing can be encrypted to whom asks.
 */
MUST_USE enum err made_key_wish(struct station *s, struct client_wish *wish,
                                struct fault *f);
/*
 * The key in an answer that may be believed, into s->made; what is wrong with
 * it into `text`. `trust` may be NULL under a shared secret, which then is what
 * says that its signer may make keys.
 */
MUST_USE enum err made_key_open(struct station *s,
                                const struct cmp_message *reply,
                                struct trust *trust, const char **text,
                                struct fault *f);
/* Accepted: it is the new key from here, and kept. */
MUST_USE enum err made_key_take(struct station *s, struct fault *f);

/* --- roots.c --- */

/* Signed with its own key, as its issuer's name claims. */
bool is_self_signed(struct station *s, const struct x509_cert *cert);

/*
 * The roots to keep besides the operator's, of an answer that was accepted:
 * on a kur those the station has, and what this one brings. What is left
 * aside is reported. Spans point into the scratch arena and into `reply`.
 */
MUST_USE enum err roots_pick(struct station *s, const struct cmp_message *reply,
                             const struct checked *found, bool is_tls,
                             struct added_list *out, struct fault *f);

/* --- also.c: several certificates in one message --- */

/* Takes what `how` asks for besides, and locks its directories. Only an
 * enrolment asks for several. */
MUST_USE enum err also_begin(struct station *s, enum cmp_body_type request,
                             const struct client_run *how, struct fault *f);
/* The same of the transaction under way. */
MUST_USE enum err also_resume(struct station *s, struct fault *f);
void also_release(struct station *s);
/* Fills what is asked for in `pending`, for a transaction to come. */
void also_fill(struct station *s, enum cmp_body_type request);
/* Makes what was accepted the usable pairs, the station's own last: once that
 * is current, all are. */
MUST_USE enum err also_install(struct station *s, struct fault *f);
/* Tells of each certificate of several that is not accepted. */
MUST_USE enum err also_tell(struct station *s, const struct client_step *step,
                            const struct checked *found, struct fault *f);
/* ERR_REFUSED: not all that was asked for was accepted. */
MUST_USE enum err also_result(const struct station *s, struct fault *f);

/* --- keep.c: from an answer into `pending` --- */

/* Certificates and their paths, and whose word it was. */
MUST_USE enum err answer_keep(struct station *s, const struct checked *found,
                              struct fault *f);
/* What comes with a certificate that is accepted. */
MUST_USE enum err accepted_keep(struct station *s,
                                const struct cmp_message *reply,
                                const struct checked *found, bool is_tls,
                                struct fault *f);

/* --- message.c --- */

/* A key for the transaction to come: made, or for the station's own
 * certificate the one the settings name. */
MUST_USE enum err new_key_make(struct station *s, size_t at, struct fault *f);
/* The new key as text, for `pending`. */
MUST_USE enum err new_key_keep(struct station *s, size_t at, struct fault *f);
/* A key's kind, and the bits of an RSA one, from "P-256", "RSA:3072". */
MUST_USE enum err key_type_parse(const char *text, enum key_kind *kind,
                                 unsigned *bits, struct fault *f);
/* Begins a transaction: fills `pending` with the request's bytes. */
MUST_USE enum err request_write(struct station *s, enum cmp_body_type request,
                                const struct client_waits *waits,
                                struct fault *f);
/* The same, to have the current certificate revoked. */
MUST_USE enum err revocation_write(struct station *s, enum crl_reason reason,
                                   const struct client_waits *waits,
                                   struct fault *f);
/* Our certificate first, then what leads to its root (RFC 9483, 3.3). */
MUST_USE enum err own_certs(struct station *s, struct cert_list *out,
                            struct fault *f);
/* The Name of the settings, else who issued our certificate where it is the
 * operator's; absent: not known. */
MUST_USE enum err recipient_find(struct station *s, struct span *out,
                                 struct fault *f);
/* The bytes of the message a step asks for, into the station's arena. */
MUST_USE enum err message_write(struct station *s,
                                const struct client_step *step,
                                struct cert_list extra, struct span *out,
                                struct fault *f);

#endif
