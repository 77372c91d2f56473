"""Another's decoder reads every message of an exchange."""
import subprocess

import pytest

from cmplib import pki
from cmplib.capture import Relay
from cmplib.cmp import BODIES
from cmplib.http import PATH, Connection, request
from cmplib.program import Program
from cmplib.storm import free_ports

FIELDS = ("cmp.body", "cmp.pvno", "cmp.transactionID", "cmp.senderNonce",
          "cmp.recipNonce", "cmp.certReqId", "crmf.certReqId",
          "cmp.pkistatus")
# Above a chat, such as HTTP's "this is a request"; the end of a TCP connection
# is a note.
WORSE = ("_ws.malformed or "
         "(_ws.expert.severity > 0x00200000 and not tcp.flags.fin == 1)")


class Capture:
    """A relay to the server, and tshark on what went through."""

    def __init__(self, target, file):
        self.port, = free_ports(1)
        self.file = file
        self.relay = Relay(self.port, target, file)

    def tshark(self, *args):
        done = subprocess.run(
            ["tshark", "-n", "-r", self.file, "-d",
             f"tcp.port=={self.port},http", *args],
            capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout


@pytest.fixture
def capture(world, tmp_path):
    made = Capture(world.server.port, tmp_path / "exchange.pcap")
    yield made
    made.relay.close()


def test_an_exchange(world, station, tmp_path, capture):
    program = Program(station, tmp_path / "station", world.credential(),
                      world.server.folder / "root.pem")
    program.must(program.enroll(capture.port))
    program.must(program.command("renew"))
    capture.relay.close()
    lines = capture.tshark("-Y", "cmp", "-T", "fields", *(
        f for field in FIELDS for f in ("-e", field)))
    rows = [dict(zip(FIELDS, line.split("\t"))) for line in
            lines.splitlines()]
    assert [BODIES[int(r["cmp.body"])] for r in rows] == [
        "ir", "ip", "certConf", "pkiconf", "kur", "kup", "certConf", "pkiconf"]
    for four in rows[:4], rows[4:]:
        assert len({r["cmp.transactionID"] for r in four}) == 1
        for before, after in zip(four, four[1:]):
            assert before["cmp.senderNonce"] == after["cmp.recipNonce"]
        assert [r["cmp.certReqId"] for r in four] == ["", "0", "0", ""]
        assert four[0]["crmf.certReqId"] == "0"
        assert [r["cmp.pkistatus"] for r in four] in (
            ["", "0", "", ""], ["", "1", "", ""])
    assert rows[0]["cmp.transactionID"] != rows[4]["cmp.transactionID"]
    assert {r["cmp.pvno"] for r in rows} == {"2"}
    assert capture.tshark("-Y", WORSE, "-V") == ""
    text = capture.tshark("-Y", "cmp", "-O", "cmp")
    assert "alformed" not in text and "xpert" not in text
    assert text.count("transactionID: ") == 8
    assert text.count("extraCerts: ") == 4


def test_a_batch(world, station, tmp_path, capture):
    """nested, made by `station ra` and answered by the server."""
    west = world.ras.west
    (tmp_path / "ra.pem").write_text(pki.pem("CERTIFICATE", west.cert))
    (tmp_path / "ra.key").write_bytes(west.key.pem())
    (tmp_path / "ra.key").chmod(0o600)
    for n in range(3):
        (tmp_path / f"{n}.der").write_bytes(bytes(world.station().ir()))
    subprocess.run(
        [station, "ra", "batch", "--cert", "ra.pem", "--key", "ra.key",
         "--root", str(world.server.folder / "root.pem"), "--url",
         f"http://127.0.0.1:{capture.port}{PATH}/p/light", "--out", "answers",
         *(f"{n}.der" for n in range(3))], check=True, cwd=tmp_path,
        capture_output=True)
    capture.relay.close()
    lines = capture.tshark("-Y", "cmp", "-T", "fields", "-e", "cmp.body", "-e",
                           "cmp.transactionID").splitlines()
    (asked, ids), (told, again) = (
        [column.split(",") for column in line.split("\t")] for line in lines)
    assert [BODIES[int(n)] for n in asked] == ["nested", "ir", "ir", "ir"]
    assert [BODIES[int(n)] for n in told] == ["nested", "ip", "ip", "ip"]
    assert ids == again and len(set(ids)) == 4
    assert capture.tshark("-Y", WORSE, "-V") == ""


def test_a_damaged_message_is_seen(world, capture):
    """So that the silence above says something."""
    out = bytes(world.station().ir())
    with Connection(capture.port) as connection:
        assert connection.ask(request(out[:-300])).status == 400
    capture.relay.close()
    assert capture.tshark("-Y", WORSE) != ""
