"""OpenSSL as the base station, and as the judge of what comes out."""
import subprocess

import pytest

from cmplib import pki
from cmplib.http import PATH, Connection, request

BRIEF = PATH + "/p/brief"


def openssl(*args, program="openssl"):
    return subprocess.run([program, *map(str, args)], capture_output=True,
                          text=True, timeout=60)


class Files:
    """What openssl needs, and makes, in the test's folder; which openssl."""

    def __init__(self, world, folder, program="openssl"):
        self.program = program
        self.world = world
        self.server = world.server
        self.folder = folder
        self.root = self.server.folder / "root.pem"

    def __getitem__(self, name):
        return self.folder / name

    def write_station(self, credential):
        self["vendor.pem"].write_text(pki.pem("CERTIFICATE", credential.cert))
        self["vendor.key"].write_bytes(credential.key.pem())
        self["chain.pem"].write_text("".join(
            pki.pem("CERTIFICATE", c) for c in credential.chain))
        return self

    def new_key(self, name, kind="P-256"):
        self[name].write_bytes(pki.Key(kind).pem())
        return self[name]

    def ask(self, command, *more, path=PATH):
        """Any request, with no certificate to come out of it."""
        return openssl("cmp", "-config", "", "-cmd", command, "-server",
                       f"http://127.0.0.1:{self.server.port}{path}",
                       "-trusted", self.root, "-msg_timeout", 20, *more,
                       program=self.program)

    def signed(self, name="vendor"):
        """The options for a request signed with this pair."""
        return ("-cert", self[name + ".pem"], "-key", self[name + ".key"],
                "-untrusted", self["chain.pem"], "-extracerts",
                self["chain.pem"])

    def cmp(self, command, cert, key, new_key, out, *more, scheme="http",
            path=PATH):
        port = (self.server.tls_port if scheme == "https" else
                self.server.port)
        tls = (["-tls_used", "-tls_trusted", self.root, "-tls_host",
                "localhost"] if scheme == "https" else [])
        return openssl("cmp", "-config", "", "-cmd", command, "-server",
                       f"{scheme}://127.0.0.1:{port}{path}", "-cert",
                       self[cert], "-key", self[key], "-untrusted",
                       self["chain.pem"], "-extracerts", self["chain.pem"],
                       "-newkey", self[new_key], "-certout", self[out],
                       "-trusted", self.root, "-out_trusted", self.root,
                       "-msg_timeout", 20, *tls, *more, program=self.program)


@pytest.fixture
def files(world, tmp_path):
    return Files(world, tmp_path).write_station(world.credential())


def succeeds(done):
    assert done.returncode == 0, done.stdout + done.stderr


def verifies(files, cert, *more):
    return openssl("verify", "-x509_strict", "-CAfile", files.root,
                   "-untrusted", files.server.folder / "issuing.pem", *more,
                   files[cert])


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_ir_then_kur(files, scheme):
    files.new_key("one.key")
    files.new_key("two.key")
    succeeds(files.cmp("ir", "vendor.pem", "vendor.key", "one.key", "one.pem",
                       "-subject", "/CN=unit", "-chainout",
                       files["issuers.pem"], scheme=scheme))
    succeeds(verifies(files, "one.pem"))
    succeeds(openssl("verify", "-CAfile", files.root, "-untrusted",
                     files["issuers.pem"], files["one.pem"]))
    succeeds(files.cmp("kur", "one.pem", "one.key", "two.key", "two.pem",
                       scheme=scheme))
    succeeds(verifies(files, "two.pem"))
    one, two = (pki.Cert(pki.from_pem(files[n].read_text()))
                for n in ("one.pem", "two.pem"))
    assert one.subject == two.subject and one.spki != two.spki
    statuses = files.server.query(
        "SELECT status FROM certificate WHERE der IN (?, ?)", one.der, two.der)
    assert statuses == [(2,), (2,)]


@pytest.mark.parametrize("kind", ["P-384", "RSA-2048"])
def test_other_keys(world, files, kind):
    files.write_station(world.credential(key=pki.Key(kind)))
    files.new_key("one.key", kind)
    succeeds(files.cmp("ir", "vendor.pem", "vendor.key", "one.key", "one.pem",
                       "-subject", "/CN=unit", *(
                           ["-digest", "sha384"] if kind == "P-384" else [])))
    succeeds(verifies(files, "one.pem"))


def test_implicit_confirm_is_not_granted(files):
    """OpenSSL, which asked for it, then confirms."""
    files.new_key("one.key")
    mark = files.server.mark()
    succeeds(files.cmp("ir", "vendor.pem", "vendor.key", "one.key", "one.pem",
                       "-subject", "/CN=unit", "-implicit_confirm"))
    assert files.server.wait_lines(mark, "confirmed")


def refused(files, done, fail_info):
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert fail_info in text, text
    assert not files["one.pem"].exists()


def test_unknown_vendor(world, files):
    files.write_station(world.credential(world.nobody))
    files.new_key("one.key")
    before = world.server.tables()
    refused(files, files.cmp("ir", "vendor.pem", "vendor.key", "one.key",
                             "one.pem", "-subject", "/CN=unit"),
            "signerNotTrusted")
    assert world.server.tables() == before


def test_weak_digest(files):
    files.new_key("one.key")
    refused(files, files.cmp("ir", "vendor.pem", "vendor.key", "one.key",
                             "one.pem", "-subject", "/CN=unit", "-digest",
                             "sha1"), "badAlg")


def test_shared_secret(files):
    files.new_key("one.key")
    refused(files, openssl(
        "cmp", "-config", "", "-cmd", "ir", "-server",
        f"127.0.0.1:{files.server.port}{PATH}", "-ref", "1234", "-secret",
        "pass:secret", "-newkey", files["one.key"], "-certout",
        files["one.pem"], "-subject", "/CN=unit", "-trusted", files.root,
        "-unprotected_errors"), "wrongIntegrity")


def test_kur_by_the_vendor_certificate(files):
    files.new_key("one.key")
    refused(files, files.cmp("kur", "vendor.pem", "vendor.key", "one.key",
                             "one.pem"), "notAuthorized")


# --- the CRL ---

def fetch_crl(files):
    with Connection(files.server.port) as connection:
        response = connection.ask(request(path="/crl/issuing.crl",
                                          method="GET", media=None))
    assert response.status == 200
    assert response.headers["content-type"] == "application/pkix-crl"
    files["crl.der"].write_bytes(response.body)
    succeeds(openssl("crl", "-inform", "DER", "-in", files["crl.der"], "-out",
                     files["crl.pem"]))
    # Its signature, by the issuing CA as OpenSSL sees it.
    done = openssl("crl", "-in", files["crl.pem"], "-noout", "-CAfile",
                   files.server.folder / "issuing.pem")
    assert "verify OK" in done.stdout + done.stderr


def is_revoked(files, cert):
    files["cert.pem"].write_text(pki.pem("CERTIFICATE", cert.der))
    fetch_crl(files)
    done = verifies(files, "cert.pem", "-crl_check", "-CRLfile",
                    files["crl.pem"])
    assert done.returncode == 0 or "certificate revoked" in done.stderr, \
        done.stderr
    return done.returncode != 0


def test_a_time_out_revokes(world, files):
    server = world.server
    confirmed = world.enrolled(path=BRIEF)
    station, _, reply = world.issued(BRIEF)
    assert not is_revoked(files, reply.cert)
    mark = server.mark()
    line = server.wait_lines(mark, "timed-out")[0]
    assert int(line["serial"], 16) == reply.cert.serial
    assert line["station"] == reply.cert.text_of("CN").partition(".")[0]
    server.wait_crl()
    assert is_revoked(files, reply.cert)
    assert not is_revoked(files, confirmed.cert)
    # The station starts over.
    assert not is_revoked(files, station.enroll().cert)


def test_a_rejection_revokes(world, files):
    station, out, reply = world.issued()
    station.confirm(out, reply, status="rejection")
    world.server.wait_crl()
    assert is_revoked(files, reply.cert)


def test_crl_number_grows(world, files):
    def number():
        fetch_crl(files)
        text = openssl("crl", "-in", files["crl.pem"], "-noout",
                       "-crlnumber").stdout
        return int(text.partition("=")[2], 16)
    first = number()
    station, out, reply = world.issued()
    station.confirm(out, reply, status="rejection")
    world.server.wait_crl()
    assert number() == first + 1
