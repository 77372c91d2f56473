#include "config/schema.h"

static const struct choice placeholders[] = {
    { "{serial}", 0, NULL, "the station's serial number" },
    { "{vendor}", 0, NULL, "the name of its vendor's entry" },
};
const struct choices schema_placeholders = { NUM_OF(placeholders),
                                             placeholders };

static const struct choice attributes[] = {
    { "CN", 0, "2.5.4.3", "commonName" },
    { "serialNumber", 0, "2.5.4.5", "serialNumber" },
    { "C", 0, "2.5.4.6", "countryName" },
    { "L", 0, "2.5.4.7", "localityName" },
    { "ST", 0, "2.5.4.8", "stateOrProvinceName" },
    { "O", 0, "2.5.4.10", "organizationName" },
    { "OU", 0, "2.5.4.11", "organizationalUnitName" },
    { "DC", 0, "0.9.2342.19200300.100.1.25", "domainComponent" },
};
const struct choices schema_name_attributes = { NUM_OF(attributes),
                                                attributes };

static const struct choice profile_type_rows[] = {
    { "3gpp-bs", CONFIG_PROFILE_3GPP_BS, NULL,
      "base stations: TS 33.310, clause 9" },
    { "rfc9483", CONFIG_PROFILE_RFC9483, NULL,
      "the Lightweight CMP Profile: cr besides" },
    { "open", CONFIG_PROFILE_OPEN, NULL,
      "laboratories: cr is taken and implicitConfirm may be granted" },
    { "legacy-2010", CONFIG_PROFILE_LEGACY_2010, NULL,
      "stations of about 2010: SHA-1, MD5 and DSA are taken, here alone" },
};
CHOICES(profile_types, profile_type_rows);

static const struct choice unconfirmed_rows[] = {
    { "revoke", CONFIG_UNCONFIRMED_REVOKE, NULL, "the certificate is revoked" },
    { "keep", CONFIG_UNCONFIRMED_KEEP, NULL, "it stays as it is, unconfirmed" },
};
CHOICES(unconfirmed, unconfirmed_rows);

static const struct choice key_reuse_rows[] = {
    { "warn", CONFIG_KEY_REUSE_WARN, NULL,
      "it is issued, and a finding is recorded" },
    { "refuse", CONFIG_KEY_REUSE_REFUSE, NULL, "the request is refused" },
    { "allow", CONFIG_KEY_REUSE_ALLOW, NULL, "it is issued" },
};
CHOICES(key_reuses, key_reuse_rows);

static const struct choice requested_validity_rows[] = {
    { "ignore", CONFIG_VALIDITY_IGNORE, NULL,
      "validity says how long; a station's clock may be wrong" },
    { "shorten", CONFIG_VALIDITY_SHORTEN, NULL,
      "a later beginning or an earlier end is taken" },
};
CHOICES(requested_validities, requested_validity_rows);

static const struct choice approval_rows[] = {
    { "none", CONFIG_APPROVAL_NONE, NULL, "it is issued at once" },
    { "operator", CONFIG_APPROVAL_OPERATOR, NULL,
      "it waits for `stationmaster request approve`" },
};
CHOICES(approvals, approval_rows);

static const struct choice record_rows[] = {
    { "all", CONFIG_RECORD_ALL, NULL, "every message and its answer" },
    { "refused", CONFIG_RECORD_REFUSED, NULL,
      "those that were refused, or rejected" },
    { "none", CONFIG_RECORD_NONE, NULL, "no message" },
};
CHOICES(records, record_rows);

/* Without keyCertSign and cRLSign: a station is no authority. */
static const struct choice key_usage_rows[] = {
    { "digitalSignature", CONFIG_KU_DIGITAL_SIGNATURE, NULL, NULL },
    { "nonRepudiation", CONFIG_KU_NON_REPUDIATION, NULL, NULL },
    { "keyEncipherment", CONFIG_KU_KEY_ENCIPHERMENT, NULL, NULL },
    { "dataEncipherment", CONFIG_KU_DATA_ENCIPHERMENT, NULL, NULL },
    { "keyAgreement", CONFIG_KU_KEY_AGREEMENT, NULL, NULL },
};
CHOICES(key_usages, key_usage_rows);

static const struct choice possession_rows[] = {
    { "signature", CONFIG_POP_SIGNATURE, NULL, NULL },
    { "encrCert", CONFIG_POP_ENCRYPTED_CERT, NULL, NULL },
    { "challengeResp", CONFIG_POP_CHALLENGE, NULL, NULL },
    { "agreeMAC", CONFIG_POP_AGREE_MAC, NULL, NULL },
};
CHOICES(possessions, possession_rows);

/* Those of value 0 are known in order to be refused. */
static const struct choice ext_key_usage_rows[] = {
    { "ipsecIKE", 1, "1.3.6.1.5.5.7.3.17", NULL },
    { "serverAuth", 1, "1.3.6.1.5.5.7.3.1", NULL },
    { "clientAuth", 1, "1.3.6.1.5.5.7.3.2", NULL },
    { "OCSPSigning", 0, "1.3.6.1.5.5.7.3.9",
      "its holder answers for the CA's revocations" },
    { "cmcCA", 0, "1.3.6.1.5.5.7.3.27",
      "its holder may answer other stations' requests" },
    { "cmcRA", 0, "1.3.6.1.5.5.7.3.28",
      "its holder may answer other stations' requests" },
    { "cmKGA", 0, "1.3.6.1.5.5.7.3.32",
      "its holder may make other stations' keys" },
    { "anyExtendedKeyUsage", 0, "2.5.29.37.0", "it includes the others" },
};
CHOICES(ext_key_usages, ext_key_usage_rows);

static const struct setting roots_rows[] = {
    { .key = "ca_pubs",
      .kind = KIND_FILE,
      .traits = LIST,
      MEMBER(config_roots, ca_pubs),
      .max = 16,
      .meaning = "PEM files of the roots that travel in caPubs, which the "
                 "signature of the message covers.",
      .example = "[oam-root.pem]" },
    { .key = "extra_certs",
      .kind = KIND_FILE,
      .traits = LIST,
      MEMBER(config_roots, extra_certs),
      .max = 16,
      .meaning = "PEM files of the roots that travel in extraCerts, which "
                 "nothing but TLS protects.",
      .example = "[oam-root.pem]" },
    { .key = "extra_certs_over_http",
      .kind = KIND_BOOL,
      MEMBER(config_roots, extra_certs_over_http),
      .preset = "false",
      .meaning = "Whether extra_certs may be set though an address is "
                 "listened on without TLS: who stands on the way may add "
                 "roots there, and a careful station takes none.",
      .example = "true" },
};
static const struct section roots = { .what = "the roots", ROWS(roots_rows) };

static const struct choice offer_rows[] = {
    { "caProtEncCert", CONFIG_OFFER_CA_PROT_ENC_CERT, NULL,
      "encryption_certificate" },
    { "signKeyPairTypes", CONFIG_OFFER_SIGN_KEY_PAIR_TYPES, NULL,
      "the keys certified" },
    { "encKeyPairTypes", CONFIG_OFFER_ENC_KEY_PAIR_TYPES, NULL,
      "those certified for encryption" },
    { "preferredSymmAlg", CONFIG_OFFER_PREFERRED_SYMM_ALG, NULL, NULL },
    { "crls", CONFIG_OFFER_CRLS, NULL, "crlStatusList and currentCRL" },
    { "keyPairParam", CONFIG_OFFER_KEY_PAIR_PARAM, NULL, NULL },
    { "suppLangTags", CONFIG_OFFER_SUPP_LANG_TAGS, NULL, NULL },
    { "caCerts", CONFIG_OFFER_CA_CERTS, NULL, "the CA and those above it" },
    { "certReqTemplate", CONFIG_OFFER_CERT_REQ_TEMPLATE, NULL,
      "names, extensions and keys of a certificate here" },
    { "rootCaCert", CONFIG_OFFER_ROOT_CA_CERT, NULL,
      "new_root; caKeyUpdateInfo too" },
};
CHOICES(offers, offer_rows);

static const struct setting general_rows[] = {
    { .key = "offered",
      .kind = KIND_CHOICE,
      .traits = LIST,
      MEMBER(config_general, offered),
      .min = 1,
      .max = 10,
      .choices = &offers,
      .preset_note = "all of them",
      .meaning = "What is answered; the rest is named in unsupportedOIDs.",
      .example = "[caCerts, crls]" },
    { .key = "new_root",
      .kind = KIND_FILE,
      MEMBER(config_general, new_root),
      .preset_note = "no update",
      .meaning = "PEM file of the operator root that is to follow, "
                 "newWithNew of rootCaKeyUpdate.",
      .example = "root2.pem" },
    { .key = "new_with_old",
      .kind = KIND_FILE,
      MEMBER(config_general, new_with_old),
      .preset_note = "no update",
      .meaning = "PEM file of its key certified by the root in force; needed "
                 "with new_root.",
      .example = "root2-by-root.pem" },
    { .key = "old_with_new",
      .kind = KIND_FILE,
      MEMBER(config_general, old_with_new),
      .preset_note = "none",
      .meaning = "PEM file of the old root's key certified by new_root.",
      .example = "root-by-root2.pem" },
    { .key = "encryption_certificate",
      .kind = KIND_FILE,
      MEMBER(config_general, encryption_certificate),
      .preset_note = "none",
      .meaning = "PEM file of the certificate that stations encrypt to, "
                 "caProtEncCert.",
      .example = "encryption.pem" },
    { .key = "encryption_key",
      .kind = KIND_ENTRY,
      MEMBER(config_general, encryption_key),
      .target = "keys",
      .preset_note = "no agreeMAC and no passphrase is taken",
      .meaning = "The entry in keys that holds the private key of "
                 "encryption_certificate: revocation passphrases are "
                 "decrypted with it. With one on a curve stations may show "
                 "possession of theirs by agreeMAC (RFC 6955, 6).",
      .example = "encryption" },
};
static const struct section general = { .what = "general", ROWS(general_rows) };

static const struct setting profile_rows[] = {
    { .key = "name",
      .kind = KIND_NAME,
      .traits = REQUIRED,
      MEMBER(config_profile, name),
      .meaning = "The profile answers at /.well-known/cmp/p/NAME.",
      .example = "bs" },
    { .key = "type",
      .kind = KIND_CHOICE,
      .traits = REQUIRED,
      MEMBER(config_profile, type),
      .choices = &profile_types,
      .meaning = "The rules it follows.",
      .example = "3gpp-bs" },
    { .key = "default",
      .kind = KIND_BOOL,
      MEMBER(config_profile, is_default),
      .preset = "false",
      .meaning = "Whether it answers at /.well-known/cmp too; one may.",
      .example = "true" },
    { .key = "paths",
      .kind = KIND_URL_PATH,
      .traits = LIST,
      MEMBER(config_profile, paths),
      .max = 16,
      .meaning = "Further paths it answers at, for stations that know no "
                 "other.",
      .example = "[/pkix/]" },
    { .key = "ca",
      .kind = KIND_ENTRY,
      .traits = REQUIRED,
      MEMBER(config_profile, ca),
      .target = "cas",
      .meaning = "The entry in cas that issues.",
      .example = "issuing" },
    { .key = "signer",
      .kind = KIND_ENTRY,
      .traits = REQUIRED,
      MEMBER(config_profile, signer),
      .target = "signers",
      .meaning = "The entry in signers that protects the replies.",
      .example = "cmp" },
    { .key = "key_generator",
      .kind = KIND_ENTRY,
      MEMBER(config_profile, key_generator),
      .target = "signers",
      .preset_note = "no keys are made here",
      .meaning = "The entry in signers, its certificate with cmKGA, that signs "
                 "private keys made here for stations that ask for one "
                 "(RFC 9483, 4.1.6); in types rfc9483 and open alone. A key "
                 "leaves encrypted to its station and is kept nowhere.",
      .example = "kga" },
    { .key = "vendors",
      .kind = KIND_ENTRY,
      .traits = LIST,
      MEMBER(config_profile, vendors),
      .min = 1,
      .max = 1024,
      .target = "vendors",
      .preset_note = "all of them",
      .meaning = "The vendors whose stations may enrol here.",
      .example = "[acme]" },
    { .key = "ras",
      .kind = KIND_ENTRY,
      .traits = LIST,
      MEMBER(config_profile, ras),
      .min = 1,
      .max = 64,
      .target = "ras",
      .preset_note = "none",
      .meaning = "The registration authorities that are heard here; in types "
                 "rfc9483 and open alone.",
      .example = "[west]" },
    { .key = "peer_cas",
      .kind = KIND_ENTRY,
      .traits = LIST,
      MEMBER(config_profile, peer_cas),
      .min = 1,
      .max = 64,
      .target = "peer_cas",
      .preset_note = "none",
      .meaning = "The authorities that may ask here, by ccr, for a CA "
                 "certificate; in type open alone. Each request waits for "
                 "`stationmaster request approve`, whatever approval says. The "
                 "ca must have room below it; that which init makes has "
                 "none.",
      .example = "[east]" },
    { .key = "subject",
      .kind = KIND_SUBJECT,
      .traits = REQUIRED,
      MEMBER(config_profile, subject),
      .meaning = "The subject of a station's certificate, written as RFC 4514 "
                 "does. {serial} and {vendor} stand for the station's; no two "
                 "stations may come to one name.",
      .example = "\"CN={serial}.{vendor},O=Operator\"" },
    { .key = "dns",
      .kind = KIND_DNS,
      MEMBER(config_profile, dns),
      .preset_note = "no subjectAltName",
      .meaning = "The dNSName in its subjectAltName, a pattern likewise.",
      .example = "\"{serial}.{vendor}.ran.example\"" },
    { .key = "validity",
      .kind = KIND_SECONDS,
      MEMBER(config_profile, validity_s),
      .preset = "1095d",
      .min = 1,
      .max = 36500 * DAY,
      .meaning = "How long a certificate is valid; never beyond its issuer.",
      .example = "365d" },
    { .key = "requested_validity",
      .kind = KIND_CHOICE,
      MEMBER(config_profile, requested_validity),
      .choices = &requested_validities,
      .preset = "ignore",
      .meaning = "What a validity in the certTemplate does. It never makes a "
                 "certificate last longer.",
      .example = "shorten" },
    { .key = "backdate",
      .kind = KIND_SECONDS,
      MEMBER(config_profile, backdate_s),
      .preset = "10m",
      .max = 30 * DAY,
      .meaning = "How far before the time of issue its notBefore lies, for "
                 "stations whose clocks are behind.",
      .example = "1h" },
    { .key = "confirm_wait",
      .kind = KIND_SECONDS,
      MEMBER(config_profile, confirm_wait_s),
      .preset = "10m",
      .min = 1,
      .max = 30 * DAY,
      .meaning = "How long a certConf is waited for. Time in which nothing "
                 "served does not count.",
      .example = "1h" },
    { .key = "on_timeout",
      .kind = KIND_CHOICE,
      MEMBER(config_profile, on_timeout),
      .choices = &unconfirmed,
      .preset = "revoke",
      .meaning = "What follows when no certConf came in that time.",
      .example = "keep" },
    { .key = "on_rejection",
      .kind = KIND_CHOICE,
      MEMBER(config_profile, on_rejection),
      .choices = &unconfirmed,
      .preset = "revoke",
      .meaning = "What follows when the station's certConf rejects.",
      .example = "keep" },
    { .key = "renew_grace",
      .kind = KIND_SECONDS,
      MEMBER(config_profile, renew_grace_s),
      .preset = "0s",
      .max = 3650 * DAY,
      .meaning = "How long after its end a certificate may still sign the "
                 "kur that renews it.",
      .example = "7d" },
    { .key = "message_time_window",
      .kind = KIND_SECONDS,
      MEMBER(config_profile, message_time_window_s),
      .preset = "10m",
      .min = 1,
      .max = 30 * DAY,
      .meaning = "How far messageTime may be from the clock: a kur beyond it "
                 "is refused, an ir only noted, since stations boot without "
                 "a clock.",
      .example = "1h" },
    { .key = "implicit_confirm",
      .kind = KIND_BOOL,
      MEMBER(config_profile, implicit_confirm),
      .preset = "false",
      .meaning = "Whether implicitConfirm is granted to who asks for it; not "
                 "in type 3gpp-bs, which confirms explicitly (TS 33.310, "
                 "9.5.4.5).",
      .example = "true" },
    { .key = "ir_by_operator_certificate",
      .kind = KIND_BOOL,
      MEMBER(config_profile, ir_by_operator_certificate),
      .preset = "false",
      .meaning = "Whether a certificate issued here may sign an ir.",
      .example = "true" },
    { .key = "same_key_update",
      .kind = KIND_BOOL,
      MEMBER(config_profile, same_key_update),
      .preset = "false",
      .meaning = "Whether a kur may ask for the key it is signed with.",
      .example = "true" },
    { .key = "revocation_passphrases",
      .kind = KIND_BOOL,
      MEMBER(config_profile, revocation_passphrases),
      .preset = "false",
      .meaning = "Whether a station may bring, in a genm, a passphrase under "
                 "which it may later have its certificates revoked without "
                 "their keys (RFC 9810, appendix B); in type open alone. Needs "
                 "general.encryption_key and secrets.key_file.",
      .example = "true" },
    { .key = "possession",
      .kind = KIND_CHOICE,
      .traits = LIST,
      MEMBER(config_profile, possession),
      .max = 4,
      .choices = &possessions,
      .preset_note = "what the type takes",
      .meaning = "How a station may show that a new key is its own, of those "
                 "that the type takes: by signature; or, in types open and "
                 "legacy-2010, for keys that only decrypt, by encrCert (the "
                 "certificate comes encrypted) or challengeResp (popdecc); or, "
                 "in type open, for keys that agree, by agreeMAC.",
      .example = "[signature, challengeResp]" },
    { .key = "signing_keys_sign",
      .kind = KIND_BOOL,
      MEMBER(config_profile, signing_keys_sign),
      .preset = "true",
      .meaning = "Whether a key that may sign, by the keyUsage asked for or "
                 "for want of one, has to sign its request (RFC 4211, 4.1). "
                 "If not, encrCert and challengeResp are taken for any RSA "
                 "key; its certificate says that it is for encryption.",
      .example = "false" },
    { .key = "vendor_key_reuse",
      .kind = KIND_CHOICE,
      MEMBER(config_profile, vendor_key_reuse),
      .choices = &key_reuses,
      .preset = "warn",
      .meaning = "What follows when a station asks for a certificate over the "
                 "key of its vendor certificate.",
      .example = "refuse" },
    { .key = "approval",
      .kind = KIND_CHOICE,
      MEMBER(config_profile, approval),
      .choices = &approvals,
      .preset = "none",
      .meaning = "What follows when an ir, cr or p10cr is found in order. "
                 "While one waits, its station polls (RFC 9483, 4.4).",
      .example = "operator" },
    { .key = "approval_of_updates",
      .kind = KIND_BOOL,
      MEMBER(config_profile, approval_of_updates),
      .preset = "false",
      .meaning = "Whether a kur waits too where approval is operator.",
      .example = "true" },
    { .key = "approval_of_general",
      .kind = KIND_BOOL,
      MEMBER(config_profile, approval_of_general),
      .preset = "false",
      .meaning = "Whether a genm waits too where approval is operator.",
      .example = "true" },
    { .key = "approval_of_revocations",
      .kind = KIND_BOOL,
      MEMBER(config_profile, approval_of_revocations),
      .preset = "false",
      .meaning = "Whether an rr waits too where approval is operator; until "
                 "then its certificates stay good.",
      .example = "true" },
    { .key = "approval_check_after",
      .kind = KIND_SECONDS,
      MEMBER(config_profile, approval_check_after_s),
      .preset = "30s",
      .min = 1,
      .max = DAY,
      .meaning = "What a station that polls is told to wait before it does "
                 "so again.",
      .example = "5m" },
    { .key = "approval_timeout",
      .kind = KIND_SECONDS,
      MEMBER(config_profile, approval_timeout_s),
      .preset = "30d",
      .min = 1,
      .max = 365 * DAY,
      .meaning = "How long a request waits, and its answer for the station "
                 "to fetch it. Time in which nothing served does not count.",
      .example = "7d" },
    { .key = "record",
      .kind = KIND_CHOICE,
      MEMBER(config_profile, record),
      .choices = &records,
      .preset = "all",
      .meaning = "Which messages the recorder keeps for `stationmaster "
                 "explain`.",
      .example = "refused" },
    { .key = "record_for",
      .kind = KIND_SECONDS,
      MEMBER(config_profile, record_for_s),
      .preset = "30d",
      .min = MINUTE,
      .max = 3650 * DAY,
      .meaning = "How long it keeps them, where recorder.size allows.",
      .example = "48h" },
    { .key = "algorithms",
      .kind = KIND_TEXT,
      .traits = LIST,
      MEMBER(config_profile, algorithms),
      .min = 1,
      .max = 64,
      .preset_note = "what the type allows",
      .meaning = "The signature algorithms and keys taken, of those that the "
                 "type allows.",
      .example = "[ecdsa-with-SHA256]" },
    { .key = "key_usage",
      .kind = KIND_CHOICE,
      .traits = LIST,
      MEMBER(config_profile, key_usage),
      .min = 1,
      .max = 5,
      .choices = &key_usages,
      .preset = "digitalSignature",
      .meaning = "The bits of the certificate's keyUsage.",
      .example = "[digitalSignature, keyEncipherment]" },
    { .key = "extended_key_usage",
      .kind = KIND_OID,
      .traits = LIST,
      MEMBER(config_profile, extended_key_usage),
      .max = 16,
      .choices = &ext_key_usages,
      .preset_note = "no such extension",
      .meaning = "The purposes in its extendedKeyUsage: ipsecIKE, serverAuth, "
                 "clientAuth, or a dotted object identifier.",
      .example = "[ipsecIKE]" },
    { .key = "roots",
      .kind = KIND_MAP,
      MEMBER(config_profile, roots),
      .section = &roots,
      .meaning = "Self-signed root certificates that stations are to have "
                 "besides the operator's, which every answer bears "
                 "(TS 33.310, 9.5.4.3).",
      .example = "{ ca_pubs: [oam-root.pem] }" },
    { .key = "general",
      .kind = KIND_MAP,
      MEMBER(config_profile, general),
      .section = &general,
      .meaning = "What genm is answered with, in types that take it "
                 "(RFC 9810, 5.3.19).",
      .example = "{ offered: [caCerts, crls] }" },
};
const struct section schema_profiles = { .what = "a profile",
                                         .size = sizeof(struct config_profile),
                                         .mark = offsetof(struct config_profile,
                                                          at),
                                         ROWS(profile_rows) };

const char *config_profile_type_name(enum config_profile_type type)
{
    return choice_name(&profile_types, type);
}
