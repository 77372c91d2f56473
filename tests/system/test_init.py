"""stationmaster init: an operator made from nothing, or nothing made."""
import json
import resource
import stat
import subprocess

import pytest

CERTS = ["root.pem", "issuing.pem", "cmp.pem", "tls.pem"]
KEYS = ["root.key", "issuing.key", "cmp.key", "tls.key"]
SEALING = "secrets.key"
FILES = sorted(CERTS + KEYS + [SEALING] + ["stationmaster.yaml"])


def run(*command, code=0, **options):
    done = subprocess.run([str(part) for part in command], text=True,
                          capture_output=True, **options)
    assert done.returncode == code, done.stdout + done.stderr
    return done


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


def verify(folder, cert):
    run("openssl", "verify", "-x509_strict", "-check_ss_sig", "-CAfile",
        folder / "root.pem", "-untrusted", folder / "issuing.pem",
        folder / cert)


def text_of(cert):
    return run("openssl", "x509", "-in", cert, "-noout", "-text").stdout


def vendor_root(folder, name, form="PEM"):
    """The self-signed certificate of a vendor, and its key."""
    cert = folder / f"{name}.crt"
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
        "ec_paramgen_curve:P-256", "-nodes", "-keyout", folder / f"{name}.key",
        "-out", cert, "-outform", form, "-days", "30",
        "-subj", f"/O={name}/CN={name} Root")
    return cert


def test_makes_an_operator(stationmaster, work):
    done = run(stationmaster, "init", work / "op", "--name", "Example Mobile")
    assert names(work / "op") == FILES
    assert mode(work / "op") == 0o700
    for name in KEYS:
        assert mode(work / "op" / name) == 0o600
    for name in CERTS:
        verify(work / "op", name)
    fingerprint = run("openssl", "x509", "-in", work / "op" / "root.pem",
                      "-noout", "-fingerprint", "-sha256").stdout
    assert fingerprint.strip().split("=")[1] in done.stdout
    assert "off-line" in done.stdout
    run(stationmaster, "config", "--check", work / "op" / "stationmaster.yaml")


def test_key_generator(stationmaster, work):
    """On request alone: who makes keys could read what is meant for others."""
    run(stationmaster, "init", work / "op", "--key-generator")
    assert names(work / "op") == sorted(FILES + ["kga.key", "kga.pem"])
    assert mode(work / "op" / "kga.key") == 0o600
    verify(work / "op", "kga.pem")
    text = text_of(work / "op" / "kga.pem")
    assert "Key Generation Authority" in text or "1.3.6.1.5.5.7.3.32" in text
    assert "Digital Signature" in text and "Registration" not in text
    done = run(stationmaster, "config", "--check",
               work / "op" / "stationmaster.yaml")
    assert "2 profiles" in done.stdout


def test_each_key_belongs_to_its_certificate(stationmaster, work):
    run(stationmaster, "init", work / "op")
    for cert, key in zip(CERTS, KEYS):
        public = run("openssl", "x509", "-in", work / "op" / cert, "-noout",
                     "-pubkey").stdout
        assert public == run("openssl", "pkey", "-in", work / "op" / key,
                             "-pubout").stdout
    publics = {(work / "op" / key).read_text() for key in KEYS}
    assert len(publics) == len(KEYS)


def test_certificates_say_what_they_are_for(stationmaster, work):
    run(stationmaster, "init", work / "op", "--host", "ra.example.net",
        "--host", "192.0.2.7", "--host", "2001:db8::7")
    wanted = {
        "root.pem": ["CA:TRUE", "Certificate Sign, CRL Sign"],
        "issuing.pem": ["CA:TRUE, pathlen:0", "Certificate Sign, CRL Sign"],
        "cmp.pem": ["Digital Signature", "CMC Registration Authority"],
        "tls.pem": ["Digital Signature", "TLS Web Server Authentication",
                    "DNS:ra.example.net, IP Address:192.0.2.7, "
                    "IP Address:2001:DB8:0:0:0:0:0:7"],
    }
    for name, parts in wanted.items():
        text = text_of(work / "op" / name)
        for part in parts:
            assert part in text, name
    assert "CA:TRUE" not in text_of(work / "op" / "cmp.pem")
    run("openssl", "verify", "-x509_strict", "-CAfile",
        work / "op" / "root.pem", "-untrusted", work / "op" / "issuing.pem",
        "-purpose", "sslserver", "-verify_hostname", "ra.example.net",
        work / "op" / "tls.pem")
    config = (work / "op" / "stationmaster.yaml").read_text()
    assert "http://ra.example.net:8080/crl/issuing.crl" in config


def test_root_lasts_ten_years_and_holds_the_issuing_ca(stationmaster, work):
    run(stationmaster, "init", work / "op")
    ten_years = 10 * 365 * 24 * 3600
    run("openssl", "x509", "-in", work / "op" / "root.pem", "-noout",
        "-checkend", ten_years)
    ends = {}
    for cert in CERTS:
        ends[cert] = run("openssl", "x509", "-in", work / "op" / cert,
                         "-noout", "-enddate", "-dateopt",
                         "iso_8601").stdout.split("=")[1]
    assert ends["root.pem"] > ends["issuing.pem"] > ends["cmp.pem"]


@pytest.mark.parametrize("key_type, shown", [
    ("p256", "prime256v1"), ("p384", "secp384r1"),
    ("rsa2048", "(2048 bit)"), ("rsa3072", "(3072 bit)"),
    pytest.param("rsa4096", "(4096 bit)",
                 marks=pytest.mark.seconds(300))])
def test_key_types(stationmaster, work, key_type, shown):
    run(stationmaster, "init", work / "op", "--key-type", key_type)
    for cert in CERTS:
        assert shown in text_of(work / "op" / cert)
        verify(work / "op", cert)
    run(stationmaster, "config", "--check", work / "op" / "stationmaster.yaml")


def test_vendors_are_entered(stationmaster, work):
    acme = vendor_root(work, "acme")
    bolt = vendor_root(work, "bolt", "DER")
    done = run(stationmaster, "init", work / "op", "--json", "--vendor",
               f"acme={acme}", "--vendor", f"bolt={bolt}",
               "--serial-pattern", "^BS-([0-9]+)$")
    assert names(work / "op") == sorted(
        FILES + ["acme-root.pem", "bolt-root.pem"])
    assert (work / "op" / "acme-root.pem").read_text() in acme.read_text()
    run("openssl", "x509", "-in", work / "op" / "bolt-root.pem", "-noout")
    checked = run(stationmaster, "config", "--json", "--check",
                  work / "op" / "stationmaster.yaml")
    assert json.loads(checked.stdout)["vendors"] == 2
    assert not any("EDITOR" in command
                   for command in json.loads(done.stdout)["next"])


def test_ports_and_address_reach_the_configuration(stationmaster, work):
    run(stationmaster, "init", work / "op", "--address", "127.0.0.1",
        "--port", "18080", "--tls-port", "18443")
    config = (work / "op" / "stationmaster.yaml").read_text()
    assert 'address: "127.0.0.1", port: 18080' in config
    assert "port: 18443" in config
    assert ":18080/crl/issuing.crl" in config


def test_json(stationmaster, work):
    made = json.loads(run(stationmaster, "init", work / "op", "--json").stdout)
    assert made["folder"] == str(work / "op")
    assert made["configuration"] == str(work / "op" / "stationmaster.yaml")
    assert sorted(file["name"] for file in made["files"]) == FILES
    assert [file["name"] for file in made["files"] if file["private"]] == \
        KEYS + [SEALING]
    root = made["files"][0]
    assert root["subject"] == "CN=Operator Root CA,O=Operator"
    assert root["not_after"].endswith("Z")
    shown = run("openssl", "x509", "-in", work / "op" / "root.pem", "-noout",
                "-fingerprint", "-sha256").stdout.strip()
    assert shown.endswith(made["root_fingerprint"])
    assert made["next"][-1].startswith("stationmaster serve")


def test_an_empty_folder_is_taken_and_closed(stationmaster, work):
    (work / "op").mkdir(mode=0o755)
    run(stationmaster, "init", work / "op")
    assert names(work / "op") == FILES
    assert mode(work / "op") == 0o700


def test_never_overwrites(stationmaster, work):
    run(stationmaster, "init", work / "op")
    before = {path.name: path.read_bytes() for path in (work / "op").iterdir()}
    done = run(stationmaster, "init", work / "op", code=1)
    assert "is not empty" in done.stderr
    assert str(work / "op") in done.stderr
    assert before == {path.name: path.read_bytes()
                      for path in (work / "op").iterdir()}


def test_a_foreign_file_is_named_and_kept(stationmaster, work):
    (work / "op").mkdir()
    (work / "op" / "notes.txt").write_text("mine")
    done = run(stationmaster, "init", work / "op", "--json", code=1)
    error = json.loads(done.stdout)["error"]
    assert error["name"] == "EXISTS"
    assert "notes.txt" in error["text"]
    assert names(work / "op") == ["notes.txt"]


REFUSED = [
    (["--key-type", "dsa"], 2, "p256, p384"),
    (["--name", ""], 2, "name"),
    (["--name", "a,O=b"], 2, "name"),
    (["--name", "x" * 41], 2, "name"),
    (["--host", "no host"], 2, "no host name"),
    (["--port", "0"], 2, "--port"),
    (["--port", "8443"], 2, "the same"),
    (["--vendor", "acme"], 2, "NAME=ANCHOR.pem"),
    (["--vendor", "a/b=x.pem"], 2, "vendor's name"),
    (["--vendor", "acme=absent.pem"], 4, "absent.pem"),
    (["--vendor", "acme=text.pem"], 3, "text.pem: not a certificate"),
    (["--vendor", "acme=leaf.pem"], 3, "not a CA certificate"),
    (["--vendor", "acme=two.pem"], 3, "more than one"),
    (["--vendor", "acme=acme.crt", "--vendor", "acme=acme.crt"], 2, "twice"),
    (["--vendor", "acme=acme.crt", "--vendor", "b=acme.crt"], 3,
     "same anchor"),
    (["--address", "nowhere"], 3, "an option does not do"),
    (["--serial-from", "subject.X", "--vendor", "acme=acme.crt"], 3,
     "an option does not do"),
    (["--serial-pattern", "(", "--vendor", "acme=acme.crt"], 3,
     "an option does not do"),
]


@pytest.mark.parametrize("arguments, code, text", REFUSED)
def test_what_is_refused_leaves_nothing(stationmaster, work, arguments, code,
                                        text):
    acme = vendor_root(work, "acme")
    (work / "text.pem").write_text("no certificate\n")
    (work / "two.pem").write_text(acme.read_text() * 2)
    run("openssl", "req", "-x509", "-key", "acme.key", "-out", "leaf.pem",
        "-subj", "/CN=leaf", "-addext", "basicConstraints=CA:FALSE")
    done = run(stationmaster, "init", work / "op", *arguments, code=code)
    assert text in done.stderr
    assert not (work / "op").exists()


def limit_files():
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))


@pytest.mark.parametrize("was_there", [False, True])
def test_failure_half_way_takes_all_back(stationmaster, work, was_there):
    """tls.pem is the first file beyond the limit."""
    if was_there:
        (work / "op").mkdir()
    # restore_signals=False: writing too much is an error, not a signal.
    done = run(stationmaster, "init", work / "op", code=1,
               preexec_fn=limit_files, restore_signals=False)
    assert "tls.pem" in done.stderr
    assert (work / "op").exists() == was_there
    assert not was_there or names(work / "op") == []


def test_a_parent_that_is_absent(stationmaster, work):
    done = run(stationmaster, "init", work / "no" / "op", code=1)
    assert "No such file" in done.stderr
