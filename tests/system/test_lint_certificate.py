"""Lint over the certificates of an exchange: one thing wrong in each."""
import pytest

from cmplib import cmp, der, pki
from cmplib.der import NULL, integer, named_bits, octets, oid, read, seq
from cmplib.faults import EE, Faults, check, linter, scene

__all__ = ["linter", "scene"]
row = Faults()
extra = row.extra

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


@pytest.mark.parametrize("change,rule,kind,profile,capture", row.params)
def test_fault(scene, linter, change, rule, kind, profile, capture):
    check(scene, linter, change, rule, kind, profile, capture)
