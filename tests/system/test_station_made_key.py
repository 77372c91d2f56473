"""Stations that have their key made: by our server, and by one that makes it
wrong."""
import pytest

from cmplib import cmp, pki
from cmplib.der import NULL, bits, ctx, integer, read, seq
from cmplib.envelope import (KEY_PACKAGE, kari, package, pwri, sealed, signed)
from cmplib.liar import Liar, operator_signer
from cmplib.made import MADE_LITE, MADE_ON, reader
from cmplib.program import Program
from cmplib.secret import run as secret

KGA = [pki.ext_key_usage(pki.CM_KGA)]
WANTED = ("--key-from", "server", "--subject", "CN=unit")


@pytest.fixture
def unit(world, station, tmp_path):
    """A station with a key on a curve."""
    return program_of(world, station, tmp_path / "unit", "P-256")


def program_of(world, station, folder, kind):
    credential = reader(world, kind).credential
    program = Program(station, folder, credential,
                      world.server.folder / "root.pem")
    program.credential = credential
    return program


# --- from our server ---

@pytest.mark.parametrize("kind, wanted", [
    ("P-256", "P-256"), ("P-384", "P-384"), ("P-521", "Ed25519"),
    ("RSA-2048", "P-256"), ("RSA-2048", "RSA:3072")])
def test_enrolled(world, station, tmp_path, kind, wanted):
    unit = program_of(world, station, tmp_path / "unit", kind)
    unit.must(unit.enroll(world.server.port, *WANTED, "--key-type", wanted,
                          path=MADE_LITE))
    unit.check_pair()
    assert world.server.status_of(unit.cert()) == "confirmed"
    assert not (unit.state / "pending").exists()


@pytest.mark.parametrize("trust", ["pinned", "secret"])
def test_under_a_secret(world, station, tmp_path, trust):
    """The root too may come under it; then it is what the generator is below."""
    unit = program_of(world, station, tmp_path / "unit", "P-256")
    made = secret(world.server, "new")
    file = tmp_path / "secret"
    file.write_text(made["secret"])
    file.chmod(0o600)
    unit.must(unit.command(
        "enroll", "--url", f"http://127.0.0.1:{world.server.port}{MADE_LITE}",
        "--secret", file, "--reference", made["reference"], *WANTED,
        *(["--trust", "secret"] if trust == "secret" else
          ["--root", unit.root])))
    unit.check_pair()


def test_renewed(world, unit):
    """The key of an update is encrypted to the certificate it updates."""
    unit.must(unit.enroll(world.server.port, *WANTED, path=MADE_ON))
    first = unit.cert()
    unit.must(unit.command("renew"))
    unit.check_pair()
    assert unit.cert().spki != first.spki
    unit.must(unit.command("renew", "--key-from", "station"))
    unit.check_pair()


def test_not_renewed_where_nothing_can_be_encrypted(world, unit):
    unit.must(unit.enroll(world.server.port, *WANTED, path=MADE_LITE))
    first = unit.cert()
    done = unit.run(unit.command("renew"))
    assert done.returncode == 3
    assert "keyUsage without keyAgreement" in done.stderr
    unit.must(unit.command("renew", "--key-from", "station"))
    assert unit.cert().spki != first.spki


def test_goes_on_after_a_crash(world, unit):
    """The key is on disk before the certConf leaves."""
    command = unit.enroll(world.server.port, *WANTED, "--once", path=MADE_LITE)
    lost = Liar(operator_signer(world.server),
                lambda asked: ("error", seq(seq(integer(2))), {
                    "is_protected": False}))
    with lost:
        done = unit.run(unit.enroll(lost.port, *WANTED, "--once",
                                    path=MADE_LITE))
        assert done.returncode == 5, done.stdout + done.stderr
    assert "PRIVATE KEY" not in (unit.state / "pending").read_text()
    unit.must(command)
    unit.check_pair()


def test_what_does_not_go_together(world, station, tmp_path, unit):
    for words, says in (
            (("--request", "p10cr"), "the server cannot make"),
            (("--key-use", "encryption"), "leave out --new-key"),
            (("--new-key", unit.folder / "vendor.key"), "leave out --new-key")):
        done = unit.run(unit.enroll(world.server.port, *WANTED, *words,
                                    path=MADE_LITE))
        assert done.returncode in (2, 3), done.stdout + done.stderr
        assert says in done.stderr, done.stderr
    done = unit.run(unit.enroll(world.server.port, "--key-from", "nobody"))
    assert "takes station or server" in done.stderr
    plain = Program(station, tmp_path / "plain", world.credential(),
                    world.server.folder / "root.pem")
    done = plain.run(plain.enroll(world.server.port, *WANTED, path=MADE_LITE))
    assert done.returncode == 3, done.stdout + done.stderr
    assert "keyUsage without keyAgreement" in done.stderr


# --- from one who makes it wrong ---

class Maker:
    """Holds all of the operator's keys."""

    def __init__(self, world, unit):
        server = world.server
        self.world, self.unit = world, unit
        self.cert = unit.credential.read
        self.issuer = object.__new__(pki.CA)
        self.issuer.subject = server.issuing.subject
        self.issuer.key = pki.Key.load(server.folder / "issuing.key")
        self.issuer.parent = None
        self.issuer.cert = server.issuing.der
        self.key = pki.Key()
        self.kga = self.generator()

    def generator(self, more=KGA, **options):
        """Who signs keys."""
        made = self.issuer.issue(pki.name(CN="KGA"), more=more, **options)
        made.chain = [self.issuer.cert]
        return made

    def given(self, **options):
        return signed(package(self.key), self.kga, **options)

    def sealed(self, content=None, *recipients, **options):
        return sealed(content or self.given(),
                      *(recipients or [self.kari()]), **options)

    def kari(self, **options):
        return lambda cek: kari(self.cert, cek, **options)


def with_key(maker, private_key, cert_key=None):
    """ip with a certificate and this EncryptedKey."""
    issued = maker.issuer.issue(pki.name(CN="unit"), cert_key or maker.key)

    def answer(asked):
        return "ip", seq(seq(seq(
            integer(0), seq(integer(0)),
            seq(ctx(0, issued.cert),
                *([ctx(0, private_key)] if private_key else []))))), {
                    "pvno": 3, "extra": [maker.issuer.cert]}
    return answer


def confirms(asked):
    return "pkiconf", NULL, {"pvno": 3}


def enroll_at(maker, answer):
    """What the station said to the ip, and its exit."""
    unit = maker.unit
    with Liar(operator_signer(maker.world.server), answer, confirms) as liar:
        done = unit.run(unit.enroll(liar.port, *WANTED, path=MADE_LITE))
        return done, liar.asked


def test_taken_from_another_maker(world, unit):
    """What the rows below differ from."""
    maker = Maker(world, unit)
    done, asked = enroll_at(maker, with_key(maker, maker.sealed()))
    assert done.returncode == 0, done.stdout + done.stderr
    assert [a.kind for a in asked] == ["ir", "certConf"]
    assert asked[0].pvno == 3
    unit.check_pair()


def bare(maker):
    """As OpenSSL 3.5 sends it."""
    one = read(package(maker.key))[0].der
    return maker.sealed(signed(one, maker.kga))


def test_bare_key_is_taken(world, unit):
    maker = Maker(world, unit)
    done, _ = enroll_at(maker, with_key(maker, bare(maker)))
    assert done.returncode == 0, done.stdout + done.stderr
    unit.check_pair()


OTHER = pki.Key()
WRONG = {
    "no-key": (lambda m: None, "no private key came"),
    "key-of-another-certificate": (
        lambda m: m.sealed(signed(package(OTHER), m.kga)),
        "for another key"),
    "public-half-of-another": (
        lambda m: m.sealed(signed(package(m.key, public=OTHER), m.kga)),
        "public half of another key"),
    "two-keys": (
        lambda m: m.sealed(signed(package(m.key, copies=2), m.kga)),
        "not one key"),
    "version-3": (
        lambda m: m.sealed(signed(package(m.key, version=2), m.kga)),
        "of a version not known"),
    "signer-without-cm-kga": (
        lambda m: m.sealed(signed(package(m.key), m.generator(more=()))),
        "lacks cmKGA"),
    "signer-is-the-cmp-signer": (
        lambda m: m.sealed(signed(package(m.key), operator_signer(
            m.world.server))), "lacks cmKGA"),
    "signer-that-may-not-sign": (
        lambda m: m.sealed(signed(package(m.key), m.generator(
            usage=(pki.KEY_AGREEMENT,)))), "lacks cmKGA"),
    "signer-of-the-vendor": (
        lambda m: m.sealed(signed(package(m.key), m.world.acme.ca.issue(
            pki.name(CN="KGA"), more=KGA))), "signer of the private key"),
    "signer-that-signs-itself": (
        lambda m: m.sealed(signed(package(m.key), pki.CA(
            pki.name(CN="KGA root")).issue(pki.name(CN="KGA"), more=KGA))),
        "signer of the private key"),
    "signer-expired": (
        lambda m: m.sealed(signed(package(m.key), m.generator(
            not_before=1000000000, not_after=1100000000))), "expired"),
    "signed-by-another-key": (
        lambda m: m.sealed(m.given(signing_key=OTHER)), "signature is wrong"),
    "digest-of-another-content": (
        lambda m: m.sealed(m.given(signed_content=b"another")),
        "not what was signed"),
    "signer-not-with-it": (
        lambda m: m.sealed(m.given(certs=[m.issuer.cert])),
        "is not with it"),
    "two-signers": (lambda m: m.sealed(m.given(signers=2)), "by 2 signers"),
    "another-content": (
        lambda m: m.sealed(m.given(content_type="1.2.840.113549.1.7.1")),
        "another content than"),
    "unsigned": (
        lambda m: m.sealed(package(m.key), content_type=KEY_PACKAGE),
        "came unsigned"),
    "not-signed-data": (lambda m: m.sealed(b"nothing"), "not a SignedData"),
    "for-another-station": (
        lambda m: m.sealed(None, m.kari(rid=bytes(20))), "somebody else"),
    "to-another-key": (
        lambda m: m.sealed(None, m.kari(reader=OTHER.public)),
        "does not open"),
    "for-two": (
        lambda m: m.sealed(None, m.kari(), m.kari()), "for 2 recipients"),
    "by-a-password": (
        lambda m: m.sealed(None, lambda cek: pwri(b"secret", cek)),
        "somebody else"),
    "encrypted-value": (
        lambda m: seq(bits(b"value")), "no EnvelopedData"),
    "gcm": (
        lambda m: m.sealed(alg="2.16.840.1.101.3.4.1.46"),
        "not of the table"),
    "agreed-with-sha1": (
        lambda m: m.sealed(None, m.kari(scheme="1.3.133.16.840.63.0.2")),
        "key agreement"),
}


@pytest.mark.parametrize("make, says", WRONG.values(), ids=WRONG)
def test_rejected(world, unit, make, says):
    """The certificate is rejected in a certConf, and nothing is installed."""
    maker = Maker(world, unit)
    done, asked = enroll_at(maker, with_key(maker, make(maker)))
    assert done.returncode != 0
    assert says in done.stdout + done.stderr, done.stdout + done.stderr
    assert [a.kind for a in asked] == ["ir", "certConf"]
    status = cmp.StatusInfo(asked[1].content[0][2])
    assert status.status == "rejection"
    assert unit.cert() is None


def test_key_that_nobody_asked_for(world, unit):
    maker = Maker(world, unit)
    with Liar(operator_signer(world.server),
              with_key(maker, maker.sealed())) as liar:
        done = unit.run(unit.enroll(liar.port, "--subject", "CN=unit",
                                    "--once", path=MADE_LITE))
    assert done.returncode != 0
    assert "not believed" in done.stdout
    assert unit.cert() is None
