"""What the system tests share: folders, ports, processes, a time limit."""
import contextlib
import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from cmplib.server import make_operator
from cmplib.world import World

TOP = Path(__file__).resolve().parents[2]
TEST_SECONDS = 120


class TooLong(BaseException):
    """Not an Exception, so that no test swallows it."""


def pytest_configure(config):
    config.addinivalue_line("markers",
                            "seconds(n): how long this test may take")


@contextlib.contextmanager
def limit(item):
    marker = item.get_closest_marker("seconds")
    seconds = marker.args[0] if marker else TEST_SECONDS

    def expire(_signal, _frame):
        raise TooLong(f"took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, expire)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_setup(item):
    with limit(item):
        yield


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_call(item):
    """Ends a test that hangs; @pytest.mark.seconds(n) gives it more time."""
    with limit(item):
        yield


@pytest.fixture(scope="session")
def build_dir():
    """Where the programs are: STATIONMASTER_BUILD, or build/."""
    return Path(os.environ.get("STATIONMASTER_BUILD", TOP / "build")).resolve()


def program(build_dir, name):
    path = build_dir / name
    if not path.exists():
        pytest.fail(f"{path} is not there; run ./dev build", pytrace=False)
    return str(path)


@pytest.fixture(scope="session")
def stationmaster(build_dir):
    return program(build_dir, "stationmaster")


@pytest.fixture(scope="session")
def station(build_dir):
    return program(build_dir, "station")


@pytest.fixture(scope="session")
def operator(stationmaster, tmp_path_factory):
    """What `stationmaster init` makes, to be copied."""
    folder = tmp_path_factory.mktemp("init") / "operator"
    make_operator(stationmaster, folder, "--key-generator")
    return folder


@pytest.fixture(scope="module")
def world(request, stationmaster, operator, tmp_path_factory):
    """Vendors and a server that runs for the module's tests; SERVER there
    says how it differs from others."""
    made = World(stationmaster, operator,
                 tmp_path_factory.mktemp("world") / "files",
                 **getattr(request.module, "SERVER", {}))
    yield made
    made.close()


@pytest.fixture
def work(tmp_path, monkeypatch):
    """A private folder, which is the current one during the test."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def free_port():
    """Gives TCP ports of the loopback that nobody listened on just now."""
    given = set()

    def take():
        while True:
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                port = s.getsockname()[1]
            if port not in given:
                given.add(port)
                return port

    return take


class Process:
    """A process whose output goes to a file, and which stop() surely ends."""

    def __init__(self, command, log, **options):
        self.command = [str(part) for part in command]
        self.log = log
        with open(log, "wb") as out:
            self.popen = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=out,
                stderr=subprocess.STDOUT, **options)

    @property
    def pid(self):
        return self.popen.pid

    def output(self):
        return self.log.read_text(errors="replace")

    def wait_until(self, is_so, what, seconds):
        deadline = time.monotonic() + seconds
        while not is_so():
            state = ("ended" if self.popen.poll() is not None else
                     "took too long" if time.monotonic() > deadline else None)
            # A last look: what was waited for may be its last word.
            if state and not is_so():
                pytest.fail(f"{self.command[0]} {state} before {what}:\n"
                            + self.output()[-4000:], pytrace=False)
            time.sleep(0.01)
        return self

    def wait_for_line(self, text, seconds=10):
        """Waits until it has written a line that holds this text."""
        return self.wait_until(lambda: text in self.output(),
                               f"it wrote {text!r}", seconds)

    def wait_for_port(self, port, seconds=10):
        """Waits until something accepts connections there."""
        def accepts():
            with socket.socket() as s:
                s.settimeout(1)
                return s.connect_ex(("127.0.0.1", port)) == 0
        return self.wait_until(accepts, f"port {port} was open", seconds)

    def wait(self, seconds=30):
        """Waits for its end; returns the exit code."""
        return self.popen.wait(seconds)

    def kill(self):
        """As a crash would end it."""
        self.popen.kill()
        return self.popen.wait()

    def stop(self, seconds=5):
        """SIGTERM, and SIGKILL where that does not help; the exit code."""
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(seconds)
            except subprocess.TimeoutExpired:
                return self.kill()
        return self.popen.returncode


@pytest.fixture
def spawn(tmp_path):
    """Starts processes that end with the test: spawn([program, ...])."""
    started = []

    def start(command, **options):
        log = tmp_path / f"process-{len(started)}.log"
        process = Process(command, log, **options)
        started.append(process)
        return process

    yield start
    for process in reversed(started):
        process.stop()
