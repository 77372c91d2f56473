"""A stationmaster that serves: its operator, its process, its log, its
store as rows."""
import json
import re
import shlex
import shutil
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

import jsonschema

from cmplib import pki

CONFIG = """\
node: test
store: {{ kind: sqlite, file: store.db }}
log: {{ format: logfmt, level: debug }}
listen:
  - {{ address: "127.0.0.1", port: 0 }}
  - {{ address: "127.0.0.1", port: 0,
       tls: {{ certificate: tls.pem, key: tls.key }} }}
server:
{server}
secrets: {{ key_file: secrets.key }}
keys:
  - {{ name: issuing, file: issuing.key }}
  - {{ name: cmp, file: cmp.key }}
{kga_key}
cas:
  - name: issuing
    certificate: issuing.pem
    chain: [root.pem]
    key: issuing
    crl: {{ path: /crl/issuing.crl, validity: 7d, renew_before: 1d }}
signers:
  - {{ name: cmp, certificate: cmp.pem, chain: [issuing.pem, root.pem],
       key: cmp }}
{kga_signer}
vendors:
{vendors}
{ras}
profiles:
{profiles}
"""

# Of an operator that `init --key-generator` made.
KGA_KEY = "  - { name: kga, file: kga.key }"
KGA_SIGNER = ("  - { name: kga, certificate: kga.pem, "
              "chain: [issuing.pem, root.pem], key: kga }")

# Refusals of one test after the other come from one address.
SERVER = dict(refusals_per_source=1000000, refusals_burst=1000000,
              refusals_total=1000000, workers=4)
PROFILE = dict(type="3gpp-bs", ca="issuing", signer="cmp",
               subject='"CN={serial}.{vendor},O=Operator"',
               dns='"{serial}.{vendor}.ran.example"')

# Of these nothing changes by a refusal: audit entries, the counters of served
# time and findings may. `head` is the end of the audit chain.
NOT_COMPARED = {"audit", "head", "served", "finding"}


REPLAYED = jsonschema.Draft202012Validator(json.loads((
    Path(__file__).parents[3] / "docs/schema/replay.json").read_text()))


def setting_lines(settings, indent):
    return "\n".join(f"{' ' * indent}{k}: {v}" for k, v in settings.items())


def entries(named):
    return "\n".join(f"  - name: {name}\n{setting_lines(settings, 4)}"
                     for name, settings in named.items())


def make_operator(stationmaster, folder, *options):
    subprocess.run([stationmaster, "init", str(folder), *options], check=True,
                   capture_output=True)


def check_rules(log_file):
    """Each refusal in a log names its rule, its clause and what was found."""
    for line in log_file.read_text(errors="backslashreplace").splitlines():
        if " fail_info=" in line:
            fields = parse_line(line)
            assert fields.get("rule") and fields.get("clause") and \
                fields.get("text"), line
        assert not re.search(r"refused_requests=\S*:(,|\s|$)", line), line


def parse_line(line):
    """The pairs of a logfmt line."""
    fields = {}
    for word in shlex.split(line):
        key, _, value = word.partition("=")
        fields[key] = value
    return fields


class Server:
    """An operator's folder, copied, with these vendors and profiles."""

    def __init__(self, stationmaster, operator, folder, vendors, profiles,
                 ras=None, **server):
        self.stationmaster = stationmaster
        self.folder = Path(folder)
        shutil.copytree(operator, self.folder)
        self.config = self.folder / "stationmaster.yaml"
        has_kga = (self.folder / "kga.pem").exists()
        self.config.write_text(CONFIG.format(
            kga_key=KGA_KEY if has_kga else "",
            kga_signer=KGA_SIGNER if has_kga else "",
            server=setting_lines({**SERVER, **server}, 2),
            vendors=entries(vendors),
            ras=f"ras:\n{entries(ras)}" if ras else "",
            profiles=entries({name: {**PROFILE, **settings} for
                              name, settings in profiles.items()})))
        self.log_file = self.folder / "log"
        self.process = None
        self.said = []  # of Station.post
        self.kept = []  # for linted.check
        self.root = self.certificate("root.pem")
        self.issuing = self.certificate("issuing.pem")
        self.cmp_signer = self.certificate("cmp.pem")

    def certificate(self, name):
        return pki.Cert(pki.from_pem((self.folder / name).read_text()))

    # --- the process ---

    def start(self):
        mark = self.mark()
        with open(self.log_file, "ab") as log:
            self.process = subprocess.Popen(
                [self.stationmaster, "serve", "--config", str(self.config)],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        ports = {line["tls"]: int(line["port"]) for line in
                 self.wait_lines(mark, "listening", 2)}
        self.port, self.tls_port = ports["no"], ports["yes"]
        return self

    def stop(self):
        if self.process is None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        self.process = None
        assert code == 0, f"ended with {code}:\n{self.tail()}"
        check_rules(self.log_file)

    # --- its log ---

    def mark(self):
        return self.log_file.stat().st_size if self.log_file.exists() else 0

    def lines(self, mark=0):
        """The whole lines written since, as dicts."""
        with open(self.log_file, "rb") as log:
            log.seek(mark)
            text = log.read().decode(errors="backslashreplace")
        return [parse_line(line) for line in text.split("\n")[:-1]
                if line.startswith("time=")]

    def tail(self):
        return self.log_file.read_text(errors="replace")[-3000:]

    def wait_lines(self, mark, event, num=1, seconds=10):
        """The first `num` lines of this event."""
        end = time.monotonic() + seconds
        while True:
            found = [n for n in self.lines(mark) if n.get("event") == event]
            if len(found) >= num:
                return found[:num]
            assert self.process.poll() is None, self.tail()
            assert time.monotonic() < end, f"no {event}:\n{self.tail()}"
            time.sleep(0.02)

    # --- a message, judged without it ---

    def replay(self, message, *options):
        """What `replay` says of these bytes: its exit code and its JSON."""
        done = subprocess.run(
            [self.stationmaster, "replay", "-", "--config", str(self.config),
             "--json", *options], input=bytes(message), capture_output=True)
        try:
            told = json.loads(done.stdout)
        except ValueError:
            raise AssertionError(done.stderr.decode()) from None
        REPLAYED.validate(told)
        return done.returncode, told

    # --- its store ---

    def connect(self, mode="ro"):
        return sqlite3.connect(f"file:{self.folder / 'store.db'}?mode={mode}",
                               uri=True, timeout=10)

    def query(self, sql, *values):
        db = self.connect()
        try:
            return db.execute(sql, values).fetchall()
        finally:
            db.close()

    def tables(self):
        """Every row of every table that a refusal leaves alone."""
        db = self.connect()
        try:
            db.execute("BEGIN")
            names = [n for n, in db.execute(
                "SELECT name FROM sqlite_schema WHERE type='table'")]
            return {n: db.execute(f"SELECT * FROM {n}").fetchall()
                    for n in names if n not in NOT_COMPARED}
        finally:
            db.close()

    def change(self, sql, *values):
        """As another process on the same store would."""
        db = self.connect("rw")
        try:
            with db:
                db.execute(sql, values)
        finally:
            db.close()

    def status_of(self, cert):
        """"issued", "confirmed", "rejected" or "timed out"."""
        (status,), = self.query("SELECT status FROM certificate WHERE der=?",
                                cert.der)
        return ("issued", "confirmed", "rejected", "timed out")[status - 1]

    def revoke(self, cert):
        """As `cert revoke` does, and waits for the CRL that lists it."""
        self.change("UPDATE certificate SET revoked_at=?, reason=1, "
                    "version=version+1 WHERE der=?", int(time.time()), cert.der)
        self.change("UPDATE ca SET revocations=revocations+1")
        self.wait_crl()

    def wait_crl(self, seconds=10):
        """Until the newest CRL covers every revocation."""
        end = time.monotonic() + seconds
        while self.query("SELECT ca.revocations FROM ca WHERE revocations > "
                         "(SELECT max(covers) FROM crl WHERE crl.ca = ca.ca)"):
            assert time.monotonic() < end, "no CRL"
            time.sleep(0.02)

    def block(self, vendor, serial, is_blocked=True):
        self.change("UPDATE station SET state=?, version=version+1 WHERE "
                    "serial=? AND vendor=(SELECT id FROM word WHERE text=?)",
                    2 if is_blocked else 1, serial.encode(), vendor.encode())
