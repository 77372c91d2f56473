"""station ask: what the authority tells a base station, and what the station
refuses to be told."""
import json
import time

import pytest

from cmplib import cmp, der, pki
from cmplib.cmp import id_it, info
from cmplib.der import ctx, integer, oid, prim, seq, utf8
from cmplib.http import PATH
from cmplib.liar import Liar, operator_signer
from cmplib.program import Program
from cmplib.secret import run as secret

LAB, AHEAD, FEW, LIGHT = (f"{PATH}/p/{name}" for name in
                          ("lab", "ahead", "few", "light"))
EC = oid("1.2.840.10045.2.1")
P256 = pki.alg_id("1.2.840.10045.2.1", oid("1.2.840.10045.3.1.7"))
DAY = pki.DAY


class Asker(Program):
    """A station that asks this server, or who else has the port."""

    def __init__(self, world, program, folder):
        self.server = world.server
        super().__init__(program, folder, world.credential(),
                         world.server.folder / "root.pem")
        self.identity = ["--cert", self.folder / "vendor.pem", "--key",
                         self.folder / "vendor.key", "--chain",
                         self.folder / "chain.pem", "--root", self.root]

    def asks(self, *more, path=LAB, port=None):
        url = f"http://127.0.0.1:{port or self.server.port}{path}"
        return self.command("ask", "--url", url, "--once", *self.identity,
                            *more)

    def told(self, *more, **options):
        """What `ask --json` says."""
        return json.loads(self.must(self.asks(*more, "--json", **options)))

    def enrolled(self):
        self.must(self.enroll(self.server.port, path=LAB))
        self.identity = []
        return self


@pytest.fixture
def asker(world, station, tmp_path):
    return Asker(world, station, tmp_path / "asker")


def sha256(cert):
    return pki.Cert(cert).hash("SHA256").hex()


def pems(path):
    return [pki.from_pem(part) for part in path.read_text().split(
        "-----END CERTIFICATE-----\n") if part]


# --- what our server tells ---

def test_ca_certs(world, asker, tmp_path):
    """Asked as the vendor's station, then as the operator's."""
    out = tmp_path / "out"
    for _ in range(2):
        told = asker.told("caCerts", "--out", out)
        cert, = told["told"]["caCerts"]
        assert cert["sha256"] == sha256(world.server.issuing.der)
        assert cert["trusted"]
        assert told["files"] == [str(out / "ca-certs.pem")]
        assert pems(out / "ca-certs.pem") == [world.server.issuing.der]
        if asker.cert() is None:
            asker.enrolled()
    assert [m["sent"] for m in told["messages"] if "sent" in m] == ["genm"]


def test_several_and_as_text(asker):
    words = ("caCerts", "certReqTemplate", "signKeyPairTypes",
             "encKeyPairTypes", "preferredSymmAlg", "keyPairParam",
             "suppLangTags", "caProtEncCert", "--algorithm",
             "1.2.840.10045.2.1", "--language", "de", "--language", "en-GB")
    told = asker.told(*words)
    assert told["told"]["signKeyPairTypes"][0] == "P-256"
    assert told["told"]["preferredSymmAlg"] == "id-aes256-CBC"
    assert told["told"]["keyPairParam"] == "P-256"
    assert told["told"]["suppLangTags"] == "en-GB"
    assert told["told"]["caProtEncCert"] is None
    assert told["unsupported"] == ["encKeyPairTypes"]
    form = told["told"]["certReqTemplate"]
    assert "CN=" in form["subject"] and "RSA:3072" in form["keys"]
    assert "id-ce-subjectAltName" in form["extensions"]
    text = asker.must(asker.asks(*words))
    for said in ("en-GB", "P-256", "not supported there", "nothing to tell",
                 form["subject"]):
        assert said in text


def test_whatever_there_is(asker):
    assert set(asker.told()["told"]) == {"signKeyPairTypes",
                                         "preferredSymmAlg"}
    assert "rootCaCert" in asker.told(path=AHEAD)["told"]


def test_encryption_certificate(world, asker, tmp_path):
    told = asker.told("caProtEncCert", "--out", tmp_path / "out", path=FEW)
    assert told["told"]["caProtEncCert"]["sha256"] == sha256(world.encryption)
    assert pems(tmp_path / "out" / "encryption.pem") == [world.encryption]


def test_crls(world, asker, tmp_path):
    asker.enrolled()
    out = tmp_path / "out"
    told = asker.told("crlStatusList", "currentCRL", "--out", out)["told"]
    issuing = world.server.issuing.text_of("CN")
    assert issuing in told["currentCRL"]["issuer"]
    assert told["crlStatusList"] == [told["currentCRL"]]
    # Now that one is at hand, none is newer.
    again = asker.told("crlStatusList", "--out", out)["told"]
    assert again["crlStatusList"] is None or \
        again["crlStatusList"] != told["crlStatusList"]
    other = asker.told("crlStatusList", "--crl-issuer", "CN=Other")["told"]
    assert other["crlStatusList"] is None
    by_url = asker.told("crlStatusList", "--crl-url", "http://x/y.crl")["told"]
    assert by_url["crlStatusList"] is None


def test_a_transaction_under_way_stays(world, asker, free_port):
    nobody = f"http://127.0.0.1:{free_port()}/"
    asker.run(asker.command("enroll", "--url", nobody, "--once",
                            *asker.identity))
    before = (asker.state / "pending").read_bytes()
    asker.told("caCerts")
    assert (asker.state / "pending").read_bytes() == before


def test_usage(asker):
    for words, code, says in (
            (["caCert"], 2, "nothing can be asked"),
            (["keyPairParam"], 2, "OID"),
            (["suppLangTags"], 2, "languages"),
            (["keyPairParam", "--algorithm", "EC"], 2, "OID")):
        done = asker.run(asker.asks(*words))
        assert done.returncode == code and says in done.stderr, done.stderr
    done = asker.run(asker.asks("caCerts", path=PATH))
    assert done.returncode == 1 and "badRequest" in done.stderr
    done = asker.run(asker.asks("caCerts", "signKeyPairTypes", path=LIGHT))
    assert done.returncode == 1 and "refused" in done.stderr
    asker.identity = asker.identity[:-2]
    done = asker.run(asker.asks("caCerts"))
    assert done.returncode == 3 and "no operator root" in done.stderr


# --- an update of the root ---

def test_root_update(world, asker, tmp_path):
    asker.enrolled()
    out = tmp_path / "out"
    told = asker.told("rootCaCert", "--out", out, path=AHEAD)
    update = told["told"]["rootCaCert"]
    new = sha256(world.new_root.cert)
    assert update["new_root"]["sha256"] == new and not update["installed"]
    assert pems(out / "new-root.pem") == [world.new_root.cert]
    assert [pems(out / f"{name}.pem") for name in
            ("new-with-old", "old-with-new")] == [[c] for c in world.links]
    assert asker.status()["root_updates"] == []

    # Until it is taken, nobody below it is believed.
    with Liar(below(world.new_root), tells(info(id_it(17)))) as follower:
        done = asker.run(asker.asks("caCerts", port=follower.port))
        assert done.returncode == 5 and "not believed" in done.stdout
        old = asker.told("caKeyUpdateInfo", path=AHEAD)["told"]
        assert old["caKeyUpdateInfo"]["new_root"]["sha256"] == new
        text = asker.must(asker.asks("rootCaCert", "--install", path=AHEAD))
        assert "taken as operator root" in text
        assert [u["sha256"] for u in asker.status()["root_updates"]] == [new]
        assert new in asker.must(asker.command("roots"))
        assert asker.told("caCerts", port=follower.port)["told"] == {
            "caCerts": None}
    assert pems(asker.state / "updates.pem") == [world.new_root.cert]
    # Who has it is told nothing, and the old root still holds.
    assert asker.told("rootCaCert", path=AHEAD)["told"] == {"rootCaCert": None}
    asker.must(asker.command("renew", "--once"))


def test_an_update_falls_with_its_root(world, asker):
    asker.must(asker.asks("rootCaCert", "--install", path=AHEAD))
    with Liar(below(world.new_root), tells(info(id_it(17)))) as follower:
        assert asker.told("caCerts", port=follower.port)
        other = asker.folder / "other.pem"
        other.write_text(pki.pem("CERTIFICATE", world.acme.root.cert))
        asker.identity[-1] = other
        done = asker.run(asker.asks("caCerts", port=follower.port))
        assert done.returncode == 5 and "not believed" in done.stdout


def test_without_its_proof_an_update_is_nothing(world, asker):
    asker.state.mkdir(mode=0o700)
    (asker.state / "updates.pem").write_text(
        pki.pem("CERTIFICATE", world.new_root.cert))
    with Liar(below(world.new_root), tells(info(id_it(17)))) as follower:
        done = asker.run(asker.asks("caCerts", port=follower.port))
        assert done.returncode == 5 and "not believed" in done.stdout


# --- what is refused ---

def below(ca):
    """Who may answer for this CA."""
    return ca.issue(pki.name(CN="CMP of another key"),
                    more=[pki.ext_key_usage(pki.CMC_RA)])


def tells(*infos, **changes):
    return lambda asked: ("genp", seq(*infos), changes)


@pytest.fixture(scope="module")
def cast(world):
    """Keys and certificates to tell wrong things with."""
    return Cast(world)


class Cast:
    def __init__(self, world):
        server = self.server = world.server
        self.signer = operator_signer(server)
        self.root_key = pki.Key.load(server.folder / "root.key")
        self.issuing_key = pki.Key.load(server.folder / "issuing.key")
        self.root, self.new, self.links = (server.root, world.new_root,
                                           world.links)
        self.other = pki.CA(server.root.subject)
        self.leaf = world.acme.station("BS-1").cert
        self.issuer = self.ca("issuing")

    def ca(self, which):
        """Signs CRLs in the place of one of the operator's CAs."""
        made = pki.CA(pki.name(CN="x"))
        made.subject = self.server.certificate(f"{which}.pem").subject
        made.key = {"issuing": self.issuing_key, "root": self.root_key}[which]
        return made

    def link(self, signer, subject_key, *, issuer=None, subject=None,
             ca=True, **options):
        return pki.certificate(
            issuer or self.root.subject, signer, subject or self.root.subject,
            subject_key.spki, [pki.basic_constraints(ca), pki.key_usage(
                pki.KEY_CERT_SIGN, pki.CRL_SIGN)] if ca else [], **options)

    def update(self, new=None, linked=None, back=None):
        """RootCaKeyUpdateContent; b"" leaves a link out."""
        new = self.new.cert if new is None else new
        linked = self.links[0] if linked is None else linked
        back = self.links[1] if back is None else back
        return info(id_it(18), seq(new, *([ctx(0, linked)] if linked else []),
                                   *([ctx(1, back)] if back else [])))

    def crls(self, *crls):
        return info(id_it(23), seq(*crls))


rows = []


def wrong(name, asks, rule, *infos, **changes):
    """`infos`: InfoTypeAndValues, or functions that make them of the cast."""
    rows.append(pytest.param(asks, rule, infos, changes, id=name))


def row(asks, rule, **changes):
    """The same of a function from the cast to an InfoTypeAndValue."""
    def add(function):
        wrong(function.__name__, asks, rule, function, **changes)
        return function
    return add


ROOT, CRL = ["rootCaCert"], ["crlStatusList", "--crl-issuer", "ISSUING"]

wrong("not_asked", ["caCerts"], "told-was-asked", info(id_it(17)),
      info(id_it(4)))
wrong("unknown_not_asked", ["caCerts"], "told-was-asked", info("1.2.3"))
wrong("request_for_answer", ROOT, "told-was-asked", info(id_it(20)))
wrong("twice", ["caCerts"], "told-once", info(id_it(17)), info(id_it(17)))
wrong("unsupported_not_asked", ["caCerts"], "told-unsupported",
      info(id_it(7), seq(oid(id_it(19)))))
wrong("unsupported_of_nothing", ["caCerts"], "told-unsupported",
      info(id_it(7), seq()))
wrong("both_ways", ["caCerts"], "told-one-answer", info(id_it(17)),
      info(id_it(7), seq(oid(id_it(17)))))
wrong("no_certs", ["caCerts"], "told-value", info(id_it(17), seq()))
wrong("certs_of_null", ["caCerts"], "told-value", info(id_it(17), der.NULL))
wrong("algorithm_of_integer", ["preferredSymmAlg"], "told-value",
      info(id_it(4), integer(1)))
wrong("byte_behind_value", ["signKeyPairTypes"], "told-value",
      info(id_it(2), seq()))
wrong("other_parameters", ["keyPairParam", "--algorithm", "1.3.101.112"],
      "told-parameters", info(id_it(11), P256))
wrong("other_language", ["suppLangTags", "--language", "en"], "told-language",
      info(id_it(16), seq(utf8("de"))))
wrong("two_languages", ["suppLangTags", "--language", "en", "--language",
                        "de"], "told-language",
      info(id_it(16), seq(utf8("en"), utf8("de"))))
wrong("template_with_serial", ["certReqTemplate"], "told-template",
      info(id_it(19), seq(seq(prim(1, b"\x01")))))
wrong("template_with_signing_alg", ["certReqTemplate"], "told-template",
      info(id_it(19), seq(seq(der.retag(P256, 0xa2)))))
wrong("template_with_key", ["certReqTemplate"], "told-template",
      info(id_it(19), seq(seq(der.retag(pki.Key().spki, 0xa6)))))
wrong("template_with_rsa", ["certReqTemplate"], "told-key-spec",
      info(id_it(19), seq(seq(), seq(seq(
          oid("1.3.6.1.5.5.7.5.1.11"),
          pki.alg_id("1.2.840.113549.1.1.1", der.NULL))))))


@row(["caCerts"], "ca-cert")
def ca_cert_of_a_station(c):
    return info(id_it(17), seq(c.root.der, c.leaf))


@row(["caCerts"], "ca-cert")
def ca_cert_unreadable(c):
    return info(id_it(17), seq(seq(integer(1))))


@row(["caProtEncCert"], "target-cert")
def encryption_to_a_signer(c):
    return info(id_it(1), c.server.cmp_signer.der)


@row(["caProtEncCert"], "target-cert")
def encryption_to_a_stranger(c):
    cert = c.other.issue(pki.name(CN="E"), usage=(2,)).cert
    return info(id_it(1), cert)


@row(ROOT, "update-complete")
def update_without_link(c):
    return c.update(linked=b"")


@row(ROOT, "update-complete")
def update_unreadable(c):
    return c.update(new=seq(integer(1)))


@row(ROOT, "update-complete")
def update_with_back_unreadable(c):
    return c.update(back=seq(integer(1)))


@row(ROOT, "update-self-signed")
def new_root_signed_by_old(c):
    return c.update(new=c.links[0])


@row(ROOT, "update-self-signed")
def new_root_no_ca(c):
    return c.update(new=c.link(c.new.key, c.new.key, ca=False))


@row(ROOT, "update-link")
def link_by_another_root_of_that_name(c):
    return c.update(linked=c.link(c.other.key, c.new.key))


@row(ROOT, "update-link")
def link_by_the_issuing_ca(c):
    return c.update(linked=c.link(c.issuing_key, c.new.key,
                                  issuer=c.server.issuing.subject))


@row(ROOT, "update-link")
def link_for_another_key(c):
    return c.update(linked=c.link(c.root_key, c.other.key))


@row(ROOT, "update-link")
def link_for_another_name(c):
    return c.update(linked=c.link(c.root_key, c.new.key,
                                  subject=pki.name(CN="Other")))


@row(ROOT, "update-link")
def link_for_no_ca(c):
    return c.update(linked=c.link(c.root_key, c.new.key, ca=False))


@row(ROOT, "update-link")
def link_by_itself(c):
    return c.update(linked=c.new.cert)


@row(ROOT, "update-is-new")
def update_to_the_root_held(c):
    return c.update(new=c.root.der, linked=c.root.der, back=b"")


@row(ROOT, "update-dates")
def new_root_expired(c):
    return c.update(new=c.link(c.new.key, c.new.key,
                               not_after=int(time.time()) - 60))


@row(ROOT, "update-dates")
def new_root_of_tomorrow(c):
    return c.update(new=c.link(c.new.key, c.new.key,
                               not_before=int(time.time()) + DAY))


@row(ROOT, "update-dates")
def link_expired(c):
    return c.update(linked=c.link(c.root_key, c.new.key,
                                  not_after=int(time.time()) - 60))


@row(ROOT, "update-back")
def back_by_the_old_root(c):
    return c.update(back=c.root.der)


@row(ROOT, "update-back")
def back_for_another_key(c):
    return c.update(back=c.link(c.new.key, c.other.key))


@row(["caKeyUpdateInfo"], "update-link")
def old_form_by_another_root(c):
    return info(id_it(5), seq(c.links[1], c.link(c.other.key, c.new.key),
                              c.new.cert))


@row(CRL, "crl-readable")
def crl_unreadable(c):
    return c.crls(seq(integer(1)))


@row(CRL, "crl-was-asked")
def crl_of_another_issuer(c):
    return c.crls(c.ca("root").crl())


@row(CRL, "crl-signer")
def crl_by_another_key(c):
    forger = c.ca("issuing")
    forger.key = pki.Key()
    return c.crls(forger.crl())


@row(["currentCRL"], "crl-signer")
def crl_of_a_stranger(c):
    return info(id_it(6), pki.CA(pki.name(CN="Stranger")).crl())


# What is right beside what is wrong is not taken either.
wrong("crl_beside_good_certificates", ["caCerts", "currentCRL"], "crl-signer",
      lambda c: info(id_it(17), seq(c.server.issuing.der)), crl_of_a_stranger)


@row(["currentCRL"], "crl-signer")
def crl_by_who_may_not_sign_any(c):
    forger = c.ca("issuing")
    forger.key, forger.subject = c.signer.key, c.signer.subject
    return info(id_it(6), forger.crl())


@row(CRL, "crl-dates")
def crl_out_of_date(c):
    now = int(time.time())
    return c.crls(c.issuer.crl(this_update=now - 2 * DAY,
                               next_update=now - DAY))


@row(CRL, "crl-dates")
def crl_of_tomorrow(c):
    return c.crls(c.issuer.crl(this_update=int(time.time()) + DAY))


@row([*CRL, "--crl", "HELD"], "crl-age")
def crl_older_than_the_one_held(c):
    return c.crls(c.issuer.crl(this_update=int(time.time()) - 2 * DAY))


# Not to be believed at all: no answer.
NO_ANSWER = (
    ("unprotected", dict(is_protected=False), "unprotected"),
    ("other nonce", dict(recip_nonce=bytes(16)), "recipNonce"),
    ("other transaction", dict(transaction_id=bytes(16)), "transactionID"),
    ("short nonce", dict(sender_nonce=b"short"), "senderNonce"),
    ("wrong signature", dict(protect=pki.Key().sign), "signature"),
    ("stranger", dict(signer="stranger"), "signer"),
    ("another station", dict(signer="station"), "cmcRA"),
)


@pytest.mark.parametrize("changes,says", [
    pytest.param(changes, says, id=name) for name, changes, says in NO_ANSWER])
def test_not_believed(world, cast, asker, changes, says):
    changes = dict(changes)
    if changes.get("signer") == "stranger":
        changes["signer"] = below(cast.other)
    elif changes.get("signer") == "station":
        changes["signer"] = world.enrolled(LAB).credential
    with Liar(cast.signer, tells(cast.update(), **changes)) as liar:
        done = asker.run(asker.asks("rootCaCert", "--install", "--out",
                                    asker.folder / "out", port=liar.port))
    assert done.returncode == 5, done.stdout + done.stderr
    assert says in done.stdout
    check_nothing_was_taken(asker)


def check_nothing_was_taken(asker):
    assert not (asker.folder / "out").exists()
    assert asker.status()["root_updates"] == []
    assert not (asker.state / "updates.pem").exists()


@pytest.mark.parametrize("asks,rule,infos,changes", rows)
def test_refused(cast, asker, asks, rule, infos, changes):
    held = asker.folder / "held.crl"
    held.write_text(pki.pem("X509 CRL", cast.issuer.crl()))
    issuing = ",".join(
        f"{k}={cast.server.issuing.text_of(k)}" for k in ("CN", "O")
        if cast.server.issuing.text_of(k))
    words = [{"ISSUING": issuing, "HELD": held}.get(w, w) for w in asks]
    made = [i(cast) if callable(i) else i for i in infos]
    with Liar(cast.signer, tells(*made, **changes)) as liar:
        done = asker.run(asker.asks(*words, "--install", "--json", "--out",
                                    asker.folder / "out", port=liar.port))
    assert done.returncode == 1, done.stdout + done.stderr
    assert json.loads(done.stdout)["error"]["rule"] == rule, done.stdout
    check_nothing_was_taken(asker)


# --- what is taken, from others too ---

def test_root_certificates_are_only_shown(cast, asker):
    """A self-signed one in caCerts is no anchor (RFC 9483, 4.3.1)."""
    answer = info(id_it(17), seq(cast.other.cert, cast.root.der))
    with Liar(cast.signer, tells(answer)) as liar:
        told = asker.told("caCerts", port=liar.port)
    assert [c["trusted"] for c in told["told"]["caCerts"]] == [False, True]
    with Liar(below(cast.other), tells(info(id_it(17)))) as other:
        assert asker.run(asker.asks("caCerts",
                                    port=other.port)).returncode == 5


def test_unanswered(cast, asker):
    with Liar(cast.signer, tells(info(id_it(17)))) as liar:
        told = asker.told("caCerts", "currentCRL", port=liar.port)
        assert told["unanswered"] == ["currentCRL"]
        text = asker.must(asker.asks("currentCRL", "caCerts", port=liar.port))
    assert "not answered" in text


def test_profile_is_named(cast, asker):
    with Liar(cast.signer, tells(info(id_it(19)))) as liar:
        asker.told("certReqTemplate", "--profile", "few", port=liar.port)
    value, = liar.asked[0].infos[id_it(21)]
    assert [t.content for t in value] == [b"few"]


def waiting(asked):
    return "error", seq(seq(integer(cmp.STATUS.index("waiting")))), {}


def not_yet(asked):
    assert asked.kind == "pollReq" and asked.content[0][0].number == -1
    return "pollRep", seq(seq(integer(-1), integer(1))), {}


def test_waits(cast, asker):
    """Delayed delivery of a genp (RFC 9810, 5.3.22)."""
    def answer(asked):
        assert asked.kind == "pollReq"
        return "genp", seq(info(id_it(17))), {}
    with Liar(cast.signer, waiting, not_yet, answer) as liar:
        told = asker.told("caCerts", port=liar.port)
    assert told["told"] == {"caCerts": None}
    with Liar(cast.signer, waiting, not_yet) as liar:
        done = asker.run(asker.asks("caCerts", "--wait", "0", port=liar.port))
    assert done.returncode == 6 and "not decided" in done.stderr


def test_an_error_is_told(cast, asker):
    def error(asked):
        return "error", seq(seq(integer(2), seq(utf8("not for you")))), {}
    with Liar(cast.signer, error) as liar:
        done = asker.run(asker.asks("caCerts", port=liar.port))
    assert done.returncode == 1 and "not for you" in done.stderr


# --- under a shared secret ---

@pytest.fixture
def sharer(world, asker):
    """Asks with a secret in place of the vendor's certificate."""
    made = secret(world.server, "new")
    file = asker.folder / "secret"
    file.write_text(made["secret"])
    file.chmod(0o600)
    asker.identity = ["--secret", file, "--reference", made["reference"],
                      "--root", asker.root]
    return asker


def test_under_a_secret(world, sharer):
    told = sharer.told("caCerts", "certReqTemplate")["told"]
    assert told["caCerts"][0]["sha256"] == sha256(world.server.issuing.der)
    assert told["certReqTemplate"]["keys"]


def test_a_signature_does_not_answer_a_mac(cast, sharer):
    with Liar(cast.signer, tells(info(id_it(17)))) as liar:
        done = sharer.run(sharer.asks("caCerts", port=liar.port))
    assert done.returncode == 5 and "not believed" in done.stdout


# --- one update after the other ---

def asked_root(liar):
    """The root that the last genm names."""
    return liar.asked[-1].content[0][1].der


def test_updates_follow_each_other(cast, asker):
    third = pki.CA(cast.root.subject)
    onward = cast.update(new=third.cert, linked=cast.link(
        cast.new.key, third.key), back=cast.link(third.key, cast.new.key))
    install = ("rootCaCert", "--install")
    with Liar(cast.signer, tells(onward)) as liar:
        # Not before the one between them is held.
        done = asker.run(asker.asks(*install, "--json", port=liar.port))
        assert json.loads(done.stdout)["error"]["rule"] == "update-link"
        assert asked_root(liar) == cast.root.der
        asker.must(asker.asks(*install, path=AHEAD))
        asker.must(asker.asks(*install, port=liar.port))
        assert asked_root(liar) == cast.new.cert
        assert pems(asker.state / "updates.pem") == [cast.new.cert, third.cert]
        done = asker.run(asker.asks(*install, "--json", port=liar.port))
        assert json.loads(done.stdout)["error"]["rule"] == "update-is-new"
        assert asked_root(liar) == third.cert
    with Liar(below(third), tells(info(id_it(17)))) as follower:
        assert asker.told("caCerts", port=follower.port)
        # All of them rest on the first link.
        links = asker.state / "links.pem"
        held = pems(links)
        links.write_text("".join(pki.pem("CERTIFICATE", c) for c in held[2:]))
        assert asker.run(asker.asks("caCerts",
                                    port=follower.port)).returncode == 5


def test_install_goes_on_after_a_crash(cast, asker):
    """Between the proof and the root: nothing is in force, and it is taken
    the next time."""
    install = asker.asks("rootCaCert", "--install", path=AHEAD)
    asker.must(install)
    (asker.state / "updates.pem").unlink()
    with Liar(below(cast.new), tells(info(id_it(17)))) as follower:
        follows = asker.asks("caCerts", port=follower.port)
        assert asker.run(follows).returncode == 5
        asker.must(install)
        asker.must(follows)
    assert pems(asker.state / "updates.pem") == [cast.new.cert]


def test_a_damaged_file_is_told(asker):
    asker.must(asker.asks("rootCaCert", "--install", path=AHEAD))
    (asker.state / "updates.pem").write_bytes(b"\x00")
    done = asker.run(asker.asks("caCerts"))
    assert done.returncode == 3 and "updates.pem" in done.stderr
