/*
 * Step 7 for stations that want their key made (RFC 9483, 4.1.6): made,
 * packed, signed by the key generator, and encrypted to who asked. In clear it
 * is in memory alone, as long as this takes.
 */
#include "crypto/envelope.h"
#include "crypto/key_package.h"
#include "crypto/signed.h"
#include "service/line.h"

/* As strong as P-256 and what encrypts it (RFC 9483, 4.1.6, asks for that). */
#define RSA_BITS 3072
#define DEFAULT_KIND KEY_EC_P256

/* A key, its certificates and several copies of both. */
#define CLEAR_ARENA ((size_t)256 * 1024)

bool made_key_is_asked(const struct job *job, const struct ask *ask)
{
    struct judged in = { .msg = &job->msg,
                         .profile = &job->profile->profile,
                         .req = ask->req };

    return is_to_be_made(&in);
}

/*
 * An RSA key takes as long as a hundred other requests, or a thousand: half of
 * the workers are left for these, whoever asks.
 */
static enum err generate_slowly(struct worker *w, struct ask *ask,
                                struct privkey **out)
{
    struct line *line = w->line;
    unsigned workers = (unsigned)line->authority->config->server.workers;
    unsigned most = workers > 1 ? workers / 2 : 1;
    enum err e;

    if (line->slow_keys++ < most)
        e = privkey_generate(w->cx, KEY_RSA, RSA_BITS, out, &ask->fault);
    else
        e = rule_break(&ask->fault, RULE_KEY_MAKERS_ARE_FREE, "certTemplate",
                       "%u RSA keys are being made for others", most);
    line->slow_keys--;
    return e;
}

enum err made_key_generate(struct worker *w, struct ask *ask,
                           struct privkey **out)
{
    const struct cert_template *t = &ask->req->cert_req.cert_template;
    enum key_kind kind =
        t->has_public_key ? key_kind_find(&t->public_key) : DEFAULT_KIND;

    if (kind == KEY_RSA)
        return generate_slowly(w, ask, out);
    return privkey_generate(w->cx, kind, 0, out, &ask->fault);
}

/* The generator's key, behind its door. */
struct door {
    struct worker *worker;
    const struct job *job;
};

static enum err sign(void *arg, struct span data, struct arena *a,
                     struct span *sig, struct fault *f)
{
    const struct door *door = arg;
    struct worker *w = door->worker;
    const struct signer *generator = door->job->profile->generator;

    return keys_sign(w->line->authority->keys, w->cx,
                     generator->config->key->name, generator->alg, data,
                     door->job->received + w->line->request_deadline, a, sig,
                     f);
}

/* RFC 9483, 4.1.6: by how the request was protected. */
static enum err choose_reader(const struct job *job, struct envelope_to *out,
                              struct fault *f)
{
    out->cipher = ENVELOPE_AES256_CBC;
    if (job->secret_key != NULL) {
        out->way = ENVELOPE_PASSWORD;
        out->secret = secret_span(job->secret_key);
        return ERR_OK;
    }
    out->key = &job->signer.spki;
    out->rid = envelope_id(&job->signer);
    return envelope_way_find(out->key, &out->way, f);
}

/* What a vendor's stations cannot read is left off, by name. */
static bool wants_bare(const struct worker *w, const struct job *job)
{
    const struct config_vendor *vendor =
        w->line->authority->vendors[job->vendor].config;

    return (vendor->quirks & CONFIG_QUIRK_BARE_PRIVATE_KEY) != 0;
}

static enum err seal_in(struct worker *w, struct job *job, struct ask *ask,
                        const struct privkey *key, struct arena *clear)
{
    const struct signer *generator = job->profile->generator;
    struct door door = { w, job };
    struct signed_by by = {
        .cert = &generator->certificate,
        .chain = generator->chain,
        .num_chain = generator->num_chain,
        .alg = generator->alg,
        .sign = sign,
        .arg = &door,
    };
    struct envelope_to to = { .secret = SPAN_NONE };
    struct span package, signed_data;

    TRY(choose_reader(job, &to, &ask->fault));
    TRY(key_package_make(key, clear, &package, &ask->fault));
    if (wants_bare(w, job)) {
        TRY(key_package_bare(package, &package));
        job_note(job, RULE_MADE_KEY_IS_PACKED, VERDICT_BROKEN, "privateKey",
                 "a key alone");
    }
    TRY(signed_make(w->cx, &by, OID_ID_CT_KP_A_KEY_PACKAGE, package, clear,
                    &signed_data, &ask->fault));
    return envelope_make(w->cx, &to, OID_ID_SIGNED_DATA, signed_data,
                         DER_CTX(0), job->arena, &ask->private_key,
                         &ask->fault);
}

enum err made_key_seal(struct worker *w, struct job *job, struct ask *ask,
                       const struct privkey *key)
{
    struct arena *clear = arena_new(CLEAR_ARENA);
    enum err e;

    if (clear == NULL)
        return fault_set(&ask->fault, ERR_NO_MEM, "private key");
    e = seal_in(w, job, ask, key, clear);
    arena_wipe(clear);
    arena_free(clear);
    return e;
}
