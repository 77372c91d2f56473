"""Two processes serve one SQLite file: transactions in halves, races, kills."""
import itertools
import os
import time

import pytest

from cmplib import cmp
from cmplib.race import post_at_once
from cmplib.station import Station
from cmplib.storm import (Killable, Storm, check_repeats, check_store,
                          free_ports, random_seed)
from cmplib.world import World

KILLS = 40
STATIONS = 16
LONGEST_LIFE = 0.6
COPIES = 32
ROUNDS = 5


class Pair:
    """Two servers, and stations that know both."""

    def __init__(self, world):
        self.world = world
        self.store = world.server
        self.servers = [Killable(world.server, node, port) for node, port
                        in zip(("left", "right"), free_ports(2))]

    @property
    def ports(self):
        return [s.port for s in self.servers]

    def start(self):
        for server in self.servers:
            server.start()
        for server in self.servers:
            server.wait_until_open()
        return self

    def stop(self):
        for server in self.servers:
            server.stop()

    def end(self):
        for server in self.servers:
            server.end()

    def station(self):
        return Alternating(self.store, self.world.credential(),
                           itertools.cycle(self.servers))

    def num_rows(self, sql, *values):
        return self.store.query(f"SELECT count(*) FROM {sql}", *values)[0][0]


class Alternating(Station):
    """Each message of its goes to the other server than the one before."""

    def __init__(self, store, credential, servers):
        super().__init__(store, credential)
        self.servers = servers

    def post(self, data, path=None):
        self.server.port = next(self.servers).port
        return super().post(data, path)

    def holding(self, out, reply):
        return Alternating(self.server, super().holding(out, reply).credential,
                           self.servers)


@pytest.fixture
def stopped_pair(stationmaster, operator, tmp_path):
    world = World(stationmaster, operator, tmp_path / "files")
    world.close()
    pair = Pair(world)
    yield pair
    pair.end()


@pytest.fixture
def pair(stopped_pair):
    yield stopped_pair.start()
    stopped_pair.stop()


def test_halves_of_transactions(pair):
    """ir left, certConf right, kur left, certConf right; and one message more
    so that the sides change."""
    for shift in range(2):
        station = pair.station()
        for _ in range(shift):
            next(station.servers)
        second = station.enroll().renew()
        assert pair.num_rows("certificate WHERE der=? AND status=2",
                             second.credential.cert) == 1


def all_the_same(responses):
    assert {r.status for r in responses} == {200}
    bodies = {r.body for r in responses}
    assert len(bodies) == 1, f"{len(bodies)} answers to one message"
    return cmp.Reply(bodies.pop())


def race(pair, station, out):
    reply = all_the_same(post_at_once([out] * COPIES, pair.ports))
    reply.check(out, pair.store.root, None if reply.extra_certs
                else pair.store.cmp_signer)
    return reply


def test_equal_requests_at_once(pair):
    """32 copies of each message: one certificate, one answer."""
    for _ in range(ROUNDS):
        station = pair.station()
        for kind in ("ir", "kur"):
            out = station.ir() if kind == "ir" else station.kur()
            reply = race(pair, station, out)
            assert reply.kind == {"ir": "ip", "kur": "kup"}[kind]
            assert pair.num_rows(
                "certificate WHERE txn=(SELECT id FROM txn WHERE "
                "transaction_id=?)", out.transaction_id) == 1
            assert pair.num_rows("certificate WHERE der=?",
                                 reply.cert.der) == 1
            conf = station.conf(out, reply)
            assert race(pair, station, conf).kind == "pkiconf"
            station = station.holding(out, reply)


def winners(outs, responses, losers_fail):
    """Of several that exclude each other: the index of the one that won."""
    replies = [cmp.Reply(r.body) for r in responses]
    won = [i for i, r in enumerate(replies) if r.cert is not None]
    assert len(won) == 1, f"{len(won)} won"
    for i, (out, reply) in enumerate(zip(outs, replies)):
        assert reply.transaction_id == out.transaction_id
        if i != won[0]:
            assert reply.failures & losers_fail, reply.failures
    return won[0], replies[won[0]]


def test_one_transaction_id_for_several(pair):
    """Other bytes under the same transactionID: one certificate in all."""
    for _ in range(ROUNDS):
        station = pair.station()
        number = os.urandom(16)
        outs = [station.ir(transaction_id=number) for _ in range(8)]
        winner, reply = winners(outs, post_at_once(outs, pair.ports),
                                {"transactionIdInUse"})
        assert pair.num_rows("certificate JOIN txn ON txn=txn.id "
                             "WHERE transaction_id=?", number) == 1
        station.confirm(outs[winner], reply)


def test_one_certificate_updated_by_several(pair):
    """Kurs of one certificate, each with its own key and transaction."""
    for _ in range(ROUNDS):
        station = pair.station().enroll()
        outs = [station.kur() for _ in range(8)]
        before = pair.num_rows("certificate")
        winner, reply = winners(outs, post_at_once(outs, pair.ports),
                                {"badRequest", "notAuthorized",
                                 "duplicateCertReq"})
        assert pair.num_rows("certificate") == before + 1
        station.confirm(outs[winner], reply)


def test_certconf_against_rejection(pair):
    """Of an acceptance and a rejection at once, one holds, on both sides."""
    for _ in range(ROUNDS):
        station = pair.station()
        out = station.ir()
        reply = station.obtain(out)
        confs = [station.conf(out, reply),
                 station.conf(out, reply, status="rejection")]
        answers = [cmp.Reply(r.body) for r in
                   post_at_once(confs, pair.ports)]
        kinds = [a.kind for a in answers]
        assert sorted(kinds) == ["error", "pkiconf"]
        status, revoked = pair.store.query(
            "SELECT status, revoked_at != 0 FROM certificate WHERE der=?",
            reply.cert.der)[0]
        accepted = kinds[0] == "pkiconf"
        assert (status, revoked) == ((2, 0) if accepted else (3, 1))


@pytest.mark.seconds(200)
def test_kills_of_either_lose_nothing(stopped_pair, stationmaster):
    pair = stopped_pair
    seed = random_seed()
    storm = Storm(pair.servers, pair.store.root, pair.store.cmp_signer, seed)
    for _ in range(STATIONS):
        storm.add(pair.world.credential())
    pair.start()
    storm.start()
    try:
        for _ in range(KILLS):
            time.sleep(storm.random.uniform(0, LONGEST_LIFE))
            storm.random.choice(pair.servers).restart()
            assert not storm.failures, storm.failures[0]
        storm.finish()
    finally:
        storm.is_over.set()
        storm.is_hopeless.set()
    print(f"{len(storm.deals)} transactions, {dict(storm.counts)}")
    assert len(storm.deals) > KILLS
    check_repeats(storm)
    pair.stop()
    check_store(pair.store, storm, stationmaster)
