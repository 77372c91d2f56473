/*
 * The tree beside the decoders: what they read, it reads without a problem, and
 * what they refuse has one, over everything that their fuzzing has found.
 */
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "asn1/cms.h"
#include "asn1/itav.h"
#include "base/file.h"
#include "base/limits.h"
#include "inspect/tree.h"
#include "support/cmp_vectors.h"

#define ARENA_CAP (2 * TREE_ARENA_LEN)

static enum err read_message(struct der *in, struct arena *a)
{
    struct cmp_message x;
    struct span rest = span_of(in->next, (size_t)(in->end - in->next));

    in->next = in->end;
    return cmp_message_read(rest, a, &x, NULL);
}

static enum err read_cert(struct der *in, struct arena *a)
{
    struct x509_cert x;
    struct span rest = span_of(in->next, (size_t)(in->end - in->next));

    in->next = in->end;
    return x509_read_at(rest, a, in->fail, &x);
}

static enum err read_crl(struct der *in, struct arena *a)
{
    struct x509_crl x;
    struct span rest = span_of(in->next, (size_t)(in->end - in->next));

    in->next = in->end;
    return x509_crl_read(rest, a, &x);
}

static enum err read_enveloped(struct der *in, struct arena *a)
{
    struct cms_enveloped x;

    return cms_enveloped_read(in, DER_SEQUENCE, a, &x);
}

#define READER(id, fn, type)                                   \
    static enum err read_##id(struct der *in, struct arena *a) \
    {                                                          \
        struct type x;                                         \
        return fn(in, a, &x);                                  \
    }
#define READER_PLAIN(id, fn, type)                             \
    static enum err read_##id(struct der *in, struct arena *a) \
    {                                                          \
        struct type x;                                         \
        (void)a;                                               \
        return fn(in, &x);                                     \
    }
READER(header, cmp_header_read, pki_header)
READER(body, cmp_body_read, pki_body)
READER(cert_req_msgs, cert_req_msgs_read, cert_req_msgs)
READER(cert_template, cert_template_read, cert_template)
READER(cert_rep, cert_rep_read, cert_rep_message)
READER(cert_conf, cert_conf_read, cert_conf)
READER(status_info, status_info_read, pki_status_info)
READER(error_msg, error_msg_read, error_msg)
READER(rev_req, rev_req_read, rev_req)
READER(rev_rep, rev_rep_read, rev_rep)
READER(rev_ann, rev_ann_read, rev_ann)
READER(poll_req, poll_req_read, poll_req)
READER(poll_rep, poll_rep_read, poll_rep)
READER(pop_challenges, pop_challenges_read, pop_challenges)
READER(pop_answers, pop_answers_read, pop_answers)
READER(key_rec_rep, key_rec_rep_read, key_rec_rep)
READER(info_list, info_list_read, info_list)
READER(alg_list, alg_list_read, alg_list)
READER(oid_list, oid_list_read, span_list)
READER(certs, ca_certs_read, span_list)
READER(crls, crls_read, span_list)
READER(messages, orig_messages_read, span_list)
READER(cert_req_template, cert_req_template_read, cert_req_template)
READER(crl_status_list, crl_status_list_read, crl_status_list)
READER(signed, cms_signed_read, cms_signed)
READER(key_package, cms_key_package_read, cms_key_package)
READER(p10, p10_read, p10_request)
READER_PLAIN(pop_rand, pop_rand_read, pop_rand)
READER_PLAIN(cert_id, cert_id_read, cert_id)
READER_PLAIN(name, name_read, span)
READER_PLAIN(kem_ciphertext, kem_ciphertext_read, kem_ciphertext)
READER_PLAIN(ca_key_update, ca_key_update_read, ca_key_update)
READER_PLAIN(content_info, cms_content_info_read, cms_content_info)
READER_PLAIN(encrypted_value, encrypted_value_read, encrypted_value)

static const struct decoder {
    const char *corpus;
    const char *type;
    enum err (*read)(struct der *in, struct arena *a);
} decoders[] = {
    { "asn1_cmp_message", "PKIMessage", read_message },
    { "asn1_cmp_header", "PKIHeader", read_header },
    { "asn1_cmp_body", "PKIBody", read_body },
    { "asn1_cert_req_msgs", "CertReqMessages", read_cert_req_msgs },
    { "asn1_cert_template", "CertTemplate", read_cert_template },
    { "asn1_cert_rep", "CertRepMessage", read_cert_rep },
    { "asn1_cert_conf", "CertConfirmContent", read_cert_conf },
    { "asn1_cert_id", "CertId", read_cert_id },
    { "asn1_status_info", "PKIStatusInfo", read_status_info },
    { "asn1_error_msg", "ErrorMsgContent", read_error_msg },
    { "asn1_rev_req", "RevReqContent", read_rev_req },
    { "asn1_rev_rep", "RevRepContent", read_rev_rep },
    { "asn1_rev_ann", "RevAnnContent", read_rev_ann },
    { "asn1_poll_req", "PollReqContent", read_poll_req },
    { "asn1_poll_rep", "PollRepContent", read_poll_rep },
    { "asn1_pop_challenges", "POPODecKeyChallContent", read_pop_challenges },
    { "asn1_pop_answers", "POPODecKeyRespContent", read_pop_answers },
    { "asn1_pop_rand", "Rand", read_pop_rand },
    { "asn1_key_rec_rep", "KeyRecRepContent", read_key_rec_rep },
    { "asn1_ca_key_update", "CAKeyUpdContent", read_ca_key_update },
    { "asn1_info_list", "GenMsgContent", read_info_list },
    { "asn1_alg_list", "SEQUENCE OF AlgorithmIdentifier", read_alg_list },
    { "asn1_oid_list", "SEQUENCE OF OBJECT IDENTIFIER", read_oid_list },
    { "asn1_whole_lists", "SEQUENCE OF CMPCertificate", read_certs },
    { "asn1_whole_lists", "SEQUENCE OF CertificateList", read_crls },
    { "asn1_whole_lists", "PKIMessages", read_messages },
    { "asn1_cert_req_template", "CertReqTemplateContent",
      read_cert_req_template },
    { "asn1_crl_status_list", "SEQUENCE OF CRLStatus", read_crl_status_list },
    { "asn1_kem_ciphertext", "KemCiphertextInfo", read_kem_ciphertext },
    { "asn1_cms_content_info", "ContentInfo", read_content_info },
    { "asn1_cms_enveloped", "EnvelopedData", read_enveloped },
    { "asn1_cms_signed", "SignedData", read_signed },
    { "asn1_cms_key_package", "AsymmetricKeyPackage", read_key_package },
    { "asn1_encrypted_value", "EncryptedValue", read_encrypted_value },
    { "asn1_name", "Name", read_name },
    { "asn1_p10", "CertificationRequest", read_p10 },
    { "asn1_x509", "Certificate", read_cert },
    { "asn1_crl", "CertificateList", read_crl },
};

/*
 * What the decoders keep whole and the tree opens: a problem inside is none of
 * theirs.
 */
static const struct {
    const char *type;
    const char *field; /* where the type does not say it */
} kept_whole[] = {
    { "Certificate", NULL },     /* opened where it is judged */
    { "CertificateList", NULL }, /* likewise */
    { "PKIMessage", NULL },      /* nested and original messages, likewise */
    { "EnvelopedData", NULL },   /* opened by who holds the key */
    { "EncryptedValue", NULL },
    { "KEKRecipientInfo", NULL },   /* never taken */
    { "OtherRecipientInfo", NULL }, /* likewise */
    { "Attribute", NULL },          /* of those that nobody signed */
    { "CertificateChoices", NULL }, /* attribute certificates: never taken */
    { "PKIPublicationInfo", NULL }, /* nobody publishes by it */
    { NULL, "infoValue" },          /* opened by who asks for it */
    { NULL, "parameters" },         /* opened where the algorithm is known */
    { NULL, "extnValue" },
};

static bool is_kept_whole(const struct tree_node *node)
{
    for (; node->parent != NULL; node = node->parent) {
        for (size_t i = 0; i < sizeof(kept_whole) / sizeof(kept_whole[0]);
             i++) {
            if (kept_whole[i].type != NULL &&
                strcmp(kept_whole[i].type, node->type) == 0)
                return true;
            if (kept_whole[i].field != NULL && node->field != NULL &&
                strcmp(kept_whole[i].field, node->field) == 0)
                return true;
        }
    }
    return false;
}

/*
 * What the decoders refuse besides what ASN.1 and DER ask, by where that is:
 * the end of the path in their fault. ERR_LIMIT is a bound, and the tree's are
 * others.
 */
static const char *const asked_besides[] = {
    "signature",        /* a BIT STRING of whole octets */
    "signatureValue",   /* likewise */
    "subjectPublicKey", /* likewise */
    "encValue",         /* likewise */
    "extensions[1]",    /* no extension twice (RFC 5280, 4.2) */
    "crlEntryDetails[1]",
    "extensionRequest[1]",
    "serialNumber",    /* not negative (RFC 5280, 4.1.2.2) */
    "userCertificate", /* likewise */
    "rsaKeyLen",       /* at least 1 */
    "pathLenConstraint",
    "validity",     /* one of the two (RFC 4211, 5) */
    "notAfter",     /* UTCTime through 2049 (RFC 5280, 4.1.2.5) */
    "thisUpdate",   /* likewise */
    "badSinceDate", /* no fractions (RFC 5280, 4.1.2.5.2) */
    "recipientEncryptedKeys[0].rid", /* no date, no attribute */
    "signedAttrs",    /* contentType and messageDigest are there */
    "signedAttrs[0]", /* with one value each */
    "signedAttrs[1]", /* no type twice */
    "attributes[0]",  /* likewise, of a request */
    "attributes[1]",
    "challengePassword",  /* some characters, no NUL (RFC 2985, 5.4.1) */
    "version",            /* v1 is the default, and not written */
    "signatureAlgorithm", /* equal to that inside (RFC 5280, 4.1.1.2) */
    /* The reader of CRLs names no fields; these are inputs. */
    "entries-none", /* left out when empty (RFC 5280, 5.1.2.6) */
    "v1-encoded",   /* the default, as above */
    "algorithms-differ",
};

static bool ends_with(const char *path, const char *end)
{
    size_t n = strlen(path), k = strlen(end);

    return n >= k && strcmp(path + n - k, end) == 0;
}

static bool is_asked_besides(const char *path)
{
    for (size_t i = 0; i < sizeof(asked_besides) / sizeof(asked_besides[0]);
         i++) {
        if (ends_with(path, asked_besides[i]))
            return true;
    }
    return false;
}

/* Where a decoder reads on, the tree has to. */
static void problems_are_inside(const struct decoder *d, const char *file,
                                const struct tree *tree)
{
    for (const struct tree_node *n = tree->root; n != NULL;
         n = tree_next(n, tree->root)) {
        struct buf text;

        if (n->problem == NULL || is_kept_whole(n))
            continue;
        buf_init(&text, 4096);
        tree_path(n, &text);
        buf_add_str(&text, " ");
        tree_problem_format(n->problem, &text);
        fail_msg("%s/%s: %s", d->corpus, file, buf_str(&text));
    }
}

static void compare(const struct decoder *d, const char *file,
                    struct span bytes, struct arena *a)
{
    struct der_fail noted = { 0 };
    struct der in = der_open(bytes, &noted);
    struct tree tree;
    struct fault f = { 0 };
    enum err e = d->read(&in, a);

    if (e == ERR_OK)
        e = der_end(&in);
    assert_int_equal(tree_read_der(bytes, d->type, a, &tree, &f), ERR_OK);
    if (e == ERR_OK)
        problems_are_inside(d, file, &tree);
    else if (e != ERR_LIMIT && tree.num_problems == 0 &&
             !is_asked_besides(noted.path[0] != '\0' ? noted.path : file))
        fail_msg("%s/%s: %s at %s, and no problem in the tree", d->corpus, file,
                 err_name(e), noted.path);
}

static void decoders_agree(void **state)
{
    AUTO(arena) a = arena_new(ARENA_CAP);

    (void)state;
    for (size_t i = 0; i < sizeof(decoders) / sizeof(decoders[0]); i++) {
        char path[1024];
        struct dirent *entry;
        DIR *dir;

        snprintf(path, sizeof(path), "%s/../fuzz/corpus/%s", VECTORS,
                 decoders[i].corpus);
        dir = opendir(path);
        assert_non_null(dir);
        while ((entry = readdir(dir)) != NULL) {
            struct buf bytes;
            struct fault f = { 0 };

            if (entry->d_name[0] == '.')
                continue;
            snprintf(path, sizeof(path), "%s/../fuzz/corpus/%s/%s", VECTORS,
                     decoders[i].corpus, entry->d_name);
            buf_init(&bytes, LIMIT_FILE_LEN);
            assert_int_equal(file_load(path, &bytes, &f), ERR_OK);
            arena_reset(a);
            compare(&decoders[i], entry->d_name, buf_span(&bytes), a);
            buf_done(&bytes);
        }
        closedir(dir);
    }
}

/* Every start of a message has one problem: that it ends there. */
static void starts_have_one_problem(void **state)
{
    AUTO(arena) a = arena_new(ARENA_CAP);
    AUTO(arena) vectors = arena_new(16 * LIMIT_REQUEST_ARENA);

    (void)state;
    for (size_t i = 0; i < num_cmp_vectors; i++) {
        struct span whole = cmp_vector_load(&cmp_vectors[i], vectors);

        /* The first ones byte by byte, the rest in steps. */
        for (size_t len = 0; len < whole.len; len += i < 3 ? 1 : 13) {
            struct tree tree;

            arena_reset(a);
            assert_int_equal(tree_read_der(span_of(whole.ptr, len),
                                           "PKIMessage", a, &tree, NULL),
                             ERR_OK);
            assert_int_equal(tree.num_problems, 1);
            assert_int_equal(tree.problem->problem->at, len);
        }
        arena_reset(vectors);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decoders_agree),
        cmocka_unit_test(starts_have_one_problem),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
