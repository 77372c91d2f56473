/*
 * Certificates, judged by themselves and by their place in an exchange: RFC
 * 5280's form, and the profile of TS 33.310, 6.1 and 9.4. What a requirement
 * asks of one kind alone, a row of the table in certificate.c says.
 */
#ifndef PROFILE_CERTIFICATE_H
#define PROFILE_CERTIFICATE_H

#include "asn1/x509.h"
#include "profile/rules.h"

/* What a certificate is in the exchange it was seen in. */
enum cert_role {
    CERT_ROLE_STATION,  /* signs requests: its vendor's, or its operator's */
    CERT_ROLE_NEW,      /* what an answer brings */
    CERT_ROLE_ANSWERER, /* signs answers, and is no CA */
    CERT_ROLE_CA,       /* issued another one; not self-issued */
    CERT_ROLE_ROOT,     /* self-issued */
    CERT_ROLE_OTHER,    /* an end entity's, in no part */
    CERT_ROLE_NUM
};
/* "the station's certificate"; static storage. */
const char *cert_role_text(enum cert_role role);

struct cert_judged {
    struct span der;
    const struct x509_cert *cert; /* NULL: it could not be read */
    const struct der_fail *fail;  /* then where, and why not */
    enum err err;
    enum cert_role role;
    const struct profile *profile;
    const struct x509_cert *issuer; /* NULL: not known */
    /* Does it verify under its issuer's key? */
    enum known signature;
    int64_t below;    /* CAs under it on a path, self-issued ones not counted */
    int64_t now;      /* 0: not known */
    const char *path; /* where it stands: "extraCerts[1]" */
};

/* One judgement; VERDICT_HOLDS too. */
typedef void cert_each(void *arg, enum rule_id rule, enum verdict verdict,
                       const struct found *found);

/* Judges all rules of STEP_CERTIFICATE that are about such a certificate. */
void cert_judge(const struct cert_judged *in, cert_each *each, void *arg);

/*
 * True when it seems to have issued itself, by names and key identifiers alone.
 * One that links an old key of its CA to a new one is self-issued, and not
 * this.
 */
bool cert_is_own_issuer(const struct x509_cert *cert);

/*
 * Which of `list` issued `cert`, likewise: one whose subject is its issuer, and
 * whose SKI is its AKI where it has both; or itself. NULL: none.
 */
const struct x509_cert *cert_issuer_find(const struct x509_cert *cert,
                                         const struct x509_cert *list,
                                         size_t num);

#endif
