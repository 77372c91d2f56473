"""legacy-2010 end to end: what a base station of about 2010 does in its life,
and each of it refused, by name, in 3gpp-bs."""
import pytest

from cmplib import cmp, http, pki
from cmplib.possession import answer, request, solve
from cmplib.rows import Rows, check_refused
from cmplib.secret import holder, pbm
from polls import Operator
from test_legacy import DSA, OLD, RSA, LegacyWorld

WAIT = http.PATH + "/p/old-wait"
SHA1 = pbm("SHA1", "SHA1")
ENCIPHER = pki.slow_key(RSA, 3)

rows = Rows()
row = rows.add


@pytest.fixture(scope="module")
def world(stationmaster, operator, tmp_path_factory):
    made = LegacyWorld(stationmaster, operator,
                       tmp_path_factory.mktemp("legacy-whole") / "files")
    yield made
    made.server.stop()


def signed(out, algorithm):
    out.algorithm = algorithm
    return out


def enrolled_by_secret(world, path=OLD):
    """PasswordBasedMac over SHA-1 all the way; the station that it makes."""
    station = holder(world, path, mac=SHA1)
    out = station.ir()
    reply = station.ask(out)
    assert reply.cert is not None, reply.status.texts
    assert station.ask(station.conf(out, reply)).kind == "pkiconf"
    return station, out, reply


def status(world, cert):
    return world.server.status_of(cert)


def test_a_life(world, tmp_path):
    """ir under a secret; kur, cr and a challenge with RSA-MD5; rr."""
    by_secret, out, reply = enrolled_by_secret(world)
    first = reply.cert
    assert status(world, first) == "confirmed"

    station = world.station(algorithm="rsa-md5")
    out = signed(station.request("cr"), "rsa-md5")
    reply = station.obtain(out)
    station.ask(signed(station.conf(out, reply), "rsa-md5"))
    held = station.holding(out, reply)

    out = signed(request(station, "cr", ENCIPHER), "rsa-md5")
    reply = station.ask(out)
    numbers = solve(reply, [ENCIPHER], tmp_path)
    reply = station.ask(signed(answer(station, out, reply, numbers),
                               "rsa-md5"))
    assert reply.cert.spki == ENCIPHER.spki
    station.ask(signed(station.conf(out, reply), "rsa-md5"))
    enciphers = reply.cert
    assert status(world, enciphers) == "confirmed"

    again = held.renew()
    again.revoke(reason="keyCompromise")
    assert world.server.query(
        "SELECT count(*) FROM certificate WHERE revoked_at != 0 AND der = ?",
        again.cert.der) == [(1,)]
    assert status(world, enciphers) == "confirmed"


@pytest.mark.parametrize("kind, algorithm", [
    (RSA, "rsa-md5"), (RSA, "rsa-sha1"), (DSA, "dsa-sha1")])
def test_signed_cr(world, kind, algorithm):
    station = world.station(kind=kind, algorithm="rsa-sha1")
    out = signed(station.request("cr"), algorithm)
    reply = station.obtain(out)
    station.ask(signed(station.conf(out, reply), algorithm))
    assert status(world, reply.cert) == "confirmed"


@pytest.mark.parametrize("algorithm", ["rsa-md5", "rsa-sha1"])
def test_p10cr(world, algorithm):
    station = world.station(algorithm="rsa-sha1")
    out = signed(station.p10cr(), algorithm)
    reply = station.ask(out)
    assert (reply.kind, reply.cert_req_id) == ("cp", -1)
    station.ask(signed(station.conf(out, reply, number=-1), algorithm))
    assert status(world, reply.cert) == "confirmed"


@pytest.mark.parametrize("algorithm", ["rsa-md5", "dsa-sha1"])
@pytest.mark.parametrize("first", ["ir", "challenge"])
def test_polling(world, tmp_path, algorithm, first):
    station = world.station(kind=DSA if algorithm == "dsa-sha1" else RSA,
                            path=WAIT, algorithm="rsa-sha1")
    out = signed(station.ir() if first == "ir" else
                 request(station, "ir", ENCIPHER), algorithm)
    reply = station.ask(out)
    if first == "challenge":
        reply = station.ask(signed(
            answer(station, out, reply, solve(reply, [ENCIPHER], tmp_path)),
            algorithm))
    assert reply.status.status == "waiting"
    reply = station.ask(signed(station.poll(out, reply), algorithm))
    assert reply.kind == "pollRep"
    Operator(world.server).approve(out)
    reply = station.ask(signed(station.poll(out, reply), algorithm))
    assert reply.cert.spki == out.key.spki
    station.ask(signed(station.conf(out, reply), algorithm))
    assert status(world, reply.cert) == "confirmed"


def test_challenged_under_a_secret(world, tmp_path):
    station = holder(world, OLD, mac=SHA1)
    out = station.under(request(station, "ir", ENCIPHER))
    reply = station.ask(out)
    numbers = solve(reply, [ENCIPHER], tmp_path)
    reply = station.ask(station.under(answer(station, out, reply, numbers)))
    assert reply.cert.spki == ENCIPHER.spki, reply.status.texts
    assert station.ask(station.conf(out, reply)).kind == "pkiconf"


# --- in 3gpp-bs ---

def of_old(make):
    """A message of a station that 3gpp-bs would serve, but for the message."""
    return lambda w: make(w.station(w.acme))


row("pbm-with-sha1", lambda w: holder(w, http.PATH, mac=SHA1).ir(), "error",
    "wrongIntegrity", "protection-is-signature")
row("p10cr", of_old(lambda s: s.p10cr()), "error", "badRequest",
    "body-is-served")
row("cr", of_old(lambda s: s.request("cr")), "error", "badRequest",
    "body-is-served")
for algorithm, kind in (("rsa-md5", RSA), ("rsa-sha1", RSA), ("dsa-sha1", DSA)):
    row(f"ir-by-{algorithm}",
        lambda w, a=algorithm, k=kind: signed(
            w.station(w.acme, k).ir(), a), "error", "badAlg",
        "protection-alg-is-allowed")
row("challenge", of_old(lambda s: request(s, "ir", ENCIPHER)), "ip", "badPOP",
    "popo-is-signature")
row("popdecr", of_old(lambda s: cmp.outgoing(
    "popdecr", cmp.seq(cmp.integer(1)), s.credential,
    [s.credential.cert, *s.credential.chain])), "error", "badRequest",
    "body-is-served")
row("rr", lambda w: w.station(w.acme, "P-256", http.PATH).enroll().rr(),
    "error", "badRequest", "body-is-served")


def poll(world):
    station = world.station(world.acme, "P-256", http.PATH)
    out = station.ir()
    return station.poll(out, station.obtain(out))


row("poll", poll, "error", "badRequest", "poll-finds-one-waiting")


@pytest.mark.parametrize("build, body, failure, rule, path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    check_refused(world, build, body, failure, rule, path)
