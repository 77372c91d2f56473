#include <stdio.h>

#include "der/der.h"

struct tag_name {
    unsigned tag;
    const char *name;
};

static const struct tag_name tag_names[] = {
    { DER_BOOLEAN, "BOOLEAN" },
    { DER_INTEGER, "INTEGER" },
    { DER_BIT_STRING, "BIT STRING" },
    { DER_OCTET_STRING, "OCTET STRING" },
    { DER_NULL, "NULL" },
    { DER_OID, "OBJECT IDENTIFIER" },
    { DER_ENUMERATED, "ENUMERATED" },
    { DER_UTF8_STRING, "UTF8String" },
    { DER_PRINTABLE_STRING, "PrintableString" },
    { DER_TELETEX_STRING, "TeletexString" },
    { DER_IA5_STRING, "IA5String" },
    { DER_UTC_TIME, "UTCTime" },
    { DER_GENERALIZED_TIME, "GeneralizedTime" },
    { DER_UNIVERSAL_STRING, "UniversalString" },
    { DER_BMP_STRING, "BMPString" },
    { DER_SEQUENCE, "SEQUENCE" },
    { DER_SET, "SET" },
};

const char *der_tag_name(unsigned tag)
{
    for (size_t i = 0; i < sizeof(tag_names) / sizeof(tag_names[0]); i++) {
        if (tag_names[i].tag == tag)
            return tag_names[i].name;
    }
    return "";
}

enum err der_refuse(const struct der *in, enum err e)
{
    if (in->fail != NULL && in->fail->at == NULL)
        in->fail->at = in->next;
    return e;
}

/* Puts `part` before the path noted so far; what does not fit is cut. */
static void put_before(struct der_fail *fail, const char *part)
{
    char old[sizeof(fail->path)];
    const char *dot = fail->path[0] == '\0' || fail->path[0] == '[' ? "" : ".";

    memcpy(old, fail->path, sizeof(old));
    snprintf(fail->path, sizeof(fail->path), "%s%s%s", part, dot, old);
}

void der_fail_name(struct der_fail *fail, const char *field)
{
    put_before(fail, field);
}

void der_fail_index(struct der_fail *fail, size_t n)
{
    char part[24];

    snprintf(part, sizeof(part), "[%zu]", n);
    put_before(fail, part);
}

/* What was expected, or else what the failure means by itself. */
static void format_reason(unsigned expected, enum err e, char *out, size_t size)
{
    const char *name = der_tag_name(expected);

    if (e == ERR_BAD_DER && name[0] != '\0')
        snprintf(out, size, "expected %s", name);
    else if (e == ERR_BAD_DER && expected != 0)
        snprintf(out, size, "expected tag [%u]", expected & 0x1fu);
    else
        snprintf(out, size, "%s", err_text(e));
}

enum err der_fault(const struct der_fail *fail, struct span whole, enum err e,
                   struct fault *f)
{
    char reason[80];
    char place[32] = "";

    format_reason(fail->expected, e, reason, sizeof(reason));
    if (fail->at != NULL)
        snprintf(place, sizeof(place), " at byte %zu",
                 (size_t)(fail->at - whole.ptr));
    return fault_set(f, e, "%s%s: %s",
                     fail->path[0] == '\0' ? "message" : fail->path, place,
                     reason);
}
