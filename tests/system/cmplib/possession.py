"""Possession shown by keys that do not sign. What is encrypted to them is
opened by `openssl`, not by anything of ours."""
import subprocess
from dataclasses import dataclass

from cmplib import cmp, der, pki
from cmplib.der import ctx, integer, prim, read, seq

ENCR_CERT, CHALLENGE_RESP = 0, 1
KEY_ENCIPHERMENT, DATA_ENCIPHERMENT, KEY_AGREEMENT = 2, 3, 4
DIGITAL_SIGNATURE = 0


def encipherment(method=CHALLENGE_RESP):
    """POPOPrivKey.subsequentMessage, for an RSA key."""
    return ctx(2, prim(1, bytes([method])))


def agreement(method=CHALLENGE_RESP):
    return ctx(3, prim(1, bytes([method])))


def only_for(*usage):
    """The extension a request has for a key of these uses alone."""
    return [pki.key_usage(*usage)]


def request(station, kind="ir", key=None, popo=None,
            usage=(KEY_ENCIPHERMENT,), **options):
    """For a key that only deciphers; challenged, unless told otherwise."""
    return station.request(kind, key or pki.slow_key("RSA-2048", 3),
                           popo=popo or encipherment(),
                           extensions=only_for(*usage) if usage else (),
                           **options)


def msg(station, number, key=None, popo=None, usage=(KEY_ENCIPHERMENT,)):
    """The same as one CertReqMsg of several."""
    return station.cert_req_msg(
        key or pki.slow_key("RSA-2048", 3), popo=popo or encipherment(),
        extensions=only_for(*usage), number=number)


def openssl(*words, data):
    done = subprocess.run(["openssl", *map(str, words)], input=data,
                          capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def decrypt(key, data, folder):
    """RSAES-PKCS1-v1_5."""
    (folder / "key.pem").write_bytes(key.pem())
    return openssl("pkeyutl", "-decrypt", "-inkey", folder / "key.pem",
                   data=data)


def open_envelope(key, enveloped, folder):
    """What is in a whole EnvelopedData (tag 30)."""
    (folder / "key.pem").write_bytes(key.pem())
    return openssl("cms", "-decrypt", "-binary", "-inform", "DER", "-inkey",
                   folder / "key.pem",
                   data=seq(der.oid("1.2.840.113549.1.7.3"),
                            ctx(0, enveloped)))


CIPHERS = {"2.16.840.1.101.3.4.1.2": "-aes-128-cbc"}


def open_value(key, value, folder):
    """What is in an EncryptedValue (RFC 4211, 2.1)."""
    parts = {n.tag: n for n in value}
    algorithm = parts[0xa1]
    content_key = decrypt(key, parts[0x82].content[1:], folder)
    return openssl("enc", "-d", CIPHERS[algorithm[0].oid], "-K",
                   content_key.hex(), "-iv", algorithm[1].content.hex(),
                   data=parts[0x03].bit_octets)


def open_cert(key, encrypted, folder):
    """The certificate in an EncryptedKey."""
    if encrypted.tag == 0x30:
        return pki.Cert(open_value(key, encrypted, folder))
    assert encrypted.tag == 0xa0
    return pki.Cert(open_envelope(key, der.retag(encrypted.der, 0x30),
                                  folder))


@dataclass
class Challenge:
    owf: object
    witness: bytes
    challenge: bytes
    encrypted_rand: object = None

    @classmethod
    def read(cls, node):
        parts = list(node)
        owf = parts.pop(0) if parts[0].tag == 0x30 else None
        rand = parts[2][0] if len(parts) > 2 else None
        return cls(owf, parts[0].content, parts[1].content, rand)

    def rand(self, key, folder):
        """int and sender."""
        if self.encrypted_rand is not None:
            assert self.challenge == b""
            node = read(open_envelope(key, self.encrypted_rand.der, folder))
        else:
            node = read(decrypt(key, self.challenge, folder))
        assert node.tag == 0x30 and len(node.children) == 2
        return node[0].number, node[1]


def challenges(reply):
    assert reply.kind == "popdecc", reply.failures
    return [Challenge.read(node) for node in reply.content]


def answer(station, out, reply, numbers, *, signer=None, **header):
    """popdecr after `reply`."""
    header = {"transaction_id": out.transaction_id,
              "recip_nonce": reply.sender_nonce,
              "pvno": out.fields["pvno"], **header}
    return cmp.outgoing("popdecr", seq(*map(integer, numbers)),
                        signer or out.signer, **header)


def solve(reply, keys, folder):
    """The numbers, as the holder of these keys finds them."""
    found = challenges(reply)
    assert len(found) == len(keys)
    return [c.rand(key, folder)[0] for c, key in zip(found, keys)]
