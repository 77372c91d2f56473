"""An error from a station ends its transaction, if it is the station's."""
import os

import pytest

from cmplib import cmp, http
from cmplib.der import integer, seq
from cmplib.rows import Rows, check_refused

LAB = http.PATH + "/p/lab"
LIGHT = http.PATH + "/p/light"

rows = Rows()
refused = rows.refused


def error(out, reply, signer=None, **header):
    """{ rejection, systemFailure } for what `reply` brought to `out`."""
    header = {"transaction_id": out.transaction_id,
              "recip_nonce": reply.sender_nonce, **header}
    return cmp.outgoing("error", seq(seq(integer(2))), signer or out.signer,
                        **header)


@pytest.mark.parametrize("path", [LAB, LIGHT])
def test_it_rejects_the_certificate(world, path):
    station, out, reply = world.issued(path)
    mark = world.server.mark()
    msg = error(out, reply)
    answer = station.ask(msg)
    assert answer.kind == "pkiconf"
    assert world.server.status_of(reply.cert) == "rejected"
    (revoked,), = world.server.query(
        "SELECT revoked_at FROM certificate WHERE der=?", reply.cert.der)
    assert revoked
    assert world.server.wait_lines(mark, "rejected")[0]["body"] == "error"
    # The same bytes again: the same pkiconf.
    assert station.post(msg).body == answer.der


def test_it_rejects_an_update_and_the_old_one_stays(world):
    station = world.enrolled(LAB)
    out = station.kur()
    reply = station.obtain(out)
    assert station.ask(error(out, reply)).kind == "pkiconf"
    assert world.server.status_of(reply.cert) == "rejected"
    assert world.server.status_of(station.cert) == "confirmed"
    station.renew()


# --- what changes nothing ---

@refused("error", "badRequest", "error-finds-open", LAB)
def error_in_no_transaction(w):
    station = w.enrolled(LAB)
    msg = error(*station.transaction, signer=station.credential,
                transaction_id=os.urandom(16))
    msg.extra_certs = [station.credential.cert, *station.credential.chain]
    return msg


@refused("error", "badRequest", "error-finds-open", LAB)
def error_after_the_certificate_is_confirmed(w):
    station, out, reply = w.issued(LAB)
    station.confirm(out, reply)
    return error(out, reply)


@refused("error", "badRequest", "error-finds-open", LAB)
def error_after_it_is_rejected(w):
    station, out, reply = w.issued(LAB)
    station.confirm(out, reply, status="rejection")
    return error(out, reply)


@refused("error", "badRecipientNonce", "error-has-recip-nonce", LAB)
def error_with_another_nonce(w):
    _, out, reply = w.issued(LAB)
    return error(out, reply, recip_nonce=bytes(16))


@refused("error", "badRecipientNonce", "error-has-recip-nonce", LAB)
def error_without_a_nonce(w):
    _, out, reply = w.issued(LAB)
    return error(out, reply, recip_nonce=None)


@refused("error", "badMessageCheck", "message-is-protected", LAB)
def error_unprotected(w):
    _, out, reply = w.issued(LAB)
    msg = error(out, reply)
    msg.is_protected = False
    msg.fields["protection_alg"] = None
    return msg


@refused("error", "badMessageCheck", "signer-is-known", LAB)
def error_wrongly_signed(w):
    _, out, reply = w.issued(LAB)
    msg = error(out, reply)
    msg.protect = lambda part: out.signer.key.sign(part + b"\0")
    return msg


@refused("error", "badMessageCheck", "signer-is-known", LAB)
def error_of_another_station(w):
    _, out, reply = w.issued(LAB)
    return error(out, reply, signer=w.credential())


@refused("error", "badRequest", "body-is-served")
def error_to_3gpp_bs(w):
    _, out, reply = w.issued()
    return error(out, reply)


@pytest.mark.parametrize("build, body, failure, rule, path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    check_refused(world, build, body, failure, rule, path)
