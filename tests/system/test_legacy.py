"""legacy-2010: the signatures of the backhaul profile of about 2010, in that
profile alone, for vendors that no other profile serves."""
import pytest

from cmplib import http, pki
from cmplib.rows import Rows, check_refused
from cmplib.server import Server
from cmplib.station import Station
from cmplib.world import World
from test_openssl_station import Files, succeeds

OLD = http.PATH + "/p/old"
MIXED = http.PATH + "/p/mixed"
RSA, DSA = "RSA-2048", "DSA-1024"

rows = Rows()
row = rows.add


class LegacyWorld:
    """
    acme    modern, of profile bs
    fossil  SHA-1 throughout, of profile old (legacy-2010) alone
    hybrid  SHA-1 too, of the legacy profile and of a modern one
    """

    def __init__(self, stationmaster, operator, folder):
        folder.mkdir()
        self.acme = pki.Vendor("Acme")
        self.fossil = pki.Vendor("Fossil", RSA)
        self.hybrid = pki.Vendor("Hybrid", RSA)
        self.numbers = iter(range(1000, 100000))
        entry = dict(serial=World.cn_rule())
        self.server = Server(
            stationmaster, operator, folder / "operator", {
                v: dict(anchors=f"[{v}.pem]", **entry)
                for v in ("acme", "fossil", "hybrid")}, {
                "bs": dict(default="true", vendors="[acme, hybrid]"),
                "old": dict(type="legacy-2010", vendors="[fossil, hybrid]"),
                "old-wait": dict(type="legacy-2010", vendors="[fossil]",
                                 approval="operator",
                                 approval_check_after="1s"),
            })
        for vendor in (self.acme, self.fossil, self.hybrid):
            (self.server.folder / f"{vendor.label.lower()}.pem").write_text(
                pki.pem("CERTIFICATE", vendor.root.cert))
        self.server.start()

    def credential(self, vendor, kind=RSA, algorithm=None):
        key = pki.Key(kind) if kind == DSA else pki.slow_key(kind)
        return vendor.station(f"BS-{next(self.numbers):06d}", key,
                              algorithm=algorithm)

    def station(self, vendor=None, kind=RSA, path=OLD, algorithm=None):
        return Station(self.server,
                       self.credential(vendor or self.fossil, kind, algorithm),
                       path)


@pytest.fixture(scope="module")
def world(stationmaster, operator, tmp_path_factory):
    made = LegacyWorld(stationmaster, operator,
                       tmp_path_factory.mktemp("legacy") / "files")
    yield made
    made.server.stop()


def conf(station, out, reply, algorithm):
    msg = station.conf(out, reply)
    msg.algorithm = algorithm
    answer = station.ask(msg)
    assert answer.kind == "pkiconf", answer.failures


@pytest.mark.parametrize("kind", ["ir", "cr"])
@pytest.mark.parametrize("algorithm, key", [
    ("rsa-md5", RSA), ("rsa-sha1", RSA), ("ecdsa-sha1", "P-256"),
    ("dsa-sha1", DSA)])
def test_protection(world, kind, algorithm, key):
    station = world.station(kind=key, algorithm="rsa-sha1")
    out = station.request(kind)
    out.algorithm = algorithm
    reply = station.obtain(out)
    conf(station, out, reply, algorithm)
    assert world.server.status_of(reply.cert) == "confirmed"
    assert reply.cert.hash_name == "SHA256"


@pytest.mark.parametrize("algorithm, key", [
    ("rsa-md5", RSA), ("rsa-sha1", RSA), ("ecdsa-sha1", "P-256")])
def test_possession(world, algorithm, key):
    station = world.station()
    new = pki.slow_key(key, 1) if key == RSA else pki.Key(key)
    out = station.ir(new, popo_alg=algorithm)
    reply = station.obtain(out)
    station.confirm(out, reply)


def test_a_leaf_signed_with_md5(world):
    station = world.station(algorithm="rsa-md5")
    station.enroll()


@pytest.mark.parametrize("digest, kind, key", [
    ("md5", "ir", RSA), ("sha1", "cr", RSA), ("sha1", "ir", "P-256")])
def test_openssl(world, tmp_path, digest, kind, key):
    credential = world.credential(world.fossil, key, "rsa-sha1")
    files = Files(world, tmp_path).write_station(credential)
    files.new_key("new.key", key)  # what proves possession of it too
    succeeds(files.cmp(kind, "vendor.pem", "vendor.key", "new.key", "new.pem",
                       "-digest", digest, "-subject", "/CN=unit", path=OLD))


# --- refused elsewhere, by name ---

def signed(algorithm, key, kind="ir", **options):
    def build(world):
        out = world.station(world.acme, key).request(kind, **options)
        out.algorithm = algorithm
        return out
    return build


for name, algorithm, key in (("md5", "rsa-md5", RSA), ("sha1", "rsa-sha1", RSA),
                             ("ecdsa-sha1", "ecdsa-sha1", "P-256"),
                             ("dsa", "dsa-sha1", DSA)):
    row(f"{name}-in-3gpp-bs", signed(algorithm, key), "error", "badAlg",
        "protection-alg-is-allowed")
row("a-dsa-key-is-not-certified",
    lambda world: world.station().ir(pki.Key(DSA)), "ip", "badAlg",
    "public-key-is-allowed", OLD)
row("vendor-of-both-is-held-to-today",
    lambda world: world.station(world.hybrid, algorithm="rsa-sha1").ir(),
    "error", "signerNotTrusted", "signer-has-path", OLD)
row("legacy-vendor-in-3gpp-bs",
    lambda world: world.station(world.fossil).ir(), "error",
    "signerNotTrusted", "signer-has-path")
row("dsa-signature-of-another-key",
    lambda world: wrong_dsa(world), "error", "badMessageCheck",
    "protection-verifies", OLD)


def wrong_dsa(world):
    out = world.station(kind=DSA).ir()
    other = pki.Key(DSA)
    out.protect = lambda part: other.sign(part, "dsa-sha1")
    return out


@pytest.mark.parametrize("build, body, failure, rule, path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    check_refused(world, build, body, failure, rule, path)


@pytest.mark.parametrize("algorithm, key, text", [
    ("rsa-md5", RSA, "md5WithRSAEncryption"),
    ("rsa-sha1", RSA, "sha1WithRSAEncryption"),
    ("ecdsa-sha1", "P-256", "ecdsa-with-SHA1"),
    ("dsa-sha1", DSA, "dsa-with-sha1")])
def test_named_in_the_log(world, algorithm, key, text):
    mark = world.server.mark()
    Station(world.server, None).post(signed(algorithm, key)(world))
    line = world.server.wait_lines(mark, "refused")[0]
    assert text in line["text"], line
