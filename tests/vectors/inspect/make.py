#!/usr/bin/python3
"""usage: tests/vectors/inspect/make.py

Writes the messages beside it, field by field by hand after the ASN.1 of
RFC 9810 and RFC 4211: what another's decoder does not read (inspect_paths.txt
says where, and which values stand there). Nothing of this project is used.
"""
from pathlib import Path


def tlv(tag, *parts):
    content = b"".join(parts)
    size = len(content)
    if size < 0x80:
        return bytes([tag, size]) + content
    return bytes([tag, 0x82]) + size.to_bytes(2, "big") + content if (
        size > 0xff) else bytes([tag, 0x81, size]) + content


def oid(dotted):
    first, second, *rest = map(int, dotted.split("."))
    octets = b""
    for arc in (first * 40 + second, *rest):
        part = bytes([arc & 0x7f])
        while arc := arc >> 7:
            part = bytes([0x80 | arc & 0x7f]) + part
        octets += part
    return tlv(6, octets)


def seq(*parts):
    return tlv(0x30, *parts)


def name(text):
    return seq(tlv(0x31, seq(oid("2.5.4.3"), tlv(0x0c, text.encode()))))


def integer(number):
    return tlv(2, bytes([number]))


def message(number, *body):
    header = seq(integer(2), tlv(0xa4, seq()), tlv(0xa4, seq()))
    return seq(header, tlv(0xa0 + number, *body))


def genp(kind, value):
    return message(22, seq(seq(oid(f"1.3.6.1.5.5.7.4.{kind}"), value)))


CA = tlv(0xa4, name("ca"))
P256 = seq(oid("1.2.840.10045.2.1"), oid("1.2.840.10045.3.1.7"))

MESSAGES = {
    "cert-req-template": genp(19, seq(
        seq(tlv(0xa5, name("x"))),
        seq(seq(oid("1.3.6.1.5.5.7.5.1.11"), P256),
            seq(oid("1.3.6.1.5.5.7.5.1.12"), tlv(2, b"\x0c\x00"))))),
    "kem-ciphertext": genp(24, seq(seq(oid("2.16.840.1.101.3.4.4.1")),
                                   tlv(4, b"\xab\xcd"))),
    "crl-status-list": genp(22, seq(
        seq(tlv(0xa0, tlv(0xa0, tlv(0x86, b"http://x/crl"),
                          tlv(0x82, b"x.example"))),
            tlv(0x17, b"261122000000Z")),
        seq(tlv(0xa0, tlv(0xa1, seq(oid("2.5.4.3"), tlv(0x0c, b"part"))))),
        seq(tlv(0xa1, seq(CA, tlv(0x82, b"ca.example")))))),
    "rann": message(17, seq(
        integer(4), seq(CA, integer(7)), tlv(0x18, b"20261122000000Z"),
        tlv(0x18, b"20261121000000Z"))),
    "rp": message(12, seq(seq(seq(integer(0))),
                          tlv(0xa0, seq(seq(CA, integer(7)))))),
    "poposk-input": message(0, seq(seq(
        seq(integer(0), seq()),
        tlv(0xa1, tlv(0xa0, tlv(0xa0, CA), seq(P256, tlv(3, b"\0\4"))),
            seq(oid("1.2.840.10045.4.3.2")), tlv(3, b"\0\1"))))),
}

for file, octets in MESSAGES.items():
    (Path(__file__).parent / f"{file}.der").write_bytes(octets)
