"""`inspect` and `lint` on captures: what a real exchange looks like over
whatever file tshark's tools make of it, and what HTTP alone can break."""
import json
import shutil
import subprocess
import time

import jsonschema
import pytest

import conftest
from cmplib.capture import Relay
from cmplib.cmp import BODIES
from cmplib.http import PATH, Connection, request
from cmplib.program import Program
from cmplib.storm import free_ports

RENEWED = ["ir", "ip", "certConf", "pkiconf", "kur", "kup", "certConf",
           "pkiconf"]


def run(stationmaster, *args, code=0):
    done = subprocess.run([stationmaster, *map(str, args)], text=True,
                          capture_output=True)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def messages(stationmaster, file):
    told = json.loads(run(stationmaster, "inspect", "--json", file).stdout)
    schema = json.loads((conftest.TOP / "docs/schema/inspect.json")
                        .read_text())
    jsonschema.Draft202012Validator(schema).validate(told)
    return told["messages"]


def bodies(stationmaster, file):
    """Of each message, as `inspect` has read it."""
    done = run(stationmaster, "lint", "--json", "--all", file)
    return [m["body"] for m in json.loads(done.stdout)["messages"]]


def broken(stationmaster, *args, code):
    done = run(stationmaster, "lint", "--json", *args, code=code)
    return [f["rule"] for m in json.loads(done.stdout)["messages"]
            for f in m["findings"]]


@pytest.fixture(scope="module")
def exchange(world, station, tmp_path_factory):
    """An enrolment and a renewal, as a pcap."""
    folder = tmp_path_factory.mktemp("exchange")
    port, = free_ports(1)
    relay = Relay(port, world.server.port, folder / "exchange.pcap")
    program = Program(station, folder / "station", world.credential(),
                      world.server.folder / "root.pem")
    program.must(program.enroll(port))
    program.must(program.command("renew"))
    relay.close()
    return folder / "exchange.pcap"


def test_an_exchange(stationmaster, exchange):
    assert bodies(stationmaster, exchange) == RENEWED
    told = messages(stationmaster, exchange)
    assert [m["way"] for m in told] == ["request", "response"] * 4
    assert [m["number"] for m in told] == list(range(1, 9))
    assert all("127.0.0.1:" in m["where"] for m in told)
    assert broken(stationmaster, exchange, code=0) == []


def test_http_is_shown(stationmaster, exchange):
    told = messages(stationmaster, exchange)
    assert {m["http"]["method"] for m in told[::2]} == {"POST"}
    assert all(m["http"]["target"].startswith(PATH) for m in told[::2])
    assert [m["http"]["answers"] for m in told[1::2]] == [1, 3, 5, 7]
    assert {m["http"]["status"] for m in told[1::2]} == {200}
    assert {m["http"]["type"] for m in told} == {"application/pkixcmp"}
    text = run(stationmaster, "inspect", exchange).stdout
    assert f"HTTP: POST {PATH}" in text
    assert "HTTP: status 200, to message 7, HTTP/1.1" in text


def test_http_without_message(stationmaster, world, tmp_path):
    port, = free_ports(1)
    relay = Relay(port, world.server.port, tmp_path / "x.pcap")
    with Connection(port) as connection:
        connection.ask(request(method="GET"))
    relay.close()
    asked, answered = messages(stationmaster, tmp_path / "x.pcap")
    assert asked["http"]["method"] == "GET" and "tree" not in asked
    assert answered["http"]["status"] == 405
    text = run(stationmaster, "inspect", tmp_path / "x.pcap").stdout
    assert ": no message\nHTTP: GET /.well-known/cmp, HTTP/1.1" in text


def test_nothing_in_it(stationmaster, exchange, tmp_path):
    """Only the opening of the connection."""
    out = tmp_path / "opening"
    subprocess.run(["editcap", "-r", exchange, out, "1-3"], check=True)
    for verb in "inspect", "lint":
        done = run(stationmaster, verb, out, code=1)
        assert "no CMP in its 3 packets" in done.stderr


def test_as_tshark_reads_it(stationmaster, exchange):
    done = subprocess.run(
        ["tshark", "-n", "-r", exchange, "-Y", "cmp", "-T", "fields", "-e",
         "cmp.body", "-e", "frame.number", "-e", "tcp.srcport"],
        capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    if not rows:
        pytest.skip("this tshark looks for HTTP on known ports only")
    told = messages(stationmaster, exchange)
    assert [BODIES[int(r[0])] for r in rows] == bodies(stationmaster, exchange)
    for row, message in zip(rows, told):
        assert f"packet {row[1]}, " in message["where"]
        assert f"127.0.0.1:{row[2]} to " in message["where"]


@pytest.mark.parametrize("args", (
    ("editcap", "-F", "pcapng"), ("editcap", "-F", "nsecpcap"),
    ("editcap", "-D", "1"), ("editcap", "-T", "rawip4"),
), ids=" ".join)
def test_other_files(stationmaster, exchange, tmp_path, args):
    out = tmp_path / "other"
    subprocess.run([*args, exchange, out], check=True, capture_output=True)
    assert bodies(stationmaster, out) == RENEWED


def test_standard_input(stationmaster, exchange):
    done = subprocess.run([stationmaster, "inspect", "--json", "-"],
                          stdin=exchange.open("rb"), capture_output=True)
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["messages"]) == 8
    # and by a pipe, which cannot be read twice
    done = subprocess.run([stationmaster, "inspect", "--json", "-"],
                          input=exchange.read_bytes(), capture_output=True)
    assert done.returncode == 0
    assert len(json.loads(done.stdout)["messages"]) == 8


def test_a_short_snaplen(stationmaster, exchange, tmp_path):
    out = tmp_path / "short"
    subprocess.run(["editcap", "-s", "600", exchange, out], check=True)
    done = subprocess.run([stationmaster, "inspect", out], text=True,
                          capture_output=True)
    assert "snaplen" in done.stdout


def test_a_cut_file(stationmaster, exchange, tmp_path):
    out = tmp_path / "cut"
    out.write_bytes(exchange.read_bytes()[:-7])
    done = subprocess.run([stationmaster, "lint", "--json", "--all", out],
                          text=True, capture_output=True)
    assert done.returncode != 0
    assert "truncated" in done.stderr


def test_gzip(stationmaster, exchange, tmp_path):
    subprocess.run(["gzip", "-k", "-c", exchange], check=True,
                   stdout=(tmp_path / "x.pcap.gz").open("wb"))
    done = subprocess.run([stationmaster, "inspect", tmp_path / "x.pcap.gz"],
                          text=True, capture_output=True)
    assert done.returncode != 0
    assert "compressed by gzip; unpack it first" in done.stderr


def test_tls(stationmaster):
    """Nothing broken is told of what cannot be read."""
    file = conftest.TOP / "tests/fuzz/corpus/inspect_input/talk-TLS"
    told = run(stationmaster, "lint", file, code=1).stdout
    assert "TLS: cannot be read; capture behind the end of TLS" in told
    assert "1 part could not be read" in told


# --- HTTP ---

@pytest.mark.parametrize("name, options, found, code", (
    ("media", {"media": "text/plain"},
     ["http-type-is-pkixcmp", "http-request-is-taken"], 8),
    ("no media", {"media": None},
     ["http-type-is-pkixcmp", "http-request-is-taken"], 8),
    ("path", {"path": "/nowhere"},
     ["http-path-is-well-known", "http-request-is-taken"], 7),
    ("method", {"method": "PUT"},
     ["http-method-is-post", "http-request-is-taken"], 8),
    ("operation", {"path": PATH + "/enrol"},
     ["http-path-is-well-known", "http-request-is-taken"], 7),
), ids=lambda v: v if isinstance(v, str) else "")
def test_http_broken(stationmaster, world, tmp_path, name, options, found,
                     code):
    """Each is the one thing that is told of, and the server refuses it."""
    port, = free_ports(1)
    file = tmp_path / "x.pcap"
    relay = Relay(port, world.server.port, file)
    with Connection(port) as connection:
        answer = connection.ask(request(bytes(world.station().ir()),
                                        **options))
        assert answer.status >= 400
    relay.close()
    assert broken(stationmaster, file, code=code) == found


def test_on_an_interface(stationmaster, station, world, tmp_path):
    """What the system captures by itself, where it may."""
    file = tmp_path / "lo.pcapng"
    if shutil.which("dumpcap") is None:
        pytest.skip("no dumpcap here")
    with subprocess.Popen(
            ["dumpcap", "-q", "-i", "lo", "-f",
             f"tcp port {world.server.port}", "-w", file],
            stderr=subprocess.PIPE, text=True) as capture:
        time.sleep(1)
        if capture.poll() is not None:
            pytest.skip("may not capture: " + capture.stderr.read()[:200])
        try:
            program = Program(station, tmp_path / "station",
                              world.credential(),
                              world.server.folder / "root.pem")
            program.must(program.enroll(world.server.port))
            time.sleep(1)
        finally:
            capture.terminate()
            capture.wait()
    assert bodies(stationmaster, file) == RENEWED[:4]
    assert broken(stationmaster, file, code=0) == []
