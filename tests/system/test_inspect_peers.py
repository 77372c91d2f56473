"""`inspect` beside another's decoder: over all messages of the suites, and over
those of an enrolment, both read the same.

What only `inspect` reads is a list, tests/vectors/inspect_paths.txt, of which
each line names a vector and says what stands there.
"""
import subprocess
import sys
from pathlib import Path

import pytest

from cmplib import pki
from cmplib.capture import Relay
from cmplib.cmp import id_it, info
from cmplib.http import PATH
from cmplib.program import Program
from cmplib.secret import holder, pbm, pbmac1
from cmplib.station import Refused, Station
from cmplib.storm import free_ports
from independent import Comparison, generic, inspect, nodes

TOP = Path(__file__).resolve().parents[2]
VECTORS = TOP / "tests" / "vectors"
CORPUS = TOP / "tests" / "fuzz" / "corpus"
PATHS = VECTORS / "inspect_paths.txt"
LAB = f"{PATH}/p/lab"


def tlv(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    octets = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(octets)]) + octets + content


HEADER = tlv(0x30, tlv(2, b"\2"), tlv(0xa4, tlv(0x30)), tlv(0xa4, tlv(0x30)))


def message(body):
    return tlv(0x30, HEADER, body)


def body(tag):
    return lambda part: message(tlv(0xa0 + tag, part))


def told(last):
    """As the value of an InfoTypeAndValue in a genp."""
    oid = tlv(6, bytes.fromhex("2b060105050704"), bytes([last]))
    return lambda part: message(tlv(0xb6, tlv(0x30, tlv(0x30, oid, part))))


def header_only(part):
    return tlv(0x30, part, tlv(0xb3, tlv(5)))


def encrypted_cert(part):
    """As the encryptedCert of a cp."""
    return message(tlv(0xa3, tlv(0x30, tlv(0x30, tlv(
        0x30, tlv(2, b"\0"), tlv(0x30, tlv(2, b"\0")),
        tlv(0x30, tlv(0xa1, part)))))))


def enveloped(part):
    return encrypted_cert(b"\xa0" + part[1:])


def control(last):
    oid = tlv(6, bytes.fromhex("2b060105050705"), bytes([1, last]))
    return lambda part: message(tlv(0xa0, tlv(0x30, tlv(0x30, tlv(
        0x30, tlv(2, b"\0"), tlv(0x30), tlv(0x30, tlv(0x30, oid, part)))))))


# The folders of corpora, and how what they hold becomes a message.
FOLDERS = {
    "asn1_cmp_message": bytes, "asn1_cmp_header": header_only,
    "asn1_cmp_body": message, "asn1_cert_req_msgs": body(0),
    "asn1_cert_rep": body(1), "asn1_p10": body(4),
    "asn1_pop_challenges": body(5), "asn1_pop_answers": body(6),
    "asn1_key_rec_rep": body(10), "asn1_rev_req": body(11),
    "asn1_rev_rep": body(12), "asn1_ca_key_update": body(15),
    "asn1_x509": body(16), "asn1_rev_ann": body(17),
    "asn1_info_list": body(21), "asn1_error_msg": body(23),
    "asn1_cert_conf": body(24), "asn1_poll_req": body(25),
    "asn1_poll_rep": body(26), "asn1_crl": told(6),
    "asn1_alg_list": told(2), "asn1_oid_list": told(7),
    "asn1_cert_req_template": told(19), "asn1_crl_status_list": told(22),
    "asn1_kem_ciphertext": told(24), "asn1_encrypted_value": encrypted_cert,
    "asn1_cms_enveloped": enveloped, "asn1_cert_id": control(5),
}


class Read:
    """What both read of some messages, and what `inspect` alone."""

    def __init__(self):
        self.both, self.alone = set(), {}

    def add(self, messages, where):
        for message_ in messages:
            if message_.get("problems", 1):
                continue
            done = Comparison(message_).run()
            assert done.differences == [], where
            self.both |= {generic(path) for path in done.both}
            self.alone |= {path: where for path in done.unknown()}

    def unknown(self):
        return {path: where for path, where in self.alone.items()
                if path not in self.both}


def listed():
    """Of the list: path, message, what stands there."""
    return [line.split("\t") for line in PATHS.read_text().splitlines()
            if not line.startswith("#")]


def assert_listed(read):
    known = {path for path, _, _ in listed()}
    more = {path: where for path, where in read.unknown().items()
            if path not in known}
    assert more == {}


@pytest.mark.seconds(300)
def test_messages_of_the_suites(stationmaster):
    read = Read()
    for file in sorted((VECTORS / "cmp").glob("*.der")):
        read.add(inspect(stationmaster, str(file)), file)
    for folder, wrap in FOLDERS.items():
        for file in sorted((CORPUS / folder).iterdir()):
            read.add(inspect(stationmaster, "--as", "PKIMessage", "-",
                             data=wrap(file.read_bytes())), file)
    assert len(read.both) > 400
    assert_listed(read)


def test_what_only_we_read(stationmaster):
    read, shown = Read(), {}
    for path, vector, value in listed():
        if vector not in shown:
            one, = inspect(stationmaster,
                           str(VECTORS / "inspect" / f"{vector}.der"))
            assert one["whole"], vector
            read.add([one], vector)
            shown[vector] = nodes(one["tree"])
        found = [node for at, node in shown[vector].items()
                 if generic(at) == path]
        assert any("fields" in node if value == "-" else
                   node.get("value") == value for node in found), path
    # Else it stands in the list for nothing.
    assert {path for path, _, _ in listed()} <= set(read.unknown())


def test_the_vectors_are_what_their_script_makes(tmp_path):
    script = VECTORS / "inspect" / "make.py"
    copy = tmp_path / "make.py"
    copy.write_text(script.read_text())
    subprocess.run([sys.executable, str(copy)], check=True)
    made = {f.name: f.read_bytes() for f in tmp_path.glob("*.der")}
    assert made == {f.name: f.read_bytes()
                    for f in script.parent.glob("*.der")}


def test_an_enrolment(world, stationmaster, station, tmp_path):
    """Out of a capture, with an RA's batch."""
    port, = free_ports(1)
    relay = Relay(port, world.server.port, tmp_path / "exchange.pcap")
    program = Program(station, tmp_path / "station", world.credential(),
                      world.server.folder / "root.pem")
    program.must(program.enroll(port))
    program.must(program.command("renew"))
    west = world.ras.west
    (tmp_path / "ra.pem").write_text(pki.pem("CERTIFICATE", west.cert))
    (tmp_path / "ra.key").write_bytes(west.key.pem())
    (tmp_path / "ra.key").chmod(0o600)
    (tmp_path / "1.der").write_bytes(bytes(world.station().ir()))
    (tmp_path / "2.der").write_bytes(bytes(world.station().ir()))
    subprocess.run(
        [station, "ra", "batch", "--cert", "ra.pem", "--key", "ra.key",
         "--root", str(world.server.folder / "root.pem"), "--url",
         f"http://127.0.0.1:{port}{PATH}/p/light", "--out", "answers",
         "1.der", "2.der"], check=True, cwd=tmp_path, capture_output=True)
    relay.close()
    messages = inspect(stationmaster, str(tmp_path / "exchange.pcap"))
    assert len(messages) == 10 and all(m["whole"] for m in messages)
    assert [m["way"] for m in messages] == 5 * ["request", "response"]
    assert [m["tree"]["fields"][1]["fields"][0]["name"] for m in messages] == [
        "ir", "ip", "certConf", "pkiconf", "kur", "kup", "certConf", "pkiconf",
        "nested", "nested"]
    read = Read()
    read.add(messages, "exchange.pcap")
    assert_listed(read)


@pytest.fixture
def recorded(monkeypatch):
    """Every message that a station of the suite sends and gets."""
    messages = []
    post = Station.post

    def post_and_keep(self, data, path=None):
        response = post(self, data, path)
        messages.extend([bytes(data), response.body])
        return response
    monkeypatch.setattr(Station, "post", post_and_keep)
    return messages


def test_other_operations(world, stationmaster, recorded):
    """Under signatures and secrets, as far as another's words for them go."""
    station = world.station(path=LAB)
    out = station.p10cr()
    station.ask(station.conf(out, station.ask(out), number=-1))
    station.enroll()
    world.enrolled(LAB).revoke(reason="superseded")
    for asked in (2, 4, 17, 19, info(id_it(20), world.server.root.der)):
        world.station(path=LAB).learn(asked)
    world.station(path=f"{PATH}/p/ahead").learn(info(id_it(20)))
    for mac in pbm(), pbmac1("SHA512", "SHA384"):
        holder(world, LAB, mac=mac).enroll()
    with pytest.raises(Refused):
        station.obtain(station.ir(popo_key=pki.Key()))
    bodies = set()
    read = Read()
    for message_ in recorded:
        shown = inspect(stationmaster, "-", data=message_)
        assert all(one["whole"] for one in shown)
        bodies |= {one["tree"]["fields"][1]["fields"][0]["name"]
                   for one in shown}
        read.add(shown, "recorded")
    assert bodies >= {"ir", "ip", "p10cr", "cp", "certConf", "pkiconf", "genm",
                      "genp", "rr", "rp"}
    assert_listed(read)
