#include "asn1/mac.h"

#include "base/limits.h"

/* Content octets of an INTEGER that is only looked at: what is longer than
 * any number a peer might mean is refused as such. */
#define MAX_NUMBER_LEN 64

#define PBMAC1_MIN_KEY_LEN 20
#define PBMAC1_MAX_KEY_LEN 64
#define KMAC_MIN_BITS 128
#define KMAC_MAX_BITS 512
#define KMAC_MAX_CUSTOMIZATION 64

/* --- tables --- */

struct mac_row {
    const char *name;
    enum oid oid; /* OID_UNKNOWN: by another table */
    const char *clause;
    const char *refused; /* why; NULL: it is computed here */
    uint32_t default_bits;
};

static const struct mac_row rows[MAC_ALG_NUM] = {
    [MAC_UNKNOWN] = { "unknown", OID_UNKNOWN, "RFC 9481, 6", NULL, 0 },
    [MAC_PBM] = { "PasswordBasedMac", OID_ID_PASSWORD_BASED_MAC,
                  "RFC 9810, 5.1.3.1", NULL, 0 },
    [MAC_PBMAC1] = { "PBMAC1", OID_ID_PBMAC1, "RFC 8018, 7.1", NULL, 0 },
    [MAC_HMAC] = { "HMAC", OID_UNKNOWN, "RFC 9481, 6.2.1", NULL, 0 },
    [MAC_KMAC128] = { "KMAC128", OID_ID_KMAC_WITH_SHAKE128, "RFC 8702, 3.4",
                      NULL, 256 },
    [MAC_KMAC256] = { "KMAC256", OID_ID_KMAC_WITH_SHAKE256, "RFC 8702, 3.4",
                      NULL, 512 },
    [MAC_DH] = { "DHBasedMac", OID_ID_DH_BASED_MAC, "RFC 9810, 5.1.3.2",
                 "no Diffie-Hellman keys are held for protection", 0 },
    [MAC_KEM] = { "KemBasedMac", OID_ID_KEM_BASED_MAC, "RFC 9810, 5.1.3.4",
                  "no KEM keys are held for protection", 0 },
};

struct hmac_row {
    enum oid oid;
    enum digest digest;
    struct span der;
};

#define HMAC_DER(last) \
    SPAN_LIT("\x30\x0c\x06\x08\x2a\x86\x48\x86\xf7\x0d\x02" last "\x05\x00")

/* The first row of a digest is the one to write. */
static const struct hmac_row hmacs[] = {
    { OID_ID_HMAC_WITH_SHA1, DIGEST_SHA1, HMAC_DER("\x07") },
    { OID_ID_HMAC_WITH_SHA224, DIGEST_SHA224, HMAC_DER("\x08") },
    { OID_ID_HMAC_WITH_SHA256, DIGEST_SHA256, HMAC_DER("\x09") },
    { OID_ID_HMAC_WITH_SHA384, DIGEST_SHA384, HMAC_DER("\x0a") },
    { OID_ID_HMAC_WITH_SHA512, DIGEST_SHA512, HMAC_DER("\x0b") },
    { OID_HMAC_SHA1, DIGEST_SHA1, { 0 } },
};
#define NUM_HMACS (sizeof(hmacs) / sizeof(hmacs[0]))

const struct mac_policy mac_policy_strong = {
    .algs = MAC_BIT(MAC_PBM) | MAC_BIT(MAC_PBMAC1),
    .owfs = DIGEST_BIT(DIGEST_SHA256) | DIGEST_BIT(DIGEST_SHA384) |
            DIGEST_BIT(DIGEST_SHA512),
    .macs = DIGEST_BIT(DIGEST_SHA256) | DIGEST_BIT(DIGEST_SHA384) |
            DIGEST_BIT(DIGEST_SHA512),
    .min_iterations = 100,
    .max_iterations = 10000,
    .min_salt_len = 8,
    .max_salt_len = 64,
};

enum digest hmac_find(const struct alg_id *id)
{
    if (!span_is_absent(id->params) &&
        !span_is_equal(id->params, SPAN_LIT("\x05\x00")))
        return DIGEST_NONE;
    for (size_t i = 0; i < NUM_HMACS; i++) {
        if (hmacs[i].oid == id->id)
            return hmacs[i].digest;
    }
    return DIGEST_NONE;
}

struct span hmac_alg_id(enum digest d)
{
    for (size_t i = 0; i < NUM_HMACS; i++) {
        if (hmacs[i].digest == d)
            return hmacs[i].der;
    }
    return SPAN_NONE;
}

enum mac_alg mac_alg_find(const struct alg_id *id)
{
    for (int i = MAC_UNKNOWN + 1; i < MAC_ALG_NUM; i++) {
        if (rows[i].oid != OID_UNKNOWN && rows[i].oid == id->id)
            return (enum mac_alg)i;
    }
    for (size_t i = 0; i < NUM_HMACS; i++) {
        if (hmacs[i].oid == id->id)
            return MAC_HMAC;
    }
    return MAC_UNKNOWN;
}

enum mac_alg mac_alg_find_by_name(const char *name)
{
    for (int i = MAC_UNKNOWN + 1; i < MAC_ALG_NUM; i++) {
        if (strcmp(rows[i].name, name) == 0)
            return (enum mac_alg)i;
    }
    return MAC_UNKNOWN;
}

const char *mac_alg_name(enum mac_alg alg)
{
    return rows[alg].name;
}

/* --- parameters as they stand --- */

static void put_alg(struct der_writer *w, const struct alg_id *id)
{
    der_put_raw(w, id->der);
}

/* A number to be looked at, not computed with. */
static enum err number_read(struct der *in, struct span *out)
{
    return der_uint(in, DER_INTEGER, MAX_NUMBER_LEN, out);
}

/*
 * PBMParameter ::= SEQUENCE {
 *     salt           OCTET STRING,
 *     owf            AlgorithmIdentifier,
 *     iterationCount INTEGER,
 *     mac            AlgorithmIdentifier }
 */
enum err pbm_params_read(struct der *in, struct pbm_params *out)
{
    struct pbm_params p;
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "salt", der_octets(&seq, &p.salt)));
    TRY(der_at(&seq, "owf", alg_id_read(&seq, &p.owf)));
    TRY(der_at(&seq, "iterationCount", number_read(&seq, &p.iteration_count)));
    TRY(der_at(&seq, "mac", alg_id_read(&seq, &p.mac)));
    TRY(der_end(&seq));
    *out = p;
    return ERR_OK;
}

void pbm_params_put(struct der_writer *w, const struct pbm_params *p)
{
    size_t mark = der_mark(w);

    put_alg(w, &p->mac);
    der_put_uint(w, DER_INTEGER, p->iteration_count);
    put_alg(w, &p->owf);
    der_put_octets(w, DER_OCTET_STRING, p->salt);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* The default of prf, which DER does not write (X.690, 11.5). */
static bool is_default_prf(const struct alg_id *prf)
{
    return span_is_equal(prf->der, hmac_alg_id(DIGEST_SHA1));
}

/*
 * PBKDF2-params ::= SEQUENCE {
 *     salt CHOICE { specified OCTET STRING, otherSource AlgorithmIdentifier },
 *     iterationCount INTEGER (1..MAX),
 *     keyLength      INTEGER (1..MAX) OPTIONAL,
 *     prf            AlgorithmIdentifier DEFAULT algid-hmacWithSHA1 }
 */
enum err pbkdf2_params_read(struct der *in, struct pbkdf2_params *out)
{
    struct pbkdf2_params p = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "salt", der_octets(&seq, &p.salt)));
    TRY(der_at(&seq, "iterationCount", number_read(&seq, &p.iteration_count)));
    if (der_next_is(&seq, DER_INTEGER))
        TRY(der_at(&seq, "keyLength", number_read(&seq, &p.key_length)));
    if (der_has_more(&seq)) {
        struct der before = seq;

        TRY(der_at(&seq, "prf", alg_id_read(&seq, &p.prf)));
        if (is_default_prf(&p.prf))
            return der_at(&seq, "prf", der_refuse(&before, ERR_BAD_DER));
    }
    TRY(der_end(&seq));
    *out = p;
    return ERR_OK;
}

void pbkdf2_params_put(struct der_writer *w, const struct pbkdf2_params *p)
{
    size_t mark = der_mark(w);

    if (!span_is_absent(p->prf.der) && !is_default_prf(&p->prf))
        put_alg(w, &p->prf);
    if (!span_is_absent(p->key_length))
        der_put_uint(w, DER_INTEGER, p->key_length);
    der_put_uint(w, DER_INTEGER, p->iteration_count);
    der_put_octets(w, DER_OCTET_STRING, p->salt);
    der_put_header(w, DER_SEQUENCE, mark);
}

/*
 * PBMAC1-params ::= SEQUENCE {
 *     keyDerivationFunc AlgorithmIdentifier,
 *     messageAuthScheme AlgorithmIdentifier }
 */
enum err pbmac1_params_read(struct der *in, struct pbmac1_params *out)
{
    struct pbmac1_params p;
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "keyDerivationFunc",
               alg_id_read(&seq, &p.key_derivation)));
    TRY(der_at(&seq, "messageAuthScheme", alg_id_read(&seq, &p.mac)));
    TRY(der_end(&seq));
    *out = p;
    return ERR_OK;
}

void pbmac1_params_put(struct der_writer *w, const struct pbmac1_params *p)
{
    size_t mark = der_mark(w);

    put_alg(w, &p->mac);
    put_alg(w, &p->key_derivation);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* A non-negative INTEGER; UINT32_MAX for that and anything above. */
static uint32_t number_value(struct span octets)
{
    uint64_t value = 0;

    for (size_t i = 0; i < octets.len; i++) {
        value = value << 8 | octets.ptr[i];
        if (value >= UINT32_MAX)
            return UINT32_MAX;
    }
    return (uint32_t)value;
}

/*
 * KMACwithSHAKE128-params ::= SEQUENCE {
 *     kMACOutputLength    INTEGER DEFAULT 256,     (512 with SHAKE256)
 *     customizationString OCTET STRING DEFAULT ''H }
 */
enum err kmac_params_read(struct der *in, enum mac_alg alg,
                          struct kmac_params *out)
{
    struct kmac_params p = { 0 };
    struct der seq, before;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    before = seq;
    if (der_next_is(&seq, DER_INTEGER)) {
        TRY(der_at(&seq, "kMACOutputLength",
                   number_read(&seq, &p.output_length)));
        if (number_value(p.output_length) == rows[alg].default_bits)
            return der_at(&seq, "kMACOutputLength",
                          der_refuse(&before, ERR_BAD_DER));
    }
    before = seq;
    if (der_has_more(&seq)) {
        TRY(der_at(&seq, "customizationString",
                   der_octets(&seq, &p.customization)));
        if (p.customization.len == 0)
            return der_at(&seq, "customizationString",
                          der_refuse(&before, ERR_BAD_DER));
    }
    TRY(der_end(&seq));
    *out = p;
    return ERR_OK;
}

void kmac_params_put(struct der_writer *w, const struct kmac_params *p)
{
    size_t mark = der_mark(w);

    if (!span_is_absent(p->customization))
        der_put_octets(w, DER_OCTET_STRING, p->customization);
    if (!span_is_absent(p->output_length))
        der_put_uint(w, DER_INTEGER, p->output_length);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* --- parameters resolved --- */

static enum err pbm_resolve(struct der *in, struct mac_params *out)
{
    struct pbm_params p = { 0 };

    TRY(pbm_params_read(in, &p));
    out->salt = p.salt;
    out->iterations = number_value(p.iteration_count);
    out->owf = digest_find_any(&p.owf);
    if (out->owf == DIGEST_SHAKE256_512) /* has no length of its own */
        out->owf = DIGEST_NONE;
    out->mac = hmac_find(&p.mac);
    return ERR_OK;
}

static enum err pbmac1_resolve(struct der *in, struct mac_params *out)
{
    struct pbmac1_params p = { 0 };
    struct pbkdf2_params kdf = { 0 };
    struct der inner;

    TRY(pbmac1_params_read(in, &p));
    if (p.key_derivation.id != OID_ID_PBKDF2)
        return ERR_BAD_ALG;
    inner = der_open(p.key_derivation.params, in->fail);
    TRY(pbkdf2_params_read(&inner, &kdf));
    TRY(der_end(&inner));
    out->salt = kdf.salt;
    out->iterations = number_value(kdf.iteration_count);
    out->owf = span_is_absent(kdf.prf.der) ? DIGEST_SHA1 : hmac_find(&kdf.prf);
    out->mac = hmac_find(&p.mac);
    out->key_len = span_is_absent(kdf.key_length)
                       ? (uint32_t)digest_len(out->mac)
                       : number_value(kdf.key_length);
    return ERR_OK;
}

static enum err kmac_resolve(struct der *in, struct mac_params *out)
{
    struct kmac_params p = { 0 };

    TRY(kmac_params_read(in, out->alg, &p));
    if (!span_is_absent(p.output_length))
        out->out_bits = number_value(p.output_length);
    out->customization = p.customization;
    return ERR_OK;
}

static enum err resolve(const struct alg_id *id, struct der *in,
                        struct mac_params *out)
{
    switch (out->alg) {
    case MAC_PBM:
        TRY(pbm_resolve(in, out));
        break;
    case MAC_PBMAC1:
        TRY(pbmac1_resolve(in, out));
        break;
    case MAC_HMAC:
        out->mac = hmac_find(id);
        return out->mac == DIGEST_NONE ? ERR_BAD_DER : ERR_OK;
    case MAC_KMAC128:
    case MAC_KMAC256:
        out->out_bits = rows[out->alg].default_bits;
        if (span_is_absent(id->params))
            return ERR_OK;
        TRY(kmac_resolve(in, out));
        break;
    case MAC_UNKNOWN:
    case MAC_DH:
    case MAC_KEM:
    case MAC_ALG_NUM:
        return ERR_BAD_ALG;
    }
    return der_end(in);
}

enum err mac_params_read(const struct alg_id *id, struct mac_params *out,
                         struct fault *f)
{
    struct mac_params p = { .alg = mac_alg_find(id) };
    const struct mac_row *row = &rows[p.alg];
    struct der_fail fail = { 0 };
    struct der in = der_open(id->params, &fail);
    enum err e;

    if (p.alg == MAC_UNKNOWN)
        return fault_clause(f, ERR_BAD_ALG, row->clause,
                            "the MAC algorithm is not of the table");
    if (row->refused != NULL)
        return fault_clause(f, ERR_BAD_ALG, row->clause,
                            "MAC by %s is refused: %s", row->name,
                            row->refused);
    e = resolve(id, &in, &p);
    if (e == ERR_BAD_ALG)
        return fault_clause(f, ERR_BAD_ALG, row->clause,
                            "%s over another function than PBKDF2", row->name);
    if (e != ERR_OK)
        return fault_clause(f, ERR_BAD_DATA_FORMAT, row->clause,
                            "the parameters of %s are malformed%s%s", row->name,
                            fail.path[0] != '\0' ? " at " : "", fail.path);
    *out = p;
    return ERR_OK;
}

/* --- writing --- */

static struct alg_id alg_of(struct span der)
{
    return (struct alg_id){ .der = der };
}

static struct span number_octets(uint32_t value, uint8_t buf[4])
{
    for (int i = 3; i >= 0; i--) {
        buf[i] = (uint8_t)value;
        value >>= 8;
    }
    return span_of(buf, 4);
}

static void put_pbm(struct der_writer *w, const struct mac_params *p)
{
    uint8_t count[4];
    struct pbm_params params = {
        .salt = p->salt,
        .owf = alg_of(digest_alg_id(p->owf)),
        .iteration_count = number_octets(p->iterations, count),
        .mac = alg_of(hmac_alg_id(p->mac)),
    };

    pbm_params_put(w, &params);
}

static void put_pbmac1(struct der_writer *w, const struct mac_params *p)
{
    uint8_t count[4], key_len[4];
    struct pbkdf2_params kdf = {
        .salt = p->salt,
        .iteration_count = number_octets(p->iterations, count),
        .key_length = number_octets(p->key_len, key_len),
        .prf = alg_of(hmac_alg_id(p->owf)),
    };
    size_t mark = der_mark(w), inner;

    der_put_raw(w, hmac_alg_id(p->mac));
    inner = der_mark(w);
    pbkdf2_params_put(w, &kdf);
    der_put_oid(w, oid_span(OID_ID_PBKDF2));
    der_put_header(w, DER_SEQUENCE, inner);
    der_put_header(w, DER_SEQUENCE, mark);
}

static void put_kmac(struct der_writer *w, const struct mac_params *p)
{
    uint8_t bits[4];
    bool is_default = p->out_bits == rows[p->alg].default_bits;
    struct kmac_params params = {
        .output_length =
            is_default ? SPAN_NONE : number_octets(p->out_bits, bits),
        .customization =
            p->customization.len > 0 ? p->customization : SPAN_NONE,
    };

    if (!is_default || p->customization.len > 0)
        kmac_params_put(w, &params);
}

enum err mac_params_write(const struct mac_params *p, struct arena *a,
                          struct span *out)
{
    struct der_writer w;

    der_writer_init(&w, a, 128);
    switch (p->alg) {
    case MAC_PBM:
        put_pbm(&w, p);
        break;
    case MAC_PBMAC1:
        put_pbmac1(&w, p);
        break;
    case MAC_KMAC128:
    case MAC_KMAC256:
        put_kmac(&w, p);
        break;
    case MAC_HMAC:
        der_put_raw(&w, hmac_alg_id(p->mac));
        return der_finish(&w, out);
    case MAC_UNKNOWN:
    case MAC_DH:
    case MAC_KEM:
    case MAC_ALG_NUM:
        return ERR_BAD_ALG;
    }
    der_put_oid(&w, oid_span(rows[p->alg].oid));
    der_put_header(&w, DER_SEQUENCE, 0);
    return der_finish(&w, out);
}

/* --- judging --- */

static bool has_bit(uint32_t mask, unsigned bit)
{
    return bit != 0 && (mask >> bit & 1u) != 0;
}

static enum err derivation_check(const struct mac_params *p,
                                 const struct mac_policy *policy,
                                 struct fault *f)
{
    const struct mac_row *row = &rows[p->alg];
    uint64_t work = p->iterations;

    if (!has_bit(policy->owfs, p->owf))
        return fault_clause(
            f, ERR_BAD_ALG, row->clause,
            "%s with %s as its one-way function is not allowed", row->name,
            p->owf == DIGEST_NONE ? "an unknown digest" : digest_name(p->owf));
    if (p->salt.len < policy->min_salt_len ||
        p->salt.len > policy->max_salt_len)
        return fault_clause(f, ERR_BAD_ALG, row->clause,
                            "the salt of %s has %zu octets; %zu to %zu are "
                            "allowed",
                            row->name, p->salt.len, policy->min_salt_len,
                            policy->max_salt_len);
    if (p->alg == MAC_PBMAC1) {
        size_t block = digest_len(p->owf);

        if (p->key_len < PBMAC1_MIN_KEY_LEN || p->key_len > PBMAC1_MAX_KEY_LEN)
            return fault_clause(f, ERR_BAD_ALG, row->clause,
                                "keyLength is %u; %d to %d are allowed",
                                p->key_len, PBMAC1_MIN_KEY_LEN,
                                PBMAC1_MAX_KEY_LEN);
        work *= (p->key_len + block - 1) / block;
    }
    if (p->iterations < policy->min_iterations || work > policy->max_iterations)
        return fault_clause(f, ERR_BAD_ALG, row->clause,
                            "%s with an iterationCount of %u%s; %u to %u are "
                            "allowed",
                            row->name, p->iterations,
                            p->iterations == UINT32_MAX ? " or more" : "",
                            policy->min_iterations, policy->max_iterations);
    return ERR_OK;
}

static enum err kmac_check(const struct mac_params *p, struct fault *f)
{
    const struct mac_row *row = &rows[p->alg];

    if (p->out_bits < KMAC_MIN_BITS || p->out_bits > KMAC_MAX_BITS ||
        p->out_bits % 8 != 0)
        return fault_clause(f, ERR_BAD_ALG, row->clause,
                            "%s of %u bits; whole octets from %d to %d bits "
                            "are allowed",
                            row->name, p->out_bits, KMAC_MIN_BITS,
                            KMAC_MAX_BITS);
    if (p->customization.len > KMAC_MAX_CUSTOMIZATION)
        return fault_clause(f, ERR_BAD_ALG, row->clause,
                            "%s with a customization string of more than %d "
                            "octets",
                            row->name, KMAC_MAX_CUSTOMIZATION);
    return ERR_OK;
}

enum err mac_params_check(const struct mac_params *p,
                          const struct mac_policy *policy, struct fault *f)
{
    const struct mac_row *row = &rows[p->alg];

    if (!has_bit(policy->algs, p->alg))
        return fault_clause(f, ERR_BAD_ALG, row->clause,
                            "MAC by %s is not allowed here", row->name);
    if (p->alg == MAC_KMAC128 || p->alg == MAC_KMAC256)
        return kmac_check(p, f);
    if (!has_bit(policy->macs, p->mac))
        return fault_clause(f, ERR_BAD_ALG, row->clause,
                            "%s with HMAC by %s is not allowed", row->name,
                            p->mac == DIGEST_NONE ? "an unknown digest"
                                                  : digest_name(p->mac));
    if (p->alg == MAC_HMAC)
        return ERR_OK;
    return derivation_check(p, policy, f);
}
