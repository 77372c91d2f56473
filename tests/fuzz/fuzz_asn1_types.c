/*
 * The small structures of types.h, picked by the record's selector: what is
 * accepted is written again as it was, and short memory changes no answer.
 */
#include <assert.h>

#include "asn1/alg.h"
#include "records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum err copy_fn(struct der *in, struct arena *a, struct der_writer *w);

static enum err copy_alg_id(struct der *in, struct arena *a,
                            struct der_writer *w)
{
    size_t mark = der_mark(w);
    const struct sig_alg_info *info;
    struct alg_id id;

    (void)a;
    TRY(alg_id_read(in, &id));
    info = sig_alg_info(sig_alg_find(&id));
    if (info != NULL)
        assert(sig_alg_find_by_name(info->name) == info->alg);
    else
        assert(sig_alg_find_by_name("") == SIG_UNKNOWN);
    assert(digest_len(digest_find(&id)) <= DIGEST_MAX_LEN);
    assert(digest_name(digest_find(&id)) != NULL);
    assert(span_is_absent(digest_alg_id(DIGEST_NONE)));
    der_put_raw(w, id.params);
    der_put_oid(w, id.oid);
    der_put_header(w, DER_SEQUENCE, mark);
    return ERR_OK;
}

static enum err copy_spki(struct der *in, struct arena *a, struct der_writer *w)
{
    struct spki key;
    enum key_kind kind;
    unsigned bits;

    (void)a;
    TRY(spki_read(in, &key));
    kind = key_kind_find(&key);
    assert(key_kind_name(kind) != NULL);
    assert((kind == KEY_UNKNOWN) == !sig_alg_fits(sig_alg_default(kind), kind));
    bits = key_bits(&key);
    assert(kind != KEY_UNKNOWN || bits == 0);
    spki_put(w, &key);
    return ERR_OK;
}

static enum err copy_extensions(struct der *in, struct arena *a,
                                struct der_writer *w)
{
    size_t mark = der_mark(w);
    struct extensions x;

    TRY(extensions_read(in, a, &x));
    for (size_t i = 0; i < x.num; i++) {
        if (x.list[i].id != OID_UNKNOWN)
            assert(extension_find(&x, x.list[i].id) == &x.list[i]);
    }
    assert(x.list[0].id == OID_ID_CE_KEY_USAGE ||
           extension_find(&x, OID_ID_CE_KEY_USAGE) != &x.list[0]);
    extensions_put_content(w, &x);
    der_put_header(w, DER_SEQUENCE, mark);
    return ERR_OK;
}

static enum err copy_general_name(struct der *in, struct arena *a,
                                  struct der_writer *w)
{
    struct general_name name;

    (void)a;
    TRY(general_name_read(in, &name));
    if (name.type == GN_DIRECTORY)
        general_name_put_directory(w, name.value);
    else
        general_name_put(w, &name);
    return ERR_OK;
}

static enum err copy_general_names(struct der *in, struct arena *a,
                                   struct der_writer *w)
{
    AUTO(arena) small = arena_new(64);
    size_t mark = der_mark(w);
    struct general_names names;
    const char *text;

    assert(small != NULL);
    TRY(general_names_read(in, a, &names));
    text = general_names_format(&names, a);
    assert(text == NULL || text[0] != '\0');
    text = general_names_format(&names, small);
    assert(text == NULL || text[0] != '\0');
    for (size_t i = names.num; i-- > 0;)
        general_name_put(w, &names.list[i]);
    der_put_header(w, DER_SEQUENCE, mark);
    return ERR_OK;
}

static enum err copy_content(struct der *in, struct arena *a,
                             struct der_writer *w)
{
    struct der again = *in;
    struct alg_id id;
    struct spki key;

    (void)a;
    if (alg_id_read_content(in, &id) == ERR_OK) {
        der_put_raw(w, id.params);
        der_put_oid(w, id.oid);
        return ERR_OK;
    }
    TRY(spki_read_content(&again, &key));
    *in = again;
    der_put_bit_octets(w, DER_BIT_STRING, key.key);
    der_put_raw(w, key.alg.der);
    return ERR_OK;
}

static copy_fn *const copies[] = {
    copy_alg_id,       copy_spki,          copy_extensions,
    copy_general_name, copy_general_names, copy_content,
};
#define NUM_COPIES (sizeof(copies) / sizeof(copies[0]))

static enum err run(copy_fn *copy, struct span in, struct arena *a)
{
    struct der_fail noted = { 0 };
    struct der cursor = der_open(in, &noted);
    const uint8_t *start = cursor.next;
    struct der_writer w;
    struct span out;

    der_writer_init(&w, a, in.len);
    TRY(copy(&cursor, a, &w));
    TRY(der_finish(&w, &out));
    assert(cursor.next <= start + in.len);
    assert(span_is_equal(out, span_of(start, (size_t)(cursor.next - start))));
    return ERR_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(arena) a = arena_new((size_t)16 * 1024 * 1024);
    struct span in = span_of(data, size);
    struct record r;

    assert(a != NULL);
    while (record_take(&in, &r)) {
        copy_fn *copy = copies[r.selector % NUM_COPIES];
        enum err e;

        arena_reset(a);
        e = run(copy, r.bytes, a);
        assert(e != ERR_NO_MEM);
        for (size_t cap = 16; cap <= 256; cap *= 2) {
            AUTO(arena) small = arena_new(cap);
            enum err again;

            assert(small != NULL);
            again = run(copy, r.bytes, small);
            assert(again == e || again == ERR_NO_MEM);
        }
    }
    return 0;
}
