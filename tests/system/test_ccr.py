"""ccr and ccp: a CA below ours, or another operator's, is certified (RFC 9810,
5.3.11, 5.3.12, 6.6 and D.6). The requester's half is peers.py: `station` is a
base station's, sends no ccr, and takes no certificate of a CA."""
import hashlib
import subprocess
import time
import types
import urllib.request

import pytest

from cmplib import cmp, der, pki
from cmplib.capture import Relay
from cmplib.der import read
from cmplib.race import post_at_once
from cmplib.storm import free_ports
from peers import (BRIEF, CROSS, ca_extensions, ccr, certified, make_world,
                   validity, waits)
from polls import Operator, polled


@pytest.fixture(scope="module")
def cross(stationmaster, operator, tmp_path_factory):
    made = make_world(stationmaster, operator,
                      tmp_path_factory.mktemp("ccr") / "files")
    yield made
    made.close()


@pytest.fixture
def boss(cross):
    return Operator(cross.server)


def constraints(cert):
    node = read(cert.extensions["2.5.29.19"])
    return (node[0].content == b"\xff",
            node[1].number if len(node.children) > 1 else None)


def time_of(node):
    text = node.content.decode()
    text = text if len(text) == 15 else "20" + text
    return int(time.mktime(time.strptime(text, "%Y%m%d%H%M%SZ")) -
               time.timezone)


# --- what is made ---

def test_the_certificate(cross, boss):
    before = int(time.time())
    cert = certified(cross, boss)
    peer = cross.peers["east"]
    assert cert.subject == peer.subject
    assert cert.issuer == cross.upper.subject
    assert cert.is_issued_by(cross.upper)
    assert constraints(cert) == (True, 1)
    assert read(cert.extensions["2.5.29.15"]).bit_numbers == {5, 6}
    assert cert.ski == pki.key_id(peer.key.spki)
    assert read(cert.extensions["2.5.29.35"])[0].content == cross.upper.ski
    assert b"http://ra.example/crl/upper.crl" in cert.extensions["2.5.29.31"]
    assert set(cert.extensions) == {f"2.5.29.{n}" for n in
                                    (14, 15, 19, 31, 35)}
    since, until = map(time_of, cert.validity)
    assert before - 2 <= since <= before + 60  # asked for: from now
    assert abs(until - before - 50 * pki.DAY) < 60
    critical = {e[0].oid for e in cert.tbs[7][0] if len(e.children) == 3}
    assert critical == {"2.5.29.15", "2.5.29.19"}


@pytest.mark.parametrize("asked,granted", [(None, 1), (0, 0), (1, 1)])
def test_path_len(cross, boss, asked, granted):
    cert = certified(cross, boss, extensions=ca_extensions(asked))
    assert constraints(cert) == (True, granted)


def test_path_len_is_0_where_none_is_set(cross, boss):
    assert constraints(certified(cross, boss, "self")) == (True, 0)


def test_validity_is_cut(cross, boss):
    now = int(time.time())
    cert = certified(cross, boss, fields=dict(
        validity=validity(now - 9000000, now + 3000 * pki.DAY)))
    since, until = map(time_of, cert.validity)
    assert now - 620 <= since <= now + 60
    assert abs(until - now - 100 * pki.DAY) < 60
    # No setting of "self": the default, and then the issuer's own end.
    cert = certified(cross, boss, "self", fields=dict(
        validity=validity(now, now + 3000 * pki.DAY)))
    assert cert.validity[1].content == cross.upper.validity[1].content


def test_its_own_key_identifier(cross, boss):
    own = pki.extension("2.5.29.14", der.octets(b"an identifier of its own"))
    cert = certified(cross, boss, "self",
                     extensions=ca_extensions(more=[own]))
    assert cert.ski == b"an identifier of its own"


def verify(tmp_path, world, **certs):
    """openssl's judgement of `leaf`, through the others, to the root."""
    files = {}
    for name, cert in certs.items():
        files[name] = tmp_path / f"{name}.pem"
        files[name].write_text(pki.pem("CERTIFICATE", cert))
    words = [w for name, file in files.items() if name != "leaf"
             for w in ("-untrusted", str(file))]
    return subprocess.run(
        ["openssl", "verify", "-x509_strict", "-CAfile",
         str(world.server.folder / "root.pem"), *words, str(files["leaf"])],
        capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("name", ["east", "self"])
def test_what_is_below_verifies_to_our_root(cross, boss, tmp_path, name):
    """A certificate that the other CA issues leads, through the cross
    certificate, to the operator's root; for `self` by a key identifier that
    only its own certificates have."""
    peer = cross.peers[name]
    own = ([pki.extension("2.5.29.14",
                          der.octets(b"an identifier of its own"))]
           if name == "self" else [])
    cert = certified(cross, boss, name, extensions=ca_extensions(more=own))
    leaf_key = pki.Key()
    aki = (der.seq(der.prim(0, cert.ski)))
    leaf = pki.certificate(
        peer.subject, peer.key, pki.name(CN="below"), leaf_key.spki,
        [pki.key_usage(0), pki.subject_key_id(leaf_key.spki),
         pki.extension("2.5.29.35", aki)])
    done = verify(tmp_path, cross, leaf=leaf, upper=cross.upper.der,
                  cross=cert.der)
    assert done.returncode == 0, done.stderr
    done = verify(tmp_path, cross, leaf=leaf, upper=cross.upper.der)
    assert done.returncode != 0


def test_no_ca_below_one_of_path_len_0(cross, boss, tmp_path):
    peer = cross.peers["self"]
    cert = certified(cross, boss, "self")
    lower_key, leaf_key = pki.Key(), pki.Key()

    def made(issuer, key, subject, spki, *more):
        return pki.certificate(issuer, key, subject, spki,
                               [pki.subject_key_id(spki), *more])
    lower = made(peer.subject, peer.key, pki.name(CN="lower"), lower_key.spki,
                 pki.basic_constraints(True),
                 pki.key_usage(pki.KEY_CERT_SIGN),
                 pki.extension("2.5.29.35", der.seq(der.prim(0, cert.ski))))
    leaf = made(pki.name(CN="lower"), lower_key, pki.name(CN="leaf"),
                leaf_key.spki, pki.key_usage(0),
                pki.authority_key_id(lower_key.spki))
    done = verify(tmp_path, cross, leaf=leaf, upper=cross.upper.der,
                  cross=cert.der, lower=lower)
    assert done.returncode != 0
    assert "path length constraint" in done.stderr


@pytest.mark.parametrize("host,is_good", [("a.fenced.example", True),
                                          ("a.open.example", False)])
def test_permitted_dns(cross, boss, tmp_path, host, is_good):
    peer = cross.peers["fenced"]
    cert = certified(cross, boss, "fenced")
    leaf_key = pki.Key()
    leaf = pki.certificate(
        peer.subject, peer.key, pki.name(CN="below"), leaf_key.spki,
        [pki.key_usage(0), pki.subject_key_id(leaf_key.spki),
         pki.authority_key_id(peer.key.spki), pki.alt_names(pki.dns(host))])
    done = verify(tmp_path, cross, leaf=leaf, upper=cross.upper.der,
                  cross=cert.der)
    assert (done.returncode == 0) == is_good, done.stderr
    if not is_good:
        assert "permitted subtree violation" in done.stderr


# --- how it comes about ---

def test_it_waits_is_polled_and_confirmed(cross, boss):
    station, out, reply = waits(cross)
    for _ in range(3):
        reply = polled(station, out, reply)
    boss.approve(out, "--reason", "by telephone")
    reply = station.ask(station.poll(out, reply))
    assert reply.kind == "ccp"
    assert reply.status.status == "grantedWithMods"
    assert cmp.CONFIRM_WAIT_TIME in reply.infos
    assert reply.path(reply.cert, cross.server.root)
    assert cross.server.status_of(reply.cert) == "issued"
    assert station.ask(station.conf(out, reply)).kind == "pkiconf"
    assert cross.server.status_of(reply.cert) == "confirmed"
    audit = boss.audit()
    for word in ("waiting ccr", "approved ccr", "issued ccr", "confirmed"):
        assert any(word in line and out.transaction_id.hex() in line
                   for line in audit.splitlines()), word
    assert "station=peer-ca/east" in audit


def test_implicit_confirm(cross, boss):
    cert = certified(cross, boss, general_info=[
        cmp.info(cmp.IMPLICIT_CONFIRM, b"\x05\x00")])
    assert cross.server.status_of(cert) == "confirmed"


def test_rejected_by_its_cert_conf(cross, boss):
    station, out, reply = waits(cross)
    boss.approve(out)
    reply = station.ask(station.poll(out, reply))
    answer = station.ask(station.conf(out, reply, status="rejection"))
    assert answer.kind == "pkiconf"
    assert cross.server.status_of(reply.cert) == "rejected"
    cross.server.wait_crl()


def test_denied(cross, boss):
    station, out, reply = waits(cross)
    boss.deny(out, "nobody called")
    reply = station.ask(station.poll(out, reply))
    assert (reply.kind, reply.status.status, reply.failures) == (
        "ccp", "rejection", {"notAuthorized"})
    assert reply.status.texts == ["nobody called"]


def test_nobody_decided(cross):
    _, out, _ = waits(cross, path=BRIEF)
    line = cross.server.wait_lines(0, "timed-out")[0]
    assert line["transaction"] == out.transaction_id.hex()


def test_repeated_bytes(cross, boss):
    station, out, reply = waits(cross)
    assert station.post(out).body == reply.der
    boss.approve(out)
    poll = station.poll(out, reply)
    answer = station.ask(poll)
    before = cross.server.tables()
    assert station.post(poll).body == answer.der
    assert cross.server.tables() == before


def stopped(server):
    server.stop()


def killed(server):
    server.process.kill()
    server.process.wait()


@pytest.mark.parametrize("end", [stopped, killed])
def test_restart_in_the_middle(cross, boss, end):
    station, out, reply = waits(cross)
    end(cross.server)
    cross.server.start()
    assert station.post(out).body == reply.der
    reply = polled(station, out, reply)
    boss.approve(out)
    end(cross.server)
    cross.server.start()
    poll = station.poll(out, reply)
    reply = station.ask(poll)
    assert reply.cert is not None
    end(cross.server)
    cross.server.start()
    assert station.post(poll).body == reply.der
    assert station.ask(station.conf(out, reply)).kind == "pkiconf"
    assert cross.server.status_of(reply.cert) == "confirmed"
    (count,), = cross.server.query(
        "SELECT count(*) FROM certificate JOIN txn ON certificate.txn = txn.id "
        "WHERE transaction_id=?", out.transaction_id)
    assert count == 1


def test_polls_at_once_bring_one_certificate(cross, boss):
    station, out, reply = waits(cross)
    boss.approve(out)
    polls = [station.poll(out, reply) for _ in range(8)]
    for poll in polls:
        bytes(poll)
    answers = [cmp.Reply(r.body) for r in post_at_once(
        polls, [cross.server.port], CROSS)]
    brought = [a for a in answers if a.cert is not None]
    assert len(brought) == 1, [a.failures for a in answers]
    assert station.ask(station.conf(out, brought[0])).kind == "pkiconf"


def test_anothers_decoder_reads_it(cross, boss, tmp_path):
    port, = free_ports(1)
    file = tmp_path / "exchange.pcap"
    relay = Relay(port, cross.server.port, file)
    station, out = ccr(cross, cross.peers["east"])
    station.server = types.SimpleNamespace(
        port=port, root=cross.server.root, said=[],
        cmp_signer=cross.server.cmp_signer)
    reply = polled(station, out, station.ask(out))
    boss.approve(out)
    reply = station.ask(station.poll(out, reply))
    station.ask(station.conf(out, reply))
    relay.close()

    def tshark(*args):
        return subprocess.run(
            ["tshark", "-n", "-r", file, "-d", f"tcp.port=={port},http", *args],
            capture_output=True, text=True, check=True, timeout=60).stdout
    bodies = tshark("-Y", "cmp", "-T", "fields", "-e", "cmp.body").split()
    assert [cmp.BODIES[int(n)] for n in bodies] == [
        "ccr", "ccp", "pollReq", "pollRep", "pollReq", "ccp", "certConf",
        "pkiconf"]
    assert tshark("-Y", "_ws.malformed", "-V") == ""


def test_what_the_operator_sees(cross, boss):
    station, out, reply = waits(cross, extensions=ca_extensions(0))
    found = boss.find(out)
    assert (found["body"], found["is_ca"], found["path_len"]) == (
        "ccr", True, 0)
    assert (found["vendor"], found["serial"]) == ("peer-ca", "east")
    assert found["asked"] == "CN=east CA,O=Other Operator"
    assert found["key_sha256"] == hashlib.sha256(out.key.spki).hexdigest()

    def say(*words):
        return subprocess.run(
            [cross.server.stationmaster, "request", *map(str, words),
             "--config", str(cross.server.config)], capture_output=True,
            text=True, timeout=60, check=True).stdout
    shown = say("show", found["id"])
    assert "a CA certificate with pathLenConstraint 0: its holder issues " \
        "certificates itself" in shown
    assert found["key_sha256"] in shown and "east CA" in shown
    assert "(a CA)" in say("list", "--state", "waiting")
    assert f"request {found['id']} of CA peer-ca/east is approved" in say(
        "approve", found["id"])
    assert station.ask(station.poll(out, reply)).cert is not None


def test_a_stations_request_is_not_shown_as_a_cas(cross, boss):
    found = [r for r in boss.list() if r["body"] != "ccr"]
    assert all(not r["is_ca"] and "path_len" not in r for r in found)


def test_a_second_request_of_the_same_ca(cross, boss):
    """Its name is its own; another key, another transaction."""
    first = certified(cross, boss)
    second = certified(cross, boss, key=pki.Key())
    assert first.subject == second.subject and first.spki != second.spki


# --- what changed meanwhile ---

def ended(cross, station, out, reply, kind, failure, rule):
    mark = cross.server.mark()
    answer = station.ask(station.poll(out, reply))
    assert (answer.kind, answer.failures) == (kind, {failure})
    assert cross.server.wait_lines(mark, "refused")[0]["rule"] == rule


def test_blocked_meanwhile(cross, boss):
    def say(word):
        subprocess.run([cross.server.stationmaster, "station", word, "peer-ca",
                        "self", "--config", str(cross.server.config)],
                       check=True, capture_output=True, timeout=60)
    station, out, reply = waits(cross, "self")
    boss.approve(out)
    say("block")
    try:
        ended(cross, station, out, reply, "ccp", "notAuthorized",
              "station-is-not-blocked")
    finally:
        say("unblock")


def test_taken_out_of_the_configuration(cross, boss):
    """Approved, and yet not issued: the entry is what trusts it."""
    station, out, reply = waits(cross, "self")
    boss.approve(out)
    text = cross.server.config.read_text()
    cross.server.stop()
    cross.server.config.write_text(text.replace("east, self, ", "east, "))
    cross.server.start()
    try:
        ended(cross, station, out, reply, "error", "notAuthorized",
              "ccr-by-peer")
    finally:
        cross.server.stop()
        cross.server.config.write_text(text)
        cross.server.start()


def test_revoked_by_the_operator(cross, boss, tmp_path):
    cert = certified(cross, boss)
    serial = f"{cert.serial:x}"
    subprocess.run([cross.server.stationmaster, "cert", "revoke", serial,
                    "--reason", "cACompromise", "--config",
                    str(cross.server.config)], check=True, timeout=60,
                   capture_output=True)
    cross.server.wait_crl()
    with urllib.request.urlopen(
            f"http://127.0.0.1:{cross.server.port}/crl/upper.crl") as r:
        (tmp_path / "upper.crl").write_bytes(r.read())
    text = subprocess.run(
        ["openssl", "crl", "-inform", "DER", "-in",
         str(tmp_path / "upper.crl"), "-noout", "-text"], check=True,
        capture_output=True, text=True, timeout=60).stdout
    assert serial.upper() in text.replace(":", "")
    assert "CA Compromise" in text


# --- what the certificate does not do here ---

def test_it_signs_no_message_here(cross, boss):
    """Its keyUsage has no digitalSignature: it can neither renew nor revoke
    itself, nor ask for stations."""
    cert = certified(cross, boss)
    peer = cross.peers["east"]
    holder = cross.as_(pki.Credential(cert.der, peer.key), CROSS)
    for out in (holder.kur(), holder.rr(), holder.request("cr")):
        reply = holder.ask(out)
        assert reply.failures == {"signerNotTrusted"}, out.kind


def test_what_it_issues_is_no_station_of_ours(cross, boss):
    peer = cross.peers["east"]
    cert = certified(cross, boss)
    key = pki.Key()
    below = pki.certificate(peer.subject, peer.key, pki.name(CN="BS-1"),
                            key.spki, [pki.key_usage(0),
                                       pki.subject_key_id(key.spki)])
    station = cross.as_(pki.Credential(below, key, [cert.der,
                                                    cross.upper.der]), CROSS)
    reply = station.ask(station.ir())
    assert reply.failures == {"signerNotTrusted"}


# --- the configuration ---

def refused_config(cross, tmp_path, old, new):
    text = cross.server.config.read_text()
    assert old in text
    file = cross.server.folder / "other.yaml"
    file.write_text(text.replace(old, new))
    done = subprocess.run([cross.server.stationmaster, "serve", "--config",
                           str(file)], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode != 0
    return done.stderr


@pytest.mark.parametrize("old,new,text", [
    ("path_len: 1", "path_len: 2",
     'pathLenConstraint of CA "upper" is 2'),
    ("peer_cas: [self]\n    approval_check_after: 1s\n    ca: upper",
     "peer_cas: [self]\n    approval_check_after: 1s\n    ca: issuing",
     'pathLenConstraint of CA "issuing" is 0'),
    ("'CN=east CA,O=Other Operator'", "'CN=Upper CA,O=Operator'",
     "has the name of a CA of ours"),
    ("'CN=east CA,O=Other Operator'", "'east'", "subject"),
    ("[fenced.example]", "['*.fenced.example']", "is no DNS name"),
    ("[fenced.example]", "[.fenced.example]", "is no DNS name"),
    ("name: acme", "name: peer-ca", "is kept for the CAs of peer_cas"),
    ("    type: open\n    peer_cas: [self]", "    type: rfc9483\n    peer_cas: "
     "[self]", "type rfc9483 certifies stations alone"),
])
def test_refused_configuration(cross, tmp_path, old, new, text):
    assert text in refused_config(cross, tmp_path, old, new)


def test_explained(stationmaster):
    text = subprocess.run([stationmaster, "config", "--explain",
                           "peer_cas.path_len"], capture_output=True,
                          text=True, check=True, timeout=60).stdout
    assert "pathLenConstraint" in text
