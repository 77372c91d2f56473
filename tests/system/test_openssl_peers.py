"""Everything `openssl cmp` can ask for, by each OpenSSL there is: the system's,
and the one that SM_OPENSSL35 names (./dev openssl35 fetches one)."""
import os

import pytest

from cmplib import der, pki
from cmplib.http import PATH
from cmplib.secret import run as secret
from polls import WAIT_ALL, WAIT_LAB, Operator, make_world
from test_openssl_station import Files, openssl, succeeds, verifies

LAB, LITE, AHEAD, OLD = (f"{PATH}/p/{name}" for name in
                         ("lab", "lite", "ahead", "old"))
OPENSSL35 = os.environ.get("SM_OPENSSL35", "")
newer = pytest.mark.skipif(not OPENSSL35,
                           reason="SM_OPENSSL35 names no OpenSSL 3.5")
PEERS = [pytest.param("openssl", id="openssl"),
         pytest.param(OPENSSL35, id="openssl35", marks=newer)]
SHA2 = ("-digest", "sha256", "-mac", "hmacWithSHA256")
SUBJECT = ("-subject", "/CN=unit")


@pytest.fixture(scope="module")
def world(stationmaster, operator, tmp_path_factory):
    made = make_world(stationmaster, operator,
                      tmp_path_factory.mktemp("world") / "files")
    yield made
    made.close()


def files_of(world, folder, peer):
    return Files(world, folder, peer).write_station(world.credential())


@pytest.fixture(params=PEERS)
def files(request, world, tmp_path):
    return files_of(world, tmp_path, request.param)


@pytest.fixture
def files35(world, tmp_path):
    return files_of(world, tmp_path, OPENSSL35)


def csr(files, key):
    succeeds(openssl("req", "-new", "-key", files[key], "-subj", "/CN=unit",
                     "-addext", "subjectAltName=DNS:unit.example", "-out",
                     files["csr.pem"], program=files.program))
    return "-csr", files["csr.pem"]


def wish(files, command, name="one"):
    """The options that say what is asked for."""
    files.new_key(f"{name}.key")
    return ("-newkey", files[f"{name}.key"], "-certout", files[f"{name}.pem"],
            "-out_trusted", files.root,
            *(csr(files, f"{name}.key") if command == "p10cr" else
              SUBJECT if command != "kur" else ()))


def by_secret(files, *more):
    made = secret(files.server, "new", *more)
    return ("-ref", made["reference"], "-secret", "pass:" + made["secret"],
            *SHA2)


def obtained(files, name="one"):
    return pki.Cert(pki.from_pem(files[f"{name}.pem"].read_text()))


# --- certificates ---

@pytest.mark.parametrize("path", [LAB, LITE])
@pytest.mark.parametrize("command", ["ir", "cr", "p10cr"])
@pytest.mark.parametrize("protection", ["signature", "mac"])
def test_enrols(files, command, protection, path):
    credential = (files.signed() if protection == "signature" else
                  by_secret(files))
    mark = files.server.mark()
    succeeds(files.ask(command, *credential, *wish(files, command), path=path))
    succeeds(verifies(files, "one.pem"))
    assert files.server.wait_lines(mark, "confirmed")


@pytest.mark.parametrize("protection", ["signature", "mac"])
def test_implicit_confirmation(files, protection):
    credential = (files.signed() if protection == "signature" else
                  by_secret(files))
    mark = files.server.mark()
    succeeds(files.ask("ir", *credential, *wish(files, "ir"),
                       "-implicit_confirm", path=LITE))
    bodies = [n.get("body") for n in files.server.lines(mark)]
    assert "ir" in bodies and "certConf" not in bodies


def enrolled(files, path=LAB):
    succeeds(files.ask("ir", *files.signed(), *wish(files, "ir"), path=path))


def test_renews(files):
    enrolled(files)
    succeeds(files.ask("kur", *files.signed("one"), *wish(files, "kur", "two"),
                       path=LAB))
    succeeds(verifies(files, "two.pem"))
    assert obtained(files).spki != obtained(files, "two").spki


@pytest.mark.parametrize("reason", [n for n in range(-1, 11) if n not in (
    7, 8)])
def test_revokes(files, reason):
    enrolled(files)
    succeeds(files.ask("rr", *files.signed("one"), "-oldcert",
                       files["one.pem"], "-revreason", reason, path=LAB))
    status = files.server.query("SELECT reason FROM certificate WHERE der = ?",
                                obtained(files).der)
    assert status == [(max(reason, 0),)]


@pytest.mark.parametrize("command", ["ir", "cr", "p10cr", "kur"])
@pytest.mark.parametrize("verdict", ["approve", "deny"])
def test_polls(files, world, spawn, command, verdict):
    boss = Operator(world.server)
    if command == "kur":
        enrolled(files)
    mark = world.server.mark()
    path = WAIT_ALL if command in ("ir", "kur") else WAIT_LAB
    process = spawn([
        files.program, "cmp", "-config", "", "-cmd", command, "-server",
        f"http://127.0.0.1:{world.server.port}{path}", "-trusted", files.root,
        "-total_timeout", "60", "-msg_timeout", "20",
        *files.signed("one" if command == "kur" else "vendor"),
        *wish(files, command, "new")])
    world.server.wait_lines(mark, "polled", 2)
    request = boss.list("--state", "waiting")[-1]["id"]
    if verdict == "approve":
        boss.run("approve", request)
        assert process.wait(40) == 0, process.output()
        succeeds(verifies(files, "new.pem"))
    else:
        boss.run("deny", request, "--reason", "not on site")
        assert process.wait(40) != 0
        assert "not on site" in process.output()


# --- what 3.5 alone can ask ---

@newer
@pytest.mark.parametrize("profile", ["lab", "lite"])
def test_cert_profile(files35, profile):
    mark = files35.server.mark()
    succeeds(files35.ask("ir", *files35.signed(), *wish(files35, "ir"),
                         "-profile", profile))
    line = files35.server.wait_lines(mark, "issued")[0]
    assert line["profile"] == profile
    line = files35.server.wait_lines(mark, "confirmed")[0]
    assert line["profile"] == profile


@newer
def test_unknown_cert_profile(files35):
    done = files35.ask("ir", *files35.signed(), *wish(files35, "ir"),
                       "-profile", "nobody")
    assert "badRequest" in done.stdout + done.stderr
    assert not files35["one.pem"].exists()


@newer
def test_ca_certs(files35):
    succeeds(files35.ask("genm", *files35.signed(), "-infotype", "caCerts",
                         "-cacertsout", files35["cas.pem"], path=LAB))
    told = pki.from_pem(files35["cas.pem"].read_text())
    assert told == files35.server.issuing.der


@newer
def test_root_update(files35, world):
    names = ("newwithnew", "newwithold", "oldwithnew")
    succeeds(files35.ask(
        "genm", *files35.signed(), "-infotype", "rootCaCert", "-oldwithold",
        files35.root, *(word for name in names for word in
                        ("-" + name, files35[name + ".pem"])), path=AHEAD))
    told = [pki.from_pem(files35[n + ".pem"].read_text()) for n in names]
    assert told == [world.new_root.cert, *world.links]


@newer
def test_request_template(files35):
    succeeds(files35.ask("genm", *files35.signed(), "-infotype",
                         "certReqTemplate", "-template", files35["template"],
                         "-keyspec", files35["keyspec"], path=LAB))
    assert der.read(files35["template"].read_bytes())
    assert der.read(files35["keyspec"].read_bytes())


@newer
def test_crl(files35):
    enrolled(files35)
    succeeds(files35.ask("genm", *files35.signed("one"), "-infotype",
                         "crlStatusList", "-crlcert", files35["one.pem"],
                         "-crlout", files35["told.crl"], path=LAB))
    form = ["-inform", "DER"] if files35["told.crl"].read_bytes()[:1] == b"0" \
        else []
    done = openssl("crl", *form, "-in", files35["told.crl"], "-noout",
                   "-CAfile", files35.server.folder / "issuing.pem")
    assert "verify OK" in done.stdout + done.stderr
