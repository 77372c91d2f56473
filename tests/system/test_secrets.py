"""Shared secrets: OpenSSL as a station that has nothing else, what becomes of
a secret, and the verbs."""
import json
import os
import re
import signal
import stat
import subprocess
import time

import pytest

from cmplib import cmp, pki
from cmplib.http import PATH
from cmplib.secret import has_mac, holder, pbm, pbmac1, plain, run
from polls import WAIT_LAB, Operator, make_world

LITE, OLD, LAB = (f"{PATH}/p/{name}" for name in ("lite", "old", "lab"))
SHA2 = ("-digest", "sha256", "-mac", "hmacWithSHA256")


class Files:
    def __init__(self, world, folder):
        self.server = world.server
        self.key, self.cert = folder / "new.key", folder / "new.pem"
        self.csr = folder / "new.csr"
        self.key.write_bytes(pki.Key().pem())

    def cmp(self, reference, secret, *more, command="ir", path=LITE):
        return subprocess.run(
            ["openssl", "cmp", "-config", "", "-cmd", command, "-server",
             f"http://127.0.0.1:{self.server.port}{path}", "-ref", reference,
             "-secret", f"pass:{secret}", "-newkey", str(self.key), "-certout",
             str(self.cert), "-subject", "/CN=unit", "-unprotected_errors",
             "-msg_timeout", "20", *more],
            capture_output=True, text=True, timeout=60)

    def request(self):
        """A PKCS #10 request over the key."""
        subprocess.run(["openssl", "req", "-new", "-key", str(self.key),
                        "-subj", "/CN=unit", "-out", str(self.csr)],
                       check=True, capture_output=True)
        return str(self.csr)

    def obtained(self):
        return pki.Cert(pki.from_pem(self.cert.read_text()))


@pytest.fixture
def files(world, tmp_path):
    return Files(world, tmp_path)


def succeeds(done):
    assert done.returncode == 0, done.stdout + done.stderr


def refused(files, done, fail_info):
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert fail_info in text, text
    assert not files.cert.exists()


def state_of(world, reference):
    return next(s for s in run(world.server, "list") if
                s["reference"] == reference)


# --- OpenSSL as the station ---

@pytest.mark.parametrize("command", ["ir", "cr", "p10cr"])
def test_openssl_enrols(world, files, command):
    made = run(world.server, "new", "--serial", "S-" + command)
    mark = world.server.mark()
    more = ["-csr", files.request()] if command == "p10cr" else []
    succeeds(files.cmp(made["reference"], made["secret"], *SHA2, *more,
                       command=command))
    line = world.server.wait_lines(mark, "confirmed")[0]
    assert (line["vendor"], line["station"]) == ("secret", "S-" + command)
    assert files.obtained().text_of("CN") == f"S-{command}.secret"
    listed = state_of(world, made["reference"])
    assert (listed["state"], listed["uses_left"]) == ("used up", 0)
    assert "secret" not in listed


def test_openssl_renews_what_it_got(world, files, tmp_path):
    made = run(world.server, "new")
    succeeds(files.cmp(made["reference"], made["secret"], *SHA2))
    other, cert = tmp_path / "two.key", tmp_path / "two.pem"
    other.write_bytes(pki.Key().pem())
    done = subprocess.run(
        ["openssl", "cmp", "-config", "", "-cmd", "kur", "-server",
         f"http://127.0.0.1:{files.server.port}{LITE}", "-cert",
         str(files.cert), "-key", str(files.key), "-newkey", str(other),
         "-certout", str(cert), "-trusted",
         str(files.server.folder / "root.pem"), "-untrusted",
         str(files.server.folder / "issuing.pem")],
        capture_output=True, text=True, timeout=60)
    succeeds(done)


def test_openssl_implicit_confirm(world, files):
    made = run(world.server, "new")
    mark = world.server.mark()
    succeeds(files.cmp(made["reference"], made["secret"], *SHA2,
                       "-implicit_confirm"))
    assert world.server.wait_lines(mark, "issued")
    assert not [n for n in world.server.lines(mark) if
                n.get("body") == "certConf"]


@pytest.mark.parametrize("digest,mac,old_only", [
    ("sha1", "hmac-sha1", True), ("sha256", "hmac-sha1", True),
    ("sha1", "hmacWithSHA256", True), ("sha384", "hmacWithSHA384", False),
    ("sha512", "hmacWithSHA512", False)])
def test_openssl_algorithms(world, files, digest, mac, old_only):
    made = run(world.server, "new", "--uses", 2)
    choice = ("-digest", digest, "-mac", mac)
    if old_only:
        refused(files, files.cmp(made["reference"], made["secret"], *choice),
                "badAlg")
    else:
        succeeds(files.cmp(made["reference"], made["secret"], *choice))
    succeeds(files.cmp(made["reference"], made["secret"], *choice, path=OLD))


@pytest.mark.parametrize("mac", [
    pbm("SHA1", "SHA1"), pbm("SHA1"), pbm("SHA256", "SHA1"),
    pbmac1("SHA1", "SHA1")])
def test_sha1_in_the_old_profile_alone(world, mac):
    holder(world, OLD, mac=mac).enroll()
    for path in (LITE, LAB):
        station = holder(world, path, mac=mac)
        answer = cmp.Reply(station.post(station.ir()).body)
        assert answer.failures == {"badAlg"}


@pytest.mark.parametrize("reference,fail_info", [
    (None, "badMessageCheck"), ("nobody", "badMessageCheck")])
def test_openssl_wrong_secret(world, files, reference, fail_info):
    made = run(world.server, "new")
    before = world.server.tables()
    refused(files, files.cmp(reference or made["reference"], "not the secret",
                             *SHA2), fail_info)
    assert world.server.tables() == before


def test_openssl_secret_of_a_person(world, files):
    reference = "weak-1"
    run(world.server, "new", "--reference", reference, "--weak", "-",
        text="hunter two\n")
    succeeds(files.cmp(reference, "hunter two", *SHA2))
    refused_again = files.cmp(reference, "hunter two", *SHA2)
    assert "notAuthorized" in refused_again.stdout + refused_again.stderr


# --- the protocol ---

@pytest.mark.parametrize("path", [LITE, LAB, OLD])
@pytest.mark.parametrize("mac", [pbm(), pbmac1(), pbmac1("SHA512", "SHA384")])
def test_whole_transaction(world, path, mac):
    station = holder(world, path, mac=mac)
    enrolled = station.enroll()
    assert enrolled.cert.text_of("CN") == \
        f"{station.reference.decode()}.secret"


def test_plain_hmac(world):
    holder(world, LAB, mac=plain()).enroll()


def test_other_mac_within_a_transaction(world):
    """The secret matters, not the algorithm."""
    station = holder(world, LITE)
    out = station.ir()
    reply = station.obtain(out)
    answer = station.ask(station.conf(out, reply, mac=pbmac1()))
    assert answer.kind == "pkiconf"


def test_reference_in_the_name_alone(world):
    station = holder(world, LITE)
    out = station.ir(kid=None)
    assert station.obtain(out).cert


def test_name_given_to_the_secret(world):
    station = holder(world, LITE, "--name", "site-7")
    assert station.obtain(station.ir(kid=None, cn="site-7")).cert


def test_sender_without_a_name(world):
    """OpenSSL puts what it likes there; senderKID tells."""
    station = holder(world, LITE)
    assert station.obtain(station.ir(cn="")).cert


def test_station_of_a_vendor(world):
    station = holder(world, LITE, "--vendor", "acme", "--serial", "7777")
    assert station.enroll().cert.text_of("CN") == "7777.acme"


def test_certificate_of_a_secret_is_updated(world):
    enrolled = holder(world, LITE).enroll()
    assert enrolled.renew().cert.subject == enrolled.cert.subject


def test_replay_gives_the_same_bytes(world):
    station = holder(world, LITE)
    out = station.ir()
    first = station.post(out).body
    assert station.post(out).body == first
    reply = cmp.Reply(first)
    conf = station.conf(out, reply)
    answer = station.post(conf).body
    assert station.post(conf).body == answer
    assert station.post(out).body == first


def test_used_up_while_its_transaction_lasts(world):
    """The one use is the transaction, its certConf included."""
    station = holder(world, LITE)
    out = station.ir()
    reply = station.obtain(out)
    assert state_of(world, station.reference.decode())["state"] == "used up"
    station.confirm(out, reply)


def test_expired_while_its_transaction_lasts(world):
    station = holder(world, LITE, "--uses", 2, "--expires", "2s")
    out = station.ir()
    reply = station.obtain(out)
    time.sleep(2.1)
    station.confirm(out, reply)


def test_uses_are_counted(world):
    station = holder(world, LITE, "--uses", 3)
    for left in (2, 1, 0):
        station.enroll()
        assert state_of(world, station.reference.decode())["uses_left"] == left
    answer = cmp.Reply(station.post(station.ir()).body)
    assert answer.failures == {"notAuthorized"}


def test_one_use_for_two_at_once(world):
    """Of many that race for the last use one gets it."""
    from concurrent.futures import ThreadPoolExecutor
    station = holder(world, LITE)
    outs = [bytes(station.ir()) for _ in range(8)]
    with ThreadPoolExecutor(8) as pool:
        replies = [cmp.Reply(r.body) for r in pool.map(station.post, outs)]
    assert sum(r.cert is not None for r in replies) == 1
    assert {frozenset(r.failures) for r in replies if r.cert is None} == \
        {frozenset({"notAuthorized"})}
    assert all(map(has_mac, replies))


def test_killed_in_between(world):
    station = holder(world, LITE)
    out = station.ir()
    first = station.post(out).body
    server = world.server
    server.process.send_signal(signal.SIGKILL)
    server.process.wait()
    server.process = None
    server.start()
    assert station.post(out).body == first
    station.confirm(out, cmp.Reply(first))


def test_ca_pubs_and_extra_certs(world):
    """The operator root comes with the answer, as with a signed one."""
    station = holder(world, LITE)
    reply = station.obtain(station.ir())
    assert world.server.root.der in {c.der for c in reply.extra_certs}


# --- the verbs ---

def test_secret_is_random_and_told_once(world):
    made = [run(world.server, "new") for _ in range(4)]
    assert all(re.fullmatch("[A-Z2-7]{32}", m["secret"]) for m in made)
    assert len({m["secret"] for m in made}) == len(made)
    stored = world.server.query("SELECT sealed FROM secret")
    texts = [m["secret"].encode() for m in made]
    assert not any(t in sealed for t in texts for sealed, in stored)
    audit = json.dumps([row[0].decode() for row in
                        world.server.query("SELECT entry FROM audit")])
    assert not any(m["secret"] in audit for m in made)
    assert not any(m["secret"] in world.server.tail() for m in made)


@pytest.mark.parametrize("options,code", [
    (("--weak", "short"), 2), (("--weak", "long enough", "--uses", "2"), 2),
    (("--weak", "long enough", "--uses", "0"), 2),
    (("--weak", "long enough", "--expires", "25h"), 2),
    (("--reference", "a b"), 2), (("--reference", ""), 2),
    (("--reference", "x" * 41), 2), (("--expires", "soon"), 2),
    (("--expires", "0d"), 2), (("--vendor", "nobody"), 4),
    (("--profile", "nothing"), 4), (("--profile", "bs"), 2)])
def test_wishes_not_granted(world, options, code):
    before = world.server.tables()
    run(world.server, "new", *options, code=code)
    assert world.server.tables() == before


def test_weak_one_lasts_a_day(world):
    made = run(world.server, "new", "--weak", "long enough")
    assert made["weak"] and made["uses_left"] == 1 and "secret" not in made
    expires = time.mktime(time.strptime(made["expires"],
                                        "%Y-%m-%dT%H:%M:%SZ"))
    created = time.mktime(time.strptime(made["created"],
                                        "%Y-%m-%dT%H:%M:%SZ"))
    assert expires - created == 24 * 3600


def test_reference_is_taken_once(world):
    run(world.server, "new", "--reference", "once")
    run(world.server, "new", "--reference", "once", code=1)


def test_revoke(world):
    station = holder(world, LITE, "--uses", 0)
    out = station.ir()
    reply = station.obtain(out)
    assert run(world.server, "revoke", station.reference.decode())["state"] == \
        "revoked"
    for message in (station.ir(), station.conf(out, reply)):
        answer = cmp.Reply(station.post(message).body)
        assert answer.failures == {"notAuthorized"}
    run(world.server, "revoke", "unheard-of", code=4)


def test_rekey_beside_the_server(world):
    server = world.server
    stations = [holder(world, LITE) for _ in range(3)]
    file = server.folder / "secrets.key"
    before, sealed = file.read_text(), server.query("SELECT sealed FROM secret")
    count = run(server, "rekey")["sealed"]
    assert count == len(sealed)
    assert file.read_text() != before
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert not (server.folder / "secrets.key.new").exists()
    assert not set(sealed) & set(server.query("SELECT sealed FROM secret"))
    for station in stations:
        station.enroll()


def test_rekey_cut_short(world):
    """A key made, and some secrets under it: all can be read, and the next
    run ends it."""
    server = world.server
    station = holder(world, LITE, "--uses", 0)
    file, new = (server.folder / n for n in ("secrets.key",
                                             "secrets.key.new"))
    old = file.read_text()
    run(server, "rekey")
    new.write_text(file.read_text())
    new.chmod(0o600)
    file.write_text(old)
    late = holder(world, LITE)
    station.enroll()
    late.enroll()
    assert run(server, "rekey")["sealed"] >= 1
    assert not new.exists() and file.read_text() != old
    station.enroll()


def test_key_that_others_may_read(world):
    file = world.server.folder / "secrets.key"
    file.chmod(0o640)
    try:
        run(world.server, "new", code=3)
    finally:
        file.chmod(0o600)


def test_blocked_station_of_a_secret(world):
    station = holder(world, LITE, "--uses", 0)
    station.enroll()
    subprocess.run([world.server.stationmaster, "station", "block", "--config",
                    str(world.server.config), "secret",
                    station.reference.decode()], check=True,
                   capture_output=True)
    answer = station.ask(station.ir())
    assert (answer.kind, answer.failures) == ("ip", {"notAuthorized"})


def test_wrong_macs_slow_their_source_down(stationmaster, operator, tmp_path):
    """And do not lock the reference: when the source has calmed down, who
    knows the secret is served."""
    from cmplib.world import World
    world = World(stationmaster, operator, tmp_path / "slow",
                  refusals_per_source=2, refusals_burst=4)
    try:
        station = holder(world, LITE)
        codes = [station.post(station.ir(secret=b"guess")).status
                 for _ in range(12)]
        assert codes.count(200) in (4, 5) and set(codes) == {200, 429}
        # Not even the right one is looked at now.
        assert station.post(station.ir()).status == 429
        time.sleep(1)
        station.enroll()
    finally:
        world.close()


def test_waits_for_the_operator(stationmaster, operator, tmp_path):
    """Polling goes on under a secret that its first message used up."""
    world = make_world(stationmaster, operator, tmp_path / "waits")
    try:
        station = holder(world, WAIT_LAB)
        out = station.ir()
        reply = station.ask(out)
        assert reply.status.status == "waiting"
        boss = Operator(world.server)
        for _ in range(2):
            reply = station.ask(station.under(station.poll(out, reply)))
            assert reply.kind == "pollRep"
        assert state_of(world, station.reference.decode())["state"] == \
            "used up"
        boss.approve(out)
        poll = station.under(station.poll(out, reply))
        reply = station.ask(poll)
        assert reply.cert.text_of("CN") == \
            f"{station.reference.decode()}.secret"
        station.confirm(out, reply)
    finally:
        world.close()
