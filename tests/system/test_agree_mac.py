"""agreeMAC: a key that agrees, shown by a MAC under what it and the CA's agree
on (RFC 6955, 6), which is computed here by another library."""
import hashlib
import hmac
import itertools
import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from cmplib import cmp, der, http, pki
from cmplib.der import bits, ctx, read, seq
from cmplib.possession import KEY_AGREEMENT, request
from cmplib.program import Program
from cmplib.rows import Rows, check_refused
from polls import make_world

AGREE, KEYLESS, OLD = (f"{http.PATH}/p/{name}" for name in
                       ("agree", "keyless", "old"))
OIDS = {"sha256": "1.3.6.1.5.5.7.6.26", "sha384": "1.3.6.1.5.5.7.6.27",
        "sha512": "1.3.6.1.5.5.7.6.28"}
PROFILES = {
    "agree": dict(type="open", implicit_confirm="true",
                  general="{ encryption_certificate: agree.pem, "
                          "encryption_key: agree }"),
    "keyless": dict(type="open",
                    general="{ encryption_certificate: agree.pem }"),
}
rows = Rows()
row, refused = rows.add, rows.refused


@pytest.fixture(scope="module")
def world(stationmaster, operator, tmp_path_factory):
    made = make_world(stationmaster, operator,
                      tmp_path_factory.mktemp("agree") / "files", {})
    made.server.stop()
    add_key(made)
    add_profiles(made)
    made.server.start()
    yield made
    made.close()


def add_key(world):
    """The CA's, with a certificate from the operator root."""
    server = world.server
    world.agreement = pki.Key("P-256")
    root = pki.Key.load(server.folder / "root.key")
    cert = pki.certificate(
        server.root.subject, root, pki.name(CN="Agreement", O="Operator"),
        world.agreement.spki, [pki.key_usage(KEY_AGREEMENT)])
    world.agreement_cert = pki.Cert(cert)
    world.write("agree.pem", pki.pem("CERTIFICATE", cert))
    (server.folder / "agree.key").write_bytes(world.agreement.pem())
    (server.folder / "agree.key").chmod(0o600)
    text = server.config.read_text()
    assert text.count("\nkeys:\n") == 1
    server.config.write_text(text.replace(
        "\nkeys:\n", "\nkeys:\n  - { name: agree, file: agree.key }\n"))


def add_profiles(world):
    config = world.server.config
    config.write_text(config.read_text() + "\n".join(
        f"""  - name: {name}
    ca: issuing
    signer: cmp
    subject: "CN={{serial}}.{{vendor}},O=Operator"
""" + "\n".join(f"    {k}: {v}" for k, v in settings.items())
        for name, settings in PROFILES.items()) + "\n")


def agree_mac(world, key, digest="sha256", *, over=None, oid=None, with_=None,
              names=None, params=b""):
    """A function from CertRequest to ProofOfPossession."""
    def make(cert_req):
        public = (with_ or world.agreement).public
        shared = key.private.exchange(ec.ECDH(), public)
        subject, issuer = names or (world.agreement_cert.subject,
                                    world.agreement_cert.issuer)
        mac_key = hashlib.new(digest, subject + shared + issuer).digest()
        value = hmac.new(mac_key, over or cert_req, digest).digest()
        alg = seq(der.oid(oid or OIDS[digest]), params)
        return ctx(3, ctx(3, alg, bits(value)))
    return make


def ir(w, key=None, path=AGREE, usage=(KEY_AGREEMENT,), pvno=3, key_of=None,
       **options):
    key = key or pki.Key("P-256")
    return request(w.station(path=path), "ir", key,
                   agree_mac(w, key_of or key, **options), usage, pvno=pvno)


@pytest.mark.parametrize("digest", OIDS)
def test_taken(world, digest):
    station = world.station(path=AGREE)
    key = pki.Key("P-256")
    out = request(station, "ir", key, agree_mac(world, key, digest),
                  (KEY_AGREEMENT,), pvno=3)
    reply = station.obtain(out)
    assert reply.cert.extensions["2.5.29.15"] == read(
        pki.key_usage(KEY_AGREEMENT))[2].content
    station.confirm(out, reply)
    assert world.server.status_of(reply.cert) == "confirmed"


def test_the_certificate_is_told(world):
    told = world.station(path=AGREE).learn(1)
    assert told[cmp.id_it(1)].der == world.agreement_cert.der


def test_implicit_confirmation(world):
    """Possession is shown; the certConf has nothing to add."""
    station = world.station(path=AGREE)
    key = pki.Key("P-256")
    out = request(station, "ir", key, agree_mac(world, key), (KEY_AGREEMENT,),
                  pvno=3, general_info=[
                      cmp.info(cmp.IMPLICIT_CONFIRM, b"\x05\x00")])
    assert cmp.IMPLICIT_CONFIRM in station.obtain(out).infos


@pytest.fixture
def make(world, station, tmp_path):
    numbers = itertools.count()

    def make_program():
        return Program(station, tmp_path / f"station-{next(numbers)}",
                       world.credential(), world.server.folder / "root.pem")
    return make_program


def by_mac(world, program, *more, path=AGREE):
    return program.enroll(
        world.server.port, "--key-use", "encryption", "--proof", "mac", *more,
        path=path)


def test_a_station(world, make):
    """With the certificate that it was told."""
    program = make()
    told = world.server.folder / "agree.pem"
    done = program.must([*by_mac(world, program, "--key-type", "P-256",
                                 "--ca-encryption", told), "--json"])
    assert [m["sent"] for m in json.loads(done)["messages"]
            if "sent" in m] == ["ir", "certConf"]
    program.check_pair()


@pytest.mark.parametrize("more, text", [
    (("--key-type", "P-256"), "--ca-encryption"),
    (("--ca-encryption", "agree.pem"), "curve"),
    (("--key-type", "P-384", "--ca-encryption", "agree.pem"), "agrees"),
    (("--key-type", "P-256", "--ca-encryption", "root.pem"), "agrees"),
    (("--key-type", "P-256", "--ca-encryption", "absent.pem"), "absent")])
def test_what_a_station_needs(world, make, more, text):
    program = make()
    more = [world.server.folder / m if m.endswith(".pem") else m for m in more]
    done = program.run(by_mac(world, program, *more))
    assert done.returncode in (2, 3) and text in done.stderr, done.stderr


def bad(name, build, rule="agree-mac-verifies", path=AGREE):
    row(name, build, "ip", "badPOP", rule, path)


bad("by-another-key", lambda w: ir(w, key_of=pki.Key("P-256")))
bad("over-another-request", lambda w: ir(w, over=seq()))
bad("with-another-ca", lambda w: ir(w, with_=pki.Key("P-256")))
bad("without-the-names", lambda w: ir(w, names=(b"", b"")))
bad("names-swapped", lambda w: ir(w, names=(w.agreement_cert.issuer,
                                            w.agreement_cert.subject)))
bad("another-digest-than-told", lambda w: ir(w, oid=OIDS["sha512"]))
bad("sha224", lambda w: ir(w, digest="sha224", oid="1.3.6.1.5.5.7.6.25"))
bad("dh-based-mac", lambda w: ir(w, oid="1.2.840.113533.7.66.30"))
bad("with-parameters", lambda w: ir(w, params=der.NULL))
bad("on-another-curve", lambda w: ir(w, pki.Key("P-384"),
                                     key_of=pki.Key("P-256")))
bad("at-pvno-2", lambda w: ir(w, pvno=2), "popo-is-for-key")
bad("of-a-key-that-signs", lambda w: ir(w, usage=()), "key-that-signs-signs")
bad("where-the-key-is-elsewhere", lambda w: ir(w, path=KEYLESS), path=KEYLESS)
bad("in-legacy-2010", lambda w: ir(w, path=OLD), "popo-method-is-taken", OLD)
bad("in-3gpp-bs", lambda w: ir(w, path=http.PATH), "popo-is-signature",
    http.PATH)


@pytest.mark.parametrize("build, body, failure, rule, path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    check_refused(world, build, body, failure, rule, path)
