"""popdecc and popdecr: keys that only decipher are challenged before there is
a certificate. `openssl` decrypts what the server encrypted."""
import hashlib
import signal

import pytest

from cmplib import cmp, http, pki
from cmplib.possession import (KEY_AGREEMENT, KEY_ENCIPHERMENT, agreement,
                               answer, challenges, msg, request, solve)
from cmplib.rows import Rows, check_refused
from polls import Operator, make_world

LAB, OLD, WAIT, BRIEF, ONLY, SOME, ANY_KEY = (
    f"{http.PATH}/p/{name}" for name in
    ("lab", "old", "wait-lab", "brief-lab", "only", "some", "any-key"))
PROFILES = {
    "wait-lab": dict(type="open", approval="operator",
                     approval_check_after="1s"),
    "brief-lab": dict(type="open", confirm_wait="2s"),
    "only": dict(type="open", possession="[challengeResp]"),
    "some": dict(type="open", possession="[signature, encrCert]"),
    "any-key": dict(type="open", signing_keys_sign="false"),
}
RSA, OTHER = (pki.slow_key("RSA-2048", n) for n in (3, 4))

# The rule whose refusal ends the transaction.
ENDING = "challenge-is-answered"
rows = Rows()
row, refused = rows.add, rows.refused


@pytest.fixture(scope="module")
def world(stationmaster, operator, tmp_path_factory):
    made = make_world(stationmaster, operator,
                      tmp_path_factory.mktemp("challenge") / "files",
                      PROFILES)
    yield made
    made.close()


def challenged(world, path=LAB, kind="ir", key=RSA, **options):
    """A station, its request and the popdecc."""
    station = world.station(path=path)
    out = request(station, kind, key, **options)
    reply = station.ask(out)
    assert reply.kind == "popdecc", reply.status.texts
    return station, out, reply


def confirmed(station, out, reply):
    assert reply.status.status in ("accepted", "grantedWithMods"), \
        reply.status.texts
    assert reply.cert.spki == out.key.spki
    assert reply.cert.extensions["2.5.29.15"] == \
        pki.read(pki.key_usage(KEY_ENCIPHERMENT))[2].content
    reply.path(reply.cert, station.server.root)
    if cmp.IMPLICIT_CONFIRM not in reply.infos:
        station.confirm(out, reply)


def num(world, table):
    return world.server.query(f"SELECT count(*) FROM {table}")[0][0]


# --- how it goes ---

@pytest.mark.parametrize("path", [LAB, OLD])
@pytest.mark.parametrize("kind, answer_kind", [("ir", "ip"), ("cr", "cp")])
def test_challenged(world, tmp_path, path, kind, answer_kind):
    before = num(world, "certificate")
    station, out, reply = challenged(world, path, kind)
    assert num(world, "certificate") == before
    numbers = solve(reply, [RSA], tmp_path)
    reply = station.ask(answer(station, out, reply, numbers))
    assert reply.kind == answer_kind
    confirmed(station, out, reply)
    assert world.server.status_of(reply.cert) == "confirmed"


def test_what_a_challenge_is(world, tmp_path):
    station, out, reply = challenged(world)
    found, = challenges(reply)
    number, sender = found.rand(RSA, tmp_path)
    assert sender.der == reply.sender.der
    assert number.bit_length() in range(100, 128)
    assert found.encrypted_rand is None
    assert found.owf[0].oid == pki.HASH_OIDS["SHA256"]
    assert found.witness == hashlib.sha256(
        number.to_bytes(16, "big")).digest()


def test_each_number_is_another(world, tmp_path):
    numbers = {solve(challenged(world)[2], [RSA], tmp_path)[0]
               for _ in range(4)}
    assert len(numbers) == 4


def test_two_keys(world, tmp_path):
    """In the order of the requests; what signs is not challenged."""
    station = world.station(path=LAB)
    signing = pki.Key()
    out = station.several("ir", msg(station, 0, RSA),
                          station.cert_req_msg(signing, number=1),
                          msg(station, 2, OTHER))
    reply = station.ask(out)
    numbers = solve(reply, [RSA, OTHER], tmp_path)
    reply = station.ask(answer(station, out, reply, numbers))
    assert [r.cert.spki for r in reply.responses] == [
        RSA.spki, signing.spki, OTHER.spki]
    answered = station.ask(station.conf(out, reply, statuses=[
        cmp.cert_status(r.cert.hash(), r.cert_req_id)
        for r in reply.responses]))
    assert answered.kind == "pkiconf"


def test_one_refused_beside_one_challenged(world, tmp_path):
    """Its refusal comes with the certificate of the other."""
    station = world.station(path=LAB)
    out = station.several(
        "ir", msg(station, 0, RSA),
        station.cert_req_msg(pki.Key(), number=1,
                             fields=dict(serial=b"\x01")))
    reply = station.ask(out)
    numbers = solve(reply, [RSA], tmp_path)
    reply = station.ask(answer(station, out, reply, numbers))
    assert [r.status.status for r in reply.responses] == [
        "grantedWithMods", "rejection"]
    assert reply.responses[1].status.failures == {"badCertTemplate"}


def test_implicit_confirmation_after_a_challenge(world, tmp_path):
    """It showed possession; nothing is left to tell."""
    station, out, reply = challenged(world, general_info=[
        cmp.info(cmp.IMPLICIT_CONFIRM, b"\x05\x00")])
    reply = station.ask(answer(station, out, reply,
                               solve(reply, [RSA], tmp_path)))
    assert cmp.IMPLICIT_CONFIRM in reply.infos
    assert world.server.status_of(reply.cert) == "confirmed"


@pytest.mark.parametrize("stop", ["term", "kill"])
def test_a_restart_between(world, tmp_path, stop):
    station, out, reply = challenged(world)
    if stop == "kill":
        world.server.process.send_signal(signal.SIGKILL)
        world.server.process.wait()
        world.server.process = None
    world.server.stop()
    world.server.start()
    sent = answer(station, out, reply, solve(reply, [RSA], tmp_path))
    reply = station.ask(sent)
    again = station.ask(sent)
    assert again.der == reply.der
    confirmed(station, out, reply)


def test_a_repeated_request_has_the_same_challenge(world):
    station, out, reply = challenged(world)
    assert station.ask(out).der == reply.der


def test_challenged_then_approved(world, tmp_path):
    """Nobody is asked about a request before its key is shown to be its
    sender's."""
    station, out, reply = challenged(world, WAIT)
    operator = Operator(world.server)
    assert operator.find(out)["state"] == "challenged"
    with pytest.raises(Exception):
        operator.approve(out)
    reply = station.ask(answer(station, out, reply,
                               solve(reply, [RSA], tmp_path)))
    assert reply.status.status == "waiting"
    operator.approve(out)
    confirmed(station, out, station.ask(station.poll(out, reply)))


@pytest.mark.parametrize("usage", [(), (0, 2), (KEY_ENCIPHERMENT,)])
def test_any_key_where_the_profile_says_so(world, tmp_path, usage):
    """The certificate is for encryption all the same."""
    station, out, reply = challenged(world, ANY_KEY, usage=usage)
    confirmed(station, out, station.ask(answer(
        station, out, reply, solve(reply, [RSA], tmp_path))))


def test_where_it_is_all_that_is_taken(world, tmp_path):
    station, out, reply = challenged(world, ONLY)
    confirmed(station, out, station.ask(answer(
        station, out, reply, solve(reply, [RSA], tmp_path))))


# --- how it does not ---

def wrong(numbers):
    """What comes in place of the right number."""
    def build(w):
        station, out, reply = challenged(w)
        number, = solve(reply, [RSA], w.server.folder)
        return station, out, answer(station, out, reply, numbers(number))
    return build


for name, numbers in (
        ("one-more", lambda n: [n + 1]), ("negative", lambda n: [-n]),
        ("zero", lambda n: [0]), ("twice", lambda n: [n, n]),
        ("none", lambda n: []), ("longer", lambda n: [n << 8]),
        ("second", lambda n: [0, n])):
    row(f"answer-{name}", wrong(numbers), "ip", "badPOP", ENDING, LAB)


@pytest.mark.parametrize("build, body, failure, rule, path",
                         [p for p in rows.params if p.values[3] == ENDING])
def test_a_wrong_answer_ends_it(world, build, body, failure, rule, path):
    """These alone change something: there is no second guess."""
    station, out, sent = build(world)
    certificates = num(world, "certificate")
    mark = world.server.mark()
    refusal = station.ask(sent)
    assert (refusal.kind, refusal.failures) == (body, {failure})
    assert refusal.status.status == "rejection"
    assert world.server.wait_lines(mark, "refused")[0]["rule"] == rule
    assert station.ask(sent).der == refusal.der
    late = cmp.Reply(station.post(answer(station, out, refusal, [1])).body)
    assert late.failures == {"badRequest"}
    assert num(world, "certificate") == certificates


def test_swapped_answers(world, tmp_path):
    station = world.station(path=LAB)
    out = station.several("ir", msg(station, 0, RSA), msg(station, 1, OTHER))
    reply = station.ask(out)
    numbers = solve(reply, [RSA, OTHER], tmp_path)
    reply = station.ask(answer(station, out, reply, numbers[::-1]))
    assert [r.status.failures for r in reply.responses] == [{"badPOP"}] * 2


def test_an_error_in_place_of_the_answer(world):
    """The station cannot go on."""
    station, out, reply = challenged(world)
    ended = station.ask(cmp.outgoing(
        "error", cmp.seq(cmp.seq(cmp.integer(2))), out.signer,
        transaction_id=out.transaction_id, recip_nonce=reply.sender_nonce))
    assert ended.kind == "pkiconf"
    late = cmp.Reply(station.post(answer(station, out, reply, [1])).body)
    assert late.failures == {"badRequest"}


# --- requests that are refused ---

def ir(path=LAB, **options):
    return lambda w: request(w.station(path=path), **options)


for path, name in ((http.PATH, "3gpp-bs"), (f"{http.PATH}/p/light", "rfc9483")):
    row(f"challenge-in-{name}", ir(), "ip", "badPOP", "popo-is-signature",
        path)
row("key-usage-not-asked-for", ir(usage=()), "ip", "badPOP",
    "key-that-signs-signs", LAB)
row("key-that-signs-too", ir(usage=(0, 2)), "ip", "badPOP",
    "key-that-signs-signs", LAB)
row("key-for-agreement", ir(usage=(KEY_AGREEMENT,)), "ip", "badPOP",
    "key-that-signs-signs", LAB)
row("encipherment-by-a-point", ir(key=pki.Key()), "ip", "badPOP",
    "popo-is-for-key", LAB)
row("agreement-by-rsa", ir(popo=agreement(), usage=(KEY_AGREEMENT,)), "ip",
    "badPOP", "popo-is-for-key", LAB)
for name, popo in (
        ("this-message", cmp.ctx(2, cmp.prim(0, b"\x00key"))),
        ("dh-mac", cmp.ctx(3, cmp.prim(2, b"\x00mac"))),
        ("encrypted-key", cmp.ctx(2, cmp.ctx(4, cmp.seq()))),
        ("subsequent-2", cmp.ctx(2, cmp.prim(1, b"\x02")))):
    row(f"popo-{name}", ir(popo=popo), "ip", "badPOP",
        "popo-method-is-taken", LAB)
    row(f"popo-{name}-in-legacy-2010", ir(popo=popo), "ip", "badPOP",
        "popo-method-is-taken", OLD)


row("challenge-where-the-profile-takes-others", ir(SOME), "ip", "badPOP",
    "popo-method-is-taken", SOME)
row("signature-where-the-profile-takes-challenges",
    lambda w: w.station(path=ONLY).ir(), "ip", "badPOP",
    "popo-method-is-taken", ONLY)
row("p10cr-where-the-profile-takes-challenges",
    lambda w: w.station(path=ONLY).p10cr(), "cp", "badPOP",
    "popo-method-is-taken", ONLY)


# --- answers that are refused, and change nothing ---

def popdecr(path=LAB, **options):
    def build(w):
        station, out, reply = challenged(w, path)
        given = {k: v(w, reply) if callable(v) else v
                 for k, v in options.items()}
        return answer(station, out, reply, [1], **given)
    return build


def with_certs(build):
    def made(w):
        out = build(w)
        out.extra_certs = [out.signer.cert, *out.signer.chain]
        return out
    return made


row("from-another-station", popdecr(signer=lambda w, r: w.credential()),
    "error", "badMessageCheck", "signer-is-known", LAB)
row("from-another-station-with-certs",
    with_certs(popdecr(signer=lambda w, r: w.credential())), "error",
    "badRequest", "answer-has-transaction", LAB)
row("in-another-transaction", with_certs(popdecr(transaction_id=bytes(16))),
    "error", "badRequest", "answer-has-transaction", LAB)
row("without-recip-nonce", popdecr(recip_nonce=None), "error",
    "badRecipientNonce", "answer-has-recip-nonce", LAB)
row("with-another-nonce", popdecr(recip_nonce=bytes(16)), "error",
    "badRecipientNonce", "answer-has-recip-nonce", LAB)
row("with-a-short-nonce", popdecr(sender_nonce=bytes(8)), "error",
    "badSenderNonce", "sender-nonce-is-long", LAB)
row("in-a-profile-without", popdecr(), "error", "badRequest",
    "body-is-served", http.PATH)


@refused("error", "wrongIntegrity", "protection-keeps-kind", LAB)
def under_a_mac(w):
    alg, compute = cmp.pbm()
    out = popdecr(protection_alg=alg)(w)
    out.protect = compute
    return out


@refused("error", "badMessageCheck", "signer-is-known", LAB)
def with_wrong_protection(w):
    out = popdecr()(w)
    out.protect = lambda part: out.signer.key.sign(part + b"\x00")
    return out


@refused("error", "badRequest", "answer-finds-challenge", LAB)
def where_nothing_was_challenged(w):
    station, out, reply = w.issued(LAB)
    return answer(station, out, reply, [1])


@refused("error", "badRequest", "answer-finds-challenge", LAB)
def after_the_certificate(w):
    return answered_once(w)


@refused("error", "badRequest", "answer-finds-challenge", WAIT)
def while_it_waits_for_approval(w):
    return answered_once(w, WAIT)


def answered_once(w, path=LAB):
    station, out, reply = challenged(w, path)
    numbers = solve(reply, [RSA], w.server.folder)
    reply = station.ask(answer(station, out, reply, numbers))
    assert reply.status.status in ("grantedWithMods", "waiting")
    return answer(station, out, reply, numbers)


@refused("error", "badRequest", "answer-finds-challenge", BRIEF)
def too_late(w):
    station, out, reply = challenged(w, BRIEF)
    numbers = solve(reply, [RSA], w.server.folder)
    line = w.server.wait_lines(w.server.mark(), "timed-out")[0]
    assert "challenge" in line["text"]
    return answer(station, out, reply, numbers)


@refused("error", "badRequest", "conf-is-not-early", LAB)
def a_cert_conf_in_its_place(w):
    station, out, reply = challenged(w)
    return station.conf(out, reply, cert_hash=bytes(32))


@refused("error", "badRequest", "poll-finds-one-waiting", LAB)
def a_poll_in_its_place(w):
    station, out, reply = challenged(w)
    return station.poll(out, reply)


@refused("error", "transactionIdInUse", "transaction-id-is-new", LAB)
def a_new_request_in_the_transaction(w):
    station, out, reply = challenged(w)
    return station.ir(transaction_id=out.transaction_id)


@pytest.mark.parametrize("build, body, failure, rule, path",
                         [p for p in rows.params if p.values[3] != ENDING])
def test_refused(world, build, body, failure, rule, path):
    check_refused(world, build, body, failure, rule, path)


def test_foreign_answers_harm_nobody(world, tmp_path):
    station, out, reply = challenged(world)
    numbers = solve(reply, [RSA], tmp_path)
    thief = world.credential()
    for bad in (answer(station, out, reply, numbers, signer=thief),
                answer(station, out, reply, [1], recip_nonce=bytes(16))):
        assert cmp.Reply(station.post(bad).body).kind == "error"
    confirmed(station, out, station.ask(answer(station, out, reply, numbers)))
