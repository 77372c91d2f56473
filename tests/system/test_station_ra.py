"""An RA between stations and our server: the verbs of `station ra`, and
stations, ours and OpenSSL's, behind an RA that forwards."""
import json
import subprocess
from types import SimpleNamespace

import pytest

from cmplib import cmp, der, http, pki
from cmplib.attacker import Proxy
from cmplib.der import octets, seq
from cmplib.program import Program
from cmplib.ra import sender
from test_openssl_station import Files, succeeds

LAB, LIGHT = (f"{http.PATH}/p/{name}" for name in ("lab", "light"))


class Tool:
    """`station ra`, as one RA."""

    def __init__(self, world, program, folder, credential):
        self.world, self.program, self.folder = world, program, folder
        (folder / "ra.pem").write_text("".join(
            pki.pem("CERTIFICATE", c)
            for c in (credential.cert, *credential.chain)))
        (folder / "ra.key").write_bytes(credential.key.pem())
        (folder / "ra.key").chmod(0o600)
        self.root = world.server.folder / "root.pem"

    def url(self, path=LIGHT):
        return f"http://127.0.0.1:{self.world.server.port}{path}"

    def file(self, name, content):
        (self.folder / name).write_bytes(bytes(content))
        return self.folder / name

    def files(self, *messages):
        return [self.file(f"message-{n}.der", m)
                for n, m in enumerate(messages)]

    def run(self, verb, *more, code=0, root=True):
        trust = ["--root", self.root] if root and verb != "wrap" else []
        done = subprocess.run(
            [str(a) for a in (self.program, "ra", verb, "--cert",
                              self.folder / "ra.pem", "--key",
                              self.folder / "ra.key", *trust, *more)],
            capture_output=True, text=True, timeout=60)
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout + done.stderr

    def answers(self, folder):
        return {int(p.stem): cmp.Reply(p.read_bytes())
                for p in (self.folder / folder).iterdir()}


@pytest.fixture
def tool(world, station, tmp_path):
    return Tool(world, station, tmp_path, world.ras.west)


def ir(world, **options):
    station = world.station(path=LIGHT)
    return station, station.ir(**options)


# --- wrap ---

def test_wrap(world, tool):
    """What it makes the server takes, and what python makes is alike."""
    station, out = ir(world)
    file, = tool.files(out)
    tool.run("wrap", "--out", tool.folder / "nested", file)
    nested = cmp.Reply((tool.folder / "nested").read_bytes())
    assert nested.kind == "nested"
    assert nested.transaction_id == out.fields["transaction_id"]
    assert nested.sender_nonce == out.fields["sender_nonce"]
    assert [m.der for m in nested.content] == [bytes(out)]
    reply = cmp.Reply(station.post(nested.der).body)
    reply.check(out, world.server.root)
    assert reply.cert.spki == out.key.spki


def test_wrap_and_send(world, tool):
    station, out = ir(world)
    file, = tool.files(out)
    tool.run("wrap", "--url", tool.url(), "--out", tool.folder / "answer",
             file)
    reply = cmp.Reply((tool.folder / "answer").read_bytes())
    reply.check(out, world.server.root)
    station.confirm(out, reply)


@pytest.mark.parametrize("content", [b"", b"\x30\x00", b"x" * 70000])
def test_wrap_of_no_message(tool, content):
    file = tool.file("bad.der", content)
    tool.run("wrap", "--out", tool.folder / "nested", file, code=1)
    assert not (tool.folder / "nested").exists()


# --- batch ---

def test_batch(world, tool):
    made = [ir(world), ir(world, popo_key=pki.Key()), ir(world)]
    tool.run("batch", "--url", tool.url(), "--out", tool.folder / "answers",
             *tool.files(*(out for _, out in made)))
    answers = tool.answers("answers")
    assert sorted(answers) == [1, 2, 3]
    for n, (_, out) in enumerate(made, 1):
        answers[n].check(out, world.server.root)
    assert answers[2].failures == {"badPOP"}
    for n in (1, 3):
        station, out = made[n - 1]
        station.confirm(out, answers[n])


def test_batch_by_hand(world, tool):
    """Carried as files: batch, then open."""
    made = [ir(world) for _ in range(2)]
    batch = tool.folder / "batch"
    tool.run("batch", "--out", batch, *tool.files(*(o for _, o in made)),
             root=False)
    answer = tool.file("answer.der", world.station(path=LIGHT).post(
        batch.read_bytes()).body)
    told = json.loads(tool.run("open", "--json", "--out",
                               tool.folder / "answers", batch, answer))
    assert told == {"answers": [str(tool.folder / f"answers/{n}.der")
                                for n in (1, 2)], "lost": [], "dropped": 0}
    for n, (_, out) in enumerate(made, 1):
        tool.answers("answers")[n].check(out, world.server.root)


def test_batch_that_is_refused(world, station, tmp_path):
    east = Tool(world, station, tmp_path, world.ras.east)
    told = east.run("batch", "--url", east.url(), "--out",
                    tmp_path / "answers", *east.files(ir(world)[1]), code=1)
    assert "notAuthorized" in told and not (tmp_path / "answers").exists()


# --- what is believed of an answer ---

@pytest.fixture
def carried(world, tool):
    """A batch of two, and what makes answers to it."""
    outs = [ir(world)[1] for _ in range(2)]
    batch = tool.folder / "batch"
    tool.run("batch", "--out", batch, *tool.files(*outs), root=False)
    asked = cmp.Reply(batch.read_bytes())
    folder = world.server.folder
    signer = pki.Credential(world.server.cmp_signer.der,
                            pki.Key.load(folder / "cmp.key"),
                            [world.server.issuing.der])

    def answer(*messages, signer=signer, kind="nested", content=None,
               **header):
        header = {"transaction_id": asked.transaction_id,
                  "recip_nonce": asked.sender_nonce,
                  "sender": sender(signer), **header}
        return cmp.outgoing(kind, content or seq(*map(bytes, messages)),
                            signer, [signer.cert, *signer.chain], **header)

    replies = [cmp.outgoing("pkiconf", der.NULL, signer,
                            transaction_id=o.transaction_id) for o in outs]
    return batch, answer, replies


def opened(tool, batch, answer, code=0):
    return tool.run("open", "--json", "--out", tool.folder / "answers", batch,
                    tool.file("answer.der", answer), code=code)


def test_answers_are_sorted(tool, carried):
    batch, answer, replies = carried
    opened(tool, batch, answer(replies[1], replies[0]))
    assert {n: r.der for n, r in tool.answers("answers").items()} == {
        1: bytes(replies[0]), 2: bytes(replies[1])}


def test_lost_and_extra_answers(tool, carried):
    """RFC 9483, 5.2.2.2: those are told, these are dropped."""
    batch, answer, replies = carried
    stranger = cmp.outgoing("pkiconf", der.NULL, tool.world.ras.west)
    told = json.loads(opened(tool, batch, answer(
        stranger, replies[1], replies[1], seq(octets(b"x")))))
    assert (told["lost"], told["dropped"]) == ([1], 3)
    assert list(tool.answers("answers")) == [2]


def wrong(name):
    return {
        "id": dict(transaction_id=bytes(16)), "nonce": dict(
            recip_nonce=bytes(16)), "no-nonce": dict(recip_nonce=None),
        "sender": dict(sender=cmp.ctx(4, pki.name(CN="x"))),
        "kind": dict(kind="pkiconf", content=der.NULL),
    }[name]


@pytest.mark.parametrize("name", ["id", "nonce", "no-nonce", "sender", "kind"])
def test_wrong_answer(tool, carried, name):
    batch, answer, replies = carried
    opened(tool, batch, answer(*replies, **wrong(name)), code=5)
    assert not (tool.folder / "answers").exists()


@pytest.mark.parametrize("who", ["station", "another-pki", "flipped", "none"])
def test_answer_of_somebody_else(world, tool, carried, who):
    batch, answer, replies = carried
    if who == "station":
        out = answer(*replies, signer=world.enrolled(LIGHT).credential)
    elif who == "another-pki":
        out = answer(*replies, signer=world.ras.north)
    else:
        out = answer(*replies)
        out.is_protected = who != "none"
        out.protect = lambda part: out.signer.key.sign(part + b"\x00")
    opened(tool, batch, out, code=5)
    assert not (tool.folder / "answers").exists()


# --- stations behind an RA ---

class Forwarding(Proxy):
    """An RA that adds its protection, or sends batches of one."""

    def __init__(self, ra, is_batch):
        super().__init__(ra.server.port)
        self.ra, self.is_batch = ra, is_batch

    def ask(self, path, request):
        asked = cmp.Reply(request)
        inside = cmp.Outgoing(asked.kind, asked.content.der, None, dict(
            transaction_id=asked.transaction_id,
            sender_nonce=asked.sender_nonce, sender=asked.sender.der),
            written=request)
        if self.is_batch:
            return self.ra.ask_batch(inside)[0].der
        return self.ra.ask_added(inside).der


@pytest.fixture(params=[False, True], ids=["added", "batch"])
def forwarding(request, world):
    with Forwarding(world.ra(path=LIGHT), request.param) as proxy:
        yield proxy


def test_station_behind_an_ra(world, station, tmp_path, forwarding):
    """It does not see that there is one."""
    program = Program(station, tmp_path / "station", world.credential(),
                      world.server.folder / "root.pem")
    program.must(program.enroll(forwarding.port, path=LIGHT))
    first = program.cert()
    program.must(program.command("renew"))
    program.check_pair()
    assert program.cert().subject == first.subject
    assert world.server.status_of(program.cert()) == "confirmed"
    program.must(program.command("revoke"))


def test_openssl_behind_an_ra(world, tmp_path, forwarding):
    files = Files(world, tmp_path).write_station(world.credential())
    for name in ("one.key", "two.key"):
        files.new_key(name)
    files.server = SimpleNamespace(port=forwarding.port)
    succeeds(files.cmp("ir", "vendor.pem", "vendor.key", "one.key", "one.pem",
                       "-subject", "/CN=unit", path=LIGHT))
    succeeds(files.cmp("kur", "one.pem", "one.key", "two.key", "two.pem",
                       path=LIGHT))
    cert = pki.Cert(pki.from_pem((tmp_path / "two.pem").read_text()))
    assert world.server.status_of(cert) == "confirmed"


# --- on behalf of a station ---

@pytest.fixture
def west(world):
    """With a chain to put into a file: its root."""
    return pki.Credential(world.ras.west.cert, world.ras.west.key,
                          [world.ras.shared.cert])


def test_enroll_on_behalf(world, station, west, tmp_path):
    """The RA's pair signs; the certificate is the station's, and renews as
    any other."""
    program = Program(station, tmp_path / "station", west,
                      world.server.folder / "root.pem")
    number = 1000 + next(world.numbers)
    program.must(program.enroll(world.server.port, "--subject",
                                f"CN=BS-{number:06d}", path=LIGHT))
    assert program.cert().text_of("CN") == f"{number:06d}.acme"
    program.must(program.command("renew"))
    program.check_pair()


def test_openssl_on_behalf(world, west, tmp_path):
    files = Files(world, tmp_path).write_station(west)
    files.new_key("one.key")
    number = 1000 + next(world.numbers)
    succeeds(files.cmp("ir", "vendor.pem", "vendor.key", "one.key", "one.pem",
                       "-subject", f"/CN=BS-{number:06d}", path=LIGHT))
    succeeds(files.cmp("cr", "vendor.pem", "vendor.key", "one.key", "two.pem",
                       "-subject", f"/CN=BS-{number:06d}", "-popo", "0",
                       path=LIGHT))
    cert = pki.Cert(pki.from_pem((tmp_path / "two.pem").read_text()))
    assert cert.text_of("CN") == f"{number:06d}.acme"
    # And revokes it, with its own certificate (RFC 9483, 5.3.2).
    succeeds(files.ask("rr", *files.signed(), "-oldcert", files["two.pem"],
                       "-revreason", "1", path=LIGHT))
    assert world.server.query("SELECT reason FROM certificate WHERE der=?",
                              cert.der) == [(1,)]


# --- revocation ---

def pem_file(tool, cert):
    (tool.folder / "target.pem").write_text(pki.pem("CERTIFICATE", cert.der))
    return tool.folder / "target.pem"


@pytest.mark.parametrize("path", [LIGHT, LAB])
def test_revoke(world, tool, path):
    cert = world.enrolled(path).cert
    told = tool.run("revoke", "--url", tool.url(path), "--reason",
                    "keyCompromise", pem_file(tool, cert))
    assert told.endswith("target.pem: revoked\n")
    assert world.server.query("SELECT reason FROM certificate WHERE der=?",
                              cert.der) == [(1,)]
    # Once is enough.
    told = tool.run("revoke", "--url", tool.url(path),
                    pem_file(tool, cert), code=1)
    assert "certRevoked" in told


def test_revoke_without_the_right(world, station, tmp_path):
    east = Tool(world, station, tmp_path, world.ras.east)
    told = east.run("revoke", "--url", east.url(), pem_file(
        east, world.enrolled(LIGHT).cert), code=1)
    assert "notAuthorized" in told


@pytest.mark.parametrize("more,code", [
    (["--reason", "none"], 2), (["--reason", "cACompromise"], 2)])
def test_revoke_for_no_reason(world, tool, more, code):
    tool.run("revoke", "--url", tool.url(), *more,
             pem_file(tool, world.server.issuing), code=code)


@pytest.mark.parametrize("what", ["unsigned", "another", "pkiconf"])
def test_revocation_that_is_not_to_be_believed(world, tool, what):
    """Nobody but the server says that it was done."""
    signer = pki.Credential(world.server.cmp_signer.der,
                            pki.Key.load(world.server.folder / "cmp.key"),
                            [world.server.issuing.der])

    def answer(request, _reply):
        asked = cmp.Reply(request)
        out = cmp.outgoing(
            "pkiconf" if what == "pkiconf" else "rp",
            der.NULL if what == "pkiconf" else
            seq(seq(seq(der.integer(0)))),
            world.ras.north if what == "another" else signer,
            [signer.cert, *signer.chain],
            transaction_id=asked.transaction_id,
            recip_nonce=asked.sender_nonce)
        out.is_protected = what != "unsigned"
        return bytes(out)

    with Proxy(None, answer) as proxy:
        tool.run("revoke", "--url",
                 f"http://127.0.0.1:{proxy.port}{LIGHT}",
                 pem_file(tool, world.enrolled(LIGHT).cert), code=5)
