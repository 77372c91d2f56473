"""The fixtures of conftest.py keep what they promise."""
import os
import time

import pytest

import conftest


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_spawn_captures_and_waits(spawn):
    process = spawn(["sh", "-c", "echo ready; echo problem >&2; sleep 60"])
    process.wait_for_line("problem")
    assert process.output() == "ready\nproblem\n"
    assert process.stop() == -15
    assert not is_alive(process.pid)


def test_what_ignores_sigterm_is_killed(spawn):
    process = spawn(["sh", "-c", "trap '' TERM; echo ready; "
                     "while :; do sleep 0.1; done"]).wait_for_line("ready")
    assert process.stop(seconds=1) == -9
    assert not is_alive(process.pid)


def test_an_early_end_fails_the_wait(spawn):
    process = spawn(["sh", "-c", "echo sorry; exit 3"])
    with pytest.raises(pytest.fail.Exception, match="sorry"):
        process.wait_for_line("ready")
    assert process.wait() == 3


def test_wait_for_port(spawn, free_port):
    port = free_port()
    spawn(["/usr/bin/python3", "-m", "http.server", "--bind", "127.0.0.1",
           port]).wait_for_port(port)
    assert free_port() != port


@pytest.mark.seconds(1)
def test_a_hanging_test_is_ended():
    with pytest.raises(conftest.TooLong):
        time.sleep(30)
