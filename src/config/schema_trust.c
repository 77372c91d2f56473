#include "config/schema.h"

static const struct choice serial_from_rows[] = {
    { "subject.CN", CONFIG_SERIAL_SUBJECT_CN, NULL,
      "the subject's commonName" },
    { "subject.serialNumber", CONFIG_SERIAL_SUBJECT_SERIAL_NUMBER, NULL,
      "the subject's serialNumber attribute" },
    { "san.dns", CONFIG_SERIAL_SAN_DNS, NULL,
      "a dNSName of the subjectAltName" },
    { "san.uri", CONFIG_SERIAL_SAN_URI, NULL,
      "a uniformResourceIdentifier of the subjectAltName" },
};
CHOICES(serial_froms, serial_from_rows);

static const struct choice revocation_rows[] = {
    { "refuse", CONFIG_REVOCATION_REFUSE, NULL, "the request is refused" },
    { "admit", CONFIG_REVOCATION_ADMIT, NULL,
      "it is admitted, and a finding is recorded" },
};
const struct choices schema_revocations = { NUM_OF(revocation_rows),
                                            revocation_rows };

static const struct choice suggested_name_rows[] = {
    { "replace", CONFIG_NAMES_REPLACE, NULL,
      "the profile's patterns decide, whatever was suggested" },
    { "keep", CONFIG_NAMES_KEEP, NULL,
      "a suggestion is taken that no other station holds" },
    { "refuse", CONFIG_NAMES_REFUSE, NULL,
      "a request that suggests another name is refused" },
};
CHOICES(suggested_names, suggested_name_rows);

static const struct choice quirk_rows[] = {
    { "no-digital-signature", CONFIG_QUIRK_NO_DIGITAL_SIGNATURE, NULL,
      "vendor certificates whose keyUsage lacks digitalSignature may sign "
      "(against TS 33.310, 9.4.4)" },
    { "sender-mismatch", CONFIG_QUIRK_SENDER_MISMATCH, NULL,
      "the header's sender may differ from the signer's subject (against "
      "RFC 9810, 5.1.1)" },
    { "bare-private-key", CONFIG_QUIRK_BARE_PRIVATE_KEY, NULL,
      "keys made here come as one OneAsymmetricKey, without the "
      "AsymmetricKeyPackage around it: what OpenSSL 3.5 reads" },
};
CHOICES(quirks, quirk_rows);

static const struct setting key_rows[] = {
    { .key = "name",
      .kind = KIND_NAME,
      .traits = REQUIRED,
      MEMBER(config_key, name),
      .meaning = "What cas and signers call this key.",
      .example = "issuing" },
    { .key = "file",
      .kind = KIND_FILE,
      .traits = REQUIRED,
      MEMBER(config_key, file),
      .meaning = "PEM file of the private key, readable by the server alone.",
      .example = "issuing.key" },
    { .key = "max_waiting",
      .kind = KIND_COUNT,
      MEMBER(config_key, max_waiting),
      .preset = "64",
      .min = 1,
      .max = 65536,
      .meaning = "Requests that wait for this key at most; more are answered "
                 "systemUnavail.",
      .example = "64" },
};
const struct section schema_keys = { .what = "a key",
                                     .size = sizeof(struct config_key),
                                     .mark = offsetof(struct config_key, at),
                                     ROWS(key_rows) };

static const struct setting crl_rows[] = {
    { .key = "url",
      .kind = KIND_URL,
      MEMBER(config_crl, url),
      .preset_note = "no CRL distribution point in certificates",
      .meaning = "Where others fetch the CRL; stands in every certificate "
                 "issued.",
      .example = "\"http://pki.operator.example/crl/issuing.crl\"" },
    { .key = "path",
      .kind = KIND_URL_PATH,
      MEMBER(config_crl, path),
      .preset_note = "/crl/NAME.crl, with the CA's name",
      .meaning = "Where this server serves it.",
      .example = "/crl/issuing.crl" },
    { .key = "validity",
      .kind = KIND_SECONDS,
      MEMBER(config_crl, validity_s),
      .preset = "7d",
      .min = 2,
      .max = 3650 * DAY,
      .meaning = "From a CRL's thisUpdate to its nextUpdate.",
      .example = "7d" },
    { .key = "renew_before",
      .kind = KIND_SECONDS,
      MEMBER(config_crl, renew_before_s),
      .preset = "1d",
      .min = 1,
      .max = 3650 * DAY,
      .meaning = "How long before its nextUpdate a CRL is followed by the "
                 "next; less than validity.",
      .example = "1d" },
};
static const struct section crl = { .what = "a CRL", ROWS(crl_rows) };

#define CHAIN_MEANING                                                    \
    "PEM files of the certificates above it: from its issuer up to the " \
    "operator's root, which replies bear too."

static const struct setting ca_rows[] = {
    { .key = "name",
      .kind = KIND_NAME,
      .traits = REQUIRED,
      MEMBER(config_ca, name),
      .meaning = "What profiles call this CA.",
      .example = "issuing" },
    { .key = "certificate",
      .kind = KIND_FILE,
      .traits = REQUIRED,
      MEMBER(config_ca, certificate),
      .meaning = "PEM file of the certificate that issues.",
      .example = "issuing.pem" },
    { .key = "chain",
      .kind = KIND_FILE,
      .traits = LIST,
      MEMBER(config_ca, chain),
      .max = LIMIT_PATH_CERTS,
      .meaning = CHAIN_MEANING,
      .example = "[root.pem]" },
    { .key = "key",
      .kind = KIND_ENTRY,
      .traits = REQUIRED,
      MEMBER(config_ca, key),
      .target = "keys",
      .meaning = "The entry in keys that holds its private key.",
      .example = "issuing" },
    { .key = "crl",
      .kind = KIND_MAP,
      MEMBER(config_ca, crl),
      .section = &crl,
      .meaning = "The list of certificates this CA revoked.",
      .example = "{ validity: 7d, renew_before: 1d }" },
};
const struct section schema_cas = { .what = "a CA",
                                    .size = sizeof(struct config_ca),
                                    .mark = offsetof(struct config_ca, at),
                                    ROWS(ca_rows) };

static const struct setting signer_rows[] = {
    { .key = "name",
      .kind = KIND_NAME,
      .traits = REQUIRED,
      MEMBER(config_signer, name),
      .meaning = "What profiles call this signer.",
      .example = "cmp" },
    { .key = "certificate",
      .kind = KIND_FILE,
      .traits = REQUIRED,
      MEMBER(config_signer, certificate),
      .meaning = "PEM file of the certificate whose key protects replies.",
      .example = "cmp.pem" },
    { .key = "chain",
      .kind = KIND_FILE,
      .traits = LIST,
      MEMBER(config_signer, chain),
      .max = LIMIT_PATH_CERTS,
      .meaning = CHAIN_MEANING,
      .example = "[issuing.pem, root.pem]" },
    { .key = "key",
      .kind = KIND_ENTRY,
      .traits = REQUIRED,
      MEMBER(config_signer, key),
      .target = "keys",
      .meaning = "The entry in keys that holds its private key.",
      .example = "cmp" },
};
const struct section schema_signers = { .what = "a signer",
                                        .size = sizeof(struct config_signer),
                                        .mark =
                                            offsetof(struct config_signer, at),
                                        ROWS(signer_rows) };

static const struct setting serial_rows[] = {
    { .key = "from",
      .kind = KIND_CHOICE,
      MEMBER(config_serial, from),
      .choices = &serial_froms,
      .preset = "subject.CN",
      .meaning = "Where the serial number stands in a vendor certificate.",
      .example = "subject.serialNumber" },
    { .key = "pattern",
      .kind = KIND_REGEX,
      MEMBER(config_serial, pattern),
      .preset = "^[0-9A-Za-z-]+$",
      .meaning = "What must match there. The first group is the serial "
                 "number, or the whole match where there is no group.",
      .example = "\"^BS-([0-9A-Z]+)$\"" },
};
static const struct section serial = { .what = "a naming rule",
                                       ROWS(serial_rows) };

static const struct setting vendor_rows[] = {
    { .key = "name",
      .kind = KIND_NAME,
      .traits = REQUIRED,
      MEMBER(config_vendor, name),
      .meaning = "The vendor, as {vendor} and the records call it.",
      .example = "acme" },
    { .key = "anchors",
      .kind = KIND_FILE,
      .traits = REQUIRED | LIST | ANCHOR,
      MEMBER(config_vendor, anchors),
      .min = 1,
      .max = 64,
      .meaning = "PEM files of this vendor's trust anchors. An anchor stands "
                 "in one vendor only, since it tells whose a station is.",
      .example = "[acme-root.pem]" },
    { .key = "intermediates",
      .kind = KIND_FILE,
      .traits = LIST,
      MEMBER(config_vendor, intermediates),
      .max = 64,
      .meaning = "PEM files of CA certificates that stations may leave out "
                 "of extraCerts.",
      .example = "[acme-ca.pem]" },
    { .key = "serial",
      .kind = KIND_MAP,
      MEMBER(config_vendor, serial),
      .section = &serial,
      .meaning = "How a station's serial number is found.",
      .example = "{ from: subject.CN, pattern: \"^BS-([0-9A-Z]+)$\" }" },
    { .key = "allow",
      .kind = KIND_FILE,
      MEMBER(config_vendor, allow),
      .preset_note = "every station of this vendor",
      .meaning = "A file of the serial numbers that may enrol, one a line, "
                 "comments behind #.",
      .example = "acme-serials.txt" },
    { .key = "crls",
      .kind = KIND_FILE,
      .traits = LIST,
      MEMBER(config_vendor, crls),
      .max = 64,
      .meaning = "Files of the vendor's CRLs, DER or PEM; read again when "
                 "they change.",
      .example = "[acme.crl]" },
    { .key = "revocation",
      .kind = KIND_CHOICE,
      MEMBER(config_vendor, revocation),
      .choices = &schema_revocations,
      .preset_note = "refuse where crls are given, else admit",
      .meaning = "What follows when it cannot be told whether a vendor "
                 "certificate is revoked.",
      .example = "refuse" },
    { .key = "suggested_names",
      .kind = KIND_CHOICE,
      MEMBER(config_vendor, suggested_names),
      .choices = &suggested_names,
      .preset = "replace",
      .meaning = "What follows when a request suggests a subject or a SAN.",
      .example = "keep" },
    { .key = "quirks",
      .kind = KIND_CHOICE,
      .traits = LIST,
      MEMBER(config_vendor, quirks),
      .max = 16,
      .choices = &quirks,
      .meaning = "Named exceptions for this vendor's stations. Each use is "
                 "counted and logged.",
      .example = "[no-digital-signature]" },
};
const struct section schema_vendors = { .what = "a vendor",
                                        .size = sizeof(struct config_vendor),
                                        .mark =
                                            offsetof(struct config_vendor, at),
                                        ROWS(vendor_rows) };

const char *config_quirk_name(enum config_quirk quirk)
{
    return choice_name(&quirks, quirk);
}
