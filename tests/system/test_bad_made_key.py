"""Requests for a key that are refused: a row each."""
import pytest

from cmplib import cmp, der, pki
from cmplib.der import bits, oid, seq
from cmplib.http import PATH
from cmplib.made import MADE, MADE_LITE, asking, reader
from cmplib.rows import Rows, check_refused
from cmplib.secret import has_mac, holder
from cmplib.station import Station

LITE = f"{PATH}/p/lite"
rows = Rows()
row, refused = rows.add, rows.refused


def ask(path=MADE_LITE, wanted="P-256", kind="P-256", usage=None, **options):
    return lambda w: asking(reader(w, kind, path, usage=usage), wanted,
                            **options)


# --- where none is made ---

for name, path in (("3gpp-bs", None), ("rfc9483", LITE)):
    for wanted in ("none", "P-256"):
        row(f"{wanted}-in-{name}", ask(path or PATH, wanted), "ip",
            "badCertTemplate", "public-key-is-there", path)


@refused("cp", "badCertTemplate", "public-key-is-there", MADE)
def p10cr_with_an_empty_key(w):
    key = pki.Key()
    key.spki = seq(pki.alg_id("1.2.840.10045.2.1",
                              oid("1.2.840.10045.3.1.7")), bits(b""))
    return reader(w, path=MADE).p10cr(key, signing_key=pki.Key())


# --- what is asked ---

row("of-pvno-2", ask(pvno=2), "ip", "badRequest", "made-key-needs-v3",
    MADE_LITE)
for name, alg in {
        "p-224": ("1.2.840.10045.2.1", oid("1.3.132.0.33")),
        "a-curve-of-its-own": ("1.2.840.10045.2.1", seq()),
        "no-curve": ("1.2.840.10045.2.1",),
        "dsa": ("1.2.840.10040.4.1",),
        "x25519": ("1.3.101.110",),
        "rsa-pss": ("1.2.840.113549.1.1.10",),
        "nobody-knows": ("1.2.3.4",)}.items():
    row(f"kind-{name}", ask(wanted=alg), "ip", "badAlg",
        "public-key-is-allowed", MADE_LITE)
for name, popo in {
        "signature": lambda req: cmp.popo_signature(pki.Key(), req),
        "ra-verified": cmp.RA_VERIFIED,
        "key-encipherment": cmp.KEY_ENCIPHERMENT,
        "key-agreement": cmp.KEY_AGREEMENT}.items():
    row(f"with-proof-by-{name}", ask(popo=popo), "ip", "badPOP",
        "made-key-has-no-proof", MADE_LITE)


@refused("ip", "badRequest", "made-key-is-alone", MADE)
def two_keys(w):
    station = reader(w, path=MADE)
    one, two = (der.read(asking(station, number=n).content)[0].der
                for n in (0, 1))
    return station.several("ir", one, two, pvno=3)


# --- whom it could be encrypted to ---

READER = ("ip", "badRequest", "made-key-has-reader", MADE_LITE)
row("ec-for-signatures-alone", ask(usage=(pki.DIGITAL_SIGNATURE,)), *READER)
row("ec-for-encipherment",
    ask(usage=(pki.DIGITAL_SIGNATURE, pki.KEY_ENCIPHERMENT)), *READER)
row("rsa-for-signatures-alone",
    ask(kind="RSA-2048", usage=(pki.DIGITAL_SIGNATURE,)), *READER)
row("rsa-for-agreement",
    ask(kind="RSA-2048", usage=(pki.DIGITAL_SIGNATURE, pki.KEY_AGREEMENT)),
    *READER)
row("ed25519", ask(kind="Ed25519"), *READER)


@refused("ip", "badRequest", "made-key-has-reader", MADE)
def by_an_ra_for_another(w):
    """It would learn the key."""
    return asking(Station(w.server, w.ras.west, MADE))


@pytest.mark.parametrize("build, body, failure, rule, path", rows.params)
def test_refused(world, build, body, failure, rule, path):
    check_refused(world, build, body, failure, rule, path)


def test_wrong_secret(world):
    """Nothing is made, and no envelope is under anything."""
    station = holder(world, MADE_LITE)
    out = station.ir(pvno=3, popo=b"", fields={"public_key": None},
                     secret=b"another")
    reply = cmp.Reply(station.post(out).body)
    assert (reply.kind, reply.failures) == ("error", {"badMessageCheck"})
    assert not has_mac(reply)
