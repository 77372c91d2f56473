"""genm and genp: what the authority tells, and to whom."""
import subprocess
import time

import pytest

from cmplib import der, pki
from cmplib.cmp import id_it, info
from cmplib.der import ctx, oid, seq, utf8
from cmplib.http import PATH

LAB, LIGHT, AHEAD, FEW = (f"{PATH}/p/{name}" for name in
                          ("lab", "light", "ahead", "few"))
UNSUPPORTED = id_it(7)
BOTH = pytest.mark.parametrize("path", [LAB, LIGHT])


def certs(node):
    return [n.der for n in node]


@BOTH
def test_ca_certs(world, path):
    told = world.station(path=path).learn(17)
    assert list(told) == [id_it(17)]
    assert certs(told[id_it(17)]) == [world.server.issuing.der]


@BOTH
def test_no_root_update(world, path):
    told = world.station(path=path).learn(20)
    assert told == {id_it(18): None}


def test_root_update(world):
    expected = [world.new_root.cert, *world.links]
    station = world.station(path=AHEAD)
    for asked in (info(id_it(20)), info(id_it(20), world.server.root.der)):
        update = station.learn(asked)[id_it(18)]
        assert [update[0].der, update[1][0].der, update[2][0].der] == expected
    # Who has the new one, or another's, is told nothing.
    for other in (world.new_root.cert, world.acme.root.cert):
        assert station.learn(info(id_it(20), other)) == {id_it(18): None}
    old_form = station.learn(5)[id_it(5)]
    assert certs(old_form) == [expected[2], expected[1], expected[0]]


@BOTH
def test_template(world, path):
    """What it says is what a certificate here becomes."""
    station = world.station(path=path)
    content = station.learn(19)[id_it(19)]
    template = {n.tag: n for n in content[0]}
    assert set(template) == {0xa5, 0xa9}
    new = station.enroll()
    assert template[0xa5][0].der == new.cert.subject
    extensions = {e[0].oid: e[-1].content for e in template[0xa9]}
    assert extensions["2.5.29.17"] == new.cert.extensions["2.5.29.17"]
    assert extensions["2.5.29.15"] == new.cert.extensions["2.5.29.15"]
    kinds = [k[1] for k in content[1] if k[0].oid == "1.3.6.1.5.5.7.5.1.11"]
    assert pki.alg_id("1.2.840.10045.2.1", oid("1.2.840.10045.3.1.7")) in \
        [k.der for k in kinds]
    assert [k[1].number for k in content[1]
            if k[0].oid == "1.3.6.1.5.5.7.5.1.12"] == [2048, 3072, 4096]


def crl_status(name, seconds=None):
    return seq(name, *([der.x509_time(seconds)] if seconds else []))


def by_issuer(server, seconds=None):
    return info(id_it(22), seq(crl_status(ctx(1, seq(
        pki.directory(server.issuing.subject))), seconds)))


@BOTH
def test_crl(world, path):
    server = world.server
    station = world.station(path=path)
    station.enroll().revoke()
    server.wait_crl()
    newest = wait_crl_told(station, server)
    now = int(time.time())
    assert station.learn(by_issuer(server, now + 60)) == {id_it(23): None}
    told = station.learn(by_issuer(server, now - 3600))[id_it(23)]
    assert certs(told) == [newest]
    if path == LAB:
        assert station.learn(6)[id_it(6)].der == newest
    named = ctx(1, seq(pki.directory(pki.name(CN="Other"))))
    assert station.learn(info(id_it(22), seq(crl_status(named)))) == {
        id_it(23): None}
    url = ctx(0, ctx(0, der.prim(6, b"http://127.0.0.1:1/root.crl")))
    assert station.learn(info(id_it(22), seq(crl_status(url)))) == {
        id_it(23): None}


def wait_crl_told(station, server):
    """The newest one: it is in the store before it is held."""
    end = time.monotonic() + 10
    while True:
        told = certs(station.learn(by_issuer(server))[id_it(23)])
        number = server.query("SELECT der FROM crl ORDER BY number DESC")[0][0]
        if told == [number]:
            return number
        assert time.monotonic() < end
        time.sleep(0.02)


def test_key_types(world):
    station = world.station(path=LAB)
    told = station.learn(2, 3)
    kinds = certs(told[id_it(2)])
    assert kinds[0] == pki.alg_id("1.2.840.10045.2.1",
                                  oid("1.2.840.10045.3.1.7"))
    assert pki.alg_id("1.3.101.112") in kinds
    # The certificates of this profile sign, and nothing else.
    assert certs(told[UNSUPPORTED]) == [oid(id_it(3))]
    told = world.station(path=FEW).learn(3)
    assert certs(told[id_it(3)]) == [pki.alg_id("1.2.840.113549.1.1.1",
                                                der.NULL)]


def test_symmetric_algorithm(world):
    told = world.station(path=LAB).learn(4)
    assert told[id_it(4)][0].oid == "2.16.840.1.101.3.4.1.42"


@pytest.mark.parametrize("asked,parameters", [
    ("1.2.840.10045.2.1", oid("1.2.840.10045.3.1.7")),
    ("1.2.840.113549.1.1.1", der.NULL),
    ("1.3.101.112", b""),
])
def test_key_parameters(world, asked, parameters):
    told = world.station(path=LAB).learn(info(id_it(10), oid(asked)))
    assert told[id_it(11)].der == seq(oid(asked), parameters)


def test_key_parameters_of_an_unknown_one(world):
    told = world.station(path=LAB).learn(info(id_it(10), oid("1.2.3.4")))
    assert told == {id_it(11): None}


@pytest.mark.parametrize("offered,chosen", [
    (["en"], "en"), (["de", "en-GB", "en"], "en-GB"), (["EN"], "EN")])
def test_language(world, offered, chosen):
    told = world.station(path=LAB).learn(
        info(id_it(16), seq(*map(utf8, offered))))
    assert [t.content.decode() for t in told[id_it(16)]] == [chosen]


def test_encryption_certificate(world):
    assert world.station(path=LAB).learn(1) == {id_it(1): None}
    assert world.station(path=FEW).learn(1)[id_it(1)].der == world.encryption


@BOTH
def test_unknown_is_named(world, path):
    station = world.station(path=path)
    for number in ("1.2.3.4", id_it(12), id_it(13), id_it(18), id_it(24)):
        told = station.learn(info(number))
        assert list(told) == [UNSUPPORTED]
        assert certs(told[UNSUPPORTED]) == [oid(number)]


def test_what_is_not_offered_is_named(world):
    told = world.station(path=FEW).learn(17, 19, info("1.2.3"), 6)
    assert set(told) == {id_it(17), UNSUPPORTED}
    assert certs(told[UNSUPPORTED]) == [oid(id_it(19)), oid("1.2.3"),
                                        oid(id_it(6))]


def test_several_keep_their_order(world):
    told = world.station(path=LAB).learn(19, 17, 4)
    assert list(told) == [id_it(19), id_it(17), id_it(4)]


def test_empty(world):
    assert list(world.station(path=LAB).learn()) == [id_it(2), id_it(4)]
    assert list(world.station(path=AHEAD).learn()) == [id_it(2), id_it(4),
                                                       id_it(18)]


def test_nothing_is_stored(world):
    """Not even who asked; the same bytes are answered anew."""
    server = world.server
    station, enrolled = world.station(path=LAB), world.enrolled(LAB)
    server.wait_crl()
    before = server.tables()
    audit = server.query("SELECT count(*) FROM audit WHERE entry LIKE '%genm%'")
    mark = server.mark()
    for who in (station, enrolled):
        out = who.genm(17)
        one, two = who.ask(out), who.ask(out)
        assert one.told[id_it(17)].der == two.told[id_it(17)].der
        assert one.sender_nonce != two.sender_nonce
    assert server.tables() == before
    assert server.query("SELECT count(*) FROM audit WHERE entry LIKE "
                        "'%genm%'") == audit
    assert len(server.wait_lines(mark, "answered", 4)) == 4


def test_a_blocked_station_is_told(world):
    station = world.enrolled(LAB)
    world.server.block("acme", station.cert.text_of("CN").split(".")[0])
    assert id_it(17) in station.learn(17)


# --- OpenSSL as the station ---

@pytest.mark.parametrize("what,says", [
    ("signKeyPairTypes", "signKeyPairTypes"),
    ("preferredSymmAlg", "preferredSymmAlg"),
    ("currentCRL", "currentCRL"),
    ("suppLangTags", None),
])
def test_openssl(world, tmp_path, what, says):
    credential = world.credential()
    (tmp_path / "own.pem").write_text(pki.pem("CERTIFICATE", credential.cert))
    (tmp_path / "own.key").write_bytes(credential.key.pem())
    (tmp_path / "chain.pem").write_text("".join(
        pki.pem("CERTIFICATE", c) for c in credential.chain))
    server = world.server
    done = subprocess.run(
        ["openssl", "cmp", "-config", "", "-cmd", "genm", "-server",
         f"http://127.0.0.1:{server.port}{AHEAD}", "-cert", "own.pem", "-key",
         "own.key", "-untrusted", "chain.pem", "-extracerts", "chain.pem",
         "-trusted", server.folder / "root.pem", "-infotype", what,
         "-msg_timeout", "20"], cwd=tmp_path, capture_output=True, text=True,
        timeout=60)
    said = done.stdout + done.stderr
    if says is None:
        assert "badDataFormat" in said, said
    else:
        assert done.returncode == 0, said
        assert says in said, said


# --- settings that do not fit ---

def settings(**files):
    return "{ " + ", ".join(f"{k}: {v}" for k, v in files.items()) + " }"


@pytest.mark.parametrize("general,says", [
    (settings(new_root="root2.pem"), "go together"),
    (settings(new_with_old="root2-by-root.pem"), "go together"),
    (settings(old_with_new="root-by-root2.pem"), "go together"),
    (settings(new_root="issuing.pem", new_with_old="root2-by-root.pem"),
     "issuing.pem: not a self-signed CA"),
    (settings(new_root="root2.pem", new_with_old="issuing.pem"),
     "issuing.pem: another key"),
    (settings(new_root="root2.pem", new_with_old="root2.pem"),
     "not signed by the operator root"),
    (settings(new_root="root2.pem", new_with_old="root2-by-root.pem",
              old_with_new="root.pem"), "not signed by new_root"),
    (settings(encryption_certificate="cmp.pem"), "keyEncipherment"),
    (settings(encryption_certificate="absent.pem"), "absent.pem"),
    (settings(offered="[caCert]"), "caCerts"),
])
def test_settings_that_do_not_fit(world, stationmaster, general, says):
    server = world.server
    config = server.folder / "wrong.yaml"
    text = server.config.read_text()
    ahead = text.partition("- name: ahead")[2].partition("general: ")[2]
    wrong = text.replace(ahead.partition("\n")[0], general)
    assert wrong != text
    config.write_text(wrong)
    done = subprocess.run([stationmaster, "serve", "--config", str(config)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode != 0
    assert says in done.stdout + done.stderr, done.stderr
