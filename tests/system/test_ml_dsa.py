"""ML-DSA: both programs on the libraries of OpenSSL 3.5 and openssl 3.5 as
their peer; refused by name on a libcrypto that has none."""
import subprocess
from pathlib import Path

import pytest

from cmplib.http import PATH
from cmplib.program import Program
from cmplib.world import World
from test_openssl_peers import OPENSSL35, newer, wish
from test_openssl_station import Files, openssl, succeeds

pytestmark = newer
LAB = f"{PATH}/p/lab"
KINDS = ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"]


def on_openssl35(program, folder):
    """The program under the libraries that `openssl` of 3.5 runs with."""
    root = Path(OPENSSL35).resolve().parent / "root"
    if not root.exists():
        pytest.skip("SM_OPENSSL35 has no libraries beside it")
    libs = next((root / "usr/lib").glob("*-linux-gnu*"))
    loader = next(libs.glob("ld-linux-*.so.*"))
    script = folder / Path(program).name
    script.write_text(f"""#!/bin/sh
export OPENSSL_MODULES={libs}/ossl-modules
exec {loader} --library-path {libs}:/usr/lib/{libs.name}:/lib/{libs.name} \\
    {program} "$@"
""")
    script.chmod(0o755)
    return str(script)


@pytest.fixture(scope="module")
def programs(stationmaster, station, build_dir, tmp_path_factory):
    """Sanitizers want the libraries they were built with."""
    if "__asan_init" in subprocess.run(
            ["nm", "-D", stationmaster], capture_output=True,
            text=True).stdout:
        pytest.skip("a sanitizer's build does not run on other libraries")
    folder = tmp_path_factory.mktemp("programs")
    return [on_openssl35(p, folder) for p in (stationmaster, station)]


@pytest.fixture(scope="module")
def world35(programs, operator, tmp_path_factory):
    made = World(programs[0], operator,
                 tmp_path_factory.mktemp("world") / "files")
    yield made
    made.close()


class Key:
    """An ML-DSA key pair, made by OpenSSL 3.5."""

    def __init__(self, kind, folder):
        self.file = folder / f"{kind}.pem"
        succeeds(openssl("genpkey", "-algorithm", kind, "-out", self.file,
                         program=OPENSSL35))
        self.spki = subprocess.run(
            [OPENSSL35, "pkey", "-in", self.file, "-pubout", "-outform", "DER"],
            check=True, capture_output=True).stdout

    def pem(self):
        return self.file.read_bytes()


def files_of(world, folder, kind):
    files = Files(world, folder, OPENSSL35)
    files.write_station(world.credential(key=Key(kind, folder)))
    files.new_key = lambda name, kind=kind: files[name].write_bytes(
        Key(kind, folder).pem())
    return files


@pytest.mark.parametrize("kind", KINDS)
def test_openssl_enrols_and_renews(world35, tmp_path, kind):
    files = files_of(world35, tmp_path, kind)
    mark = world35.server.mark()
    succeeds(files.ask("ir", *files.signed(), *wish(files, "ir"), path=LAB))
    assert world35.server.wait_lines(mark, "confirmed")
    text = openssl("x509", "-in", files["one.pem"], "-noout", "-text",
                   program=OPENSSL35).stdout
    assert f"Public Key Algorithm: {kind}" in text
    succeeds(files.ask("kur", *files.signed("one"), *wish(files, "kur", "two"),
                       path=LAB))
    succeeds(openssl("verify", "-x509_strict", "-CAfile", files.root,
                     "-untrusted", files.server.folder / "issuing.pem",
                     files["two.pem"], program=OPENSSL35))


def test_our_station(world35, programs, tmp_path):
    """The vendor's certificate and the new key are both ML-DSA."""
    key = Key("ML-DSA-65", tmp_path)
    program = Program(programs[1], tmp_path / "station",
                      world35.credential(key=key),
                      world35.server.folder / "root.pem")
    new = Key("ML-DSA-65", tmp_path / "station")
    program.must(program.enroll(world35.server.port, "--new-key", new.file,
                                path=LAB))
    assert program.cert().spki == new.spki


def test_not_in_3gpp_bs(world35, tmp_path):
    files = files_of(world35, tmp_path, "ML-DSA-65")
    done = files.ask("ir", *files.signed(), *wish(files, "ir"))
    assert "badAlg" in done.stdout + done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_refused_by_name_without_it(world, tmp_path, kind):
    """On the system's libcrypto."""
    files = files_of(world, tmp_path, kind)
    mark = world.server.mark()
    before = world.server.tables()
    done = files.ask("ir", *files.signed(), *wish(files, "ir"), path=LAB)
    assert "badAlg" in done.stdout + done.stderr
    line = world.server.wait_lines(mark, "refused")[0]
    assert kind in line["text"], line
    assert world.server.tables() == before
