"""Vendors, an operator that trusts some of them, and its server."""
import itertools
import time

from cmplib import der, http, linted, pki
from cmplib.ra import Ra, Ras
from cmplib.server import Server
from cmplib.station import Station

REVOKED_LEAF = 0x1badcafe
HEARD = "[west, east, south, proof, north, fog]"


class World:
    """
    acme      CRLs; whoever it cannot tell of is refused
    borealis  P-384; an allow-list; serials in serialNumber; names kept
    calder    CRLs that are out of date
    dorado    the same, admitted; no digitalSignature, other senders forgiven
    ember     its intermediate is known; suggested names are refused
    nobody    in no configuration
    """

    def __init__(self, stationmaster, operator, folder, **server):
        self.numbers = itertools.count(1)
        self.acme = pki.Vendor("Acme")
        self.borealis = pki.Vendor("Borealis", "P-384")
        self.calder = pki.Vendor("Calder")
        self.dorado = pki.Vendor("Dorado")
        self.ember = pki.Vendor("Ember")
        self.nobody = pki.Vendor("Nobody")
        self.revoked_ca = pki.CA(pki.name(CN="Acme Burnt Factory"),
                                 self.acme.root)
        self.ras = Ras()
        folder.mkdir()
        self.server = Server(
            stationmaster, operator, folder / "operator", {
                "acme": dict(anchors="[acme-root.pem]",
                             crls="[acme-root.crl, acme-ca.crl, acme-x.crl]",
                             serial=self.cn_rule()),
                "borealis": dict(anchors="[borealis-root.pem]",
                                 serial="{ from: subject.serialNumber, "
                                        "pattern: '^[0-9]+$' }",
                                 allow="borealis.txt", suggested_names="keep"),
                "calder": dict(anchors="[calder-root.pem]",
                               crls="[calder-root.crl, calder-ca.crl]",
                               revocation="refuse", serial=self.cn_rule()),
                "dorado": dict(anchors="[dorado-root.pem]",
                               crls="[dorado-root.crl, dorado-ca.crl]",
                               revocation="admit",
                               serial=self.cn_rule("0-9A-Za-z"),
                               quirks="[no-digital-signature, "
                                      "sender-mismatch, bare-private-key]"),
                "ember": dict(anchors="[ember-root.pem]",
                              intermediates="[ember-ca.pem]",
                              suggested_names="refuse",
                              serial=self.cn_rule()),
            }, {
                "bs": dict(default="true", paths="[/pkix/]"),
                "lab": dict(type="open", implicit_confirm="true",
                            requested_validity="shorten", ras=HEARD),
                "light": dict(type="rfc9483", ras=HEARD),
                "judged": dict(type="rfc9483", approval="operator",
                               ras="[west, north, east]"),
                "stout": dict(type="open", ras="[west]",
                              roots="{ ca_pubs: [stout.pem] }"),
                "keyed": dict(type="open", vendors="[acme]", ras="[west]"),
                "ahead": dict(type="open", general="{ new_root: root2.pem, "
                              "new_with_old: root2-by-root.pem, "
                              "old_with_new: root-by-root2.pem }"),
                "few": dict(type="open", key_usage="[digitalSignature, "
                            "keyEncipherment]", general="{ offered: [caCerts, "
                            "caProtEncCert, encKeyPairTypes], "
                            "encryption_certificate: cmp-enc.pem }"),
                "strict": dict(vendor_key_reuse="refuse", vendors="[acme]",
                               algorithms="[ecdsa-with-SHA256]"),
                "brief": dict(confirm_wait="1s"),
                "lite": dict(type="rfc9483", implicit_confirm="true"),
                "old": dict(type="legacy-2010"),
                "made": dict(type="open", key_generator="kga",
                             ras="[west]", implicit_confirm="true"),
                "made-on": dict(type="rfc9483", key_generator="kga",
                                key_usage="[digitalSignature, "
                                          "keyAgreement]"),
                "made-lite": dict(type="rfc9483", key_generator="kga",
                                  approval="none"),
                "fleeting": dict(validity="1s", backdate="0s"),
            }, Ras.settings(), **server)
        self.write_files()
        self.server.start()

    @staticmethod
    def cn_rule(letters="0-9A-Z"):
        return f"{{ from: subject.CN, pattern: '^BS-([{letters}]+)$' }}"

    def write(self, name, text):
        (self.server.folder / name).write_text(text)

    def write_files(self):
        past = int(time.time()) - pki.DAY
        for vendor in (self.acme, self.borealis, self.calder, self.dorado,
                       self.ember):
            label = vendor.label.lower()
            self.write(f"{label}-root.pem",
                       pki.pem("CERTIFICATE", vendor.root.cert))
            self.write(f"{label}-ca.pem",
                       pki.pem("CERTIFICATE", vendor.ca.cert))
            until = (None if vendor is self.acme else past)
            for ca, file, revoked in (
                    (vendor.root, "root", [self.revoked_ca.read.serial]),
                    (vendor.ca, "ca", [REVOKED_LEAF])):
                self.write(f"{label}-{file}.crl", pki.pem("X509 CRL", ca.crl(
                    *revoked, this_update=past - pki.DAY, next_update=until)))
        for name, text in self.ras.files().items():
            self.write(name, text)
        # Few answers with these fit one message.
        self.write("stout.pem", "".join(
            pki.pem("CERTIFICATE", pki.CA(pki.name(
                *(pki.name_part("OU", f"{n} " + 60 * "x")
                  for _ in range(10)), CN=f"Stout {n}")).cert)
            for n in range(12)))
        self.write("acme-x.crl", pki.pem("X509 CRL", self.revoked_ca.crl()))
        self.write("borealis.txt", "# who may enrol\n" + "".join(
            f"{n}\n" for n in range(1000, 3000)))

        self.write_new_root()

    def write_new_root(self):
        """The operator root that is to follow, and what links the two."""
        root = self.server.root
        old_key = pki.Key.load(self.server.folder / "root.key")
        self.new_root = pki.CA(root.subject)
        self.links = [
            pki.certificate(root.subject, signer, root.subject, subject.spki,
                            [pki.basic_constraints(True),
                             pki.key_usage(pki.KEY_CERT_SIGN, pki.CRL_SIGN)])
            for signer, subject in ((old_key, self.new_root.key),
                                    (self.new_root.key, old_key))]
        self.encryption = pki.certificate(
            root.subject, old_key, pki.name(CN="Encryption"),
            pki.Key().spki, [pki.extension("2.5.29.15", der.named_bits(4))])
        for name, cert in (("root2", self.new_root.cert),
                           ("root2-by-root", self.links[0]),
                           ("root-by-root2", self.links[1]),
                           ("cmp-enc", self.encryption)):
            self.write(f"{name}.pem", pki.pem("CERTIFICATE", cert))

    def close(self):
        self.server.stop()
        linted.check(self.server)

    # --- stations ---

    def credential(self, vendor=None, number=None, key=None, **options):
        """A vendor's certificate with a serial number not used before."""
        vendor = vendor or self.acme
        number = number or 1000 + next(self.numbers)
        if vendor is self.borealis:
            options.setdefault("subject", pki.name(serialNumber=str(number),
                                                   CN="unit"))
        return vendor.station(f"BS-{number:06d}", key, **options)

    def station(self, vendor=None, number=None, path=http.PATH, tls=None,
                **options):
        return Station(self.server, self.credential(vendor, number, **options),
                       path, tls)

    def ra(self, credential=None, path=http.PATH):
        """west, unless another one is given."""
        return Ra(self.server, credential or self.ras.west, path)

    def as_(self, credential, path=http.PATH):
        return Station(self.server, credential, path)

    def enrolled(self, path=http.PATH, **options):
        """A station that holds its operator's certificate."""
        return self.station(path=path, **options).enroll()

    def issued(self, path=http.PATH, **options):
        """A station, its ir and the ip: certConf is to come."""
        station = self.station(path=path, **options)
        out = station.ir()
        return station, out, station.obtain(out)
