"""station ask against OpenSSL's mock server: 3.0 sends back what it is asked,
3.5 (SM_OPENSSL35) tells what it is given."""
import json
import os

import pytest

from test_station_openssl_mock import CA, URL, Pki, run

OPENSSL35 = os.environ.get("SM_OPENSSL35", "")
newer = pytest.mark.skipif(not OPENSSL35,
                           reason="SM_OPENSSL35 names no OpenSSL 3.5")


@pytest.fixture
def pki(work):
    return Pki(work)


@pytest.fixture
def mock(spawn, free_port, pki):
    def start(*extra, program="openssl"):
        port = free_port()
        spawn([program, "cmp", "-config", "", "-port", port,
               "-srv_cert", pki.path("ra.pem"), "-srv_key", pki.path("ra.key"),
               "-srv_trusted", pki.path("vendor-root.pem"),
               "-srv_untrusted", pki.path("root.pem"),
               "-rsp_cert", pki.path("ra.pem"), *map(str, extra)]
              ).wait_for_line("ACCEPT")
        return URL.format(port)
    return start


def ask(station, pki, url, *more, code=0):
    return run(station, "ask", "--state", pki.path("state"), "--url", url,
               "--cert", pki.path("vendor.pem"), "--key",
               pki.path("vendor.key"), "--root", pki.path("root.pem"),
               "--once", *more, code=code)


def told(done):
    return json.loads(done.stdout)["told"]


def test_nothing_to_tell(station, pki, mock):
    url = mock()
    assert told(ask(station, pki, url, "caCerts", "--json")) == {
        "caCerts": None}
    assert "nothing to tell" in ask(station, pki, url, "currentCRL").stdout


def test_what_is_sent_back_is_no_answer(station, pki, mock):
    done = ask(station, pki, mock(), "rootCaCert", "--json", code=1)
    assert json.loads(done.stdout)["error"]["rule"] == "told-was-asked"


def test_waits(station, pki, mock):
    url = mock("-poll_count", "2", "-check_after", "1")
    done = ask(station, pki, url, "caCerts", "--json")
    assert told(done) == {"caCerts": None}


def test_an_error(station, pki, mock):
    url = mock("-send_error", "-failure", "24")
    done = ask(station, pki, url, "caCerts", code=1)
    assert "refused" in done.stderr


@newer
def test_ca_certs(station, pki, mock):
    pki.make("issuing", "/O=Operator/CN=Issuing", "root", CA)
    url = mock("-rsp_capubs", pki.path("issuing.pem"), program=OPENSSL35)
    ask(station, pki, url, "caCerts", "--out", pki.path("out"))
    assert pki.path("out/ca-certs.pem").read_text().strip() in \
        pki.path("issuing.pem").read_text()


@newer
def test_root_update(station, pki, mock):
    pki.make("new", "/O=Operator/CN=Operator Root", None, CA)
    link(pki, "new-by-root", "new", "root")
    link(pki, "root-by-new", "root", "new")
    url = mock("-rsp_newwithnew", pki.path("new.pem"), "-rsp_newwithold",
               pki.path("new-by-root.pem"), "-rsp_oldwithnew",
               pki.path("root-by-new.pem"), program=OPENSSL35)
    update = told(ask(station, pki, url, "rootCaCert", "--install", "--json"))
    assert update["rootCaCert"]["installed"]


@newer
def test_root_update_that_is_none(station, pki, mock):
    pki.make("new", "/O=Operator/CN=Operator Root", None, CA)
    pki.make("other", "/O=Operator/CN=Operator Root", None, CA)
    link(pki, "new-by-other", "new", "other")
    url = mock("-rsp_newwithnew", pki.path("new.pem"), "-rsp_newwithold",
               pki.path("new-by-other.pem"), program=OPENSSL35)
    done = ask(station, pki, url, "rootCaCert", "--install", "--json", code=1)
    assert json.loads(done.stdout)["error"]["rule"] == "update-link"


@newer
def test_crl(station, pki, mock):
    pki.path("index.txt").write_text("")
    pki.path("ca.cnf").write_text(
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\ncrlnumber=number\n"
        "default_md=sha256\ndefault_crl_days=30\n")
    pki.path("number").write_text("01\n")
    run("openssl", "ca", "-config", pki.path("ca.cnf"), "-gencrl", "-cert",
        pki.path("root.pem"), "-keyfile", pki.path("root.key"), "-out",
        pki.path("root.crl"))
    url = mock("-rsp_crl", pki.path("root.crl"), program=OPENSSL35)
    done = ask(station, pki, url, "crlStatusList", "--out", pki.path("out"))
    assert "CRL of" in done.stdout


def link(pki, name, subject, issuer):
    """A certificate of one's key, signed with the other's."""
    pki.path("ext").write_text("subjectKeyIdentifier=hash\n" + CA)
    run("openssl", "req", "-new", "-key", pki.path(f"{subject}.key"), "-subj",
        "/O=Operator/CN=Operator Root", "-out", pki.path("csr"))
    run("openssl", "x509", "-req", "-in", pki.path("csr"), "-CA",
        pki.path(f"{issuer}.pem"), "-CAkey", pki.path(f"{issuer}.key"),
        "-CAcreateserial", "-days", "365", "-extfile", pki.path("ext"), "-out",
        pki.path(f"{name}.pem"))
