#include "config/schema.h"

static const struct choice right_rows[] = {
    { "nested", CONFIG_RA_NEST, NULL,
      "add its protection to a message, and send several as a batch (RFC "
      "9483, 5.2.2)" },
    { "approve", CONFIG_RA_APPROVE, NULL,
      "approve what it adds its protection to, or asks for: that waits for no "
      "operator" },
    { "ra-verified", CONFIG_RA_VERIFY, NULL,
      "put raVerified in place of a proof of possession (5.2.3.2)" },
    { "request", CONFIG_RA_REQUEST, NULL,
      "ask for stations' certificates in messages of its own (5.2.3, 5.3.1)" },
    { "revoke", CONFIG_RA_REVOKE, NULL, "revoke them (5.3.2)" },
};
CHOICES(rights, right_rows);

static const struct setting ra_rows[] = {
    { .key = "name",
      .kind = KIND_NAME,
      .traits = REQUIRED,
      MEMBER(config_ra, name),
      .meaning = "The registration authority, as the records call it.",
      .example = "west" },
    { .key = "anchors",
      .kind = KIND_FILE,
      .traits = REQUIRED | LIST,
      MEMBER(config_ra, anchors),
      .min = 1,
      .max = 16,
      .meaning = "PEM files of the trust anchors its certificate leads to.",
      .example = "[ra-root.pem]" },
    { .key = "intermediates",
      .kind = KIND_FILE,
      .traits = LIST,
      MEMBER(config_ra, intermediates),
      .max = 16,
      .meaning = "PEM files of CA certificates that it may leave out of "
                 "extraCerts.",
      .example = "[ra-ca.pem]" },
    { .key = "certificates",
      .kind = KIND_FILE,
      .traits = LIST,
      MEMBER(config_ra, certificates),
      .max = 16,
      .preset_note = "any below the anchors that is an RA's",
      .meaning = "PEM files of its certificates, where no other is to be "
                 "taken. Needed where other RAs have the same anchor.",
      .example = "[west.pem]" },
    { .key = "crls",
      .kind = KIND_FILE,
      .traits = LIST,
      MEMBER(config_ra, crls),
      .max = 16,
      .meaning = "Files of the CRLs above it, DER or PEM; read again when "
                 "they change.",
      .example = "[ra-ca.crl]" },
    { .key = "revocation",
      .kind = KIND_CHOICE,
      MEMBER(config_ra, revocation),
      .choices = &schema_revocations,
      .preset_note = "refuse where crls are given, else admit",
      .meaning = "What follows when it cannot be told whether its "
                 "certificate is revoked.",
      .example = "refuse" },
    { .key = "needs_cmc_ra",
      .kind = KIND_BOOL,
      MEMBER(config_ra, needs_cmc_ra),
      .preset = "true",
      .meaning = "Whether its certificate must bear the purpose id-kp-cmcRA "
                 "(RFC 9483, 5.1.1). Only where certificates are named may "
                 "it be false.",
      .example = "false" },
    { .key = "needs_original",
      .kind = KIND_BOOL,
      MEMBER(config_ra, needs_original),
      .preset = "false",
      .meaning = "Whether what it asks for must bring along the station's own "
                 "signed message (origPKIMessage; RFC 9810, 5.1.1.3), of that "
                 "station and for that key. One that is sent is always looked "
                 "at.",
      .example = "true" },
    { .key = "may",
      .kind = KIND_CHOICE,
      .traits = REQUIRED | LIST,
      MEMBER(config_ra, may),
      .min = 1,
      .max = 5,
      .choices = &rights,
      .meaning = "What it is trusted with.",
      .example = "[nested, request]" },
    { .key = "vendors",
      .kind = KIND_ENTRY,
      .traits = LIST,
      MEMBER(config_ra, vendors),
      .min = 1,
      .max = 1024,
      .target = "vendors",
      .preset_note = "all of them",
      .meaning = "The vendors whose stations it may approve, ask for and "
                 "revoke. By "
                 "their naming rules the serial number is found in the "
                 "subject asked for; it has to be found by one rule alone.",
      .example = "[acme]" },
};
const struct section schema_ras = { .what = "a registration authority",
                                    .size = sizeof(struct config_ra),
                                    .mark = offsetof(struct config_ra, at),
                                    ROWS(ra_rows) };
