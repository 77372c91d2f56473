"""`station`, which brings a revocation passphrase and revokes under it."""
import itertools
import json

import pytest

from cmplib.program import Program
from cmplib.secret import run
from passphrases import OFF, PASS, PHRASE, RSA, WAIT, make_passphrase_world, \
    status_of
from polls import Operator


@pytest.fixture(scope="module")
def world(stationmaster, operator, tmp_path_factory):
    made = make_passphrase_world(
        stationmaster, operator, tmp_path_factory.mktemp("phrases") / "files")
    yield made
    made.close()


@pytest.fixture
def make(world, station, tmp_path):
    """An enrolled station, and a file with its passphrase."""
    numbers = itertools.count()

    def make_program():
        program = Program(station, tmp_path / f"station-{next(numbers)}",
                          world.credential(), world.server.folder / "root.pem")
        program.must(program.enroll(world.server.port, path=OFF))
        program.phrase = program.folder / "phrase"
        write(program, PHRASE.decode())
        return program
    return make_program


def write(program, text, mode=0o600):
    program.phrase.write_text(text + "\n")
    program.phrase.chmod(mode)


def url(world, path):
    return "--url", f"http://127.0.0.1:{world.server.port}{path}"


def bring(world, program, path=PASS, encryption=None):
    """The command."""
    name = "rsa" if path == RSA else "curve"
    return program.command(
        "ask", "revPassphrase", *url(world, path), "--passphrase-file",
        program.phrase, "--ca-encryption",
        encryption or world.server.folder / f"{name}.pem")


def revoke(world, program, path=PASS, *more):
    return program.command("revoke", *url(world, path), "--passphrase-file",
                           program.phrase, *more)


def lose_key(program):
    program.current("key.pem").unlink()


@pytest.mark.parametrize("path", [PASS, RSA])
@pytest.mark.parametrize("mac", ["pbmac1", "pbm"])
def test_all_of_it(world, make, path, mac):
    """The CA's certificate, the passphrase, and a key that is gone."""
    program = make()
    cert = program.cert()
    told = program.folder / "told"
    program.must(program.command("ask", "caProtEncCert", *url(world, path),
                                 "--out", told))
    done = program.must(bring(world, program, path, told / "encryption.pem"))
    assert "revPassphrase" in done and "kept there" in done
    lose_key(program)
    assert program.run(program.command(
        "revoke", *url(world, path))).returncode != 0
    program.must(revoke(world, program, path, "--reason", "keyCompromise",
                        "--mac", mac))
    assert status_of(world, cert) == 1
    assert program.status()["certificate"]["revoked"]
    for file in program.state.rglob("*"):
        if file.is_file():
            assert PHRASE not in file.read_bytes(), file


def test_that_waits(world, make):
    """What is under way goes on under the passphrase, after a stop too."""
    boss = Operator(world.server)
    program = make()
    program.must(bring(world, program))
    lose_key(program)
    done = program.run(revoke(world, program, WAIT, "--wait", "0"))
    assert done.returncode == 6, done.stdout + done.stderr
    (request,) = [r for r in boss.list() if r["body"] == "rr"]
    boss.run("approve", request["id"])
    cert = program.cert()
    program.must(revoke(world, program, WAIT))
    assert status_of(world, cert) == 0


def test_json(world, make):
    program = make()
    told = json.loads(program.must([*bring(world, program), "--json"]))
    assert told["told"] == {"revPassphrase": None}


def test_another_passphrase(world, make):
    """The refusal is signed, and so not believed."""
    program = make()
    program.must(bring(world, program))
    write(program, "another passphrase")
    done = program.run(revoke(world, program, PASS, "--once"))
    assert done.returncode == 5, done.stdout + done.stderr
    assert status_of(world, program.cert()) is False


def test_where_none_are_taken(world, make):
    program = make()
    done = program.run(bring(world, program, OFF, world.server.folder /
                             "curve.pem"))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "did not take the passphrase" in done.stderr
    assert PHRASE.decode() not in done.stdout + done.stderr


@pytest.mark.parametrize("text, mode, says", [
    ("too short", 0o600, "12 to 256"), ("x" * 257, 0o600, "12 to 256"),
    (PHRASE.decode(), 0o644, "chmod 600"), ("", 0o600, "one line")],
    ids=["short", "long", "readable", "empty"])
def test_what_is_no_passphrase(world, make, text, mode, says):
    program = make()
    write(program, text, mode)
    for command in bring(world, program), revoke(world, program):
        done = program.run(command)
        assert done.returncode in (2, 3) and says in done.stderr, done.stderr


@pytest.mark.parametrize("left_out, says", [
    ("--passphrase-file", "--passphrase-file"),
    ("--ca-encryption", "--ca-encryption")])
def test_what_it_takes(world, make, left_out, says):
    program = make()
    command = bring(world, program)
    at = command.index(left_out)
    done = program.run(command[:at] + command[at + 2:])
    assert done.returncode == 2 and says in done.stderr, done.stderr


def test_listed(world, make):
    """By the operator, who can take it away."""
    program = make()
    before = {s["reference"] for s in run(world.server, "list")}
    program.must(bring(world, program))
    (new,) = {s["reference"] for s in run(world.server, "list")} - before
    assert new.startswith("passphrase:")
    run(world.server, "revoke", new)
    done = program.run(revoke(world, program, PASS, "--once"))
    assert done.returncode == 1, done.stdout + done.stderr
