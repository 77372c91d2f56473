"""DER, written by functions that nest like the ASN.1, and read as a tree."""
import time

NULL = b"\x05\x00"
NULL_DN = b"\x30\x00"


def length(n):
    if n < 0x80:
        return bytes([n])
    octets = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([0x80 | len(octets)]) + octets


def tlv(tag, *parts):
    content = b"".join(parts)
    return bytes([tag]) + length(len(content)) + content


def seq(*parts):
    return tlv(0x30, *parts)


def set_of(*parts):
    return tlv(0x31, *sorted(parts))


def ctx(n, *parts):
    """[n], constructed: EXPLICIT around an element, IMPLICIT over content."""
    return tlv(0xa0 | n, *parts)


def prim(n, content=b""):
    """[n] IMPLICIT over a primitive type."""
    return tlv(0x80 | n, content)


def int_content(n):
    return n.to_bytes(n.bit_length() // 8 + 1, "big", signed=True)


def integer(n):
    return tlv(0x02, int_content(n))


def boolean(is_so):
    return tlv(0x01, b"\xff" if is_so else b"\x00")


def octets(value):
    return tlv(0x04, value)


def bits(value, unused=0):
    return tlv(0x03, bytes([unused]), value)


def named_bits(*numbers):
    """A BIT STRING with these bits set, trailing zeros cut."""
    if not numbers:
        return bits(b"")
    size = max(numbers) + 1
    value = 0
    for n in numbers:
        value |= 1 << (size - 1 - n)
    unused = -size % 8
    return bits((value << unused).to_bytes((size + unused) // 8, "big"),
                unused)


def oid(text):
    first, second, *rest = map(int, text.split("."))
    out = b""
    for arc in (first * 40 + second, *rest):
        part = bytes([arc & 0x7f])
        while arc > 0x7f:
            arc >>= 7
            part = bytes([0x80 | arc & 0x7f]) + part
        out += part
    return tlv(0x06, out)


def utf8(text):
    return tlv(0x0c, text if isinstance(text, bytes) else text.encode())


def printable(text):
    return tlv(0x13, text.encode())


def generalized_time(seconds):
    return tlv(0x18, time.strftime("%Y%m%d%H%M%SZ",
                                   time.gmtime(seconds)).encode())


def utc_time(seconds):
    return tlv(0x17, time.strftime("%y%m%d%H%M%SZ",
                                   time.gmtime(seconds)).encode())


def x509_time(seconds):
    """RFC 5280, 4.1.2.5: UTCTime through 2049."""
    return (generalized_time if seconds >= 2524608000 else utc_time)(seconds)


def retag(element, tag):
    return bytes([tag]) + element[1:]


class Node:
    """One element: tag, content, the whole as `der`, its children if any."""

    def __init__(self, data, at=0):
        self.start = at
        self.tag = data[at]
        if self.tag & 0x1f == 0x1f:
            raise ValueError("a tag of several octets")
        size = data[at + 1]
        at += 2
        if size >= 0x80:
            count = size & 0x7f
            if not 1 <= count <= 4:
                raise ValueError("length")
            size = int.from_bytes(data[at:at + count], "big")
            if size < 0x80 or size >> 8 * (count - 1) == 0:
                raise ValueError("length not minimal")
            at += count
        if at + size > len(data):
            raise ValueError("cut short")
        self.content = data[at:at + size]
        self.content_at = at
        self.end = at + size
        self.der = data[self.start:self.end]

    @property
    def children(self):
        out, at = [], 0
        while at < len(self.content):
            out.append(Node(self.content, at))
            at = out[-1].end
        return out

    def __getitem__(self, i):
        return self.children[i]

    def __iter__(self):
        return iter(self.children)

    def __bool__(self):
        return True

    def __len__(self):
        return len(self.children)

    def find(self, tag):
        """The first child with this tag, or None."""
        return next((c for c in self if c.tag == tag), None)

    @property
    def number(self):
        return int.from_bytes(self.content, "big", signed=True)

    @property
    def oid(self):
        arcs, arc = [], 0
        for octet in self.content:
            arc = arc << 7 | octet & 0x7f
            if octet < 0x80:
                arcs.append(arc)
                arc = 0
        first = min(arcs[0] // 40, 2)
        return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))

    @property
    def bit_octets(self):
        return self.content[1:]

    @property
    def bit_numbers(self):
        value = self.content[1:]
        return {i for i in range(8 * len(value))
                if value[i // 8] >> (7 - i % 8) & 1}


def read(data):
    """The one element that these bytes are."""
    node = Node(data)
    if node.end != len(data):
        raise ValueError("bytes left over")
    return node
