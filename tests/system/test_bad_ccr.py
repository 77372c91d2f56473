"""ccrs that are wrong: who sends them, what they ask for, and how. The
requester's half is a tool's, peers.py: `station` sends no ccr."""
import time

import pytest

from cmplib import cmp, der, http, pki
from cmplib.der import ctx, octets, oid, prim, read, seq
from cmplib.rows import Rows, check_refused
from cmplib.station import Station
from peers import (CROSS, OTHER, PLAIN, ca_extensions, ccr, certified, content,
                   make_world, validity, waits)
from polls import Operator

NOW = int(time.time())
rows = Rows()
row, refused = rows.add, rows.refused


@pytest.fixture(scope="module")
def cross(stationmaster, operator, tmp_path_factory):
    made = make_world(stationmaster, operator,
                      tmp_path_factory.mktemp("bad-ccr") / "files")
    made.boss = Operator(made.server)
    yield made
    made.close()


def by(name="east", **options):
    """A row's ccr: right but for these."""
    return lambda w: ccr(w, w.peers[name], **options)[1]


def bad(name, build, failure, rule, body="ccp", path=CROSS):
    row(name, build, body, failure, rule, path)


# --- who sends it, and where ---

bad("by-a-ca-that-this-path-does-not-certify", by(), "notAuthorized",
    "ccr-by-peer", "error", OTHER)
bad("that-names-a-profile-of-another-path", by(general_info=[cmp.info(
    cmp.id_it(21), seq(der.utf8("cross")))]), "notAuthorized", "ccr-by-peer",
    "error", OTHER)
bad("that-names-a-profile-for-stations", by(general_info=[cmp.info(
    cmp.id_it(21), seq(der.utf8("lab")))]), "badRequest", "body-is-served",
    "error")
bad("where-no-ca-is-certified", by("self"), "badRequest", "body-is-served",
    "error", PLAIN)
for kind, path in (("3gpp-bs", http.PATH), ("rfc9483", http.PATH + "/p/light"),
                   ("legacy-2010", http.PATH + "/p/old")):
    bad(f"to-a-profile-of-type-{kind}", by("self"), "badRequest",
        "body-is-served", "error", path)


@refused("error", "notAuthorized", "ccr-by-peer", CROSS)
def by_a_station(w):
    return ccr(w, w.peers["east"], credential=w.credential())[1]


@refused("error", "notAuthorized", "ccr-by-peer", CROSS)
def by_a_station_of_ours(w):
    return ccr(w, w.peers["east"], credential=w.enrolled().credential)[1]


@refused("error", "notAuthorized", "ccr-by-peer", CROSS)
def by_another_certificate_below_its_anchor(w):
    """Its root also certifies stations: they are no CA."""
    other = w.peers["east"].root.issue(pki.name(CN="east CMP", O="east"))
    return ccr(w, w.peers["east"], credential=other)[1]


bad("signer-revoked", by("revoked"), "signerNotTrusted",
    "signer-is-not-revoked", "error")
bad("signer-of-unknown-revocation", by("stale"), "signerNotTrusted",
    "revocation-is-known", "error")
bad("signer-without-path", by("lost"), "signerNotTrusted", "signer-has-path",
    "error")
bad("signer-expired", by("late"), "signerNotTrusted", "signer-has-path",
    "error")
bad("signer-that-signs-certificates-alone", by("mute"), "signerNotTrusted",
    "signer-may-sign", "error")


@refused("error", "badMessageCheck", "protection-verifies", CROSS)
def with_wrong_protection(w):
    out = by()(w)
    out.protect = lambda part: out.signer.key.sign(part + b"\x00")
    return out


@refused("error", "badMessageCheck", "message-is-protected", CROSS)
def unprotected(w):
    out = by(protection_alg=None)(w)
    out.is_protected = False
    return out


@refused("error", "wrongIntegrity", "protection-is-signature", CROSS)
def by_mac(w):
    """RFC 9810, D.6: only signatures."""
    alg, compute = cmp.pbm()
    out = by(protection_alg=alg)(w)
    out.protect = compute
    return out


bad("sender-of-another-name", by(sender=ctx(4, pki.name(CN="West CA"))),
    "badMessageCheck", "sender-is-signer", "error")
bad("messageTime-of-yesterday", by(message_time=NOW - pki.DAY), "badTime",
    "kur-time-is-near", "error")
bad("without-transaction-id", by(transaction_id=None), "badDataFormat",
    "transaction-id-is-there", "error")


@refused("error", "transactionIdInUse", "transaction-id-is-new", CROSS)
def a_transaction_id_used_before(w):
    _, first, _ = waits(w)
    return by(transaction_id=first.transaction_id)(w)


@refused("ccp", "notAuthorized", "station-is-not-blocked", CROSS)
def by_one_that_is_blocked(w):
    certified(w, w.boss, "fenced")
    w.server.block("peer-ca", "fenced")
    return by("fenced")(w)


@refused("ccp", "duplicateCertReq", "request-is-new", CROSS)
def answered_long_ago(w):
    """Its transaction is forgotten, its certificate is not."""
    station, out, reply = waits(w)
    w.boss.approve(out)
    reply = station.ask(station.poll(out, reply))
    station.ask(station.conf(out, reply))
    w.server.change("DELETE FROM exchange WHERE txn=(SELECT id FROM txn WHERE "
                    "transaction_id=?)", out.transaction_id)
    w.server.change("DELETE FROM request WHERE txn=(SELECT id FROM txn WHERE "
                    "transaction_id=?)", out.transaction_id)
    w.server.change("UPDATE certificate SET txn=NULL WHERE der=?",
                    reply.cert.der)
    w.server.change("DELETE FROM txn WHERE transaction_id=?",
                    out.transaction_id)
    return out


# --- one CertReqMsg, numbered 0 ---

@refused("ccp", "badRequest", "one-request", CROSS)
def two_requests(w):
    first = by()(w)
    msg = read(first.content)[0].der
    return by_content(w, seq(msg, msg))


@refused("error", "badDataFormat", "message-is-der", CROSS)
def no_request(w):
    return by_content(w, seq())


def by_content(w, data):
    peer = w.peers["east"]
    return Station(w.server, peer.signer, CROSS).outgoing("ccr", data, None,
                                                          None)


bad("certReqId-1", by(number=1), "badRequest", "cert-req-id-is-zero")

# --- a complete template ---

for field in ("signing_alg", "issuer", "validity", "public_key"):
    bad(f"without-{field}", by(fields={field: None}), "badCertTemplate",
        "ccr-is-complete")
bad("without-notAfter", by(fields=dict(validity=validity(NOW, None))),
    "badCertTemplate", "ccr-is-complete")
bad("without-notBefore", by(fields=dict(validity=validity(
    None, NOW + 9000))), "badCertTemplate", "ccr-is-complete")
bad("of-null-subject", by(subject=der.NULL_DN), "badCertTemplate",
    "ccr-is-complete")
bad("of-null-issuer", by(fields=dict(issuer=der.NULL_DN)), "badCertTemplate",
    "ccr-is-complete")


@refused("ccp", "badCertTemplate", "ccr-is-complete", CROSS)
def a_key_for_the_ca_to_make(w):
    """RFC 9810, 5.3.11: the requesting CA made it."""
    alg = read(w.peers["east"].key.spki)[0].der
    return by(fields=dict(public_key=alg + der.bits(b"")))(w)


bad("with-a-serial-number", by(fields=dict(serial=b"\x05")),
    "badCertTemplate", "template-leaves-ca-fields")
bad("of-version-1", by(fields=dict(version=b"\x00")), "badCertTemplate",
    "template-leaves-ca-fields")
bad("with-subjectUID", by(fields=dict(subject_uid=b"\x00\x01")),
    "badCertTemplate", "template-leaves-ca-fields")

# --- a CA's certificate, and no more ---

bad("without-extensions", by(extensions=[]), "badCertTemplate",
    "ccr-asks-for-ca")
bad("without-basicConstraints", by(extensions=ca_extensions()[1:]),
    "badCertTemplate", "ccr-asks-for-ca")
bad("of-cA-false", by(extensions=[pki.basic_constraints(False),
                                  ca_extensions()[1]]), "badCertTemplate",
    "ccr-asks-for-ca")
bad("without-keyUsage", by(extensions=ca_extensions(usage=None)),
    "badCertTemplate", "ccr-asks-for-ca")
bad("of-cRLSign-alone", by(extensions=ca_extensions(usage=(pki.CRL_SIGN,))),
    "badCertTemplate", "ccr-asks-for-ca")
bad("of-a-negative-pathLen", by(extensions=ca_extensions(-1)),
    "badCertTemplate", "ccr-asks-for-ca")
bad("of-an-empty-key-identifier", by(extensions=ca_extensions(more=[
    pki.extension("2.5.29.14", octets(b""))])), "badCertTemplate",
    "ccr-asks-for-ca")
bad("of-a-key-identifier-of-65-octets", by(extensions=ca_extensions(more=[
    pki.extension("2.5.29.14", octets(bytes(65)))])), "badCertTemplate",
    "ccr-asks-for-ca")
bad("of-basicConstraints-that-do-not-parse", by(extensions=[
    pki.extension("2.5.29.19", seq(oid("1.2"))), ca_extensions()[1]]),
    "badCertTemplate", "extensions-are-readable")
bad("of-digitalSignature-too", by(extensions=ca_extensions(
    usage=(pki.DIGITAL_SIGNATURE, pki.KEY_CERT_SIGN, pki.CRL_SIGN))),
    "unacceptedExtension", "ccr-asks-for-no-more")
for name, extension in (
        ("extKeyUsage-cmcRA", pki.ext_key_usage(pki.CMC_RA)),
        ("extKeyUsage-serverAuth",
         pki.ext_key_usage("1.3.6.1.5.5.7.3.1")),
        ("subjectAltName", pki.alt_names(pki.dns("ca.example"))),
        ("nameConstraints", pki.extension("2.5.29.30", seq(
            ctx(0, seq(prim(2, b"east.example")))), True)),
        ("certificatePolicies", pki.extension("2.5.29.32", seq(
            seq(oid("2.5.29.32.0"))))),
        ("an-extension-not-known", pki.extension("1.2.3.4", der.NULL))):
    bad(f"with-{name}", by(extensions=ca_extensions(more=[extension])),
        "unacceptedExtension", "ccr-asks-for-no-more")

# --- the key ---

bad("of-a-weak-key", lambda w: by(key=pki.slow_key("RSA-1024"))(w), "badAlg",
    "public-key-is-allowed")
bad("without-popo", by(popo=b""), "badPOP", "ccr-proves-possession")
bad("of-raVerified", by(popo=cmp.RA_VERIFIED), "badPOP",
    "ccr-proves-possession")
bad("of-keyEncipherment", by(popo=cmp.KEY_ENCIPHERMENT), "badPOP",
    "ccr-proves-possession")
bad("of-keyAgreement", by(popo=cmp.KEY_AGREEMENT), "badPOP",
    "ccr-proves-possession")
bad("of-another-keys-proof", by(popo_key=pki.Key()), "badPOP", "pop-verifies")
bad("with-an-archived-key", by(controls=[seq(
    oid("1.3.6.1.5.5.7.5.1.4"), prim(1, b"key"))]), "badRequest",
    "no-key-is-archived")


@refused("ccp", "badCertTemplate", "ccr-brings-other-key", CROSS)
def of_the_key_of_our_ca(w):
    return by(key=w.upper_key)(w)


# --- against what is agreed ---

@refused("ccp", "wrongAuthority", "ccr-names-this-ca", CROSS)
def of_another_ca_of_ours(w):
    return by(fields=dict(issuer=w.server.issuing.subject))(w)


bad("of-another-name", by(subject=pki.name(O="Other Operator", CN="West CA")),
    "notAuthorized", "ccr-subject-is-agreed")
bad("of-another-cas-name", by(subject=pki.name(O="Other Operator",
                                               CN="self CA")),
    "notAuthorized", "ccr-subject-is-agreed")
bad("of-our-name", lambda w: by(subject=w.server.root.subject)(w),
    "notAuthorized", "ccr-subject-is-agreed")
bad("of-its-name-and-more", by(subject=pki.name(
    O="Other Operator", CN="east CA", OU="x")), "notAuthorized",
    "ccr-subject-is-agreed")
bad("of-pathLen-2-where-1-is-agreed", by(extensions=ca_extensions(2)),
    "notAuthorized", "ccr-path-len-is-agreed")
bad("of-pathLen-1-where-none-is-agreed", by("self",
                                            extensions=ca_extensions(1)),
    "notAuthorized", "ccr-path-len-is-agreed")
bad("of-an-enormous-pathLen", by(extensions=ca_extensions(2 ** 62)),
    "notAuthorized", "ccr-path-len-is-agreed")
bad("of-another-signingAlg", by(fields=dict(signing_alg=content(
    pki.SIGNATURES["ecdsa-sha384"][2]))), "badAlg", "ccr-alg-is-ours")
bad("of-signingAlg-SHA-1", by(fields=dict(signing_alg=content(
    pki.alg_id("1.2.840.10045.4.1")))), "badAlg", "ccr-alg-is-ours")
bad("of-a-validity-gone-by", by(fields=dict(validity=validity(
    NOW - 900, NOW - 300))), "badCertTemplate", "ccr-validity-is-grantable")
bad("of-a-validity-backwards", by(fields=dict(validity=validity(
    NOW + 9000, NOW + 8000))), "badCertTemplate", "ccr-validity-is-grantable")
bad("of-a-validity-too-far-ahead", by(fields=dict(validity=validity(
    NOW + 101 * pki.DAY, NOW + 102 * pki.DAY))), "badCertTemplate",
    "ccr-validity-is-grantable")


@refused("ccp", "notAuthorized", "name-is-free", CROSS)
def of_a_stations_name(w):
    """Somebody enrolled under it before the CA asked."""
    station = w.station(w.borealis)
    station.enroll(station.ir(subject=w.peers["taken"].subject))
    return by("taken")(w)


# --- what is no ccr ---

for kind in ("ir", "cr"):
    row(f"{kind}-for-a-ca", lambda w, k=kind: w.station().request(
        k, extensions=ca_extensions()), {"ir": "ip", "cr": "cp"}[kind],
        "badCertTemplate", "no-ca-asked-for", CROSS)
row("p10cr-for-a-ca", lambda w: w.station().p10cr(extensions=ca_extensions()),
    "cp", "badCertTemplate", "no-ca-asked-for", CROSS)
row("kur-for-a-ca", lambda w: w.enrolled().kur(extensions=ca_extensions()),
    "kup", "badCertTemplate", "no-ca-asked-for", CROSS)
row("ir-by-a-peer", lambda w: Station(
    w.server, w.peers["east"].signer, CROSS).ir(), "error",
    "signerNotTrusted", "signer-has-path", CROSS)
row("krr-by-a-peer", by(kind="krr"), "error", "badRequest", "body-is-served",
    CROSS)


@refused("error", "badMessageCheck", "signer-is-known", CROSS)
def poll_of_another_ca(w):
    """What one CA waits for is not another's to fetch."""
    _, out, reply = waits(w)
    peer = w.peers["fenced"]
    return Station(w.server, peer.signer, CROSS).poll(
        out, reply, signer=peer.signer)


@refused("error", "badRequest", "conf-is-not-early", CROSS)
def confirmed_before_it_is_approved(w):
    station, out, reply = waits(w)
    return station.conf(out, reply, cert_hash=bytes(32))


@pytest.mark.parametrize("build,body,failure,rule,path", rows.params)
def test_row(cross, build, body, failure, rule, path):
    check_refused(cross, build, body, failure, rule, path)
    if rule == "station-is-not-blocked":
        cross.server.block("peer-ca", "fenced", False)
