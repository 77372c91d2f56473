"""What a request asks for beside name and key: a validity, and controls."""
import datetime
import time

import pytest
from cryptography import x509

from cmplib import der, pki
from cmplib.cmp import Reply
from cmplib.der import ctx, integer, oid, prim, seq, utf8
from cmplib.http import PATH
from cmplib.rows import Rows, check_refused
from test_openssl_station import Files, openssl, succeeds

LAB, LIGHT = f"{PATH}/p/lab", f"{PATH}/p/light"
CONTROL = "1.3.6.1.5.5.7.5.1."
rows = Rows()


def control(number, value):
    return seq(oid(f"{CONTROL}{number}"), value)


def bad(name, failure, rule, *controls, path=PATH, kind="ir"):
    rows.add("control-" + name, lambda w: w.station(path=path).request(
        kind, controls=controls), {"ir": "ip", "cr": "cp"}[kind], failure,
        rule, path)


PARSE, ARCHIVE = "controls-parse", "no-key-is-archived"
bad("token-of-octets", "badDataFormat", PARSE, control(1, der.octets(b"x")))
bad("token-twice", "badDataFormat", PARSE, control(1, utf8("a")),
    control(1, utf8("b")))
bad("authenticator-null", "badDataFormat", PARSE, control(2, der.NULL))
bad("publication-of-nothing", "badDataFormat", PARSE, control(3, seq()))
bad("publication-2", "badDataFormat", PARSE, control(3, seq(integer(2))))
bad("dont-publish-there", "badDataFormat", PARSE,
    control(3, seq(integer(0), seq(seq(integer(0))))))
bad("publish-nowhere", "badDataFormat", PARSE,
    control(3, seq(integer(1), seq())), kind="cr", path=LAB)
bad("archive-what-you-made", "badRequest", ARCHIVE, control(4, prim(2, b"\xff")))
bad("archive-this", "badRequest", ARCHIVE, control(4, ctx(0, seq())),
    kind="cr", path=LAB)


@pytest.mark.parametrize("build,body,failure,rule,path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    check_refused(world, build, body, failure, rule, path)


@pytest.mark.parametrize("given,is_heeded", [
    ([control(3, seq(integer(0)))], True),
    ([control(1, utf8("from the box"))], False),
    ([control(2, utf8("mother's name"))], False),
    ([control(3, seq(integer(1), seq(seq(integer(2), prim(
        6, b"ldap://127.0.0.1/")))))], False),
    ([seq(oid("1.2.3.4"), der.NULL)], False),
])
def test_controls_are_taken_and_told(world, given, is_heeded):
    mark = world.server.mark()
    station = world.station()
    station.enroll(station.ir(controls=given))
    line = world.server.wait_lines(mark, "issued")[0]
    assert line.get("findings", "") == (
        "" if is_heeded else "controls-are-heeded")


# --- validity ---

def times(cert):
    """notBefore and notAfter, as somebody else reads them."""
    read = x509.load_der_x509_certificate(cert.der)
    return [int(t.replace(tzinfo=datetime.timezone.utc).timestamp())
            for t in (read.not_valid_before, read.not_valid_after)]


def wish(begin=None, end=None):
    return {"validity": b"".join(
        ctx(n, der.x509_time(t)) for n, t in ((0, begin), (1, end)) if t)}


DAY = pki.DAY


@pytest.mark.parametrize("begin,end,is_taken", [
    (None, 30 * DAY, True), (DAY, 30 * DAY, True), (DAY, None, True),
    (None, -DAY, False), (30 * DAY, DAY, False),
    (None, 100 * 365 * DAY, False), (-100 * DAY, None, False)])
@pytest.mark.parametrize("kind", ["ir", "cr"])
def test_a_shorter_validity(world, begin, end, is_taken, kind):
    now = int(time.time())
    begin, end = (None if t is None else now + t for t in (begin, end))
    station = world.station(path=LAB)
    out = station.request(kind, fields=wish(begin, end))
    reply = Reply(station.post(out).body)
    asked = [t or None for t in (begin, end)]
    got = times(reply.cert)
    assert [g == a for g, a in zip(got, asked) if a] == \
        [is_taken] * sum(a is not None for a in asked)
    assert got[0] < got[1] <= now + 1100 * DAY
    assert is_taken or reply.status.status == "grantedWithMods"


def test_not_where_it_is_ignored(world):
    now = int(time.time())
    station = world.station(path=LIGHT)
    out = station.ir(fields=wish(None, now + DAY))
    reply = Reply(station.post(out).body)
    assert reply.status.status == "grantedWithMods"
    assert times(reply.cert)[1] > now + 1000 * DAY


@pytest.mark.parametrize("days", [1, 90])
def test_openssl_asks_for_days(world, tmp_path, days):
    files = Files(world, tmp_path).write_station(world.credential())
    files.new_key("one.key")
    succeeds(files.ask("ir", *files.signed(), "-newkey", files["one.key"],
                       "-certout", files["one.pem"], "-subject", "/CN=unit",
                       "-days", days, path=LAB))
    for seconds, code in (((days * DAY) - 60, 0), (days * DAY + 60, 1)):
        done = openssl("x509", "-in", files["one.pem"], "-noout", "-checkend",
                       seconds)
        assert done.returncode == code
