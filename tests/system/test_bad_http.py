"""What gets an HTTP status alone: no CMP message, or no time or room for one.
"""
import random

import pytest

from cmplib import cmp, der, http, pki
from cmplib.der import integer, seq
from cmplib.http import PATH, Connection, chunked, request

SERVER = dict(header_timeout="1s", body_timeout="1s")


def ir(w, **options):
    return bytes(w.station().ir(**options))


# --- bodies that are no PKIMessage, or whose header cannot be read ---

def nested(levels):
    inner = b"\x05\x00"
    for _ in range(levels):
        inner = seq(inner)
    return inner


def infos(num):
    return [cmp.info("1.2.3", der.NULL)] * num


NO_MESSAGE = {
    "empty": lambda w: b"",
    "text": lambda w: b"Please give me a certificate.\n",
    "zeros": lambda w: bytes(500),
    "random": lambda w: random.Random(1).randbytes(2000),
    "one-octet": lambda w: b"\x30",
    "certificate": lambda w: w.acme.root.cert,
    "crl": lambda w: w.acme.root.crl(),
    "pkcs10-like": lambda w: seq(seq(integer(0), seq()), seq(), der.bits(b"")),
    "two-messages": lambda w: ir(w) * 2,
    "messages-in-a-sequence": lambda w: seq(ir(w)),
    "byte-left-over": lambda w: ir(w) + b"\x00",
    "byte-before": lambda w: b"\x00" + ir(w),
    "indefinite-length": lambda w: b"\x30\x80" + ir(w)[4:] + b"\x00\x00",
    "length-not-minimal": lambda w: b"\x30\x83\x00" + ir(w)[2:],
    "length-of-2-gib": lambda w: b"\x30\x84\x7f\xff\xff\xff" + ir(w)[4:],
    "length-of-8-octets": lambda w: b"\x30\x88" + b"\xff" * 8 + ir(w)[4:],
    "pem": lambda w: pki.pem("CMP", ir(w)).encode(),
    "deep-nesting": lambda w: nested(10000),
    "deep-nesting-as-sender": lambda w: ir(w, sender=nested(5000)),
    "5000-general-infos": lambda w: ir(w, general_info=infos(5000)),
    "33-general-infos": lambda w: ir(w, general_info=infos(33)),
    "empty-general-info": lambda w: ir(w, general_info=[]),
    "transaction-id-of-65": lambda w: ir(w, transaction_id=bytes(65)),
    "nonce-of-60000": lambda w: ir(w, sender_nonce=bytes(60000)),
    "pvno-of-40-octets": lambda w: ir(w, pvno=1 << 310),
    "invalid-utf8-in-free-text": lambda w: ir(w, free_text=[b"\xc0\x80"]),
    "nul-in-free-text": lambda w: ir(w, free_text=["a\0b"]),
    "no-such-date": lambda w: replace_time(w, b"20261332000000Z"),
    "local-time": lambda w: replace_time(w, b"20261122000000+"),
}


def replace_time(w, text):
    out = w.station().ir(message_time=0)
    return bytes(out).replace(b"19700101000000Z", text)


@pytest.mark.parametrize("make", NO_MESSAGE.values(), ids=NO_MESSAGE)
def test_no_message(world, make):
    server, data = world.server, make(world)
    before, mark = server.tables(), server.mark()
    response = world.as_(None).post(data)
    assert response.status == 400
    assert response.headers["content-type"].startswith("text/plain")
    line = server.wait_lines(mark, "dropped")[0]
    assert line["rule"] == "message-is-der"
    assert line["fail_info"] == "badDataFormat"
    assert line["clause"].startswith("RFC 9810")
    assert server.tables() == before


# --- requests that are no good HTTP, or none for us ---

def long_header(data):
    return request(data, headers=["X-Long: " + "a" * 9000])


REQUESTS = {
    "media-type": (415, lambda d: request(d, media="application/json")),
    "no-media-type": (415, lambda d: request(d, media=None)),
    "media-type-only-begins-so":
        (415, lambda d: request(d, media=http.CMP + "x")),
    "compressed":
        (415, lambda d: request(d, headers=["Content-Encoding: gzip"])),
    "get": (405, lambda d: request(method="GET")),
    "put": (405, lambda d: request(d, method="PUT")),
    "delete": (405, lambda d: request(method="DELETE")),
    "unknown-method": (405, lambda d: request(d, method="ENROLL")),
    "unknown-path": (404, lambda d: request(d, "/")),
    "unknown-path-below": (404, lambda d: request(d, PATH + "/p/none")),
    "path-only-begins-so": (404, lambda d: request(d, PATH + "x")),
    "path-with-dots": (404, lambda d: request(d, PATH + "/../cmp")),
    "no-length": (411, lambda d: request(d, has_length=False)),
    "too-long": (413, lambda d: request(bytes(65537))),
    "length-of-a-terabyte":
        (413, lambda d: request(has_length=False,
                                headers=["Content-Length: 1000000000000"])),
    "chunks-too-long": (413, lambda d: chunked(bytes(70000), 4000)),
    "chunk-too-long":
        (413, lambda d: chunked(b"").replace(b"0\r\n", b"ffffff\r\n")),
    "10000-general-infos": (413, lambda d: request(
        cmp.header(general_info=infos(10000)))),
    "long-header": (431, long_header),
    "many-headers":
        (431, lambda d: request(d, headers=["X: y"] * 2000)),
    "two-lengths":
        (400, lambda d: request(d, headers=[f"Content-Length: {len(d)}"])),
    "two-lengths-that-differ":
        (400, lambda d: request(d, headers=["Content-Length: 1"])),
    "length-list":
        (400, lambda d: request(d, has_length=False, headers=[
            f"Content-Length: {len(d)}, {len(d)}"])),
    "length-with-sign":
        (400, lambda d: request(d, has_length=False,
                                headers=[f"Content-Length: +{len(d)}"])),
    "chunked-with-length":
        (400, lambda d: request(d, headers=["Transfer-Encoding: chunked"])),
    "chunk-size-no-number":
        (400, lambda d: chunked(d).replace(b"64\r\n", b"0x64\r\n", 1)),
    "bare-line-feeds":
        (400, lambda d: request(d).replace(b"\r\n", b"\n")),
    "folded-header": (400, lambda d: request(d, headers=["X: a", " b"])),
    "space-before-colon": (400, lambda d: request(d, headers=["X : a"])),
    "nul-in-header": (400, lambda d: request(d, headers=["X: a\0b"])),
    "http-2": (505, lambda d: request(d, version="2.0")),
    "unknown-expectation":
        (417, lambda d: request(d, headers=["Expect: wonders"])),
}


@pytest.mark.parametrize("status,make", REQUESTS.values(), ids=REQUESTS)
def test_refused_by_http(world, status, make):
    """The message in it would be answered with a certificate."""
    server = world.server
    data = make(ir(world))
    before = server.tables()
    with Connection(server.port) as connection:
        response = connection.ask(data)
    assert response.status == status
    assert response.headers.get("content-type") != http.CMP
    assert server.tables() == before


def test_too_long_is_refused_before_it_is_sent(world):
    data = request(bytes(1 << 20), headers=["Expect: 100-continue"])
    with Connection(world.server.port) as connection:
        connection.send(data.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")
        assert connection.receive().status == 413


# --- cut, damaged, slow ---

def post_on(connection, port, data):
    """Over a kept connection, a new one where it was closed."""
    connection = connection or Connection(port)
    response = connection.ask(request(data))
    if response.closes:
        connection.socket.close()
        connection = None
    return response, connection


def test_cut_at_every_length(world):
    server, data = world.server, ir(world)
    before, connection = server.tables(), None
    for end in range(len(data)):
        response, connection = post_on(connection, server.port, data[:end])
        assert response.status == 400, f"{end} of {len(data)} octets"
    assert server.tables() == before


def test_a_bit_flipped_in_every_octet(world):
    """All but in extraCerts behind the signer's certificate, which help the
    path and need not be right."""
    server = world.server
    out = world.station().ir(subject=pki.name(CN="unit"))
    data = bytes(out)
    end = data.index(out.signer.cert) + len(out.signer.cert)
    before, connection = server.tables(), None
    picker = random.Random(2)
    statuses = {200: 0, 400: 0}
    for at in range(end):
        damaged = bytearray(data)
        damaged[at] ^= 1 << picker.randrange(8)
        response, connection = post_on(connection, server.port, bytes(damaged))
        statuses[response.status] += 1
        if response.status == 400:
            continue
        reply = cmp.Reply(response.body)
        reply.check_protection(server.root)
        assert reply.failures, f"octet {at}"
        assert reply.kind in ("ip", "error")
    assert server.tables() == before
    assert statuses[200] > statuses[400] > 0


@pytest.mark.parametrize("part", ["head", "body"])
@pytest.mark.parametrize("tls", [False, True], ids=["http", "https"])
def test_slow(world, part, tls):
    """A byte now and then keeps no connection open."""
    server = world.server
    data = request(ir(world))
    at = 0 if part == "head" else data.index(b"\r\n\r\n") + 4
    port = server.tls_port if tls else server.port
    context = http.tls_context(server.folder / "root.pem") if tls else None
    before = server.tables()
    with Connection(port, context) as connection:
        connection.send(data[:at])
        connection.drip(data[at:], 5)
        try:
            assert connection.receive().status == 408
        except http.Closed:
            pass
    assert server.tables() == before
    world.enrolled()


def test_silent_after_the_head(world):
    with Connection(world.server.port) as connection:
        connection.send(request(ir(world)).partition(b"\r\n\r\n")[0] +
                        b"\r\n\r\n")
        try:
            assert connection.receive().status == 408
        except http.Closed:
            pass


def test_leaving_before_the_answer(world):
    """A request is done even if nobody waits for its reply."""
    server = world.server
    station = world.station()
    out = station.ir()
    mark = server.mark()
    with Connection(server.port) as connection:
        connection.send(request(bytes(out)))
    server.wait_lines(mark, "issued")
    station.enroll(out)
