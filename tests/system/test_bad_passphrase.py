"""Revocation passphrases, and rr under them, that are refused."""
import time

import pytest

from cmplib import cmp, pki
from cmplib.cmp import info
from cmplib.der import integer, octets, retag, seq
from cmplib.envelope import kari, pwri, sealed
from cmplib.rows import Rows, check_refused
from cmplib.secret import holder, pbm, plain
from cmplib.station import Station
from passphrases import (OFF, PASS, PHRASE, REV_PASSPHRASE, RSA, ask, bring,
                         enveloped, keep, make_passphrase_world, under, value)

rows = Rows()
HOUR = 3600
DATA = "1.2.840.113549.1.7.1"


@pytest.fixture(scope="module")
def world(stationmaster, operator, tmp_path_factory):
    made = make_passphrase_world(
        stationmaster, operator, tmp_path_factory.mktemp("phrases") / "files")
    yield made
    made.close()


def row(name, build, failure, rule, path=PASS, body="error"):
    rows.add(name, build, body, failure, rule, path)


def at(w, path=PASS):
    station = w.enrolled(OFF)
    station.path = path
    return station


# --- the genm that brings one ---

def brought(name, make, failure="badRequest", rule="passphrase-opens",
            path=PASS, **options):
    """`make` gives the EncryptedKey."""
    row(f"passphrase-{name}",
        lambda w: bring(w, at(w, path), encrypted=make(w), **options), failure,
        rule, path)


brought("for-another-key", lambda w: sealed(
    PHRASE, lambda cek: kari(w.keys[PASS], cek, reader=pki.Key().public),
    content_type=DATA))
brought("for-an-rsa-key-and-brought-to-a-curve",
        lambda w: enveloped(w, RSA))
brought("for-a-curve-and-brought-to-an-rsa-key",
        lambda w: enveloped(w, PASS), path=RSA)
brought("under-a-password", lambda w: sealed(
    PHRASE, lambda cek: pwri(b"secret", cek), content_type=DATA))
brought("for-two", lambda w: sealed(
    PHRASE, *2 * [lambda cek: kari(w.keys[PASS], cek)], content_type=DATA))
brought("for-nobody", lambda w: sealed(PHRASE, content_type=DATA))
brought("that-is-no-data", lambda w: sealed(
    PHRASE, lambda cek: kari(w.keys[PASS], cek), content_type="1.2.3.4"))
brought("cut-short", lambda w: enveloped(w, PASS)[:-1] + b"\x00")
brought("of-nothing-known", lambda w: retag(seq(integer(1)), 0xa0))
brought("value-for-another-key", lambda w: value(w, key=pki.slow_key(
    "RSA-2048", 2)), path=RSA, pvno=2)
brought("value-to-a-curve", value, pvno=2)
brought("of-nothing-known-in-pvno-2", lambda w: seq(integer(1)), path=RSA,
        pvno=2)
for length in (0, 1, 11, 257, 4000):
    brought(f"of-{length}-octets",
            lambda w, length=length: enveloped(w, PASS, b"x" * length),
            rule="passphrase-is-long")
brought("enveloped-in-pvno-2", lambda w: enveloped(w, RSA), "badDataFormat",
        "passphrase-fits-version", RSA, pvno=2)
brought("value-in-pvno-3", value, "badDataFormat", "passphrase-fits-version",
        RSA)
brought("that-is-no-encrypted-key", lambda w: octets(PHRASE), "badDataFormat",
        "passphrase-fits-version")
brought("without-a-time", lambda w: enveloped(w, PASS), "badTime",
        "passphrase-is-dated", message_time=None)
brought("an-hour-late", lambda w: enveloped(w, PASS), "badTime",
        "passphrase-is-dated", message_time=int(time.time()) - HOUR)
brought("an-hour-early", lambda w: enveloped(w, PASS), "badTime",
        "passphrase-is-dated", message_time=int(time.time()) + HOUR)
row("passphrase-of-no-value", lambda w: at(w).genm(12, pvno=3),
    "badDataFormat", "info-value-is-right")
row("passphrase-by-the-vendor-certificate",
    lambda w: bring(w, w.station(path=PASS)), "notAuthorized",
    "passphrase-by-station")
row("passphrase-by-somebody-unknown",
    lambda w: bring(w, w.station(w.nobody, path=PASS)), "signerNotTrusted",
    "signer-has-path")


def refused(failure, rule, path=PASS, body="error"):
    def add(build):
        row(build.__name__.replace("_", "-"), build, failure, rule, path, body)
        return build
    return add


@refused("notAuthorized", "passphrase-by-station")
def passphrase_of_a_blocked_station(w):
    station = at(w)
    vendor, serial = station_of(w, station)
    w.server.block(vendor, serial)
    return bring(w, station)


def station_of(w, station):
    (vendor, serial), = w.server.query(
        "SELECT w.text, s.serial FROM station s, certificate c, word w "
        "WHERE c.station = s.id AND w.id = s.vendor AND c.der = ?",
        station.cert.der)
    return vendor.decode(), serial.decode()


@refused("certRevoked", "old-is-not-revoked")
def passphrase_by_a_revoked_certificate(w):
    station = at(w)
    station.revoke()
    return bring(w, station)


@refused("badMessageCheck", "protection-verifies")
def passphrase_swapped_on_the_way(w):
    out = bring(w, at(w))
    part = out.part()
    out.protect = lambda _: out.signer.key.sign(part)
    out.content = seq(info(REV_PASSPHRASE, enveloped(w, PASS, b"of another")))
    return out


@refused("transactionIdInUse", "transaction-id-is-new")
def passphrase_in_a_transaction_of_before(w):
    station = at(w)
    first = bring(w, station)
    station.ask(first)
    return bring(w, station, b"another passphrase",
                 transaction_id=first.transaction_id)


@refused("badRequest", "passphrase-comes-by-genm", OFF)
def passphrase_in_the_header_of_an_ir(w):
    return w.station(path=OFF).ir(general_info=[
        info(REV_PASSPHRASE, enveloped(w, PASS))])


@refused("badRequest", "passphrase-comes-by-genm")
def passphrase_in_the_header_of_an_rr(w):
    station = keep(w)
    return under(station.rr(general_info=[
        info(REV_PASSPHRASE, enveloped(w, PASS))], pvno=3))


# --- the rr under one ---

def under_one(name, change, failure="badMessageCheck", rule="mac-verifies",
              **options):
    row(f"rr-{name}", lambda w: change(w, keep(w)), failure, rule, **options)


under_one("under-another-passphrase",
          lambda w, s: under(s.rr(), b"another passphrase"))
under_one("under-no-passphrase", lambda w, s: under(s.rr(), b""))
under_one("under-the-passphrase-of-another-station",
          lambda w, s: under(keep(w, text=b"another passphrase").rr()))
under_one("for-another-stations",
          lambda w, s: under(s.rr(w.enrolled(OFF).cert)))
under_one("for-a-serial-never-given", lambda w, s: under(s.rr(details=[
    cmp.rev_details(s.cert.issuer, 0x1234, [cmp.reason_code(1)])])))
under_one("for-another-ca", lambda w, s: under(s.rr(details=[
    cmp.rev_details(pki.name(CN="Other CA"), s.cert.serial,
                    [cmp.reason_code(1)])])))
under_one("changed-on-the-way", lambda w, s: changed(under(s.rr())))
under_one("right-under-it", lambda w, s: under(s.rr(), mac=plain()), "badAlg",
          "weak-secret-is-stretched")
under_one("with-iterations-2-to-the-31",
          lambda w, s: under(s.rr(), mac=pbm(written=2**31)), "badAlg",
          "mac-work-is-bounded")
under_one("that-names-nothing", lambda w, s: under(s.rr(details=[])),
          "badRequest", "one-revocation", body="rp")
under_one("that-holds", lambda w, s: under(s.rr(reason="certificateHold")),
          "notAuthorized", "passphrase-revokes", body="rp")
under_one("that-releases", lambda w, s: under(s.rr(reason="removeFromCRL")),
          "notAuthorized", "passphrase-revokes", body="rp")


def changed(out):
    make = out.protect
    out.protect = lambda part: make(part.replace(
        out.fields["sender_nonce"], bytes(16)))
    return out


@refused("badMessageCheck", "mac-verifies")
def rr_of_a_station_without_a_passphrase(w):
    return under(at(w).rr())


@refused("badMessageCheck", "mac-verifies")
def rr_under_what_stands_for_no_passphrase(w):
    return under(at(w).rr(), b"the secret of a reference nobody has")


@refused("badMessageCheck", "mac-verifies")
def rr_under_a_secret_that_enrolled_it(w):
    """Such a secret is for requests, whatever its reference."""
    secret = holder(w, OFF, "--uses", 0)
    secret.enroll()
    (cert,), = w.server.query(
        "SELECT c.der FROM station s, certificate c "
        "WHERE c.station = s.id AND s.serial = ?", secret.reference)
    secret.path = PASS
    return secret.under(secret.rr(pki.Cert(cert)))


@refused("badMessageCheck", "mac-verifies")
def ir_under_a_passphrase(w):
    """By its reference in the store, which anybody can guess."""
    station = keep(w)
    reference = "passphrase:" + "/".join(station_of(w, station))
    return under(station.ir(), kid=reference.encode())


@refused("badMessageCheck", "mac-verifies")
def genm_under_a_passphrase(w):
    station = keep(w)
    reference = "passphrase:" + "/".join(station_of(w, station))
    return under(bring(w, station, b"another passphrase"),
                 kid=reference.encode())


@refused("wrongIntegrity", "protection-is-signature", OFF)
def rr_under_a_passphrase_where_none_are_taken(w):
    return under(keep(w).rr())


@refused("certRevoked", "revoked-once", body="rp")
def rr_for_one_revoked_already(w):
    station = keep(w)
    station.revoke()
    return under(station.rr())



# Judged once the MAC has verified: then the refusal is under it too.
AFTER_THE_MAC = {"weak-secret-is-stretched", "passphrase-revokes",
                 "revoked-once"}


@pytest.mark.parametrize("build, body, failure, rule, path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    if rule not in AFTER_THE_MAC:
        check_refused(world, build, body, failure, rule, path)
        return
    out = build(world)
    server = world.server
    server.wait_crl()
    before, mark = server.tables(), server.mark()
    reply = ask(Station(server, None, path), out)
    assert (reply.kind, reply.failures) == (body, {failure})
    line = server.wait_lines(mark, "refused")[0]
    assert line["rule"] == rule
    assert server.tables() == before
