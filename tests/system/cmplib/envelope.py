"""EnvelopedData and SignedData, opened and made by cryptography's primitives
alone."""
import hashlib
import os

from cryptography.hazmat.primitives import hashes, padding as block_padding
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap, aes_key_wrap

from cmplib import pki
from cmplib.der import (bits, ctx, integer, octets, oid, read, retag, seq,
                        set_of)

SIGNED_DATA = "1.2.840.113549.1.7.2"
KEY_PACKAGE = "2.16.840.1.101.2.1.2.78.5"
AES256_CBC = "2.16.840.1.101.3.4.1.42"
AES256_WRAP = "2.16.840.1.101.3.4.1.45"
OAEP, PBKDF2 = "1.2.840.113549.1.1.7", "1.2.840.113549.1.5.12"
KDFS = {"1.3.132.1.11.1": hashes.SHA256, "1.3.132.1.11.2": hashes.SHA384,
        "1.3.132.1.11.3": hashes.SHA512}


def transported(ktri, key):
    """The key by key transport (RFC 9483, 4.1.6.1)."""
    version, rid, alg, encrypted = ktri
    assert version.number == 2
    assert rid.tag == 0x80
    assert alg[0].oid == OAEP
    return rid.content, key.decrypt(encrypted.content, padding.OAEP(
        padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))


def agreed(kari, key):
    """The key by key agreement (RFC 9483, 4.1.6.2; RFC 5753)."""
    version, originator, ukm, alg, keys = kari
    assert version.number == 3
    assert originator[0].tag == 0xa1, "ephemeral-static"
    public = serialization.load_der_public_key(retag(originator[0].der, 0x30))
    wrap = alg[1]
    assert wrap[0].oid == AES256_WRAP and len(wrap) == 1
    info = seq(wrap.der, ctx(0, ukm[0].der), ctx(2, octets(
        (256).to_bytes(4, "big"))))
    kek = X963KDF(KDFS[alg[0].oid](), 32, info).derive(
        key.exchange(ec.ECDH(), public))
    (rid, encrypted), = keys
    assert rid.tag == 0xa0
    return rid[0].content, aes_key_unwrap(kek, encrypted.content)


def derived(pwri, secret):
    """The key under a password (RFC 9483, 4.1.6.3)."""
    version, kdf, alg, encrypted = pwri
    assert version.number == 0
    assert kdf[0].oid == PBKDF2
    assert alg[0].oid == AES256_WRAP and len(alg) == 1
    salt, count, prf = kdf[1]
    assert prf[0].oid == "1.2.840.113549.2.9"
    kek = hashlib.pbkdf2_hmac("sha256", secret, salt.content, count.number, 32)
    return salt.content, aes_key_unwrap(kek, encrypted.content)


WAYS = {0x30: (2, transported), 0xa1: (2, agreed), 0xa3: (0, derived)}


def opened(encrypted_key, secret):
    """Whom the one recipient names (or the salt), and the SignedData."""
    assert encrypted_key.tag == 0xa0, "no EnvelopedData"
    version, recipients, content = encrypted_key
    (recipient,) = recipients
    wanted, way = WAYS[recipient.tag]
    assert version.number == wanted
    name, key = way(recipient, secret)
    assert content[0].oid == SIGNED_DATA
    assert content[1][0].oid == AES256_CBC
    decryptor = Cipher(algorithms.AES(key),
                       modes.CBC(content[1][1].content)).decryptor()
    unpadder = block_padding.PKCS7(128).unpadder()
    plain = decryptor.update(content[2].content) + decryptor.finalize()
    return name, read(unpadder.update(plain) + unpadder.finalize())


def signed_key(signed):
    """The private key in a SignedData that verifies, and its signer."""
    version, digests, encap, certs, signers = signed
    assert version.number == 3
    assert len(digests) == 1
    assert encap[0].oid == KEY_PACKAGE
    package = encap[1][0].content
    (signer,) = signers
    version, sid, digest, attributes, alg, signature = signer
    assert version.number == 3 and sid.tag == 0x80
    assert digest.der == digests[0].der
    certs = [pki.Cert(c.der) for c in certs]
    found = next(c for c in certs if c.ski == sid.content)
    values = {a[0].oid: a[1][0] for a in attributes}
    assert values["1.2.840.113549.1.9.3"].oid == KEY_PACKAGE
    assert values["1.2.840.113549.1.9.4"].content == hashlib.new(
        pki.SIGNATURES[pki.BY_ALG_ID[alg.der]][1], package).digest()
    pki.verify(found.public, pki.BY_ALG_ID[alg.der], signature.content,
               retag(attributes.der, 0x31))
    (key,) = read(package)
    assert key[0].number == 1, "v2"
    public = key.find(0x81).content[1:]
    info = seq(*(part.der for part in key.children[:3]))
    info = info.replace(b"\x02\x01\x01", b"\x02\x01\x00", 1)
    private = serialization.load_der_private_key(info, None)
    return private, public, found, certs


# --- making ---

ECDH_SHA256 = "1.3.132.1.11.1"
WRAP = pki.alg_id(AES256_WRAP)


def encrypt(content, cek, alg=AES256_CBC):
    """EncryptedContentInfo's algorithm, and the octets."""
    vector = os.urandom(16)
    padder = block_padding.PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(cek), modes.CBC(vector)).encryptor()
    plain = padder.update(content) + padder.finalize()
    return (pki.alg_id(alg, octets(vector)),
            encryptor.update(plain) + encryptor.finalize())


def kari(cert, cek, rid=None, scheme=ECDH_SHA256, reader=None, wrap=WRAP):
    """For the reader's certificate, or another key."""
    own = ec.generate_private_key(ec.SECP256R1())
    point = own.public_key().public_bytes(
        serialization.Encoding.DER,
        serialization.PublicFormat.SubjectPublicKeyInfo)
    ukm = os.urandom(16)
    info = seq(wrap, ctx(0, octets(ukm)), ctx(2, octets(
        (256).to_bytes(4, "big"))))
    kek = X963KDF(hashes.SHA256(), 32, info).derive(
        own.exchange(ec.ECDH(), reader or cert.public))
    return retag(seq(
        integer(3), ctx(0, retag(point, 0xa1)), ctx(1, octets(ukm)),
        pki.alg_id(scheme, wrap),
        seq(seq(ctx(0, octets(rid or cert.ski)),
                octets(aes_key_wrap(kek, cek))))), 0xa1)


def pwri(secret, cek, count=1000):
    salt = os.urandom(16)
    kek = hashlib.pbkdf2_hmac("sha256", secret, salt, min(count, 10000), 32)
    kdf = seq(oid(PBKDF2), seq(octets(salt), integer(count),
                               pki.alg_id("1.2.840.113549.2.9")))
    return retag(seq(integer(0), retag(kdf, 0xa0), WRAP,
                     octets(aes_key_wrap(kek, cek))), 0xa3)


def sealed(content, *recipients, content_type=SIGNED_DATA, alg=AES256_CBC,
           cek=None, tag=0xa0):
    """An EncryptedKey; `recipients` are functions from the key to one."""
    cek = cek or os.urandom(32)
    cipher, encrypted = encrypt(content, cek, alg)
    return retag(seq(
        integer(2), set_of(*(r(cek) for r in recipients)),
        seq(oid(content_type), cipher, retag(octets(encrypted), 0x80))), tag)


def package(key, public=None, version=1, copies=1):
    """AsymmetricKeyPackage of a pki.Key."""
    info = read(key.private.private_bytes(
        serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    half = (public or key).public.public_bytes(
        serialization.Encoding.X962,
        serialization.PublicFormat.UncompressedPoint)
    one = seq(integer(version), *(part.der for part in info.children[1:3]),
              retag(bits(half), 0x81))
    return seq(*copies * [one])


def signed(content, signer, *, content_type=KEY_PACKAGE, signed_content=None,
           signing_key=None, certs=None, signers=1):
    """SignedData; `signed_content` is what the digest is of."""
    digest = hashlib.sha256(signed_content or content).digest()
    attributes = set_of(
        seq(oid("1.2.840.113549.1.9.3"), set_of(oid(content_type))),
        seq(oid("1.2.840.113549.1.9.4"), set_of(octets(digest))))
    sha256 = pki.alg_id(pki.HASH_OIDS["SHA256"])
    info = seq(integer(3), retag(octets(signer.read.ski), 0x80), sha256,
               retag(attributes, 0xa0), pki.SIGNATURES["ecdsa-sha256"][2],
               octets((signing_key or signer.key).sign(attributes)))
    certs = [signer.cert, *signer.chain] if certs is None else certs
    return seq(integer(3), set_of(sha256),
               seq(oid(content_type), ctx(0, octets(content))),
               retag(set_of(*certs), 0xa0), set_of(*signers * [info]))
