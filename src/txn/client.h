/*
 * CMP transactions, the base station's side: decides, and does nothing.
 *
 * The machine is told what happened (an answer with what crypto found about
 * it, or that none came) and says what is to be done: which message to build
 * and sign, whether the same bytes go again, what to install, when to give up.
 * Clock, random bytes and the results of checks come in as arguments.
 *
 * `struct client` is all that has to survive a crash, besides the bytes of the
 * message under way and what belongs to the certificate got.
 */
#ifndef TXN_CLIENT_H
#define TXN_CLIENT_H

#include "asn1/cmp.h"
#include "asn1/mac.h"
#include "base/limits.h"

#define CLIENT_ID_LEN 16
/* What one message takes: a transactionID (the first only) and a nonce. */
#define CLIENT_RANDOM_LEN (2 * (size_t)CLIENT_ID_LEN)
/* SHA-256 of a certificate. */
#define CLIENT_CERT_ID_LEN 32
/* Certificates that one message asks for at most. */
#define CLIENT_MAX_ASKED 8
/* For longer nobody lets a station wait: seconds. */
#define CLIENT_POLL_TOTAL ((int64_t)30 * 86400)

enum client_state {
    CLIENT_IDLE,
    CLIENT_REQUEST_SENT,
    CLIENT_CONFIRM_SENT,
    CLIENT_DONE,
    CLIENT_FAILED,
    CLIENT_STATE_NUM
};
/* "request-sent"; static storage. */
const char *client_state_name(enum client_state state);

/* Whether the server has asked to wait, and what is done about it. */
enum client_poll {
    CLIENT_POLL_NONE,
    CLIENT_POLL_DUE,  /* no message is under way; the next goes at poll_at */
    CLIENT_POLL_SENT, /* the message under way is a pollReq */
    CLIENT_POLL_NUM
};
/* "due"; static storage. */
const char *client_poll_name(enum client_poll poll);

/* How the new key is shown to be the station's. */
enum client_proof {
    CLIENT_PROOF_SIGNATURE,
    CLIENT_PROOF_CHALLENGE,   /* popdecc and popdecr */
    CLIENT_PROOF_CERTIFICATE, /* the certificate comes encrypted to it */
    CLIENT_PROOF_MAC,         /* under what it agrees on with the CA's */
    CLIENT_PROOF_NONE         /* there is none yet: the server makes it */
};

struct client {
    enum client_state state; /* while polling: which answer is waited for */
    enum client_poll poll;
    enum cmp_body_type request; /* CMP_IR, CMP_CR, CMP_P10CR, CMP_KUR,
                                   CMP_RR or CMP_GENM */
    bool is_mac;                /* under a shared secret; else signed */
    size_t num_also;            /* certificates asked for besides one */
    uint32_t open;              /* bit i: nothing final was said of the i-th */
    uint32_t accepts;           /* likewise: what the certConf under way says */
    enum client_proof proof;
    bool has_answered; /* a challenge: the message under way, or polled for, is
                          a popdecr */
    bool is_v3;        /* all messages are of pvno 3 */
    int64_t deadline;  /* of the message under way */
    uint8_t transaction_id[CLIENT_ID_LEN];
    uint8_t nonce[CLIENT_ID_LEN]; /* senderNonce under way */
    /* Who signed the first answer; under a shared secret nobody, in zeros. */
    uint8_t signer[CLIENT_CERT_ID_LEN];

    /* While polling. */
    int64_t poll_since;
    int64_t poll_at;
    int64_t poll_id; /* certReqId; -1: the message as a whole. Of several
                        certificates those that are open, whatever it is */
    uint8_t first_nonce[CLIENT_ID_LEN]; /* of the message that is polled for */
    uint8_t peer_nonce[LIMIT_ID_LEN];   /* of the answer before */
    size_t peer_nonce_len;
};

/* Seconds. */
struct client_waits {
    int64_t request;     /* the same request goes again for so long */
    int64_t confirm;     /* for a certConf without confirmWaitTime */
    int64_t confirm_max; /* what of a confirmWaitTime is believed */
    int64_t retry;       /* before the first repetition; then doubled */
    int64_t retry_max;
    int64_t asked_max; /* what of the time a server asks for is believed */
    int64_t poll_max;  /* what of a checkAfter is believed */
};

/*
 * The credential that protects every message of the transaction: a certificate
 * and its key, or a secret shared with the server (RFC 9483, 4.1.5), whose
 * parameters stay the same from the first message to the last.
 */
struct client_credential {
    const struct x509_cert *cert; /* NULL: a shared secret */
    enum sig_alg alg;
    struct span reference; /* of the secret: senderKID, and sender's CN */
    struct span mac_alg;   /* AlgorithmIdentifier, whole */
};

/* Name { commonName }: how sender names a secret (RFC 9483, 4.1.5). */
MUST_USE enum err client_reference_name(struct span reference, struct arena *a,
                                        struct span *out);

/*
 * What answers are taken under a secret: the algorithm of our own messages,
 * with digests as long as theirs or longer, so that none is talked down; a
 * count from the least of RFC 9045, 4.3 to one that is derived in a blink.
 */
void client_mac_policy(const struct mac_params *own, struct mac_policy *out);

/* About one of the certificates that were asked for. */
struct client_cert_facts {
    struct span public_key; /* SubjectPublicKeyInfo that was asked for */
    /* The certificate in the answer; NULL: there is none that can be read. */
    const struct x509_cert *cert;
    bool is_trusted;
    const char *path_text;
    struct span issuer; /* the next on its path; absent: no path */
    struct span hash;   /* for certConf; absent: cannot be made */
    /* CLIENT_PROOF_NONE: why the key that came with it cannot be used; NULL: it
     * can, and is the one in public_key. */
    const char *made_key_text;
};

/* What crypto and the settings say about an answer. */
struct client_facts {
    struct client_cert_facts certs[CLIENT_MAX_ASKED];
    struct span subject;         /* kur: the Name to keep; absent: any */
    struct span san;             /* kur: the subjectAltName, beside `subject` */
    const struct x509_cert *old; /* rr: the certificate to revoke */

    const struct x509_cert *signer; /* NULL: no certificate fits */
    uint8_t signer_id[CLIENT_CERT_ID_LEN];
    bool signature_holds;
    bool signer_is_trusted; /* has a path to the operator root, now */
    bool signer_is_named;   /* by the settings */
    const char *path_text;  /* why there is no path; NULL: not known */

    /* In place of a signer, under a shared secret. */
    const struct mac_policy *macs; /* what is taken */
    struct span reference;
    bool mac_holds;

    /* popdecc: the INTEGER that was encrypted to the new key beside the
     * server's name; absent: it does not open to that. */
    struct span number;
};

enum client_action {
    CLIENT_IGNORE,  /* no answer; counted and shown, nothing else happens */
    CLIENT_SEND,    /* build this message, make it durable, send it */
    CLIENT_RESEND,  /* the same bytes again, in `wait` seconds */
    CLIENT_WAIT,    /* make it durable; client_poll in `wait` seconds */
    CLIENT_INSTALL, /* done: the pairs accepted become the usable ones */
    CLIENT_REVOKED, /* done: the certificate is of no use any more */
    CLIENT_TOLD,    /* done: a genp, whose values are still to be judged */
    CLIENT_GIVE_UP, /* time is over: this transaction is to be forgotten */
    CLIENT_END      /* failed, or refused by a verified answer */
};

struct client_step {
    enum client_action action;
    int64_t wait;             /* CLIENT_RESEND, CLIENT_WAIT */
    int64_t asked;            /* not before, the server said; 0: it did not */
    struct pki_header header; /* CLIENT_SEND; in the arena, like the body */
    struct pki_body body;
    struct fault why; /* IGNORE, GIVE_UP, END, and SEND of rejections alone */
    /* SEND of a certConf, WAIT for certificates: of each asked for why it is
     * not accepted; ERR_OK: it is, or may be. NULL otherwise. */
    const struct fault *each;
};

/*
 * What a request asks for. Where the server makes the key, `public_key` has its
 * algorithm and no key in it. `subject` absent: the authority chooses, and
 * poposkInput names the vendor's subject (TS 33.310, 9.5.4.2); under a shared
 * secret nobody could be named there, so it is given. `old` is the
 * certificate a kur updates or an rr revokes, else NULL.
 */
struct client_wish {
    enum cmp_body_type request;
    int64_t cert_req_id;    /* of this one among several; 0: the first */
    struct span public_key; /* SubjectPublicKeyInfo, whole */
    struct span subject;
    struct span recipient;     /* Name; absent: not known */
    struct text_list profiles; /* certProfile; num 0: none */
    const struct x509_cert *old;
    const struct p10_request *p10; /* p10cr: signed; in place of CertReqMsg */
    enum crl_reason reason;        /* rr */
    enum client_proof proof;       /* ir, cr: and not by signature: */
    bool is_agreement;             /* the key agrees; else it deciphers */
    bool is_enveloped;             /* genm: it brings EnvelopedData */
};

/*
 * One CertReqMsg without its POP signature, and what that covers; into the
 * arena. `key_alg` is what the new key signs with. Where possession is shown
 * otherwise the message is whole, and `signed_bytes` absent; but for a MAC
 * (CLIENT_PROOF_MAC) they are what it covers, and popo.priv is to be filled.
 */
MUST_USE enum err client_request_make(const struct client_wish *wish,
                                      const struct client_credential *own,
                                      enum sig_alg key_alg, struct arena *a,
                                      struct cert_req_msg *out,
                                      struct span *signed_bytes,
                                      struct fault *f);

/*
 * The same for a p10cr: the PKCS#10 without its signature. With `subject`
 * absent it bears no name.
 */
MUST_USE enum err client_p10_make(const struct client_wish *wish,
                                  enum sig_alg key_alg, struct arena *a,
                                  struct p10_request *out,
                                  struct span *signed_bytes, struct fault *f);

/* Begins a transaction that is to revoke `wish->old`, as client_start. */
MUST_USE enum err client_revoke(struct client *c,
                                const struct client_wish *wish,
                                const struct client_credential *own,
                                const struct client_waits *waits, int64_t now,
                                const uint8_t fresh[CLIENT_RANDOM_LEN],
                                struct arena *a, struct client_step *out,
                                struct fault *f);

/* The certReqId of the first answer to this request (RFC 9483, 4.1.4). */
int64_t client_req_id(enum cmp_body_type request);
/* Which of the certificates asked for has this certReqId; CLIENT_MAX_ASKED:
 * none. */
size_t client_asked_at(const struct client *c, int64_t cert_req_id);

/*
 * Begins a transaction with these, whose certReqIds count from 0 and whose
 * popo.signature is filled: `out` is CLIENT_SEND. `msgs` outlive `out`; for a
 * p10cr they are not looked at and `num` is 1. `fresh` is random.
 */
MUST_USE enum err client_start(struct client *c, const struct client_wish *wish,
                               const struct client_credential *own,
                               const struct cert_req_msg *msgs, size_t num,
                               const struct client_waits *waits, int64_t now,
                               const uint8_t fresh[CLIENT_RANDOM_LEN],
                               struct arena *a, struct client_step *out,
                               struct fault *f);

/*
 * An answer that could be read came. Only one that is verified, entitled and
 * of this transaction moves the machine; any other is CLIENT_IGNORE.
 */
MUST_USE enum err client_reply(struct client *c,
                               const struct client_credential *own,
                               const struct cmp_message *reply,
                               const struct client_facts *facts,
                               const struct client_waits *waits, int64_t now,
                               const uint8_t fresh[CLIENT_RANDOM_LEN],
                               struct arena *a, struct client_step *out,
                               struct fault *f);

/*
 * While a poll is due: CLIENT_WAIT until its time has come, then CLIENT_SEND of
 * a pollReq. `recipient` is the Name of who answered before.
 */
MUST_USE enum err client_poll_next(
    struct client *c, const struct client_credential *own,
    struct span recipient, const struct client_waits *waits, int64_t now,
    const uint8_t fresh[CLIENT_RANDOM_LEN], struct arena *a,
    struct client_step *out, struct fault *f);

/* How an attempt ended that brought no answer to believe. */
enum client_silence {
    CLIENT_UNREACHED, /* nobody answered at all */
    CLIENT_UNBELIEVED /* something answered, not to be believed */
};

/*
 * No answer came to the `tries`-th sending (1 first). A request goes again
 * until its deadline. So do a certConf and a pollReq, and beyond it while
 * nobody can be reached: a server that was away gives time again, and a new
 * transaction could not begin either. `asked` is what the server said of when
 * to come again (Retry-After), in seconds; 0: nothing.
 */
void client_no_answer(struct client *c, const struct client_waits *waits,
                      enum client_silence silence, unsigned tries,
                      int64_t asked, int64_t now, struct client_step *out);

#endif
