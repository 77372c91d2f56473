"""Shared secrets: how the operator makes them, and MACs under them."""
import hashlib
import hmac
import json
import subprocess

from cmplib import cmp, pki
from cmplib.der import integer, octets, oid, seq
from cmplib.station import Station

PBM, PBMAC1, PBKDF2 = cmp.PBM, "1.2.840.113549.1.5.14", "1.2.840.113549.1.5.12"
HMACS = {"SHA1": "1.2.840.113549.2.7", "SHA256": "1.2.840.113549.2.9",
         "SHA384": "1.2.840.113549.2.10", "SHA512": "1.2.840.113549.2.11"}
OLD_HMAC_SHA1 = "1.3.6.1.5.5.8.1.2"
SALT = bytes(range(16))
UNIT = pki.name(CN="unit")


def named(table, number):
    return next(name for name, value in table.items() if value == number)


def pbm_key(secret, salt, owf, count):
    key = secret + salt
    for _ in range(count):
        key = hashlib.new(owf, key).digest()
    return key


def pbm(owf="SHA256", mac="SHA256", salt=SALT, count=500, written=None):
    """An AlgorithmIdentifier, and what makes the MAC of secret and part;
    `written` is another count than the one that is worked with."""
    alg = seq(oid(PBM), seq(octets(salt), pki.alg_id(pki.HASH_OIDS[owf]),
                            integer(count if written is None else written),
                            pki.alg_id(HMACS[mac])))
    return alg, lambda secret, part: hmac.new(
        pbm_key(secret, salt, owf, count), part, mac).digest()


def pbmac1(prf="SHA256", mac="SHA256", salt=SALT, count=500, key_len=32,
           written=None, written_len=None):
    kdf = seq(oid(PBKDF2), seq(
        octets(salt), integer(count if written is None else written),
        integer(key_len if written_len is None else written_len),
        pki.alg_id(HMACS[prf])))
    return (seq(oid(PBMAC1), seq(kdf, pki.alg_id(HMACS[mac]))),
            lambda secret, part: hmac.new(
                hashlib.pbkdf2_hmac(prf, secret, salt, count, key_len), part,
                mac).digest())


def plain(mac="SHA256"):
    return (pki.alg_id(HMACS[mac]),
            lambda secret, part: hmac.new(secret, part, mac).digest())


def make_again(alg, secret, part):
    """The MAC under the algorithm that a reply names."""
    number, params = alg[0].oid, alg[1]
    if number == PBM:
        salt, owf, count, mac = params
        made = pbm(named(pki.HASH_OIDS, owf[0].oid),
                   named(HMACS, mac[0].oid), salt.content, count.number)
    elif number == PBMAC1:
        salt, count, key_len, *prf = params[0][1]
        made = pbmac1(named(HMACS, prf[0][0].oid) if prf else "SHA1",
                      named(HMACS, params[1][0].oid), salt.content,
                      count.number, key_len.number)
    else:
        made = plain(named(HMACS, number))
    return made[1](secret, part)


def has_mac(reply):
    return reply.protection_alg[0].oid in (PBM, PBMAC1, *HMACS.values())


def check_mac(reply, out):
    """That a reply has the MAC, and the names, of the secret of `out`."""
    assert has_mac(reply), "signed"
    holder = out.holder
    assert reply.sender_kid == holder.reference
    assert reply.sender.der == pki.directory(pki.name(
        CN=holder.reference.decode()))
    assert reply.protection.bit_octets == make_again(
        reply.protection_alg, holder.secret, reply.part)
    # A salt of its own, so that no reply is taken for another's.
    assert reply.protection_alg.der != out.fields["protection_alg"] or \
        reply.protection_alg[0].oid in HMACS.values()
    assert reply.transaction_id == out.fields["transaction_id"]
    assert reply.recip_nonce == out.fields["sender_nonce"]
    assert len(reply.sender_nonce) >= 16


def run(server, *args, code=0, text=None):
    """What `stationmaster secret ... --json` prints."""
    done = subprocess.run(
        [server.stationmaster, "secret", args[0], "--config",
         str(server.config), "--json", *map(str, args[1:])],
        capture_output=True, text=True, input=text, timeout=60)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def nobody():
    """What a message is made with before its secret protects it."""
    ca = pki.CA(UNIT)
    return pki.Credential(ca.cert, ca.key)


class Holder(Station):
    """A station that has a secret, and nothing else."""

    def __init__(self, server, reference, secret, path, mac=None):
        super().__init__(server, nobody(), path)
        self.reference = reference.encode()
        self.secret = secret.encode()
        self.mac = mac or pbm()

    def under(self, out, mac=None, secret=None, kid=b"", cn=None):
        """Protects a message with the secret instead of a key."""
        alg, compute = mac or self.mac
        out.holder = self
        out.extra_certs = []
        out.fields["sender_kid"] = self.reference if kid == b"" else kid
        name = self.reference.decode() if cn is None else cn
        out.fields["sender"] = pki.directory(pki.name(CN=name) if name else
                                             seq())
        out.fields["protection_alg"] = alg
        out.protect = lambda part: compute(secret or self.secret, part)
        return out

    def ir(self, key=None, kind="ir", mac=None, secret=None, kid=b"", cn=None,
           **options):
        options.setdefault("subject", UNIT)
        return self.under(self.request(kind, key, **options), mac, secret, kid,
                          cn)

    def conf(self, out, reply, mac=None, **options):
        return self.under(super().conf(out, reply, **options), mac)

    def ask(self, out):
        response = self.post(out)
        assert response.status == 200, response.body
        reply = cmp.Reply(response.body)
        check_mac(reply, out)
        return reply


def holder(world, path, *options, mac=None):
    """A new secret's, made by `secret new`."""
    made = run(world.server, "new", *options)
    return Holder(world.server, made["reference"], made["secret"], path, mac)
