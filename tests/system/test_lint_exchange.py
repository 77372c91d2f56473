"""Lint over whole exchanges: right ones, of which nothing is told, and beside
each rule of answers, exchanges and certificates one that breaks it."""
import os
import re
import time

import pytest

import conftest
from cmplib import cmp, der, pki
from cmplib.der import NULL, ctx, integer, named_bits, octets, oid, read, seq
from cmplib.dialogue import Dialogue, Linter, Operator, cert_rep, response
from cmplib.station import Station

EE = pki.name(CN="bs1.acme", O="Operator")
IMPLICIT = cmp.info(cmp.IMPLICIT_CONFIRM, NULL)
PROFILE_NAME = cmp.info(cmp.id_it(21), seq(der.utf8("lab")))


class Scene:
    """What all dialogues share: an operator, a vendor, and a second of each."""

    def __init__(self):
        self.operator = Operator()
        self.vendor = pki.Vendor("Acme")
        self.other = pki.CA(pki.name(CN="Other Root", O="Elsewhere"))
        self.sub = pki.CA(pki.name(CN="Deep", O="Operator"),
                          self.operator.issuing)

    def dialogue(self, kind="ir", profile="3gpp-bs"):
        return Dialogue(self.operator, self.vendor, kind,
                        profile == "rfc9483")


@pytest.fixture(scope="module")
def scene():
    return Scene()


@pytest.fixture
def linter(stationmaster, tmp_path, scene):
    return Linter(stationmaster, tmp_path, scene.operator.root.cert,
                  scene.vendor.root.cert)


# --- rows: what is changed, and the rule that is told of first ---

class Rows:
    def __init__(self):
        self.params = []

    def __call__(self, name, rule, kind="ir", profile="3gpp-bs",
                 capture=False):
        def keep(change):
            self.params.append(pytest.param(change, rule, kind, profile,
                                            capture, id=name))
            return change
        return keep


row = Rows()


def answers(name, rule, **options):
    """A row whose answer's header is changed."""
    def keep(**fields):
        @row(name, rule, **options)
        def change(d, s):
            d.answer.fields.update({k: v(d) if callable(v) else v
                                    for k, v in fields.items()})
    return keep


# answers by a station's own rules
answers("pvno-of-the-answer", "reply-pvno")(pvno=3)
answers("answer-to-another-nonce", "reply-recip-nonce")(
    recip_nonce=b"n" * 16)
answers("short-nonce-of-the-answer", "reply-sender-nonce")(sender_nonce=b"n" * 15)
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


def issued(name, rule, **options):
    """A row whose new certificate is another."""
    def keep(make):
        @row(name, rule, **options)
        def change(d, s):
            d.cert = make(d, s)
            d.again()
            d.conf.content = seq(cmp.cert_status(pki.Cert(d.cert).hash()))
    return keep


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


# certificates by themselves
def built(name, rule, **options):
    """The same, with a certificate put together by hand: `extensions` for
    the key, then what pki.certificate takes."""
    subject = options.pop("subject", EE)

    def keep(extensions, **given):
        @row(name, rule, **options)
        def change(d, s):
            ca = s.operator.issuing
            usual = dict(usage=pki.key_usage(0),
                         ski=pki.subject_key_id(d.key.spki),
                         aki=pki.authority_key_id(ca.key.spki))
            d.cert = pki.certificate(ca.subject, ca.key, subject, d.key.spki,
                                     extensions(usual), **given)
            d.again()
            d.conf.content = seq(cmp.cert_status(pki.Cert(d.cert).hash()))
    return keep


def all_of(usual, *more, without=()):
    return [v for k, v in usual.items() if k not in without] + list(more)


built("serial-0", "cert-serial-is-positive")(all_of, serial=0)
built("serial-negative", "cert-serial-is-positive")(all_of, serial=-5)
built("serial-long", "cert-serial-is-short")(all_of, serial=1 << 164)
built("sha1", "cert-alg-is-strong")(all_of, algorithm="ecdsa-sha1")
built("CN-alone", "cert-name-has-form", subject=pki.name(CN="bs1"))(all_of)
built("nameless", "cert-subject-is-named", subject=der.NULL_DN)(all_of)
built("no-usage", "cert-has-key-usage")(
    lambda u: all_of(u, without=("usage",)))
built("usage-not-critical", "cert-key-usage-is-critical")(
    lambda u: all_of(u, pki.extension("2.5.29.15", named_bits(0)),
                     without=("usage",)))
built("usage-of-an-RSA-key", "cert-usage-fits-key")(
    lambda u: all_of(u, pki.key_usage(0, 2), without=("usage",)))
built("no-ski", "cert-has-ski")(lambda u: all_of(u, without=("ski",)))
built("no-aki", "cert-has-aki")(lambda u: all_of(u, without=("aki",)))
built("critical-ski", "cert-ids-are-not-critical")(
    lambda u: all_of(u, pki.extension("2.5.29.14", octets(b"12345678"), True),
                     without=("ski",)))
built("critical-and-unknown", "cert-critical-is-known")(
    lambda u: all_of(u, pki.extension("1.2.3.4", NULL, True)))
built("path-length-of-a-station", "cert-path-len-is-a-cas")(
    lambda u: all_of(u, pki.extension("2.5.29.19", seq(integer(0)), True)))
for word, number in (("cmcRA", pki.CMC_RA), ("cmcCA", pki.CMC_CA),
                     ("cmKGA", pki.CM_KGA)):
    built(f"new-{word}", "cert-new-has-no-power")(
        lambda u, n=number: all_of(u, pki.ext_key_usage(n)))


def ca_with(extensions, subject=None, parent=None, **options):
    """A CA of the operator, its certificate by hand."""
    def make(s):
        ca = pki.CA(subject or pki.name(CN="Odd", O="Operator"),
                    parent or s.operator.root)
        usual = dict(ca=pki.basic_constraints(True), usage=pki.key_usage(5, 6),
                     ski=pki.subject_key_id(ca.key.spki),
                     aki=pki.authority_key_id(s.operator.root.key.spki))
        ca.cert = pki.certificate(s.operator.root.subject,
                                  s.operator.root.key, ca.subject,
                                  ca.key.spki, extensions(usual), **options)
        return ca
    return make


def under(name, rule, **options):
    """The new certificate comes from a CA with these extensions."""
    def keep(extensions, **given):
        @row(name, rule, **options)
        def change(d, s):
            ca = ca_with(extensions, **given)(s)
            d.cert = ca.issue(EE, d.key).cert
            d.again()
            d.answer.extra_certs.insert(1, ca.cert)
            d.conf.content = seq(cmp.cert_status(pki.Cert(d.cert).hash()))
    return keep


under("issuer-that-is-no-ca", "cert-ca-is-ca")(
    lambda u: all_of(u, without=("ca",)))
under("ca-bit-not-critical", "cert-ca-bit-is-critical")(
    lambda u: all_of(u, pki.extension("2.5.29.19", seq(der.boolean(True))),
                     without=("ca",)))
under("ca-without-usage", "cert-ca-may-sign")(
    lambda u: all_of(u, without=("usage",)))
under("ca-that-signs-no-crls", "cert-ca-may-sign-crls")(
    lambda u: all_of(u, pki.key_usage(5), without=("usage",)))
under("ca-without-ski", "cert-ca-has-ski")(
    lambda u: all_of(u, without=("ski",)))
under("ca-expired", "cert-is-in-force", capture=True)(
    all_of, not_before=1600000000, not_after=1700000000)


@row("path-too-long", "cert-path-len-holds")
def path_too_long(d, s):
    short = ca_with(lambda u: all_of(u, pki.basic_constraints(True, 0),
                                     without=("ca",)))(s)
    ca = pki.CA(pki.name(CN="Below", O="Operator"), short)
    d.cert = ca.issue(EE, d.key).cert
    d.again()
    d.answer.extra_certs[1:1] = [ca.cert, short.cert]
    d.conf.content = seq(cmp.cert_status(pki.Cert(d.cert).hash()))


def swapped(s, change, is_signed=True):
    """A certificate whose TBSCertificate's parts are changed."""
    tbs, alg, signature = read(other_end(s).cert)
    tbs = seq(*change([n.der for n in tbs]))
    if is_signed:
        signature = read(der.bits(s.operator.issuing.key.sign(tbs)))
    return seq(tbs, alg.der, signature.der)


def extra(name, rule, **options):
    """One more certificate in the answer's extraCerts."""
    def keep(make):
        @row(name, rule, **options)
        def change(d, s):
            d.answer.extra_certs.append(make(d, s))
    return keep


def other_end(s, key=None, **options):
    return s.operator.issue(key, pki.name(CN="x", O="Operator"), **options)


extra("extra-unreadable", "cert-is-der")(lambda d, s: seq(integer(1)))
extra("extra-with-unique-id", "cert-has-no-unique-id")(
    lambda d, s: swapped(s, lambda p: p[:7] + [der.prim(
        1, b"\0x")] + p[7:]))
extra("extra-of-v1", "cert-is-v3")(
    lambda d, s: swapped(s, lambda p: p[1:7]))
extra("extra-changed", "cert-signature-holds")(
    lambda d, s: swapped(s, lambda p: p[:1] + [integer(77)] + p[2:],
                         False))
extra("extra-of-nobody", "cert-issuer-is-named")(
    lambda d, s: pki.certificate(
        der.NULL_DN, s.other.key, EE, pki.Key().spki,
        [pki.key_usage(0), pki.subject_key_id(s.other.key.spki),
         pki.authority_key_id(s.other.key.spki)]))
extra("extra-ends-early", "cert-validity-is-ordered")(
    lambda d, s: other_end(s, not_before=1700000000,
                           not_after=1600000000).cert)
extra("extra-times", "cert-time-form-is-right")(
    lambda d, s: swapped(s, lambda p: p[:4] + [seq(
        der.generalized_time(1700000000), der.utc_time(1900000000))] + p[5:]))
extra("extra-small-rsa", "cert-key-is-allowed")(
    lambda d, s: other_end(s, key=pki.Key("P-224")).cert)
extra("extra-exponent", "cert-rsa-exponent-is-usual")(
    lambda d, s: swapped(s, lambda p: p[:6] + [seq(
        seq(oid(pki.RSA + "1"), NULL), der.bits(seq(
            integer((1 << 2047) + 1), integer(3))))] + p[7:]))
extra("extra-alg", "cert-alg-is-of-profile")(
    lambda d, s: other_end(s, algorithm="ecdsa-sha224").cert)
extra("extra-aki", "cert-aki-is-issuers")(
    lambda d, s: pki.certificate(
        s.operator.root.subject, s.operator.root.key, EE, pki.Key().spki,
        [pki.key_usage(0), pki.subject_key_id(s.other.key.spki),
         pki.authority_key_id(s.other.key.spki)]))


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
info("implicitConfirm-with-a-value", "implicit-confirm-is-null", which="ask", profile="open")(
    cmp.info(cmp.IMPLICIT_CONFIRM, integer(1)))
info("implicitConfirm-not-asked-for", "implicit-confirm-was-asked", profile="open")(IMPLICIT)
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


@row("certConf-to-another-nonce", "conf-has-recip-nonce")
def conf_nonce(d, s):
    d.conf.fields["recip_nonce"] = b"n" * 16


def consequences():
    """By cause, as the table has them."""
    text = (conftest.TOP / "src/profile/consequences.c").read_text()
    rows = re.findall(r"\{ RULE_(\w+),[^{]*\{([^}]*)\}", text)
    assert len(rows) > 60
    return {rule_id(cause): {rule_id(e) for e in
                             re.findall(r"RULE_(\w+)", effects)}
            for cause, effects in rows}


def rule_id(name):
    return name.lower().replace("_", "-")


FOLLOWS = consequences()


def all_that_follows(rule, known=()):
    found = {rule, *known}
    for effect in FOLLOWS.get(rule, set()) - found:
        found |= all_that_follows(effect, found)
    return found


@pytest.mark.parametrize("change,rule,kind,profile,capture", row.params)
def test_fault(scene, linter, change, rule, kind, profile, capture):
    dialogue = scene.dialogue(kind, profile)
    change(dialogue, scene)
    reports, _ = (linter.capture(dialogue, profile) if capture else
                  linter.messages(dialogue.messages, profile))
    told = [f["rule"] for m in reports["messages"] for f in m["findings"]]
    assert told, f"{rule} was not found"
    assert told[0] == rule, told
    assert set(told) <= all_that_follows(rule), told


# Nothing breaks these alone.
BESIDES = {"cert-ca-may-sign-crls", "cert-signs-as-ca-only"}
# What only a station's settings or its key tell, or its patience.
NOT_JUDGED = {"reply-signer-entitled", "reply-waits-whole",
              "reply-challenge-opens", "reply-wait-ends", "cert-made-key"}


def ids_of(name, *steps):
    text = (conftest.TOP / "src/profile" / name).read_text()
    rows = re.findall(r'^R\([A-Z0-9_]+,\s*\\?\s*"([a-z0-9-]+)"(.*?)\n(?=R\(|/)',
                      text, re.MULTILINE | re.DOTALL)
    return {rule for rule, rest in rows
            if not steps or re.search(rf"\b({'|'.join(steps)})\b", rest)}


def test_each_rule_has_a_fault():
    first = {p.values[1] for p in row.params}
    rules = (ids_of("rule_list_exchange.h") |
             ids_of("rule_list_certificate.h"))
    assert len(rules) > 60
    assert rules - first <= BESIDES
    assert all(any(rule in all_that_follows(f) for f in first)
               for rule in BESIDES)
    station = ids_of("rule_list_station.h", *(f"ANSWER_{s}" for s in (
        "EXCHANGE", "HEADER", "SIGNER", "BODY", "RESPONSE", "CERT")))
    assert len(station) > 25
    assert station - first - NOT_JUDGED == set()
