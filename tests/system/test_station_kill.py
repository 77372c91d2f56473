"""The station's program against our server: end to end, and killed."""
import itertools
import random
import time

import pytest

from cmplib import pki
from cmplib.program import Program
from cmplib.storm import Killable, free_ports, random_seed

KILLS = 60
NAME = "CN=gnb-{},O=Other Operator"


@pytest.fixture
def make(world, station, tmp_path):
    numbers = itertools.count()

    def make_program(vendor=None):
        return Program(station, tmp_path / f"station-{next(numbers)}",
                       world.credential(vendor),
                       world.server.folder / "root.pem")
    return make_program


def status_of(world, cert):
    """In the store: 2 is confirmed."""
    rows = world.server.query("SELECT status FROM certificate WHERE der=?",
                              cert.der)
    return rows[0][0] if rows else None


@pytest.mark.parametrize("subject", ["absent", "suggested"])
@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("trust", ["pinned", "learn"])
def test_enroll_and_renew(world, make, trust, scheme, subject):
    server = world.server
    program = make(world.borealis)
    name = NAME.format(program.folder.parent.name)
    port = server.tls_port if scheme == "https" else server.port
    tls = (["--tls-root", server.folder / "root.pem"] if scheme == "https"
           else [])
    program.must(program.enroll(
        port, *tls, *(["--subject", name] if subject == "suggested" else []),
        scheme=scheme, pinned=trust == "pinned"))
    program.check_pair()
    one = program.cert()
    assert (one.text_of("O") == "Other Operator") == (subject == "suggested")
    program.must(program.command("renew"))
    program.check_pair()
    two = program.cert()
    assert two.subject == one.subject and two.spki != one.spki
    assert {status_of(world, c) for c in (one, two)} == {2}


def test_a_server_that_comes_later(world, make, spawn):
    port, = free_ports(1)
    server = Killable(world.server, "later", port)
    program = make()
    process = spawn(program.enroll(port, "--verbose"))
    time.sleep(1)
    assert process.popen.poll() is None, process.output()
    server.start()
    try:
        assert process.wait() == 0, process.output()
    finally:
        server.end()
    program.check_pair()


class Life:
    """One station that is killed again and again."""

    def __init__(self, world, program, spawn, rng):
        self.world, self.program = world, program
        self.spawn, self.random = spawn, rng
        self.is_pinned = rng.random() < 0.5
        self.num_killed = self.num_done = 0
        self.held = []

    def command(self):
        if self.program.cert() is None:
            return self.program.enroll(self.world.server.port,
                                       pinned=self.is_pinned)
        return self.program.command("renew")

    def look(self):
        """A usable pair, or none; one that was there does not go."""
        cert = self.program.cert()
        assert cert is not None or not self.held, "the pair is gone"
        if cert is None or (self.held and cert.der == self.held[-1].der):
            return
        self.program.check_pair()
        assert status_of(self.world, cert) == 2, "usable, not confirmed"
        self.held.append(cert)

    def run_for(self, seconds):
        process = self.spawn(self.command())
        time.sleep(seconds)
        if process.popen.poll() is None:
            process.kill()
            self.num_killed += 1
        else:
            assert process.popen.returncode == 0, process.output()
            self.num_done += 1
        self.look()

    def finish(self):
        """Completes what is under way, and renews once more."""
        for _ in range(2):
            self.program.must(self.command())
            self.look()


def one_run(world, make):
    """How long an undisturbed enrolment takes."""
    program = make()
    started = time.monotonic()
    program.must(program.enroll(world.server.port))
    return time.monotonic() - started


def test_kills_leave_a_pair_or_none(world, make, spawn):
    rng = random.Random(random_seed())
    length = one_run(world, make)
    lives = []
    while sum(life.num_killed for life in lives) < KILLS:
        life = Life(world, make(), spawn, rng)
        lives.append(life)
        for _ in range(12):  # so that first enrolments are killed too
            life.run_for(rng.uniform(0, 1.5 * length))
        life.finish()
        check_store(world, life)
    done = sum(life.num_done for life in lives)
    print(f"{len(lives)} stations, {done} runs came to their end")


def check_store(world, life):
    """What was asked for came to its end: whatever the store issued to this
    station was confirmed, and the station has it, or had it between two
    looks."""
    rows = world.server.query(
        "SELECT der, status FROM certificate WHERE station=(SELECT station "
        "FROM certificate WHERE der=?)", life.held[-1].der)
    assert {c.der for c in life.held} <= {der for der, _ in rows}
    assert {status for _, status in rows} == {2}
    names = {pki.Cert(der).subject for der, _ in rows}
    assert len(names) == 1
