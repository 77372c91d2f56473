"""Wrong messages, a row each: which refusal they get, in which body, signed,
and that nothing in the store changes by them."""
import time

import pytest

from cmplib import cmp, der, pki
from cmplib.der import bits, ctx, integer, octets, oid, prim, seq
from cmplib.rows import Rows, check_refused
from cmplib.world import REVOKED_LEAF

UNIT = pki.name(CN="unit")
rows = Rows()
row, refused = rows.add, rows.refused


def ir(**options):
    """A row's ir: right but for these."""
    return lambda w: w.station().ir(**options)


# --- structure: the header can be read, so that a CMP answer is due ---

@refused("error", "badDataFormat", "message-is-der")
def byte_left_over_in_body(w):
    out = w.station().ir()
    out.content = seq(der.read(out.content)[0].der) + b"\x00"
    return out


@refused("error", "badDataFormat", "message-is-der")
def length_not_minimal_in_body(w):
    out = w.station().ir()
    out.content = b"\x30\x84" + len(out.content[4:]).to_bytes(4, "big") + \
        out.content[4:]
    return out


@refused("error", "badDataFormat", "message-is-der")
def boolean_not_der(w):
    wish = seq(oid("2.5.29.19"), b"\x01\x01\x01", octets(seq()))
    return w.station().ir(extensions=[wish])


row("no-cert-req-msg", lambda w: body_of(w, "ir", seq()), "error",
    "badDataFormat", "message-is-der")
row("invalid-utf8-in-subject", ir(subject=pki.name(CN=b"\xff\xfe")), "error",
    "badDataFormat", "message-is-der")
row("unknown-popo-choice", ir(popo=ctx(7, seq())), "error", "badDataFormat",
    "message-is-der")
row("33-extra-certs", lambda w: junk_certs(w, 31), "error", "badDataFormat",
    "message-is-der")


def nested(levels):
    inner = der.NULL
    for _ in range(levels):
        inner = seq(inner)
    return inner


row("deep-nesting", lambda w: body_of(w, "ir", nested(10000)), "error",
    "badDataFormat", "message-is-der")
row("deep-nesting-in-extension",
    ir(extensions=[pki.extension("2.5.29.17", nested(5000))]), "ip",
    "badCertTemplate", "extensions-are-readable")


def junk_certs(w, num):
    out = w.station().ir()
    out.extra_certs += [seq(integer(n)) for n in range(num)]
    return out

row("alt-name-of-1025", ir(extensions=[pki.alt_names(pki.dns("a" * 1025))]),
    "ip", "badDataFormat", "name-is-bounded")


# --- header ---

row("no-transaction-id", ir(transaction_id=None), "error", "badDataFormat",
    "transaction-id-is-there")
row("empty-transaction-id", ir(transaction_id=b""), "error", "badDataFormat",
    "transaction-id-is-there")
row("no-sender-nonce", ir(sender_nonce=None), "error", "badSenderNonce",
    "sender-nonce-is-long")
row("sender-nonce-of-15", ir(sender_nonce=bytes(15)), "error",
    "badSenderNonce", "sender-nonce-is-long")
for pvno in (-1, 0, 1, 4, 1 << 40):
    row(f"pvno-{pvno}", ir(pvno=pvno), "error", "unsupportedVersion",
        "pvno-is-known")
row("sender-is-another", ir(sender=ctx(4, pki.name(CN="BS-1"))), "error",
    "badMessageCheck", "sender-is-signer")
row("sender-is-dns", ir(sender=prim(2, b"bs.example")), "error",
    "badMessageCheck", "sender-is-signer")
row("sender-is-null-dn", ir(sender=ctx(4, der.NULL_DN)), "error",
    "badMessageCheck", "sender-is-signer")
row("sender-kid-is-anothers", ir(sender_kid=bytes(20)), "error",
    "badMessageCheck", "sender-kid-is-signers")


def body_of(w, kind, content):
    station = w.station()
    return cmp.outgoing(kind, content, station.credential,
                        [station.credential.cert, *station.credential.chain])


# Structure alone: a key and a signature of no algorithm.
NO_ALG = seq(oid("1.2"))
P10 = seq(seq(integer(0), seq(), seq(NO_ALG, bits(b"")), ctx(0)), NO_ALG,
          bits(b""))

for kind, content in {
        "p10cr": P10,
        "rr": seq(seq(seq(prim(1, b"\x01")))),
        "genm": seq(), "genp": seq(),
        "pollRep": seq(seq(integer(0), integer(1))), "nested": seq(seq()),
        "pkiconf": der.NULL, "popdecr": seq(integer(1)),
        "error": seq(seq(integer(2))), "ckuann": seq(seq(), seq(), seq()), "crlann": seq(),
        "ip": seq(seq(seq(integer(0), seq(integer(2)))))}.items():
    row(f"body-{kind}", lambda w, k=kind, c=content: body_of(w, k, c), "error",
        "badRequest", "body-is-served")
for kind in ("cr", "krr", "ccr"):
    row(f"body-{kind}", lambda w, k=kind: w.station().request(k), "error",
        "badRequest", "body-is-served")
row("p10cr-of-no-key-in-open-profile", lambda w: body_of(w, "p10cr", P10),
    "cp", "badCertTemplate", "public-key-is-there", "/.well-known/cmp/p/lab")

# The same bodies where their structure is wrong.
for name, kind, content in (
        ("p10cr-of-nothing", "p10cr", seq(seq(), seq(), bits(b""))),
        ("p10cr-without-attributes", "p10cr",
         seq(seq(integer(0), seq(), seq(NO_ALG, bits(b""))), NO_ALG,
             bits(b""))),
        ("p10cr-attributes-out-of-order", "p10cr",
         seq(seq(integer(0), seq(), seq(NO_ALG, bits(b"")),
                 ctx(0, seq(oid("1.3"), der.set_of(der.NULL)),
                     seq(oid("1.2"), der.set_of(der.NULL)))), NO_ALG,
             bits(b""))),
        ("rr-of-no-template", "rr", seq(seq(integer(1)))),
        ("rr-of-17", "rr", seq(*[seq(seq())] * 17)),
        ("genm-of-10000", "genm", seq(*[seq(oid("1.2"))] * 10000)),
        ("genm-without-type", "genm", seq(seq(der.NULL))),
        ("nested-of-none", "nested", seq()),
        ("nested-of-65", "nested", seq(*[seq()] * 65)),
        ("nested-without-list", "nested", der.NULL),
        ("ckuann-of-two", "ckuann", seq(seq(), seq())),
        ("ckuann-v3-of-none", "ckuann", ctx(0, seq())),
        ("cann-of-null", "cann", der.NULL),
        ("rann-without-dates", "rann",
         seq(integer(5), seq(ctx(4, seq()), integer(1)))),
        ("crlann-of-17", "crlann", seq(*[seq()] * 17)),
        ("krp-of-history-of-none", "krp",
         seq(seq(integer(0)), ctx(2, seq()))),
        ("popdecr-of-octets", "popdecr", seq(octets(b"\1"))),
        ("popdecr-of-65-octets", "popdecr", seq(integer(1 << 512))),
        ("popdecc-without-witness", "popdecc", seq(seq(octets(b"")))),
        ("popdecc-of-4-KiB", "popdecc",
         seq(seq(octets(b""), octets(bytes(4096))))),
        ("poll-req-of-integers", "pollReq", seq(integer(0))),
        ("poll-req-of-17", "pollReq", seq(*[seq(integer(0))] * 17)),
        ("poll-rep-without-time", "pollRep", seq(seq(integer(0))))):
    row(name, lambda w, k=kind, c=content: body_of(w, k, c), "error",
        "badDataFormat", "message-is-der")


# --- protection ---

@refused("error", "badMessageCheck", "message-is-protected")
def unprotected(w):
    out = w.station().ir(protection_alg=None)
    out.is_protected = False
    return out


@refused("error", "badMessageCheck", "message-is-protected")
def protection_alg_alone(w):
    out = w.station().ir()
    out.is_protected = False
    return out


row("protection-without-alg", ir(protection_alg=None), "error",
    "badMessageCheck", "message-is-protected")


@refused("error", "wrongIntegrity", "protection-is-signature")
def mac_protection(w):
    alg, compute = cmp.pbm()
    out = w.station().ir(protection_alg=alg)
    out.protect = compute
    return out


@refused("error", "wrongIntegrity", "protection-is-signature")
def mac_protected_kur(w):
    alg, compute = cmp.pbm()
    out = w.enrolled().kur(protection_alg=alg)
    out.protect = compute
    return out


def signed_by(algorithm, kind="P-256"):
    def build(w):
        key = pki.Key() if kind == "P-256" else pki.slow_key(kind)
        out = w.station(key=key).ir()
        out.algorithm = algorithm
        return out
    return build


for algorithm, kind in (("ecdsa-sha1", "P-256"), ("ecdsa-sha224", "P-256"),
                        ("rsa-sha1", "RSA-2048"), ("rsa-md5", "RSA-2048")):
    row(f"protected-by-{algorithm}", signed_by(algorithm, kind), "error",
        "badAlg", "protection-alg-is-allowed")
row("protected-by-unknown-algorithm",
    ir(protection_alg=pki.alg_id("1.3.6.1.4.1.99999.1")), "error", "badAlg",
    "protection-alg-is-allowed")
row("protection-alg-of-another-kind-of-key",
    ir(protection_alg=pki.SIGNATURES["rsa-sha256"][2]), "error", "badAlg",
    "protection-alg-is-allowed")
row("algorithm-not-in-this-profile", signed_by("ecdsa-sha384"), "error",
    "badAlg", "protection-alg-is-allowed", "/.well-known/cmp/p/strict")


def protected(protect):
    def build(w):
        out = w.station().ir()
        out.protect = lambda part: protect(out.signer.key.sign, part)
        return out
    return build


def flip(data, at, bit=0x01):
    return data[:at] + bytes([data[at] ^ bit]) + data[at + 1:]


for name, protect in {
        "bit-flipped-in-protection": lambda sign, p: flip(sign(p), -1),
        "protection-by-another-key": lambda sign, p: pki.Key().sign(p),
        "protection-over-other-bytes": lambda sign, p: sign(p + b"\x00"),
        "protection-over-body-alone":
            lambda sign, p: sign(der.read(p)[1].der),
        "protection-empty": lambda sign, p: b"",
        "protection-all-zero": lambda sign, p: seq(integer(0), integer(0)),
}.items():
    row(name, protected(protect), "error", "badMessageCheck",
        "protection-verifies")


@refused("error", "badDataFormat", "message-is-der")
def protection_with_unused_bits(w):
    out = w.station().ir()
    head, content, protection, _ = der.read(bytes(out))
    value = protection[0].bit_octets
    out.written = cmp.message(head.der, content.der,
                              bits(value[:-1] + bytes([value[-1] & 0xfe]), 1),
                              out.extra_certs)
    return out


def changed_behind(change):
    """A message whose part was changed after it was signed."""
    def build(w):
        out = w.station().ir(subject=UNIT)
        bytes(out)
        out.written = change(out)
        return out
    return build


def replaced(out, old, new):
    assert out.written.count(old) == 1 and len(old) == len(new)
    return out.written.replace(old, new)


@refused("error", "badMessageCheck", "protection-verifies")
def bit_flipped_in_header(w):
    return changed_behind(lambda out: replaced(
        out, der.generalized_time(out.fields["message_time"]),
        der.generalized_time(out.fields["message_time"] + 1)))(w)


@refused("error", "badMessageCheck", "protection-verifies")
def bit_flipped_in_body(w):
    return changed_behind(lambda out: out.written.replace(b"unit", b"unis"))(w)


@refused("error", "badMessageCheck", "signer-is-sent")
def no_extra_certs(w):
    out = w.station().ir()
    out.extra_certs = []
    return out


@refused("error", "badMessageCheck", "signer-is-readable")
def signer_is_no_certificate(w):
    out = w.station().ir()
    out.extra_certs = [seq(integer(1))]
    return out


@refused("error", "badMessageCheck", "sender-kid-is-signers")
def signer_not_among_extra_certs(w):
    out = w.station().ir()
    out.extra_certs = out.extra_certs[1:]
    return out


# --- the signer ---

def signed_with(make):
    return lambda w: w.as_(make(w)).ir()


def trusts_not(name, make, rule="signer-has-path"):
    row(name, signed_with(make), "error", "signerNotTrusted", rule)


def self_signed(w):
    own = pki.CA(pki.name(CN="BS-9"))
    return pki.Credential(own.cert, own.key)


def below_a_leaf(w):
    """A base station that plays CA."""
    leaf = w.credential()
    below = pki.CA(leaf.subject)
    below.key, below.cert, below.parent = leaf.key, leaf.cert, w.acme.ca
    return below.issue(pki.name(CN="BS-000001"))


def below_a_station(w):
    """The same with an operator's certificate."""
    station = w.enrolled()
    below = pki.CA(station.credential.subject)
    below.key, below.cert = station.credential.key, station.credential.cert
    made = below.issue(pki.name(CN="BS-000001"))
    made.chain = [station.credential.cert, *station.credential.chain]
    return made


def posing_as_vendor(w):
    """The vendor's names over other keys."""
    return pki.Vendor("Acme").station("BS-000001")


def without_chain(w):
    """Its intermediate was never sent: one that was validated is known."""
    made = w.credential(ca=pki.CA(pki.name(CN="Acme Far Factory"),
                                  w.acme.root))
    made.chain = []
    return made


now = int(time.time())
trusts_not("unknown-vendor", lambda w: w.credential(w.nobody))
trusts_not("vendor-posing-as-another", posing_as_vendor)
trusts_not("self-signed-signer", self_signed)
trusts_not("expired-vendor-certificate",
           lambda w: w.credential(not_after=now - 5))
trusts_not("vendor-certificate-not-yet-valid",
           lambda w: w.credential(not_before=now + 3600))
trusts_not("missing-intermediate", without_chain)
trusts_not("leaf-as-ca", below_a_leaf)
trusts_not("operator-certificate-as-ca", below_a_station)
trusts_not("expired-intermediate", lambda w: w.credential(
    ca=pki.CA(pki.name(CN="Acme Old Factory"), w.acme.root,
              not_after=now - 5)))
trusts_not("revoked-vendor-certificate",
           lambda w: w.credential(serial=REVOKED_LEAF),
           "signer-is-not-revoked")
trusts_not("revoked-intermediate", lambda w: w.credential(ca=w.revoked_ca),
           "signer-is-not-revoked")
trusts_not("crl-out-of-date", lambda w: w.credential(w.calder),
           "revocation-is-known")
trusts_not("intermediate-without-crl", lambda w: w.credential(
    ca=pki.CA(pki.name(CN="Acme New Factory"), w.acme.root)),
           "revocation-is-known")
trusts_not("no-digital-signature",
           lambda w: w.credential(usage=(pki.KEY_ENCIPHERMENT,)),
           "signer-may-sign")
row("vendor-not-served-here",
    lambda w: w.station(w.dorado).ir(), "error", "signerNotTrusted",
    "signer-has-path", "/.well-known/cmp/p/strict")


@refused("error", "signerNotTrusted", "signer-has-path")
def vendor_root_only_in_extra_certs(w):
    out = w.station(w.nobody).ir()
    out.extra_certs.append(w.nobody.root.cert)
    return out


@refused("error", "signerNotTrusted", "signer-has-path")
def critical_extension_unknown_in_leaf(w):
    return w.station(more=[pki.extension("1.3.6.1.4.1.99999.2", der.NULL,
                                         True)]).ir()


for kind in ("RSA-1024", "P-224", "secp256k1"):
    row(f"signer-key-{kind}",
        lambda w, k=kind: w.station(key=pki.slow_key(k)).ir(), "error",
        "badAlg", "signer-key-is-allowed")


# --- what is asked for ---

@refused("ip", "badRequest", "one-request")
def two_cert_req_msgs(w):
    station = w.station()
    out = station.ir()
    out.content = seq(der.read(out.content)[0].der,
                      der.read(station.ir().content)[0].der)
    return out


for number in (1, -1, 1 << 32):
    row(f"cert-req-id-{number}", ir(number=number), "ip", "badRequest",
        "cert-req-id-is-zero")
for name, value in {"version": b"\x01", "serial": b"\x05",
                    "signing_alg": oid(pki.ECDSA + "3.2"),
                    "issuer_uid": b"\x00\x01",
                    "subject_uid": b"\x00\x01"}.items():
    row(f"template-{name}", ir(fields={name: value}), "ip", "badCertTemplate",
        "template-leaves-ca-fields")
row("no-public-key", ir(fields={"public_key": None}), "ip", "badCertTemplate",
    "public-key-is-there")
row("empty-public-key", ir(fields={
    "public_key": pki.alg_id("1.2.840.10045.2.1",
                             oid("1.2.840.10045.3.1.7")) + bits(b"")}),
    "ip", "badCertTemplate", "public-key-is-there")


def key_as(alg, value, proof="ecdsa-sha256"):
    """A station's key that claims to be this one."""
    def build(w):
        key = pki.Key()
        key.spki = seq(alg, bits(value))
        return w.station().ir(key, subject=UNIT, popo=lambda req:
                              cmp.popo_signature(key, req, claim=proof))
    return build


def ec_key(point, curve=oid("1.2.840.10045.3.1.7")):
    return key_as(pki.alg_id("1.2.840.10045.2.1", curve), point)


def rsa_key(modulus, exponent=65537):
    return key_as(pki.alg_id(pki.RSA + "1", der.NULL),
                  seq(integer(modulus), integer(exponent)), "rsa-sha256")


P = 2**256 - 2**224 + 2**192 + 2**96 - 1
EXPLICIT = seq(integer(1), seq(oid("1.2.840.10045.1.1"), integer(P)),
               seq(octets(bytes(32)), octets(bytes(32))),
               octets(b"\x04" + bytes(64)), integer(P), integer(1))

for name, build in {
        "explicit-curve-parameters": ec_key(b"\x04" + bytes(64), EXPLICIT),
        "curve-p224": ec_key(b"\x04" + bytes(56), oid("1.3.132.0.33")),
        "curve-secp256k1": ec_key(b"\x04" + bytes(64), oid("1.3.132.0.10")),
        "curve-absent": key_as(pki.alg_id("1.2.840.10045.2.1"), b"\x04" * 65),
        "rsa-1024": rsa_key(2**1024 - 1), "rsa-8192": rsa_key(2**8192 - 1),
        "rsa-zero": rsa_key(0),
        "key-x25519": key_as(pki.alg_id("1.3.101.110"), bytes(32)),
        "key-unknown": key_as(pki.alg_id("1.3.6.1.4.1.99999.3"), bytes(32)),
}.items():
    row(name, build, "ip", "badAlg", "public-key-is-allowed")
for name, build in {
        "point-off-the-curve": ec_key(b"\x04" + bytes(31) + b"\x01" * 33),
        "point-at-infinity": ec_key(b"\x00"),
        "point-cut-short": ec_key(b"\x04" + bytes(40)),
        "rsa-even-modulus": rsa_key(2**2048 - 2),
        "rsa-exponent-1": rsa_key(2**2048 - 1, 1),
        "ed25519-short": key_as(pki.alg_id("1.3.101.112"), bytes(31),
                                "ed25519"),
}.items():
    row(name, build, "ip", "badCertTemplate", "new-key-is-sound")
for name, wish in {
        "ca": pki.basic_constraints(True),
        "ca-with-path-length": pki.basic_constraints(True, 0),
        "key-cert-sign": pki.key_usage(pki.KEY_CERT_SIGN),
        "crl-sign": pki.key_usage(pki.DIGITAL_SIGNATURE, pki.CRL_SIGN),
        "cmc-ra": pki.ext_key_usage(pki.CMC_RA),
        "cmc-ca-behind-another":
            pki.ext_key_usage("1.3.6.1.5.5.7.3.17", pki.CMC_CA),
        "cm-kga": pki.ext_key_usage(pki.CM_KGA)}.items():
    row(f"asks-for-{name}", ir(extensions=[wish]), "ip", "badCertTemplate",
        "no-ca-asked-for")
for name, wish in {
        "key-usage": pki.extension("2.5.29.15", seq()),
        "alt-name": pki.extension("2.5.29.17", b"\x30\x03\x82"),
        "alt-name-empty": pki.alt_names(),
        "key-purpose": pki.extension("2.5.29.37", seq(integer(1)))}.items():
    row(f"unreadable-{name}", ir(extensions=[wish]), "ip", "badCertTemplate",
        "extensions-are-readable")


# --- proof of possession ---

@refused("ip", "badPOP", "popo-is-signature")
def no_popo(w):
    return w.station().ir(popo=b"")


row("popo-ra-verified", ir(popo=cmp.RA_VERIFIED), "ip", "notAuthorized",
    "ra-verified-by-ra")
for name, popo in {"key-encipherment": cmp.KEY_ENCIPHERMENT,
                   "key-agreement": cmp.KEY_AGREEMENT}.items():
    row(f"popo-{name}", ir(popo=popo), "ip", "badPOP", "popo-is-signature")
row("popo-by-sha1", ir(subject=UNIT, popo_alg="ecdsa-sha1"), "ip", "badAlg",
    "popo-alg-is-allowed")
row("popo-algorithm-of-another-kind-of-key",
    ir(subject=UNIT, popo=lambda req: cmp.popo_signature(
        pki.Key(), req, claim="rsa-sha256")), "ip", "badAlg",
    "popo-alg-is-allowed")


def popo(make):
    """A row's ir with a proof made from its key and CertRequest."""
    def build(w):
        key = pki.Key()
        return w.station().ir(key, subject=UNIT,
                              popo=lambda req: make(w, key, req))
    return build


def with_empty_signature(w, key, req):
    return ctx(1, pki.SIGNATURES["ecdsa-sha256"][2], bits(b""))


def of_the_signer(w, key, req):
    """The vendor's key vouches for the new one."""
    return cmp.popo_signature(w.credential().key, req)


for name, make in {
        "by-another-key": lambda w, key, req: cmp.popo_signature(
            pki.Key(), req),
        "by-a-vendor-key": of_the_signer,
        "over-other-bytes": lambda w, key, req: cmp.popo_signature(
            key, req + b"\x00"),
        "over-template-alone": lambda w, key, req: cmp.popo_signature(
            key, der.read(req)[1].der),
        "with-another-digest": lambda w, key, req: cmp.popo_signature(
            key, req, "ecdsa-sha384", claim="ecdsa-sha256"),
        "empty": with_empty_signature}.items():
    row(f"popo-{name}", popo(make), "ip", "badPOP", "pop-verifies")


@refused("ip", "badPOP", "poposk-input-has-sender")
def poposk_input_with_mac(w):
    key = pki.Key()
    content = seq(seq(cmp.pbm()[0], bits(bytes(32))), key.spki)
    return w.station().ir(key, popo=cmp.popo_signature(
        key, content, given=der.retag(content, 0xa0)))


@refused("ip", "badPOP", "poposk-sender-is-signer")
def poposk_input_of_another_sender(w):
    key = pki.Key()
    return w.station().ir(key, popo=cmp.popo_input(
        key, ctx(4, pki.name(CN="BS-1"))))


@refused("ip", "badPOP", "poposk-input-has-key")
def poposk_input_with_another_key(w):
    station, key, other = w.station(), pki.Key(), pki.Key()
    return station.ir(key, popo=cmp.popo_input(
        other, ctx(4, station.credential.subject)))


@refused("ip", "badPOP", "pop-verifies")
def poposk_input_signed_by_another_key(w):
    station, key = w.station(), pki.Key()
    return station.ir(key, popo=cmp.popo_input(
        key, ctx(4, station.credential.subject), signed_by=pki.Key()))


@refused("ip", "badPOP", "pop-verifies")
def poposk_input_signed_with_its_own_tag(w):
    """The signature covers a SEQUENCE, not the [0] that is sent."""
    station, key = w.station(), pki.Key()
    content = seq(ctx(0, ctx(4, station.credential.subject)), key.spki)
    given = der.retag(content, 0xa0)
    return station.ir(key, popo=cmp.popo_signature(key, given, given=given))


@pytest.mark.parametrize("build,body,failure,rule,path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    check_refused(world, build, body, failure, rule, path)
