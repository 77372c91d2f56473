"""Stations that have their keys made (RFC 9483, 4.1.6)."""
from cmplib import pki
from cmplib.der import bits, oid
from cmplib.http import PATH
from cmplib.station import Station

MADE, MADE_LITE, MADE_ON = (f"{PATH}/p/{name}" for name in
                           ("made", "made-lite", "made-on"))
UNIT = pki.name(CN="unit")
WISHES = {
    "none": None,
    "P-256": ("1.2.840.10045.2.1", oid("1.2.840.10045.3.1.7")),
    "P-384": ("1.2.840.10045.2.1", oid("1.3.132.0.34")),
    "RSA": ("1.2.840.113549.1.1.1", b"\x05\x00"),
    "Ed25519": ("1.3.101.112",),
}


def wish(name):
    """The template's publicKey: an algorithm and an empty key, or nothing."""
    alg = WISHES.get(name, name)
    return alg and pki.alg_id(*alg) + bits(b"")


def reader(world, kind="P-256", path=MADE_LITE, vendor=None, usage=None):
    """A station whose certificate a key can be encrypted to."""
    usage = usage or (pki.DIGITAL_SIGNATURE, pki.KEY_ENCIPHERMENT
                      if kind.startswith("RSA") else pki.KEY_AGREEMENT)
    return Station(world.server, world.credential(
        vendor, key=pki.Key(kind), usage=usage), path)


def asking(station, name="P-256", kind="ir", **options):
    """A request for a certificate and its key."""
    options.setdefault("subject", UNIT)
    options.setdefault("pvno", 3)
    options.setdefault("popo", b"")
    fields = {"public_key": wish(name), **options.pop("fields", {})}
    return station.request(kind, fields=fields, **options)
