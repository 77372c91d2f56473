#include "asn1/internal.h"
#include "asn1/x509.h"
#include "base/limits.h"

struct reason_row {
    enum crl_reason reason;
    const char *name;
};

static const struct reason_row reasons[] = {
    { CRL_UNSPECIFIED, "unspecified" },
    { CRL_KEY_COMPROMISE, "keyCompromise" },
    { CRL_CA_COMPROMISE, "cACompromise" },
    { CRL_AFFILIATION_CHANGED, "affiliationChanged" },
    { CRL_SUPERSEDED, "superseded" },
    { CRL_CESSATION_OF_OPERATION, "cessationOfOperation" },
    { CRL_CERTIFICATE_HOLD, "certificateHold" },
    { CRL_REMOVE_FROM_CRL, "removeFromCRL" },
    { CRL_PRIVILEGE_WITHDRAWN, "privilegeWithdrawn" },
    { CRL_AA_COMPROMISE, "aACompromise" },
};
#define NUM_REASONS (sizeof(reasons) / sizeof(reasons[0]))

const char *crl_reason_name(int64_t reason)
{
    for (size_t i = 0; i < NUM_REASONS; i++) {
        if (reasons[i].reason == reason)
            return reasons[i].name;
    }
    return NULL;
}

int64_t crl_reason_find(const char *name)
{
    for (size_t i = 0; i < NUM_REASONS; i++) {
        if (strcmp(reasons[i].name, name) == 0)
            return reasons[i].reason;
    }
    return -1;
}

/* --- Writing --- */

/* Makes what was written since `mark` the value of an extension. */
static void wrap_entry_extension(struct der_writer *w, enum oid id, size_t mark)
{
    der_put_header(w, DER_OCTET_STRING, mark);
    der_put_oid(w, oid_span(id));
    der_put_header(w, DER_SEQUENCE, mark);
}

/* Both "non-critical" (RFC 5280, 5.3.1 and 5.3.2). */
static void put_entry_extensions(struct der_writer *w,
                                 const struct crl_entry *entry)
{
    size_t mark = der_mark(w), value;

    if (entry->invalidity_date != 0) {
        der_put_generalized_time(w, entry->invalidity_date);
        wrap_entry_extension(w, OID_ID_CE_INVALIDITY_DATE, mark);
    }
    if (entry->reason != CRL_UNSPECIFIED) {
        value = der_mark(w);
        der_put_int64(w, DER_ENUMERATED, (int64_t)entry->reason);
        wrap_entry_extension(w, OID_ID_CE_CRL_REASONS, value);
    }
    if (der_mark(w) != mark)
        der_put_header(w, DER_SEQUENCE, mark);
}

static void put_entry(struct der_writer *w, const struct crl_entry *entry)
{
    size_t mark = der_mark(w);

    put_entry_extensions(w, entry);
    der_put_time(w, entry->revoked_at);
    der_put_uint(w, DER_INTEGER, entry->serial);
    der_put_header(w, DER_SEQUENCE, mark);
}

static void put_crl_extensions(struct der_writer *w, const struct tbs_crl *crl)
{
    size_t mark = der_mark(w);

    der_put_uint(w, DER_INTEGER, crl->number);
    der_put_header(w, DER_OCTET_STRING, mark);
    der_put_oid(w, oid_span(OID_ID_CE_CRL_NUMBER));
    der_put_header(w, DER_SEQUENCE, mark);
    ext_put_aki(w, crl->aki);
    der_put_header(w, DER_SEQUENCE, mark);
    der_put_header(w, DER_CTX(0), mark);
}

void tbs_crl_put(struct der_writer *w, const struct tbs_crl *crl)
{
    size_t mark = der_mark(w), list;

    put_crl_extensions(w, crl);
    /* "the revoked certificates list MUST be absent" when there are none
     * (RFC 5280, 5.1.2.6). */
    if (crl->num_entries > 0) {
        list = der_mark(w);
        for (size_t i = crl->num_entries; i-- > 0;)
            put_entry(w, &crl->entries[i]);
        der_put_header(w, DER_SEQUENCE, list);
    }
    der_put_time(w, crl->next_update);
    der_put_time(w, crl->this_update);
    der_put_raw(w, crl->issuer);
    der_put_raw(w, crl->sig_alg);
    der_put_int64(w, DER_INTEGER, 1);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* --- Reading --- */

/*
 * revokedCertificates SEQUENCE OF SEQUENCE {
 *     userCertificate     INTEGER,
 *     revocationDate      Time,
 *     crlEntryExtensions  Extensions OPTIONAL }        -- v2
 * Checked for form and not kept: who is listed is read by the path builder.
 */
static enum err check_entry(struct der *in, bool is_v2)
{
    struct extension ext;
    struct der seq, list;
    struct span serial;
    int64_t revoked_at;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "userCertificate",
               der_uint(&seq, DER_INTEGER, LIMIT_SERIAL_LEN, &serial)));
    TRY(der_at(&seq, "revocationDate", der_time(&seq, &revoked_at)));
    if (is_v2 && der_has_more(&seq)) {
        TRY(der_enter(&seq, DER_SEQUENCE, &list));
        do
            TRY(der_at(&seq, "crlEntryExtensions",
                       extension_read(&list, &ext)));
        while (der_has_more(&list));
    }
    return der_end(&seq);
}

static enum err check_entries(struct der *tbs, bool is_v2)
{
    struct der list;
    size_t num = 0;

    if (!der_next_is(tbs, DER_SEQUENCE))
        return ERR_OK;
    TRY(der_enter(tbs, DER_SEQUENCE, &list));
    do {
        TRY(der_nth(tbs, num, check_entry(&list, is_v2)));
        num++;
    } while (der_has_more(&list));
    return ERR_OK;
}

/* Version is there for v2 alone, without a tag. */
static enum err read_version(struct der *tbs, bool *is_v2)
{
    struct der before = *tbs;
    int64_t version;

    *is_v2 = der_next_is(tbs, DER_INTEGER);
    if (!*is_v2)
        return ERR_OK;
    TRY(der_int64(tbs, &version));
    return version == 1 ? ERR_OK : der_refuse(&before, ERR_BAD_DER);
}

static bool next_is_time(const struct der *in)
{
    return der_next_is(in, DER_UTC_TIME) ||
           der_next_is(in, DER_GENERALIZED_TIME);
}

/*
 * TBSCertList ::= SEQUENCE {
 *     version              Version OPTIONAL,
 *     signature            AlgorithmIdentifier,
 *     issuer               Name,
 *     thisUpdate           Time,
 *     nextUpdate           Time OPTIONAL,
 *     revokedCertificates  SEQUENCE OF ... OPTIONAL,
 *     crlExtensions    [0] Extensions OPTIONAL }       -- v2
 */
static enum err read_tbs(struct der *tbs, struct arena *a, struct x509_crl *crl,
                         struct alg_id *alg)
{
    struct der tagged;
    bool is_v2;

    TRY(der_at(tbs, "version", read_version(tbs, &is_v2)));
    TRY(der_at(tbs, "signature", alg_id_read(tbs, alg)));
    TRY(der_at(tbs, "issuer", name_read(tbs, &crl->issuer)));
    TRY(der_at(tbs, "thisUpdate", der_time(tbs, &crl->this_update)));
    crl->has_next_update = next_is_time(tbs);
    if (crl->has_next_update)
        TRY(der_at(tbs, "nextUpdate", der_time(tbs, &crl->next_update)));
    TRY(der_at(tbs, "revokedCertificates", check_entries(tbs, is_v2)));
    if (is_v2 && der_has_more(tbs)) {
        TRY(der_enter(tbs, DER_CTX(0), &tagged));
        TRY(der_at(tbs, "crlExtensions",
                   extensions_read(&tagged, a, &crl->extensions)));
        TRY(der_end(&tagged));
    }
    return der_end(tbs);
}

enum err x509_crl_read(struct span der, struct arena *a, struct x509_crl *out)
{
    struct der in = der_open(der, NULL), list, tbs, before;
    struct x509_crl crl = { .der = der };
    struct alg_id tbs_alg;

    TRY(der_enter(&in, DER_SEQUENCE, &list));
    TRY(der_end(&in));
    before = list;
    TRY(der_element(&list, DER_SEQUENCE, &crl.tbs));
    TRY(der_enter(&before, DER_SEQUENCE, &tbs));
    TRY(read_tbs(&tbs, a, &crl, &tbs_alg));
    TRY(alg_id_read(&list, &crl.sig_alg));
    if (!span_is_equal(crl.sig_alg.der, tbs_alg.der))
        return ERR_BAD_DER;
    TRY(der_bit_octets(&list, DER_BIT_STRING, &crl.signature));
    TRY(der_end(&list));
    *out = crl;
    return ERR_OK;
}
