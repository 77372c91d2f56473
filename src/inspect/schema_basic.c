/*
 * The universal types, and what is made of them everywhere.
 */
#include "inspect/schema.h"

SCHEMA_PLAIN(boolean, "BOOLEAN", DER_BOOLEAN);
SCHEMA_PLAIN(integer, "INTEGER", DER_INTEGER);
SCHEMA_PLAIN(bit_string, "BIT STRING", DER_BIT_STRING);
SCHEMA_PLAIN(octet_string, "OCTET STRING", DER_OCTET_STRING);
SCHEMA_PLAIN(null, "NULL", DER_NULL);
SCHEMA_PLAIN(oid, "OBJECT IDENTIFIER", DER_OID);
SCHEMA_PLAIN(utf8, "UTF8String", DER_UTF8_STRING);
SCHEMA_PLAIN(ia5, "IA5String", DER_IA5_STRING);
SCHEMA_PLAIN(utc_time, "UTCTime", DER_UTC_TIME);
SCHEMA_PLAIN(generalized_time, "GeneralizedTime", DER_GENERALIZED_TIME);
static SCHEMA_PLAIN(printable, "PrintableString", DER_PRINTABLE_STRING);
static SCHEMA_PLAIN(teletex, "TeletexString", DER_TELETEX_STRING);
static SCHEMA_PLAIN(bmp, "BMPString", DER_BMP_STRING);
static SCHEMA_PLAIN(universal, "UniversalString", DER_UNIVERSAL_STRING);

const struct schema_type asn_any = { .name = "ANY", .kind = KIND_ANY };
const struct schema_type asn_any_sequence = { .name = "SEQUENCE",
                                              .kind = KIND_ANY,
                                              .tag = DER_SEQUENCE };
const struct schema_type asn_ip_address = { .name = "OCTET STRING",
                                            .kind = KIND_IP,
                                            .tag = DER_OCTET_STRING };
const struct schema_type asn_private_key = { .name = "OCTET STRING",
                                             .kind = KIND_SECRET,
                                             .tag = DER_OCTET_STRING };

SCHEMA_NAMED(version, "Version", KIND_NUMBER, DER_INTEGER, "v1", "v2", "v3");

/* IA5String besides: RFC 5280 has it for emailAddress and domainComponent, and
 * in DisplayText. */
SCHEMA_THROUGH(directory_string, "DirectoryString", FIELD("utf8String", utf8),
               FIELD("printableString", printable), FIELD("ia5String", ia5),
               FIELD("teletexString", teletex), FIELD("bmpString", bmp),
               FIELD("universalString", universal));

SCHEMA_THROUGH(time, "Time", FIELD("utcTime", utc_time),
               FIELD("generalTime", generalized_time));

const struct schema_type *schema_row_find(const struct schema_type *open,
                                          struct span oid)
{
    enum oid id = oid_find(oid);

    if (id == OID_UNKNOWN)
        return NULL;
    for (size_t i = 0; i < open->num_rows; i++) {
        if (open->rows[i].id == id)
            return open->rows[i].type;
    }
    return NULL;
}
