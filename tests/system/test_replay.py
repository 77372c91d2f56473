"""`stationmaster replay`: what a configuration would do with a message, told
without doing it. That each refusal is told as it was given is in the tables of
test_bad_*.py (cmplib/rows.py)."""
import calendar
import hashlib
import json
import os
import random
import shutil
import subprocess
import time
from pathlib import Path

import jsonschema
import pytest

from conftest import TOP
from cmplib import http, pki, secret
from cmplib.capture import Relay
from cmplib.storm import free_ports
from polls import WAIT, Operator, make_world, waits

LAB, STRICT = (f"{http.PATH}/p/{n}" for n in ("lab", "strict"))


@pytest.fixture(scope="module")
def world(stationmaster, operator, tmp_path_factory):
    made = make_world(stationmaster, operator,
                      tmp_path_factory.mktemp("world") / "files")
    yield made
    made.close()


def judged(world, out, *options, code=0):
    """The one result."""
    done, told = world.server.replay(out, *options)
    assert (done, told["skipped"]) == (code, 0), told
    message, = told["messages"]
    return message


def seconds(text):
    return calendar.timegm(time.strptime(text, "%Y-%m-%dT%H:%M:%SZ"))


# --- what would become of it ---

def test_ir_that_would_be_granted(world):
    station = world.station(number=4711)
    out = station.ir()
    told = judged(world, out)
    item, = told["items"]
    assert (told["end"], told["outcome"], told["body"], told["answer"]) == (
        "taken", "issued", "ir", "ip")
    assert (told["vendor"], told["station"], told["profile"]) == (
        "acme", "004711", "bs")
    assert told["transaction"] == out.transaction_id.hex()
    # And now it is done.
    cert = station.obtain(out).cert
    assert "CN=004711.acme" in item["subject"]
    assert "004711.acme.ran.example" in item["san"]
    assert item["act"] == "issue" and item["number"] == 0
    for key, at in zip(("not_before", "not_after"), cert.validity):
        text = at.content.decode()[-13:]
        assert abs(seconds(item[key]) - calendar.timegm(
            time.strptime(text, "%y%m%d%H%M%SZ"))) < 60
    assert "serial" not in item


def test_what_was_accepted_before(world):
    station, out, _ = world.issued()
    told = judged(world, out)
    assert (told["end"], told["outcome"]) == ("accepted before", "replayed")
    assert told["items"] == told["findings"] == []
    told = judged(world, out, "--anew")
    assert (told["end"], told["outcome"]) == ("taken", "issued")
    # Another message under its transactionID is not helped by that.
    other = station.ir(transaction_id=out.transaction_id)
    told = judged(world, other, code=8)
    assert told["rule"] == "transaction-id-is-new"


def test_cert_conf(world):
    station, out, reply = world.issued()
    conf = station.conf(out, reply)
    told = judged(world, conf)
    assert (told["outcome"], told["answer"]) == ("confirmed", "pkiconf")
    assert told["items"] == [{"number": 0, "act": "confirm",
                              "serial": f"{reply.cert.serial:x}"}]
    wrong = station.conf(out, reply, cert_hash=bytes(32))
    assert judged(world, wrong, code=8)["rule"] == "conf-hash-is-right"
    assert station.ask(conf).kind == "pkiconf"


def test_rr(world):
    station = world.enrolled(LAB)
    told = judged(world, station.rr(reason="keyCompromise"), "--path", LAB)
    assert (told["outcome"], told["answer"]) == ("revoked", "rp")
    assert told["items"] == [{
        "number": 0, "act": "revoke", "reason": "keyCompromise",
        "serial": f"{station.cert.serial:x}"}]
    assert world.server.query("SELECT revoked_at FROM certificate WHERE der=?",
                              station.cert.der) == [(0,)]


def test_genm(world):
    told = judged(world, world.station(path=LAB).genm(17), "--profile", "lab")
    assert (told["outcome"], told["answer"]) == ("answered", "genp")


def test_what_waits_for_an_operator(world):
    boss = Operator(world.server)
    station, out, reply = waits(world, WAIT)
    poll = station.poll(out, reply)
    told = judged(world, poll, "--path", WAIT)
    assert (told["outcome"], told["answer"]) == ("polled", "pollRep")
    boss.approve(out)
    told = judged(world, poll, "--path", WAIT)
    assert (told["outcome"], told["answer"], told["items"][0]["act"]) == (
        "issued", "ip", "issue")
    serial = station.cert.text_of("CN")[3:]
    world.server.block("acme", serial)
    told = judged(world, poll, "--path", WAIT, code=8)
    assert told["rule"] == "station-is-not-blocked"
    world.server.block("acme", serial, False)
    assert station.ask(poll).cert is not None


def test_batch_is_judged_part_by_part(world):
    good = world.station(path=LAB).ir()
    bad = world.station(path=LAB).ir(sender_nonce=bytes(3))
    ra = world.ra(path=LAB)
    code, told = world.server.replay(ra.nested(good, bad), "--path", LAB)
    whole, first, second = told["messages"]
    assert code == 8
    assert [m["part"] for m in told["messages"]] == [0, 1, 2]
    assert (whole["end"], whole["body"], whole["answer"]) == (
        "taken", "nested", "nested")
    assert (first["outcome"], first["body"]) == ("issued", "ir")
    assert second["rule"] == "sender-nonce-is-long"


def test_warning(world):
    out = world.station().ir(recip_nonce=bytes(16))
    told = judged(world, out, code=7)
    assert told["outcome"] == "issued"
    finding, = told["findings"]
    assert (finding["rule"], finding["severity"], finding["verdict"]) == (
        "first-has-no-recip-nonce", "warning", "broken")


# --- when, and where ---

def test_at_another_time(world):
    station = world.enrolled()
    out = station.kur(message_time=time.time())
    assert judged(world, out)["outcome"] == "issued"
    told = judged(world, out, "--at", "2026-01-01T00:00:00Z", code=8)
    assert told["at"] == "2026-01-01T00:00:00Z"
    assert told["fail_info"] in ("badTime", "badMessageCheck",
                                 "certRevoked", "badCertId")


def test_capture_knows_path_and_time(world, tmp_path):
    """A refusal and a grant, by the paths they went to."""
    port, = free_ports(1)
    relay = Relay(port, world.server.port, tmp_path / "two.pcap")
    outs = []
    for path, algorithm in ((STRICT, "ecdsa-sha384"), (http.PATH, None)):
        out = world.station(key=pki.Key()).ir()
        out.algorithm = algorithm or out.algorithm
        with http.Connection(port) as connection:
            connection.ask(http.request(bytes(out), path))
        outs.append(out)
    relay.close()
    done = subprocess.run(
        [world.server.stationmaster, "replay", tmp_path / "two.pcap",
         "--config", world.server.config], capture_output=True, text=True)
    assert done.returncode == 8, done.stderr
    assert done.stderr.count("an answer") == 2
    assert "protection-alg-is-allowed" in done.stdout
    assert "was accepted before" in done.stdout
    assert "strict" in done.stdout


def test_an_exchange_in_one_file(world):
    station, out, reply = world.issued()
    conf = station.conf(out, reply)
    text = "".join(pki.pem("CMP", bytes(m)) for m in
                   (out, reply.der, conf))
    code, told = world.server.replay(text.encode())
    assert (code, told["skipped"]) == (0, 1)
    assert [m["body"] for m in told["messages"]] == ["ir", "certConf"]
    assert [m["number"] for m in told["messages"]] == [1, 3]


@pytest.mark.parametrize("options,code,text", [
    (["--path", "/nowhere"], 4, "404"),
    (["--profile", "nobody"], 4, "nobody"),
    (["--path", http.PATH, "--profile", "bs"], 2, "not both"),
    (["--at", "yesterday"], 2, "not a time"),
])
def test_wrong_command(world, options, code, text):
    done = subprocess.run(
        [world.server.stationmaster, "replay", "-", "--config",
         world.server.config, *options], capture_output=True,
        input=bytes(world.station().ir()))
    assert done.returncode == code
    assert text in done.stderr.decode()


def test_not_a_message(world):
    done = subprocess.run(
        [world.server.stationmaster, "replay", "-", "--config",
         world.server.config], capture_output=True, input=b"hello")
    assert done.returncode == 1 and done.stdout == b""


def mutated(rng, out):
    """Not in what a server may remember from before: the intermediates."""
    data = bytearray(bytes(out))
    end = data.index(out.extra_certs[1])
    for _ in range(rng.randint(1, 3)):
        data[rng.randrange(end)] ^= 1 << rng.randrange(8)
    return bytes(data)


def test_mutations_are_judged_as_by_the_server(world):
    """Each of a message of its own, since some are let pass."""
    rng = random.Random(9483)
    sent = [mutated(rng, world.station().ir()) for _ in range(150)]
    text = "".join(pki.pem("CMP", data) for data in sent)
    _, told = world.server.replay(text.encode(), "--answers")
    told = [m for m in told["messages"] if m["part"] == 0]
    assert len(told) == len(sent)
    ends = set()
    for data, found in zip(sent, told):
        mark = world.server.mark()
        answer = world.as_(None).post(data)
        ends.add(found["end"])
        if found["end"] == "unreadable":
            assert answer.status == 400
            continue
        assert answer.status == 200
        line = next(n for n in world.server.lines(mark)
                    if n.get("event") in ("refused", "issued"))
        assert (line["event"], line.get("rule"), line.get("fail_info")) == (
            found["outcome"], found.get("rule"), found.get("fail_info"))
    assert ends >= {"unreadable", "refused"}


def test_schema():
    """Its findings are those of lint."""
    folder = TOP / "docs/schema"
    own, lint = (json.loads((folder / f"{n}.json").read_text())
                 for n in ("replay", "lint"))
    jsonschema.Draft202012Validator.check_schema(own)
    assert own["$defs"]["finding"] == lint["$defs"]["finding"]


# --- nothing changes ---

def everything(server):
    """All rows of all tables, but for the time served."""
    db = server.connect()
    try:
        names = [n for n, in db.execute(
            "SELECT name FROM sqlite_schema WHERE type='table'")]
        return {n: db.execute(f"SELECT * FROM {n}").fetchall()
                for n in names if n != "served"}
    finally:
        db.close()


def files(folder):
    return {f.name: hashlib.sha256(f.read_bytes()).hexdigest()
            for f in Path(folder).iterdir()
            if not f.name.endswith(("-wal", "-shm")) or f.stat().st_size}


def messages(world):
    """One for each way a message can go, with where to."""
    station, out, reply = world.issued()
    holder = world.enrolled(LAB)
    waiting, asked, told = waits(world, WAIT)
    Operator(world.server).approve(asked)
    return [(world.station().ir(), http.PATH), (out, http.PATH),
            (station.conf(out, reply), http.PATH),
            (station.ir(sender_nonce=b""), http.PATH),
            (world.enrolled().kur(), http.PATH),
            (holder.rr(), LAB), (holder.genm(17), LAB),
            (world.station(path=LAB).p10cr(), LAB),
            (waiting.poll(asked, told), WAIT),
            (world.ra(path=LAB).nested(world.station(path=LAB).ir()), LAB)]


def test_beside_a_running_server(world):
    """Neither a row nor an audit entry is another one than before; and what
    was judged is granted by the server as if nothing had been."""
    sent = messages(world)
    world.server.wait_crl()
    before = everything(world.server)
    mark = world.server.mark()
    for out, path in sent:
        for anew in ((), ("--anew",)):
            world.server.replay(out, "--path", path, *anew)
    assert everything(world.server) == before
    assert [n for n in world.server.lines(mark)
            if n["event"] not in ("crl", "figures")] == []
    for out, path in sent:
        assert world.as_(None, path).post(out).status == 200


def test_secret_keeps_its_uses(world):
    path = f"{http.PATH}/p/lite"
    holder = secret.holder(world, path, "--uses", "1")
    out = holder.ir()
    for _ in range(3):
        told = judged(world, out, "--path", path)
        assert (told["outcome"], told["secret"]) == (
            "issued", holder.reference.decode())
    (uses,), = world.server.query(
        "SELECT uses_left FROM secret WHERE reference=?", holder.reference)
    assert uses == 1
    assert holder.obtain(out).cert is not None
    assert judged(world, holder.ir(), "--path", path,
                  code=8)["rule"] == "secret-has-uses-left"


@pytest.fixture
def elsewhere(world, stationmaster, tmp_path):
    """The operator's folder copied while its server stands, without any
    private key of its own; a function that replays there."""
    sent = messages(world)
    holder = secret.holder(world, f"{http.PATH}/p/lite")
    sent.append((holder.ir(), holder.path))
    here = [world.server.replay(out, "--path", path) for out, path in sent]
    world.server.stop()
    there = tmp_path / "there"
    shutil.copytree(world.server.folder, there)
    world.server.start()
    for key in there.glob("*.key"):
        if key.name != "secrets.key":
            key.unlink()

    def replay(out, path, *before):
        done = subprocess.run(
            [*before, stationmaster, "replay", "-", "--json", "--config",
             there / "stationmaster.yaml", "--path", path],
            input=bytes(out), capture_output=True)
        return done

    return there, sent, here, replay


def stripped(told):
    return [{k: v for k, v in m.items() if k not in ("at", "items", "text")}
            for m in told["messages"]]


def test_on_another_machine(elsewhere):
    """Without one private key it tells the same; and no byte changes."""
    there, sent, here, replay = elsewhere
    before = files(there)
    for (out, path), (code, told) in zip(sent, here):
        done = replay(out, path)
        assert done.returncode == code, done.stderr
        assert stripped(json.loads(done.stdout)) == stripped(told)
    assert files(there) == before


# Root may write everywhere, unless it has put that down.
NO_OVERRIDE = ["setpriv", "--bounding-set=-dac_override,-dac_read_search"]


def test_where_nothing_can_be_written(elsewhere):
    there, sent, here, replay = elsewhere
    before = files(there)
    drop = NO_OVERRIDE if os.geteuid() == 0 else []
    for file in there.iterdir():
        file.chmod(0o444 if not file.name.endswith(".key") else 0o400)
    there.chmod(0o555)
    try:
        refused = subprocess.run([*drop, "touch", there / "new"],
                                 capture_output=True)
        assert refused.returncode != 0
        for (out, path), (code, _) in zip(sent, here):
            done = replay(out, path, *drop)
            assert done.returncode == code, done.stderr
        assert files(there) == before
        assert not list(there.glob("*-wal"))
    finally:
        there.chmod(0o755)


def test_without_what_opens_secrets(elsewhere):
    there, sent, here, replay = elsewhere
    (there / "secrets.key").unlink()
    out, path = sent[-1]
    done = replay(out, path)
    assert done.returncode == 5
    assert b"not judged" in done.stdout
    assert b"messages under a shared secret cannot be judged" in done.stderr
    out, path = sent[0]
    assert replay(out, path).returncode == 0


def test_without_a_store(elsewhere):
    there, sent, here, replay = elsewhere
    for file in there.glob("store.db*"):
        file.unlink()
    out, path = sent[0]
    done = replay(out, path)
    assert done.returncode == 0, done.stderr
    assert b"as if nothing was known yet" in done.stderr
    assert not (there / "store.db").exists()
    # Of a kur nobody knows the certificate.
    kur, path = next((o, p) for o, p in sent if o.kind == "kur")
    assert replay(kur, path).returncode == 8


def test_after_a_crash(elsewhere, world):
    """What stands in the log of a store whose server was killed is known."""
    there, sent, here, replay = elsewhere
    station, out, _ = world.issued()
    world.server.process.kill()
    world.server.process.wait()
    for file in world.server.folder.glob("store.db*"):
        shutil.copy(file, there / file.name)
    world.server.start()
    before = files(there)
    assert before.get("store.db-wal")
    done = replay(out, station.path)
    assert b"accepted before" in done.stdout
    after = files(there)
    assert {n: after[n] for n in before if not n.endswith("-shm")} == \
        {n: before[n] for n in before if not n.endswith("-shm")}


def test_lint_by_the_same_configuration(world, tmp_path):
    """What a profile of it narrows is asked by lint too."""
    out = world.station().ir()
    out.algorithm = "ecdsa-sha384"
    (tmp_path / "ir.der").write_bytes(bytes(out))

    def lint(*words):
        done = subprocess.run(
            [world.server.stationmaster, "lint", tmp_path / "ir.der", *words],
            capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    given = ["--config", world.server.config]
    assert lint()[0] == lint(*given)[0] == 0
    code, text = lint(*given, "--profile", "strict")
    assert code == 8 and "protection-alg-is-allowed" in text
    code, text = lint(*given, "--profile", "open")
    assert code == 2 and "open" in text
    assert lint("--config", tmp_path / "nowhere.yaml")[0] == 4
