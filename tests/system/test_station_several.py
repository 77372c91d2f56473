"""The station asks our server for several certificates in one message."""
import json

import pytest

from cmplib import der, pki
from cmplib.attacker import Proxy
from cmplib.http import PATH
from cmplib.program import Program
from polls import WAIT_LAB, make_world
from test_station_flows import decide
from test_station_openssl_mock import sent
from test_station_secret import Holder

LAB, LIGHT = f"{PATH}/p/lab", f"{PATH}/p/light"


@pytest.fixture
def program(world, station, tmp_path):
    return Program(station, tmp_path / "station", world.credential(),
                   world.server.folder / "root.pem")


def of(program, folder):
    """The same program, in the folder of a further certificate."""
    other = object.__new__(type(program))
    other.__dict__.update(program.__dict__)
    other.state = folder
    return other


def also(program, *names, subject=None):
    folders = [program.folder / name for name in names]
    return folders, [word for f in folders for word in
                     ("--also", f"{f}={subject}" if subject else f)]


@pytest.mark.parametrize("body", ["ir", "cr"])
def test_three(world, program, body):
    folders, options = also(program, "tls", "oam")
    mark = world.server.mark()
    done = program.run(program.enroll(world.server.port, "--request", body,
                                      "--json", *options, path=LAB))
    assert done.returncode == 0, done.stderr
    assert sent(done) == [body, "certConf"]
    assert world.server.wait_lines(mark, "confirmed")
    certs = [program.cert()]
    program.check_pair()
    for folder in folders:
        other = of(program, folder)
        other.check_pair()
        certs.append(other.cert())
    assert len({c.spki for c in certs}) == 3
    for cert in certs:
        assert world.server.status_of(cert) == "confirmed"


def test_each_is_renewed_and_revoked_by_itself(world, program):
    folders, options = also(program, "tls")
    program.must(program.enroll(world.server.port, *options, path=LAB))
    first, other = program.cert(), of(program, folders[0])
    second = other.cert()
    other.must(other.command("renew"))
    assert program.cert().serial == first.serial
    assert other.cert().serial != second.serial
    other.check_pair()
    program.must(program.command("revoke"))
    assert program.status()["certificate"]["revoked"]
    assert not other.status()["certificate"]["revoked"]


def test_what_is_not_granted_is_told(world, station, tmp_path):
    """The stations of this vendor suggest no names; the rest is installed."""
    program = Program(station, tmp_path / "station",
                      world.credential(world.ember),
                      world.server.folder / "root.pem")
    (bad,), options = also(program, "bad", subject="CN=wish,O=Operator")
    (good,), others = also(program, "tls")
    done = program.run(program.enroll(world.server.port, *options, *others,
                                      path=LAB))
    assert done.returncode == 1, done.stdout + done.stderr
    assert "2 of 3 certificates were granted" in done.stderr
    assert f"{bad}: refused in ip: notAuthorized" in done.stdout
    assert not (bad / "current").exists()
    program.check_pair()
    of(program, good).check_pair()
    assert world.server.status_of(program.cert()) == "confirmed"


def test_where_one_is_the_most(world, program):
    _, options = also(program, "tls")
    done = program.run(program.enroll(world.server.port, *options, path=LIGHT))
    assert done.returncode == 1 and "refused" in done.stderr
    assert program.cert() is None and program.status()["pending"] is None


def test_what_is_given(world, program):
    folders, options = also(program, "a", "b", "c", "d", "e", "f", "g", "h")
    assert program.run(program.enroll(world.server.port, *options, path=LAB)
                       ).returncode == 2
    done = program.run(program.enroll(world.server.port, "--request", "p10cr",
                                      *options[:2], path=LAB))
    assert done.returncode == 3 and "p10cr" in done.stderr
    assert program.run(program.enroll(world.server.port, "--also", "=x",
                                      path=LAB)).returncode == 2
    assert program.run(program.enroll(world.server.port, "--also",
                                      program.state, path=LAB)
                       ).returncode == 5
    assert program.cert() is None


def test_under_a_secret(world, station, tmp_path):
    holder = Holder(station, tmp_path / "holder", world.server)
    holder.share()
    other = tmp_path / "tls"
    done = holder.enroll("--also", other, path=LAB)
    assert sent(done) == ["ir", "certConf"]
    holder.check_pair()
    cert = pki.Cert(pki.from_pem(
        (other / "current/certificate.pem").read_text()))
    assert world.server.status_of(cert) == "confirmed"


def test_each_under_the_named_profile(world, program):
    """certProfile has a name for each request (RFC 9810, 5.1.1.4)."""
    folders, options = also(program, "tls")
    with Proxy(world.server.port) as proxy:
        program.must(program.enroll(proxy.port, "--profile", "lab", *options,
                                    path=LAB))
    of(program, folders[0]).check_pair()
    names = der.seq(der.utf8("lab"), der.utf8("lab"))
    assert der.seq(der.oid("1.3.6.1.5.5.7.4.21"), names) in proxy.seen[0][0]


@pytest.fixture(scope="module")
def polling(stationmaster, operator, tmp_path_factory):
    made = make_world(stationmaster, operator,
                      tmp_path_factory.mktemp("several") / "files")
    yield made
    made.close()


def test_all_wait_for_the_operator(polling, station, tmp_path):
    program = Program(station, tmp_path / "station", polling.credential(),
                      polling.server.folder / "root.pem")
    folders, options = also(program, "tls")
    command = program.enroll(polling.server.port, *options, path=WAIT_LAB)
    done = program.run([*command, "--wait", "0"])
    assert done.returncode == 6, done.stdout + done.stderr
    state = program.status()["pending"]
    assert (state["certificates"], state["protection"]) == (2, "signature")
    assert "for 2 certificates" in program.must(program.command("status"))
    decide(polling, program, "approve")
    # Who goes on need not say again what was asked for.
    done = program.run(program.enroll(polling.server.port, "--wait", "20",
                                      "--json", path=WAIT_LAB))
    assert done.returncode == 0, done.stderr
    assert [m["sent"] for m in json.loads(done.stdout)["messages"]
            if "sent" in m][-2:] == ["pollReq", "certConf"]
    program.check_pair()
    of(program, folders[0]).check_pair()
