"""The bodies that go under a shared secret beside requests and certConf."""
import pytest

from cmplib import cmp
from cmplib.cmp import id_it
from cmplib.der import integer, seq
from cmplib.http import PATH
from cmplib.secret import holder, pbm, pbmac1, run

LAB, LIGHT, OLD = (f"{PATH}/p/{name}" for name in ("lab", "light", "old"))
BOTH = pytest.mark.parametrize("path", [LAB, LIGHT])


def state_of(world, reference):
    return next(s for s in run(world.server, "list")
                if s["reference"] == reference)


# --- genm ---

def ask(station, *infos, **more):
    return station.ask(station.under(station.genm(*infos), **more))


@BOTH
@pytest.mark.parametrize("mac", [pbm("SHA256"), pbmac1("SHA256")])
def test_genm(world, path, mac):
    """Who will enrol with a secret may ask first; that uses nothing of it."""
    station = holder(world, path, mac=mac)
    reply = ask(station, 17)
    assert reply.kind == "genp", reply.failures
    assert [n.der for n in reply.told[id_it(17)]] == [world.server.issuing.der]
    listed = state_of(world, station.reference.decode())
    assert (listed["state"], listed["uses_left"]) == ("active", 1)
    station.enroll()


def test_template_holds_the_names_it_will_get(world):
    station = holder(world, LAB)
    template = {n.tag: n for n in ask(station, 19).told[id_it(19)][0]}
    assert template[0xa5][0].der == station.enroll().cert.subject


# --- error ---

def error(station, out, reply, **header):
    header = {"transaction_id": out.transaction_id,
              "recip_nonce": reply.sender_nonce, **header}
    return cmp.outgoing("error", seq(seq(integer(2))), station.credential,
                        **header)


@pytest.mark.parametrize("path", [LAB, LIGHT, OLD])
def test_error_rejects(world, path):
    station = holder(world, path)
    out = station.ir()
    reply = station.ask(out)
    assert reply.status.status in ("accepted", "grantedWithMods")
    answer = station.ask(station.under(error(station, out, reply)))
    assert answer.kind == "pkiconf"
    assert world.server.status_of(reply.cert) == "rejected"


# --- refused ---

def check(world, out, failure, rule, path, holder_=None):
    """Refused under the same secret, and nothing changed."""
    server = world.server
    before, mark = server.tables(), server.mark()
    reply = holder_.ask(out) if holder_ else \
        cmp.Reply(world.station(path=path).post(out).body)
    assert (reply.kind, reply.failures) == ("error", {failure})
    assert server.wait_lines(mark, "refused")[0]["rule"] == rule
    assert server.tables() == before


@pytest.mark.parametrize("kind,path", [("kur", LAB), ("kur", LIGHT),
                                       ("rr", LAB), ("rr", LIGHT)])
def test_kur_and_rr_are_signed(world, kind, path):
    station = holder(world, path)
    cert = station.enroll()
    other = holder(world, path)
    out = (other.rr(cert.cert) if kind == "rr" else
           other.request("kur", controls=[cmp.old_cert_id(cert.cert)]))
    check(world, other.under(out), "wrongIntegrity",
          "protection-is-signature", path)


def test_genm_with_a_secret_that_is_used_up(world):
    station = holder(world, LAB)
    station.enroll()
    check(world, station.under(station.genm(17)), "notAuthorized",
          "secret-has-uses-left", LAB, station)


def test_genm_with_a_wrong_secret(world):
    station = holder(world, LAB)
    check(world, station.under(station.genm(17), secret=b"x" * 32),
          "badMessageCheck", "mac-verifies", LAB)


def test_genm_to_3gpp_bs(world):
    station = holder(world, PATH)
    check(world, station.under(station.genm(17)), "badRequest",
          "body-is-served", PATH)


def test_error_under_another_secret(world):
    station, other = holder(world, LAB), holder(world, LAB)
    out = station.ir()
    reply = station.ask(out)
    check(world, other.under(error(station, out, reply)), "badRequest",
          "error-finds-open", LAB, other)
    assert world.server.status_of(reply.cert) == "issued"


def test_error_under_a_mac_in_a_signed_transaction(world):
    signed, out, reply = world.issued(LAB)
    other = holder(world, LAB)
    check(world, other.under(error(signed, out, reply)), "wrongIntegrity",
          "protection-keeps-kind", LAB)
    assert world.server.status_of(reply.cert) == "issued"


def test_error_with_a_wrong_nonce(world):
    station = holder(world, LAB)
    out = station.ir()
    reply = station.ask(out)
    msg = error(station, out, reply, recip_nonce=b"n" * 16)
    server = world.server
    answer = station.ask(station.under(msg))
    assert answer.failures == {"badRecipientNonce"}
    assert server.status_of(reply.cert) == "issued"
