"""Paths that end in an operation label (RFC 9483, 6.1)."""
import pytest

from cmplib import cmp, der
from cmplib.cmp import id_it, info
from cmplib.http import CMP, PATH, Connection, request
from cmplib.rows import Rows, check_refused
from test_genm import by_issuer

LAB, LIGHT = f"{PATH}/p/lab", f"{PATH}/p/light"
rows = Rows()
BUILD = {
    "initialization": lambda w, s: s.ir(),
    "certification": lambda w, s: s.request("cr"),
    "keyupdate": lambda w, s: s.kur(),
    "pkcs10": lambda w, s: s.p10cr(),
    "revocation": lambda w, s: s.rr(),
    "getcacerts": lambda w, s: s.genm(17),
    "getrootupdate": lambda w, s: s.genm(info(id_it(20),
                                              w.server.root.der)),
    "getcertreqtemplate": lambda w, s: s.genm(19),
    "getcrls": lambda w, s: s.genm(by_issuer(w.server)),
}
# Of these the station has our certificate.
LATER = {"keyupdate", "revocation"}


def station_for(world, label, path):
    return (world.enrolled(path=path) if label in LATER else
            world.station(path=path))


@pytest.mark.parametrize("path", [LAB, LIGHT])
@pytest.mark.parametrize("label", BUILD)
@pytest.mark.parametrize("end", ["", "/"])
def test_served(world, label, path, end):
    station = station_for(world, label, path)
    station.path = f"{path}/{label}{end}"
    out = BUILD[label](world, station)
    reply = station.ask(out)
    assert reply.kind != "error" and not reply.failures
    if label in ("initialization", "certification", "keyupdate", "pkcs10"):
        number = -1 if label == "pkcs10" else 0
        answer = station.ask(station.conf(out, reply, number=number))
        assert answer.kind == "pkiconf"


def bad(label, other, path=LAB):
    rows.add(f"{other}-at-{label}", lambda w: BUILD[other](
        w, station_for(w, other, path)), "error", "badRequest",
        "body-is-of-operation", f"{path}/{label}")


for label in BUILD:
    for other in ("initialization", "revocation", "getcacerts"):
        if other != label:
            bad(label, other)
bad("initialization", "keyupdate", PATH)
bad("keyupdate", "initialization", PATH)
rows.add("two-questions-at-one-label", lambda w: w.station().genm(17, 19),
         "error", "badRequest", "body-is-of-operation", LAB + "/getcacerts")
rows.add("no-question-at-a-label", lambda w: w.station().genm(),
         "error", "badRequest", "body-is-of-operation", LAB + "/getcrls")
rows.add("one-message-at-nested", lambda w: w.station().ir(),
         "error", "badRequest", "body-is-of-operation", LAB + "/nested")


@pytest.mark.parametrize("build,body,failure,rule,path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    check_refused(world, build, body, failure, rule, path)


@pytest.mark.parametrize("path", [
    "/getcacerts", "/certification", "/revocation", "/nested", "/pkcs10",
    "/p/bs/getcrls", "/p/lab/initialisation", "/p/lab/initialization/x",
    "/p/lab/ir", "/p/nobody/initialization", "/p/lab//initialization",
    "/initialization/p/lab", "/p/lab/INITIALIZATION"])
def test_not_found(world, path):
    """3gpp-bs serves ir and kur; of what it does not serve there is no path."""
    out = world.station().ir()
    with Connection(world.server.port) as connection:
        response = connection.ask(request(bytes(out), path=PATH + path,
                                          media=CMP))
    assert response.status == 404


def test_later_messages_at_another_label(world):
    """They belong to the path of the first; the transaction tells anyway."""
    station = world.station(path=LAB + "/initialization")
    out = station.ir()
    reply = station.obtain(out)
    station.path = LAB + "/certification"
    station.confirm(out, reply)


def test_operation_and_cert_profile(world):
    station = world.station(path=LAB + "/initialization")
    mark = world.server.mark()
    out = station.ir(general_info=[info(id_it(21), der.seq(der.utf8("few")))])
    assert cmp.Reply(station.post(out).body).kind == "ip"
    assert world.server.wait_lines(mark, "issued")[0]["profile"] == "few"
