#include "inspect/lint_scene_test.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "base/limits.h"
#include "base/text.h"

#define SCENE_ARENA (16 * LIMIT_REQUEST_ARENA)

static const struct test_cert *make_cert(struct scene *s, const char *subject,
                                         const struct test_cert *issuer)
{
    return test_cert_make(s->pki, &(struct test_cert_spec){
                                      .subject = subject,
                                      .issuer = issuer,
                                      .ca = issuer == NULL,
                                  });
}

void scene_init(struct scene *s)
{
    *s = (struct scene){ .arena = arena_new(SCENE_ARENA),
                         .pki = test_pki_new() };
    s->vendor_root = make_cert(s, "CN=Vendor Root", NULL);
    s->vendor = make_cert(s, "CN=0123456789,O=Vendor", s->vendor_root);
    s->operator_root = make_cert(s, "CN=Operator Root", NULL);
    s->station = make_cert(s, "CN=gnb-1,O=Operator", s->operator_root);
    s->server = make_cert(s, "CN=CMP Signer,O=Operator", s->operator_root);
}

void scene_done(struct scene *s)
{
    test_pki_free(s->pki);
    arena_free(s->arena);
}

struct span scene_flip(struct scene *s, struct span bytes)
{
    struct span copy = arena_copy(s->arena, bytes);

    assert_false(span_is_absent(copy));
    *(uint8_t *)(uintptr_t)(copy.ptr + copy.len - 1) ^= 1;
    return copy;
}

static struct span load(struct scene *s, const char *name)
{
    for (size_t i = 0; i < num_cmp_vectors; i++)
        if (strcmp(cmp_vectors[i].name, name) == 0)
            return cmp_vector_load(&cmp_vectors[i], s->arena);
    fail_msg("no vector %s", name);
    return SPAN_NONE;
}

/* Who signs in the place of whom the vectors' keys were. */
static const struct test_cert *signer_of(const struct scene *s,
                                         const struct cmp_message *msg)
{
    struct span name = msg->header.sender.value, cn = SPAN_NONE;

    if (mac_alg_find(&msg->header.protection_alg) != MAC_UNKNOWN ||
        !name_find(name, OID_ID_AT_COMMON_NAME, 0, &cn))
        return NULL;
    if (span_is_equal(cn, SPAN_LIT("CMP Signer")))
        return s->server;
    return span_is_equal(cn, SPAN_LIT("gnb-1")) ? s->station : s->vendor;
}

void scene_sign_by(struct scene_message *m, const struct test_cert *signer)
{
    struct cmp_message *msg = m->msg;
    struct span *certs = arena_array(m->scene->arena, 1, sizeof(*certs));
    struct x509_cert cert = { 0 };

    m->signer = signer;
    assert_int_equal(x509_read(signer->der, m->scene->arena, &cert), ERR_OK);
    assert_non_null(certs);
    certs[0] = signer->der;
    msg->header.sender.value = cert.subject;
    msg->header.sender_kid = cert.ski;
    msg->extra_certs = certs;
    msg->num_extra_certs = 1;
}

/* Written and signed anew, unless nothing was changed. */
struct span scene_write(struct scene_message *m)
{
    struct scene *s = m->scene;
    struct cmp_message *msg = m->msg;
    struct span header, body, part, sig = msg->protection.bytes, out;

    assert_int_equal(cmp_header_write(&msg->header, s->arena, &header), ERR_OK);
    assert_int_equal(cmp_body_write(&msg->body, s->arena, &body), ERR_OK);
    assert_int_equal(cmp_protected_part_write(header, body, s->arena, &part),
                     ERR_OK);
    if (m->signer != NULL && !span_is_absent(sig))
        sig = test_key_sign(m->signer->key, "SHA256", false, part);
    if (m->breaks_signature)
        sig = scene_flip(s, sig);
    assert_int_equal(cmp_message_write(header, body, sig, msg->extra_certs,
                                       msg->num_extra_certs, s->arena, &out),
                     ERR_OK);
    return out;
}

static void read_vector(struct scene *s, const char *name,
                        struct cmp_message *out)
{
    struct fault f = { 0 };

    if (cmp_message_read(load(s, name), s->arena, out, &f) != ERR_OK)
        fail_msg("%s: %s", name, f.text);
}

/* A good exchange stays as it came; one with a change is signed anew as a
 * whole, so that its messages still belong together. */
static struct span make_message(struct scene *s, const struct scene_case *c,
                                const char *name)
{
    struct cmp_message msg = { 0 };
    struct scene_message m = { .scene = s, .msg = &msg };

    if (c->changed == NULL)
        return load(s, name);
    read_vector(s, name, &msg);
    m.signer = signer_of(s, &msg);
    if (m.signer != NULL)
        scene_sign_by(&m, m.signer);
    if (strcmp(c->changed, name) == 0)
        c->change(&m);
    return scene_write(&m);
}

/* The root that the vector's own signer has. */
static struct span root_of(struct scene *s, const char *name)
{
    struct cmp_message msg = { 0 };

    read_vector(s, name, &msg);
    return msg.extra_certs[msg.num_extra_certs - 1];
}

static void give(struct scene *s, struct trusted *t)
{
    const struct {
        enum trusted_as as;
        struct span der;
    } anchors[] = { { TRUSTED_VENDOR, s->vendor_root->der },
                    { TRUSTED_VENDOR, root_of(s, "ir") },
                    { TRUSTED_OPERATOR, s->operator_root->der },
                    { TRUSTED_OPERATOR, root_of(s, "kup") } };

    for (size_t i = 0; i < sizeof(anchors) / sizeof(anchors[0]); i++)
        assert_int_equal(
            trusted_add_certs(t, anchors[i].as, anchors[i].der, NULL), ERR_OK);
    assert_int_equal(trusted_add_secret(t, SPAN_LIT(SCENE_REFERENCE),
                                        SPAN_LIT(SCENE_SECRET), NULL),
                     ERR_OK);
    assert_int_equal(trusted_seal(t, NULL), ERR_OK);
}

struct told {
    const char *name;
    struct buf text;
    bool any; /* of this message */
};

static enum err take(void *arg, const struct lint_report *report)
{
    struct told *told = arg;

    told->any = false;
    for (size_t i = 0; i < report->num; i++) {
        const struct finding_view *v = &report->list[i];

        assert_int_equal(v->verdict, VERDICT_BROKEN);
        if (v->rule->step > STEP_JUDGE_REQUEST)
            continue;
        assert_true(v->path[0] != '\0' || v->found[0] != '\0');
        if (!told->any)
            buf_printf(&told->text, "%s%s:", told->text.len > 0 ? ", " : "",
                       told->name);
        buf_printf(&told->text, " %s", v->rule->id);
        told->any = true;
    }
    return ERR_OK;
}

void scene_check(struct scene *s, const struct scene_case *c)
{
    AUTO(trusted) t = NULL;
    AUTO(lint) lint = NULL;
    struct lint_settings settings = { .now = TEST_NOW };
    struct told told = { 0 };
    char name[64];
    size_t num = 0;

    buf_init(&told.text, 4096);
    assert_int_equal(trusted_new(&t, NULL), ERR_OK);
    give(s, t);
    settings.trusted = t;
    lint_profile(&settings.profile, c->type);
    assert_int_equal(lint_new(&settings, &lint, NULL), ERR_OK);
    for (const char *at = c->messages; *at != '\0'; at += *at == ' ') {
        struct seen seen = { .number = ++num, .where = c->what };
        size_t len = strcspn(at, " ");

        snprintf(name, sizeof(name), "%.*s", (int)len, at);
        at += len;
        told.name = name;
        seen.der = make_message(s, c, name);
        assert_int_equal(lint_message(lint, &seen, take, &told, NULL), ERR_OK);
    }
    if (strcmp(buf_str(&told.text), c->broken) != 0)
        fail_msg("%s: broken: \"%s\"; expected: \"%s\"", c->what,
                 buf_str(&told.text), c->broken);
    buf_done(&told.text);
}

void scene_check_all(const struct scene_case *cases, size_t num)
{
    struct scene s;

    scene_init(&s);
    for (size_t i = 0; i < num; i++)
        scene_check(&s, &cases[i]);
    scene_done(&s);
}
