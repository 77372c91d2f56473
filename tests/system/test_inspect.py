"""`inspect` and `diff` as people and programs use them."""
import json
import os
import pty
import re
import subprocess
import time
from pathlib import Path

import jsonschema
import pytest

TOP = Path(__file__).resolve().parents[2]
VECTORS = TOP / "tests" / "vectors" / "cmp"
CORPUS = TOP / "tests" / "fuzz" / "corpus"
PLAIN = {**os.environ, "COLUMNS": "100"}


@pytest.fixture
def run(stationmaster):
    def run_(*args, data=None, env=PLAIN):
        return subprocess.run([stationmaster, *map(str, args)], input=data,
                              capture_output=True, env=env, timeout=60)
    return run_


def judge_of(name):
    schema = json.loads((TOP / "docs/schema" / name).read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_a_message(run):
    done = run("inspect", VECTORS / "ir-full.der")
    text = done.stdout.decode()
    assert done.returncode == 0 and "\033" not in text
    for row in (r"^ +10 +sender +directoryName: CN=0123456789,O=Vendor$",
                r"^ +99 +messageTime +2026-11-22T01:36:26Z$",
                r"^ +118 +protectionAlg +ecdsa-with-SHA256 \(1\.2\.840\.",
                r"^ +200 +\[0\] +id-it-implicitConfirm \(1\.3\.6\.",
                r"^ +214 +body +ir$",
                r"^ +320 +subject +CN=gnb-1,O=Operator$",
                r"^ +490 +\[0\] +dNSName: gnb-1\.example\.org$",
                r"^ +931 +\[0\] +id-ce-keyUsage \(2\.5\.29\.15\), critical: "
                r"digitalSignature$"):
        assert re.search(row, text, re.M), row


def test_forms_of_input(run, tmp_path):
    der = (VECTORS / "ir.der").read_bytes()
    expected = run("inspect", "-", data=der).stdout
    pem = subprocess.run(["openssl", "base64"], input=der,
                         capture_output=True, check=True).stdout
    for form in (der.hex().encode(), pem, b"-----BEGIN CMP-----\n" + pem +
                 b"-----END CMP-----\n"):
        shown = run("inspect", "-", data=form)
        assert shown.returncode == 0
        assert shown.stdout.split(b"\n", 1)[1] == expected.split(b"\n", 1)[1]


@pytest.mark.parametrize("args, kind", [
    (["x509", "-outform", "DER"], "Certificate"),
    (["req", "-new", "-outform", "DER"], "CertificationRequest"),
    (["ca"], "CertificateList"), (["cms"], "ContentInfo")])
def test_what_a_file_is(run, tmp_path, args, kind):
    """By its content, of what OpenSSL makes."""
    def openssl(*words, data=None):
        return subprocess.run(["openssl", *words], input=data, cwd=tmp_path,
                              capture_output=True, check=True).stdout
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:P-256", "-nodes", "-keyout", "k.pem", "-out",
            "c.pem", "-subj", "/CN=a/O=b")
    if kind == "Certificate":
        out = openssl(*args, "-in", "c.pem")
    elif kind == "CertificationRequest":
        out = openssl(*args, "-key", "k.pem", "-subj", "/CN=a")
    elif kind == "ContentInfo":
        out = openssl("cms", "-encrypt", "-outform", "DER", "c.pem",
                      data=b"text")
    else:
        (tmp_path / "index").write_text("")
        (tmp_path / "number").write_text("01")
        (tmp_path / "ca.conf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ncrlnumber=number\n"
            "default_md=sha256\ndefault_crl_days=1\n")
        openssl("ca", "-config", "ca.conf", "-gencrl", "-keyfile", "k.pem",
                "-cert", "c.pem", "-out", "crl.pem")
        out = openssl("crl", "-in", "crl.pem", "-outform", "DER")
    done = run("inspect", "--json", "-", data=out)
    one, = json.loads(done.stdout)["messages"]
    assert one["type"] == kind and one["whole"] and done.returncode == 0


def test_broken_input_is_shown_as_far_as_it_goes(run):
    der = bytearray((VECTORS / "ir.der").read_bytes())
    assert der[7:10] == b"\2\1\2"
    der[7] = 4  # pvno as OCTET STRING
    done = run("inspect", "-", data=bytes(der))
    text = done.stdout.decode()
    assert done.returncode == 1
    assert "^ at byte 7: expected INTEGER, found OCTET STRING" in text
    assert "1 problem, the first at byte 7 of" in text
    assert "certTemplate" in text and "extraCerts" in text


def test_a_cut_message(run):
    der = (VECTORS / "ip.der").read_bytes()
    done = run("inspect", "--json", "-", data=der[:500])
    one, = json.loads(done.stdout)["messages"]
    assert done.returncode == 1 and one["problems"] == 1
    node = one["tree"]
    while "fields" in node:
        node = node["fields"][-1]
    assert node["problem"]["at"] == 500
    assert node["problem"]["found"] == "the end of the input"


def test_views(run):
    file = VECTORS / "ir.der"
    whole = run("inspect", file).stdout.decode()
    closed = run("inspect", "--no-certs", file).stdout.decode()
    assert "tbsCertificate" in whole and "tbsCertificate" not in closed
    assert closed.count("CN=Vendor Root,O=Vendor; by") == 1
    assert len(run("inspect", "--depth", 1, file).stdout.splitlines()) == 6
    full = run("inspect", "--full", file).stdout.decode()
    assert "id-at-commonName" in full and "id-at-commonName" not in whole
    assert (VECTORS / "ir.der").read_bytes()[10:26].hex() in run(
        "inspect", "--hex", "--full", file).stdout.decode().replace(" ", "") or (
            "0203" not in full)
    assert run("inspect", "--as", "Nothing", file).returncode == 2
    assert run("inspect", "--as", "Certificate", file).returncode == 1


def on_terminal(command, env):
    """What it writes where standard output is a terminal of 60 columns."""
    master, slave = pty.openpty()
    subprocess.run(["stty", "cols", "60"], stdin=slave, check=True)
    child = subprocess.Popen(command, stdout=slave, env=env)
    os.close(slave)
    out = b""
    while True:
        try:
            part = os.read(master, 65536)
        except OSError:
            break
        if not part:
            break
        out += part
    os.close(master)
    child.wait()
    return out.decode()


def test_colours_and_widths(stationmaster):
    command = [stationmaster, "inspect", str(VECTORS / "ir-full.der")]
    env = {k: v for k, v in os.environ.items()
           if k not in ("COLUMNS", "NO_COLOR")} | {"TERM": "xterm"}
    coloured = on_terminal(command, env)
    assert "\033[2m" in coloured
    plain = on_terminal(command, env | {"NO_COLOR": "1"})
    assert "\033" not in plain
    stripped = re.sub("\033\\[[0-9]*m", "", coloured)
    assert stripped == plain
    rows = plain.replace("\r", "").splitlines()[1:]
    assert sum(len(row) > 60 for row in rows) < len(rows) // 10


def test_text_of_a_peer_moves_no_terminal(run):
    der = (VECTORS / "error-details.der").read_bytes()
    done = run("inspect", "--json", "-", data=der)
    text = re.search(rb'"path":"body.error.errorDetails\[0\]"[^}]*"value":'
                     rb'"([^"]*)"', done.stdout)[1]
    bad = der.replace(text, b"\x1b[2J" + text[4:], 1)
    assert bad != der
    for args in ((), ("--json",), ("--full",)):
        assert b"\x1b" not in run("inspect", *args, "-", data=bad).stdout
    assert b"\\x1b[2J" in run("inspect", "-", data=bad).stdout


def test_protection(run, tmp_path):
    (tmp_path / "right").write_text("3gpp-cmp-secret\n")
    (tmp_path / "wrong").write_text("3gpp-cmp-sekret\n")
    file = VECTORS / "ip-mac.der"
    for name, verdict, code in (("right", "holds", 0), ("wrong", "broken", 1)):
        done = run("inspect", "--json", "--secret",
                   f"server={tmp_path / name}", file)
        one, = json.loads(done.stdout)["messages"]
        assert (one["protection"]["verdict"], done.returncode) == (
            verdict, code)
        judge_of("inspect.json").validate(json.loads(done.stdout))
    one, = json.loads(run("inspect", "--json", "--secret",
                          f"server={tmp_path / 'right'}",
                          VECTORS / "ir.der").stdout)["messages"]
    assert one["protection"]["kind"] == "signature"
    assert one["protection"]["verdict"] == "holds"
    assert one["protection"]["signer"] == "CN=0123456789,O=Vendor"


def test_json_is_of_its_schema(run):
    judge = judge_of("inspect.json")
    files = [*sorted(VECTORS.glob("*.der"))[:12],
             *sorted((CORPUS / "asn1_cmp_message").iterdir())]
    for file in files:
        for args in (("--hex",), ()):
            done = run("inspect", "--json", *args, file)
            if done.returncode not in (0, 1) or b'"error"' in done.stdout:
                continue
            judge.validate(json.loads(done.stdout))
    broken = json.loads(run("inspect", "--json", "-", data=(
        VECTORS / "ir.der").read_bytes()[:300]).stdout)
    judge.validate(broken)
    del broken["messages"][0]["tree"]["offset"]
    with pytest.raises(jsonschema.ValidationError):
        judge.validate(broken)


def test_what_it_cannot_read(run, tmp_path):
    assert run("inspect", tmp_path / "none").returncode == 4
    done = run("inspect", "--json", "-", data=b"\x1f\x8b\x08gzip")
    assert done.returncode == 1
    assert "gzip" in json.loads(done.stdout)["error"]["text"]


def test_the_worst_is_bounded(run, stationmaster):
    """A megabyte of the smallest elements, and of the deepest."""
    flat = b"\5\0" * 400000
    deep = b""
    for _ in range(20000):
        size = len(deep)
        deep = b"\x30" + (bytes([size]) if size < 128 else b"\x83" +
                          size.to_bytes(3, "big")) + deep
    for body in (flat, deep):
        data = b"\x30\x83" + len(body).to_bytes(3, "big") + body
        for args in ((), ("--json",)):
            start = time.monotonic()
            done = subprocess.run(
                [stationmaster, "inspect", *args, "-"],
                input=data, stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE, timeout=60)
            assert done.returncode == 1, done.stderr
            # A second, but for sanitizers.
            assert time.monotonic() - start < 20


# --- diff ---

def test_diff_of_a_message_with_itself(run):
    done = run("diff", VECTORS / "ir.der", VECTORS / "ir.der")
    assert (done.returncode, done.stdout) == (0, b"No field differs.\n")


def test_diff(run):
    done = run("diff", VECTORS / "ir.der", VECTORS / "ir-full.der")
    text = done.stdout.decode()
    assert done.returncode == 1
    assert "header.generalInfo only in the second\n" in text
    assert "    + [0].infoType  id-it-implicitConfirm (1.3" in text
    assert ("certTemplate.issuer differs\n    - CN=Vendor Root,O=Vendor\n"
            "    + CN=Operator Root,O=Operator\n") in text
    assert "transactionID" not in text
    assert text.endswith(
        "4 fields differ, but for 4 that differ as they must.\n")
    assert b"header.transactionID differs, as it must" in run(
        "diff", "--all", VECTORS / "ir.der", VECTORS / "ir-full.der").stdout


def test_diff_ignores(run):
    done = run("diff", VECTORS / "ir.der", VECTORS / "ir-full.der",
               "--ignore", "generalInfo", "--ignore", "certTemplate.issuer",
               "--ignore", "extensions", "--ignore", "validity")
    assert done.returncode == 0
    assert b"4 ignored" in done.stdout


def test_diff_json(run):
    judge = judge_of("diff.json")
    one = json.loads(run("diff", "--json", VECTORS / "ir.der",
                         VECTORS / "ir-full.der").stdout)
    judge.validate(one)
    assert not one["same"] and one["fresh"] == 4
    assert [(d["kind"], d["path"]) for d in one["differences"]
            if not d["fresh"]] == [
        ("added", "header.generalInfo"),
        ("changed", "body.ir[0].certReq.certTemplate.issuer"),
        ("added", "body.ir[0].certReq.certTemplate.validity"),
        ("added", "body.ir[0].certReq.certTemplate.extensions")]
    two = json.loads(run("diff", "--json", VECTORS / "ir-full.der",
                         VECTORS / "ir.der").stdout)
    assert [d["kind"] for d in two["differences"] if not d["fresh"]] == [
        "missing", "changed", "missing", "missing"]
    judge.validate(json.loads(run("diff", "--json", "--full",
                                  VECTORS / "ir.der",
                                  VECTORS / "ip.der").stdout))


def test_diff_of_extensions_by_what_they_are(run, tmp_path):
    """Not by where they stand."""
    subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey",
                    "-noout", "-out", "k.pem"], check=True, cwd=tmp_path)

    def cert(file, *extensions):
        subprocess.run(
            ["openssl", "req", "-x509", "-key", "k.pem", "-out", file,
             "-subj", "/CN=a", "-config", "/dev/stdin"],
            input=("[req]\ndistinguished_name=d\nx509_extensions=x\n[d]\n"
                   "[x]\n" + "\n".join(extensions)).encode(), check=True,
            cwd=tmp_path, capture_output=True)
    usage, names = "keyUsage=digitalSignature", "subjectAltName=DNS:a"
    cert("1.pem", usage, names)
    cert("2.pem", names, "basicConstraints=CA:FALSE", usage)
    done = run("diff", "--json", tmp_path / "1.pem", tmp_path / "2.pem")
    kinds = {d["kind"]: d for d in json.loads(done.stdout)["differences"]
             if "extensions" in d["path"]}
    assert set(kinds) == {"added"}
    assert kinds["added"]["path"] == "tbsCertificate.extensions[1]"


def test_diff_of_what_is_not_there(run):
    assert run("diff", VECTORS / "ir.der", VECTORS / "no.der").returncode == 4
    assert run("diff", VECTORS / "ir.der", VECTORS / "ir.der", "--second",
               2).returncode == 4
