"""A sub-CA, certified by ccr, that then serves base stations itself: what they
get leads through its new certificate to the operator's root."""
import calendar
import shutil
import time

import pytest

from cmplib import pki
from cmplib.program import Program
from cmplib.server import Server
from peers import certified, make_world
from polls import Operator


@pytest.fixture(scope="module")
def cross(stationmaster, operator, tmp_path_factory):
    made = make_world(stationmaster, operator,
                      tmp_path_factory.mktemp("sub-ca") / "files")
    yield made
    made.close()


def save(folder, name, cert, key):
    (folder / f"{name}.pem").write_text(pki.pem("CERTIFICATE", cert))
    file = folder / f"{name}.key"
    file.write_bytes(key.pem())
    file.chmod(0o600)


def cert_begin(cert):
    text = cert.validity[0].content.decode()
    return calendar.timegm(time.strptime(text, "%y%m%d%H%M%SZ"))


@pytest.fixture
def lower(cross, stationmaster, operator, tmp_path):
    """The sub-CA's own stationmaster, at the same operator's root."""
    peer, base = cross.peers["self"], tmp_path / "base"
    cert = certified(cross, Operator(cross.server), "self")
    shutil.copytree(operator, base)
    (base / "kga.pem").unlink(missing_ok=True)
    save(base, "issuing", cert.der, peer.key)
    signer = pki.Key()
    save(base, "cmp", pki.certificate(
        peer.subject, peer.key, pki.name(CN="lower CMP"), signer.spki,
        [pki.key_usage(pki.DIGITAL_SIGNATURE), pki.ext_key_usage(pki.CMC_RA),
         pki.subject_key_id(signer.spki),
         pki.authority_key_id(peer.key.spki)], not_before=cert_begin(cert)),
        signer)
    shutil.copy(cross.server.folder / "upper.pem", base)
    shutil.copy(cross.server.folder / "acme-root.pem", base)
    server = Server(stationmaster, base, tmp_path / "lower", {
        "acme": dict(anchors="[acme-root.pem]", serial=cross.cn_rule())},
        {"bs": dict(default="true")})
    server.config.write_text(server.config.read_text().replace(
        "[root.pem]", "[upper.pem, root.pem]").replace(
        "[issuing.pem, root.pem]", "[issuing.pem, upper.pem, root.pem]"))
    yield server.start()
    server.stop()


def test_its_stations_lead_to_our_root(cross, lower, station, tmp_path):
    """`station`, which is told the operator's root and nothing of the sub-CA,
    enrols and renews there."""
    root = cross.server.folder / "root.pem"
    program = Program(station, tmp_path / "station", cross.credential(), root)
    program.must(program.enroll(lower.port))
    assert program.cert().issuer == cross.peers["self"].subject
    program.check_pair()
    program.must(program.command("renew"))
    program.check_pair()
