"""What became of a station, from the operator's side and from the vendor's:
`explain` over what the recorder kept, and the station's own words."""
import json
import re
import signal
import sqlite3
import stat
import subprocess
import time

import pytest

from cmplib import cmp, der, http, pki
from cmplib.program import Program
from cmplib.station import Station
from cmplib.world import World

SECONDS = 10


def explain(server, *words, code=0):
    """Its JSON."""
    done = subprocess.run(
        [server.stationmaster, "explain", "--config", str(server.config),
         "--json", *words], capture_output=True, text=True)
    assert done.returncode == code, done.stdout + done.stderr
    return json.loads(done.stdout)


def explain_text(server, *words):
    done = subprocess.run(
        [server.stationmaster, "explain", "--config", str(server.config),
         *words], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def messages(server, what, num):
    """So many messages of one transaction, once they were written."""
    end = time.monotonic() + SECONDS
    while True:
        done = subprocess.run(
            [server.stationmaster, "explain", what, "--config",
             str(server.config), "--json"], capture_output=True, text=True)
        if done.returncode == 0:
            only, = json.loads(done.stdout)["transactions"]
            if len(only["messages"]) >= num:
                assert len(only["messages"]) == num
                return only["messages"]
        assert time.monotonic() < end, done.stdout + done.stderr
        time.sleep(0.1)


# --- refusals: the message, its rule, and what its finding has to say ---

def weak_key(w):
    return w.station().ir(pki.Key("RSA-1024"))


def wrong_proof(w):
    return w.station().ir(popo_key=pki.Key())


def untrusted_vendor(w):
    return w.station(w.nobody).ir()


def unknown_station(w):
    return w.station(w.borealis, 9999).ir()


def broken_der(w):
    out = w.station().ir()
    out.content = der.seq(der.read(out.content)[0].der) + b"\x00"
    return out


REFUSALS = [
    (untrusted_vendor, "signer-has-path", "extraCerts", "not sent"),
    (weak_key, "public-key-is-allowed", "publicKey", "1024"),
    (wrong_proof, "pop-verifies", "popo", "does not verify"),
    (unknown_station, "serial-is-allowed", "extraCerts", "9999"),
    (broken_der, "message-is-der", "PKIMessage", ""),
]


@pytest.mark.parametrize("build,rule,path,found", REFUSALS,
                         ids=lambda p: getattr(p, "__name__", None))
def test_operator_reads_why(world, build, rule, path, found, tmp_path):
    out = build(world)
    reply = cmp.Reply(Station(world.server, None).post(out).body)
    message, = messages(world.server, out.transaction_id.hex(), 1)
    first = message["findings"][0]
    print(json.dumps(message, indent=1))
    assert (first["rule"], first["severity"], first["verdict"]) == \
        (rule, "error", "broken")
    assert first["clause"].startswith(("RFC ", "TS 33.310"))
    assert path in first["path"]
    assert found in first["found"]
    assert first["asked"] and first["cure"]
    # What went over the wire is what is told.
    assert message["outcome"] == "refused"
    assert message["answer"]["body"] == reply.kind
    status, = message["answer"]["statuses"]
    assert status["status"] == "rejection"
    assert {status["fail_info"]} == reply.failures
    assert status["text"] == "; ".join(reply.status.texts)
    # For people the same, and the bytes for other tools.
    text = explain_text(world.server, out.transaction_id.hex(), "--out",
                        str(tmp_path / "out"))
    for part in (rule, first["clause"], status["fail_info"]):
        assert part in text
    assert re.sub(r"\s+", " ", first["cure"]) in re.sub(r"\s+", " ", text)
    request, = (tmp_path / "out").glob("001-request-*.der")
    answer, = (tmp_path / "out").glob(f"001-answer-{reply.kind}.der")
    assert request.read_bytes() == bytes(out)
    assert answer.read_bytes() == reply.der
    code, told = world.server.replay(request.read_bytes())
    assert code == 8
    assert told["messages"][-1]["rule"] == rule
