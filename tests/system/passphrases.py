"""A world whose server takes revocation passphrases, and stations that bring
one. What is encrypted is made by `openssl` or cryptography, not by ours."""
import os
import subprocess

from cryptography.hazmat.primitives.asymmetric import padding

from cmplib import cmp, der, pki
from cmplib.cmp import id_it, info
from cmplib.der import bits, read, retag, seq
from cmplib.envelope import encrypt
from cmplib.http import PATH
from cmplib.possession import KEY_AGREEMENT
from cmplib.secret import make_again, has_mac, pbm
from cmplib.station import Station
from polls import OPERATOR, make_world

PASS, RSA, WAIT, OFF = (f"{PATH}/p/{name}" for name in
                        ("pass", "pass-rsa", "pass-wait", "lab"))
REV_PASSPHRASE = id_it(12)
KEY_ENCIPHERMENT = 2
PHRASE = b"a mast without its key"


def general(name):
    return dict(type="open", revocation_passphrases="true",
                general=f"{{ encryption_certificate: {name}.pem, "
                        f"encryption_key: {name} }}")


PROFILES = {
    "pass": general("curve"), "pass-rsa": general("rsa"),
    "pass-wait": dict(OPERATOR, approval_of_revocations="true",
                      approval_of_general="true", **general("curve")),
}


def make_passphrase_world(stationmaster, operator, folder):
    world = make_world(stationmaster, operator, folder, {})
    world.server.stop()
    world.keys = {PASS: add_key(world, "curve", pki.Key("P-256"),
                                KEY_AGREEMENT),
                  RSA: add_key(world, "rsa", pki.slow_key("RSA-2048", 1),
                               KEY_ENCIPHERMENT)}
    world.keys[WAIT] = world.keys[OFF] = world.keys[PASS]
    config = world.server.config
    config.write_text(config.read_text() + "\n".join(
        f"""  - name: {name}
    ca: issuing
    signer: cmp
    subject: "CN={{serial}}.{{vendor}},O=Operator"
""" + "\n".join(f"    {k}: {v}" for k, v in settings.items())
        for name, settings in PROFILES.items()) + "\n")
    world.server.start()
    return world


def add_key(world, name, key, usage):
    server = world.server
    root = pki.Key.load(server.folder / "root.key")
    cert = pki.certificate(
        server.root.subject, root, pki.name(CN=name, O="Operator"), key.spki,
        [pki.key_usage(usage), pki.subject_key_id(key.spki)])
    world.write(f"{name}.pem", pki.pem("CERTIFICATE", cert))
    (server.folder / f"{name}.key").write_bytes(key.pem())
    (server.folder / f"{name}.key").chmod(0o600)
    text = server.config.read_text()
    server.config.write_text(text.replace(
        "\nkeys:\n",
        f"\nkeys:\n  - {{ name: {name}, file: {name}.key }}\n", 1))
    return pki.Cert(cert)


# --- what encrypts ---

OPTIONS = {"curve": ["ecdh_kdf_md:sha256"],
           "rsa": ["rsa_padding_mode:oaep", "rsa_oaep_md:sha256",
                   "rsa_mgf1_md:sha256"]}


def enveloped(world, path, text=PHRASE):
    """EncryptedKey.envelopedData, by `openssl cms`."""
    name = "rsa" if path == RSA else "curve"
    options = [word for o in OPTIONS[name] for word in ("-keyopt", o)]
    done = subprocess.run(
        ["openssl", "cms", "-encrypt", "-binary", "-outform", "DER",
         "-aes-128-cbc", "-keyid", "-recip",
         str(world.server.folder / f"{name}.pem"), *options],
        input=text, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return retag(read(done.stdout)[1][0].der, 0xa0)


def value(world, text=PHRASE, key=None):
    """EncryptedKey.encryptedValue (RFC 4211, 2.1), for the RSA key."""
    cek = os.urandom(16)
    alg, octets = encrypt(text, cek, "2.16.840.1.101.3.4.1.2")
    public = (key or world.keys[RSA]).public
    return seq(retag(alg, 0xa1),
               retag(bits(public.encrypt(cek, padding.PKCS1v15())), 0x82),
               retag(pki.alg_id("1.2.840.113549.1.1.1", der.NULL), 0xa3),
               bits(octets))


def bring(w, station, text=PHRASE, encrypted=None, **options):
    """The genm that brings it."""
    if encrypted is None:
        encrypted = enveloped(w, station.path, text)
    options.setdefault("pvno", 3)
    return station.genm(info(REV_PASSPHRASE, encrypted), **options)


def under(out, phrase=PHRASE, mac=None, kid=None):
    """Protects an rr with the passphrase, whose key is gone."""
    alg, compute = mac or pbm()
    out.extra_certs = []
    out.fields["sender_kid"] = kid
    out.fields["protection_alg"] = alg
    out.protect = lambda part: compute(phrase, part)
    return out


def keep(w, path=PASS, text=PHRASE, station=None):
    """A station whose passphrase the server has."""
    station = station or w.enrolled(OFF)
    station.path = path
    reply = station.ask(bring(w, station, text))
    assert reply.kind == "genp", reply.failures
    assert reply.told == {REV_PASSPHRASE: None}
    return station


def ask(station, out, phrase=PHRASE):
    """The answer to what is under a passphrase, which is under it too."""
    response = Station(station.server, None, station.path).post(out)
    assert response.status == 200, response.body
    reply = cmp.Reply(response.body)
    assert has_mac(reply), f"signed {reply.kind} {reply.failures}"
    assert reply.protection.bit_octets == make_again(
        reply.protection_alg, phrase, reply.part)
    assert reply.sender_kid == out.fields["sender_kid"]
    assert reply.transaction_id == out.fields["transaction_id"]
    assert reply.recip_nonce == out.fields["sender_nonce"]
    return reply


def refused(station, out):
    """What a signed refusal says."""
    reply = cmp.Reply(Station(station.server, None, station.path).post(
        out).body)
    reply.check(out, station.server.root)
    return reply.failures


def status_of(w, cert):
    (at, reason), = w.server.query(
        "SELECT revoked_at, reason FROM certificate WHERE der=?", cert.der)
    return (at > 0) and reason
