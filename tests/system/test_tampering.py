"""
A base station, its operator, and somebody on the way between them. Whatever
he does, the station ends up with the roots its trust mode allows and no others
(TS 33.310, 9.5.4.3 as changed: CR-1 to CR-8).

One mode can be fooled, and once: `learn` over plain HTTP, without a
fingerprint, by whoever answers the first ir. The tables below say so.
"""
import subprocess
import time

import pytest

from cmplib import cmp, http, pki
from cmplib.attacker import Forger, Parts, Proxy, kind_of
from cmplib.der import read
from cmplib.program import Program
from cmplib.server import Server, make_operator
from cmplib.station import Station
from cmplib.world import World

ANSWERS = ("ip", "kup")
SIGNED = "covered by the signature"


class Scene:
    """An operator, an impostor who names himself the same, a vendor."""

    def __init__(self, stationmaster, operator, folder):
        self.vendor = pki.Vendor("Acme")
        self.serials = iter(range(1000, 9999))
        folder.mkdir()
        self.folder = folder
        self.added = {name: pki.CA(pki.name(CN=name)) for name in
                      ("oam", "mgmt", "evil-oam", "evil-mgmt", "evil-tls")}
        make_operator(stationmaster, folder / "other-init")
        self.operator = self.start(stationmaster, operator, "operator", "oam",
                                   "mgmt")
        self.impostor = self.start(stationmaster, folder / "other-init",
                                   "impostor", "evil-oam", "evil-mgmt")
        self.forger = Forger([self.operator.root, self.operator.issuing,
                              self.operator.cmp_signer])
        self.labels = {pki.Cert(ca.cert).der: name
                       for name, ca in self.added.items()}
        self.labels[self.operator.root.der] = "root"
        self.labels[self.impostor.root.der] = "evil-root"
        self.labels[self.forger.root.cert] = "forged-root"
        self.make_tls()

    def start(self, stationmaster, operator, name, in_body, outside):
        server = Server(
            stationmaster, operator, self.folder / name,
            {"acme": dict(anchors="[acme.pem]", serial=World.cn_rule())},
            {"bs": dict(default="true", roots=(
                "{ ca_pubs: [in-body.pem], extra_certs: [outside.pem], "
                "extra_certs_over_http: true }"))})
        for file, cert in (("acme", self.vendor.root.cert),
                           ("in-body", self.added[in_body].cert),
                           ("outside", self.added[outside].cert)):
            (server.folder / f"{file}.pem").write_text(
                pki.pem("CERTIFICATE", cert))
        return server.start()

    def make_tls(self):
        """The attacker's TLS certificates: for the right name by a CA of his,
        and by the right operator for another name."""
        own = self.added["evil-tls"].issue(
            pki.name(CN="localhost"), more=[pki.alt_names(pki.dns("localhost"))])
        holder = Station(self.operator, self.credential()).enroll()
        self.tls = {"own": self.write_tls("own", own),
                    "other name": self.write_tls("other", holder.credential),
                    "the operator's": (self.operator.folder / "tls.pem",
                                       self.operator.folder / "tls.key")}

    def write_tls(self, name, credential):
        files = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        files[0].write_text("".join(pki.pem("CERTIFICATE", c) for c in
                                    (credential.cert, *credential.chain)))
        files[1].write_bytes(credential.key.pem())
        return files

    def credential(self):
        return self.vendor.station(f"BS-{next(self.serials)}")

    def close(self):
        self.operator.stop()
        self.impostor.stop()


@pytest.fixture(scope="module")
def scene(stationmaster, operator, tmp_path_factory):
    made = Scene(stationmaster, operator,
                 tmp_path_factory.mktemp("tampering") / "files")
    yield made
    made.close()


class Unit:
    """A station in one of the trust modes."""

    def __init__(self, scene, program, folder, mode):
        self.scene, self.mode = scene, mode
        self.root = scene.operator.folder / "root.pem"
        self.program = Program(program, folder, scene.credential(), self.root)

    def trust(self):
        learn = ["--trust", "learn"]
        return {"pinned": ["--root", self.root], "tls": ["--trust", "tls"],
                "learn": learn,
                "sure": [*learn, "--fingerprint",
                         self.scene.operator.root.hash("SHA256").hex()]
                }[self.mode]

    def command(self, scheme, port, *more):
        files = self.program.folder
        return self.program.command(
            "enroll", "--url", f"{scheme}://localhost:{port}{http.PATH}",
            "--cert", files / "vendor.pem", "--key", files / "vendor.key",
            "--chain", files / "chain.pem", "--tls-root", self.root,
            "--unknown-status", "accept", "--once", *self.trust(), *more)

    def enroll(self, *args):
        return self.program.run(self.command(*args))

    def honestly(self):
        """An enrolment that nobody disturbs, the mode's usual way."""
        server = self.scene.operator
        done = (self.enroll("https", server.tls_port) if self.mode == "tls"
                else self.enroll("http", server.port))
        assert done.returncode == 0, done.stdout + done.stderr
        return self

    def renew(self, scheme, port, *more):
        return self.program.run(self.program.command(
            "renew", "--url", f"{scheme}://localhost:{port}{http.PATH}",
            "--once", *more))

    def anchors(self):
        """By name, the operator root first; each as `status`, the list of
        `roots` and the files say."""
        status = self.program.status()
        if status["certificate"] is None:
            assert not self.program.state.joinpath("current").exists()
            return ""
        bundle = self.program.current("roots.pem").read_text()
        certs = [pki.from_pem(part) for part in
                 bundle.split("-----END CERTIFICATE-----\n") if part]
        told = [status["root"], *status["added_roots"]]
        assert [pki.Cert(c).hash("SHA256").hex() for c in certs] == \
            [t["sha256"] for t in told]
        return " ".join(self.scene.labels.get(c, "?") for c in certs)

    def origin(self):
        return self.program.status()["root"]["origin"]


@pytest.fixture
def unit(scene, station, tmp_path):
    """Makes a station in this mode."""
    numbers = iter(range(100))
    return lambda mode: Unit(scene, station,
                             tmp_path / f"unit-{next(numbers)}", mode)


# --- what he does to answers; each takes scene, request and reply ---

def on_answer(change):
    """Changes the ip or kup, and passes the rest on."""
    def made(scene, request, reply):
        if kind_of(reply) not in ANSWERS:
            return reply
        parts = Parts(reply)
        change(scene, parts)
        return bytes(parts)
    return made


@on_answer
def add_root(scene, parts):
    parts.extra = [*parts.extra, scene.added["evil-mgmt"].cert,
                   scene.impostor.root.der]


@on_answer
def drop_all(scene, parts):
    parts.extra = []


@on_answer
def drop_root(scene, parts):
    parts.extra = [c for c in parts.extra if c not in
                   (scene.operator.root.der, scene.added["mgmt"].cert)]


@on_answer
def swap_roots(scene, parts):
    swapped = {scene.operator.root.der: scene.impostor.root.der,
               scene.added["mgmt"].cert: scene.added["evil-mgmt"].cert}
    parts.extra = [swapped.get(c, c) for c in parts.extra]


@on_answer
def add_ca_pub(scene, parts):
    parts.ca_pubs = [*parts.ca_pubs, scene.added["evil-oam"].cert]


@on_answer
def swap_ca_pub(scene, parts):
    parts.ca_pubs = [scene.added["evil-oam"].cert]


@on_answer
def drop_ca_pubs(scene, parts):
    parts.ca_pubs = []


def nothing(_scene, _request, reply):
    return reply


def redirect(scene, _request, _reply):
    return 307, {"Location": f"http://localhost:{scene.impostor.port}"
                             f"{http.PATH}"}


def replay(scene, request, reply):
    """An ip of the same station, recorded earlier."""
    return scene.recorded if kind_of(reply) in ANSWERS else reply


def impostor(_scene, _request, reply):
    return reply  # from the impostor's own server


def forge(scene, request, reply):
    return scene.forger(request, reply)


def attack(scene, change, tls=None):
    upstream = scene.impostor if change is impostor else scene.operator
    return Proxy(upstream.port,
                 lambda request, reply: change(scene, request, reply),
                 scene.tls[tls] if tls else None)


def record(scene, unit):
    """An ip that its station never saw."""
    with Proxy(scene.operator.port,
               lambda request, reply: (503, {})) as proxy:
        unit.enroll("http", proxy.port)
    scene.recorded = proxy.replies("ip")[0]
    (unit.program.state / "pending").unlink()


def check(done, unit, code, anchors, text):
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    assert unit.anchors() == anchors, said
    assert text in said


# --- the first enrolment, over plain HTTP ---

# What there is at the end, and what is said: pinned, learn, learn with a
# fingerprint ("sure"). Mode tls does not begin over HTTP.
IR_HTTP = {
    nothing: (
        (0, "root oam", "CN=mgmt is left aside: TS 33.310, 9.5.4.3 (CR-6)"),
        (0, "root", "CN=oam is left aside: RFC 9810, 8.9 (CR-8)"),
        (0, "root", "CN=mgmt is left aside: RFC 9810, 8.9 (CR-8)")),
    add_root: (
        (0, "root oam", "CN=evil-mgmt is left aside"),
        (0, "root", "CN=evil-mgmt is left aside"),
        (0, "root", "CN=evil-mgmt is left aside")),
    drop_all: (
        (5, "", "no certificate fits sender and senderKID"),) * 3,
    drop_root: (
        (0, "root oam", ""),
        (5, "", "no root in extraCerts"),
        (5, "", "no root in extraCerts has the fingerprint")),
    swap_roots: (
        (0, "root oam", "CN=evil-mgmt is left aside"),
        (5, "", "no root in extraCerts"),
        (5, "", "no root in extraCerts has the fingerprint")),
    add_ca_pub: ((5, "", "signature does not verify"),) * 3,
    swap_ca_pub: ((5, "", "signature does not verify"),) * 3,
    drop_ca_pubs: ((5, "", "signature does not verify"),) * 3,
    replay: ((5, "", "another transactionID"),) * 3,
    redirect: ((5, "", "HTTP 307"),) * 3,
    impostor: (
        (5, "", "not believed"),
        (0, "evil-root", "unverified"),  # the one mode that can be fooled
        (5, "", "no root in extraCerts has the fingerprint")),
    forge: (
        (5, "", "not believed"),
        (0, "forged-root", "unverified"),  # the same
        (5, "", "no root in extraCerts has the fingerprint")),
}
IR_ROWS = [pytest.param(change, mode, *row, id=f"{change.__name__}-{mode}")
           for change, rows in IR_HTTP.items()
           for mode, row in zip(("pinned", "learn", "sure"), rows)]


@pytest.mark.parametrize("change, mode, code, anchors, text", IR_ROWS)
def test_cr_8_ir_over_http(scene, unit, change, mode, code, anchors, text):
    """CR-7, CR-8: caPubs need no TLS; nobody on the way adds a root."""
    one = unit(mode)
    if change is replay:
        record(scene, one)
    with attack(scene, change) as proxy:
        check(one.enroll("http", proxy.port), one, code, anchors, text)


@pytest.mark.parametrize("change", IR_HTTP, ids=lambda c: c.__name__)
def test_mode_tls_does_not_begin_over_http(scene, unit, change):
    """CR-6, CR-8."""
    one = unit("tls")
    with attack(scene, change) as proxy:
        check(one.enroll("http", proxy.port), one, 3, "", "https://")
    assert proxy.seen == []


# --- over HTTPS: he has no certificate for the operator's name ---

MODES = ("pinned", "tls", "learn", "sure")
HONEST_TLS = {"pinned": ("root oam mgmt", "configured"),
              "tls": ("root oam mgmt", "tls"),
              "learn": ("root", "unverified"), "sure": ("root", "verified")}


@pytest.mark.parametrize("mode", MODES)
def test_cr_6_over_tls(scene, unit, mode):
    """CR-6, CR-8: in a TLS session extraCerts bring roots, caPubs too."""
    one = unit(mode)
    anchors, origin = HONEST_TLS[mode]
    check(one.enroll("https", scene.operator.tls_port), one, 0, anchors, "")
    assert one.origin() == origin


IR_HTTPS = [(change, tls) for change in IR_HTTP
            for tls in ("own", "other name")
            if tls == "own" or change in (nothing, impostor)]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("change, tls", IR_HTTPS, ids=lambda v: getattr(
    v, "__name__", v))
def test_cr_8_ir_over_https(scene, unit, change, tls, mode):
    """CR-6, CR-8: nothing is even asked of another's TLS certificate."""
    one = unit(mode)
    with attack(scene, change, tls) as proxy:
        check(one.enroll("https", proxy.port), one, 5, "",
              "SSL certificate problem" if tls == "own"
              else "no alternative certificate subject name")
    assert proxy.seen == []


@pytest.mark.parametrize("mode", MODES)
def test_tls_is_not_stripped(scene, unit, mode):
    """CR-6, CR-8: whoever offers HTTP at an https address is not spoken to;
    a redirection there, even by the operator's own front end, not followed."""
    one = unit(mode)
    with attack(scene, impostor) as proxy:
        check(one.enroll("https", proxy.port), one, 5, "", "no answer")
    assert proxy.seen == []
    with attack(scene, redirect, "the operator's") as proxy:
        check(one.enroll("https", proxy.port), one, 5, "", "HTTP 307")


@pytest.mark.parametrize("mode, anchors", [
    ("pinned", "root oam mgmt evil-mgmt evil-root"),
    ("tls", "root oam mgmt evil-mgmt evil-root"),
    ("learn", "root"), ("sure", "root")])
def test_the_end_of_tls_is_the_operators(scene, unit, mode, anchors):
    """CR-6: what stands behind extraCerts is the key of the TLS server, no
    other; who has it may add roots. caPubs are beyond him."""
    one = unit(mode)
    with attack(scene, add_root, "the operator's") as proxy:
        check(one.enroll("https", proxy.port), one, 0, anchors, "")
    one = unit(mode)
    with attack(scene, add_ca_pub, "the operator's") as proxy:
        check(one.enroll("https", proxy.port), one, 5, "",
              "signature does not verify")


# --- the renewal: whoever has learnt a root believes no other ---

SAME = "as before"
KUR_HTTP = {
    nothing: (0, "root oam", ""),
    add_root: (0, "root oam", "CN=evil-mgmt is left aside"),
    drop_all: (5, SAME, "no certificate fits"),
    drop_root: (0, "root oam", ""),
    swap_roots: (0, "root oam", "CN=evil-mgmt is left aside"),
    add_ca_pub: (5, SAME, "signature does not verify"),
    swap_ca_pub: (5, SAME, "signature does not verify"),
    drop_ca_pubs: (5, SAME, "signature does not verify"),
    replay: (5, SAME, "another transactionID"),
    redirect: (5, SAME, "HTTP 307"),
    impostor: (5, SAME, "not believed"),
    forge: (5, SAME, "not believed"),
}


@pytest.mark.parametrize("mode", ["pinned", "learn", "sure"])
@pytest.mark.parametrize("change", KUR_HTTP, ids=lambda c: c.__name__)
def test_cr_8_kur_over_http(scene, unit, change, mode):
    """CR-7, CR-8: as pinned in every mode."""
    code, anchors, text = KUR_HTTP[change]
    one = unit(mode)
    if change is replay:
        record(scene, one)
    one.honestly()
    before, cert = one.anchors(), one.program.cert().der
    with attack(scene, change) as proxy:
        check(one.renew("http", proxy.port), one, code,
              before if anchors == SAME else anchors, text)
    assert (one.program.cert().der == cert) == (code != 0)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("change", KUR_HTTP, ids=lambda c: c.__name__)
def test_cr_8_kur_over_https(scene, unit, change, mode):
    """CR-6, CR-8."""
    one = unit(mode).honestly()
    before = one.anchors()
    with attack(scene, change, "own") as proxy:
        check(one.renew("https", proxy.port), one, 5, before, "SSL")
    assert proxy.seen == []


@pytest.mark.parametrize("mode", ["learn", "sure"])
def test_learn_is_fooled_at_most_once(scene, unit, mode):
    """CR-8: one that has learnt believes what it learnt, at a new ir too."""
    one = unit(mode).honestly()
    for change in (impostor, forge):
        with attack(scene, change) as proxy:
            check(one.enroll("http", proxy.port, "--again"), one, 5, "root",
                  "not believed")


def test_who_was_fooled_can_tell(scene, unit):
    """CR-8: by the operator's fingerprint."""
    one = unit("learn")
    with attack(scene, impostor) as proxy:
        check(one.enroll("http", proxy.port), one, 0, "evil-root",
              "unverified")
    right = scene.operator.root.hash("SHA256").hex()
    done = one.program.run(one.program.command("trust", "--fingerprint",
                                               right))
    assert done.returncode == 1 and "not the operator's" in done.stderr
    # The real operator is not believed then, and so is not fooled either.
    done = one.renew("http", scene.operator.port)
    check(done, one, 5, "evil-root", "not believed")


@pytest.mark.parametrize("mode", MODES)
def test_comes_again_when_asked_to(scene, unit, mode):
    """Not before the time that a busy server names; and a session that goes
    on counts as it did (CR-6)."""
    one = unit(mode)
    refusals = [(503, {"Retry-After": "2"})]
    with Proxy(scene.operator.port, lambda request, reply: refusals.pop()
               if refusals else reply, scene.tls["the operator's"]) as proxy:
        begin = time.monotonic()
        done = one.program.run([part for part in one.command(
            "https", proxy.port) if part != "--once"])
        taken = time.monotonic() - begin
    check(done, one, 0, HONEST_TLS[mode][0], "HTTP 503")
    assert 2 <= taken < 15


# --- the message itself ---

@pytest.fixture(scope="module")
def honest_ip(scene, station, tmp_path_factory):
    one = Unit(scene, station, tmp_path_factory.mktemp("honest") / "unit",
               "pinned")
    with attack(scene, nothing) as proxy:
        assert one.enroll("http", proxy.port).returncode == 0
    return proxy.replies("ip")[0]


def test_cr_1_one_cert_response(honest_ip):
    """CR-1."""
    responses = read(honest_ip)[1][0].find(0x30)
    assert len(responses) == 1


def test_cr_2_certificate_in_clear(honest_ip):
    """CR-2: certifiedKeyPair, its choice `certificate`, and no private key."""
    response = read(honest_ip)[1][0].find(0x30)[0]
    pair = response.children[2]
    assert [n.tag for n in pair] == [0xa0]
    assert pki.Cert(pair[0][0].der).text_of("CN").startswith("1")


def test_cr_3_cr_4_extra_certs(scene, honest_ip):
    """CR-3, CR-4: root, both RA/CA certificates, all between them."""
    reply = cmp.Reply(honest_ip)
    ders = [c.der for c in reply.extra_certs]
    for cert in (scene.operator.root, scene.operator.issuing,
                 scene.operator.cmp_signer):
        assert cert.der in ders
    assert len(set(ders)) == len(ders)
    reply.path(reply.cert, scene.operator.root)
    reply.path(scene.operator.cmp_signer, scene.operator.root)


def test_cr_5_where_roots_travel(scene, honest_ip):
    """CR-5: as the profile says, in caPubs and in extraCerts."""
    parts = Parts(honest_ip)
    assert parts.ca_pubs == [scene.added["oam"].cert]
    assert parts.extra[-1] == scene.added["mgmt"].cert


def test_cr_6_serve_asks_before_extra_certs_over_http(scene, stationmaster,
                                                      tmp_path):
    """CR-6: roots in extraCerts over plain HTTP only where that is named."""
    text = scene.operator.config.read_text()
    config = scene.operator.folder / "without.yaml"
    config.write_text(text.replace(", extra_certs_over_http: true", ""))
    done = subprocess.run([stationmaster, "serve", "--config", config],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 3
    assert "extra_certs_over_http" in done.stderr
    assert "listens without TLS" in done.stderr


def test_cr_7_capubs_ask_for_the_signers_status(scene, unit):
    """CR-7: RFC 9483, 3.5 asks for it; a CRL gives it, or it is waived."""
    one = unit("pinned")
    files = one.program.folder
    base = one.program.command(
        "enroll", "--url", f"http://localhost:{scene.operator.port}"
        f"{http.PATH}", "--cert", files / "vendor.pem", "--key",
        files / "vendor.key", "--chain", files / "chain.pem", "--once",
        "--root", one.root)
    check(one.program.run(base), one, 0, "root",
          "whether the signer is revoked is not known")
    with http.Connection(scene.operator.port) as connection:
        crl = connection.ask(http.request(path="/crl/issuing.crl",
                                          method="GET", media=None)).body
    (files / "crl.der").write_bytes(crl)
    check(one.program.run([*base, "--again", "--crl", str(files / "crl.der")]),
          one, 0, "root oam", "")


def test_cr_8_roots_for_applications(scene, unit):
    """CR-8: one file, from pkiconf on, that any application can read."""
    one = unit("pinned").honestly()
    done = one.program.run(one.program.command("roots"))
    path, *lines = done.stdout.splitlines()
    assert path == str(one.program.current("roots.pem"))
    assert any("CN=oam" in line for line in lines)
    done = subprocess.run(["openssl", "verify", "-CAfile", path,
                           scene.write_tls("leaf", scene.added["oam"].issue(
                               pki.name(CN="oam server")))[0]],
                          capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, done.stderr
