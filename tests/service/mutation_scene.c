#include "mutation_scene.h"

#include <stdio.h>
#include <stdlib.h>
#include <stdnoreturn.h>

#include "base/file.h"
#include "crypto/envelope.h"
#include "support/cmp_vectors.h"

#define SCENE_ARENA ((size_t)8 << 20)
#define REFERENCE SPAN_LIT("mast")
#define CMC_RA "1.3.6.1.5.5.7.3.28"

/* Who is who. */
enum {
    FRESH,    /* has an ir to send */
    ENROLLED, /* a kur */
    LEAVING,  /* an rr */
    GRANTED,  /* a certConf */
    WAITING,  /* a pollReq */
    NUM_STATIONS
};

static const char profiles[] =
    "  - { name: lab, type: open, ca: issuing, signer: cmp, ras: [west],\n"
    "      implicit_confirm: true, subject: 'CN={serial}.{vendor}' }\n"
    "  - { name: light, type: rfc9483, ca: issuing, signer: cmp,\n"
    "      ras: [west], subject: 'CN={serial}.{vendor}' }\n"
    "  - { name: old, type: legacy-2010, ca: issuing, signer: cmp,\n"
    "      subject: 'CN={serial}.{vendor}' }\n"
    "  - { name: wait, type: open, ca: issuing, signer: cmp,\n"
    "      approval: operator, approval_of_revocations: true,\n"
    "      approval_of_general: true, approval_of_updates: true,\n"
    "      subject: 'CN={serial}.{vendor}' }\n"
    "  - { name: pass, type: open, ca: issuing, signer: cmp,\n"
    "      subject: 'CN={serial}.{vendor}', revocation_passphrases: true,\n"
    "      general: { encryption_key: sealed, encryption_certificate: "
    "../sealed.pem } }\n";

static noreturn void die(const char *what, const struct fault *f)
{
    fprintf(stderr, "mutation_scene: %s: %s\n", what, f == NULL ? "" : f->text);
    abort();
}

static void must(bool is_so, const char *what)
{
    if (!is_so)
        die(what, NULL);
}

/* --- the service --- */

static void make_ra(struct mutation_scene *s)
{
    struct sim_world *w = s->world;
    const struct test_cert *root = test_cert_make(
        w->pki,
        &(struct test_cert_spec){ .subject = "CN=West Root", .ca = true });

    s->ra = test_cert_make(
        w->pki, &(struct test_cert_spec){
                    .subject = "CN=West", .issuer = root, .eku = CMC_RA });
    must(test_pki_save(w->pki, "ra.pem", root->pem, 0644) != NULL, "ra.pem");
    must(privkey_parse(w->cx, test_key_der(s->ra->key), &s->ra_key, NULL) ==
                 ERR_OK &&
             x509_read(s->ra->der, w->arena, &s->ra_cert) == ERR_OK,
         "the RA's key");
}

static void make_encryption(struct mutation_scene *s)
{
    struct sim_world *w = s->world;
    const struct test_cert *cert = test_cert_make(
        w->pki, &(struct test_cert_spec){ .subject = "CN=Sealed",
                                          .key_usage = "keyAgreement" });

    test_pki_save(w->pki, "sealed.pem", cert->pem, 0644);
    test_pki_save(w->pki, "sealed.key", test_key_pem(cert->key), 0600);
    must(x509_read(cert->der, w->arena, &s->encryption) == ERR_OK,
         "caProtEncCert");
}

static void load_signer_key(struct mutation_scene *s)
{
    const char *path =
        arena_printf(s->world->arena, "%s/cmp.key", s->world->folder);
    struct buf text;

    buf_init(&text, 65536);
    must(file_load(path, &text, NULL) == ERR_OK &&
             privkey_parse(s->world->cx, buf_span(&text), &s->signer_key,
                           NULL) == ERR_OK,
         "the signer's key");
    buf_done(&text);
}

static void make_sealing_key(struct sim_world *w)
{
    struct buf key;

    buf_init(&key, 1024);
    must(sealing_make(w->cx, &key, NULL) == ERR_OK, "sealing key");
    test_pki_save(
        w->pki, "secrets.key",
        arena_printf(w->arena, "%.*s", (int)key.len, (const char *)key.ptr),
        0600);
    buf_done(&key);
}

static void open_rig(struct mutation_scene *s, struct rig *r,
                     const struct rig *other)
{
    struct service_options options = rig_by_hand(s->world, NULL);
    struct fault f = { 0 };
    enum err e = other == NULL ? rig_open(r, s->config, &options, &f)
                               : rig_open_on(r, other, s->config, &options, &f);

    if (e != ERR_OK)
        die("the service does not start", &f);
}

void scene_make(struct mutation_scene *s)
{
    struct sim_setup setup = {
        .kind = "mem",
        .profiles = profiles,
        .keys = "  - { name: sealed, file: ../sealed.key }\n",
    };
    const char *dir;

    *s = (struct mutation_scene){ .world = sim_world_new() };
    dir = test_pki_dir(s->world->pki);
    make_ra(s);
    make_encryption(s);
    load_signer_key(s);
    make_sealing_key(s->world);
    setup.more = arena_printf(
        s->world->arena,
        "ras: [{ name: west, anchors: [%s/ra.pem],\n"
        "    may: [nested, request, revoke, ra-verified, approve] }]\n"
        "secrets: { key_file: %s/secrets.key }\n",
        dir, dir);
    s->config = sim_world_config(s->world, &setup);
    s->arena = arena_new(SCENE_ARENA);
    must(s->arena != NULL, "memory");
    open_rig(s, &s->keeps, NULL);
    for (unsigned i = 0; i < NUM_STATIONS; i++)
        station_sim_init(&s->stations[i], s->world, i);
}

void scene_free(struct mutation_scene *s)
{
    for (size_t i = 0; i < NUM_STATIONS; i++)
        station_sim_done(&s->stations[i]);
    rig_close(&s->keeps);
    privkey_free(s->ra_key);
    privkey_free(s->signer_key);
    arena_free(s->arena);
    sim_world_free(s->world);
}

int scene_send(struct mutation_scene *s, const struct path_profile *profile,
               struct span message, struct arena *a, struct span *reply)
{
    struct rig_call call;
    int status;

    s->rig.profile = profile;
    rig_post(&s->rig, &call, message);
    rig_wait(&call);
    *reply = arena_copy(a, rig_body(&call));
    status = call.status;
    rig_call_done(&call);
    return status;
}

static const struct path_profile *profile_of(const struct mutation_scene *s,
                                             const char *name)
{
    const struct authority *au = service_line(s->rig.service)->authority;

    for (size_t i = 0; i < au->num_profiles; i++)
        if (strcmp(au->profiles[i].config->name, name) == 0)
            return &au->profiles[i];
    die("no such profile", NULL);
}

/* --- what may be sent --- */

static struct good *add(struct mutation_scene *s, const char *name)
{
    must(s->num < SCENE_MAX_GOOD, "room for messages");
    s->list[s->num] = (struct good){ .name = name };
    return &s->list[s->num++];
}

/* Out of a whole message, which says who signs. */
static struct good *add_message(struct mutation_scene *s, const char *name,
                                struct span bytes, const struct privkey *key)
{
    struct cmp_message msg;
    struct good *g = add(s, name);

    if (cmp_message_read(bytes, s->arena, &msg, NULL) != ERR_OK)
        die(name, NULL);
    g->header = msg.header;
    g->body = msg.body.der;
    g->key = key;
    g->certs = msg.extra_certs;
    g->num_certs = msg.num_extra_certs;
    return g;
}

static const struct good *good_of(const struct mutation_scene *s,
                                  const char *name)
{
    for (size_t i = 0; i < s->num; i++)
        if (strcmp(s->list[i].name, name) == 0)
            return &s->list[i];
    die(name, NULL);
}

static const struct privkey *new_key(const struct station_sim *s)
{
    return s->keys[s->num_asked % SIM_NUM_KEYS];
}

static void add_requests(struct mutation_scene *s)
{
    struct station_sim *fresh = &s->stations[FRESH];
    struct station_sim *enrolled = &s->stations[ENROLLED];
    struct station_sim *leaving = &s->stations[LEAVING];
    struct good *g;

    g = add_message(s, "ir", station_sim_ask(fresh), fresh->vendor_key);
    g->pop_key = new_key(fresh);
    must(rig_enrol(&s->rig, enrolled) && rig_enrol(&s->rig, leaving),
         "stations that enrol");
    g = add_message(s, "rr", station_sim_revoke(leaving), leaving->held[0].key);
    g->profile = profile_of(s, "lab");
    g = add_message(s, "kur", station_sim_ask(enrolled), enrolled->held[0].key);
    g->pop_key = new_key(enrolled);
}

static void add_confirmation(struct mutation_scene *s)
{
    struct station_sim *granted = &s->stations[GRANTED];
    struct good *g;

    must(rig_exchange(&s->rig, granted) == SIM_GOES_ON, "an ip");
    g = add_message(s, "certConf", station_sim_confirm(granted, SIM_ACCEPTS),
                    granted->vendor_key);
    g->profile = s->rig.profile;
    g->keeps_id = true;
}

/* PollReqContent ::= SEQUENCE OF SEQUENCE { certReqId INTEGER } */
#define POLL_BODY "\xb9\x07\x30\x05\x30\x03\x02\x01\x00"

static void add_poll(struct mutation_scene *s)
{
    struct station_sim *waiting = &s->stations[WAITING];
    const struct path_profile *profile = profile_of(s, "wait");
    struct span reply, bytes = station_sim_ask(waiting);
    struct cmp_message answer;
    struct good *g;

    must(scene_send(s, profile, bytes, s->arena, &reply) == 200 &&
             cmp_message_read(reply, s->arena, &answer, NULL) == ERR_OK &&
             answer.body.type == CMP_IP,
         "an ip that says waiting");
    g = add_message(s, "pollReq", bytes, waiting->vendor_key);
    g->profile = profile;
    g->keeps_id = true;
    g->header.recip_nonce = answer.header.sender_nonce;
    g->body = SPAN_LIT(POLL_BODY);
}

static void add_secret(struct mutation_scene *s, struct secret_record r)
{
    struct line *line = service_line(s->rig.service);
    struct change *c = change_new();

    r.state = SECRET_ACTIVE;
    r.uses_left = -1;
    r.created_at = s->world->now;
    must(c != NULL &&
             sealing_seal(line->authority->sealing, s->world->cx, r.reference,
                          SCENE_SECRET, s->arena, &r.sealed, NULL) == ERR_OK,
         "a secret");
    change_add_secret(c, &r);
    must(store_commit(line->store, c, NULL) == ERR_OK, "a secret kept");
}

/* CN=mast */
#define MAST_NAME "\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04\x03\x0c\x04mast"

static void name_by_secret(struct mutation_scene *s, struct good *g)
{
    const struct mac_params params = { .alg = MAC_PBM,
                                       .iterations = 100,
                                       .owf = DIGEST_SHA256,
                                       .mac = DIGEST_SHA256 };

    g->key = NULL;
    g->num_certs = 0;
    g->header.sender.value = SPAN_LIT(MAST_NAME);
    g->header.sender_kid = REFERENCE;
    must(mac_alg_make(s->world->cx, &params, s->arena,
                      &g->header.protection_alg.der, NULL) == ERR_OK,
         "a MAC");
}

/* A genm that brings one, and an rr under it. */
static void add_passphrase(struct mutation_scene *s)
{
    struct envelope_to to = { .way = ENVELOPE_AGREE,
                              .cipher = ENVELOPE_AES128_CBC,
                              .rid = envelope_id(&s->encryption),
                              .key = &s->encryption.spki };
    struct info_type_value info = { .id = OID_ID_IT_REV_PASSPHRASE };
    struct pki_body body = { .type = CMP_GENM, .general = { &info, 1 } };
    struct good *g = add(s, "genm with a passphrase");

    *g = *good_of(s, "kur");
    g->name = "genm with a passphrase";
    g->profile = profile_of(s, "pass");
    g->pop_key = NULL;
    g->header.pvno = 3;
    info.oid = oid_span(info.id);
    must(envelope_make(s->world->cx, &to, OID_ID_DATA, SCENE_SECRET, DER_CTX(0),
                       s->arena, &info.value, NULL) == ERR_OK &&
             cmp_body_write(&body, s->arena, &g->body) == ERR_OK,
         "a passphrase");
    g = add(s, "rr under a passphrase");
    *g = *good_of(s, "rr");
    g->name = "rr under a passphrase";
    g->profile = profile_of(s, "pass");
    name_by_secret(s, g);
}

/* Each body that others have made, from a station that may well send it. */
static void add_vectors(struct mutation_scene *s)
{
    const struct good ir = *good_of(s, "ir"), kur = *good_of(s, "kur");

    for (size_t i = 0; i < num_cmp_vectors; i++) {
        struct span bytes = cmp_vector_load(&cmp_vectors[i], s->arena);
        struct cmp_message msg;
        struct good *g = add(s, cmp_vectors[i].name);

        must(cmp_message_read(bytes, s->arena, &msg, NULL) == ERR_OK,
             cmp_vectors[i].name);
        *g = i % 3 == 0 ? ir : kur;
        g->name = cmp_vectors[i].name;
        g->body = msg.body.der;
        g->pop_key = NULL;
        if (i % 3 == 2)
            name_by_secret(s, g);
    }
}

static void add_under_secret(struct mutation_scene *s)
{
    struct good *g = add(s, "ir under a secret");

    *g = *good_of(s, "ir");
    g->name = "ir under a secret";
    g->profile = profile_of(s, "lab");
    name_by_secret(s, g);
}

void scene_begin(struct mutation_scene *s, uint64_t seed)
{
    arena_reset(s->arena);
    s->num = 0;
    open_rig(s, &s->rig, &s->keeps);
    for (unsigned i = 0; i < NUM_STATIONS; i++)
        station_sim_reset(&s->stations[i], seed);
    add_secret(
        s, (struct secret_record){ .reference = REFERENCE, .name = REFERENCE });
    add_secret(s, (struct secret_record){
                      .reference = SPAN_LIT(PASSPHRASE_PREFIX "acme/1002"),
                      .vendor = SPAN_LIT("acme"),
                      .serial = SPAN_LIT("1002"),
                      .is_weak = 1,
                      .purpose = SECRET_FOR_REVOCATION });
    add_requests(s);
    add_confirmation(s);
    add_poll(s);
    add_under_secret(s);
    add_passphrase(s);
    add_vectors(s);
}

void scene_end(struct mutation_scene *s)
{
    rig_close(&s->rig);
}
