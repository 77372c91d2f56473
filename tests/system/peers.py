"""A world where CAs of other operators may be certified, and those CAs."""
import time

from cmplib import cmp, der, pki
from cmplib.der import ctx, named_bits, read
from cmplib.station import Station
from cmplib.world import World

CROSS, OTHER, BRIEF, PLAIN = (f"/.well-known/cmp/p/{name}" for name in
                              ("cross", "cross-other", "cross-brief", "lab"))
UPPER_PATH_LEN = 2
NAMES = ("east", "self", "fenced", "revoked", "stale", "lost", "mute", "late",
         "taken")
CONFIG = f"""  - name: cross
    type: open
    peer_cas: [{", ".join(NAMES)}]
    implicit_confirm: true
    approval_check_after: 1s
  - name: cross-other
    type: open
    peer_cas: [self]
    approval_check_after: 1s
  - name: cross-brief
    type: open
    peer_cas: [east]
    approval_timeout: 2s
"""
REST = """    ca: upper
    signer: cmp
    subject: "CN={serial}.{vendor},O=Upper"
"""


class Peer:
    """A CA: a root of its own, a certificate that signs its messages, and the
    key and name that are to be certified."""

    def __init__(self, name, path_len=None, **more):
        self.name = name
        self.root = pki.CA(pki.name(CN=f"{name} Root", O=name))
        self.subject = pki.name(O="Other Operator", CN=f"{name} CA")
        self.key = pki.Key()
        self.settings = dict(path_len=path_len, **more)
        self.signer = self.root.issue(pki.name(CN=f"{name} CMP", O=name))
        self.anchor = self.root.cert
        self.crl = None

    def entry(self):
        out = [f"  - name: {self.name}",
               f"    subject: 'CN={self.name} CA,O=Other Operator'",
               f"    certificates: [{self.name}-cmp.pem]",
               f"    anchors: [{self.name}-root.pem]"]
        if self.crl:
            out.append(f"    crls: [{self.name}.crl]")
        out += [f"    {k}: {v}" for k, v in self.settings.items()
                if v is not None]
        return "\n".join(out) + "\n"

    def files(self):
        yield f"{self.name}-cmp.pem", pki.pem("CERTIFICATE", self.signer.cert)
        yield f"{self.name}-root.pem", pki.pem("CERTIFICATE", self.anchor)
        if self.crl:
            yield f"{self.name}.crl", pki.pem("X509 CRL", self.crl)

    @classmethod
    def self_signed(cls, name, **more):
        """One whose own key signs its messages too."""
        peer = cls(name, **more)
        usage = pki.key_usage(pki.DIGITAL_SIGNATURE, pki.KEY_CERT_SIGN,
                              pki.CRL_SIGN)
        cert = pki.certificate(
            peer.subject, peer.key, peer.subject, peer.key.spki,
            [pki.basic_constraints(True), usage,
             pki.extension("2.5.29.14", der.octets(b"an identifier of its own")),
             ])
        peer.signer = pki.Credential(cert, peer.key)
        peer.anchor = cert
        return peer


def make_peers():
    peers = {name: Peer(name) for name in NAMES}
    past = int(time.time()) - pki.DAY
    peers["east"] = Peer("east", path_len=1, validity="100d")
    peers["east"].crl = peers["east"].root.crl()
    peers["self"] = Peer.self_signed("self")
    peers["fenced"] = Peer("fenced", permitted_dns="[fenced.example]")
    revoked = peers["revoked"]
    revoked.crl = revoked.root.crl(revoked.signer.read.serial)
    stale = peers["stale"]
    stale.crl = stale.root.crl(this_update=past - pki.DAY, next_update=past)
    peers["lost"].anchor = pki.CA(peers["lost"].root.subject).cert
    mute, late = peers["mute"], peers["late"]
    mute.signer = mute.root.issue(pki.name(CN="mute CMP"),
                                  usage=(pki.KEY_CERT_SIGN,))
    late.signer = late.root.issue(pki.name(CN="late CMP"), not_after=past)
    return peers


def add_upper(server):
    """A CA of ours that may have CAs below it."""
    root = server.root
    key, upper = pki.Key.load(server.folder / "root.key"), pki.Key()
    subject = pki.name(O="Operator", CN="Upper CA")
    cert = pki.certificate(
        root.subject, key, subject, upper.spki,
        [pki.basic_constraints(True, UPPER_PATH_LEN),
         pki.key_usage(pki.KEY_CERT_SIGN, pki.CRL_SIGN),
         pki.subject_key_id(upper.spki),
         pki.extension("2.5.29.35", der.seq(der.prim(0, root.ski)))],
        not_before=int(time.time()), not_after=int(time.time()) + pki.YEAR)
    (server.folder / "upper.pem").write_text(pki.pem("CERTIFICATE", cert))
    file = server.folder / "upper.key"
    file.write_bytes(upper.pem())
    file.chmod(0o600)
    return pki.Cert(cert), upper


def make_world(stationmaster, operator, folder, profiles=""):
    world = World(stationmaster, operator, folder)
    server = world.server
    server.stop()
    world.peers = make_peers()
    world.upper, world.upper_key = add_upper(server)
    for peer in world.peers.values():
        for name, text in peer.files():
            world.write(name, text)
    text = server.config.read_text()
    for old, new in (
            ("\nkeys:\n", "\nkeys:\n  - { name: upper, file: upper.key }\n"),
            ("\ncas:\n", "\ncas:\n  - { name: upper, certificate: upper.pem, "
             "chain: [root.pem], key: upper,\n      crl: { path: "
             "/crl/upper.crl, url: \"http://ra.example/crl/upper.crl\" } }\n"),
            ("\nprofiles:\n", "\npeer_cas:\n" + "".join(
                p.entry() for p in world.peers.values()) + "profiles:\n")):
        assert text.count(old) == 1
        text = text.replace(old, new)
    blocks = "".join("  - " + b + REST for b in
                     (CONFIG + profiles).split("  - ")[1:])
    server.config.write_text(text + blocks)
    server.start()
    return world


def content(node):
    return read(node).content


def template(world, peer, **changes):
    """A complete one; None leaves a field out."""
    now = int(time.time())
    fields = dict(
        version=b"\x02",
        signing_alg=content(pki.SIGNATURES["ecdsa-sha256"][2]),
        issuer=world.upper.subject,
        validity=validity(now, now + 50 * pki.DAY))
    fields.update(changes)
    return fields


def validity(since, until):
    return b"".join(ctx(tag, der.x509_time(t)) for tag, t in
                    ((0, since), (1, until)) if t is not None)


def ca_extensions(path_len=None, usage=(pki.KEY_CERT_SIGN, pki.CRL_SIGN),
                  more=()):
    return [pki.basic_constraints(True, path_len),
            *([pki.extension("2.5.29.15", named_bits(*usage), True)]
              if usage is not None else []), *more]


def ccr(world, peer, path=CROSS, *, fields=None, extensions=None, key=None,
        subject=None, kind="ccr", credential=None, **options):
    """A ccr and who sends it, right but for these."""
    station = Station(world.server, credential or peer.signer, path)
    out = station.request(
        kind, key or peer.key, subject=subject or peer.subject,
        extensions=ca_extensions() if extensions is None else extensions,
        fields=template(world, peer, **(fields or {})), **options)
    return station, out


def waits(world, name="east", path=CROSS, **options):
    station, out = ccr(world, world.peers[name], path, **options)
    reply = station.ask(out)
    assert (reply.kind, reply.status.status) == ("ccp", "waiting"), \
        reply.status.failures
    assert reply.cert is None and not reply.failures
    return station, out, reply


def certified(world, boss, name="east", path=CROSS, **options):
    """All of it: the certificate."""
    station, out, reply = waits(world, name, path, **options)
    boss.approve(out)
    reply = station.ask(station.poll(out, reply))
    assert reply.kind == "ccp" and reply.cert is not None, reply.status.texts
    assert reply.cert.spki == out.key.spki
    if cmp.IMPLICIT_CONFIRM not in reply.infos:
        answer = station.ask(station.conf(out, reply))
        assert answer.kind == "pkiconf"
    return reply.cert
