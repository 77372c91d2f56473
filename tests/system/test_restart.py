"""A server that is stopped, told to end, or told to read its files anew."""
import re
import signal
import subprocess
import time

import pytest

from cmplib import cmp, http, pki
from cmplib.ra import Ras
from cmplib.station import Refused, Station
from cmplib.storm import Killable, free_ports
from cmplib.world import World
from conftest import program

BRIEF = http.PATH + "/p/brief"
CONFIRM_WAIT = 4
SIGN_MS = 500
SERVER_AUTH = "1.3.6.1.5.5.7.3.1"


@pytest.fixture(scope="module")
def other_world(stationmaster, operator, tmp_path_factory):
    """Whose server does not run: to be started otherwise."""
    world = World(stationmaster, operator,
                  tmp_path_factory.mktemp("other") / "files")
    world.close()
    config = world.server.config
    config.write_text(config.read_text().replace(
        "confirm_wait: 1s", f"confirm_wait: {CONFIRM_WAIT}s"))
    return world


@pytest.fixture
def make_server(other_world):
    """A Killable of that world, with this text of its configuration changed;
    %PORT% in it is the port."""
    made = []

    def make(node="test", old="", new=""):
        port, = free_ports(1)
        server = Killable(other_world.server, node, port)
        text = server.config.read_text()
        assert old in text
        server.config.write_text(
            text.replace(old, new.replace("%PORT%", str(port))))
        other_world.server.port = port
        made.append(server)
        return server

    yield make
    for server in made:
        server.end()


def status_of(world, cert):
    return world.server.query(
        "SELECT status, revoked_at != 0 FROM certificate WHERE der=?",
        cert.der)[0]


# --- time in which nothing served ---

def test_deadlines_wait_for_a_stopped_server(other_world, make_server):
    """A whole confirm time is left after a start, whatever had passed."""
    server = make_server().start().wait_until_open()
    station, out, reply = other_world.issued(BRIEF)
    time.sleep(CONFIRM_WAIT - 0.5)
    server.stop()
    time.sleep(CONFIRM_WAIT + 1)
    server.start().wait_until_open()
    time.sleep(CONFIRM_WAIT - 0.5)
    station.confirm(out, reply)
    assert status_of(other_world, reply.cert) == (2, 0)


def test_deadlines_wait_for_a_frozen_server(other_world, make_server):
    server = make_server().start().wait_until_open()
    station, out, reply = other_world.issued(BRIEF)
    server.process.send_signal(signal.SIGSTOP)
    time.sleep(CONFIRM_WAIT + 5)
    server.process.send_signal(signal.SIGCONT)
    time.sleep(1.5)  # the sweeper has looked
    station.confirm(out, reply)
    assert status_of(other_world, reply.cert) == (2, 0)


# --- time-outs ---

def openssl(*args):
    return subprocess.run(["openssl", *map(str, args)], capture_output=True,
                          text=True, timeout=60)


def verify_with_crl(world, folder, cert):
    """openssl verify, with the CRL from where the certificate says it is."""
    file, crl = folder / "cert.pem", folder / "fetched.crl"
    file.write_text(pki.pem("CERTIFICATE", cert.der))
    text = openssl("x509", "-in", file, "-noout", "-ext",
                   "crlDistributionPoints").stdout
    uri = re.search(r"URI:http://127.0.0.1:(\d+)(\S+)", text)
    with http.Connection(int(uri[1])) as connection:
        response = connection.ask(http.request(path=uri[2], method="GET",
                                               media=None))
    assert response.status == 200
    crl.write_text(pki.pem("X509 CRL", response.body))
    return openssl("verify", "-x509_strict", "-crl_check", "-CAfile",
                   world.server.folder / "root.pem", "-untrusted",
                   world.server.folder / "issuing.pem", "-CRLfile", crl, file)


def test_a_time_out_is_seen_at_the_distribution_point(other_world, make_server,
                                                      tmp_path):
    make_server("cdp", "crl: { path",
                'crl: { url: "http://127.0.0.1:%PORT%/crl/issuing.crl", path'
                ).start().wait_until_open()
    station, out, reply = other_world.issued(BRIEF)
    assert verify_with_crl(other_world, tmp_path, reply.cert).returncode == 0
    end = time.monotonic() + 20
    while status_of(other_world, reply.cert) != (4, 1):
        assert time.monotonic() < end, "not revoked"
        time.sleep(0.05)
    other_world.server.wait_crl()
    time.sleep(0.2)  # it is stored; now it is served
    done = verify_with_crl(other_world, tmp_path, reply.cert)
    assert done.returncode != 0
    assert "certificate revoked" in done.stdout + done.stderr
    answer = station.ask(station.conf(out, reply))
    assert answer.kind == "error" and answer.failures


# --- SIGTERM ---

def test_sigterm_finishes_what_is_under_way(other_world, make_server,
                                            build_dir):
    server = make_server()
    server.command = [program(build_dir / "tests" / "system", "slow_server"),
                      server.config, "issuing",
                      server.folder / "issuing.key", str(SIGN_MS)]
    server.start().wait_until_open()
    stations = [other_world.station() for _ in range(8)]
    outs = [station.ir() for station in stations]
    connections = [http.Connection(server.port) for _ in outs]
    for connection, out in zip(connections, outs):
        connection.send(http.request(bytes(out)))
    time.sleep(SIGN_MS / 1000 / 2)
    server.process.terminate()
    time.sleep(0.1)
    with pytest.raises(OSError):
        http.Connection(server.port)
    replies = [connection.receive() for connection in connections]
    assert {r.status for r in replies} == {200}
    for connection in connections:
        with pytest.raises(http.Closed):
            connection.more()
    assert server.process.wait(10) == 0, server.tail()
    # What they were promised holds.
    server.start().wait_until_open()
    for station, out, response in zip(stations, outs, replies):
        reply = cmp.Reply(response.body)
        reply.check(out, other_world.server.root)
        station.confirm(out, reply)
        assert status_of(other_world, reply.cert) == (2, 0)


# --- SIGHUP ---

def hang_up(server, *events):
    """SIGHUP; waits until these were logged."""
    mark = server.mark()
    server.process.send_signal(signal.SIGHUP)
    for event in events:
        server.wait_lines(mark, event)
    return mark


def other_tls(server):
    """Another TLS certificate, from a CA of its own; that CA's file."""
    ca = pki.CA(pki.name(CN="Other TLS CA"))
    made = ca.issue(pki.name(CN="localhost"), more=(
        pki.alt_names(pki.dns("localhost")), pki.ext_key_usage(SERVER_AUTH)))
    (server.folder / "tls.pem").write_text(pki.pem("CERTIFICATE", made.cert))
    (server.folder / "tls.key").write_bytes(made.key.pem())
    root = server.folder / "other-tls-root.pem"
    root.write_text(pki.pem("CERTIFICATE", ca.cert))
    return root


def test_sighup_takes_the_new_tls_certificate(world):
    server = world.server
    before = http.tls_context(server.folder / "root.pem")
    kept = {n: (server.folder / n).read_bytes() for n in ("tls.pem", "tls.key")}
    get = http.request(path="/crl/issuing.crl", method="GET", media=None)
    with http.Connection(server.tls_port, before) as connection:
        assert connection.ask(get).status == 200
        after = http.tls_context(other_tls(server))
        world.station(tls=before).enroll()  # not read yet
        hang_up(server, "reloaded")
        assert connection.ask(get).status == 200  # goes on
    world.station(tls=after).enroll()
    with pytest.raises(OSError, match="CERTIFICATE_VERIFY_FAILED"):
        world.station(tls=before).enroll()
    # A certificate without its key changes nothing.
    (server.folder / "tls.key").write_bytes(pki.Key().pem())
    mark = hang_up(server, "reload-tls", "reloaded")
    assert server.wait_lines(mark, "reload-tls")[0]["level"] == "error"
    world.station(tls=after).enroll()
    for name, data in kept.items():
        (server.folder / name).write_bytes(data)
    hang_up(server, "reloaded")
    world.station(tls=before).enroll()


def refusal(station):
    with pytest.raises(Refused) as caught:
        station.enroll()
    return caught.value.reply.failures


def write_crl(world, *serials):
    world.write("acme-ca.crl", pki.pem("X509 CRL", world.acme.ca.crl(*serials)))


def test_crls_are_read_again(world):
    """By themselves when the file changes, and at once upon SIGHUP."""
    server = world.server
    one, two, three = (world.station() for _ in range(3))
    one.enroll()
    mark = server.mark()
    write_crl(world, one.cert.serial)
    server.wait_lines(mark, "trust-reloaded")
    failures = refusal(one)
    two.enroll()
    write_crl(world, one.cert.serial, two.cert.serial)
    hang_up(server, "trust-reloaded")
    assert refusal(two) == failures == {"signerNotTrusted"}
    # What cannot be read changes nothing, and is said.
    world.write("acme-ca.crl", "no CRL\n")
    mark = hang_up(server, "reloaded", "keeper")
    assert server.wait_lines(mark, "keeper")[0]["level"] == "error"
    assert refusal(two) == failures
    three.enroll()
    write_crl(world)
    hang_up(server, "trust-reloaded")
    two.enroll()


def test_what_knows_an_ra_is_read_again(world):
    """Its PKI's CRLs, and the file of its certificate."""
    lab = f"{http.PATH}/p/lab"
    ra = world.ra(Ras.issue(world.ras.below, "another"), lab)
    assert ra.ask_added(world.station(path=lab).ir()).cert
    world.write("north.crl", pki.pem("X509 CRL", world.ras.below.crl(
        ra.cert.serial, number=2)))
    hang_up(world.server, "trust-reloaded")
    assert ra.ask(ra.nested(world.station(path=lab).ir())).failures == {
        "signerNotTrusted"}
    old = world.ra(path=lab)
    new = world.ra(Ras.issue(world.ras.shared, "west"), lab)
    world.write("west.pem", pki.pem("CERTIFICATE", new.credential.cert))
    hang_up(world.server, "trust-reloaded")
    assert ra_refusal(world, old) == {"notAuthorized"}
    assert new.ask_added(world.station(path=lab).ir()).cert
    for name, text in world.ras.files().items():
        world.write(name, text)
    hang_up(world.server, "trust-reloaded")
    assert ra_refusal(world, new) == {"notAuthorized"}


def ra_refusal(world, ra):
    return ra.ask(ra.nested(world.station(path=ra.path).ir())).failures


def test_the_allow_list_is_read_again(world):
    server = world.server
    station = world.station(world.borealis, 123456)
    assert refusal(station) == {"notAuthorized"}
    text = (server.folder / "borealis.txt").read_text()
    world.write("borealis.txt", text + "123456\n")
    hang_up(server, "trust-reloaded")
    station.enroll()
    world.write("borealis.txt", text)
    hang_up(server, "trust-reloaded")
    assert refusal(station) == {"notAuthorized"}


def test_the_log_is_opened_again(other_world, make_server):
    server = make_server("rotating", "log: {", "log: { file: rotated.log,")
    server.start().wait_until_open()
    log, old = server.folder / "rotated.log", server.folder / "rotated.log.1"
    other_world.enrolled()
    log.rename(old)
    other_world.enrolled()  # goes on into the file it has
    kept = old.read_text()
    assert kept.count("event=confirmed") == 2
    assert not log.exists()
    server.process.send_signal(signal.SIGHUP)
    end = time.monotonic() + 10
    while not log.exists() or "event=reloaded" not in log.read_text():
        assert time.monotonic() < end, "no new log"
        time.sleep(0.02)
    Station(other_world.server, other_world.credential()).enroll()
    assert log.read_text().count("event=confirmed") == 1
    assert old.read_text() == kept
    server.stop()


def test_figures(stationmaster, operator, tmp_path):
    """SIGUSR1 tells what was done, HTTP's own refusals included."""
    world = World(stationmaster, operator, tmp_path / "world")
    try:
        world.enrolled()
        with http.Connection(world.server.port) as connection:
            assert connection.ask(http.request(path="/nowhere")).status == 404
        mark = world.server.mark()
        world.server.process.send_signal(signal.SIGUSR1)
        line = world.server.wait_lines(mark, "figures")[0]
        assert line["issued"] == line["confirmed"] == "1"
        assert 2 <= int(line["changes"]) and 1 <= int(line["commits"])
        line = world.server.wait_lines(mark, "http-figures")[0]
        assert line["requests"] == "2" and line["http_404"] == "1"
    finally:
        world.close()
