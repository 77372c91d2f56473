"""./dev demo says what it promises, and can be gone on with."""
import re
import shlex
import subprocess

import pytest

from conftest import TOP

FLOW = [r"-> ir +\d+ bytes", r"<- ip +\d+ bytes +[\d.]+ ms +issued after",
        r"-> certConf +\d+ bytes",
        r"<- pkiconf +\d+ bytes +[\d.]+ ms +confirmed after",
        r"/certificate.pem: OK",
        r"-> kur +\d+ bytes", r"<- kup +\d+ bytes +[\d.]+ ms +issued after",
        r"-> certConf +\d+ bytes",
        r"<- pkiconf +\d+ bytes +[\d.]+ ms +confirmed after",
        r"7\. Another base station", r"badAlg",
        r"StatusStrings: \"TS 33.310", r"use ecdsa-with",
        r"stationmaster lint ", r"error +protection-alg-is-allowed",
        r"found +ecdsa-with-SHA1", r"stationmaster explain ",
        r"message 1, ir: refused", r"error +protection-alg-is-allowed",
        r"Go on: ", r"Done in [\d.]+ s; the server has stopped"]


def demo(build_dir, folder, **options):
    return subprocess.run(
        [TOP / "tools" / "demo", "--programs", build_dir, "--dir", folder],
        capture_output=True, text=True, timeout=60, check=False, **options)


@pytest.fixture
def done(build_dir, stationmaster, station, work):
    result = demo(build_dir, "demo")
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def test_it_shows_the_flow(done, work):
    at = 0
    for pattern in FLOW:
        found = re.compile(pattern).search(done, at)
        assert found, f"no {pattern} after:\n{done[at:]}"
        at = found.end()
    assert max(map(len, done.splitlines())) <= 100
    assert "\033" not in done
    log = (work / "demo" / "server.log").read_text()
    assert "event=stopping" in log


def commands(text):
    """What it says to type, in order."""
    text = text.split("Go on: ")[1].replace("\\\n", "")
    return [shlex.split(line.strip()[2:]) for line in text.splitlines()
            if line.strip().startswith("$ ")]


def test_one_can_go_on(done, work, spawn):
    serve, *others = commands(done)
    server = spawn(serve)
    server.wait_for_line("event=listening")
    for command in others:
        ran = subprocess.run(command, capture_output=True, text=True,
                             timeout=30, check=False)
        assert ran.returncode == 0, f"{command}\n{ran.stdout}{ran.stderr}"
    assert "BEGIN CERTIFICATE" in (work / "demo" / "new.pem").read_text()


def test_again_but_not_over_other_files(done, build_dir, work):
    assert demo(build_dir, "demo").returncode == 0
    (work / "mine").mkdir()
    (work / "mine" / "letter").write_text("dear")
    refused = demo(build_dir, "mine")
    assert refused.returncode == 1
    assert "mine is not empty" in refused.stdout + refused.stderr
    assert (work / "mine" / "letter").exists()
