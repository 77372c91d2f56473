"""What became of a station, from the operator's side and from the vendor's:
`explain` over what the recorder kept, and the station's own words."""
import json
import re
import signal
import sqlite3
import stat
import subprocess
import time
from pathlib import Path

import pytest

from cmplib import cmp, der, http, made, pki
from cmplib.program import Program
from cmplib.station import Station
from cmplib.world import World

TOP = Path(__file__).resolve().parents[2]
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
    request, = (tmp_path / "out").glob("001-1-*.der")
    answer, = (tmp_path / "out").glob(f"001-2-{reply.kind}.der")
    assert request.read_bytes() == bytes(out)
    assert answer.read_bytes() == reply.der
    # The same finding, word by word, of the same message offline.
    code, told = world.server.replay(request.read_bytes(), "--answers", "--at",
                                     message["time"][:19] + "Z")
    assert code == 8
    again = told["messages"][-1]
    assert (again["end"], again["rule"]) == ("refused", rule)
    assert again["findings"][0] == first


def test_garbage_is_found_among_the_refused(world):
    """No transactionID, no CMP answer: it stands alone."""
    response = Station(world.server, None).post(b"0\x03junk")
    assert response.status == 400
    end = time.monotonic() + SECONDS
    while True:
        told = explain(world.server, "--refused", "--last", "3")
        alone = [t for t in told["transactions"] if t["transaction"] == ""]
        if alone:
            break
        assert time.monotonic() < end
        time.sleep(0.1)
    message, = alone[-1]["messages"]
    assert message["findings"][0]["rule"] == "message-is-der"
    assert message["outcome"] == "dropped"
    assert message["answer"] == dict(http_status=400, body="", octets=0,
                                     withheld=False, statuses=[])


# --- the vendor's side: what the station's program says ---

def refused_by_name(w):
    return w.credential(w.nobody)


def not_on_list(w):
    return w.credential(w.borealis, 9998)


def out_of_date(w):
    return w.credential(not_after=int(time.time()) - 5)


@pytest.mark.parametrize("credential,rule,failure", [
    (refused_by_name, "signer-has-path", "signerNotTrusted"),
    (not_on_list, "serial-is-allowed", "notAuthorized"),
    (out_of_date, "signer-has-path", "signerNotTrusted"),
], ids=lambda p: getattr(p, "__name__", None))
def test_vendor_reads_why(world, station, tmp_path, credential, rule, failure):
    program = Program(station, tmp_path / "station", credential(world),
                      world.server.folder / "root.pem")
    mark = world.server.mark()
    done = program.run(program.enroll(world.server.port))
    assert done.returncode == 1
    said = re.sub(r"\s+", " ", done.stderr)
    line, = world.server.wait_lines(mark, "refused")
    message, = messages(world.server, line["transaction"], 1)
    found = message["findings"][0]
    assert found["rule"] == line["rule"] == rule
    # The clause, the field, what is asked and the cure; not what was found.
    for part in (failure, found["clause"], found["path"], found["asked"],
                 "try: " + found["cure"]):
        assert part in said, said
    assert found["found"] not in said


def test_why_a_mac_is_wrong_is_not_told(world):
    """Nor of a signature: the peer learns that it is, and no more."""
    out = world.station().ir()
    out.protect = lambda part: out.signer.key.sign(part + b"!", "ecdsa-sha256")
    reply = cmp.Reply(Station(world.server, None).post(out).body)
    assert reply.failures == {"badMessageCheck"}
    assert reply.status.texts == ["protection does not verify"]
    message, = messages(world.server, out.transaction_id.hex(), 1)
    found = message["findings"][0]
    assert found["asked"] and found["cure"] and found["found"]


def test_json_is_as_its_schema_says(world):
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads((TOP / "docs/schema/explain.json").read_text())
    lint = json.loads((TOP / "docs/schema/lint.json").read_text())
    assert schema["$defs"]["finding"] == lint["$defs"]["finding"]
    jsonschema.Draft202012Validator.check_schema(schema)
    judge = jsonschema.Draft202012Validator(schema)
    serial = f"{world.enrolled().credential.read.serial:x}"
    messages(world.server, serial, 2)
    for words in ([], ["--all", "--last", "100"], ["--refused"]):
        judge.validate(explain(world.server, *words))
    with pytest.raises(jsonschema.ValidationError):
        judge.validate({"transactions": [], "more": 0, "recorder": {}})


# --- what was granted ---

def test_finds_by_every_name(world):
    station = world.enrolled()
    serial = f"{station.credential.read.serial:x}"
    by_serial = messages(world.server, serial, 2)
    assert [m["body"] for m in by_serial] == ["ir", "certConf"]
    assert [m["outcome"] for m in by_serial] == ["issued", "confirmed"]
    assert [m["answer"]["body"] for m in by_serial] == ["ip", "pkiconf"]
    name = by_serial[0]["station"]
    for what in (serial.upper(), ":".join(
            re.findall("..", serial.zfill(len(serial) + len(serial) % 2))),
            f"acme/{name}"):
        told = explain(world.server, what, "--all")["transactions"]
        assert len(told) == 1
        for message in told[0]["messages"]:
            assert message["checks"]["hold"] == len(message["holding"]) > 10
            assert message["verified"] and message["ms"] > 0
            assert not [f for f in message["findings"]
                        if f["verdict"] == "broken"]
    assert explain(world.server, name)["transactions"][-1]["transaction"] == \
        told[0]["transaction"]
    prefix = told[0]["transaction"][:9]
    assert explain(world.server, prefix)["transactions"] == \
        explain(world.server, f"acme/{name}")["transactions"]
    # What it signs with that is found by it, too.
    Station(world.server, station.credential).post(
        station.kur(popo_key=pki.Key()))
    end = time.monotonic() + SECONDS
    while len(explain(world.server, serial)["transactions"]) < 2:
        assert time.monotonic() < end
        time.sleep(0.1)
    refused, = explain(world.server, serial, "--refused")["transactions"]
    assert [m["body"] for m in refused["messages"]] == ["kur"]
    newest = explain(world.server, serial, "--last", "1")
    assert newest["transactions"] == [refused] and newest["more"] == 2


@pytest.mark.parametrize("what", ["ffff0123", "nobody/1", "zzz", "00"])
def test_what_is_not_there(world, what):
    done = subprocess.run(
        [world.server.stationmaster, "explain", what, "--config",
         str(world.server.config)], capture_output=True, text=True)
    assert done.returncode == 4
    assert "no recorded message is of " + what in done.stderr
    assert "were not recorded" in done.stderr


def test_polls_show_what_they_are_for(world):
    station = world.station(path=f"{http.PATH}/p/judged")
    out = station.ir()
    reply = station.ask(out)
    station.post(station.poll(out, reply))
    both = messages(world.server, out.transaction_id.hex(), 2)
    assert [m["body"] for m in both][0] == "ir"
    assert both[1]["body"].startswith("pollReq")
    assert both[0]["answer"]["statuses"][0]["status"] == "waiting"


def test_what_an_ra_sends(world):
    """Added protection as it came; a batch whole, without its answer, and
    each of its messages by itself."""
    path = f"{http.PATH}/p/lab"
    ra = world.ra(path=path)
    wrapped = world.station(path=path).ir()
    ra.ask_added(wrapped)
    message, = messages(world.server, wrapped.transaction_id.hex(), 1)
    assert message["body"] == "nested (ir)"
    assert message["outcome"] == "issued"
    parts = [world.station(path=path).ir() for _ in range(2)]
    ra.ask_batch(*parts)
    for part in parts:
        message, = messages(world.server, part.transaction_id.hex(), 1)
        assert (message["body"], message["answer"]["body"]) == ("ir", "ip")
        assert message["octets"] == len(bytes(part))
    whole_batch, = [m for t in explain(world.server)["transactions"]
                    for m in t["messages"] if m["body"] == "nested"]
    assert whole_batch["outcome"] == "answered"
    assert whole_batch["answer"]["withheld"]


# --- nothing secret, nobody else's to read ---

def recorder_bytes(server):
    return b"".join(p.read_bytes() for p in
                    server.folder.glob("recorder.db*"))


def test_answer_with_a_private_key_is_not_recorded(world):
    station = made.reader(world)
    out = made.asking(station)
    response = station.post(out)
    reply = cmp.Reply(response.body)
    assert reply.status.status in ("accepted", "grantedWithMods"), \
        reply.status.texts
    again = station.post(out)          # the stored reply
    assert again.body == response.body
    both = messages(world.server, out.transaction_id.hex(), 2)
    assert [m["outcome"] for m in both] == ["issued", "replayed"]
    for message in both:
        assert message["answer"]["withheld"]
        assert message["answer"]["octets"] == 0
    assert "may hold a private key" in explain_text(
        world.server, out.transaction_id.hex())
    kept = recorder_bytes(world.server)
    assert bytes(out) in kept
    middle = len(response.body) // 2
    assert response.body[middle:middle + 64] not in kept


def test_file_is_the_servers_alone(world):
    files = list(world.server.folder.glob("recorder.db*"))
    assert files
    for file in files:
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


# --- its file and its disk are no business of the line's ---

@pytest.fixture
def fresh(stationmaster, operator, tmp_path):
    """A world of its own; restart(text) adds settings to its server's."""
    made_world = World(stationmaster, operator, tmp_path / "files")

    def restart(text=""):
        server = made_world.server
        server.stop()
        server.config.write_text(server.config.read_text() + text)
        server.start()
        return server
    made_world.restart = restart
    yield made_world
    made_world.close()


def whole(file):
    db = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    finally:
        db.close()


def test_works_without_the_server(fresh):
    station = fresh.enrolled()
    fresh.server.stop()
    serial = f"{station.credential.read.serial:x}"
    assert len(messages(fresh.server, serial, 2)) == 2
    fresh.server.start()
    assert len(messages(fresh.server, serial, 2)) == 2


def test_killed_server_leaves_it_readable(fresh):
    serials = [f"{fresh.enrolled().credential.read.serial:x}"
               for _ in range(5)]
    messages(fresh.server, serials[-1], 2)
    for _ in range(20):             # some of these are being written
        fresh.station().post(fresh.station().ir())
    fresh.server.process.send_signal(signal.SIGKILL)
    fresh.server.process.wait()
    fresh.server.process = None
    for serial in serials:
        assert len(messages(fresh.server, serial, 2)) == 2
    assert whole(fresh.server.folder / "recorder.db")
    mark = fresh.server.mark()
    fresh.server.start()
    for serial in serials:
        assert len(messages(fresh.server, serial, 2)) == 2
    assert not [n for n in fresh.server.lines(mark)
                if n.get("event") == "recorder-set-aside"]


def test_serves_without_a_place_to_record(fresh):
    server = fresh.restart("recorder: { file: nowhere/recorder.db }\n")
    mark = 0
    for _ in range(3):
        fresh.enrolled()
        time.sleep(0.5)
    fails = [n for n in server.lines(mark) if n["event"] == "recorder-fails"]
    assert len(fails) == 1 and "nowhere" in fails[0]["text"]
    done = subprocess.run(
        [server.stationmaster, "explain", "--config", str(server.config)],
        capture_output=True, text=True)
    assert done.returncode == 4 and "nothing was recorded" in done.stderr
    # Once there is one, it is used; what was lost is known.
    (server.folder / "nowhere").mkdir()
    server.process.send_signal(signal.SIGHUP)
    server.wait_lines(0, "reloaded")
    end = time.monotonic() + SECONDS
    while True:
        fresh.enrolled()
        if [n for n in server.lines() if n["event"] == "recorder-works"]:
            break
        assert time.monotonic() < end
        time.sleep(0.2)
    told = explain(server)
    assert told["recorder"]["not_recorded"] >= 6
    assert "could not be recorded, the last at 20" in explain_text(server)


def test_records_nothing_when_told_so(fresh):
    server = fresh.restart("recorder: { enabled: false }\n")
    before = server.folder.joinpath("recorder.db").stat().st_mtime_ns
    fresh.enrolled()
    time.sleep(0.6)
    assert server.folder.joinpath("recorder.db").stat().st_mtime_ns == before
    done = subprocess.run(
        [server.stationmaster, "explain", "--config", str(server.config)],
        capture_output=True, text=True)
    assert done.returncode == 3 and "nothing is recorded" in done.stderr


def test_torn_file_is_set_aside(fresh):
    serial = f"{fresh.enrolled().credential.read.serial:x}"
    messages(fresh.server, serial, 2)
    fresh.server.process.kill()
    fresh.server.process.wait()
    fresh.server.process = None
    file = fresh.server.folder / "recorder.db"
    torn = bytearray(file.read_bytes())
    torn[100:len(torn)] = b"x" * (len(torn) - 100)
    file.write_bytes(torn)
    for end in ("-wal", "-shm"):
        file.with_name("recorder.db" + end).unlink(missing_ok=True)
    fresh.server.start()
    line, = fresh.server.wait_lines(0, "recorder-set-aside")
    assert "recorder" in line["text"]
    assert file.with_name("recorder.db.broken").read_bytes() == torn
    serial = f"{fresh.enrolled().credential.read.serial:x}"
    messages(fresh.server, serial, 2)


def test_file_may_be_moved_away(fresh):
    first = f"{fresh.enrolled().credential.read.serial:x}"
    messages(fresh.server, first, 2)
    file = fresh.server.folder / "recorder.db"
    file.rename(fresh.server.folder / "old.db")
    second = f"{fresh.enrolled().credential.read.serial:x}"
    messages(fresh.server, second, 2)
    explain(fresh.server, first, code=4)


def test_profiles_choose_what_is_kept(fresh):
    config = fresh.server.config
    config.write_text(config.read_text()
                      .replace("- name: lab\n", "- name: lab\n    record: none\n")
                      .replace("- name: light\n",
                               "- name: light\n    record: refused\n"))
    fresh.restart()
    told = []
    for name, is_kept, refusal_is_kept in (("lab", False, False),
                                           ("light", False, True),
                                           ("lite", True, True)):
        path = f"{http.PATH}/p/{name}"
        good = fresh.enrolled(path=path)
        bad = fresh.station(path=path).ir(popo_key=pki.Key())
        fresh.station(path=path).post(bad)
        told.append((f"{good.credential.read.serial:x}", is_kept))
        told.append((bad.transaction_id.hex(), refusal_is_kept))
    messages(fresh.server, told[-1][0], 1)
    for what, is_kept in told:
        explain(fresh.server, what, code=0 if is_kept else 4)


def test_what_is_too_old_goes(fresh):
    """record_for of a profile, once the server looks."""
    kept = f"{fresh.enrolled(path=http.PATH + '/p/lab').credential.read.serial:x}"
    gone = f"{fresh.enrolled().credential.read.serial:x}"
    messages(fresh.server, kept, 2)
    messages(fresh.server, gone, 2)
    config = fresh.server.config
    config.write_text(config.read_text().replace(
        "- name: bs\n", "- name: bs\n    record_for: 1h\n"))
    fresh.server.stop()
    db = sqlite3.connect(fresh.server.folder / "recorder.db")
    with db:
        db.execute("UPDATE message SET at = at - 3601000")
    db.close()
    fresh.server.start()
    end = time.monotonic() + SECONDS
    while True:
        done = subprocess.run(
            [fresh.server.stationmaster, "explain", gone, "--config",
             str(config)], capture_output=True, text=True)
        if done.returncode == 4:
            break
        assert time.monotonic() < end
        time.sleep(0.1)
    assert "2 expired" in done.stderr
    messages(fresh.server, kept, 2)
