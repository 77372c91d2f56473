"""
TLS between station and server: versions, and certificates that a client
presents. They open the door; what a message asks for is judged by the
message's own protection (TS 33.310, 6.2a; TS 33.210, 6.2).
"""
import signal
import ssl
import subprocess
import time

import pytest

from cmplib import http, pki
from cmplib.attacker import Proxy
from cmplib.program import Program
from cmplib.ra import Ras
from cmplib.station import Refused, Station
from cmplib.world import REVOKED_LEAF, World

MODES = ("ignore", "request", "require")
CLIENT_AUTH, SERVER_AUTH, IPSEC_IKE, ANY = (
    "1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.17",
    "2.5.29.37.0")
NO_PATH = "TS 33.310, 9.2 (RFC 5280, 6)"
REVOCATION = "RFC 5280, 6.3"
CLOSED = (ssl.SSLError, ConnectionError, http.Closed)
GET = http.request(path="/crl/issuing.crl", method="GET", media=None)


class Doors:
    """A world whose server has a TLS listener of each mode."""

    def __init__(self, stationmaster, operator, folder, **server):
        self.world = World(stationmaster, operator, folder, **server)
        self.server = self.world.server
        self.folder = folder
        self.server.stop()
        text = self.server.config.read_text()
        plain = "tls: { certificate: tls.pem, key: tls.key } }"
        assert plain in text
        self.server.config.write_text(text.replace(plain, "".join(
            ('  - { address: "127.0.0.1", port: 0, ' if i else "") +
            plain.replace("tls.key }",
                          f"tls.key, client_certificates: {mode} }}") + "\n"
            for i, mode in enumerate(MODES))))
        mark = self.server.mark()
        self.server.start()
        lines = self.server.wait_lines(mark, "listening", 1 + len(MODES))
        self.ports = dict(zip(MODES, (int(n["port"]) for n in lines[1:])))
        self.files = 0

    def context(self, credential=None, chain=True, version=None):
        context = http.tls_context(self.server.folder / "root.pem")
        if version is not None:
            context.minimum_version = context.maximum_version = version
        if credential is not None:
            context.load_cert_chain(*self.write(credential, chain))
        return context

    def write(self, credential, chain=True):
        self.files += 1
        cert, key = (self.folder / f"{self.files}.{e}" for e in ("pem", "key"))
        cert.write_text("".join(pki.pem("CERTIFICATE", c) for c in (
            credential.cert, *(credential.chain if chain else ()))))
        key.write_bytes(credential.key.pem())
        return cert, key

    def get(self, mode, context):
        """A whole exchange: under TLS 1.3 a client thinks itself in before
        the server has looked."""
        with http.Connection(self.ports[mode], context) as connection:
            return connection.ask(GET).status

    def wait_until_out(self, context, seconds=10):
        """Until the server knows of a revocation."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                assert self.get("require", context) == 200
            except CLOSED:
                return
            time.sleep(0.05)
        pytest.fail("a revoked certificate goes on coming in")

    def hang_up(self, event):
        mark = self.server.mark()
        self.server.process.send_signal(signal.SIGHUP)
        self.server.wait_lines(mark, event)

    def figures(self):
        mark = self.server.mark()
        self.server.process.send_signal(signal.SIGUSR1)
        line, = self.server.wait_lines(mark, "http-figures")
        return {k: int(v) for k, v in line.items() if k.startswith("tls_")}


@pytest.fixture(scope="module")
def doors(stationmaster, operator, tmp_path_factory):
    made = Doors(stationmaster, operator,
                 tmp_path_factory.mktemp("tls") / "files")
    yield made
    made.world.close()


def own(doors, is_revoked=False):
    """The operator's certificate of a station."""
    station = doors.world.enrolled()
    if is_revoked:
        doors.server.revoke(station.cert)
        doors.wait_until_out(doors.context(station.credential))
    return station.credential


def forged(world):
    """Of a CA that names itself as the vendor's does."""
    root = pki.CA(world.acme.root.subject)
    return pki.CA(world.acme.ca.subject, root).issue(pki.name(CN="BS-1"))


def of(*purposes):
    return dict(more=[pki.ext_key_usage(*purposes)])


PAST, NOW = int(time.time()) - 9 * pki.DAY, int(time.time())

# What a client presents; "" or the clause it is turned away by.
CLIENTS = {
    "a station of a vendor": (lambda d: d.world.credential(), ""),
    "one with an RSA key": (
        lambda d: d.world.credential(key=pki.slow_key("RSA-2048")), ""),
    "one with Ed25519": (
        lambda d: d.world.credential(d.world.ember, key=pki.Key("Ed25519")),
        ""),
    "another vendor's": (
        lambda d: d.world.credential(d.world.borealis), ""),
    "on no allow-list": (  # which each message is held to
        lambda d: d.world.credential(d.world.borealis, 999999), ""),
    "for clientAuth": (
        lambda d: d.world.credential(**of(CLIENT_AUTH)), ""),
    "for anything": (lambda d: d.world.credential(**of(ANY)), ""),
    "an operator's": (own, ""),
    "an RA's": (lambda d: Ras.issue(d.world.ras.below, "n", **of(
        pki.CMC_RA, CLIENT_AUTH)), ""),
    "an RA's that is named": (lambda d: d.world.ras.west, "RFC 5280, 4.2.1.12"),
    "an RA's that is not named": (
        lambda d: Ras.issue(d.world.ras.shared, "x", **of(CLIENT_AUTH)),
        NO_PATH),
    "an RA's of no current CRL": (
        lambda d: Ras.issue(d.world.ras.unseen, "x", **of(CLIENT_AUTH)),
        REVOCATION),
    "revocation unknown": (
        lambda d: d.world.credential(d.world.calder), REVOCATION),
    "unknown and admitted": (
        lambda d: d.world.credential(d.world.dorado), ""),
    "an unknown vendor's": (
        lambda d: d.world.credential(d.world.nobody), NO_PATH),
    "under the name of a vendor's CA": (lambda d: forged(d.world), NO_PATH),
    "its own": (lambda d: pki.Credential(*self_signed()), NO_PATH),
    "under the name of the operator's CA": (
        lambda d: pki.CA(d.server.issuing.subject).issue(
            pki.name(CN="bs-1")), NO_PATH),
    "expired": (lambda d: d.world.credential(
        not_before=PAST, not_after=PAST + pki.DAY), NO_PATH),
    "not yet valid": (lambda d: d.world.credential(
        not_before=NOW + pki.DAY), NO_PATH),
    "revoked": (lambda d: d.world.credential(serial=REVOKED_LEAF), REVOCATION),
    "below a revoked CA": (
        lambda d: d.world.revoked_ca.issue(pki.name(CN="BS-2")), REVOCATION),
    "an operator's, revoked": (lambda d: own(d, True), REVOCATION),
    "that may not sign": (
        lambda d: d.world.credential(usage=(pki.KEY_ENCIPHERMENT,)),
        "RFC 5280, 4.2.1.3"),
    "for servers alone": (
        lambda d: d.world.credential(**of(SERVER_AUTH)),
        "RFC 5280, 4.2.1.12"),
    "for IKE alone": (
        lambda d: d.world.credential(**of(IPSEC_IKE)), "RFC 5280, 4.2.1.12"),
}


def self_signed():
    key = pki.Key()
    subject = pki.name(CN="BS-3")
    return pki.certificate(subject, key, subject, key.spki, []), key


@pytest.mark.parametrize("mode", ("request", "require"))
@pytest.mark.parametrize("what", CLIENTS)
def test_who_is_let_in(doors, what, mode):
    make, clause = CLIENTS[what]
    credential = make(doors)
    context = doors.context(credential)
    mark = doors.server.mark()
    if not clause:
        assert doors.get(mode, context) == 200
        assert not [n for n in doors.server.lines(mark)
                    if n["event"] == "tls-refused"]
        return
    with pytest.raises(CLOSED):
        doors.get(mode, context)
    line, = doors.server.wait_lines(mark, "tls-refused")
    assert line["clause"] == clause and line["level"] == "warn", line
    assert line["peer"] == "127.0.0.1"
    subject = credential.read.text_of("CN")
    assert f"CN={subject}" in line["tls_client"]
    assert doors.get("ignore", context) == 200  # where nobody asks


def test_without_a_certificate(doors):
    context = doors.context()
    assert doors.get("ignore", context) == 200
    assert doors.get("request", context) == 200
    mark, before = doors.server.mark(), doors.figures()
    with pytest.raises(CLOSED):
        doors.get("require", context)
    line, = doors.server.wait_lines(mark, "tls-refused")
    assert line["clause"] == "RFC 8446, 4.4.2.4"
    assert "tls_client" not in line
    assert doors.figures()["tls_refused"] == before["tls_refused"] + 1


def test_our_crl_is_read_again(doors):
    for _ in range(2):
        station = doors.world.enrolled()
        context = doors.context(station.credential)
        assert doors.get("require", context) == 200
        doors.server.revoke(station.cert)
        doors.wait_until_out(context)


def test_an_intermediate_left_out(doors):
    """Where the configuration has it, nothing is missing."""
    with pytest.raises(CLOSED):
        doors.get("require", doors.context(
            pki.Vendor.station(doors.world.borealis, "x", ca=pki.CA(
                pki.name(CN="New Factory"), doors.world.borealis.root)),
            chain=False))
    assert doors.get("require", doors.context(
        doors.world.credential(doors.world.ember), chain=False)) == 200


def enrol_over(doors, credential, context, mode="request"):
    """The log's line of an ir over TLS."""
    station = Station(doors.server, credential, tls=context)
    station.server = type("Port", (), dict(
        tls_port=doors.ports[mode], root=doors.server.root,
        cmp_signer=doors.server.cmp_signer, said=[]))
    mark = doors.server.mark()
    station.enroll()
    return doors.server.wait_lines(mark, "issued")[0]


def test_it_replaces_no_protection(doors):
    """The certificate of the channel is told, and nothing follows from it:
    neither is the signer's, nor may it ask for more."""
    world = doors.world
    one, other = world.credential(), world.credential()
    line = enrol_over(doors, one, doors.context(other))
    assert line["tls_client"] == f"O=Acme,CN={other.read.text_of('CN')}"
    assert line["station"] in one.read.text_of("CN")
    line = enrol_over(doors, world.credential(), doors.context())
    assert "tls_client" not in line
    station = Station(doors.server, world.credential(world.nobody),
                      tls=doors.context(one))
    with pytest.raises(Refused) as caught:
        station.enroll()
    assert caught.value.reply.failures == {"signerNotTrusted"}


# --- sessions ---

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]


def session_of(doors, mode, context):
    """A session, and whether the one given was gone on with."""
    def go(session=None):
        raw = http.Connection(doors.ports[mode])
        with context.wrap_socket(raw.socket, server_hostname="localhost",
                                 session=session) as tls:
            tls.sendall(GET)
            assert tls.recv(65536).startswith(b"HTTP/1.1 200")
            return tls.session, tls.session_reused
    return go


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version", VERSIONS)
def test_sessions_go_on(doors, mode, version):
    before = doors.figures()
    credential = doors.world.credential()
    go = session_of(doors, mode, doors.context(credential, version=version))
    session, reused = go()
    assert not reused
    session, reused = go(session)
    assert reused
    after = doors.figures()
    assert after["tls_handshakes"] == before["tls_handshakes"] + 2
    assert after["tls_resumed"] == before["tls_resumed"] + 1


@pytest.mark.parametrize("version", VERSIONS)
def test_no_session_of_a_revoked_certificate(doors, version):
    """What was good when it began is judged again when it would go on. The
    CRL is read when its file changes; SIGHUP would end all sessions."""
    world = doors.world
    credential = world.credential()
    go = session_of(doors, "require", doors.context(credential,
                                                    version=version))
    session, _ = go()
    assert go(session)[1]
    crl = doors.server.folder / "acme-ca.crl"
    kept = crl.read_text()
    mark = doors.server.mark()
    crl.write_text(pki.pem("X509 CRL", world.acme.ca.crl(
        REVOKED_LEAF, credential.read.serial)))
    doors.server.wait_lines(mark, "trust-reloaded")
    mark = doors.server.mark()
    with pytest.raises(CLOSED):
        go(session)
    line, = doors.server.wait_lines(mark, "tls-refused")
    assert line["clause"] == REVOCATION
    mark = doors.server.mark()
    crl.write_text(kept)
    doors.server.wait_lines(mark, "trust-reloaded")
    # Its intermediate is not known by now: that is no refusal.
    assert not go(session)[1]
    assert not [n for n in doors.server.lines(mark)
                if n["event"] == "tls-refused"]


def test_anchors_are_read_again(doors):
    """A vendor's anchor replaced: the old one's stations stay out, the new
    one's come in, with no restart."""
    world = doors.world
    context = doors.context(world.credential(world.dorado))
    fresh = pki.Vendor("Dorado")
    new = doors.context(fresh.station("BS-9"))
    assert doors.get("require", context) == 200
    with pytest.raises(CLOSED):
        doors.get("require", new)
    kept = (doors.server.folder / "dorado-root.pem").read_text()
    world.write("dorado-root.pem", pki.pem("CERTIFICATE", fresh.root.cert))
    doors.hang_up("trust-reloaded")
    assert doors.get("require", new) == 200
    with pytest.raises(CLOSED):
        doors.get("require", context)
    world.write("dorado-root.pem", kept)
    doors.hang_up("trust-reloaded")
    assert doors.get("require", context) == 200


# --- OpenSSL's program ---

def s_client(doors, mode, *options, credential=None):
    cert = ()
    if credential is not None:
        pem, key = doors.write(credential)
        cert = ("-cert", pem, "-cert_chain", pem, "-key", key)
    return subprocess.run(
        [str(w) for w in ("openssl", "s_client", "-connect",
                          f"127.0.0.1:{doors.ports[mode]}", "-servername",
                          "localhost", "-CAfile",
                          doors.server.folder / "root.pem",
                          "-verify_return_error", "-ign_eof", *cert,
                          *options)],
        input=b"GET /crl/issuing.crl HTTP/1.0\r\n\r\n", capture_output=True,
        timeout=60, check=False)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("version,name", [("-tls1_2", b"TLSv1.2"),
                                          ("-tls1_3", b"TLSv1.3")])
def test_s_client(doors, mode, version, name):
    done = s_client(doors, mode, version, credential=doors.world.credential())
    assert b"HTTP/1.1 200 OK" in done.stdout, done.stderr
    assert b"Verification: OK" in done.stdout
    assert b"New, " + name in done.stdout
    # Whose certificates are taken, a stranger is not told.
    if mode != "ignore":
        assert b"No client certificate CA names sent" in done.stdout
    done = s_client(doors, mode, version,
                    credential=doors.world.credential(doors.world.nobody))
    assert (b"HTTP/1.1 200 OK" in done.stdout) == (mode == "ignore")
    done = s_client(doors, mode, version)
    assert (b"HTTP/1.1 200 OK" in done.stdout) == (mode != "require")


@pytest.mark.parametrize("options", [
    ("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"),
    ("-tls1", "-cipher", "DEFAULT@SECLEVEL=0"),
    ("-tls1_2", "-cipher", "AES256-GCM-SHA384"),   # no forward secrecy
    ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384"),  # CBC
], ids=" ".join)
def test_what_is_too_old(doors, options):
    done = s_client(doors, "request", *options)
    assert b"HTTP/1.1 200" not in done.stdout and done.returncode != 0


# --- the station's program ---

class Unit:
    def __init__(self, doors, program, folder, credential=None):
        self.doors = doors
        self.credential = credential or doors.world.credential()
        self.root = doors.server.folder / "root.pem"
        self.program = Program(program, folder, self.credential, self.root)

    def enroll(self, port, *more):
        return self.program.run(self.program.enroll(
            port, "--tls-root", self.root, "--once", *more, scheme="https"))

    def renew(self, port, *more):
        return self.program.run(self.program.command(
            "renew", "--url", f"https://localhost:{port}{http.PATH}", "--once",
            *more))


@pytest.fixture
def unit(doors, station, tmp_path):
    return Unit(doors, station, tmp_path / "unit")


SIGNER = ("--tls-client-cert", "signer")


def test_the_station_presents_what_signs(doors, unit):
    """The vendor's certificate with an ir, the operator's with a kur; kept
    for later calls."""
    port, mark = doors.ports["require"], doors.server.mark()
    done = unit.enroll(port, *SIGNER)
    assert done.returncode == 0, done.stdout + done.stderr
    name = unit.credential.read.text_of("CN")
    lines = [n for n in doors.server.lines(mark) if "body" in n]
    assert [n["body"] for n in lines] == ["ir", "certConf"]
    assert {n["tls_client"] for n in lines} == {f"O=Acme,CN={name}"}
    own_name = unit.program.cert().text_of("CN")
    mark = doors.server.mark()
    done = unit.renew(port)
    assert done.returncode == 0, done.stdout + done.stderr
    line = [n for n in doors.server.lines(mark) if n.get("body") == "kur"][0]
    assert line["tls_client"] == f"CN={own_name},O=Operator"


@pytest.mark.parametrize("kind", ["P-384", "RSA-2048", "Ed25519"])
def test_keys_of_the_station(doors, station, tmp_path, kind):
    unit = Unit(doors, station, tmp_path / "unit",
                doors.world.credential(key=pki.slow_key(kind)))
    done = unit.enroll(doors.ports["require"], *SIGNER)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_station_presents_nothing_unasked(doors, unit):
    """Without the option, to a server that would like to know; and with it,
    to one that does not ask."""
    done = unit.enroll(doors.ports["require"])
    assert done.returncode == 5 and "certificate required" in done.stderr
    mark = doors.server.mark()
    done = unit.enroll(doors.ports["request"])
    assert done.returncode == 0, done.stdout + done.stderr
    done = unit.renew(doors.ports["ignore"], *SIGNER)
    assert done.returncode == 0, done.stdout + done.stderr
    done = unit.renew(doors.ports["request"], "--tls-client-cert", "none")
    assert done.returncode == 0, done.stdout + done.stderr
    assert not [n for n in doors.server.lines(mark) if "tls_client" in n]


def test_a_word_that_is_no_choice(unit):
    done = unit.enroll(1, "--tls-client-cert", "vendor")
    assert done.returncode == 2
    assert "--tls-client-cert takes none or signer" in done.stderr


@pytest.mark.parametrize("version", VERSIONS)
def test_the_station_and_peers_of_one_version(doors, unit, version):
    """A server of that version alone, which asks for a certificate."""
    files = [doors.server.folder / n for n in ("tls.pem", "tls.key")]
    acme = doors.server.folder / "acme-root.pem"
    seen = []

    with Proxy(doors.server.port, tls=files) as proxy:
        context = proxy.server.socket.context
        context.minimum_version = context.maximum_version = version
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(acme)
        handle = proxy.answer

        def answer(handler, request):
            seen.append((handler.connection.version(),
                         handler.connection.getpeercert(True)))
            handle(handler, request)

        proxy.answer = answer
        done = unit.enroll(proxy.port, *SIGNER)
    assert done.returncode == 0, done.stdout + done.stderr
    assert seen == [(version.name.replace("_", "."),
                     unit.credential.cert)] * 2


def test_the_station_goes_on_with_its_session(stationmaster, station, operator,
                                              tmp_path):
    """The server closes what is idle; the next message goes by the session
    that was, without a handshake of its own."""
    doors = Doors(stationmaster, operator, tmp_path / "files",
                  idle_timeout="200ms")
    try:
        text = doors.server.config.read_text()
        doors.server.stop()
        doors.server.config.write_text(text + """\
  - name: slow
    type: 3gpp-bs
    ca: issuing
    signer: cmp
    subject: "CN={serial}.{vendor},O=Operator"
    approval: operator
    approval_check_after: 1s
""")
        mark = doors.server.mark()
        doors.server.start()
        port = int(doors.server.wait_lines(mark, "listening", 4)[3]["port"])
        unit = Unit(doors, station, tmp_path / "unit")
        done = unit.program.run(unit.program.enroll(
            port, "--tls-root", unit.root, "--wait", "3", *SIGNER,
            scheme="https", path=http.PATH + "/p/slow"))
        assert done.returncode == 6, done.stdout + done.stderr
        figures = doors.figures()
        assert figures["tls_handshakes"] >= 2
        assert figures["tls_resumed"] == figures["tls_handshakes"] - 1
        assert figures["tls_refused"] == 0
    finally:
        doors.world.close()
