"""Messages under a shared secret, and wrong: a row each. The refusal's body,
failInfo and protection, and that no row of the store changes."""
import time

import pytest

from cmplib import cmp, pki
from cmplib.der import integer, octets, seq
from cmplib.http import PATH
from cmplib.rows import Rows, check_told
from cmplib.secret import (UNIT, Holder, check_mac, has_mac, holder, pbm, pbmac1,
                           plain, run)

LITE, OLD, LAB = (f"{PATH}/p/{name}" for name in ("lite", "old", "lab"))
rows = Rows()


def row(name, build, failure, rule, path=LITE, body="error"):
    rows.add(name, build, body, failure, rule, path)


def refused(failure, rule, path=LITE, body="error"):
    def add(build):
        row(build.__name__.replace("_", "-"), build, failure, rule, path, body)
        return build
    return add


def ir(path=LITE, new=(), **options):
    return lambda w: holder(w, path, *new).ir(**options)


# --- what nobody derives anything from ---

for name, mac in {
        "iterations-2-to-the-31": pbm(written=2**31),
        "iterations-2-to-the-63": pbm(written=2**63),
        "iterations-of-40-octets": pbm(written=2**319),
        "iterations-99": pbm(count=99), "iterations-0": pbm(written=0),
        "iterations-10001": pbm(count=10001),
        "pbkdf2-iterations-2-to-the-31": pbmac1(written=2**31),
        "pbkdf2-iterations-0": pbmac1(written=0),
        "pbkdf2-key-of-2-to-the-31": pbmac1(written_len=2**31),
        "pbkdf2-key-of-1": pbmac1(key_len=1),
        "pbkdf2-key-that-doubles-the-work": pbmac1(count=9000, key_len=64),
}.items():
    row(name, ir(mac=mac), "badAlg", "mac-work-is-bounded")
for name, mac in {
        "salt-of-0": pbm(salt=b""), "salt-of-7": pbm(salt=bytes(7)),
        "salt-of-65": pbm(salt=bytes(65)),
        "salt-of-60-kib": pbm(salt=bytes(60 * 1024)),
        "pbkdf2-salt-of-0": pbmac1(salt=b""),
        "pbkdf2-salt-of-60-kib": pbmac1(salt=bytes(60 * 1024)),
}.items():
    row(name, ir(mac=mac), "badAlg", "mac-salt-is-sane")
for name, path, mac in (
        ("owf-sha1", LITE, pbm("SHA1")), ("hmac-sha1", LITE, pbm(mac="SHA1")),
        ("hmac-sha1-in-open", LAB, pbm(mac="SHA1")),
        ("prf-sha1", LITE, pbmac1("SHA1")),
        ("hmac-under-the-secret-itself", LITE, plain()),
        ("hmac-of-sha1-itself", LAB, plain("SHA1"))):
    row(name, ir(path, mac=mac), "badAlg", "mac-is-allowed", path)

@refused("badAlg", "weak-secret-is-stretched", LAB)
def hmac_under_what_a_person_chose(w):
    reference = f"chosen-{time.monotonic_ns()}"
    run(w.server, "new", "--reference", reference, "--weak", "-",
        text="correct horse\n")
    station = Holder(w.server, reference, "correct horse", LAB, plain())
    return station.ir()



def named_alg(number, *params):
    return pki.alg_id(number, *params), lambda secret, part: bytes(32)


row("dh-based-mac", ir(mac=named_alg("1.2.840.113533.7.66.30", seq())),
    "badAlg", "mac-is-allowed")
row("kem-based-mac", ir(mac=named_alg("1.2.840.113533.7.66.16", seq())),
    "badAlg", "mac-is-allowed")
row("pbm-without-parameters", ir(mac=named_alg(cmp.PBM)), "badDataFormat",
    "mac-is-readable")
row("pbm-with-half-of-them", ir(mac=named_alg(cmp.PBM, seq(octets(bytes(16))))),
    "badDataFormat", "mac-is-readable")
row("pbm-with-a-negative-count", ir(mac=named_alg(cmp.PBM, seq(
    octets(bytes(16)), pki.alg_id(pki.HASH_OIDS["SHA256"]), integer(-5),
    pki.alg_id("1.2.840.113549.2.9")))), "badDataFormat", "mac-is-readable")


# --- where no secret is taken ---

row("in-3gpp-bs", ir(PATH), "wrongIntegrity", "protection-is-signature", PATH)
row("in-3gpp-bs-with-sha1", ir(PATH, mac=pbm("SHA1", "SHA1")),
    "wrongIntegrity", "protection-is-signature", PATH)


@refused("wrongIntegrity", "protection-is-signature")
def kur_under_a_secret(w):
    station = holder(w, LITE, "--uses", 0)
    station.enroll()
    return station.ir(kind="kur")


# --- whose it is ---

@refused("badMessageCheck", "mac-verifies")
def wrong_secret(w):
    return holder(w, LITE).ir(secret=b"another")


@refused("badMessageCheck", "mac-verifies")
def unknown_reference(w):
    return holder(w, LITE).ir(kid=b"unheard-of", cn="unheard-of")


@refused("badMessageCheck", "mac-verifies")
def no_reference_at_all(w):
    return holder(w, LITE).ir(kid=None, cn="")


@refused("badMessageCheck", "mac-verifies")
def secret_that_stands_for_none(w):
    """What the server works with where there is no secret."""
    return holder(w, LITE).ir(kid=b"unheard-of", cn="",
                              secret=b"the secret of a reference nobody has")


@refused("badMessageCheck", "mac-verifies")
def empty_secret_of_nobody(w):
    out = holder(w, LITE).ir(kid=b"unheard-of", cn="")
    out.protect = lambda part: pbm()[1](b"", part)
    return out


@refused("badMessageCheck", "mac-verifies")
def reference_of_another(w):
    return holder(w, LITE).ir(kid=holder(w, LITE).reference)


@refused("badMessageCheck", "mac-verifies")
def bit_flipped_in_the_mac(w):
    out = holder(w, LITE).ir()
    make = out.protect
    out.protect = lambda part: bytes([make(part)[0] ^ 1]) + make(part)[1:]
    return out


@refused("badMessageCheck", "mac-verifies")
def mac_cut_short(w):
    out = holder(w, LITE).ir()
    make = out.protect
    out.protect = lambda part: make(part)[:16]
    return out


@refused("badMessageCheck", "mac-verifies")
def mac_of_no_octets(w):
    out = holder(w, LITE).ir()
    out.protect = lambda part: b""
    return out


@refused("badMessageCheck", "mac-verifies")
def header_changed_on_the_way(w):
    out = holder(w, LITE).ir()
    make = out.protect
    out.protect = lambda part: make(part.replace(
        out.fields["sender_nonce"], bytes(16)))
    return out


# --- what may still be done with it ---

@refused("notAuthorized", "secret-has-uses-left")
def used_up(w):
    station = holder(w, LITE)
    station.enroll()
    return station.ir()


@refused("notAuthorized", "secret-has-uses-left")
def used_up_by_an_open_transaction(w):
    station = holder(w, LITE)
    station.obtain(station.ir())
    return station.ir()


@refused("notAuthorized", "secret-is-current")
def expired(w):
    station = holder(w, LITE, "--expires", "1s")
    time.sleep(1.1)
    return station.ir()


def revoke(w, station):
    run(w.server, "revoke", station.reference.decode())
    return station


@refused("notAuthorized", "secret-is-not-revoked")
def revoked(w):
    return revoke(w, holder(w, LITE)).ir()


@refused("notAuthorized", "secret-is-not-revoked")
def revoked_before_the_cert_conf(w):
    station = holder(w, LITE)
    out = station.ir()
    reply = station.obtain(out)
    return revoke(w, station).conf(out, reply)


row("for-another-profile", ir(LAB, ("--profile", "lite")), "notAuthorized",
    "secret-is-for-profile", LAB)


@refused("notAuthorized", "serial-is-allowed", body="ip")
def serial_not_on_the_allow_list(w):
    return holder(w, LITE, "--vendor", "borealis", "--serial", "5").ir()


# --- transactions ---

@refused("wrongIntegrity", "protection-keeps-kind")
def signed_transaction_continued_by_a_mac(w):
    _, out, reply = w.issued(LITE)
    return holder(w, LITE).conf(out, reply)


@refused("wrongIntegrity", "protection-keeps-kind")
def mac_transaction_continued_by_a_signature(w):
    station, secret = w.station(path=LITE), holder(w, LITE)
    out = secret.ir()
    reply = secret.obtain(out)
    conf = station.conf(out, reply, signer=station.credential)
    conf.extra_certs = [station.credential.cert, *station.credential.chain]
    return conf


@refused("wrongIntegrity", "protection-keeps-kind")
def mac_transaction_continued_by_a_signature_alone(w):
    station, secret = w.station(path=LITE), holder(w, LITE)
    out = secret.ir()
    return station.conf(out, secret.obtain(out), signer=station.credential)


@refused("wrongIntegrity", "protection-keeps-kind")
def mac_transaction_continued_by_the_new_certificate(w):
    secret = holder(w, LITE)
    out = secret.ir()
    reply = secret.obtain(out)
    station = w.as_(pki.Credential(reply.cert.der, out.key), LITE)
    return station.conf(out, reply, signer=station.credential)


@refused("badRequest", "conf-has-transaction")
def cert_conf_of_another_reference(w):
    station, other = holder(w, LITE), holder(w, LITE)
    out = station.ir()
    return other.conf(out, station.obtain(out))


@refused("badMessageCheck", "mac-verifies")
def cert_conf_with_another_secret(w):
    station, other = holder(w, LITE), holder(w, LITE)
    out = station.ir()
    conf = station.conf(out, station.obtain(out))
    conf.protect = lambda part: pbm()[1](other.secret, part)
    return conf


@refused("transactionIdInUse", "transaction-id-is-new")
def transaction_id_used_before(w):
    station = holder(w, LITE, "--uses", 5)
    out = station.ir()
    station.obtain(out)
    return station.ir(transaction_id=out.transaction_id)


@refused("badRecipientNonce", "conf-has-recip-nonce")
def cert_conf_with_another_nonce(w):
    station = holder(w, LITE)
    out = station.ir()
    return station.conf(out, station.obtain(out), recip_nonce=bytes(16))


@refused("badCertId", "conf-hash-is-right")
def cert_conf_for_another_certificate(w):
    station = holder(w, LITE)
    out = station.ir()
    return station.conf(out, station.obtain(out), cert_hash=bytes(32))


# --- proof of possession does not follow from a secret ---

@refused("badPOP", "pop-verifies", body="ip")
def proof_by_another_key(w):
    return holder(w, LITE).ir(popo=lambda req: cmp.popo_signature(
        pki.Key(), req))


@refused("badPOP", "poposk-sender-is-signer", body="ip")
def proof_that_names_another_sender(w):
    key = pki.Key()
    return holder(w, LITE).ir(key, popo=cmp.popo_input(
        key, pki.directory(UNIT)))


# The header, and what needs no key, is judged before the MAC; a MAC that does
# not verify proves no secret that an answer could be protected with.
BEFORE_THE_MAC = {"mac-work-is-bounded", "mac-salt-is-sane", "mac-is-allowed",
                  "mac-is-readable", "protection-is-signature", "mac-verifies",
                  "protection-keeps-kind"}


@pytest.mark.parametrize("build,body,failure,rule,path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    server = world.server
    spoken = len(server.said)
    out = build(world)
    before, mark = server.tables(), server.mark()
    began = time.monotonic()
    response = world.as_(None, path).post(out)
    assert time.monotonic() - began < 2
    assert response.status == 200, response.body
    reply = cmp.Reply(response.body)
    if rule in BEFORE_THE_MAC:
        assert not has_mac(reply)
        reply.check(out, server.root)
    else:
        check_mac(reply, out)
    line = server.wait_lines(mark, "refused")[0]
    assert (reply.kind, reply.failures, line.get("rule")) == \
        (body, {failure}, rule), line
    assert reply.status.status == "rejection"
    assert reply.cert is None
    assert server.tables() == before
    check_told(server, spoken, out, path, line)


def test_one_answer_for_unknown_and_wrong(world):
    """Nothing in it tells which it was, nor does the time it takes."""
    station = holder(world, LITE)
    ways = {"wrong": dict(secret=b"guess"),
            "unknown": dict(kid=b"unheard-of", cn="x")}
    texts, least = {}, {}
    for _ in range(40):
        for name, options in ways.items():
            out = bytes(station.ir(mac=pbm(count=10000), **options))
            began = time.perf_counter()
            reply = cmp.Reply(station.post(out).body)
            took = time.perf_counter() - began
            least[name] = min(took, least.get(name, took))
            assert reply.failures == {"badMessageCheck"}
            texts.setdefault(name, set()).add(tuple(reply.status.texts))
    assert texts["wrong"] == texts["unknown"] and len(texts["wrong"]) == 1
    # What the 10000 rounds cost is in both; a branch left out would be seen.
    assert 0.5 < least["wrong"] / least["unknown"] < 2
