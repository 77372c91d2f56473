"""What has to be taken, beside all that is refused: each of these ends with a
certificate, so that a server that refuses everything passes nothing."""
import time

import pytest

from cmplib import cmp, der, http, pki
from cmplib.der import ctx, read, seq
from cmplib.http import PATH, Connection, chunked, request

LAB = PATH + "/p/lab"
UNIT = pki.name(CN="unit")
KINDS = ("P-256", "P-384", "P-521", "RSA-2048", "Ed25519", "Ed448")


def findings(world, mark):
    """Of the certificate issued last."""
    line = world.server.wait_lines(mark, "issued")[-1]
    return set(line.get("findings", "").split(",")) - {""}


def key_of(kind, number=0):
    return pki.slow_key(kind, number) if kind[:3] == "RSA" else pki.Key(kind)


# --- the plain case, looked at closely ---

def test_the_certificate_and_its_reply(world):
    server = world.server
    station = world.station(number=777001)
    out = station.ir()
    reply = station.obtain(out)
    cert = reply.cert
    assert reply.kind == "ip" and reply.pvno == 2
    assert reply.status.status == "accepted"
    assert cert.text_of("CN") == "777001.acme"
    assert cert.extensions["2.5.29.17"] == seq(
        pki.dns("777001.acme.ran.example"))
    assert cert.extensions["2.5.29.15"] == der.named_bits(0)
    assert read(cert.extensions["2.5.29.14"]).content == pki.key_id(cert.spki)
    assert read(cert.extensions["2.5.29.35"])[0].content == server.issuing.ski
    assert "2.5.29.19" not in cert.extensions
    assert cert.serial.bit_length() > 120
    sent = [c.der for c in reply.extra_certs]
    assert len(sent) == len(set(sent))
    assert set(sent) == {server.cmp_signer.der, server.issuing.der,
                         server.root.der}
    wait = reply.wait_time
    assert reply.message_time and wait > time.strftime(
        "%Y%m%d%H%M%SZ", time.gmtime())
    station.confirm(out, reply)


def test_renewed_again_and_again(world):
    station = world.enrolled()
    for _ in range(3):
        old, station = station, station.renew()
        assert station.cert.subject == old.cert.subject
        assert (station.cert.extensions["2.5.29.17"] ==
                old.cert.extensions["2.5.29.17"])


# --- algorithms ---

@pytest.mark.parametrize("kind", KINDS)
def test_keys_of_the_vendor(world, kind):
    world.station(key=key_of(kind)).enroll()


@pytest.mark.parametrize("kind", KINDS)
def test_keys_of_the_operator(world, kind):
    station = world.station()
    holder = station.enroll(station.ir(key_of(kind, 1)))
    holder.renew(holder.kur(key_of(kind, 2)))


@pytest.mark.parametrize("algorithm", ["rsa-sha384", "rsa-sha512", "pss-sha256",
                                       "pss-sha384", "pss-sha512"])
def test_algorithms_of_rsa(world, algorithm):
    station = world.station(key=key_of("RSA-2048"))
    out = station.ir(key_of("RSA-2048", 1), popo_alg=algorithm)
    out.algorithm = algorithm
    reply = station.obtain(out)
    conf = station.conf(out, reply)
    conf.algorithm = algorithm
    assert station.ask(conf).kind == "pkiconf"


@pytest.mark.parametrize("algorithm", ["ecdsa-sha384", "ecdsa-sha512"])
def test_longer_digests(world, algorithm):
    station = world.station()
    out = station.ir(popo_alg=algorithm)
    out.algorithm = algorithm
    station.enroll(out)


def test_vendor_with_p384(world):
    world.station(world.borealis).enroll()


# --- the template ---

TAKEN = {
    "no-subject": {},
    "null-dn": dict(subject=der.NULL_DN),
    "subject": dict(subject=UNIT),
    "version-3": dict(fields={"version": b"\x02"}),
    "end-entity": dict(extensions=[pki.basic_constraints(False)]),
    "key-usage": dict(extensions=[pki.key_usage(pki.DIGITAL_SIGNATURE)]),
    "purpose": dict(extensions=[pki.ext_key_usage("1.3.6.1.5.5.7.3.17")]),
    "alt-name": dict(extensions=[pki.alt_names(pki.dns("free.example"))]),
    "unknown-critical-extension":
        dict(extensions=[pki.extension("1.3.6.1.4.1.99999.9", der.NULL, True)]),
    "validity": dict(fields={"validity": ctx(0, der.utc_time(0)) +
                             ctx(1, der.generalized_time(4 * 10 ** 9))}),
    "unknown-control": dict(controls=[seq(der.oid("1.3.6.1.4.1.99999.8"),
                                          der.NULL)]),
}


@pytest.mark.parametrize("wish", TAKEN.values(), ids=TAKEN)
def test_template(world, wish):
    """Of a wish the certificate has what the profile says, no more."""
    station = world.station()
    reply = station.obtain(station.ir(**wish))
    is_changed = "extensions" in wish or "validity" in wish.get("fields", {})
    assert reply.status.status == (
        "grantedWithMods" if "subject" in wish or is_changed else "accepted")
    assert set(reply.cert.extensions) == {
        f"2.5.29.{n}" for n in (14, 15, 17, 35)}
    assert reply.cert.text_of("CN").endswith(".acme")


def test_proof_in_the_form_of_the_other_case(world):
    """RFC 4211 wants poposkInput where subject is missing, and only there."""
    station, key = world.station(), pki.Key()
    for wish in (dict(popo=lambda req: cmp.popo_signature(key, req)),
                 dict(subject=UNIT, popo=cmp.popo_input(
                     key, ctx(4, station.credential.subject)))):
        mark = world.server.mark()
        station.enroll(station.ir(key, **wish))
        assert findings(world, mark) == {"poposk-input-fits-template"}


def test_issuer_named_rightly(world):
    station = world.station()
    station.enroll(station.ir(fields={"issuer": world.server.issuing.subject}))


def test_suggested_name_kept(world):
    name = pki.name(O="Mine", CN="tower of london")
    wish = pki.alt_names(pki.dns("tower.example"))
    station = world.station(world.borealis)
    out = station.ir(subject=name, extensions=[wish])
    reply = station.obtain(out)
    assert reply.cert.subject == name
    assert reply.cert.extensions["2.5.29.17"] == seq(pki.dns("tower.example"))
    station.confirm(out, reply)
    # The same station may ask for its own name again.
    station.enroll(station.ir(subject=name, extensions=[wish]))
    station.holding(out, reply).renew()


def test_vendor_key_certified(world):
    station = world.station()
    mark = world.server.mark()
    station.enroll(station.ir(station.credential.key))
    assert findings(world, mark) == {"vendor-key-better-not-reused"}


def test_kur_in_its_forms(world):
    for options in (dict(subject=None), dict(message_time=None),
                    dict(extensions="same"), dict(controls="same")):
        station = world.enrolled()
        if "extensions" in options:
            options["extensions"] = [pki.extension(
                "2.5.29.17", station.cert.extensions["2.5.29.17"])]
        if "controls" in options:
            options["controls"] = [cmp.old_cert_id(station.cert)]
        station.renew(station.kur(**options))


# --- the header ---

FAR = int(time.time()) - 40 * pki.YEAR
HEADERS = {
    "long-nonce": (dict(sender_nonce=bytes(64)), set()),
    "long-transaction-id": (dict(transaction_id=bytes(range(64))), set()),
    "short-transaction-id": (dict(transaction_id=b"\x01\x02\x03"),
                             {"transaction-id-is-long"}),
    "no-message-time": (dict(message_time=None), set()),
    "clock-not-set": (dict(message_time=FAR), {"time-is-near"}),
    "no-sender-kid": (dict(sender_kid=None), set()),
    "recip-nonce": (dict(recip_nonce=bytes(16)), {"first-has-no-recip-nonce"}),
    "recipient": (dict(recipient=ctx(4, pki.name(CN="You"))), set()),
    "recipient-dns": (dict(recipient=der.prim(2, b"ra.example")),
                      {"recipient-is-directory"}),
    "pvno-3": (dict(pvno=3), {"version-is-needed"}),
    "usage-of-rsa": (dict(extensions=[pki.extension(
        "2.5.29.15", der.named_bits(0, 2), True)]), {"usage-fits-key"}),
    "free-text": (dict(free_text=["Guten Morgen", "ünïcode"]), set()),
    "unknown-info":
        (dict(general_info=[cmp.info("1.3.6.1.4.1.99999.1", der.NULL)]), set()),
    "implicit-confirm":
        (dict(general_info=[cmp.info(cmp.IMPLICIT_CONFIRM, der.NULL)]),
         {"implicit-confirm-not-asked"}),
}


@pytest.mark.parametrize("fields,bent", HEADERS.values(), ids=HEADERS)
def test_header(world, fields, bent):
    station, mark = world.station(), world.server.mark()
    out = station.ir(**fields)
    reply = station.obtain(out)
    assert cmp.IMPLICIT_CONFIRM not in reply.infos
    assert reply.pvno == fields.get("pvno", 2)
    assert findings(world, mark) == bent
    station.confirm(out, reply)


def test_implicit_confirm_granted(world):
    station = world.station(path=LAB)
    out = station.ir(general_info=[cmp.info(cmp.IMPLICIT_CONFIRM, der.NULL)])
    reply = station.obtain(out)
    assert reply.infos[cmp.IMPLICIT_CONFIRM][0].der == der.NULL
    assert reply.wait_time is None
    station.holding(out, reply).renew()


def test_cr_in_the_open_profile(world):
    station = world.station(path=LAB)
    out = station.request("cr")
    reply = station.obtain(out)
    assert reply.kind == "cp"
    station.confirm(out, reply)


# --- extraCerts ---

def reordered(out, world):
    leaf, *chain = out.extra_certs
    return [*chain, leaf]


def with_junk(out, world):
    strangers = [world.credential(world.nobody).cert for _ in range(12)]
    return [seq(der.integer(1)), world.server.root.der, *strangers,
            *reversed(out.extra_certs), world.acme.root.cert,
            *out.extra_certs]


@pytest.mark.parametrize("arrange", [reordered, with_junk])
def test_extra_certs(world, arrange):
    station = world.station()
    out = station.ir()
    out.extra_certs = arrange(out, world)
    station.enroll(out)


def test_intermediate_known_beforehand(world):
    station = world.station(world.ember)
    station.credential.chain = []
    station.enroll()


def test_leaf_right_below_the_anchor(world):
    world.station(ca=world.acme.root).enroll()


# --- vendors ---

def test_the_same_serial_from_another_vendor(world):
    one = world.station(world.acme, 888001).enroll()
    other = world.station(world.dorado, 888001).enroll()
    assert one.cert.subject != other.cert.subject
    one.renew(), other.renew()


def test_the_same_station_enrols_again(world):
    station = world.station()
    assert (station.enroll().cert.subject == station.enroll().cert.subject)


def test_quirks_by_name(world):
    mark = world.server.mark()
    station = world.station(world.dorado, usage=(pki.KEY_ENCIPHERMENT,))
    out = station.ir(sender=ctx(4, pki.name(CN="who")))
    reply = station.obtain(out)
    assert findings(world, mark) == {"revocation-is-known", "sender-is-signer",
                                     "signer-may-sign"}
    answer = station.ask(station.conf(out, reply,
                                      sender=ctx(4, pki.name(CN="who"))))
    assert answer.kind == "pkiconf"


def test_sender_of_another_kind(world):
    mark = world.server.mark()
    station = world.station(world.dorado)
    station.obtain(station.ir(sender=der.prim(2, b"bs.example")))
    assert findings(world, mark) == {"revocation-is-known", "sender-is-signer",
                                     "sender-is-directory"}


# --- certConf ---

CONFS = {
    "accepted": (dict(status="accepted"), 2, "CONFIRMED"),
    "hash-alg": (dict(pvno=3, hash_alg=pki.alg_id(pki.HASH_OIDS["SHA384"])),
                 2, "CONFIRMED"),
    "rejection": (dict(status="rejection"), 3, "REJECTED"),
    "no-status": (dict(statuses=[]), 3, "REJECTED"),
}


@pytest.mark.parametrize("options,status,name", CONFS.values(), ids=CONFS)
def test_conf(world, options, status, name):
    station, out, reply = world.issued()
    if "hash_alg" in options:
        options = {**options, "cert_hash": reply.cert.hash("SHA384")}
    station.confirm(out, reply, **options)
    (found, revoked), = world.server.query(
        "SELECT status, revoked_at != 0 FROM certificate WHERE der = ?",
        reply.cert.der)
    assert (found, revoked) == (status, name == "REJECTED")


def test_conf_at_a_lower_version(world):
    station = world.station()
    out = station.ir(pvno=3)
    reply = station.obtain(out)
    mark = world.server.mark()
    station.confirm(out, reply, pvno=2)
    line = world.server.wait_lines(mark, "confirmed")[0]
    assert line["findings"] == "conf-keeps-version"


def test_conf_with_certs(world):
    station, out, reply = world.issued()
    conf = station.conf(out, reply)
    conf.extra_certs = [out.signer.cert, *out.signer.chain]
    assert station.ask(conf).kind == "pkiconf"


# --- transport ---

POSTS = {
    "plain": lambda d: request(d),
    "http-1.0": lambda d: request(d, version="1.0"),
    "chunked": lambda d: chunked(d),
    "chunked-small": lambda d: chunked(d, 7),
    "chunked-whole": lambda d: chunked(d, 70000),
    "trailing-slash": lambda d: request(d, PATH + "/"),
    "query": lambda d: request(d, PATH + "?a=b"),
    "profile-path": lambda d: request(d, PATH + "/p/bs"),
    "legacy-path": lambda d: request(d, "/pkix/"),
    "legacy-path-without-slash": lambda d: request(d, "/pkix"),
    "media-type-with-parameter":
        lambda d: request(d, media=http.CMP + "; charset=binary"),
    "media-type-in-capitals": lambda d: request(d, media="Application/PKIXCMP"),
    "expect-continue": lambda d: request(d, headers=["Expect: 100-continue"]),
}


@pytest.mark.parametrize("wrap", POSTS.values(), ids=POSTS)
def test_post(world, wrap):
    station = world.station()
    out = station.ir()
    with Connection(world.server.port) as connection:
        response = connection.ask(wrap(bytes(out)))
        assert response.status == 200
        reply = cmp.Reply(response.body)
        reply.check(out, world.server.root)
    station.confirm(out, reply)


def test_two_stations_on_one_connection(world):
    """As behind a proxy: messages belong by their transactionID."""
    ours = [world.station(), world.station()]
    outs = [s.ir() for s in ours]
    with Connection(world.server.port) as connection:
        replies = [cmp.Reply(connection.ask(request(bytes(o))).body)
                   for o in outs]
        confs = [s.conf(o, r) for s, o, r in zip(ours, outs, replies)]
        for conf in reversed(confs):
            answer = cmp.Reply(connection.ask(request(bytes(conf))).body)
            answer.check(conf, world.server.root, world.server.cmp_signer)
            assert answer.kind == "pkiconf"


def test_two_requests_at_once(world):
    """Pipelined: answered in their order."""
    outs = [world.station().ir() for _ in range(3)]
    with Connection(world.server.port) as connection:
        connection.send(b"".join(request(bytes(o)) for o in outs))
        for out in outs:
            reply = cmp.Reply(connection.receive().body)
            reply.check(out, world.server.root)


def test_tls(world):
    context = http.tls_context(world.server.folder / "root.pem")
    world.station(tls=context).enroll().renew()
