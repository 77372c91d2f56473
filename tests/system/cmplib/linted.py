"""Refused messages given to `stationmaster lint` in captures: the rule that
the server refused by comes first, and what else is broken follows of it."""
import itertools
import json
import os
import re
import struct
import subprocess
import time

from cmplib import http
from cmplib.capture import RAW_IPV4, Flow

PORT = 8080

STORE, CONFIG, OUTSIDE = (
    "the server's store", "the server's configuration",
    "the server's path, keys or CRLs, which no message shows")
# Rules that a message and those before it do not tell of, or not always: what
# would. (`replay` tells of each.)
UNSEEN = {
    **dict.fromkeys((
        "answer-finds-challenge", "answer-has-transaction",
        "conf-has-transaction", "conf-is-in-time", "error-finds-open",
        "name-is-free", "old-is-confirmed", "old-is-current",
        "old-is-not-revoked", "old-is-ours", "one-update-at-a-time",
        "poll-finds-one-waiting", "poll-has-transaction",
        "release-by-unblocked", "request-is-new", "revoked-is-known",
        "revoked-is-the-stations", "revoked-once", "secret-has-uses-left",
        "secret-is-current", "secret-is-for-profile", "secret-is-not-revoked",
        "signer-is-known", "station-is-not-blocked", "released-is-held",
        "hold-is-dated", "revoked-is-current", "passphrase-by-station",
        "weak-secret-is-stretched"), STORE),
    **dict.fromkeys((
        "body-is-of-operation", "ccr-alg-is-ours", "ccr-brings-other-key",
        "ccr-by-peer", "ccr-names-this-ca", "ccr-path-len-is-agreed",
        "ccr-subject-is-agreed", "ccr-validity-is-grantable",
        "cert-profile-is-known", "info-value-is-right", "issuer-is-ours",
        "language-is-spoken", "name-is-bounded", "name-may-be-suggested",
        "nested-by-ra", "original-is-readable", "original-is-sent",
        "original-is-the-stations", "original-verifies", "ra-asks-for-one",
        "ra-may-nest", "ra-may-request", "ra-may-revoke", "ra-verified-by-ra",
        "revoked-is-of-our-ca", "serial-is-allowed", "serial-is-named",
        "signer-has-path"), CONFIG),
    **dict.fromkeys((
        "agree-mac-verifies", "answer-fits", "conf-hash-is-right",
        "mac-verifies", "passphrase-is-long", "passphrase-opens",
        "revocation-is-known", "signer-is-not-revoked"),
        OUTSIDE),
    "body-is-served": "whether an announcement is for a station or of one",
}
# (rule, cause): what lint names before the rule that the server refused by,
# besides the flaw of a certificate; and why.
WHOSE = "a server looks for this signer's transactions alone"
CAUSES = {
    ("answer-has-transaction", "requester-stays"): WHOSE,
    ("conf-has-transaction", "requester-stays"): WHOSE,
    ("poll-has-transaction", "requester-stays"): WHOSE,
    ("sender-kid-is-signers", "sender-is-signer"): "a quirk may forgive that",
}
# (rule, other): what lint finds besides, though it does not follow, and why.
ALONE = "without the store an operator's certificate is known by its path"
FOLLOWS = "it follows of what lint cannot see"
INSIDE = "of the message inside, which is judged by itself"
CAST = "the tests' own certificate, or message, lacks that as well"
BESIDE = {
    ("old-is-current", "signer-has-path"): ALONE,
    ("old-is-current", "cert-is-in-force"): ALONE,
    ("old-is-ours", "signer-has-path"): ALONE,
    ("body-is-served", "cert-has-aki"): CAST,
    ("body-is-served", "message-is-der"): CAST,
    ("ccr-path-len-is-agreed", "cert-has-aki"): CAST,
    ("nested-is-readable", "transaction-id-is-there"): INSIDE,
    ("nested-is-readable", "message-is-der"): INSIDE,
    ("conf-has-transaction", "requester-stays"): FOLLOWS,
    ("request-is-new", "nonce-is-fresh"): FOLLOWS,
    ("request-is-new", "transaction-id-is-new"): FOLLOWS,
    ("revoked-is-the-stations", "revoked-is-the-signer"): FOLLOWS,
    ("one-revocation", "mac-verifies"): CAST,
    ("passphrase-comes-by-genm", "mac-verifies"): CAST,
    ("signer-has-path", "signer-may-sign"): CAST,
}


class Said:
    """An HTTP exchange, as Station.post saw it."""

    def __init__(self, data, path, answer):
        self.data, self.path, self.answer = data, path, answer
        self.at = time.time_ns() // 1000

    def num(self):
        """How many messages it holds."""
        return 1 + (self.answer.status == 200)


class Kept:
    def __init__(self, server, began, out, path, rule):
        number = out.transaction_id or b"-"
        self.test = os.environ.get("PYTEST_CURRENT_TEST", "").partition(" ")[0]
        self.rule = rule
        self.profile = name_of(server, path or http.PATH)
        self.said = [s for s in server.said[began:-1]
                     if number in s.data or number in s.answer.body]
        self.said.append(server.said[-1])
        assert self.said[-1].data == bytes(out)
        holder = getattr(out, "holder", None)
        self.secret = holder and (holder.reference.decode(), holder.secret)


def keep(server, began, out, path, rule):
    """For check(): a message that was refused just now, and what was said
    before in its transaction since `began`, a length of server.said."""
    server.kept.append(Kept(server, began, out, path, rule))


def name_of(server, path):
    """Of the profile that answers there."""
    name = re.match(r"/\.well-known/cmp/p/([a-z0-9-]+)", path)
    if name:
        return name[1]
    text = server.config.read_text().partition("\nprofiles:")[2]
    return next(entry.split()[0] for entry in text.split("  - name: ")
                if "default: true" in entry)


def write_capture(file, exchanges):
    """Each exchange in a connection of its own."""
    ports = itertools.cycle(range(10000, 60000))
    with open(file, "wb") as out:
        out.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 262144,
                              RAW_IPV4))
        for said in exchanges:
            def write(packet, at=said.at):
                out.write(struct.pack("<IIII", at // 1000000, at % 1000000,
                                      len(packet), len(packet)) + packet)
            flow = Flow(write, next(ports), PORT)
            flow.say(0, http.request(said.data, said.path))
            head = "".join(f"{k}: {v}\r\n" for k, v in
                           said.answer.headers.items())
            flow.say(1, f"HTTP/1.1 {said.answer.status} x\r\n{head}\r\n"
                     .encode() + said.answer.body)
            flow.end()


def options_of(server, rows, folder):
    """What the configuration trusts and the stations know, as options."""
    config = server.config.read_text()
    trusted = ["--trust-operator", server.folder / "root.pem"]
    for file in sorted(server.folder.glob("*-root.pem")):
        is_vendors = f"anchors: [{file.name}]" in \
            config.partition("\nvendors:")[2].partition("\nras:")[0]
        trusted += ["--trust-vendor" if is_vendors else "--trust", file]
    secrets = dict(row.secret for row in rows if row.secret)
    for number, (reference, secret) in enumerate(secrets.items()):
        file = folder / f"{number}.secret"
        file.write_bytes(secret)
        trusted += ["--secret", f"{reference}={file}"]
    return trusted


def run(server, profile, rows):
    """The reports on each row's last message: on it, and what it holds."""
    folder = server.folder / f"linted-{profile}"
    folder.mkdir()
    write_capture(folder / "all.pcap", [s for row in rows for s in row.said])
    done = subprocess.run(
        [server.stationmaster, "lint", "--json", "--all", "--config",
         server.config, "--profile", profile,
         *options_of(server, rows, folder), folder / "all.pcap"],
        capture_output=True, text=True)
    assert done.returncode in (0, 7, 8), done.stderr
    reports = json.loads(done.stdout)["messages"]
    before = 0
    for row in rows:
        before += sum(s.num() for s in row.said)
        number = before - row.said[-1].num() + 1
        yield row, [r for r in reports if r["number"] == number]


def roots_of(report):
    """The errors in it that follow from no other."""
    return [f["rule"] for f in report["findings"] if f["verdict"] == "broken"
            and f["severity"] == "error" and "follows_from" not in f]


def complaints(row, reports):
    """What is wrong with what lint told of a row; [] if nothing is."""
    told = {f["rule"]: f for r in reports for f in r["findings"]
            if f["verdict"] == "broken" and f["severity"] == "error"}
    others = [rule for r in reports for rule in roots_of(r)
              if rule != row.rule]
    if not reports:
        return ["lint told nothing of it"]
    if row.rule not in told:
        if row.rule not in UNSEEN:
            return [f"lint does not find it, but {sorted(told)}"]
        if row.rule == "body-is-served":
            return []  # it is judged as a station would
    elif "follows_from" in told[row.rule]:
        cause = told[row.rule]["follows_from"]
        if not cause.startswith("cert-") and (row.rule, cause) not in CAUSES:
            return [f"lint takes {cause} for its cause"]
        others = [rule for rule in others if rule != cause]
    return [f"lint finds {rule}" for rule in others
            if (row.rule, rule) not in BESIDE]


def check(server):
    wrong = []
    for profile in sorted({row.profile for row in server.kept}):
        rows = [row for row in server.kept if row.profile == profile]
        for row, reports in run(server, profile, rows):
            wrong += [f"{row.test}: {row.rule}: {text}"
                      for text in complaints(row, reports)]
    assert not wrong, "\n".join(wrong)
