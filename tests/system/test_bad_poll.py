"""pollReqs that are wrong for whom, when or for what they are sent."""
import os

import pytest

from cmplib import cmp, der, http
from cmplib.rows import Rows, check_refused
from polls import (WAIT, WAIT_BRIEF, WAIT_LAB, Operator, confirmed,
                   make_world, polled, waits)

rows = Rows()
row, refused = rows.add, rows.refused


@pytest.fixture(scope="module")
def polling(stationmaster, operator, tmp_path_factory):
    made = make_world(stationmaster, operator,
                      tmp_path_factory.mktemp("bad-poll") / "files")
    yield made
    made.close()


def poll(path=WAIT, **options):
    """A row's pollReq: right but for these."""
    def build(w):
        station, out, reply = waits(w, path)
        given = {k: v(w, reply) if callable(v) else v
                 for k, v in options.items()}
        return station.poll(out, reply, **given)
    return build


def with_certs(out):
    out.extra_certs = [out.signer.cert, *out.signer.chain]
    return out


# --- the message alone ---

row("no-cert-req-id", poll(numbers=()), "error", "badRequest",
    "poll-names-one")
row("two-where-one-waits", poll(numbers=(0, 1)), "error", "badRequest",
    "poll-names-one")
row("one-twice", poll(WAIT_LAB, numbers=(0, 0)), "error", "badRequest",
    "poll-names-one", WAIT_LAB)
row("poll-of-17", poll(WAIT_LAB, numbers=range(17)), "error", "badDataFormat",
    "message-is-der", WAIT_LAB)
row("without-transaction-id", poll(transaction_id=None), "error",
    "badDataFormat", "transaction-id-is-there")
row("without-sender-nonce", poll(sender_nonce=None), "error",
    "badSenderNonce", "sender-nonce-is-long")
row("with-a-short-nonce", poll(sender_nonce=bytes(15)), "error",
    "badSenderNonce", "sender-nonce-is-long")
row("pvno-1", poll(pvno=1), "error", "unsupportedVersion", "pvno-is-known")


@refused("error", "badMessageCheck", "message-is-protected")
def unprotected(w):
    out = poll(protection_alg=None)(w)
    out.is_protected = False
    return out


@refused("error", "wrongIntegrity", "protection-is-signature")
def by_mac(w):
    alg, compute = cmp.pbm()
    out = poll(protection_alg=alg)(w)
    out.protect = compute
    return out


@refused("error", "badMessageCheck", "signer-is-known")
def with_wrong_protection(w):
    out = poll()(w)
    out.protect = lambda part: out.signer.key.sign(part + b"\x00")
    return out


@refused("error", "badRequest", "body-is-served")
def poll_rep_from_a_station(w):
    out = poll()(w)
    out.kind = "pollRep"
    out.content = der.seq(der.seq(der.integer(0), der.integer(1)))
    return out


# --- whose ---

row("of-an-unknown-transaction",
    poll(transaction_id=lambda w, r: os.urandom(16)), "error",
    "badMessageCheck", "signer-is-known")
row("of-an-unknown-transaction-with-certs",
    lambda w: with_certs(poll(transaction_id=lambda w, r:
                              os.urandom(16))(w)),
    "error", "badRequest", "poll-has-transaction")
row("by-another-station",
    lambda w: with_certs(poll(signer=lambda w, r: w.credential())(w)),
    "error", "badRequest", "poll-has-transaction")
row("by-another-station-without-certs",
    poll(signer=lambda w, r: w.credential()), "error", "badMessageCheck",
    "signer-is-known")
row("by-an-operator-certificate",
    lambda w: with_certs(poll(signer=lambda w, r:
                              w.enrolled().credential)(w)),
    "error", "badRequest", "poll-has-transaction")
row("by-a-vendor-nobody-knows",
    lambda w: with_certs(poll(signer=lambda w, r:
                              w.credential(w.nobody))(w)),
    "error", "signerNotTrusted", "signer-has-path")


# --- which ---

for number in (1, -2, 2 ** 31):
    row(f"cert-req-id-{number}", poll(numbers=(number,)), "error",
        "badRequest", "poll-names-waiting")
row("minus-one-beside-another", poll(WAIT_LAB, numbers=(-1, 0)), "error",
    "badRequest", "poll-names-waiting", WAIT_LAB)
row("without-recip-nonce", poll(recip_nonce=None), "error",
    "badRecipientNonce", "poll-has-recip-nonce")
row("with-wrong-recip-nonce", poll(recip_nonce=bytes(16)), "error",
    "badRecipientNonce", "poll-has-recip-nonce")
row("with-the-nonce-of-the-request",
    poll(recip_nonce=lambda w, r: r.recip_nonce), "error",
    "badRecipientNonce", "poll-has-recip-nonce")


@refused("error", "badRecipientNonce", "poll-has-recip-nonce")
def with_the_nonce_of_the_reply_before_last(w):
    station, out, reply = waits(w)
    polled(station, out, reply)
    return station.poll(out, reply)


# --- when ---

@refused("error", "badRequest", "poll-finds-one-waiting")
def where_nothing_waits(w):
    station, out, reply = w.issued()
    return station.poll(out, reply)


@refused("error", "badRequest", "poll-finds-one-waiting")
def after_the_certificate(w):
    station, out, reply = waits(w)
    Operator(w.server).approve(out)
    reply = station.ask(station.poll(out, reply))
    assert reply.cert is not None
    return station.poll(out, reply)


@refused("error", "badRequest", "poll-finds-one-waiting")
def after_the_confirmation(w):
    station, out, reply = waits(w)
    Operator(w.server).approve(out)
    reply = station.ask(station.poll(out, reply))
    confirmed(station, out, reply)
    return station.poll(out, reply)


@refused("error", "badRequest", "poll-finds-one-waiting")
def after_the_denial(w):
    station, out, reply = waits(w)
    Operator(w.server).deny(out, "no")
    reply = station.ask(station.poll(out, reply))
    assert reply.failures == {"notAuthorized"}
    return station.poll(out, reply)


@refused("error", "badRequest", "poll-finds-one-waiting", WAIT_BRIEF)
def too_late(w):
    station, out, reply = waits(w, WAIT_BRIEF)
    w.server.wait_lines(w.server.mark(), "timed-out")
    return station.poll(out, reply)


# --- other messages while a request waits ---

@refused("error", "transactionIdInUse", "transaction-id-is-new")
def a_new_request_in_the_transaction(w):
    station, out, reply = waits(w)
    return station.ir(transaction_id=out.transaction_id)


@refused("error", "badRequest", "conf-is-not-early")
def conf_while_waiting(w):
    station, out, reply = waits(w)
    return station.conf(out, reply, cert_hash=bytes(32))


@refused("error", "badRequest", "conf-is-in-time")
def conf_after_the_denial(w):
    station, out, reply = waits(w)
    Operator(w.server).deny(out, "no")
    reply = station.ask(station.poll(out, reply))
    return station.conf(out, reply, cert_hash=bytes(32))


@refused("ip", "notAuthorized", "name-is-free", WAIT)
def a_name_that_another_waits_for(w):
    """Names are claimed when the request comes."""
    other = w.station(w.borealis)
    waits(w, station=other, subject=w.acme.root.subject)
    return w.station(w.borealis).ir(subject=w.acme.root.subject)


@pytest.mark.parametrize("build,body,failure,rule,path", rows.params)
def test_refused(polling, build, body, failure, rule, path):
    check_refused(polling, build, body, failure, rule, path or http.PATH)


def test_a_foreign_poll_harms_nobody(polling):
    station, out, reply = waits(polling)
    thief = polling.credential()
    for bad in (with_certs(station.poll(out, reply, signer=thief)),
                station.poll(out, reply, recip_nonce=bytes(16)),
                station.poll(out, reply, numbers=(5,))):
        answer = cmp.Reply(station.post(bad).body)
        assert answer.kind == "error"
    reply = polled(station, out, reply)
    Operator(polling.server).approve(out)
    confirmed(station, out, station.ask(station.poll(out, reply)))
