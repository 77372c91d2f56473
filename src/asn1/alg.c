#include "asn1/alg.h"

#include "base/limits.h"

#define RSA_MAX_MODULUS_LEN 2049
/* 1024 bits is what legacy profiles take; more is read, to be named. */
#define DSA_MAX_LEN 513

/* --- Digests --- */

/* Parameters that stand beside an OID. */
enum params {
    PARAMS_ABSENT,
    PARAMS_NULL,
    PARAMS_NULL_OR_ABSENT,
    PARAMS_PSS,
    PARAMS_DSS
};

struct digest_row {
    const char *name;
    size_t len;
    enum oid oid;
    enum params params; /* what is taken; absent is written (RFC 5754, 2) */
    struct span der;
};

#define SHA2_OID "\x60\x86\x48\x01\x65\x03\x04\x02"

static const struct digest_row digests[DIGEST_NUM] = {
    [DIGEST_NONE] = { "", 0, OID_UNKNOWN, PARAMS_ABSENT, { 0 } },
    [DIGEST_SHA256] = { "SHA256", 32, OID_ID_SHA256, PARAMS_NULL_OR_ABSENT,
                        SPAN_LIT("\x30\x0b\x06\x09" SHA2_OID "\x01") },
    [DIGEST_SHA384] = { "SHA384", 48, OID_ID_SHA384, PARAMS_NULL_OR_ABSENT,
                        SPAN_LIT("\x30\x0b\x06\x09" SHA2_OID "\x02") },
    [DIGEST_SHA512] = { "SHA512", 64, OID_ID_SHA512, PARAMS_NULL_OR_ABSENT,
                        SPAN_LIT("\x30\x0b\x06\x09" SHA2_OID "\x03") },
    [DIGEST_SHAKE256_512] = { "SHAKE256", 64, OID_ID_SHAKE256, PARAMS_ABSENT,
                              SPAN_LIT("\x30\x0b\x06\x09" SHA2_OID "\x0c") },
    [DIGEST_SHA1] = { "SHA1", 20, OID_ID_SHA1, PARAMS_NULL_OR_ABSENT,
                      SPAN_LIT("\x30\x07\x06\x05\x2b\x0e\x03\x02\x1a") },
    [DIGEST_SHA224] = { "SHA224", 28, OID_ID_SHA224, PARAMS_NULL_OR_ABSENT,
                        SPAN_LIT("\x30\x0b\x06\x09" SHA2_OID "\x04") },
    [DIGEST_MD5] = { "MD5", 16, OID_ID_MD5, PARAMS_NULL_OR_ABSENT,
                     SPAN_LIT("\x30\x0a\x06\x08\x2a\x86\x48\x86\xf7\x0d"
                              "\x02\x05") },
};

const char *digest_name(enum digest d)
{
    return digests[d].name;
}

size_t digest_len(enum digest d)
{
    return digests[d].len;
}

struct span digest_alg_id(enum digest d)
{
    return digests[d].der;
}

static bool params_fit(enum params wanted, struct span params)
{
    bool is_null = span_is_equal(params, SPAN_LIT("\x05\x00"));

    switch (wanted) {
    case PARAMS_ABSENT:
        return span_is_absent(params);
    case PARAMS_NULL:
        return is_null;
    case PARAMS_NULL_OR_ABSENT:
        return is_null || span_is_absent(params);
    case PARAMS_PSS:
    case PARAMS_DSS:
        break;
    }
    return false;
}

enum digest digest_find_any(const struct alg_id *id)
{
    for (int d = DIGEST_NONE + 1; d < DIGEST_NUM; d++) {
        if (digests[d].oid == id->id &&
            params_fit(digests[d].params, id->params))
            return (enum digest)d;
    }
    return DIGEST_NONE;
}

enum digest digest_find(const struct alg_id *id)
{
    enum digest d = digest_find_any(id);

    return d < DIGEST_SHA1 ? d : DIGEST_NONE;
}

/* --- Signature algorithms --- */

#define ECDSA_OID "\x2a\x86\x48\xce\x3d\x04\x03"
#define PKCS1_OID "\x2a\x86\x48\x86\xf7\x0d\x01\x01"

#define ECDSA_DER(last) SPAN_LIT("\x30\x0a\x06\x08" ECDSA_OID last)
#define ML_DSA_DER(last) \
    SPAN_LIT("\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x03" last)
#define RSA_DER(last) SPAN_LIT("\x30\x0d\x06\x09" PKCS1_OID last "\x05\x00")

/* id-RSASSA-PSS { hash, MGF1 with the same hash, salt as long as the hash };
 * the hash with NULL, as RFC 4055, 3.1 has it. */
#define PSS_HASH(last) "\x30\x0d\x06\x09" SHA2_OID last "\x05\x00"
#define PSS_DER(hash, salt_len)                                             \
    SPAN_LIT("\x30\x41\x06\x09" PKCS1_OID "\x0a"                            \
             "\x30\x34"                                                     \
             "\xa0\x0f" PSS_HASH(hash) "\xa1\x1c\x30\x1a\x06\x09" PKCS1_OID \
                                       "\x08" PSS_HASH(hash) "\xa2\x03\x02" \
                                                             "\x01" salt_len)

struct sig_alg_row {
    struct sig_alg_info info;
    enum oid oid;
    enum params params;
};

/* clang-format off */
static const struct sig_alg_row sig_algs[SIG_ALG_NUM] = {
    [SIG_ECDSA_SHA256] = {
        { SIG_ECDSA_SHA256, "ecdsa-with-SHA256", SIG_FAMILY_ECDSA,
          DIGEST_SHA256, DIGEST_SHA256, 128, ECDSA_DER("\x02") },
        OID_ECDSA_WITH_SHA256, PARAMS_ABSENT },
    [SIG_ECDSA_SHA384] = {
        { SIG_ECDSA_SHA384, "ecdsa-with-SHA384", SIG_FAMILY_ECDSA,
          DIGEST_SHA384, DIGEST_SHA384, 192, ECDSA_DER("\x03") },
        OID_ECDSA_WITH_SHA384, PARAMS_ABSENT },
    [SIG_ECDSA_SHA512] = {
        { SIG_ECDSA_SHA512, "ecdsa-with-SHA512", SIG_FAMILY_ECDSA,
          DIGEST_SHA512, DIGEST_SHA512, 256, ECDSA_DER("\x04") },
        OID_ECDSA_WITH_SHA512, PARAMS_ABSENT },
    [SIG_RSA_SHA256] = {
        { SIG_RSA_SHA256, "sha256WithRSAEncryption", SIG_FAMILY_RSA,
          DIGEST_SHA256, DIGEST_SHA256, 128, RSA_DER("\x0b") },
        OID_SHA256_WITH_RSA_ENCRYPTION, PARAMS_NULL_OR_ABSENT },
    [SIG_RSA_SHA384] = {
        { SIG_RSA_SHA384, "sha384WithRSAEncryption", SIG_FAMILY_RSA,
          DIGEST_SHA384, DIGEST_SHA384, 192, RSA_DER("\x0c") },
        OID_SHA384_WITH_RSA_ENCRYPTION, PARAMS_NULL_OR_ABSENT },
    [SIG_RSA_SHA512] = {
        { SIG_RSA_SHA512, "sha512WithRSAEncryption", SIG_FAMILY_RSA,
          DIGEST_SHA512, DIGEST_SHA512, 256, RSA_DER("\x0d") },
        OID_SHA512_WITH_RSA_ENCRYPTION, PARAMS_NULL_OR_ABSENT },
    [SIG_PSS_SHA256] = {
        { SIG_PSS_SHA256, "RSASSA-PSS-SHA256", SIG_FAMILY_PSS,
          DIGEST_SHA256, DIGEST_SHA256, 128, PSS_DER("\x01", "\x20") },
        OID_ID_RSASSA_PSS, PARAMS_PSS },
    [SIG_PSS_SHA384] = {
        { SIG_PSS_SHA384, "RSASSA-PSS-SHA384", SIG_FAMILY_PSS,
          DIGEST_SHA384, DIGEST_SHA384, 192, PSS_DER("\x02", "\x30") },
        OID_ID_RSASSA_PSS, PARAMS_PSS },
    [SIG_PSS_SHA512] = {
        { SIG_PSS_SHA512, "RSASSA-PSS-SHA512", SIG_FAMILY_PSS,
          DIGEST_SHA512, DIGEST_SHA512, 256, PSS_DER("\x03", "\x40") },
        OID_ID_RSASSA_PSS, PARAMS_PSS },
    [SIG_ED25519] = {
        { SIG_ED25519, "Ed25519", SIG_FAMILY_ED25519,
          DIGEST_NONE, DIGEST_SHA512, 128,
          SPAN_LIT("\x30\x05\x06\x03\x2b\x65\x70") },
        OID_ID_ED25519, PARAMS_ABSENT },
    [SIG_ED448] = {
        { SIG_ED448, "Ed448", SIG_FAMILY_ED448,
          DIGEST_NONE, DIGEST_SHAKE256_512, 224,
          SPAN_LIT("\x30\x05\x06\x03\x2b\x65\x71") },
        OID_ID_ED448, PARAMS_ABSENT },
    [SIG_ML_DSA_44] = {
        { SIG_ML_DSA_44, "ML-DSA-44", SIG_FAMILY_ML_DSA_44,
          DIGEST_NONE, DIGEST_SHA512, 128, ML_DSA_DER("\x11") },
        OID_ID_ML_DSA_44, PARAMS_ABSENT },
    [SIG_ML_DSA_65] = {
        { SIG_ML_DSA_65, "ML-DSA-65", SIG_FAMILY_ML_DSA_65,
          DIGEST_NONE, DIGEST_SHA512, 192, ML_DSA_DER("\x12") },
        OID_ID_ML_DSA_65, PARAMS_ABSENT },
    [SIG_ML_DSA_87] = {
        { SIG_ML_DSA_87, "ML-DSA-87", SIG_FAMILY_ML_DSA_87,
          DIGEST_NONE, DIGEST_SHA512, 256, ML_DSA_DER("\x13") },
        OID_ID_ML_DSA_87, PARAMS_ABSENT },
    [SIG_RSA_MD5] = {
        { SIG_RSA_MD5, "md5WithRSAEncryption", SIG_FAMILY_RSA,
          DIGEST_MD5, DIGEST_MD5, 0, RSA_DER("\x04") },
        OID_MD5_WITH_RSA_ENCRYPTION, PARAMS_NULL_OR_ABSENT },
    [SIG_RSA_SHA1] = {
        { SIG_RSA_SHA1, "sha1WithRSAEncryption", SIG_FAMILY_RSA,
          DIGEST_SHA1, DIGEST_SHA1, 60, RSA_DER("\x05") },
        OID_SHA1_WITH_RSA_ENCRYPTION, PARAMS_NULL_OR_ABSENT },
    [SIG_ECDSA_SHA1] = {
        { SIG_ECDSA_SHA1, "ecdsa-with-SHA1", SIG_FAMILY_ECDSA,
          DIGEST_SHA1, DIGEST_SHA1, 60,
          SPAN_LIT("\x30\x09\x06\x07\x2a\x86\x48\xce\x3d\x04\x01") },
        OID_ECDSA_WITH_SHA1, PARAMS_ABSENT },
    [SIG_DSA_SHA1] = {
        { SIG_DSA_SHA1, "id-dsa-with-sha1", SIG_FAMILY_DSA,
          DIGEST_SHA1, DIGEST_SHA1, 60,
          SPAN_LIT("\x30\x09\x06\x07\x2a\x86\x48\xce\x38\x04\x03") },
        OID_ID_DSA_WITH_SHA1, PARAMS_ABSENT },
};
/* clang-format on */

/*
 * RSASSA-PSS-params ::= SEQUENCE {
 *     hashAlgorithm    [0] HashAlgorithm    DEFAULT sha1,
 *     maskGenAlgorithm [1] MaskGenAlgorithm DEFAULT mgf1SHA1,
 *     saltLength       [2] INTEGER          DEFAULT 20,
 *     trailerField     [3] INTEGER          DEFAULT 1 }
 *
 * No default but the trailer's is of the table, so all must be there.
 */
static enum err pss_params_read(struct span params, enum digest *hash,
                                enum digest *mgf_hash, int64_t *salt_len)
{
    struct der in = der_open(params, NULL), seq, tagged;
    struct alg_id hash_id, mgf_id, mgf_hash_id;

    TRY(der_enter(&in, DER_SEQUENCE, &seq));
    TRY(der_enter(&seq, DER_CTX(0), &tagged));
    TRY(alg_id_read(&tagged, &hash_id));
    TRY(der_end(&tagged));
    TRY(der_enter(&seq, DER_CTX(1), &tagged));
    TRY(alg_id_read(&tagged, &mgf_id));
    TRY(der_end(&tagged));
    TRY(der_enter(&seq, DER_CTX(2), &tagged));
    TRY(der_int64(&tagged, salt_len));
    TRY(der_end(&tagged));
    TRY(der_end(&seq));
    if (mgf_id.id != OID_ID_MGF1)
        return ERR_BAD_ALG;
    tagged = der_open(mgf_id.params, NULL);
    TRY(alg_id_read(&tagged, &mgf_hash_id));
    *hash = digest_find(&hash_id);
    *mgf_hash = digest_find(&mgf_hash_id);
    return ERR_OK;
}

static bool pss_fits(enum digest wanted, struct span params)
{
    enum digest hash, mgf_hash;
    int64_t salt_len;

    return !span_is_absent(params) &&
           pss_params_read(params, &hash, &mgf_hash, &salt_len) == ERR_OK &&
           hash == wanted && mgf_hash == wanted &&
           salt_len == (int64_t)digest_len(wanted);
}

enum sig_alg sig_alg_find_any(const struct alg_id *id)
{
    for (int i = SIG_UNKNOWN + 1; i < SIG_ALG_NUM; i++) {
        const struct sig_alg_row *row = &sig_algs[i];

        if (row->oid != id->id)
            continue;
        if (row->params == PARAMS_PSS ? pss_fits(row->info.digest, id->params)
                                      : params_fit(row->params, id->params))
            return row->info.alg;
    }
    return SIG_UNKNOWN;
}

bool sig_alg_is_legacy(enum sig_alg alg)
{
    return alg >= SIG_RSA_MD5;
}

enum sig_alg sig_alg_find(const struct alg_id *id)
{
    enum sig_alg alg = sig_alg_find_any(id);

    return sig_alg_is_legacy(alg) ? SIG_UNKNOWN : alg;
}

enum sig_alg sig_alg_find_by_name(const char *name)
{
    for (int i = SIG_UNKNOWN + 1; i < SIG_ALG_NUM; i++) {
        if (strcmp(sig_algs[i].info.name, name) == 0)
            return sig_algs[i].info.alg;
    }
    return SIG_UNKNOWN;
}

const struct sig_alg_info *sig_alg_info(enum sig_alg alg)
{
    return alg == SIG_UNKNOWN ? NULL : &sig_algs[alg].info;
}

/* --- Keys --- */

struct key_row {
    const char *name;
    enum oid oid;
    enum oid curve; /* OID_UNKNOWN: by `params` */
    enum params params;
    unsigned bits; /* 0: by the modulus */
    unsigned families;
    enum sig_alg default_alg;
};

#define FAMILY(f) (1u << SIG_FAMILY_##f)

static const struct key_row keys[KEY_KIND_NUM] = {
    [KEY_UNKNOWN] = { "unknown", OID_UNKNOWN, OID_UNKNOWN, PARAMS_ABSENT, 0, 0,
                      SIG_UNKNOWN },
    [KEY_EC_P256] = { "P-256", OID_ID_EC_PUBLIC_KEY, OID_SECP256R1,
                      PARAMS_ABSENT, 256, FAMILY(ECDSA), SIG_ECDSA_SHA256 },
    [KEY_EC_P384] = { "P-384", OID_ID_EC_PUBLIC_KEY, OID_SECP384R1,
                      PARAMS_ABSENT, 384, FAMILY(ECDSA), SIG_ECDSA_SHA384 },
    [KEY_EC_P521] = { "P-521", OID_ID_EC_PUBLIC_KEY, OID_SECP521R1,
                      PARAMS_ABSENT, 521, FAMILY(ECDSA), SIG_ECDSA_SHA512 },
    [KEY_RSA] = { "RSA", OID_RSA_ENCRYPTION, OID_UNKNOWN, PARAMS_NULL, 0,
                  FAMILY(RSA) | FAMILY(PSS), SIG_RSA_SHA256 },
    [KEY_RSA_PSS] = { "RSA-PSS", OID_ID_RSASSA_PSS, OID_UNKNOWN, PARAMS_PSS, 0,
                      FAMILY(PSS), SIG_PSS_SHA256 },
    [KEY_ED25519] = { "Ed25519", OID_ID_ED25519, OID_UNKNOWN, PARAMS_ABSENT,
                      256, FAMILY(ED25519), SIG_ED25519 },
    [KEY_ED448] = { "Ed448", OID_ID_ED448, OID_UNKNOWN, PARAMS_ABSENT, 448,
                    FAMILY(ED448), SIG_ED448 },
    [KEY_ML_DSA_44] = { "ML-DSA-44", OID_ID_ML_DSA_44, OID_UNKNOWN,
                        PARAMS_ABSENT, 8 * 1312, FAMILY(ML_DSA_44),
                        SIG_ML_DSA_44 },
    [KEY_ML_DSA_65] = { "ML-DSA-65", OID_ID_ML_DSA_65, OID_UNKNOWN,
                        PARAMS_ABSENT, 8 * 1952, FAMILY(ML_DSA_65),
                        SIG_ML_DSA_65 },
    [KEY_ML_DSA_87] = { "ML-DSA-87", OID_ID_ML_DSA_87, OID_UNKNOWN,
                        PARAMS_ABSENT, 8 * 2592, FAMILY(ML_DSA_87),
                        SIG_ML_DSA_87 },
    [KEY_DSA] = { "DSA", OID_ID_DSA, OID_UNKNOWN, PARAMS_DSS, 0, FAMILY(DSA),
                  SIG_DSA_SHA1 },
};

/* A named curve: EcpkParameters with the choice namedCurve. */
static bool is_curve(struct span params, enum oid curve)
{
    struct der in = der_open(params, NULL);
    struct span oid;

    return der_oid(&in, &oid) == ERR_OK && oid_find(oid) == curve;
}

static bool key_fits(const struct key_row *row, const struct alg_id *id)
{
    if (row->curve != OID_UNKNOWN)
        return is_curve(id->params, row->curve);
    /* A PSS key may bind its parameters or leave them open (RFC 4055, 1.2). */
    if (row->params == PARAMS_PSS)
        return true;
    /* Those of a DSA key are its own to have; dsa_public_read judges them.
     * Inherited ones (RFC 3279, 2.3.2) are not followed. */
    if (row->params == PARAMS_DSS)
        return !span_is_absent(id->params);
    return params_fit(row->params, id->params);
}

void key_kind_put(struct der_writer *w, enum key_kind kind)
{
    const struct key_row *row = &keys[kind];
    size_t mark = der_mark(w);

    if (row->curve != OID_UNKNOWN)
        der_put_oid(w, oid_span(row->curve));
    else if (row->params == PARAMS_NULL)
        der_put_null(w);
    der_put_oid(w, oid_span(row->oid));
    der_put_header(w, DER_SEQUENCE, mark);
}

enum key_kind key_kind_find(const struct spki *key)
{
    for (int k = KEY_UNKNOWN + 1; k < KEY_KIND_NUM; k++) {
        if (keys[k].oid == key->alg.id && key_fits(&keys[k], &key->alg))
            return (enum key_kind)k;
    }
    return KEY_UNKNOWN;
}

const char *key_kind_name(enum key_kind kind)
{
    return keys[kind].name;
}

/* RSAPublicKey ::= SEQUENCE { modulus INTEGER, publicExponent INTEGER } */
static enum err rsa_modulus_read(struct span key, struct span *out)
{
    struct der in = der_open(key, NULL), seq;
    struct span modulus, exponent;

    TRY(der_enter(&in, DER_SEQUENCE, &seq));
    TRY(der_end(&in));
    TRY(der_uint(&seq, DER_INTEGER, RSA_MAX_MODULUS_LEN, &modulus));
    TRY(der_uint(&seq, DER_INTEGER, RSA_MAX_MODULUS_LEN, &exponent));
    TRY(der_end(&seq));
    *out = modulus;
    return ERR_OK;
}

static struct span magnitude(struct span uint)
{
    if (uint.len > 0 && uint.ptr[0] == 0)
        return span_of(uint.ptr + 1, uint.len - 1);
    return uint;
}

/*
 * Dss-Parms ::= SEQUENCE { p INTEGER, q INTEGER, g INTEGER }
 * DSAPublicKey ::= INTEGER
 */
enum err dsa_public_read(const struct spki *key, struct dsa_public *out)
{
    struct der in = der_open(key->alg.params, NULL), seq;
    struct span p, q, g, y;

    TRY(der_enter(&in, DER_SEQUENCE, &seq));
    TRY(der_end(&in));
    TRY(der_uint(&seq, DER_INTEGER, DSA_MAX_LEN, &p));
    TRY(der_uint(&seq, DER_INTEGER, DSA_MAX_LEN, &q));
    TRY(der_uint(&seq, DER_INTEGER, DSA_MAX_LEN, &g));
    TRY(der_end(&seq));
    in = der_open(key->key, NULL);
    TRY(der_uint(&in, DER_INTEGER, DSA_MAX_LEN, &y));
    TRY(der_end(&in));
    *out = (struct dsa_public){ magnitude(p), magnitude(q), magnitude(g),
                                magnitude(y) };
    return ERR_OK;
}

static unsigned magnitude_bits(struct span n)
{
    unsigned bits = (unsigned)(8 * n.len);

    if (n.len == 0)
        return 0;
    for (unsigned top = n.ptr[0]; top < 0x80; top <<= 1)
        bits--;
    return bits;
}

static unsigned rsa_bits(struct span key)
{
    struct span n;

    if (rsa_modulus_read(key, &n) != ERR_OK)
        return 0;
    return magnitude_bits(magnitude(n));
}

static unsigned dsa_bits(const struct spki *key)
{
    struct dsa_public dsa;

    return dsa_public_read(key, &dsa) == ERR_OK ? magnitude_bits(dsa.p) : 0;
}

/* ECPoint: uncompressed, or compressed (RFC 5480, 2.2). */
static bool point_is_well_formed(struct span point, unsigned bits)
{
    size_t field_len = (bits + 7) / 8;

    if (point.len == 0)
        return false;
    if (point.ptr[0] == 0x04)
        return point.len == 1 + 2 * field_len;
    return (point.ptr[0] == 0x02 || point.ptr[0] == 0x03) &&
           point.len == 1 + field_len;
}

unsigned key_bits(const struct spki *key)
{
    enum key_kind kind = key_kind_find(key);
    unsigned bits = keys[kind].bits;
    bool ok = false;

    switch (kind) {
    case KEY_RSA:
    case KEY_RSA_PSS:
        return rsa_bits(key->key);
    case KEY_DSA:
        return dsa_bits(key);
    case KEY_EC_P256:
    case KEY_EC_P384:
    case KEY_EC_P521:
        ok = point_is_well_formed(key->key, bits);
        break;
    case KEY_ED25519:
        ok = key->key.len == 32;
        break;
    case KEY_ED448:
        ok = key->key.len == 57;
        break;
    case KEY_ML_DSA_44:
    case KEY_ML_DSA_65:
    case KEY_ML_DSA_87:
        ok = key->key.len == bits / 8;
        break;
    case KEY_UNKNOWN:
    case KEY_KIND_NUM:
        break;
    }
    return ok ? bits : 0;
}

bool sig_alg_fits(enum sig_alg alg, enum key_kind kind)
{
    if (alg == SIG_UNKNOWN)
        return false;
    return (keys[kind].families >> sig_algs[alg].info.family & 1u) != 0;
}

enum sig_alg sig_alg_default(enum key_kind kind)
{
    return keys[kind].default_alg;
}
