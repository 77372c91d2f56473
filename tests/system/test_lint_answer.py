"""Lint over answers by a station's own rules: one thing wrong in each."""
import time

import pytest

from cmplib import cmp, der, pki
from cmplib.der import NULL, ctx, integer, named_bits, seq
from cmplib.dialogue import response
from cmplib.faults import EE, Faults, check, linter, scene
from cmplib.station import Station

__all__ = ["linter", "scene"]
row = Faults()
answers, issued = row.answers, row.issued

answers("pvno-of-the-answer", "reply-pvno")(pvno=3)
answers("answer-to-another-nonce", "reply-recip-nonce")(
    recip_nonce=b"n" * 16)
answers("short-nonce-of-the-answer", "reply-sender-nonce")(
    sender_nonce=b"n" * 15)
answers("sender-of-the-answer", "reply-sender")(
    sender=pki.directory(pki.name(CN="Somebody")))


@row("another-transaction-in-the-answer", "reply-transaction-id", capture=True)
def another_transaction(d, s):
    d.answer.fields["transaction_id"] = b"another one      "[:16]
    d.messages = d.messages[:2]


@row("answer-unprotected", "reply-protected")
def answer_unprotected(d, s):
    d.answer.is_protected = False


@row("answer-under-a-mac", "reply-protection-kind", profile="rfc9483")
def answer_under_mac(d, s):
    alg, d.done.protect = cmp.pbm()
    d.done.fields.update(protection_alg=alg, sender_kid=b"ref",
                         sender=pki.directory(pki.name(CN="ref")))


@row("answer-with-sha1", "reply-protection-alg")
def answer_sha1(d, s):
    d.answer.algorithm = "ecdsa-sha1"


@row("signer-of-the-answer-missing", "reply-signer-known")
def signer_missing(d, s):
    d.answer.extra_certs.pop(0)


@row("signature-of-the-answer", "reply-signature")
def signature_wrong(d, s):
    d.answer.protect = d.station.credential.key.sign


@row("answer-by-a-stranger", "signer-chain-is-sent")
def answer_by_stranger(d, s):
    stranger = s.other.issue(pki.name(CN="RA", O="Elsewhere"),
                             more=[pki.ext_key_usage(pki.CMC_RA)])
    d.answer.signer = stranger
    d.answer.fields.update(sender=pki.directory(stranger.subject),
                           sender_kid=stranger.read.ski)
    d.answer.extra_certs[0] = stranger.cert
    d.done = d.reply("pkiconf", NULL, d.conf, signer=stranger)
    d.messages[3] = d.done


@row("answer-below-another-root", "reply-signer-path")
def answer_below_another_root(d, s):
    answer_by_stranger(d, s)
    d.answer.extra_certs.append(s.other.cert)


@row("signer-may-not-sign", "reply-signer-usage")
def signer_usage(d, s):
    signer = s.operator.issuing.issue(
        pki.name(CN="RA", O="Operator"), usage=(pki.KEY_AGREEMENT,),
        more=[pki.ext_key_usage(pki.CMC_RA)])
    d.answer.signer = d.done.signer = signer
    for m in (d.answer, d.done):
        m.fields["sender_kid"] = signer.read.ski
    d.answer.extra_certs[0] = signer.cert


@row("pkiconf-by-another", "reply-same-signer", profile="rfc9483")
def pkiconf_by_another(d, s):
    other = s.operator.issuing.issue(pki.name(CN="RA 2", O="Operator"),
                                     more=[pki.ext_key_usage(pki.CMC_RA)])
    d.done = d.reply("pkiconf", NULL, d.conf, [other.cert], signer=other)
    d.messages[3] = d.done


@row("cp-to-an-ir", "reply-body")
def cp_to_ir(d, s):
    d.answer.kind = "cp"


@row("two-responses", "reply-one-response")
def two_responses(d, s):
    d.responses = [response(d.cert), response(d.cert, 1)]
    d.again()


@row("certReqId-of-the-answer", "reply-cert-req-id")
def cert_req_id(d, s):
    d.responses = [response(d.cert, 1)]
    d.again()


@row("status-that-none-is", "reply-status")
def status(d, s):
    d.responses = [response(d.cert, status=4)]
    d.again()


@row("granted-with-failInfo", "reply-status-fits")
def granted_with_fail_info(d, s):
    d.responses = [response(d.cert, fail_info=named_bits(2))]
    d.again()


@row("granted-without-a-certificate", "reply-status-fits")
def granted_without(d, s):
    d.responses = [response(None)]
    d.again()
    d.messages = d.messages[:2]


@row("private-key-beside-it", "reply-in-clear")
def private_key(d, s):
    value = seq(der.bits(b"key"))
    d.responses = [response(d.cert, pair=seq(ctx(0, d.cert), ctx(0, value)))]
    d.again()


@row("certificate-unreadable", "reply-cert-readable")
def cert_unreadable(d, s):
    d.responses = [response(seq(integer(1)))]
    d.again()
    d.messages = d.messages[:2]


@row("error-with-status-accepted", "reply-error-status")
def error_accepted(d, s):
    d.answer.kind, d.answer.content = "error", seq(seq(integer(0)))
    d.answer.fields["general_info"] = None
    d.messages = d.messages[:2]


issued("another-key", "cert-key")(lambda d, s: s.operator.issue(None).cert)
issued("new-one-expired", "cert-dates")(
    lambda d, s: s.operator.issue(
        d.key, not_before=int(time.time()) - 2 * pki.DAY,
        not_after=int(time.time()) - pki.DAY).cert)
issued("new-one-of-another-root", "new-chain-is-sent")(
    lambda d, s: s.other.issue(EE, d.key).cert)
issued("new-one-may-not-sign", "cert-key-usage")(
    lambda d, s: s.operator.issue(d.key, usage=(pki.KEY_AGREEMENT,)).cert)
issued("new-one-is-a-ca", "cert-not-ca")(
    lambda d, s: s.operator.issue(
        d.key, usage=(0, 5), more=[pki.basic_constraints(True)]).cert)
issued("subject-of-an-update", "cert-subject", kind="kur")(
    lambda d, s: s.operator.issue(d.key, EE[:-1] + b"2").cert)
issued("names-of-an-update", "cert-san", kind="kur")(
    lambda d, s: s.operator.issue(
        d.key, more=[pki.alt_names(pki.dns("x.example"))]).cert)


@row("new-one-below-another-root", "cert-path")
def new_below_another_root(d, s):
    d.cert = s.other.issue(EE, d.key).cert
    d.again()
    d.answer.extra_certs.append(s.other.cert)
    d.conf.content = seq(cmp.cert_status(pki.Cert(d.cert).hash()))


# rr and rp
def revoking(name, rule, **options):
    def keep(make):
        @row(name, rule, profile="rfc9483", **options)
        def change(d, s):
            holder = s.operator.issue(None)
            holder.chain = [s.operator.issuing.cert]
            ask = Station(None, holder).rr()
            rp = d.reply("rp", make(holder.read), ask, s.operator.extra)
            d.messages = [ask, rp]
    return keep


GRANTED = seq(integer(0))


def named(cert, serial):
    return ctx(0, seq(seq(pki.directory(cert.issuer), integer(serial))))


revoking("two-statuses-in-rp", "reply-one-rev-status")(
    lambda cert: seq(seq(GRANTED, GRANTED)))
revoking("status-of-rp", "reply-rev-status")(
    lambda cert: seq(seq(seq(integer(5)))))
revoking("another-one-revoked", "reply-rev-certs")(
    lambda cert: seq(seq(GRANTED), named(cert, cert.serial + 1)))


@pytest.mark.parametrize("change,rule,kind,profile,capture", row.params)
def test_fault(scene, linter, change, rule, kind, profile, capture):
    check(scene, linter, change, rule, kind, profile, capture)
