"""CMP messages: each part written apart, so that any of it can be wrong."""
import hashlib
import hmac
import os
import time
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature

from cmplib import pki
from cmplib.der import (NULL_DN, bits, ctx, generalized_time,
                        integer, octets, oid, prim, read, retag, seq, tlv, utf8)

BODIES = ("ir ip cr cp p10cr popdecc popdecr kur kup krr krp rr rp ccr ccp "
          "ckuann cann rann crlann pkiconf nested genm genp error certConf "
          "pollReq pollRep").split()
FAIL_INFO = ("badAlg badMessageCheck badRequest badTime badCertId "
             "badDataFormat wrongAuthority incorrectData missingTimeStamp "
             "badPOP certRevoked certConfirmed wrongIntegrity "
             "badRecipientNonce timeNotAvailable unacceptedPolicy "
             "unacceptedExtension addInfoNotAvailable badSenderNonce "
             "badCertTemplate signerNotTrusted transactionIdInUse "
             "unsupportedVersion notAuthorized systemUnavail systemFailure "
             "duplicateCertReq").split()
STATUS = ("accepted grantedWithMods rejection waiting revocationWarning "
          "revocationNotification keyUpdateWarning").split()

IMPLICIT_CONFIRM = "1.3.6.1.5.5.7.4.13"
CONFIRM_WAIT_TIME = "1.3.6.1.5.5.7.4.14"
OLD_CERT_ID = "1.3.6.1.5.5.7.5.1.5"
PBM = "1.2.840.113533.7.66.13"


def id_it(number):
    return f"1.3.6.1.5.5.7.4.{number}"


def info(number, *value):
    return seq(oid(number), *value)


# PKIHeader's optional fields in their order: name, tag, how it is written.
FIELDS = (
    ("message_time", 0, generalized_time),
    ("protection_alg", 1, bytes),
    ("sender_kid", 2, octets),
    ("recip_kid", 3, octets),
    ("transaction_id", 4, octets),
    ("sender_nonce", 5, octets),
    ("recip_nonce", 6, octets),
    ("free_text", 7, lambda texts: seq(*map(utf8, texts))),
    ("general_info", 8, lambda infos: seq(*infos)),
)


def header(pvno=2, sender=ctx(4, NULL_DN), recipient=ctx(4, NULL_DN), **fields):
    """None leaves a field out."""
    out = [integer(pvno), sender, recipient]
    for key, tag, write in FIELDS:
        value = fields.pop(key, None)
        if value is not None:
            out.append(ctx(tag, write(value)))
    assert not fields, f"no such field: {fields}"
    return seq(*out)


def body(kind, content):
    return ctx(BODIES.index(kind), content)


# CertTemplate's fields in their order; values are contents of the tag.
TEMPLATE = (
    ("version", 0x80), ("serial", 0x81), ("signing_alg", 0xa2),
    ("issuer", 0xa3), ("validity", 0xa4), ("subject", 0xa5),
    ("public_key", 0xa6), ("issuer_uid", 0x87), ("subject_uid", 0x88),
    ("extensions", 0xa9),
)


def template(**fields):
    """CertTemplate; each value is what stands behind the tag and length, so
    a Name for subject and issuer, the SEQUENCE's content for public_key."""
    out = [retag(prim(0, fields.pop(key)), tag)
           for key, tag in TEMPLATE if fields.get(key) is not None]
    assert not {k for k, v in fields.items() if v is not None}, fields
    return seq(*out)


def cert_request(cert_template, number=0, controls=()):
    return seq(integer(number), cert_template,
               *([seq(*controls)] if controls else []))


def old_cert_id(cert):
    """The control that names this pki.Cert."""
    return seq(oid(OLD_CERT_ID), seq(ctx(4, cert.issuer), integer(cert.serial)))


def popo_signature(key, signed, algorithm=None, given=b"", claim=None):
    """POPOSigningKey over `signed`; `claim` names another algorithm than the
    one it is made with."""
    algorithm = algorithm or key.default
    return ctx(1, given, pki.SIGNATURES[claim or algorithm][2],
               bits(key.sign(signed, algorithm)))


def popo_input(key, sender, algorithm=None, spki=None, signed_by=None):
    """POPOSigningKey with poposkInput { sender, publicKey }."""
    content = seq(ctx(0, sender), spki or key.spki)
    return popo_signature(signed_by or key, content, algorithm,
                          retag(content, 0xa0))


RA_VERIFIED = prim(0)
KEY_ENCIPHERMENT = ctx(2, prim(1, b"\x00"))
KEY_AGREEMENT = ctx(3, prim(1, b"\x00"))


def cert_status(cert_hash, number=0, status=None, hash_alg=None):
    return seq(octets(cert_hash), integer(number),
               *([seq(integer(STATUS.index(status)))] if status else []),
               *([ctx(0, hash_alg)] if hash_alg else []))


REASONS = ("unspecified keyCompromise cACompromise affiliationChanged "
           "superseded cessationOfOperation certificateHold - removeFromCRL "
           "privilegeWithdrawn aACompromise").split()


def reason_code(reason):
    """The extension; a name, a number, or the value's bytes."""
    if isinstance(reason, str):
        reason = REASONS.index(reason)
    if isinstance(reason, int):
        reason = tlv(0x0a, bytes([reason]))
    return pki.extension("2.5.29.21", reason)


def invalidity_date(seconds):
    return pki.extension("2.5.29.24", generalized_time(seconds))


def rev_details(issuer, serial, entry=(), **fields):
    """RevDetails; None leaves issuer or serial out."""
    if serial is not None:
        fields["serial"] = read(integer(serial)).content
    if issuer is not None:
        fields["issuer"] = issuer
    return seq(template(**fields), *([seq(*entry)] if entry else []))


def message(head, content, protection=None, extra_certs=()):
    """PKIMessage of ready parts; `protection` is a BIT STRING."""
    return seq(head, content,
               *([ctx(0, protection)] if protection is not None else []),
               *([ctx(1, seq(*extra_certs))] if extra_certs else []))


def pbm(secret=b"secret", salt=b"0123456789abcdef", count=500):
    """PasswordBasedMac: its AlgorithmIdentifier, and what computes it."""
    alg = seq(oid(PBM), seq(octets(salt), pki.alg_id(pki.HASH_OIDS["SHA256"]),
                            integer(count),
                            pki.alg_id("1.2.840.113549.2.9")))

    def compute(part):
        base = secret + salt
        for _ in range(count):
            base = hashlib.sha256(base).digest()
        return hmac.new(base, part, "sha256").digest()
    return alg, compute


@dataclass
class Outgoing:
    """A message before it is written: change a part, then bytes(it)."""
    kind: str
    content: bytes
    signer: pki.Credential
    fields: dict
    extra_certs: list = field(default_factory=list)
    algorithm: str = None   # of the protection; None: the key's default
    protect: object = None  # from ProtectedPart to octets; None: sign
    is_protected: bool = True
    written: bytes = None

    def part(self):
        return seq(header(**self.fields), body(self.kind, self.content))

    def __bytes__(self):
        """The same bytes each time, once written."""
        if self.written is None:
            self.write()
        return self.written

    def write(self):
        name = self.algorithm or self.signer.key.default
        self.fields.setdefault("protection_alg", pki.SIGNATURES[name][2])
        part = self.part()
        value = (self.protect(part) if self.protect
                 else self.signer.key.sign(part, name))
        head, content = read(part)
        self.written = message(head.der, content.der,
                               bits(value) if self.is_protected else None,
                               self.extra_certs)

    @property
    def transaction_id(self):
        return self.fields.get("transaction_id")


def outgoing(kind, content, signer, extra_certs=(), **fields):
    """With the header a right message has; `fields` override it."""
    cert = signer.read
    all_fields = dict(pvno=2, sender=ctx(4, cert.subject),
                      message_time=int(time.time()), sender_kid=cert.ski,
                      transaction_id=os.urandom(16),
                      sender_nonce=os.urandom(16))
    all_fields.update(fields)
    return Outgoing(kind, content, signer, all_fields, list(extra_certs))


class Unbelievable(AssertionError):
    """A reply that a base station must not take."""


class StatusInfo:
    def __init__(self, node):
        self.status = STATUS[node[0].number]
        texts = node.find(0x30)
        self.texts = [t.content.decode() for t in texts] if texts else []
        failure = node.find(0x03)
        self.failures = ({FAIL_INFO[i] for i in failure.bit_numbers}
                         if failure else set())
        if failure and (failure.content[0] > 7 or not failure.bit_numbers or
                        max(failure.bit_numbers) !=
                        8 * len(failure.content) - 9 - failure.content[0]):
            raise Unbelievable("failInfo is no minimal named bit list")


class Response:
    """CertResponse: the certificate is there in clear, encrypted, or not at
    all."""

    def __init__(self, node):
        self.cert_req_id = node[0].number
        self.status = StatusInfo(node[1])
        self.cert = self.encrypted = self.private_key = None
        if node.children[2:]:
            pair = node[2]
            if pair[0].tag == 0xa0:
                self.cert = pki.Cert(pair[0][0].der)
            else:
                self.encrypted = pair[0][0]
            if len(pair) > 1 and pair[1].tag == 0xa0:
                self.private_key = pair[1][0]


class PollRep:
    def __init__(self, node):
        self.number, self.check_after = node[0].number, node[1].number
        self.reason = [t.content.decode() for t in node[2]]


class Reply:
    """A message received, taken apart; nothing is believed yet."""

    def __init__(self, data):
        self.der = data
        head, content, *rest = read(data)
        self.part = seq(head.der, content.der)
        self.pvno = head[0].number
        self.sender, self.recipient = head[1], head[2]
        optional = {n.tag: n[0] for n in head.children[3:]}
        self.message_time = optional.get(0xa0)
        self.protection_alg = optional.get(0xa1)
        (self.sender_kid, _, self.transaction_id, self.sender_nonce,
         self.recip_nonce) = (optional[t].content if t in optional else None
                              for t in range(0xa2, 0xa7))
        self.infos = {i[0].oid: i.children[1:] for i in optional.get(0xa8, ())}
        self.protection = next((n[0] for n in rest if n.tag == 0xa0), None)
        self.extra_certs = [pki.Cert(c.der) for n in rest if n.tag == 0xa1
                            for c in n[0]]
        self.kind = BODIES[content.tag & 0x1f]
        self.content = content[0]
        self.status = self.cert = None
        self.responses = []
        self.read_body()

    def read_body(self):
        if self.kind == "error":
            self.status = StatusInfo(self.content[0])
        if self.kind == "pollRep":
            self.polls = [PollRep(node) for node in self.content]
        if self.kind == "genp":
            self.told = {i[0].oid: (i[1] if len(i.children) > 1 else None)
                         for i in self.content}
        if self.kind == "rp":
            self.statuses = [StatusInfo(s) for s in self.content[0]]
            self.status = self.statuses[0]
            optional = {n.tag: n[0] for n in self.content.children[1:]}
            self.rev_certs = [(i[0][0].der, i[1].number)
                              for i in optional.get(0xa0, ())]
        if self.kind not in ("ip", "cp", "kup", "ccp"):
            return
        self.responses = [Response(r) for r in self.content.find(0x30)]
        if not self.responses:
            raise Unbelievable("no CertResponse")
        first = self.responses[0]
        self.cert_req_id, self.status, self.cert = (
            first.cert_req_id, first.status, first.cert)

    @property
    def failures(self):
        return self.status.failures if self.status else set()

    def path(self, leaf, root, known=()):
        """From `leaf` to `root`, through what came with the message."""
        path = [leaf]
        while path[-1].der != root.der:
            above = next((c for c in (*self.extra_certs, *known, root)
                          if path[-1].is_issued_by(c)), None)
            if above is None or above in path:
                raise Unbelievable(f"no path from {path[-1].subject.hex()}")
            path.append(above)
        return path

    def check_protection(self, root, signer=None):
        """Signed by who may? `signer` is the one of the reply before, where
        it is known. Returns the signer."""
        if self.protection is None or self.protection_alg is None:
            raise Unbelievable("unprotected")
        pool = [signer] if signer else self.extra_certs
        found = next((c for c in pool if c.ski == self.sender_kid), None)
        if found is None:
            raise Unbelievable("nobody has its senderKID")
        if self.sender.der != pki.directory(found.subject):
            raise Unbelievable("sender is not the signer")
        try:
            pki.verify(found.public, pki.BY_ALG_ID[self.protection_alg.der],
                       self.protection.bit_octets, self.part)
        except InvalidSignature:
            raise Unbelievable("protection does not verify") from None
        if signer is None:
            self.check_entitled(found, root)
        return found

    def check(self, request, root, signer=None):
        """The same, and that it answers this request."""
        found = self.check_protection(root, signer)
        fields = request.fields
        if self.transaction_id != fields.get("transaction_id"):
            raise Unbelievable("another transactionID")
        if self.recip_nonce != fields.get("sender_nonce"):
            raise Unbelievable("recipNonce is not our senderNonce")
        if len(self.sender_nonce or b"") < 16:
            raise Unbelievable("senderNonce is short")
        if self.recipient.der != fields.get("sender"):
            raise Unbelievable("recipient is not us")
        return found

    def check_entitled(self, signer, root):
        self.path(signer, root)
        purposes = signer.extensions.get("2.5.29.37")
        if purposes is None or pki.CMC_RA not in {n.oid for n in
                                                  read(purposes)}:
            raise Unbelievable("signer is not entitled")

    @property
    def wait_time(self):
        value = self.infos.get(CONFIRM_WAIT_TIME)
        return value[0].content.decode() if value else None
