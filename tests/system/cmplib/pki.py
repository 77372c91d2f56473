"""Keys, certificates and CRLs, right ones and wrong ones."""
import base64
import functools
import os
import time
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import (dsa, ec, ed448,
                                                       ed25519, padding, rsa)

from cmplib.der import (NULL, Node, bits, boolean, ctx,
                        integer, named_bits, octets, oid, prim, printable, read,
                        seq, set_of, utf8, x509_time)

DAY = 86400
YEAR = 365 * DAY

ATTRIBUTES = {"CN": "2.5.4.3", "serialNumber": "2.5.4.5", "C": "2.5.4.6",
              "L": "2.5.4.7", "O": "2.5.4.10", "OU": "2.5.4.11"}
HASHES = {"SHA1": hashes.SHA1, "MD5": hashes.MD5, "SHA224": hashes.SHA224,
          "SHA256": hashes.SHA256, "SHA384": hashes.SHA384,
          "SHA512": hashes.SHA512}
HASH_OIDS = {"SHA1": "1.3.14.3.2.26", "SHA224": "2.16.840.1.101.3.4.2.4",
             "SHA256": "2.16.840.1.101.3.4.2.1",
             "SHA384": "2.16.840.1.101.3.4.2.2",
             "SHA512": "2.16.840.1.101.3.4.2.3"}
ECDSA = "1.2.840.10045.4."
RSA = "1.2.840.113549.1.1."


def alg_id(number, *params):
    return seq(oid(number), *params)


def pss_params(digest, salt):
    mgf_hash = alg_id(HASH_OIDS[digest], NULL)
    return seq(ctx(0, mgf_hash), ctx(1, alg_id(RSA + "8", mgf_hash)),
               ctx(2, integer(salt)))


# name: (family, hash, AlgorithmIdentifier)
SIGNATURES = {
    "ecdsa-sha1": ("ec", "SHA1", alg_id(ECDSA + "1")),
    "ecdsa-sha224": ("ec", "SHA224", alg_id(ECDSA + "3.1")),
    "ecdsa-sha256": ("ec", "SHA256", alg_id(ECDSA + "3.2")),
    "ecdsa-sha384": ("ec", "SHA384", alg_id(ECDSA + "3.3")),
    "ecdsa-sha512": ("ec", "SHA512", alg_id(ECDSA + "3.4")),
    "dsa-sha1": ("dsa", "SHA1", alg_id("1.2.840.10040.4.3")),
    "rsa-md5": ("rsa", "MD5", alg_id(RSA + "4", NULL)),
    "rsa-sha1": ("rsa", "SHA1", alg_id(RSA + "5", NULL)),
    "rsa-sha256": ("rsa", "SHA256", alg_id(RSA + "11", NULL)),
    "rsa-sha384": ("rsa", "SHA384", alg_id(RSA + "12", NULL)),
    "rsa-sha512": ("rsa", "SHA512", alg_id(RSA + "13", NULL)),
    "pss-sha256": ("pss", "SHA256", alg_id(RSA + "10", pss_params("SHA256", 32))),
    "pss-sha384": ("pss", "SHA384", alg_id(RSA + "10", pss_params("SHA384", 48))),
    "pss-sha512": ("pss", "SHA512", alg_id(RSA + "10", pss_params("SHA512", 64))),
    "ed25519": ("ed", None, alg_id("1.3.101.112")),
    "ed448": ("ed", None, alg_id("1.3.101.113")),
}
BY_ALG_ID = {row[2]: name for name, row in SIGNATURES.items()}

CURVES = {"P-256": ec.SECP256R1, "P-384": ec.SECP384R1, "P-521": ec.SECP521R1,
          "P-224": ec.SECP224R1, "secp256k1": ec.SECP256K1}
DEFAULT = {"DSA-1024": "dsa-sha1", "P-384": "ecdsa-sha384", "P-521": "ecdsa-sha512",
           "Ed25519": "ed25519", "Ed448": "ed448"}


def verify(public_key, name, signature, data):
    """InvalidSignature, or nothing; `public_key` is cryptography's."""
    family, digest, _ = SIGNATURES[name]
    algorithm = HASHES[digest]() if digest else None
    if family == "ec":
        public_key.verify(signature, data, ec.ECDSA(algorithm))
    elif family == "dsa":
        public_key.verify(signature, data, algorithm)
    elif family == "rsa":
        public_key.verify(signature, data, padding.PKCS1v15(), algorithm)
    elif family == "pss":
        public_key.verify(signature, data,
                          padding.PSS(padding.MGF1(algorithm),
                                      algorithm.digest_size), algorithm)
    else:
        public_key.verify(signature, data)


class Key:
    """A key pair. `spki` may be replaced, to claim another one."""

    def __init__(self, kind="P-256"):
        self.kind = kind
        if kind in CURVES:
            self.private = ec.generate_private_key(CURVES[kind]())
        elif kind == "DSA-1024":
            self.private = dsa.generate_private_key(1024)
        elif kind.startswith("RSA-"):
            self.private = rsa.generate_private_key(65537, int(kind[4:]))
        elif kind == "Ed25519":
            self.private = ed25519.Ed25519PrivateKey.generate()
        else:
            self.private = ed448.Ed448PrivateKey.generate()
        self.public = self.private.public_key()
        self.spki = self.public.public_bytes(
            serialization.Encoding.DER,
            serialization.PublicFormat.SubjectPublicKeyInfo)
        self.default = DEFAULT.get(
            kind, "rsa-sha256" if kind.startswith("RSA") else "ecdsa-sha256")

    def sign(self, data, name=None):
        family, digest, _ = SIGNATURES[name or self.default]
        algorithm = HASHES[digest]() if digest else None
        if family == "ec":
            return self.private.sign(data, ec.ECDSA(algorithm))
        if family == "dsa":
            return self.private.sign(data, algorithm)
        if family == "rsa":
            return self.private.sign(data, padding.PKCS1v15(), algorithm)
        if family == "pss":
            return self.private.sign(
                data, padding.PSS(padding.MGF1(algorithm),
                                  algorithm.digest_size), algorithm)
        return self.private.sign(data)

    @classmethod
    def load(cls, path):
        """An EC key from its PEM file."""
        key = cls()
        key.private = serialization.load_pem_private_key(path.read_bytes(),
                                                         None)
        key.public = key.private.public_key()
        key.kind = {v.name: k for k, v in CURVES.items()}[
            key.private.curve.name]
        key.spki = key.public.public_bytes(
            serialization.Encoding.DER,
            serialization.PublicFormat.SubjectPublicKeyInfo)
        key.default = DEFAULT.get(key.kind, "ecdsa-sha256")
        return key

    def pem(self):
        return self.private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption())


@functools.lru_cache(maxsize=None)
def slow_key(kind, number=0):
    """A key that takes long to make, the same one each time."""
    return Key(kind)


def key_id(spki):
    digest = hashes.Hash(hashes.SHA1())
    digest.update(read(spki)[1].bit_octets)
    return digest.finalize()


def name_part(attribute, value):
    """A RelativeDistinguishedName."""
    is_printable = attribute in ("C", "serialNumber")
    return set_of(seq(oid(ATTRIBUTES[attribute]),
                      printable(value) if is_printable else utf8(value)))


def name(*parts, **attributes):
    """name(CN="a", O="b"); a part is a ready RelativeDistinguishedName."""
    return seq(*parts, *(name_part(k, v) for k, v in attributes.items()))


def directory(dn):
    """A GeneralName."""
    return ctx(4, dn)


def extension(number, value, critical=False):
    return seq(oid(number), *([boolean(True)] if critical else []),
               octets(value))


def basic_constraints(ca, path_len=None):
    return extension("2.5.29.19", seq(
        *([boolean(True)] if ca else []),
        *([integer(path_len)] if path_len is not None else [])), True)


DIGITAL_SIGNATURE, KEY_ENCIPHERMENT, KEY_AGREEMENT = 0, 2, 4
KEY_CERT_SIGN, CRL_SIGN = 5, 6


def key_usage(*numbers):
    return extension("2.5.29.15", named_bits(*numbers), True)


CMC_CA, CMC_RA, CM_KGA = (f"1.3.6.1.5.5.7.3.{n}" for n in (27, 28, 32))


def ext_key_usage(*numbers):
    return extension("2.5.29.37", seq(*map(oid, numbers)))


def alt_names(*names):
    return extension("2.5.29.17", seq(*names))


def dns(text):
    return prim(2, text.encode())


def subject_key_id(spki):
    return extension("2.5.29.14", octets(key_id(spki)))


def authority_key_id(spki):
    return extension("2.5.29.35", seq(prim(0, key_id(spki))))


def certificate(issuer, signer, subject, spki, extensions, *, serial=None,
                not_before=None, not_after=None, algorithm=None):
    now = int(time.time())
    algorithm = algorithm or signer.default
    alg = SIGNATURES[algorithm][2]
    if serial is None:
        serial = int.from_bytes(b"\x01" + os.urandom(15), "big")
    tbs = seq(ctx(0, integer(2)), integer(serial), alg, issuer,
              seq(x509_time(now - DAY if not_before is None else not_before),
                  x509_time(now + YEAR if not_after is None else not_after)),
              subject, spki,
              *([ctx(3, seq(*extensions))] if extensions else []))
    return seq(tbs, alg, bits(signer.sign(tbs, algorithm)))


class Cert:
    """A certificate, read."""

    def __init__(self, der):
        self.der = der
        self.tbs, self.alg, self.signature = read(der)
        _, self.serial, _, issuer, validity, subject, spki, *rest = self.tbs
        self.serial = self.serial.number
        self.issuer, self.subject, self.spki = issuer.der, subject.der, spki.der
        self.validity = [Node(t.der) for t in validity]
        self.extensions = {}
        for e in (rest[-1][0] if rest else ()):
            self.extensions[e[0].oid] = e[-1].content

    @property
    def ski(self):
        value = self.extensions.get("2.5.29.14")
        return read(value).content if value else None

    @property
    def public(self):
        return serialization.load_der_public_key(self.spki)

    @property
    def hash_name(self):
        """Of the signature: what certHash is made with."""
        return SIGNATURES[BY_ALG_ID[self.alg.der]][1] or "SHA512"

    def hash(self, name=None):
        digest = hashes.Hash(HASHES[name or self.hash_name]())
        digest.update(self.der)
        return digest.finalize()

    def is_issued_by(self, other):
        if self.issuer != other.subject:
            return False
        try:
            verify(other.public, BY_ALG_ID[self.alg.der],
                   self.signature.bit_octets, self.tbs.der)
        except InvalidSignature:
            return False
        return True

    def text_of(self, attribute):
        """The first value of this attribute in the subject, or None."""
        for rdn in read(self.subject):
            for pair in rdn:
                if pair[0].oid == ATTRIBUTES[attribute]:
                    return pair[1].content.decode()
        return None


@dataclass
class Credential:
    """A certificate, its key, and what stands above it, root left out."""
    cert: bytes
    key: Key
    chain: list = field(default_factory=list)

    @property
    def read(self):
        return Cert(self.cert)

    @property
    def subject(self):
        return self.read.subject


class CA:
    def __init__(self, subject, parent=None, kind="P-256", **options):
        self.subject = subject
        self.key = Key(kind)
        self.parent = parent
        above = parent or self
        self.cert = certificate(
            above.subject, above.key, subject, self.key.spki,
            [basic_constraints(True), key_usage(KEY_CERT_SIGN, CRL_SIGN),
             subject_key_id(self.key.spki), authority_key_id(above.key.spki)],
            **options)

    @property
    def chain(self):
        """This CA's certificate and those above, without the root."""
        return [] if self.parent is None else [self.cert, *self.parent.chain]

    @property
    def read(self):
        return Cert(self.cert)

    def issue(self, subject, key=None, usage=(DIGITAL_SIGNATURE,), more=(),
              ski=True, **options):
        key = key or Key()
        extensions = [authority_key_id(self.key.spki), *more]
        if usage is not None:
            extensions.append(key_usage(*usage))
        if ski:
            extensions.append(subject_key_id(key.spki))
        cert = certificate(self.subject, self.key, subject, key.spki,
                           extensions, **options)
        return Credential(cert, key, self.chain)

    def crl(self, *serials, this_update=None, next_update=None, number=1):
        now = int(time.time())
        alg = SIGNATURES[self.key.default][2]
        revoked = [seq(integer(s), x509_time(now - DAY)) for s in serials]
        tbs = seq(integer(1), alg, self.subject,
                  x509_time(this_update or now - 3600),
                  x509_time(next_update or now + 30 * DAY),
                  *([seq(*revoked)] if revoked else []),
                  ctx(0, seq(authority_key_id(self.key.spki),
                             extension("2.5.29.20", integer(number)))))
        return seq(tbs, alg, bits(self.key.sign(tbs)))


class Vendor:
    """A root, an intermediate, and certificates of base stations below."""

    def __init__(self, label, kind="P-256"):
        self.label = label
        self.root = CA(name(CN=f"{label} Root", O=label), kind=kind)
        self.ca = CA(name(CN=f"{label} Factory", O=label), self.root, kind)

    def station(self, cn, key=None, ca=None, subject=None, **options):
        return (ca or self.ca).issue(subject or name(CN=cn, O=self.label),
                                     key, **options)


def pem(label, der):
    text = base64.encodebytes(der).decode().replace("\n", "")
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return "\n".join([f"-----BEGIN {label}-----", *lines,
                      f"-----END {label}-----", ""])


def from_pem(text):
    """The first block."""
    body = text.split("-----")[2]
    return base64.b64decode(body)


