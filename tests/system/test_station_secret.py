"""The station under a shared secret: at our server, and at the CMP server of
Debian's OpenSSL, which is not ours."""
import json
import subprocess

import pytest

from cmplib import pki
from cmplib.http import PATH
from cmplib.secret import run as secret_verb
from polls import WAIT_LAB, make_world
from test_openssl_peers import PEERS
from test_station_flows import decide
from test_station_openssl_mock import (LEAF, URL, Pki, check_files, openssl,
                                       pinned, run, sent, status)

LITE, OLD, LAB = (f"{PATH}/p/{name}" for name in ("lite", "old", "lab"))


class Holder:
    """A station that has a secret, and nothing else."""

    def __init__(self, program, folder, server):
        folder.mkdir()
        self.program, self.state = program, folder / "state"
        self.server, self.file = server, folder / "secret"
        self.root = server.folder / "root.pem"
        self.made = None

    def share(self, *options):
        self.made = secret_verb(self.server, "new", *options)
        self.file.write_text(self.made["secret"] + "\n")
        self.file.chmod(0o600)
        return self.made

    def command(self, verb, *more):
        return [str(part) for part in (self.program, verb, "--state",
                                       self.state, *more)]

    def enroll(self, *more, path=LITE, code=0, trust=None, secret=None,
               text=None):
        trust = trust or ("--root", self.root)
        done = subprocess.run(
            self.command("enroll", "--url",
                         f"http://127.0.0.1:{self.server.port}{path}",
                         "--secret", secret or self.file, "--reference",
                         self.made["reference"], *trust, "--json", *more),
            capture_output=True, text=True, input=text, timeout=60)
        assert done.returncode == code, done.stdout + done.stderr
        return done

    def status(self):
        return json.loads(run(*self.command("status", "--json")).stdout)

    def cert(self):
        return pki.Cert(pki.from_pem(
            (self.state / "current/certificate.pem").read_text()))

    def check_pair(self):
        at = self.state / "current"
        assert openssl("pkey", "-in", at / "key.pem", "-pubout").stdout == \
            openssl("x509", "-in", at / "certificate.pem", "-noout",
                    "-pubkey").stdout
        openssl("verify", "-x509_strict", "-CAfile", self.root, "-untrusted",
                at / "chain.pem", at / "certificate.pem")


@pytest.fixture
def holder(station, world, tmp_path):
    return Holder(station, tmp_path / "holder", world.server)


# --- our server ---

@pytest.mark.parametrize("body,mac,path", [
    ("ir", "pbmac1", LITE), ("cr", "pbmac1", LITE), ("p10cr", "pbmac1", LITE),
    ("ir", "pbm", LITE), ("ir", "pbm-sha1", OLD), ("ir", "pbm", LAB)])
def test_enrols(world, holder, body, mac, path):
    holder.share("--serial", f"S-{body}-{mac}")
    mark = world.server.mark()
    done = holder.enroll("--request", body, "--mac", mac, path=path)
    assert sent(done) == [body, "certConf"]
    line = world.server.wait_lines(mark, "confirmed")[0]
    assert (line["vendor"], line["station"]) == ("secret", f"S-{body}-{mac}")
    holder.check_pair()
    assert world.server.status_of(holder.cert()) == "confirmed"


def test_renews_what_it_got(holder):
    holder.share()
    holder.enroll()
    first = holder.cert()
    done = run(*holder.command("renew", "--json"))
    assert sent(done) == ["kur", "certConf"]
    assert holder.cert().serial != first.serial
    holder.check_pair()


def test_from_standard_input(holder):
    made = holder.share()
    holder.file.unlink()
    holder.enroll(secret="-", text=made["secret"] + "\n")
    holder.check_pair()
    for file in holder.state.rglob("*"):
        assert not file.is_file() or made["secret"] not in file.read_text()


def test_secret_is_kept_nowhere_else(holder):
    made = holder.share()
    holder.enroll("--once", path="/nobody", code=5)
    pending = (holder.state / "pending").read_text()
    assert holder.status()["pending"]["protection"] == "mac"
    assert "under a shared secret" in run(*holder.command("status")).stdout
    assert f"secret: {holder.file}\n" in pending
    for file in holder.state.iterdir():
        assert made["secret"] not in file.read_text()


def test_wrong_secret(holder):
    """The server signs what it says of it: not believed, but shown."""
    holder.share()
    holder.file.write_text("not the secret\n")
    done = holder.enroll("--once", code=5)
    assert "badMessageCheck" in done.stdout + done.stderr
    state = holder.status()
    assert state["certificate"] is None and state["ignored"]["count"] == 1
    assert "not under a MAC" in state["ignored"]["last"]


def test_refused_by_the_profile(holder):
    """TS 33.310 has no MACs; the server says so with a signature."""
    holder.share()
    done = holder.enroll("--once", path=PATH, code=5)
    assert "wrongIntegrity" in done.stdout + done.stderr
    assert holder.status()["certificate"] is None


def test_used_up(holder):
    holder.share()
    holder.enroll()
    done = holder.enroll("--again", "--once", code=1)
    assert "refused" in done.stderr


def test_root_under_the_secret(holder):
    """The operator root comes in caPubs of the ip, which the MAC covers."""
    holder.share()
    holder.enroll(trust=("--trust", "secret"))
    holder.check_pair()
    state = holder.status()
    assert state["root"]["origin"] == "secret"
    assert (holder.state / "current/root.pem").read_text().strip() == \
        holder.root.read_text().strip()


def test_what_is_given(holder):
    holder.share()
    for more in (("--cert", "c.pem"), ("--key", "k.pem")):
        holder.enroll(*more, code=2)
    holder.enroll("--mac", "md5", code=2)
    holder.file.chmod(0o644)
    done = holder.enroll(code=3)
    assert "chmod 600" in done.stderr
    done = holder.enroll(secret="-", text="", code=2)
    assert "standard input" in done.stderr


# --- waiting ---

@pytest.fixture(scope="module")
def polling(stationmaster, operator, tmp_path_factory):
    made = make_world(stationmaster, operator,
                      tmp_path_factory.mktemp("secret") / "files")
    yield made
    made.close()


def test_waits_for_the_operator(polling, station, tmp_path):
    holder = Holder(station, tmp_path / "holder", polling.server)
    holder.share("--uses", "3")
    holder.enroll("--wait", "0", path=WAIT_LAB, code=6)
    polling.server.stop()
    polling.server.start()
    decide(polling, holder, "approve")
    done = holder.enroll("--wait", "20", path=WAIT_LAB)
    assert sent(done)[-2:] == ["pollReq", "certConf"]
    holder.check_pair()


# --- OpenSSL's server ---

@pytest.fixture(params=PEERS)
def mock(request, spawn, free_port, work):
    """Starts the server: it gives out `bs` to whoever knows the secret. Its
    own MACs are PBM with HMAC-SHA1, whatever it is asked with."""
    pki_ = Pki(work)
    pki_.make("bs", "/O=Operator/CN=gnb-1", "root", LEAF)

    def start(*extra, secret="pass:a secret of both"):
        port = free_port()
        spawn([request.param, "cmp", "-config", "", "-port", port, "-srv_secret",
               secret, "-rsp_cert", pki_.path("bs.pem"),
               "-rsp_extracerts", pki_.path("root.pem"), "-rsp_capubs",
               pki_.path("root.pem"), *extra]).wait_for_line("ACCEPT")
        return URL.format(port)
    pki_.path("secret").write_text("a secret of both\n")
    pki_.path("secret").chmod(0o600)
    return pki_, start


def enroll(station, pki_, url, *more, code=0, state="state"):
    return run(station, "enroll", "--state", pki_.path(state), "--url", url,
               "--secret", pki_.path("secret"), "--reference", "ref-1",
               "--new-key", pki_.path("bs.key"), "--once", *more, code=code)


@pytest.mark.parametrize("body", ["ir", "cr", "p10cr"])
def test_openssl_answers(station, mock, body):
    pki_, start = mock
    url = start("-srv_ref", "ref-1", "-poll_count", "1", "-check_after", "1")
    done = enroll(station, pki_, url, *pinned(pki_), "--mac", "pbm-sha1",
                  "--request", body, "--subject", "CN=gnb-1,O=Operator",
                  "--json")
    # OpenSSL 3.5 lets the certConf wait as well.
    assert sent(done) in ([body, "pollReq", "certConf"],
                          [body, "pollReq", "certConf", "pollReq"])
    check_files(pki_, "CN=gnb-1,O=Operator")


def test_openssl_gives_the_root(station, mock):
    pki_, start = mock
    url = start("-srv_ref", "ref-1")
    enroll(station, pki_, url, "--trust", "secret", "--mac", "pbm-sha1")
    check_files(pki_, "CN=gnb-1,O=Operator")
    assert status(station, pki_)["root"]["origin"] == "secret"


def test_openssl_with_a_weaker_mac_is_not_believed(station, mock):
    pki_, start = mock
    url = start("-srv_ref", "ref-1")
    done = enroll(station, pki_, url, *pinned(pki_), "--mac", "pbm", code=5)
    assert "HMAC by SHA1 is not allowed" in done.stdout, done.stdout
    assert status(station, pki_)["certificate"] is None


def test_openssl_under_another_secret(station, mock):
    pki_, start = mock
    url = start("-srv_ref", "ref-1", secret="pass:another")
    done = enroll(station, pki_, url, *pinned(pki_), "--mac", "pbm-sha1",
                  code=5)
    assert status(station, pki_)["certificate"] is None
    assert "the MAC does not verify" in done.stdout


def test_openssl_refuses(station, mock):
    pki_, start = mock
    url = start("-srv_ref", "ref-1", "-pkistatus", "2", "-failure", "9")
    done = enroll(station, pki_, url, *pinned(pki_), "--mac", "pbm-sha1",
                  code=1)
    assert "badPOP" in done.stderr
    assert status(station, pki_)["pending"] is None


def test_openssl_sends_an_error(station, mock):
    """One under the secret ends it; one that anybody could send does not."""
    pki_, start = mock
    url = start("-srv_ref", "ref-1", "-send_error")
    done = enroll(station, pki_, url, *pinned(pki_), "--mac", "pbm-sha1",
                  code=1)
    assert "an error message" in done.stderr
    assert status(station, pki_)["pending"] is None
    url = start("-srv_ref", "ref-1", "-send_error", "-send_unprot_err")
    done = enroll(station, pki_, url, *pinned(pki_), "--mac", "pbm-sha1",
                  state="other", code=5)
    assert "unprotected error" in done.stdout
    assert status(station, pki_, "other")["pending"]["state"] == "request-sent"
