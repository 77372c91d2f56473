/*
 * What a genp tells of keys, algorithms and the template of a request.
 */
#include "base/limits.h"
#include "service/tell.h"

/* --- keys and algorithms --- */

/* A kind of key that the profile certifies: some algorithm of it fits. */
static bool is_certified(const struct profile *p, enum key_kind kind)
{
    if ((p->key_kinds & (1u << kind)) == 0)
        return false;
    for (enum sig_alg alg = SIG_UNKNOWN + 1; alg < SIG_ALG_NUM; alg++)
        if ((p->sig_algs & (1u << alg)) != 0 && sig_alg_fits(alg, kind))
            return true;
    return false;
}

/* Whether a certificate for it may serve encryption, by its keyUsage. */
static bool can_encrypt(const struct config_profile *config, enum key_kind kind)
{
    uint32_t usage = config->key_usage;

    if (kind == KEY_RSA)
        return (usage & CONFIG_KU_KEY_ENCIPHERMENT) != 0;
    return (kind == KEY_EC_P256 || kind == KEY_EC_P384 ||
            kind == KEY_EC_P521) &&
           (usage & CONFIG_KU_KEY_AGREEMENT) != 0;
}

static enum err put_kinds(struct job *job, bool only_encrypting,
                          struct tell_answer *out)
{
    const struct path_profile *p = job->profile;
    struct der_writer writer;
    size_t num = 0;

    der_writer_init(&writer, job->arena, 1024);
    for (enum key_kind kind = KEY_KIND_NUM; kind-- > KEY_UNKNOWN + 1;) {
        if (!is_certified(&p->profile, kind) ||
            (only_encrypting && !can_encrypt(p->config, kind)))
            continue;
        key_kind_put(&writer, kind);
        num++;
    }
    der_put_header(&writer, DER_SEQUENCE, 0);
    out->is_unsupported = num == 0; /* SIZE (1..MAX) */
    return tell_finish(job, &writer, out);
}

enum err tell_sign_types(struct worker *w, struct job *job, struct span asked,
                         struct tell_answer *out)
{
    (void)w;
    (void)asked;
    return put_kinds(job, false, out);
}

enum err tell_enc_types(struct worker *w, struct job *job, struct span asked,
                        struct tell_answer *out)
{
    (void)w;
    (void)asked;
    return put_kinds(job, true, out);
}

/* AES-256-CBC, what RFC 9481, 5 has first among those that all have; without an
 * IV, since nothing is encrypted here. */
enum err tell_symmetric(struct worker *w, struct job *job, struct span asked,
                        struct tell_answer *out)
{
    struct der_writer writer;

    (void)w;
    (void)asked;
    der_writer_init(&writer, job->arena, 32);
    der_put_oid(&writer, oid_span(OID_ID_AES256_CBC));
    der_put_header(&writer, DER_SEQUENCE, 0);
    return tell_finish(job, &writer, out);
}

/* The first kind of key with this algorithm: for EC, the curve to use. */
enum err tell_key_param(struct worker *w, struct job *job, struct span asked,
                        struct tell_answer *out)
{
    struct der in = der_open(asked, NULL), alg_in;
    struct der_writer writer;
    struct alg_id alg;
    struct span oid;

    (void)w;
    if (der_oid(&in, &oid) != ERR_OK)
        return tell_bad_value(job, OID_ID_IT_KEY_PAIR_PARAM_REQ);
    for (enum key_kind kind = KEY_UNKNOWN + 1; kind < KEY_KIND_NUM; kind++) {
        struct tell_answer one = { 0 };

        if (!is_certified(&job->profile->profile, kind))
            continue;
        der_writer_init(&writer, job->arena, 64);
        key_kind_put(&writer, kind);
        TRY(tell_finish(job, &writer, &one));
        alg_in = der_open(one.value, NULL);
        if (alg_id_read(&alg_in, &alg) != ERR_OK ||
            !span_is_equal(alg.oid, oid))
            continue;
        *out = one;
        return ERR_OK;
    }
    return ERR_OK;
}

/* --- the template of a request --- */

static enum err template_extensions(struct job *job, const struct names *names,
                                    struct extensions *out)
{
    const struct config_texts *purposes =
        &job->profile->config->extended_key_usage;
    enum oid eku[16];
    uint8_t oid[LIMIT_OID_LEN];
    struct der_writer writer;
    struct span all;
    struct der in;
    size_t len;

    for (size_t i = 0; i < purposes->num; i++) {
        eku[i] = OID_UNKNOWN; /* authority.c has seen that each is known */
        if (oid_parse(purposes->items[i], oid, &len) == ERR_OK)
            eku[i] = oid_find(span_of(oid, len));
    }
    der_writer_init(&writer, job->arena, 4096);
    if (names->num_san > 0)
        ext_put_san(&writer, names->san, names->num_san, false);
    if (purposes->num > 0)
        ext_put_eku(&writer, eku, purposes->num);
    ext_put_key_usage(&writer, job->profile->config->key_usage);
    der_put_header(&writer, DER_SEQUENCE, 0);
    TRY(der_finish(&writer, &all));
    in = der_open(all, NULL);
    return extensions_read(&in, job->arena, out);
}

static enum err template_keys(struct job *job, struct cert_req_template *t)
{
    static const unsigned lengths[] = { 2048, 3072, 4096 };
    const struct profile *p = &job->profile->profile;
    size_t max = KEY_KIND_NUM + sizeof(lengths) / sizeof(lengths[0]);
    struct key_spec *list = arena_array(job->arena, max, sizeof(*list));
    struct der_writer writer;
    struct span value;

    if (list == NULL)
        return ERR_NO_MEM;
    for (enum key_kind kind = KEY_UNKNOWN + 1; kind < KEY_KIND_NUM; kind++) {
        struct key_spec *spec = &list[t->num_key_specs];

        if (kind == KEY_RSA || !is_certified(p, kind))
            continue;
        der_writer_init(&writer, job->arena, 64);
        key_kind_put(&writer, kind);
        TRY(der_finish(&writer, &value));
        spec->id = OID_ID_REG_CTRL_ALG_ID;
        spec->oid = oid_span(spec->id);
        spec->value = value;
        t->num_key_specs++;
    }
    for (size_t i = 0; is_certified(p, KEY_RSA) && i < 3; i++)
        if (lengths[i] >= p->rsa_min_bits && lengths[i] <= p->rsa_max_bits)
            TRY(key_spec_rsa(lengths[i], job->arena,
                             &list[t->num_key_specs++]));
    t->key_specs = list;
    return ERR_OK;
}

static enum err write_template(struct job *job, const struct names *names,
                               struct tell_answer *out)
{
    struct cert_req_template t = { .cert_template.has_extensions = true };
    struct der_writer writer;

    t.cert_template.subject = names->subject;
    TRY(template_extensions(job, names, &t.cert_template.extensions));
    TRY(template_keys(job, &t));
    der_writer_init(&writer, job->arena, 8192);
    cert_req_template_put(&writer, &t);
    return der_finish(&writer, &out->value);
}

/* The very names this station will get; who has none there fills them in. */
enum err tell_template(struct worker *w, struct job *job, struct span asked,
                       struct tell_answer *out)
{
    struct names names = { .subject = SPAN_LIT("\x30\x00") };
    const struct facts *facts = &job->facts;
    enum err e;

    (void)w;
    (void)asked;
    if (!span_is_absent(facts->serial))
        TRY(naming_by_pattern(job->profile->config, facts->vendor,
                              facts->serial, job->arena, &names, &job->fault));
    e = write_template(job, &names, out);
    return e == ERR_OK ? ERR_OK : tell_no_memory(job, e);
}
