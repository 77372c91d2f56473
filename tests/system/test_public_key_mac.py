"""poposkInput with publicKeyMAC: a request under a shared secret that names no
subject (RFC 4211, 4.1)."""
import pytest

from cmplib import cmp, http, pki
from cmplib.der import bits, retag, seq
from cmplib.rows import Rows, check_told
from cmplib.secret import check_mac, holder, pbm, pbmac1, plain

LITE, OLD, LAB = (f"{http.PATH}/p/{name}" for name in ("lite", "old", "lab"))
rows = Rows()


def popo(key, secret, mac=None, over=None, spki=None):
    """POPOSigningKey; the MAC of `secret` over `over`, else the key."""
    alg, compute = mac or pbm()
    value = compute(secret, over or key.spki)
    content = seq(seq(alg, bits(value)), spki or key.spki)
    return cmp.popo_signature(key, content, given=retag(content, 0xa0))


def ir(w, path=LITE, mac=None, new=(), **options):
    station = holder(w, path, *new)
    key = pki.Key()
    secret = options.pop("secret", station.secret)
    return station, station.ir(key, subject=None,
                               popo=popo(key, secret, mac, **options))


@pytest.mark.parametrize("path, mac", [
    (LITE, pbm()), (LITE, pbmac1()), (LAB, pbmac1("SHA512", "SHA512")),
    (LAB, plain()), (OLD, pbm("SHA1", "SHA1"))])
def test_taken(world, path, mac):
    station, out = ir(world, path, mac)
    reply = station.ask(out)
    assert reply.cert.spki == out.key.spki, reply.status.texts
    assert station.ask(station.conf(out, reply)).kind == "pkiconf"


def row(name, build, rule="public-key-mac-verifies", path=LITE):
    rows.add(name, build, "ip", "badPOP", rule, path)


row("of-another-secret", lambda w: ir(w, secret=b"another")[1])
row("of-no-secret", lambda w: ir(w, secret=b"")[1])
row("over-another-key", lambda w: ir(w, over=pki.Key().spki)[1])
row("over-the-bits-of-the-key",
    lambda w: ir(w, over=pki.Key().spki[26:])[1])
row("iterations-2-to-the-31", lambda w: ir(w, mac=pbm(written=2**31))[1])
row("salt-of-7", lambda w: ir(w, mac=pbm(salt=bytes(7)))[1])
row("sha1", lambda w: ir(w, mac=pbm("SHA1", "SHA1"))[1])
row("mac-that-the-profile-has-not", lambda w: ir(w, mac=plain())[1])


def by_signature(w):
    """Under no secret there is none to make it with."""
    key = pki.Key()
    return w.station(path=LAB).ir(key, subject=None, popo=popo(key, b"secret"))


row("in-a-signed-request", by_signature, "poposk-input-has-sender", LAB)


@pytest.mark.parametrize("build, body, failure, rule, path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    server = world.server
    began = len(server.said)
    out = build(world)
    before, mark = server.tables(), server.mark()
    response = world.station(path=path).post(out)
    reply = cmp.Reply(response.body)
    line = server.wait_lines(mark, "refused")[0]
    assert (reply.kind, reply.failures, line.get("rule")) == (
        body, {failure}, rule), line
    if hasattr(out, "holder") and reply.sender_kid == out.holder.reference:
        check_mac(reply, out)
    assert server.tables() == before
    check_told(server, began, out, path, line)
