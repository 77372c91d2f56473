"""genm that are refused."""
import pytest

from cmplib import cmp, der, pki
from cmplib.cmp import id_it, info
from cmplib.der import ctx, integer, octets, oid, seq, utf8
from cmplib.rows import Rows, check_refused

rows = Rows()
row, refused = rows.add, rows.refused
LAB, LIGHT = ("/.well-known/cmp/p/lab", "/.well-known/cmp/p/light")


def bad(name, infos, failure, rule, path=LAB):
    row(f"genm-{name}", lambda w: w.station().genm(*infos), "error", failure,
        rule, path)


bad("to-3gpp-bs", [17], "badRequest", "body-is-served", None)
bad("empty-in-rfc9483", [], "badRequest", "one-info", LIGHT)
bad("two-in-rfc9483", [17, 19], "badRequest", "one-info", LIGHT)
bad("one-twice", [17, 17], "badRequest", "info-is-single")
bad("10000", 10000 * [info("1.2")], "badDataFormat", "message-is-der")
bad("33", [info(f"1.2.3.{n}") for n in range(33)], "badDataFormat",
    "message-is-der")
bad("no-oid", [seq(integer(1))], "badDataFormat", "message-is-der")
bad("two-values", [seq(oid(id_it(17)), der.NULL, der.NULL)], "badDataFormat",
    "message-is-der")
for number in (1, 2, 3, 4, 5, 6, 17, 19):
    bad(f"{number}-with-a-value", [info(id_it(number), der.NULL)],
        "badDataFormat", "info-value-is-right")
for number in (10, 16, 22):
    bad(f"{number}-without-a-value", [number], "badDataFormat",
        "info-value-is-right")
    bad(f"{number}-with-another-value", [info(id_it(number), octets(b"x"))],
        "badDataFormat", "info-value-is-right")
bad("crl-of-nothing", [info(id_it(22), seq())], "badDataFormat",
    "info-value-is-right")
bad("crl-status-broken", [info(id_it(22), seq(seq(ctx(7, seq()))))],
    "badDataFormat", "info-value-is-right")
bad("17-crl-statuses", [info(id_it(22), seq(*17 * [seq(ctx(1, seq(
    pki.directory(pki.name(CN="a")))))]))], "badDataFormat",
    "info-value-is-right")
bad("root-that-is-none", [info(id_it(20), seq(integer(1)))], "badDataFormat",
    "info-value-is-right")
bad("languages-of-others",
    [info(id_it(16), seq(utf8("de"), utf8("eng"), utf8("e")))], "badRequest",
    "language-is-spoken")
bad("no-language", [info(id_it(16), seq())], "badDataFormat",
    "info-value-is-right")


@refused("error", "badDataFormat", "info-value-is-right", LIGHT)
def two_crl_statuses_in_rfc9483(w):
    status = seq(ctx(1, seq(pki.directory(w.server.issuing.subject))))
    return w.station().genm(info(id_it(22), seq(status, status)))


@refused("error", "signerNotTrusted", "signer-has-path", LAB)
def genm_by_somebody_unknown(w):
    return w.station(w.nobody).genm(17)


@refused("error", "badMessageCheck", "message-is-protected", LAB)
def genm_unprotected(w):
    out = w.station().genm(17)
    out.is_protected = False
    return out


@refused("error", "badMessageCheck", "protection-verifies", LAB)
def genm_signed_by_another_key(w):
    out = w.station().genm(17)
    out.protect = pki.Key().sign
    return out


@refused("error", "badMessageCheck", "mac-verifies", LAB)
def genm_with_a_mac_of_nobody(w):
    out = w.station().genm(17)
    out.fields["protection_alg"], out.protect = cmp.pbm()
    return out


@refused("error", "certRevoked", "old-is-not-revoked", LAB)
def genm_by_a_revoked_certificate(w):
    station = w.enrolled(LAB)
    station.revoke()
    return station.genm(17)


@refused("error", "transactionIdInUse", "transaction-id-is-new", LAB)
def genm_with_the_id_of_an_ir(w):
    station = w.station()
    out = station.ir()
    station.enroll(out)
    return station.genm(17, transaction_id=out.transaction_id)


@refused("error", "badRequest", "conf-has-transaction", LAB)
def cert_conf_after_a_genm(w):
    station = w.station(path=LAB)
    out = station.genm(17)
    reply = station.ask(out)
    conf = station.conf(out, reply, statuses=[cmp.cert_status(bytes(32))])
    conf.extra_certs = out.extra_certs
    return conf


@refused("error", "badRequest", "body-is-served", LAB)
def genp_from_a_station(w):
    out = w.station().genm(17)
    out.kind = "genp"
    return out


@refused("error", "addInfoNotAvailable", "answer-fits", LAB)
def crl_too_long_for_a_message(w):
    """Some 1400 certificates revoked, and gone again."""
    make_long(w.server, 1400)
    return w.station().genm(6)


def make_long(server, num):
    one = server.query("SELECT * FROM certificate LIMIT 1")
    if not one:
        raise AssertionError("no certificate yet")
    names = [r[1] for r in server.query("PRAGMA table_info(certificate)")]
    db = server.connect("rw")
    with db:
        for n in range(num):
            row_ = dict(zip(names, one[0]))
            row_.update(id=100000 + n, serial=b"\x01" + n.to_bytes(19, "big"),
                        cert_req_id=100000 + n, revoked_at=1, reason=1,
                        request_digest=n.to_bytes(32, "big"))
            db.execute(f"INSERT INTO certificate ({','.join(row_)}) VALUES "
                       f"({','.join('?' * len(row_))})", list(row_.values()))
        db.execute("UPDATE ca SET revocations = revocations + 1")
    db.close()
    server.wait_crl()


@pytest.mark.parametrize("build,body,failure,rule,path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    check_refused(world, build, body, failure, rule, path)
