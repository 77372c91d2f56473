"""kill -9 of the server while it answers batches."""
import random
import time

import pytest

from cmplib import cmp, http
from cmplib.ra import Ra
from cmplib.station import Station
from cmplib.storm import Killable, free_ports, random_seed
from cmplib.world import World

LAB = f"{http.PATH}/p/lab"
KILLS = 25
BATCH = 8


@pytest.fixture
def world(stationmaster, operator, tmp_path):
    made = World(stationmaster, operator, tmp_path / "files")
    made.close()
    made.killable = Killable(made.server, "test", *free_ports(1))
    made.server.port = made.killable.port
    yield made
    if made.killable.process.poll() is None:
        made.killable.process.kill()
        made.killable.process.wait()


@pytest.mark.seconds(180)
def test_kills_split_no_message(world):
    """Of a batch some messages may have been answered when the server dies,
    and none half: sent again, each has the one certificate it asked for."""
    dice = random.Random(random_seed())
    server, ra = world.killable, Ra(world.server, world.ras.west, LAB)
    server.start().wait_until_open()
    certs = []
    for _ in range(KILLS):
        outs = [Station(world.server, world.credential(), LAB).ir()
                for _ in range(BATCH)]
        batch = ra.nested(*outs)
        with http.Connection(server.port) as connection:
            connection.send(http.request(bytes(batch), LAB))
            time.sleep(dice.uniform(0, 0.03))
            server.kill()
        server.start().wait_until_open()
        replies = ra.ask_batch(*outs, nested=batch)
        again = ra.ask_batch(*outs, nested=batch)
        assert [r.der for r in again] == [r.der for r in replies]
        assert [r.cert.spki for r in replies] == [o.key.spki for o in outs]
        certs += [r.cert.der for r in replies]
    stored = {der for der, in world.server.query("SELECT der FROM certificate")}
    assert stored == set(certs) and len(certs) == KILLS * BATCH
    assert cmp.Reply(ra.post(batch).body).kind == "nested"
