"""kill -9 of the server at random moments, with 16 stations asking."""
import time

import pytest

from cmplib.storm import (Killable, Storm, check_repeats, check_store,
                          free_ports, random_seed)
from cmplib.world import World

KILLS = 200
STATIONS = 16
LONGEST_LIFE = 0.5


@pytest.fixture
def storm(stationmaster, operator, tmp_path):
    """Stations, and a server that is not started yet."""
    world = World(stationmaster, operator, tmp_path / "files")
    world.close()
    seed = random_seed()
    server = Killable(world.server, "test", *free_ports(1))
    storm = Storm([server], world.server.root, world.server.cmp_signer, seed)
    storm.store = world.server
    for _ in range(STATIONS):
        storm.add(world.credential())
    yield storm
    storm.is_over.set()
    storm.is_hopeless.set()
    server.end()


@pytest.mark.seconds(300)
def test_kills_lose_nothing(storm, stationmaster):
    server, = storm.servers
    server.start()
    storm.start()
    started = time.monotonic()
    for _ in range(KILLS):
        # From before it listens on.
        time.sleep(storm.random.uniform(0, LONGEST_LIFE))
        server.restart()
        assert not storm.failures, storm.failures[0]
    print(f"{time.monotonic() - started:.0f} s, {dict(storm.counts)}")
    storm.finish()
    print(f"{len(storm.deals)} transactions")
    assert len(storm.deals) > KILLS
    check_repeats(storm)
    server.stop()
    check_store(storm.store, storm, stationmaster)
