/*
 * Certificates. What is accepted, of version 3 and without the named
 * leniencies, is written again as it was; with them it is written shorter, and
 * that reads the same.
 */
#include <assert.h>

#include "asn1/x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct span write_again(const struct x509_cert *c, struct arena *a)
{
    struct tbs_cert tbs = { c->serial,     c->tbs_alg.der, c->issuer,
                            c->not_before, c->not_after,   c->subject,
                            c->spki.der,   SPAN_NONE };
    struct der_writer w;
    struct span out;

    der_writer_init(&w, a, 0);
    extensions_put_content(&w, &c->extensions);
    assert(der_finish(&w, &tbs.extensions) == ERR_OK);
    der_writer_init(&w, a, 0);
    tbs_cert_put(&w, &tbs);
    assert(der_finish(&w, &out) == ERR_OK);
    der_writer_init(&w, a, 0);
    signed_put(&w, out, c->sig_alg.der, c->signature);
    assert(der_finish(&w, &out) == ERR_OK);
    return out;
}

static void check_rewrite(const struct x509_cert *c, struct arena *a)
{
    struct span first = write_again(c, a);
    struct x509_cert again;

    assert(x509_read(first, a, &again) == ERR_OK);
    assert(again.version == 3);
    assert(span_is_equal(again.serial, c->serial));
    assert(again.not_before == c->not_before &&
           again.not_after == c->not_after);
    assert(again.extensions.num == c->extensions.num);
    assert(span_is_equal(write_again(&again, a), first));
    if (c->version == 3) {
        assert(first.len <= c->der.len);
        assert(first.len < c->der.len || span_is_equal(first, c->der));
    }
}

/* The extensions that we can write, from what was read of them. */
static void check_extensions(const struct x509_cert *c, struct arena *a)
{
    static const enum oid purposes[] = { OID_ID_KP_CMC_RA };
    struct general_names names = { 0 };
    struct der in = der_open(c->san, NULL);
    struct extensions x;
    struct der_writer w;
    struct span out;
    size_t mark;

    if (!span_is_absent(c->san)) {
        assert(general_names_read(&in, a, &names) == ERR_OK);
        assert(general_names_format(&names, a) != NULL);
    }
    der_writer_init(&w, a, 0);
    mark = der_mark(&w);
    if (names.num > 0)
        ext_put_san(&w, names.list, names.num, true);
    ext_put_crl_url(&w, SPAN_LIT("http://c.example/"));
    ext_put_eku(&w, purposes, 1);
    ext_put_aki(&w, c->aki);
    ext_put_ski(&w, c->ski);
    ext_put_basic_constraints(&w, c->is_ca, c->has_path_len ? c->path_len : -1);
    ext_put_key_usage(&w, c->key_usage);
    ext_put(&w, OID_ID_PE_NFTYPE, true, c->san);
    der_put_header(&w, DER_SEQUENCE, mark);
    assert(der_finish(&w, &out) == ERR_OK);
    in = der_open(out, NULL);
    assert(extensions_read(&in, a, &x) == ERR_OK);
}

static void check_judgements(const struct x509_cert *c)
{
    assert(!x509_has_eku(c, OID_ID_KP_CMC_RA) || !span_is_absent(c->eku));
    assert(x509_may(c, 0));
    assert(x509_is_self_issued(c) == name_is_equal(c->issuer, c->subject));
    assert(key_bits(&c->spki) == 0 || key_kind_find(&c->spki) != KEY_UNKNOWN);
    assert(sig_alg_find(&c->sig_alg) == sig_alg_find(&c->tbs_alg));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) a = arena_new((size_t)64 * 1024 * 1024);
    AUTO(arena) small = arena_new(64);
    struct span in = span_of(data, size);
    struct der_fail noted = { 0 };
    struct x509_cert c;
    enum err e;

    assert(a != NULL && small != NULL);
    /* Nothing that is no list of purposes is a permission. */
    c = (struct x509_cert){ .eku = in };
    assert(!x509_has_eku(&c, OID_UID) || size > 4);
    e = x509_read_at(in, a, &noted, &c);
    assert((noted.at != NULL) == (e != ERR_OK));
    if (e != ERR_OK) {
        assert(noted.at >= data && noted.at <= data + size);
        return 0;
    }
    e = x509_read(in, small, &c);
    assert(e == ERR_OK || e == ERR_NO_MEM);
    assert(x509_read(in, a, &c) == ERR_OK && span_is_equal(c.der, in));
    check_rewrite(&c, a);
    check_extensions(&c, a);
    check_judgements(&c);
    return 0;
}
