"""Servers that are killed, and stations that go on asking all the same."""
import collections
import os
import random
import socket
import subprocess
import threading
import time
import traceback

from cmplib import cmp, http
from cmplib.station import Refused, Station


def random_seed():
    """STORM_SEED, or another one each time; shown when a test fails."""
    seed = int(os.environ.get("STORM_SEED") or random.SystemRandom()
               .randrange(1 << 32))
    print(f"STORM_SEED={seed}")
    return seed


def free_ports(num):
    """Ports below those the kernel hands out to connecting sockets: a station
    that asks again and again while nobody listens may come to connect to
    itself, and then the server finds its port taken."""
    ports = []
    start = random.SystemRandom().randrange(12000, 28000)
    for port in range(start, 32000):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                continue
        ports.append(port)
        if len(ports) == num:
            return ports
    raise RuntimeError("no free ports")


class Killable:
    """A process that serves a folder on a port that stays. Several may serve
    one folder."""

    def __init__(self, server, node, port):
        self.folder = server.folder
        self.port = port
        self.log_file = server.folder / f"{node}.log"
        self.config = server.folder / f"{node}.yaml"
        self.config.write_text(
            server.config.read_text().replace("node: test", f"node: {node}")
            .replace("port: 0", f"port: {port}", 1))
        self.command = [server.stationmaster, "serve", "--config",
                        str(self.config)]
        self.process = None

    def tail(self):
        return self.log_file.read_text(errors="replace")[-3000:]

    def start(self):
        """Does not wait until it listens."""
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                self.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        return self

    def check_runs(self):
        code = self.process.poll()
        assert code is None, f"ended by itself with {code}:\n{self.tail()}"

    def wait_until_open(self, seconds=10):
        end = time.monotonic() + seconds
        while True:
            self.check_runs()
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return self
            except OSError:
                assert time.monotonic() < end, self.tail()
                time.sleep(0.01)

    def kill(self):
        self.check_runs()
        self.process.kill()
        self.process.wait()

    def restart(self):
        self.kill()
        self.start()

    def stop(self):
        self.check_runs()
        self.process.terminate()
        assert self.process.wait(10) == 0, self.tail()

    def end(self):
        """However the test went."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class Stopped(Exception):
    """The test is over, and the station's request unanswered."""


class Storm:
    """What the stations of a test have in common."""

    def __init__(self, servers, root, cmp_signer, seed):
        self.servers = servers
        self.root, self.cmp_signer = root, cmp_signer
        self.random = random.Random(seed)
        self.is_over = threading.Event()     # begin no more transactions
        self.is_hopeless = threading.Event() # and do not finish them either
        self.stations = []
        self.failures = []
        self.counts = collections.Counter()

    def add(self, credential):
        rng = random.Random(self.random.getrandbits(64))
        self.stations.append(Resident(self, credential, rng))

    def start(self):
        for station in self.stations:
            station.thread = threading.Thread(target=station.live, daemon=True)
            station.thread.start()

    def finish(self, seconds=60):
        """Lets each station finish what it began."""
        self.is_over.set()
        end = time.monotonic() + seconds
        for station in self.stations:
            station.thread.join(max(0.1, end - time.monotonic()))
        self.is_hopeless.set()
        stuck = [s for s in self.stations if s.thread.is_alive()]
        for station in stuck:
            station.thread.join(10)
        assert not self.failures, self.failures[0]
        assert not stuck, f"{len(stuck)} stations could not finish"

    @property
    def deals(self):
        return [deal for s in self.stations for deal in s.deals]


class Deal:
    """A transaction of a station."""

    def __init__(self, out):
        self.out = out
        self.reply = None   # the verified ip or kup
        self.conf = None    # the certConf
        self.answer = None  # the verified pkiconf


class Resident(Station):
    """A base station that enrols and renews, again and again, and sends the
    same bytes again until they are answered."""

    def __init__(self, storm, credential, rng):
        super().__init__(storm, credential)
        self.storm = storm
        self.root, self.cmp_signer = storm.root, storm.cmp_signer
        self.random = rng
        self.deals = []
        self.answers = {}  # to each message, what was answered
        self.thread = None

    def live(self):
        try:
            while not self.storm.is_over.is_set():
                self.enrol_and_renew()
        except Stopped:
            pass
        except BaseException:
            self.storm.failures.append(traceback.format_exc())

    def enrol_and_renew(self):
        holder = self.transact(self.ir())
        for _ in range(self.random.randrange(1, 4)):
            if self.storm.is_over.is_set():
                return
            old = holder.credential
            kur = self.request("kur", signer=old, subject=old.subject)
            holder = self.transact(kur)

    def transact(self, out):
        deal = Deal(out)
        self.deals.append(deal)
        deal.reply = self.obtain(out)
        self.maybe_repeat(out)
        deal.conf = self.conf(out, deal.reply)
        deal.answer = self.ask(deal.conf)
        if deal.answer.kind != "pkiconf":
            raise Refused(deal.answer)
        self.maybe_repeat(out)
        self.maybe_repeat(deal.conf)
        return self.holding(out, deal.reply)

    def maybe_repeat(self, out):
        """Now and then, what was answered goes again; see post()."""
        if self.random.random() < 0.1:
            self.post(out)

    def post(self, data, path=None):
        """The HTTP response, after as many times as it takes. What a message
        brought once it brings always."""
        data = bytes(data)
        while True:
            if self.storm.is_hopeless.is_set():
                raise Stopped
            self.storm.counts["sent"] += 1
            response = self.post_once(data)
            if response is not None:
                break
            self.storm.counts["unanswered"] += 1
            time.sleep(self.random.uniform(0.002, 0.03))
        self.check_same(data, response.body)
        return response

    def post_once(self, data):
        """None: no answer, or one to try later."""
        port = self.random.choice(self.storm.servers).port
        message = http.request(data)
        try:
            with http.Connection(port, seconds=10) as connection:
                if self.random.random() < 0.05:
                    connection.send(message)  # and never read the answer
                    return None
                response = connection.ask(message)
        except (OSError, http.Closed):
            return None
        assert response.status in (200, 503), response.body
        return response if response.status == 200 else None

    def check_same(self, data, body):
        before = self.answers.get(data)
        if before is not None:
            assert body == before, "another answer to the same message"
        if cmp.Reply(body).kind in ("ip", "kup", "pkiconf"):
            self.answers[data] = body


def check_store(server, storm, stationmaster):
    """All that must hold when every station has finished."""
    deals = storm.deals
    check_certificates(server, deals)
    check_transactions(server, deals)
    check_audit(server, deals, stationmaster)
    assert server.query("PRAGMA integrity_check") == [("ok",)]


def check_certificates(server, deals):
    rows = dict(server.query("SELECT der, status FROM certificate"))
    held = {d.reply.cert.der for d in deals}
    assert held <= rows.keys(), "a station holds what the store does not"
    assert rows.keys() <= held, "certificates that no station ever got"
    assert len(held) == len(deals)
    assert set(rows.values()) == {2}, "not all are confirmed"


def check_transactions(server, deals):
    rows = server.query(
        "SELECT transaction_id, der FROM txn LEFT JOIN certificate "
        "ON certificate.txn = txn.id")
    assert len(rows) == len(deals), "two certificates for one transaction"
    stored = dict(rows)
    for deal in deals:
        assert stored[deal.out.transaction_id] == deal.reply.cert.der
    assert server.query("SELECT count(*) FROM exchange") == [(2 * len(deals),)]
    assert server.query("SELECT count(*) FROM certificate "
                        "WHERE pending_update != 0") == [(0,)]


def check_audit(server, deals, stationmaster):
    done = subprocess.run([stationmaster, "audit", "check", "--config",
                           str(server.config)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    entries = collections.Counter(
        bytes(e).split()[0].decode() for e, in server.query(
            "SELECT CAST(entry AS BLOB) FROM audit"))
    assert entries["issued"] == entries["confirmed"] == len(deals)


def check_repeats(storm, num=100):
    """Each of these messages once more, to every server."""
    for server in storm.servers:  # the one killed last may still be starting
        server.wait_until_open()
    sent = [(s, data) for s in storm.stations for data in s.answers]
    for station, data in storm.random.sample(sent, min(num, len(sent))):
        for server in storm.servers:
            with http.Connection(server.port) as connection:
                response = connection.ask(http.request(data))
            assert response.status == 200
            assert response.body == station.answers[data]
