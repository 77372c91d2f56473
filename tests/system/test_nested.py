"""What a registration authority sends, and is answered: nested with added
protection, batches, and requests of its own for stations."""
from types import SimpleNamespace

import pytest

from cmplib import cmp, der, http, pki
from cmplib.der import ctx
from cmplib.made import MADE, asking, reader
from cmplib.race import post_at_once
from cmplib.secret import check_mac, holder
from polls import Operator
from test_made_key import check_key

LAB, LIGHT, JUDGED = (f"{http.PATH}/p/{name}"
                      for name in ("lab", "light", "judged"))

NOTHING = SimpleNamespace(sender_nonce=bytes(16))  # no reply there was


@pytest.fixture(params=[LAB, LIGHT], ids=["lab", "light"])
def path(request):
    return request.param


def ir(world, path, **options):
    """An ir, and the station it is of."""
    station = world.station(path=path)
    return station, station.ir(**options)


# --- added protection ---

def test_added_protection(world, path):
    """The answer is the plain one, signed for the station."""
    ra = world.ra(path=path)
    station, out = ir(world, path)
    mark = world.server.mark()
    reply = ra.ask_added(out)
    assert reply.kind == "ip" and reply.cert.spki == out.key.spki
    line = world.server.wait_lines(mark, "issued")[0]
    assert (line["body"], line["ra"]) == ("ir", "west")
    conf = station.conf(out, reply)
    assert ra.ask_added(conf).kind == "pkiconf"
    assert world.server.status_of(reply.cert) == "confirmed"
    holder = station.holding(out, reply)
    # A kur keeps its protection, and so can be wrapped only.
    kur = holder.kur()
    renewed = ra.ask_added(kur)
    assert renewed.kind == "kup"
    holder.confirm(kur, renewed)
    holder = holder.holding(kur, renewed)
    rp = ra.ask_added(holder.rr())
    assert rp.kind == "rp" and not rp.failures


@pytest.mark.parametrize("name", ["west", "south", "north"])
def test_each_ra_that_may(world, path, name):
    ra = world.ra(getattr(world.ras, name), path)
    _, out = ir(world, path)
    assert ra.ask_added(out).kind == "ip"


def test_same_message_wrapped_or_not_is_one(world, path):
    """Byte for byte the stored reply, whoever carries the message."""
    ra = world.ra(path=path)
    station, out = ir(world, path)
    first = ra.ask_added(out)
    for again in (station.ask(out), ra.ask_added(out),
                  ra.ask_batch(out)[0]):
        assert again.der == first.der


def test_refusal_inside_is_the_stations(world, path):
    """What is wrong inside is refused as if it had come by itself."""
    ra = world.ra(path=path)
    _, out = ir(world, path, popo_key=pki.Key())
    reply = ra.ask_added(out)
    assert (reply.kind, reply.failures) == ("ip", {"badPOP"})


def test_approval_is_taken_from_who_may(world):
    """west may approve: no operator is waited for. north may not."""
    _, out = ir(world, JUDGED)
    assert world.ra(path=JUDGED).ask_added(out).cert is not None
    _, out = ir(world, JUDGED)
    reply = world.ra(world.ras.north, JUDGED).ask_added(out)
    assert reply.status.status == "waiting"
    _, out = ir(world, JUDGED)
    # A batch's signature is no approval (RFC 9483, 5.2.2.2).
    reply, = world.ra(path=JUDGED).ask_batch(out)
    assert reply.status.status == "waiting"


def test_approval_is_for_its_vendors_alone(world):
    """west speaks for acme and borealis."""
    station = world.station(world.ember, path=JUDGED)
    reply = world.ra(path=JUDGED).ask_added(station.ir())
    assert reply.status.status == "waiting"


def test_approval_of_what_it_asks_for(world):
    """RFC 9483, 5.2.3: its own protection approves as well. east may not."""
    for signer, status in ((world.ras.west, "accepted"),
                           (world.ras.east, "waiting")):
        ra = world.ra(signer, JUDGED)
        reply = ra.ask(ra.ir(subject=world.credential().subject))
        assert reply.status.status in (status, "grantedWithMods"), signer
        assert (reply.cert is None) == (status == "waiting")


def test_one_wrapped_message_many_times_at_once(world, path):
    """However it comes, it is one request, and has one answer."""
    ra = world.ra(path=path)
    _, out = ir(world, path)
    added, batch = ra.added(out), ra.nested(out)
    responses = post_at_once([added, batch, out] * 5, [world.server.port], path)
    answers = {r.body for r in responses[0::3] + responses[2::3]}
    answers |= {cmp.Reply(r.body).content[0].der for r in responses[1::3]}
    assert len(answers) == 1
    assert cmp.Reply(answers.pop()).cert.spki == out.key.spki


# --- batches ---

def test_batch(world, path):
    ra = world.ra(path=path)
    made = [ir(world, path) for _ in range(5)]
    replies = ra.ask_batch(*(out for _, out in made))
    assert [r.kind for r in replies] == 5 * ["ip"]
    confs = [s.conf(o, r) for (s, o), r in zip(made, replies)]
    assert [r.kind for r in ra.ask_batch(*confs)] == 5 * ["pkiconf"]
    for reply in replies:
        assert world.server.status_of(reply.cert) == "confirmed"


def test_batch_of_one(world, path):
    _, out = ir(world, path)
    reply, = world.ra(path=path).ask_batch(out)
    assert reply.cert is not None


def test_batch_of_many_kinds(world, path):
    """Good and bad ones, each with its own answer, in their order."""
    ra = world.ra(path=path)
    station, good = ir(world, path)
    _, bad_pop = ir(world, path, popo_key=pki.Key())
    _, unprotected = ir(world, path)
    unprotected.is_protected = False
    (_, foreign), (_, other) = ir(world, path), ir(world, path)
    holder = world.enrolled(path)
    strange = world.station(world.nobody, path=path)
    held = world.enrolled(path)
    messages = [
        bad_pop, good, holder.genm(17), unprotected,
        strange.ir(), holder.kur(), held.rr(),
        station.poll(foreign, NOTHING), station.conf(
            other, NOTHING, cert_hash=bytes(32))]
    replies = ra.ask_batch(*messages)
    assert [(r.kind, sorted(r.failures)) for r in replies] == [
        ("ip", ["badPOP"]), ("ip", []), ("genp", []),
        ("error", ["badMessageCheck"]), ("error", ["signerNotTrusted"]),
        ("kup", []), ("rp", []), ("error", ["badMessageCheck"]),
        ("error", ["badMessageCheck"])]
    assert replies[1].cert.spki == good.key.spki


def test_nested_in_a_batch_is_refused_by_itself(world, path):
    ra = world.ra(path=path)
    _, good = ir(world, path)
    _, inner = ir(world, path)
    wrapped = ra.added(inner)
    deep = ra.nested(ra.added(ir(world, path)[1]))
    replies = ra.ask_batch(wrapped, good, deep)
    assert [(r.kind, sorted(r.failures)) for r in replies] == [
        ("error", ["badRequest"]), ("ip", []), ("error", ["badRequest"])]


def test_batch_again_gives_the_same_answers(world, path):
    """The batch is not remembered; its messages are."""
    ra = world.ra(path=path)
    made = [ir(world, path)[1] for _ in range(3)]
    batch = ra.nested(*made)
    first = ra.ask_batch(*made, nested=batch)
    before = world.server.tables()
    again = ra.ask_batch(*made, nested=batch)
    assert [r.der for r in again] == [r.der for r in first]
    assert world.server.tables() == before


def test_batch_of_16(world, path):
    """As many as may be, and they all fit the answer."""
    made = [ir(world, path)[1] for _ in range(16)]
    replies = world.ra(path=path).ask_batch(*made)
    assert len({r.cert.serial for r in replies}) == 16


def test_answers_that_do_not_fit(world):
    """They are left out; who asks again for one gets what is stored."""
    path = f"{http.PATH}/p/stout"
    ra = world.ra(path=path)
    outs = [ir(world, path)[1] for _ in range(8)]
    nested = ra.nested(*outs)
    reply = ra.ask(nested)
    assert len(reply.der) <= 65536
    answers = [cmp.Reply(m.der) for m in reply.content]
    assert 1 < len(answers) < 8
    assert [a.transaction_id for a in answers] == [
        o.transaction_id for o in outs[:len(answers)]]
    (issued,), = world.server.query("SELECT count(*) FROM certificate")
    last, = ra.ask_batch(outs[-1])
    assert last.cert.spki == outs[-1].key.spki
    assert world.server.query("SELECT count(*) FROM certificate") == [
        (issued,)]


def test_batch_with_an_unreadable_body(world, path):
    """Its header tells whom to answer."""
    _, good = ir(world, path)
    broken = cmp.outgoing("pkiconf", der.octets(b"no NULL"),
                          good.signer)
    replies = world.ra(path=path).ask_batch(broken, good)
    assert [(r.kind, sorted(r.failures)) for r in replies] == [
        ("error", ["badDataFormat"]), ("ip", [])]


def test_polling_through_an_ra(world):
    """Waiting, pollRep and the answer travel as all others do."""
    ra, boss = world.ra(world.ras.north, JUDGED), Operator(world.server)
    made = [ir(world, JUDGED) for _ in range(2)]
    first = ra.ask_batch(*(out for _, out in made))
    assert [r.status.status for r in first] == ["waiting"] * 2
    polls = [s.poll(o, r) for (s, o), r in zip(made, first)]
    assert [r.kind for r in ra.ask_batch(*polls)] == ["pollRep"] * 2
    (station, out), (_, other) = made
    boss.approve(out)
    boss.deny(other, "not this one")
    told = ra.ask_added(station.poll(out, last_reply(world, out)))
    assert told.kind == "ip" and told.cert.spki == out.key.spki
    station.confirm(out, told)
    told = ra.ask_added(made[1][0].poll(other, last_reply(world, other)))
    assert told.failures == {"notAuthorized"}


def last_reply(world, out):
    """senderNonce of the server's last reply, as the store has it."""
    (nonce,), = world.server.query(
        "SELECT sender_nonce FROM txn WHERE transaction_id=?",
        out.transaction_id)
    return SimpleNamespace(sender_nonce=nonce)


@pytest.mark.parametrize("is_batch", [False, True], ids=["added", "batch"])
def test_mac_inside(world, is_batch):
    """The RA signs around it; between station and server the secret holds."""
    ra, station = world.ra(path=LAB), holder(world, LAB)
    out = station.ir()
    if is_batch:
        data = cmp.Reply(ra.post(ra.nested(out)).body).content[0].der
    else:
        data = ra.post(ra.added(out)).body
    reply = cmp.Reply(data)
    check_mac(reply, out)
    assert reply.cert.spki == out.key.spki


def test_key_made_for_the_station_inside(world):
    """RFC 9483, 5.2.2.1: its request keeps its protection, since the key is
    encrypted by that; the RA that carries it learns nothing."""
    ra, station = world.ra(path=MADE), reader(world, path=MADE)
    out = asking(station)
    reply = ra.ask_added(out)
    check_key(world, reply, station.credential.key.private)
    with pytest.raises(Exception):
        check_key(world, reply, ra.credential.key.private)


# --- on behalf of a station ---

def test_request_on_behalf(world, path):
    """Signed by the RA, which says by the subject whose it is; the station
    renews it by itself."""
    ra = world.ra(path=path)
    credential = world.credential()
    key = pki.Key()
    for kind, answer in (("ir", "ip"), ("cr", "cp")):
        out = ra.request(kind, key, subject=credential.subject)
        reply = ra.ask(out)
        assert reply.kind == answer and reply.cert.spki == key.spki
        ra.confirm(out, reply)
        key = pki.Key()
    (station, serial), = world.server.query(
        "SELECT station.id, station.serial FROM certificate JOIN station ON "
        "station.id = certificate.station WHERE der=?", reply.cert.der)
    assert b"BS-" + serial == credential.read.text_of("CN").encode()
    assert reply.cert.text_of("CN") == f"{serial.decode()}.acme"
    holder = ra.holding(out, reply)
    renewed = holder.renew()
    (other,), = world.server.query("SELECT station FROM certificate WHERE "
                                   "der=?", renewed.cert.der)
    assert other == station


def test_p10cr_on_behalf(world, path):
    ra = world.ra(path=path)
    out = ra.p10cr(subject=world.credential().subject)
    reply = ra.ask(out)
    assert reply.kind == "cp" and reply.cert is not None, reply.status.texts


def test_on_behalf_by_another_vendors_rule(world, path):
    """borealis keeps names, and finds serials in serialNumber."""
    credential = world.credential(world.borealis)
    ra = world.ra(path=path)
    out = ra.ir(subject=credential.subject)
    reply = ra.ask(out)
    assert reply.cert.subject == credential.subject, reply.status.texts


@pytest.mark.parametrize("wrap", [False, True], ids=["plain", "nested"])
def test_ra_verified(world, path, wrap):
    """5.2.3.2: by the RA's word alone, in its own message."""
    ra = world.ra(path=path)
    out = ra.ir(subject=world.credential().subject, popo=cmp.RA_VERIFIED)
    reply = ra.ask_added(out) if wrap else ra.ask(out)
    assert reply.cert.spki == out.key.spki
    ra.confirm(out, reply)
    assert world.server.status_of(reply.cert) == "confirmed"


def test_possession_is_kept_by_a_forwarding_ra(world, path):
    """5.2.3.1: the protection is replaced, poposkInput still names the
    station."""
    credential = world.credential()
    ra = world.ra(path=path)
    key = pki.Key()
    out = ra.ir(key, subject=credential.subject,
                popo=cmp.popo_input(key, ctx(4, credential.subject)))
    assert ra.ask(out).cert is not None


@pytest.mark.parametrize("name", ["west", "proof"])
def test_original_is_brought_along(world, path, name):
    """The CA sees for itself whose it is, and for which key."""
    ra = world.ra(getattr(world.ras, name), path)
    for kind in ("ir", "cr", "p10cr"):
        station = world.station(path=path)
        out = (station.p10cr() if kind == "p10cr" else
               station.request(kind))
        reply = ra.ask(ra.forwarded(out))
        assert reply.cert, (kind, reply.status.texts)
        assert reply.cert.spki == out.key.spki


def test_original_under_a_mac_proves_nothing(world):
    """It is passed over, where it is not asked for."""
    ra, station = world.ra(path=LAB), holder(world, LAB)
    out = station.ir()
    assert ra.ask(ra.forwarded(
        out, subject=world.credential().subject)).cert is not None


# --- revocation ---

def test_ra_revokes(world, path):
    ra = world.ra(path=path)
    holder = world.enrolled(path)
    mark = world.server.mark()
    ra.revoke(holder.cert, reason="keyCompromise")
    line = world.server.wait_lines(mark, "revoked")[0]
    assert line["ra"] == "west"
    assert holder.cert.text_of("CN").startswith(line["station"] + ".")
    assert world.server.query("SELECT reason FROM certificate WHERE der=?",
                              holder.cert.der) == [(1,)]


def test_ra_revokes_of_several_stations(world):
    """In open, each with its status."""
    ra = world.ra(path=LAB)
    certs = [world.enrolled(LAB).cert for _ in range(3)]
    gone = world.enrolled(LAB)
    gone.revoke()
    entry = [cmp.reason_code(4)]
    reply = ra.ask(ra.rr(details=[cmp.rev_details(c.issuer, c.serial, entry)
                                  for c in (*certs, gone.cert)]))
    assert [s.status for s in reply.statuses] == 3 * ["accepted"] + [
        "rejection"]


def test_ra_asks_genm(world, path):
    assert world.ra(path=path).learn(17)
