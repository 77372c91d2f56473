"""rr and rp: what is revoked, what the CRL says of it, and what stays."""
import subprocess
import time

import pytest

from cmplib import cmp, pki
from cmplib.cmp import REASONS
from cmplib.http import PATH, Connection, request

LAB, LIGHT = (f"{PATH}/p/{name}" for name in ("lab", "light"))
FOR_GOOD = [r for r in REASONS if r not in ("-", "certificateHold",
                                            "removeFromCRL")]


def openssl(*args):
    return subprocess.run(["openssl", *map(str, args)], capture_output=True,
                          text=True, timeout=60)


class Judge:
    """What OpenSSL sees: the CRL as it is served, and who is on it."""

    def __init__(self, world, folder):
        self.server = world.server
        self.folder = folder

    def __getitem__(self, name):
        return self.folder / name

    def fetch(self):
        self.server.wait_crl()
        # It is in the store before it is held for serving.
        number = self.server.query("SELECT max(number) FROM crl")[0][0]
        end = time.monotonic() + 10
        while True:
            with Connection(self.server.port) as connection:
                crl = connection.ask(request(path="/crl/issuing.crl",
                                             method="GET", media=None)).body
            self["crl.der"].write_bytes(crl)
            self.text = openssl("crl", "-inform", "DER", "-in",
                                self["crl.der"], "-noout", "-text").stdout
            if f"Number: \n                {number}\n" in self.text:
                return
            assert time.monotonic() < end, self.text
            time.sleep(0.02)

    def is_revoked(self, cert):
        self.fetch()
        self["cert.pem"].write_text(pki.pem("CERTIFICATE", cert.der))
        openssl("crl", "-inform", "DER", "-in", self["crl.der"], "-out",
                self["crl.pem"])
        done = openssl("verify", "-x509_strict", "-crl_check", "-CAfile",
                       self.server.folder / "root.pem", "-untrusted",
                       self.server.folder / "issuing.pem", "-CRLfile",
                       self["crl.pem"], self["cert.pem"])
        assert done.returncode == 0 or "certificate revoked" in done.stderr, \
            done.stderr
        return done.returncode != 0

    def entry(self, cert):
        """What the CRL says of it, as text."""
        self.fetch()
        head = f"Serial Number: {cert.serial:X}\n"
        return self.text.partition(head)[2].partition("Serial Number:")[0]


@pytest.fixture
def judge(world, tmp_path):
    return Judge(world, tmp_path)


def rows_of(server, cert):
    return server.query("SELECT revoked_at, reason, invalidity_date, status "
                        "FROM certificate WHERE der = ?", cert.der)[0]


@pytest.mark.parametrize("path", [LAB, LIGHT])
@pytest.mark.parametrize("reason", FOR_GOOD)
def test_every_reason(world, judge, path, reason):
    station = world.enrolled(path)
    mark = world.server.mark()
    reply = station.revoke(reason=reason)
    assert reply.rev_certs == [(station.cert.issuer, station.cert.serial)]
    revoked_at, number, invalid, status = rows_of(world.server, station.cert)
    assert abs(revoked_at - time.time()) < 60
    assert (number, invalid, status) == (REASONS.index(reason), 0, 2)
    line, = world.server.wait_lines(mark, "revoked")
    serial = f"{station.cert.serial:x}"
    assert line["revoked"].lstrip("0") == f"{serial}:{reason}"
    assert line["serial"].lstrip("0") == serial
    assert judge.is_revoked(station.cert)


def test_without_a_reason(world, judge):
    station = world.enrolled(LAB)
    station.revoke(reason=None)
    assert rows_of(world.server, station.cert)[1] == 0
    assert "Reason Code" not in judge.entry(station.cert)


def test_invalidity_date(world, judge):
    station = world.enrolled(LAB)
    since = int(time.time()) - 40 * pki.DAY
    station.revoke(entry=[cmp.reason_code("keyCompromise"),
                          cmp.invalidity_date(since)])
    assert rows_of(world.server, station.cert)[2] == since
    entry = judge.entry(station.cert)
    assert "Invalidity Date" in entry and "Key Compromise" in entry


def test_nobody_else_is_revoked(world, judge):
    station, other = world.enrolled(LAB), world.enrolled(LAB)
    station.revoke()
    assert not judge.is_revoked(other.cert)
    # The station starts over with its vendor's certificate.
    transaction, _ = station.transaction
    again = world.as_(transaction.signer, LAB).enroll()
    assert not judge.is_revoked(again.cert)


def test_another_certificate_of_the_station_signs(world, judge):
    old = world.enrolled(LAB)
    new = old.renew()
    new.revoke(old.cert, reason="superseded")
    assert judge.is_revoked(old.cert)
    assert not judge.is_revoked(new.cert)


def test_a_blocked_station_may_revoke(world, judge):
    station = world.enrolled(LAB)
    world.server.block("acme", station.cert.text_of("CN").split(".")[0])
    station.revoke(reason="keyCompromise")
    assert judge.is_revoked(station.cert)


def test_several_at_once(world, judge):
    """Each has its own status, in the order of the request."""
    one = world.enrolled(LAB)
    two = one.renew()
    three = two.renew()
    others = world.enrolled(LAB)
    mark = world.server.mark()
    out = three.rr(details=[
        cmp.rev_details(s.cert.issuer, s.cert.serial,
                        [cmp.reason_code("superseded")])
        for s in (one, others, two, three)])
    reply = three.ask(out)
    assert reply.kind == "rp"
    assert [s.status for s in reply.statuses] == [
        "accepted", "rejection", "accepted", "accepted"]
    assert reply.statuses[1].failures == {"notAuthorized"}
    assert [c[1] for c in reply.rev_certs] == [
        s.cert.serial for s in (one, others, two, three)]
    line, = world.server.wait_lines(mark, "revoked")
    assert line["revoked"].count(":superseded") == 3
    assert line["refused_requests"] == "1:revoked-is-the-stations"
    assert [judge.is_revoked(s.cert) for s in (one, others, two, three)] == [
        True, False, True, True]


def test_hold_and_release(world, judge):
    old = world.enrolled(LAB)
    new = old.renew()
    new.revoke(old.cert, reason="certificateHold")
    assert judge.is_revoked(old.cert)
    assert "Certificate Hold" in judge.entry(old.cert)
    with pytest.raises(Exception, match="certRevoked"):
        old.renew()
    mark = world.server.mark()
    new.revoke(old.cert, reason="removeFromCRL")
    world.server.wait_lines(mark, "released")
    assert not judge.is_revoked(old.cert)
    assert rows_of(world.server, old.cert)[:3] == (0, 0, 0)
    old.renew()


def test_held_then_revoked_keeps_its_date(world, judge):
    old = world.enrolled(LAB)
    new = old.renew()
    new.revoke(old.cert, reason="certificateHold")
    world.server.change("UPDATE certificate SET revoked_at = revoked_at - 100,"
                        " version = version + 1 WHERE der = ?", old.cert.der)
    held_at = rows_of(world.server, old.cert)[0]
    new.revoke(old.cert, reason="keyCompromise")
    assert rows_of(world.server, old.cert)[:2] == (held_at, 1)
    assert judge.is_revoked(old.cert)


@pytest.mark.parametrize("path", [LAB, LIGHT])
def test_the_same_bytes_get_the_same_reply(world, path):
    """Even though its certificate is revoked by then."""
    station = world.enrolled(path)
    out = station.rr()
    first = station.ask(out)
    world.server.wait_crl()
    before = world.server.tables()
    again = station.ask(out)
    assert again.der == first.der
    assert world.server.tables() == before


def test_the_reply_survives_a_restart(world):
    station = world.enrolled(LAB)
    out = station.rr()
    first = station.ask(out)
    world.server.stop()
    world.server.start()
    assert station.ask(out).der == first.der


def test_transaction_is_over(world):
    station = world.enrolled(LAB)
    out = station.rr()
    station.ask(out)
    state, ended, deadline = world.server.query(
        "SELECT state, ended_at, deadline FROM txn WHERE transaction_id = ?",
        out.transaction_id)[0]
    assert state == 7 and ended > 0 and not deadline


def test_audit_says_who_and_why(world):
    station = world.enrolled(LAB)
    station.revoke(reason="keyCompromise")
    entry = world.server.query(
        "SELECT entry FROM audit ORDER BY id DESC LIMIT 1")[0][0]
    entry = entry.decode() if isinstance(entry, bytes) else entry
    assert entry.startswith("revoked rr profile=lab station=acme/")
    assert f"{station.cert.serial:x} reason=keyCompromise" in entry


# --- OpenSSL as the station ---

def write(judge, station):
    judge["own.pem"].write_text(pki.pem("CERTIFICATE", station.credential.cert))
    judge["own.key"].write_bytes(station.credential.key.pem())
    judge["chain.pem"].write_text("".join(
        pki.pem("CERTIFICATE", c) for c in station.credential.chain))


def openssl_rr(judge, path, *more):
    return openssl("cmp", "-config", "", "-cmd", "rr", "-server",
                   f"http://127.0.0.1:{judge.server.port}{path}", "-cert",
                   judge["own.pem"], "-key", judge["own.key"], "-untrusted",
                   judge["chain.pem"], "-extracerts", judge["chain.pem"],
                   "-trusted", judge.server.folder / "root.pem",
                   "-msg_timeout", 20, *more)


@pytest.mark.parametrize("number", [n for n in range(-1, 11) if n != 7])
def test_openssl_rr(world, judge, number):
    station = world.enrolled(LAB)
    write(judge, station)
    done = openssl_rr(judge, LAB, "-oldcert", judge["own.pem"], "-revreason",
                      number)
    said = done.stdout + done.stderr
    if number == 8:
        assert done.returncode != 0 and "badCertId" in said, said
        assert not judge.is_revoked(station.cert)
    else:
        assert done.returncode == 0, said
        assert judge.is_revoked(station.cert)
        assert rows_of(world.server, station.cert)[1] == max(number, 0)


def test_openssl_rr_in_rfc9483(world, judge):
    station = world.enrolled(LIGHT)
    write(judge, station)
    done = openssl_rr(judge, LIGHT, "-oldcert", judge["own.pem"])
    assert "badDataFormat" in done.stdout + done.stderr
    done = openssl_rr(judge, LIGHT, "-oldcert", judge["own.pem"],
                      "-revreason", 0)
    assert done.returncode == 0, done.stdout + done.stderr
    assert judge.is_revoked(station.cert)
    done = openssl_rr(judge, LIGHT, "-oldcert", judge["own.pem"],
                      "-revreason", 0)
    assert "certRevoked" in done.stdout + done.stderr


def test_openssl_rr_for_another(world, judge):
    station, other = world.enrolled(LAB), world.enrolled(LAB)
    write(judge, station)
    judge["other.pem"].write_text(pki.pem("CERTIFICATE", other.cert.der))
    done = openssl_rr(judge, LAB, "-oldcert", judge["other.pem"],
                      "-revreason", 1)
    assert "notAuthorized" in done.stdout + done.stderr
    assert not judge.is_revoked(other.cert)


# --- the operator's commands ---

def cert(world, stationmaster, *words):
    return subprocess.run(
        [stationmaster, "cert", *words, "--config", str(world.server.config)],
        capture_output=True, text=True, timeout=60)


def test_cert_hold_and_release(world, judge, stationmaster):
    station = world.enrolled(LAB)
    serial = f"{station.cert.serial:x}"
    serial = serial.rjust(len(serial) + len(serial) % 2, "0")
    done = cert(world, stationmaster, "release", serial)
    assert done.returncode != 0 and "is not held" in done.stderr
    done = cert(world, stationmaster, "revoke", serial, "--reason", "hold",
                "--invalidity-date", "2026-01-02T03:04:05Z")
    assert done.returncode == 0, done.stderr
    assert judge.is_revoked(station.cert)
    entry = judge.entry(station.cert)
    assert "Certificate Hold" in entry
    assert "Invalidity Date" in entry and "Jan  2 03:04:05 2026" in entry
    shown = cert(world, stationmaster, "show", serial).stdout
    assert "2026-01-02T03:04:05Z" in shown and "certificateHold" in shown
    done = cert(world, stationmaster, "revoke", serial, "--reason", "hold")
    assert done.returncode != 0
    done = cert(world, stationmaster, "release", serial)
    assert done.returncode == 0, done.stderr
    assert not judge.is_revoked(station.cert)
    done = cert(world, stationmaster, "revoke", serial, "--reason", "hold")
    assert done.returncode == 0, done.stderr
    done = cert(world, stationmaster, "revoke", serial, "--reason",
                "keyCompromise", "--json")
    assert done.returncode == 0, done.stderr
    assert rows_of(world.server, station.cert)[1] == 1
    done = cert(world, stationmaster, "release", serial)
    assert done.returncode != 0 and "keyCompromise" in done.stderr
    assert judge.is_revoked(station.cert)


@pytest.mark.parametrize("words", [
    ("--reason", "removeFromCRL"), ("--reason", "holding"),
    ("--invalidity-date", "yesterday"),
    ("--invalidity-date", "2199-01-01T00:00:00Z")])
def test_cert_revoke_refuses(world, stationmaster, words):
    station = world.enrolled(LAB)
    serial = f"{station.cert.serial:x}"
    serial = serial.rjust(len(serial) + len(serial) % 2, "0")
    done = cert(world, stationmaster, "revoke", serial, *words)
    assert done.returncode != 0 and words[1] in done.stderr or \
        "cert release" in done.stderr
    assert rows_of(world.server, station.cert)[0] == 0
