"""Messages that are well made, and wrong for whom or when they are sent."""
import os
import time

import pytest

from cmplib import cmp, der, pki
from cmplib.der import ctx, seq
from cmplib.rows import Rows, check_refused

rows = Rows()
row, refused = rows.add, rows.refused
LAB, STRICT, BRIEF, FLEETING = (f"/.well-known/cmp/p/{name}" for name in
                                ("lab", "strict", "brief", "fleeting"))
HOUR = 3600


# --- who may enrol, and under which name ---

row("no-serial-by-the-naming-rule",
    lambda w: w.as_(w.acme.station("OTHER-7")).ir(), "ip", "notAuthorized",
    "serial-is-named")
row("serial-only-begins-right",
    lambda w: w.as_(w.acme.station("BS-7 or so")).ir(), "ip", "notAuthorized",
    "serial-is-named")
row("serial-not-on-the-list", lambda w: w.station(w.borealis, 5).ir(), "ip",
    "notAuthorized", "serial-is-allowed")
row("issuer-is-another",
    lambda w: w.station().ir(fields={"issuer": pki.name(CN="Other CA")}), "ip",
    "wrongAuthority", "issuer-is-ours")
row("suggestion-where-none-is-taken",
    lambda w: w.station(w.ember).ir(subject=pki.name(CN="mine")), "ip",
    "notAuthorized", "name-may-be-suggested")


@refused("ip", "badCertTemplate", "vendor-key-not-reused", STRICT)
def key_of_the_vendor_certificate(w):
    station = w.station()
    return station.ir(station.credential.key)


def as_another(w, vendor, **wish):
    other = w.enrolled()
    return w.station(vendor).ir(**{k: v(other) for k, v in wish.items()})


def loud(station):
    """Its subject in capitals, which is the same name."""
    return pki.name(O="OPERATOR", CN=station.cert.text_of("CN").upper())


def alt_name_of(station):
    return [pki.extension("2.5.29.17", station.cert.extensions["2.5.29.17"])]


for vendor in ("acme", "borealis"):
    row(f"subject-of-another-station-{vendor}",
        lambda w, v=vendor: as_another(w, getattr(w, v), subject=lambda s:
                                       s.cert.subject),
        "ip", "notAuthorized", "name-is-free")
    row(f"alt-name-of-another-station-{vendor}",
        lambda w, v=vendor: as_another(w, getattr(w, v),
                                       extensions=alt_name_of),
        "ip", "notAuthorized", "name-is-free")
row("subject-of-another-in-capitals",
    lambda w: as_another(w, w.borealis, subject=loud), "ip", "notAuthorized",
    "name-is-free")


@refused("ip", "notAuthorized", "name-is-free")
def serial_that_comes_to_the_same_name(w):
    w.as_(w.dorado.station("BS-ab77")).enroll()
    return w.as_(w.dorado.station("BS-AB77")).ir()


def blocked(w):
    station = w.enrolled()
    w.server.block("acme", serial_of(station))
    return station


def serial_of(station):
    return station.cert.text_of("CN").split(".")[0]


@refused("kup", "notAuthorized", "station-is-not-blocked")
def kur_of_a_blocked_station(w):
    return blocked(w).kur()


@refused("ip", "notAuthorized", "station-is-not-blocked")
def ir_of_a_blocked_station(w):
    station = w.station()
    w.server.block("acme", serial_of(station.enroll()))
    return station.ir()


@refused("ip", "notAuthorized", "ir-by-vendor-cert")
def ir_by_an_operator_certificate(w):
    return w.enrolled().ir()


# --- transactions ---

@refused("error", "transactionIdInUse", "transaction-id-is-new")
def transaction_id_used_by_an_open_one(w):
    station, out, _ = w.issued()
    return station.ir(transaction_id=out.transaction_id)


@refused("error", "transactionIdInUse", "transaction-id-is-new")
def transaction_id_used_by_a_finished_one(w):
    station = w.station()
    out = station.ir()
    station.enroll(out)
    return station.ir(transaction_id=out.transaction_id)


def after_its_window(w, out):
    """The server forgets a transaction as its purge does."""
    station = w.station()
    station.credential = out.signer
    station.enroll(out)
    w.server.change("DELETE FROM exchange WHERE txn = (SELECT id FROM txn "
                    "WHERE transaction_id = ?)", out.transaction_id)
    w.server.change("DELETE FROM txn WHERE transaction_id = ?",
                    out.transaction_id)


@refused("ip", "duplicateCertReq", "request-is-new")
def ir_replayed_after_its_window(w):
    out = w.station().ir()
    after_its_window(w, out)
    return out


@refused("ip", "duplicateCertReq", "request-is-new")
def the_same_with_junk_in_extra_certs(w):
    """extraCerts are no part of what is protected."""
    out = w.station().ir()
    after_its_window(w, out)
    out.extra_certs.append(w.nobody.root.cert)
    out.written = with_protection(out, der.read(bytes(out))[2][0].der)
    return out


def with_protection(out, protection):
    return cmp.message(*(n.der for n in der.read(out.part())), protection,
                       out.extra_certs)


@refused("ip", "duplicateCertReq", "request-is-new")
def the_same_with_the_other_signature(w):
    """Of each ECDSA signature (r, s) there is a second: (r, -s)."""
    order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551
    out = w.station().ir()
    after_its_window(w, out)
    r, s = der.read(der.read(bytes(out))[2][0].bit_octets)
    out.written = with_protection(out, der.bits(
        seq(r.der, der.integer(order - s.number))))
    return out


@refused("kup", "duplicateCertReq", "request-is-new")
def kur_replayed_after_its_window(w):
    out = w.enrolled().kur()
    after_its_window(w, out)
    return out


# --- kur ---

def kur(**options):
    return lambda w: w.enrolled().kur(**options)


row("kur-late", kur(message_time=int(time.time()) - HOUR), "error", "badTime",
    "kur-time-is-near")
row("kur-from-the-future", kur(message_time=int(time.time()) + HOUR), "error",
    "badTime", "kur-time-is-near")
row("kur-with-another-subject", kur(subject=pki.name(CN="other")), "kup",
    "badCertTemplate", "subject-stays")
row("kur-with-another-alt-name",
    kur(extensions=[pki.alt_names(pki.dns("other.example"))]), "kup",
    "badCertTemplate", "san-stays")
row("kur-with-two-cert-req-msgs", lambda w: doubled(w.enrolled().kur()), "kup",
    "badRequest", "one-request")
row("kur-by-a-vendor-certificate", lambda w: w.station().kur(), "kup",
    "notAuthorized", "kur-by-operator-cert")


def doubled(out):
    one = der.read(out.content)[0].der
    out.content = seq(one, one)
    return out


@refused("kup", "badPOP", "pop-verifies")
def kur_with_wrong_popo(w):
    return w.enrolled().kur(popo_key=pki.Key())


@refused("kup", "badCertTemplate", "update-brings-new-key")
def kur_with_the_same_key(w):
    station = w.enrolled()
    return station.kur(station.credential.key)


@refused("kup", "certRevoked", "old-is-not-revoked")
def kur_of_a_revoked_certificate(w):
    station = w.enrolled()
    w.server.revoke(station.cert)
    return station.kur()


@refused("kup", "certRevoked", "old-is-not-revoked")
def kur_of_a_rejected_certificate(w):
    station, out, reply = w.issued()
    station.confirm(out, reply, status="rejection")
    return station.holding(out, reply).kur()


@refused("kup", "badCertId", "old-is-confirmed")
def kur_of_an_unconfirmed_certificate(w):
    station, out, reply = w.issued()
    return station.holding(out, reply).kur()


@refused("error", "badCertId", "old-is-ours")
def kur_of_a_certificate_in_our_name(w):
    """The issuer's name is ours, the signature is not."""
    forger = pki.CA(w.server.issuing.subject)
    made = forger.issue(pki.name(CN="BS-1"))
    return w.as_(made).kur()


@refused("error", "badCertId", "old-is-ours")
def kur_of_a_certificate_with_a_known_serial(w):
    station = w.enrolled()
    forger = pki.CA(w.server.issuing.subject)
    made = forger.issue(station.cert.subject, serial=station.cert.serial)
    return w.as_(made).kur()


@refused("error", "signerNotTrusted", "signer-has-path")
def kur_of_another_operators_certificate(w):
    other = pki.CA(pki.name(CN="Another Operator"))
    return w.as_(other.issue(pki.name(CN="BS-1"))).kur()


@refused("kup", "signerNotTrusted", "old-is-current")
def kur_of_an_expired_certificate(w):
    station = w.enrolled(path=FLEETING)
    time.sleep(2.1)
    return station.kur()


@refused("kup", "badCertId", "old-cert-id-names-it")
def kur_that_names_another_certificate(w):
    return w.enrolled().kur(controls=[cmp.old_cert_id(w.enrolled().cert)])


@refused("kup", "badRequest", "one-update-at-a-time")
def second_kur_while_one_is_unconfirmed(w):
    station = w.enrolled()
    station.obtain(station.kur())
    return station.kur()


@refused("error", "badCertId", "old-is-ours")
def kur_by_the_cmp_signers_name(w):
    """Not every certificate of our CA is a station's: this one is no row."""
    forger = pki.CA(w.server.issuing.subject)
    return w.as_(forger.issue(w.server.cmp_signer.subject,
                              serial=w.server.cmp_signer.serial)).kur()


# --- certConf ---

def conf(path=None, **options):
    """A row's certConf: right but for these."""
    def build(w):
        station, out, reply = w.issued(**({"path": path} if path else {}))
        given = {k: v(reply) if callable(v) else v
                 for k, v in options.items()}
        return station.conf(out, reply, **given)
    return build


SHA256 = pki.alg_id(pki.HASH_OIDS["SHA256"])

row("cert-hash-wrong", conf(cert_hash=bytes(32)), "error", "badCertId",
    "conf-hash-is-right")
row("cert-hash-cut-short", conf(cert_hash=lambda r: r.cert.hash()[:31]),
    "error", "badCertId", "conf-hash-is-right")
row("cert-hash-by-another-algorithm",
    conf(cert_hash=lambda r: r.cert.hash("SHA384")), "error", "badCertId",
    "conf-hash-is-right")
row("hash-alg-unknown", conf(hash_alg=pki.alg_id("1.3.14.3.2.26"), pvno=3),
    "error", "badCertId", "conf-hash-is-right")
row("hash-alg-at-pvno-2", conf(hash_alg=SHA256), "error", "badDataFormat",
    "hash-alg-needs-v3")
for number in (1, -1):
    row(f"conf-of-cert-req-id-{number}", conf(number=number), "error",
        "badCertId", "conf-names-request")
row("conf-with-status-waiting", conf(status="waiting"), "error", "badRequest",
    "cert-status-is-final")
row("conf-with-two-statuses",
    conf(statuses=lambda r: [cmp.cert_status(r.cert.hash())] * 2), "error",
    "badRequest", "cert-status-is-one")
row("conf-without-recip-nonce", conf(recip_nonce=None), "error",
    "badRecipientNonce", "conf-has-recip-nonce")
row("conf-with-wrong-recip-nonce", conf(recip_nonce=bytes(16)), "error",
    "badRecipientNonce", "conf-has-recip-nonce")
row("conf-with-recip-nonce-of-the-request",
    conf(recip_nonce=lambda r: r.recip_nonce), "error", "badRecipientNonce",
    "conf-has-recip-nonce")
row("conf-without-sender-nonce", conf(sender_nonce=None), "error",
    "badSenderNonce", "sender-nonce-is-long")
row("conf-without-transaction-id", conf(transaction_id=None), "error",
    "badDataFormat", "transaction-id-is-there")
row("conf-of-an-unknown-transaction",
    conf(transaction_id=lambda r: os.urandom(16)), "error", "badMessageCheck",
    "signer-is-known")
row("conf-with-another-sender", conf(sender=ctx(4, pki.name(CN="BS-1"))),
    "error", "badMessageCheck", "sender-is-signer")


def with_certs(out):
    out.extra_certs = [out.signer.cert, *out.signer.chain]
    return out


row("conf-of-an-unknown-transaction-with-certs",
    lambda w: with_certs(conf(transaction_id=lambda r: os.urandom(16))(w)),
    "error", "badRequest", "conf-has-transaction")
row("conf-by-another-station",
    lambda w: with_certs(conf(signer=w.credential())(w)), "error",
    "badRequest", "conf-has-transaction")
row("conf-by-another-station-without-certs",
    lambda w: conf(signer=w.credential())(w), "error", "badMessageCheck",
    "signer-is-known")
row("conf-by-another-operator-certificate",
    lambda w: with_certs(conf(signer=w.enrolled().credential)(w)), "error",
    "badRequest", "conf-has-transaction")


@refused("error", "badRequest", "conf-has-transaction")
def conf_by_the_new_key(w):
    station, out, reply = w.issued()
    new = station.holding(out, reply).credential
    return with_certs(station.conf(out, reply, signer=new))


@refused("error", "badMessageCheck", "signer-is-known")
def conf_by_the_new_key_in_the_old_name(w):
    station, out, reply = w.issued()
    return station.conf(out, reply, signer=pki.Credential(
        out.signer.cert, out.key))


@refused("error", "badRequest", "conf-has-transaction")
def kur_confirmed_by_the_new_key(w):
    station = w.enrolled()
    out = station.kur()
    reply = station.obtain(out)
    new = station.holding(out, reply).credential
    return with_certs(station.conf(out, reply, signer=new))


@refused("error", "badMessageCheck", "message-is-protected")
def conf_unprotected(w):
    out = conf(protection_alg=None)(w)
    out.is_protected = False
    return out


@refused("error", "wrongIntegrity", "protection-is-signature")
def conf_with_mac(w):
    alg, compute = cmp.pbm()
    out = conf(protection_alg=alg)(w)
    out.protect = compute
    return out


@refused("error", "badMessageCheck", "signer-is-known")
def conf_with_wrong_protection(w):
    out = conf()(w)
    out.protect = lambda part: out.signer.key.sign(part + b"\x00")
    return out


@refused("error", "certConfirmed", "conf-is-first")
def conf_of_a_confirmed_certificate(w):
    station, out, reply = w.issued()
    station.confirm(out, reply)
    return station.conf(out, reply)


@refused("error", "certConfirmed", "conf-is-first")
def rejection_of_a_confirmed_certificate(w):
    station, out, reply = w.issued()
    station.confirm(out, reply)
    return station.conf(out, reply, status="rejection")


@refused("error", "badRequest", "conf-is-in-time")
def conf_of_a_rejected_certificate(w):
    station, out, reply = w.issued()
    station.confirm(out, reply, status="rejection")
    return station.conf(out, reply)


@refused("error", "badRequest", "conf-is-in-time", BRIEF)
def conf_too_late(w):
    station, out, reply = w.issued(BRIEF)
    mark = w.server.mark()
    w.server.wait_lines(mark, "timed-out")
    return station.conf(out, reply)


@refused("error", "badRequest", "body-is-served")
def pkiconf_instead_of_conf(w):
    out = conf()(w)
    out.kind, out.content = "pkiconf", der.NULL
    return out


@pytest.mark.parametrize("build,body,failure,rule,path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    check_refused(world, build, body, failure, rule, path)


# --- the victim's transaction goes on ---

def refuse(world, out):
    reply = world.as_(None).ask(out)
    assert reply.failures
    return reply


def test_a_foreign_conf_harms_nobody(world):
    station, out, reply = world.issued()
    thief = world.credential()
    refuse(world, with_certs(station.conf(out, reply, signer=thief)))
    refuse(world, station.conf(out, reply, recip_nonce=bytes(16)))
    refuse(world, station.conf(out, reply, cert_hash=bytes(32)))
    station.confirm(out, reply)
    station.holding(out, reply).renew()


def test_another_station_may_use_the_same_transaction_id(world):
    station, out, reply = world.issued()
    other = world.station()
    other.enroll(other.ir(transaction_id=out.transaction_id))
    station.confirm(out, reply)


def test_the_old_certificate_stays_good_while_an_update_waits(world):
    station = world.enrolled()
    out = station.kur()
    reply = station.obtain(out)
    refuse(world, station.kur())
    station.confirm(out, reply)
    station.holding(out, reply).renew()


def test_an_updated_certificate_may_be_updated_again(world):
    """Its holder may have lost the new key."""
    station = world.enrolled()
    station.renew()
    station.renew()


def test_after_a_rejected_update_the_old_certificate_is_good(world):
    station = world.enrolled()
    out = station.kur()
    reply = station.obtain(out)
    station.confirm(out, reply, status="rejection")
    station.renew()


def test_the_same_bytes_get_the_same_reply(world):
    station = world.station()
    out = station.ir()
    first = station.post(out).body
    reply = cmp.Reply(first)
    conf_out = station.conf(out, reply)
    confirmed = station.post(conf_out).body
    assert cmp.Reply(confirmed).kind == "pkiconf"
    before = world.server.tables()
    assert station.post(out).body == first
    assert station.post(conf_out).body == confirmed
    assert world.server.tables() == before
