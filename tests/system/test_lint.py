"""`stationmaster lint` over whole exchanges: nothing about good ones, and just
what is wrong with others; and over the worst input there is."""
import contextlib
import fcntl
import json
import os
import pty
import struct
import subprocess
import termios
import time
from pathlib import Path

import pytest

from cmplib import cmp, pki
from cmplib.der import octets
from cmplib.dialogue import Dialogue, Linter, Operator

TOP = Path(__file__).resolve().parents[2]
CORPUS = TOP / "tests/fuzz/corpus"
SECONDS = 5  # for one file; a sanitizer takes its share

GOOD = [(kind, profile, key)
        for kind, profile in (("ir", "3gpp-bs"), ("ir", "rfc9483"),
                              ("kur", "3gpp-bs"), ("cr", "rfc9483"))
        for key in ("P-256", "P-384", "P-521", "RSA-2048", "Ed25519")]


@pytest.fixture(scope="module")
def parties():
    return Operator(), pki.Vendor("Acme")


@pytest.fixture
def linter(stationmaster, parties, tmp_path):
    operator, vendor = parties
    return Linter(stationmaster, tmp_path, operator.root.cert,
                  vendor.root.cert)


def key_of(kind):
    return pki.slow_key(kind) if kind[:3] == "RSA" else pki.Key(kind)


def dialogue(parties, kind="ir", **request):
    return Dialogue(*parties, kind, **request)


def broken(told):
    """Of each message with findings its body, and the rules in order."""
    return {m["body"]: [f["rule"] for f in m["findings"]]
            for m in told["messages"]}


def lint(stationmaster, *words, code=0):
    run = subprocess.run([stationmaster, "lint", *map(str, words)],
                         capture_output=True, text=True, check=False)
    assert run.returncode == code, run.stdout + run.stderr
    return run.stdout


# --- good exchanges ---

@pytest.mark.parametrize("kind, profile, key", GOOD)
def test_good_exchange(linter, parties, kind, profile, key):
    # RFC 9483, 4.1.1 asks for a name; TS 33.310 does not.
    name = {"subject": pki.name(CN="unit")} if profile == "rfc9483" else {}
    made = dialogue(parties, kind, key=key_of(key), **name)
    for told, code in (linter.messages(made.messages, profile),
                       linter.capture(made, profile)):
        assert (told["messages"], code) == ([], 0)
        assert told["totals"]["messages"] == 4
        assert told["totals"]["held"] > 150


def test_sent_twice(linter, parties):
    made = dialogue(parties)
    ask, answer, *rest = made.messages
    told, code = linter.messages([ask, answer, ask, answer, *rest], "3gpp-bs",
                                 "--all")
    assert code == 0
    assert [m.get("repeats") for m in told["messages"]] == [
        None, None, 1, 2, None, None]


# --- three faults ---

def plant(made):
    """A nonce that is too short, and a hash of something else."""
    made.ask.fields["sender_nonce"] = b"short"
    made.make()
    made.conf.content = cmp.seq(cmp.cert_status(bytes(32)))


def test_three_faults(linter, parties):
    made = dialogue(parties, extensions=[pki.basic_constraints(True)])
    plant(made)
    expected = {"ir": ["sender-nonce-is-long", "no-ca-asked-for"],
                "certConf": ["conf-hash-is-right"]}
    for told, code in (linter.messages(made.messages), linter.capture(made)):
        assert broken(told) == expected
        assert (told["totals"]["errors"], told["totals"]["warnings"],
                code) == (3, 0, 8)


def test_what_is_told(linter, parties):
    made = dialogue(parties)
    made.conf.content = cmp.seq(cmp.cert_status(bytes(32)))
    told, _ = linter.messages(made.messages)
    message, = told["messages"]
    finding, = message["findings"]
    assert (message["number"], message["body"]) == (3, "certConf")
    assert message["transaction"] == made.ask.transaction_id.hex()
    assert finding == {
        "rule": "conf-hash-is-right", "clause": "RFC 9810, 5.3.18",
        "severity": "error", "verdict": "broken",
        "path": "body.certConf.certHash", "found": "the hash of something else",
        "asked": "certHash over the certificate issued, with the hash of its "
                 "signature",
        "cure": "hash the DER of the whole certificate"}


def unprotected(parties):
    made = dialogue(parties)
    made.ask.fields["protection_alg"] = None
    made.ask.is_protected = False
    return made.ask


def test_cause_and_consequence(linter, parties):
    """Without protection there is no algorithm either."""
    told, _ = linter.messages([unprotected(parties)])
    findings = {f["rule"]: f.get("follows_from")
                for m in told["messages"] for f in m["findings"]}
    assert findings["message-is-protected"] is None
    assert findings["protection-alg-is-allowed"] == "message-is-protected"


# --- what is given, and what is not ---

def test_without_anchors(stationmaster, linter, parties, tmp_path):
    """Nothing is wrong, and less can be told."""
    made = dialogue(parties)
    file = tmp_path / "ir.der"
    file.write_bytes(bytes(made.ask))
    told = json.loads(lint(stationmaster, file, "--json", "--all"))
    verdicts = {f["rule"]: f["verdict"] for f in told["messages"][0]["findings"]}
    assert verdicts["signer-has-path"] == "not judged"
    assert verdicts["ir-by-vendor-cert"] == "not judged"
    assert verdicts["protection-verifies"] == "holds"
    told, _ = linter.messages([made.ask], "3gpp-bs", "--all")
    verdicts = {f["rule"]: f["verdict"] for f in told["messages"][0]["findings"]}
    assert verdicts["signer-has-path"] == "holds"
    assert verdicts["ir-by-vendor-cert"] == "holds"
    assert verdicts["name-is-free"] == "holds"
    assert verdicts["request-is-new"] == "not judged"


def test_strangers(linter, parties):
    operator, _ = parties
    told, code = linter.messages(
        [Dialogue(operator, pki.Vendor("Nobody")).ask])
    assert code == 8
    assert broken(told) == {"ir": ["signer-has-path"]}


@pytest.mark.parametrize("secret, rules", [
    ("3gpp-cmp-secret", []), ("another", ["mac-verifies"])])
def test_secret(stationmaster, tmp_path, secret, rules):
    """OpenSSL's client names itself by another name than the secret's."""
    (tmp_path / "secret").write_text(secret + "\n")
    told = json.loads(lint(
        stationmaster, TOP / "tests/vectors/cmp/ir-mac.der", "--json",
        "--profile", "legacy-2010", "--secret",
        f"0123456789={tmp_path}/secret", code=8 if rules else 7))
    assert [r for m in told["messages"] for f in m["findings"]
            if (r := f["rule"]).startswith("mac")] == rules


# --- the command line ---

def test_exit_codes(stationmaster, linter, parties, tmp_path):
    made = dialogue(parties, recip_nonce=bytes(16))
    told, code = linter.messages([made.ask])
    assert broken(told) == {"ir": ["first-has-no-recip-nonce"]}
    assert code == 7
    assert "FILE is missing" in refused(stationmaster, code=2)
    assert "no profile" in refused(stationmaster, "x", "--profile", "y", code=2)
    refused(stationmaster, tmp_path / "none", code=4)
    (tmp_path / "text").write_text("neither\n")
    refused(stationmaster, tmp_path / "text", code=1)
    assert "REFERENCE=FILE" in refused(stationmaster, tmp_path / "text",
                                       "--secret", "x", code=2)
    refused(stationmaster, tmp_path / "text", "--trust", tmp_path / "text",
            code=3)
    assert "takes no FILE" in refused(stationmaster, "--list", "x", code=2)


def refused(stationmaster, *words, code):
    run = subprocess.run([stationmaster, "lint", *map(str, words)],
                         capture_output=True, text=True, check=False)
    assert run.returncode == code, run.stdout + run.stderr
    return run.stderr


def test_as_text(stationmaster, tmp_path, parties):
    made = dialogue(parties)
    made.conf.content = cmp.seq(cmp.cert_status(bytes(32)))
    file = tmp_path / "made.der"
    file.write_bytes(b"".join(bytes(m) for m in made.messages))
    text = lint(stationmaster, file, code=8)
    assert "message 3, certConf: 1 error" in text
    assert "  error    conf-hash-is-right (RFC 9810, 5.3.18)\n" in text
    assert "found  the hash of something else\n" in text
    assert "\033" not in text
    assert max(len(line) for line in text.split("\n")
               if str(tmp_path) not in line) < 80
    assert text.endswith(" not judged\n")


def on_terminal(words, columns, **env):
    """What a command prints on a terminal so wide."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ,
                struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
            list(map(str, words)), stdout=theirs, stderr=theirs,
            env={**os.environ, "TERM": "xterm", **env}) as run:
        os.close(theirs)
        heard = b""
        with contextlib.suppress(OSError):  # the end of a terminal
            while data := os.read(ours, 4096):
                heard += data
        os.close(ours)
    assert run.returncode == 8
    return heard.decode().replace("\r\n", "\n")


def test_on_terminal(stationmaster, work, parties):
    made = dialogue(parties)
    made.conf.content = cmp.seq(cmp.cert_status(bytes(32)))
    (work / "made.der").write_bytes(b"".join(bytes(m) for m in made.messages))
    words = [stationmaster, "lint", "made.der"]
    text = on_terminal(words, 60, NO_COLOR="")
    assert "\033[31merror" in text
    plain = on_terminal(words, 60, NO_COLOR="1")
    assert "\033" not in plain
    assert "found  the hash of something else\n" in plain
    told = plain.partition("  error")[2].partition("\n\n")[0]
    assert 40 < max(map(len, told.split("\n")[1:])) < 60
    assert 80 < max(map(len, on_terminal(words, 200, NO_COLOR="1")
                         .partition("  error")[2].split("\n")))


def test_table(stationmaster):
    text = lint(stationmaster, "--list")
    rules = json.loads(lint(stationmaster, "--list", "--json"))["rules"]
    assert len(rules) > 150
    assert all(r["rule"] in text for r in rules)
    assert max(map(len, text.split("\n"))) < 80
    assert {r["severity"] for r in rules} == {"error", "warning"}


# --- the schema ---

def test_schema(stationmaster, linter, parties, tmp_path):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((TOP / "docs/schema/lint.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    made = dialogue(parties)
    plant(made)
    ask, answer, *rest = made.messages
    for told, _ in (linter.messages([ask, answer, ask, *rest], "3gpp-bs",
                                    "--all"),
                    linter.messages(made.messages), linter.capture(made),
                    linter.messages([unprotected(parties)])):
        judge.validate(told)
    file = tmp_path / "broken.der"
    file.write_bytes(bytes(made.ask)[:-3] + octets(b"")[:2])
    judge.validate(json.loads(lint(stationmaster, file, "--json", code=8)))
    judge.validate(json.loads(lint(stationmaster, "--list", "--json")))
    with pytest.raises(jsonschema.ValidationError):
        judge.validate({"messages": [{}], "left_out": 0, "problems": [],
                        "totals": {}})


# --- the worst input ---

def worst():
    """The largest of each corpus; all of them are inspect_corpus' (a unit
    test), without a process each."""
    for folder in sorted(CORPUS.iterdir()):
        yield max(folder.iterdir(), key=lambda f: (f.stat().st_size, f.name))


@pytest.mark.seconds(300)
@pytest.mark.parametrize("verb", ["lint", "inspect"])
def test_corpus(stationmaster, verb):
    for file in worst():
        start = time.monotonic()
        run = subprocess.run([stationmaster, verb, file],
                             capture_output=True, check=False)
        assert run.returncode in (0, 1, 7, 8), (file, run.stderr)
        assert time.monotonic() - start < SECONDS, file
