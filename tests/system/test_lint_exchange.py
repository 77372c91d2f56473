"""Lint over whole exchanges: one thing wrong in each, which is told first."""
import os
import time

import pytest

import test_lint_answer
import test_lint_certificate
import test_lint_told
from cmplib import cmp, der, pki
from cmplib.der import NULL, integer, named_bits, octets, seq
from cmplib.dialogue import cert_rep, response
from cmplib.faults import (EE, Faults, all_that_follows, check, ids_of, linter,
                           scene)

__all__ = ["linter", "scene"]
row = Faults()
IMPLICIT = cmp.info(cmp.IMPLICIT_CONFIRM, NULL)
PROFILE_NAME = cmp.info(cmp.id_it(21), seq(der.utf8("lab")))
answers, issued, extra = row.answers, row.issued, row.extra

# exchanges
@row("nonce-of-the-ir-again", "nonce-is-fresh")
def nonce_again(d, s):
    d.conf.fields["sender_nonce"] = d.ask.fields["sender_nonce"]
    d.done.fields["recip_nonce"] = d.ask.fields["sender_nonce"]


answers("nonce-given-back", "nonce-is-fresh")(
    sender_nonce=lambda d: d.ask.fields["sender_nonce"])


@row("certConf-in-another-transaction", "transaction-stays")
def transaction_changes(d, s):
    for m in (d.conf, d.done):
        m.fields["transaction_id"] = os.urandom(16)
    d.done.fields["transaction_id"] = d.conf.fields["transaction_id"]


@row("certConf-by-the-new-key", "requester-stays", profile="rfc9483")
def conf_by_new_key(d, s):
    holder = pki.Credential(d.cert, d.key, [s.operator.issuing.cert])
    d.conf = d.follow("certConf", d.conf.content, d.answer, signer=holder)
    d.conf.extra_certs = [holder.cert, *holder.chain]
    d.done = d.reply("pkiconf", NULL, d.conf)
    d.messages[2:] = [d.conf, d.done]


@row("answered-twice", "answer-has-request")
def answered_twice(d, s):
    again = d.reply("ip", d.answer.content, d.ask, d.answer.extra_certs,
                    general_info=d.answer.fields["general_info"])
    d.messages.insert(2, again)
    d.conf.fields["recip_nonce"] = again.fields["sender_nonce"]


@row("asks-again-without-certConf", "issued-is-confirmed")
def asks_again(d, s):
    d.messages[2:] = [d.station.ir()]


@row("transactionID-of-before", "transaction-id-is-new")
def transaction_id_of_before(d, s):
    again = d.station.ir(transaction_id=d.ask.transaction_id)
    d.messages.append(again)


answers("recipient-of-the-answer", "answer-names-recipient")(
    recipient=pki.directory(pki.name(CN="Somebody")))
answers("clock-of-the-answer", "answer-time-is-near",
        capture=True)(message_time=lambda d: int(time.time()) - 7200)


@row("no-senderKID", "sender-kid-is-sent")
def no_sender_kid(d, s):
    d.ask.fields["sender_kid"] = None


@row("signer-stands-second", "signer-stands-first", profile="rfc9483")
def signer_second(d, s):
    extra_certs = d.answer.extra_certs
    extra_certs[0], extra_certs[1] = extra_certs[1], extra_certs[0]


extra("certificate-twice", "extra-certs-are-single")(
    lambda d, s: s.operator.issuing.cert)


@row("certificates-in-pkiconf", "conf-has-no-extra-certs")
def certs_in_pkiconf(d, s):
    d.done.extra_certs = [s.operator.signer.cert]


def info(name, rule, *also, which="answer", **options):
    def keep(*infos, **fields):
        @row(name, rule, **options)
        def change(d, s):
            getattr(d, which).fields.update(
                general_info=[i(d) if callable(i) else i for i in infos],
                **fields)
    return keep


def wait(seconds):
    return lambda d: d.wait_time(seconds)


info("implicitConfirm-in-certConf", "implicit-confirm-stands-right",
     which="conf")(IMPLICIT)
info("implicitConfirm-with-a-value", "implicit-confirm-is-null", which="ask",
     profile="open")(
    cmp.info(cmp.IMPLICIT_CONFIRM, integer(1)))
info("implicitConfirm-not-asked-for", "implicit-confirm-was-asked",
     profile="open")(IMPLICIT)
info("implicitConfirm-in-3gpp", "confirmation-is-explicit")(IMPLICIT)
info("confirmWaitTime-in-pkiconf", "wait-time-stands-right", which="done")(
    wait(600))
info("confirmWaitTime-in-seconds", "wait-time-is-time")(
    cmp.info(cmp.CONFIRM_WAIT_TIME, integer(600)))
info("confirmWaitTime-and-no-time", "wait-time-has-message-time")(
    wait(600), message_time=None)
info("confirmWaitTime-gone-by", "wait-time-is-ahead")(
    wait(-60))
info("certProfile-in-an-answer", "cert-profile-stands-right")(
    wait(600), PROFILE_NAME)


@row("both-of-them", "wait-time-or-implicit", profile="open")
def wait_and_implicit(d, s):
    d.ask.fields["general_info"] = [IMPLICIT]
    d.answer.fields["general_info"] = [IMPLICIT, d.wait_time(600)]
    d.messages = d.messages[:2]


@row("certConf-though-implicit", "implicit-confirm-is-heeded", profile="open")
def conf_though_implicit(d, s):
    d.ask.fields["general_info"] = [IMPLICIT]
    d.answer.fields["general_info"] = [IMPLICIT]


@row("failInfo-when-accepted", "conf-fail-info-fits")
def conf_fail_info(d, s):
    d.conf.content = seq(seq(octets(pki.Cert(d.cert).hash()), integer(0),
                             seq(integer(0), named_bits(2))))


@row("rejected-without-a-reason", "rejection-says-why")
def mute_rejection(d, s):
    d.responses = [response(None, status=2)]
    d.again()
    d.messages = d.messages[:2]


@row("error-from-the-station", "request-is-no-error", profile="rfc9483")
def error_from_station(d, s):
    d.conf.kind = "error"
    d.conf.content = seq(seq(integer(2), seq(der.utf8("no"))))


def polled(d, after, passed):
    d.responses = [response(None, status=3)]
    d.again()
    waits = d.answer
    ask = d.follow("pollReq", seq(seq(integer(0))), waits)
    later = d.reply("pollRep", seq(seq(integer(0), integer(after))), ask)
    asks = d.follow("pollReq", seq(seq(integer(0))), later)
    brings = d.reply("ip", cert_rep(response(d.cert)), asks,
                     d.answer.extra_certs,
                     general_info=[d.wait_time(600)])
    d.conf.fields["recip_nonce"] = brings.fields["sender_nonce"]
    waits.fields["general_info"] = None
    d.messages[2:2] = [ask, later, asks, brings]
    d.times = [0, 0.1, 1, 1.1, 1.1 + passed, 1.2 + passed, 2 + passed,
               2.1 + passed]


@row("pollRep-for-another", "reply-poll-rep")
def poll_rep_for_another(d, s):
    polled(d, 1, 10)
    d.messages[3].content = seq(seq(integer(7), integer(1)))


@row("polled-early", "poll-is-not-early", capture=True)
def polled_early(d, s):
    polled(d, 60, 10)


# chains and roots
@row("intermediate-of-the-signer", "signer-chain-is-sent")
def signer_chain(d, s):
    deep = s.sub.issue(pki.name(CN="RA", O="Operator"),
                       more=[pki.ext_key_usage(pki.CMC_RA)])
    d.answer.signer = d.done.signer = deep
    for m in (d.answer, d.done):
        m.fields["sender_kid"] = deep.read.ski
    d.answer.extra_certs[0] = deep.cert


issued("intermediate-of-the-new-one", "new-chain-is-sent")(
    lambda d, s: s.sub.issue(EE, d.key).cert)


@row("no-root-in-ip", "ip-holds-root")
def no_root(d, s):
    d.answer.extra_certs.pop()


@row("no-root-in-kup", "kup-holds-root", kind="kur")
def no_root_in_kup(d, s):
    d.answer.extra_certs.pop()


extra("further-root", "more-roots-need-tls", capture=True)(
    lambda d, s: s.other.cert)


@row("caPubs-in-a-kup", "ca-pubs-stand-right", kind="kur", profile="rfc9483")
def ca_pubs_in_kup(d, s):
    d.ca_pubs = [s.other.cert]
    d.again()


@row("caPubs-with-a-refusal", "ca-pubs-come-with-cert")
def ca_pubs_refused(d, s):
    d.ca_pubs = [s.other.cert]
    d.responses = [response(None, status=2, texts=seq(der.utf8("no")))]
    d.again()
    d.messages = d.messages[:2]


@row("caPubs-with-an-intermediate", "ca-pubs-are-roots")
def ca_pubs_intermediate(d, s):
    d.ca_pubs = [s.operator.issuing.cert]
    d.again()


# requests by the server's rules, which need the answer
@row("hash-of-another", "conf-hash-is-right")
def hash_of_another(d, s):
    d.conf.content = seq(cmp.cert_status(b"h" * 32))


@row("certConf-late", "conf-is-in-time", capture=True)
def conf_late(d, s):
    d.times = [0, 0.1, 700, 700.1]
    for m in (d.conf, d.done):
        m.fields["message_time"] += 700


@row("certConf-to-another-nonce", "conf-has-recip-nonce")
def conf_nonce(d, s):
    d.conf.fields["recip_nonce"] = b"n" * 16


@pytest.mark.parametrize("change,rule,kind,profile,capture", row.params)
def test_fault(scene, linter, change, rule, kind, profile, capture):
    check(scene, linter, change, rule, kind, profile, capture)


def test_three_faults_are_found_and_no_other(scene, linter):
    dialogue = scene.dialogue()
    dialogue.answer.extra_certs.pop()
    dialogue.answer.fields["recipient"] = pki.directory(pki.name(CN="Else"))
    dialogue.conf.fields["recip_nonce"] = b"n" * 16
    reports, code = linter.capture(dialogue)
    assert [(m["body"], f["rule"]) for m in reports["messages"]
            for f in m["findings"]] == [
        ("ip", "ip-holds-root"), ("ip", "answer-names-recipient"),
        ("certConf", "conf-has-recip-nonce")]
    assert code == 8


# Nothing breaks these alone.
BESIDES = {"cert-ca-may-sign-crls", "cert-signs-as-ca-only"}
# What only a station's settings or its key tell, or its patience.
NOT_JUDGED = {"reply-signer-entitled", "reply-waits-whole",
              "reply-challenge-opens", "reply-wait-ends", "cert-made-key",
              "announced-body", "update-is-new", "crl-age"}


def test_each_rule_has_a_fault():
    first = {p.values[1] for rows in (row, test_lint_answer.row,
                                      test_lint_certificate.row,
                                      test_lint_told.row)
             for p in rows.params}
    rules = (ids_of("rule_list_exchange.h") |
             ids_of("rule_list_certificate.h"))
    assert len(rules) > 60
    assert rules - first <= BESIDES
    assert all(any(rule in all_that_follows(f) for f in first)
               for rule in BESIDES)
    station = ids_of("rule_list_station.h", *(f"ANSWER_{s}" for s in (
        "EXCHANGE", "HEADER", "SIGNER", "BODY", "RESPONSE", "CERT")),
        "TOLD", "TOLD_UPDATE", "TOLD_CRL", "TOLD_CA", "TOLD_TARGET",
        "ANNOUNCED")
    assert len(station) > 45
    assert station - first - NOT_JUDGED == set()
