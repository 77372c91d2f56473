/*
 * An RA/CA for tests of the station: answers ir, kur, certConf and pollReq,
 * signed or under FAKE_SECRET as it was asked, well or in any wrong way a test
 * asks for. What it answered is kept in files, so it goes on when the process
 * that tests ends and another follows.
 */
#ifndef SUPPORT_FAKE_RA_H
#define SUPPORT_FAKE_RA_H

#include "client/client.h"
#include "crypto/mac.h"
#include "support/test_pki.h"

/* What the certificate will say; a test changes it before it is signed. */
struct fake_cert {
    size_t at; /* of which request, 0 first */
    struct span subject, spki;
    const struct test_cert *issuer;
    int64_t not_before, not_after;
    uint32_t key_usage;
    bool is_ca;
};

#define FAKE_MAX_EXTRA 8

/* An answer before it is written. */
struct fake_reply {
    struct pki_header header;
    struct pki_body body;
    struct cert_response responses[CLIENT_MAX_ASKED];
    struct poll_rep_one polls[CLIENT_MAX_ASKED];
    const struct test_cert *signer;
    const char *secret; /* in place of the signer; NULL: it signs */
    struct mac_params mac;
    bool is_unprotected;
    struct span extra[FAKE_MAX_EXTRA];
    size_t num_extra;
};

struct fake_ra {
    struct test_pki *pki;
    struct crypto *crypto;
    struct crypto_ctx *cx;
    struct arena *arena;
    const char *dir;                              /* of the answers kept */
    const struct test_cert *vendor_root, *vendor; /* the station's */
    const struct test_cert *root, *ca, *ra;
    /* of the same operator, but not entitled to answer: another station */
    const struct test_cert *station;
    unsigned num_posts; /* in this process */

    /* What goes wrong; any may be NULL. */
    void (*change_cert)(struct fake_ra *ra, struct fake_cert *cert);
    void (*change)(struct fake_ra *ra, struct fake_reply *reply);
    void (*damage)(struct fake_ra *ra, struct buf *answer);
    enum cmp_body_type only; /* the answer to this body; CMP_BODY_NUM: all */
    bool is_slow;            /* never decides: waiting, and pollRep */
    bool is_tls;             /* as the transport tells */
    int64_t retry_after;     /* the same */
    enum err no_answer;      /* what post returns in place of an answer */
};

struct fake_ra *fake_ra_new(void);
void fake_ra_free(struct fake_ra *ra);
DEFINE_AUTO(fake_ra)

/* `arg` is the fake_ra. */
struct client_transport fake_ra_transport(struct fake_ra *ra);

/* Settings of a station with its vendor's files; `root` is for `pinned`. */
void fake_ra_settings(struct fake_ra *ra, struct client_settings *out);

/* In place of the vendor's certificate the secret that this RA knows. */
#define FAKE_SECRET "of no meaning"
#define FAKE_REFERENCE "ref-1"
void fake_ra_share(struct fake_ra *ra, struct client_settings *out);

/* How many certificates were issued, by all processes. */
size_t fake_ra_num_issued(const struct fake_ra *ra);

/* Adds a certificate to extraCerts; puts it first. */
void fake_reply_extra(struct fake_reply *reply, struct span der);

#endif
