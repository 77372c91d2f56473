"""cr, PKCS #10, and several certificates in one message, each with its own
status; where a profile does not take them, they are refused by name."""
import pytest

from cmplib import cmp, der, http, pki
from cmplib.der import seq
from cmplib.rows import Rows, check_refused

LAB = http.PATH + "/p/lab"
LIGHT = http.PATH + "/p/light"

rows = Rows()
row = rows.add


def by_id(reply):
    return {r.cert_req_id: r for r in reply.responses}


def make(station, *numbers, **wrong):
    """CertReqMsgs with these numbers; `wrong` maps "nN" to what differs."""
    keys = {n: pki.Key() for n in numbers}
    return keys, [station.cert_req_msg(keys[n], number=n,
                                       **wrong.get(f"n{n}", {}))
                  for n in numbers]


def statuses(keys, reply, *, rejected=(), without=()):
    return [cmp.cert_status(r.cert.hash(), n,
                            "rejection" if n in rejected else None)
            for n, r in by_id(reply).items() if r.cert and n not in without]


@pytest.mark.parametrize("kind", ["ir", "cr"])
def test_three_certificates(world, kind):
    station = world.station(path=LAB)
    keys, msgs = make(station, 0, 1, 5)
    out = station.several(kind, *msgs)
    reply = station.ask(out)
    got = by_id(reply)
    assert {n: r.cert.spki for n, r in got.items()} == {
        n: k.spki for n, k in keys.items()}
    assert len({r.cert.serial for r in got.values()}) == 3
    answer = station.ask(station.conf(out, reply,
                                      statuses=statuses(keys, reply)))
    assert answer.kind == "pkiconf"
    for r in got.values():
        assert world.server.status_of(r.cert) == "confirmed"


def test_a_missing_status_rejects(world):
    station = world.station(path=LAB)
    keys, msgs = make(station, 0, 1, 2)
    out = station.several("ir", *msgs)
    reply = station.ask(out)
    mark = world.server.mark()
    conf = station.conf(out, reply, statuses=statuses(
        keys, reply, rejected=[1], without=[2]))
    assert station.ask(conf).kind == "pkiconf"
    assert [world.server.status_of(by_id(reply)[n].cert) for n in keys] == [
        "confirmed", "rejected", "rejected"]
    assert world.server.wait_lines(mark, "confirmed")
    # The same bytes again: the same pkiconf.
    assert station.post(conf).body == station.post(conf).body


def test_one_is_refused_and_the_others_are_not(world):
    station = world.station(path=LAB)
    mark = world.server.mark()
    keys, msgs = make(station, 0, 1, 2, n1=dict(popo_key=pki.Key()),
                      n2=dict(extensions=[pki.basic_constraints(True)]))
    out = station.several("cr", *msgs)
    reply = station.ask(out)
    got = by_id(reply)
    assert got[0].cert and not got[1].cert and not got[2].cert
    assert got[1].status.failures == {"badPOP"}
    assert got[2].status.failures == {"badCertTemplate"}
    line = world.server.wait_lines(mark, "issued")[-1]
    assert line["refused_requests"] == "1:pop-verifies,2:no-ca-asked-for"
    assert station.ask(station.conf(out, reply, statuses=statuses(
        keys, reply))).kind == "pkiconf"


def test_cr_with_the_operators_certificate(world):
    holder = world.enrolled(path=LIGHT)
    again = holder.enroll(holder.request("cr", subject=holder.cert.subject))
    assert again.cert.subject == holder.cert.subject


# --- PKCS #10 ---

def confirm_p10(station, out, reply):
    return station.ask(station.conf(out, reply, number=-1))


@pytest.mark.parametrize("path", [LAB, LIGHT])
def test_p10cr(world, path):
    station = world.station(path=path)
    out = station.p10cr(extensions=[pki.key_usage(pki.DIGITAL_SIGNATURE)])
    reply = station.ask(out)
    assert reply.kind == "cp" and reply.cert_req_id == -1
    assert reply.cert.spki == out.key.spki
    assert confirm_p10(station, out, reply).kind == "pkiconf"
    assert world.server.status_of(reply.cert) == "confirmed"


CHALLENGE = seq(der.oid("1.2.840.113549.1.9.7"), der.set_of(der.utf8("word")))


def test_challenge_password_is_noted(world):
    station = world.station(path=LAB)
    mark = world.server.mark()
    assert station.ask(station.p10cr(attributes=[CHALLENGE])).cert
    line = world.server.wait_lines(mark, "issued")[-1]
    assert "no-challenge-password" in line["findings"]


# --- what is refused ---

def p10(**options):
    return lambda w: w.station(path=LAB).p10cr(**options)


row("p10-self-signature", p10(signing_key=pki.Key()), "cp", "badPOP",
    "pop-verifies", LAB)
row("p10-version", p10(version=1), "cp", "badCertTemplate", "p10-is-v1", LAB)
row("p10-ca", p10(extensions=[pki.basic_constraints(True)]), "cp",
    "badCertTemplate", "no-ca-asked-for", LAB)
row("p10-cmc-ra", p10(extensions=[pki.ext_key_usage(pki.CMC_RA)]), "cp",
    "badCertTemplate", "no-ca-asked-for", LAB)
row("p10-weak-key", p10(key=pki.slow_key("RSA-1024")), "cp", "badAlg",
    "public-key-is-allowed", LAB)
row("p10-not-served", lambda w: w.station().p10cr(), "error", "badRequest",
    "body-is-served")
row("p10-twice-in-one-transaction", lambda w: again(w, w.station(path=LAB)),
    "error", "transactionIdInUse", "transaction-id-is-new", LAB)


def again(world, station):
    out = station.p10cr()
    assert station.ask(out).cert
    return station.p10cr(transaction_id=out.transaction_id)


def messages(*numbers, kind="ir", path=LAB, **wrong):
    def build(world):
        station = world.station(path=path)
        return station.several(kind, *make(station, *numbers, **wrong)[1])
    return build


row("two-of-one-number", messages(0, 0), "ip", "badRequest",
    "cert-req-id-is-single", LAB)
row("seventeen-requests", messages(*range(17)), "error", "badDataFormat",
    "message-is-der", LAB)
row("two-in-a-kur", lambda w: two_updates(w.enrolled(path=LAB)), "kup",
    "badRequest", "one-request", LAB)
row("two-in-3gpp-bs", messages(0, 1, path=http.PATH), "ip", "badRequest",
    "one-request")
row("two-in-rfc9483", messages(0, 1, kind="cr", path=LIGHT), "cp",
    "badRequest", "one-request", LIGHT)
row("none-stands", messages(0, 1, n0=dict(popo_key=pki.Key()),
                            n1=dict(popo_key=pki.Key())), "ip", "badPOP",
    "pop-verifies", LAB)


def two_updates(holder):
    return holder.several("kur", *make(holder, 0, 1)[1])


def confirming(build):
    """A certConf for two certificates, its statuses made by `build`."""
    def make_conf(world):
        station = world.station(path=LAB)
        keys, msgs = make(station, 0, 1)
        out = station.several("ir", *msgs)
        reply = station.ask(out)
        return station.conf(out, reply, statuses=build(reply))
    return make_conf


row("one-status-twice", confirming(lambda r: [cmp.cert_status(
    r.cert.hash(), 0)] * 2), "error", "badRequest", "cert-status-is-one", LAB)
row("status-of-a-third", confirming(lambda r: [
    cmp.cert_status(r.cert.hash(), 0), cmp.cert_status(r.cert.hash(), 7)]),
    "error", "badCertId", "conf-names-request", LAB)
row("hashes-swapped", confirming(lambda r: [
    cmp.cert_status(r.responses[1].cert.hash(), 0),
    cmp.cert_status(r.responses[0].cert.hash(), 1)]),
    "error", "badCertId", "conf-hash-is-right", LAB)


@pytest.mark.parametrize("build, body, failure, rule, path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    check_refused(world, build, body, failure, rule, path)
