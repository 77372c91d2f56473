"""A world whose requests wait for an operator, and that operator."""
import json
import subprocess

from cmplib import cmp
from cmplib.world import World

WAIT, WAIT_LAB, WAIT_ALL, WAIT_BRIEF = (
    f"/.well-known/cmp/p/{name}" for name in
    ("wait", "wait-lab", "wait-all", "wait-brief"))
OPERATOR = dict(approval="operator", approval_check_after="1s")
PROFILES = {
    "wait": OPERATOR,
    "wait-lab": dict(OPERATOR, type="open", implicit_confirm="true"),
    "wait-all": dict(OPERATOR, approval_of_updates="true"),
    "wait-brief": dict(OPERATOR, approval_timeout="2s"),
}


def make_world(stationmaster, operator, folder, profiles=PROFILES):
    world = World(stationmaster, operator, folder)
    world.server.stop()
    config = world.server.config
    config.write_text(config.read_text() + "\n".join(
        f"""  - name: {name}
    type: {settings.get("type", "3gpp-bs")}
    ca: issuing
    signer: cmp
    subject: "CN={{serial}}.{{vendor}},O=Operator"
    dns: "{{serial}}.{{vendor}}.ran.example"
""" + "\n".join(f"    {k}: {v}" for k, v in settings.items() if k != "type")
        for name, settings in profiles.items()) + "\n")
    world.server.start()
    return world


class Refusal(Exception):
    """What a command said on its way out."""


class Operator:
    """`stationmaster request`, beside the running server."""

    def __init__(self, server):
        self.server = server

    def run(self, *words):
        done = subprocess.run(
            [self.server.stationmaster, "request", *map(str, words),
             "--config", str(self.server.config), "--json"],
            capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise Refusal(done.stderr)
        return json.loads(done.stdout)

    def list(self, *words):
        return self.run("list", *words)

    def find(self, out):
        """The request of this message."""
        found = [r for r in self.list()
                 if r["transaction"] == out.transaction_id.hex()]
        assert len(found) == 1, found
        return found[0]

    def approve(self, out, *words):
        return self.run("approve", self.find(out)["id"], *words)

    def deny(self, out, reason):
        return self.run("deny", self.find(out)["id"], "--reason", reason)

    def audit(self):
        done = subprocess.run(
            [self.server.stationmaster, "audit", "list", "--config",
             str(self.server.config), "--max", "100000"],
            capture_output=True, text=True, timeout=60, check=True)
        return done.stdout


def waits(world, path=WAIT, kind="ir", station=None, **options):
    """A station, its request, and the reply that says waiting."""
    station = station or world.station(path=path)
    station.path = path
    out = station.request(kind, **options)
    reply = station.ask(out)
    assert reply.status.status == "waiting", reply.status.failures
    assert reply.cert is None and not reply.failures
    return station, out, reply


def polled(station, out, reply, **options):
    """The pollRep that follows."""
    again = station.ask(station.poll(out, reply, **options))
    assert again.kind == "pollRep", again.failures
    assert again.polls[0].check_after == 1
    assert again.polls[0].reason == ["waits for the operator's approval"]
    return again


def confirmed(station, out, reply):
    """What holds the certificate that this reply brought."""
    assert reply.status.status in ("accepted", "grantedWithMods"), \
        reply.status.texts
    assert reply.cert.spki == out.key.spki
    reply.path(reply.cert, station.server.root)
    if cmp.IMPLICIT_CONFIRM not in reply.infos:
        station.confirm(out, reply)
    return station.holding(out, reply)


