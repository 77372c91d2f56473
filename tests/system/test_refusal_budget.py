"""Refusing is cheap: beyond its budget a source gets an HTTP status."""
from cmplib import cmp

SERVER = dict(refusals_per_source=1, refusals_burst=5, refusals_total=1000)


def test_beyond_the_budget(world):
    server = world.server
    stranger = world.station(world.nobody)
    before = server.tables()
    responses = [stranger.post(stranger.ir()) for _ in range(20)]
    statuses = [r.status for r in responses]
    assert statuses[:5] == [200] * 5
    assert statuses.count(429) >= 12
    for response in responses:
        if response.status == 200:
            reply = cmp.Reply(response.body)
            reply.check_protection(server.root)
            assert reply.failures == {"signerNotTrusted"}
        else:
            assert int(response.headers["retry-after"]) > 0
    assert server.tables() == before
    # Who is known is served all the same, from the same address.
    world.enrolled().renew()
