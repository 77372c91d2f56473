#include "asn1/cmp.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/limits.h"
#include "support/codec_case.h"
#include "support/der_text.h"

#define NUM(array) (sizeof(array) / sizeof((array)[0]))

static enum err copy_status(struct der *in, struct arena *a,
                            struct der_writer *w)
{
    struct pki_status_info s;

    TRY(status_info_read(in, a, &s));
    status_info_put(w, &s);
    return ERR_OK;
}

static enum err copy_conf(struct der *in, struct arena *a, struct der_writer *w)
{
    struct cert_conf conf;

    TRY(cert_conf_read(in, a, &conf));
    cert_conf_put(w, &conf);
    return ERR_OK;
}

static enum err copy_error(struct der *in, struct arena *a,
                           struct der_writer *w)
{
    struct error_msg msg;

    TRY(error_msg_read(in, a, &msg));
    error_msg_put(w, &msg);
    return ERR_OK;
}

static enum err copy_rep(struct der *in, struct arena *a, struct der_writer *w)
{
    struct cert_rep_message rep;

    TRY(cert_rep_read(in, a, &rep));
    cert_rep_put(w, &rep);
    return ERR_OK;
}

static enum err copy_header(struct der *in, struct arena *a,
                            struct der_writer *w)
{
    struct pki_header header;
    struct span out;

    TRY(cmp_header_read(in, a, &header));
    TRY(cmp_header_write(&header, a, &out));
    der_put_raw(w, out);
    return ERR_OK;
}

static enum err copy_body(struct der *in, struct arena *a, struct der_writer *w)
{
    struct pki_body body;
    struct span out;

    TRY(cmp_body_read(in, a, &body));
    TRY(cmp_body_write(&body, a, &out));
    der_put_raw(w, out);
    return ERR_OK;
}

static const struct codec status = { "PKIStatusInfo", copy_status };
static const struct codec conf = { "CertConfirmContent", copy_conf };
static const struct codec error_msg = { "ErrorMsgContent", copy_error };
static const struct codec rep = { "CertRepMessage", copy_rep };
static const struct codec header = { "PKIHeader", copy_header };
static const struct codec body = { "PKIBody", copy_body };

/* The bytes of the failInfo cases were made by hand from the bit numbers of
 * RFC 9810, 5.2.3 and X.690, 11.2.2. */
static const struct codec_case status_cases[] = {
    { &status, "3003020103", ERR_OK, NULL },
    { &status, "30080201020303060040", ERR_OK, NULL },
    { &status, "300702010203020780", ERR_OK, NULL },             /* badAlg */
    { &status, "30 09 020102 03 04 04 00 40 10", ERR_OK, NULL }, /* two bits */
    { &status, "30 09 020102 03 04 02 00 00 04", ERR_OK, NULL },
    { &status, "30 0a 020102 03 05 05 00 00 00 20", ERR_OK, NULL },
    { &status, "30{ 02{02} 03{ 00 00000001 } }", ERR_OK, NULL }, /* bit 31 */
    { &status, "30{ 02{02} 03{00} }", ERR_OK, NULL },            /* no bit */
    { &status, "30{ 02{02} 30{ 0c{'no'} 0c{} } 03{ 07 80 } }", ERR_OK, NULL },
    { &status, "30{ 02{ff} }", ERR_OK, NULL },
    { &status, "30{ 02{00} 30{ *16( 0c{'a'} ) } }", ERR_OK, NULL },

    { &status, "3000", ERR_BAD_DER, "status" },
    { &status, "30{ 02{} }", ERR_BAD_DER, "status" },
    { &status, "30{ 02{0002} }", ERR_BAD_DER, "status" },
    { &status, "30{ 02{02} 00 }", ERR_BAD_DER, "" },
    { &status, "30{ 0a{02} }", ERR_BAD_DER, "status" },
    { &status, "31{ 02{02} }", ERR_BAD_DER, "" },
    { &status, "30 80 02{02} 0000", ERR_BAD_DER, "" },
    { &status, "30 81 03 02{02}", ERR_BAD_DER, "" },
    { &status, "30{ 02{02} 03{ 06 0040 } 30{ 0c{'no'} } }", ERR_BAD_DER, "" },
    { &status, "30{ 02{02} 03{ 06 00c0 00 } }", ERR_BAD_DER, "failInfo" },
    { &status, "30{ 02{02} 03{ 05 0040 } }", ERR_BAD_DER, "failInfo" },
    { &status, "30{ 02{02} 03{ 00 00 } }", ERR_BAD_DER, "failInfo" },
    { &status, "30{ 02{02} 03{ 08 0040 } }", ERR_BAD_DER, "failInfo" },
    { &status, "30{ 02{02} 03{ 01 } }", ERR_BAD_DER, "failInfo" },
    { &status, "30{ 02{02} 03{} }", ERR_BAD_DER, "failInfo" },
    { &status, "30{ 02{02} 03{ 07 0000000080 } }", ERR_LIMIT, "failInfo" },
    { &status, "30{ 02{02} 30{} }", ERR_BAD_DER, "statusString" },
    { &status, "30{ 02{02} 30{ 0c{ff} } }", ERR_BAD_DER, "statusString[0]" },
    { &status, "30{ 02{02} 30{ 0c{'a'} 13{'b'} } }", ERR_BAD_DER,
      "statusString[1]" },
    { &status, "30{ 02{02} 30{ 0c{'a'} 00 } }", ERR_BAD_DER,
      "statusString[1]" },
    { &status, "30{ 02{02} 30{ *17( 0c{'a'} ) } }", ERR_LIMIT, "statusString" },
    { &status, "30{ 02{02} 0c{'no'} }", ERR_BAD_DER, "" },
};

#define SHA256_ALG "30{ 0609608648016503040201 }"

static const struct codec_case conf_cases[] = {
    { &conf, "3000", ERR_OK, NULL },
    { &conf, "30{ 30{ 04{deadbeef} 02{00} } }", ERR_OK, NULL },
    { &conf, "30{ 30{ 04{deadbeef} 02{ff} } }", ERR_OK, NULL },
    { &conf, "30{ 30{ 04{} 02{00} } }", ERR_OK, NULL },
    { &conf, "30{ 30{ 04{de} 02{00} 30{ 02{02} } } }", ERR_OK, NULL },
    { &conf, "30{ 30{ 04{de} 02{00} a0{ " SHA256_ALG " } } }", ERR_OK, NULL },
    { &conf, "30{ 30{ 04{de} 02{00} 30{ 02{00} } a0{ " SHA256_ALG " } } }",
      ERR_OK, NULL },
    { &conf, "30{ *16( 30{ 04{de} 02{00} } ) }", ERR_OK, NULL },
    { &conf, "30{ *17( 30{ 04{de} 02{00} } ) }", ERR_LIMIT, "" },
    { &conf, "30{ 30{ 04{ *64(00) } 02{00} } }", ERR_OK, NULL },
    { &conf, "30{ 30{ 04{ *65(00) } 02{00} } }", ERR_LIMIT, "[0].certHash" },
    { &conf, "30{ 04{de} 02{00} }", ERR_BAD_DER, "[0]" },
    { &conf, "30{ 30{ 02{00} } }", ERR_BAD_DER, "[0].certHash" },
    { &conf, "30{ 30{ 24{ 04{de} } 02{00} } }", ERR_BAD_DER, "[0].certHash" },
    { &conf, "30{ 30{ 04{de} } }", ERR_BAD_DER, "[0].certReqId" },
    { &conf, "30{ 30{ 04{de} 02{00} 00 } }", ERR_BAD_DER, "[0]" },
    { &conf, "30{ 30{ 04{de} 02{00} } 00 }", ERR_BAD_DER, "[1]" },
    { &conf, "30{ 30{ 04{de} 02{00} 02{02} } }", ERR_BAD_DER, "[0]" },
    { &conf, "30{ 30{ 04{de} 02{00} 30{} } }", ERR_BAD_DER,
      "[0].statusInfo.status" },
    { &conf, "30{ 30{ 04{de} 02{00} a0{ 0609608648016503040201 } } }",
      ERR_BAD_DER, "[0].hashAlg" },
    { &conf, "30{ 30{ 04{de} 02{00} a0{ " SHA256_ALG " 00 } } }", ERR_BAD_DER,
      "[0].hashAlg" },
    { &conf, "30{ 30{ 04{de} 02{00} a0{} } }", ERR_BAD_DER, "[0].hashAlg" },
    { &conf, "30{ 30{ 04{de} 02{00} a1{ " SHA256_ALG " } } }", ERR_BAD_DER,
      "[0]" },
    { &conf, "30{ 30{ 04{de} 02{00} a0{ " SHA256_ALG " } 30{ 02{00} } } }",
      ERR_BAD_DER, "[0]" },
};

static const struct codec_case error_cases[] = {
    { &error_msg, "30{ 30{ 02{02} } }", ERR_OK, NULL },
    { &error_msg, "30{ 30{ 02{03} } 02{7f} }", ERR_OK, NULL },
    { &error_msg, "30{ 30{ 02{02} 03{0780} } 30{ 0c{'why'} } }", ERR_OK, NULL },
    { &error_msg, "30{ 30{ 02{02} } 02{ff01} 30{ 0c{'why'} } }", ERR_OK, NULL },
    { &error_msg, "30{ 02{02} }", ERR_BAD_DER, "pKIStatusInfo" },
    { &error_msg, "3000", ERR_BAD_DER, "pKIStatusInfo" },
    { &error_msg, "30{ 30{ 02{02} } 02{} }", ERR_BAD_DER, "errorCode" },
    { &error_msg, "30{ 30{ 02{02} } 02{ 01 *8(00) } }", ERR_LIMIT,
      "errorCode" },
    { &error_msg, "30{ 30{ 02{02} } 0c{'why'} }", ERR_BAD_DER, "errorDetails" },
    { &error_msg, "30{ 30{ 02{02} } 30{} }", ERR_BAD_DER, "errorDetails" },
    { &error_msg, "30{ 30{ 02{02} } 30{ 0c{'why'} } 02{01} }", ERR_BAD_DER,
      "" },
    { &error_msg, "30{ 30{ 02{02} } 02{01} 02{01} }", ERR_BAD_DER,
      "errorDetails" },
    { &error_msg, "31{ 30{ 02{02} } }", ERR_BAD_DER, "" },
};

#define RSP(pair) "30{ 30{ 30{ 02{00} 30{ 02{00} } " pair " } } }"
#define PAIR "response[0].certifiedKeyPair"

static const struct codec_case rep_cases[] = {
    { &rep, "30{ 3000 }", ERR_OK, NULL },
    { &rep, RSP(""), ERR_OK, NULL },
    { &rep, "30{ a1{ 30{ 30{} 30{ 02{00} } } } 3000 }", ERR_OK, NULL },
    { &rep, RSP("30{ a0{ 3000 } }"), ERR_OK, NULL },
    { &rep, RSP("30{ a1{ 30{ 03{00} } } }"), ERR_OK, NULL },
    { &rep, RSP("30{ a1{ a0{ 02{02} } } }"), ERR_OK, NULL },
    { &rep, RSP("30{ a0{ 3000 } a0{ a0{} } }"), ERR_OK, NULL },
    { &rep, RSP("30{ a0{ 3000 } a0{ 3000 } a1{ 30{ 02{01} } } }"), ERR_OK,
      NULL },
    { &rep, RSP("30{ a1{ 3000 } a1{ 3000 } }"), ERR_OK, NULL },
    { &rep, RSP("30{ a0{ 3000 } } 04{aa}"), ERR_OK, NULL },
    { &rep, RSP("04{}"), ERR_OK, NULL },
    { &rep, "30{ 30{ *16( 30{ 02{00} 30{ 02{00} } } ) } }", ERR_OK, NULL },

    { &rep, "30{ 30{ *17( 30{ 02{00} 30{ 02{00} } } ) } }", ERR_LIMIT,
      "response" },
    { &rep, "3000", ERR_BAD_DER, "response" },
    { &rep, "30{ 3000 00 }", ERR_BAD_DER, "" },
    { &rep, "30{ 3000 3000 }", ERR_BAD_DER, "" },
    { &rep, "30{ a1{ 30{} } 3000 }", ERR_BAD_DER, "caPubs" },
    { &rep, "30{ a1{ 30{} } }", ERR_BAD_DER, "caPubs" },
    { &rep, "30{ a1{} 3000 }", ERR_BAD_DER, "caPubs" },
    { &rep, "30{ a1{ 30{ 3000 } 00 } 3000 }", ERR_BAD_DER, "caPubs" },
    { &rep, "30{ a1{ 30{ 3000 31{} } } 3000 }", ERR_BAD_DER, "caPubs[1]" },
    { &rep, "30{ a1{ 30{ *33( 3000 ) } } 3000 }", ERR_LIMIT, "caPubs" },
    { &rep, "30{ a0{ 30{ 3000 } } 3000 }", ERR_BAD_DER, "response" },
    { &rep, "30{ 30{ 02{00} } }", ERR_BAD_DER, "response[0]" },
    { &rep, "30{ 30{ 30{ 30{ 02{00} } } } }", ERR_BAD_DER,
      "response[0].certReqId" },
    { &rep, "30{ 30{ 30{ 02{00} } } }", ERR_BAD_DER, "response[0].status" },
    { &rep, "30{ 30{ 30{ 02{00} 30{ 02{00} } 00 } } }", ERR_BAD_DER,
      "response[0].rspInfo" },
    { &rep, RSP("30{}"), ERR_BAD_DER, PAIR ".certificate" },
    { &rep, RSP("30{ 3000 }"), ERR_BAD_DER, PAIR ".certificate" },
    { &rep, RSP("30{ a0{ a0{} } }"), ERR_BAD_DER, PAIR ".certificate" },
    { &rep, RSP("30{ a0{ 3000 00 } }"), ERR_BAD_DER, PAIR ".certificate" },
    { &rep, RSP("30{ a1{ 31{} } }"), ERR_BAD_DER, PAIR ".encryptedCert" },
    { &rep, RSP("30{ a1{} }"), ERR_BAD_DER, PAIR ".encryptedCert" },
    { &rep, RSP("30{ a1{ 3000 00 } }"), ERR_BAD_DER, PAIR ".encryptedCert" },
    { &rep, RSP("30{ a0{ 3000 } a0{ a1{} } }"), ERR_BAD_DER,
      PAIR ".privateKey" },
    { &rep, RSP("30{ a0{ 3000 } a1{ 02{01} } }"), ERR_BAD_DER,
      PAIR ".publicationInfo" },
    { &rep, RSP("30{ a0{ 3000 } a1{ 3000 00 } }"), ERR_BAD_DER,
      PAIR ".publicationInfo" },
    { &rep, RSP("30{ a0{ 3000 } a1{ 3000 } a0{ 3000 } }"), ERR_BAD_DER, PAIR },
    { &rep, RSP("04{aa} 30{ a0{ 3000 } }"), ERR_BAD_DER, "response[0]" },
};

#define DN "a4{ 3000 }"
#define HEAD(rest) "30{ 02{02} " DN " " DN " " rest " }"
/* implicitConfirm, with its value NULL */
#define IMPLICIT "300c06082b0601050507040d0500"
#define TEXTS "30{ 0c{'en'} }"

static const struct codec_case header_cases[] = {
    { &header, "30 0b 020102 a4023000 a4023000", ERR_OK, NULL },
    { &header, "30{ 02{03} 82{'a'} 86{'b:'} }", ERR_OK, NULL },
    { &header, HEAD("a0{ 18{'20260102030405Z'} }"), ERR_OK, NULL },
    { &header, HEAD("a1{ 30{ 06082a8648ce3d040302 } }"), ERR_OK, NULL },
    { &header, HEAD("a1{ 30{ 06092a864886f70d01010b 0500 } }"), ERR_OK, NULL },
    { &header,
      HEAD("a2{ 04{01} } a3{ 04{02} } a4{ 04{03} } a5{ 04{04} }"
           " a6{ 04{05} }"),
      ERR_OK, NULL },
    { &header, HEAD("a4{ 04{} }"), ERR_OK, NULL },
    { &header, HEAD("a5{ 04{ *64(00) } }"), ERR_OK, NULL },
    { &header, HEAD("a7{ " TEXTS " }"), ERR_OK, NULL },
    { &header, HEAD("a8{ 30{ " IMPLICIT " } }"), ERR_OK, NULL },
    { &header, HEAD("a8{ 30{ 30{ 06012a } " IMPLICIT " } }"), ERR_OK, NULL },
    { &header, HEAD("a8{ 30{ *32( 30{ 06012a } ) } }"), ERR_OK, NULL },

    { &header, "3000", ERR_BAD_DER, "pvno" },
    { &header, "30{ 02{0002} " DN " " DN " }", ERR_BAD_DER, "pvno" },
    { &header, "30{ 02{ 01 *8(00) } " DN " " DN " }", ERR_LIMIT, "pvno" },
    { &header, "30{ 02{02} }", ERR_BAD_DER, "sender" },
    { &header, "30{ 02{02} " DN " }", ERR_BAD_DER, "recipient" },
    { &header, "30{ 02{02} 3000 " DN " }", ERR_BAD_DER, "sender" },
    { &header, "30{ 02{02} a4{} " DN " }", ERR_BAD_DER, NULL },
    { &header, "30 0c 020102 a4023000 a4023000", ERR_BAD_DER, NULL },
    { &header, HEAD("00"), ERR_BAD_DER, "" },
    { &header, HEAD("80{'20260102030405Z'}"), ERR_BAD_DER, "" },
    { &header, HEAD("a0{ 17{'260102030405Z'} }"), ERR_BAD_DER, "messageTime" },
    { &header, HEAD("a0{ 18{'20260102030405'} }"), ERR_BAD_DER, "messageTime" },
    { &header, HEAD("a0{ 18{'20260102030405+0100'} }"), ERR_BAD_DER,
      "messageTime" },
    { &header, HEAD("a0{ 18{'20260230030405Z'} }"), ERR_BAD_DER,
      "messageTime" },
    { &header, HEAD("a0{ 18{'20260102030460Z'} }"), ERR_BAD_DER,
      "messageTime" },
    { &header, HEAD("a0{ 18{'20260102030405Z'} 00 }"), ERR_BAD_DER,
      "messageTime" },
    { &header, HEAD("a1{ 06082a8648ce3d040302 }"), ERR_BAD_DER,
      "protectionAlg" },
    { &header, HEAD("a1{ 30{ 06012a } 00 }"), ERR_BAD_DER, "protectionAlg" },
    { &header, HEAD("a1{ 30{ 06012a 0500 0500 } }"), ERR_BAD_DER, NULL },
    { &header, HEAD("a2{ 01 }"), ERR_BAD_DER, "senderKID" },
    { &header, HEAD("82{ 01 }"), ERR_BAD_DER, "" },
    { &header, HEAD("a3{ 24{ 04{01} } }"), ERR_BAD_DER, "recipKID" },
    { &header, HEAD("a4{ 04{03} 00 }"), ERR_BAD_DER, "transactionID" },
    { &header, HEAD("a4{ 04{03} } a4{ 04{03} }"), ERR_BAD_DER, "" },
    { &header, HEAD("a5{ 04{ *65(00) } }"), ERR_LIMIT, "senderNonce" },
    { &header, HEAD("a6{}"), ERR_BAD_DER, "recipNonce" },
    { &header, HEAD("a6{ 04{05} } a5{ 04{04} }"), ERR_BAD_DER, "" },
    { &header, HEAD("a7{ 0c{'en'} }"), ERR_BAD_DER, "freeText" },
    { &header, HEAD("a7{ 30{} }"), ERR_BAD_DER, "freeText" },
    { &header, HEAD("a7{ 30{ 0c{'a' 00} } }"), ERR_BAD_DER, "freeText[0]" },
    { &header, HEAD("a7{ " TEXTS " 00 }"), ERR_BAD_DER, "freeText" },
    { &header, HEAD("a8{ " IMPLICIT " }"), ERR_BAD_DER, NULL },
    { &header, HEAD("a8{ 30{} }"), ERR_BAD_DER, "generalInfo" },
    { &header, HEAD("a8{ 30{ " IMPLICIT " } 00 }"), ERR_BAD_DER,
      "generalInfo" },
    { &header, HEAD("a8{ 30{ " IMPLICIT " 30{ 0500 } } }"), ERR_BAD_DER,
      "generalInfo[1].infoType" },
    { &header, HEAD("a8{ 30{ 30{ 06012a 30 } } }"), ERR_BAD_DER,
      "generalInfo[0].infoValue" },
    { &header, HEAD("a8{ 30{ 30{ 06012a 0500 00 } } }"), ERR_BAD_DER,
      "generalInfo[0]" },
    { &header, HEAD("a8{ 30{ *33( 30{ 06012a } ) } }"), ERR_LIMIT,
      "generalInfo" },
    { &header, HEAD("a9{ 0500 }"), ERR_BAD_DER, "" },
};

#define REQS "30{ 30{ 30{ 02{00} 3000 } } }"

static const struct codec_case body_cases[] = {
    { &body, "a0{ " REQS " }", ERR_OK, NULL },
    { &body, "a2{ " REQS " }", ERR_OK, NULL },
    { &body, "a7{ " REQS " }", ERR_OK, NULL },
    { &body, "a9{ " REQS " }", ERR_OK, NULL },
    { &body, "ad{ " REQS " }", ERR_OK, NULL },
    { &body, "a1{ 30{ 3000 } }", ERR_OK, NULL },
    { &body, "a3{ 30{ 3000 } }", ERR_OK, NULL },
    { &body, "a8{ 30{ 3000 } }", ERR_OK, NULL },
    { &body, "ae{ 30{ 3000 } }", ERR_OK, NULL },
    { &body, "b3020500", ERR_OK, NULL },
    { &body, "b8023000", ERR_OK, NULL },
    { &body, "b7{ 30{ 30{ 02{02} } } }", ERR_OK, NULL },
    { &body, "b907300530030201ff", ERR_OK, NULL },
    { &body, "b50e300c300a06082b06010505070411", ERR_OK, NULL },
    { &body, "b6{ 3000 }", ERR_OK, NULL },
    { &body, "ab{ 30{ 30{ 3000 } } }", ERR_OK, NULL },
    { &body, "ac{ 30{ 30{ 30{ 02{00} } } } }", ERR_OK, NULL },
    { &body, "ba{ 3000 }", ERR_OK, NULL },
    { &body,
      "a4{ 30{ 30{ 02{00} 3000 30{ 30{ 06{2a} } 03{00} } a000 } 30{ 06{2a} } "
      "03{00} } }",
      ERR_OK, NULL },
    { &body, "a5{ 30{ 30{ 04{} 04{} } } }", ERR_OK, NULL },
    { &body, "a6{ 30{ 02{2a} } }", ERR_OK, NULL },
    { &body, "aa{ 30{ 30{ 02{00} } } }", ERR_OK, NULL },
    { &body, "af{ 30{ 3000 3000 3000 } }", ERR_OK, NULL },
    { &body, "af{ a0{ 30{ 3000 } } }", ERR_OK, NULL },
    { &body, "b0{ 30{ 01 } }", ERR_OK, NULL },
    { &body,
      "b1{ 30{ 02{05} 30{ a4{ 3000 } 02{01} } 18{'20260102030405Z'} "
      "18{'20260102030405Z'} } }",
      ERR_OK, NULL },
    { &body, "b2{ 3000 }", ERR_OK, NULL },
    { &body, "b2{ 30{ 30{ 01 } 3000 } }", ERR_OK, NULL },
    { &body, "b2{ 30{ *16( 3000 ) } }", ERR_OK, NULL },
    { &body, "b4{ 30{ 30{ 01 } 3000 } }", ERR_OK, NULL },
    { &body, "b4{ 30{ *64( 3000 ) } }", ERR_OK, NULL },

    { &body, "bb{ 3000 }", ERR_BAD_DER, "" },
    { &body, "3000", ERR_BAD_DER, "" },
    { &body, "8000", ERR_BAD_DER, "" },
    { &body, "bf1f023000", ERR_BAD_DER, "" },
    { &body, "", ERR_BAD_DER, "" },
    { &body, "a0{ 3000 }", ERR_BAD_DER, "ir" },
    { &body, "a0{ " REQS " 00 }", ERR_BAD_DER, "" },
    { &body, "a0{ 30{ 30{ 02{00} 3000 } } }", ERR_BAD_DER, NULL },
    { &body, "a7{ 30{ 30{ 30{ 02{00} 3000 } 8100 } } }", ERR_BAD_DER,
      "kur[0].popo" },
    { &body, "a1{ 3000 }", ERR_BAD_DER, "ip.response" },
    { &body, "ae{}", ERR_BAD_DER, "ccp" },
    { &body, "b3{}", ERR_BAD_DER, "pkiconf" },
    { &body, "b3{ 05{00} }", ERR_BAD_DER, "pkiconf" },
    { &body, "b3{ 3000 }", ERR_BAD_DER, "pkiconf" },
    { &body, "b3{ 0500 0500 }", ERR_BAD_DER, "" },
    { &body, "9300", ERR_BAD_DER, "" },
    { &body, "b7{ 3000 }", ERR_BAD_DER, "error.pKIStatusInfo" },
    { &body, "b8{ 30{ 3000 } }", ERR_BAD_DER, "certConf[0].certHash" },
    { &body, "b9{}", ERR_BAD_DER, "pollReq" },
    { &body, "b9{ 3000 3000 }", ERR_BAD_DER, "" },
    { &body, "b9{ 30{ 00 } 00 }", ERR_BAD_DER, "pollReq[0]" },
    { &body, "a4{ 30{ 01 } }", ERR_BAD_DER, "p10cr.certificationRequestInfo" },
    { &body, "a5{ 30{ 3000 } }", ERR_BAD_DER, "popdecc[0].witness" },
    { &body, "a6{ 30{ 04{2a} } }", ERR_BAD_DER, "popdecr[0]" },
    { &body, "aa{ 3000 }", ERR_BAD_DER, "krp.status" },
    { &body, "af{ 3000 }", ERR_BAD_DER, "ckuann.oldWithNew" },
    { &body, "b0{ 0500 }", ERR_BAD_DER, "cann" },
    { &body, "b0{ 3000 3000 }", ERR_BAD_DER, "" },
    { &body, "b1{ 3000 }", ERR_BAD_DER, "rann.status" },
    { &body, "b2{ 0500 }", ERR_BAD_DER, "crlann" },
    { &body, "b2{ 30{ 0500 } }", ERR_BAD_DER, "crlann[0]" },
    { &body, "b2{ 30{ *17( 3000 ) } }", ERR_LIMIT, "crlann" },
    { &body, "b4{ 3000 }", ERR_BAD_DER, "nested" },
    { &body, "b4{ 30{ 3000 0500 } }", ERR_BAD_DER, "nested[1]" },
    { &body, "b4{ 30{ 3000 30 } }", ERR_BAD_DER, "nested[1]" },
    { &body, "b4{ 30{ *65( 3000 ) } }", ERR_LIMIT, "nested" },
    { &body, "b4{ 30{ 3000 } 00 }", ERR_BAD_DER, "" },
    { &body, "ab{ 30{ 3000 } }", ERR_BAD_DER, "rr[0].certDetails" },
    { &body, "ac{ 3000 }", ERR_BAD_DER, "rp.status" },
    { &body, "b5{ 0500 }", ERR_BAD_DER, "genm" },
    { &body, "b6{ 30{ 0500 } }", ERR_BAD_DER, "genp[0]" },
    { &body, "ba{ 30{ 30{ 02{00} } } }", ERR_BAD_DER, "pollRep[0].checkAfter" },
    { &body, "b9{ 30 01 }", ERR_BAD_DER, "pollReq" },
};

static void test_status(void **state)
{
    (void)state;
    codec_cases_check(status_cases, NUM(status_cases));
}

static void test_conf(void **state)
{
    (void)state;
    codec_cases_check(conf_cases, NUM(conf_cases));
}

static void test_error(void **state)
{
    (void)state;
    codec_cases_check(error_cases, NUM(error_cases));
}

static void test_rep(void **state)
{
    (void)state;
    codec_cases_check(rep_cases, NUM(rep_cases));
}

static void test_header(void **state)
{
    (void)state;
    codec_cases_check(header_cases, NUM(header_cases));
}

static void test_body(void **state)
{
    (void)state;
    codec_cases_check(body_cases, NUM(body_cases));
}

static void test_body_names(void **state)
{
    (void)state;
    assert_string_equal(cmp_body_name(CMP_IR), "ir");
    assert_string_equal(cmp_body_name(CMP_CERT_CONF), "certConf");
    assert_string_equal(cmp_body_name(CMP_POLL_REP), "pollRep");
    for (int i = 0; i < CMP_BODY_NUM; i++)
        assert_non_null(cmp_body_name((enum cmp_body_type)i));
}

/* Which bit is which: RFC 9810, 5.2.3. */
static void test_fail_info(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct pki_status_info s;
    struct der in =
        der_open(der_text("30 09 020102 03 04 04 00 40 10", a), NULL);

    (void)state;
    assert_int_equal(status_info_read(&in, a, &s), ERR_OK);
    assert_int_equal(s.status, STATUS_REJECTION);
    assert_true(s.has_fail_info);
    assert_int_equal(s.fail_info,
                     1u << FI_BAD_POP | 1u << FI_BAD_CERT_TEMPLATE);
}

/* X.690 allows fractions, RFC 5280, 4.1.2.5.2 does not; they are dropped. */
static void test_message_time_fraction(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct der in =
        der_open(der_text(HEAD("a0{ 18{'20260102030405.25Z'} }"), a), NULL);
    struct span strict = der_text(HEAD("a0{ 18{'20260102030405Z'} }"), a);
    struct pki_header h;
    struct span out;

    (void)state;
    assert_int_equal(cmp_header_read(&in, a, &h), ERR_OK);
    assert_true(h.has_message_time);
    assert_int_equal(h.message_time, 1767323045);
    assert_int_equal(cmp_header_write(&h, a, &out), ERR_OK);
    assert_true(span_is_equal(out, strict));
}

static void test_info_find(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct der in = der_open(
        der_text(HEAD("a8{ 30{ 30{ 06012a } " IMPLICIT " } }"), a), NULL);
    struct pki_header h;
    const struct info_type_value *info;

    (void)state;
    assert_int_equal(cmp_header_read(&in, a, &h), ERR_OK);
    assert_int_equal(h.general_info.num, 2);
    assert_true(span_is_absent(h.general_info.list[0].value));
    info = info_find(&h.general_info, OID_ID_IT_IMPLICIT_CONFIRM);
    assert_ptr_equal(info, &h.general_info.list[1]);
    assert_true(span_is_equal(info->value, SPAN_LIT("\x05\0")));
    assert_null(info_find(&h.general_info, OID_ID_IT_CONFIRM_WAIT_TIME));
}

/* Algorithms a caller names by oid and params alone are written too. */
static void test_alg_by_fields(void **state)
{
    AUTO(arena) a = arena_new(LIMIT_REQUEST_ARENA);
    struct span want =
        der_text(HEAD("a1{ 30{ 06092a864886f70d01010b 0500 } }"), a);
    struct der in = der_open(want, NULL);
    struct pki_header h;
    struct span out;

    (void)state;
    assert_int_equal(cmp_header_read(&in, a, &h), ERR_OK);
    h.protection_alg.der = SPAN_NONE;
    assert_int_equal(cmp_header_write(&h, a, &out), ERR_OK);
    assert_true(span_is_equal(out, want));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_status),
        cmocka_unit_test(test_conf),
        cmocka_unit_test(test_error),
        cmocka_unit_test(test_rep),
        cmocka_unit_test(test_header),
        cmocka_unit_test(test_body),
        cmocka_unit_test(test_body_names),
        cmocka_unit_test(test_fail_info),
        cmocka_unit_test(test_message_time_fraction),
        cmocka_unit_test(test_info_find),
        cmocka_unit_test(test_alg_by_fields),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
