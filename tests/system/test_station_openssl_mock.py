"""station against the CMP server of Debian's OpenSSL, which is not ours."""
import json
import subprocess

import pytest

URL = "http://127.0.0.1:{}/"
NAME = "CN=CMP Server,O=Operator"
CA = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n"
LEAF = "keyUsage=critical,digitalSignature\n"
IDS = "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"


def run(*command, code=0):
    done = subprocess.run([str(part) for part in command], text=True,
                          capture_output=True, check=False)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def openssl(*arguments):
    return run("openssl", *arguments)


class Pki:
    """Certificates as files NAME.pem and NAME.key in a folder."""

    def __init__(self, folder):
        self.folder = folder
        self.make("vendor-root", "/O=Vendor/CN=Vendor Root", None, CA)
        self.make("vendor", "/O=Vendor/CN=0001", "vendor-root", LEAF)
        self.make("root", "/O=Operator/CN=Operator Root", None, CA)
        self.make("server", "/O=Operator/CN=CMP Server", "root", LEAF)
        self.make("ra", "/O=Operator/CN=RA", "root",
                  LEAF + "extendedKeyUsage=1.3.6.1.5.5.7.3.28\n")

    def path(self, name):
        return self.folder / name

    def make(self, name, subject, issuer, extensions,
             key=("EC", "-pkeyopt", "ec_paramgen_curve:P-256")):
        at = self.path
        at("ext").write_text(IDS + extensions)
        openssl("genpkey", "-algorithm", *key, "-out", at(f"{name}.key"))
        openssl("req", "-new", "-key", at(f"{name}.key"), "-subj", subject,
                "-out", at("csr"))
        by = (["-signkey", at(f"{name}.key")] if issuer is None else
              ["-CA", at(f"{issuer}.pem"), "-CAkey", at(f"{issuer}.key"),
               "-CAcreateserial"])
        openssl("x509", "-req", "-in", at("csr"), *by, "-days", "365",
                "-extfile", at("ext"), "-out", at(f"{name}.pem"))


@pytest.fixture
def pki(work):
    return Pki(work)


@pytest.fixture
def mock(spawn, free_port, pki):
    """Starts the server: it gives out `cert` to whoever `trusted` vouches for."""
    def start(cert, server="server", trusted="vendor-root", extra=()):
        port = free_port()
        spawn(["openssl", "cmp", "-config", "", "-port", port,
               "-srv_cert", pki.path(f"{server}.pem"),
               "-srv_key", pki.path(f"{server}.key"),
               "-srv_trusted", pki.path(f"{trusted}.pem"),
               "-srv_untrusted", pki.path("root.pem"),
               "-rsp_cert", pki.path(f"{cert}.pem"),
               "-rsp_extracerts", pki.path("root.pem"), *extra]
              ).wait_for_line("ACCEPT")
        return URL.format(port)
    return start


def enroll(station, pki, url, new, *more, state="state", code=0):
    return run(station, "enroll", "--state", pki.path(state), "--url", url,
               "--cert", pki.path("vendor.pem"), "--key",
               pki.path("vendor.key"), "--new-key", pki.path(f"{new}.key"),
               "--once", *more, code=code)


def status(station, pki, state="state"):
    done = run(station, "status", "--json", "--state", pki.path(state))
    return json.loads(done.stdout)


def pinned(pki):
    return "--root", pki.path("root.pem")


def check_files(pki, subject, state="state"):
    """What lies there is what OpenSSL calls a good pair."""
    at = pki.path(state) / "current"
    openssl("verify", "-CAfile", at / "root.pem", at / "certificate.pem")
    of_cert = openssl("x509", "-in", at / "certificate.pem", "-noout",
                      "-pubkey", "-subject", "-nameopt", "RFC2253").stdout
    of_key = openssl("pkey", "-in", at / "key.pem", "-pubout").stdout
    assert of_key in of_cert and subject in of_cert
    for file in at.iterdir():
        assert file.stat().st_mode & 0o777 == 0o600, file


def test_enroll_and_renew(station, pki, mock):
    pki.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF)
    url = mock("bs")
    done = enroll(station, pki, url, "bs", *pinned(pki), "--server-subject",
                  NAME, "--verbose")
    flow = [line.split()[1] for line in done.stdout.splitlines()
            if line[:2] in ("->", "<-")]
    assert flow == ["ir", "ip", "certConf", "pkiconf"]
    check_files(pki, "CN=gnb-1,O=Operator")

    # OpenSSL asks that oldCertID names the certificate it gives out.
    url = mock("bs", trusted="root")
    done = run(station, "renew", "--state", pki.path("state"), "--url", url,
               "--new-key", pki.path("bs.key"), "--once", "--json")
    got = json.loads(done.stdout)
    assert [m.get("sent") or m.get("received") for m in got["messages"]] == \
        ["kur", "kup", "certConf", "pkiconf"]
    assert got["pending"] is None and got["ignored"]["count"] == 0
    check_files(pki, "CN=gnb-1,O=Operator")
    # One pair is kept, not each there ever was.
    assert len(list((pki.path("state") / "pairs").iterdir())) == 1


@pytest.mark.parametrize("kind", [
    ("RSA", "-pkeyopt", "rsa_keygen_bits:2048"),
    ("EC", "-pkeyopt", "ec_paramgen_curve:P-384"),
    ("EC", "-pkeyopt", "ec_paramgen_curve:P-521"),
])
def test_other_keys(station, pki, mock, kind):
    pki.make("vendor", "/O=Vendor/CN=0001", "vendor-root", LEAF, kind)
    pki.make("ra", "/O=Operator/CN=RA", "root",
             LEAF + "extendedKeyUsage=1.3.6.1.5.5.7.3.28\n", kind)
    pki.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF, kind)
    enroll(station, pki, mock("bs", "ra"), "bs", *pinned(pki))
    check_files(pki, "CN=gnb-1,O=Operator")


def test_cmc_ra_is_entitled_and_a_plain_certificate_is_not(station, pki, mock):
    pki.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF)
    done = enroll(station, pki, mock("bs"), "bs", *pinned(pki), code=5)
    assert "--server-subject" in done.stdout
    state = status(station, pki)
    assert state["certificate"] is None
    assert state["pending"]["state"] == "request-sent"
    assert state["ignored"]["count"] == 1
    assert "cmcRA" in state["ignored"]["last"]

    enroll(station, pki, mock("bs", "ra"), "bs", *pinned(pki), state="other")
    check_files(pki, "CN=gnb-1,O=Operator", "other")


def test_suggested_subject(station, pki, mock):
    pki.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF)
    enroll(station, pki, mock("bs", "ra"), "bs", *pinned(pki), "--subject",
           "CN=gnb-1,O=Operator", "--recipient", NAME)
    check_files(pki, "CN=gnb-1,O=Operator")


def test_learn_then_verify(station, pki, mock):
    pki.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF)
    url = mock("bs", "ra")
    done = enroll(station, pki, url, "bs", "--trust", "learn")
    assert "unverified" in done.stdout
    assert status(station, pki)["root"]["origin"] == "unverified"
    sha256 = openssl("x509", "-in", pki.path("root.pem"), "-noout",
                     "-fingerprint", "-sha256").stdout.strip().split("=")[1]
    trust = [station, "trust", "--state", pki.path("state"), "--fingerprint"]
    run(*trust, "00" * 32, code=1)
    assert status(station, pki)["root"]["origin"] == "unverified"
    run(*trust, sha256)
    root = status(station, pki)["root"]
    assert root["origin"] == "verified"
    assert root["sha256"] == sha256.replace(":", "").lower()

    enroll(station, pki, url, "bs", "--trust", "learn", "--fingerprint",
           sha256, state="sure")
    assert status(station, pki, "sure")["root"]["origin"] == "verified"
    enroll(station, pki, url, "bs", "--trust", "learn", "--fingerprint",
           "00" * 32, state="unsure", code=5)


def test_another_key_is_rejected(station, pki, mock):
    pki.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF)
    pki.make("mine", "/O=Operator/CN=gnb-1", "root", LEAF)
    done = enroll(station, pki, mock("bs", "ra"), "mine", *pinned(pki), code=1)
    assert "another key" in done.stdout
    state = status(station, pki)
    assert state["certificate"] is None and state["pending"] is None


def test_refusal_shows_what_the_server_says(station, pki, mock):
    pki.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF)
    url = mock("bs", "ra", extra=["-pkistatus", "2", "-failure", "9",
                                  "-statusstring", "not today"])
    done = enroll(station, pki, url, "bs", *pinned(pki), code=1)
    assert "badPOP" in done.stderr and "not today" in done.stderr
    assert status(station, pki)["pending"] is None


def test_unprotected_errors_are_not_believed(station, pki, mock):
    pki.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF)
    url = mock("bs", "ra", extra=["-send_error", "-send_unprot_err"])
    done = enroll(station, pki, url, "bs", *pinned(pki), code=5)
    assert "unprotected error" in done.stdout
    assert status(station, pki)["pending"]["state"] == "request-sent"


def test_goes_on_where_it_was_stopped(station, pki, mock, free_port):
    pki.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF)
    nobody = URL.format(free_port())
    enroll(station, pki, nobody, "bs", *pinned(pki), code=5)
    before = (pki.path("state") / "pending").read_bytes()
    enroll(station, pki, nobody, "bs", *pinned(pki), code=5)
    assert (pki.path("state") / "pending").read_bytes() == before
    done = enroll(station, pki, mock("bs", "ra"), "bs", *pinned(pki),
                  "--verbose")
    assert "going on" in done.stdout
    check_files(pki, "CN=gnb-1,O=Operator")
    done = enroll(station, pki, nobody, "bs", *pinned(pki), code=1)
    assert "--again" in done.stderr


@pytest.mark.parametrize("request_body", ["cr", "p10cr"])
def test_other_requests(station, pki, mock, request_body):
    pki.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF)
    url = mock("bs", "ra", extra=["-poll_count", "1", "-check_after", "1"])
    done = enroll(station, pki, url, "bs", *pinned(pki), "--request",
                  request_body, "--json", "--subject", "CN=gnb-1,O=Operator")
    assert sent(done) == [request_body, "pollReq", "certConf"]
    check_files(pki, "CN=gnb-1,O=Operator")
    enroll(station, pki, url, "bs", "--request", "kur", code=2)


def test_revoke(station, pki, mock):
    pki.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF)
    enroll(station, pki, mock("bs", "ra"), "bs", *pinned(pki))
    url = mock("bs", "ra", trusted="root")
    revoke = (station, "revoke", "--state", pki.path("state"), "--url", url,
              "--once")
    run(*revoke, "--reason", "certificateHold", code=2)
    done = run(*revoke, "--reason", "keyCompromise", "--json")
    assert sent(done) == ["rr"]
    state = status(station, pki)
    assert state["certificate"]["revoked"] and state["pending"] is None
    assert "revoked" in run(station, "status", "--state",
                            pki.path("state")).stdout
    done = run(*revoke, code=3)
    assert "was revoked" in done.stderr
    run(station, "renew", "--state", pki.path("state"), "--url", url, code=3)
    enroll(station, pki, mock("bs", "ra"), "bs", *pinned(pki))
    assert not status(station, pki)["certificate"]["revoked"]


def test_revokes_after_what_was_under_way(station, pki, mock, free_port):
    pki.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF)
    enroll(station, pki, mock("bs", "ra"), "bs", *pinned(pki))
    url = mock("bs", "ra", trusted="root")
    state = ("--state", pki.path("state"), "--once")
    run(station, "renew", *state, "--new-key", pki.path("bs.key"), "--url",
        URL.format(free_port()), code=5)
    done = run(station, "revoke", *state, "--url", url, "--json")
    assert sent(done) == ["kur", "certConf", "rr"]
    assert status(station, pki)["certificate"]["revoked"]


def test_revoke_refused(station, pki, mock):
    pki.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF)
    enroll(station, pki, mock("bs", "ra"), "bs", *pinned(pki))
    url = mock("bs", "ra", trusted="root", extra=["-send_error"])
    done = run(station, "revoke", "--state", pki.path("state"), "--url", url,
               "--once", code=1)
    assert "refused" in done.stderr
    assert not status(station, pki)["certificate"]["revoked"]


def sent(done):
    return [m["sent"] for m in json.loads(done.stdout)["messages"]
            if "sent" in m]


def test_polls_until_the_server_has_decided(station, pki, mock):
    pki.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF)
    url = mock("bs", "ra", extra=["-poll_count", "3", "-check_after", "1"])
    done = enroll(station, pki, url, "bs", *pinned(pki), "--json")
    assert sent(done) == ["ir"] + 3 * ["pollReq"] + ["certConf"]
    assert "\"postponed_by\": 1" in done.stdout
    check_files(pki, "CN=gnb-1,O=Operator")


def test_goes_on_polling_where_it_was_stopped(station, pki, mock):
    pki.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF)
    url = mock("bs", "ra", extra=["-poll_count", "2", "-check_after", "2"])
    done = enroll(station, pki, url, "bs", *pinned(pki), "--wait", "0", code=6)
    assert "not decided" in done.stderr
    state = status(station, pki)["pending"]
    assert state["request"] == "ir" and state["waiting"]["poll"] == "due"
    assert "waiting since" in run(station, "status", "--state",
                                  pki.path("state")).stdout
    # Not before its time: nothing is sent.
    before = (pki.path("state") / "pending").read_bytes()
    enroll(station, pki, URL.format(1), "bs", *pinned(pki), "--wait", "0",
           code=6)
    assert (pki.path("state") / "pending").read_bytes() == before
    done = enroll(station, pki, url, "bs", *pinned(pki), "--wait", "20",
                  "--json")
    assert set(sent(done)[:-1]) == {"pollReq"} and sent(done)[-1] == "certConf"
    check_files(pki, "CN=gnb-1,O=Operator")


def test_wrong_settings_are_told(station, pki):
    pki.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF)
    url = URL.format(1)
    enroll(station, pki, url, "bs", code=3)
    enroll(station, pki, url, "bs", "--trust", "blind", code=2)
    enroll(station, pki, url, "bs", "--trust", "learn", *pinned(pki), code=2)
    enroll(station, pki, url, "bs", "--root", "nowhere.pem", code=3)
    run(station, "renew", "--state", pki.path("empty"), "--url", url, code=3)
    run(station, "status", "--state", pki.path("nowhere"), code=4)
    done = run(station, "enroll", "--state", pki.path("x"), "--url", url,
               "--cert", pki.path("vendor.pem"), "--key", pki.path("bs.key"),
               *pinned(pki), code=3)
    assert "not the certificate's key" in done.stderr


def test_every_verb_explains_itself(station):
    for verb in ("enroll", "renew", "status", "trust"):
        assert "example" in run(station, verb, "--help").stdout


def test_manual_is_of_this_program(station):
    from conftest import TOP
    page = run(station, "--man").stdout
    assert page == (TOP / "docs/man/station.1").read_text()
