"""EnvelopedData and SignedData, opened by cryptography's primitives alone."""
import hashlib

from cryptography.hazmat.primitives import hashes, padding as block_padding
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.x963kdf import X963KDF
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

from cmplib import pki
from cmplib.der import ctx, octets, read, retag, seq

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
