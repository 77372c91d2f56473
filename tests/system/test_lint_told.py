"""Lint over what a station is told, asked or not: one thing wrong in each."""
import pytest

from cmplib import cmp, der, pki
from cmplib.der import NULL, ctx, integer, oid, read, seq
from cmplib.faults import EE, Faults, check, linter, scene

__all__ = ["linter", "scene"]
row = Faults()

# genm and genp
def telling(name, rule, *asked):
    """`make` gives the InfoTypeAndValues of the genp."""
    def keep(make):
        @row(name, rule, profile="open")
        def change(d, s):
            ask = d.station.genm(*asked)
            genp = d.reply("genp", seq(*make(s)), ask, s.operator.extra)
            d.messages = [ask, genp]
    return keep


def it(number, *value):
    return cmp.info(cmp.id_it(number), *value)


def ca_certs(s):
    return it(17, seq(s.operator.issuing.cert))


def unsupported(number):
    return it(7, seq(oid(cmp.id_it(number))))


def linking(s, signer=None, spki=None, **options):
    """A root's certificate, by the operator's unless told."""
    root = s.operator.root
    return pki.certificate(
        root.subject, signer or root.key, root.subject,
        spki or s.new_key.spki,
        [pki.basic_constraints(True), pki.key_usage(5, 6),
         pki.subject_key_id(s.new_key.spki)], **options)


def update(s, fresh=None, linked=None, back=None):
    """rootCaKeyUpdate; b"" leaves newWithOld out."""
    fresh = fresh or linking(s, signer=s.new_key)
    linked = linking(s) if linked is None else linked
    return it(18, seq(fresh, *([ctx(0, linked)] if linked else []),
                      *([ctx(1, back)] if back else [])))


telling("told-twice", "told-once", 17)(lambda s: [ca_certs(s), ca_certs(s)])
telling("told-unasked", "told-was-asked", 17)(
    lambda s: [ca_certs(s), it(2, seq(pki.alg_id("1.3.101.112")))])
telling("unsupported-and-unasked", "told-unsupported", 17)(
    lambda s: [ca_certs(s), unsupported(2)])
telling("told-and-unsupported", "told-one-answer", 17)(
    lambda s: [ca_certs(s), unsupported(17)])
telling("told-in-another-type", "told-value", 17)(lambda s: [it(17, NULL)])
telling("parameters-of-another", "told-parameters",
        it(10, oid("1.2.840.10045.2.1")))(
    lambda s: [it(11, pki.alg_id("1.3.101.112"))])
telling("another-language", "told-language", it(16, seq(der.utf8("en"))))(
    lambda s: [it(16, seq(der.utf8("fr")))])
telling("template-with-a-key", "told-template", 19)(
    lambda s: [it(19, seq(cmp.template(public_key=read(
        s.new_key.spki).content)))])
telling("key-spec-of-rsa", "told-key-spec", 19)(
    lambda s: [it(19, seq(cmp.template(), seq(seq(
        oid("1.3.6.1.5.5.7.5.1.11"), pki.alg_id(pki.RSA + "1", NULL)))))])
telling("no-link", "update-complete", 20)(lambda s: [update(s, linked=b"")])
telling("root-not-self-signed", "update-self-signed", 20)(
    lambda s: [update(s, fresh=linking(s, signer=s.other.key))])
telling("link-by-another", "update-link", 20)(
    lambda s: [update(s, linked=linking(s, signer=s.other.key))])
telling("root-expired", "update-dates", 20)(
    lambda s: [update(s, fresh=linking(s, signer=s.new_key,
                                       not_before=1600000000,
                                       not_after=1700000000))])
telling("link-back-by-another", "update-back", 20)(
    lambda s: [update(s, back=linking(s, spki=s.operator.root.key.spki))])
telling("no-crl", "crl-readable", 6)(lambda s: [it(6, seq(integer(1)))])
telling("crl-by-another", "crl-signer", 6)(
    lambda s: [it(6, pki.CA(s.operator.issuing.subject).crl())])
telling("crl-out-of-date", "crl-dates", 6)(
    lambda s: [it(6, s.operator.issuing.crl(
        this_update=1600000000, next_update=1700000000))])
telling("crl-of-another", "crl-was-asked", it(22, seq(seq(ctx(1, seq(
    ctx(4, EE)))))))(lambda s: [it(23, seq(s.operator.issuing.crl()))])
telling("not-a-cas", "ca-cert", 17)(
    lambda s: [it(17, seq(s.operator.issue(None).cert))])
telling("not-to-encrypt-to", "target-cert", 1)(
    lambda s: [it(1, s.operator.issue(None).cert)])


# announcements
def announcing(name, rule, kind, **fields):
    def keep(make):
        @row(name, rule, profile="open")
        def change(d, s):
            d.messages = [cmp.outgoing(kind, make(s), s.operator.signer,
                                       s.operator.extra, **fields)]
    return keep


def rann(status):
    return lambda s: seq(
        integer(status), seq(pki.directory(s.operator.root.subject),
                             integer(5)),
        der.generalized_time(1900000000), der.generalized_time(1900000000))


announcing("announced-in-version-2", "announced-pvno", "ckuann")(
    lambda s: ctx(0, read(update(s))[1].der))
announcing("announced-at-no-time", "announced-time", "cann",
           message_time=None)(lambda s: s.operator.issue(None).cert)
announcing("announced-with-accepted", "announced-status", "rann")(rann(0))
announcing("announced-crl-unreadable", "crl-readable", "crlann")(
    lambda s: seq(seq(integer(1))))


@pytest.mark.parametrize("change,rule,kind,profile,capture", row.params)
def test_fault(scene, linter, change, rule, kind, profile, capture):
    check(scene, linter, change, rule, kind, profile, capture)
