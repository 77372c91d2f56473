"""Keys made for who asks (RFC 9483, 4.1.6): by key transport, by key agreement
and under a secret, opened here with nothing of ours."""
import os
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from cmplib import cmp, der, pki
from cmplib.envelope import opened, signed_key
from cmplib.made import MADE, MADE_LITE, asking, reader
from cmplib.secret import holder
from test_openssl_station import Files, succeeds

OPENSSL35 = os.environ.get("SM_OPENSSL35", "")
newer = pytest.mark.skipif(not OPENSSL35,
                           reason="SM_OPENSSL35 names no OpenSSL 3.5")
CM_KGA = "1.3.6.1.5.5.7.3.32"


def public(key):
    return key.public_key().public_bytes(
        pki.serialization.Encoding.DER,
        pki.serialization.PublicFormat.SubjectPublicKeyInfo)


def check_key(world, reply, secret):
    """What it says of its recipient; all else is right."""
    name, signed = opened(reply.responses[0].private_key, secret)
    private, half, signer, certs = signed_key(signed)
    assert public(private) == reply.cert.spki
    assert half == der.read(reply.cert.spki)[1].bit_octets
    assert CM_KGA in {n.oid for n in
                      der.read(signer.extensions["2.5.29.37"])}
    # the chain comes along, but for what signs itself
    assert {c.der for c in certs} == {
        world.server.certificate("kga.pem").der, world.server.issuing.der}
    reply.path(signer, world.server.root, certs)
    return name, private


def confirm(station, out, reply, private):
    out.key = pki.Key()
    out.key.private = private
    station.confirm(out, reply)


KINDS = [("P-256", "P-256"), ("P-384", "P-384"), ("P-521", "none"),
         ("RSA-2048", "P-256"), ("RSA-3072", "RSA"), ("P-256", "Ed25519")]


@pytest.mark.parametrize("kind, wanted", KINDS)
def test_signed(world, kind, wanted):
    station = reader(world, kind)
    out = asking(station, wanted)
    reply = station.ask(out)
    assert reply.pvno == 3
    assert not reply.failures
    name, private = check_key(world, reply, station.credential.key.private)
    assert name == station.credential.read.ski == out.fields["sender_kid"]
    if wanted == "RSA":
        assert private.key_size == 3072
    confirm(station, out, reply, private)
    assert world.server.status_of(reply.cert) == "confirmed"


def test_under_a_secret(world):
    station = holder(world, MADE_LITE)
    out = station.ir(pvno=3, popo=b"", fields={"public_key": None})
    reply = station.ask(out)
    salt, private = check_key(world, reply, station.secret)
    # not that of the MAC (RFC 9481, 4.4)
    assert salt != reply.protection_alg[1][0].content
    confirm(station, out, reply, private)
    assert world.server.status_of(reply.cert) == "confirmed"


def test_rsa_keys_leave_room(world):
    """Of four workers two make them; who else wants one is sent away."""
    mark = world.server.mark()
    stations = [reader(world) for _ in range(4)]
    outs = [asking(station, "RSA") for station in stations]
    for out in outs:
        bytes(out)
    with ThreadPoolExecutor(len(outs)) as pool:
        replies = list(pool.map(lambda s, o: s.ask(o), stations, outs))
    assert any(r.cert for r in replies)
    assert {frozenset(r.failures) for r in replies if not r.cert} == {
        frozenset({"systemUnavail"})}
    line = world.server.wait_lines(mark, "refused")[0]
    assert "2 RSA keys are being made for others" in line["text"]


def test_renewed(world):
    first = reader(world)
    out = asking(first, "none", "cr")
    reply = first.ask(out)
    _, private = check_key(world, reply, first.credential.key.private)
    confirm(first, out, reply, private)
    # Its keyUsage is digitalSignature alone: nothing can be encrypted to it.
    out.key.public = private.public_key()
    out.key.spki = reply.cert.spki
    station = first.holding(out, reply)
    refused = station.ask(asking(station, kind="kur", subject=None,
                                 fields={"subject": reply.cert.subject}))
    assert (refused.kind, refused.failures) == ("kup", {"badRequest"})


def test_again_until_it_is_confirmed(world):
    """The reply is given again as it is, and goes once the key arrived."""
    station = reader(world)
    out = asking(station)
    first = station.post(out)
    assert station.post(out).body == first.body
    reply = cmp.Reply(first.body)
    _, private = check_key(world, reply, station.credential.key.private)
    confirm(station, out, reply, private)
    again = station.ask(out)
    assert again.cert is None and again.failures
    held = b"".join(bytes(v) for row in world.server.query(
        "SELECT * FROM exchange") for v in row if isinstance(v, bytes))
    assert reply.responses[0].private_key.der not in held


def test_nothing_in_clear(world):
    """Neither in the store's files nor in the log."""
    station = reader(world)
    out = asking(station)
    reply = station.ask(out)
    _, private = check_key(world, reply, station.credential.key.private)
    number = private.private_numbers().private_value.to_bytes(32, "big")
    for file in world.server.folder.glob("store.db*"):
        assert number not in file.read_bytes()
    log = world.server.log_file.read_bytes()
    assert number not in log and number.hex().encode() not in log.lower()
    confirm(station, out, reply, private)


def test_in_the_audit_trail(world):
    station = reader(world)
    out = asking(station)
    reply = station.ask(out)
    entries = [bytes(e) for e, in world.server.query(
        "SELECT entry FROM audit")]
    serial = f"{reply.cert.serial:x}".encode()
    entry = next(e for e in entries if serial in e)
    assert entry.endswith(b" key=made")


def test_version_2_is_noted_in_open(world):
    station = reader(world, path=MADE)
    mark = world.server.mark()
    out = asking(station, pvno=2)
    reply = station.ask(out)
    assert reply.pvno == 2
    _, private = check_key(world, reply, station.credential.key.private)
    line, = world.server.wait_lines(mark, "issued")
    assert line["findings"] == "made-key-better-in-v3"
    confirm(station, out, reply, private)


def test_bare_key_by_a_vendors_quirk(world):
    """A OneAsymmetricKey alone, each time noted."""
    station = reader(world, vendor=world.dorado)
    mark = world.server.mark()
    out = asking(station)
    reply = station.ask(out)
    _, signed = opened(reply.responses[0].private_key,
                       station.credential.key.private)
    alone = der.read(signed[2][1][0].content)
    assert [n.tag for n in alone] == [0x02, 0x30, 0x04, 0x81]
    assert alone[3].content[1:] == der.read(reply.cert.spki)[1].bit_octets
    line, = world.server.wait_lines(mark, "issued")
    assert "made-key-is-packed" in line["findings"].split(",")


def test_key_generator_of_3gpp_bs(stationmaster, operator, tmp_path):
    """TS 33.310, 9.5.4.2: the base station makes its key."""
    text = (operator / "stationmaster.yaml").read_text()
    path = operator / "wrong.yaml"
    path.write_text(text.replace("type: rfc9483 ", "type: 3gpp-bs "))
    done = subprocess.run([stationmaster, "config", "--check", path],
                          capture_output=True, text=True)
    path.unlink()
    assert done.returncode != 0
    assert "key_generator: stations of type 3gpp-bs make" in (
        done.stdout + done.stderr)


@pytest.mark.parametrize("kind", ["P-256", "RSA-2048"])
@newer
def test_openssl35(world, tmp_path, kind):
    """Which wants the vendor's quirk bare-private-key."""
    credential = reader(world, kind, vendor=world.dorado).credential
    files = Files(world, tmp_path, OPENSSL35).write_station(credential)
    files.new_key("one.key")
    mark = world.server.mark()
    succeeds(files.cmp("ir", "vendor.pem", "vendor.key", "one.key", "one.pem",
                       "-centralkeygen", "-newkeyout", files["made.key"],
                       "-subject", "/CN=unit", path=MADE))
    key = pki.serialization.load_pem_private_key(
        (tmp_path / "made.key").read_bytes(), None)
    cert = pki.Cert(pki.from_pem((tmp_path / "one.pem").read_text()))
    assert public(key) == cert.spki
    assert world.server.status_of(cert) == "confirmed"
    line, = world.server.wait_lines(mark, "issued")
    assert set(line["findings"].split(",")) >= {"made-key-better-in-v3",
                                                "made-key-is-packed"}
