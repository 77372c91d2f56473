"""The command line of stationmaster as a shell and a terminal see it."""
import json
import os
import pty
import subprocess

import pytest


def run(*command, code=0, **options):
    done = subprocess.run([str(part) for part in command], text=True,
                          capture_output=True, **options)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def on_terminal(*command, **env):
    """What a command writes to a terminal."""
    ours, theirs = pty.openpty()
    try:
        done = subprocess.run(
            [str(part) for part in command], stdin=subprocess.DEVNULL,
            stdout=theirs, stderr=theirs, check=False,
            env={"PATH": os.environ["PATH"], "TERM": "xterm", **env})
        assert done.returncode == 0
        return os.read(ours, 65536).decode()
    finally:
        os.close(theirs)
        os.close(ours)


@pytest.fixture
def config(stationmaster, work):
    run(stationmaster, "init", work / "op")
    return work / "op" / "stationmaster.yaml"


def test_every_verb_explains_itself(stationmaster):
    program = run(stationmaster, "--help").stdout
    rows = program.split("\nverbs\n")[1].split("\n\n")[0].splitlines()
    verbs = [row[2:24].split("  ")[0].rstrip() for row in rows
             if row[2] != " "]
    assert len(verbs) >= 3
    for row in verbs:
        words = [word for word in row.split() if word.islower()]
        text = run(stationmaster, *words, "--help").stdout
        for part in ["usage: stationmaster " + " ".join(words), "\nexample\n",
                     "\nexit codes\n"]:
            assert part in text, row


def test_colour_is_for_terminals(stationmaster, config):
    check = [stationmaster, "config", "--check", config]
    assert "\x1b[32m" in on_terminal(*check)
    assert "\x1b" not in on_terminal(*check, NO_COLOR="1")
    assert "\x1b" not in on_terminal(*check, TERM="dumb")
    assert "\x1b" not in run(*check).stdout


def test_exit_codes(stationmaster, work):
    (work / "bad.yaml").write_text("nodes: a\nlisten: 3\n")
    run(stationmaster, code=2)
    done = run(stationmaster, "confg", code=2)
    assert 'did you mean "config"?' in done.stderr
    done = run(stationmaster, "config", "--check", "bad.yaml", code=3)
    assert "bad.yaml:1:1:" in done.stderr
    assert "bad.yaml:2:" in done.stderr
    run(stationmaster, "config", "--check", "absent.yaml", code=4)
    done = run(stationmaster, "config", "--explain", "listne", code=4)
    assert "listen" in done.stderr


def test_failures_are_json_where_asked(stationmaster, work):
    done = run(stationmaster, "config", "--json", "--check", "absent.yaml",
               code=4)
    error = json.loads(done.stdout)["error"]
    assert error["name"] == "NOT_FOUND"
    assert error["exit"] == 4
    assert "absent.yaml" in error["text"]
    (work / "bad.yaml").write_text("nodes: a\n")
    done = run(stationmaster, "config", "--json", "--check", "bad.yaml",
               code=3)
    assert "bad.yaml:1:1:" in json.loads(done.stdout)["error"]["text"]


def test_version(stationmaster):
    line = run(stationmaster, "--version").stdout
    assert line == run(stationmaster, "version").stdout
    made = json.loads(run(stationmaster, "version", "--json").stdout)
    assert line == f"{made['name']} {made['version']}\n"


def test_a_full_disk_is_no_success(stationmaster):
    with open("/dev/full", "w") as full:
        done = subprocess.run([stationmaster, "--help"], stdout=full,
                              stderr=subprocess.PIPE, text=True, check=False)
    assert done.returncode == 1
    assert "cannot write" in done.stderr
