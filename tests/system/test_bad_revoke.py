"""rr that are refused: what they say, and whom and what they are about."""
import time

import pytest

from cmplib import cmp, der, pki
from cmplib.der import NULL_DN
from cmplib.rows import Rows, check_refused

rows = Rows()
row, refused = rows.add, rows.refused
LAB, LIGHT = ("/.well-known/cmp/p/lab", "/.well-known/cmp/p/light")
HOUR = 3600


def rr(**options):
    """A row's rr for the signer's own certificate, right but for these."""
    return lambda w: w.enrolled().rr(**options)


def bad(name, build, failure, rule, path=LAB, body="rp"):
    row(name, build, body, failure, rule, path)


# --- what it says ---

bad("rr-to-3gpp-bs", rr(), "badRequest", "body-is-served", None, "error")
bad("rr-unprotected", lambda w: unprotected(w.enrolled().rr()),
    "badMessageCheck", "message-is-protected", body="error")
bad("rr-without-its-certificate", lambda w: bare(w.enrolled().rr()),
    "badMessageCheck", "signer-is-sent", body="error")
bad("rr-with-a-flipped-signature",
    lambda w: flipped(w.enrolled().rr()), "badMessageCheck",
    "protection-verifies", body="error")
bad("rr-that-names-nothing", rr(details=[]), "badRequest", "one-revocation")
bad("rr-with-two-in-rfc9483", lambda w: of_two(w.enrolled()), "badRequest",
    "one-revocation", LIGHT)
bad("rr-with-17", lambda w: of_many(w.enrolled(), 17), "badDataFormat",
    "message-is-der", body="error")
bad("rr-without-serial", lambda w: named(w, serial=None), "badCertTemplate",
    "revoked-is-named")
bad("rr-without-issuer", lambda w: named(w, issuer=None), "badCertTemplate",
    "revoked-is-named")
bad("rr-with-a-subject", lambda w: subject_too(w.enrolled()),
    "badCertTemplate", "revoked-is-named-by-two")
bad("rr-for-one-twice", lambda w: of_many(w.enrolled(), 2), "badRequest",
    "revoked-is-named-once")
for number in (7, 11, 0x7f):
    bad(f"rr-reason-{number}", rr(reason=number), "badDataFormat",
        "reason-is-known")
bad("rr-reason-of-two-octets", rr(reason=der.tlv(0x0a, b"\x00\x80")),
    "badDataFormat", "reason-is-known")
bad("rr-reason-an-integer", rr(reason=der.integer(1)), "badDataFormat",
    "reason-is-known")
bad("rr-without-reason-in-rfc9483", rr(reason=None), "badDataFormat",
    "reason-is-known", LIGHT)
bad("rr-two-reasons", rr(entry=[cmp.reason_code(1), cmp.reason_code(4)]),
    "badDataFormat", "message-is-der", body="error")
bad("rr-with-another-extension",
    rr(entry=[cmp.reason_code(1), pki.basic_constraints(False)]),
    "unacceptedExtension", "entry-details-are-known")
bad("rr-invalid-since-tomorrow",
    rr(entry=[cmp.reason_code(1),
              cmp.invalidity_date(int(time.time()) + 24 * HOUR)]),
    "badRequest", "invalidity-is-past")
bad("rr-hold-in-rfc9483", rr(reason="certificateHold"), "badRequest",
    "hold-may-be-asked", LIGHT)
bad("rr-hold-without-a-time", rr(reason="certificateHold", message_time=None),
    "badTime", "hold-is-dated")
bad("rr-hold-an-hour-late",
    rr(reason="certificateHold", message_time=int(time.time()) - HOUR),
    "badTime", "hold-is-dated")


def unprotected(out):
    out.is_protected = False
    return out


def bare(out):
    out.extra_certs = []
    return out


def flipped(out):
    out.protect = lambda part: out.signer.key.sign(part + b"\x00")
    return out


def of_many(station, num):
    cert = station.cert
    return station.rr(details=num * [cmp.rev_details(
        cert.issuer, cert.serial, [cmp.reason_code(1)])])


def of_two(station):
    cert = station.cert
    return station.rr(details=[
        cmp.rev_details(cert.issuer, cert.serial + n, [cmp.reason_code(1)])
        for n in range(2)])


def named(w, **names):
    station = w.enrolled()
    cert = station.cert
    names = {"issuer": cert.issuer, "serial": cert.serial, **names}
    return station.rr(details=[cmp.rev_details(**names)])


def subject_too(station):
    return station.rr(fields={"subject": station.cert.subject})


# --- whom and what it is about ---

def another(w):
    """A station that held a certificate before the one it signs with."""
    station = w.enrolled()
    return station.renew(), station.cert


bad("rr-for-another-stations",
    lambda w: w.enrolled().rr(w.enrolled().cert), "notAuthorized",
    "revoked-is-the-stations")
bad("rr-for-another-stations-in-rfc9483",
    lambda w: w.enrolled().rr(w.enrolled().cert), "notAuthorized",
    "revoked-is-the-stations", LIGHT)
bad("rr-for-its-older-one-in-rfc9483",
    lambda w: (lambda new, old: new.rr(old))(*another(w)), "notAuthorized",
    "revoked-is-the-signer", LIGHT)
bad("rr-for-a-serial-never-given", lambda w: named(w, serial=0x1234),
    "badCertId", "revoked-is-known")
bad("rr-for-serial-0", lambda w: named(w, serial=0), "badCertId",
    "revoked-is-known")
bad("rr-to-the-wrong-issuer",
    lambda w: named(w, issuer=pki.name(CN="Other CA")), "wrongAuthority",
    "revoked-is-of-our-ca")
bad("rr-to-nobody", lambda w: named(w, issuer=NULL_DN), "wrongAuthority",
    "revoked-is-of-our-ca")
bad("rr-for-the-issuing-ca",
    lambda w: w.enrolled().rr(w.server.issuing), "wrongAuthority",
    "revoked-is-of-our-ca")
bad("rr-for-the-cmp-signer",
    lambda w: w.enrolled().rr(w.server.cmp_signer), "badCertId",
    "revoked-is-known")
bad("rr-by-the-vendor-certificate", lambda w: by_vendor(w), "notAuthorized",
    "rr-by-operator-cert")
bad("rr-by-somebody-unknown", lambda w: by_nobody(w), "signerNotTrusted",
    "signer-has-path", body="error")
bad("release-of-one-not-held", rr(reason="removeFromCRL"), "badCertId",
    "released-is-held")


def by_vendor(w):
    station = w.station()
    return station.rr(station.enroll().cert)


def by_nobody(w):
    return w.station(w.nobody).rr(w.enrolled().cert)


@refused("rp", "certRevoked", "old-is-not-revoked", LAB)
def rr_by_a_revoked_certificate(w):
    station = w.enrolled(LAB)
    station.revoke()
    return station.rr()


@refused("rp", "certRevoked", "old-is-not-revoked", LIGHT)
def rr_twice_in_rfc9483(w):
    station = w.enrolled(LIGHT)
    station.revoke(reason="superseded")
    return station.rr(reason="superseded")


@refused("rp", "certRevoked", "revoked-once", LAB)
def rr_for_a_revoked_certificate(w):
    station, old = another(w)
    w.server.revoke(old)
    return station.rr(old)


@refused("rp", "certRevoked", "old-is-not-revoked", LAB)
def release_by_the_held_one(w):
    station = w.enrolled(LAB)
    station.revoke(reason="certificateHold")
    return station.rr(reason="removeFromCRL")


def holding(w):
    station = w.enrolled(LAB)
    new = station.renew()
    new.revoke(station.cert, reason="certificateHold")
    return new, station.cert


@refused("rp", "certRevoked", "revoked-once", LAB)
def hold_twice(w):
    new, old = holding(w)
    return new.rr(old, reason="certificateHold")


@refused("rp", "certRevoked", "revoked-once", LAB)
def release_of_one_revoked_for_good(w):
    new, old = holding(w)
    new.revoke(old, reason="keyCompromise")
    return new.rr(old, reason="removeFromCRL")


@refused("rp", "notAuthorized", "release-by-unblocked", LAB)
def release_by_a_blocked_station(w):
    new, old = holding(w)
    w.server.block("acme", new.cert.text_of("CN").split(".")[0])
    return new.rr(old, reason="removeFromCRL")


@refused("rp", "badTime", "hold-is-dated", LAB)
def hold_replayed_after_its_window(w):
    """Recorded, released since, and sent again when the reply is forgotten."""
    station = w.enrolled(LAB)
    new = station.renew()
    out = new.rr(station.cert, reason="certificateHold",
                 message_time=int(time.time()) - 595)
    assert not new.ask(out).failures
    new.revoke(station.cert, reason="removeFromCRL")
    w.server.change("DELETE FROM exchange WHERE txn = (SELECT id FROM txn "
                    "WHERE transaction_id = ?)", out.transaction_id)
    w.server.change("DELETE FROM txn WHERE transaction_id = ?",
                    out.transaction_id)
    while time.time() < out.fields["message_time"] + 601:
        time.sleep(0.2)
    return out


@refused("rp", "certRevoked", "revoked-is-current", LAB)
def rr_for_an_expired_certificate(w):
    station = w.enrolled(LAB)
    new = station.renew()
    w.server.change("UPDATE certificate SET not_after = ? WHERE der = ?",
                    int(time.time()) - 1, station.cert.der)
    return new.rr(station.cert)


@refused("error", "transactionIdInUse", "transaction-id-is-new", LAB)
def rr_with_the_id_of_another(w):
    station = w.enrolled(LAB)
    new = station.renew()
    out = new.rr(station.cert)
    assert not new.ask(out).failures
    return new.rr(transaction_id=out.transaction_id)


@refused("error", "badRequest", "conf-has-transaction", LAB)
def cert_conf_in_no_transaction_but_an_rr(w):
    """An rr ends its transaction: nothing is left to confirm."""
    station = w.enrolled(LAB)
    new = station.renew()
    out = new.rr(station.cert)
    reply = new.ask(out)
    conf = new.conf(out, reply, statuses=[cmp.cert_status(bytes(32))])
    conf.extra_certs = [new.credential.cert, *new.credential.chain]
    return conf


@pytest.mark.parametrize("build,body,failure,rule,path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    check_refused(world, build, body, failure, rule, path)


def test_list_of_refusals_is_long():
    assert len(rows.params) >= 40
