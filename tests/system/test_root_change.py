"""An operator whose root changes, from the news of it to the first renewal
below the new one (RFC 9810, 4.4)."""
import pytest

from cmplib import pki
from cmplib.http import PATH
from cmplib.program import Program
from cmplib.world import World
from test_station_ask import sha256

LAB, AHEAD = f"{PATH}/p/lab", f"{PATH}/p/ahead"


@pytest.fixture(scope="module")
def changing(stationmaster, operator, tmp_path_factory):
    made = World(stationmaster, operator,
                 tmp_path_factory.mktemp("change") / "files")
    yield made
    made.close()


class Unit(Program):
    def __init__(self, world, program, folder, *trust):
        super().__init__(program, folder, world.credential(),
                         world.server.folder / "first-root.pem")
        self.server = world.server
        self.must(self.command(
            "enroll", "--url", self.url(LAB), "--cert",
            self.folder / "vendor.pem", "--key", self.folder / "vendor.key",
            "--chain", self.folder / "chain.pem",
            *(trust or ("--root", self.root))))

    def url(self, path):
        return f"http://127.0.0.1:{self.server.port}{path}"

    def hear(self):
        self.must(self.command("ask", "rootCaCert", "--install", "--url",
                               self.url(AHEAD)))
        return self

    def renew(self):
        return self.run(self.command("renew", "--once", "--url",
                                     self.url(LAB)))

    def root(self):
        return self.status()["root"]


def change_root(world):
    """The issuing CA stays, and is certified by the new root."""
    server, issuing = world.server, world.server.issuing
    server.stop()
    certificate = pki.certificate(
        world.new_root.subject, world.new_root.key, issuing.subject,
        issuing.spki, [pki.basic_constraints(True),
                       pki.key_usage(pki.KEY_CERT_SIGN, pki.CRL_SIGN),
                       pki.subject_key_id(issuing.spki),
                       pki.authority_key_id(world.new_root.key.spki)])
    world.write("issuing.pem", pki.pem("CERTIFICATE", certificate))
    world.write("root.pem", pki.pem("CERTIFICATE", world.new_root.cert))
    server.root = server.certificate("root.pem")
    server.start()


def test_stations_go_along(changing, station, tmp_path):
    world = changing
    world.write("first-root.pem", (world.server.folder /
                                   "root.pem").read_text())
    old, new = world.server.root.hash("SHA256").hex(), \
        sha256(world.new_root.cert)
    learn = ("--trust", "learn")
    heard = [Unit(world, station, tmp_path / "pinned").hear(),
             Unit(world, station, tmp_path / "sure", *learn, "--fingerprint",
                  old).hear(),
             Unit(world, station, tmp_path / "learnt", *learn).hear()]
    deaf = Unit(world, station, tmp_path / "deaf")
    for unit in heard:
        assert unit.renew().returncode == 0  # before the change
        assert unit.status()["root"]["sha256"] == old

    change_root(world)
    done = deaf.renew()
    assert done.returncode == 5 and "not believed" in done.stdout
    assert deaf.status()["root"]["sha256"] == old
    for unit, origin in zip(heard, ("configured", "verified", "unverified")):
        for _ in range(2):
            done = unit.renew()
            assert done.returncode == 0, done.stdout + done.stderr
            root = unit.status()["root"]
            assert (root["sha256"], root["origin"]) == (new, origin)
        bundle = unit.current("roots.pem").read_text()
        assert pki.from_pem(bundle) == world.new_root.cert
    # The old root's fingerprint vouches for what followed it; no other does.
    for unit in heard[1:]:
        trust = unit.command("trust", "--fingerprint")
        assert unit.run([*trust, "00" * 32]).returncode == 1
        for right in old, new:
            unit.must([*trust, right])
            assert unit.status()["root"]["origin"] == "verified"
            assert unit.renew().returncode == 0
