"""The station's keys for encryption at our server: challenged, or proven by
the certificate that comes encrypted; killed and going on."""
import itertools
import json
import random
import time

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding

from cmplib import cmp, der, http, pki
from cmplib.attacker import Forger, Parts, Proxy, kind_of
from cmplib.der import integer, octets, read, seq
from cmplib.program import Program
from cmplib.storm import random_seed
from polls import WAIT_LAB, make_world
from test_challenge import LAB, OLD
from test_station_flows import decide
from test_station_secret import Holder

KEY_USAGE = "2.5.29.15"
ENCIPHERS, AGREES = (pki.read(pki.key_usage(n))[2].content for n in (2, 4))
ENCRYPT = ("--key-use", "encryption")
PROOFS = {"challenge": ["ir", "popdecr", "certConf"],
          "certificate": ["ir", "certConf"]}
KILLS = 12


@pytest.fixture(scope="module")
def world(stationmaster, operator, tmp_path_factory):
    made = make_world(stationmaster, operator,
                      tmp_path_factory.mktemp("possession") / "files")
    yield made
    made.close()


@pytest.fixture
def make(world, station, tmp_path):
    numbers = itertools.count()

    def make_program():
        return Program(station, tmp_path / f"station-{next(numbers)}",
                       world.credential(), world.server.folder / "root.pem")
    return make_program


def options(proof, key_type=None):
    return (*ENCRYPT, "--proof", proof,
            *(("--key-type", key_type) if key_type else ()))


def sent(text):
    return [m["sent"] for m in json.loads(text)["messages"] if "sent" in m]


def status_of(world, cert):
    return world.server.query("SELECT status FROM certificate WHERE der = ?",
                              cert.der)


@pytest.mark.parametrize("proof", PROOFS)
@pytest.mark.parametrize("key_type, usage", [
    (None, ENCIPHERS), ("RSA:3072", ENCIPHERS), ("P-256", AGREES),
    ("P-384", AGREES), ("P-521", AGREES)])
def test_enrolled(world, make, proof, key_type, usage):
    program = make()
    done = program.must([*program.enroll(
        world.server.port, *options(proof, key_type), path=LAB), "--json"])
    assert sent(done) == PROOFS[proof]
    program.check_pair()
    cert = program.cert()
    assert cert.extensions[KEY_USAGE] == usage
    assert status_of(world, cert) == [(2,)]


@pytest.mark.parametrize("proof", PROOFS)
@pytest.mark.parametrize("path, request_", [(OLD, "ir"), (OLD, "cr")])
def test_in_legacy_2010(world, make, proof, path, request_):
    program = make()
    done = program.must([*program.enroll(
        world.server.port, *options(proof), "--request", request_,
        "--subject", "CN=unit", path=path), "--json"])
    assert sent(done) == [request_, *PROOFS[proof][1:]]
    program.check_pair()


@pytest.mark.parametrize("proof", PROOFS)
@pytest.mark.parametrize("key_type", [None, "P-256"])
def test_the_root_learnt(world, make, proof, key_type):
    program = make()
    program.must(program.enroll(world.server.port, *options(proof, key_type),
                                path=LAB, pinned=False))
    program.check_pair()


@pytest.mark.parametrize("proof", PROOFS)
@pytest.mark.parametrize("key_type", [None, "P-256"])
def test_over_tls(world, make, proof, key_type):
    program = make()
    program.must(program.enroll(
        world.server.tls_port, *options(proof, key_type), "--tls-root",
        program.root, scheme="https", path=LAB))
    program.check_pair()


@pytest.mark.parametrize("proof", PROOFS)
@pytest.mark.parametrize("key_type", [None, "P-256"])
def test_under_a_secret(world, station, tmp_path, proof, key_type):
    holder = Holder(station, tmp_path / "holder", world.server)
    holder.share()
    done = holder.enroll(*options(proof, key_type), path=LAB)
    assert sent(done.stdout) == PROOFS[proof]
    holder.check_pair()


@pytest.mark.parametrize("proof", PROOFS)
def test_approved(world, make, proof):
    """What was challenged waits after that."""
    program = make()
    command = program.enroll(world.server.port, *options(proof),
                             path=WAIT_LAB)
    done = program.run([*command, "--wait", "0"])
    assert done.returncode == 6, done.stdout + done.stderr
    world.server.stop()
    world.server.start()
    decide(world, program, "approve")
    command = program.enroll(world.server.port, *options(proof),
                             path=WAIT_LAB)
    time.sleep(1)
    done = program.must([*command, "--json"])
    assert sent(done)[-2:] == ["pollReq", "certConf"]
    program.check_pair()


# --- killed, and cut off ---

@pytest.mark.parametrize("lost", ["ir", "popdecr", "certConf"])
@pytest.mark.parametrize("key_type", [None, "P-256"])
def test_an_answer_that_is_lost(world, make, lost, key_type):
    """The same bytes go again, with the key they are about."""
    program = make()
    cut = {lost}

    def change(request, reply):
        if kind_of(request) in cut:
            cut.clear()
            return 503, {}
        return reply

    with Proxy(world.server.port, change) as proxy:
        command = program.enroll(proxy.port, *options("challenge", key_type),
                                 path=LAB)
        assert program.run([*command, "--once"]).returncode != 0
        pending = (program.state / "pending").read_text()
        assert f"answered: {int(lost != 'ir')}\n" in pending
        assert "proof: challenge\n" in pending
        done = program.must([*command, "--json"])
    assert sent(done)[0] == lost
    requests = [r for r, _ in proxy.seen]
    assert [kind_of(r) for r in requests].count(lost) == 2
    assert len(set(requests)) == 3
    assert len({reply for r, reply in proxy.seen if kind_of(r) == lost}) == 1
    program.check_pair()
    assert status_of(world, program.cert()) == [(2,)]


@pytest.mark.parametrize("proof", PROOFS)
def test_killed_again_and_again(world, make, spawn, proof):
    rng = random.Random(random_seed())
    killed = 0
    for _ in range(KILLS):
        program = make()
        command = program.enroll(world.server.port, *options(proof, "P-256"),
                                 path=LAB)
        for _ in range(2):
            process = spawn(command)
            # Mostly early: on a fast machine it is soon through.
            time.sleep(rng.random() ** 3 * 0.25)
            if process.popen.poll() is None:
                process.kill()
                killed += 1
        if program.cert() is None:
            program.must(command)
        program.check_pair()
        assert status_of(world, program.cert()) == [(2,)]
    assert killed


# --- servers that are not to be helped ---

class Challenger(Forger):
    """One that poses as the operator before a station that learns, and wants
    to know what its key makes of some octets."""

    def __init__(self, names, make, then=None):
        """`then`: who answers the popdecr by an error; else by a challenge."""
        super().__init__(names)
        self.make, self.then = make, then

    def __call__(self, request, _reply):
        asked = cmp.Reply(request)
        kind, signer = "popdecc", self.signer
        if asked.kind == "ir":
            key = read(seq(asked.content[0][0][1].find(0xa6).content))
            self.public = serialization.load_der_public_key(key.der)
        elif self.then:
            kind, signer = "error", self.then(self)
        content = (seq(*self.make(self, self.public)) if kind == "popdecc"
                   else seq(seq(integer(2))))
        return bytes(cmp.outgoing(
            kind, content, signer,
            [signer.cert, self.issuing.cert, self.root.cert],
            transaction_id=asked.transaction_id,
            recip_nonce=asked.sender_nonce, recipient=asked.sender.der))

    def another(self):
        """As good as the first, but another."""
        return self.issuing.issue(pki.name(CN="Second"),
                                  more=[pki.ext_key_usage(pki.CMC_RA)])


def encrypted(*plain):
    """Challenges with these, encrypted well."""
    def make(challenger, public):
        for made in plain:
            content = made(challenger) if callable(made) else made
            yield seq(pki.alg_id(pki.HASH_OIDS["SHA256"]), octets(bytes(32)),
                      octets(public.encrypt(content, padding.PKCS1v15())))
    return make


def rand(challenger, number=0x4711, name=None, more=b""):
    return seq(integer(number), pki.directory(
        name or challenger.signer.subject)) + more


def posed(world, make, wicked, *more, then=None):
    """What the station says, and what it sent."""
    program = make()
    names = [world.server.certificate(f"{n}.pem")
             for n in ("root", "issuing", "cmp")]
    with Proxy(None, Challenger(names, wicked, then)) as proxy:
        done = program.run([*program.enroll(
            proxy.port, *more, pinned=False, path=LAB), "--once"])
    assert program.cert() is None
    return done, [kind_of(request) for request, _ in proxy.seen]


def test_a_challenge_is_answered(world, make):
    """Once: a second challenge in place of the certificate is not."""
    done, kinds = posed(world, make, encrypted(rand), *ENCRYPT)
    assert kinds == ["ir", "popdecr"], done.stderr
    assert done.returncode == 1 and "popdecc" in done.stderr, done.stderr


def test_who_challenged_is_who_answers(world, make):
    done, kinds = posed(world, make, encrypted(rand), *ENCRYPT,
                        then=lambda c: c.signer)
    assert "refused" in done.stderr and kinds == ["ir", "popdecr"]
    done, kinds = posed(world, make, encrypted(rand), *ENCRYPT,
                        then=Challenger.another)
    assert "refused" not in done.stderr and kinds == ["ir", "popdecr"]
    assert "another credential" in done.stdout + done.stderr


def test_a_name_cut_to_its_cn(world, make):
    done, kinds = posed(world, make, encrypted(
        lambda c: rand(c, name=pki.name(CN=pki.Cert(c.signer.cert).text_of(
            "CN")))), *ENCRYPT)
    assert kinds[:2] == ["ir", "popdecr"], done.stderr


@pytest.mark.parametrize("wicked", [
    encrypted(b"a secret that somebody else encrypted"),
    encrypted(b""), encrypted(der.integer(5)), encrypted(),
    encrypted(lambda c: rand(c, more=b"\x00")),
    encrypted(lambda c: rand(c, name=pki.name(CN="Mallory"))),
    encrypted(lambda c: seq(integer(1), der.ctx(2))),
    encrypted(rand, rand),
    lambda c, public: [seq(octets(b""), octets(bytes(256)))],
    lambda c, public: [seq(octets(b""), octets(b""))],
    lambda c, public: [seq(octets(b""), octets(b""), der.ctx(0, seq()))],
])
def test_no_oracle(world, make, wicked):
    """What is no Rand of the server's gets no answer at all."""
    done, kinds = posed(world, make, wicked, *ENCRYPT)
    assert done.returncode != 0
    assert set(kinds) == {"ir"}, done.stdout


@pytest.mark.parametrize("more", [
    ("--key-type", "RSA:2048"), (*ENCRYPT, "--proof", "certificate")])
def test_a_challenge_that_was_not_asked_for(world, make, more):
    done, kinds = posed(world, make, encrypted(rand), *more)
    assert done.returncode == 1 and "popdecc" in done.stderr, done.stderr
    assert kinds == ["ir"]


def test_a_challenge_changed_under_way(world, make):
    def change(request, reply):
        if kind_of(reply) != "popdecc":
            return reply
        parts = Parts(reply)
        content = bytearray(parts.content)
        content[-1] ^= 1
        parts.content = bytes(content)
        return bytes(parts)

    program = make()
    with Proxy(world.server.port, change) as proxy:
        done = program.run([*program.enroll(
            proxy.port, *ENCRYPT, path=LAB), "--once"])
    assert done.returncode != 0 and "not believed" in done.stdout + done.stderr
    assert [kind_of(r) for r, _ in proxy.seen] == ["ir"]


# --- what does not go ---

@pytest.mark.parametrize("proof", PROOFS)
def test_refused_where_the_profile_takes_signatures(world, make, proof):
    program = make()
    done = program.run(program.enroll(world.server.port, *options(proof),
                                      path=http.PATH))
    assert done.returncode == 1
    assert "badPOP" in done.stderr, done.stderr
    assert program.cert() is None


@pytest.mark.parametrize("more, text", [
    (("--request", "p10cr"), "PKCS#10"),
    (("--key-type", "Ed25519"), "Ed25519"),
    (("--key-use", "both"), "--key-use"),
    (("--proof", "oath"), "--proof")])
def test_what_cannot_be_asked_for(world, make, more, text):
    program = make()
    done = program.run(program.enroll(world.server.port, *(
        ENCRYPT if "--key-use" not in more else ()), *more, path=LAB))
    assert done.returncode in (2, 3), done.stdout + done.stderr
    assert text in done.stderr, done.stderr


@pytest.mark.parametrize("verb", ["renew", "revoke"])
def test_it_signs_nothing_later(world, make, verb):
    program = make()
    program.must(program.enroll(world.server.port, *ENCRYPT, path=LAB))
    mark = world.server.mark()
    done = program.run(program.command(verb))
    assert done.returncode == 3 and "may not sign" in done.stderr, done.stderr
    assert not [line for line in world.server.lines(mark)
                if line.get("body")]
