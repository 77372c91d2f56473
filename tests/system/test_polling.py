"""Requests that wait for an operator: delayed delivery (RFC 9483, 4.4)."""
import os
import signal
import time

import pytest

from cmplib import cmp, http, pki
from cmplib.race import at_once
from polls import (WAIT, WAIT_ALL, WAIT_BRIEF, WAIT_LAB, Operator, Refusal,
                   confirmed, make_world, polled, waits)

BLOCKED = "station-is-not-blocked"


@pytest.fixture(scope="module")
def polling(stationmaster, operator, tmp_path_factory):
    made = make_world(stationmaster, operator,
                      tmp_path_factory.mktemp("polling") / "files")
    yield made
    made.close()


@pytest.fixture
def boss(polling):
    return Operator(polling.server)


def serial_of(station):
    return station.cert.text_of("CN")[3:]


# --- approved, denied, timed out ---

@pytest.mark.parametrize("kind,path,answer",
                         [("ir", WAIT, "ip"), ("cr", WAIT_LAB, "cp")])
def test_approved(polling, boss, kind, path, answer):
    station, out, reply = waits(polling, path, kind)
    assert reply.kind == answer and reply.extra_certs
    assert cmp.CONFIRM_WAIT_TIME not in reply.infos
    for _ in range(3):
        reply = polled(station, out, reply)
    found = boss.find(out)
    assert (found["state"], found["body"]) == ("waiting", kind)
    assert found["serial"] == serial_of(station)
    boss.approve(out, "--reason", "on site")
    reply = station.ask(station.poll(out, reply))
    assert reply.kind == answer
    assert cmp.CONFIRM_WAIT_TIME in reply.infos
    confirmed(station, out, reply)
    assert boss.find(out)["state"] == "answered"
    text = boss.audit()
    for word in ("waiting", "approved", "issued", "confirmed"):
        assert any(line_is(line, word, out) for line in
                   text.splitlines()), word


def line_is(line, word, out):
    return word in line and out.transaction_id.hex() in line


@pytest.mark.parametrize("number", [0, -1])
def test_polled_by_number_or_as_a_whole(polling, boss, number):
    station, out, reply = waits(polling)
    reply = polled(station, out, reply, numbers=(number,))
    assert reply.polls[0].number == number
    boss.approve(out)
    confirmed(station, out,
              station.ask(station.poll(out, reply, numbers=(number,))))


@pytest.mark.parametrize("number", [0, -1])
def test_p10cr(polling, boss, number):
    """Its certReqId is -1; 0 is what RFC 9483, 4.4, asks for in a poll."""
    station = polling.station(path=WAIT_LAB)
    out = station.p10cr()
    reply = station.ask(out)
    assert (reply.kind, reply.cert_req_id, reply.status.status) == (
        "cp", -1, "waiting")
    reply = polled(station, out, reply, numbers=(number,))
    assert boss.find(out)["body"] == "p10cr"
    boss.approve(out)
    reply = station.ask(station.poll(out, reply, numbers=(number,)))
    assert (reply.kind, reply.cert_req_id) == ("cp", -1)
    assert reply.cert.spki == out.key.spki
    answer = station.ask(station.conf(out, reply, number=-1))
    assert answer.kind == "pkiconf"


def several(station, *numbers, **wrong):
    return station.several("ir", *(
        station.cert_req_msg(pki.Key(), number=n, **wrong.get(f"n{n}", {}))
        for n in numbers))


def test_several_wait_together(polling, boss):
    """One is refused at once, and stays so: only the others are answered."""
    station = polling.station(path=WAIT_LAB)
    out = several(station, 0, 1, 5, n1=dict(popo_key=pki.Key()))
    reply = station.ask(out)
    assert [(r.cert_req_id, r.status.status) for r in reply.responses] == [
        (0, "waiting"), (1, "rejection"), (5, "waiting")]
    refused = cmp.Reply(station.post(
        station.poll(out, reply, numbers=(1,))).body)
    assert refused.failures == {"badRequest"}
    reply = station.ask(station.poll(out, reply, numbers=(5, 0)))
    assert [p.number for p in reply.polls] == [5, 0]
    assert boss.find(out)["certificates"] == 3
    boss.approve(out)
    reply = station.ask(station.poll(out, reply, numbers=(5,)))
    assert [(r.cert_req_id, r.cert is not None) for r in reply.responses] == [
        (0, True), (5, True)]
    answer = station.ask(station.conf(out, reply, statuses=[
        cmp.cert_status(r.cert.hash(), r.cert_req_id)
        for r in reply.responses]))
    assert answer.kind == "pkiconf"


def test_several_denied_together(polling, boss):
    station = polling.station(path=WAIT_LAB)
    out = several(station, 0, 5)
    reply = station.ask(out)
    boss.deny(out, "too many")
    reply = station.ask(station.poll(out, reply, numbers=(-1,)))
    assert [(r.cert_req_id, r.status.failures, r.status.texts)
            for r in reply.responses] == [
                (n, {"notAuthorized"}, ["too many"]) for n in (0, 5)]


def test_dates_are_of_the_approval(polling, boss):
    station, out, reply = waits(polling)
    time.sleep(2)
    boss.approve(out)
    since = int(time.time())
    reply = station.ask(station.poll(out, reply))
    db = polling.server.query(
        "SELECT not_before FROM certificate WHERE der=?", reply.cert.der)
    assert db[0][0] >= since - 600


def test_implicit_confirm_comes_with_the_certificate(polling, boss):
    station, out, reply = waits(polling, WAIT_LAB, general_info=[
        cmp.info(cmp.IMPLICIT_CONFIRM, b"\x05\x00")])
    assert cmp.IMPLICIT_CONFIRM not in reply.infos
    boss.approve(out)
    reply = station.ask(station.poll(out, reply))
    assert cmp.IMPLICIT_CONFIRM in reply.infos
    confirmed(station, out, reply).renew()


@pytest.mark.parametrize("path,is_to_wait", [(WAIT, False), (WAIT_ALL, True)])
def test_updates(polling, boss, path, is_to_wait):
    station, out, reply = waits(polling, path)
    boss.approve(out)
    holder = confirmed(station, out, station.ask(station.poll(out, reply)))
    if not is_to_wait:
        holder.renew()
        return
    holder, out, reply = waits(polling, path, "kur", holder,
                               subject=holder.credential.subject,
                               message_time=int(time.time()) - 500)
    assert reply.kind == "kup"
    boss.approve(out)
    confirmed(holder, out, holder.ask(holder.poll(out, reply)))


def test_denied(polling, boss):
    station, out, reply = waits(polling)
    with pytest.raises(Refusal, match="--reason"):
        boss.run("deny", boss.find(out)["id"])
    boss.deny(out, "not on site \u2013 yet")
    poll = station.poll(out, reply)
    reply = station.ask(poll)
    assert (reply.kind, reply.status.status, reply.failures) == (
        "ip", "rejection", {"notAuthorized"})
    assert reply.status.texts == ["not on site \u2013 yet"]
    assert station.post(poll).body == reply.der
    assert boss.find(out)["state"] == "denied"
    assert any(line_is(line, "denied", out)
               for line in boss.audit().splitlines())
    station.path = "/.well-known/cmp"
    station.enroll()


@pytest.mark.parametrize("state,text", [
    (None, "nobody decided within approval_timeout"),
    ("approve", "decided, but the station did not ask again")])
def test_timed_out(polling, boss, state, text):
    station, out, reply = waits(polling, WAIT_BRIEF)
    mark = polling.server.mark()
    if state:
        boss.approve(out)
    line = polling.server.wait_lines(mark, "timed-out")[0]
    assert line["transaction"] == out.transaction_id.hex()
    found = boss.find(out)
    assert (found["state"], found["reason"]) == ("denied", text)
    with pytest.raises(Refusal, match="is denied"):
        boss.approve(out)
    assert polling.server.query("SELECT state FROM txn WHERE "
                                "transaction_id=?", out.transaction_id) == [
                                    (4,)]


# --- what changed meanwhile ---

def ended(polling, station, out, reply, body, failure, rule):
    """Approved, and yet refused by a rule of today: that ends it."""
    mark = polling.server.mark()
    poll = station.poll(out, reply)
    answer = station.ask(poll)
    assert (answer.kind, answer.failures) == (body, {failure})
    assert polling.server.wait_lines(mark, "refused")[0]["rule"] == rule
    assert station.post(poll).body == answer.der
    again = station.ask(station.poll(out, answer))
    assert again.failures == {"badRequest"}
    assert polling.server.query(
        "SELECT count(*) FROM certificate JOIN txn ON certificate.txn = "
        "txn.id WHERE transaction_id=?", out.transaction_id) == [(0,)]


def test_blocked_meanwhile(polling, boss):
    station, out, reply = waits(polling)
    boss.approve(out)
    polling.server.block("acme", serial_of(station))
    ended(polling, station, out, reply, "ip", "notAuthorized", BLOCKED)
    assert boss.find(out)["state"] == "denied"


def test_old_certificate_revoked_meanwhile(polling, boss):
    holder = polling.enrolled()
    holder, out, reply = waits(polling, WAIT_ALL, "kur", holder,
                               subject=holder.credential.subject)
    boss.approve(out)
    polling.server.revoke(holder.cert)
    ended(polling, holder, out, reply, "kup", "certRevoked",
          "old-is-not-revoked")


def test_old_certificate_updated_meanwhile(polling, boss):
    """Two updates may wait; the second finds the first unconfirmed."""
    holder = polling.enrolled()
    both = [waits(polling, WAIT_ALL, "kur", holder,
                  subject=holder.credential.subject) for _ in range(2)]
    for _, out, _ in both:
        boss.approve(out)
    (_, first, reply), (_, second, other) = both
    got = holder.ask(holder.poll(first, reply))
    ended(polling, holder, second, other, "kup", "badRequest",
          "one-update-at-a-time")
    confirmed(holder, first, got)


# --- repeated, at once ---

def test_the_same_bytes_get_the_same_reply(polling, boss):
    station, out, reply = waits(polling)
    assert station.post(out).body == reply.der
    poll = station.poll(out, reply)
    first = station.ask(poll)
    assert station.post(poll).body == first.der
    boss.approve(out)
    last = station.poll(out, first)
    answer = station.ask(last)
    before = polling.server.tables()
    assert station.post(last).body == answer.der
    assert polling.server.tables() == before
    confirmed(station, out, answer)


def test_polls_leave_one_exchange(polling):
    """However long a station polls."""
    station, out, reply = waits(polling)
    for _ in range(20):
        reply = polled(station, out, reply)
    assert polling.server.query(
        "SELECT count(*) FROM exchange WHERE txn = (SELECT id FROM txn WHERE "
        "transaction_id=?)", out.transaction_id) == [(1,)]


def test_polls_at_once_make_one_certificate(polling, boss):
    station, out, reply = waits(polling)
    boss.approve(out)
    polls = [station.poll(out, reply) for _ in range(8)]
    for poll in polls:
        bytes(poll)
    answers = [cmp.Reply(r.body) for r in post_to(polling, polls, WAIT)]
    brought = [a for a in answers if a.cert is not None]
    assert len(brought) == 1, [a.failures for a in answers]
    for answer in answers:
        assert answer is brought[0] or answer.failures == {"badRequest"}
    confirmed(station, out, brought[0])


def post_to(polling, messages, path):
    def post(message):
        with http.Connection(polling.server.port) as connection:
            return connection.ask(http.request(bytes(message), path))
    return at_once([lambda m=m: post(m) for m in messages])


def test_two_decisions_at_once(polling, boss):
    for _ in range(4):
        station, out, reply = waits(polling)
        number = boss.find(out)["id"]

        def decide(words):
            try:
                return boss.run(*words)["state"]
            except Refusal as e:
                return str(e)
        said = at_once([lambda w=w: decide(w) for w in (
            ("approve", number), ("deny", number, "--reason", "no"),
            ("approve", number))])
        won = [s for s in said if s in ("approved", "denied")]
        told = [s for s in said if s not in won]
        assert len(won) == 1 and len(told) == 2, said
        for text in told:
            assert ("is " + won[0] in text or "another" in text), text
        assert boss.find(out)["state"] == won[0]
        assert sum(line_is(line, f"request={number} ", out)
                   for line in boss.audit().splitlines()) == 1
        reply = station.ask(station.poll(out, reply))
        assert (reply.cert is not None) == (won[0] == "approved")


# --- the commands ---

def test_commands(polling, boss):
    station, out, reply = waits(polling)
    found = boss.find(out)
    assert boss.run("show", found["id"]) == found
    assert found["profile"] == "wait" and found["vendor"] == "acme"
    assert found["key"] == "P-256" and found["certificates"] == 1
    assert out.transaction_id.hex() in {
        r["transaction"] for r in boss.list("--state", "waiting")}
    assert out.transaction_id.hex() not in {
        r["transaction"] for r in boss.list("--state", "approved")}
    assert len(boss.list("--max", 1)) == 1
    for words, text in ((("show", 999999), "no request"),
                        (("show", "x"), "is no number"),
                        (("approve", 0), "is no number"),
                        (("list", "--state", "lost"), "is no state")):
        with pytest.raises(Refusal, match=text):
            boss.run(*words)
    boss.approve(out)
    with pytest.raises(Refusal, match="is approved, by "):
        boss.approve(out)
    with pytest.raises(Refusal, match="is approved, by "):
        boss.deny(out, "late")
    assert boss.find(out)["decided_by"]


# --- the server ends in the middle ---

@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_around_the_approval(polling, boss, when):
    station, out, reply = waits(polling)
    reply = polled(station, out, reply)
    if when == "after":
        boss.approve(out)
    kill(polling.server)
    if when == "before":
        boss.approve(out)
    polling.server.start()
    reply = station.ask(station.poll(out, reply))
    confirmed(station, out, reply).renew()


def test_killed_while_it_waits(polling, boss):
    """A poll repeated over the restart has the same answer; then a new one."""
    station, out, reply = waits(polling)
    poll = station.poll(out, reply)
    first = station.ask(poll)
    kill(polling.server)
    polling.server.start()
    assert station.post(poll).body == first.der
    again = polled(station, out, first)
    boss.approve(out)
    last = station.poll(out, again)
    answer = station.ask(last)
    kill(polling.server)
    polling.server.start()
    assert station.post(last).body == answer.der
    confirmed(station, out, answer)


def kill(server):
    os.kill(server.process.pid, signal.SIGKILL)
    server.process.wait()
    server.process = None
