"""Announcements: written by the operator, heeded by the station."""
import json
import subprocess
import time

import pytest

from cmplib import cmp, der, pki
from cmplib.cmp import BODIES
from cmplib.der import ctx, generalized_time, integer, read, seq
from cmplib.http import PATH
from cmplib.program import Program
from test_station_ask import DAY, Cast, below, pems, sha256

LAB = f"{PATH}/p/lab"


class Boss:
    """stationmaster announce."""

    def __init__(self, world, program, folder):
        self.server, self.program, self.folder = world.server, program, folder
        folder.mkdir()

    def run(self, *words):
        return subprocess.run(
            [self.program, "announce", *map(str, words), "--config",
             self.server.config], capture_output=True, text=True, timeout=60,
            cwd=self.server.folder)

    def announce(self, *words):
        """The file."""
        file = self.folder / "announcement.der"
        done = self.run(*words, "--out", file)
        assert done.returncode == 0, done.stderr
        return file

    def refused(self, *words, code=1, says=""):
        done = self.run(*words, "--out", self.folder / "not.der")
        assert done.returncode == code and says in done.stderr, done.stderr
        assert not (self.folder / "not.der").exists()


class Listener(Program):
    """station heed."""

    def heed(self, file, *more):
        return self.run(self.command("heed", file, "--root", self.root, *more))

    def heard(self, file, *more):
        done = self.heed(file, "--json", *more)
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)


@pytest.fixture
def boss(world, stationmaster, tmp_path):
    return Boss(world, stationmaster, tmp_path / "boss")


@pytest.fixture
def listener(world, station, tmp_path):
    return Listener(station, tmp_path / "listener", world.credential(),
                    world.server.folder / "root.pem")


@pytest.fixture(scope="module")
def cast(world):
    return Cast(world)


LINKS = ("--new", "root2.pem", "--new-with-old", "root2-by-root.pem")
BOTH_LINKS = (*LINKS, "--old-with-new", "root-by-root2.pem")


def check_message(file, world, kind, pvno):
    """As another codec reads it."""
    message = cmp.Reply(file.read_bytes())
    assert (message.kind, message.pvno) == (kind, pvno)
    signer = message.check_protection(world.server.root)
    assert signer.der == world.server.cmp_signer.der
    assert [c.der for c in message.extra_certs] == [
        world.server.cmp_signer.der, world.server.issuing.der]
    assert len(message.transaction_id) == len(message.sender_nonce) == 16
    assert message.recipient.der == ctx(4, der.NULL_DN)
    return message


# --- what both programs do ---

@pytest.mark.parametrize("form,pvno", [("v3", 3), ("v2", 2)])
def test_new_root(world, boss, listener, tmp_path, form, pvno):
    file = boss.announce("ckuann", *BOTH_LINKS, "--form", form)
    message = check_message(file, world, "ckuann", pvno)
    new, linked, back = (world.new_root.cert, *world.links)
    content = ([n.der for n in message.content] if form == "v2" else
               [message.content[0][0].der,
                *(n[0].der for n in message.content[0].children[1:])])
    assert content == ([back, linked, new] if form == "v2" else
                       [new, linked, back])

    told = listener.heard(file, "--out", tmp_path / "out")
    assert told["announcement"] == "ckuann"
    assert told["told"]["new_root"]["sha256"] == sha256(new)
    assert not told["told"]["installed"]
    assert pems(tmp_path / "out" / "new-root.pem") == [new]
    assert not (listener.state / "updates.pem").exists()
    text = listener.heed(file, "--install").stdout
    assert "taken as operator root" in text
    assert pems(listener.state / "updates.pem") == [new]
    assert pems(listener.state / "links.pem") == [world.server.root.der,
                                                  linked]
    # What it has is no news.
    done = listener.heed(file, "--install", "--json")
    assert json.loads(done.stdout)["error"]["rule"] == "update-is-new"


def test_new_root_without_the_way_back(world, boss, listener):
    file = boss.announce("ckuann", *LINKS)
    assert len(cmp.Reply(file.read_bytes()).content[0].children) == 2
    assert listener.heard(file)["told"]["old_with_new"] is None
    boss.refused("ckuann", *LINKS, "--form", "v2", code=2, says="oldWithNew")


@pytest.mark.parametrize("words,says", [
    (("--new", "root2.pem"), "--new-with-old"),
    (("--new", "root2.pem", "--new-with-old", "issuing.pem"), "another key"),
    (("--new", "issuing.pem", "--new-with-old", "root2-by-root.pem"),
     "not a self-signed"),
    (("--new", "root2.pem", "--new-with-old", "root2.pem"),
     "not signed by the operator root"),
    ((*LINKS, "--old-with-new", "root.pem"), "not signed by new_root"),
    ((*LINKS, "--form", "v1"), "--form"),
    ((*LINKS, "--profile", "none-such"), "no profile"),
])
def test_files_that_do_not_fit(boss, words, says):
    done = boss.run("ckuann", *words, "--out", boss.folder / "not.der")
    assert done.returncode != 0 and says in done.stderr, done.stderr
    assert not (boss.folder / "not.der").exists()


def test_certificate(world, boss, listener, tmp_path):
    file = boss.announce("cann", "issuing.pem")
    message = check_message(file, world, "cann", 2)
    assert message.content.der == world.server.issuing.der
    told = listener.heard(file, "--out", tmp_path / "out")
    assert told["told"]["sha256"] == sha256(world.server.issuing.der)
    assert told["told"]["trusted"]
    assert pems(tmp_path / "out" / "announced.pem") == [
        world.server.issuing.der]
    boss.refused("cann", "acme-ca.pem", code=3, says="not issued by a CA")


def rann(boss, listener, *words):
    told = listener.heard(boss.announce("rann", *words))
    assert told["announcement"] == "rann"
    return told["told"]


def test_revocation(world, boss, listener):
    listener.must(listener.enroll(world.server.port, path=LAB))
    other = world.enrolled(LAB)
    serials = [f"{c.serial:x}" for c in (listener.cert(), other.cert)]
    serials = [s.rjust(len(s) + len(s) % 2, "0") for s in serials]

    boss.refused("rann", serials[0], code=2, says="not revoked")
    at, since = "2030-01-01T00:00:00Z", "2029-01-01T00:00:00Z"
    own = rann(boss, listener, serials[0], "--at", at, "--bad-since", since,
               "--reason", "superseded")
    assert own == {"status": "revocationWarning", "issuer": own["issuer"],
                   "serial": serials[0], "revoked_at": at, "bad_since": since,
                   "reason": "superseded", "own": True}
    assert "this station's own" in listener.heed(
        boss.folder / "announcement.der").stdout

    other.revoke(reason="keyCompromise", entry=[
        cmp.reason_code("keyCompromise"), cmp.invalidity_date(1700000000)])
    told = rann(boss, listener, serials[1])
    assert (told["status"], told["reason"], told["own"], told["bad_since"]) == (
        "revocationNotification", "keyCompromise", False,
        "2023-11-14T22:13:20Z")
    boss.refused("rann", serials[1], "--at", at, code=2, says="already")
    boss.refused("rann", "00ff", code=4)
    # It changes nothing: that is the CRL's to do.
    assert not listener.status()["certificate"]["revoked"]


def test_crls(world, boss, listener, tmp_path):
    world.server.wait_crl()
    out = tmp_path / "out"
    file = boss.announce("crlann")
    message = check_message(file, world, "crlann", 2)
    told = listener.heard(file, "--out", out)["told"]
    assert len(told) == len(message.content.children) == 1
    (out / "first.crl").write_bytes(message.content[0].der)
    subprocess.run(["openssl", "crl", "-in", out / "first.crl", "-inform",
                    "DER", "-noout", "-CAfile",
                    world.server.folder / "issuing.pem"], check=True)
    assert (out / "crls.pem").read_text() == pki.pem("X509 CRL",
                                                     message.content[0].der)
    boss.refused("crlann", "nothing", code=4)


def test_each_is_in_the_audit_trail(world, boss):
    boss.announce("cann", "issuing.pem")
    entries = world.server.query("SELECT entry FROM audit WHERE "
                                 "CAST(entry AS TEXT) LIKE "
                                 "'%announced body=cann signer=cmp%'")
    assert entries


@pytest.fixture
def written(world, boss):
    """What OpenSSL 3.5 and Wireshark 4.0 know of: ckuann in its form of v2."""
    serial = f"{world.enrolled(LAB).cert.serial:x}"
    world.server.wait_crl()
    return {words[0]: boss.announce(*words).read_bytes() for words in (
        ("ckuann", *BOTH_LINKS, "--form", "v2"), ("cann", "issuing.pem"),
        ("rann", serial.rjust(len(serial) + len(serial) % 2, "0"), "--at",
         "2030-01-01T00:00:00Z", "--reason", "superseded"), ("crlann",))}


def test_tshark_reads_them(written, tmp_path):
    for kind, data in written.items():
        text = (b"POST / HTTP/1.1\r\nContent-Type: application/pkixcmp\r\n"
                b"Content-Length: %d\r\n\r\n" % len(data)) + data
        (tmp_path / "hex").write_text("".join(
            f"{i:06x} {text[i:i + 16].hex(' ')}\n"
            for i in range(0, len(text), 16)))
        subprocess.run(["text2pcap", "-T", "1024,80", tmp_path / "hex",
                        tmp_path / "pcap"], check=True, capture_output=True)
        done = subprocess.run(
            ["tshark", "-n", "-r", tmp_path / "pcap", "-Y", "cmp", "-T",
             "fields", "-e", "cmp.body", "-e", "_ws.malformed"],
            capture_output=True, text=True, check=True)
        number, _, malformed = done.stdout.strip("\n").partition("\t")
        assert BODIES[int(number)] == kind and not malformed, done.stdout


def test_openssl_reads_them(written, tmp_path):
    """Its mock server does not want them, once it has read them."""
    for data, says in [*((d, "unexpected pkibody") for d in written.values()),
                       (written["cann"][:-1], "not enough data")]:
        (tmp_path / "message.der").write_bytes(data)
        done = subprocess.run(
            ["openssl", "cmp", "-config", "", "-cmd", "genm", "-use_mock_srv",
             "-srv_ref", "x", "-srv_secret", "pass:x", "-ref", "x", "-secret",
             "pass:x", "-reqin", tmp_path / "message.der", "-infotype",
             "caCerts"], capture_output=True, text=True, timeout=60)
        assert says in done.stdout + done.stderr, done.stderr


def test_the_server_is_no_station(world, boss):
    """What is announced is not asked: refused by name."""
    file = boss.announce("cann", "issuing.pem")
    response = world.station(path=LAB).post(file.read_bytes())
    reply = cmp.Reply(response.body)
    assert reply.kind == "error" and reply.failures == {"badRequest"}


# --- what the station refuses ---

rows = []


def row(rule, kind="ckuann", **changes):
    """A function from the cast to the content of the body."""
    def add(function):
        rows.append(pytest.param(rule, kind, function, changes,
                                 id=function.__name__))
        return function
    return add


def v3(content):
    """RootCaKeyUpdateContent as a body has it."""
    return ctx(0, read(content)[1].der)


def announcement(cast, kind, content, **changes):
    signer = changes.pop("signer", cast.signer)
    own = {k: changes.pop(k) for k in ("is_protected", "protect")
           if k in changes}
    changes.setdefault("pvno", 3 if kind == "ckuann" else 2)
    extra = changes.pop("extra", [signer.cert, *signer.chain])
    out = cmp.outgoing(kind, content, signer, extra, **changes)
    for key, value in own.items():
        setattr(out, key, value)
    return bytes(out)


def rev_ann(status=5, serial=1):
    return seq(integer(status), seq(ctx(4, der.NULL_DN), integer(serial)),
               generalized_time(1700000000), generalized_time(1700000000))


@row("reply-protected", is_protected=False)
def unprotected(c):
    return v3(c.update())


@row("reply-signature", protect=lambda part: pki.Key().sign(part))
def signed_by_another_key(c):
    return v3(c.update())


@row("reply-signer-path", signer=lambda c: below(c.other))
def signed_below_another_root(c):
    return v3(c.update())


@row("reply-signer-path", signer=lambda c: below(c.new))
def signed_below_the_new_root(c):
    return v3(c.update())


@row("reply-signer-entitled", signer=lambda c: c.world.enrolled(
    LAB).credential)
def signed_by_a_station(c):
    return v3(c.update())


@row("reply-signer-known", extra=[])
def signed_by_nobody_known(c):
    return v3(c.update())


@row("reply-sender-nonce", sender_nonce=b"short")
def with_a_short_nonce(c):
    return v3(c.update())


@row("announced-body", kind="pkiconf")
def no_announcement(c):
    return der.NULL


@row("announced-body", kind="genp")
def an_answer(c):
    return seq(c.update())


@row("announced-pvno", pvno=2)
def v3_form_in_pvno_2(c):
    return v3(c.update())


@row("announced-pvno", pvno=1, kind="cann")
def pvno_1(c):
    return c.server.issuing.der


@row("announced-time", message_time=None)
def without_a_time(c):
    return v3(c.update())


@row("announced-time", message_time=int(time.time()) + DAY)
def of_tomorrow(c):
    return v3(c.update())


@row("announced-status", kind="rann")
def rann_with_accepted(c):
    return rev_ann(status=0)


@row("update-link")
def linked_by_another_root(c):
    return v3(c.update(linked=c.link(c.other.key, c.new.key)))


@row("update-link", pvno=2)
def linked_by_another_root_in_the_old_form(c):
    return seq(c.links[1], c.link(c.other.key, c.new.key), c.new.cert)


@row("update-complete")
def not_linked(c):
    return v3(c.update(linked=b"", back=b""))


@row("update-dates")
def linked_too_long_ago(c):
    return v3(c.update(linked=c.link(c.root_key, c.new.key,
                                     not_after=int(time.time()) - 60)))


@row("update-self-signed")
def new_root_that_signs_nothing(c):
    return v3(c.update(new=c.links[0]))


@row("update-back", pvno=2)
def back_by_the_old_root(c):
    return seq(c.root.der, c.links[0], c.new.cert)


@row("crl-signer", kind="crlann")
def crl_by_another_key(c):
    forger = c.ca("issuing")
    forger.key = pki.Key()
    return seq(c.issuer.crl(), forger.crl())


@row("crl-signer", kind="crlann")
def crl_of_a_stranger(c):
    return seq(pki.CA(pki.name(CN="Stranger")).crl())


@row("crl-dates", kind="crlann")
def crl_out_of_date(c):
    now = int(time.time())
    return seq(c.issuer.crl(this_update=now - 2 * DAY, next_update=now - DAY))


@row("crl-age", kind="crlann")
def crl_older_than_the_one_held(c):
    return seq(c.issuer.crl(this_update=int(time.time()) - 2 * DAY))


@row("crl-readable", kind="crlann")
def crl_unreadable(c):
    return seq(seq(integer(1)))


@row("announced-cert-is-readable", kind="cann")
def certificate_unreadable(c):
    return seq(integer(1))


@pytest.mark.parametrize("rule,kind,content,changes", rows)
def test_refused(world, cast, listener, rule, kind, content, changes):
    cast.world = world
    changes = dict(changes)
    if callable(changes.get("signer")):
        changes["signer"] = changes["signer"](cast)
    file, held = listener.folder / "bad.der", listener.folder / "held.crl"
    file.write_bytes(announcement(cast, kind, content(cast), **changes))
    held.write_text(pki.pem("X509 CRL", cast.issuer.crl()))
    done = listener.heed(file, "--install", "--json", "--crl", held, "--out",
                         listener.folder / "out")
    assert done.returncode == 1, done.stdout + done.stderr
    assert json.loads(done.stdout)["error"]["rule"] == rule, done.stdout
    assert not (listener.folder / "out").exists()
    assert not (listener.state / "updates.pem").exists()


@pytest.mark.parametrize("change", ["cut", "byte behind", "empty", "text"])
def test_what_is_no_message(boss, listener, change):
    file = boss.announce("cann", "issuing.pem")
    data = file.read_bytes()
    file.write_bytes({"cut": data[:-1], "byte behind": data + b"x",
                      "empty": b"", "text": b"hello"}[change])
    assert listener.heed(file).returncode == 1


def test_every_flipped_bit_is_seen(boss, listener):
    """One in each of 40 places of header, body and protection."""
    file = boss.announce("cann", "issuing.pem")
    data = file.read_bytes()
    head, body, protection = read(data).children[:3]
    whole = len(head.der) + len(body.der) + len(protection.der)
    for place in range(5, whole, whole // 40):
        changed = bytearray(data)
        changed[place] ^= 1
        file.write_bytes(changed)
        assert listener.heed(file).returncode == 1, place


def test_needs_a_root(boss, listener):
    file = boss.announce("cann", "issuing.pem")
    done = listener.run(listener.command("heed", file))
    assert done.returncode == 3 and "no operator root" in done.stderr
    done = listener.heed(listener.folder / "none.der")
    assert done.returncode == 4
