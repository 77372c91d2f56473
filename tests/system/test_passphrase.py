"""Revocation passphrases (RFC 9810, 5.3.19.9 and appendix B): brought by genm,
and used by a station whose key is gone."""
import json
import shutil
import subprocess

import pytest

from cmplib import cmp, pki
from cmplib.cmp import id_it
from cmplib.secret import Holder, pbm, pbmac1, run
from passphrases import (OFF, PASS, PHRASE, REV_PASSPHRASE, RSA, WAIT, ask,
                         bring, enveloped, keep, make_passphrase_world,
                         refused, status_of, under, value)
from polls import Operator


@pytest.fixture(scope="module")
def world(stationmaster, operator, tmp_path_factory):
    made = make_passphrase_world(
        stationmaster, operator, tmp_path_factory.mktemp("phrases") / "files")
    yield made
    made.close()


def revoke(station, cert=None, phrase=PHRASE, kid=None, mac=None, **options):
    out = under(station.rr(cert, **options), phrase, mac, kid)
    reply = ask(station, out, phrase)
    assert (reply.kind, reply.failures) == ("rp", set())
    assert [s.status for s in reply.statuses] == ["accepted"]
    return out


@pytest.mark.parametrize("path", [PASS, RSA])
@pytest.mark.parametrize("mac", [pbm(), pbmac1()], ids=["pbm", "pbmac1"])
def test_brought_and_used(world, path, mac):
    station = keep(world, path)
    revoke(station, mac=mac, reason="keyCompromise")
    assert status_of(world, station.cert) == 1


def test_encrypted_value_in_pvno_2(world):
    station = world.enrolled(OFF)
    station.path = RSA
    reply = station.ask(bring(world, station, encrypted=value(world), pvno=2))
    assert reply.told == {REV_PASSPHRASE: None}
    revoke(station)
    assert status_of(world, station.cert) == 0


def test_with_an_identifier(world):
    """It goes by what the station calls it."""
    revoke(keep(world), kid=b"mast 7")


def test_in_a_station_under_a_secret(world):
    """What brings it may be a transaction under a MAC."""
    made = run(world.server, "new", "--uses", 0)
    station = Holder(world.server, made["reference"], made["secret"], OFF)
    station.enroll()
    (serial, certificate), = world.server.query(
        "SELECT s.serial, c.der FROM station s, certificate c "
        "WHERE c.station = s.id AND s.serial = ?", made["reference"].encode())
    station.path = PASS
    reply = station.ask(station.under(bring(world, station)))
    assert reply.told == {REV_PASSPHRASE: None}
    revoke(station, pki.Cert(certificate))


def test_any_certificate_of_the_station(world):
    old = keep(world)
    new = old.renew(old.kur())
    out = under(new.rr(details=[
        cmp.rev_details(c.issuer, c.serial, [cmp.reason_code(1)])
        for c in (old.cert, new.cert)]))
    reply = ask(new, out)
    assert [s.status for s in reply.statuses] == ["accepted", "accepted"]
    assert status_of(world, old.cert) == status_of(world, new.cert) == 1


def test_another_certificate_of_another_station(world):
    """Each RevDetails by itself; the first tells whose passphrase it is."""
    own, other = keep(world), world.enrolled(OFF)
    reply = ask(own, under(own.rr(details=[
        cmp.rev_details(c.issuer, c.serial, [cmp.reason_code(1)])
        for c in (own.cert, other.cert)])))
    assert [s.failures for s in reply.statuses] == [set(), {"notAuthorized"}]
    assert status_of(world, own.cert) == 1
    assert status_of(world, other.cert) is False


def test_a_new_one_takes_the_place_of_the_old(world):
    station = keep(world)
    keep(world, text=b"another passphrase", station=station)
    assert refused(station, under(station.rr())) == {"badMessageCheck"}
    assert [s["reference"] for s in run(world.server, "list")].count(
        f"passphrase:acme/{station_serial(world, station)}") == 1
    revoke(station, phrase=b"another passphrase")


def station_serial(world, station):
    (serial,), = world.server.query(
        "SELECT s.serial FROM station s, certificate c "
        "WHERE c.station = s.id AND c.der = ?", station.cert.der)
    return serial.decode()


def test_the_same_message_again(world):
    """The stored answers; and the same genm does not undo a later one."""
    station = world.enrolled(OFF)
    station.path = PASS
    first = bring(world, station)
    told = station.post(first).body
    keep(world, text=b"another passphrase", station=station)
    assert station.post(first).body == told
    out = revoke(station, phrase=b"another passphrase")
    again = ask(station, out, b"another passphrase")
    assert [s.status for s in again.statuses] == ["accepted"]


def test_what_stands_where(world):
    """Sealed in the store; who used what in the audit; nowhere in clear."""
    station = keep(world)
    reference = f"passphrase:acme/{station_serial(world, station)}"
    (listed,) = [s for s in run(world.server, "list")
                 if s["reference"] == reference]
    assert listed["state"] == "active" and listed["weak"]
    revoke(station)
    audit = subprocess.run(
        [world.server.stationmaster, "audit", "list", "--config",
         str(world.server.config), "--max", "100000"], capture_output=True,
        text=True, timeout=60, check=True).stdout
    assert "passphrase=kept" in audit
    assert any("revoked rr" in line and f"secret={reference}" in line
               for line in audit.splitlines())
    for file in world.server.folder.iterdir():
        if file.is_file():
            assert PHRASE not in file.read_bytes(), file


def test_revoked_by_the_operator(world):
    station = keep(world)
    run(world.server, "revoke",
        f"passphrase:acme/{station_serial(world, station)}")
    assert ask(station, under(station.rr())).failures == {"notAuthorized"}
    keep(world, station=station)
    revoke(station)


def test_sealed_anew(world):
    """`secret rekey` takes them along."""
    station = keep(world)
    assert run(world.server, "rekey")["sealed"] >= 1
    revoke(station)
    revoke(keep(world))


def test_not_one_that_the_operator_makes(world):
    done = subprocess.run(
        [world.server.stationmaster, "secret", "new", "--config",
         str(world.server.config), "--reference", "passphrase:acme/1"],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 2 and "passphrase:" in done.stderr


def test_where_it_is_off(world):
    station = world.enrolled(OFF)
    told = station.ask(bring(world, station,
                             encrypted=enveloped(world, PASS))).told
    assert list(told) == [id_it(7)]
    assert [o.oid for o in told[id_it(7)]] == [REV_PASSPHRASE]
    assert refused(station, under(station.rr())) == {"wrongIntegrity"}


def replayed(world, out, config=None):
    """What a server of this folder would do, told beside it."""
    done = subprocess.run(
        [world.server.stationmaster, "replay", "-", "--config",
         str(config or world.server.config), "--json", "--path", PASS],
        input=bytes(out), capture_output=True, timeout=60)
    (told,) = json.loads(done.stdout)["messages"]
    return told


def test_replayed(world, tmp_path):
    """Judged to the end, and nothing of it kept; nor where a key is gone."""
    station = world.enrolled(OFF)
    station.path = PASS
    out = bring(world, station)
    assert replayed(world, out)["outcome"] == "answered"
    assert refused(station, under(station.rr())) == {"badMessageCheck"}
    keep(world, station=station)
    assert replayed(world, under(station.rr()))["outcome"] == "revoked"
    assert status_of(world, station.cert) is False
    out = bring(world, station)
    for gone in "secrets.key", "curve.key":
        there = tmp_path / gone
        world.server.stop()
        shutil.copytree(world.server.folder, there)
        world.server.start()
        (there / gone).unlink()
        told = replayed(world, out, there / world.server.config.name)
        assert told["end"] == "not judged", told


def test_that_waits_for_an_operator(world):
    """An rr, and what polls for it, under the passphrase."""
    boss = Operator(world.server)
    station = world.enrolled(OFF)
    station.path = WAIT
    brought = bring(world, station)
    reply = station.ask(brought)
    assert (reply.kind, reply.status.status) == ("error", "waiting")
    assert refused(station, under(station.rr())) == {"badMessageCheck"}
    boss.approve(brought)
    reply = station.ask(station.poll(brought, reply, numbers=(-1,)))
    assert reply.told == {REV_PASSPHRASE: None}

    out = under(station.rr())
    reply = ask(station, out)
    assert (reply.kind, reply.status.status) == ("error", "waiting")
    reply = ask(station, under(station.poll(out, reply, numbers=(-1,))))
    assert reply.kind == "pollRep"
    boss.approve(out)
    last = under(station.poll(out, reply, numbers=(-1,)))
    reply = ask(station, last)
    assert (reply.kind, reply.statuses[0].status) == ("rp", "accepted")
    assert status_of(world, station.cert) == 0


def test_openssl_revokes(world, tmp_path):
    """`openssl cmp -cmd rr` under it."""
    station = keep(world)
    (tmp_path / "cert.pem").write_text(
        pki.pem("CERTIFICATE", station.credential.cert))
    done = subprocess.run(
        ["openssl", "cmp", "-cmd", "rr", "-server",
         f"127.0.0.1:{world.server.port}", "-path", PASS, "-secret",
         f"pass:{PHRASE.decode()}", "-ref", "mast 7", "-oldcert",
         str(tmp_path / "cert.pem"), "-revreason", "4", "-mac",
         "hmacWithSHA256", "-digest", "sha256", "-recipient", "/CN=Operator"],
        capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert status_of(world, station.cert) == 4
