"""What waits for an operator as a whole: rr and genm (RFC 9483, 4.4)."""
import json
import time

import pytest

from cmplib import cmp
from cmplib.http import PATH
from cmplib.program import Program
from cmplib.race import at_once
from polls import OPERATOR, Operator, Refusal, make_world

REV, LIGHT, BRIEF, LAB, GENM = (
    f"{PATH}/p/{name}" for name in
    ("rev", "rev-light", "rev-brief", "lab", "rev-genm"))
POLICY = dict(OPERATOR, approval_of_revocations="true")
PROFILES = {"rev": dict(POLICY, type="open"),
            "rev-light": dict(POLICY, type="rfc9483"),
            "rev-genm": dict(OPERATOR, type="open", approval_of_general="true"),
            "rev-brief": dict(POLICY, type="open", approval_timeout="2s")}
BOTH = pytest.mark.parametrize("path", [REV, LIGHT])


@pytest.fixture(scope="module")
def polling(stationmaster, operator, tmp_path_factory):
    made = make_world(stationmaster, operator,
                      tmp_path_factory.mktemp("revoking") / "files", PROFILES)
    yield made
    made.close()


@pytest.fixture
def boss(polling):
    return Operator(polling.server)


def waits(world, path=REV, station=None, **options):
    """A station, its rr, and the error that says waiting."""
    station = station or world.enrolled(LAB)
    station.path = path
    out = station.rr(**options)
    reply = station.ask(out)
    assert (reply.kind, reply.status.status) == ("error", "waiting")
    assert not reply.failures and reply.extra_certs
    return station, out, reply


def poll(station, out, reply, number=-1):
    return station.ask(station.poll(out, reply, numbers=(number,)))


def polled(station, out, reply):
    again = poll(station, out, reply)
    assert again.kind == "pollRep", again.failures
    assert [(p.number, p.check_after) for p in again.polls] == [(-1, 1)]
    return again


def is_revoked(world, cert):
    (at, reason), = world.server.query(
        "SELECT revoked_at, reason FROM certificate WHERE der=?", cert.der)
    return (at > 0) and reason


@BOTH
def test_approved(polling, boss, path):
    station, out, reply = waits(polling, path, reason="keyCompromise")
    assert is_revoked(polling, station.cert) is False
    reply = polled(station, out, polled(station, out, reply))
    found = boss.find(out)
    assert (found["state"], found["body"], found["certificates"]) == (
        "waiting", "rr", 1)
    assert found["asked"].startswith("revoke ")
    assert found["asked"].endswith(", keyCompromise")
    assert "key" not in found
    boss.approve(out)
    last = station.poll(out, reply, numbers=(-1,))
    reply = station.ask(last)
    assert (reply.kind, reply.statuses[0].status) == ("rp", "accepted")
    assert reply.rev_certs == [(station.cert.issuer, station.cert.serial)]
    assert is_revoked(polling, station.cert) == 1
    assert boss.find(out)["state"] == "answered"
    # The same poll again gets the same rp, and the transaction is over.
    assert station.post(last).body == reply.der
    text = [line for line in boss.audit().splitlines()
            if out.transaction_id.hex() in line]
    for word in ("waiting", "approved", "revoked"):
        assert any(word in line for line in text), word


def test_what_waits_is_not_revoked(polling, boss):
    """Until then the certificate serves, and no CRL lists it."""
    station, out, reply = waits(polling)
    station.path = LAB
    assert station.learn(17)
    boss.approve(out)
    station.path = REV
    assert poll(station, out, reply).kind == "rp"
    polling.server.wait_crl()


def test_denied(polling, boss):
    station, out, reply = waits(polling)
    boss.deny(out, "the station is needed")
    last = station.poll(out, reply, numbers=(-1,))
    reply = station.ask(last)
    assert (reply.kind, reply.statuses[0].status, reply.failures) == (
        "rp", "rejection", {"notAuthorized"})
    assert reply.statuses[0].texts == ["the station is needed"]
    assert station.post(last).body == reply.der
    assert is_revoked(polling, station.cert) is False
    station.path = LAB
    station.revoke()


def test_several(polling, boss):
    """Each has its status in the order of the rr, the refused one too."""
    station = polling.enrolled(LAB)
    other, stranger = station.renew(), polling.enrolled(LAB)
    details = [cmp.rev_details(c.issuer, c.serial) for c in
               (station.cert, stranger.cert, other.cert)]
    for decide, statuses in (
            (lambda out: boss.deny(out, "no"), 3 * ["rejection"]),
            (boss.approve, ["accepted", "rejection", "accepted"])):
        _, out, reply = waits(polling, station=other, details=details)
        assert boss.find(out)["certificates"] == 3
        decide(out)
        reply = poll(other, out, reply)
        assert [s.status for s in reply.statuses] == statuses
    assert [is_revoked(polling, s.cert) is not False for s in
            (station, stranger, other)] == [True, False, True]


def test_what_is_wrong_does_not_wait(polling, boss):
    station, stranger = polling.enrolled(LAB), polling.enrolled(LAB)
    station.path = REV
    reply = station.ask(station.rr(stranger.cert))
    assert (reply.kind, reply.failures) == ("rp", {"notAuthorized"})


def test_revoked_meanwhile(polling, boss):
    """Of two that wait for the same certificate the second is refused."""
    station, first, one = waits(polling)
    _, second, two = waits(polling, station=station)
    for out in first, second:
        boss.approve(out)
    assert poll(station, first, one).statuses[0].status == "accepted"
    reply = poll(station, second, two)
    assert reply.failures == {"certRevoked"}
    assert boss.find(second)["state"] == "denied"


def test_two_polls_at_once(polling, boss):
    station, out, reply = waits(polling)
    boss.approve(out)
    poll_one = bytes(station.poll(out, reply, numbers=(-1,)))
    answers = at_once(2 * [lambda: station.post(poll_one).body])
    assert answers[0] == answers[1]
    assert cmp.Reply(answers[0]).kind == "rp"


def test_hold_and_release_wait(polling, boss):
    station = polling.enrolled(LAB)
    other = station.renew()
    for reason, held in (("certificateHold", 6), ("removeFromCRL", False)):
        _, out, reply = waits(polling, station=other, cert=station.cert,
                              reason=reason)
        time.sleep(1)
        boss.approve(out)
        assert poll(other, out, reply).statuses[0].status == "accepted"
        assert is_revoked(polling, station.cert) == held


def test_timed_out(polling, boss):
    station, out, reply = waits(polling, BRIEF)
    mark = polling.server.mark()
    line = polling.server.wait_lines(mark, "timed-out")[0]
    assert line["transaction"] == out.transaction_id.hex()
    with pytest.raises(Refusal, match="is denied"):
        boss.approve(out)
    refused = cmp.Reply(station.post(
        station.poll(out, reply, numbers=(-1,))).body)
    assert refused.kind == "error" and refused.failures
    assert is_revoked(polling, station.cert) is False


def test_after_a_restart(polling, boss):
    station, out, reply = waits(polling)
    polling.server.stop()
    polling.server.start()
    boss.approve(out)
    assert poll(station, out, reply).kind == "rp"
    assert is_revoked(polling, station.cert) == 0


@pytest.mark.parametrize("number", [0, 1, -2])
def test_no_certificate_request_is_there(polling, number):
    """A pollReq is about the message as a whole."""
    station, out, reply = waits(polling)
    refused = cmp.Reply(station.post(
        station.poll(out, reply, numbers=(number,))).body)
    assert refused.kind == "error" and refused.failures == {"badRequest"}
    assert polled(station, out, reply)


def test_somebody_else_polls(polling):
    station, out, reply = waits(polling)
    other = polling.enrolled(LAB)
    refused = cmp.Reply(station.post(station.poll(
        out, reply, numbers=(-1,), signer=other.credential)).body)
    assert refused.kind == "error" and refused.failures
    assert polled(station, out, reply)


def test_the_same_rr_again(polling, boss):
    """Its stored reply, while it waits; nothing is asked of the operator
    twice."""
    station, out, reply = waits(polling)
    assert station.post(out).body == reply.der
    boss.find(out)


def asks(world, station=None, infos=(17,)):
    """A station, its genm, and the error that says waiting."""
    station = station or world.station()
    station.path = GENM
    out = station.genm(*infos)
    reply = station.ask(out)
    assert (reply.kind, reply.status.status) == ("error", "waiting")
    assert not reply.failures
    return station, out, reply


@pytest.mark.parametrize("is_enrolled", [False, True])
def test_genm_approved(polling, boss, is_enrolled):
    station, out, reply = asks(polling, polling.enrolled(LAB) if is_enrolled
                               else None, (17, 19))
    reply = polled(station, out, reply)
    found = boss.find(out)
    assert (found["body"], found["asked"], found["certificates"]) == (
        "genm", "tell id-it-caCerts", 2)
    boss.approve(out)
    last = station.poll(out, reply, numbers=(-1,))
    reply = station.ask(last)
    assert reply.kind == "genp" and list(reply.told) == [cmp.id_it(17),
                                                         cmp.id_it(19)]
    assert station.post(last).body == reply.der
    assert boss.find(out)["state"] == "answered"
    refused = cmp.Reply(station.post(station.poll(out, reply,
                                                  numbers=(-1,))).body)
    assert refused.failures == {"badRequest"}


def test_genm_denied(polling, boss):
    station, out, reply = asks(polling)
    boss.deny(out, "not for you")
    reply = poll(station, out, reply)
    assert (reply.kind, reply.status.status, reply.failures) == (
        "error", "rejection", {"notAuthorized"})
    assert reply.status.texts == ["not for you"]


def test_an_empty_genm_waits_too(polling, boss):
    station, out, reply = asks(polling, infos=())
    assert boss.find(out)["certificates"] == 0
    boss.approve(out)
    assert poll(station, out, reply).kind == "genp"


def test_what_is_wrong_with_a_genm_does_not_wait(polling, boss):
    station = polling.station(path=GENM)
    out = station.genm(cmp.info(cmp.id_it(17), b"\x05\x00"))
    reply = station.ask(out)
    assert (reply.kind, reply.failures) == ("error", {"badDataFormat"})
    assert out.transaction_id.hex() not in [r["transaction"] for r in
                                            boss.list()]


def test_a_station_asks_and_waits(polling, boss, station, tmp_path):
    program = Program(station, tmp_path / "station", polling.credential(),
                      polling.server.folder / "root.pem")
    ask = program.command(
        "ask", "caCerts", "--url",
        f"http://127.0.0.1:{polling.server.port}{GENM}", "--cert",
        program.folder / "vendor.pem", "--key", program.folder / "vendor.key",
        "--chain", program.folder / "chain.pem", "--root", program.root,
        "--json", "--wait", "30")
    known = {r["id"] for r in boss.list()}

    def approve():
        end = time.monotonic() + 20
        while time.monotonic() < end:
            for r in boss.list():
                if r["id"] not in known:
                    return boss.run("approve", r["id"])
            time.sleep(0.05)
        raise AssertionError("nothing was asked")
    done, _ = at_once([lambda: program.run(ask), approve])
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["told"]["caCerts"]
    sent = [m["sent"] for m in told["messages"] if "sent" in m]
    assert sent[0] == "genm" and set(sent[1:]) == {"pollReq"}


def test_the_station_waits(polling, boss, station, tmp_path):
    program = Program(station, tmp_path / "station", polling.credential(),
                      polling.server.folder / "root.pem")
    program.must(program.enroll(polling.server.port, path=LAB))
    revoke = program.command(
        "revoke", "--url", f"http://127.0.0.1:{polling.server.port}{REV}",
        "--reason", "superseded", "--json")
    assert program.run([*revoke, "--wait", "0"]).returncode == 6
    state = program.status()
    assert state["pending"]["request"] == "rr"
    assert not state["certificate"]["revoked"]
    lines = (program.state / "pending").read_text().splitlines()
    transaction = next(line.split()[1] for line in lines
                       if line.startswith("transaction: "))
    found, = (r for r in boss.list() if r["transaction"] == transaction)
    boss.run("approve", found["id"])
    done = json.loads(program.must(revoke))
    assert [m["sent"] for m in done["messages"] if "sent" in m] == ["pollReq"]
    assert program.status()["certificate"]["revoked"]


@pytest.mark.parametrize("settings,says", [
    (dict(approval_of_revocations="true", type="open"),
     "needs approval: operator"),
    (dict(POLICY), "type 3gpp-bs takes no rr"),
    (dict(OPERATOR, approval_of_general="true"), "type 3gpp-bs takes no genm"),
    (dict(approval_of_general="true", type="open"),
     "needs approval: operator"),
])
def test_settings_that_do_not_fit(polling, settings, says):
    config = polling.server.folder / "wrong.yaml"
    text = polling.server.config.read_text()
    begin = text.index("  - name: rev\n")
    lines = dict(ca="issuing", signer="cmp", subject='"CN={serial}"',
                 **settings)
    config.write_text(text[:begin] + "  - name: rev\n" + "".join(
        f"    {k}: {v}\n" for k, v in lines.items()))
    done = Operator.__new__(Operator)
    done.server = type("Server", (), dict(
        stationmaster=polling.server.stationmaster, config=config))()
    with pytest.raises(Refusal, match=says):
        done.list()
