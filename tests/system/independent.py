"""What pyasn1-modules, which knows nothing of us, reads in a message: beside
what `inspect --json --hex` shows of it, path by path.

Every field that both have is compared as bytes; leaves as values too. Open
types are read by the maps of pyasn1-modules, and for CMP by the tables here.
"""
import ipaddress
import json
import re
import subprocess

from pyasn1.codec.der.decoder import decode
from pyasn1.codec.der.encoder import encode
from pyasn1.error import PyAsn1Error
from pyasn1.type import char, univ, useful
from pyasn1_modules import (rfc3279, rfc4043, rfc4055, rfc4108, rfc4210,
                            rfc4211, rfc5084, rfc5280, rfc5480, rfc5652,
                            rfc5958, rfc8017, rfc8018)

# Names of choices that `inspect` shows as what was chosen.
THROUGH = {"", "rdnSequence", "utcTime", "generalTime", "x509v3PKCert",
           "utf8String", "printableString", "ia5String", "teletexString",
           "bmpString", "universalString"}


class Certs(univ.SequenceOf):
    componentType = rfc5280.Certificate()


class Crls(univ.SequenceOf):
    componentType = rfc5280.CertificateList()


class Algs(univ.SequenceOf):
    componentType = rfc5280.AlgorithmIdentifier()


class Oids(univ.SequenceOf):
    componentType = univ.ObjectIdentifier()


def oid(*parts):
    return ".".join(str(p) for p in parts)


IT = "1.3.6.1.5.5.7.4"
CTRL = "1.3.6.1.5.5.7.5"
INFO_VALUES = {
    oid(IT, 1): rfc5280.Certificate(), oid(IT, 2): Algs(), oid(IT, 3): Algs(),
    oid(IT, 4): rfc5280.AlgorithmIdentifier(),
    oid(IT, 5): rfc4210.CAKeyUpdAnnContent(),
    oid(IT, 6): rfc5280.CertificateList(), oid(IT, 7): Oids(),
    oid(IT, 10): univ.ObjectIdentifier(),
    oid(IT, 11): rfc5280.AlgorithmIdentifier(), oid(IT, 13): univ.Null(),
    oid(IT, 14): useful.GeneralizedTime(), oid(IT, 15): rfc4210.PKIMessages(),
    oid(IT, 16): rfc4210.PKIFreeText(), oid(IT, 17): Certs(),
    oid(IT, 20): rfc5280.Certificate(), oid(IT, 21): rfc4210.PKIFreeText(),
    oid(IT, 23): Crls(),
}
CONTROLS = {
    oid(CTRL, 1, 1): rfc4211.RegToken(), oid(CTRL, 1, 2): rfc4211.Authenticator(),
    oid(CTRL, 1, 3): rfc4211.PKIPublicationInfo(),
    oid(CTRL, 1, 4): rfc4211.PKIArchiveOptions(),
    oid(CTRL, 1, 5): rfc4211.OldCertId(),
    oid(CTRL, 1, 6): rfc4211.ProtocolEncrKey(),
    oid(CTRL, 1, 7): rfc4211.AttributeTypeAndValue(),
    oid(CTRL, 1, 11): rfc5280.AlgorithmIdentifier(),
    oid(CTRL, 1, 12): univ.Integer(),
    oid(CTRL, 2, 1): rfc4211.UTF8Pairs(), oid(CTRL, 2, 2): rfc4211.CertReq(),
}
ALGORITHMS = {
    **rfc5280.algorithmIdentifierMap,
    "1.2.840.113533.7.66.13": rfc4210.PBMParameter(),
    "1.2.840.113533.7.66.30": rfc4210.DHBMParameter(),
    "1.2.840.113549.1.5.12": rfc8018.PBKDF2_params(),
    "1.2.840.113549.1.5.13": rfc8018.PBES2_params(),
    "1.2.840.113549.1.5.14": rfc8018.PBMAC1_params(),
    "1.2.840.113549.1.1.8": rfc5280.AlgorithmIdentifier(),
    "1.2.840.113549.1.1.10": rfc4055.RSASSA_PSS_params(),
    "1.2.840.10045.2.1": rfc5480.ECParameters(),
    "1.2.840.10040.4.1": rfc3279.Dss_Parms(),
    **{oid("2.16.840.1.101.3.4.1", n): rfc5084.GCMParameters()
       for n in (6, 26, 46)},
}
OTHER_NAMES = {
    "1.3.6.1.5.5.7.8.3": rfc4043.PermanentIdentifier(),
    "1.3.6.1.5.5.7.8.4": rfc4108.HardwareModuleName(),
}
CONTENTS = {
    "1.2.840.113549.1.7.1": univ.OctetString(),
    "1.2.840.113549.1.7.2": rfc5652.SignedData(),
    "1.2.840.113549.1.7.3": rfc5652.EnvelopedData(),
    "2.16.840.1.101.2.1.2.78.5": rfc5958.AsymmetricKeyPackage(),
}
ATTRIBUTES = {**rfc5280.certificateAttributesMap,
              **rfc5652.cmsAttributesMap,
              "1.2.840.113549.1.9.14": rfc5280.Extensions(),
              "1.2.840.113549.1.9.7": rfc5280.DirectoryString()}
# What pyasn1-modules calls otherwise.
ALIASES = {"pop": "popo", "gen": "genp", "signature": "signatureValue",
           "vals": "values", "attrType": "type", "attrValues": "values",
           "hashFunc": "hashAlgorithm", "maskGenFunc": "maskGenAlgorithm",
           "pSourceFunc": "pSourceAlgorithm",
           "subjectPublicKeyInfo": "subjectPKInfo"}
DEFAULTS = {"version", "critical", "cA", "minimum", "trailerField",
            "saltLength", "aes-ICVlen", "prf", "onlyContainsUserCerts",
            "onlyContainsCACerts", "indirectCRL",
            "onlyContainsAttributeCerts"}
# By the field that holds the open type, and a field beside it that it takes to
# be the one meant.
OPEN = {
    "infoValue": INFO_VALUES, "parameters": ALGORITHMS,
    "extnValue": {**rfc5280.certificateExtensionsMap,
                  "2.5.29.20": rfc5280.CRLNumber(),
                  "2.5.29.21": rfc5280.CRLReason(),
                  "2.5.29.24": rfc5280.InvalidityDate(),
                  "2.5.29.27": rfc5280.BaseCRLNumber(),
                  "2.5.29.28": rfc5280.IssuingDistributionPoint(),
                  "2.5.29.54": rfc5280.InhibitAnyPolicy()},
    "qualifier": rfc5280.policyQualifierInfoMap,
    "content": CONTENTS, "eContent": CONTENTS,
    "subjectPublicKey": {"1.2.840.113549.1.1.1": rfc8017.RSAPublicKey(),
                         "1.2.840.113549.1.1.10": rfc8017.RSAPublicKey(),
                         "1.2.840.10040.4.1": univ.Integer(),
                         "1.2.840.10046.2.1": univ.Integer()},
}

# For messages that it does not take whole: types it does, by our name.
SPECS = {name.replace("_", "-"): spec for name, spec in {
    "PKIMessage": rfc4210.PKIMessage, "PKIHeader": rfc4210.PKIHeader,
    "CertReqMessages": rfc4211.CertReqMessages,
    "CertReqMsg": rfc4211.CertReqMsg, "CertRequest": rfc4211.CertRequest,
    "CertTemplate": rfc4211.CertTemplate, "CertId": rfc4211.CertId,
    "EncryptedValue": rfc4211.EncryptedValue,
    "PKIPublicationInfo": rfc4211.PKIPublicationInfo,
    "AttributeTypeAndValue": rfc4211.AttributeTypeAndValue,
    "POPOSigningKey": rfc4211.POPOSigningKey,
    "POPOSigningKeyInput": rfc4211.POPOSigningKeyInput,
    "PKMACValue": rfc4211.PKMACValue,
    "CertRepMessage": rfc4210.CertRepMessage,
    "CertResponse": rfc4210.CertResponse,
    "CertifiedKeyPair": rfc4210.CertifiedKeyPair,
    "PKIStatusInfo": rfc4210.PKIStatusInfo,
    "PKIFreeText": rfc4210.PKIFreeText,
    "InfoTypeAndValue": rfc4210.InfoTypeAndValue,
    "ErrorMsgContent": rfc4210.ErrorMsgContent,
    "RevReqContent": rfc4210.RevReqContent, "RevDetails": rfc4210.RevDetails,
    "RevRepContent": rfc4210.RevRepContent,
    "RevAnnContent": rfc4210.RevAnnContent,
    "CertConfirmContent": rfc4210.CertConfirmContent,
    "CertStatus": rfc4210.CertStatus,
    "PollReqContent": rfc4210.PollReqContent,
    "PollRepContent": rfc4210.PollRepContent,
    "KeyRecRepContent": rfc4210.KeyRecRepContent,
    "CAKeyUpdAnnContent": rfc4210.CAKeyUpdAnnContent,
    "POPODecKeyChallContent": rfc4210.POPODecKeyChallContent,
    "POPODecKeyRespContent": rfc4210.POPODecKeyRespContent,
    "Challenge": rfc4210.Challenge,
    "Certificate": rfc5280.Certificate,
    "CertificateList": rfc5280.CertificateList,
    "CertificationRequest": None,
    "AlgorithmIdentifier": rfc5280.AlgorithmIdentifier,
    "SubjectPublicKeyInfo": rfc5280.SubjectPublicKeyInfo,
    "Name": rfc5280.Name, "GeneralName": rfc5280.GeneralName,
    "GeneralNames": rfc5280.GeneralNames, "Extensions": rfc5280.Extensions,
    "Validity": rfc5280.Validity,
    "EnvelopedData": rfc5652.EnvelopedData, "SignedData": rfc5652.SignedData,
    "ContentInfo": rfc5652.ContentInfo,
    "RecipientInfos": rfc5652.RecipientInfos,
    "KeyTransRecipientInfo": rfc5652.KeyTransRecipientInfo,
    "KeyAgreeRecipientInfo": rfc5652.KeyAgreeRecipientInfo,
    "PasswordRecipientInfo": rfc5652.PasswordRecipientInfo,
    "EncryptedContentInfo": rfc5652.EncryptedContentInfo,
    "AsymmetricKeyPackage": rfc5958.AsymmetricKeyPackage,
    "PBMParameter": rfc4210.PBMParameter,
    "PBMAC1-params": rfc8018.PBMAC1_params,
    "PBKDF2-params": rfc8018.PBKDF2_params,
    "INTEGER": univ.Integer, "OCTET STRING": univ.OctetString,
    "BIT STRING": univ.BitString, "KeyIdentifier": univ.OctetString,
    "OBJECT IDENTIFIER": univ.ObjectIdentifier, "NULL": univ.Null,
    "BOOLEAN": univ.Boolean, "UTF8String": char.UTF8String,
    "IA5String": char.IA5String, "PrintableString": char.PrintableString,
    "GeneralizedTime": useful.GeneralizedTime, "UTCTime": useful.UTCTime,
    "PKIStatus": rfc4210.PKIStatus, "PKIFailureInfo": rfc4210.PKIFailureInfo,
    "Version": univ.Integer,
}.items() if spec is not None}


def inspect(program, *args, data=None):
    """The messages of `inspect --json --hex`, whatever their state."""
    done = subprocess.run([program, "inspect", "--json", "--hex", *args],
                          input=data, capture_output=True, timeout=60)
    assert done.returncode in (0, 1), done.stderr
    return json.loads(done.stdout)["messages"]


def nodes(tree):
    """path: node, of all."""
    found = {tree["path"]: tree}
    for field in tree.get("fields", ()):
        found.update(nodes(field))
    return found


def generic(path):
    """Without the places in lists, and in the message inside others."""
    return re.sub(r"^(body\.nested\[\]\.)+", "",
                  re.sub(r"\[\d+\]", "[]", path))


def join(path, name):
    return name if path == "" else f"{path}.{name}"


def _printable(text):
    return all(c.isprintable() for c in text) and "\\" not in text


def _bits(value):
    names = {int(n): str(name) for name, n in value.namedValues.items()}
    if not names:
        unused = -len(value) % 8
        text = value.asOctets()
        if unused:
            text = (value.asInteger() << unused).to_bytes(
                (len(value) + 7) // 8, "big")
        return text.hex() + (f" ({unused} bits unused)" if unused else "")
    return ", ".join(names.get(i, f"bit {i}")
                     for i, bit in enumerate(value) if bit)


def _integer(value):
    octets = encode(univ.Integer(int(value)))
    content = octets[2:] if octets[1] < 0x80 else octets[
        2 + (octets[1] & 0x7f):]
    text = str(int(value)) if len(content) <= 8 else "0x" + content.hex()
    name = None
    for known, number in value.namedValues.items():
        if int(number) == int(value):
            name = known
    return f"{text} ({name})" if name else text


def shown(value):
    """A leaf as `inspect` writes it; None: not for here to say."""
    if isinstance(value, univ.Boolean):
        return "TRUE" if value else "FALSE"
    if isinstance(value, univ.Integer):
        return _integer(value)
    if isinstance(value, univ.Null):
        return ""
    if isinstance(value, univ.BitString):
        return _bits(value)
    if isinstance(value, univ.ObjectIdentifier):
        return str(value)
    if isinstance(value, (useful.GeneralizedTime, useful.UTCTime)):
        digits = str(value)
        if isinstance(value, useful.UTCTime):
            digits = ("19" if digits[0] >= "5" else "20") + digits
        return re.sub(r"^(....)(..)(..)(..)(..)(.*)$",
                      r"\1-\2-\3T\4:\5:\6", digits)
    if isinstance(value, char.AbstractCharacterString):
        return str(value) if _printable(str(value)) else None
    if isinstance(value, univ.OctetString):
        return bytes(value).hex()
    return None


def same_value(node, value):
    expected, ours = shown(value), node["value"]
    if expected is None:
        return True
    if isinstance(value, univ.ObjectIdentifier):
        return ours.split("(")[-1].rstrip(")") == expected
    if isinstance(value, univ.Integer) and "(" in ours and (
            "(" not in expected):
        return ours.split(" ")[0] == expected
    if "." in ours and isinstance(value, univ.OctetString) and (
            node["name"] == "iPAddress"):
        return ours == str(ipaddress.ip_address(bytes(value)))
    if "not shown" in ours:
        return True
    return ours == expected


class Comparison:
    """One message: what of it was read by both, and where they differ."""

    def __init__(self, message):
        self.der = bytes.fromhex(message["der"])
        self.nodes = nodes(message["tree"])
        self.both = set()
        self.opened = set()
        self.differences = []
        self.top = message["tree"]

    def differ(self, path, what):
        self.differences.append(f"{path}: {what}")

    def element(self, node):
        return self.der[node["offset"]:node["offset"] + node["length"]]

    def own(self, node, tag=None):
        """Without the tags around it, and its own in place of another."""
        content = self.der[node["offset"] + node["header"]:
                           node["offset"] + node["length"]]
        head = encode(univ.OctetString(content))[:-len(content) or None]
        start = self.element(node)[node["header"] - len(head)]
        return bytes([tag or start]) + head[1:] + content

    def run(self):
        self.part(self.top)
        return self

    def part(self, node):
        """From a node down, as far as it takes it whole; else its fields."""
        spec = SPECS.get(node["type"])
        if spec is not None and "problem" not in node:
            for tag in (None, spec.tagSet.superTags[-1].tagId | (
                    spec.tagSet.superTags[-1].tagFormat)
                        if len(spec.tagSet) else None):
                try:
                    value, rest = decode(self.own(node, tag), asn1Spec=spec())
                except (PyAsn1Error, IndexError, AttributeError):
                    continue
                if not rest:
                    self.walk(value, node["path"], None)
                    return
        for field in node.get("fields", ()):
            self.part(field)

    def walk(self, value, path, key):
        """`key`: the object identifier that open types go by."""
        node = self.nodes.get(path)
        if node is None:
            self.differ(path, "not in the tree")
            return
        self.both.add(path)
        # RFC 4210 had EncryptedValue where RFC 9810 has a choice.
        if node["type"] == "EncryptedKey" and not isinstance(
                value, (univ.Any, univ.Choice)):
            self.walk(value, join(path, "encryptedValue"), key)
        elif isinstance(value, univ.Choice):
            self.choice(value, path, key)
        elif node["type"] == "PKIMessage" and isinstance(value, univ.Any):
            self.part(node)  # it leaves nested messages closed
        elif isinstance(value, univ.SequenceAndSetBase):
            self.sequence(value, path, key)
        elif isinstance(value, univ.SequenceOfAndSetOfBase):
            for i, item in enumerate(value):
                self.walk(item, f"{path}[{i}]", key)
        else:
            self.leaf(value, path, node, key)

    def choice(self, value, path, key):
        name, chosen = value.getName(), value.getComponent()
        if name in THROUGH:
            self.walk(chosen, path, key)
        else:
            self.walk(chosen, self.path_of(path, name), key)

    def path_of(self, path, name):
        where = join(path, name)
        return where if where in self.nodes else join(
            path, ALIASES.get(name, name))

    def sequence(self, value, path, key):
        for i, name in enumerate(value):
            item = value[name]
            where = (self.path_of(path, name) if len(value.componentType)
                     else f"{path}[{i}]")
            if not item.isValue or self.is_left_out(item, where):
                continue
            self.walk(item, where, key)
            if isinstance(item, univ.ObjectIdentifier) and name in (
                    "algorithm", "extnID", "infoType", "type", "contentType",
                    "eContentType", "attrType", "policyQualifierId",
                    "type-id"):
                key = str(item)
            if name == "algorithm" and not isinstance(
                    item, univ.ObjectIdentifier):
                key = str(item["algorithm"])

    def is_left_out(self, item, where):
        """A default, or a SEQUENCE without fields that stands for none."""
        if where in self.nodes:
            return False
        return (isinstance(item, univ.SequenceAndSetBase) and not any(
            item[n].isValue for n in item)) or (
                isinstance(item, (univ.Integer, univ.OctetString)) and
                where.rsplit(".", 1)[-1] in DEFAULTS)

    def spec_of(self, path, key):
        name = re.sub(r"(\[\d+\])+$", "", path).split(".")[-1]
        if name in OPEN:
            table = OPEN[name]
        elif "otherName" in path:
            table = OTHER_NAMES
        elif name == "values":
            table = ATTRIBUTES
        elif name == "value":
            table = CONTROLS
        else:
            table = {}
        for known, spec in table.items():
            if str(known) == key:
                return spec
        return None

    def leaf(self, value, path, node, key):
        """A value, or a string or open type that holds one."""
        spec = None
        if path not in self.opened and isinstance(
                value, (univ.Any, univ.OctetString, univ.BitString)):
            spec = self.spec_of(path, key)
        if path not in self.opened and (
                isinstance(value, univ.Any) or spec is not None):
            octets = value.asOctets()
            try:
                inner, rest = decode(octets, asn1Spec=spec)
            except PyAsn1Error:
                return
            if not rest and (spec is not None or "fields" not in node):
                self.opened.add(path)
                self.walk(inner, path, key)
            else:
                self.part(node)
        elif path.endswith(".extnValue") and path not in self.opened and (
                node["type"] != "OCTET STRING"):
            # It does not open this one: nothing is compared but the octets.
            self.both.discard(path)
            if not self.element(node).endswith(bytes(value)):
                self.differ(path, "other octets")
        elif "value" in node and "fields" not in node and (
                not same_value(node, value)):
            self.differ(path, f"{node['value']}, and {shown(value)}")

    def unknown(self):
        """Generic paths that we alone read."""
        return {generic(path) for path in self.nodes if path not in self.both}
