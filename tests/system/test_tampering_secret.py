"""
The same as test_tampering.py with a station that has a shared secret, and takes
the operator root from caPubs under it (RFC 9483, 4.1): what the MAC covers
cannot be changed, what it does not cover is not believed.
"""
import pytest

from cmplib import http, pki
from cmplib.der import bits, ctx, read, seq
from cmplib.secret import pbmac1, run as secret_verb
from cmplib.server import Server
from cmplib.world import World
from test_tampering import (Scene, Unit, add_ca_pub, add_root, attack, check,
                            drop_all, drop_ca_pubs, drop_root, forge, impostor,
                            nothing, record, redirect, replay, swap_ca_pub,
                            swap_roots)


class SecretScene(Scene):
    """Both operators take MACs; the impostor has a secret of the same name."""

    def start(self, stationmaster, operator, name, in_body, outside):
        server = Server(
            stationmaster, operator, self.folder / name,
            {"acme": dict(anchors="[acme.pem]", serial=World.cn_rule())},
            {"bs": dict(default="true", type="rfc9483", roots=(
                "{ ca_pubs: [in-body.pem], extra_certs: [outside.pem], "
                "extra_certs_over_http: true }"))})
        for file, cert in (("acme", self.vendor.root.cert),
                           ("in-body", self.added[in_body].cert),
                           ("outside", self.added[outside].cert)):
            (server.folder / f"{file}.pem").write_text(
                pki.pem("CERTIFICATE", cert))
        return server.start()


@pytest.fixture(scope="module")
def scene(stationmaster, operator, tmp_path_factory):
    made = SecretScene(stationmaster, operator,
                       tmp_path_factory.mktemp("tampering") / "files")
    yield made
    made.close()


class Holder(Unit):
    def __init__(self, scene, program, folder, mode):
        super().__init__(scene, program, folder, mode)
        made = secret_verb(scene.operator, "new", "--uses", "3")
        self.reference, self.file = made["reference"], folder / "secret"
        secret_verb(scene.impostor, "new", "--reference", self.reference)
        self.file.write_text(made["secret"])
        self.file.chmod(0o600)

    def trust(self):
        return {"secret": ["--trust", "secret"],
                "pinned": ["--root", self.root]}[self.mode]

    def command(self, scheme, port, *more):
        return self.program.command(
            "enroll", "--url", f"{scheme}://localhost:{port}{http.PATH}",
            "--secret", self.file, "--reference", self.reference, "--once",
            *self.trust(), *more)


@pytest.fixture
def unit(scene, station, tmp_path):
    numbers = iter(range(100))
    return lambda mode: Holder(scene, station,
                               tmp_path / f"unit-{next(numbers)}", mode)


def strip(_scene, _request, reply):
    """Without its MAC."""
    head, body, *rest = read(reply)
    fields = [n.der for n in head if n.tag != 0xa1]
    return bytes(seq(seq(*fields), body.der, *(n.der for n in rest
                                               if n.tag != 0xa0)))


def guess(scene, _request, reply):
    """Under a MAC of somebody who knows all but the secret."""
    head, body, *rest = read(reply)
    alg, compute = pbmac1()
    fields = [ctx(1, alg) if n.tag == 0xa1 else n.der for n in head]
    part = seq(seq(*fields), body.der)
    mac = compute(b"a guess", bytes(part))
    return bytes(seq(seq(*fields), body.der, ctx(0, bits(mac)),
                     *(n.der for n in rest if n.tag != 0xa0)))


MAC = "the MAC does not verify"
# What there is at the end, and what is said: in mode secret, and pinned.
ROWS = {
    nothing: ((0, "root oam", "CN=mgmt is left aside"),) * 2,
    add_root: ((0, "root oam", "CN=evil-mgmt is left aside"),) * 2,
    # Denial alone: what cannot be validated is rejected, not installed.
    drop_all: ((1, "", "no root in caPubs that leads to it"),
               (1, "", "rejected")),
    drop_root: ((0, "root oam", ""),) * 2,
    swap_roots: ((0, "root oam", "CN=evil-mgmt is left aside"),) * 2,
    add_ca_pub: ((5, "", MAC),) * 2,
    swap_ca_pub: ((5, "", MAC),) * 2,
    drop_ca_pubs: ((5, "", MAC),) * 2,
    strip: ((5, "", "unprotected"),) * 2,
    guess: ((5, "", MAC),) * 2,
    replay: ((5, "", "another transactionID"),) * 2,
    redirect: ((5, "", "HTTP 307"),) * 2,
    impostor: ((5, "", "not under a MAC"),) * 2,
    forge: ((5, "", "not under a MAC"),) * 2,
}


@pytest.mark.parametrize("change, mode, code, anchors, text", [
    pytest.param(change, mode, *row, id=f"{change.__name__}-{mode}")
    for change, rows in ROWS.items()
    for mode, row in zip(("secret", "pinned"), rows)])
def test_ir(scene, unit, change, mode, code, anchors, text):
    """CR-7, CR-8: the secret vouches for caPubs, and for nothing else."""
    one = unit(mode)
    if change is replay:
        record(scene, one)
    with attack(scene, change) as proxy:
        check(one.enroll("http", proxy.port), one, code, anchors, text)
    if anchors:
        assert one.origin() == ("secret" if mode == "secret" else "configured")


def test_nobody_ends_it(scene, unit):
    """What is not believed leaves the transaction as it is: the same goes on
    once he is gone."""
    one = unit("secret")
    with attack(scene, forge) as proxy:
        check(one.enroll("http", proxy.port), one, 5, "", "not under a MAC")
    check(one.enroll("http", scene.operator.port), one, 0, "root oam", "")
    uses = [s["uses_left"] for s in secret_verb(scene.operator, "list")
            if s["reference"] == one.reference]
    assert uses == [2]
