"""What is refused of a registration authority, or of who takes it for one:
nested messages, batches, and requests for stations."""
import pytest

from cmplib import cmp, der, http, pki
from cmplib.der import ctx, octets, seq
from cmplib.ra import Ras, late
from cmplib.rows import Rows, check_refused
from cmplib.secret import holder

rows = Rows()
row, refused = rows.add, rows.refused
LAB, LIGHT, OLD, KEYED = (f"{http.PATH}/p/{name}"
                          for name in ("lab", "light", "old", "keyed"))


def bad(name, build, failure, rule, path=LAB, body="error"):
    row(name, build, body, failure, rule, path)


def ir(w, **options):
    return w.station(path=LAB).ir(**options)


def by(w, signer):
    """An ir with the protection of this one added."""
    return w.ra(signer).added(ir(w))


# --- who sends it ---

bad("nested-to-3gpp-bs", lambda w: w.ra().added(ir(w)), "badRequest",
    "body-is-served", None)
bad("nested-to-legacy-2010", lambda w: w.ra().added(ir(w)), "badRequest",
    "body-is-served", OLD)
bad("nested-where-no-ra-is-heard", lambda w: w.ra().added(ir(w)), "badRequest",
    "body-is-served", http.PATH + "/p/ahead")
bad("ra-of-another-path", lambda w: by(w, w.ras.north), "signerNotTrusted",
    "signer-has-path", KEYED)
bad("ra-unknown", lambda w: by(w, Ras.issue(w.ras.nobody, "x")),
    "signerNotTrusted", "signer-has-path")
bad("ra-unknown-in-rfc9483", lambda w: by(w, Ras.issue(w.ras.nobody, "x")),
    "signerNotTrusted", "signer-has-path", LIGHT)
bad("station-as-ra", lambda w: by(w, w.credential()), "signerNotTrusted",
    "signer-has-path")
bad("operators-station-as-ra", lambda w: by(w, w.enrolled(LAB).credential),
    "signerNotTrusted", "signer-has-path")
bad("ra-that-was-not-named", lambda w: by(w, Ras.issue(w.ras.shared, "west")),
    "notAuthorized", "nested-by-ra")
bad("ra-without-purpose",
    lambda w: by(w, Ras.issue(w.ras.below, "n", more=())), "notAuthorized",
    "nested-by-ra")
bad("ra-with-another-purpose",
    lambda w: by(w, Ras.issue(w.ras.below, "n", more=(
        pki.ext_key_usage(pki.CMC_CA),))), "notAuthorized", "nested-by-ra")
bad("ra-with-any-purpose",
    lambda w: by(w, Ras.issue(w.ras.below, "n", more=(
        pki.ext_key_usage("2.5.29.37.0"),))), "notAuthorized", "nested-by-ra")
bad("ra-expired", lambda w: by(w, Ras.issue(w.ras.below, "n", **late(1))),
    "signerNotTrusted", "signer-has-path")
bad("ra-revoked", lambda w: by(w, w.ras.revoked), "signerNotTrusted",
    "signer-is-not-revoked")
bad("ra-that-no-crl-tells-of", lambda w: by(w, w.ras.fog), "signerNotTrusted",
    "revocation-is-known")
bad("ra-that-may-not-sign",
    lambda w: by(w, Ras.issue(w.ras.below, "n", usage=(
        pki.KEY_ENCIPHERMENT,))), "signerNotTrusted", "signer-may-sign")
bad("ra-that-may-not-nest", lambda w: by(w, w.ras.east), "notAuthorized",
    "ra-may-nest")
bad("ra-that-may-not-nest-in-rfc9483", lambda w: by(w, w.ras.east),
    "notAuthorized", "ra-may-nest", LIGHT)
bad("ra-under-anothers-name",
    lambda w: w.ra().added(ir(w), sender=ctx(4, pki.name(CN="RA x"))),
    "badMessageCheck", "sender-is-signer")


# --- its protection ---

@refused("error", "badMessageCheck", "protection-verifies", LAB)
def nested_with_a_flipped_signature(w):
    out = w.ra().added(ir(w))
    out.protect = lambda part: out.signer.key.sign(part + b"\x00")
    return out


@refused("error", "badMessageCheck", "protection-verifies", LAB)
def nested_whose_content_was_changed(w):
    """Another message of the same header, put in after the signature."""
    ra, first, second = w.ra(), ir(w), ir(w)
    second.fields.update(transaction_id=first.fields["transaction_id"],
                         sender_nonce=first.fields["sender_nonce"])
    out = ra.added(first)
    good = bytes(out)
    out.written = None
    out.content = seq(bytes(second))
    out.protect = lambda part: next(
        n for n in der.read(good) if n.tag == 0xa0)[0].bit_octets
    return out


@refused("error", "badMessageCheck", "message-is-protected", LAB)
def nested_unprotected(w):
    out = w.ra().added(ir(w))
    out.is_protected = False
    return out


@refused("error", "badMessageCheck", "signer-is-sent", LAB)
def nested_without_its_certificate(w):
    out = w.ra().added(ir(w))
    out.extra_certs = []
    return out


@refused("error", "wrongIntegrity", "protection-is-signature", LAB)
def nested_under_a_mac(w):
    alg, compute = cmp.pbm()
    out = w.ra().added(ir(w), protection_alg=alg)
    out.protect = compute
    return out


# --- what it holds ---

@refused("error", "badDataFormat", "message-is-der", LAB)
def empty_batch(w):
    return w.ra().nested()


bad("batch-of-17", lambda w: w.ra().nested(*(ir(w) for _ in range(17))),
    "badRequest", "nested-is-bounded")
bad("batch-of-65", lambda w: w.ra().nested(*(65 * [seq(der.NULL)])),
    "badDataFormat", "message-is-der")
bad("nested-of-no-message", lambda w: w.ra().nested(seq(der.NULL)),
    "badDataFormat", "nested-is-readable")
bad("batch-with-no-message",
    lambda w: w.ra().nested(ir(w), seq(der.octets(b"x")), ir(w)),
    "badDataFormat", "nested-is-readable")
bad("nested-of-one-without-id",
    lambda w: w.ra().nested(ir(w, transaction_id=None)), "badDataFormat",
    "nested-is-readable")
bad("batch-with-a-certificate",
    lambda w: w.ra().nested(ir(w), w.ras.west.cert), "badDataFormat",
    "nested-is-readable")


@refused("error", "badRequest", "nested-is-flat", LAB)
def nested_in_nested(w):
    ra = w.ra()
    return ra.added(ra.added(ir(w)))


@refused("error", "badRequest", "nested-is-flat", LAB)
def nested_in_nested_in_nested(w):
    ra = w.ra()
    return ra.added(ra.added(ra.added(ir(w))))


@refused("error", "badRequest", "nested-is-flat", LIGHT)
def nested_twenty_deep(w):
    ra, out = w.ra(), ir(w)
    for _ in range(20):
        out = ra.added(out)
        out.extra_certs = [ra.credential.cert]
    return out


@refused("error", "badRequest", "nested-is-flat", LAB)
def batch_with_added_protection(w):
    """Under the ID of what it holds, which is a batch."""
    ra = w.ra()
    return ra.added(ra.nested(ir(w), ir(w)))


# --- transactionIDs and nonces: RFC 9483, 5.2.2.1 and 5.2.2.2 ---

bad("added-protection-with-its-own-nonce",
    lambda w: w.ra().added(ir(w), sender_nonce=bytes(range(16))),
    "badSenderNonce", "nested-copies-nonce")
bad("added-protection-without-nonce",
    lambda w: w.ra().added(ir(w), sender_nonce=None), "badSenderNonce",
    "sender-nonce-is-long")
bad("nested-without-id",
    lambda w: w.ra().added(ir(w), transaction_id=None), "badDataFormat",
    "transaction-id-is-there")


@refused("error", "badRequest", "batch-is-fresh", LAB)
def nested_that_copies_the_nonce_alone(w):
    out = ir(w)
    return w.ra().nested(out, sender_nonce=out.fields["sender_nonce"])


@refused("error", "badRequest", "batch-is-fresh", LAB)
def batch_under_the_id_of_one(w):
    outs = [ir(w) for _ in range(3)]
    return w.ra().nested(*outs, transaction_id=outs[1].transaction_id)


@refused("error", "badRequest", "batch-is-fresh", LAB)
def batch_under_the_nonce_of_one(w):
    outs = [ir(w) for _ in range(3)]
    return w.ra().nested(*outs, sender_nonce=outs[2].fields["sender_nonce"])


@refused("error", "badRequest", "batch-is-of-different", LAB)
def batch_of_two_with_one_id(w):
    first = ir(w)
    return w.ra().nested(first, ir(w), ir(
        w, transaction_id=first.transaction_id))


@refused("error", "badRequest", "batch-is-of-different", LIGHT)
def batch_of_one_message_twice(w):
    out = ir(w)
    return w.ra().nested(out, out)


@refused("error", "badRequest", "batch-is-of-different", LAB)
def batch_of_two_with_one_nonce(w):
    first = ir(w)
    return w.ra().nested(first, ir(
        w, sender_nonce=first.fields["sender_nonce"]))


# --- what is inside, refused as the station's ---

def wrap(w, inside):
    out = w.ra().added(inside)
    out.answered_as = inside
    return out


def added(build):
    return lambda w: wrap(w, build(w))


def changed(w):
    """After the station signed."""
    out = ir(w)
    signature = out.signer.key.sign(out.part())
    out.content = seq(w.station().cert_req_msg(pki.Key()))
    out.protect = lambda part: signature
    return out


def unprotected(w):
    out = ir(w)
    out.is_protected = False
    return out


bad("inner-changed-after-signing", added(changed), "badMessageCheck",
    "protection-verifies")
bad("inner-unprotected", added(unprotected), "badMessageCheck",
    "message-is-protected")
bad("inner-of-somebody-unknown",
    added(lambda w: w.station(w.nobody).ir()), "signerNotTrusted",
    "signer-has-path")
bad("inner-with-wrong-possession", added(lambda w: ir(w, popo_key=pki.Key())),
    "badPOP", "pop-verifies", body="ip")
bad("inner-a-response",
    added(lambda w: cmp.outgoing("pkiconf", der.NULL, w.credential())),
    "badRequest", "body-is-served")
bad("inner-pvno-1", added(lambda w: ir(w, pvno=1)), "unsupportedVersion",
    "pvno-is-known")
bad("inner-without-structure",
    added(lambda w: cmp.outgoing("pkiconf", octets(b"x"), w.credential())),
    "badDataFormat", "message-is-der")
bad("inner-in-no-transaction",
    added(lambda w: (lambda s: s.poll(s.ir(), s.ask(s.ir())))(
        w.station(path=LAB))), "badMessageCheck", "signer-is-known")


@refused("ip", "notAuthorized", "station-is-not-blocked", LAB)
def inner_of_a_blocked_station(w):
    """The RA's word does not unblock it."""
    number = 1000 + next(w.numbers)
    station = w.station(number=number, path=LAB)
    station.enroll()
    w.server.block("acme", f"{number:06d}")
    return wrap(w, station.ir())


# --- requests of its own ---

def asks(w, signer=None, vendor=None, kind="ir", **options):
    options.setdefault("subject", w.credential(vendor).subject)
    return w.ra(signer).request(kind, **options)


def on_behalf(name, failure, rule, path=LAB, body="ip", **options):
    bad(name, lambda w: asks(w, **{k: v(w) if callable(v) else v
                                   for k, v in options.items()}),
        failure, rule, path, body)


on_behalf("on-behalf-in-3gpp-bs", "signerNotTrusted", "signer-has-path", None,
          "error")
on_behalf("on-behalf-by-ra-of-another-path", "signerNotTrusted",
          "signer-has-path", KEYED, "error", signer=lambda w: w.ras.east)
# The path lets nobody in whom its own profile does not hear.
on_behalf("on-behalf-by-a-path-that-hears-none", "signerNotTrusted",
          "signer-has-path", http.PATH + "/p/ahead", "error",
          general_info=[cmp.info(cmp.id_it(21), seq(der.utf8("lab")))])
on_behalf("on-behalf-by-ra-that-may-not", "notAuthorized", "ra-may-request",
          signer=lambda w: w.ras.south, vendor=lambda w: w.borealis)
on_behalf("on-behalf-by-ra-that-may-not-in-rfc9483", "notAuthorized",
          "ra-may-request", LIGHT, signer=lambda w: w.ras.north)
on_behalf("on-behalf-of-another-vendors", "notAuthorized", "serial-is-named",
          vendor=lambda w: w.dorado, subject=lambda w: pki.name(CN="BS-00x"))
on_behalf("on-behalf-of-a-vendor-not-its", "notAuthorized", "serial-is-named",
          signer=lambda w: w.ras.east,
          subject=lambda w: w.credential(w.borealis).subject)
on_behalf("on-behalf-of-nobody", "notAuthorized", "serial-is-named",
          subject=None)
on_behalf("on-behalf-of-its-own-name", "notAuthorized", "serial-is-named",
          subject=lambda w: w.ras.west.subject)
on_behalf("on-behalf-of-two-vendors", "notAuthorized", "serial-is-named",
          subject=lambda w: pki.name(CN="BS-001234", serialNumber="1234"))
on_behalf("on-behalf-of-one-not-allowed", "notAuthorized", "serial-is-allowed",
          subject=lambda w: pki.name(CN="x", serialNumber="9999"))
on_behalf("on-behalf-with-wrong-possession", "badPOP", "pop-verifies",
          popo_key=lambda w: pki.Key())
on_behalf("update-on-behalf", "notAuthorized", "kur-by-operator-cert",
          kind="kur", body="kup")
on_behalf("update-on-behalf-in-rfc9483", "notAuthorized",
          "kur-by-operator-cert", LIGHT, kind="kur", body="kup")
bad("on-behalf-unnamed-certificate",
    lambda w: asks(w, Ras.issue(w.ras.shared, "west")), "signerNotTrusted",
    "signer-has-path")


# --- origPKIMessage ---

def brings(name, change, failure, rule, path=LAB, signer="west"):
    """A station's ir, what `change` makes the RA do with it, and the reply."""
    def build(w):
        out = w.station(path=LAB).ir()
        return w.ra(getattr(w.ras, signer)).forwarded(out, **change(w, out))
    row(f"original-{name}", build, "ip", failure, rule, path)


def rewritten(out, **fields):
    out.fields.update(fields)
    out.written = None
    return [bytes(out)]


def twisted(out):
    out.protect = lambda part: out.signer.key.sign(part + b"\x00")
    return rewritten(out)


def deep(w, out):
    """Its own origPKIMessage is not looked at; its form is no ir's."""
    return [bytes(w.ra().nested(out))]


brings("not-sent", lambda w, out: dict(messages=()), "badDataFormat",
       "original-is-readable")
brings("two", lambda w, out: dict(messages=2 * [bytes(out)]), "badDataFormat",
       "original-is-readable")
brings("no-message", lambda w, out: dict(messages=[seq(der.NULL)]),
       "badDataFormat", "original-is-readable")
brings("a-nested", lambda w, out: dict(messages=deep(w, out)),
       "badDataFormat", "original-is-readable")
brings("a-response", lambda w, out: dict(messages=[bytes(cmp.outgoing(
    "pkiconf", der.NULL, out.signer))]), "badDataFormat",
       "original-is-readable")
brings("with-another-id", lambda w, out: dict(transaction_id=bytes(
    range(16))), "notAuthorized", "original-is-the-stations")
brings("with-another-nonce", lambda w, out: dict(sender_nonce=bytes(
    range(16))), "notAuthorized", "original-is-the-stations")
brings("with-a-flipped-signature", lambda w, out: dict(messages=twisted(out)),
       "badMessageCheck", "original-verifies")
brings("of-another-station",
       lambda w, out: dict(subject=w.credential().subject), "notAuthorized",
       "original-is-the-stations")
brings("for-another-key", lambda w, out: dict(key=pki.Key()), "notAuthorized",
       "original-is-the-stations")
brings("for-another-key-in-rfc9483", lambda w, out: dict(key=pki.Key()),
       "notAuthorized", "original-is-the-stations", LIGHT, "proof")


@refused("ip", "notAuthorized", "original-is-sent", LIGHT)
def original_that_is_asked_for(w):
    return asks(w, w.ras.proof)


@refused("ip", "notAuthorized", "original-is-sent", LAB)
def original_under_a_mac(w):
    return w.ra(w.ras.proof).forwarded(holder(w, LAB).ir(),
                                       subject=w.credential().subject)


@refused("ip", "badMessageCheck", "original-verifies", LAB)
def original_unprotected(w):
    out = w.station(path=LAB).ir()
    out.is_protected = False
    return w.ra().forwarded(out)


@refused("ip", "badMessageCheck", "original-verifies", LAB)
def original_without_its_certificate(w):
    out = w.station(path=LAB).ir()
    out.extra_certs = []
    return w.ra().forwarded(out)


@refused("ip", "badMessageCheck", "original-verifies", LAB)
def original_of_somebody_unknown(w):
    out = w.station(w.nobody, path=LAB).ir()
    return w.ra().forwarded(out, subject=w.credential().subject)


@refused("ip", "badMessageCheck", "original-verifies", LAB)
def original_without_possession(w):
    return w.ra().forwarded(w.station(path=LAB).ir(popo_key=pki.Key()))


@refused("ip", "badMessageCheck", "original-verifies", LAB)
def original_without_a_proof(w):
    return w.ra().forwarded(w.station(path=LAB).ir(popo=b""))


@refused("ip", "badMessageCheck", "original-verifies", LAB)
def original_whose_station_says_ra_verified(w):
    return w.ra().forwarded(w.station(path=LAB).ir(popo=cmp.RA_VERIFIED))


@refused("ip", "badMessageCheck", "original-verifies", LAB)
def original_of_several_where_one_has_no_proof(w):
    """One of two keys is shown to be the station's: not enough."""
    station, keys = w.station(path=LAB), [pki.Key(), pki.Key()]
    out = station.several("ir", *(station.cert_req_msg(
        key, number=n, popo_key=pki.Key() if n else None)
        for n, key in enumerate(keys)))
    ra, name = w.ra(), station.credential.subject
    return ra.several("ir", *(ra.cert_req_msg(
        key, number=n, subject=name, popo=cmp.RA_VERIFIED)
        for n, key in enumerate(keys)),
        transaction_id=out.fields["transaction_id"],
        sender_nonce=out.fields["sender_nonce"],
        general_info=[cmp.info(cmp.id_it(15), seq(bytes(out)))])


@refused("ip", "notAuthorized", "original-is-the-stations", LAB)
def original_of_an_ra(w):
    """Two RAs are no station."""
    east, station = w.ra(w.ras.east), w.credential()
    out = east.ir(subject=station.subject)
    return w.ra().forwarded(out, subject=station.subject)


# --- raVerified ---

RA_VERIFIED = dict(popo=cmp.RA_VERIFIED)
on_behalf("ra-verified-by-ra-that-may-not", "notAuthorized",
          "ra-verified-by-ra", signer=lambda w: w.ras.east, **RA_VERIFIED)
on_behalf("ra-verified-by-ra-that-may-not-in-rfc9483", "notAuthorized",
          "ra-verified-by-ra", LIGHT, signer=lambda w: w.ras.east,
          **RA_VERIFIED)
on_behalf("ra-verified-update", "notAuthorized", "kur-by-operator-cert",
          kind="kur", body="kup", **RA_VERIFIED)
on_behalf("ra-verified-of-no-sound-key", "badCertTemplate", "new-key-is-sound",
          key=lambda w: off_curve(), **RA_VERIFIED)
for profile in (None, LAB, LIGHT, OLD):
    bad(f"ra-verified-by-a-station-{(profile or 'bs')[-4:].strip('/')}",
        lambda w: w.station().ir(popo=cmp.RA_VERIFIED), "notAuthorized",
        "ra-verified-by-ra", profile, "ip")
    bad(f"ra-verified-update-by-a-station-{(profile or 'bs')[-4:].strip('/')}",
        lambda w: w.enrolled().kur(popo=cmp.RA_VERIFIED), "notAuthorized",
        "ra-verified-by-ra", profile, "kup")
# The RA's nested says that it verified the message, not that it may be another.
bad("ra-verified-inside-by-a-station",
    added(lambda w: ir(w, popo=cmp.RA_VERIFIED)), "notAuthorized",
    "ra-verified-by-ra", body="ip")


def off_curve():
    key = pki.Key()
    spki = bytearray(key.spki)
    spki[-1] ^= 1
    key.spki = bytes(spki)
    return key


@refused("ip", "notAuthorized", "ra-asks-for-one", LAB)
def on_behalf_of_two_stations(w):
    ra = w.ra()
    return ra.several("ir", *(
        ra.cert_req_msg(pki.Key(), subject=w.credential().subject, number=n)
        for n in range(2)))


@refused("ip", "notAuthorized", "station-is-not-blocked", LAB)
def on_behalf_of_a_blocked_station(w):
    number = 1000 + next(w.numbers)
    w.station(number=number, path=LAB).enroll()
    w.server.block("acme", f"{number:06d}")
    return asks(w, subject=pki.name(CN=f"BS-{number:06d}"))


@refused("error", "badRequest", "conf-has-transaction", LAB)
def confirmation_by_ra_of_what_it_did_not_ask(w):
    """A certConf is of the credential that asked."""
    station = w.station(path=LAB)
    out = station.ir()
    reply = station.obtain(out)
    ra = w.ra()
    conf = ra.conf(out, reply, signer=ra.credential)
    conf.extra_certs = [ra.credential.cert]
    return conf


@refused("error", "badRequest", "conf-has-transaction", LAB)
def confirmation_by_station_of_what_its_ra_asked(w):
    number = 1000 + next(w.numbers)
    ra, credential = w.ra(path=LAB), w.credential(number=number)
    out = ra.ir(subject=credential.subject)
    conf = ra.conf(out, ra.obtain(out), signer=credential)
    conf.extra_certs = [credential.cert, *credential.chain]
    return conf


# --- revocation ---

def revokes(signer, vendor):
    return lambda w: w.ra(signer(w)).rr(
        w.enrolled(LAB, **({"vendor": vendor(w)} if vendor else {})).cert)


bad("rr-by-ra-that-may-not", revokes(lambda w: w.ras.east, None),
    "notAuthorized", "ra-may-revoke", body="rp")
bad("rr-by-ra-that-may-not-in-rfc9483", revokes(lambda w: w.ras.north, None),
    "notAuthorized", "ra-may-revoke", LIGHT, "rp")
bad("rr-by-ra-of-another-vendor", revokes(lambda w: w.ras.south, None),
    "notAuthorized", "revoked-is-the-stations", body="rp")
bad("rr-by-ra-for-a-serial-never-given",
    lambda w: w.ra().rr(details=[cmp.rev_details(
        w.server.issuing.subject, 0x1234, [cmp.reason_code(1)])]),
    "badCertId", "revoked-is-known", body="rp")
bad("rr-by-ra-for-itself", lambda w: w.ra().rr(), "wrongAuthority",
    "revoked-is-of-our-ca", body="rp")
bad("rr-by-ra-revoked", revokes(lambda w: w.ras.revoked, None),
    "signerNotTrusted", "signer-is-not-revoked")


@refused("rp", "certRevoked", "revoked-once", LIGHT)
def rr_by_ra_twice(w):
    ra, cert = w.ra(path=LIGHT), w.enrolled(LIGHT).cert
    ra.revoke(cert)
    return ra.rr(cert)


@refused("rp", "notAuthorized", "release-by-unblocked", LAB)
def release_by_ra_of_a_blocked_station(w):
    """It is the station's state that counts."""
    ra, holder = w.ra(path=LAB), w.enrolled(LAB)
    ra.revoke(holder.cert, reason="certificateHold")
    w.server.block("acme", holder.cert.text_of("CN").split(".")[0])
    return ra.rr(holder.cert, reason="removeFromCRL")


@pytest.mark.parametrize("build,body,failure,rule,path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    check_refused(world, build, body, failure, rule, path)


@pytest.mark.parametrize("kind", ["added", "batch"])
def test_any_octet_changed(world, kind):
    """Nothing of a nested can be changed on its way: what the RA's signature
    leaves out, its certificate, is the one configured."""
    ra = world.ra(path=LAB)
    out = ra.added(ir(world)) if kind == "added" else ra.nested(
        ir(world), ir(world))
    good = bytes(out)
    before = world.server.tables()
    with http.Connection(world.server.port) as connection:
        for at in range(len(good)):
            bad = bytearray(good)
            bad[at] ^= 1 << (at * 5 + 3) % 8
            response = connection.ask(http.request(bytes(bad), LAB))
            if response.status != 400:
                assert response.status == 200
                assert cmp.Reply(response.body).kind == "error", at
            elif response.closes:
                connection.__exit__()
                connection.__init__(world.server.port)
    assert world.server.tables() == before
    assert ra.post(good).status == 200
    assert world.server.tables() != before


def test_list_of_refusals_is_long():
    assert len(rows.params) >= 70
