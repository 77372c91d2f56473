#include "asn1/types.h"

#include "asn1/internal.h"
#include "base/limits.h"

bool ascii_is_valid(struct span text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == 0 || text.ptr[i] > 0x7f)
            return false;
    }
    return true;
}

bool printable_is_valid(struct span text)
{
    static const char others[] = " '()+,-./:=?";

    for (size_t i = 0; i < text.len; i++) {
        uint8_t c = text.ptr[i];

        if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') &&
            !(c >= '0' && c <= '9') &&
            memchr(others, c, sizeof(others) - 1) == NULL)
            return false;
    }
    return true;
}

/* --- AlgorithmIdentifier, SubjectPublicKeyInfo --- */

/*
 * AlgorithmIdentifier ::= SEQUENCE {
 *     algorithm   OBJECT IDENTIFIER,
 *     parameters  ANY DEFINED BY algorithm OPTIONAL }
 */
enum err alg_id_read_content(struct der *content, struct alg_id *out)
{
    struct alg_id id = { 0 };
    unsigned tag;

    TRY(der_at(content, "algorithm", der_oid(content, &id.oid)));
    if (der_has_more(content))
        TRY(der_at(content, "parameters", der_any(content, &tag, &id.params)));
    TRY(der_end(content));
    id.id = oid_find(id.oid);
    *out = id;
    return ERR_OK;
}

void alg_id_set(struct alg_id *alg, enum oid id)
{
    alg->oid = oid_span(id);
    alg->id = id;
}

enum err alg_id_read(struct der *in, struct alg_id *out)
{
    const uint8_t *start = in->next;
    struct alg_id id;
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(alg_id_read_content(&seq, &id));
    id.der = span_of(start, (size_t)(in->next - start));
    *out = id;
    return ERR_OK;
}

/*
 * SubjectPublicKeyInfo ::= SEQUENCE {
 *     algorithm         AlgorithmIdentifier,
 *     subjectPublicKey  BIT STRING }
 */
enum err spki_read_content(struct der *content, struct spki *out)
{
    struct spki key = { 0 };

    TRY(der_at(content, "algorithm", alg_id_read(content, &key.alg)));
    TRY(der_at(content, "subjectPublicKey",
               der_bit_octets(content, DER_BIT_STRING, &key.key)));
    TRY(der_end(content));
    *out = key;
    return ERR_OK;
}

enum err spki_read(struct der *in, struct spki *out)
{
    const uint8_t *start = in->next;
    struct spki key;
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(spki_read_content(&seq, &key));
    key.der = span_of(start, (size_t)(in->next - start));
    *out = key;
    return ERR_OK;
}

void spki_put(struct der_writer *w, const struct spki *key)
{
    size_t mark = der_mark(w), alg;

    der_put_bit_octets(w, DER_BIT_STRING, key->key);
    alg = der_mark(w);
    der_put_raw(w, key->alg.params);
    der_put_oid(w, key->alg.oid);
    der_put_header(w, DER_SEQUENCE, alg);
    der_put_header(w, DER_SEQUENCE, mark);
}

/* --- Extensions --- */

/*
 * Extension ::= SEQUENCE {
 *     extnID     OBJECT IDENTIFIER,
 *     critical   BOOLEAN DEFAULT FALSE,
 *     extnValue  OCTET STRING }
 */
enum err extension_read(struct der *in, struct extension *out)
{
    struct extension ext = { 0 };
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    TRY(der_at(&seq, "extnID", der_oid(&seq, &ext.oid)));
    if (der_next_is(&seq, DER_BOOLEAN)) {
        TRY(der_at(&seq, "critical", der_bool(&seq, &ext.critical)));
        if (!ext.critical)
            return der_at(&seq, "critical", der_refuse(&seq, ERR_BAD_DER));
    }
    TRY(der_at(&seq, "extnValue", der_octets(&seq, &ext.value)));
    TRY(der_end(&seq));
    ext.id = oid_find(ext.oid);
    *out = ext;
    return ERR_OK;
}

/* How many elements are left; reads ahead on a copy of the cursor. */
static enum err count_elements(struct der in, size_t max, size_t *out)
{
    struct span whole;
    unsigned tag;
    size_t num = 0;

    while (der_has_more(&in)) {
        if (num == max)
            return der_refuse(&in, ERR_LIMIT);
        TRY(der_nth(&in, num, der_any(&in, &tag, &whole)));
        num++;
    }
    if (num == 0)
        return der_refuse(&in, ERR_BAD_DER);
    *out = num;
    return ERR_OK;
}

static bool is_listed(const struct extension *list, size_t num, struct span oid)
{
    for (size_t i = 0; i < num; i++) {
        if (span_is_equal(list[i].oid, oid))
            return true;
    }
    return false;
}

/* Extensions ::= SEQUENCE SIZE (1..MAX) OF Extension */
enum err extensions_read_content(struct der *content, struct arena *a,
                                 struct extensions *out)
{
    struct extension *list;
    size_t num = 0;

    TRY(count_elements(*content, LIMIT_EXTENSIONS, &num));
    list = arena_array(a, num, sizeof(*list));
    if (list == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < num; i++) {
        struct der start = *content;

        TRY(der_nth(content, i, extension_read(content, &list[i])));
        if (is_listed(list, i, list[i].oid))
            return der_nth(content, i, der_refuse(&start, ERR_BAD_DER));
    }
    *out = (struct extensions){ list, num };
    return ERR_OK;
}

enum err extensions_read(struct der *in, struct arena *a,
                         struct extensions *out)
{
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    return extensions_read_content(&seq, a, out);
}

void extensions_put_content(struct der_writer *w, const struct extensions *x)
{
    for (size_t i = x->num; i-- > 0;) {
        size_t mark = der_mark(w);

        der_put_octets(w, DER_OCTET_STRING, x->list[i].value);
        if (x->list[i].critical)
            der_put_bool(w, true);
        der_put_oid(w, x->list[i].oid);
        der_put_header(w, DER_SEQUENCE, mark);
    }
}

const struct extension *extension_find(const struct extensions *x, enum oid id)
{
    for (size_t i = 0; i < x->num; i++) {
        if (x->list[i].id == id)
            return &x->list[i];
    }
    return NULL;
}

/* --- GeneralName --- */

struct general_name_kind {
    unsigned tag;
    const char *label;
    enum err (*check)(struct der *content, struct span *value);
};

/* AnotherName ::= SEQUENCE { type-id OID, value [0] EXPLICIT ANY } */
static enum err check_other(struct der *content, struct span *value)
{
    struct span oid, inner;
    struct der tagged;
    unsigned tag;

    (void)value;
    TRY(der_at(content, "type-id", der_oid(content, &oid)));
    TRY(der_enter(content, DER_CTX(0), &tagged));
    TRY(der_at(content, "value", der_any(&tagged, &tag, &inner)));
    TRY(der_end(&tagged));
    return der_end(content);
}

static enum err check_ia5(struct der *content, struct span *value)
{
    return ascii_is_valid(*value) ? ERR_OK : der_refuse(content, ERR_BAD_DER);
}

/* directoryName is EXPLICIT, since Name is a CHOICE. */
static enum err check_directory(struct der *content, struct span *value)
{
    TRY(name_read(content, value));
    return der_end(content);
}

/* IPv4 or IPv6, without the mask that only nameConstraints have. */
static enum err check_ip(struct der *content, struct span *value)
{
    bool ok = value->len == 4 || value->len == 16;

    return ok ? ERR_OK : der_refuse(content, ERR_BAD_DER);
}

static enum err check_registered_id(struct der *content, struct span *value)
{
    return oid_is_valid(*value) ? ERR_OK : der_refuse(content, ERR_BAD_DER);
}

/* Elements of any kind: kept as they are, if they are elements. */
static enum err check_elements(struct der *content, struct span *value)
{
    struct span whole;
    unsigned tag;

    (void)value;
    while (der_has_more(content))
        TRY(der_any(content, &tag, &whole));
    return ERR_OK;
}

static const struct general_name_kind kinds[] = {
    [GN_OTHER] = { DER_CTX(0), "otherName", check_other },
    [GN_EMAIL] = { DER_CTX_PRIM(1), "email", check_ia5 },
    [GN_DNS] = { DER_CTX_PRIM(2), "DNS", check_ia5 },
    [GN_X400] = { DER_CTX(3), "x400Address", check_elements },
    [GN_DIRECTORY] = { DER_CTX(4), "DirName", check_directory },
    [GN_EDI] = { DER_CTX(5), "ediPartyName", check_elements },
    [GN_URI] = { DER_CTX_PRIM(6), "URI", check_ia5 },
    [GN_IP] = { DER_CTX_PRIM(7), "IP", check_ip },
    [GN_REGISTERED_ID] = { DER_CTX_PRIM(8), "RID", check_registered_id },
};
#define NUM_KINDS (sizeof(kinds) / sizeof(kinds[0]))

enum err general_name_read(struct der *in, struct general_name *out)
{
    const uint8_t *start = in->next;
    unsigned tag = der_next_tag(in);
    struct general_name name;
    struct span value;
    struct der content;
    size_t i = 0;

    while (i < NUM_KINDS && kinds[i].tag != tag)
        i++;
    if (i == NUM_KINDS)
        return der_refuse(in, ERR_BAD_DER);
    TRY(der_enter(in, tag, &content));
    value = span_of(content.next, (size_t)(content.end - content.next));
    TRY(der_at(in, kinds[i].label, kinds[i].check(&content, &value)));
    name.der = span_of(start, (size_t)(in->next - start));
    name.type = (enum general_name_type)i;
    name.value = value;
    *out = name;
    return ERR_OK;
}

void general_name_put(struct der_writer *w, const struct general_name *name)
{
    der_put_content(w, kinds[name->type].tag, name->value);
}

void general_name_put_directory(struct der_writer *w, struct span name)
{
    der_put_content(w, kinds[GN_DIRECTORY].tag, name);
}

enum err general_names_read_content(struct der *content, struct arena *a,
                                    struct general_names *out)
{
    struct general_name *list;
    size_t num = 0;

    TRY(count_elements(*content, LIMIT_GENERAL_NAMES, &num));
    list = arena_array(a, num, sizeof(*list));
    if (list == NULL)
        return ERR_NO_MEM;
    for (size_t i = 0; i < num; i++)
        TRY(der_nth(content, i, general_name_read(content, &list[i])));
    *out = (struct general_names){ list, num };
    return ERR_OK;
}

/* GeneralNames ::= SEQUENCE SIZE (1..MAX) OF GeneralName */
enum err general_names_read(struct der *in, struct arena *a,
                            struct general_names *out)
{
    struct der seq;

    TRY(der_enter(in, DER_SEQUENCE, &seq));
    return general_names_read_content(&seq, a, out);
}

void general_names_put_content(struct der_writer *w,
                               const struct general_names *names)
{
    for (size_t i = names->num; i-- > 0;)
        general_name_put(w, &names->list[i]);
}

enum err general_names_check_content(struct der *content)
{
    struct general_name name;
    size_t num = 0;

    TRY(count_elements(*content, LIMIT_GENERAL_NAMES, &num));
    for (size_t i = 0; i < num; i++)
        TRY(der_nth(content, i, general_name_read(content, &name)));
    return ERR_OK;
}

/* "192.0.2.1", or eight groups of hexadecimal digits. */
static void add_ip(struct text *t, struct span ip)
{
    static const char *const digits[] = { "0", "1", "2", "3", "4",
                                          "5", "6", "7", "8", "9" };

    for (size_t i = 0; i < ip.len; i++) {
        uint8_t octet = ip.ptr[i];

        if (ip.len == 16) {
            if (i > 0 && i % 2 == 0)
                text_add_str(t, ":");
            text_add_hex(t, span_of(&octet, 1));
            continue;
        }
        if (i > 0)
            text_add_str(t, ".");
        if (octet >= 100)
            text_add_str(t, digits[octet / 100]);
        if (octet >= 10)
            text_add_str(t, digits[octet / 10 % 10]);
        text_add_str(t, digits[octet % 10]);
    }
}

static void add_oid(struct text *t, struct span oid)
{
    char dotted[5 * LIMIT_OID_LEN];

    oid_format(oid, dotted, sizeof(dotted));
    text_add_str(t, dotted);
}

static void add_general_name(struct text *t, const struct general_name *name,
                             struct arena *a)
{
    struct der content = der_open(name->value, NULL);
    const char *directory;
    struct span oid;

    text_add_str(t, kinds[name->type].label);
    text_add_str(t, ":");
    switch (name->type) {
    case GN_EMAIL:
    case GN_DNS:
    case GN_URI:
        text_add_printable(t, name->value);
        break;
    case GN_DIRECTORY:
        directory = name_format(name->value, a);
        t->failed = t->failed || directory == NULL;
        text_add_str(t, directory != NULL ? directory : "");
        break;
    case GN_IP:
        add_ip(t, name->value);
        break;
    case GN_REGISTERED_ID:
        add_oid(t, name->value);
        break;
    case GN_OTHER:
        if (der_oid(&content, &oid) == ERR_OK)
            add_oid(t, oid);
        break;
    case GN_X400:
    case GN_EDI:
        text_add_hex(t, name->value);
        break;
    }
}

const char *general_names_format(const struct general_names *names,
                                 struct arena *a)
{
    struct text t;
    size_t size = 1;

    /* A directoryName needs most: see name_format. */
    for (size_t i = 0; i < names->num; i++)
        size += 5 * names->list[i].value.len + 64;
    text_init(&t, a, size);
    for (size_t i = 0; i < names->num; i++) {
        if (i > 0)
            text_add_str(&t, ", ");
        add_general_name(&t, &names->list[i], a);
    }
    return text_done(&t);
}
