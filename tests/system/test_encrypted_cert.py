"""encrCert: the certificate comes encrypted to the new key, and its certConf
is what shows possession. `openssl` decrypts, and is a client of its own."""
import hashlib
import subprocess

import pytest

from cmplib import cmp, http, pki
from cmplib.possession import (ENCR_CERT, KEY_AGREEMENT, KEY_ENCIPHERMENT,
                               agreement, answer, challenges, encipherment,
                               msg, open_cert, request, solve)
from cmplib.rows import Rows, check_refused
from polls import Operator, make_world
from test_openssl_peers import PEERS
from test_openssl_station import Files, succeeds
from test_challenge import LAB, OLD, WAIT

BRIEF, KEPT = (f"{http.PATH}/p/{name}" for name in ("brief-lab", "kept-lab"))
PROFILES = {
    "wait-lab": dict(type="open", approval="operator",
                     approval_check_after="1s"),
    "brief-lab": dict(type="open", confirm_wait="2s"),
    "kept-lab": dict(type="open", confirm_wait="2s", on_timeout="keep",
                     on_rejection="keep"),
}
RSA, OTHER = (pki.slow_key("RSA-2048", n) for n in (3, 4))
EC = pki.Key("P-256")
IMPLICIT = dict(general_info=[cmp.info(cmp.IMPLICIT_CONFIRM, b"\x05\x00")])

rows = Rows()
row, refused = rows.add, rows.refused


@pytest.fixture(scope="module")
def world(stationmaster, operator, tmp_path_factory):
    made = make_world(stationmaster, operator,
                      tmp_path_factory.mktemp("encrypted") / "files",
                      PROFILES)
    yield made
    made.close()


def concealed(world, path=LAB, kind="ir", key=RSA, **options):
    """A station, its request and the reply with the encrypted certificate."""
    station = world.station(path=path)
    if key.kind.startswith("RSA"):
        popo, usage = encipherment(ENCR_CERT), KEY_ENCIPHERMENT
    else:
        popo, usage = agreement(ENCR_CERT), KEY_AGREEMENT
    out = request(station, kind, key, popo, (usage,), **options)
    reply = station.ask(out)
    assert reply.status.status == "grantedWithMods", reply.status.texts
    assert reply.cert is None
    return station, out, reply


def opened(reply, key, folder):
    return open_cert(key, reply.responses[0].encrypted, folder)


def listed(world, *words):
    done = subprocess.run(
        [world.server.stationmaster, "cert", *words, "--config",
         str(world.server.config), "--json"], capture_output=True, text=True,
        timeout=60)
    return done.stdout


def status(world, serial):
    return world.server.query(
        "SELECT status, revoked_at FROM certificate WHERE serial = ?",
        serial)[0]


def serial_of(cert):
    return cert.serial.to_bytes((cert.serial.bit_length() + 7) // 8, "big")


# --- how it goes ---

@pytest.mark.parametrize("path", [LAB, OLD])
@pytest.mark.parametrize("pvno", [2, 3])
@pytest.mark.parametrize("kind", ["ir", "cr"])
def test_rsa(world, tmp_path, path, pvno, kind):
    station, out, reply = concealed(world, path, kind, pvno=pvno)
    encrypted = reply.responses[0].encrypted
    assert encrypted.tag == (0x30 if pvno == 2 else 0xa0)
    cert = opened(reply, RSA, tmp_path)
    assert cert.spki == RSA.spki
    assert cert.der not in reply.der
    reply.path(cert, world.server.root)
    station.confirm(out, reply, cert_hash=cert.hash())
    assert world.server.status_of(cert) == "confirmed"


@pytest.mark.parametrize("curve", ["P-256", "P-384", "P-521"])
def test_agreement(world, tmp_path, curve):
    key = pki.Key(curve)
    station, out, reply = concealed(world, key=key, pvno=3)
    cert = opened(reply, key, tmp_path)
    assert cert.spki == key.spki
    assert cert.extensions["2.5.29.15"] == pki.read(
        pki.key_usage(KEY_AGREEMENT))[2].content
    station.confirm(out, reply, cert_hash=cert.hash())
    assert world.server.status_of(cert) == "confirmed"


def test_it_is_nowhere_before_it_is_confirmed(world, tmp_path):
    station, out, reply = concealed(world)
    cert = opened(reply, RSA, tmp_path)
    serial = serial_of(cert).hex()
    assert serial not in listed(world, "list", "--max", "1000").lower()
    assert "no certificate" in listed(world, "show", serial)
    assert "no certificate" in listed(world, "revoke", serial, "--reason",
                                      "superseded")
    assert status(world, serial_of(cert)) == (5, 0)
    station.confirm(out, reply, cert_hash=cert.hash())
    assert serial in listed(world, "list", "--max", "1000").lower()


@pytest.mark.parametrize("kind", ["ir", "cr"])
def test_implicit_confirmation_is_never_granted(world, tmp_path, kind):
    station, out, reply = concealed(world, kind=kind, **IMPLICIT)
    assert cmp.IMPLICIT_CONFIRM not in reply.infos
    cert = opened(reply, RSA, tmp_path)
    assert status(world, serial_of(cert)) == (5, 0)
    station.confirm(out, reply, cert_hash=cert.hash())


def test_nor_to_one_beside_it(world, tmp_path):
    """All of a message are confirmed with the reply, or none."""
    station = world.station(path=LAB)
    out = station.several(
        "ir", msg(station, 0, RSA, encipherment(ENCR_CERT)),
        station.cert_req_msg(pki.Key(), number=1), **IMPLICIT)
    reply = station.ask(out)
    assert cmp.IMPLICIT_CONFIRM not in reply.infos
    certs = [opened(reply, RSA, tmp_path), reply.responses[1].cert]
    answered = station.ask(station.conf(out, reply, statuses=[
        cmp.cert_status(c.hash(), n) for n, c in enumerate(certs)]))
    assert answered.kind == "pkiconf"
    assert [world.server.status_of(c) for c in certs] == ["confirmed"] * 2


def test_both_ways_in_one_message(world, tmp_path):
    """The challenge comes first."""
    station = world.station(path=LAB)
    out = station.several("ir", msg(station, 0, RSA, encipherment(ENCR_CERT)),
                          msg(station, 1, OTHER))
    reply = station.ask(out)
    numbers = solve(reply, [OTHER], tmp_path)
    reply = station.ask(answer(station, out, reply, numbers))
    assert reply.cert is None
    assert opened(reply, RSA, tmp_path).spki == RSA.spki
    assert reply.responses[1].cert.spki == OTHER.spki


def test_after_an_approval(world, tmp_path):
    station = world.station(path=WAIT)
    out = request(station, "ir", RSA, encipherment(ENCR_CERT))
    reply = station.ask(out)
    assert reply.status.status == "waiting"
    Operator(world.server).approve(out)
    reply = station.ask(station.poll(out, reply))
    cert = opened(reply, RSA, tmp_path)
    station.confirm(out, reply, cert_hash=cert.hash())
    assert world.server.status_of(cert) == "confirmed"


@pytest.mark.parametrize("pvno", [2, 3])
def test_restarted_between(world, tmp_path, pvno):
    station, out, reply = concealed(world, pvno=pvno)
    world.server.stop()
    world.server.start()
    assert station.ask(out).der == reply.der
    cert = opened(reply, RSA, tmp_path)
    station.confirm(out, reply, cert_hash=cert.hash())


@pytest.mark.parametrize("program", PEERS)
def test_openssl(world, tmp_path, program):
    """Its client asks, decrypts and confirms by itself."""
    files = Files(world, tmp_path, program).write_station(world.credential())
    files.new_key("new.key", "RSA-2048")
    files["enc.cnf"].write_text("[enc]\nkeyUsage=critical,keyEncipherment\n")
    done = files.cmp("ir", "vendor.pem", "vendor.key", "new.key", "new.pem",
                     "-config", files["enc.cnf"], "-reqexts", "enc", "-popo",
                     "2", path=LAB)
    succeeds(done)
    cert = pki.Cert(pki.from_pem(files["new.pem"].read_text()))
    assert world.server.status_of(cert) == "confirmed"


# --- challenges in an envelope ---

@pytest.mark.parametrize("key", [RSA, EC], ids=["rsa", "ec"])
def test_challenge_of_v3(world, tmp_path, key):
    station = world.station(path=LAB)
    popo, usage = ((encipherment(), KEY_ENCIPHERMENT) if key is RSA else
                   (agreement(), KEY_AGREEMENT))
    out = request(station, "ir", key, popo, (usage,), pvno=3)
    reply = station.ask(out)
    assert reply.pvno == 3
    found, = challenges(reply)
    number, sender = found.rand(key, tmp_path)
    assert sender.der == reply.sender.der
    recipient = found.encrypted_rand.find(0x31)[0]
    rid = recipient[1] if key is RSA else recipient.children[-1][0][0]
    assert [n.der for n in rid] == [cmp.NULL_DN, cmp.integer(0)]
    reply = station.ask(answer(station, out, reply, [number]))
    assert reply.cert.spki == key.spki
    station.confirm(out, reply)


# --- how it does not ---

def test_never_confirmed(world, tmp_path):
    station, out, reply = concealed(world, BRIEF)
    cert = opened(reply, RSA, tmp_path)
    world.server.wait_lines(world.server.mark(), "timed-out")
    assert world.server.status_of(cert) == "timed out" or \
        status(world, serial_of(cert))[0] == 4


@pytest.mark.parametrize("end", ["time-out", "rejection"])
def test_an_unproven_one_is_never_kept(world, tmp_path, end):
    """Though the profile keeps others."""
    station, out, reply = concealed(world, KEPT)
    cert = opened(reply, RSA, tmp_path)
    if end == "time-out":
        world.server.wait_lines(world.server.mark(), "timed-out")
    else:
        station.confirm(out, reply, cert_hash=cert.hash(), status="rejection")
    assert status(world, serial_of(cert))[1] != 0


@refused("error", "badCertId", "conf-hash-is-right", LAB)
def a_guess(w):
    station, out, reply = concealed(w)
    return station.conf(out, reply, cert_hash=bytes(32))


@refused("error", "badCertId", "conf-hash-is-right", LAB)
def the_hash_of_what_was_encrypted(w):
    station, out, reply = concealed(w)
    encrypted = reply.responses[0].encrypted
    return station.conf(out, reply,
                        cert_hash=hashlib.sha256(encrypted.der).digest())


def rr_of(w, path):
    station, out, reply = concealed(w, path)
    cert = opened(reply, RSA, w.server.folder)
    holder = w.enrolled(path)
    return holder.rr(cert)


row("revoked-before-it-is-proven", lambda w: rr_of(w, LAB), "rp", "badCertId",
    "revoked-is-known", LAB)


def ir(key=RSA, popo=None, usage=(KEY_ENCIPHERMENT,), **options):
    return lambda w: request(w.station(path=LAB), "ir", key,
                             popo or encipherment(ENCR_CERT), usage, **options)


for path, name in ((http.PATH, "3gpp-bs"), (f"{http.PATH}/p/light", "rfc9483")):
    row(f"encrypted-cert-in-{name}", ir(), "ip", "badPOP",
        "popo-is-signature", path)
for name, usage in (("none", ()), ("signing-too", (0, 2)), ("signing", (0,)),
                    ("ca", (5,))):
    row(f"key-usage-{name}", ir(usage=usage), "ip", "badPOP",
        "key-that-signs-signs", LAB)
for method, name in ((ENCR_CERT, "encr-cert"), (1, "challenge")):
    row(f"agreement-{name}-at-pvno-2",
        ir(EC, agreement(method), (KEY_AGREEMENT,)), "ip", "badPOP",
        "popo-is-for-key", LAB)
row("agreement-of-a-signing-key",
    ir(EC, agreement(ENCR_CERT), (0, KEY_AGREEMENT), pvno=3), "ip", "badPOP",
    "key-that-signs-signs", LAB)
row("ed25519", ir(pki.Key("Ed25519"), agreement(ENCR_CERT), (KEY_AGREEMENT,),
                  pvno=3), "ip", "badPOP", "popo-is-for-key", LAB)


@pytest.mark.parametrize("build, body, failure, rule, path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    check_refused(world, build, body, failure, rule, path)
