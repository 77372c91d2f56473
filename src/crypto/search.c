/*
 * Looking for a path: breadth first, from the leaf up, each step proven by a
 * signature before it is taken.
 *
 * OpenSSL's own search takes the first certificate that bears the right name
 * and does not come back when that was a dead end; what comes with a message
 * is the sender's to choose, so here a wrong one of that name costs a
 * verification and no more. Each certificate is tried once, and the number of
 * verifications is bounded.
 */
#include <stdio.h>

#include "base/text.h"
#include "crypto/path_internal.h"

#define MAX_CHECKS (3 * LIMIT_PATH_CERTS)
#define MAX_MEMBERS (1 + 2 * LIMIT_PATH_CERTS)

/* A certificate that may be in the path. */
struct candidate {
    struct span der, subject;
    const struct intermediate *configured;
    const struct x509_cert *cert; /* once it was read */
    bool is_used;                 /* in the tree, or of no use at all */
};

/* One that is signed by the next, down to the leaf, which is the first. */
struct member {
    struct found_cert found;
    size_t child; /* whom it signed */
    size_t num;   /* certificates from here down to the leaf */
};

struct search {
    struct crypto_ctx *cx;
    const struct trust *t;
    int64_t now;
    struct arena *a;
    struct candidate *candidates;
    size_t num_candidates;
    struct member *members;
    size_t num_members;
    unsigned extras_left, checks_left;
    struct fault why; /* the first thing that stood in the way */
};

const char *subject_text(const struct x509_cert *cert, struct arena *a)
{
    char hex[2 * LIMIT_SERIAL_LEN + 1];
    const char *name, *text;

    if (name_is_null(cert->subject)) {
        hex_format(cert->serial, hex, sizeof(hex));
        text = arena_printf(a, "without subject, serial %s,", hex);
    } else {
        name = name_format(cert->subject, a);
        text = name == NULL ? NULL : arena_printf(a, "'%.100s'", name);
    }
    return text != NULL ? text : "(too long to name)";
}

enum err dates_fault(const struct x509_cert *cert, const char *role,
                     int64_t now, struct arena *a, struct fault *f)
{
    char when[TIME_TEXT_LEN], clock[TIME_TEXT_LEN];
    bool is_early = now < cert->not_before;

    time_format(is_early ? cert->not_before : cert->not_after, when);
    time_format(now, clock);
    return fault_clause(f, ERR_SIGNER_NOT_TRUSTED, "RFC 5280, 6.1.3 (a)(2)",
                        "%s %s %s %s (now: %s)", role, subject_text(cert, a),
                        is_early ? "is not valid before" : "expired on", when,
                        clock);
}

/* --- what there is --- */

/*
 * The subject, without reading the rest:
 * TBSCertificate ::= SEQUENCE { [0] OPTIONAL, INTEGER, SEQUENCE, issuer,
 *     validity, subject, ... }
 */
static enum err peek_subject(struct span der, struct span *subject)
{
    struct der in = der_open(der, NULL), cert, tbs;
    struct span skipped;

    TRY(der_enter(&in, DER_SEQUENCE, &cert));
    TRY(der_enter(&cert, DER_SEQUENCE, &tbs));
    if (der_next_is(&tbs, DER_CTX(0)))
        TRY(der_element(&tbs, DER_CTX(0), &skipped));
    TRY(der_element(&tbs, DER_INTEGER, &skipped));
    for (int i = 0; i < 3; i++)
        TRY(der_element(&tbs, DER_SEQUENCE, &skipped));
    return der_element(&tbs, DER_SEQUENCE, subject);
}

/* Configured ones first: they need no reading. */
static enum err gather(struct search *s, const struct span *extra,
                       size_t num_extra, struct fault *f)
{
    size_t num = num_extra;

    for (const struct intermediate *i = s->t->intermediates; i != NULL;
         i = i->next)
        num++;
    s->candidates = arena_array(s->a, num, sizeof(*s->candidates));
    s->members = arena_array(s->a, MAX_MEMBERS, sizeof(*s->members));
    if (s->candidates == NULL || s->members == NULL)
        return fault_set(f, ERR_NO_MEM, "certification path");
    for (const struct intermediate *i = s->t->intermediates; i != NULL;
         i = i->next)
        s->candidates[s->num_candidates++] =
            (struct candidate){ .der = i->cert.der,
                                .subject = i->cert.subject,
                                .configured = i,
                                .cert = &i->cert };
    for (size_t i = 0; i < num_extra; i++) {
        struct candidate c = { .der = extra[i] };

        if (peek_subject(extra[i], &c.subject) == ERR_OK)
            s->candidates[s->num_candidates++] = c;
    }
    return ERR_OK;
}

/* --- who signed whom --- */

/* Notes why a certificate of the right name did not serve; the first stays. */
static struct fault *why(struct search *s, struct fault *spare)
{
    return s->why.err == ERR_OK ? &s->why : spare;
}

static bool signed_by(struct search *s, const struct x509_cert *child,
                      const struct x509_cert *issuer)
{
    struct fault spare, inner = { 0 };
    enum err e;

    if (s->checks_left == 0) {
        fault_set(why(s, &spare), ERR_SIGNER_NOT_TRUSTED,
                  "more than %d signatures would have to be verified to find "
                  "the path of certificate %s",
                  MAX_CHECKS, subject_text(child, s->a));
        return false;
    }
    s->checks_left--;
    e = s->t->allows_legacy
            ? sig_verify_any(s->cx, &issuer->spki, &child->sig_alg, child->tbs,
                             child->signature, &inner)
            : sig_verify(s->cx, &issuer->spki, &child->sig_alg, child->tbs,
                         child->signature, &inner);
    if (e == ERR_OK)
        return true;
    if (x509_is_self_issued(child))
        fault_clause(why(s, &spare), ERR_SIGNER_NOT_TRUSTED,
                     "RFC 5280, 6.1.1 (d)",
                     "the self-signed certificate %s bears the name of a "
                     "configured CA and was not signed with its key",
                     subject_text(child, s->a));
    else
        fault_clause(
            why(s, &spare), ERR_SIGNER_NOT_TRUSTED, "RFC 5280, 6.1.3 (a)(1)",
            "certificate %s is not signed with the key of %s: %s",
            subject_text(child, s->a), subject_text(issuer, s->a), inner.text);
    return false;
}

bool is_weakly_signed(const struct trust *t, const struct x509_cert *cert,
                      struct arena *a, struct fault *f)
{
    char oid[64];

    if (sig_alg_find(&cert->sig_alg) != SIG_UNKNOWN ||
        (t->allows_legacy && sig_alg_find_any(&cert->sig_alg) != SIG_UNKNOWN))
        return false;
    oid_format(cert->sig_alg.oid, oid, sizeof(oid));
    if (cert->sig_alg.id != OID_UNKNOWN)
        snprintf(oid, sizeof(oid), "%s", oid_name(cert->sig_alg.id));
    fault_clause(f, ERR_SIGNER_NOT_TRUSTED, "TS 33.310, 6.1.1",
                 "certificate %s is signed with %s, which is not among the "
                 "algorithms allowed",
                 subject_text(cert, a), oid);
    return true;
}

/* May it stand in a path above another, by what it says of itself? */
static bool may_issue(struct search *s, const struct x509_cert *cert)
{
    struct fault spare;

    if (!is_in_force(cert->not_before, cert->not_after, s->now)) {
        dates_fault(cert, "issuing certificate", s->now, s->a, why(s, &spare));
        return false;
    }
    if (!cert->is_ca || !x509_may(cert, KU_KEY_CERT_SIGN)) {
        fault_clause(why(s, &spare), ERR_SIGNER_NOT_TRUSTED,
                     "RFC 5280, 6.1.4 (k), (n)",
                     "certificate %s issued another and is not a CA's",
                     subject_text(cert, s->a));
        return false;
    }
    return !is_weakly_signed(s->t, cert, s->a, why(s, &spare));
}

static const struct node *anchor_above(struct search *s, const struct member *m)
{
    const struct x509_cert *cert = &m->found.cert;
    struct fault spare;

    for (size_t i = 0; i < s->t->num_anchors; i++) {
        const struct node *n = s->t->list[i];

        if (!name_is_equal(n->cert.subject, cert->issuer) ||
            !key_ids_agree(cert, &n->cert))
            continue;
        if (!is_in_force(n->cert.not_before, n->cert.not_after, s->now))
            dates_fault(&n->cert, "trust anchor", s->now, s->a, why(s, &spare));
        else if (signed_by(s, cert, &n->cert))
            return n;
    }
    return NULL;
}

static bool is_member(const struct search *s, struct span der)
{
    for (size_t i = 0; i < s->num_members; i++) {
        if (span_is_equal(s->members[i].found.cert.der, der))
            return true;
    }
    return false;
}

/* Reads the candidate; of those that came along only so many. */
static bool candidate_read(struct search *s, struct candidate *c)
{
    struct x509_cert *cert;

    if (c->cert != NULL)
        return true;
    if (s->extras_left == 0)
        return false;
    s->extras_left--;
    cert = arena_alloc(s->a, sizeof(*cert));
    if (cert == NULL || x509_read(c->der, s->a, cert) != ERR_OK)
        return false;
    c->cert = cert;
    return true;
}

static void add_issuers(struct search *s, size_t child)
{
    const struct member *m = &s->members[child];

    for (size_t i = 0; i < s->num_candidates; i++) {
        struct candidate *c = &s->candidates[i];

        if (s->num_members == MAX_MEMBERS)
            return;
        if (c->is_used || !name_is_equal(c->subject, m->found.cert.issuer))
            continue;
        if (is_member(s, c->der) || !candidate_read(s, c) ||
            !may_issue(s, c->cert)) {
            c->is_used = true;
            continue;
        }
        if (!key_ids_agree(&m->found.cert, c->cert) ||
            !signed_by(s, &m->found.cert, c->cert))
            continue;
        c->is_used = true;
        s->members[s->num_members++] =
            (struct member){ { *c->cert, c->configured }, child, m->num + 1 };
    }
}

/* --- the end of it --- */

static void tell(const struct search *s, size_t top, const struct node *anchor,
                 struct found *out)
{
    size_t num = s->members[top].num;

    out->anchor = anchor;
    out->num = num;
    while (num-- > 0) {
        out->certs[num] = s->members[top].found;
        top = s->members[top].child;
    }
}

static enum err no_path(const struct search *s, struct fault *f)
{
    const struct x509_cert *top = &s->members[s->num_members - 1].found.cert;
    const char *issuer;

    if (s->why.err != ERR_OK) {
        if (f != NULL)
            *f = s->why;
        return s->why.err;
    }
    if (x509_is_self_issued(top))
        return fault_clause(f, ERR_SIGNER_NOT_TRUSTED, "RFC 5280, 6.1.1 (d)",
                            "the path ends in the self-signed certificate %s, "
                            "which is none of the configured trust anchors "
                            "(vendors.*.anchors)",
                            subject_text(top, s->a));
    issuer = name_format(top->issuer, s->a);
    return fault_clause(f, ERR_SIGNER_NOT_TRUSTED, "RFC 5280, 6.1",
                        "certificate %s: its issuer '%.100s' was not sent "
                        "(extraCerts) and is not configured under "
                        "vendors.*.intermediates or vendors.*.anchors",
                        subject_text(top, s->a), issuer != NULL ? issuer : "?");
}

enum err path_search(struct crypto_ctx *cx, const struct trust *t, int64_t now,
                     const struct x509_cert *leaf, const struct span *extra,
                     size_t num_extra, struct arena *a, struct found *out,
                     struct fault *f)
{
    struct search s = { .cx = cx,
                        .t = t,
                        .now = now,
                        .a = a,
                        .extras_left = LIMIT_PATH_CERTS,
                        .checks_left = MAX_CHECKS };
    struct fault spare;

    TRY(gather(&s, extra, num_extra, f));
    s.members[s.num_members++] =
        (struct member){ .found = { .cert = *leaf }, .num = 1 };
    for (size_t i = 0; i < s.num_members; i++) {
        const struct node *anchor;

        if (s.members[i].num >= LIMIT_PATH_CERTS) {
            fault_set(why(&s, &spare), ERR_SIGNER_NOT_TRUSTED,
                      "the path of certificate %s has more than %d "
                      "certificates",
                      subject_text(leaf, a), LIMIT_PATH_CERTS);
            continue;
        }
        anchor = anchor_above(&s, &s.members[i]);
        if (anchor != NULL) {
            tell(&s, i, anchor, out);
            return ERR_OK;
        }
        add_issuers(&s, i);
    }
    return no_path(&s, f);
}
