"""Lint over exchanges in which nothing is wrong: of our server with stations
of the suite's, of ours and of OpenSSL's, and of our station with OpenSSL's
server. Nothing is told of them, but what is named here and true."""
import pytest

from cmplib import cmp, http, pki
from cmplib.capture import Relay
from cmplib.dialogue import Linter
from cmplib.made import MADE_ON, asking, reader
from cmplib.possession import answer, request, solve
from cmplib.program import Program
from cmplib.secret import holder, pbmac1
from cmplib.station import Station
from polls import WAIT, Operator, make_world, polled, waits
from test_openssl_station import Files, succeeds
from test_station_openssl_mock import NAME, Pki, enroll, mock, pinned

LAB, LIGHT, LITE = (f"{http.PATH}/p/{name}" for name in
                    ("lab", "light", "lite"))
RSA = pki.slow_key("RSA-2048", 3)
__all__ = ["mock"]


@pytest.fixture(scope="module")
def world(stationmaster, operator, tmp_path_factory):
    made = make_world(stationmaster, operator,
                      tmp_path_factory.mktemp("lint") / "files",
                      {"wait": dict(approval="operator",
                                    approval_check_after="1s")})
    yield made
    made.close()


@pytest.fixture
def recorded(monkeypatch):
    """What a station of the suite says and hears, from here on."""
    heard = []
    post = Station.post

    def listen(self, data, path=None):
        response = post(self, data, path)
        heard.extend((bytes(data), response.body))
        return response
    monkeypatch.setattr(Station, "post", listen)
    return heard


@pytest.fixture
def linter(stationmaster, tmp_path, world):
    return Linter(stationmaster, tmp_path, world.server.root.der,
                  world.acme.root.cert)


def told(reports):
    return {(m["body"], f["rule"]) for m in reports["messages"]
            for f in m["findings"]}


# --- our server and the suite's station ---

def updated(world):
    return world.enrolled().renew()


def polled_for(world):
    station, out, reply = waits(world, WAIT)
    for _ in range(2):
        reply = polled(station, out, reply)
    Operator(world.server).approve(out)
    reply = station.ask(station.poll(out, reply))
    station.confirm(out, reply)


def several(world):
    station = world.station(path=LAB)
    keys = {n: pki.Key() for n in (0, 1, 5)}
    out = station.several("cr", *(station.cert_req_msg(key, number=n)
                                  for n, key in keys.items()))
    reply = station.ask(out)
    station.confirm(out, reply, statuses=[
        cmp.cert_status(r.cert.hash(), r.cert_req_id)
        for r in reply.responses])


def p10(world):
    station = world.station(path=LAB)
    out = station.p10cr()
    reply = station.ask(out)
    station.confirm(out, reply, number=-1)


def suggesting(world, path):
    station = world.station(path=path)
    return station.enroll(station.ir(subject=pki.name(CN="unit")))


def revoked(world):
    suggesting(world, LIGHT).revoke(reason="superseded")


def told_of(world):
    world.enrolled(path=LAB).learn(17, 2)


def asked_all(world):
    world.enrolled(path=LAB).learn()


def challenged(world, folder):
    station = world.station(path=LAB)
    out = request(station, "ir", RSA)
    reply = station.ask(out)
    reply = station.ask(answer(station, out, reply,
                               solve(reply, [RSA], folder)))
    station.confirm(out, reply)


def implicit(world):
    world.station(path=LITE).enroll(world.station(path=LITE).ir(
        subject=pki.name(CN="unit"), general_info=[
            cmp.info(cmp.IMPLICIT_CONFIRM, b"\x05\x00")]))


def rejecting(world):
    station, out, reply = world.issued()
    station.confirm(out, reply, status="rejection")


def by_secret(world, mac=None):
    station = holder(world, LITE, mac=mac)
    out = station.ir()
    reply = station.ask(out)
    station.confirm(out, reply)


def made_key(world):
    station = reader(world, "P-256", MADE_ON)
    out = asking(station)
    reply = station.ask(out)
    station.confirm(out, reply)


def repeated(world):
    station = world.station()
    out = station.ir()
    reply = station.obtain(out)
    assert station.obtain(out).der == reply.der
    station.confirm(out, reply)


GOOD = {
    "ir": (lambda w: w.enrolled(), "3gpp-bs"),
    "ir-with-a-subject": (lambda w: w.station().enroll(w.station().ir(
        subject=pki.name(CN="unit", O="Acme"))), "3gpp-bs"),
    "kur": (updated, "3gpp-bs"),
    "kur-twice": (lambda w: updated(w).renew(), "3gpp-bs"),
    "kur-with-oldCertID": (lambda w: (lambda s: s.renew(s.kur(controls=[
        cmp.old_cert_id(s.cert)])))(w.enrolled()), "3gpp-bs"),
    "p384": (lambda w: w.station(key=pki.Key("P-384")).enroll(), "3gpp-bs"),
    "ed25519": (lambda w: w.station(key=pki.Key("Ed25519")).enroll(),
                "3gpp-bs"),
    "rejected-by-the-station": (rejecting, "3gpp-bs"),
    "sent-twice": (repeated, "3gpp-bs"),
    "polled-for": (polled_for, "3gpp-bs"),
    "cr": (lambda w: (lambda s: s.enroll(s.request("cr")))(
        w.station(path=LAB)), "open"),
    "several": (several, "open"),
    "p10cr": (p10, "open"),
    "rr": (revoked, "rfc9483"),
    "genm": (told_of, "open"),
    "genm-for-all": (asked_all, "open"),
    "rfc9483": (lambda w: suggesting(w, LIGHT), "rfc9483"),
    "implicit": (implicit, "rfc9483"),
    "secret": (by_secret, "rfc9483"),
    "secret-by-pbmac1": (lambda w: by_secret(w, pbmac1()), "rfc9483"),
}


@pytest.mark.parametrize("name", GOOD)
def test_good(world, linter, recorded, name):
    run, profile = GOOD[name]
    run(world)
    assert len(recorded) >= 2
    reports, code = linter.messages(recorded, profile)
    assert reports["totals"]["messages"] == len(recorded)
    assert (told(reports), code) == (set(), 0), reports


def test_challenge(world, linter, recorded, tmp_path):
    challenged(world, tmp_path)
    reports, _ = linter.messages(recorded, "open")
    assert told(reports) == set()


# --- refused: only what was wrong is told, and nothing of the answer ---

def test_refused(world, linter, recorded):
    station = world.station()
    station.ask(station.ir(fields={"serial": b"\x05"}))
    reports, code = linter.messages(recorded)
    assert told(reports) == {("ir", "template-leaves-ca-fields")}
    assert code == 8


# --- through a relay: OpenSSL's station, ours, and OpenSSL's server ---

@pytest.fixture
def relay(free_port, tmp_path):
    made = []

    def start(target):
        port = free_port()
        made.append(Relay(port, target, tmp_path / f"{port}.pcap"))
        return port, made[-1]
    yield start
    for one in made:
        one.close()


def linted(relay, linter, profile="3gpp-bs"):
    relay.close()
    file = linter.folder / f"{relay.port}.pcap"
    reports, _ = linter.file(file, profile)
    assert reports["totals"]["messages"] >= 2
    return told(reports)


# OpenSSL 3.0's client: extraCerts in each message, and implicitConfirm or
# nothing that 3GPP minds otherwise.
OPENSSL_SAYS = {("certConf", "conf-has-no-extra-certs")}


def test_openssl_station(world, linter, relay, tmp_path):
    files = Files(world, tmp_path).write_station(world.credential())
    port, passed = relay(world.server.port)
    server = files.server
    files.server = type("Through", (), dict(port=port, folder=server.folder))
    files.new_key("one.key")
    files.new_key("two.key")
    succeeds(files.cmp("ir", "vendor.pem", "vendor.key", "one.key", "one.pem",
                       "-subject", "/O=Acme/CN=unit"))
    succeeds(files.cmp("kur", "one.pem", "one.key", "two.key", "two.pem"))
    assert linted(passed, linter) <= OPENSSL_SAYS


def test_our_station(world, linter, relay, station, tmp_path):
    port, passed = relay(world.server.port)
    program = Program(station, tmp_path / "station", world.credential(),
                      world.server.folder / "root.pem")
    program.must(program.enroll(port))
    program.must(program.command("renew"))
    assert linted(passed, linter) == set()


@pytest.fixture(name="pki")
def files_of_a_pki(work):
    """What `mock` takes."""
    return Pki(work)


def test_openssl_server(request, linter, relay, station, mock):
    files = request.getfixturevalue("pki")
    files.make("bs", "/O=Operator/CN=gnb-1", "root",
               "keyUsage=critical,digitalSignature\n")
    url = mock("bs")
    port, passed = relay(int(url.rsplit(":", 1)[1].strip("/")))
    enroll(station, files, f"http://127.0.0.1:{port}/", "bs",
           *pinned(files), "--server-subject", NAME)
    # It sends its chain in the pkiconf, and serves "/" alone.
    says = {("pkiconf", "conf-has-no-extra-certs"),
            ("ir", "http-path-is-well-known"),
            ("certConf", "http-path-is-well-known")}
    linter = Linter(linter.stationmaster, linter.folder,
                    pki.from_pem(files.path("root.pem").read_text()),
                    pki.from_pem(files.path("vendor-root.pem").read_text()))
    assert linted(passed, linter) == says
