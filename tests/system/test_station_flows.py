"""The station's program against our server: cr, p10cr, waiting, revoking."""
import itertools
import json
import time

import pytest

from cmplib.http import PATH
from cmplib.program import Program
from polls import WAIT, WAIT_LAB, Operator, make_world

LAB = f"{PATH}/p/lab"


@pytest.fixture(scope="module")
def polling(stationmaster, operator, tmp_path_factory):
    made = make_world(stationmaster, operator,
                      tmp_path_factory.mktemp("flows") / "files")
    yield made
    made.close()


@pytest.fixture
def make(polling, station, tmp_path):
    numbers = itertools.count()

    def make_program():
        return Program(station, tmp_path / f"station-{next(numbers)}",
                       polling.credential(), polling.server.folder / "root.pem")
    return make_program


def transaction_of(program):
    lines = (program.state / "pending").read_text().splitlines()
    return next(line.split()[1] for line in lines
                if line.startswith("transaction: "))


def decide(world, program, verb, *words):
    """What the operator says of the request that this program waits for."""
    boss = Operator(world.server)
    found, = (r for r in boss.list()
              if r["transaction"] == transaction_of(program))
    boss.run(verb, found["id"], *words)


def waiting(world, program, path, *more):
    """The command that goes on, of a program that was told to wait."""
    command = program.enroll(world.server.port, *more, path=path)
    done = program.run([*command, "--wait", "0"])
    assert done.returncode == 6, done.stdout + done.stderr
    status = program.status()["pending"]
    assert status["waiting"]["since"] and status["state"] == "request-sent"
    return command


@pytest.mark.parametrize("path,body", [(WAIT, "ir"), (WAIT_LAB, "p10cr")])
def test_waits_and_is_approved(polling, make, path, body):
    program = make()
    command = waiting(polling, program, path, "--request", body)
    time.sleep(1)
    assert program.run([*command, "--wait", "0"]).returncode == 6
    decide(polling, program, "approve")
    done = json.loads(program.must([*command, "--json"]))
    assert [m["sent"] for m in done["messages"] if "sent" in m][-2:] == \
        ["pollReq", "certConf"]
    program.check_pair()


def test_waits_and_is_denied(polling, make):
    program = make()
    command = waiting(polling, program, WAIT)
    decide(polling, program, "deny", "--reason", "unknown site")
    done = program.run(command)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "refused" in done.stderr
    assert program.cert() is None and program.status()["pending"] is None


def test_waits_while_the_server_starts_anew(polling, make):
    program = make()
    waiting(polling, program, WAIT)
    polling.server.stop()
    polling.server.start()
    decide(polling, program, "approve")
    program.must(program.enroll(polling.server.port, path=WAIT))
    program.check_pair()


def test_revokes_its_certificate(world, station, tmp_path):
    program = Program(station, tmp_path / "station", world.credential(),
                      world.server.folder / "root.pem")
    program.must(program.enroll(world.server.port, path=LAB))
    program.must(program.command("revoke", "--reason", "superseded"))
    assert program.status()["certificate"]["revoked"]
    rows = world.server.query("SELECT reason FROM certificate WHERE der=?",
                              program.cert().der)
    assert rows == [(4,)]
    done = program.run(program.command("renew"))
    assert done.returncode == 3 and "was revoked" in done.stderr
